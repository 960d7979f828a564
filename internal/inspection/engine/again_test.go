package engine_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"zhengshu/internal/check"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/inspection/engine/enginetest"
)

// A server that was busy once is not dead: what failed is asked once more before
// it is called so.
func TestBusyOnceIsNotDead(t *testing.T) {
	s := enginetest.NewSite(t)
	s.Put("/yw/2.html", enginetest.Article("我区召开春季防火会议", "要闻", "政务动态", "2026-03-19 09:00", "会议部署了春季防火工作。"))
	s.Swap("/yw/", "</ul>", `<li><a href="/yw/2.html">我区召开春季防火会议</a><span>2026-03-19</span></li></ul>`)
	s.Busy["/a.pdf"], s.Busy["/yw/2.html"] = 1, 1
	if rep := inspect(t, s, enginetest.Options()); len(checks(rep)) != 0 {
		t.Errorf("busy once: %+v", rep.Findings)
	}
	s.Busy["/a.pdf"], s.Busy["/yw/2.html"] = 1000, 1000
	rep := inspect(t, s, enginetest.Options())
	dead := map[string]bool{}
	for _, f := range rep.Findings {
		if f.Check == "link.dead" && f.Evidence.LinkStatus == http.StatusServiceUnavailable {
			dead[strings.TrimPrefix(f.Where, "http://"+enginetest.Host)] = true
		}
	}
	if len(dead) != 2 || !dead["/a.pdf"] || !dead["/yw/2.html"] {
		t.Errorf("dead: %v; %+v", dead, rep.Findings)
	}
}

// A page or a file that was missing once may be there a moment later; what is called
// dead was missing twice, and the proof tells when.
func TestMissingOnceIsNotDead(t *testing.T) {
	for _, status := range []int{http.StatusNotFound, http.StatusGone} {
		s := enginetest.NewSite(t)
		s.Put("/yw/2.html", enginetest.Article("我区召开春季防火会议", "要闻", "政务动态", "2026-03-19 09:00", "会议部署了春季防火工作。"))
		s.Swap("/yw/", "</ul>", `<li><a href="/yw/2.html">我区召开春季防火会议</a><span>2026-03-19</span></li></ul>`)
		gets, then := map[string]int{}, http.StatusOK
		s.Replies = func(r *http.Request) int {
			if r.URL.Path != "/a.pdf" && r.URL.Path != "/yw/2.html" || !strings.Contains(r.UserAgent(), "zhengshu") {
				return 0
			}
			if r.Method == http.MethodHead {
				return status
			}
			if gets[r.URL.Path]++; gets[r.URL.Path] == 1 {
				return status
			}
			return then
		}
		look := func(answer int) (engine.Report, map[string]engine.Sighting) {
			clear(gets)
			then = answer
			rep, dead := inspect(t, s, enginetest.Options()), map[string]engine.Sighting{}
			for _, f := range rep.Findings {
				if f.Check == "link.dead" && strings.HasPrefix(f.Where, "http://"+enginetest.Host) {
					dead[strings.TrimPrefix(f.Where, "http://"+enginetest.Host)] = f
				}
			}
			return rep, dead
		}
		if _, dead := look(0); len(dead) != 0 {
			t.Errorf("%d once: %+v", status, dead)
		}
		_, dead := look(status)
		if len(dead) != 2 {
			t.Fatalf("%d twice: %+v", status, dead)
		}
		for path, f := range dead {
			b := f.Evidence.Beside
			if len(b) != 2 || b[0].As != engine.AsFirst || b[1].As != engine.AsSecond || b[0].Status != status || b[1].Status != status || b[0].At.IsZero() || !b[1].At.After(b[0].At) || f.Evidence.LinkStatus != status {
				t.Errorf("%s: proof %+v", path, b)
			}
		}
		if n := gets["/yw/2.html"]; n != 2 {
			t.Errorf("the page was asked for %d times", n)
		}
		rep, dead := look(http.StatusInternalServerError)
		if len(dead) != 0 || !enginetest.Untested(rep, "link.dead", "再次访问时没有正常应答") || rep.Looked("link.dead", "http://"+enginetest.Host+"/", "http://"+enginetest.Host+"/a.pdf") {
			t.Errorf("%d, then 500: %+v, untested %+v", status, dead, rep.Untested)
		}
	}
}

