package check

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"zhengshu/internal/calendar"
)

var aDay = calendar.Date{Year: 2026, Month: 3, Day: 20}

// Every family made of a page: what is wrong, what is right, what is tolerated
// and what could not be told.
func TestPageFamilies(t *testing.T) {
	portal := &Ledger{Object: Portal, Government: true, SiteName: "某市人民政府门户网站"}
	department := &Ledger{Object: DepartmentSite, SiteName: "某市水务局"}
	opened := &Ledger{Opened: calendar.Date{Year: 2020, Month: 1, Day: 1}, SiteName: "某市人民政府"}
	menu := `<nav>` + strings.Repeat(`<a href="/a/">政务公开</a>`, 6) + `</nav>`
	article := func(meta, body string) string {
		return page(`<title>通知</title>`+meta, `<h1>通知</h1>`+body, "")
	}
	long := strings.Repeat("各部门要加强协调，认真落实各项任务。", 20)
	guide := `<h1>企业设立登记办事指南</h1><p>设定依据：《公司法》</p><p>申请条件：有章程</p><p>申请材料：申请书</p><p>办理地点：政务大厅一楼</p><p>办理时间：工作日九时至十七时</p><p>联系电话：029-12345678</p><p>办理流程：申请、受理、发照</p>`
	tests := []struct {
		name, check, html string
		class             Class
		ledger            *Ledger
		today             calendar.Date
		want              []Outcome
	}{
		{"name in the masthead", "header.site_name", page("", "<p>某市人民政府</p>", ""), ClassColumn, portal, aDay, []Outcome{Kept}},
		{"name as alternative text", "header.site_name", page("", `<img src="/t.png" alt="某市人民政府门户网站">`, ""), ClassColumn, portal, aDay, []Outcome{Kept}},
		{"name perhaps in a picture", "header.site_name", page("", `<img src="/t.png">`, ""), ClassColumn, portal, aDay, []Outcome{Untested}},
		{"no name", "header.site_name", page("", "<p>要闻</p>", ""), ClassColumn, portal, aDay, []Outcome{Violated}},
		{"name unknown", "header.site_name", page("", "<p>要闻</p>", ""), ClassColumn, nil, aDay, []Outcome{Untested}},

		{"emblem", "header.emblem", page("", `<img src="/a.png" alt="中华人民共和国国徽">`, ""), ClassHome, portal, aDay, []Outcome{Kept}},
		{"no emblem", "header.emblem", page("", `<img src="/a.png" alt="标识">`, ""), ClassHome, portal, aDay, []Outcome{Violated}},
		{"emblem perhaps a background", "header.emblem", page("<style>.t{background:url(/a.png)}</style>", "", ""), ClassHome, portal, aDay, []Outcome{Untested}},
		{"emblem drawn by a demonstration", "header.emblem", page("", `<i data-placeholder="emblem"></i>`, ""), ClassHome, &Ledger{Object: Portal, Government: true, SiteDomain: "yunhe.localhost"}, aDay, []Outcome{Untested}},
		{"emblem said to be drawn by a real site", "header.emblem", page("", `<i data-placeholder="emblem"></i><img src="/a.png" alt="">`, ""), ClassHome, portal, aDay, []Outcome{Violated}},
		{"a department owes no emblem", "header.emblem", page("", "", ""), ClassHome, department, aDay, nil},

		{"advertising union", "design.advert", page("", `<script src="https://cpro.baidustatic.com/cpro/ui/c.js"></script>`, ""), ClassHome, nil, aDay, []Outcome{Violated}},
		{"picture to a shop", "design.advert", page("", `<a href="https://item.jd.com/1.html"><img src="/a.jpg" alt="特产"></a>`, ""), ClassHome, nil, aDay, []Outcome{Violated}},
		{"words to a shop in an article", "design.advert", page("", `<a href="https://item.jd.com/1.html">平台公告</a>`, ""), ClassHome, nil, aDay, []Outcome{Kept}},
		{"window that cannot be closed", "design.floating", page("", `<div style="position: fixed; left: 5px"><a href="/zt/"><img src="/f.jpg" alt="专题"></a></div>`, ""), ClassHome, nil, aDay, []Outcome{Violated}},
		{"window with a cross", "design.floating", page("", `<div style="position:fixed"><a href="/zt/"><img src="/f.jpg" alt="专题"></a><span>×</span></div>`, ""), ClassHome, nil, aDay, []Outcome{Tolerated}},
		{"way back to the top", "design.floating", page("", `<div style="position:fixed"><a href="#top"><img src="/top.png" alt="返回顶部"></a></div>`, ""), ClassHome, nil, aDay, []Outcome{Kept}},
		{"menu that stays", "design.floating", page("", `<div style="position:fixed"><img src="/l.png" alt=""><a href="/1/">一</a><a href="/2/">二</a><a href="/3/">三</a><a href="/4/"><img src="/l.png" alt="四"></a></div>`, ""), ClassHome, nil, aDay, []Outcome{Kept}},

		{"published tomorrow week", "dates.future", article("", `<p>发布时间：2026-03-28 09:00</p>`), ClassContent, nil, aDay, []Outcome{Violated}},
		{"tag of next year", "dates.future", article(`<meta name="PubDate" content="2027-01-01 08:00">`, ``), ClassContent, nil, aDay, []Outcome{Violated}},
		{"published today", "dates.future", article("", `<p>发布时间：2026-03-20 09:00</p>`), ClassContent, nil, aDay, []Outcome{Kept}},
		{"today unknown", "dates.future", article("", `<p>发布时间：2026-03-28 09:00</p>`), ClassContent, nil, calendar.Date{}, []Outcome{Untested}},
		{"a deadline in a list", "dates.future", page("", `<ul><li><a href="/1.html">申报通知</a> 2026-12-31</li></ul>`, ""), ClassColumn, nil, aDay, []Outcome{Kept}},
		{"older than its site", "dates.before_site", article("", `<p>发布时间：2018-03-28 09:00</p>`), ClassContent, opened, aDay, []Outcome{Violated}},
		{"older than its site, from elsewhere", "dates.before_site", article(`<meta name="ContentSource" content="旧站">`, `<p>发布时间：2018-03-28 09:00</p>`), ClassContent, opened, aDay, []Outcome{Tolerated}},
		{"younger than its site", "dates.before_site", article("", `<p>发布时间：2024-03-28 09:00</p>`), ClassContent, opened, aDay, []Outcome{Kept}},

		{"source shown", "source.shown", article("", `<p>来源：某市日报 发布时间：2026-03-01</p>`), ClassContent, nil, aDay, []Outcome{Kept}},
		{"nothing behind the word", "source.shown", article("", `<p>来源：</p><p>发布时间：2026-03-01</p>`), ClassContent, nil, aDay, []Outcome{Violated}},
		{"source in the tag alone", "source.shown", article(`<meta name="ContentSource" content="某市日报">`, ``), ClassContent, nil, aDay, []Outcome{Tolerated}},
		{"no source", "source.shown", article("", `<p>发布时间：2026-03-01</p>`), ClassContent, nil, aDay, []Outcome{Violated}},
		{"source of a tag differs", "source.tag_shown", article(`<meta name="ContentSource" content="某市日报">`, `<p>来源：某省日报</p>`), ClassContent, nil, aDay, []Outcome{Violated}},
		{"source left to a script", "source.shown", article("", `<p>发布时间：<span id="t"></span>　来源：<script>document.write(src)</script></p>`), ClassContent, nil, aDay, []Outcome{Untested}},
		{"source left to a script, in an element", "source.shown", article("", `<p>来源：<span id="src"></span></p>`), ClassContent, nil, aDay, []Outcome{Untested}},
		{"source left to a script, in the next cell", "source.shown", article("", `<table><tr><td>来源</td><td id="src"></td></tr></table><div class="content"><p>`+long+`</p></div>`), ClassContent, nil, aDay, []Outcome{Untested}},
		{"label and all written by a script", "source.shown", article("", `<script>document.write("来源："+src)</script>`), ClassContent, nil, aDay, []Outcome{Untested}},
		{"an empty element is no script", "source.shown", article("", `<p>来源：<span class="s"></span></p><script>count()</script>`), ClassContent, nil, aDay, []Outcome{Violated}},
		{"source in the next cell", "source.shown", article("", `<table><tr><td>来源</td><td>某市日报</td></tr></table><div class="content"><p>`+long+`</p></div>`), ClassContent, nil, aDay, []Outcome{Kept}},
		{"source in the next line", "source.tag_shown", article(`<meta name="ContentSource" content="某市日报">`, `<div>来源：</div><div>某市日报</div><div class="content"><p>`+long+`</p></div>`), ClassContent, nil, aDay, []Outcome{Kept}},
		{"the words of the article are no source", "source.tag_shown", article(`<meta name="ContentSource" content="某市日报">`, `<p>来源：<script>document.write(src)</script></p><p>会议总结。</p>`), ClassContent, nil, aDay, nil},
		{"source of a page in English", "source.shown", `<html lang="en"><head><title>News</title></head><body><h1>The District Holds a Conference</h1><p>Updated: March 18, 2026 Source: Yanta</p><div class="content"><p>The conference was held in the district.</p></div></body></html>`, ClassContent, nil, aDay, []Outcome{Untested}},
		{"time of a page in English", "tags.shown_time", `<html lang="en"><head><title>News</title></head><body><h1>The District Holds a Conference</h1><p>Updated: March 18, 2026</p><div class="content"><p>The conference was held in the district.</p></div></body></html>`, ClassContent, nil, aDay, []Outcome{Kept}},
		{"time of a page in French", "tags.shown_time", `<html lang="fr"><head><title>News</title></head><body><h1>The District Holds a Conference</h1><p>Mis à jour le 18 mars</p><div class="content"><p>The conference was held in the district.</p></div></body></html>`, ClassContent, nil, aDay, []Outcome{Untested}},
		{"no time on a Chinese page that says English", "tags.shown_time", `<html lang="en"><head><title>通知</title></head><body><h1>关于放假的通知</h1><div class="content"><p>` + long + `</p></div></body></html>`, ClassContent, nil, aDay, []Outcome{Violated}},
		{"source of a tag shortened", "source.tag_shown", article(`<meta name="ContentSource" content="雁塔区人民政府办公室">`, `<p>来源：区政府办</p>`), ClassContent, nil, aDay, []Outcome{Kept}},
		{"source of a tag is the sponsor, the page says so", "source.tag_shown", article(`<meta name="ContentSource" content="某市水务局">`, `<p>来源：本站</p>`), ClassContent, &Ledger{Sponsor: "某市水务局"}, aDay, []Outcome{Kept}},
		{"source of a tag is another than the sponsor", "source.tag_shown", article(`<meta name="ContentSource" content="某省日报">`, `<p>来源：本站</p>`), ClassContent, &Ledger{Sponsor: "某市水务局"}, aDay, []Outcome{Violated}},
		{"source of a tag is the longer", "source.tag_shown", article(`<meta name="ContentSource" content="某市水务局办公室">`, `<p>来源：某市水务局</p>`), ClassContent, nil, aDay, []Outcome{Kept}},

		{"link without an address", "link.empty", page("", `<a href="">查看详情</a>`, ""), ClassHome, nil, aDay, []Outcome{Violated}},
		{"link to nothing", "link.empty", page("", `<a href="#">查看详情</a>`, ""), ClassHome, nil, aDay, []Outcome{Violated}},
		{"button of a script", "link.empty", page("", `<a href="#" onclick="f()">打印</a>`, ""), ClassHome, nil, aDay, []Outcome{Tolerated}},
		{"whole links", "link.empty", page("", menu, ""), ClassHome, nil, aDay, []Outcome{Kept}},
		{"file of the author's disk", "link.malformed", page("", `<a href="file:///C:/附件.doc">附件</a>`, ""), ClassHome, nil, aDay, []Outcome{Violated}},
		{"drive letter", "link.malformed", page("", `<a href="C:\附件.doc">附件</a>`, ""), ClassHome, nil, aDay, []Outcome{Violated}},
		{"inner network", "link.malformed", page("", `<a href="http://10.1.2.3/a">系统</a>`, ""), ClassHome, nil, aDay, []Outcome{Violated}},
		{"full stop of the other width", "link.malformed", page("", `<a href="http://www.gov。cn/">网</a>`, ""), ClassHome, nil, aDay, []Outcome{Violated}},
		{"scheme twice", "link.malformed", page("", `<a href="http://http://www.gov.cn/">网</a>`, ""), ClassHome, nil, aDay, []Outcome{Violated}},
		{"plain links", "link.malformed", page("", menu+`<a href="mailto:a@b.cn">信</a><a href="//www.gov.cn/">网</a>`, ""), ClassHome, nil, aDay, []Outcome{Kept}},

		{"letters to the mayor", "function.interaction", page("", menu+`<a href="/x/">市长信箱</a>`, ""), ClassHome, portal, aDay, []Outcome{Kept}},
		{"petitions alone do not count", "function.interaction", page("", menu+`<a href="/x/">网上信访</a><a href="/y/">纪检举报</a>`, ""), ClassHome, portal, aDay, []Outcome{Violated}},
		{"page made by a script", "function.interaction", page("", `<script>app()</script>`, ""), ClassHome, portal, aDay, []Outcome{Untested}},
		{"services", "function.services", page("", menu+`<a href="/x/">政务服务</a>`, ""), ClassHome, department, aDay, []Outcome{Kept}},
		{"no services", "function.services", page("", menu, ""), ClassHome, department, aDay, []Outcome{Violated}},
		{"a name beside a headline", "function.interaction", page("", menu+`<a href="/1">我市召开会议</a><a href="/x/">互动交流 &gt;&gt;</a>`, ""), ClassHome, portal, aDay, []Outcome{Kept}},
		{"a column of that name", "function.interaction", page("", menu+`<h3>互动交流</h3>`, ""), ClassHome, portal, aDay, []Outcome{Kept}},
		{"picture of a channel", "function.services", page("", menu+`<a href="/x/"><img src="/a.png" alt="政务服务网"></a>`, ""), ClassHome, department, aDay, []Outcome{Kept}},
		{"no outward duty", "function.services", page("", menu, ""), ClassHome, &Ledger{Object: DepartmentSite, NoServices: true}, aDay, []Outcome{Tolerated}},
		{"whose site is unknown", "function.services", page("", menu, ""), ClassHome, nil, aDay, nil},
		{"way in for the elderly", "function.elder", page("", menu+`<a href="/elder/">长者模式</a>`, ""), ClassHome, portal, aDay, []Outcome{Kept}},
		{"no way in for the elderly", "function.elder", page("", menu, ""), ClassHome, portal, aDay, []Outcome{Violated}},

		{"whole guide", "guide.elements", page("", guide, ""), ClassContent, nil, aDay, []Outcome{Kept}},
		{"guide without hours", "guide.elements", page("", strings.Replace(guide, "<p>办理时间：工作日九时至十七时</p>", "", 1), ""), ClassContent, nil, aDay, []Outcome{Violated}},
		{"label with nothing behind it", "guide.elements", page("", strings.Replace(guide, "工作日九时至十七时", "", 1), ""), ClassContent, nil, aDay, []Outcome{Violated}},
		{"an article is no guide", "guide.elements", page("", goodBody, ""), ClassContent, nil, aDay, nil},
		{"sample named and not there", "guide.sample", page("", guide+"<p>样表见窗口</p>", ""), ClassContent, nil, aDay, []Outcome{Violated}},
		{"sample there", "guide.sample", page("", guide+`<p>样表：<a href="/a.docx">样表</a></p>`, ""), ClassContent, nil, aDay, []Outcome{Kept}},

		{"picture without words", "accessible.alt", page("", `<img src="/a.png">`, ""), ClassHome, nil, aDay, []Outcome{Violated}},
		{"ornament", "accessible.alt", page("", `<img src="/a.png" alt="">`, ""), ClassHome, nil, aDay, []Outcome{Kept}},
		{"no picture", "accessible.alt", page("", ``, ""), ClassHome, nil, aDay, nil},
		{"no language", "accessible.lang", "<html><head><title>a</title></head><body></body></html>", ClassHome, nil, aDay, []Outcome{Violated}},
		{"no title", "accessible.title", page("", "", ""), ClassHome, nil, aDay, []Outcome{Violated}},
		{"heading skipped", "accessible.headings", page("", `<h1>一</h1><h4>二</h4>`, ""), ClassHome, nil, aDay, []Outcome{Violated}},
		{"long page without headings", "accessible.headings", page("", `<p>`+long+`</p>`, ""), ClassHome, nil, aDay, []Outcome{Violated}},
		{"headings in order", "accessible.headings", page("", `<h1>一</h1><h2>二</h2><h2>三</h2>`, ""), ClassHome, nil, aDay, []Outcome{Kept}},
		{"field without a name", "accessible.labels", page("", `<form><input name="q"></form>`, ""), ClassHome, nil, aDay, []Outcome{Violated}},
		{"field with a label", "accessible.labels", page("", `<label for="q">检索词</label><input id="q" name="q"><input type="hidden" name="x">`, ""), ClassHome, nil, aDay, []Outcome{Kept}},
		{"link that is a picture", "accessible.link_name", page("", `<a href="/a"><img src="/a.png" alt=""></a>`, ""), ClassHome, nil, aDay, []Outcome{Violated}},
		{"frame", "accessible.frame", page("", `<iframe src="/a" title="地图"></iframe>`, ""), ClassHome, nil, aDay, []Outcome{Kept}},
		{"frame without a title", "accessible.frame", page("", `<iframe src="/a"></iframe>`, ""), ClassHome, nil, aDay, []Outcome{Violated}},
		{"no way past the menu", "accessible.skip", page("", `<p>`+long+`</p>`, ""), ClassHome, nil, aDay, []Outcome{Violated}},
		{"main", "accessible.skip", page("", `<main><p>`+long+`</p></main>`, ""), ClassHome, nil, aDay, []Outcome{Kept}},
		{"zoom forbidden", "accessible.zoom", page(`<meta name="viewport" content="width=device-width, user-scalable=no">`, "", ""), ClassHome, nil, aDay, []Outcome{Violated}},
		{"grey on white", "accessible.contrast", page("", `<p style="color:#aaa;background:#fff">文</p>`, ""), ClassHome, nil, aDay, []Outcome{Violated}},
		{"black on white", "accessible.contrast", page("", `<p style="color:#000;background:#fff">文</p>`, ""), ClassHome, nil, aDay, []Outcome{Kept}},
	}
	for _, tt := range tests {
		t.Run(tt.check+" "+tt.name, func(t *testing.T) {
			got, says := outcome(Facts{Page: parse(t, tt.html), Class: tt.class, Ledger: tt.ledger, Today: tt.today}, tt.check)
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %v (%v), want %v", got, says, tt.want)
			}
		})
	}
}

