package check

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"zhengshu/internal/calendar"
)

func TestTableOfChecks(t *testing.T) {
	id := regexp.MustCompile(`^(?:tags|header|footer|design|dates|source|privacy|attachment|concealed|script|cloaked|change|link|column|home|access|function|guide|accessible|rendered|item|host|account)\.[a-z0-9_]+$`)
	article := regexp.MustCompile(`^(?:S\d{1,2}(?:\.\d)?[a-z]?|D-\d\d|V-[WM]-\d(?:\.\d)?)$`)
	seen := map[string]bool{}
	for _, c := range Checks() {
		if !id.MatchString(c.ID) || seen[c.ID] {
			t.Errorf("%s: bad or repeated id", c.ID)
		}
		seen[c.ID] = true
		if c.Says.Fine == "" || c.Says.Wrong == "" || c.Says.HowToFix == "" || c.Evidence == "" || len(c.AppliesTo) == 0 || c.run == nil {
			t.Errorf("%s: incomplete", c.ID)
		}
		if !strings.HasSuffix(c.Says.HowToFix, "。") || strings.HasSuffix(c.Says.Wrong, "。") {
			t.Errorf("%s: punctuation of texts", c.ID)
		}
		if len(c.Articles) == 0 {
			t.Errorf("%s: no article", c.ID)
		}
		for _, a := range c.Articles {
			if !article.MatchString(a) {
				t.Errorf("%s: article %q", c.ID, a)
			}
		}
		if !slices.Contains([]Severity{Serious, Error, Advice}, c.Severity) {
			t.Errorf("%s: severity %q", c.ID, c.Severity)
		}
		if got, ok := ByID(c.ID); !ok || got.ID != c.ID {
			t.Errorf("ByID(%s) failed", c.ID)
		}
	}
	if _, ok := ByID("tags.nothing"); ok {
		t.Error("ByID found what is not there")
	}
}

// outcome runs the checks and returns the outcomes of one of them.
func outcome(f Facts, id string) (out []Outcome, says []string) {
	for _, x := range Run(f) {
		if x.Check == id {
			out = append(out, x.Outcome)
			says = append(says, x.Says)
		}
	}
	return out, says
}

const goodHead = `<meta charset="utf-8"><title>我市召开会议-某市人民政府</title><meta name="SiteName" content="某市人民政府"><meta name="SiteDomain" content="www.example.gov.cn"><meta name="SiteIDCode" content="6101000001">
<meta name="ColumnName" content="政务要闻"><meta name="ColumnType" content="工作动态"><meta name="ArticleTitle" content="我市召开会议"><meta name="PubDate" content="2024-01-02 08:09"><meta name="ContentSource" content="某市日报">`

const goodBody = `<h1>我市召开会议</h1><p>发布时间：2024-01-02 08:09　来源：某市日报</p><div class="content"><p>会议强调，要认真落实各项任务，确保取得实效，各部门要加强协调。</p></div>`

const goodFoot = `<div class="footer"><a href="https://bszs.conac.cn/sitename?method=show&id=1"><img src="/red.png" alt="红标"></a><a href="https://zfwzgl.www.gov.cn/exposure/jiucuo.html?site_code=6101000001&url=x"><img src="/jiucuo.png" alt="我来找错"></a>
<p>主办单位：某市人民政府办公室 联系电话：029-12345678</p><p>网站标识码：6101000001 <a href="https://beian.miit.gov.cn/">陕ICP备05000001号-1</a> <a href="http://www.beian.gov.cn/portal/registerSystemInfo?recordcode=1">陕公网安备 61010202000169号</a></p><p><a href="/map.html">网站地图</a> 中文域名：某市人民政府.政务</p></div>`

func page(head, body, foot string) string {
	return "<!DOCTYPE html><html lang=\"zh-CN\"><head>" + head + "</head><body>" + body + foot + "</body></html>"
}

func TestGoodPageKeepsEverything(t *testing.T) {
	l := &Ledger{SiteName: "某市人民政府", SiteDomain: "www.example.gov.cn", SiteCode: "6101000001", Sponsor: "某市人民政府办公室", ICPFiling: "陕ICP备05000001号-1", PoliceFiling: "61010202000169", ChineseDomain: "某市人民政府.政务", PartyGovMark: "1"}
	for _, x := range Run(Facts{Page: parse(t, page(goodHead, goodBody, goodFoot)), Ledger: l, Today: calendar.Date{Year: 2024, Month: 1, Day: 3}}) {
		if x.Outcome != Kept {
			t.Errorf("%s: %s %s", x.Check, x.Outcome, x.Says)
		}
	}
}

