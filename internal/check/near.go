package check

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"zhengshu/internal/abridge"
)

const (
	// nearWords is how many characters stand on either side of a place, nearHeading
	// how many of the heading above it.
	nearWords   = 20
	nearHeading = 24
	// wholeNumber is how much further the words go so as to cut no number in two.
	wholeNumber = 24
	// farWidget is how far before a word a widget is looked for.
	farWidget = 400
	// mostHeadings bounds the headings of a text that are remembered.
	mostHeadings = 500
)

// ordinal begins a heading that is no more than a paragraph to the browser: 一、, （二）,
// 第三条.
var ordinal = regexp.MustCompile(`^(?:[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十]{1,3}[）)]|第[一二三四五六七八九十百零]{1,6}[编章节条])`)

// widget is what pages put before the words of a paragraph: the choice of the size of
// letters, and where the reader is.
var widget = regexp.MustCompile(`^.*(?:[【\[［（(]?\s*字[号体][：:]?\s*[【\[［（(]?\s*(?:(?:特大|超大|默认|大|中|小)[\s|｜/、】\]］）)]*)+|位置[：:][^。；]*[>＞»]\s*[^。；\s]*\s)`)

// Near names the place of a span of the text for a reader: the heading it stands under,
// else how its paragraph begins, then the words around it, in that paragraph alone.
func (r Reading) Near(start, end int) string {
	text := []rune(r.Text)
	if start < 0 || start >= end || end > len(text) {
		return ""
	}
	from, to := start, end
	for from > 0 && text[from-1] != '\n' {
		from--
	}
	for to < len(text) && text[to] != '\n' {
		to++
	}
	if before := max(from, start-farWidget); widget.MatchString(string(text[before:start])) {
		from = before + utf8.RuneCountInString(widget.FindString(string(text[before:start])))
	}
	a, b := max(from, start-nearWords), min(to, end+nearWords)
	for n := 0; n < wholeNumber && a > from && a < start && numeral(text[a-1]) && numeral(text[a]); n++ {
		a--
	}
	for n := 0; n < wholeNumber && b < to && numeral(text[b-1]) && numeral(text[b]); n++ {
		b++
	}
	words := squeeze(MaskText(string(text[a:b])))
	if a > from {
		words = "…" + words
	}
	if b < to {
		words += "…"
	}
	heading, own := r.headingOf(text, from, to, a)
	switch {
	case own:
		return "标题：" + words
	case heading != "":
		return "“" + abridge.Inner(MaskText(heading)) + "”之下：" + words
	case a > from && a-from > nearWords: // the paragraph begins out of sight
		return "“" + abridge.Inner(MaskText(abridge.Text(squeeze(string(text[from:a])), nearHeading))) + "”一段：" + words
	}
	return words
}

// headingOf is the heading over the paragraph between from and to, of which what follows
// seen is shown; own says that the paragraph is itself a heading.
func (r Reading) headingOf(text []rune, from, to, seen int) (heading string, own bool) {
	if seen > from { // its beginning is out of sight
		if heading = numberedHeading(string(text[from:to])); heading != "" {
			return heading, false
		}
	}
	above := -1 // where the heading stands
	for _, h := range r.heads {
		a := utf8.RuneCountInString(r.Text[:h.from])
		b := a + utf8.RuneCountInString(r.Text[h.from:h.to])
		if a <= from && to <= b {
			return "", true
		}
		if b > from {
			break
		}
		if t := squeeze(string(text[a:b])); t != "" {
			heading, above = abridge.Text(t, nearHeading), a
		}
	}
	if len(r.heads) == mostHeadings && utf8.RuneCountInString(r.Text[:r.heads[mostHeadings-1].to]) < from {
		heading, above = "", -1 // those below the last are not known
	}
	// A numbered line between that heading and the paragraph is nearer.
	for end := from - 1; end > above; {
		begin := end
		for begin > 0 && text[begin-1] != '\n' {
			begin--
		}
		if begin <= above {
			break
		}
		if near := numberedHeading(string(text[begin:end])); near != "" {
			return near, false
		}
		end = begin - 1
	}
	return heading, false
}

// numberedHeading is what a numbered paragraph is called by: its number where it is an
// article, else its first sentence; empty where it has no number.
func numberedHeading(line string) string {
	number := ordinal.FindString(line)
	if number == "" || strings.HasSuffix(number, "条") {
		return number
	}
	first, _, _ := strings.Cut(line, "。")
	return abridge.Text(squeeze(first), nearHeading)
}

func numeral(r rune) bool { return r < unicode.MaxASCII && (unicode.IsDigit(r) || unicode.IsLetter(r)) }
