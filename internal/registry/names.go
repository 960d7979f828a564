package registry

import (
	"context"
	"slices"
	"time"

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
	ref                           Ref
	unit                          org.UnitID
	name, verified, platform      string
	unitName, unitShort, areaName string
	areaPath, linePath            string
}

func (s *Service) nameRows(ctx context.Context, q db.Querier, cond string, args ...any) ([]nameRow, error) {
	scan := func(r db.Scanner) (nameRow, error) {
		var n nameRow
		err := r.Scan(&n.ref.Kind, &n.ref.ID, &n.unit, &n.name, &n.verified, &n.platform, &n.unitName, &n.unitShort, &n.areaName, &n.areaPath, &n.linePath)
		return n, err
	}
	var out []nameRow
	for _, from := range []string{
		`SELECT 'site', o.id, o.unit_id, o.name, '', '', u.name, u.short_name, a.name, u.area_path, u.line_path FROM site o`,
		`SELECT o.kind, o.id, o.unit_id, o.name, o.verified_as, o.platform, u.name, u.short_name, a.name, u.area_path, u.line_path FROM account o`,
	} {
		list, err := db.All(ctx, q, scan, from+` JOIN unit u ON u.id = o.unit_id JOIN area a ON a.id = u.area_id WHERE o.state NOT IN ('exited', 'closed') AND `+cond+` ORDER BY u.name, o.name, o.id`, args...)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

// roll is every name of the ledger beside the others.
type roll struct {
	rows []nameRow
	own  map[org.UnitID][]int // accounts of a unit
	same map[string][]int     // by name without spaces
	wide map[string][]string  // words of an area
}

func newRoll(rows []nameRow) *roll {
	r := &roll{rows: rows, own: map[org.UnitID][]int{}, same: map[string][]int{}, wide: map[string][]string{}}
	for i, n := range rows {
		if n.ref.Kind == sx2021.Account {
			r.own[n.unit] = append(r.own[n.unit], i)
		}
		plain := sx2021.PlainName(n.name)
		r.same[plain] = append(r.same[plain], i)
		if r.wide[n.areaName] == nil {
			r.wide[n.areaName] = sx2021.AreaWords(n.areaName)
		}
	}
	return r
}

// judge holds a row's name against Article 9, with the rows of the same sponsor
// beside it.
func (r *roll) judge(i int) Named {
	row := r.rows[i]
	n := Named{Ref: row.ref, Name: row.name, UnitName: row.unitName, Platform: row.platform}
	words := append(r.wide[row.areaName][:len(r.wide[row.areaName]):len(r.wide[row.areaName])], row.unitShort, row.unitName)
	n.Breaches = sx2021.TiedTo(row.name, words...)
	if row.ref.Kind == sx2021.Account {
		naming := sx2021.Naming{Name: row.name, Sponsor: row.unitName, Verification: row.verified}
		for _, j := range r.own[row.unit] {
			if j != i && r.rows[j].platform != row.platform {
				naming.OtherNames = append(naming.OtherNames, r.rows[j].name)
			}
		}
		n.Breaches = append(n.Breaches, sx2021.CheckNaming(naming)...)
	}
	for _, j := range r.same[sx2021.PlainName(row.name)] {
		if r.rows[j].unit != row.unit && len(n.Like) < 5 {
			n.Like = append(n.Like, r.rows[j].unitName)
		}
	}
	return n
}

// wrongName is a row of the roll with the rules that speak against it.
type wrongName struct {
	row   int
	rules []string
}

// nameBook is the roll of the whole ledger and what is wrong in it, kept until
// the ledger is touched, here or by another process.
type nameBook struct {
	stamp [2]time.Time
	at    time.Time
	roll  *roll
	wrong []wrongName
}

// bookLife bounds how long a book is kept: units that are renamed touch no
// account.
const bookLife = 10 * time.Minute

func (s *Service) names(ctx context.Context) (*nameBook, error) {
	stamp, err := db.One(ctx, s.db, func(r db.Scanner) ([2]time.Time, error) {
		var t [2]time.Time
		err := r.Scan(&t[0], &t[1])
		return t, err
	}, `SELECT (SELECT max(updated_at) FROM account), (SELECT max(updated_at) FROM site)`)
	if err != nil {
		return nil, err
	}
	now := s.db.Now()
	s.mu.Lock()
	b := s.book
	s.mu.Unlock()
	if b != nil && b.stamp == stamp && now.Sub(b.at) < bookLife && !now.Before(b.at) {
		return b, nil
	}
	rows, err := s.nameRows(ctx, s.db, "TRUE")
	if err != nil {
		return nil, err
	}
	b = &nameBook{stamp: stamp, at: now, roll: newRoll(rows)}
	for i := range rows {
		n := b.roll.judge(i)
		w := wrongName{row: i}
		for _, x := range n.Breaches {
			w.rules = append(w.rules, x.Rule.ID)
		}
		if len(n.Like) > 0 {
			w.rules = append(w.rules, NameLike)
		}
		if len(w.rules) > 0 {
			b.wrong = append(b.wrong, w)
		}
	}
	s.mu.Lock()
	s.book = b
	s.mu.Unlock()
	return b, nil
}

// NameLike is the reason of a name that another unit's object bears too: no
// rule, a hint.
const NameLike = "like"

// NameFilter narrows NamesToMend.
type NameFilter struct {
	Rule   string     // a rule id, NameLike, or empty for all
	Under  org.AreaID // the area and everything below
	Limit  int        // 50 when zero
	Offset int
}

// NamesToMend are the sites, accounts and apps in scope against whose name
// Article 9 has something, by unit, and how many there are.
func (s *Service) NamesToMend(ctx context.Context, scope authz.Scope, f NameFilter) (list []Named, total int, err error) {
	under := authz.System("no filter")
	if f.Under != "" {
		area, err := s.org.Area(ctx, s.db, f.Under)
		if err != nil {
			return nil, 0, err
		}
		under = authz.Area("filter", area.Path)
	}
	book, err := s.names(ctx)
	if err != nil {
		return nil, 0, err
	}
	limit := f.Limit
	if limit == 0 {
		limit = 50
	}
	for _, w := range book.wrong {
		row := book.roll.rows[w.row]
		if f.Rule != "" && !slices.Contains(w.rules, f.Rule) || !scope.Covers(row.areaPath, row.linePath) || !under.Covers(row.areaPath, row.linePath) {
			continue
		}
		if total++; total > f.Offset && len(list) < limit {
			list = append(list, book.roll.judge(w.row))
		}
	}
	return list, total, nil
}

// NamingOf is what Article 9 has against one object's name. Names like it are
// looked for over the whole ledger, because citizens see all of it.
func (s *Service) NamingOf(ctx context.Context, q db.Querier, scope authz.Scope, ref Ref) (Named, error) {
	o, err := s.Object(ctx, q, scope, ref)
	if err != nil {
		return Named{}, err
	}
	rows, err := s.nameRows(ctx, q, "(o.unit_id = $1 OR o.name = $2)", o.Unit, o.Name)
	if err != nil {
		return Named{}, err
	}
	r := newRoll(rows)
	for i, row := range rows {
		if row.ref.ID == ref.ID {
			return r.judge(i), nil
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
