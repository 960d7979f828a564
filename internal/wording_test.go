package internal_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"zhengshu/internal/audit"
	"zhengshu/internal/duty"
	"zhengshu/internal/vigil"
)

// What the trail calls an act and the thing it was done to is read by auditors: each
// that stands in the code has its words in Chinese.
func TestTheTrailIsReadInChinese(t *testing.T) {
	words := map[string]struct {
		pattern *regexp.Regexp
		name    func(string) string
	}{
		"act":  {regexp.MustCompile(`Act: +"([a-z_]+(?:\.[a-z_]+)+)"`), audit.ActName},
		"kind": {regexp.MustCompile(`audit\.Target\{Kind: "([a-z_]+)"`), audit.KindName},
	}
	for what, w := range words {
		seen := map[string]bool{}
		err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "demo"+string(filepath.Separator)) {
				return err
			}
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, m := range w.pattern.FindAllSubmatch(b, -1) {
				word := string(m[1])
				if !seen[word] && w.name(word) == word {
					t.Errorf("%s: the %s %q has no words in audit/wording.go", path, what, word)
				}
				seen[word] = true
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(seen) < 50 {
			t.Errorf("only %d of %s were found in the code", len(seen), what)
		}
	}
	// What the duty does is composed of the words of its machines.
	for _, m := range append(duty.Machines(), vigil.Machine) {
		at := map[string]string{"protected_period": "vigil"}[m.Kind]
		if at == "" {
			at = "duty." + strings.TrimPrefix(m.Kind, "duty_")
		}
		for _, move := range m.Moves {
			if act := at + "." + move.Act; move.Act != "draft" && audit.ActName(act) == act {
				t.Errorf("the act %q has no words", act)
			}
		}
	}
}
