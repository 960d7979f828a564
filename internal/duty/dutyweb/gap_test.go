package dutyweb

import (
	"strings"
	"testing"

	"zhengshu/internal/duty"
	"zhengshu/internal/inspection"
)

// The list of alarms says when the lack of them proves nothing.
func TestAlarmsSayWhatCannotBeTold(t *testing.T) {
	if v := newAlarms(nil, 0, inspection.Gap{}, nil); v.Alert.Title != "" {
		t.Errorf("all can be told: %+v", v.Alert)
	}
	v := newAlarms(nil, 0, inspection.Gap{Title: "本系统的网络不通", Says: "自 2026-11-28 01:20 起，不计失败，也不告警。"}, nil)
	if v.Alert.Title != "本系统的网络不通" || !strings.Contains(v.Alert.Text, "也不告警") || len(v.Alert.Links) != 1 {
		t.Errorf("%+v", v.Alert)
	}
}

// A row names the sites under its alarm, of many the first ones and how many there are.
func TestAnAlarmNamesItsSites(t *testing.T) {
	a := sampleAlarm
	a.Named = []string{"甲网站", "乙网站"}
	note := func() string { return alarmTable("告警", []duty.Alarm{a}).Rows[0].Cells[0].Note }
	if got := note(); got != a.UnitName+"：甲网站、乙网站" {
		t.Errorf("%q", got)
	}
	for range 10 {
		a.Named = append(a.Named, "丙网站")
	}
	if got := note(); !strings.HasSuffix(got, "丙网站等 12 个网站") {
		t.Errorf("%q", got)
	}
}
