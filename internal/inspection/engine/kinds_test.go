package engine_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"zhengshu/internal/egress"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/inspection/engine/enginetest"
)

// caller is one request as a server can tell it: who asks, in which request of the whole
// run, and which one of his for the page.
type caller struct {
	*http.Request
	all, own int
}

func (c caller) spider() bool   { return strings.Contains(c.UserAgent(), "spider") }
func (c caller) phone() bool    { return strings.Contains(c.UserAgent(), "Mobile") }
func (c caller) searcher() bool { return strings.Contains(c.Referer(), "baidu.com") }
func (c caller) patrol() bool   { return strings.Contains(c.UserAgent(), "zhengshu") }

// kind is a way in which a server answers some callers otherwise; nil of answer leaves
// the caller the ordinary page.
type kind struct {
	name   string
	answer func(http.ResponseWriter, caller) bool
}

func say(w http.ResponseWriter, status int, body string) bool {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	fmt.Fprint(w, body)
	return true
}

func lead(w http.ResponseWriter, c caller, to string) bool {
	http.Redirect(w, c.Request, to, http.StatusFound)
	return true
}

var (
	plainKind  = `<html><head><title>雁塔区人民政府</title></head><body><h1>雁塔区人民政府</h1><p><a href="/zx/1.html">工作会议召开</a></p><p>` + strings.Repeat(prose, 4) + `</p></body></html>`
	spamKind   = `<html><head><title>百家乐官网_真人百家乐</title></head><body><h1>百家乐官网</h1><p>百家乐官网提供真人百家乐、老虎机、时时彩投注，注册送彩金。` + strings.Repeat("欢迎光临。", 40) + `</p></body></html>`
	shopKind   = `<html><head><title>家具城特价</title></head><body><h1>家具城特价</h1><p>` + strings.Repeat("沙发床垫餐桌衣柜低价直销送货上门安装调试售后无忧。", 12) + `</p></body></html>`
	linksKind  = `<p><a href="http://www.qinghe-maoyi.com/">精品</a> <a href="http://www.lanhai-shiye.com/">推荐</a> <a href="http://www.jinxiu-wangluo.com/">热门</a> <a href="http://www.tianyu-keji.net/">排行</a></p>`
	strangeTo  = "http://www.qinghe-maoyi.com/"
	illFamedTo = "http://yule.bet3650.com/"
)

func with(markup string) string { return strings.Replace(plainKind, "</body>", markup+"</body>", 1) }

func cookied(c caller) bool { return c.Header.Get("Cookie") != "" }

