package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/png"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/blob"
	"zhengshu/internal/browser"
	"zhengshu/internal/check"
	"zhengshu/internal/egress"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/inspection/engine/enginetest"
)

// patience is how long a browser may take for a page, and for a picture, where a test
// asserts what was seen: a busy machine is no page that was not drawn.
const patience = 5 * time.Minute

// drawing is a browser of patience. The test is left out where none can be used; one
// that was only slow to start is none that cannot be used.
func drawing(t *testing.T, axe, left string) *browser.Browser {
	t.Helper()
	b := browser.New(browser.Settings{Axe: axe, PageTime: patience})
	child, err := b.Open(t.Context(), nil)
	var none *browser.Unavailable
	if errors.As(err, &none) && !errors.Is(err, context.DeadlineExceeded) {
		t.Skipf("no browser can be used here (%v); left out: %s", err, left)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Close(); err != nil {
		t.Fatal(err)
	}
	return b
}

// TestArticle15_PagesAreLookedAtInABrowser: a site with a dead link and a page wider
// than a telephone is inspected with a browser: the place of the link is boxed on
// a picture of the bytes that were kept, the width is a finding with its picture,
// and a second look shows the place mended.
func TestArticle15_PagesAreLookedAtInABrowser(t *testing.T) {
	s := enginetest.NewSite(t)
	client := s.Client(t)
	b := drawing(t, `var axe = {run: async () => ({violations: [{id: "color-contrast", impact: "serious", help: "文字与背景的对比度不够", nodes: [{target: [".footer"]}]}]})};`, "pictures, widths, load times")
	s.Swap("/", `<p><a href="/a.pdf">`, `<div style="width:1200px">宽</div><div style="height:1500px"></div><p><a href="/gone.html">旧文</a> <a href="/a.pdf">`)
	s.Swap("/", `<meta charset="utf-8">`, `<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">`)
	kept, err := blob.Disk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	o := enginetest.Options()
	o.Browser, o.Draws, o.Guises = b, 1, -1
	rep, err := engine.Inspect(t.Context(), client, kept, enginetest.Target(), o)
	if err != nil {
		t.Fatal(err)
	}
	of := func(id string) engine.Sighting {
		t.Helper()
		i := slices.IndexFunc(rep.Findings, func(f engine.Sighting) bool { return f.Check == id })
		if i < 0 {
			t.Fatalf("no %s: %+v", id, rep.Untested)
		}
		return rep.Findings[i]
	}
	picture := func(e engine.Evidence) (width int) {
		t.Helper()
		f, err := kept.Open(t.Context(), e.Screenshot)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		body, err := io.ReadAll(f)
		if err != nil {
			t.Fatal(err)
		}
		c, err := png.DecodeConfig(bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		return c.Width
	}
	dead := of("link.dead")
	if w := picture(dead.Evidence); w != 1366 || len(dead.Evidence.Boxes) != 1 || dead.Evidence.Boxes[0].Y < 100 {
		t.Errorf("the link is boxed at %+v of a picture %d wide", dead.Evidence.Boxes, w)
	}
	narrow := of("rendered.responsive")
	if w := picture(narrow.Evidence); narrow.Where != "宽 390 像素" && narrow.Where != "宽 768 像素" || w != 390 && w != 768 {
		t.Errorf("%s, a picture %d wide", narrow.Where, w)
	}
	if axe := of("accessible.axe"); axe.Severity != check.Error || !strings.Contains(axe.Says, "对比度") {
		t.Errorf("axe: %+v", axe)
	}
	// How long it took was measured and judged. A page is slow by the figure that is
	// said, of a machine however busy.
	if !rep.Looked("rendered.load", "http://"+enginetest.Host+"/", "载入") {
		t.Errorf("the load was not judged: %+v", rep.Untested)
	}
	for _, f := range rep.Findings {
		var took float64
		if f.Check != "rendered.load" {
			continue
		}
		_, figure, _ := strings.Cut(f.Says, "用时 ")
		if _, err := fmt.Sscanf(figure, "%f 秒", &took); err != nil || took < check.LoadLimit.Seconds() {
			t.Errorf("%s (%v)", f.Says, err)
		}
	}
	// A known finding keeps the picture it has.
	o.Known, o.Families = map[string]bool{dead.Fingerprint(): true}, []string{"link"}
	again, err := engine.Inspect(t.Context(), client, kept, enginetest.Target(), o)
	if err != nil || len(again.Findings) != 1 || again.Findings[0].Evidence.Screenshot != "" || again.Findings[0].Evidence.Unshot != "问题此前已经查到，没有再次截图" {
		t.Errorf("%+v (%v)", again.Findings, err)
	}
	o = enginetest.Options()
	o.Browser, o.Picture, o.PictureTime = b, true, patience
	look := func(f engine.Sighting) engine.Look {
		t.Helper()
		l, err := engine.Recheck(t.Context(), client, kept, enginetest.Target(), engine.Spot{Check: f.Check, Fingerprint: f.Fingerprint(), URL: f.URL, Where: f.Where}, o)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	if l := look(narrow); l.Outcome != engine.Standing {
		t.Errorf("still wide: %s %s", l.Outcome, l.Says)
	}
	s.Swap("/", `<div style="width:1200px">宽</div>`, "")
	s.Put("/gone.html", enginetest.Article("旧文恢复的一条信息", "要闻", "政务动态", "2026-03-10 09:00", "旧文已经恢复。"))
	if l := look(dead); l.Outcome != engine.Gone || l.Evidence.Screenshot == "" || len(l.Evidence.Boxes) != 1 {
		t.Errorf("mended: %s %s %+v", l.Outcome, l.Says, l.Evidence.Boxes)
	}
	// Of a page with personal data no picture is kept, whatever is found on it.
	s.Put("/yw/1.html", enginetest.Article("我区召开全区教育工作会议", "要闻", "政务动态", "2026-03-18 09:00", `报名电话13800138000，见<a href="/lost.html">名单</a>。`))
	o.Families, o.Draws, o.Guises = []string{"link", "privacy"}, -1, -1
	private, err := engine.Inspect(t.Context(), client, kept, enginetest.Target(), o)
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(private.Findings, func(f engine.Sighting) bool { return strings.HasSuffix(f.Where, "/lost.html") })
	if at < 0 || private.Findings[at].Evidence.Screenshot != "" || private.Findings[at].Evidence.Unshot != "页面含有个人信息" || !enginetest.Untested(private, "rendered", "个人信息") {
		t.Errorf("a page with a number of a person: %+v, %+v", private.Findings, private.Untested)
	}
	if at >= 0 {
		if l := look(private.Findings[at]); l.Outcome != engine.Standing || l.Evidence.Screenshot != "" || l.Evidence.Unshot != "页面含有个人信息" {
			t.Errorf("looked at again: %s, picture %q", l.Outcome, l.Evidence.Screenshot)
		}
	}
	o = enginetest.Options()
	o.Browser, o.Picture, o.PictureTime = b, true, patience
	// Many looks share one browser, what must be drawn to be judged too; when the
	// time for pictures is used up, the verdicts come without.
	for most, pictured := range map[time.Duration]bool{3 * patience: true, 0: false} {
		ctx, end := engine.WithPictures(t.Context(), most)
		for _, f := range []engine.Sighting{dead, narrow, dead} {
			l, err := engine.Recheck(ctx, client, kept, enginetest.Target(), engine.Spot{Check: f.Check, Fingerprint: f.Fingerprint(), URL: f.URL, Where: f.Where}, o)
			if err != nil || l.Outcome == engine.Unknown || f.Check == dead.Check && ((l.Evidence.Screenshot != "") != pictured || (l.Evidence.Unshot == "") != pictured) {
				t.Errorf("%s within %v: %s %s, picture %q (%v)", f.Check, most, l.Outcome, l.Says, l.Evidence.Screenshot, err)
			}
		}
		if err := end(); err != nil {
			t.Error(err)
		}
	}
}

// The newest dated entry of a home page that is stale is boxed on its picture: by
// the words of its date, or by the link where the article alone tells the day.
func TestTheNewestEntryOfAStaleHomePageIsBoxed(t *testing.T) {
	s := enginetest.NewSite(t)
	client := s.Client(t)
	b := drawing(t, "", "the box of a stale home page")
	kept, err := blob.Disk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string]string{
		"a date in the list":  `<div style="height:700px"></div><ul><li><a href="/x.html">旧的</a> <span>2026-01-05</span></li><li><a href="/y.html">新的</a> <span>2026年2月6日</span></li></ul>`,
		"a day of an article": `<div style="height:700px"></div><p><a href="/z.html">没有日期的标题</a></p>`,
	} {
		s.Put("/", `<html lang="zh-CN"><head><meta charset="utf-8"><title>雁塔区人民政府</title></head><body>`+body+`</body></html>`)
		s.Put("/x.html", enginetest.Article("旧的", "要闻", "政务动态", "2026-01-05 09:00", "旧的一条。"))
		s.Put("/y.html", enginetest.Article("新的", "要闻", "政务动态", "2026-02-06 09:00", "新的一条。"))
		s.Put("/z.html", enginetest.Article("没有日期的标题", "要闻", "政务动态", "2026-02-07 09:00", "一条。"))
		o := enginetest.Options()
		o.Browser, o.Draws, o.Guises, o.Families = b, 1, -1, []string{"home"}
		rep, err := engine.Inspect(t.Context(), client, kept, enginetest.Target(), o)
		if err != nil {
			t.Fatal(err)
		}
		if len(rep.Findings) != 1 || rep.Findings[0].Check != "home.stale" || rep.Findings[0].Evidence.Screenshot == "" {
			t.Fatalf("%s: %+v, %+v", name, rep.Findings, rep.Untested)
		}
		f := rep.Findings[0]
		if len(f.Evidence.Boxes) != 1 || f.Evidence.Boxes[0].Y < 100 {
			t.Errorf("%s: boxed at %+v", name, f.Evidence.Boxes)
		}
		o.Picture, o.PictureTime = true, patience
		l, err := engine.Recheck(t.Context(), client, kept, enginetest.Target(), engine.Spot{Check: f.Check, Fingerprint: f.Fingerprint(), URL: f.URL, Where: f.Where}, o)
		if err != nil || l.Outcome != engine.Standing || len(l.Evidence.Boxes) != 1 {
			t.Errorf("%s, looked at again: %s %+v %v", name, l.Says, l.Evidence.Boxes, err)
		}
	}
}

// The browser reaches what the policy allows and nothing else, whatever a page
// asks for.
func TestABrowserGoesNoOtherWay(t *testing.T) {
	s := enginetest.NewSite(t)
	other := enginetest.NewSite(t) // a listener that nobody allowed
	b := drawing(t, "", "what a page in it can reach")
	at := other.Addr().String()
	s.Put("/", strings.Replace(enginetest.Home(""), "<h2>要闻</h2>", `<h2>要闻</h2><img src="http://`+at+`/x.png"><iframe src="http://127.0.0.1:22/"></iframe><script>fetch("http://`+at+`/y"); new WebSocket("ws://`+at+`/z");</script>`, 1))
	kept, err := blob.Disk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	client := egress.New(egress.Policy{Local: s.Addr(), Own: func(h string) bool { return h == enginetest.Host }, Resolver: enginetest.Nowhere{}})
	defer client.Close()
	o := enginetest.Options()
	o.Browser, o.Draws, o.Guises, o.Families = b, 1, -1, []string{"rendered"}
	rep, err := engine.Inspect(t.Context(), client, kept, enginetest.Target(), o)
	if err != nil {
		t.Fatal(err)
	}
	if !rep.Looked("rendered.load", "http://"+enginetest.Host+"/", "载入") {
		t.Errorf("the page was not drawn: %+v", rep.Untested)
	}
	other.Mu.Lock()
	defer other.Mu.Unlock()
	if len(other.Hosts) > 0 {
		t.Errorf("another listener was reached: %v", other.Asked)
	}
}

// The browser asks robots.txt for what a page loads, too, of its own host and of
// others: what is kept from us is not asked for, and the page could not be tested.
func TestABrowserAsksRobots(t *testing.T) {
	s := enginetest.NewSite(t)
	b := drawing(t, "", "what a page may load")
	o := enginetest.Options()
	o.Browser, o.Draws, o.Guises, o.Families = b, 1, -1, []string{"rendered"}
	look := func() engine.Report {
		t.Helper()
		s.Mu.Lock()
		clear(s.Loaded)
		s.Mu.Unlock()
		rep, err := engine.Inspect(t.Context(), s.Client(t), nil, enginetest.Target(), o)
		if err != nil {
			t.Fatal(err)
		}
		return rep
	}
	loaded := func(host, path string) int {
		s.Mu.Lock()
		defer s.Mu.Unlock()
		return s.Loaded[host+path]
	}
	s.Swap("/", `<h2>要闻</h2>`, `<link rel="stylesheet" href="/style/a.css"><div style="width:2000px">宽</div><h2>要闻</h2>`)
	s.Set("/style/a.css", enginetest.Page{Type: "text/css", Body: "div{width:auto!important}"})
	s.Put("/frame/", "<p>外站</p>")
	s.Set("/robots.txt", enginetest.Page{Type: "text/plain", Body: "User-agent: *\nDisallow: /style/\n"})
	rep := look()
	if len(rep.Findings) > 0 || !enginetest.Untested(rep, "rendered.responsive", "/style/a.css 没有取得（robots.txt 不允许访问") || rep.Looked("rendered.load", "http://"+enginetest.Host+"/", "载入") {
		t.Errorf("a stylesheet that is kept from us: %+v, %+v", rep.Findings, rep.Untested)
	}
	if n := loaded(enginetest.Host, "/style/a.css"); n > 0 {
		t.Errorf("the stylesheet was asked for %d times", n)
	}
	s.Set("/robots.txt", enginetest.Page{Type: "text/plain", Body: "User-agent: *\nDisallow: /frame/\n"})
	s.Swap("/", `<h2>要闻</h2>`, `<iframe src="http://other.yanta.gov.cn/frame/"></iframe><h2>要闻</h2>`)
	if rep = look(); !enginetest.Untested(rep, "rendered.responsive", "http://other.yanta.gov.cn/frame/ 没有取得") || loaded("other.yanta.gov.cn", "/frame/") > 0 {
		t.Errorf("another host's frame: asked %d times, %+v", loaded("other.yanta.gov.cn", "/frame/"), rep.Untested)
	}
	if n := loaded("other.yanta.gov.cn", "/robots.txt"); n == 0 {
		t.Error("the other host was not asked for its robots.txt")
	}
	s.Set("/robots.txt", enginetest.Page{Type: "text/plain", Body: ""})
	if rep = look(); !rep.Looked("rendered.load", "http://"+enginetest.Host+"/", "载入") || loaded(enginetest.Host, "/style/a.css") == 0 || loaded("other.yanta.gov.cn", "/frame/") == 0 {
		t.Errorf("where all is allowed: %+v", rep.Untested)
	}
}

// A list that a script fills is read as a browser draws it: old dates and an empty list
// that says so are findings with the drawn page beside them, new dates are none. What
// the script could not get, and an empty box without a word, leave it undecided.
func TestAListThatAScriptFillsIsReadAsDrawn(t *testing.T) {
	s := enginetest.NewSite(t)
	client := s.Client(t)
	b := drawing(t, "", "lists that scripts fill")
	kept, err := blob.Disk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	const script = `<ul id="rows"></ul><script>fetch("/data.json").then(r => r.json()).then(rows => { if (rows.length || SAYS) document.getElementById("rows").innerHTML = rows.map(x => '<li><a href="' + x[0] + '">' + x[1] + '</a> <span>' + x[2] + '</span></li>').join("") || '<li>暂无数据</li>'; })</script>`
	const outside = `<script src="https://zfwzgl.www.gov.cn/exposure/jiucuo.js" id="_jiucuo_" data-sitecode="6101130001"></script>`
	const column = "http://" + enginetest.Host + "/dt/"
	rows := func(day string) string {
		return `[["/dt/1.html","我区召开推进重点项目建设工作会议","` + day + `"],["/dt/2.html","我区开展冬季安全生产检查工作","2025-11-20"]]`
	}
	s.Swap("/", `<div class="main">`, `<div class="main"><p><a href="/dt/">工作动态</a></p>`)
	look := func(data, says, more string, br *browser.Browser) engine.Report {
		t.Helper()
		body := strings.Replace(enginetest.List("工作动态", "政务动态", ""), "<ul></ul>", strings.Replace(script, "SAYS", says, 1), 1)
		s.Put("/dt/", strings.Replace(body, outside, more, 1))
		s.Set("/data.json", enginetest.Page{Type: "application/json", Body: data})
		o := enginetest.Options()
		// On a day without measuring, too.
		o.Browser, o.Draws, o.Guises, o.Families = br, -1, -1, []string{"column"}
		rep, err := engine.Inspect(t.Context(), client, kept, enginetest.Target(), o)
		if err != nil {
			t.Fatal(err)
		}
		return rep
	}
	drawn := func(rep engine.Report, id, holds string) engine.Sighting {
		t.Helper()
		i := slices.IndexFunc(rep.Findings, func(f engine.Sighting) bool { return f.Check == id && f.Where == column })
		if i < 0 {
			t.Fatalf("no %s: %+v, %+v", id, rep.Findings, rep.Untested)
		}
		f := rep.Findings[i]
		if len(f.Evidence.Beside) != 1 || f.Evidence.Beside[0].As != engine.AsDrawn || f.Evidence.SHA256 == f.Evidence.Beside[0].SHA256 {
			t.Fatalf("%s beside: %+v", id, f.Evidence)
		}
		in, err := kept.Open(t.Context(), f.Evidence.Beside[0].Ref)
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		if body, err := io.ReadAll(in); err != nil || !strings.Contains(string(body), holds) {
			t.Fatalf("%s: the drawn page lacks %q (%v)", id, holds, err)
		}
		return f
	}
	stale := drawn(look(rows("2025-12-01"), "1", "", b), "column.stale", "2025-12-01")
	drawn(look("[]", "1", "", b), "column.blank", "暂无数据")
	for name, rep := range map[string]engine.Report{
		"a script that did not come": look(rows("2025-12-01"), "1", outside, b),
		"an empty box":               look("[]", "0", "", b),
		"no browser":                 look(rows("2025-12-01"), "1", "", nil),
	} {
		if slices.ContainsFunc(rep.Findings, func(f engine.Sighting) bool { return f.Where == column }) || !enginetest.Untested(rep, "column.stale", "脚本") {
			t.Errorf("%s: %+v, %+v", name, rep.Findings, rep.Untested)
		}
	}
	rep := look(rows("2026-03-18"), "1", outside, b)
	if slices.ContainsFunc(rep.Findings, func(f engine.Sighting) bool { return f.Where == column }) || !rep.Looked("column.stale", column, column) {
		t.Errorf("fresh: %+v, %+v", rep.Findings, rep.Untested)
	}
	again := func() engine.Look {
		t.Helper()
		o := enginetest.Options()
		o.Browser = b
		l, err := engine.Recheck(t.Context(), client, kept, enginetest.Target(), engine.Spot{Check: stale.Check, Fingerprint: stale.Fingerprint(), URL: stale.URL, Where: stale.Where}, o)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	if l := again(); l.Outcome != engine.Gone {
		t.Errorf("updated: %s %s", l.Outcome, l.Says)
	}
	look(rows("2025-12-01"), "1", "", nil)
	if l := again(); l.Outcome != engine.Standing || len(l.Evidence.Beside) != 1 {
		t.Errorf("still stale: %s %s %+v", l.Outcome, l.Says, l.Evidence.Beside)
	}
}
