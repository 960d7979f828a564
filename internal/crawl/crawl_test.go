package crawl

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"zhengshu/internal/egress"
	"zhengshu/internal/hang"
)

// book is a resolver that knows what it is told; a name with several answers gives them one after the other.
type book struct {
	mu    sync.Mutex
	names map[string][]string
	asked map[string]int
}

func (b *book) Resolve(_ context.Context, host string) ([]netip.Addr, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	answers := b.names[host]
	if len(answers) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	if b.asked == nil {
		b.asked = map[string]int{}
	}
	n := min(b.asked[host], len(answers)-1)
	b.asked[host]++
	return []netip.Addr{netip.MustParseAddr(answers[n])}, nil
}

// hostile is a web server on loopback that notes what it is asked.
type hostile struct {
	*httptest.Server
	mux    *http.ServeMux
	client *egress.Client
	book   *book
	port   string

	mu     sync.Mutex
	asked  map[string]int
	order  []string
	at     []time.Time
	flying atomic.Int32
	most   atomic.Int32
}

// newHostile starts the server under www.x.gov.cn. Leaks of goroutines fail the test.
func newHostile(t *testing.T, tune func(*egress.Policy)) *hostile {
	t.Helper()
	before := runtime.NumGoroutine()
	h := &hostile{mux: http.NewServeMux(), asked: map[string]int{}, book: &book{names: map[string][]string{"www.x.gov.cn": {"127.0.0.1"}}}}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := h.flying.Add(1)
		defer h.flying.Add(-1)
		for m := h.most.Load(); n > m && !h.most.CompareAndSwap(m, n); m = h.most.Load() {
		}
		h.mu.Lock()
		h.asked[r.Method+" "+r.URL.RequestURI()]++
		h.order = append(h.order, r.URL.RequestURI())
		h.at = append(h.at, time.Now())
		h.mu.Unlock()
		h.mux.ServeHTTP(w, r)
	}))
	ap := netip.MustParseAddrPort(h.Listener.Addr().String())
	h.port = fmt.Sprint(ap.Port())
	p := egress.Policy{Allow: []netip.AddrPort{ap}, Ports: []uint16{ap.Port()}, Resolver: h.book}
	if tune != nil {
		tune(&p)
	}
	h.client = egress.New(p)
	t.Cleanup(func() {
		h.client.Close()
		h.Server.Close()
		for i := 0; runtime.NumGoroutine() > before; i++ {
			if i > 400 {
				buf := make([]byte, 64<<10)
				t.Errorf("%d goroutines before, %d after\n%s", before, runtime.NumGoroutine(), buf[:runtime.Stack(buf, true)])
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	})
	return h
}

func (h *hostile) base() string { return "http://www.x.gov.cn:" + h.port }

func (h *hostile) html(pattern, body string) {
	h.mux.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, body)
	})
}

// words makes a text unlike any other.
func words(seed int) string {
	var b strings.Builder
	for i := range 40 {
		b.WriteRune(rune(0x4e00 + (seed*7919+i*i*104729)%20000))
	}
	return b.String()
}

func (h *hostile) crawl(t *testing.T, p Plan) (map[string]Page, []string, Result) {
	t.Helper()
	pages, order := map[string]Page{}, []string(nil)
	if p.Start == "" {
		p.Start = h.base() + "/"
	}
	if p.Delay == 0 {
		p.Delay = -1
	}
	visit := p.Visit
	p.Visit = func(page Page) error {
		u := strings.TrimPrefix(page.URL, h.base())
		pages[u] = page
		order = append(order, u)
		if visit != nil {
			return visit(page)
		}
		return nil
	}
	res, err := Crawl(t.Context(), h.client, p)
	if err != nil {
		t.Fatal(err)
	}
	if len(order) != res.Pages {
		t.Errorf("%d pages visited, %d counted", len(order), res.Pages)
	}
	for _, u := range res.Untested {
		if u.Why.Says() == "" || u.Count < 1 || u.What == "" {
			t.Errorf("untested without a reason: %+v", u)
		}
	}
	return pages, order, res
}

func count(r Result, why Why) (n int) {
	for _, u := range r.Untested {
		if u.Why == why {
			n += u.Count
		}
	}
	return n
}

