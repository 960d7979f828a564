package dashboard_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/dashboard"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/integrity"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web/webtest"
)

var morning = time.Date(2026, 3, 20, 1, 0, 0, 0, time.UTC) // a Friday

var system = authz.System("test")

// house is a province with two cities, of which one has a county.
type house struct {
	t          testing.TB
	db         *db.DB
	clock      *calendar.Manual
	org        *org.Service
	registry   *registry.Service
	inspection *inspection.Service
	assessment *assessment.Service
	svc        *dashboard.Service
	units      map[string]org.Unit
	sites      map[string]registry.Site
	people     map[string]*authz.Session
	seq        int
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func build(t testing.TB, d *db.DB, clock *calendar.Manual) *house {
	t.Helper()
	h := &house{t: t, db: d, clock: clock, units: map[string]org.Unit{}, sites: map[string]registry.Site{}, people: map[string]*authz.Session{}}
	ctx := audit.System(context.Background(), "test")
	if err := passage.Declare(ctx, d, registry.SiteMachine, registry.AccountMachine, inspection.FindingMachine, assessment.OrderMachine); err != nil {
		t.Fatal(err)
	}
	h.org = org.New(d)
	reg := registry.New(d, h.org)
	h.registry = reg
	days := must(calendar.Published())(t)
	store := must(blob.Disk(t.TempDir()))(t)
	probes := must(inspection.OpenProbes(ctx, d, t.TempDir()))(t)
	if probes != d {
		t.Cleanup(func() { probes.Close() })
	}
	obligations := obligation.New(d, h.org, assessment.RectifyObligation)
	h.inspection = inspection.New(d, probes, reg, store, egress.New(egress.Policy{}), inspection.Settings{Delay: -1})
	h.assessment = must(assessment.New(assessment.Parts{DB: d, Org: h.org, Registry: reg, Inspection: h.inspection, Obligations: obligations, Days: days, Store: store}))(t)
	h.svc = dashboard.New(dashboard.Parts{DB: d, Org: h.org, Assessment: h.assessment, Days: days})
	if err := d.Update(ctx, func(tx *db.Tx) error {
		for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"},
			{Level: org.County, Code: "610113", Name: "雁塔区", Parent: "city-610100000000"}, {Level: org.City, Code: "610200", Name: "铜川市", Parent: "province-610000000000"}} {
			if _, err := h.org.AddArea(ctx, tx, a); err != nil {
				return err
			}
		}
		for _, n := range []struct{ key, area, name, host string }{
			{"province", "province-610000000000", "陕西省人民政府办公厅", "www.shaanxi.example"}, {"city", "city-610100000000", "西安市人民政府办公厅", "www.xian.example"},
			{"county", "county-610113000000", "雁塔区人民政府办公室", "www.yanta.example"}, {"tongchuan", "city-610200000000", "铜川市人民政府办公室", "www.tongchuan.example"}} {
			u, _, err := h.org.AddUnit(ctx, tx, org.Unit{Area: org.AreaID(n.area), Kind: org.Office, Name: n.name})
			if err != nil {
				return err
			}
			h.units[n.key] = u
			p, err := h.org.AddPerson(ctx, tx, system, org.Person{Unit: u.ID, Name: n.name + "专岗", Phone: "029-8600000" + fmt.Sprint(len(h.units))})
			if err != nil {
				return err
			}
			if err := h.org.Appoint(ctx, tx, system, p.ID, u.ID, authz.Supervisor); err != nil {
				return err
			}
			if _, err := h.org.AssignPost(ctx, tx, system, org.NamedPost{Unit: u.ID, Person: p.ID, Kind: org.Liaison, Phone: "029-1111", Since: calendar.DateOf(tx.Now())}); err != nil {
				return err
			}
			posts, err := h.org.PostsOf(ctx, tx, p.ID)
			if err != nil {
				return err
			}
			h.people[n.key] = &authz.Session{PersonID: string(p.ID), Name: p.Name, Posts: posts}
			if h.sites[n.key], err = reg.EnterSite(ctx, tx, registry.Site{Unit: u.ID, Kind: registry.Portal, Name: n.name + "网站", Host: n.host, SiteCode: "6101130001"}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return h
}

// as is a supervisor at work and what they may see of the dashboards.
func (h *house) as(key string) (context.Context, *authz.Session, authz.Scope) {
	s := h.people[key]
	unit, _ := s.Unit()
	ctx := audit.WithActor(context.Background(), audit.Actor{Kind: "person", ID: s.PersonID, Name: s.Name, Unit: unit})
	return authz.WithSession(ctx, s), s, s.ScopeFor(authz.DashboardRead)
}

func (h *house) at(t time.Time) { h.clock.Set(t) }

// find raises a finding at a site now.
func (h *house) find(site string, severity check.Severity) inspection.FindingID {
	h.t.Helper()
	h.seq++
	ctx := audit.System(context.Background(), "test")
	var f inspection.Finding
	if err := h.db.Update(ctx, func(tx *db.Tx) (err error) {
		f, err = h.inspection.Raise(ctx, tx, system, h.sites[site].ID, engine.Sighting{Check: "link.dead", Severity: severity, Says: fmt.Sprintf("第%d个链接打不开", h.seq), URL: "http://x/", Where: fmt.Sprint(h.seq)})
		return err
	}); err != nil {
		h.t.Fatal(err)
	}
	return f.ID
}

// accounts lays two accounts: Tongchuan's with a serious finding of February, the
// county's with one of January that ended with the account in February.
func (h *house) accounts() {
	h.t.Helper()
	ctx := audit.System(context.Background(), "test")
	account := func(unit string, severity check.Severity, at time.Time) (a registry.Account) {
		h.t.Helper()
		h.at(at)
		must(struct{}{}, h.db.Update(ctx, func(tx *db.Tx) (err error) {
			a, err = h.registry.EnterAccount(ctx, tx, system, registry.Account{Unit: h.units[unit].ID, Platform: "weibo", Name: unit + "发布", URL: "https://weibo.example/" + unit, Purpose: "发布", State: registry.Running}, registry.Why{Source: "import", Says: "试验"})
			if err != nil {
				return err
			}
			_, err = h.inspection.RaiseOnAccount(ctx, tx, system, a.ID, engine.Sighting{Check: "account.stale", Severity: severity, Says: a.Name + "超过14天没有发布。", URL: a.URL, Wrong: "最近发布 2025-12-01"})
			return err
		}))(h.t)
		return a
	}
	gone := account("county", check.Error, time.Date(2026, 1, 20, 2, 0, 0, 0, time.UTC))
	account("tongchuan", check.Serious, time.Date(2026, 2, 20, 2, 0, 0, 0, time.UTC))
	must(struct{}{}, h.db.Update(ctx, func(tx *db.Tx) error {
		for _, act := range []string{"begin_closing", "close"} {
			if _, err := h.registry.Move(ctx, tx, system, registry.Ref{Kind: sx2021.Account, ID: string(gone.ID)}, act, "", passage.Note{Says: "注销"}); err != nil {
				return err
			}
		}
		return nil
	}))(h.t)
	h.at(morning)
}

// close settles a finding as a person's word does, and with it its order.
func (h *house) close(o assessment.Order, f inspection.FindingID) {
	h.t.Helper()
	ctx, _, _ := h.as("province")
	must(h.assessment.Accept(ctx, system, o.ID, f, "现场核实，链接已经改正。"))(h.t)
}

func (h *house) order(ids ...inspection.FindingID) assessment.Order {
	h.t.Helper()
	ctx, _, _ := h.as("province")
	return must(h.assessment.IssueOrders(ctx, system, assessment.Issue{Findings: ids, Says: "请整改"}))(h.t)[0]
}

// live lays three months: January two findings at the county, ordered, one
// closed in time and one late; February a serious one at Tongchuan, ordered and
// forgotten; yesterday evening a serious one at the city.
func (h *house) live() {
	jan := time.Date(2026, 1, 12, 2, 0, 0, 0, time.UTC)
	h.at(jan)
	a, b := h.find("county", check.Error), h.find("county", check.Error)
	in, late := h.order(a), h.order(b)
	h.at(jan.AddDate(0, 0, 2))
	h.close(in, a)
	h.at(jan.AddDate(0, 0, 25))
	h.close(late, b)
	h.at(time.Date(2026, 2, 10, 2, 0, 0, 0, time.UTC))
	h.order(h.find("tongchuan", check.Serious))
	h.find("tongchuan", check.Advice)
	h.at(morning.Add(-12 * time.Hour)) // 21:00 of the day before
	h.find("city", check.Serious)
	h.at(morning)
}

// overnight leaves tampering on the city's portal, restored, with its finding,
// and two applications of the county at the city's office: one that came last
// night, one whose day passed.
func (h *house) overnight() {
	h.t.Helper()
	ctx := audit.System(context.Background(), "test")
	must(struct{}{}, h.db.Update(ctx, func(tx *db.Tx) error {
		site := h.sites["city"]
		if _, err := h.inspection.Raise(ctx, tx, system, site.ID, engine.Sighting{Check: integrity.CheckTampered, Severity: check.Serious, Says: "/news/：内容与发布的不一致。", URL: "http://x/", Where: "site"}); err != nil {
			return err
		}
		at := morning.Add(-2 * time.Hour)
		if _, err := tx.Exec(ctx, `INSERT INTO tamper_alarm (id, site_id, place, what, seen_by, detail, restored, first_at, last_at, times) VALUES ('alarm', $1, '/news/', 'changed', 'served', '', TRUE, $2, $2, 1)`, site.ID, at); err != nil {
			return err
		}
		for n, c := range []struct {
			id      string
			arrived time.Time
			due     calendar.Date
		}{{"late", at.AddDate(0, 0, -9), calendar.DateOf(morning).AddDays(-1)}, {"new", at, calendar.DateOf(morning).AddDays(5)}} {
			if _, err := tx.Exec(ctx, `INSERT INTO approval_case (id, number, kind, title, unit_id, applicant_id, subject_id, form, state, step_no, opened_at, at_unit, due_on) VALUES ($1, $2, 'opening', '雁塔区申请开设账号', $3, $4, '', '{}', 'in_review', 1, $5, $6, $7)`,
				c.id, fmt.Sprintf("SP-2026-%04d", n+1), h.units["county"].ID, h.people["county"].PersonID, c.arrived, h.units["city"].ID, c.due); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `INSERT INTO approval_step (case_id, no, kind, unit_id, name, arrived_at, due_on) VALUES ($1, 1, 'review', $2, '市级审核', $3, $4)`, c.id, h.units["city"].ID, c.arrived, c.due); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "test.overnight"})
	}))(h.t)
}

// TestEveryNumberOpensItsRows: each figure of each board, over each place and
// scope, is the count of the rows that its link opens.
func TestEveryNumberOpensItsRows(t *testing.T) {
	clock := calendar.NewManual(morning)
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(morning)
		h := build(t, d, clock)
		h.live()
		h.accounts()
		ctx, _, province := h.as("province")
		for range 4 { // the past is judged a month at a time
			if err := h.svc.Recount(ctx); err != nil {
				t.Fatal(err)
			}
		}
		opened, nonzero := 0, 0
		rows := func(scope authz.Scope, want int, q dashboard.Query) {
			t.Helper()
			list, n, err := h.svc.Rows(ctx, scope, q, 1000, 0)
			if err != nil {
				t.Fatalf("%+v: %v", q, err)
			}
			if n != want || len(list) != want {
				t.Errorf("%+v: %d on the board, %d rows counted, %d listed", q, want, n, len(list))
			}
			opened++
			if want > 0 {
				nonzero++
			}
		}
		for _, who := range []string{"province", "city", "tongchuan", "county"} {
			_, session, scope := h.as(who)
			p := must(h.svc.PlaceOf(ctx, scope, session, ""))(t)
			c := must(h.svc.Compare(ctx, scope, p))(t)
			sum := dashboard.Counts{}
			for _, l := range append(c.Lines, dashboard.Line{Area: p.Area.ID, Counts: c.All}) {
				q := func(figure, from, to string) dashboard.Query {
					return dashboard.Query{Figure: figure, Under: l.Area, Own: l.Own, Unit: l.Unit, From: from, To: to}
				}
				rows(scope, l.Sites, q("site.running", "", ""))
				rows(scope, l.Unqualified, q("site.unqualified", c.Month, c.Month))
				rows(scope, l.Serious, q("finding.serious", "", ""))
				rows(scope, l.Overdue, q("order.overdue", "", ""))
				rows(scope, l.Ended, q("life.ended", c.First, c.Month))
				rows(scope, l.Timely, q("life.timely", c.First, c.Month))
				rows(scope, l.Judged, q("letter.judged", c.First, c.Month))
				sum.Sites += l.Sites
			}
			if sum.Sites != 2*c.All.Sites {
				t.Errorf("%s: the lines do not add up to the whole", who)
			}
			for _, m := range must(h.svc.Trends(ctx, scope, p))(t) {
				q := func(figure string) dashboard.Query {
					return dashboard.Query{Figure: figure, Under: p.Area.ID, From: m.Month, To: m.Month}
				}
				rows(scope, m.Found, q("finding.found"))
				rows(scope, m.Mended, q("finding.mended"))
				rows(scope, m.Issued, q("life.issued"))
				rows(scope, m.Missed, q("life.missed"))
				rows(scope, m.Qualified, q("site.qualified"))
				rows(scope, m.Untested, q("site.untested"))
			}
			for _, a := range must(h.svc.Ageing(ctx, scope, p))(t) {
				rows(scope, a.Findings(), dashboard.Query{Figure: "finding.age", Under: p.Area.ID, Band: a.Band})
				rows(scope, a.Serious, dashboard.Query{Figure: "finding.age", Under: p.Area.ID, Band: a.Band, Severity: string(check.Serious)})
				rows(scope, a.Orders, dashboard.Query{Figure: "order.age", Under: p.Area.ID, Band: a.Band})
			}
			for _, s := range must(h.svc.Funnel(ctx, scope, p, "2026-01", "2026-03"))(t) {
				rows(scope, s.N, dashboard.Query{Figure: s.Figure, Under: p.Area.ID, From: "2026-01", To: "2026-03"})
			}
			for _, r := range must(h.svc.Rules(ctx, scope, p))(t) {
				rows(scope, r.Raised, dashboard.Query{Figure: "rule.raised", Under: p.Area.ID, Check: r.Check})
				rows(scope, r.Disputed, dashboard.Query{Figure: "rule.disputed", Under: p.Area.ID, Check: r.Check})
				rows(scope, r.Refuted, dashboard.Query{Figure: "rule.refuted", Under: p.Area.ID, Check: r.Check})
			}
			b := must(h.svc.Burden(ctx, scope, p, "2026-01"))(t)
			for _, u := range b.Units {
				rows(scope, u.Orders, dashboard.Query{Figure: "burden.order", Unit: u.Unit, From: "2026-01", To: "2026-01"})
				rows(scope, u.Confirms, dashboard.Query{Figure: "burden.confirm", Unit: u.Unit, From: "2026-01", To: "2026-01"})
			}
		}
		if opened < 300 || nonzero < 60 {
			t.Errorf("only %d numbers were opened, %d of them not nought", opened, nonzero)
		}
		// What the three months were, said once in figures.
		p := must(h.svc.PlaceOf(ctx, province, h.people["province"], ""))(t)
		c := must(h.svc.Compare(ctx, province, p))(t)
		if c.All.Sites != 4 || c.All.Serious != 3 || c.All.Overdue != 1 || c.All.Ended != 2 || c.All.Timely != 1 {
			t.Errorf("comparison %+v", c.All)
		}
		f := must(h.svc.Funnel(ctx, province, p, "2026-01", "2026-03"))(t)
		if f[0].N != 7 || f[1].N != 3 || f[5].N != 2 || f[5].Median != 2 {
			t.Errorf("funnel %+v", f)
		}
		m := must(h.svc.Trends(ctx, province, p))(t)
		if jan := m[9]; jan.Month != "2026-01" || jan.Found != 3 || jan.Issued != 2 || jan.Missed != 1 {
			t.Errorf("January %+v", jan)
		}
		// What ended with its account was mended by nobody.
		if feb := m[10]; feb.Found != 3 || feb.Mended != 0 {
			t.Errorf("February %+v", feb)
		}
		rules := must(h.svc.Rules(ctx, province, p))(t)
		if i := slices.IndexFunc(rules, func(r dashboard.Rule) bool { return r.Check == "account.stale" }); i < 0 || rules[i].Raised != 2 || rules[i].Mended != 0 {
			t.Errorf("rules %+v", rules)
		}
		if b := must(h.svc.Burden(ctx, province, p, "2026-01"))(t); b.All.Orders != 2 || b.All.Minutes != 10 || b.NUnits != 1 || len(b.Askers) != 1 || b.Askers[0].Unit != h.units["province"].ID {
			t.Errorf("burden %+v", b)
		}
		// Counting again changes nothing.
		before := must(db.One(ctx, d, db.Value[int], `SELECT count(*) FROM dashboard_order WHERE read_days IS NULL`))(t)
		if err := h.svc.Recount(ctx); err != nil {
			t.Fatal(err)
		}
		if again := must(db.One(ctx, d, db.Value[int], `SELECT count(*) FROM dashboard_order WHERE read_days IS NULL`))(t); again != before {
			t.Errorf("a second count made %d of %d", again, before)
		}
	})
}

