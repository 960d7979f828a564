package layout_test

import (
	"context"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

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
	"zhengshu/internal/layout"
	"zhengshu/internal/library"
	"zhengshu/internal/notice"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/portal"
	"zhengshu/internal/prose"
	"zhengshu/internal/publishing"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

var (
	system = authz.System("test")
	began  = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)
)

// house is a city's portal with its columns, and a neighbour's.
type house struct {
	t       *testing.T
	db      *db.DB
	clock   *calendar.Manual
	reg     *registry.Service
	lib     *library.Service
	cols    *columns.Service
	lay     *layout.Service
	ob      *obligation.Service
	workers *jobs.Workers
	pub     *publishing.Publisher
	notices *notice.Service
	store   *publishing.Store
	portal  *portal.Handler
	site    registry.Site
	unit    org.Unit
	slugs   map[string]registry.Column
	ctx     context.Context
	scope   authz.Scope // of the sponsor
	other   authz.Scope // of the neighbour
	person  org.PersonID
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
	if err := passage.Declare(ctx, d, registry.SiteMachine, library.Machine, library.ShareMachine, layout.TopicMachine, layout.BarMachine, notice.Machine); err != nil {
		t.Fatal(err)
	}
	o := org.New(d)
	h := &house{t: t, db: d, clock: clock, workers: jobs.NewWorkers(), slugs: map[string]registry.Column{}}
	h.reg = registry.New(d, o)
	h.ob = obligation.New(d, o, slices.Concat(library.Obligations(), layout.Obligations(), notice.Obligations())...)
	h.lib = library.New(d, o, h.reg, h.ob, func(string) []check.Span { return nil }, sx2021.Defaults())
	h.cols = columns.New(d, o, h.reg, h.lib)
	notices := notice.New(notice.Parts{DB: d, Org: o, Registry: h.reg, Obligations: h.ob, Settings: sx2021.Defaults, Library: h.lib,
		OnDuty: func(context.Context, db.Querier, registry.SiteID) ([]org.Person, error) {
			return []org.Person{{ID: h.person, Unit: h.unit.ID}}, nil
		}})
	h.notices = notices
	h.lay = layout.New(layout.Parts{DB: d, Org: o, Registry: h.reg, Library: h.lib, Notices: notices, Obligations: h.ob})
	dir := t.TempDir()
	store := must(publishing.CreateStore(filepath.Join(dir, "releases"), filepath.Join(dir, "keys")))(t)
	pub := publishing.New(d, h.reg, h.lib, store, publishing.Config{Demo: true, Port: "8080", Doors: theme.Doors{Letters: "/letters/", Services: "/about.html"}})
	h.pub, h.store = pub, store
	notices.OnShown(pub.Nudge)
	h.lib.OnChange(pub.Changed)
	h.lib.OnChange(notices.PageChanged)
	h.lib.OnChange(h.lay.PageChanged)
	pub.Work(h.workers)
	pub.ComposedBy(h.lay)
	pub.OnNotices(func(ctx context.Context, q db.Querier, site registry.SiteID) ([]theme.Link, error) {
		hung, err := h.lay.LiveBar(ctx, q, site, false, calendar.DateOf(d.Now()))
		var out []theme.Link
		for _, n := range hung {
			out = append(out, theme.Link{Text: n.Text, Href: n.Href})
		}
		return out, err
	})
	h.lay.OnChange(func(ctx context.Context, tx *db.Tx, site registry.SiteID, parts ...layout.Part) error {
		for _, p := range parts {
			if err := pub.Touch(ctx, tx, site, map[layout.Part]publishing.Part{layout.Home: publishing.HomePart, layout.TopicList: publishing.TopicsPart}[p]); err != nil {
				return err
			}
		}
		return nil
	})
	h.cols.OnTree(func(ctx context.Context, tx *db.Tx, site registry.SiteID) error { return pub.Touch(ctx, tx, site) })
	h.cols.OnClose(h.lay.CountOn, h.lay.Follow)
	people := map[string]org.PersonID{}
	units := map[string]org.Unit{}
	if err := d.Update(ctx, func(tx *db.Tx) error {
		for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"}, {Level: org.City, Code: "610400", Name: "咸阳市", Parent: "province-610000000000"}} {
			if _, err := o.AddArea(ctx, tx, a); err != nil {
				return err
			}
		}
		for area, name := range map[org.AreaID]string{"city-610100000000": "西安市", "city-610400000000": "咸阳市"} {
			u, _, err := o.AddUnit(ctx, tx, org.Unit{Area: area, Kind: org.Office, Name: name + "人民政府办公厅"})
			if err != nil {
				return err
			}
			units[name] = u
			for _, who := range []string{"甲", "乙", "丙"} {
				p, err := o.AddPerson(ctx, tx, system, org.Person{Unit: u.ID, Name: name + who})
				if err != nil {
					return err
				}
				people[name+who] = p.ID
			}
			if err := o.Appoint(ctx, tx, system, people[name+"甲"], u.ID, authz.Sponsor); err != nil {
				return err
			}
		}
		h.unit = units["西安市"]
		var err error
		if h.site, err = h.reg.EnterSite(ctx, tx, registry.Site{Unit: h.unit.ID, Kind: registry.Portal, Name: "西安市人民政府", Slug: "xian", Host: "xian.localhost", Hosted: true}); err != nil {
			return err
		}
		for i, c := range []registry.Column{{Slug: "news", Name: "要闻", Type: "政务动态", CycleDays: 14}, {Slug: "notices", Name: "通知公告", Type: "通知公告", CycleDays: 180}, {Slug: "policies", Name: "政策文件", Type: "政策文件", CycleDays: 180}, {Slug: "work", Name: "工作动态", Type: "政务动态", CycleDays: 14}} {
			c.Site, c.Description, c.Position = h.site.ID, c.Name+"栏目的内容", i+1
			c.Owner, c.A, c.B = people["西安市甲"], people["西安市甲"], people["西安市乙"]
			if h.slugs[c.Slug], err = h.reg.AddColumn(ctx, tx, system, c); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	session := func(name string) *authz.Session {
		posts := must(o.PostsOf(ctx, d, people[name]))(t)
		return &authz.Session{PersonID: string(people[name]), Name: name, Posts: posts}
	}
	s := session("西安市甲")
	h.person = people["西安市甲"]
	h.ctx = audit.WithActor(authz.WithSession(context.Background(), s), audit.Actor{Kind: "person", ID: s.PersonID, Name: s.Name})
	h.scope, h.other = s.ScopeFor(authz.SitePublish), session("咸阳市甲").ScopeFor(authz.SitePublish)
	if _, err := h.lib.KeepCycles(ctx); err != nil {
		t.Fatal(err)
	}
	if err := d.Update(ctx, func(tx *db.Tx) error {
		if err := pub.Touch(ctx, tx, h.site.ID); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "test.touch", Target: h.site.Target()})
	}); err != nil {
		t.Fatal(err)
	}
	h.portal = portal.New(portal.Config{Store: store})
	h.work()
	return h
}

