package publishing_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"html"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/prose"
	"zhengshu/internal/publishing"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
)

// column adds a column of a class to the site.
func (h *house) column(slug, name, class string) registry.Column {
	h.t.Helper()
	var c registry.Column
	must(h.t, h.db.Update(h.final.ctx, func(tx *db.Tx) error {
		var err error
		c, err = h.reg.AddColumn(h.final.ctx, tx, system, registry.Column{Site: h.site.ID, Slug: slug, Name: name, Type: class, Description: "发布云河县的" + name + "内容。", Owner: h.news.Owner, A: h.news.A, B: h.news.B, CycleDays: 100})
		return err
	}))
	return c
}

func into(c registry.Column, t library.Type, a library.Answers) func(*library.Writing) {
	return func(w *library.Writing) {
		w.Columns, w.Type, w.Answers = []registry.ColumnID{c.ID}, t, a
	}
}

func (h *house) location(path string) (int, string) {
	r := httptest.NewRequest(http.MethodGet, "http://yunhe.localhost:8080"+path, nil)
	w := httptest.NewRecorder()
	h.portal.ServeHTTP(w, r)
	return w.Code, w.Header().Get("Location")
}

// TestSectionsDrawTheirColumns: the class of a column says which page draws it.
func TestSectionsDrawTheirColumns(t *testing.T) {
	h := build(t, dbtest.SQLite(t, nil), t.TempDir())
	leaders, units, reports, data, guide := h.column("leaders", "负责人", "负责人信息"), h.column("units", "机构", "机构职能"), h.column("yearly", "年报", "信息公开年报"), h.column("datasets", "数据", "数据发布"), h.column("guide", "公开指南", "信息公开指南")
	h.publish()
	for _, path := range []string{theme.DisclosurePath, theme.OpenDataPath, theme.AnnouncementsPath} {
		if code, _ := h.get(path); code != 404 {
			t.Errorf("%s without content: %d", path, code)
		}
	}
	if _, body := h.get("/"); strings.Contains(body, theme.OpenDataPath) || strings.Contains(body, theme.DisclosurePath) {
		t.Error("a section without content is linked")
	}
	second := h.live("李某", "1970年生。", into(leaders, library.Leader, library.Answers{"name": "李某", "post": "副县长", "duties": "分管供暖", "order": "2"}))
	h.live("王某", "1968年生。", into(leaders, library.Leader, library.Answers{"name": "王某", "post": "县长", "duties": "主持工作", "order": "1"}))
	h.live("赵某", "1960年生。", into(leaders, library.Leader, library.Answers{"name": "赵某", "post": "副县长", "duties": "分管教育", "order": "3", "until": "2020-01-01"}))
	h.live("县住建局", "负责城乡建设。", into(units, library.Organisation, library.Answers{"unit_name": "县住建局", "address": "文昌路2号", "hours": "工作日", "phone": "0915-0000001"}))
	for _, year := range []string{"2024", "2025"} {
		h.live("云河县"+year+"年报告", "内容。", into(reports, library.AnnualReport, library.Answers{"report_year": year, "report_kind": "政府网站工作年度报表"}))
	}
	set := h.live("=公厕分布", "数据说明。", into(data, library.Data, library.Answers{"dataset_fields": "名称", "format": "CSV", "cycle": "每季", "licence": "有条件开放，使用时注明来源"}))
	h.live("公开指南", "怎样申请。", into(guide, library.Disclosure, nil))
	said := h.live("李某检查供暖工作", "李某到现场检查。", func(w *library.Writing) { w.Keywords = "供暖;李某" })
	h.publish()
	_, body := h.get("/leaders/")
	if i, j := strings.Index(body, "王某"), strings.Index(body, "李某"); i < 0 || j < i || strings.Contains(body, "赵某") {
		t.Error("leaders are out of order, or one who left is listed")
	}
	if _, body = h.get(publishing.Path(second)); !strings.Contains(body, publishing.Path(said)) {
		t.Error("the page of a leader lacks what he said")
	}
	if _, body = h.get("/units/"); !strings.Contains(body, "文昌路2号") || !strings.Contains(body, "tel:09150000001") {
		t.Error("the units lack address or telephone")
	}
	_, body = h.get("/yearly/")
	if i, j := strings.Index(body, "2025 年"), strings.Index(body, "2024 年"); i < 0 || j < i {
		t.Error("reports are not by year, newest first")
	}
	if _, body = h.get("/"); !strings.Contains(body, theme.OpenDataPath) || !strings.Contains(body, theme.DisclosurePath) {
		t.Error("a section with content is not linked")
	}
	_, body = h.get(theme.DisclosurePath)
	at := -1
	for _, part := range []string{"政府信息公开指南", "政府信息公开制度", "法定主动公开内容", "政府信息公开年报", "依申请公开"} {
		next := strings.Index(body, ">"+part+"</h2>")
		if next <= at {
			t.Errorf("part %s is missing or out of order", part)
		}
		at = next
	}
	_, body = h.get(theme.OpenDataPath + "catalog.csv")
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(body, "\ufeff"))).ReadAll()
	if err != nil || len(rows) != 2 || rows[1][0] != "'=公厕分布" || rows[1][7] != "有条件开放，使用时注明来源" {
		t.Errorf("catalogue: %q %v", rows, err)
	}
	_, body = h.get(theme.OpenDataPath + "catalog.json")
	var catalogue struct {
		Dataset []struct{ Identifier, License string }
	}
	if err := json.Unmarshal([]byte(body), &catalogue); err != nil || len(catalogue.Dataset) != 1 || catalogue.Dataset[0].Identifier != string(set.ID) {
		t.Errorf("catalogue: %+v %v", catalogue, err)
	}
	// Whole and partial drawing agree.
	before, err := h.store.Current(h.site.ID)
	must(t, err)
	must(t, h.pub.Rebuild(h.final.ctx, h.site.ID))
	after, err := h.store.Current(h.site.ID)
	must(t, err)
	for name, hash := range after.Lists {
		if before.Lists[name] != hash {
			t.Errorf("drawing the whole site gives another list %s", name)
		}
	}
	h.nothingDangles()
}

