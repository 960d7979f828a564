package annual_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/annual"
	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/reporting"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/visits"
)

// house is a province with a city, its commerce bureau and a county, each with a
// site; the bureau has two accounts.
type house struct {
	t        *testing.T
	db       *db.DB
	clock    *calendar.Manual
	svc      *annual.Service
	obl      *obligation.Service
	sites    map[string]registry.SiteID
	units    map[string]org.UnitID
	sessions map[string]*authz.Session
	bulletin map[string]reporting.Content // by period
	placed   map[string][]byte
	pages    map[string]string // address → body
}

var (
	spring = time.Date(2026, 1, 1, 1, 0, 0, 0, time.UTC)
	system = authz.System("test")
)

const city = org.AreaID("city-610100000000")

func each(t *testing.T, fn func(t *testing.T, h *house)) {
	t.Helper()
	clock := calendar.NewManual(spring)
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(spring)
		fn(t, build(t, d, clock))
	})
}

func build(t *testing.T, d *db.DB, clock *calendar.Manual) *house {
	t.Helper()
	h := &house{t: t, db: d, clock: clock, sites: map[string]registry.SiteID{}, units: map[string]org.UnitID{}, sessions: map[string]*authz.Session{}, bulletin: map[string]reporting.Content{}, placed: map[string][]byte{}, pages: map[string]string{}}
	ctx := audit.System(context.Background(), "test")
	fatal := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	fatal(passage.Declare(ctx, d, registry.SiteMachine, registry.AccountMachine, annual.Machine))
	o := org.New(d)
	reg := registry.New(d, o)
	days, err := calendar.Published()
	fatal(err)
	store, err := blob.Disk(t.TempDir())
	fatal(err)
	h.obl = obligation.New(d, o, annual.Obligations()...)
	h.svc = annual.New(annual.Parts{DB: d, Org: o, Registry: reg, Obligations: h.obl, Days: days, Store: store, Settings: sx2021.Defaults,
		Quarters: func(_ context.Context, _ authz.Scope, area org.AreaID, p assessment.Period) (reporting.Content, bool, error) {
			c, ok := h.bulletin[string(area)+" "+p.String()]
			return c, ok, nil
		},
		Visits: func(context.Context, authz.Scope, registry.SiteID, int) (visits.YearFigures, error) {
			return visits.YearFigures{Days: 2, First: calendar.Date{Year: 2026, Month: 5, Day: 1}, Last: calendar.Date{Year: 2026, Month: 5, Day: 2}, Method: "方法"}, nil
		},
		Fetch: h, Ours: func(_ context.Context, host string) (bool, error) { return host == "ours.gov.cn", nil },
		Place: func(name string, body []byte) error { h.placed[name] = body; return nil }})
	fatal(d.Update(ctx, func(tx *db.Tx) error {
		for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"}, {Level: org.County, Code: "610113", Name: "雁塔区", Parent: city}} {
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
		}{{"province", "province-610000000000", org.Office, "陕西省人民政府办公厅", ""}, {"city", city, org.Office, "西安市人民政府办公厅", registry.Portal}, {"swj", city, org.Department, "西安市商务局", registry.DepartmentSite}, {"county", "county-610113000000", org.Office, "雁塔区人民政府办公室", registry.Portal}} {
			u, _, err := o.AddUnit(ctx, tx, org.Unit{Area: n.area, Kind: n.kind, Name: n.name})
			if err != nil {
				return err
			}
			h.units[n.key] = u.ID
			roles := []authz.Role{authz.Supervisor}
			if n.kind == org.Department {
				roles = []authz.Role{authz.Sponsor}
			}
			for i := range 2 {
				name := n.key + strings.Repeat("2", i)
				p, err := o.AddPerson(ctx, tx, system, org.Person{Unit: u.ID, Name: name})
				if err != nil {
					return err
				}
				if err := o.Appoint(ctx, tx, system, p.ID, u.ID, roles[0]); err != nil {
					return err
				}
				posts, err := o.PostsOf(ctx, tx, p.ID)
				if err != nil {
					return err
				}
				h.sessions[name] = &authz.Session{PersonID: string(p.ID), Name: name, Posts: posts}
			}
			if n.site == "" {
				continue
			}
			site, err := reg.EnterSite(ctx, tx, registry.Site{Unit: u.ID, Kind: n.site, Name: n.name + "网站", Host: n.key + ".gov.cn", Hosted: n.key == "swj", SiteCode: "6101000001", ICP: "陕ICP备1号", PoliceFiling: "陕公网安备1号"})
			if err != nil {
				return err
			}
			h.sites[n.key] = site.ID
		}
		for _, a := range []registry.Account{{Platform: "weibo", Name: "西安商务"}, {Platform: "wechat", Name: "西安商务发布"}} {
			a.Unit = h.units["swj"]
			if _, err := reg.EnterAccount(ctx, tx, system, a, registry.Why{Says: "存量登记"}); err != nil {
				return err
			}
		}
		return nil
	}))
	return h
}

// Get is the outside world: the pages it was told.
func (h *house) Get(_ context.Context, address string, _ egress.Options) (*egress.Response, error) {
	if body, ok := h.pages[address]; ok {
		return &egress.Response{Status: 200, Body: []byte(body)}, nil
	}
	return &egress.Response{Status: 404}, nil
}

