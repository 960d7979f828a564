package e2e

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"zhengshu/internal/appraisal"
	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
)

// TestArticle19_29_30_Assessing walks assessment from what is judged by to what
// is published, with the people who do it, on one house: the indicators, the
// numbers of the boards, the bulletin, the test letters, a round with its
// appeals, and last, in January, the annual form and the year's assessment.
func TestArticle19_29_30_Assessing(t *testing.T) {
	t.Parallel()
	h, clock := serveMovable(t)
	b := startBrowser(t, h.addr)
	for n, who := range []struct {
		name, login string
		role        authz.Role
	}{{"顾长安", "kaohe2", authz.Supervisor}, {"评一", "ping1", authz.Reviewer}, {"评二", "ping2", authz.Reviewer}} {
		h.employ(t, "陕西省人民政府办公厅", fmt.Sprintf("%s（演示%d）", who.name, n), who.login, who.role)
	}
	for _, part := range []struct {
		name string
		walk func(t *testing.T, h house, clock *movable, b *browser)
	}{
		{"Article29 indicators", indicatorsJourney}, {"Article29 boards", boardsJourney}, {"Article30 bulletin", bulletinJourney},
		{"Article19_5 test letters", testLettersJourney}, {"Article29 offices", officesJourney}, {"Article30 round", roundJourney}, {"Article19_6 annual form", annualJourney},
		{"Article29 annual assessment", assessmentJourney},
	} {
		t.Run(part.name, func(t *testing.T) { part.walk(t, h, clock, b.in(t)) })
	}
}

// thisQuarter is the quarter of the day on the clock.
func thisQuarter(clock *movable) assessment.Period {
	return assessment.QuarterOf(calendar.DateOf(clock.Now()))
}

// wrongly sends the form of an act to another act of the same thing: what a page
// does not offer is refused all the same.
func (p *tab) wrongly(act, instead, button string) {
	p.t.Helper()
	if !eval[bool](p, `(() => { const f = [...document.forms].find(f => f.getAttribute("action").endsWith(`+quoted("/"+act)+`)); if (!f) return false; f.setAttribute("action", f.getAttribute("action").replace(/[^/]+$/, `+quoted(instead)+`)); f.noValidate = true; return true; })()`) {
		p.fail("no form of the act %s", act)
	}
	p.press(button)
}

// unfold opens what the page keeps folded, as a person does who looks further.
func (p *tab) unfold() {
	p.t.Helper()
	eval[int](p, `(() => { const all = document.querySelectorAll("main details"); all.forEach(d => d.open = true); return all.length; })()`)
}

// fetched is what the address answers to the person: status, kind and the first
// bytes, without leaving the page.
func (p *tab) fetched(path string) (status int, kind, begins string) {
	p.t.Helper()
	got := eval[[]string](p, `fetch(`+quoted(path)+`).then(async r => { const b = new Uint8Array(await r.arrayBuffer()); return [String(r.status), r.headers.get("Content-Type") || "", String.fromCharCode(...b.slice(0, 4))]; })`, chromedp.EvalAwaitPromise)
	if _, err := fmt.Sscan(got[0], &status); err != nil {
		p.fail("%s answers %v", path, got)
	}
	return status, got[1], got[2]
}

// file asserts that the address hands out a file of the kind.
func (p *tab) file(path, kind, begins string) {
	p.t.Helper()
	if status, k, first := p.fetched(path); status != 200 || !strings.Contains(k, kind) || !strings.HasPrefix(first, begins) {
		p.fail("%s answers %d %s %q", path, status, k, first)
	}
}

var counted = regexp.MustCompile(`共\s*([\d,]+)\s*[^\d\s]`)

// opens follows the address and reads how many rows it says there are.
func (p *tab) opens(path string) int {
	p.t.Helper()
	p.open(path)
	m := counted.FindStringSubmatch(eval[string](p, `document.querySelector("main").innerText`))
	n := -1
	if m == nil {
		p.fail("no number of rows")
	} else if _, err := fmt.Sscan(strings.ReplaceAll(m[1], ",", ""), &n); err != nil {
		p.fail("%v", err)
	}
	return n
}

