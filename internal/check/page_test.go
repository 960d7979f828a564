package check

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"zhengshu/internal/realdata"
)

func gbk(t testing.TB, s string) []byte {
	t.Helper()
	b, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDecode(t *testing.T) {
	const text = "某市人民政府办公室关于印发实施方案的通知"
	late := "<html><head>" + strings.Repeat("<!-- 说明 -->", 200) + `<meta charset="gb2312"></head>` + text
	tests := []struct {
		name        string
		body        []byte
		contentType string
		charset     string
	}{
		{"utf-8", []byte(text), "", CharsetUTF8},
		{"utf-8 called gbk by the header", []byte(text), "text/html; charset=gbk", CharsetUTF8},
		{"utf-8 with mark against its meta", append([]byte("\xEF\xBB\xBF"), `<meta charset="gbk">`+text...), "", CharsetUTF8},
		{"gbk bare", gbk(t, text), "", CharsetGB18030},
		{"gbk called utf-8", gbk(t, `<meta charset="utf-8">`+text), "text/html; charset=utf-8", CharsetGB18030},
		{"gbk declared late", gbk(t, late), "", CharsetGB18030},
		{"gbk by the header", gbk(t, text), "text/html;charset=GB2312", CharsetGB18030},
		{"four-byte gb18030", gbk(t, text+"𠮷䶮"), "", CharsetGB18030},
		{"gbk that is valid utf-8", gbk(t, "联通"), "text/html; charset=gbk", CharsetGB18030},
		{"ascii", []byte("<p>hello</p>"), "", CharsetUTF8},
		{"ascii said to be gbk", []byte(`<meta http-equiv="Content-Type" content="text/html; charset=gb2312"><p>hello</p>`), "", CharsetGB18030},
		{"utf-8 with a cut end", []byte(text + strings.Repeat("政府信息公开", 60) + "\xE6\x94"), "", CharsetUTF8},
		{"utf-16", []byte("\xFF\xFE\x3F\x65\x9C\x5E"), "", CharsetUTF16},
		{"empty", nil, "", CharsetUTF8},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, charset, err := Decode(tt.body, tt.contentType)
			if err != nil || charset != tt.charset {
				t.Fatalf("charset %q, err %v; want %q", charset, err, tt.charset)
			}
			if strings.Contains(string(tt.name), "gb") && strings.ContainsRune(got, '\uFFFD') {
				t.Errorf("damaged text %q", got)
			}
		})
	}
	if got, _, _ := Decode([]byte("政\x00府"), ""); got != "政府" {
		t.Errorf("NUL bytes left: %q", got)
	}
	var large *TooLargeError
	if _, _, err := Decode(make([]byte, MaxBody+1), ""); !errors.As(err, &large) || !strings.Contains(err.Error(), "5 MB") {
		t.Errorf("too large: %v", err)
	}
}

