package publishing

import (
	"context"

	"zhengshu/internal/db"
	"zhengshu/internal/registry"
)

// held reports whether the site was set back and waits to go on.
func (p *Publisher) held(ctx context.Context, site registry.SiteID) (bool, error) {
	n, err := db.One(ctx, p.db, db.Value[int], `SELECT count(*) FROM site_hold WHERE site_id = $1`, site)
	return n > 0, err
}

func zeroNull(n int) any {
	if n == 0 {
		return nil
	}
	return n
}
