package js

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"zhengshu/internal/check/checktest"
	"zhengshu/internal/check/seek"
	"zhengshu/internal/dom"
)

func TestHostsAreThoseOfThePattern(t *testing.T) {
	absolute := regexp.MustCompile(`(?i)(?:https?:)?\\?/\\?/([a-z0-9\-]+(?:\.[a-z0-9\-]+)+)`)
	rng := rand.New(rand.NewPCG(1, 1))
	pieces := []string{"/", "/", "//", `\/`, `\`, ".", "a", "B-", "example.com", "http:", "HTTPS://", "www.x.cn", "1.2", "县", " ", "'", "a.b.", "..", "-"}
	for range checktest.Draws {
		text := checktest.Draw(rng, pieces, 14)
		var want []string
		for _, m := range absolute.FindAllStringSubmatch(text, 64) {
			if h := strings.ToLower(m[1]); !slices.Contains(want, h) {
				want = append(want, h)
			}
		}
		if got := HostsIn(text); !slices.Equal(got, want) {
			t.Fatalf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestScriptsAreReadAsByTheirPatterns(t *testing.T) {
	pieced := regexp.MustCompile(`["']\s*\+\s*["']`)
	hide := regexp.MustCompile(`(?:\$|jQuery|querySelector(?:All)?)\s*\(\s*["']([#.][\w\-]+)["']\s*\)\s*\.\s*(?:hide\s*\(\s*\)|css\s*\(\s*["']?\{?\s*["']?(display|visibility|opacity)["']?\s*[,:]\s*["']?(none|hidden|0)|style\s*\.\s*(?:display|visibility|opacity)\s*=\s*["']?(?:none|hidden|0))`)
	rng := rand.New(rand.NewPCG(8, 8))
	pieces := []string{`"`, "'", "+", "+", " ", "\n", "a", `"a"`, "$", "jQuery", "querySelectorAll", "(", "('.a')", ".hide()", `.css("display","none")`, ".style.opacity=0", `$("#b").hide()`, "%", "%4", "u", "41", "%u4e2d", `"%41"`}
	for range checktest.Draws {
		text := checktest.Draw(rng, pieces, 12)
		whole, ok := unpieced(text)
		if want := pieced.ReplaceAllString(text, ""); ok != pieced.MatchString(text) || ok && whole != want {
			t.Fatalf("%q put together: %q, want %q", text, whole, want)
		}
		if percentStr.MatchString(text) && !percents(text) {
			t.Fatalf("%q: an escape is not seen", text)
		}
		var want []string
		for _, m := range hide.FindAllStringSubmatch(text, 64) {
			want = append(want, m[1])
		}
		if got := Hides(text); !slices.Equal(got, want) {
			t.Fatalf("%q hides %q, want %q", text, got, want)
		}
	}
}

// What is looked for only where one of its words stands is found there.
func TestNoVisitorIsAskedForWithoutItsWords(t *testing.T) {
	for _, s := range []string{"document . referrer", "['referrer']", "navigator.userAgent", "navigator.platform", "navigator.appVersion", `["useragent"]`} {
		if !visitor.MatchString(s) {
			t.Errorf("%s does not match %q", visitor, s)
		}
		if !seek.Any(dom.Lowered(s), visitorWords) {
			t.Errorf("%q holds none of %q", s, visitorWords)
		}
	}
}
