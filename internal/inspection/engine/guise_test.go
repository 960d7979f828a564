package engine_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"zhengshu/internal/blob"
	"zhengshu/internal/egress"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/inspection/engine/enginetest"
)

// TestArticle23_1_CloakingIsFoundWithBothPages: the site shows search engines and
// whoever comes from them another page; the finding holds what both got, and a
// second look closes it once the site is clean.
func TestArticle23_1_CloakingIsFoundWithBothPages(t *testing.T) {
	s := enginetest.NewSite(t)
	clean := false
	outside := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.Host, "casino."):
			outside++
		case clean || r.URL.Path == "/robots.txt":
			s.ServeHTTP(w, r)
		case strings.Contains(r.UserAgent(), "Baiduspider"):
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprint(w, strings.Replace(enginetest.Home(""), "<h2>要闻</h2>", `<h2>要闻</h2><div style="display:none"><a href="http://www.bet888-casino.com/">娱乐城</a></div>`, 1))
		case strings.Contains(r.Referer(), "baidu.com"):
			http.Redirect(w, r, "http://casino.bet8888.com/", http.StatusFound)
		default:
			s.ServeHTTP(w, r)
		}
	}))
	defer server.Close()
	client := egress.New(egress.Policy{Local: netip.MustParseAddrPort(strings.TrimPrefix(server.URL, "http://")), Own: func(h string) bool {
		return strings.HasSuffix(h, "yanta.gov.cn") || strings.HasSuffix(h, "bet8888.com")
	}, Resolver: enginetest.Nowhere{}})
	defer client.Close()
	kept, err := blob.Disk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	rep, err := engine.Inspect(t.Context(), client, kept, enginetest.Target(), enginetest.Options())
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]engine.Sighting{}
	for _, f := range rep.Findings {
		if strings.HasPrefix(f.Check, "cloaked.") {
			found[f.Check+" "+f.Where] = f
		} else {
			t.Errorf("%s %s", f.Check, f.Says)
		}
	}
	spider, searcher := found["cloaked.agent spider"], found["cloaked.referrer searcher"]
	if byPhone := found["cloaked.referrer mobile_searcher"]; len(found) != 3 || !strings.Contains(byPhone.Says, "casino.bet8888.com") || !strings.Contains(spider.Says, "娱乐城") || !strings.Contains(searcher.Says, "casino.bet8888.com") {
		t.Fatalf("%d found: %q, %q", len(found), spider.Says, searcher.Says)
	}
	if outside > 0 {
		t.Error("the other host was contacted")
	}
	b := spider.Evidence.Beside
	if spider.Evidence.Ref == "" || len(b) != 1 || b[0].Ref == "" || b[0].SHA256 == spider.Evidence.SHA256 || !spider.OnHome || spider.Evidence.Edition == "" {
		t.Errorf("evidence %+v", spider.Evidence)
	}
	look := func() string {
		t.Helper()
		l, err := engine.Recheck(t.Context(), client, kept, enginetest.Target(), engine.Spot{Check: spider.Check, Fingerprint: spider.Fingerprint(), URL: spider.URL, Where: spider.Where}, enginetest.Options())
		if err != nil {
			t.Fatal(err)
		}
		return l.Outcome
	}
	if got := look(); got != engine.Standing {
		t.Errorf("looked again: %s", got)
	}
	clean = true
	if got := look(); got != engine.Gone {
		t.Errorf("after mending: %s", got)
	}
	if rep, err = engine.Inspect(t.Context(), client, kept, enginetest.Target(), enginetest.Options()); err != nil || len(rep.Findings) != 0 || !rep.Looked(spider.Check, spider.URL, spider.Where) {
		t.Errorf("a clean site: %d findings (%v)", len(rep.Findings), err)
	}
}

