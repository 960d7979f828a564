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
		s.Doors = Doors{Letters: "/letters/", LetterQuery: "/letters/query", ErrorReport: "/letters/new?type=error", Search: "/search", Official: "/official/", Impostors: "/impostors/"}
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

func samplePlates(n int) []Plate {
	var out []Plate
	for i := range n {
		p := Plate{No: i + 1, Picture: *samplePicture(), Caption: "示例：工作人员检查供热管道。", Source: "示例摄影"}
		if i%2 == 1 {
			p.Caption, p.Source = "示例：工作人员在换热站逐一核对压力、温度和流量，并把结果写进当天的记录。", ""
		}
		p.Picture.Late = i > 0
		out = append(out, p)
	}
	return out
}

func samplePlayer(sound bool) *Player {
	if sound {
		return &Player{Sound: true, Src: "/media/sample.mp3", Kind: "audio/mpeg", Name: "MP3 音频", Size: "2.1 MB", Label: "供暖通知的录音", Duration: "04:10"}
	}
	return &Player{Src: "/media/sample.mp4", Kind: "video/mp4", Name: "MP4 视频", Size: "12 MB", Poster: "/media/a.jpg", Captions: "/media/sample.vtt", Label: "供暖安排的短视频", Duration: "01:05", Caption: "示例：供暖安排。"}
}

func sampleExplained(s Site, form string) Article {
	a := sampleArticle(s, false)
	a.Title, a.Form, a.Interprets, a.By = "示例：供暖保障通知的"+form, form, true, "示例县住房和城乡建设局"
	a.Related, a.RelatedAs = []Link{{"《关于做好冬季供暖保障工作的通知》（示政发〔2026〕18号）", "/content/202603/3.html"}}, "解读的文件"
	a.Facts = []HeadCell{{"解读形式", form, false}, {"解读人", a.By, false}}
	for _, f := range []string{"文字", "图解", "短视频", "音频"} {
		a.Forms = append(a.Forms, FormLink{Form: f, Title: "示例：供暖保障通知的" + f, Href: "/content/202603/" + itoa(len(a.Forms)+1) + ".html", Elder: "/elder/content/202603/1.html", Current: f == form})
	}
	return a
}

func sampleBlock(s Site, i, n int) Block {
	return Block{s.Columns[min(i, len(s.Columns)-1)], sampleLines(n)}
}

func samplePicture() *Picture {
	return &Picture{Src: "/media/a.jpg", Srcset: "/media/a.jpg 960w", Sizes: "(max-width: 640px) 100vw, 700px", Width: 960, Height: 600, Alt: "供暖检修现场"}
}

// sampleBands are a home page as most sites have it.
func sampleBands(s Site) []Band {
	shots := sampleLines(4)
	for i := range shots {
		shots[i].Picture = samplePicture()
	}
	return []Band{
		{ID: "band-1", Kind: BandNotices, Notices: s.Notices},
		{ID: "band-2", Kind: BandLead, Lead: sampleLines(1)[0], Briefs: true},
		{ID: "band-3", Kind: BandColumns, Shots: shots, Blocks: []Block{sampleBlock(s, 0, 7), sampleBlock(s, 1, 7)}},
		{ID: "band-4", Kind: BandServices, Heading: "办事服务", Links: []Entrance{{Text: "政务服务网", Href: "/about.html#services", Note: "网上办事、查办理进度", Icon: "service", First: true}, {Text: "社保", Href: "/contact.html", Icon: "card"}}},
		{ID: "band-5", Kind: BandInteraction, Heading: "互动交流", Links: []Entrance{{Text: "写信", Href: "/letters/", Note: "咨询、建议、投诉", Icon: "letter"}, {Text: "查文件", Href: "/search", Icon: "find"}, {Text: "联系我们", Href: "/contact.html", Icon: "place"}}},
		{ID: "band-6", Kind: BandColumns, Blocks: []Block{sampleBlock(s, 2, 5), sampleBlock(s, 3, 5)}},
		{ID: "band-7", Kind: BandList, Heading: s.Columns[0].Name, More: s.Columns[0].Href(), Entries: sampleLines(5)},
	}
}

