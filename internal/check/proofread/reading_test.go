package proofread

import (
	"slices"
	"strings"
	"testing"

	"zhengshu/internal/check"
)

// readPage is what the words of a page say, and the spans found in them.
func readPage(t testing.TB, p *Proofreader, body string) (string, []check.Span) {
	t.Helper()
	pg, err := check.ParsePage([]byte("<html><body>"+body+"</body></html>"), "text/html; charset=utf-8", "http://www.example.gov.cn/")
	if err != nil {
		t.Fatal(err)
	}
	r := pg.Reading(true)
	return r.Text, append(r.Scan(p), r.Privacy()...)
}

// Wrong words and numbers of persons are seen however the source cuts them in two, and the
// span is what stands there, the break included.
func TestWordsCutInTwo(t *testing.T) {
	p := newReader(t, Options{})
	const id = "61011319900307001"
	for _, c := range []struct{ body, kind, shown string }{
		{"<p>会议按装部署了设备。</p>", KindConfusion, "按装"},
		{"<p>会议按\n装部署了设备。</p>", KindConfusion, "按装"},
		{"<p>会议按\r\n        装部署了设备。</p>", KindConfusion, "按装"},
		{"<p>会议按 装部署了设备。</p>", KindConfusion, "按 装"},
		{"<p>会议按&nbsp;装部署了设备。</p>", KindConfusion, "按 装"},
		{"<p>会议按\u3000装部署了设备。</p>", KindConfusion, "按 装"},
		{"<p>会议按<br>装部署了设备。</p>", KindConfusion, "按\n装"},
		{"<p>会议按<br/>\n  装部署了设备。</p>", KindConfusion, "按\n装"},
		{"<p>会议<b>按</b>装部署了设备。</p>", KindConfusion, "按装"},
		{"<p>会议<span>按</span><font>装</font>部署了设备。</p>", KindConfusion, "按装"},
		{"<p>会议按<wbr>装部署了设备。</p>", KindConfusion, "按装"},
		{"<p>会议按<!-- 注 -->装部署了设备。</p>", KindConfusion, "按装"},
		{"<p>会议按&#8203;装部署了设备。</p>", KindConfusion, "按装"},
		{"<p>会议按&shy;装部署了设备。</p>", KindConfusion, "按装"},
		{"<p>会议按&zwnj;装部署了设备。</p>", KindConfusion, "按装"},
		{"<p>会议按&zwj;装部署了设备。</p>", KindConfusion, "按装"},
		{"<p>会议按&#x2060;装部署了设备。</p>", KindConfusion, "按装"},
		{"<p>会议按\ufeff装部署了设备。</p>", KindConfusion, "按装"},
		{"<p>会议按&lrm;装部署了设备。</p>", KindConfusion, "按装"},
		{"<p>会议<b>按</b>&#8203;\u200b装部署了设备。</p>", KindConfusion, "按装"},
		{"<p>各级人民正\n府应当加强领导。</p>", KindConfusion, "人民正府"},
		{"<p>各级人民<br>正府应当加强领导。</p>", KindConfusion, "正"},

		{"<p>联系电话13800138000</p>", check.KindMobile, "13800138000"},
		{"<p>联系电话138\n00138000</p>", check.KindMobile, "138 00138000"},
		{"<p>联系电话138<br>00138000</p>", check.KindMobile, "138\n00138000"},
		{"<p>联系电话<b>138</b>00138000</p>", check.KindMobile, "13800138000"},
		{"<p>联系电话138&#8203;0013&shy;8000</p>", check.KindMobile, "13800138000"},
		{"<p>联系电话138&#x2060;00138000</p>", check.KindMobile, "13800138000"},
		{"<p>身份证号" + id + "5号</p>", check.KindIDCard, id + "5"},
		{"<p>身份证号610113&#8203;199003070015号</p>", check.KindIDCard, id + "5"},
		{"<p>身份证号610113&shy;199003070015号</p>", check.KindIDCard, id + "5"},
		{"<p>身份证号610113&#x202c;199003070015号</p>", check.KindIDCard, id + "5"},
		{"<p>身份证号610113<br>199003070015号</p>", check.KindIDCard, "610113\n199003070015"},
		{"<p>身份证号610113\n  199003070015号</p>", check.KindIDCard, "610113 199003070015"},
		{"<p>身份证号<span>610113</span><span>19900307</span><span>0015</span>号</p>", check.KindIDCard, id + "5"},
	} {
		text, spans := readPage(t, p, c.body)
		whole := []rune(text)
		if !slices.ContainsFunc(spans, func(s check.Span) bool { return s.Kind == c.kind && string(whole[s.Start:s.End]) == c.shown }) || len(spans) != 1 {
			t.Errorf("%q: read %q, found %+v, want one %s at %q", c.body, text, spans, c.kind, c.shown)
		}
	}
}

// What the page shows apart is not read as one: cells, items, blocks, lines that do not go
// on, words that a blank parts, links beside one another.
func TestWhatStandsApartIsReadApart(t *testing.T) {
	p := newReader(t, Options{})
	for _, body := range []string{
		"<p>会议按</p><p>装部署了设备。</p>",
		"<table><tr><td>会议按</td><td>装部署了设备。</td></tr></table>",
		"<table><tr><td>按</td></tr><tr><td>装</td></tr></table>",
		"<ul><li>会议按</li><li>装部署了设备。</li></ul>",
		"<dl><dt>按</dt><dd>装</dd></dl>",
		"<div>按</div>装",
		"<h2>按</h2>\n<span>装</span>",
		"<p>按<br><br>装</p>",
		"<p><span>按</span>\n<span>装</span></p>",
		"<p><a href='/a'>按</a> <a href='/b'>装</a></p>",
		"<pre>按\n装</pre>",
		"<p style='white-space: pre-line'>按\n装</p>",
		"<select><option>按</option><option>装</option></select>装",
		"<p>主任：王一<br>副主任：李二<br>成员：赵三</p>",
		"<p>西安市雁塔区发展和改革委员会<br>会计核算中心<br>西安市雁塔区人民政府办公室<br>室内装修管理处</p>",
		"<p>张 三  李 四  王 五<br>赵 六  孙 七  周 八</p>",
		"<p>第一 第二 第三 要闻 公告 公示 公开 开放</p>",
		"<p>关于印发《雁塔区防汛应急预案》<br>的通知</p>",
		"<table><tr><td>138</td><td>00138000</td></tr></table>",
		"<p>电话138</p><p>00138000</p>",
		"<ul><li>手机138</li><li>00138000</li></ul>",
		"<p>编号138<br>00138000</p>",
		"<p>金额1380<br>0138000</p>",
		"<p>统计2024<br>2025<br>2026</p>",
		"<p>电话：029-85251234<br>029-85255678<br>85251111</p>",
		"<p>上一篇\n</p><p>\n下一篇</p>",
		"<p>通 知 公 告</p>",
	} {
		if text, spans := readPage(t, p, body); len(spans) != 0 {
			t.Errorf("%q: read %q, found %+v", body, text, spans)
		}
	}
}

// The breaks that are read across are bounded.
func TestManyCutsAreBounded(t *testing.T) {
	p := newReader(t, Options{})
	text, spans := readPage(t, p, "<p>"+strings.Repeat("会议按 装部署了设备。", 10_000)+"</p>")
	if len(spans) == 0 || len(spans) > 2000 {
		t.Errorf("%d spans in %d bytes", len(spans), len(text))
	}
}
