package seek

import (
	"math/rand/v2"
	"strings"
	"testing"

	"zhengshu/internal/check/checktest"
)

func TestWordsStandWhereStringsFindsThem(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	pieces := []string{"主", "办", "主办", "单位", "a", "：", "\xbb", "标识码", "ICP", "标"}
	for range checktest.Draws {
		text, word := checktest.Draw(rng, pieces, 12), checktest.Draw(rng, pieces, 2)
		if got, want := Index(text, word), strings.Index(text, word); got != want {
			t.Fatalf("%q in %q: %d, want %d", word, text, got, want)
		}
	}
}