// V-W-5.1, V-W-6.1: a channel is told by its name; other things have a word of it.
func TestChannelsByName(t *testing.T) {
	for _, tt := range []struct {
		name *regexp.Regexp
		yes  []string
		no   []string
	}{
		{interactionName,
			[]string{"领导信箱", "县长信箱", "市长信箱", "书记信箱", "雁塔区区长信箱", "公众留言", "咨询投诉", "我要咨询", "在线咨询", "网上咨询", "政策咨询", "业务咨询", "互动交流", "政民互动", "互动", "互动交流 Interaction", "【互动交流】", "咨询建议", "投诉建议",
				"意见建议", "意见箱", "网上留言", "留言板", "领导留言板", "我要写信", "给县长写信", "我要建议", "12345热线", "12345政务服务便民热线", "12345网上平台", "市长热线", "网络问政", "有问必答", "建言献策", "群众诉求", "公众参与", "来信选登", "进入互动交流", "咨询、投诉、建议"},
			[]string{"建议提案", "人大代表建议办理", "政协提案", "纪检举报信箱", "网上信访信箱", "网上信访", "纪检监察举报", "廉政信箱", "监督举报投诉", "电子信箱：a@b.gov.cn", "咨询电话", "投诉电话", "工程咨询公司中标", "我市召开政民互动工作推进会", "区长信箱热度持续攀升受群众好评",
				"意见征集", "民意调查", "在线访谈", "政府采购咨询公告", "心理咨询室", "12315消费投诉", "新闻热线", "政务公开", ""}},
		{serviceName,
			[]string{"政务服务", "办事服务", "网上办事大厅", "网上办事", "在线办事", "办事大厅", "办事指南", "服务大厅", "我要办", "我要办事", "便民服务", "一网通办", "陕西政务服务网", "全国一体化政务服务平台", "公共服务", "服务事项", "个人办事", "法人办事", "高效办成一件事", "政务服务中心",
				"西安市政务服务网", "行政审批服务", "在线服务", "政务服务 Service", "办事"},
			[]string{"某某街道办事处", "小寨路街道办事处", "办事处", "驻京办事处", "某街道办事处开展安全检查", "12345政务服务便民热线", "政务服务管理局", "行政审批服务局", "我市召开政务服务工作会议", "志愿服务", "公共服务设施规划公示", "办事公开制度", "政务公开", ""}},
	} {
		for _, name := range tt.yes {
			if !namesChannel(tt.name, name) {
				t.Errorf("%s is no channel", name)
			}
		}
		for _, name := range tt.no {
			if namesChannel(tt.name, name) {
				t.Errorf("%s is a channel", name)
			}
		}
	}
}

