package e2e

import "testing"

// set writes a value into the control of that name, as for date fields, whose
// label carries more than words.
func (p *tab) set(name, value string) {
	p.t.Helper()
	if !eval[bool](p, `(() => { const e = document.querySelector(`+quoted(`[name="`+name+`"]`)+`); if (!e) return false; e.value = `+quoted(value)+`; e.dispatchEvent(new Event("input", {bubbles: true})); e.dispatchEvent(new Event("change", {bubbles: true})); return true; })()`) {
		p.fail("no control is called %q", name)
	}
}

// The round of an office beside the lifecycles: notices of work, training, the
// quarterly self-check, who operates and under which rules, what is shared with
// co-regulators, the budget, deputies, the province's choices and a merger.
// Each is done by the people whose task it is, on a desktop and on a phone, and
// refused where the regulation refuses it.
func TestOfficesKeepTheirRounds(t *testing.T) {
	t.Parallel()
	h := serve(t)
	whole := startBrowser(t, h.addr)
	round := func(name string, fn func(t *testing.T, b *browser)) {
		t.Run(name, func(t *testing.T) { fn(t, whole.in(t)) })
	}
	round("Article04_WorkNotice", func(t *testing.T, b *browser) {
		sheng := b.person("sheng")
		sheng.open("/console/guidance/new")
		sheng.fill("文号", "陕政公开办〔2026〕31号")
		sheng.fill("标题", "关于报送网站移动端适配情况的通知")
		sheng.fill("正文", "请各单位报送网站移动端适配情况。")
		sheng.fill("报送项目", "网站数（数字）（必填）\n说明（多行）")
		sheng.fill("逐个写明的单位", "西安市商务局")
		sheng.tick("只发给逐个写明的单位")
		sheng.press("印发")
		sheng.sees("工作通知要有期限，且不早于今天")
		sheng.both("guidance-refused")
		sheng.set("due", day(7))
		sheng.press("印发")
		sheng.sees("1 个单位")
		notice := sheng.location()

		clerk := b.person("bumen")
		clerk.wide(390, 844)
		clerk.open("/console/guidance")
		clerk.press("关于报送网站移动端适配情况的通知")
		clerk.press("签收")
		clerk.sees("报送")
		clerk.fill("问题", "小程序算不算移动端？")
		clerk.press("送出询问")
		clerk.sees("小程序算不算移动端？")
		clerk.fill("网站数", "一两个")
		clerk.press("报送")
		clerk.sees("数字")
		clerk.both("guidance-return-refused")
		clerk.wide(390, 844)
		clerk.fill("网站数", "2")
		clerk.press("报送")
		clerk.sees("已报送")

		sheng.open(notice)
		sheng.set("answer", "算，请一并填报。")
		sheng.press("答复并公开")
		sheng.sees("算，请一并填报。")
		sheng.press("接收")
		sheng.sees("已接收")
		sheng.both("guidance-done")
		clerk.open(notice)
		clerk.sees("算，请一并填报。")
		// A unit that did not receive it has no such notice.
		stranger := b.person("xianbumen")
		stranger.open(notice)
		stranger.lacks("关于报送网站移动端适配情况的通知")
	})
	round("Article31_TrainingBySignInCode", func(t *testing.T, b *browser) {
		const title = "政府网站业务培训（栏目规范）"
		shi := b.person("shi")
		shi.open("/console/training/new")
		shi.fill("名称", title)
		shi.set("held_on", day(0))
		shi.fill("地点", "市政府办公厅三楼会议室")
		shi.fill("内容", "栏目规范、错敏词、应急处置。")
		shi.press("列入计划")
		shi.sees(title)
		course := shi.location()
		shi.press("显示新的签到码")
		shi.sees("签到码（")
		code := eval[string](shi, `document.querySelector(".code-big").innerText.trim()`)
		if len(code) != 6 {
			t.Fatalf("sign-in code %q", code)
		}
		shi.both("training-code")

		clerk := b.person("bumen")
		clerk.wide(390, 844)
		clerk.open("/console/training/sign-in")
		wrong := "000000"
		if code == wrong {
			wrong = "111111"
		}
		clerk.fill("签到码", wrong)
		clerk.press("签到")
		clerk.sees("签到码不正确或已过期")
		clerk.both("training-wrong-code")
		clerk.wide(390, 844)
		clerk.fill("签到码", code)
		clerk.press("签到")
		clerk.sees(title)

		shi.open(course)
		shi.sees("周启明")
		shi.press("办结培训")
		shi.sees("周启明")
		shi.lacks("办结后生成")
		shi.both("training-held")
		clerk.wide(1366, 900)
		clerk.open("/console/training/sign-in")
		clerk.open(eval[string](clerk, `document.querySelector('a[href*="/certificates/"]').getAttribute("href")`))
		clerk.sees("特发此证")
		clerk.sees("周启明")
		clerk.both("training-certificate")
	})
	round("Article23_SelfCheckAffirmedByTheLeader", func(t *testing.T, b *browser) {
		clerk := b.person("shibian")
		clerk.open("/console/selfchecks")
		clerk.press("西安市人民政府办公厅")
		form := clerk.location()
		clerk.sees("待分管领导确认")
		clerk.lacks("确认自查结果") // who filled it in does not affirm it
		leader := b.person("shi")
		leader.open(form)
		leader.fill("退回原因", "账号一项请写明整改安排。")
		leader.press("退回重填")
		leader.sees("账号一项请写明整改安排。")

		clerk.open(form)
		clerk.sees("已退回")
		clerk.set("note_accounts", "")
		clerk.fill("自查小结", "除账号一项外均符合，已安排整改。")
		clerk.press("提交给分管领导确认")
		if n := eval[int](clerk, `document.querySelectorAll(".field-error").length`); n == 0 {
			clerk.fail("a problem without a word is not refused")
		}
		clerk.both("selfcheck-refused")
		clerk.set("note_accounts", "1 名离岗人员的账号已停用，逐个复核。")
		clerk.press("提交给分管领导确认")
		clerk.sees("待分管领导确认")
		leader.wide(390, 844)
		leader.open(form)
		leader.fill("分管领导姓名", "马会宁")
		leader.fill("职务", "副秘书长")
		leader.press("确认自查结果")
		leader.sees("马会宁 副秘书长")
		leader.both("selfcheck-affirmed")
	})
	round("Article06_OperatorNeedsItsPapers", func(t *testing.T, b *browser) {
		xian := b.person("xian")
		xian.open("/console/operators")
		xian.press("雁塔区政务信息中心（演示）")
		operator := xian.location()
		xian.sees("承办条件（第六条）")
		xian.press("开始承办")
		xian.sees("第六条")
		xian.sees("书面指定")
		xian.both("operator-refused")
		xian.open(operator + "/papers/new?kind=appointment")
		xian.set("from", day(-1))
		xian.attach("file", paper(t, "书面指定.pdf"))
		xian.press("登记书面指定")
		xian.sees("承办条件齐备")
		xian.press("开始承办")
		xian.sees("”开始承办。") // an internal body has no agreement that ends
		xian.both("operator-serving")
	})
	round("Article28_ResidentSignsTheRules", func(t *testing.T, b *browser) {
		clerk := b.person("bumen")
		clerk.wide(390, 844)
		clerk.open("/console/operating-rules")
		clerk.press("西安市政府网站集约化平台运维管理细则（演示）")
		clerk.press("签收细则")
		clerk.sees("周启明")
		clerk.lacks("签收表示已收到并知悉双方权责")
		clerk.both("rules-signed")
	})
	round("Article05_SharedLedgerIsSignedFor", func(t *testing.T, b *browser) {
		other := b.person("xuanchuan")
		other.open("/console/shares")
		other.lacks("核对网站底数（演示）")
		wangxin := b.person("wangxin")
		wangxin.open("/console/shares")
		wangxin.sees("核对网站底数（演示）")
		wangxin.open(eval[string](wangxin, `document.querySelector('tbody a[href^="/console/shares/"]').getAttribute("href")`))
		share := wangxin.location()
		if got := eval[string](wangxin, `(() => { const x = new XMLHttpRequest(); x.open("GET", [...document.querySelectorAll("a")].find(a => a.innerText.includes("下载 CSV")).href, false); x.send(); return x.status + " " + (x.responseText.length > 100); })()`); got != "200 true" {
			t.Fatalf("the file answers %s", got)
		}
		wangxin.fill("反馈", "已收，与本办台账一致。")
		wangxin.press("签收台账")
		wangxin.sees("已签收共享台账")
		wangxin.both("share-signed")
		sheng := b.person("sheng")
		sheng.open(share)
		sheng.sees("陆云帆")
		sheng.sees("已收，与本办台账一致。")
	})
	round("Article21_BudgetGap", func(t *testing.T, b *browser) {
		shi := b.person("shi")
		shi.open("/console/budgets")
		shi.sees("缺 2 类")
		shi.press("西安市商务局")
		shi.sees("登记情况（第二十一条）")
		shi.both("budget-gap")
		shi.press("登记经费")
		shi.set("security_planned", "十几万")
		shi.press("保存经费")
		if n := eval[int](shi, `document.querySelectorAll(".field-error").length`); n == 0 {
			shi.fail("an amount nobody can read is not refused")
		}
		shi.keep("budget-refused")
		shi.set("security_planned", "12万元")
		shi.set("training_planned", "30000")
		shi.press("保存经费")
		shi.sees("120,000.00")
		shi.lacks("登记情况（第二十一条）")
	})
	round("Article18_DeputyDecidesForTheAbsent", func(t *testing.T, b *browser) {
		shi := b.person("shi")
		shi.open("/console/me/handover")
		shi.fill("代理人", "田守一")
		shi.press("启用代理")
		shi.sees("由 田守一 代理")
		shi.both("deputy")
		shi.press("启用代理") // a second click does not appoint twice
		shi.lacks("由 田守一 代理\n由 田守一 代理")
		deputy := b.person("xundu")
		deputy.open("/console/messages?all=1")
		deputy.sees("待办：") // what the office is told reaches who stands in
		deputy.open("/console/cases?mine=todo")
		deputy.press("西安市民政局申请开设")
		deputy.tick("同意上报")
		deputy.fill("意见", "材料齐全，同意上报。")
		deputy.press("提交办理意见")
		deputy.sees("田守一（代 马会宁）")
		deputy.lacks("（代马会宁）") // said once
		deputy.both("deputy-decided")
	})
	round("ProvinceChooses", func(t *testing.T, b *browser) {
		city := b.person("shi")
		city.open("/console/settings")
		city.lacks("重新设定")
		sheng := b.person("sheng")
		sheng.open("/console/settings")
		sheng.sees("第二十条 协同监管（2 项")
		if d := eval[string](sheng, `getComputedStyle(document.querySelector("main details > summary")).display`); d != "list-item" {
			sheng.fail("a folded clause has no mark that it opens: %s", d)
		}
		sheng.both("settings-folded")
		sheng.fill("事项、条款", "共享台账")
		sheng.press("查询")
		sheng.sees("共 1 条")
		sheng.set("share_receipt_workdays", "0")
		sheng.fill("调整原因", "试行缩短")
		sheng.press("设定")
		sheng.sees("共享台账签收期限须为1个工作日以上")
		sheng.set("share_receipt_workdays", "3")
		sheng.fill("调整原因", "缩短签收期限")
		sheng.fill("文号", "陕政办函〔2026〕40号")
		sheng.press("设定")
		sheng.sees("共 1 条") // still what was asked for
		sheng.sees("已改")
		sheng.sees("陕政办函〔2026〕40号")
		sheng.both("settings")
	})
	round("Article04_MergerCarriesEverything", func(t *testing.T, b *browser) {
		shi := b.person("shi")
		shi.open("/console/reorganisations/new?q=西安市人力资源")
		shi.press("西安市人力资源和社会保障局")
		shi.press("合并")
		shi.fill("批准文号", "市编发〔2026〕12号")
		shi.press("预演，看会影响什么")
		if n := eval[int](shi, `document.querySelectorAll(".field-error").length`); n == 0 {
			shi.fail("a merger into nothing is not refused")
		}
		shi.keep("merge-refused")
		shi.fill("并入的单位", "西安市商务局")
		shi.press("预演，看会影响什么")
		shi.sees("预演，还没有办理")
		for _, what := range []string{"政务新媒体账号和客户端：3 项", "办理中的申请：1 项", "在办公告：1 项", "关停迁移：1 项", "经费项目：3 项", "进驻平台：1 项"} {
			shi.sees(what)
		}
		shi.both("merge-rehearsed")
		shi.press("确认办理：合并")
		shi.sees("市编发〔2026〕12号")
		shi.both("merge-done")
		clerk := b.person("bumen")
		clerk.open("/console/accounts?q=西安人社")
		clerk.sees("共 2 条")
		clerk.sees("西安市商务局")
		clerk.open("/console/units?q=西安市人力资源和社会保障局")
		clerk.sees("已撤销")
	})
}