func TestTags(t *testing.T) {
	ledger := &Ledger{SiteCode: "6101000002", SiteName: "某市政府网", SiteDomain: "www.example.gov.cn"}
	tests := []struct {
		name, check string
		head, body  string
		class       Class
		ledger      *Ledger
		want        []Outcome
	}{
		{"missing on a column page", "tags.column_description", goodHead, goodBody, ClassColumn, nil, []Outcome{Violated}},
		{"not owed on a content page", "tags.column_keywords", goodHead, goodBody, ClassContent, nil, nil},
		{"not owed on the home page", "tags.article_title", goodHead, goodBody, ClassHome, nil, nil},
		{"empty", "tags.content_source", strings.Replace(goodHead, `content="某市日报"`, `content=" "`, 1), goodBody, "", nil, []Outcome{Violated}},
		{"placeholder", "tags.site_name", strings.Replace(goodHead, `content="某市人民政府"`, `content="网站名称"`, 1), goodBody, "", nil, []Outcome{Violated}},
		{"lower-case names count", "tags.pub_date", strings.Replace(goodHead, "PubDate", "pubdate", 1), goodBody, "", nil, []Outcome{Kept}},
		{"code of twelve digits", "tags.site_code_form", strings.Replace(goodHead, "6101000001", "610100000001", 1), goodBody, "", nil, []Outcome{Violated}},
		{"code of the State Council system", "tags.site_code_form", strings.Replace(goodHead, "6101000001", "bm17000009", 1), goodBody, "", nil, []Outcome{Kept}},
		{"code against ledger", "tags.site_code_ledger", goodHead, goodBody, "", ledger, []Outcome{Violated}},
		{"code without ledger", "tags.site_code_ledger", goodHead, goodBody, "", nil, []Outcome{Untested}},
		{"name against ledger", "tags.site_name_ledger", goodHead, goodBody, "", ledger, []Outcome{Violated}},
		{"domain of another site", "tags.site_domain_address", strings.Replace(goodHead, "www.example.gov.cn", "www.other.gov.cn", 1), goodBody, "", nil, []Outcome{Violated}},
		{"domain with scheme", "tags.site_domain_address", strings.Replace(goodHead, "www.example.gov.cn", "http://www.example.gov.cn/", 1), goodBody, "", nil, []Outcome{Kept}},
		{"domain without www", "tags.site_domain_address", strings.Replace(goodHead, "www.example.gov.cn", "example.gov.cn", 1), goodBody, "", nil, []Outcome{Kept}},
		{"date without minute", "tags.pub_date_form", strings.Replace(goodHead, "2024-01-02 08:09", "2024-01-02", 1), goodBody, "", nil, []Outcome{Violated}},
		{"date with seconds", "tags.pub_date_form", strings.Replace(goodHead, "2024-01-02 08:09", "2024-01-02 08:09:00", 1), goodBody, "", nil, []Outcome{Kept}},
		{"date a minute off", "tags.pub_date_shown", strings.Replace(goodHead, "08:09", "08:10", 1), goodBody, "", nil, []Outcome{Kept}},
		{"date two minutes off", "tags.pub_date_shown", strings.Replace(goodHead, "08:09", "08:11", 1), goodBody, "", nil, []Outcome{Violated}},
		{"minute across midnight", "tags.pub_date_shown", strings.Replace(goodHead, "2024-01-02 08:09", "2024-01-03 00:00", 1), strings.Replace(goodBody, "2024-01-02 08:09", "2024-01-02 23:59", 1), "", nil, []Outcome{Kept}},
		{"day shown only", "tags.pub_date_shown", goodHead, strings.Replace(goodBody, "2024-01-02 08:09", "2024-01-02", 1), "", nil, []Outcome{Kept}},
		{"another day shown", "tags.pub_date_shown", goodHead, strings.Replace(goodBody, "2024-01-02 08:09", "2024-01-05", 1), "", nil, []Outcome{Violated}},
		{"no day shown", "tags.pub_date_shown", goodHead, strings.Replace(goodBody, "发布时间：2024-01-02 08:09", "", 1), "", nil, []Outcome{Untested}},
		{"no day shown is a fault", "tags.shown_time", goodHead, strings.Replace(goodBody, "发布时间：2024-01-02 08:09", "", 1), "", nil, []Outcome{Violated}},
		{"day shown in an article of two sentences", "tags.shown_time", goodHead, `<main><article><table><tr><th>标题</th><td>我市召开会议</td></tr></table><header><h1>我市召开会议</h1><p><span>发布时间：<time>2024-01-02 08:09</time></span></p></header><div><div class="article-content"><p>会议昨日召开，部署近期工作。</p></div></div><footer><p><span>本文网址：</span><span>https://www.example.gov.cn/content/202401/01m83svhcxv5r9hvm6141b5tzf.html</span></p></footer></article></main>`, "", nil, []Outcome{Kept}},
		{"another document's day quoted in the body", "tags.shown_time", goodHead, `<main><article><h1>我市召开会议</h1><div class="article-content"><p>发布时间：2023-05-06</p><p>会议昨日召开，部署近期工作。</p></div></article></main>`, "", nil, []Outcome{Violated}},
		{"time left to a script", "tags.shown_time", goodHead, strings.Replace(goodBody, "2024-01-02 08:09", `<span id="t"></span>`, 1), "", nil, []Outcome{Untested}},
		{"time of a meeting left to a script", "tags.shown_time", goodHead, strings.Replace(goodBody, "发布时间：2024-01-02 08:09", `会议时间：<span id="t"></span>`, 1), "", nil, []Outcome{Violated}},
		{"a clock is no time of publication", "tags.shown_time", goodHead, strings.Replace(goodBody, "发布时间：2024-01-02 08:09", `<script>document.write("现在时间："+t)</script>`, 1), "", nil, []Outcome{Violated}},
		{"time left to a script behind the source", "tags.shown_time", goodHead, strings.Replace(goodBody, "发布时间：2024-01-02 08:09　来源：某市日报", `来源：某市日报　发布时间：<script>w(t)</script>`, 1), "", nil, []Outcome{Untested}},
		{"time written by a script", "tags.shown_time", goodHead, strings.Replace(goodBody, "发布时间：2024-01-02 08:09", `<script>document.write("发布时间："+t)</script>`, 1), "", nil, []Outcome{Untested}},
		{"heading in an element of no name", "tags.article_title_heading", strings.Replace(goodHead, "<title>我市召开会议", "<title>政务要闻_我市召开会议", 1), strings.Replace(goodBody, "<h1>我市召开会议</h1>", `<h2>政务要闻</h2><div class="con_hd">我市召开会议</div>`, 1), "", nil, []Outcome{Kept}},
		{"other quotation marks", "tags.article_title_heading", strings.Replace(goodHead, `content="我市召开会议"`, `content="我市召开“两会”"`, 1), strings.Replace(goodBody, "我市召开会议", `我市召开"两会"`, 1), "", nil, []Outcome{Kept}},
		{"heading with a subtitle", "tags.article_title_heading", goodHead, strings.Replace(goodBody, "<h1>我市召开会议", "<h1>我市召开会议<br><span>——部署全年工作</span>", 1), "", nil, []Outcome{Kept}},
		{"heading with a subtitle in a line of its own", "tags.article_title_heading", goodHead, strings.Replace(goodBody, "<h1>我市召开会议", "<h1>我市召开会议<br><span>部署全年工作</span>", 1), "", nil, []Outcome{Kept}},
		{"tag cut short within a span of years", "tags.article_title_heading", strings.Replace(goodHead, `content="我市召开会议"`, `content="我市2024"`, 1), strings.Replace(goodBody, "我市召开会议", "我市2024—2025年计划", 1), "", nil, []Outcome{Violated}},
		{"tag cut short", "tags.article_title_heading", strings.Replace(goodHead, `content="我市召开会议"`, `content="我市召开"`, 1), goodBody, "", nil, []Outcome{Violated}},
		{"tag has the name of the column", "tags.article_title_heading", strings.Replace(goodHead, `content="我市召开会议"`, `content="政务要闻"`, 1), "<p>政务要闻</p>" + goodBody, "", nil, []Outcome{Violated}},
		{"tag has the words of a link", "tags.article_title_heading", strings.Replace(goodHead, `content="我市召开会议"`, `content="互动交流"`, 1), `<p><a href="/hd/">互动交流</a></p>` + goodBody, "", nil, []Outcome{Violated}},
		{"heading differs", "tags.article_title_heading", strings.Replace(goodHead, `content="我市召开会议"`, `content="我市召开大会"`, 1), goodBody, "", nil, []Outcome{Violated}},
		{"description repeats the name", "tags.column_description_meaning", goodHead + `<meta name="ColumnDescription" content="政务要闻">`, goodBody, ClassColumn, nil, []Outcome{Violated}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, says := outcome(Facts{Page: parse(t, page(tt.head, tt.body, goodFoot)), Class: tt.class, Ledger: tt.ledger}, tt.check)
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %v (%v), want %v", got, says, tt.want)
			}
		})
	}
}

