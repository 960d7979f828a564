package duty_test

import (
	"context"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/duty"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/org"
)

// A finding that becomes serious while it stands alarms the duty as a new one does,
// once, though somebody disputes the lesser one it was.
func TestArticle19_4_WhatBecomesSeriousIsAnAlarm(t *testing.T) {
	each(t, func(t *testing.T, h *office) {
		h.roster(t)
		days, err := calendar.Published()
		if err != nil {
			t.Fatal(err)
		}
		h.look.AnswerWith(inspection.Desk{Org: h.svc.Org, Obligations: h.obligations, Days: days})
		ctx := audit.System(context.Background(), "test")
		var f inspection.Finding
		see := func(grade check.Severity, says string, want int) []duty.Alarm {
			t.Helper()
			if err := h.db.Update(ctx, func(tx *db.Tx) (err error) {
				f, err = h.look.Raise(ctx, tx, system, h.site.ID, engine.Sighting{Check: "change.baseline", Severity: grade, Says: says, Article: "S23.1a", URL: "http://" + h.site.Host + "/", Where: "首页"})
				return err
			}); err != nil {
				t.Fatal(err)
			}
			list, n, err := h.svc.Alarms(context.Background(), system, duty.AlarmFilter{})
			if err != nil || n != want {
				t.Fatalf("%s: %d alarms (%v), want %d", says, n, err, want)
			}
			return list
		}
		see(check.Error, "页面有改版", 0)
		if _, err := h.look.Dispute(as(h.a), system, f.ID, "是本单位改版，尚未确认"); err != nil {
			t.Fatal(err)
		}
		// Whom to call about the site is told with it.
		if err := h.db.Update(ctx, func(tx *db.Tx) error {
			_, err := h.svc.Org.AssignPost(ctx, tx, system, org.NamedPost{Unit: h.unit.ID, Person: org.PersonID(h.b.PersonID), Kind: org.PostA, ObjectKind: "site", ObjectID: string(h.site.ID), ObjectName: h.site.Name, Since: calendar.DateOf(began)})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		h.clock.Advance(26 * time.Hour)
		for range 2 {
			list := see(check.Serious, "页面被人替换", 1)
			_, sites, err := h.svc.AlarmOf(context.Background(), system, list[0].ID)
			if err != nil || len(sites) != 1 || sites[0].Finding != string(f.ID) || sites[0].Says != "页面被人替换" || !sites[0].Since.Equal(h.clock.Now()) {
				t.Errorf("%+v (%v)", sites, err)
			}
			if sites[0].Who.Name != "乙" || sites[0].Who.Post != org.PostA {
				t.Errorf("to call: %+v", sites[0].Who)
			}
		}
		if list, err := h.look.ObjectionsOf(context.Background(), h.db, system, f.ID); err != nil || len(list) != 1 || list[0].Verdict != "" {
			t.Errorf("the dispute ended by itself: %+v (%v)", list, err)
		}
	})
}
