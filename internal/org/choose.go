package org

import (
	"context"

	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
)

// Choice names units by what they are: every unit of the areas (with those
// below), kinds and lines, and those named one by one. An empty list of areas,
// kinds or lines sets no limit.
type Choice struct {
	Areas []AreaID
	Kinds []Kind
	Lines []string
	Names []string // whole names, added to the rest
	Only  bool     // nothing but Names
	Not   UnitID
}

// MostChosen bounds Choose.
const MostChosen = 8000

// Choose are the units in scope that a choice names, by division and name.
func (s *Service) Choose(ctx context.Context, q db.Querier, scope authz.Scope, c Choice) ([]Unit, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.And("u.abolished_on IS NULL AND u.id <> ?", c.Not)
	named, names := db.In("u.name", c.Names)
	if c.Only {
		w.And(named, names...)
	} else {
		w.And("? OR "+named, append([]any{c.kindred()}, names...)...)
	}
	units, err := db.All(ctx, q, scanUnit, unitSelect+` WHERE `+w.SQL()+` ORDER BY a.code, u.name, u.id LIMIT `+w.Arg(MostChosen+1), w.Args()...)
	if err == nil && len(units) > MostChosen {
		return nil, fault.Newf(fault.TooLarge, "选中的单位超过 %d 个，请缩小范围，分次印发。", MostChosen)
	}
	return units, err
}

// kindred is the condition for what the unit is; none holds for every unit.
func (c Choice) kindred() *db.Where {
	var w db.Where
	if len(c.Areas) > 0 {
		in, args := db.In("x.id", c.Areas)
		w.And("EXISTS (SELECT 1 FROM area x WHERE "+in+" AND u.area_path >= x.path AND u.area_path < substr(x.path, 1, length(x.path) - 1) || '0')", args...)
	}
	if len(c.Kinds) > 0 {
		in, args := db.In("u.kind", c.Kinds)
		w.And(in, args...)
	}
	if len(c.Lines) > 0 {
		in, args := db.In("u.line", c.Lines)
		w.And(in, args...)
	}
	return &w
}
