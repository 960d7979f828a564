package crawl

import (
	"net/url"
	"strings"
	"testing"
)

// spellings are ways sites write one and the same page.
var spellings = []string{
	"http://www.x.gov.cn/zwgk/a~b/index.html?id=1&page=2",
	"HTTP://www.x.gov.cn/zwgk/a~b/index.html?id=1&page=2",
	"http://WWW.X.Gov.CN/zwgk/a~b/index.html?id=1&page=2",
	"http://www.x.gov.cn:80/zwgk/a~b/index.html?id=1&page=2",
	"http://www.x.gov.cn:080/zwgk/a~b/index.html?id=1&page=2",
	"http://www.x.gov.cn./zwgk/a~b/index.html?id=1&page=2",
	"http://user@www.x.gov.cn/zwgk/a~b/index.html?id=1&page=2",
	"http://www.x.gov.cn/zwgk/a~b/index.html?id=1&page=2#top",
	"http://www.x.gov.cn/zwgk/a%7Eb/index.html?id=1&page=2",
	"http://www.x.gov.cn/zwgk/a%7eb/index.htm%6c?id=1&page=2",
	"http://www.x.gov.cn/./zwgk/a~b/index.html?id=1&page=2",
	"http://www.x.gov.cn/xw/../zwgk/a~b/index.html?id=1&page=2",
	"http://www.x.gov.cn/../../zwgk/a~b/./index.html?id=1&page=2",
	"http://www.x.gov.cn/%2e%2E/zwgk/a~b/index.html?id=1&page=2",
	`http:\\www.x.gov.cn\zwgk\a~b\index.html?id=1&page=2`,
	" http://www.x.gov.cn/zwgk/a~b/index.html?id=1&page=2 ",
	"http://www.x.gov.cn/zwgk/a~b/ind\nex.html?id=1&page=2",
	"http://www.x.gov.cn/zwgk/a~b/index.html;jsessionid=0A1B2C3D4E5F?id=1&page=2",
	"http://www.x.gov.cn/zwgk/a~b/index.html?id=1&PHPSESSID=abc&page=2",
	"http://www.x.gov.cn/(S(lit3py55t21z5v55vlm25s55))/zwgk/a~b/index.html?id=1&page=2",
	"http://www.x.gov.cn/zwgk/a~b/index.html?id=1&&page=2&utm_source=wx",
	"http://www。x．gov.cn/zwgk/a~b/index.html?id=%31&page=2&",
	"//www.x.gov.cn/zwgk/a~b/index.html?id=1&page=2",
	"/zwgk/a~b/index.html?id=1&page=2",
	"http:/zwgk/a~b/index.html?id=1&page=2",
	"../zwgk/a~b/index.html?id=1&page=2",
}

func TestOnePageManySpellings(t *testing.T) {
	for _, s := range spellings {
		if s == "http:/zwgk/a~b/index.html?id=1&page=2" {
			continue // read below: without a base it names a host, as in browsers
		}
		got, err := Canonical("http://www.x.gov.cn/xw/", s)
		if err != nil || got != spellings[0] {
			t.Errorf("%q = %q, %v", s, got, err)
		}
	}
}

