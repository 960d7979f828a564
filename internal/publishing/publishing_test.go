package publishing_test

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emmansun/gmsm/sm3"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/fault"
	"zhengshu/internal/hang"
	"zhengshu/internal/jobs"
	"zhengshu/internal/library"
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

var system = authz.System("test")

type desk struct {
	ctx     context.Context
	session *authz.Session
}

// house is a county with a hosted site of two columns, its publisher and a
// portal that only has the releases folder.
type house struct {
	t              testing.TB
	dir            string
	db             *db.DB
	reg            *registry.Service
	lib            *library.Service
	store          *publishing.Store
	pub            *publishing.Publisher
	portal         *portal.Handler
	unit           org.Unit
	site           registry.Site
	news, policies registry.Column
	author, first  desk
	final          desk
	stranger       desk
}

func each(t *testing.T, fn func(t *testing.T, h *house)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { fn(t, build(t, d, t.TempDir())) })
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func build(t testing.TB, d *db.DB, dir string) *house {
	t.Helper()
	ctx := audit.System(context.Background(), "test")
	must(t, passage.Declare(ctx, d, registry.SiteMachine, library.Machine))
	h := &house{t: t, db: d, dir: dir}
	o := org.New(d)
	h.reg = registry.New(d, o)
	h.lib = library.New(d, o, h.reg, obligation.New(d, o, library.Obligations()...), func(string) []check.Span { return nil }, sx2021.Defaults())
	ids := map[*desk]org.PersonID{}
	must(t, d.Update(ctx, func(tx *db.Tx) error {
		for _, a := range []org.Area{
			{Level: org.Province, Code: "610000", Name: "陕西省"},
			{Level: org.City, Code: "610900", Name: "安康市", Parent: "province-610000000000"},
			{Level: org.County, Code: "610999", Name: "云河县", Parent: "city-610900000000"},
			{Level: org.County, Code: "610998", Name: "邻县", Parent: "city-610900000000"},
		} {
			if _, err := o.AddArea(ctx, tx, a); err != nil {
				return err
			}
		}
		var err error
		if h.unit, _, err = o.AddUnit(ctx, tx, org.Unit{Area: "county-610999000000", Kind: org.Office, Name: "云河县人民政府办公室"}); err != nil {
			return err
		}
		other, _, err := o.AddUnit(ctx, tx, org.Unit{Area: "county-610998000000", Kind: org.Office, Name: "邻县人民政府办公室"})
		if err != nil {
			return err
		}
		for _, w := range []struct {
			p    *desk
			unit org.UnitID
			name string
			role authz.Role
		}{{&h.author, h.unit.ID, "王编", authz.Editor}, {&h.first, h.unit.ID, "李初", authz.FirstReviewer}, {&h.final, h.unit.ID, "张终", authz.FinalReviewer}, {&h.stranger, other.ID, "邻居", authz.Sponsor}} {
			n, err := o.AddPerson(ctx, tx, system, org.Person{Unit: w.unit, Name: w.name})
			if err != nil {
				return err
			}
			ids[w.p] = n.ID
			if err := o.Appoint(ctx, tx, system, n.ID, w.unit, w.role); err != nil {
				return err
			}
		}
		if h.site, err = h.reg.EnterSite(ctx, tx, registry.Site{Unit: h.unit.ID, Kind: registry.Portal, Name: "云河县人民政府（演示）", Host: "yunhe.localhost", Slug: "yunhe",
			SiteCode: "6109990001", ICP: "陕ICP备00000001号", Contact: "0915-0000000", Hosted: true}); err != nil {
			return err
		}
		column := func(slug, name, kind string) registry.Column {
			c, e := h.reg.AddColumn(ctx, tx, system, registry.Column{Site: h.site.ID, Slug: slug, Name: name, Type: kind, Description: "发布云河县的" + name + "。", Owner: ids[&h.final], A: ids[&h.author], B: ids[&h.first], CycleDays: 30})
			err = errors.Join(err, e)
			return c
		}
		h.news, h.policies = column("news", "政务要闻", "政务动态"), column("policies", "政策文件", "政策文件")
		return err
	}))
	for p, id := range ids {
		posts, err := o.PostsOf(ctx, d, id)
		must(t, err)
		p.session = &authz.Session{PersonID: string(id), Posts: posts}
		p.ctx = audit.WithActor(authz.WithSession(context.Background(), p.session), audit.Actor{Kind: "person", ID: string(id), Name: string(id)})
	}
	h.open()
	return h
}