func (h *house) as(name string) (context.Context, *authz.Session) {
	s := h.sessions[name]
	unit, _ := s.Unit()
	return authz.WithSession(audit.WithActor(context.Background(), audit.Actor{Kind: "person", ID: s.PersonID, Name: s.Name, Unit: unit}), s), s
}

func (h *house) on(year int, month time.Month, day int) {
	h.clock.Set(time.Date(year, month, day, 2, 0, 0, 0, time.UTC))
}

func (h *house) exec(statements ...string) {
	h.t.Helper()
	ctx := audit.System(context.Background(), "test")
	if err := h.db.Update(ctx, func(tx *db.Tx) error {
		for _, s := range statements {
			if _, err := tx.Exec(ctx, s); err != nil {
				return fmt.Errorf("%s: %w", s, err)
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "test"})
	}); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) open() {
	h.t.Helper()
	if _, err := h.svc.OpenYear(context.Background()); err != nil {
		h.t.Fatal(err)
	}
}

// form is the newest edition of an object's form.
func (h *house) form(k annual.Kind, object string) annual.Dossier {
	h.t.Helper()
	list, _, err := h.svc.Forms(context.Background(), system, annual.Filter{Kind: k, Object: object})
	if err != nil || len(list) == 0 {
		h.t.Fatalf("%d forms of %s %s (%v)", len(list), k, object, err)
	}
	newest := list[0]
	for _, f := range list {
		if f.Year > newest.Year || f.Year == newest.Year && f.Edition > newest.Edition {
			newest = f
		}
	}
	d, err := h.svc.Form(context.Background(), system, newest.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	return d
}

// complete types what is missing, so that no rule is broken.
func (h *house) complete(who string, d annual.Dossier, over map[string]annual.Entry) {
	h.t.Helper()
	ctx, s := h.as(who)
	entries := map[string]annual.Entry{}
	for _, l := range d.Lines {
		if l.Value != "" || !l.Cell.Required || l.Cell.Formula != nil {
			continue
		}
		e := annual.Entry{Value: "0", Source: "办事系统报表"}
		switch l.Cell.Kind {
		case annual.Choice:
			e.Value = "否"
		case annual.Words:
			e.Value = "李某"
		case annual.Day:
			e.Value = "2027-01-10"
		}
		entries[l.Cell.ID] = e
	}
	for cell, e := range over {
		entries[cell] = e
	}
	if err := h.svc.Type(ctx, s.ScopeFor(authz.AnnualFill), s, d.ID, entries); err != nil {
		h.t.Fatalf("%s: %v", d.ObjectName, fault.Of(err).Fields)
	}
}

// public takes a form all the way.
func (h *house) public(d annual.Dossier, fills, reviews string) {
	h.t.Helper()
	ctx, s := h.as(fills)
	if err := h.svc.Submit(ctx, s.ScopeFor(authz.AnnualFill), s, d.ID); err != nil {
		h.t.Fatalf("submit: %v %v", err, fault.Of(err).Fields)
	}
	rctx, r := h.as(reviews)
	if err := h.svc.Approve(rctx, r.ScopeFor(authz.AnnualReview), r, d.ID); err != nil {
		h.t.Fatal(err)
	}
	if err := h.svc.Publish(ctx, s.ScopeFor(authz.AnnualFill), s, d.ID); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) owed(kind string) []obligation.Obligation {
	h.t.Helper()
	list, err := h.obl.Obligations(context.Background(), system, obligation.Filter{Kind: kind})
	if err != nil {
		h.t.Fatal(err)
	}
	return list
}

// Article 19(6): every running site, every unit with accounts and every
// supervisor owes its form by the province's day; each goes to the office above.
func TestArticle19_6_TheYearOpensForEveryoneWhoOwes(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.on(2026, 7, 1)
		h.open()
		if n := len(h.owed("annual_form")); n != 0 {
			t.Fatalf("%d owed in July", n)
		}
		// Begun early by hand: owed only in its season.
		ctx, s := h.as("swj")
		early, err := h.svc.Begin(ctx, s.ScopeFor(authz.AnnualFill), s, annual.SiteForm, string(h.sites["swj"]), 2026)
		if err != nil || !early.DueOn.IsZero() {
			t.Fatalf("%+v %v", early, err)
		}
		if _, err := h.svc.Begin(ctx, s.ScopeFor(authz.AnnualFill), s, annual.SiteForm, string(h.sites["swj"]), 2026); !fault.Is(err, fault.Conflict) {
			t.Errorf("begun twice: %v", err)
		}
		for _, year := range []int{2016, 2027} {
			if _, err := h.svc.Begin(ctx, s.ScopeFor(authz.AnnualFill), s, annual.SiteForm, string(h.sites["swj"]), year); !fault.Is(err, fault.Invalid) {
				t.Errorf("a form of %d: %v", year, err)
			}
		}
		if _, err := h.svc.Begin(ctx, s.ScopeFor(authz.AnnualFill), s, annual.SiteForm, string(h.sites["city"]), 2026); !fault.Is(err, fault.NotFound) {
			t.Errorf("another's site: %v", err)
		}
		h.on(2026, 11, 22)
		h.open()
		if n := len(h.owed("annual_form")); n != 0 {
			t.Fatalf("%d owed a day too early", n)
		}
		h.on(2026, 11, 23)
		h.open()
		h.open() // done each day
		owed := h.owed("annual_form")
		if len(owed) != 7 { // three sites, three supervisors, the accounts of one unit
			t.Fatalf("%d owed", len(owed))
		}
		for _, o := range owed {
			if o.Due.On.String() != "2027-01-22" || !strings.HasPrefix(o.Link, "/console/annual/") {
				t.Errorf("%+v", o)
			}
		}
		for _, x := range []struct {
			kind     annual.Kind
			object   string
			reviewer string
		}{{annual.SiteForm, string(h.sites["swj"]), "city"}, {annual.SiteForm, string(h.sites["city"]), "province"}, {annual.SiteForm, string(h.sites["county"]), "city"}, {annual.SupervisionForm, string(h.units["city"]), "province"}, {annual.SupervisionForm, string(h.units["province"]), "province"}, {annual.MediaForm, string(h.units["swj"]), "city"}} {
			if d := h.form(x.kind, x.object); d.Reviewer != h.units[x.reviewer] {
				t.Errorf("%s goes to %s", d.ObjectName, d.ReviewerName)
			}
		}
		// A site that closes before the year is over owes none.
		h.exec(`UPDATE site SET state = 'closed' WHERE id = '` + string(h.sites["county"]) + `'`)
		h.open()
		if d := h.form(annual.SiteForm, string(h.sites["county"])); d.State != annual.Ended {
			t.Errorf("the form of a closed site is %s", d.State)
		}
		if n := len(h.owed("annual_form")); n != 6 {
			t.Errorf("%d owed after it closed", n)
		}
	})
}

