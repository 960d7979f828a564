package e2e

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

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
	t.Parallel()
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

// Article 8(3): a website is closed to its end: columns, notice on its own pages
// for thirty days, every registration cancelled with its receipt, the national
// status, and the notice of where its content went, which the house itself sees
// on the portal. Whoever closes before an end is proved is told which it is.
func TestArticle08_3_WebsiteClosedToItsEnd(t *testing.T) {
	t.Parallel()
	h, clock := serveMovable(t)
	b := startBrowser(t, h.addr)
	b.patience = 4 * time.Minute
	const name = "西安市商务局旧站"
	h.employ(t, "西安市商务局", "文思齐", "swjbian", authz.Editor)
	h.employ(t, "西安市商务局", "章必正", "swjchu", authz.FirstReviewer)
	ref := h.enter(t, "西安市商务局", registry.Site{Name: name, Host: "swjold.localhost", Slug: "swjold", Hosted: true})
	course := "/console/sites/" + ref.ID + "/lifecycle"
	dept, city, province := b.person("bumen"), b.person("shi"), b.person("sheng")
	day := func() string { return calendar.DateOf(clock.Now()).String() }
	barred := func(missing ...string) {
		t.Helper()
		city.open(matterPath("closure_done", ref))
		city.press("办结注销关停")
		for _, m := range missing {
			city.sees(m)
		}
		city.sees("第八条（三）")
	}

	dept.askClosure(ref, "按集约化要求", "功能并入市政府门户网站", calendar.DateOf(clock.Now()))
	dept.sees("SP-")
	dept.open(matterPath("deregister", ref)) // nothing is given up before the province agreed
	dept.press("开始注销登记")
	dept.sees("不能办理开始注销登记")
	dept.open(course)
	dept.press("西安市商务局申请“" + name + "”注销关停")
	climb(dept.location(), city, province)
	barred("原有内容尚未迁移完毕", "关停迁移公告尚未发布", "尚未注销：党政机关网站标识（编制部门）、中文域名（编制部门）、ICP备案（通信管理部门）、公安机关备案标识（公安机关）、英文域名（中国互联网络信息中心）", "尚未在全国政府网站信息报送系统中填写变更状态", "内容去向公告")
	city.lacks("\n符合：\n在首页显著位置悬挂关停迁移公告") // never kept and broken at once
	city.both("site-closure-all-missing")

	dept.open("/console/closings")
	dept.press(name)
	dept.fill("栏目名称", "活动专题")
	dept.press("登记栏目")
	dept.pick("通知公告")
	dept.tick("迁移")
	dept.fill("去向", "市政府门户网站“通知公告”栏目")
	dept.press("确定所选栏目的去向")
	dept.sees("还有 1 个栏目没有确定去向")
	dept.pick("活动专题")
	dept.tick("归档")
	dept.press("确定所选栏目的去向")
	dept.sees("栏目去向已全部确定")
	page := b.publishNotice("swjold.localhost", [3]string{"swjbian", "swjchu", "bumenshen"}, "关于西安市商务局旧站关停迁移的公告", "西安市商务局旧站将于三十日后关停，原有内容迁移至西安市人民政府门户网站。")
	dept.hang(name, "关停迁移公告", "本网站（账号）", page)
	dept.both("site-closure-notice")
	dept.open(matterPath("deregister", ref))
	dept.press("开始注销登记")
	dept.sees("关停迁移公告须悬挂至")
	h.ahead(t, clock, 31)
	dept.again().open(matterPath("deregister", ref))
	dept.press("开始注销登记")
	dept.sees("已办理")
	dept.both("site-deregistering")

	// The old host makes way: the portal of the level keeps its old addresses and
	// answers for it.
	dept.open("/console/closings")
	dept.press(name)
	dept.press("交由门户应答")
	dept.sees("跳转表还是空的")
	dept.open("/console/closings")
	dept.press(name)
	at := dept.location()
	dept.press("查看和导入")
	for _, row := range [][3]string{{"/zt/2016/", "已停用", ""}, {"/tzgg/1.html", "跳转", "http://xian.localhost:" + dept.port + "/notices/"}} {
		dept.fill("旧网址", row[0])
		dept.fill("处理方式", row[1])
		dept.fill("新网址（跳转时填写）", row[2])
		dept.press("登记网址")
		dept.sees("已登记")
	}
	dept.open(at)
	dept.press("交由门户应答")
	dept.sees("已交由本级政府门户网站应答")
	citizen := b.person("")
	citizen.portal("xian.localhost", "/former/swjold.localhost/")
	citizen.seesSoon("/zt/2016/", 30*time.Second)
	citizen.both("old-addresses")
	citizen.portal("swjold.localhost", "/zt/2016/")
	citizen.sees("这个网址已经停用")
	citizen.both("old-host-answers")
	citizen.portal("swjold.localhost", "/tzgg/1.html")
	citizen.sees("西安市人民政府")
	if got := citizen.location(); !strings.Contains(got, "/notices/") {
		t.Errorf("an old address led to %s", got)
	}
	dept.open(at)
	dept.press("访问原域名核对")
	dept.sees("应答与跳转表一致")
	dept.sees("旧网址对照页已随")
	dept.press("按信息资源库核对")
	dept.sees("还没有迁完")
	dept.both("site-handed-over")

	city.again()
	offices := map[string]*tab{"编制部门": b.person("bianzhi"), "通信管理部门": b.person("tongxin"), "公安机关": b.person("gongan")}
	for _, end := range []struct{ item, missing, body string }{
		{"注销党政机关网站标识", "党政机关网站标识（编制部门）", "编制部门"}, {"注销中文域名", "中文域名（编制部门）", "编制部门"}, {"注销ICP备案", "ICP备案（通信管理部门）", "通信管理部门"},
		{"注销公安备案", "公安机关备案标识（公安机关）", "公安机关"}, {"注销英文域名", "英文域名（中国互联网络信息中心）", ""}, {"填写网站变更状态", "尚未在全国政府网站信息报送系统中填写变更状态", ""},
	} {
		barred(end.missing)
		dept.open("/console/filings?q=" + url.QueryEscape(name))
		dept.press(end.item)
		dept.fill("回执日期", day())
		dept.attach("file", paper(t, "回执.pdf"))
		dept.press("登记回执")
		dept.sees("回执已登记")
		if office := offices[end.body]; office != nil {
			office.open("/console/filings?mine=1&q=" + url.QueryEscape(name))
			office.press(end.item)
			office.press("核对无误")
			office.sees("已核对")
		}
		city.open(matterPath("closure_done", ref))
		city.press("办结注销关停")
		city.lacks(end.missing)
	}
	barred("尚未在本级政府门户网站或政务新媒体发布内容去向公告")
	city.both("site-closure-destination-missing")

	// The notice of where the content went, on the portal as anybody sees it.
	page = b.publishNotice("xian.localhost", [3]string{"shibian", "shichu", "shizhong"}, "关于西安市商务局旧站内容去向的公告", "西安市商务局旧站已关停，原有内容迁移至西安市人民政府门户网站“通知公告”栏目，历史内容已归档。")
	city.hang(name, "内容去向公告", "本级政府门户网站首页", page)
	city.both("site-destination-seen")
	city.open(matterPath("closure_done", ref))
	city.press("办结注销关停")
	city.sees("办结注销关停已办理")
	dept.open(course)
	dept.sees("已关停")
	dept.sees("没有可以办理的事项")
	dept.both("site-closed")
	dept.open("/console/domains?state=cancelled&q=swjold")
	dept.sees("swjold.localhost") // stays under watch
	citizen.portal("shaanxi.localhost", "/official/check?address=http://swjold.localhost/")
	citizen.sees("不在官方名录里")
	citizen.both("site-closed-to-the-public")
}

