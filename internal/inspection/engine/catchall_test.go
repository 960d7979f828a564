package engine_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"zhengshu/internal/blob"
	"zhengshu/internal/check"
	"zhengshu/internal/crawl"
	"zhengshu/internal/frontier"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/inspection/engine/enginetest"
)

// odd is the answer of a host to an address that it has no page for; ok is false where
// it says that there is none.
type odd func(r *url.URL) (enginetest.Page, bool)

func asPage(body string) enginetest.Page {
	return enginetest.Page{Type: "text/html; charset=utf-8", Body: body}
}

const (
	regret = `<h1>网页走失</h1><p>欢迎访问雁塔区人民政府网站，为您推荐本区要闻、通知公告和办事服务，更多内容请从导航进入。</p>`
	// A page of framework alone; what it shows is made by its script.
	shellPage = `<!DOCTYPE html><html><head><title>雁塔区人民政府</title></head><body><div id="app"></div><script src="/js/app.js"></script></body></html>`
)

func whole(title, body string) string { return enginetest.Head(title, "") + body + enginetest.Foot }

// deadPaths are links of the home page that lead to nothing; livePaths lead to pages.
var (
	deadPaths = []string{"/old/2019.html", "/zt/ditie/", "/gone.html"}
	livePaths = []string{"/yw/1.html", "/tz/1.html", "/yw/", "/tz/", "/map.html"}
)

// oddSite is a site with dead links whose host answers so.
func oddSite(t *testing.T, answer odd) *enginetest.Site {
	t.Helper()
	s := enginetest.NewSite(t)
	s.Swap("/", `<p><a href="/a.pdf">`, `<p><a href="/old/2019.html">旧文选登</a> <a href="/zt/ditie/">地铁建设专题</a> <a href="/gone.html">征求意见</a> <a href="/portal/">返回首页</a> <a href="/a.pdf">`)
	s.Set("/portal/", enginetest.Page{To: "/"})
	s.Set("/robots.txt", enginetest.Page{Type: "text/plain", Body: "User-agent: *\nAllow: /\n"})
	if answer != nil {
		s.Answers = func(path, query string) (enginetest.Page, bool) {
			if _, have := s.Pages[path]; have || strings.HasSuffix(path, ".xml") {
				return enginetest.Page{}, false
			}
			return answer(&url.URL{Path: path, RawQuery: query})
		}
	}
	return s
}

func linkOptions() engine.Options {
	o := enginetest.Options()
	o.Families, o.Guises, o.Draws = []string{"link"}, -1, -1
	return o
}

// brokenLinks are the own links told to open nothing, by path.
func brokenLinks(rep engine.Report) map[string]engine.Sighting {
	out := map[string]engine.Sighting{}
	for _, f := range rep.Findings {
		if path, own := strings.CutPrefix(f.Where, "http://"+enginetest.Host); own && strings.HasPrefix(f.Check, "link.") {
			out[path] = f
		}
	}
	return out
}

// What stands on a page that its host gives for anything is told of the link to it alone.
func TestPagesThatAreNoneOweNothing(t *testing.T) {
	s := oddSite(t, func(*url.URL) (enginetest.Page, bool) {
		return asPage(whole("雁塔区人民政府", regret+`<p>联系人手机13800138000。</p>`)), true
	})
	rep := inspect(t, s, enginetest.Options())
	if got := brokenLinks(rep); len(got) != len(deadPaths) {
		t.Fatalf("dead: %v", got)
	}
	for _, f := range rep.Findings {
		if path := strings.TrimPrefix(f.URL, "http://"+enginetest.Host); slices.Contains(deadPaths, path) {
			t.Errorf("%s told of %s", f.Check, path)
		}
	}
}

// hostKind is a way in which hosts answer.
type hostKind struct {
	name   string
	answer odd
	change func(*enginetest.Site)
	dead   []string // by which check, see told
	check  string
	why    string // said once of the host
}

