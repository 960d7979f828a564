package search

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// unit is one indivisible piece of a text: a Chinese character, or a run of
// Latin letters or figures. Marks and blanks are no units: “保险、保障” and
// “保险保障” give the same pairs.
type unit struct {
	text       string // folded
	start, end int    // bytes in the text as given
}

// fold brings full-width forms and case together.
func fold(r rune) rune {
	if r >= 0xff01 && r <= 0xff5e {
		r -= 0xfee0
	}
	switch {
	case r < utf8.RuneSelf:
		if 'A' <= r && r <= 'Z' {
			return r + 32
		}
		return r
	case r == '〇':
		return '零'
	}
	return unicode.ToLower(r)
}

func latin(r rune) bool {
	return r < 0x2e80 && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

func units(text string) []unit {
	out := make([]unit, 0, len(text)/3+1)
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		f := fold(r)
		switch {
		case latin(f):
			j := i
			var b strings.Builder
			digit := unicode.IsDigit(f)
			for j < len(text) {
				r, n := utf8.DecodeRuneInString(text[j:])
				f := fold(r)
				// Letters and figures part, so that “3类” and “GB2312” are found by either.
				if !latin(f) || unicode.IsDigit(f) != digit || j-i > 60 {
					break
				}
				b.WriteRune(f)
				j += n
			}
			out = append(out, unit{b.String(), i, j})
			i = j
			continue
		case unicode.IsLetter(f) || unicode.IsNumber(f):
			s := text[i : i+n]
			if f != r {
				s = string(f)
			}
			out = append(out, unit{s, i, i + n})
		}
		i += n
	}
	return out
}

// Pairs cuts a text into overlapping pairs of units: 政府网站 gives 政府, 府网,
// 网站. A text of one unit gives that unit.
func Pairs(text string) []string {
	u := units(text)
	switch len(u) {
	case 0:
		return nil
	case 1:
		return []string{u[0].text}
	}
	out := make([]string, len(u)-1)
	for i := range out {
		out[i] = u[i].text + u[i+1].text
	}
	return out
}

// stream writes the pairs of a text for the index. The last unit follows
// alone, so that every unit begins exactly one term and a single character is
// found by prefix.
func stream(text string) string {
	u := units(text)
	var b strings.Builder
	b.Grow(len(text)*2 + len(u))
	for i, x := range u {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(x.text)
		if i+1 < len(u) {
			b.WriteString(u[i+1].text)
		}
	}
	return b.String()
}

// plain is the units of a text in one string: for comparing without marks.
func plain(text string) string {
	var b strings.Builder
	for _, x := range units(text) {
		b.WriteString(x.text)
	}
	return b.String()
}
