package inspection_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/vantage"
)

func TestAQuorumOfVantagesMakesAFailure(t *testing.T) {
	for _, x := range []struct {
		votes, failed int
		want          string
	}{{0, 0, ""}, {1, 0, inspection.VerdictOK}, {1, 1, inspection.VerdictAlone}, {2, 1, inspection.VerdictSplit}, {2, 2, inspection.VerdictFailed}, {3, 1, inspection.VerdictSplit},
		{3, 2, inspection.VerdictFailed}, {4, 2, inspection.VerdictSplit}, {4, 3, inspection.VerdictFailed}, {5, 3, inspection.VerdictFailed}, {5, 5, inspection.VerdictFailed}} {
		if got := inspection.Verdict(x.votes, x.failed); got != x.want {
			t.Errorf("%d of %d failed: %q, want %q", x.failed, x.votes, got, x.want)
		}
	}
}

func TestArticle22_FailuresAreConfirmedFromSeveralPlaces(t *testing.T) {
	// Two minutes into an interval, and whole intervals on from there.
	start := time.Date(2026, 11, 23, 2, 2, 0, 0, time.UTC)
	clock := calendar.NewManual(start)
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(start)
		ctx := audit.System(context.Background(), "test")
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(passage.Declare(ctx, d, registry.SiteMachine, registry.DomainMachine, inspection.FindingMachine))
		up, line := true, true
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/line" && !line || r.URL.Path != "/line" && !up {
				if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
					conn.Close()
				}
			}
		}))
		defer server.Close()
		at := netip.MustParseAddrPort(server.Listener.Addr().String())
		client := egress.New(egress.Policy{Allow: []netip.AddrPort{at}, Ports: []uint16{at.Port()}})
		probes, err := inspection.OpenProbes(ctx, d, t.TempDir())
		must(err)
		if probes != d {
			defer probes.Close()
		}
		o := org.New(d)
		reg := registry.New(d, o)
		blobs, err := blob.Disk(t.TempDir())
		must(err)
		svc := inspection.New(d, probes, reg, blobs, client, inspection.Settings{})
		if list, err := svc.Vantages(ctx); err != nil || len(list) != 1 || list[0].ID != inspection.OwnVantage || list[0].Name == "" {
			t.Fatalf("before anybody entered a place: %+v, %v", list, err)
		}
		svc.OriginFrom(func(registry.Site) string { return server.URL })
		_, house, err := ed25519.GenerateKey(rand.Reader)
		must(err)
		svc.HouseKey(house)
		var site registry.Site
		var office org.Unit
		system := authz.System("test")
		must(d.Update(ctx, func(tx *db.Tx) error {
			if _, err := o.AddArea(ctx, tx, org.Area{Level: org.Province, Code: "610000", Name: "陕西省"}); err != nil {
				return err
			}
			u, _, err := o.AddUnit(ctx, tx, org.Unit{Area: "province-610000000000", Kind: org.Office, Name: "陕西省人民政府办公厅"})
			if err != nil {
				return err
			}
			office = u
			if site, err = reg.EnterSite(ctx, tx, registry.Site{Unit: u.ID, Kind: registry.Portal, Name: "陕西省人民政府", Host: "www.example.gov.cn"}); err != nil {
				return err
			}
			return reg.SetMonitored(ctx, tx, system, site.ID, true)
		}))
		post := func(path string) *authz.Session {
			return &authz.Session{Name: "某甲", Posts: []authz.Post{{ID: "1", Role: authz.Supervisor, UnitID: "u", AreaPath: path, Office: true}}}
		}
		me := post(office.AreaPath)
		// The office of a city governs no vantage: it could have failures not counted.
		city := post(strings.Split(office.AreaPath, "@")[0] + "city/@v/")
		if _, _, err := svc.AddVantage(ctx, city, inspection.Vantage{Name: "某市监测点"}, ""); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a city registers a vantage: %v", err)
		}
		if err := svc.SetOwnLine(ctx, city, server.URL+"/line"); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a city sets the line: %v", err)
		}
		if err := svc.RevokeVantage(ctx, city, "x"); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a city revokes a vantage: %v", err)
		}
		for _, line := range []string{"http://127.0.0.1/", "http://localhost:8080/", "http://10.0.0.1/", "http://169.254.169.254/latest/"} {
			if err := svc.SetOwnLine(ctx, me, line); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s tests the line: %v", line, err)
			}
		}
		if _, _, err := svc.AddVantage(ctx, me, inspection.Vantage{Name: ""}, "not an address"); !fault.Is(err, fault.Invalid) {
			t.Errorf("a vantage without a name: %v", err)
		}
		key, v, err := svc.AddVantage(ctx, me, inspection.Vantage{Name: "西安监测点", Place: "电信"}, server.URL+"/line")
		must(err)
		must(svc.SetOwnLine(ctx, me, server.URL+"/line"))
		send := func(ok bool, when time.Time) (int, error) {
			wire, err := vantage.Seal(key.Own, vantage.Batch{Vantage: v.ID, Made: clock.Now(), Seq: when.UnixNano(), LineOK: true, Results: []vantage.Result{{ID: string(site.ID), At: when, OK: ok, Kind: egress.TCP}, {ID: "01STRANGER", At: when, OK: false}}})
			must(err)
			plan, n, err := svc.Exchange(ctx, wire)
			if err == nil {
				p, perr := vantage.OpenPlan(key.House, plan)
				if perr != nil || len(p.Targets) != 1 || p.Targets[0].ID != string(site.ID) {
					t.Errorf("plan %+v, %v", p, perr)
				}
				if _, _, err := svc.Exchange(ctx, wire); !fault.Is(err, fault.Conflict) {
					t.Errorf("a batch taken twice: %v", err)
				}
			}
			return n, err
		}
		// round probes from here and from there, and counts.
		round := func(here, there bool) inspection.Availability {
			t.Helper()
			up = here
			clock.Advance(5 * time.Minute)
			if n, err := send(there, clock.Now()); err != nil || n != 1 {
				t.Fatalf("%d votes, %v", n, err)
			}
			if n, err := svc.ProbeDue(ctx); err != nil || n != 1 {
				t.Fatalf("%d probes, %v", n, err)
			}
			if n, err := svc.ProbeDue(ctx); err != nil || n != 0 {
				t.Fatalf("probed again at once: %d, %v", n, err)
			}
			clock.Advance(10 * time.Minute)
			if n, err := svc.Decide(ctx); err != nil || n != 1 {
				t.Fatalf("%d decided, %v", n, err)
			}
			a, err := svc.AccessRate(ctx, system, site.ID, calendar.DateOf(clock.Now()), 1)
			must(err)
			return a
		}
		if n, err := send(true, clock.Now()); err != nil || n != 1 {
			t.Fatalf("first batch: %d, %v", n, err)
		}
		clock.Advance(10 * time.Minute)
		if n, err := svc.Decide(ctx); err != nil || n != 1 {
			t.Fatalf("%d, %v", n, err)
		}
		if a := round(true, true); a.Probes != 2 || a.Failures != 0 {
			t.Errorf("both open it: %+v", a)
		}
		if a := round(false, true); a.Probes != 3 || a.Failures != 0 {
			t.Errorf("only we cannot: %+v", a)
		}
		if a := round(false, false); a.Probes != 4 || a.Failures != 1 {
			t.Errorf("nobody can: %+v", a)
		}
		doubts, err := svc.Doubts(ctx, system, 10)
		if err != nil || len(doubts) != 1 || doubts[0].Verdict != inspection.VerdictSplit || doubts[0].Who != "本系统" {
			t.Errorf("doubts %+v, %v", doubts, err)
		}
		if list, err := svc.Doubts(ctx, authz.Scope{}, 10); err != nil || len(list) != 0 {
			t.Errorf("a stranger reads %+v, %v", list, err)
		}
		// Our own line is down: the round says nothing.
		line, up = false, false
		clock.Advance(5 * time.Minute)
		if _, err := svc.ProbeDue(ctx); err != nil {
			t.Fatal(err)
		}
		line = true
		if n, err := send(false, clock.Now()); err != nil || n != 1 {
			t.Fatalf("%d, %v", n, err)
		}
		clock.Advance(10 * time.Minute)
		if _, err := svc.Decide(ctx); err != nil {
			t.Fatal(err)
		}
		a, err := svc.AccessRate(ctx, system, site.ID, calendar.DateOf(clock.Now()), 1)
		if err != nil || a.Probes != 4 || a.Failures != 1 {
			t.Errorf("a failure that nobody confirms is counted: %+v, %v", a, err)
		}
		// Too late, from the future, and after the key was revoked.
		if n, err := send(false, clock.Now().Add(-time.Hour)); !fault.Is(err, fault.Conflict) && (err != nil || n != 0) {
			t.Errorf("too late: %d, %v", n, err)
		}
		must(svc.RevokeVantage(ctx, me, v.ID))
		if _, err := send(true, clock.Now()); !fault.Is(err, fault.NotFound) {
			t.Errorf("revoked: %v", err)
		}
	})
}