// A file that HEAD finds and GET does not is missing to a visitor; where HEAD is right
// only a few are asked for twice.
func TestFilesAreJudgedByWhatAVisitorGets(t *testing.T) {
	s := enginetest.NewSite(t)
	var links strings.Builder
	for i := range 12 {
		path := "/f/" + strconv.Itoa(i) + ".zip"
		s.Set(path, enginetest.Page{Type: "application/zip", Body: "PK made up"})
		links.WriteString(`<li><a href="` + path + `">附件` + strconv.Itoa(i) + `</a></li>`)
	}
	s.Swap("/map.html", "</ul>", links.String()+"</ul>")
	gets, missing := 0, false
	s.Replies = func(r *http.Request) int {
		if strings.HasPrefix(r.URL.Path, "/f/") && r.Method == http.MethodGet {
			if gets++; missing {
				return http.StatusNotFound
			}
		}
		return 0
	}
	o := enginetest.Options()
	o.Families = []string{"link"}
	dead := func() (n int) {
		for _, f := range inspect(t, s, o).Findings {
			if f.Check == "link.dead" && strings.Contains(f.Where, "/f/") && len(f.Evidence.Beside) == 2 {
				n++
			}
		}
		return n
	}
	if n := dead(); n != 0 || gets > 3 {
		t.Errorf("HEAD is right: %d dead, %d asked for by GET", n, gets)
	}
	missing = true
	if n := dead(); n != 12 {
		t.Errorf("HEAD is wrong: %d of 12 dead", n)
	}
}

// A site with more dead links than are asked again is told all of them.
func TestManyMissingAreAllTold(t *testing.T) {
	s := enginetest.NewSite(t)
	var links strings.Builder
	for i := range 520 {
		links.WriteString(`<li><a href="/gone/` + strconv.Itoa(i) + `.pdf">旧文` + strconv.Itoa(i) + `</a></li>`)
	}
	s.Swap("/map.html", "</ul>", links.String()+"</ul>")
	o := enginetest.Options()
	o.Families = []string{"link"}
	rep := inspect(t, s, o)
	dead, twice := 0, 0
	for _, f := range rep.Findings {
		if f.Check == "link.dead" && strings.Contains(f.Where, "/gone/") {
			dead++
			if len(f.Evidence.Beside) == 2 {
				twice++
			}
		}
	}
	if dead != 520 || twice != 500 {
		t.Errorf("told %d, seen twice %d", dead, twice)
	}
}

func TestHomeThatWasBusyOnceIsNotShut(t *testing.T) {
	s := enginetest.NewSite(t)
	s.Busy["/"] = 1
	rep := inspect(t, s, enginetest.Options())
	if len(rep.Findings) != 0 || !enginetest.Untested(rep, engine.CheckHome, "再次访问时不再如此") {
		t.Errorf("busy once: %+v, untested %+v", rep.Findings, rep.Untested)
	}
}

// What could not be read is not stale: the articles of a home page without dates
// may say when they are from.
func TestUndatedHomeWithUnreadPagesIsUntested(t *testing.T) {
	undated := func() *enginetest.Site {
		s := enginetest.NewSite(t)
		s.Put("/", enginetest.Home(`<li><a href="/x/1.html">我区召开全区教育工作会议</a></li><li><a href="/x/2.html">我区召开春季防火会议</a></li>`))
		s.Swap("/yw/", "<span>2026-03-18</span>", "")
		s.Swap("/tz/", "<span>2026-01-09</span>", "")
		return s
	}
	stale := func(rep engine.Report) (n int) {
		for _, f := range rep.Findings {
			if f.Check == "home.stale" {
				n++
			}
		}
		return n
	}
	s := undated()
	for _, path := range []string{"/x/1.html", "/x/2.html", "/yw/1.html", "/tz/1.html"} {
		s.Set(path, enginetest.Page{Status: http.StatusForbidden, Type: "text/html", Body: "x"})
	}
	if rep := inspect(t, s, enginetest.Options()); stale(rep) != 0 || !enginetest.Untested(rep, "home.stale", "没有读到") {
		t.Errorf("refused articles: %+v, untested %+v", rep.Findings, rep.Untested)
	}
	s = undated()
	for _, path := range []string{"/x/1.html", "/x/2.html", "/yw/1.html", "/tz/1.html"} {
		s.Set(path, enginetest.Page{})
		s.Put(path, enginetest.Head("某篇-雁塔区人民政府", enginetest.ColumnTags("要闻", "政务动态"))+`<h1>某篇</h1><div class="content"><p>没有日期的一篇。</p></div>`+enginetest.Foot)
	}
	if rep := inspect(t, s, enginetest.Options()); stale(rep) != 1 {
		t.Errorf("all read, none dated: %d, %+v", stale(rep), rep.Untested)
	}
}