// named are the addresses of this site that a page names: links, feeds, files.
var named = regexp.MustCompile(` (?:href|src)="(/[^"/#?][^"#?]*|/)`)

// nothingDangles looks up every address of this site that its pages name.
func (h *house) nothingDangles() {
	h.t.Helper()
	r, err := h.store.Current(h.site.ID)
	must(h.t, err)
	from := map[string]string{}
	must(h.t, r.Each(func(p publishing.Page) error {
		if p.Status != 200 || !strings.HasPrefix(p.Kind, "text/html") {
			return nil
		}
		body, err := h.store.Object(p.Hash, publishing.MaxObject)
		for _, m := range named.FindAllStringSubmatch(string(body), -1) {
			if to := html.UnescapeString(m[1]); from[to] == "" {
				from[to] = p.Path
			}
		}
		return err
	}))
	if len(from) < 20 {
		h.t.Fatalf("only %d addresses are named", len(from))
	}
	for _, to := range slices.Sorted(maps.Keys(from)) {
		if code, _ := h.get(to); code != 200 {
			h.t.Errorf("%s names %s, which answers %d", from[to], to, code)
		}
	}
}

// TestPoliciesAreFoundByChoice: facets, words and what is in force, from the
// index of the release alone.
func TestPoliciesAreFoundByChoice(t *testing.T) {
	h := build(t, dbtest.SQLite(t, nil), t.TempDir())
	policy := func(title, issuer, topic, genre string, year int) library.Item {
		return h.live(title, "为了供暖，制定本办法。", func(w *library.Writing) {
			w.Type, w.Columns, w.Issuer, w.Topic, w.Genre, w.Written = library.Policy, []registry.ColumnID{h.policies.ID}, issuer, topic, genre, calendar.Date{Year: year, Month: 3, Day: 1}
		})
	}
	old := policy("供暖管理办法", "县政府", "城乡建设", "通知", 2020)
	policy("供暖补贴办法", "县财政局", "财政", "办法", 2024)
	newer := policy("供暖管理条例", "县政府", "城乡建设", "办法", 2025)
	h.live("供暖新闻", "供暖工作。")
	_, err := h.lib.AddEffect(h.author.ctx, system, library.Effect{Target: old.ID, By: newer.ID, Effect: library.Repeals, EffectiveOn: calendar.Date{Year: 2025, Month: 4, Day: 1}})
	must(t, err)
	h.publish()
	_, body := h.get("/policies/")
	if !strings.Contains(body, "共 3 份文件") || !strings.Contains(body, "只看现行有效") || strings.Count(body, `class="state state-ended"`) != 1 {
		t.Error("the first page lacks the count, the way to what is in force, or the mark of what is repealed")
	}
	must(t, h.db.Close()) // the database stops; the portal goes on
	find := func(kv ...string) string {
		q := url.Values{}
		for i := 0; i < len(kv); i += 2 {
			q.Add(kv[i], kv[i+1])
		}
		code, body := h.get("/policies/find?" + q.Encode())
		if code != 200 {
			t.Errorf("%v: %d", kv, code)
		}
		return body
	}
	for _, tt := range []struct {
		ask  []string
		want []string
	}{
		{nil, []string{"管理办法", "补贴办法", "管理条例"}},
		{[]string{"state", "有效", "state", "已修改"}, []string{"补贴办法", "管理条例"}},
		{[]string{"state", "废止"}, []string{"管理办法"}},
		{[]string{"issuer", "县政府"}, []string{"管理办法", "管理条例"}},
		{[]string{"issuer", "县政府", "year", "2025"}, []string{"管理条例"}},
		{[]string{"genre", "办法"}, []string{"补贴办法", "管理条例"}},
		{[]string{"topic", "财政"}, []string{"补贴办法"}},
		{[]string{"q", "供暖", "topic", "财政"}, []string{"补贴办法"}},
		{[]string{"q", "供暖补贴"}, []string{"补贴办法"}},
		{[]string{"issuer", "没有的机关"}, nil},
		{[]string{"issuer", "<script>", "q", `"><script>`, "p", "-3"}, nil},
	} {
		body := find(tt.ask...)
		hits := body[strings.Index(body, `<ol class="hits">`):]
		hits = hits[:strings.Index(hits, "</ol>")]
		for _, title := range []string{"供暖管理办法", "供暖补贴办法", "供暖管理条例", "供暖新闻"} {
			want := false
			for _, w := range tt.want {
				want = want || strings.HasSuffix(title, w)
			}
			plain := strings.NewReplacer("<mark>", "", "</mark>", "").Replace(hits)
			if got := strings.Contains(plain, ">"+title+"<"); got != want {
				t.Errorf("%v: %s found %v, want %v", tt.ask, title, got, want)
			}
		}
		if strings.Contains(body, "<script>") && !strings.Contains(body, `src="/theme`) {
			t.Errorf("%v came back raw", tt.ask)
		}
	}
	if body := find("issuer", "县政府"); !strings.Contains(body, `href="/policies/find"`) || !strings.Contains(body, "县财政局") {
		t.Error("a choice cannot be taken back, or another not be made")
	}
	if body := find("state", "废止", "q", "供暖"); !strings.Contains(body, `<input type="hidden" name="state" value="废止">`) {
		t.Error("the form forgets what was chosen")
	}
	if code, _ := h.get("/news/find"); code != 404 {
		t.Errorf("a column without catalogue is searched: %d", code)
	}
}

