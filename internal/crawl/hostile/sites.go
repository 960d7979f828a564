package hostile

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// words is a text unlike any other of the range.
func words(seed int) string {
	var b strings.Builder
	for i := range 60 {
		b.WriteRune(rune(0x4e00 + (seed*7919+i*i*104729)%20000))
	}
	return b.String()
}

func page(w http.ResponseWriter, title, body string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, `<!DOCTYPE html><html><head><meta charset="utf-8"><title>%s</title></head><body>%s</body></html>`, title, body)
}

func links(list ...string) string {
	var b strings.Builder
	b.WriteString("<p>" + words(1) + "</p>")
	for _, l := range list {
		fmt.Fprintf(&b, `<p><a href="%s">栏目</a></p>`, l)
	}
	return b.String()
}

// home answers "/" with links and every other path with what the site does.
func home(to []string, other func(r *Range, w http.ResponseWriter, q *http.Request)) func(*Range, http.ResponseWriter, *http.Request) {
	return func(r *Range, w http.ResponseWriter, q *http.Request) {
		if q.URL.Path == "/" {
			page(w, "某县人民政府", links(to...))
			return
		}
		if q.URL.Path == "/robots.txt" {
			http.NotFound(w, q)
			return
		}
		other(r, w, q)
	}
}

func say(text string) func(*Range, http.ResponseWriter, *http.Request) {
	return func(r *Range, w http.ResponseWriter, _ *http.Request) {
		r.raw(w, func(c net.Conn) { _, _ = io.WriteString(c, text) })
	}
}

func sendTo(target string) func(*Range, http.ResponseWriter, *http.Request) {
	return func(_ *Range, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", target)
		w.WriteHeader(http.StatusFound)
	}
}

func byPath(m map[string]func(*Range, http.ResponseWriter, *http.Request)) func(*Range, http.ResponseWriter, *http.Request) {
	return func(r *Range, w http.ResponseWriter, q *http.Request) {
		if f := m[q.URL.Path]; f != nil {
			f(r, w, q)
			return
		}
		http.NotFound(w, q)
	}
}

type serve = func(*Range, http.ResponseWriter, *http.Request)

