package library

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
)

// Filter narrows Items.
type Filter struct {
	Text     string // title, document number, source
	Type     Type
	Category string // code; of a group, everything in it
	Validity Validity
	Year     int    // see Item; 0 for any
	State    string // of the newest version; "live": what readers see
	Stage    string
	Unit     org.UnitID
	Under    string // path of a place or unit, with everything below it
	Column   registry.ColumnID
	Author   string // person id of who entered it
	Limit    int    // 20 when zero
	Offset   int
	wide     bool // the column holds more than columnFirst items
}

// columnFirst is how many items of a column are gathered and sorted for one page
// of it. A column of more is walked as the list is, until the page is full.
var columnFirst = 50_000 // changed by tests only

// FilterOf reads the conditions of the list from an address; what they cannot
// be is left out.
func FilterOf(q url.Values) Filter {
	year, _ := strconv.ParseInt(q.Get("year"), 10, 32) // anything else is every year
	f := Filter{Text: strings.TrimSpace(q.Get("q")), Type: Type(q.Get("type")), Category: q.Get("category"), Validity: Validity(q.Get("validity")), Year: int(year), State: q.Get("state"), Column: registry.ColumnID(q.Get("column"))}
	if under := q.Get("under"); strings.HasPrefix(under, "/") && strings.HasSuffix(under, "/") && len(under) < 400 {
		f.Under = under
	}
	if stage := q.Get("stage"); stage != "" { // only what is in review stands at one
		f.Stage, f.State = stage, InReview
	}
	return f
}

// Counts that the sums do not know are made up to CountedTo and said to be
// over; lists are walked no further than WalkedTo.
const (
	CountedTo = 999
	WalkedTo  = 10_000
)

// Items in scope, last touched first, and how many there are: CountedTo+1 for
// more than that where words, a column or a person narrow the list.
func (s *Service) Items(ctx context.Context, scope authz.Scope, f Filter) ([]Item, int, error) {
	list, facets, err := s.Browse(ctx, scope, f)
	return list, facets.Total, err
}

// Browse is a page of the items in scope, last touched first, with the counts
// of what the filter finds.
func (s *Service) Browse(ctx context.Context, scope authz.Scope, f Filter) ([]Item, Facets, error) {
	if f.Limit <= 0 {
		f.Limit = 20
	}
	if f.Unit != "" {
		path, err := db.One(ctx, s.db, db.Value[string], `SELECT area_path FROM unit WHERE id = $1`, f.Unit)
		if db.None(err) {
			return nil, Facets{}, nil
		}
		if err != nil {
			return nil, Facets{}, err
		}
		f.Under = path
	}
	facets, err := s.Facets(ctx, scope, f)
	if err != nil || facets.Total == 0 || f.Offset >= WalkedTo {
		return nil, facets, err
	}
	if !f.counted() {
		walk := ""
		if f.Column != "" {
			n, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM (SELECT 1 FROM item_placement y WHERE y.column_id = $1 AND y.state <> 'withdrawn' LIMIT $2) x`, f.Column, columnFirst+1)
			if err != nil {
				return nil, facets, err
			}
			if f.wide = n > columnFirst; f.wide {
				walk = byRecent
			}
		}
		w := s.conditions(scope, f, walk)
		if facets.Total, err = db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM (SELECT 1 FROM item i`+f.join()+` WHERE `+w.SQL()+` LIMIT `+fmt.Sprint(CountedTo+1)+`) x`, w.Args()...); err != nil || facets.Total == 0 {
			return nil, facets, err
		}
	}
	ids, err := s.page(ctx, scope, f, facets)
	if err != nil || len(ids) == 0 {
		return nil, facets, err
	}
	cond, args := db.In("i.id", ids)
	var w db.Where
	w.And(cond, args...)
	list, err := db.All(ctx, s.db, scanItem, itemSelect+` WHERE `+w.SQL()+` ORDER BY i.updated_at DESC, i.id DESC`, w.Args()...)
	return list, facets, err
}

// join is what the conditions need beside the item itself.
func (f Filter) join() string {
	if f.Text != "" {
		return ` JOIN item_version v ON v.item_id = i.id AND v.no = i.version`
	}
	return ""
}

// The indexes a list can be walked by: the one named, or the order itself.
const (
	byRecent   = "recent"
	byArea     = "area"
	byType     = "type"
	byCategory = "category"
	byState    = "state"
	byYear     = "year"
	byValidity = "validity"
)