// hang registers the address of a notice on a site; the house goes and sees it.
func (p *tab) hang(object, title, place, address string) {
	p.t.Helper()
	p.open("/console/notices?q=" + url.QueryEscape(object))
	p.press(title)
	p.fill("悬挂位置", place)
	p.fill("公告网址", address)
	p.press("登记公告")
	p.sees("公告网址已登记")
	p.press("现在查看")
	p.seesSoon("公告页面可以打开，内容是该公告", 20*time.Second)
}

// publishNotice brings a notice onto a site with the three people it takes, and
// returns its public address.
func (b *browser) publishNotice(host string, by [3]string, title, body string) string {
	b.t.Helper()
	editor := b.person(by[0])
	editor.open("/console/items/new?type=notice")
	editor.fill("标题", title)
	editor.fill("信息类型", "通知公告")
	editor.fill("正文", body)
	editor.tick("通知公告")
	editor.fill("来源", "本单位")
	editor.press("保存并送审")
	editor.sees("待初审")
	at := editor.location()
	first := b.person(by[1])
	first.open(at + "/review")
	first.press("初审通过")
	final := b.person(by[2])
	final.open(at + "/review")
	final.stamp(gates...)
	final.tickAll(`input[name="declare"]`)
	final.press("终审通过并发布")
	final.sees("已发布")
	citizen := b.person("")
	citizen.portal(host, "/notices/")
	citizen.seesSoon(title, 20*time.Second)
	citizen.press(title)
	return citizen.location()
}

// Article 8(3): a government's portal stays open 原则上; what the province allows
// by name, until a day and for a reason lets the application in, and nothing
// else does.
func TestArticle08_3_ProvinceLiftsThePortalRule(t *testing.T) {
	t.Parallel()
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
