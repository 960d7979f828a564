// Package percent writes shares as people read them: rounded once, half up, where
// they are shown. It decides no threshold; those compare the counts themselves.
package percent

import (
	"fmt"
	"math"
	"math/big"
	"strings"
)

// Share is a part of a whole. Neither may be below nought, and the whole may be
// nothing.
type Share struct{ Part, Whole int64 }

// Of is the share of a part in a whole.
func Of[N int | int64](part, whole N) Share { return Share{int64(part), int64(whole)} }

// Hundredths is the share that was kept as hundredths of a per cent.
func Hundredths(n int) Share { return Share{int64(n), 100_00} }

// None is written where there is nothing to take a share of.
const None = "—"

// Ratio is the share that was measured as a number from 0 to 1.
func Ratio(f float64) Share { return Share{int64(math.Round(f * 1e6)), 1e6} }

// in is the share in units of which `whole` make the whole, rounded half up. What
// is not the whole is never shown as the whole: one failure in a million is not
// none.
func (s Share) in(whole int64) int64 {
	if s.Whole <= 0 || s.Part <= 0 {
		return 0
	}
	n := new(big.Int).Mul(big.NewInt(2*whole), big.NewInt(s.Part))
	n.Add(n, big.NewInt(s.Whole))
	out := n.Div(n, new(big.Int).Mul(big.NewInt(2), big.NewInt(s.Whole))).Int64()
	if s.Part < s.Whole && out >= whole {
		return whole - 1
	}
	return out
}

// PerCent is the share in whole per cent: 67.
func (s Share) PerCent() int { return int(s.in(100)) }

// Fine is the share in hundredths of a per cent: 6667.
func (s Share) Fine() int { return int(s.in(100_00)) }

// Text writes the share with so many decimals, at most two: 66.67%.
func (s Share) Text(decimals int) string {
	if s.Whole <= 0 {
		return None
	}
	switch decimals {
	case 0:
		return fmt.Sprintf("%d%%", s.in(100))
	case 1:
		n := s.in(100_0)
		return fmt.Sprintf("%d.%d%%", n/10, n%10)
	}
	n := s.in(100_00)
	return fmt.Sprintf("%d.%02d%%", n/100, n%100)
}

// Short writes the share with one decimal where it has one: 66.7%, 50%.
func (s Share) Short() string { return strings.Replace(s.Text(1), ".0%", "%", 1) }
