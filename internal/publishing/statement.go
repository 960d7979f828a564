package publishing

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"sync"
)

// ErrNoStatement says that the house has made no statement of the name.
var ErrNoStatement = errors.New("publishing: no such statement")

var statementName = regexp.MustCompile(`^[a-z][a-z0-9]{0,39}$`)

// Statement is a public list the house signs, such as the directory of what is
// official. A portal reads it without the database.
type Statement struct {
	Body      []byte
	Hash      string // SHA-256 of Body, hex
	Signature string // ed25519 over "zhengshu statement <name> <hash>", base64
}

func statementWords(name, hash string) []byte {
	return []byte("zhengshu statement " + name + " " + hash)
}

func (s *Store) statementFile(name string) (string, error) {
	if !statementName.MatchString(name) {
		return "", fmt.Errorf("publishing: statement name %q", name)
	}
	return filepath.Join(s.dir, "statements", name), nil
}

// PutStatement signs and replaces a statement in one step: a reader sees the
// old or the new one, whole.
func (s *Store) PutStatement(name string, body []byte) error {
	file, err := s.statementFile(name)
	if err != nil {
		return err
	}
	if s.key == nil {
		return errors.New("publishing: this store cannot sign")
	}
	if len(body) > maxList {
		return fmt.Errorf("publishing: statement %s has %d bytes", name, len(body))
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	sig := ed25519.Sign(s.key, statementWords(name, hex.EncodeToString(sum[:])))
	return replace(file, append([]byte(base64.StdEncoding.EncodeToString(sig)+"\n"), body...))
}

// ReadStatement reads a statement and checks its signature.
func (s *Store) ReadStatement(name string) (Statement, error) {
	file, err := s.statementFile(name)
	if err != nil {
		return Statement{}, err
	}
	b, err := readFile(file, maxList+200)
	if errors.Is(err, fs.ErrNotExist) {
		return Statement{}, ErrNoStatement
	}
	if err != nil {
		return Statement{}, err
	}
	return s.parseStatement(name, b)
}

func (s *Store) parseStatement(name string, b []byte) (Statement, error) {
	line, body, ok := bytes.Cut(b, []byte("\n"))
	sum := sha256.Sum256(body)
	st := Statement{Body: body, Hash: hex.EncodeToString(sum[:]), Signature: string(line)}
	sig, err := base64.StdEncoding.DecodeString(st.Signature)
	if !ok || err != nil || !ed25519.Verify(s.pub, statementWords(name, st.Hash), sig) {
		return Statement{}, fmt.Errorf("%w: statement %s", ErrForged, name)
	}
	return st, nil
}

// StatementStamp changes whenever the statement is replaced; zero: there is
// none. It costs one stat.
func (s *Store) StatementStamp(name string) Stamp {
	file, err := s.statementFile(name)
	if err != nil {
		return Stamp{}
	}
	return stampOf(file)
}

// Reading keeps what a door made of a statement until another one comes: one
// stat a request. What was read before stays when a broken one comes, and that is
// told once. Its zero value is ready; what it gives is shared by all who read and
// is not changed.
type Reading[T any] struct {
	mu    sync.Mutex
	stamp Stamp
	held  *T
}

// Read gives the statement as made makes it; ErrNoStatement while there is none.
func (r *Reading[T]) Read(s *Store, name string, log *slog.Logger, made func(Statement) (T, error)) (T, error) {
	stamp := s.StatementStamp(name)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.held != nil && stamp == r.stamp {
		return *r.held, nil
	}
	var v T
	st, err := s.ReadStatement(name)
	if err == nil {
		v, err = made(st)
	}
	switch {
	case err == nil:
		r.held, r.stamp = &v, stamp
		return v, nil
	case r.held != nil:
		log.Error("statement refused", "statement", name, "error", err)
		r.stamp = stamp
		return *r.held, nil
	}
	return v, err
}
