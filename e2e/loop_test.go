package e2e

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestLoop walks the loop with different people on one house: apply and
// approve, publish, interact, inspect, rectify, assess and report.
func TestLoop(t *testing.T) {
	t.Parallel()
	h := serve(t)
	b := startBrowser(t, h.addr)
	for _, part := range []struct {
		name string
		walk func(t *testing.T, b *browser)
	}{
		{"register", register}, {"apply and approve", open}, {"publish", publish}, {"interact", interact},
		{"inspect and rectify", inspect}, {"assess and report", assess},
	} {
		t.Run(part.name, func(t *testing.T) { part.walk(t, b.in(t)) })
	}
}

// register: the ledger takes a file, row by row, and says what it refused.
func register(t *testing.T, b *browser) {
	province := b.person("sheng")
	province.open("/console/import")
	rows := "name,level,code,host,sponsor,site_code\n高陵区人民政府（演示）,county,610117,www.gaoling.example.gov.cn,,6101179901\n坏行,county,619999,www.bad.example.gov.cn,,\n"
	province.tick("网站")
	province.attach("file", writeFile(t, "sites.csv", rows))
	province.press("上传并预检")
	province.sees("619999")
	province.both("import-dry-run")
	province.press("确认导入 1 行")
	province.open("/console/sites?q=gaoling")
	province.sees("高陵区人民政府（演示）")
	province.both("ledger")
}

// open is Article 7 walked by its people: a department applies, the city
// passes it on, the province approves, the launch list bars until it is full;
// a county department is refused with the article.
func open(t *testing.T, b *browser) {
	county := b.person("xianbumen")
	county.opening("吴思源", "雁塔区商务局网站（演示）", "swj.yanta.example.gov.cn")
	county.press("提交申请")
	county.sees("第七条（一）")
	county.both("refused")

	dept := b.person("bumen", withoutScript)
	dept.opening("周启明", "西安市商务局网站（演示）", "shangwu.localhost")
	dept.keep("opening-form")
	dept.press("提交申请")
	dept.sees("SP-")
	dept.both("case")
	at := dept.location()

	city := b.person("shi")
	city.sees("西安市商务局网站（演示）")
	city.keep("workbench")
	city.says(at, "同意上报", "拟同意，请审定")
	city.sees("陕西省人民政府办公厅")

	province := b.person("sheng")
	province.open(at)
	province.both("case-to-approve")
	province.tick("批准")
	province.fill("意见", "同意")
	province.press("提交办理意见")
	province.sees("已批准")
	province.open(at + "/print")
	province.keep("print")
	province.open("/console/sites?q=shangwu")
	province.sees("西安市商务局网站（演示）")
}

// publish: first and final review by different people; live on the site's own
// host; withdrawn from every view.
func publish(t *testing.T, b *browser) {
	const title = "关于冬季供暖服务热线的公告（演示）"
	editor := b.person("shibian", withoutScript)
	editor.open("/console/items/new?type=notice")
	editor.fill("标题", title)
	editor.fill("信息类型", "通知公告")
	editor.fill("正文", "供暖期间，服务热线全天受理群众诉求。\n\n联系人：演示员，手机：15500000389。")
	editor.tick("通知公告")
	editor.fill("来源", "市政府办公厅")
	editor.press("保存并送审")
	editor.sees("个人手机号码")
	editor.both("editor-warned")
	editor.fill("正文", "供暖期间，服务热线全天受理群众诉求。\n\n联系电话见各区供热单位公告。")
	editor.press("保存并送审")
	editor.sees("待初审")
	at := editor.location()

	first := b.person("shichu")
	first.sees(title)
	first.open(at + "/review")
	first.both("first-review")
	first.press("初审通过")
	first.sees("待终审")

	final := b.person("shizhong")
	final.open(at + "/review")
	final.stamp(gates...)
	final.tickAll(`input[name="declare"]`)
	final.both("final-review")
	final.press("终审通过并发布")
	final.sees("已发布")

	citizen := b.person("")
	citizen.portal("xian.localhost", "/notices/")
	took := citizen.seesSoon(title, 10*time.Second)
	t.Logf("visible on the portal %v after the final review", took.Round(time.Millisecond))
	citizen.both("portal-column")
	citizen.press(title)
	citizen.sees("服务热线全天受理")
	citizen.both("portal-article")
	page := citizen.location()
	citizen.portal("xian.localhost", "/search?q="+url.QueryEscape("供暖服务热线"))
	citizen.sees(title)
	citizen.both("portal-search")
	citizen.portal("xian.localhost", "/elder/")
	citizen.both("portal-elder")

	final.open(at)
	final.press("撤稿")
	final.fill("撤稿理由", "内容有误，重新核实")
	final.press("撤下这篇稿件")
	final.sees("已撤稿")
	citizen.open(page)
	citizen.seesSoon("撤", 10*time.Second)
	citizen.keep("portal-withdrawn")
	citizen.portal("xian.localhost", "/notices/")
	citizen.lacks(title)
	citizen.portal("xian.localhost", "/search?q="+url.QueryEscape("供暖服务热线"))
	citizen.lacks(title)
}

