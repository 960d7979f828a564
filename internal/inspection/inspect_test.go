package inspection_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"zhengshu/internal/blob"
	"zhengshu/internal/check"
	"zhengshu/internal/egress"
	"zhengshu/internal/frontier"
	"zhengshu/internal/inspection"
)

// nowhere is a resolver that fails: what a test asks for by name and is not
// our own goes no further.
type nowhere struct{ t testing.TB }

func (nowhere) Resolve(context.Context, string) ([]netip.Addr, error) {
	return nil, errors.New("no names in tests")
}

func inspect(t *testing.T, s *madeSite, o inspection.Options) inspection.Report {
	t.Helper()
	store, err := blob.Disk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	rep, err := inspection.Inspect(context.Background(), s.client(t), store, target(), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range rep.Findings {
		if f.Evidence.URL == "" || f.Evidence.At.IsZero() {
			t.Errorf("%s has no evidence: %+v", f.Check, f.Evidence)
		}
	}
	return rep
}

func checks(rep inspection.Report) []string {
	out := []string{}
	for _, f := range rep.Findings {
		if strings.HasPrefix(f.Check, "link.dead") && f.Evidence.LinkStatus == 0 {
			continue // outside hosts: no names in tests
		}
		out = append(out, f.Check)
	}
	slices.Sort(out)
	return out
}

func TestWholeSiteHasNoFinding(t *testing.T) {
	s := newSite(t)
	rep := inspect(t, s, options())
	if got := checks(rep); len(got) != 0 {
		for _, f := range rep.Findings {
			t.Logf("%s %s %s %s", f.Check, f.URL, f.Where, f.Says)
		}
		t.Errorf("found %v", got)
	}
	if rep.Pages < 6 || !rep.Reachable {
		t.Errorf("pages %d, untested %+v", rep.Pages, rep.Untested)
	}
	for h := range s.hosts {
		if h != host && h != "yanta.gov.cn" {
			t.Errorf("asked %s, which is not the site", h)
		}
	}
	if !untested(rep, "link.dead", "不能访问外网") {
		t.Errorf("outside links without any outside network are not judged: %+v", rep.Untested)
	}
}

func untested(rep inspection.Report, id, why string) bool {
	return slices.ContainsFunc(rep.Untested, func(u inspection.Untested) bool { return u.Check == id && strings.Contains(u.Why, why) })
}

// quoting finds one wrong word.
type quoting string

func (q quoting) Scan(text string) []check.Span {
	i := strings.Index(text, string(q))
	if i < 0 {
		return nil
	}
	at := len([]rune(text[:i]))
	return []check.Span{{Kind: "wording.spelling", Start: at, End: at + len([]rune(string(q))), Wrong: string(q), Right: []string{"贯彻"}, Says: "“" + string(q) + "”疑为错别字。", Confidence: 0.95}}
}

const idCard = "610113199003070015" // made up; the check digit holds

// defects are one of each family: how the site is broken, and mended again.
var defects = []struct {
	name, check, article, url, where string
	onHome                           bool
	break_, mend                     func(*madeSite)
}{
	{"dead link on the home page", "link.dead", "D-19", "/", "/gone.html", true,
		func(s *madeSite) {
			s.swap("/", `<p><a href="/a.pdf">`, `<p><a href="/gone.html">旧文</a> <a href="/a.pdf">`)
		},
		func(s *madeSite) {
			s.put("/gone.html", article("旧文恢复的一条信息", "要闻", "政务动态", "2026-03-10 09:00", "旧文已经恢复。"))
		}},
	{"dead link on another page, then taken away", "link.dead", "D-19", "/tz/1.html", "/old.doc", false,
		func(s *madeSite) {
			s.swap("/tz/1.html", "附件可在网上下载。", `附件：<a href="/old.doc">登记表</a>`)
		},
		func(s *madeSite) {
			s.swap("/tz/1.html", `附件：<a href="/old.doc">登记表</a>`, "附件可在网上下载。")
		}},
	{"map without its review number on a page that passed its review", "item.map", "S12.2a", "/tz/1.html", "第 1 张图片", false,
		func(s *madeSite) {
			s.swap("/tz/1.html", "附件可在网上下载。", `附件可在网上下载。<figure><img src="/a.pdf" alt="本区行政区划图"><figcaption>区划</figcaption></figure>`)
		},
		func(s *madeSite) {
			s.swap("/tz/1.html", `<figcaption>区划</figcaption>`, `<figcaption>区划，审图号：陕S（2026）012号</figcaption>`)
		}},
	{"error page with status 200", "link.soft404", "D-19", "/", "/soft.html", true,
		func(s *madeSite) {
			s.swap("/", `<p><a href="/a.pdf">`, `<p><a href="/soft.html">专题</a> <a href="/a.pdf">`)
			s.put("/soft.html", "<html><head><title>404 页面不存在</title></head><body>您访问的页面不存在</body></html>")
		},
		func(s *madeSite) { s.set("/soft.html", page{to: "/yw/"}) }},
	{"tag missing", "tags.column_description", "D-20", "/yw/", "ColumnDescription", false,
		func(s *madeSite) { s.swap("/yw/", "发布本区要闻方面的信息", "") },
		func(s *madeSite) {
			s.swap("/yw/", `"ColumnDescription" content=""`, `"ColumnDescription" content="发布本区重要工作"`)
		}},
	{"foot without site map", "footer.site_map", "D-18", "/tz/1.html", "站点地图", false,
		func(s *madeSite) { s.swap("/tz/1.html", `<a href="/map.html">网站地图</a>`, "") },
		func(s *madeSite) {
			s.swap("/tz/1.html", "中文域名", `<a href="/map.html">网站地图</a> 中文域名`)
		}},
	{"column gone stale", "column.stale", "V-W-4.1", "/yw/", "/yw/", false,
		func(s *madeSite) {
			s.swap("/yw/", "2026-03-18", "2026-02-18")
			s.swap("/yw/1.html", "2026-03-18 09:00", "2026-02-18 09:00")
			s.swap("/", "/yw/1.html", "/tz/1.html")
		},
		func(s *madeSite) { s.swap("/yw/", "2026-02-18", "2026-03-19") }},
	{"home page gone stale", "home.stale", "V-W-3", "/", "首页", true,
		func(s *madeSite) {
			s.swap("/", "2026-03-18", "2026-01-09")
			s.swap("/", "/yw/1.html", "/tz/1.html")
		},
		func(s *madeSite) { s.swap("/", "2026-01-09", "2026-03-20") }},
	{"blank column", "column.blank", "V-W-4.3", "/kong/", "/kong/", false,
		func(s *madeSite) {
			s.put("/kong/", list("规划计划", "政策文件", ""))
			s.swap("/", `<p><a href="/a.pdf">`, `<p><a href="/kong/">规划计划</a> <a href="/a.pdf">`)
		},
		func(s *madeSite) {
			s.put("/kong/", list("规划计划", "政策文件", `<li><a href="/kong/1.html">年度规划</a><span>2026-03-01</span></li>`))
			s.put("/kong/1.html", article("年度规划", "规划计划", "政策文件", "2026-03-01 09:00", "规划全文。"))
		}},
	{"identity number in the open", "privacy.id_card", "S12.2a", "/tz/1.html", "", false,
		func(s *madeSite) {
			s.swap("/tz/1.html", "附件可在网上下载。", "联系人身份证号码"+idCard+"。")
		},
		func(s *madeSite) { s.swap("/tz/1.html", idCard, "6**************6") }},
	{"hidden link", "concealed.", "V-W-1.3", "/", "", true,
		func(s *madeSite) {
			s.swap("/", `<p><a href="/a.pdf">`, `<div style="display:none"><a href="http://www.bet888-casino.com/">更多</a></div><p><a href="/a.pdf">`)
		},
		func(s *madeSite) {
			s.swap("/", `<div style="display:none"><a href="http://www.bet888-casino.com/">更多</a></div>`, "")
		}},
	{"wrong word", "wording.spelling", "S19.3a", "/yw/1.html", "", false,
		func(s *madeSite) {
			s.swap("/yw/1.html", "部署了今年的重点任务", "惯彻落实今年的重点任务")
		},
		func(s *madeSite) { s.swap("/yw/1.html", "惯彻", "贯彻") }},
}

func TestEachDefectGivesExactlyItsFinding(t *testing.T) {
	for _, d := range defects {
		t.Run(d.name, func(t *testing.T) {
			s := newSite(t)
			d.break_(s)
			store, err := blob.Disk(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			ctx, client, o := context.Background(), s.client(t), options()
			o.Scanner = quoting("惯彻")
			rep, err := inspection.Inspect(ctx, client, store, target(), o)
			if err != nil {
				t.Fatal(err)
			}
			if len(rep.Findings) != 1 {
				for _, f := range rep.Findings {
					t.Logf("%s %s %s %s", f.Check, f.URL, f.Where, f.Says)
				}
				t.Fatalf("%d findings, want 1; untested %+v", len(rep.Findings), rep.Untested)
			}
			f := rep.Findings[0]
			if !strings.HasPrefix(f.Check, d.check) || f.Article != d.article || f.URL != "http://"+host+d.url || f.OnHome != d.onHome {
				t.Errorf("found %s (%s) on %s, home %v: %s", f.Check, f.Article, f.URL, f.OnHome, f.Says)
			}
			if d.where != "" && f.Where != d.where && f.Where != "http://"+host+d.where {
				t.Errorf("where %q, want %q", f.Where, d.where)
			}
			if f.Says == "" || f.Fix == "" || f.Severity == "" || strings.Contains(f.Says+f.Evidence.Excerpt, idCard) {
				t.Errorf("says %q fix %q severity %q", f.Says, f.Fix, f.Severity)
			}
			e := f.Evidence
			if size, err := store.Stat(ctx, e.Ref); err != nil || size != e.Size || e.Ref.Hash() != e.SHA256 || e.Status != 200 || !strings.Contains(e.Headers, "Content-Type: ") {
				t.Errorf("evidence %+v (%v)", e, err)
			}

			spot := inspection.Spot{Check: f.Check, Fingerprint: f.Fingerprint(), URL: f.URL, Where: f.Where, Also: f.Also}
			look := func(want string) {
				t.Helper()
				l, err := inspection.Recheck(ctx, client, store, target(), spot, o)
				if err != nil {
					t.Fatal(err)
				}
				if l.Outcome != want || l.Says == "" || l.Evidence.At.IsZero() {
					t.Errorf("retest: %s, want %s: %s", l.Outcome, want, l.Says)
				}
			}
			look(inspection.Standing)
			d.mend(s)
			look(inspection.Gone)
			again, err := inspection.Inspect(ctx, client, store, target(), o)
			if err != nil {
				t.Fatal(err)
			}
			if len(again.Findings) != 0 {
				t.Errorf("after the cure: %s %s", again.Findings[0].Check, again.Findings[0].Says)
			}
			if !again.Looked(f.Check, f.URL, f.Where) {
				t.Error("the run does not say that it looked")
			}
		})
	}
}

func TestOneTemplateIsOneFinding(t *testing.T) {
	s := newSite(t)
	for _, p := range []string{"/", "/yw/", "/tz/", "/yw/1.html", "/tz/1.html", "/map.html"} {
		s.swap(p, `<a href="/map.html">网站地图</a>`, "")
	}
	s.swap("/", `<a href="/a.pdf">`, `<a href="/map.html">全站栏目</a> <a href="/a.pdf">`)
	rep := inspect(t, s, options())
	if len(rep.Findings) != 1 || rep.Findings[0].Pages != 6 || len(rep.Findings[0].Also) != 5 || !rep.Findings[0].OnHome {
		t.Errorf("%+v", rep.Findings)
	}
}

func TestGBKSite(t *testing.T) {
	s := newSite(t)
	s.swap("/yw/1.html", "部署了今年的重点任务", "惯彻落实今年的重点任务")
	for path, p := range s.pages {
		if strings.HasPrefix(p.ctype, "text/html") {
			body, err := simplifiedchinese.GB18030.NewEncoder().String(strings.ReplaceAll(p.body, "utf-8", "gbk"))
			if err != nil {
				t.Fatal(err)
			}
			s.pages[path] = page{ctype: "text/html", body: body}
		}
	}
	o := options()
	o.Scanner = quoting("惯彻")
	rep := inspect(t, s, o)
	if len(rep.Findings) != 1 || rep.Findings[0].Wrong != "惯彻" {
		t.Errorf("%+v", rep.Findings)
	}
}

func TestRobotsAreObeyedAndTold(t *testing.T) {
	s := newSite(t)
	s.set("/robots.txt", page{ctype: "text/plain", body: "User-agent: *\nDisallow: /tz/\n"})
	rep := inspect(t, s, options())
	if s.asked["/tz/"]+s.asked["/tz/1.html"] != 0 {
		t.Error("asked for what robots.txt forbids")
	}
	if len(rep.Findings) != 0 || !untested(rep, "crawl.robots", "robots.txt") {
		t.Errorf("%+v %+v", rep.Findings, rep.Untested)
	}
}

func TestPagesBeyondTheBudgetAreUntested(t *testing.T) {
	s := newSite(t)
	o := options()
	o.MaxPages = 2
	rep := inspect(t, s, o)
	if rep.Pages != 2 || !untested(rep, "crawl.page_budget", "上限") {
		t.Errorf("%d pages, %+v", rep.Pages, rep.Untested)
	}
}

func TestHomeThatDoesNotOpen(t *testing.T) {
	for _, status := range []int{404, 500} {
		s := newSite(t)
		s.set("/", page{status: status, ctype: "text/html", body: "x"})
		rep := inspect(t, s, options())
		if len(rep.Findings) != 1 || rep.Findings[0].Check != inspection.CheckHome || rep.Findings[0].Severity != check.Serious || rep.Findings[0].Article != "S19.4" || rep.Reachable || rep.Pages != 0 {
			t.Errorf("%d: %+v", status, rep.Findings)
		}
	}
	s := newSite(t)
	s.set("/", page{status: 403, ctype: "text/html", body: "x"})
	if rep := inspect(t, s, options()); len(rep.Findings) != 0 || !untested(rep, inspection.CheckHome, "白名单") {
		t.Errorf("a site that refuses us is no dead site: %+v %+v", rep.Findings, rep.Untested)
	}
}

func TestScriptedListIsUntestedNotStale(t *testing.T) {
	s := newSite(t)
	s.put("/js/", list("部门动态", "政务动态", "<script>$.ajax({url:'/api/list'})</script>"))
	s.swap("/", `<p><a href="/a.pdf">`, `<p><a href="/js/">部门动态</a> <a href="/a.pdf">`)
	rep := inspect(t, s, options())
	if len(rep.Findings) != 0 || !untested(rep, "column.stale", "脚本") {
		t.Errorf("%+v %+v", rep.Findings, rep.Untested)
	}
}

func TestDeclaredColumnIsHeldToItsCycle(t *testing.T) {
	s := newSite(t)
	s.swap("/tz/", "2026-01-09", "2026-03-01")
	s.swap("/tz/1.html", "2026-01-09", "2026-03-01")
	tg := target()
	tg.Columns = []check.Column{{Name: "通知公告", Kind: check.ColumnPolicy, Items: -1, CycleDays: 7}}
	rep, err := inspection.Inspect(context.Background(), s.client(t), nil, tg, options())
	if err != nil || len(rep.Findings) != 1 || rep.Findings[0].Check != "column.overdue" || rep.Findings[0].Evidence.Ref != "" {
		t.Errorf("%+v (%v)", rep.Findings, err)
	}
}

func TestBadAddress(t *testing.T) {
	s := newSite(t)
	for _, u := range []string{"", "javascript:alert(1)", "::", "ftp://x/"} {
		if _, err := inspection.Inspect(context.Background(), s.client(t), nil, inspection.Target{URL: u}, options()); err == nil || !strings.Contains(err.Error(), "") {
			t.Errorf("%q was taken", u)
		}
	}
}

// Many portals answer their bare address with a page that only leads on.
func TestHomeBehindASignpost(t *testing.T) {
	for name, front := range map[string]page{
		"redirect": {to: "/index/"},
		"refresh":  {ctype: "text/html", body: `<html><head><meta http-equiv="refresh" content="0; url=/index/"></head><body></body></html>`},
		"script":   {ctype: "text/html", body: `<html><body><script>window.location.href = "/index/";</script></body></html>`},
		"replace":  {ctype: "text/html", body: `<html><body>正在进入<script>location.replace('index/')</script></body></html>`},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.set("/index/", s.pages["/"])
			s.set("/", front)
			rep := inspect(t, s, options())
			if len(rep.Findings) != 0 || rep.Pages < 6 || !rep.Reachable {
				t.Fatalf("%d pages, %+v", rep.Pages, rep.Findings)
			}
			s.swap("/index/", "2026-03-18", "2026-01-09")
			s.swap("/index/", "/yw/1.html", "/tz/1.html")
			rep = inspect(t, s, options())
			if len(rep.Findings) != 1 || rep.Findings[0].Check != "home.stale" {
				t.Fatalf("%+v", rep.Findings)
			}
			f := rep.Findings[0]
			look, err := inspection.Recheck(context.Background(), s.client(t), nil, target(), inspection.Spot{Check: f.Check, Fingerprint: f.Fingerprint(), URL: f.URL, Where: f.Where}, options())
			if err != nil || look.Outcome != inspection.Standing {
				t.Errorf("%+v (%v)", look, err)
			}
		})
	}
}