// indicatorsJourney: a threshold is changed, tried on the past, agreed to by a
// second person, adopted with who and when; its author may not agree.
func indicatorsJourney(t *testing.T, h house, clock *movable, b *browser) {
	quarter := thisQuarter(clock)
	author := b.person("kaohe2")
	author.open("/console/packs")
	author.press("起草新版本")
	author.careless()
	author.press("开始起草")
	author.sees("没有填写生效日期")
	author.fill("底稿", "国办秘函〔2019〕19号《政府网站与政务新媒体检查指标》第1版")
	author.fill("生效日期", quarter.Next().Next().First().String())
	author.fill("起草缘由", "空白栏目一个也不留（演示）")
	author.both("pack-draft")
	author.press("开始起草")
	author.sees("已起草第3版")
	at := author.location()
	author.press("V-W-4.3 空白栏目")
	author.fill("阈值", "一")
	author.press("保存这一项")
	author.sees("阈值应为0以上")
	author.fill("阈值", "1")
	author.fill("预警值", "2")
	author.both("pack-indicator")
	author.press("保存这一项")
	author.sees("已保存：修改 V-W-4.3")
	author.sees("影响得分")
	author.sees("还不能送复核") // a warning beyond the threshold
	author.press("V-W-4.3")
	author.fill("预警值", "")
	author.fill("预警值的核实程度", "没有这个值")
	author.press("保存这一项")
	author.lacks("还不能送复核")
	author.both("pack-version")
	author.press("试算影响")
	author.fill("时段", quarter.String())
	author.press("查询")
	author.sees("雁塔区人民政府（演示）")
	author.sees("V-W-4.3 空白栏目")
	author.both("pack-rehearsal")
	author.file(eval[string](author, `document.querySelector('a[href*="/rehearsal/export"][href*="xlsx"]').getAttribute("href")`), "spreadsheetml", "PK")
	author.open(at)
	author.press("送另一人复核")
	author.sees("等待另一人复核")
	if eval[bool](author, `[...document.querySelectorAll("button")].some(e => e.innerText.trim() === "复核通过")`) {
		author.fail("the author is offered to agree")
	}
	author.fill("退回意见", "试试能不能自己复核")
	author.wrongly("return", "agree", "退回修改")
	author.sees("须由另一人复核")
	author.both("pack-own-refused")

	second := b.person("sheng")
	second.open(at)
	second.fill("复核意见", "已看试算结果，同意")
	second.press("复核通过")
	second.sees("可以采用")
	second.press("去采用")
	second.open(eval[string](second, `document.querySelector('a[href*="/packs/adopt?"][href$="version=3"]').href`))
	second.tick("正式采用")
	second.careless()
	second.press("采用并记录")
	second.sees("没有写明采用依据")
	second.fill("采用依据", "陕政办函〔2026〕8号（演示）")
	second.press("采用并记录")
	second.sees("已记录")
	row := eval[string](second, `[...document.querySelectorAll("main tr")].find(r => r.innerText.includes("8号（演示）")).innerText`)
	if !strings.Contains(row, "林知远") || !strings.Contains(row, today()) || !strings.Contains(row, "正式采用") {
		second.fail("the adoption says %q", row)
	}
	second.both("packs-adopted")
	second.open(at)
	second.sees("已采用")

	city := b.person("shi") // who may neither draft nor adopt
	city.open("/console/packs")
	city.lacks("起草新版本")
	city.open("/console/packs/new")
	city.sees("考核指标由省政府办公厅制定")
}

// boardsJourney: the morning's and the boards' numbers open their rows; each
// board prints and is handed out.
func boardsJourney(t *testing.T, h house, clock *movable, b *browser) {
	if err := h.Dashboards.Recount(audit.System(context.Background(), "e2e")); err != nil {
		t.Fatal(err)
	}
	office := b.person("sheng")
	office.open("/console/morning")
	office.sees("目前合计")
	office.both("morning")
	// The red items say whose they are; what a stat says is what it opens.
	if n := eval[int](office, `[...document.querySelectorAll(".morning-item")].filter(e => !e.querySelector(".morning-who p")).length`); n > 0 {
		office.fail("%d items name nobody and do not say so", n)
	}
	numbers := func(paths ...string) int {
		opened := 0
		for _, path := range paths {
			office.open(path)
			type number struct{ Says, Href string }
			list := eval[[]number](office, `[...document.querySelectorAll('main a[href*="/dashboard/rows?"]')].map(a => ({Says: (a.closest("td, th, .stat, li") || a).innerText, Href: a.getAttribute("href")})).filter(x => /\d/.test(x.Says)).slice(0, 3)`)
			for _, x := range list {
				m := regexp.MustCompile(`(?:^|\s)([\d,]+)(?:\s|$|[个份件项次])`).FindStringSubmatch(x.Says)
				if m == nil {
					continue
				}
				want := 0
				if _, err := fmt.Sscan(strings.ReplaceAll(m[1], ",", ""), &want); err != nil {
					t.Fatal(err)
				}
				if got := office.opens(x.Href); got != want {
					office.fail("%s says %q and opens %d rows", path, x.Says, got)
				}
				opened++
			}
		}
		return opened
	}
	boards := []string{"/console/dashboard", "/console/dashboard/trends", "/console/dashboard/ageing", "/console/dashboard/funnel", "/console/dashboard/rules", "/console/dashboard/burden"}
	if n := numbers(append([]string{"/console/morning", "/console/dashboard/leader"}, boards...)...); n < 8 {
		t.Errorf("only %d numbers opened their rows", n)
	}
	for _, path := range boards {
		office.open(path)
		office.holds("the chart beside its table", `!document.querySelector(".chart") || document.querySelector(".chart canvas") || [...document.querySelectorAll(".chart")].every(c => c.hidden)`)
		office.both("board-" + path[strings.LastIndexByte(path, '/')+1:])
		office.media("print")
		if w := eval[int](office, `document.documentElement.scrollWidth`); w > 1366 {
			office.fail("%s is %d px wide on paper", path, w)
		}
		office.media("")
		office.file(path+"/export?format=xlsx", "spreadsheetml", "PK")
	}
	office.open("/console/dashboard/wall")
	office.holds("the wall's chart", `document.querySelector(".wall .chart canvas") || document.querySelector(".wall .chart").hidden`)
	office.both("wall")
	if strings.Contains(eval[string](office, `document.querySelector(".wall").innerText`), "林知远") {
		office.fail("the wall names a person")
	}
	office.file("/console/dashboard/wall/export?format=csv", "csv", "")
	office.file("/console/morning/export?format=xlsx", "spreadsheetml", "PK")
	writer := b.person("shichu") // who may not
	if status, _, _ := writer.fetched("/console/morning"); status != 403 {
		writer.fail("the morning answers %d", status)
	}
}

