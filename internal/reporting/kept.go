package reporting

import (
	"context"

	"zhengshu/internal/assessment"
	"zhengshu/internal/authz"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
)

// Kept is the content of the quarterly bulletin of a place in scope, once it is
// frozen or issued: what other papers say of the quarter agrees with it.
func (s *Service) Kept(ctx context.Context, scope authz.Scope, area org.AreaID, p assessment.Period) (Content, bool, error) {
	a, err := s.org.Area(ctx, s.db, area)
	if err != nil {
		return Content{}, false, err
	}
	if !scope.Covers(a.Path, "") {
		return Content{}, false, fault.Missing("地区")
	}
	return s.kept(ctx, QuarterlyBulletin, area, p)
}