// The command line is pointed at a listener by address and port.
func TestAllowedListenerByAddress(t *testing.T) {
	s := newSite(t)
	c := egress.New(egress.Policy{Allow: []netip.AddrPort{s.addr()}, Resolver: nowhere{t}})
	t.Cleanup(c.Close)
	rep, err := inspection.Inspect(context.Background(), c, nil, inspection.Target{URL: s.server.URL}, inspection.Options{Delay: -1, MaxPages: 3, Today: today, Limits: inspection.EmbeddedLimits(today)})
	if err != nil || rep.Pages != 3 || !rep.Reachable {
		t.Fatalf("%+v (%v)", rep, err)
	}
	var out map[string]json.RawMessage
	b, err := json.Marshal(rep)
	if err != nil || json.Unmarshal(b, &out) != nil || len(out) != 5 {
		t.Errorf("%s (%v)", b, err)
	}
	for _, key := range []string{"url", "started", "pages", "findings", "untested"} {
		if out[key] == nil {
			t.Errorf("no %s", key)
		}
	}
	want := limits
	want.GuideMissing = 4
	if l := inspection.EmbeddedLimits(today); l != want {
		t.Errorf("limits of the pack %+v", l)
	}
	// Without leave the same listener is refused, and that is nobody's fault.
	strict := egress.New(egress.Policy{Resolver: nowhere{t}})
	t.Cleanup(strict.Close)
	rep, err = inspection.Inspect(context.Background(), strict, nil, inspection.Target{URL: s.server.URL}, options())
	if err != nil || len(rep.Findings) != 0 || rep.Reachable || rep.Pages != 0 || len(rep.Untested) == 0 {
		t.Errorf("%+v (%v)", rep, err)
	}
}

