package theme

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"html/template"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/check"
)

func sectioned() Site {
	s := sampleSite()
	s.Sections = []Link{{"政府信息公开", DisclosurePath}, {"开放数据", OpenDataPath}, {"开办公告", AnnouncementsPath}}
	s.IPv6 = true
	return s
}

// sectionSamples are the pages of sections: typical, empty and hostile.
func sectionSamples() []sample {
	s := sectioned()
	held := lines(3)
	held[0].Number, held[0].Issuer, held[0].State, held[0].Ended = "云政发〔2024〕3号", "云河县人民政府", "废止", true
	held[1].Form, held[1].Of = "图解", []Link{{"云河县供暖办法", "/content/202611/9.html"}}
	groups := []FacetGroup{{"state", "有效性", "", []FacetOption{{"有效", 12, "/policies/find?state=x", false}, {"废止", 2, "/policies/find?state=y", true}}, nil},
		{"issuer", "发文机关", "/policies/find", []FacetOption{{"云河县人民政府", 9, "/policies/find?issuer=x", false}}, []FacetOption{{hostile, 1, "/policies/find?issuer=y", false}}}}
	holdings := func(h Holdings) func(Site) ([]byte, error) {
		return func(s Site) ([]byte, error) {
			h.Column, h.Siblings, h.Noun, h.Action = s.Columns[2], s.Top(), "份文件", FindPath(s.Columns[2])
			return HoldingsPage.Draw(HoldingsFrame(s, h), h)
		}
	}
	people := func(list ...PersonCard) func(Site) ([]byte, error) {
		return func(s Site) ([]byte, error) {
			p := People{s.Columns[5], s.Top(), list}
			return PeoplePage.Draw(SectionFrame(s, p.Column, "page-people"), p)
		}
	}
	person := func(change func(*Article)) func(Site) ([]byte, error) {
		return func(s Site) ([]byte, error) {
			a := Article{Title: "李某（演示）", Column: s.Columns[5], Published: at, Source: "云河县人民政府办公室", Image: "/media/p.jpg",
				Body:   template.HTML("<p>1970年生，大学学历，长期在基层工作，曾任乡镇负责人、县直部门负责人，熟悉农业、水利和城乡建设工作。</p><p>现任副县长。</p>"),
				Person: &Person{Name: "李某（演示）", Post: "副县长", Photo: "/media/p.jpg", Duties: []string{"分管供暖", "分管防汛"}, Since: "2024-01-05", Speeches: lines(2)}}
			change(&a)
			return PersonPage.Draw(ArticleFrame(s, a, "/content/202611/1.html", "/elder/content/202611/1.html"), a)
		}
	}
	units := func(list ...UnitCard) func(Site) ([]byte, error) {
		return func(s Site) ([]byte, error) {
			p := Units{s.Columns[4], s.Top(), list}
			return UnitsPage.Draw(SectionFrame(s, p.Column, "page-units"), p)
		}
	}
	reports := func(list ...ReportYear) func(Site) ([]byte, error) {
		return func(s Site) ([]byte, error) {
			p := Reports{s.Columns[4], s.Top(), list}
			return ReportsPage.Draw(SectionFrame(s, p.Column, "page-reports"), p)
		}
	}
	parts := func(words string) Disclosure {
		return Disclosure{[]DisclosurePart{
			{ID: "guide", Name: "政府信息公开指南", Says: words, Entries: lines(2), More: Link{"更多", "/guide/"}},
			{ID: "system", Name: "政府信息公开制度"},
			{ID: "statutory", Name: "法定主动公开内容", Disclosed: 1, Statutory: []StatutoryRow{{Name: "规划和相关政策", Article: "第二十条（三）", State: "disclosed", Link: Link{"政策文件", "/policies/"}, N: 4, Newest: at}, {Name: words, Article: "第二十条（六）", State: "none", Why: words}, {Name: "统计信息", State: "missing"}}},
			{ID: "report", Name: "政府信息公开年报", Entries: lines(1)},
			{ID: "request", Name: "依申请公开", Steps: []string{words}, Doors: []Link{{"写信询问", "/letters/"}}},
		}}
	}
	section := func(d Disclosure) func(Site) ([]byte, error) {
		return func(s Site) ([]byte, error) { return DisclosurePage.Draw(DisclosureFrame(s), d) }
	}
	formerList := func(l FormerList) func(Site) ([]byte, error) {
		return func(s Site) ([]byte, error) { return FormerListPage.Draw(FormerListFrame(s), l) }
	}
	formerMap := func(m FormerMap) func(Site) ([]byte, error) {
		return func(s Site) ([]byte, error) {
			return FormerMapPage.Draw(FormerMapFrame(s, m, "/former/old.yunhe.example/"), m)
		}
	}
	announcements := func(a Announcements) func(Site) ([]byte, error) {
		return func(s Site) ([]byte, error) { return AnnouncementsPage.Draw(AnnouncementsFrame(s), a) }
	}
	data := func(o OpenData) func(Site) ([]byte, error) {
		return func(s Site) ([]byte, error) { return OpenDataPage.Draw(OpenDataFrame(s, o), o) }
	}
	leave := func(l Leave) func(Site) ([]byte, error) {
		return func(s Site) ([]byte, error) { return LeavePage.Draw(LeaveFrame(s, "/leave/x.html"), l) }
	}
	sets := OpenData{[]Dataset{{ID: "1", Title: "公共厕所分布（演示）", About: "全县公共厕所的位置和开放时间。", Href: "/content/202611/5.html", Publisher: "县住建局", Licence: "无条件开放", Cycle: "每季", Period: "2026年1—9月", Formats: []string{"CSV"}, Downloads: []DataFile{{"数据文件", "/media/d.csv", "CSV 表格", "12 KB", "ab"}}, Issued: at, Changed: at}}}
	note := Announcement{Kind: "临时下线公告", Title: "云河县住建局网站临时下线公告", Object: "云河县住建局网站", Href: "/content/202611/3.html", From: "2026年11月20日", Until: ""}
	wrong := Announcement{hostile, hostile, hostile, "javascript:alert(1)", hostile, hostile, hostile}
	kioskItem := Rendition{ID: "1", Kind: "guide", KindName: "办事服务", Title: "怎样办理老年优待证（演示）", Column: "办事服务", Published: at, Updated: at, Contact: "0999-0000000", Unit: "县民政局", Text: "一、带身份证到便民服务中心。\n二、当场领取。", Facts: []Fact{{"咨询电话", "0999-0000000"}}}
	gone := func(m Message) func(Site) ([]byte, error) {
		return func(s Site) ([]byte, error) { return MessagePage.Draw(MessageFrame(s, m, "/x"), m) }
	}
	return []sample{
		{"holdings", "/policies/", check.ClassColumn, s, holdings(Holdings{Entries: held, Groups: groups, Total: 14, InForce: "/policies/find?state=x", Older: "/policies/page-1.html", Oldest: "/policies/page-1.html"})},
		{"holdings-empty", "/policies/", check.ClassColumn, s, holdings(Holdings{})},
		{"holdings-asked", "/policies/find", check.ClassColumn, s, holdings(Holdings{Asked: true, Query: "供暖", Kept: []Kept{{"state", "废止"}}, Groups: groups, Total: 1, Any: "/policies/find", Page: 2, Prev: "/policies/find?p=1", Hits: []SearchHit{{Title: "云河县供暖办法", Href: "/content/202611/9.html", State: "废止", Ended: true, At: at, Runs: []Run{{"供暖", true}}}}})},
		{"holdings-hostile", "/policies/find", check.ClassColumn, hostileSite(), holdings(Holdings{Asked: true, Query: hostile, Kept: []Kept{{hostile, hostile}}, Groups: groups, Hits: []SearchHit{{Title: hostile, Href: "/x", State: hostile, Runs: []Run{{hostile, true}}}}})},
		{"people", "/leaders/", check.ClassColumn, s, people(PersonCard{"李某（演示）", "副县长", "/content/202611/1.html", "/media/p.jpg", []string{"分管供暖", "分管防汛"}}, PersonCard{Name: "张某（演示）", Post: "县长", Href: "/content/202611/2.html"})},
		{"people-empty", "/leaders/", check.ClassColumn, s, people()},
		{"people-hostile", "/leaders/", check.ClassColumn, hostileSite(), people(PersonCard{hostile, hostile, "javascript:alert(1)", "javascript:alert(1)", []string{hostile}})},
		{"person", "/content/202611/1.html", check.ClassContent, s, person(func(*Article) {})},
		{"person-hostile", "/content/202611/1.html", check.ClassContent, hostileSite(), person(func(a *Article) {
			a.Person = &Person{hostile, hostile, "javascript:alert(1)", []string{hostile}, hostile, hostile, []Entry{{Title: hostile, Href: "/x"}}}
		})},
		{"units", "/overview/", check.ClassColumn, s, units(UnitCard{Name: "县住建局（演示）", Href: "/content/202611/4.html", Duty: "负责城乡建设。", Address: "文昌路2号", Postcode: "725999", Hours: "工作日 9:00—17:00", Phone: "0999-0000000", Principal: "王某"})},
		{"units-empty", "/overview/", check.ClassColumn, s, units()},
		{"units-hostile", "/overview/", check.ClassColumn, hostileSite(), units(UnitCard{Name: hostile, Href: "javascript:alert(1)", Duty: hostile, Address: hostile, Phone: hostile})},
		{"reports", "/overview/", check.ClassColumn, s, reports(ReportYear{"2025", []ReportRow{{"政府信息公开工作年度报告", "云河县2025年政府信息公开工作年度报告", "/content/202601/1.html", "云河县人民政府", at}}}, ReportYear{"", []ReportRow{{"", "早年报告汇编", "/content/202001/1.html", "", at}}})},
		{"reports-empty", "/overview/", check.ClassColumn, s, reports()},
		{"disclosure", DisclosurePath, check.ClassColumn, s, section(parts("办法和流程。"))},
		{"disclosure-empty", DisclosurePath, check.ClassColumn, s, section(Disclosure{})},
		{"disclosure-hostile", DisclosurePath, check.ClassColumn, hostileSite(), section(parts(hostile))},
		{"announcements", AnnouncementsPath, check.ClassColumn, s, announcements(Announcements{[]Announcement{note}, []Announcement{{Kind: "开通公告", Title: "云河发布开通公告", Object: "云河发布", Ended: "已结束"}}})},
		{"announcements-empty", AnnouncementsPath, check.ClassColumn, s, announcements(Announcements{})},
		{"announcements-hostile", AnnouncementsPath, check.ClassColumn, hostileSite(), announcements(Announcements{Current: []Announcement{wrong}})},
		{"former", FormerPath, check.ClassColumn, s, formerList(FormerList{[]FormerSite{{"云河县旧网站（演示）", "old.yunhe.example", "/former/old.yunhe.example/", "2026-06-30", 2}}})},
		{"former-empty", FormerPath, check.ClassColumn, s, formerList(FormerList{})},
		{"former-hostile", FormerPath, check.ClassColumn, hostileSite(), formerList(FormerList{[]FormerSite{{hostile, hostile, "javascript:alert(1)", hostile, 1}}})},
		{"former-map", "/former/old.yunhe.example/", check.ClassColumn, s, formerMap(FormerMap{Name: "云河县旧网站（演示）", Host: "old.yunhe.example", Total: 2, Page: 1, Of: 2, Next: "/former/old.yunhe.example/2.html", Rows: []FormerRow{{"/a.html", "https://yunhe.example/b.html", ""}, {"/c.html", "", "已停用"}}})},
		{"former-map-hostile", "/former/old.yunhe.example/", check.ClassColumn, hostileSite(), formerMap(FormerMap{Name: hostile, Host: hostile, Total: 1, Page: 2, Of: 2, Prev: "javascript:alert(1)", Rows: []FormerRow{{hostile, "javascript:alert(1)", ""}}})},
		{"open-data", OpenDataPath, check.ClassColumn, s, data(sets)},
		{"open-data-empty", OpenDataPath, check.ClassColumn, s, data(OpenData{})},
		{"open-data-hostile", OpenDataPath, check.ClassColumn, hostileSite(), data(OpenData{[]Dataset{{Title: hostile, Href: "javascript:alert(1)", Formats: []string{hostile}, Downloads: []DataFile{{hostile, "javascript:alert(1)", hostile, hostile, hostile}}}}})},
		{"leave", "/leave/x.html", check.ClassColumn, s, leave(Leave{"https://daily.example.com/a?b=1&c=2", "daily.example.com"})},
		{"leave-hostile", "/leave/x.html", check.ClassColumn, hostileSite(), leave(Leave{"javascript:alert(1)", hostile})},
		{"hotline", HotlinePath, check.ClassColumn, s, func(s Site) ([]byte, error) { return HotlinePage.Draw(HotlineFrame(s), HotlineGuideOf(s, 3)) }},
		{"kiosk", KioskPath, check.ClassColumn, s, func(s Site) ([]byte, error) {
			k := Kiosk{[]KioskGroup{{"办事服务", lines(3)}}}
			return KioskHomePage.Draw(KioskFrame(s, "自助终端", KioskPath), k)
		}},
		{"kiosk-item", KioskPath + "1.html", check.ClassColumn, s, func(s Site) ([]byte, error) {
			k := KioskItemOf(kioskItem)
			return KioskItemPage.Draw(KioskFrame(s, k.Title, KioskPath+"1.html"), k)
		}},
		{"message-withdrawn", "/x", check.ClassColumn, s, gone(Ended("县住建局", "2026年11月20日", "内容有误，核实后另行发布", false))},
		{"message-gone", "/x", check.ClassColumn, s, gone(Ended("", "", "", true))},
		{"elder-disclosure", "/elder" + DisclosurePath, check.ClassColumn, s, func(s Site) ([]byte, error) {
			return ElderDisclosePage.Draw(DisclosureFrame(s).Elderly("/elder"+DisclosurePath), parts("办法和流程。"))
		}},
		{"elder-people", "/elder/leaders/", check.ClassColumn, s, func(s Site) ([]byte, error) {
			p := People{s.Columns[5], nil, []PersonCard{{Name: "李某（演示）", Post: "副县长", Href: "/content/202611/1.html"}}}
			return ElderPeoplePage.Draw(SectionFrame(s, p.Column, "").Elderly(p.Column.ElderHref()), p)
		}},
		{"elder-units", "/elder/overview/", check.ClassColumn, s, func(s Site) ([]byte, error) {
			p := Units{s.Columns[4], nil, []UnitCard{{Name: "县住建局（演示）", Href: "/content/202611/4.html", Address: "文昌路2号", Hours: "工作日 9:00—17:00", Phone: "0999-0000000"}}}
			return ElderUnitsPage.Draw(SectionFrame(s, p.Column, "").Elderly(p.Column.ElderHref()), p)
		}},
	}
}

