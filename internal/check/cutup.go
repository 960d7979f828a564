package check

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"zhengshu/internal/abridge"
	"zhengshu/internal/check/seek"
	"zhengshu/internal/dom"
)

// splitWords reports phrases cut up by markup, invisible characters or signs.
func splitWords(f *Facts) (out []sighting) {
	p, l := f.Page, f.Lexicon
	l.build()
	split := p.mayCutUp(l.words)
	for _, n := range p.elements() {
		if unseen(n) {
			continue
		}
		if n.DataAtom == atom.A {
			if t := judge(p, l, dom.Attr(n, "href")); t.foreign && !t.trusted {
				if text := squeeze(nodeText(n)); signed(text, t.hint != "" || t.bad != "") || p.chopped(n) {
					out = append(out, sighting{"链接文字“" + abridge.Text(noBlanks(nodeText(n)), 20) + "”被拆开，指向 " + t.host, place(n), t.bad != "" || l.suspicious(nodeText(n)) != ""})
					continue
				}
			}
		}
		// Nothing is cut up in one text where no word may be: as on nearly all pages.
		if !blockLike(n) && n.DataAtom != atom.Td && n.DataAtom != atom.A || !split && oneText(n) || wholeText(n) {
			continue
		}
		if n.DataAtom != atom.A && p.beaded(n) {
			out = append(out, sighting{"逐字插入空标签的文字“" + abridge.Text(noBlanks(nodeText(n)), 20) + "”", place(n), l.suspicious(nodeText(n)) != ""})
			continue
		}
		if !split {
			continue
		}
		joined, whole, parts := p.inlineText(n)
		if parts == 0 || joined == "" {
			continue
		}
		// In running text a space parts words; in a short line it may be one
		// of the signs put between characters.
		plain := plainText(joined, longer(joined, 40))
		if word := l.words.first(plain); word != "" && !whole(word) && !l.lawful(plain) {
			out = append(out, sighting{"“" + word + "”", place(n), true})
		}
	}
	return out
}

// mayCutUp reports whether one of the words is in the letters of the whole page, put
// together: where none is, none is in a part of it, however it is cut up.
func (p *Page) mayCutUp(words *matcher) bool {
	l := p.look(words)
	begun := l.begun || l.dressed
	for _, n := range p.elements() {
		switch {
		case begun || n.FirstChild == nil:
		case unseen(n):
			// What is not seen may hold elements that are read for cut words all the same.
			begun = n.DataAtom != atom.Head && !oneText(n)
		case len(n.Attr) > 0 && !blockLike(n) && n.DataAtom != atom.Td && n.DataAtom != atom.Table && p.hiddenBy(dom.Attr(n, "style")):
			// What is hidden within a line would have to be left out first.
			return true
		}
	}
	if !begun { // as on nearly all pages
		return false
	}
	b := make([]byte, 0, len(p.VisibleText)+len(p.VisibleText)/8)
	for n := p.Root; n != nil; n = dom.Following(n, p.Root) {
		if n.Type == html.TextNode && (n.Parent == nil || !unseen(n.Parent)) {
			b = append(b, n.Data...)
		}
	}
	return words.within(strings.ReplaceAll(plainLetters(string(b)), string(wall), ""))
}

// oneText reports whether an element holds nothing, or one text.
func oneText(n *html.Node) bool {
	c := n.FirstChild
	return c == nil || c.NextSibling == nil && c.Type == html.TextNode
}

// wholeText reports whether an element holds nothing, or one text without any
// sign a word could be cut up with: as nearly all do.
func wholeText(n *html.Node) bool {
	return oneText(n) && (n.FirstChild == nil || !cutUp(n.FirstChild.Data))
}

// chopped reports whether the words of a link were cut up so that a scan
// misses them: by a comment, an element without text, or a character of no
// width between two Han characters, or by giving characters an element each.
// Emphasis around whole words is ordinary.
func (p *Page) chopped(a *html.Node) bool {
	var prev rune
	cut := false
	single, all := 0, 0
	for c := dom.Following(a, a); c != nil; c = dom.Following(c, a) {
		switch c.Type {
		case html.CommentNode:
			cut = true
		case html.ElementNode:
			if c.DataAtom != atom.Br && c.DataAtom != atom.Img && p.emptyOrHidden(c) {
				cut = true
			}
		case html.TextNode:
			if unseen(c.Parent) || c.Parent != a && p.emptyOrHidden(c.Parent) {
				continue
			}
			text := strings.TrimSpace(c.Data)
			if utf8.RuneCountInString(text) == 1 && c.Parent != a {
				single++
			}
			for _, r := range text {
				if invisible(r) {
					cut = true
					continue
				}
				if cut && han(prev) && han(r) {
					return true
				}
				prev, cut = r, false
				all++
			}
		}
	}
	return single >= 2 && single*2 >= all
}