// Of a site hosted here the facts are given: what the page shows does not count.
func TestGivenColumnFactsDecide(t *testing.T) {
	s := newSite(t)
	tg := target()
	tg.Columns = []check.Column{{Name: "要闻", URL: "/yw/", Kind: check.ColumnNews, Items: 12, Latest: today.AddDays(-15), CycleDays: 30}}
	store, err := blob.Disk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	rep, err := inspection.Inspect(context.Background(), s.client(t), store, tg, options())
	if err != nil || len(rep.Findings) != 1 || rep.Findings[0].Check != "column.stale" || rep.Findings[0].URL != "http://"+host+"/yw/" || rep.Findings[0].Evidence.Ref == "" {
		t.Fatalf("%+v (%v)", rep.Findings, err)
	}
	f := rep.Findings[0]
	spot := inspection.Spot{Check: f.Check, Fingerprint: f.Fingerprint(), URL: f.URL, Where: f.Where}
	for latest, want := range map[int]string{-15: inspection.Standing, -1: inspection.Gone} {
		tg.Columns[0].Latest = today.AddDays(latest)
		l, err := inspection.Recheck(context.Background(), s.client(t), store, tg, spot, options())
		if err != nil || l.Outcome != want || l.Evidence.URL != f.URL {
			t.Errorf("%d days: %+v (%v)", latest, l, err)
		}
	}
}

