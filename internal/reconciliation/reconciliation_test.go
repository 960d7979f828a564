package reconciliation_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/obligation"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/reconciliation"
	"zhengshu/internal/registry"
)

var system = authz.System("test")

// resolver answers every name with one address, or, silent, with none.
type resolver struct {
	at     netip.Addr
	silent *bool
}

func (r resolver) Resolve(_ context.Context, host string) ([]netip.Addr, error) {
	if *r.silent {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return []netip.Addr{r.at}, nil
}

type house struct {
	db       *db.DB
	registry *registry.Service
	intake   *registry.Intake
	service  *reconciliation.Service
	inspect  *inspection.Service
	session  *authz.Session
	ctx      context.Context
	page     *string
	asked    *int
	silent   *bool // the DNS knows no name
}

func each(t *testing.T, fn func(t *testing.T, h *house)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := audit.System(context.Background(), "test")
		if err := passage.Declare(ctx, d, registry.SiteMachine, registry.AccountMachine, registry.DomainMachine, inspection.FindingMachine); err != nil {
			t.Fatal(err)
		}
		o := org.New(d)
		const divisions = "code,level,name,parent_code\n610000,province,陕西省,\n610100,city,西安市,610000\n610113,county,雁塔区,610100\n610114,county,阎良区,610100\n"
		tab, err := official.ReadTable(strings.NewReader(divisions), int64(len(divisions)), "d.csv", official.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.ImportUnits(ctx, system, tab, org.ImportOptions{}); err != nil {
			t.Fatal(err)
		}
		city, err := o.UnitNamed(ctx, d, system, "city-610100000000", "西安市人民政府办公厅")
		if err != nil {
			t.Fatal(err)
		}
		h := &house{db: d, ctx: ctx, page: new(string), asked: new(int), silent: new(bool)}
		h.session = &authz.Session{PersonID: "me", Name: "王秀兰", Posts: []authz.Post{{Role: authz.Supervisor, UnitID: string(city.ID), AreaPath: city.AreaPath, Office: true}}}
		h.registry = registry.New(d, o)
		blobs, err := blob.Disk(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		h.intake = registry.NewIntake(h.registry, blobs)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			*h.asked++
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprint(w, *h.page)
		}))
		t.Cleanup(server.Close)
		at := netip.MustParseAddrPort(server.Listener.Addr().String())
		client := egress.New(egress.Policy{Allow: []netip.AddrPort{at, netip.AddrPortFrom(at.Addr(), 443)}, Ports: []uint16{at.Port()}, Resolver: resolver{at.Addr(), h.silent}})
		probes, err := inspection.OpenProbes(ctx, d, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if probes != d {
				probes.Close()
			}
		})
		h.inspect = inspection.New(d, probes, h.registry, blobs, client, inspection.Settings{Delay: -1})
		h.inspect.OriginFrom(func(s registry.Site) string { return fmt.Sprintf("http://%s:%d", s.Host, at.Port()) })
		days, err := calendar.Published()
		if err != nil {
			t.Fatal(err)
		}
		h.service = reconciliation.New(reconciliation.Parts{DB: d, Registry: h.registry, Intake: h.intake, Inspection: h.inspect,
			Obligations: obligation.New(d, o, reconciliation.Obligations()...), Days: days, Client: client})
		fn(t, h)
	})
}

const ledger = "域名,网站名称,区划代码,标识码,ICP备案编号\nwww.yanta.gov.cn,雁塔区人民政府,610113,6101130001,陕ICP备05000001号\nwww.yanliang.gov.cn,阎良区人民政府,610114,6101140001,\nwww.xa.gov.cn,西安市人民政府,610100,6101000001,陕ICP备05000009号\n"

