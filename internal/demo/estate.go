package demo

import (
	"context"
	"fmt"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/platform"
	"zhengshu/internal/registry"
)

// keepPlatforms records the platforms of province and city, what a resident
// gets, and how far sites outside are on their way in.
func (d *province) keepPlatforms(ctx context.Context) error {
	have, err := d.Platforms.Platforms(ctx, authz.System("demo"))
	if err != nil || len(have) > 0 {
		return err
	}
	limits := platform.Limits{StorageMB: 2048, Items: 20000, Pages: 20000, Staff: 60, Uploads: 500}
	made := map[place]platform.Platform{}
	for _, x := range []struct {
		login string
		unit  place
		p     platform.Platform
	}{
		{"sheng", provinceOffice, platform.Platform{Name: "陕西省政府网站集约化平台（演示）", Here: true, Standard: "全省统一的栏目分类、网页标签和数据交换标准。", Technology: "政枢，国产服务器和数据库。", Security: "等级保护第三级，每季度自查。", Operation: "全天监测，月检查、季通报。", IPv6: "yes", IPv6Note: "双栈部署", Limits: limits}},
		{"shi", cityOffice, platform.Platform{Name: "西安市政府网站集约化平台", Here: true, Standard: "执行全省标准，补充区县栏目规范。", Technology: "政枢。", Security: "等级保护第三级，统一防护。", Operation: "全天值守，30 分钟响应。", IPv6: "yes", IPv6Note: "双栈部署", Limits: limits}},
	} {
		ctx, scope, err := d.scoped(ctx, x.login, authz.PlatformManage)
		if err != nil {
			return err
		}
		x.p.Unit = d.units[x.unit].ID
		if made[x.unit], err = d.Platforms.Save(ctx, scope, x.p); err != nil {
			return err
		}
	}
	ctx = audit.System(ctx, "demo")
	if _, err := d.Platforms.Sweep(ctx); err != nil {
		return err
	}
	ctx, scope, err := d.scoped(ctx, "sheng", authz.RecordManage)
	if err != nil {
		return err
	}
	today := d.today()
	off, _, err := d.Platforms.Migrations(ctx, scope, platform.MigrationFilter{State: "off", Limit: 6})
	if err != nil {
		return err
	}
	for i, m := range off {
		if i%2 == 1 {
			continue // without a plan: to be seen on the board
		}
		to := made[provinceOffice]
		if err := d.Platforms.Plan(ctx, scope, m.Site, platform.Plan{To: to.ID, Responsible: "信息中心负责人（演示）", Begin: today.AddDays(-20), Due: today.AddDays(20 + 30*i), Note: "先建栏目，再迁内容，最后改域名指向。"}); err != nil {
			return fmt.Errorf("plan of %s: %w", m.Name, err)
		}
	}
	return nil
}

// keepTemplate keeps the city's portal as a template for districts.
func (d *province) keepTemplate(ctx context.Context) error {
	ctx, scope, err := d.scoped(ctx, "shi", authz.SiteBuild)
	if err != nil {
		return err
	}
	list, err := d.Blueprints.Templates(ctx, scope)
	if err != nil {
		return err
	}
	for _, t := range list {
		if t.FromSite != "" {
			return nil
		}
	}
	_, err = d.Blueprints.Keep(ctx, scope, registry.SiteID(d.sites["xian"].ID), "区县门户样板", "以市门户为样板，供各区县建站使用")
	return err
}

// placeInMatrix derives the two matrices, so that the first look finds them.
func (d *province) placeInMatrix(ctx context.Context) error {
	_, err := d.Matrix.Sweep(ctx)
	return err
}
