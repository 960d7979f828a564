package demo

import (
	"context"

	"zhengshu/internal/authz"
	"zhengshu/internal/columns"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/reposting"
)

// adoptions lets the three portals live from one library: columns subscribe,
// the city shows one of the province, the district asks leave
// for another, the province marks one to be reposted, and some are core items that
// shall stand in English.
func (d *province) adoptions(ctx context.Context) error {
	column := func(slug, name string) (library.Adoption, error) {
		c, err := d.Registry.ColumnBySlug(ctx, d.DB, authz.System("demo"), d.sites[slug].ID, name)
		return library.Adoption{Column: c.ID}, err
	}
	for _, n := range []struct {
		login, site, column string
		ask                 columns.Subscription
	}{
		{"shibian", "xian", "notices", columns.Subscription{Type: library.Notice, ProviderName: string(provinceOffice)}},
		{"xian", "yanta", "news", columns.Subscription{Area: "city-610100000000", Type: library.News}},
		{"xian", "yanta", "notices", columns.Subscription{Keywords: "防汛;供暖;停水"}},
	} {
		a, err := column(n.site, n.column)
		if err != nil {
			return err
		}
		who, scope, err := d.scoped(ctx, n.login, authz.ColumnManage)
		if err != nil {
			return err
		}
		n.ask.Column = a.Column
		if _, err := d.Columns.Subscribe(who, scope, n.ask); err != nil && !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	from, err := column("shaanxi", "news")
	if err != nil {
		return err
	}
	live, err := d.Library.LiveItems(ctx, d.DB, from.Column, 2, 0)
	if err != nil || len(live) < 2 {
		return err
	}
	// The district's columns stay as they are: that they are overdue, and what
	// would fit them, is there to be found.
	a, err := column("xian", "news")
	if err != nil {
		return err
	}
	who, scope, err := d.scoped(ctx, "shibian", authz.ColumnManage)
	if err != nil {
		return err
	}
	a.Item, a.Title = live[0].Item.ID, "省政府部署（本市转发，演示）"
	if _, err := d.Columns.Adopt(who, scope, a); err != nil {
		return err
	}
	if err := d.askLeave(ctx); err != nil {
		return err
	}
	if err := d.markRepost(ctx, live[1].Item.ID); err != nil {
		return err
	}
	if who, scope, err = d.scoped(ctx, "shengbian", authz.ItemWrite); err != nil {
		return err
	}
	for _, e := range live {
		if err := d.Library.SetCore(who, scope, e.Item.ID, []string{"en"}); err != nil {
			return err
		}
	}
	return nil
}

// askLeave lets the district ask the city for an item it shares on a condition.
func (d *province) askLeave(ctx context.Context) error {
	for _, w := range drafts {
		if w.terms == "" {
			continue
		}
		found, _, err := d.Library.Items(ctx, authz.System("demo"), library.Filter{Text: w.title, Unit: d.sites["xian"].Unit})
		if err != nil || len(found) == 0 {
			return err
		}
		c, err := d.Registry.ColumnBySlug(ctx, d.DB, authz.System("demo"), d.sites["yanta"].ID, "notices")
		if err != nil {
			return err
		}
		who, scope, err := d.scoped(ctx, "xian", authz.ColumnManage)
		if err != nil {
			return err
		}
		_, err = d.Library.AskShare(who, scope, library.Adoption{Item: found[0].ID, Column: c.ID}, "区内居民关心供暖，在本区网站同步公布。")
		if err != nil && !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return nil
}

// markRepost lets the province mark one item, which the city has adopted when
// the visitor comes and the district has not.
func (d *province) markRepost(ctx context.Context, item library.ItemID) error {
	who, session, err := d.as(ctx, "sheng")
	if err != nil {
		return err
	}
	_, n, err := d.Reposting.Calls(who, session.ScopeFor(authz.ObligationRead), 1, 0)
	if err != nil || n > 0 {
		return err
	}
	if _, err := d.Reposting.Mark(who, session.ScopeFor(authz.GuidanceIssue), session, reposting.Mark{Item: item, Kinds: []string{reposting.Portals}, Note: "请在首页要闻栏目转载（演示）。"}); err != nil {
		return err
	}
	c, err := d.Registry.ColumnBySlug(ctx, d.DB, authz.System("demo"), d.sites["xian"].ID, "news")
	if err != nil {
		return err
	}
	editor, scope, err := d.scoped(ctx, "shibian", authz.ColumnManage)
	if err != nil {
		return err
	}
	_, err = d.Columns.Adopt(editor, scope, library.Adoption{Item: item, Column: c.ID})
	return err
}