// signed reports whether a text is single Han characters with signs between
// them (“时-时-彩”). Blanks alone are ordinary typesetting unless the host is
// doubtful.
func signed(text string, doubtful bool) bool {
	chars, signs, apart := 0, 0, true
	for _, r := range text {
		switch {
		case han(r):
			if !apart {
				return false
			}
			chars++
			apart = false
		case blank(r):
			if doubtful {
				signs++
			}
			apart = true
		case cutSign(r):
			signs++
			apart = true
		default:
			return false
		}
	}
	return chars >= 2 && signs >= chars-1
}

// beaded reports whether single Han characters in a line are parted by
// comments or by elements without visible text.
func (p *Page) beaded(block *html.Node) bool {
	run, cut := 0, false
	var visit func(n *html.Node) bool
	visit = func(n *html.Node) bool {
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			switch c.Type {
			case html.CommentNode:
				cut = true
			case html.TextNode:
				t := strings.TrimSpace(c.Data)
				if t == "" {
					continue
				}
				if r, size := utf8.DecodeRuneInString(t); size != len(t) || !han(r) {
					run, cut = 0, false
					continue
				}
				if cut && run > 0 {
					return true
				}
				run, cut = 1, false
			case html.ElementNode:
				switch {
				case blockLike(c), unseen(c), c.DataAtom == atom.Td, c.DataAtom == atom.Table, c.DataAtom == atom.Img, c.DataAtom == atom.Input:
					run, cut = 0, false
				case c.DataAtom == atom.A && c.FirstChild == nil:
					// A bookmark: word processors leave them anywhere.
				case p.emptyOrHidden(c):
					cut = true
				default:
					if visit(c) {
						return true
					}
				}
			}
		}
		return false
	}
	return visit(block)
}

// cutUp reports whether a text has one of the signs.
func cutUp(s string) bool {
	if seek.Has(s, "丨") { // commonRow takes it for the character it is
		return true
	}
	for i := 0; i < len(s); {
		i += commonRow(s[i:])
		if i < len(s) {
			r, n := utf8.DecodeRuneInString(s[i:])
			if cutSign(r) {
				return true
			}
			i += n
		}
	}
	return false
}

// inlineText joins the text directly in a block (its inline elements
// included). whole reports whether a word stands unbroken in one piece of it;
// parts is the number of breaks a word could hide in.
func (p *Page) inlineText(block *html.Node) (joined string, whole func(string) bool, parts int) {
	var b strings.Builder
	var texts []string
	var visit func(n *html.Node)
	visit = func(n *html.Node) {
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			switch c.Type {
			case html.TextNode:
				b.WriteString(c.Data)
				texts = append(texts, c.Data)
			case html.CommentNode:
				parts++
			case html.ElementNode:
				if blockLike(c) || unseen(c) || c.DataAtom == atom.Td || c.DataAtom == atom.Table {
					b.WriteByte('\n')
					continue
				}
				parts++
				if p.hiddenBy(dom.Attr(c, "style")) {
					// Filler the reader does not see.
					continue
				}
				visit(c)
			}
		}
	}
	visit(block)
	joined = b.String()
	if len(joined) > 64<<10 {
		joined = joined[:64<<10]
	}
	if cutUp(joined) {
		parts++
	}
	return joined, func(word string) bool {
		for _, t := range texts {
			if strings.Contains(strings.ToLower(t), word) {
				return true
			}
		}
		return false
	}, parts
}

// cutSign are the signs people put between characters to dodge a scan.
func cutSign(r rune) bool {
	switch r {
	case ' ', '*', '-', '_', '.', '·', '|', '/', '~', '^', '+', '\u00A0', '\u3000', '＊', '｜', '—', '•', '丨', '☆', '★', '●':
		return true
	}
	return invisible(r)
}
