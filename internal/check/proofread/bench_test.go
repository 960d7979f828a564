package proofread

import (
	"strings"
	"testing"

	"zhengshu/internal/realdata"
)

// BenchmarkScan reads clean official sentences; the figure is bytes a second on one core.
func BenchmarkScan(b *testing.B) {
	dir := realdata.Path(b, ".", "false alarms and recall on real sentences")
	p, err := New(Options{})
	if err != nil {
		b.Fatal(err)
	}
	var t strings.Builder
	for _, r := range readRows(b, dir, "05_typos/official_text_injected.jsonl") {
		if r.Src == r.Tgt {
			t.WriteString(r.Src)
			t.WriteByte('\n')
		}
	}
	text := t.String()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		p.Scan(text)
	}
}
