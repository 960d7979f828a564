package check

import (
	"bytes"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"zhengshu/internal/check/seek"
	"zhengshu/internal/dom"
)

// cell is one line or table cell of the page, in document order.
type cell struct {
	text   string
	inBody bool
}

// room is what the texts of a page are put together in: pages come by the
// thousand, and their texts are of one size.
type room struct{ text, cells []byte }

var rooms = sync.Pool{New: func() any { return new(room) }}

// cutter collects cells. Nearly all stand in the page's text as they are; the others are
// put together here, the text of all in one piece.
type cutter struct {
	page  string // its visible text
	at    int    // how far it was come upon
	cells []cell
	text  []byte
	apart []composed
}

// composed is a cell that is put together, and where in text it ends.
type composed struct{ cell, end int }

// cut makes a line or table cell a cell when anything stands in it.
func (c *cutter) cut(line []byte, inBody bool) {
	if line = trimBlanks(line); len(line) == 0 {
		return
	}
	for c.at < len(c.page) && (c.page[c.at] == ' ' || c.page[c.at] == '\n') {
		c.at++
	}
	// The page's text has single blanks only.
	if end := c.at + len(line); end <= len(c.page) && c.page[c.at:end] == string(line) && bytes.IndexByte(line, '\n') < 0 {
		c.cells, c.at = append(c.cells, cell{c.page[c.at:end], inBody}), end
		return
	}
	from := len(c.text)
	c.text = appendSqueezed(c.text, line)
	c.apart = append(c.apart, composed{len(c.cells), len(c.text)})
	c.cells = append(c.cells, cell{inBody: inBody})
	for _, b := range c.text[from:] {
		for c.at < len(c.page) && (c.page[c.at] == ' ' || c.page[c.at] == '\n') {
			c.at++
		}
		if b == ' ' {
			continue
		}
		if c.at == len(c.page) || c.page[c.at] != b {
			break
		}
		c.at++
	}
}

func (c *cutter) done() []cell {
	text, from := string(c.text), 0
	for _, a := range c.apart {
		c.cells[a.cell].text, from = text[from:a.end], a.end
	}
	return c.cells
}

// cellsOf cuts the visible text below body into lines and table cells and
// notes which lie in the content node.
func cellsOf(body, content *html.Node, visible string, r *room) []cell {
	c := cutter{page: visible, text: r.cells[:0]}
	defer func() { r.cells = c.text }()
	line := r.text[:0]
	in := false
	flush := func() {
		c.cut(line, in)
		line = line[:0]
	}
	for n := body; n != nil; {
		if n == content && content != body {
			flush()
			in = true
		}
		switch {
		case n.Type == html.TextNode:
			line = append(line, n.Data...)
		case n.Type == html.ElementNode && cellLike(n):
			flush()
		case n.Type == html.ElementNode && !in && labelAlone(n):
			line = append(line, ' ')
		}
		if n.FirstChild != nil && !(n != body && unseen(n)) {
			n = n.FirstChild
			continue
		}
		for {
			if n.Type == html.ElementNode && cellLike(n) {
				flush()
			}
			if n == content && in {
				flush()
				in = false
			}
			if n == body {
				flush()
				return c.done()
			}
			if n.NextSibling != nil {
				n = n.NextSibling
				break
			}
			n = n.Parent
		}
	}
	return c.done()
}

// shortText returns the text below n, or "" when it is longer than limit bytes.
func shortText(n *html.Node, limit int) string {
	var b strings.Builder
	for c := dom.Following(n, n); c != nil; c = dom.Following(c, n) {
		if c.Type == html.TextNode && !unseen(c.Parent) {
			if c.Parent == n && c.NextSibling == nil && b.Len() == 0 && c.PrevSibling == nil {
				return short(c.Data, limit)
			}
			if b.Len()+len(c.Data) > limit*3 {
				return ""
			}
			b.WriteString(c.Data)
		}
	}
	return short(b.String(), limit)
}

// short is a text, or "" when it is longer than limit bytes.
func short(s string, limit int) string {
	if len(s) > limit*3 || len(squeeze(s)) > limit {
		return ""
	}
	return s
}

var contentName = regexp.MustCompile(`(?i)ucap-?content|trs_editor|trs_preappend|^zoom$|zoomcon|(?:^|[\s_\-])(?:article|art|news|info|detail|text|txt|xl|view|con|main|pages?)?[_\-]?(?:content|article|zoom|conter|neirong|zhengwen)(?:$|[\s_\-0-9])|txt-article|articlecon|contentbox|printcontent`)

var contentWords = []string{"content", "trs_", "zoom", "article", "conter", "neirong", "zhengwen"}

func namedContent(name string) bool {
	return name != "" && seek.Any(dom.Lowered(name), contentWords) && contentName.MatchString(name)
}

// contentNode finds the element that holds the article: a named container with
// the most text, else the block with the most text outside links.
func (p *Page) contentNode(body *html.Node) *html.Node {
	own := map[*html.Node]int{}
	for n := dom.Following(body, body); n != nil; n = dom.Following(n, body) {
		if n.Type != html.TextNode || unseen(n.Parent) {
			continue
		}
		l := squeezedLen(n.Data)
		if l == 0 {
			continue
		}
		inLink := false
		c := n.Parent
		for c != nil && c != body && !container(c) {
			inLink = inLink || c.DataAtom == atom.A || c.DataAtom == atom.Script || c.DataAtom == atom.Style
			c = c.Parent
		}
		if c == nil || inLink {
			continue
		}
		own[c] += l
		// Paragraph blocks below one parent count half for the parent, so that
		// an article made of div paragraphs is found whole.
		if up := c.Parent; c != body && up != nil {
			for up != body && !container(up) {
				up = up.Parent
			}
			own[up] += l / 2
		}
	}
	var named, densest *html.Node
	namedScore, best := 0, 0
	tried := 0
	for _, n := range p.elementsBelow(body) {
		if !container(n) {
			continue // nothing else has text of its own
		}
		if s := own[n]; s > best {
			best, densest = s, n
		}
		if tried > 60 {
			continue
		}
		if !p.named(n).content {
			continue
		}
		tried++
		s := textOutsideLinks(n)
		// An outer named frame is left for the inner one that has most of it.
		if s > namedScore*5/4 || (s >= namedScore*4/5 && s > 0 && named != nil && below(n, named)) {
			named, namedScore = n, s
		}
	}
	if named != nil && namedScore*3 >= best {
		return named
	}
	if densest != nil {
		return densest
	}
	return body
}

func container(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Div, atom.Td, atom.Article, atom.Section, atom.Main, atom.Body, atom.Form, atom.Center:
		return true
	}
	return n.Type == html.ElementNode && strings.Contains(n.Data, "-")
}

func below(n, ancestor *html.Node) bool {
	for a := n.Parent; a != nil; a = a.Parent {
		if a == ancestor {
			return true
		}
	}
	return false
}

func textOutsideLinks(n *html.Node) int {
	total := 0
	for c := dom.Following(n, n); c != nil; c = dom.Following(c, n) {
		if c.Type == html.TextNode && !unseen(c.Parent) && c.Parent.DataAtom != atom.A {
			total += utf8.RuneCountInString(strings.TrimSpace(c.Data))
		}
	}
	return total
}
