package hosts_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
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
)

type names struct{ at netip.Addr }

func (n names) Resolve(context.Context, string) ([]netip.Addr, error) {
	return []netip.Addr{n.at}, nil
}

func (n names) NameServers(context.Context, string) ([]string, error) {
	return []string{"ns.elsewhere.example"}, nil
}

func TestArticle22To24_NamesAndMachinesAreHeldAgainstTheLedger(t *testing.T) {
	start := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	clock := calendar.NewManual(start)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `<!doctype html><title>首页</title><a href="/a.html">一</a><a href="http://img.example.gov.cn/b.png">二</a><a href="https://elsewhere.example/">三</a>`)
	}))
	defer server.Close()
	at := netip.MustParseAddrPort(server.Listener.Addr().String())
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
		loop := at.Addr()
		client := egress.New(egress.Policy{Allow: []netip.AddrPort{netip.AddrPortFrom(loop, 80), netip.AddrPortFrom(loop, 443)}, Resolver: names{loop}, Now: clock.Now, Connect: time.Second})
		probes, err := inspection.OpenProbes(ctx, d, t.TempDir())
		must(err)
		if probes != d {
			defer probes.Close()
		}
		o := org.New(d)
		reg := registry.New(d, o)
		blobs, err := blob.Disk(t.TempDir())
		must(err)
		insp := inspection.New(d, probes, reg, blobs, client, inspection.Settings{})
		dir := t.TempDir()
		hosting := check.Hosting{}
		svc := hosts.New(hosts.Parts{DB: d, Registry: reg, Inspection: insp, Client: client, Dir: dir, Hosting: func(context.Context, registry.Site) (check.Hosting, error) { return hosting, nil }})
		system := authz.System("test")
		var site registry.Site
		must(d.Update(ctx, func(tx *db.Tx) error {
			if _, err := o.AddArea(ctx, tx, org.Area{Level: org.Province, Code: "610000", Name: "陕西省"}); err != nil {
				return err
			}
			u, _, err := o.AddUnit(ctx, tx, org.Unit{Area: "province-610000000000", Kind: org.Office, Name: "陕西省人民政府办公厅"})
			if err != nil {
				return err
			}
			site, err = reg.EnterSite(ctx, tx, registry.Site{Unit: u.ID, Kind: registry.Portal, Name: "陕西省人民政府", Host: "www.example.gov.cn"})
			return err
		}))
		if _, err := svc.LookNow(ctx, system, site.ID); !fault.Is(err, fault.Refused) {
			t.Errorf("a site nobody switched on was looked at: %v", err)
		}
		must(d.Update(ctx, func(tx *db.Tx) error { return reg.SetMonitored(ctx, tx, system, site.ID, true) }))
		look := func() map[string]check.Finding {
			t.Helper()
			clock.Advance(25 * time.Hour)
			if n, err := svc.LookDue(ctx); err != nil || n != 1 {
				t.Fatalf("%d looks, %v", n, err)
			}
			_, list, err := svc.Sheet(ctx, system, site.ID)
			must(err)
			out := map[string]check.Finding{}
			for _, f := range list {
				out[f.Check] = f
			}
			return out
		}
		standing := func() int {
			t.Helper()
			_, n, err := insp.Findings(ctx, d, system, inspection.FindingFilter{Family: "host", State: "standing"})
			must(err)
			return n
		}
		got := look()
		for c, want := range map[string]check.Outcome{"host.ipv6": check.Violated, "host.tls": check.Violated, "host.certificate": check.Untested, "host.domain_expiry": check.Untested, "host.dns": check.Untested, "host.abroad": check.Untested, "host.provider": check.Untested} {
			if got[c].Outcome != want {
				t.Errorf("%s: %s (%s), want %s", c, got[c].Outcome, got[c].Says, want)
			}
		}
		before := standing()
		// The ledger now expects other answers, the file knows the place, the
		// record names a provider abroad.
		must(d.Update(ctx, func(tx *db.Tx) error {
			english, _, err := reg.MainDomains(ctx, tx, system, site.ID)
			if err != nil {
				return err
			}
			f := english.Fields()
			f.Addresses, f.ExpiresOn = []string{"1.2.3.4"}, calendar.DateOf(clock.Now()).AddDays(20)
			_, err = reg.SetDomain(ctx, tx, system, english.ID, f, registry.Why{Says: "登记解析"}, time.Time{})
			return err
		}))
		must(os.WriteFile(filepath.Join(dir, hosts.PlacesFile), []byte("127.0.0.0/8,HK\n"), 0o600))
		hosting = check.Hosting{Recorded: true, Provider: "某公司", ProviderIn: "HK", ServerIn: "CN", ProviderName: "中国香港", ServerAt: "中国内地"}
		got = look()
		for c, want := range map[string]check.Outcome{"host.dns": check.Violated, "host.abroad": check.Violated, "host.provider": check.Violated, "host.domain_expiry": check.Violated} {
			if got[c].Outcome != want {
				t.Errorf("%s: %s (%s), want %s", c, got[c].Outcome, got[c].Says, want)
			}
		}
		if n := standing(); n != before+4 {
			t.Errorf("%d findings stand after %d", n, before)
		}
		// Mended: the findings close, and a broken file proves nothing.
		must(os.WriteFile(filepath.Join(dir, hosts.PlacesFile), []byte("127.0.0.0/8,CN\n0.0.0.0/1,US\n\n"), 0o600))
		hosting.ProviderIn, hosting.ProviderName = "CN", "中国内地"
		got = look()
		if got["host.abroad"].Outcome != check.Kept || got["host.provider"].Outcome != check.Kept || standing() != before+2 {
			t.Errorf("after mending: %+v, %d stand", got["host.abroad"], standing())
		}
		must(os.WriteFile(filepath.Join(dir, hosts.PlacesFile), []byte("127.0.0.0/8,HK\nnonsense\n"), 0o600))
		if got = look(); got["host.abroad"].Outcome != check.Untested {
			t.Errorf("a broken file: %+v", got["host.abroad"])
		}
		list, total, err := svc.Looks(ctx, system, hosts.Filter{Limit: 10, Column: "dns", Outcome: "violated"})
		if err != nil || total != 1 || list[0].Outcome["dns"] != check.Violated {
			t.Errorf("%+v, %v", list, err)
		}
		if _, total, err := svc.Looks(ctx, authz.Scope{}, hosts.Filter{Limit: 10}); err != nil || total != 0 {
			t.Errorf("a stranger lists %d, %v", total, err)
		}
		if tally, err := svc.Tally(ctx, system); err != nil || tally.Sites != 1 || tally.Drift != 1 {
			t.Errorf("%+v, %v", tally, err)
		}
	})
}