// hostKinds are ways in which hosts answer; asked counts what was.
func hostKinds(asked *atomic.Int64) []hostKind {
	home := enginetest.Home(`<li><a href="/yw/1.html">我区召开全区教育工作会议</a><span>2026-03-18</span></li>`)
	all := func(p enginetest.Page) odd { return func(*url.URL) (enginetest.Page, bool) { return p, true } }
	return []hostKind{
		{"says 404", nil, nil, deadPaths, "link.dead", ""},
		{"says under 200 that the page is not there", all(asPage("<html><head><title>页面不存在</title></head><body><p>您访问的页面不存在，请返回首页。</p></body></html>")), nil, deadPaths, "link.soft404", ""},
		{"one page under 200", all(asPage(whole("雁塔区人民政府", regret))), nil, deadPaths, "link.soft404", ""},
		{"home page under 200", all(asPage("")), func(s *enginetest.Site) {
			s.Answers = homeForAll(s)
		}, nil, "", "与首页相同"},
		{"all to the home page", all(enginetest.Page{To: "/"}), nil, deadPaths, "link.soft404", ""},
		{"all to one page of regret", all(enginetest.Page{To: "/error.html"}), func(s *enginetest.Site) { s.Put("/error.html", whole("雁塔区人民政府", regret)) }, deadPaths, "link.soft404", ""},
		{"all to one program, which shows a page by its query", func(u *url.URL) (enginetest.Page, bool) {
			switch {
			case u.Path != "/view":
				return enginetest.Page{To: "/view?from=" + u.Path}, true
			case u.RawQuery == "id=5":
				return asPage(whole("雁塔区人民政府", "<p>第五号公告的全文，请各街道办事处遵照执行。</p>")), true
			}
			return asPage(whole("雁塔区人民政府", regret)), true
		}, func(s *enginetest.Site) {
			s.Set("/n/5", enginetest.Page{To: "/view?id=5"})
			s.Swap("/map.html", "</ul>", `<li><a href="/n/5">第五号公告</a></li></ul>`)
		}, deadPaths, "link.soft404", ""},
		{"framework of an application", all(asPage(shellPage)), nil, nil, "", "页面框架"},
		{"application drawn by its server, with the home page for all it does not know", func(u *url.URL) (enginetest.Page, bool) {
			return asPage(strings.Replace(home, `<div class="main">`, `<div id="__nuxt"><div class="main">`, 1)), true
		}, func(s *enginetest.Site) {
			s.Swap("/", `<div class="main">`, `<div id="__nuxt"><div class="main">`)
			s.Answers = homeForAll(s)
		}, nil, "", "与首页相同"},
		{"repeats the address and tells the time", func(u *url.URL) (enginetest.Page, bool) {
			n := asked.Add(1)
			return asPage(whole("雁塔区人民政府", regret+fmt.Sprintf(`<p>您要找的 http://%s%s 已经搬迁，现在是 2026年3月%d日 %s %d:05。</p><a href="/feedback?from=%s">反馈</a>`,
				enginetest.Host, u.Path, n%28+1, []string{"星期一", "星期二"}[n%2], n%24, url.QueryEscape(u.Path)))), true
		}, func(s *enginetest.Site) { s.Put("/feedback", whole("反馈", "<p>请留下您的意见</p>")) }, deadPaths, "link.soft404", ""},
		{"any address below one folder, which has nothing else", func(u *url.URL) (enginetest.Page, bool) {
			return asPage(whole("雁塔区人民政府", regret)), strings.HasPrefix(u.Path, "/zt/")
		}, nil, []string{"/old/2019.html", "/gone.html"}, "link.dead", "该目录下没有网页与之不同"},
		{"forbids odd addresses", func(u *url.URL) (enginetest.Page, bool) {
			return enginetest.Page{Status: http.StatusForbidden, Type: "text/html", Body: "forbidden"}, !slices.Contains(deadPaths, u.Path)
		}, nil, deadPaths, "link.dead", "状态码 403"},
		{"wants proof of a person for odd addresses", func(u *url.URL) (enginetest.Page, bool) {
			return asPage("<html><head><title>安全验证</title></head><body><p>请完成安全验证后继续访问本网站。</p></body></html>"), !slices.Contains(deadPaths, u.Path)
		}, nil, deadPaths, "link.dead", "防护系统"},
		{"all to the sign-in", all(enginetest.Page{To: "/login"}), func(s *enginetest.Site) {
			s.Put("/login", whole("用户登录", `<form><input name="u"><input type="password" name="p"></form>`))
		}, nil, "", "登录页面"},
		{"page by language", func(u *url.URL) (enginetest.Page, bool) {
			return enginetest.Page{To: "/zh" + u.Path}, !strings.HasPrefix(u.Path, "/zh/")
		}, nil, deadPaths, "link.dead", ""},
		{"two editions in turn", func(u *url.URL) (enginetest.Page, bool) {
			return asPage(whole("雁塔区人民政府", regret+[]string{"<p>甲机为您服务</p>", "<p>乙机为您服务</p>"}[asked.Add(1)%2])), true
		}, nil, deadPaths, "link.soft404", ""},
		{"most pages of the site are the same", all(asPage(whole("雁塔区人民政府", regret))), func(s *enginetest.Site) {
			for _, path := range []string{"/yw/1.html", "/tz/1.html", "/yw/", "/map.html"} {
				s.Put(path, whole("雁塔区人民政府", regret))
			}
		}, nil, "", "多数与之相同"},
		{"hardly a word", all(asPage("<html><head><title>雁塔区人民政府</title></head><body><p>欢迎</p></body></html>")), nil, nil, "", "几乎没有文字"},
	}
}

