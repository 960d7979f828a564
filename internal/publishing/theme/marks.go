package theme

import (
	"bytes"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// A page has marks that no theme may leave out: what 国办发〔2017〕47号 and the
// regulation ask of every page, the bar of an emergency, the notices that hang.
// Examine draws every sample with a site that has all of them and looks for
// each among what readers see.

// mark is one thing a page must show.
type mark struct {
	name  string   // 紧急公告横条
	files []string // views that bring it, the likeliest first
	shown func(p *drawn) bool
}

// drawn is a page as readers get it.
type drawn struct {
	text  string // visible, without blanks
	hrefs map[string]bool
	meta  map[string]string
	ids   map[string]bool
	h1    int
	canon string
	forms map[string]bool // actions
}

// see reads a page. What stands in a comment, a template, a script or an
// element that is hidden is not seen.
func see(page []byte) (*drawn, error) {
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		return nil, err
	}
	p := &drawn{hrefs: map[string]bool{}, meta: map[string]string{}, ids: map[string]bool{}, forms: map[string]bool{}}
	var text strings.Builder
	var walk func(n *html.Node, seen bool)
	walk = func(n *html.Node, seen bool) {
		attr := func(key string) string {
			for _, a := range n.Attr {
				if a.Key == key {
					return a.Val
				}
			}
			return ""
		}
		switch {
		case n.Type == html.TextNode && seen:
			text.WriteString(n.Data)
		case n.Type == html.ElementNode:
			has := func(key string) bool {
				return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
			}
			switch n.Data {
			case "script", "style", "template", "head", "noscript":
				seen = false
			}
			seen = seen && !has("hidden") && attr("aria-hidden") != "true"
			switch {
			case n.Data == "meta":
				p.meta[attr("name")] = attr("content")
			case n.Data == "link" && attr("rel") == "canonical":
				p.canon = attr("href")
			case !seen:
			case n.Data == "a":
				p.hrefs[attr("href")] = true
			case n.Data == "form":
				p.forms[attr("action")] = true
			case n.Data == "h1":
				p.h1++
			}
			if seen {
				p.ids[attr("id")] = true
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c, seen)
		}
	}
	walk(root, true)
	p.text = squash(text.String())
	return p, nil
}

func squash(s string) string { return strings.Join(strings.Fields(s), "") }

func (p *drawn) says(s string) bool { return strings.Contains(p.text, squash(s)) }

// marked is the site with everything that has a mark.
func marked(s Site) Site {
	s.ICP, s.PoliceFiling = orElse(s.ICP, "陕ICP备00000000号"), orElse(s.PoliceFiling, "陕公网安备00000000000000号")
	s.ChineseDomain, s.PartyGovMark = orElse(s.ChineseDomain, "示例县人民政府.政务"), orElse(s.PartyGovMark, "0000")
	s.Address = orElse(s.Address, "示例路1号")
	s.Emergency = &Emergency{Title: "示例：紧急公告标题", Paras: []string{"示例：紧急公告正文。"}, Hotline: "12345", Updated: sampleAt}
	s.Notices = []Link{{"示例：置顶悬挂的公告", "/content/202603/pinned.html"}}
	return s
}

// marksOf are what a view must show for a site.
func marksOf(view, layout string, s Site) []mark {
	says := func(name, words string, files ...string) mark {
		return mark{name, files, func(p *drawn) bool { return p.says(words) }}
	}
	leads := func(name, href string, files ...string) mark {
		return mark{name, files, func(p *drawn) bool { return p.hrefs[href] }}
	}
	frame := "_" + layout + ".html"
	// A demonstration leads to its own letters: the national platform knows no such site.
	entrance := s.Doors.ErrorReport
	if !s.Demo {
		entrance = "https://zfwzgl.www.gov.cn/exposure/jiucuo.html?site_code=" + s.SiteCode
	}
	out := []mark{
		{"规范地址（canonical）", []string{"_head.html", frame}, func(p *drawn) bool { return p.canon != "" }},
		{"跳到正文的链接和正文区（id=main）", []string{frame}, func(p *drawn) bool { return p.hrefs["#main"] && p.ids["main"] }},
		{"唯一的一级标题（h1）", []string{view}, func(p *drawn) bool { return p.h1 == 1 }},
		says("主办单位", s.Sponsor, "_head.html", frame),
		leads("网站地图链接", "/map.html", "_head.html", frame),
		says("网站标识码", s.SiteCode, "_head.html", frame),
		says("党政机关网站标识", "党政机关", "_head.html", frame),
		says("“我为政府网站找错”", "我为政府网站找错", "_head.html", frame),
		leads("“我为政府网站找错”的入口", entrance, "_head.html", frame),
		says("ICP 备案编号", s.ICP, "_head.html", frame),
		says("公安备案编号", s.PoliceFiling, "_head.html", frame),
		says("中文域名", s.ChineseDomain, "_head.html", frame),
		says("联系电话", s.Contact, "_head.html", frame),
	}
	for _, name := range []string{"SiteName", "SiteDomain", "SiteIDCode"} {
		out = append(out, mark{"网页标签 " + name, []string{"_head.html", frame}, func(p *drawn) bool { return p.meta[name] != "" }})
	}
	if layout != "emergency" {
		out = append(out, says("紧急公告横条", s.Emergency.Title, frame, "_emergency.html"))
	} else {
		out = append(out, says("紧急公告标题", s.Emergency.Title, view), says("紧急公告正文", s.Emergency.Paras[0], view), says("求助电话", s.Emergency.Hotline, view))
	}
	if s.Demo && layout != "edition" {
		out = append(out, says("“演示系统”提示条", "演示系统 · 非政府网站", frame, "_head.html"))
	}
	if layout == "portal" {
		out = append(out, says("“长辈版”入口", "长辈版", frame), mark{"搜索框", []string{frame}, func(p *drawn) bool { return s.Doors.Search == "" || p.forms[s.Doors.Search] }})
	}
	switch view {
	case "article.html", "gallery.html", "player.html", "interpretation.html", "elder_article.html":
		files := []string{view, "_sheet.html"}
		out = append(out, mark{"发布时间（精确到分）", files, func(p *drawn) bool { return p.says(Minute(sampleAt)) }},
			mark{"来源", files, func(p *drawn) bool { return p.says("来源") }})
	}
	return out
}

// markOf is the mark that a wrong is about, whatever the page.
func markOf(w Wrong) string {
	_, of, _ := strings.Cut(w.Cause, "时没有")
	return of
}

// lacks names the marks that a sample does not show, each with the bundle's
// file to mend.
func (t *Theme) lacks(sample Sample, layout string, s Site, page []byte) ([]Wrong, error) {
	p, err := see(page)
	if err != nil {
		return nil, err
	}
	marks := marksOf(sample.View, layout, s)
	if sample.Key == "home" {
		marks = append(marks, mark{"置顶悬挂的公告", []string{sample.View, "_block_news.html", "_block_band.html"}, func(p *drawn) bool { return p.hrefs[s.Notices[0].Href] && p.says(s.Notices[0].Text) }})
	}
	var out []Wrong
	for _, m := range marks {
		if m.shown(p) {
			continue
		}
		file := m.files[0]
		for _, f := range append(slices.Clone(m.files), sample.View) {
			if _, own := t.views[f]; own {
				file = f
				break
			}
		}
		out = append(out, Wrong{"views/" + file, 0, "画“" + sample.Name + "”时没有" + m.name + "，或者它不可见", "每个页面都必须有这一项，请照系统自带的模板补上"})
	}
	return out, nil
}
