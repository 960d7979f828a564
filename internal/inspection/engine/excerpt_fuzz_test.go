package engine

import (
	"strings"
	"testing"
	"unicode/utf8"

	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/crawl"
)

// FuzzPageSightings puts any bytes through everything a run does to a page:
// nothing panics, texts that are stored are valid and bounded, and the same
// defect keeps its fingerprint.
func FuzzPageSightings(f *testing.F) {
	f.Add([]byte(`<html><head><meta name="ColumnName" content="要闻"></head><body><ul><li><a href="/1.html">会议</a> 2026-03-01</li></ul></body></html>`))
	f.Add([]byte(`<a href="//x`))
	f.Add([]byte("<title>\xc8\xf0\xb5\xe7</title><div style='display:none'><a href='http://bet.test/'>投注</a>"))
	f.Add([]byte(`<p>联系人手机13800138000</p><base href="http://%zz/">`))
	f.Fuzz(func(t *testing.T, body []byte) {
		n := &inspector{start: "http://www.x.gov.cn/", home: "http://www.x.gov.cn/", visits: map[string]*visit{}, links: map[string]*linked{}, byPrint: map[string]int{}, untested: map[[2]string]int{},
			o: Options{MaxLinks: 10, Today: calendar.Date{Year: 2026, Month: 3, Day: 20}}, report: Report{met: map[string]bool{}}}
		page, err := check.ParsePage(body, "text/html", "http://www.x.gov.cn/a/b.html")
		if err != nil {
			return
		}
		for _, to := range []string{signpost(page), copyOf(page)} {
			if again, err := crawl.Canonical("", to); to != "" && (err != nil || again != to) {
				t.Errorf("leads to %q", to)
			}
		}
		v := &visit{url: page.URL}
		n.gather(v, page, check.Classify(page))
		for _, s := range n.pageSightings(n.examine(page, false)) {
			before := s.Fingerprint()
			n.add(v, page, s)
			if s.Fingerprint() != before {
				t.Error("fingerprint changed")
			}
		}
		if shown := Glance(body, "text/html", page.URL); !utf8.ValidString(shown) {
			t.Errorf("a page is shown as %q", shown)
		}
		for _, s := range n.report.Findings {
			if !utf8.ValidString(s.Evidence.Excerpt) || len(s.Evidence.Excerpt) > 64<<10 || strings.TrimSpace(s.Says) == "" {
				t.Errorf("%s: excerpt of %d bytes, says %q", s.Check, len(s.Evidence.Excerpt), s.Says)
			}
		}
	})
}