// Hosts that answer any address are told from those that say what is missing, and from
// applications whose pages are made by script. The honest ones lose nothing by it.
func TestHostsThatAnswerAnyAddress(t *testing.T) {
	var asked atomic.Int64
	for _, tt := range hostKinds(&asked) {
		t.Run(tt.name, func(t *testing.T) {
			asked.Store(0)
			s := oddSite(t, tt.answer)
			if tt.change != nil {
				tt.change(s)
			}
			rep := inspect(t, s, linkOptions())
			broken := brokenLinks(rep)
			for _, path := range tt.dead {
				if broken[path].Check != tt.check {
					t.Errorf("%s: %q, want %s; untested %+v", path, broken[path].Check, tt.check, rep.Untested)
				}
			}
			if len(broken) != len(tt.dead) {
				t.Errorf("found %v", broken)
			}
			for _, path := range append(slices.Clone(livePaths), "/portal/") {
				if f, ok := broken[path]; ok {
					t.Errorf("a page that is there: %+v", f)
				}
			}
			said := 0
			for _, u := range rep.Untested {
				if u.Check == "link.soft404" {
					if said++; tt.why == "" || !strings.Contains(u.Why, tt.why) {
						t.Errorf("untested: %+v", u)
					}
				}
			}
			if tt.why != "" && said != 1 {
				t.Errorf("said %d times: %+v", said, rep.Untested)
			}
			if tt.why != "" && !strings.Contains(tt.why, "该目录") && rep.Looked("link.soft404", "http://"+enginetest.Host+"/", "http://"+enginetest.Host+"/yw/1.html") {
				t.Error("what was found before counts as gone")
			}
			if n := madeUpAsked(s); n > 3+4 { // the site has four folders
				t.Errorf("asked for %d addresses made up", n)
			}
			for _, f := range broken {
				if l := again(t, s, f); l.Outcome != engine.Standing {
					t.Errorf("%s, not mended: %s %s", f.Where, l.Outcome, l.Says)
				}
			}
		})
	}
}