func TestCanonical(t *testing.T) {
	const base = "https://www.x.gov.cn/a/b.html?q=1"
	for _, x := range []struct{ base, ref, want string }{
		{base, "", base},
		{base, "#x", base},
		{base, "?q=2", "https://www.x.gov.cn/a/b.html?q=2"},
		{base, "?", "https://www.x.gov.cn/a/b.html"},
		{base, "c.html", "https://www.x.gov.cn/a/c.html"},
		{base, "..", "https://www.x.gov.cn/"},
		{base, ".", "https://www.x.gov.cn/a/"},
		{base, "https:c.html", "https://www.x.gov.cn/a/c.html"},
		{base, "http:c.gov.cn", "http://c.gov.cn/"},
		{base, "//政务.cn/x", "https://xn--zfr164b.cn/x"},
		{base, "/通知.html", "https://www.x.gov.cn/%E9%80%9A%E7%9F%A5.html"},
		{base, "/\xcd\xa8\xd6\xaa.html", "https://www.x.gov.cn/%CD%A8%D6%AA.html"},
		{base, "/\xd5\x5c.html", "https://www.x.gov.cn/%D5%5C.html"}, // 誠 in GBK ends in a back slash
		{base, "/a b|c", "https://www.x.gov.cn/a%20b%7Cc"},
		{base, "/100%", "https://www.x.gov.cn/100%25"},
		{base, "/a%2fb", "https://www.x.gov.cn/a%2Fb"},
		{base, "/?b=2&a=1", "https://www.x.gov.cn/?b=2&a=1"},
		{base, "/?sid=12", "https://www.x.gov.cn/?sid=12"},
		{base, "/?sid=9f86d081884c7d659a2feaa0c55ad015", "https://www.x.gov.cn/"},
		{base, "//x//y", "https://x//y"},
		{base, "/x//y/", "https://www.x.gov.cn/x//y/"},
		{"", "http://2130706433/", "http://127.0.0.1/"},
		{"", "http://[::1]:8080", "http://[::1]:8080/"},
		{"", "http://www.x.gov.cn?a", "http://www.x.gov.cn/?a"},
		{"", "http://%77ww.x.gov.cn/", "http://www.x.gov.cn/"},
	} {
		got, err := Canonical(x.base, x.ref)
		if err != nil || got != x.want {
			t.Errorf("Canonical(%q, %q) = %q, %v; want %q", x.base, x.ref, got, err, x.want)
		}
	}
	for ref, want := range map[string]error{
		"mailto:a@b.cn": ErrNotWeb, "javascript:void(0)": ErrNotWeb, "tel:12345": ErrNotWeb, "JavaScript:;": ErrNotWeb, "data:text/html,x": ErrNotWeb,
		"http://": ErrBadURL, "http://a b/": ErrBadURL, "http://x:99999/": ErrBadURL, "http://x:0/": ErrBadURL, "http://256.1.1.1/": ErrBadURL, "http://%zz/": ErrBadURL,
		"/" + strings.Repeat("a", MaxURL): ErrLong, "/" + strings.Repeat("a", 5*MaxURL): ErrLong,
	} {
		if got, err := Canonical(base, ref); err != want {
			t.Errorf("Canonical(%.40q) = %.40q, %v; want %v", ref, got, err, want)
		}
	}
	if _, err := Canonical("", "/a"); err != ErrBadURL {
		t.Errorf("relative without base: %v", err)
	}
}

func TestTemplate(t *testing.T) {
	for u, want := range map[string]struct {
		pattern string
		kind    class
	}{
		"http://x.gov.cn/art/2024/5/6/art_12_345.html":      {"http://x.gov.cn/art/0/0/0/art_0_0.html", ordinary},
		"http://x.gov.cn/c.jsp?id=7":                        {"http://x.gov.cn/c.jsp?id", ordinary},
		"http://x.gov.cn/c.jsp?page=2&id=7":                 {"http://x.gov.cn/c.jsp?id&page", ordinary},
		"http://x.gov.cn/s?a=1&b=2&c=3":                     {"http://x.gov.cn/s?*", facets},
		"http://x.gov.cn/rili?year=2093&month=5":            {"http://x.gov.cn/rili?month&year", calendar},
		"http://x.gov.cn/calendar/2024/05/":                 {"http://x.gov.cn/calendar/0/0/", calendar},
		"http://x.gov.cn/f/9f86d081884c7d659a2feaa0c55ad0/": {"http://x.gov.cn/f/*/", ordinary},
	} {
		got, kind := template(u)
		if got != want.pattern || kind != want.kind {
			t.Errorf("template(%q) = %q, %d", u, got, kind)
		}
	}
}

func FuzzCanonical(f *testing.F) {
	for _, s := range spellings {
		f.Add("http://www.x.gov.cn/a/b", s)
	}
	f.Add("https://[::1]:8/", `\\x\y?z`)
	f.Add("http://a/..;sid=1/", "/(S(a))/;jsessionid=1/..")
	f.Add("", "http://a/\x80\\%5c?%26=%3d#")
	f.Fuzz(func(t *testing.T, base, ref string) {
		u, err := Canonical(base, ref)
		if err != nil {
			return
		}
		again, err := Canonical("", u)
		if err != nil || again != u {
			t.Fatalf("Canonical(%q, %q) = %q, then %q, %v", base, ref, u, again, err)
		}
		p, err := url.Parse(u)
		if err != nil || p.Host == "" || p.Scheme != "http" && p.Scheme != "https" || p.Fragment != "" || p.User != nil {
			t.Fatalf("Canonical(%q, %q) = %q: %v", base, ref, u, err)
		}
		if hostOf(u) != p.Host || nameOf(u) != p.Hostname() || originOf(u) != p.Scheme+"://"+p.Host {
			t.Fatalf("%q taken apart differently", u)
		}
		Template(u)
	})
}
