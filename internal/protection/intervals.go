package protection

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"sync"
)

//go:embed intervals.json
var intervalData []byte

// Interval is how long after an assessment the next one is due, with how sure
// we are: V is verified, M+ and M- are not and are shown as 未核实.
type Interval struct {
	Level  int    `json:"level"`
	Months int    `json:"months"`
	Mark   string `json:"mark"`
}

// Verified reports whether the value may be shown without 未核实.
func (i Interval) Verified() bool { return i.Mark == "V" }

type intervalFile struct {
	Version int        `json:"version"`
	Source  string     `json:"source"`
	Levels  []Interval `json:"levels"`
}

var readIntervals = sync.OnceValues(func() (intervalFile, error) {
	var f intervalFile
	d := json.NewDecoder(bytes.NewReader(intervalData))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return f, fmt.Errorf("protection: intervals: %w", err)
	}
	for _, i := range f.Levels {
		if i.Level < 1 || i.Level > 5 || i.Months < 1 || (i.Mark != "V" && i.Mark != "M+" && i.Mark != "M-") || f.Source == "" {
			return f, fmt.Errorf("protection: intervals: level %d cannot stand", i.Level)
		}
	}
	return f, nil
})

// IntervalOf is the interval of a level; ok is false where none is known.
func IntervalOf(level int) (i Interval, source string, ok bool, err error) {
	f, err := readIntervals()
	if err != nil {
		return Interval{}, "", false, err
	}
	for _, i := range f.Levels {
		if i.Level == level {
			return i, f.Source, true, nil
		}
	}
	return Interval{}, f.Source, false, nil
}
