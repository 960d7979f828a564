package inspection_test

import (
	"slices"
	"strings"
	"testing"

	"zhengshu/internal/inspection"
)

// V-W-3: the day that the server prints on every page is nobody's entry.
func TestAClockIsNoUpdate(t *testing.T) {
	stale := func() *madeSite {
		s := newSite(t)
		s.swap("/", "2026-03-18", "2026-01-09")
		s.swap("/", "/yw/1.html", "/tz/1.html")
		s.swap("/yw/", "2026-03-18", "2026-02-18")
		s.swap("/yw/1.html", "2026-03-18 09:00", "2026-02-18 09:00")
		return s
	}
	everyPage := func(s *madeSite, bar string) {
		for path, p := range s.pages {
			if strings.HasPrefix(p.ctype, "text/html") {
				s.swap(path, `<div class="nav">`, bar+`<div class="nav">`)
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
			if got := checks(inspect(t, s, options())); !slices.Equal(got, []string{"column.stale", "home.stale"}) {
				t.Errorf("found %v", got)
			}
		})
	}
	// News of the day beside the lists of every page is an entry of the home page.
	s := stale()
	s.put("/yw/2.html", article("我区召开防汛工作专题会议", "要闻", "政务动态", "2026-03-20 08:00", "会议部署了防汛工作。"))
	everyPage(s, `<ul><li><a href="/yw/2.html">我区召开防汛工作专题会议</a><span>2026-03-20</span></li></ul>`)
	if rep := inspect(t, s, options()); slices.ContainsFunc(rep.Findings, func(f inspection.Sighting) bool { return f.Check == "home.stale" }) {
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
			s := newSite(t)
			s.put("/x/", list(tt.column, tt.column, old("/x/1.html")))
			s.put("/x/1.html", article("关于做好某项工作的一条旧信息", tt.column, tt.column, "2024-05-06 09:00", "内容从略。"))
			s.swap(tt.from, `<li><a href="`, `<li><a href="/x/">`+tt.column+`</a></li><li><a href="`)
			if got := checks(inspect(t, s, options())); !slices.Equal(got, tt.want) {
				t.Errorf("found %v, want %v", got, tt.want)
			}
		})
	}
}
