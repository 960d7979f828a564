package check

import "testing"

// Layouts as the publishing systems of the trade draw them, each with other words and
// other habits of writing dates, numbers and labels. All names are invented.
func TestExtractionOfLayoutsOfTheTrade(t *testing.T) {
	const long = `<p>各镇人民政府、街道办事处，区级有关部门、直属机构：</p><p>为全面落实国家和省、市关于加强基层治理体系和治理能力现代化建设的部署要求，经区政府同意，现将有关事项通知如下。</p><p>一、明确目标任务。坚持以人民为中心，聚焦群众急难愁盼问题，到2027年底基本建成权责明晰、运转高效的工作机制。</p><p>二、落实工作责任。各单位主要负责人为第一责任人，要定期研究，及时解决工作中的困难和问题。</p><p>三、严格督导考核。区政府督查室将对落实情况开展督导，结果纳入年度目标责任考核。</p>`
	const name = "云岭区人民政府关于推进基层治理现代化的实施意见"
	head := func(title, metas string) string {
		return `<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd"><html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"/>` + metas + `<title>` + title + `</title></head><body><div class="header"><img src="/images/logo.png" alt="云岭区人民政府"/><ul><li><a href="/">首页</a></li><li><a href="/zwgk/">政务公开</a></li><li><a href="/hdjl/">互动交流</a></li></ul></div>`
	}
	foot := `<div class="foot"><p>主办单位：云岭区人民政府办公室　承办单位：云岭区数据局</p><p>网站标识码：6100000000　陕ICP备00000000号-1　联系电话：0900-8000000</p></div></body></html>`
	page := func(title, body string) string { return head(title, "") + body + foot }
	for n, tt := range map[string]struct{ src, want string }{
		// TRS WCM.
		"trs, table of the disclosure": {page(name+"_政策文件_云岭区人民政府", `<div class="xl-bt">`+name+`</div><div class="xxgk-table"><table cellpadding="0" cellspacing="0"><tbody><tr><td class="bt">索&nbsp;&nbsp;引&nbsp;&nbsp;号：</td><td>6100000000/2026-00391</td><td class="bt">主题分类：</td><td>综合政务/其他</td></tr><tr><td class="bt">发文机关：</td><td>云岭区人民政府</td><td class="bt">成文日期：</td><td>2026年11月05日</td></tr><tr><td class="bt">发文字号：</td><td>云政发〔2026〕21号</td><td class="bt">发布日期：</td><td>2026年11月09日 16:20</td></tr><tr><td class="bt">效力状态：</td><td colspan="3">有效</td></tr></tbody></table></div><div class="TRS_Editor">`+long+`</div>`),
			name + "|云政发〔2026〕21号|6100000000/2026-00391|云岭区人民政府|综合政务/其他|2026-11-05|2026-11-09 16:20"},
		"trs, head of an article": {page(name+"-云岭区人民政府", `<div class="article"><div class="article-title">`+name+`</div><div class="article-info">发布时间： 2026-11-09 16:20:11&nbsp;&nbsp;&nbsp;来源： 区政府办公室 &nbsp;&nbsp;[ <a>打印</a> ]</div><div class="view TRS_UEDITOR trs_paper_default trs_web">`+long+`</div></div>`),
			name + "|-|-|-|-|-|2026-11-09 16:20"},
		"trs, number and signature in the body": {page(name, `<h1>`+name+`</h1><div class="laiyuan"><span>2026-11-09</span><span>云岭区政府网</span></div><div class="TRS_Editor"><style>.TRS_Editor P{margin:0}</style><p align="center">云政发〔2026〕21号</p>`+long+`<p align="right">云岭区人民政府</p><p align="right">2026年11月5日</p></div>`),
			name + "|云政发〔2026〕21号|-|云岭区人民政府|-|2026-11-05|2026-11-09"},
		// Dahan jcms.
		"jcms, c_title and metadata": {page("云岭区人民政府 政府文件 "+name, `<!--<$[标题名称(html)]>begin--><div id="c"><table id="article"><tr><td align="center" class="title"><!--<$[标题]>begin-->`+name+`<!--<$[标题]>end--></td></tr><tr><td>日期：2026-11-09　来源：区政府办公室　浏览次数：<script>document.write(1)</script></td></tr><tr><td class="bt_content"><div id="zoom"><!--ZJEG_RSS.content.begin-->`+long+`<!--ZJEG_RSS.content.end--></div></td></tr></table></div>`),
			name + "|-|-|-|-|-|2026-11-09"},
		"jcms, catalogue": {page(name, `<div class="xxgk_head"><ul><li><b>索 引 号：</b><span>000014349/2026-00117</span></li><li><b>分　　类：</b><span>其他</span></li><li><b>发布机构：</b><span>云岭区人民政府</span></li><li><b>发文日期：</b><span>2026-11-05</span></li><li><b>名　　称：</b><span>`+name+`</span></li><li><b>文　　号：</b><span>云政发〔2026〕21号</span></li><li><b>主 题 词：</b><span></span></li><li><b>公开日期：</b><span>2026-11-09</span></li></ul></div><div class="xxgk_con">`+long+`</div>`),
			name + "|云政发〔2026〕21号|000014349/2026-00117|云岭区人民政府|-|2026-11-05|2026-11-09"},
		"jcms, nested tables": {page(name, `<table width="980"><tr><td><table border="1"><tr><td><table><tr><td>索 引 号：</td><td>61000/2026-8</td></tr></table></td><td><table><tr><td>组配分类：</td><td>区政府文件</td></tr></table></td></tr><tr><td><table><tr><td>发文机关：</td><td>云岭区人民政府</td></tr></table></td><td><table><tr><td>成文日期：</td><td>2026-11-05</td></tr></table></td></tr><tr><td colspan="2"><table><tr><td>标&#12288;&#12288;题：</td><td>`+name+`</td></tr></table></td></tr><tr><td><table><tr><td>发文字号：</td><td>云政发〔2026〕21号</td></tr></table></td><td><table><tr><td>发布日期：</td><td>2026-11-09</td></tr></table></td></tr></table></td></tr><tr><td id="zoom">`+long+`</td></tr></table>`),
			name + "|云政发〔2026〕21号|61000/2026-8|云岭区人民政府|区政府文件|2026-11-05|2026-11-09"},
		// Boda SiteBuilder.
		"boda, form": {page(name+"-云岭区政府", `<form name="_newscontent_fromname"><div class="main_content"><div class="main_contit"><h2>`+name+`</h2><p>发布日期：2026年11月09日　　作者：　　来源：区政府办　　点击：[<script>x()</script>]</p></div><div class="main_conDiv" id="vsb_content_2"><div class="v_news_content">`+long+`</div></div></div></form>`),
			name + "|-|-|-|-|-|2026-11-09"},
		"boda, table of old": {page(name+"-云岭区政府", `<table width="100%" class="winstyle1"><tr><td class="titlestyle1" align="center">`+name+`</td></tr><tr><td align="center"><span class="timestyle1">2026-11-09 16:20</span>&nbsp;<span class="authorstyle1">区政府办</span></td></tr><tr><td class="contentstyle1"><div id="vsb_content">`+long+`</div></td></tr></table>`),
			name + "|-|-|-|-|-|2026-11-09 16:20"},
		// UCAP (开普云).
		"ucap, mobile and wide": {head(name+"_云岭区人民政府", `<meta name="SiteName" content="云岭区人民政府"/><meta name="ArticleTitle" content="`+name+`"/><meta name="PubDate" content="2026-11-09 16:20"/><meta name="ContentSource" content="区政府办公室"/>`) + `<div class="article-content-body"><div class="article-head hidden-xs"><ucaptitle>` + name + `</ucaptitle><p><publishtime>2026-11-09 16:20</publishtime> <ucapsource>区政府办公室</ucapsource></p></div><div class="visible-xs"><h3>` + name + `</h3><span>2026-11-09</span></div><ucapcontent>` + long + `</ucapcontent></div>` + foot,
			name + "|-|-|-|-|-|2026-11-09 16:20"},
		"ucap, grid of divs": {page(name, `<div class="row policy"><div class="col-6"><label>索引号</label><div>11610000MB2X00000X/2026-00044</div></div><div class="col-6"><label>发文机关</label><div>云岭区人民政府</div></div><div class="col-6"><label>成文日期</label><div>2026-11-05</div></div><div class="col-6"><label>发布日期</label><div>2026-11-09</div></div><div class="col-12"><label>标题</label><div>`+name+`</div></div><div class="col-6"><label>发文字号</label><div>云政发〔2026〕21号</div></div><div class="col-6"><label>主题分类</label><div>城乡建设、环境保护\城市管理</div></div></div><div id="UCAP-CONTENT">`+long+`</div>`),
			name + `|云政发〔2026〕21号|11610000MB2X00000X/2026-00044|云岭区人民政府|城乡建设、环境保护\城市管理|2026-11-05|2026-11-09`},
		// Labels.
		"blanks within the labels": {page(name, `<h1>`+name+`</h1><p class="info">发 布 日 期 ： 2026-11-09 &nbsp; 来 源 ： 区政府办 &nbsp; 字 体 ： 大 中 小</p><div class="content">`+long+`</div>`),
			name + "|-|-|-|-|-|2026-11-09"},
		"full-width blanks within the labels": {page(name, `<table><tr><td>索　引　号</td><td>YL-2026-77</td><td>文　　　号</td><td>云政发〔2026〕21号</td></tr><tr><td>发 文 机 关</td><td>云岭区人民政府</td><td>成&nbsp;文&nbsp;日&nbsp;期</td><td>2026-11-05</td></tr><tr><td>发　布　日　期</td><td colspan="3">2026-11-09</td></tr></table><h1>`+name+`</h1><div class="content">`+long+`</div>`),
			name + "|云政发〔2026〕21号|YL-2026-77|云岭区人民政府|-|2026-11-05|2026-11-09"},
		"brackets round the labels": {page(name, `<div class="t"><span>【发布机构】云岭区人民政府</span><span>【文号】云政发〔2026〕21号</span><span>【成文日期】2026年11月5日</span><span>【发布日期】2026年11月9日</span></div><h1>`+name+`</h1><div class="content">`+long+`</div>`),
			name + "|云政发〔2026〕21号|-|云岭区人民政府|-|2026-11-05|2026-11-09"},
		"square brackets round the labels": {page(name, `<div class="t"><p>[索引号] YL-2026-77</p><p>[发文字号] 云政发〔2026〕21号</p><p>[发布机构] 云岭区人民政府</p><p>[成文日期] 2026-11-05</p><p>[发布日期] 2026-11-09</p></div><h1>`+name+`</h1><div class="content">`+long+`</div>`),
			name + "|云政发〔2026〕21号|YL-2026-77|云岭区人民政府|-|2026-11-05|2026-11-09"},
		"value in spans": {page(name, `<h1>`+name+`</h1><div class="info">发布日期：<span>2026</span><span>-</span><span>11</span><span>-</span><span>09</span></div><div class="docno">文号：<span>云政发</span><em>〔2026〕</em><span>21</span>号</div><div class="content">`+long+`</div>`),
			name + "|云政发〔2026〕21号|-|-|-|-|2026-11-09"},
		"label and value by a bar": {page(name, `<h1>`+name+`</h1><div class="info">发布时间 | 2026-11-09 16:20 来源 | 区政府办</div><div class="content">`+long+`</div>`),
			name + "|-|-|-|-|-|2026-11-09 16:20"},
		"labels nobody has listed": {page(name, `<ul class="doc"><li>文件索引：YL-2026-77</li><li>制文单位：云岭区人民政府</li><li>文件编号：云政发〔2026〕21号</li><li>成文日：2026-11-05</li><li>信息发布日期：2026-11-09</li><li>所属主题：综合政务</li></ul><h1>`+name+`</h1><div class="content">`+long+`</div>`),
			name + "|云政发〔2026〕21号|-|-|-|-|2026-11-09"},
		"label of the document's date": {page(name, `<dl><dt>发文机构</dt><dd>云岭区人民政府</dd><dt>文件日期</dt><dd>2026-11-05</dd><dt>发文字号</dt><dd>云政发〔2026〕21号</dd><dt>上传日期</dt><dd>2026-11-09</dd></dl><h1>`+name+`</h1><div class="content">`+long+`</div>`),
			name + "|云政发〔2026〕21号|-|云岭区人民政府|-|2026-11-05|2026-11-09"},
		"english after the label": {page(name, `<h1>`+name+`</h1><div class="info"><span>发布时间 Date：2026-11-09</span><span>来源 Source：区政府办</span></div><div class="content">`+long+`</div>`),
			name + "|-|-|-|-|-|2026-11-09"},
		"value before the next label in one cell": {page(name, `<table><tr><td>索引号：YL-2026-77 发布机构：云岭区人民政府 发文字号：云政发〔2026〕21号 成文日期：2026-11-05 发布日期：2026-11-09</td></tr></table><h1>`+name+`</h1><div class="content">`+long+`</div>`),
			name + "|云政发〔2026〕21号|YL-2026-77|云岭区人民政府|-|2026-11-05|2026-11-09"},
		"heads in one row, values in the next": {page(name, `<table border="1"><tr><th>索引号</th><th>发文机关</th><th>发文字号</th><th>成文日期</th><th>发布日期</th></tr><tr><td>YL-2026-77</td><td>云岭区人民政府</td><td>云政发〔2026〕21号</td><td>2026-11-05</td><td>2026-11-09</td></tr></table><h1>`+name+`</h1><div class="content">`+long+`</div>`),
			name + "|云政发〔2026〕21号|YL-2026-77|云岭区人民政府|-|2026-11-05|2026-11-09"},
		"label in a link": {page(name, `<ul><li><a>索引号</a>：YL-2026-77</li><li><a>发文字号</a>：云政发〔2026〕21号</li><li><a>发布日期</a>：2026-11-09</li></ul><h1>`+name+`</h1><div class="content">`+long+`</div>`),
			name + "|云政发〔2026〕21号|YL-2026-77|-|-|-|2026-11-09"},
		"table below the body": {page(name, `<h1>`+name+`</h1><div class="content">`+long+`</div><table class="sx"><tr><td>文件编号</td><td>云政发〔2026〕21号</td><td>公开形式</td><td>网站</td></tr><tr><td>发布机构</td><td>云岭区人民政府</td><td>生成日期</td><td>2026-11-05</td></tr><tr><td>公开日期</td><td colspan="3">2026-11-09</td></tr></table>`),
			name + "|云政发〔2026〕21号|-|云岭区人民政府|-|2026-11-05|2026-11-09"},
		// Dates.
		"date with points":     {page(name, `<h1>`+name+`</h1><p>发布时间：2026.11.9</p><div class="content">`+long+`</div>`), name + "|-|-|-|-|-|2026-11-09"},
		"date in eight digits": {page(name, `<h1>`+name+`</h1><p>发布时间：20261109</p><div class="content">`+long+`</div>`), name + "|-|-|-|-|-|2026-11-09"},
		"date of two digits":   {page(name, `<h1>`+name+`</h1><p>发布时间：26-11-09 16:20</p><div class="content">`+long+`</div>`), name + "|-|-|-|-|-|2026-11-09 16:20"},
		"date of two digits in a table": {page(name, `<table><tr><td>文号</td><td>云政发〔2006〕21号</td><td>成文日期</td><td>06/11/05</td></tr><tr><td>发布日期</td><td>06年11月9日</td><td>发布机构</td><td>云岭区人民政府</td></tr></table><h1>`+name+`</h1><div class="content">`+long+`</div>`),
			name + "|云政发〔2006〕21号|-|云岭区人民政府|-|2006-11-05|2006-11-09"},
		"english month first": {page("Yunling Opens Service Hall", `<h1>Yunling Opens New Service Hall</h1><div class="info">Updated: Nov 9, 2026</div><div class="content"><p>The district opened a new service hall on Monday, and residents may now handle most of their affairs there.</p><p>The hall has forty windows, and opens six days a week.</p></div>`), "Yunling Opens New Service Hall|-|-|-|-|-|2026-11-09"},
		"english day first":   {page("Yunling Opens Service Hall", `<h1>Yunling Opens New Service Hall</h1><div class="info">Published: 9 November 2026 16:20 | Source: Yunling Daily</div><div class="content"><p>The district opened a new service hall on Monday, and residents may now handle most of their affairs there.</p><p>The hall has forty windows, and opens six days a week.</p></div>`), "Yunling Opens New Service Hall|-|-|-|-|-|2026-11-09 16:20"},
		"english date alone":  {page("Yunling Opens Service Hall", `<h1>Yunling Opens New Service Hall</h1><div class="date">November 9th, 2026</div><div class="content"><p>The district opened a new service hall on Monday, and residents may now handle most of their affairs there.</p><p>The hall has forty windows, and opens six days a week.</p></div>`), "Yunling Opens New Service Hall|-|-|-|-|-|2026-11-09"},
		"date in characters under a label": {page(name, `<table><tr><td>成文日期</td><td>二〇二六年十一月五日</td><td>发布日期</td><td>二○二六年十一月九日</td></tr><tr><td>文号</td><td>云政发〔2026〕21号</td><td>发布机构</td><td>云岭区人民政府</td></tr></table><h1>`+name+`</h1><div class="content">`+long+`</div>`),
			name + "|云政发〔2026〕21号|-|云岭区人民政府|-|2026-11-05|2026-11-09"},
		"date with the weekday between":           {page(name, `<h1>`+name+`</h1><p>发布时间：2026年11月9日 星期一 16:20</p><div class="content">`+long+`</div>`), name + "|-|-|-|-|-|2026-11-09 16:20"},
		"afternoon":                               {page(name, `<h1>`+name+`</h1><p>发布时间：2026-11-09 下午 4:20</p><div class="content">`+long+`</div>`), name + "|-|-|-|-|-|2026-11-09 16:20"},
		"time of the look is not the page's":      {page(name, `<div class="weather">2026年11月27日 星期五 晴 5℃</div><h1>`+name+`</h1><p>发布时间：2026-11-09</p><div class="content">`+long+`</div>`), name + "|-|-|-|-|-|2026-11-09"},
		"year in full width with points":          {page(name, `<h1>`+name+`</h1><p>发布时间：２０２６－１１－０９</p><div class="content">`+long+`</div>`), name + "|-|-|-|-|-|2026-11-09"},
		"signature in characters, blanks between": {page(name, `<h1>`+name+`</h1><p>发布时间：2026-11-09</p><div class="content"><p>云政发〔2026〕21号</p>`+long+`<p>云 岭 区 人 民 政 府</p><p>二 〇 二 六 年 十 一 月 五 日</p></div>`), name + "|云政发〔2026〕21号|-|云岭区人民政府|-|2026-11-05|2026-11-09"},
		"signature in brackets":                   {page(name, `<h1>`+name+`</h1><p>发布时间：2026-11-09</p><div class="content"><p>云政发〔2026〕21号</p>`+long+`<p>云岭区人民政府</p><p>（2026年11月5日）</p></div>`), name + "|云政发〔2026〕21号|-|云岭区人民政府|-|2026-11-05|2026-11-09"},
		"signature, copies below":                 {page(name, `<h1>`+name+`</h1><p>发布时间：2026-11-09</p><div class="content"><p>云政发〔2026〕21号</p>`+long+`<p>云岭区人民政府</p><p>2026年11月5日</p><p>抄送：区委各部门，区人大常委会办公室，区政协办公室。</p><p>云岭区人民政府办公室　　　　2026年11月6日印发</p></div>`), name + "|云政发〔2026〕21号|-|云岭区人民政府|-|2026-11-05|2026-11-09"},
		"date of the meeting in brackets":         {page("云岭区城市供水管理办法", `<h1>云岭区城市供水管理办法</h1><p>发布时间：2026-11-09</p><div class="content"><p>云岭区人民政府令</p><p>第 18 号</p><p>《云岭区城市供水管理办法》已经2026年10月28日区政府第12次常务会议审议通过，现予公布，自2027年1月1日起施行。</p><p>区长　王某</p><p>2026年11月5日</p><p>云岭区城市供水管理办法</p><p>（2026年10月28日区政府第12次常务会议通过）</p>`+long+`</div>`), "云岭区城市供水管理办法|云岭区人民政府令第18号|-|云岭区人民政府|-|2026-11-05|2026-11-09"},
		// Numbers.
		"corner brackets":                                {page(name, `<h1>`+name+`</h1><p>发布时间：2026-11-09</p><div class="content"><p>云政办发「2026」21号</p>`+long+`<p>云岭区人民政府办公室</p><p>2026年11月5日</p></div>`), name + "|云政办发「2026」21号|-|云岭区人民政府办公室|-|2026-11-05|2026-11-09"},
		"letter of a state office":                       {page("国务院办公厅关于同意建立某部际联席会议制度的函", `<h1>国务院办公厅关于同意建立某部际联席会议制度的函</h1><p>发布时间：2026-11-09</p><div class="content"><p>国办函〔2026〕88号</p>`+long+`<p>国务院办公厅</p><p>2026年11月5日</p></div>`), "-|国办函〔2026〕88号|-|国务院办公厅|-|2026-11-05|2026-11-09"},
		"order under a label":                            {page("云岭省地方金融管理规定", `<table><tr><td>文号</td><td>云岭省人民政府令第236号</td><td>发布机关</td><td>云岭省人民政府</td></tr><tr><td>成文日期</td><td>2026-11-05</td><td>发布日期</td><td>2026-11-09</td></tr></table><h1>云岭省地方金融管理规定</h1><div class="content">`+long+`</div>`), "云岭省地方金融管理规定|云岭省人民政府令第236号|-|云岭省人民政府|-|2026-11-05|2026-11-09"},
		"order of a ministry, number in characters":      {page("某某管理规定", `<h1>特种设备使用管理规定</h1><p>发布时间：2026-11-09</p><div class="content"><p>云岭省市场监督管理局令</p><p>第二十三号</p><p>《特种设备使用管理规定》已经2026年10月20日局务会议通过，现予公布。</p><p>局长　王某</p><p>2026年11月5日</p>`+long+`</div>`), "特种设备使用管理规定|云岭省市场监督管理局令第二十三号|-|云岭省市场监督管理局|-|2026-11-05|2026-11-09"},
		"announcement under the heading":                 {page("云岭省税务局关于调整征期的公告", `<h1>云岭省税务局关于调整征期的公告</h1><h2>云岭省税务局公告2026年第9号</h2><p>发布时间：2026-11-09</p><div class="content">`+long+`<p>云岭省税务局</p><p>2026年11月5日</p></div>`), "云岭省税务局关于调整征期的公告|云岭省税务局公告2026年第9号|-|云岭省税务局|-|2026-11-05|2026-11-09"},
		"announcement in two lines":                      {page("关于公布抽检结果的公告", `<h1>关于公布抽检结果的公告</h1><p>发布时间：2026-11-09</p><div class="content"><p>云岭省市场监督管理局公告</p><p>（2026年第9号）</p>`+long+`<p>云岭省市场监督管理局</p><p>2026年11月5日</p></div>`), "关于公布抽检结果的公告|云岭省市场监督管理局公告2026年第9号|-|云岭省市场监督管理局|-|2026-11-05|2026-11-09"},
		"number with a hyphen and letters":               {page(name, `<table><tr><td>文号：</td><td>云规〔2026〕3-住建1号</td><td>发布日期：</td><td>2026-11-09</td></tr></table><h1>`+name+`</h1><div class="content">`+long+`</div>`), name + "|云规〔2026〕3-住建1号|-|-|-|-|2026-11-09"},
		"number beside the heading":                      {page(name, `<h1>`+name+`</h1><div class="wh">云政发〔2026〕21号</div><div class="rq">2026-11-09</div><div class="content">`+long+`<p>云岭区人民政府</p><p>2026年11月5日</p></div>`), name + "|云政发〔2026〕21号|-|云岭区人民政府|-|2026-11-05|2026-11-09"},
		"number with the name of its issuer and a place": {page(name, `<h1>`+name+`</h1><p>发布时间：2026-11-09</p><div class="content"><p>云财办综〔2026〕第 0021 号</p>`+long+`<p>云岭省财政厅办公室</p><p>2026年11月5日</p></div>`), name + "|云财办综〔2026〕第0021号|-|云岭省财政厅办公室|-|2026-11-05|2026-11-09"},
		"two numbers of one document":                    {page(name, `<h1>`+name+`</h1><p>发布时间：2026-11-09</p><div class="content"><p>云政发〔2026〕21号</p><p>YLQDR-2026-00003</p>`+long+`<p>云岭区人民政府</p><p>2026年11月5日</p></div>`), name + "|云政发〔2026〕21号|-|云岭区人民政府|-|2026-11-05|2026-11-09"},
		"no number":                                      {page(name, `<table><tr><td>索引号：</td><td>YL-2026-77</td><td>发文字号：</td><td>无</td></tr><tr><td>发布机构：</td><td>区政府办</td><td>发布日期：</td><td>2026-11-09</td></tr></table><h1>`+name+`</h1><div class="content">`+long+`</div>`), name + "||YL-2026-77|区政府办|-|-|2026-11-09"},
		// Several documents on one page.
		"annex with a number of its own":  {page(name, `<h1>`+name+`</h1><p>发布时间：2026-11-09</p><div class="content"><p>云政发〔2026〕21号</p>`+long+`<p>云岭区人民政府</p><p>2026年11月5日</p><p>附件</p><p>云岭市人民政府关于基层治理的指导意见</p><p>云市政发〔2025〕4号</p>`+long+`<p>云岭市人民政府</p><p>2025年3月1日</p></div>`), name + "|云政发〔2026〕21号|-|云岭区人民政府|-|2026-11-05|2026-11-09"},
		"repost":                          {page("国务院关于加强数字政府建设的指导意见", `<h1>国务院关于加强数字政府建设的指导意见</h1><p>发布时间：2026-11-09 来源：中国政府网</p><div class="content"><p>国务院关于加强数字政府建设的指导意见</p><p>国发〔2026〕14号</p><p>各省、自治区、直辖市人民政府，国务院各部委、各直属机构：</p>`+long+`<p>国务院</p><p>2026年11月5日</p><p>（此件公开发布）</p></div>`), "国务院关于加强数字政府建设的指导意见|国发〔2026〕14号|-|国务院|-|2026-11-05|2026-11-09"},
		"reading of a document":           {page("《"+name+"》解读", `<h1>《`+name+`》解读</h1><p>发布时间：2026-11-10 来源：区民政局</p><div class="content"><p>一、出台背景</p><p>2026年11月5日，区政府印发《`+name+`》（云政发〔2026〕21号）。</p>`+long+`</div>`), "《" + name + "》解读||-|-|-|-|2026-11-10"},
		"documents related, with numbers": {page(name, `<h1>`+name+`</h1><p>发布时间：2026-11-09</p><div class="content">`+long+`</div><div class="xg"><h3>相关政策</h3><p><a href="/a">某某办法</a></p><p>云政发〔2024〕2号</p><p>发布日期：2024-01-05</p></div>`), name + "|-|-|-|-|-|2026-11-09"},
		"notice of a meeting":             {page("云岭区召开防汛工作会议", `<h1>云岭区召开防汛工作会议</h1><p>发布时间：2026-11-09 16:20　来源：区应急局　作者：李某</p><div class="content"><p>会议时间：2026年11月8日</p><p>会议地点：区政府三楼会议室</p>`+long+`</div>`), "云岭区召开防汛工作会议||-|-|-|-|2026-11-09 16:20"},
		// Titles.
		"title in a td":                 {page("云岭区人民政府", `<table width="900"><tr><td class="bt1" align="center"><strong>`+name+`</strong></td></tr><tr><td align="center">时间：2026-11-09 点击数：12</td></tr><tr><td>`+long+`</td></tr></table>`), name + "|-|-|-|-|-|2026-11-09"},
		"title in the meta only":        {head("云岭区人民政府门户网站", `<meta name="ArticleTitle" content="`+name+`"><meta name="PubDate" content="2026-11-09 16:20:00">`) + `<div class="content">` + long + `</div>` + foot, name + "|-|-|-|-|-|2026-11-09 16:20"},
		"title broken by breaks":        {page("关于印发《云岭区养老服务办法》的通知_云岭区", `<h1>关于印发<br/>《云岭区养老服务办法》<br/>的通知</h1><p>发布时间：2026-11-09</p><div class="content">`+long+`</div>`), "关于印发《云岭区养老服务办法》的通知|-|-|-|-|-|2026-11-09"},
		"title repeated in the path":    {page(name+"_云岭区", `<div class="path">当前位置：<a href="/">首页</a>&gt;<a href="/z/">政务公开</a>&gt;<span>`+name+`</span></div><div class="box"><p class="bt">`+name+`</p><p>2026-11-09</p></div><div class="content">`+long+`</div>`), name + "|-|-|-|-|-|2026-11-09"},
		"title cut in the page's title": {page("云岭区人民政府关于推进基层治理现…", `<div class="wz_bt">`+name+`</div><p>发布日期：2026-11-09</p><div class="content">`+long+`</div>`), name + "|-|-|-|-|-|2026-11-09"},
		"title with a small line above": {page("云岭经济稳中向好-云岭区", `<p class="yinti">前三季度</p><h1>云岭经济稳中向好</h1><p class="futi">——全区经济运行情况综述</p><p>2026-11-09 来源：区统计局</p><div class="content">`+long+`</div>`), "云岭经济稳中向好|-|-|-|-|-|2026-11-09"},
		"column in h1":                  {page(name+"_通知公告_云岭区", `<h1>通知公告</h1><div class="xx"><h2>`+name+`</h2><p>2026-11-09</p></div><div class="content">`+long+`</div>`), name + "|-|-|-|-|-|2026-11-09"},
		"title with a dash":             {page("云岭—某某高速公路建成通车 - 云岭区人民政府", `<div class="title">云岭—某某高速公路建成通车</div><p>2026-11-09</p><div class="content">`+long+`</div>`), "云岭—某某高速公路建成通车|-|-|-|-|-|2026-11-09"},
		"title by h4":                   {page(name+" | 云岭区人民政府", `<h4 class="text-center">`+name+`</h4><p>时间：2026-11-09</p><div class="content">`+long+`</div>`), name + "|-|-|-|-|-|2026-11-09"},
		"title in a font element":       {page("政务公开_云岭区人民政府", `<center><font size="4" color="red"><b>`+name+`</b></font><br>发布时间：2026-11-09</center><div class="content">`+long+`</div>`), name + "|-|-|-|-|-|2026-11-09"},
		"strong in a p":                 {page(name, `<div id="content"><p style="text-align:center"><strong>`+name+`</strong></p><p style="text-align:center">发布时间：2026-11-09</p>`+long+`</div>`), name + "|-|-|-|-|-|2026-11-09"},
	} {
		layoutIs(t, n, tt.src, tt.want)
	}
}

