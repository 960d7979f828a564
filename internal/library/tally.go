package library

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
)

// The sums of items by sort and place. The database writes every change down
// in the transaction that makes it (item_tally_change), so that no writer
// waits for another at a common sum; KeepTallies folds the changes into
// item_tally. Sums and changes not folded yet, read in one statement, are
// exact at any moment.

// pathsPerFold is how many units' changes are folded in one transaction.
const pathsPerFold = 100

// KeepTallies folds what was written down; a duty of the house, idempotent.
func (s *Service) KeepTallies(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "library.tallies")
	folded := 0
	for {
		n := 0
		err := s.db.Update(ctx, func(tx *db.Tx) error {
			paths, err := db.All(ctx, tx, db.Value[string], `SELECT area_path FROM item_tally_change GROUP BY area_path ORDER BY area_path LIMIT $1`, pathsPerFold)
			if err != nil {
				return err
			}
			if n = len(paths); n == 0 {
				return nil
			}
			return fold(ctx, tx, paths)
		})
		if err != nil {
			return folded, fmt.Errorf("library: fold tallies: %w", err)
		}
		if folded += n; n < pathsPerFold {
			return folded, nil
		}
	}
}

// fold adds the changes at these unit paths to the unit's own node and to
// every place above it.
func fold(ctx context.Context, tx *db.Tx, paths []string) error {
	below := map[string][]string{}
	for _, p := range paths {
		below[p] = append(below[p], p)
		for _, a := range above(p) {
			below[a] = append(below[a], p)
		}
	}
	for node, from := range below {
		cond, args := db.In("c.area_path", from)
		var w db.Where
		node, parent := w.Arg(node), w.Arg(parentOf(node))
		w.And(cond, args...)
		if _, err := tx.Quiet(ctx, `
			INSERT INTO item_tally (node, parent, type, category, state, validity, year, live, n)
			SELECT `+node+`, `+parent+`, c.type, c.category, c.state, c.validity, c.year, c.live, sum(c.n) FROM item_tally_change c
			 WHERE `+w.SQL()+` GROUP BY c.type, c.category, c.state, c.validity, c.year, c.live HAVING sum(c.n) <> 0
			ON CONFLICT (node, type, category, state, validity, year, live) DO UPDATE SET n = item_tally.n + excluded.n`, w.Args()...); err != nil {
			return err
		}
	}
	for node := range below {
		if _, err := tx.Quiet(ctx, `DELETE FROM item_tally WHERE node = $1 AND n = 0`, node); err != nil {
			return err
		}
	}
	cond, args := db.In("area_path", paths)
	var w db.Where
	w.And(cond, args...)
	_, err := tx.Quiet(ctx, `DELETE FROM item_tally_change WHERE `+w.SQL(), w.Args()...)
	return err
}

// above are the places over a unit's path, from / down: of /610000/@01J…/ they
// are / and /610000/.
func above(path string) []string {
	out := []string{"/"}
	for i := 1; i < len(path); i++ {
		if path[i] != '/' {
			continue
		}
		if p := path[:i+1]; strings.Contains(p, "@") {
			break
		} else {
			out = append(out, p)
		}
	}
	return out
}

// parentOf is the place a node stands in; a unit below another stands in the
// same place.
func parentOf(node string) string {
	if node == "/" {
		return ""
	}
	places := above(node)
	if last := places[len(places)-1]; last != node {
		return last
	}
	return places[len(places)-2]
}

// Tally is one value of a facet and how many items have it.
type Tally struct {
	Value string
	Name  string // of places and units
	N     int
}

// Facets are the counts of what a filter finds, and beside each condition
// what its other values would find.
type Facets struct {
	Total                         int
	Types, Categories, Validities []Tally // most first
	States                        []Tally // draft …, with “live”: what readers see
	Years                         []Tally // newest first
	Places                        []Tally // just below where one looks
	Under                         string  // name of the place chosen
	here                          int     // items in scope, whatever the filter
}

// sums is one line of the sums.
type sums struct {
	t        Type
	category string
	state    string
	validity Validity
	year     int
	live     bool
	n        int
}

