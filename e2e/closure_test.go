package e2e

import (
	"context"
	"net/url"
	"testing"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// ask applies for a closure of the object, for the reason.
func (p *tab) askClosure(ref registry.Ref, reason, detail string, on calendar.Date) {
	p.t.Helper()
	p.open(matterPath("closure", ref))
	p.tick(reason)
	p.fill("具体情况", detail)
	p.fill("原有内容去向", "迁至市政府门户网站，历史内容归档")
	p.signed(on)
	p.press("提交申请")
}

// Article 8(3): an account is closed only when its content has a destination,
// its notice has hung for thirty days, its registration is cancelled and the
// destination is told; each step is refused before its time.
func TestArticle08_3_ClosedWhenEveryEndIsProved(t *testing.T) {
	h, clock := serveMovable(t)
	b := startBrowser(t, h.addr)
	ref := h.running(t, "西安市商务局", "wechat", "西安商务公众号")
	course := "/console/accounts/" + ref.ID + "/lifecycle"
	dept, city, province := b.person("bumen"), b.person("shi"), b.person("sheng")

	dept.askClosure(ref, "无力维护", "没有专人维护", calendar.DateOf(clock.Now()))
	dept.sees("SP-")
	climb(dept.location(), city, province)
	dept.open(course)
	dept.sees("关停办理中")
	dept.both("closure-begun")

	early := func(p *tab, matter, button, missing string) {
		t.Helper()
		p.open(matterPath(matter, ref))
		p.press(button)
		p.sees(missing)
		p.sees("第八条（三）")
	}
	early(dept, "deregister", "开始注销登记", "内容")
	dept.open("/console/closings")
	dept.press("西安商务公众号")
	dept.fill("栏目名称", "通知公告")
	dept.press("登记栏目")
	dept.tickAll(`input[name="column"]`)
	dept.tick("归档")
	dept.fill("理由", "历史推文整体归档")
	dept.press("确定所选栏目的去向")
	dept.sees("栏目去向已全部确定")
	dept.both("closure-columns")

	dept.vouch("西安商务公众号", "关停迁移公告", "本网站（账号）", "https://weixin.example/s/closing")
	h.ahead(t, clock, 29)
	early(dept.again(), "deregister", "开始注销登记", "30天")
	h.ahead(t, clock, 2)
	dept.again().open(matterPath("deregister", ref))
	dept.press("开始注销登记")
	dept.sees("已办理")
	early(city.again(), "closure_done", "办结注销关停", "注销")
	city.both("closure-too-early")

	dept.open("/console/filings?q=" + url.QueryEscape("西安商务公众号"))
	dept.press("注销平台账号")
	dept.fill("注销回执编号", "平台注销回执1号")
	dept.fill("回执日期", calendar.DateOf(clock.Now()).String())
	dept.attach("file", paper(t, "注销回执.pdf"))
	dept.press("登记回执")
	dept.sees("回执已登记")
	early(city, "closure_done", "办结注销关停", "去向")
	city.vouch("西安商务公众号", "内容去向公告", "本级政府政务新媒体", "https://weixin.example/s/gone")
	city.open(matterPath("closure_done", ref))
	city.press("办结注销关停")
	city.sees("办结注销关停已办理")
	dept.open(course)
	dept.sees("已注销")
	dept.both("closure-done")
}

// Article 8(3): a government's portal stays open 原则上; what the province allows
// by name, until a day and for a reason lets the application in, and nothing
// else does.
func TestArticle08_3_ProvinceLiftsThePortalRule(t *testing.T) {
	h, clock := serveMovable(t)
	b := startBrowser(t, h.addr)
	today := calendar.DateOf(clock.Now())
	site, err := h.Registry.SiteByHost(context.Background(), h.DB, authz.System("e2e"), "yanta.localhost")
	if err != nil {
		t.Fatal(err)
	}
	portal := registry.Ref{Kind: sx2021.Site, ID: string(site.ID)}
	county, province := b.person("xian"), b.person("sheng")
	county.askClosure(portal, "按集约化要求", "并入市政府门户网站", today)
	county.sees("按规定不能这样办")

	grant := func(until calendar.Date) {
		t.Helper()
		province.open("/console/overrides/new?q=" + url.QueryEscape(site.UnitName))
		province.fill("单位", site.UnitName)
		province.fill("条款", sx2021.GovernmentStaysOpen.Citation+"："+sx2021.GovernmentStaysOpen.Says)
		province.fill("理由", "区划调整试点，省政府专题会议同意")
		province.fill("截止日期", until.String())
		province.press("批准例外")
	}
	grant(today.AddDays(-1))
	province.lacks("共 2 条")
	province.both("override-refused")
	grant(today.AddDays(30))
	province.sees("区划调整试点")
	province.both("override-granted")
	county.askClosure(portal, "按集约化要求", "并入市政府门户网站", today)
	county.sees("SP-")
	county.sees("例外")
	county.both("closure-portal-allowed")
}
