package audit

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What the house does by itself is told to readers in their words: every duty
// that the source names has a name in Chinese.
func TestEveryDutyHasAName(t *testing.T) {
	named := regexp.MustCompile(`audit\.System\([^,()]+(?:\(\))?, "([a-z_.]+)"\)`)
	seen := map[string]bool{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range named.FindAllStringSubmatch(string(text), -1) {
			if duty := m[1]; !seen[duty] {
				seen[duty] = true
				if duties[duty] == "" && !strings.HasPrefix(duty, "job.") && !strings.HasSuffix(path, "test/"+filepath.Base(path)) {
					t.Errorf("%s: the duty %q has no name for readers", path, duty)
				}
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) < 30 || !seen["obligation.sweep"] {
		t.Errorf("only %d duties are read from the source", len(seen))
	}
}
