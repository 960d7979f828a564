package engine

import "testing"

// FuzzSiteMap reads what strangers hand out as a site map.
func FuzzSiteMap(f *testing.F) {
	for _, s := range []string{
		"", `<urlset><url><loc>http://a.gov.cn/1.html</loc></url><url><loc> </loc></url></urlset>`, `<sitemapindex><sitemap><loc>/b.xml</loc></sitemap></sitemapindex>`,
		`<?xml version="1.0" encoding="GBK"?><urlset><url><loc><![CDATA[http://a/]]></loc></url>`, `<url><loc>x<b></loc></url>&#0;`, `<loc>1</loc>`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		maps, pages := readSiteMap(body)
		for _, a := range append(maps, pages...) {
			if a == "" || len(a) > 2048 {
				t.Fatalf("address %q", a)
			}
		}
	})
}
