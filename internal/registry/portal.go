package registry

import (
	"context"

	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
)

// PortalOf is the government portal of an area: where the offices of that area
// publish. A running one comes before one that is offline.
func (s *Service) PortalOf(ctx context.Context, q db.Querier, scope authz.Scope, area org.AreaID) (Site, error) {
	site, err := db.One(ctx, q, scanSite, siteSelect+` WHERE s.kind = 'portal' AND u.area_id = $1 AND s.state IN ('running', 'temporarily_offline', 'planned')
		ORDER BY CASE s.state WHEN 'running' THEN 0 WHEN 'temporarily_offline' THEN 1 ELSE 2 END, s.id LIMIT 1`, area)
	if db.None(err) || err == nil && !scope.Covers(site.areaPath, site.linePath) {
		return Site{}, fault.Missing("政府门户网站")
	}
	return site, err
}