// cloakKinds are forty ways to show some callers what others do not see.
var cloakKinds = []kind{
	{"spider: spam page", func(w http.ResponseWriter, c caller) bool { return c.spider() && say(w, 200, spamKind) }},
	{"spider: other page", func(w http.ResponseWriter, c caller) bool { return c.spider() && say(w, 200, shopKind) }},
	{"spider: other title", func(w http.ResponseWriter, c caller) bool {
		return c.spider() && say(w, 200, strings.Replace(plainKind, "<title>雁塔区人民政府", "<title>精品女装批发大全", 1))
	}},
	{"spider: many links", func(w http.ResponseWriter, c caller) bool { return c.spider() && say(w, 200, with(linksKind)) }},
	{"spider: one hidden link", func(w http.ResponseWriter, c caller) bool {
		return c.spider() && say(w, 200, with(`<div style="display:none"><a href="`+strangeTo+`">点击</a></div>`))
	}},
	{"spider: spam words added", func(w http.ResponseWriter, c caller) bool {
		return c.spider() && say(w, 200, with(`<p>真人百家乐 老虎机</p>`))
	}},
	{"spider: keywords", func(w http.ResponseWriter, c caller) bool {
		return c.spider() && say(w, 200, strings.Replace(plainKind, "</head>", `<meta name="keywords" content="澳门百家乐,时时彩"></head>`, 1))
	}},
	{"spider: 302 away", func(w http.ResponseWriter, c caller) bool { return c.spider() && lead(w, c, strangeTo) }},
	{"spider: refresh away", func(w http.ResponseWriter, c caller) bool {
		return c.spider() && say(w, 200, `<html><head><meta http-equiv="refresh" content="0;url=`+strangeTo+`"></head></html>`)
	}},
	{"spider: canonical away", func(w http.ResponseWriter, c caller) bool {
		return c.spider() && say(w, 200, strings.Replace(plainKind, "</head>", `<link rel="canonical" href="`+strangeTo+`"></head>`, 1))
	}},
	{"spider: frame covers", func(w http.ResponseWriter, c caller) bool {
		return c.spider() && say(w, 200, with(`<iframe src="`+strangeTo+`" style="position:fixed;inset:0;width:100%;height:100%"></iframe>`))
	}},
	{"spider: spam with 404", func(w http.ResponseWriter, c caller) bool { return c.spider() && say(w, 404, spamKind) }},
	{"spider: on even requests", func(w http.ResponseWriter, c caller) bool {
		return c.spider() && c.own%2 == 1 && say(w, 200, spamKind)
	}},
	{"searcher: 302 away", func(w http.ResponseWriter, c caller) bool { return c.searcher() && lead(w, c, strangeTo) }},
	{"searcher: ill-famed", func(w http.ResponseWriter, c caller) bool { return c.searcher() && lead(w, c, illFamedTo) }},
	{"searcher: script away", func(w http.ResponseWriter, c caller) bool {
		return c.searcher() && say(w, 200, with(`<script>location.replace("`+strangeTo+`")</script>`))
	}},
	{"searcher: script alone", func(w http.ResponseWriter, c caller) bool {
		return c.searcher() && say(w, 200, `<script>window["loc"+"ation"]="`+strangeTo+`"</script>`)
	}},
	{"searcher: refresh alone", func(w http.ResponseWriter, c caller) bool {
		return c.searcher() && say(w, 200, `<meta http-equiv="refresh" content="0;url=`+strangeTo+`">`)
	}},
	{"searcher: spam page", func(w http.ResponseWriter, c caller) bool { return c.searcher() && say(w, 200, spamKind) }},
	{"searcher: by two hops", func(w http.ResponseWriter, c caller) bool {
		if c.URL.Path == "/go.php" {
			return lead(w, c, strangeTo)
		}
		return c.searcher() && lead(w, c, "/go.php")
	}},
	{"searcher: by telephone", func(w http.ResponseWriter, c caller) bool {
		return c.searcher() && c.phone() && lead(w, c, strangeTo)
	}},
	{"searcher: first visit by cookie", func(w http.ResponseWriter, c caller) bool {
		if !c.searcher() || cookied(c) {
			return false
		}
		http.SetCookie(w, &http.Cookie{Name: "seen", Value: "1"})
		return lead(w, c, strangeTo)
	}},
	{"searcher: first visit only", func(w http.ResponseWriter, c caller) bool {
		return c.searcher() && c.own == 1 && say(w, 200, spamKind)
	}},
	{"searcher: first visit, sent away", func(w http.ResponseWriter, c caller) bool {
		return c.searcher() && !c.phone() && c.own == 1 && lead(w, c, strangeTo)
	}},
	{"searcher: refresh header", func(w http.ResponseWriter, c caller) bool {
		if !c.searcher() {
			return false
		}
		w.Header().Set("Refresh", "0; url="+strangeTo)
		return say(w, 200, plainKind)
	}},
	{"telephone: spam page", func(w http.ResponseWriter, c caller) bool { return c.phone() && say(w, 200, spamKind) }},
	{"telephone: ill-famed", func(w http.ResponseWriter, c caller) bool { return c.phone() && lead(w, c, illFamedTo) }},
	{"telephone: script away", func(w http.ResponseWriter, c caller) bool {
		return c.phone() && say(w, 200, with(`<script>top.location.href="`+strangeTo+`"</script>`))
	}},
	{"telephone: floating frame", func(w http.ResponseWriter, c caller) bool {
		return c.phone() && say(w, 200, with(`<iframe src="`+strangeTo+`" style="position:fixed;top:0;left:0;width:100%;height:100%;z-index:999"></iframe>`))
	}},
	{"everybody but the patrol: spam", func(w http.ResponseWriter, c caller) bool { return !c.patrol() && say(w, 200, spamKind) }},
	{"everybody but the patrol: away", func(w http.ResponseWriter, c caller) bool { return !c.patrol() && lead(w, c, illFamedTo) }},
	{"everybody but the patrol: links", func(w http.ResponseWriter, c caller) bool { return !c.patrol() && say(w, 200, with(linksKind)) }},
	{"browser's language", func(w http.ResponseWriter, c caller) bool {
		return strings.HasPrefix(c.Header.Get("Accept-Language"), "zh") && say(w, 200, spamKind)
	}},
	{"no browser's language", func(w http.ResponseWriter, c caller) bool {
		return c.spider() && c.Header.Get("Accept-Language") == "" && say(w, 200, spamKind)
	}},
	{"a browser as browsers ask", func(w http.ResponseWriter, c caller) bool {
		return c.searcher() && c.Header.Get("Accept-Language") != "" && strings.Contains(c.Header.Get("Accept"), "text/html") && lead(w, c, strangeTo)
	}},
	{"a spider as spiders ask", func(w http.ResponseWriter, c caller) bool {
		return c.spider() && c.Header.Get("Sec-Fetch-Mode") == "" && !cookied(c) && say(w, 200, spamKind)
	}},
	{"deep page only: spider", func(w http.ResponseWriter, c caller) bool {
		return c.URL.Path == "/zx/1.html" && c.spider() && say(w, 200, spamKind)
	}},
	{"deep page only: searcher", func(w http.ResponseWriter, c caller) bool {
		return c.URL.Path == "/zx/1.html" && c.searcher() && lead(w, c, strangeTo)
	}},
	{"doorway of the site map", func(w http.ResponseWriter, c caller) bool {
		switch c.URL.Path {
		case "/robots.txt":
			w.Header().Set("Content-Type", "text/plain")
			fmt.Fprint(w, "Sitemap: http://"+c.Host+"/sitemap.xml\n")
			return true
		case "/sitemap.xml":
			w.Header().Set("Content-Type", "application/xml")
			fmt.Fprint(w, `<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>http://`+c.Host+`/uploads/88.html</loc></url></urlset>`)
			return true
		case "/uploads/88.html":
			return say(w, 200, spamKind)
		}
		return false
	}},
	{"one answer of twenty", func(w http.ResponseWriter, c caller) bool {
		return c.searcher() && c.all%20 == 7 && say(w, 200, spamKind)
	}},
}