// V-W-1.5: what a page showed before is held against what it shows now, where it
// names its date.
func TestMovedDate(t *testing.T) {
	for _, tt := range []struct {
		name, before, body string
		want               []Outcome
	}{
		{"as it was", "2026-03-18 09:00", "<p>发布时间：2026-03-18 09:00</p>", []Outcome{Kept}},
		{"the day alone", "2026-03-18", "<p>发布时间：2026-03-18 09:00</p>", []Outcome{Kept}},
		{"another day", "2026-03-18 09:00", "<p>发布时间：2026-03-20 09:00</p>", []Outcome{Violated}},
		{"another minute", "2026-03-18 09:00", "<p>发布时间：2026-03-18 19:00</p>", []Outcome{Violated}},
		{"the day it is read on", "2026-03-19", "<p>今天是2026年3月20日</p>", nil},
		{"never seen", "", "<p>发布时间：2026-03-20 09:00</p>", nil},
	} {
		p := parse(t, page("<title>通知</title>", "<h1>通知</h1>"+tt.body, ""))
		if got, says := outcome(Facts{Page: p, Class: ClassContent, Today: aDay, ShownBefore: tt.before}, "dates.moved"); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v (%v)", tt.name, got, says)
		}
		says, moved, ok := Moved(p, tt.before)
		if ok != (tt.want != nil) || ok && moved != (tt.want[0] == Violated) || moved && says == "" {
			t.Errorf("%s again: %q, moved %v, told %v", tt.name, says, moved, ok)
		}
	}
}

