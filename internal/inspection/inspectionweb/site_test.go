package inspectionweb

import (
	"strings"
	"testing"

	"zhengshu/internal/inspection"
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
