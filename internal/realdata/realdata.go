// Package realdata finds the reference data that tests and benchmarks measure
// themselves on. It decides where the folder is and what is said when it is not
// there; it does not read the data, none of which is in the repository.
package realdata

import (
	"os"
	"path/filepath"
	"testing"
)

// Env names the variable with the data's folder.
const Env = "ZHENGSHU_DATA"

// Path is a file or a folder of the data, "." being the whole. The folder is
// that of ZHENGSHU_DATA; without it, shared/data beside any folder above the
// test. When it is absent the test is left out, saying what of it is lost.
func Path(t testing.TB, name, leftOut string) string {
	t.Helper()
	roots := []string{os.Getenv(Env)}
	if roots[0] == "" {
		at, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		roots = nil
		for ; at != filepath.Dir(at); at = filepath.Dir(at) {
			roots = append(roots, filepath.Join(filepath.Dir(at), "shared", "data"))
		}
	}
	for _, r := range roots {
		if p := filepath.Join(r, filepath.FromSlash(name)); exists(p) {
			return p
		}
	}
	t.Skipf("real data not present: set %s; left out: %s (%s)", Env, leftOut, name)
	return ""
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

// Read is the content of a file of the data.
func Read(t testing.TB, name, leftOut string) []byte {
	t.Helper()
	b, err := os.ReadFile(Path(t, name, leftOut))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
