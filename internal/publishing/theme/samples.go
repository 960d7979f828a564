package theme

import (
	"html/template"
	"strings"
	"time"
)

// Sample is one page with invented content: what a theme is looked at and
// examined with.
type Sample struct {
	Key  string // in addresses
	Name string // 政策文件页
	View string
	// Site gives the site the columns and doors that the sample needs and it
	// lacks.
	Site func(Site) Site
	Draw func(Site) ([]byte, error)
}

// sampled is the site with columns, doors and a notice, where it has none.
func sampled(s Site) Site {
	s.Name, s.Sponsor, s.Host = orElse(s.Name, "示例县人民政府"), orElse(s.Sponsor, "示例县人民政府办公室"), orElse(s.Host, "sample.example")
	s.Contact, s.SiteCode = orElse(s.Contact, "0999-0000000"), orElse(s.SiteCode, "6100000000")
	if len(s.Columns) < 4 {
		s.Columns = nil
		for _, c := range [][3]string{{"news", "要闻动态", "政务动态"}, {"notices", "通知公告", "通知公告"}, {"policies", "政策文件", "政策文件"}, {"explained", "政策解读", "政策解读"}, {"overview", "县情概况", "概况信息"}} {
			s.Columns = append(s.Columns, Column{ID: c[0], Slug: c[0], Name: c[1], Type: c[2], Description: "示例栏目：" + c[1] + "。"})
		}
		s.Columns = append(s.Columns, Column{ID: "history", Parent: "overview", Slug: "history", Name: "历史沿革", Type: "概况信息", Description: "示例下级栏目。"})
	}
	if s.Doors.Search == "" {
		s.Doors = Doors{Letters: "/letters/", LetterQuery: "/letters/query", ErrorReport: "/letters/new?type=error", Search: "/search", Official: "/official/"}
	}
	return s
}

var sampleAt = time.Date(2026, 3, 2, 1, 30, 0, 0, time.UTC)

func sampleLines(n int) []Entry {
	titles := []string{"示例：政府常务会议研究冬季供暖和安全生产工作", "示例：关于调整城区公共交通线路的通告", "示例：第三季度重点项目集中开工", "示例：县人民医院新门诊楼投入使用", "示例：关于做好岁末年初安全防范工作的通知，各乡镇人民政府、县政府各部门要严格落实值班值守制度，遇有重要情况及时报告"}
	out := make([]Entry, 0, n)
	for i := range n {
		out = append(out, Entry{Title: titles[i%len(titles)], Href: "/content/202603/" + itoa(i) + ".html", Elder: "/elder/content/202603/" + itoa(i) + ".html", At: sampleAt.AddDate(0, 0, -i), Brief: "会议听取了供暖准备情况汇报，要求压实责任、保障到位。", Number: "示政发〔2026〕" + itoa(i+1) + "号", Pinned: i == 0})
	}
	return out
}

