package theme

import (
	"bytes"
	"compress/gzip"
	"testing"
)

// articleBudget is what an article may weigh without its pictures, markup and
// style sheet, as it is sent.
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
			plain, sent := len(page), packed(page)
			for _, f := range s.Files() {
				if bytes.Contains(page, []byte(`href="`+f.Path+`"`)) && f.Kind == "text/css; charset=utf-8" {
					plain, sent = plain+len(f.Body), sent+packed(f.Body)
				}
			}
			t.Logf("%s %s: %d bytes, %d as sent", th.ID, key, plain, sent)
			if sent > articleBudget {
				t.Errorf("%s %s weighs %d bytes as sent, budget %d", th.ID, key, sent, articleBudget)
			}
		}
	}
}
