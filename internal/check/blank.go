package check

import (
	"math/bits"
	"strings"
	"unicode/utf8"
)

// Pages are littered with blanks, and every text of a page is read for them.
// Their first bytes tell nearly all other characters apart, so texts are read
// by bytes and not by characters. A text is sound UTF-8: Decode sees to it.

// blank reports whether r separates words on a page: white space, the
// ideographic space, and the characters of no width pages are littered with.
func blank(r rune) bool {
	if r > ' ' && r < 0x85 || r > 0x3000 && r < 0xFEFF {
		return false
	}
	switch r {
	case ' ', '\t', '\n', '\r', '\f', '\v', 0x85, 0xA0, 0x3000, 0x200B, 0x200C, 0x200D, 0xFEFF, 0x2002, 0x2003, 0x2009, 0x2028, 0x2029:
		return true
	}
	return false
}

// blankAt is how many bytes the blank takes that begins at byte i of a text; 0
// when none does.
func blankAt[T string | []byte](s T, i int) int {
	switch c := s[i]; {
	case c == ' ', c >= '\t' && c <= '\r':
		return 1
	case c == 0xC2 && i+1 < len(s) && (s[i+1] == 0x85 || s[i+1] == 0xA0):
		return 2
	case c < 0xE2 || i+2 >= len(s):
	case c == 0xE2 && s[i+1] == 0x80:
		switch s[i+2] {
		case 0x82, 0x83, 0x89, 0x8B, 0x8C, 0x8D, 0xA8, 0xA9: // U+2002 … U+2029
			return 3
		}
	case c == 0xE3 && s[i+1] == 0x80 && s[i+2] == 0x80, c == 0xEF && s[i+1] == 0xBB && s[i+2] == 0xBF:
		return 3
	}
	return 0
}

// nextRare is the first byte at or after i that may begin a blank or another character that
// takes no room on the screen; the length of the text when there is none. Nearly all texts
// are common characters from end to end, which are passed eight bytes at a time.
func nextRare[T string | []byte](s T, i int) int {
	for i+8 <= len(s) {
		if m := rareOf(eight(s, i)); m != 0 {
			return i + bits.TrailingZeros64(m)/8
		}
		i += 8
	}
	for i < len(s) && rareOf(uint64(s[i]))&0x80 == 0 {
		i++
	}
	return i
}

// rareOf marks those of eight bytes that may begin a blank or what takes no room: up to a
// space, and from 0xC0 on but for 0xE4 to 0xEE, with which the common characters of Chinese
// begin.
func rareOf(x uint64) uint64 {
	return (x&(x<<1)&^between(x, 0x64, 0x6E) | ^x&between(x, 0, ' ')) & highest
}

// nextBlank is where the first blank at or after byte i begins, and the bytes it
// takes; the length of the text and 0 when there is none.
func nextBlank[T string | []byte](s T, i int) (at, size int) {
	for i = nextRare(s, i); i < len(s); i = nextRare(s, i+1) {
		if w := blankAt(s, i); w > 0 {
			return i, w
		}
	}
	return len(s), 0
}

// trimBlanks cuts the blanks off both ends.
func trimBlanks[T string | []byte](s T) T {
	for len(s) > 0 {
		n := blankAt(s, 0)
		if n == 0 {
			break
		}
		s = s[n:]
	}
	for len(s) > 0 {
		n := len(s) - 1
		for n > 0 && s[n]&0xC0 == 0x80 {
			n--
		}
		if blankAt(s, n) != len(s)-n {
			break
		}
		s = s[:n]
	}
	return s
}

// squeeze makes every run of blanks one space and trims.
func squeeze(s string) string {
	s = trimBlanks(s)
	for at, n := nextBlank(s, 0); n > 0; at, n = nextBlank(s, at+n) {
		if s[at] != ' ' || blankAt(s, at+1) > 0 { // trimmed: it does not end with a blank
			return string(appendSqueezed(make([]byte, 0, len(s)), s))
		}
	}
	return s
}

// longer reports whether a text has more than n characters. A character has at
// most four bytes, so that long texts need no counting.
func longer(s string, n int) bool {
	return len(s) > utf8.UTFMax*n || utf8.RuneCountInString(s) > n
}

// appendSqueezed appends squeeze(s).
func appendSqueezed[T string | []byte](to []byte, s T) []byte {
	empty := len(to)
	for from := 0; from < len(s); {
		at, n := nextBlank(s, from)
		if at > from {
			if len(to) > empty {
				to = append(to, ' ')
			}
			to = append(to, s[from:at]...)
		}
		from = at + max(n, 1)
	}
	return to
}

// squeezedLen is the length of squeeze(s) in characters.
func squeezedLen(s string) int {
	n := 0
	for from := 0; from < len(s); {
		at, size := nextBlank(s, from)
		if at > from {
			if n > 0 {
				n++ // the blank between
			}
			n += characters(s[from:at])
		}
		from = at + max(size, 1)
	}
	return n
}

// characters counts those of a sound text.
func characters(s string) int {
	n, i := len(s), 0
	for ; i+8 <= len(s); i += 8 {
		x := eight(s, i)
		n -= bits.OnesCount64(x &^ (x << 1) & highest) // of bytes within a character the highest bit stands and the next does not
	}
	for ; i < len(s); i++ {
		if s[i]&0xC0 == 0x80 {
			n--
		}
	}
	return n
}

// noBlanks drops every blank.
func noBlanks(s string) string {
	at, n := nextBlank(s, 0)
	if n == 0 {
		return s
	}
	b := append(make([]byte, 0, len(s)-n), s[:at]...)
	for from := at + n; from < len(s); {
		at, n := nextBlank(s, from)
		b = append(b, s[from:at]...)
		from = at + max(n, 1)
	}
	return string(b)
}

// bareOf is a tidy text without its blanks: spaces and line ends are all it has.
func bareOf(tidied string) string {
	var b strings.Builder
	b.Grow(len(tidied))
	for line := range strings.SplitSeq(tidied, "\n") {
		for word := range strings.SplitSeq(line, " ") {
			b.WriteString(word)
		}
	}
	return b.String()
}

// sameBare reports whether a text without its blanks is bare.
func sameBare(s, bare string) bool {
	rest, ok := cutBare(bare, s)
	return ok && rest == ""
}

// cutBare cuts a text without its blanks off the front of bare.
func cutBare(bare, s string) (rest string, ok bool) {
	for i := 0; i < len(s); {
		c, size := utf8.DecodeRuneInString(s[i:])
		// Told by the first character in nearly all texts: the rest is not read.
		if !blank(c) {
			if bare, ok = strings.CutPrefix(bare, s[i:i+size]); !ok {
				return "", false
			}
		}
		i += size
	}
	return bare, true
}

// tidy keeps line breaks, trims each line, makes every run of blanks in it one
// space and drops empty lines. It works within the bytes it is given: what it
// writes is never longer than what it has read.
func tidy(s []byte) []byte {
	to := s[:0]
	begins, gap := true, false // of a line; blanks were met in it
	for from := 0; from < len(s); {
		at, n := nextBlank(s, from)
		if at > from {
			switch {
			case begins && len(to) > 0:
				to = append(to, '\n')
			case gap && !begins:
				to = append(to, ' ')
			}
			to = append(to, s[from:at]...)
			begins, gap = false, false
		}
		if n > 0 {
			if s[at] == '\n' {
				begins, gap = true, false
			} else {
				gap = true
			}
		}
		from = at + max(n, 1)
	}
	return to
}
