package inspectionweb

import (
	"strings"
	"testing"

	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
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