// Of 政策文件 those of the first level are to be updated within six months: the
// columns that the home page leads to.
func TestGivenColumnsOfTheFirstLevel(t *testing.T) {
	s := newSite(t)
	for where, want := range map[string]int{"/tz/": 1, "/zwgk/wj/": 0} {
		tg := target()
		tg.Columns = []check.Column{{Name: "政策文件", URL: where, Kind: check.ColumnPolicy, Items: 12, Latest: today.AddMonths(-8)}}
		rep, err := inspection.Inspect(context.Background(), s.client(t), nil, tg, options())
		if err != nil || len(rep.Findings) != want || want == 1 && rep.Findings[0].Check != "column.stale" {
			t.Errorf("%s: %+v (%v)", where, rep.Findings, err)
		}
	}
}

// A layout for the elderly names the page it is a copy of: the defect of the
// text belongs there, once. What only the copy says stays its own.
func TestCopyOfAPageIsNotASecondFinding(t *testing.T) {
	s := newSite(t)
	s.swap("/tz/1.html", "附件可在网上下载。", "联系人身份证号码"+idCard+"。")
	elder := strings.Replace(s.pages["/tz/1.html"].body, "</head>", `<link rel="canonical" href="/tz/1.html"></head>`, 1)
	s.put("/elder/1.html", elder)
	s.swap("/tz/1.html", "请按要求做好植树工作", `<a href="/elder/1.html">长辈版</a>请按要求做好植树工作`)
	count := func(url string) (n int) {
		for _, f := range inspect(t, s, options()).Findings {
			if f.Check == "privacy.id_card" && (url == "" || strings.HasSuffix(f.URL, url)) {
				n++
			}
		}
		return n
	}
	if n := count(""); n != 1 {
		t.Errorf("one text on two pages gave %d findings", n)
	}
	// The same wrong word with the tools of the layout before it.
	wrong := newSite(t)
	wrong.swap("/tz/1.html", "请按要求做好植树工作", "请惯彻做好植树工作")
	elder = strings.Replace(wrong.pages["/tz/1.html"].body, "</head>", `<link rel="canonical" href="/tz/1.html"></head>`, 1)
	wrong.put("/elder/1.html", strings.Replace(elder, "各街道办事处：", "字号小中大　", 1))
	wrong.swap("/tz/1.html", "请惯彻做好植树工作", `<a href="/elder/1.html">长辈版</a>请惯彻做好植树工作`)
	o := options()
	o.Scanner = quoting("惯彻")
	words := 0
	for _, f := range inspect(t, wrong, o).Findings {
		if f.Check == "wording.spelling" {
			words++
		}
	}
	if words != 1 {
		t.Errorf("one wrong word in two layouts gave %d findings", words)
	}
	s.swap("/tz/1.html", idCard, "6**************6")
	if n := count("/elder/1.html"); n != 1 {
		t.Errorf("what only the copy says gave %d findings", n)
	}
}

