package proofread

import (
	"strings"
	"testing"
	"time"
)

// TestScanStaysLinear feeds texts that make a careless scanner quadratic. It
// takes over a second: short texts would not show the difference.
func TestScanStaysLinear(t *testing.T) {
	p := newReader(t, Options{Strict: true, Allow: []string{"人民"}})
	for _, unit := range []string{"的", "，", "“", "人民", "拔款", "《", "国办发[2021]5号"} {
		took := func(n int) time.Duration {
			text := strings.Repeat(unit, n/len([]rune(unit)))
			best := time.Hour
			for range 3 { // the machine may have other work
				start := time.Now()
				p.Scan(text)
				best = min(best, time.Since(start))
			}
			return best
		}
		took(1000)
		small, large := took(1500), took(12000)
		t.Logf("%s: %v for 1,500 characters, %v for 12,000", unit, small, large)
		if large > 24*small+300*time.Millisecond {
			t.Errorf("%q: %v for 1,500 characters but %v for 12,000", unit, small, large)
		}
	}
}
