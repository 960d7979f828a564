package library

import (
	"context"
	"slices"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/passage"
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
			by     string
		}{{authz.ItemFirstReview, ByFirst}, {authz.ItemFinalReview, ByFinal}} {
			// Where one's route waits, unless one has spoken; at the final review
			// never one's own.
			list, err := read(session.ScopeFor(q.permit), `i.state = 'in_review'
				AND EXISTS (SELECT 1 FROM item_step t WHERE t.item_id = i.id AND t.round = i.round AND t.stage = i.stage AND t.permit IN (?, 'either'))
				AND NOT EXISTS (SELECT 1 FROM item_review p WHERE p.item_id = i.id AND p.round = i.round AND p.stage = i.stage AND p.reviewer_id = ?)
				AND NOT (i.stage = 'final' AND v.author_id = ?)`, q.by, session.PersonID, session.PersonID)
			if err != nil {
				return nil, err
			}
			for _, it := range list {
				add([]Item{it}, "去"+StageName(it.Stage), "/review", 5)
			}
		}
		more, err := s.otherTasks(ctx, session, limit)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
		list, err := read(session.ScopeFor(authz.ItemWrite), "i.state = 'returned' AND (v.author_id = ? OR i.created_by = ?)", session.PersonID, session.PersonID)
		if err != nil {
			return nil, err
		}
		for i := range list {
			list[i].Title = "退回修改：" + list[i].Title
		}
		add(list, "去修改", "/edit", 10)
		shares, err := s.shareTasks(ctx, session, limit)
		if err != nil {
			return nil, err
		}
		out = append(out, shares...)
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

// otherTasks are the opinions other units ask for, and what went out by the
// emergency lane and waits for a second look.
func (s *Service) otherTasks(ctx context.Context, session *authz.Session, limit int) ([]workbench.Task, error) {
	var out []workbench.Task
	asked, err := s.ConsultationsOf(ctx, session, limit)
	if err != nil {
		return nil, err
	}
	for _, a := range asked {
		if a.State == Asked {
			out = append(out, workbench.Task{Key: "item_consultation:" + a.ID, Kind: "意见征询", Title: a.ItemTitle, From: a.AskerUnitName, At: a.AskedAt, Due: calendar.Due{On: a.Due}, State: a.StateName(), Link: a.Link(), Act: "去答复", Minutes: 10})
		}
	}
	for _, p := range []authz.Permission{authz.ItemFirstReview, authz.ItemFinalReview} {
		scope := session.ScopeFor(p)
		if scope.Empty() {
			continue
		}
		list, _, err := s.Emergencies(ctx, scope, true, limit, 0)
		if err != nil {
			return nil, err
		}
		for _, e := range list {
			key := "item_after_review:" + string(e.Item)
			if e.authorID == session.PersonID || e.releaserID == session.PersonID || slices.ContainsFunc(out, func(t workbench.Task) bool { return t.Key == key }) {
				continue
			}
			out = append(out, workbench.Task{Key: key, Kind: "应急补审", Title: e.Title, From: e.UnitName, At: e.ReleasedAt, Due: calendar.Due{On: e.Due}, State: e.StateName(), Link: e.Link(), Act: "去补审", Minutes: 10})
		}
	}
	return out, nil
}
