package check

import (
	"strings"
	"testing"
	"time"

	"zhengshu/internal/calendar"
)

// Article 12(4): the share of originals is said, whatever comes of it.
func TestTheShareOfOriginalsIsSaid(t *testing.T) {
	today := calendar.DateOf(time.Date(2026, 11, 27, 4, 0, 0, 0, time.UTC))
	for _, tt := range []struct {
		posts, originals, untold int
		last, looked             int // days ago; 0: not known
		outcome                  Outcome
		says                     string
	}{
		{8, 3, 0, 0, 0, Kept, "近期有原创信息：30 天内发布 8 条，其中原创 3 条（占 38%）。"},
		{5, 0, 0, 0, 0, Violated, "长时间没有原创信息：30 天内发布 5 条，其中原创 0 条（占 0%）。"},
		{10, 0, 9, 0, 0, Untested, "30 天内发布 10 条，9 条没有说明是否原创"},
		{10, 1, 6, 0, 0, Kept, "近期有原创信息：30 天内发布 10 条，6 条没有说明是否原创，说明了的 4 条中原创 1 条（占 25%）。"},
		// By a person's word alone: wrong where somebody looked late enough.
		{-1, 0, 0, 10, 0, Kept, "近期有原创信息"},
		{-1, 0, 0, 60, 40, Untested, "最近原创于 2026-09-28，2026-10-18 以后没有人查看"},
		{-1, 0, 0, 60, 5, Violated, "长时间没有原创信息：最近原创于 2026-09-28，已 60 天。"},
		{-1, 0, 0, 0, 0, Untested, "没有取得原创情况"},
	} {
		a := &AccountFacts{Name: "雁塔发布", Publishes: true, OriginalDays: 30, Posts: tt.posts, Originals: tt.originals, Untold: tt.untold}
		if tt.last > 0 {
			a.LastOriginal = today.AddDays(-tt.last)
		}
		if tt.looked > 0 {
			a.OwnLookedOn = today.AddDays(-tt.looked)
		}
		var got []Finding
		for _, f := range RunFamily(Facts{Account: a, Today: today}, "account") {
			if f.Check == "account.original" {
				got = append(got, f)
			}
		}
		if len(got) != 1 || got[0].Outcome != tt.outcome || !strings.Contains(got[0].Says+got[0].Why, tt.says) {
			t.Errorf("%d of %d: %+v", tt.originals, tt.posts, got)
		}
	}
}

// V-M-2.1: an account is silent as far as somebody looked.
func TestSilenceIsKnownUpToTheLastLook(t *testing.T) {
	today := calendar.DateOf(time.Date(2026, 11, 27, 4, 0, 0, 0, time.UTC))
	for _, tt := range []struct {
		post, looked int // days ago
		outcome      Outcome
		says         string
	}{
		{14, 14, Kept, ""}, {20, 0, Violated, "已 20 天"}, {20, 5, Violated, "已 20 天"}, {20, 6, Untested, "最近发布于 2026-11-07，2026-11-21 以后没有人查看"}, {20, 20, Untested, "最近发布于 2026-11-07，此后没有人查看"},
	} {
		a := &AccountFacts{Name: "雁塔发布", Publishes: true, PostDays: 14, LastPost: today.AddDays(-tt.post), LookedOn: today.AddDays(-tt.looked)}
		for _, f := range RunFamily(Facts{Account: a, Today: today}, "account") {
			if f.Check == "account.stale" && (f.Outcome != tt.outcome || !strings.Contains(f.Says+f.Why, tt.says)) {
				t.Errorf("posted %d days ago, looked %d: %+v", tt.post, tt.looked, f)
			}
		}
	}
}
