package inspection_test

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine/enginetest"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/packs"
)

// everyHalfHour enters the probes of some days of the site, singly and in their day;
// failed says which of them did.
func (h *house) everyHalfHour(from, to calendar.Date, failed func(at time.Time) bool) {
	h.t.Helper()
	if err := h.probes.Update(h.ctx, func(tx *db.Tx) error {
		for on := from; !on.After(to); on = on.AddDays(1) {
			n := 0
			for at := on.Start(); at.Before(on.End()); at = at.Add(30 * time.Minute) {
				bad := failed(at)
				if bad {
					n++
				}
				if _, err := tx.Quiet(h.ctx, `INSERT INTO probe (site_id, at, ok, took_ms) VALUES ($1, $2, $3, 40)`, h.site.ID, at, !bad); err != nil {
					return err
				}
			}
			if _, err := tx.Quiet(h.ctx, `INSERT INTO probe_day (site_id, day, probes, failures, took_ms, last_at, last_ok) VALUES ($1, $2, 48, $3, $4, $5, TRUE)`, h.site.ID, on, n, 40*(48-n), on.Start()); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		h.t.Fatal(err)
	}
}

// A filed window excuses its hours and no others, and every availability says the
// same: site page, board, finding, score. Where too few probes are left of a day, or
// the single ones are kept no longer, the day is left out and an earlier one taken.
func TestArticle8_1_AWindowExcusesItsHours(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		day := enginetest.Today.AddDays(-3)
		at := func(hour int) time.Time { return day.Start().Add(time.Duration(hour) * time.Hour) }
		var filed []inspection.Window
		h.svc.WindowsFrom(func(_ context.Context, sites []registry.SiteID) (map[registry.SiteID][]inspection.Window, error) {
			return map[registry.SiteID][]inspection.Window{h.site.ID: filed}, nil
		})
		// Off from two to three in the morning with leave, and from eight to twelve in the evening without.
		h.everyHalfHour(enginetest.Today.AddDays(-12), enginetest.Today.AddDays(-1), func(x time.Time) bool {
			return !x.Before(at(2)) && x.Before(at(3)) || !x.Before(at(20)) && x.Before(at(24))
		})
		all, err := packs.Embedded()
		if err != nil {
			t.Fatal(err)
		}
		pack, ok := packs.Pick(all, "gwb-2019-19", enginetest.Today)
		if !ok {
			t.Fatal("no pack")
		}
		for _, c := range []struct {
			name             string
			windows          []inspection.Window
			probes, failures int
			days             int
			excused          bool
		}{
			{"no window", nil, 336, 10, 7, false},
			{"one hour", []inspection.Window{{From: at(2), To: at(3)}}, 334, 8, 7, false},
			{"two that overlap", []inspection.Window{{From: at(2), To: at(3)}, {From: at(1), To: at(3)}}, 332, 8, 7, false},
			{"fourteen hours leave twenty probes", []inspection.Window{{From: at(0), To: at(14)}}, 308, 8, 7, false},
			{"fifteen leave too few", []inspection.Window{{From: at(0), To: at(15)}}, 336, 0, 8, true},
			{"the whole day", []inspection.Window{{From: at(0), To: at(24)}}, 336, 0, 8, true},
		} {
			filed = c.windows
			a, err := h.svc.AccessRate(h.ctx, h.scope, h.site.ID, enginetest.Today.AddDays(-1), 7)
			if err != nil || a.Probes != c.probes || a.Failures != c.failures || len(a.Days) != c.days || !a.Sufficient || a.Days[len(a.Days)-3].Excused != c.excused {
				t.Errorf("%s: %+v (%v)", c.name, a, err)
			}
			weeks, err := h.svc.Weeks(h.ctx, h.scope)
			w := weeks[h.site.ID]
			if err != nil || w.Whole.Probes != c.probes || w.Whole.Failures != c.failures || !w.Whole.Sufficient {
				t.Errorf("%s: the board says %+v (%v)", c.name, w, err)
			}
			scored, err := h.svc.Accesses(h.ctx, h.scope, []registry.SiteID{h.site.ID}, pack, enginetest.Today.AddDays(-1), 7)
			if s := scored[h.site.ID]; err != nil || s.Probes != c.probes || s.Failures != c.failures || s.Outcome != a.Outcome {
				t.Errorf("%s: scored by %+v (%v)", c.name, s, err)
			}
			past, err := h.svc.Past(h.ctx, h.scope, h.site.ID, 4)
			if err != nil || len(past) != 4 || past[0].On != day || past[0].Excused != c.excused || !c.excused && past[0].Left != 336-c.probes {
				t.Errorf("%s: the day %+v (%v)", c.name, past, err)
			}
		}
		// What the evidence says of it.
		filed = []inspection.Window{{From: at(2), To: at(3)}}
		if err := h.probes.Update(h.ctx, func(tx *db.Tx) error {
			_, err := tx.Quiet(h.ctx, `UPDATE probe SET ok = FALSE WHERE at >= $1`, day.AddDays(1).Start())
			if err != nil {
				return err
			}
			_, err = tx.Quiet(h.ctx, `UPDATE probe_day SET failures = 48 WHERE day > $1`, day)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if err := h.svc.JudgeAccess(h.ctx); err != nil {
			t.Fatal(err)
		}
		_, proofs := h.standing("access.rate")
		f, err := h.blobs.Open(h.ctx, proofs[0].Ref)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		body, err := io.ReadAll(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{day.String() + ",46,8,已报备的下线（" + day.String() + " 02:00 至 " + day.String() + " 03:00）时段的 2 次不计", day.String() + " 02:30:00,本系统,打不开,0,40,已报备的下线，不计", day.String() + " 03:00:00,本系统,打开,0,40,计入"} {
			if !strings.Contains(string(body), want) {
				t.Errorf("the evidence does not tell %q:\n%s", want, body)
			}
		}
		// The single probes are gone after five weeks: the day is left out whole.
		if err := h.probes.Update(h.ctx, func(tx *db.Tx) error {
			_, err := tx.Quiet(h.ctx, `DELETE FROM probe WHERE at < $1`, at(12))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if past, err := h.svc.Past(h.ctx, h.scope, h.site.ID, 4); err != nil || !past[0].Excused {
			t.Errorf("%+v (%v)", past, err)
		}
	})
}
