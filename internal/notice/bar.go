package notice

import (
	"context"

	"zhengshu/internal/db"
	"zhengshu/internal/registry"
)

// OnSite are the notices that are owed or watched and have a page on a site,
// those of a site that is down first, then by the day they were opened; At.Shut says
// that readers cannot open that page. Public:
// what hangs is public.
func (s *Service) OnSite(ctx context.Context, q db.Querier, site registry.SiteID) ([]Stand, error) {
	list, err := db.All(ctx, q, scanNotice, noticeSelect+` WHERE n.state IN ('owed', 'hanging') AND EXISTS (SELECT 1 FROM notice_place p WHERE p.notice_id = n.id AND p.site_id = $1 AND p.url <> '')
		ORDER BY CASE n.kind WHEN 'offline' THEN 0 WHEN 'closure' THEN 1 WHEN 'opening' THEN 2 ELSE 3 END, n.opened_at, n.id LIMIT 50`, site)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return s.standOf(ctx, q, list)
}
