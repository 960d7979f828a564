package crawl

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

const sample = `<!DOCTYPE html><html><head><meta charset="gbk"><base href="/zwgk/"><link rel=stylesheet href="s.css">
<meta http-equiv="Refresh" content="5; URL='/new/'"><script src=a.js>var x = '<a href="/no">';</script><style>a{}</style></head>
<body><a href="tz/1.html">关于开展<b>检查</b>的通知</a><A HREF='//www.y.gov.cn/?a=1&amp;b=2'>友情链接</A><a href=javascript:void(0)>打印</a>
<a name=x>锚</a><img src="/i.png" srcset="/i2.png 2x, /i3.png 3x"><area href=/map><iframe src="/f"></iframe><form action="/s"></form>
<!-- <a href="/comment">x</a> --><textarea><a href="/text">x</a></textarea><video src=v.mp4 poster=p.jpg></video></body></html>`

func TestLinks(t *testing.T) {
	want := `/zwgk/s.css false
/new/ true
/zwgk/a.js false
/zwgk/tz/1.html true
http://www.y.gov.cn/?a=1&b=2 true
/i.png false
/i2.png false
/i3.png false
/map true
/f true
/s false
/zwgk/v.mp4 false
/zwgk/p.jpg false
`
	gbk, _ := simplifiedchinese.GBK.NewEncoder().String(sample)
	gb, _ := simplifiedchinese.GB18030.NewEncoder().String(sample)
	utf16, _ := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(sample)
	for name, page := range map[string]string{"utf-8": sample, "gbk": gbk, "gb18030": gb, "utf-16": utf16} {
		var got strings.Builder
		for _, l := range Links("http://www.x.gov.cn/a/b.html", []byte(page)) {
			fmt.Fprintln(&got, strings.TrimPrefix(l.URL, "http://www.x.gov.cn"), l.Page)
		}
		if got.String() != want {
			t.Errorf("%s:\n%s", name, got.String())
		}
	}
}

// Browsers send the path of a GBK page's link in UTF-8 and its query in GBK.
func TestLinksOfGBKPages(t *testing.T) {
	page, err := simplifiedchinese.GBK.NewEncoder().String(`<a href="/文件/誠.htm?n=公告#誠">x</a><a href="b.htm?n=公告">y</a>`)
	if err != nil {
		t.Fatal(err)
	}
	want := []Link{{"http://www.x.gov.cn/%E6%96%87%E4%BB%B6/%E8%AA%A0.htm?n=%B9%AB%B8%E6", true}, {"http://www.x.gov.cn/a/b.htm?n=%B9%AB%B8%E6", true}}
	if got := Links("http://www.x.gov.cn/a/", []byte(page)); !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
}

// A page that was parsed is read as its bytes are: the same references in the same order, the same prints.
func TestAParsedPageIsReadAsItsBytes(t *testing.T) {
	long := strings.Repeat("<p>各县区人民政府，市政府各工作部门：&amp;现将有关事项通知如下 2024</p>\r\n", 200)
	for name, page := range map[string]string{
		"sample": sample, "long": "<!DOCTYPE html><html><head></head><body>" + long + `<a href="/x?a=1&amp;b=2">x</a></body></html>`,
		"not displayed": "<!DOCTYPE html><html><head></head><body>" + long + `<noscript><p>请启用脚本</p><a href="/plain.html">x</a><img src=/pixel.png></noscript><template><a href="/t">t</a></template><svg><a xlink:href="/no"><text>图</text></a></svg></body></html>`,
		"many":          "<body>" + strings.Repeat("<a href=/x></a>", MaxLinks+7),
		"too long":      "<body><a href='/" + strings.Repeat("x", MaxURL) + "'></a>",
		"two bases":     "<head><base href=/a/><base href=/b/></head><body><a href=c></a>",
		"short":         "<p>短</p>",
		"empty":         "",
	} {
		root, err := html.Parse(strings.NewReader(page))
		if err != nil {
			t.Fatal(err)
		}
		const base = "http://www.x.gov.cn/a/b.html"
		got, want := walk(base, root, []byte(page), true), scan(base, []byte(page), true)
		if !slices.Equal(got.links, want.links) || got.over != want.over || got.long != want.long {
			t.Errorf("%s: %v, %d over, %d long; of the bytes %v, %d, %d", name, got.links, got.over, got.long, want.links, want.over, want.long)
		}
		if got.text.key != want.text.key || got.text.sim != want.text.sim {
			t.Errorf("%s: the prints differ", name)
		}
	}
}

