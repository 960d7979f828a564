package blob_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"zhengshu/internal/blob"
	"zhengshu/internal/fault"
)

var ctx = context.Background()

func disk(t *testing.T, opts ...blob.Option) (*blob.Folder, string) {
	t.Helper()
	dir := t.TempDir()
	f, err := blob.Disk(dir, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return f, dir
}

func put(t *testing.T, s blob.Store, content []byte) blob.Ref {
	t.Helper()
	ref, err := s.Put(ctx, bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

func read(s blob.Store, ref blob.Ref) ([]byte, error) {
	r, err := s.Open(ctx, ref)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

func fill(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i * 31 >> 3)
	}
	return b
}

func newReader(head string, body []byte) io.Reader {
	return io.MultiReader(strings.NewReader(head), bytes.NewReader(body))
}

// sizes lie around the read-ahead block of 32 KiB.
var sizes = []int{0, 1, 4095, 32<<10 - 1, 32 << 10, 32<<10 + 1, 64 << 10, 64<<10 + 1, 300_001}

func file(dir string, ref blob.Ref) string {
	h := ref.Hash()
	return filepath.Join(dir, h[:2], h[2:4], h)
}

func TestPutAndOpen(t *testing.T) {
	s, _ := disk(t)
	for _, n := range sizes {
		content := fill(n)
		ref := put(t, s, content)
		if want := blob.Ref(fmt.Sprintf("sha256:%x", sha256.Sum256(content))); ref != want {
			t.Errorf("%d bytes: ref %s, want %s", n, ref, want)
		}
		got, err := read(s, ref)
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("%d bytes: read %d back: %v", n, len(got), err)
		}
		if size, err := s.Stat(ctx, ref); err != nil || size != int64(n) {
			t.Errorf("%d bytes: stat %d, %v", n, size, err)
		}
		r, err := s.Open(ctx, ref)
		if err != nil {
			t.Fatal(err)
		}
		if err := iotest.TestReader(r, content); err != nil {
			t.Errorf("%d bytes: %v", n, err)
		}
		r.Close()
	}
}

func TestPutIsIdempotent(t *testing.T) {
	s, dir := disk(t)
	content := fill(5000)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := s.Put(ctx, bytes.NewReader(content)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	n := 0
	if err := s.Walk(ctx, func(blob.Ref, int64) error { n++; return nil }); err != nil || n != 1 {
		t.Errorf("%d blobs, %v", n, err)
	}
	if left, _ := os.ReadDir(filepath.Join(dir, "tmp")); len(left) != 0 {
		t.Errorf("%d unfinished files left", len(left))
	}
}

func TestPutFailsClean(t *testing.T) {
	s, dir := disk(t, blob.Limit(10<<10))
	ended, cancel := context.WithCancel(ctx)
	cancel()
	for name, c := range map[string]struct {
		ctx  context.Context
		r    io.Reader
		want func(error) bool
	}{
		"too large":   {ctx, bytes.NewReader(fill(10<<10 + 1)), func(err error) bool { return fault.Is(err, fault.TooLarge) }},
		"read breaks": {ctx, io.MultiReader(bytes.NewReader(fill(100)), iotest.ErrReader(io.ErrClosedPipe)), func(err error) bool { return errors.Is(err, io.ErrClosedPipe) }},
		"cancelled":   {ended, bytes.NewReader(fill(100)), func(err error) bool { return errors.Is(err, context.Canceled) }},
	} {
		if ref, err := s.Put(c.ctx, c.r); !c.want(err) {
			t.Errorf("%s: %s, %v", name, ref, err)
		}
	}
	if _, err := s.Put(ctx, bytes.NewReader(fill(10<<10+1))); !strings.Contains(fault.Of(err).Says, "超过10KB") {
		t.Errorf("the sentence does not name the limit: %v", err)
	}
	put(t, s, fill(10<<10)) // exactly the limit
	if left, _ := os.ReadDir(filepath.Join(dir, "tmp")); len(left) != 0 {
		t.Errorf("%d unfinished files left", len(left))
	}
}

// TestDamageNeverComesOutWhole changes each stored file in every way.
func TestDamageNeverComesOutWhole(t *testing.T) {
	changes := map[string]func(b []byte) []byte{
		"first byte": func(b []byte) []byte { b[0] ^= 1; return b },
		"last byte":  func(b []byte) []byte { b[len(b)-1] ^= 1; return b },
		"cut":        func(b []byte) []byte { return b[:len(b)-1] },
		"emptied":    func(b []byte) []byte { return nil },
		"longer":     func(b []byte) []byte { return append(b, 0) },
	}
	s, dir := disk(t)
	for name, change := range changes {
		for _, n := range sizes[1:] {
			content := fill(n)
			ref := put(t, s, content)
			path := file(dir, ref)
			os.Chmod(path, 0o600)
			changed := change(slices.Clone(content))
			if err := os.WriteFile(path, changed, 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := read(s, ref)
			if !errors.Is(err, blob.ErrDamaged) {
				t.Errorf("%s of %d: %d bytes, %v", name, n, len(got), err)
			}
			if len(changed) > 0 && len(got) >= len(changed) {
				t.Errorf("%s of %d: the changed file came out whole", name, n)
			}
			damage, err := blob.Verify(ctx, s)
			if err != nil || len(damage) != 1 || damage[0].Ref != ref || !errors.Is(damage[0].Cause, blob.ErrDamaged) {
				t.Errorf("%s of %d: verify %v, %v", name, n, damage, err)
			}
			put(t, s, content) // mends it
			if got, err := read(s, ref); err != nil || !bytes.Equal(got, content) {
				t.Errorf("%s of %d: not mended: %v", name, n, err)
			}
		}
	}
}

func TestAbsent(t *testing.T) {
	s, _ := disk(t)
	for _, ref := range []blob.Ref{blob.Ref("sha256:" + strings.Repeat("0", 64)), "", "sha256:../../etc/passwd", "md5:00"} {
		if _, err := s.Open(ctx, ref); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("open %q: %v", ref, err)
		}
		if _, err := s.Stat(ctx, ref); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("stat %q: %v", ref, err)
		}
	}
}

func TestWalkAndVerify(t *testing.T) {
	s, dir := disk(t)
	want := map[blob.Ref]int64{}
	for i := range 30 {
		want[put(t, s, fill(i*7))] = int64(i * 7)
	}
	// What a crash or a visitor leaves is no blob.
	os.WriteFile(filepath.Join(dir, "tmp", "put-1"), []byte("half"), 0o600)
	os.WriteFile(filepath.Join(dir, "README"), nil, 0o600)
	os.WriteFile(filepath.Join(dir, strings.Repeat("a", 64)), nil, 0o600)
	got := map[blob.Ref]int64{}
	var order []blob.Ref
	err := s.Walk(ctx, func(ref blob.Ref, size int64) error {
		got[ref] = size
		order = append(order, ref)
		return nil
	})
	if err != nil || len(got) != len(want) || !slices.IsSorted(order) {
		t.Fatalf("walked %d of %d, %v", len(got), len(want), err)
	}
	for ref, size := range want {
		if got[ref] != size {
			t.Errorf("%s: %d, want %d", ref, got[ref], size)
		}
	}
	if damage, err := blob.Verify(ctx, s); err != nil || len(damage) != 0 {
		t.Errorf("verify %v, %v", damage, err)
	}
	stop := errors.New("stop")
	if err := s.Walk(ctx, func(blob.Ref, int64) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("walk went on: %v", err)
	}
}

// away walks a store through what can happen to a blob that is put away.
func away(t *testing.T, s blob.Store) {
	t.Helper()
	a, b, c := put(t, s, []byte("put away")), put(t, s, []byte("put again")), put(t, s, []byte("brought back"))
	listed := func() (out []blob.Ref) {
		t.Helper()
		if err := s.Walk(ctx, func(ref blob.Ref, _ int64) error { out = append(out, ref); return nil }); err != nil {
			t.Fatal(err)
		}
		return out
	}
	for _, ref := range []blob.Ref{a, b, c} {
		if moved, err := s.Discard(ctx, ref); err != nil || !moved {
			t.Fatalf("discard: %v, %v", moved, err)
		}
		if moved, err := s.Discard(ctx, ref); err != nil || moved {
			t.Errorf("discarded twice: %v, %v", moved, err)
		}
		// Whoever holds it still reads it.
		if n, err := s.Stat(ctx, ref); err != nil || n == 0 {
			t.Errorf("stat: %d, %v", n, err)
		}
		if damage, err := blob.Verify(ctx, s); err != nil || len(damage) > 0 {
			t.Errorf("verify: %v, %v", damage, err)
		}
	}
	if got := len(listed()); got != 3 {
		t.Errorf("%d blobs are walked while put away", got)
	}
	put(t, s, []byte("put again")) // a save of the same content, between question and end
	if got := len(listed()); got != 3 {
		t.Errorf("%d blobs are walked, one of them twice", got)
	}
	if err := s.Recall(ctx, c); err != nil {
		t.Fatal(err)
	}
	for _, ref := range []blob.Ref{a, b, c, a} { // twice is harmless
		if err := s.Drop(ctx, ref); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Recall(ctx, a); err != nil { // of what is gone: nothing
		t.Error(err)
	}
	for ref, there := range map[blob.Ref]bool{a: false, b: true, c: true} {
		if _, err := s.Stat(ctx, ref); (err == nil) != there || !there && !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("%s: %v", ref, err)
		}
	}
	if got := len(listed()); got != 2 {
		t.Errorf("%d blobs are left", got)
	}
	if moved, err := s.Discard(ctx, a); err != nil || moved {
		t.Errorf("discard of what is gone: %v, %v", moved, err)
	}
	for _, bad := range []blob.Ref{"", "sha256:../x"} {
		_, discard := s.Discard(ctx, bad)
		for _, err := range []error{discard, s.Recall(ctx, bad), s.Drop(ctx, bad)} {
			if !errors.Is(err, blob.ErrNotFound) {
				t.Errorf("%q: %v", bad, err)
			}
		}
	}
}

// Saves of one content while it is put away again and again: whoever saved it
// reads it.
func TestPutAwayBesideSaves(t *testing.T) {
	s, _ := disk(t)
	content := []byte("the same again")
	ref := put(t, s, content)
	end := make(chan struct{})
	done := make(chan error, 1)
	go func() {
		for {
			select {
			case <-end:
				done <- nil
				return
			default:
			}
			if _, err := s.Discard(ctx, ref); err != nil {
				done <- err
				return
			}
		}
	}()
	for range 200 {
		if got := put(t, s, content); got != ref {
			t.Fatal(got)
		}
		r, err := s.Open(ctx, ref)
		if err != nil {
			t.Fatalf("a save of the same moment is not there: %v", err)
		}
		if b, err := io.ReadAll(r); err != nil || !bytes.Equal(b, content) {
			t.Errorf("reads %q, %v", b, err)
		}
		r.Close()
	}
	close(end)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestUnfinishedFilesAreCleared(t *testing.T) {
	_, dir := disk(t)
	past := time.Now().Add(-48 * time.Hour)
	left := filepath.Join(dir, "tmp", "put-old")
	busy := filepath.Join(dir, "tmp", "put-new")
	os.WriteFile(left, nil, 0o600)
	os.WriteFile(busy, nil, 0o600)
	os.Chtimes(left, past, past)
	if _, err := blob.Disk(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(left); err == nil {
		t.Error("an unfinished file of two days ago is still there")
	}
	if _, err := os.Stat(busy); err != nil {
		t.Error("a file being written was removed")
	}
}

func FuzzParseRef(f *testing.F) {
	good := "sha256:" + strings.Repeat("0123456789abcdef", 4)
	for _, s := range []string{good, strings.ToUpper(good), good + "0", good[:70], "sha256:", "", "sha1:" + good[7:], "sha256:../" + good[10:], "文件"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ref, err := blob.ParseRef(s)
		if err != nil {
			if !fault.Is(err, fault.Invalid) || ref != "" || blob.Ref(s).Valid() || blob.Ref(s).Hash() != "" {
				t.Errorf("%q: %q, %v", s, ref, err)
			}
			return
		}
		if string(ref) != s || len(ref.Hash()) != 64 || strings.ContainsAny(ref.Hash(), "/\\.") {
			t.Errorf("%q parsed to %q", s, ref)
		}
	})
}
