package js

import (
	"strings"
	"testing"
)

// A text named once and put together very often does not make a script many times as long.
func TestNamesSpelledOutAreBounded(t *testing.T) {
	text := "\"" + strings.Repeat("x", longestSpelled-2) + "\""
	for name, src := range map[string]string{
		"sums":      "var a=" + text + ";location=" + strings.Repeat("a+", MaxScript/2-200) + "''",
		"templates": "var a=" + text + ";location=`" + strings.Repeat("${a}", MaxScript/4-200) + "`",
	} {
		for _, l := range Layers(src) {
			if len(l.Text) > 2*MaxScript {
				t.Errorf("%s: %d bytes of %d", name, len(l.Text), len(src))
			}
		}
	}
}
