package blob

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"zhengshu/internal/fault"
)

// DefaultLimit bounds one blob, in bytes: 200 MiB, room for the scans and
// recordings that come with an application.
const DefaultLimit = 200 << 20

// tmpDir holds what is being written; a crash leaves its files there, and
// Disk removes them once they are older than tmpAge. awayDir holds what was put
// away, named by its hash alone.
const (
	tmpDir  = "tmp"
	tmpAge  = 24 * time.Hour
	awayDir = "away"
)

// Folder is a Store in a directory: two levels of two hex digits, then the
// hash. Several processes may share it.
type Folder struct {
	dir   string
	limit int64
}

// Option sets up a Folder.
type Option func(*Folder)

// Limit bounds one blob, in bytes.
func Limit(n int64) Option { return func(f *Folder) { f.limit = n } }

// Disk opens the store in dir, making it when it is absent.
func Disk(dir string, opts ...Option) (*Folder, error) {
	f := &Folder{dir: dir, limit: DefaultLimit}
	for _, o := range opts {
		o(f)
	}
	tmp := filepath.Join(dir, tmpDir)
	if err := os.MkdirAll(tmp, 0o700); err != nil {
		return nil, fmt.Errorf("blob: open store: %w", err)
	}
	if err := os.MkdirAll(filepath.Join(dir, awayDir), 0o700); err != nil {
		return nil, fmt.Errorf("blob: open store: %w", err)
	}
	left, err := os.ReadDir(tmp)
	if err != nil {
		return nil, fmt.Errorf("blob: open store: %w", err)
	}
	for _, e := range left {
		// Another process may be writing a younger one, or remove it first.
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > tmpAge {
			if err := os.Remove(filepath.Join(tmp, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, fmt.Errorf("blob: clear an unfinished file: %w", err)
			}
		}
	}
	return f, nil
}

func (f *Folder) path(ref Ref) string {
	h := ref.Hash()
	return filepath.Join(f.dir, h[:2], h[2:4], h)
}

// Put writes beside, syncs and renames: a reader sees the whole blob or none,
// also after the power was cut. It renames even when the blob is there, which
// mends a damaged one.
func (f *Folder) Put(ctx context.Context, r io.Reader) (Ref, error) {
	t, err := os.CreateTemp(filepath.Join(f.dir, tmpDir), "put-")
	if err != nil {
		return "", fmt.Errorf("blob: put: %w", err)
	}
	kept := false
	defer func() {
		if !kept {
			t.Close()
			os.Remove(t.Name())
		}
	}()
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(t, h), io.LimitReader(reader{ctx, r}, f.limit+1))
	if err != nil {
		return "", fmt.Errorf("blob: put: %w", err)
	}
	if n > f.limit {
		return "", fault.Newf(fault.TooLarge, "文件超过%s，请压缩或拆分后再上传。", size(f.limit)).
			From(fmt.Errorf("blob: over the limit of %d bytes", f.limit))
	}
	if err := errors.Join(t.Chmod(0o400), t.Sync(), t.Close()); err != nil {
		return "", fmt.Errorf("blob: put: %w", err)
	}
	ref := refOf(h.Sum(nil))
	to := f.path(ref)
	if err := f.makeDirs(ref); err != nil {
		return "", fmt.Errorf("blob: put: %w", err)
	}
	if err := os.Rename(t.Name(), to); err != nil {
		return "", fmt.Errorf("blob: put: %w", err)
	}
	kept = true
	if err := syncDir(filepath.Dir(to)); err != nil {
		return "", fmt.Errorf("blob: put: %w", err)
	}
	return ref, nil
}

// makeDirs makes the two folders and syncs the parents of those it made: a
// blob that was acknowledged must not vanish with its folder.
func (f *Folder) makeDirs(ref Ref) error {
	h := ref.Hash()
	parent := f.dir
	for _, name := range []string{h[:2], h[2:4]} {
		dir := filepath.Join(parent, name)
		if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		// Also when it was there: whoever made it may not have synced yet.
		if err := syncDir(parent); err != nil {
			return err
		}
		parent = dir
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// size words a limit for people.
func size(n int64) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%dMB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%dKB", n>>10)
	}
	return fmt.Sprintf("%d字节", n)
}

// reader ends with its context.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

func (f *Folder) open(ref Ref) (*os.File, error) {
	if !ref.Valid() {
		return nil, ErrNotFound
	}
	// Once more at its place: it may be brought back between the two looks.
	for _, at := range []string{f.path(ref), f.away(ref), f.path(ref)} {
		file, err := os.Open(at)
		if !errors.Is(err, fs.ErrNotExist) {
			return file, err
		}
	}
	return nil, ErrNotFound
}

func (f *Folder) away(ref Ref) string { return filepath.Join(f.dir, awayDir, ref.Hash()) }

// Discard puts a blob away: one rename, so that a crash leaves it here or there.
func (f *Folder) Discard(_ context.Context, ref Ref) (bool, error) {
	if !ref.Valid() {
		return false, fmt.Errorf("blob: discard %s: %w", ref, ErrNotFound)
	}
	err := os.Rename(f.path(ref), f.away(ref))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err == nil {
		err = errors.Join(syncDir(filepath.Join(f.dir, awayDir)), syncDir(filepath.Dir(f.path(ref))))
	}
	if err != nil {
		return false, fmt.Errorf("blob: discard %s: %w", ref, err)
	}
	return true, nil
}

