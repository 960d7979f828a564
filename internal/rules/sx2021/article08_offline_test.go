package sx2021

import (
	"slices"
	"strings"
	"testing"

	"zhengshu/internal/calendar"
	"zhengshu/internal/rules"
)

func day(n int) calendar.Date { return calendar.Date{Year: 2026, Month: 3, Day: 1}.AddDays(n) }

// wantRules compares breaches with rule ids and demands of each detail that it
// is a whole sentence and says what to do.
func wantRules(t *testing.T, got []rules.Breach, want ...string) {
	t.Helper()
	if !slices.Equal(rules.IDs(got), want) {
		t.Errorf("breaches %v, want %v", rules.IDs(got), want)
	}
	for _, b := range got {
		if !strings.HasSuffix(b.Detail, "。") || !strings.Contains(b.Detail, "请") {
			t.Errorf("%s does not say what to do: %q", b.Rule.ID, b.Detail)
		}
	}
}

var reported = WrittenReport{Number: "陕政办函〔2026〕3号", Sealed: true, Scan: true, BySupervisor: true, On: day(0)}

func TestArticle08_1_Offline(t *testing.T) {
	plain := func(from, until int) Offline {
		return Offline{From: day(from), Until: day(until), Cause: "系统升级"}
	}
	unsealed := reported
	unsealed.Sealed = false
	bySponsor := reported
	bySponsor.BySupervisor = false
	for _, tt := range []struct {
		name    string
		in      Offline
		earlier []Offline
		want    []string
	}{
		{"thirty days exactly", plain(0, 30), nil, nil},
		{"thirty-one days", plain(0, 31), nil, []string{"S8.1a.days"}},
		{"second in the year", plain(40, 45), []Offline{plain(0, 5)}, []string{"S8.1a.once"}},
		{"the year is the one of the actual start", plain(0, 5), []Offline{{From: calendar.Date{Year: 2025, Month: 12, Day: 30}, Until: day(-40), Cause: "整改"}}, nil},
		{"an unused approval is not charged", plain(0, 5), []Offline{{Cause: "整改"}}, nil},
		{"an emergency reported in writing is not charged", plain(40, 45), []Offline{{From: day(0), Until: day(9), Emergency: ForceMajeure, Report: reported}}, nil},
		{"an emergency nobody reported is charged", plain(40, 45), []Offline{{From: day(0), Until: day(9), Emergency: ForceMajeure}}, []string{"S8.1a.once"}},
		{"ninety days of emergency, reported", Offline{From: day(0), Until: day(90), Emergency: OrderedShutdown, Report: reported}, nil, nil},
		{"emergency without seal", Offline{From: day(0), Until: day(3), Emergency: ForceMajeure, Report: unsealed}, nil, []string{"S8.1b.written_report"}},
		{"emergency reported by the sponsor only", Offline{From: day(0), Until: day(3), Emergency: ForceMajeure, Report: bySponsor}, nil, []string{"S8.1b.written_report"}},
		{"an upgrade is no emergency", Offline{From: day(0), Until: day(3), Emergency: "upgrade", Report: reported}, nil, []string{"S8.1b.cause"}},
		{"no cause given", Offline{From: day(0), Until: day(3)}, nil, []string{"S8.1a.cause"}},
	} {
		t.Run(tt.name, func(t *testing.T) { wantRules(t, CheckOffline(tt.in, tt.earlier), tt.want...) })
	}
}

func TestArticle08_1_GoingOffline(t *testing.T) {
	wantRules(t, CheckGoingOffline(GoingOffline{ProvinceApproved: true, OwnNotice: true, Pinned: true, LevelNotice: true, Object: Site}))
	wantRules(t, CheckGoingOffline(GoingOffline{ProvinceApproved: true, OwnNotice: true, LevelNotice: true, Object: Account}))
	wantRules(t, CheckGoingOffline(GoingOffline{ProvinceApproved: true, OwnNotice: true, LevelNotice: true, Object: Site}), "S8.1d.pinned")
	wantRules(t, CheckGoingOffline(GoingOffline{OwnNotice: true, Object: Account}), "S8.1d.approval", "S8.1d.notices")
}

func TestArticle08_1_UnexplainedSilence(t *testing.T) {
	s := Defaults()
	wantRules(t, CheckUnexplained(23, false, WrittenReport{}, s))
	wantRules(t, CheckUnexplained(24, true, WrittenReport{}, s))
	wantRules(t, CheckUnexplained(24, false, reported, s))
	wantRules(t, CheckUnexplained(24, false, WrittenReport{}, s), "S8.1c.unapproved")
}
