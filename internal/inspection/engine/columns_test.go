package engine_test

import (
	"slices"
	"strings"
	"testing"

	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/inspection/engine/enginetest"
)

// V-W-3: the day that the server prints on every page is nobody's entry.
func TestAClockIsNoUpdate(t *testing.T) {
	stale := func() *enginetest.Site {
		s := enginetest.NewSite(t)
		s.Swap("/", "2026-03-18", "2026-01-09")
		s.Swap("/", "/yw/1.html", "/tz/1.html")
		s.Swap("/yw/", "2026-03-18", "2026-02-18")
		s.Swap("/yw/1.html", "2026-03-18 09:00", "2026-02-18 09:00")
		return s
	}
	everyPage := func(s *enginetest.Site, bar string) {
		for path, p := range s.Pages {
			if strings.HasPrefix(p.Type, "text/html") {
				s.Swap(path, `<div class="nav">`, bar+`<div class="nav">`)
			}
		}
	}
	for _, tt := range []struct{ name, bar string }{
		{"with its weekday", `<div>2026年3月20日 星期五 <a href="/map.html">网站地图</a></div>`},
		{"by standing on every page", `<div>2026年3月20日 09:08:07 <a href="/map.html">网站地图</a></div>`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := stale()
			everyPage(s, tt.bar)
			if got := checks(inspect(t, s, enginetest.Options())); !slices.Equal(got, []string{"column.stale", "home.stale"}) {
				t.Errorf("found %v", got)
			}
		})
	}
	// News of the day beside the lists of every page is an entry of the home page.
	s := stale()
	s.Put("/yw/2.html", enginetest.Article("我区召开防汛工作专题会议", "要闻", "政务动态", "2026-03-20 08:00", "会议部署了防汛工作。"))
	everyPage(s, `<ul><li><a href="/yw/2.html">我区召开防汛工作专题会议</a><span>2026-03-20</span></li></ul>`)
	if rep := inspect(t, s, enginetest.Options()); slices.ContainsFunc(rep.Findings, func(f engine.Sighting) bool { return f.Check == "home.stale" }) {
		t.Errorf("an entry of the day is taken for a clock: %v", checks(rep))
	}
}

// V-W-4.1: 六个月 is the window of first-level columns, and of 通知公告 alone.
func TestOnlyWhatTheIndicatorNamesIsHeldToIt(t *testing.T) {
	old := func(path string) string {
		return `<li><a href="` + path + `">关于做好某项工作的一条旧信息</a><span>2024-05-06</span></li>`
	}
	for _, tt := range []struct {
		name, column, from string
		want               []string
	}{
		{"first level", "部门公告", "/", []string{"column.stale"}},
		{"second level", "部门公告", "/tz/", []string{}},
		{"tenders", "招标公告", "/", []string{}},
		{"conferences", "新闻发布会", "/", []string{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := enginetest.NewSite(t)
			s.Put("/x/", enginetest.List(tt.column, tt.column, old("/x/1.html")))
			s.Put("/x/1.html", enginetest.Article("关于做好某项工作的一条旧信息", tt.column, tt.column, "2024-05-06 09:00", "内容从略。"))
			s.Swap(tt.from, `<li><a href="`, `<li><a href="/x/">`+tt.column+`</a></li><li><a href="`)
			if got := checks(inspect(t, s, enginetest.Options())); !slices.Equal(got, tt.want) {
				t.Errorf("found %v, want %v", got, tt.want)
			}
		})
	}
}