// TestMorning: what is red comes with unit, name and telephone; what is out of
// scope does not come; a quiet night is quiet.
func TestMorning(t *testing.T) {
	clock := calendar.NewManual(morning)
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(morning)
		h := build(t, d, clock)
		h.live()
		ctx, session, scope := h.as("province")
		m := must(h.svc.Morning(ctx, session, scope, h.svc.Evening()))(t)
		at := slices.IndexFunc(m.Red, func(p dashboard.Part) bool { return p.Key == "finding" })
		if at < 0 || m.Red[at].N != 1 || m.Serious != 2 || m.Overdue != 1 || m.Found != 1 {
			t.Fatalf("morning %+v", m)
		}
		if i := m.Red[at].Items[0]; i.UnitName != "西安市人民政府办公厅" || i.Person != "西安市人民政府办公厅专岗" || i.Phone != "029-1111" || i.Link == "" || i.Act == "" {
			t.Errorf("item %+v", i)
		}
		if _, n, err := h.svc.Rows(ctx, scope, dashboard.Query{Figure: "finding.fresh", Since: m.Since}, 10, 0); err != nil || n != m.Red[at].N {
			t.Errorf("the part opens %d rows (%v)", n, err)
		}
		// Tampering stands by itself, with the finding it left; so do cases whose day
		// has passed overnight and those that came, for who may read cases.
		h.overnight()
		m = must(h.svc.Morning(ctx, session, scope, h.svc.Evening()))(t)
		part := func(list []dashboard.Part, key string) dashboard.Part {
			i := slices.IndexFunc(list, func(p dashboard.Part) bool { return p.Key == key })
			if i < 0 {
				t.Errorf("no part %s in %+v", key, list)
				return dashboard.Part{Items: []dashboard.Item{{}}}
			}
			return list[i]
		}
		if p := part(m.Red, "tamper"); p.N != 1 || p.Items[0].Link != "/console/sites/"+string(h.sites["city"].ID)+"/integrity" || p.Items[0].Person == "" || !strings.Contains(p.Items[0].Note, "已恢复") {
			t.Errorf("tampering %+v", p)
		}
		if p := part(m.Red, "finding"); p.N != 1 {
			t.Errorf("the finding of the tampering stands twice: %+v", p)
		}
		if p := part(m.Red, "case"); p.N != 1 || p.Items[0].Link != "/console/cases/late" || p.Items[0].UnitName != "西安市人民政府办公厅" {
			t.Errorf("late cases %+v", p)
		}
		if p := part(m.Calm, "arrived"); p.N != 1 || p.Items[0].Note != "SP-2026-0002" {
			t.Errorf("new cases %+v", p)
		}
		watch := webtest.Session(authz.Inspector, "")
		m = must(h.svc.Morning(ctx, watch, scope, h.svc.Evening()))(t)
		for _, p := range slices.Concat(m.Red, m.Calm) {
			if p.Key == "case" || p.Key == "arrived" {
				t.Errorf("who may not read cases is told of %+v", p)
			}
		}
		ctx, session, scope = h.as("tongchuan")
		if m := must(h.svc.Morning(ctx, session, scope, h.svc.Evening()))(t); !m.Quiet() || m.Serious != 1 {
			t.Errorf("the neighbour's morning %+v", m)
		}
		// The first look has none before it; one within the hour is the same look.
		if before := must(h.svc.Looked(ctx, session))(t); !before.IsZero() {
			t.Errorf("a first look had one before: %s", before)
		}
		clock.Advance(30 * time.Minute)
		must(h.svc.Looked(ctx, session))(t)
		clock.Advance(24 * time.Hour)
		if before := must(h.svc.Looked(ctx, session))(t); !before.Equal(morning) {
			t.Errorf("the look before was %s", before)
		}
		if l := must(h.svc.Leader(ctx, session, scope))(t); l.Serious != 1 || l.Sites != 1 {
			t.Errorf("leader %+v", l)
		}
	})
}

