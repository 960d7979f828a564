package engine_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"zhengshu/internal/blob"
	"zhengshu/internal/crawl"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/inspection/engine/enginetest"
)

// A run that is broken off anywhere and taken up again asks for nothing again that was
// answered, in guises, at addresses made up, of files, style sheets, site maps, the search
// and other sites alike, and says what one run says.
func TestRunTakenUpAsksNothingTwice(t *testing.T) {
	s := oddSite(t, func(u *url.URL) (enginetest.Page, bool) {
		return asPage(whole("雁塔区人民政府", regret)), u.Path != "/robots.txt" && !strings.HasPrefix(u.Path, "/gone/")
	})
	s.Set("/list.txt", enginetest.Page{Type: "text/plain; charset=utf-8", Body: "公示名单 张三 610113199003070010 13800138000"})
	s.Set("/css/site.css", enginetest.Page{Type: "text/css", Body: ".q{position:absolute;left:-9999px}"})
	s.Set("/sitemap.xml", enginetest.Page{Type: "application/xml", Body: `<urlset><url><loc>http://` + enginetest.Host + `/yw/1.html</loc></url></urlset>`})
	s.Swap("/map.html", "</ul>", `<li><a href="/list.txt">名单</a></li><li><a href="/gone/1.html">旧文</a></li></ul>`)
	s.Swap("/yw/1.html", "</head>", `<link rel="stylesheet" href="/css/site.css"></head>`)
	s.Swap("/yw/1.html", "</body>", `<div class="q"><a href="http://bet.example.com/">现金棋牌</a></div></body>`)
	var mu sync.Mutex
	asked, total := map[string]int{}, 0
	at := func(int) {}
	s.Replies = func(r *http.Request) int {
		path := r.URL.Path
		if path == "/robots.txt" {
			return 0
		}
		if last := strings.TrimSuffix(path[strings.LastIndex(path, "/")+1:], ".html"); len(last) == 14 {
			path = strings.Replace(path, last, "*", 1)
			if strings.Count(path, "/") > 1 {
				path = "/*/*"
			}
		}
		mu.Lock()
		asked[r.Method+" "+path+"?"+r.URL.RawQuery+" "+r.UserAgent()+" "+r.Referer()]++
		total++
		n := total
		mu.Unlock()
		at(n)
		return 0
	}
	store, err := blob.Disk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	client := s.Client(t)
	look := func(ctx context.Context, dir string) (engine.Report, error) {
		kept := enginetest.Frontier(t, dir)
		defer kept.Close()
		j, err := kept.Journal(context.Background(), "site", "run")
		if err != nil {
			t.Fatal(err)
		}
		o := enginetest.Options()
		o.Journal, o.Turns, o.KnownShare = j, j, 50
		o.Manners = crawl.NewManners(client, crawl.Courtesy{Delay: -1})
		o.Links = crawl.NewLinkCheck(client, o.Manners, 0).Share(kept)
		return engine.Inspect(ctx, client, store, enginetest.Target(), o)
	}
	prints := func(rep engine.Report) (out []string) {
		for _, f := range rep.Findings {
			out = append(out, f.Fingerprint()+" "+f.Check+" "+f.Where+" "+string(f.Evidence.Ref))
		}
		slices.Sort(out)
		return out
	}
	dir := t.TempDir()
	whole, err := look(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"link.soft404", "link.dead", engine.CheckStyled, "attachment.mobile"} {
		if !slices.ContainsFunc(whole.Findings, func(f engine.Sighting) bool { return f.Check == id }) {
			t.Errorf("no %s: %v", id, prints(whole))
		}
	}
	for _, f := range whole.Findings {
		if f.Evidence.Ref == "" {
			t.Errorf("%s without the bytes: %+v", f.Check, f.Evidence)
		}
	}
	once, all := asked, total
	asked, total = map[string]int{}, 0
	rep, err := look(context.Background(), dir)
	if err != nil || total != 0 || !slices.Equal(prints(rep), prints(whole)) {
		t.Errorf("taken up at its end (%v): asked %v; found %v, want %v", err, asked, prints(rep), prints(whole))
	}
	for cut := 5; cut < all; cut += 9 {
		asked, total = map[string]int{}, 0
		ctx, cancel := context.WithCancel(context.Background())
		at = func(n int) {
			if n == cut {
				cancel()
			}
		}
		dir := t.TempDir()
		if _, err := look(ctx, dir); !errors.Is(err, context.Canceled) {
			t.Fatalf("not broken off at %d of %d: %v", cut, all, err)
		}
		at = func(int) {}
		rep, err := look(context.Background(), dir)
		if err != nil {
			t.Fatal(err)
		}
		again := 0
		for key, n := range asked {
			again += max(0, n-once[key])
		}
		if again > 8 { // what was under way, of as many workers
			t.Errorf("broken off at %d: %d asked again", cut, again)
		}
		if !slices.Equal(prints(rep), prints(whole)) {
			t.Errorf("broken off at %d: found %v, want %v", cut, prints(rep), prints(whole))
		}
	}
	t.Logf("%d requests", all)
}

