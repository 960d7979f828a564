package check

import (
	"math/bits"
	"regexp"
	"unicode/utf8"

	"zhengshu/internal/check/seek"
)

// letters is what one look at the letters of a text tells: which two stand side by side
// once everything else is left out, and whether a word of a list may begin with two of
// them. A page is read for many words, and few of them stand on it.
type letters struct {
	of      *matcher // the list
	begun   bool
	dressed bool     // letters are written in other ways
	pairs   []uint64 // a bit a pair; more than one pair may have the same
}

// bitsPerByte makes some 15 bits of 100 stand, however long a Chinese text is.
const bitsPerByte = 2

// glance looks at the letters of a text for a list.
func glance(text string, m *matcher) letters {
	l := letters{of: m, pairs: make([]uint64, 1<<bits.Len(uint(len(text)*bitsPerByte/64)))}
	few := len(l.pairs) - 1
	var last rune
	for i := 0; i < len(text); {
		var r rune
		if c := text[i]; i+2 < len(text) && (c >= 0xE5 && c <= 0xE9 || c == 0xE4 && text[i+1] >= 0xB8) { // common characters, U+4E00 to U+9FFF
			r = rune(c&0xF)<<12 | rune(text[i+1]&0x3F)<<6 | rune(text[i+2]&0x3F)
			i += 3
		} else {
			var n, kind int
			r, n, kind = letterAt(text, i)
			if i += n; kind != plainLetter {
				l.dressed = l.dressed || kind == dressedLetter
				continue
			}
		}
		word, bit := beginBit(last, r)
		l.pairs[word&few] |= bit
		if !l.begun && m.begins[word]&bit != 0 {
			_, l.begun = m.byHead[string([]rune{last, r})]
		}
		last = r
	}
	return l
}

// may reports whether a text may hold a word, as far as the word's first two letters tell.
func (l *letters) may(word string) bool {
	var last rune
	for i := 0; i < len(word); {
		r, n, kind := letterAt(word, i)
		i += n
		switch kind {
		case noLetter:
			continue
		case dressedLetter:
			return l.dressed
		}
		if last != 0 {
			at, bit := beginBit(last, r)
			return l.pairs[at&(len(l.pairs)-1)]&bit != 0
		}
		last = r
	}
	return true
}

// What stands at a place of a text: no letter, a letter of a list's words, or another
// writing of one.
const (
	noLetter = iota
	plainLetter
	dressedLetter
)

// letterAt is the letter at byte i of a text, in lower case, and the bytes it takes.
func letterAt(text string, i int) (r rune, n, kind int) {
	c := text[i]
	switch {
	case c >= utf8.RuneSelf:
		r, n = utf8.DecodeRuneInString(text[i:])
		switch {
		case han(r):
			return r, n, plainLetter
		case r >= 'Ａ' && r <= 'Ｚ', r >= 'ａ' && r <= 'ｚ', r >= '０' && r <= '９', r >= '①' && r <= 'ⓩ', r >= mathLetters && r <= mathDigits+50:
			return r, n, dressedLetter
		}
		return r, n, noLetter
	case c >= 'A' && c <= 'Z':
		return rune(c) + 'a' - 'A', 1, plainLetter
	case c >= '0' && c <= '9', c >= 'a' && c <= 'z':
		return rune(c), 1, plainLetter
	}
	return rune(c), 1, noLetter
}

// look takes in the letters of the page for a list, once.
func (p *Page) look(words *matcher) *letters {
	if p.seen == nil || p.seen.of != words {
		l := glance(p.VisibleText, words)
		p.seen = &l
	}
	return p.seen
}

// maybe leaves those words that may stand in the page's visible text; before the page was
// looked at, all.
func (p *Page) maybe(words ...string) []string {
	if p.seen == nil {
		return words
	}
	out := words[:0:0]
	for _, w := range words {
		if p.seen.may(w) {
			out = append(out, w)
		}
	}
	return out
}

// has reports whether one of the words stands in the page's visible text, read without its
// blanks.
func (p *Page) has(words ...string) bool {
	words = p.maybe(words...)
	return len(words) > 0 && seek.Any(p.bare(), words)
}

// near is near in the page's visible text without its blanks.
func (p *Page) near(re *regexp.Regexp, before, after int, words ...string) []string {
	if words = p.maybe(words...); len(words) == 0 {
		return nil
	}
	return near(re, p.bare(), before, after, words...)
}
