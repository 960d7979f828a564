package registry

import (
	"context"

	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/org"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
)

// Covered is one government at county level and above, and what it has of what
// Article 7(1) asks for.
type Covered struct {
	Unit     org.Unit
	City     string // of a county: the city it lies in
	CityID   org.AreaID
	Portals  int // running
	Accounts int // running
	// Pending: a zone whose national approval is not on file (待认定).
	Pending  bool
	Breaches []rules.Breach
}

// Coverage are the governments in scope with their running portals and
// accounts, by division code: the board of Article 7(1) (readings 9). What a
// government's office and their internal bodies hold is the government's.
func (s *Service) Coverage(ctx context.Context, scope authz.Scope) ([]Covered, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.And("u.abolished_on IS NULL AND u.kind IN ('government', 'committee', 'zone_committee') AND u.parent_id IS NULL AND u.level <> 'township'")
	bodies, err := db.All(ctx, s.db, func(r db.Scanner) (Covered, error) {
		var c Covered
		u := &c.Unit
		err := r.Scan(&u.ID, &u.Name, &u.ShortName, &u.Kind, &u.Level, &u.Direct, &u.NationalApproval, &u.Area, &u.AreaName, &u.AreaCode, &c.City, &c.CityID)
		return c, err
	}, `SELECT u.id, u.name, u.short_name, u.kind, u.level, u.direct, u.national_approval, a.id, a.name, a.code,
	           CASE WHEN p.level = 'city' THEN p.name ELSE a.name END, CASE WHEN p.level = 'city' THEN p.id ELSE a.id END
	      FROM unit u JOIN area a ON a.id = u.area_id LEFT JOIN area p ON p.id = a.parent_id
	     WHERE `+w.SQL()+` ORDER BY a.code, length(a.path), u.kind, u.id`, w.Args()...)
	if err != nil {
		return nil, err
	}
	type holder struct {
		id, parent        org.UnitID
		area              org.AreaID
		kind              org.Kind
		portals, accounts int
	}
	var h db.Where
	scope.Where(&h, "u")
	h.And("u.abolished_on IS NULL AND u.kind IN ('government', 'office', 'committee', 'zone_committee', 'internal')")
	holders, err := db.All(ctx, s.db, func(r db.Scanner) (holder, error) {
		var x holder
		err := r.Scan(&x.id, &x.parent, &x.area, &x.kind, &x.portals, &x.accounts)
		return x, err
	}, `SELECT u.id, COALESCE(u.parent_id, ''), u.area_id, u.kind,
	           (SELECT count(*) FROM site s WHERE s.unit_id = u.id AND s.state = 'running' AND s.kind = 'portal'),
	           (SELECT count(*) FROM account c WHERE c.unit_id = u.id AND c.state = 'running')
	      FROM unit u WHERE `+h.SQL(), h.Args()...)
	if err != nil {
		return nil, err
	}
	// Who governs an area: its government, else the committee, else the zone.
	rank := map[org.Kind]int{org.Government: 1, org.Committee: 2, org.ZoneCommittee: 3}
	body, governs := map[org.UnitID]int{}, map[org.AreaID]int{}
	for i, b := range bodies {
		body[b.Unit.ID] = i
		if j, ok := governs[b.Unit.Area]; !ok || rank[b.Unit.Kind] < rank[bodies[j].Unit.Kind] {
			governs[b.Unit.Area] = i
		}
	}
	known := map[org.UnitID]holder{}
	for _, x := range holders {
		known[x.id] = x
	}
	of := func(x holder) (int, bool) {
		for x.kind == org.Internal {
			up, ok := known[x.parent]
			if !ok {
				return 0, false // of a department
			}
			x = up
		}
		if i, ok := body[x.id]; ok {
			return i, true
		}
		i, ok := governs[x.area]
		return i, ok && x.kind == org.Office && x.parent == ""
	}
	for _, x := range holders {
		if i, ok := of(x); ok {
			bodies[i].Portals += x.portals
			bodies[i].Accounts += x.accounts
		}
	}
	out := bodies[:0]
	for _, b := range bodies {
		switch {
		case b.Unit.Kind == org.ZoneCommittee && b.Unit.NationalApproval == "":
			b.Pending = true
		case b.Unit.Governs():
			law := b.Unit.Law("")
			law.Kind = sx2021.Government
			b.Breaches = sx2021.CheckCoverage(law, b.Portals, b.Accounts)
		default:
			continue // a committee for a park: a department in law
		}
		out = append(out, b)
	}
	return out, nil
}
