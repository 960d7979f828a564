package check

import (
	"strings"

	"zhengshu/internal/abridge"
	"zhengshu/internal/check/seek"
	"zhengshu/internal/dom"

	"golang.org/x/net/html/atom"
)

// The head of a page (国办发〔2017〕47号 附件《网页设计规范》): the site's name on
// every page, and on the home page of a people's government the national emblem
// (《中华人民共和国国徽法》).
var headerChecks = []Check{
	{
		ID: "header.site_name", Articles: []string{"D-17"}, Severity: Error, AppliesTo: anyPage,
		Says:     Says{Fine: "页面显示网站名称", Wrong: "页面没有显示网站名称", HowToFix: "请在页面头部标识区显示台账登记的网站名称；以图片显示的，写明替代文字。"},
		Evidence: "页面头部标识区源代码和截图", run: pageOnly(siteNameShown),
	},
	{
		ID: "header.emblem", Articles: []string{"S32"}, Severity: Error, AppliesTo: []string{string(ClassHome)}, Objects: []Object{Portal},
		Says:     Says{Fine: "首页显示国徽图案", Wrong: "首页没有显示国徽图案", HowToFix: "请在首页显著位置使用中国人大网、中国政府网公布的标准国徽图案，并写明替代文字“国徽”。"},
		Evidence: "首页截图和图片源代码", run: pageOnly(emblemShown),
	},
}

// bareName is a name without blanks and without what stands in brackets.
func bareName(s string) string {
	s = noBlanks(s)
	for _, pair := range []string{"（）", "()", "【】"} {
		r := []rune(pair)
		if i := strings.IndexRune(s, r[0]); i > 0 {
			if j := strings.IndexRune(s[i:], r[1]); j > 0 {
				s = s[:i] + s[i+j+len(string(r[1])):]
			}
		}
	}
	return s
}

func siteNameShown(c *Check, f *Facts) []Finding {
	name := f.Page.Tag("SiteName")
	if f.Ledger != nil && f.Ledger.SiteName != "" {
		name = f.Ledger.SiteName
	}
	if name = bareName(name); name == "" || placeholder(name) {
		return []Finding{c.untested("不掌握网站名称", "网站名称")}
	}
	// The name as a whole, or as it stands in a masthead: 某市人民政府 for
	// 某市人民政府门户网站.
	short := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "网站"), "门户"), "网")
	shows := func(s string) bool {
		s = noBlanks(s)
		return seek.Has(s, name) || len([]rune(short)) >= 4 && seek.Has(s, short)
	}
	if shows(f.Page.bare()) {
		return []Finding{c.fine("网站名称")}
	}
	pictures := 0
	for _, n := range f.Page.elements() {
		if n.DataAtom == atom.Img {
			if shows(dom.Attr(n, "alt")) || shows(dom.Attr(n, "title")) {
				return []Finding{c.fine("网站名称")}
			}
			if strings.TrimSpace(dom.Attr(n, "alt")) == "" {
				pictures++
			}
		} else if v := dom.Attr(n, "aria-label") + dom.Attr(n, "title"); v != "" && shows(v) {
			return []Finding{c.fine("网站名称")}
		}
	}
	if pictures > 0 || f.Page.pictured() {
		return []Finding{c.untested("网站名称可能以没有替代文字的图片显示", "网站名称")}
	}
	return []Finding{c.wrong("没有找到“"+abridge.Text(name, 40)+"”", "网站名称")}
}

// pictured reports whether the page paints with pictures of its style sheets:
// what they show is not in the page's words.
func (p *Page) pictured() bool {
	for _, s := range p.styles {
		if strings.Contains(s, "url(") {
			return true
		}
	}
	for _, l := range p.Links {
		if l.Kind == LinkStyle {
			return true
		}
	}
	return strings.Contains(p.Text, "background-image") || strings.Contains(p.Text, "url(")
}

func emblemShown(c *Check, f *Facts) []Finding {
	if f.Ledger == nil || f.Ledger.Object == "" {
		return nil // who owes the emblem is not known
	}
	if !f.Ledger.Government {
		return nil
	}
	if drawn(f.Page, "emblem") {
		return []Finding{c.drawnOnly(f, "国徽")}
	}
	unnamed := false
	for _, n := range f.Page.elements() {
		if n.DataAtom != atom.Img && n.Data != "svg" {
			continue
		}
		words := strings.ToLower(dom.Attr(n, "alt") + " " + dom.Attr(n, "title") + " " + dom.Attr(n, "src") + " " + dom.Attr(n, "aria-label") + " " + dom.Attr(n, "class"))
		if seek.Any(words, []string{"国徽", "guohui", "emblem", "gh.png", "logo-gh"}) {
			return []Finding{c.fine("国徽")}
		}
		unnamed = unnamed || strings.TrimSpace(dom.Attr(n, "alt")) == ""
	}
	if unnamed || f.Page.pictured() {
		return []Finding{c.untested("国徽可能以没有替代文字的图片或背景图显示，请人工核实", "国徽")}
	}
	return []Finding{c.wrong("", "国徽")}
}
