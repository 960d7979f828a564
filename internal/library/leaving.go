package library

import (
	"context"

	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/registry"
)

// LeavingIDs are the items that belong to a site in scope when it is taken out
// whole: those of its sponsor, and what it shows of others. Ask again with the
// last id until nothing comes.
func (s *Service) LeavingIDs(ctx context.Context, scope authz.Scope, site registry.SiteID, after ItemID, limit int) ([]ItemID, error) {
	st, err := s.registry.Site(ctx, scope, site)
	if err != nil {
		return nil, err
	}
	return db.All(ctx, s.db, db.Value[ItemID], `
		SELECT id FROM (SELECT i.id FROM item i WHERE i.unit_id = $1 AND i.state <> 'undone' UNION SELECT p.item_id FROM item_placement p WHERE p.site_id = $2 AND p.state = 'live') x
		 WHERE id > $3 ORDER BY id LIMIT $4`, st.Unit, site, after, limit)
}

// PlacementsOn are the places of an item on a site, whatever their state.
// Public: which column of a public site shows what is public.
func (s *Service) PlacementsOn(ctx context.Context, scope authz.Scope, site registry.SiteID, item ItemID) ([]Placement, error) {
	if _, err := s.registry.Site(ctx, scope, site); err != nil {
		return nil, err
	}
	return db.All(ctx, s.db, scanPlacement, placementSelect+` WHERE p.site_id = $1 AND p.item_id = $2 ORDER BY p.id`, site, item)
}
