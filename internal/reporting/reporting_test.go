package reporting_test

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/appraisal"
	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/letters"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/reporting"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/seal"
)

var morning = time.Date(2026, 3, 20, 1, 0, 0, 0, time.UTC)

const city = org.AreaID("city-610100000000")

// house is a city with its sites, findings and orders, and a neighbour.
type house struct {
	t        testing.TB
	db       *db.DB
	clock    *calendar.Manual
	assess   *assessment.Service
	svc      *reporting.Service
	owed     *obligation.Service
	sites    map[string]registry.SiteID
	sessions map[string]*authz.Session
	letters  []reporting.Figure
	org      *org.Service
	reg      *registry.Service
	rounds   *appraisal.Service
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
	h := &house{t: t, db: d, clock: clock, sites: map[string]registry.SiteID{}, sessions: map[string]*authz.Session{}}
	ctx := audit.System(context.Background(), "test")
	fatal := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	fatal(passage.Declare(ctx, d, registry.SiteMachine, registry.AccountMachine, inspection.FindingMachine, assessment.OrderMachine, reporting.Machine, reporting.ExperienceMachine, appraisal.Machine, appraisal.AppealMachine))
	o := org.New(d)
	reg := registry.New(d, o)
	days, err := calendar.Published()
	fatal(err)
	store, err := blob.Disk(t.TempDir())
	fatal(err)
	probes, err := inspection.OpenProbes(ctx, d, t.TempDir())
	fatal(err)
	if probes != d {
		t.Cleanup(func() { probes.Close() })
	}
	// Nothing is contacted: no site is monitored.
	insp := inspection.New(d, probes, reg, store, egress.New(egress.Policy{}), inspection.Settings{})
	h.owed = obligation.New(d, o, slices.Concat(reporting.Obligations(), assessment.Obligations(), appraisal.Obligations())...)
	h.assess, err = assessment.New(assessment.Parts{DB: d, Org: o, Registry: reg, Inspection: insp, Obligations: h.owed, Days: days, Store: store})
	fatal(err)
	h.svc = reporting.New(reporting.Parts{DB: d, Org: o, Registry: reg, Assessment: h.assess, Obligations: h.owed,
		Letters: func(context.Context, authz.Scope, assessment.Period, calendar.Date) ([]reporting.Figure, error) {
			return h.letters, nil
		}})
	h.org, h.reg = o, reg
	h.rounds = appraisal.New(appraisal.Parts{DB: d, Org: o, Registry: reg, Assessment: h.assess, Obligations: h.owed, Days: days, Store: store, Settings: sx2021.Defaults})
	h.svc.RoundsFrom(h.rounds)
	fatal(d.Update(ctx, func(tx *db.Tx) error {
		for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"},
			{Level: org.County, Code: "610113", Name: "雁塔区", Parent: city}, {Level: org.City, Code: "610200", Name: "铜川市", Parent: "province-610000000000"}} {
			if _, err := o.AddArea(ctx, tx, a); err != nil {
				return err
			}
		}
		for _, n := range []struct {
			key  string
			area org.AreaID
			kind org.Kind
			name string
			site registry.SiteKind
		}{{"city", city, org.Office, "西安市人民政府办公厅", registry.Portal}, {"swj", city, org.Department, "西安市商务局", registry.DepartmentSite}, {"jyj", city, org.Department, "西安市教育局", registry.DepartmentSite},
			{"county", "county-610113000000", org.Office, "雁塔区人民政府办公室", registry.Portal}, {"tongchuan", "city-610200000000", org.Office, "铜川市人民政府办公室", registry.Portal}} {
			u, _, err := o.AddUnit(ctx, tx, org.Unit{Area: n.area, Kind: n.kind, Name: n.name})
			if err != nil {
				return err
			}
			p, err := o.AddPerson(ctx, tx, authz.System("test"), org.Person{Unit: u.ID, Name: n.key})
			if err != nil {
				return err
			}
			if err := o.Appoint(ctx, tx, authz.System("test"), p.ID, u.ID, authz.Supervisor); err != nil {
				return err
			}
			posts, err := o.PostsOf(ctx, tx, p.ID)
			if err != nil {
				return err
			}
			h.sessions[n.key] = &authz.Session{PersonID: string(p.ID), Name: n.key, Posts: posts}
			if n.key == "city" { // a colleague, who agrees
				p, err := o.AddPerson(ctx, tx, authz.System("test"), org.Person{Unit: u.ID, Name: "colleague"})
				if err != nil {
					return err
				}
				if err := o.Appoint(ctx, tx, authz.System("test"), p.ID, u.ID, authz.Supervisor); err != nil {
					return err
				}
				posts, err := o.PostsOf(ctx, tx, p.ID)
				if err != nil {
					return err
				}
				h.sessions["colleague"] = &authz.Session{PersonID: string(p.ID), Name: "colleague", Posts: posts}
			}
			site, err := reg.EnterSite(ctx, tx, registry.Site{Unit: u.ID, Kind: n.site, Name: n.name + "网站", Host: n.key + ".gov.cn", Hosted: n.key == "city"})
			if err != nil {
				return err
			}
			h.sites[n.key] = site.ID
		}
		return nil
	}))
	return h
}

