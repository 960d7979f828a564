package calendar

// Due is the last day of a period.
type Due struct {
	On Date // the last day on which the act is still in time
	// Provisional is set when a day the count passed over belongs to a year
	// whose notice of holidays is not known yet; On may still move.
	Provisional bool
}

// Missed reports whether the period ended before today.
func (d Due) Missed(today Date) bool { return !d.On.IsZero() && today.After(d.On) }