// open opens store, publisher and portal, as another process would.
func (h *house) open() {
	var err error
	h.store, err = publishing.CreateStore(filepath.Join(h.dir, "releases"), filepath.Join(h.dir, "keys"))
	must(h.t, err)
	if h.pub == nil {
		h.pub = publishing.New(h.db, h.reg, h.lib, h.store, publishing.Config{Demo: true, Port: "8080"})
		h.lib.OnChange(h.pub.Changed)
	}
	read, err := publishing.OpenStore(filepath.Join(h.dir, "releases"))
	must(h.t, err)
	h.portal = portal.New(portal.Config{Store: read})
}

func (h *house) publish() {
	h.t.Helper()
	ctx := audit.System(context.Background(), "test")
	must(h.t, h.pub.Publish(ctx, h.site.ID))
	must(h.t, h.pub.Reindex(ctx, h.site.ID))
}

// live takes an item through its reviews.
func (h *house) live(title, body string, change ...func(*library.Writing)) library.Item {
	h.t.Helper()
	doc, err := prose.FromText(body)
	must(h.t, err)
	w := library.Writing{Meta: library.Meta{Type: library.News, Origin: library.Original, Title: title}, Doc: doc, Unit: h.unit.ID, Columns: []registry.ColumnID{h.news.ID}}
	for _, f := range change {
		f(&w)
	}
	it, err := h.lib.Create(h.author.ctx, h.author.session.ScopeFor(authz.ItemWrite), w)
	must(h.t, err)
	return h.review(it)
}

// review takes a draft through its reviews.
func (h *house) review(it library.Item) library.Item {
	h.t.Helper()
	it, err := h.lib.Submit(h.author.ctx, h.author.session.ScopeFor(authz.ItemWrite), it.ID, library.Submission{Version: it.Version})
	must(h.t, err)
	for _, p := range []desk{h.first, h.final} {
		d := library.Decision{Round: it.Round, Stage: it.Stage, Act: library.Pass}
		if it.Stage == "final" {
			for _, g := range sx2021.Gates() {
				_, err := h.lib.Stamp(p.ctx, p.session.ScopeFor(authz.ItemRead), it.ID, library.Stamping{Round: it.Round, Gate: g, Passed: true})
				must(h.t, err)
			}
			d.Declarations = sx2021.Declarations{InDuty: true, SourceKnown: true, NothingSensitive: true, NothingSecret: true, NoOpinion: true, NoAdvertising: true}
		}
		it, err = h.lib.Review(p.ctx, p.session.ScopeFor(authz.ItemRead), it.ID, d)
		must(h.t, err)
	}
	return it
}

func (h *house) withdraw(it library.Item) {
	h.t.Helper()
	_, err := h.lib.Withdraw(h.final.ctx, system, it.ID, "内容有误")
	must(h.t, err)
}

func (h *house) get(path string) (int, string) {
	r := httptest.NewRequest(http.MethodGet, "http://yunhe.localhost:8080"+path, nil)
	w := httptest.NewRecorder()
	h.portal.ServeHTTP(w, r)
	b, _ := io.ReadAll(w.Result().Body)
	return w.Code, string(b)
}

// views are the places where an item shows.
func (h *house) views(it library.Item) []string {
	return []string{publishing.Path(it), publishing.ElderPath(it), "/news/", "/elder/news/", "/", "/elder/", "/rss.xml", "/news/rss.xml", "/search?q=" + "%E9%98%B2%E6%B1%9B"}
}

