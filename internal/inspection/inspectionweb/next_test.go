package inspectionweb

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

// A dispute that waits is answered by the one it was given to; another of the
// office takes it up first, the unit that raised it reads.
func TestADisputeIsOfferedToWhoAnswersIt(t *testing.T) {
	f := sampleFinding
	f.State = inspection.FindingDisputed
	d := inspection.Objection{Finding: f.ID, Unit: "01JU", Person: "p1", PersonName: "李四"}
	session := func(person string, role authz.Role) *authz.Session {
		return &authz.Session{PersonID: person, Posts: []authz.Post{{Role: role, UnitID: "01JU"}}}
	}
	for _, tt := range []struct {
		name   string
		s      *authz.Session
		mayAct bool
		want   string // the button of the answer
	}{
		{"to the one", session("p1", authz.Supervisor), true, "答复申辩"},
		{"to another of the office", session("p2", authz.Supervisor), true, "改由我答复"},
		{"to the unit", session("p3", authz.Sponsor), false, ""},
	} {
		v := newFinding(f, nil, nil, "", true, tt.mayAct, none)
		v.answered(d, tt.s)
		got := ""
		if v.MayHold {
			got = v.Uphold.Buttons[0].Label
		}
		if got != tt.want || v.MayHold && len(v.Uphold.Buttons) != 1 {
			t.Errorf("%s: %q, %+v", tt.name, got, v.Uphold.Buttons)
		}
	}
}

// One act of a finding is the next: the notice or the answer to whoever gives
// it, else the retest.
func TestAFindingHasOneNextAct(t *testing.T) {
	for _, tt := range []struct {
		state     string
		supervise bool
		retest    bool
	}{
		{inspection.FindingOpen, false, true}, {inspection.FindingOpen, true, false}, {inspection.FindingOrdered, true, true},
		{inspection.FindingDisputed, true, false}, {inspection.FindingClosed, false, false},
	} {
		f := sampleFinding
		f.State = tt.state
		if v := newFinding(f, nil, nil, "", true, tt.supervise, none); v.TestNext != tt.retest {
			t.Errorf("%s, supervisor %v: the retest is next: %v", tt.state, tt.supervise, v.TestNext)
		}
	}
	v := newFinding(sampleFinding, nil, []passage.Step{{Act: "find", Note: sampleFinding.Says}, {Act: "dispute", Note: "是原文"}}, "", true, false, none)
	if v.Story.Events[0].Text != "" || v.Story.Events[1].Text != "是原文" {
		t.Errorf("the story repeats the heading: %+v", v.Story.Events)
	}
}

// Checks that could not be made for one reason stand in one row.
func TestWhatCouldNotBeTestedIsToldOnceForEachReason(t *testing.T) {
	rows := untestedRows([]engine.Untested{
		{Check: "link.dead", Why: "robots.txt 不允许访问，未检测。", Where: "http://a/q", Count: 61}, {Check: "page.unreachable", Why: "robots.txt 不允许访问，未检测。", Where: "http://a/q", Count: 61},
		{Check: "link.dead", Why: "robots.txt 不允许访问，未检测。", Where: "http://a/z", Count: 2}, {Check: "home.stale", Why: "没有日期。"}})
	if len(rows) != 3 || rows[0].Cells[0].Note != engine.CheckName("link.dead")+"；"+engine.CheckName("page.unreachable") || rows[0].Cells[1].Text != "61" || rows[2].Cells[1].Text != "1" {
		t.Errorf("%+v", rows)
	}
}

// A plan that has drawn nothing says so once, and when it will.
func TestAPlanThatDrewNothingSaysWhenItWill(t *testing.T) {
	p := samplePlan
	p.Round = 0
	w := httptest.NewRecorder()
	if err := planPage.Render(w, httptest.NewRequest("GET", "/", nil), newPlan(p, nil, nil, 0, inspection.Redrawn{}, nil, false)); err != nil {
		t.Fatal(err)
	}
	if body := w.Body.String(); strings.Count(body, "还没有抽样") != 1 || !strings.Contains(body, "2026年4月1日自动抽取第一轮") || strings.Contains(body, "各层进度") {
		t.Error(body)
	}
}

// The baseline is offered where pages are compared with one; a rule of the list
// of precisions leads to what it reported.
func TestLinksLeadToSomething(t *testing.T) {
	for hosted, want := range map[bool]bool{true: false, false: true} {
		v := newSite(registry.Site{ID: "01JS", Name: "某网站", Hosted: hosted}, nil, inspection.Availability{}, inspection.Tally{}, nil, true, 3)
		if got := strings.Contains(fmt.Sprint(v.Heading.Acts), "页面基线"); got != want {
			t.Errorf("hosted %v: %+v", hosted, v.Heading.Acts)
		}
	}
	if href := newPrecision([]inspection.Precision{{Check: "link.dead", Raised: 2}}).Table.Rows[0].Cells[0].Href; href != listPath+"?check=link.dead" {
		t.Error(href)
	}
	if v := newDisputes(nil, 0, calendar.Date{}); v.Table.Empty.Act.Href == "" {
		t.Error("an empty list leads nowhere")
	}
	if emptyBoard(0, false).Act.Href == "" || emptyBoard(0, true).Act.Href != "" || emptyBoard(3, false).Act.Href != "" {
		t.Error("a ledger without sites leads nowhere, or a search is taken for one")
	}
}

// From which share a site is marked is the province's choice.
func TestTheShareThatIsMarkedIsTheProvinces(t *testing.T) {
	l := line{site: registry.Site{ID: "01JS", Name: "某网站"}, week: inspection.Week{Probes: 100, Failures: 4}}
	for near, want := range map[int]web.Tone{3: web.Warn, 5: ""} {
		v := newBoard([]line{l}, boardTotals{}, near)
		if got := v.Table.Rows[0].Kind; got != want {
			t.Errorf("from %d per cent: %q", near, got)
		}
		if shown(l, "near", "", near) != (near == 3) {
			t.Errorf("listed from %d per cent", near)
		}
	}
}

// A round says whether it can be drawn again and whether that gives what was kept.
func TestARoundTellsItsRedraw(t *testing.T) {
	for _, tt := range []struct {
		x    inspection.Redrawn
		want string
	}{{inspection.Redrawn{}, "没有保存"}, {inspection.Redrawn{Sites: 9, SHA256: "ab", Same: true}, "重抽结果一致"}, {inspection.Redrawn{Sites: 9, SHA256: "ab"}, "重抽结果不一致"}} {
		if got := fmt.Sprint(redrawn(tt.x, 3)); !strings.Contains(got, tt.want) || !strings.Contains(got, "第 3 轮") {
			t.Errorf("%+v: %s", tt.x, got)
		}
	}
}