// The same for what else was found wanting: headings of several lines, dates that are not
// the page's, numbers among other words.
func TestExtractionOfMoreLayouts(t *testing.T) {
	const b = `<p>各乡镇人民政府，县政府各工作部门、直属事业单位：</p><p>《南河县突发事件应急预案》已经县政府第八次常务会议研究通过，现印发给你们，请结合实际认真贯彻执行。</p><p>各单位要按照预案要求，健全组织体系，加强应急队伍建设，储备必要的物资和装备，定期组织演练。</p><p>各单位贯彻落实情况于年底前报县政府办公室。</p>`
	const name = "南河县人民政府办公室关于印发突发事件应急预案的通知"
	page := func(title, body string) string {
		return `<html><head><meta charset="utf-8"><title>` + title + `</title></head><body><div class="top"><a href="/">南河县人民政府</a> <span>2026年11月27日</span></div><ul class="nav"><li><a href="/1">首页</a></li><li><a href="/2">政府信息公开</a></li></ul>` + body + `<div class="bottom">主办：南河县人民政府 版权所有 ICP备案：陕ICP备00000001号 网站标识码：6100000001</div></body></html>`
	}
	for n, tt := range map[string]struct{ src, want string }{
		"signature with a nought among characters": {page(name, `<h1>`+name+`</h1><div class="content"><p>南政办发【2026】33号</p>`+b+`<p>南河县人民政府办公室</p><p>二0二六年九月三十日</p></div><div class="pubtime">[ 发布时间：2026-10-08 ]</div>`), name + "|南政办发【2026】33号|-|南河县人民政府办公室|-|2026-09-30|2026-10-08"},
		"number and date in one line":              {page(name, `<h1>`+name+`</h1><div>南政办函[2026]33号　2026-10-08　浏览：3次</div><div class="content">`+b+`<p>南河县人民政府办公室</p><p>2026年9月30日</p></div>`), name + "|南政办函[2026]33号|-|南河县人民政府办公室|-|2026-09-30|2026-10-08"},
		"order as the heading":                     {page("国务院令第800号", `<h1>中华人民共和国国务院令</h1><p>第800号</p><div>2026-10-08</div><div class="content"><p>《某某条例》已经2026年9月20日国务院第30次常务会议通过，现予公布，自2026年12月1日起施行。</p><p>总理 李某</p><p>2026年9月30日</p>`+b+`</div>`), "中华人民共和国国务院令|中华人民共和国国务院令第800号|-|中华人民共和国国务院|-|2026-09-30|2026-10-08"},
		"no date but that of the document":         {page("国家税务总局关于办税缴费的公告", `<h1>国家税务总局关于办税缴费的公告</h1><p>国家税务总局公告2026年第9号</p><p>全文有效</p><p>成文日期：2026-09-30</p><div class="content">`+b+`<p>国家税务总局</p><p>2026年9月30日</p></div>`), "国家税务总局关于办税缴费的公告|国家税务总局公告2026年第9号|-|国家税务总局|-|2026-09-30|"},
		"heading of two lines over a bare date":    {page("中共南河县委 南河县人民政府关于全面推进乡村振兴的实施意见", `<h1>中共南河县委　南河县人民政府<br>关于全面推进乡村振兴的实施意见</h1><div>2026-10-08</div><div class="content"><p>（2026年9月30日）</p>`+b+`</div>`), "中共南河县委　南河县人民政府关于全面推进乡村振兴的实施意见|-|-|-|-|-|2026-10-08"},
		"all in one line":                          {page(name, `<h1>`+name+`</h1><div>索引号：NH1/2026-5　公开方式：主动公开　发布机构：南河县人民政府办公室　成文日期：2026-09-30　公开日期：2026-10-08　公开范围：面向全社会　文号：南政办发〔2026〕33号</div><div class="content">`+b+`</div>`), name + "|南政办发〔2026〕33号|NH1/2026-5|南河县人民政府办公室|-|2026-09-30|2026-10-08"},
		"day and hour in elements of their own":    {page(name, `<div class="article"><h1>`+name+`</h1><div class="info">发布时间：<span class="date">2026年10月08日</span> <span class="time">09:05</span></div><div class="content">`+b+`</div></div>`), name + "|-|-|-|-|-|2026-10-08 09:05"},
		"updated before published":                 {page(name, `<h1>`+name+`</h1><div class="info">更新时间：2026-10-15　来源：县政府办　发布时间：2026-10-08</div><div class="content">`+b+`</div>`), name + "|-|-|-|-|-|2026-10-08"},
		"number of what the page lists":            {page("行政许可决定书公示", `<h1>南河县行政许可信息公示（2026年第12号）</h1><div>发布日期：2026-10-08</div><div class="content"><table><tr><td>行政许可决定文书号</td><td>南审批许〔2026〕56号</td></tr><tr><td>许可日期</td><td>2026-09-28</td></tr><tr><td>许可机关</td><td>南河县行政审批局</td></tr></table>`+b+`</div>`), "南河县行政许可信息公示（2026年第12号）|-|-|-|-|-|2026-10-08"},
		"holidays":                                 {page("关于2026年国庆节放假的通知", `<h1>关于2026年国庆节放假的通知</h1><div>2026-09-20 县政府办</div><div class="content"><p>根据上级通知，2026年10月1日（星期四）至10月7日（星期三）放假调休，共7天。9月27日（星期日）、10月10日（星期六）上班。</p><p>节假日期间，各单位要妥善安排好值班和安全、保卫、疫情防控等工作，遇有重大突发事件，要按规定及时报告并妥善处置。</p><p>南河县人民政府办公室</p><p>2026年9月18日</p></div>`), "关于2026年国庆节放假的通知||-|-|-|-|2026-09-20"},
	} {
		layoutIs(t, n, tt.src, tt.want)
	}
}

