package demo

import (
	"context"
	"slices"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/closing"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/filing"
	"zhengshu/internal/library"
	"zhengshu/internal/lifecycle"
	"zhengshu/internal/notice"
	"zhengshu/internal/publishing"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// closingHost is the old site of the grain bureau, which is being closed.
const closingHost = "liangshi.xian.example"

// openingNotice hangs on the city's portal.
const openingNotice = "关于雁塔区人民政府（演示）门户网站开通的公告"

// governNotices lays out a notice that hangs, some that are owed, a site that is
// being closed with its registrations to cancel, and an inquiry. It looks for
// what stands already.
func (d *province) governNotices(ctx context.Context) error {
	system := authz.System("demo")
	site, err := d.Registry.SiteByHost(ctx, d.DB, system, closingHost)
	if fault.Is(err, fault.NotFound) {
		site, err = d.beginClosing(ctx)
	}
	if err != nil {
		return err
	}
	ref := registry.Ref{Kind: sx2021.Site, ID: string(site.ID)}
	opening, _, err := d.Notices.Notices(ctx, system, notice.Filter{Kind: sx2021.OpeningNotice, State: "all", Limit: 1})
	if err != nil {
		return err
	}
	for _, n := range opening {
		if err := d.hangOpening(ctx, n.ID); err != nil {
			return err
		}
	}
	c, err := d.Closings.Of(ctx, d.DB, system, ref)
	if err != nil {
		return err
	}
	if err := d.closeSupplies(ctx, c.ID); err != nil {
		return err
	}
	keeper, scope, err := d.scoped(ctx, "liangshi", authz.FilingRecord)
	if err != nil {
		return err
	}
	items, err := d.Filings.Standing(ctx, d.DB, ref, filing.Cancel, "")
	if err != nil {
		return err
	}
	// The mark and the ICP filing are handed in: they wait on the bodies' lists.
	for _, i := range items.Items {
		if i.State != filing.Open || i.Kind != filing.Mark && i.Kind != filing.ICP {
			continue
		}
		if _, err := d.Filings.Record(keeper, scope, i.ID, filing.Receipt{Handed: true, Note: "已报送注销申请表（演示）"}); err != nil {
			return err
		}
	}
	return d.askAfterAccount(ctx)
}

// beginClosing enters the grain bureau's site as one that the province has
// agreed to close, and makes owed what follows; the county's portal has just
// opened, so the city owes its notice.
func (d *province) beginClosing(ctx context.Context) (old registry.Site, err error) {
	unit, err := d.unit(ctx, d.DB, d.Services, citySupplies)
	if err != nil {
		return old, err
	}
	yanta, err := d.Registry.Object(ctx, d.DB, authz.System("demo"), registry.Ref{Kind: sx2021.Site, ID: string(d.sites["yanta"].ID)})
	if err != nil {
		return old, err
	}
	duty := audit.System(ctx, "demo")
	if err := d.DB.Update(duty, func(tx *db.Tx) error {
		old, err = d.Registry.EnterSite(duty, tx, registry.Site{Unit: unit.ID, Kind: registry.DepartmentSite, Name: "西安市粮食局网站（演示）", Host: closingHost, SiteCode: "6101009950", ICP: "陕ICP备00000050号",
			PoliceFiling: "陕公网安备 61010002000050号", PartyGovMark: "演示-610100-50", ChineseDomain: "西安粮食演示.政务", Source: "演示"})
		return err
	}); err != nil {
		return old, err
	}
	ref := registry.Ref{Kind: sx2021.Site, ID: string(old.ID)}
	got, err := d.matter(ctx, "liangshi", lifecycle.ClosureMatter, ref, map[string]string{"reason": string(sx2021.SponsorDissolved), "detail": "机构改革后职能并入市粮食和物资储备局（演示）。",
		"destination": "内容迁至市政府门户网站，旧文归档。", "contact": "谷丰年", "phone": "029-00000013"})
	if err != nil {
		return old, err
	}
	if err := d.agree(ctx, got.Case.ID); err != nil {
		return old, err
	}
	o, err := d.Registry.Object(ctx, d.DB, authz.System("demo"), ref)
	if err != nil {
		return old, err
	}
	ctx = duty
	return old, d.DB.Update(ctx, func(tx *db.Tx) error {
		if _, err := d.Notices.Owe(ctx, tx, notice.Debt{Kind: sx2021.DestinationNotice, Object: o, Case: got.Case.ID}); err != nil {
			return err
		}
		for _, i := range []filing.Item{{Kind: filing.Mark, Act: filing.Cancel}, {Kind: filing.ChineseDomain, Act: filing.Cancel}, {Kind: filing.ICP, Act: filing.Cancel},
			{Kind: filing.PoliceFiling, Act: filing.Cancel}, {Kind: filing.EnglishDomain, Act: filing.Cancel}, {Kind: filing.NationalStatus, Act: filing.Change}} {
			i.Object, i.Case = o, got.Case.ID
			if _, err := d.Filings.Open(ctx, tx, i); err != nil {
				return err
			}
		}
		_, err = d.Notices.Owe(ctx, tx, notice.Debt{Kind: sx2021.OpeningNotice, Object: yanta, OfGovernment: true, Title: openingNotice})
		return err
	})
}

// hangOpening registers the notice's page on the city's portal; the daily look
// sees it by itself.
func (d *province) hangOpening(ctx context.Context, id notice.ID) error {
	ctx, scope, err := d.scoped(ctx, "shi", authz.NoticePost)
	if err != nil {
		return err
	}
	list, _, err := d.Library.Items(ctx, authz.System("demo"), library.Filter{Text: openingNotice, State: "live", Limit: 1})
	if err != nil || len(list) == 0 {
		return err
	}
	site := d.sites["xian"]
	origin := "http://" + site.Host
	if d.Origin != nil {
		if o := d.Origin(site); o != "" {
			origin = o
		}
	}
	_, err = d.Notices.Post(ctx, scope, id, sx2021.SuperiorPortal, origin+publishing.Path(list[0]), calendar.DateOf(d.DB.Now()))
	return err
}

// closeSupplies decides half of the grain bureau's columns and begins its map.
func (d *province) closeSupplies(ctx context.Context, id closing.ID) error {
	ctx, scope, err := d.scoped(ctx, "liangshi", authz.ClosingManage)
	if err != nil {
		return err
	}
	for _, c := range []struct{ name, url string }{{"工作动态", "/gzdt/"}, {"通知公告", "/tzgg/"}, {"粮油价格", "/lyjg/"}, {"机构职能", "/jgzn/"}} {
		if err := d.Closings.AddColumn(ctx, scope, id, c.name, c.url); err != nil {
			return err
		}
	}
	cols, err := d.Closings.Columns(ctx, d.DB, scope, id)
	if err != nil {
		return err
	}
	for _, c := range cols {
		switch c.Name {
		case "工作动态", "通知公告":
			err = d.Closings.Decide(ctx, scope, id, []string{c.ID}, closing.Migrate, "市政府门户网站“要闻”“通知公告”栏目（演示）", "")
		case "机构职能":
			err = d.Closings.Decide(ctx, scope, id, []string{c.ID}, closing.Archive, "", "")
		}
		if err != nil {
			return err
		}
	}
	for _, r := range []closing.Redirect{{Old: "/gzdt/", Reply: closing.ToNew, Target: "http://xian.localhost/news/"}, {Old: "/tzgg/", Reply: closing.ToNew, Target: "http://xian.localhost/notices/"}, {Old: "/jgzn/", Reply: closing.ToArchive}, {Old: "/huodong/2019/", Reply: closing.GoneReply}} {
		if err := d.Closings.SetRedirect(ctx, scope, id, r); err != nil {
			return err
		}
	}
	return nil
}

// askAfterAccount has the city ask after an account that has been silent.
func (d *province) askAfterAccount(ctx context.Context) error {
	ctx, scope, err := d.scoped(ctx, "shi", authz.InquiryDecide)
	if err != nil {
		return err
	}
	list, err := d.Registry.ObjectsOf(ctx, d.DB, scope, d.units[countyOffice].ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(o registry.Object) bool { return o.Kind == sx2021.Account && o.State == registry.Running })
	if i < 0 {
		return nil
	}
	if _, err = d.Closings.Report(ctx, scope, list[i].Ref, d.DB.Now().Add(-31*time.Hour)); fault.Is(err, fault.Conflict) {
		return nil // asked already
	}
	return err
}
