package check

import (
	"strings"
	"testing"
)

// A table is read only where one of the signs stands: no word may be without.
func TestEveryTellingWordHasASign(t *testing.T) {
	words := append([]string{}, paperWords...)
	for _, h := range headWords {
		if h.kind != labelAmount { // finds nothing
			words = append(words, h.word)
		}
	}
	for _, w := range words {
		if !strings.ContainsAny(w, tellingSigns) {
			t.Errorf("%s has none of %s", w, tellingSigns)
		}
	}
}