// rows fills the records of the commerce bureau's site and accounts in 2026.
func (h *house) rows() {
	h.t.Helper()
	site, unit, office := string(h.sites["swj"]), string(h.units["swj"]), string(h.units["city"])
	person := h.sessions["swj"].PersonID
	q := func(format string, a ...any) string { return fmt.Sprintf(format, a...) }
	at := "'2026-05-01T02:00:00Z'"
	list := []string{}
	for _, c := range [][2]string{{"kc1", "政务动态"}, {"kc2", "政策文件"}, {"kc3", "概况信息"}, {"kc4", "政策解读"}} {
		list = append(list, q(`INSERT INTO site_column (id, site_id, slug, name, type, description, unit_id, owner_id, a_id, b_id, cycle_days, created_at) VALUES ('%s', '%s', '%s', '%s', '%s', '', '%s', '%s', '%s', '%s', 7, %s)`, c[0], site, c[0], c[1], c[1], unit, person, person, h.sessions["swj2"].PersonID, at))
	}
	for i, x := range []struct{ column, kind string }{{"kc1", "article"}, {"kc1", "response"}, {"kc2", "policy"}, {"kc3", "article"}, {"kc4", "interpretation"}, {"kc4", "interpretation"}} {
		list = append(list, q(`INSERT INTO item (id, content_id, unit_id, state, version, created_by, created_at, updated_at, type) VALUES ('it%d', 'it%d', '%s', 'published', 1, 'p', %s, %s, '%s')`, i, i, unit, at, at, x.kind),
			q(`INSERT INTO item_version (item_id, no, type, origin, title, doc, html, text, sha256, author_id, author_name, at) VALUES ('it%d', 1, '%s', 'original', '稿件%d', '{}', '', '', '', 'p', 'p', %s)`, i, x.kind, i, at),
			q(`INSERT INTO item_placement (id, item_id, site_id, column_id, state, live_at, created_at) VALUES ('pl%d', 'it%d', '%s', '%s', 'live', %s, %s)`, i, i, site, x.column, at, at))
	}
	list = append(list,
		// Shown a second time elsewhere: still one item.
		q(`INSERT INTO item_placement (id, item_id, site_id, column_id, state, live_at, created_at) VALUES ('zz', 'it0', '%s', 'kc2', 'live', '2026-06-01T02:00:00Z', %s)`, site, at),
		q(`INSERT INTO item_link (policy_id, interpretation_id, form, created_at) VALUES ('it2', 'it4', '文字', %s)`, at),
		q(`INSERT INTO item_link (policy_id, interpretation_id, form, created_at) VALUES ('it2', 'it5', '图解', %s)`, at),
		q(`INSERT INTO topic (id, site_id, slug, title, intro, ends_on, owner_id, state, rev, created_at, started_at) VALUES ('t1', '%s', 't1', '专题', '', '2026-12-01', '%s', 'live', 1, %s, %s)`, site, person, at, at),
		q(`INSERT INTO security_plan (id, unit_id, year, area_id, title, begins_on, due_on, state, made_by, made_at) VALUES ('sp', '%s', 2026, '%s', '检查', '2026-01-04', '2026-12-31', 'open', 'p', %s)`, office, city, at),
		q(`INSERT INTO security_sheet (id, plan_id, site_id, state, checked_on, checker, kept_at) VALUES ('sh', 'sp', '%s', 'checked', '2026-05-01', '测评中心', %s)`, site, at),
		q(`INSERT INTO security_hole (id, sheet_id, site_id, layer, severity, title, says, state, found_at, found_by, number) VALUES ('h1', 'sh', '%s', 'server', 'error', '机密细节', '机密细节', 'closed', %s, 'p', 'AQ-1')`, site, at),
		q(`INSERT INTO security_hole (id, sheet_id, site_id, layer, severity, title, says, state, found_at, found_by) VALUES ('h2', 'sh', '%s', 'network', 'error', '机密细节', '机密细节', 'found', %s, 'p')`, site, at),
		q(`INSERT INTO security_hole (id, sheet_id, site_id, layer, severity, title, says, state, found_at, found_by) VALUES ('h3', 'sh', '%s', 'network', 'error', '机密细节', '机密细节', 'withdrawn', %s, 'p')`, site, at),
		q(`INSERT INTO training_course (id, unit_id, year, kind, title, held_on, hours, state, created_by, created_at) VALUES ('c1', '%s', 2026, 'business', '培训', '2026-05-01', 30, 'held', 'p', %s)`, office, at),
		q(`INSERT INTO account_post (account_id, key, posted_on, title, original, source, taken_at) SELECT id, 'a', '2026-05-01', '推文', 'yes', 'file', %s FROM account WHERE platform = 'weibo'`, at),
		q(`INSERT INTO account_post (account_id, key, posted_on, title, original, source, taken_at) SELECT id, 'b', '2026-05-02', '推文', 'no', 'file', %s FROM account WHERE platform = 'weibo'`, at),
		`UPDATE account SET followers = 500, followers_on = '2026-05-01' WHERE platform = 'weibo'`)
	for i, answered := range []string{"'2026-05-04T02:00:00Z', '2026-05-04'", "'2026-05-02T02:00:00Z', '2026-05-02'", "NULL, NULL"} {
		list = append(list, q(`INSERT INTO letter (id, number, site_id, unit_id, handler_unit_id, type, title_sealed, body_sealed, name_sealed, phone_sealed, email_sealed, author_mac, text_mac, query_mac, public_consent, state, due_on, provisional, received_at, received_on, answered_at, answered_on, updated_at)
			VALUES ('l%d', 'LX-%d', '%s', '%s', '%s', 'consult', '', '', '', '', '', '', '', 'q%d', TRUE, 'submitted', '2026-05-08', FALSE, %s, '2026-05-01', %s, %s)`, i, i, site, unit, unit, i, at, answered, at))
	}
	for i := range 2 {
		list = append(list, q(`INSERT INTO visit_day (site_id, day, views, visitors, machines, requests, not_found, failed, searches, phones, bytes, sketch) VALUES ('%s', '2026-05-0%d', %d, %d, 0, 0, 0, 0, 0, 0, 0, '')`, site, i+1, 100*(i+1), 10*(i+1)))
	}
	for i := range 3 {
		list = append(list, q(`INSERT INTO training_attendance (id, course_id, unit_id, person_name, way, signed_at) VALUES ('ta%d', 'c1', '%s', '某%d', 'list', %s)`, i, office, i, at))
	}
	h.exec(list...)
	for n := 1; n <= 4; n++ {
		h.bulletin[fmt.Sprintf("%s 2026-Q%d", city, n)] = reporting.Content{Figures: []reporting.Figure{{Key: "sites.checked", Rows: []reporting.Row{{Kind: "site", ID: site, Text: "商务局"}, {Kind: "site", ID: string(h.sites["city"]), Text: "门户"}}}, {Key: "sites.unqualified", Rows: []reporting.Row{{Kind: "site", ID: site, Text: "商务局"}}}}}
	}
}

