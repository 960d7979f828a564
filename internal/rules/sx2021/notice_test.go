package sx2021

import (
	"slices"
	"testing"

	"zhengshu/internal/calendar"
)

func TestNoticesHangThirtyDays(t *testing.T) {
	for _, tt := range []struct {
		name   string
		absent []calendar.Date
		last   calendar.Date
	}{
		{"the day of publication is not counted", nil, day(30)},
		{"a day proven absent extends", []calendar.Date{day(3)}, day(31)},
		{"the same day twice extends once", []calendar.Date{day(3), day(3)}, day(31)},
		{"absent on the extension day too", []calendar.Date{day(3), day(31)}, day(32)},
		{"absent before and after the period", []calendar.Date{day(0), day(50)}, day(30)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := HangUntil(day(0), NoticeDays, tt.absent); got != tt.last {
				t.Errorf("hangs until %v, want %v", got, tt.last)
			}
			wantRules(t, CheckTakeDown(OpeningNotice, day(0), tt.absent, tt.last), "S7.4c.days")
			wantRules(t, CheckTakeDown(ClosureNotice, day(0), tt.absent, tt.last), "S8.3c.days")
			wantRules(t, CheckTakeDown(OpeningNotice, day(0), tt.absent, tt.last.AddDays(1)))
		})
	}
	wantRules(t, CheckTakeDown(OpeningNotice, calendar.Date{}, nil, day(99)), "S7.4c.days")
	wantRules(t, CheckOfflineNoticeDown(false), "S8.1d.until_resumed")
	wantRules(t, CheckOfflineNoticeDown(true))
}

func TestPlacesOfNotices(t *testing.T) {
	s := Defaults()
	level := Noticed{Object: Site, OfGovernment: true, IsLevelPortal: true}
	off := Postings(OfflineNotice, level, s)
	if len(off) != 2 || !off[0].Pinned || off[1].AnyOf[0] != LevelAccount || off[1].AnyOf[1] != SuperiorPortal {
		t.Errorf("a level's own portal goes offline: %+v", off)
	}
	if p := Postings(ClosureNotice, Noticed{Object: Site}, s); p[0].Days != 30 || p[0].Publisher != BySponsor {
		t.Errorf("closure notice: %+v", p)
	}
	if p := Postings(OpeningNotice, Noticed{Object: Site, OfGovernment: true, Top: true}, s); len(p) != 0 {
		t.Errorf("the province has nobody above it to announce its portal: %+v", p)
	}
	s.DestinationNoticeDays = 60
	if p := Postings(DestinationNotice, Noticed{Object: Site}, s); p[0].Days != 60 || p[0].Publisher != BySameLevel {
		t.Errorf("destination notice: %+v", p)
	}
}

func TestMissingPlaces(t *testing.T) {
	off := Postings(OfflineNotice, Noticed{Object: Site}, Defaults())
	for _, tt := range []struct {
		name    string
		posting Posting
		hung    []Place
		want    []string
	}{
		{"own notice absent", off[0], nil, []string{"本网站（账号）"}},
		{"own notice up", off[0], []Place{OwnHome}, nil},
		{"neither portal nor account of the level", off[1], []Place{OwnHome}, []string{"本级政府门户网站首页或本级政府政务新媒体"}},
		{"the account alone will do", off[1], []Place{LevelAccount}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.posting.Missing(tt.hung); !slices.Equal(got, tt.want) {
				t.Errorf("missing %v, want %v", got, tt.want)
			}
		})
	}
}