// A style sheet that has not changed since the last run is not sent again, and hides what it
// hid; one that has changed is read anew.
func TestStyleSheetsAreAskedForWhatChanged(t *testing.T) {
	s := enginetest.NewSite(t)
	s.Set("/css/site.css", enginetest.Page{Type: "text/css", Body: ".q{position:absolute;left:-9999px}", Tag: `"one"`})
	s.Swap("/yw/1.html", "</head>", `<link rel="stylesheet" href="/css/site.css"></head>`)
	s.Swap("/yw/1.html", "</body>", `<div class="q"><a href="http://bet.example.com/">现金棋牌</a></div></body>`)
	sent := 0
	s.Replies = func(r *http.Request) int {
		if r.URL.Path == "/css/site.css" && r.Header.Get("If-None-Match") != s.Pages["/css/site.css"].Tag {
			sent++
		}
		return 0
	}
	kept := enginetest.Frontier(t, t.TempDir())
	look := func(round string) (hidden int) {
		t.Helper()
		j, err := kept.Journal(t.Context(), "site", round)
		if err != nil {
			t.Fatal(err)
		}
		o := enginetest.Options()
		o.Journal = j
		rep, err := engine.Inspect(t.Context(), s.Client(t), nil, enginetest.Target(), o)
		if err != nil {
			t.Fatal(err)
		}
		if err := kept.Ended(t.Context(), "site", round); err != nil {
			t.Fatal(err)
		}
		for _, f := range rep.Findings {
			if f.Check == engine.CheckStyled {
				hidden++
				if b := f.Evidence.Beside; len(b) != 1 || b[0].Status != http.StatusOK || b[0].Size == 0 {
					t.Errorf("round %s: proof %+v", round, b)
				}
			}
		}
		return hidden
	}
	if n := look("r1"); n != 1 || sent != 1 {
		t.Errorf("first: %d hidden, sent %d times", n, sent)
	}
	if n := look("r2"); n != 1 || sent != 1 {
		t.Errorf("unchanged: %d hidden, sent %d times", n, sent)
	}
	if n := look("r3"); n != 1 || sent != 1 {
		t.Errorf("unchanged again: %d hidden, sent %d times", n, sent)
	}
	s.Set("/css/site.css", enginetest.Page{Type: "text/css", Body: ".q{color:#333}", Tag: `"two"`})
	if n := look("r4"); n != 0 || sent != 2 {
		t.Errorf("changed: %d hidden, sent %d times", n, sent)
	}
}

// What was answered before a run was broken off takes none of the time of the run.
func TestReplayTakesNoneOfTheTime(t *testing.T) {
	s := enginetest.NewSite(t)
	kept := enginetest.Frontier(t, t.TempDir())
	look := func(most, each time.Duration) engine.Report {
		t.Helper()
		j, err := kept.Journal(t.Context(), "site", "run")
		if err != nil {
			t.Fatal(err)
		}
		o := enginetest.Options()
		o.Journal, o.MaxTime, o.Families = j, most, []string{"link"}
		o.Progress = func(int, string, bool) { time.Sleep(each) }
		rep, err := engine.Inspect(t.Context(), s.Client(t), nil, enginetest.Target(), o)
		if err != nil {
			t.Fatal(err)
		}
		return rep
	}
	whole := look(0, 0)
	rep := look(400*time.Millisecond, 400*time.Millisecond/time.Duration(whole.Pages-2))
	if rep.Pages != whole.Pages || rep.Replayed != whole.Pages || enginetest.Untested(rep, "crawl."+string(crawl.TimeBudget), "") {
		t.Errorf("%d pages of %d, %d replayed; untested %+v", rep.Pages, whole.Pages, rep.Replayed, rep.Untested)
	}
}