func TestFooter(t *testing.T) {
	tests := []struct {
		name, check, foot string
		ledger            *Ledger
		want              Outcome
	}{
		{"mark missing", "footer.party_gov_mark", strings.Replace(goodFoot, "bszs.conac.cn", "x.cn", 1), nil, Violated},
		{"mark by script", "footer.party_gov_mark", `<script>document.write(unescape("%3Cspan id='_ideConac' %3E%3C/span%3E%3Cscript src='//dcs.conac.cn/js/27/1.js' type='text/javascript'%3E%3C/script%3E"))</script>`, nil, Kept},
		{"error report with another code", "footer.error_report", strings.Replace(goodFoot, "site_code=6101000001", "site_code=6101000009", 1), nil, Violated},
		{"error report by script", "footer.error_report", `<script id="_jiucuo_" sitecode='6101000001' src='/jiucuo.js'></script>`, nil, Kept},
		{"error report with the code of the ledger", "footer.error_report", goodFoot, &Ledger{SiteCode: "6101000001"}, Kept},
		{"error report with another code than the ledger", "footer.error_report", goodFoot + "<p>6101000002</p>", &Ledger{SiteCode: "6101000002"}, Violated},
		{"error report, code not on record", "footer.error_report", goodFoot, &Ledger{SiteName: "某市"}, Untested},
		{"error report by script, against the ledger", "footer.error_report", `<script id="_jiucuo_" data-sitecode='6101000001' src='/jiucuo.js'></script>`, &Ledger{SiteCode: "6101000002"}, Violated},
		{"error report missing, code shown", "footer.error_report", "<p>网站标识码：6101000001</p>", &Ledger{SiteCode: "6101000001"}, Violated},
		{"mark that leads elsewhere", "footer.party_gov_mark", `<a href="http://www.qingshan-trade.com/?bszs.conac.cn"><img src="/red.png" alt="党政机关"></a>`, nil, Violated},
		{"picture of the mark that leads elsewhere", "footer.party_gov_mark", `<a href="/about.html"><img src="/red.png" alt="党政机关标识"></a>`, nil, Violated},
		{"picture of the mark and its link beside it", "footer.party_gov_mark", `<a href="/about.html"><img src="/red.png" alt="党政机关标识"></a><a href="//bszs.conac.cn/sitename?id=1">核验</a>`, nil, Kept},
		{"mark of the ledger", "footer.party_gov_mark", goodFoot, &Ledger{PartyGovMark: "1"}, Kept},
		{"mark of the ledger kept as an address", "footer.party_gov_mark", strings.Replace(goodFoot, "id=1", "id=0a1B", 1), &Ledger{PartyGovMark: "https://bszs.conac.cn/sitename?method=show&id=0A1B"}, Kept},
		{"another mark than the ledger's", "footer.party_gov_mark", goodFoot + "<p>2</p>", &Ledger{PartyGovMark: "2"}, Violated},
		{"mark not on record", "footer.party_gov_mark", goodFoot, &Ledger{SiteName: "某市"}, Untested},
		{"mark on record without a number", "footer.party_gov_mark", goodFoot, &Ledger{PartyGovMark: "https://www.example.gov.cn/?id=1"}, Untested},
		{"mark by script, on record", "footer.party_gov_mark", `<script>document.write(unescape("%3Cspan id='_ideConac' %3E%3C/span%3E%3Cscript src='//dcs.conac.cn/js/27/1.js' type='text/javascript'%3E%3C/script%3E"))</script>`, &Ledger{PartyGovMark: "2"}, Kept},
		{"mark missing, its number shown", "footer.party_gov_mark", "<p>0A5537536EC43D83E053022819ACDDA0</p>", &Ledger{PartyGovMark: "0A5537536EC43D83E053022819ACDDA0"}, Violated},
		{"mark in words", "footer.party_gov_mark", "<p>党政机关网站标识</p>", nil, Violated},
		{"mark in a picture", "footer.party_gov_mark", `<img src="/red.png" alt="党政机关">`, nil, Violated},
		{"picture of the mark that leads nowhere", "footer.party_gov_mark", `<a href="#"><img src="/red.png" alt="党政机关标识"></a>`, nil, Violated},
		{"mark named in a script", "footer.party_gov_mark", `<script>var _ideConac = "conac.cn";</script>`, nil, Violated},
		{"place of the mark without the issuer's script", "footer.party_gov_mark", `<span id="_ideConac"></span><img id="imgConac" src="/red.png">`, nil, Violated},
		{"mark at a host named like the issuer's", "footer.party_gov_mark", `<a href="https://bszs.conac.cn.evil.example.com/sitename?id=1"><img src="/red.png"></a>`, nil, Violated},
		{"mark by a script of a host named like the issuer's", "footer.party_gov_mark", `<script src="https://dcs-conac.cn/js/1.js"></script>`, nil, Violated},
		{"mark by the issuer's script element", "footer.party_gov_mark", `<script src="//dcs.conac.cn/js/27/1.js"></script>`, nil, Kept},
		{"error report in words", "footer.error_report", "<p>我为政府网站找错</p>", nil, Violated},
		{"error report in a picture", "footer.error_report", `<img src="/jiucuo.png" alt="我为政府网站找错">`, nil, Violated},
		{"error report that leads nowhere", "footer.error_report", `<a href="#"><img src="/x.png" alt="找错"></a>`, nil, Violated},
		{"error report at a stranger's", "footer.error_report", `<a href="https://evil.example.com/"><img src="/x.png" alt="找错"></a>`, nil, Violated},
		{"error report at the site's own letters", "footer.error_report", `<a href="/letters/new?type=error">我为政府网站找错</a>`, nil, Violated},
		{"error report at a host named like the issuer's", "footer.error_report", `<a href="https://zfwzgl.www.gov.cn.evil.com/exposure/jiucuo.html?site_code=6101000001">找错</a>`, nil, Violated},
		{"error report at another host of the issuer's parent", "footer.error_report", `<a href="https://www.gov.cn/?zfwzgl.www.gov.cn">我为政府网站找错</a>`, nil, Violated},
		{"error report named in a script", "footer.error_report", `<script>var jiucuo=1</script>`, nil, Violated},
		{"error report by a stranger's script", "footer.error_report", `<script id="_jiucuo_" sitecode="6101000001" src="https://evil.example.com/jiucuo.js"></script>`, nil, Violated},
		{"error report by a script that names another's host", "footer.error_report", `<script>window.open("https://zfwzgl.www.gov.cn.evil.com/")</script>`, nil, Violated},
		{"error report by a script that names a user", "footer.error_report", `<script>window.open("https://zfwzgl.www.gov.cn@evil.com/")</script>`, nil, Violated},
		{"error report by a script of the site's own", "footer.error_report", `<script src="/js/jiucuo.js"></script>`, nil, Untested},
		{"error report by the issuer's older script", "footer.error_report", `<script id="_jiucuo_" sitecode="6101000001" src="http://pucha.kaipuyun.cn/exposure/jiucuo.js"></script>`, nil, Kept},
		{"error report written by a script", "footer.error_report", `<script>function go(c){window.open("https://zfwzgl.www.gov.cn/exposure/jiucuo.html?site_code="+c)}</script>`, nil, Kept},
		{"error report written by an escaped script", "footer.error_report", `<script>document.write(unescape("%3Cscript src='http%3a%2f%2fpucha.kaipuyun.cn%2fexposure%2fjiucuo.js'%3E%3C/script%3E"))</script>`, nil, Kept},
		{"error report opened by a click", "footer.error_report", `<a href="javascript:;" onclick="window.open('https://zfwzgl.www.gov.cn/exposure/jiucuo.html?site_code=6101000001')"><img src="/x.png" alt="找错"></a>`, nil, Kept},
		{"error report and another link in its words", "footer.error_report", `<a href="/content/1.html">“我为政府网站找错”平台开通</a>` + goodFoot, nil, Kept},
		{"error report at the issuer's in capitals", "footer.error_report", `<a href="HTTPS://ZFWZGL.WWW.GOV.CN/exposure/jiucuo.html?site_code=6101000001">找错</a>`, nil, Kept},
		{"short site code", "footer.site_code", strings.Replace(goodFoot, "标识码：6101000001", "标识码：6101001", 1), nil, Violated},
		{"site code without colon", "footer.site_code", strings.Replace(goodFoot, "标识码：6101000001", "标识码6101000001", 1), nil, Kept},
		{"site code against ledger", "footer.site_code", goodFoot, &Ledger{SiteCode: "6101000002"}, Violated},
		{"site code differs from tag", "footer.site_code", strings.Replace(goodFoot, "标识码：6101000001", "标识码：6101000003", 1), nil, Violated},
		{"sponsor against ledger", "footer.sponsor", goodFoot, &Ledger{Sponsor: "某县人民政府办公室"}, Violated},
		{"sponsor after the name", "footer.sponsor", "<p>某市人民政府办公厅主办</p>", nil, Kept},
		{"sponsor missing", "footer.sponsor", "<p>版权所有</p>", nil, Violated},
		{"filing of zeros", "footer.icp", "<p>鲁ICP备00000000号</p>", nil, Violated},
		{"filing against ledger", "footer.icp", goodFoot, &Ledger{ICPFiling: "陕ICP备05000002号-1"}, Violated},
		{"police filing short", "footer.police", "<p>陕公网安备 6101020号 公网安备610102020001号</p>", nil, Violated},
		{"filing in full width", "footer.icp", "<p>陕ＩＣＰ备０５０００００１号－１</p>", &Ledger{ICPFiling: "陕ICP备05000001号-1"}, Kept},
		{"another filing in full width", "footer.icp", "<p>陕ICP备０５０００００２号-1</p>", &Ledger{ICPFiling: "陕ICP备05000001号-1"}, Violated},
		{"site map by its pinyin", "footer.site_map", `<a href="/wzdt/">网站导航</a>`, nil, Kept},
		{"list of other sites", "footer.site_map", `<a href="/links/">网站导航</a>`, nil, Violated},
		{"site map missing", "footer.site_map", "<p></p>", nil, Violated},
		{"Chinese domain unknown", "footer.chinese_domain", "<p></p>", nil, Untested},
		{"Chinese domain missing", "footer.chinese_domain", "<p></p>", &Ledger{ChineseDomain: "某市.政务"}, Violated},
		{"Chinese domain not on record", "footer.chinese_domain", "<p></p>", &Ledger{SiteName: "某市"}, Untested},
		{"police filing missing on its last day", "footer.police", "<p></p>", &Ledger{Opened: aDay.AddDays(-60), PoliceBy: aDay}, Tolerated},
		{"police filing missing on the day after", "footer.police", "<p></p>", &Ledger{Opened: aDay.AddDays(-10), PoliceBy: aDay.AddDays(-1)}, Violated},
		{"police filing wrong within the time", "footer.police", "<p>陕公网安备 6101020号 公网安备610102020001号</p>", &Ledger{Opened: aDay.AddDays(-3), PoliceBy: aDay.AddDays(27)}, Violated},
		{"police filing missing, launch unknown", "footer.police", "<p></p>", &Ledger{SiteName: "某市"}, Violated},
		{"contact missing", "footer.contact", "<p>6109020200007112345</p>", nil, Violated},
		{"drawn mark", "footer.party_gov_mark", `<span data-placeholder="party_gov_mark">标识</span>`, &Ledger{SiteDomain: "yunhe.localhost"}, Untested},
		{"drawn police filing", "footer.police", `<span data-placeholder>陕公网安备 00000000000000号</span>`, &Ledger{SiteDomain: "yunhe.localhost"}, Untested},
		{"mark said to be drawn by a real site", "footer.party_gov_mark", `<span data-placeholder="party_gov_mark">标识</span>`, &Ledger{SiteDomain: "www.example.gov.cn"}, Violated},
		{"filing said to be drawn by nobody knows whom", "footer.icp", `<span data-placeholder="icp">ICP备案编号</span>`, nil, Violated},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, says := outcome(Facts{Page: parse(t, page(goodHead, goodBody, tt.foot)), Ledger: tt.ledger, Today: aDay}, tt.check)
			if len(got) != 1 || got[0] != tt.want {
				t.Errorf("got %v (%v), want %v", got, says, tt.want)
			}
		})
	}
}

