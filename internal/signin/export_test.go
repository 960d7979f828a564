package signin

import (
	"crypto/rand"
	"fmt"

	"golang.org/x/crypto/argon2"
)

var realCost = present

// RealCost is the cost of a hash outside tests.
func RealCost() string {
	return fmt.Sprintf("m=%d KiB, t=%d, p=%d", realCost.memory, realCost.time, realCost.lanes)
}

// Cheapen makes hashes fast for tests.
func Cheapen() {
	present = cost{memory: 64, time: 1, lanes: 1}
	nobody = encodeHash(present, make([]byte, saltBytes), make([]byte, hashBytes))
}

// HashWith makes a hash of another cost.
func HashWith(password string, memory, time uint32) string {
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt)
	return encodeHash(cost{memory, time, 1}, salt, argon2.IDKey([]byte(password), salt, time, memory, 1, hashBytes))
}

// DecodeHash reads a hash.
func DecodeHash(s string) error { _, _, _, err := decodeHash(s); return err }

// Nobody is the hash of unknown names.
var Nobody = nobody
