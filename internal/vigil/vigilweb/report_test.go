package vigilweb

import (
	"testing"

	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/vigil"
)

// That nothing was wrong is said by a person, never by the form: it comes without
// a choice, and a report without one is refused by name.
func TestAZeroReportIsChosenByAPerson(t *testing.T) {
	on := calendar.Date{Year: 2026, Month: 3, Day: 20}
	for name, tt := range map[string]struct {
		line vigil.Line
		want string
	}{
		"first of the day":     {vigil.Line{}, ""},
		"reported zero before": {vigil.Line{Reported: true, Zero: true}, ""},
		"reported trouble":     {vigil.Line{Reported: true}, "event"},
		"trouble below":        {vigil.Line{Events: 1}, "event"},
	} {
		if f := newReport(vigil.Period{ID: "p"}, tt.line, nil, on).Form.Sections[0].Fields[0]; f.Name != "word" || f.Value != tt.want {
			t.Errorf("%s: %s is preset to %q, want %q", name, f.Name, f.Value, tt.want)
		}
	}
	for choice, zero := range map[string]bool{"zero": true, "event": false} {
		if got, err := wordOf(choice); err != nil || got != zero {
			t.Errorf("%s: %v, %v", choice, got, err)
		}
	}
	for _, choice := range []string{"", "x"} {
		if _, err := wordOf(choice); !fault.Is(err, fault.Invalid) || fault.Of(err).Fields[0].Name != "word" {
			t.Errorf("%q: %v", choice, err)
		}
	}
}
