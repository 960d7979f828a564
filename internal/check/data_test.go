package check

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"
)

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