// TestFiveEnds: withdrawn, redirected, gone, replaced and archived are kept
// apart at the address, in lists, maps, feeds and search.
func TestFiveEnds(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		items := map[library.EndKind]library.Item{}
		for _, k := range library.EndKinds {
			items[k] = h.live("防汛稿件"+string(k), "防汛工作内容。")
		}
		heir := h.live("防汛新稿", "新的内容。")
		h.publish()
		scope := h.final.session.ScopeFor(authz.ItemWithdraw)
		for k, it := range items {
			n := library.Ending{Kind: k, Reason: "内部理由不外传"}
			switch k {
			case library.EndWithdrawn:
				n.Class = library.EndClasses[1]
			case library.EndRedirected, library.EndReplaced:
				n.Target = heir.ID
			}
			must(t, h.lib.EndItem(h.final.ctx, scope, it.ID, n))
		}
		h.publish()
		check := func(when string) {
			t.Helper()
			_, list := h.get("/news/")
			_, feed := h.get("/news/rss.xml")
			_, found := h.get("/search?q=" + url.QueryEscape("防汛稿件"))
			for k, it := range items {
				code, body := h.get(publishing.Path(it))
				elder, elderTo := h.location(publishing.ElderPath(it))
				_, to := h.location(publishing.Path(it))
				want, stays, listed := 410, k.Stays(), k == library.EndReplaced
				if stays {
					want = 200
				}
				if k == library.EndRedirected {
					want = 301
					if to != publishing.Path(heir) || elderTo != publishing.ElderPath(heir) {
						t.Errorf("%s: %s leads to %s and %s", when, k, to, elderTo)
					}
				}
				if code != want || elder != want {
					t.Errorf("%s: %s is %d and %d, want %d", when, k, code, elder, want)
				}
				if strings.Contains(body, "内部理由") {
					t.Errorf("%s: %s tells the reason", when, k)
				}
				if got := strings.Contains(list, publishing.Path(it)); got != listed {
					t.Errorf("%s: %s listed %v", when, k, got)
				}
				if got := strings.Contains(feed, publishing.Path(it)); got != listed {
					t.Errorf("%s: %s in the feed %v", when, k, got)
				}
				if got := strings.Contains(found, publishing.Path(it)); got != stays {
					t.Errorf("%s: %s found %v", when, k, got)
				}
				switch k {
				case library.EndWithdrawn:
					if !strings.Contains(body, library.EndClasses[1]) || !strings.Contains(body, "云河县人民政府办公室") {
						t.Errorf("%s: the withdrawn page says neither class nor unit", when)
					}
				case library.EndGone:
					if strings.Contains(body, "撤下日期") || !strings.Contains(body, "已经停用") {
						t.Errorf("%s: the gone page says more than that", when)
					}
				case library.EndReplaced:
					if !strings.Contains(body, "被替代") || !strings.Contains(body, publishing.Path(heir)) {
						t.Errorf("%s: the replaced page does not lead on", when)
					}
				case library.EndArchived:
					if !strings.Contains(body, "已归档") {
						t.Errorf("%s: the archived page is not marked", when)
					}
				}
			}
			if !strings.Contains(found, "已归档") {
				t.Errorf("%s: the archive is not marked in the search", when)
			}
		}
		check("after the acts")
		must(t, h.pub.Rebuild(h.final.ctx, h.site.ID))
		check("drawn whole")
		// What is gone never returns; what was archived comes back by its own act.
		if _, err := h.lib.Save(h.author.ctx, system, items[library.EndGone].ID, 1, library.Writing{Meta: library.Meta{Type: library.News, Origin: library.Original, Title: "又来"}, Unit: h.unit.ID}); err == nil {
			t.Error("what is gone was revised")
		}
		if err := h.lib.EndItem(h.final.ctx, scope, items[library.EndGone].ID, library.Ending{Kind: library.EndRedirected, Target: heir.ID, Reason: "再转"}); !fault.Is(err, fault.Conflict) {
			t.Errorf("what is gone was redirected: %v", err)
		}
		must(t, h.lib.UndoEnd(h.final.ctx, scope, items[library.EndArchived].ID, library.EndArchived, "仍在使用"))
		h.publish()
		if _, body := h.get("/news/"); !strings.Contains(body, publishing.Path(items[library.EndArchived])) {
			t.Error("what left the archive is in no list")
		}
		// The successor goes: the way to it ends.
		h.withdraw(heir)
		h.publish()
		if code, _ := h.get(publishing.Path(items[library.EndRedirected])); code != 410 {
			t.Errorf("the way to a withdrawn item: %d", code)
		}
	})
}

