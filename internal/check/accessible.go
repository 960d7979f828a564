package check

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"zhengshu/internal/check/css"
	"zhengshu/internal/check/seek"
	"zhengshu/internal/dom"
)

// accessibleChecks are the rules for barrier-free pages that need no browser
// (GB/T 37668-2019 at its first grade, after WCAG). The grade each rule belongs
// to is not verified, so none is worse than 一般. One page gives at most one
// finding a rule, with how often and where.
var accessibleChecks = []Check{
	barrierCheck("accessible.alt", Error, "图片有替代文字", "图片没有替代文字", "请为每张有内容的图片写明替代文字，装饰图片写空的 alt。"),
	barrierCheck("accessible.lang", Advice, "页面标明语言", "页面没有标明语言", "请在 html 元素上写明 lang=\"zh-CN\"。"),
	barrierCheck("accessible.title", Error, "页面有标题", "页面没有标题", "请在 head 中写明 title。"),
	barrierCheck("accessible.headings", Advice, "标题层级连续", "标题缺失或层级跳跃", "请按层级使用 h1 至 h6，不跳级。"),
	barrierCheck("accessible.labels", Advice, "表单项有名称", "表单项没有名称", "请为每个输入框、选择框写明 label 或 aria-label。"),
	barrierCheck("accessible.link_name", Advice, "链接有文字", "链接没有文字", "请为图片链接写明替代文字，为图标链接写明 aria-label。"),
	barrierCheck("accessible.frame", Advice, "框架有标题", "框架没有标题", "请为 iframe 写明 title。"),
	barrierCheck("accessible.skip", Advice, "可以跳到正文", "没有跳到正文的链接或 main 区域", "请在页首设置“跳到主要内容”链接，或用 main 元素标明正文。"),
	barrierCheck("accessible.zoom", Advice, "页面可以放大", "页面禁止放大", "请从 viewport 中删去 user-scalable=no 和过小的 maximum-scale。"),
	barrierCheck("accessible.contrast", Advice, "文字与背景对比足够", "文字与背景对比不足 4.5:1", "请加深文字颜色或调浅背景。"),
}

// barrierFreeDoubt is what every rule for barrier-free pages says of its basis: the
// regulation does not speak of them, and Article 32 leads to what does.
const barrierFreeDoubt = "管理细则没有直接规定无障碍，依据推荐性国家标准 GB/T 37668—2019，条款和等级未与正式文本核对"

// doubted is a check with what of its rule is not verified.
func doubted(c Check, says string) Check {
	c.Doubt = says
	return c
}

// barrier is how often a rule is broken on a page.
type barrier struct {
	n      int
	of     int // places the rule looked at
	where  string
	detail string
	more   []string // other places
}

func barrierCheck(id string, sev Severity, fine, wrong, fix string) Check {
	return Check{
		ID: id, Articles: []string{"S32"}, Severity: sev, AppliesTo: anyPage, Doubt: barrierFreeDoubt,
		Says: Says{Fine: fine, Wrong: wrong, HowToFix: fix}, Evidence: "所在元素的源代码和处数",
		run: pageOnly(func(c *Check, f *Facts) []Finding {
			if f.barriers == nil {
				f.barriers = barriersOf(f.Page, f.Pardoned)
			}
			b := f.barriers[id]
			if b == nil {
				return nil
			}
			switch {
			case b.n > 0:
				detail := b.detail
				if b.n > 1 {
					detail = strings.TrimPrefix(detail+fmt.Sprintf("，共 %d 处", b.n), "，")
				}
				found := c.wrong(detail, b.where)
				found.More = b.more
				return []Finding{found}
			case b.of == 0:
				return nil
			}
			return []Finding{c.fine("")}
		}),
	}
}

