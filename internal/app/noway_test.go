package app

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/egress"
	"zhengshu/internal/inspection"
	"zhengshu/internal/jobs"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// deaf fails the test when a resolver is asked: nothing else leads out of a house.
type deaf struct{ t *testing.T }

func (d deaf) Resolve(_ context.Context, host string) ([]netip.Addr, error) {
	d.t.Errorf("the resolver was asked for %s", host)
	return nil, errors.New("asked")
}

func (d deaf) NameServers(_ context.Context, zone string) ([]string, error) {
	d.t.Errorf("the resolver was asked for the name servers of %s", zone)
	return nil, errors.New("asked")
}

// Readings 22: in a house that has no way to the Internet every periodic duty is done for
// days, and nothing goes out but signed plans; nothing is found violated for that, and
// nobody is alarmed.
func TestReadings22_AHouseWithoutAWayKeepsStill(t *testing.T) {
	began := time.Date(2026, 3, 9, 2, 0, 0, 0, time.UTC)
	clock := calendar.NewManual(began)
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(began)
		ctx, system := audit.System(context.Background(), "test"), authz.System("test")
		ok := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		dir := t.TempDir()
		h, err := Open(ctx, Config{DB: d, Dir: dir, Clock: clock, Resolver: deaf{t}, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
		ok(err)
		defer func() { ok(h.Close(context.Background())) }()
		ok(d.Update(ctx, func(tx *db.Tx) error {
			if _, err := h.Org.AddArea(ctx, tx, org.Area{Level: org.Province, Code: "610000", Name: "陕西省"}); err != nil {
				return err
			}
			u, _, err := h.Org.AddUnit(ctx, tx, org.Unit{Area: "province-610000000000", Kind: org.Office, Name: "陕西省人民政府办公厅"})
			if err != nil {
				return err
			}
			choice := sx2021.Defaults()
			choice.CrawledOutside = true
			body, err := json.Marshal(choice)
			if err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `INSERT INTO province_setting (id, value, from_on, reason, document, unit_id, set_by, set_at) VALUES ('1', $1, $2, '两张网', '', $3, '某甲', $4)`, string(body), calendar.DateOf(tx.Now()), u.ID, tx.Now()); err != nil {
				return err
			}
			for _, host := range []string{"www.one.gov.cn", "www.two.gov.cn", "www.three.gov.cn", "www.four.gov.cn", "www.five.gov.cn", "www.six.gov.cn"} {
				s, err := h.Registry.EnterSite(ctx, tx, registry.Site{Unit: u.ID, Kind: registry.DepartmentSite, Name: host, Host: host})
				if err != nil {
					return err
				}
				if err := h.Registry.SetMonitored(ctx, tx, system, s.ID, true); err != nil {
					return err
				}
				english, _, err := h.Registry.MainDomains(ctx, tx, system, s.ID)
				if err != nil {
					return err
				}
				f := english.Fields()
				f.Addresses, f.NS, f.CertIssuer, f.CertExpiresOn, f.ExpiresOn = []string{"1.2.3.4"}, []string{"ns1.one.gov.cn"}, "CFCA", calendar.DateOf(tx.Now()).AddDays(200), calendar.DateOf(tx.Now()).AddDays(400)
				if _, err := h.Registry.SetDomain(ctx, tx, system, english.ID, f, registry.Why{Says: "登记"}, time.Time{}); err != nil {
					return err
				}
			}
			a, err := h.Registry.EnterAccount(ctx, tx, system, registry.Account{Unit: u.ID, Platform: "weibo", Name: "陕西发布"}, registry.Why{Says: "登记"})
			if err != nil {
				return err
			}
			_, err = tx.Exec(ctx, `INSERT INTO account_feed (account_id, url, set_by, set_at) VALUES ($1, 'https://feed.example.com/1.xml', '某甲', $2)`, a.ID, tx.Now())
			return err
		}))
		h.way.read = time.Time{} // not as it was read at the start
		k, err := jobs.New(d, h.workers, jobs.Config{Poll: time.Hour, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
		ok(err)
		ok(k.Start(ctx))
		defer func() { ok(k.Stop(context.Background())) }()
		plans := 0
		for range 4 {
			ok(k.Drain(ctx, time.Minute))
			list, err := filepath.Glob(filepath.Join(dir, "exchange", "patrol", "plans", "*.plan"))
			ok(err)
			plans = len(list)
			clock.Advance(26 * time.Hour)
			for _, round := range []func(context.Context) (int, error){h.Inspection.ProbeDue, h.Inspection.Decide, h.Inspection.PatrolDue, h.Inspection.PlansDue, h.Hosts.LookDue, h.Reconciling.HoldDue, h.Reconciling.LookGone,
				h.Impostors.Watch, h.Impostors.AskCandidates, h.Notices.WatchDue, h.NewMedia.ReadFeeds, h.NewMedia.LookAtStores, h.NewMedia.JudgeAll, h.Closings.AskDue, h.Closings.LookAtFacts} {
				_, err := round(ctx)
				ok(err)
			}
			ok(h.Inspection.JudgeAccess(ctx))
			ok(h.Sweep(ctx))
		}
		if plans == 0 {
			t.Error("no plan went out")
		}
		if list, n, err := h.Inspection.Findings(ctx, d, system, inspection.FindingFilter{State: "standing"}); err != nil || n != 0 {
			t.Errorf("%d findings stand: %+v (%v)", n, list, err)
		}
		if n, err := db.One(ctx, d, db.Value[int], `SELECT count(*) FROM alarm`); err != nil || n != 0 {
			t.Errorf("%d alarms (%v)", n, err)
		}
		if g, err := h.Inspection.Gap(ctx, system); err != nil || g.Title == "" {
			t.Errorf("nothing says that nobody looks: %+v (%v)", g, err)
		}
		if r, err := h.Impostors.Rounds(ctx); err != nil || !r.NoWay || r.Asked != 0 {
			t.Errorf("%+v (%v)", r, err)
		}
		if _, err := h.client.Get(ctx, "http://www.one.gov.cn/", egress.Options{}); !told(err, egress.NoWay) {
			t.Errorf("a page elsewhere: %v", err)
		}
	})
}

func told(err error, kind egress.Kind) bool {
	var e *egress.Error
	return errors.As(err, &e) && e.Kind == kind
}