// News and announcements, above a list of other articles with dates of their own.
func TestExtractionAboveOtherArticles(t *testing.T) {
	const b = `<p>11月8日，市委副书记、市长王某主持召开市政府常务会议，传达学习贯彻中央和省有关会议精神，研究部署近期重点工作。</p><p>会议指出，要深入学习领会会议精神，切实把思想和行动统一到党中央决策部署上来，扎实做好稳增长、促改革、惠民生各项工作。</p><p>会议强调，各级各部门要压实责任，加强协同，确保全年目标任务圆满完成。</p>`
	const name = "王某主持召开市政府常务会议 研究部署近期重点工作"
	page := func(title, body string) string {
		return `<html><head><meta charset="utf-8"><title>` + title + `</title></head><body><div class="top"><a href="/">北江市人民政府</a></div><div class="weizhi">当前位置：<a href="/">首页</a> &gt; <a href="/zwyw/">政务要闻</a> &gt; 正文</div>` + body + `<div class="related"><h3>相关新闻</h3><ul><li><a href="/1.html">某某会议召开</a><span>2026-10-01</span></li><li><a href="/2.html">另一会议召开</a><span>2026-10-02</span></li></ul></div><div class="bottom">主办：北江市人民政府办公室 陕ICP备00000001号 网站标识码：6100000001</div></body></html>`
	}
	for n, tt := range map[string]struct{ src, want string }{
		"announcement whose number opens the body": {page("北江市人民政府公告（2026年第3号）", `<h1>北江市人民政府公告</h1><div>2026-11-09</div><div class="content"><p>2026年第3号</p><p>根据《中华人民共和国城乡规划法》的规定，现将北江市城市总体规划修改方案予以公告，公告期为三十日，欢迎社会各界提出意见和建议。</p><p>特此公告。</p><p>北江市人民政府</p><p>2026年11月5日</p></div>`), "-|北江市人民政府公告2026年第3号|-|北江市人民政府|-|2026-11-05|2026-11-09"},
		"hour and minute of one digit":             {page(name, `<h1>`+name+`</h1><div>录入者：admin　　发布时间：2026-11-9 8:5　　来源：本站</div><div class="content">`+b+`</div>`), name + "|-|-|-|-|-|2026-11-09 08:05"},
		"number and date behind one label":         {page("关于王某等同志职务任免的通知", `<h1>关于王某等同志职务任免的通知</h1><div>文号：北政任〔2026〕5号　　2026-11-09</div><div class="content"><p>各区县人民政府：</p><p>经研究，决定：王某任市发展和改革委员会主任；李某任市财政局局长；免去张某的市教育局局长职务。</p><p>北江市人民政府</p><p>2026年11月5日</p></div>`), "关于王某等同志职务任免的通知|北政任〔2026〕5号|-|北江市人民政府|-|2026-11-05|2026-11-09"},
		"report with a line under its title":       {page("北江市2026年政府工作报告", `<h1>政府工作报告</h1><h3>——2026年1月15日在北江市第八届人民代表大会第五次会议上</h3><h4>北江市市长　王某</h4><div>发布日期：2026-01-20</div><div class="content"><p>各位代表：</p>`+b+`</div>`), "-|-|-|-|-|-|2026-01-20"},
		"answer with its own signatures":           {page("对市八届人大五次会议第088号建议的答复", `<h1>对市八届人大五次会议第088号建议的答复</h1><div>发布时间：2026-11-09</div><div class="content"><p>A类</p><p>同意公开</p><p>北教建〔2026〕12号</p><p>签发人：王某</p><p>李某代表：</p><p>您提出的《关于加强乡村教师队伍建设的建议》收悉，现答复如下：我市高度重视乡村教师队伍建设，先后出台多项政策。</p><p>北江市教育局</p><p>2026年10月30日</p></div>`), "对市八届人大五次会议第088号建议的答复|北教建〔2026〕12号|-|北江市教育局|-|2026-10-30|2026-11-09"},
		"address before the date":                  {page(name, `<h1>`+name+`</h1><p>www.bj.gov.cn　2026-11-09 08:21　北江市人民政府网站</p><div class="content">`+b+`</div>`), name + "|-|-|-|-|-|2026-11-09 08:21"},
		"plan behind the signature":                {page("北江市人民政府办公室关于印发方案的通知", `<h1>北江市人民政府办公室关于印发方案的通知</h1><div>发布时间：2026-11-09</div><div class="content"><p style="text-align:center">北政办发〔2026〕3号</p>`+b+`<p>北江市人民政府办公室</p><p>2026年11月5日</p><p>（此件主动公开）</p><p>北江市优化营商环境工作方案</p><p>为优化营商环境，根据《优化营商环境条例》制定本方案。</p><p>附件1</p><p>任务分工表</p><p>市发展改革委</p><p>2026年12月31日</p></div>`), "北江市人民政府办公室关于印发方案的通知|北政办发〔2026〕3号|-|北江市人民政府办公室|-|2026-11-05|2026-11-09"},
		"no date but those of other articles":      {page(name, `<h1>`+name+`</h1><div class="content">`+b+`</div>`), name + "|-|-|-|-|-|"},
	} {
		layoutIs(t, n, tt.src, tt.want)
	}
}