// Every figure that the house counts is its rows: as many, or their sum. So of
// every cell of every form, while it is filled in and after it was sent.
func TestEveryCellOpensTheRowsItCounts(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.rows()
		h.on(2027, 1, 8)
		h.open()
		want := map[annual.Kind]map[string]string{
			annual.SiteForm: {"published": "6", "news": "2", "directory": "1", "overview": "1", "explained": "2", "explained_text": "1", "explained_product": "1", "responded": "1", "topics_kept": "1", "topics_new": "1", "letters": "3", "letters_done": "2", "letters_days": "2", "letters_public": "0",
				"tests": "1", "problems": "1", "mended": "1", "views": "300", "visitors": "30", "mobile": "是", "weibo": "西安商务", "weibo_posts": "2", "weibo_followers": "500", "wechat": "西安商务发布", "wechat_posts": "", "wechat_followers": "", "class": "部门网站", "watch": "否"},
			annual.SupervisionForm: {"running": "3", "q1_checked": "2", "q1_failed": "1", "checked": "2", "failed": "1", "q1_share": "66.67", "secured": "1", "holes": "1", "holes_mended": "1", "courses": "1", "trainees": "3", "fakes": "0", "blamed": "0", "merged": "0", "offline": "0", "opened": "0"},
			annual.MediaForm:       {"running": "2", "weibo": "1", "wechat": "1", "clip": "0", "posts": "2", "original": "1", "original_share": "50", "followers": "500", "opened": "0", "closed": "0", "checked": "0", "failed": "0"},
		}
		objects := map[annual.Kind]string{annual.SiteForm: string(h.sites["swj"]), annual.SupervisionForm: string(h.units["city"]), annual.MediaForm: string(h.units["swj"])}
		who := map[annual.Kind]string{annual.SiteForm: "swj", annual.SupervisionForm: "city", annual.MediaForm: "swj"}
		opened := map[annual.Kind]string{}
		for kind, object := range objects {
			d := h.form(kind, object)
			for cell, value := range want[kind] {
				if l, ok := d.Line(cell); !ok || l.Value != value {
					t.Errorf("%s %s is %q (%s, %s), not %q", kind, cell, l.Value, l.Source, l.Fact.Missing, value)
				}
			}
			h.complete(who[kind], d, nil)
			opened[kind] = h.openAll(h.form(kind, object))
			ctx, s := h.as(who[kind])
			if err := h.svc.Submit(ctx, s.ScopeFor(authz.AnnualFill), s, d.ID); err != nil {
				t.Fatalf("%s: %v %v", kind, err, fault.Of(err).Fields)
			}
		}
		// What happens afterwards changes nothing that was sent.
		h.exec(`UPDATE account SET followers = followers + 7 WHERE platform = 'weibo'`, `DELETE FROM visit_day WHERE day = '2026-05-02'`)
		for kind, object := range objects {
			if again := h.openAll(h.form(kind, object)); again != opened[kind] {
				t.Errorf("%s: the rows changed after it was sent:\n%s\n%s", kind, opened[kind], again)
			}
		}
	})
}

