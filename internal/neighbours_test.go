package internal_test

import (
	"archive/zip"
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/app"
	"zhengshu/internal/approval"
	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/budget"
	"zhengshu/internal/calendar"
	"zhengshu/internal/coordination"
	"zhengshu/internal/cutover"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/guidance"
	"zhengshu/internal/inspection"
	"zhengshu/internal/intake"
	"zhengshu/internal/letters"
	"zhengshu/internal/lexicon"
	"zhengshu/internal/library"
	"zhengshu/internal/lifecycle"
	"zhengshu/internal/movein"
	"zhengshu/internal/obligation"
	"zhengshu/internal/official"
	"zhengshu/internal/operator"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/prose"
	"zhengshu/internal/protection"
	"zhengshu/internal/queries"
	"zhengshu/internal/registry"
	"zhengshu/internal/reporting"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/selfcheck"
	"zhengshu/internal/signin"
	"zhengshu/internal/signin/signinweb"
	"zhengshu/internal/tenancy"
	"zhengshu/internal/training"
	"zhengshu/internal/web"
)

// county is one of two sibling counties of a city. Every name and title of it
// begins with its mark, every host with its latin.
type county struct {
	mark, latin  string
	area         org.AreaID
	office, dept org.Unit
	people       map[authz.Role]*authz.Session // at the office
	clerk        *authz.Session                // of the department
	cookies      map[authz.Role]string
	forms        map[authz.Role]string // the form token of each session
	// ids answers a parameter of a pattern: by "pattern-prefix{name}".
	ids  map[string][]string
	live string // the item that is published
	// own are ids that nobody else may read anywhere.
	own []string
}

// neighbourhood is a house in which everything is there twice.
type neighbourhood struct {
	t      testing.TB
	h      *app.House
	clock  *calendar.Manual
	router *web.Router
	routes []web.Route
	a, b   *county
}

var system = authz.System("test")

// pdf is the least that passes as one.
var pdf = []byte("%PDF-1.7\n%签字页\n")

// must is the value, or the end of the test.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// as is the context of a person at work.
func as(s *authz.Session) context.Context {
	unit, _ := s.Unit()
	return authz.WithSession(audit.WithActor(context.Background(), audit.Actor{Kind: "person", ID: s.PersonID, Name: s.Name, Unit: unit}), s)
}

// eachDatabase runs fn on the embedded database and, where one is named, on
// PostgreSQL; fn gets the settings of a fresh house.
func eachDatabase(t *testing.T, fn func(t *testing.T, c app.Config)) {
	t.Run("sqlite", func(t *testing.T) { fn(t, app.Config{Dir: dbtest.Folder(t)}) })
	t.Run("postgres", func(t *testing.T) { fn(t, app.Config{Dir: t.TempDir(), DSN: dbtest.Database(t)}) })
}

