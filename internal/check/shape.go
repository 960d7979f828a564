package check

import (
	"fmt"
	"strings"

	"zhengshu/internal/abridge"
	"zhengshu/internal/dom"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// shapeChecks judge links by how they are written, without asking anybody: 空链
// and 错链 of the bulletins.
var shapeChecks = []Check{
	{
		ID: "link.empty", Articles: []string{"D-19", "S19.4"}, Severity: Error, AppliesTo: anyPage,
		Says:     Says{Fine: "页面没有空链接", Tolerated: "没有地址的链接由脚本处理", Wrong: "页面有空链接", HowToFix: "请补上链接地址，或改为普通文字。"},
		Evidence: "空链接所在的页面源代码", run: pageOnly(emptyLinks),
	},
	{
		ID: "link.malformed", Articles: []string{"D-19", "S19.4"}, Severity: Error, AppliesTo: anyPage,
		Says:     Says{Fine: "链接地址书写规范", Wrong: "链接地址书写有误", HowToFix: "请改为完整的、公众可以访问的网址。"},
		Evidence: "链接所在的页面源代码", run: pageOnly(malformedLinks),
	},
}

// emptyLinks finds anchors that a reader takes for links and that lead nowhere.
// “#” with anything a script could hold on to is a button of its own making.
func emptyLinks(c *Check, f *Facts) []Finding {
	var out []Finding
	scripted, said := 0, map[string]bool{}
	for _, n := range f.Page.leading {
		if n.DataAtom != atom.A || !dom.HasAttr(n, "href") {
			continue
		}
		href := strings.ToLower(strings.TrimSpace(dom.Attr(n, "href")))
		text := f.Page.linkText(n)
		if text == "" {
			continue
		}
		empty := href == "" || href == "http://" || href == "https://" || href == "//"
		idle := href == "#" || href == "javascript:" || href == "javascript:;" || strings.HasPrefix(href, "javascript:void(0)")
		switch {
		case !empty && !idle:
			continue
		case handled(n):
			scripted++
			continue
		}
		if said[text] {
			continue
		}
		said[text] = true
		w := c.wrong(label40(text)+"没有链接地址", "<a href=\""+href+"\"> "+abridge.Text(text, 40))
		if idle {
			w.Severity = Advice // a script elsewhere on the page may answer for it
		}
		if out = append(out, w); len(out) >= maxSightings {
			break
		}
	}
	switch {
	case len(out) > 0:
		return out
	case scripted > 0:
		return []Finding{c.tolerated(fmt.Sprintf("%d 处由脚本处理", scripted), "")}
	}
	return []Finding{c.fine("")}
}

// handled reports whether a script has something to hold on to: a handler, a
// name, a role, or a list that opens.
func handled(n *html.Node) bool {
	for e, up := n, 0; e != nil && up < 3; e, up = e.Parent, up+1 {
		for _, a := range e.Attr {
			switch {
			case strings.HasPrefix(a.Key, "on"), strings.HasPrefix(a.Key, "data-"), strings.HasPrefix(a.Key, "aria-"), strings.HasPrefix(a.Key, "v-"), strings.HasPrefix(a.Key, "@"), strings.HasPrefix(a.Key, "ng-"), a.Key == "role":
				return true
			case up == 0 && (a.Key == "id" || a.Key == "class") && a.Val != "":
				return true
			}
		}
	}
	if n.Parent != nil && (dom.Find(n.Parent, atom.Ul) != nil || dom.Find(n.Parent, atom.Dl) != nil) {
		return true
	}
	return false
}

func malformedLinks(c *Check, f *Facts) []Finding {
	var out []Finding
	said := map[string]bool{}
	for _, l := range f.Page.Links {
		switch l.Kind {
		case LinkPage, LinkAttachment, LinkExternal, LinkImage:
		default:
			continue
		}
		if strings.HasPrefix(strings.ToLower(l.Href), "data:") || said[l.Href] {
			continue
		}
		says := shapeWrong(l.Href)
		if says == "" {
			continue
		}
		// A page under test on an inner network names itself.
		if h := hostOf(l.URL); h != "" && h == f.Page.Host() {
			continue
		}
		said[l.Href] = true
		if out = append(out, c.wrong(kindWord(l.Kind)+label40(l.Text)+says, l.Href)); len(out) >= maxSightings {
			break
		}
	}
	if len(out) == 0 {
		return []Finding{c.fine("")}
	}
	return out
}

// shapeWrong says what is wrong with an address on a page. It asks less than
// linkWrong does of a manuscript: pages call programs by other schemes.
func shapeWrong(href string) string {
	low := strings.ToLower(href)
	switch {
	case strings.HasPrefix(low, "http:///"), strings.HasPrefix(low, "http//"), strings.HasPrefix(low, "https//"), strings.HasPrefix(low, "http:/") && !strings.HasPrefix(low, "http://"), strings.HasPrefix(low, "http://http"), strings.HasPrefix(low, "https://http"), strings.HasPrefix(low, "ttp://"), strings.HasPrefix(low, "htp://"), strings.HasPrefix(low, "http：") || strings.HasPrefix(low, "https："):
		return "网址写法有误"
	case len(low) > 2 && low[1] == ':' && (low[2] == '\\' || low[2] == '/') && low[0] >= 'a' && low[0] <= 'z', strings.HasPrefix(low, "file:"):
		return "指向本机文件，读者打不开"
	case !strings.HasPrefix(low, "http://") && !strings.HasPrefix(low, "https://") && !strings.HasPrefix(low, "//"):
		return ""
	}
	if strings.HasPrefix(low, "//") {
		href = "http:" + href
	}
	return linkWrong(href)
}

// kindWord names what a link leads to, so that a reader of a finding knows
// where to look.
func kindWord(kind string) string {
	switch kind {
	case LinkImage:
		return "图片"
	case LinkAttachment:
		return "附件"
	case LinkExternal:
		return "外部链接"
	}
	return "链接"
}