// Links are followed as browsers follow them: what opens for a visitor is not told
// to be dead, whatever its spelling, and what nobody can tell is not told either.
func TestLinksAreReadAsBrowsersReadThem(t *testing.T) {
	s := newSite(t)
	text := strings.Repeat("全区404个村全部实现光纤通达，系统中的错误数据已经清理。", 20)
	s.answers = func(path, query string) (page, bool) {
		html := func(title string) (page, bool) {
			return page{ctype: "text/html; charset=utf-8", body: article(title, "要闻", "政务动态", "2026-03-10 09:00", text)}, true
		}
		switch path {
		case "/back.html", "/tab.html", "/old/yw/9.html":
			return html("一条可以打开的信息之" + path)
		case "/show.asp":
			if query == "name=%B9%AB%B8%E6" {
				return html("一条以旧编码查询的信息")
			}
			return page{status: 500, ctype: "text/html", body: "bad"}, true
		case "/f404.html":
			return html("404个村实现光纤通达")
		case "/absent.html":
			return html("信息不存在告知书（样式）")
		case "/faulty.html":
			return html("系统错误数据清理工作的通报")
		case "/challenge.html":
			return page{status: 521, ctype: "text/html", body: "<script>document.cookie='c=1'</script>"}, true
		case "/many.html":
			return page{status: 429, ctype: "text/html", body: "x"}, true
		}
		if n, ok := strings.CutPrefix(path, "/hop/"); ok {
			if len(n) > 6 {
				return page{to: "/yw/1.html"}, true
			}
			return page{to: "/hop/" + n + "1"}, true
		}
		return page{}, false
	}
	s.put("/deep/er/based.html", strings.Replace(article("一条换了基准地址的信息", "要闻", "政务动态", "2026-03-10 09:00", text+`<a href="yw/9.html">旧文</a>`), "<head>", `<head><base href="http://yanta.gov.cn/old/">`, 1))
	var links strings.Builder
	for _, l := range []string{`\back.html`, "/ta\n\tb.html", "/deep/er/based.html", "/f404.html", "/absent.html", "/faulty.html", "/challenge.html", "/many.html", "/hop/1", "{{item.url}}", "${url}", "/wanting.html"} {
		links.WriteString(`<li><a href="` + l + `">旧文</a></li>`)
	}
	s.put("/", home(`<li><a href="/yw/1.html">我区召开全区教育工作会议</a><span>2026-03-18</span></li>`+links.String()))
	gbk, err := simplifiedchinese.GBK.NewEncoder().String(strings.Replace(list("旧版栏目", "概况信息", `<li><a href="/show.asp?name=公告">公告</a></li>`), `charset="utf-8"`, `charset="gb2312"`, 1))
	if err != nil {
		t.Fatal(err)
	}
	s.set("/wanting.html", page{ctype: "text/html", body: gbk})
	rep := inspect(t, s, options())
	for _, f := range rep.Findings {
		if strings.HasPrefix(f.Check, "link.") && f.Evidence.LinkStatus != 0 {
			t.Errorf("%s %s: %s", f.Check, f.Where, f.Says)
		}
	}
	for _, path := range []string{"/back.html", "/tab.html", "/old/yw/9.html", "/show.asp"} {
		if s.hits(path) == 0 {
			t.Errorf("%s was never asked for", path)
		}
	}
	for _, why := range []string{"状态码 521", "状态码 429", "模板变量", "连续跳转次数过多"} {
		if !slices.ContainsFunc(rep.Untested, func(u inspection.Untested) bool {
			return strings.HasPrefix(u.Check, "link.") && strings.Contains(u.Why, why)
		}) {
			t.Errorf("nothing untested says %s: %+v", why, rep.Untested)
		}
	}
	if s.hits("/{{item.url}}") > 0 {
		t.Error("a template was visited")
	}
}