func TestFeedFormsAreReadable(t *testing.T) {
	for _, s := range []Site{sectioned(), hostileSite()} {
		f := FeedOf{Title: hostile, Path: "/news/", Description: hostile, RSS: "/news/rss.xml", Entries: []Entry{{Title: hostile, Href: "/content/202611/a.html", At: at, Brief: hostile}, {Title: "二", Href: "/content/202611/b.html", At: at.Add(-time.Hour)}},
			Texts: map[string]string{"/content/202611/a.html": `<p>见<a href="/content/202611/b.html">另一页</a></p>`}}
		if f.Atom() != "/news/atom.xml" || f.JSON() != "/news/feed.json" || f.Full() != "/news/full.xml" {
			t.Errorf("addresses %s %s %s", f.Atom(), f.JSON(), f.Full())
		}
		b, err := AtomFeed(s, f, f.Full())
		if err != nil {
			t.Fatal(err)
		}
		var a atomFeed
		if err := xml.Unmarshal(b, &a); err != nil {
			t.Fatal(err)
		}
		if len(a.Entries) != 2 || a.Updated != "2026-11-20T09:30:00+08:00" || a.ID == "" || a.Entries[0].Content == nil || a.Entries[1].Content != nil || !strings.Contains(a.Entries[0].Content.Text, `href="`+s.Origin()+`/content/202611/b.html"`) {
			t.Errorf("atom: %+v", a)
		}
		if b, err = JSONFeed(s, f); err != nil {
			t.Fatal(err)
		}
		var j jsonFeed
		if err := json.Unmarshal(b, &j); err != nil {
			t.Fatal(err)
		}
		if j.Version != "https://jsonfeed.org/version/1.1" || len(j.Items) != 2 || j.Items[0].ID != s.Origin()+"/content/202611/a.html" || j.Items[1].Text != "二" {
			t.Errorf("json: %+v", j)
		}
	}
	b, err := AtomFeed(sectioned(), FeedOf{RSS: "/rss.xml", Path: "/"}, "/atom.xml")
	if err != nil || !bytes.Contains(b, []byte("<updated>1970")) {
		t.Errorf("empty feed: %s %v", b, err)
	}
}

