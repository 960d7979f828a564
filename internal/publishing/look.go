package publishing

import (
	"context"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/registry"
)

// Look is what a sponsor chooses of the theme.
type Look struct {
	Brand string // blue or red
	Grey  bool   // 灰度
}

// Look of a site in scope.
func (p *Publisher) Look(ctx context.Context, scope authz.Scope, site registry.SiteID) (Look, error) {
	if _, err := p.registry.Site(ctx, scope, site); err != nil {
		return Look{}, err
	}
	return lookOf(ctx, p.db, site)
}

func lookOf(ctx context.Context, q db.Querier, site registry.SiteID) (Look, error) {
	l, err := db.One(ctx, q, func(r db.Scanner) (Look, error) {
		var l Look
		return l, r.Scan(&l.Brand, &l.Grey)
	}, `SELECT brand, grey FROM site_look WHERE site_id = $1`, site)
	if db.None(err) {
		return Look{Brand: "blue"}, nil
	}
	return l, err
}

// SetLook changes the look and asks for a whole new release.
func (p *Publisher) SetLook(ctx context.Context, scope authz.Scope, site registry.SiteID, l Look) error {
	return p.db.Update(ctx, func(tx *db.Tx) error { return p.SetLookTx(ctx, tx, scope, site, l) })
}

// SetLookTx is SetLook in the transaction of a greater act.
func (p *Publisher) SetLookTx(ctx context.Context, tx *db.Tx, scope authz.Scope, site registry.SiteID, l Look) error {
	if l.Brand != "blue" && l.Brand != "red" {
		return fault.New(fault.Invalid, "主色只能选蓝色或红色。").On("brand", "请选择蓝色或红色。")
	}
	s, err := p.registry.SiteTx(ctx, tx, scope, site)
	if err != nil {
		return err
	}
	if !s.Hosted {
		return fault.New(fault.Refused, "这个站点不由本平台承载，不能在这里设置外观。")
	}
	before, err := lookOf(ctx, tx, site)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO site_look (site_id, brand, grey, updated_at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (site_id) DO UPDATE SET brand = excluded.brand, grey = excluded.grey, updated_at = excluded.updated_at`, site, l.Brand, l.Grey, tx.Now()); err != nil {
		return err
	}
	if err := p.Touch(ctx, tx, site); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "publishing.look.set", Target: s.Target(), Before: before, After: l})
}
