package engine_test

import (
	"strings"
	"testing"

	"zhengshu/internal/check"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/inspection/engine/enginetest"
)

// A host that many pages take a script from is one finding of the site, as advice, with
// the pages counted; a look at a page without it closes it.
func TestForeignScriptsAreOneFindingOfASite(t *testing.T) {
	s := enginetest.NewSite(t)
	const script = `<script src="https://js.yunjian-zujian.com/a.js"></script></body>`
	for _, path := range []string{"/", "/yw/", "/tz/", "/yw/1.html"} {
		s.Swap(path, "</body>", script)
	}
	rep := inspect(t, s, enginetest.Options())
	var found []engine.Sighting
	for _, f := range rep.Findings {
		if strings.HasPrefix(f.Check, "script.") {
			found = append(found, f)
		}
	}
	if len(found) != 1 || found[0].Severity != check.Advice || found[0].Where != "js.yunjian-zujian.com" || found[0].Pages != 4 || !found[0].OnHome || found[0].Article != "S23.1a" {
		t.Fatalf("%+v", found)
	}
	spot := engine.Spot{Check: found[0].Check, Fingerprint: found[0].Fingerprint(), URL: found[0].URL, Where: found[0].Where}
	for _, want := range []string{engine.Standing, engine.Gone} {
		l, err := engine.Recheck(t.Context(), s.Client(t), nil, enginetest.Target(), spot, enginetest.Options())
		if err != nil || l.Outcome != want {
			t.Errorf("looked again: %s, want %s (%v)", l.Outcome, want, err)
		}
		if want == engine.Standing {
			s.Swap("/", script, "</body>")
		}
	}
}
