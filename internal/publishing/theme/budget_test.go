package theme

import (
	"bytes"
	"compress/gzip"
	"regexp"
	"strings"
	"testing"
)

// articleBudget is what an article may weigh without its pictures, markup and
// style sheet, before anything is compressed.
const articleBudget = 60 << 10

func TestArticleStaysWithinItsBudget(t *testing.T) {
	packed := func(b []byte) int {
		var out bytes.Buffer
		z := gzip.NewWriter(&out)
		if _, err := z.Write(b); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return out.Len()
	}
	for _, th := range Ours() {
		for _, key := range []string{"article", "policy", "elder-article", "edition-article"} {
			sample, ok := SampleOf(key)
			if !ok {
				t.Fatalf("no sample %s", key)
			}
			s := sample.Site(sampleSite())
			s.Look.ID = th.ID
			page, err := sample.Draw(s)
			if err != nil {
				t.Fatal(err)
			}
			plain, sent, sheets := len(page), packed(page), 0
			for _, f := range s.Files() {
				if bytes.Contains(page, []byte(`href="`+f.Path+`"`)) && f.Kind == "text/css; charset=utf-8" {
					plain, sent, sheets = plain+len(f.Body), sent+packed(f.Body), sheets+1
				}
			}
			t.Logf("%s %s: %d bytes, %d as sent", th.ID, key, plain, sent)
			if plain > articleBudget {
				t.Errorf("%s %s weighs %d bytes, budget %d", th.ID, key, plain, articleBudget)
			}
			if want := map[bool]int{false: 1, true: 2}[key == "elder-article"]; sheets != want {
				t.Errorf("%s %s links %d style sheets, want %d", th.ID, key, sheets, want)
			}
		}
	}
}

// TestSmallerSheetKnowsItsPages: what an article or a list is made of, the
// smaller sheet dresses as the whole one does.
func TestSmallerSheetKnowsItsPages(t *testing.T) {
	names := func(css []byte) map[string]bool {
		out := map[string]bool{}
		for _, m := range regexp.MustCompile(`\.([a-z][\w-]*)`).FindAllSubmatch(css, -1) {
			out[string(m[1])] = true
		}
		return out
	}
	looked := 0
	for _, th := range Ours() {
		whole, reading := names(th.style), names(th.reading)
		for _, sample := range Samples() {
			s := sample.Site(sampleSite())
			s.Look.ID = th.ID
			page, err := sample.Draw(s)
			if err != nil {
				t.Fatal(err)
			}
			small := bytes.Contains(page, []byte(`href="`+th.ReadingPath(Tokens{})+`"`))
			if small != readings[sample.View] {
				t.Errorf("%s %s: links the smaller sheet: %v", th.ID, sample.Key, small)
			}
			if !small {
				continue
			}
			looked++
			for _, m := range regexp.MustCompile(`class="([^"]*)"`).FindAllSubmatch(page, -1) {
				for _, class := range strings.Fields(string(m[1])) {
					if whole[class] && !reading[class] {
						t.Errorf("%s %s: .%s is dressed only in portal-pages.css", th.ID, sample.Key, class)
					}
				}
			}
		}
	}
	if looked < 2*len(readings) {
		t.Errorf("only %d pages were looked at", looked)
	}
}
