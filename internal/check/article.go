package check

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"zhengshu/internal/calendar"
	"zhengshu/internal/dom"
)

// Content is the part of the page that holds its article, without frame,
// menus, scripts and what the page hides; a copy, free to be changed.
// Its root is an element of no meaning of its own.
func (p *Page) Content() *html.Node {
	body := dom.Find(p.Root, atom.Body)
	if body == nil {
		body = p.Root
	}
	out := &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div}
	from := p.contentNode(body)
	for c := from.FirstChild; c != nil; c = c.NextSibling {
		if n := kept(c, 0); n != nil {
			out.AppendChild(n)
		}
	}
	return out
}

// kept copies what a reader sees of a node.
func kept(n *html.Node, at int) *html.Node {
	switch n.Type {
	case html.TextNode:
	case html.ElementNode:
		switch n.DataAtom {
		case atom.Script, atom.Style, atom.Noscript, atom.Iframe, atom.Object, atom.Embed, atom.Form, atom.Input, atom.Button, atom.Select, atom.Textarea, atom.Nav, atom.Link, atom.Meta, atom.Head, atom.Svg:
			return nil
		}
		if style := strings.ToLower(noBlanks(dom.Attr(n, "style"))); strings.Contains(style, "display:none") || strings.Contains(style, "visibility:hidden") || dom.HasAttr(n, "hidden") {
			return nil
		}
	default:
		return nil
	}
	out := &html.Node{Type: n.Type, Data: n.Data, DataAtom: n.DataAtom, Namespace: n.Namespace, Attr: append([]html.Attribute(nil), n.Attr...)}
	if at < maxDepth*2 {
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			if k := kept(c, at+1); k != nil {
				out.AppendChild(k)
			}
		}
	}
	return out
}

// Labels counts the data of a document that a text states beside their labels:
// 索引号：, 发文机关：, 来源：.
func Labels(text string) int {
	seen := map[field]bool{}
	for _, line := range strings.Split(text, "\n") {
		for _, l := range labelsIn(squeeze(line)) {
			if l.field != fieldOther {
				seen[l.field] = true
			}
		}
	}
	return len(seen)
}

// PageURL resolves an address of the page as a browser would; empty when it
// leads nowhere.
func (p *Page) PageURL(href string) string {
	if p.hrefs == nil {
		p.hrefs = make(map[string]string, len(p.Links))
		for _, l := range p.Links {
			if _, ok := p.hrefs[l.Href]; !ok {
				p.hrefs[l.Href] = l.URL
			}
		}
	}
	return p.hrefs[strings.TrimSpace(href)]
}

// Shown is the manuscript that a published page shows, for the checks that
// hold on both sides of the final review: its pictures with their words, its
// document number and its dates. Links and page elements have checks of their
// own on pages.
func (p *Page) Shown() *Item {
	i := &Item{DocNo: p.DocNo}
	i.Written, i.Published = dayShown(p.Written), dayShown(p.Published)
	pictures(p.Content(), "", i)
	return i
}

// pictures collects the pictures below a node; caption is that of the figure
// around them.
func pictures(n *html.Node, caption string, i *Item) {
	if n.DataAtom == atom.Figure {
		if c := dom.Find(n, atom.Figcaption); c != nil {
			caption = strings.TrimSpace(nodeText(c))
		}
	}
	if n.DataAtom == atom.Img && len(i.Pictures) < mostPictures {
		i.Pictures = append(i.Pictures, Picture{Src: dom.Attr(n, "src"), Alt: dom.Attr(n, "alt"), Caption: caption})
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		pictures(c, caption, i)
	}
}

// mostPictures of one page are looked at.
const mostPictures = 200

// dayShown is the day of an instant or a day as pages show it; zero when it is
// neither.
func dayShown(s string) calendar.Date {
	if len(s) > len("2006-01-02") {
		s = s[:len("2006-01-02")]
	}
	d, err := calendar.ParseDate(s)
	if err != nil {
		return calendar.Date{}
	}
	return d
}
