package e2e

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"zhengshu/internal/calendar"
	"zhengshu/internal/registry"
)

// knocks signs in with a login that somebody was given, and returns what the door
// said.
func (p *tab) knocks(login, password string) {
	p.t.Helper()
	p.open("/console/login")
	p.fill("账号", login)
	p.fill("密码", password)
	p.press("登录")
}

// Article 6: who is entrusted is reviewed, signs both agreements, and only then
// do its people get in; each month is scored, no term follows an unassessed one,
// and the door shuts with the contract.
func contractorJourney(t *testing.T, h house, clock *movable, b *browser) {
	ahead := func(days int) string { return calendar.DateOf(clock.Now()).AddDays(days).String() }
	dept, city, security := b.person("bumen"), b.person("shi"), b.person("anquan")

	dept.open("/console/operators")
	dept.press("登记承办单位")
	dept.tick("委托其他专门机构")
	dept.fill("承办单位名称", "渭水数字科技（演示）有限公司")
	dept.fill("统一社会信用代码", "91610100MA0EXA0002")
	dept.fill("联系人", "骆一鸣")
	dept.fill("联系电话", "029-00000040")
	dept.fill("承办内容", "公众号日常编发和巡检")
	dept.press("登记承办单位")
	dept.sees("请继续登记资质审核和协议")
	at := dept.location()
	dept.press("登记承办人员")
	dept.fill("姓名", "骆一鸣")
	dept.fill("承担的工作", "日常编发")
	dept.press("列入承办人员名单")
	dept.sees("骆一鸣已列入承办人员名单")
	dept.press("开始承办")
	dept.sees("第六条")
	dept.sees("保密协议")
	dept.both("contractor-refused")

	// No login before both agreements: neither the post nor the account.
	const name, first, own = "luoyiming", "Chushi-2026-mima", "Benren-2026-mima"
	account := func() {
		security.open("/console/logins/new")
		security.fill("姓名", "骆一鸣")
		security.fill("单位全称", "西安市商务局")
		security.fill("岗位", "承办单位人员")
		security.fill("登录名", name)
		security.fill("初始密码", first)
		security.press("新建账号")
		security.sees("请选明是哪一位")
		security.fill("台账中的人员", "骆一鸣")
		security.fill("初始密码", first)
		security.press("新建账号")
	}
	appoint := func() {
		city.open(at)
		city.press("办理")
		city.press("任命承办岗位")
	}
	account()
	security.sees("按规定不能这样办")
	security.sees("保密协议")
	security.both("contractor-no-login")
	appoint()
	city.sees("按规定不能这样办")
	worker := b.person("")
	worker.knocks(name, first)
	worker.sees("账号或密码不正确")

	dept.open(at)
	dept.press("登记资质审核")
	dept.fill("审核人", "周启明")
	dept.set("on", ahead(0))
	dept.tick("合格")
	dept.fill("审核意见", "营业执照、同类业绩、人员证书齐全")
	dept.attach("file", paper(t, "资质审核表.pdf"))
	dept.press("登记审核结果")
	dept.sees("资质审核已登记")
	sign := func(kind string, from, until int) {
		t.Helper()
		dept.open(at)
		dept.press("登记" + kind)
		dept.set("from", ahead(from))
		dept.set("until", ahead(until))
		if kind == "承办协议" {
			dept.tick("协议已明确约定双方权责条款")
		}
		dept.attach("file", paper(t, kind+".pdf"))
		dept.press("登记" + kind)
	}
	sign("承办协议", 0, 40)
	dept.sees("承办协议已登记")
	account() // one of two is not enough
	security.sees("保密协议")
	sign("保密协议", 0, 400)
	dept.sees("承办条件齐备")
	dept.press("开始承办")
	dept.sees("承办中")
	appoint()
	city.sees("骆一鸣已任命承办岗位")
	account()
	security.sees("已为骆一鸣新建账号 " + name)

	worker.knocks(name, first)
	worker.sees("管理员设置的")
	worker.fill("现在的密码", first)
	worker.fill("新密码", own)
	worker.fill("再输一遍新密码", own)
	worker.press("修改密码")
	worker.sees("工作台")
	worker.both("contractor-signed-in")
	worker.open(at) // it does not see its own contract
	worker.sees("没有“")

	// A month is scored when it is over; the figures are kept as they are.
	h.ahead(t, clock, 32)
	dept.again().open(at)
	dept.press("月度考评")
	dept.press("上一月")
	dept.sees("确认本月考评")
	dept.fill("评价", "响应及时")
	dept.press("确认考评")
	dept.sees("本月考评已确认")
	dept.both("contractor-month")

	// No renewal without the assessment.
	sign("承办协议", 9, 300)
	dept.sees("按规定不能这样办")
	dept.sees("考核")
	dept.open(at)
	dept.press("登记承办期考核")
	dept.fill("承办期", ahead(-32))
	dept.tick("优秀")
	dept.fill("得分", "92.5")
	dept.fill("考核意见", "按约完成")
	dept.fill("考核人", "周启明")
	dept.set("on", ahead(0))
	dept.press("登记考核结果")
	dept.sees("可以续签")

	// Nothing new signed: the last day still opens the door, the next does not.
	h.ahead(t, clock, 8)
	worker.knocks(name, own)
	worker.sees("工作台")
	h.ahead(t, clock, 1)
	worker.knocks(name, own)
	worker.sees("停用")
	worker.both("contractor-shut-out")
	dept.again().open(at)
	dept.sees("协议已到期，承办人员的登录已停止")
	dept.both("contractor-lapsed")
}

