package mediaweb_test

import (
	"bytes"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"

	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
)

// The temporary folder fills while a large file comes in, at a real disk of that
// size: the person and the program are told, nothing is kept, and once there is
// room the same file is taken.
func TestDiskFullWhileAFileComesIn(t *testing.T) {
	small := t.TempDir()
	if err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("left out: a disk of 256 KB cannot be mounted here (%v); that the store is full is tested in media", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(small, 0); err != nil {
			t.Error(err)
		}
	})
	d := dbtest.SQLite(t, nil)
	s := open(t, d)
	large := append([]byte("%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\n"), bytes.Repeat([]byte("% 000000000000000000000000000000\n"), 6<<20/33)...)
	large = append(large, "trailer<</Root 1 0 R>>\n%%EOF\n"...)
	roomy := os.TempDir()
	t.Setenv("TMPDIR", small)
	for _, who := range []string{"program", "person"} {
		r := sent(t, "附件.pdf", large, "_form", "form")
		if who == "person" {
			r.Header.Set("Accept", "text/html")
		}
		got := s.Do(r).Want(http.StatusServiceUnavailable)
		if !strings.Contains(got.Body, "存储空间不足") || !strings.Contains(got.Body, "清理磁盘") {
			t.Errorf("the %s is told %s", who, got.Body)
		}
	}
	left, err := os.ReadDir(small)
	if err != nil || len(left) > 0 {
		t.Errorf("left in the temporary folder: %d files, %v", len(left), err)
	}
	if n, err := db.One(t.Context(), d, db.Value[int], `SELECT count(*) FROM media_asset`); err != nil || n != 0 {
		t.Errorf("%d assets kept, %v", n, err)
	}
	t.Setenv("TMPDIR", roomy)
	s.Do(sent(t, "附件.pdf", large)).Want(http.StatusCreated)
}