// barriersOf walks a page once for all rules. What is pardoned counts as looked at.
func barriersOf(p *Page, pardoned func(checkID, where string) bool) map[string]*barrier {
	m := map[string]*barrier{}
	at := func(id string) *barrier {
		b := m[id]
		if b == nil {
			b = &barrier{}
			m[id] = b
		}
		return b
	}
	looked := func(id string) { at(id).of++ }
	bad := func(id, detail, where string) {
		b := at(id)
		if pardoned != nil && where != "" && pardoned(id, where) {
			return
		}
		b.n++
		switch {
		case b.n == 1:
			b.detail, b.where = detail, where
		case where != b.where && len(b.more) < maxSightings && !slices.Contains(b.more, where):
			b.more = append(b.more, where)
		}
	}
	labelled := map[string]bool{}
	for _, n := range p.elements() {
		if n.DataAtom == atom.Label && dom.Attr(n, "for") != "" {
			labelled[dom.Attr(n, "for")] = true
		}
	}
	level, heads, skip := 0, 0, false
	for _, n := range p.elements() {
		switch n.DataAtom {
		case atom.Html:
			looked("accessible.lang")
			if strings.TrimSpace(dom.Attr(n, "lang")+dom.Attr(n, "xml:lang")) == "" {
				bad("accessible.lang", "", "<html>")
			}
		case atom.Img:
			if css.Tiny(n, "width") || css.Tiny(n, "height") || unseenTo(n) {
				continue
			}
			looked("accessible.alt")
			if !dom.HasAttr(n, "alt") && dom.Attr(n, "aria-label") == "" && dom.Attr(n, "title") == "" && dom.Attr(n, "role") != "presentation" {
				bad("accessible.alt", "", place(n))
			}
		case atom.A:
			if !dom.HasAttr(n, "href") || unseenTo(n) {
				continue
			}
			looked("accessible.link_name")
			href := dom.Attr(n, "href")
			if strings.HasPrefix(href, "#") && len(href) > 1 && seek.Any(nodeText(n), []string{"跳", "正文", "主要内容", "内容区"}) {
				skip = true
			}
			if p.linkText(n) == "" && !namedBelow(n) && (n.FirstChild != nil) {
				bad("accessible.link_name", "", place(n))
			}
		case atom.Main:
			skip = true
		case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
			heads++
			at := int(n.Data[1] - '0')
			looked("accessible.headings")
			if level > 0 && at > level+1 {
				bad("accessible.headings", fmt.Sprintf("h%d 之后是 h%d", level, at), place(n))
			}
			level = at
		case atom.Input, atom.Select, atom.Textarea:
			switch strings.ToLower(dom.Attr(n, "type")) {
			case "hidden", "submit", "button", "image", "reset":
				continue
			}
			if unseenTo(n) {
				continue
			}
			looked("accessible.labels")
			if !labelled[dom.Attr(n, "id")] && dom.Attr(n, "aria-label") == "" && dom.Attr(n, "aria-labelledby") == "" && dom.Attr(n, "title") == "" && dom.Attr(n, "placeholder") == "" && !within(n, atom.Label) {
				bad("accessible.labels", "", place(n))
			}
		case atom.Iframe:
			if unseenTo(n) || css.Tiny(n, "width") || css.Tiny(n, "height") {
				continue
			}
			looked("accessible.frame")
			if dom.Attr(n, "title") == "" && dom.Attr(n, "aria-label") == "" {
				bad("accessible.frame", "", place(n))
			}
		case atom.Meta:
			if !strings.EqualFold(dom.Attr(n, "name"), "viewport") {
				continue
			}
			looked("accessible.zoom")
			v := strings.ReplaceAll(strings.ToLower(dom.Attr(n, "content")), " ", "")
			scale := 10.0
			if _, rest, ok := strings.Cut(v, "maximum-scale="); ok {
				number, _, _ := strings.Cut(rest, ",")
				if x, err := strconv.ParseFloat(number, 64); err == nil {
					scale = x
				}
			}
			if strings.Contains(v, "user-scalable=no") || strings.Contains(v, "user-scalable=0") || scale < 2 {
				bad("accessible.zoom", "", "viewport")
			}
		}
		if dom.Attr(n, "role") == "main" {
			skip = true
		}
		if v := dom.Attr(n, "style"); v != "" && strings.Contains(v, "color") {
			if ratio, ok := inlineContrast(v); ok && strings.TrimSpace(nodeText(n)) != "" {
				looked("accessible.contrast")
				if ratio < 4.5 {
					bad("accessible.contrast", fmt.Sprintf("%.1f:1", ratio), place(n))
				}
			}
		}
	}
	looked("accessible.title")
	if t := dom.Find(p.Root, atom.Title); t == nil || strings.TrimSpace(dom.RawText(t)) == "" {
		bad("accessible.title", "", "<title>")
	}
	// What has little to say needs neither headings nor a way past the menu.
	if longer(p.VisibleText, 200) {
		looked("accessible.headings")
		if heads == 0 {
			bad("accessible.headings", "页面没有用标题元素", "")
		}
		looked("accessible.skip")
		if !skip {
			bad("accessible.skip", "", "页首")
		}
	}
	return m
}

// unseenTo reports whether an element is kept from readers by its own marks.
func unseenTo(n *html.Node) bool {
	return dom.HasAttr(n, "hidden") || dom.Attr(n, "aria-hidden") == "true" || strings.Contains(strings.ReplaceAll(strings.ToLower(dom.Attr(n, "style")), " ", ""), "display:none")
}

// within reports whether an element stands in one of some kinds.
func within(n *html.Node, kinds ...atom.Atom) bool {
	for e := n.Parent; e != nil; e = e.Parent {
		if slices.Contains(kinds, e.DataAtom) {
			return true
		}
	}
	return false
}

// namedBelow reports whether something in a link gives it a name.
func namedBelow(n *html.Node) bool {
	if dom.Attr(n, "aria-label") != "" || dom.Attr(n, "aria-labelledby") != "" || dom.Attr(n, "title") != "" {
		return true
	}
	for c := dom.Following(n, n); c != nil; c = dom.Following(c, n) {
		if c.Type == html.ElementNode && (dom.Attr(c, "aria-label") != "" || dom.Attr(c, "title") != "" || c.DataAtom == atom.Img && dom.Attr(c, "alt") != "" || c.Data == "svg" && dom.Find(c, atom.Title) != nil) {
			return true
		}
	}
	return false
}

// inlineContrast is the contrast of the colours one style attribute names.
func inlineContrast(style string) (float64, bool) {
	d := css.Parse(style)
	back := d["background-color"]
	if back == "" {
		back = d["background"]
	}
	if d["color"] == "" || back == "" || strings.Contains(back, "url(") || strings.Contains(back, "gradient") || strings.Contains(back, "rgba") || strings.Contains(d["color"], "rgba") {
		return 0, false
	}
	ink, ok1 := css.Colour(d["color"])
	ground, ok2 := css.Colour(back)
	if !ok1 || !ok2 {
		return 0, false
	}
	a, b := luminance(ink), luminance(ground)
	if a < b {
		a, b = b, a
	}
	return (a + 0.05) / (b + 0.05), true
}

// luminance is the relative luminance of WCAG 2.
func luminance(rgb uint32) float64 {
	part := func(v uint32) float64 {
		c := float64(v&255) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*part(rgb>>16) + 0.7152*part(rgb>>8) + 0.0722*part(rgb)
}
