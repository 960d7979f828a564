package sx2021

import (
	"testing"

	"zhengshu/internal/calendar"
)

func TestArticle19_5_Letters(t *testing.T) {
	opened := map[calendar.Date]bool{day(0): true, day(1): true, day(3): true}
	wantRules(t, CheckLettersDaily(day(0), day(1), opened))
	wantRules(t, CheckLettersDaily(day(0), day(3), opened), "S19.5b.daily")
	wantRules(t, CheckLettersDaily(calendar.Date{}, day(3), opened))
	due := calendar.Due{On: day(5)}
	wantRules(t, CheckLetterReply(due, day(5)))
	wantRules(t, CheckLetterReply(due, day(6)), "S19.5b.on_time")
	wantRules(t, CheckLetterReply(calendar.Due{On: day(5), Provisional: true}, day(6)))
	wantRules(t, CheckLetterStatistics(false), "S19.5c.statistics")
}
