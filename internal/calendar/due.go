package calendar

import "time"

// Due is the last day of a period.
type Due struct {
	On Date // the last day on which the act is still in time
	// Provisional is set when a day the count passed over belongs to a year
	// whose notice of holidays is not known yet; On may still move.
	Provisional bool
	// At is the instant it ends, on that day, where the law or the province counts
	// hours; zero for the end of the day.
	At time.Time `json:",omitzero"`
}

// DueAt is a period that ends at an instant.
func DueAt(at time.Time) Due { return Due{On: DateOf(at), At: at} }

// Missed reports whether the period ended before today.
func (d Due) Missed(today Date) bool { return !d.On.IsZero() && today.After(d.On) }

// Ends is the instant it has ended: the end of its day where no hour is counted.
func (d Due) Ends() time.Time {
	if !d.At.IsZero() {
		return d.At
	}
	return d.On.AddDays(1).Start()
}

// Passed reports whether the period has ended at a moment.
func (d Due) Passed(now time.Time) bool {
	if !d.At.IsZero() {
		return !now.Before(d.At)
	}
	return d.Missed(DateOf(now))
}

// Chinese is the end in words: 2026年3月10日, with the time where hours count.
func (d Due) Chinese() string {
	if d.At.IsZero() {
		return d.On.Chinese()
	}
	return d.On.Chinese() + d.At.In(Shanghai).Format("15:04")
}
