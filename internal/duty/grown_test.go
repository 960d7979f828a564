package duty_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/duty"
	"zhengshu/internal/registry"
)

// zone is a house with some sites under one set of name servers.
func zone(t *testing.T, h *office, n int) []registry.Site {
	t.Helper()
	h.roster(t)
	ctx := audit.System(context.Background(), "test")
	h.svc.CauseOf = func(context.Context, db.Querier, registry.Site, string) (duty.Cause, bool, error) {
		return duty.Cause{Key: "zone:example.gov.cn", Name: "域名 example.gov.cn", Of: "域名 example.gov.cn 之下的", Unit: h.unit.ID}, true, nil
	}
	var sites []registry.Site
	if err := h.db.Update(ctx, func(tx *db.Tx) error {
		for i := range n {
			s, err := h.svc.Registry.EnterSite(ctx, tx, registry.Site{Unit: h.bureau.ID, Kind: registry.DepartmentSite, Name: fmt.Sprintf("分站%d", i), Host: fmt.Sprintf("s%d.example.gov.cn", i)})
			if err != nil {
				return err
			}
			if err := h.svc.Registry.SetMonitored(ctx, tx, system, s.ID, true); err != nil {
				return err
			}
			sites = append(sites, s)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return sites
}

// rounds enters probes of the sites, one every five minutes, those down that are named.
func (h *office) rounds(t *testing.T, sites []registry.Site, n int, down ...int) {
	t.Helper()
	ctx := audit.System(context.Background(), "test")
	if err := h.probes.Update(ctx, func(tx *db.Tx) error {
		for range n {
			h.clock.Advance(5 * time.Minute)
			at := h.clock.Now()
			for i, s := range sites {
				ok := !slices.Contains(down, i)
				var opened any
				if ok {
					opened = at
				}
				if _, err := tx.Quiet(ctx, `INSERT INTO probe (site_id, at, ok, kind) VALUES ($1, $2, $3, 'dns')`, s.ID, at, ok); err != nil {
					return err
				}
				if _, err := tx.Quiet(ctx, `INSERT INTO probe_day (site_id, day, probes, failures, last_at, last_ok, last_ok_at) VALUES ($1, $2, 1, 0, $3, $4, $5)
					ON CONFLICT (site_id, day) DO UPDATE SET last_at = excluded.last_at, last_ok = excluded.last_ok, last_ok_at = COALESCE(excluded.last_ok_at, probe_day.last_ok_at)`,
					s.ID, calendar.DateOf(at), at, ok, opened); err != nil {
					return err
				}
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// told are the titles and texts of the messages about alarms.
func (h *office) told(t *testing.T) (out []string) {
	t.Helper()
	out, err := db.All(context.Background(), h.db, func(r db.Scanner) (string, error) {
		var title, body string
		err := r.Scan(&title, &body)
		return title + "|" + body, err
	}, `SELECT title, body FROM message WHERE title LIKE '告警%' ORDER BY at, id`)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Article 19(4): who is told first of an outage of several sites is told its cause and how
// many they are; when it becomes twice as many they are told once more, not of each.
func TestArticle19_4_TheTellingNamesCauseAndCount(t *testing.T) {
	each(t, func(t *testing.T, h *office) {
		sites := zone(t, h, 5)
		h.rounds(t, sites, 1)
		h.swept(t, 0)
		h.rounds(t, sites, 4, 0, 1)
		h.swept(t, 1)
		first := h.told(t)
		if len(first) == 0 {
			t.Fatal("nobody was told")
		}
		for _, m := range first {
			if !strings.HasPrefix(m, "告警：域名 example.gov.cn 之下的 2 个网站打不开|涉及 2 个网站：") || !strings.Contains(m, "分站0") || !strings.Contains(m, "分站1") {
				t.Errorf("told %q", m)
			}
		}
		h.rounds(t, sites, 4, 0, 1, 2)
		if a := h.swept(t, 1)[0]; a.Sites != 3 {
			t.Errorf("%+v", a)
		}
		grown := func() (out []string) {
			for _, m := range h.told(t) {
				if strings.HasPrefix(m, "告警扩大：") {
					out = append(out, m)
				}
			}
			return out
		}
		if m := grown(); len(m) != 0 {
			t.Errorf("told of the third: %q", m)
		}
		h.rounds(t, sites, 4, 0, 1, 2, 3, 4)
		for range 2 {
			a := h.swept(t, 1)[0]
			m := grown()
			if a.Title != "域名 example.gov.cn 之下的 5 个网站打不开" || len(m) == 0 || !strings.HasPrefix(m[0], "告警扩大：域名 example.gov.cn 之下的 5 个网站打不开|涉及 5 个网站：") {
				t.Fatalf("%q: %q", a.Title, m)
			}
			once := slices.Clone(m)
			for range 2 { // not again while it grows no more
				h.clock.Advance(time.Minute)
				h.swept(t, 1)
			}
			if again := grown(); len(again) != len(once) {
				t.Errorf("told again: %q", again)
			}
		}
	})
}

// An outage that began after all the sites of the one before had come back is another
// alarm, though one sweep sees both; one that began before is the same.
func TestArticle19_4_TwoOutagesOfOneCause(t *testing.T) {
	for name, x := range map[string]struct {
		between int // rounds in which all the sites are open
		want    int
	}{"after": {1, 2}, "overlapping": {0, 1}} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, h *office) {
				sites := zone(t, h, 3)
				h.rounds(t, sites, 1)
				h.swept(t, 0)
				h.rounds(t, sites, 4, 0, 1)
				h.swept(t, 1)
				// No sweep ran while they came back and the other went.
				if x.between == 0 {
					h.rounds(t, sites, 1, 0, 1, 2)
				}
				h.rounds(t, sites, x.between)
				h.rounds(t, sites, 4, 2)
				list := h.swept(t, x.want)
				open := slices.DeleteFunc(slices.Clone(list), func(a duty.Alarm) bool { return a.State == duty.Ended })
				if len(open) != 1 || open[0].StillWrong != 1 {
					t.Fatalf("%+v", list)
				}
				if x.want == 2 && open[0].Sites != 1 || x.want == 1 && open[0].Sites != 3 {
					t.Errorf("%+v", open[0])
				}
			})
		})
	}
}