// An outside link is judged by where it comes out; a site that refuses is never
// a dead link.
func TestOutsideLinks(t *testing.T) {
	link := Link{URL: "http://www.old-bureau.com/", Text: "友情链接", Kind: LinkExternal}
	tests := []struct {
		name  string
		r     LinkResult
		want  LinkState
		check string
	}{
		{"gambling by its title", LinkResult{Link: link, Status: 200, FinalURL: link.URL, Title: "澳门新葡京娱乐城官网"}, LinkIllegal, "link.illegal"},
		{"gambling by its text", LinkResult{Link: link, Status: 200, FinalURL: link.URL, Title: "首页", Text: "百家乐 老虎机 真人荷官 在线下注"}, LinkIllegal, "link.illegal"},
		{"news about gambling", LinkResult{Link: link, Status: 200, FinalURL: link.URL, Title: "公安机关打击网络赌博", Text: "查处百家乐、老虎机、时时彩等案件"}, LinkAlive, ""},
		{"one word proves nothing", LinkResult{Link: link, Status: 200, FinalURL: link.URL, Title: "旅游", Text: "葡京酒店附近的景点"}, LinkAlive, ""},
		{"for sale", LinkResult{Link: link, Status: 200, FinalURL: link.URL, Title: "old-bureau.com", Text: "This domain name is for sale. Make an offer."}, LinkParked, "link.parked"},
		{"at a dealer's", LinkResult{Link: link, Status: 200, FinalURL: "https://www.hugedomains.com/d?n=old-bureau"}, LinkParked, "link.parked"},
		{"an article on domains", LinkResult{Link: link, Status: 200, FinalURL: link.URL, Title: "知识", Text: strings.Repeat("域名知识介绍。", 100) + "域名已过期怎么办"}, LinkAlive, ""},
		{"refused", LinkResult{Link: link, Status: 403, FinalURL: link.URL, Title: "澳门新葡京娱乐城"}, LinkRefused, "link.refused"},
		{"too many", LinkResult{Link: link, Status: 429}, LinkRefused, "link.refused"},
		{"government is not judged by its words", LinkResult{Link: Link{URL: "http://www.a.gov.cn/", Kind: LinkExternal}, Status: 200, FinalURL: "http://www.a.gov.cn/", Title: "百家乐案件"}, LinkAlive, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.r.State(); got != tt.want {
				t.Errorf("state %q, want %q", got, tt.want)
			}
			for _, f := range Run(Facts{Links: []LinkResult{tt.r}}) {
				if f.Check != tt.check || (f.Outcome == Violated) == (tt.want == LinkRefused) {
					t.Errorf("%s %s %s", f.Check, f.Outcome, f.Says)
				}
			}
		})
	}
	// Each sort of link is named for what it is.
	for kind, word := range map[string]string{LinkImage: "图片", LinkAttachment: "附件", LinkExternal: "外部链接", LinkPage: "链接"} {
		f := Run(Facts{Links: []LinkResult{{Link: Link{URL: "http://a.cn/x", Text: "甲", Kind: kind}, Status: 404}}})
		if len(f) != 1 || !strings.Contains(f[0].Says, word+"“甲”") {
			t.Errorf("%s: %v", kind, f)
		}
	}
}

