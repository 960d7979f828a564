package library

import (
	"context"
	"slices"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/workbench"
)

func version(ctx context.Context, q db.Querier, id ItemID, no int) (Version, error) {
	v, err := db.One(ctx, q, scanVersion, `SELECT `+versionFields+` FROM item_version v WHERE v.item_id = $1 AND v.no = $2`, id, no)
	if db.None(err) {
		return Version{}, fault.Missing("版本")
	}
	return v, err
}

// Version of an item in scope; no 0 is the newest.
func (s *Service) Version(ctx context.Context, scope authz.Scope, id ItemID, no int) (Version, error) {
	it, err := s.Item(ctx, scope, id)
	if err != nil {
		return Version{}, err
	}
	if no == 0 {
		no = it.Version
	}
	return version(ctx, s.db, id, no)
}

// PublicItem is a live item as any signed-in person of whatever unit may see
// it, to adopt it: what is live is public.
func (s *Service) PublicItem(ctx context.Context, session *authz.Session, id ItemID) (Item, error) {
	if session == nil {
		return Item{}, fault.New(fault.SignIn, "请先登录。")
	}
	it, _, err := s.LiveItem(ctx, s.db, id)
	return it, err
}

// Versions of an item in scope, newest first, without their texts.
func (s *Service) Versions(ctx context.Context, scope authz.Scope, id ItemID) ([]Version, error) {
	if _, err := s.Item(ctx, scope, id); err != nil {
		return nil, err
	}
	return db.All(ctx, s.db, scanVersion, `SELECT `+strings.Replace(versionFields, "v.doc, v.html, v.text, v.original", "'', '', '', ''", 1)+`
		FROM item_version v WHERE v.item_id = $1 ORDER BY v.no DESC LIMIT 500`, id)
}

// Placements of an item in scope, wherever they are.
func (s *Service) Placements(ctx context.Context, scope authz.Scope, id ItemID) ([]Placement, error) {
	if _, err := s.Item(ctx, scope, id); err != nil {
		return nil, err
	}
	return db.All(ctx, s.db, scanPlacement, placementSelect+` WHERE p.item_id = $1 ORDER BY p.id`, id)
}

// PlacementsIn are the places, live or scheduled, of an item of whatever unit
// on the sites in scope: those one may take down.
func (s *Service) PlacementsIn(ctx context.Context, scope authz.Scope, id ItemID) ([]Placement, error) {
	var w db.Where
	scope.Where(&w, "su")
	w.And("p.item_id = ?", id).And("p.state IN ('live', 'scheduled')")
	return db.All(ctx, s.db, scanPlacement, placementSelect+` JOIN unit su ON su.id = ps.unit_id WHERE `+w.SQL()+` ORDER BY p.id`, w.Args()...)
}

// History is every step of an item in scope.
func (s *Service) History(ctx context.Context, scope authz.Scope, id ItemID) ([]passage.Step, error) {
	if _, err := s.Item(ctx, scope, id); err != nil {
		return nil, err
	}
	return Machine.History(ctx, s.db, string(id))
}

// Filter narrows Items.
type Filter struct {
	Text   string // title, document number, source
	Type   Type
	State  string // of the newest version; "live": what readers see
	Stage  string
	Unit   org.UnitID
	Column registry.ColumnID
	Author string // person id of who entered it
	Limit  int    // 20 when zero
	Offset int
}