// bulletinJourney: the text is edited with figures bound to their rows, typed
// over is named, two editors meet with both texts shown, a second person agrees,
// the document goes out, each unit gets its letter, the public reads.
func bulletinJourney(t *testing.T, h house, clock *movable, b *browser) {
	before := thisQuarter(clock).Before()
	writer, second := b.person("sheng"), b.person("kaohe2")
	writer.open("/console/bulletins")
	writer.fill("地区", "陕西省")
	writer.fill("时段", before.String())
	writer.press("编制")
	writer.sees("已编制草稿")
	at := writer.location()
	writer.both("bulletin-draft")
	// A figure of the text opens its rows.
	if n := eval[int](writer, `document.querySelectorAll('main a[href*="/rows/"]').length`); n < 10 {
		writer.fail("%d figures open their rows", n)
	}
	second.open(at + "/outline")
	writer.press("编辑文字")
	writer.both("bulletin-outline")
	part := func(p *tab, text string) {
		if !eval[bool](p, `(() => { const e = [...document.querySelectorAll('textarea[name^="text-"]')][0]; e.value = `+quoted(text)+`; e.dispatchEvent(new Event("input", {bubbles: true})); return true; })()`) {
			p.fail("no text")
		}
	}
	name := eval[string](writer, `[...document.querySelectorAll("main td, main th")].map(e => e.innerText.trim()).find(s => /^〔.*网站.*〕$/.test(s))`)
	if name == "" {
		writer.fail("no figure that a text may name")
	}
	bare := strings.Trim(name, "〔〕")
	part(writer, "本季度"+bare+"98765个。")
	writer.press("保存文字")
	writer.sees("与明细不一致")
	writer.sees("不能定稿")
	writer.both("bulletin-typed-over")
	// The other began from what stood before: nothing of either is lost.
	part(second, "另一位编辑写的话（演示）。")
	second.press("保存文字")
	second.sees("有人同时改过")
	second.sees("98765个")
	if kept := eval[string](second, `document.querySelector('textarea[name^="text-"]').value`); !strings.Contains(kept, "另一位编辑写的话") {
		second.fail("what was typed is lost: %q", kept)
	}
	second.both("bulletin-conflict")
	writer.press("编辑文字")
	part(writer, "本季度"+bare+name+"，各单位要继续做好内容更新（演示）。")
	writer.press("保存文字")
	writer.lacks("与明细不一致")
	writer.press("提交复核")
	writer.sees("已提交复核")
	writer.press("同意")
	writer.sees("不能由您自己复核")
	writer.both("bulletin-own-refused")
	second.open(at)
	second.fill("意见", "数字已核对，同意（演示）")
	second.press("同意")
	second.sees("可以定稿")
	second.press("定稿")
	second.sees("定稿校验值")
	second.fill("发文字号", "99号")
	second.press("登记印发")
	second.sees("发文字号有误")
	second.fill("发文字号", fmt.Sprintf("陕政办函〔%d〕99号", calendar.DateOf(clock.Now()).Year))
	second.press("登记印发")
	second.sees("已登记印发")
	second.both("bulletin-issued")
	path := strings.TrimPrefix(at, b.base)
	second.file(path+"/document?as=docx", "wordprocessingml", "PK")
	second.file(path+"/document?as=pdf", "pdf", "%PDF")
	second.press("向各单位反馈结果")
	second.both("bulletin-mailing")
	second.press("向各单位发送")
	second.sees("已发送给")
	reader := b.person("xian")
	reader.open("/console/result-letters")
	reader.sees("陕西省")
	reader.both("result-letters")
	reader.open(eval[string](reader, `[...document.querySelectorAll("main tbody tr")].find(r => r.innerText.includes("陕西省")).querySelector("a").href`))
	reader.sees("你单位")
	reader.both("result-letter")
	second.open(path + "/mailing?state=read")
	second.sees("雁塔区人民政府办公室")
	second.sees("白若溪")
	second.both("bulletin-mailed")
	second.open(at)
	second.press("公开这份通报")
	second.sees("已公开")
	citizen := b.person("")
	citizen.portal("shaanxi.localhost", "/bulletins/")
	citizen.seesSoon("99号", 20*time.Second)
	citizen.both("bulletins-public")
	citizen.open(eval[string](citizen, `[...document.querySelectorAll('main tbody tr')].find(r => r.innerText.includes("99号")).querySelector("a").href`))
	citizen.sees("开放数据")
	citizen.lacks("98765")
	citizen.both("bulletin-public")
	// What was wrong stays beside what is right, for everybody.
	second.fill("更正原因", "统计口径写错（演示）")
	second.careless()
	second.press("作出更正")
	second.sees("没有填写原文")
	second.fill("原文", "各单位要继续做好内容更新（演示）")
	second.fill("更正为", "各单位要于月底前做好内容更新（演示）")
	second.press("作出更正")
	second.sees("已作出更正")
	second.sees("各单位要继续做好内容更新")
	second.both("bulletin-corrected")
	citizen.seesSoon("各单位要于月底前做好内容更新", 20*time.Second)
	citizen.sees("统计口径写错（演示）")
	citizen.sees("各单位要继续做好内容更新")
	citizen.both("bulletin-public-corrected")
	// Praise is entered where the thought arises.
	second.press("登记表扬")
	second.sees("99号")
	second.both("merit-from-bulletin")
}

