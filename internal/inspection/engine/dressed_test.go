package engine_test

import (
	"strings"
	"testing"

	"zhengshu/internal/blob"
	"zhengshu/internal/check"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/inspection/engine/enginetest"
)

func styledOf(rep engine.Report) (out []engine.Sighting) {
	for _, f := range rep.Findings {
		if f.Check == engine.CheckStyled {
			out = append(out, f)
		}
	}
	return out
}

// A link, a frame or words of spam that a style sheet of the site hides are one finding of
// all pages that show them, with the sheet and its bytes; a sheet is asked for once. The
// second look reads it again.
func TestStyleSheetsHide(t *testing.T) {
	for what, planted := range map[string]string{"link": `<a href="http://www.qinghe-maoyi.com/">清河</a>`, "frame": `<iframe src="http://www.qinghe-maoyi.com/"></iframe>`, "words": `<p>澳门百家乐开户</p>`} {
		t.Run(what, func(t *testing.T) { sheetHides(t, `<div class="zx">`+planted+`</div></body>`) })
	}
}

func sheetHides(t *testing.T, planted string) {
	s := enginetest.NewSite(t)
	for _, path := range []string{"/", "/yw/", "/tz/", "/yw/1.html"} {
		s.Swap(path, "</head>", `<link rel="stylesheet" href="/css/main.css"></head>`)
		s.Swap(path, "</body>", planted)
	}
	sheet := enginetest.Page{Type: "text/css", Body: `@import "inner.css"; .zx{color:#333}`}
	s.Set("/css/main.css", sheet)
	s.Set("/css/inner.css", enginetest.Page{Type: "text/css", Body: `.zx{position:absolute;left:-9999px}`})
	store, err := blob.Disk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	rep, err := engine.Inspect(t.Context(), s.Client(t), store, enginetest.Target(), enginetest.Options())
	if err != nil {
		t.Fatal(err)
	}
	found := styledOf(rep)
	if len(found) != 1 || found[0].Severity == check.Advice || found[0].Pages != 4 || !found[0].OnHome || !strings.Contains(found[0].Says, "/css/inner.css 中的规则 .zx") {
		t.Fatalf("%+v", found)
	}
	if s.Asked["/css/main.css"] != 1 || s.Asked["/css/inner.css"] != 1 {
		t.Errorf("asked %d and %d times", s.Asked["/css/main.css"], s.Asked["/css/inner.css"])
	}
	beside := found[0].Evidence.Beside
	if len(beside) != 2 || beside[0].As != engine.AsSheet || beside[0].SHA256 == "" || beside[0].Ref == "" || !strings.HasSuffix(beside[1].URL, "/css/inner.css") {
		t.Errorf("evidence %+v", beside)
	}
	spot := engine.Spot{Check: found[0].Check, Fingerprint: found[0].Fingerprint(), URL: found[0].URL, Also: found[0].Also, Where: found[0].Where}
	again := func(want string) {
		t.Helper()
		l, err := engine.Recheck(t.Context(), s.Client(t), store, enginetest.Target(), spot, enginetest.Options())
		if err != nil || l.Outcome != want {
			t.Errorf("looked again: %s %s, want %s (%v)", l.Outcome, l.Says, want, err)
		}
	}
	again(engine.Standing)
	s.Set("/css/inner.css", enginetest.Page{Type: "text/html", Body: "<html><body>请登录</body></html>"})
	again(engine.Unknown)
	s.Set("/css/inner.css", enginetest.Page{Type: "text/css", Body: `.zx{color:red}`})
	again(engine.Gone)
}

// A sheet that does not come, is too long or forbidden is no violation, and nothing that
// stands is gone by it.
func TestStyleSheetsThatCannotBeRead(t *testing.T) {
	for name, set := range map[string]func(s *enginetest.Site){
		"absent": func(*enginetest.Site) {},
		"too long": func(s *enginetest.Site) {
			s.Set("/css/main.css", enginetest.Page{Type: "text/css", Body: strings.Repeat(".zx{font-size:0}", 1<<17)})
		},
		"a page": func(s *enginetest.Site) { s.Put("/css/main.css", "<html><body>.zx{font-size:0}</body></html>") },
		"forbidden": func(s *enginetest.Site) {
			s.Set("/robots.txt", enginetest.Page{Type: "text/plain", Body: "User-agent: *\nDisallow: /css/\n"})
			s.Set("/css/main.css", enginetest.Page{Type: "text/css", Body: ".zx{font-size:0}"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := enginetest.NewSite(t)
			s.Swap("/yw/1.html", "</head>", `<link rel="stylesheet" href="/css/main.css"></head>`)
			s.Swap("/yw/1.html", "</body>", `<div class="zx"><a href="http://www.qinghe-maoyi.com/">清河</a></div></body>`)
			set(s)
			rep := inspect(t, s, enginetest.Options())
			if got := styledOf(rep); len(got) > 0 || !enginetest.Untested(rep, engine.CheckStyled, "样式表") {
				t.Fatalf("%+v %+v", got, rep.Untested)
			}
			page := "http://" + enginetest.Host + "/yw/1.html"
			if rep.Looked(engine.CheckStyled, page, "a") || !rep.Looked(engine.CheckStyled, "http://"+enginetest.Host+"/tz/1.html", "a") {
				t.Error("what was looked at is not told")
			}
			if w := rep.Pack().Unpack(); w.Looked(engine.CheckStyled, page, "a") || !w.Looked(engine.CheckStyled, "http://"+enginetest.Host+"/tz/1.html", "a") {
				t.Error("what was looked at is lost on the way")
			}
		})
	}
}
