package engine_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/inspection/engine/enginetest"
)

func item(href, title, day string) string {
	return `<li><a href="` + href + `">` + title + `</a><span>` + day + `</span></li>`
}

func untagged(title, shown string) string {
	return enginetest.Head(title+"-雁塔区人民政府", "") + `<h1>` + title + `</h1><p>` + shown + `　来源：雁塔区人民政府办公室</p><div class="content"><p>` +
		strings.Repeat("会议强调，要认真落实各项任务，确保取得实效，各部门要加强协调，形成合力，推动工作落到实处。", 8) + `</p></div>` + enginetest.Foot
}

// freshness are the checks of freshness that found something, and those that could not
// be made.
func freshness(t *testing.T, s *enginetest.Site, most int) (wrong, untested []string) {
	t.Helper()
	o := enginetest.Options()
	o.MaxPages = most
	rep := inspect(t, s, o)
	of := func(id string) bool { return strings.HasPrefix(id, "column.") || strings.HasPrefix(id, "home.") }
	for _, id := range checks(rep) {
		if of(id) {
			wrong = append(wrong, id)
		}
	}
	for _, u := range rep.Untested {
		if of(u.Check) {
			untested = append(untested, u.Check)
		}
	}
	slices.Sort(untested)
	return wrong, untested
}

// V-W-3, V-W-4.1: an item is as new as its day, however the list prints it, and a list
// whose newest day could not be read is not called old.
func TestADayThatIsNotReadMakesNothingOld(t *testing.T) {
	const title, other, pinned = "我区召开全区教育工作会议", "我区召开春耕工作会议部署", "雁塔区概览置顶内容介绍"
	wx := func(n int) string { return fmt.Sprintf("https://mp.weixin.qq.com/s/a%d", n) }
	old := untagged(pinned, "发布时间：2020-01-01 10:00")
	for _, tt := range []struct {
		name            string
		home, list      string
		pages           map[string]string
		most            int
		wrong, untested []string
	}{
		{name: "how long ago, with an old item pinned", home: item("/yw/1.html", title, "昨天"), list: item("/yw/1.html", title, "昨天") + item("/yw/2.html", other, "3天前") + item("/yw/p.html", pinned, "2020-01-01"),
			pages: map[string]string{"/yw/1.html": untagged(title, "发布时间：昨天 10:00"), "/yw/2.html": untagged(other, "发布时间：3天前"), "/yw/p.html": old}},
		{name: "articles not read", list: item("/yw/1.html", title, "1小时前") + item("/yw/2.html", other, "3天前") + item("/yw/p.html", pinned, "2020-01-01"), most: 4},
		{name: "the date as a picture", list: `<li><a href="` + wx(1) + `">` + title + `</a><img src="/logo.png" alt=""></li>` + item("/yw/p.html", pinned, "2020-01-01"), pages: map[string]string{"/yw/p.html": old},
			untested: []string{"column.stale"}},
		{name: "items elsewhere without a day above an old one", list: `<li><a href="` + wx(1) + `">` + title + `</a></li>` + item("/yw/p.html", pinned, "2020-01-01"), pages: map[string]string{"/yw/p.html": old},
			untested: []string{"column.stale"}},
		{name: "the date of a title", home: item(wx(1), title, "03-18"), list: item(wx(1), title, "03-18") + `<li><a href="` + wx(2) + `">疫情防控通告（2023年3月1日）</a><span>03-01</span></li>`},
		{name: "two digits of the year", home: item(wx(1), title, "26-03-18"), list: item(wx(1), title, "26-03-18")},
		{name: "English months", home: item(wx(1), "District holds education meeting", "Mar 18, 2026"), list: item(wx(1), "District holds education meeting", "March 18, 2026")},
		{name: "day and month apart", list: `<li><div class="date"><b>18</b><em>2026-03</em></div><a href="` + wx(1) + `">` + title + `</a></li>`},
		{name: "the day of another year", list: item("/yw/2.html", other, "03-18"), pages: map[string]string{"/yw/2.html": untagged(other, "发布时间：2024-03-18 10:00")},
			wrong: []string{"column.stale"}},
		{name: "an old list", list: item("/yw/2.html", other, "2024-03-18") + item(wx(1), title, "2024-03-01"), pages: map[string]string{"/yw/2.html": untagged(other, "发布时间：2024-03-18 10:00")},
			wrong: []string{"column.stale"}},
		{name: "a remark above an old list", list: `</ul><p>共 6 份文件，按时间排列。<a href="` + wx(3) + `">只看现行有效的文件</a></p><ul>` + item("/yw/2.html", other, "2024-03-18") + item(wx(1), title, "2024-03-01"), pages: map[string]string{"/yw/2.html": untagged(other, "发布时间：2024-03-18 10:00")},
			wrong: []string{"column.stale"}},
		{name: "an old list without days", list: `<li><a href="/yw/2.html">` + other + `</a></li>`, pages: map[string]string{"/yw/2.html": untagged(other, "发布时间：2024-03-18 10:00")},
			wrong: []string{"column.stale"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := enginetest.NewSite(t)
			s.Put("/yw/", enginetest.List("要闻", "政务动态", tt.list))
			if tt.home != "" {
				s.Put("/", enginetest.Home(tt.home))
			} else {
				s.Put("/", enginetest.Home(item("/tz/9.html", "关于公布某项结果的一则通知", "2026-03-18")))
				s.Put("/tz/9.html", enginetest.Article("关于公布某项结果的一则通知", "通知公告", "通知公告", "2026-03-18 09:00", "结果从略。"))
			}
			for at, body := range tt.pages {
				s.Put(at, body)
			}
			if wrong, untested := freshness(t, s, tt.most); !slices.Equal(wrong, tt.wrong) || !slices.Equal(untested, tt.untested) {
				t.Errorf("found %v and could not look at %v, want %v and %v", wrong, untested, tt.wrong, tt.untested)
			}
		})
	}
}