// conditions of the list. Those on other columns than the one walked by are
// closed to the planners: SQLite would take them for the way in, PostgreSQL
// would think that few pass. Walking in the order of the list and testing
// inside the index stops at the first page.
func (s *Service) conditions(scope authz.Scope, f Filter, walk string) *db.Where {
	var w db.Where
	closed := func(by, cond string) string {
		if walk == "" || walk == by {
			return "(" + cond + ")"
		}
		return "CASE WHEN " + cond + " THEN TRUE ELSE FALSE END"
	}
	paths, exact := within(scope, f.Under)
	switch {
	case exact && slices.Contains(paths, "/"):
	case exact:
		var conds []string
		var args []any
		for _, p := range paths {
			conds = append(conds, "i.area_path >= ? AND i.area_path < ?")
			args = append(args, p, after(p))
		}
		if len(conds) == 0 {
			conds = []string{"1 = 0"}
		}
		w.And(closed(byArea, strings.Join(conds, " OR ")), args...)
	default:
		scope.WhereHeld(&w, "i")
		w.AndIf(f.Under != "", "i.area_path >= ? AND i.area_path < ?", f.Under, after(f.Under))
	}
	w.AndIf(f.Type != "", closed(byType, "i.type = ?"), f.Type).
		AndIf(len(f.Category) == 4, closed(byCategory, "i.category = ?"), f.Category).
		AndIf(f.Category != "" && len(f.Category) != 4, closed(byCategory, "i.category >= ? AND i.category < ?"), f.Category, f.Category+":").
		AndIf(f.Validity != "", closed(byValidity, "i.validity = ?"), f.Validity).
		AndIf(f.Year != 0, closed(byYear, "i.year = ?"), f.Year).
		AndIf(f.State != "" && f.State != "live", closed(byState, "i.state = ?"), f.State)
	w.AndIf(f.State == "", "CASE WHEN i.state <> ? THEN TRUE ELSE FALSE END", Undone).
		AndIf(f.State == "live", "i.live").
		AndIf(f.Stage != "", "i.stage = ?", f.Stage).
		AndIf(f.Author != "", "i.created_by = ?", f.Author).
		AndIf(f.wide, "CASE WHEN EXISTS (SELECT 1 FROM item_placement y WHERE y.item_id = i.id AND y.column_id = ? AND y.state <> 'withdrawn') THEN TRUE ELSE FALSE END", f.Column).
		AndIf(f.Column != "" && !f.wide, "i.id IN (SELECT y.item_id FROM item_placement y WHERE y.column_id = ? AND y.state <> 'withdrawn')", f.Column)
	if f.Text != "" {
		text := db.Contains(f.Text)
		w.And(`lower(v.title) LIKE ? ESCAPE '\' OR lower(v.doc_no) LIKE ? ESCAPE '\' OR lower(v.source) LIKE ? ESCAPE '\'`, text, text, text)
	}
	return &w
}

// after is the first path behind everything below p.
func after(p string) string {
	if p == "" {
		return ""
	}
	return p[:len(p)-1] + "0"
}

// page are the ids of one page; found are the counts of the filter.
func (s *Service) page(ctx context.Context, scope authz.Scope, f Filter, found Facets) ([]ItemID, error) {
	walk, err := s.walk(ctx, scope, f, found)
	if err != nil {
		return nil, err
	}
	w := s.conditions(scope, f, walk)
	sql := `SELECT i.id FROM item i` + f.join() + ` WHERE ` + w.SQL()
	from := "i."
	if walk == byArea || walk == "" {
		// All that is found, then sorted: the inner limit keeps the planner
		// from walking the order instead.
		sql, from = `SELECT x.id FROM (SELECT i.id, i.updated_at FROM item i`+f.join()+` WHERE `+w.SQL()+` LIMIT 2000000000) x`, "x."
	}
	return db.All(ctx, s.db, db.Value[ItemID], sql+` ORDER BY `+from+`updated_at DESC, `+from+`id DESC LIMIT `+w.Arg(f.Limit)+` OFFSET `+w.Arg(f.Offset), w.Args()...)
}

// walk chooses the index by what each would have to be read: the whole of the
// scope, of one value, or of the list as far as its page.
func (s *Service) walk(ctx context.Context, scope authz.Scope, f Filter, found Facets) (string, error) {
	if !f.counted() {
		if f.Text != "" || f.wide {
			return byRecent, nil
		}
		return "", nil
	}
	paths, exact := within(scope, f.Under)
	if !exact {
		return "", nil
	}
	// What the conditions cover of everything, and the scope of it.
	type line struct{ all, t, category, state, year, validity int }
	all, err := db.One(ctx, s.db, func(r db.Scanner) (line, error) {
		var l line
		return l, r.Scan(&l.all, &l.t, &l.category, &l.state, &l.year, &l.validity)
	}, `SELECT COALESCE(sum(n), 0), COALESCE(sum(CASE WHEN type = $1 THEN n END), 0), COALESCE(sum(CASE WHEN category = $2 THEN n END), 0), COALESCE(sum(CASE WHEN state = $3 THEN n END), 0),
	           COALESCE(sum(CASE WHEN year = $4 THEN n END), 0), COALESCE(sum(CASE WHEN validity = $5 THEN n END), 0) FROM item_tally WHERE node = '/'`,
		f.Type, f.Category, f.State, f.Year, f.Validity)
	if err != nil {
		return "", err
	}
	pages := float64(f.Offset+f.Limit) / float64(max(found.Total, 1))
	best, least := byRecent, pages*float64(all.all)
	if cost := float64(found.here) * 3; !slices.Contains(paths, "/") && cost < least { // sorted afterwards
		best, least = byArea, cost
	}
	for _, d := range []struct {
		by string
		on bool
		n  int
	}{{byType, f.Type != "", all.t}, {byCategory, len(f.Category) == 4, all.category}, {byState, f.State != "" && f.State != "live", all.state}, {byYear, f.Year != 0, all.year}, {byValidity, f.Validity != "", all.validity}} {
		if cost := min(pages, 1) * float64(d.n); d.on && cost < least {
			best, least = d.by, cost
		}
	}
	return best, nil
}

// States counts the items in scope by state, for the tabs of the list; "live"
// counts what readers see.
func (s *Service) States(ctx context.Context, scope authz.Scope) (map[string]int, error) {
	facets, err := s.Facets(ctx, scope, Filter{})
	out := map[string]int{"live": 0}
	for _, c := range facets.States {
		out[c.Value] = c.N
	}
	return out, err
}
