package dutyweb

import (
	"strings"
	"testing"

	"zhengshu/internal/inspection"
)

// The list of alarms says when the lack of them proves nothing.
func TestAlarmsSayWhatCannotBeTold(t *testing.T) {
	if v := newAlarms(nil, 0, inspection.Gap{}); v.Alert.Title != "" {
		t.Errorf("all can be told: %+v", v.Alert)
	}
	v := newAlarms(nil, 0, inspection.Gap{Title: "本系统的网络不通", Says: "自 2026-11-28 01:20 起，不计失败，也不告警。"})
	if v.Alert.Title != "本系统的网络不通" || !strings.Contains(v.Alert.Text, "也不告警") || len(v.Alert.Links) != 1 {
		t.Errorf("%+v", v.Alert)
	}
}