var bomb = sync.OnceValue(func() []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	block := bytes.Repeat([]byte("<b>"), 1<<20)
	for range 8 {
		if _, err := z.Write(block); err != nil {
			panic(err) // a buffer takes everything
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
})

// flood writes n blocks of one line.
func flood(n int) serve {
	return func(_ *Range, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		block := bytes.Repeat([]byte("<b>x"), 1<<18)
		for range n {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	}
}

// spellings are twenty ways to write one address.
func spellings(host string) []string {
	name, port, _ := strings.Cut(host, ":")
	return []string{"/p/a.html", "./p/a.html", "p/a.html", "/p/./a.html", "/p/../p/a.html", "/x/../p/a.html", "/p/a.html#top", "/p/a.html#", "/p/a.html?", "/p/%61.html", "/%70/a.html", "/p/a%2Ehtml",
		"//" + host + "/p/a.html", "HTTP://" + strings.ToUpper(host) + "/p/a.html", "http://" + name + ".:" + port + "/p/a.html", "http://user:pw@" + host + "/p/a.html", " /p/a.html ", "/p/\ta.html", `\p\a.html`, "/p/a.html?utm_source=x"}
}

// Sites of the range.
func Sites() []Site {
	return []Site{
		{Name: "silent", Wrong: []string{"access.home "}, Asks: 40, serve: func(r *Range, w http.ResponseWriter, _ *http.Request) { r.raw(w, r.hang) }},
		{Name: "drip", Wrong: []string{"link.dead /slow", "link.dead /headers", "link.dead /stall"}, serve: home([]string{"/slow", "/headers", "/stall"}, byPath(map[string]serve{
			"/slow": func(r *Range, w http.ResponseWriter, _ *http.Request) {
				r.raw(w, func(c net.Conn) {
					r.drip(c, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", "x", 20*time.Millisecond)
				})
			},
			"/headers": func(r *Range, w http.ResponseWriter, _ *http.Request) {
				r.raw(w, func(c net.Conn) { r.drip(c, "HTTP/1.1 200 OK\r\n", "X-A: b\r\n", 20*time.Millisecond) })
			},
			"/stall": func(r *Range, w http.ResponseWriter, _ *http.Request) {
				r.raw(w, func(c net.Conn) {
					_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx")
					r.hang(c)
				})
			},
		}))},
		{Name: "bomb", serve: home([]string{"/bomb", "/fine"}, byPath(map[string]serve{
			"/bomb": func(_ *Range, w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Encoding", "gzip")
				w.Header().Set("Content-Type", "text/html")
				_, _ = w.Write(bomb())
			},
			"/fine": func(_ *Range, w http.ResponseWriter, _ *http.Request) { page(w, "正常", words(2)) },
		}))},
		{Name: "line", serve: home([]string{"/line", "/six"}, byPath(map[string]serve{"/line": flood(50), "/six": flood(6)}))},
		{Name: "endless", serve: home([]string{"/a/1"}, func(_ *Range, w http.ResponseWriter, q *http.Request) {
			n := len(q.URL.Path)
			page(w, "下一页", words(n)+links(q.URL.Path+"/x", fmt.Sprintf("/a/%d", n*7), fmt.Sprintf("/a/%d?p=%d", n, n+1)))
		})},
		{Name: "calendar", serve: home([]string{"/rili?year=2026&month=1"}, func(_ *Range, w http.ResponseWriter, q *http.Request) {
			var y, m int
			if _, err := fmt.Sscanf(q.URL.RawQuery, "year=%d&month=%d", &y, &m); err != nil {
				http.NotFound(w, q)
				return
			}
			page(w, "日历", fmt.Sprintf("<p>%d年%d月没有活动。请选择其他月份查看全县各部门的会议安排和公开活动。</p>", y, m)+links(fmt.Sprintf("/rili?year=%d&month=%d", y+m/12, m%12+1), fmt.Sprintf("/rili?year=%d&month=%d", y-1, m)))
		})},
		{Name: "facets", serve: home([]string{"/s?a=1&b=1&c=1"}, func(_ *Range, w http.ResponseWriter, q *http.Request) {
			var l []string
			for _, k := range []string{"a", "b", "c", "d"} {
				for v := range 5 {
					p := q.URL.Query()
					p.Set(k, fmt.Sprint(v))
					l = append(l, "/s?"+p.Encode())
				}
			}
			page(w, "筛选", words(len(q.URL.RawQuery))+links(l...))
		})},
		{Name: "sessions", serve: home([]string{"/s;jsessionid=1"}, func(_ *Range, w http.ResponseWriter, q *http.Request) {
			page(w, "会话", words(3)+links(fmt.Sprintf("/t;jsessionid=%d", time.Now().UnixNano()), fmt.Sprintf("/u?sid=%dabcdefghijklmnop", time.Now().UnixNano())))
		}), Once: []string{"/t"}},
		{Name: "redirects", Wrong: []string{"link.dead /loop1", "link.dead /self"}, Never: []string{"/long8"}, serve: home([]string{"/loop1", "/long1", "/self", "/private", "/file", "/metadata", "/ok"}, byPath(map[string]serve{
			"/loop1": sendTo("/loop2"), "/loop2": sendTo("/loop1"), "/self": sendTo("/self"), "/private": sendTo("http://192.168.1.1/"), "/file": sendTo("file:///etc/passwd"), "/metadata": sendTo("http://169.254.169.254/latest/"),
			"/long1": sendTo("/long2"), "/long2": sendTo("/long3"), "/long3": sendTo("/long4"), "/long4": sendTo("/long5"), "/long5": sendTo("/long6"), "/long6": sendTo("/long7"), "/long7": sendTo("/long8"), "/long8": sendTo("/long9"),
			"/ok": sendTo("/fine"), "/fine": func(_ *Range, w http.ResponseWriter, _ *http.Request) { page(w, "正常", words(4)) },
		}))},
		{Name: "refresh", serve: home([]string{"/r1"}, func(_ *Range, w http.ResponseWriter, q *http.Request) {
			to := map[string]string{"/r1": "/r2", "/r2": "/r1"}[q.URL.Path]
			page(w, "跳转", fmt.Sprintf(`<meta http-equiv="refresh" content="0;url=%s">%s`, to, words(len(to)+int(q.URL.Path[2]))))
		})},
		{Name: "rebind", serve: home([]string{"/1"}, func(_ *Range, w http.ResponseWriter, _ *http.Request) { page(w, "页面", words(5)) }), Asks: 10},
		{Name: "addresses", serve: home([]string{"http://127.0.0.2/", "http://10.0.0.1/", "http://169.254.169.254/latest/meta-data/", "http://[::1]/", "http://[::ffff:10.0.0.1]/", "http://2130706434/", "http://0177.0.0.2/", "http://0x7f.2/",
			"http://inner.gov.cn/", "http://metadata.gov.cn/", "http://localhost/", "http://metadata.google.internal/", "http://192.168.0.1:8080/", "gopher://127.0.0.1/", "file:///etc/passwd", "javascript:alert(1)", "http://100.64.0.1/"},
			func(_ *Range, w http.ResponseWriter, q *http.Request) { http.NotFound(w, q) })},
		{Name: "lengths", Wrong: []string{"link.dead /short", "link.dead /negative", "link.dead /two"}, serve: home([]string{"/short", "/negative", "/two", "/long"}, byPath(map[string]serve{
			"/short":    say("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000\r\n\r\nshort"),
			"/negative": say("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nx"),
			"/two":      say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nxxxxxx"),
			"/long":     say("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\nConnection: close\r\n\r\nlonger"),
		}))},
		{Name: "chunks", Wrong: []string{"link.dead /bad", "link.dead /cut", "link.dead /huge"}, serve: home([]string{"/bad", "/cut", "/huge"}, byPath(map[string]serve{
			"/bad":  say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nbad\r\n"),
			"/cut":  say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n100\r\nbad"),
			"/huge": say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nbad"),
		}))},
		{Name: "headers", Wrong: []string{"link.dead /old", "link.dead /ssh", "link.dead /twice"}, serve: home([]string{"/flood", "/many", "/old", "/ssh", "/twice"}, byPath(map[string]serve{
			"/flood": say("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("a", 1<<20) + "\r\n\r\n"),
			"/many":  say("HTTP/1.1 200 OK\r\n" + strings.Repeat("Set-Cookie: a=b\r\n", 10000) + "\r\n"),
			"/old":   say("<html>old</html>"), "/ssh": say("SSH-2.0-OpenSSH_9.6\r\n"), "/twice": say("HTTP/1.1 200 OK\r\nContent-Encoding: gzip,gzip,gzip\r\n\r\nx"),
		}))},
		{Name: "tls", Secure: true, Wrong: []string{"access.certificate "}, serve: home([]string{"/1"}, func(_ *Range, w http.ResponseWriter, _ *http.Request) { page(w, "页面", words(6)) })},
		{Name: "expired", Secure: true, Wrong: []string{"access.certificate "}, serve: home([]string{"/1"}, func(_ *Range, w http.ResponseWriter, _ *http.Request) { page(w, "页面", words(61)) })},
		{Name: "another", Secure: true, Wrong: []string{"access.certificate "}, serve: home([]string{"/1"}, func(_ *Range, w http.ResponseWriter, _ *http.Request) { page(w, "页面", words(62)) })},
		{Name: "oldtls", Secure: true, Wrong: []string{"access.certificate "}, serve: home([]string{"/1"}, func(_ *Range, w http.ResponseWriter, _ *http.Request) { page(w, "页面", words(63)) })},
		// Leads off the encrypted way, at its door and within.
		{Name: "downgrade", Secure: true, Wrong: []string{"access.downgraded ", "access.downgraded "}, serve: func(r *Range, w http.ResponseWriter, q *http.Request) {
			if q.TLS != nil {
				sendTo(fmt.Sprintf("http://downgrade.hostile.gov.cn:%d%s", r.plain.Port(), q.URL.Path))(r, w, q)
				return
			}
			home([]string{"/1", fmt.Sprintf("https://downgrade.hostile.gov.cn:%d/list/2", r.secure.Port()), fmt.Sprintf("https://downgrade.hostile.gov.cn:%d/list/3", r.secure.Port())}, func(_ *Range, w http.ResponseWriter, _ *http.Request) {
				page(w, "页面", words(len(q.URL.Path)))
			})(r, w, q)
		}},
		{Name: "charsets", serve: home([]string{"/gbk", "/liar", "/utf16", "/nul"}, func(_ *Range, w http.ResponseWriter, q *http.Request) {
			text := "<html><head><title>便民服务</title></head><body><p>" + words(len(q.URL.Path)) + "</p><p>经办人手机13812345678，欢迎来电。</p></body></html>"
			var b []byte
			var err error
			kind := "text/html"
			switch q.URL.Path {
			case "/gbk":
				b, err = simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(text))
			case "/liar": // says UTF-8 and is GBK
				kind = "text/html; charset=utf-8"
				b, err = simplifiedchinese.GBK.NewEncoder().Bytes([]byte("<html><body><p>经办人手机13812345678，欢迎来电咨询办理各项业务。</p></body></html>"))
			case "/utf16":
				b, err = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().Bytes([]byte(text))
			default:
				b = []byte(strings.ReplaceAll(text, "<p>", "<p>\x00\xff\xfe"))
			}
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			w.Header().Set("Content-Type", kind)
			_, _ = w.Write(b)
		})},
		{Name: "cloak", Wrong: []string{"cloaked.agent spider", "cloaked.referrer searcher", "cloaked.referrer mobile_searcher", "cloaked.agent mobile"}, Never: []string{"/landing"}, serve: home([]string{"/news", "/about"}, func(_ *Range, w http.ResponseWriter, q *http.Request) {
			switch {
			case strings.Contains(q.UserAgent(), "Baiduspider"):
				page(w, "澳门新葡京娱乐城官网", words(21)+`<p>百家乐 老虎机 真人荷官 在线下注</p>`)
			case strings.Contains(q.Referer(), "baidu.com"):
				sendTo("http://casino.bet8888.com/landing")(nil, w, q)
			case strings.Contains(q.UserAgent(), "Mobile"):
				page(w, "某县", words(22)+`<div style="display:none"><a href="http://www.bet888-casino.com/">娱乐</a></div>`)
			default:
				page(w, "某县要闻", words(len(q.URL.Path))+words(23))
			}
		})},
		// Honest, and different for different visitors.
		{Name: "variants", serve: home([]string{"/m", "/waf", "/counter", "/rotating"}, func(_ *Range, w http.ResponseWriter, q *http.Request) {
			switch spider := strings.Contains(q.UserAgent(), "Baiduspider"); {
			case q.URL.Path == "/m" && strings.Contains(q.UserAgent(), "Mobile"):
				page(w, "手机版", words(31)+words(32)+words(33)+words(34))
			case q.URL.Path == "/waf" && spider:
				w.WriteHeader(http.StatusForbidden)
				fmt.Fprint(w, words(35)+words(36)+words(37)+words(38))
			case q.URL.Path == "/waf" && q.Referer() != "":
				sendTo("/m")(nil, w, q)
			case q.URL.Path == "/rotating": // never twice the same
				n := int(time.Now().UnixNano() % 100_003)
				page(w, "专题"+words(n)[:9], words(n)+words(n+1)+words(n+2)+words(n+3)+words(n+4))
			default:
				page(w, "某县公告", words(39)+words(40)+words(41)+words(42)+fmt.Sprintf("<p>您是第 %d 位访问者</p>", time.Now().UnixNano()))
			}
		})},
		{Name: "script", serve: func(_ *Range, w http.ResponseWriter, q *http.Request) {
			if q.URL.Path != "/" {
				http.NotFound(w, q)
				return
			}
			page(w, "某县人民政府", `<div id="app"></div><script>for(;;){document.write(location)}</script><noscript>请启用脚本</noscript>`)
		}},
		{Name: "robots", serve: func(_ *Range, w http.ResponseWriter, q *http.Request) {
			page(w, "某县人民政府", words(len(q.URL.Path))+links("/1", "/2")) // the same for robots.txt
		}},
		{Name: "closed", Never: []string{"/", "/1"}, serve: func(_ *Range, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }},
		{Name: "sitemap", Never: []string{"/sitemap1.xml"}, serve: func(_ *Range, w http.ResponseWriter, q *http.Request) {
			switch {
			case q.URL.Path == "/robots.txt":
				w.Header().Set("Content-Type", "text/plain")
				fmt.Fprint(w, "User-agent: *\nAllow: /\n"+strings.Repeat("Sitemap: http://sitemap.hostile.gov.cn/sitemap1.xml\n", 10_000))
			case strings.HasSuffix(q.URL.Path, ".xml"):
				w.Header().Set("Content-Type", "application/xml")
				fmt.Fprint(w, `<sitemapindex>`+strings.Repeat(`<sitemap><loc>/sitemap1.xml</loc></sitemap>`, 100_000)+`</sitemapindex>`)
			default:
				page(w, "某县人民政府", links("/"))
			}
		}},
		{Name: "spellings", Once: []string{"/p/a.html"}, serve: func(_ *Range, w http.ResponseWriter, q *http.Request) {
			if q.URL.Path != "/" {
				page(w, "文章", words(9))
				return
			}
			page(w, "某县人民政府", links(spellings(q.Host)...))
		}},
		{Name: "nesting", serve: home([]string{"/deep", "/marks"}, byPath(map[string]serve{
			"/deep": func(_ *Range, w http.ResponseWriter, _ *http.Request) {
				page(w, "深", strings.Repeat("<div>", 100_000)+words(10))
			},
			"/marks": func(_ *Range, w http.ResponseWriter, _ *http.Request) {
				page(w, "<script>alert(1)</script>", strings.Repeat("\u0301", 200_000)+words(11))
			},
		}))},
		// Pages of the size that is parsed, which would make millions of elements.
		{Name: "shallow", serve: home([]string{"/1", "/2", "/3", "/4", "/fonts"}, func(_ *Range, w http.ResponseWriter, q *http.Request) {
			if q.URL.Path != "/fonts" {
				page(w, "浅"+q.URL.Path, words(len(q.URL.Path)+int(q.URL.Path[1]))+strings.Repeat("<p>x</p>", 600_000))
				return
			}
			var open strings.Builder
			for i := range 200 {
				fmt.Fprintf(&open, "<font size=%d>", i)
			}
			page(w, "字", "<p>"+open.String()+words(12)+"</p>"+strings.Repeat("<p>x</p>", 100_000))
		})},
		{Name: "many", serve: home([]string{"/list"}, func(_ *Range, w http.ResponseWriter, q *http.Request) {
			if q.URL.Path != "/list" {
				page(w, "页", words(len(q.URL.RequestURI())*31+int(q.URL.Path[len(q.URL.Path)-1])))
				return
			}
			var l []string
			for i := range 100_000 {
				l = append(l, fmt.Sprintf("/n/%d.html", i))
			}
			page(w, "目录", links(l...))
		})},
		{Name: "refusing", serve: home([]string{"/403", "/429", "/451"}, func(_ *Range, w http.ResponseWriter, q *http.Request) {
			var code int
			if _, err := fmt.Sscanf(q.URL.Path, "/%d", &code); err != nil || code < 400 {
				code = http.StatusForbidden
			}
			if code == http.StatusTooManyRequests {
				w.Header().Set("Retry-After", "999999")
			}
			w.WriteHeader(code)
		})},
	}
}