func TestAttachments(t *testing.T) {
	id := "11010519491231002X"
	f := Facts{Ledger: &Ledger{OfficialPhones: []string{"13800138000"}}, Attachments: []Attachment{
		{URL: "/a.xlsx", Name: "名单.xlsx", Text: "张某 " + id + "\n李某 " + id},
		{URL: "/b.docx", Name: "通知.docx", Text: "联系电话：13800138000"},
		{URL: "/c.doc", Name: "旧文.doc", Unread: "附件“旧文.doc”没有检查其中的文字。"},
	}}
	got := map[string]Finding{}
	for _, x := range Run(f) {
		got[x.Check+" "+x.Where] = x
	}
	if x := got["attachment.id_card /a.xlsx"]; x.Outcome != Violated || x.Severity != Serious || !strings.Contains(x.Says, "1 处") || strings.Contains(x.Says, id) {
		t.Errorf("list: %+v", x)
	}
	if x := got["attachment.mobile /b.docx"]; x.Outcome != Tolerated || x.Why == "" {
		t.Errorf("official telephone: %+v", x)
	}
	if x := got["attachment.id_card /b.docx"]; x.Outcome != Kept {
		t.Errorf("clean file: %+v", x)
	}
	if x := got["attachment.unread /c.doc"]; x.Outcome != Untested || x.Fix != "" {
		t.Errorf("unread: %+v", x)
	}
	if _, ok := got["attachment.id_card /c.doc"]; ok {
		t.Error("an unread file was judged")
	}
}

