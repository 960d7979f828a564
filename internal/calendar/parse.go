package calendar

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// ParseError tells a person what is wrong with the date they wrote.
type ParseError struct {
	Input string // as written, cut to 40 characters
	Says  string // the cause and the cure, in Chinese, without a full stop
}

// Error returns a whole Chinese sentence naming the input, cause and cure.
func (e *ParseError) Error() string {
	return fmt.Sprintf("日期“%s”有误：%s。", e.Input, e.Says)
}

func wrongDate(input, says string) *ParseError {
	if r := []rune(strings.ToValidUTF8(input, "�")); len(r) > 40 {
		input = string(r[:40]) + "…"
	} else {
		input = string(r)
	}
	return &ParseError{Input: input, Says: says}
}

var iso = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)

// ParseDate reads exactly 2006-01-02. The error is a *ParseError.
func ParseDate(s string) (Date, error) {
	if !iso.MatchString(s) {
		return Date{}, wrongDate(s, "应写作2026-03-01这样的形式")
	}
	y, _ := strconv.Atoi(s[:4])
	m, _ := strconv.Atoi(s[5:7])
	day, _ := strconv.Atoi(s[8:])
	return checked(s, y, m, day)
}

func checked(input string, y, m, day int) (Date, error) {
	d := Date{y, time.Month(m), day}
	if says := d.wrong(); says != "" {
		return Date{}, wrongDate(input, says+"，请核对后改正")
	}
	return d, nil
}

// maxLoose bounds what ParseLoose will look at, in bytes; the longest date in
// Chinese numerals with a time of day is under 80.
const maxLoose = 128

var (
	looseMarked  = regexp.MustCompile(`^([0-9]+)年([0-9]+)月([0-9]+)[日号]?$`)
	looseSplit   = regexp.MustCompile(`^([0-9]+)([-/.])([0-9]+)([-/.])([0-9]+)$`)
	looseCompact = regexp.MustCompile(`^([0-9]{4})([0-9]{2})([0-9]{2})$`)
	looseNoDay   = regexp.MustCompile(`^[0-9]{4}(年[0-9]{1,2}月?|[-/.][0-9]{1,2}|年)$`)
	looseTime    = regexp.MustCompile(`[T ]*[0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?$`)
)

// ParseLoose reads the dates people write in ledgers and documents:
// 2021年2月3日, 二〇二一年二月三日, 2021/2/3, 2021.2.3, 2021-2-3, 20210203, with
// full-width digits and stray spaces. A time of day after the date is dropped.
// The error is a *ParseError that says what to correct.
func ParseLoose(s string) (Date, error) {
	if len(s) > maxLoose {
		return Date{}, wrongDate(s, "内容过长，只应写一个日期，如2021年2月3日")
	}
	t := narrow(s)
	if t == "" {
		return Date{}, wrongDate(s, "没有填写，应写作2021年2月3日或2021-02-03")
	}
	if loc := looseTime.FindStringIndex(t); loc != nil && loc[0] > 0 {
		t = t[:loc[0]]
	}
	t = strings.ReplaceAll(t, " ", "")
	if strings.ContainsRune(t, '年') {
		t = arabic(t)
	}
	var y, m, d string
	switch {
	case looseMarked.MatchString(t):
		g := looseMarked.FindStringSubmatch(t)
		y, m, d = g[1], g[2], g[3]
	case looseSplit.MatchString(t):
		g := looseSplit.FindStringSubmatch(t)
		if g[2] != g[4] {
			return Date{}, wrongDate(s, "前后两个分隔符不一致，应写作2021年2月3日或2021-02-03")
		}
		y, m, d = g[1], g[3], g[5]
	case looseCompact.MatchString(t):
		g := looseCompact.FindStringSubmatch(t)
		y, m, d = g[1], g[2], g[3]
	case looseNoDay.MatchString(t):
		return Date{}, wrongDate(s, "没有写到日，请补全，如2021年2月3日")
	default:
		return Date{}, wrongDate(s, "看不出年、月、日，应写作2021年2月3日或2021-02-03")
	}
	if len(y) != 4 {
		return Date{}, wrongDate(s, "年份须在最前并写四位，如2021年2月3日")
	}
	if len(m) > 2 || len(d) > 2 {
		return Date{}, wrongDate(s, "月和日各写一位或两位，如2021年2月3日")
	}
	yy, _ := strconv.Atoi(y)
	mm, _ := strconv.Atoi(m)
	dd, _ := strconv.Atoi(d)
	return checked(s, yy, mm, dd)
}

// narrow folds full-width forms and every kind of space, and joins runs of
// space into one.
func narrow(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= '！' && r <= '～':
			r -= '！' - '!'
		case r == '。' || r == '·':
			r = '.'
		case r == '–' || r == '—' || r == '−':
			r = '-'
		case unicode.IsSpace(r):
			r = ' '
		case r == '\ufeff' || r == '\u200b':
			continue
		}
		b.WriteRune(r)
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// A zero is often typed as the letter.
var numerals = map[rune]int{'〇': 0, '○': 0, '零': 0, 'O': 0, '一': 1, '二': 2, '三': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9}

// arabic turns the Chinese numerals of a date into digits: the year digit by
// digit (二〇二一), month and day as numbers below one hundred (三十一). Text it
// does not understand is left for the caller to refuse.
func arabic(s string) string {
	var out strings.Builder
	var run []rune
	flush := func() {
		if len(run) == 0 {
			return
		}
		tens := -1
		for i, r := range run {
			if r == '十' {
				if tens >= 0 {
					out.WriteString(string(run))
					run = run[:0]
					return
				}
				tens = i
			}
		}
		switch {
		case tens < 0:
			for _, r := range run {
				out.WriteString(strconv.Itoa(numerals[r]))
			}
		case tens > 1 || len(run)-tens > 2:
			out.WriteString(string(run))
		default:
			n := 10
			if tens == 1 {
				n = 10 * numerals[run[0]]
			}
			if tens+1 < len(run) {
				n += numerals[run[tens+1]]
			}
			out.WriteString(strconv.Itoa(n))
		}
		run = run[:0]
	}
	for _, r := range s {
		if _, ok := numerals[r]; ok || r == '十' {
			run = append(run, r)
			continue
		}
		flush()
		out.WriteRune(r)
	}
	flush()
	return out.String()
}
