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
	for _, unit := range []string{"的", "，", "（", "“", "２", "人民", "拔款", "《", "〔2021", "裆府", "国办发[2021]5号", "约"} {
		took := func(n int) time.Duration {
			text := strings.Repeat(unit, n/len([]rune(unit)))
			start := time.Now()
			p.Scan(text)
			return time.Since(start)
		}
		took(1000)
		small, large := took(2000), took(16000)
		t.Logf("%s: %v for 2,000 characters, %v for 16,000", unit, small, large)
		if large > 24*small+300*time.Millisecond {
			t.Errorf("%q: %v for 2,000 characters but %v for 16,000", unit, small, large)
		}
	}
}
