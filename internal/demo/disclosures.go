package demo

import (
	"context"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/disclosure"
	"zhengshu/internal/library"
	"zhengshu/internal/registry"
)

// examine shows the checks at work: a list of sources, statutory disclosure of
// the city's office with a clock that runs, and a false alarm on the allow list.
func (d *province) examine(ctx context.Context) error {
	today := calendar.DateOf(d.DB.Now())
	editions, err := d.Library.Editions(ctx)
	if err != nil {
		return err
	}
	if len(editions) == 0 {
		keeper, scope, err := d.scoped(ctx, "sheng", authz.SettingsManage)
		if err != nil {
			return err
		}
		if _, _, err := d.Library.ImportEdition(keeper, scope, library.EditionFile{Name: "稿源单位名单（演示版）", Basis: "演示数据，非正式名单", Effective: today.AddDays(-30), File: "sources.csv",
			Body: []byte("名称,域名,类别\n演示日报网,daily.example.com,省级新闻单位\n演示新闻网,news.example.com,省级新闻网站\n演示晚报网,evening.example.com,市级新闻单位\n")}); err != nil {
			return err
		}
	}
	author, scope, err := d.scoped(ctx, "shibian", authz.ItemWrite)
	if err != nil {
		return err
	}
	site := d.sites["xian"]
	for _, p := range []struct{ entry, slug, none string }{{"19", "notices", ""}, {"20.1", "policies", ""}, {"20.2", "institution", ""}, {"20.6", "", "办公厅没有行政处罚职能（演示）"}} {
		n := disclosure.Placed{Entry: p.entry, NoneWhy: p.none}
		if p.slug != "" {
			column, err := d.Registry.ColumnBySlug(ctx, d.DB, authz.System("demo"), site.ID, p.slug)
			if err != nil {
				return err
			}
			n.Column = column.ID
		}
		if err := d.Disclosure.Place(author, scope, site.Unit, n); err != nil {
			return err
		}
	}
	pieces, err := d.Disclosure.Pieces(author, scope, site.Unit, 1)
	if err != nil {
		return err
	}
	if len(pieces) == 0 {
		if _, err := d.Disclosure.Register(author, scope, site.Unit, disclosure.Form{Entry: "20.7", Title: "市政府办公厅部门预算（演示）", Formed: today.AddDays(-12)}); err != nil {
			return err
		}
	}
	return d.falseAlarm(author, scope, site)
}

// falseAlarm is an old date that the checks question and the unit keeps.
func (d *province) falseAlarm(author context.Context, scope authz.Scope, site registry.Site) error {
	w, err := d.writing(author, site, written{column: "notices", title: "关于重印历史文件汇编的公告（演示）"}, "市档案部门重印历史文件汇编，供市民查阅。\n\n第一条　汇编收录原文，不作改动。")
	if err != nil {
		return err
	}
	w.Written = calendar.Date{Year: 1937, Month: 3, Day: 5}
	found, _, err := d.Library.Items(author, scope, library.Filter{Text: w.Title, Unit: site.Unit})
	if err != nil {
		return err
	}
	if len(found) == 0 {
		it, err := d.Library.Create(author, scope, w)
		if err != nil {
			return err
		}
		found = append(found, it)
	}
	v, err := d.Library.Version(author, scope, found[0].ID, 0)
	if err != nil {
		return err
	}
	list, err := d.Library.Results(author, scope, v)
	if err != nil {
		return err
	}
	for _, r := range list {
		if r.Kind == "item.dates" {
			_, err = d.Library.ReportFalseAlarm(author, scope, v.Item, library.FalseAlarm{Key: r.Key(), Reason: "历史文件的原件日期，按原样收录"})
			return err
		}
	}
	return nil
}
