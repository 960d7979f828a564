package packs

// ProbeDay is one day of probes at a site's home page. Days inside an approved
// offline window are left out by the caller.
type ProbeDay struct{ Total, Failed int }

// Access turns a window of probe days into the observation of an availability
// indicator: untested when days or probes are too few to judge. The indicator
// gives probes_per_day and days; the share is exact.
func Access(i Indicator, days []ProbeDay) Observation {
	o := Observation{Indicator: i.ID, Outcome: Untested}
	perDay, ok1 := i.Param("probes_per_day")
	window, ok2 := i.Param("days")
	if !ok1 || !ok2 || len(days) < window.Int() {
		return o
	}
	var total, failed int64
	for _, d := range days[len(days)-window.Int():] {
		if d.Total < perDay.Int() || d.Failed < 0 || d.Failed > d.Total {
			return o
		}
		total += int64(d.Total)
		failed += int64(d.Failed)
	}
	if total == 0 {
		return o
	}
	o.Outcome = Kept
	o.Measured = &Ratio{failed, total}
	if o.Measured.reaches(i.Threshold.N) {
		o.Outcome = Violated
	}
	return o
}
