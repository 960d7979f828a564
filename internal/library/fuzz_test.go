package library

import (
	"strings"
	"testing"

	"zhengshu/internal/calendar"
	"zhengshu/internal/prose"
)

// A row of outside bytes either is refused with words or gives a version that
// reads back.
func FuzzImportRow(f *testing.F) {
	for _, s := range []string{
		`{"ref":"a","type":"news","title":"题","text":"文","published":"2026-01-01"}`,
		`{"type":"policy","title":"题","html":"<table><tr><td>x","published":null,"written":"2026年1月2日"}`,
		`{"title":7}`, `[]`, "\ufeff{}", `{"type":"news","title":"\u0000","text":"\ud800"}`,
	} {
		f.Add([]byte(s))
	}
	r := &importing{s: &Service{}, o: ImportOptions{Publish: &Target{}}, move: MoveIn{Dated: calendar.Date{Year: 2026, Month: 2, Day: 1}}}
	f.Fuzz(func(t *testing.T, line []byte) {
		p := r.parse(1, line)
		if p.refused != nil {
			if says(p.refused) == "" {
				t.Fatal("refused without a word")
			}
			return
		}
		if _, err := prose.Parse([]byte(p.made.doc)); err != nil {
			t.Fatalf("its document is refused: %v", err)
		}
		if p.ref == "" || p.made.Title == "" || strings.ContainsAny(p.made.Title, "\x00\n") || p.published.IsZero() {
			t.Fatalf("unfit: %+v", p)
		}
	})
}