func (h *house) work() {
	h.t.Helper()
	jobstest.Work(h.t, h.db, h.workers, jobs.Config{Wrap: audit.System})
}

// page is what the portal answers.
func (h *house) page(path string) (int, string, string) {
	h.t.Helper()
	time.Sleep(30 * time.Millisecond) // a portal looks for a new release now and then
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "http://xian.localhost"+path, nil)
	h.portal.ServeHTTP(w, r)
	return w.Code, w.Body.String(), w.Header().Get("Location")
}

func (h *house) board() layout.Board {
	return must(h.lay.Board(h.ctx, h.scope, layout.BoardID(h.site.ID)))(h.t)
}

func (h *house) refused(err error, kind fault.Kind, words ...string) {
	h.t.Helper()
	if !fault.Is(err, kind) {
		h.t.Fatalf("got %v, want %s", err, kind)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) && !strings.Contains(fault.Of(err).Says, w) {
			h.t.Errorf("%q does not say %q", fault.Of(err).Says, w)
		}
	}
}

// release is the newest one: whether it was drawn whole, and how many pages
// differ.
func (h *house) release() (no int, whole bool, pages int) {
	h.t.Helper()
	type row struct {
		no, pages int
		whole     bool
	}
	v := must(db.One(h.ctx, h.db, func(r db.Scanner) (row, error) {
		var v row
		return v, r.Scan(&v.no, &v.whole, &v.pages)
	}, `SELECT no, whole, pages FROM site_release WHERE site_id = $1 ORDER BY no DESC LIMIT 1`, h.site.ID))(h.t)
	return v.no, v.whole, v.pages
}

