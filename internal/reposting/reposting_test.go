package reposting_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/jobs"
	"zhengshu/internal/jobs/jobstest"
	"zhengshu/internal/library"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/prose"
	"zhengshu/internal/registry"
	"zhengshu/internal/reposting"
	"zhengshu/internal/rules/sx2021"
)

var system = authz.System("test")

// web is the world outside: pages by address.
type pages map[string]func() (*egress.Response, error)

func (p pages) Get(_ context.Context, address string, _ egress.Options) (*egress.Response, error) {
	if f := p[address]; f != nil {
		return f()
	}
	return &egress.Response{Requested: address}, errors.New("no such host")
}

func page(status int, body string) func() (*egress.Response, error) {
	return func() (*egress.Response, error) {
		return &egress.Response{Status: status, Header: http.Header{"Content-Type": {"text/html; charset=utf-8"}}, Body: []byte("<html><body>" + body + "</body></html>")}, nil
	}
}

type desk struct {
	ctx     context.Context
	session *authz.Session
}

func (p desk) scope(need authz.Permission) authz.Scope { return p.session.ScopeFor(need) }

type office struct {
	unit   org.Unit
	site   registry.Site
	news   registry.Column
	worker desk // 主管人员, 主办单位经办 and editor in one
	final  desk
	first  desk
}

type house struct {
	t                      *testing.T
	db                     *db.DB
	clock                  *calendar.Manual
	lib                    *library.Service
	ob                     *obligation.Service
	rep                    *reposting.Service
	workers                *jobs.Workers
	web                    pages
	province, city, county *office
	account                string // of the city, on a platform
	elsewhere              registry.Site
}

var began = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func each(t *testing.T, fn func(h *house)) {
	t.Helper()
	clock := calendar.NewManual(began)
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(began)
		fn(build(t, d, clock))
	})
}

func build(t *testing.T, d *db.DB, clock *calendar.Manual) *house {
	t.Helper()
	ctx := audit.System(context.Background(), "test")
	if err := passage.Declare(ctx, d, registry.SiteMachine, registry.AccountMachine, library.Machine, library.ShareMachine, reposting.Machine); err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, db: d, clock: clock, workers: jobs.NewWorkers(), web: pages{}}
	o := org.New(d)
	r := registry.New(d, o)
	h.ob = obligation.New(d, o, append(library.Obligations(), reposting.Duty24h)...)
	h.lib = library.New(d, o, r, h.ob, func(string) []check.Span { return nil }, sx2021.Defaults())
	h.rep = reposting.New(d, o, r, h.lib, h.ob, h.web)
	h.rep.Register(h.workers)
	h.lib.OnChange(h.rep.Changed)
	people := map[*desk]org.PersonID{}
	err := d.Update(ctx, func(tx *db.Tx) error {
		for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"}, {Level: org.County, Code: "610113", Name: "雁塔区", Parent: "city-610100000000"}} {
			if _, err := o.AddArea(ctx, tx, a); err != nil {
				return err
			}
		}
		for _, n := range []struct {
			to         **office
			area       org.AreaID
			slug, name string
		}{{&h.province, "province-610000000000", "shaanxi", "陕西省"}, {&h.city, "city-610100000000", "xian", "西安市"}, {&h.county, "county-610113000000", "yanta", "雁塔区"}} {
			f := &office{}
			*n.to = f
			var err error
			if f.unit, _, err = o.AddUnit(ctx, tx, org.Unit{Area: n.area, Kind: org.Office, Name: n.name + "人民政府办公厅"}); err != nil {
				return err
			}
			for p, roles := range map[*desk][]authz.Role{&f.worker: {authz.Supervisor, authz.Sponsor, authz.Editor}, &f.first: {authz.FirstReviewer}, &f.final: {authz.FinalReviewer}} {
				person, err := o.AddPerson(ctx, tx, system, org.Person{Unit: f.unit.ID, Name: n.name + string(roles[0])})
				if err != nil {
					return err
				}
				people[p] = person.ID
				for _, role := range roles {
					if err := o.Appoint(ctx, tx, system, person.ID, f.unit.ID, role); err != nil {
						return err
					}
				}
			}
			if f.site, err = r.EnterSite(ctx, tx, registry.Site{Unit: f.unit.ID, Kind: registry.Portal, Name: n.name + "人民政府", Slug: n.slug, Host: n.slug + ".example.gov.cn", Hosted: true}); err != nil {
				return err
			}
			if f.news, err = r.AddColumn(ctx, tx, system, registry.Column{Site: f.site.ID, Slug: "news", Name: "要闻", Type: "政务动态", Description: "要闻栏目的内容", Owner: people[&f.final], A: people[&f.worker], B: people[&f.first], CycleDays: 14}); err != nil {
				return err
			}
		}
		dept, _, err := o.AddUnit(ctx, tx, org.Unit{Area: "city-610100000000", Kind: org.Department, Name: "西安市商务局"})
		if err != nil {
			return err
		}
		if h.elsewhere, err = r.EnterSite(ctx, tx, registry.Site{Unit: dept.ID, Kind: registry.DepartmentSite, Name: "西安市商务局网站", Host: "swj.xian.example.gov.cn"}); err != nil {
			return err
		}
		h.account = "01JACCOUNT0000000000000000"
		_, err = tx.Exec(ctx, `INSERT INTO account (id, unit_id, platform, name, state, created_at, updated_at) VALUES ($1, $2, 'wechat', '西安发布', 'running', $3, $3)`, h.account, h.city.unit.ID, tx.Now())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for p, id := range people {
		posts := must(o.PostsOf(ctx, d, id))(t)
		p.session = &authz.Session{PersonID: string(id), Name: string(id), Posts: posts}
		p.ctx = audit.WithActor(authz.WithSession(context.Background(), p.session), audit.Actor{Kind: "person", ID: string(id), Name: string(id)})
	}
	return h
}

