package prose

import (
	"strings"
	"unicode"
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