func TestItemShowsEverywhereAndGoesFromEverywhere(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		other := h.live("县里召开会议", "会议研究了工作。")
		it := h.live("关于做好防汛工作的通知", "各单位要做好防汛工作，落实责任。\n加强值守。")
		h.publish()
		for _, v := range h.views(it) {
			if code, body := h.get(v); code != 200 || !strings.Contains(body, "防汛工作") {
				t.Errorf("%s: %d, item shown: %v", v, code, strings.Contains(body, "防汛工作"))
			}
		}
		ahead, err := h.lib.LiveAhead(context.Background(), h.db, []library.Ahead{{Column: h.news.ID, Limit: 1}, {Column: h.policies.ID, Limit: 5}})
		must(t, err)
		first, err := h.lib.LiveItems(context.Background(), h.db, h.news.ID, 1, 0)
		must(t, err)
		if fmt.Sprint(ahead[h.news.ID]) != fmt.Sprint(first) || len(ahead) != 1 {
			t.Errorf("read ahead %v, one by one %v", ahead, first)
		}
		_, index := h.get("/sitemap.xml")
		found := false
		for part := range strings.SplitSeq(index, "<loc>http://yunhe.localhost:8080") {
			p, _, _ := strings.Cut(part, "<")
			if strings.HasPrefix(p, "/sitemap-2") {
				_, m := h.get(p)
				found = found || strings.Contains(m, publishing.Path(it))
			}
		}
		if !found {
			t.Error("not in the site map")
		}
		h.withdraw(it)
		h.publish()
		for _, v := range h.views(it) {
			code, body := h.get(v)
			if strings.Contains(body, "做好防汛") {
				t.Errorf("%s still shows the item", v)
			}
			want := 200
			if v == publishing.Path(it) || v == publishing.ElderPath(it) {
				want = 410
			}
			if code != want {
				t.Errorf("%s: %d, want %d", v, code, want)
			}
		}
		if code, _ := h.get(publishing.Path(other)); code != 200 {
			t.Errorf("the other item: %d", code)
		}
		// Whole and partial drawing agree.
		before, err := h.store.Current(h.site.ID)
		must(t, err)
		must(t, h.pub.Rebuild(h.final.ctx, h.site.ID))
		after, err := h.store.Current(h.site.ID)
		must(t, err)
		for name, hash := range after.Lists {
			if strings.Contains(name, "content") && before.Lists[name] != hash {
				t.Errorf("drawing the whole site gives another list %s", name)
			}
		}
		for _, v := range h.views(it)[2:] {
			if code, body := h.get(v); code != 200 || strings.Contains(body, "做好防汛") {
				t.Errorf("after the whole drawing %s: %d", v, code)
			}
		}
		rows, err := h.pub.Releases(context.Background(), system, h.site.ID, 10, 0)
		must(t, err)
		if len(rows) != 2 || !rows[0].Current || rows[0].Whole || !rows[1].Whole { // the whole drawing came out the same: no release
			t.Errorf("ledger of releases: %+v", rows)
		}
	})
}

// TestVisibleWithinASecond goes the whole way: final review, job, switch, page
// over HTTP.
func TestVisibleWithinASecond(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		w := jobs.NewWorkers()
		h.pub.Work(w)
		client, err := jobs.New(h.db, w, jobs.Config{Wrap: func(ctx context.Context, kind string) context.Context { return audit.System(ctx, kind) }})
		must(t, err)
		must(t, client.Start(context.Background()))
		defer func() { must(t, client.Stop(context.Background())) }()
		h.live("第一条", "先有一个发布。")
		must(t, client.Drain(context.Background(), 20*time.Second))
		srv := httptest.NewServer(h.portal)
		defer srv.Close()
		it := h.live("第二条", "现在看得见了吗。")
		began := time.Now()
		hang.Until(t, "the item is visible", func() bool {
			r, _ := http.NewRequest(http.MethodGet, srv.URL+publishing.Path(it), nil)
			r.Host = "yunhe.localhost"
			res, err := http.DefaultClient.Do(r)
			must(t, err)
			res.Body.Close()
			return res.StatusCode == 200
		})
		t.Logf("visible after %v", time.Since(began))
	})
}

