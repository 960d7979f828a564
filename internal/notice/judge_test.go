package notice_test

import (
	"strings"
	"testing"

	"zhengshu/internal/notice"
	"zhengshu/internal/rules/sx2021"
)

func html(body string) notice.Answer {
	return notice.Answer{URL: "http://www.xa.gov.cn/", Status: 200, Type: "text/html; charset=utf-8", Body: []byte("<!DOCTYPE html><html><head><title>页</title></head><body>" + body + "</body></html>")}
}

const filler = "西安市人民政府门户网站发布政务信息，回应群众关切，提供办事服务，公开政府文件、财政预算、人事任免、应急管理、规划计划、统计数据等信息，欢迎广大群众访问和监督。"

func homePage(top, rest string) notice.Answer {
	var links strings.Builder
	for i := range 12 {
		links.WriteString(`<li><a href="/yw/` + string(rune('a'+i)) + `.html">要闻第` + string(rune('0'+i%10)) + `条：推进政务公开工作</a></li>`)
	}
	return html(`<div class="head"><a href="/">首页</a></div>` + top + `<ul>` + links.String() + `</ul><p>` + strings.Repeat(filler, 12) + `</p>` + rest)
}

// Readings 3: a day is only absent when pages that answered prove it.
func TestArticle07_4_WhatALookProves(t *testing.T) {
	w := notice.Wanted{Kind: sx2021.OpeningNotice, Title: "关于西安市商务局网站开通的公告", Name: "西安市商务局网站", URL: "https://www.xa.gov.cn/gg/1.html", Home: true}
	good := html("<h1>关于西安市商务局网站开通的公告</h1><p>" + filler + "</p>")
	link := `<div class="tzgg"><h3>通知公告</h3><a href="/gg/1.html">关于西安市商务局网站开通的公告</a></div>`
	for _, tt := range []struct {
		name       string
		page, home notice.Answer
		want       string
	}{
		{"page and home page", good, homePage(link, ""), notice.Seen},
		{"the home page lists it under a cut title", good, homePage(`<a href="/x/9.html">关于西安市商务局网站开…</a>`, ""), notice.Seen},
		{"the home page shows its title without a link", good, homePage("", "<p>关于西安市商务局网站开通的公告</p>"), notice.Seen},
		{"full-width and blanks do not matter", html("<h1>关于 西安市商务局网站 开通的公告</h1>" + filler), homePage(link, ""), notice.Seen},
		{"own words of the notice", html("<h1>公告</h1><p>西安市商务局网站已于3月12日正式上线。" + filler + "</p>"), homePage(link, ""), notice.Seen},
		{"page gone", notice.Answer{Status: 404}, homePage(link, ""), notice.Absent},
		{"page withdrawn for good", notice.Answer{Status: 410}, homePage(link, ""), notice.Absent},
		{"page says that it is not there", html("<title>404</title><h1>页面不存在</h1><p>您访问的页面不存在或已删除，请返回首页继续浏览。</p>"), homePage(link, ""), notice.Absent},
		{"another text at the address", html("<h1>关于举办招商会的通知</h1><p>" + filler + "</p>"), homePage(link, ""), notice.Absent},
		{"not on the home page", good, homePage("", ""), notice.Absent},
		{"server error", notice.Answer{Status: 502}, homePage(link, ""), notice.Untested},
		{"refused", notice.Answer{Status: 403}, homePage(link, ""), notice.Untested},
		{"no answer", notice.Answer{Fault: "连接超时。"}, homePage(link, ""), notice.Untested},
		{"home page does not answer", good, notice.Answer{Fault: "连接超时。"}, notice.Untested},
		{"home page drawn by a script", good, html(`<div id="app"></div><script src="/a.js"></script>`), notice.Untested},
		{"page drawn by a script", html(`<div id="app"></div>`), homePage(link, ""), notice.Untested},
		{"a missing link is proof though the page itself fails", notice.Answer{Status: 502}, homePage("", ""), notice.Absent},
		{"no page but a file", notice.Answer{Status: 200, Type: "application/pdf", Body: []byte("%PDF-")}, homePage(link, ""), notice.Untested},
	} {
		if got := notice.Judge(w, tt.page, tt.home); got.Outcome != tt.want || !strings.HasSuffix(got.Says, "。") {
			t.Errorf("%s: %+v, want %s", tt.name, got, tt.want)
		}
	}
}

// Article 8(1): 在网站首页公告栏置顶悬挂.
func TestArticle08_1_PinnedIsFirstInTheBarOrOnTheFirstScreen(t *testing.T) {
	w := notice.Wanted{Kind: sx2021.OfflineNotice, Title: "关于西安市商务局网站临时下线的公告", Name: "西安市商务局网站", URL: "http://swj.xa.gov.cn/gg/2.html", Home: true, Pinned: true}
	page := html("<h1>关于西安市商务局网站临时下线的公告</h1><p>" + filler + "</p>")
	page.URL = w.URL
	entry := `<a href="/gg/2.html">关于西安市商务局网站临时下线的公告</a>`
	other := `<a href="/gg/1.html">关于春节放假安排的通知公告</a>`
	far := strings.Repeat(filler, 12)
	for _, tt := range []struct {
		name string
		home notice.Answer
		want bool
	}{
		{"first in the bar, far down", homePage("", far+`<div id="gonggao"><b>公告</b>`+entry+other+`</div>`), true},
		{"second in the bar, far down", homePage("", far+`<div id="gonggao"><b>公告</b>`+other+entry+`</div>`), false},
		{"no bar, on the first screen", homePage(`<p>`+entry+`</p>`, ""), true},
		{"no bar, far down", homePage("", far+`<p>`+entry+`</p>`), false},
	} {
		tt.home.URL = "http://swj.xa.gov.cn/"
		if got := notice.Judge(w, page, tt.home); got.Outcome != notice.Seen || got.Pinned != tt.want {
			t.Errorf("%s: %+v, want pinned %v", tt.name, got, tt.want)
		}
	}
}

func FuzzJudge(f *testing.F) {
	f.Add([]byte("<a href=/gg/1.html>关于</a>"), []byte("<div class=gonggao><a href='/gg/1.html'>x</a>"), 200)
	f.Add([]byte("\xff\xfe<"), []byte("<!doctype html><frameset>"), 404)
	f.Fuzz(func(t *testing.T, page, home []byte, status int) {
		w := notice.Wanted{Kind: sx2021.ClosureNotice, Title: "关于甲网站关停的公告", Name: "甲网站", URL: "http://a.gov.cn/gg/1.html", Home: true, Pinned: true}
		v := notice.Judge(w, notice.Answer{Status: status, Type: "text/html", Body: page, URL: w.URL}, notice.Answer{Status: 200, Type: "text/html", Body: home, URL: "http://a.gov.cn/"})
		if v.Outcome != notice.Seen && v.Outcome != notice.Absent && v.Outcome != notice.Untested || v.Says == "" {
			t.Errorf("%+v", v)
		}
	})
}
