package duty_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/duty"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
)

// A turn may name its 带班领导: told of the roster and of what nobody takes, never
// one of those on the turn, and handed on by the leader's own wish only.
func TestArticle19_4_ATurnNamesItsLeader(t *testing.T) {
	each(t, func(t *testing.T, h *office) {
		head, a, b := org.PersonID(h.head.PersonID), org.PersonID(h.a.PersonID), org.PersonID(h.b.PersonID)
		today := calendar.DateOf(began)
		if _, err := h.svc.Fill(as(h.head), system, h.unit.ID, month, duty.Rotation{Turns: "two", People: h.people()}); err != nil {
			t.Fatal(err)
		}
		whole := duty.Leading{Leader: head, From: today, Until: today.AddDays(2)}
		for _, tt := range []struct {
			n    duty.Leading
			says string
		}{
			{duty.Leading{Leader: a, From: whole.From, Until: whole.Until}, "值班人员，不能同时带班"},
			{duty.Leading{Leader: "nobody", From: whole.From, Until: whole.Until}, "不是本单位人员"},
			{duty.Leading{Leader: head, From: whole.From, Until: whole.From.AddMonths(1)}, ""},
			{duty.Leading{Leader: head}, ""},
		} {
			_, err := h.svc.SetLeader(as(h.head), system, h.unit.ID, month, tt.n)
			refused(t, err, fault.Invalid, tt.says)
		}
		r, err := h.svc.SetLeader(as(h.head), system, h.unit.ID, month, whole)
		if err != nil {
			t.Fatal(err)
		}
		led := 0
		for _, x := range r.Shifts {
			if x.Leads(h.head.PersonID) {
				led++
				if x.LeaderName != h.head.Name || !x.From.Before(whole.Until.AddDays(1).Start()) {
					t.Errorf("led: %+v", x)
				}
			}
		}
		if led < 4 || led == len(r.Shifts) {
			t.Fatalf("%d of %d turns are led", led, len(r.Shifts))
		}
		i := slices.IndexFunc(r.Shifts, func(x duty.Shift) bool {
			return x.Leads(h.head.PersonID) && x.Lead == a && x.From.After(h.clock.Now().Add(3*time.Hour))
		})
		turn := r.Shifts[i]
		both := turn
		both.Leader = a
		_, err = h.svc.SetShift(as(h.head), system, h.unit.ID, month, both)
		refused(t, err, fault.Invalid, "不能同时带班")
		if _, err := h.svc.Publish(as(h.head), system, h.unit.ID, month); err != nil {
			t.Fatal(err)
		}
		told, err := db.All(context.Background(), h.db, db.Value[string], `SELECT title FROM message WHERE person_id = $1`, h.head.PersonID)
		if err != nil || !slices.Contains(told, "2026年11月值班表已公布") {
			t.Errorf("the leader was told %q (%v)", told, err)
		}

		// Nobody takes an alarm: it goes to the leader of the turn.
		ctx := audit.System(context.Background(), "test")
		if err := h.db.Update(ctx, func(tx *db.Tx) error {
			_, err := h.look.Raise(ctx, tx, system, h.site.ID, engine.Sighting{Check: "concealed.hidden_link", Severity: "serious", Says: "严重问题", Article: "S23.2", URL: "http://" + h.site.Host + "/", Where: "首页"})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for range 4 {
			h.sweep(t)
		}
		list, n, err := h.svc.Alarms(context.Background(), system, duty.AlarmFilter{})
		if err != nil || n != 1 {
			t.Fatalf("%d alarms (%v)", n, err)
		}
		steps, err := h.svc.AlarmHistory(context.Background(), system, list[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(steps, func(s passage.Step) bool { return strings.Contains(s.Note, "带班领导"+h.head.Name) }) {
			t.Errorf("never told to the leader: %+v", steps)
		}

		// A swap of who stands leaves the leader; the leader hands on alone.
		swap := func(asks, takes org.PersonID) duty.Shift {
			t.Helper()
			by := map[org.PersonID]context.Context{head: as(h.head), a: as(h.a), b: as(h.b)}
			w, err := h.svc.AskSwap(by[asks], system, turn.ID, takes, "出差")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := h.svc.AnswerSwap(by[takes], system, w.ID, "agree"); err != nil {
				t.Fatal(err)
			}
			x, _, err := h.svc.ShiftOf(context.Background(), h.db, system, turn.ID)
			if err != nil {
				t.Fatal(err)
			}
			return x
		}
		_, err = h.svc.AskSwap(as(h.a), system, turn.ID, head, "出差")
		refused(t, err, fault.Invalid, "已在这个班次上")
		if x := swap(a, b); x.Lead != b || x.Leader != head {
			t.Errorf("%s stands, %s leads", x.LeadName, x.LeaderName)
		}
		if x := swap(head, a); x.Lead != b || x.Leader != a || x.LeaderName != h.a.Name {
			t.Errorf("%s stands, %s leads", x.LeadName, x.LeaderName)
		}
	})
}
