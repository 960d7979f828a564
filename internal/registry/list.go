package registry

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
)

// MaxCounted is how far a list counts; beyond it it says so, and a person
// narrows it.
const MaxCounted = 10_000

// MaxExport bounds an export; it is the bound of a table that comes in.
const MaxExport = 200_000

// ListQuery narrows and pages a list of the ledger.
type ListQuery struct {
	Text     string // names, former names, pinyin, initials, numbers, addresses, unit
	Unit     org.UnitID
	Under    org.AreaID // the area and everything below
	State    string
	SiteKind SiteKind     // of sites
	Platform string       // of accounts
	Kind     string       // of accounts: account or app
	Gap      string       // of sites: a key of GapNames, or any
	Monitor  string       // of sites: yes, no
	Domain   DomainFilter // of domains: kind, days to the end, without a site
	IDs      []string     // only these: what a person has ticked
	Limit    int          // 50 when zero
	Offset   int
}

// ListPage is one page of a list in official order: by area, unit and name.
type ListPage[T any] struct {
	Rows  []T
	Total int
	Over  bool // there are more than Total
}

// SiteList lists the sites in scope.
func (s *Service) SiteList(ctx context.Context, scope authz.Scope, n ListQuery) (ListPage[Site], error) {
	var w db.Where
	w.AndIf(n.SiteKind != "", "s.kind = ?", n.SiteKind).AndIf(n.Monitor == "yes", "s.monitored").AndIf(n.Monitor == "no", "NOT s.monitored")
	switch {
	case n.Gap == "":
	case n.Gap == "any":
		w.And("s.site_code = '' OR s.icp = '' OR s.police_filing = '' OR s.chinese_domain = '' OR s.party_gov_mark = ''")
	case GapNames[n.Gap] != "":
		w.And("s." + n.Gap + " = ''")
	default:
		return ListPage[Site]{}, fault.New(fault.Invalid, "缺项筛选条件无法识别。").On("gap", "请从列表中选择")
	}
	ids, total, over, err := s.listed(ctx, scope, n, &w, listing{kind: "site", table: "site", alias: "s", order: "s.kind DESC, s.name, s.id", keys: "s.kind, s.name"})
	if err != nil {
		return ListPage[Site]{}, err
	}
	rows, err := byIDs(ctx, s.db, ids, "s.id", siteSelect, scanSite, func(v Site) string { return string(v.ID) })
	return ListPage[Site]{rows, total, over}, err
}

// AccountList lists the accounts and apps in scope.
func (s *Service) AccountList(ctx context.Context, scope authz.Scope, n ListQuery) (ListPage[Account], error) {
	var w db.Where
	w.AndIf(n.Platform != "", "c.platform = ?", n.Platform).AndIf(n.Kind != "", "c.kind = ?", n.Kind)
	ids, total, over, err := s.listed(ctx, scope, n, &w, listing{kind: "account", table: "account", alias: "c", order: "c.platform, c.name, c.id", keys: "c.platform, c.name"})
	if err != nil {
		return ListPage[Account]{}, err
	}
	rows, err := byIDs(ctx, s.db, ids, "c.id", accountSelect, scanAccount, func(v Account) string { return string(v.ID) })
	return ListPage[Account]{rows, total, over}, err
}

// listing says how a table of the ledger is listed. Its columns unit_id and
// area_path name the unit and the place that orders it.
type listing struct {
	kind, table, alias string
	order              string // within a unit
	keys               string // the two columns of order, for sorting few rows here
}

// listed is the page of ids, how many there are, and whether there are more
// than that. A list is walked along the index of its order. Records that words
// name are read whole when they are few, and sorted here; when they are many the
// list is walked until the page is full.
func (s *Service) listed(ctx context.Context, scope authz.Scope, n ListQuery, w *db.Where, l listing) (ids []string, total int, over bool, err error) {
	limit := n.Limit
	if limit == 0 {
		limit = 50
	}
	scope.WhereHeld(w, l.alias)
	w.AndIf(n.State != "", l.alias+".state = ?", n.State).AndIf(n.Unit != "", l.alias+".unit_id = ?", n.Unit)
	if len(n.IDs) > 0 {
		cond, args := db.In(l.alias+".id", n.IDs)
		w.And(cond, args...)
	}
	if n.Under != "" {
		a, err := s.org.Area(ctx, s.db, n.Under)
		if err != nil {
			return nil, 0, false, err
		}
		authz.Area("filter", a.Path).WhereHeld(w, l.alias)
	}
	if n.Text != "" {
		f, err := s.find(ctx, l.kind, n.Text)
		if err != nil {
			return nil, 0, false, err
		}
		if len(f) > 0 {
			return s.meeting(ctx, f, w, l, limit, n.Offset)
		}
	}
	from := ` FROM ` + l.table + ` ` + l.alias + ` WHERE ` + w.SQL()
	count := w.Copy()
	total, err = db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM (SELECT 1`+from+` LIMIT `+count.Arg(MaxCounted+1)+`) x`, count.Args()...)
	if err != nil || total == 0 {
		return nil, 0, false, err
	}
	if over = total > MaxCounted; over {
		total = MaxCounted
	}
	ids, err = db.All(ctx, s.db, db.Value[string], `SELECT `+l.alias+`.id`+from+` ORDER BY `+l.alias+`.area_path, `+l.order+` LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(n.Offset), w.Args()...)
	return ids, total, over, err
}

