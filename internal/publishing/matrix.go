package publishing

import (
	"context"

	"zhengshu/internal/db"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
)

// OnMatrix registers who says what stands on the pages of the two matrices of a
// portal (Article 11); at start.
func (p *Publisher) OnMatrix(f func(ctx context.Context, q db.Querier, site registry.SiteID) ([]theme.Matrix, error)) {
	p.matrix = f
}

// MatrixChanged asks for the pages of the matrices of these portals to be drawn
// anew, in the transaction that changed them.
func (p *Publisher) MatrixChanged(ctx context.Context, tx *db.Tx, sites []registry.SiteID) error {
	for _, s := range sites {
		if err := p.Touch(ctx, tx, s, MatrixPart); err != nil {
			return err
		}
	}
	return nil
}

// matrixPages draws a page for the portal's area and each one below; an area
// that is no more loses its page.
func (d *drawing) matrixPages(ctx context.Context) error {
	if !d.site.Matrix || !d.whole && !d.parts[MatrixPart] {
		return nil
	}
	pages, err := d.p.matrix(ctx, d.q, registry.SiteID(d.site.ID))
	if err != nil {
		return err
	}
	drawn := map[string]bool{}
	for _, m := range pages {
		b, err := theme.MatrixPage.Draw(theme.MatrixFrame(d.site, m), m)
		if err := d.draw(m.Path, htmlKind, b, err); err != nil {
			return err
		}
		drawn[m.Path] = true
	}
	if d.e.before == nil || d.e.fresh {
		return nil
	}
	return d.e.eachOld("/matrix/", func(p Page) error {
		if !drawn[p.Path] {
			d.e.drop(p.Path)
		}
		return nil
	})
}
