package theme

import (
	"bytes"
	"compress/gzip"
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