// V-W-4.1: the newest items of a column are on the home page too, and met there first.
func TestTheNewestItemsAreOnTheHomePageToo(t *testing.T) {
	made := func(t *testing.T, printed bool, month int) *enginetest.Site {
		s := enginetest.NewSite(t)
		front, column := "", ""
		put := func(i int, day string, onHome bool) {
			at, title, shown := fmt.Sprintf("/yw/n%d.html", i), fmt.Sprintf("我区召开第%d次全区会议研究", i), ""
			if onHome {
				front += item(at, title, "["+day[5:]+"]")
			}
			if printed {
				shown = day[5:]
			}
			column += item(at, title, shown)
			s.Put(at, enginetest.Article(title, "要闻", "政务动态", day+" 09:00", fmt.Sprintf("会议第%d次。", i)))
		}
		for i := range 3 {
			put(i, fmt.Sprintf("2026-%02d-%02d", month, 18-i), true)
		}
		for i := range 3 {
			put(10+i, fmt.Sprintf("2026-01-%02d", 18-i), false)
		}
		s.Put("/", enginetest.Home(front))
		s.Put("/yw/", enginetest.List("要闻", "政务动态", column))
		return s
	}
	for _, printed := range []bool{false, true} {
		t.Run(fmt.Sprintf("days printed %v", printed), func(t *testing.T) {
			fresh, old := made(t, printed, 3), made(t, printed, 2)
			if wrong, untested := freshness(t, fresh, 0); len(wrong)+len(untested) > 0 {
				t.Errorf("found %v and could not look at %v", wrong, untested)
			}
			rep := inspect(t, old, enginetest.Options())
			if got := checks(rep); !slices.Equal(got, []string{"column.stale", "home.stale"}) {
				t.Fatalf("of an old column found %v", got)
			}
			for _, f := range rep.Findings {
				spot := engine.Spot{Check: f.Check, Fingerprint: f.Fingerprint(), URL: f.URL, Where: f.Where}
				for s, want := range map[*enginetest.Site]string{old: engine.Standing, fresh: engine.Gone} {
					if l, err := engine.Recheck(t.Context(), s.Client(t), nil, enginetest.Target(), spot, enginetest.Options()); err != nil || l.Outcome != want {
						t.Errorf("%s looked at again: %s %s %v, want %s", f.Check, l.Outcome, l.Says, err, want)
					}
				}
			}
		})
	}
}

// V-W-3, V-W-4: what a script puts on a page is not in its bytes, so that nothing is
// said of its age.
func TestAScriptMayFillAList(t *testing.T) {
	pin := item("/yw/p.html", "雁塔区概览置顶内容介绍", "2020-01-01")
	inline := `<script>$.getJSON("/api/list?c=1",function(d){})</script>`
	for _, tt := range []struct {
		name            string
		at, rows, after string
		wrong, untested []string
	}{
		{"a list filled by a file of the site", "/yw/", "", `<script src="/js/list.js"></script>`, nil, []string{"column.stale"}},
		{"a library alone fills no list", "/yw/", "", `<script src="/js/jquery-3.7.min.js"></script>`, []string{"column.blank"}, nil},
		{"a pinned item beside it", "/yw/", pin, `<div id="list"></div>` + inline, nil, []string{"column.stale"}},
		{"a pinned item and nothing to fill", "/yw/", pin, inline, []string{"column.stale"}, nil},
		{"the home page", "/", pin, `<div id="news"></div>` + inline, nil, []string{"home.stale"}},
		{"the home page with nothing to fill", "/", pin, inline, []string{"home.stale"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := enginetest.NewSite(t)
			s.Set("/js/list.js", enginetest.Page{Type: "application/javascript", Body: `$.getJSON("/api/list?c=1",function(d){})`})
			s.Set("/js/jquery-3.7.min.js", enginetest.Page{Type: "application/javascript", Body: `function get(){}`})
			s.Put("/yw/p.html", enginetest.Article("雁塔区概览置顶内容介绍", "要闻", "政务动态", "2020-01-01 10:00", "概览。"))
			if tt.at == "/" {
				s.Put("/", enginetest.Home(tt.rows))
			} else {
				s.Put(tt.at, enginetest.List("要闻", "政务动态", tt.rows))
			}
			s.Swap(tt.at, "</ul>", "</ul>"+tt.after)
			wrong, untested := freshness(t, s, 0)
			if !slices.Equal(wrong, tt.wrong) || !slices.Equal(untested, tt.untested) {
				t.Errorf("found %v and could not look at %v, want %v and %v", wrong, untested, tt.wrong, tt.untested)
			}
		})
	}
}