func sampleArticle(s Site, policy bool) Article {
	a := Article{Title: "关于做好冬季供暖保障工作的通知", Column: s.Columns[min(2, len(s.Columns)-1)], Published: sampleAt, Updated: sampleAt.Add(26 * time.Hour), Source: s.Sponsor, Author: "王某", Summary: "部署冬季供暖保障。", Keywords: "供暖；民生",
		Body: template.HTML("<p class=\"doc-recipients\">各乡镇人民政府，县政府各工作部门：</p>" + strings.Repeat("<p>为切实做好供暖保障工作，确保群众温暖过冬，现就有关事项通知如下。各单位要按照职责分工，抓紧落实。</p>", 5) +
			"<h2>一、工作要求</h2><p>供热单位应当在供暖期前完成设备检修，并向社会公布24小时服务电话。</p><h3>（一）时间</h3><p>自3月2日起。</p><blockquote><p>引用的文字。</p></blockquote><ul><li>第一项</li><li>第二项</li></ul>" +
			"<div class=\"table-room\"><table class=\"table-full\"><tbody><tr><th scope=\"col\"><p>单位</p></th><th scope=\"col\"><p>任务</p></th></tr><tr><td><p>县住建局</p></td><td><p>统筹协调</p></td></tr></tbody></table></div><p class=\"attachment\"><a download href=\"/media/sample.pdf\">供暖保障任务表.pdf</a></p>"),
		Related: []Link{{"一图读懂供暖保障", "/content/202603/2.html"}}, RelatedAs: "相关解读", News: !policy}
	if policy {
		a.Policy = &PolicyHead{IndexNo: "610000-2026-00018", Topic: "市政、安全生产", Issuer: s.Sponsor, Written: "2026年3月1日", Title: a.Title, Number: "示政发〔2026〕18号", Released: "2026-03-02", State: "有效", From: "2026年3月1日"}
		a.Standing = &Standing{Says: "本文件已修改，依据：", By: []Link{{"《关于修改供暖通知的决定》", "/content/202603/3.html"}}}
		a.Affects = []Link{{Text: "《关于供暖的旧通知》"}}
		a.Facts = []HeadCell{{"适用范围", "全县", true}}
	} else {
		a.Updated, a.Related = time.Time{}, nil
	}
	return a
}

func sampleBlock(s Site, i, n int) Block {
	return Block{s.Columns[min(i, len(s.Columns)-1)], sampleLines(n)}
}