// TestCrashLeavesOneReleaseWhole stops the publisher at each step. The portal
// shows the old release or the new one, and a repetition mends everything.
func TestCrashLeavesOneReleaseWhole(t *testing.T) {
	died := errors.New("died here")
	for _, step := range []string{"half written", "written", "switched", "indexed"} {
		t.Run(step, func(t *testing.T) {
			h := build(t, dbtest.SQLite(t, nil), t.TempDir())
			old := h.live("原有信息", "防汛工作已经部署。")
			h.publish()
			it := h.live("新来信息", "防汛工作又有进展。")
			h.pub.CrashAt(step, died)
			if err := h.pub.Publish(h.final.ctx, h.site.ID); !errors.Is(err, died) {
				t.Fatalf("got %v", err)
			}
			h.open() // another process
			shown := step == "switched" || step == "indexed"
			for _, v := range []string{"/", "/news/", "/search?q=%E9%98%B2%E6%B1%9B%E5%B7%A5%E4%BD%9C", "/rss.xml"} {
				code, body := h.get(v)
				shown := shown && !strings.HasPrefix(v, "/search") // the index follows the pages
				if code != 200 || !strings.Contains(body, "原有信息") || strings.Contains(body, "新来信息") != shown {
					t.Errorf("%s: %d, new item shown %v, want %v", v, code, strings.Contains(body, "新来信息"), shown)
				}
			}
			if code, _ := h.get(publishing.Path(it)); (code == 200) != shown {
				t.Errorf("page of the new item: %d", code)
			}
			h.pub.CrashAt("", nil)
			h.publish()
			h.publish() // a repetition changes nothing
			for _, v := range []string{"/news/", publishing.Path(it), publishing.Path(old), "/search?q=%E8%BF%9B%E5%B1%95"} {
				if code, _ := h.get(v); code != 200 {
					t.Errorf("%s: %d", v, code)
				}
			}
			rows, err := h.pub.Releases(context.Background(), system, h.site.ID, 10, 0)
			must(t, err)
			if len(rows) != 2 || rows[0].No != 2 {
				t.Errorf("releases %+v", rows)
			}
		})
	}
}

func TestPortalNeedsNoDatabase(t *testing.T) {
	h := build(t, dbtest.SQLite(t, nil), t.TempDir())
	it := h.live("断网也能看", "数据库停了，网站照常。")
	h.publish()
	must(t, h.db.Close())
	h.open2(t)
	for _, v := range []string{"/", publishing.Path(it), "/search?q=%E6%95%B0%E6%8D%AE%E5%BA%93"} {
		if code, body := h.get(v); code != 200 || !strings.Contains(body, "断网也能看") {
			t.Errorf("%s: %d", v, code)
		}
	}
}

// open2 is a portal in a process that has nothing but the folder.
func (h *house) open2(t *testing.T) {
	read, err := publishing.OpenStore(filepath.Join(h.dir, "releases"))
	must(t, err)
	h.portal = portal.New(portal.Config{Store: read})
}

func TestTwoPublishersAtOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		var items []library.Item
		for i := range 3 {
			items = append(items, h.live(fmt.Sprintf("第%d条信息", i), "正文。"))
		}
		var wg sync.WaitGroup
		errs := make(chan error, 4)
		for range 4 {
			wg.Go(func() { errs <- h.pub.Publish(h.final.ctx, h.site.ID) })
		}
		wg.Wait()
		close(errs)
		for err := range errs {
			must(t, err)
		}
		for _, it := range items {
			if code, _ := h.get(publishing.Path(it)); code != 200 {
				t.Errorf("%s: %d", it.Title, code)
			}
		}
		n, err := db.One(context.Background(), h.db, db.Value[int], `SELECT count(*) FROM release_change`)
		must(t, err)
		if n != 0 {
			t.Errorf("%d changes still wait", n)
		}
	})
}

