package e2e

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/org"
	"zhengshu/internal/signin"
)

// employ gives a unit without a demo login a person who can sign in.
func (h house) employ(t testing.TB, unit, name, login string, role authz.Role) {
	t.Helper()
	u := h.unit(t, unit)
	ctx, all := audit.System(context.Background(), "e2e"), authz.System("e2e")
	if err := h.DB.Update(ctx, func(tx *db.Tx) error {
		who, err := h.Org.AddPerson(ctx, tx, all, org.Person{Unit: u.ID, Name: name})
		if err != nil {
			return err
		}
		if err := h.Org.Appoint(ctx, tx, all, who.ID, u.ID, role); err != nil {
			return err
		}
		_, err = h.Signin.CreateLogin(ctx, tx, all, who.ID, login, demoPassword, signin.SecondFactor{Off: signin.DemoSecondFactorOff})
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// TestArticle07_09_27_WhatRunsChanges walks what becomes of an object that runs,
// and the chains of Article 7(2) that are not a city department's: on one house,
// the part that moves the clock last.
func TestArticle07_09_27_WhatRunsChanges(t *testing.T) {
	t.Parallel()
	h, clock := serveMovable(t)
	b := startBrowser(t, h.addr)
	for _, part := range []struct {
		name string
		walk func(t *testing.T, h house, b *browser)
	}{
		{"Article07_3 redesign", redesignJourney}, {"Article07_3 version", versionJourney}, {"Article09 rename", renameJourney},
		{"Article07_2 chains", chainsJourney}, {"Article07_2 withdrawal", withdrawalJourney},
	} {
		t.Run(part.name, func(t *testing.T) { part.walk(t, h, b.in(t)) })
	}
	t.Run("Article27 merge", func(t *testing.T) { mergeJourney(t, h, clock, b.in(t)) })
}

// offer presses the matter on the page of an object's lifecycle; its row's name
// stands hidden in the link.
func (p *tab) offer(matter string) {
	p.t.Helper()
	p.press("办理\n（" + matter + "）")
}

// tested fills in the report of a security test; it passed.
func (p *tab) tested(number string) {
	p.t.Helper()
	p.fill("检测单位", "陕西省网络安全测评中心（演示）")
	p.fill("报告编号", number)
	p.fill("检测日期", today())
	p.tick("检测结论为通过")
	p.attach("report", paper(p.t, "安全检测报告.pdf"))
}

// Article 7(3): a redesigned site goes online with its security report or not at
// all; only its sponsor brings it, and its supervisor is told.
func redesignJourney(t *testing.T, h house, b *browser) {
	site := h.site(t, "西安市商务局", "西安市商务局网站（演示）", "swj.xian.example")
	dept, city := b.person("bumen"), b.person("shi")
	dept.open("/console/sites/" + site.ID)
	dept.press("生命周期")
	dept.offer("改版上线")
	dept.fill("改版内容", "首页和办事栏目改版，增加移动端适配")
	dept.press("登记改版上线")
	dept.sees("安全检测报告")
	dept.sees("第七条（三）")
	dept.lacks("按已填内容，符合规定")
	dept.both("redesign-refused")
	dept.tested("AQ-2026-11")
	dept.press("登记改版上线")
	dept.sees("改版上线已办理")
	dept.both("redesign-done")

	// Its supervisor is told and may look, another bureau may not; neither does it
	// in the sponsor's place.
	city.open("/console/messages?all=1")
	city.press("查看\n：西安市商务局登记改版上线")
	city.sees("改版上线")
	city.both("redesign-told")
	city.open(matterPath("redesign_release", site))
	city.fill("改版内容", "由市级代为登记")
	city.tested("AQ-2026-12")
	city.press("登记改版上线")
	city.sees("您不是该单位的经办人员")
	stranger := b.person("xianbumen")
	stranger.open(matterPath("redesign_release", site))
	stranger.sees("没有找到")
}

// Article 7(3): the same for a new version of an app.
func versionJourney(t *testing.T, h house, b *browser) {
	ref := h.running(t, "西安市商务局", "app", "西安商务通（演示）")
	dept, city := b.person("bumen"), b.person("shi")
	dept.open("/console/accounts/" + ref.ID + "/lifecycle")
	dept.offer("发布新版本")
	dept.fill("版本号", "2.1.0")
	dept.fill("应用商店", "本单位网站下载")
	dept.fill("下载地址", "https://swj.xian.example/app")
	dept.fill("更新内容", "增加企业登记进度查询")
	dept.press("登记新版本")
	dept.sees("安全检测报告")
	dept.sees("第七条（三）")
	dept.both("version-refused")
	dept.tested("AQ-2026-13")
	dept.press("登记新版本")
	dept.sees("发布新版本已办理")
	dept.open("/console/accounts/" + ref.ID)
	dept.sees("2.1.0")
	dept.sees("陕西省网络安全测评中心（演示）")
	dept.both("version-in-ledger")
	city.open("/console/messages?all=1")
	city.sees("西安市商务局登记发布新版本")
}

// Article 9: a name tells the unit and is the same on all platforms; the
// supervisor reviews, the old name is kept and found.
func renameJourney(t *testing.T, h house, b *browser) {
	ref := h.running(t, "西安市商务局", "wechat", "商务之窗")
	dept, city := b.person("bumen"), b.person("shi")
	ask := func(name, verification string) {
		t.Helper()
		dept.open(matterPath("rename", ref))
		dept.fill("新名称", name)
		dept.fill("更名后的公开认证信息", verification)
		dept.fill("变更原因", "与微博账号统一名称")
		dept.sign(today())
		dept.press("提交申请")
	}
	ask("每日好物", "某某网络科技公司")
	dept.sees("看不出是哪个地区、哪个单位的")
	dept.sees("与其他平台的“西安商务（演示）”不一致")
	dept.sees("公开认证信息中没有主办单位名称")
	dept.sees("第九条")
	dept.both("rename-refused")
	ask("西安商务（演示）", "西安市商务局")
	dept.sees("SP-")
	at := dept.location()
	dept.lacks("陕西省人民政府办公厅") // the supervisor alone
	city.says(at, "批准", "名称规范，同意变更")
	city.sees("已批准")
	city.both("rename-approved")
	dept.open("/console/accounts?q=" + url.QueryEscape("商务之窗"))
	dept.press("西安商务（演示）")
	dept.sees("曾用名")
	dept.sees("商务之窗")
	dept.both("renamed")
}

// account fills in what opening an account asks for, but the consent.
func (p *tab) account(name string) {
	p.t.Helper()
	p.matter("account_opening", append([]string{"开设事由", "发布权威信息，答复群众咨询", "平台", "抖音", "账号名称", name, "总负责人", "王某", "内容保障和运维安排", "每个工作日更新，两人审核"}, contactOf...)...)
	p.tick("信息发布")
}

// Article 7(2): a county government climbs over the city to the province; a
// provincial department and a place under the province itself go straight to it.
func chainsJourney(t *testing.T, h house, b *browser) {
	const city, province = "西安市人民政府办公厅", "陕西省人民政府办公厅"
	h.employ(t, "长安区人民政府办公室", "安如山", "changan", authz.Sponsor)
	h.employ(t, "陕西省审计厅", "方以正", "tingju", authz.Sponsor)
	h.employ(t, h.officeOf(t, "杨凌"), "农知时", "yangling", authz.Sponsor)
	h.employ(t, h.officeOf(t, "韩城"), "司马修", "hancheng", authz.Sponsor)
	shi, sheng := b.person("shi"), b.person("sheng")
	straight := func(login, name string) {
		t.Helper()
		p := b.person(login)
		p.account(name)
		p.sign(today())
		p.press("提交申请")
		p.sees("SP-")
		p.sees(province)
		p.lacks("市人民政府办公厅")
		p.both("chain-" + login)
		at := p.location()
		shi.open(at)
		shi.sees("没有找到")
		sheng.says(at, "批准", "同意开设")
		sheng.sees("已批准")
	}
	county := b.person("changan")
	county.account("长安发布")
	county.sign(today())
	county.tick("分管领导或其他人")
	county.press("提交申请")
	county.sees("须由主要负责同志同意，分管领导签字不能代替")
	county.sees("第七条（二）")
	county.both("chain-not-the-principal")
	county.tick("主要负责同志本人")
	county.attach("consent", paper(t, "签字页.pdf"))
	county.press("提交申请")
	county.sees("SP-")
	county.sees(city)
	county.both("chain-county")
	at := county.location()
	sheng.open(at) // the province does not decide before the city
	sheng.sees(city)
	sheng.lacks("提交办理意见")
	climb(at, shi, sheng)

	straight("tingju", "陕西审计")
	straight("yangling", "杨凌发布")
	straight("hancheng", "韩城发布")
}

// officeOf is the name of the office of a place.
func (h house) officeOf(t testing.TB, place string) string {
	t.Helper()
	name, err := db.One(context.Background(), h.DB, db.Value[string], `SELECT name FROM unit WHERE kind = 'office' AND name LIKE $1 ORDER BY name LIMIT 1`, place+"%")
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// Article 7(2): who applied may take it back until it is decided, with a reason;
// nobody else may, and it is then decided no more.
func withdrawalJourney(t *testing.T, h house, b *browser) {
	dept, city := b.person("bumen"), b.person("shi")
	dept.account("西安商务（演示）")
	dept.sign(today())
	dept.press("提交申请")
	dept.sees("SP-")
	at := dept.location()
	city.open(at)
	city.lacks("撤回申请")
	dept.both("withdraw-offered")
	dept.fill("撤回原因", "改在市政府门户网站开设专栏")
	dept.press("撤回申请")
	dept.sees("已撤回")
	dept.sees("撤回确认书")
	dept.both("withdrawn")
	city.open("/console/messages?all=1")
	city.sees("撤回")
	city.open(at)
	city.sees("已撤回")
	city.lacks("提交办理意见")
	dept.account("西安商务（演示）") // the place is free again
	dept.lacks("按规定不能这样办")
}

// Article 27: an account goes into another of its unit to the end.
func mergeJourney(t *testing.T, h house, clock *movable, b *browser) {
	today := calendar.DateOf(clock.Now())
	main := h.running(t, "西安市商务局", "kuaishou", "西安商务快手号")
	small := h.running(t, "西安市商务局", "toutiao", "西安商务头条号")
	dept, city, province := b.person("bumen"), b.person("shi"), b.person("sheng")
	course := "/console/accounts/" + small.ID + "/lifecycle"
	dept.open(matterPath("merge", small))
	dept.fill("具体情况", "关注少、内容重复")
	dept.fill("原有内容去向", "历史内容归档，今后在快手号发布")
	dept.fill("整合到", main.ID)
	dept.signed(today)
	dept.press("提交申请")
	dept.sees("SP-")
	climb(dept.location(), city, province)
	dept.open(course)
	dept.sees("整合到“西安商务快手号”")
	dept.both("merge-begun-into")

	dept.open("/console/closings")
	dept.press("西安商务头条号")
	dept.tickAll(`input[name="column"]`)
	dept.tick("归档")
	dept.fill("理由", "历史内容整体归档")
	dept.press("确定所选栏目的去向")
	dept.sees("栏目去向已全部确定")
	dept.vouch("西安商务头条号", "关停迁移公告", "本网站（账号）", "https://toutiao.example/s/moving")
	h.ahead(t, clock, 31)
	dept.again().open(matterPath("deregister", small))
	dept.press("开始注销登记")
	dept.sees("已办理")
	dept.open("/console/filings?q=" + url.QueryEscape("西安商务头条号"))
	dept.press("注销平台账号")
	dept.fill("注销回执编号", "平台注销回执2号")
	dept.fill("回执日期", calendar.DateOf(clock.Now()).String())
	dept.attach("file", paper(t, "注销回执.pdf"))
	dept.press("登记回执")
	dept.sees("回执已登记")
	city.again().open(matterPath("closure_done", small))
	city.press("办结注销关停")
	city.sees("尚未在本级政府门户网站或政务新媒体发布内容去向公告")
	city.vouch("西安商务头条号", "内容去向公告", "本级政府政务新媒体", "https://weixin.example/s/moved")
	city.open(matterPath("closure_done", small))
	city.press("办结注销关停")
	city.sees("办结注销关停已办理")
	dept.open(course)
	dept.sees("已注销")
	dept.sees("已整合到“西安商务快手号”")
	dept.both("merged")
	dept.open("/console/accounts/" + main.ID)
	if text := dept.text(); !strings.Contains(text, "运行") {
		dept.fail("the account merged into does not run")
	}
}