func TestHomeIsComposedPublishedAndSetBack(t *testing.T) {
	each(t, func(h *house) {
		_, before, _ := h.page("/")
		if !strings.Contains(before, "政务服务网") || !strings.Contains(before, "通知公告") {
			t.Error("a home page that nobody composed has no entrance to 政务服务网 or lacks its columns")
		}
		b := h.board()
		if b.Changed || b.LiveNo != 0 || len(h.lay.Review(b)) != 0 {
			t.Fatalf("the first board: %+v, %v", b, h.lay.Review(b))
		}
		// Two open the board; the second to act is told.
		stale := b
		b, id, err := h.lay.AddBlock(h.ctx, h.scope, b.ID, b.Rev, layout.Block{Kind: layout.Links, Heading: "常用网站", Links: []layout.Link{{Text: "省政府", Href: "https://www.shaanxi.gov.cn/"}}}, 1)
		if err != nil {
			t.Fatal(err)
		}
		_, err = h.lay.MoveBlock(h.ctx, h.scope, b.ID, stale.Rev, id, registry.Up, 0)
		h.refused(err, fault.Conflict, "已被别人修改")
		if _, page, _ := h.page("/"); strings.Contains(page, "常用网站") {
			t.Error("readers see a draft")
		}
		b = must(h.lay.MoveBlock(h.ctx, h.scope, b.ID, b.Rev, id, registry.Down, 0))(t)
		if b.Blocks[2].ID != id {
			t.Fatalf("moved to %v", b.Blocks)
		}
		b = must(h.lay.MoveBlock(h.ctx, h.scope, b.ID, b.Rev, id, "to", 99))(t)
		if b.Blocks[len(b.Blocks)-1].ID != id {
			t.Fatalf("moved to %v", b.Blocks)
		}
		no, _, _ := h.release()
		b = must(h.lay.Publish(h.ctx, h.scope, b.ID, b.Rev, "加常用网站"))(t)
		h.work()
		if _, page, _ := h.page("/"); !strings.Contains(page, "常用网站") {
			t.Error("the published home page is not seen")
		}
		if n, whole, pages := h.release(); n != no+1 || whole || pages > 2 {
			t.Errorf("release %d whole=%v differs in %d pages, want the home page alone", n, whole, pages)
		}
		_, err = h.lay.Publish(h.ctx, h.scope, b.ID, b.Rev, "")
		h.refused(err, fault.Conflict, "没有改动")
		b = must(h.lay.Rollback(h.ctx, h.scope, b.ID, b.Rev, 0))(t)
		h.work()
		if _, page, _ := h.page("/"); strings.Contains(page, "常用网站") || b.LiveNo != 2 {
			t.Errorf("set back to the beginning as version %d, the block still shows", b.LiveNo)
		}
		b = must(h.lay.Rollback(h.ctx, h.scope, b.ID, b.Rev, 1))(t)
		h.work()
		if _, page, _ := h.page("/"); !strings.Contains(page, "常用网站") {
			t.Error("version 1 does not show again")
		}
		_, list, err := h.lay.Versions(h.ctx, h.scope, b.ID)
		if err != nil || len(list) != 3 || list[0].Note != "恢复第 1 版" {
			t.Errorf("versions %+v, %v", list, err)
		}
		if _, err := h.lay.Board(h.ctx, h.other, b.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("the neighbour opens the board: %v", err)
		}
		if _, _, err := h.lay.AddBlock(h.ctx, h.other, b.ID, b.Rev, layout.Block{Kind: layout.Search}, 0); !fault.Is(err, fault.NotFound) {
			t.Errorf("the neighbour changes the board: %v", err)
		}
	})
}

// One house serves what no test of these changes for the next.
func TestCompositionIsChecked(t *testing.T) {
	each(t, func(h *house) {
		h.withoutServiceEntrance()
		h.blocksAgainstTheirKind()
		h.templatesPass()
	})
}

// Article 13(1), 7(4), 8: a home page without them is not published.
func (h *house) withoutServiceEntrance() {
	t := h.t
	for _, c := range []struct {
		kind layout.Kind
		says string
	}{{layout.Services, "第十三条"}, {layout.Notices, "公告栏"}} {
		b := h.board()
		i := slices.IndexFunc(b.Blocks, func(o layout.Block) bool { return o.Kind == c.kind })
		b = must(h.lay.RemoveBlock(h.ctx, h.scope, b.ID, b.Rev, b.Blocks[i].ID))(t)
		_, err := h.lay.Publish(h.ctx, h.scope, b.ID, b.Rev, "")
		h.refused(err, fault.Refused, c.says)
		if err := h.lay.Discard(h.ctx, h.scope, b.ID, b.Rev); err != nil {
			t.Fatal(err)
		}
	}
}

