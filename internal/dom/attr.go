package dom

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Find is the first element of a kind below root, nil where there is none.
func Find(root *html.Node, a atom.Atom) *html.Node {
	for n := Following(root, root); n != nil; n = Following(n, root) {
		if n.DataAtom == a && n.Type == html.ElementNode {
			// A title element inside a drawing is not the page's.
			if a == atom.Title && n.Namespace != "" {
				continue
			}
			return n
		}
	}
	return nil
}

// Lowered is a text with its ASCII letters in lower case; all others stay.
func Lowered(s string) string {
	var b strings.Builder
	from := 0 // of what is not written yet
	for i := range len(s) {
		if c := s[i]; c >= 'A' && c <= 'Z' {
			if from == 0 {
				b.Grow(len(s))
			}
			b.WriteString(s[from:i])
			b.WriteByte(c + 'a' - 'A')
			from = i + 1
		}
	}
	if from == 0 {
		return s
	}
	b.WriteString(s[from:])
	return b.String()
}

// Attr is the value of an attribute, empty where the element has none.
func Attr(n *html.Node, key string) string {
	for i := range n.Attr {
		if n.Attr[i].Key == key {
			return n.Attr[i].Val
		}
	}
	return ""
}

// HasAttr reports whether an element has an attribute, be it empty.
func HasAttr(n *html.Node, key string) bool {
	for i := range n.Attr {
		if n.Attr[i].Key == key {
			return true
		}
	}
	return false
}

// RawText joins the text children of a script, style or title.
func RawText(n *html.Node) string {
	if c := n.FirstChild; c != nil && c.NextSibling == nil && c.Type == html.TextNode {
		return c.Data
	}
	var b strings.Builder
	for c := range n.ChildNodes() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return b.String()
}
