package reporting

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/org"
)

// Standing is where the unit of a row stands on both axes.
type Standing struct {
	unit       org.UnitID
	area, line string
}

// In reports whether the row lies in the scope.
func (p Standing) In(scope authz.Scope) bool { return p.area != "" && scope.Covers(p.area, p.line) }

// Unit is whose the row is today.
func (p Standing) Unit() org.UnitID { return p.unit }

// placeOf says how a row of each kind leads to its unit.
var placeOf = map[string]string{
	"site":         `SELECT x.id, u.id, u.area_path, u.line_path FROM site x JOIN unit u ON u.id = x.unit_id`,
	"account":      `SELECT x.id, u.id, u.area_path, u.line_path FROM account x JOIN unit u ON u.id = x.unit_id`,
	"app":          `SELECT x.id, u.id, u.area_path, u.line_path FROM account x JOIN unit u ON u.id = x.unit_id`,
	"finding":      `SELECT x.id, u.id, u.area_path, u.line_path FROM finding x LEFT JOIN site s ON s.id = x.site_id LEFT JOIN account c ON c.id = x.account_id JOIN unit u ON u.id = COALESCE(s.unit_id, c.unit_id)`,
	"order":        `SELECT x.id, u.id, u.area_path, u.line_path FROM rectify_order x JOIN unit u ON u.id = x.unit_id`,
	"letter":       `SELECT x.id, u.id, u.area_path, u.line_path FROM letter x JOIN unit u ON u.id = x.unit_id`,
	"item":         `SELECT x.id, u.id, u.area_path, u.line_path FROM item x JOIN unit u ON u.id = x.unit_id`,
	"bulletin":     `SELECT x.id, u.id, u.area_path, u.line_path FROM bulletin x JOIN unit u ON u.id = x.unit_id`,
	"course":       `SELECT x.id, u.id, u.area_path, u.line_path FROM training_course x JOIN unit u ON u.id = x.unit_id`,
	"blind_letter": `SELECT x.id, u.id, u.area_path, u.line_path FROM blind_letter x JOIN unit u ON u.id = x.unit_id`,
	"merit":        `SELECT x.id, u.id, u.area_path, u.line_path FROM merit x JOIN unit u ON u.id = x.unit_id`,
	"inquiry":      `SELECT x.id, u.id, u.area_path, u.line_path FROM inquiry x JOIN unit u ON u.id = x.unit_id`,
}

// Stands says where the rows stand, by their links: a bulletin is read by those it is about,
// who may open only what is their own. It takes no scope and tells nothing but
// where a unit stands; the caller asks the scope of the page behind each link.
func (s *Service) Stands(ctx context.Context, rows []Row) (map[string]Standing, error) {
	byKind := map[string]map[string]string{} // kind → id → link
	for _, r := range rows {
		if placeOf[r.Kind] == "" {
			return nil, fmt.Errorf("reporting: a row of kind %q leads nowhere", r.Kind)
		}
		if byKind[r.Kind] == nil {
			byKind[r.Kind] = map[string]string{}
		}
		byKind[r.Kind][r.ID] = r.Link
	}
	out := map[string]Standing{}
	for kind, links := range byKind {
		found, err := s.standings(ctx, kind, slices.Collect(maps.Keys(links)))
		if err != nil {
			return nil, err
		}
		for id, at := range found {
			out[links[id]] = at
		}
	}
	return out, nil
}

// standings are where the rows of a kind stand, by their ids.
func (s *Service) standings(ctx context.Context, kind string, ids []string) (map[string]Standing, error) {
	out := make(map[string]Standing, len(ids))
	for some := range slices.Chunk(ids, 500) {
		var w db.Where
		type found struct {
			id string
			at Standing
		}
		list, err := db.All(ctx, s.db, func(r db.Scanner) (found, error) {
			var f found
			return f, r.Scan(&f.id, &f.at.unit, &f.at.area, &f.at.line)
		}, placeOf[kind]+` WHERE x.id IN `+db.Among(&w, some), w.Args()...)
		if err != nil {
			return nil, err
		}
		for _, f := range list {
			out[f.id] = f.at
		}
	}
	return out, nil
}
