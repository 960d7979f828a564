package newmediaweb

import (
	"fmt"
	"strings"
	"testing"

	"zhengshu/internal/calendar"
	"zhengshu/internal/newmedia"
)

// What the house knows is not asked: the day of looking is today's. A purpose
// that is missing says what it holds up.
func TestASheetAsksOnlyWhatItMust(t *testing.T) {
	today := calendar.Date{Year: 2026, Month: 11, Day: 23}
	x := sampleSheet
	x.Account.Purpose = ""
	v := newSheet(x, true, today)
	if got := v.Forms[0].Field("seen_on").Value; got != "2026-11-23" {
		t.Errorf("the day of looking is %q", got)
	}
	if v.Forms[0].Folded || !v.Forms[1].Folded {
		t.Error("the feed stands open beside what is next")
	}
	if !strings.Contains(fmt.Sprint(v.Side), "登记用途以后") {
		t.Errorf("no purpose: %+v", v.Side)
	}
}

// A ledger without accounts leads to where they are entered; a search that finds none
// does not say there are none.
func TestAnEmptyListSaysWhy(t *testing.T) {
	if e := newList(nil, 0, newmedia.Tally{}, true).Table.Empty; e.Act.Href != "/console/accounts" {
		t.Errorf("no accounts: %+v", e)
	}
	if e := newList(nil, 0, newmedia.Tally{Accounts: 3}, true).Table.Empty; e.Act.Href != "" || e.Text == "" {
		t.Errorf("none found: %+v", e)
	}
}
