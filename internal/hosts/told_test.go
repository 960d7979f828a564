package hosts_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/hosts"
	"zhengshu/internal/inspection"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/vantage"
)

// asking counts what a resolver is asked for.
type asking struct {
	n  atomic.Int64
	at netip.Addr
}

func (a *asking) Resolve(context.Context, string) ([]netip.Addr, error) {
	a.n.Add(1)
	return []netip.Addr{a.at}, nil
}

func (a *asking) NameServers(context.Context, string) ([]string, error) {
	a.n.Add(1)
	return nil, errors.New("no answer")
}

// away is a house with one site, whose name a vantage tells of.
type away struct {
	t     *testing.T
	ctx   context.Context
	db    *db.DB
	clock *calendar.Manual
	svc   *hosts.Service
	insp  *inspection.Service
	site  registry.Site
	key   vantage.Key
	asked *asking
	dir   string
	noWay bool
}

func eachAway(t *testing.T, noWay bool, do func(h *away)) {
	start := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
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
		h := &away{t: t, ctx: ctx, db: d, clock: clock, asked: &asking{at: netip.MustParseAddr("127.0.0.1")}, dir: t.TempDir(), noWay: noWay}
		// The own listener stands for the site where there is a way; nobody listens.
		client := egress.New(egress.Policy{Allow: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:80"), netip.MustParseAddrPort("127.0.0.1:443")}, Resolver: h.asked, Now: clock.Now, Connect: time.Second, NoWay: func() bool { return noWay }})
		t.Cleanup(client.Close)
		probes, err := inspection.OpenProbes(ctx, d, t.TempDir())
		must(err)
		if probes != d {
			t.Cleanup(func() { probes.Close() })
		}
		o := org.New(d)
		reg := registry.New(d, o)
		blobs, err := blob.Disk(t.TempDir())
		must(err)
		h.insp = inspection.New(d, probes, reg, blobs, client, inspection.Settings{Delay: -1, Province: func() sx2021.Settings { s := sx2021.Defaults(); s.CrawledOutside = noWay; return s }})
		h.svc = hosts.New(hosts.Parts{DB: d, Registry: reg, Inspection: h.insp, Client: client, Dir: h.dir})
		system := authz.System("test")
		must(d.Update(ctx, func(tx *db.Tx) error {
			if _, err := o.AddArea(ctx, tx, org.Area{Level: org.Province, Code: "610000", Name: "陕西省"}); err != nil {
				return err
			}
			u, _, err := o.AddUnit(ctx, tx, org.Unit{Area: "province-610000000000", Kind: org.Office, Name: "陕西省人民政府办公厅"})
			if err != nil {
				return err
			}
			if h.site, err = reg.EnterSite(ctx, tx, registry.Site{Unit: u.ID, Kind: registry.Portal, Name: "陕西省人民政府", Host: "www.example.gov.cn"}); err != nil {
				return err
			}
			english, _, err := reg.MainDomains(ctx, tx, system, h.site.ID)
			if err != nil {
				return err
			}
			f := english.Fields()
			f.Addresses = []string{"127.0.0.1"}
			if _, err := reg.SetDomain(ctx, tx, system, english.ID, f, registry.Why{Says: "登记解析"}, time.Time{}); err != nil {
				return err
			}
			return reg.SetMonitored(ctx, tx, system, h.site.ID, true)
		}))
		_, house, err := ed25519.GenerateKey(rand.Reader)
		must(err)
		h.insp.HouseKey(house)
		h.key, _, err = h.insp.AddVantage(ctx, &authz.Session{Name: "某甲", Posts: []authz.Post{{ID: "1", Role: authz.Supervisor, UnitID: "u", AreaPath: "/", Office: true}}}, inspection.Vantage{Name: "延安监测点"}, "")
		must(err)
		do(h)
	})
}

// tell has the vantage say where the site's name leads.
func (h *away) tell(address string) {
	h.t.Helper()
	wire, err := vantage.Seal(h.key.Own, vantage.Batch{Vantage: h.key.Vantage, Made: h.clock.Now(), Seq: h.clock.Now().UnixMilli(), LineOK: true,
		Names: []vantage.Name{{ID: string(h.site.ID), At: h.clock.Now(), Host: h.site.Host, Addresses: []string{address}, Dialled: address}}})
	if err != nil {
		h.t.Fatal(err)
	}
	if _, _, err := h.insp.Exchange(h.ctx, wire); err != nil {
		h.t.Fatal(err)
	}
}