func TestClosedColumnIsFollowedByItsBlocks(t *testing.T) {
	each(t, func(h *house) {
		b := h.board()
		b, _, err := h.lay.AddBlock(h.ctx, h.scope, b.ID, b.Rev, layout.Block{Kind: layout.List, Heading: "各部门工作", Columns: []registry.ColumnID{h.slugs["work"].ID}}, 2)
		if err != nil {
			t.Fatal(err)
		}
		must(h.lay.Publish(h.ctx, h.scope, b.ID, b.Rev, ""))(t)
		m := must(h.cols.Impact(h.ctx, h.scope, h.slugs["work"].ID, h.slugs["news"].ID))(t)
		if len(m.Others) != 1 || !strings.Contains(m.Others[0], "首页版块") {
			t.Errorf("the impact says %v", m.Others)
		}
		if _, _, err := h.cols.Close(h.ctx, h.scope, h.slugs["work"].ID, h.slugs["news"].ID, "内容重复"); err != nil {
			t.Fatal(err)
		}
		h.work()
		if code, _, to := h.page("/work/"); code != 301 || !strings.HasSuffix(to, "/news/") {
			t.Errorf("the old address answers %d to %q", code, to)
		}
		if _, page, _ := h.page("/"); !strings.Contains(page, "各部门工作") {
			t.Error("the block is gone with its column")
		}
		if _, err := h.cols.Add(h.ctx, h.scope, registry.Column{Site: h.site.ID, Slug: "work", Name: "又一个", Type: "政务动态", Description: "另外的内容", Owner: h.person, A: h.person, B: h.slugs["news"].B, CycleDays: 14}); !fault.Is(err, fault.Conflict) || !strings.Contains(fault.Of(err).Says, "不能再给别的栏目") {
			t.Errorf("the short name of a closed column is given again: %v", err)
		}
	})
}

func TestTopicRunsUntilItsEndAndIsArchived(t *testing.T) {
	each(t, func(h *house) {
		today := calendar.DateOf(began)
		topic := layout.Topic{Site: h.site.ID, Slug: "flood-2026", Title: "防汛专题", Intro: "汛期信息。还有别的。", Owner: h.person}
		_, err := h.lay.PlanTopic(h.ctx, h.scope, topic)
		h.refused(err, fault.Invalid)
		topic.EndsOn = today.AddDays(20)
		topic = must(h.lay.PlanTopic(h.ctx, h.scope, topic))(t)
		again := topic
		again.Title = "另一个"
		_, err = h.lay.PlanTopic(h.ctx, h.scope, again)
		h.refused(err, fault.Conflict, "flood-2026")
		b := must(h.lay.Board(h.ctx, h.scope, layout.BoardID(topic.ID)))(t)
		_, err = h.lay.Publish(h.ctx, h.scope, b.ID, b.Rev, "")
		h.refused(err, fault.Refused, "没有版块")
		b, _, err = h.lay.AddBlock(h.ctx, h.scope, b.ID, b.Rev, layout.Block{Kind: layout.List, Columns: []registry.ColumnID{h.slugs["notices"].ID}}, 0)
		if err != nil {
			t.Fatal(err)
		}
		for elder, want := range map[bool]string{false: `class="page-about"`, true: `class="elder-title"`} {
			if page := must(h.pub.PreviewBoard(h.ctx, b, elder))(t); !strings.Contains(string(page), want) || !strings.Contains(string(page), "防汛专题") {
				t.Errorf("the preview, in the elder layout %t, lacks %s", elder, want)
			}
		}
		h.work()
		if code, _, _ := h.page(topic.Path()); code != 404 {
			t.Errorf("a topic nobody published answers %d", code)
		}
		must(h.lay.Publish(h.ctx, h.scope, b.ID, b.Rev, ""))(t)
		h.work()
		code, page, _ := h.page(topic.Path())
		if code != 200 || strings.Contains(page, "已归档") || !strings.Contains(page, "防汛专题") {
			t.Errorf("the topic answers %d", code)
		}
		if _, home, _ := h.page("/"); !strings.Contains(home, "防汛专题") {
			t.Error("the running topic is not on the home page")
		}
		for file, mark := range map[string]string{"rss.xml": "<rss", "atom.xml": "<feed", "feed.json": "jsonfeed.org"} {
			if code, feed, _ := h.page(topic.Path() + file); code != 200 || !strings.Contains(feed, mark) || !strings.Contains(page, `href="`+topic.Path()+file+`"`) {
				t.Errorf("the topic's %s answers %d", file, code)
			}
		}
		// The same in the elder layout, where its home leads to it.
		if code, elder, _ := h.page("/elder" + topic.Path()); code != 200 || !strings.Contains(elder, "防汛专题") || !strings.Contains(elder, `href="`+topic.Path()+`">回到普通版`) {
			t.Errorf("the topic's elder twin answers %d", code)
		}
		for _, path := range []string{"/elder/", "/elder/topics/"} {
			if _, page, _ := h.page(path); !strings.Contains(page, `href="/elder`+topic.Path()+`"`) {
				t.Errorf("%s does not lead to the topic", path)
			}
		}
		owed := must(h.ob.Obligations(h.ctx, system, obligation.Filter{Kinds: []string{layout.TopicEnd.ID}}))(t)
		if len(owed) != 1 || owed[0].Due.On != topic.EndsOn {
			t.Errorf("owed: %+v", owed)
		}
		topic = must(h.lay.Topic(h.ctx, h.scope, topic.ID))(t)
		topic.EndsOn = today.AddDays(30)
		topic = must(h.lay.SetTopic(h.ctx, h.scope, topic))(t)
		stale := topic
		stale.Rev--
		_, err = h.lay.SetTopic(h.ctx, h.scope, stale)
		h.refused(err, fault.Conflict)
		// Its last day is still its own; the day after it is archived.
		h.clock.Set(topic.EndsOn.Start().Add(12 * time.Hour))
		if n := must(h.lay.Sweep(h.ctx))(t); n != 0 {
			t.Error("archived on its last day")
		}
		h.clock.Set(topic.EndsOn.AddDays(1).Start().Add(time.Hour))
		if n := must(h.lay.Sweep(h.ctx))(t); n != 1 {
			t.Errorf("%d archived", n)
		}
		if n := must(h.lay.Sweep(h.ctx))(t); n != 0 {
			t.Error("archived twice")
		}
		h.work()
		if _, page, _ := h.page(topic.Path()); !strings.Contains(page, "已归档：本专题于") {
			t.Error("the archived page does not say so")
		}
		for _, path := range []string{"/", "/elder/"} {
			if _, home, _ := h.page(path); strings.Contains(home, "防汛专题") {
				t.Errorf("the archived topic is still on %s", path)
			}
		}
		if _, elder, _ := h.page("/elder" + topic.Path()); !strings.Contains(elder, "归档，内容不再更新") {
			t.Error("the archived elder page does not say so")
		}
		for path, want := range map[string]string{"/map.html": `href="/topics/"`, "/sitemap-pages.xml": topic.Path() + "</loc>"} {
			if _, page, _ := h.page(path); !strings.Contains(page, want) {
				t.Errorf("%s lacks %s", path, want)
			}
		}
		if _, list, _ := h.page("/topics/"); !strings.Contains(list, "往期专题") {
			t.Error("the archived topic is not among the past ones")
		}
		b = must(h.lay.Board(h.ctx, h.scope, b.ID))(t)
		_, _, err = h.lay.AddBlock(h.ctx, h.scope, b.ID, b.Rev, layout.Block{Kind: layout.Words, Text: "补充"}, 0)
		h.refused(err, fault.Refused, "已归档")
		if _, err := h.lay.Topic(h.ctx, h.other, topic.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("the neighbour sees the topic: %v", err)
		}
	})
}

