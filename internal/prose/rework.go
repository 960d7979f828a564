package prose

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Renumber counts the clauses anew and says how many changed: articles through
// the whole text, the other levels within what stands above them; a heading
// begins the lower levels again. The document given is left as it is.
func (d Doc) Renumber() (Doc, int) {
	out := Doc{Content: append([]Node(nil), d.Content...)}
	var at [6]int
	changed := 0
	for i, n := range out.Content {
		switch n.Type {
		case Heading:
			at[LevelOne], at[LevelTwo], at[LevelThree], at[LevelFour] = 0, 0, 0, 0
		case Clause:
			level := min(max(n.Number("level"), 1), 5)
			at[level]++
			for l := level + 1; l < len(at); l++ {
				at[l] = 0
			}
			if at[level] != n.Number("number") {
				out.Content[i].Attrs = map[string]any{"level": level, "number": at[level]}
				changed++
			}
		}
	}
	return out, changed
}

// Replace puts words in place of others in every run of text and says how
// often. The document given is left as it is. Words that span two formats are
// not found; what is deleted whole leaves its block empty.
func (d Doc) Replace(what, with string) (Doc, int) {
	if what = clean(what); what == "" {
		return d, 0
	}
	with = clean(with)
	n := 0
	var walk func([]Node) []Node
	walk = func(list []Node) []Node {
		var out []Node
		for _, c := range list {
			if c.Type == TextNode {
				if k := strings.Count(c.Text, what); k > 0 {
					n += k
					c.Text = strings.ReplaceAll(c.Text, what, with)
				}
				if c.Text == "" {
					continue
				}
			} else if len(c.Content) > 0 {
				c.Content = walk(c.Content)
			}
			out = append(out, c)
		}
		return out
	}
	out := Doc{Content: walk(d.Content)}
	return out, n
}

// ReplaceAt puts words in the place of those between two characters of Text, across
// formats and the ends of line within a block: each piece keeps its format. It reports
// false, and changes nothing, where what stands there is not running text: a label, a
// caption, the end of a block.
func (d Doc) ReplaceAt(start, end int, with string) (Doc, bool) {
	out := Doc{Content: cloned(d.Content)}
	t := out.told()
	whole := []rune(string(t.text))
	if start < 0 || start >= end || end > len(whole) {
		return d, false
	}
	from := len(string(whole[:start]))
	to := from + len(string(whole[start:end]))
	covered := 0
	var pieces []stretch
	for _, w := range t.words {
		if n := min(to, w.at+len(w.node.Text)) - max(from, w.at); n > 0 {
			covered += n
			pieces = append(pieces, w)
		}
	}
	for _, b := range t.breaks {
		if b.at >= from && b.at < to {
			covered++
			*b.node = Node{Type: TextNode}
		}
	}
	if covered != to-from || len(pieces) == 0 {
		return d, false
	}
	left := []rune(clean(with))
	for i, p := range pieces {
		s := p.node.Text
		a, b := max(0, from-p.at), min(len(s), to-p.at)
		n := min(len(left), utf8.RuneCountInString(s[a:b]))
		if i == len(pieces)-1 {
			n = len(left)
		}
		p.node.Text = s[:a] + string(left[:n]) + s[b:]
		left = left[n:]
	}
	out.Content = withoutEmpty(out.Content)
	return out, true
}

func cloned(list []Node) []Node {
	out := slices.Clone(list)
	for i := range out {
		out[i].Content = cloned(out[i].Content)
	}
	return out
}

// withoutEmpty leaves out text nodes that have lost their words.
func withoutEmpty(list []Node) []Node {
	list = slices.DeleteFunc(list, func(n Node) bool { return n.Type == TextNode && n.Text == "" })
	for i := range list {
		list[i].Content = withoutEmpty(list[i].Content)
	}
	return list
}

// Words counts as offices count: each Chinese character and mark one, each
// Latin word or figure one.
func (d Doc) Words() int {
	n, word := 0, false
	for _, r := range d.Text() {
		switch {
		case unicode.IsSpace(r):
			word = false
		case r < 0x250 && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			if !word {
				n++
			}
			word = true
		default:
			n++
			word = false
		}
	}
	return n
}
