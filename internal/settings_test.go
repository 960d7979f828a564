package internal_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zhengshu/internal/province"
	"zhengshu/internal/rules/sx2021"
)

// TestSettingsStandInTheReadings: docs/law/readings.md lists every choice of the
// province with the default the code has.
func TestSettingsStandInTheReadings(t *testing.T) {
	const begin, end = "<!-- settings -->\n", "<!-- /settings -->"
	path := filepath.Join("..", "docs", "law", "readings.md")
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(body), begin)
	have, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s has no table of settings between %q and %q", path, begin, end)
	}
	want := "| setting | default | clause | name |\n|---|---|---|---|\n"
	for _, c := range province.Choices(sx2021.Defaults()) {
		value := c.Default
		switch {
		case c.Yes && value == "true":
			value = "是"
		case c.Yes:
			value = "否"
		case c.Unit != "":
			value += " " + c.Unit
		}
		want += fmt.Sprintf("| %s | %s | %s | `%s` |\n", c.Label, value, c.Basis, c.Key)
	}
	if *update {
		if err := os.WriteFile(path, []byte(before+begin+want+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if have != want {
		t.Errorf("%s is out of date: go test ./internal -run TestSettings -update", path)
	}
}
