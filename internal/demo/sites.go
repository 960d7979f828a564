package demo

import (
	"context"
	_ "embed"

	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
)

// Sites and accounts of the ledger that are neither hosted here nor monitored.
// Their hosts lie under the reserved name “.example”, so nobody can be reached
// by them; some lack an identifier, as real ledgers do.
var (
	//go:embed ledger.csv
	ledger []byte
	//go:embed accounts.csv
	accounts []byte
)

// hosted are the portals this house serves.
var hosted = []struct {
	site     registry.Site
	sponsor  place
	keeper   string // the login that keeps columns and content
	a, b     string // of the columns
	owner    string
	withhold bool // two columns stay empty: a mistake to be found
}{
	{registry.Site{Slug: "shaanxi", Name: "陕西省人民政府（演示）", Host: "shaanxi.localhost", ChineseDomain: "陕西演示.政务", SiteCode: "6100009901", ICP: "陕ICP备00000001号",
		PoliceFiling: "陕公网安备 61000002000001号", PartyGovMark: "演示-610000-01", Contact: "029-00000000", Address: "西安市演示路 1 号"}, provinceOffice, "shengbian", "shengbian", "shengchu", "shengzhong", false},
	{registry.Site{Slug: "xian", Name: "西安市人民政府（演示）", Host: "xian.localhost", ChineseDomain: "西安演示.政务", SiteCode: "6101009901", ICP: "陕ICP备00000002号",
		PoliceFiling: "陕公网安备 61010002000001号", PartyGovMark: "演示-610100-01", Contact: "029-00000001", Address: "西安市演示路 2 号"}, cityOffice, "shibian", "shibian", "shichu", "shizhong", false},
	{registry.Site{Slug: "yanta", Name: "雁塔区人民政府（演示）", Host: "yanta.localhost", ChineseDomain: "雁塔演示.政务", SiteCode: "6101139901", ICP: "陕ICP备00000003号",
		PoliceFiling: "陕公网安备 61011302000001号", PartyGovMark: "演示-610113-01", Contact: "029-00000002", Address: "西安市雁塔区演示路 3 号"}, countyOffice, "xian", "yanta-a", "yanta-b", "xian", true},
}

// portalColumns every hosted portal has, in their order.
var portalColumns = []registry.Column{
	{Slug: "news", Name: "要闻", Type: "政务动态", Description: "政府重要会议、活动和工作进展", Keywords: "要闻;政务动态", CycleDays: 14},
	{Slug: "notices", Name: "通知公告", Type: "通知公告", Description: "面向公众和下级机关的通知、公告", Keywords: "通知;公告", CycleDays: 180},
	{Slug: "policies", Name: "政策文件", Type: "政策文件", Description: "规范性文件和其他主动公开的政策文件", Keywords: "政策;文件", CycleDays: 180},
	{Slug: "interpretation", Name: "政策解读", Type: "政策解读", Description: "对政策文件的文字、图解和问答解读", Keywords: "解读;图解;问答", CycleDays: 180},
	{Slug: "overview", Name: "概况信息", Type: "概况信息", Description: "行政区划、自然地理等基本情况", Keywords: "概况;区划", CycleDays: 365},
	{Slug: "institution", Name: "机构职能", Type: "机构职能", Description: "政府机构的职责、地址和联系方式", Keywords: "机构;职能", CycleDays: 365},
	{Slug: "reports", Name: "信息公开年报", Type: "信息公开年报", Description: "政府信息公开工作年度报告", Keywords: "年报;信息公开", CycleDays: 365},
}

// openSites enters the hosted portals with their columns, each in one
// transaction.
func (d *province) openSites(ctx context.Context) error {
	for _, h := range hosted {
		site, err := d.Registry.SiteBySlug(ctx, d.DB, authz.System("demo"), h.site.Slug)
		if err == nil {
			d.sites[h.site.Slug] = site
			continue
		}
		if !fault.Is(err, fault.NotFound) {
			return err
		}
		supervisor, _, err := d.scoped(ctx, "sheng", authz.RegistryImport)
		if err != nil {
			return err
		}
		keeper, scope, err := d.scoped(ctx, h.keeper, authz.ColumnManage)
		if err != nil {
			return err
		}
		err = d.DB.Update(ctx, func(tx *db.Tx) error {
			site = h.site
			site.Unit, site.Kind, site.Hosted, site.Source = d.units[h.sponsor].ID, registry.Portal, true, "演示"
			if site, err = d.Registry.EnterSite(supervisor, tx, site); err != nil {
				return err
			}
			for i, c := range portalColumns {
				if h.withhold && c.Slug == "reports" {
					continue
				}
				c.Site, c.Unit, c.Position = site.ID, site.Unit, i+1
				c.Owner, c.A, c.B = d.persons[h.owner].ID, d.persons[h.a].ID, d.persons[h.b].ID
				if _, err := d.Registry.AddColumn(keeper, tx, scope, c); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		if d.sites[h.site.Slug], err = d.Registry.SiteBySlug(ctx, d.DB, authz.System("demo"), h.site.Slug); err != nil {
			return err
		}
	}
	return nil
}

// fillLedger imports what is not hosted here. Rows that stand already change
// nothing.
func (d *province) fillLedger(ctx context.Context) error {
	ctx, scope, err := d.scoped(ctx, "sheng", authz.RegistryImport)
	if err != nil {
		return err
	}
	t, err := table("ledger.csv", ledger)
	if err != nil {
		return err
	}
	rep, err := d.Registry.ImportSites(ctx, scope, t, org.ImportOptions{Source: "演示台账"})
	if err := whole("ledger.csv", rep, err); err != nil {
		return err
	}
	if t, err = table("accounts.csv", accounts); err != nil {
		return err
	}
	rep, err = d.Registry.ImportAccounts(ctx, scope, t, org.ImportOptions{Source: "演示台账"})
	return whole("accounts.csv", rep, err)
}
