package inspection_test

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
	"zhengshu/internal/inspection"
)

const host = "www.yanta.gov.cn"

var today = calendar.Date{Year: 2026, Month: 3, Day: 20}

// page is one answer of the made-up site.
type page struct {
	status int // 200 when zero
	ctype  string
	body   string
	to     string // redirect
}

// madeSite is a small county portal on a loopback listener, whole at first; a
// test breaks one thing at a time.
type madeSite struct {
	mu     sync.Mutex
	pages  map[string]page
	asked  map[string]int
	hosts  map[string]bool
	loaded map[string]int // by host and path, whoever asked
	busy   map[string]int // how many more times a path answers 503
	server *httptest.Server
	// answers is asked before the pages; it is set before the first visit.
	answers func(path, query string) (page, bool)
}

func newSite(t testing.TB) *madeSite {
	t.Helper()
	s := &madeSite{pages: map[string]page{}, asked: map[string]int{}, hosts: map[string]bool{}, loaded: map[string]int{}, busy: map[string]int{}}
	s.server = httptest.NewServer(s)
	t.Cleanup(s.server.Close)
	s.put("/", home(`<li><a href="/yw/1.html">我区召开全区教育工作会议</a><span>2026-03-18</span></li>`))
	s.put("/yw/", list("要闻", "政务动态", `<li><a href="/yw/1.html">我区召开全区教育工作会议</a><span>2026-03-18</span></li>`))
	s.put("/tz/", list("通知公告", "通知公告", `<li><a href="/tz/1.html">关于做好春季植树工作的通知</a><span>2026-01-09</span></li>`))
	s.put("/yw/1.html", article("我区召开全区教育工作会议", "要闻", "政务动态", "2026-03-18 09:00", "会议总结了去年的工作，部署了今年的重点任务。"))
	s.put("/tz/1.html", article("关于做好春季植树工作的通知", "通知公告", "通知公告", "2026-01-09 10:30", "各街道办事处：请按要求做好植树工作。附件可在网上下载。"))
	s.put("/map.html", list("网站地图", "概况信息", `<li><a href="/yw/">要闻</a></li><li><a href="/tz/">通知公告</a></li>`))
	s.set("/a.pdf", page{ctype: "application/pdf", body: "%PDF-1.4 made up"})
	s.set("/logo.png", page{ctype: "image/png", body: "\x89PNG made up"})
	return s
}

func (s *madeSite) put(path, body string) {
	s.set(path, page{ctype: "text/html; charset=utf-8", body: body})
}

func (s *madeSite) set(path string, p page) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pages[path] = p
}

// swap replaces text in a page.
func (s *madeSite) swap(path, from, to string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.pages[path]
	if !strings.Contains(p.body, from) {
		panic("no such text in " + path + ": " + from)
	}
	p.body = strings.ReplaceAll(p.body, from, to)
	s.pages[path] = p
}

func (s *madeSite) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	p, ok := s.pages[r.URL.Path]
	if s.answers != nil {
		if made, yes := s.answers(r.URL.Path, r.URL.RawQuery); yes {
			p, ok = made, yes
		}
	}
	if strings.Contains(r.UserAgent(), "zhengshu") { // the patrol as itself
		s.asked[r.URL.Path]++
	}
	s.hosts[r.Host] = true
	s.loaded[r.Host+r.URL.Path]++
	busy := s.busy[r.URL.Path] > 0
	if busy {
		s.busy[r.URL.Path]--
	}
	s.mu.Unlock()
	if busy {
		http.Error(w, "busy", http.StatusServiceUnavailable)
		return
	}
	if !ok {
		http.NotFound(w, r)
		return
	}
	if p.to != "" {
		http.Redirect(w, r, p.to, http.StatusFound)
		return
	}
	w.Header().Set("Content-Type", p.ctype)
	if p.body == "" {
		w.Header().Set("Content-Length", "0")
	}
	if p.status != 0 {
		w.WriteHeader(p.status)
	}
	fmt.Fprint(w, p.body)
}

// hits is how often a path was asked for.
func (s *madeSite) hits(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[path]
}

func (s *madeSite) addr() netip.AddrPort {
	return netip.MustParseAddrPort(strings.TrimPrefix(s.server.URL, "http://"))
}