func TestCloaking(t *testing.T) {
	own := page(`<title>某市人民政府</title>`, `<p>`+strings.Repeat("某市人民政府召开会议部署工作。", 10)+`</p><a href="http://www.example.gov.cn/">本站</a>`, "")
	planted := page(`<title>澳门新葡京官网</title>`, `<p>百家乐</p>`, "")
	linking := page(`<title>某市人民政府</title>`, `<a href="http://www.bet8888.com/">娱乐</a>`, "")
	strange := page(`<title>购物</title>`, `<p>`+strings.Repeat("全新商品正品保障全国联保欢迎选购。", 20)+`</p>`, "")
	tests := []struct {
		name, check string
		a           Alternate
		want        Outcome
		severity    Severity
	}{
		{"the same", "cloaked.agent", Alternate{As: AsMobile, Page: parse(t, own), Status: 200}, Kept, Serious},
		{"another layout", "cloaked.agent", Alternate{As: AsMobile, Page: parse(t, page("<title>手机版</title>", "<p>栏目</p>", "")), Status: 200}, Tolerated, Serious},
		{"gambling for robots", "cloaked.agent", Alternate{As: AsSpider, Page: parse(t, planted), Status: 200}, Violated, Serious},
		{"links for robots", "cloaked.agent", Alternate{As: AsSpider, Page: parse(t, linking), Status: 200}, Violated, Serious},
		{"something else for robots", "cloaked.agent", Alternate{As: AsSpider, Page: parse(t, strange), Status: 200}, Violated, Error},
		{"sent on from a search engine", "cloaked.referrer", Alternate{As: AsSearcher, Status: 200, FinalURL: "http://www.bet8888.com/"}, Violated, Serious},
		{"sent on within government", "cloaked.referrer", Alternate{As: AsSearcher, Page: parse(t, own), Status: 200, FinalURL: "http://m.another.gov.cn/"}, Kept, Serious},
		{"telephones to the official account", "cloaked.agent", Alternate{As: AsMobile, Page: parse(t, page("<title>某市发布</title>", "<p>公众号文章</p>", "")), Status: 200, FinalURL: "https://mp.weixin.qq.com/s/1"}, Tolerated, Serious},
		{"telephones to a layout of the site's own", "cloaked.agent", Alternate{As: AsMobile, Page: parse(t, own), Status: 200, FinalURL: "http://m.example.gov.cn/"}, Kept, Serious},
		{"gambling on a well-known service", "cloaked.agent", Alternate{As: AsMobile, Page: parse(t, planted), Status: 200, FinalURL: "https://page.weibo.com/1"}, Violated, Serious},
		{"telephones to a host nobody knows", "cloaked.agent", Alternate{As: AsMobile, Page: parse(t, page("<title>某市政务</title>", "<p>栏目</p>", "")), Status: 200, FinalURL: "https://m.city-service.com/"}, Violated, Advice},
		{"the same, not opened", "cloaked.agent", Alternate{As: AsMobile, Status: 200, FinalURL: "https://m.city-service.com/"}, Violated, Advice},
		{"unknown host that shows gambling", "cloaked.agent", Alternate{As: AsMobile, Page: parse(t, planted), Status: 200, FinalURL: "https://m.city-service.com/"}, Violated, Serious},
		{"unknown host with something hidden", "cloaked.referrer", Alternate{As: AsSearcher, Page: parse(t, page("<title>某市</title>", `<div style="display:none"><a href="http://www.bet888-casino.com/">娱乐</a></div>`, "")), Status: 200, FinalURL: "https://m.city-service.com/"}, Violated, Serious},
		{"robots refused", "cloaked.agent", Alternate{As: AsSpider, Status: 403}, Untested, Serious},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, f := range Run(Facts{Page: parse(t, own), Alternates: []Alternate{tt.a}}) {
				if f.Check == tt.check && (f.Outcome != tt.want || f.Severity != tt.severity) {
					t.Errorf("%s %s %s", f.Outcome, f.Severity, f.Says)
				}
				if strings.HasPrefix(f.Check, "cloaked.") && f.Check != tt.check {
					t.Errorf("%s spoke", f.Check)
				}
			}
		})
	}
}

