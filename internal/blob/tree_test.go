package blob_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"zhengshu/internal/blob"
	"zhengshu/internal/blob/blobtest"
)

// atServer is a place of its own at the real server that the environment names;
// it skips where none is named.
func atServer(t *testing.T) blob.S3Config {
	t.Helper()
	at := os.Getenv(EnvS3)
	if at == "" {
		t.Skipf("left out: %s names no S3-compatible server", EnvS3)
	}
	return blob.S3Config{Address: fmt.Sprintf("%s/%d", at, time.Now().UnixNano()), Key: os.Getenv("ZHENGSHU_BLOBS_KEY"), Secret: os.Getenv("ZHENGSHU_BLOBS_SECRET")}
}

// TestTreeContract holds every tree to the same.
func TestTreeContract(t *testing.T) {
	for name, open := range map[string]func(t *testing.T) (blob.Tree, error){
		"disk": func(t *testing.T) (blob.Tree, error) { return blob.OpenDiskTree(t.TempDir()) },
		"s3 protocol": func(t *testing.T) (blob.Tree, error) {
			srv := httptest.NewServer(blobtest.New())
			t.Cleanup(srv.Close)
			return blob.OpenBucketTree(ctx, blob.S3Config{Address: srv.URL + "/blobs/releases", Key: "key", Secret: "secret-secret"})
		},
		"s3 server": func(t *testing.T) (blob.Tree, error) { return blob.OpenBucketTree(ctx, atServer(t)) },
	} {
		t.Run(name, func(t *testing.T) {
			tree, err := open(t)
			if err != nil {
				t.Fatal(err)
			}
			read := func(name string) (string, error) {
				r, err := tree.Read(ctx, name)
				if err != nil {
					return "", err
				}
				defer r.Close()
				b, err := io.ReadAll(r)
				return string(b), err
			}
			if _, err := read("sites/1/current"); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("nothing there: %v", err)
			}
			if list, err := tree.List(ctx, "sites"); err != nil || len(list) != 0 {
				t.Errorf("nothing there: %v %v", list, err)
			}
			for _, n := range []string{"sites/1/current", "sites/2/current", "objects/ab/abc", "sitesbeside"} {
				if err := tree.Write(ctx, n, []byte("body of "+n)); err != nil {
					t.Fatal(err)
				}
			}
			first, err := tree.List(ctx, "sites")
			if err != nil || len(first) != 2 || first["sites/1/current"] == "" {
				t.Fatalf("%v %v", first, err)
			}
			if err := tree.Write(ctx, "sites/1/current", []byte("another")); err != nil {
				t.Fatal(err)
			}
			if b, err := read("sites/1/current"); b != "another" || err != nil {
				t.Errorf("%q %v", b, err)
			}
			second, err := tree.List(ctx, "sites")
			if err != nil || second["sites/1/current"] == first["sites/1/current"] || second["sites/2/current"] != first["sites/2/current"] {
				t.Errorf("the mark does not tell what changed: %v %v %v", first, second, err)
			}
			for _, bad := range []string{"", "/etc/passwd", "../x", "a/../../x", "a//b", "a\x00b", `a\b`} {
				if _, err := tree.Read(ctx, bad); err == nil || errors.Is(err, fs.ErrNotExist) {
					t.Errorf("read %q: %v", bad, err)
				}
				if err := tree.Write(ctx, bad, nil); err == nil {
					t.Errorf("wrote %q", bad)
				}
			}
		})
	}
}

// TestServerTakesWhatIsLargeAndMany: an object that goes up in parts, and more
// objects than a server lists in one answer.
func TestServerTakesWhatIsLargeAndMany(t *testing.T) {
	tree, err := blob.OpenBucketTree(ctx, atServer(t))
	if err != nil {
		t.Fatal(err)
	}
	large := fill(33 << 20)
	if err := tree.Write(ctx, "sites/1/search.g.db", large); err != nil {
		t.Fatal(err)
	}
	r, err := tree.Read(ctx, "sites/1/search.g.db")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, large) {
		t.Errorf("%d of %d bytes came back whole: %v", len(got), len(large), err)
	}
	const many = 1100
	for i := range many {
		if err := tree.Write(ctx, fmt.Sprintf("objects/%02d/%04d", i%50, i), []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	if list, err := tree.List(ctx, "objects"); err != nil || len(list) != many {
		t.Errorf("%d of %d listed: %v", len(list), many, err)
	}
}