func (h *house) as(name string, p authz.Permission) (context.Context, authz.Scope) {
	s := h.sessions[name]
	unit, _ := s.Unit()
	return audit.WithActor(context.Background(), audit.Actor{Kind: "person", ID: s.PersonID, Name: s.Name, Unit: unit}), s.ScopeFor(p)
}

// put files a finding as a run would have.
func (h *house) put(site, checkID, severity, clause string, at time.Time) inspection.FindingID {
	h.t.Helper()
	ctx := audit.System(context.Background(), "test")
	id := ulid.Make().String()
	err := h.db.Update(ctx, func(tx *db.Tx) error {
		if _, _, err := inspection.FindingMachine.Take(ctx, tx, id, "find", passage.Note{}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO finding (id, site_id, check_id, fingerprint, severity, clause, says, page_url, place, first_seen, last_seen, state) VALUES ($1, $2, $3, $4, $5, $6, $7, '', $8, $9, $10, 'open')`,
			id, h.sites[site], checkID, id, severity, clause, "“栏目"+id+"”有问题", id, at, at); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "test.finding", Target: audit.Target{Kind: "finding", ID: id}})
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return inspection.FindingID(id)
}

// ran files a finished run of a site.
func (h *house) ran(site string, at time.Time) {
	h.t.Helper()
	ctx := audit.System(context.Background(), "test")
	err := h.db.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO inspection_run (id, site_id, kind, state, asked_at, finished_at, pages, links) VALUES ($1, $2, 'patrol', 'done', $3, $4, 20, 100)`, ulid.Make().String(), h.sites[site], at, at); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "test.run", Target: audit.Target{Kind: "site", ID: site}})
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// quarter is one with something of everything.
func (h *house) quarter() {
	h.t.Helper()
	february := time.Date(2026, 2, 10, 1, 0, 0, 0, time.UTC)
	for _, s := range []string{"city", "swj", "county", "tongchuan"} {
		h.ran(s, february)
	}
	var ids []inspection.FindingID
	for _, f := range []struct{ site, check, severity, clause string }{
		{"city", "link.dead", "error", "D-19"}, {"city", "link.dead", "error", "D-19"}, {"city", "footer.icp", "error", "D-18"},
		{"swj", "home.stale", "serious", "V-W-3"}, {"county", "wording.spelling", "error", "S19.3a"}, {"county", "strange.thing", "advice", ""}, {"tongchuan", "link.dead", "error", "D-19"},
	} {
		ids = append(ids, h.put(f.site, f.check, f.severity, f.clause, february))
	}
	h.put("city", "link.dead", "error", "D-19", time.Date(2025, 12, 1, 1, 0, 0, 0, time.UTC)) // the quarter before
	ctx, scope := h.as("city", authz.OrderIssue)
	orders, err := h.assess.IssueOrders(ctx, scope, assessment.Issue{Findings: ids[:6], Together: true})
	if err != nil || len(orders) != 3 {
		h.t.Fatalf("%d orders (%v)", len(orders), err)
	}
	i := slices.IndexFunc(orders, func(o assessment.Order) bool { return o.Site == h.sites["swj"] })
	if _, err := h.assess.Accept(ctx, scope, orders[i].ID, ids[3], "已到现场核实更新。"); err != nil {
		h.t.Fatal(err)
	}
	above, wide := h.as("colleague", authz.OrderIssue) // what is serious takes two
	if _, err := h.assess.Accept(above, wide, orders[i].ID, ids[3], "复核属实，已更新。"); err != nil {
		h.t.Fatal(err)
	}
	h.letters = []reporting.Figure{{Key: "received", Name: "收到留言", Unit: "件", Rows: []reporting.Row{{Kind: "letter", ID: "1", Text: "LX-2026-0001"}, {Kind: "letter", ID: "2", Text: "LX-2026-0002"}}}, {Key: "late", Name: "超期留言", Unit: "件", Rows: []reporting.Row{}}}
}

func (h *house) compose(period string) reporting.Bulletin {
	h.t.Helper()
	p, err := assessment.ParsePeriod(period)
	if err != nil {
		h.t.Fatal(err)
	}
	ctx, scope := h.as("city", authz.BulletinCompose)
	b, err := h.svc.Compose(ctx, scope, reporting.QuarterlyBulletin, city, p)
	if err != nil {
		h.t.Fatal(err)
	}
	if b, err = h.svc.Bulletin(ctx, scope, b.ID); err != nil {
		h.t.Fatal(err)
	}
	return b
}

// agree brings a draft past its second person.
func (h *house) agree(id reporting.BulletinID) {
	h.t.Helper()
	ctx, scope := h.as("city", authz.BulletinCompose)
	if _, err := h.svc.Submit(ctx, scope, id); err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.svc.Agree(ctx, scope, id, ""); !fault.Is(err, fault.Refused) {
		h.t.Fatalf("who submits agrees: %v", err)
	}
	ctx, scope = h.as("colleague", authz.BulletinCompose)
	if _, err := h.svc.Agree(ctx, scope, id, "同意"); err != nil {
		h.t.Fatal(err)
	}
}

// count asks the database by itself.
func (h *house) count(query string, args ...any) int {
	h.t.Helper()
	n, err := db.One(context.Background(), h.db, db.Value[int], query, args...)
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

// Every number of the bulletin is the number of its rows, the rows are those
// the database holds, and the document says the same numbers.
func TestArticle29_NumbersEqualRows(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.quarter()
		h.clock.Set(time.Date(2026, 4, 8, 1, 0, 0, 0, time.UTC))
		b := h.compose("2026-Q1")
		c := b.Content
		q := assessment.QuarterOf(calendar.Date{Year: 2026, Month: 1, Day: 1})
		const in = ` JOIN site s ON s.id = x.site_id JOIN unit u ON u.id = s.unit_id JOIN area a ON a.id = u.area_id WHERE a.code LIKE '6101%' `
		found := `SELECT count(*) FROM finding x` + in + `AND x.first_seen >= $1 AND x.first_seen < $2 `
		issued := `SELECT count(*) FROM rectify_order x` + in + `AND x.issued_at >= $1 AND x.issued_at < $2 `
		for key, want := range map[string]int{
			"sites.total":        h.count(`SELECT count(*) FROM site s JOIN unit u ON u.id = s.unit_id JOIN area a ON a.id = u.area_id WHERE a.code LIKE '6101%'`),
			"sites.checked":      3,
			"sites.qualified":    2,
			"sites.unqualified":  1,
			"sites.untested":     1,
			"accounts.total":     0,
			"findings.total":     h.count(found, q.Start(), q.End()),
			"findings.link":      h.count(found+`AND x.check_id LIKE 'link.%'`, q.Start(), q.End()),
			"findings.footer":    1,
			"findings.home":      1,
			"findings.wording":   1,
			"findings.other":     1,
			"findings.closed":    h.count(found+`AND x.state = 'closed'`, q.Start(), q.End()),
			"findings.open":      h.count(found+`AND x.state <> 'closed'`, q.Start(), q.End()),
			"orders.issued":      h.count(issued, q.Start(), q.End()),
			"orders.closed":      h.count(issued+`AND x.state = 'closed'`, q.Start(), q.End()),
			"orders.open":        h.count(issued+`AND x.state <> 'closed'`, q.Start(), q.End()),
			"orders.overdue":     2, // both that stand, on 8 April
			"letters.received":   2,
			"letters.late":       0,
			"before.unqualified": 0,
			"before.mended":      0,
			"before.orders":      0,
			"before.closed":      0,
			"launch.late":        0,
			"launch.after":       0,
			"launch.stated":      0,
			"launch.silent":      0,
		} {
			f := c.Figure(key)
			if !c.Has(key) || f.N() != want {
				t.Errorf("%s is %d, want %d", key, f.N(), want)
			}
			ids := map[string]bool{}
			for _, r := range f.Rows {
				ids[r.Kind+r.ID] = true
			}
			if len(ids) != f.N() {
				t.Errorf("%s counts %d rows of %d things", key, f.N(), len(ids))
			}
		}
		if got := c.Figure("findings.total").N(); got != 6 {
			t.Errorf("%d findings, want 6: neither the neighbour's nor the quarter before's", got)
		}
		sum := func(keys ...string) (n int) {
			for _, k := range keys {
				n += c.Figure(k).N()
			}
			return n
		}
		if sum("sites.qualified", "sites.unqualified") != sum("sites.checked") || sum("sites.checked", "sites.untested") != sum("sites.total") ||
			sum("findings.closed", "findings.open") != sum("findings.total") || sum("orders.closed", "orders.open") != sum("orders.issued") {
			t.Error("the parts do not add up")
		}
		kinds := 0
		for _, f := range c.Section(reporting.SectionFindings)[3:] {
			kinds += f.N()
		}
		if kinds != sum("findings.total") {
			t.Errorf("kinds add up to %d of %d", kinds, sum("findings.total"))
		}
		if len(c.Unqualified) != 1 || c.Unqualified[0].Name != "西安市商务局网站" || len(c.Unqualified[0].Reasons[0].Evidence) != 1 || c.Unqualified[0].Reasons[0].Indicator != "V-W-3" {
			t.Errorf("%+v", c.Unqualified)
		}
		paper := text(t, b)
		for _, f := range c.Figures {
			if row := "|" + f.Name + "|" + strconv.Itoa(f.N()) + f.Unit; !strings.Contains(paper, row) {
				t.Errorf("the document lacks %s", row)
			}
		}
		for _, s := range c.Shares {
			if !strings.Contains(paper, s.Name+"|"+c.Percent(s)) {
				t.Errorf("the document lacks %s %s", s.Name, c.Percent(s))
			}
		}
		for _, want := range []string{"应检查政府网站4个，已检查3个，检查覆盖率75%。其中合格2个，不合格1个，检查合格率66.7%", "下发整改通知3份", "收到留言2件", "关于西安市2026年第一季度政府网站与政务新媒体检查情况的通报", "省级未采用"} {
			if !strings.Contains(paper, want) {
				t.Errorf("the document does not say %q", want)
			}
		}
	})
}

