package check

import (
	"strings"
	"testing"
)

// The day of an article where no line of the page says it in one piece: in boxes, to
// machines alone, in brackets with the number, as the first line of the text. want is
// published|number|written, as far as it is asked.
func TestDaysInPieces(t *testing.T) {
	const name = "某市人民政府关于优化营商环境若干措施的通知"
	page := func(head, body string) string {
		return `<!DOCTYPE html><html><head><meta charset="utf-8"><title>` + name + `_某市人民政府</title>` + head + `</head><body><div class="nav"><a href="/">首页</a></div>` + body + `<div class="footer">主办：某市人民政府办公室</div></body></html>`
	}
	con := `<div class="content">` + layoutBody + `</div>`
	h := `<h1>` + name + `</h1>`
	for name, c := range map[string][2]string{
		"boxes day ym":           {page("", `<div class="date"><span class="day">12</span><span class="ym">2026-03</span></div>`+h+con), "2026-03-12"},
		"boxes day ym below":     {page("", h+`<div class="date"><span class="day">12</span><span class="ym">2026-03</span></div>`+con), "2026-03-12"},
		"boxes blocks":           {page("", h+`<div class="date"><p class="d">12</p><p class="m">2026.03</p></div>`+con), "2026-03-12"},
		"boxes ym first":         {page("", h+`<div class="date"><b>2026-03</b><i>12</i></div>`+con), "2026-03-12"},
		"boxes year md":          {page("", h+`<div class="date"><span class="md">03-12</span><span class="y">2026</span></div>`+con), "2026-03-12"},
		"boxes han":              {page("", h+`<div class="date"><em>12</em><span>2026年3月</span></div>`+con), "2026-03-12"},
		"og":                     {page(`<meta property="article:published_time" content="2026-03-12T09:30:00+08:00">`, h+con), "2026-03-12 09:30"},
		"og release":             {page(`<meta property="og:release_date" content="2026-03-12 09:30:00">`, h+con), "2026-03-12 09:30"},
		"itemprop":               {page(`<meta itemprop="datePublished" content="2026-03-12">`, h+con), "2026-03-12"},
		"jsonld":                 {page(`<script type="application/ld+json">{"@context":"https://schema.org","@type":"NewsArticle","headline":"x","datePublished":"2026-03-12T09:30:00+08:00"}</script>`, h+con), "2026-03-12 09:30"},
		"jsonld graph":           {page(`<script type="application/ld+json">{"@graph":[{"@type":"WebPage","datePublished":"2026-03-12"}]}</script>`, h+con), "2026-03-12"},
		"baidu":                  {page(`<script type="application/ld+json">{"@context":"https://ziyuan.baidu.com/contexts/cambrian.jsonld","@id":"x","pubDate":"2026-03-12T09:30:00"}</script>`, h+con), "2026-03-12 09:30"},
		"time element":           {page("", h+`<time datetime="2026-03-12T09:30:00+08:00">昨天</time>`+con), "2026-03-12 09:30"},
		"published utc":          {page(`<meta property="article:published_time" content="2026-03-11T18:30:00Z">`, h+con), "2026-03-12 02:30"},
		"og mod only":            {page(`<meta property="article:modified_time" content="2026-03-12T09:30:00+08:00">`, h+con), ""},
		"bracket":                {page("", h+`<p>（陕政办发〔2026〕3号 2026年3月1日）</p>`+con), "2026-03-01|陕政办发〔2026〕3号|2026-03-01"},
		"bracket2":               {page("", h+`<p>陕政办发〔2026〕3号（2026年3月1日）</p>`+con), "2026-03-01|陕政办发〔2026〕3号|2026-03-01"},
		"bracket in body":        {page("", h+`<div class="content"><p>（陕政办发〔2026〕3号 2026年3月1日）</p>`+layoutBody+`</div>`), "|陕政办发〔2026〕3号|2026-03-01"},
		"unlabelled in body":     {page("", `<div class="content"><h1>`+name+`</h1><p>2026-03-12</p>`+layoutBody+`</div>`), "2026-03-12"},
		"dateline in body":       {page("", h+`<div class="content"><p>2026年3月12日</p>`+layoutBody+`</div>`), "2026-03-12"},
		"two in structured data": {page(`<script type="application/ld+json">[{"datePublished":"2026-03-12"},{"datePublished":"2026-03-11"}]</script>`, h+con), ""},
		"several clocks":         {page("", h+`<time datetime="2026-03-12">a</time><time datetime="2026-03-11">b</time>`+con), ""},
		"broken structured data": {page(`<script type="application/ld+json">{"datePublished":"2026-03-12",</script>`, h+con), ""},
		"boxes of a list":        {page("", h+con+`<div class="rel"><div><div class="date"><b>18</b><em>2026-03</em></div><p>一事</p></div><div><div class="date"><b>17</b><em>2026-03</em></div><p>二事</p></div></div>`), ""},
		"box in a link":          {page("", h+con+`<a href="/1"><span class="date"><b>18</b><em>2026-03</em></span>一事</a>`), ""},
		"boxes are no date":      {page("", h+`<div class="tel"><b>029</b><i>8888-0000</i></div><div><b>31</b><i>2026-02</i></div>`+con), ""},
		"box beside the article": {page("", h+con+`<aside><div class="date"><b>08</b><i>2026-12</i></div><p>新闻发布会预告</p></aside>`), ""},
		"day of the site":        {page(`<script type="application/ld+json">{"@type":"WebSite","name":"x","datePublished":"2019-01-01"}</script>`, h+con), ""},
		"clock of a meeting":     {page("", h+`<div class="content">`+layoutBody+`<p>会议时间：<time datetime="2026-12-01T09:00">上午九点</time></p></div>`), ""},
		"clock of publication":   {page("", h+`<p>发布时间：<time datetime="2026-03-12">昨天</time></p>`+con), "2026-03-12"},
		"shown before told":      {page(`<meta property="article:published_time" content="2026-03-12T09:30:00+08:00">`, h+`<p>发布时间：2026-03-10</p>`+con), "2026-03-10"},
		"clock of the day":       {page("", `<div class="top">今天是2026年11月27日 星期五</div>`+h+con), ""},
		"deadline in the text":   {page("", h+`<div class="content"><p>2026年3月12日前报送材料。</p>`+layoutBody+`</div>`), ""},
	} {
		p := parse(t, c[0])
		got := p.Published
		if strings.Contains(c[1], "|") {
			got += "|" + p.DocNo + "|" + p.Written
		}
		if got != c[1] {
			t.Errorf("%s: %q, want %q", name, got, c[1])
		}
		told := strings.Contains(c[0], "published_time") || strings.Contains(c[0], "ld+json") || strings.Contains(c[0], "release_date") || strings.Contains(c[0], "itemprop") || strings.Contains(c[0], "<time")
		if p.Published != "" && p.PublishedShown == (told && name != "shown before told") {
			t.Errorf("%s: shown %v", name, p.PublishedShown)
		}
	}
}
