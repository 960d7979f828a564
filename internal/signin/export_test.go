package signin

import (
	"crypto/rand"

	"golang.org/x/crypto/argon2"
)

// HashWith makes a hash of another cost, for tests.
func HashWith(password string, memory, time uint32) string {
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt)
	return encodeHash(cost{memory, time, 1}, salt, argon2.IDKey([]byte(password), salt, time, memory, 1, hashBytes))
}

// DecodeHash and Nobody, for tests.
var (
	DecodeHash = func(s string) error { _, _, _, err := decodeHash(s); return err }
	Nobody     = nobody
)