func TestLeaksOnPage(t *testing.T) {
	body := strings.Replace(goodBody, "会议强调", "张某（身份证号619999184706267084，手机15500000389，邮箱 zhang@mail.example）会议强调", 1)
	f := Facts{Page: parse(t, page(goodHead, body, goodFoot))}
	for _, x := range Run(f) {
		if strings.HasPrefix(x.Check, "privacy.") && (strings.Contains(x.Says+x.Where, "619999184706267084") || strings.Contains(x.Says+x.Where, "15500000389")) {
			t.Errorf("finding shows the datum: %+v", x)
		}
	}
	for _, id := range []string{KindIDCard, KindMobile, KindEmail} {
		if got, _ := outcome(f, id); !slices.Equal(got, []Outcome{Violated}) {
			t.Errorf("%s: %v", id, got)
		}
	}
	f.Ledger = &Ledger{OfficialPhones: []string{"15500000389"}, OfficialMailboxes: []string{"Zhang@mail.example"}}
	for _, id := range []string{KindMobile, KindEmail} {
		if got, _ := outcome(f, id); !slices.Equal(got, []Outcome{Tolerated}) {
			t.Errorf("%s with ledger: %v", id, got)
		}
	}
}

func TestLinkState(t *testing.T) {
	gov := Link{URL: "http://www.a.gov.cn/1", Kind: LinkPage}
	file := Link{URL: "http://www.a.gov.cn/1.pdf", Kind: LinkAttachment}
	for _, tt := range []struct {
		name string
		r    LinkResult
		want LinkState
	}{
		{"fine", LinkResult{Link: gov, Status: 200, Title: "我市召开会议", Text: "会议强调"}, LinkAlive},
		{"no answer", LinkResult{Link: gov, Err: "dial tcp: i/o timeout"}, LinkDead},
		{"not found", LinkResult{Link: gov, Status: 404}, LinkDead},
		{"server error", LinkResult{Link: gov, Status: 502}, LinkDead},
		{"forbidden", LinkResult{Link: gov, Status: 403}, LinkRefused},
		{"too many", LinkResult{Link: gov, Status: 429}, LinkRefused},
		{"title of an error page", LinkResult{Link: gov, Status: 200, Title: "404 错误页面_某市人民政府"}, LinkSoft404},
		{"short text of an error page", LinkResult{Link: gov, Status: 200, Title: "某市人民政府", Text: "对不起，您访问的页面不存在！返回首页"}, LinkSoft404},
		{"long text of an error page", LinkResult{Link: gov, Status: 200, Title: "页面不存在 - 某市人民政府", Text: strings.Repeat("首页政务公开", 100)}, LinkSoft404},
		{"long text under 404", LinkResult{Link: gov, Status: 200, Title: "404 Not Found", Text: strings.Repeat("首页政务公开", 100)}, LinkSoft404},
		{"a count of villages", LinkResult{Link: gov, Status: 200, Title: "404个村实现光纤通达", Text: strings.Repeat("规定内容", 100)}, LinkAlive},
		{"a form named by its case", LinkResult{Link: gov, Status: 200, Title: "信息不存在告知书（样式）", Text: strings.Repeat("规定内容", 100)}, LinkAlive},
		{"a circular on faults", LinkResult{Link: gov, Status: 200, Title: "系统错误数据清理工作的通报", Text: strings.Repeat("规定内容", 100)}, LinkAlive},
		{"a question", LinkResult{Link: gov, Status: 200, Title: "无法找到原件怎么办", Text: strings.Repeat("规定内容", 100)}, LinkAlive},
		{"blank page", LinkResult{Link: gov, Status: 200, ContentType: "text/html", Blank: true}, LinkWrong},
		{"challenge of a firewall", LinkResult{Link: gov, Status: 521}, LinkRefused},
		{"legal reasons", LinkResult{Link: gov, Status: 451}, LinkRefused},
		{"long page that quotes the words", LinkResult{Link: gov, Status: 200, Title: "网站管理办法", Text: strings.Repeat("规定内容", 100) + "您访问的页面不存在"}, LinkAlive},
		{"article about 404", LinkResult{Link: gov, Status: 200, Title: "关于印发404号文件的通知"}, LinkAlive},
		{"file that is a page", LinkResult{Link: file, Status: 200, ContentType: "text/html"}, LinkWrong},
		{"file", LinkResult{Link: file, Status: 200, ContentType: "application/pdf", Bytes: 10}, LinkAlive},
		{"empty file", LinkResult{Link: file, Status: 200, ContentType: "application/pdf"}, LinkWrong},
		{"moved off government", LinkResult{Link: gov, Status: 200, FinalURL: "http://www.qingshan-trade.com/"}, LinkWrong},
		{"moved to a broadcaster", LinkResult{Link: gov, Status: 200, FinalURL: "https://tv.cctv.com/live/"}, LinkAlive},
		{"moved to an official account", LinkResult{Link: gov, Status: 200, FinalURL: "https://mp.weixin.qq.com/s/1"}, LinkAlive},
		{"moved inside government", LinkResult{Link: gov, Status: 200, FinalURL: "https://www.b.gov.cn/"}, LinkAlive},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.r.State(); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			want := map[LinkState][]Outcome{LinkDead: {Violated}, LinkSoft404: {Violated}, LinkWrong: {Violated}, LinkRefused: {Untested}}[tt.want]
			var got []Outcome
			for _, f := range Run(Facts{Links: []LinkResult{tt.r}}) {
				got = append(got, f.Outcome)
			}
			if !slices.Equal(got, want) {
				t.Errorf("outcomes %v, want %v", got, want)
			}
		})
	}
}