// TestEndsAreRefused: each act says what it lacks.
func TestEndsAreRefused(t *testing.T) {
	h := build(t, dbtest.SQLite(t, nil), t.TempDir())
	it, other := h.live("一", "内容。"), h.live("二", "内容。")
	scope := h.final.session.ScopeFor(authz.ItemWithdraw)
	for _, tt := range []struct {
		n    library.Ending
		kind fault.Kind
	}{
		{library.Ending{Kind: "lost", Reason: "理由"}, fault.Invalid},
		{library.Ending{Kind: library.EndArchived}, fault.Invalid},
		{library.Ending{Kind: library.EndWithdrawn, Reason: "理由"}, fault.Invalid},
		{library.Ending{Kind: library.EndWithdrawn, Class: "自造", Reason: "理由"}, fault.Invalid},
		{library.Ending{Kind: library.EndReplaced, Reason: "理由"}, fault.Invalid},
		{library.Ending{Kind: library.EndReplaced, Target: it.ID, Reason: "理由"}, fault.Invalid},
		{library.Ending{Kind: library.EndReplaced, Target: "01AAAAAAAAAAAAAAAAAAAAAAAA", Reason: "理由"}, fault.Invalid},
		{library.Ending{Kind: library.EndArchived, Reason: strings.Repeat("长", 501)}, fault.Invalid},
	} {
		if err := h.lib.EndItem(h.final.ctx, scope, it.ID, tt.n); !fault.Is(err, tt.kind) {
			t.Errorf("%+v: %v", tt.n, err)
		}
	}
	if err := h.lib.EndItem(h.stranger.ctx, h.stranger.session.ScopeFor(authz.ItemWithdraw), it.ID, library.Ending{Kind: library.EndArchived, Reason: "理由"}); !fault.Is(err, fault.NotFound) {
		t.Errorf("a neighbour ended it: %v", err)
	}
	must(t, h.lib.EndItem(h.final.ctx, scope, it.ID, library.Ending{Kind: library.EndReplaced, Target: other.ID, Reason: "理由"}))
	if err := h.lib.EndItem(h.final.ctx, scope, it.ID, library.Ending{Kind: library.EndReplaced, Target: other.ID, Reason: "理由"}); !fault.Is(err, fault.Conflict) {
		t.Errorf("a second click: %v", err)
	}
	if err := h.lib.EndItem(h.final.ctx, scope, other.ID, library.Ending{Kind: library.EndReplaced, Target: it.ID, Reason: "理由"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("round in a circle: %v", err)
	}
}

// TestCorrectionsSayWhatTheyAre: a change of form reads 更正, one of substance
// 内容更新; the address stays.
func TestCorrectionsSayWhatTheyAre(t *testing.T) {
	h := build(t, dbtest.SQLite(t, nil), t.TempDir())
	it := h.live("原来的题", "原来的内容。")
	h.publish()
	if _, body := h.get(publishing.Path(it)); strings.Contains(body, `class="corrected"`) {
		t.Error("a first version is said to be changed")
	}
	for _, tt := range []struct {
		kind library.ChangeKind
		says string
	}{{library.Form, "更正。"}, {library.Substance, "内容更新。"}, {library.Form, "更正。"}} {
		h.again(it.ID, "内容改为"+string(tt.kind)+"。", tt.kind)
		h.publish()
		code, body := h.get(publishing.Path(it))
		at := strings.Index(body, `class="corrected"`)
		if code != 200 || at < 0 || !strings.Contains(body[at:at+80], tt.says) {
			t.Errorf("%s: %d, says %.120q", tt.kind, code, body[max(0, at):])
		}
	}
}

// TestLinksOutGoByANotice: no open redirector, no notice for governments.
func TestLinksOutGoByANotice(t *testing.T) {
	h := build(t, dbtest.SQLite(t, nil), t.TempDir())
	outside := "https://daily.example.com/a?b=1&c=二"
	doc := `<p>见<a href="` + strings.ReplaceAll(outside, "&", "&amp;") + `">报道</a>、<a href="https://www.gov.cn/x">中国政府网</a>、<a href="http://` + h.site.Host + `/news/">本站</a>、<a href="/news/">要闻</a></p>`
	it := h.liveHTML("有外链的稿件", doc)
	h.publish()
	page := publishing.LeavePath(outside)
	_, body := h.get(publishing.Path(it))
	if !strings.Contains(body, `href="`+page+`"`) || strings.Contains(body, "daily.example.com") || !strings.Contains(body, `href="https://www.gov.cn/x"`) || !strings.Contains(body, `href="/news/"`) {
		t.Errorf("the links of the page: %s", body[strings.Index(body, "article-content"):])
	}
	code, body := h.get(page)
	if code != 200 || !strings.Contains(body, "daily.example.com") || !strings.Contains(body, "不是政府网站") || !strings.Contains(body, "noindex") {
		t.Errorf("notice: %d", code)
	}
	if code, to := h.location("/leave?to=" + url.QueryEscape(outside)); code != 302 || to != page {
		t.Errorf("leave: %d %s", code, to)
	}
	for _, bad := range []string{"", "https://evil.example/", "javascript:alert(1)", "//evil.example", "https://daily.example.com/a?b=1", "https://user@daily.example.com/a", strings.Repeat("https://a/", 900)} {
		if code, to := h.location("/leave?to=" + url.QueryEscape(bad)); code != 404 || to != "" {
			t.Errorf("leave to %.40q: %d %s", bad, code, to)
		}
	}
	_, feed := h.get("/sitemap.xml")
	if strings.Contains(feed, "leave") {
		t.Error("notices are in the site map")
	}
}

// FuzzLeave holds that whatever is asked, the answer stays on the site.
func FuzzLeave(f *testing.F) {
	h := build(f, dbtest.SQLite(f, nil), f.TempDir())
	h.liveHTML("有外链", `<p><a href="https://daily.example.com/">报</a></p>`)
	h.publish()
	for _, s := range []string{"https://daily.example.com/", "https://daily.example.com", "http://evil.example/%0d%0aSet-Cookie:x", "https://daily.example.com/../..", "\x00", "https://[::1", "https://daily.example.com/#x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, to string) {
		code, at := h.location("/leave?to=" + url.QueryEscape(to))
		if code != 404 && (code != 302 || !strings.HasPrefix(at, "/leave/")) {
			t.Errorf("%q: %d %s", to, code, at)
		}
	})
}