// interact: a citizen writes without an account, is answered by two people,
// follows with the query code, and reads the reply without names.
func interact(t *testing.T, b *browser) {
	citizen := b.person("", withoutScript)
	citizen.portal("xian.localhost", "/letters/new")
	citizen.fill("来信类型", "咨询")
	citizen.fill("标题", "老年助餐卡怎么办理（演示）")
	citizen.fill("内容", "请问在哪里办理老年助餐卡，需要带什么材料？𠮷")
	citizen.fill("姓名", "王某演")
	citizen.fill("电话", "15500001234")
	citizen.tick("同意隐去个人信息后公开")
	citizen.both("letter-form")
	time.Sleep(3100 * time.Millisecond) // a person takes longer than a program
	citizen.press("提交来信")
	citizen.sees("查询码")
	citizen.both("letter-receipt")
	code := eval[string](citizen, `(document.body.innerText.match(/[2-9A-HJKMNP-TW-Z]{10}/) || document.body.innerText.replace(/[\s-]/g, "").match(/查询码[：:]?([2-9A-Z]{10})/) || [""]).slice(-1)[0]`)
	if len(code) != 10 {
		t.Fatalf("no query code on the receipt: %q", code)
	}

	clerk := b.person("shibian")
	clerk.open("/console/letters?waiting=1")
	clerk.press(eval[string](clerk, `[...document.querySelectorAll("main table a")].map(a => a.innerText).filter(t => t.startsWith("LX-")).sort().pop()`))
	clerk.sees("老年助餐卡")
	clerk.lacks("15500001234")
	at := clerk.location()
	clerk.press("受理这封来信")
	clerk.open(at + "/assign")
	clerk.fill("承办单位", "西安市人民政府办公厅")
	clerk.press("查询")
	clerk.fill("承办人", "高翔宇")
	clerk.press("分办")
	clerk.open(at + "/answer")
	clerk.fill("答复内容", "您好，助餐卡请携带身份证件到所在社区办理，当场可取。")
	clerk.press("送审")
	clerk.keep("letter-answered")

	final := b.person("shizhong")
	final.open(at)
	final.both("letter-review")
	final.press("通过并答复来信人")
	final.sees("已答复")
	final.press("公开来信和答复")

	citizen.portal("xian.localhost", "/letters/query")
	citizen.fill("查询码", code)
	citizen.fill("电话后四位", "1234")
	citizen.press("查询")
	citizen.sees("携带身份证件到所在社区")
	citizen.both("letter-follow")
	citizen.portal("xian.localhost", "/letters/replies")
	citizen.sees("老年助餐卡")
	citizen.lacks("王某演")
	citizen.portal("xian.localhost", "/letters/statistics")
	citizen.both("letter-statistics")
}

// inspect: a duty inspector runs a check; a finding becomes an order; the unit
// answers; the retest decides.
func inspect(t *testing.T, b *browser) {
	duty := b.person("xundu")
	duty.open("/console/inspection")
	duty.both("inspection-board")
	duty.press("雁塔区人民政府（演示）")
	duty.press("立即检查")
	for range 120 {
		if !strings.Contains(duty.text(), "检查中") && !strings.Contains(duty.text(), "等待") {
			break
		}
		time.Sleep(500 * time.Millisecond)
		duty.do(chromedp.Reload())
	}
	duty.both("inspection-run")
	duty.open("/console/findings?q=" + url.QueryEscape("雁塔"))
	duty.sees("登陆")
	duty.sees("手机")
	duty.both("findings")
	duty.press("页面公开了未遮蔽的手机号码")
	duty.both("finding")

	city := b.person("shi")
	// The demo's own order may have come first; then the city looks at that one.
	city.open("/console/orders/new?q=" + url.QueryEscape("雁塔"))
	if city.tickAll(`input[name="finding"]`) > 0 {
		city.press("核对分份")
		city.both("order-checked")
		city.press("下发这")
		city.open("/console/orders?q=" + url.QueryEscape("雁塔"))
		city.press("ZG-")
	} else {
		city.open("/console/orders?q=" + url.QueryEscape("雁塔"))
		city.press("ZG-")
	}
	city.sees("ZG-")
	city.both("order")
	at := city.location()

	county := b.person("xian")
	county.open(at)
	county.fill("整改情况", "已核实，正在改正。")
	county.press("答复并复测")
	county.sees("已核实，正在改正")
	county.press("复测")
	county.both("order-retested")
	county.sees("复测")
}

// assess: the score explains each point; the bulletin's numbers open their rows.
func assess(t *testing.T, b *browser) {
	city := b.person("shi")
	city.open("/console/scores")
	city.sees("雁塔区人民政府（演示）")
	city.both("scores")
	city.press("雁塔区人民政府（演示）")
	city.both("score")
	city.open("/console/bulletins")
	city.both("bulletins")
	// The demo keeps a draft of the quarter that runs.
	city.open(eval[string](city, `[...document.querySelectorAll("main tbody tr")].find(r => r.innerText.includes("草稿")).querySelector("a").href`))
	city.sees("通报")
	city.both("bulletin")
	link := eval[string](city, `(document.querySelector('a[href*="/rows/"]') || {href: ""}).href`)
	if link == "" {
		city.fail("no number opens its rows")
	}
	city.open(link)
	city.both("bulletin-rows")
	province := b.person("sheng")
	province.open("/console/packs")
	province.sees("演示采用")
	province.both("packs")
	audit := b.person("shenji")
	audit.open("/console/audit/verify")
	audit.press("立即校验")
	audit.sees("0")
	audit.both("audit-verify")
}