// byLaw lets an opening notice hang on the site since a day.
func (h *house) byLaw(address string, since calendar.Date) notice.ID {
	h.t.Helper()
	id, place := ulid.Make().String(), ulid.Make().String()
	ctx := audit.System(context.Background(), "test")
	if err := h.db.Update(ctx, func(tx *db.Tx) error {
		if _, err := notice.Machine.Begin(ctx, tx, []string{id}, notice.Machine.Moves[0].Act, passage.Note{}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO notice (id, kind, object_kind, object_id, object_name, unit_id, publisher, publisher_id, title, days, clause, state, opened_at, opened_on, due_on) VALUES ($1, $2, 'site', $3, '雁塔区政府网', $4, 'superior_office', $4, '关于雁塔区人民政府网站开通的公告', 30, 'S7.4', 'owed', $5, $6, $6)`,
			id, sx2021.OpeningNotice, h.site.ID, h.unit.ID, tx.Now(), since); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO notice_place (id, notice_id, place, site_id, url, claimed_on, first_on, basis) VALUES ($1, $2, $3, $4, $5, $6, $6, 'release')`, place, id, sx2021.SuperiorPortal, h.site.ID, address, since); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "test.notice", Target: audit.Target{Kind: "test"}})
	}); err != nil {
		h.t.Fatal(err)
	}
	return notice.ID(id)
}

