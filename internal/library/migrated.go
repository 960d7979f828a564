package library

import (
	"context"

	"zhengshu/internal/db"
	"zhengshu/internal/registry"
)

// Migrated is a live item as seen from the site it came from, or is on.
type Migrated struct {
	Item   ItemID
	Old    string            // its address at the old site; its path, for a site hosted here
	Column registry.ColumnID // of the old site, when that is hosted here
	Site   registry.SiteID   // another site that shows it; empty for none
	Path   string            // its page there
}

// Arrived are the live items that came from the addresses of an old host, one
// row for each site that shows one. Public: what is live is public.
func (s *Service) Arrived(ctx context.Context, q db.Querier, host string, limit int) ([]Migrated, error) {
	var out []Migrated
	for _, scheme := range []string{"http://", "https://"} {
		for _, h := range []string{host, "www." + host} {
			from := scheme + h + "/"
			list, err := db.All(ctx, q, func(r db.Scanner) (Migrated, error) {
				var m Migrated
				var it Item
				err := r.Scan(&it.ID, &it.FirstPublishedAt, &it.CreatedAt, &m.Old, &m.Site)
				m.Item, m.Path = it.ID, it.Path()
				return m, err
			}, `SELECT DISTINCT i.id, i.first_published_at, i.created_at, v.source_url, p.site_id
				  FROM item_version v JOIN item_live l ON l.item_id = v.item_id AND l.version_no = v.no JOIN item i ON i.id = v.item_id JOIN item_placement p ON p.item_id = v.item_id AND p.state = 'live'
				 WHERE v.source_url <> '' AND v.source_url >= $1 AND v.source_url < $2 ORDER BY v.source_url, i.id, p.site_id LIMIT $3`, from, from[:len(from)-1]+"0", limit-len(out))
			if err != nil {
				return nil, err
			}
			if out = append(out, list...); len(out) >= limit {
				return out, nil
			}
		}
	}
	return out, nil
}

// Leaving are the live items of a site hosted here, with another site that
// shows each. Public: what is live is public.
func (s *Service) Leaving(ctx context.Context, q db.Querier, site registry.SiteID, limit int) ([]Migrated, error) {
	return db.All(ctx, q, func(r db.Scanner) (Migrated, error) {
		var m Migrated
		var it Item
		err := r.Scan(&it.ID, &it.FirstPublishedAt, &it.CreatedAt, &m.Column, &m.Site)
		m.Item, m.Path = it.ID, it.Path()
		m.Old = m.Path
		return m, err
	}, `SELECT i.id, i.first_published_at, i.created_at, p.column_id, COALESCE((SELECT min(o.site_id) FROM item_placement o WHERE o.item_id = p.item_id AND o.site_id <> p.site_id AND o.state = 'live'), '')
		  FROM item_placement p JOIN item i ON i.id = p.item_id WHERE p.site_id = $1 AND p.state = 'live' ORDER BY p.id LIMIT $2`, site, limit)
}