func (h *house) bring(t *testing.T, kind registry.FileKind, name, body string) registry.File {
	t.Helper()
	f, err := h.intake.Bring(h.ctx, h.session, h.session.ScopeFor(authz.RegistryImport), kind, name, int64(len(body)), bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (h *house) enter(t *testing.T) {
	t.Helper()
	f := h.bring(t, registry.SiteFile, "台账.csv", ledger)
	f, err := h.intake.Take(h.ctx, h.session, f.ID)
	if err != nil || f.Taken.Accepted != 3 {
		t.Fatalf("%+v %v", f, err)
	}
}

func TestDifferencesAreFoundAndDecided(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.enter(t)
		scope := h.session.ScopeFor(authz.RegistryImport)
		theirs := "域名,网站名称,区划代码,标识码,ICP备案编号\nWWW.YANTA.GOV.CN,雁塔区人民政府,610113,6101130001,陕ICP备05000002号\nwww.yanliang.gov.cn,阎良区人民政府网,610114,6101140001,陕ICP备05000003号\nwww.lintong.gov.cn,临潼区人民政府,610115,,\n"
		f := h.bring(t, registry.SiteFile, "全国名单.csv", theirs)
		if _, err := h.service.Compare(h.ctx, scope, h.session, f.ID, "", true); !fault.Is(err, fault.Invalid) {
			t.Errorf("without a source: %v", err)
		}
		run, err := h.service.Compare(h.ctx, scope, h.session, f.ID, "全国政府网站信息报送系统", true)
		if err != nil {
			t.Fatal(err)
		}
		if run.Read != 3 || run.Same != 0 || run.There != 1 || run.Here != 1 || run.Differing != 3 || !strings.HasPrefix(run.Blob, "sha256:") {
			t.Fatalf("%+v", run)
		}
		rows, total, err := h.service.Rows(h.ctx, h.db, scope, run.ID, reconciliation.RowFilter{Verdict: reconciliation.Differs})
		if err != nil || total != 3 || rows[0].Field != "icp" || rows[0].Theirs != "陕ICP备05000002号" || rows[0].Ours != "陕ICP备05000001号" {
			t.Fatalf("%+v %v", rows, err)
		}
		decide := func(id, decision, reason string) error {
			_, err := h.service.Decide(h.ctx, scope, h.session, run.ID, []string{id}, decision, reason)
			return err
		}
		by := map[string]reconciliation.Row{}
		for _, r := range rows {
			by[r.Name+r.Field] = r
		}
		// Ours is kept only with a reason, and is not shown again.
		if err := decide(by["阎良区人民政府name"].ID, reconciliation.Kept, ""); !fault.Is(err, fault.Invalid) {
			t.Errorf("kept without a reason: %v", err)
		}
		if err := decide(by["阎良区人民政府name"].ID, reconciliation.Kept, "名单用的是简称"); err != nil {
			t.Fatal(err)
		}
		// The sponsor is asked; then theirs is taken over, and the obligation ends.
		open := func() int {
			n, err := db.One(h.ctx, h.db, db.Value[int], `SELECT count(*) FROM obligation WHERE kind = 'reconciliation_clearing' AND state = 'open'`)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		if err := decide(by["雁塔区人民政府icp"].ID, reconciliation.Asked, ""); err != nil || open() != 1 {
			t.Fatalf("asked: %v, %d open", err, open())
		}
		if err := decide(by["雁塔区人民政府icp"].ID, reconciliation.Accepted, ""); err != nil || open() != 0 {
			t.Fatalf("accepted: %v, %d open", err, open())
		}
		site, err := h.registry.SiteByHost(h.ctx, h.db, system, "www.yanta.gov.cn")
		if err != nil || site.ICP != "陕ICP备05000002号" {
			t.Errorf("the ledger says %s, %v", site.ICP, err)
		}
		history, err := h.registry.History(h.ctx, h.db, system, registry.Ref{Kind: "site", ID: string(site.ID)})
		if err != nil || !strings.Contains(history[0].Why, "全国政府网站信息报送系统") || !strings.Contains(history[0].SourceRef, "第 2 行") {
			t.Errorf("source %+v %v", history, err)
		}
		// What was changed since is not taken over blindly.
		other, err := h.registry.SiteByHost(h.ctx, h.db, system, "www.yanliang.gov.cn")
		if err != nil {
			t.Fatal(err)
		}
		if err := h.db.Update(h.ctx, func(tx *db.Tx) error {
			n := other.Identifiers()
			n.ICP, n.Why.Says = "陕ICP备05000004号", "更正"
			_, err := h.registry.SetIdentifiers(h.ctx, tx, system, other.ID, n)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if err := decide(by["阎良区人民政府icp"].ID, reconciliation.Accepted, ""); !fault.Is(err, fault.Conflict) {
			t.Errorf("changed since: %v", err)
		}
		there, _, err := h.service.Rows(h.ctx, h.db, scope, run.ID, reconciliation.RowFilter{Verdict: reconciliation.There})
		if err != nil || len(there) != 1 || there[0].Name != "临潼区人民政府" {
			t.Fatalf("%+v %v", there, err)
		}
		if err := decide(there[0].ID, reconciliation.Accepted, ""); !fault.Is(err, fault.Invalid) {
			t.Errorf("what is only there cannot be accepted: %v", err)
		}
		if err := decide(there[0].ID, reconciliation.Candidate, ""); err != nil {
			t.Error(err)
		}
		again, err := h.service.Compare(h.ctx, scope, h.session, f.ID, "全国政府网站信息报送系统", true)
		if err != nil || again.KeptBefore != 1 || again.Differing != 1 || again.Same != 1 {
			t.Errorf("again %+v %v", again, err)
		}
		// Nobody else's.
		county := authz.Area("test", "/p610000/c610100/d610113/")
		if _, err := h.service.Run(h.ctx, h.db, county, run.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("a county reads the city's run: %v", err)
		}
		if _, err := h.service.Decide(h.ctx, county, h.session, run.ID, []string{there[0].ID}, reconciliation.Candidate, ""); !fault.Is(err, fault.NotFound) {
			t.Errorf("a county decides in the city's run: %v", err)
		}
	})
}

func TestABatchIsAcceptedOnlyAfterTheSampleIsRead(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		var ours, theirs strings.Builder
		ours.WriteString("域名,网站名称,区划代码\n")
		theirs.WriteString("域名,网站名称,区划代码,联系方式\n")
		for i := range 30 {
			fmt.Fprintf(&ours, "www.s%d.gov.cn,站点%d,610113\n", i, i)
			fmt.Fprintf(&theirs, "www.s%d.gov.cn,站点%d,610113,029-%d\n", i, i, i)
		}
		f := h.bring(t, registry.SiteFile, "a.csv", ours.String())
		if _, err := h.intake.Take(h.ctx, h.session, f.ID); err != nil {
			t.Fatal(err)
		}
		scope := h.session.ScopeFor(authz.RegistryImport)
		run, err := h.service.Compare(h.ctx, scope, h.session, h.bring(t, registry.SiteFile, "b.csv", theirs.String()).ID, "省网信办", false)
		if err != nil || run.Differing != 30 || run.Here != 0 {
			t.Fatalf("%+v %v", run, err)
		}
		sample, total, err := h.service.Sample(h.ctx, scope, run.ID, "contact")
		if err != nil || total != 30 || len(sample) != reconciliation.SampleSize {
			t.Fatalf("%d of %d, %v", len(sample), total, err)
		}
		var read []string
		for _, r := range sample {
			read = append(read, r.ID)
		}
		if _, err := h.service.AcceptAll(h.ctx, scope, h.session, run.ID, "contact", read[1:]); !fault.Is(err, fault.Invalid) {
			t.Errorf("one row was not read: %v", err)
		}
		if n, err := h.service.AcceptAll(h.ctx, scope, h.session, run.ID, "contact", read); err != nil || n != 30 {
			t.Errorf("accepted %d, %v", n, err)
		}
		if n, err := h.service.AcceptAll(h.ctx, scope, h.session, run.ID, "contact", read); err != nil || n != 0 {
			t.Errorf("a second press accepted %d, %v", n, err)
		}
	})
}

func TestASiteIsHeldAgainstWhatIsToBeSeen(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.enter(t)
		site, err := h.registry.SiteByHost(h.ctx, h.db, system, "www.yanta.gov.cn")
		if err != nil {
			t.Fatal(err)
		}
		// Nobody has switched monitoring on: the site is not asked.
		if _, err := h.service.Hold(h.ctx, system, site.ID); !fault.Is(err, fault.Refused) || *h.asked != 0 {
			t.Fatalf("%v, asked %d times", err, *h.asked)
		}
		if n, err := h.service.HoldDue(h.ctx); err != nil || n != 0 {
			t.Errorf("%d queued, %v", n, err)
		}
		if err := h.db.Update(h.ctx, func(tx *db.Tx) error { return h.registry.SetMonitored(h.ctx, tx, system, site.ID, true) }); err != nil {
			t.Fatal(err)
		}
		domain, _, err := h.registry.MainDomains(h.ctx, h.db, system, site.ID)
		if err != nil {
			t.Fatal(err)
		}
		expect := func(addresses string) {
			if err := h.db.Update(h.ctx, func(tx *db.Tx) error {
				if _, err := tx.Exec(h.ctx, `UPDATE domain SET addresses = $2 WHERE id = $1`, domain.ID, addresses); err != nil {
					return err
				}
				return audit.Record(h.ctx, tx, audit.Entry{Act: "test", Target: domain.Target()})
			}); err != nil {
				t.Fatal(err)
			}
		}
		findings := func() map[string]inspection.Finding {
			list, _, err := h.inspect.Findings(h.ctx, h.db, system, inspection.FindingFilter{Family: "ledger", State: "standing"})
			if err != nil {
				t.Fatal(err)
			}
			out := map[string]inspection.Finding{}
			for _, f := range list {
				out[f.Check] = f
			}
			return out
		}
		*h.page = `<!doctype html><title>蓝田县人民政府</title><footer>网站标识码：6101130009 陕ICP备05000001号</footer>`
		expect("203.0.113.7")
		for range 2 { // a second look is the same finding
			if _, err := h.service.Hold(h.ctx, system, site.ID); err != nil {
				t.Fatal(err)
			}
		}
		got := findings()
		for check, says := range map[string]string{reconciliation.CheckDNS: "解析到台账以外的地址", reconciliation.CheckTitle: "首页标题是“蓝田县人民政府”", reconciliation.CheckFooter: "6101130009"} {
			if !strings.Contains(got[check].Says, says) {
				t.Errorf("%s says %q, want %s", check, got[check].Says, says)
			}
		}
		if len(got) != 3 {
			t.Errorf("findings %v", got)
		}
		// Mended: the retest closes the one, the next look the others.
		*h.page = `<!doctype html><title>雁塔区人民政府门户网站</title><footer>网站标识码：6101130001 陕ICP备05000001号</footer>`
		expect("127.0.0.1")
		if r, err := h.inspect.Retest(h.ctx, system, got[reconciliation.CheckTitle].ID); err != nil || !r.Closed {
			t.Errorf("retest %+v %v", r.After, err)
		}
		if _, err := h.service.Hold(h.ctx, system, site.ID); err != nil {
			t.Fatal(err)
		}
		if got := findings(); len(got) != 0 {
			t.Errorf("still standing: %v", got)
		}
		if n, err := h.service.HoldDue(h.ctx); err != nil || n != 1 {
			t.Errorf("%d queued, %v", n, err)
		}
		if n, err := h.service.HoldDue(h.ctx); err != nil || n != 0 {
			t.Errorf("%d queued within the month, %v", n, err)
		}
	})
}

// A home page that robots.txt forbids is not asked for, and nothing is said of it.
func TestRobotsHoldForTheLedgerToo(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.enter(t)
		list, _, err := h.registry.Sites(h.ctx, system, registry.SiteFilter{})
		if err != nil || len(list) == 0 {
			t.Fatalf("%d sites, %v", len(list), err)
		}
		site := list[0]
		if err := h.db.Update(h.ctx, func(tx *db.Tx) error { return h.registry.SetMonitored(h.ctx, tx, system, site.ID, true) }); err != nil {
			t.Fatal(err)
		}
		*h.page = "User-agent: *\nDisallow: /\n"
		outcomes, err := h.service.Hold(h.ctx, system, site.ID)
		if err != nil {
			t.Fatal(err)
		}
		told := 0
		for _, o := range outcomes {
			if !o.Void {
				t.Errorf("%+v", o)
			}
			if strings.Contains(o.Says, "robots.txt") {
				told++
			}
		}
		if told != 3 || *h.asked != 1 {
			t.Errorf("%d outcomes name robots.txt, %d requests: %+v", told, *h.asked, outcomes)
		}
	})
}