func TestArticle07_4_NoticeHangsUntilItsDate(t *testing.T) {
	each(t, func(h *house) {
		today := calendar.DateOf(began)
		law := h.byLaw("http://xian.localhost:8080/content/202603/a.html", today.AddDays(-5))
		_, list, _, _, err := h.lay.BarOf(h.ctx, h.scope, h.site.ID)
		if err != nil || len(list) != 1 || list[0].Href != "/content/202603/a.html" {
			t.Fatalf("by law: %+v, %v", list, err)
		}
		err = h.lay.TakeDownLaw(h.ctx, h.scope, h.site.ID, law)
		h.refused(err, fault.Refused, "公告须悬挂至2026年3月27日")
		if reasons := fault.Of(err).Reasons; len(reasons) == 0 || !strings.Contains(reasons[0].Citation, "第七条（四）") {
			t.Errorf("the refusal names %+v", reasons)
		}
		// What editors hang under the same address is held by the same article.
		same := must(h.lay.Hang(h.ctx, h.scope, layout.Bar{Site: h.site.ID, Title: "网站开通公告", Href: "/content/202603/a.html", StartsOn: today, EndsOn: today.AddDays(40)}))(t)
		_, err = h.lay.TakeDown(h.ctx, h.scope, same.ID, "不要了")
		h.refused(err, fault.Refused, "2026年3月27日")
		shorter := same
		shorter.EndsOn = today.AddDays(1)
		_, err = h.lay.Rehang(h.ctx, h.scope, shorter)
		h.refused(err, fault.Refused, "2026年3月27日")
		// An ordinary one comes and goes by its days.
		_, err = h.lay.Hang(h.ctx, h.scope, layout.Bar{Site: h.site.ID, Title: "停水", Href: "javascript:alert(1)", StartsOn: today, EndsOn: today})
		h.refused(err, fault.Invalid)
		water := must(h.lay.Hang(h.ctx, h.scope, layout.Bar{Site: h.site.ID, Title: "停水公告", Href: "/contact.html", StartsOn: today.AddDays(1), EndsOn: today.AddDays(2)}))(t)
		h.work()
		if _, home, _ := h.page("/"); strings.Contains(home, "停水公告") || !strings.Contains(home, "网站开通的公告") {
			t.Error("a notice hangs before its day, or the law's does not hang")
		}
		if _, elder, _ := h.page("/elder/"); !strings.Contains(elder, "网站开通的公告") {
			t.Error("the elder home has no notice")
		}
		if err := h.lay.MoveBar(h.ctx, h.scope, water.ID, registry.Up); err != nil {
			t.Fatal(err)
		}
		h.clock.Set(began.AddDate(0, 0, 1))
		h.work() // the watch finds that a day has begun
		no, whole, _ := h.release()
		_, home, _ := h.page("/")
		if at, other := strings.Index(home, "停水公告"), strings.Index(home, "网站开通的公告"); at < 0 || at < other {
			t.Error("the notice does not hang on its day, below what hangs by law")
		}
		if no < 2 || whole {
			t.Errorf("release %d, whole %v: a day on the bar draws the home pages alone", no, whole)
		}
		h.clock.Set(began.AddDate(0, 0, 3))
		if n := must(h.lay.Sweep(h.ctx))(t); n != 1 {
			t.Errorf("%d notices ended", n)
		}
		h.work()
		if _, home, _ := h.page("/"); strings.Contains(home, "停水公告") {
			t.Error("a notice hangs beyond its last day")
		}
		h.clock.Set(calendar.Date{Year: 2026, Month: 3, Day: 28}.Start().Add(time.Hour))
		if _, err := h.lay.TakeDown(h.ctx, h.scope, same.ID, "已满三十天"); err != nil {
			t.Errorf("after its date: %v", err)
		}
		if _, _, _, _, err := h.lay.BarOf(h.ctx, h.other, h.site.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("the neighbour sees the bar: %v", err)
		}
	})
}

// live is a released item in a column.
func (h *house) live(title, column string) library.Item {
	h.t.Helper()
	doc := must(prose.FromText("公告正文。"))(h.t)
	it := must(h.lib.Create(h.ctx, system, library.Writing{Meta: library.Meta{Type: library.News, Title: title, Origin: library.Original}, Doc: doc, Unit: h.unit.ID, Columns: []registry.ColumnID{h.slugs[column].ID}}))(h.t)
	if err := h.db.Update(h.ctx, func(tx *db.Tx) error {
		for _, x := range []struct {
			sql  string
			args []any
		}{
			{`INSERT INTO move_in_case (id, site_id, number, dated, person_id, person_name, created_at) VALUES ($1, $2, $1, $3, 'p', 'p', $4)`, []any{it.ID, h.site.ID, calendar.DateOf(tx.Now()), tx.Now()}},
			{`INSERT INTO item_release (item_id, version_no, move_in_id, at) VALUES ($1, 1, $1, $2)`, []any{it.ID, tx.Now()}},
			{`INSERT INTO item_live (item_id, version_no) VALUES ($1, 1)`, []any{it.ID}},
			{`UPDATE item SET state = 'approved', stage = '', first_published_at = $2, published_at = $2 WHERE id = $1`, []any{it.ID, tx.Now()}},
			{`UPDATE item_placement SET state = 'live', live_at = $2, shown_at = $2 WHERE item_id = $1`, []any{it.ID, tx.Now()}},
		} {
			if _, err := tx.Exec(h.ctx, x.sql, x.args...); err != nil {
				return err
			}
		}
		if _, _, err := library.Machine.Take(h.ctx, tx, string(it.ID), "move_in", passage.Note{}); err != nil {
			return err
		}
		return audit.Record(h.ctx, tx, audit.Entry{Act: "test.release", Target: it.Target()})
	}); err != nil {
		h.t.Fatal(err)
	}
	return must(h.lib.Item(h.ctx, system, it.ID))(h.t)
}