// meeting is the page of the records that meet the words.
func (s *Service) meeting(ctx context.Context, f found, w *db.Where, l listing, limit, offset int) (ids []string, total int, over bool, err error) {
	rare := f.rarest()
	if rare.size() == 0 {
		return nil, 0, false, nil
	}
	if rare.size() <= few {
		narrow := w.Copy()
		a, x := db.In(l.alias+".id", slices.Sorted(maps.Keys(rare.ids)))
		b, y := db.In(l.alias+".unit_id", slices.Sorted(maps.Keys(rare.units)))
		narrow.And(a+" OR "+b, append(x, y...)...)
		type row struct{ id, unit, path, a, b string }
		rows, err := db.All(ctx, s.db, func(r db.Scanner) (row, error) {
			var v row
			err := r.Scan(&v.id, &v.unit, &v.path, &v.a, &v.b)
			return v, err
		}, `SELECT `+l.alias+`.id, `+l.alias+`.unit_id, `+l.alias+`.area_path, `+l.keys+` FROM `+l.table+` `+l.alias+` WHERE `+narrow.SQL()+` LIMIT `+narrow.Arg(few+1), narrow.Args()...)
		if err != nil {
			return nil, 0, false, err
		}
		if len(rows) <= few {
			rows = slices.DeleteFunc(rows, func(v row) bool { return !f.meets(v.id, v.unit) })
			desc := strings.HasPrefix(l.order, l.alias+".kind DESC")
			slices.SortFunc(rows, func(x, y row) int {
				first := cmp.Compare(x.a, y.a)
				if desc {
					first = -first
				}
				return cmp.Or(cmp.Compare(x.path, y.path), first, cmp.Compare(x.b, y.b), cmp.Compare(x.id, y.id))
			})
			for i := offset; i < min(len(rows), offset+limit); i++ {
				ids = append(ids, rows[i].id)
			}
			return ids, len(rows), false, nil
		}
	}
	// Walk: in growing stretches, until the page is full and there are many, or
	// the end. A stretch comes as one text: a row of its own for each record
	// would cost ten times what it says.
	for at, stretch := 0, 4*many; ; at, stretch = at+stretch, stretch*4 {
		c := w.Copy()
		steps, err := db.One(ctx, s.db, db.Value[string], `SELECT COALESCE(string_agg(x.id || ' ' || x.unit_id, ','), '') FROM (
			SELECT `+l.alias+`.id, `+l.alias+`.unit_id FROM `+l.table+` `+l.alias+` WHERE `+c.SQL()+` ORDER BY `+l.alias+`.area_path, `+l.order+` LIMIT `+c.Arg(stretch)+` OFFSET `+c.Arg(at)+`) x`, c.Args()...)
		if err != nil {
			return nil, 0, false, err
		}
		walked := 0
		for step := range strings.SplitSeq(steps, ",") {
			id, unit, ok := strings.Cut(step, " ")
			if !ok { // an empty stretch
				break
			}
			if walked++; !f.meets(id, unit) {
				continue
			}
			if total++; total > offset && len(ids) < limit {
				ids = append(ids, id)
			}
			if total > many && total >= offset+limit {
				return ids, many, true, nil
			}
		}
		if walked < stretch {
			return ids, total, false, nil
		}
	}
}

// byIDs reads the rows of the ids, in their order, in portions that a statement
// takes.
func byIDs[T any](ctx context.Context, q db.Querier, ids []string, column, query string, scan func(db.Scanner) (T, error), id func(T) string) ([]T, error) {
	const some = 1000
	out := make([]T, 0, len(ids))
	for from := 0; from < len(ids); from += some {
		part := ids[from:min(len(ids), from+some)]
		var w db.Where
		cond, args := db.In(column, part)
		w.And(cond, args...)
		rows, err := db.All(ctx, q, scan, query+` WHERE `+w.SQL(), w.Args()...)
		if err != nil {
			return nil, err
		}
		at := make(map[string]int, len(rows))
		for i, r := range rows {
			at[id(r)] = i
		}
		for _, v := range part {
			if i, ok := at[v]; ok {
				out = append(out, rows[i])
			}
		}
	}
	return out, nil
}