// A page without a character is the fault of the link to it and no page to judge;
// what was found on it before is not mended by that.
func TestAnEmptyPageIsTold(t *testing.T) {
	s := newSite(t)
	s.swap("/", `<p><a href="/a.pdf">`, `<p><a href="/blank.html">专题</a> <a href="/a.pdf">`)
	s.set("/blank.html", page{ctype: "text/html", body: "\r\n "})
	rep := inspect(t, s, options())
	if got := checks(rep); !slices.Equal(got, []string{"link.wrong"}) || !strings.Contains(rep.Findings[0].Says, "没有任何内容") {
		t.Errorf("%v", rep.Findings)
	}
	if rep.Looked("footer.icp", "http://"+host+"/blank.html", "ICP备案编号") {
		t.Error("an empty page counts as looked at")
	}
	s.set("/", page{ctype: "text/html", body: " "})
	rep = inspect(t, s, options())
	if got := checks(rep); !slices.Equal(got, []string{inspection.CheckHome}) || rep.Reachable {
		t.Errorf("an empty home page: %v", rep.Findings)
	}
}

// The home page under a query that changes nothing owes what the home page owes.
func TestTheHomePageUnderAQuery(t *testing.T) {
	s := newSite(t)
	s.swap("/tz/1.html", "附件可在网上下载。", `请从<a href="/?from=tz">首页</a>进入。`)
	if got := checks(inspect(t, s, options())); len(got) != 0 || s.hits("/") < 2 {
		t.Errorf("%v, the home page was asked for %d times", got, s.hits("/"))
	}
}