func day(t testing.TB, s string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestFreshness(t *testing.T) {
	limits := Limits{HomeStaleDays: 14, NewsStaleDays: 14, PolicyStaleMonths: 6, MinProbesPerDay: 20, AccessDays: 7, FailedShare: 500}
	today := day(t, "2024-08-31")
	week := []int{20, 20, 20, 20, 20, 20, 20}
	col := func(k ColumnKind, latest string) []Column {
		c := Column{Name: "某栏目", Kind: k, Items: 3}
		if latest != "" {
			c.Latest = day(t, latest)
		}
		return []Column{c}
	}
	tests := []struct {
		name, check string
		facts       Facts
		want        []Outcome
	}{
		{"home on the last day", "home.stale", Facts{Home: &Home{Latest: day(t, "2024-08-17")}, Today: today, Limits: limits}, []Outcome{Kept}},
		{"home a day late", "home.stale", Facts{Home: &Home{Latest: day(t, "2024-08-16")}, Today: today, Limits: limits}, []Outcome{Violated}},
		{"home without dates", "home.stale", Facts{Home: &Home{}, Today: today, Limits: limits}, []Outcome{Violated}},
		{"home that only navigates", "home.stale", Facts{Home: &Home{NavigationOnly: true, LatestBelow: day(t, "2024-08-30")}, Today: today, Limits: limits}, []Outcome{Kept}},
		{"home without a limit", "home.stale", Facts{Home: &Home{Latest: today}, Today: today}, []Outcome{Untested}},
		{"news late", "column.stale", Facts{Columns: col(ColumnNews, "2024-08-01"), Today: today, Limits: limits}, []Outcome{Violated}},
		{"policy in six months", "column.stale", Facts{Columns: col(ColumnPolicy, "2024-02-29"), Today: day(t, "2024-08-29"), Limits: limits}, []Outcome{Kept}},
		{"policy a day over", "column.stale", Facts{Columns: col(ColumnPolicy, "2024-02-28"), Today: day(t, "2024-08-29"), Limits: limits}, []Outcome{Violated}},
		{"no dates", "column.stale", Facts{Columns: col(ColumnNews, ""), Today: today, Limits: limits}, []Outcome{Violated}},
		{"other columns", "column.stale", Facts{Columns: col(ColumnOther, "2000-01-01"), Today: today, Limits: limits}, nil},
		{"static", "column.stale", Facts{Columns: []Column{{Kind: ColumnPolicy, Items: 1, Static: true}}, Today: today, Limits: limits}, []Outcome{Tolerated}},
		{"own cycle over", "column.overdue", Facts{Columns: []Column{{Name: "某栏目", Items: 1, CycleDays: 30, Latest: day(t, "2024-07-31")}}, Today: today}, []Outcome{Violated}},
		{"own cycle kept", "column.overdue", Facts{Columns: []Column{{Name: "某栏目", Items: 1, CycleDays: 30, Latest: day(t, "2024-08-01")}}, Today: today}, []Outcome{Kept}},
		{"blank", "column.blank", Facts{Columns: []Column{{Name: "某栏目"}}}, []Outcome{Violated}},
		{"unknown", "column.blank", Facts{Columns: []Column{{Name: "某栏目", Items: -1}}}, []Outcome{Untested}},
		{"seven of 140 is the veto", "access.rate", Facts{Access: &Access{Days: week, Failed: 7}, Limits: limits}, []Outcome{Violated}},
		{"six of 140", "access.rate", Facts{Access: &Access{Days: week, Failed: 6}, Limits: limits}, []Outcome{Kept}},
		{"too few probes", "access.rate", Facts{Access: &Access{Days: []int{20, 20, 20, 19, 20, 20, 20}, Failed: 50}, Limits: limits}, []Outcome{Untested}},
		{"too few days", "access.rate", Facts{Access: &Access{Days: week[:6], Failed: 50}, Limits: limits}, []Outcome{Untested}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, says := outcome(tt.facts, tt.check); !slices.Equal(got, tt.want) {
				t.Errorf("got %v (%v), want %v", got, says, tt.want)
			}
		})
	}
}