// A finding is not gone because the next run could not look: its link refused to
// answer, a check could not be put to its page, or more was found than is listed.
func TestWhatWasNotLookedAtIsNotGone(t *testing.T) {
	s := enginetest.NewSite(t)
	s.Swap("/", `<p><a href="/a.pdf">`, `<p><a href="/gone.html">旧文</a> <a href="/a.pdf">`)
	rep := inspect(t, s, enginetest.Options())
	if len(rep.Findings) == 0 || rep.Findings[0].Check != "link.dead" {
		t.Fatalf("found %+v", rep.Findings)
	}
	dead := rep.Findings[0]
	s.Set("/gone.html", enginetest.Page{Status: http.StatusForbidden, Type: "text/html", Body: "x"})
	if rep = inspect(t, s, enginetest.Options()); len(checks(rep)) != 0 || rep.Looked(dead.Check, dead.URL, dead.Where) {
		t.Errorf("a link that refuses us counts as mended: %+v, %+v", rep.Findings, rep.Untested)
	}
	s.Put("/gone.html", enginetest.Article("旧文", "要闻", "政务动态", "2026-03-10 09:00", "旧文已经恢复。"))
	if rep = inspect(t, s, enginetest.Options()); !rep.Looked(dead.Check, dead.URL, dead.Where) {
		t.Errorf("a link that was mended was not looked at: %+v", rep.Untested)
	}

	// More words wrong than one page lists.
	s = enginetest.NewSite(t)
	o := enginetest.Options()
	o.Scanner = stutter{}
	s.Put("/yw/1.html", enginetest.Article("我区召开全区教育工作会议", "要闻", "政务动态", "2026-03-18 09:00", strings.Repeat("错甲错乙", 40)))
	rep = inspect(t, s, o)
	if rep.Looked("wording.spelling", "http://"+enginetest.Host+"/yw/1.html", "某处") || !enginetest.Untested(rep, "wording", "只列出前") {
		t.Errorf("a page with more than is listed counts as read whole: %+v", rep.Untested)
	}
	if !rep.Looked("wording.spelling", "http://"+enginetest.Host+"/tz/1.html", "某处") || !rep.Looked("privacy.phone", "http://"+enginetest.Host+"/yw/1.html", "") {
		t.Error("other pages and other checks are in doubt with it")
	}
}

// stutter finds each character after 错 wrong by its place.
type stutter struct{}

func (stutter) Scan(text string) (out []check.Span) {
	rs := []rune(text)
	for i := 0; i+1 < len(rs); i++ {
		if rs[i] == '错' {
			out = append(out, check.Span{Kind: "wording.spelling", Start: i, End: i + 2, Wrong: string(rs[i:i+2]) + strconv.Itoa(i), Says: "疑为错别字。", Confidence: 0.95})
		}
	}
	return out
}

// A file that was told to be dead is not asked for once more to be read, nor does it take
// the turn of one that opens.
func TestDeadFilesAreNotAskedForToBeRead(t *testing.T) {
	s := enginetest.NewSite(t)
	s.Set("/list.txt", enginetest.Page{Type: "text/plain; charset=utf-8", Body: "公示名单"})
	var links strings.Builder
	for i := range 45 {
		links.WriteString(`<li><a href="/gone/` + strconv.Itoa(i) + `.pdf">旧表` + strconv.Itoa(i) + `</a></li>`)
	}
	s.Swap("/map.html", "</ul>", links.String()+`<li><a href="/list.txt">名单</a></li></ul>`)
	asked := func(families ...string) (dead int, rep engine.Report) {
		o := enginetest.Options()
		o.Families = families
		s.Mu.Lock()
		clear(s.Asked)
		s.Mu.Unlock()
		rep = inspect(t, s, o)
		for i := range 45 {
			dead += s.Hits("/gone/" + strconv.Itoa(i) + ".pdf")
		}
		return dead, rep
	}
	alone, _ := asked("link")
	both, rep := asked("link", "attachment")
	if alone == 0 || both != alone {
		t.Errorf("dead files were asked for %d times by the link check, %d times with their reading", alone, both)
	}
	if enginetest.Untested(rep, "attachment.unread", "没有轮到") {
		t.Errorf("dead files took the turn of others: %+v", rep.Untested)
	}
	if dead, _ := asked("attachment"); dead == 0 {
		t.Error("without the link check nothing is known of a file, and it was not asked for")
	}
}