// openAll opens every cell and holds the rows against the value; it returns
// them all.
func (h *house) openAll(d annual.Dossier) string {
	h.t.Helper()
	var all bytes.Buffer
	counted := 0
	for _, l := range d.Lines {
		rows, total, err := h.svc.Rows(context.Background(), system, d.ID, l.Cell.ID, 1000, 0)
		if err != nil {
			h.t.Fatalf("%s: %v", l.Cell.ID, err)
		}
		if !l.Cell.Counted() || l.Fact.Missing != "" {
			if len(rows) > 0 {
				h.t.Errorf("%s has no figure and %d rows", l.Cell.ID, len(rows))
			}
			continue
		}
		counted++
		sum := int64(0)
		for _, r := range rows {
			sum += r.N
			if r.Text == "" || strings.Contains(r.Text+r.Note, "机密") {
				h.t.Errorf("%s: row %+v", l.Cell.ID, r)
			}
		}
		switch {
		case total != l.Fact.Rows || total != len(rows):
			h.t.Errorf("%s says %d rows and opens %d of %d", l.Cell.ID, l.Fact.Rows, len(rows), total)
		case l.Cell.Kind == annual.Count && l.Origin == annual.Auto && l.Fact.Sum && l.Value != fmt.Sprint(sum) && l.Value != "":
			h.t.Errorf("%s is %s, its rows add up to %d", l.Cell.ID, l.Value, sum)
		case l.Cell.Kind == annual.Count && l.Origin == annual.Auto && !l.Fact.Sum && l.Value != fmt.Sprint(total):
			h.t.Errorf("%s is %s with %d rows", l.Cell.ID, l.Value, total)
		}
		if total > 1 {
			second, _, err := h.svc.Rows(context.Background(), system, d.ID, l.Cell.ID, 1, 1)
			if err != nil || len(second) != 1 || second[0].Key != rows[1].Key {
				h.t.Errorf("%s: the second page is %+v (%v)", l.Cell.ID, second, err)
			}
		}
		text, err := json.Marshal(rows)
		if err != nil {
			h.t.Fatal(err)
		}
		fmt.Fprintf(&all, "%s %s %s\n", l.Cell.ID, l.Value, text)
	}
	if counted < 10 {
		h.t.Errorf("%s counts %d cells only", d.Kind, counted)
	}
	return all.String()
}

// What nobody counted is missing, not nought.
func TestWhatNobodyCountedIsMissing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.on(2026, 12, 1)
		ctx, s := h.as("swj")
		f, err := h.svc.Begin(ctx, s.ScopeFor(authz.AnnualFill), s, annual.SiteForm, string(h.sites["swj"]), 2025)
		if err != nil {
			t.Fatal(err)
		}
		d, err := h.svc.Form(ctx, system, f.ID)
		if err != nil {
			t.Fatal(err)
		}
		for cell, want := range map[string]string{"published": "本系统从2026年1月1日起才有记录，没有 2025 年的数据", "letters": "本系统从2026年1月1日起才有记录，没有 2025 年的数据", "views": "本年没有访问统计", "wechat_posts": "本系统从2026年1月1日起才有记录，没有 2025 年的数据"} {
			if l, _ := d.Line(cell); l.Value != "" || l.Fact.Missing != want {
				t.Errorf("%s: %q, missing %q", cell, l.Value, l.Fact.Missing)
			}
		}
		h.open()
		if l, _ := h.form(annual.SiteForm, string(h.sites["city"])).Line("published"); l.Value != "" || l.Fact.Missing != "不由本平台承载，请按承载系统的数据填写" {
			t.Errorf("hosted elsewhere: %+v", l.Fact)
		}
		if l, _ := h.form(annual.SupervisionForm, string(h.units["city"])).Line("q1_checked"); l.Value != "" || !strings.Contains(l.Fact.Missing, "还没有定稿") {
			t.Errorf("no bulletin: %+v", l.Fact)
		}
	})
}