var tag = regexp.MustCompile(`<[^>]*>`)

// text is what the document says, cells parted by a bar.
func text(t testing.TB, b reporting.Bulletin) string {
	t.Helper()
	var out bytes.Buffer
	if _, err := b.Paper().WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open("word/document.xml")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	xml, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return tag.ReplaceAllString(strings.ReplaceAll(string(xml), "</w:tc>", "|"), "")
}

func TestFreezeKeepsAndIssue(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.quarter()
		b := h.compose("2026-Q1")
		ctx, scope := h.as("city", authz.BulletinCompose)
		if _, err := h.svc.Freeze(ctx, scope, b.ID); !fault.Is(err, fault.Refused) {
			t.Errorf("freezing a quarter that runs: %v", err)
		}
		if b.Content.Complete {
			t.Error("a running quarter is complete")
		}
		h.clock.Set(time.Date(2026, 4, 8, 1, 0, 0, 0, time.UTC))
		if _, err := h.svc.Issue(ctx, scope, b.ID, "市政办函〔2026〕5号"); !fault.Is(err, fault.Conflict) {
			t.Errorf("issuing a draft: %v", err)
		}
		if _, err := h.svc.Freeze(ctx, scope, b.ID); !fault.Is(err, fault.Conflict) {
			t.Errorf("freezing what nobody agreed to: %v", err)
		}
		h.agree(b.ID)
		frozen, err := h.svc.Freeze(ctx, scope, b.ID)
		if err != nil || len(frozen.SHA256) != 64 {
			t.Fatalf("%+v (%v)", frozen.SHA256, err)
		}
		// What happens afterwards changes nothing.
		h.put("city", "link.dead", "error", "D-19", time.Date(2026, 3, 30, 1, 0, 0, 0, time.UTC))
		again, err := h.svc.Bulletin(ctx, scope, b.ID)
		if err != nil || again.Content.Figure("findings.total").N() != 6 {
			t.Errorf("%d findings (%v)", again.Content.Figure("findings.total").N(), err)
		}
		if once, twice := text(t, again), text(t, again); once != twice {
			t.Error("the document is not stable")
		}
		if _, err := h.svc.Thaw(ctx, scope, b.ID); err != nil {
			t.Fatal(err)
		}
		if draft, err := h.svc.Bulletin(ctx, scope, b.ID); err != nil || draft.Content.Figure("findings.total").N() != 7 {
			t.Errorf("thawed: %d findings (%v)", draft.Content.Figure("findings.total").N(), err)
		}
		h.agree(b.ID)
		if _, err := h.svc.Freeze(ctx, scope, b.ID); err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"", "5号", "市政办函[2026]5号", "市政办函〔2026〕05号"} {
			if _, err := h.svc.Issue(ctx, scope, b.ID, bad); !fault.Is(err, fault.Invalid) {
				t.Errorf("number %q: %v", bad, err)
			}
		}
		issued, err := h.svc.Issue(ctx, scope, b.ID, "市政办函〔2026〕5号")
		if err != nil || issued.State != reporting.Issued {
			t.Fatalf("%+v (%v)", issued.State, err)
		}
		if _, err := h.svc.Thaw(ctx, scope, b.ID); !fault.Is(err, fault.Conflict) {
			t.Errorf("thawing what went out: %v", err)
		}
		if issued, err = h.svc.Bulletin(ctx, scope, b.ID); err != nil || !strings.Contains(text(t, issued), "市政办函〔2026〕5号") {
			t.Errorf("number in the document (%v)", err)
		}
		// The next quarter looks again at what this one left.
		h.clock.Set(time.Date(2026, 7, 2, 1, 0, 0, 0, time.UTC))
		h.ran("city", time.Date(2026, 6, 2, 1, 0, 0, 0, time.UTC))
		next := h.compose("2026-Q2").Content
		if next.Figure("before.unqualified").N() != 1 || next.Figure("before.orders").N() != 3 || next.Figure("before.closed").N() != 1 || next.Figure("before.mended").N() != 0 {
			t.Errorf("%v", next.Section(reporting.SectionBefore))
		}
		// Hands on the stored text show.
		ctx2 := audit.System(context.Background(), "test")
		err = h.db.Update(ctx2, func(tx *db.Tx) error {
			if _, err := tx.Exec(ctx2, `UPDATE bulletin SET content = replace(content, 'LX-2026-0001', 'LX-2026-0009') WHERE id = $1`, b.ID); err != nil {
				return err
			}
			return audit.Record(ctx2, tx, audit.Entry{Act: "test.tamper", Target: audit.Target{Kind: "bulletin", ID: string(b.ID)}})
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.svc.Bulletin(ctx, scope, b.ID); !fault.Is(err, fault.Conflict) || !strings.Contains(fault.Of(err).Says, "校验值不一致") {
			t.Errorf("tampered: %v", err)
		}
	})
}