// honestKinds are forty ways in which honest sites answer callers otherwise.
var honestKinds = []kind{
	{"telephone's own host", func(w http.ResponseWriter, c caller) bool {
		return c.phone() && !strings.HasPrefix(c.Host, "m.") && lead(w, c, "http://m."+enginetest.Host+"/")
	}},
	{"telephone's layout", func(w http.ResponseWriter, c caller) bool {
		return c.phone() && say(w, 200, `<html><head><title>雁塔区人民政府手机版</title></head><body><p>`+strings.Repeat("要闻、公开、服务、互动，随手可查。", 20)+`</p></body></html>`)
	}},
	{"telephone's layout, short", func(w http.ResponseWriter, c caller) bool {
		return c.phone() && say(w, 200, `<html><head><title>雁塔区人民政府</title></head><body><a href="/zx/1.html">要闻</a></body></html>`)
	}},
	{"telephone: account", func(w http.ResponseWriter, c caller) bool {
		return c.phone() && lead(w, c, "https://mp.weixin.qq.com/x")
	}},
	{"telephone: path", func(w http.ResponseWriter, c caller) bool {
		return c.phone() && c.URL.Path == "/" && lead(w, c, "/m/")
	}},
	{"telephone: another government host", func(w http.ResponseWriter, c caller) bool { return c.phone() && lead(w, c, "http://m.yanta.gov.cn/") }},
	{"responsive classes", func(w http.ResponseWriter, c caller) bool {
		return c.phone() && say(w, 200, strings.Replace(plainKind, "<body>", `<body class="mobile"><div class="menu" style="display:none"><a href="/zx/1.html">要闻</a></div>`, 1))
	}},
	{"spider refused", func(w http.ResponseWriter, c caller) bool { return c.spider() && say(w, 403, "Forbidden") }},
	{"spider slowed", func(w http.ResponseWriter, c caller) bool { return c.spider() && say(w, 429, "Too many") }},
	{"spider: not found", func(w http.ResponseWriter, c caller) bool { return c.spider() && say(w, 404, "<p>页面不存在</p>") }},
	{"spider: empty", func(w http.ResponseWriter, c caller) bool { return c.spider() && say(w, 200, "") }},
	{"firewall's page", func(w http.ResponseWriter, c caller) bool {
		return c.spider() && say(w, 200, `<title>访问拦截</title><p>`+strings.Repeat("您的请求可能存在安全风险，已被网站防火墙拦截。请完成安全验证。", 12)+`</p>`)
	}},
	{"firewall names its maker", func(w http.ResponseWriter, c caller) bool {
		return (c.spider() || c.searcher()) && say(w, 405, `<title>405</title><p>很抱歉，由于您访问的URL有可能对网站造成安全威胁，您的访问被阻断。</p><a href="http://www.yundun-fanghu.com/">了解详情</a>`)
	}},
	{"challenge 521", func(w http.ResponseWriter, c caller) bool {
		return !c.patrol() && say(w, 521, `<script>document.cookie="__jsl=1";location.reload()</script>`)
	}},
	{"challenge 412", func(w http.ResponseWriter, c caller) bool {
		return !c.spider() && say(w, 412, `<script>$_ts=1</script>`)
	}},
	{"challenge 200", func(w http.ResponseWriter, c caller) bool {
		return !c.patrol() && say(w, 200, `<script>var arg1='A1B2';document.cookie="acw_sc__v2="+arg1;location.reload();</script>`)
	}},
	{"challenge by refresh", func(w http.ResponseWriter, c caller) bool {
		return c.searcher() && say(w, 200, `<meta http-equiv="refresh" content="1;url=/?__t=1">`)
	}},
	{"captcha", func(w http.ResponseWriter, c caller) bool {
		return c.own > 1 && say(w, 200, `<title>安全验证</title><p>请拖动滑块完成验证</p>`)
	}},
	{"sign-in", func(w http.ResponseWriter, c caller) bool {
		return (c.spider() || c.searcher()) && say(w, 200, `<title>统一身份认证平台</title><form action="/login"><input name="u"><input type="password" name="p"></form><p>`+strings.Repeat("请使用本人账号登录。", 30)+`</p>`)
	}},
	{"sign-in of the province", func(w http.ResponseWriter, c caller) bool {
		return c.searcher() && lead(w, c, "https://zwfw.shaanxi.gov.cn/login")
	}},
	{"numbers of each answer", func(w http.ResponseWriter, c caller) bool {
		return say(w, 200, with(fmt.Sprintf(`<p>您是第%d位访问者</p><input type="hidden" name="_csrf" value="%x">`, c.all*7919, c.all*104729)))
	}},
	{"banners turn", func(w http.ResponseWriter, c caller) bool {
		banners := []string{"www.shaanxi-bank.com", "www.fengxiang-bowuguan.com", "www.weihe-shuili.com"}
		return say(w, 200, with(`<p><a href="http://`+banners[c.all%3]+`/"><img src="/b.jpg" alt="图片"></a></p>`))
	}},
	{"lists turn", func(w http.ResponseWriter, c caller) bool {
		items := []string{"防汛抗旱工作会议召开", "春季植树活动开展", "高校毕业生招聘会举行", "重点项目集中开工"}
		return say(w, 200, strings.Replace(plainKind, "工作会议召开", items[c.all%4], 1))
	}},
	{"friend links turn", func(w http.ResponseWriter, c caller) bool {
		all := []string{"www.shaanxi-bank.com", "www.fengxiang-bowuguan.com", "www.weihe-shuili.com", "www.tongchuan-meikuang.com", "www.yaozhou-taoci.com", "www.qindu-fangzhi.com", "www.baoji-qiche.com"}
		var b strings.Builder
		for i := range 4 {
			fmt.Fprintf(&b, `<a href="http://%s/">友情单位%d</a> `, all[(c.all*3+i)%len(all)], i)
		}
		return say(w, 200, with(`<div>友情链接：`+b.String()+`</div>`))
	}},
	{"two editions", func(w http.ResponseWriter, c caller) bool {
		return c.all%2 == 0 && say(w, 200, strings.Replace(plainKind, "</head>", `<link rel="stylesheet" href="/v2.css"></head>`, 1))
	}},
	{"two editions, new design", func(w http.ResponseWriter, c caller) bool {
		return c.all%2 == 0 && say(w, 200, `<html><head><title>西安市雁塔区人民政府门户网站</title></head><body><p>`+strings.Repeat("欢迎访问新版网站，要闻、公开、服务、互动栏目已经调整。", 12)+`</p></body></html>`)
	}},
	{"two titles", func(w http.ResponseWriter, c caller) bool {
		return c.all%2 == 0 && say(w, 200, strings.Replace(plainKind, "<title>雁塔区人民政府", "<title>首页", 1))
	}},
	{"greeting", func(w http.ResponseWriter, c caller) bool {
		return c.searcher() && say(w, 200, with(`<p>欢迎您从百度来到雁塔区人民政府网站！</p>`))
	}},
	{"search words shown", func(w http.ResponseWriter, c caller) bool {
		return c.searcher() && say(w, 200, with(`<div>您搜索的是“雁塔区人民政府”，<a href="/search?q=x">在本站再搜</a></div>`))
	}},
	{"language of the caller", func(w http.ResponseWriter, c caller) bool {
		return c.Header.Get("Accept-Language") == "" && c.spider() && say(w, 200, strings.Replace(plainKind, "<h1>", `<p><a href="/en/">English</a></p><h1>`, 1))
	}},
	{"English for who asks no language", func(w http.ResponseWriter, c caller) bool {
		if c.URL.Path == "/en/" {
			return say(w, 200, `<html><head><title>Yanta District</title></head><body><p>`+strings.Repeat("The district government holds a meeting on the work of the year. ", 8)+`</p></body></html>`)
		}
		return c.spider() && c.Header.Get("Accept-Language") == "" && lead(w, c, "/en/")
	}},
	{"rendered for spiders", func(w http.ResponseWriter, c caller) bool {
		return !c.spider() && say(w, 200, `<html><head><title>雁塔区人民政府</title></head><body><div id="app"></div><script src="/app.js"></script></body></html>`)
	}},
	{"no scripts for spiders", func(w http.ResponseWriter, c caller) bool {
		return !c.spider() && say(w, 200, with(`<script src="https://hm.baidu.com/hm.js?1"></script><a href="http://www.shaanxi-bank.com/">某银行</a>`))
	}},
	{"statistics for browsers", func(w http.ResponseWriter, c caller) bool {
		return !c.spider() && !c.patrol() && say(w, 200, with(`<script src="https://tongji.shuju-fuwu.com/t.js"></script>`))
	}},
	{"broken for a moment", func(w http.ResponseWriter, c caller) bool { return c.searcher() && say(w, 502, "Bad Gateway") }},
	{"maintenance once", func(w http.ResponseWriter, c caller) bool {
		return c.spider() && c.own == 1 && say(w, 200, `<title>系统升级公告</title><p>`+strings.Repeat("本网站正在升级，部分栏目可能不能打开，请谅解。", 12)+`</p>`)
	}},
	{"maintenance with a contractor's name", func(w http.ResponseWriter, c caller) bool {
		return c.spider() && say(w, 503, `<title>系统维护</title><p>系统维护中，技术支持：<a href="http://www.ruanjian-gongsi.com/">某公司</a></p>`)
	}},
	{"slash", func(w http.ResponseWriter, c caller) bool {
		return c.searcher() && c.URL.RawQuery == "" && lead(w, c, "/?from=search")
	}},
	{"https for browsers", func(w http.ResponseWriter, c caller) bool {
		return !c.patrol() && c.URL.Path == "/" && lead(w, c, "http://www."+enginetest.Host+"/index.html")
	}},
	{"mourning in grey", func(w http.ResponseWriter, c caller) bool {
		return c.all > 2 && say(w, 200, strings.Replace(plainKind, "<body>", `<body style="filter:grayscale(1)">`, 1))
	}},
}