// The way of a form: nothing is sent with a gap or a contradiction, nobody decides
// on his own, what is sent does not change, and a published form is corrected by a
// further edition.
func TestArticle19_6_FromDraftToTheAddress(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.rows()
		h.on(2026, 12, 10)
		h.open()
		d := h.form(annual.SiteForm, string(h.sites["swj"]))
		ctx, s := h.as("swj")
		fill := s.ScopeFor(authz.AnnualFill)
		if err := h.svc.Submit(ctx, fill, s, d.ID); !fault.Is(err, fault.Refused) {
			t.Errorf("sent in a year that runs: %v", err)
		}
		octx, other := h.as("county")
		if err := h.svc.Type(octx, other.ScopeFor(authz.AnnualFill), other, d.ID, nil); !fault.Is(err, fault.NotFound) {
			t.Errorf("typed by a neighbour: %v", err)
		}
		rctx, boss := h.as("city")
		review := boss.ScopeFor(authz.AnnualReview)
		if err := h.svc.Type(rctx, review, boss, d.ID, map[string]annual.Entry{"users": {Value: "1", Source: "x"}}); !fault.Is(err, fault.Refused) {
			t.Errorf("typed by the office above: %v", err)
		}
		for cell, e := range map[string]annual.Entry{"users": {Value: "三百", Source: "报表"}, "items": {Value: "3"}, "published": {Value: "9", Source: "报表"}, "robot": {Value: "也许", Source: "报表"}, "novelties": {Value: "瞬间移动", Source: "x"}, "filled_on": {Value: "昨天"}, "letters_days": {Value: "1.234", Source: "x", Why: "y"}} {
			if err := h.svc.Type(ctx, fill, s, d.ID, map[string]annual.Entry{cell: e}); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s %+v: %v", cell, e, err)
			}
		}
		if err := h.svc.Type(ctx, fill, s, d.ID, map[string]annual.Entry{"no_such": {}}); !fault.Is(err, fault.NotFound) {
			t.Errorf("a cell that is not there: %v", err)
		}
		// A typed value stands instead of a counted one only with its reason, both shown.
		if err := h.svc.Type(ctx, fill, s, d.ID, map[string]annual.Entry{"published": {Value: "4", Source: "旧系统", Why: "旧系统另有两条"}}); err != nil {
			t.Fatal(err)
		}
		d = h.form(annual.SiteForm, string(h.sites["swj"]))
		if l, _ := d.Line("published"); l.Value != "4" || l.Origin != annual.Instead || l.Fact.Value != "6" || l.Typed.Counted != "6" {
			t.Errorf("instead: %+v", l)
		}
		h.complete("swj", d, map[string]annual.Entry{"items": {Value: "3", Source: "事项库"}, "items_online": {Value: "5", Source: "事项库"}})
		h.on(2027, 1, 8)
		err := h.svc.Submit(ctx, fill, s, d.ID)
		var broken []string
		for _, f := range fault.Of(err).Fields {
			broken = append(broken, f.Name+" "+f.Says)
		}
		if !fault.Is(err, fault.Invalid) || len(broken) != 2 || !strings.Contains(broken[0], "v_items_online") || !strings.Contains(broken[0], "“可全程在线办理政务服务事项数量”5，“政务服务事项数量”3") {
			t.Fatalf("contradictions: %v %q", err, broken)
		}
		if err := h.svc.Type(ctx, fill, s, d.ID, map[string]annual.Entry{"items_online": {Value: "3", Source: "事项库"}, "catalogue": {Value: "是", Source: "事项库"}, "published": {}}); err != nil {
			t.Fatal(err)
		}
		if err := h.svc.Publish(ctx, fill, s, d.ID); !fault.Is(err, fault.Conflict) {
			t.Errorf("published before it was approved: %v", err)
		}
		if err := h.svc.Submit(ctx, fill, s, d.ID); err != nil {
			t.Fatalf("%v %v", err, fault.Of(err).Fields)
		}
		if err := h.svc.Submit(ctx, fill, s, d.ID); !fault.Is(err, fault.Conflict) {
			t.Errorf("sent twice: %v", err)
		}
		if err := h.svc.Type(ctx, fill, s, d.ID, map[string]annual.Entry{"items": {Value: "9", Source: "x"}}); !fault.Is(err, fault.Conflict) {
			t.Errorf("changed after it was sent: %v", err)
		}
		if n := h.owed("annual_review"); len(n) != 1 || n[0].Unit != h.units["city"] {
			t.Errorf("review owed: %+v", n)
		}
		if err := h.svc.Return(rctx, review, boss, d.ID, " "); !fault.Is(err, fault.Invalid) {
			t.Errorf("returned without a word: %v", err)
		}
		if err := h.svc.Return(rctx, review, boss, d.ID, "注册用户数请核对"); err != nil {
			t.Fatal(err)
		}
		if d = h.form(annual.SiteForm, string(h.sites["swj"])); d.State != annual.Returned || d.SHA256 != "" || d.ReturnedWhy == "" {
			t.Errorf("returned: %+v", d.Form)
		}
		h.public(d, "swj", "city")
		d = h.form(annual.SiteForm, string(h.sites["swj"]))
		if d.State != annual.Published || d.PublishedOn.String() != "2027-01-08" || len(d.SHA256) != 64 {
			t.Fatalf("published: %+v", d.Form)
		}
		for _, o := range h.owed("annual_form") {
			if o.Subject.ID == string(d.ID) {
				t.Error("still owed after it was published")
			}
		}
		day := calendar.Date{Year: 2027, Month: 1, Day: 8}
		for address, on := range map[string]calendar.Date{"www.swj.gov.cn": day, "ftp://swj.gov.cn/": day, "https://ours.gov.cn/nothing": day, "https://swj.gov.cn/nb": {Year: 2027, Month: 1, Day: 7}, "https://swj.gov.cn/nb2": {Year: 2027, Month: 1, Day: 9}} {
			if err := h.svc.Address(ctx, fill, s, d.ID, address, on); !fault.Is(err, fault.Invalid) {
				t.Errorf("address %s on %s: %v", address, on, err)
			}
		}
		h.pages["https://ours.gov.cn/annual/1"] = "<h1>政府网站工作年度报表</h1>"
		h.pages["https://ours.gov.cn/"] = "<h1>首页</h1>"
		if err := h.svc.Address(ctx, fill, s, d.ID, "https://ours.gov.cn/", day); !fault.Is(err, fault.Invalid) {
			t.Errorf("a page without the form: %v", err)
		}
		if err := h.svc.Address(ctx, fill, s, d.ID, "https://ours.gov.cn/annual/1", day); err != nil {
			t.Fatal(err)
		}
		if d = h.form(annual.SiteForm, string(h.sites["swj"])); d.State != annual.Addressed || d.AddressSeen != "已打开核对，页面上有年度报表" || len(h.owed("annual_address")) != 0 {
			t.Errorf("address: %+v", d.Form)
		}
		// A correction is a further edition with its reason; the first stays readable.
		first := d.ID
		n, err := h.svc.Correct(ctx, fill, s, d.ID, "注册用户数统计口径更正")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.svc.Correct(ctx, fill, s, d.ID, "再更正"); !fault.Is(err, fault.Conflict) {
			t.Errorf("two corrections at once: %v", err)
		}
		if err := h.svc.Type(ctx, fill, s, n.ID, map[string]annual.Entry{"users": {Value: "7", Source: "统一身份认证"}}); err != nil {
			t.Fatal(err)
		}
		h.public(h.form(annual.SiteForm, string(h.sites["swj"])), "swj", "city")
		old, err := h.svc.Form(ctx, system, first)
		if err != nil || old.State != annual.Replaced || len(old.Editions) != 2 {
			t.Errorf("the first edition: %+v %v", old.Form, err)
		}
		if l, _ := old.Line("users"); l.Value != "0" {
			t.Errorf("the first edition says %q", l.Value)
		}
		if err := h.svc.StatePublic(context.Background(), annual.SiteForm, 2026); err != nil {
			t.Fatal(err)
		}
		var public annual.Statement
		if err := json.Unmarshal(h.placed["annualsite2026"], &public); err != nil || len(public.Forms) != 2 || public.Forms[0].Edition != 2 || public.Forms[0].Why == "" || !public.Forms[1].Replaced {
			t.Errorf("public: %+v %v", public.Forms, err)
		}
		if !strings.Contains(string(h.placed[annual.PublicIndex]), `"forms":1`) {
			t.Errorf("index: %s", h.placed[annual.PublicIndex])
		}
		// What is kept is held against its digest.
		h.exec(`UPDATE annual_form SET content = replace(content, '统一身份认证', '别处') WHERE id = '` + string(n.ID) + `'`)
		if _, err := h.svc.Form(ctx, system, n.ID); !fault.Is(err, fault.Conflict) {
			t.Errorf("changed behind its digest: %v", err)
		}
	})
}

