package web

import (
	"testing"
	"time"

	"zhengshu/internal/calendar"
)

// A period that ends at an hour says the hours on its day, and is late from its hour.
func TestDueByTheHour(t *testing.T) {
	day := calendar.Date{Year: 2026, Month: 3, Day: 20}
	at := day.Start().Add(18 * time.Hour)
	for _, tt := range []struct {
		due  calendar.Due
		now  time.Time
		text string
		kind Tone
	}{
		{calendar.DueAt(at), at.Add(-3 * time.Hour), "还有 3 小时", Warn},
		{calendar.DueAt(at), at.Add(-time.Second), "还有不到 1 小时", Warn},
		{calendar.DueAt(at), at, "超期不到 1 小时", Danger},
		{calendar.DueAt(at), at.Add(5 * time.Hour), "超期 5 小时", Danger},
		{calendar.DueAt(at), at.Add(7 * time.Hour), "超期 1 天", Danger},
		{calendar.DueAt(at), at.AddDate(0, 0, -1), "明日到期", Warn},
		{calendar.Due{On: day}, at, "今日到期", Warn},
		{calendar.Due{}, at, "无时限", Neutral},
	} {
		if got := DueTagAt(tt.due, tt.now); got.Text != tt.text || got.Kind != tt.kind {
			t.Errorf("%v at %s: %+v, want %s", tt.due, tt.now, got, tt.text)
		}
	}
	if c := DueCellAt(calendar.DueAt(at), at); c.Note != "18:00 前" {
		t.Errorf("%+v", c)
	}
}
