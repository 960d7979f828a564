package check

import (
	"cmp"
	"slices"

	"zhengshu/internal/calendar"
)

// Kinds of Span that this package itself produces. Scanners bring their own:
// wording kinds begin with KindWording.
const (
	KindIDCard    = "privacy.id_card"
	KindMobile    = "privacy.mobile"
	KindBankCard  = "privacy.bank_card"
	KindEmail     = "privacy.email"
	KindPaper     = "privacy.paper"
	KindAddress   = "privacy.address"
	KindPlate     = "privacy.plate"
	KindLandline  = "privacy.landline"
	KindSensitive = "sensitive"
	KindWording   = "wording"
)

// Span is one place in a text that was seen to be wrong.
type Span struct {
	// Kind is one of the Kind constants, or a refinement such as
	// "wording.spelling".
	Kind string `json:"kind"`
	// Start and End count Unicode code points from 0; End is exclusive.
	Start int `json:"start"`
	End   int `json:"end"`
	// Wrong is exactly the text of the span, unmasked; whoever stores or
	// shows it masks it first (Mask).
	Wrong string `json:"wrong"`
	// Right holds the proposed replacements, best first; empty, never nil in
	// JSON, when there is none.
	Right []string `json:"right"`
	// Says is one Chinese sentence for the editor: what is wrong and the cure.
	Says string `json:"says"`
	// Confidence runs from 0 to 1.
	Confidence float64 `json:"confidence"`
	// Source is the list or rule the finding rests on; "" for what the
	// likelihood of the text alone says.
	Source string `json:"source,omitempty"`
}

// Timely is a Scanner whose lists have days of validity: who held a post when.
type Timely interface {
	Scanner
	// On is the scanner as of a day, for a text of that day.
	On(day calendar.Date) Scanner
}

// ScannerOn is the scanner for a text of a day; a zero day, or a scanner
// without days, leaves it as it is.
func ScannerOn(s Scanner, day calendar.Date) Scanner {
	if t, ok := s.(Timely); ok && !day.IsZero() {
		return t.On(day)
	}
	return s
}

// Scanner finds spans in a text. Implementations are safe for concurrent use,
// deterministic, and count Start and End in code points of the text given.
type Scanner interface {
	Scan(text string) []Span
}

// ScannerFunc lets a plain function be a Scanner.
type ScannerFunc func(text string) []Span

// Scan calls f.
func (f ScannerFunc) Scan(text string) []Span { return f(text) }

// Text runs the privacy scan and every extra scanner over a text, read as Lines reads it, and returns the
// spans ordered by start, end, kind and wrong text, without exact repeats. The
// result is never nil, and neither is any Span.Right.
func Text(text string, extra ...Scanner) []Span {
	r := Lines(text)
	spans := slices.Clone(r.Privacy())
	for _, s := range extra {
		if s == nil {
			continue
		}
		spans = append(spans, r.Scan(s)...)
	}
	for i := range spans {
		if spans[i].Right == nil {
			spans[i].Right = []string{}
		}
	}
	slices.SortStableFunc(spans, compareSpans)
	spans = slices.CompactFunc(spans, func(a, b Span) bool {
		return a.Start == b.Start && a.End == b.End && a.Kind == b.Kind && slices.Equal(a.Right, b.Right)
	})
	if spans == nil {
		spans = []Span{}
	}
	return spans
}

func compareSpans(a, b Span) int {
	return cmp.Or(
		cmp.Compare(a.Start, b.Start),
		cmp.Compare(a.End, b.End),
		cmp.Compare(a.Kind, b.Kind),
		cmp.Compare(b.Confidence, a.Confidence),
		slices.Compare(a.Right, b.Right),
	)
}
