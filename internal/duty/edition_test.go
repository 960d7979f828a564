package duty_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/duty"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
)

// What a reopened month had published stays readable, with who changed what.
func TestArticle19_4_AReopenedMonthKeepsItsOldTurns(t *testing.T) {
	each(t, func(t *testing.T, h *office) {
		h.roster(t)
		bg := context.Background()
		first, err := h.svc.Roster(bg, system, h.unit.ID, month)
		if err != nil {
			t.Fatal(err)
		}
		if e, _, err := h.svc.History(bg, system, h.unit.ID, month); err != nil || len(e) != 0 {
			t.Fatalf("editions before any change: %+v (%v)", e, err)
		}
		soon := slices.IndexFunc(first.Shifts, func(x duty.Shift) bool { return x.From.After(h.clock.Now().Add(time.Hour)) })
		swapped, changed, dropped := first.Shifts[soon], first.Shifts[soon+1], first.Shifts[soon+2]
		other := map[org.PersonID]org.PersonID{org.PersonID(h.a.PersonID): org.PersonID(h.b.PersonID), org.PersonID(h.b.PersonID): org.PersonID(h.a.PersonID)}
		by := map[org.PersonID]context.Context{org.PersonID(h.a.PersonID): as(h.a), org.PersonID(h.b.PersonID): as(h.b)}
		w, err := h.svc.AskSwap(by[swapped.Lead], system, swapped.ID, other[swapped.Lead], "出差")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.svc.AnswerSwap(by[other[swapped.Lead]], system, w.ID, "agree"); err != nil {
			t.Fatal(err)
		}
		if _, err := h.svc.Reopen(as(h.head), system, h.unit.ID, month); err != nil {
			t.Fatal(err)
		}
		n := changed
		n.Lead = other[changed.Lead]
		if _, err := h.svc.SetShift(as(h.head), system, h.unit.ID, month, n); err != nil {
			t.Fatal(err)
		}
		if _, err := h.svc.DropShift(as(h.head), system, h.unit.ID, month, dropped.ID); err != nil {
			t.Fatal(err)
		}

		e, now, err := h.svc.Edition(bg, system, h.unit.ID, month, 1)
		if err != nil || e.PublishedBy != h.head.Name || e.ReopenedBy != h.head.Name || len(e.Shifts) != len(first.Shifts) || len(now.Shifts) != len(first.Shifts)-1 {
			t.Fatalf("edition by %s and %s with %d turns, now %d (%v)", e.PublishedBy, e.ReopenedBy, len(e.Shifts), len(now.Shifts), err)
		}
		if got := e.Shifts[soon]; got.Lead != other[swapped.Lead] {
			t.Errorf("the swap before was lost: %+v", got)
		}
		if got := e.Shifts[soon+1]; got.Lead != changed.Lead || got.LeadName != changed.LeadName {
			t.Errorf("the old turn is %+v", got)
		}
		editions, changes, err := h.svc.History(bg, system, h.unit.ID, month)
		if err != nil || len(editions) != 1 {
			t.Fatalf("%d editions (%v)", len(editions), err)
		}
		var says []string
		for _, c := range changes {
			says = append(says, c.Who+" "+c.Does+" "+c.Text)
		}
		told := strings.Join(says, "\n")
		for _, want := range []string{
			h.head.Name + " 改动班次 原为 " + changed.Span() + " " + changed.LeadName + "，改为 " + changed.Span(),
			h.head.Name + " 删除班次 原为 " + dropped.Span() + " " + dropped.LeadName,
			h.head.Name + " 调整 ", h.head.Name + " 公布 ", " 换班 " + swapped.Span() + "：" + swapped.LeadName + " 换为 ",
		} {
			if !strings.Contains(told, want) {
				t.Errorf("no %q in:\n%s", want, told)
			}
		}

		// The trail knows the edition by its hash.
		rows, err := audit.Entries(bg, h.db, audit.Filter{TargetKind: "duty_roster", TargetID: first.ID, Act: "duty.roster.reopen"})
		var kept struct {
			Edition int
			SHA256  string
		}
		if err != nil || len(rows) != 1 || json.Unmarshal([]byte(rows[0].After), &kept) != nil || kept.Edition != 1 || len(kept.SHA256) != 64 {
			t.Errorf("the trail has %+v (%v)", rows, err)
		}
		if _, _, err := h.svc.Edition(bg, system, h.unit.ID, month, 2); !fault.Is(err, fault.NotFound) {
			t.Errorf("an edition that never was: %v", err)
		}
	})
}