func (h *house) work() {
	h.t.Helper()
	jobstest.Work(h.t, h.db, h.workers, jobs.Config{Wrap: audit.System})
}

func (h *house) publish(o *office, title, original string) library.Item {
	h.t.Helper()
	n := library.Writing{Meta: library.Meta{Type: library.News, Origin: library.Original, Title: title}, Doc: must(prose.FromText("正文" + title))(h.t), Unit: o.unit.ID, Columns: []registry.ColumnID{o.news.ID}}
	if original != "" {
		n.Origin, n.Source, n.SourceURL, n.SourceAt = library.Repost, "中国政府网", original, h.db.Now().Add(-time.Hour)
	}
	it := must(h.lib.Create(o.worker.ctx, o.worker.scope(authz.ItemWrite), n))(h.t)
	it = must(h.lib.Submit(o.worker.ctx, o.worker.scope(authz.ItemWrite), it.ID, library.Submission{Version: it.Version, Reason: "已核对"}))(h.t)
	for it.State == library.InReview {
		p, d := o.first, library.Decision{Round: it.Round, Stage: it.Stage, Act: library.Pass, Reason: "已核对"}
		if it.Stage == "final" {
			p = o.final
			for _, g := range sx2021.Gates() {
				must(h.lib.Stamp(p.ctx, p.scope(authz.ItemRead), it.ID, library.Stamping{Round: it.Round, Gate: g, Passed: true}))(h.t)
			}
			d.Declarations = sx2021.Declarations{InDuty: true, SourceKnown: true, NothingSensitive: true, NothingSecret: true, NoOpinion: true, NoAdvertising: true}
		}
		it = must(h.lib.Review(p.ctx, p.scope(authz.ItemRead), it.ID, d))(h.t)
	}
	return it
}

func (h *house) mark(n reposting.Mark) reposting.Call {
	h.t.Helper()
	p := h.province.worker
	return must(h.rep.Mark(p.ctx, p.scope(authz.GuidanceIssue), p.session, n))(h.t)
}

func (h *house) duty(c reposting.Call, object string) reposting.Duty {
	h.t.Helper()
	list, _, err := h.rep.Duties(context.Background(), system, c.ID, reposting.DutyFilter{Limit: 100})
	if err != nil {
		h.t.Fatal(err)
	}
	for _, d := range list {
		if d.Object == object {
			return d
		}
	}
	h.t.Fatalf("%s owes nothing", object)
	return reposting.Duty{}
}

func (h *house) debt(d reposting.Duty) obligation.Obligation {
	h.t.Helper()
	list, err := h.ob.Obligations(context.Background(), system, obligation.Filter{Kind: reposting.Duty24h.ID, State: "all", Subject: obligation.Subject{Kind: "repost", ID: d.ID()}})
	if err != nil || len(list) != 1 {
		h.t.Fatalf("obligations of %s: %d, %v", d.ObjectName, len(list), err)
	}
	return list[0]
}