// exported are the files of an export of the site and what its home page says.
func (h *house) exported() (files []string, home string) {
	h.t.Helper()
	dir := filepath.Join(h.t.TempDir(), "out")
	must(h.store.ExportFolder(h.ctx, h.site.ID, dir))(h.t)
	if err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			files = append(files, filepath.ToSlash(strings.TrimPrefix(path, dir)))
		}
		return err
	}); err != nil {
		h.t.Fatal(err)
	}
	return files, string(must(os.ReadFile(filepath.Join(dir, "index.html")))(h.t))
}

func (h *house) told(title string) int {
	h.t.Helper()
	return must(db.One(h.ctx, h.db, db.Value[int], `SELECT count(*) FROM message WHERE title LIKE $1`, "%"+title+"%"))(h.t)
}

func TestArticle07_4_NoticeLeavesWithItsPageAndComesBack(t *testing.T) {
	each(t, func(h *house) {
		today := calendar.DateOf(began)
		law, water := h.live("网站开通公告", "notices"), h.live("停水公告全文", "news")
		h.byLaw("http://xian.localhost:8080"+law.Path(), today.AddDays(-5))
		must(h.lay.Hang(h.ctx, h.scope, layout.Bar{Site: h.site.ID, Title: "城北停水", Href: water.Path(), StartsOn: today, EndsOn: today.AddDays(9)}))(t)
		if err := h.db.Update(h.ctx, func(tx *db.Tx) error {
			if err := h.pub.Touch(h.ctx, tx, h.site.ID); err != nil {
				return err
			}
			return audit.Record(h.ctx, tx, audit.Entry{Act: "test.touch", Target: h.site.Target()})
		}); err != nil {
			t.Fatal(err)
		}
		h.work()
		hangs := func(when string, want bool) {
			t.Helper()
			h.work()
			list := must(h.notices.Announced(h.ctx, h.db, h.site.ID))(t)
			if (len(list) == 1) != want {
				t.Errorf("%s: %d notices are announced", when, len(list))
			}
			_, byLaw, hung, _, err := h.lay.BarOf(h.ctx, h.scope, h.site.ID)
			if err != nil || len(byLaw) != 1 || len(hung) != 1 || byLaw[0].Shut == want {
				t.Errorf("%s: the bar's screen has %+v, %v", when, byLaw, err)
			}
			for _, path := range []string{"/", "/elder/"} {
				if _, page, _ := h.page(path); strings.Contains(page, "关于雁塔区人民政府网站开通的公告") != want {
					t.Errorf("%s: %s shows the notice: %v", when, path, !want)
				}
			}
			code, _, _ := h.page(law.Path())
			if (code == 200) != want {
				t.Errorf("%s: the page answers %d", when, code)
			}
			files, home := h.exported()
			if slices.Contains(files, law.Path()) != want || strings.Contains(home, law.Path()) != want {
				t.Errorf("%s: the export holds the page: %v, its home page links it: %v", when, slices.Contains(files, law.Path()), strings.Contains(home, law.Path()))
			}
			for _, f := range files {
				if !want && strings.Contains(f, strings.ToLower(string(law.ID))) && !strings.HasPrefix(f, "/_gone/") {
					t.Errorf("%s: the export holds %s", when, f)
				}
			}
		}
		hangs("hung", true)
		h.clock.Set(began.Add(time.Hour))
		places := must(h.lib.LivePlacements(h.ctx, h.db, law.ID))(t)
		if err := h.lib.TakeDown(h.ctx, system, places[0].ID, "要改"); err != nil {
			t.Fatal(err)
		}
		hangs("taken down", false)
		// The unit as a whole, and who is on duty, by name.
		if n := h.told("已不公开"); n != 2 {
			t.Errorf("%d messages, want one to the unit and one to who is on duty", n)
		}
		h.clock.Set(began.Add(2 * time.Hour))
		must(h.lib.Adopt(h.ctx, system, library.Adoption{Item: law.ID, Column: h.slugs["work"].ID}))(t)
		hangs("public again", true)
		if n := h.told("已不公开"); n != 2 {
			t.Errorf("%d messages after it came back", n)
		}
		h.clock.Set(began.Add(3 * time.Hour))
		must(h.lib.Withdraw(h.ctx, system, law.ID, "有误"))(t)
		hangs("withdrawn", false)
		if n := h.told("已不公开"); n != 4 {
			t.Errorf("%d messages after it went a second time", n)
		}
		// What editors hang goes the same way.
		if _, home, _ := h.page("/"); !strings.Contains(home, "城北停水") {
			t.Error("the other notice left with it")
		}
		must(h.lib.Withdraw(h.ctx, system, water.ID, "有误"))(t)
		h.work()
		if _, home, _ := h.page("/"); strings.Contains(home, "城北停水") {
			t.Error("an editor's notice leads to a page that is gone")
		}
	})
}

