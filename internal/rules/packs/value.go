package packs

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Hundredths is a decimal with at most two places, kept exactly: points, days,
// shares. 100 is one.
type Hundredths int64

// maxWhole bounds a value, in whole units; nothing in a scoring pack is larger.
const maxWhole = 1_000_000

// ParseHundredths reads a plain decimal such as 100, 0.05 or 4.5. The error is
// a Chinese sentence.
func ParseHundredths(s string) (Hundredths, error) {
	whole, frac, dot := strings.Cut(s, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || strings.ContainsAny(whole, "+-") || n > maxWhole || (dot && frac == "") || len(frac) > 2 || !digits(frac) {
		return 0, fmt.Errorf("数值“%s”无法识别：应为0至%d、最多两位小数的数；请改写。", s, maxWhole)
	}
	for len(frac) < 2 {
		frac += "0"
	}
	f, _ := strconv.ParseInt(frac, 10, 64)
	return Hundredths(n*100 + f), nil
}

func digits(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return true
}

// String writes the shortest decimal: 100, 0.05, 4.5.
func (h Hundredths) String() string {
	sign := ""
	if h < 0 {
		sign, h = "-", -h
	}
	s := fmt.Sprintf("%s%d.%02d", sign, h/100, h%100)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// UnmarshalJSON reads a JSON number; nothing else.
func (h *Hundredths) UnmarshalJSON(b []byte) error {
	v, err := ParseHundredths(string(b))
	if err != nil {
		return err
	}
	*h = v
	return nil
}

// MarshalJSON writes a JSON number.
func (h Hundredths) MarshalJSON() ([]byte, error) { return []byte(h.String()), nil }

// Mark says how far a value is verified.
type Mark string

// The marks, as in the reference.
const (
	Verified   Mark = "V"  // two or more independent published pages agree
	OnePage    Mark = "1"  // one published page
	Statutory  Mark = "S"  // stated by the regulation itself
	Remembered Mark = "M+" // widely known, not confirmed by a published page
	Assumed    Mark = "M-" // placeholder; the official text must replace it
	Derived    Mark = "D"  // arithmetic or design inference
)

var markName = map[Mark]string{
	Verified: "多源印证", OnePage: "单一来源", Statutory: "细则明文",
	Remembered: "待核实（凭记忆）", Assumed: "待核实（占位值）", Derived: "推算",
}

// Name is the mark in the words a screen shows.
func (m Mark) Name() string { return markName[m] }

// Known reports whether m is one of the six marks.
func (m Mark) Known() bool { return markName[m] != "" }

// Unverified reports whether a verdict resting on the value must say so.
func (m Mark) Unverified() bool { return m == Remembered || m == Assumed }

// Value is a number with its mark. Without a source of its own it has that of
// the indicator it stands in.
type Value struct {
	N      Hundredths `json:"value"`
	Mark   Mark       `json:"mark"`
	Source string     `json:"source,omitempty"`
}

// Given reports whether the value is present in the pack.
func (v Value) Given() bool { return v.Mark != "" }

// Int is the value in whole units, cut off.
func (v Value) Int() int { return int(v.N / 100) }

var (
	_ json.Unmarshaler = (*Hundredths)(nil)
	_ json.Marshaler   = Hundredths(0)
)
