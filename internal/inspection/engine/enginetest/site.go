// Package enginetest is a small county portal on a loopback listener, whole at first:
// a test breaks one thing at a time and has it looked at.
//
// It decides what a site without a fault looks like to the checks; it does not decide
// what they say of one with a fault.
package enginetest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/egress"
	"zhengshu/internal/frontier"
	"zhengshu/internal/inspection/engine"
)

// Host is the name of the site.
const Host = "www.yanta.gov.cn"

// Today is the day of its newest page but two.
var Today = calendar.Date{Year: 2026, Month: 3, Day: 20}

// Page is one answer of the made-up site.
type Page struct {
	Status int // 200 when zero
	Type   string
	Body   string
	To     string // redirect
	// Refresh is the header of that name.
	Refresh string
	// Tag is the entity tag; who says that he has it gets 304.
	Tag string
}

// Site is a small county portal on a loopback listener, whole at first; a
// test breaks one thing at a time.
type Site struct {
	Mu     sync.Mutex
	Pages  map[string]Page
	Asked  map[string]int
	Hosts  map[string]bool
	Loaded map[string]int // by host and path, whoever asked
	Busy   map[string]int // how many more times a path answers 503
	Server *httptest.Server
	// Replies is the status of an answer without the page; 0 leaves it to the page. It is
	// set before the first visit.
	Replies func(r *http.Request) int
	// Answers is asked before the pages; it is set before the first visit.
	Answers func(path, query string) (Page, bool)
}

// NewSite serves a whole site until the test ends.
func NewSite(t testing.TB) *Site {
	t.Helper()
	s := &Site{Pages: map[string]Page{}, Asked: map[string]int{}, Hosts: map[string]bool{}, Loaded: map[string]int{}, Busy: map[string]int{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Server.Close)
	s.Put("/", Home(`<li><a href="/yw/1.html">我区召开全区教育工作会议</a><span>2026-03-18</span></li>`))
	s.Put("/yw/", List("要闻", "政务动态", `<li><a href="/yw/1.html">我区召开全区教育工作会议</a><span>2026-03-18</span></li>`))
	s.Put("/tz/", List("通知公告", "通知公告", `<li><a href="/tz/1.html">关于做好春季植树工作的通知</a><span>2026-01-09</span></li>`))
	s.Put("/yw/1.html", Article("我区召开全区教育工作会议", "要闻", "政务动态", "2026-03-18 09:00", "会议总结了去年的工作，部署了今年的重点任务。"))
	s.Put("/tz/1.html", Article("关于做好春季植树工作的通知", "通知公告", "通知公告", "2026-01-09 10:30", "各街道办事处：请按要求做好植树工作。附件可在网上下载。"))
	s.Put("/map.html", List("网站地图", "概况信息", `<li><a href="/yw/">要闻</a></li><li><a href="/tz/">通知公告</a></li>`))
	s.Set("/a.pdf", Page{Type: "application/pdf", Body: "%PDF-1.4 made up"})
	s.Set("/logo.png", Page{Type: "image/png", Body: "\x89PNG made up"})
	return s
}

// Put makes a path answer with a page.
func (s *Site) Put(path, body string) {
	s.Set(path, Page{Type: "text/html; charset=utf-8", Body: body})
}

// Set makes a path answer with anything.
func (s *Site) Set(path string, p Page) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.Pages[path] = p
}

// Swap replaces text in a page.
func (s *Site) Swap(path, from, to string) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	p := s.Pages[path]
	if !strings.Contains(p.Body, from) {
		panic("no such text in " + path + ": " + from)
	}
	p.Body = strings.ReplaceAll(p.Body, from, to)
	s.Pages[path] = p
}

// ServeHTTP answers as the site.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.Mu.Lock()
	p, ok := s.Pages[r.URL.Path]
	if s.Answers != nil {
		if made, yes := s.Answers(r.URL.Path, r.URL.RawQuery); yes {
			p, ok = made, yes
		}
	}
	if strings.Contains(r.UserAgent(), "zhengshu") { // the patrol as itself
		s.Asked[r.URL.Path]++
	}
	s.Hosts[r.Host] = true
	s.Loaded[r.Host+r.URL.Path]++
	reply := 0
	if s.Replies != nil {
		reply = s.Replies(r)
	}
	busy := s.Busy[r.URL.Path] > 0
	if busy {
		s.Busy[r.URL.Path]--
	}
	s.Mu.Unlock()
	if busy {
		http.Error(w, "busy", http.StatusServiceUnavailable)
		return
	}
	if reply != 0 {
		w.WriteHeader(reply)
		return
	}
	if !ok {
		http.NotFound(w, r)
		return
	}
	if p.To != "" {
		http.Redirect(w, r, p.To, http.StatusFound)
		return
	}
	if p.Tag != "" {
		w.Header().Set("ETag", p.Tag)
		if r.Header.Get("If-None-Match") == p.Tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	w.Header().Set("Content-Type", p.Type)
	if p.Refresh != "" {
		w.Header().Set("Refresh", p.Refresh)
	}
	if p.Body == "" {
		w.Header().Set("Content-Length", "0")
	}
	if p.Status != 0 {
		w.WriteHeader(p.Status)
	}
	fmt.Fprint(w, p.Body)
}

// Hits is how often a path was asked for.
func (s *Site) Hits(path string) int {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	return s.Asked[path]
}

// Addr is where it listens.
func (s *Site) Addr() netip.AddrPort {
	return netip.MustParseAddrPort(strings.TrimPrefix(s.Server.URL, "http://"))
}

