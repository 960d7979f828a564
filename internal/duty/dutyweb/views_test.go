package dutyweb

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/calendar"
	"zhengshu/internal/duty"
	"zhengshu/internal/org"
)

// A record made up for says so on its page and on the desk, and never says
// that a day without monitors was well.
func TestALateRecordBearsItsMark(t *testing.T) {
	facts := []duty.Facts{{Site: "s1", Name: "甲", OneDay: true}, {Site: "s2", Name: "乙", OneDay: true, Watched: true, Probes: 9, Failures: 2}}
	for _, state := range []string{"", duty.Open, duty.Confirmed} {
		v := newReading(duty.Record{Unit: sampleUnit, On: sampleToday.AddDays(-2), State: state, Late: true, ConfirmedAt: sampleNow, Sites: facts}, true)
		if tag := v.Heading.Tags[len(v.Heading.Tags)-1]; tag.Text != "补记" || len(v.Alerts) != 1 {
			t.Errorf("%q: tags %+v, alerts %+v", state, v.Heading.Tags, v.Alerts)
		}
		if says := v.Cards[0].Sections[0].Says; says != "当日没有监测数据" {
			t.Errorf("not monitored: %s", says)
		}
		if says := v.Cards[1].Sections[0].Says; says != "当日访问 9 次，失败 2 次" {
			t.Errorf("monitored: %s", says)
		}
	}
	if v := newReading(sampleRecord, true); len(v.Alerts) != 0 || strings.Contains(fmt.Sprint(v.Heading.Tags), "补记") {
		t.Errorf("today's: %+v", v.Heading)
	}
	v := newDesk(deskData{unit: sampleUnit, past: []duty.Day{{On: sampleToday, State: duty.Confirmed, Confirmed: sampleNow}, {On: sampleToday.AddDays(-1), State: duty.Confirmed, Confirmed: sampleNow}}}, sampleToday)
	if said := fmt.Sprint(v.Side); strings.Count(said, "补记") != 1 || strings.Count(said, "已确认") != 2 {
		t.Errorf("the desk: %s", said)
	}
	if on := calendar.DateOf(sampleNow); on != sampleToday {
		t.Fatalf("the sample's day is %s", on)
	}
}

// A person asks for a swap of any own turn to come, on the roster, and of the
// next own one on the desk, whoever has the turn before it.
func TestSwapIsOfferedOnEachOwnTurnToCome(t *testing.T) {
	turn := func(id, person string, hours int) duty.Shift {
		from := sampleNow.Add(time.Duration(hours) * time.Hour)
		return duty.Shift{ID: id, From: from, Until: from.Add(12 * time.Hour), Lead: org.PersonID(person), LeadName: person}
	}
	ro := duty.Roster{Unit: sampleUnit, Month: "2026-11", State: duty.Published, PublishedAt: sampleNow, Shifts: []duty.Shift{turn("gone", "me", -2), turn("theirs", "other", 10), turn("mine", "me", 22), turn("later", "me", 46)}}
	offered := func(ro duty.Roster, viewer reader) string {
		said := fmt.Sprint(newRoster(ro, nil, nil, viewer, sampleNow).Main)
		var out []string
		for _, x := range ro.Shifts {
			if strings.Contains(said, x.SwapLink()) {
				out = append(out, x.ID)
			}
		}
		return strings.Join(out, " ")
	}
	if got := offered(ro, reader{me: "me"}); got != "mine later" {
		t.Errorf("offered on %s", got)
	}
	if got := offered(ro, reader{}); got != "" {
		t.Errorf("offered to who stands on no duty: %s", got)
	}
	ro.State, ro.PublishedAt = duty.Draft, time.Time{}
	if got := offered(ro, reader{me: "me"}); got != "" {
		t.Errorf("offered on a roster nobody published: %s", got)
	}
	d := deskData{unit: sampleUnit, me: "me", now: ro.Shifts[0], next: ro.Shifts[1], mine: ro.Shifts[2]}
	if said := fmt.Sprint(newDesk(d, sampleToday).Side); !strings.Contains(said, d.mine.SwapLink()) || !strings.Contains(said, d.mine.Span()) {
		t.Errorf("the desk: %s", said)
	}
}
