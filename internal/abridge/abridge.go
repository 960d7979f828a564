// Package abridge shortens texts for a line of a screen, a trail or a log, and sets them between
// quotation marks.
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

// Middle is Text that keeps the end as well: what is left out of a text of more than n
// characters is its middle, which tells least of a file's name. The beginning gets twice
// as much as the end.
func Middle(s string, n int) string {
	all := []rune(strings.ToValidUTF8(s, "\uFFFD"))
	if len(all) <= n {
		return string(all)
	}
	end := n / 3
	return string(all[:n-end]) + "…" + string(all[len(all)-end:])
}

// Names is s with what stands between “ and ” cut by Middle: a sentence stays whole, the
// names of files and pages in it do not grow beyond n characters.
func Names(s string, n int) string {
	var b strings.Builder
	for {
		before, rest, opened := strings.Cut(s, "“")
		name, after, closed := strings.Cut(rest, "”")
		if !opened || !closed {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(before + "“" + Middle(name, n) + "”")
		s = after
	}
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
