package inspection

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"slices"
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

// FuzzOpenSigned hands files of the exchange over that nobody signed, or that
// somebody else did: none is obeyed. What a known key signed is read whatever it
// holds, without a panic, and comes through the wire as it was.
func FuzzOpenSigned(f *testing.F) {
	_, own, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	trusted := map[string]bool{PublicKey(own): true}
	sealed := func(what string, body []byte) []byte {
		return slices.Concat([]byte(PublicKey(own)+" "+base64.StdEncoding.EncodeToString(ed25519.Sign(own, signed(what, body)))+"\n"), body)
	}
	for _, body := range []string{
		`{"run":"r","vantage":"甲","report":{"visited":["http://x/"],"looks":{"http://x/":{}},"findings":[{"Check":"link.dead"}]},"blobs":{"sha256:00":"AA=="}}`,
		`{"id":"p","until":"2026-11-23T02:00:00Z","tasks":[{"run":"r","target":{"URL":"http://x/"}}]}`, `{"report":{"visited":null,"size":-1}}`, `[]`, "{\"run\":\"\u0000\"}",
	} {
		f.Add([]byte(body))
		f.Add(sealed("batch", []byte(body)))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for what, into := range map[string]any{"plan": &PlanFile{}, "batch": &BatchFile{}} {
			err := openSigned(b, what, trusted, into)
			if _, body, _ := bytes.Cut(b, []byte("\n")); err == nil && !bytes.HasPrefix(b, sealed(what, body)) {
				t.Fatalf("a %s nobody here signed was read: %q", what, b)
			}
			if err != nil && !errors.Is(err, errSeal) {
				t.Fatalf("%s: %v", what, err)
			}
		}
		var batch BatchFile
		if err := openSigned(sealed("batch", b), "batch", trusted, &batch); err != nil {
			return
		}
		was := batch.Report.report()
		if again := was.wire().report(); len(again.visited) != len(was.visited) || again.Bytes != was.Bytes || len(again.Findings) != len(was.Findings) {
			t.Fatalf("%+v became %+v", was, again)
		}
		for _, sg := range was.Findings {
			_ = sg.Evidence.refs()
			_ = sg.Fingerprint()
		}
		// A batch is not taken for a plan.
		if err := openSigned(sealed("batch", b), "plan", trusted, &PlanFile{}); !errors.Is(err, errSeal) {
			t.Fatalf("a batch was read as a plan: %v", err)
		}
	})
}
