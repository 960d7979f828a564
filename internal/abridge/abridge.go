// Package abridge shortens texts for a line of a screen, a trail or a log.
//
// It decides where a text is cut: between characters, never inside one. It does not
// decide how long a text may be, nor what of it is worth keeping.
package abridge

import "strings"

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
