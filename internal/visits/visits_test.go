package visits_test

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/visits"
)

const browser = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36"

func TestSketchCountsWithinItsError(t *testing.T) {
	for _, n := range []int{0, 1, 50, 1000, 9000, 60000, 300000} {
		var a, b visits.Sketch
		x := uint64(12345)
		for i := range n {
			x += 0x9e3779b97f4a7c15
			h := (x ^ x>>30) * 0xbf58476d1ce4e5b9
			h = (h ^ h>>27) * 0x94d049bb133111eb
			h ^= h >> 31
			a.Add(h)
			a.Add(h)
			if i%2 == 0 {
				b.Add(h)
			}
		}
		back, err := visits.ParseSketch(a.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		back.Merge(b)
		if got := float64(back.Count()); math.Abs(got-float64(n)) > 0.06*float64(n) {
			t.Errorf("%d things counted as %v", n, got)
		}
	}
	for _, bad := range [][]byte{{7}, {0, 1}, {1, 2, 3}, {0, 0xff, 0xff, 1}, {0, 0, 1, 200}} {
		if _, err := visits.ParseSketch(bad); err == nil {
			t.Errorf("%v read as a sketch", bad)
		}
	}
}

func hit(at time.Time, site, path, client, agent string, status int) visits.Hit {
	return visits.Hit{Site: site, Host: "a.localhost", Method: "GET", Path: path, Status: status, Bytes: 100, Kind: "text/html; charset=utf-8", Client: netip.MustParseAddr(client), Agent: agent, Referer: "https://www.baidu.com/s?wd=secret", Own: []string{"a.localhost"}, At: at, Took: time.Millisecond}
}

func TestArticle19_6_VisitsOfAYearFeedTheForm(t *testing.T) {
	now := time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
	dbtest.EachAt(t, func() time.Time { return now }, func(t *testing.T, d *db.DB) {
		ctx := audit.System(context.Background(), "test")
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(passage.Declare(ctx, d, registry.SiteMachine))
		o := org.New(d)
		reg := registry.New(d, o)
		var site registry.Site
		must(d.Update(ctx, func(tx *db.Tx) error {
			if _, err := o.AddArea(ctx, tx, org.Area{Level: org.Province, Code: "610000", Name: "陕西省"}); err != nil {
				return err
			}
			u, _, err := o.AddUnit(ctx, tx, org.Unit{Area: "province-610000000000", Kind: org.Office, Name: "省政府办公厅"})
			if err != nil {
				return err
			}
			site, err = reg.EnterSite(ctx, tx, registry.Site{Unit: u.ID, Kind: registry.Portal, Name: "省政府门户网站", Host: "a.localhost", Slug: "a", Hosted: true})
			return err
		}))
		dir, out := t.TempDir(), t.TempDir()
		key, err := visits.PortalKey(dir)
		must(err)
		s := visits.New(d, reg, visits.Exchange{In: out, Keys: filepath.Join(dir, "none"), Own: key.Public().(ed25519.PublicKey)})
		record := func(hits ...visits.Hit) {
			t.Helper()
			r, err := visits.Record(visits.Config{Dir: dir, Out: out, Log: true, Every: time.Hour, Now: func() time.Time { return now }})
			must(err)
			for _, h := range hits {
				r.Observe(h)
			}
			must(r.Close())
		}
		id := string(site.ID)
		record(hit(now, id, "/", "203.0.113.7", browser, 200), hit(now, id, "/news/", "203.0.113.9", browser, 200), hit(now, id, "/", "2001:db8::1", browser+" Mobile", 200),
			hit(now, id, "/gone", "203.0.113.7", browser, 404), hit(now, id, "/", "198.51.100.1", "Baiduspider/2.0", 200), hit(now, "01NOBODY", "/", "203.0.113.7", browser, 200))
		batch, err := filepath.Glob(filepath.Join(out, "*.batch"))
		must(err)
		if len(batch) != 1 {
			t.Fatal(batch)
		}
		raw, err := os.ReadFile(batch[0])
		must(err)
		if n, err := s.TakeIn(ctx); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		// The same again, under another name: counted once.
		must(os.WriteFile(filepath.Join(out, "visits-again.batch"), raw, 0o644))
		_, err = s.TakeIn(ctx)
		must(err)
		// The second process of the day: the same reader is the same visitor.
		record(hit(now, id, "/news/", "203.0.113.8", browser, 200))
		_, err = s.TakeIn(ctx)
		must(err)
		all := authz.System("test")
		today := calendar.DateOf(now)
		f, err := s.Figures(ctx, all, site.ID, today.AddDays(-6), today)
		must(err)
		if x := f.Sum; x.Views != 4 || x.Visitors != 2 || x.Machines != 1 || x.NotFound != 1 || x.Phones != 1 {
			t.Errorf("sum %+v", x)
		}
		if len(f.Pages) != 2 || f.Pages[0].Name != "/" && f.Pages[0].Name != "/news/" || len(f.Missing) != 1 || f.Missing[0].Name != "/gone" || f.Referrers[0] != (visits.Part{Name: visits.Engine, Hits: 4, Last: today}) {
			t.Errorf("parts %+v %+v %+v", f.Pages, f.Missing, f.Referrers)
		}
		y, err := s.Year(ctx, all, site.ID, 2026)
		must(err)
		if y.Views != 4 || y.Visitors != 2 || y.Days != 1 || y.First != today || y.Method == "" {
			t.Errorf("year %+v", y)
		}
		if empty, err := s.Year(ctx, all, site.ID, 2025); err != nil || empty.Views != 0 || empty.Days != 0 {
			t.Errorf("a year without figures: %+v %v", empty, err)
		}
		list, total, err := s.Sites(ctx, all, today.AddDays(-6), today, 20, 0)
		must(err)
		if total != 1 || len(list) != 1 || list[0].Views != 4 {
			t.Errorf("sites %+v", list)
		}
		must(s.Tidy(ctx))
		// A batch of a portal that is not known, or that was changed, adds nothing.
		strange := t.TempDir()
		r, err := visits.Record(visits.Config{Dir: strange, Out: out, Every: time.Hour, Now: func() time.Time { return now }})
		must(err)
		r.Observe(hit(now, id, "/", "203.0.113.7", browser, 200))
		must(r.Close())
		must(os.WriteFile(filepath.Join(out, "visits-changed.batch"), []byte(strings.Replace(string(raw), `"views":3`, `"views":9`, 1)), 0o644))
		if n, err := s.TakeIn(ctx); n != 0 || err != nil {
			t.Error(n, err)
		}
		if refused, err := filepath.Glob(filepath.Join(out, "refused", "*.batch")); err != nil || len(refused) != 2 {
			t.Errorf("refused %v %v", refused, err)
		}
		log, err := os.ReadFile(filepath.Join(dir, "access-2026-11-23.log"))
		must(err)
		for _, leak := range []string{"203.0.113.7", "203.0.113.9", "secret", "wd="} {
			if strings.Contains(string(log), leak) {
				t.Errorf("the log keeps %q", leak)
			}
		}
		lines := strings.Split(strings.TrimSpace(string(log)), "\n")
		var first struct{ Network, Visitor string }
		if err := json.Unmarshal([]byte(lines[0]), &first); err != nil || first.Network != "203.0.113.0/24" || len(first.Visitor) != 12 || len(lines) != 7 {
			t.Errorf("%d lines, first %+v", len(lines), first)
		}
	})
}

func TestDayKeysAndOldLogsGo(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"day-2026-11-20.key", "day-2026-11-22.key", "access-2026-08-01.log", "access-2026-11-01.log", "other"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.Repeat("00", 32)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
	r, err := visits.Record(visits.Config{Dir: dir, Log: true, Every: time.Hour, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	r.Observe(hit(now, "01S", "/", "203.0.113.7", browser, 200))
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	left := map[string]bool{}
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		left[e.Name()] = true
	}
	for name, want := range map[string]bool{"day-2026-11-20.key": false, "day-2026-11-22.key": true, "day-2026-11-23.key": true, "access-2026-08-01.log": false, "access-2026-11-01.log": true, "access-2026-11-23.log": true, "other": true} {
		if left[name] != want {
			t.Errorf("%s there: %v, want %v", name, left[name], want)
		}
	}
}

func TestMachines(t *testing.T) {
	for agent, want := range map[string]bool{browser: false, "": true, "curl/8.0": true, "Mozilla/5.0 (compatible; Baiduspider/2.0)": true, "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0": false} {
		if visits.Machine(agent) != want {
			t.Errorf("%q: %v", agent, !want)
		}
	}
}
