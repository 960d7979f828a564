package check

import (
	"strings"
	"testing"
)

// Two answers are the same where figures, times and the addresses asked for are all that
// parts them; anything else of a page's own makes them two.
func TestOutlinesTellAnswersApart(t *testing.T) {
	const (
		at    = "http://www.yanta.gov.cn/qwrtypsdfghjkl.html"
		mine  = "http://www.yanta.gov.cn/tzgg/%E9%80%9A%E7%9F%A5%E5%85%AC%E5%91%8A.html"
		words = `<p>欢迎访问雁塔区人民政府网站，请从导航进入各个栏目查看更多内容。</p>`
	)
	page := func(body string) string {
		return `<html><head><title>雁塔区人民政府</title></head><body><a href="/tzgg/">通知公告</a>` + words + body + `</body></html>`
	}
	for _, tt := range []struct {
		name       string
		any, other string
		same       bool
	}{
		{"the same", page(""), page(""), true},
		{"figures and times", page("2026年3月1日 星期一 上午9:05"), page("2026年11月28日星期六 下午 21:40"), true},
		{"the address said", page("地址 " + at + " 没有开放"), page("地址 " + mine + " 没有开放"), true},
		{"its name said", page("qwrtypsdfghjkl 没有结果"), page("通知公告 没有结果"), true},
		{"the address handed on", page(`<a href="/fk?u=%2Fqwrtypsdfghjkl.html">反馈</a>`), page(`<a href="/fk?u=%2Ftzgg%2F%E9%80%9A%E7%9F%A5%E5%85%AC%E5%91%8A.html">反馈</a>`), true},
		{"words", page(""), page("<p>第一项</p>"), false},
		{"a heading that is its name", page(""), page("<h1>通知公告</h1>"), false},
		{"a picture", page(""), page(`<img src="/w/2026.jpg">`), false},
		{"another picture", page(`<img src="/w/1.jpg">`), page(`<img src="/w/2.jpg">`), false},
		{"a document shown", page(""), page(`<iframe src="/w/a.pdf"></iframe>`), false},
		{"a file", page(""), page(`<a href="/w/a.pdf"></a>`), false},
		{"a title", page(""), strings.Replace(page(""), "<title>", "<title>名单-", 1), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, b := outlineAt(t, tt.any, at), outlineAt(t, tt.other, mine)
			one, same := a.Like(at, b, mine)
			two, back := b.Like(mine, a, at)
			if same != tt.same || back != tt.same || (one == two) != tt.same {
				t.Errorf("same %v, %v; prints %s and %s", same, back, one, two)
			}
		})
	}
}

func outlineAt(t testing.TB, body, at string) Outline {
	t.Helper()
	p, err := ParsePage([]byte(body), "text/html; charset=utf-8", at)
	if err != nil {
		t.Fatal(err)
	}
	return OutlineOf(p)
}

// A page that a script is to fill, or without words, tells nothing by its words.
func TestShellsTellNothing(t *testing.T) {
	words := strings.Repeat("欢迎访问雁塔区人民政府网站。", 4)
	for body, why := range map[string]string{
		`<div id="app"></div><script src="a.js"></script>`:                                    "页面框架",
		`<div id="app">加载中</div><script src="a.js"></script><p>` + words + `</p>`:             "页面框架",
		`<app-root></app-root><script src="a.js"></script><noscript>` + words + `</noscript>`: "页面框架",
		`<div id="__nuxt"><div>` + words + `</div></div><script src="a.js"></script>`:         "",
		`<div id="app"></div><p>` + words + `</p>`:                                            "",
		`<p>` + words + `</p>`: "",
		`<p>2026 出错</p>`:       "没有文字",
	} {
		if got := outlineAt(t, "<html><body>"+body+"</body></html>", "http://www.yanta.gov.cn/x").Shell(); (got == "") != (why == "") || !strings.Contains(got, why) {
			t.Errorf("%s: %q, want %q", body, got, why)
		}
	}
}

// Whatever page and address come, an answer is like itself.
func FuzzOutline(f *testing.F) {
	f.Add("<title>甲</title><p>乙 /a/b.html</p><a href='?u=%2Fa'>丙</a>", "http://www.yanta.gov.cn/a/b.html?c=1")
	f.Add("<div id=app></div><script></script>", "http://x/%zz")
	f.Add("\x00<img src=x>", "")
	f.Fuzz(func(t *testing.T, body, at string) {
		p, err := ParsePage([]byte(body), "text/html; charset=utf-8", "http://www.yanta.gov.cn/")
		if err != nil {
			return
		}
		o := OutlineOf(p)
		if print, same := o.Like(at, o, "http://www.yanta.gov.cn/other.html"); at == "http://www.yanta.gov.cn/other.html" && !same || print == "" {
			t.Errorf("print %q, same %v", print, same)
		}
		if _, same := o.Like(at, o, at); !same {
			t.Error("not like itself")
		}
	})
}