func TestLinksOfHostilePages(t *testing.T) {
	const base = "http://www.x.gov.cn/"
	if s := scan(base, []byte(strings.Repeat("<a href=/x>", MaxLinks+7)), true); len(s.links) != MaxLinks || s.over != 7 {
		t.Errorf("%d links, %d over", len(s.links), s.over)
	}
	if links := Links(base, []byte("<a href=\"/\x00a\">\x00\x00</a><a href=/b\x00>")); len(links) != 2 {
		t.Errorf("NUL: %+v", links)
	}
	if links := Links(base, []byte("<a href=\"/\xcd\xa8.html\">")); len(links) != 1 || links[0].URL != base+"%CD%A8.html" {
		t.Errorf("bytes beyond ASCII: %+v", links)
	}
	if links := Links(base, []byte("<a href='"+strings.Repeat("x", 1<<20))); len(links) != 0 {
		t.Errorf("unclosed: %d", len(links))
	}
	if s := scan(base, []byte("<a href='/"+strings.Repeat("x", 1<<20)+"'><a href='/"+strings.Repeat("x", MaxURL)+"'>"), true); len(s.links) != 0 || s.long != 2 {
		t.Errorf("long: %d, %d told", len(s.links), s.long)
	}
	// A picture within the page is no link, however long its address.
	if s := scan(base, []byte("<img src='data:image/png;base64,"+strings.Repeat("x", 1<<20)+"'>"), true); s.long != 0 {
		t.Errorf("a picture told as a link that is too long")
	}
	if links := Links(base, []byte(strings.Repeat("<div>", 100_000)+"<a href=/deep>")); len(links) != 1 {
		t.Errorf("deep: %d", len(links))
	}
	// A script that is not ended holds all that follows.
	if links := Links(base, []byte("<script>var a = '</style>'; <a href=/no></script><a href=/yes>")); !slices.Equal(links, []Link{{URL: base + "yes", Page: true}}) {
		t.Errorf("script: %v", links)
	}
}

func TestFingerprint(t *testing.T) {
	frame := strings.Repeat("县人民政府门户网站 政务公开 办事服务 互动交流 ", 20)
	page := func(text string) scanned { return scan("http://x/", []byte("<p>"+frame+text+"</p>"), true) }
	may, june, other := page("2024年5月 1 2 3"), page("2024年6月 4 5 6"), page("关于印发工作要点的通知")
	if may.text.key != june.text.key || may.text.key == other.text.key {
		t.Error("figures must not count, words must")
	}
	if !near(may.text.sim, june.text.sim) || near(0, 0) {
		t.Error("near")
	}
	far := scan("http://x/", []byte("<p>"+strings.Repeat("防汛抗旱应急预案全文如下各乡镇街道办事处遵照执行", 20)), true)
	if near(may.text.sim, far.text.sim) {
		t.Error("different texts are near")
	}
}

func FuzzLinks(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte("\xff\xfe<\x00a\x00"))
	f.Add([]byte("<a href='/\x00\xcd\\'><base href=//[>"))
	f.Add([]byte("<meta http-equiv=refresh content=',url = \"x'><plaintext><a href=/>"))
	f.Fuzz(func(t *testing.T, page []byte) {
		before := bytes.Clone(page)
		links := Links("http://www.x.gov.cn/a/", page)
		if !bytes.Equal(before, page) {
			t.Fatal("the page was changed")
		}
		if root, err := html.Parse(bytes.NewReader(page)); err == nil { // it refuses what nests too deep
			links = append(links, walk("http://www.x.gov.cn/a/", root, page, true).links...)
		}
		for _, l := range links {
			if len(l.URL) > MaxURL {
				t.Fatalf("over its limit: %v", l)
			}
			if again, err := Canonical("", l.URL); err != nil || again != l.URL {
				t.Fatalf("%q is not canonical: %q, %v", l.URL, again, err)
			}
		}
	})
}
