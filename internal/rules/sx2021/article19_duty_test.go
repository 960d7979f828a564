package sx2021_test

import (
	"strings"
	"testing"
	"time"

	"zhengshu/internal/calendar"
	"zhengshu/internal/rules/sx2021"
)

// Article 19(4): a roster covers every hour once, by named persons.
func TestArticle19_4_RosterHasNoGapAndNoOverlap(t *testing.T) {
	at := func(day, hour int) time.Time { return time.Date(2026, 12, day, hour, 0, 0, 0, calendar.Shanghai) }
	turn := func(day, from, day2, until int, who ...string) sx2021.DutyShift {
		s := sx2021.DutyShift{From: at(day, from), Until: at(day2, until)}
		if len(who) > 0 {
			s.Lead = who[0]
		}
		if len(who) > 1 {
			s.Second = who[1]
		}
		return s
	}
	double := []sx2021.DutySpan{{From: at(2, 0), Until: at(3, 0), Name: "省“两会”"}}
	for name, c := range map[string]struct {
		shifts []sx2021.DutyShift
		double []sx2021.DutySpan
		want   []string // rule and words
	}{
		"whole":                       {shifts: []sx2021.DutyShift{turn(1, 0, 1, 8, "a"), turn(1, 8, 2, 0, "b"), turn(2, 0, 3, 0, "c")}},
		"in any order":                {shifts: []sx2021.DutyShift{turn(2, 0, 3, 0, "c"), turn(1, 8, 2, 0, "b"), turn(1, 0, 1, 8, "a")}},
		"begins before, ends after":   {shifts: []sx2021.DutyShift{turn(1, 0, 3, 8, "a")}},
		"nobody":                      {want: []string{"S19.4.round 12月1日00:00至12月3日00:00没有人值班"}},
		"a gap":                       {shifts: []sx2021.DutyShift{turn(1, 0, 1, 8, "a"), turn(1, 9, 3, 0, "b")}, want: []string{"S19.4.round 12月1日08:00至12月1日09:00没有人值班"}},
		"a gap at the end":            {shifts: []sx2021.DutyShift{turn(1, 0, 2, 22, "a")}, want: []string{"S19.4.round 12月2日22:00至12月3日00:00没有人值班"}},
		"an overlap":                  {shifts: []sx2021.DutyShift{turn(1, 0, 1, 9, "a"), turn(1, 8, 3, 0, "b")}, want: []string{"S19.4.round 12月1日08:00至12月1日09:00排了两个班次"}},
		"one within another":          {shifts: []sx2021.DutyShift{turn(1, 0, 3, 0, "a"), turn(1, 8, 1, 10, "b")}, want: []string{"S19.4.round 12月1日08:00至12月1日10:00排了两个班次"}},
		"nobody named":                {shifts: []sx2021.DutyShift{turn(1, 0, 3, 0)}, want: []string{"S19.4.named 没有确定值班人员"}},
		"the same twice":              {shifts: []sx2021.DutyShift{turn(1, 0, 3, 0, "a", "a")}, want: []string{"S19.4.named 同一人"}},
		"no length":                   {shifts: []sx2021.DutyShift{turn(1, 0, 3, 0, "a"), turn(2, 5, 2, 5, "b")}, want: []string{"S19.4.round 没有时长"}},
		"one alone in a double span":  {shifts: []sx2021.DutyShift{turn(1, 0, 2, 0, "a"), turn(2, 0, 3, 0, "b")}, double: double, want: []string{"S19.4.named 须安排双人值班"}},
		"two in a double span":        {shifts: []sx2021.DutyShift{turn(1, 0, 2, 0, "a"), turn(2, 0, 3, 0, "b", "c")}, double: double},
		"outside is not the roster's": {shifts: []sx2021.DutyShift{turn(1, 0, 3, 0, "a"), turn(4, 0, 5, 0)}},
	} {
		t.Run(name, func(t *testing.T) {
			got := sx2021.CheckDutyRoster(c.shifts, at(1, 0), at(3, 0), c.double)
			if len(got) != len(c.want) {
				t.Fatalf("got %d breaches %+v, want %v", len(got), got, c.want)
			}
			for i, b := range got {
				id, words, _ := strings.Cut(c.want[i], " ")
				if b.Rule.ID != id || !strings.Contains(b.Detail, words) {
					t.Errorf("got %s %s, want %s", b.Rule.ID, b.Detail, c.want[i])
				}
			}
		})
	}
}
