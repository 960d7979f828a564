package assessment_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/egress"
	"zhengshu/internal/inspection"
	"zhengshu/internal/jobs"
	"zhengshu/internal/jobs/jobstest"
	"zhengshu/internal/newmedia"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

var morning = time.Date(2026, 3, 20, 1, 0, 0, 0, time.UTC) // a Friday

const host = "www.yanta.gov.cn"

// madeSite is a page or two on a loopback listener.
type madeSite struct {
	mu     sync.Mutex
	pages  map[string]string
	server *httptest.Server
	asked  func(path string) // before each answer, when set
}

func newSite(t testing.TB) *madeSite {
	s := &madeSite{pages: map[string]string{}}
	s.server = httptest.NewServer(s)
	t.Cleanup(s.server.Close)
	s.put("/", `<html><head><title>雁塔区人民政府</title></head><body><ul><li><a href="/yw/1.html">我区召开教育工作会议</a> 2026-03-18</li></ul><a href="/gone.html">旧文</a></body></html>`)
	s.put("/yw/1.html", `<html><head><title>我区召开教育工作会议</title></head><body><p>会议部署了重点任务。</p></body></html>`)
	return s
}

func (s *madeSite) put(path, body string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pages[path] = body
}

func (s *madeSite) remove(path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.pages, path)
}

func (s *madeSite) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	body, ok := s.pages[r.URL.Path]
	asked := s.asked
	s.mu.Unlock()
	if asked != nil {
		asked(r.URL.Path)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	fmt.Fprint(w, body)
}

type nowhere struct{}

func (nowhere) Resolve(context.Context, string) ([]netip.Addr, error) {
	return nil, errors.New("no names in tests")
}

func (s *madeSite) client() *egress.Client {
	return egress.New(egress.Policy{Local: netip.MustParseAddrPort(s.server.Listener.Addr().String()), Own: func(h string) bool { return h == host }, Resolver: nowhere{}})
}

// house is a province, a city and a county with one portal each.
type house struct {
	t           testing.TB
	db          *db.DB
	probes      *db.DB
	clock       *calendar.Manual
	made        *madeSite
	org         *org.Service
	registry    *registry.Service
	inspection  *inspection.Service
	exchange    inspection.Exchange
	obligations *obligation.Service
	svc         *assessment.Service
	units       map[string]org.Unit
	sites       map[string]registry.Site
	people      map[string]*authz.Session
	settings    sx2021.Settings
	store       blob.Store
	sheet       []check.Finding // of every account
}

func each(t *testing.T, fn func(t *testing.T, h *house)) {
	t.Helper()
	clock := calendar.NewManual(morning)
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(morning)
		fn(t, build(t, d, clock))
	})
}

func build(t testing.TB, d *db.DB, clock *calendar.Manual) *house {
	t.Helper()
	h := &house{t: t, db: d, clock: clock, made: newSite(t), units: map[string]org.Unit{}, sites: map[string]registry.Site{}, people: map[string]*authz.Session{}, settings: sx2021.Defaults()}
	ctx := audit.System(context.Background(), "test")
	fatal := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	fatal(passage.Declare(ctx, d, registry.SiteMachine, inspection.FindingMachine, assessment.OrderMachine, assessment.VersionMachine))
	h.org = org.New(d)
	h.registry = registry.New(d, h.org)
	h.obligations = obligation.New(d, h.org, slices.Concat(assessment.Obligations(), newmedia.Obligations())...)
	days, err := calendar.Published()
	fatal(err)
	store, err := blob.Disk(t.TempDir())
	fatal(err)
	h.store = store
	h.probes, err = inspection.OpenProbes(ctx, d, t.TempDir())
	fatal(err)
	if h.probes != d {
		t.Cleanup(func() { h.probes.Close() })
	}
	dir := t.TempDir()
	h.exchange = inspection.Exchange{Plans: filepath.Join(dir, "plans"), Batches: filepath.Join(dir, "batches"), Keys: filepath.Join(dir, "keys"), Key: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))}
	h.inspection = inspection.New(d, h.probes, h.registry, store, h.made.client(), inspection.Settings{Delay: -1, Exchange: h.exchange, Province: func() sx2021.Settings { return h.settings }})
	h.svc, err = assessment.New(assessment.Parts{DB: d, Org: h.org, Registry: h.registry, Inspection: h.inspection, Obligations: h.obligations, Days: days, Store: store, Settings: func() sx2021.Settings { return h.settings },
		Accounts: func(context.Context, authz.Scope, registry.AccountID) ([]check.Finding, error) { return h.sheet, nil }})
	fatal(err)
	fatal(d.Update(ctx, func(tx *db.Tx) error {
		for _, a := range []org.Area{
			{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"},
			{Level: org.County, Code: "610113", Name: "雁塔区", Parent: "city-610100000000"}, {Level: org.City, Code: "610200", Name: "铜川市", Parent: "province-610000000000"},
		} {
			if _, err := h.org.AddArea(ctx, tx, a); err != nil {
				return err
			}
		}
		for _, n := range []struct {
			key, area, name, host string
			kind                  org.Kind
			site                  registry.SiteKind
		}{
			{"province", "province-610000000000", "陕西省人民政府办公厅", "", org.Office, ""},
			{"city", "city-610100000000", "西安市人民政府办公厅", "www.xian.gov.cn", org.Office, registry.Portal},
			{"dept", "city-610100000000", "西安市商务局", "swj.xian.gov.cn", org.Department, registry.DepartmentSite},
			{"county", "county-610113000000", "雁塔区人民政府办公室", host, org.Office, registry.Portal},
			{"tongchuan", "city-610200000000", "铜川市人民政府办公室", "www.tongchuan.gov.cn", org.Office, registry.Portal},
		} {
			u, _, err := h.org.AddUnit(ctx, tx, org.Unit{Area: org.AreaID(n.area), Kind: n.kind, Name: n.name})
			if err != nil {
				return err
			}
			h.units[n.key] = u
			for role, who := range map[authz.Role]string{authz.Supervisor: ".chief", authz.Sponsor: ".clerk"} {
				if err := h.hire(ctx, tx, n.key+who, u, role); err != nil {
					return err
				}
			}
			if n.host == "" {
				continue
			}
			if h.sites[n.key], err = h.registry.EnterSite(ctx, tx, registry.Site{Unit: u.ID, Kind: n.site, Name: n.name + "网站", Host: n.host, SiteCode: "6101130001"}); err != nil {
				return err
			}
			if n.key == "county" {
				if err := h.registry.SetMonitored(ctx, tx, authz.System("test"), h.sites[n.key].ID, true); err != nil {
					return err
				}
			}
		}
		return nil
	}))
	return h
}