// counted reports whether the sums can answer all conditions of the filter.
func (f Filter) counted() bool {
	return f.Text == "" && f.Stage == "" && f.Column == "" && f.Author == ""
}

func (f Filter) hasCategory(c string) bool {
	return f.Category == "" || strings.HasPrefix(c, f.Category)
}

func (f Filter) hasState(s sums) bool {
	return f.State == "" && s.state != Undone || f.State == "live" && s.live || f.State == s.state
}

// tallied is the statement that reads the sums of a scope, narrowed to the
// place under, with what is not folded yet.
func tallied(w *db.Where, scope authz.Scope, under string) string {
	paths, exact := within(scope, under)
	nodes := "FALSE"
	join := ""
	if exact {
		var parts []string
		for _, p := range paths {
			if strings.Contains(p, "@") {
				parts = append(parts, "(t.node >= "+w.Arg(p)+" AND t.node < "+w.Arg(p[:len(p)-1]+"0")+")")
			} else {
				parts = append(parts, "t.node = "+w.Arg(p))
			}
		}
		if len(parts) > 0 {
			nodes = strings.Join(parts, " OR ")
		}
	} else {
		// Sums of single units never overlap.
		join = " JOIN unit u ON u.area_path = t.node"
		var in db.Where
		scope.Where(&in, "u")
		if under != "" {
			in.And("u.area_path >= ? AND u.area_path < ?", under, under[:len(under)-1]+"0")
		}
		nodes = inlined(w, &in)
	}
	var changes db.Where
	scope.Where(&changes, "u")
	if under != "" {
		changes.And("u.area_path >= ? AND u.area_path < ?", under, under[:len(under)-1]+"0")
	}
	return `SELECT t.type, t.category, t.state, t.validity, t.year, t.live, t.n FROM item_tally t` + join + ` WHERE ` + nodes + `
		UNION ALL SELECT c.type, c.category, c.state, c.validity, c.year, c.live, c.n FROM item_tally_change c JOIN unit u ON u.area_path = c.area_path WHERE ` + inlined(w, &changes)
}

// inlined takes the conditions of another Where into the arguments of w.
func inlined(w *db.Where, in *db.Where) string {
	sql, args := in.SQL(), in.Args()
	for n := len(args); n > 0; n-- {
		sql = strings.ReplaceAll(sql, fmt.Sprintf("$%d", n), fmt.Sprintf("\x00%d\x00", n))
	}
	for n, a := range args {
		sql = strings.ReplaceAll(sql, fmt.Sprintf("\x00%d\x00", n+1), w.Arg(a))
	}
	return sql
}

// within are the places of the scope below a place that was chosen.
func within(scope authz.Scope, under string) (paths []string, exact bool) {
	all, exact := scope.Subtrees()
	if under == "" {
		return all, exact
	}
	for _, p := range all {
		switch {
		case strings.HasPrefix(under, p):
			return []string{under}, exact
		case strings.HasPrefix(p, under):
			paths = append(paths, p)
		}
	}
	return paths, exact
}

// Facets counts what the filter finds in scope. A condition that the sums know
// nothing of (words, a column) is left out of the counts.
func (s *Service) Facets(ctx context.Context, scope authz.Scope, f Filter) (Facets, error) {
	if scope.Empty() {
		return Facets{}, nil
	}
	var w db.Where
	lines, err := db.All(ctx, s.db, func(r db.Scanner) (sums, error) {
		var v sums
		return v, r.Scan(&v.t, &v.category, &v.state, &v.validity, &v.year, &v.live, &v.n)
	}, `SELECT x.type, x.category, x.state, x.validity, x.year, x.live, sum(x.n) FROM (`+tallied(&w, scope, f.Under)+`) x
		GROUP BY x.type, x.category, x.state, x.validity, x.year, x.live HAVING sum(x.n) <> 0`, w.Args()...)
	if err != nil {
		return Facets{}, err
	}
	out := f.facets(lines)
	if seen, _ := within(scope, f.Under); f.Under != "" && len(seen) > 0 {
		if out.Under, err = db.One(ctx, s.db, db.Value[string], `SELECT COALESCE((SELECT u.name FROM unit u WHERE u.area_path = $1), (SELECT a.name FROM area a WHERE a.path = $1), '')`, f.Under); err != nil {
			return out, err
		}
	}
	out.Places, err = s.places(ctx, scope, f)
	return out, err
}