// News of the day is no tampering; another page is, and so is a script from
// elsewhere.
func TestBaseline(t *testing.T) {
	para := strings.Repeat("我市召开全市教育工作会议，总结去年的工作，部署今年的重点任务，各县区和有关部门负责同志参加。", 6)
	frame := func(title, news, more string) string {
		return page("<title>"+title+"</title>", `<div><h1>某市人民政府</h1><ul><li>要闻</li><li>公告</li></ul><p>`+para+`</p><p>`+news+`</p></div>`+more, goodFoot)
	}
	base := BaselineOf(parse(t, frame("某市人民政府", "昨日消息若干条", "")))
	tests := []struct {
		name, html string
		want       Outcome
		severity   Severity
		says       string
	}{
		{"nothing new", frame("某市人民政府", "昨日消息若干条", ""), Kept, Serious, ""},
		{"news", frame("某市人民政府", "今日另有新的消息，内容与昨日不同，另有数条公告发布", ""), Tolerated, Serious, ""},
		{"defaced", "<html><head><title>hacked</title></head><body><center>" + strings.Repeat("you have been owned ", 20) + "</center></body></html>", Violated, Serious, "标题改变"},
		{"script from elsewhere", frame("某市人民政府", "昨日消息若干条", `<script src="http://cdn.unknown-host.top/x.js"></script>`), Violated, Error, "cdn.unknown-host.top"},
		{"form to elsewhere", frame("某市人民政府", "昨日消息若干条", `<form action="http://collect.unknown-host.top/"><input name="p"></form>`), Violated, Error, "表单"},
		{"title planted", frame("澳门新葡京", "昨日消息若干条", ""), Violated, Serious, "新葡京"},
		{"script of a known service", frame("某市人民政府", "昨日消息若干条", `<script src="http://hm.baidu.com/h.js"></script>`), Kept, Serious, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Run(Facts{Page: parse(t, tt.html), Baseline: &base})
			i := slices.IndexFunc(got, func(f Finding) bool { return f.Check == "change.baseline" })
			if i < 0 || got[i].Outcome != tt.want || got[i].Severity != tt.severity || !strings.Contains(got[i].Says, tt.says) {
				t.Errorf("%+v", got[max(i, 0)])
			}
		})
	}
	if d := Compare(base, parse(t, frame("某市人民政府", "昨日消息若干条", "")), nil); d.Text < 0.999 || d.Frame < 0.999 || d.Significant() {
		t.Errorf("a page differs from itself: %+v", d)
	}
}

func TestSearchOfASite(t *testing.T) {
	answer := func(items string) *Page { return parse(t, page("<title>搜索</title>", items, "")) }
	hit := `<a href="/1.html">关于做好春季植树工作的通知</a>`
	const title, other = "关于做好春季植树工作的通知", "我区召开全区教育工作会议"
	none := func(words string) *Page { return answer("<p>没有找到“" + words + "”</p>") }
	ask := func(asked string, p *Page, more ...Question) Search {
		return Search{Questions: append([]Question{{Asked: asked, Title: title, Target: "http://www.example.gov.cn/1.html", Page: p, Status: 200}}, more...), Control: none("卅卌")}
	}
	again := func(p *Page, status int) Question {
		return Question{Asked: "全区教育工作会议", Title: other, Page: p, Status: status}
	}
	everything := ask("春季植树", answer(hit))
	everything.Control = answer(hit)
	tests := []struct {
		name string
		s    Search
		want Outcome
	}{
		{"found", ask("春季植树", answer(hit)), Kept},
		{"neither of two titles found", ask("春季植树", none("春季植树"), again(none("全区教育工作会议"), 200)), Violated},
		{"one title asked for, in part and whole", ask("春季植树", none("春季植树"), Question{Asked: title, Title: title, Page: none(title), Status: 200}), Untested},
		{"the second found", ask("春季植树", none("春季植树"), again(answer(`<a href="/2.html">我区召开全区教育工作会议</a>`), 200)), Kept},
		{"listed beside the site's own lists", func() Search {
			s := ask("春季植树", answer(hit+hit))
			s.Control = answer(hit)
			return s
		}(), Kept},
		{"another title with the words", ask("春季植树", answer(`<a href="/7.html">我市部署春季植树</a>`)), Kept},
		{"a title cut short", ask("植树工作", answer(`<a href="/9.html">关于做好春季植树…</a>`)), Kept},
		{"the page under another name", ask("春季植树", answer(`<a href="http://www.example.gov.cn/1.html">查看详情</a>`)), Kept},
		{"the words without a link", ask("春季植树", answer(`<p>各地开展春季植树</p>`), again(none("全区教育工作会议"), 200)), Untested},
		{"the question repeated and nothing else", ask("春季植树", answer(`<form><input name="q" value="春季植树"></form><p>共 0 条</p>`), again(answer(`<p>您检索的关键词：全区教育工作会议</p>`), 200)), Violated},
		{"a page that is no answer", ask("春季植树", answer("<p>请拖动滑块完成验证</p>"), again(answer("<p>请拖动滑块完成验证</p>"), 200)), Untested},
		{"refused at the second", ask("春季植树", none("春季植树"), again(nil, 429)), Untested},
		{"broken at the second", ask("春季植树", none("春季植树"), again(nil, 500)), Violated},
		{"broken", Search{Questions: []Question{{Asked: "春季植树", Title: title, Status: 500}, again(nil, 500)}}, Violated},
		{"broken once", Search{Questions: []Question{{Asked: "春季植树", Title: title, Status: 500}}}, Untested},
		{"refused", Search{Questions: []Question{{Asked: "春季植树", Title: title, Status: 403}}}, Untested},
		{"elsewhere", Search{Questions: []Question{{Asked: "春季植树", Title: title, Why: "站内搜索转到其他网站。"}}}, Untested},
		{"lists the same for everything", everything, Untested},
		{"drawn by a script", ask("春季植树", answer("<script>$.ajax()</script>")), Untested},
		{"no form", Search{Why: "首页没有可以识别的搜索框。"}, Untested},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, says := outcome(Facts{Search: &tt.s}, "function.search"); !slices.Equal(got, []Outcome{tt.want}) {
				t.Errorf("%v %v", got, says)
			}
		})
	}
	p, err := ParsePage([]byte(page("", `<form action="/login"><input name="u"><input type="password" name="p"></form><form action="/s/find" class="search"><input type="hidden" name="site" value="7"><input name="q"></form>`, "")), "", "http://www.example.gov.cn/")
	if err != nil {
		t.Fatal(err)
	}
	// A form asks in the charset of its page, or in the one that it names.
	const asks = `<form action="/s?site=1" %s><input type="search" name="q"><input type="hidden" name="类" value="文"></form>`
	for _, x := range [][3]string{
		{"gb2312", "", "q=%B9%AB%B8%E6+%26%23128512%3B&site=1&%C0%E0=%CE%C4"}, {"utf-8", "", "q=%E5%85%AC%E5%91%8A+%F0%9F%98%80&site=1&%E7%B1%BB=%E6%96%87"}, {"gb2312", `accept-charset="UTF-8"`, "q=%E5%85%AC%E5%91%8A+%F0%9F%98%80&site=1&%E7%B1%BB=%E6%96%87"},
	} {
		body := `<html><head><meta charset="` + x[0] + `"></head><body><p>政务公开</p>` + fmt.Sprintf(asks, x[1]) + `</body></html>`
		if x[0] != "utf-8" {
			var err error
			if body, err = simplifiedchinese.GBK.NewEncoder().String(body); err != nil {
				t.Fatal(err)
			}
		}
		q, err := ParsePage([]byte(body), "", "http://www.example.gov.cn/")
		if err != nil {
			t.Fatal(err)
		}
		if s, ok := FindSearch(q); !ok || s.Asked("公告 😀") != "http://www.example.gov.cn/s?"+x[2] {
			t.Errorf("%v: %s", x, s.Asked("公告 😀"))
		}
	}
	if s, ok := FindSearch(p); !ok || s.Action != "http://www.example.gov.cn/s/find" || s.Field != "q" || !slices.Equal(s.Fixed, [][2]string{{"site", "7"}}) {
		t.Errorf("%+v %v", s, ok)
	}
}