func TestOnePageFetchedOnce(t *testing.T) {
	h := newHostile(t, nil)
	var home strings.Builder
	for _, s := range spellings {
		s = strings.NewReplacer("x.gov.cn:80/", "x.gov.cn/", "x.gov.cn:080/", "x.gov.cn/", "WWW.X.Gov.CN/", "WWW.X.Gov.CN:"+h.port+"/").Replace(s)
		s = strings.NewReplacer("x.gov.cn/", "x.gov.cn:"+h.port+"/", "x．gov.cn/", "x．gov.cn:"+h.port+"/", "x.gov.cn./", "x.gov.cn.:"+h.port+"/", `x.gov.cn\`, `x.gov.cn:`+h.port+`\`).Replace(s)
		fmt.Fprintf(&home, "<a href=\"%s\">x</a>", strings.ReplaceAll(s, "&", "&amp;"))
	}
	h.html("/{$}", home.String())
	h.html("/zwgk/", "页面")
	_, order, res := h.crawl(t, Plan{})
	if !slices.Equal(order, []string{"/", "/zwgk/a~b/index.html?id=1&page=2"}) || !res.Complete {
		t.Errorf("visited %q, %+v", order, res)
	}
	for what, n := range h.asked {
		if n != 1 {
			t.Errorf("%s asked %d times", what, n)
		}
	}
}

// tree serves a site of three levels whose pages all differ.
func tree(h *hostile, jitter bool) {
	var n atomic.Int32
	h.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			http.NotFound(w, r)
			return
		}
		if jitter {
			// Later pages answer sooner, so that the orders of dispatch and of arrival disagree.
			time.Sleep(time.Duration(n.Add(1)%3) * 2 * time.Millisecond)
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		// The place in the tree as a number: no two pages say the same.
		at := 1
		for _, c := range strings.ReplaceAll(r.URL.Path, "/", "") {
			at = 5*at + int(c-'a') + 1
		}
		fmt.Fprintf(w, "<p>%s</p>", words(at))
		if strings.Count(r.URL.Path, "/") < 3 {
			for _, c := range "abcd" {
				fmt.Fprintf(w, "<a href='%s/%c'>%c</a>", strings.TrimSuffix(r.URL.Path, "/"), c, c)
			}
		}
	})
}

func TestBreadthFirstInTheSameOrderEveryRun(t *testing.T) {
	h := newHostile(t, nil)
	tree(h, true)
	h.book.names["xw.x.gov.cn"] = []string{"127.0.0.1"}
	plan := Plan{Hosts: []string{"www.x.gov.cn", "xw.x.gov.cn"}, Seeds: []string{"http://xw.x.gov.cn:" + h.port + "/"}}
	_, first, res := h.crawl(t, plan)
	// The second host is the same server: its pages repeat the first one's, so its links are not followed.
	if len(first) != 1+4+16+64+1 || !res.Complete || res.Failed != 0 {
		t.Fatalf("%d pages, %+v", len(first), res)
	}
	for range 3 {
		if _, again, _ := h.crawl(t, plan); !slices.Equal(first, again) {
			t.Fatalf("another order:\n%q\n%q", first, again)
		}
	}
	depth := 0
	for _, u := range first[2:] {
		d := strings.Count(u, "/")
		if d < depth {
			t.Errorf("%s after depth %d", u, depth)
		}
		depth = d
	}
	if m := h.most.Load(); m > 4 {
		t.Errorf("%d requests at once to two hosts", m)
	}
}

func TestPoliteToOneHost(t *testing.T) {
	h := newHostile(t, nil)
	tree(h, false)
	const delay = 10 * time.Millisecond
	_, order, res := h.crawl(t, Plan{MaxPages: 20, Delay: delay})
	if len(order) != 20 || count(res, PageBudget) == 0 || res.Complete {
		t.Errorf("%d pages, %+v", len(order), res)
	}
	if m := h.most.Load(); m > 2 {
		t.Errorf("%d requests at once", m)
	}
	if took := h.at[len(h.at)-1].Sub(h.at[0]); took < delay*time.Duration(len(h.at)-2) {
		t.Errorf("%d requests in %v", len(h.at), took)
	}
}

func TestHostsTakeTurns(t *testing.T) {
	ctx, f := t.Context(), NewMemory()
	for i := range 5 {
		f.Add(ctx, Entry{URL: fmt.Sprintf("http://big.cn/%d", i)})
	}
	f.Add(ctx, Entry{URL: "http://small.cn/0"})
	f.Add(ctx, Entry{URL: "http://small.cn/1"})
	if fresh, _ := f.Add(ctx, Entry{URL: "http://small.cn/1"}); fresh {
		t.Error("added twice")
	}
	var got []string
	for e, ok, _ := f.Next(ctx); ok; e, ok, _ = f.Next(ctx) {
		got = append(got, strings.TrimPrefix(e.URL, "http://"))
	}
	want := []string{"big.cn/0", "small.cn/0", "big.cn/1", "small.cn/1", "big.cn/2", "big.cn/3", "big.cn/4"}
	if !slices.Equal(got, want) || f.Waiting() != 0 {
		t.Errorf("%q", got)
	}
}

func TestTrapsEnd(t *testing.T) {
	h := newHostile(t, nil)
	page := func(pattern string, f func(r *http.Request) string) {
		h.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, f(r))
		})
	}
	h.html("/{$}", words(1)+`<a href="/next/1">n</a><a href="/rili?year=2024&month=1">c</a><a href="/goods?a=1&b=1&c=1">f</a>
		<a href="deep/">d</a><a href="/s/0a1b2c3d4e5f6a7b8c9d0e1f/list">s</a><a href="/random/1">r</a><a href="/bad/"></a>`)
	// The same page under ever new numbers.
	page("/next/{n}", func(r *http.Request) string {
		return strings.Repeat("下一页内容 ", 20) + "<a href='/next/" + r.PathValue("n") + "1'>n</a>"
	})
	// A calendar without end, each month with other words.
	page("/rili", func(r *http.Request) string {
		y := len(r.URL.RawQuery) + int(key(r.URL.RawQuery)[0])
		var b strings.Builder
		b.WriteString(words(y))
		for m := range 12 {
			fmt.Fprintf(&b, "<a href='/rili?year=%d&month=%d'>m</a>", 2024+int(key(r.URL.RawQuery)[1]), m)
		}
		return b.String()
	})
	page("/goods", func(r *http.Request) string {
		var b strings.Builder
		b.WriteString(words(int(key(r.URL.RawQuery)[0])<<8 | int(key(r.URL.RawQuery)[1])))
		for i := range 30 {
			fmt.Fprintf(&b, "<a href='/goods?%s&f%d=1'>f</a>", r.URL.RawQuery, i)
		}
		return b.String()
	})
	page("/deep/", func(r *http.Request) string { return words(3+len(r.URL.Path)) + "<a href='deep/'>d</a>" })
	// Ids in the path, new on every page.
	page("/s/{id}/list", func(r *http.Request) string {
		return words(9) + fmt.Sprintf("<a href='/s/%x/list'>s</a>", key(r.PathValue("id")))
	})
	page("/random/{n}", func(r *http.Request) string {
		k := key(r.PathValue("n"))
		return words(int(k[0])<<8|int(k[1])) + fmt.Sprintf("<a href='/random/%d'>r</a><a href='/random/%d'>r</a>", int(k[2])<<16|int(k[3])<<8|int(k[4]), int(k[5])<<16|int(k[6])<<8|int(k[7]))
	})
	// Errors that say 200: one page for everything.
	page("/bad/", func(*http.Request) string {
		return strings.Repeat("页面不存在，请返回首页。", 10) + "<a href='/bad/x/'>x</a><a href='/bad/y/'>x</a>"
	})
	_, order, res := h.crawl(t, Plan{MaxDepth: 40, URLBudget: 2000, Traps: Traps{PerTemplate: 100, PerFacets: 50, PerCalendar: 30}})
	sums := map[string]int{}
	for _, u := range order {
		sums[strings.FieldsFunc(u+"/home", func(r rune) bool { return r == '/' || r == '?' })[0]]++
	}
	for prefix, most := range map[string]int{"next": 2, "rili": 30, "goods": 50, "deep": 3, "s": 2, "random": 100, "bad": 3} {
		if n := sums[prefix]; n == 0 || n > most {
			t.Errorf("%s: %d pages, at most %d", prefix, n, most)
		}
	}
	for _, why := range []Why{CalendarBudget, FacetBudget, TemplateBudget, DeepPath} {
		if count(res, why) == 0 {
			t.Errorf("no report of %s: %+v", why, res.Untested)
		}
	}
	_, order, res = h.crawl(t, Plan{URLBudget: 50})
	if len(order) > 50 || count(res, URLBudget) == 0 {
		t.Errorf("%d pages: %+v", len(order), res.Untested)
	}
}

func TestDepthIsBounded(t *testing.T) {
	h := newHostile(t, nil)
	tree(h, false)
	_, order, res := h.crawl(t, Plan{MaxDepth: 1})
	if len(order) != 5 || count(res, DepthBudget) != 16 {
		t.Errorf("%d pages: %+v", len(order), res.Untested)
	}
}

func TestPatternOfLikePagesIsClosed(t *testing.T) {
	h := newHostile(t, nil)
	var home strings.Builder
	for i := range 200 {
		fmt.Fprintf(&home, "<a href='/gone.jsp?id=%d'>x</a>", i)
	}
	h.html("/{$}", home.String())
	h.html("/gone.jsp", strings.Repeat("您访问的文章不存在。", 20))
	pages, order, res := h.crawl(t, Plan{})
	if len(order) > 30 || count(res, Alike)+len(order) != 201 {
		t.Errorf("%d pages, %+v", len(order), res.Untested)
	}
	if pages["/gone.jsp?id=7"].Like != h.base()+"/gone.jsp?id=0" {
		t.Errorf("like %q", pages["/gone.jsp?id=7"].Like)
	}
}

// What is known to be a page is looked at whatever its pattern, and what is left out
// is told one by one.
func TestSeedsAreNoTraps(t *testing.T) {
	h := newHostile(t, nil)
	h.html("/{$}", "<p>首页</p>")
	h.html("/gone.jsp", strings.Repeat("您访问的文章不存在。", 20))
	h.html("/a/a/a/a/a.html", "<p>"+words(1)+"</p>")
	var seeds []string
	for i := range 60 {
		seeds = append(seeds, fmt.Sprintf("/gone.jsp?id=%d", i))
	}
	seeds = append(seeds, "/a/a/a/a/a.html", "http://elsewhere.example/")
	if pages, _, res := h.crawl(t, Plan{Seeds: seeds}); len(pages) != 62 || !res.Complete {
		t.Errorf("%d pages, %+v", len(pages), res.Untested)
	}
	left := map[string]Why{}
	_, order, _ := h.crawl(t, Plan{Seeds: seeds, MaxPages: 10, Left: func(url string, why Why) { left[strings.TrimPrefix(url, h.base())] = why }})
	if len(order) != 10 || len(left) != 52 || left["/a/a/a/a/a.html"] != PageBudget {
		t.Errorf("%d pages, left %v", len(order), left)
	}
}

func TestHostilePages(t *testing.T) {
	h := newHostile(t, func(p *egress.Policy) {
		p.FirstByte, p.SpeedWindow, p.MinSpeed = 500*time.Millisecond, 200*time.Millisecond, 1000
	})
	gbk := "<title>\xd5\xfe\xb8\xae\x00</title><a href='/\xcd\xa8.html'>\xcd\xa8</a>"
	links := []string{"/gbk", "/line", "/huge", "/bomb", "/short", "/chunk", "/silent", "/drip", "/loop1", "/long1", "/to-private", "/to-file", "/pdf-without-name",
		"/doc.pdf", "http://127.0.0.1:" + h.port + "/x", "http://10.0.0.1/", "/untyped", "/500", "/\xcd\xa8.html"}
	var home strings.Builder
	for _, l := range links {
		fmt.Fprintf(&home, "<a href=\"%s\">x</a>", l)
	}
	h.html("/{$}", home.String())
	h.html("/gbk", gbk)
	raw := func(pattern string, f func(net.Conn)) {
		h.mux.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) {
			c, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			f(c)
		})
	}
	many := func(n int, head string) func(w http.ResponseWriter, _ *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, head)
			for range n {
				if _, err := w.Write([]byte(strings.Repeat("<b>x", 1<<18))); err != nil {
					return
				}
			}
		}
	}
	h.mux.HandleFunc("/line", many(6, "<a href=/inside>"))
	h.mux.HandleFunc("/huge", many(100, ""))
	raw("/bomb", func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip,gzip,gzip\r\n\r\nx") })
	raw("/short", func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n<a href=/x>") })
	raw("/chunk", func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n") })
	raw("/silent", func(c net.Conn) { io.Copy(io.Discard, c) })
	raw("/drip", func(c net.Conn) {
		io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
		for {
			if _, err := io.WriteString(c, "x"); err != nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	})
	to := func(from, target string) {
		h.mux.HandleFunc(from, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Location", target); w.WriteHeader(302) })
	}
	to("/loop1", "/loop2")
	to("/loop2", "/loop1")
	for i := 1; i < 9; i++ {
		to(fmt.Sprintf("/long%d", i), fmt.Sprintf("/long%d", i+1))
	}
	to("/to-private", "http://192.168.1.1/")
	to("/to-file", "file:///etc/passwd")
	h.mux.HandleFunc("/pdf-without-name", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/pdf")
		w.Write(make([]byte, 1<<20))
	})
	h.mux.HandleFunc("/untyped", func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = nil
		io.WriteString(w, "\r\n<!doctype HTML><a href=/found>x</a>")
	})
	h.html("/found", "found")
	h.mux.HandleFunc("/500", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) })

	hang.Guard(t)
	pages, order, res := h.crawl(t, Plan{})
	for u, want := range map[string]egress.Kind{
		"/gbk": "", "/line": "", "/huge": egress.TooLarge, "/bomb": egress.BadResponse, "/short": egress.BadResponse, "/chunk": egress.BadResponse,
		"/silent": egress.Timeout, "/drip": egress.Timeout, "/loop2": egress.RedirectLoop, "/long1": "", "/to-private": "", "/to-file": egress.BadScheme,
		"/pdf-without-name": "", "/untyped": "", "/found": "", "/500": "",
	} {
		p, ok := pages[u]
		var got egress.Kind
		if p.Err != nil {
			got = p.Err.Kind
		}
		if !ok || got != want {
			t.Errorf("%s: visited %v, %v, want %q", u, ok, p.Err, want)
		}
	}
	if string(pages["/gbk"].Body) != gbk || !pages["/gbk"].HTML {
		t.Errorf("bytes changed: %q", pages["/gbk"].Body)
	}
	if p := pages["/line"]; p.HTML || len(p.Links) != 0 || len(p.Body) < 5<<20 {
		t.Errorf("6 MB page: parsed %v, %d bytes", p.HTML, len(p.Body))
	}
	if len(pages["/pdf-without-name"].Body) != 0 || count(res, LargePage) != 2 || count(res, ManyRedirects) != 1 {
		t.Errorf("%+v", res.Untested)
	}
	for _, u := range order {
		if strings.HasPrefix(u, "http") || u == "/doc.pdf" || u == "/x" || u == "/inside" || u == "/long7" {
			t.Errorf("visited %s", u)
		}
	}
	if h.asked["GET /%CD%A8.html"] != 1 {
		t.Error("bytes beyond ASCII were not kept in the URL")
	}
}

func TestRebindingAndInnerHosts(t *testing.T) {
	h := newHostile(t, nil)
	var home strings.Builder
	hosts := []string{"www.x.gov.cn", "rebind.gov.cn", "inner.gov.cn", "nowhere.gov.cn", "127.0.0.1", "127.0.0.2", "169.254.169.254", "::1"}
	h.book.names["rebind.gov.cn"] = []string{"127.0.0.1", "127.0.0.2"}
	h.book.names["inner.gov.cn"] = []string{"10.0.0.1"}
	for _, l := range []string{"http://rebind.gov.cn:" + h.port + "/1", "http://inner.gov.cn/", "http://nowhere.gov.cn/", "http://127.0.0.2:" + h.port + "/", "http://0x7f.2:" + h.port + "/b",
		"http://2130706434:" + h.port + "/c", "http://0177.0.0.2:" + h.port + "/d", "http://169.254.169.254/", "http://[::1]:" + h.port + "/"} {
		fmt.Fprintf(&home, "<a href='%s'>x</a>", l)
	}
	h.html("/{$}", home.String())
	// The answer closes its connection, so that the next page needs a new one, and a new look at the name.
	h.mux.HandleFunc("/1", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "close")
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, words(2)+"<a href=/2>")
	})
	pages, _, _ := h.crawl(t, Plan{Hosts: hosts, Robots: IgnoreRobots})
	for u, want := range map[string]egress.Kind{
		"http://rebind.gov.cn:" + h.port + "/1": "", "http://rebind.gov.cn:" + h.port + "/2": egress.RefusedAddress, "http://inner.gov.cn/": egress.RefusedAddress,
		"http://nowhere.gov.cn/": egress.DNS, "http://127.0.0.2:" + h.port + "/": egress.RefusedAddress, "http://127.0.0.2:" + h.port + "/b": egress.RefusedAddress,
		"http://127.0.0.2:" + h.port + "/c": egress.RefusedAddress, "http://127.0.0.2:" + h.port + "/d": egress.RefusedAddress,
		"http://169.254.169.254/": egress.RefusedAddress, "http://[::1]:" + h.port + "/": egress.RefusedAddress,
	} {
		p, ok := pages[u]
		if got := p.Err; !ok || want == "" && got != nil || want != "" && (got == nil || got.Kind != want) {
			t.Errorf("%s: visited %v, %v, want %q", u, ok, got, want)
		}
	}
}

func TestRobotsInACrawl(t *testing.T) {
	for name, x := range map[string]struct {
		robots http.HandlerFunc
		policy RobotsPolicy
		want   []string
		why    Why
	}{
		"rules":  {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "User-agent: *\nDisallow: /search") }, "", []string{"/", "/a"}, RobotsDenied},
		"agreed": {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "User-agent: *\nDisallow: /") }, IgnoreRobots, []string{"/", "/search", "/a"}, ""},
		"html": {func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "<html>\nUser-agent: *\nDisallow: /\n")
		}, "", []string{"/", "/search", "/a"}, ""},
		"absent":  {http.NotFound, "", []string{"/", "/search", "/a"}, ""},
		"failing": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, "", nil, RobotsUnavailable},
		"100 MB": {func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "User-agent: *\nDisallow: /search\n")
			for range 100 {
				if _, err := w.Write([]byte(strings.Repeat("#\n", 1<<19))); err != nil {
					return
				}
			}
		}, "", []string{"/", "/a"}, RobotsDenied},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHostile(t, nil)
			h.mux.HandleFunc("/robots.txt", x.robots)
			h.html("/{$}", words(1)+"<a href=/search><a href=/a>")
			h.html("/a", words(2)+"<a href=/search>")
			h.html("/search", words(3))
			_, order, res := h.crawl(t, Plan{Robots: x.policy})
			if !slices.Equal(order, x.want) || x.why != "" && count(res, x.why) != 1 || res.Complete != (x.why == "") {
				t.Errorf("visited %q, %+v", order, res.Untested)
			}
			if n := h.asked["GET /robots.txt"]; n > 1 {
				t.Errorf("robots.txt asked %d times", n)
			}
		})
	}
}

func TestSessionsAndCookies(t *testing.T) {
	h := newHostile(t, nil)
	h.html("/{$}", words(1)+"<a href=/greet><a href=/wall><a href=/renew>")
	h.mux.HandleFunc("/greet", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/greet;jsessionid=0A1B2C", http.StatusFound)
	})
	h.html("/greet;jsessionid=0A1B2C", words(2)+"<a href='/in;jsessionid=0A1B2C'>x</a>")
	h.html("/in", words(3))
	h.mux.HandleFunc("/wall", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Set-Cookie", "seen=1")
		http.Redirect(w, r, "/wall", http.StatusFound)
	})
	var n atomic.Int32
	h.mux.HandleFunc("/renew", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, fmt.Sprintf("/renew?PHPSESSID=%d", n.Add(1)), http.StatusFound)
	})
	pages, order, res := h.crawl(t, Plan{})
	if len(order) != 5 || pages["/greet"].Status != 200 || pages["/greet"].Err != nil || pages["/in"].Status != 200 {
		t.Errorf("visited %q, %+v", order, pages["/greet"])
	}
	if e := pages["/wall"].Err; e == nil || !e.Cookies || count(res, CookieWall) != 1 {
		t.Errorf("wall: %v, %+v", e, res.Untested)
	}
	if e := pages["/renew"].Err; e == nil || e.Kind != egress.RedirectLoop || n.Load() != 2 {
		t.Errorf("renew: %v after %d", e, n.Load())
	}
	l := NewLinkCheck(h.client, NewManners(h.client, Courtesy{Delay: -1}), 0)
	for path, want := range map[string]Verdict{"/greet": Alive, "/wall": NotTested, "/renew": NotTested} {
		if got := l.Check(t.Context(), h.base()+path); got.Verdict != want {
			t.Errorf("%s: %+v", path, got)
		}
	}
}

func TestStartThatLeadsOffTheSite(t *testing.T) {
	h := newHostile(t, nil)
	h.mux.HandleFunc("/{$}", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://casino.example/", http.StatusMovedPermanently)
	})
	pages, order, res := h.crawl(t, Plan{})
	if len(order) != 1 || count(res, OffSite) != 1 || res.Complete || pages["/"].RedirectTo != "http://casino.example/" {
		t.Errorf("visited %q, %+v", order, res)
	}
}

func TestRefusals(t *testing.T) {
	for name, x := range map[string]struct {
		status  int
		after   string
		atFirst int // answers refused before the server relents
		pages   int // visited at most, with the three that were under way when the host was given up
		refused bool
		given   bool
	}{
		"403 for good":     {403, "", 1 << 20, 9, true, true},
		"429 relents":      {429, "0", 2, 41, false, false},
		"503 relents":      {503, "Mon, 02 Jan 2006 15:04:05 GMT", 1, 41, false, false},
		"429 for an hour":  {429, "3600", 1 << 20, 5, true, true},
		"503 without date": {503, "", 1 << 20, 12, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHostile(t, nil)
			var home strings.Builder
			for i := range 40 {
				fmt.Fprintf(&home, "<a href='/%d'>x</a>", i)
			}
			h.html("/{$}", home.String())
			var n atomic.Int32
			h.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/robots.txt" {
					http.NotFound(w, r)
					return
				}
				if int(n.Add(1)) <= x.atFirst {
					if x.after != "" {
						w.Header().Set("Retry-After", x.after)
					}
					w.WriteHeader(x.status)
					return
				}
				io.WriteString(w, "好")
			})
			_, order, res := h.crawl(t, Plan{})
			if len(order) > x.pages || (res.Refused > 0) != x.refused || (count(res, HostGivenUp) > 0) != x.given {
				t.Errorf("%d pages, %+v", len(order), res)
			}
			if x.refused && count(res, Declined) != res.Refused {
				t.Errorf("%+v", res.Untested)
			}
			if !x.given && len(order) != 41 {
				t.Errorf("%d pages though the server relented", len(order))
			}
		})
	}
}

func TestStopsWhenToldTo(t *testing.T) {
	h := newHostile(t, nil)
	tree(h, false)
	ctx, cancel := context.WithCancel(t.Context())
	seen := 0
	res, err := Crawl(ctx, h.client, Plan{Start: h.base() + "/", Delay: -1, Visit: func(Page) error {
		if seen++; seen == 5 {
			cancel()
		}
		return nil
	}})
	if !errors.Is(err, context.Canceled) || seen != 5 || res.Pages != 5 || count(res, Stopped) == 0 || res.Complete {
		t.Errorf("%v, %d seen, %+v", err, seen, res)
	}
	full := errors.New("disk full")
	if _, err := Crawl(t.Context(), h.client, Plan{Start: h.base() + "/", Delay: -1, Visit: func(Page) error { return full }}); !errors.Is(err, full) {
		t.Error(err)
	}
	for _, start := range []string{"", "www.x.gov.cn", "ftp://x/"} {
		if _, err := Crawl(t.Context(), h.client, Plan{Start: start}); err == nil {
			t.Errorf("started at %q", start)
		}
	}
}

func TestPlanTravelsAsAFile(t *testing.T) {
	b, err := json.Marshal(Plan{Start: "http://www.x.gov.cn/", MaxPages: 3, Visit: func(Page) error { return nil }, Manners: &Manners{}, Frontier: NewMemory()})
	if err != nil || strings.Contains(string(b), "Visit") || strings.Contains(string(b), "Frontier") {
		t.Errorf("%s %v", b, err)
	}
	var p Plan
	if err := json.Unmarshal(b, &p); err != nil || p.MaxPages != 3 {
		t.Errorf("%+v %v", p, err)
	}
}

func TestLinkCheck(t *testing.T) {
	h := newHostile(t, func(p *egress.Policy) { p.FirstByte = 300 * time.Millisecond })
	answer := func(pattern string, status int, location string) {
		h.mux.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) {
			if location != "" {
				w.Header().Set("Location", location)
			}
			w.WriteHeader(status)
		})
	}
	answer("/ok", 200, "")
	answer("/gone", 410, "")
	answer("/500", 500, "")
	answer("/403", 403, "")
	answer("/429", 429, "")
	for _, code := range []int{405, 412, 451, 503, 521} {
		answer("/"+strconv.Itoa(code), code, "")
	}
	h.mux.HandleFunc("/503-later", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(503)
	})
	answer("/moved", 301, "/ok")
	answer("/moved-gone", 301, "/gone")
	answer("/loop", 302, "/loop")
	answer("/private", 302, "http://10.0.0.1/")
	h.mux.HandleFunc("/many/{n}", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/many/"+r.PathValue("n")+"1", http.StatusFound)
	})
	h.mux.HandleFunc("GET /noheads", func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "HEAD" {
			w.WriteHeader(405)
		}
	})
	h.mux.HandleFunc("/big", func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "HEAD" {
			w.WriteHeader(404)
			return
		}
		for range 100 {
			if _, err := w.Write(make([]byte, 1<<20)); err != nil {
				return
			}
		}
	})
	h.mux.HandleFunc("/silent", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	h.mux.HandleFunc("/robots.txt", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "User-agent: zhengshu\nDisallow: /secret")
	})
	l := NewLinkCheck(h.client, NewManners(h.client, Courtesy{Delay: -1}), 0)
	for path, want := range map[string]LinkResult{
		"/ok":                        {Verdict: Alive, Status: 200},
		"/moved":                     {Verdict: Alive, Status: 200, Final: h.base() + "/ok"},
		"/noheads":                   {Verdict: Alive, Status: 200, Empty: true},
		"/big":                       {Verdict: Alive, Status: 200, Type: "application/octet-stream"},
		"/gone":                      {Verdict: Dead, Status: 410},
		"/nothing":                   {Verdict: Dead, Status: 404},
		"/500":                       {Verdict: Dead, Status: 500},
		"/moved-gone":                {Verdict: Dead, Status: 410, Final: h.base() + "/gone"},
		"/loop":                      {Verdict: Dead, Status: 302, Kind: egress.RedirectLoop},
		"/403":                       {Verdict: Refusing, Status: 403},
		"/405":                       {Verdict: Refusing, Status: 405},
		"/412":                       {Verdict: Refusing, Status: 412},
		"/451":                       {Verdict: Refusing, Status: 451},
		"/521":                       {Verdict: Refusing, Status: 521}, // until a script has run
		"/503":                       {Verdict: Dead, Status: 503},
		"/503-later":                 {Verdict: NotTested, Status: 503},
		"/429":                       {Verdict: Refusing, Status: 429},
		"/silent":                    {Verdict: Unreachable, Kind: egress.Timeout},
		"/secret":                    {Verdict: NotTested, Why: RobotsDenied},
		"/private":                   {Verdict: NotTested, Final: "http://10.0.0.1/", Kind: egress.RefusedAddress},
		"http://nowhere.gov.cn/":     {Verdict: Unreachable, Kind: egress.DNS},
		"http://[::ffff:127.0.0.1]/": {Verdict: NotTested, Kind: egress.RefusedAddress},
		"http://2130706433:1/":       {Verdict: NotTested, Kind: egress.RefusedAddress},
	} {
		u := path
		if strings.HasPrefix(path, "/") {
			u = h.base() + path
		}
		got := l.Check(t.Context(), u)
		if got.At.IsZero() || (got.Says == "") != (got.Verdict == Alive) {
			t.Errorf("%s: %+v", path, got)
		}
		want.URL, _ = Canonical("", u)
		if want.Final == "" {
			want.Final = want.URL
		}
		got.At, got.Says = time.Time{}, ""
		if got != want {
			t.Errorf("%s: %+v, want %+v", path, got, want)
		}
	}
	// Browsers follow more redirects than we do.
	if got := l.Check(t.Context(), h.base()+"/many/1"); got.Verdict != NotTested || got.Kind != egress.TooManyRedirects || got.Says == "" {
		t.Errorf("%+v", got)
	}
	if got := l.Check(t.Context(), "mailto:a@b.cn"); got.Verdict != NotTested || got.Says == "" {
		t.Errorf("%+v", got)
	}
}

func TestLinkCheckAsksOnce(t *testing.T) {
	h := newHostile(t, nil)
	h.mux.HandleFunc("/x", func(http.ResponseWriter, *http.Request) { time.Sleep(20 * time.Millisecond) })
	l := NewLinkCheck(h.client, NewManners(h.client, Courtesy{Delay: -1}), time.Hour)
	var wg sync.WaitGroup
	for _, u := range []string{"/x", "/x#a", "/./x", "/x?", "/%78"} {
		wg.Go(func() {
			if got := l.Check(t.Context(), h.base()+u); got.Verdict != Alive {
				t.Errorf("%s: %+v", u, got)
			}
		})
	}
	wg.Wait()
	if n := h.asked["HEAD /x"]; n != 1 || h.asked["GET /x"] != 0 {
		t.Errorf("asked %v", h.asked)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := l.Check(ctx, h.base()+"/y"); got.Verdict != NotTested {
		t.Errorf("%+v", got)
	}
	// A second look is a GET alone, of what a visitor gets now.
	if got := l.Again(t.Context(), h.base()+"/x", time.Now()); got.Verdict != Alive || h.asked["HEAD /x"] != 1 || h.asked["GET /x"] != 1 {
		t.Errorf("%+v, asked %v", got, h.asked)
	}
	// A verdict reached by being stopped is not kept.
	if got := l.Check(t.Context(), h.base()+"/y"); got.Verdict != Dead {
		t.Errorf("%+v", got)
	}
	l.most = 10
	for i := range 50 {
		l.Check(t.Context(), fmt.Sprintf("%s/n/%d", h.base(), i))
	}
	if len(l.known) > 11 {
		t.Errorf("%d verdicts kept", len(l.known))
	}
}

// What robots.txt keeps from us is not reached by a redirect either, and each hop is a request in its host's turn.
func TestFetchAsksAtEveryHop(t *testing.T) {
	h := newHostile(t, nil)
	h.mux.HandleFunc("/robots.txt", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "User-agent: *\nDisallow: /secret\n")
	})
	h.mux.Handle("/go", http.RedirectHandler("/secret/page", http.StatusFound))
	h.mux.Handle("/there", http.RedirectHandler("/then", http.StatusFound))
	h.mux.Handle("/then", http.RedirectHandler("/page", http.StatusFound))
	h.mux.Handle("/loop", http.RedirectHandler("/pool", http.StatusFound))
	h.mux.Handle("/pool", http.RedirectHandler("/loop", http.StatusFound))
	h.mux.HandleFunc("/many/{n}", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/many/"+r.PathValue("n")+"1", http.StatusFound)
	})
	h.html("/page", words(1))
	h.html("/secret/", words(2))
	const delay = 40 * time.Millisecond
	m := NewManners(h.client, Courtesy{Delay: delay})
	resp, ok, why, err := m.Fetch(t.Context(), h.base()+"/go", egress.Options{})
	if err != nil || ok || why != RobotsDenied || resp == nil || resp.Location != h.base()+"/secret/page" {
		t.Errorf("%+v %v %s %v", resp, ok, why, err)
	}
	if resp, ok, why, err = m.Fetch(t.Context(), h.base()+"/secret/page", egress.Options{}); err != nil || ok || why != RobotsDenied || resp != nil {
		t.Errorf("%+v %v %s %v", resp, ok, why, err)
	}
	if _, ok, why, err = m.Head(t.Context(), h.base()+"/secret/page", egress.Options{}); err != nil || ok || why != RobotsDenied {
		t.Errorf("%v %s %v", ok, why, err)
	}
	if h.asked["GET /secret/page"]+h.asked["HEAD /secret/page"] > 0 {
		t.Error("what robots.txt forbids was asked for")
	}
	begun := len(h.at)
	resp, ok, _, err = m.Fetch(t.Context(), h.base()+"/there", egress.Options{})
	if err != nil || !ok || resp.Final != h.base()+"/page" || resp.Requested != h.base()+"/there" || len(resp.Redirects) != 2 || string(resp.Body) != words(1) {
		t.Errorf("%+v %v %v", resp, ok, err)
	}
	if resp, ok, _, err := m.Once(t.Context(), h.base()+"/there", egress.Options{}); err != nil || !ok || resp.Final != h.base()+"/page" {
		t.Errorf("%+v %v %v", resp, ok, err)
	}
	if resp, ok, why, err := m.Once(t.Context(), h.base()+"/go", egress.Options{}); err != nil || ok || why != RobotsDenied {
		t.Errorf("%+v %v %s %v", resp, ok, why, err)
	}
	for path, want := range map[string]bool{"/page": true, "/secret/x": false} {
		if ok, why, err := m.May(t.Context(), h.base()+path); err != nil || ok != want || ok != (why == "") {
			t.Errorf("%s: %v %q %v", path, ok, why, err)
		}
	}
	if d := h.at[len(h.at)-1].Sub(h.at[begun]); d < 4*delay {
		t.Errorf("six requests within %s, want a pause of %s between two", d, delay)
	}
	quick := NewManners(h.client, Courtesy{Delay: -1})
	for path, kind := range map[string]egress.Kind{"/loop": egress.RedirectLoop, "/many/1": egress.TooManyRedirects} {
		_, ok, _, err := quick.Fetch(t.Context(), h.base()+path, egress.Options{})
		var e *egress.Error
		if !ok || !errors.As(err, &e) || e.Kind != kind || e.Says == "" {
			t.Errorf("%s: %v %v", path, ok, err)
		}
	}
}

// One slot is kept for those a person waits for: a slow host full of patrols does not hold them up, and is not asked by
// a crowd of them either.
func TestUrgentRequestsAreBounded(t *testing.T) {
	h := newHostile(t, nil)
	release := make(chan struct{})
	h.mux.HandleFunc("/slow", func(http.ResponseWriter, *http.Request) { <-release })
	h.html("/quick", words(1))
	m := NewManners(h.client, Courtesy{Delay: -1, Robots: IgnoreRobots})
	var wg sync.WaitGroup
	ask := func(ctx context.Context, path string) {
		if _, _, _, err := m.Once(ctx, h.base()+path, egress.Options{}); err != nil {
			t.Error(err)
		}
	}
	full := func(n int32) {
		for i := 0; h.flying.Load() < n; i++ {
			if i > 1000 {
				t.Fatalf("%d requests under way, want %d", h.flying.Load(), n)
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
	for range 2 {
		wg.Go(func() { ask(t.Context(), "/slow") })
	}
	full(2)
	ask(Urgent(t.Context()), "/quick") // hangs without a slot of its own
	for range 8 {
		wg.Go(func() { ask(Urgent(t.Context()), "/slow") })
	}
	full(3)
	time.Sleep(50 * time.Millisecond)
	if n := h.flying.Load(); n != 3 {
		t.Errorf("%d requests at once to one host, want 3", n)
	}
	close(release)
	wg.Wait()
	if n := h.most.Load(); n > 3 {
		t.Errorf("%d requests at once to one host, want 3", n)
	}
}

// The names of a province may lie on one machine: to it they are one visitor, and each has its turn.
func TestOneAddressIsAskedAtOnePace(t *testing.T) {
	h := newHostile(t, nil)
	release := make(chan struct{})
	h.mux.HandleFunc("/slow", func(http.ResponseWriter, *http.Request) { <-release })
	h.html("/quick", words(1))
	h.html("/b", words(2))
	name := func(i int) string { return fmt.Sprintf("h%d.x.gov.cn", i) }
	for i := range 12 {
		h.book.names[name(i)] = []string{"127.0.0.1"}
	}
	at := func(i int, path string) string { return "http://" + name(i) + ":" + h.port + path }
	m := NewManners(h.client, Courtesy{Delay: time.Millisecond, Robots: IgnoreRobots, Pace: Pace{AtOnce: 3, PerSecond: 50}})
	ask := func(ctx context.Context, i int, path string) {
		if _, _, _, err := m.Fetch(ctx, at(i, path), egress.Options{}); err != nil {
			t.Error(err)
		}
	}
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() { ask(t.Context(), i, "/slow") })
	}
	for i := 0; h.flying.Load() < 3; i++ {
		if i > 1000 {
			t.Fatalf("%d requests under way, want 3", h.flying.Load())
		}
		time.Sleep(5 * time.Millisecond)
	}
	ask(Urgent(t.Context()), 0, "/quick") // hangs without a slot of its own
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, _, _, err := m.Fetch(stopped, at(1, "/quick"), egress.Options{}); err == nil {
		t.Error("a request that was given up was made")
	}
	close(release)
	wg.Wait()
	if n := h.most.Load(); n > 4 {
		t.Errorf("%d requests at once to one address, want 3 and one that a person waits for", n)
	}

	// Many of one host do not stand before the one of another; two requests are a fiftieth of a second apart.
	h.mu.Lock()
	h.order, h.at = nil, nil
	h.mu.Unlock()
	for range 20 {
		wg.Go(func() { ask(t.Context(), 0, "/quick") })
	}
	wg.Go(func() { ask(t.Context(), 1, "/b") })
	wg.Wait()
	if i := slices.Index(h.order, "/b"); i < 0 || i == len(h.order)-1 {
		t.Errorf("the one request of a host came as number %d of %d", i+1, len(h.order))
	}
	if d := h.at[len(h.at)-1].Sub(h.at[0]); d < 19*20*time.Millisecond {
		t.Errorf("%d requests within %s to one address that is asked 50 times a second", len(h.at), d)
	}
}

// A name that is turned to another address takes its turn before that one from then on; where no courtesy is kept,
// nobody asks where a name leads.
func TestAddressOfANameChanges(t *testing.T) {
	h := newHostile(t, nil)
	h.html("/quick", words(1))
	h.book.names["www.x.gov.cn"] = []string{"127.0.0.1", "127.0.0.1", "192.0.2.7"}
	m := NewManners(h.client, Courtesy{Delay: time.Millisecond, Robots: IgnoreRobots})
	if _, _, _, err := m.Fetch(t.Context(), h.base()+"/quick", egress.Options{}); err != nil {
		t.Fatal(err)
	}
	host := "www.x.gov.cn:" + h.port
	l := m.lane(host)
	here := netip.MustParseAddr("127.0.0.1")
	if l.machine != here || m.machines[here] == nil {
		t.Fatalf("lies at %s", l.machine)
	}
	l.asked = time.Now().Add(-2 * machineAge)
	if _, _, _, err := m.Fetch(t.Context(), h.base()+"/quick", egress.Options{}); err != nil {
		t.Error(err) // over the connection that is open
	}
	if l.machine.IsValid() {
		t.Errorf("a name that leads where nothing is asked lies at %s", l.machine)
	}
	m.KeepPace(Pace{AtOnce: 2, PerSecond: 5})
	if m.pace.delay() != 200*time.Millisecond || len(m.machines) != 0 {
		t.Errorf("pace %+v, %d lanes of the former", m.pace, len(m.machines))
	}
	asked := h.book.asked["www.x.gov.cn"]
	quick := NewManners(h.client, Courtesy{Delay: -1})
	if leave, err := quick.enter(t.Context(), host); err != nil {
		t.Fatal(err)
	} else {
		leave()
	}
	if n := h.book.asked["www.x.gov.cn"]; n != asked {
		t.Errorf("without courtesy the name was asked for %d times", n-asked)
	}
}