// Readings 21: in a protected period a site is probed tighter, by every vantage,
// and each of the shorter intervals is decided by itself.
func TestProtectedPeriodsAreTighterWithVantages(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		_, house, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		h.svc.HouseKey(house)
		tight := 1
		h.svc.TighterFrom(func(context.Context) (func(string) int, error) { return func(string) int { return tight }, nil })
		me := highest()
		key, v, err := h.svc.AddVantage(h.ctx, me, inspection.Vantage{Name: "西安监测点"}, "")
		if err != nil {
			t.Fatal(err)
		}
		seq := int64(0)
		send := func() (vantage.Plan, int) {
			t.Helper()
			seq++
			wire, err := vantage.Seal(key.Own, vantage.Batch{Vantage: v.ID, Made: h.clock.Now(), Seq: seq, LineOK: true, Results: []vantage.Result{{ID: string(h.site.ID), At: h.clock.Now(), OK: true}}})
			if err != nil {
				t.Fatal(err)
			}
			plan, n, err := h.svc.Exchange(h.ctx, wire)
			if err != nil {
				t.Fatal(err)
			}
			p, err := vantage.OpenPlan(key.House, plan)
			if err != nil || len(p.Targets) != 1 {
				t.Fatalf("%+v, %v", p, err)
			}
			return p, n
		}
		// of an hour, and how many rounds this system and the vantage were counted in.
		hour := func() (own, there, decided int) {
			t.Helper()
			for range 180 {
				n, err := h.svc.ProbeDue(h.ctx)
				if err != nil {
					t.Fatal(err)
				}
				own += n
				_, n = send()
				there += n
				if n, err = h.svc.Decide(h.ctx); err != nil {
					t.Fatal(err)
				}
				decided += n
				h.clock.Advance(20 * time.Second)
			}
			return own, there, decided
		}
		near := func(n, want int) bool { return n >= want-1 && n <= want+1 }
		p, _ := send()
		if p.Targets[0].Every != 0 {
			t.Errorf("on a common day every %s", p.Targets[0].Every)
		}
		if own, there, decided := hour(); !near(own, 12) || !near(there, 12) || !near(decided, 12) {
			t.Errorf("a common hour: %d of our own, %d from there, %d decided", own, there, decided)
		}
		tight = 5
		if p, _ = send(); p.Targets[0].Every != time.Minute || p.Every != 5*time.Minute {
			t.Errorf("in a protected period every %s, others %s", p.Targets[0].Every, p.Every)
		}
		if own, there, decided := hour(); own < 55 || there < 55 || decided < 50 {
			t.Errorf("a protected hour: %d of our own, %d from there, %d decided", own, there, decided)
		}
	})
}

// highest is a person of the office over all sites.
func highest() *authz.Session {
	return &authz.Session{Name: "某甲", Posts: []authz.Post{{ID: "1", Role: authz.Supervisor, UnitID: "u", AreaPath: "/", Office: true}}}
}