// Items in scope, last touched first, and how many there are.
func (s *Service) Items(ctx context.Context, scope authz.Scope, f Filter) ([]Item, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	text := db.Contains(f.Text)
	w.AndIf(f.Text != "", `(lower(v.title) LIKE ? ESCAPE '\' OR lower(v.doc_no) LIKE ? ESCAPE '\' OR lower(v.source) LIKE ? ESCAPE '\')`, text, text, text).
		AndIf(f.Type != "", "v.type = ?", f.Type).
		AndIf(f.State == "", "i.state <> 'undone'").
		AndIf(f.State == "live", "EXISTS (SELECT 1 FROM item_live x WHERE x.item_id = i.id)").
		AndIf(f.State != "" && f.State != "live", "i.state = ?", f.State).
		AndIf(f.Stage != "", "i.stage = ?", f.Stage).
		AndIf(f.Unit != "", "i.unit_id = ?", f.Unit).
		AndIf(f.Column != "", "EXISTS (SELECT 1 FROM item_placement y WHERE y.item_id = i.id AND y.column_id = ? AND y.state <> 'withdrawn')", f.Column).
		AndIf(f.Author != "", "i.created_by = ?", f.Author)
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM item i JOIN item_version v ON v.item_id = i.id AND v.no = i.version JOIN unit u ON u.id = i.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	limit := f.Limit
	if limit <= 0 {
		limit = 20
	}
	list, err := db.All(ctx, s.db, scanItem, itemSelect+` WHERE `+w.SQL()+` ORDER BY i.updated_at DESC, i.id DESC LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return list, total, err
}

// States counts the items in scope by state, for the tabs of the list; "live"
// counts what readers see.
func (s *Service) States(ctx context.Context, scope authz.Scope) (map[string]int, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.And("i.state <> 'undone'")
	type row struct {
		state   string
		n, live int
	}
	list, err := db.All(ctx, s.db, func(r db.Scanner) (row, error) {
		var v row
		return v, r.Scan(&v.state, &v.n, &v.live)
	}, `SELECT i.state, count(*), count(l.item_id) FROM item i JOIN unit u ON u.id = i.unit_id LEFT JOIN item_live l ON l.item_id = i.id WHERE `+w.SQL()+` GROUP BY i.state`, w.Args()...)
	out := map[string]int{}
	for _, v := range list {
		out[v.state] += v.n
		out["live"] += v.live
	}
	return out, err
}

// Tasks is the library's part of the workbench: reviews that wait for the
// person, and what was returned to them.
func (s *Service) Tasks(ctx context.Context, session *authz.Session, tab workbench.Tab, limit int) ([]workbench.Task, error) {
	if session == nil {
		return nil, nil
	}
	var out []workbench.Task
	add := func(list []Item, act, suffix string, minutes int) {
		for _, it := range list {
			key := "item:" + string(it.ID)
			if slices.ContainsFunc(out, func(t workbench.Task) bool { return t.Key == key }) {
				continue
			}
			out = append(out, workbench.Task{Key: key, Kind: "审稿", Title: it.Title, From: it.UnitName, At: it.UpdatedAt, State: it.StateName(), Link: it.Link() + suffix, Act: act, Minutes: minutes})
		}
	}
	read := func(scope authz.Scope, cond string, args ...any) ([]Item, error) {
		if scope.Empty() {
			return nil, nil
		}
		var w db.Where
		scope.Where(&w, "u")
		w.And(cond, args...)
		return db.All(ctx, s.db, scanItem, itemSelect+` WHERE `+w.SQL()+` ORDER BY i.updated_at DESC, i.id DESC LIMIT `+w.Arg(limit), w.Args()...)
	}
	switch tab {
	case workbench.ToDo:
		for _, q := range []struct {
			permit authz.Permission
			stage  string
		}{{authz.ItemFirstReview, "first"}, {authz.ItemFirstReview, "second"}, {authz.ItemFinalReview, "second"}, {authz.ItemFinalReview, "final"}} {
			cond, args := "i.state = 'in_review' AND i.stage = ?", []any{q.stage}
			if q.stage == "final" { // never one's own
				cond += " AND v.author_id <> ?"
				args = append(args, session.PersonID)
			}
			list, err := read(session.ScopeFor(q.permit), cond, args...)
			if err != nil {
				return nil, err
			}
			add(list, "去"+StageName(q.stage), "/review", 5)
		}
		list, err := read(session.ScopeFor(authz.ItemWrite), "i.state = 'returned' AND (v.author_id = ? OR i.created_by = ?)", session.PersonID, session.PersonID)
		if err != nil {
			return nil, err
		}
		for i := range list {
			list[i].Title = "退回修改：" + list[i].Title
		}
		add(list, "去修改", "/edit", 10)
	case workbench.Done:
		list, err := read(session.ScopeFor(authz.SignedIn), "i.id IN (SELECT item_id FROM item_review WHERE reviewer_id = ?)", session.PersonID)
		if err != nil {
			return nil, err
		}
		add(list, "查看", "", 0)
	case workbench.Started:
		list, err := read(session.ScopeFor(authz.SignedIn), "i.created_by = ?", session.PersonID)
		if err != nil {
			return nil, err
		}
		add(list, "查看", "", 0)
	}
	if len(out) > limit {
		out = out[:limit]
	}
	return out, nil
}