// The province marks an item: the city adopts it in time, the county after 25
// hours. Each hour is kept, the county's clock says by how much it was late.
func TestCityInTimeCountyLate(t *testing.T) {
	each(t, func(h *house) {
		it := h.publish(h.province, "国务院关于某项工作的意见", "")
		c := h.mark(reposting.Mark{Item: it.ID, Kinds: []string{reposting.Portals}})
		if c.DueAt.Sub(c.IssuedAt) != 24*time.Hour {
			t.Errorf("due %v after it was marked", c.DueAt.Sub(c.IssuedAt))
		}
		for _, o := range []*office{h.city, h.county} {
			if d := h.duty(c, string(o.site.ID)); d.State != reposting.Owed || h.debt(d).State != obligation.Open {
				t.Errorf("%s: %+v", o.site.Name, d)
			}
		}
		list, n, err := h.rep.Duties(context.Background(), system, c.ID, reposting.DutyFilter{Limit: 10})
		if err != nil || n != 2 {
			t.Fatalf("%d owe it, of two: %+v, %v", n, list, err)
		}
		adopt := func(o *office) {
			t.Helper()
			must(h.lib.Adopt(o.worker.ctx, o.worker.scope(authz.ColumnManage), library.Adoption{Item: it.ID, Column: o.news.ID}))(t)
		}
		h.clock.Set(began.Add(2 * time.Hour))
		adopt(h.city)
		h.clock.Set(began.Add(25*time.Hour + 30*time.Minute))
		if d := h.duty(c, string(h.county.site.ID)); !d.Overdue(c.DueAt, h.clock.Now()) {
			t.Error("the county is not late after 25 hours")
		}
		adopt(h.county)
		city, county := h.duty(c, string(h.city.site.ID)), h.duty(c, string(h.county.site.ID))
		if city.State != reposting.Done || city.Late || city.FoundBy != reposting.ByAdoption || !city.FoundAt.Equal(began.Add(2*time.Hour)) {
			t.Errorf("city %+v", city)
		}
		if county.State != reposting.Done || !county.Late {
			t.Errorf("county %+v", county)
		}
		if o := h.debt(county); o.State != obligation.Discharged || !strings.Contains(o.Evidence, "迟 1 小时 30 分") {
			t.Errorf("the county's clock: %+v", o)
		}
		got := must(h.rep.Call(h.province.worker.ctx, h.province.worker.scope(authz.ObligationRead), c.ID))(t)
		if got.All != 2 || got.Done != 2 || got.DoneLate != 1 || got.Open != 0 {
			t.Errorf("counts %+v", got)
		}
		late, n, err := h.rep.Duties(h.province.worker.ctx, h.province.worker.scope(authz.ObligationRead), c.ID, reposting.DutyFilter{State: "late", Limit: 10})
		if err != nil || n != 1 || late[0].Object != string(h.county.site.ID) {
			t.Errorf("the late list: %+v, %v", late, err)
		}
		mine := must(h.rep.Call(h.county.worker.ctx, h.county.worker.scope(authz.ObligationRead), c.ID))(t)
		if mine.All != 1 {
			t.Errorf("the county sees %d duties", mine.All)
		}
	})
}

// What stands already when it is marked is done; a repost of the county's own
// hand is known by the address of the original.
func TestFoundWithoutAnAct(t *testing.T) {
	each(t, func(h *house) {
		const original = "https://www.gov.cn/zhengce/202603/1.htm"
		it := h.publish(h.province, "已在各站的消息", "")
		must(h.lib.Adopt(h.city.worker.ctx, h.city.worker.scope(authz.ColumnManage), library.Adoption{Item: it.ID, Column: h.city.news.ID}))(t)
		c := h.mark(reposting.Mark{Item: it.ID, Kinds: []string{reposting.Portals}})
		if d := h.duty(c, string(h.city.site.ID)); d.State != reposting.Done || d.Late {
			t.Errorf("what stood already: %+v", d)
		}
		outside := h.mark(reposting.Mark{Title: "国务院消息", Source: "中国政府网", SourceURL: original, Kinds: []string{reposting.Portals}})
		h.publish(h.county, "转载：国务院消息", original)
		if d := h.duty(outside, string(h.county.site.ID)); d.State != reposting.Done || d.FoundBy != reposting.ByAdoption {
			t.Errorf("the county's own repost: %+v", d)
		}
	})
}

