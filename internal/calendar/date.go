package calendar

import (
	"cmp"
	"database/sql/driver"
	"fmt"
	"time"
	_ "time/tzdata" // the zone must exist on machines that carry no zone files
)

// Shanghai is the zone of every legal day in this system.
var Shanghai = mustShanghai()

func mustShanghai() *time.Location {
	loc, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		// Unreachable with tzdata compiled in. The country has kept one offset
		// without summer time since 1991, so the fixed zone is the same clock.
		return time.FixedZone("Asia/Shanghai", 8*60*60)
	}
	return loc
}

// Date is a civil date. The zero Date means "no date" and stays zero under all
// arithmetic. Dates are comparable with == and may be map keys.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// NewDate returns the date, or an error saying in Chinese why there is none.
func NewDate(year int, month time.Month, day int) (Date, error) {
	d := Date{year, month, day}
	if says := d.wrong(); says != "" {
		return Date{}, &ParseError{Input: fmt.Sprintf("%d-%d-%d", year, int(month), day), Says: says}
	}
	return d, nil
}

// DateOf returns the legal day of an instant: its date in Asia/Shanghai.
// The zero time gives the zero Date.
func DateOf(t time.Time) Date {
	if t.IsZero() {
		return Date{}
	}
	return civil(t.In(Shanghai))
}

func civil(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// utc places the date on a scale without zones, for counting only.
func (d Date) utc() time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
}

// IsZero reports whether d means "no date".
func (d Date) IsZero() bool { return d == Date{} }

// Valid reports whether d is a day that exists, in the years 1 to 9999.
// The zero Date is not valid.
func (d Date) Valid() bool { return d.wrong() == "" }

// wrong says in Chinese why d does not exist; empty when it does.
func (d Date) wrong() string {
	switch {
	case d.Year < 1 || d.Year > 9999:
		return fmt.Sprintf("年份%d不在1至9999之间，请写四位年份", d.Year)
	case d.Month < time.January || d.Month > time.December:
		return fmt.Sprintf("没有%d月，月份应为1至12", int(d.Month))
	case d.Day < 1:
		return fmt.Sprintf("没有%d日，日应从1开始", d.Day)
	case d.Day > DaysIn(d.Year, d.Month):
		return fmt.Sprintf("%d年%d月只有%d天，没有%d日", d.Year, int(d.Month), DaysIn(d.Year, d.Month), d.Day)
	}
	return ""
}

// DaysIn returns the number of days in the month.
func DaysIn(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// String returns the ISO form 2026-03-01; empty for the zero Date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

// Chinese returns the form of official documents, 2026年3月1日 (Arabic numerals,
// no padding); empty for the zero Date.
func (d Date) Chinese() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%d年%d月%d日", d.Year, int(d.Month), d.Day)
}

// AddDays returns the date n calendar days later (earlier when n is negative).
func (d Date) AddDays(n int) Date {
	if d.IsZero() {
		return d
	}
	return civil(d.utc().AddDate(0, 0, n))
}

// AddMonths returns the same day n calendar months later, or the last day of
// that month when it is shorter: 31 January and one month is 28 February.
func (d Date) AddMonths(n int) Date {
	if d.IsZero() {
		return d
	}
	first := civil(time.Date(d.Year, d.Month+time.Month(n), 1, 0, 0, 0, 0, time.UTC))
	first.Day = min(d.Day, DaysIn(first.Year, first.Month))
	return first
}

// AddYears returns the same day n years later; 29 February becomes 28 February
// in a common year.
func (d Date) AddYears(n int) Date { return d.AddMonths(12 * n) }

// Sub returns the number of days from o to d: positive when d is later.
func (d Date) Sub(o Date) int {
	// Through seconds, because a Duration holds only 292 years.
	return int((d.utc().Unix() - o.utc().Unix()) / (24 * 60 * 60))
}

// Compare orders dates: -1, 0 or +1. The zero Date comes first.
func (d Date) Compare(o Date) int {
	return cmp.Or(cmp.Compare(d.Year, o.Year), cmp.Compare(d.Month, o.Month), cmp.Compare(d.Day, o.Day))
}

// Before reports whether d is earlier than o.
func (d Date) Before(o Date) bool { return d.Compare(o) < 0 }

// After reports whether d is later than o.
func (d Date) After(o Date) bool { return d.Compare(o) > 0 }

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday { return d.utc().Weekday() }

// Start returns the first instant of the day: 00:00 in Asia/Shanghai.
// The zero Date gives the zero time.
func (d Date) Start() time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, Shanghai)
}

// End returns the first instant after the day: a period that ends "on" d is
// kept by everything strictly before End.
func (d Date) End() time.Time { return d.AddDays(1).Start() }

// Scan reads a date column: ISO text, bytes, the midnight a DATE column gives,
// or NULL (the zero Date). An instant that is not a midnight is refused: its
// legal day depends on a zone the column does not name.
func (d *Date) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*d = Date{}
		return nil
	case string:
		return d.UnmarshalText([]byte(v))
	case []byte:
		return d.UnmarshalText(v)
	case time.Time:
		if v.IsZero() {
			*d = Date{}
			return nil
		}
		if h, m, s := v.Clock(); h != 0 || m != 0 || s != 0 || v.Nanosecond() != 0 {
			return fmt.Errorf("scan date: %s is an instant, not a date", v.Format(time.RFC3339Nano))
		}
		*d = civil(v)
		return nil
	}
	return fmt.Errorf("scan date: cannot read a %T", src)
}

// Value writes the ISO text; the zero Date is NULL.
func (d Date) Value() (driver.Value, error) {
	if d.IsZero() {
		return nil, nil
	}
	if says := d.wrong(); says != "" {
		return nil, &ParseError{Input: d.String(), Says: says}
	}
	return d.String(), nil
}

// MarshalText writes the ISO text (JSON uses it too); empty for the zero Date.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads the ISO text; empty gives the zero Date.
func (d *Date) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*d = Date{}
		return nil
	}
	v, err := ParseDate(string(b))
	if err != nil {
		return err
	}
	*d = v
	return nil
}
