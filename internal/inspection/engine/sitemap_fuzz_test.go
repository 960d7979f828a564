package engine

import (
	"bytes"
	"compress/gzip"
	"testing"
)

func zipped(t testing.TB, body []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A site map may come compressed; one that unpacks to more than is read is read as far.
func TestCompressedSiteMap(t *testing.T) {
	const one = "<urlset><url><loc>http://a.gov.cn/1.html</loc></url>"
	body := zipped(t, []byte(one))
	for name, b := range map[string][]byte{"whole": body, "cut short": body[:len(body)-6], "plain": []byte(one), "bomb": zipped(t, append([]byte(one), bytes.Repeat([]byte(" "), 8*mapBody)...))} {
		if got := unzipped(b); len(got) > mapBody {
			t.Errorf("%s: %d bytes", name, len(got))
		} else if _, pages := readSiteMap(got); len(pages) != 1 || pages[0] != "http://a.gov.cn/1.html" {
			t.Errorf("%s: %q", name, pages)
		}
	}
	if got := unzipped([]byte{0x1f, 0x8b, 0}); len(got) != 0 {
		t.Errorf("%q of what is no archive", got)
	}
}

// FuzzSiteMap reads what strangers hand out as a site map.
func FuzzSiteMap(f *testing.F) {
	for _, s := range []string{
		"", `<urlset><url><loc>http://a.gov.cn/1.html</loc></url><url><loc> </loc></url></urlset>`, `<sitemapindex><sitemap><loc>/b.xml</loc></sitemap></sitemapindex>`,
		`<?xml version="1.0" encoding="GBK"?><urlset><url><loc><![CDATA[http://a/]]></loc></url>`, `<url><loc>x<b></loc></url>&#0;`, `<loc>1</loc>`,
	} {
		f.Add([]byte(s))
		f.Add(zipped(f, []byte(s)))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		maps, pages := readSiteMap(unzipped(body))
		for _, a := range append(maps, pages...) {
			if a == "" || len(a) > 2048 {
				t.Fatalf("address %q", a)
			}
		}
	})
}