func (f Filter) facets(lines []sums) Facets {
	var out Facets
	types, categories, validities, states, years := map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}
	for _, v := range lines {
		if v.state == Undone && f.State != Undone { // put away: no facet offers it
			continue
		}
		ok := [5]bool{f.Type == "" || f.Type == v.t, f.hasCategory(v.category), f.hasState(v), f.Validity == "" || f.Validity == v.validity, f.Year == 0 || f.Year == v.year}
		but := func(i int) bool {
			for j := range ok {
				if j != i && !ok[j] {
					return false
				}
			}
			return true
		}
		out.here += v.n
		if but(-1) {
			out.Total += v.n
		}
		if but(0) {
			types[string(v.t)] += v.n
		}
		if but(1) {
			categories[v.category] += v.n
		}
		if but(2) {
			states[v.state] += v.n
			if v.live {
				states["live"] += v.n
			}
		}
		if but(3) && v.validity != "" {
			validities[string(v.validity)] += v.n
		}
		if but(4) {
			years[fmt.Sprint(v.year)] += v.n
		}
	}
	most := func(m map[string]int) []Tally {
		var list []Tally
		for v, n := range m {
			if n > 0 {
				list = append(list, Tally{Value: v, N: n})
			}
		}
		slices.SortFunc(list, func(a, b Tally) int { return cmp.Or(b.N-a.N, strings.Compare(a.Value, b.Value)) })
		return list
	}
	out.Types, out.Categories, out.Validities, out.States, out.Years = most(types), most(categories), most(validities), most(states), most(years)
	slices.SortFunc(out.Years, func(a, b Tally) int { return strings.Compare(b.Value, a.Value) })
	return out
}

// placeFacets is how many places and units are offered to go down to.
const placeFacets = 30

// places are the places and units just below where one looks, with what the
// filter finds there.
func (s *Service) places(ctx context.Context, scope authz.Scope, f Filter) ([]Tally, error) {
	paths, exact := within(scope, f.Under)
	if !exact || len(paths) != 1 || strings.Contains(paths[0], "@") {
		return nil, nil
	}
	parent := paths[0]
	if parent == "/" { // one province: its places are what one looks for
		top, err := db.All(ctx, s.db, db.Value[string], `SELECT DISTINCT node FROM item_tally WHERE parent = '/' LIMIT 2`)
		if err != nil {
			return nil, err
		}
		if len(top) == 1 {
			parent = top[0]
		}
	}
	var w db.Where
	w.And("t.parent = ?", parent).
		AndIf(f.Type != "", "t.type = ?", f.Type).
		AndIf(f.Category != "", "t.category >= ? AND t.category < ?", f.Category, f.Category+":").
		AndIf(f.State == "", "t.state <> ?", Undone).
		AndIf(f.State == "live", "t.live").
		AndIf(f.State != "" && f.State != "live", "t.state = ?", f.State).
		AndIf(f.Validity != "", "t.validity = ?", f.Validity).
		AndIf(f.Year != 0, "t.year = ?", f.Year)
	return db.All(ctx, s.db, func(r db.Scanner) (Tally, error) {
		var c Tally
		return c, r.Scan(&c.Value, &c.N, &c.Name)
	}, `SELECT x.node, x.n, COALESCE(u.name, ar.name, '') FROM (SELECT t.node, sum(t.n) AS n FROM item_tally t WHERE `+w.SQL()+` GROUP BY t.node HAVING sum(t.n) > 0) x
		LEFT JOIN unit u ON u.area_path = x.node LEFT JOIN area ar ON ar.path = x.node ORDER BY x.n DESC, x.node LIMIT `+fmt.Sprint(placeFacets), w.Args()...)
}
