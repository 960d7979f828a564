package demo

import (
	"context"
	"fmt"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// keepRecords fills in the records of the province's own accounts, apps and
// domains, with what a ledger shows after some years: a handle that somebody
// else holds, an app few people use, a domain about to lapse, one given up.
// All in one transaction: it is there or not.
func (d *province) keepRecords(ctx context.Context) error {
	ctx, scope, err := d.scoped(ctx, "sheng", authz.RegistryBaseline)
	if err != nil {
		return err
	}
	office := d.units[provinceOffice]
	list, err := d.Registry.AccountsOf(ctx, d.DB, scope, office.ID)
	if err != nil {
		return err
	}
	for _, a := range list {
		if a.Main {
			return nil // it is there
		}
	}
	today := calendar.DateOf(d.DB.Now())
	filed := today.AddYears(-3)
	person := func(login string) registry.AccountFields {
		return registry.AccountFields{A: d.persons[login].ID, B: d.persons["shengchu"].ID, Leader: d.persons["sheng"].ID, FiledOn: filed}
	}
	return d.DB.Update(ctx, func(tx *db.Tx) error {
		why := registry.Why{Says: "台账补录", Document: "演示文件"}
		for i, a := range list {
			n := person("shengbian")
			n.Name, n.URL, n.VerifiedAs, n.VerifiedType = a.Name, a.URL, office.Name, "政府机关认证"
			n.PlatformID, n.NationalID = fmt.Sprintf("10000000%02d", i+1), fmt.Sprintf("YS-610000-%03d", i+1)
			n.Purpose = "发布"
			if registry.ObjectKindOf(a.Platform) == sx2021.App {
				n.Purpose, n.Necessity = "服务", "统一提供全省政务服务入口，避免各部门分散建设（演示）。"
			}
			if a.Platform == "weibo" {
				n.Main = true
			}
			if _, err := d.Registry.SetAccount(ctx, tx, scope, a.ID, n, why, a.UpdatedAt); err != nil {
				return err
			}
			use := registry.Use{Followers: int64(52_000 - 9_000*i), Active: -1, LastPostOn: today.AddDays(-1), On: today}
			if registry.ObjectKindOf(a.Platform) == sx2021.App {
				use.Followers, use.Active = -1, int64(18_000-17_700*(i%2))
			}
			if _, err := d.Registry.RecordUse(ctx, tx, scope, a.ID, use, registry.Why{}); err != nil {
				return err
			}
			if a.Platform == "wechat" {
				if err := d.Registry.Sight(ctx, tx, scope, a.ID, registry.Sighting{Source: registry.Observed, PlatformID: "1999999999", Name: a.Name, VerifiedAs: office.Name}); err != nil {
					return err
				}
				if _, err := d.Registry.Rename(ctx, tx, scope, a.Ref(), "陕西政府网（演示）", registry.Why{Says: "与其他平台名称统一", Document: "演示批复"}); err != nil {
					return err
				}
			}
			if a.Platform == "app" {
				for j, number := range []string{"2.0.0", "2.1.0"} {
					on := today.AddDays(30*j - 60)
					if _, err := d.Registry.AddVersion(ctx, tx, scope, registry.Version{App: a.ID, Number: number, ReleasedOn: on, Tester: "演示测评中心", TestedOn: on.AddDays(-7), Passed: true,
						Downloads: []registry.Download{{Store: "应用宝", URL: "https://store.example/" + number}, {Store: "官网下载", URL: "https://app.example/" + number}}}, why); err != nil {
						return err
					}
				}
			}
		}
		return d.keepDomains(ctx, tx, scope, today, why)
	})
}

func (d *province) keepDomains(ctx context.Context, tx *db.Tx, scope authz.Scope, today calendar.Date, why registry.Why) error {
	left := map[string]int{"shaanxi": 300, "xian": 45, "yanta": 6}
	for slug, days := range left {
		list, err := d.Registry.DomainsOf(ctx, tx, scope, d.sites[slug].ID)
		if err != nil {
			return err
		}
		for _, x := range list {
			n := x.Fields()
			n.Registrar, n.RegisteredOn, n.ExpiresOn = sx2021.DomainRegistrar(sx2021.DomainKind(x.Kind)), today.AddYears(-5), today.AddDays(days)
			n.NS = []string{"ns1.dns.example", "ns2.dns.example"}
			if x.Kind != registry.ChineseDomain {
				n.CertIssuer, n.CertExpiresOn = "演示证书机构", today.AddDays(days/2+20)
			}
			if _, err := d.Registry.SetDomain(ctx, tx, scope, x.ID, n, why, x.UpdatedAt); err != nil {
				return err
			}
		}
	}
	gone, err := d.Registry.AddDomain(ctx, tx, scope, registry.Domain{Host: "old.shaanxi.example", Unit: d.units[provinceOffice].ID, Purpose: "旧版门户", Source: "演示"}, why)
	if err != nil {
		return err
	}
	if _, err := d.Registry.BeginCancel(ctx, tx, scope, gone.ID, registry.Why{Says: "停止使用", Document: "演示批复"}); err != nil {
		return err
	}
	if _, err := d.Registry.CancelDomain(ctx, tx, scope, gone.ID, registry.Why{Says: "已注销", Document: "演示注销回执"}); err != nil {
		return err
	}
	return d.Registry.SeeTombstone(ctx, tx, scope, gone.ID, "已能重新解析，页面为商业推广内容（演示）", true)
}
