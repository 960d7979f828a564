package inspectionweb

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/inspection"
	"zhengshu/internal/passage"
	"zhengshu/internal/web"
)

// A finding's page leads to the public page of its rule, where there is one.
func TestAFindingsPageLeadsToItsRule(t *testing.T) {
	const page = "http://www.yanta.gov.cn/rules/link.dead"
	for _, at := range []string{page, ""} {
		v := newFinding(sampleFinding, nil, nil, "", true, false, none)
		v.ruled(at, inspection.Precision{})
		if said := fmt.Sprint(v.Facts.Terms); strings.Contains(said, page) != (at != "") || strings.Contains(said, "检查规则") != (at != "") {
			t.Errorf("%q: %s", at, said)
		}
	}
}

// How sure a rule is stands on the finding itself, not only behind a link; of a rule
// without a count nothing is claimed.
func TestAFindingTellsHowSureItsRuleIs(t *testing.T) {
	counts := []inspection.Precision{{Check: "link.dead", Raised: 12, Disputed: 3, False: 1, True: 2}}
	v := newFinding(sampleFinding, nil, nil, "", true, false, none)
	v.ruled("", precisionOf(counts, sampleFinding.Check))
	if said := fmt.Sprint(v.Facts.Terms); !strings.Contains(said, "91.67%") || !strings.Contains(said, "全省报出 12 个，申辩 3 个，确认误报 1 个") {
		t.Errorf("told %s", said)
	}
	v = newFinding(sampleFinding, nil, nil, "", true, false, none)
	v.ruled("", precisionOf(counts, "wording.confusion"))
	if said := fmt.Sprint(v.Facts.Terms); strings.Contains(said, "准确率") {
		t.Errorf("claimed %s", said)
	}
}

// What is answered stands below the evidence; the head of the page leads there
// whoever may answer or object, and nobody else.
func TestAFindingLeadsToWhatIsAnswered(t *testing.T) {
	disputed := sampleFinding
	disputed.State = inspection.FindingDisputed
	for _, tt := range []struct {
		name     string
		v        findingView
		has, not string
	}{
		{"to the one who answers", newFinding(disputed, nil, nil, "", true, true, none), "#answer", "#deny"},
		{"to the unit", newFinding(sampleFinding, nil, nil, "", true, false, none), "#deny", "#answer"},
		{"to a reader", newFinding(sampleFinding, nil, nil, "", false, false, none), "", "#"},
	} {
		tt.v.reach()
		var at []string
		for _, a := range tt.v.Heading.Acts {
			at = append(at, a.Href)
		}
		if said := strings.Join(at, " "); !strings.Contains(said, tt.has) || strings.Contains(said, tt.not) {
			t.Errorf("%s: %s", tt.name, said)
		}
	}
}

// The notice that a finding stands in is among the facts while it is in force.
func TestAFindingNamesItsNotice(t *testing.T) {
	at := time.Date(2026, 3, 20, 2, 0, 0, 0, time.UTC)
	steps := []passage.Step{{Act: "order", To: inspection.FindingOrdered, At: at, ActorName: "李四", Note: inspection.OrderedBy + "ZG-2026-0001"}, {Act: "order", To: inspection.FindingOrdered, At: at, ActorName: "李四", Note: inspection.OrderedBy + "ZG-2026-0007"}}
	f := sampleFinding
	for state, want := range map[string]bool{inspection.FindingOrdered: true, inspection.FindingClosed: false} {
		f.State = state
		found := false
		for _, x := range newFinding(f, nil, steps, "", true, false, all).Facts.Terms {
			found = found || x.Name == "整改通知" && x.Text == "ZG-2026-0007" && x.Href == "/console/orders/ZG-2026-0007" && strings.Contains(x.Note, "李四下发")
		}
		if found != want {
			t.Errorf("%s: named %v", state, found)
		}
	}
}

// A look that got no page says so wherever it stands; "完成" with no finding would
// read as in order.
func TestALookWithoutAPageIsNotDone(t *testing.T) {
	blank := inspection.Run{ID: "r", State: inspection.RunDone}
	if got := runTag(blank); got.Kind != web.Warn || got.Text != "没有看到网页" {
		t.Errorf("the mark %+v", got)
	}
	if got := lastRun(line{ran: true, run: blank}); got.Note != "没有看到网页" {
		t.Errorf("the board %+v", got)
	}
	blank.Pages = 3
	if got := runTag(blank); got.Kind != web.Good {
		t.Errorf("with pages %+v", got)
	}
	if got := lastRun(line{ran: true, run: blank}); got.Note != "" {
		t.Errorf("with pages, the board %+v", got)
	}
}

// No findings of a site that was never looked at is not none.
func TestASiteNeverLookedAtHasNoCount(t *testing.T) {
	for _, tt := range []struct {
		l    line
		n    int
		want string
	}{
		{line{site: sampleSite}, 0, "—"},
		{line{site: sampleSite}, 2, "2"}, // put by a person
		{line{site: sampleSite, ran: true, run: inspection.Run{State: inspection.RunDone}}, 0, "—"},
		{line{site: sampleSite, ran: true, run: inspection.Run{State: inspection.RunDone, Pages: 9}}, 0, "0"},
		{line{site: sampleSite, ran: true, run: inspection.Run{State: inspection.RunRunning}}, 0, "0"},
	} {
		if got := countCell(tt.l, "error", tt.n); got.Text != tt.want {
			t.Errorf("%+v with %d: %q", tt.l.run, tt.n, got.Text)
		}
	}
}
