package check

import (
	"regexp"
	"strings"

	"zhengshu/internal/check/css"
	"zhengshu/internal/check/seek"
	"zhengshu/internal/dom"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Article 12(2) keeps adverts off the page; the 《网页设计规范》 floating windows
// that cannot be closed.
var designChecks = []Check{
	{
		ID: "design.advert", Articles: []string{"S12.2b"}, Severity: Error, AppliesTo: anyPage,
		Says:     Says{Fine: "页面没有商业广告", Tolerated: "链接到电商平台的官方内容", Wrong: "页面载入商业广告", HowToFix: "请删去广告代码和链接广告页面的图片。"},
		Evidence: "广告代码所在的页面源代码和页面截图", run: pageOnly(adverts),
	},
	{
		ID: "design.floating", Articles: []string{"S12.2b"}, Severity: Advice, AppliesTo: anyPage,
		Says:     Says{Fine: "页面没有不能关闭的浮动窗口", Tolerated: "浮动窗口可以关闭", Wrong: "页面有不能关闭的浮动窗口", HowToFix: "请撤下浮动窗口；确需保留的，设置明显的关闭按钮。"},
		Evidence: "浮动窗口的页面源代码和页面截图", run: pageOnly(floating),
	},
}

// adHosts serve adverts and nothing else; registrable domains, or hosts where
// the domain has honest uses.
var adHosts = []string{"googlesyndication.com", "doubleclick.net", "googleadservices.com", "cpro.baidu.com", "cpro.baidustatic.com", "pos.baidu.com", "dup.baidustatic.com", "tanx.com", "alimama.com", "alimama.cn", "union.360.cn", "lianmeng.360.cn", "gdt.qq.com", "e.qq.com", "mediav.com", "adsage.com", "allyes.com", "adnxs.com", "taboola.com", "outbrain.com", "popads.net", "propellerads.com", "union.sogou.com", "inte.sogou.com", "s.click.taobao.com", "union-click.jd.com", "pangolin-sdk-toutiao.com"}

func adverts(c *Check, f *Facts) []Finding {
	var out []Finding
	said := map[string]bool{}
	add := func(detail, where string) {
		if !said[detail] && len(out) < maxSightings {
			said[detail] = true
			out = append(out, c.wrong(detail, where))
		}
	}
	before := ""
	for _, l := range f.Page.Links {
		host := hostOf(l.URL)
		if host == before {
			continue // has been judged
		}
		if before = host; host != "" && onList(host, adHosts) {
			add("广告联盟 "+host, l.URL)
		}
	}
	for _, src := range f.Page.scripts {
		if strings.Contains(src, "cpro_id") || strings.Contains(src, "adsbygoogle") {
			add("广告联盟脚本", scriptPlace(src))
		}
	}
	for _, n := range f.Page.leading {
		if n.DataAtom != atom.A {
			continue
		}
		if dom.Find(n, atom.Img) == nil {
			continue
		}
		if host := hostOf(f.Page.PageURL(dom.Attr(n, "href"))); host != "" && onList(host, commercial) {
			add("图片链接到 "+host, dom.Attr(n, "href"))
		}
	}
	if len(out) == 0 {
		return []Finding{c.fine("")}
	}
	return out
}

var (
	floatScript = regexp.MustCompile(`(?i)\b(?:floatAd|AdMove|moveAd|floatImg|piaofu|floatad|scrollx|new\s+Floaters?|addItem\s*\(\s*["']\w+["']\s*,\s*\d+\s*,)`)
	floatName   = regexp.MustCompile(`(?i)piao(?:fu|chuang)|float(?:ing)?[-_]?(?:ad|win|div|img|box|layer)|(?:^|[-_\s])(?:couplet|duilian)`)
	closesWord  = regexp.MustCompile(`(?i)关闭|关\s*闭|收起|不再提示|close|dismiss|^\s*[×✕✖xX]\s*$`)
	toTop       = regexp.MustCompile(`(?i)返回顶部|回到顶部|顶部|top|长者|适老|无障碍|关怀|智能|客服|问答|导航|菜单|menu|nav|skip|跳`)
)

// floats reports whether a script moves a window about the page. Its words are
// looked for before the pattern is tried: that costs a tenth.
func floats(src string) bool {
	return seek.Any(dom.Lowered(src), floatWords) && floatScript.MatchString(src)
}

var (
	floatWords = []string{"floatad", "admove", "movead", "floatimg", "piaofu", "scrollx", "floater", "additem"}
	floatNames = []string{"piao", "float", "couplet", "duilian"}
)

// namedFloat reports whether an id or a class is that of a floating window.
func namedFloat(name string) bool {
	return seek.Any(dom.Lowered(name), floatNames) && floatName.MatchString(name)
}

func floating(c *Check, f *Facts) []Finding {
	var out []Finding
	scripted := false
	for _, src := range f.Page.scripts {
		scripted = scripted || floats(src)
	}
	sheets := css.NewSheet(f.Page.declsOf)
	for _, s := range f.Page.styles {
		if strings.Contains(s, "fixed") {
			sheets.Add(s)
		}
	}
	closable := false
	for _, n := range f.Page.elements() {
		switch n.DataAtom {
		case atom.Div, atom.Section, atom.Aside, atom.Ul, atom.P, atom.Span, atom.A, atom.Table:
		default:
			continue
		}
		style := strings.ReplaceAll(strings.ToLower(dom.Attr(n, "style")), " ", "")
		fixed := strings.Contains(style, "position:fixed") || sheets.Rules() > 0 && sheets.Of(n).Decls["position"] == "fixed"
		moved := scripted && strings.Contains(style, "position:absolute")
		if !fixed && !moved && !f.Page.named(n).float {
			continue
		}
		link, closes := floatParts(n)
		if link == nil {
			continue
		}
		if closes {
			closable = true
			continue
		}
		out = append(out, c.wrong(label40(f.Page.linkText(link))+"没有关闭按钮", place(n)))
		if len(out) >= maxSightings {
			break
		}
	}
	switch {
	case len(out) > 0:
		return out
	case closable:
		return []Finding{c.tolerated("设有关闭按钮", "浮动窗口")}
	}
	return []Finding{c.fine("")}
}

// floatParts gives the first link of a floating block that leads away, when
// the block shows a picture or words of its own and is no menu, and whether
// something in it closes it.
func floatParts(n *html.Node) (link *html.Node, closes bool) {
	links := 0
	look := func(c *html.Node) {
		if c.Type == html.TextNode {
			closes = closes || closesWord.MatchString(c.Data)
			return
		}
		if c.Type != html.ElementNode {
			return
		}
		closes = closes || closesWord.MatchString(dom.Attr(c, "title")+" "+dom.Attr(c, "alt")+" "+dom.Attr(c, "aria-label")+" "+dom.Attr(c, "class")+" "+dom.Attr(c, "id")) || strings.Contains(strings.ToLower(dom.Attr(c, "onclick")), "close") || strings.Contains(strings.ToLower(dom.Attr(c, "onclick")), "hide")
		if c.DataAtom != atom.A {
			return
		}
		href := strings.TrimSpace(dom.Attr(c, "href"))
		if href == "" || strings.HasPrefix(href, "#") || strings.HasPrefix(strings.ToLower(href), "javascript:") {
			return
		}
		links++
		if pic := dom.Find(c, atom.Img); link == nil && pic != nil && !toTop.MatchString(linkText(c)+dom.Attr(c, "class")+dom.Attr(pic, "src")) {
			link = c
		}
	}
	look(n)
	for c := range n.Descendants() {
		look(c)
	}
	if links > 3 {
		return nil, closes // a bar of links is a menu
	}
	return link, closes
}