// TestArchivePagesDoNotMove publishes enough for several pages and then one
// more: only the newest pages change.
func TestArchivePagesDoNotMove(t *testing.T) {
	h := build(t, dbtest.SQLite(t, nil), t.TempDir())
	for i := range 65 {
		h.live(fmt.Sprintf("第%03d条", i), "正文。")
	}
	h.publish()
	_, one := h.get("/news/page-1.html")
	if !strings.Contains(one, "第000条") || !strings.Contains(one, "第019条") || strings.Contains(one, "第020条") {
		t.Fatal("the first archive page does not hold the oldest twenty")
	}
	_, front := h.get("/news/")
	if !strings.Contains(front, "第064条") || !strings.Contains(front, "第040条") || strings.Contains(front, "第039条") || !strings.Contains(front, "/news/page-2.html") {
		t.Error("the column's page does not hold the rest")
	}
	for i := 65; i < 82; i++ {
		h.live(fmt.Sprintf("第%03d条", i), "正文。")
	}
	h.publish()
	if _, again := h.get("/news/page-1.html"); again != one {
		t.Error("new items moved an archive page")
	}
	if code, three := h.get("/news/page-3.html"); code != 200 || !strings.Contains(three, "第059条") {
		t.Errorf("third page: %d", code)
	}
	if code, _ := h.get("/news/page-4.html"); code != 404 {
		t.Errorf("a page too many: %d", code)
	}
}

func TestPolicyAndInterpretationPointAtEachOther(t *testing.T) {
	h := build(t, dbtest.SQLite(t, nil), t.TempDir())
	policy := h.live("云河县供暖办法", "第一条 供热单位应当保障供暖。", func(w *library.Writing) {
		w.Type, w.DocNo, w.Issuer, w.Columns = library.Policy, "云政发〔2026〕18号", "云河县人民政府", []registry.ColumnID{h.policies.ID}
	})
	h.publish()
	reading := h.live("《云河县供暖办法》解读", "这个办法说了三件事。", func(w *library.Writing) {
		w.Type, w.Columns = library.Interpretation, []registry.ColumnID{h.policies.ID}
	})
	must(t, h.lib.LinkInterpretation(h.author.ctx, system, policy.ID, reading.ID, "文字"))
	h.publish()
	_, a := h.get(publishing.Path(policy))
	_, b := h.get(publishing.Path(reading))
	if !strings.Contains(a, publishing.Path(reading)) || !strings.Contains(a, "相关解读") || !strings.Contains(a, "云政发〔2026〕18号") || !strings.Contains(b, publishing.Path(policy)) {
		t.Error("policy and interpretation are not linked both ways")
	}
	for _, q := range []string{"%E4%BA%91%E6%94%BF%E5%8F%91%5B2026%5D18%E5%8F%B7", "%E4%BE%9B%E7%83%AD%E5%8D%95%E4%BD%8D%E5%BA%94%E5%BD%93%E4%BF%9D%E9%9A%9C"} {
		if _, s := h.get("/search?q=" + q); !strings.Contains(s, publishing.Path(policy)) {
			t.Errorf("not found by %s", q)
		}
	}
	h.withdraw(reading)
	h.publish()
	if _, a = h.get(publishing.Path(policy)); strings.Contains(a, publishing.Path(reading)) {
		t.Error("the policy still points at a withdrawn interpretation")
	}
}

func TestOwnChecksOnPublishedPages(t *testing.T) {
	h := build(t, dbtest.SQLite(t, nil), t.TempDir())
	it := h.live("关于做好防汛工作的通知", strings.Repeat("各单位要做好防汛工作，落实责任，加强值守，遇有情况及时报告。\n", 8))
	h.publish()
	for path, class := range map[string]check.Class{"/": check.ClassHome, "/news/": check.ClassColumn, publishing.Path(it): check.ClassContent, "/map.html": check.ClassColumn,
		"/contact.html": check.ClassColumn, "/about.html": check.ClassColumn, "/accessibility.html": check.ClassColumn, "/elder/": check.ClassColumn, "/elder/news/": check.ClassColumn, publishing.ElderPath(it): check.ClassContent, "/search": check.ClassColumn} {
		code, body := h.get(path)
		if code != 200 {
			t.Errorf("%s: %d", path, code)
			continue
		}
		page, err := check.ParsePage([]byte(body), "text/html; charset=utf-8", "http://yunhe.localhost"+path)
		must(t, err)
		for _, f := range check.Violations(check.Run(check.Facts{Page: page, Class: class, Ledger: &check.Ledger{SiteName: h.site.Name, SiteDomain: "yunhe.localhost", SiteCode: h.site.SiteCode, Sponsor: h.unit.Name, ICPFiling: h.site.ICP}})) {
			t.Errorf("%s: %s %s (%s)", path, f.Check, f.Says, f.Where)
		}
	}
}