// settle builds the two counties.
func settle(t *testing.T, c app.Config) *neighbourhood {
	t.Helper()
	n := &neighbourhood{t: t, clock: calendar.NewManual(time.Date(2026, 3, 9, 2, 0, 0, 0, time.UTC))} // a Monday
	c.Clock, c.Log = n.clock, slog.New(slog.NewTextHandler(io.Discard, nil))
	n.h = must(app.Open(context.Background(), c))(t)
	t.Cleanup(func() {
		if err := n.h.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	gate := signinweb.New(n.h.Signin, n.h.Org, n.h.DB, n.h.Keys, signinweb.Config{})
	n.router = web.NewRouter(web.Config{Gate: gate, Receipts: n.h.Signin.Receipts(), Clock: n.clock, Log: c.Log, Taken: n.h.Taken})
	// The screens of sign-in read what their own gate put into the request.
	own := map[string]web.Route{}
	for _, r := range gate.Routes() {
		own[r.Pattern] = r
	}
	for _, r := range n.h.Routes() {
		if mine, ok := own[r.Pattern]; ok {
			r = mine
		}
		n.routes = append(n.routes, r)
	}
	n.router.Add(n.routes...)

	n.a = &county{mark: "甲标记", latin: "jiabiaoji", area: "county-610113000000"}
	n.b = &county{mark: "乙标记", latin: "yibiaoji", area: "county-610114000000"}
	ctx := audit.System(context.Background(), "test")
	var above struct{ city, province *authz.Session }
	if err := n.h.DB.Update(ctx, func(tx *db.Tx) error {
		for _, a := range []org.Area{
			{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"},
			// Divisions are public facts, so their names carry no mark.
			{Level: org.County, Code: "610113", Name: "雁塔区", Parent: "city-610100000000"}, {Level: org.County, Code: "610114", Name: "阎良区", Parent: "city-610100000000"},
		} {
			if _, err := n.h.Org.AddArea(ctx, tx, a); err != nil {
				return err
			}
		}
		for _, u := range []struct {
			into **authz.Session
			unit org.Unit
		}{
			{&above.province, org.Unit{Area: "province-610000000000", Kind: org.Office, Name: "陕西省人民政府办公厅"}},
			{&above.city, org.Unit{Area: "city-610100000000", Kind: org.Office, Name: "西安市人民政府办公厅"}},
		} {
			unit, _, err := n.h.Org.AddUnit(ctx, tx, u.unit)
			if err != nil {
				return err
			}
			if *u.into, err = n.hire(ctx, tx, unit, unit.Name+"主管", authz.Supervisor); err != nil {
				return err
			}
		}
		return errorsOf(n.people(ctx, tx, n.a), n.people(ctx, tx, n.b))
	}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*county{n.a, n.b} {
		n.furnish(c, above.city, above.province)
	}
	return n
}

func errorsOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// hire makes a person with one post and the session of it.
func (n *neighbourhood) hire(ctx context.Context, tx *db.Tx, u org.Unit, name string, role authz.Role) (*authz.Session, error) {
	p, err := n.h.Org.AddPerson(ctx, tx, system, org.Person{Unit: u.ID, Name: name})
	if err != nil {
		return nil, err
	}
	// An operator is appointed under agreements in force only: see engage.
	if role != authz.Operator {
		if err := n.h.Org.Appoint(ctx, tx, system, p.ID, u.ID, role); err != nil {
			return nil, err
		}
	}
	posts, err := n.h.Org.PostsOf(ctx, tx, p.ID)
	return &authz.Session{PersonID: string(p.ID), Name: name, Posts: posts}, err
}

// people makes the county's units, a person for every role, and their logins.
func (n *neighbourhood) people(ctx context.Context, tx *db.Tx, c *county) error {
	c.people, c.cookies, c.forms, c.ids = map[authz.Role]*authz.Session{}, map[authz.Role]string{}, map[authz.Role]string{}, map[string][]string{}
	var err error
	if c.office, _, err = n.h.Org.AddUnit(ctx, tx, org.Unit{Area: c.area, Kind: org.Office, Name: c.mark + "人民政府办公室"}); err != nil {
		return err
	}
	if c.dept, _, err = n.h.Org.AddUnit(ctx, tx, org.Unit{Area: c.area, Kind: org.Department, Name: c.mark + "商务局", Line: "commerce"}); err != nil {
		return err
	}
	for _, info := range authz.Roles {
		s, err := n.hire(ctx, tx, c.office, c.mark+info.Name, info.Role)
		if err != nil {
			return err
		}
		// Nobody signs in with a password here; this is the hash of none.
		s.LoginID, s.Login = ulid.Make().String(), c.latin+"-"+string(info.Role)
		if _, err := tx.Exec(ctx, `INSERT INTO login (id, person_id, name, password_hash, totp_off, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
			s.LoginID, s.PersonID, s.Login, "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$"+strings.Repeat("A", 43), signin.DemoSecondFactorOff, tx.Now()); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Entry{Act: "login.create", Target: audit.Target{Kind: "login", ID: s.LoginID, Name: s.Login, Unit: string(c.office.ID)}}); err != nil {
			return err
		}
		c.people[info.Role] = s
		c.own = append(c.own, s.PersonID, s.LoginID)
		for _, p := range s.Posts {
			c.own = append(c.own, p.ID)
		}
	}
	c.clerk, err = n.hire(ctx, tx, c.dept, c.mark+"经办", authz.Sponsor)
	c.own = append(c.own, string(c.office.ID), string(c.dept.ID), c.clerk.PersonID)
	c.ids["/console/units/{id}"] = []string{string(c.office.ID), string(c.dept.ID)}
	c.ids["{post}"] = []string{c.people[authz.Editor].Posts[0].ID}
	c.ids["/console/logins/{id}"] = []string{c.people[authz.Editor].LoginID}
	c.ids["/console/logins/{act}"] = []string{"unlock", "disable"}
	return err
}

// furnish gives the county one of everything, through the doors of the
// services where that is quick.
func (n *neighbourhood) furnish(c *county, city, province *authz.Session) {
	t, h := n.t, n.h
	ctx := audit.System(context.Background(), "test")
	ids := func(key string, id ...string) {
		c.ids[key] = append(c.ids[key], id...)
		c.own = append(c.own, id...)
	}
	who := func(r authz.Role) *authz.Session { return c.people[r] }
	n.engage(c)
	n.record(c)

	// An opening, approved by city and province, and the site it brings.
	sponsor := who(authz.Sponsor)
	upload := func(field string) approval.Upload {
		return approval.Upload{Kind: lifecycle.ConsentFile, Field: field, Name: c.mark + "签字页.pdf", Content: bytes.NewReader(pdf)}
	}
	receipt, err := h.Lifecycle.Apply(as(sponsor), sponsor.ScopeFor(authz.LaunchManage), lifecycle.Application{Matter: lifecycle.OpeningMatter,
		Unit: c.office.ID, Principal: c.mark + "负责人", ByPrincipal: true, ConsentOn: calendar.Today(n.clock),
		Values: map[string]string{"name": c.mark + "人民政府新网", "name_reason": c.mark, "host": "xin." + c.latin + ".gov.cn", "building": "hosted", "reason": c.mark + "的政务公开。",
			"contact": c.mark + "联系人", "phone": "029-12345678"},
	}, []approval.Upload{upload("consent")})
	if err != nil {
		t.Fatal(err)
	}
	kase := receipt.Case
	for _, step := range []struct {
		by  *authz.Session
		act string
	}{{city, "pass"}, {province, "approve"}} {
		_, steps, _, err := h.Approvals.Case(ctx, system, kase.ID)
		if err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(steps, func(s approval.Step) bool { return string(s.Unit) == step.by.Posts[0].UnitID && s.DecidedAt.IsZero() })
		if at < 0 {
			t.Fatalf("no step waits: %+v", steps)
		}
		if _, err := h.Approvals.Decide(as(step.by), step.by.ScopeFor(authz.CaseDecide), kase.ID, approval.Decision{Act: step.act, Opinion: "同意" + c.mark, StepNo: steps[at].No}); err != nil {
			t.Fatal(err)
		}
	}
	ids("/console/cases/{id}", string(kase.ID))
	ids("/console/applications/{id}", string(kase.ID))
	grantor := province.ScopeFor(authz.OverrideGrant)
	leave := must(h.Lifecycle.GrantOverride(as(province), grantor, lifecycle.Override{Rule: sx2021.OneUnitOneSite.ID, Unit: c.office.ID, Reason: c.mark + "试点", Until: calendar.Today(n.clock).AddDays(30)}))(t)
	ids("/console/overrides/{id}", leave.ID)
	c.ids["/console/accounts/{kind}"] = []string{string(lifecycle.Address), string(lifecycle.Verification)}
	for _, a := range must(approval.Attachments(ctx, h.DB, "case", string(kase.ID)))(t) {
		ids("/console/cases/{file}", a.ID)
	}
	for _, l := range must(h.Approvals.LettersOf(ctx, system, kase.ID))(t) {
		ids("/console/cases/{letter}", l.ID)
	}
	// Two more, before the county's own office, decided in one act.
	var pair []approval.CaseID
	if err := h.DB.Update(as(c.clerk), func(tx *db.Tx) error {
		for range 2 {
			k, err := h.Approvals.Submit(as(c.clerk), tx, approval.Application{Kind: lifecycle.OpeningMatter, Title: c.mark + "商务局申请", Unit: c.dept.ID, Applicant: org.PersonID(c.clerk.PersonID),
				Form: lifecycle.Application{Matter: lifecycle.OpeningMatter, Unit: c.dept.ID}, ConsentBy: c.mark + "负责人", ConsentOn: calendar.Today(n.clock), Steps: []approval.Step{{Kind: approval.Approve, Unit: c.office.ID, Name: c.mark + "人民政府办公室批准"}}})
			if err != nil {
				return err
			}
			pair, c.own = append(pair, k.ID), append(c.own, string(k.ID))
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	reviewer := who(authz.Reviewer)
	batch := must(h.Approvals.StartBatch(as(reviewer), reviewer.ScopeFor(authz.CaseDecide), pair))(t)
	ids("/console/batches/{id}", batch.ID)
	sites, _, err := h.Registry.Sites(ctx, system, registry.SiteFilter{Unit: c.office.ID})
	if err != nil || len(sites) != 1 {
		t.Fatalf("%d planned sites (%v)", len(sites), err)
	}
	planned := sites[0]
	report := upload("file")
	list := must(h.Lifecycle.FillLaunchItem(as(sponsor), sponsor.ScopeFor(authz.LaunchManage), registry.Ref{Kind: sx2021.Site, ID: string(planned.ID)},
		lifecycle.LaunchItem{Kind: lifecycle.SecurityReport, Value: c.mark + "测评中心", On: calendar.Today(n.clock), Detail: c.mark + "报告", Passed: true}, &report))(t)
	for _, item := range list.Items {
		if item.Attachment != "" {
			ids("/console/sites/{file}", item.Attachment)
		}
	}
	c.ids["/console/sites/{kind}"] = []string{string(lifecycle.SecurityReport), string(lifecycle.SiteCode)}

	// A running portal with a column, items, an account, a letter.
	var site registry.Site
	var column registry.Column
	if err := h.DB.Update(ctx, func(tx *db.Tx) error {
		var err error
		if site, err = h.Registry.EnterSite(ctx, tx, registry.Site{Unit: c.office.ID, Kind: registry.Portal, Name: c.mark + "人民政府", Host: "www." + c.latin + ".gov.cn", Slug: c.latin, Hosted: true}); err != nil {
			return err
		}
		column, err = h.Registry.AddColumn(ctx, tx, system, registry.Column{Site: site.ID, Slug: "news", Name: c.mark + "要闻", Type: "政务动态", Description: c.mark + "动态",
			Unit: c.office.ID, Owner: org.PersonID(who(authz.FinalReviewer).PersonID), A: org.PersonID(who(authz.Editor).PersonID), B: org.PersonID(sponsor.PersonID), CycleDays: 14})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	ids("/console/sites/{id}", string(site.ID), string(planned.ID))
	if err := h.Publisher.SetRedirect(as(sponsor), sponsor.ScopeFor(authz.ColumnManage), site.ID, "", "/old/"+c.latin+".html", "/"+c.latin+"/"); err != nil {
		t.Fatal(err)
	}
	redirects, _, err := h.Publisher.Redirects(ctx, system, site.ID, "", 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	ids("/console/sites/{redirect}", redirects[0].ID)
	c.ids["/console/sites/{no}"] = []string{"1"}
	ids("/console/inspection/sites/{id}", string(site.ID))
	c.own = append(c.own, string(column.ID))
	n.shelve(c)
	accounts := "platform,account,url,code,sponsor\n微博,%[1]s发布,https://weibo.example/%[2]s,%[3]s,%[1]s人民政府办公室\n"
	body := fmt.Appendf(nil, accounts, c.mark, c.latin, strings.TrimPrefix(string(c.area), "county-"))
	table := must(official.ReadTable(bytes.NewReader(body), int64(len(body)), "accounts.csv", official.Limits{}))(t)
	if rep := must(h.Registry.ImportAccounts(ctx, system, table, org.ImportOptions{Source: "test"}))(t); rep.Accepted != 1 {
		t.Fatalf("account: %+v", rep)
	}
	c.records(n, ids)
	for i, live := range []bool{true, false} {
		title := fmt.Sprintf("%s第%d稿", c.mark, i+1)
		id := string(n.write(c, column.ID, title, live))
		ids("/console/items/{id}", id)
		if live {
			c.live = id
		}
	}
	n.columns(c, site.ID, column.ID)
	n.compose(c, site.ID)
	n.bring(c, ids)
	ids("/console/letters/{id}", n.letter(c, site.ID))

	n.furnishNotices(c, site, city)
	n.furnishLibrary(c, ids)
	n.adorn(c, site, ids)
	n.guard(c, site)
	n.annualForm(c, site)

	// A run, a finding with its evidence, and the order it brings.
	run, finding, proof := n.finding(c, site)
	ids("/console/inspection/runs/{id}", run)
	ids("/console/inspection/plans/{id}", n.patrol(t, c))
	ids("/console/packs/versions/{id}", n.scoringPack(t, c, 100+len(c.mark)+int(c.latin[0])))
	c.ids["/console/inspection/plans/{act}"] = []string{"pause", "resume", "end"}
	ids("/console/findings/{id}", finding)
	ids("/console/findings/{proof}", proof)
	orders := must(h.Assessment.IssueOrders(as(city), city.ScopeFor(authz.OrderIssue), assessment.Issue{Findings: []inspection.FindingID{inspection.FindingID(finding)}, Says: c.mark + "请立即整改。"}))(t)
	ids("/console/orders/{id}", string(orders[0].ID))
	n.rectify(c, city)
	n.answered(c)
	editor := who(authz.Editor)
	answered := must(h.Assessment.AnswerOrder(as(editor), editor.ScopeFor(authz.OrderAnswer), orders[0].ID, c.mark+"已经整改。", []approval.Upload{upload("file")}))(t)
	for _, a := range must(h.Assessment.Order(ctx, system, answered.ID))(t).Answers {
		for _, f := range a.Files {
			ids("/console/orders/{file}", f.ID)
		}
	}

	// A bulletin of the county, and a file its supervisor brought.
	supervisor := who(authz.Supervisor)
	bulletin := must(h.Reporting.Compose(as(supervisor), supervisor.ScopeFor(authz.BulletinCompose), reporting.QuarterlyBulletin, c.area, assessment.QuarterOf(calendar.Today(n.clock)).Before()))(t)
	ids("/console/bulletins/{id}", string(bulletin.ID))
	c.ids["/console/bulletins/{key}"] = []string{"sites.total", "figures", "nothing"}
	n.furnishPapers(c)
	if err := h.DB.Update(as(supervisor), func(tx *db.Tx) error {
		f, err := h.Registry.KeepFile(as(supervisor), tx, supervisor, registry.File{Kind: registry.UnitFile, Name: c.mark + ".csv", Size: 1, Blob: "sha256:" + strings.Repeat("0", 64), Looked: intake.New(true)})
		ids("/console/import/{id}", f.ID)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	n.posts(c, supervisor, site, ids)
	// A list it was held against, a query its supervisor saved.
	listed := "域名,网站名称,区划代码,联系方式\n" + c.latin + ".example.gov.cn," + c.mark + "名单,610100,1\n"
	brought := must(registry.NewIntake(h.Registry, h.Blobs).Bring(as(supervisor), supervisor, supervisor.ScopeFor(authz.RegistryImport), registry.SiteFile, c.mark+"名单.csv", int64(len(listed)), strings.NewReader(listed)))(t)
	compared := must(h.Reconciling.Compare(as(supervisor), supervisor.ScopeFor(authz.RegistryImport), supervisor, brought.ID, c.mark+"的名单", true))(t)
	ids("/console/reconciliations/{id}", compared.ID)
	query := must(h.Queries.Save(as(supervisor), supervisor, queries.Query{List: "sites", Name: c.mark + "的查询", Query: "state=running"}))(t)
	ids("/console/queries/{id}", query.ID)
	c.ids["/console/lists/{list}"] = []string{"sites", "accounts", "apps"}
	entries := must(db.All(ctx, h.DB, db.Value[string], `SELECT id FROM audit_entry WHERE target_name LIKE $1 ORDER BY id`, "%"+c.mark+"%"))(t)
	if len(entries) < 10 {
		t.Fatalf("the trail of %s has %d entries", c.mark, len(entries))
	}
	ids("/console/audit/{id}", entries[0], entries[len(entries)-1])
	c.ids["/console/messages/{id}"] = []string{ulid.Make().String()}

	n.supervise(c)
	n.estate(c, site)
	n.watch(c, province, site)
	n.appraise(c, site)

	for role, s := range c.people {
		n.enter(c, role, s)
	}
}

// finding is what a run saw wrong at a site, with its evidence.
func (n *neighbourhood) finding(c *county, site registry.Site) (run, finding, proof string) {
	n.t.Helper()
	t, h := n.t, n.h
	ctx := audit.System(context.Background(), "test")
	run, finding, proof = ulid.Make().String(), ulid.Make().String(), ulid.Make().String()
	now := n.clock.Now()
	if err := h.DB.Update(ctx, func(tx *db.Tx) error {
		if _, _, err := inspection.FindingMachine.Take(ctx, tx, finding, "find", passage.Note{}); err != nil {
			return err
		}
		for _, insert := range []struct {
			sql  string
			args []any
		}{
			{`INSERT INTO inspection_run (id, site_id, kind, state, asked_by, asked_at, started_at, finished_at, start_url, pages, found) VALUES ($1, $2, 'manual', 'done', $3, $4, $4, $4, $5, 1, 1)`,
				[]any{run, site.ID, c.mark + "值班", now, "http://" + site.Host + "/"}},
			{`INSERT INTO finding (id, site_id, run_id, last_run_id, check_id, fingerprint, severity, clause, says, page_url, place, first_seen, last_seen, state) VALUES ($1, $2, $3, $3, 'footer.icp', $1, 'error', 'D-18', $4, $5, 'footer', $6, $6, 'open')`,
				[]any{finding, site.ID, run, c.mark + "页脚缺少备案编号。", "http://" + site.Host + "/", now}},
			{`INSERT INTO finding_evidence (id, finding_id, run_id, look, outcome, says, at, url, status, excerpt) VALUES ($1, $2, $3, 'found', 'standing', $4, $5, $6, 200, $4)`,
				[]any{proof, finding, run, c.mark + "所见", now, "http://" + site.Host + "/"}},
		} {
			if _, err := tx.Exec(ctx, insert.sql, insert.args...); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "finding.find", Target: audit.Target{Kind: "finding", ID: finding, Name: c.mark + "页脚缺少备案编号", Unit: string(c.office.ID)}})
	}); err != nil {
		t.Fatal(err)
	}
	return run, finding, proof
}

// records fills in the ids of accounts, an app with a version, and domains, one
// of them given up.
func (c *county) records(n *neighbourhood, ids func(key string, id ...string)) {
	t, h := n.t, n.h
	ctx := audit.System(context.Background(), "test")
	why := registry.Why{Says: c.mark + "存量认定", Document: c.mark + "文件"}
	for _, a := range must(h.Registry.AccountsOf(ctx, h.DB, system, c.office.ID))(t) {
		ids("/console/accounts/{id}", string(a.ID))
	}
	if err := h.DB.Update(ctx, func(tx *db.Tx) error {
		app, err := h.Registry.EnterAccount(ctx, tx, system, registry.Account{Unit: c.office.ID, Platform: "app", Name: c.mark + "办事", Necessity: c.mark + "说明"}, why)
		if err != nil {
			return err
		}
		v, err := h.Registry.AddVersion(ctx, tx, system, registry.Version{App: app.ID, Number: "1.0", ReleasedOn: calendar.Today(n.clock), Tester: c.mark + "测评中心", TestedOn: calendar.Today(n.clock), Passed: true}, why)
		if err != nil {
			return err
		}
		report, err := approval.Take(ctx, h.Blobs, approval.Upload{Kind: "security_report", Field: "file", Name: c.mark + "报告.pdf", Content: bytes.NewReader(pdf)})
		if err != nil {
			return err
		}
		report.OwnerKind, report.OwnerID = registry.ReportOwner, string(v.ID)
		if report, err = approval.Attach(ctx, tx, report); err != nil {
			return err
		}
		ids("/console/accounts/{id}", string(app.ID))
		ids("/console/accounts/{file}", report.ID)
		d, err := h.Registry.AddDomain(ctx, tx, system, registry.Domain{Host: "old." + c.latin + ".gov.cn", Unit: c.office.ID, Purpose: c.mark + "备用"}, why)
		if err != nil {
			return err
		}
		ids("/console/domains/{id}", string(d.ID))
		if _, err := h.Registry.BeginCancel(ctx, tx, system, d.ID, why); err != nil {
			return err
		}
		_, err = h.Registry.CancelDomain(ctx, tx, system, d.ID, why)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	list, _, err := h.Registry.Domains(ctx, system, registry.DomainFilter{Unit: c.office.ID, State: "held"})
	if err != nil || len(list) == 0 {
		t.Fatalf("%d domains (%v)", len(list), err)
	}
	for _, d := range list {
		ids("/console/domains/{id}", string(d.ID))
	}
	c.ids["/console/domains/{act}"] = []string{"suspend", "look", "begin_cancel", "nothing"}
	c.ids["/console/recertify/{unit}"] = []string{string(c.office.ID), string(c.dept.ID)}
}

// posts are the county's named posts, a deputy on leave, a reorganisation with
// its scan, and what the cut-over says of the portal.
func (n *neighbourhood) posts(c *county, supervisor *authz.Session, site registry.Site, ids func(key string, id ...string)) {
	t, h := n.t, n.h
	ctx := as(supervisor)
	scope := supervisor.ScopeFor(authz.OrgReorganise)
	if err := h.DB.Update(ctx, func(tx *db.Tx) error {
		away, err := n.hire(ctx, tx, c.dept, c.mark+"出差者", authz.Editor)
		if err != nil {
			return err
		}
		stays, err := h.Org.AddPerson(ctx, tx, system, org.Person{Unit: c.dept.ID, Name: c.mark + "留守者"})
		if err != nil {
			return err
		}
		ids("/console/people/{id}", away.PersonID, string(stays.ID))
		post, err := h.Roster.Assign(ctx, tx, system, org.NamedPost{Unit: c.dept.ID, Person: stays.ID, Kind: org.LeaderInCharge, Document: c.mark + "任命"})
		if err != nil {
			return err
		}
		ids("{named}", post.ID)
		deputy, err := h.Org.Delegate(ctx, tx, system, org.Delegation{From: org.PersonID(away.PersonID), To: stays.ID, Until: calendar.Today(n.clock).AddDays(9), Reason: c.mark + "出差"})
		if err != nil {
			return err
		}
		ids("/console/delegations/{id}", deputy.ID)
		absence, err := h.Org.RecordAbsence(ctx, tx, nil, system, org.Absence{Person: org.PersonID(away.PersonID), Kind: "trip", Until: calendar.Today(n.clock).AddDays(9), Note: c.mark + "出差", Delegation: deputy.ID})
		if err != nil {
			return err
		}
		ids("/console/absences/{id}", absence.ID)
		act, err := h.Org.Reorganise(ctx, tx, scope, org.Plan{Kind: org.Rename, Unit: c.dept.ID, Name: c.mark + "商务和投资局", Document: c.mark + "编发〔2026〕1号"}, "")
		if err != nil {
			return err
		}
		ids("/console/reorganisations/{id}", act.ID)
		if c.dept, err = h.Org.UnitTx(ctx, tx, system, c.dept.ID); err != nil { // it has another name now
			return err
		}
		scan, err := approval.Attach(ctx, tx, approval.Attachment{OwnerKind: "reorganisation", OwnerID: act.ID, Kind: "document", Name: c.mark + "批复.pdf", MediaType: "application/pdf", Size: 1, Blob: must(h.Blobs.Put(ctx, bytes.NewReader(pdf)))(t)})
		if err != nil {
			return err
		}
		ids("/console/reorganisations/{file}", scan.ID)
		second, err := h.Registry.EnterSite(ctx, tx, registry.Site{Unit: c.dept.ID, Kind: registry.DepartmentSite, Name: c.mark + "商务", Host: "swj." + c.latin + ".gov.cn"})
		ids("/console/sites/{id}", string(second.ID))
		ids("/console/cutover/records/{ref}", "site:"+string(site.ID), "site:"+string(second.ID))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	last := c.ids["/console/cutover/records/{ref}"]
	ref := registry.Ref{Kind: sx2021.Site, ID: strings.TrimPrefix(last[len(last)-1], "site:")}
	must(h.Cutover.Confirm(ctx, supervisor.ScopeFor(authz.BaselineConfirm), []registry.Ref{ref}, registry.BaselineRecord{Basis: "unknown", Note: c.mark + "存量"}))(t)
	entries, _, err := h.Cutover.Entries(ctx, system, cutover.EntryFilter{Unit: c.dept.ID})
	if err != nil || len(entries) == 0 {
		t.Fatalf("a county department's site is not on the clearance list (%v)", err)
	}
	ids("/console/cutover/clearance/{id}", entries[0].ID)
}

// engage signs an operator, with its papers and its man on the list.
func (n *neighbourhood) engage(c *county) {
	t, h := n.t, n.h
	today := calendar.Today(n.clock)
	supervisor, man := c.people[authz.Supervisor], c.people[authz.Operator]
	ctx, scope := as(supervisor), supervisor.ScopeFor(authz.RecordManage)
	file := func() *approval.Upload {
		return &approval.Upload{Name: c.mark + "协议.pdf", Content: bytes.NewReader(pdf)}
	}
	k := must(h.Operators.Register(ctx, scope, operator.Contractor{Unit: c.office.ID, Kind: operator.Entrusted, Name: c.mark + "数字公司", CreditCode: "91610000MA6TEXT00X", Contact: c.mark + "联系人", Phone: "029-1", Duties: c.mark + "巡检"}))(t)
	must(h.Operators.AddReview(ctx, scope, operator.Review{Contractor: k.ID, Reviewer: c.mark + "审核", On: today, Passed: true, Says: c.mark + "齐全"}, file()))(t)
	for _, kind := range []operator.PaperKind{operator.AgreementPaper, operator.Secrecy} {
		must(h.Operators.AddPaper(ctx, scope, operator.Paper{Contractor: k.ID, Kind: kind, From: today, Until: today.AddDays(300), DutiesFixed: true}, file()))(t)
	}
	must(h.Operators.Begin(ctx, scope, k.ID))(t)
	m := must(h.Operators.Join(ctx, scope, operator.Member{Contractor: k.ID, Person: org.PersonID(man.PersonID), Work: c.mark + "巡检"}))(t)
	must(h.Operators.Appoint(ctx, supervisor.ScopeFor(authz.OrgManage), k.ID, m.ID))(t)
	man.Posts = must(h.Org.PostsOf(context.Background(), h.DB, org.PersonID(man.PersonID)))(t)
	c.keep("/console/operators/{id}", string(k.ID))
	c.keep("/console/operators/{member}", m.ID)
	c.keep("{post}", man.Posts[0].ID)
	for _, a := range must(approval.Attachments(context.Background(), h.DB, "contractor", string(k.ID)))(t) {
		c.keep("/console/operators/{file}", a.ID)
	}
}

// keep knows ids for the parameter of a pattern; nobody else may read them.
func (c *county) keep(key string, ids ...string) {
	c.ids[key] = append(c.ids[key], ids...)
	c.own = append(c.own, ids...)
}

// record gives the county one of every record that offices keep.
func (n *neighbourhood) record(c *county) {
	t, h := n.t, n.h
	today := calendar.Today(n.clock)
	supervisor := c.people[authz.Supervisor]
	ctx, scope, bare := as(supervisor), supervisor.ScopeFor(authz.RecordManage), context.Background()
	file := func() *approval.Upload {
		return &approval.Upload{Name: c.mark + "附件.pdf", Content: bytes.NewReader(pdf)}
	}
	attached := func(key, kind, id string) {
		for _, a := range must(approval.Attachments(bare, h.DB, kind, id))(t) {
			c.keep(key, a.ID)
		}
	}
	o := must(h.Tenancy.Draft(ctx, scope, tenancy.Rules{Unit: c.office.ID, Platform: c.mark + "平台", Title: c.mark + "细则", OperatorDuties: c.mark + "运行", ResidentDuties: c.mark + "内容"}, file()))(t)
	must(h.Tenancy.Include(ctx, scope, o.ID, []org.UnitID{c.dept.ID}))(t)
	must(h.Tenancy.Consult(ctx, scope, o.ID, today.AddDays(9)))(t)
	c.keep("/console/operating-rules/{id}", string(o.ID))
	c.keep("/console/operating-rules/{resident}", must(h.Tenancy.Dossier(bare, system, o.ID))(t).Residents[0].ID)
	attached("/console/operating-rules/{file}", "operating_rules", string(o.ID))

	g := must(h.Protection.SaveGrade(ctx, scope, protection.Grade{Unit: c.office.ID, Of: protection.Subject{Kind: protection.Platform, Name: c.mark + "平台"}, Level: 3, Filing: c.mark}))(t)
	must(h.Protection.Assess(ctx, scope, g.ID, protection.Assessment{On: today, Agency: c.mark + "测评", Result: c.mark + "良"}, file()))(t)
	c.keep("/console/protection/{id}", g.ID)
	attached("/console/protection/{file}", "protection_grade", g.ID)
	a := must(h.Protection.SaveAsset(ctx, scope, protection.Asset{Unit: c.office.ID, Kind: "device", Name: c.mark + "防火墙", Maker: c.mark + "厂商", Pieces: 1}, file()))(t)
	c.keep("/console/assets/{id}", a.ID)
	attached("/console/assets/{file}", "security_asset", a.ID)
	x := must(h.Protection.SaveHosting(ctx, scope, protection.Hosting{Unit: c.office.ID, Of: protection.Subject{Kind: protection.Platform, Name: c.mark + "平台"}, Provider: c.mark + "云", ProviderNation: "CN", Form: "own", ServerNation: "CN", Location: c.mark + "机房"}, file()))(t)
	c.keep("/console/hosting/{id}", x.ID)
	attached("/console/hosting/{file}", "hosting", x.ID)

	work := supervisor.ScopeFor(authz.CoordinationManage)
	e := must(h.Coordination.Log(ctx, work, coordination.Entry{Unit: c.office.ID, Partner: "police", PartnerName: c.mark + "公安局", Form: "meeting", Title: c.mark + "会议", On: today, Participants: c.mark, Says: c.mark + "内容", FollowUp: c.mark + "后续", FollowDue: today.AddDays(3)}, []approval.Upload{*file()}))(t)
	c.keep("/console/coordination/{id}", e.ID)
	attached("/console/coordination/{file}", "coordination", e.ID)
	c.keep("/console/contacts/{id}", must(h.Coordination.SaveContact(ctx, work, coordination.Contact{Unit: c.office.ID, Organ: c.mark + "日报", Kind: "news", Person: c.mark + "记者", Phone: "1"}))(t).ID)
	c.keep("/console/shares/{id}", must(h.Coordination.Give(ctx, work, coordination.Share{Unit: c.office.ID, To: c.office.ID, List: "sites", Purpose: c.mark + "核对"}))(t).ID)
	must(h.Coordination.Promise(ctx, work, coordination.Schedule{Unit: c.office.ID, To: c.office.ID, List: "sites", Every: "month", Next: today.AddDays(30)}))(t)

	must(h.Budgets.Save(ctx, scope, c.office.ID, today.Year, []budget.Line{{Class: sx2021.BudgetTraining, Planned: 100, Document: c.mark + "文号"}}, file()))(t)
	c.ids["/console/budgets/{unit}"] = []string{string(c.office.ID)}
	c.ids["/console/budgets/{year}"] = []string{fmt.Sprint(today.Year)}
	c.ids["/console/settings/holidays/{year}"] = []string{fmt.Sprint(today.Year)}
	attached("/console/budgets/{file}", "budget", fmt.Sprintf("%s-%d", c.office.ID, today.Year))

	list := must(h.Lexicon.Make(ctx, scope, c.office.ID, lexicon.Change{Name: c.mark + "词条", Source: c.mark + "来源", Add: []lexicon.Entry{{Kind: lexicon.Sensitive, Words: c.mark + "敏感词", Serious: true}}}))(t)
	c.keep("/console/lexicon/packs/{pack}", list.ID)
	entries, _, err := h.Lexicon.Entries(ctx, scope, lexicon.Filter{Pack: list.ID})
	if err != nil || len(entries) != 1 {
		t.Fatalf("entries of the pack: %d, %v", len(entries), err)
	}
	c.keep("/console/lexicon/entries/{id}", entries[0].ID)
}

// supervise gives the county a notice with its return, a training with its
// certificate, a self-check with a problem, and a clock.
func (n *neighbourhood) supervise(c *county) {
	t, h := n.t, n.h
	ids := func(key string, id ...string) {
		c.ids[key] = append(c.ids[key], id...)
		c.own = append(c.own, id...)
	}
	supervisor, sponsor, final := c.people[authz.Supervisor], c.people[authz.Sponsor], c.people[authz.FinalReviewer]
	today := calendar.Today(n.clock)
	upload := func(field string) []approval.Upload {
		return []approval.Upload{{Kind: "paper", Field: field, Name: c.mark + "材料.pdf", Content: bytes.NewReader(pdf)}}
	}
	done := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	g := must(h.Guidance.Issue(as(supervisor), supervisor.ScopeFor(authz.GuidanceIssue), supervisor, guidance.Issue{Number: c.mark + "〔2026〕1号", Title: c.mark + "通知", Body: c.mark + "请报送。", Kind: guidance.Notice,
		DueOn: today.AddDays(20), Fields: "说明（必填）", To: org.Choice{Names: []string{c.dept.Name}, Only: true}, Audience: c.dept.Name, Files: upload("files")}))(t)
	done(h.Guidance.Sign(as(c.clerk), c.clerk, g.ID))
	done(h.Guidance.Ask(as(c.clerk), c.clerk, g.ID, c.mark+"怎样填？"))
	done(h.Guidance.Return(as(c.clerk), c.clerk, g.ID, map[string]string{guidance.FieldName(0): c.mark + "说明"}, upload("files")))
	ids("/console/guidance/{id}", g.ID)
	seen := must(h.Guidance.One(as(supervisor), supervisor.ScopeFor(authz.ObligationRead), supervisor, g.ID))(t)
	ids("/console/guidance/{file}", seen.Files[0].ID)

	course := must(h.Training.Plan(as(sponsor), sponsor, training.Course{Unit: c.office.ID, Kind: training.Business, Title: c.mark + "培训", HeldOn: today, Hours: 40}, upload("files")))(t)
	_, err := h.Training.Attend(as(sponsor), sponsor.ScopeFor(authz.TrainingManage), sponsor, course.ID, c.mark+"学员")
	done(err)
	done(h.Training.Hold(as(sponsor), sponsor.ScopeFor(authz.TrainingManage), sponsor, course.ID, nil))
	ids("/console/training/{id}", course.ID)
	course = must(h.Training.Course(as(sponsor), sponsor.ScopeFor(authz.ObligationRead), course.ID))(t)
	ids("/console/training/{file}", course.Files[0].ID)
	present := must(h.Training.Present(as(sponsor), sponsor.ScopeFor(authz.ObligationRead), course.ID, 10))(t)
	ids("/console/training/{attendance}", present[0].ID)

	filled := selfcheck.Filled{Answers: map[string]selfcheck.Answer{}, Summary: c.mark + "小结", Submit: true, Files: upload("files")}
	form := must(selfcheck.Form())(t)
	for i, item := range form.Items {
		filled.Answers[item.ID] = selfcheck.Answer{Verdict: selfcheck.Fine}
		if i == 0 {
			filled.Answers[item.ID] = selfcheck.Answer{Verdict: selfcheck.Problem, Note: c.mark + "问题", Due: today.AddDays(10)}
		}
	}
	done(h.SelfChecks.Fill(as(sponsor), sponsor.ScopeFor(authz.SelfCheckFill), sponsor, c.office.ID, "2026-Q1", filled))
	done(h.SelfChecks.Confirm(as(final), final.ScopeFor(authz.SelfCheckAffirm), final, c.office.ID, "2026-Q1", c.mark+"领导", "副主任"))
	c.ids["/console/selfchecks/{unit}"], c.ids["/console/selfchecks/{period}"] = []string{string(c.office.ID)}, []string{"2026-Q1"}
	check := must(h.SelfChecks.Check(as(sponsor), sponsor.ScopeFor(authz.ObligationRead), c.office.ID, "2026-Q1"))(t)
	ids("/console/selfchecks/{file}", check.Files[0].ID)
	ids("/console/selfchecks/{problem}", check.Problems[0].ID)
	clocks := must(h.Obligations.Obligations(as(sponsor), sponsor.ScopeFor(authz.ObligationRead), obligation.Filter{Kind: selfcheck.FixKind.ID}))(t)
	ids("/console/obligations/{id}", clocks[0].ID)
	// The token is the proof; nobody's leads to nothing.
	c.ids["/console/feeds/{token}"] = []string{"nobodys"}
	c.ids["/console/fact-checks/{token}"] = []string{"nobodys"}
	c.reviewed(n, ids)
}

// reviewed are items that go as one, a batch, and an opinion asked.
func (c *county) reviewed(n *neighbourhood, ids func(key string, id ...string)) {
	t, lib := n.t, n.h.Library
	author, first := c.people[authz.Editor], c.people[authz.FirstReviewer]
	scope := author.ScopeFor(authz.ItemWrite)
	var drafts []library.ItemID
	for i := range 5 {
		doc := must(prose.FromText(c.mark + "单位发布的内容。"))(t)
		it := must(lib.Create(as(author), scope, library.Writing{Meta: library.Meta{Type: library.News, Origin: library.Original, Title: fmt.Sprintf("%s第%d篇", c.mark, i+5)}, Doc: doc, Unit: c.office.ID}))(t)
		drafts = append(drafts, it.ID)
	}
	k := must(lib.Bundle(as(author), scope, c.mark+"一套", drafts[:2]))(t)
	ids("/console/item-packages/{id}", string(k.ID))
	for _, id := range drafts[2:4] {
		must(lib.Submit(as(author), scope, id, library.Submission{Version: 1}))(t)
	}
	b := must(lib.StartBatch(as(first), first.ScopeFor(authz.ItemRead), drafts[2:4]))(t)
	ids("/console/item-batches/{id}", b.ID)
	asked := must(lib.Consult(as(author), scope, drafts[4], library.Consultation{Version: 1, Units: []org.UnitID{c.dept.ID}, Text: c.mark + "请看"}))(t)
	ids("/console/consultations/{id}", asked[0].ID)
}

// bring rehearses a table of items that the county's editor sends.
func (n *neighbourhood) bring(c *county, ids func(key string, id ...string)) {
	author := c.people[authz.Editor]
	rows := fmt.Appendf(nil, "标题,正文\n%[1]s来稿,%[1]s来稿的正文\n", c.mark)
	b := must(n.h.MoveIn.Bring(as(author), author, author.ScopeFor(authz.ItemWrite), movein.Ask{Unit: c.office.ID}, []movein.Sent{{Name: c.mark + ".csv", Size: int64(len(rows)), Content: bytes.NewReader(rows)}}))(n.t)
	if b.Report.Accepted != 1 {
		n.t.Fatalf("rehearsal: %+v %s", b.Report, b.Failure)
	}
	ids("/console/move-ins/{id}", b.ID)
	c.ids["/console/move-ins/{key}"] = []string{"1"}
}

// write puts an item into the library and, when asked, through its reviews.
func (n *neighbourhood) write(c *county, column registry.ColumnID, title string, live bool) library.ItemID {
	t, lib := n.t, n.h.Library
	doc := must(prose.FromText(c.mark + "单位发布的内容。\n各单位要落实责任。"))(t)
	author, first, final := c.people[authz.Editor], c.people[authz.FirstReviewer], c.people[authz.FinalReviewer]
	it := must(lib.Create(as(author), author.ScopeFor(authz.ItemWrite), library.Writing{Meta: library.Meta{Type: library.News, Origin: library.Original, Title: title, Summary: c.mark + "摘要"},
		Doc: doc, Unit: c.office.ID, Columns: []registry.ColumnID{column}}))(t)
	if !live {
		return it.ID
	}
	it = must(lib.Submit(as(author), author.ScopeFor(authz.ItemWrite), it.ID, library.Submission{Version: it.Version}))(t)
	d := library.Decision{Round: it.Round, Stage: it.Stage, Act: library.Pass}
	it = must(lib.Review(as(first), first.ScopeFor(authz.ItemRead), it.ID, d))(t)
	d.Stage = it.Stage
	for _, g := range sx2021.Gates() {
		must(lib.Stamp(as(final), final.ScopeFor(authz.ItemRead), it.ID, library.Stamping{Round: it.Round, Gate: g, Passed: true}))(t)
	}
	d.Declarations = sx2021.Declarations{InDuty: true, SourceKnown: true, NothingSensitive: true, NothingSecret: true, NoOpinion: true, NoAdvertising: true}
	return must(lib.Review(as(final), final.ScopeFor(authz.ItemRead), it.ID, d))(t).ID
}

// letter is a citizen's letter to the county's portal.
func (n *neighbourhood) letter(c *county, site registry.SiteID) string {
	desk := letters.NewDesk(n.h.Letters)
	token := desk.FormToken(site)
	n.clock.Advance(10 * time.Second)
	if _, err := desk.Receive(audit.Citizen(context.Background()), site, letters.Submission{Type: letters.Consult, Title: c.mark + "集市几点开门", Body: c.mark + "的农贸市场周末几点开门？",
		Name: c.mark + "市民", Phone: "13800138000", Consent: true, Token: token, Address: "192.0.2.7"}); err != nil {
		n.t.Fatal(err)
	}
	list, _, err := n.h.Letters.Letters(context.Background(), c.people[authz.Sponsor].ScopeFor(authz.LetterRead), letters.Filter{})
	if err != nil || len(list) != 1 {
		n.t.Fatalf("%d letters (%v)", len(list), err)
	}
	return string(list[0].ID)
}

// enter gives a person the cookie that a sign-in would have given.
func (n *neighbourhood) enter(c *county, role authz.Role, s *authz.Session) {
	token := strings.ToLower("test-" + ulid.Make().String())
	values := map[string]any{signin.KeyLogin: s.LoginID, signin.KeySecond: "1", signin.KeyAddress: "192.0.2.1", signin.KeyAgent: "test"}
	data := must(signin.Codec{}.Encode(n.clock.Now().Add(signin.SessionLife), values))(n.t)
	if err := n.h.Signin.Store().CommitCtx(context.Background(), token, data, time.Time{}); err != nil {
		n.t.Fatal(err)
	}
	c.cookies[role] = token
	c.forms[role] = n.h.Keys.Mac("signin.form", "session "+token)
}

// reply is what came back.
type reply struct {
	status int
	header http.Header
	body   string
}

// ask walks through the whole router as a role of the county; nobody when the
// county is nil.
func (n *neighbourhood) ask(c *county, role authz.Role, r *http.Request) reply {
	if c != nil {
		r.AddCookie(&http.Cookie{Name: "zs", Value: c.cookies[role]})
	}
	w := httptest.NewRecorder()
	n.router.ServeHTTP(w, r)
	return reply{w.Code, w.Result().Header, unpacked(w.Body.Bytes())}
}

// unpacked is a body as text; of a workbook or a document, all its parts.
func unpacked(body []byte) string {
	z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return string(body)
	}
	var out strings.Builder
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			continue
		}
		_, _ = io.Copy(&out, io.LimitReader(r, 1<<20)) // what cannot be read cannot be seen either
		r.Close()
	}
	return out.String()
}

func (n *neighbourhood) get(c *county, role authz.Role, path string) reply {
	return n.ask(c, role, httptest.NewRequest(http.MethodGet, path, nil))
}

// post sends a form with the token of the role's session.
func (n *neighbourhood) post(c *county, role authz.Role, path string, form url.Values) reply {
	v := maps.Clone(form)
	if v == nil {
		v = url.Values{}
	}
	if c != nil && !v.Has("_form") {
		v.Set("_form", c.forms[role])
	}
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(v.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return n.ask(c, role, r)
}

var parameter = regexp.MustCompile(`\{[a-z_]+\}`)

// addresses fills a pattern's parameters with the county's ids, in every
// combination. A pattern nobody gave an id for fails the test: whoever adds a
// door says here what stands behind it.
func (n *neighbourhood) addresses(pattern string, c *county) []string {
	_, path, _ := strings.Cut(strings.TrimSuffix(pattern, "{$}"), " ")
	out := []string{path}
	for _, name := range parameter.FindAllString(path, -1) {
		values := c.valuesOf(path, name)
		if len(values) == 0 {
			n.t.Errorf("%s: no id known for %s; add one to furnish", pattern, name)
			values = []string{"unknown"}
		}
		var more []string
		for _, p := range out {
			for _, v := range values {
				more = append(more, strings.Replace(p, name, v, 1))
			}
		}
		out = more
	}
	return out
}

// nowhere is an address of the pattern whose last id leads to nothing; words
// that are no ids stay.
func (n *neighbourhood) nowhere(pattern string, c *county) string {
	_, path, _ := strings.Cut(pattern, " ")
	for _, name := range parameter.FindAllString(path, -1) {
		if v := c.valuesOf(path, name); len(v) > 0 && len(v[0]) != 26 {
			path = strings.Replace(path, name, v[0], 1)
		} else {
			path = strings.Replace(path, name, ulid.Make().String(), 1)
		}
	}
	return path
}

// valuesOf looks for the longest beginning of the path that knows the
// parameter.
func (c *county) valuesOf(path, name string) []string {
	parts := strings.Split(path, "/")
	for i := len(parts); i > 1; i-- {
		head := strings.TrimSuffix(strings.Join(parts[:i], "/"), "/"+name)
		if v := c.ids[head+"/"+name]; v != nil {
			return v
		}
	}
	return c.ids[name]
}

// leaks are the neighbour's marks and ids that stand in a body.
func leaks(body string, of *county, asked string) []string {
	var out []string
	for _, mark := range append([]string{of.mark, of.latin}, of.own...) {
		// An address may say again what it was asked for.
		if strings.Contains(body, mark) && !strings.Contains(asked, mark) {
			at := strings.Index(body, mark)
			out = append(out, mark+" in "+strings.Join(strings.Fields(body[max(0, at-80):min(len(body), at+80)]), " "))
		}
	}
	return out
}

// questions try a list's filters, with the neighbour's ids too.
func questions(of *county) []string {
	id := func(key string) string { return url.QueryEscape(of.ids[key][0]) }
	return []string{
		"", "?format=csv&version=1&a=1&b=1", "?format=xlsx", "?q=" + url.QueryEscape("标记"), "?q=biaoji", "?state=all&show=all&tab=all&size=200&limit=500&page=1", "?waiting=1&monitored=no&kind=&severity=&mine=", "?tab=accounts", "?tab=done", "?tab=read",
		"?unit=" + id("/console/units/{id}") + "&under=" + url.QueryEscape(string(of.area)) + "&area=" + url.QueryEscape(string(of.area)),
		"?site=" + id("/console/sites/{id}"), "?site=" + id("/console/sites/{id}") + "&host=x&name=x&state=all", "?item=" + id("/console/items/{id}") + "&base=" + id("/console/items/{id}"),
		"?finding=" + id("/console/findings/{id}"), "?id=" + id("/console/sites/{id}") + "&kind=site", "?a=1&b=2", "?version=1", "?issued=" + id("/console/orders/{id}"),
		"?case=" + id("/console/cases/{id}") + "&column=news",
	}
}

// forAll are the pages about a live item that every keeper of a column opens,
// wherever the item was written.
var forAll = map[string]string{
	"GET /console/items/{id}/adopt":      "Article 27: what is in the library and live is there for other sites to adopt",
	"GET /console/items/{id}/shown":      "Article 27: who shows a public item is seen by whoever may adopt it",
	"GET /console/items/{id}/take-down":  "an adopted item is taken down by who adopted it; the page names the adopter's own placements only",
	"POST /console/items/{id}/take-down": "the page is shown again",
	"POST /console/items/{id}/adopt":     "the page is shown again",
}

// doors narrows the walk while one works on a module: -doors /platforms.
var doors = flag.String("doors", "", "walk only the doors whose pattern has this in it")

// known are pages about what is public: anybody opens them, and they name
// nothing of the neighbour.
var known = map[string]string{
	"GET /console/platforms/{id}":           "Article 25: which platforms there are is public",
	"GET /console/settings/holidays/{year}": "a year and its holidays are everybody's; which clocks moved is told of the own ones",
}

// noMatter are acts that answer alike whether there is such a thing or not.
var noMatter = map[string]string{
	"POST /console/messages/{id}/read": "marking a message read twice, or one that is not one's own, does nothing",
}

// Articles 2 and 4: everybody works in the own area and unit. For every role,
// every page of the house is asked for with the own county's ids and with the
// neighbour's; what belongs to the neighbour is not found and not named.
//
// It takes some seconds: ten thousand pages are made and read.
func TestNeighbours(t *testing.T) {
	if testing.Short() {
		t.Skip("left out by -short: walks every door as every role")
	}
	t.Parallel() // much of it is waiting
	eachDatabase(t, func(t *testing.T, c app.Config) {
		n := settle(t, c)
		walked, read, shown := 0, 0, map[string]bool{}
		for _, route := range n.routes {
			if !strings.HasPrefix(route.Pattern, "GET ") || !strings.Contains(route.Pattern, *doors) {
				continue
			}
			hasID := strings.Contains(strings.TrimSuffix(route.Pattern, "{$}"), "{")
			for _, info := range n.askers(route) {
				for _, at := range n.addresses(route.Pattern, n.a) {
					for _, q := range questions(n.b) {
						got := n.get(n.a, info.Role, at+q)
						walked++
						switch got.status {
						case http.StatusOK:
							read++
							if strings.Contains(got.body, n.a.mark) {
								shown[route.Pattern] = true
							}
						case http.StatusSeeOther, http.StatusForbidden, http.StatusNotFound,
							http.StatusConflict, http.StatusUnprocessableEntity: // a comparison without versions, an amendment of what is decided
						case http.StatusTooManyRequests: // the door for people outside counts looks
							if !strings.HasPrefix(at, "/console/fact-checks/") {
								t.Errorf("%s as %s is counted", at+q, info.Role)
							}
						default:
							t.Errorf("%s as %s: %d\n%.300s", at+q, info.Role, got.status, heading(got.body))
						}
						for _, leak := range leaks(got.body, n.b, q) {
							t.Errorf("%s as %s shows %s", at+q, info.Role, leak)
						}
						if hasID && q == "?tab=done" || got.status == http.StatusForbidden {
							break // a page about one thing has few filters, a closed one none
						}
					}
				}
				if !hasID || strings.Contains(route.Pattern, "/console/lists/{list}/") {
					continue // which lists there are is everybody's
				}
				for _, at := range n.addresses(route.Pattern, n.b) {
					if strings.Contains(at, n.b.live) && forAll[route.Pattern] != "" {
						continue
					}
					got := n.get(n.a, info.Role, at+"?a=1&b=1&version=1&format=csv")
					walked++
					if known[route.Pattern] == "" && got.status != http.StatusNotFound && got.status != http.StatusForbidden && !(got.status == http.StatusTooManyRequests && strings.HasPrefix(at, "/console/fact-checks/")) {
						t.Errorf("the neighbour's %s as %s: %d, want not found", at, info.Role, got.status)
					}
					if got.status == http.StatusForbidden && n.a.people[info.Role].May(route.Permit) {
						t.Errorf("the neighbour's %s as %s: forbidden, which tells that it is there; want not found", at, info.Role)
					}
					for _, leak := range leaks(got.body, n.b, at) {
						t.Errorf("the neighbour's %s as %s shows %s", at, info.Role, leak)
					}
				}
			}
		}
		// The test means something only when the marks do show at home.
		for _, pattern := range []string{"GET /console/units", "GET /console/units/{id}", "GET /console/sites", "GET /console/sites/{id}", "GET /console/cases/{id}", "GET /console/items", "GET /console/items/{id}",
			"GET /console/letters", "GET /console/letters/{id}", "GET /console/findings", "GET /console/findings/{id}", "GET /console/accounts", "GET /console/audit", "GET /console/audit/{id}", "GET /console/obligations", "GET /console/logins",
			"GET /console/obligations/{id}", "GET /console/guidance/{id}", "GET /console/training/{id}", "GET /console/selfchecks/{unit}/{period}"} {
			if !shown[pattern] && strings.Contains(pattern, *doors) {
				t.Errorf("%s never showed the county's own mark: the walk proves nothing there", pattern)
			}
		}
		t.Logf("%d requests, %d pages read", walked, read)
	})
}

// askers are the roles that ask for a page: all of them, and on PostgreSQL the
// first and the last of those that may open it. What a role may see is decided
// by one code on both; what can differ is how the database reads its questions.
func (n *neighbourhood) askers(route web.Route) []authz.RoleInfo {
	if n.h.DB.Dialect() != db.Postgres {
		return authz.Roles
	}
	var may []authz.RoleInfo
	for _, info := range authz.Roles {
		if n.a.people[info.Role].May(route.Permit) {
			may = append(may, info)
		}
	}
	if len(may) > 2 {
		may = []authz.RoleInfo{may[0], may[len(may)-1]}
	}
	return may
}

// The same for every act: with the neighbour's id it is not found and nothing
// is written, whatever else the form says.
func TestNeighboursActs(t *testing.T) {
	t.Parallel() // much of it is waiting
	n := settle(t, app.Config{Dir: dbtest.Folder(t)})
	// Fields that let most forms come past their first look.
	form := func(of *county) url.Values {
		v := url.Values{}
		for _, name := range []string{"reason", "opinion", "why", "says", "basis", "name", "title", "detail", "value", "answer", "advice", "invalid_reason", "reveal_reason", "down_reason", "public_title", "public_body", "public_answer", "text", "body"} {
			v.Set(name, "已核对，情况属实。")
		}
		v.Set("act", "pass")
		v.Set("step", "1")
		v.Set("verdict", "pass")
		v.Set("on", "on")
		v.Set("version", "1")
		v.Set("base", "1")
		v.Set("handler_unit", string(of.office.ID))
		v.Set("person", of.people[authz.Editor].PersonID)
		v.Set("finding", of.ids["/console/findings/{id}"][0])
		v.Set("column", "news")
		return v
	}
	walked := 0
	for _, route := range n.routes {
		if !strings.HasPrefix(route.Pattern, "POST ") || !strings.Contains(route.Pattern, "{") || noMatter[route.Pattern] != "" || !strings.Contains(route.Pattern, *doors) {
			continue
		}
		for _, info := range authz.Roles {
			if !n.a.people[info.Role].May(route.Permit) {
				continue
			}
			for _, at := range n.addresses(route.Pattern, n.b) {
				for _, v := range []url.Values{{}, form(n.b), form(n.a)} {
					before := n.h.DB.Commits()
					got := n.post(n.a, info.Role, at, v)
					walked++
					public := strings.Contains(at, n.b.live) && forAll[route.Pattern] != ""
					// A form may be refused before its object is looked for;
					// then it is refused alike for an object that never was.
					never := n.post(n.a, info.Role, n.nowhere(route.Pattern, n.b), v)
					if got.status < 400 || got.status != never.status && !public {
						t.Errorf("POST of the neighbour's %s as %s: %d %s, of what never was: %d", at, info.Role, got.status, heading(got.body), never.status)
					}
					if after := n.h.DB.Commits(); after != before {
						t.Errorf("POST of the neighbour's %s as %s wrote %d times", at, info.Role, after-before)
					}
					if public {
						continue
					}
					for _, leak := range leaks(got.body, n.b, at+v.Encode()) {
						t.Errorf("POST of the neighbour's %s as %s shows %s", at, info.Role, leak)
					}
				}
			}
		}
	}
	t.Logf("%d acts tried", walked)
}

var (
	h1   = regexp.MustCompile(`(?s)<h1[^>]*>(.*?)</h1>`)
	tags = regexp.MustCompile(`(?s)<[^>]*>`)
)

// heading is what a page says it is, for messages.
func heading(body string) string {
	if m := h1.FindStringSubmatch(body); m != nil {
		return strings.Join(strings.Fields(tags.ReplaceAllString(m[1], "")), " ")
	}
	return fmt.Sprintf("%.120s", body)
}
