package org

import (
	"context"
	"fmt"
	"slices"

	"zhengshu/internal/authz"
	"zhengshu/internal/db"
)

// Answerer is the person to call about a unit or one of its sites; empty where
// nobody was named.
type Answerer struct {
	Name, Phone string
	Post        PostKind
}

// Reached is the post and telephone of the person.
func (a Answerer) Reached() string {
	if a.Phone == "" {
		return a.Post.Name() + "，没有登记电话"
	}
	return a.Post.Name() + "，" + a.Phone
}

// Answerers are the persons to call about some units and sites.
type Answerers struct {
	units map[UnitID]Answerer
	sites map[string]Answerer
}

// For is who answers for a site, else for its unit.
func (a Answerers) For(unit UnitID, site string) Answerer {
	if p, ok := a.sites[site]; ok {
		return p
	}
	return a.units[unit]
}

// Answerers of units and sites in scope: who holds the site's A post, else the
// unit's liaison, the person in overall charge, the leader.
func (s *Service) Answerers(ctx context.Context, q db.Querier, scope authz.Scope, units []UnitID, sites []string) (Answerers, error) {
	out := Answerers{units: map[UnitID]Answerer{}, sites: map[string]Answerer{}}
	if len(units) == 0 {
		return out, nil
	}
	distinct := func(list []string) []string {
		list = slices.DeleteFunc(slices.Clone(list), func(id string) bool { return id == "" })
		slices.Sort(list)
		return slices.Compact(list)
	}
	var ids []string
	for _, u := range units {
		ids = append(ids, string(u))
	}
	var w db.Where
	scope.Where(&w, "u")
	w.And("n.ended_on IS NULL AND p.left_at IS NULL")
	cond := "n.object_id = '' AND n.unit_id IN " + db.Among(&w, distinct(ids))
	if sites = distinct(sites); len(sites) > 0 {
		cond = "(" + cond + " OR n.object_kind = 'site' AND n.kind = 'post_a' AND n.object_id IN " + db.Among(&w, sites) + ")"
	}
	_, err := db.All(ctx, q, func(r db.Scanner) (Answerer, error) {
		var a Answerer
		var unit UnitID
		var site string
		err := r.Scan(&unit, &site, &a.Post, &a.Name, &a.Phone)
		if _, ok := out.sites[site]; site != "" && !ok {
			out.sites[site] = a
		}
		if _, ok := out.units[unit]; site == "" && !ok {
			out.units[unit] = a
		}
		return a, err
	}, `SELECT n.unit_id, n.object_id, n.kind, p.name, CASE WHEN n.phone <> '' THEN n.phone ELSE p.phone END FROM named_post n JOIN person p ON p.id = n.person_id JOIN unit u ON u.id = n.unit_id
		WHERE `+w.SQL()+` AND `+cond+`
		ORDER BY CASE n.kind WHEN 'post_a' THEN 0 WHEN 'liaison' THEN 1 WHEN 'overall' THEN 2 WHEN 'chief_editor' THEN 3 WHEN 'leader_in_charge' THEN 4 ELSE 5 END, n.since_on, n.id`, w.Args()...)
	if err != nil {
		return out, fmt.Errorf("org: who answers: %w", err)
	}
	return out, nil
}
