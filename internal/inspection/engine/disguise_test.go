package engine_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"zhengshu/internal/check"
	"zhengshu/internal/egress"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/inspection/engine/enginetest"
)

const prose = "会议总结了去年的工作，部署了今年的重点任务。各部门要认真落实各项要求，加强协调配合，抓好督促检查，确保取得实效。"

// visitor is who asks, as a server can tell.
type visitor struct {
	spider, mobile, searcher bool
	times                    int // how often this kind of visitor has asked for the page
}

// Ways in which sites broken into show one thing to some and another to others, and ways
// in which honest ones differ as well.
func TestDisguisesAndTheirLookAlikes(t *testing.T) {
	plain := `<html><head><title>雁塔区人民政府</title></head><body><h1>雁塔区人民政府</h1><p>` + strings.Repeat(prose, 4) + `</p></body></html>`
	other := func(title, text string) string {
		return `<html><head><title>` + title + `</title></head><body><h1>` + title + `</h1><p>` + text + `</p></body></html>`
	}
	html := func(status int, body string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	to := func(address string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, address, http.StatusFound) }
	}
	into := func(markup string) string { return strings.Replace(plain, "</body>", markup+"</body>", 1) }
	links := `<p><a href="http://www.qinghe-maoyi.com/">精品</a> <a href="http://www.lanhai-shiye.com/">推荐</a> <a href="http://www.jinxiu-wangluo.com/">热门</a> <a href="http://www.tianyu-keji.net/">排行</a></p>`
	spam := other("百家乐官网_真人百家乐", "百家乐官网提供真人百家乐、老虎机、时时彩投注，注册送彩金。"+strings.Repeat("欢迎光临。", 40))
	firewall := other("访问拦截", "您的请求可能存在安全风险，已被网站防火墙拦截。如需继续访问，请完成安全验证。事件编号 6f1c2a。"+strings.Repeat("如果您是网站管理员，请登录防护控制台查看拦截日志，并把误报的地址加入白名单。", 6))
	login := `<html><head><title>统一身份认证平台</title></head><body><form action="/login"><input name="u"><input type="password" name="p"></form><p>` + strings.Repeat("请使用本人账号登录，首次登录请修改初始密码并绑定手机。", 10) + `</p></body></html>`
	type served = func(http.ResponseWriter, *http.Request)
	for _, c := range []struct {
		name  string
		when  func(visitor) bool
		serve served
		want  string // check and guises; "" none
		least check.Severity
	}{
		{"spider, spam page", func(v visitor) bool { return v.spider }, html(200, spam), "cloaked.agent spider", check.Serious},
		{"spider, hidden link", func(v visitor) bool { return v.spider }, html(200, into(`<div style="display:none"><a href="http://www.qinghe-maoyi.com/">点击</a></div>`)), "cloaked.agent spider", check.Error},
		{"spider, many links", func(v visitor) bool { return v.spider }, html(200, into(links)), "cloaked.agent spider", check.Error},
		{"spider, other title", func(v visitor) bool { return v.spider }, html(200, strings.Replace(plain, "<title>雁塔区人民政府", "<title>精品女装批发大全", 1)), "cloaked.agent spider", check.Error},
		{"spider, other page", func(v visitor) bool { return v.spider }, html(200, other("家具城特价", strings.Repeat("沙发床垫餐桌衣柜低价直销送货上门安装调试售后无忧。", 12))), "cloaked.agent spider", check.Error},
		{"spider, sent away", func(v visitor) bool { return v.spider }, to("http://www.qinghe-maoyi.com/"), "cloaked.agent spider", check.Error},
		{"searcher, sent away", func(v visitor) bool { return v.searcher }, to("http://www.qinghe-maoyi.com/"), "cloaked.referrer mobile_searcher,cloaked.referrer searcher", check.Error},
		{"searcher by telephone alone", func(v visitor) bool { return v.searcher && v.mobile }, to("http://yule.bet3650.com/"), "cloaked.referrer mobile_searcher", check.Serious},
		{"searcher, sent on by a script", func(v visitor) bool { return v.searcher }, html(200, into(`<script>location.replace("http://www.qinghe-maoyi.com/")</script>`)), "cloaked.referrer mobile_searcher,cloaked.referrer searcher", check.Error},
		{"searcher, script alone", func(v visitor) bool { return v.searcher }, html(200, `<html><body><script>window["loc"+"ation"]="http://www.qinghe-maoyi.com/"</script></body></html>`), "cloaked.referrer mobile_searcher,cloaked.referrer searcher", check.Error},
		{"searcher, refresh", func(v visitor) bool { return v.searcher && !v.mobile }, html(200, `<html><head><meta http-equiv="refresh" content="0;url=http://www.qinghe-maoyi.com/"></head></html>`), "cloaked.referrer searcher", check.Error},
		{"telephone, spam", func(v visitor) bool { return v.mobile && !v.searcher }, html(200, spam), "cloaked.agent mobile", check.Serious},
		{"searcher's first visit", func(v visitor) bool { return v.searcher && !v.mobile && v.times == 1 }, html(200, spam), "cloaked.referrer searcher", check.Error},
		{"searcher, other port of call", func(v visitor) bool { return v.searcher && !v.mobile }, to("/go.php"), "cloaked.referrer searcher", check.Error},

		{"honest: telephone's own host", func(v visitor) bool { return v.mobile }, to("http://m." + enginetest.Host + "/"), "", ""},
		{"honest: telephone's layout", func(v visitor) bool { return v.mobile }, html(200, other("雁塔区人民政府手机版", strings.Repeat("要闻、公开、服务、互动，随手可查。", 20))), "", ""},
		{"honest: telephone's app host", func(v visitor) bool { return v.mobile }, to("https://mp.weixin.qq.com/x"), "", ""},
		{"honest: spider refused", func(v visitor) bool { return v.spider }, html(403, "Forbidden"), "", ""},
		{"honest: challenge 521", func(v visitor) bool { return v.spider || v.searcher }, html(521, `<script>document.cookie="__jsl=1";location.reload()</script>`), "", ""},
		{"honest: challenge 412", func(v visitor) bool { return !v.spider }, html(412, `<html><script>$_ts=1</script></html>`), "", ""},
		{"honest: challenge 200", func(v visitor) bool { return v.searcher || v.spider }, html(200, `<html><script>var arg1='A1B2';document.cookie="acw_sc__v2="+arg1;location.reload();</script></html>`), "", ""},
		{"honest: firewall's page", func(v visitor) bool { return v.spider }, html(200, firewall), "", ""},
		{"honest: sign-in", func(v visitor) bool { return v.spider || v.searcher }, html(200, login), "", ""},
		{"honest: spider not found", func(v visitor) bool { return v.spider }, html(404, other("404", "页面不存在")), "", ""},
		{"honest: broken for a moment", func(v visitor) bool { return v.searcher }, html(502, "Bad Gateway"), "", ""},
		{"honest: once another page", func(v visitor) bool { return v.spider && v.times == 1 }, html(200, other("系统升级公告", strings.Repeat("本网站正在升级，部分栏目可能不能打开，请谅解。", 12))), "", ""},
		{"honest: slash", func(v visitor) bool { return v.searcher }, to("/index.html?from=search"), "", ""},
		{"honest: own language", func(v visitor) bool { return v.spider }, html(200, strings.Replace(plain, "<body>", `<body lang="zh-CN">`, 1)), "", ""},
		{"honest: one more link", func(v visitor) bool { return v.spider }, html(200, into(`<p><a href="http://www.shaanxi-bank.com/">某银行</a></p>`)), "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			asked := map[visitor]int{}
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				v := visitor{spider: strings.Contains(r.UserAgent(), "Baiduspider"), mobile: strings.Contains(r.UserAgent(), "Mobile"), searcher: strings.Contains(r.Referer(), "baidu.com")}
				asked[v]++
				kind := v
				v.times = asked[kind]
				switch {
				case r.URL.Path == "/robots.txt":
					http.NotFound(w, r)
				case strings.HasPrefix(r.Host, "m."), r.URL.Path == "/index.html":
					html(200, plain)(w, r)
				case r.URL.Path == "/go.php":
					html(200, `<script>top.location="http://www.qinghe-maoyi.com/"</script>`)(w, r)
				case r.URL.Path == "/" && c.when(v):
					c.serve(w, r)
				default:
					html(200, plain)(w, r)
				}
			}))
			defer server.Close()
			client := egress.New(egress.Policy{Local: netip.MustParseAddrPort(strings.TrimPrefix(server.URL, "http://")), Own: func(h string) bool { return strings.HasSuffix(h, "yanta.gov.cn") }, Resolver: enginetest.Nowhere{}})
			defer client.Close()
			o := enginetest.Options()
			o.Families = []string{"cloaked"}
			rep, err := engine.Inspect(t.Context(), client, nil, engine.Target{URL: "http://" + enginetest.Host + "/"}, o)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range rep.Findings {
				if f.Severity == check.Advice {
					continue
				}
				got = append(got, f.Check+" "+f.Where)
				if c.least == check.Serious && f.Severity != check.Serious {
					t.Errorf("%s is %s: %s", f.Where, f.Severity, f.Says)
				}
			}
			slices.Sort(got)
			if strings.Join(got, ",") != c.want {
				t.Errorf("found %q, want %q: %+v", got, c.want, rep.Findings)
			}
		})
	}
}
