package css

import (
	"strings"
	"testing"
)

// Arithmetic in styles is reckoned, and what cannot be is no length.
func TestCalculatedLengths(t *testing.T) {
	for rules, want := range map[string]float64{
		"calc(1px - 3px)": -2, "calc(-1 * (9000px + 2px))": -9002, "min(4px,2em)": 4, "max(0px, 1px)": 1, "clamp(0px,9px,3px)": 3, "calc(100px/4)": 25, "calc(2*(3 + 4)*1px)": 14,
	} {
		if got, ok := Length(rules); !ok || got != want {
			t.Errorf("%s: %v, %v", rules, got, ok)
		}
	}
	for _, rules := range []string{"calc(", "calc()", "calc(1px/0)", "min()", "attr(x)", "calc(" + strings.Repeat("(", 50), "clamp(1px)", "calc(1px + var(--x))"} {
		if got, ok := Length(rules); ok {
			t.Errorf("%s: %v", rules, got)
		}
	}
}
