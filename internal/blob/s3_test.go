package blob_test

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"zhengshu/internal/blob"
	"zhengshu/internal/blob/blobtest"
	"zhengshu/internal/fault"
)

// EnvS3 names a real store to run the contract against: its address, with the
// keys in ZHENGSHU_BLOBS_KEY and ZHENGSHU_BLOBS_SECRET.
const EnvS3 = "ZHENGSHU_TEST_S3"

func bucket(t *testing.T, limit int64) (*blob.Bucket, *blobtest.S3) {
	t.Helper()
	fake := blobtest.New()
	srv := httptest.NewServer(fake)
	t.Cleanup(srv.Close)
	b, err := blob.S3(ctx, blob.S3Config{Address: srv.URL + "/blobs/zhengshu/files", Key: "key", Secret: "secret-secret", Limit: limit})
	if err != nil {
		t.Fatal(err)
	}
	return b, fake
}

// TestStoreContract holds every store to the same.
func TestStoreContract(t *testing.T) {
	stores := map[string]func(t *testing.T, limit int64) blob.Store{
		"disk": func(t *testing.T, limit int64) blob.Store {
			s, _ := disk(t, blob.Limit(limit))
			return s
		},
		"s3 protocol": func(t *testing.T, limit int64) blob.Store {
			b, _ := bucket(t, limit)
			return b
		},
		"s3 server": func(t *testing.T, limit int64) blob.Store {
			c := atServer(t)
			c.Limit = limit
			b, err := blob.S3(ctx, c)
			if err != nil {
				t.Fatal(err)
			}
			return b
		},
	}
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			const limit = 1 << 20
			s := open(t, limit)
			want := map[blob.Ref]int64{}
			for _, n := range append(sizes, limit) {
				content := fill(n)
				ref := put(t, s, content)
				if again := put(t, s, content); again != ref {
					t.Errorf("%d bytes are %s, then %s", n, ref, again)
				}
				want[ref] = int64(n)
				got, err := read(s, ref)
				if err != nil || !bytes.Equal(got, content) {
					t.Errorf("%d bytes: read %d back: %v", n, len(got), err)
				}
				if size, err := s.Stat(ctx, ref); err != nil || size != int64(n) {
					t.Errorf("%d bytes: stat %d, %v", n, size, err)
				}
			}
			if _, err := s.Put(ctx, bytes.NewReader(fill(limit+1))); !fault.Is(err, fault.TooLarge) {
				t.Errorf("over the limit: %v", err)
			}
			if _, err := s.Put(ctx, io.MultiReader(bytes.NewReader(fill(100)), iotest.ErrReader(io.ErrClosedPipe))); !errors.Is(err, io.ErrClosedPipe) {
				t.Errorf("a broken reader: %v", err)
			}
			for _, ref := range []blob.Ref{blob.Ref("sha256:" + strings.Repeat("0", 64)), "", "sha256:../../etc/passwd"} {
				if _, err := s.Open(ctx, ref); !errors.Is(err, blob.ErrNotFound) {
					t.Errorf("open %q: %v", ref, err)
				}
				if _, err := s.Stat(ctx, ref); !errors.Is(err, blob.ErrNotFound) {
					t.Errorf("stat %q: %v", ref, err)
				}
			}
			got := map[blob.Ref]int64{}
			var order []blob.Ref
			if err := s.Walk(ctx, func(ref blob.Ref, size int64) error {
				got[ref], order = size, append(order, ref)
				return nil
			}); err != nil || !maps.Equal(got, want) || !slices.IsSorted(order) {
				t.Errorf("walked %d of %d, sorted %v, %v", len(got), len(want), slices.IsSorted(order), err)
			}
			stop := errors.New("stop")
			if err := s.Walk(ctx, func(blob.Ref, int64) error { return stop }); !errors.Is(err, stop) {
				t.Errorf("walk went on: %v", err)
			}
			if damage, err := blob.Verify(ctx, s); err != nil || len(damage) != 0 {
				t.Errorf("verify %v, %v", damage, err)
			}
			away(t, open(t, limit))
		})
	}
}

func TestBucketShowsDamage(t *testing.T) {
	b, fake := bucket(t, 0)
	ref := put(t, b, fill(100_000))
	for key := range fake.Objects {
		if !strings.HasPrefix(key, "zhengshu/files/") {
			t.Errorf("key %s lies outside the prefix", key)
		}
		fake.Objects[key][99_999] ^= 1
	}
	fake.Objects["zhengshu/files/README"] = []byte("a visitor")
	got, err := read(b, ref)
	if !errors.Is(err, blob.ErrDamaged) || len(got) >= 100_000 {
		t.Errorf("%d bytes came out: %v", len(got), err)
	}
	damage, err := blob.Verify(ctx, b)
	if err != nil || len(damage) != 1 || damage[0].Ref != ref {
		t.Errorf("verify %v, %v", damage, err)
	}
	put(t, b, fill(100_000)) // mends it
	if _, err := read(b, ref); err != nil {
		t.Errorf("not mended: %v", err)
	}
	fake.Full = true
	if _, err := b.Put(ctx, strings.NewReader("new")); err == nil {
		t.Error("a full store took a blob")
	}
}

func TestCopyBetweenStores(t *testing.T) {
	from, dir := disk(t)
	to, _ := bucket(t, 0)
	var refs []blob.Ref
	for i := range 20 {
		refs = append(refs, put(t, from, fill(i*1000)))
	}
	spoilt := refs[7]
	if err := errors.Join(os.Chmod(file(dir, spoilt), 0o600), os.WriteFile(file(dir, spoilt), fill(7001), 0o600)); err != nil {
		t.Fatal(err)
	}
	n, damage, err := blob.Copy(ctx, to, from)
	if err != nil || n != 19 || len(damage) != 1 || damage[0].Ref != spoilt {
		t.Fatalf("copied %d, damaged %v, %v", n, damage, err)
	}
	if n, _, err := blob.Copy(ctx, to, from); err != nil || n != 0 {
		t.Errorf("copied %d again, %v", n, err)
	}
	for _, ref := range refs {
		if _, err := read(to, ref); (err != nil) != (ref == spoilt) {
			t.Errorf("%s: %v", ref, err)
		}
	}
}

func TestS3Addresses(t *testing.T) {
	fake := blobtest.New()
	srv := httptest.NewServer(fake)
	defer srv.Close()
	for _, c := range []struct {
		address, key, says string
		kind               fault.Kind
	}{
		{"ftp://x/blobs", "key", "不能识别", fault.Invalid}, {srv.URL, "key", "桶名", fault.Invalid}, {srv.URL + "/other", "key", "没有桶", fault.Invalid},
		{srv.URL + "/blobs", "", "ZHENGSHU_BLOBS_KEY", fault.Invalid}, {"http://u:p@x/blobs", "key", "不能识别", fault.Invalid}, {srv.URL + "/blobs", "wrong", "连不上", fault.Unavailable},
	} {
		_, err := blob.S3(ctx, blob.S3Config{Address: c.address, Key: c.key, Secret: "secret-secret"})
		if !fault.Is(err, c.kind) || !strings.Contains(fault.Of(err).Says, c.says) {
			t.Errorf("%s: %v, want %q", c.address, err, c.says)
		}
	}
}