// TestFeedsHotlineAndTerminalsSayTheSame: one rendition for three counters.
func TestFeedsHotlineAndTerminalsSayTheSame(t *testing.T) {
	h := build(t, dbtest.SQLite(t, nil), t.TempDir())
	services := h.column("services", "办事", "办事服务")
	it := h.live("怎样办证", "带身份证到窗口。\n\n当场领取。", into(services, library.Guide, library.Answers{"contact": "0915-0000009"}))
	h.live("县里新闻", "新闻内容。")
	h.publish()
	var feed theme.Hotline
	_, body := h.get(theme.HotlineFeed)
	if err := json.Unmarshal([]byte(body), &feed); err != nil || feed.Version != theme.HotlineVersion || len(feed.Items) != 1 {
		t.Fatalf("hotline: %v %+v", err, feed)
	}
	if r := feed.Items[0]; r.ID != string(it.ID) || r.Contact != "0915-0000009" || !strings.Contains(r.Text, "当场领取。") || r.Column != "办事" || r.Updated.IsZero() {
		t.Errorf("rendition %+v", r)
	}
	page := theme.KioskPath + strings.ToLower(string(it.ID)) + ".html"
	if code, body := h.get(theme.KioskPath); code != 200 || !strings.Contains(body, page) || strings.Contains(body, "县里新闻") {
		t.Errorf("terminal: %d", code)
	}
	if code, body := h.get(page); code != 200 || !strings.Contains(body, "<p>当场领取。</p>") || !strings.Contains(body, "0915-0000009") {
		t.Errorf("terminal's page: %d", code)
	}
	var atom struct {
		Entries []struct {
			Content string `xml:"content"`
		} `xml:"entry"`
	}
	_, body = h.get("/services/full.xml")
	if err := xml.Unmarshal([]byte(body), &atom); err != nil || len(atom.Entries) != 1 || !strings.Contains(atom.Entries[0].Content, "当场领取。") {
		t.Errorf("full feed: %v %+v", err, atom)
	}
	for _, path := range []string{"/services/atom.xml", "/services/feed.json", "/atom.xml", "/feed.json", "/full.xml"} {
		if code, body := h.get(path); code != 200 || !strings.Contains(body, "怎样办证") {
			t.Errorf("%s: %d", path, code)
		}
	}
	h.withdraw(it)
	h.publish()
	if _, body := h.get(theme.HotlineFeed); strings.Contains(body, "怎样办证") {
		t.Error("the hotline still says what was withdrawn")
	}
	if code, _ := h.get(page); code != 404 {
		t.Errorf("the terminal still shows what was withdrawn: %d", code)
	}
}

