package hosts_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
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
	"zhengshu/internal/vantage"
)

type names struct {
	at     netip.Addr
	others map[string]netip.Addr // not valid: no such name
}

func (n names) Resolve(_ context.Context, host string) ([]netip.Addr, error) {
	a, ok := n.others[host]
	if !ok {
		a = n.at
	}
	if !a.IsValid() {
		return nil, errors.New("no such host")
	}
	return []netip.Addr{a}, nil
}

func (n names) NameServers(context.Context, string) ([]string, error) {
	return []string{"ns.elsewhere.example"}, nil
}

func TestArticle22To24_NamesAndMachinesAreHeldAgainstTheLedger(t *testing.T) {
	t.Parallel() // much of it is waiting
	start := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	clock := calendar.NewManual(start)
	var scripts []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `<!doctype html><title>首页</title><a href="/a.html">一</a><a href="http://img.example.gov.cn/b.png">二</a><a href="https://elsewhere.example/">三</a><a href="http://jyj.example.gov.cn/">教育局</a>`)
		for _, src := range scripts {
			fmt.Fprintf(w, `<script src="%s"></script>`, src)
		}
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
		away := netip.MustParseAddr("127.0.0.2")
		elsewhere := map[string]netip.Addr{"cdn.elsewhere.example": away, "jyj.example.gov.cn": away, "www.other.gov.cn": away}
		client := egress.New(egress.Policy{Allow: []netip.AddrPort{at, netip.AddrPortFrom(loop, 80), netip.AddrPortFrom(loop, 443), netip.AddrPortFrom(away, 443)}, Ports: []uint16{443, at.Port()}, Resolver: names{loop, elsewhere}, Now: clock.Now, Connect: time.Second})
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
		svc := hosts.New(hosts.Parts{DB: d, Registry: reg, Inspection: insp, Client: client, Dir: dir, Plain: at.Port(), Hosting: func(context.Context, registry.Site) (check.Hosting, error) { return hosting, nil }})
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
			// What is strange is looked at once more.
			clock.Advance(15 * time.Minute)
			if _, err := svc.LookDue(ctx); err != nil {
				t.Fatal(err)
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
		// One strange answer proves nothing and raises nothing.
		clock.Advance(25 * time.Hour)
		if n, err := svc.LookDue(ctx); err != nil || n != 1 {
			t.Fatalf("%d looks, %v", n, err)
		}
		_, once, err := svc.Sheet(ctx, system, site.ID)
		must(err)
		i := slices.IndexFunc(once, func(f check.Finding) bool { return f.Check == "host.dns" })
		if i < 0 || once[i].Outcome != check.Untested || !strings.Contains(once[i].Says, "待复核") {
			t.Errorf("seen once: %+v", once)
		}
		if _, n, err := insp.Findings(ctx, d, system, inspection.FindingFilter{Check: "host.dns", State: "standing"}); err != nil || n != 0 {
			t.Errorf("%d findings stand by one look (%v)", n, err)
		}
		if n, err := svc.LookDue(ctx); err != nil || n != 0 {
			t.Errorf("%d looks at once again (%v)", n, err)
		}
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
		// S24.2: what the page is made of is located wherever it lies; a linked
		// sub-site is another's, and what another unit's site lends is looked at there.
		must(os.WriteFile(filepath.Join(dir, hosts.PlacesFile), []byte("127.0.0.0/31,CN\n127.0.0.2/32,US\n"), 0o600))
		if got = look(); got["host.abroad"].Outcome != check.Kept {
			t.Errorf("a linked sub-site abroad: %+v", got["host.abroad"])
		}
		scripts = []string{"http://www.other.gov.cn/a.js"}
		if got = look(); got["host.abroad"].Outcome != check.Violated {
			t.Errorf("a script of a host nobody knows: %+v", got["host.abroad"])
		}
		must(d.Update(ctx, func(tx *db.Tx) error {
			u, _, err := o.AddUnit(ctx, tx, org.Unit{Area: "province-610000000000", Kind: org.Department, Name: "陕西省教育厅"})
			if err != nil {
				return err
			}
			_, err = reg.EnterSite(ctx, tx, registry.Site{Unit: u.ID, Kind: registry.DepartmentSite, Name: "陕西省教育厅", Host: "www.other.gov.cn"})
			return err
		}))
		if got = look(); got["host.abroad"].Outcome != check.Kept {
			t.Errorf("a script of another unit's site: %+v", got["host.abroad"])
		}
		scripts = []string{"http://cdn.elsewhere.example/a.js"}
		if got = look(); got["host.abroad"].Outcome != check.Violated || got["host.abroad"].Severity != check.Error || !strings.Contains(got["host.abroad"].Says, "cdn.elsewhere.example（127.0.0.2，US）") {
			t.Errorf("a script from abroad: %+v", got["host.abroad"])
		}
		elsewhere["cdn.elsewhere.example"] = netip.Addr{}
		if got = look(); got["host.abroad"].Outcome != check.Untested || !strings.Contains(got["host.abroad"].Says, "cdn.elsewhere.example") {
			t.Errorf("a name that does not resolve: %+v", got["host.abroad"])
		}
		// A name that is not told is neither with IPv6 nor without.
		l, _, err := svc.Sheet(ctx, system, site.ID)
		if err != nil || l.Facts.IPv6.SecondUntold != 0 || l.Facts.IPv6.Second != 3 {
			t.Errorf("%+v, %v", l.Facts.IPv6, err)
		}
		elsewhere["img.example.gov.cn"], scripts = netip.Addr{}, nil
		look()
		if l, _, err = svc.Sheet(ctx, system, site.ID); err != nil || l.Facts.IPv6.SecondUntold != 1 {
			t.Errorf("%+v, %v", l.Facts.IPv6, err)
		}
		delete(elsewhere, "img.example.gov.cn")
		must(os.WriteFile(filepath.Join(dir, hosts.PlacesFile), []byte("127.0.0.0/8,HK\nnonsense\n"), 0o600))
		if got = look(); got["host.abroad"].Outcome != check.Untested {
			t.Errorf("a broken file: %+v", got["host.abroad"])
		}
		// From elsewhere the name leads to an address nobody registered: what a vantage
		// told twice and two looks saw is a finding, until a delivery network explains it.
		_, house, err := ed25519.GenerateKey(rand.Reader)
		must(err)
		insp.HouseKey(house)
		key, v, err := insp.AddVantage(ctx, &authz.Session{Name: "某甲", Posts: []authz.Post{{ID: "1", Role: authz.Supervisor, UnitID: "u", AreaPath: "/", Office: true}}}, inspection.Vantage{Name: "延安监测点"}, "")
		must(err)
		record := func(change func(f *registry.DomainFields)) {
			t.Helper()
			must(d.Update(ctx, func(tx *db.Tx) error {
				english, _, err := reg.MainDomains(ctx, tx, system, site.ID)
				if err != nil {
					return err
				}
				f := english.Fields()
				change(&f)
				_, err = reg.SetDomain(ctx, tx, system, english.ID, f, registry.Why{Says: "登记解析"}, time.Time{})
				return err
			}))
		}
		there := func(address string) check.Finding {
			t.Helper()
			clock.Advance(25 * time.Hour)
			for i := range 3 {
				clock.Advance(15 * time.Minute)
				wire, err := vantage.Seal(key.Own, vantage.Batch{Vantage: v.ID, Made: clock.Now(), Seq: clock.Now().UnixMilli(), LineOK: true,
					Names: []vantage.Name{{ID: string(site.ID), At: clock.Now(), Host: site.Host, Addresses: []string{address, "nonsense"}, Dialled: address}, {ID: "01STRANGER", At: clock.Now(), Host: "x", Addresses: []string{address}}}})
				must(err)
				_, _, err = insp.Exchange(ctx, wire)
				must(err)
				if i == 0 {
					continue // told once before the look
				}
				if _, err := svc.LookDue(ctx); err != nil {
					t.Fatal(err)
				}
			}
			_, list, err := svc.Sheet(ctx, system, site.ID)
			must(err)
			return list[slices.IndexFunc(list, func(f check.Finding) bool { return f.Check == "host.dns" })]
		}
		record(func(f *registry.DomainFields) { f.Addresses = []string{loop.String()} })
		if f := there(loop.String()); f.Outcome != check.Kept {
			t.Errorf("the same from there: %+v", f)
		}
		if f := there("9.9.9.9"); f.Outcome != check.Violated || f.Severity != check.Error || !strings.Contains(f.Says, "“延安监测点”两次解析到未登记的地址 9.9.9.9") {
			t.Errorf("another from there: %+v", f)
		}
		if found, n, err := insp.Findings(ctx, d, system, inspection.FindingFilter{Check: "host.dns", State: "standing"}); err != nil || n != 1 || found[0].Severity != check.Error {
			t.Errorf("%+v (%v)", found, err)
		}
		if e, err := insp.Elsewhere(ctx, system, site.ID); err != nil || len(e) != 1 || e[0].Vantage != "延安监测点" || len(e[0].Addresses) != 1 || len(e[0].Twice) != 1 || e[0].Dialled != "9.9.9.9" {
			t.Errorf("%+v (%v)", e, err)
		}
		if _, err := insp.Elsewhere(ctx, authz.Scope{}, site.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("a stranger: %v", err)
		}
		record(func(f *registry.DomainFields) { f.CNAME = []string{"www.example.gov.cn.cdn.example"} })
		if f := there("9.9.9.9"); f.Outcome != check.Untested || !strings.Contains(f.Says+f.Why, "各地解析到的地址可以不同") {
			t.Errorf("a delivery network: %+v", f)
		}
		clock.Advance(3 * time.Hour)
		if e, err := insp.Elsewhere(ctx, system, site.ID); err != nil || len(e) != 0 {
			t.Errorf("not heard of for three hours: %+v (%v)", e, err)
		}
		record(func(f *registry.DomainFields) { f.Addresses, f.CNAME = []string{"1.2.3.4"}, nil })
		look()
		list, total, err := svc.Looks(ctx, system, hosts.Filter{Limit: 10, Column: "dns", Outcome: "violated"})
		if err != nil || total != 1 || list[0].Outcome["dns"] != check.Violated {
			t.Errorf("%+v, %v", list, err)
		}
		if _, total, err := svc.Looks(ctx, authz.Scope{}, hosts.Filter{Limit: 10}); err != nil || total != 0 {
			t.Errorf("a stranger lists %d, %v", total, err)
		}
		// Each figure is the number of the rows it leads to.
		for _, rules := range []map[string]string{{"ipv6": "tolerated", "cert": "kept", "domain": "violated", "abroad": "kept", "provider": "violated"}, {"ipv6": "kept", "cert": "violated", "domain": "kept", "abroad": "violated", "provider": "untested"}} {
			for column, outcome := range rules {
				if err := d.Update(ctx, func(tx *db.Tx) error {
					_, err := tx.Quiet(ctx, `UPDATE host_look SET `+column+` = $1`, outcome)
					return err
				}); err != nil {
					t.Fatal(err)
				}
			}
			tally, err := svc.Tally(ctx, system)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range []struct {
				column, outcome string
				want            int
			}{{"ipv6", "kept", tally.IPv6}, {"dns", "violated", tally.Drift}, {"expiring", "violated", tally.Expiring}, {"foreign", "violated", tally.Abroad}} {
				if _, n, err := svc.Looks(ctx, system, hosts.Filter{Limit: 10, Column: x.column, Outcome: x.outcome}); err != nil || n != x.want || n != 1 {
					t.Errorf("%s %s: %d rows for %d (%v)", x.column, x.outcome, n, x.want, err)
				}
			}
		}
		if tally, err := svc.Tally(ctx, system); err != nil || tally.Sites != 2 || tally.Looked != 1 || tally.Drift != 1 {
			t.Errorf("%+v, %v", tally, err)
		}
	})
}