// TestStructuredDataNamesTheThing holds the JSON-LD of each kind of page.
func TestStructuredDataNamesTheThing(t *testing.T) {
	s := sectioned()
	base := Article{Title: "题", Column: s.Columns[2], Published: at, Image: "/media/a.jpg", Summary: "摘要", Author: "王某"}
	for want, change := range map[string]func(*Article){
		`"@type":"Legislation"`:                                   func(a *Article) { a.Policy = &PolicyHead{Number: "云政发〔2026〕1号", State: "废止"} },
		`"legislationLegalForce":"https://schema.org/NotInForce"`: func(a *Article) { a.Policy = &PolicyHead{State: "失效"} },
		`"legislationLegalForce":"https://schema.org/InForce"`:    func(a *Article) { a.Policy = &PolicyHead{State: "有效"} },
		`"@type":"NewsArticle"`:                                   func(a *Article) { a.News = true },
		`"@type":"Person","name":"李某"`:                            func(a *Article) { a.Person = &Person{Name: "李某", Post: "副县长"} },
		`"jobTitle":"副县长"`:                                        func(a *Article) { a.Person = &Person{Name: "李某", Post: "副县长"} },
		`"@type":"FAQPage"`:                                       func(a *Article) { a.Question, a.Answer = "怎样办？", "到窗口办。" },
		`"@type":"GovernmentService"`:                             func(a *Article) { a.Service, a.Phone = true, "0999-1" },
		`"@type":"Dataset"`:                                       func(a *Article) { a.Dataset = &Dataset{Title: "数据", Href: "/x"} },
		`"@type":"GovernmentOrganization","name":"县住建局"`:          func(a *Article) { a.Unit = &UnitCard{Name: "县住建局"} },
		`"image":"http://yunhe.localhost:8080/media/a.jpg"`:       func(*Article) {},
	} {
		a := base
		change(&a)
		b, err := ArticlePage.Draw(ArticleFrame(s, a, "/content/202611/1.html", ""), a)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range []string{want, `"@type":"BreadcrumbList"`, `<meta name="Image" content="http://yunhe.localhost:8080/media/a.jpg">`, `<meta name="Url" content="http://yunhe.localhost:8080/content/202611/1.html">`, `<meta name="Author" content="王某">`, `<meta name="Description" content="摘要">`} {
			if !bytes.Contains(b, []byte(w)) {
				t.Errorf("lacks %s", w)
			}
		}
	}
}

// TestEndedPagesSayNoMore: a withdrawn page says who, when and the class of the
// reason; one that is gone says nothing of what stood there.
func TestEndedPagesSayNoMore(t *testing.T) {
	s := sectioned()
	b, err := DrawMessage(s, Ended("县住建局", "2026年11月20日", "依据已经调整", false), "/content/202611/1.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []string{"县住建局", "2026年11月20日", "依据已经调整", "noindex"} {
		if !bytes.Contains(b, []byte(w)) {
			t.Errorf("withdrawn: lacks %s", w)
		}
	}
	if b, err = DrawMessage(s, Ended("", "", "", true), "/x"); err != nil || !bytes.Contains(b, []byte("这个网址已经停用")) || bytes.Contains(b, []byte("撤下日期")) {
		t.Errorf("gone: %v", err)
	}
}
