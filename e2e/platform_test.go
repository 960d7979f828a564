package e2e

import (
	"context"
	"net/url"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/org"
	"zhengshu/internal/tenancy"
)

// TestArticle28_AResidentComesAboardAndTakesEverythingOut walks the two sides of
// a platform: a site is refused without the resident's receipt, comes aboard
// with it, and a resident takes the whole of its own site out.
func TestArticle28_AResidentComesAboardAndTakesEverythingOut(t *testing.T) {
	t.Parallel()
	h := serve(t)
	b := startBrowser(t, h.addr)
	t.Run("aboard", func(t *testing.T) { comeAboard(t, h, b.in(t)) })
	t.Run("out", func(t *testing.T) { takeOut(t, b.in(t)) })
	t.Run("matrix", func(t *testing.T) { seeMatrix(t, b.in(t)) })
}

func comeAboard(t *testing.T, h house, b *browser) {
	ctx, system := audit.System(context.Background(), "test"), authz.System("e2e")
	site, err := h.Registry.SiteByHost(ctx, h.DB, system, "liangshi.xian.example")
	if err != nil {
		t.Fatal(err)
	}
	rules, n, err := h.Tenancy.Documents(ctx, system, tenancy.Filter{State: tenancy.InForceNow})
	if err != nil || n != 1 {
		t.Fatalf("%d rules in force (%v)", n, err)
	}
	city, operator := b.person("shi"), b.person("pingtai")
	operator.open("/console/migrations/" + string(site.ID))
	operator.sees("主办单位还没有签收运维管理细则")
	host := func() {
		city.open(site.Link() + "/identifiers")
		city.tick("由本平台承载")
		city.fill("站点简称", "liangshi")
		city.fill("为什么改", "迁入集约化平台")
		city.press("保存")
	}
	host()
	city.sees("第二十八条")
	city.sees("还没有签收运维管理细则")
	city.both("aboard-refused")

	// The resident is listed and signs.
	if _, err := h.Tenancy.Include(ctx, system, rules[0].ID, []org.UnitID{site.Unit}); err != nil {
		t.Fatal(err)
	}
	if err := h.Tenancy.Sign(ctx, system, rules[0].ID, site.Unit); err != nil {
		t.Fatal(err)
	}
	host()
	city.press("核对无误，保存这 2 处改动")
	city.sees("已保存")
	operator.open("/console/migrations/" + string(site.ID))
	operator.sees("已进平台")
	operator.open("/console/platforms")
	operator.press("西安市政府网站集约化平台")
	operator.sees("西安市粮食和物资储备局")
	operator.both("platform-tenants")
	// The operator's side has nothing of the content.
	operator.open("/console/move-outs")
	operator.sees("没有权限")
}

func takeOut(t *testing.T, b *browser) {
	resident := b.person("shibian")
	resident.open("/console/move-outs?new=1")
	resident.fill("网站", "西安市人民政府（演示）")
	resident.press("开始导出")
	resident.sees("已开始导出")
	at, err := url.Parse(resident.location())
	if err != nil {
		t.Fatal(err)
	}
	for range 120 {
		resident.open(at.Path)
		if eval[bool](resident, `document.body.innerText.includes("下载压缩包")`) {
			break
		}
		time.Sleep(time.Second)
	}
	resident.sees("下载压缩包")
	resident.sees("static.zip")
	resident.both("moveout-ready")
}

func seeMatrix(t *testing.T, b *browser) {
	city := b.person("shi")
	city.open("/console/matrix?matrix=accounts")
	city.sees("政务新媒体矩阵")
	city.both("matrix-board")
	visitor := b.person("shibian")
	visitor.portal("shaanxi.localhost", "/matrix/")
	visitor.sees("陕西发布（演示）")
	visitor.press("西安市")
	visitor.sees("西安市政府网站和政务新媒体矩阵")
	visitor.both("matrix-public")
}
