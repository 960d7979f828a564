package web

import (
	"fmt"
	"strings"

	"zhengshu/internal/calendar"
)

// DayMark is one day of a DayStrip.
type DayMark struct {
	On   calendar.Date
	Kind Tone   // Good, Danger, Warn; Neutral for a day that is still to come
	Says string // what was seen, in words
	Href string // to what proves it, "" for none
}

// Class is the tone, "none" for a day without one.
func (d DayMark) Class() string {
	if d.Kind == Neutral {
		return "none"
	}
	return string(d.Kind)
}

// Label is the day with what was seen.
func (d DayMark) Label() string { return dateText(d.On) + " " + d.Says }

// DayStrip shows one mark a day, in order; Legend says in words what each colour
// means, so that nobody needs to see them.
type DayStrip struct {
	Label  string
	Days   []DayMark
	Legend string
}

func (DayStrip) partial() string { return "daystrip" }

// Says counts the days by what was seen.
func (s DayStrip) Says() string {
	n := map[string]int{}
	var order []string
	for _, d := range s.Days {
		word, _, _ := strings.Cut(d.Says, "：")
		if n[word] == 0 {
			order = append(order, word)
		}
		n[word]++
	}
	var parts []string
	for _, w := range order {
		parts = append(parts, fmt.Sprintf("%s %d 天", w, n[w]))
	}
	return strings.Join(parts, "，")
}
