package check

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"zhengshu/internal/calendar"
)

// A date as pages write it: 2018-11-09, 2018/11/9, 2018.11.09, 2018年11月09日,
// with the time of day when it follows.
var shownDate = regexp.MustCompile(`^(\d{4})\s*[-年/.．]\s*(\d{1,2})\s*[-月/.．]\s*(\d{1,2})\s*日?(?:[T\s\x{00A0}\x{3000}]{0,6}(\d{1,2})\s*[:：时]\s*(\d{2}))?`)

// 一九九六年十一月五日 and 二〇一八年…, as signatures write it.
var spokenDate = regexp.MustCompile(`[〇○ＯO零一二三四五六七八九]{4}\s*年\s*[元一二三四五六七八九十]{1,2}\s*月\s*[一二三四五六七八九十]{1,3}\s*日`)

// stamp is a date as shown, with the minute when the page shows one.
type stamp struct {
	date         calendar.Date
	hour, minute int
	timed        bool
}

func (s stamp) zero() bool { return s.date == calendar.Date{} }

// String gives 2006-01-02 or 2006-01-02 15:04.
func (s stamp) String() string {
	if s.zero() {
		return ""
	}
	d := fmt.Sprintf("%04d-%02d-%02d", s.date.Year, int(s.date.Month), s.date.Day)
	if s.timed {
		d += fmt.Sprintf(" %02d:%02d", s.hour, s.minute)
	}
	return d
}

// minutes counts from an arbitrary origin, for differences between two stamps.
func (s stamp) minutes() int64 {
	return time.Date(s.date.Year, s.date.Month, s.date.Day, s.hour, s.minute, 0, 0, time.UTC).Unix() / 60
}

// findStamp returns the first date in text and the byte range it takes.
func findStamp(text string) (s stamp, from, to int) {
	if !holds(text, "年") || !containsFullDigit(text) {
		return findPlainStamp(text)
	}
	// Digits of full width take three bytes.
	half := halfDigits(text)
	s, from, to = findPlainStamp(half)
	return s, wideAt(text, from), wideAt(text, to)
}

func containsFullDigit(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r >= '０' && r <= '９' })
}

// halfDigits writes digits of full width as others are.
func halfDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '０' && r <= '９' {
			return r - '０' + '0'
		}
		return r
	}, text)
}

// wideAt is the place in a text of a place in what halfDigits makes of it.
func wideAt(text string, at int) int {
	for i, r := range text {
		if at <= 0 {
			return i
		}
		n := utf8.RuneLen(r)
		if r >= '０' && r <= '９' {
			n = 1
		}
		at -= n
	}
	return len(text)
}

func findPlainStamp(text string) (s stamp, from, to int) {
	for off := 0; off < len(text); {
		start := fourDigits(text, off)
		if start < 0 {
			break
		}
		m := shownDate.FindStringSubmatchIndex(text[start:])
		if m == nil {
			off = start + 1
			continue
		}
		group := func(i int) int {
			if m[2*i] < 0 {
				return -1
			}
			v, err := strconv.Atoi(text[start+m[2*i] : start+m[2*i+1]])
			if err != nil {
				return -1
			}
			return v
		}
		// A date inside a longer number (a file name, a code) is none.
		inside := start > 0 && text[start-1] >= '0' && text[start-1] <= '9'
		end := start + m[1]
		inside = inside || (end < len(text) && text[end] >= '0' && text[end] <= '9' && m[8] < 0)
		if d, err := calendar.NewDate(group(1), time.Month(group(2)), group(3)); err == nil && !inside && d.Year >= 1900 {
			s = stamp{date: d}
			if h, mi := group(4), group(5); h >= 0 && h < 24 && mi >= 0 && mi < 60 {
				s.hour, s.minute, s.timed = h, mi, true
			}
			return s, start, end
		}
		off = start + 4
	}
	if !holds(text, "年") || !holds(text, "月") {
		return stamp{}, 0, 0
	}
	if m := spokenDate.FindStringIndex(text); m != nil {
		if d, err := calendar.ParseLoose(text[m[0]:m[1]]); err == nil {
			return stamp{date: d}, m[0], m[1]
		}
	}
	return stamp{}, 0, 0
}

// fourDigits is where the next four digits in a row begin, at off or after it;
// −1 when there are none. A year is that, and few texts have one.
func fourDigits(text string, off int) int {
	n := 0
	for i := off; i < len(text); i++ {
		if c := text[i]; c < '0' || c > '9' {
			n = 0
		} else if n++; n == 4 {
			return i - 3
		}
	}
	return -1
}

func parseStamp(text string) stamp {
	s, _, _ := findStamp(text)
	return s
}
