package check

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"zhengshu/internal/calendar"
	"zhengshu/internal/check/seek"
)

// A date as pages write it: 2018-11-09, 2018/11/9, 2018.11.09, 2018年11月09日,
// with the time of day when it follows, the weekday or the half of the day between.
var shownDate = regexp.MustCompile(`^(\d{4})\s*[-年/.．－／]\s*(\d{1,2})\s*[-月/.．－／]\s*(\d{1,2})\s*日?` + timeOfDay)

const timeOfDay = `(?:[T\s\x{00A0}\x{3000}]{0,6}(?:[（(]?(?:星期|周)[一二三四五六日天][）)]?[\s\x{00A0}\x{3000}]{0,6})?(?:([上下]午|中午|凌晨|早上|晚上)\s*)?(\d{1,2})\s*[:：时]\s*(\d{1,2}))?`

// 一九九六年十一月五日 and 二〇一八年…, as signatures write it.
var spokenDate = regexp.MustCompile(`[〇○ＯO零0一二三四五六七八九]{4}\s*年\s*[元一二三四五六七八九十]{1,2}\s*月\s*[一二三四五六七八九十]{1,3}\s*日`)

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
	if !seek.Has(text, "\xef\xbc") || !containsFullDigit(text) {
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
			return number(text[start+m[2*i] : start+m[2*i+1]])
		}
		// A date inside a longer number (a file name, a code) is none.
		inside := start > 0 && text[start-1] >= '0' && text[start-1] <= '9'
		end := start + m[1]
		inside = inside || (end < len(text) && text[end] >= '0' && text[end] <= '9' && text[end-1] >= '0' && text[end-1] <= '9')
		if d, err := calendar.NewDate(group(1), time.Month(group(2)), group(3)); err == nil && !inside && d.Year >= 1900 {
			s = stamp{date: d}
			if m[10] >= 0 {
				half := ""
				if m[8] >= 0 {
					half = text[start+m[8] : start+m[9]]
				}
				s = s.at(half, group(5), group(6))
			}
			return s, start, end
		}
		off = start + 4
	}
	if !seek.Has(text, "年") || !seek.Has(text, "月") {
		return stamp{}, 0, 0
	}
	if m := spokenDate.FindStringIndex(text); m != nil {
		if d, err := calendar.ParseLoose(strings.ReplaceAll(text[m[0]:m[1]], "0", "〇")); err == nil {
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

// number reads digits; −1 for what is none.
func number(digits string) int {
	v, err := strconv.Atoi(digits)
	if err != nil {
		return -1
	}
	return v
}

// at is the stamp with a time of day; half says which half of the day its hour is of.
func (s stamp) at(half string, hour, minute int) stamp {
	switch half {
	case "下午", "晚上", "中午", "pm":
		if hour > 0 && hour < 12 && (half != "中午" || hour < 3) {
			hour += 12
		}
	case "上午", "凌晨", "早上", "am":
		if hour == 12 {
			hour = 0
		}
	}
	if hour >= 0 && hour < 24 && minute >= 0 && minute < 60 {
		s.hour, s.minute, s.timed = hour, minute, true
	}
	return s
}

// Nov 5, 2026 and 5 November 2026, as pages in English write it; what stands after the
// year may be the time of day.
var (
	englishDate = regexp.MustCompile(`(?i)\b(?:(\d{1,2})(?:st|nd|rd|th)?\s+)?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)(?:uary|ruary|ch|il|e|y|ust|tember|t|ober|ember)?\.?,?\s+(?:(\d{1,2})(?:st|nd|rd|th)?,?\s+)?(\d{4})\b(?:,?\s{1,3}(\d{1,2}):(\d{2})(?::\d{2})?(?:\s?(am|pm)\b)?)?`)

	englishMonths = []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}
)

// findEnglishStamp returns the first English date in a text and the byte range it takes.
func findEnglishStamp(text string) (s stamp, from, to int) {
	if fourDigits(text, 0) < 0 {
		return stamp{}, 0, 0
	}
	for off := 0; off < len(text); {
		m := englishDate.FindStringSubmatchIndex(text[off:])
		if m == nil {
			break
		}
		part := func(i int) string {
			if m[2*i] < 0 {
				return ""
			}
			return strings.ToLower(text[off+m[2*i] : off+m[2*i+1]])
		}
		month := 1 + slices.Index(englishMonths, part(2))
		if d, err := calendar.NewDate(number(part(4)), time.Month(month), number(part(1)+part(3))); err == nil && (part(1) == "") != (part(3) == "") && d.Year >= 1900 {
			s = stamp{date: d}
			if part(5) != "" {
				s = s.at(part(7), number(part(5)), number(part(6)))
			}
			return s, off + m[0], off + m[1]
		}
		off += m[1]
	}
	return stamp{}, 0, 0
}

// lineStamp returns the first date of a line under a heading, in Chinese or in English.
func lineStamp(text string) (s stamp, from, to int) {
	if s, from, to = findStamp(text); !s.zero() {
		return s, from, to
	}
	if s, from, to = findEnglishStamp(text); !s.zero() {
		return s, from, to
	}
	if s = shortStamp(text); !s.zero() {
		return s, 0, len(text)
	}
	return stamp{}, 0, 0
}

// 20261105 and 26-11-05: what is a date only where nothing else is looked for.
var shortDate = regexp.MustCompile(`^(?:((?:19|20)\d\d)(\d\d)(\d\d)|(\d\d)([-/.年])(\d{1,2})([-/.月])(\d{1,2})日?)` + timeOfDay + `(?::\d{2})?$`)

// shortStamp reads a text that is all of it a date without signs, or with a year of two
// digits.
func shortStamp(text string) stamp {
	text = strings.Trim(halfDigits(strings.TrimSpace(text)), "[]()（）【】 ")
	m := shortDate.FindStringSubmatch(text)
	if m == nil || m[5] != m[7] && m[5] != "年" {
		return stamp{}
	}
	year := number(m[1] + m[4])
	if m[4] != "" {
		if year += 2000; year >= 2090 {
			year -= 100
		}
	}
	d, err := calendar.NewDate(year, time.Month(number(m[2]+m[6])), number(m[3]+m[8]))
	if err != nil {
		return stamp{} // digits, and no day
	}
	s := stamp{date: d}
	if m[10] != "" {
		s = s.at(m[9], number(m[10]), number(m[11]))
	}
	return s
}

// valueStamp reads the value beside a label of a date.
func valueStamp(value string) stamp {
	s, _, _ := lineStamp(value)
	if s.zero() {
		// 20261105 来源：…: what follows ends the value.
		if i := strings.IndexAny(value, " |｜"); i > 0 {
			s = shortStamp(value[:i])
		}
	}
	return s
}