func TestComposeRefusals(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, scope := h.as("city", authz.BulletinCompose)
		month := assessment.MonthOf(calendar.DateOf(morning))
		quarter := assessment.QuarterOf(calendar.DateOf(morning))
		for _, tt := range []struct {
			area org.AreaID
			p    assessment.Period
			want fault.Kind
		}{{"", quarter, fault.Invalid}, {city, month, fault.Invalid}, {city, quarter.Next(), fault.Invalid}, {"city-610200000000", quarter, fault.NotFound}, {"city-999900000000", quarter, fault.NotFound}} {
			if _, err := h.svc.Compose(ctx, scope, reporting.QuarterlyBulletin, tt.area, tt.p); !fault.Is(err, tt.want) {
				t.Errorf("%s %s: %v", tt.area, tt.p, err)
			}
		}
		var wg sync.WaitGroup
		errs := make([]error, 2)
		for i := range errs {
			wg.Go(func() { _, errs[i] = h.svc.Compose(ctx, scope, reporting.QuarterlyBulletin, city, quarter) })
		}
		wg.Wait()
		if n := h.count(`SELECT count(*) FROM bulletin`); n != 1 || (errs[0] == nil) == (errs[1] == nil) {
			t.Errorf("%d bulletins, %v", n, errs)
		}
		nb, foreign := h.as("tongchuan", authz.BulletinCompose)
		list, _, err := h.svc.Bulletins(ctx, scope, reporting.Filter{})
		if err != nil || len(list) != 1 {
			t.Fatal(len(list), err)
		}
		id := list[0].ID
		for name, do := range map[string]func() error{
			"read":    func() error { _, err := h.svc.Bulletin(nb, foreign, id); return err },
			"freeze":  func() error { _, err := h.svc.Freeze(nb, foreign, id); return err },
			"thaw":    func() error { _, err := h.svc.Thaw(nb, foreign, id); return err },
			"issue":   func() error { _, err := h.svc.Issue(nb, foreign, id, "市政办函〔2026〕5号"); return err },
			"history": func() error { _, err := h.svc.History(nb, foreign, id); return err },
		} {
			if err := do(); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if got, total, err := h.svc.Bulletins(nb, foreign, reporting.Filter{}); err != nil || total != 0 || len(got) != 0 {
			t.Errorf("%d (%v)", total, err)
		}
		if p, err := h.svc.Places(nb, foreign); err != nil || len(p) != 1 || p[0].Name != "铜川市" {
			t.Errorf("%+v (%v)", p, err)
		}
	})
}

