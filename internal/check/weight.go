package check

import (
	"fmt"
	"strings"

	"golang.org/x/net/html"
)

// mostElements is how much a page may weigh, counted in elements. The largest
// tables of government pages have some tens of thousands; a tree of this many
// with all that the checks keep of it takes 70 MB.
const mostElements = 120_000

// mostWritten is the same of what a script writes, or a noscript holds: a page
// may have many.
const mostWritten = 20_000

// ManyElementsError says that a page has more elements than are read.
type ManyElementsError struct{ Most int }

func (e *ManyElementsError) Error() string {
	return fmt.Sprintf("页面元素超过 %d 个，未作检查。请核对该页面是否正常，或将过长的表格改作附件发布。", e.Most)
}

// tooHeavy reports whether parsing a text would make more than most elements.
// The parser has no such bound, and a text makes more than it has tags: what of
// bold, font and the like is left open is opened anew in every block that
// follows, so that 160 KB become four million nodes.
//
// The count in passing takes scripts and comments for markup; only what is too
// heavy by it is read as markup is.
func tooHeavy(text string, most int) bool {
	return len(text) > shortMarkup && countTags(text, most) && countTokens(text, most)
}

// shortMarkup cannot make much, in bytes.
const shortMarkup = 1 << 10

// weight counts what a parser makes of tags.
type weight struct {
	sum        int
	paragraphs int
	open       []reopened
	again      int // elements that the next block may open anew
}

// reopened is an element that is opened anew until its end tag comes.
type reopened struct {
	name, raw string
	weight    int
}

// mostReopened is more than the parser keeps open: it refuses deeper pages.
const mostReopened = 512

// spared is how many are opened anew without being counted: links around blocks
// and one or two words in bold are ordinary.
const spared = 4

// start notes a start tag; raw is the whole tag where the name is a reopening one.
func (w *weight) start(name, raw string, reopens bool) {
	w.sum++
	if !reopens {
		w.block()
		if name == "p" {
			w.paragraphs++
		}
		return
	}
	if name == "a" || name == "nobr" {
		w.end(name, true) // one of them ends the one before
	}
	// Of equal ones three are opened anew at most.
	equal, first := 0, 0
	for i, o := range w.open {
		if o.raw == raw {
			if equal++; equal == 1 {
				first = i
			}
		}
	}
	if equal >= 3 {
		w.drop(first)
	}
	if len(w.open) < mostReopened {
		o := reopened{name, raw, 1 + attributes(raw)/4}
		w.open, w.again = append(w.open, o), w.again+o.weight
	}
}

func (w *weight) end(name string, reopens bool) {
	if !reopens {
		// An end tag of no paragraph makes an empty one.
		if name == "p" {
			if w.paragraphs == 0 {
				w.sum++
			} else {
				w.paragraphs--
			}
		}
		w.block()
		return
	}
	for i := len(w.open) - 1; i >= 0; i-- {
		if w.open[i].name == name {
			if i < len(w.open)-1 {
				w.block() // ends others with it, which are opened anew
			}
			w.drop(i)
			return
		}
	}
}

func (w *weight) block() { w.sum += max(0, w.again-spared) }

func (w *weight) drop(i int) {
	w.again -= w.open[i].weight
	w.open = append(w.open[:i], w.open[i+1:]...)
}

// opensAnew tells the formatting elements of the HTML standard.
func opensAnew(name string) bool {
	switch name {
	case "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u":
		return true
	}
	return false
}

// countTags counts by the angles alone and reports whether it came to too much.
func countTags(text string, most int) bool {
	var w weight
	for at := 0; ; {
		i := strings.IndexByte(text[at:], '<')
		if i < 0 {
			return false
		}
		at += i + 1
		from := at
		end := from < len(text) && text[from] == '/'
		if end {
			from++
		}
		if from == len(text) {
			return false
		}
		if c := text[from] | 0x20; c < 'a' || c > 'z' {
			if end || text[from] == '!' || text[from] == '?' {
				w.sum++ // a comment is a node
			}
		} else {
			var buf [8]byte
			n := 0
			for from+n < len(text) && n < len(buf) && !ends(text[from+n]) {
				buf[n] = text[from+n]
				if buf[n] >= 'A' && buf[n] <= 'Z' {
					buf[n] += 'a' - 'A'
				}
				n++
			}
			switch name, reopens := buf[:n], opensAnew(string(buf[:n])); {
			case end && reopens:
				w.end(string(name), true)
			case end:
				w.end(blockName(name), false)
			case reopens:
				w.start(string(name), text[from:from+tagLength(text[from:])], true)
			default:
				w.start(blockName(name), "", false)
			}
		}
		if w.sum > most {
			return true
		}
	}
}

// blockName is the name where it matters.
func blockName(name []byte) string {
	if len(name) == 1 && name[0] == 'p' {
		return "p"
	}
	return ""
}

// countTokens counts the same by the tokens of the parser, scripts and comments
// left out.
func countTokens(text string, most int) bool {
	var w weight
	// Within pictures and formulas, what is a script elsewhere is markup.
	foreign := false
	z := html.NewTokenizer(strings.NewReader(text))
	for w.sum <= most {
		kind := z.Next()
		switch kind {
		case html.ErrorToken:
			return false
		case html.CommentToken, html.DoctypeToken:
			w.sum++
		case html.StartTagToken, html.SelfClosingTagToken, html.EndTagToken:
			raw := z.Raw()
			b, _ := z.TagName()
			name := string(b)
			foreign = foreign || name == "svg" || name == "math"
			switch reopens := opensAnew(name); {
			case kind == html.EndTagToken:
				w.end(name, reopens)
			case reopens:
				w.start(name, string(raw[1:]), true)
			default:
				w.start(name, "", false)
			}
			if foreign {
				z.NextIsNotRawText()
			}
		}
	}
	return true
}

func ends(c byte) bool {
	switch c {
	case ' ', '\t', '\n', '\r', '\f', '/', '>':
		return true
	}
	return false
}

// tagLength is how long a tag is, from its name to before its closing angle.
func tagLength(tag string) (n int) {
	n, _ = readTag(tag)
	return n
}

// attributes counts the attributes of a tag given from its name on.
func attributes(tag string) (n int) {
	_, n = readTag(tag)
	return n
}

// readTag goes through name and attributes of a tag, with their quotation marks.
func readTag(tag string) (length, attributes int) {
	i := 0
	for i < len(tag) && !ends(tag[i]) {
		i++
	}
	blanks := func() {
		for i < len(tag) && tag[i] != '>' && tag[i] != '/' && ends(tag[i]) {
			i++
		}
	}
	for i < len(tag) {
		if blanks(); i == len(tag) || tag[i] == '>' {
			break
		}
		if tag[i] == '/' {
			i++
			continue
		}
		attributes++
		for i++; i < len(tag) && tag[i] != '=' && !ends(tag[i]); i++ {
		}
		if blanks(); i == len(tag) || tag[i] != '=' {
			continue
		}
		i++
		if blanks(); i == len(tag) {
			break
		}
		if q := tag[i]; q == '"' || q == '\'' {
			j := strings.IndexByte(tag[i+1:], q)
			if j < 0 {
				return len(tag), attributes
			}
			i += j + 2
			continue
		}
		for i < len(tag) && tag[i] != '>' && (tag[i] == '/' || !ends(tag[i])) {
			i++
		}
	}
	return i, attributes
}