// path is where the link goes whose text begins so.
func (p *tab) path(text string) string {
	p.t.Helper()
	href := eval[string](p, `([...document.querySelectorAll("a")].find(a => a.innerText.trim().startsWith(`+quoted(text)+`)) || {}).pathname || ""`)
	if href == "" {
		p.fail("no link says %q", text)
	}
	return href
}

// careless sends the page's forms as a browser would that checks nothing itself:
// the house must say what is wrong.
func (p *tab) careless() {
	p.t.Helper()
	eval[int](p, `(() => { const all = document.querySelectorAll("form"); all.forEach(f => f.noValidate = true); return all.length; })()`)
}

// What keepers of the ledger do beside the lifecycles: posts, quotas, clocks,
// the cut-over, protection, and what the public may take away. One province, the
// people whose job it is, and each refusal with its article.
func TestKeepersKeepTheLedger(t *testing.T) {
	t.Parallel()
	h, clock := serveMovable(t)
	h.sameYear(t, clock, 10)
	whole := startBrowser(t, h.addr)
	today := calendar.DateOf(clock.Now())
	site := h.site(t, "西安市商务局", "西安市商务局旧站", "swj-old.xian.example")
	video := h.running(t, "西安市商务局", "douyin", "西安商务视频")
	wechat := h.running(t, "西安市商务局", "wechat", "西安商务公众号")
	h.running(t, "西安市商务局", "miniapp", "西安商务小程序")
	round := func(name string, fn func(t *testing.T, b *browser)) {
		t.Run(name, func(t *testing.T) { fn(t, whole.in(t)) })
	}
	round("Article18_VacancyIsFilled", func(t *testing.T, b *browser) {
		city := b.person("shi")
		city.open("/console/vacancies")
		city.sees("第十八条")
		city.open("/console/vacancies?kind=leader&q=" + url.QueryEscape("西安市商务局"))
		city.sees("共 1 条")
		city.both("vacancy")
		city.press("登记")
		city.careless()
		city.press("登记岗位")
		if n := eval[int](city, `document.querySelectorAll(".field-error").length`); n == 0 {
			city.fail("a post without a person is not refused")
		}
		city.fill("人员", "钱若兰")
		city.fill("任命文号", "市政任〔2026〕5号")
		city.press("登记岗位")
		city.sees("已登记钱若兰为分管领导")
		city.open("/console/vacancies?kind=leader&q=" + url.QueryEscape("西安市商务局"))
		city.sees("没有岗位空缺")
		dept := b.person("bumen") // the unit reads it too
		dept.open("/console/people?q=" + url.QueryEscape("钱若兰"))
		dept.sees("分管领导")
	})
	round("Article18_HandOverInTwoClicks", func(t *testing.T, b *browser) {
		county := b.person("xian")
		county.open("/console/people?q=" + url.QueryEscape("贺小满"))
		county.press("贺小满")
		county.press("代理、移交") // the first click
		county.sees("A 岗")
		county.sees("名下内容")
		held := eval[int](county, `document.querySelectorAll(".panel .table tbody tr").length`)
		unfold := func() {
			t.Helper()
			eval[bool](county, `(() => { [...document.querySelectorAll("main details")].forEach(d => d.open = true); return true; })()`)
		}
		unfold()
		county.both("handover")
		unfold()
		county.fill("接手的人", "请选择")
		county.careless()
		county.press("确认移交")
		if n := eval[int](county, `document.querySelectorAll(".field-error").length`); n == 0 || held == 0 {
			county.fail("a hand-over of %d things to nobody is not refused", held)
		}
		county.fill("接手的人", "罗静怡")
		county.press("确认移交") // the second
		county.sees("已由贺小满移交给罗静怡，共 ")
		county.both("handover-done")
		county.open("/console/people?q=" + url.QueryEscape("罗静怡"))
		county.press("罗静怡")
		county.sees("贺小满 移交 罗静怡")
		county.both("handover-received")
		stranger := b.person("xianbumen") // another unit's clerk moves nothing here
		stranger.open(county.location())
		stranger.lacks("代理、移交")
	})
	round("Article07_1_Quotas", func(t *testing.T, b *browser) {
		dept := b.person("bumen")
		dept.opening("周启明", "西安市商务局第二网站（演示）", "er.xa.gov.cn")
		dept.press("提交申请")
		dept.sees("按规定不能这样办")
		dept.sees("一个单位最多开设一个网站")
		dept.both("second-site-refused")
		event := append([]string{"开设事由", "丝博会宣传", "账号名称", "西安丝博会（演示）", "总负责人", "周启明", "内容保障和运维安排", "会期每日更新", "平台", "快手"}, contactOf...)
		dept.matter("account_opening", event...)
		dept.tick("信息发布")
		dept.tick("为重大活动或专项工作开设")
		dept.sign(today.String())
		dept.press("提交申请")
		dept.sees("重大活动或专项工作不单独开设")
		dept.sees("第七条（一）")
		dept.both("event-refused")
	})
	round("Article27_OneMainAccount", func(t *testing.T, b *browser) {
		dept := b.person("bumen")
		main := func(ref registry.Ref) {
			t.Helper()
			dept.open("/console/accounts/" + ref.ID + "/edit")
			dept.tick("是本单位的主账号")
			dept.fill("为什么改", "确定主账号")
			dept.press("核对改动")
		}
		main(wechat)
		dept.press("核对无误")
		dept.sees("确定主账号")
		main(video)
		dept.sees("按规定不能这样办")
		dept.sees("一个单位只设一个主账号（第二十七条）")
		dept.both("second-main-refused")
	})
	round("Baseline_CoverageAndCutOver", func(t *testing.T, b *browser) {
		province := b.person("sheng")
		province.open("/console/coverage")
		province.sees("西安市")
		province.both("coverage")

		city, dept := b.person("shi"), b.person("bumen")
		city.open("/console/cutover?state=pending&q=" + url.QueryEscape("西安商务视频"))
		city.sees("共 1 条")
		city.tickAll(`input[name="pick"]`)
		city.fill("认定依据", "请选择")
		city.careless()
		city.press("认定所选各项")
		city.sees("请选择")
		city.press("西安商务视频")
		city.fill("认定依据", "2021-06-07 前开设")
		city.fill(today.String()[:4]+" 年已临时下线次数", "1")
		city.fill("已下线天数", "6")
		city.press("确认认定")
		city.sees("已认定")
		city.sees("1 次、6 天")
		city.both("cutover-done")
		// What was used up before counts: this year holds no second pause.
		dept.open(matterPath("offline", video))
		dept.fill("计划下线日期", today.AddDays(1).String())
		dept.fill("计划恢复日期", today.AddDays(3).String())
		dept.fill("下线原因", "调整发布流程")
		dept.fill("下线期间的替代服务", "请到市政府门户网站咨询")
		dept.signed(today)
		dept.press("提交申请")
		dept.sees("年已临时下线1次")
		dept.sees("第八条（一）")
		dept.open("/console/cutover") // its own records, but it confirms none
		dept.lacks("认定所选各项")
	})
	round("Articles23_24_ProtectionIsSeenAtTheSite", func(t *testing.T, b *browser) {
		dept := b.person("bumen")
		about := "?unit=" + string(h.unit(t, "西安市商务局").ID)
		dept.open("/console/hosting/new" + about)
		hosting := func(nation string) {
			t.Helper()
			dept.fill("网站或客户端", "西安市商务局旧站")
			dept.fill("托管方式", "云主机")
			dept.fill("服务商", "西安市政务云（演示）")
			dept.fill("服务商属地", "中国内地")
			dept.fill("服务器部署地", nation)
			dept.fill("部署地点", "西安市政务数据中心")
			dept.set("until", today.AddDays(300).String())
			dept.press("保存登记")
		}
		hosting("中国香港")
		dept.sees("第二十四条")
		dept.both("hosting-refused")
		hosting("中国内地")
		dept.sees("西安市政务云（演示）")
		dept.open("/console/protection/new" + about)
		dept.fill("网站或客户端", "西安市商务局旧站")
		dept.fill("保护等级", "第三级")
		dept.press("保存定级备案")
		dept.sees("备案") // a third grade is filed and assessed
		dept.press("登记测评")
		dept.set("on", today.AddDays(-3).String())
		dept.fill("测评机构", "陕西省网络安全测评中心（演示）")
		dept.fill("测评结论", "良")
		dept.attach("file", paper(t, "测评报告.pdf"))
		dept.press("登记测评")
		dept.sees("良")
		dept.both("grade")
		dept.open("/console/assets/new" + about)
		dept.fill("类别", "关键设备")
		dept.fill("名称", "入侵防御系统（演示）")
		dept.fill("厂商", "某安全公司（演示）")
		dept.fill("证书类别", "安全认证")
		dept.press("保存登记")
		dept.sees("请填写证书编号") // what was typed is not dropped
		dept.both("device-refused")
		dept.fill("证书类别", "无")
		dept.press("保存登记")
		dept.sees("第二十四条") // entered as it is, and told what it lacks
		dept.press("修改")
		dept.fill("证书类别", "安全认证")
		dept.fill("证书编号", "YS-2026-0077")
		dept.set("expires", today.AddDays(300).String())
		dept.press("保存登记")
		dept.sees("YS-2026-0077")
		dept.both("device")
		dept.open("/console/sites/" + site.ID)
		dept.sees("第三级")
		dept.press("西安市政务云（演示）")
		dept.sees("中国内地")
		stranger := b.person("xianbumen")
		stranger.open(dept.location())
		stranger.sees("没有找到")
	})
	round("Article20_MediaContact", func(t *testing.T, b *browser) {
		province := b.person("sheng")
		province.open("/console/contacts")
		province.press("登记联系人")
		province.fill("登记单位", "陕西省人民政府办公厅")
		province.fill("媒体名称", "某晚报（演示）")
		province.fill("类别", "新闻")
		province.fill("联系人", "江听雨")
		province.careless()
		province.press("保存联系人")
		province.sees("电话")
		if n := eval[int](province, `document.querySelectorAll(".field-error").length`); n == 0 {
			province.fail("a contact nobody can call is not refused")
		}
		province.fill("电话", "029-00000050")
		province.press("保存联系人")
		province.sees("某晚报（演示）")
		province.both("contacts")
	})
	round("Article04_UrgingOnceADay", func(t *testing.T, b *browser) {
		province := b.person("sheng")
		province.open("/console/guidance/new")
		province.fill("文号", "陕政公开办〔2026〕77号")
		province.fill("标题", "关于核对值班电话的通知")
		province.fill("正文", "请核对值班电话。")
		province.fill("逐个写明的单位", "西安市商务局")
		province.tick("只发给逐个写明的单位")
		province.set("due", today.AddDays(7).String())
		province.press("印发")
		province.sees("1 个单位")
		province.press("催办未办结的 1 个单位")
		province.sees("已催办 1 个单位")
		province.both("urged")
		province.press("催办未办结的 1 个单位")
		province.sees("今天已催办过，没有重复发送")
		dept := b.person("bumen")
		dept.open("/console/messages?all=1")
		dept.sees("催办：关于核对值班电话的通知")
		dept.open(eval[string](dept, `[...document.querySelectorAll(".panel")].find(e => e.innerText.includes("催办：关于核对值班电话的通知")).querySelector("a").getAttribute("href")`))
		dept.press("签收")
		dept.sees("已签收")
		province.open(province.location())
		province.lacks("催办未办结的 1 个单位")
	})
	round("Article31_MandatoryContent", func(t *testing.T, b *browser) {
		city := b.person("shi")
		city.open("/console/training/new")
		city.fill("名称", "网信能力必修课（演示）")
		city.set("held_on", today.String())
		city.tick("领导干部和公务员必学内容")
		city.press("列入计划")
		city.sees("请填写列为必学内容的文件")
		city.fill("列为必学内容的文件", "市培训计划〔2026〕2号")
		city.press("列入计划")
		city.sees("市培训计划〔2026〕2号")
		city.both("mandatory")
		city.open("/console/training?kind=mandatory")
		city.sees("网信能力必修课（演示）")
	})
	round("Article27_LowUseApps", func(t *testing.T, b *browser) {
		dept, province := b.person("bumen"), b.person("sheng")
		use := func(users string) {
			t.Helper()
			dept.open("/console/apps/low-use")
			dept.sees("西安商务小程序")
			dept.press("登记运行情况")
			dept.fill("月活跃用户", users)
			dept.careless()
			dept.press("登记")
		}
		use("-5")
		if n := eval[int](dept, `document.querySelectorAll(".field-error").length`); n == 0 {
			dept.fail("fewer than nobody is not refused")
		}
		use("300")
		province.open("/console/apps/low-use")
		province.sees("300 人")
		province.both("low-use")
		use("900")
		province.open("/console/apps/low-use")
		province.lacks("西安商务小程序")
	})
	round("PublicAsksWhatIsOfficial", func(t *testing.T, b *browser) {
		citizen := b.person("", withoutScript)
		citizen.wide(390, 844)
		for _, ask := range []struct{ name, address, verdict string }{
			{"official", "https://xian.localhost/news/1.html", "是官方的"},
			{"unknown", "http://shop.example.com/", "不在官方名录里"},
			{"lookalike", "http://www.xianyanq.example/", "而且与官方网址相似"},
		} {
			citizen.portal("shaanxi.localhost", "/official/check")
			citizen.fill("网址、域名或账号网址", ask.address)
			citizen.press("核对")
			citizen.sees(ask.verdict)
			citizen.keep("address-" + ask.name + "-390")
		}
		citizen.press("开放数据")
		citizen.sees("数据项说明")
		citizen.keep("open-data-390")
		reader := newVisitor(t, h.addr)
		download := func(text string) {
			t.Helper()
			r, err := http.NewRequest(http.MethodGet, reader.base+citizen.path(text), nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Host = "shaanxi.localhost:" + b.port
			if reader.take(reader.client.Do(r)); reader.status != 200 || !strings.HasPrefix(reader.disposition, "attachment") {
				t.Fatalf("%s answers %d %s", text, reader.status, reader.disposition)
			}
		}
		download("下载 CSV")
		rows, err := csv.NewReader(strings.NewReader(reader.page)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		download("下载 JSON")
		var data registry.Directory
		if err := json.Unmarshal([]byte(reader.page), &data); err != nil || len(rows) < 100 || len(rows) != len(data.Entries)+1 {
			t.Fatalf("%d rows of CSV, %d entries of JSON (%v)", len(rows), len(data.Entries), err)
		}
	})
	round("Clocks_CalendarBoardReminders", func(t *testing.T, b *browser) {
		dept := b.person("bumen")
		dept.open("/console/calendar?month=" + today.AddDays(7).String()[:7])
		dept.sees("到期日历")
		dept.sees("关于核对值班电话的通知")
		feed := func() string {
			dept.press("生成新的订阅网址")
			dept.sees("请现在复制保存")
			return eval[string](dept, `[...document.querySelectorAll(".mono")].find(e => e.innerText.includes("/console/feeds/")).innerText.trim()`)
		}
		old := feed()
		dept.both("calendar")
		program := newVisitor(t, h.addr) // a calendar program has no session
		program.base = ""
		if program.get(old); program.status != 200 || !strings.Contains(program.page, "BEGIN:VCALENDAR") || !strings.Contains(program.page, "DTSTART;VALUE=DATE:") {
			t.Fatalf("the calendar answers %d %.200s", program.status, program.page)
		}
		if fresh := feed(); fresh == old {
			t.Fatal("a new address is the old one")
		}
		if program.get(old); program.status != 404 {
			t.Fatalf("the old address answers %d", program.status)
		}
		dept.open("/console/calendar?mine=on")
		dept.sees("到期日历")
		stranger := b.person("xianbumen")
		stranger.open("/console/calendar?unit=" + string(h.unit(t, "西安市商务局").ID))
		stranger.sees("没有找到")

		dept.open("/console/me/notifications")
		dept.sees("20:00 至 次日 8:00")
		dept.fill("邮箱", "zhou@")
		dept.tick("每日一封")
		dept.careless()
		dept.press("保存接收设置")
		if n := eval[int](dept, `document.querySelectorAll(".field-error").length`); n == 0 {
			dept.fail("an address nobody can write to is not refused")
		}
		dept.fill("邮箱", "zhou@example.gov.cn")
		dept.tick("免打扰时段只发紧急的")
		dept.press("保存接收设置")
		dept.sees("接收设置已保存")
		dept.both("reminders")

		province := b.person("sheng")
		h.ahead(t, clock, 40)
		province.again().open("/console/obligations/board")
		province.sees("按单位")
		province.sees("按条款")
		province.sees("西安市")
		province.both("board")
		province.press("西安市")
		province.sees("单位：西安市")
		province.sees("超期")
		province.both("board-of-a-unit")
	})
	round("Article06_ContractorsDoorOpensAndShutsWithTheContract", func(t *testing.T, b *browser) { contractorJourney(t, h, clock, b) })
}