// TestOutOfScopeIsMissing: a place, a unit and a figure that are not the
// person's are not found; months that are none are refused by name.
func TestOutOfScopeIsMissing(t *testing.T) {
	clock := calendar.NewManual(morning)
	h := build(t, dbtest.SQLite(t, clock.Now), clock)
	ctx, session, scope := h.as("tongchuan")
	if _, err := h.svc.PlaceOf(ctx, scope, session, "city-610100000000"); !fault.Is(err, fault.NotFound) {
		t.Errorf("another city's place: %v", err)
	}
	if p, err := h.svc.PlaceOf(ctx, scope, session, ""); err != nil || p.Area.Name != "铜川市" || p.Parent != "" {
		t.Errorf("own place %+v (%v)", p, err)
	}
	for _, tt := range []struct {
		q    dashboard.Query
		kind fault.Kind
	}{
		{dashboard.Query{Figure: "finding.serious", Under: "city-610100000000"}, fault.NotFound},
		{dashboard.Query{Figure: "burden.order", Unit: h.units["city"].ID, From: "2026-01", To: "2026-01"}, fault.NotFound},
		{dashboard.Query{Figure: "nothing"}, fault.NotFound},
		{dashboard.Query{Figure: "life.issued"}, fault.Invalid},
		{dashboard.Query{Figure: "finding.found", From: "2026-13", To: "2026-01"}, fault.Invalid},
		{dashboard.Query{Figure: "finding.age", Band: 9}, fault.Invalid},
		{dashboard.Query{Figure: "finding.age", Band: -1}, fault.Invalid},
	} {
		if _, _, err := h.svc.Rows(ctx, scope, tt.q, 10, 0); !fault.Is(err, tt.kind) {
			t.Errorf("%+v: %v", tt.q, err)
		}
	}
	if _, err := h.svc.Funnel(ctx, scope, dashboard.Place{}, "x", "y"); !fault.Is(err, fault.Invalid) {
		t.Errorf("a funnel of no months: %v", err)
	}
}

