package check

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// A manuscript and the words of a file are read as the page they become: across what cuts
// a word within a paragraph, and not across cells and paragraphs.
func TestLinesReadAsPages(t *testing.T) {
	const id = "110101199003074514" // made up, with its check digit
	listed := ScannerFunc(func(text string) (out []Span) {
		if i := strings.Index(text, "按装"); i >= 0 {
			at := utf8.RuneCountInString(text[:i])
			out = append(out, Span{Kind: "wording.own", Start: at, End: at + 2, Wrong: "按装", Source: "表"})
		}
		return out
	})
	for _, c := range []struct{ text, want string }{
		{"设备按装完成", "按装"},
		{"设备按\u2028装完成", "按\u2028装"},
		{"设备按 装完成", "按 装"},
		{"设备按\u3000\u3000装完成", "按\u3000\u3000装"},
		{"甲\u2028乙，设备按\u200b装完成", "按\u200b装"},
		{"设备按\n装完成", ""},
		{"设备按\u2028\u2028装完成", ""},
		{"设备按\u2029装完成", ""},
		{"设备按\t装完成", ""},
		{"证号" + id[:10] + "\u2028" + id[10:] + "。", id[:10] + "\u2028" + id[10:]},
		{id[:6] + "\t" + id[6:], ""},
		{id[:6] + "\n\t" + id[6:] + "\n\t", ""},
	} {
		spans := Text(c.text, listed)
		got := ""
		if len(spans) > 0 {
			got = string([]rune(c.text)[spans[0].Start:spans[0].End])
		}
		if got != c.want || len(spans) > 1 {
			t.Errorf("%q: %q, want %q (%+v)", c.text, got, c.want, spans)
		}
	}
}

// FuzzLines reads whatever text: spans lie in it.
func FuzzLines(f *testing.F) {
	for _, s := range []string{"按\u2028装", "138\u20280013 8000", "\u2028\u2028\n按  装\u00ad0\xff", "按\u3000装"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n := utf8.RuneCountInString(text)
		for _, s := range Text(text, ScannerFunc(func(text string) (out []Span) {
			at := 0
			for _, r := range text {
				if r == '装' || r == '0' {
					out = append(out, Span{Kind: "wording.own", Start: max(0, at-1), End: at + 1, Wrong: "x", Source: "表"})
				}
				at++
			}
			return out
		})) {
			if s.Start < 0 || s.End > n || s.Start >= s.End {
				t.Fatalf("%+v of %d", s, n)
			}
		}
	})
}
