package prose

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Anchor is a range of characters in one text block of a document. Blocks are
// counted through the whole document in reading order: paragraphs, headings
// and clauses, also those in lists and cells.
type Anchor struct {
	ID         string // of what is anchored: a comment
	Block      int
	Start, End int // characters of Block's text, End not included
}

// textBlock reports whether a node holds running text itself.
func textBlock(kind string) bool {
	return slices.Contains([]string{Paragraph, Heading, Clause, Recipients, AttachmentNote, Signature, Copies}, kind)
}

// blockText is the text of one text block: a break is one character, a
// footnote none.
func (n Node) blockText() string {
	var b strings.Builder
	for _, c := range n.Content {
		b.WriteString(c.inlineText())
	}
	return b.String()
}

func (n Node) inlineText() string {
	switch n.Type {
	case TextNode:
		return n.Text
	case HardBreak:
		return "\n"
	}
	return ""
}

// Blocks are the texts of the text blocks in reading order.
func (d Doc) Blocks() []string {
	var out []string
	d.each(func(n Node) {
		if textBlock(n.Type) {
			out = append(out, n.blockText())
		}
	})
	return out
}

// Quote is the text at the anchor, empty when there is no such place.
func (d Doc) Quote(a Anchor) string {
	list := d.Blocks()
	if a.Block < 0 || a.Block >= len(list) {
		return ""
	}
	r := []rune(list[a.Block])
	if a.Start < 0 || a.End > len(r) || a.Start >= a.End {
		return ""
	}
	return string(r[a.Start:a.End])
}

// Find is where the words stand: in the block, else in the only block that
// has them once. ok is false when they are nowhere or in several places.
func (d Doc) Find(block int, words string) (Anchor, bool) {
	list := d.Blocks()
	once := func(i int) (Anchor, bool) {
		at := strings.Index(list[i], words)
		if at < 0 || strings.Contains(list[i][at+1:], words) {
			return Anchor{}, false
		}
		start := utf8.RuneCountInString(list[i][:at])
		return Anchor{Block: i, Start: start, End: start + utf8.RuneCountInString(words)}, true
	}
	if words == "" {
		return Anchor{}, false
	}
	if block >= 0 && block < len(list) && strings.Contains(list[block], words) {
		return once(block)
	}
	found, n := Anchor{}, 0
	for i := range list {
		if !strings.Contains(list[i], words) {
			continue
		}
		a, ok := once(i)
		if !ok {
			return Anchor{}, false
		}
		found, n = a, n+1
	}
	return found, n == 1
}

// Reword is the document with other words at the anchor. They take the form
// (bold, link) of the first character they replace; footnotes in between stay.
func (d Doc) Reword(a Anchor, words string) Doc {
	n := 0
	out := Doc{Content: rewrite(d.Content, &n, func(block int, list []Node) []Node {
		if block != a.Block {
			return list
		}
		var out []Node
		put := false
		each(list, a.Start, a.End, func(c Node, inside bool) {
			if !inside || c.Type == Footnote {
				out = append(out, c)
				return
			}
			if !put && words != "" {
				out = append(out, Node{Type: TextNode, Text: words, Marks: c.Marks})
			}
			put = true
		})
		return out
	})}
	return out
}

// rewrite copies nodes with the inline content of every text block changed.
func rewrite(list []Node, n *int, change func(block int, list []Node) []Node) []Node {
	out := make([]Node, len(list))
	for i, c := range list {
		if textBlock(c.Type) {
			c.Content = change(*n, c.Content)
			*n++
		} else {
			c.Content = rewrite(c.Content, n, change)
		}
		out[i] = c
	}
	return out
}

// each hands over the inline nodes cut at start and end, saying which lie
// between.
func each(list []Node, start, end int, do func(c Node, inside bool)) {
	at := 0
	for _, c := range list {
		r := []rune(c.inlineText())
		if c.Type != TextNode {
			do(c, at >= start && at < end)
			at += len(r)
			continue
		}
		cuts := []int{0, min(max(start-at, 0), len(r)), min(max(end-at, 0), len(r)), len(r)}
		for i := range 3 {
			if cuts[i] < cuts[i+1] {
				part := c
				part.Text = string(r[cuts[i]:cuts[i+1]])
				do(part, i == 1)
			}
		}
		at += len(r)
	}
}

// DeskHTML is HTML for the desk: every text block carries its number, and what
// is anchored is marked; its id stands before it. Where two overlap, the first
// one given is shown whole.
func (d Doc) DeskHTML(anchors []Anchor) string {
	n := 0
	marked := Doc{Content: rewrite(d.Content, &n, func(block int, list []Node) []Node {
		for _, a := range anchors {
			if a.Block != block {
				continue
			}
			var out []Node
			each(list, a.Start, a.End, func(c Node, inside bool) {
				if inside && c.Type == TextNode && !slices.ContainsFunc(c.Marks, func(m Mark) bool { return m.Type == Comment }) {
					c.Marks = append(slices.Clone(c.Marks), Mark{Type: Comment, Attrs: map[string]any{"id": a.ID}})
				}
				out = append(out, c)
			})
			list = out
		}
		return list
	})}
	w := writer{desk: &desk{}}
	w.blocks(marked.Content, 0)
	for i, note := range w.notes {
		w.b.WriteString(`<p class="hint">脚注 ` + strconv.Itoa(i+1) + "：")
		w.text(note)
		w.b.WriteString("</p>\n")
	}
	return w.b.String()
}

// desk is what the desk sees beyond the reader: numbers of text blocks, and
// comments.
type desk struct {
	block int
	seen  []string // comments whose first run is written
}

// number writes the number of the text block that begins, on the desk.
func (w *writer) number() {
	if w.desk != nil {
		w.attr("data-block", strconv.Itoa(w.desk.block))
		w.desk.block++
	}
}

// comment opens a commented run on the desk and returns what closes it. The
// first run of a comment can be jumped to: “at-” and its id.
func (w *writer) comment(n Node) string {
	if w.desk == nil {
		return ""
	}
	for _, m := range n.Marks {
		if m.Type != Comment {
			continue
		}
		w.b.WriteString(`<mark class="comment"`)
		if id := m.Word("id"); !slices.Contains(w.desk.seen, id) {
			w.desk.seen = append(w.desk.seen, id)
			w.attr("id", "at-"+id)
			w.attr("data-n", id)
		}
		w.b.WriteString(">")
		return "</mark>"
	}
	return ""
}
