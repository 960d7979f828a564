package columns_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/columns"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/fault"
	"zhengshu/internal/jobs"
	"zhengshu/internal/jobs/jobstest"
	"zhengshu/internal/library"
	"zhengshu/internal/notify"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/portal"
	"zhengshu/internal/prose"
	"zhengshu/internal/publishing"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/workbench"
)

var system = authz.System("test")

// desk is one signed-in person.
type desk struct {
	ctx     context.Context
	session *authz.Session
}

func (p desk) scope(need authz.Permission) authz.Scope { return p.session.ScopeFor(need) }

// office is a government office with its hosted portal, its news column and
// its people.
type office struct {
	unit          org.Unit
	site          registry.Site
	news, notices registry.Column
	editor, final desk // the editor is its 主办单位经办 too
	first         desk
}

// house is a province, a city and a county, each with a portal.
type house struct {
	t                      *testing.T
	db                     *db.DB
	clock                  *calendar.Manual
	org                    *org.Service
	reg                    *registry.Service
	lib                    *library.Service
	cols                   *columns.Service
	ob                     *obligation.Service
	workers                *jobs.Workers
	portal                 *portal.Handler
	province, city, county *office
}

var began = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

func each(t *testing.T, fn func(h *house)) {
	t.Helper()
	clock := calendar.NewManual(began)
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(began)
		fn(build(t, d, clock))
	})
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