// The pages asked for in guises are drawn by the day: the same day draws the same,
// the home page among them, and not more than the run allows.
func TestGuisesAreDrawnByTheDayAndBounded(t *testing.T) {
	var paths []map[string]int
	for i := range 3 {
		asked := map[string]int{}
		mux := http.NewServeMux()
		mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
			if !strings.Contains(r.UserAgent(), "zhengshu") {
				asked[r.URL.Path]++
			}
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			var menu strings.Builder
			for n := range 20 {
				fmt.Fprintf(&menu, `<p><a href="/p/%d.html">第%d条</a></p>`, n, n)
			}
			fmt.Fprintf(w, "<html><head><title>%s</title></head><body>%s<p>%s</p></body></html>", r.URL.Path, menu.String(), strings.Repeat(r.URL.Path+"各项工作有序推进。", 20))
		})
		server := httptest.NewServer(mux)
		client := egress.New(egress.Policy{Local: netip.MustParseAddrPort(strings.TrimPrefix(server.URL, "http://")), Own: func(h string) bool { return strings.HasSuffix(h, "yanta.gov.cn") }, Resolver: enginetest.Nowhere{}})
		o := enginetest.Options()
		o.Guises, o.Families = 3, []string{"cloaked"}
		if i == 2 {
			o.Today = o.Today.AddDays(1)
		}
		if _, err := engine.Inspect(t.Context(), client, nil, engine.Target{URL: "http://" + enginetest.Host + "/"}, o); err != nil {
			t.Fatal(err)
		}
		client.Close()
		server.Close()
		paths = append(paths, asked)
	}
	if len(paths[0]) != 3 || paths[0]["/"] == 0 || fmt.Sprint(paths[0]) != fmt.Sprint(paths[1]) || fmt.Sprint(paths[0]) == fmt.Sprint(paths[2]) {
		t.Errorf("drawn %v, %v, the next day %v", paths[0], paths[1], paths[2])
	}
	for path, n := range paths[0] {
		if n != 5 {
			t.Errorf("%s was asked for %d times in five guises", path, n)
		}
	}
}

// Who comes as another asks only for what robots.txt allows ourselves, redirects
// included; what it keeps from us could not be tested.
func TestAGuiseIsNoWayRoundRobots(t *testing.T) {
	s := enginetest.NewSite(t)
	s.Set("/robots.txt", enginetest.Page{Type: "text/plain", Body: "User-agent: zhengshu\nDisallow: /inner/\n"})
	s.Put("/inner/", enginetest.Home("从搜索结果进入的页面"))
	inner := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/inner/":
			inner++
			s.ServeHTTP(w, r)
		case r.URL.Path == "/" && strings.Contains(r.UserAgent(), "Baiduspider"):
			http.Redirect(w, r, "/inner/", http.StatusFound)
		default:
			s.ServeHTTP(w, r)
		}
	}))
	defer server.Close()
	client := egress.New(egress.Policy{Local: netip.MustParseAddrPort(strings.TrimPrefix(server.URL, "http://")), Own: func(h string) bool { return strings.HasSuffix(h, "yanta.gov.cn") }, Resolver: enginetest.Nowhere{}})
	defer client.Close()
	o := enginetest.Options()
	o.Families = []string{"cloaked"}
	rep, err := engine.Inspect(t.Context(), client, nil, enginetest.Target(), o)
	if err != nil {
		t.Fatal(err)
	}
	if inner > 0 {
		t.Errorf("a page that robots.txt keeps from us was asked for %d times", inner)
	}
	if len(rep.Findings) > 0 || !enginetest.Untested(rep, "cloaked.agent", "robots.txt 不允许访问") || rep.Looked("cloaked.agent", "http://"+enginetest.Host+"/", "spider") {
		t.Errorf("%+v, %+v", rep.Findings, rep.Untested)
	}
	if !rep.Looked("cloaked.agent", "http://"+enginetest.Host+"/", "browser") {
		t.Error("what is allowed was not looked at")
	}
}
