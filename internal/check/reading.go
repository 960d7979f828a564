package check

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"zhengshu/internal/check/seek"
	"zhengshu/internal/dom"
)

// Reading is the text of a page as its readers have it, for checks that read its words: what
// takes no room on the screen is left out, an end of line in the source is none, and
// elements within a line part nothing. A word may still be cut in two, by a blank or a <br>:
// see Scan.
type Reading struct {
	Text  string
	cuts  []cut
	heads []stretch // the headings among it, in order
}

// stretch is a piece of a text, in bytes.
type stretch struct{ from, to int }

// cut is a break within one run of text.
type cut struct {
	at   int  // its place in the text, in bytes
	wide int  // how many characters it takes there
	line bool // a <br>
}

const (
	// mostCuts bounds the breaks of a text that are read across.
	mostCuts = 2000
	// acrossCut is how many characters on either side of a break are read.
	acrossCut = 16
)

// Reading is the text of the content, or of the whole page, menus and foot included.
func (p *Page) Reading(whole bool) Reading {
	if p.Root == nil {
		return Reading{}
	}
	body := dom.Find(p.Root, atom.Body)
	if body == nil {
		body = p.Root
	}
	if !whole && p.content != nil {
		body = p.content
	}
	keeps := slices.ContainsFunc(p.elements(), func(n *html.Node) bool {
		return n.DataAtom == atom.Pre || n.DataAtom == atom.Xmp || n.DataAtom == atom.Listing || strings.Contains(dom.Attr(n, "style"), "white-space")
	})
	return readingOf(body, keeps, len(p.VisibleText))
}

// lineBreak is an end of line within a paragraph of a text; see Lines.
const lineBreak = '\u2028'

// Lines is the reading of a text that is not of a page: a manuscript, a title, the words of
// a file. A blank between two characters may cut a word there as well, and so does U+2028,
// which stands for an end of line within a paragraph; what parts paragraphs and cells does
// not. Places are those in the text given.
func Lines(text string) Reading {
	r := Reading{Text: text}
	if strings.ContainsRune(text, lineBreak) {
		r.Text = strings.ReplaceAll(text, string(lineBreak), "\n")
	}
	var last rune // before the gap
	at, wide, gap := 0, 0, noGap
	moved := 0 // bytes that the text has become shorter by
	for i := 0; i < len(text); {
		if end := plainRun(text, i); end > i {
			first, _ := utf8.DecodeRuneInString(text[i:])
			if (gap == softBlank || gap == softLine) && (han(last) && han(first) || digit(last) && digit(first)) && len(r.cuts) < mostCuts {
				r.cuts = append(r.cuts, cut{at, wide, gap == softLine})
			}
			last, _ = utf8.DecodeLastRuneInString(text[:end])
			gap, i = noGap, end
			continue
		}
		c, size := utf8.DecodeRuneInString(text[i:])
		if gap == noGap {
			at, wide = i-moved, 0
		}
		wide++
		i += size
		switch {
		case c < ' ' || c == '\u2029':
			gap = hardLine
		case c == lineBreak:
			moved += size - 1
			if gap < softLine {
				gap = softLine
			} else {
				gap = hardLine
			}
		default:
			gap = max(gap, softBlank)
		}
	}
	return r
}

// The gap before the next character, the wider the greater.
const (
	noGap = iota
	softBlank
	hardBlank // beside an element, or of another cell
	softLine  // one <br>
	hardLine
)

type readingBuilder struct {
	b     strings.Builder
	gap   int
	last  rune
	cuts  []cut
	heads []stretch
	keeps bool // some element keeps its ends of line
}

// readingOf reads what is below a node; size is about how long it is, in bytes.
func readingOf(root *html.Node, keeps bool, size int) Reading {
	r := readingBuilder{keeps: keeps}
	r.b.Grow(size)
	var within *html.Node // the heading that is being read
	for n := root; n != nil; {
		switch {
		case n.Type == html.TextNode:
			r.text(n)
		case n.DataAtom == atom.Br:
			if r.gap < softLine {
				r.gap = softLine
			} else {
				r.gap = hardLine
			}
		case n.Type == html.ElementNode && blockLike(n):
			r.gap = hardLine
		case n.DataAtom == atom.Td || n.DataAtom == atom.Th:
			r.gap = max(r.gap, hardBlank)
		}
		if n.FirstChild != nil && !(n != root && unseen(n)) {
			if heading(n) && within == nil && len(r.heads) < mostHeadings {
				within, r.heads = n, append(r.heads, stretch{r.b.Len(), r.b.Len()})
			}
			n = n.FirstChild
			continue
		}
		for n != root && n.NextSibling == nil {
			if n = n.Parent; blockLike(n) {
				r.gap = hardLine
			}
			if n == within {
				within, r.heads[len(r.heads)-1].to = nil, r.b.Len()
			}
		}
		if n == root {
			break
		}
		n = n.NextSibling
	}
	return Reading{r.b.String(), r.cuts, r.heads}
}

// text appends a text node.
func (r *readingBuilder) text(n *html.Node) {
	pre := false
	inside, source := false, false // characters of this node have come; an end of line of the source has, since
	for i := 0; i < len(n.Data); {
		if end := plainRun(n.Data, i); end > i {
			first, _ := utf8.DecodeRuneInString(n.Data[i:])
			if r.gap == softBlank && source && han(r.last) && han(first) {
				r.gap = noGap
			}
			r.put(first, n.Data[i:end])
			inside, source, i = true, false, end
			continue
		}
		c, size := utf8.DecodeRuneInString(n.Data[i:])
		i += size
		if unprintable(c) {
			continue
		}
		if c == '\n' {
			if r.keeps && !source && preformatted(n) {
				pre = true
			}
			if source = true; pre {
				r.gap = hardLine
				continue
			}
		}
		if inside {
			r.gap = max(r.gap, softBlank)
		} else {
			r.gap = max(r.gap, hardBlank)
		}
	}
	if r.gap == softBlank {
		r.gap = hardBlank
	}
}