func (h *house) blocksAgainstTheirKind() {
	t := h.t
	b := h.board()
	many := make([]layout.Link, 41)
	for i := range many {
		many[i] = layout.Link{Text: "a", Href: "/a"}
	}
	news := h.slugs["news"].ID
	for _, c := range []struct {
		name  string
		block layout.Block
		kind  fault.Kind
	}{
		{"unknown kind", layout.Block{Kind: "iframe"}, fault.Invalid}, {"of topics only", layout.Block{Kind: layout.Words, Text: "x"}, fault.Invalid},
		{"no column", layout.Block{Kind: layout.List}, fault.Invalid}, {"one of two columns", layout.Block{Kind: layout.Columns, Columns: []registry.ColumnID{news, news}}, fault.Invalid},
		{"column of nobody", layout.Block{Kind: layout.List, Columns: []registry.ColumnID{"01"}}, fault.Invalid}, {"wrong class", layout.Block{Kind: layout.Leaders, Columns: []registry.ColumnID{news}}, fault.Invalid},
		{"too many entries", layout.Block{Kind: layout.List, Columns: []registry.ColumnID{news}, Count: 1000}, fault.Invalid}, {"too many links", layout.Block{Kind: layout.Links, Links: many}, fault.Invalid},
		{"script as address", layout.Block{Kind: layout.Links, Links: []layout.Link{{Text: "x", Href: "javascript:alert(1)"}}}, fault.Invalid}, {"long heading", layout.Block{Kind: layout.List, Heading: strings.Repeat("长", 21), Columns: []registry.ColumnID{news}}, fault.Invalid},
		{"second notice bar", layout.Block{Kind: layout.Notices}, fault.Refused}, {"an item nobody published", layout.Block{Kind: layout.Picked, Items: []library.ItemID{"01"}}, fault.Invalid},
	} {
		if _, _, err := h.lay.AddBlock(h.ctx, h.scope, b.ID, b.Rev, c.block, 0); !fault.Is(err, c.kind) {
			t.Errorf("%s: %v, want %s", c.name, err, c.kind)
		}
	}
	if after := h.board(); after.Rev != b.Rev || after.Changed {
		t.Error("a refused block changed the board")
	}
}

func TestGoodHref(t *testing.T) {
	for href, want := range map[string]bool{"/a": true, "/search?q=x": true, "https://www.gov.cn/": true, "http://a.example/x": true, "": false, "a": false, "//evil.example": false, "javascript:alert(1)": false, "https://": false,
		"data:text/html,x": false, "https://u:p@a.example/": false, "/a b": false, `/"onclick`: false, `\\evil`: false, "ftp://a.example/": false, "/" + strings.Repeat("a", 600): false} {
		if got := layout.GoodHref(href); got != want {
			t.Errorf("%q: %v", href, got)
		}
	}
}

func (h *house) templatesPass() {
	t := h.t
	for _, tpl := range layout.Templates {
		b := h.board()
		b = must(h.lay.UseTemplate(h.ctx, h.scope, b.ID, b.Rev, tpl.Key))(t)
		for _, r := range h.lay.Review(b) {
			if r.Serious {
				t.Errorf("%s: %s", tpl.Key, r.Says)
			}
		}
		if n := layout.Length(b.Blocks); n > layout.MaxScreens*100 {
			t.Errorf("%s is %d hundredths of a screen long", tpl.Key, n)
		}
	}
}