func TestRenderedPages(t *testing.T) {
	p := parse(t, page("<title>a</title>", "", ""))
	tests := []struct {
		name, check string
		r           []Rendered
		want        []Outcome
	}{
		{"fits", "rendered.responsive", []Rendered{{Width: 390, Content: 390}, {Width: 1366, Content: 1367}}, []Outcome{Kept, Kept}},
		{"too wide for a telephone", "rendered.responsive", []Rendered{{Width: 390, Content: 1000}}, []Outcome{Violated}},
		{"no browser", "rendered.responsive", []Rendered{{Width: 390, Why: "没有安装浏览器。"}}, []Outcome{Untested}},
		{"quick", "rendered.load", []Rendered{{Width: 390, Load: 3 * time.Second}}, []Outcome{Kept}},
		{"slow", "rendered.load", []Rendered{{Width: 390, Load: 3100 * time.Millisecond}}, []Outcome{Violated}},
		{"axe", "accessible.axe", []Rendered{{Audited: true, Axe: []AxeViolation{{Rule: "color-contrast", Impact: "serious", Help: "对比不足", Nodes: 3}}}, {Audited: true}}, []Outcome{Violated}},
		{"axe found nothing", "accessible.axe", []Rendered{{Audited: true}}, []Outcome{Kept}},
		{"not looked at", "accessible.axe", nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, says := outcome(Facts{Page: p, Rendered: tt.r}, tt.check); !slices.Equal(got, tt.want) {
				t.Errorf("%v %v", got, says)
			}
		})
	}
}

func TestSameInstants(t *testing.T) {
	var same, apart, days []Dated
	for i := range 9 {
		same = append(same, Dated{URL: "/s", Column: "要闻", Published: "2026-03-01 08:30"})
		apart = append(apart, Dated{Column: "要闻", Published: "2026-03-0" + string(rune('1'+i)) + " 08:30"})
		days = append(days, Dated{Column: "要闻", Published: "2026-03-01"})
	}
	for _, tt := range []struct {
		list []Dated
		want Outcome
	}{{same, Violated}, {apart, Kept}, {days, Kept}} {
		if got, says := outcome(Facts{Dated: tt.list}, "dates.all_same"); !slices.Equal(got, []Outcome{tt.want}) {
			t.Errorf("%v %v, want %v", got, says, tt.want)
		}
	}
}

// A draft has no world around it, and a department's site owes what a portal
// does not.
func TestMomentsAndObjects(t *testing.T) {
	p := parse(t, page("", "", ""))
	for _, f := range Run(Facts{Page: p, Class: ClassHome, Staging: true, Ledger: &Ledger{Object: DepartmentSite}, Today: aDay, Rendered: []Rendered{{Width: 390, Content: 900}}}) {
		c, _ := ByID(f.Check)
		if c.Live || !c.Judges(DepartmentSite) {
			t.Errorf("%s was made of a draft of a department", f.Check)
		}
	}
	for _, c := range Checks() {
		if len(c.Objects) == 0 {
			t.Errorf("%s is put to nothing", c.ID)
		}
	}
}

func FuzzBaseline(f *testing.F) {
	f.Add([]byte(page(goodHead, goodBody, goodFoot)), []byte("<p>x</p>"))
	f.Add([]byte("<form action='//a'><a href=':'>"), []byte(""))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		p, err := ParsePage(a, "", "http://www.example.gov.cn/")
		if err != nil {
			return
		}
		q, err := ParsePage(b, "", "http://www.example.gov.cn/")
		if err != nil {
			return
		}
		base := BaselineOf(p)
		if d := Compare(base, p, nil); d.Text != 1 || d.Frame != 1 || d.Title {
			t.Errorf("a page differs from itself: %+v", d)
		}
		Run(Facts{Page: q, Class: ClassHome, Baseline: &base, Alternates: []Alternate{{As: AsSpider, Page: p}}, Ledger: &Ledger{Object: Portal, Government: true, SiteName: "甲"}, Today: aDay})
		FindSearch(q)
		GuideLacks(q)
	})
}
