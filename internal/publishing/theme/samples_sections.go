package theme

import "html/template"

// sampledSections are the pages of sections among Samples.
func sampledSections() []Sample {
	of := func(s Site, i int) Column { return s.Columns[min(i, len(s.Columns)-1)] }
	person := PersonCard{Name: "张示例", Post: "主要负责人", Href: "/content/202603/1.html", Duties: []string{"主持全面工作"}}
	unit := UnitCard{Name: "示例单位", Href: "/content/202603/1.html", Duty: "负责示例工作。", Address: "示例路1号", Postcode: "710000", Hours: "工作日 9:00—17:00", Phone: "0999-0000000", Principal: "张示例"}
	disclosed := Disclosure{Parts: []DisclosurePart{
		{ID: "guide", Name: "政府信息公开指南", Says: "怎样查阅和申请。", Entries: sampleLines(2), More: Link{"进入“公开指南”", "/guide/"}},
		{ID: "system", Name: "政府信息公开制度", Entries: sampleLines(1)},
		{ID: "statutory", Name: "法定主动公开内容", Disclosed: 1, Statutory: []StatutoryRow{{Name: "规划和相关政策", Article: "第二十条（三）", State: "disclosed", Link: Link{"政策文件", "/policies/"}, N: 4, Newest: sampleAt}, {Name: "统计信息", Article: "第二十条（四）", State: "missing"}}},
		{ID: "report", Name: "政府信息公开年报", Entries: sampleLines(1)},
		{ID: "request", Name: "依申请公开", Steps: []string{"写明需要的信息。"}, Doors: []Link{{"写信询问怎样申请", "/letters/"}}}}}
	data := OpenData{Sets: []Dataset{{ID: "1", Title: "示例数据集", About: "示例数据。", Href: "/content/202603/1.html", Publisher: "示例单位", Licence: "无条件开放", Cycle: "每季", Formats: []string{"XLSX"}, Downloads: []DataFile{{"数据文件", "/media/sample.xlsx", "XLSX 表格", "12 KB", ""}}, Issued: sampleAt, Changed: sampleAt}}}
	rendition := Rendition{ID: "1", Kind: "guide", KindName: "办事服务", Title: "示例：怎样办理", Column: "办事服务", Published: sampleAt, Updated: sampleAt, Contact: "0999-0000000", Unit: "示例单位", Text: "一、带身份证件。\n二、当场领取。"}
	return []Sample{
		{Key: "holdings", Name: "政策文件库", View: "holdings.html", Draw: func(s Site) ([]byte, error) {
			c := of(s, 2)
			h := Holdings{Column: c, Siblings: s.Top(), Noun: "份文件", Total: 20, Action: FindPath(c), Entries: sampleLines(5), InForce: FindPath(c) + "?state=x",
				Groups: []FacetGroup{{Name: "state", Label: "有效性", Options: []FacetOption{{Text: "有效", N: 18, Href: FindPath(c)}, {Text: "废止", N: 2, Href: FindPath(c)}}}}}
			return HoldingsPage.Draw(HoldingsFrame(s, h), h)
		}},
		{Key: "people", Name: "负责人信息", View: "people.html", Draw: func(s Site) ([]byte, error) {
			p := People{Column: of(s, 4), Siblings: s.Top(), People: []PersonCard{person}}
			return PeoplePage.Draw(SectionFrame(s, p.Column, "page-people"), p)
		}},
		{Key: "person", Name: "负责人页", View: "person.html", Draw: func(s Site) ([]byte, error) {
			a := Article{Title: "张示例", Column: of(s, 4), Published: sampleAt, Source: s.Sponsor, Body: template.HTML("<p>示例简历。</p>"), Person: &Person{Name: "张示例", Post: "主要负责人", Duties: person.Duties, Since: "2023-01-01", Speeches: sampleLines(2)}}
			return PersonPage.Draw(ArticleFrame(s, a, "/content/202603/1.html", ""), a)
		}},
		{Key: "units", Name: "机构职能", View: "units.html", Draw: func(s Site) ([]byte, error) {
			p := Units{Column: of(s, 4), Siblings: s.Top(), Units: []UnitCard{unit}}
			return UnitsPage.Draw(SectionFrame(s, p.Column, "page-units"), p)
		}},
		{Key: "reports", Name: "信息公开年报", View: "reports.html", Draw: func(s Site) ([]byte, error) {
			p := Reports{Column: of(s, 4), Siblings: s.Top(), Years: []ReportYear{{"2025", []ReportRow{{"政府信息公开工作年度报告", "示例：2025年度报告", "/content/202603/1.html", s.Sponsor, sampleAt}}}}}
			return ReportsPage.Draw(SectionFrame(s, p.Column, "page-reports"), p)
		}},
		{Key: "disclosure", Name: "政府信息公开", View: "disclosure.html", Draw: func(s Site) ([]byte, error) { return DisclosurePage.Draw(DisclosureFrame(s), disclosed) }},
		{Key: "announcements", Name: "开办公告", View: "announcements.html", Draw: func(s Site) ([]byte, error) {
			return AnnouncementsPage.Draw(AnnouncementsFrame(s), Announcements{Current: []Announcement{{Kind: "开通公告", Title: "示例网站开通公告", Object: "示例网站", Href: "/content/202603/1.html", From: "2026年3月2日"}}})
		}},
		{Key: "open-data", Name: "开放数据", View: "open_data.html", Draw: func(s Site) ([]byte, error) { return OpenDataPage.Draw(OpenDataFrame(s, data), data) }},
		{Key: "leave", Name: "离开提示", View: "leave.html", Draw: func(s Site) ([]byte, error) {
			return LeavePage.Draw(LeaveFrame(s, "/leave/x.html"), Leave{"https://example.com/", "example.com"})
		}},
		{Key: "hotline", Name: "热线和终端接口说明", View: "hotline.html", Draw: func(s Site) ([]byte, error) { return HotlinePage.Draw(HotlineFrame(s), HotlineGuideOf(s, 1)) }},
		{Key: "kiosk", Name: "自助终端", View: "kiosk.html", Draw: func(s Site) ([]byte, error) {
			return KioskHomePage.Draw(KioskFrame(s, "自助终端", KioskPath), Kiosk{Groups: []KioskGroup{{"办事服务", sampleLines(3)}}})
		}},
		{Key: "kiosk-item", Name: "自助终端内容页", View: "kiosk_item.html", Draw: func(s Site) ([]byte, error) {
			return KioskItemPage.Draw(KioskFrame(s, rendition.Title, KioskPath+"1.html"), KioskItemOf(rendition))
		}},
		{Key: "elder-people", Name: "长辈版负责人信息", View: "elder_people.html", Draw: func(s Site) ([]byte, error) {
			p := People{Column: of(s, 4), People: []PersonCard{person}}
			return ElderPeoplePage.Draw(SectionFrame(s, p.Column, "").Elderly(p.Column.ElderHref()), p)
		}},
		{Key: "elder-units", Name: "长辈版机构职能", View: "elder_units.html", Draw: func(s Site) ([]byte, error) {
			p := Units{Column: of(s, 4), Units: []UnitCard{unit}}
			return ElderUnitsPage.Draw(SectionFrame(s, p.Column, "").Elderly(p.Column.ElderHref()), p)
		}},
		{Key: "elder-disclosure", Name: "长辈版政府信息公开", View: "elder_disclosure.html", Draw: func(s Site) ([]byte, error) {
			return ElderDisclosePage.Draw(DisclosureFrame(s).Elderly("/elder"+DisclosurePath), disclosed)
		}},
	}
}
