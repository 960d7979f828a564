package org

import (
	"context"
	"strings"

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
	list := func(column string, n int) string {
		return column + " IN (" + strings.TrimSuffix(strings.Repeat("?, ", n), ", ") + ")"
	}
	var all []string
	var args []any
	if !c.Only {
		if len(c.Areas) > 0 {
			all = append(all, "EXISTS (SELECT 1 FROM area x WHERE "+list("x.id", len(c.Areas))+" AND u.area_path >= x.path AND u.area_path < substr(x.path, 1, length(x.path) - 1) || '0')")
			for _, a := range c.Areas {
				args = append(args, a)
			}
		}
		if len(c.Kinds) > 0 {
			all = append(all, list("u.kind", len(c.Kinds)))
			for _, k := range c.Kinds {
				args = append(args, k)
			}
		}
		if len(c.Lines) > 0 {
			all = append(all, list("u.line", len(c.Lines)))
			for _, l := range c.Lines {
				args = append(args, l)
			}
		}
	}
	var any []string
	switch {
	case c.Only:
	case len(all) > 0:
		any = append(any, "("+strings.Join(all, " AND ")+")")
	default:
		any = append(any, "1 = 1")
	}
	if len(c.Names) > 0 {
		any = append(any, list("u.name", len(c.Names)))
		for _, n := range c.Names {
			args = append(args, n)
		}
	}
	if len(any) == 0 {
		return nil, nil
	}
	w.And(strings.Join(any, " OR "), args...)
	units, err := db.All(ctx, q, scanUnit, unitSelect+` WHERE `+w.SQL()+` ORDER BY a.code, u.name, u.id LIMIT `+w.Arg(MostChosen+1), w.Args()...)
	if err == nil && len(units) > MostChosen {
		return nil, fault.Newf(fault.TooLarge, "选中的单位超过 %d 个，请缩小范围，分次印发。", MostChosen)
	}
	return units, err
}
