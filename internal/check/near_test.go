package check_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"zhengshu/internal/check"
)

// A wrong word is placed by the heading it stands under, else by its paragraph, with the
// words of that paragraph alone: not by what the page puts before it.
func TestAPlaceIsToldByItsHeading(t *testing.T) {
	long := "全县各乡镇和各部门要把这项工作摆在突出位置，统筹安排人力物力，逐项明确责任人和完成时限，确保"
	for _, c := range []struct{ name, body, want string }{
		{"under a heading", `<h2>通知公告</h2><div>分享到</div><p>请认真惯彻会议精神。</p>`, "“通知公告”之下：请认真惯彻会议精神。"},
		{"the heading itself", `<p>首页</p><h1>关于惯彻会议精神的通知</h1><p>正文</p>`, "标题：关于惯彻会议精神的通知"},
		{"no heading, a widget before", `<div>字号：大 中 小</div><p>请认真惯彻会议精神。</p>`, "请认真惯彻会议精神。"},
		{"a widget in the same line", `<div><span>【字体：大 中 小】</span><span>请认真惯彻会议精神。</span></div>`, "请认真惯彻会议精神。"},
		{"a breadcrumb in the same line", `<div><span>当前位置：首页 &gt; 政务公开 &gt; 通知</span> <span>请认真惯彻会议精神。</span></div>`, "请认真惯彻会议精神。"},
		{"a long paragraph", `<p>` + long + `惯彻到位。</p>`, "“全县各乡镇和各部门要把这项工作摆在突出位置，统筹…”一段：…人力物力，逐项明确责任人和完成时限，确保惯彻到位。"},
		{"a numbered line above", `<h1>工作方案</h1><p>一、总体要求</p><p>请认真惯彻会议精神。</p>`, "“一、总体要求”之下：请认真惯彻会议精神。"},
		{"a numbered paragraph", `<h1>工作方案</h1><p>（二）加强领导。` + long + `惯彻到位。</p>`, "“（二）加强领导”之下：…人力物力，逐项明确责任人和完成时限，确保惯彻到位。"},
		{"an article", `<p>第十二条　` + long + `惯彻到位。</p>`, "“第十二条”之下：…人力物力，逐项明确责任人和完成时限，确保惯彻到位。"},
		{"a heading nearer than the number", `<p>一、总体要求</p><h3>任务分工</h3><p>请认真惯彻会议精神。</p>`, "“任务分工”之下：请认真惯彻会议精神。"},
		{"an empty heading", `<h2>通知公告</h2><h3> </h3><p>请认真惯彻会议精神。</p>`, "“通知公告”之下：请认真惯彻会议精神。"},
		{"a heading within a heading", `<h1>某县<div><h2>通知</h2></div>公告</h1><p>请认真惯彻会议精神。</p>`, "“某县 通知 公告”之下：请认真惯彻会议精神。"},
		{"more headings than are remembered", strings.Repeat("<h2>通知</h2>", 501) + `<p>请认真惯彻会议精神。</p>`, "请认真惯彻会议精神。"},
		{"a number of a person beside it", `<p>请认真惯彻，联系手机13800138000。</p>`, "请认真惯彻，联系手机138****8000。"},
	} {
		p, err := check.ParsePage([]byte("<html><body>"+c.body+"</body></html>"), "text/html; charset=utf-8", "http://www.yanta.gov.cn/")
		if err != nil {
			t.Fatal(err)
		}
		r := p.Reading(true)
		before, _, found := strings.Cut(r.Text, "惯彻")
		if !found {
			t.Fatalf("%s: not in %q", c.name, r.Text)
		}
		at := utf8.RuneCountInString(before)
		if got := r.Near(at, at+2); got != c.want {
			t.Errorf("%s:\n%q\nwant\n%q", c.name, got, c.want)
		}
	}
	for _, c := range [][2]int{{-1, 1}, {2, 2}, {3, 1}, {0, 99}} {
		if got := (check.Reading{Text: "四个字词"}).Near(c[0], c[1]); got != "" {
			t.Errorf("%v: %q", c, got)
		}
	}
}

// Whatever a page holds, any place of it can be named, in few words.
func FuzzNear(f *testing.F) {
	f.Add("<h1>一、总体要求</h1><p>【字体：大 中 小】请认真惯彻</p>", uint16(3), uint16(2))
	f.Add("<h2><h3>第一条</h3></h2>位置：a > b 　13800138000", uint16(0), uint16(1))
	f.Fuzz(func(t *testing.T, body string, at, size uint16) {
		p, err := check.ParsePage([]byte(body), "text/html; charset=utf-8", "")
		if err != nil {
			return
		}
		if got := p.Reading(true).Near(int(at), int(at)+int(size)%60); utf8.RuneCountInString(got) > 400 || strings.Contains(got, "\n") {
			t.Errorf("%q", got)
		}
	})
}
