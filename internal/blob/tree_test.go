package blob_test

import (
	"errors"
	"io"
	"io/fs"
	"net/http/httptest"
	"testing"

	"zhengshu/internal/blob"
	"zhengshu/internal/blob/blobtest"
)

// TestTreeContract holds both trees to the same.
func TestTreeContract(t *testing.T) {
	disk, err := blob.OpenDiskTree(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(blobtest.New())
	t.Cleanup(srv.Close)
	bucket, err := blob.OpenBucketTree(ctx, blob.S3Config{Address: srv.URL + "/blobs/releases", Key: "key", Secret: "secret-secret"})
	if err != nil {
		t.Fatal(err)
	}
	for name, tree := range map[string]blob.Tree{"disk": disk, "s3": bucket} {
		t.Run(name, func(t *testing.T) {
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