func (h *house) hire(ctx context.Context, tx *db.Tx, name string, u org.Unit, role authz.Role) error {
	p, err := h.org.AddPerson(ctx, tx, authz.System("test"), org.Person{Unit: u.ID, Name: name})
	if err != nil {
		return err
	}
	if err := h.org.Appoint(ctx, tx, authz.System("test"), p.ID, u.ID, role); err != nil {
		return err
	}
	posts, err := h.org.PostsOf(ctx, tx, p.ID)
	h.people[name] = &authz.Session{PersonID: string(p.ID), Name: name, Posts: posts}
	return err
}

// as is the context of a person at work, and the scope of a permission.
func (h *house) as(name string, p authz.Permission) (context.Context, authz.Scope) {
	h.t.Helper()
	s := h.people[name]
	if s == nil {
		h.t.Fatalf("nobody is called %s", name)
	}
	unit, _ := s.Unit()
	ctx := audit.WithActor(context.Background(), audit.Actor{Kind: "person", ID: s.PersonID, Name: s.Name, Unit: unit})
	return authz.WithSession(ctx, s), s.ScopeFor(p)
}

// run inspects the county's site over loopback.
func (h *house) run() {
	h.t.Helper()
	ctx, scope := h.as("county.clerk", authz.InspectionRun)
	r, err := h.inspection.Start(ctx, scope, h.sites["county"].ID)
	if err != nil {
		h.t.Fatal(err)
	}
	w := jobs.NewWorkers()
	jobs.Handle(w, func(ctx context.Context, a inspection.RunSite) error { return h.inspection.Work(ctx, a.Run) })
	jobstest.Work(h.t, h.db, w, jobs.Config{Queues: map[string]int{inspection.Queue: 1}})
	if r, err = h.inspection.Run(ctx, scope, r.ID); err != nil || r.State != inspection.RunDone {
		h.t.Fatalf("run %s %s (%v)", r.State, r.Failure, err)
	}
}

func (h *house) finding(checkID string) inspection.Finding {
	h.t.Helper()
	list, _, err := h.inspection.Findings(context.Background(), h.db, authz.System("test"), inspection.FindingFilter{Limit: 500})
	if err != nil {
		h.t.Fatal(err)
	}
	var ids []string
	for _, f := range list {
		if f.Check == checkID && (checkID != "link.dead" || strings.Contains(f.Where, host)) {
			return f
		}
		ids = append(ids, f.Check)
	}
	h.t.Fatalf("no finding of %s among %v", checkID, ids)
	return inspection.Finding{}
}

// put files a finding at a site as a run would have.
func (h *house) put(site, checkID, severity, clause, says string, at time.Time) inspection.FindingID {
	h.t.Helper()
	ctx := audit.System(context.Background(), "test")
	id := ulid.Make().String()
	err := h.db.Update(ctx, func(tx *db.Tx) error {
		if _, _, err := inspection.FindingMachine.Take(ctx, tx, id, "find", passage.Note{}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO finding (id, site_id, check_id, fingerprint, severity, clause, says, page_url, place, first_seen, last_seen, state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'open')`,
			id, h.sites[site].ID, checkID, id, severity, clause, says, "http://"+h.sites[site].Host+"/", id, at, at); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "test.finding", Target: audit.Target{Kind: "finding", ID: id}})
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return inspection.FindingID(id)
}

func (h *house) issue(ids ...inspection.FindingID) assessment.Order {
	h.t.Helper()
	ctx, scope := h.as("city.chief", authz.OrderIssue)
	list, err := h.svc.IssueOrders(ctx, scope, assessment.Issue{Findings: ids, Says: "请立即整改。"})
	if err != nil || len(list) != 1 {
		h.t.Fatalf("%d orders: %v", len(list), err)
	}
	return list[0]
}

func (h *house) debts(state string) []obligation.Obligation {
	h.t.Helper()
	list, err := h.obligations.Obligations(context.Background(), authz.System("test"), obligation.Filter{Kind: "order_rectify", State: state})
	if err != nil {
		h.t.Fatal(err)
	}
	return list
}
