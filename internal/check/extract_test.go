package check

import (
	"os"
	"path/filepath"
	"testing"

	"zhengshu/internal/realdata"
)

type expectedPage struct {
	File      string `json:"file"`
	Encoding  string `json:"encoding"`
	URL       string `json:"url"`
	Title     string `json:"title"`
	DocNo     string `json:"doc_no"`
	IndexNo   string `json:"index_no"`
	Issuer    string `json:"issuer"`
	Topic     string `json:"topic"`
	Written   string `json:"written"`
	Published string `json:"published"`
	First60   string `json:"first60"`
	BodyChars int    `json:"body_chars"`
}

func TestExtractionOnRealPages(t *testing.T) {
	dir := realdata.Path(t, "03_html_pages", "exact match of extracted fields on saved government pages")
	want, got, charset, charsets, starts, startOK := 0, 0, 0, 0, 0, 0
	readJSONL(t, filepath.Join(dir, "pages.jsonl"), func(r expectedPage) {
		body, err := os.ReadFile(filepath.Join(dir, r.File))
		if err != nil {
			t.Fatal(err)
		}
		p, err := ParsePage(body, "", r.URL)
		if err != nil {
			t.Errorf("%s: %v", r.File, err)
			return
		}
		charsets++
		if p.Charset == r.Encoding {
			charset++
		} else {
			t.Errorf("%s: charset %s, want %s", r.File, p.Charset, r.Encoding)
		}
		if r.First60 != "" {
			starts++
			if b := noBlanks(p.BodyText); len(b) >= 60 && b[:60] == r.First60[:60] {
				startOK++
			} else {
				t.Logf("%s: body starts %.90q, want %.90q", r.File, b, r.First60)
			}
		}
		for _, f := range []struct{ name, want, got string }{
			{"title", r.Title, p.Title}, {"doc_no", r.DocNo, p.DocNo}, {"index_no", r.IndexNo, p.IndexNo}, {"issuer", r.Issuer, p.Issuer},
			{"topic", r.Topic, p.Topic}, {"written", r.Written, p.Written}, {"published", r.Published, p.Published},
		} {
			if f.want == "" {
				continue
			}
			want++
			if noBlanks(f.want) == noBlanks(f.got) {
				got++
			} else {
				t.Logf("%s: %s = %q, want %q", r.File, f.name, f.got, f.want)
			}
		}
	})
	t.Logf("fields exact %d/%d, charset %d/%d, body start %d/%d", got, want, charset, charsets, startOK, starts)
	if share := float64(got) / float64(want); share < 0.97 {
		t.Errorf("fields exact %.3f, bar 0.97", share)
	}
}
