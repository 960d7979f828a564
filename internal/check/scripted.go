package check

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"zhengshu/internal/check/seek"
	"zhengshu/internal/dom"
)

// filledByScript reports whether the value beside a label of one of the fields is left
// to a script: where it should stand is a script, or an empty element with an id.
func (p *Page) filledByScript(fields ...field) bool {
	if p.Root == nil {
		return false
	}
	if p.left == nil {
		p.left = map[field]bool{}
		for n := dom.Following(p.Root, p.Root); n != nil; n = dom.Following(n, p.Root) {
			if n.Type != html.TextNode || unseen(n.Parent) {
				continue
			}
			data := strings.TrimRightFunc(n.Data, blank)
			if len(data) > roomOfLabel && !endsLabel(data) {
				continue // running text
			}
			text := squeeze(data)
			found := labelsIn(text)
			if len(found) == 0 {
				continue
			}
			if last := found[len(found)-1]; last.to == len(text) && !p.left[last.field] && emptyBeside(n) {
				p.left[last.field] = true
			}
		}
	}
	return slices.ContainsFunc(fields, func(f field) bool { return p.left[f] })
}

// roomOfLabel is more than any label takes with the blanks within it, in bytes: what is
// longer and does not end as labels do ends with none.
const roomOfLabel = 200

func endsLabel(s string) bool {
	return slices.ContainsFunc([]string{":", "：", "]", "】"}, func(end string) bool { return strings.HasSuffix(s, end) })
}

// emptyBeside reports whether what follows a text in its line, or in the next cell,
// is made by a script.
func emptyBeside(text *html.Node) bool {
	line := lineOf(text)
	for n := dom.Following(text, line); n != nil; n = dom.Following(n, line) {
		switch {
		case n.Type == html.TextNode && !unseen(n.Parent):
			if noBlanks(n.Data) != "" {
				return false
			}
		case n.Type == html.ElementNode && cellLike(n):
			return false
		case n.Type == html.ElementNode && leftEmpty(n):
			return true
		}
	}
	switch line.DataAtom {
	case atom.Td, atom.Th, atom.Dt:
		next := line.NextSibling
		for next != nil && next.Type != html.ElementNode {
			next = next.NextSibling
		}
		if next == nil || noBlanks(nodeText(next)) != "" {
			return false
		}
		for n := next; n != nil; n = dom.Following(n, next) {
			if n.Type == html.ElementNode && leftEmpty(n) {
				return true
			}
		}
	}
	return false
}

// lineOf is the block or cell that a node stands in.
func lineOf(n *html.Node) *html.Node {
	at := n.Parent
	for at.Parent != nil && !cellLike(at) {
		at = at.Parent
	}
	return at
}

// leftEmpty reports whether an element is a script, or one with an id in which
// nothing stands yet.
func leftEmpty(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Script:
		return true
	case atom.Img, atom.Input, atom.A, atom.Br, atom.Hr, atom.I, atom.Iframe:
		return false
	}
	return dom.Attr(n, "id") != "" && noBlanks(nodeText(n)) == ""
}

// writtenByScript reports whether a script in the page has one of the labels to write.
func (p *Page) writtenByScript(labels ...string) bool {
	return slices.ContainsFunc(p.scripts, func(s string) bool {
		return slices.ContainsFunc(labels, func(w string) bool { return seek.Has(s, w+"：") || seek.Has(s, w+":") })
	})
}

// foreign reports whether a page is written in another language than Chinese: its
// heading has no Chinese character, and it says so itself or its text has few.
// Templates give a wrong language too often to be believed alone.
func (p *Page) foreign() bool {
	title := p.Heading
	if title == "" {
		title = p.Title
	}
	if !strings.ContainsFunc(title, unicode.IsLetter) || strings.ContainsFunc(title, han) {
		return false
	}
	if p.Root != nil {
		if root := dom.Find(p.Root, atom.Html); root != nil {
			if lang := strings.ToLower(strings.TrimSpace(dom.Attr(root, "lang"))); lang != "" && !strings.HasPrefix(lang, "zh") && !strings.HasPrefix(lang, "cn") {
				return true
			}
		}
	}
	chinese, letters := 0, 0
	for i, r := range p.BodyText {
		if i > 6000 {
			break
		}
		if han(r) {
			chinese++
		}
		if unicode.IsLetter(r) {
			letters++
		}
	}
	return chinese*5 < letters
}