// A page that its server says is unchanged came over today's line: a certificate
// that was renewed is not told to be faulty by the one before it.
func TestAnUnchangedPageHasTodaysCertificate(t *testing.T) {
	s := newSite(t)
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"1"`)
		if r.Header.Get("If-None-Match") == `"1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		s.ServeHTTP(w, r)
	}))
	defer server.Close()
	kept, err := frontier.Open(t.Context(), t.TempDir(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := kept.Close(); err != nil {
			t.Error(err)
		}
	}()
	roots := server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	for _, x := range []struct {
		round string
		roots *x509.CertPool
		wrong bool
	}{{"trusted", roots, false}, {"not trusted", nil, true}, {"trusted again", roots, false}} {
		// The certificate of the test server is issued to example.com.
		c := egress.New(egress.Policy{Local: netip.MustParseAddrPort(server.Listener.Addr().String()), LocalTLS: true, Own: func(h string) bool { return h == "example.com" }, Resolver: nowhere{t}, Roots: x.roots, Total: 5 * time.Second})
		o := options()
		if o.Journal, err = kept.Journal(t.Context(), "site", x.round); err != nil {
			t.Fatal(err)
		}
		rep, err := inspection.Inspect(t.Context(), c, nil, inspection.Target{URL: "https://example.com/"}, o)
		if err != nil {
			t.Fatal(err)
		}
		if wrong := slices.Contains(checks(rep), inspection.CheckCertificate); wrong != x.wrong || x.round != "trusted" && rep.Same == 0 {
			t.Errorf("%s: told %v, %d pages unchanged", x.round, wrong, rep.Same)
		}
		if err := kept.Ended(t.Context(), "site", x.round); err != nil {
			t.Fatal(err)
		}
		c.Close()
	}
}