// testLettersJourney: letters go through a site's own form as a citizen's, two
// markers who do not see the site judge the answer, the head settles where they
// differ, the letter leaves the unit's statistics.
func testLettersJourney(t *testing.T, h house, clock *movable, b *browser) {
	ctx := context.Background()
	month := calendar.DateOf(clock.Now()).String()[:7]
	statistics := "/console/dashboard/rows?figure=letter.judged&under=city-610100000000&from=" + month + "&to=" + month
	city := b.person("shi")
	before := city.opens(statistics)

	head := b.person("sheng")
	head.open("/console/blind-tests/new")
	head.careless()
	head.press("抽取网站并封存发件人")
	head.sees("请填写")
	head.fill("姓名和手机号码", "王平 15500000301\n李安 15500000302\n陈同 15500000303\n周明 15500000304\n吴清 15500000305\n郑文 15500000306")
	head.fill("每个网站", "1")
	head.fill("种子", "20261126")
	head.both("blind-test-plan")
	head.press("抽取网站并封存发件人")
	head.sees("发件人已封存")
	head.lacks("15500000301")
	at := head.location()
	head.press("开始发信")
	head.sees("盲测已开始")
	sweep := func() {
		if _, err := h.BlindTests.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
	}
	sweep() // takes the forms
	clock.ahead.Add(int64(5 * time.Second))
	sweep() // sends them
	// The letters to the other sites are voided but one, which is recorded by hand.
	id := at[strings.LastIndexByte(at, '/')+1:]
	own := authz.System("e2e")
	_, list, _, err := h.BlindTests.Sheet(ctx, own, id)
	if err != nil {
		t.Fatal(err)
	}
	acting := h.acting(t, "陕西省人民政府办公厅", "林知远")
	var hosted, manual, number string
	for _, l := range list {
		switch {
		case l.SiteName == "西安市人民政府（演示）":
			hosted, number = l.ID, l.Number
		case l.Way == "manual" && manual == "":
			manual = l.ID
		default:
			if err := h.BlindTests.MakeVoid(acting, own, l.ID, "本次只试发两封（演示）"); err != nil {
				t.Fatal(err)
			}
		}
	}
	if number == "" || manual == "" {
		t.Fatalf("no letter went to the city's portal, or none by hand: %+v", list)
	}
	head.open(at)
	head.both("blind-test-running")
	head.open(at + "/letters/" + manual)
	head.fill("发出日期", today())
	head.fill("网站给出的编号", "YS-301")
	head.fill("在哪里发出", "写信页面（演示）")
	head.press("登记发出")
	head.sees("已登记发出")
	head.fill("答复日期", today())
	head.fill("答复全文", "您的来信已收到，感谢您对我们工作的支持。")
	head.both("blind-letter")
	head.press("登记答复")
	head.sees("等待两人评分")

	// The unit sees a letter like any other and answers it.
	clerk := b.person("shibian")
	clerk.open("/console/letters?q=" + url.QueryEscape(number))
	clerk.press(number)
	clerk.lacks("测试")
	letter := clerk.location()
	clerk.press("受理这封来信")
	clerk.open(letter + "/assign")
	clerk.fill("承办单位", "西安市人民政府办公厅")
	clerk.press("查询")
	clerk.fill("承办人", "高翔宇")
	clerk.press("分办")
	clerk.open(letter + "/answer")
	clerk.fill("答复内容", "您好，请携带身份证到政务服务大厅三号窗口办理，材料清单见办事指南。")
	clerk.press("送审")
	final := b.person("shizhong")
	final.open(letter)
	final.press("通过并答复来信人")
	final.sees("已答复")
	sweep() // reads the answer
	if n := city.opens(statistics); n != before+1 {
		city.fail("%d letters are counted, want %d", n, before+1)
	}

	head.open("/console/blind-marks/" + hosted)
	head.tick("切题")
	head.tick("完整")
	head.press("提交评分")
	head.sees("不能评分")
	for n, login := range []string{"ping1", "ping2"} {
		marker := b.person(login)
		marker.open("/console/blind-marks")
		marker.lacks("西安市人民政府")
		marker.both("blind-marks")
		for _, id := range []string{hosted, manual} {
			marker.open("/console/blind-marks/" + id)
			off := id == manual
			if off {
				marker.tick("答非所问")
				marker.tick("不完整")
			} else {
				marker.tick("切题")
				marker.tick([]string{"完整", "不完整"}[n])
			}
			if n == 1 || off {
				marker.careless()
				marker.press("提交评分")
				marker.sees("请填写说明")
				marker.fill("说明", "没有写明电话和时间（演示）")
			}
			marker.press("提交评分")
			marker.sees("评分已提交")
		}
	}
	head.open(at)
	head.press("结束盲测")
	head.sees("评分不一致")
	head.open(at + "/letters/" + hosted)
	head.tick("切题")
	head.tick("完整")
	head.fill("说明", "材料清单里写明了时间和电话（演示）")
	head.both("blind-differs")
	head.press("作出裁定")
	head.sees("已裁定")
	head.open(at)
	head.press("结束盲测")
	head.sees("测试信件已退出来信统计")
	head.sees("当日")
	head.both("blind-test-closed")
	head.file(strings.TrimPrefix(at, b.base)+"/export?format=xlsx", "spreadsheetml", "PK")
	if n := city.opens(statistics); n != before {
		city.fail("%d letters are counted after the test, want %d", n, before)
	}
	clerk.open(letter)
	clerk.sees("已退出统计")
	clerk.open("/console/blind-letters")
	clerk.open(eval[string](clerk, `document.querySelector('main tbody a[href^="/console/blind-letters/"]').href`))
	clerk.sees("切题、完整")
	clerk.both("blind-letters-own")
}