func (h *away) looks() int {
	h.t.Helper()
	n, err := h.svc.LookDue(h.ctx)
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

func (h *away) sheet() map[string]check.Finding {
	h.t.Helper()
	_, list, err := h.svc.Sheet(h.ctx, authz.System("test"), h.site.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	out := map[string]check.Finding{}
	for _, f := range list {
		out[f.Check] = f
	}
	return out
}

func (h *away) standing(family string) []inspection.Finding {
	h.t.Helper()
	list, _, err := h.insp.Findings(h.ctx, h.db, authz.System("test"), inspection.FindingFilter{Family: family, State: "standing"})
	if err != nil {
		h.t.Fatal(err)
	}
	return list
}

// Article 23(2): what a vantage tells once of a strange address is looked at again after
// its next telling, within the hour, and so is one that comes between the daily looks; a
// site of which nothing strange is told is looked at once a day.
func TestArticle23_2_AStrangeAddressDoesNotWaitADay(t *testing.T) {
	eachAway(t, false, func(h *away) {
		h.tell("127.0.0.1")
		if n := h.looks(); n != 1 {
			t.Fatalf("%d first looks", n)
		}
		for range 6 {
			h.clock.Advance(10 * time.Minute)
			h.looks() // what the first look doubted is settled
		}
		for range 18 {
			h.clock.Advance(10 * time.Minute)
			h.tell("127.0.0.1")
			if n := h.looks(); n != 0 {
				t.Fatalf("%d looks at a healthy site within its day", n)
			}
		}
		h.clock.Advance(10 * time.Minute)
		begun, found := h.clock.Now(), time.Time{}
		for i := range 12 {
			if i%3 == 0 {
				h.tell("9.9.9.9")
			}
			h.looks()
			if len(h.standing("host")) > 0 && slices.ContainsFunc(h.standing("host"), func(f inspection.Finding) bool { return f.Check == "host.dns" }) {
				found = h.clock.Now()
				break
			}
			if f := h.sheet()["host.dns"]; i == 0 && f.Outcome != check.Untested {
				t.Fatalf("told once: %+v", f)
			}
			h.clock.Advance(10 * time.Minute)
		}
		if found.IsZero() || found.Sub(begun) > time.Hour {
			t.Errorf("found after %s", found.Sub(begun))
		}
		if _, err := h.insp.ToldAnew(h.ctx, authz.Scope{}, begun); err != nil {
			t.Error(err)
		}
		if list, err := h.insp.ToldAnew(h.ctx, authz.Scope{}, begun.Add(-time.Hour)); err != nil || len(list) != 0 {
			t.Errorf("a stranger sees %+v (%v)", list, err)
		}
	})
}

// An address told once and never again is not asked for for ever.
func TestArticle23_2_AToldAddressIsGivenUp(t *testing.T) {
	eachAway(t, false, func(h *away) {
		h.tell("9.9.9.9")
		h.looks()
		late := 0
		for i := range 60 {
			h.clock.Advance(10 * time.Minute)
			if n := h.looks(); i >= 12 {
				late += n
			}
		}
		if late != 0 {
			t.Errorf("%d looks after the vantage fell silent", late)
		}
	})
}

// Readings 22: a house without a way to the Internet asks no resolver and shakes no
// hands; what it cannot see is not tested, and where the name leads is judged by what
// its vantages were told.
func TestReadings22_NamesAndMachinesOfAHouseWithoutAWay(t *testing.T) {
	eachAway(t, true, func(h *away) {
		if err := os.WriteFile(filepath.Join(h.dir, hosts.PlacesFile), []byte("127.0.0.0/8,CN\n9.0.0.0/8,US\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		h.looks()
		got := h.sheet()
		for _, id := range []string{"host.dns", "host.tls", "host.certificate", "host.ipv6", "host.abroad"} {
			if f := got[id]; f.Outcome != check.Untested || !strings.Contains(f.Says+f.Why, "平台不能访问互联网") {
				t.Errorf("%s: %+v", id, f)
			}
		}
		if got["host.domain_expiry"].Outcome == "" || got["host.provider"].Outcome == "" && len(h.standing("host")) != 0 {
			t.Errorf("what the ledger tells is not looked at: %+v", got)
		}
		for range 4 { // told twice, looked at twice
			h.clock.Advance(20 * time.Minute)
			h.tell("127.0.0.1")
		}
		h.clock.Advance(24 * time.Hour)
		h.tell("127.0.0.1")
		h.looks()
		if got = h.sheet(); got["host.dns"].Outcome != check.Kept || len(h.standing("host")) != 0 {
			t.Errorf("as it is on record, from there: %+v", got["host.dns"])
		}
		for range 12 {
			h.clock.Advance(10 * time.Minute)
			h.tell("9.9.9.9")
			h.looks()
		}
		if got = h.sheet(); got["host.dns"].Outcome != check.Violated || got["host.abroad"].Outcome != check.Violated || strings.Contains(got["host.dns"].Says, "本系统解析到的与台账一致") {
			t.Errorf("elsewhere, from there: %+v, %+v", got["host.dns"], got["host.abroad"])
		}
		f := h.standing("host")
		if len(f) == 0 {
			t.Fatal("nothing is filed")
		}
		if r, err := h.insp.Retest(h.ctx, authz.System("test"), f[0].ID); err != nil || r.Closed {
			t.Errorf("%+v (%v)", r, err)
		}
		if n := h.asked.n.Load(); n != 0 {
			t.Errorf("the resolver was asked %d times", n)
		}
		if _, err := h.svc.LookNow(h.ctx, authz.Scope{}, h.site.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("a stranger: %v", err)
		}
	})
}
