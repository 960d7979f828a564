package engine_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
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
	"zhengshu/internal/crawl"
	"zhengshu/internal/egress"
	"zhengshu/internal/frontier"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/inspection/engine/enginetest"
)

func inspect(t *testing.T, s *enginetest.Site, o engine.Options) engine.Report {
	t.Helper()
	store, err := blob.Disk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	rep, err := engine.Inspect(context.Background(), s.Client(t), store, enginetest.Target(), o)
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

func checks(rep engine.Report) []string {
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
	s := enginetest.NewSite(t)
	rep := inspect(t, s, enginetest.Options())
	if got := checks(rep); len(got) != 0 {
		for _, f := range rep.Findings {
			t.Logf("%s %s %s %s", f.Check, f.URL, f.Where, f.Says)
		}
		t.Errorf("found %v", got)
	}
	if rep.Pages < 6 || !rep.Reachable {
		t.Errorf("pages %d, untested %+v", rep.Pages, rep.Untested)
	}
	for h := range s.Hosts {
		if h != enginetest.Host && h != "yanta.gov.cn" {
			t.Errorf("asked %s, which is not the site", h)
		}
	}
	if !enginetest.Untested(rep, "link.dead", "不能访问外网") {
		t.Errorf("outside links without any outside network are not judged: %+v", rep.Untested)
	}
}

const idCard = "610113199003070015" // made up; the check digit holds

// defects are one of each family: how the site is broken, and mended again.
var defects = []struct {
	name, check, article, url, where string
	onHome                           bool
	break_, mend                     func(*enginetest.Site)
}{
	{"dead link on the home page", "link.dead", "D-19", "/", "/gone.html", true,
		func(s *enginetest.Site) {
			s.Swap("/", `<p><a href="/a.pdf">`, `<p><a href="/gone.html">旧文</a> <a href="/a.pdf">`)
		},
		func(s *enginetest.Site) {
			s.Put("/gone.html", enginetest.Article("旧文恢复的一条信息", "要闻", "政务动态", "2026-03-10 09:00", "旧文已经恢复。"))
		}},
	{"dead link on another page, then taken away", "link.dead", "D-19", "/tz/1.html", "/old.doc", false,
		func(s *enginetest.Site) {
			s.Swap("/tz/1.html", "附件可在网上下载。", `附件：<a href="/old.doc">登记表</a>`)
		},
		func(s *enginetest.Site) {
			s.Swap("/tz/1.html", `附件：<a href="/old.doc">登记表</a>`, "附件可在网上下载。")
		}},
	{"map without its review number on a page that passed its review", "item.map", "S12.2a", "/tz/1.html", "第 1 张图片", false,
		func(s *enginetest.Site) {
			s.Swap("/tz/1.html", "附件可在网上下载。", `附件可在网上下载。<figure><img src="/a.pdf" alt="本区行政区划图"><figcaption>区划</figcaption></figure>`)
		},
		func(s *enginetest.Site) {
			s.Swap("/tz/1.html", `<figcaption>区划</figcaption>`, `<figcaption>区划，审图号：陕S（2026）012号</figcaption>`)
		}},
	{"error page with status 200", "link.soft404", "D-19", "/", "/soft.html", true,
		func(s *enginetest.Site) {
			s.Swap("/", `<p><a href="/a.pdf">`, `<p><a href="/soft.html">专题</a> <a href="/a.pdf">`)
			s.Put("/soft.html", "<html><head><title>404 页面不存在</title></head><body>您访问的页面不存在</body></html>")
		},
		func(s *enginetest.Site) { s.Set("/soft.html", enginetest.Page{To: "/yw/"}) }},
	{"tag missing", "tags.column_description", "D-20", "/yw/", "ColumnDescription", false,
		func(s *enginetest.Site) { s.Swap("/yw/", "发布本区要闻方面的信息", "") },
		func(s *enginetest.Site) {
			s.Swap("/yw/", `"ColumnDescription" content=""`, `"ColumnDescription" content="发布本区重要工作"`)
		}},
	{"foot without site map", "footer.site_map", "D-18", "/tz/1.html", "站点地图", false,
		func(s *enginetest.Site) { s.Swap("/tz/1.html", `<a href="/map.html">网站地图</a>`, "") },
		func(s *enginetest.Site) {
			s.Swap("/tz/1.html", "中文域名", `<a href="/map.html">网站地图</a> 中文域名`)
		}},
	{"column gone stale", "column.stale", "V-W-4.1", "/yw/", "/yw/", false,
		func(s *enginetest.Site) {
			s.Swap("/yw/", "2026-03-18", "2026-02-18")
			s.Swap("/yw/1.html", "2026-03-18 09:00", "2026-02-18 09:00")
			s.Swap("/", "/yw/1.html", "/tz/1.html")
		},
		func(s *enginetest.Site) { s.Swap("/yw/", "2026-02-18", "2026-03-19") }},
	{"home page gone stale", "home.stale", "V-W-3", "/", "首页", true,
		func(s *enginetest.Site) {
			s.Swap("/", "2026-03-18", "2026-01-09")
			s.Swap("/", "/yw/1.html", "/tz/1.html")
		},
		func(s *enginetest.Site) { s.Swap("/", "2026-01-09", "2026-03-20") }},
	{"blank column", "column.blank", "V-W-4.3", "/kong/", "/kong/", false,
		func(s *enginetest.Site) {
			s.Put("/kong/", enginetest.List("规划计划", "政策文件", ""))
			s.Swap("/", `<p><a href="/a.pdf">`, `<p><a href="/kong/">规划计划</a> <a href="/a.pdf">`)
		},
		func(s *enginetest.Site) {
			s.Put("/kong/", enginetest.List("规划计划", "政策文件", `<li><a href="/kong/1.html">年度规划</a><span>2026-03-01</span></li>`))
			s.Put("/kong/1.html", enginetest.Article("年度规划", "规划计划", "政策文件", "2026-03-01 09:00", "规划全文。"))
		}},
	{"identity number in the open", "privacy.id_card", "S12.2a", "/tz/1.html", "", false,
		func(s *enginetest.Site) {
			s.Swap("/tz/1.html", "附件可在网上下载。", "联系人身份证号码"+idCard+"。")
		},
		func(s *enginetest.Site) { s.Swap("/tz/1.html", idCard, "6**************6") }},
	{"hidden link", "concealed.", "V-W-1.3", "/", "", true,
		func(s *enginetest.Site) {
			s.Swap("/", `<p><a href="/a.pdf">`, `<div style="display:none"><a href="http://www.bet888-casino.com/">更多</a></div><p><a href="/a.pdf">`)
		},
		func(s *enginetest.Site) {
			s.Swap("/", `<div style="display:none"><a href="http://www.bet888-casino.com/">更多</a></div>`, "")
		}},
	{"wrong word", "wording.spelling", "S19.3a", "/yw/1.html", "", false,
		func(s *enginetest.Site) {
			s.Swap("/yw/1.html", "部署了今年的重点任务", "惯彻落实今年的重点任务")
		},
		func(s *enginetest.Site) { s.Swap("/yw/1.html", "惯彻", "贯彻") }},
}

func TestEachDefectGivesExactlyItsFinding(t *testing.T) {
	for _, d := range defects {
		t.Run(d.name, func(t *testing.T) {
			s := enginetest.NewSite(t)
			d.break_(s)
			store, err := blob.Disk(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			ctx, client, o := context.Background(), s.Client(t), enginetest.Options()
			o.Scanner = enginetest.Quoting("惯彻")
			rep, err := engine.Inspect(ctx, client, store, enginetest.Target(), o)
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
			if !strings.HasPrefix(f.Check, d.check) || f.Article != d.article || f.URL != "http://"+enginetest.Host+d.url || f.OnHome != d.onHome {
				t.Errorf("found %s (%s) on %s, home %v: %s", f.Check, f.Article, f.URL, f.OnHome, f.Says)
			}
			if d.where != "" && f.Where != d.where && f.Where != "http://"+enginetest.Host+d.where {
				t.Errorf("where %q, want %q", f.Where, d.where)
			}
			if f.Says == "" || f.Fix == "" || f.Severity == "" || strings.Contains(f.Says+f.Evidence.Excerpt, idCard) {
				t.Errorf("says %q fix %q severity %q", f.Says, f.Fix, f.Severity)
			}
			e := f.Evidence
			if size, err := store.Stat(ctx, e.Ref); err != nil || size != e.Size || e.Ref.Hash() != e.SHA256 || e.Status != 200 || !strings.Contains(e.Headers, "Content-Type: ") {
				t.Errorf("evidence %+v (%v)", e, err)
			}

			spot := engine.Spot{Check: f.Check, Fingerprint: f.Fingerprint(), URL: f.URL, Where: f.Where, Also: f.Also}
			look := func(want string) {
				t.Helper()
				l, err := engine.Recheck(ctx, client, store, enginetest.Target(), spot, o)
				if err != nil {
					t.Fatal(err)
				}
				if l.Outcome != want || l.Says == "" || l.Evidence.At.IsZero() {
					t.Errorf("retest: %s, want %s: %s", l.Outcome, want, l.Says)
				}
			}
			look(engine.Standing)
			d.mend(s)
			look(engine.Gone)
			again, err := engine.Inspect(ctx, client, store, enginetest.Target(), o)
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
	s := enginetest.NewSite(t)
	for _, p := range []string{"/", "/yw/", "/tz/", "/yw/1.html", "/tz/1.html", "/map.html"} {
		s.Swap(p, `<a href="/map.html">网站地图</a>`, "")
	}
	s.Swap("/", `<a href="/a.pdf">`, `<a href="/map.html">全站栏目</a> <a href="/a.pdf">`)
	rep := inspect(t, s, enginetest.Options())
	if len(rep.Findings) != 1 || rep.Findings[0].Pages != 6 || len(rep.Findings[0].Also) != 5 || !rep.Findings[0].OnHome {
		t.Errorf("%+v", rep.Findings)
	}
}

func TestGBKSite(t *testing.T) {
	s := enginetest.NewSite(t)
	s.Swap("/yw/1.html", "部署了今年的重点任务", "惯彻落实今年的重点任务")
	for path, p := range s.Pages {
		if strings.HasPrefix(p.Type, "text/html") {
			body, err := simplifiedchinese.GB18030.NewEncoder().String(strings.ReplaceAll(p.Body, "utf-8", "gbk"))
			if err != nil {
				t.Fatal(err)
			}
			s.Pages[path] = enginetest.Page{Type: "text/html", Body: body}
		}
	}
	o := enginetest.Options()
	o.Scanner = enginetest.Quoting("惯彻")
	rep := inspect(t, s, o)
	if len(rep.Findings) != 1 || rep.Findings[0].Wrong != "惯彻" {
		t.Errorf("%+v", rep.Findings)
	}
}

func TestRobotsAreObeyedAndTold(t *testing.T) {
	s := enginetest.NewSite(t)
	s.Set("/robots.txt", enginetest.Page{Type: "text/plain", Body: "User-agent: *\nDisallow: /tz/\n"})
	rep := inspect(t, s, enginetest.Options())
	if s.Asked["/tz/"]+s.Asked["/tz/1.html"] != 0 {
		t.Error("asked for what robots.txt forbids")
	}
	if len(rep.Findings) != 0 || !enginetest.Untested(rep, "crawl.robots", "robots.txt") {
		t.Errorf("%+v %+v", rep.Findings, rep.Untested)
	}
}

func TestPagesBeyondTheBudgetAreUntested(t *testing.T) {
	s := enginetest.NewSite(t)
	o := enginetest.Options()
	o.MaxPages = 2
	rep := inspect(t, s, o)
	if rep.Pages != 2 || !enginetest.Untested(rep, "crawl.page_budget", "上限") {
		t.Errorf("%d pages, %+v", rep.Pages, rep.Untested)
	}
}

func TestHomeThatDoesNotOpen(t *testing.T) {
	for _, status := range []int{404, 500} {
		s := enginetest.NewSite(t)
		s.Set("/", enginetest.Page{Status: status, Type: "text/html", Body: "x"})
		rep := inspect(t, s, enginetest.Options())
		if len(rep.Findings) != 1 || rep.Findings[0].Check != engine.CheckHome || rep.Findings[0].Severity != check.Serious || rep.Findings[0].Article != "S19.4" || rep.Reachable || rep.Pages != 0 {
			t.Errorf("%d: %+v", status, rep.Findings)
		}
	}
	s := enginetest.NewSite(t)
	s.Set("/", enginetest.Page{Status: 403, Type: "text/html", Body: "x"})
	if rep := inspect(t, s, enginetest.Options()); len(rep.Findings) != 0 || !enginetest.Untested(rep, engine.CheckHome, "白名单") {
		t.Errorf("a site that refuses us is no dead site: %+v %+v", rep.Findings, rep.Untested)
	}
}

func TestScriptedListIsUntestedNotStale(t *testing.T) {
	s := enginetest.NewSite(t)
	s.Put("/js/", enginetest.List("部门动态", "政务动态", "<script>$.ajax({url:'/api/list'})</script>"))
	s.Swap("/", `<p><a href="/a.pdf">`, `<p><a href="/js/">部门动态</a> <a href="/a.pdf">`)
	rep := inspect(t, s, enginetest.Options())
	if len(rep.Findings) != 0 || !enginetest.Untested(rep, "column.stale", "脚本") {
		t.Errorf("%+v %+v", rep.Findings, rep.Untested)
	}
}

func TestDeclaredColumnIsHeldToItsCycle(t *testing.T) {
	s := enginetest.NewSite(t)
	s.Swap("/tz/", "2026-01-09", "2026-03-01")
	s.Swap("/tz/1.html", "2026-01-09", "2026-03-01")
	tg := enginetest.Target()
	tg.Columns = []check.Column{{Name: "通知公告", Kind: check.ColumnPolicy, Items: -1, CycleDays: 7}}
	rep, err := engine.Inspect(context.Background(), s.Client(t), nil, tg, enginetest.Options())
	if err != nil || len(rep.Findings) != 1 || rep.Findings[0].Check != "column.overdue" || rep.Findings[0].Evidence.Ref != "" {
		t.Errorf("%+v (%v)", rep.Findings, err)
	}
}

func TestBadAddress(t *testing.T) {
	s := enginetest.NewSite(t)
	for _, u := range []string{"", "javascript:alert(1)", "::", "ftp://x/"} {
		if _, err := engine.Inspect(context.Background(), s.Client(t), nil, engine.Target{URL: u}, enginetest.Options()); err == nil || !strings.Contains(err.Error(), "") {
			t.Errorf("%q was taken", u)
		}
	}
}

// Many portals answer their bare address with a page that only leads on.
func TestHomeBehindASignpost(t *testing.T) {
	for name, front := range map[string]enginetest.Page{
		"redirect": {To: "/index/"},
		"refresh":  {Type: "text/html", Body: `<html><head><meta http-equiv="refresh" content="0; url=/index/"></head><body></body></html>`},
		"script":   {Type: "text/html", Body: `<html><body><script>window.location.href = "/index/";</script></body></html>`},
		"replace":  {Type: "text/html", Body: `<html><body>正在进入<script>location.replace('index/')</script></body></html>`},
	} {
		t.Run(name, func(t *testing.T) {
			s := enginetest.NewSite(t)
			s.Set("/index/", s.Pages["/"])
			s.Set("/", front)
			rep := inspect(t, s, enginetest.Options())
			if len(rep.Findings) != 0 || rep.Pages < 6 || !rep.Reachable {
				t.Fatalf("%d pages, %+v", rep.Pages, rep.Findings)
			}
			s.Swap("/index/", "2026-03-18", "2026-01-09")
			s.Swap("/index/", "/yw/1.html", "/tz/1.html")
			rep = inspect(t, s, enginetest.Options())
			if len(rep.Findings) != 1 || rep.Findings[0].Check != "home.stale" {
				t.Fatalf("%+v", rep.Findings)
			}
			f := rep.Findings[0]
			look, err := engine.Recheck(context.Background(), s.Client(t), nil, enginetest.Target(), engine.Spot{Check: f.Check, Fingerprint: f.Fingerprint(), URL: f.URL, Where: f.Where}, enginetest.Options())
			if err != nil || look.Outcome != engine.Standing {
				t.Errorf("%+v (%v)", look, err)
			}
		})
	}
}

// The command line is pointed at a listener by address and port.
func TestAllowedListenerByAddress(t *testing.T) {
	s := enginetest.NewSite(t)
	c := egress.New(egress.Policy{Allow: []netip.AddrPort{s.Addr()}, Resolver: enginetest.Nowhere{}})
	t.Cleanup(c.Close)
	rep, err := engine.Inspect(context.Background(), c, nil, engine.Target{URL: s.Server.URL}, engine.Options{Delay: -1, MaxPages: 3, Today: enginetest.Today, Limits: engine.EmbeddedLimits(enginetest.Today)})
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
	want := enginetest.Limits
	want.GuideMissing = 4
	if l := engine.EmbeddedLimits(enginetest.Today); l != want {
		t.Errorf("limits of the pack %+v", l)
	}
	// Without leave the same listener is refused, and that is nobody's fault.
	strict := egress.New(egress.Policy{Resolver: enginetest.Nowhere{}})
	t.Cleanup(strict.Close)
	rep, err = engine.Inspect(context.Background(), strict, nil, engine.Target{URL: s.Server.URL}, enginetest.Options())
	if err != nil || len(rep.Findings) != 0 || rep.Reachable || rep.Pages != 0 || len(rep.Untested) == 0 {
		t.Errorf("%+v (%v)", rep, err)
	}
}

// Of a site hosted here the facts are given: what the page shows does not count.
func TestGivenColumnFactsDecide(t *testing.T) {
	s := enginetest.NewSite(t)
	tg := enginetest.Target()
	tg.Columns = []check.Column{{Name: "要闻", URL: "/yw/", Kind: check.ColumnNews, Items: 12, Latest: enginetest.Today.AddDays(-15), CycleDays: 30}}
	store, err := blob.Disk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	rep, err := engine.Inspect(context.Background(), s.Client(t), store, tg, enginetest.Options())
	if err != nil || len(rep.Findings) != 1 || rep.Findings[0].Check != "column.stale" || rep.Findings[0].URL != "http://"+enginetest.Host+"/yw/" || rep.Findings[0].Evidence.Ref == "" {
		t.Fatalf("%+v (%v)", rep.Findings, err)
	}
	f := rep.Findings[0]
	spot := engine.Spot{Check: f.Check, Fingerprint: f.Fingerprint(), URL: f.URL, Where: f.Where}
	for latest, want := range map[int]string{-15: engine.Standing, -1: engine.Gone} {
		tg.Columns[0].Latest = enginetest.Today.AddDays(latest)
		l, err := engine.Recheck(context.Background(), s.Client(t), store, tg, spot, enginetest.Options())
		if err != nil || l.Outcome != want || l.Evidence.URL != f.URL {
			t.Errorf("%d days: %+v (%v)", latest, l, err)
		}
	}
}

// Of 政策文件 those of the first level are to be updated within six months: the
// columns that the home page leads to.
func TestGivenColumnsOfTheFirstLevel(t *testing.T) {
	s := enginetest.NewSite(t)
	for where, want := range map[string]int{"/tz/": 1, "/zwgk/wj/": 0} {
		tg := enginetest.Target()
		tg.Columns = []check.Column{{Name: "政策文件", URL: where, Kind: check.ColumnPolicy, Items: 12, Latest: enginetest.Today.AddMonths(-8)}}
		rep, err := engine.Inspect(context.Background(), s.Client(t), nil, tg, enginetest.Options())
		if err != nil || len(rep.Findings) != want || want == 1 && rep.Findings[0].Check != "column.stale" {
			t.Errorf("%s: %+v (%v)", where, rep.Findings, err)
		}
	}
}

// A layout for the elderly names the page it is a copy of: the defect of the
// text belongs there, once. What only the copy says stays its own.
func TestCopyOfAPageIsNotASecondFinding(t *testing.T) {
	s := enginetest.NewSite(t)
	s.Swap("/tz/1.html", "附件可在网上下载。", "联系人身份证号码"+idCard+"。")
	elder := strings.Replace(s.Pages["/tz/1.html"].Body, "</head>", `<link rel="canonical" href="/tz/1.html"></head>`, 1)
	s.Put("/elder/1.html", elder)
	s.Swap("/tz/1.html", "请按要求做好植树工作", `<a href="/elder/1.html">长辈版</a>请按要求做好植树工作`)
	count := func(url string) (n int) {
		for _, f := range inspect(t, s, enginetest.Options()).Findings {
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
	wrong := enginetest.NewSite(t)
	wrong.Swap("/tz/1.html", "请按要求做好植树工作", "请惯彻做好植树工作")
	elder = strings.Replace(wrong.Pages["/tz/1.html"].Body, "</head>", `<link rel="canonical" href="/tz/1.html"></head>`, 1)
	wrong.Put("/elder/1.html", strings.Replace(elder, "各街道办事处：", "字号小中大　", 1))
	wrong.Swap("/tz/1.html", "请惯彻做好植树工作", `<a href="/elder/1.html">长辈版</a>请惯彻做好植树工作`)
	o := enginetest.Options()
	o.Scanner = enginetest.Quoting("惯彻")
	words := 0
	for _, f := range inspect(t, wrong, o).Findings {
		if f.Check == "wording.spelling" {
			words++
		}
	}
	if words != 1 {
		t.Errorf("one wrong word in two layouts gave %d findings", words)
	}
	s.Swap("/tz/1.html", idCard, "6**************6")
	if n := count("/elder/1.html"); n != 1 {
		t.Errorf("what only the copy says gave %d findings", n)
	}
}

// Links are followed as browsers follow them: what opens for a visitor is not told
// to be dead, whatever its spelling, and what nobody can tell is not told either.
func TestLinksAreReadAsBrowsersReadThem(t *testing.T) {
	s := enginetest.NewSite(t)
	text := strings.Repeat("全区404个村全部实现光纤通达，系统中的错误数据已经清理。", 20)
	s.Answers = func(path, query string) (enginetest.Page, bool) {
		html := func(title string) (enginetest.Page, bool) {
			return enginetest.Page{Type: "text/html; charset=utf-8", Body: enginetest.Article(title, "要闻", "政务动态", "2026-03-10 09:00", text)}, true
		}
		switch path {
		case "/back.html", "/tab.html", "/old/yw/9.html":
			return html("一条可以打开的信息之" + path)
		case "/show.asp":
			if query == "name=%B9%AB%B8%E6" {
				return html("一条以旧编码查询的信息")
			}
			return enginetest.Page{Status: 500, Type: "text/html", Body: "bad"}, true
		case "/f404.html":
			return html("404个村实现光纤通达")
		case "/absent.html":
			return html("信息不存在告知书（样式）")
		case "/faulty.html":
			return html("系统错误数据清理工作的通报")
		case "/challenge.html":
			return enginetest.Page{Status: 521, Type: "text/html", Body: "<script>document.cookie='c=1'</script>"}, true
		case "/many.html":
			return enginetest.Page{Status: 429, Type: "text/html", Body: "x"}, true
		}
		if n, ok := strings.CutPrefix(path, "/hop/"); ok {
			if len(n) > 6 {
				return enginetest.Page{To: "/yw/1.html"}, true
			}
			return enginetest.Page{To: "/hop/" + n + "1"}, true
		}
		return enginetest.Page{}, false
	}
	s.Put("/deep/er/based.html", strings.Replace(enginetest.Article("一条换了基准地址的信息", "要闻", "政务动态", "2026-03-10 09:00", text+`<a href="yw/9.html">旧文</a>`), "<head>", `<head><base href="http://yanta.gov.cn/old/">`, 1))
	var links strings.Builder
	for _, l := range []string{`\back.html`, "/ta\n\tb.html", "/deep/er/based.html", "/f404.html", "/absent.html", "/faulty.html", "/challenge.html", "/many.html", "/hop/1", "{{item.url}}", "${url}", "/wanting.html"} {
		links.WriteString(`<li><a href="` + l + `">旧文</a></li>`)
	}
	s.Put("/", enginetest.Home(`<li><a href="/yw/1.html">我区召开全区教育工作会议</a><span>2026-03-18</span></li>`+links.String()))
	gbk, err := simplifiedchinese.GBK.NewEncoder().String(strings.Replace(enginetest.List("旧版栏目", "概况信息", `<li><a href="/show.asp?name=公告">公告</a></li>`), `charset="utf-8"`, `charset="gb2312"`, 1))
	if err != nil {
		t.Fatal(err)
	}
	s.Set("/wanting.html", enginetest.Page{Type: "text/html", Body: gbk})
	rep := inspect(t, s, enginetest.Options())
	for _, f := range rep.Findings {
		if strings.HasPrefix(f.Check, "link.") && f.Evidence.LinkStatus != 0 {
			t.Errorf("%s %s: %s", f.Check, f.Where, f.Says)
		}
	}
	for _, path := range []string{"/back.html", "/tab.html", "/old/yw/9.html", "/show.asp"} {
		if s.Hits(path) == 0 {
			t.Errorf("%s was never asked for", path)
		}
	}
	for _, why := range []string{"状态码 521", "状态码 429", "模板变量", "连续跳转次数过多"} {
		if !slices.ContainsFunc(rep.Untested, func(u engine.Untested) bool {
			return strings.HasPrefix(u.Check, "link.") && strings.Contains(u.Why, why)
		}) {
			t.Errorf("nothing untested says %s: %+v", why, rep.Untested)
		}
	}
	if s.Hits("/{{item.url}}") > 0 {
		t.Error("a template was visited")
	}
}

// A page without a character is the fault of the link to it and no page to judge;
// what was found on it before is not mended by that.
func TestAnEmptyPageIsTold(t *testing.T) {
	s := enginetest.NewSite(t)
	s.Swap("/", `<p><a href="/a.pdf">`, `<p><a href="/blank.html">专题</a> <a href="/a.pdf">`)
	s.Set("/blank.html", enginetest.Page{Type: "text/html", Body: "\r\n "})
	rep := inspect(t, s, enginetest.Options())
	if got := checks(rep); !slices.Equal(got, []string{"link.wrong"}) || !strings.Contains(rep.Findings[0].Says, "没有任何内容") {
		t.Errorf("%v", rep.Findings)
	}
	if rep.Looked("footer.icp", "http://"+enginetest.Host+"/blank.html", "ICP备案编号") {
		t.Error("an empty page counts as looked at")
	}
	s.Set("/", enginetest.Page{Type: "text/html", Body: " "})
	rep = inspect(t, s, enginetest.Options())
	if got := checks(rep); !slices.Equal(got, []string{engine.CheckHome}) || rep.Reachable {
		t.Errorf("an empty home page: %v", rep.Findings)
	}
}

// The home page under a query that changes nothing owes what the home page owes.
func TestTheHomePageUnderAQuery(t *testing.T) {
	s := enginetest.NewSite(t)
	s.Swap("/tz/1.html", "附件可在网上下载。", `请从<a href="/?from=tz">首页</a>进入。`)
	if got := checks(inspect(t, s, enginetest.Options())); len(got) != 0 || s.Hits("/") < 2 {
		t.Errorf("%v, the home page was asked for %d times", got, s.Hits("/"))
	}
}

// A page that its server says is unchanged came over today's line: a certificate
// that was renewed is not told to be faulty by the one before it.
func TestAnUnchangedPageHasTodaysCertificate(t *testing.T) {
	s := enginetest.NewSite(t)
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
		c := egress.New(egress.Policy{Local: netip.MustParseAddrPort(server.Listener.Addr().String()), LocalTLS: true, Own: func(h string) bool { return h == "example.com" }, Resolver: enginetest.Nowhere{}, Roots: x.roots, Total: 5 * time.Second})
		o := enginetest.Options()
		if o.Journal, err = kept.Journal(t.Context(), "site", x.round); err != nil {
			t.Fatal(err)
		}
		rep, err := engine.Inspect(t.Context(), c, nil, engine.Target{URL: "https://example.com/"}, o)
		if err != nil {
			t.Fatal(err)
		}
		if wrong := slices.Contains(checks(rep), engine.CheckCertificate); wrong != x.wrong || x.round != "trusted" && rep.Same == 0 {
			t.Errorf("%s: told %v, %d pages unchanged", x.round, wrong, rep.Same)
		}
		if err := kept.Ended(t.Context(), "site", x.round); err != nil {
			t.Fatal(err)
		}
		c.Close()
	}
}

// A run that was broken off after its second looks goes on without a third, and tells
// the same with the same evidence.
func TestARunThatGoesOnLooksNoThirdTime(t *testing.T) {
	s := enginetest.NewSite(t)
	gone := []string{"/gone.html", "/ill.html", "/missing.pdf", "/lost.pdf"}
	s.Swap("/", `<p><a href="/a.pdf">`, `<p><a href="/gone.html">旧文</a> <a href="/ill.html">新文</a> <a href="/missing.pdf">旧件</a> <a href="/lost.pdf">表格</a> <a href="/a.pdf">`)
	s.Set("/ill.html", enginetest.Page{Status: http.StatusInternalServerError, Type: "text/html", Body: "500"})
	s.Set("/lost.pdf", enginetest.Page{Status: http.StatusInternalServerError, Type: "text/html", Body: "500"})
	kept, err := frontier.Open(t.Context(), t.TempDir(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := kept.Close(); err != nil {
			t.Error(err)
		}
	}()
	run := func() (told map[string][]engine.Beside) {
		t.Helper()
		client, o := s.Client(t), enginetest.Options()
		o.Families = []string{"link"} // files are read anew
		if o.Journal, err = kept.Journal(t.Context(), "site", "1"); err != nil {
			t.Fatal(err)
		}
		o.Manners = crawl.NewManners(client, crawl.Courtesy{Delay: o.Delay})
		o.Links = crawl.NewLinkCheck(client, o.Manners, 0).Share(kept)
		rep, err := engine.Inspect(t.Context(), client, nil, enginetest.Target(), o)
		if err != nil {
			t.Fatal(err)
		}
		told = map[string][]engine.Beside{}
		for _, f := range rep.Findings {
			if f.Check == "link.dead" {
				told[strings.TrimPrefix(f.Where, "http://"+enginetest.Host)] = f.Evidence.Beside
			}
		}
		return told
	}
	first := run()
	asked := map[string]int{}
	for _, at := range append(gone, "/a.pdf") {
		if asked[at] = s.Hits(at); asked[at] == 0 {
			t.Errorf("%s was not asked for", at)
		}
	}
	second := run()
	if len(first) != len(gone) || len(first["/gone.html"]) != 2 || len(first["/missing.pdf"]) != 2 {
		t.Errorf("the first run told %v", first)
	}
	for _, at := range gone {
		if !slices.EqualFunc(first[at], second[at], func(a, b engine.Beside) bool { return a.As == b.As && a.Status == b.Status && a.At.Equal(b.At) }) {
			t.Errorf("%s: %+v, then %+v", at, first[at], second[at])
		}
	}
	for at, n := range asked {
		if more := s.Hits(at) - n; more != 0 {
			t.Errorf("%s was asked for %d times more", at, more)
		}
	}
}

// A Refresh header leads a visitor as the tag does; one that stays on the site is none of
// our business.
func TestARefreshHeaderLeadsAway(t *testing.T) {
	s := enginetest.NewSite(t)
	page := s.Pages["/yw/1.html"]
	const foreign = "0; url=http://www.qinghe-maoyi.com/"
	set := func(refresh string) {
		page.Refresh = refresh
		s.Set("/yw/1.html", page)
	}
	set("600; url=/yw/")
	if got := checks(inspect(t, s, enginetest.Options())); len(got) != 0 {
		t.Errorf("%v of a page that reloads", got)
	}
	set(foreign)
	rep := inspect(t, s, enginetest.Options())
	i := slices.IndexFunc(rep.Findings, func(f engine.Sighting) bool { return f.Check == "concealed.redirect" })
	if i < 0 || !strings.Contains(rep.Findings[i].Says, "应答头 Refresh 跳转到 www.qinghe-maoyi.com") {
		t.Fatalf("%+v", rep.Findings)
	}
	f := rep.Findings[i]
	again := func(want string) {
		t.Helper()
		l, err := engine.Recheck(t.Context(), s.Client(t), nil, enginetest.Target(), engine.Spot{Check: f.Check, Fingerprint: f.Fingerprint(), URL: f.URL, Where: f.Where}, enginetest.Options())
		if err != nil || l.Outcome != want {
			t.Errorf("looked again: %s %s, want %s (%v)", l.Outcome, l.Says, want, err)
		}
	}
	again(engine.Standing)
	set("")
	again(engine.Gone)
}

// What a slow site leaves undone could not be tested; what was seen of it until then
// is reported and not lost with the run.
func TestASlowSiteIsReportedAsFarAsItWasSeen(t *testing.T) {
	s := enginetest.NewSite(t)
	s.Swap("/", `<p><a href="/a.pdf">`, `<p><a href="/gone.html">旧文</a> <a href="/missing.pdf">旧件</a> <a href="/a.pdf">`)
	s.Swap("/tz/1.html", `<a href="/map.html">网站地图</a>`, "")
	o := enginetest.Options()
	o.MaxTime, o.Until = time.Hour, time.Now().Add(-time.Second)
	rep, err := engine.Inspect(t.Context(), s.Client(t), nil, enginetest.Target(), o)
	if err != nil {
		t.Fatal(err)
	}
	// A page of the crawl that was asked for is known; what has to be asked for is not.
	if got := checks(rep); !slices.Equal(got, []string{"footer.site_map", "link.dead"}) {
		t.Errorf("%v", got)
	}
	if !enginetest.Untested(rep, "link.dead", "时间已用完") {
		t.Errorf("%+v", rep.Untested)
	}
	if rep.Looked("link.dead", "http://"+enginetest.Host+"/", "http://"+enginetest.Host+"/missing.pdf") {
		t.Error("a link that was not asked for counts as looked at")
	}
	if s.Hits("/missing.pdf")+s.Hits("/a.pdf") > 0 {
		t.Error("files were asked for when the time was used up")
	}
}