func build(t *testing.T, d *db.DB, clock *calendar.Manual) *house {
	t.Helper()
	ctx := audit.System(context.Background(), "test")
	if err := passage.Declare(ctx, d, registry.SiteMachine, library.Machine, library.ShareMachine); err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, db: d, clock: clock, org: org.New(d), workers: jobs.NewWorkers()}
	h.reg = registry.New(d, h.org)
	h.ob = obligation.New(d, h.org, library.Obligations()...)
	h.lib = library.New(d, h.org, h.reg, h.ob, func(string) []check.Span { return nil }, sx2021.Defaults())
	library.Register(h.lib, h.workers)
	h.cols = columns.New(d, h.org, h.reg, h.lib)
	h.cols.Register(h.workers)
	h.lib.OnChange(h.cols.Changed)
	dir := t.TempDir()
	store := must(publishing.CreateStore(filepath.Join(dir, "releases"), filepath.Join(dir, "keys")))(t)
	pub := publishing.New(d, h.reg, h.lib, store, publishing.Config{Demo: true, Port: "8080"})
	pub.Work(h.workers)
	h.lib.OnChange(pub.Changed)
	h.cols.OnTree(func(ctx context.Context, tx *db.Tx, site registry.SiteID) error { return pub.Touch(ctx, tx, site) })
	people := map[*desk]org.PersonID{}
	err := d.Update(ctx, func(tx *db.Tx) error {
		for _, a := range []org.Area{
			{Level: org.Province, Code: "610000", Name: "陕西省"},
			{Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"},
			{Level: org.County, Code: "610113", Name: "雁塔区", Parent: "city-610100000000"},
		} {
			if _, err := h.org.AddArea(ctx, tx, a); err != nil {
				return err
			}
		}
		open := func(area org.AreaID, slug, name string) (*office, error) {
			o := &office{}
			var err error
			if o.unit, _, err = h.org.AddUnit(ctx, tx, org.Unit{Area: area, Kind: org.Office, Name: name + "人民政府办公厅"}); err != nil {
				return nil, err
			}
			for p, roles := range map[*desk][]authz.Role{&o.editor: {authz.Editor, authz.Sponsor}, &o.first: {authz.FirstReviewer}, &o.final: {authz.FinalReviewer}} {
				n, err := h.org.AddPerson(ctx, tx, system, org.Person{Unit: o.unit.ID, Name: name + string(roles[0])})
				if err != nil {
					return nil, err
				}
				people[p] = n.ID
				for _, r := range roles {
					if err := h.org.Appoint(ctx, tx, system, n.ID, o.unit.ID, r); err != nil {
						return nil, err
					}
				}
			}
			if o.site, err = h.reg.EnterSite(ctx, tx, registry.Site{Unit: o.unit.ID, Kind: registry.Portal, Name: name + "人民政府", Slug: slug, Host: slug + ".localhost", Hosted: true}); err != nil {
				return nil, err
			}
			for _, c := range []struct {
				to         *registry.Column
				slug, name string
				kind       string
				cycle      int
			}{{&o.news, "news", "要闻", "政务动态", 14}, {&o.notices, "notices", "通知公告", "通知公告", 180}} {
				if *c.to, err = h.reg.AddColumn(ctx, tx, system, registry.Column{Site: o.site.ID, Slug: c.slug, Name: c.name, Type: c.kind, Description: c.name + "栏目的内容", Keywords: "防汛",
					Owner: people[&o.final], A: people[&o.editor], B: people[&o.first], CycleDays: c.cycle}); err != nil {
					return nil, err
				}
			}
			return o, nil
		}
		var err error
		for _, o := range []struct {
			to         **office
			area       org.AreaID
			slug, name string
		}{{&h.province, "province-610000000000", "shaanxi", "陕西省"}, {&h.city, "city-610100000000", "xian", "西安市"}, {&h.county, "county-610113000000", "yanta", "雁塔区"}} {
			n, e := open(o.area, o.slug, o.name)
			*o.to, err = n, errors.Join(err, e)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for p, id := range people {
		posts := must(h.org.PostsOf(ctx, d, id))(t)
		p.session = &authz.Session{PersonID: string(id), Name: string(id), Posts: posts}
		p.ctx = audit.WithActor(authz.WithSession(context.Background(), p.session), audit.Actor{Kind: "person", ID: string(id), Name: string(id)})
	}
	if _, err := h.lib.KeepCycles(ctx); err != nil {
		t.Fatal(err)
	}
	h.work()
	h.portal = portal.New(portal.Config{Store: must(publishing.OpenStore(filepath.Join(dir, "releases")))(t)})
	return h
}

// work works every job that is due.
func (h *house) work() {
	h.t.Helper()
	jobstest.Work(h.t, h.db, h.workers, jobs.Config{Wrap: audit.System})
}

// publish takes an item of an office through its review.
func (h *house) publish(o *office, title string, change ...func(*library.Writing)) library.Item {
	h.t.Helper()
	n := library.Writing{Meta: library.Meta{Type: library.News, Origin: library.Original, Title: title, Keywords: "演示"}, Doc: must(prose.FromText("正文" + title))(h.t), Unit: o.unit.ID, Columns: []registry.ColumnID{o.news.ID}}
	for _, f := range change {
		f(&n)
	}
	it := must(h.lib.Create(o.editor.ctx, o.editor.scope(authz.ItemWrite), n))(h.t)
	return h.pass(o, it)
}

func (h *house) pass(o *office, it library.Item) library.Item {
	h.t.Helper()
	it = must(h.lib.Submit(o.editor.ctx, o.editor.scope(authz.ItemWrite), it.ID, library.Submission{Version: it.Version, Reason: "已核对"}))(h.t)
	for it.State == library.InReview {
		p := o.first
		d := library.Decision{Round: it.Round, Stage: it.Stage, Act: library.Pass, Reason: "已核对"}
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

// status is what the portal of an office answers at an item's page there.
func (h *house) status(o *office, it library.Item) int {
	h.t.Helper()
	p, err := h.lib.Placements(context.Background(), system, it.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	i := slices.IndexFunc(p, func(p library.Placement) bool { return p.Site == o.site.ID })
	if i < 0 {
		h.t.Fatalf("%s has no placement of %s", o.site.Name, it.Title)
	}
	r := httptest.NewRequest(http.MethodGet, "http://"+o.site.Host+publishing.Path(it), nil)
	rec := httptest.NewRecorder()
	h.portal.ServeHTTP(rec, r)
	return rec.Code
}

func (h *house) told(o *office, word string) (list []notify.Message) {
	h.t.Helper()
	for _, m := range must(notify.New(h.db).Messages(context.Background(), o.editor.session, notify.Filter{}, 50))(h.t) {
		if strings.Contains(m.Title, word) {
			list = append(list, m)
		}
	}
	return list
}

func (h *house) adopt(o *office, column registry.Column, it library.Item) library.Placement {
	h.t.Helper()
	return must(h.cols.Adopt(o.editor.ctx, o.editor.scope(authz.ColumnManage), library.Adoption{Item: it.ID, Column: column.ID}))(h.t)
}

// One withdrawal reaches three sites: every place in the same transaction,
// every page once the jobs have run, every adopter with the reason.
func TestWithdrawalAcrossThreeSites(t *testing.T) {
	each(t, func(h *house) {
		it := h.publish(h.province, "关于防汛的通报")
		h.adopt(h.city, h.city.news, it)
		must(h.cols.Adopt(h.county.editor.ctx, h.county.editor.scope(authz.ColumnManage), library.Adoption{Item: it.ID, Column: h.county.notices.ID, Title: "本区转发", Top: 2}))(t)
		h.work()
		sites := []*office{h.province, h.city, h.county}
		for _, o := range sites {
			if got := h.status(o, it); got != http.StatusOK {
				t.Fatalf("%s answers %d before the withdrawal", o.site.Name, got)
			}
		}
		f := must(h.lib.FanOut(h.county.editor.ctx, h.county.editor.session, h.county.editor.scope(authz.ItemRead), it.ID))(t)
		if f.Units != 3 || f.Sites != 3 || f.Columns != 3 || len(f.Places) != 3 {
			t.Fatalf("fan-out %+v", f)
		}
		if _, err := h.lib.Withdraw(h.city.editor.ctx, h.city.editor.scope(authz.ItemWithdraw), it.ID, "不是本单位的"); !fault.Is(err, fault.NotFound) {
			t.Errorf("an adopter withdraws the owner's item: %v", err)
		}
		must(h.lib.Withdraw(h.province.editor.ctx, h.province.editor.scope(authz.ItemWithdraw), it.ID, "数据有误"))(t)
		for _, p := range must(h.lib.Placements(context.Background(), system, it.ID))(t) {
			if p.State != library.Ended {
				t.Errorf("%s is %s before any job ran", p.SiteName, p.State)
			}
		}
		h.work()
		for _, o := range sites {
			if got := h.status(o, it); got != http.StatusGone {
				t.Errorf("%s answers %d after the withdrawal", o.site.Name, got)
			}
		}
		for _, o := range sites[1:] {
			m := h.told(o, "已撤稿")
			if len(m) != 1 || !strings.Contains(m[0].Body, "数据有误") || !m[0].Urgent {
				t.Errorf("%s was told %+v", o.unit.Name, m)
			}
		}
		if m := h.told(h.province, "已撤稿"); len(m) != 0 {
			t.Errorf("the owner was told of its own act: %+v", m)
		}
		g := must(h.cols.Gone(h.city.editor.ctx, h.city.editor.scope(authz.ItemRead), h.city.news.ID, 5))(t)
		if len(g) != 1 || g[0].Reason != "数据有误" {
			t.Errorf("the column's page says %+v", g)
		}
	})
}

// A new version reaches the adopter's page and the adopter.
func TestAdoptersAreToldOfANewVersion(t *testing.T) {
	each(t, func(h *house) {
		it := h.publish(h.province, "关于防汛的通报")
		p := must(h.cols.Adopt(h.city.editor.ctx, h.city.editor.scope(authz.ColumnManage), library.Adoption{Item: it.ID, Column: h.city.news.ID, Title: "转发省通报", Top: 3}))(t)
		if p.Title != "转发省通报" || p.Top != 3 || p.State != library.Shown {
			t.Fatalf("placement %+v", p)
		}
		n := library.Writing{Meta: it.Meta, Doc: must(prose.FromText("改过的正文"))(t), Change: library.Substance}
		it = must(h.lib.Save(h.province.editor.ctx, h.province.editor.scope(authz.ItemWrite), it.ID, it.Version, n))(t)
		if m := h.told(h.city, "新版本"); len(m) != 0 {
			t.Fatalf("told of a draft: %+v", m)
		}
		h.pass(h.province, it)
		if m := h.told(h.city, "新版本"); len(m) != 1 || !strings.Contains(m[0].Body, "西安市人民政府 / 要闻") {
			t.Fatalf("told %+v", m)
		}
		again := must(h.cols.Adopt(h.city.editor.ctx, h.city.editor.scope(authz.ColumnManage), library.Adoption{Item: it.ID, Column: h.city.news.ID, Title: "新题"}))(t)
		if again.ID != p.ID || again.Title != "新题" || again.Top != 0 || !again.LiveAt.Equal(p.LiveAt) {
			t.Errorf("the adopter's own title is not changed in place: %+v", again)
		}
	})
}

// A subscription proposes what meets it, or shows it at once; whatever does
// not meet it stays away; what is withdrawn is proposed no more.
func TestSubscription(t *testing.T) {
	each(t, func(h *house) {
		scope := h.city.editor.scope(authz.ColumnManage)
		ask := func(n columns.Subscription) error {
			n.Column = h.city.news.ID
			_, err := h.cols.Subscribe(h.city.editor.ctx, scope, n)
			return err
		}
		for _, n := range []columns.Subscription{{}, {Keywords: "汛"}, {Type: "x"}, {ProviderName: "没有的单位"}, {Category: "99"}, {Area: "province-1"}} {
			if err := ask(n); !fault.Is(err, fault.Invalid) {
				t.Errorf("%+v: %v", n, err)
			}
		}
		if err := ask(columns.Subscription{Keywords: "防汛；抗旱", Area: "province-610000000000"}); err != nil {
			t.Fatal(err)
		}
		if err := ask(columns.Subscription{Keywords: "防汛;抗旱", Area: "province-610000000000"}); !fault.Is(err, fault.Conflict) {
			t.Errorf("the same twice: %v", err)
		}
		if err := ask(columns.Subscription{ProviderName: "雁塔区人民政府办公厅", Type: library.News, Take: true, Top: 1}); err != nil {
			t.Fatal(err)
		}
		if _, err := h.cols.Subscribe(h.county.editor.ctx, h.county.editor.scope(authz.ColumnManage), columns.Subscription{Column: h.city.news.ID, Type: library.News}); !fault.Is(err, fault.NotFound) {
			t.Errorf("a neighbour subscribes: %v", err)
		}
		meets := h.publish(h.province, "全省防汛部署")
		h.publish(h.province, "全省林业工作")
		taken := h.publish(h.county, "雁塔区防汛动态") // meets both: shown at once
		h.work()
		list := must(h.cols.Proposals(h.city.editor.ctx, scope, h.city.news.ID, 10))(t)
		if len(list) != 1 || list[0].Item.ID != meets.ID {
			t.Fatalf("proposals %+v", list)
		}
		live := must(h.lib.LivePlacements(context.Background(), h.db, taken.ID))(t)
		if !slices.ContainsFunc(live, func(p library.Placement) bool { return p.Column == h.city.news.ID && p.Top == 1 }) {
			t.Errorf("what was to be shown at once stands at %+v", live)
		}
		if m := h.told(h.city, "订阅"); len(m) != 2 {
			t.Errorf("told %+v", m)
		}
		h.work()
		if left := jobstest.Waiting[columns.Offered](t, h.db); len(left) != 0 {
			t.Errorf("subscriptions go round in circles: %v", left)
		}
		must(h.lib.Withdraw(h.province.editor.ctx, h.province.editor.scope(authz.ItemWithdraw), meets.ID, "有误"))(t)
		if list := must(h.cols.Proposals(h.city.editor.ctx, scope, h.city.news.ID, 10))(t); len(list) != 0 {
			t.Errorf("a withdrawn item is proposed: %+v", list)
		}
		declined := h.publish(h.province, "再次防汛部署")
		h.work()
		if err := h.cols.Decline(h.city.editor.ctx, scope, h.city.news.ID, declined.ID, "不需要"); err != nil {
			t.Fatal(err)
		}
		n := library.Writing{Meta: declined.Meta, Doc: must(prose.FromText("第二版"))(t), Change: library.Substance}
		h.pass(h.province, must(h.lib.Save(h.province.editor.ctx, h.province.editor.scope(authz.ItemWrite), declined.ID, declined.Version, n))(t))
		h.work()
		if list := must(h.cols.Proposals(h.city.editor.ctx, scope, h.city.news.ID, 10))(t); len(list) != 0 {
			t.Errorf("what was declined came again: %+v", list)
		}
		subs := must(h.cols.Subscriptions(h.city.editor.ctx, scope, h.city.news.ID))(t)
		for _, s := range subs {
			if err := h.cols.Unsubscribe(h.city.editor.ctx, scope, h.city.news.ID, s.ID); err != nil {
				t.Fatal(err)
			}
		}
		after := h.publish(h.county, "雁塔区又一动态")
		h.work()
		if live := must(h.lib.LivePlacements(context.Background(), h.db, after.ID))(t); len(live) != 1 {
			t.Errorf("an ended subscription still works: %+v", live)
		}
	})
}

// The share attribute: of a conditional share the owner is asked and answers;
// what is not shared is refused; the owner's own sites are free.
func TestShareAttribute(t *testing.T) {
	each(t, func(h *house) {
		scope := h.city.editor.scope(authz.ColumnManage)
		never := h.publish(h.province, "内部资料", func(n *library.Writing) { n.Share = library.NoShare })
		a := library.Adoption{Item: never.ID, Column: h.city.news.ID}
		if _, err := h.cols.Adopt(h.city.editor.ctx, scope, a); !fault.Is(err, fault.Refused) || errors.Is(err, library.ErrAskFirst) {
			t.Errorf("不予共享: %v", err)
		}
		if _, err := h.lib.AskShare(h.city.editor.ctx, scope, a, "转发"); !fault.Is(err, fault.Refused) {
			t.Errorf("不予共享 may be asked for: %v", err)
		}
		h.adopt(h.province, h.province.notices, never)
		it := h.publish(h.province, "有条件的稿件", func(n *library.Writing) { n.Share, n.ShareTerms = library.Conditional, "注明来源" })
		a.Item, a.Title, a.Top = it.ID, "注明来源的题", 1
		if _, err := h.cols.Adopt(h.city.editor.ctx, scope, a); !errors.Is(err, library.ErrAskFirst) || !strings.Contains(fault.Of(err).Says, "注明来源") {
			t.Errorf("有条件共享: %v", err)
		}
		if _, err := h.lib.AskShare(h.city.editor.ctx, scope, a, ""); !fault.Is(err, fault.Invalid) {
			t.Errorf("asked without a reason: %v", err)
		}
		n := must(h.lib.AskShare(h.city.editor.ctx, scope, a, "转发给市民"))(t)
		if _, err := h.lib.AskShare(h.city.editor.ctx, scope, a, "再问"); !fault.Is(err, fault.Conflict) {
			t.Errorf("asked twice: %v", err)
		}
		owner := h.province.final
		if m := h.told(h.province, "申请采用"); len(m) != 1 {
			t.Errorf("the owner was told %+v", m)
		}
		if tasks := must(h.lib.Tasks(owner.ctx, owner.session, workbench.ToDo, 10))(t); len(tasks) != 1 || tasks[0].Kind != "采用申请" {
			t.Errorf("the owner's workbench says %+v", tasks)
		}
		if _, err := h.lib.AnswerShare(h.city.final.ctx, h.city.final.scope(authz.ItemWithdraw), n.ID, true, ""); !fault.Is(err, fault.NotFound) {
			t.Errorf("the asker answers: %v", err)
		}
		if _, err := h.lib.AnswerShare(owner.ctx, owner.scope(authz.ItemWithdraw), n.ID, false, ""); !fault.Is(err, fault.Invalid) {
			t.Errorf("refused without a reason: %v", err)
		}
		must(h.lib.AnswerShare(owner.ctx, owner.scope(authz.ItemWithdraw), n.ID, true, "可以"))(t)
		live := must(h.lib.LivePlacements(context.Background(), h.db, it.ID))(t)
		if !slices.ContainsFunc(live, func(p library.Placement) bool {
			return p.Column == h.city.news.ID && p.Title == "注明来源的题" && p.Top == 1
		}) {
			t.Errorf("after the yes it stands at %+v", live)
		}
		h.adopt(h.city, h.city.notices, it) // the leave is the site's
		if _, err := h.lib.AnswerShare(owner.ctx, owner.scope(authz.ItemWithdraw), n.ID, false, "改主意"); !fault.Is(err, fault.Conflict) {
			t.Errorf("answered twice: %v", err)
		}
		open := must(h.lib.AskShare(h.county.editor.ctx, h.county.editor.scope(authz.ColumnManage), library.Adoption{Item: it.ID, Column: h.county.news.ID}, "转发"))(t)
		must(h.lib.Withdraw(owner.ctx, owner.scope(authz.ItemWithdraw), it.ID, "失效"))(t)
		list, _, err := h.lib.ShareRequests(h.county.editor.ctx, h.county.editor.scope(authz.ItemRead), library.SharesAsked, 10, 0)
		if err != nil || len(list) != 1 || list[0].ID != open.ID || list[0].State != library.ShareVoid {
			t.Errorf("after the withdrawal: %+v, %v", list, err)
		}
	})
}

// An adoption has its own time: it comes live then, and moves to the calendar
// until then.
func TestAdoptionHasItsOwnTime(t *testing.T) {
	each(t, func(h *house) {
		it := h.publish(h.province, "定时的稿件")
		scope := h.city.editor.scope(authz.ColumnManage)
		at := began.Add(48 * time.Hour)
		p := must(h.cols.Adopt(h.city.editor.ctx, scope, library.Adoption{Item: it.ID, Column: h.city.news.ID, Title: "后天", At: at}))(t)
		if p.State != library.Scheduled {
			t.Fatalf("placement %+v", p)
		}
		timed, untimed, err := h.cols.Plans(h.city.editor.ctx, h.city.editor.scope(authz.ItemRead), "", began, began.AddDate(0, 1, 0))
		if err != nil || len(timed) != 1 || timed[0].Shown() != "后天" || len(untimed) != 0 {
			t.Errorf("plans %+v, %+v, %v", timed, untimed, err)
		}
		if timed, _, err = h.cols.Plans(h.county.editor.ctx, h.county.editor.scope(authz.ItemRead), "", began, began.AddDate(0, 1, 0)); err != nil || len(timed) != 0 {
			t.Errorf("a neighbour's plans %+v, %v", timed, err)
		}
		h.clock.Set(at)
		h.work()
		live := must(h.lib.LivePlacements(context.Background(), h.db, it.ID))(t)
		if len(live) != 2 {
			t.Errorf("live %+v", live)
		}
	})
}

// The forecast goes back when something is adopted and comes forward when it
// is taken away; the candidates are what helps.
func TestForecast(t *testing.T) {
	each(t, func(h *house) {
		scope := h.county.editor.scope(authz.ItemRead)
		today := func() calendar.Date { return calendar.DateOf(h.clock.Now()) }
		of := func() columns.Forecast {
			t.Helper()
			f, runs, err := h.cols.Forecast(h.county.editor.ctx, scope, h.county.news.ID)
			if err != nil || !runs {
				t.Fatalf("forecast %v, %v", runs, err)
			}
			return f
		}
		h.publish(h.county, "旧闻")
		if f := of(); f.Left(today()) != 14 || f.Level(today()) != columns.Fresh {
			t.Errorf("fresh: %d %s", f.Left(today()), f.Level(today()))
		}
		h.clock.Set(began.AddDate(0, 0, 9))
		f := of()
		if f.Says(today()) != "还有 5 天到期" || f.Level(today()) != columns.Soon {
			t.Errorf("soon: %s %s", f.Says(today()), f.Level(today()))
		}
		tasks := must(h.cols.Tasks(h.county.editor.ctx, h.county.editor.session, workbench.ToDo, 20))(t)
		if len(tasks) != 1 || tasks[0].Title != "要闻 还有 5 天到期" {
			t.Errorf("the workbench says %+v", tasks)
		}
		if tasks := must(h.cols.Tasks(h.city.first.ctx, h.city.first.session, workbench.ToDo, 20))(t); len(tasks) != 0 {
			t.Errorf("a reviewer's workbench says %+v", tasks)
		}
		it := h.publish(h.city, "全市防汛部署")
		h.publish(h.city, "市里的通知", func(n *library.Writing) { n.Type = library.Notice })
		h.publish(h.city, "不给别人的", func(n *library.Writing) { n.Share = library.NoShare })
		c := must(h.cols.Candidates(h.county.editor.ctx, scope, h.county.news.ID, 10))(t)
		if len(c) != 1 || c[0].Item.ID != it.ID || !c[0].Helps || !strings.Contains(c[0].Why, "上级西安市") || !strings.Contains(c[0].Why, "关键词") {
			t.Fatalf("candidates %+v", c)
		}
		p := h.adopt(h.county, h.county.news, it)
		if f := of(); f.Left(today()) != 14 {
			t.Errorf("after the adoption %s", f.Says(today()))
		}
		if c := must(h.cols.Candidates(h.county.editor.ctx, scope, h.county.news.ID, 10))(t); len(c) != 0 {
			t.Errorf("what stands there is offered: %+v", c)
		}
		if err := h.lib.TakeDown(h.county.editor.ctx, h.county.editor.scope(authz.ColumnManage), p.ID, "重复"); err != nil {
			t.Fatal(err)
		}
		if f := of(); f.Left(today()) != 5 {
			t.Errorf("after it was taken down %s", f.Says(today()))
		}
		if c := must(h.cols.Candidates(h.county.editor.ctx, scope, h.county.news.ID, 10))(t); len(c) != 0 {
			t.Errorf("what was taken down is offered again: %+v", c)
		}
		list, total, err := h.cols.Forecasts(h.county.editor.ctx, scope, columns.ForecastFilter{})
		if err != nil || total != 2 || len(list) != 2 || list[0].Column != h.county.news.ID {
			t.Errorf("forecasts %d %+v, %v", total, list, err)
		}
		h.clock.Set(began.AddDate(0, 0, 20))
		if f := of(); f.Says(today()) != "已超期 6 天" || f.Level(today()) != columns.Late {
			t.Errorf("late: %s", f.Says(today()))
		}
	})
}

// Fitting finds by each condition alone and together.
func TestFitting(t *testing.T) {
	each(t, func(h *house) {
		a := h.publish(h.province, "甲 防汛", func(n *library.Writing) { n.Type, n.Category = library.Notice, "0603" })
		b := h.publish(h.city, "乙 防汛")
		c := h.publish(h.county, "丙 抗旱%")
		for _, tt := range []struct {
			name string
			wish library.Wish
			want []library.Item
		}{
			{"all", library.Wish{}, []library.Item{c, b, a}},
			{"type", library.Wish{Types: []library.Type{library.Notice}}, []library.Item{a}},
			{"two types", library.Wish{Types: []library.Type{library.Notice, library.News}}, []library.Item{c, b, a}},
			{"category and below", library.Wish{Category: "06"}, []library.Item{c, b, a}},
			{"category", library.Wish{Category: "0603"}, []library.Item{a}},
			{"city and below", library.Wish{Area: "/p610000/c610100/"}, []library.Item{c, b}},
			{"county", library.Wish{Area: "/p610000/c610100/d610113/"}, []library.Item{c}},
			{"unit", library.Wish{Unit: h.city.unit.ID}, []library.Item{b}},
			{"word", library.Wish{Keywords: []string{"防汛"}}, []library.Item{b, a}},
			{"words", library.Wish{Keywords: []string{"防汛", "抗旱"}}, []library.Item{c, b, a}},
			{"a sign of LIKE", library.Wish{Keywords: []string{"旱%"}}, []library.Item{c}},
			{"not there yet", library.Wish{Column: h.county.news.ID, Own: h.county.unit.ID}, []library.Item{b, a}},
			{"since", library.Wish{Since: h.clock.Now()}, nil},
			{"language", library.Wish{Language: "en"}, nil},
		} {
			got, want := titles(must(h.lib.Fitting(context.Background(), h.db, tt.wish, 10))(t)), titles(tt.want)
			slices.Sort(got) // all of one instant
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", tt.name, got, want)
			}
		}
	})
}

func titles(list []library.Item) (out []string) {
	for _, it := range list {
		out = append(out, it.Title)
	}
	return out
}
