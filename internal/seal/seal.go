package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

const (
	// FileName is the key file's name in its directory.
	FileName = "house.key"
	// MaxSealed is the longest envelope, in bytes, that Open reads.
	MaxSealed = 1 << 20

	version   = "v1"
	keyBytes  = 32 // AES-256
	maxKeys   = 64
	maxFile   = 16 << 10
	idDigits  = 12
	fileTitle = "# The house key of Zhengshu. Keep it apart from backups; without it sealed fields cannot be read.\n"
)

// Errors of Open. They name neither plain text nor keys.
var (
	// ErrMalformed says that a text is no envelope of this package.
	ErrMalformed = errors.New("seal: not a sealed text")
	// ErrUnknownKey says that the envelope was closed with a key this house
	// does not hold: usually house.key was not restored along with the data.
	ErrUnknownKey = errors.New("seal: sealed with a key that house.key does not hold")
	// ErrAltered says that the envelope was changed or sealed for another
	// purpose.
	ErrAltered = errors.New("seal: sealed text was altered or sealed for another purpose")
)

// Keyring holds the house's keys. It is safe for concurrent use.
type Keyring struct {
	keys    []key
	derived sync.Map // purpose → derived bytes or cipher.AEAD
}

type key struct {
	id     string
	secret []byte
}

// Open reads the key file in dir and makes both at first start. Two processes
// that start at once agree on one key.
func Open(dir string) (*Keyring, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("seal: make key directory: %w", err)
	}
	path := filepath.Join(dir, FileName)
	text, err := read(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := create(dir, path); err != nil {
			return nil, err
		}
		text, err = read(path)
	}
	if err != nil {
		return nil, fmt.Errorf("seal: read key file: %w", err)
	}
	keys, err := parse(text)
	if err != nil {
		return nil, err
	}
	return &Keyring{keys: keys}, nil
}

func read(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if info.Size() > maxFile {
		return "", errors.New("larger than any key file")
	}
	if info.Mode().Perm()&0o077 != 0 {
		// A copy made by hand often comes out readable by everybody.
		if err := os.Chmod(path, 0o600); err != nil {
			return "", fmt.Errorf("readable by others: %w", err)
		}
	}
	b, err := os.ReadFile(path)
	return string(b), err
}

// create writes the file whole under another name and links it into place, so
// nobody ever reads half a key and the first of two processes wins.
func create(dir, path string) error {
	secret := make([]byte, keyBytes)
	if _, err := rand.Read(secret); err != nil {
		return fmt.Errorf("seal: draw key: %w", err)
	}
	f, err := os.CreateTemp(dir, ".house-*.key") // mode 0600
	if err != nil {
		return fmt.Errorf("seal: create key file: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(fileTitle + base64.StdEncoding.EncodeToString(secret) + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("seal: write key file: %w", err)
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("seal: place key file: %w", err)
	}
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync() // best effort: not every file system lets a directory be synced
		d.Close()
	}
	return nil
}

func parse(text string) ([]key, error) {
	var keys []key
	for n, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		secret, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(secret) != keyBytes {
			return nil, fmt.Errorf("seal: line %d of %s is no key of %d bytes in base64", n+1, FileName, keyBytes)
		}
		sum := sha256.Sum256(append([]byte("zhengshu key id\n"), secret...))
		keys = append(keys, key{id: hex.EncodeToString(sum[:])[:idDigits], secret: secret})
	}
	if len(keys) == 0 || len(keys) > maxKeys {
		return nil, fmt.Errorf("seal: %s holds %d keys, want 1 to %d", FileName, len(keys), maxKeys)
	}
	return keys, nil
}

// ID names the sealing key; it may be shown and logged. Two processes whose
// IDs differ do not share a key file.
func (k *Keyring) ID() string { return k.keys[len(k.keys)-1].id }

func (k *Keyring) aead(key key, purpose string) (cipher.AEAD, error) {
	name := key.id + " seal " + purpose
	if a, ok := k.derived.Load(name); ok {
		return a.(cipher.AEAD), nil
	}
	sub, err := hkdf.Key(sha256.New, key.secret, nil, "zhengshu seal "+purpose, keyBytes)
	if err != nil {
		return nil, fmt.Errorf("seal: derive key: %w", err)
	}
	block, err := aes.NewCipher(sub)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	a, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	k.derived.Store(name, a)
	return a, nil
}

// Seal closes plain for a purpose, a constant of the calling package such as
// "letters.contact". The envelope is v1:<key id>:<base64 of nonce and text>.
func (k *Keyring) Seal(purpose string, plain []byte) (string, error) {
	key := k.keys[len(k.keys)-1]
	a, err := k.aead(key, purpose)
	if err != nil {
		return "", err
	}
	nonce := make([]byte, a.NonceSize(), a.NonceSize()+len(plain)+a.Overhead())
	if _, err := rand.Read(nonce); err != nil {
		return "", fmt.Errorf("seal: draw nonce: %w", err)
	}
	head := version + ":" + key.id + ":"
	sealed := head + base64.RawStdEncoding.EncodeToString(a.Seal(nonce, nonce, plain, []byte(head)))
	if len(sealed) > MaxSealed {
		return "", fmt.Errorf("seal: text of %d bytes is too long to seal", len(plain))
	}
	return sealed, nil
}

// Open returns what Seal closed for the same purpose. The error is one of
// ErrMalformed, ErrUnknownKey, ErrAltered.
func (k *Keyring) Open(purpose, sealed string) ([]byte, error) {
	if len(sealed) > MaxSealed {
		return nil, ErrMalformed
	}
	v, rest, _ := strings.Cut(sealed, ":")
	id, body, ok := strings.Cut(rest, ":")
	if v != version || !ok {
		return nil, ErrMalformed
	}
	b, err := base64.RawStdEncoding.Strict().DecodeString(body)
	// The decoder skips line ends; an envelope has none.
	if err != nil || strings.ContainsAny(body, "\r\n") {
		return nil, ErrMalformed
	}
	for _, key := range k.keys {
		if key.id != id {
			continue
		}
		a, err := k.aead(key, purpose)
		if err != nil {
			return nil, err
		}
		if len(b) < a.NonceSize()+a.Overhead() {
			return nil, ErrMalformed
		}
		plain, err := a.Open(nil, b[:a.NonceSize()], b[a.NonceSize():], []byte(version+":"+id+":"))
		if err != nil {
			return nil, ErrAltered
		}
		return plain, nil
	}
	return nil, ErrUnknownKey
}

// Mac is the keyed digest of data for a purpose: 43 characters that are safe
// in addresses and cookies: equal data gives equal text, and without the house
// key nobody can try out telephone numbers against it. Compare with
// hmac.Equal where an attacker may present one.
func (k *Keyring) Mac(purpose, data string) string {
	name := "mac " + purpose
	sub, ok := k.derived.Load(name)
	if !ok {
		// One block of HKDF's expand step; unlike hkdf.Key it cannot fail.
		h := hmac.New(sha256.New, k.keys[0].secret)
		h.Write([]byte("zhengshu mac " + purpose))
		sub, _ = k.derived.LoadOrStore(name, h.Sum(nil))
	}
	h := hmac.New(sha256.New, sub.([]byte))
	h.Write([]byte(data))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}
