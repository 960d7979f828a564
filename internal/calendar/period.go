package calendar

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// Period is a length of time as the law states it. The zero Period is no time
// at all. Periods are comparable.
type Period struct {
	n    int
	unit unit
}

type unit uint8

const (
	days unit = iota
	workingDays
	months
	years
)

// maxPeriod bounds a period that comes from data: no statutory period is longer
// than this many of its units, and the count of working days walks day by day.
const maxPeriod = 3660

// Days returns a period of n calendar days: 30日.
func Days(n int) Period { return Period{n, days} }

// WorkingDays returns a period of n working days: 20个工作日.
func WorkingDays(n int) Period { return Period{n, workingDays} }

// Months returns a period of n calendar months: 1个月.
func Months(n int) Period { return Period{n, months} }

// Years returns a period of n years: 1年.
func Years(n int) Period { return Period{n, years} }

// From returns the last day of a period that begins with something done on d.
// The day d itself is not counted: thirty days from 1 March end on 31 March,
// one month from 31 January ends on the last day of February. Whether the
// result may fall on a day off is the clause's affair (Workdays.OnOrAfter).
func (p Period) From(d Date, w Workdays) Due {
	switch p.unit {
	case workingDays:
		return w.Add(d, p.n)
	case months:
		return Due{On: d.AddMonths(p.n)}
	case years:
		return Due{On: d.AddYears(p.n)}
	default:
		return Due{On: d.AddDays(p.n)}
	}
}

// Chinese returns the period in words: 30日, 20个工作日, 1个月, 1年.
func (p Period) Chinese() string {
	return strconv.Itoa(p.n) + [...]string{"日", "个工作日", "个月", "年"}[p.unit]
}

// String returns the form used in packs and settings: 30d, 20wd, 1m, 1y.
func (p Period) String() string {
	return strconv.Itoa(p.n) + [...]string{"d", "wd", "m", "y"}[p.unit]
}

var periodForm = regexp.MustCompile(`^([0-9]{1,4})(d|wd|m|y)$`)

// ParsePeriod reads the form String writes. The error is a Chinese sentence.
func ParsePeriod(s string) (Period, error) {
	g := periodForm.FindStringSubmatch(s)
	if g == nil {
		return Period{}, fmt.Errorf("期限“%.20q”有误：应写作30d（日）、20wd（工作日）、1m（月）或1y（年）。", s)
	}
	n, _ := strconv.Atoi(g[1])
	if n > maxPeriod {
		return Period{}, fmt.Errorf("期限“%s”过长：不得超过%d，请核对。", s, maxPeriod)
	}
	return Period{n, map[string]unit{"d": days, "wd": workingDays, "m": months, "y": years}[g[2]]}, nil
}

// MarshalText writes the form of String.
func (p Period) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads the form of String.
func (p *Period) UnmarshalText(b []byte) error {
	v, err := ParsePeriod(string(b))
	if err != nil {
		return err
	}
	*p = v
	return nil
}

// Hanging returns the last day on which a notice published on first must still
// hang to have hung n days (不少于30天). The day of first publication is not
// counted; each day on which it was proven absent is made up at the end; a day
// that could not be tested counts as hung and is not passed in.
func Hanging(first Date, n int, absent ...Date) Date {
	if first.IsZero() {
		return first
	}
	gone := slices.Clone(absent)
	slices.SortFunc(gone, Date.Compare)
	last := first.AddDays(n)
	for _, d := range slices.Compact(gone) {
		if d.After(first) && !d.After(last) {
			last = last.AddDays(1)
		}
	}
	return last
}

// Lapse returns the instant n times 24 hours after the displayed date d began
// in Shanghai: a column whose newest item is dated d has gone stale for two
// weeks from Lapse(d, 14) on.
func Lapse(d Date, n int) time.Time { return d.AddDays(n).Start() }
