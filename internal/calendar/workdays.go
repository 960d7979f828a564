package calendar

import (
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// Workdays answers which days are working days (工作日): Monday to Friday, less
// the holidays and plus the made-up days of the yearly notices. It is a value
// that never changes but by the setter of Live, safe for concurrent use. The zero Workdays knows weekends
// only and calls every answer provisional.
type Workdays struct {
	notices map[int]Notice
	days    map[Date]bool // true: made a working day; false: a holiday
	live    *atomic.Pointer[Workdays]
}

// Live returns working days that always answer by the value last set: every
// package that was given them follows when next year's notice is entered while
// the house is open. They start as w.
func (w Workdays) Live() (now Workdays, set func(Workdays)) {
	p := new(atomic.Pointer[Workdays])
	store := func(v Workdays) {
		v = v.fixed()
		p.Store(&v)
	}
	store(w)
	return Workdays{live: p}, store
}

// fixed is w as it is at this moment.
func (w Workdays) fixed() Workdays {
	if w.live == nil {
		return w
	}
	return *w.live.Load()
}

// With returns w with the notice laid over it; a notice already there for the
// same year is replaced whole. The error is that of Notice.Check.
func (w Workdays) With(n Notice) (Workdays, error) {
	if err := n.Check(); err != nil {
		return w, err
	}
	w = w.fixed()
	next := Workdays{notices: maps.Clone(w.notices), days: map[Date]bool{}}
	if next.notices == nil {
		next.notices = map[int]Notice{}
	}
	n.Documents, n.Off, n.Work = slices.Clone(n.Documents), slices.Clone(n.Off), slices.Clone(n.Work)
	next.notices[n.Year] = n
	// In the order of years: the notice of 2023 speaks last about 31 December 2022.
	for _, year := range slices.Sorted(maps.Keys(next.notices)) {
		for _, s := range next.notices[year].Off {
			for d := s.From; !d.After(s.To); d = d.AddDays(1) {
				next.days[d] = false
			}
		}
		for _, d := range next.notices[year].Work {
			next.days[d] = true
		}
	}
	return next, nil
}

// Notice returns the notice in force for the year.
func (w Workdays) Notice(year int) (Notice, bool) {
	w = w.fixed()
	n, ok := w.notices[year]
	return n, ok
}

// Years returns the years that have a notice, ascending.
func (w Workdays) Years() []int { return slices.Sorted(maps.Keys(w.fixed().notices)) }

// yearEnd is the first day of December on which the notice of the year after
// may still change this year's days: 29 to 31 December 2018 were moved by the
// notice for 2019, 30 and 31 December 2006 by the one for 2007.
const yearEnd = 25

// Is reports whether d is a working day. It is provisional when the notice that
// settles d is not known (or was written down from memory only): then the
// answer rests on the weekends. The zero Date is no working day.
func (w Workdays) Is(d Date) (working, provisional bool) {
	w = w.fixed()
	if d.IsZero() {
		return false, true
	}
	working, moved := w.days[d]
	if !moved {
		working = !weekend(d)
	}
	if d.Month == time.December && d.Day >= yearEnd {
		if !w.settled(d.Year + 1) {
			return working, true
		}
		if w.names(d.Year+1, d) {
			return working, false
		}
	}
	return working, !w.settled(d.Year)
}

// settled reports whether the year has a notice that was verified.
func (w Workdays) settled(year int) bool {
	n, ok := w.notices[year]
	return ok && !strings.HasPrefix(n.Mark, "M")
}

// names reports whether the notice of the year names the day.
func (w Workdays) names(year int, d Date) bool {
	n := w.notices[year]
	return slices.Contains(n.Work, d) || slices.ContainsFunc(n.Off, func(s Span) bool {
		return !d.Before(s.From) && !d.After(s.To)
	})
}

// Add counts n working days from the day of receipt, which is not counted, and
// returns the last of them. A negative n counts back (a reminder five working
// days before a due date); zero is the day itself, working or not.
func (w Workdays) Add(from Date, n int) Due {
	w = w.fixed()
	due := Due{On: from}
	if from.IsZero() {
		return due
	}
	step := 1
	if n < 0 {
		step = -1
	}
	for n != 0 {
		due.On = due.On.AddDays(step)
		working, provisional := w.Is(due.On)
		due.Provisional = due.Provisional || provisional
		if working {
			n -= step
		}
	}
	return due
}

// Between returns the number of working days after a up to and including b, so
// that Between(a, Add(a, n).On) is n; negative when b is the earlier.
func (w Workdays) Between(a, b Date) (n int, provisional bool) {
	w = w.fixed()
	if a.IsZero() || b.IsZero() {
		return 0, true
	}
	if b.Before(a) {
		n, provisional = w.Between(b, a)
		return -n, provisional
	}
	for d := a.AddDays(1); !d.After(b); d = d.AddDays(1) {
		working, p := w.Is(d)
		provisional = provisional || p
		if working {
			n++
		}
	}
	return n, provisional
}

// OnOrAfter returns d when it is a working day, else the next one: when a
// period may not end on a day off, or a letter comes in on one.
func (w Workdays) OnOrAfter(d Date) Due {
	w = w.fixed()
	if d.IsZero() {
		return Due{}
	}
	due := Due{On: d}
	for {
		working, provisional := w.Is(due.On)
		due.Provisional = due.Provisional || provisional
		if working {
			return due
		}
		due.On = due.On.AddDays(1)
	}
}
