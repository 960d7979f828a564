package duty_test

import (
	"context"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/duty"
)

// probed enters probes of the site, one every five minutes, the last of them now.
func (h *office) probed(t *testing.T, ok bool, n int) {
	t.Helper()
	if err := h.probes.Update(audit.System(context.Background(), "test"), func(tx *db.Tx) error {
		for range n {
			h.clock.Advance(5 * time.Minute)
			at := h.clock.Now()
			var opened any
			if ok {
				opened = at
			}
			if _, err := tx.Quiet(context.Background(), `INSERT INTO probe (site_id, at, ok) VALUES ($1, $2, $3)`, h.site.ID, at, ok); err != nil {
				return err
			}
			if _, err := tx.Quiet(context.Background(), `INSERT INTO probe_day (site_id, day, probes, failures, last_at, last_ok, last_ok_at) VALUES ($1, $2, 1, 0, $3, $4, $5)
				ON CONFLICT (site_id, day) DO UPDATE SET last_at = excluded.last_at, last_ok = excluded.last_ok, last_ok_at = COALESCE(excluded.last_ok_at, probe_day.last_ok_at)`,
				h.site.ID, calendar.DateOf(at), at, ok, opened); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// An outage is one alarm while it lasts, though a person ended it and said why:
// only a probe that succeeded ends the outage, and the next one is another.
func TestArticle19_4_OneOutageIsOneAlarm(t *testing.T) {
	each(t, func(t *testing.T, h *office) {
		h.roster(t)
		ctx := audit.System(context.Background(), "test")
		if err := h.db.Update(ctx, func(tx *db.Tx) error {
			return h.svc.Registry.SetMonitored(ctx, tx, system, h.site.ID, true)
		}); err != nil {
			t.Fatal(err)
		}
		alarms := func(want int) []duty.Alarm {
			t.Helper()
			if _, err := h.svc.Sweep(context.Background()); err != nil {
				t.Fatal(err)
			}
			list, n, err := h.svc.Alarms(context.Background(), system, duty.AlarmFilter{})
			if err != nil || n != want {
				t.Fatalf("%d alarms (%v), want %d", n, err, want)
			}
			return list
		}
		end := func(a duty.Alarm) {
			t.Helper()
			if _, err := h.svc.TakeAlarm(as(h.a), system, a.ID); err != nil {
				t.Fatal(err)
			}
			if _, err := h.svc.EndAlarm(as(h.a), system, a.ID, "机房检修，已与运维单位核实"); err != nil {
				t.Fatal(err)
			}
		}
		h.probed(t, true, 1)
		alarms(0)
		h.probed(t, false, 4)
		first := alarms(1)[0]
		end(first)
		for range 3 {
			h.probed(t, false, 12)
			alarms(1)
		}
		if a, sites, err := h.svc.AlarmOf(context.Background(), system, first.ID); err != nil || a.StillWrong != 1 || !sites[0].EndedAt.IsZero() {
			t.Errorf("the outage lasts: %+v (%v)", sites, err)
		}
		h.probed(t, true, 1)
		alarms(1)
		a, sites, err := h.svc.AlarmOf(context.Background(), system, first.ID)
		if err != nil || a.StillWrong != 0 || !sites[0].EndedAt.Equal(h.clock.Now()) || a.State != duty.Ended || a.EndedBy != h.a.Name {
			t.Errorf("well again: %+v, %+v (%v)", a, sites, err)
		}
		h.probed(t, false, 4)
		alarms(2)
	})
}
