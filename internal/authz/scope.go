package authz

import (
	"slices"
	"strings"

	"zhengshu/internal/db"
)

// Scope is an opaque set of path ranges on the two axes. The zero Scope covers
// nothing.
type Scope struct {
	all   bool
	areas []string
	lines []string
}

// System is the scope of a named duty of the house itself (a sweep, an
// import): everything. duty is for the reader of the code and of grep.
func System(duty string) Scope {
	_ = duty
	return Scope{all: true}
}

// Area is the scope of one subtree of the area axis, for a named duty that
// belongs to one place.
func Area(duty, areaPath string) Scope {
	_ = duty
	return Scope{areas: []string{areaPath}}
}

// Empty reports whether the scope covers nothing.
func (s Scope) Empty() bool { return !s.all && len(s.areas) == 0 && len(s.lines) == 0 }

// Where narrows w to rows whose unit lies in the scope. alias is the unit
// table's alias in the statement; its columns are area_path and line_path.
func (s Scope) Where(w *db.Where, alias string) *db.Where { return s.WhereAny(w, alias) }

// WhereAny narrows w to rows of which one of several units lies in the scope:
// what two sides share. The aliases are those of joined unit tables.
func (s Scope) WhereAny(w *db.Where, aliases ...string) *db.Where {
	if s.all {
		return w
	}
	if s.Empty() {
		return w.And("FALSE")
	}
	parts, args := s.parts(aliases)
	return w.And(strings.Join(parts, " OR "), args...)
}

// WhereOrAbove narrows w to rows whose unit lies in the scope, and to those for
// which cond holds whose unit stands over an area that the scope lies in: what is
// kept for a whole area holds for everybody below.
func (s Scope) WhereOrAbove(w *db.Where, alias, cond string, condArgs ...any) *db.Where {
	if s.all {
		return w
	}
	if s.Empty() {
		return w.And("FALSE")
	}
	parts, args := s.parts([]string{alias})
	for _, area := range s.above() {
		// A unit hangs below its area by "@" and its id.
		parts = append(parts, "("+cond+" AND ("+alias+".area_path = ? OR "+alias+".area_path >= ? AND "+alias+".area_path < ?))")
		args = append(append(args, condArgs...), area, area+"@", area+"A")
	}
	return w.And(strings.Join(parts, " OR "), args...)
}

// above are the areas that the scope lies in, those it begins at among them.
func (s Scope) above() (out []string) {
	add := func(path string) {
		for i, c := range path {
			if c == '/' && i > 0 && !slices.Contains(out, path[:i+1]) {
				out = append(out, path[:i+1])
			}
		}
	}
	for _, p := range s.areas {
		add(areaOf(p))
	}
	for _, p := range s.lines {
		if i := strings.Index(p[1:], "/"); i >= 0 {
			add(areaOf(p[1+i:]))
		}
	}
	return out
}

// UnderAreaOf reports whether the scope lies in the area of the unit at the path.
func (s Scope) UnderAreaOf(unitPath string) bool {
	return s.all || slices.Contains(s.above(), areaOf(unitPath))
}

func (s Scope) parts(aliases []string) (parts []string, args []any) {
	for _, alias := range aliases {
		for _, axis := range []struct {
			column string
			paths  []string
		}{{"area_path", s.areas}, {"line_path", s.lines}} {
			for _, p := range axis.paths {
				from, to := subtree(p)
				parts = append(parts, "("+alias+"."+axis.column+" >= ? AND "+alias+"."+axis.column+" < ?)")
				args = append(args, from, to)
			}
		}
	}
	return parts, args
}

// WhereHeld narrows w to rows that keep the area path of their unit beside its
// id, in area_path and unit_id: no join is needed to walk them in order.
func (s Scope) WhereHeld(w *db.Where, alias string) *db.Where {
	if s.all {
		return w
	}
	if s.Empty() {
		return w.And("FALSE")
	}
	var parts []string
	var args []any
	for _, p := range s.areas {
		from, to := subtree(p)
		parts = append(parts, "("+alias+".area_path >= ? AND "+alias+".area_path < ?)")
		args = append(args, from, to)
	}
	for _, p := range s.lines {
		from, to := subtree(p)
		parts = append(parts, alias+".unit_id IN (SELECT id FROM unit WHERE line_path >= ? AND line_path < ?)")
		args = append(args, from, to)
	}
	return w.And(strings.Join(parts, " OR "), args...)
}

// Subtrees are the places of the scope on the area axis, none inside another,
// "/" for everything. exact is false when the scope reaches along a line too:
// then sums kept by place may not be added up.
func (s Scope) Subtrees() (paths []string, exact bool) {
	if s.all {
		return []string{"/"}, true
	}
	for _, p := range s.areas {
		inside := func(q string) bool { return q != p && strings.HasPrefix(p, q) }
		if !slices.Contains(paths, p) && !slices.ContainsFunc(s.areas, inside) {
			paths = append(paths, p)
		}
	}
	return paths, len(s.lines) == 0
}

// Covers reports whether a unit at these paths lies in the scope.
func (s Scope) Covers(areaPath, linePath string) bool {
	if s.all {
		return true
	}
	for _, p := range s.areas {
		if strings.HasPrefix(areaPath, p) {
			return true
		}
	}
	for _, p := range s.lines {
		if linePath != "" && strings.HasPrefix(linePath, p) {
			return true
		}
	}
	return false
}

// subtree is the range of a path and everything below it. The upper bound
// replaces the final "/" by "0", its successor in ASCII, so one index serves
// both databases. PostgreSQL needs COLLATE "C" on the column for the same
// order.
func subtree(path string) (from, to string) { return path, path[:len(path)-1] + "0" }

// areaOf cuts a unit's own segments off its path: /610000/610100/@01J…/ is
// /610000/610100/.
func areaOf(path string) string {
	if i := strings.Index(path, "@"); i >= 0 {
		return path[:i]
	}
	return path
}

// Reaches reports whether something below the path lies in the scope, so a
// tree can be opened down to it.
func (s Scope) Reaches(areaPath string) bool {
	if s.all {
		return true
	}
	for _, p := range s.areas {
		if strings.HasPrefix(p, areaPath) {
			return true
		}
	}
	for _, p := range s.lines {
		if i := strings.Index(p[1:], "/"); i >= 0 && strings.HasPrefix(areaPath, p[1+i:]) {
			return true
		}
	}
	return false
}