// Nobody approves what he sent; the province's own form is approved by another
// person of the same office; an office does not approve its own.
func TestNobodyDecidesOnHisOwnForm(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.on(2027, 1, 8)
		h.open()
		for _, x := range []struct{ who, reviewer string }{{"province", "province2"}, {"city", "province"}} {
			d := h.form(annual.SupervisionForm, string(h.units[x.who]))
			h.complete(x.who, d, nil)
			ctx, s := h.as(x.who)
			if err := h.svc.Submit(ctx, s.ScopeFor(authz.AnnualFill), s, d.ID); err != nil {
				t.Fatalf("%v %v", err, fault.Of(err).Fields)
			}
			if err := h.svc.Approve(ctx, s.ScopeFor(authz.AnnualReview), s, d.ID); !fault.Is(err, fault.Refused) {
				t.Errorf("%s approved what it sent: %v", x.who, err)
			}
			if x.who == "city" {
				ctx, s := h.as("city2")
				if err := h.svc.Approve(ctx, s.ScopeFor(authz.AnnualReview), s, d.ID); !fault.Is(err, fault.Refused) {
					t.Errorf("the city approved its own: %v", err)
				}
			}
			ctx, s = h.as(x.reviewer)
			if err := h.svc.Approve(ctx, s.ScopeFor(authz.AnnualReview), s, d.ID); err != nil {
				t.Error(err)
			}
		}
		// The supervisor's figures are held against those below.
		d := h.form(annual.SupervisionForm, string(h.units["province"]))
		if len(d.Lines) == 0 {
			t.Fatal("no cells")
		}
	})
}