// What a slow site leaves undone could not be tested; what was seen of it until then
// is reported and not lost with the run.
func TestASlowSiteIsReportedAsFarAsItWasSeen(t *testing.T) {
	s := newSite(t)
	s.swap("/", `<p><a href="/a.pdf">`, `<p><a href="/gone.html">旧文</a> <a href="/missing.pdf">旧件</a> <a href="/a.pdf">`)
	s.swap("/tz/1.html", `<a href="/map.html">网站地图</a>`, "")
	o := options()
	o.MaxTime, o.Until = time.Hour, time.Now().Add(-time.Second)
	rep, err := inspection.Inspect(t.Context(), s.client(t), nil, target(), o)
	if err != nil {
		t.Fatal(err)
	}
	// A page of the crawl that was asked for is known; what has to be asked for is not.
	if got := checks(rep); !slices.Equal(got, []string{"footer.site_map", "link.dead"}) {
		t.Errorf("%v", got)
	}
	if !untested(rep, "link.dead", "时间已用完") {
		t.Errorf("%+v", rep.Untested)
	}
	if rep.Looked("link.dead", "http://"+host+"/", "http://"+host+"/missing.pdf") {
		t.Error("a link that was not asked for counts as looked at")
	}
	if s.hits("/missing.pdf")+s.hits("/a.pdf") > 0 {
		t.Error("files were asked for when the time was used up")
	}
}
