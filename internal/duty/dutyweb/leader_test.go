package dutyweb

import (
	"fmt"
	"strings"
	"testing"

	"zhengshu/internal/duty"
	"zhengshu/internal/org"
)

// The 带班领导 of a turn stands on the roster, in its form and file, and on the desk;
// who leads may hand it on.
func TestARosterNamesItsLeaders(t *testing.T) {
	turn := sampleNext
	turn.Leader, turn.LeaderName = "p9", "赵六"
	ro := duty.Roster{Unit: sampleUnit, Month: "2026-11", State: duty.Published, PublishedAt: sampleNow, Shifts: []duty.Shift{turn}}
	for me, want := range map[string]bool{"p9": true, "p8": false} {
		said := fmt.Sprint(newRoster(ro, nil, nil, reader{me: me}, sampleNow).Main)
		if !strings.Contains(said, "赵六") || strings.Contains(said, turn.SwapLink()) != want {
			t.Errorf("read by %s: %s", me, said)
		}
	}
	for row := range rosterSheet(ro).Rows {
		if row[len(row)-1] != "赵六" {
			t.Errorf("the file has %v", row)
		}
	}
	ro.State = duty.Draft
	leaders := []org.Person{{ID: "p9", Name: "赵六"}}
	if said := fmt.Sprint(newRoster(ro, nil, nil, reader{manages: true, leaders: leaders}, sampleNow).Forms); !strings.Contains(said, "安排带班领导") || !strings.Contains(said, "赵六") {
		t.Errorf("no form: %s", said)
	}
	fields := newShift(ro, turn, nil, leaders).Form.Sections[0].Fields
	if f := fields[len(fields)-1]; f.Name != "leader" || f.Value != "p9" || len(f.Options) != 2 {
		t.Errorf("form of the turn: %+v", f)
	}
	if said := fmt.Sprint(newDesk(deskData{unit: sampleUnit, now: turn}, sampleNow).Side); !strings.Contains(said, "赵六") {
		t.Errorf("the desk says %s", said)
	}
	if v := newSwap(turn, sampleUnit, leaders, nil, "p9"); !strings.Contains(v.Heading.Title, "带班") || len(v.Form.Sections[0].Fields[0].Options) != 1 {
		t.Errorf("swap: %+v", v)
	}
}
