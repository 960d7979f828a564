package library

import (
	"context"
	"fmt"

	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/obligation"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
)

// Content is how much stands in a column.
type Content struct {
	Live     int // public now
	Waiting  int // planned or timed
	Twice    int // of these, what stands in the other column already
	Requests int // of others for leave, open
}

// ContentOf counts what stands in a column in scope, and what of it stands in
// another already.
func (s *Service) ContentOf(ctx context.Context, q db.Querier, scope authz.Scope, column, other registry.ColumnID) (Content, error) {
	if _, err := s.registry.Column(ctx, q, scope, column); err != nil {
		return Content{}, err
	}
	return db.One(ctx, q, func(r db.Scanner) (Content, error) {
		var c Content
		return c, r.Scan(&c.Live, &c.Waiting, &c.Twice, &c.Requests)
	}, `SELECT (SELECT count(*) FROM item_placement WHERE column_id = $1 AND state = 'live'),
	           (SELECT count(*) FROM item_placement WHERE column_id = $1 AND state IN ('planned', 'scheduled')),
	           (SELECT count(*) FROM item_placement p WHERE p.column_id = $1 AND p.state <> 'withdrawn' AND EXISTS (SELECT 1 FROM item_placement o WHERE o.item_id = p.item_id AND o.column_id = $2)),
	           (SELECT count(*) FROM share_request WHERE column_id = $1 AND state = 'asked')`, column, other)
}

// MoveContent moves everything that stands in a column into another of the same
// site, in the transaction that closes the first: displayed times, pins and
// plans stay as they are. What stands in both stays once. The clock of the first
// ends, that of the second is counted anew. It is done by the database in a few
// statements, however much there is.
func (s *Service) MoveContent(ctx context.Context, tx *db.Tx, scope authz.Scope, from, to registry.Column) error {
	for _, c := range []registry.Column{from, to} {
		if _, err := s.registry.Column(ctx, tx, scope, c.ID); err != nil {
			return err
		}
	}
	if from.Site != to.Site || from.ID == to.ID {
		return fmt.Errorf("library: content moves within a site: %s to %s", from.ID, to.ID)
	}
	twice, err := db.All(ctx, tx, db.Value[string], `SELECT r.id FROM share_request r WHERE r.column_id = $1 AND r.state = 'asked'
		AND EXISTS (SELECT 1 FROM share_request o WHERE o.item_id = r.item_id AND o.column_id = $2 AND o.state = 'asked') ORDER BY r.id`, from.ID, to.ID)
	if err != nil {
		return err
	}
	for _, id := range twice { // the same leave was asked for there
		why := "栏目已并入“" + to.Name + "”，那里已有同一申请"
		if _, _, err := ShareMachine.Take(ctx, tx, id, "void", passage.Note{Says: why}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE share_request SET state = 'void', answered_at = $2, answer = $3 WHERE id = $1`, id, tx.Now(), why); err != nil {
			return err
		}
	}
	for _, step := range []string{
		// One that was taken out there and is public here is public there again.
		`UPDATE item_placement SET state = 'live', ended_at = NULL,
		        shown_at = (SELECT p.shown_at FROM item_placement p WHERE p.item_id = item_placement.item_id AND p.column_id = $1),
		        live_at = (SELECT p.live_at FROM item_placement p WHERE p.item_id = item_placement.item_id AND p.column_id = $1)
		  WHERE column_id = $2 AND state <> 'live' AND EXISTS (SELECT 1 FROM item_placement p WHERE p.item_id = item_placement.item_id AND p.column_id = $1 AND p.state = 'live')`,
		`UPDATE item_placement SET state = 'withdrawn', ended_at = $3
		  WHERE column_id = $1 AND state <> 'withdrawn' AND EXISTS (SELECT 1 FROM item_placement p WHERE p.item_id = item_placement.item_id AND p.column_id = $2)`,
		`UPDATE item_placement SET column_id = $2
		  WHERE column_id = $1 AND NOT EXISTS (SELECT 1 FROM item_placement p WHERE p.item_id = item_placement.item_id AND p.column_id = $2)`,
		`UPDATE share_request SET column_id = $2 WHERE column_id = $1 AND state = 'asked'`,
	} {
		args := []any{from.ID, to.ID, tx.Now()}
		if _, err := tx.Exec(ctx, step, args[:lastArg(step)]...); err != nil {
			return err
		}
	}
	if err = s.endCycle(ctx, tx, from, "栏目已并入“"+to.Name+"”"); err != nil {
		return err
	}
	return s.renewCycle(ctx, tx, to.ID, false)
}

// lastArg is the highest argument a statement of MoveContent names.
func lastArg(statement string) int {
	n := 0
	for i := 0; i+1 < len(statement); i++ {
		if statement[i] == '$' {
			n = max(n, int(statement[i+1]-'0'))
		}
	}
	return n
}

// EndCycle ends the clock of a column that closes.
func (s *Service) EndCycle(ctx context.Context, tx *db.Tx, scope authz.Scope, c registry.Column, why string) error {
	if _, err := s.registry.Column(ctx, tx, scope, c.ID); err != nil {
		return err
	}
	return s.endCycle(ctx, tx, c, why)
}

func (s *Service) endCycle(ctx context.Context, tx *db.Tx, c registry.Column, why string) error {
	_, err := s.obligations.Annul(ctx, tx, ColumnUpdate.ID, obligation.Subject{Kind: "column", ID: string(c.ID), Name: c.Name}, why)
	return err
}

// RecountCycle counts a column's clock anew after its cycle was changed: a new
// day is the old one moved, and the reason stands with it.
func (s *Service) RecountCycle(ctx context.Context, tx *db.Tx, scope authz.Scope, column registry.ColumnID) error {
	if _, err := s.registry.Column(ctx, tx, scope, column); err != nil {
		return err
	}
	c, err := db.One(ctx, tx, scanClock, clockSelect+` AND c.id = $1`, column)
	if db.None(err) {
		return nil // a site that does not run has no clock
	}
	if err != nil {
		return err
	}
	if _, err := s.obligations.Annul(ctx, tx, ColumnUpdate.ID, c.subject(), fmt.Sprintf("更新周期改为 %d 天，重新计算", c.cycle)); err != nil {
		return err
	}
	return s.openCycle(ctx, tx, c)
}

// LiveIn is how many items are public in a column, from its index alone: a
// column may hold a million. Public: what is live is public.
func (s *Service) LiveIn(ctx context.Context, q db.Querier, column registry.ColumnID) (int, error) {
	return db.One(ctx, q, db.Value[int], `SELECT count(*) FROM item_placement WHERE column_id = $1 AND state = 'live'`, column)
}

// LiveOf are those of the items that are public on a site, in the order given,
// each as the first of its columns there shows it. Public: what is live is
// public.
func (s *Service) LiveOf(ctx context.Context, q db.Querier, site registry.SiteID, items []ItemID) ([]Entry, error) {
	if len(items) == 0 {
		return nil, nil
	}
	var w db.Where
	w.And("p.site_id = ? AND p.state = 'live'", site)
	cond, args := db.In("p.item_id", items)
	w.And(cond, args...)
	list, err := db.All(ctx, q, scanEntry, entrySelect+` WHERE `+w.SQL()+` ORDER BY p.id`, w.Args()...)
	if err != nil {
		return nil, err
	}
	var out []Entry
	for _, id := range items {
		for _, e := range list {
			if e.Item.ID == id {
				out = append(out, e)
				break
			}
		}
	}
	return out, nil
}
