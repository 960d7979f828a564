package org

import (
	"context"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
)

// Nearest is the body that holds a role of Article 5 for a unit: in the unit's
// area or else the next area up (readings 9: 通信管理 stands chiefly at the
// province); ok is false when there is none on this platform.
func (s *Service) Nearest(ctx context.Context, q db.Querier, u Unit, role authz.Role) (body Unit, ok bool, err error) {
	path := u.AreaPath
	if i := strings.Index(path, "@"); i >= 0 {
		path = path[:i]
	}
	var above []string
	for path != "/" && path != "" {
		above = append(above, path)
		path = path[:strings.LastIndex(strings.TrimSuffix(path, "/"), "/")+1]
	}
	if len(above) == 0 {
		return Unit{}, false, nil
	}
	var w db.Where
	w.And("o.role = ?", string(role)).And("o.ended_at IS NULL").And("u.abolished_on IS NULL OR u.abolished_on > ?", calendar.DateOf(s.db.Now()))
	id, err := db.One(ctx, q, db.Value[UnitID], `SELECT u.id FROM post o JOIN unit u ON u.id = o.unit_id JOIN area a ON a.id = u.area_id
		 WHERE `+w.SQL()+` AND a.path IN `+db.Among(&w, above)+` ORDER BY length(a.path) DESC, u.id LIMIT 1`, w.Args()...)
	if db.None(err) {
		return Unit{}, false, nil
	}
	if err != nil {
		return Unit{}, false, err
	}
	body, err = unitByID(ctx, q, id)
	return body, err == nil, err
}
