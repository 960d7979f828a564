package demo

import (
	"testing"
	"time"

	"zhengshu/internal/check"
	"zhengshu/internal/check/proofread"
)

// TestWording holds the content of the two good portals clean, and the
// county's wrong: its mistakes are there to be found. About two seconds, of
// which the proofreader's model takes most.
func TestWording(t *testing.T) {
	reader, err := proofread.New(proofread.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		site  string
		wrong []string // the wordings that must be found, nil for none at all
	}{
		{"shaanxi", nil}, {"xian", nil}, {"yanta", []string{"一但", "登陆"}},
	} {
		t.Run(tt.site, func(t *testing.T) {
			list, err := pieces(tt.site, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			texts := []string{}
			for _, p := range list {
				texts = append(texts, p.title+"\n"+p.text)
			}
			if tt.site == "xian" {
				for _, w := range drafts {
					texts = append(texts, w.title+"\n"+w.text, w.mended)
				}
			}
			found := map[string]bool{}
			for _, text := range texts {
				for _, span := range check.Text(text, reader) {
					found[span.Wrong] = true
					if tt.wrong == nil {
						t.Errorf("%s: %s in %.60s", span.Wrong, span.Says, text)
					}
				}
			}
			for _, w := range tt.wrong {
				if !found[w] {
					t.Errorf("%s was not found; found %v", w, found)
				}
			}
		})
	}
}

// TestPieces holds that no piece lies in the future, whatever the hour.
func TestPieces(t *testing.T) {
	for _, now := range []time.Time{time.Date(2026, 3, 1, 16, 1, 0, 0, time.UTC), time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)} {
		for _, h := range hosted {
			list, err := pieces(h.site.Slug, now)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range list {
				if p.published.After(now) {
					t.Errorf("%s is published %v after %v", p.ref, p.published, now)
				}
			}
		}
	}
}