// everyBand is every kind of band once, and what a band may do otherwise.
func everyBand(s Site) []Band {
	shots := sampleLines(3)
	for i := range shots {
		shots[i].Picture = samplePicture()
	}
	var links []Entrance
	for _, icon := range []string{"doc", "person", "home", "card", "health", "school", "work", "money", "car", "phone", "mail", "map", "error", "query", ""} {
		links = append(links, Entrance{Text: "入口", Href: "/contact.html", Icon: icon})
	}
	return append(sampleBands(s),
		Band{ID: "band-21", Kind: BandPictures, Heading: "图片新闻", More: "/news/", Shots: shots, Briefs: true},
		Band{ID: "band-22", Kind: BandList, Heading: "带图的列表", More: "/news/", Shots: shots, Entries: sampleLines(3), Briefs: true},
		Band{ID: "band-23", Kind: BandColumns, Blocks: []Block{sampleBlock(s, 0, 3), sampleBlock(s, 1, 3), sampleBlock(s, 2, 0)}},
		Band{ID: "band-24", Kind: BandSearch, Heading: "政策文件搜索", Text: "文号、标题或正文里的一句话", More: "/search", Links: []Entrance{{Text: "供暖", Href: "/search?q=x"}}},
		Band{ID: "band-25", Kind: BandIcons, Heading: "常用", Links: links},
		Band{ID: "band-26", Kind: BandTopics, Heading: "专题", More: TopicsPath, Topics: []TopicCard{{Title: "冬季供暖", Href: "/topics/heating/", Intro: "供暖政策", Picture: samplePicture()}, {Title: "防汛", Href: "/topics/flood/"}}},
		Band{ID: "band-27", Kind: BandLeaders, Heading: "领导信息", More: "/news/", Entries: sampleLines(4)},
		Band{ID: "band-28", Kind: BandMatrix, Heading: "矩阵", Links: links[:2]},
		Band{ID: "band-29", Kind: BandFigures, Heading: "信息统计", Figures: []Figure{{"要闻", "/news/", 1234}, {"政策", "/policies/", 56}}},
		Band{ID: "band-30", Kind: BandLinks, Heading: "相关链接", Links: links[:3]},
		Band{ID: "band-31", Kind: BandPicked, Heading: "精选", Shots: shots, Entries: sampleLines(2)},
		Band{ID: "band-32", Kind: BandPicked, Heading: "带提要的精选", Entries: sampleLines(2), Briefs: true},
		Band{ID: "band-33", Kind: BandWords, Heading: "说明", Text: "一段说明文字。"},
		Band{ID: "band-34", Kind: BandWords, Text: "没有标题的说明。"},
	)
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
			return HomePage.Draw(HomeFrame(s), Home{Bands: sampleBands(s), Updated: sampleAt})
		}},
		{Key: "home-empty", Name: "没有内容的首页", View: "home.html", Draw: func(s Site) ([]byte, error) { return HomePage.Draw(HomeFrame(s), Home{}) }},
		{Key: "home-every", Name: "用了每种版块的首页", View: "home.html", Draw: func(s Site) ([]byte, error) {
			return HomePage.Draw(HomeFrame(s), Home{Bands: everyBand(s), Updated: sampleAt})
		}},
		{Key: "topic", Name: "专题页", View: "topic.html", Draw: func(s Site) ([]byte, error) {
			t := Topic{Title: "冬季供暖", Intro: "示例：供暖政策、进展和便民信息。", Banner: samplePicture(), Ends: "2026-03-31", Bands: sampleBands(s)[1:]}
			return TopicPage.Draw(TopicFrame(s, t, "/topics/heating/"), t)
		}},
		{Key: "topic-archived", Name: "归档的专题页", View: "topic.html", Draw: func(s Site) ([]byte, error) {
			t := Topic{Title: "冬季供暖", Intro: "示例：供暖政策、进展和便民信息。", Archived: sampleAt}
			return TopicPage.Draw(TopicFrame(s, t, "/topics/heating/"), t)
		}},
		{Key: "topics", Name: "专题列表", View: "topics.html", Draw: func(s Site) ([]byte, error) {
			c := TopicCard{Title: "冬季供暖", Href: "/topics/heating/", Intro: "示例：供暖政策和进展", Ends: "2026-03-31"}
			with := c
			with.Picture = samplePicture()
			return TopicsPage.Draw(TopicsFrame(s), Topics{Running: []TopicCard{with, c}, Archived: []TopicCard{c}})
		}},
		{Key: "elder-topic", Name: "长辈版专题页", View: "elder_topic.html", Draw: func(s Site) ([]byte, error) {
			t := Topic{Title: "冬季供暖", Intro: "示例：供暖政策、进展和便民信息。", Ends: "2026-03-31", Bands: everyBand(s)[1:]}
			return ElderTopicPage.Draw(TopicFrame(s, t, "/topics/heating/").Elderly("/elder/topics/heating/"), t)
		}},
		{Key: "elder-topics", Name: "长辈版专题列表", View: "elder_topics.html", Draw: func(s Site) ([]byte, error) {
			c := TopicCard{Title: "冬季供暖", Href: "/topics/heating/", Intro: "示例：供暖政策和进展", Ends: "2026-03-31"}
			return ElderTopicsPage.Draw(TopicsFrame(s).Elderly("/elder/topics/"), Topics{Running: []TopicCard{c}, Archived: []TopicCard{c}})
		}},
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
		{Key: "gallery", Name: "图集页", View: "gallery.html", Draw: func(s Site) ([]byte, error) {
			a := sampleArticle(s, false)
			a.Title, a.Plates, a.Facts = "示例：供暖准备工作图集", samplePlates(5), []HeadCell{{"摄影", "王某", false}}
			a.Body = "<p>示例：各供热单位加紧检修设备。</p>"
			return DrawArticle(s, a, "", "/content/202603/1.html", "/elder/content/202603/1.html", nil)
		}},
		{Key: "player", Name: "视频页", View: "player.html", Draw: func(s Site) ([]byte, error) {
			a := sampleArticle(s, false)
			a.Title, a.Player = "示例：一分钟看懂供暖安排", samplePlayer(false)
			return DrawArticle(s, a, "", "/content/202603/1.html", "/elder/content/202603/1.html", nil)
		}},
		{Key: "player-sound", Name: "音频页", View: "player.html", Draw: func(s Site) ([]byte, error) {
			a := sampleArticle(s, false)
			a.Title, a.Player, a.Body = "示例：供暖通知录音", samplePlayer(true), ""
			return DrawArticle(s, a, "", "/content/202603/1.html", "/elder/content/202603/1.html", nil)
		}},
		{Key: "explained-picture", Name: "图解", View: "interpretation.html", Draw: func(s Site) ([]byte, error) {
			a := sampleExplained(s, "图解")
			a.Plates, a.Body = samplePlates(2), "<p>示例：图中的文字。</p>"
			return DrawArticle(s, a, "", "/content/202603/1.html", "/elder/content/202603/1.html", nil)
		}},
		{Key: "explained-film", Name: "视频解读", View: "interpretation.html", Draw: func(s Site) ([]byte, error) {
			a := sampleExplained(s, "短视频")
			a.Player = samplePlayer(false)
			return DrawArticle(s, a, "", "/content/202603/1.html", "/elder/content/202603/1.html", nil)
		}},
		{Key: "explained-text", Name: "文字解读", View: "interpretation.html", Draw: func(s Site) ([]byte, error) {
			a := sampleExplained(s, "文字")
			a.Forms = nil
			return DrawArticle(s, a, "", "/content/202603/1.html", "/elder/content/202603/1.html", nil)
		}},
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
			e := Embedded{Title: "写信", Body: `<p>写信以前可以查一查<a href="/official/">官方名录</a>。</p><ul><li><a href="/official/data.csv">下载名录</a>（UTF-8，第一行为列名）</li></ul><form method="post" action="/letters/new"><p><label for="t">标题</label><input id="t" name="t" type="text"></p><p><label for="b">内容</label><textarea id="b" name="b"></textarea></p><button>寄出</button></form>`}
			return EmbeddedPage.Draw(EmbeddedFrame(s, e, "/letters/new"), e)
		}},
		{Key: "message", Name: "找不到页面", View: "message.html", Draw: message(404, "/x")},
		{Key: "gone", Name: "已撤下页面", View: "message.html", Draw: message(410, "/x")},
		{Key: "elder-home", Name: "长辈版首页", View: "elder_home.html", Draw: func(s Site) ([]byte, error) {
			h := ElderHomeOf(s, sampleLines(4))
			h.Topics = []TopicCard{{Title: "冬季供暖", Href: "/topics/heating/"}}
			return ElderHomePage.Draw(ElderHomeFrame(s), h)
		}},
		{Key: "elder-column", Name: "长辈版栏目页", View: "elder_column.html", Draw: func(s Site) ([]byte, error) {
			p := column(s, 0)
			return ElderColumnPage.Draw(ColumnFrame(s, p).Elderly(p.Column.ElderHref()), p)
		}},
		{Key: "elder-article", Name: "长辈版文章页", View: "elder_article.html", Draw: func(s Site) ([]byte, error) {
			a := sampleArticle(s, true)
			return ElderArticlePage.Draw(ArticleFrame(s, a, "/content/202603/1.html", "").Elderly("/elder/content/202603/1.html"), a)
		}},
		{Key: "elder-player", Name: "长辈版视频页", View: "elder_article.html", Draw: func(s Site) ([]byte, error) {
			a := sampleExplained(s, "短视频")
			a.Player, a.Plates = samplePlayer(false), samplePlates(2)
			return ElderArticlePage.Draw(ArticleFrame(s, a, "/content/202603/1.html", "").Elderly("/elder/content/202603/1.html"), a)
		}},
		{Key: "elder-message", Name: "长辈版提示页", View: "elder_message.html", Draw: message(410, "/elder/x")},
		{Key: "emergency", Name: "应急首页", View: "emergency.html", Draw: func(s Site) ([]byte, error) {
			if s.Emergency == nil {
				s.Emergency = &Emergency{Title: "示例：关于防汛应急响应的紧急公告", Paras: []string{"受强降雨影响，我县已启动防汛二级应急响应。请沿河、沿沟群众立即按照村（社区）通知转移。", "请不要前往河道、低洼地带和山边。"}, Links: []Link{{"避险点和转移路线", "/content/202603/1.html"}}, Hotline: "12345", Updated: sampleAt}
			}
			return EmergencyPage.Draw(EmergencyFrame(s), *s.Emergency)
		}},
	}
	list = append(list, sampledSections()...)
	list = append(list, editionSamples()...)
	list = append(list, Sample{Key: "matrix", Name: "矩阵页", View: "matrix.html", Draw: func(s Site) ([]byte, error) {
		m := Matrix{Path: "/matrix/", Area: "示例市", Updated: sampleAt, Above: []Link{{"示例省", "/matrix/"}},
			Sites:    []MatrixSite{{Name: "示例市人民政府", Unit: "示例市人民政府办公室", Host: "sample.example", SiteCode: "6100000000", Href: "https://sample.example/", Marked: true, Head: true}, {Name: "示例市教育局", Unit: "示例市教育局", Host: "edu.sample.example", Line: "教育"}},
			Accounts: []MatrixAccount{{Name: "示例发布", Unit: "示例市人民政府办公室", Platform: "微信", Handle: "sample", VerifiedAs: "示例市人民政府办公室", Head: true}},
			Below:    []MatrixArea{{Name: "示例县", Href: "/matrix/sample/", Sites: 3, Accounts: 9}}}
		return MatrixPage.Draw(MatrixFrame(s, m), m)
	}})
	list = append(list, Sample{Key: "former", Name: "关停网站旧网址", View: "former.html", Draw: func(s Site) ([]byte, error) {
		return FormerListPage.Draw(FormerListFrame(s), FormerList{[]FormerSite{{"示例市旧网站", "old.sample.example", "/former/old.sample.example/", "2026-06-30", 2}}})
	}}, Sample{Key: "former-map", Name: "旧网址对照", View: "former_map.html", Draw: func(s Site) ([]byte, error) {
		f := Former{Host: "old.sample.example", Name: "示例市旧网站"}
		m := FormerMap{Name: f.Name, Host: f.Host, Until: "2026-06-30", Total: 2, Page: 1, Of: 2, Next: f.PagePath(2),
			Rows: []FormerRow{{"/info.aspx?id=12", "https://sample.example/content/202603/1.html", ""}, {"/hd/2016.html", "", "已停用"}}}
		return FormerMapPage.Draw(FormerMapFrame(s, m, f.Path()), m)
	}})
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
