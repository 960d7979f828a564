// Package checktest draws texts for the tests of the checks: what is read by hand, for
// speed, must find what a plain pattern or a plain loop finds.
//
// It decides how texts are put together from pieces that the two could disagree on. It does
// not decide what is expected of them.
package checktest

import (
	"math/rand/v2"
	"strings"
)

// Draws is how many texts a test draws.
const Draws = 4000

// Draw is a text of at most so many of the pieces.
func Draw(rng *rand.Rand, pieces []string, most int) string {
	var b strings.Builder
	for range rng.IntN(most + 1) {
		b.WriteString(pieces[rng.IntN(len(pieces))])
	}
	return b.String()
}