// put appends a run of text that begins with c, behind its gap.
func (r *readingBuilder) put(c rune, run string) {
	if r.gap != noGap && r.b.Len() > 0 {
		if (r.gap == softBlank || r.gap == softLine) && (han(r.last) && han(c) || digit(r.last) && digit(c)) && len(r.cuts) < mostCuts {
			r.cuts = append(r.cuts, cut{r.b.Len(), 1, r.gap == softLine})
		}
		if r.gap >= softLine {
			r.b.WriteByte('\n')
		} else {
			r.b.WriteByte(' ')
		}
	}
	r.b.WriteString(run)
	r.last, _ = utf8.DecodeLastRuneInString(run)
	r.gap = noGap
}

// plainRun is where the run of characters ends that begins at byte i of a text and holds
// neither blanks nor what takes no room.
func plainRun(s string, i int) int {
	for i = nextRare(s, i); i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if blank(r) || unprintable(r) {
			break
		}
		i = nextRare(s, i+size)
	}
	return i
}

// heading reports whether an element is a heading.
func heading(n *html.Node) bool {
	switch n.DataAtom {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		return true
	}
	return false
}

func digit(r rune) bool { return r >= '0' && r <= '9' }

// unprintable reports whether a character takes no room on the screen.
func unprintable(r rune) bool {
	switch {
	case r < 0xAD:
		return false
	case r == 0xAD, r >= 0x200B && r <= 0x200F, r >= 0x202A && r <= 0x202E, r >= 0x2060 && r <= 0x2069, r == 0xFEFF, r >= 0xFE00 && r <= 0xFE0F, r >= 0xE0100 && r <= 0xE01EF, r == 0x34F, r == 0x180E:
		return true
	}
	return false
}

// preformatted reports whether the ends of line of a text are shown as they stand.
func preformatted(n *html.Node) bool {
	for up := n.Parent; up != nil; up = up.Parent {
		if up.DataAtom == atom.Pre || up.DataAtom == atom.Xmp || up.DataAtom == atom.Listing || strings.Contains(noBlanks(dom.Lowered(dom.Attr(up, "style"))), "white-space:pre") {
			return true
		}
	}
	return false
}

// Scan reads the text, and across its breaks for what lists know: there the likelihood of
// words says nothing, for what stands beside a break need not belong together.
func (r Reading) Scan(s Scanner) []Span {
	found := s.Scan(r.Text)
	return append(found, r.across(found, func(c cut, left, right rune) bool { return han(left) && han(right) }, func(lines string) []Span {
		return slices.DeleteFunc(s.Scan(lines), func(x Span) bool { return x.Source == "" })
	})...)
}

// Privacy is Privacy of the text, and across the <br> in it for numbers that are whole with
// what follows.
func (r Reading) Privacy() []Span {
	found := Privacy(r.Text)
	return append(found, r.across(found, func(c cut, left, right rune) bool { return c.line && digit(left) && digit(right) }, func(lines string) []Span {
		all := []rune(lines)
		return slices.DeleteFunc(Privacy(lines), func(x Span) bool {
			before := string(all[max(0, x.Start-acrossCut):x.Start])
			before = before[strings.LastIndexByte(before, '\n')+1:]
			return x.Kind != KindIDCard && !(x.Kind == KindMobile && seek.Any(before, []string{"电话", "手机", "联系方式"}))
		})
	})...)
}

// across reads what stands on both sides of breaks without them, each on a line of its own,
// and gives what was found over a break its place in the text. known are spans that stand
// already.
func (r Reading) across(known []Span, wanted func(c cut, left, right rune) bool, read func(lines string) []Span) (out []Span) {
	if len(r.cuts) == 0 {
		return nil
	}
	type window struct{ start, end, from, at, wide int } // its line in characters; where it begins in the text; the break
	var windows []window
	var lines []rune
	whole := []rune(r.Text)
	at, counted := 0, 0 // the place of a break in characters, and up to which byte they were counted
	for _, c := range r.cuts {
		at, counted = at+utf8.RuneCountInString(r.Text[counted:c.at]), c.at
		after := at + c.wide
		if !wanted(c, whole[at-1], whole[after]) {
			continue
		}
		from, to := at, after
		for from > 0 && at-from < acrossCut && whole[from-1] != '\n' {
			from--
		}
		for to < len(whole) && to-after < acrossCut && whole[to] != '\n' {
			to++
		}
		w := window{start: len(lines), from: from, at: at, wide: c.wide}
		lines = append(append(lines, whole[from:at]...), whole[after:to]...)
		w.end = len(lines)
		lines = append(lines, '\n')
		windows = append(windows, w)
	}
	if len(windows) == 0 {
		return nil
	}
	covers := func(spans []Span, x Span) bool {
		return slices.ContainsFunc(spans, func(k Span) bool { return k.Start < x.End && x.Start < k.End })
	}
	for _, x := range read(string(lines)) {
		i, _ := slices.BinarySearchFunc(windows, x.Start, func(w window, at int) int { return cmp.Compare(w.end, at+1) })
		if i == len(windows) || x.Start < windows[i].start || x.End > windows[i].end {
			continue
		}
		w := windows[i]
		if x.Start, x.End = x.Start-w.start+w.from, x.End-w.start+w.from; x.Start >= w.at || x.End <= w.at {
			continue
		}
		if x.End += w.wide; !covers(known, x) && !covers(out[max(0, len(out)-8):], x) {
			out = append(out, x)
		}
	}
	return out
}