// A look that is given up gives the duty back, with why, to be given again.
func TestALookEndsWithItsJob(t *testing.T) {
	each(t, func(h *house) {
		const title = "国务院关于某项工作的意见"
		c := h.mark(reposting.Mark{Title: title, Source: "中国政府网", SourceURL: "https://www.gov.cn/1.htm", Kinds: []string{reposting.Depts}})
		p, site := h.city.worker, string(h.elsewhere.ID)
		const there = "https://swj.xian.example.gov.cn/1.html"
		h.web[there] = page(200, "<h1>"+title+"</h1><p>"+strings.Repeat("有关的内容。", 20)+"</p>")
		give := func() {
			t.Helper()
			if err := h.rep.GiveAddress(p.ctx, p.scope(authz.GuidanceAnswer), c.ID, "site", site, there); err != nil {
				t.Fatal(err)
			}
		}
		give()
		jobstest.Silence[reposting.Look](t, h.db, jobs.DefaultAttempts)
		h.work()
		if d := h.duty(c, site); d.State != reposting.Owed || !strings.Contains(d.Says, "多次中途停止") {
			t.Errorf("given up: %s %q", d.State, d.Says)
		}
		give()
		h.work()
		if d := h.duty(c, site); d.State != reposting.Done {
			t.Errorf("given again: %s %q", d.State, d.Says)
		}
	})
}

// An address is looked at: the page must hold the title; the hour it states is
// taken when it is possible; what does not answer is looked at again.
func TestAddressIsLookedAt(t *testing.T) {
	each(t, func(h *house) {
		const title = "国务院关于某项工作的意见"
		c := h.mark(reposting.Mark{Title: title, Source: "中国政府网", SourceURL: "https://www.gov.cn/1.htm", Kinds: []string{reposting.Depts, reposting.Accounts}})
		p := h.city.worker
		give := func(kind, object, address string) error {
			return h.rep.GiveAddress(p.ctx, p.scope(authz.GuidanceAnswer), c.ID, kind, object, address)
		}
		site := string(h.elsewhere.ID)
		const there = "https://swj.xian.example.gov.cn/1.html"
		for _, bad := range []string{"", "javascript:alert(1)", "https://www.example.com/1.html", "https://user:x@swj.xian.example.gov.cn/", "https://xswj.xian.example.gov.cn/"} {
			if err := give("site", site, bad); !fault.Is(err, fault.Invalid) {
				t.Errorf("%q: %v", bad, err)
			}
		}
		if err := h.rep.GiveAddress(h.county.worker.ctx, h.county.worker.scope(authz.GuidanceAnswer), c.ID, "site", site, there); !fault.Is(err, fault.NotFound) {
			t.Errorf("a neighbour gives an address: %v", err)
		}
		h.web[there] = page(200, "<h1>别的文章</h1><p>"+strings.Repeat("无关的内容。", 20)+"</p>")
		if err := give("site", site, there); err != nil {
			t.Fatal(err)
		}
		h.work()
		if d := h.duty(c, site); d.State != reposting.Owed || d.Says == "" {
			t.Errorf("another page: %+v", d)
		}
		h.web[there] = func() (*egress.Response, error) { return &egress.Response{}, errors.New("timeout") }
		if err := give("site", site, there); err != nil {
			t.Fatal(err)
		}
		h.work()
		if d := h.duty(c, site); d.State != reposting.Given || d.Looks != 1 {
			t.Errorf("no answer: %+v", d)
		}
		h.web[there] = page(200, `<h1>`+title+`</h1><p>发布时间：2026-03-02 11:20</p><p>`+strings.Repeat("内容。", 30)+`</p>`)
		given := h.clock.Now()
		h.clock.Set(began.Add(25 * time.Hour)) // the look comes after the hour
		h.work()
		d := h.duty(c, site)
		if d.State != reposting.Done || d.Late || d.FoundBy != reposting.ByAddress || !d.FoundAt.Equal(given) {
			t.Errorf("the page holds it: %+v", d)
		}
		// A house without a way to the Internet holds nothing against it and asks no
		// second time: the office that marked it is told to look.
		h.web["https://mp.weixin.example/s/0"] = func() (*egress.Response, error) {
			return &egress.Response{}, &egress.Error{Kind: egress.NoWay, Says: "平台不能访问互联网。"}
		}
		if err := give("account", h.account, "https://mp.weixin.example/s/0"); err != nil {
			t.Fatal(err)
		}
		for range 8 {
			h.work()
			h.clock.Set(h.clock.Now().Add(time.Hour))
		}
		if d := h.duty(c, h.account); d.State != reposting.Given || d.Looks != 1 || !strings.Contains(d.Says, "人工确认") {
			t.Errorf("without a way: %+v", d)
		}
		n, err := db.One(h.province.worker.ctx, h.db, db.Value[int], `SELECT count(*) FROM message WHERE title LIKE '转载网址请人工核对%' AND unit_id = $1`, h.province.unit.ID)
		if err != nil || n != 1 {
			t.Errorf("told %d times (%v)", n, err)
		}
		// The account's page cannot be read: a supervisor's word, with a reason.
		if err := give("account", h.account, "https://mp.weixin.example/s/1"); err != nil {
			t.Fatal(err)
		}
		for range 8 {
			h.work()
			h.clock.Set(h.clock.Now().Add(time.Hour))
		}
		if d := h.duty(c, h.account); d.State != reposting.Owed {
			t.Errorf("after six looks: %+v", d)
		}
		if err := h.rep.Confirm(h.county.worker.ctx, h.county.worker.scope(authz.GuidanceIssue), c.ID, "account", h.account, given, "截图"); !fault.Is(err, fault.NotFound) {
			t.Errorf("a county confirms for the city: %v", err)
		}
		if err := h.rep.Confirm(h.province.worker.ctx, h.province.worker.scope(authz.GuidanceIssue), c.ID, "account", h.account, given, ""); !fault.Is(err, fault.Invalid) {
			t.Errorf("confirmed without a reason: %v", err)
		}
		if err := h.rep.Confirm(h.province.worker.ctx, h.province.worker.scope(authz.GuidanceIssue), c.ID, "account", h.account, given.Add(time.Hour), "截图编号 12"); err != nil {
			t.Fatal(err)
		}
		if d := h.duty(c, h.account); d.State != reposting.Done || d.Late || d.FoundBy != reposting.ByPerson {
			t.Errorf("confirmed: %+v", d)
		}
	})
}