// An order about several sites of a unit has no one site, and is counted, opened
// and told of like any other.
func TestOrdersOfSeveralSitesCount(t *testing.T) {
	clock := calendar.NewManual(morning)
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(morning)
		h := build(t, d, clock)
		h.at(time.Date(2026, 2, 10, 2, 0, 0, 0, time.UTC))
		sys := audit.System(context.Background(), "test")
		if err := d.Update(sys, func(tx *db.Tx) (err error) {
			h.sites["annex"], err = registry.New(d, h.org).EnterSite(sys, tx, registry.Site{Unit: h.units["county"].ID, Kind: registry.DepartmentSite, Name: "雁塔区专题网站", Host: "zt.yanta.example", SiteCode: "6101130002"})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		o := h.order(h.find("county", check.Error), h.find("annex", check.Error))
		if o.Site != "" {
			t.Fatalf("the order is about %s alone", o.SiteName)
		}
		h.at(morning)
		ctx, _, scope := h.as("province")
		for range 4 {
			if err := h.svc.Recount(ctx); err != nil {
				t.Fatal(err)
			}
		}
		for _, q := range []dashboard.Query{{Figure: "order.overdue"}, {Figure: "life.issued", From: "2026-02", To: "2026-02"}} {
			list, n, err := h.svc.Rows(ctx, scope, q, 10, 0)
			if err != nil || n != 1 || len(list) != 1 || list[0].ID != string(o.ID) || list[0].Note == "" {
				t.Errorf("%s: %d counted, %+v (%v)", q.Figure, n, list, err)
			}
		}
	})
}