// A supervisor's sums are held against the forms below it.
func TestSumsAreHeldAgainstTheFormsBelow(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.on(2027, 1, 8)
		h.open()
		county := h.form(annual.SupervisionForm, string(h.units["county"]))
		h.complete("county", county, map[string]annual.Entry{"errors": {Value: "12", Source: "全国系统"}, "errors_ontime": {Value: "12", Source: "全国系统"}})
		h.public(county, "county", "city")
		d := h.form(annual.SupervisionForm, string(h.units["city"]))
		h.complete("city", d, map[string]annual.Entry{"errors": {Value: "5", Source: "全国系统"}, "errors_ontime": {Value: "5", Source: "全国系统"}, "running": {Value: "2", Source: "台账", Why: "一家正在关停"}})
		d = h.form(annual.SupervisionForm, string(h.units["city"]))
		if d.Below == nil || d.Below.Due != 1 || len(d.Below.Forms) != 1 || d.Below.Sum("errors") != "12" || d.Below.Sites != 3 {
			t.Fatalf("below: %+v", d.Below)
		}
		var says []string
		for _, p := range d.Problems {
			says = append(says, p.Says)
		}
		if text := strings.Join(says, "\n"); !strings.Contains(text, "1 份下级报表之和 12") || !strings.Contains(text, "所辖地区的政府网站工作年度报表 3 份") {
			t.Errorf("problems:\n%s", text)
		}
	})
}

// A figure far from last year's asks for a word.
func TestAGreatJumpAsksForARemark(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.on(2026, 12, 1)
		ctx, s := h.as("swj")
		fill := s.ScopeFor(authz.AnnualFill)
		f, err := h.svc.Begin(ctx, fill, s, annual.SiteForm, string(h.sites["swj"]), 2025)
		if err != nil {
			t.Fatal(err)
		}
		d, err := h.svc.Form(ctx, system, f.ID)
		if err != nil {
			t.Fatal(err)
		}
		h.complete("swj", d, map[string]annual.Entry{"users": {Value: "100", Source: "系统"}})
		h.public(d, "swj", "city")
		h.on(2027, 1, 8)
		h.open()
		d = h.form(annual.SiteForm, string(h.sites["swj"]))
		h.complete("swj", d, map[string]annual.Entry{"users": {Value: "501", Source: "系统"}})
		d = h.form(annual.SiteForm, string(h.sites["swj"]))
		if l, _ := d.Line("users"); l.Last != "100" {
			t.Errorf("last year: %+v", l)
		}
		if !slices.ContainsFunc(d.Problems, func(p annual.Problem) bool { return p.Rule == "jump" && p.Cells[0] == "users" }) {
			t.Fatalf("no word asked: %+v", d.Problems)
		}
		if err := h.svc.Type(ctx, fill, s, d.ID, map[string]annual.Entry{"users": {Value: "501", Source: "系统", Remark: "接入统一身份认证"}}); err != nil {
			t.Fatal(err)
		}
		d = h.form(annual.SiteForm, string(h.sites["swj"]))
		if len(d.Problems) != 0 || len(d.Warnings) != 1 {
			t.Errorf("%+v %+v", d.Problems, d.Warnings)
		}
	})
}

// Urging tells every unit below once a day, and nobody else.
func TestUrging(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.on(2027, 1, 25)
		h.open()
		ctx, boss := h.as("city")
		scope := boss.ScopeFor(authz.AnnualReview)
		late, err := h.svc.Count(ctx, scope, annual.Filter{Year: 2026})
		if err != nil || late["late"] != 6 {
			t.Errorf("late: %v %v", late, err)
		}
		for _, want := range []int{4, 0} { // the site and accounts of the bureau, the two of the county
			n, err := h.svc.Urge(ctx, scope, boss, annual.Filter{Year: 2026})
			if err != nil || n != want {
				t.Errorf("urged %d (%v), not %d", n, err, want)
			}
		}
		if _, err := h.svc.Urge(ctx, scope, boss, annual.Filter{State: annual.Addressed}); !fault.Is(err, fault.Invalid) {
			t.Errorf("urged what is done: %v", err)
		}
		sctx, sponsor := h.as("swj")
		if _, err := h.svc.Urge(sctx, sponsor.ScopeFor(authz.AnnualFill), sponsor, annual.Filter{}); !fault.Is(err, fault.Refused) {
			t.Errorf("urged by a sponsor: %v", err)
		}
	})
}

// The form is a document and a table with every cell.
func TestThePaperHasEveryCell(t *testing.T) {
	all, err := annual.Definitions()
	if err != nil || len(all) < 3 {
		t.Fatalf("%d definitions (%v)", len(all), err)
	}
	for _, def := range all {
		d := annual.Dossier{Form: annual.Form{Kind: def.Kind, Year: 2026, ObjectName: "云河县", UnitName: "云河县政府办"}, Def: def}
		for _, c := range def.Cells {
			d.Lines = append(d.Lines, annual.Line{Cell: c, Value: "7", Origin: annual.ByHand, Source: "来源" + c.ID})
		}
		var b bytes.Buffer
		if _, err := d.Sheet().Paper().WriteTo(&b); err != nil || b.Len() < 1000 {
			t.Errorf("%s: %d bytes, %v", def.ID, b.Len(), err)
		}
		rows := 0
		for range d.Sheet().Table().Rows {
			rows++
		}
		if rows != len(def.Cells) {
			t.Errorf("%s: %d rows of %d cells", def.ID, rows, len(def.Cells))
		}
	}
}