func TestForgedReleaseIsRefused(t *testing.T) {
	h := build(t, dbtest.SQLite(t, nil), t.TempDir())
	it := h.live("真的信息", "正文内容。")
	h.publish()
	if code, _ := h.get("/"); code != 200 {
		t.Fatal(code)
	}
	current := filepath.Join(h.dir, "releases", "sites", string(h.site.ID), "current")
	whole, err := os.ReadFile(current)
	must(t, err)
	var p map[string]string
	must(t, json.Unmarshal(whole, &p))
	// The manifest bears both digests, and the signature is over both.
	manifest, err := os.ReadFile(filepath.Join(h.dir, "releases", "objects", p["manifest"][:2], p["manifest"]))
	must(t, err)
	if sum := sm3.Sum(manifest); p["sm3"] != hex.EncodeToString(sum[:]) {
		t.Errorf("sm3 %s is not that of the manifest", p["sm3"])
	}
	other := maps.Clone(p)
	other["sm3"] = strings.Repeat("0", 64)
	swapped, err := json.Marshal(other)
	must(t, err)
	must(t, os.WriteFile(current, swapped, 0o644))
	h.open2(t)
	if code, _ := h.get("/"); code != 421 {
		t.Errorf("with another SM3 digest: %d", code)
	}
	must(t, os.WriteFile(current, whole, 0o644))
	h.open2(t)
	// A page changed on the disk.
	r, err := h.store.Current(h.site.ID)
	must(t, err)
	page, _, err := r.Page(publishing.Path(it))
	must(t, err)
	object := filepath.Join(h.dir, "releases", "objects", page.Hash[:2], page.Hash)
	b, err := os.ReadFile(object)
	must(t, err)
	must(t, os.WriteFile(object, []byte(strings.Replace(string(b), "真的信息", "假的信息", 1)), 0o644))
	h.open2(t)
	if code, body := h.get(publishing.Path(it)); code != 500 || strings.Contains(body, "假的信息") {
		t.Errorf("a changed page: %d", code)
	}
	// A pointer at something that was never signed, while a portal runs.
	must(t, os.WriteFile(object, b, 0o644))
	if code, _ := h.get(publishing.Path(it)); code != 200 {
		t.Error("mended, still refused")
	}
	p["manifest"] = strings.Repeat("0", 64)
	forged, err := json.Marshal(p)
	must(t, err)
	must(t, os.WriteFile(current, forged, 0o644))
	if code, _ := h.get("/"); code != 200 {
		t.Errorf("the last good release is not shown: %d", code)
	}
	h.open2(t)
	if code, _ := h.get("/"); code != 421 {
		t.Errorf("a forged release is shown: %d", code)
	}
	// Publishing again mends it.
	must(t, h.pub.Rebuild(h.final.ctx, h.site.ID))
	h.open2(t)
	if code, _ := h.get(publishing.Path(it)); code != 200 {
		t.Errorf("not mended: %d", code)
	}
}

// TestDamagedFolderMendsItself loses every list and manifest, then publishes.
func TestDamagedFolderMendsItself(t *testing.T) {
	h := build(t, dbtest.SQLite(t, nil), t.TempDir())
	it := h.live("还在的信息", "正文内容。")
	h.publish()
	r, err := h.store.Current(h.site.ID)
	must(t, err)
	for _, hash := range append([]string{r.Hash}, slices.Collect(maps.Values(r.Lists))...) {
		must(t, os.Remove(filepath.Join(h.dir, "releases", "objects", hash[:2], hash)))
	}
	h.pub = nil
	h.open()
	if code, _ := h.get("/"); code != 421 {
		t.Errorf("a release without its manifest: %d", code)
	}
	must(t, h.pub.Rebuild(h.final.ctx, h.site.ID))
	h.open2(t)
	if code, _ := h.get(publishing.Path(it)); code != 200 {
		t.Errorf("not mended: %d", code)
	}
}

