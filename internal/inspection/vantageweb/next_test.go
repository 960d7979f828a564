package vantageweb

import (
	"strings"
	"testing"

	"zhengshu/internal/inspection"
)

// With no vantage the form that registers one stands open; later what comes in by
// file does, and ending one is never open beside it.
func TestTheNextActOfVantagesStandsOpen(t *testing.T) {
	for name, tt := range map[string]struct {
		list []inspection.Vantage
		open string
	}{
		"none":    {nil, vantagesPath},
		"revoked": {[]inspection.Vantage{{ID: "c", Revoked: sampleNow}}, vantagesPath},
		"by file": {[]inspection.Vantage{{ID: "a"}, {ID: "b", ByFile: true}}, vantagesPath + "/b/batch"},
		"on line": {[]inspection.Vantage{{ID: "a"}}, ""},
	} {
		var open []string
		for _, f := range newView(tt.list, nil, "", sampleNow, true).Forms {
			if !f.Folded {
				open = append(open, f.Action)
			}
		}
		if got := strings.Join(open, " "); got != tt.open {
			t.Errorf("%s: %q stands open, want %q", name, got, tt.open)
		}
	}
}