func TestParsePageFields(t *testing.T) {
	const para = `<p>为贯彻落实有关部署，结合本地实际，制定本方案。各有关部门要高度重视，加强协调配合，按时完成各项任务，确保取得实效。</p><p>成立时间：2001年5月1日。会议时间：2002年1月2日。</p>`
	type want struct{ title, docNo, indexNo, issuer, topic, written, published, body string }
	tests := []struct {
		name, src string
		want      want
	}{
		{
			"table of th and td",
			`<title>关于印发某某方案的通知_某市人民政府</title><table><tr><th>索 引 号</th><td>116104/2023-00012</td><th>发布机构</th><td>某市人民政府办公室</td></tr>
			<tr><th>信息名称</th><td colspan=3>某市人民政府办公室关于印发某某方案的通知</td></tr><tr><th>文　　号</th><td>某政办发〔2023〕12号</td><th>成文日期</th><td>2023-03-01</td></tr>
			<tr><th>主题分类</th><td>综合政务\其他</td><th>发布日期</th><td>2023-03-05 16:20</td></tr></table><div class="TRS_Editor">` + para + `</div>`,
			want{"某市人民政府办公室关于印发某某方案的通知", "某政办发〔2023〕12号", "116104/2023-00012", "某市人民政府办公室", "综合政务\\其他", "2023-03-01", "2023-03-05 16:20", "为贯彻落实"},
		},
		{
			"list of labels",
			`<title>通知</title><ul><li><span>索引号：</span>JY-2022-1</li><li><strong>发文机关：</strong><span>某县教育局</span></li><li><b>标题：</b>某县教育局关于开展检查的通知</li><li><b>发文字号：</b>某教发[2022]3号</li><li>成文日期：2022年1月5日</li><li>公开日期：2022/1/6</li></ul><div id="zoom">` + para + `</div>`,
			want{"某县教育局关于开展检查的通知", "某教发[2022]3号", "JY-2022-1", "某县教育局", "", "2022-01-05", "2022-01-06", "为贯彻落实"},
		},
		{
			"definition list",
			`<dl><dt>索引号</dt><dd>A-1</dd><dt>生成日期</dt><dd>2020-02-03</dd><dt>发布机构</dt><dd>某厅</dd></dl><h1>关于某事的公告</h1><div class="article-content">` + para + `</div>`,
			want{"关于某事的公告", "", "A-1", "某厅", "", "2020-02-03", "", "为贯彻落实"},
		},
		{
			"line under the heading",
			`<title>我市召开会议-某市人民政府门户网站</title><h1>我市召开会议</h1><div class="info">发布时间：2024-01-02 08:09　来源：某市日报　浏览次数：12　字体：大 中 小</div><div class="content">` + para + `</div>`,
			want{"我市召开会议", "", "", "", "", "", "2024-01-02 08:09", "为贯彻落实"},
		},
		{
			"date alone under the heading",
			`<title>我市召开会议_要闻_某市人民政府</title><h2 class="tit">我市召开会议</h2><p class="src"><span>来源：某市日报</span> <span>2024-01-02 08:09:33</span></p><div class="TRS_Editor">` + para + `</div>`,
			want{"我市召开会议", "", "", "", "", "", "2024-01-02 08:09", "为贯彻落实"},
		},
		{
			"time label with blanks",
			`<title>我市召开会议</title><div class="article-title">我市召开会议</div><div>日期：2024年1月2日 8时09 作者：张三</div><div class="con_txt">` + para + `</div>`,
			want{"我市召开会议", "", "", "", "", "", "2024-01-02 08:09", "为贯彻落实"},
		},
		{
			"tags only",
			`<meta name="ArticleTitle" content="我市召开会议"><meta name="pubdate" content="2024-01-02 08:09"><title>x</title><div class="content">` + para + `</div>`,
			want{"我市召开会议", "", "", "", "", "", "2024-01-02 08:09", "为贯彻落实"},
		},
		{
			"tag says the minute, page the day",
			`<meta name="ArticleTitle" content="我市召开会议"><meta name="PubDate" content="2024-01-02 08:09"><h1>我市召开会议</h1><p>发布日期：2024-01-02</p><div class="content">` + para + `</div>`,
			want{"我市召开会议", "", "", "", "", "", "2024-01-02", "为贯彻落实"},
		},
		{
			"document without metadata",
			`<title>关于加强管理的意见 - 某省人民政府</title><div id="UCAP-CONTENT"><p>某省人民政府关于加强管理的意见</p><p>某政发〔2019〕5号</p><p>各市、县人民政府：</p>` + para + `<p>某省人民政府</p><p>二〇一九年三月八日</p><p>（此件公开发布）</p></div>`,
			want{"关于加强管理的意见", "某政发〔2019〕5号", "", "某省人民政府", "", "2019-03-08", "", "某省人民政府关于加强管理的意见"},
		},
		{
			"search form is no metadata",
			`<form>标题：<input> 发文字号：<input></form><title>我市召开会议</title><h1>我市召开会议</h1><span>时间：2024-01-02</span><div class="content">` + para + `</div>`,
			want{"我市召开会议", "", "", "", "", "", "2024-01-02", "为贯彻落实"},
		},
		{
			"clock of the page is no date",
			`<div class="top">今天是2025年6月7日 星期六</div><title>我市召开会议</title><h1>我市召开会议</h1><span>发布日期: 2024-01-02</span><div class="content">` + para + `</div>`,
			want{"我市召开会议", "", "", "", "", "", "2024-01-02", "为贯彻落实"},
		},
		{"bare title", `<title>某市人民政府-政府信息公开指南</title><meta name="SiteName" content="某市人民政府"><p>x</p>`, want{"政府信息公开指南", "", "", "", "", "", "", ""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := parse(t, "<html><head></head><body>"+tt.src+"<div class=foot>主办：某市人民政府办公室 电话：029-12345678</div></body></html>")
			got := want{p.Title, p.DocNo, p.IndexNo, p.Issuer, p.Topic, p.Written, p.Published, p.BodyText}
			if !strings.HasPrefix(got.body, tt.want.body) {
				t.Errorf("body starts %.60q, want %q", got.body, tt.want.body)
			}
			got.body = tt.want.body
			if got != tt.want {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func TestLinkKinds(t *testing.T) {
	p := parse(t, `<base target="_blank"><link rel="stylesheet" href="/a.css"><script src="/a.js"></script>
	<a href="/zwgk/1.html">本站页面</a><a href="http://m.example.gov.cn/1">同一网站</a><a href="http://www.gov.cn/">外站</a><a href="/f/表.DOCX?x=1">附件</a>
	<a href="mailto:a@b.cn">信</a><a href="#top">上</a><a href="javascript:void(0)">无</a><a href="/p.jpg">图</a><img src="/q.png" alt="说明"><iframe src="http://v.example.gov.cn/v"></iframe><a href="http://files.other.cn/a.pdf">外站附件</a>`)
	want := []string{"/a.css style", "/a.js script", "/zwgk/1.html page", "http://m.example.gov.cn/1 page", "http://www.gov.cn/ external", "/f/表.DOCX?x=1 attachment",
		"mailto:a@b.cn mail", "#top anchor", "javascript:void(0) anchor", "/p.jpg image", "/q.png image", "http://v.example.gov.cn/v page", "http://files.other.cn/a.pdf attachment"}
	var got []string
	for _, l := range p.Links {
		got = append(got, l.Href+" "+l.Kind)
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if p.Links[10].Text != "说明" || p.Links[2].URL != "http://www.example.gov.cn/zwgk/1.html" {
		t.Errorf("text %q, url %q", p.Links[10].Text, p.Links[2].URL)
	}
}

// numbered is a text repeated with its number in place of each #.
func numbered(text string, times int) string {
	var b strings.Builder
	for i := range times {
		b.WriteString(strings.ReplaceAll(text, "#", strconv.Itoa(i)))
	}
	return b.String()
}

// Pages made to cost come to an answer: each takes a second or two where work
// that grows with the square of the page would take hours. The bound tells the
// one from the other on any machine.
func TestHostilePages(t *testing.T) {
	const n = 200000
	const forever = time.Minute
	for name, src := range map[string]string{
		"rules and elements":  "<style>" + numbered(".a#{left:-#px}", 100000) + "</style>" + numbered(`<p class="a# b#"><a href="/#">第#条</a></p>`, 20000),
		"rules of attributes": "<style>" + numbered("p[title=#] a[href^='/#']{display:none}", 50000) + "</style>" + numbered(`<p title=#><a href="/#">第#条</a></p>`, 10000),
		"nested rules":        "<style>" + numbered(".w#{color:red;.q#{display:none}}", 50000) + "</style>" + numbered(`<div class="w#"><p class="q#"><a href="http://x.com/#">第#条</a></p></div>`, 5000),
		"deep nested rules":   "<style>" + strings.Repeat(".w{.q{", n/8) + "display:none" + strings.Repeat("}}", n/8) + `</style><div class="w"><p class="q">`,
		"variables":           "<style>:root{" + numbered("--a#:var(--b#);--b#:var(--a#);", 30000) + "}" + numbered(".c#{display:var(--a#,none)}", 30000) + "</style>" + numbered(`<p class="c#">某</p>`, 5000),
		"many selectors":      "<style>" + numbered(".a#,", 100000) + ".z{display:none}</style><p class=z>",
		"many links":          numbered(`<a href="http://h#.example.com/#">第#条</a>`, 30000),
		"many frames":         numbered(`<iframe src="http://h#.example.com/" width=0></iframe>`, 30000),
		"many framesets":      "<frameset>" + numbered(`<frameset><frame src="http://h#.example.com/"></frameset>`, 20000),
		"many hiding lines":   numbered(`<p id="q#"><a href="http://x.com/#">第#条</a></p>`, 5000) + "<script>" + numbered(`document.getElementById("q#").style.display="none";`, 20000) + "</script>",
		"many scripts":        numbered(`<script>document.write('<div id=q#>');document.querySelectorAll(".a#").forEach(e=>e.remove())</script>`, 10000),
		"deep div":            strings.Repeat("<div>", n) + `<a href="http://x.com">深</a>`,
		"deep b":              strings.Repeat("<b>", n),
		"deep a":              strings.Repeat("<a href=x>", n/4),
		"deep table":          strings.Repeat("<table><tr><td>", n/4),
		"deep font and p":     strings.Repeat("<p><font><i>", n/8),
		"nul bytes":           strings.Repeat("\x00<\x00p>", n),
		"unclosed comment":    "<!--" + strings.Repeat("x<div>", n),
		"unclosed quote":      `<a href="` + strings.Repeat("x ", n),
		"many attributes":     "<p " + strings.Repeat("a=1 ", n/4) + ">",
		"many equal styles":   strings.Repeat(`<div style="display:none"><a href="http://x.com">点</a>`, n/80),
		"only open angles":    strings.Repeat("<", n),
		"many labels":         strings.Repeat("发布时间：", n/4),
		"many digits":         strings.Repeat("1-", n),
		"style of braces":     "<style>" + strings.Repeat("@media{", n/4) + "</style>",
		"style of classes":    "<style>" + strings.Repeat(".a{display:none}", n/8) + "</style><p class=a>",
		"style repeated":      strings.Repeat(`<style>.a .b,.c{display:none}</style><p class="b c a">`, n/16),
		"script of escapes":   "<script>" + strings.Repeat(`\x41`, n/4) + strings.Repeat(`atob("QUFBQUFBQUE=")`, n/16) + "</script>",
		"select of options":   "<select>" + strings.Repeat("<option>", n/4),
		"many titles":         strings.Repeat(`<h1 class="title">某</h1>`, n/16),
		"many forms":          strings.Repeat("<form><ul><li>", n/16),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			done := make(chan error, 1)
			go func() {
				p, err := ParsePage([]byte(src), "", contractURL)
				if err == nil {
					Run(Facts{Page: p})
					ListedRows(p, aDay)
					p.Unfilled()
				}
				done <- err
			}()
			select {
			case err := <-done:
				if many := (*ManyElementsError)(nil); err != nil && !errors.Is(err, ErrUnreadable) && !errors.As(err, &many) {
					t.Errorf("error %v", err)
				}
				t.Logf("%d bytes took %v", len(src), time.Since(start))
			case <-time.After(forever):
				t.Fatalf("%d bytes have no answer after %v", len(src), forever)
			}
		})
	}
}

func TestDeepPageIsStillRead(t *testing.T) {
	src := `<title>某市召开会议</title>` + strings.Repeat("<div>", 3000) + `<p style="text-indent:-9999px"><a href="http://www.qingshan-trade.com">点击</a></p>会议强调` + strings.Repeat("</div>", 3000)
	p := parse(t, src)
	if p.Title != "某市召开会议" || !strings.Contains(p.VisibleText, "会议强调") || len(p.Links) != 1 {
		t.Errorf("title %q, links %v, text %.40q", p.Title, p.Links, p.VisibleText)
	}
}

func TestMetaHeads(t *testing.T) {
	dir := realdata.Path(t, "03_html_pages", "heads of real pages with meta tags")
	files, err := filepath.Glob(filepath.Join(dir, "meta_heads", "*.html"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no heads: %v", err)
	}
	valid := map[string]bool{}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		p, err := ParsePage(body, "", "")
		if err != nil {
			t.Fatal(err)
		}
		valid[filepath.Base(file)] = SiteCodeForm.MatchString(p.Tag("SiteIDCode"))
	}
	for file, want := range map[string]bool{"mee.gov.cn-article.html": true, "hd.gov.cn-guide.html": true, "placeholder-not-filled.html": false, "chinaclear.cn-list.html": false} {
		if valid[file] != want {
			t.Errorf("%s: site code valid %v, want %v", file, valid[file], want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("<\x00h\x00t\x00m\x00l\x00>\x00a\x00b\x00\x00\xd8"), "")
	f.Add([]byte("\xa4\x40\xa4\x41\xa4\x42\xb1\x7e"), "text/html; charset=big5")
	for _, s := range [][]byte{nil, []byte("政府"), {0xEF, 0xBB, 0xBF, 'a'}, {0xFF, 0xFE, 1}, {0xB5, 0xE7, 0x81}, {0x84, 0x31, 0x95, 0x33, 0x80}, []byte("<meta charset=gbk>\xB5\xE7"), {0x81, 0x30, 0x81}} {
		f.Add(s, "text/html; charset=gbk")
	}
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		text, charset, err := Decode(body, contentType)
		if err != nil {
			t.Fatal(err)
		}
		if charset != CharsetUTF8 && charset != CharsetGB18030 && charset != CharsetUTF16 && charset != CharsetBig5 {
			t.Fatalf("charset %q", charset)
		}
		if strings.IndexByte(text, 0) >= 0 {
			t.Fatal("NUL left")
		}
	})
}

func FuzzParsePage(f *testing.F) {
	f.Add([]byte("<title>某市-关于某事项的通知</title><p>关于某事项的通知<p>（某发【２０２４】８号）<p><b>【文号】</b><span>x</span><span>索引号：</span><p>某局<p>某厅<p>二O二四年五月六日"))
	for _, s := range []string{
		"", "<title>x", "<div style='display:none'><a href=//x.com>点</a>", "<script>eval(atob('YWFhYWFh'))</script>", "<style>.a{x:y", "<meta name=PubDate content=2024-13-01>",
		"<table><tr><td>索引号：<td>1", "<script>document.write('<div style=\"left:-1e9px;position:absolute\">')</script>", "<a href='http://[::1'>x</a>", "<p style='transform:translate(-'>", "<p style='transform:scale'>", "<p style='color:rgb('>",
		"<base href='http://%zz/'><a href=x>", "<style>@media{.a{b:c}}.d{display:none}</style><p class=d>投注", "<title>&#25104;&#20154;</title>", "发布时间：2024年1月2日 25:99",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := ParsePage(body, "", contractURL)
		if err != nil {
			return
		}
		for _, x := range Run(Facts{Page: p}) {
			if x.Check == "" || x.Says == "" || x.Outcome == "" || x.Outcome == Untested && x.Why == "" {
				t.Fatalf("finding %+v", x)
			}
		}
		ListedRows(p, aDay)
		p.Unfilled()
		Report(p, nil)
	})
}

// Pictures are those of srcset too, and those that scripts show later.
func TestPicturesBesideTheSource(t *testing.T) {
	p, err := ParsePage([]byte(`<img src="data:image/gif;base64,AA" data-src="/a/1.jpg" alt="图一"><img src="/i.png" srcset="/w_100,h_2.png 1x, /i2.png 2x,/i3.png"><picture><source srcset="s.webp"></picture>
		<img src="/l.gif" data-original="https://www.x.gov.cn/2.png"><img src="/l.gif" data-src="3.jpg"><img src="/l.gif" data-src="/plain"><video src="v.mp4"></video>`), "", "http://www.x.gov.cn/d/")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range p.Links {
		if l.Kind == LinkImage && !strings.HasPrefix(l.Href, "data:") {
			got = append(got, strings.TrimPrefix(strings.TrimPrefix(l.URL, "http://www.x.gov.cn"), "https://www.x.gov.cn"))
		}
	}
	if want := "/a/1.jpg /i.png /w_100,h_2.png /i2.png /i3.png /d/s.webp /l.gif /2.png /l.gif /l.gif"; strings.Join(got, " ") != want {
		t.Errorf("%v, want %s", got, want)
	}
	if p.Links[1].Text != "图一" {
		t.Errorf("%+v", p.Links[1])
	}
}

func FuzzSourcesOf(f *testing.F) {
	for _, s := range []string{"", ",", "a", "a,", "a 1x", "a 1x,b", " ,, a,b 2w , c,", "a\tb"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, set string) {
		for _, s := range sourcesOf(set) {
			if s == "" || strings.ContainsAny(s, " \t\r\n\f") || !strings.Contains(set, s) {
				t.Errorf("%q of %q", s, set)
			}
		}
	})
}