func TestListedRows(t *testing.T) {
	for _, tt := range []struct {
		name, src, want string
	}{
		{"list with spans", `<ul><li><a href="/1">甲</a><span>2024-03-01</span></li><li><a href="/2">乙</a><span>[2024-02-28]</span></li></ul>`, "2024-03-01 2024-02-28"},
		{"date first", `<ul><li><em>2024年3月1日</em> <a href="/1">关于某事的通知</a></li></ul>`, "2024-03-01"},
		{"table", `<table><tr><th>标题</th></tr><tr><td><a href="/1">甲</a></td><td>2024/3/1</td></tr></table>`, "2024-03-01"},
		{"date in the title and its own", `<li><a href="/1">关于2023年12月31日至次年的通知公告</a> 2024-03-01</li>`, "2024-03-01"},
		{"date in the title only", `<li><a href="/1">关于2023年12月31日停电的若干通知公告</a></li>`, ""},
		{"divs", `<div class="l"><div><a href="/1">甲</a><i>2024-03-01</i></div><div><a href="/2">乙</a><i>2024-03-02</i></div></div>`, "2024-03-01 2024-03-02"},
		{"no link, no item", `<ul><li>2024-03-01</li></ul>`, ""},
		{"nested lists count once", `<ul><li>栏目<ul><li><a href="/1">甲</a> 2024-03-01</li></ul></li></ul>`, "2024-03-01"},
		{"clock with its weekday", `<div>2026年3月20日 星期五 <a href="/login">登录</a></div><ul><li><a href="/1">甲</a> 2024-03-01</li></ul>`, "2024-03-01"},
		{"clock with the time of day", `<div>2026-03-20 09:08:07 星期五 <a href="/login">登录</a></div>`, ""},
		{"weekday first", `<p><a href="/login">登录</a> 星期五，2026年3月20日</p>`, ""},
		{"clock a cache kept since yesterday", `<div>2026年3月19日（星期四） <a href="/login">登录</a></div>`, ""},
		{"clock in its words", `<p><a href="/">设为首页</a> 今天是：2026年3月20日</p>`, ""},
		{"clock in the head", `<header><p>2026年3月20日 <a href="/en">English</a></p></header><ul><li><a href="/1">甲</a> 2026-03-20</li></ul>`, "2026-03-20"},
		{"clock in the menu", `<nav><ul><li>2026年3月20日 <a href="/en">English</a></li></ul></nav>`, ""},
		{"entry of today", `<ul><li><a href="/1">关于下周一停水的通知</a> 2026-03-20</li></ul>`, "2026-03-20"},
		{"entry of today in an article with a head", `<main><article><header><p><a href="/1">甲</a> 2026-03-20</p></header></article></main>`, "2026-03-20"},
		{"list that names every weekday", `<ul><li>2026-03-20 星期五 <a href="/1">领导接待日</a></li><li>2026-03-13 星期五 <a href="/2">领导接待日</a></li></ul>`, "2026-03-20 2026-03-13"},
		{"the day of the month", `<li><a href="/1">我区召开教育工作会议</a><span>[03-18]</span></li><li><a href="/2">我区召开防汛工作会议</a><i>12月30日</i></li>`, "2026-03-18 2025-12-30"},
		{"the day of the month within the link", `<li><a href="/1">我区召开教育工作会议<span>03-18</span></a></li>`, "2026-03-18"},
		{"how long ago", `<li><a href="/1">我区召开教育工作会议</a> 昨天</li><li><a href="/2">我区召开防汛工作会议</a> 3天前</li><li><a href="/3">我区召开春耕工作会议</a> 2小时前</li>`, "2026-03-19 2026-03-17 2026-03-20"},
		{"a year of two digits", `<li><a href="/1">我区召开教育工作会议</a> 26-03-18</li>`, "2026-03-18"},
		{"English months", `<li><a href="/1">District holds meeting</a> Mar 18, 2026</li><li><a href="/2">District holds meeting</a> 7 January 2026</li>`, "2026-03-18 2026-01-07"},
		{"day and month apart", `<li><div class="date"><b>18</b><em>2026-03</em></div><a href="/1">我区召开教育工作会议</a></li>`, "2026-03-18"},
		{"the date of the title", `<li><a href="/1">疫情防控工作的通告（2023年3月1日）</a></li>`, ""},
		{"the date of the title and the day", `<li><a href="/1">疫情防控工作的通告（2023年3月1日）</a><span>03-01</span></li>`, "2026-03-01"},
		{"no day", `<li><a href="/1">我区召开教育工作会议</a> 1/12</li><li><a href="/2">我区召开教育工作会议</a> 13-32</li><li><a href="/3">首页</a> 03-18</li>`, ""},
		{"the day above the title", `<div class="item"><p class="date">2026-03-18</p><h3><a href="/1">我区召开教育工作会议</a></h3></div><div class="item"><p class="date">2026-03-17</p><h3><a href="/2">我区召开防汛工作会议</a></h3></div>`, "2026-03-18 2026-03-17"},
		{"the day below the title", `<h3><a href="/1">我区召开教育工作会议</a></h3><p>2026-03-18</p><h3><a href="/2">我区召开防汛工作会议</a></h3><p>2026-03-17</p>`, "2026-03-18 2026-03-17"},
		{"the day as a term", `<dl><dt>2026-03-18</dt><dd><a href="/1">我区召开教育工作会议</a></dd><dt>2026-03-17</dt><dd><a href="/2">我区召开防汛工作会议</a></dd></dl>`, "2026-03-18 2026-03-17"},
		{"the day in the cell before", `<table><tr><td>2026-03-18</td><td><a href="/1">我区召开教育工作会议</a></td></tr></table>`, "2026-03-18"},
		{"day and month apart within the link", `<ul><li><a href="/1"><p class="d"><b>18</b>2026/03</p><div>我区召开教育工作会议</div></a></li></ul>`, "2026-03-18"},
		{"a clock above a link", `<div>2026-03-20</div><p><a href="/1">市民服务热线使用说明</a></p>`, ""},
		{"old date with a weekday", `<div>2024年3月1日 星期五 <a href="/1">甲</a></div>`, "2024-03-01"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, l := range ListedRows(parse(t, "<body>"+tt.src), aDay) {
				if !l.Date.IsZero() {
					got = append(got, isoDate(l.Date))
				}
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("got %v, want %s", got, tt.want)
			}
		})
	}
}

