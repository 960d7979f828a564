package inspectionweb

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/org"
)

// The page of a site that refuses our probe says since when, and what to do.
func TestARefusingSiteSaysWhatToDo(t *testing.T) {
	v := newSite(sampleSite, nil, refusing, inspection.Tally{}, nil, true, 3)
	if !strings.Contains(v.Alert.Text, "403") || !strings.Contains(v.Alert.Text, "白名单") || len(v.Heading.Tags) != 1 || v.Heading.Tags[0].Text != "拒绝检测" {
		t.Errorf("%+v, %+v", v.Alert, v.Heading.Tags)
	}
	if l := (line{site: sampleSite, week: inspection.Week{LastAt: refusing.Refusal.Since, Refusal: refusing.Refusal}}); l.down() {
		t.Error("it is counted as down")
	}
}

// How much of a large site was read of late stands on its page, with the run that
// tells it: the latest that came to its end.
func TestSitePageTellsTheTurns(t *testing.T) {
	done := inspection.Run{ID: "r1", State: inspection.RunDone, Turn: &engine.Turn{Known: 2416, Read: 1980, Days: 30}}
	v := newSite(sampleSite, nil, inspection.Availability{}, inspection.Tally{}, []inspection.Run{{ID: "r2", State: inspection.RunRunning}, done, {ID: "r0", State: inspection.RunDone, Turn: &engine.Turn{Known: 9, Read: 9, Days: 30}}}, true, 3)
	last := v.Stats.Items[len(v.Stats.Items)-1]
	if last.Name != "轮查" || last.Value != "1980" || last.Note != "已知 2416 页，最近 30 天内查过 1980 页" || last.Href != done.Link() {
		t.Errorf("%+v", last)
	}
	v = newSite(sampleSite, nil, inspection.Availability{}, inspection.Tally{}, []inspection.Run{{ID: "r2", State: inspection.RunDone}}, true, 3)
	if len(v.Stats.Items) != 3 {
		t.Errorf("a site of which nothing is known: %+v", v.Stats.Items)
	}
}

// A leader asks of a site who answers for it, when it is looked at next, and what was
// not looked at; where nothing is known that is said.
func TestASiteTellsWhoAnswersAndWhenTheNextLookComes(t *testing.T) {
	at := time.Date(2026, 3, 21, 2, 0, 0, 0, time.UTC)
	whole := sampleRun
	whole.Untested = nil
	for name, tt := range map[string]struct {
		who       org.Answerer
		runs      []inspection.Run
		monitored bool
		next      time.Time
		ok        bool
		want      []string
	}{
		"tomorrow":     {org.Answerer{Name: "张三", Phone: "029-86000000", Post: org.Liaison}, []inspection.Run{{State: inspection.RunRunning}, sampleRun}, true, at.Add(time.Hour), true, []string{"张三", "专岗人员，029-86000000", "约 2026-03-21 11:00", "1 项，逐项写明原因", sampleRun.Link()}},
		"due":          {org.Answerer{Name: "张三"}, []inspection.Run{whole}, true, at, true, []string{"15 分钟内开始", "没有遗漏"}},
		"under way":    {org.Answerer{}, []inspection.Run{{ID: "R9", State: inspection.RunRunning}, whole}, true, time.Time{}, false, []string{"没有登记", "正在检查", "/console/inspection/runs/R9"}},
		"offline":      {org.Answerer{}, nil, true, time.Time{}, false, []string{"网站不在运行，不检查"}},
		"switched off": {org.Answerer{}, nil, false, time.Time{}, false, []string{"没有开启监测，不检查"}},
	} {
		var v siteView
		v.comes(tt.who, tt.runs, tt.monitored, tt.next, tt.ok, at)
		said := fmt.Sprint(v.Who.Terms)
		for _, want := range tt.want {
			if !strings.Contains(said, want) {
				t.Errorf("%s: does not say %q: %s", name, want, said)
			}
		}
		if (tt.runs == nil) != !strings.Contains(said, "没有检测的内容") {
			t.Errorf("%s: %s", name, said)
		}
	}
}

// Whom to call about a finding stands beside the site.
func TestAFindingNamesWhomToCall(t *testing.T) {
	v := newFinding(sampleFinding, nil, nil, "", true, false, none)
	v.mends(org.Answerer{Name: "张三", Phone: "029-86000000", Post: org.PostA})
	if got := v.Facts.Terms[2]; got.Name != "负责的人" || got.Text != "张三" || got.Note != "A 岗，029-86000000" {
		t.Errorf("%+v", got)
	}
}