// TestAnnouncementsHangOnTheirPage: notices of opening, offline and closing.
func TestAnnouncementsHangOnTheirPage(t *testing.T) {
	h := build(t, dbtest.SQLite(t, nil), t.TempDir())
	var list []theme.Announcement
	h.pub = publishing.New(h.db, h.reg, h.lib, h.store, publishing.Config{Demo: true, Port: "8080", Announced: func(ctx context.Context, q db.Querier, site registry.SiteID) ([]theme.Announcement, error) {
		return list, nil
	}})
	h.publish()
	if code, _ := h.get(theme.AnnouncementsPath); code != 404 {
		t.Errorf("without notices: %d", code)
	}
	list = []theme.Announcement{{Kind: "临时下线公告", Title: "县住建局网站临时下线", Object: "县住建局网站", Href: "http://yunhe.localhost:8080/content/202611/x.html"}, {Kind: "开通公告", Title: "云河发布开通", Ended: "已结束"}}
	must(t, h.db.Update(h.final.ctx, func(tx *db.Tx) error { tx.Audited(); return h.pub.Nudge(h.final.ctx, tx, h.site.ID) }))
	h.publish()
	code, body := h.get(theme.AnnouncementsPath)
	if i, j := strings.Index(body, "正在公告"), strings.Index(body, "以往公告"); code != 200 || i < 0 || j < i || !strings.Contains(body, `href="/content/202611/x.html"`) {
		t.Errorf("announcements: %d", code)
	}
	list = append(list, theme.Announcement{Kind: "内容去向公告", Title: "原粮食局网站内容去向"})
	must(t, h.db.Update(h.final.ctx, func(tx *db.Tx) error { tx.Audited(); return h.pub.Nudge(h.final.ctx, tx, h.site.ID) }))
	h.publish()
	if _, body := h.get(theme.AnnouncementsPath); !strings.Contains(body, "内容去向公告") {
		t.Error("a nudge did not draw the page anew")
	}
	rows, err := h.pub.Releases(h.final.ctx, system, h.site.ID, 1, 0)
	must(t, err)
	if rows[0].Whole {
		t.Error("a nudge drew the whole site")
	}
}

