package impostorweb

import (
	"net/url"
	"testing"

	"zhengshu/internal/impostor"
)

// The figures of a year open the rows they count, by filters the list knows.
func TestFiguresOpenTheirRows(t *testing.T) {
	v := newCases(nil, 0, impostor.Figures{Year: 2026, Found: 5, Verified: 3, Referred: 2, Gone: 1}, true)
	known := map[string]bool{}
	for _, o := range v.Filter.Fields[1].Options {
		known[o.Value] = true
	}
	for i, state := range []string{"", "confirmed", "consulted", "unreachable"} {
		at, err := url.Parse(v.Stats.Items[i].Href)
		if err != nil || at.Path != casesPath || at.Query().Get("year") != "2026" || at.Query().Get("state") != state || !known[state] {
			t.Errorf("%s opens %q", v.Stats.Items[i].Name, v.Stats.Items[i].Href)
		}
		if list := impostor.Reached[state]; state != "" && len(list) == 0 {
			t.Errorf("%s is no state the list knows", state)
		}
	}
}
