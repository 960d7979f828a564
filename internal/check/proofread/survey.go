package proofread

import (
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"
)

// survey is what one walk over a text tells: its characters, and where it is
// worth looking. Most rules concern few lines, and marks seldom stand together.
type survey struct {
	text  string // valid UTF-8, of MaxRunes at most
	runes []rune
	lines []noted
	marks []int // the first of two marks that stand together, in runes
}

// noted is a line that rules may concern.
type noted struct {
	from, to int // bytes of the text
	at       int // its first rune
	concerns concern
}

// concern is a set of rules, a bit each.
type concern uint32

// next takes the first rule out of the set; ok is false when none is left.
func (c *concern) next() (rule int, ok bool) {
	if *c == 0 {
		return 0, false
	}
	rule = bits.TrailingZeros32(uint32(*c))
	*c &= *c - 1
	return rule, true
}

// sign says of a character which rules need it (the low half) and which need it
// beside another (the high half). signMark stands for a mark.
type sign uint64

const (
	alsoShift = 32
	signMark  = sign(1) << (alsoShift - 1)
	mostRules = alsoShift - 1
)

// telling gives the characters that rules need a number each, into signs; every
// other is number 0, without a sign. alwaysSign are the rules that ask for no
// second character, doubledSign those that ask for one of twins twice in a row.
var telling, signs, alwaysSign, doubledSign = func() (number [1 << 16]uint8, signs [256]sign, always, doubled sign) {
	last := uint8(0)
	book := func(chars string, s sign) {
		for _, c := range chars {
			if number[c] == 0 {
				last++
				number[c] = last
			}
			signs[number[c]] |= s
		}
	}
	for i, r := range rules {
		need := sign(1) << i
		if r.doubled {
			doubled |= need
		} else {
			book(r.needs, need)
		}
		if r.also == "" {
			always |= need << alsoShift
		}
		book(r.also, need<<alsoShift)
	}
	book(clashing, signMark)
	book(twins, 0)
	return number, signs, always, doubled
}()

// look surveys a text for the rules asked; its characters go into room, as far as
// that reaches.
func look(text string, asked concern, room []rune) survey {
	var (
		s      survey
		rs     = slices.Grow(room[:0], len(text)/3+1)
		have   = alwaysSign
		before sign
		last   rune
		from   int // of the line, in bytes
		at     int // and in runes
		i      int
	)
	for i < len(text) && len(rs) < MaxRunes {
		var c rune
		switch b := text[i]; {
		case b < utf8.RuneSelf:
			c = rune(b)
			i++
		case b >= 0xE1 && b != 0xED && b <= 0xEF && i+2 < len(text) && text[i+1]&0xC0 == 0x80 && text[i+2]&0xC0 == 0x80:
			// Three bytes hold nearly all that is not ASCII; what the general
			// decoder asks besides cannot go wrong with these first bytes.
			c = rune(b&0x0F)<<12 | rune(text[i+1]&0x3F)<<6 | rune(text[i+2]&0x3F)
			i += 3
		default:
			var n int
			if c, n = utf8.DecodeRuneInString(text[i:]); c == utf8.RuneError && n == 1 {
				// Bytes that are no text count as the character for that.
				return look(string([]rune(text)), asked, rs)
			}
			i += n
		}
		rs = append(rs, c)
		if c == '\n' {
			s.note(noted{from, i - 1, at, needed(have) & asked})
			have, before, last = alwaysSign, 0, 0
			from, at = i, len(rs)
			continue
		}
		n := numberOf(c)
		now := signs[n]
		have |= now
		if now&before&signMark != 0 {
			s.marks = append(s.marks, len(rs)-2)
		}
		if n != 0 && c == last && strings.ContainsRune(twins, c) {
			have |= doubledSign
		}
		before, last = now, c
	}
	s.note(noted{from, i, at, needed(have) & asked})
	s.text, s.runes = text[:i], rs
	return s
}

func (s *survey) note(l noted) {
	if l.concerns != 0 {
		s.lines = append(s.lines, l)
	}
}

// needed are the rules that have all they need among the signs of a line.
func needed(have sign) concern { return concern(have) & concern(have>>alsoShift) }

func numberOf(c rune) uint8 {
	if uint32(c) < uint32(len(telling)) {
		return telling[c]
	}
	return 0
}