// Below a folder a host may answer any address that is honest elsewhere. What is told of
// links below it is told by the pages of the folder itself.
func TestFoldersThatAnswerAnyAddress(t *testing.T) {
	below := func(p enginetest.Page) odd {
		return func(u *url.URL) (enginetest.Page, bool) { return p, strings.HasPrefix(u.Path, "/app/") }
	}
	sorry := asPage(whole("办事大厅", regret))
	page := func(name string) string {
		return whole("办事大厅", "<h1>"+name+"</h1><p>办理"+name+"的条件、材料、地点和时间，请按本页所列准备。</p>")
	}
	homeOf := func(s *enginetest.Site, paths ...string) {
		var b strings.Builder
		for _, path := range paths {
			b.WriteString(`<li><a href="` + path + `">办理事项` + path[len("/app/"):] + `</a></li>`)
		}
		s.Swap("/map.html", "</ul>", b.String()+"</ul>")
	}
	dead, live := []string{"/app/old/3.html", "/app/9.html"}, []string{"/app/1.html", "/app/2.html", "/app/sub/4.html"}
	for _, tt := range []struct {
		name   string
		answer odd
		change func(*enginetest.Site)
		told   bool
		why    string
	}{
		{"one page of regret", below(sorry), nil, true, ""},
		{"one page of regret, with a page at its door", below(sorry), func(s *enginetest.Site) { s.Put("/app/", page("大厅首页")) }, true, ""},
		{"all to the home page of the site", below(enginetest.Page{To: "/"}), nil, true, ""},
		{"all out of the folder", below(enginetest.Page{To: "/error.html"}), func(s *enginetest.Site) { s.Put("/error.html", sorry.Body) }, true, ""},
		{"all out of the folder, where nothing is left", below(enginetest.Page{To: "/error.html"}), func(s *enginetest.Site) {
			s.Put("/error.html", sorry.Body)
			for _, path := range live {
				delete(s.Pages, path)
			}
		}, true, ""},
		{"all to one page in the folder", below(enginetest.Page{To: "/app/none.html"}), func(s *enginetest.Site) { s.Put("/app/none.html", sorry.Body) }, true, ""},
		{"the page of the door, to which links lead", below(asPage(page("大厅首页"))), func(s *enginetest.Site) { s.Put("/app/", page("大厅首页")); homeOf(s, "/app/") }, false, "该目录的首页也与之相同"},
		{"framework of an application", below(asPage(shellPage)), nil, false, "页面框架"},
		{"all to the sign-in", below(enginetest.Page{To: "/app/login"}), func(s *enginetest.Site) {
			s.Put("/app/login", whole("用户登录", `<form><input name="u"><input type="password" name="p"></form>`))
		}, false, "登录页面"},
		{"forbids odd addresses", below(enginetest.Page{Status: http.StatusForbidden, Type: "text/html", Body: "x"}), nil, false, "状态码 403"},
		{"one page by script for all that is linked", below(sorry), func(s *enginetest.Site) {
			for _, path := range live {
				s.Put(path, sorry.Body)
			}
		}, false, "没有网页与之不同"},
		{"another folder alone", func(u *url.URL) (enginetest.Page, bool) { return sorry, strings.HasPrefix(u.Path, "/wap/") }, func(s *enginetest.Site) {
			for _, path := range dead {
				s.Put(path, page(path))
			}
		}, false, ""},
		{"the innermost folder alone", func(u *url.URL) (enginetest.Page, bool) { return sorry, strings.HasPrefix(u.Path, "/app/old/") }, func(s *enginetest.Site) {
			s.Put("/app/9.html", page("九"))
			s.Put("/app/old/5.html", page("五"))
			homeOf(s, "/app/old/5.html")
		}, true, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := oddSite(t, tt.answer)
			for _, path := range deadPaths {
				s.Put(path, enginetest.Article("第"+path+"期", "要闻", "政务动态", "2026-03-10 09:00", "本期内容。"))
			}
			for _, path := range live {
				s.Put(path, page(path))
			}
			homeOf(s, append(slices.Clone(dead), live...)...)
			if tt.change != nil {
				tt.change(s)
			}
			rep := inspect(t, s, linkOptions())
			broken := brokenLinks(rep)
			want := 0
			for _, path := range append(slices.Clone(dead), live...) {
				_, have := s.Pages[path]
				if f := broken[path]; have && f.Check != "" {
					t.Errorf("a page that is there: %+v", f)
				} else if !have && tt.told {
					if want++; f.Check != "link.soft404" {
						t.Errorf("%s: %+v; untested %+v", path, f, rep.Untested)
					} else if l := again(t, s, f); l.Outcome != engine.Standing {
						t.Errorf("%s, not mended: %s %s", path, l.Outcome, l.Says)
					}
				}
			}
			if len(broken) != want {
				t.Errorf("found %v", broken)
			}
			if tt.why != "" && (!enginetest.Untested(rep, "link.soft404", tt.why) || rep.Looked("link.soft404", "http://"+enginetest.Host+"/", "http://"+enginetest.Host+"/app/1.html")) {
				t.Errorf("untested %+v", rep.Untested)
			}
			if tt.why == "" && tt.told && !rep.Looked("link.soft404", "http://"+enginetest.Host+"/", "http://"+enginetest.Host+"/app/1.html") {
				t.Errorf("not looked at; untested %+v", rep.Untested)
			}
		})
	}
}

