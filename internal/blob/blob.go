package blob

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"zhengshu/internal/fault"
)

// Ref names content by its SHA-256: "sha256:" and 64 lower-case hex digits.
// The same content has the same Ref everywhere.
type Ref string

const scheme = "sha256:"

// ParseRef reads a Ref as it comes from outside.
func ParseRef(s string) (Ref, error) {
	if digits, ok := strings.CutPrefix(s, scheme); ok && isHash(digits) {
		return Ref(s), nil
	}
	return "", fault.New(fault.Invalid, "附件编号应为“sha256:”加64位小写十六进制数字，请从原页面重新打开附件。").
		From(fmt.Errorf("blob: not a ref: %.80q", s))
}

func isHash(s string) bool {
	if len(s) != 64 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// Valid reports whether r has the form of a Ref.
func (r Ref) Valid() bool {
	digits, ok := strings.CutPrefix(string(r), scheme)
	return ok && isHash(digits)
}

// Hash is the hash as hex, without the scheme; empty when r is not valid.
func (r Ref) Hash() string {
	if !r.Valid() {
		return ""
	}
	return string(r[len(scheme):])
}

func refOf(sum []byte) Ref { return Ref(scheme + hex.EncodeToString(sum)) }

// Store keeps blobs.
type Store interface {
	// Put keeps what r gives and returns its Ref once it is durable. Putting
	// content that is there already does nothing else.
	Put(ctx context.Context, r io.Reader) (Ref, error)
	// Open reads a blob. The last bytes come only after the whole was checked:
	// a changed blob ends in ErrDamaged, not in io.EOF.
	Open(ctx context.Context, ref Ref) (io.ReadCloser, error)
	// Stat is the size in bytes, without checking the content.
	Stat(ctx context.Context, ref Ref) (size int64, err error)
	// Discard puts a blob away and reports whether it was there: it is still read
	// and walked until it is dropped, and content that is put again stands as if
	// it had never been away. See Drop.
	Discard(ctx context.Context, ref Ref) (moved bool, err error)
	// Recall brings back what was put away.
	Recall(ctx context.Context, ref Ref) error
	// Drop removes what was put away; content put since then stays. Whoever drops
	// a blob longer after it was put away than any request lasts, having asked in
	// between whether a record holds it, takes no bytes from a record: one that
	// was saved before has been seen, one saved after has put its content again.
	Drop(ctx context.Context, ref Ref) error
	// Walk visits every blob once: in order of its hash, those put away last.
	Walk(ctx context.Context, fn func(ref Ref, size int64) error) error
}

// ErrNotFound says that there is no such blob.
var ErrNotFound = errors.New("blob: no such blob")

// ErrDamaged says that the stored bytes are not those that were put in.
var ErrDamaged = errors.New("blob: stored bytes do not match their hash")

// Damage is one blob that cannot be read back as it was put in.
type Damage struct {
	Ref   Ref
	Cause error
}

// Verify reads every blob and lists the damaged ones. The error is of the
// walk, not of a blob.
func Verify(ctx context.Context, s Store) ([]Damage, error) {
	var out []Damage
	err := s.Walk(ctx, func(ref Ref, _ int64) error {
		if err := verify(ctx, s, ref); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			out = append(out, Damage{ref, err})
		}
		return nil
	})
	return out, err
}

func verify(ctx context.Context, s Store, ref Ref) error {
	r, err := s.Open(ctx, ref)
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.Copy(io.Discard, r)
	return err
}
