package check

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzReading reads whatever page: spans lie in the text, and over a break they hold it.
func FuzzReading(f *testing.F) {
	for _, s := range []string{"<p>按 装</p>", "<p>138<br>00138000<br><br>1</p>", "<pre>甲\n乙</pre><td>丙", "甲\u200b\u00ad乙\r\n 丙<br/>", "<p style='white-space:pre'>甲\n"} {
		f.Add(s)
	}
	every := ScannerFunc(func(text string) (out []Span) {
		at := 0
		for _, r := range text {
			if r == '装' || r == '0' {
				out = append(out, Span{Kind: "wording.own", Start: max(0, at-1), End: at + 1, Wrong: "x", Source: "表"})
			}
			at++
		}
		return out
	})
	f.Fuzz(func(t *testing.T, body string) {
		p, err := ParsePage([]byte(body), "text/html; charset=utf-8", "http://www.example.gov.cn/")
		if err != nil {
			return
		}
		for _, whole := range []bool{true, false} {
			r := p.Reading(whole)
			if n := utf8.RuneCountInString(r.Text); !utf8.ValidString(r.Text) || strings.ContainsRune(r.Text, 0xAD) {
				t.Fatalf("%q", r.Text)
			} else {
				for _, s := range append(r.Scan(every), r.Privacy()...) {
					if s.Start < 0 || s.End > n || s.Start >= s.End {
						t.Fatalf("%+v of %d", s, n)
					}
				}
			}
		}
	})
}
