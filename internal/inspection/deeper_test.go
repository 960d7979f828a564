package inspection_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"zhengshu/internal/blob"
	"zhengshu/internal/check"
	"zhengshu/internal/egress"
	"zhengshu/internal/inspection"
)

// A list of names in a ZIP, an outside link whose domain changed hands and a
// search that finds nothing are found once, and a second look closes them when
// they are mended.
func TestAttachmentsLandingsAndSearch(t *testing.T) {
	const id = "11010519491231002X"
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	w, err := z.Create("公示名单.txt")
	if err == nil {
		_, err = w.Write([]byte("张某，身份证号" + id))
	}
	if err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	s := newSite(t)
	s.set("/list.zip", page{ctype: "application/zip", body: packed.String()})
	s.set("/old.doc", page{ctype: "application/msword", body: "no document"})
	s.swap("/tz/1.html", "附件可在网上下载。", `附件：<a href="/list.zip">公示名单</a>`)
	s.swap("/", `<div class="main">`, `<form action="/search"><label for="q">搜索</label><input type="search" id="q" name="q"></form><div class="main">`)
	s.put("/search", list("搜索结果", "概况信息", `<li>没有找到相关信息</li>`))
	s.swap("/", `<div class="main">`, `<div class="main"><a href="/tz/1.html">关于做好春季植树工作的通知</a>`) // what a retest asks for
	store, err := blob.Disk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	today := today.AddDays(5) // both items are old enough to be found
	run := func() inspection.Report {
		t.Helper()
		rep, err := inspection.Inspect(context.Background(), s.client(t), store, target(), inspection.Options{Delay: -1, Today: today, Limits: inspection.EmbeddedLimits(today)})
		if err != nil {
			t.Fatal(err)
		}
		return rep
	}
	rep := run()
	var found []string
	for _, f := range rep.Findings {
		found = append(found, f.Check)
		if strings.Contains(f.Says+f.Where+f.Evidence.Excerpt, id) {
			t.Errorf("%s shows the number", f.Check)
		}
		if f.Check == "attachment.id_card" && (f.Evidence.Ref == "" || f.Evidence.SHA256 == "" || f.Severity != check.Serious || !strings.HasSuffix(f.Where, "/list.zip") || !strings.HasSuffix(f.URL, "/tz/1.html")) {
			t.Errorf("attachment: %+v", f)
		}
	}
	slices.Sort(found)
	if !slices.Equal(found, []string{"attachment.id_card", "function.search"}) {
		t.Fatalf("found %v, untested %+v", found, rep.Untested)
	}
	look := func(f inspection.Sighting) inspection.Look {
		t.Helper()
		l, err := inspection.Recheck(context.Background(), s.client(t), store, target(), inspection.Spot{Check: f.Check, Fingerprint: f.Fingerprint(), URL: f.URL, Where: f.Where}, inspection.Options{Delay: -1, Today: today})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	for _, f := range rep.Findings {
		if l := look(f); l.Outcome != inspection.Standing {
			t.Errorf("%s: %s %s", f.Check, l.Outcome, l.Says)
		}
	}
	s.put("/search", list("搜索结果", "概况信息", `<li><a href="/tz/1.html">关于做好春季植树工作的通知</a></li><li><a href="/yw/1.html">我区召开全区教育工作会议</a></li>`))
	s.set("/list.zip", page{status: http.StatusNotFound, ctype: "text/html", body: "404"})
	for _, f := range rep.Findings {
		l := look(f)
		// The made-up search lists the same whatever is asked, which proves nothing.
		if want := map[string]string{"attachment.id_card": inspection.Gone, "function.search": inspection.Unknown}[f.Check]; l.Outcome != want {
			t.Errorf("%s after mending: %s %s", f.Check, l.Outcome, l.Says)
		}
	}
}

// A search is asked for what a title tells, not for the office that all titles
// name, and for the title as it is where that finds nothing; what one index left out
// is no broken search.
func TestSearchIsAskedForSeveralTitles(t *testing.T) {
	const (
		form = `<form action="/search"><label for="q">搜索</label><input type="search" id="q" name="q"></form><div class="main">`
		none = `<li>没有找到相关信息</li>`
	)
	o := options()
	o.Guises, o.Draws, o.Families, o.Today = -1, -1, []string{"function"}, today.AddDays(5)
	var asked []string
	run := func(results map[string]string, status int) (string, inspection.Report) {
		t.Helper()
		s := newSite(t)
		s.swap("/", `<div class="main">`, form)
		s.put("/tz/2.html", article("雁塔区人民政府关于印发曲江池公园管理办法的通知", "通知公告", "通知公告", "2026-01-20 10:30", "各街道办事处：请按要求做好工作。"))
		s.swap("/tz/", "<ul>", `<ul><li><a href="/tz/2.html">雁塔区人民政府关于印发曲江池公园管理办法的通知</a></li>`)
		asked = nil
		s.answers = func(path, query string) (page, bool) {
			words, err := url.ParseQuery(query)
			if path != "/search" || err != nil {
				return page{}, false
			}
			asked = append(asked, words.Get("q"))
			found := none
			if at, ok := results[words.Get("q")]; ok {
				found = at
			}
			return page{status: status, ctype: "text/html; charset=utf-8", body: list("搜索结果", "概况信息", found)}, true
		}
		rep, err := inspection.Inspect(t.Context(), s.client(t), nil, target(), o)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range rep.Findings {
			if f.Check == "function.search" {
				return f.Says, rep
			}
		}
		return "", rep
	}
	says, rep := run(nil, 0)
	want := []string{"春季植树", "卅卌卄廿囗", "曲江池公园管理办法", "我区召开全区教育工作", "关于做好春季植树工作的通知", "雁塔区人民政府关于印发曲江池公园管理办法的通知", "我区召开全区教育工作会议"}
	if !slices.Equal(asked, want) {
		t.Errorf("asked for %v", asked)
	}
	if !strings.Contains(says, "“关于做好春季植树工作的通知”") || !strings.Contains(says, "“我区召开全区教育工作会议”") || !rep.Looked("function.search", rep.URL, "站内搜索") {
		t.Errorf("says %q, untested %+v", says, rep.Untested)
	}
	if says, rep := run(map[string]string{"我区召开全区教育工作会议": `<li><a href="/yw/1.html">我区召开全区教育工作会议</a></li>`}, 0); says != "" || untested(rep, "function.search", "") || !rep.Looked("function.search", rep.URL, "站内搜索") {
		t.Errorf("the last question was answered: %q, %+v", says, rep.Untested)
	}
	// What refuses machines was not tested, and a finding that stands is not gone.
	if says, rep := run(nil, http.StatusForbidden); says != "" || len(asked) != 1 || !untested(rep, "function.search", "403") || rep.Looked("function.search", rep.URL, "站内搜索") {
		t.Errorf("refused: %q, asked %v, %+v", says, asked, rep.Untested)
	}
}

// What robots.txt keeps from visitors like us is asked for by no way round: not
// where an outside link leads, not as an attachment, not as a watched page.
func TestRobotsHoldForWhatIsAskedBeyondThePages(t *testing.T) {
	s := newSite(t)
	s.set("/robots.txt", page{ctype: "text/plain", body: "User-agent: *\nDisallow: /secret\n"})
	s.set("/go", page{to: "/secret/page"})
	s.put("/secret/page", list("查询", "概况信息", ""))
	s.put("/secret/watched", list("查询", "概况信息", ""))
	s.set("/secret/list.csv", page{ctype: "text/csv", body: "张某,11010519491231002X"})
	s.swap("/tz/1.html", "附件可在网上下载。", `附件：<a href="/secret/list.csv">公示名单</a> 参见<a href="http://www.door.example/go">协会</a>`)
	client := egress.New(egress.Policy{Local: s.addr(), Own: func(h string) bool { return strings.HasSuffix(h, "yanta.gov.cn") || h == "www.door.example" }, Resolver: nowhere{t}})
	defer client.Close()
	site := target()
	site.Hosted, site.Watch = false, []string{"http://" + host + "/secret/watched"}
	run := func(families ...string) inspection.Report {
		t.Helper()
		rep, err := inspection.Inspect(context.Background(), client, nil, site, inspection.Options{Delay: -1, Today: today, Limits: limits, Families: families})
		if err != nil {
			t.Fatal(err)
		}
		return rep
	}
	all := run()
	if !untested(all, "link.illegal", "robots.txt") || !untested(all, "change.baseline", "robots.txt") {
		t.Errorf("untested %+v", all.Untested)
	}
	if files := run("attachment"); !untested(files, "attachment.unread", "robots.txt") {
		t.Errorf("untested %+v, found %+v", files.Untested, files.Findings)
	}
	if l, err := inspection.Recheck(context.Background(), client, nil, site, inspection.Spot{Check: "change.baseline", URL: site.Watch[0]}, options()); err != nil || l.Outcome != inspection.Unknown || !strings.Contains(l.Says, "robots.txt") {
		t.Errorf("%+v %v", l, err)
	}
	if l, err := inspection.Recheck(context.Background(), client, nil, site, inspection.Spot{Check: "link.dead", URL: "http://" + host + "/tz/1.html", Where: "http://www.door.example/go"}, options()); err != nil || l.Outcome != inspection.Gone || !strings.Contains(l.Says, "robots.txt") {
		t.Errorf("%+v %v", l, err)
	}
	for path, n := range s.asked {
		if strings.HasPrefix(path, "/secret") {
			t.Errorf("%s was asked for %d times", path, n)
		}
	}
}

// What is not read is told, by its kind and not file by file; a file whose name
// says nothing is told by its bytes.
func TestFilesThatAreNotReadAreTold(t *testing.T) {
	const id = "11010519491231002X"
	s := newSite(t)
	s.set("/get/7", page{ctype: "text/plain; charset=utf-8", body: "张某，身份证号" + id})
	s.set("/get/8", page{ctype: "application/octet-stream", body: "Rar!\x1a\x07\x00 made up"})
	s.set("/get/9", page{ctype: "application/octet-stream", body: "\x00\x01\x02\x03"})
	s.set("/one.rar", page{ctype: "application/vnd.rar", body: "Rar!"})
	s.set("/two.rar", page{ctype: "application/vnd.rar", body: "Rar!"})
	s.set("/photo.jpg", page{ctype: "image/jpeg", body: "\xff\xd8\xff"})
	// A feed, whether its name, the page's head or its own beginning says so, and a
	// map of the site are no attachments; data in the same formats are.
	rss := `<?xml version="1.0" encoding="GBK"?><rss version="2.0"><channel/></rss>`
	s.set("/rss.xml", page{ctype: "application/rss+xml", body: rss})
	s.set("/zwgk/list.xml", page{ctype: "text/xml", body: rss})
	s.set("/subscribe", page{ctype: "application/octet-stream", body: "\xef\xbb\xbf<!-- made --><feed xmlns=\"http://www.w3.org/2005/Atom\"/>"})
	s.set("/subscribe/json", page{ctype: "application/json", body: `{"version": "https://jsonfeed.org/version/1.1"}`})
	s.set("/sitemap_1.xml", page{ctype: "text/xml", body: `<urlset/>`})
	s.set("/data.xml", page{ctype: "text/xml", body: `<table><feed/></table>`})
	s.set("/data", page{ctype: "application/json", body: `{"feed": []}`})
	s.swap("/tz/1.html", "</head>", `<link rel="alternate" type="application/rss+xml" href="/zwgk/list.xml"></head>`)
	s.swap("/tz/1.html", "附件可在网上下载。", `附件：<a href="/get/7">名单</a> <a href="/get/8">包</a> <a href="/get/9">数据</a> <a href="/one.rar">一</a> <a href="/two.rar">二</a> <a href="/photo.jpg">扫描件</a>
		<a href="/rss.xml">RSS</a> <a href="/zwgk/list.xml">订阅</a> <a href="/subscribe">订阅</a> <a href="/subscribe/json">订阅</a> <a href="/sitemap_1.xml">地图</a> <a href="/data.xml">数据</a> <a href="/data">数据</a>`)
	o := options()
	o.Guises, o.Draws, o.Families = -1, -1, []string{"attachment"}
	look := func() inspection.Report {
		t.Helper()
		rep, err := inspection.Inspect(t.Context(), s.client(t), nil, target(), o)
		if err != nil {
			t.Fatal(err)
		}
		return rep
	}
	rep := look()
	told := map[string]int{}
	for _, u := range rep.Untested {
		if u.Check == "attachment.unread" {
			told[u.Why] = u.Count
		}
	}
	for why, count := range map[string]int{
		"RAR 格式的压缩包，不读取其中的文字，请人工核对": 3, "JPG 格式的图片，不读取其中的文字，请人工核对": 1, "XML 格式的数据文件，不读取其中的文字，请人工核对": 1,
		"文件没有可以识别的扩展名，内容的格式也不能识别，没有检查其中的文字，请人工核对": 2,
	} {
		if told[why] != count {
			t.Errorf("%q of %d files, want %d; told %v", why, told[why], count, told)
		}
	}
	for why := range told {
		if strings.Contains(why, "PNG") { // the emblem on every page is no attachment
			t.Errorf("told of a picture of the page: %s", why)
		}
	}
	if len(rep.Findings) != 1 || rep.Findings[0].Check != "attachment.id_card" || !strings.HasSuffix(rep.Findings[0].Where, "/get/7") || !strings.HasSuffix(rep.Findings[0].URL, "/tz/1.html") {
		t.Fatalf("findings %+v", rep.Findings)
	}
	// A list that turned into something unread has not been taken down.
	f := rep.Findings[0]
	if !rep.Looked(f.Check, f.URL, f.Where) {
		t.Error("the list was not looked at")
	}
	s.set("/get/7", page{ctype: "application/octet-stream", body: "Rar!\x1a\x07\x00 made up"})
	if rep = look(); len(rep.Findings) != 0 || rep.Looked(f.Check, f.URL, f.Where) {
		t.Errorf("unread counts as looked at: %+v", rep.Findings)
	}
}

// A column of the ledger that is not found on the site could not be tested.
func TestAColumnThatIsNotFoundIsTold(t *testing.T) {
	s := newSite(t)
	o := options()
	o.Guises, o.Draws, o.Families = -1, -1, []string{"column"}
	to := target()
	to.Columns = []check.Column{{Name: "要闻", Kind: check.ColumnNews, Items: -1}, {Name: "人事信息", URL: "/rsxx/", Items: -1}}
	rep, err := inspection.Inspect(t.Context(), s.client(t), nil, to, o)
	if err != nil {
		t.Fatal(err)
	}
	if !untested(rep, "column.stale", "栏目“人事信息”没有在读到的页面中找到") || untested(rep, "column.stale", "要闻") {
		t.Errorf("untested %+v", rep.Untested)
	}
	i := slices.IndexFunc(rep.Untested, func(u inspection.Untested) bool { return u.Check == "column.stale" })
	if i >= 0 && !strings.HasSuffix(rep.Untested[i].Where, "/rsxx/") || rep.Looked("column.stale", "http://"+host+"/rsxx/", "人事信息") {
		t.Errorf("where: %+v", rep.Untested)
	}
}

// outside is a client that finds some hosts of others at the made-up site as well.
func (s *madeSite) outside(t *testing.T, hosts ...string) *egress.Client {
	t.Helper()
	c := egress.New(egress.Policy{Local: s.addr(), Own: func(h string) bool { return strings.HasSuffix(h, "yanta.gov.cn") || slices.Contains(hosts, h) }, Resolver: nowhere{t}})
	t.Cleanup(c.Close)
	return c
}

// A run sees of a link beyond its pages what an author and a retest see: a file or
// a picture that answers with a page, and an outside page that says there is none.
func TestARunSeesWhatLinksOpen(t *testing.T) {
	s := newSite(t)
	client := s.outside(t, "www.door.example", "dept.gov.cn")
	s.put("/a.pdf", `<html><head><title>用户登录</title></head><body>请登录后下载。</body></html>`)
	s.put("/logo.png", `<html><head><title>图片</title></head><body>跳转中</body></html>`)
	s.set("/empty.doc", page{ctype: "application/msword"})
	s.put("/missing", `<html><head><title>提示</title></head><body>抱歉，您访问的页面不存在。</body></html>`)
	s.swap("/tz/1.html", "附件可在网上下载。", `附件：<a href="/empty.doc">申请表</a> 参见<a href="http://www.door.example/missing">协会</a>、<a href="http://dept.gov.cn/missing">某局</a>`)
	want := map[string]string{"http://" + host + "/a.pdf": "link.wrong", "http://" + host + "/logo.png": "link.wrong", "http://" + host + "/empty.doc": "link.wrong", "http://www.door.example/missing": "link.soft404", "http://dept.gov.cn/missing": "link.soft404"}
	o := options()
	o.Families = []string{"link"}
	run := func() (rep inspection.Report, got map[string]inspection.Sighting) {
		t.Helper()
		rep, err := inspection.Inspect(context.Background(), client, nil, target(), o)
		if err != nil {
			t.Fatal(err)
		}
		got = map[string]inspection.Sighting{}
		for _, f := range rep.Findings {
			if f.Check != "link.dead" { // outside hosts: no names in tests
				got[f.Where] = f
			}
		}
		return rep, got
	}
	_, got := run()
	for where, id := range want {
		f, ok := got[where]
		if !ok || f.Check != id {
			t.Errorf("%s: %q, want %s", where, f.Check, id)
			continue
		}
		if l, err := inspection.Recheck(context.Background(), client, nil, target(), inspection.Spot{Check: f.Check, Fingerprint: f.Fingerprint(), URL: f.URL, Where: f.Where, Also: f.Also}, o); err != nil || l.Outcome != inspection.Standing {
			t.Errorf("the retest says %s of %s: %s (%v)", l.Outcome, where, l.Says, err)
		}
	}
	if len(got) != len(want) {
		t.Errorf("found %d, want %d", len(got), len(want))
	}
	s.set("/a.pdf", page{ctype: "application/pdf", body: "%PDF-1.4 made up"})
	s.set("/logo.png", page{ctype: "image/png", body: "\x89PNG made up"})
	s.set("/empty.doc", page{ctype: "application/msword", body: "a form"})
	s.put("/missing", list("协会", "概况信息", `<li>协会章程和工作动态</li>`))
	rep, again := run()
	if len(again) != 0 {
		t.Errorf("after mending: %+v", again)
	}
	for where := range want {
		if f := got[where]; !rep.Looked(f.Check, f.URL, where) {
			t.Errorf("%s was not looked at", where)
		}
	}
}

// One page of a host says nothing of its others: each outside link is judged by
// its own, and one that was not opened is neither clean nor gone.
func TestEachOutsideLinkIsJudgedByItsOwnPage(t *testing.T) {
	s := newSite(t)
	client := s.outside(t, "blog.example")
	s.put("/bad", `<html><head><title>澳门赌场在线娱乐</title></head><body>真人荷官 百家乐 老虎机</body></html>`)
	links := `<a href="http://blog.example/bad">甲</a>`
	for i := range 130 {
		at := fmt.Sprintf("/clean/%d", i)
		s.put(at, list("博文", "概况信息", fmt.Sprintf(`<li>第%d篇：春季植树的经验</li>`, i)))
		links += fmt.Sprintf(` <a href="http://blog.example%s">第%d篇博文</a>`, at, i)
	}
	s.swap("/tz/1.html", "附件可在网上下载。", links)
	o := options()
	o.Families = []string{"link"}
	rep, err := inspection.Inspect(context.Background(), client, nil, target(), o)
	if err != nil {
		t.Fatal(err)
	}
	var illegal []string
	for _, f := range rep.Findings {
		if f.Check == "link.illegal" {
			illegal = append(illegal, f.Where)
		}
	}
	if !slices.Equal(illegal, []string{"http://blog.example/bad"}) {
		t.Errorf("illegal: %v", illegal)
	}
	if !untested(rep, "link.illegal", "没有打开查看内容") || rep.Looked("link.illegal", "http://"+host+"/tz/1.html", "http://blog.example/clean/129") || !rep.Looked("link.illegal", "http://"+host+"/tz/1.html", "http://blog.example/clean/1") {
		t.Errorf("untested %+v", rep.Untested)
	}
}

// A finding in a file says where in it the number stands, without showing numbers
// that the place is named with; a picture beside it is told and keeps nothing open
// once the number is gone.
func TestAFindingInAFileSaysWhereItStands(t *testing.T) {
	const id = "11010519491231002X"
	packed := func(text string) string {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for name, body := range map[string]string{"附表/" + id + "/名单.csv": text, "扫描件.jpg": "x"} {
			w, err := z.Create(name)
			if err == nil {
				_, err = w.Write([]byte(body))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	s := newSite(t)
	s.set("/list.zip", page{ctype: "application/zip", body: packed("姓名,证件\n张某," + id + "\n李某,440308199901101512\n")})
	s.swap("/tz/1.html", "附件可在网上下载。", `附件：<a href="/list.zip">公示名单</a>`)
	o := options()
	o.Guises, o.Draws, o.Families = -1, -1, []string{"attachment"}
	rep, err := inspection.Inspect(t.Context(), s.client(t), nil, target(), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(rep.Findings) != 1 || rep.Findings[0].Check != "attachment.id_card" {
		t.Fatalf("findings %+v", rep.Findings)
	}
	f := rep.Findings[0]
	if !strings.Contains(f.Says, "/名单.csv 第2行、") || !strings.Contains(f.Says, "/名单.csv 第3行") || strings.Contains(f.Says, id) {
		t.Errorf("says %q", f.Says)
	}
	if !untested(rep, "attachment.unread", "1 个图片或音视频文件（扫描件.jpg）") || !rep.Looked(f.Check, f.URL, f.Where) {
		t.Errorf("untested %+v", rep.Untested)
	}
	look := func() inspection.Look {
		t.Helper()
		l, err := inspection.Recheck(t.Context(), s.client(t), nil, target(), inspection.Spot{Check: f.Check, Fingerprint: f.Fingerprint(), URL: f.URL, Where: f.Where}, o)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	if l := look(); l.Outcome != inspection.Standing {
		t.Errorf("%s %s", l.Outcome, l.Says)
	}
	s.set("/list.zip", page{ctype: "application/zip", body: packed("姓名\n张某\n")})
	if l := look(); l.Outcome != inspection.Gone {
		t.Errorf("after mending: %s %s", l.Outcome, l.Says)
	}
}

// Where a site offers more files than one run reads, runs of the same day of the
// week read them all in turn, and what had no turn is told and stays open.
func TestFilesBeyondARunHaveTheirTurn(t *testing.T) {
	s := newSite(t)
	links, names := "附件：", map[string]bool{}
	for i := range 60 {
		at := fmt.Sprintf("/files/%d.csv", i)
		s.set(at, page{ctype: "text/csv", body: "姓名\n张某\n"})
		links += fmt.Sprintf(`<a href="%s">名单%d</a> `, at, i)
		names["http://"+host+at] = true
	}
	s.swap("/tz/1.html", "附件可在网上下载。", links)
	o := options()
	o.Guises, o.Draws, o.Families = -1, -1, []string{"attachment"}
	for week := 0; len(names) > 0; week++ {
		if week == 11 {
			t.Fatalf("after %d runs %d files were not read", week, len(names))
		}
		o.Today = today.AddDays(7 * week)
		rep, err := inspection.Inspect(t.Context(), s.client(t), nil, target(), o)
		if err != nil {
			t.Fatal(err)
		}
		read := 0
		for i := range 60 {
			if at := fmt.Sprintf("http://%s/files/%d.csv", host, i); rep.Looked("attachment.mobile", "http://"+host+"/tz/1.html", at) {
				read++
				delete(names, at)
			}
		}
		if read < 39 || read > 40 || // the site offers one more
			!untested(rep, "attachment.unread", "这次没有轮到的没有检查") {
			t.Fatalf("%d files were read, untested %+v", read, rep.Untested)
		}
	}
}
