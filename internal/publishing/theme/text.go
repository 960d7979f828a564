package theme

// Text is a plain page of the theme: accessibility, contact.
type Text struct {
	Title string
	Paras []string
	Facts []Fact
}

// Fact is one line of a summary.
type Fact struct{ Name, Value string }

// TextAt is a text page with its path.
type TextAt struct {
	Path string
	Text Text
}

// TextPages are the pages every site has: contact, about, accessibility.
func TextPages(s Site) []TextAt {
	contact := []Fact{{"主办单位", s.Sponsor}}
	for _, f := range []Fact{{"联系电话", s.Contact}, {"地址", s.Address}} {
		if f.Value != "" {
			contact = append(contact, f)
		}
	}
	about := []Fact{{"网站名称", s.Name}, {"主办单位", s.Sponsor}, {"英文域名", s.Host}}
	for _, f := range []Fact{{"中文域名", s.ChineseDomain}, {"网站标识码", s.SiteCode}, {"ICP备案编号", s.ICP}, {"公安备案", s.PoliceFiling}} {
		if f.Value != "" {
			about = append(about, f)
		}
	}
	paras := []string{"本站由" + s.Sponsor + "主办，发布本单位职责范围内的政务信息。"}
	if s.Demo {
		paras = append(paras, "这是演示系统，不是政府网站。页面上的单位、文件、编号、备案信息和标识均为虚构或占位，不能作为办事依据。", "首页的“政务服务网”入口在正式系统里通向本省政务服务网，在演示系统里通向本页。")
	} else {
		paras = append(paras, "转载本站信息请注明来源。发现内容有误或链接失效，请通过页面底部的“我为政府网站找错”告诉我们。")
	}
	return []TextAt{
		{"/contact.html", Text{"联系我们", []string{"工作时间内可以打电话或者到访；也可以在网上写信。"}, contact}},
		{"/about.html", Text{"关于本站", paras, about}},
		{"/accessibility.html", Text{"无障碍声明", []string{
			"本站按照《Web内容无障碍指南》2.2 AA级的要求建设：全部页面可以只用键盘操作，放大到400%不丢失内容，不依赖脚本，图片有替代文字，颜色不单独表示含义。",
			"每页上方有“长辈版”入口。长辈版文字更大、一栏排列，没有浮动窗口。",
			"阅读或使用有困难，请打电话或写信告诉我们，我们会以您方便的方式提供信息。"}, contact}},
	}
}