// A host with many folders is asked below some of them in a run, and what is left is said.
func TestSomeFoldersInEachRun(t *testing.T) {
	s := oddSite(t, nil)
	for _, path := range deadPaths {
		s.Put(path, enginetest.Article("第"+path+"期", "要闻", "政务动态", "2026-03-10 09:00", "本期内容。"))
	}
	var links strings.Builder
	for i := range 30 {
		path := "/d" + strconv.Itoa(i) + "/1.html"
		s.Put(path, enginetest.Article("第"+strconv.Itoa(i)+"期", "要闻", "政务动态", "2026-03-10 09:00", "本期内容。"))
		links.WriteString(`<li><a href="` + path + `">期刊` + strconv.Itoa(i) + `</a></li>`)
	}
	s.Swap("/map.html", "</ul>", links.String()+"</ul>")
	folders := func(day int) map[string]bool {
		o := linkOptions()
		o.Today.Day = day
		clear(s.Asked)
		rep := inspect(t, s, o)
		if broken := brokenLinks(rep); len(broken) != 0 || !enginetest.Untested(rep, "link.soft404", "其中 10 个目录") {
			t.Errorf("found %v, untested %+v", broken, rep.Untested)
		}
		if !rep.Looked("link.soft404", "http://"+enginetest.Host+"/", "http://"+enginetest.Host+"/d7/1.html") {
			t.Error("a page that is like no other counts as not looked at")
		}
		asked := map[string]bool{}
		for path := range s.Asked {
			if _, have := s.Pages[path]; !have && strings.HasPrefix(path, "/d") && strings.Count(path, "/") == 2 {
				asked[path[:strings.LastIndex(path, "/")]] = true
			}
		}
		if len(asked) > 10 {
			t.Errorf("asked below %d folders", len(asked))
		}
		return asked
	}
	met := map[string]bool{}
	for day := 1; day < 28; day++ {
		for path := range folders(day) {
			met[path] = true
		}
	}
	if len(met) != 30 {
		t.Errorf("%d folders of 30 had their turn", len(met))
	}
}

