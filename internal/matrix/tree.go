package matrix

import (
	"cmp"
	"slices"

	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// Kind is one of the two matrices.
type Kind string

// The matrices.
const (
	Sites    Kind = "sites"
	Accounts Kind = "accounts"
)

// Kinds in screen order.
var Kinds = []Kind{Sites, Accounts}

// Name is the matrix in Chinese.
func (k Kind) Name() string {
	if k == Accounts {
		return "政务新媒体矩阵"
	}
	return "政府网站矩阵"
}

// Of is the matrix an object belongs to.
func Of(k sx2021.ObjectKind) Kind {
	if k == sx2021.Site {
		return Sites
	}
	return Accounts
}

// Standings of an object in its matrix.
const (
	Head    = "head"    // heads the matrix of its area
	Derived = "derived" // below the head of its area, as the ledger has it
	Placed  = "placed"  // where a person put it
	Missing = "missing" // nowhere: its area has no head
)

// HeadAccount is the account the article names as the head of all.
const HeadAccount = "陕西发布"

// fact is what the tree is derived from: one running object.
type fact struct {
	registry.Ref
	name     string
	siteKind registry.SiteKind
	main     bool
	unitKind org.Kind
	area     org.AreaID
	unit     org.UnitID
	path     string // of the unit on the area axis
}

// decision is what a person decided of one object.
type decision struct {
	head   org.AreaID // heads this area
	parent registry.Ref
}

// node is where an object stands.
type node struct {
	registry.Ref
	area     org.AreaID
	standing string
	parent   registry.Ref
	gap      org.AreaID
	unit     org.UnitID
	path     string
}

// derive places every object. areas holds the parent of each area; levels tells
// townships, whose objects belong to the county.
func derive(facts []fact, decided map[registry.Ref]decision, parent map[org.AreaID]org.AreaID, level map[org.AreaID]org.Level) []node {
	known := make(map[registry.Ref]bool, len(facts))
	home := func(a org.AreaID) org.AreaID {
		for level[a] == org.Township && parent[a] != "" {
			a = parent[a]
		}
		return a
	}
	type seat struct {
		k Kind
		a org.AreaID
	}
	named, best := map[seat]registry.Ref{}, map[seat]fact{}
	for _, f := range facts {
		known[f.Ref] = true
		if d, ok := decided[f.Ref]; ok && d.head != "" {
			named[seat{Of(f.Kind), d.head}] = f.Ref
		}
		if at := (seat{Of(f.Kind), home(f.area)}); rank(f, level[at.a]) > 0 {
			if old, ok := best[at]; !ok || better(f, old, level[at.a]) {
				best[at] = f
			}
		}
	}
	head := func(k Kind, a org.AreaID) (registry.Ref, bool) {
		if r, ok := named[seat{k, a}]; ok {
			return r, true
		}
		f, ok := best[seat{k, a}]
		// Who was put elsewhere by a person heads nothing.
		if d := decided[f.Ref]; ok && d.parent.ID != "" && known[d.parent] {
			return registry.Ref{}, false
		}
		return f.Ref, ok
	}
	out := make([]node, 0, len(facts))
	at := make(map[registry.Ref]int, len(facts))
	for _, f := range facts {
		k, a := Of(f.Kind), home(f.area)
		n := node{Ref: f.Ref, area: f.area, unit: f.unit, path: f.path}
		d := decided[f.Ref]
		if d.head != "" {
			a = d.head
		}
		h, ok := head(k, a)
		switch {
		case d.head == "" && d.parent.ID != "" && known[d.parent]:
			n.standing, n.parent = Placed, d.parent
		case !ok:
			n.standing, n.gap = Missing, a
		case h != f.Ref:
			n.standing, n.parent = Derived, h
		case parent[a] == "":
			n.standing = Head
		default:
			up, ok := head(k, parent[a])
			if n.standing, n.parent = Head, up; !ok {
				n.standing, n.gap = Missing, parent[a]
			}
		}
		at[f.Ref] = len(out)
		out = append(out, n)
	}
	// A person's choice that has come to stand below itself is let go.
	for i := range out {
		if out[i].standing != Placed {
			continue
		}
		seen := map[registry.Ref]bool{out[i].Ref: true}
		for r := out[i].parent; r.ID != ""; {
			if seen[r] {
				h, ok := head(Of(out[i].Kind), home(out[i].area))
				if out[i].standing, out[i].parent = Derived, h; !ok || h == out[i].Ref {
					out[i].standing, out[i].parent, out[i].gap = Missing, registry.Ref{}, home(out[i].area)
				}
				break
			}
			seen[r] = true
			j, ok := at[r]
			if !ok {
				break
			}
			r = out[j].parent
		}
	}
	return out
}

// rank says how fit an object is to head its area without anybody's word; 0 is
// not at all. A site: the portal of the government or its office. An account:
// “陕西发布” for the province, else the main account of the government or its office.
func rank(f fact, l org.Level) int {
	govern := f.unitKind == org.Government || f.unitKind == org.Office
	switch {
	case f.Kind == sx2021.Site && f.siteKind == registry.Portal && govern:
		return 2
	case f.Kind == sx2021.Account && l == org.Province && f.name == HeadAccount:
		return 3
	case f.Kind == sx2021.Account && f.main && govern:
		return 2
	}
	return 0
}

func better(a, b fact, l org.Level) bool {
	return cmp.Or(cmp.Compare(rank(b, l), rank(a, l)), cmp.Compare(b2i(b.unitKind == org.Government), b2i(a.unitKind == org.Government)), cmp.Compare(a.ID, b.ID)) < 0
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// gaps are the areas without a head, with the matrix.
func gaps(nodes []node) map[Kind][]org.AreaID {
	out := map[Kind][]org.AreaID{}
	for _, n := range nodes {
		if k := Of(n.Kind); n.standing == Missing && !slices.Contains(out[k], n.gap) {
			out[k] = append(out[k], n.gap)
		}
	}
	return out
}