func TestScope(t *testing.T) {
	h := build(t, dbtest.SQLite(t, nil), t.TempDir())
	if _, err := h.pub.Releases(context.Background(), h.stranger.session.ScopeFor(authz.RegistryRead), h.site.ID, 10, 0); !fault.Is(err, fault.NotFound) {
		t.Errorf("a neighbour sees the releases: %v", err)
	}
	if err := h.pub.AskRebuild(h.stranger.ctx, h.stranger.session.ScopeFor(authz.RegistryRead), h.site.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("a neighbour may rebuild: %v", err)
	}
	must(t, h.pub.AskRebuild(h.final.ctx, system, h.site.ID))
}

func TestOfflineSiteShowsItsNotice(t *testing.T) {
	h := build(t, dbtest.SQLite(t, nil), t.TempDir())
	h.live("信息", "正文内容。")
	h.pub.OnNotices(func(context.Context, db.Querier, registry.SiteID) ([]theme.Link, error) {
		return []theme.Link{{Text: "本网站定于12月5日至8日临时下线维护", Href: "/news/"}}, nil
	})
	h.publish()
	if code, body := h.get("/"); code != 200 || !strings.Contains(body, "临时下线维护") {
		t.Errorf("the notice does not hang on the home page: %d", code)
	}
}

// A document that was amended or repealed says so on its own public page, and
// names what did it, both ways; a change of its date does so by itself.
func TestRepealedDocumentIsLabelledOnItsPage(t *testing.T) {
	h := build(t, dbtest.SQLite(t, nil), t.TempDir())
	in := func(w *library.Writing) { w.Type, w.Columns = library.Policy, []registry.ColumnID{h.policies.ID} }
	old := h.live("云河县供暖办法", "第一条 供热单位应当保障供暖。", in)
	newer := h.live("云河县供暖条例", "第一条 供热单位必须保障供暖。", in)
	h.publish()
	if _, body := h.get(publishing.Path(old)); strings.Contains(body, `class="standing`) || !strings.Contains(body, "有效性") || !strings.Contains(body, "/2") {
		t.Error("a document in force is labelled, or has no standing and index number in its head")
	}
	_, err := h.lib.AddEffect(h.author.ctx, system, library.Effect{Target: old.ID, By: newer.ID, Effect: library.Repeals, EffectiveOn: calendar.Date{Year: 2020, Month: 1, Day: 1}})
	must(t, err)
	h.publish()
	for _, path := range []string{publishing.Path(old), publishing.ElderPath(old)} {
		if _, body := h.get(path); !strings.Contains(body, `class="standing ended"`) || !strings.Contains(body, "本文件已废止") || !strings.Contains(body, `<a href="`+publishing.Path(newer)+`">《云河县供暖条例》`) {
			t.Errorf("%s does not say that it is repealed, and by what", path)
		}
	}
	if _, body := h.get(publishing.Path(newer)); !strings.Contains(body, "本文件修改或废止的文件") || !strings.Contains(body, publishing.Path(old)) {
		t.Error("what repeals does not name what it repeals")
	}
}

// The fields of a type stand on the page.
func TestLeaderPageSaysPostAndDuties(t *testing.T) {
	h := build(t, dbtest.SQLite(t, nil), t.TempDir())
	it := h.live("李某", "1970年生。", func(w *library.Writing) {
		w.Type, w.Answers = library.Leader, library.Answers{"name": "李某", "post": "副县长", "duties": "分管供暖\n分管防汛", "order": "3"}
	})
	h.publish()
	if _, body := h.get(publishing.Path(it)); !strings.Contains(body, "副县长") || !strings.Contains(body, "<li>分管供暖</li><li>分管防汛</li>") || strings.Contains(body, "排序") {
		t.Error("the page lacks post or duties, or shows what is not for readers")
	}
}
