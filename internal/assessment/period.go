package assessment

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/official"
)

// Period is a span of law: a day, a month, a quarter or a year
// (月检查、季通报、年报告). The zero Period is none. Periods are comparable.
type Period struct {
	kind  kindOfPeriod
	first calendar.Date
}

type kindOfPeriod int

const (
	noPeriod kindOfPeriod = iota
	day
	month
	quarter
	year
)

// OnDay is the period of one day.
func OnDay(d calendar.Date) Period { return Period{day, d} }

// MonthOf is the month the day lies in.
func MonthOf(d calendar.Date) Period {
	return Period{month, calendar.Date{Year: d.Year, Month: d.Month, Day: 1}}
}

// QuarterOf is the quarter the day lies in.
func QuarterOf(d calendar.Date) Period {
	return Period{quarter, calendar.Date{Year: d.Year, Month: (d.Month-1)/3*3 + 1, Day: 1}}
}

// YearOf is the year the day lies in.
func YearOf(d calendar.Date) Period {
	return Period{year, calendar.Date{Year: d.Year, Month: time.January, Day: 1}}
}

var (
	quarterForm = regexp.MustCompile(`^(\d{4})-Q([1-4])$`)
	monthForm   = regexp.MustCompile(`^\d{4}-\d{2}$`)
	yearForm    = regexp.MustCompile(`^\d{4}$`)
)

// ParsePeriod reads what String writes: 2026-11-23, 2026-11, 2026-Q4, 2026.
func ParsePeriod(s string) (Period, error) {
	if m := quarterForm.FindStringSubmatch(s); m != nil {
		y, _ := strconv.Atoi(m[1])
		q, _ := strconv.Atoi(m[2])
		if d := (calendar.Date{Year: y, Month: time.Month(q*3 - 2), Day: 1}); d.Valid() {
			return Period{quarter, d}, nil
		}
	}
	for _, f := range []struct {
		form   *regexp.Regexp
		suffix string
		of     func(calendar.Date) Period
	}{{monthForm, "-01", MonthOf}, {yearForm, "-01-01", YearOf}, {nil, "", OnDay}} {
		if f.form != nil && !f.form.MatchString(s) {
			continue
		}
		if d, err := calendar.ParseDate(s + f.suffix); err == nil && d.Valid() {
			return f.of(d), nil
		}
	}
	return Period{}, fault.Newf(fault.Invalid, "时段“%.40s”无法识别，请写成 2026-Q3（季度）、2026-09（月）、2026（年）或 2026-09-30（日）。", s).
		On("period", "请选择季度、月份、年份或日期")
}

// IsZero reports whether p is no period.
func (p Period) IsZero() bool { return p.kind == noPeriod }

// Quarter reports whether p is a quarter.
func (p Period) Quarter() bool { return p.kind == quarter }

// First is the first day.
func (p Period) First() calendar.Date { return p.first }

// Last is the last day.
func (p Period) Last() calendar.Date {
	if p.kind == noPeriod || p.kind == day {
		return p.first
	}
	return p.Next().first.AddDays(-1)
}

// Next is the period of the same length that follows.
func (p Period) Next() Period { return p.step(1) }

// Before is the period of the same length that precedes.
func (p Period) Before() Period { return p.step(-1) }

func (p Period) step(n int) Period {
	switch p.kind {
	case day:
		p.first = p.first.AddDays(n)
	case month:
		p.first = p.first.AddMonths(n)
	case quarter:
		p.first = p.first.AddMonths(3 * n)
	case year:
		p.first = p.first.AddYears(n)
	}
	return p
}

// Holds reports whether the day lies in the period.
func (p Period) Holds(d calendar.Date) bool {
	return !p.IsZero() && !d.IsZero() && !d.Before(p.first) && !d.After(p.Last())
}

// Start is the first instant of the period, End the first instant after it.
func (p Period) Start() time.Time { return p.first.Start() }

// End is the first instant after the period.
func (p Period) End() time.Time { return p.Last().End() }

// String is the form kept in records and addresses.
func (p Period) String() string {
	switch p.kind {
	case day:
		return p.first.String()
	case month:
		return p.first.String()[:7]
	case quarter:
		return fmt.Sprintf("%04d-Q%d", p.first.Year, (p.first.Month+2)/3)
	case year:
		return p.first.String()[:4]
	}
	return ""
}

// Chinese is the period in the words of a document: 2026年第三季度.
func (p Period) Chinese() string {
	switch p.kind {
	case day:
		return p.first.Chinese()
	case month:
		return fmt.Sprintf("%d年%d月", p.first.Year, p.first.Month)
	case quarter:
		return fmt.Sprintf("%d年第%s季度", p.first.Year, official.Numeral(int(p.first.Month+2)/3))
	case year:
		return fmt.Sprintf("%d年", p.first.Year)
	}
	return ""
}
