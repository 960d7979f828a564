package check

import (
	"testing"
	"time"

	"zhengshu/internal/calendar"
)

// Article 12(4): the share of originals is said, whatever comes of it.
func TestTheShareOfOriginalsIsSaid(t *testing.T) {
	today := calendar.DateOf(time.Date(2026, 11, 27, 4, 0, 0, 0, time.UTC))
	for _, tt := range []struct {
		posts, originals int
		outcome          Outcome
		says             string
	}{
		{8, 3, Kept, "近期有原创信息：30 天内发布 8 条，其中原创 3 条（占 37%）。"},
		{5, 0, Violated, "长时间没有原创信息：30 天内发布 5 条，其中原创 0 条（占 0%）。"},
		{0, 0, Violated, "长时间没有原创信息：30 天内发布 0 条，其中原创 0 条。"},
	} {
		a := &AccountFacts{Name: "雁塔发布", Publishes: true, OriginalDays: 30, Posts: tt.posts, Originals: tt.originals}
		var got []Finding
		for _, f := range RunFamily(Facts{Account: a, Today: today}, "account") {
			if f.Check == "account.original" {
				got = append(got, f)
			}
		}
		if len(got) != 1 || got[0].Outcome != tt.outcome || got[0].Says != tt.says {
			t.Errorf("%d of %d: %+v", tt.originals, tt.posts, got)
		}
	}
}