// Who waits for one link is told what the patrol of its host says: by the same asking, and
// once for a host.
func TestOneLinkIsJudgedAsThePatrolDoes(t *testing.T) {
	var asked atomic.Int64
	for _, tt := range hostKinds(&asked) {
		t.Run(tt.name, func(t *testing.T) {
			asked.Store(0)
			s := oddSite(t, tt.answer)
			if tt.change != nil {
				tt.change(s)
			}
			store, err := frontier.Open(t.Context(), t.TempDir(), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer store.Close()
			client := s.Client(t)
			m := crawl.NewManners(client, crawl.Courtesy{Delay: -1})
			w := engine.Outside{Client: client, Links: crawl.NewLinkCheck(client, m, 0), Manners: m, Hosts: store}
			judge := func(path string, known bool) (check.LinkState, string) {
				t.Helper()
				r, why, err := engine.JudgeOutside(t.Context(), w, check.Link{Href: path, URL: "http://" + enginetest.Host + path, Text: "征求意见", Kind: check.LinkExternal}, known)
				if err != nil {
					t.Fatal(err)
				}
				return r.State(), why
			}
			for _, path := range tt.dead {
				if state, _ := judge(path, false); tt.answer != nil && !strings.Contains(tt.name, "says") && state == check.LinkSoft404 || madeUpAsked(s) > 0 {
					t.Errorf("%s of a host that nobody knows: %s", path, state)
				}
			}
			for _, path := range tt.dead {
				if state, why := judge(path, true); "link."+string(state) != tt.check {
					t.Errorf("%s: %s, %s, want %s", path, state, why, tt.check)
				}
			}
			for _, path := range livePaths {
				if state, _ := judge(path, true); state == check.LinkSoft404 {
					t.Errorf("a page that is there: %s", path)
				}
			}
			if state, why := judge("/zt/ditie/", true); tt.why != "" && len(tt.dead) == 0 && (state != check.LinkAlive || why == "") {
				t.Errorf("a link of which nothing can be said: %s, %q", state, why)
			}
			if n := madeUpAsked(s); n > 2+2*3 { // below the root, /yw/, /tz/, /old/ or /zt/, with and without an ending
				t.Errorf("asked for %d addresses made up", n)
			}
		})
	}
}

// What a patrol learnt of a host serves who waits for a link, and what one learnt serves
// the next.
func TestWhatHostsAnswerIsRemembered(t *testing.T) {
	s := oddSite(t, func(*url.URL) (enginetest.Page, bool) { return asPage(whole("雁塔区人民政府", regret)), true })
	now := time.Now().UTC()
	store, err := frontier.Open(t.Context(), t.TempDir(), func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	o := linkOptions()
	o.Hosts = store
	inspect(t, s, o)
	client := s.Client(t)
	m := crawl.NewManners(client, crawl.Courtesy{Delay: -1})
	judge := func() {
		t.Helper()
		w := engine.Outside{Client: client, Links: crawl.NewLinkCheck(client, m, 0), Manners: m, Hosts: store}
		r, why, err := engine.JudgeOutside(t.Context(), w, check.Link{URL: "http://" + enginetest.Host + "/gone.html", Text: "征求意见", Kind: check.LinkExternal}, true)
		if err != nil || why != "" || r.State() != check.LinkSoft404 {
			t.Errorf("%s %q (%v)", r.State(), why, err)
		}
	}
	before := madeUpAsked(s)
	judge()
	if n := madeUpAsked(s); n != before {
		t.Errorf("asked %d times more", n-before)
	}
	now = now.Add(5 * time.Hour)
	judge()
	judge()
	if n := madeUpAsked(s); n != before+2 {
		t.Errorf("after a while, asked %d times more", n-before)
	}
}

// A host that does not come to an end is not waited for.
func TestOneLinkIsNotWaitedForLong(t *testing.T) {
	s := oddSite(t, func(*url.URL) (enginetest.Page, bool) { return asPage(whole("雁塔区人民政府", regret)), true })
	client := s.Client(t)
	m := crawl.NewManners(client, crawl.Courtesy{Delay: 400 * time.Millisecond})
	w := engine.Outside{Client: client, Links: crawl.NewLinkCheck(client, crawl.NewManners(client, crawl.Courtesy{Delay: -1}), 0), Manners: m, Within: 600 * time.Millisecond}
	r, why, err := engine.JudgeOutside(t.Context(), w, check.Link{URL: "http://" + enginetest.Host + "/gone.html", Text: "征求意见", Kind: check.LinkExternal}, true)
	if err != nil || r.State() != check.LinkAlive || !strings.Contains(why, "没有及时答完") {
		t.Errorf("%s %q (%v)", r.State(), why, err)
	}
}

// homeForAll answers whatever is not there with the home page as it stands.
func homeForAll(s *enginetest.Site) func(path, query string) (enginetest.Page, bool) {
	return func(path, _ string) (enginetest.Page, bool) {
		if _, have := s.Pages[path]; have || strings.HasSuffix(path, ".xml") {
			return enginetest.Page{}, false
		}
		return s.Pages["/"], true
	}
}

// madeUpAsked counts the addresses asked for that no page names.
func madeUpAsked(s *enginetest.Site) (n int) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	for path, times := range s.Asked {
		last := strings.TrimSuffix(path[strings.LastIndex(path, "/")+1:], ".html")
		if _, have := s.Pages[path]; !have && len(last) == 14 && !strings.HasPrefix(path, "/zh/") {
			n += times
		}
	}
	return n
}

func again(t *testing.T, s *enginetest.Site, f engine.Sighting) engine.Look {
	t.Helper()
	l, err := engine.Recheck(t.Context(), s.Client(t), nil, enginetest.Target(), engine.Spot{Check: f.Check, Fingerprint: f.Fingerprint(), URL: f.URL, Where: f.Where, Also: f.Also}, enginetest.Options())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// What is told rests on both looks at the link and on what came for an address made up,
// and is closed when the host says what is missing or the page is there; a host that
// cannot be told any more leaves it open.
func TestProofOfACatchAll(t *testing.T) {
	s := oddSite(t, func(*url.URL) (enginetest.Page, bool) { return asPage(whole("雁塔区人民政府", regret)), true })
	store, err := blob.Disk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	o := linkOptions()
	o.Patience = 50 * time.Millisecond
	rep, err := engine.Inspect(context.Background(), s.Client(t), store, enginetest.Target(), o)
	if err != nil {
		t.Fatal(err)
	}
	f, ok := brokenLinks(rep)["/gone.html"]
	if !ok {
		t.Fatalf("found %+v, untested %+v", rep.Findings, rep.Untested)
	}
	if !strings.Contains(f.Says, "征求意见") || !strings.Contains(f.Says, "不论打开什么地址都显示同一页面") || f.Article != "D-19" || f.Evidence.LinkStatus != http.StatusOK {
		t.Errorf("says %q, %+v", f.Says, f.Evidence)
	}
	b := f.Evidence.Beside
	if len(b) != 4 || b[0].As != engine.AsFirst || b[1].As != engine.AsSecond || b[2].As != engine.AsMadeUp || b[3].As != engine.AsMadeUp || b[2].URL == b[3].URL {
		t.Fatalf("proof %+v", b)
	}
	for i, x := range b {
		if x.Says == "" || x.Says != b[0].Says || x.SHA256 == "" || x.Status != http.StatusOK || x.At.IsZero() || i > 0 && x.Ref == "" {
			t.Errorf("proof %d: %+v", i, x)
		}
	}
	if d := b[1].At.Sub(b[0].At); d < o.Patience {
		t.Errorf("second look after %v", d)
	}
	if d := b[3].At.Sub(b[2].At); d < o.Patience {
		t.Errorf("second address made up after %v", d)
	}

	answer := s.Answers
	s.Answers = nil // the host says what is missing, and so it is
	if l := again(t, s, f); l.Outcome != engine.Standing || !strings.Contains(l.Says, "404") {
		t.Errorf("now 404: %s %s", l.Outcome, l.Says)
	}
	s.Answers = answer
	s.Put("/gone.html", enginetest.Article("征求意见", "要闻", "政务动态", "2026-03-10 09:00", "现就办法公开征求意见。"))
	if l := again(t, s, f); l.Outcome != engine.Gone {
		t.Errorf("mended: %s %s", l.Outcome, l.Says)
	}
	if rep := inspect(t, s, linkOptions()); !rep.Looked(f.Check, f.URL, f.Where) || len(brokenLinks(rep)) != 2 {
		t.Errorf("mended, in a run: %v, %+v", brokenLinks(rep), rep.Untested)
	}
	s.Answers = func(path, query string) (enginetest.Page, bool) {
		if _, have := s.Pages[path]; have && path != "/gone.html" {
			return enginetest.Page{}, false
		}
		return asPage(shellPage), true
	}
	if l := again(t, s, f); l.Outcome != engine.Unknown || !strings.Contains(l.Says, "页面框架") {
		t.Errorf("application: %s %s", l.Outcome, l.Says)
	}
}

// A host that shows one page for a while only, or fails at the second look, is not told to.
func TestCatchAllIsSeenTwice(t *testing.T) {
	for name, later := range map[string]enginetest.Page{
		"404": {Status: http.StatusNotFound, Type: "text/html", Body: "x"}, "500": {Status: http.StatusInternalServerError, Type: "text/html", Body: "x"}, "another page": asPage(whole("另一页", "<p>本区各街道办事处的职责和联系方式，请从导航进入。</p>")),
	} {
		seen := map[string]int{}
		s := oddSite(t, nil)
		s.Answers = func(path, _ string) (enginetest.Page, bool) {
			if _, have := s.Pages[path]; have || strings.HasSuffix(path, ".xml") {
				return enginetest.Page{}, false
			}
			if seen[path]++; seen[path] > 1 {
				return later, true
			}
			return asPage(whole("雁塔区人民政府", regret)), true
		}
		broken := brokenLinks(inspect(t, s, linkOptions()))
		want := 0
		if name == "404" {
			want = len(deadPaths)
		}
		if len(broken) != want {
			t.Errorf("%s: %v", name, broken)
		}
		for _, f := range broken {
			if f.Check != "link.dead" || f.Evidence.LinkStatus != http.StatusNotFound {
				t.Errorf("%s: %+v", name, f)
			}
		}
	}
}

// Links beyond the pages of the run are opened to be compared; beyond what is opened,
// they are left open and said so.
func TestCatchAllBeyondThePagesVisited(t *testing.T) {
	s := oddSite(t, func(*url.URL) (enginetest.Page, bool) { return asPage(whole("雁塔区人民政府", regret)), true })
	var links strings.Builder
	for i := range 150 {
		path := "/p/" + strconv.Itoa(i) + ".html"
		s.Put(path, enginetest.Article("第"+strconv.Itoa(i)+"期", "要闻", "政务动态", "2026-03-10 09:00", "本期内容。"))
		links.WriteString(`<li><a href="` + path + `">期刊` + strconv.Itoa(i) + `</a></li>`)
	}
	s.Swap("/map.html", "</ul>", links.String()+"</ul>")
	o := linkOptions()
	o.MaxPages = 12
	rep := inspect(t, s, o)
	if !enginetest.Untested(rep, "link.soft404", "其余没有核实") || len(brokenLinks(rep)) > len(deadPaths) {
		t.Errorf("found %v, untested %+v", brokenLinks(rep), rep.Untested)
	}
	for path := range brokenLinks(rep) {
		if !slices.Contains(deadPaths, path) {
			t.Errorf("told %s", path)
		}
	}
}

// A host that comes to answer everything alike, its own pages too, is busy or wards us
// off: of no page it is said that it is not there.
func TestBusyHostIsNoCatchAll(t *testing.T) {
	s := oddSite(t, nil)
	for _, path := range deadPaths {
		s.Put(path, enginetest.Article("第"+path+"期", "要闻", "政务动态", "2026-03-10 09:00", "本期内容。"))
	}
	busy := false
	s.Answers = func(path, _ string) (enginetest.Page, bool) {
		_, have := s.Pages[path]
		if slices.Contains([]string{".xml", ".txt", ".pdf", ".png"}, path[max(0, len(path)-4):]) {
			return enginetest.Page{}, false
		}
		busy = busy || slices.Contains(deadPaths, path) || !have
		crawled := path == "/" || slices.Contains(livePaths, path)
		if busy && (!crawled || s.Asked[path] > 0) {
			return asPage(whole("雁塔区人民政府", "<h1>系统繁忙</h1><p>当前访问的人数较多，请您过一会儿再打开本网站的各个网页。</p>")), true
		}
		return enginetest.Page{}, false
	}
	rep := inspect(t, s, linkOptions())
	if broken := brokenLinks(rep); len(broken) != 0 {
		t.Errorf("told %v", broken)
	}
	if !enginetest.Untested(rep, "link.dead", "正忙或在限制访问") {
		t.Errorf("untested %+v", rep.Untested)
	}
}