// TestSiteMapFollowsTheVersion: lastmod is when the content changed, not when a
// page was drawn.
func TestSiteMapFollowsTheVersion(t *testing.T) {
	h := build(t, dbtest.SQLite(t, nil), t.TempDir())
	it := h.live("一", "内容。")
	h.publish()
	_, v, err := h.lib.LiveItem(h.final.ctx, h.db, it.ID)
	must(t, err)
	_, index := h.get("/sitemap.xml")
	var maps struct {
		Maps []struct {
			Loc     string `xml:"loc"`
			LastMod string `xml:"lastmod"`
		} `xml:"sitemap"`
	}
	must(t, xml.Unmarshal([]byte(index), &maps))
	found := false
	for _, m := range maps.Maps {
		_, path, _ := strings.Cut(m.Loc, ":8080")
		if path == "/sitemap-pages.xml" {
			continue
		}
		if _, err := time.Parse(time.RFC3339, m.LastMod); err != nil {
			t.Errorf("%s: lastmod %q", path, m.LastMod)
		}
		_, body := h.get(path)
		if at := strings.Index(body, publishing.Path(it)); at >= 0 {
			found = true
			if want := "<lastmod>" + v.At.In(calendar.Shanghai).Format("2006-01-02"); !strings.Contains(body[at:], want) {
				t.Errorf("the map lacks %s: %s", want, body)
			}
		}
	}
	if !found {
		t.Error("the item is in no map")
	}
}

