package e2e

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/chromedp/chromedp"

	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/inspection/engine"
)

// pictures draws the pictures of the guides again, from the demo as it runs:
//
//	go test ./e2e -run TestGuidePictures -pictures
var pictures = flag.Bool("pictures", false, "write docs/guides/pictures again from the running demo")

const (
	guides      = "../docs/guides"
	pictureMost = 120 << 10 // bytes of one picture
	allMost     = 5 << 20   // bytes of all
	tallest     = 1100      // px of a picture
	colours     = 64
)

var (
	pictured  = regexp.MustCompile(`!\[[^\]]*\]\(pictures/([a-z0-9-]+\.png)\)`)
	onScreen  = regexp.MustCompile(`【([^】]+)】`)
	anEntry   = regexp.MustCompile(`Name: "([^"]+)", Href: "/console`)
	aWay      = regexp.MustCompile(`([\p{Han}]+)→`)
	anArticle = regexp.MustCompile(`第[一二三四五六七八九十]+条`)
)

// TestGuidePictures: every picture a guide shows is there, small, as wide as a
// window of the console or a telephone, and none lies about unused.
func TestGuidePictures(t *testing.T) {
	if *pictures {
		drawGuides(t)
	}
	used := map[string]bool{}
	for name, body := range readGuides(t) {
		found := pictured.FindAllStringSubmatch(body, -1)
		if len(found) == 0 {
			t.Errorf("%s shows no picture", name)
		}
		for _, m := range found {
			used[m[1]] = true
		}
	}
	sum := 0
	for name := range used {
		body, err := os.ReadFile(filepath.Join(guides, "pictures", name))
		if err != nil {
			t.Errorf("a guide shows %s: %v (go test ./e2e -run TestGuidePictures -pictures)", name, err)
			continue
		}
		sum += len(body)
		if len(body) > pictureMost {
			t.Errorf("%s has %d bytes, more than %d", name, len(body), pictureMost)
		}
		if c, err := png.DecodeConfig(bytes.NewReader(body)); err != nil {
			t.Errorf("%s: %v", name, err)
		} else if c.Width != 1366 && c.Width != 390 {
			t.Errorf("%s is %d px wide, want 1366 or 390", name, c.Width)
		}
	}
	if sum > allMost {
		t.Errorf("the pictures have %d bytes together, more than %d", sum, allMost)
	}
	lying, err := filepath.Glob(filepath.Join(guides, "pictures", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range lying {
		if !used[filepath.Base(file)] {
			t.Errorf("no guide shows %s", filepath.Base(file))
		}
	}
}

// TestGuideWords: a word a guide puts in 【】 is a button, a link, a tab or a
// field of the product, letter by letter.
func TestGuideWords(t *testing.T) {
	var code strings.Builder
	err := filepath.WalkDir("../internal", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(path, "/demo/") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		if ext := filepath.Ext(path); ext != ".html" && ext != ".go" {
			return nil
		}
		body, err := os.ReadFile(path)
		code.Write(body)
		code.WriteByte('\n')
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	product := code.String()
	for name, body := range readGuides(t) {
		words := onScreen.FindAllStringSubmatch(body, -1)
		if len(words) == 0 {
			t.Errorf("%s names no button", name)
		}
		for _, m := range words {
			if !standsAlone(product, m[1]) {
				t.Errorf("%s names 【%s】, which no page of the product says", name, m[1])
			}
		}
	}
}

// TestGuidePaths: the way a guide tells, 考核与通报→【年度报表】, begins at an entry
// of the menu, its 更多, the reader's own name or a thing of a list.
func TestGuidePaths(t *testing.T) {
	files, err := filepath.Glob("../internal/app/*.go")
	if err != nil {
		t.Fatal(err)
	}
	entries := []string{"名字", "姓名", "更多", "网站"}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range anEntry.FindAllStringSubmatch(string(body), -1) {
			entries = append(entries, m[1])
		}
	}
	if len(entries) < 40 {
		t.Fatalf("only %d entries of the menu were found", len(entries))
	}
	for name, body := range readGuides(t) {
		for _, m := range aWay.FindAllStringSubmatch(body, -1) {
			if !slices.ContainsFunc(entries, func(e string) bool { return strings.HasSuffix(m[1], e) }) {
				t.Errorf("%s leads from %q, which is no entry of the menu", name, m[1])
			}
		}
	}
}

// TestGuideArticles: each task of a guide names the article it carries out.
func TestGuideArticles(t *testing.T) {
	for name, body := range readGuides(t) {
		tasks := strings.Split(body, "\n### ")
		if len(tasks) < 3 {
			t.Errorf("%s has %d tasks", name, len(tasks)-1)
		}
		for _, task := range tasks[1:] {
			if title, _, _ := strings.Cut(task, "\n"); !anArticle.MatchString(title) {
				t.Errorf("%s: the task %q names no article in its heading", name, title)
			}
		}
	}
}

// standsAlone reports whether the word stands in the text and is not a part of
// a longer one.
func standsAlone(text, word string) bool {
	part := func(r rune) bool { return unicode.Is(unicode.Han, r) }
	for at := 0; ; {
		i := strings.Index(text[at:], word)
		if i < 0 {
			return false
		}
		i += at
		before, after := []rune(text[max(0, i-4):i]), []rune(text[i+len(word):min(len(text), i+len(word)+4)])
		if (len(before) == 0 || !part(before[len(before)-1])) && (len(after) == 0 || !part(after[0])) {
			return true
		}
		at = i + len(word)
	}
}

func readGuides(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, name := range []string{"supervisor.md", "sponsor.md", "coregulator.md", "editor.md", "reviewer.md", "platform-operator.md", "site-builder.md", "column-owner.md", "publisher.md", "inspector.md"} {
		body, err := os.ReadFile(filepath.Join(guides, name))
		if err != nil {
			t.Fatal(err)
		}
		out[name] = string(body)
	}
	return out
}

// drawGuides does the work of the guides in the demo and keeps what is seen.
func drawGuides(t *testing.T) {
	t.Setenv("LANGUAGE", "zh_CN") // what Chromium itself writes, where it has the words
	h := serve(t)
	b := startBrowser(t, h.addr)
	draw := func(p *tab, name, from, until string) { p.draw(name, from, until) }
	find := func(list, q, link string) func(p *tab) {
		return func(p *tab) { p.open(list + url.QueryEscape(q)); p.press(link) }
	}

	province := b.person("sheng")
	draw(province, "supervisor-bench", "", "待阅消息")
	province.open("/console/sites")
	draw(province, "supervisor-ledger", "", "雁塔区人民政府（演示）")
	province.open("/console/coverage")
	draw(province, "supervisor-coverage", "", "莲湖区人民政府")
	find("/console/cases?q=", "教育", "西安市教育局申请开设")(province)
	at := province.location()
	draw(province, "supervisor-case", "", "自动核对")
	draw(province, "supervisor-decide", "办理意见（", "退回或不予批准的理由")
	province.wide(390, 844)
	province.open(at + "/sign")
	province.drawWindow("supervisor-phone")
	province.wide(1366, 900)
	province.open(at + "/print")
	draw(province, "supervisor-print", "", "")
	province.open("/console/obligations/board")
	draw(province, "supervisor-board", "", "季度安全自查")
	province.open("/console/overrides")
	draw(province, "supervisor-overrides", "", "共 1 条，第")
	province.open("/console/vacancies")
	draw(province, "supervisor-vacancies", "", "新城区人民政府办公室")
	province.open("/console/guidance/new")
	draw(province, "supervisor-guidance", "", "要求上传材料")
	province.open("/console/cutover")
	draw(province, "supervisor-cutover", "", "铜川市")
	province.open("/console/import")
	rows := "name,level,code,host,sponsor,site_code\n碑林区人民政府（演示二）,county,610103,www.beilin2.example.gov.cn,,6101039902\n坏行,county,619999,www.bad.example.gov.cn,,\n"
	province.tick("网站")
	province.attach("file", writeFile(t, "sites.csv", rows))
	province.press("上传并预检")
	province.sees("619999")
	draw(province, "supervisor-import", "", "")
	province.open("/console/sites?q=wenlv")
	province.press("西安市文化和旅游局网站（演示）")
	province.press("上线清单")
	draw(province, "sponsor-launch", "", "没有ICP备案编号")
	province.open("/console/closings")
	province.press("西安市粮食局网站（演示）")
	draw(province, "sponsor-closing", "", "确定所选栏目的去向")

	city := b.person("shi")
	city.open("/console/notices")
	draw(city, "supervisor-notices", "", "共 4 条，第")
	city.press("开通公告")
	draw(city, "supervisor-notice", "", "查看记录")
	city.open("/console/inquiries")
	city.press("雁塔发布（演示）")
	draw(city, "supervisor-inquiry", "", "盖章扫描件")

	dept := b.person("bumen")
	draw(dept, "sponsor-bench", "", "待阅消息")
	dept.open("/console/matters")
	draw(dept, "sponsor-matters", "", "开设移动客户端（小程序）")
	dept.opening("周启明", "西安市商务局网站（演示）", "shangwu.localhost")
	draw(dept, "sponsor-opening", "", "建设和托管说明")
	draw(dept, "sponsor-consent", "主要负责同志同意", "先检查")
	dept.press("提交申请")
	dept.sees("SP-")
	draw(dept, "sponsor-case", "", "联系电话")
	dept.open("/console/guidance")
	dept.press("关于核对政务新媒体管理员")
	draw(dept, "sponsor-guidance", "", "")

	// begin opens the form of a matter from the object's page.
	begin := func(p *tab, matter string) {
		p.open(eval[string](p, `document.querySelector('a[href*="matter=`+matter+`&"]').href`))
	}

	none := b.person("xianbumen")
	none.opening("吴思源", "雁塔区商务局网站（演示）", "swj.yanta.example.gov.cn")
	none.press("提交申请")
	none.sees("第七条（一）")
	draw(none, "sponsor-refused", "", "建设和托管说明")

	county := b.person("xian")
	county.open("/console/sites?q=yanta")
	county.press("雁塔区人民政府（演示）")
	county.press("生命周期")
	life := county.location()
	draw(county, "sponsor-lifecycle", "", "注销关停")
	county.open(life)
	begin(county, "offline")
	draw(county, "sponsor-offline", "", "下线期间的替代服务")
	county.open(life)
	begin(county, "closure")
	draw(county, "sponsor-closure-refused", "", "申请事项")
	county.open("/console/inquiries")
	county.press("雁塔发布（演示）")
	draw(county, "sponsor-inquiry", "", "送主管单位认定")
	county.open("/console/selfchecks")
	county.seesSoon("未开始", time.Minute) // the sweep opens the quarter's checks
	county.press("雁塔区人民政府办公室")
	draw(county, "sponsor-selfcheck", "", "防攻击")

	editor := b.person("shibian")
	editor.open("/console/me/handover")
	draw(editor, "sponsor-handover", "", "")

	editor.open("/console/layouts")
	editor.press("编排首页")
	board := editor.location()
	draw(editor, "builder-board", "", "办事入口")
	editor.open(board + "/preview?as=desktop")
	editor.waits(`document.querySelector("iframe") && document.querySelector("iframe").contentDocument.readyState === "complete"`)
	draw(editor, "builder-preview", "", "")
	editor.open("/console/topics?state=running")
	editor.press("冬季供暖保障（演示）")
	draw(editor, "builder-topic", "", "")
	editor.open(strings.Replace(board, "/console/layouts/", "/console/sites/", 1) + "/bar")
	draw(editor, "builder-bar", "", "悬挂一条公告")
	editor.open("/console/columns")
	draw(editor, "column-lights", "", "")
	editor.open(strings.Replace(board, "/console/layouts/", "/console/sites/", 1) + "/columns")
	draw(editor, "column-tree", "", "政策解读")
	editor.press("要闻")
	editor.press("栏目卡片")
	draw(editor, "column-card", "", "")
	editor.press("关闭或合并")
	editor.fill("并入", "通知公告")
	editor.press("看看涉及什么")
	draw(editor, "column-close", "", "原因")

	establishment := b.person("bianzhi")
	draw(establishment, "coregulator-bench", "", "待阅消息")
	establishment.open("/console/filings")
	establishment.press("注销党政机关网站标识")
	draw(establishment, "coregulator-filing", "", "登记人")
	publicity := b.person("xuanchuan")
	publicity.open("/console/advice")
	publicity.press("西安市教育局申请开设")
	draw(publicity, "coregulator-advice", "答复征求意见", "")
	cyber := b.person("wangxin")
	cyber.open("/console/shares")
	cyber.press("网站台账")
	draw(cyber, "coregulator-share", "", "签收台账")
	cyber.open("/console/impostors")
	cyber.press("xa-gov.example")
	draw(cyber, "coregulator-fake", "", "登记网信部门的处置结果")
	cyber.open("/console/security")
	cyber.press("2026 年政府网站安全管理工作检查")
	cyber.open(cyber.location() + "?state=checked")
	cyber.press("西安市人民政府（演示）")
	draw(cyber, "coregulator-yearly", "", "检查结论")

	keeper := b.person("shi")
	keeper.open("/console/platforms")
	keeper.press("西安市政府网站集约化平台")
	draw(keeper, "operator-platform", "", "每日上传")
	keeper.press("雁塔区人民政府办公室")
	draw(keeper, "operator-tenant", "", "改用平台统一限额")
	keeper.open("/console/migrations?q=xincheng")
	keeper.press("新城区人民政府（演示）")
	draw(keeper, "operator-migration", "", "保存计划")
	keeper.open("/console/health")
	keeper.press("雁塔区人民政府（演示）")
	draw(keeper, "operator-health", "", "发布签名")
	drawPublisher(b)
	drawInspector(t, h, b)
	drawDesk(b)
	drawAssessing(t, h, b)
	drawAnswers(b)
}

// drawAssessing draws the chapters of checking, mending and scoring.
func drawAssessing(t *testing.T, h house, b *browser) {
	if err := h.Dashboards.Recount(audit.System(context.Background(), "e2e")); err != nil {
		t.Fatal(err)
	}
	first := func(p *tab, href string) {
		p.open(eval[string](p, `document.querySelector('main tbody a[href^="`+href+`"]').href`))
	}
	office := b.person("sheng")
	office.open("/console/morning")
	office.draw("supervisor-morning", "", "这段时间发现和办结的问题")
	office.open("/console/dashboard/trends")
	office.holds("the chart beside its table", `document.querySelector(".chart canvas")`)
	office.draw("supervisor-trends", "", "每月发现和整改的问题")
	office.open("/console/packs")
	office.press("政府网站与政务新媒体检查指标 第2版")
	office.press("试算影响")
	office.fill("时段", assessment.QuarterOf(calendar.DateOf(time.Now())).String())
	office.press("查询")
	office.draw("supervisor-rehearsal", "", "结果翻转")
	city := b.person("shi")
	city.open("/console/rounds?state=collecting")
	first(city, "/console/rounds/")
	city.draw("supervisor-round", "", "种子")
	city.open("/console/blind-tests")
	first(city, "/console/blind-tests/")
	city.draw("supervisor-blind", "", "合计")
	city.open("/console/bulletins")
	city.open(eval[string](city, `[...document.querySelectorAll("main tbody tr")].find(r => r.innerText.includes("已印发")).querySelector("a").href`) + "/mailing")
	city.draw("supervisor-mailing", "", "共 ")
	city.open("/console/bulletins")
	city.open(eval[string](city, `[...document.querySelectorAll("main tbody tr")].find(r => r.innerText.includes("草稿")).querySelector("a").href`) + "/outline")
	city.draw("supervisor-outline", "", "附图")
	city.open("/console/annual?year=all")
	city.draw("supervisor-annual", "", "共 ")

	county := b.person("xian")
	county.open("/console/orders?q=" + url.QueryEscape("雁塔"))
	first(county, "/console/orders/")
	county.draw("sponsor-order", "", "整改情况")
	county.open("/console/scores")
	county.press("雁塔区人民政府（演示）")
	county.draw("sponsor-score", "", "V-W-4.1 栏目不更新")
	county.open("/console/results?q=" + url.QueryEscape("雁塔区人民政府"))
	first(county, "/console/results/")
	county.draw("sponsor-result", "", "D-15 ")
	editor := b.person("shibian")
	editor.open("/console/annual?kind=site")
	editor.press("西安市人民政府（演示）")
	editor.draw("sponsor-annual", "", "网站总访问量")
	editor.press("信息发布总数")
	editor.draw("sponsor-annual-cell", "", "系统统计的数字不会被悄悄代替")
}

// drawAnswers draws what follows a result: records of merit and fault, what goes
// to co-regulators, the list of error reports, and the unit's own answers.
func drawAnswers(b *browser) {
	office := b.person("sheng")
	office.open("/console/error-reports")
	office.draw("supervisor-errors", "", "")
	office.open("/console/bulletins")
	office.open(eval[string](office, `[...document.querySelectorAll("main tbody tr")].find(r => r.innerText.includes("已印发")).querySelector("a").href`) + "/mailing")
	office.open(eval[string](office, `document.querySelector('main tbody a[href*="/console/merits/new"][href*="sort=account"]').href`))
	office.draw("supervisor-merit", "", "登记并送复核")
	office.open("/console/referrals/new")
	office.tickAll(`main tbody tr:nth-child(-n+6) input[type="checkbox"]`)
	office.press("预览批次")
	office.draw("supervisor-referral", "", "")
	office.press("移送")
	office.sees("还没有签收")
	cyber := b.person("wangxin")
	cyber.open("/console/referrals")
	cyber.open(eval[string](cyber, `document.querySelector('main tbody a[href^="/console/referrals/"]').href`))
	cyber.draw("coregulator-referral", "", "")

	county := b.person("xian")
	county.open("/console/findings?state=open&q=yanta")
	county.open(eval[string](county, `document.querySelector('main tbody a[href^="/console/findings/"]').href`))
	county.draw("sponsor-dispute", "这是误报", "报误报")
	city := b.person("shi")
	city.open("/console/rounds?state=collecting")
	city.open(eval[string](city, `document.querySelector('main tbody a[href^="/console/rounds/"]').href`))
	city.press("冻结结果")
	city.sees("结果已冻结")
	city.press("送达并开始申诉期")
	city.sees("申诉期")
	county.open("/console/results?q=" + url.QueryEscape("雁塔区"))
	county.open(eval[string](county, `document.querySelector('main tbody a[href^="/console/results/"]').href`))
	county.draw("sponsor-appeal", "申诉", "提出申诉")
	county.wide(390, 844)
	county.open("/console/orders?q=" + url.QueryEscape("雁塔"))
	county.open(eval[string](county, `document.querySelector('main tbody a[href^="/console/orders/"]').href`))
	county.drawWindow("sponsor-order-phone")
}

// cloaked gives the demo a page that answers search engines otherwise, with both
// answers kept: none of the demo's own sites does.
func cloaked(t *testing.T, h house) {
	ctx := audit.System(context.Background(), "inspection.run")
	all := authz.System("e2e")
	site, err := h.Registry.SiteBySlug(ctx, h.DB, all, "yanta")
	if err != nil {
		t.Fatal(err)
	}
	keep := func(body string) (blob.Ref, string) {
		ref, err := h.Blobs.Put(ctx, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256([]byte(body))
		return ref, hex.EncodeToString(sum[:])
	}
	at := h.DB.Now()
	page := "http://" + site.Host + "/zwgk/tongzhi.html"
	plain, plainSum := keep("<title>通知公告</title><p>关于做好冬季供暖工作的通知（演示）</p>")
	other, otherSum := keep("<title>在线娱乐（演示）</title><p>这是搜索引擎看到的页面（演示）</p>")
	if err := h.DB.Update(ctx, func(tx *db.Tx) error {
		_, err := h.Inspection.Raise(ctx, tx, all, site.ID, engine.Sighting{Check: "cloaked.agent", Severity: check.Serious, Article: "S23.1a", Says: "搜索引擎看到的页面与普通访问者看到的不同：标题变为“在线娱乐（演示）”。", Fix: "请立即核实；属实的按网络安全事件处置，检查服务器程序。", URL: page, Pages: 1,
			Evidence: engine.Evidence{URL: page, Status: 200, At: at, Ref: plain, SHA256: plainSum, Size: 70, Vantage: "本机", Beside: []engine.Beside{{As: check.AsSpider, URL: page, Final: page, Status: 200, At: at.Add(2 * time.Second), Ref: other, SHA256: otherSum, Size: 80}}}})
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// drawInspector draws the guide of those who watch.
func drawInspector(t *testing.T, h house, b *browser) {
	watch := b.person("xundu")
	watch.open("/console/duty")
	watch.draw("inspector-desk", "", "")
	watch.open("/console/incidents")
	watch.press("门户网站访问缓慢")
	watch.draw("inspector-incident", "", "")
	watch.open("/console/findings?state=standing&q=yanta")
	watch.open(eval[string](watch, `(async () => { // the first that was drawn with its place
  const all = [...document.querySelectorAll('main tbody a[href^="/console/findings/"]')].map(a => a.href);
  for (const at of all) if ((await (await fetch(at)).text()).includes('figure class="seen"')) return at;
  return all[0];
})()`, chromedp.EvalAwaitPromise))
	watch.draw("inspector-finding", "", "")
	cloaked(t, h)
	watch.open("/console/findings?q=" + url.QueryEscape("搜索引擎看到"))
	watch.open(eval[string](watch, `document.querySelector('main tbody a[href^="/console/findings/"]').href`))
	watch.draw("inspector-cloaked", "发现时", "请勿直接用浏览器打开")
	site, err := db.One(context.Background(), h.DB, db.Value[string], `SELECT site_id FROM page_watch WHERE added_by <> '' ORDER BY site_id LIMIT 1`)
	if err != nil {
		t.Fatal(err)
	}
	watch.open("/console/inspection/sites/" + site + "/baselines")
	watch.draw("inspector-baselines", "", "")
	watch.open("/console/lexicon")
	watch.draw("inspector-lexicon", "", "")
	watch.open("/console/inspection/plans")
	watch.open(eval[string](watch, `document.querySelector('main tbody a[href^="/console/inspection/plans/"]').href`))
	watch.draw("inspector-plan", "", "")
	citizen := b.person("")
	citizen.portal("xian.localhost", "/rules/")
	citizen.draw("inspector-rules", "", "")
	office := b.person("sheng")
	office.open("/console/account-sheets?platform=app")
	office.open(eval[string](office, `document.querySelector('main tbody a[href^="/console/account-sheets/"]').href`))
	office.draw("inspector-client", "", "登记情况")
	office.open("/console/protected-periods")
	office.press("重要会议期间（演示）")
	office.draw("inspector-period", "", "")
}

// drawPublisher draws the guide of those who publish.
func drawPublisher(b *browser) {
	sponsor := b.person("shizhong")
	sponsor.open("/console/sites?q=xian.localhost")
	site := eval[string](sponsor, `document.querySelector('main tbody a[href^="/console/sites/"]').href`)
	for _, p := range []struct{ name, path, until string }{
		{"publisher-releases", "/releases", ""}, {"publisher-redirects", "/redirects", "登记跳转"},
	} {
		sponsor.open(site + p.path)
		sponsor.draw(p.name, "", p.until)
	}
	office := b.person("sheng")
	office.open("/console/themes")
	office.draw("publisher-themes", "", "")
}

// drawDesk draws the guides of those who write and review.
func drawDesk(b *browser) {
	draw := func(p *tab, name, from, until string) { p.draw(name, from, until) }
	const items = "/console/items"
	item := func(p *tab, title string) string {
		p.open(items + "?q=" + url.QueryEscape(title))
		p.open(eval[string](p, `document.querySelector('main tbody a[href^="/console/items/"]').href`))
		return p.location()
	}
	editor := b.person("shibian")
	editor.open("/console/move-ins/site")
	draw(editor, "editor-movein-site", "", "开始预演")
	editor.open("/console/move-ins")
	draw(editor, "editor-import", "", "已预演，未入库")
	editor.press("关于做好冬季供暖检查的通知")
	draw(editor, "editor-movein", "", "")
	editor.open(items + "/new")
	draw(editor, "editor-types", "", "年度报告")
	editor.open(items + "/new?type=policy")
	editor.fill("标题", "西安市便民服务点管理办法（演示）")
	editor.fill("正文", "第一条　便民服务点由街道办事处管理。\n第二条　服务点公开办事时间和咨询电话。\n（一）工作日开放；\n（二）周末安排值班。")
	editor.sees("第二条")
	draw(editor, "editor-form", "", "输入的内容会自动保存")
	draw(editor, "editor-text", "正文", "输入的内容会自动保存")
	editor.open("/console/media")
	draw(editor, "editor-media", "", "便民服务中心示意图")
	editor.open("/console/interpretations")
	draw(editor, "editor-interpretations", "", "共 2 条，第")
	editor.open(items + "/new?type=notice")
	editor.fill("标题", "关于冬季用电安全的通知（演示）")
	editor.fill("正文", "请各单位登陆网站报名，联系人手机13812345678。")
	eval[bool](editor, `(document.querySelector('button[name="act"][value="check"]').click(), true)`) // not the menu's 检查
	editor.sees("检查结果 ")
	draw(editor, "editor-checks", "", "摘要")
	autumn := item(editor, "金秋消费季")
	draw(editor, "editor-item", "", "")
	editor.open(autumn + "/fact-checks")
	draw(editor, "reviewer-factcheck", "", "生成链接")
	editor.open(item(editor, "市博物馆延长开放时间") + "/comments")
	draw(editor, "editor-comments", "", "第 3 处")
	editor.open(item(editor, "冬季供暖服务监督") + "/edit")
	draw(editor, "editor-correct", "文字订正", "给审核人的说明")
	editor.open("/console/columns")
	draw(editor, "editor-columns", "", "")

	first := b.person("shichu")
	reading := item(first, "市图书馆开设银发读者服务日")
	first.open(reading + "/review")
	draw(first, "reviewer-gates", "五关逐项把关", "标为不通过")
	first.open(reading + "/comments")
	draw(first, "reviewer-comments", "", "")
	first.open("/console/emergencies")
	draw(first, "reviewer-emergencies", "", "共 1 条，第")
	first.open("/console/item-packages")
	first.press("西安市公共数据管理若干措施及解读")
	draw(first, "reviewer-package", "", "")
	first.open(items + "?state=in_review&type=news&stage=first")
	first.tickAll(`input[name="item"]`)
	first.press("批量办理选中的稿件")
	draw(first, "reviewer-batch", "", "")

	final := b.person("shizhong")
	final.open(autumn + "/review")
	draw(final, "reviewer-final", "", "外部核查：")
	final.open(autumn + "/consult")
	draw(final, "reviewer-consult", "", "")
	heating := item(final, "冬季供暖服务监督")
	final.open(heating + "/withdraw")
	draw(final, "editor-withdraw", "", "撤下这篇稿件")
	final.open(heating + "/record")
	draw(final, "reviewer-record", "", "第 2 次送审")
	final.open("/console/me/handover")
	draw(final, "reviewer-deputy", "", "启用代理")
	final.open("/console/review-routes")
	draw(final, "reviewer-routes", "", "重要信息（")
	lamps := item(final, "背街小巷路灯")
	final.wide(390, 844)
	final.open(lamps + "/sign")
	final.drawWindow("reviewer-phone")
}

// span is where the named lines of the page stand: from above the first to
// below the second. An empty name is the page's top or end.
const span = `((from, until) => {
  const find = text => [...document.querySelectorAll("body *")].filter(e => e.offsetParent !== null && e.innerText && e.innerText.includes(text)).sort((a, b) => a.innerText.length - b.innerText.length)[0];
  const box = e => e.getBoundingClientRect();
  let top = 0, end = document.documentElement.scrollHeight;
  if (from) { const e = find(from); if (!e) return [-1, 0]; top = Math.max(0, box(e).top + scrollY - 24); }
  if (until) { const e = find(until); if (!e) return [0, -1]; const row = e.closest("tr, li, .field, button, fieldset > *") || e; end = box(row).bottom + scrollY + 24; }
  return [top, end];
})`

// draw keeps the part of the page between two texts as a picture of the guides.
func (p *tab) draw(name, from, until string) {
	p.t.Helper()
	// A bar that follows the window stands in the way of a whole page.
	eval[bool](p, `([...document.querySelectorAll("main *")].filter(e => getComputedStyle(e).position === "sticky").forEach(e => e.style.position = "static"), scrollTo(0, 0), true)`)
	where := eval[[]float64](p, span+`(`+quoted(from)+`, `+quoted(until)+`)`)
	if len(where) != 2 || where[0] < 0 || where[1] <= where[0] {
		p.fail("picture %s: no part of the page from %q to %q: %v", name, from, until, where)
	}
	whole, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		p.fail("picture %s: %v", name, err)
	}
	p.writePicture(name, whole, int(where[0]), int(where[1]))
}

// drawWindow keeps what the window shows without moving the page.
func (p *tab) drawWindow(name string) {
	p.t.Helper()
	body, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.fail("picture %s: %v", name, err)
	}
	p.writePicture(name, body, 0, tallest)
}

// writePicture keeps the lines from top to end of a screenshot.
func (p *tab) writePicture(name string, whole []byte, top, end int) {
	p.t.Helper()
	img, err := png.Decode(bytes.NewReader(whole))
	if err != nil {
		p.fail("picture %s: %v", name, err)
	}
	part := image.Rect(0, top, img.Bounds().Dx(), min(end, top+tallest)).Intersect(img.Bounds())
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, quantised(img, part)); err != nil {
		p.fail("picture %s: %v", name, err)
	}
	dir := filepath.Join(guides, "pictures")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		p.fail("%v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), out.Bytes(), 0o644); err != nil {
		p.fail("%v", err)
	}
	p.t.Logf("%s: %d×%d, %d KB", name, part.Dx(), part.Dy(), out.Len()>>10)
}

// quantised copies a part of a picture with its most used colours only.
func quantised(img image.Image, part image.Rectangle) *image.Paletted {
	flat := image.NewRGBA(image.Rect(0, 0, part.Dx(), part.Dy()))
	draw.Draw(flat, flat.Bounds(), img, part.Min, draw.Src)
	count := map[color.RGBA]int{}
	for y := range part.Dy() {
		for x := range part.Dx() {
			count[flat.RGBAAt(x, y)]++
		}
	}
	all := make([]color.RGBA, 0, len(count))
	for c := range count {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b color.RGBA) int {
		if d := count[b] - count[a]; d != 0 {
			return d
		}
		return (int(a.R)<<16 | int(a.G)<<8 | int(a.B)) - (int(b.R)<<16 | int(b.G)<<8 | int(b.B))
	})
	var palette color.Palette
	far := func(c color.RGBA) bool { // of what is there already
		for _, o := range palette {
			o := o.(color.RGBA)
			if abs(int(c.R)-int(o.R))+abs(int(c.G)-int(o.G))+abs(int(c.B)-int(o.B)) < 24 {
				return false
			}
		}
		return true
	}
	for _, c := range all {
		if len(palette) < 8 || len(palette) < colours && far(c) {
			palette = append(palette, c)
		}
	}
	out := image.NewPaletted(flat.Bounds(), palette)
	nearest := map[color.RGBA]uint8{}
	for y := range part.Dy() {
		for x := range part.Dx() {
			c := flat.RGBAAt(x, y)
			i, ok := nearest[c]
			if !ok {
				i = uint8(palette.Index(c))
				nearest[c] = i
			}
			out.SetColorIndex(x, y, i)
		}
	}
	return out
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
