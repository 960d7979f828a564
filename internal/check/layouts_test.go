package check

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
)

const layoutBody = `<p>各县区人民政府，市级各部门：</p><p>为深入贯彻落实省委、省政府决策部署，进一步优化营商环境，结合我市实际，制定如下措施，请认真抓好落实。</p><p>一、加强组织领导。各级各部门要提高政治站位，明确责任分工，细化工作举措，确保各项任务按期完成。</p><p>二、强化督促检查。市政府督查室要定期开展督查，对推进不力的予以通报。</p>`

// Layouts of sites that no set has. want is title|number|index|issuer|topic|written|published;
// a field of “-” is not asked.
func TestExtractionOfOtherLayouts(t *testing.T) {
	const head = `<!DOCTYPE html><html><head><meta charset="utf-8"><title>%T</title></head><body><div class="nav"><a href="/">首页</a><a href="/zwgk/">政务公开</a></div><div class="pos">您的位置：<a href="/">首页</a> &gt; <a href="/zwgk/">政务公开</a></div>`
	page := func(title, body string) string {
		return strings.Replace(head, "%T", title, 1) + body + `<div class="footer">主办：某市人民政府办公室 备案号：陕ICP备05000000号</div></body></html>`
	}
	const name = "某市人民政府关于优化营商环境若干措施的通知"
	for n, tt := range map[string]struct{ src, want string }{
		"table of two columns": {page(name+"_某市人民政府", `<table class="xxgk"><tr><td>索 引 号</td><td>61090000-0501/2024-00012</td><td>公开责任部门</td><td>市政府办</td></tr><tr><td>发文机关</td><td>某市人民政府</td><td>成文日期</td><td>2024-05-06</td></tr><tr><td>发文字号</td><td>某政发〔2024〕8号</td><td>公开日期</td><td>2024-05-08 09:30</td></tr><tr><td>主题分类</td><td>市场监管、安全生产监管</td><td>有效性</td><td>有效</td></tr></table><h1>`+name+`</h1><div class="content">`+layoutBody+`</div>`),
			name + "|某政发〔2024〕8号|61090000-0501/2024-00012|某市人民政府|市场监管、安全生产监管|2024-05-06|2024-05-08 09:30"},
		"definition list": {page(name, `<dl class="info"><dt>索引号：</dt><dd>6109/2024-31</dd><dt>文号：</dt><dd>某政发[2024]8号</dd><dt>制发机关：</dt><dd>某市人民政府</dd><dt>生成日期：</dt><dd>2024年5月6日</dd><dt>发布日期：</dt><dd>2024年5月8日</dd><dt>主题：</dt><dd>商贸、海关、旅游</dd></dl><h2 class="tit">`+name+`</h2><div id="zoom">`+layoutBody+`</div>`),
			name + "|某政发[2024]8号|6109/2024-31|某市人民政府|商贸、海关、旅游|2024-05-06|2024-05-08"},
		"spans in one line": {page(name+"-某市人民政府门户网站", `<h1 class="title">`+name+`</h1><div class="info"><span>发布时间：2024-05-06 10:20</span> <span>来源：市政府办公室</span> <span>浏览次数：<em>12</em></span></div><div class="con">`+layoutBody+`</div>`),
			name + "|-|-|-|-|-|2024-05-06 10:20"},
		"no blanks between": {page(name, `<div class="title">`+name+`</div><div class="fbsj">发布时间：2024-05-06 10:20:33来源：市政府办公室【字体：大 中 小】</div><div id="content">`+layoutBody+`</div>`),
			name + "|-|-|-|-|-|2024-05-06 10:20"},
		"date alone": {page(name+" - 通知公告 - 某市人民政府", `<div class="ny_tit">`+name+`</div><div class="date">2024-05-06</div><div class="ny_con">`+layoutBody+`</div>`),
			name + "|-|-|-|-|-|2024-05-06"},
		"date of today in the head": {page(name, `<div class="top">今天是2026年11月27日 星期五</div><h1>`+name+`</h1><p class="time">发表于：2024/5/6 8:05</p><div class="content">`+layoutBody+`</div>`),
			name + "|-|-|-|-|-|2024-05-06 08:05"},
		"signature in characters": {page(name, `<h1>`+name+`</h1><p>某政发〔2024〕8号</p><div class="time">2024-05-08</div><div class="article-content"><p>某政发〔2024〕8号</p>`+layoutBody+`<p style="text-align:right">某市人民政府</p><p style="text-align:right">二〇二四年五月六日</p></div>`),
			name + "|某政发〔2024〕8号|-|某市人民政府|-|2024-05-06|2024-05-08"},
		"signature with a note": {page(name, `<h1>`+name+`</h1><div class="time">时间：2024-05-08</div><div class="article-content"><p>某政发〔2024〕8号</p>`+layoutBody+`<p>某市人民政府</p><p>2024年5月6日</p><p>（此件公开发布）</p><p>某市人民政府办公室 2024年5月7日印发</p></div>`),
			name + "|某政发〔2024〕8号|-|某市人民政府|-|2024-05-06|2024-05-08"},
		"signature in one line": {page(name, `<h1>`+name+`</h1><div>发布日期:2024-05-08</div><div class="article-content"><p>某政发﹝2024﹞8号</p>`+layoutBody+`<p>某市人民政府 2024年5月6日</p></div>`),
			name + "|某政发﹝2024﹞8号|-|某市人民政府|-|2024-05-06|2024-05-08"},
		"signature in front of annexes": {page(name, `<h1>`+name+`</h1><div>发布日期:2024-05-08</div><div class="article-content"><p>某政发（2024）8号</p>`+layoutBody+`<p>某市人民政府</p><p>2024年5月6日</p><p>附件：优化营商环境若干措施</p><p>第一条 为规范行为，制定本措施。本措施自2024年6月1日起施行，有效期至2029年5月31日。</p></div>`),
			name + "|某政发（2024）8号|-|某市人民政府|-|2024-05-06|2024-05-08"},
		"order": {page("某省人民政府令第3号", `<h1>某省政府投资管理办法</h1><div>公布日期：2024-05-08</div><div class="article-content"><p>某省人民政府令</p><p>第3号</p><p>《某省政府投资管理办法》已经2024年4月30日省政府第5次常务会议通过，现予公布，自2024年7月1日起施行。</p><p>省长 张某</p><p>2024年5月6日</p>`+layoutBody+`</div>`),
			"-|某省人民政府令第3号|-|某省人民政府|-|2024-05-06|2024-05-08"},
		"order in one line": {page("某市人民政府令（第12号）", `<h1>某市城市供水条例实施办法</h1><div>公布日期：2024-05-08</div><div class="article-content"><p>某市人民政府令第12号</p><p>《某市城市供水条例实施办法》已经通过，现予公布。</p>`+layoutBody+`<p>市长 李某</p><p>2024年5月6日</p></div>`),
			"-|某市人民政府令第12号|-|某市人民政府|-|2024-05-06|2024-05-08"},
		"announcement": {page("某省生态环境厅关于发布地方标准的公告", `<h1>某省生态环境厅关于发布地方标准的公告</h1><p>2024年第5号</p><div>发布时间：2024-05-08</div><div class="article-content"><p>公告2024年第5号</p>`+layoutBody+`<p>某省生态环境厅</p><p>2024年5月6日</p></div>`),
			"某省生态环境厅关于发布地方标准的公告|公告2024年第5号|-|-|-|-|2024-05-08"},
		"several issuers": {page("某省财政厅 某省教育厅关于下达补助资金的通知", `<h1>某省财政厅 某省教育厅关于下达补助资金的通知</h1><div>发布时间：2024-05-08</div><div class="article-content"><p>某财教〔2024〕15号</p>`+layoutBody+`<p>某省财政厅 某省教育厅</p><p>2024年5月6日</p></div>`),
			"某省财政厅 某省教育厅关于下达补助资金的通知|某财教〔2024〕15号|-|某省财政厅、某省教育厅|-|2024-05-06|2024-05-08"},
		"issuers on lines": {page("关于下达补助资金的通知", `<h1>关于下达补助资金的通知</h1><div>发布时间：2024-05-08</div><div class="article-content"><p>某财教〔2024〕15号</p>`+layoutBody+`<p>某省财政厅</p><p>某省教育厅</p><p>2024年5月6日</p></div>`),
			"关于下达补助资金的通知|某财教〔2024〕15号|-|某省财政厅、某省教育厅|-|2024-05-06|2024-05-08"},
		"forwarded": {page("某市人民政府办公室转发市发改委关于支持民营经济发展意见的通知", `<h1>某市人民政府办公室转发市发改委关于支持民营经济发展意见的通知</h1><div>日期：2024-05-08</div><div class="article-content"><p>某政办发〔2024〕20号</p>`+layoutBody+`<p>某市人民政府办公室</p><p>2024年5月6日</p><h2>关于支持民营经济发展的意见</h2><p>市发改委</p><p>（2024年4月1日）</p><p>为支持民营经济发展，提出如下意见。</p></div>`),
			"某市人民政府办公室转发市发改委关于支持民营经济发展意见的通知|某政办发〔2024〕20号|-|某市人民政府办公室|-|2024-05-06|2024-05-08"},
		"many dates": {page(name, `<ul class="meta"><li><b>索引号：</b>ABC-12/2024-0003</li><li><b>文 号：</b>某政规〔2024〕2号</li><li><b>发布机构：</b>某市人民政府</li><li><b>成文日期：</b>2024-05-06</li><li><b>生效日期：</b>2024-06-01</li><li><b>废止日期：</b>2029-05-31</li><li><b>修改日期：</b>2024-07-01</li><li><b>公开日期：</b>2024-05-08</li></ul><h1>`+name+`</h1><div class="content">`+layoutBody+`</div>`),
			name + "|某政规〔2024〕2号|ABC-12/2024-0003|某市人民政府|-|2024-05-06|2024-05-08"},
		"label in strong, value after": {page(name, `<div class="head"><p><strong>【索 引 号】</strong>610900-2024-77</p><p><strong>【发文字号】</strong>某政办函〔2024〕18号</p><p><strong>【发文机关】</strong>某市人民政府办公室</p><p><strong>【成文日期】</strong>2024-05-06</p><p><strong>【发布日期】</strong>2024-05-08</p></div><h1>`+name+`</h1><div class="content">`+layoutBody+`</div>`),
			name + "|某政办函〔2024〕18号|610900-2024-77|某市人民政府办公室|-|2024-05-06|2024-05-08"},
		"divs as table": {page(name, `<div class="row"><div class="k">发文机关</div><div class="v">某市人民政府</div></div><div class="row"><div class="k">发文字号</div><div class="v">某政发〔2024〕8号</div></div><div class="row"><div class="k">成文时间</div><div class="v">2024.05.06</div></div><div class="row"><div class="k">发布时间</div><div class="v">2024.05.08</div></div><h3 class="article-title">`+name+`</h3><div class="article">`+layoutBody+`</div>`),
			name + "|某政发〔2024〕8号|-|某市人民政府|-|2024-05-06|2024-05-08"},
		"empty cells": {page(name, `<table><tr><td>索引号：</td><td></td><td>主题分类：</td><td></td></tr><tr><td>发文机关：</td><td>某市人民政府</td><td>发文字号：</td><td></td></tr><tr><td>发布日期：</td><td>2024-05-08</td><td>成文日期：</td><td></td></tr></table><h1>`+name+`</h1><div class="content"><p>某政发〔2024〕8号</p>`+layoutBody+`<p>某市人民政府</p><p>2024年5月6日</p></div>`),
			name + "|某政发〔2024〕8号||某市人民政府||2024-05-06|2024-05-08"},
		"meta tags only": {`<html><head><meta charset="utf-8"><title>某市人民政府</title><meta name="ArticleTitle" content="` + name + `"><meta name="PubDate" content="2024-05-08 10:00"></head><body><div id="UCAP-CONTENT">` + layoutBody + `</div></body></html>`,
			name + "|-|-|-|-|-|2024-05-08 10:00"},
		"ucap title": {page("某市人民政府 政策文件 "+name, `<div class="article oneColumn"><h1><ucaptitle>`+name+`</ucaptitle></h1><div class="pages-date">2024-05-08 10:00 <span class="font">来源：某市政府网</span></div><div class="pages_content" id="UCAP-CONTENT">`+layoutBody+`</div></div>`),
			name + "|-|-|-|-|-|2024-05-08 10:00"},
		"title with a break": {page(name, `<h1>某市人民政府<br>关于优化营商环境若干措施的通知</h1><div>发布日期：2024-05-08</div><div class="content">`+layoutBody+`</div>`),
			name + "|-|-|-|-|-|2024-05-08"},
		"title of the site first": {page("某市人民政府 - "+name, `<p class="artTitle">`+name+`</p><p>时间：2024-05-08 来源：市政府办</p><div class="content">`+layoutBody+`</div>`),
			name + "|-|-|-|-|-|2024-05-08"},
		"title in a p": {page(name+"_通知_政务公开_某市", `<div class="box"><p class="bt">`+name+`</p><p class="sub">作者：办公室　发布时间：2024年05月08日 17:02　点击：[33]次</p><div class="nr">`+layoutBody+`</div></div>`),
			name + "|-|-|-|-|-|2024-05-08 17:02"},
		"related list after": {page(name, `<h1>`+name+`</h1><div class="info">发布时间：2024-05-08</div><div class="content">`+layoutBody+`</div><div class="rel"><h2>相关文件</h2><ul><li><a href="/1">关于某事的通知</a><span>2023-01-01</span></li><li><a href="/2">另一件事</a><span>2022-01-01</span></li></ul></div>`),
			name + "|-|-|-|-|-|2024-05-08"},
		"policy reading": {page("《"+name+"》政策解读", `<h1>《`+name+`》政策解读</h1><div>来源：市发改委 发布日期：2024-05-09</div><div class="content"><p>近日，市政府印发《`+name+`》（某政发〔2024〕8号），现解读如下。</p>`+layoutBody+`</div>`),
			"《" + name + "》政策解读||-|-|-|-|2024-05-09"},
		"number with words": {page(name, `<h1>`+name+`</h1><div>发布日期：2024-05-08</div><div class="content"><p style="text-align:center">某发改价格〔2024〕第101号</p>`+layoutBody+`<p>某市发展和改革委员会</p><p>2024 年 5 月 6 日</p></div>`),
			name + "|某发改价格〔2024〕第101号|-|某市发展和改革委员会|-|2024-05-06|2024-05-08"},
		"two numbers abroad": {page(name, `<h1>`+name+`</h1><div>（某政字【2024】8号）</div><div>发布日期：2024-05-08</div><div class="content">`+layoutBody+`<p>某市人民政府</p><p>2024年5月6日</p></div>`),
			name + "|某政字【2024】8号|-|某市人民政府|-|2024-05-06|2024-05-08"},
		"old font page": {`<html><head><title>某县人民政府办公室关于做好防汛工作的通知</title><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head><body><table width="780"><tr><td align="center"><font size="5"><b>某县人民政府办公室关于做好防汛工作的通知</b></font></td></tr><tr><td align="center">[2009-6-3 15:22:10]  作者：办公室  阅读次数：107</td></tr><tr><td>` + layoutBody + `</td></tr></table></body></html>`,
			"某县人民政府办公室关于做好防汛工作的通知|-|-|-|-|-|2009-06-03 15:22"},
		"no published": {page(name, `<h1>`+name+`</h1><div class="content"><p>某政发〔2024〕8号</p>`+layoutBody+`<p>某市人民政府</p><p>2024年5月6日</p></div>`),
			name + "|某政发〔2024〕8号|-|某市人民政府|-|2024-05-06|"},
		"english labels": {page(name, `<h1>`+name+`</h1><div class="info"><span>Date: 2024-05-08</span><span>Source: 市政府</span></div><div class="content">`+layoutBody+`</div>`),
			name + "|-|-|-|-|-|2024-05-08"},
		"published below": {page(name, `<h1>`+name+`</h1><div class="content">`+layoutBody+`</div><div class="bot">责任编辑：某某 发布日期：2024-05-08</div>`),
			name + "|-|-|-|-|-|2024-05-08"},
		"logo in h1": {page(name+"_某市人民政府", `<h1 class="logo"><a href="/">某市人民政府门户网站</a></h1><h2>`+name+`</h2><div>2024-05-08 来源：市政府办</div><div class="content">`+layoutBody+`</div>`),
			name + "|-|-|-|-|-|2024-05-08"},
		"logo in h1, no link": {page(name+"_某市人民政府门户网站", `<h1>某市人民政府门户网站</h1><h2 class="title">`+name+`</h2><div>2024-05-08 来源：市政府办</div><div class="content">`+layoutBody+`</div>`),
			name + "|-|-|-|-|-|2024-05-08"},
		"time of day in words": {page(name, `<h1>`+name+`</h1><div>发布时间：2024年5月8日 10时20分 来源：市政府办</div><div class="content">`+layoutBody+`</div>`),
			name + "|-|-|-|-|-|2024-05-08 10:20"},
		"time element": {page(name, `<h1>`+name+`</h1><time datetime="2024-05-08T10:20:00+08:00">2024-05-08 10:20:00</time><div class="content">`+layoutBody+`</div>`),
			name + "|-|-|-|-|-|2024-05-08 10:20"},
		"full-width digits": {page(name, `<h1>`+name+`</h1><div>发布时间：２０２４年５月８日</div><div class="content"><p>某政发〔２０２４〕８号</p>`+layoutBody+`<p>某市人民政府</p><p>２０２４年５月６日</p></div>`),
			name + "|某政发〔２０２４〕８号|-|某市人民政府|-|2024-05-06|2024-05-08"},
		"letter for the zero": {page(name, `<h1>`+name+`</h1><div>发布时间：2024-05-08</div><div class="content"><p>某政发〔2024〕8号</p>`+layoutBody+`<p>某市人民政府</p><p>二O二四年五月六日</p></div>`),
			name + "|某政发〔2024〕8号|-|某市人民政府|-|2024-05-06|2024-05-08"},
		"another zero": {page(name, `<h1>`+name+`</h1><div>发布时间：2024-05-08</div><div class="content"><p>某政发〔2024〕8号</p>`+layoutBody+`<p>某市人民政府</p><p>二零二四年十二月二十一日</p></div>`),
			name + "|某政发〔2024〕8号|-|某市人民政府|-|2024-12-21|2024-05-08"},
		"number in pieces": {page(name, `<h1>`+name+`</h1><div>发布时间：2024-05-08</div><div class="content"><p><span>某政发</span><span>〔</span><span>2024</span><span>〕 8 号</span></p>`+layoutBody+`<p><span>某市</span><span>人民政府</span></p><p><span>2024</span>年<span>5</span>月<span>6</span>日</p></div>`),
			name + "|某政发〔2024〕8号|-|某市人民政府|-|2024-05-06|2024-05-08"},
		"references and blanks": {page(name, `<table><tr><td>索&nbsp;引&nbsp;号:</td><td>&nbsp;610900/2024-9&nbsp;</td><td>发文字号:</td><td>某政发&#12308;2024&#12309;8&#21495;</td></tr><tr><td>发文机关:</td><td>某市人民政府&nbsp;某军分区</td><td>成文日期:</td><td>2024年05月06日</td></tr></table><h1>`+name+`</h1><div>发布日期：2024-05-08</div><div class="content">`+layoutBody+`</div>`),
			name + "|某政发〔2024〕8号|610900/2024-9|某市人民政府 某军分区|-|2024-05-06|2024-05-08"},
		"title in the table only": {page("政府信息公开", `<table><tr><td>索引号：</td><td>610900/2024-9</td><td>信息名称：</td><td>`+name+`</td></tr><tr><td>发布机构：</td><td>某市人民政府</td><td>发布日期：</td><td>2024-05-08</td></tr></table><div class="content">`+layoutBody+`</div>`),
			name + "|-|610900/2024-9|某市人民政府|-|-|2024-05-08"},
		"subtitle": {page(name, `<h3 class="yt">政策文件</h3><h1>`+name+`</h1><h2>（征求意见稿）</h2><div>发布时间：2024-05-08</div><div class="content">`+layoutBody+`</div>`),
			name + "|-|-|-|-|-|2024-05-08"},
		"day apart": {page(name, `<div class="title"><h1>`+name+`</h1></div><ul class="msg"><li>来源：市政府办</li><li>日期：2024年05月08日</li><li>字号：<a>大</a> <a>中</a></li></ul><div class="content">`+layoutBody+`</div>`),
			name + "|-|-|-|-|-|2024-05-08"},
		"abolished": {page(name, `<div class="state">有效性：废止 废止日期：2025-01-01</div><h1>`+name+`</h1><div>发布日期：2024-05-08</div><div class="content"><p>某政办发〔2024〕8号</p>`+layoutBody+`<p>本通知自2024年6月1日起施行，有效期5年。</p><p>某市人民政府办公室</p><p>2024年5月6日</p></div>`),
			name + "|某政办发〔2024〕8号|-|某市人民政府办公室|-|2024-05-06|2024-05-08"},
		"personnel": {page("某市人民政府关于张某等同志任免职的通知", `<h1>某市人民政府关于张某等同志任免职的通知</h1><div>发布时间：2024-05-08</div><div class="content"><p>某政任字〔2024〕3号</p><p>各县区人民政府：</p><p>市政府决定：</p><p>任命张某为某局局长；</p><p>免去李某的某局副局长职务。</p><p>某市人民政府</p><p>2024年5月6日</p></div>`),
			"某市人民政府关于张某等同志任免职的通知|某政任字〔2024〕3号|-|某市人民政府|-|2024-05-06|2024-05-08"},
		"reply": {page("关于市政协五届三次会议第12号提案的答复", `<h1>关于市政协五届三次会议第12号提案的答复</h1><div>发布时间：2024-05-08 文号：某教提复〔2024〕12号</div><div class="content"><p>王某委员：</p>`+layoutBody+`<p>某市教育局</p><p>2024年5月6日</p><p>联系人：李科长 电话：0900-3200000</p></div>`),
			"关于市政协五届三次会议第12号提案的答复|某教提复〔2024〕12号|-|某市教育局|-|2024-05-06|2024-05-08"},
		"index of letters": {page(name, `<div><span>信息索引：</span><span>SXAK/XZ-0201-2024-006</span><span>公文种类：</span><span>通知</span><span>发文日期：</span><span>2024-05-06</span><span>公开目录：</span><span>规划计划</span><span>发布日期：</span><span>2024-05-08</span></div><h1>`+name+`</h1><div class="content">`+layoutBody+`</div>`),
			name + "|-|SXAK/XZ-0201-2024-006|-|-|2024-05-06|2024-05-08"},
	} {
		layoutIs(t, n, tt.src, tt.want)
	}
}

