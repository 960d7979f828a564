package duty_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/duty"
	"zhengshu/internal/registry"
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

// swept are the alarms after a sweep, as many as are wanted.
func (h *office) swept(t *testing.T, want int) []duty.Alarm {
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
		h.swept(t, 0)
		h.probed(t, false, 4)
		first := h.swept(t, 1)[0]
		end(first)
		for range 3 {
			h.probed(t, false, 12)
			h.swept(t, 1)
		}
		if a, sites, err := h.svc.AlarmOf(context.Background(), system, first.ID); err != nil || a.StillWrong != 1 || !sites[0].EndedAt.IsZero() {
			t.Errorf("the outage lasts: %+v (%v)", sites, err)
		}
		h.probed(t, true, 1)
		h.swept(t, 1)
		a, sites, err := h.svc.AlarmOf(context.Background(), system, first.ID)
		if err != nil || a.StillWrong != 0 || !sites[0].EndedAt.Equal(h.clock.Now()) || a.State != duty.Ended || a.EndedBy != h.a.Name {
			t.Errorf("well again: %+v, %+v (%v)", a, sites, err)
		}
		h.probed(t, false, 4)
		h.swept(t, 2)
	})
}

// Sites that did not answer and are not counted are one alarm when it lasts, of the
// office over them, and none before; it ends when they are seen to open.
func TestArticle19_4_SitesThatAreNotCountedAreOneAlarm(t *testing.T) {
	each(t, func(t *testing.T, h *office) {
		h.roster(t)
		ctx := audit.System(context.Background(), "test")
		ids := []registry.SiteID{h.site.ID}
		if err := h.db.Update(ctx, func(tx *db.Tx) error {
			for i := range 5 {
				site, err := h.svc.Registry.EnterSite(ctx, tx, registry.Site{Unit: h.bureau.ID, Kind: registry.DepartmentSite, Name: fmt.Sprintf("分站%d", i), Host: fmt.Sprintf("s%d.example.gov.cn", i)})
				if err != nil {
					return err
				}
				ids = append(ids, site.ID)
			}
			for _, id := range ids {
				if err := h.svc.Registry.SetMonitored(ctx, tx, system, id, true); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		note := func(statement string, args ...any) {
			t.Helper()
			if err := h.probes.Update(ctx, func(tx *db.Tx) error {
				_, err := tx.Quiet(ctx, statement, args...)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		since := h.clock.Now()
		for _, id := range ids {
			note(`INSERT INTO probe_uncounted (site_id, since, last_at) VALUES ($1, $2, $2)`, id, since)
		}
		h.swept(t, 0)
		h.clock.Advance(11 * time.Minute)
		note(`UPDATE probe_uncounted SET last_at = $1`, h.clock.Now())
		a := h.swept(t, 1)[0]
		if a.Title != "只由本系统探测的 6 个网站连不上" || a.Unit != h.unit.ID || a.Sites != 6 || !strings.Contains(a.Says, "没有计入失败") || !strings.Contains(a.Told, h.a.Name) && !strings.Contains(a.Told, h.b.Name) {
			t.Errorf("raised: %+v", a)
		}
		for range 3 { // it lasts: the same alarm, and not over
			h.clock.Advance(time.Hour)
			note(`UPDATE probe_uncounted SET last_at = $1`, h.clock.Now())
			if a := h.swept(t, 1)[0]; a.StillWrong != 6 {
				t.Errorf("while it lasts: %+v", a)
			}
		}
		note(`DELETE FROM probe_uncounted`)
		if a := h.swept(t, 1)[0]; a.State != duty.Ended || a.StillWrong != 0 {
			t.Errorf("they open: %+v", a)
		}
	})
}

// What fails at the name or at the encryption is told apart, and asked for its own
// cause; the list names the sites under one alarm.
func TestArticle19_4_AnOutageIsJoinedByWhatFailed(t *testing.T) {
	each(t, func(t *testing.T, h *office) {
		h.roster(t)
		ctx := audit.System(context.Background(), "test")
		var asked []string
		h.svc.CauseOf = func(_ context.Context, _ db.Querier, _ registry.Site, kind string) (duty.Cause, bool, error) {
			asked = append(asked, kind)
			return duty.Cause{Key: "zone:example.gov.cn", Name: "域名 example.gov.cn", Of: "域名 example.gov.cn 之下的", Unit: h.unit.ID}, true, nil
		}
		sites := []registry.Site{h.site}
		if err := h.db.Update(ctx, func(tx *db.Tx) error {
			other, err := h.svc.Registry.EnterSite(ctx, tx, registry.Site{Unit: h.bureau.ID, Kind: registry.DepartmentSite, Name: "统计局网站", Host: "tj.example.gov.cn"})
			if err != nil {
				return err
			}
			sites = append(sites, other)
			for _, s := range sites {
				if err := h.svc.Registry.SetMonitored(ctx, tx, system, s.ID, true); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if err := h.probes.Update(ctx, func(tx *db.Tx) error {
			for range 4 {
				h.clock.Advance(5 * time.Minute)
				at := h.clock.Now()
				for _, s := range sites {
					if _, err := tx.Quiet(ctx, `INSERT INTO probe (site_id, at, ok, kind) VALUES ($1, $2, FALSE, 'dns')`, s.ID, at); err != nil {
						return err
					}
					if _, err := tx.Quiet(ctx, `INSERT INTO probe_day (site_id, day, probes, failures, last_at, last_ok) VALUES ($1, $2, 1, 1, $3, FALSE) ON CONFLICT (site_id, day) DO UPDATE SET last_at = excluded.last_at`, s.ID, calendar.DateOf(at), at); err != nil {
						return err
					}
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := h.svc.Sweep(context.Background()); err != nil {
			t.Fatal(err)
		}
		list, n, err := h.svc.Alarms(context.Background(), system, duty.AlarmFilter{})
		if err != nil || n != 1 || list[0].Title != "域名 example.gov.cn 之下的 2 个网站打不开" || len(list[0].Named) != 2 || list[0].Named[0] != "商务厅网站" && list[0].Named[1] != "商务厅网站" {
			t.Fatalf("%+v (%v)", list, err)
		}
		if len(asked) != 2 || asked[0] != duty.DownByName {
			t.Errorf("asked for the cause of %v", asked)
		}
		if !strings.Contains(list[0].Says, "域名无法解析") {
			t.Errorf("says %s", list[0].Says)
		}
	})
}