// TestArticle23_1_SecurityTextSaysWhereToReport: every site says where a hole is
// reported, for at least another eleven months and at most a year (RFC 9116).
func TestArticle23_1_SecurityTextSaysWhereToReport(t *testing.T) {
	h := build(t, dbtest.SQLite(t, nil), t.TempDir())
	h.publish()
	code, body := h.get("/.well-known/security.txt")
	if code != 200 {
		t.Fatalf("%d %s", code, body)
	}
	said := map[string]string{}
	for l := range strings.Lines(body) {
		name, value, _ := strings.Cut(strings.TrimSpace(l), ": ")
		said[name] = value
	}
	until, err := time.Parse(time.RFC3339, said["Expires"])
	if now := time.Now(); err != nil || until.Before(now.AddDate(0, 11, -3)) || until.After(now.AddDate(1, 0, 0)) {
		t.Errorf("expires %q (%v)", said["Expires"], err)
	}
	if said["Contact"] == "" || !strings.HasSuffix(said["Canonical"], "/.well-known/security.txt") || said["Preferred-Languages"] != "zh" {
		t.Errorf("%v", said)
	}
}

// liveHTML takes an item with marks through its reviews.
func (h *house) liveHTML(title, body string) library.Item {
	h.t.Helper()
	doc, err := prose.FromHTML(body)
	must(h.t, err)
	return h.live(title, "稍后换成正文。", func(w *library.Writing) { w.Doc = doc })
}

// again takes a revision of a live item through its reviews.
func (h *house) again(id library.ItemID, body string, kind library.ChangeKind) {
	h.t.Helper()
	doc, err := prose.FromText(body)
	must(h.t, err)
	scope := h.author.session.ScopeFor(authz.ItemWrite)
	it, err := h.lib.Item(h.author.ctx, scope, id)
	must(h.t, err)
	it, err = h.lib.Save(h.author.ctx, scope, id, it.Version, library.Writing{Meta: it.Meta, Doc: doc, Unit: h.unit.ID, Change: kind})
	must(h.t, err)
	h.review(it)
}