// Recall brings back what was put away.
func (f *Folder) Recall(_ context.Context, ref Ref) error {
	if !ref.Valid() {
		return fmt.Errorf("blob: recall %s: %w", ref, ErrNotFound)
	}
	err := f.makeDirs(ref)
	if err == nil {
		// Over what was put again, which is the same content.
		if err = os.Rename(f.away(ref), f.path(ref)); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
	}
	if err == nil {
		err = errors.Join(syncDir(filepath.Dir(f.path(ref))), syncDir(filepath.Join(f.dir, awayDir)))
	}
	if err != nil {
		return fmt.Errorf("blob: recall %s: %w", ref, err)
	}
	return nil
}

// Drop removes what was put away.
func (f *Folder) Drop(_ context.Context, ref Ref) error {
	if !ref.Valid() {
		return fmt.Errorf("blob: drop %s: %w", ref, ErrNotFound)
	}
	err := os.Remove(f.away(ref))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = syncDir(filepath.Join(f.dir, awayDir))
	}
	if err != nil {
		return fmt.Errorf("blob: drop %s: %w", ref, err)
	}
	return nil
}

// Open reads a blob and checks it on the way.
func (f *Folder) Open(ctx context.Context, ref Ref) (io.ReadCloser, error) {
	file, err := f.open(ref)
	if err != nil {
		return nil, fmt.Errorf("blob: open %s: %w", ref, err)
	}
	return checking(ctx, file, ref), nil
}

// block is how much Open reads ahead.
const block = 32 << 10

// checked hands out a block only when another follows or the whole has proved
// right, so that a changed file never comes out whole.
type checked struct {
	ctx  context.Context
	file io.ReadCloser
	ref  Ref
	sum  hash.Hash
	have []byte // may be handed out
	next []byte // read and summed, held back
	err  error
	room [2][block]byte
	turn int
}

func (c *checked) Read(p []byte) (int, error) {
	for len(c.have) == 0 {
		if c.err != nil {
			return 0, c.err
		}
		if c.err = c.ctx.Err(); c.err != nil {
			return 0, c.err
		}
		c.advance()
	}
	n := copy(p, c.have)
	c.have = c.have[n:]
	return n, nil
}

func checking(ctx context.Context, file io.ReadCloser, ref Ref) *checked {
	return &checked{ctx: ctx, file: file, ref: ref, sum: sha256.New()}
}

// advance reads one block; the one before it may then be handed out.
func (c *checked) advance() {
	room := &c.room[c.turn]
	c.turn = 1 - c.turn
	n, err := io.ReadFull(c.file, room[:])
	c.sum.Write(room[:n])
	switch {
	case err == nil:
		c.have, c.next = c.next, room[:n]
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		if refOf(c.sum.Sum(nil)) != c.ref {
			c.err = fmt.Errorf("blob: read %s: %w", c.ref, ErrDamaged)
			return
		}
		// The end: both blocks are good. The room is fresh only where read, so
		// they are joined once.
		c.have = append(append(make([]byte, 0, len(c.next)+n), c.next...), room[:n]...)
		c.next, c.err = nil, io.EOF
	default:
		c.err = fmt.Errorf("blob: read %s: %w", c.ref, err)
	}
}

func (c *checked) Close() error { return c.file.Close() }

// Stat is the size of a blob.
func (f *Folder) Stat(_ context.Context, ref Ref) (int64, error) {
	file, err := f.open(ref)
	if err != nil {
		return 0, fmt.Errorf("blob: stat %s: %w", ref, err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return 0, fmt.Errorf("blob: stat %s: %w", ref, err)
	}
	return info.Size(), nil
}

// Walk visits every blob; other files in the folders are passed over.
func (f *Folder) Walk(ctx context.Context, fn func(ref Ref, size int64) error) error {
	err := filepath.WalkDir(f.dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // removed while we walked
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case e.IsDir():
			return nil
		}
		ref := Ref(scheme + e.Name())
		if !ref.Valid() || !strings.HasSuffix(path, f.path(ref)[len(f.dir):]) {
			return nil
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		return fn(ref, info.Size())
	})
	if err != nil {
		return fmt.Errorf("blob: walk: %w", err)
	}
	away, err := os.ReadDir(filepath.Join(f.dir, awayDir))
	for _, e := range away {
		ref := Ref(scheme + e.Name())
		if _, put := os.Stat(f.path(ref)); !ref.Valid() || put == nil {
			continue
		}
		info, gone := e.Info()
		if errors.Is(gone, fs.ErrNotExist) {
			continue
		}
		if err = errors.Join(gone, ctx.Err()); err == nil {
			err = fn(ref, info.Size())
		}
		if err != nil {
			break
		}
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("blob: walk: %w", err)
	}
	return nil
}

// Path is where a folder keeps a blob, for restoring a backup into an empty
// one.
func Path(dir string, ref Ref) string { return (&Folder{dir: dir}).path(ref) }
