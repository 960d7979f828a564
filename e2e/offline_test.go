package e2e

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// ahead puts the clock forward by whole days and lets the house do what has
// come due. Sessions end with that.
func (h house) ahead(t testing.TB, clock *movable, days int) {
	t.Helper()
	clock.ahead.Add(int64(time.Duration(days) * 24 * time.Hour))
	for _, duty := range []func(context.Context) error{h.Sweep, func(ctx context.Context) error { _, err := h.Notices.WatchDue(ctx); return err }} {
		if err := duty(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
}

// sameYear moves on into the next year when the days to come would not lie in
// this one.
func (h house) sameYear(t testing.TB, clock *movable, days int) {
	t.Helper()
	today := calendar.DateOf(clock.Now())
	if next := (calendar.Date{Year: today.Year + 1, Month: 1, Day: 5}); today.AddDays(days).Year != today.Year {
		h.ahead(t, clock, next.Sub(today))
	}
}

// unit of the demo province by its name.
func (h house) unit(t testing.TB, name string) org.Unit {
	t.Helper()
	list, err := h.Org.UnitsNamed(context.Background(), h.DB, authz.System("e2e"), []string{name})
	if err != nil || len(list) != 1 {
		t.Fatalf("%d units called %s (%v)", len(list), name, err)
	}
	return list[0]
}

// running enters an account of a unit that has long been running.
func (h house) running(t testing.TB, unit, platform, name string) registry.Ref {
	t.Helper()
	u := h.unit(t, unit)
	ctx := audit.System(context.Background(), "e2e")
	var a registry.Account
	if err := h.DB.Update(ctx, func(tx *db.Tx) error {
		var err error
		a, err = h.Registry.EnterAccount(ctx, tx, authz.System("e2e"), registry.Account{Unit: u.ID, Platform: platform, Name: name, URL: "https://" + platform + ".example/" + name, VerifiedAs: unit, Necessity: "离线填报和扫码核验，现有网站不能实现", Source: "演示"},
			registry.Why{Says: "存量登记", Source: registry.ByPerson})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return a.Ref()
}

// site enters a site of a unit that has long been running elsewhere.
func (h house) site(t testing.TB, unit, name, host string) registry.Ref {
	t.Helper()
	return h.enter(t, unit, registry.Site{Name: name, Host: host})
}

// enter enters a department's site with all its registrations, and for one that
// is hosted here the column its notices hang in.
func (h house) enter(t testing.TB, unit string, s registry.Site) registry.Ref {
	t.Helper()
	u := h.unit(t, unit)
	ctx, all := audit.System(context.Background(), "e2e"), authz.System("e2e")
	s.Unit, s.Kind, s.Source = u.ID, registry.DepartmentSite, "演示"
	s.ChineseDomain, s.SiteCode, s.ICP, s.PoliceFiling, s.PartyGovMark = "商务旧站演示.政务", "6101009977", "陕ICP备00000077号", "陕公网安备 61010002000077号", "演示-610100-77"
	if err := h.DB.Update(ctx, func(tx *db.Tx) error {
		var err error
		if s, err = h.Registry.EnterSite(ctx, tx, s); err != nil || !s.Hosted {
			return err
		}
		staff, err := h.Org.People(ctx, tx, all, u.ID)
		if err != nil || len(staff) < 2 {
			t.Fatalf("%d people at %s (%v)", len(staff), unit, err)
		}
		_, err = h.Registry.AddColumn(ctx, tx, all, registry.Column{Site: s.ID, Unit: u.ID, Slug: "notices", Name: "通知公告", Type: "通知公告", Description: "通知、公告", Keywords: "通知;公告", CycleDays: 180,
			Position: 1, Owner: staff[0].ID, A: staff[0].ID, B: staff[1].ID})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return registry.Ref{Kind: sx2021.Site, ID: string(s.ID)}
}

func matterPath(matter string, ref registry.Ref) string {
	return "/console/matters/new?matter=" + matter + "&object=" + string(ref.Kind) + ":" + ref.ID
}

// signed fills in who is to be asked and the consent of the principal.
func (p *tab) signed(on calendar.Date) {
	p.t.Helper()
	p.fill("联系人", "周启明")
	p.fill("联系电话", "029-00000000")
	p.sign(on.String())
}

// climb takes the two decisions of a chain of two offices.
func climb(at string, city, province *tab) {
	city.says(at, "同意上报", "情况属实，同意上报")
	city.sees("陕西省人民政府办公厅")
	province.says(at, "批准", "同意")
	province.sees("已批准")
}

// vouch registers where a notice hangs on an account and keeps its picture.
func (p *tab) vouch(object, title, place, address string) {
	p.t.Helper()
	p.open("/console/notices?q=" + url.QueryEscape(object))
	p.press(title)
	p.fill("悬挂位置", place)
	p.fill("公告网址", address)
	p.press("登记公告")
	p.sees("公告网址已登记")
	p.attach("file", paper(p.t, "公告截图.pdf"))
	p.press("留存截图")
	p.sees("截图已留存")
}

// Article 8(1) walked by its people on one house: an emergency, then a pause.
func TestArticle08_1_Journeys(t *testing.T) {
	t.Parallel()
	h, clock := serveMovable(t)
	h.sameYear(t, clock, 40)
	b := startBrowser(t, h.addr)
	t.Run("emergency", func(t *testing.T) { emergencyJourney(t, h, clock, b.in(t)) })
	t.Run("offline", func(t *testing.T) { offlineJourney(t, h, clock, b.in(t)) })
}

// Article 8(1): refused when too long or a second time in the year; no start
// before both notices are seen; counted day by day; late ones reach the
// province; the notices come down with the return.
func offlineJourney(t *testing.T, h house, clock *movable, b *browser) {
	ref := h.running(t, "西安市商务局", "wechat", "西安商务公众号")
	today := func() calendar.Date { return calendar.DateOf(clock.Now()) }
	course := "/console/accounts/" + ref.ID + "/lifecycle"

	dept := b.person("bumen")
	ask := func(from, until calendar.Date) {
		t.Helper()
		dept.open(matterPath("offline", ref))
		dept.fill("计划下线日期", from.String())
		dept.fill("计划恢复日期", until.String())
		dept.fill("下线原因", "更换运维单位，整改发布流程")
		dept.fill("下线期间的替代服务", "请到市政府门户网站咨询")
		dept.signed(today())
		dept.press("提交申请")
	}
	ask(today().AddDays(2), today().AddDays(33))
	dept.sees("下线时间为31天，超过30天")
	dept.sees("第八条（一）")
	dept.both("offline-31-days")
	ask(today().AddDays(2), today().AddDays(12))
	dept.sees("SP-")
	at := dept.location()

	stranger := b.person("xianbumen")
	stranger.open(matterPath("offline", ref))
	stranger.sees("没有找到")
	stranger.open(at)
	stranger.sees("没有找到")

	city, province := b.person("shi"), b.person("sheng")
	climb(at, city, province)

	dept.open(course)
	dept.sees("已批准临时下线")
	dept.sees("尚未到期")
	dept.both("offline-approved")
	h.ahead(t, clock, 2)
	dept.again()
	start := func() {
		t.Helper()
		dept.open(matterPath("go_offline", ref))
		dept.press("开始下线")
	}
	start()
	dept.sees("下线公告尚未在本网站（账号）和本级政府门户网站（账号）两处发布")
	dept.both("offline-without-notices")
	dept.vouch("西安商务公众号", "临时下线公告", "本网站（账号）", "https://weixin.example/s/pause")
	start()
	dept.sees("第八条（一）") // one of two is not enough
	city.again()
	city.vouch("西安商务公众号", "临时下线公告", "本级政府政务新媒体", "https://weixin.example/s/pause-city")
	start()
	dept.sees("第 0/10 天")
	dept.both("offline-begun")
	province.again()
	province.open(matterPath("resume", ref))
	province.tick("已核对首页和主要栏目可以访问")
	province.fill("整改或升级结果", "由省级代为登记")
	province.press("登记恢复")
	province.sees("您不是该单位的经办人员")

	h.ahead(t, clock, 5)
	dept.again()
	dept.open(course)
	dept.sees("第 5/10 天")
	h.ahead(t, clock, 7)
	dept.again()
	dept.open(course)
	dept.sees("第 12/10 天，已超期")
	dept.both("offline-late")
	city.again()
	city.open("/console/messages")
	city.sees("西安市商务局超期未办：恢复上线")
	province.again()
	// What every unit owes every day does not bury it.
	province.open("/console/messages")
	province.sees("西安市商务局超期未办：恢复上线")
	province.both("offline-late-province")

	dept.open(matterPath("resume", ref))
	dept.tick("已核对首页和主要栏目可以访问")
	dept.fill("整改或升级结果", "流程已整改")
	dept.press("登记恢复")
	dept.sees("已恢复")
	dept.sees("计入" + today().String()[:4] + "年")
	dept.both("offline-resumed")
	dept.open("/console/notices?state=all")
	dept.sees("已解除")

	ask(today().AddDays(1), today().AddDays(5))
	dept.sees("年已临时下线1次")
	dept.sees("第八条（一）")
	dept.both("offline-second")
}

// Article 8(1): an emergency counts until its supervisor has reported it in
// writing with number, seal and scan.
func emergencyJourney(t *testing.T, h house, clock *movable, b *browser) {
	ref := h.running(t, "西安市商务局", "douyin", "西安商务视频")
	today := calendar.DateOf(clock.Now())

	dept := b.person("bumen")
	dept.open(matterPath("emergency_offline", ref))
	dept.tick("不可抗力")
	dept.fill("具体情况", "办公区连续停电，账号无法登录")
	dept.press("登记紧急下线")
	dept.sees("主管单位书面报备齐备前计入当年次数")
	dept.sees("计入" + today.String()[:4] + "年")
	dept.both("emergency-counted")
	report := func(p *tab) {
		t.Helper()
		p.open(matterPath("emergency_report", ref))
		p.fill("报备文号", "市政办函〔2026〕9号")
		p.fill("报备日期", today.String())
		p.attach("report", paper(t, "报备.pdf"))
	}
	report(dept)
	dept.tick("已加盖公章")
	dept.press("登记书面报备")
	dept.sees("由主管单位“西安市人民政府办公厅”办理")

	city := b.person("shi")
	report(city)
	city.press("登记书面报备") // without the seal
	city.sees("未加盖公章")
	city.sees("第八条（一）")
	city.both("emergency-unsealed")
	report(city)
	city.tick("已加盖公章")
	city.press("登记书面报备")
	city.sees("不计入当年次数")
	dept.open("/console/accounts/" + ref.ID + "/lifecycle")
	dept.sees("主管单位已书面报备")
	if text := dept.text(); strings.Contains(text, "计入"+today.String()[:4]+"年") || !strings.Contains(text, "0/1") {
		dept.fail("a reported emergency is counted")
	}
	dept.both("emergency-reported")
}
