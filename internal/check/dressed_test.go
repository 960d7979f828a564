package check

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"zhengshu/internal/check/css"
)

func dressedFindings(t testing.TB, markup string, sheets ...string) []Finding {
	t.Helper()
	p, err := ParsePage([]byte(`<html><head><link rel="stylesheet" href="/css/a.css"></head><body>`+markup+`</body></html>`), "text/html; charset=utf-8", contractURL)
	if err != nil {
		t.Fatal(err)
	}
	var all []*Stylesheet
	for i, rules := range sheets {
		s, err := ReadStylesheet([]byte(rules), "text/css", fmt.Sprintf("http://www.example.gov.cn/css/%d.css?v=3", i))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	return RunCheck(Facts{Page: p, Dress: NewDress(all)}, "concealed.styled_link")
}

// What a style sheet of the site hides, and what sheets of honest sites hide as well.
func TestLinksHiddenByStyleSheets(t *testing.T) {
	const foreign, bad = `<a href="http://www.qinghe-maoyi.com/">清河</a>`, `<a href="http://www.qinghe-maoyi.com/">百家乐官网</a>`
	for _, c := range []struct {
		name, markup, rules string
		want                Severity // "" none
	}{
		{"out of the screen", `<div class="m1"><p>` + foreign + `</p></div>`, `.m1{position:absolute;left:-9999px}`, Error},
		{"out of the screen, spam", `<div class="m1">` + bad + `</div>`, `.m1{position:absolute;left:-9999px}`, Serious},
		{"indented away", `<div id="q">` + foreign + `</div>`, `#q{text-indent:-5000px}`, Error},
		{"no size of letters", `<p class="t z">` + foreign + `</p>`, `p.z a{font-size:0}`, Error},
		{"a point", `<div class="z">` + foreign + `</div>`, `.z{width:1px;height:1px;overflow:hidden}`, Error},
		{"within @media screen", `<div class="z">` + foreign + `</div>`, `@media screen{.z{font-size:0}}`, Error},
		{"not displayed, spam", `<div class="z">` + bad + `</div>`, `.z{display:none}`, Serious},
		{"part here, part there", `<style>.z{left:-9999px}</style><div class="z">` + foreign + `</div>`, `.z{position:absolute}`, Error},
		{"escaped", `<div class="z">` + foreign + `</div>`, `.z{p\6fsition:absolute;left:-9999px}`, Error},

		{"in sight", `<div class="z">` + foreign + `</div>`, `.z{color:red}`, ""},
		{"not displayed: a menu its script opens", `<div class="z">` + foreign + `</div>`, `.z{display:none}`, ""},
		{"faint until it has moved in", `<div class="z">` + foreign + `</div>`, `.z{opacity:0}`, ""},
		{"a closed fold", `<div class="z">` + foreign + `</div>`, `.z{height:0;overflow:hidden}`, ""},
		{"opened by the pointer", `<ul><li>友情链接<div class="z">` + foreign + `</div></li></ul>`, `.z{position:absolute;left:-999em} li:hover .z{left:0}`, ""},
		{"own links hidden with it", `<div class="z"><a href="/yw/">要闻</a>` + foreign + `</div>`, `.z{position:absolute;left:-9999px}`, ""},
		{"shown by the page", `<style>.z{position:static}</style><div class="z">` + foreign + `</div>`, `.z{position:absolute;left:-9999px}`, ""},
		{"shown by its style attribute", `<div class="z" style="left:0">` + foreign + `</div>`, `.z{position:absolute;left:-9999px}`, ""},
		{"shown by a later rule", `<div class="z">` + foreign + `</div>`, `.z{position:absolute;left:-9999px} div.z{left:auto}`, ""},
		{"hidden on paper", `<div class="z">` + foreign + `</div>`, `@media print{.z{font-size:0}}`, ""},
		{"hidden on telephones", `<div class="z">` + foreign + `</div>`, `@media (max-width:768px){.z{font-size:0}}`, ""},
		{"a picture for words", `<a class="z" href="http://www.qinghe-maoyi.com/">清河</a>`, `.z{display:block;width:90px;height:30px;text-indent:-9999px;background:url(a.png)}`, ""},
		{"a government's", `<div class="z"><a href="http://www.shaanxi.gov.cn/">省政府</a></div>`, `.z{position:absolute;left:-9999px}`, ""},
		{"hidden by the page: another check's", `<div class="z" style="display:none">` + bad + `</div>`, `.z{position:absolute;left:-9999px}`, ""},
		{"another class", `<div class="zz">` + foreign + `</div>`, `.z{position:absolute;left:-9999px}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Violations(dressedFindings(t, c.markup, c.rules))
			if c.want == "" && len(got) > 0 || c.want != "" && (len(got) != 1 || got[0].Severity != c.want) {
				t.Fatalf("%+v, want %q", got, c.want)
			}
			if c.want != "" && (!strings.Contains(got[0].Says, "qinghe-maoyi.com") || !strings.Contains(got[0].Says, "/css/0.css 中的规则 ")) {
				t.Errorf("says %s", got[0].Says)
			}
		})
	}
}

// Words of spam and frames that a style sheet of the site hides.
func TestTextAndFramesHiddenByStyleSheets(t *testing.T) {
	const spam, frame, badFrame = `<p>澳门百家乐官网现金棋牌开户送彩金</p>`, `<iframe src="http://www.qinghe-maoyi.com/x"></iframe>`, `<iframe src="http://www.bet365-88.com/"></iframe>`
	for _, c := range []struct {
		name, markup, rules string
		want                Severity
	}{
		{"words out of the screen", `<div class="z">` + spam + `</div>`, `.z{position:absolute;left:-9999px}`, Serious},
		{"words not displayed", `<div class="z">` + spam + `</div>`, `.z{display:none}`, Error},
		{"words of no size, deep in", `<div class="z"><ul><li><span>真人百家乐</span></li></ul></div>`, `.z li{font-size:0}`, Serious},
		{"words indented away", `<h1 class="z">百家乐官网</h1>`, `.z{text-indent:-9999px}`, Serious},
		{"a frame out of the screen", `<div class="z">` + frame + `</div>`, `.z{position:absolute;left:-9999px}`, Error},
		{"a frame of a point", frame, `iframe{width:1px;height:1px;overflow:hidden}`, Error},
		{"a frame of spam that is not displayed", `<div class="z">` + badFrame + `</div>`, `.z{display:none}`, Serious},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Violations(dressedFindings(t, c.markup, c.rules))
			if len(got) != 1 || got[0].Severity != c.want || !strings.Contains(got[0].Says, "/css/0.css 中的规则 ") {
				t.Errorf("%+v, want one %s", got, c.want)
			}
		})
	}
}

// What honest sites hide with the sheets that they use every day: nothing is told of it,
// with links of firms, frames of others and talk of what is unlawful in it.
func TestHonestStyleSheetsHideNothing(t *testing.T) {
	const (
		firm   = `<a href="http://www.qinghe-maoyi.com/">清河电视</a>`
		own    = `<a href="/col/1.html">要闻动态</a>`
		frame  = `<iframe src="http://player.qinghe-maoyi.com/v/1"></iframe>`
		lawful = `<p>公安机关依法打击百家乐等网络赌博，提醒群众不要参与。</p>`
		all    = firm + own + frame + lawful
	)
	for _, c := range []struct{ name, markup, rules string }{
		{"a menu of the second level", `<ul class="nav"><li>走进雁塔<ul class="sub">` + firm + frame + `</ul></li></ul>`, `.nav .sub{display:none;position:absolute;top:40px} .nav li:hover .sub{display:block}`},
		{"a menu out of the screen until it is pointed at", `<div class="nav"><div class="sub-nav">` + firm + lawful + `</div></div>`, `.sub-nav{position:absolute;left:-9999px} .nav:hover .sub-nav{left:0}`},
		{"sheets of a tab", `<div class="tab-con on">` + own + `</div><div class="tab-con">` + all + `</div>`, `.tab-con{display:none} .tab-con.on{display:block}`},
		{"sheets of a tab, out of the screen", `<div class="bd"><ul class="tempWrap">` + all + `</ul></div>`, `.tempWrap{position:absolute;left:-9999px}`},
		{"panes of a framework", `<div class="tab-pane fade">` + all + `</div>`, `.tab-pane{display:none} .fade:not(.show){opacity:0} .tab-content>.active{display:block}`},
		{"a fold", `<dl><dt>友情链接</dt><dd class="fold">` + firm + frame + `</dd></dl>`, `.fold{max-height:0;overflow:hidden;transition:max-height .3s} dl.open .fold{max-height:500px}`},
		{"a fold of a framework", `<div class="collapse">` + firm + lawful + `</div>`, `.collapse:not(.show){display:none}`},
		{"on paper alone", `<div class="print-only">` + firm + lawful + `</div>`, `.print-only{display:none} @media print{.print-only{display:block}}`},
		{"not on paper", `<div class="no-print">` + all + `</div>`, `@media print{.no-print{position:absolute;left:-9999px}}`},
		{"for readers of screens", `<a class="sr-only" href="#main">跳到正文</a><span class="sr-only">以下为友情链接` + lawful + `</span>`, `.sr-only{position:absolute;width:1px;height:1px;margin:-1px;padding:0;overflow:hidden;clip:rect(0,0,0,0);border:0}`},
		{"a skip link that comes with the focus", `<a class="skip" href="#main">跳转到主要内容区</a>`, `.skip{position:absolute;left:-10000px} .skip:focus{left:0}`},
		{"on telephones alone", `<div class="visible-xs">` + firm + frame + `</div>`, `.visible-xs{display:none!important} @media (max-width:767px){.visible-xs{display:block!important}}`},
		{"not on telephones", `<div class="hidden-xs">` + all + `</div>`, `@media (max-width:767px){.hidden-xs{display:none!important}}`},
		{"a carousel", `<div class="swiper"><div class="slide">` + own + `</div><div class="slide">` + all + `</div></div>`, `.swiper{overflow:hidden} .slide{float:left} .slide+.slide{visibility:hidden}`},
		{"pictures that take turns", `<div class="focus"><div class="item">` + firm + `</div><div class="item">` + own + `</div></div>`, `.focus .item{position:absolute;opacity:0;z-index:0} .focus .item.cur{opacity:1}`},
		{"a scroller that begins outside", `<div class="marquee"><div class="in">` + own + firm + `</div></div>`, `.marquee{overflow:hidden} .in{position:absolute;left:-1200px}`},
		{"dark mode", `<div class="light">` + firm + lawful + `</div><div class="dark">` + firm + frame + `</div>`, `.dark{display:none} @media (prefers-color-scheme:dark){.dark{display:block}.light{display:none}}`},
		{"a bar on cookies", `<div id="cookie-bar">本站使用Cookie，` + firm + `</div>`, `#cookie-bar{position:fixed;bottom:-200px;transform:translateY(100%)}`},
		{"a window that opens", `<div class="layer"><div class="modal">` + firm + frame + lawful + `</div></div>`, `.modal{display:none;position:fixed;top:50%;left:50%;transform:translate(-50%,-50%)}`},
		{"a mask for a window", `<div class="mask">` + frame + `</div>`, `.mask{visibility:hidden;opacity:0;position:fixed}`},
		{"a code shown beside an icon", `<li class="wx">微信<div class="ewm">` + firm + `</div></li>`, `.ewm{display:none;position:absolute;bottom:40px} .wx:hover .ewm{display:block}`},
		{"a logo for words", `<h1 class="logo"><a href="/">雁塔区人民政府</a></h1><a class="qh" href="http://www.qinghe-maoyi.com/">清河</a>`, `.logo a,.qh{display:block;width:300px;height:60px;background:url(../img/logo.png) no-repeat;text-indent:-9999px;overflow:hidden}`},
		{"a list that drops down", `<div class="select"><span>友情链接</span><ul class="opts">` + firm + own + `</ul></div>`, `.opts{display:none;position:absolute;z-index:-1}`},
		{"a clearing", `<div class="clear">` + `</div>` + firm, `.clear{clear:both;height:0;font-size:0;line-height:0;overflow:hidden}`},
		{"letters without gaps", `<ul class="links">` + firm + own + `</ul>`, `.links{font-size:0} .links a{font-size:14px}`},
		{"what moves in", `<div class="fade-up">` + firm + frame + lawful + `</div>`, `.fade-up{opacity:0;transform:translateY(60px)} .fade-up.in{opacity:1}`},
		{"what is drawn at last", `<div class="app" v-cloak>` + firm + frame + `</div><script>new Vue({el:'.app'})</script>`, `[v-cloak]{display:none}`},
		{"a player that waits", `<div class="video">` + frame + `</div>`, `.video iframe{display:none} .video.play iframe{display:block}`},
		{"a frame that keeps its shape", `<div class="ratio">` + frame + `</div>`, `.ratio{position:relative;height:0;padding-bottom:56.25%;overflow:hidden} .ratio iframe{position:absolute;left:0;top:0;width:100%;height:100%}`},
		{"a frame for what is sent", `<iframe class="up" src="about:blank" name="up"></iframe>`, `.up{width:0;height:0;border:0}`},
		{"talk of what is unlawful in a fold of its own", `<div class="more">` + lawful + `</div>`, `.more{display:none}`},
		{"headings of news in a hidden sheet", `<div class="con"><ul><li>` + own + `</li><li><a href="/a/2.html">某棋牌室开设百家乐被查处</a></li></ul></div>`, `.con{display:none}`},
		{"old browsers", `<div class="ie-tip">您的浏览器版本过低，请` + firm + `</div>`, `.ie-tip{display:none} .ie8 .ie-tip{display:block}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Violations(dressedFindings(t, c.markup, c.rules)); len(got) != 0 {
				t.Errorf("%+v", got)
			}
		})
	}
}

// The sheet and the rule that hide are named, also among several sheets; a later sheet
// outranks an earlier one.
func TestTheSheetThatHidesIsNamed(t *testing.T) {
	const markup = `<div class="z"><a href="http://www.qinghe-maoyi.com/">清河</a></div>`
	got := Violations(dressedFindings(t, markup, `body{margin:0} .z{left:0}`, `.y{color:red} div.z{position:absolute;left:-9999px}`))
	if len(got) != 1 || !strings.Contains(got[0].Says, "/css/1.css 中的规则 div.z）") {
		t.Fatalf("%+v", got)
	}
	if got := Violations(dressedFindings(t, markup, `.z{position:absolute;left:-9999px}`, `.z{left:0}`)); len(got) > 0 {
		t.Fatalf("%+v", got)
	}
}

func TestWhatAStyleSheetImports(t *testing.T) {
	s, err := ReadStylesheet([]byte("@charset \"utf-8\";/* a */@import url('b.css');@IMPORT \"/c.css\" screen;@import url(d.css) print;\r\n@import url(data:text/css,a{});.a{color:red}@import 'late.css';"), "text/css", "http://www.example.gov.cn/css/a.css")
	if err != nil || strings.Join(s.Imports, " ") != "http://www.example.gov.cn/css/b.css http://www.example.gov.cn/c.css" {
		t.Fatalf("%q %v", s.Imports, err)
	}
	if _, err := ReadStylesheet(make([]byte, MaxStylesheet+1), "", "http://www.example.gov.cn/a.css"); err == nil {
		t.Error("a sheet that is too long was read")
	}
}

// A page is dressed where it has a link to judge and a sheet for the screen.
func TestPagesThatAreDressed(t *testing.T) {
	const sheet, link = `<link rel="stylesheet" href="/a.css?v=1">`, `<div class="z"><a href="http://www.qinghe-maoyi.com/">清河</a></div>`
	page := func(head, body string) *Page {
		p, err := ParsePage([]byte("<html><head>"+head+"</head><body>"+body+"</body></html>"), "text/html; charset=utf-8", contractURL)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	for _, c := range []struct {
		head, body string
		want       int
	}{
		{sheet, link, 1},
		{sheet, `<a href="/yw/">要闻</a><a href="http://www.shaanxi.gov.cn/">省政府</a>`, 0},
		{`<link rel="stylesheet" media="print" href="/a.css">`, link, 0},
		{`<link rel="alternate stylesheet" href="/a.css">`, link, 0},
		{"<style>.z{color:red}</style>", link, 0},
	} {
		if got, _ := page(c.head, c.body).OwnSheets(nil); len(got) != c.want {
			t.Errorf("%s %s: %q", c.head, c.body, got)
		}
	}
	_, a := page(sheet, link+"<p>一</p>").OwnSheets(nil)
	_, b := page(sheet, link+"<p>二</p>").OwnSheets(nil)
	_, c := page(sheet, strings.Replace(link, `"z"`, `"y"`, 1)).OwnSheets(nil)
	if a != b || a == c {
		t.Errorf("pages whose links stand alike: %x %x, others %x", a, b, c)
	}
}

// Sheets made to cost time or memory are read within bounds that the sizes set.
func TestHostileStyleSheets(t *testing.T) {
	const markup = `<div class="z"><a href="http://www.qinghe-maoyi.com/">清河</a></div>`
	fill := func(one string) string { return strings.Repeat(one, (MaxStylesheet-100)/len(one)) }
	many := fill(".z,")
	for name, rules := range map[string]string{
		"selectors":        many + ".y{font-size:0}",
		"other selectors":  fill("a#b.c>d,") + "e{color:red}",
		"deep":             fill("@media screen{"),
		"deep rules":       fill(".z{&"),
		":is":              fill(":is(.z,") + ".z{font-size:0}",
		"imports":          fill("@import 'a.css';"),
		"open":             fill(".z{"),
		"comments":         fill("/*"),
		"many comments":    fill("/**/"),
		"properties":       many[:len(many)/2] + ".z{" + fill("a:b;c:d;")[:MaxStylesheet/2-200] + "}",
		"rules":            fill(".z{left:0}"),
		"rules of parents": fill("a .z{left:0}b>.z{top:0}"),
	} {
		s, err := ReadStylesheet([]byte(rules), "text/css", "http://www.example.gov.cn/a.css")
		if err != nil {
			t.Fatal(name, err)
		}
		d := NewDress([]*Stylesheet{s})
		if len(s.Imports) > css.MaxSame || d.sheet.Rules() > css.MaxRules {
			t.Errorf("%s: %d imports, %d rules", name, len(s.Imports), d.sheet.Rules())
		}
		dressedFindings(t, markup, rules)
	}
}

// Many links in many boxes cost what they are: each box is judged once.
func TestManyDressedLinksAreBounded(t *testing.T) {
	deep := strings.Repeat(`<div class="z">`, 400)
	many := strings.Repeat(`<a href="http://www.qinghe-maoyi.com/">清河</a>`, 20_000)
	if got := dressedFindings(t, deep+many+`<a href="/yw/">要闻</a>`, ".z{font-size:0}"); slices.ContainsFunc(got, func(f Finding) bool { return f.Outcome == Violated }) {
		t.Errorf("%d findings where the site's own is hidden as well", len(got))
	}
	if got := dressedFindings(t, deep+many, ".z{font-size:0}"); !slices.ContainsFunc(got, func(f Finding) bool { return f.Outcome == Violated }) {
		t.Error("nothing is found")
	}
}

// FuzzStylesheet reads what strangers hand out as a style sheet.
func FuzzStylesheet(f *testing.F) {
	for _, s := range []string{
		"", ".z{position:absolute;left:-9999px}", "@charset \"gbk\";\r\n@import url(b.css);.z{}", "@media screen{.z{font-size:0}", ":is(.z,:is(a)){display:none}", "/*", ".z{&.z{", "\xff\xfe.\x00z\x00{\x00}\x00", ".z{--a:var(--a)}", "@import\"", "@import url(\xd6\xd0.css);",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, rules []byte) {
		s, err := ReadStylesheet(rules, "text/css", "http://www.example.gov.cn/a.css")
		if err != nil {
			return
		}
		if len(s.Imports) > css.MaxSame {
			t.Fatal(len(s.Imports))
		}
		for _, found := range dressedFindings(t, `<div class="z" id="a"><a href="http://www.qinghe-maoyi.com/">清河</a><iframe src="http://www.qinghe-maoyi.com/"></iframe><p>澳门百家乐</p></div>`, string(rules)) {
			if found.Says == "" {
				t.Fatal(found)
			}
		}
	})
}
