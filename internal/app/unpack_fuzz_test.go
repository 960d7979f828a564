package app

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzUnpack reads the files of backups: nothing is written but what a backup
// holds, at its place.
func FuzzUnpack(f *testing.F) {
	pack := func(members ...string) []byte {
		var b bytes.Buffer
		tw := tar.NewWriter(&b)
		for i := 0; i < len(members); i += 2 {
			if err := tw.WriteHeader(&tar.Header{Name: members[i], Size: int64(len(members[i+1])), Mode: 0o600}); err != nil {
				f.Fatal(err)
			}
			if _, err := tw.Write([]byte(members[i+1])); err != nil {
				f.Fatal(err)
			}
		}
		if err := tw.Close(); err != nil {
			f.Fatal(err)
		}
		return b.Bytes()
	}
	f.Add(pack("zhengshu.db", "x", manifestName, `{"files":{"zhengshu.db":"0"}}`))
	f.Add(pack("blobs/"+strings.Repeat("a", 64), "x", manifestName, "{}"))
	f.Add(pack("../out", "x"))
	f.Add(pack("zhengshu.db", "x", "zhengshu.db", "y"))
	f.Add([]byte("\x1f\x8b"))
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) > 1<<16 {
			return
		}
		// Packed here, or nothing that is tried would get as far as the members.
		var packed bytes.Buffer
		gz := gzip.NewWriter(&packed)
		if _, err := gz.Write(body); err != nil {
			t.Fatal(err)
		}
		if err := gz.Close(); err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if _, sums, err := unpack(&packed, filepath.Join(dir, "in")); err == nil {
			for name := range sums {
				if name != "zhengshu.db" && !strings.HasPrefix(name, "blobs/") {
					t.Errorf("took %q", name)
				}
			}
		}
		err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err == nil && !e.IsDir() && !strings.HasPrefix(path, filepath.Join(dir, "in")) {
				t.Errorf("wrote %s", path)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}
