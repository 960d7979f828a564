package registry

import (
	"cmp"
	"context"
	"slices"

	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/org"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
)

// Named is an object with what Article 9 has against its name.
type Named struct {
	Ref
	Name, UnitName, Platform string
	Breaches                 []rules.Breach
	// Like are other units' objects of the same name: a person decides whether
	// citizens could take one for the other.
	Like []string
}

// Link is the object's page in the console.
func (n Named) Link() string { return n.Ref.Link() }

type nameRow struct {
	ref                                  Ref
	unit                                 org.UnitID
	name, verified, platform             string
	unitName, unitShort, areaName, state string
}

// MaxNamed bounds the objects whose names are looked over at once.
const MaxNamed = 20_000

func (s *Service) nameRows(ctx context.Context, q db.Querier, scope authz.Scope, narrow func(w *db.Where)) ([]nameRow, error) {
	var w db.Where
	scope.Where(&w, "u")
	narrow(&w)
	scan := func(r db.Scanner) (nameRow, error) {
		var n nameRow
		err := r.Scan(&n.ref.Kind, &n.ref.ID, &n.unit, &n.name, &n.verified, &n.platform, &n.unitName, &n.unitShort, &n.areaName)
		return n, err
	}
	accounts, err := db.All(ctx, q, scan, `
		SELECT o.kind, o.id, o.unit_id, o.name, o.verified_as, o.platform, u.name, u.short_name, a.name
		  FROM account o JOIN unit u ON u.id = o.unit_id JOIN area a ON a.id = u.area_id
		 WHERE o.state NOT IN ('exited', 'closed') AND `+w.SQL()+` ORDER BY o.id LIMIT `+w.Arg(MaxNamed), w.Args()...)
	if err != nil {
		return nil, err
	}
	var ws db.Where
	scope.Where(&ws, "u")
	narrow(&ws)
	sites, err := db.All(ctx, q, scan, `
		SELECT 'site', o.id, o.unit_id, o.name, '', '', u.name, u.short_name, a.name
		  FROM site o JOIN unit u ON u.id = o.unit_id JOIN area a ON a.id = u.area_id
		 WHERE o.state NOT IN ('exited', 'closed') AND `+ws.SQL()+` ORDER BY o.id LIMIT `+ws.Arg(MaxNamed), ws.Args()...)
	return append(sites, accounts...), err
}

// judge holds every row's name against Article 9, with the rows of the same
// sponsor beside it.
func judge(rows []nameRow) []Named {
	own := map[org.UnitID][]int{}
	same := map[string][]int{}
	for i, r := range rows {
		if r.ref.Kind == sx2021.Account {
			own[r.unit] = append(own[r.unit], i)
		}
		same[sx2021.PlainName(r.name)] = append(same[sx2021.PlainName(r.name)], i)
	}
	out := make([]Named, len(rows))
	for i, r := range rows {
		n := Named{Ref: r.ref, Name: r.name, UnitName: r.unitName, Platform: r.platform}
		n.Breaches = sx2021.TiedTo(r.name, append(sx2021.AreaWords(r.areaName), r.unitShort, r.unitName)...)
		if r.ref.Kind == sx2021.Account {
			naming := sx2021.Naming{Name: r.name, Sponsor: r.unitName, Verification: r.verified}
			for _, j := range own[r.unit] {
				if j != i && rows[j].platform != r.platform {
					naming.OtherNames = append(naming.OtherNames, rows[j].name)
				}
			}
			n.Breaches = append(n.Breaches, sx2021.CheckNaming(naming)...)
		}
		for _, j := range same[sx2021.PlainName(r.name)] {
			if rows[j].unit != r.unit && len(n.Like) < 5 {
				n.Like = append(n.Like, rows[j].unitName)
			}
		}
		out[i] = n
	}
	return out
}

// NameFilter narrows NamesToMend.
type NameFilter struct {
	Rule   string     // a rule id, "like", or empty for all
	Under  org.AreaID // the area and everything below
	Limit  int        // 50 when zero
	Offset int
}

