package official

import (
	"slices"
	"strconv"
	"strings"

	"zhengshu/internal/abridge"
)

func sorted[T any](m map[int]T) []int {
	out := make([]int, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// number is the next label of a list at a depth.
func (p *paperReader) number(list string, depth int) (label string, bullet bool) {
	abstract := p.lists[list]
	level := func(n int) (listLevel, bool) {
		if l, ok := p.levels[list][n]; ok && l.format+l.text != "" {
			return l, true
		}
		l, ok := p.levels["a"+abstract][n]
		if own, over := p.levels[list][n]; over {
			l.start = own.start
		}
		return l, ok
	}
	l, ok := level(depth)
	if !ok {
		return "", false
	}
	if l.format == "none" {
		return "", false
	}
	if l.format == "bullet" {
		return "•", true
	}
	key := "a" + abstract
	if _, own := p.levels[list]; own {
		key = list
	}
	counts := p.counts[key]
	if counts == nil {
		counts = map[int]int{}
		p.counts[key] = counts
	}
	if _, begun := counts[depth]; begun {
		counts[depth]++
	} else {
		counts[depth] = l.start
	}
	for n := range counts {
		if n > depth {
			delete(counts, n)
		}
	}
	text := l.text
	for n := 0; n <= depth; n++ {
		up, ok := level(n)
		if !ok {
			continue
		}
		have, begun := counts[n]
		if !begun {
			have = up.start
		}
		text = strings.ReplaceAll(text, "%"+strconv.Itoa(n+1), ordinal(up.format, have))
	}
	return abridge.Text(text, 30), false
}

// ordinal is a number as a numbering's format writes it.
func ordinal(format string, n int) string {
	switch format {
	case "chineseCounting", "chineseCountingThousand", "taiwaneseCounting", "taiwaneseCountingThousand", "japaneseCounting", "ideographTraditional", "chineseLegalSimplified":
		return Numeral(n)
	case "upperLetter", "lowerLetter":
		if n < 1 || n > 26 {
			return strconv.Itoa(n)
		}
		if format == "upperLetter" {
			return string(rune('A' + n - 1))
		}
		return string(rune('a' + n - 1))
	case "upperRoman", "lowerRoman":
		if s := roman(n); s != "" {
			if format == "lowerRoman" {
				return strings.ToLower(s)
			}
			return s
		}
	case "decimalEnclosedCircle", "decimalEnclosedCircleChinese":
		if n >= 1 && n <= 20 {
			return string(rune('①' + n - 1))
		}
	}
	return strconv.Itoa(n)
}

func roman(n int) string {
	if n < 1 || n > 399 {
		return ""
	}
	var b strings.Builder
	for _, d := range []struct {
		v int
		s string
	}{{100, "C"}, {90, "XC"}, {50, "L"}, {40, "XL"}, {10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"}} {
		for ; n >= d.v; n -= d.v {
			b.WriteString(d.s)
		}
	}
	return b.String()
}