// Client reaches the made-up site under its own name, and nothing else.
func (s *Site) Client(t testing.TB) *egress.Client {
	t.Helper()
	c := egress.New(egress.Policy{Local: s.Addr(), Own: func(h string) bool { return strings.HasSuffix(h, "yanta.gov.cn") }, Resolver: Nowhere{}, Total: 5 * time.Second})
	t.Cleanup(c.Close)
	return c
}

// Head begins a page of the site, with the tags of its kind.
func Head(title, tags string) string {
	return `<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>` + title + `</title>
<meta name="SiteName" content="雁塔区人民政府"><meta name="SiteDomain" content="` + Host + `"><meta name="SiteIDCode" content="6101130001">` + tags + `</head><body>
<div class="nav"><a href="#main">跳到主要内容</a> <a href="/">首页</a> <a href="/yw/">要闻</a> <a href="/tz/">通知公告</a> <img src="/logo.png" alt="国徽">
<button>互动交流</button> <button>办事服务</button> <button>长者模式</button></div>`
}

// Foot ends every page of it.
const Foot = `<div class="footer"><p>主办单位：雁塔区人民政府办公室　联系电话：029-85000000　网站标识码：6101130001</p>
<p><a href="https://beian.miit.gov.cn/">陕ICP备05000001号-1</a> <a href="http://www.beian.gov.cn/portal/registerSystemInfo?recordcode=61011302000001">陕公网安备 61011302000001号</a>
<a href="/map.html">网站地图</a> 中文域名：雁塔区人民政府.政务</p>
<a href="http://bszs.conac.cn/sitename?method=show&amp;id=0A1B"><img src="/logo.png" alt="党政机关"></a>
<script src="https://zfwzgl.www.gov.cn/exposure/jiucuo.js" id="_jiucuo_" data-sitecode="6101130001"></script>
<a href="https://zfwzgl.www.gov.cn/exposure/jiucuo.html?site_code=6101130001"><img src="/logo.png" alt="我为政府网站找错"></a>
</div></body></html>`

// Home is the home page with the items of its news.
func Home(items string) string {
	return Head("雁塔区人民政府", "") + `<div class="main"><h2>要闻</h2><ul>` + items + `</ul><p><a href="/a.pdf">办事手册</a></p></div>` + Foot
}

// ColumnTags are the tags of a column.
func ColumnTags(name, kind string) string {
	return `<meta name="ColumnName" content="` + name + `"><meta name="ColumnType" content="` + kind + `"><meta name="ColumnDescription" content="发布本区` + name + `方面的信息"><meta name="ColumnKeywords" content="` + name + `;雁塔">`
}

// List is the page of a column.
func List(name, kind, items string) string {
	return Head(name+"-雁塔区人民政府", ColumnTags(name, kind)) + `<div class="list"><h2>` + name + `</h2><ul>` + items + `</ul></div>` + Foot
}

// Article is a page of content.
func Article(title, column, kind, at, text string) string {
	return Head(title+"-雁塔区人民政府", ColumnTags(column, kind)+`<meta name="ArticleTitle" content="`+title+`"><meta name="PubDate" content="`+at+`"><meta name="ContentSource" content="雁塔区人民政府办公室">`) +
		`<h1>` + title + `</h1><p>发布时间：` + at + `　来源：雁塔区人民政府办公室</p><div class="content"><p>` + text + `</p><p>会议强调，要认真落实各项任务，确保取得实效，各部门要加强协调，形成合力，推动工作落到实处。</p></div>` + Foot
}

// Limits are those of the indicators in force on Today.
var Limits = check.Limits{HomeStaleDays: 14, NewsStaleDays: 14, PolicyStaleMonths: 6, MinProbesPerDay: 20, AccessDays: 7, FailedShare: 500}

// Options are for a visit without pauses on Today.
func Options() engine.Options {
	return engine.Options{Delay: -1, Today: Today, Limits: Limits}
}

// Target is the site with its ledger.
func Target() engine.Target {
	return engine.Target{URL: "http://" + Host + "/", Hosted: true, Ledger: &check.Ledger{SiteName: "雁塔区人民政府", SiteDomain: Host, SiteCode: "6101130001", Sponsor: "雁塔区人民政府办公室"}}
}

// Nowhere is a resolver that fails: what a test asks for by name and is not
// our own goes no further.
type Nowhere struct{}

// Resolve knows no name.
func (Nowhere) Resolve(context.Context, string) ([]netip.Addr, error) {
	return nil, errors.New("no names in tests")
}

// Untested reports whether a run says that it could not put a check, for a reason.
func Untested(rep engine.Report, id, why string) bool {
	return slices.ContainsFunc(rep.Untested, func(u engine.Untested) bool { return u.Check == id && strings.Contains(u.Why, why) })
}

// Quoting finds one wrong word.
type Quoting string

// Scan finds it.
func (q Quoting) Scan(text string) []check.Span {
	i := strings.Index(text, string(q))
	if i < 0 {
		return nil
	}
	at := len([]rune(text[:i]))
	return []check.Span{{Kind: "wording.spelling", Start: at, End: at + len([]rune(string(q))), Wrong: string(q), Right: []string{"贯彻"}, Says: "“" + string(q) + "”疑为错别字。", Confidence: 0.95}}
}

// Frontier opens a crawler's store that is closed with the test.
func Frontier(t *testing.T, dir string) *frontier.Store {
	t.Helper()
	s, err := frontier.Open(context.Background(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
