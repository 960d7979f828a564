package prose

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Levels of a clause: 第一条 stands apart; the other four are the levels of
// official documents (GB/T 9704).
const (
	LevelArticle = 1 // 第一条
	LevelOne     = 2 // 一、
	LevelTwo     = 3 // （一）
	LevelThree   = 4 // 1.
	LevelFour    = 5 // （1）
)

// Numeral is n in Chinese: 十二, 一百零三; for 1 to 9999.
func Numeral(n int) string {
	if n < 1 || n > 9999 {
		return strconv.Itoa(n)
	}
	digits := []rune("零一二三四五六七八九")
	units := []string{"", "十", "百", "千"}
	s := strconv.Itoa(n)
	var b strings.Builder
	zero := false
	for i, c := range s {
		d, u := int(c-'0'), len(s)-1-i
		if d == 0 {
			zero = true
			continue
		}
		if zero {
			b.WriteRune('零')
			zero = false
		}
		if !(d == 1 && u == 1 && i == 0) { // 十二, not 一十二
			b.WriteRune(digits[d])
		}
		b.WriteString(units[u])
	}
	return b.String()
}

// numeralValue reads what Numeral writes; 0 for anything else, so that a
// number taken as data is written again exactly as it stood.
func numeralValue(s string) int {
	if s == "" || utf8.RuneCountInString(s) > 8 {
		return 0
	}
	value := map[rune]int{'一': 1, '二': 2, '三': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9}
	unit := map[rune]int{'十': 10, '百': 100, '千': 1000}
	total, d := 0, 0
	for _, r := range s {
		switch {
		case value[r] > 0:
			d = value[r]
		case unit[r] > 0:
			total += max(d, 1) * unit[r]
			d = 0
		case r != '零':
			return 0
		}
	}
	if total += d; total < 1 || total > 9999 || Numeral(total) != s {
		return 0
	}
	return total
}

// label is a clause's number as it stands in the text.
func label(level, n int) string {
	switch level {
	case LevelArticle:
		return "第" + Numeral(n) + "条\u3000"
	case LevelOne:
		return Numeral(n) + "、"
	case LevelTwo:
		return "（" + Numeral(n) + "）"
	case LevelThree:
		return strconv.Itoa(n) + "."
	}
	return "（" + strconv.Itoa(n) + "）"
}

// numbered recognises the number at the head of a paragraph. ok is false for
// none, and for one that would not be written again as it stood.
func numbered(s string) (level, n int, rest string, ok bool) {
	const space = " \u3000\u00a0"
	take := func(level, n int, rest string) (int, int, string, bool) {
		rest = strings.TrimLeft(rest, space)
		return level, n, rest, n > 0 && rest != ""
	}
	if after, found := strings.CutPrefix(s, "第"); found {
		num, rest, found := strings.Cut(after, "条")
		if found && strings.IndexAny(rest, space) == 0 {
			return take(LevelArticle, numeralValue(num), rest)
		}
		return 0, 0, "", false
	}
	if after, found := strings.CutPrefix(s, "（"); found {
		num, rest, found := strings.Cut(after, "）")
		if !found {
			return 0, 0, "", false
		}
		if v := numeralValue(num); v > 0 {
			return take(LevelTwo, v, rest)
		}
		return take(LevelFour, plainNumber(num), rest)
	}
	if num, rest, found := strings.Cut(s, "、"); found {
		if v := numeralValue(num); v > 0 {
			return take(LevelOne, v, rest)
		}
	}
	if num, rest, found := strings.Cut(s, "."); found && rest != "" && (rest[0] < '0' || rest[0] > '9') {
		if v := plainNumber(num); v > 0 && v <= 999 {
			return take(LevelThree, v, rest)
		}
	}
	return 0, 0, "", false
}

func plainNumber(s string) int {
	if s == "" || len(s) > 4 || s[0] == '0' || strings.Trim(s, "0123456789") != "" {
		return 0
	}
	n, _ := strconv.Atoi(s) // digits only, at most four
	return n
}