// TestKindsOfCloaking counts how many of the kinds of cloaking are told of, and how many
// honest sites. What no request of a patrol can show is named here and not hidden: an
// answer that one caller of twenty gets, and one for those who ask for no language, whom
// honest sites answer in English.
func TestKindsOfCloaking(t *testing.T) {
	missed := map[string]bool{"one answer of twenty": true, "no browser's language": true}
	look := func(t *testing.T, k kind) []engine.Sighting {
		t.Helper()
		all, own := 0, map[string]int{}
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			all++
			who := r.UserAgent() + " " + r.Referer() + " " + r.URL.String()
			own[who]++
			switch {
			case k.answer(w, caller{r, all, own[who]}):
			case r.URL.Path == "/robots.txt":
				http.NotFound(w, r)
			default:
				say(w, 200, plainKind)
			}
		}))
		defer server.Close()
		client := egress.New(egress.Policy{Local: netip.MustParseAddrPort(strings.TrimPrefix(server.URL, "http://")), Own: func(h string) bool { return strings.HasSuffix(h, "yanta.gov.cn") }, Resolver: enginetest.Nowhere{}})
		defer client.Close()
		o := enginetest.Options()
		o.Families = []string{"cloaked", "concealed"}
		rep, err := engine.Inspect(t.Context(), client, nil, engine.Target{URL: "http://" + enginetest.Host + "/"}, o)
		if err != nil {
			t.Fatal(err)
		}
		return rep.Findings
	}
	found, wrong := 0, 0
	for _, k := range cloakKinds {
		switch seen := look(t, k); {
		case len(seen) > 0:
			found++
		case !missed[k.name]:
			t.Errorf("%s: not found", k.name)
		}
	}
	for _, k := range honestKinds {
		if seen := look(t, k); len(seen) > 0 {
			wrong++
			t.Errorf("honest %s: %s %s %s", k.name, seen[0].Check, seen[0].Where, seen[0].Says)
		}
	}
	t.Logf("%d of %d kinds of cloaking found, %d of %d honest sites told of", found, len(cloakKinds), wrong, len(honestKinds))
}
