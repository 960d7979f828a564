package check

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// dataDir returns a folder of the real data, or skips naming what is left out.
func dataDir(t testing.TB, sub, leftOut string) string {
	t.Helper()
	var roots []string
	if d := os.Getenv("ZHENGSHU_DATA"); d != "" {
		roots = append(roots, d)
	}
	if wd, err := os.Getwd(); err == nil {
		for d := wd; ; d = filepath.Dir(d) {
			roots = append(roots, filepath.Join(d, "..", "shared", "data"))
			if d == filepath.Dir(d) {
				break
			}
		}
	}
	for _, r := range roots {
		if st, err := os.Stat(filepath.Join(r, sub)); err == nil && st.IsDir() {
			return filepath.Join(r, sub)
		}
	}
	t.Skip("real data not present: set ZHENGSHU_DATA; left out: " + leftOut)
	return ""
}

// readJSONL calls each with every line of a file.
func readJSONL[T any](t testing.TB, file string, each func(T)) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 4<<20)
	for sc.Scan() {
		if len(sc.Bytes()) == 0 {
			continue
		}
		var v T
		if err := json.Unmarshal(sc.Bytes(), &v); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		each(v)
	}
	if err := sc.Err(); err != nil {
		t.Fatal(err)
	}
}