// Samples are one or more pages of every kind.
func Samples() []Sample {
	column := func(s Site, page int) ColumnPage {
		p := ColumnPage{Column: s.Columns[0], Children: s.Below(s.Columns[0].ID), Siblings: s.Top(), Entries: sampleLines(20), Page: page, Older: s.Columns[0].Href() + "page-1.html", Oldest: s.Columns[0].Href() + "page-1.html"}
		if page > 0 {
			p.Newer = s.Columns[0].Href()
		}
		return p
	}
	article := func(policy bool) func(Site) ([]byte, error) {
		return func(s Site) ([]byte, error) {
			a := sampleArticle(s, policy)
			return ArticlePage.Draw(ArticleFrame(s, a, "/content/202603/1.html", "/elder/content/202603/1.html"), a)
		}
	}
	message := func(status int, path string) func(Site) ([]byte, error) {
		return func(s Site) ([]byte, error) { return DrawMessage(s, MessageFor(status, ""), path) }
	}
	list := []Sample{
		{Key: "home", Name: "首页", View: "home.html", Draw: func(s Site) ([]byte, error) {
			s.Notices = append([]Link{{"示例：网站定于3月5日临时下线维护的公告", "/content/202603/9.html"}}, s.Notices...)
			return HomePage.Draw(HomeFrame(s), Home{Lead: sampleLines(1)[0], Main: []Block{sampleBlock(s, 0, 7), sampleBlock(s, 1, 7)}, Policy: []Block{sampleBlock(s, 2, 5), sampleBlock(s, 3, 5)}, Others: []Block{sampleBlock(s, 4, 5)}, Updated: sampleAt})
		}},
		{Key: "home-empty", Name: "没有内容的首页", View: "home.html", Draw: func(s Site) ([]byte, error) { return HomePage.Draw(HomeFrame(s), Home{}) }},
		{Key: "column", Name: "栏目页", View: "column.html", Draw: func(s Site) ([]byte, error) {
			p := column(s, 0)
			return ColumnListPage.Draw(ColumnFrame(s, p), p)
		}},
		{Key: "column-archive", Name: "栏目往期页", View: "column.html", Draw: func(s Site) ([]byte, error) {
			p := column(s, 2)
			return ColumnListPage.Draw(ColumnFrame(s, p), p)
		}},
		{Key: "article", Name: "文章页", View: "article.html", Draw: article(false)},
		{Key: "policy", Name: "政策文件页", View: "article.html", Draw: article(true)},
		{Key: "search", Name: "搜索页", View: "search.html", Draw: func(s Site) ([]byte, error) {
			f := PlainFrame(s, "搜索", "/search", "", "")
			f.Query = "供暖"
			return SearchPage.Draw(f, Search{Query: "供暖", Total: 40, Page: 1, Next: "/search?q=x&p=2", Hits: []SearchHit{{Title: "关于做好冬季供暖保障工作的通知", Href: "/content/202603/1.html", Kind: "政策文件", Number: "示政发〔2026〕18号", At: sampleAt, Runs: []Run{{"…切实做好", false}, {"供暖", true}, {"保障工作…", false}}}}})
		}},
		{Key: "search-none", Name: "没有结果的搜索页", View: "search.html", Draw: func(s Site) ([]byte, error) {
			f := PlainFrame(s, "搜索", "/search", "", "")
			return SearchPage.Draw(f, Search{Query: "没有的词", Hot: []Link{{"要闻", "/news/"}}})
		}},
		{Key: "map", Name: "网站地图", View: "map.html", Draw: func(s Site) ([]byte, error) {
			return MapPage.Draw(PlainFrame(s, "网站地图", "/map.html", "", ""), MapOf(s))
		}},
		{Key: "text", Name: "说明页", View: "text.html", Draw: func(s Site) ([]byte, error) {
			p := TextPages(s)[0]
			return TextPage.Draw(PlainFrame(s, p.Text.Title, p.Path, "", ""), p.Text)
		}},
		{Key: "embedded", Name: "写信等办理页", View: "embedded.html", Draw: func(s Site) ([]byte, error) {
			e := Embedded{Title: "写信", Body: `<form method="post" action="/letters/new"><p><label for="t">标题</label><input id="t" name="t" type="text"></p><p><label for="b">内容</label><textarea id="b" name="b"></textarea></p><button>寄出</button></form>`}
			return EmbeddedPage.Draw(EmbeddedFrame(s, e, "/letters/new"), e)
		}},
		{Key: "message", Name: "找不到页面", View: "message.html", Draw: message(404, "/x")},
		{Key: "gone", Name: "已撤下页面", View: "message.html", Draw: message(410, "/x")},
		{Key: "elder-home", Name: "长辈版首页", View: "elder_home.html", Draw: func(s Site) ([]byte, error) {
			return ElderHomePage.Draw(ElderHomeFrame(s), ElderHomeOf(s, sampleLines(4)))
		}},
		{Key: "elder-column", Name: "长辈版栏目页", View: "elder_column.html", Draw: func(s Site) ([]byte, error) {
			p := column(s, 0)
			return ElderColumnPage.Draw(ColumnFrame(s, p).Elderly(p.Column.ElderHref()), p)
		}},
		{Key: "elder-article", Name: "长辈版文章页", View: "elder_article.html", Draw: func(s Site) ([]byte, error) {
			a := sampleArticle(s, true)
			return ElderArticlePage.Draw(ArticleFrame(s, a, "/content/202603/1.html", "").Elderly("/elder/content/202603/1.html"), a)
		}},
		{Key: "elder-message", Name: "长辈版提示页", View: "elder_message.html", Draw: message(410, "/elder/x")},
		{Key: "emergency", Name: "应急首页", View: "emergency.html", Draw: func(s Site) ([]byte, error) {
			s.Emergency = &Emergency{Title: "示例：关于防汛应急响应的紧急公告", Paras: []string{"受强降雨影响，我县已启动防汛二级应急响应。请沿河、沿沟群众立即按照村（社区）通知转移。", "请不要前往河道、低洼地带和山边。"}, Links: []Link{{"避险点和转移路线", "/content/202603/1.html"}}, Hotline: "12345", Updated: sampleAt}
			return EmergencyPage.Draw(EmergencyFrame(s), *s.Emergency)
		}},
	}
	list = append(list, sampledSections()...)
	for i := range list {
		list[i].Site = sampled
	}
	return list
}

// SampleOf finds a sample by its key.
func SampleOf(key string) (Sample, bool) {
	for _, s := range Samples() {
		if s.Key == key {
			return s, true
		}
	}
	return Sample{}, false
}
