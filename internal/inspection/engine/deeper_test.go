package engine_test

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
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/inspection/engine/enginetest"
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
	s := enginetest.NewSite(t)
	s.Set("/list.zip", enginetest.Page{Type: "application/zip", Body: packed.String()})
	s.Set("/old.doc", enginetest.Page{Type: "application/msword", Body: "no document"})
	s.Swap("/tz/1.html", "附件可在网上下载。", `附件：<a href="/list.zip">公示名单</a>`)
	s.Swap("/", `<div class="main">`, `<form action="/search"><label for="q">搜索</label><input type="search" id="q" name="q"></form><div class="main">`)
	s.Put("/search", enginetest.List("搜索结果", "概况信息", `<li>没有找到相关信息</li>`))
	s.Swap("/", `<div class="main">`, `<div class="main"><a href="/tz/1.html">关于做好春季植树工作的通知</a>`) // what a retest asks for
	store, err := blob.Disk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	today := enginetest.Today.AddDays(5) // both items are old enough to be found
	run := func() engine.Report {
		t.Helper()
		rep, err := engine.Inspect(context.Background(), s.Client(t), store, enginetest.Target(), engine.Options{Delay: -1, Today: today, Limits: engine.EmbeddedLimits(today)})
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
	look := func(f engine.Sighting) engine.Look {
		t.Helper()
		l, err := engine.Recheck(context.Background(), s.Client(t), store, enginetest.Target(), engine.Spot{Check: f.Check, Fingerprint: f.Fingerprint(), URL: f.URL, Where: f.Where}, engine.Options{Delay: -1, Today: today})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	for _, f := range rep.Findings {
		if l := look(f); l.Outcome != engine.Standing {
			t.Errorf("%s: %s %s", f.Check, l.Outcome, l.Says)
		}
	}
	s.Put("/search", enginetest.List("搜索结果", "概况信息", `<li><a href="/tz/1.html">关于做好春季植树工作的通知</a></li><li><a href="/yw/1.html">我区召开全区教育工作会议</a></li>`))
	s.Set("/list.zip", enginetest.Page{Status: http.StatusNotFound, Type: "text/html", Body: "404"})
	for _, f := range rep.Findings {
		l := look(f)
		// The made-up search lists the same whatever is asked, which proves nothing.
		if want := map[string]string{"attachment.id_card": engine.Gone, "function.search": engine.Unknown}[f.Check]; l.Outcome != want {
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
	o := enginetest.Options()
	o.Guises, o.Draws, o.Families, o.Today = -1, -1, []string{"function"}, enginetest.Today.AddDays(5)
	var asked []string
	run := func(results map[string]string, status int) (string, engine.Report) {
		t.Helper()
		s := enginetest.NewSite(t)
		s.Swap("/", `<div class="main">`, form)
		s.Put("/tz/2.html", enginetest.Article("雁塔区人民政府关于印发曲江池公园管理办法的通知", "通知公告", "通知公告", "2026-01-20 10:30", "各街道办事处：请按要求做好工作。"))
		s.Swap("/tz/", "<ul>", `<ul><li><a href="/tz/2.html">雁塔区人民政府关于印发曲江池公园管理办法的通知</a></li>`)
		asked = nil
		s.Answers = func(path, query string) (enginetest.Page, bool) {
			words, err := url.ParseQuery(query)
			if path != "/search" || err != nil {
				return enginetest.Page{}, false
			}
			asked = append(asked, words.Get("q"))
			found := none
			if at, ok := results[words.Get("q")]; ok {
				found = at
			}
			return enginetest.Page{Status: status, Type: "text/html; charset=utf-8", Body: enginetest.List("搜索结果", "概况信息", found)}, true
		}
		rep, err := engine.Inspect(t.Context(), s.Client(t), nil, enginetest.Target(), o)
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
	if says, rep := run(map[string]string{"我区召开全区教育工作会议": `<li><a href="/yw/1.html">我区召开全区教育工作会议</a></li>`}, 0); says != "" || enginetest.Untested(rep, "function.search", "") || !rep.Looked("function.search", rep.URL, "站内搜索") {
		t.Errorf("the last question was answered: %q, %+v", says, rep.Untested)
	}
	// What refuses machines was not tested, and a finding that stands is not gone.
	if says, rep := run(nil, http.StatusForbidden); says != "" || len(asked) != 1 || !enginetest.Untested(rep, "function.search", "403") || rep.Looked("function.search", rep.URL, "站内搜索") {
		t.Errorf("refused: %q, asked %v, %+v", says, asked, rep.Untested)
	}
}

// What robots.txt keeps from visitors like us is asked for by no way round: not
// where an outside link leads, not as an attachment, not as a watched page.
func TestRobotsHoldForWhatIsAskedBeyondThePages(t *testing.T) {
	s := enginetest.NewSite(t)
	s.Set("/robots.txt", enginetest.Page{Type: "text/plain", Body: "User-agent: *\nDisallow: /secret\n"})
	s.Set("/go", enginetest.Page{To: "/secret/page"})
	s.Put("/secret/page", enginetest.List("查询", "概况信息", ""))
	s.Put("/secret/watched", enginetest.List("查询", "概况信息", ""))
	s.Set("/secret/list.csv", enginetest.Page{Type: "text/csv", Body: "张某,11010519491231002X"})
	s.Swap("/tz/1.html", "附件可在网上下载。", `附件：<a href="/secret/list.csv">公示名单</a> 参见<a href="http://www.door.example/go">协会</a>`)
	client := egress.New(egress.Policy{Local: s.Addr(), Own: func(h string) bool { return strings.HasSuffix(h, "yanta.gov.cn") || h == "www.door.example" }, Resolver: enginetest.Nowhere{}})
	defer client.Close()
	site := enginetest.Target()
	site.Hosted, site.Watch = false, []string{"http://" + enginetest.Host + "/secret/watched"}
	run := func(families ...string) engine.Report {
		t.Helper()
		rep, err := engine.Inspect(context.Background(), client, nil, site, engine.Options{Delay: -1, Today: enginetest.Today, Limits: enginetest.Limits, Families: families})
		if err != nil {
			t.Fatal(err)
		}
		return rep
	}
	all := run()
	if !enginetest.Untested(all, "link.illegal", "robots.txt") || !enginetest.Untested(all, "change.baseline", "robots.txt") {
		t.Errorf("untested %+v", all.Untested)
	}
	if files := run("attachment"); !enginetest.Untested(files, "attachment.unread", "robots.txt") {
		t.Errorf("untested %+v, found %+v", files.Untested, files.Findings)
	}
	if l, err := engine.Recheck(context.Background(), client, nil, site, engine.Spot{Check: "change.baseline", URL: site.Watch[0]}, enginetest.Options()); err != nil || l.Outcome != engine.Unknown || !strings.Contains(l.Says, "robots.txt") {
		t.Errorf("%+v %v", l, err)
	}
	if l, err := engine.Recheck(context.Background(), client, nil, site, engine.Spot{Check: "link.dead", URL: "http://" + enginetest.Host + "/tz/1.html", Where: "http://www.door.example/go"}, enginetest.Options()); err != nil || l.Outcome != engine.Gone || !strings.Contains(l.Says, "robots.txt") {
		t.Errorf("%+v %v", l, err)
	}
	for path, n := range s.Asked {
		if strings.HasPrefix(path, "/secret") {
			t.Errorf("%s was asked for %d times", path, n)
		}
	}
}

// What is not read is told, by its kind and not file by file; a file whose name
// says nothing is told by its bytes.
func TestFilesThatAreNotReadAreTold(t *testing.T) {
	const id = "11010519491231002X"
	s := enginetest.NewSite(t)
	s.Set("/get/7", enginetest.Page{Type: "text/plain; charset=utf-8", Body: "张某，身份证号" + id})
	s.Set("/get/8", enginetest.Page{Type: "application/octet-stream", Body: "Rar!\x1a\x07\x00 made up"})
	s.Set("/get/9", enginetest.Page{Type: "application/octet-stream", Body: "\x00\x01\x02\x03"})
	s.Set("/one.rar", enginetest.Page{Type: "application/vnd.rar", Body: "Rar!"})
	s.Set("/two.rar", enginetest.Page{Type: "application/vnd.rar", Body: "Rar!"})
	s.Set("/photo.jpg", enginetest.Page{Type: "image/jpeg", Body: "\xff\xd8\xff"})
	// A feed, whether its name, the page's head or its own beginning says so, and a
	// map of the site are no attachments; data in the same formats are.
	rss := `<?xml version="1.0" encoding="GBK"?><rss version="2.0"><channel/></rss>`
	s.Set("/rss.xml", enginetest.Page{Type: "application/rss+xml", Body: rss})
	s.Set("/zwgk/list.xml", enginetest.Page{Type: "text/xml", Body: rss})
	s.Set("/subscribe", enginetest.Page{Type: "application/octet-stream", Body: "\xef\xbb\xbf<!-- made --><feed xmlns=\"http://www.w3.org/2005/Atom\"/>"})
	s.Set("/subscribe/json", enginetest.Page{Type: "application/json", Body: `{"version": "https://jsonfeed.org/version/1.1"}`})
	s.Set("/sitemap_1.xml", enginetest.Page{Type: "text/xml", Body: `<urlset/>`})
	s.Set("/data.xml", enginetest.Page{Type: "text/xml", Body: `<table><feed/></table>`})
	s.Set("/data", enginetest.Page{Type: "application/json", Body: `{"feed": []}`})
	s.Swap("/tz/1.html", "</head>", `<link rel="alternate" type="application/rss+xml" href="/zwgk/list.xml"></head>`)
	s.Swap("/tz/1.html", "附件可在网上下载。", `附件：<a href="/get/7">名单</a> <a href="/get/8">包</a> <a href="/get/9">数据</a> <a href="/one.rar">一</a> <a href="/two.rar">二</a> <a href="/photo.jpg">扫描件</a>
		<a href="/rss.xml">RSS</a> <a href="/zwgk/list.xml">订阅</a> <a href="/subscribe">订阅</a> <a href="/subscribe/json">订阅</a> <a href="/sitemap_1.xml">地图</a> <a href="/data.xml">数据</a> <a href="/data">数据</a>`)
	o := enginetest.Options()
	o.Guises, o.Draws, o.Families = -1, -1, []string{"attachment"}
	look := func() engine.Report {
		t.Helper()
		rep, err := engine.Inspect(t.Context(), s.Client(t), nil, enginetest.Target(), o)
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
	s.Set("/get/7", enginetest.Page{Type: "application/octet-stream", Body: "Rar!\x1a\x07\x00 made up"})
	if rep = look(); len(rep.Findings) != 0 || rep.Looked(f.Check, f.URL, f.Where) {
		t.Errorf("unread counts as looked at: %+v", rep.Findings)
	}
}

// A column of the ledger that is not found on the site could not be tested.
func TestAColumnThatIsNotFoundIsTold(t *testing.T) {
	s := enginetest.NewSite(t)
	o := enginetest.Options()
	o.Guises, o.Draws, o.Families = -1, -1, []string{"column"}
	to := enginetest.Target()
	to.Columns = []check.Column{{Name: "要闻", Kind: check.ColumnNews, Items: -1}, {Name: "人事信息", URL: "/rsxx/", Items: -1}}
	rep, err := engine.Inspect(t.Context(), s.Client(t), nil, to, o)
	if err != nil {
		t.Fatal(err)
	}
	if !enginetest.Untested(rep, "column.stale", "栏目“人事信息”没有在读到的页面中找到") || enginetest.Untested(rep, "column.stale", "要闻") {
		t.Errorf("untested %+v", rep.Untested)
	}
	i := slices.IndexFunc(rep.Untested, func(u engine.Untested) bool { return u.Check == "column.stale" })
	if i >= 0 && !strings.HasSuffix(rep.Untested[i].Where, "/rsxx/") || rep.Looked("column.stale", "http://"+enginetest.Host+"/rsxx/", "人事信息") {
		t.Errorf("where: %+v", rep.Untested)
	}
}

// outside is a client that finds some hosts of others at the made-up site as well.
func outside(t *testing.T, s *enginetest.Site, hosts ...string) *egress.Client {
	t.Helper()
	c := egress.New(egress.Policy{Local: s.Addr(), Own: func(h string) bool { return strings.HasSuffix(h, "yanta.gov.cn") || slices.Contains(hosts, h) }, Resolver: enginetest.Nowhere{}})
	t.Cleanup(c.Close)
	return c
}

// A run sees of a link beyond its pages what an author and a retest see: a file or
// a picture that answers with a page, and an outside page that says there is none.
func TestARunSeesWhatLinksOpen(t *testing.T) {
	s := enginetest.NewSite(t)
	client := outside(t, s, "www.door.example", "dept.gov.cn")
	s.Put("/a.pdf", `<html><head><title>用户登录</title></head><body>请登录后下载。</body></html>`)
	s.Put("/logo.png", `<html><head><title>图片</title></head><body>跳转中</body></html>`)
	s.Set("/empty.doc", enginetest.Page{Type: "application/msword"})
	s.Put("/missing", `<html><head><title>提示</title></head><body>抱歉，您访问的页面不存在。</body></html>`)
	s.Swap("/tz/1.html", "附件可在网上下载。", `附件：<a href="/empty.doc">申请表</a> 参见<a href="http://www.door.example/missing">协会</a>、<a href="http://dept.gov.cn/missing">某局</a>`)
	want := map[string]string{"http://" + enginetest.Host + "/a.pdf": "link.wrong", "http://" + enginetest.Host + "/logo.png": "link.wrong", "http://" + enginetest.Host + "/empty.doc": "link.wrong", "http://www.door.example/missing": "link.soft404", "http://dept.gov.cn/missing": "link.soft404"}
	o := enginetest.Options()
	o.Families = []string{"link"}
	run := func() (rep engine.Report, got map[string]engine.Sighting) {
		t.Helper()
		rep, err := engine.Inspect(context.Background(), client, nil, enginetest.Target(), o)
		if err != nil {
			t.Fatal(err)
		}
		got = map[string]engine.Sighting{}
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
		if l, err := engine.Recheck(context.Background(), client, nil, enginetest.Target(), engine.Spot{Check: f.Check, Fingerprint: f.Fingerprint(), URL: f.URL, Where: f.Where, Also: f.Also}, o); err != nil || l.Outcome != engine.Standing {
			t.Errorf("the retest says %s of %s: %s (%v)", l.Outcome, where, l.Says, err)
		}
	}
	if len(got) != len(want) {
		t.Errorf("found %d, want %d", len(got), len(want))
	}
	s.Set("/a.pdf", enginetest.Page{Type: "application/pdf", Body: "%PDF-1.4 made up"})
	s.Set("/logo.png", enginetest.Page{Type: "image/png", Body: "\x89PNG made up"})
	s.Set("/empty.doc", enginetest.Page{Type: "application/msword", Body: "a form"})
	s.Put("/missing", enginetest.List("协会", "概况信息", `<li>协会章程和工作动态</li>`))
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
	s := enginetest.NewSite(t)
	client := outside(t, s, "blog.example")
	s.Put("/bad", `<html><head><title>澳门赌场在线娱乐</title></head><body>真人荷官 百家乐 老虎机</body></html>`)
	links := `<a href="http://blog.example/bad">甲</a>`
	for i := range 130 {
		at := fmt.Sprintf("/clean/%d", i)
		s.Put(at, enginetest.List("博文", "概况信息", fmt.Sprintf(`<li>第%d篇：春季植树的经验</li>`, i)))
		links += fmt.Sprintf(` <a href="http://blog.example%s">第%d篇博文</a>`, at, i)
	}
	s.Swap("/tz/1.html", "附件可在网上下载。", links)
	o := enginetest.Options()
	o.Families = []string{"link"}
	rep, err := engine.Inspect(context.Background(), client, nil, enginetest.Target(), o)
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
	if !enginetest.Untested(rep, "link.illegal", "没有打开查看内容") || rep.Looked("link.illegal", "http://"+enginetest.Host+"/tz/1.html", "http://blog.example/clean/129") || !rep.Looked("link.illegal", "http://"+enginetest.Host+"/tz/1.html", "http://blog.example/clean/1") {
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
	s := enginetest.NewSite(t)
	s.Set("/list.zip", enginetest.Page{Type: "application/zip", Body: packed("姓名,证件\n张某," + id + "\n李某,440308199901101512\n")})
	s.Swap("/tz/1.html", "附件可在网上下载。", `附件：<a href="/list.zip">公示名单</a>`)
	o := enginetest.Options()
	o.Guises, o.Draws, o.Families = -1, -1, []string{"attachment"}
	rep, err := engine.Inspect(t.Context(), s.Client(t), nil, enginetest.Target(), o)
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
	if !enginetest.Untested(rep, "attachment.unread", "1 个图片或音视频文件（扫描件.jpg）") || !rep.Looked(f.Check, f.URL, f.Where) {
		t.Errorf("untested %+v", rep.Untested)
	}
	look := func() engine.Look {
		t.Helper()
		l, err := engine.Recheck(t.Context(), s.Client(t), nil, enginetest.Target(), engine.Spot{Check: f.Check, Fingerprint: f.Fingerprint(), URL: f.URL, Where: f.Where}, o)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	if l := look(); l.Outcome != engine.Standing {
		t.Errorf("%s %s", l.Outcome, l.Says)
	}
	s.Set("/list.zip", enginetest.Page{Type: "application/zip", Body: packed("姓名\n张某\n")})
	if l := look(); l.Outcome != engine.Gone {
		t.Errorf("after mending: %s %s", l.Outcome, l.Says)
	}
}

// Where a site offers more files than one run reads, runs of the same day of the
// week read them all in turn, and what had no turn is told and stays open.
func TestFilesBeyondARunHaveTheirTurn(t *testing.T) {
	s := enginetest.NewSite(t)
	links, names := "附件：", map[string]bool{}
	for i := range 60 {
		at := fmt.Sprintf("/files/%d.csv", i)
		s.Set(at, enginetest.Page{Type: "text/csv", Body: "姓名\n张某\n"})
		links += fmt.Sprintf(`<a href="%s">名单%d</a> `, at, i)
		names["http://"+enginetest.Host+at] = true
	}
	s.Swap("/tz/1.html", "附件可在网上下载。", links)
	o := enginetest.Options()
	o.Guises, o.Draws, o.Families = -1, -1, []string{"attachment"}
	for week := 0; len(names) > 0; week++ {
		if week == 11 {
			t.Fatalf("after %d runs %d files were not read", week, len(names))
		}
		o.Today = enginetest.Today.AddDays(7 * week)
		rep, err := engine.Inspect(t.Context(), s.Client(t), nil, enginetest.Target(), o)
		if err != nil {
			t.Fatal(err)
		}
		read := 0
		for i := range 60 {
			if at := fmt.Sprintf("http://%s/files/%d.csv", enginetest.Host, i); rep.Looked("attachment.mobile", "http://"+enginetest.Host+"/tz/1.html", at) {
				read++
				delete(names, at)
			}
		}
		if read < 39 || read > 40 || // the site offers one more
			!enginetest.Untested(rep, "attachment.unread", "这次没有轮到的没有检查") {
			t.Fatalf("%d files were read, untested %+v", read, rep.Untested)
		}
	}
}