// NamesToMend are the sites, accounts and apps in scope against whose name
// Article 9 has something, by unit, and how many there are; whole is false when
// the scope holds more than MaxNamed and only those were looked over.
func (s *Service) NamesToMend(ctx context.Context, scope authz.Scope, f NameFilter) (list []Named, total int, whole bool, err error) {
	var area org.Area
	if f.Under != "" {
		if area, err = s.org.Area(ctx, s.db, f.Under); err != nil {
			return nil, 0, false, err
		}
	}
	rows, err := s.nameRows(ctx, s.db, scope, func(w *db.Where) {
		if f.Under != "" {
			authz.Area("filter", area.Path).Where(w, "u")
		}
	})
	if err != nil {
		return nil, 0, false, err
	}
	for _, n := range judge(rows) {
		wanted := len(n.Breaches) > 0 || len(n.Like) > 0
		if f.Rule == "like" {
			wanted = len(n.Like) > 0
		} else if f.Rule != "" {
			wanted = slices.ContainsFunc(n.Breaches, func(b rules.Breach) bool { return b.Rule.ID == f.Rule })
		}
		if wanted {
			list = append(list, n)
		}
	}
	slices.SortStableFunc(list, func(a, b Named) int {
		return cmp.Or(cmp.Compare(a.UnitName, b.UnitName), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	limit := f.Limit
	if limit == 0 {
		limit = 50
	}
	from := min(f.Offset, len(list))
	return list[from:min(from+limit, len(list))], len(list), len(rows) < MaxNamed, nil
}

// NamingOf is what Article 9 has against one object's name. Names like it are
// looked for over the whole ledger, because citizens see all of it.
func (s *Service) NamingOf(ctx context.Context, q db.Querier, scope authz.Scope, ref Ref) (Named, error) {
	o, err := s.Object(ctx, q, scope, ref)
	if err != nil {
		return Named{}, err
	}
	rows, err := s.nameRows(ctx, q, authz.System("names beside one in scope"), func(w *db.Where) {
		w.And("o.unit_id = ? OR o.name = ?", o.Unit, o.Name)
	})
	if err != nil {
		return Named{}, err
	}
	for _, n := range judge(rows) {
		if n.ID == ref.ID {
			return n, nil
		}
	}
	return Named{Ref: ref, Name: o.Name, UnitName: o.UnitName, Platform: o.Platform}, nil // ended: its name is no matter
}

// Supervisors are whose an object is to supervise (readings 1): the office on
// the area axis, the next one up for an office's own, and the provincial
// department of its line, if there is one.
func (s *Service) Supervisors(ctx context.Context, q db.Querier, scope authz.Scope, ref Ref) (area, line org.Unit, err error) {
	o, err := s.Object(ctx, q, scope, ref)
	if err != nil {
		return org.Unit{}, org.Unit{}, err
	}
	u, err := s.org.UnitTx(ctx, q, authz.System("the sponsor of an object in scope"), o.Unit)
	if err != nil {
		return org.Unit{}, org.Unit{}, err
	}
	if u.Kind == org.Office || u.Kind == org.Government {
		if area, _, err = s.org.SuperiorOffice(ctx, q, u); err != nil {
			return org.Unit{}, org.Unit{}, err
		}
	} else if area, err = s.org.SameLevelOffice(ctx, q, u); err != nil && !isMissing(err) {
		return org.Unit{}, org.Unit{}, err
	}
	if u.Line == "" || u.Level == org.Province {
		return area, org.Unit{}, nil
	}
	id, err := db.One(ctx, q, db.Value[org.UnitID], `
		SELECT id FROM unit WHERE line = $1 AND level = 'province' AND abolished_on IS NULL AND substr($2, 1, length(area_path) - length(id) - 2) = substr(area_path, 1, length(area_path) - length(id) - 2)
		 ORDER BY id LIMIT 1`, u.Line, u.AreaPath)
	if db.None(err) {
		return area, org.Unit{}, nil
	}
	if err != nil {
		return org.Unit{}, org.Unit{}, err
	}
	line, err = s.org.UnitTx(ctx, q, authz.System("the line above an object in scope"), id)
	return area, line, err
}
