// Package abridge shortens texts for a line of a screen, a trail or a log.
//
// It decides where a text is cut: between characters, never inside one. It does not
// decide how long a text may be, nor what of it is worth keeping.
package abridge

import (
	"strings"
	"unicode"
)

// Cut is the first n characters of s, all of it where it has no more.
func Cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	i := 0
	for at := range s {
		if i == n {
			return s[:at]
		}
		i++
	}
	return s
}

// Text is Cut for people: what is left out is shown by “…”, which comes on top of the
// n characters. Bytes that are no text are shown as such.
func Text(s string, n int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if cut := Cut(s, n); len(cut) < len(s) {
		return cut + "…"
	}
	return s
}

// Plain is Cut for what another machine wrote: letters that steer a screen or that no
// database keeps are left out, and bytes that are no text are shown as such.
func Plain(s string, n int) string {
	if len(s) > 8*n+utf8Most {
		s = s[:8*n+utf8Most] // what comes after is cut anyway
	}
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return Cut(s, n)
}

// utf8Most is how many bytes one character has at most.
const utf8Most = 4