func TestPercent(t *testing.T) {
	rows := func(n int) []reporting.Row { return make([]reporting.Row, n) }
	for _, tt := range []struct {
		part, of int
		want     string
	}{{0, 0, "—"}, {0, 3, "0%"}, {3, 3, "100%"}, {1, 3, "33.3%"}, {2, 3, "66.7%"}, {1, 8, "12.5%"}, {1, 2000, "0.1%"}, {1, 2001, "0%"}, {609, 609, "100%"}} {
		c := reporting.Content{Figures: []reporting.Figure{{Key: "p", Rows: rows(tt.part)}, {Key: "o", Rows: rows(tt.of)}}}
		if got := c.Percent(reporting.Share{Part: "p", Of: "o"}); got != tt.want {
			t.Errorf("%d of %d: %s, want %s", tt.part, tt.of, got, tt.want)
		}
	}
}

// The figures of letters come from the module that keeps them, row by row, and
// hold nothing of what was written.
func TestLettersAreCountedByTheirModule(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := audit.System(context.Background(), "test")
		if err := passage.Declare(ctx, h.db, letters.Machine); err != nil {
			t.Fatal(err)
		}
		key, err := seal.Open(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		days, err := calendar.Published()
		if err != nil {
			t.Fatal(err)
		}
		o := org.New(h.db)
		svc := letters.New(h.db, o, registry.New(h.db, o), obligation.New(h.db, o, letters.ReplyKind), days, key)
		desk := letters.NewDesk(svc)
		if err := h.db.Update(ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec(ctx, `UPDATE site SET hosted = TRUE`); err != nil {
				return err
			}
			return audit.Record(ctx, tx, audit.Entry{Act: "test.host", Target: audit.Target{Kind: "site"}})
		}); err != nil {
			t.Fatal(err)
		}
		for i, site := range []string{"swj", "county", "tongchuan"} {
			token := desk.FormToken(h.sites[site])
			h.clock.Advance(time.Minute)
			if _, err := desk.Receive(context.Background(), h.sites[site], letters.Submission{Type: letters.Consult, Title: "集市几点开门", Token: token, Consent: true, Name: "李梅", Phone: "1380013800" + strconv.Itoa(i), Body: "请问周末集市几点开门？谢谢。"}); err != nil {
				t.Fatal(err)
			}
		}
		h.clock.Set(time.Date(2026, 4, 8, 1, 0, 0, 0, time.UTC))
		a, err := o.Area(ctx, h.db, city)
		if err != nil {
			t.Fatal(err)
		}
		quarter, scope := assessment.QuarterOf(calendar.DateOf(morning)), authz.Area("test", a.Path)
		// Nobody was late on the day the letters came, whoever asks when.
		got, err := reporting.LettersOf(svc)(ctx, scope, quarter, calendar.DateOf(morning))
		if err != nil || len(got) != 4 || got[0].N() != 2 || got[3].N() != 0 {
			t.Fatalf("as of that day: %+v (%v)", got, err)
		}
		got, err = reporting.LettersOf(svc)(ctx, scope, quarter, calendar.DateOf(h.clock.Now()))
		if err != nil || len(got) != 4 || got[0].N() != 2 || got[1].N() != 0 || got[3].N() != 2 {
			t.Fatalf("%+v (%v)", got, err)
		}
		for _, f := range got {
			for _, r := range f.Rows {
				if r.Text == "" || strings.Contains(r.Text+r.Note, "集市") || strings.Contains(r.Text+r.Note, "李") {
					t.Errorf("%+v", r)
				}
			}
		}
	})
}

// A share of nothing is not said at all.
func TestNarrativeOfNothing(t *testing.T) {
	shares := []reporting.Share{{Key: "sites.coverage", Name: "检查覆盖率", Part: "sites.checked", Of: "sites.total"}, {Key: "sites.rate", Name: "检查合格率", Part: "sites.qualified", Of: "sites.checked"}, {Key: "orders.rate", Name: "整改办结率", Part: "orders.closed", Of: "orders.issued"}}
	for _, section := range []string{reporting.SectionSites, reporting.SectionOrders} {
		text := strings.Join(reporting.Content{Shares: shares}.Narrative(section), "")
		if text == "" || strings.Contains(text, "率") || strings.Contains(text, "—") || strings.Contains(text, "，，") || strings.Contains(text, "，；") {
			t.Errorf("%s: %s", section, text)
		}
	}
}
