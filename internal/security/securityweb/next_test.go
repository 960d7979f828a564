package securityweb

import (
	"net/http/httptest"
	"path"
	"strings"
	"testing"

	"zhengshu/internal/calendar"
	"zhengshu/internal/passage"
	"zhengshu/internal/security"
	"zhengshu/internal/web"
)

// A sheet opens the act that is next: to be filled in, then the notice of what
// was found; the others stay folded.
func TestASheetOpensWhatIsNext(t *testing.T) {
	open := func(d security.Dossier) string {
		var out []string
		for _, f := range newSheet(d, true, calendar.Date{Year: 2026, Month: 11, Day: 23}).Forms {
			if !f.Folded {
				out = append(out, path.Base(f.Action))
			}
		}
		return strings.Join(out, " ")
	}
	d := sampleSheet
	d.PlanState, d.State, d.List = security.Open, "", nil
	if got := open(d); got != "check" {
		t.Errorf("not checked yet: %q", got)
	}
	d.State = "checked"
	if got := open(d); got != "" {
		t.Errorf("nothing is left: %q", got)
	}
	d.List = []security.Hole{{ID: "h", State: security.HoleFound, Layer: "firewall"}}
	if got := open(d); got != "order" {
		t.Errorf("a hole nobody was told of: %q", got)
	}
	// Holes are entered before the sheet, which knows them.
	d.State, d.Layers, d.CheckedOn = "", nil, calendar.Date{}
	if got := open(d); got != "check" {
		t.Errorf("holes and no sheet yet: %q", got)
	}
	list := newSheet(d, true, calendar.Date{Year: 2026, Month: 11, Day: 23}).Forms
	sheet := &list[len(list)-1]
	if path.Base(list[len(list)-2].Action) != "holes" || path.Base(sheet.Action) != "check" {
		t.Errorf("the forms stand as %v", list)
	}
	for name, want := range map[string]string{"verdict_firewall": "holes", "verdict_network": "", "on": "2026-11-23"} {
		if got := sheet.Field(name).Value; got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

// Who cannot act on a hole reads whom it waits for.
func TestAHoleSaysWhomItWaitsFor(t *testing.T) {
	d := sampleHole
	for _, tt := range []struct {
		state          string
		mends, retests bool
		want           string
	}{
		{security.HoleOrdered, false, true, "待主办单位整改"}, {security.HoleOrdered, true, false, ""}, {security.HoleMended, true, false, "待复测"}, {security.HoleMended, false, true, ""},
		{security.HoleDisputed, true, false, "待核实异议"}, {security.HoleDisputed, false, true, ""},
	} {
		d.State = tt.state
		v := newHole(d, tt.mends, tt.retests, calendar.Date{Year: 2026, Month: 11, Day: 23})
		got := ""
		if len(v.Alerts) == 1 {
			got = v.Alerts[0].Title
		}
		if got != tt.want || (tt.want == "") != (len(v.Forms) > 0) {
			t.Errorf("%+v: %q, %d forms", tt, got, len(v.Forms))
		}
	}
}

// What was retested is told with its result: after a hole was reported again the
// retest before it is no word on the new mend, and a sheet says what became of its holes.
func TestARetestSaysWhatCameOfIt(t *testing.T) {
	today := calendar.Date{Year: 2026, Month: 11, Day: 23}
	for state, want := range map[string]string{security.HoleOrdered: "复测：未通过，退回整改", security.HoleMended: "上一次复测：未通过，退回整改", security.HoleClosed: "复测：通过"} {
		d := sampleHole
		d.State, d.MendedAs, d.RetestSays = state, "已升级", "看过了"
		got := ""
		for _, m := range newHole(d, true, true, today).Main {
			if x, ok := m.(web.Summary); ok && strings.HasSuffix(x.Title, "复测") {
				got = x.Title + "：" + x.Terms[0].Text
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", state, got, want)
		}
	}
	layer := func(d security.Dossier) string {
		for _, m := range newSheet(d, true, today).Main {
			if x, ok := m.(web.Table); ok && x.Caption == "五个层面" {
				return x.Rows[4].Cells[1].Note
			}
		}
		return "no layers"
	}
	d := sampleSheet
	d.List = []security.Hole{{Layer: "server", State: security.HoleClosed}}
	for standing, want := range []string{"已全部整改并复测通过", ""} { // one more that the reader is not shown
		if d.Standing = standing; layer(d) != want {
			t.Errorf("%d standing: %q, want %q", standing, layer(d), want)
		}
	}
	d.List[0].State = security.HoleMended
	if got := layer(d); got != "" {
		t.Errorf("not retested yet: %q", got)
	}
}

// A hole that was not ordered yet can be taken back by its own body and nobody
// else, and one that was taken back asks nothing of anybody.
func TestAHoleCanBeTakenBackBeforeItsOrder(t *testing.T) {
	d := sampleHole
	d.DueOn = calendar.Date{}
	for _, tt := range []struct {
		state  string
		own    bool
		alerts int
		forms  int
	}{{security.HoleFound, true, 1, 1}, {security.HoleFound, false, 0, 0}, {security.HoleWithdrawn, true, 0, 0}} {
		d.State = tt.state
		v := newHole(d, false, tt.own, sampleToday)
		if len(v.Alerts) != tt.alerts || len(v.Forms) != tt.forms || tt.forms == 1 && path.Base(v.Forms[0].Action) != "withdraw" {
			t.Errorf("%+v: %+v, %+v", tt, v.Alerts, v.Forms)
		}
		if due := holeDue(d.Hole, sampleToday).Text; (due == "无") != (tt.state == security.HoleWithdrawn) {
			t.Errorf("%s: due %s", tt.state, due)
		}
	}
	// A hole found in a year that was finished before it had to be ordered can be.
	s := sampleSheet
	s.PlanState = security.Finished
	if v := newSheet(s, true, sampleToday); len(v.Forms) != 1 || path.Base(v.Forms[0].Action) != "order" {
		t.Errorf("a finished year: %+v", v.Forms)
	}
	p := samplePlan
	p.Checked, p.Excused, p.Untold = p.Sites, 0, 2
	if v := newFinish(p); v.Alert.Title != "还有 2 个漏洞没有下发" {
		t.Errorf("to finish: %+v", v.Alert)
	}
}

// A dispute is offered to who mends, shown with its answer, and the latest one counts.
func TestADisputeStandsOnTheHolesPage(t *testing.T) {
	d := sampleHole
	actions := func() (out []string) {
		for _, f := range newHole(d, true, false, sampleToday).Forms {
			out = append(out, path.Base(f.Action))
		}
		return out
	}
	if got := actions(); len(got) != 2 || got[0] != "mend" || got[1] != "dispute" {
		t.Errorf("offered: %v", got)
	}
	d.State, d.History = security.HoleDisputed, []passage.Step{{Act: "dispute", Note: "没有启用"}, {Act: "uphold", Note: "已启用"}, {Act: "dispute", Note: "已打补丁"}}
	dispute, answer := disputed(d.History)
	if dispute.Note != "已打补丁" || answer.Act != "" || len(actions()) != 0 {
		t.Errorf("%+v answered by %+v, offered %v", dispute, answer, actions())
	}
	v := newHole(d, false, true, sampleToday)
	if len(v.Forms) != 1 || path.Base(v.Forms[0].Action) != "settle" || len(v.Forms[0].Buttons) != 2 {
		t.Errorf("%+v", v.Forms)
	}
}

// A second order leaves the first within reach.
func TestEarlierOrdersAreWithinReach(t *testing.T) {
	d := sampleSheet
	d.List = []security.Hole{{ID: "a", Number: "AQ-2026-0001"}, {ID: "b", Number: "AQ-2026-0004"}}
	d.Number = "AQ-2026-0004"
	w := httptest.NewRecorder()
	if err := recordPage.Render(w, httptest.NewRequest("GET", "/", nil), newSheet(d, false, sampleToday)); err != nil {
		t.Fatal(err)
	}
	if body := w.Body.String(); !strings.Contains(body, "number=AQ-2026-0001") || strings.Contains(body, "number=AQ-2026-0004") {
		t.Error(body)
	}
}