// layoutIs holds what is read off a page to what is wanted:
// title|number|index|issuer|topic|written|published; a field of “-” is not asked.
func layoutIs(t *testing.T, name, src, want string) {
	t.Helper()
	p, err := ParsePage([]byte(src), "text/html; charset=utf-8", "http://www.example.gov.cn/zwgk/2024/1.html")
	if err != nil {
		t.Fatal(err)
	}
	got := []string{p.Title, p.DocNo, p.IndexNo, p.Issuer, p.Topic, p.Written, p.Published}
	for i, w := range strings.Split(want, "|") {
		if w != "-" && noBlanks(w) != noBlanks(got[i]) {
			t.Errorf("%s: %s %q, want %q", name, []string{"title", "number", "index", "issuer", "topic", "written", "published"}[i], got[i], w)
		}
	}
}

// A page in any encoding that is in use, said or not, is read.
func TestExtractionOfOtherEncodings(t *testing.T) {
	const title = "某市人民政府关于优化营商环境若干措施的通知"
	src := func(meta string) string {
		return `<html><head>` + meta + `<title>` + title + `</title></head><body><h1>` + title + `</h1><p>发布时间：2024-05-06 10:20</p><div class="content">` + layoutBody + `</div></body></html>`
	}
	trad := `<html><head><title>某市人民政府關於優化營商環境的通知</title></head><body><h1>某市人民政府關於優化營商環境的通知</h1><p>發佈時間：2024-05-06</p><div class="content"><p>為深入貫徹落實省委、省政府決策部署，進一步優化營商環境，結合我市實際，制定如下措施，請認真抓好落實。</p></div></body></html>`
	for name, tt := range map[string]struct {
		enc                  encoding.Encoding
		src, header, charset string
		title                string
	}{
		"gbk undeclared":        {simplifiedchinese.GBK, src(""), "", "gb18030", title},
		"gb18030 undeclared":    {simplifiedchinese.GB18030, src("") + "<p>㐂𠮷</p>", "", "-", title},
		"gb declared utf-8":     {simplifiedchinese.GB18030, src(`<meta charset="utf-8">`), "text/html; charset=utf-8", "-", title},
		"utf-8 declared gb2312": {encoding.Nop, src(`<meta charset="gb2312">`), "", "utf-8", title},
		"utf-8 undeclared":      {encoding.Nop, src(""), "", "utf-8", title},
		"utf-16 le":             {unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), src(""), "", "-", title},
		"utf-16 be":             {unicode.UTF16(unicode.BigEndian, unicode.UseBOM), src(""), "", "-", title},
		"utf-16 le, no mark":    {unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), src(""), "", "-", title},
		"big5 declared":         {traditionalchinese.Big5, strings.Replace(trad, "<head>", `<head><meta charset="big5">`, 1), "", "big5", "某市人民政府關於優化營商環境的通知"},
		"big5 undeclared":       {traditionalchinese.Big5, trad, "", "big5", "某市人民政府關於優化營商環境的通知"},
		"gbk in the header":     {simplifiedchinese.GBK, src(""), "text/html; charset=GB2312", "gb18030", title},
		"utf-8, header gbk":     {encoding.Nop, src(`<meta charset="utf-8">`), "text/html; charset=GBK", "utf-8", title},
		"utf-8, both say gb":    {encoding.Nop, src(`<meta charset="gb2312">`), "text/html; charset=gb2312", "utf-8", title},
		"gbk, header utf-8":     {simplifiedchinese.GBK, src(`<meta charset="gbk">`), "text/html; charset=utf-8", "gb18030", title},
		"gbk, header iso":       {simplifiedchinese.GBK, src(""), "text/html; charset=ISO-8859-1", "gb18030", title},
		"gbk, meta iso":         {simplifiedchinese.GBK, src(`<meta charset="iso-8859-1">`), "", "gb18030", title},
		"mark against meta":     {encoding.Nop, "\ufeff" + src(`<meta charset="gb2312">`), "text/html; charset=gb2312", "utf-8", title},
		"four bytes a letter":   {simplifiedchinese.GB18030, strings.ReplaceAll(src(`<meta charset="gb18030">`), "县", "\U00020BB7\U0002CE93"), "", "gb18030", title},
		"gb with big5 declared": {simplifiedchinese.GBK, src(`<meta charset="big5">`), "", "gb18030", title},
		"big5, header gbk":      {traditionalchinese.Big5, trad, "text/html; charset=gb2312", "big5", "某市人民政府關於優化營商環境的通知"},
		"big5, meta utf-8":      {traditionalchinese.Big5, strings.Replace(trad, "<head>", `<head><meta charset="utf-8">`, 1), "", "big5", "某市人民政府關於優化營商環境的通知"},
		"utf-16, meta gbk":      {unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), src(`<meta charset="gbk">`), "text/html; charset=gbk", "-", title},
		"utf-16 be, no mark":    {unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), src(""), "text/html; charset=utf-8", "-", title},
		"xml head":              {simplifiedchinese.GBK, `<?xml version="1.0" encoding="gb2312"?>` + src(""), "", "gb18030", title},
	} {
		body, err := tt.enc.NewEncoder().Bytes([]byte(tt.src))
		if err != nil {
			t.Fatal(err)
		}
		p, err := ParsePage(body, tt.header, "http://www.example.gov.cn/1.html")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if p.Title != tt.title || tt.charset != "-" && p.Charset != tt.charset {
			t.Errorf("%s: %q in %s", name, p.Title, p.Charset)
		}
	}
}