// V-W-4.3: menus and breadcrumbs fill no column; a picture, a film and outside
// links do.
func TestBlankIsWhatHasNothingOfItsOwn(t *testing.T) {
	names := map[string]string{"a": "机构编制", "b": "财政资金", "c": "重点领域"}
	for _, tt := range []struct {
		name, own string // the body of /zw/a/
		side      string // beside the lists of the channel
		crumb     string
		want      []string
	}{
		{"side menu", "", `<div class="left"><ul><li><a href="/zw/a/">机构编制</a></li><li><a href="/zw/b/">财政资金</a></li><li><a href="/zw/c/">重点领域</a></li></ul></div>`, "", []string{"column.blank"}},
		{"side menu of single blocks", "", `<div><p><a href="/zw/b/">财政资金</a></p><p><a href="/zw/c/">重点领域</a></p></div>`, "", []string{"column.blank"}},
		{"menu element", "", `<nav><a href="/zw/b/">财政资金</a><a href="/zw/1.html">说明</a></nav>`, "", []string{"column.blank"}},
		{"breadcrumb", "", "", `<div>当前位置：<a href="/">首页</a> &gt; <a href="/zw/">政务公开</a></div>`, []string{"column.blank"}},
		{"one picture", `<p><img src="/jgt.jpg" alt="机构图"></p>`, "", "", []string{}},
		{"a film", `<video src="/a.mp4"></video>`, "", "", []string{}},
		{"outside links", `<ul><li><a href="https://www.gov.cn/zhengce/">国务院政策文件库</a></li></ul>`, "", "", []string{}},
		{"a form of its own", `<form action="/zw/a/"><input type="search" name="q"><button>查询</button></form>`, "", "", []string{}},
		{"the form that is beside all lists", `<form action="/so"><input name="q"></form>`, `<form action="/so"><input name="q"></form>`, "", []string{"column.blank"}},
		{"a form without an address beside all lists", `<form><input name="q"></form>`, `<form><input name="q"></form>`, "", []string{"column.blank"}},
		{"a form with nothing to fill in", `<form action="/zw/a/"><input type="hidden" name="q"><button>打印</button></form>`, "", "", []string{"column.blank"}},
		{"an item without a date", `<ul><li><a href="/zw/1.html">机构设置的说明</a></li></ul>`, `<ul><li><a href="/zw/b/">财政资金</a></li></ul>`, "", []string{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := enginetest.NewSite(t)
			menu := `<ul><li><a href="/zw/a/">机构编制</a></li><li><a href="/zw/b/">财政资金</a></li><li><a href="/zw/c/">重点领域</a></li></ul>`
			s.Put("/zw/", enginetest.List("政务公开", "信息公开", "")) // leads to its columns alone: nothing is missing
			s.Swap("/zw/", `<div class="list"><h2>政务公开</h2><ul></ul>`, `<div class="list"><h2>政务公开</h2>`+menu)
			s.Swap("/", `<div class="main">`, `<div class="main"><p><a href="/zw/">政务公开</a></p>`)
			s.Put("/zw/1.html", enginetest.Article("机构设置的说明", "机构编制", "信息公开", "2026-01-09 10:30", "内容从略。"))
			s.Set("/jgt.jpg", enginetest.Page{Type: "image/jpeg", Body: "made up"})
			s.Set("/a.mp4", enginetest.Page{Type: "video/mp4", Body: "made up"})
			for key, name := range names {
				body := `<ul><li><a href="/zw/` + key + `1.html">一条信息的标题</a><span>2026-03-01</span></li></ul>`
				if key == "a" {
					body = tt.own
				}
				s.Put("/zw/"+key+"1.html", enginetest.Article("一条信息的标题"+key, name, "信息公开", "2026-03-01 09:00", "内容从略。"))
				s.Put("/zw/"+key+"/", enginetest.List(name, "信息公开", ""))
				s.Swap("/zw/"+key+"/", `<div class="list"><h2>`+name+`</h2><ul></ul>`, tt.crumb+tt.side+`<div class="list"><h2>`+name+`</h2>`+body)
			}
			got := checks(inspect(t, s, enginetest.Options()))
			if got = slices.DeleteFunc(got, func(id string) bool { return !strings.HasPrefix(id, "column.") }); !slices.Equal(got, tt.want) {
				t.Errorf("found %v, want %v", got, tt.want)
			}
		})
	}
}

// V-W-4.1: the fresh column of one name does not hide the stale one of another
// department; the further pages of a list are no columns.
func TestColumnsOfOneNameAreTwo(t *testing.T) {
	put := func(s *enginetest.Site, at, day string) {
		s.Put(at, enginetest.List("工作动态", "政务动态", `<li><a href="`+at+`1.html">某项工作的一条信息</a><span>`+day+`</span></li>`))
		s.Put(at+"1.html", enginetest.Article("某项工作的一条信息"+at, "工作动态", "政务动态", day+" 09:00", "内容从略。"))
	}
	s := enginetest.NewSite(t)
	put(s, "/jy/gzdt/", "2026-03-18")
	put(s, "/sw/gzdt/", "2025-03-18")
	s.Swap("/", `<div class="main">`, `<div class="main"><p><a href="/jy/gzdt/">教育</a> <a href="/sw/gzdt/">水务</a></p>`)
	rep := inspect(t, s, enginetest.Options())
	if got := checks(rep); !slices.Equal(got, []string{"column.stale"}) || !strings.HasSuffix(rep.Findings[0].Where, "/sw/gzdt/") {
		t.Errorf("found %v", got)
	}
	for _, next := range []string{"/jy/gzdt/index_2.html", "/jy/gzdt/c2.html", "/jy/gzdt/2/"} {
		s := enginetest.NewSite(t)
		put(s, "/jy/gzdt/", "2026-03-18")
		s.Put(next, enginetest.List("工作动态", "政务动态", `<li><a href="/jy/gzdt/0.html">某项工作的一条旧信息</a><span>2025-03-18</span></li>`))
		s.Put("/jy/gzdt/0.html", enginetest.Article("某项工作的一条旧信息", "工作动态", "政务动态", "2025-03-18 09:00", "内容从略。"))
		s.Swap("/jy/gzdt/", `<h2>工作动态</h2>`, `<h2>工作动态</h2><a href="`+next+`">下一页</a>`)
		s.Swap("/", `<div class="main">`, `<div class="main"><p><a href="/jy/gzdt/">教育</a></p>`)
		if got := checks(inspect(t, s, enginetest.Options())); len(got) != 0 {
			t.Errorf("%s: found %v", next, got)
		}
	}
}
