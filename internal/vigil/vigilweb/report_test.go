package vigilweb

import (
	"testing"

	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/vigil"
	"zhengshu/internal/web"
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

// A day is looked at by what it says, its figures lead there, and who reports
// for others has their trouble before the form instead of every line.
func TestADayOfReportsIsReadByWhatItSays(t *testing.T) {
	on := calendar.Date{Year: 2026, Month: 3, Day: 20}
	p := vigil.Period{ID: "p", State: vigil.Declared, From: on.AddDays(-1), Until: on}
	lines := []vigil.Line{{Unit: "1", Above: "0", UnitName: "甲", Reported: true, Zero: true}, {Unit: "2", Above: "1", UnitName: "乙"}, {Unit: "3", Above: "4", UnitName: "丙", Reported: true, Says: "中断"}, {Unit: "4", Above: "1", UnitName: "丁", BelowDue: 2, Events: 1}}
	for show, want := range map[string]string{"": "甲乙丁", "x": "甲乙丁", "all": "甲乙丙丁", "done": "甲丙", "missing": "乙丁", "events": "丙"} {
		got := ""
		for _, r := range dayTable(lines, on, viewOf(show)).Rows {
			got += r.Cells[0].Text
		}
		if got != want {
			t.Errorf("%q shows %s, want %s", show, got, want)
		}
	}
	for _, s := range dayStats(p, on, 4, 2, 1).Items {
		if s.Href == "" {
			t.Errorf("%s %s leads nowhere", s.Name, s.Value)
		}
	}
	before := newReport(p, vigil.Line{UnitName: "市", BelowDue: 6, BelowDone: 2, Events: 2}, lines, on).Before
	if len(before) != 2 {
		t.Fatalf("before the form of an office: %+v", before)
	}
	if rows := before[1].(web.Table).Rows; len(rows) != 2 || rows[0].Cells[0].Text != "丙" || rows[1].Cells[0].Text != "丁" {
		t.Errorf("trouble below: %+v", rows)
	}
}

// A day that was missed is asked for on its own page and can be made good there.
func TestAMissedDayCanBeReportedLate(t *testing.T) {
	today := calendar.Date{Year: 2026, Month: 3, Day: 20}
	p := vigil.Period{ID: "p", State: vigil.Declared, From: today.AddDays(-1), Until: today}
	own := []vigil.Line{{Unit: "u", UnitName: "甲"}}
	for on, want := range map[calendar.Date]string{today: "去报告", today.AddDays(-1): "去补报"} {
		v := newRecord(dossier{period: p, on: on, own: own, lines: own}, today)
		if len(v.Alerts) != 1 || v.Alerts[0].Links[0] != (web.Link{Text: want, Href: vigil.ReportLink("p", "u", on)}) {
			t.Errorf("%v: %+v", on, v.Alerts)
		}
	}
}

// A period that has ended freezes nothing, and its page does not say so.
func TestAnEndedPeriodFreezesNothing(t *testing.T) {
	today := calendar.Date{Year: 2026, Month: 3, Day: 20}
	for state, want := range map[string]bool{vigil.Declared: true, vigil.Over: false, vigil.Summarised: false} {
		v := newRecord(dossier{period: vigil.Period{ID: "p", State: state, From: today.AddDays(-1), Until: today}, on: today}, today)
		said := false
		for _, x := range v.Main {
			if c, ok := x.(web.Table); ok && c.Caption == "已同意的例外" {
				said = c.Empty.Text != ""
			}
		}
		if said != want {
			t.Errorf("%s: told of a freeze: %v", state, said)
		}
	}
}
