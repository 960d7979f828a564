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
	"zhengshu/internal/org"
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
	if err := planPage.Render(w, httptest.NewRequest("GET", "/", nil), newPlan(p, nil, nil, nil, 0, inspection.Redrawn{}, nil, false)); err != nil {
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

// What has a good default lies folded with the default in its line.
func TestThePlanFormIsShort(t *testing.T) {
	w := httptest.NewRecorder()
	v := newPlanForm([]inspection.PlanArea{{ID: "city-610100000000", Level: org.City, Name: "西安市"}}, calendar.Date{Year: 2026, Month: 3, Day: 20})
	if err := planFormPage.Render(w, httptest.NewRequest("GET", "/", nil), v); err != nil {
		t.Fatal(err)
	}
	body := w.Body.String()
	if strings.Contains(body, "<details class=\"section folded\" open") || strings.Count(body, `class="section folded"`) != 4+focusSlots {
		t.Error("a part with a default stands open, or is not folded")
	}
	for _, want := range []string{"默认：不限层级和类型", "默认：全部检查内容", "默认：不设结束日期，不限时段", "默认：200 页"} {
		if !strings.Contains(body, want) {
			t.Errorf("%s is not said", want)
		}
	}
	if n := len(v.Form.Sections[0].Fields); n != 5 {
		t.Errorf("%d questions stand open", n)
	}
}

// A plan tells which sites it means, what came of each focus item, and its rounds.
func TestAPlanTellsWhatCameOfIt(t *testing.T) {
	p := samplePlan
	p.Round, p.Levels, p.Kinds, p.Hosted = 2, []string{"city", "county"}, []registry.SiteKind{registry.Portal}, "not"
	w := httptest.NewRecorder()
	v := newPlan(p, []inspection.Layer{{Stratum: "county/portal/6101", Of: 4, Drawn: 2, Done: 2, Blank: 1}}, map[string]focusCount{"focus.统一标识": {2, 9, "88.89%"}}, []inspection.Drawn{{SiteName: "某网站", Run: "01JR", RunState: inspection.RunDone}}, 1, inspection.Redrawn{}, nil, false)
	if err := planPage.Render(w, httptest.NewRequest("GET", "/", nil), v); err != nil {
		t.Fatal(err)
	}
	body := w.Body.String()
	for _, want := range []string{"市级、县级；政府门户网站；只查不由本平台发布的网站", "其中 1 个没有看到网页", "没有看到网页，原因见检查记录", "88.89%", "check=focus.%E7%BB%9F%E4%B8%80%E6%A0%87%E8%AF%86&amp;plan=01JP&amp;state=standing", `?round=2"`, "/console/findings?plan=01JP", "第 1 轮各层进度"} {
		if !strings.Contains(body, want) {
			t.Errorf("%s is not said", want)
		}
	}
	if r := newRun(inspection.Run{State: inspection.RunDone}, nil, 0, 200); r.Findings.Empty.Title != "没有看到网页" {
		t.Errorf("of a run that saw no page: %+v", r.Findings.Empty)
	}
}