// A document in a frame is a part of the page around it: it owes nothing that a page
// owes, and its rows are those of the page.
func TestWhatStandsInAFrameIsNoPage(t *testing.T) {
	row := item("/yw/1.html", "我区召开全区教育工作会议", "2026-03-18")
	rows := func(rows string) string { return `<html><body><ul>` + rows + `</ul></body></html>` }
	old := item("/yw/o.html", "我区召开全区商务工作会议", "2025-03-18")
	for _, tt := range []struct {
		name      string
		put       func(s *enginetest.Site)
		wrong     []string
		untested  string
		wholePage bool // findings of the frame as a page are due
	}{
		{name: "the weather", put: func(s *enginetest.Site) {
			s.Swap("/", `<div class="main">`, `<iframe src="/inc/weather.html" title="天气"></iframe><div class="main">`)
			s.Put("/inc/weather.html", `<html><body>今天 晴 12℃</body></html>`)
		}},
		{name: "the list of a column", put: func(s *enginetest.Site) {
			s.Put("/yw/", enginetest.List("要闻", "政务动态", `<iframe src="/frame/yw.html" title="列表"></iframe>`))
			s.Put("/frame/yw.html", rows(row))
		}},
		{name: "an old list", wrong: []string{"column.stale"}, put: func(s *enginetest.Site) {
			s.Put("/yw/", enginetest.List("要闻", "政务动态", `<iframe src="/frame/yw.html" title="列表"></iframe>`))
			s.Put("/frame/yw.html", rows(old))
			s.Put("/yw/o.html", enginetest.Article("我区召开全区商务工作会议", "要闻", "政务动态", "2025-03-18 09:00", "会议从略。"))
		}},
		{name: "the news of the home page", put: func(s *enginetest.Site) {
			s.Put("/", enginetest.Home(`<iframe src="/frame/yw.html" title="列表"></iframe>`))
			s.Put("/frame/yw.html", rows(row))
		}},
		{name: "a frame that was not read beside an old item", untested: "column.stale", put: func(s *enginetest.Site) {
			s.Put("/yw/", enginetest.List("要闻", "政务动态", `<iframe src="/frame/yw.html" title="列表"></iframe>`+old))
			s.Set("/frame/yw.html", enginetest.Page{Status: 503, Type: "text/html", Body: "busy"})
			s.Put("/yw/o.html", enginetest.Article("我区召开全区商务工作会议", "要闻", "政务动态", "2025-03-18 09:00", "会议从略。"))
		}},
		{name: "a page that visitors are led to as well", wholePage: true, put: func(s *enginetest.Site) {
			s.Put("/yw/", enginetest.List("要闻", "政务动态", row+`<iframe src="/frame/yw.html" title="列表"></iframe>`))
			s.Put("/frame/yw.html", rows(row))
			s.Swap("/tz/1.html", "植树工作。", `植树工作。<a href="/frame/yw.html">要闻列表全文</a>`)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := enginetest.NewSite(t)
			tt.put(s)
			rep := inspect(t, s, enginetest.Options())
			var wrong []string
			whole := false
			for _, f := range rep.Findings {
				switch family, _, _ := strings.Cut(f.Check, "."); family {
				case "column", "home":
					wrong = append(wrong, f.Check)
					spot := engine.Spot{Check: f.Check, Fingerprint: f.Fingerprint(), URL: f.URL, Where: f.Where}
					look := func(want string) {
						if l, err := engine.Recheck(t.Context(), s.Client(t), nil, enginetest.Target(), spot, enginetest.Options()); err != nil || l.Outcome != want {
							t.Errorf("looked at again: %s %s %v, want %s", l.Outcome, l.Says, err, want)
						}
					}
					look(engine.Standing)
					s.Put("/frame/yw.html", rows(row+old))
					look(engine.Gone)
				case "tags", "header", "footer", "accessible":
					whole = true
				}
			}
			if !slices.Equal(wrong, tt.wrong) || whole != tt.wholePage {
				t.Errorf("found %v, want %v and of whole pages %v", checks(rep), tt.wrong, tt.wholePage)
			}
			if untested := slices.ContainsFunc(rep.Untested, func(u engine.Untested) bool { return u.Check == tt.untested }); untested != (tt.untested != "") {
				t.Errorf("could not look at %v", rep.Untested)
			}
		})
	}
}