// client reaches the made-up site under its own name, and nothing else.
func (s *madeSite) client(t testing.TB) *egress.Client {
	t.Helper()
	c := egress.New(egress.Policy{Local: s.addr(), Own: func(h string) bool { return strings.HasSuffix(h, "yanta.gov.cn") }, Resolver: nowhere{t}, Total: 5 * time.Second})
	t.Cleanup(c.Close)
	return c
}

func head(title, tags string) string {
	return `<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>` + title + `</title>
<meta name="SiteName" content="雁塔区人民政府"><meta name="SiteDomain" content="` + host + `"><meta name="SiteIDCode" content="6101130001">` + tags + `</head><body>
<div class="nav"><a href="#main">跳到主要内容</a> <a href="/">首页</a> <a href="/yw/">要闻</a> <a href="/tz/">通知公告</a> <img src="/logo.png" alt="国徽">
<button>互动交流</button> <button>办事服务</button> <button>长者模式</button></div>`
}

const foot = `<div class="footer"><p>主办单位：雁塔区人民政府办公室　联系电话：029-85000000　网站标识码：6101130001</p>
<p><a href="https://beian.miit.gov.cn/">陕ICP备05000001号-1</a> <a href="http://www.beian.gov.cn/portal/registerSystemInfo?recordcode=61011302000001">陕公网安备 61011302000001号</a>
<a href="/map.html">网站地图</a> 中文域名：雁塔区人民政府.政务</p>
<a href="http://bszs.conac.cn/sitename?method=show&amp;id=0A1B"><img src="/logo.png" alt="党政机关"></a>
<script src="https://zfwzgl.www.gov.cn/exposure/jiucuo.js" id="_jiucuo_" data-sitecode="6101130001"></script>
<a href="https://zfwzgl.www.gov.cn/exposure/jiucuo.html?site_code=6101130001"><img src="/logo.png" alt="我为政府网站找错"></a>
</div></body></html>`

func home(items string) string {
	return head("雁塔区人民政府", "") + `<div class="main"><h2>要闻</h2><ul>` + items + `</ul><p><a href="/a.pdf">办事手册</a></p></div>` + foot
}

func columnTags(name, kind string) string {
	return `<meta name="ColumnName" content="` + name + `"><meta name="ColumnType" content="` + kind + `"><meta name="ColumnDescription" content="发布本区` + name + `方面的信息"><meta name="ColumnKeywords" content="` + name + `;雁塔">`
}

func list(name, kind, items string) string {
	return head(name+"-雁塔区人民政府", columnTags(name, kind)) + `<div class="list"><h2>` + name + `</h2><ul>` + items + `</ul></div>` + foot
}

func article(title, column, kind, at, text string) string {
	return head(title+"-雁塔区人民政府", columnTags(column, kind)+`<meta name="ArticleTitle" content="`+title+`"><meta name="PubDate" content="`+at+`"><meta name="ContentSource" content="雁塔区人民政府办公室">`) +
		`<h1>` + title + `</h1><p>发布时间：` + at + `　来源：雁塔区人民政府办公室</p><div class="content"><p>` + text + `</p><p>会议强调，要认真落实各项任务，确保取得实效，各部门要加强协调，形成合力，推动工作落到实处。</p></div>` + foot
}

var limits = check.Limits{HomeStaleDays: 14, NewsStaleDays: 14, PolicyStaleMonths: 6, MinProbesPerDay: 20, AccessDays: 7, FailedShare: 500}

func options() inspection.Options {
	return inspection.Options{Delay: -1, Today: today, Limits: limits}
}

func target() inspection.Target {
	return inspection.Target{URL: "http://" + host + "/", Hosted: true, Ledger: &check.Ledger{SiteName: "雁塔区人民政府", SiteDomain: host, SiteCode: "6101130001", Sponsor: "雁塔区人民政府办公室"}}
}

// nowhere is a resolver that fails: what a test asks for by name and is not
// our own goes no further.
type nowhere struct{ t testing.TB }

func (nowhere) Resolve(context.Context, string) ([]netip.Addr, error) {
	return nil, errors.New("no names in tests")
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

// store opens a crawler's store that is closed with the test.
func store(t *testing.T, dir string) *frontier.Store {
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
