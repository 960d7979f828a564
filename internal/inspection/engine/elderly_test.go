package engine_test

import (
	"strings"
	"testing"

	"zhengshu/internal/inspection/engine/enginetest"
)

// A column and its layout for the elderly are one column: what is wrong with both is told
// once, of the plain one; what is wrong with that layout alone is told of it.
func TestAColumnForTheElderlyIsNotToldTwice(t *testing.T) {
	const old = `<li><a href="/yw/7.html">我区召开全区林业工作会议</a><span>2024-03-18</span></li>`
	for name, c := range map[string]struct{ at, head string }{
		"by its folder":        {"/elder/yw/", ""},
		"by its query":         {"/yw/?mode=elder", ""},
		"by what it calls its": {"/big/yw.html", `<link rel="canonical" href="/yw/">`},
	} {
		s := enginetest.NewSite(t)
		s.Put("/yw/7.html", enginetest.Article("我区召开全区林业工作会议", "要闻", "政务动态", "2024-03-18 09:00", "会议总结了工作，部署了重点任务。"))
		elder := enginetest.List("要闻", "政务动态", old)
		if c.head != "" {
			elder = strings.Replace(elder, "</head>", c.head+"</head>", 1)
		}
		s.Put("/yw/", enginetest.List("要闻", "政务动态", old))
		path, query, _ := strings.Cut(c.at, "?")
		if query == "" {
			s.Put(path, elder)
		}
		s.Swap("/", "</body>", `<a href="`+c.at+`">长辈版</a></body>`)
		o := enginetest.Options()
		o.Families = []string{"column"}
		told := func() (out []string) {
			rep := inspect(t, s, o)
			for _, f := range rep.Findings {
				if strings.HasPrefix(f.Check, "column.") && strings.Contains(f.Says, "要闻") {
					out = append(out, f.Where)
				}
			}
			return out
		}
		if got := told(); len(got) != 1 || !strings.HasSuffix(got[0], "/yw/") || strings.Contains(got[0], "elder") {
			t.Errorf("%s: told of %q", name, got)
		}
		if query != "" || c.head != "" {
			continue
		}
		s.Put("/yw/", enginetest.List("要闻", "政务动态", `<li><a href="/yw/1.html">我区召开全区教育工作会议</a><span>2026-03-18</span></li>`))
		if got := told(); len(got) != 1 || !strings.HasSuffix(got[0], c.at) {
			t.Errorf("%s, that layout alone: told of %q", name, got)
		}
	}
}