func TestMarkRefusesAndRevokeEnds(t *testing.T) {
	each(t, func(h *house) {
		p := h.province.worker
		for _, n := range []reposting.Mark{{}, {Title: "题", Source: "源", Kinds: []string{reposting.Portals}}, {Title: "题", Source: "源", SourceURL: "ftp://x", Kinds: []string{reposting.Portals}},
			{Title: "题", Source: "源", SourceURL: "https://www.gov.cn/1", Kinds: []string{"x"}}, {Title: "题", Source: "源", SourceURL: "https://www.gov.cn/1"}} {
			if _, err := h.rep.Mark(p.ctx, p.scope(authz.GuidanceIssue), p.session, n); !fault.Is(err, fault.Invalid) {
				t.Errorf("%+v: %v", n, err)
			}
		}
		// A county marks for nobody but its own area, where it stands alone.
		q := h.county.worker
		if _, err := h.rep.Mark(q.ctx, q.scope(authz.GuidanceIssue), q.session, reposting.Mark{Title: "题", Source: "源", SourceURL: "https://www.gov.cn/1", Kinds: []string{reposting.Portals}}); !fault.Is(err, fault.Invalid) {
			t.Errorf("a county marks for the city: %v", err)
		}
		c := h.mark(reposting.Mark{Title: "题", Source: "源", SourceURL: "https://www.gov.cn/1", Kinds: []string{reposting.Portals}, Areas: []org.AreaID{"county-610113000000"}})
		if c.Audience != "雁塔区的政府门户网站" {
			t.Errorf("audience %q", c.Audience)
		}
		d := h.duty(c, string(h.county.site.ID))
		if err := h.rep.Revoke(q.ctx, q.scope(authz.GuidanceIssue), c.ID, "不想转"); !fault.Is(err, fault.NotFound) {
			t.Errorf("a debtor revokes: %v", err)
		}
		if err := h.rep.Revoke(p.ctx, p.scope(authz.GuidanceIssue), c.ID, "标错"); err != nil {
			t.Fatal(err)
		}
		if d = h.duty(c, string(h.county.site.ID)); d.State != reposting.Void || h.debt(d).State != obligation.Void {
			t.Errorf("after it was revoked: %+v", d)
		}
	})
}
