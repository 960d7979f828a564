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

var (
	entryAct   = regexp.MustCompile(`audit\.Entry\{\s*Act:\s*"([a-z_.]+)",`)
	targetKind = regexp.MustCompile(`audit\.Target\{Kind:\s*"([a-z_]+)"`)
)

// TestTheTrailIsReadInWords holds every act and every kind of object that the
// source writes into the trail to have its word: no record shows a code.
func TestTheTrailIsReadInWords(t *testing.T) {
	acts, kinds := 0, 0
	if err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range entryAct.FindAllStringSubmatch(string(text), -1) {
			if acts++; audit.ActName(m[1]) == m[1] {
				t.Errorf("%s: the act %s has no word (internal/audit/words.go)", path, m[1])
			}
		}
		for _, m := range targetKind.FindAllStringSubmatch(string(text), -1) {
			if kinds++; audit.KindName(m[1]) == m[1] {
				t.Errorf("%s: the kind %s has no word (internal/audit/words.go)", path, m[1])
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if acts < 300 || kinds < 50 {
		t.Fatalf("%d acts and %d kinds were found: the source is written otherwise than this test reads it", acts, kinds)
	}
	// What the duty does is composed of the words of its machines.
	for _, m := range append(duty.Machines(), vigil.Machine) {
		at := map[string]string{"protected_period": "vigil"}[m.Kind]
		if at == "" {
			at = "duty." + strings.TrimPrefix(m.Kind, "duty_")
		}
		for _, move := range m.Moves {
			if act := at + "." + move.Act; move.Act != "draft" && audit.ActName(act) == act {
				t.Errorf("the act %s has no word", act)
			}
		}
	}
}