// acting is the context of a person of a unit at work.
func (h house) acting(t testing.TB, unit, name string) context.Context {
	t.Helper()
	u := h.unit(t, unit)
	staff, err := h.Org.People(context.Background(), h.DB, authz.System("e2e"), u.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range staff {
		if p.Name == name {
			return audit.WithActor(context.Background(), audit.Actor{Kind: "person", ID: string(p.ID), Name: p.Name, Unit: string(u.ID)})
		}
	}
	t.Fatalf("nobody at %s is called %s", unit, name)
	return nil
}

// officesJourney: what no record tells of the offices below is judged by two
// persons, with what they saw; the province's own portal, above which nobody
// stands here, by its own people only once the province says so, with the reason.
func officesJourney(t *testing.T, h house, clock *movable, b *browser) {
	head, second := b.person("sheng"), b.person("kaohe2")
	begin := func(kind, period, pack string) string {
		head.open("/console/rounds/new")
		head.tick(kind)
		head.fill("时段（", period)
		head.fill("指标包", pack)
		head.press("抽样并组织一轮")
		return head.location()
	}
	const sites = "政府网站与政务新媒体检查指标（国办秘函〔2019〕19号）第1版"
	begin("监管工作考核", fmt.Sprint(calendar.DateOf(clock.Now()).Year), sites)
	head.sees("不是考核主管单位的指标包")
	head.both("offices-new")
	at := begin("监管工作考核", fmt.Sprint(calendar.DateOf(clock.Now()).Year), "监管工作年度考核指标")
	head.sees("请核对样本后开始评判")
	head.press("开始评判")
	head.sees("直接下级全部考核")
	head.both("offices-round")
	objects := at + "/objects?q=" + url.QueryEscape("西安市")
	for n, p := range []*tab{head, second} {
		p.open(objects)
		p.press("评判")
		p.unfold()
		p.fill("严重表述错误致不合格", "符合")
		if n == 0 {
			p.fill("集约化", "可加分")
			p.fill("集约化：加分", "5")
			p.fill("集约化：看到的情况", "全市网站均已迁入集约化平台（演示）")
			p.attach("files", paper(t, "集约化台账.pdf"))
			p.both("offices-sheet")
		}
		p.press("提交评判表")
		p.sees("评判表已提交")
	}
	head.open(at)
	head.press("冻结结果")
	head.sees("结果已冻结")
	head.open(objects)
	head.press("西安市人民政府办公厅")
	head.sees("全市网站均已迁入集约化平台")
	head.sees("集约化台账.pdf")
	head.both("offices-result")

	own := begin("月检查", assessment.MonthOf(calendar.DateOf(clock.Now())).Before().String(), sites)
	head.press("开始评判")
	head.open(own + "/objects?kind=site&q=" + url.QueryEscape("陕西省人民政府"))
	head.press("评判")
	head.sees("您不能评判这个对象")
	head.sees("没有在设置中同意")
	head.both("own-barred")
	sheet := head.location()
	head.open("/console/settings")
	head.fill("事项、条款", "没有上级主管单位的办公厅")
	head.press("查询")
	head.tick("没有上级主管单位的办公厅")
	head.fill("调整原因", "上面没有其他主管单位（演示）")
	head.fill("文号", "陕政办函〔2026〕41号")
	head.press("设定")
	head.sees("陕政办函〔2026〕41号")
	head.open(sheet)
	head.unfold()
	head.fill("安全攻击处置不及时", "符合")
	head.careless()
	head.press("提交评判表")
	head.sees("由本单位人员评判的理由")
	head.sees("有内容需要改正")
	head.unfold()
	head.fill("由本单位人员评判的理由", "上面没有其他主管单位，由不经手网站的人员评判（演示）")
	head.both("own-sheet")
	head.press("提交评判表")
	head.sees("评判表已提交")
}

// roundJourney: drawn, judged by two who differ, ruled by a third, frozen, told;
// the unit appeals in time and is refused after the last day; decided,
// published, read.
func roundJourney(t *testing.T, h house, clock *movable, b *browser) {
	const site = "雁塔区人民政府（演示）"
	month := assessment.MonthOf(calendar.DateOf(clock.Now())).Before()
	head, other, above, unit := b.person("shi"), b.person("xundu"), b.person("sheng"), b.person("xian")
	head.open("/console/rounds")
	head.press("组织一轮")
	head.tick("季检查")
	head.fill("时段（", month.String()) // not the heading of the part
	head.press("抽样并组织一轮")
	head.sees("时段与类别不符")
	head.tick("月检查")
	head.fill("指标包", "政府网站与政务新媒体检查指标（国办秘函〔2019〕19号）第1版")
	head.fill("网站", "100")
	head.fill("其他账号", "10")
	head.fill("种子", "611")
	head.both("round-new")
	head.press("抽样并组织一轮")
	head.sees("请核对样本后开始评判")
	at := head.location()
	head.press("开始评判")
	head.sees("评判已经开始")
	head.both("round")
	judge := func(p *tab, outcome, says string) {
		p.open(at + "/objects?q=" + url.QueryEscape(site))
		p.both("round-objects")
		p.press("评判")
		p.unfold()
		p.fill("安全攻击处置不及时", outcome)
		if says != "" {
			p.fill("安全攻击处置不及时：看到的情况", says)
		}
		p.fill("政策解读", "有问题")
		p.fill("政策解读：处数", "2")
		p.fill("政策解读：看到的情况", "两件政策没有解读（演示）")
		p.both("round-sheet")
		p.press("提交评判表")
		p.sees("评判表已提交")
	}
	judge(other, "有问题", "攻击发生三天后才处置（演示）")
	judge(head, "符合", "")
	leave := func() {
		if eval[bool](head, `document.querySelector('[name="leave_out"]') !== null`) {
			head.tick("未完成的检查不计入")
		}
	}
	head.open(at)
	leave()
	head.press("冻结结果")
	head.sees("尚未裁定")
	head.press("去裁定")
	head.tick("符合")
	head.fill("理由", "核对了处置记录，当天已处置（演示）")
	head.press("作出裁定")
	head.sees("您是这一项的评判人之一")
	head.both("round-differs")
	above.open(at + "/differences")
	above.tick("符合")
	above.fill("理由", "核对了处置记录，当天已处置（演示）")
	above.press("作出裁定")
	above.sees("已裁定")
	head.open(at)
	leave()
	head.press("冻结结果")
	head.sees("结果已冻结")
	head.both("round-frozen")
	unit.open("/console/results")
	unit.lacks(month.Chinese() + "月检查")
	head.press("送达并开始申诉期")
	head.sees("申诉期开始")

	unit.open("/console/results?q=" + url.QueryEscape(site))
	unit.both("results")
	unit.open(eval[string](unit, `[...document.querySelectorAll("main tbody tr")].find(r => r.innerText.includes("申诉期") && r.innerText.includes("网站")).querySelector("a").href`))
	result := unit.location()
	unit.sees("政策解读")
	unit.lacks("田守一") // what was judged, not by whom
	unit.fill("指标", "D-06")
	unit.fill("理由", "短")
	unit.press("提出申诉")
	unit.sees("申诉理由")
	unit.fill("理由", "其中一件已在部门网站解读并链接（演示）")
	unit.attach("files", paper(t, "解读截图.pdf"))
	unit.press("提出申诉")
	unit.sees("申诉已提出")
	unit.both("result-appealed")
	head.open(at + "/appeals")
	head.tick("成立")
	head.fill("成立的，更正为", "仍有问题，处数更正")
	head.fill("仍有问题的处数", "1")
	head.fill("答复意见", "一件已经解读（演示）")
	head.press("答复申诉")
	head.sees("您参加过这个对象的评判")
	third := b.person("kaohe2") // neither judged nor ruled
	third.open(at + "/appeals")
	third.both("round-appeals")
	third.tick("成立")
	third.fill("成立的，更正为", "仍有问题，处数更正")
	third.fill("仍有问题的处数", "1")
	third.fill("答复意见", "经核对，一件已经解读，更正为一处（演示）")
	third.press("答复申诉")
	third.sees("申诉已答复")
	head.open(at)
	head.press("裁定")
	head.sees("没有确认结果")

	ctx, own, id := context.Background(), authz.System("e2e"), at[strings.LastIndexByte(at, '/')+1:]
	r, err := h.Rounds.Round(ctx, own, id)
	if err != nil {
		t.Fatal(err)
	}
	h.ahead(t, clock, 12)
	head.again()
	unit.again()
	if h.Rounds.AppealUntil(r).Provisional {
		// The window runs into a year without a notice of holidays: nobody is late,
		// and it ends when every unit is content.
		list, _, err := h.Rounds.Objects(ctx, own, &authz.Session{}, id, appraisal.ObjectFilter{Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range list {
			if o.Appeals == 0 {
				if err := h.Rounds.Accept(h.acting(t, "西安市人民政府办公厅", "马会宁"), own, o.ID); err != nil {
					t.Fatal(err)
				}
			}
		}
	} else {
		unit.open(result)
		unit.fill("指标", "D-01")
		unit.fill("理由", "过了期限才想起来申诉（演示）")
		unit.press("提出申诉")
		unit.sees("已经期满，不再受理")
		unit.both("result-too-late")
	}
	head.open(at)
	head.press("裁定")
	head.sees("已裁定，可以公布")
	head.press("公布结果")
	head.sees("结果已公布")
	head.both("round-published")
	head.open(at + "/rescore")
	head.sees("还没有核对过")
	head.press("重算核对全部结果")
	head.sees("重算后全部一致")
	head.both("round-rescored")
	unit.open(result)
	unit.sees("已公布")
	unit.sees("更正")
	unit.both("result")
	// An erratum: one proposes, another agrees, the unit and everybody read it.
	head.open(at)
	head.press("公开这一轮的结果")
	head.sees("停止公开")
	head.open(result)
	head.fill("指标", "D-06")
	head.fill("更正为", "符合，不扣分")
	head.fill("理由", "两件都已在部门网站解读（演示）")
	head.both("result-erratum")
	head.press("提出勘误")
	head.sees("请另一人在“更正和勘误”中确认")
	head.open(at + "/errata")
	head.press("同意勘误")
	head.sees("须由提出人以外的第二人确认")
	head.both("round-erratum-own-refused")
	third.again()
	third.open(at + "/errata")
	third.press("同意勘误")
	third.sees("勘误已生效")
	third.both("round-errata")
	unit.open(result)
	unit.sees("两件都已在部门网站解读")
	unit.sees("冻结时")
	unit.both("result-corrected")
	citizen := b.person("")
	citizen.portal("xian.localhost", "/results/")
	citizen.seesSoon(month.Chinese()+"月检查", 20*time.Second)
	citizen.press("西安市" + month.Chinese() + "月检查")
	citizen.seesSoon("两件都已在部门网站解读", 20*time.Second)
	citizen.both("results-public-corrected")
	head.open(result)
	head.press("登记问责")
	head.sees(site)
	head.both("merit-from-result")
	neighbour := b.person("bumen")
	if status, _, _ := neighbour.fetched(strings.TrimPrefix(result, b.base)); status != 404 {
		neighbour.fail("another's result answers %d", status)
	}
}

// annualJourney: every cell of the form leads to its rows or to where it was
// typed from; a contradiction bars it; sent up, returned, sent again, approved,
// published, its address written back, read by the public.
func annualJourney(t *testing.T, h house, clock *movable, b *browser) {
	year := calendar.DateOf(clock.Now()).Year
	if next := (calendar.Date{Year: year + 1, Month: 1, Day: 6}); calendar.DateOf(clock.Now()).Year == calendar.DateOf(time.Now()).Year {
		h.ahead(t, clock, next.Sub(calendar.DateOf(clock.Now())))
	} else {
		year-- // the part before went over the year's end
	}
	unit := b.person("shibian")
	unit.open(fmt.Sprintf("/console/annual?year=%d&kind=site", year))
	unit.both("annual-list")
	unit.press("西安市人民政府（演示）")
	at := unit.location()
	unit.sees("可全程在线办理的事项不应多于政务服务事项")
	unit.both("annual-form")
	// Every cell is opened: its page says the same figure and as many rows.
	type cell struct{ Name, Rows, Page, Says, Value, Kind string }
	cells := eval[[]cell](unit, `(async () => { const out = []; for (const a of document.querySelectorAll('main table a[href*="/cells/"]')) { const row = a.closest("tr"); if (!row || out.some(x => x.Page === a.getAttribute("href")) || row.cells.length < 4) continue;
		const r = await fetch(a.href); const d = new DOMParser().parseFromString(await r.text(), "text/html"); const main = d.querySelector("main"); const rows = (row.innerText.match(/明细 ([\d,]+) 行/) || ["", ""])[1];
		out.push({Name: a.innerText.trim(), Rows: rows, Page: a.getAttribute("href"), Says: r.status + " " + d.querySelector("h1").textContent.trim(), Value: (main.textContent.match(/([\d,]+) 行/) || ["", ""])[1], Kind: ["统计的明细", "这一项手工填报", "由填报人填写", "由本表其他单元格计算"].find(s => main.textContent.includes(s)) || ""}); } return out; })()`, chromedp.EvalAwaitPromise)
	if len(cells) < 50 {
		unit.fail("%d cells of the form lead somewhere", len(cells))
	}
	for _, c := range cells {
		if !strings.HasPrefix(c.Says, "200 ") || !strings.Contains(c.Says, c.Name) || c.Kind == "" {
			t.Errorf("the cell %q opens %q, %q", c.Name, c.Says, c.Kind)
		}
		if c.Rows != "" && c.Rows != c.Value {
			t.Errorf("the cell %q has %s rows and opens %s", c.Name, c.Rows, c.Value)
		}
	}
	unit.press("信息发布总数")
	unit.sees("统计的明细")
	unit.both("annual-cell")
	unit.fill("数据", "12")
	unit.press("保存这一项")
	unit.sees("理由") // a counted figure is not silently replaced
	unit.open(at)
	unit.press("报送审核")
	unit.sees("处理后才能报送")
	unit.both("annual-barred")

	unit.press("填报")
	unit.both("annual-fill")
	fill := func() {
		eval[bool](unit, `(() => { for (const e of document.querySelectorAll("main form input, main form textarea, main form select")) {
			if (e.name === "v_items_online") e.value = "1310";
			else if (e.name.startsWith("v_") && (e.type === "radio" || e.type === "checkbox")) { if (e.type === "radio" && ![...document.getElementsByName(e.name)].some(o => o.checked)) e.checked = true; }
			else if (e.name.startsWith("v_") && !e.value) e.value = e.type === "date" ? `+quoted(fmt.Sprintf("%d-01-06", year+1))+` : e.inputMode === "decimal" ? "0" : "演示";
			else if (e.name.startsWith("source_") && !e.value) e.value = "各业务系统年度统计（演示）";
			else if (e.name.startsWith("r_") && !e.value) e.value = "统计口径有变化（演示）";
		} return true; })()`)
		unit.press("保存填报")
	}
	fill()
	unit.sees("已保存，尚未报送")
	unit.press("填报")
	fill() // the reasons of the great changes, which are asked for now
	unit.sees("各项齐全，数字之间没有矛盾")
	unit.sees("手工填报")
	unit.press("报送审核")
	unit.sees("已报送审核")
	unit.both("annual-submitted")
	above := b.person("sheng")
	above.open(at)
	above.careless()
	above.press("退回重填")
	above.sees("请填写退回原因")
	above.fill("退回原因", "服务事项数与省平台不一致，请核对（演示）")
	above.press("退回重填")
	above.sees("已退回")
	unit.open(at)
	unit.sees("服务事项数与省平台不一致")
	unit.both("annual-returned")
	unit.press("报送审核")
	unit.sees("已报送审核")
	above.open(at)
	above.press("审核通过")
	above.sees("审核通过，已通知填报单位公开")
	unit.open(at)
	unit.press("公开报表")
	unit.sees("已公开")
	citizen := b.person("")
	list := fmt.Sprintf("/annual/?kind=site&year=%d", year)
	citizen.portal("xian.localhost", list)
	citizen.seesSoon("西安市人民政府（演示）", 20*time.Second)
	citizen.both("annual-public-list")
	citizen.open(eval[string](citizen, `document.querySelector('main a[href^="/annual/site/"]').href`))
	citizen.sees("内容校验值")
	citizen.sees("各业务系统年度统计（演示）")
	citizen.both("annual-public")
	public := citizen.location()
	unit.fill("公开网址", "http://xian.localhost:"+b.port+"/nowhere/")
	unit.press("登记网址")
	unit.sees("这个网址返回 404")
	unit.fill("公开网址", public)
	unit.press("登记网址")
	unit.sees("已登记填回的网址")
	unit.sees("已回填网址")
	unit.both("annual-addressed")
	unit.file(strings.TrimPrefix(at, b.base)+"/paper?as=docx", "wordprocessingml", "PK")
}

// assessmentJourney: in January the province's office writes the assessment of the
// year, another person agrees, it goes out with its number, is downloaded, exported
// for the target assessment, and read by the public.
func assessmentJourney(t *testing.T, h house, clock *movable, b *browser) {
	year := calendar.DateOf(clock.Now()).Year - 1
	writer, second := b.person("sheng"), b.person("kaohe2")
	writer.open("/console/bulletins?kind=annual")
	writer.fill("地区", "陕西省")
	writer.fill("时段", fmt.Sprint(year))
	writer.press("编制")
	writer.sees("已编制草稿")
	at := writer.location()
	writer.sees("第二十九条")
	writer.sees(fmt.Sprintf("%d年12月31日", year))
	writer.both("assessment-draft")
	if n := eval[int](writer, `document.querySelectorAll('main a[href*="/rows/"]').length`); n < 10 {
		writer.fail("%d figures open their rows", n)
	}
	writer.press("提交复核")
	writer.sees("已提交复核")
	second.open(at)
	second.fill("意见", "数字已核对，同意（演示）")
	second.press("同意")
	second.sees("可以定稿")
	second.press("定稿")
	second.sees("定稿校验值")
	number := fmt.Sprintf("陕政办函〔%d〕7号", year+1)
	second.fill("发文字号", number)
	second.press("登记印发")
	second.sees("已登记印发")
	second.both("assessment-issued")
	path := strings.TrimPrefix(at, b.base)
	second.file(path+"/document?as=docx", "wordprocessingml", "PK")
	second.file(path+"/document?as=pdf", "pdf", "%PDF")
	second.open(path + "/results")
	second.both("assessment-exports")
	second.file(eval[string](second, `document.querySelector('main a[href*="/results/export"][href*="xlsx"]').getAttribute("href")`), "spreadsheetml", "PK")
	second.open(at)
	second.press("公开这份通报")
	second.sees("已公开")
	citizen := b.person("")
	citizen.portal("shaanxi.localhost", "/bulletins/")
	citizen.seesSoon(number, 20*time.Second)
	citizen.open(eval[string](citizen, `[...document.querySelectorAll('main tbody tr')].find(r => r.innerText.includes(`+quoted(number)+`)).querySelector("a").href`))
	citizen.sees("考核评估情况的通报")
	citizen.both("assessment-public")
	other := b.person("shi") // a city assesses nobody for the year
	other.open("/console/bulletins?kind=annual")
	other.lacks("编制年度考核")
}