func TestClassify(t *testing.T) {
	articleText := `<h1>我市召开会议</h1><p>发布时间：2024-01-02 08:09</p><div class="content"><p>` + strings.Repeat("会议强调各项任务", 40) + `</p></div>`
	for _, tt := range []struct {
		name, url, src string
		want           Class
	}{
		{"article", contractURL, page(goodHead, goodBody, ""), ClassContent},
		{"home", "http://www.example.gov.cn/", `<title>某市人民政府</title><ul><li><a href="/1">甲</a> 2024-03-01</li></ul>`, ClassHome},
		{"home by file", "http://www.example.gov.cn/index.html", `<title>某市人民政府</title>`, ClassHome},
		{"column by tag", "http://www.example.gov.cn/zwgk/", `<meta name="ColumnName" content="公告">`, ClassColumn},
		{"article with the tags of its column only", "http://www.example.gov.cn/a/2", `<title>我市召开会议</title><meta name="ColumnName" content="要闻">` + articleText, ClassContent},
		{"column of one page", "http://www.example.gov.cn/jgzn/", `<title>我市召开会议</title><meta name="ColumnName" content="我市召开会议">` + articleText, ClassColumn},
		{"column with a text above its list", "http://www.example.gov.cn/zt/", `<title>我市召开会议</title><meta name="ColumnName" content="要闻">` + articleText + strings.Repeat(`<ul><li><a href="/1">甲</a> 2024-03-01</li></ul>`, 3), ClassColumn},
		{"column by dates", "http://www.example.gov.cn/zwgk/1", `<ul><li><a href="/1">甲</a> 2024-03-01</li><li><a href="/1">甲</a> 2024-03-01</li><li><a href="/1">甲</a> 2024-03-01</li></ul>`, ClassColumn},
		{"long text", "http://www.example.gov.cn/a/1", "<p>" + strings.Repeat("会议强调各项任务", 80) + "</p>", ClassContent},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := ParsePage([]byte(tt.src), "", tt.url)
			if err != nil {
				t.Fatal(err)
			}
			if got := Classify(p); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestReportContract(t *testing.T) {
	p := parse(t, page(goodHead, goodBody, ""))
	raw, err := json.Marshal(Report(p, Run(Facts{Page: p})))
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	for _, k := range []string{"charset", "title", "doc_no", "index_no", "issuer", "topic", "written", "published", "body_text", "links", "tags", "findings"} {
		if _, ok := m[k]; !ok {
			t.Errorf("no %s", k)
		}
	}
	fs := m["findings"].([]any)
	if len(fs) == 0 {
		t.Fatal("a page without a footer has no findings")
	}
	for _, k := range []string{"check", "severity", "says", "article", "where"} {
		if _, ok := fs[0].(map[string]any)[k]; !ok {
			t.Errorf("finding lacks %s", k)
		}
	}
	empty, _ := json.Marshal(Report(parse(t, ""), nil))
	for _, want := range []string{`"links":[]`, `"findings":[]`, `"tags":{}`, `"doc_no":""`} {
		if !strings.Contains(string(empty), want) {
			t.Errorf("%s not in %s", want, empty)
		}
	}
}

// TestFooterTellsWhereTheMarksLead holds the sentence to what stands on the page:
// words alone, or a link to somebody else.
func TestFooterTellsWhereTheMarksLead(t *testing.T) {
	for _, tt := range []struct{ check, foot, want string }{
		{"footer.error_report", "<p>我为政府网站找错</p>", "有文字或图片，无链接，应链接到“我为政府网站找错”平台（zfwzgl.www.gov.cn）"},
		{"footer.error_report", `<a href="https://evil.example.com/x"><img src="/x.png" alt="找错"></a>`, "链接到 evil.example.com，应链接到"},
		{"footer.party_gov_mark", "<p>党政机关网站标识</p>", "有文字或图片，无链接，应链接到核发机关的资格核验页面（bszs.conac.cn）"},
		{"footer.party_gov_mark", `<a href="https://evil.example.com/x"><img src="/x.png" alt="党政机关网站标识"></a>`, "链接到 evil.example.com，应链接到"},
	} {
		if _, says := outcome(Facts{Page: parse(t, page(goodHead, goodBody, tt.foot))}, tt.check); len(says) != 1 || !strings.Contains(says[0], tt.want) {
			t.Errorf("%s: %v, want %q", tt.foot, says, tt.want)
		}
	}
}

// TestNobodyIsChargedUnderAnArticleThatIsSilent: the regulation speaks of no
// barrier-free pages and of no seconds; Article 15 asks for pages that fit the
// screen. What rests on other instruments comes by Article 32 and says so.
func TestNobodyIsChargedUnderAnArticleThatIsSilent(t *testing.T) {
	n := 0
	for _, c := range Checks() {
		if slices.Contains(c.Articles, "S15") != (c.ID == "rendered.responsive") {
			t.Errorf("%s cites %v", c.ID, c.Articles)
		}
		if strings.HasPrefix(c.ID, "accessible.") || slices.Contains([]string{"rendered.load", "function.elder", "item.alt", "item.undescribed"}, c.ID) {
			if n++; !slices.Equal(c.Articles, []string{"S32"}) || c.Doubt == "" {
				t.Errorf("%s cites %v, doubt %q", c.ID, c.Articles, c.Doubt)
			}
		}
	}
	if n < 14 {
		t.Errorf("only %d checks rest on other instruments", n)
	}
}

// A serious finding keeps a manuscript back: what rests on a basis that is not verified
// may not.
func TestNoDoubtKeepsAManuscriptBack(t *testing.T) {
	for _, c := range Checks() {
		if c.Doubt != "" && c.Severity == Serious && slices.Contains(c.AppliesTo, OnItem) {
			t.Errorf("%s bars and is doubted: %s", c.ID, c.Doubt)
		}
	}
}

func TestPacksAreRead(t *testing.T) {
	p := requiredTags()
	if p.Version == "" || p.Source == "" || p.Mark != "M+" || len(p.Tags) != 10 {
		t.Errorf("tags.json: %+v", p)
	}
	if guide.Version == "" || guide.Source == "" || guide.Mark != "M+" || guide.MissingClasses != 4 || len(guide.Classes) != 8 {
		t.Errorf("guide.json: %+v", guide)
	}
	if ipv6.Version == "" || ipv6.Source == "" || ipv6.Mark != "1" || ipv6.DeepPercent != 90 {
		t.Errorf("ipv6.json: %+v", ipv6)
	}
	var f footerPack
	if !readPack(footerJSON, &f) || f.Version == "" || f.Source == "" || f.Mark != "M+" || len(f.Items) != len(footerLooks) || len(footerChecks) != len(f.Items) {
		t.Errorf("footer.json: %+v, %d checks", f, len(footerChecks))
	}
	for _, i := range f.Items {
		if at := i.Issuer; at != nil && (len(at.Hosts) == 0 || at.Source == "" || at.Mark != "V") {
			t.Errorf("footer.json: %s comes from %+v", i.ID, *at)
		}
	}
	// What is not verified says so with its rule.
	for id, want := range map[string]bool{"tags.site_name": true, "tags.pub_date": true, "guide.elements": true, "footer.icp": true, "footer.chinese_domain": false, "host.ipv6_deep": true, "tags.site_code_ledger": false, "link.dead": false} {
		c, ok := ByID(id)
		if !ok || (c.Doubt != "") != want {
			t.Errorf("%s: doubt %q", id, c.Doubt)
		}
	}
	if l := builtin(); l.Version == "" || l.Source == "" {
		t.Error("lexicon.json names no source")
	}
}

func TestLexiconExtends(t *testing.T) {
	src := article("", `<div>友情链接：<a href="http://www.qingshan-trade.com">某某暗语</a></div>`)
	l := BuiltinLexicon()
	l.Words = append(l.Words, "某某暗语")
	found := false
	for _, f := range Violations(Run(Facts{Page: parse(t, src), Lexicon: l})) {
		found = found || f.Check == "concealed.spam_link"
	}
	if !found || len(concealedIn(t, src)) > 0 {
		t.Error("an operator's word is not used, or is built in")
	}
	if len(builtin().Words) < 200 || len(builtin().Trusted) < 20 {
		t.Error("the built-in lists were not read")
	}
}

// V-W-6.2: how many classes make a guide count is the pack's to say.
func TestGuidesAreHeldToTheNumberInForce(t *testing.T) {
	guide := `<h1>企业设立登记办事指南</h1><p>设定依据：《公司法》</p><p>申请条件：有章程</p><p>申请材料：申请书</p><p>办理地点：政务大厅一楼</p>`
	p := parse(t, page("", guide, ""))
	for missing, want := range map[int]Severity{0: Advice, 4: Advice, 3: Error, 2: Error} {
		fs := RunFamily(Facts{Page: p, Class: ClassContent, Limits: Limits{GuideMissing: missing}}, "guide")
		i := slices.IndexFunc(fs, func(f Finding) bool { return f.Check == "guide.elements" })
		if i < 0 || fs[i].Severity != want || !strings.Contains(fs[i].Says, "缺少 3 类") {
			t.Errorf("counted from %d: %+v", missing, fs)
		}
	}
}

// Guides name their elements in many ways, and one of labels alone lacks them all.
func TestGuidesNameTheirElementsInManyWays(t *testing.T) {
	for body, want := range map[string]int{
		`<h1>户口登记服务指南</h1><table><tr><th>设立依据</th><td>《户口登记条例》</td></tr><tr><th>申办条件</th><td>本区居民</td></tr><tr><th>申请材料目录</th><td>身份证</td></tr><tr><th>办理地点及时间</th><td>服务大厅一层，周一至周五</td></tr><tr><th>咨询及监督电话</th><td>029-85000000</td></tr><tr><th>办理流程图</th><td>申请、受理、办结</td></tr></table>`: 0,
		`<h1>户口登记办事指南</h1><p>法律依据：无</p><p>办事条件：无</p><p>需提交的材料：身份证</p><p>受理机构及地址：服务大厅</p><p>受理时间：周一至周五</p><p>联系电话：029-85000000</p><p>办事程序：申请、受理</p>`:                                                                                                                                          0,
		`<h1>户口登记办事指南</h1><p>设定依据</p><p>受理条件</p><p>申请材料</p><p>办理地点</p><p>办理时间</p><p>联系电话</p><p>办理流程</p>`:                                                                                                                                                                                     7,
	} {
		if lacks, ok := GuideLacks(parse(t, page("", body, ""))); !ok || len(lacks) != want {
			t.Errorf("%s: guide %v, lacks %v", body, ok, lacks)
		}
	}
	if _, ok := GuideLacks(parse(t, page("", `<h1>办事指南栏目上线</h1><p>网站新设办事指南栏目，欢迎使用。</p>`, ""))); ok {
		t.Error("news of guides is held to be one")
	}
	const bare = `<h1>户口登记办事指南</h1><p>设定依据</p><p>受理条件</p><p>申请材料</p><p>办理地点</p>`
	for body, want := range map[string]Outcome{bare: Violated, bare + `<script>load("tabs")</script>`: Untested} {
		if got, says := outcome(Facts{Page: parse(t, page("", body, "")), Class: ClassContent}, "guide.elements"); !slices.Equal(got, []Outcome{want}) {
			t.Errorf("%s: %v %v", body, got, says)
		}
	}
}

// A column past its window and past its own cycle is one fact: V-W-4.1 alone
// reports it. Within the window its own cycle still holds it.
func TestAStaleColumnIsOneFinding(t *testing.T) {
	today := day(t, "2026-03-20")
	limits := Limits{NewsStaleDays: 14, PolicyStaleMonths: 6}
	for _, tt := range []struct {
		name string
		col  Column
		want string
	}{
		{"past both", Column{Name: "政务动态", Kind: ColumnNews, Items: 3, CycleDays: 7, Latest: day(t, "2026-02-20")}, "column.stale"},
		{"past its cycle alone", Column{Name: "通知公告", Kind: ColumnPolicy, Items: 3, CycleDays: 7, Latest: day(t, "2026-03-01")}, "column.overdue"},
		{"no date at all", Column{Name: "政务动态", Kind: ColumnNews, Items: 3, CycleDays: 7}, "column.stale"},
		{"no window of the indicators", Column{Name: "专题", Kind: ColumnOther, Items: 3, CycleDays: 7, Latest: day(t, "2026-02-20")}, "column.overdue"},
	} {
		var got []string
		for _, f := range Run(Facts{Columns: []Column{tt.col}, Today: today, Limits: limits}) {
			if f.Outcome == Violated {
				got = append(got, f.Check)
			}
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, got, tt.want)
		}
	}
}
