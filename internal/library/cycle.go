package library

import (
	"context"
	"fmt"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
)

// ColumnUpdate is the clock of every column: its declared cycle, counted from
// the day of its newest item (Article 12(1), 19(2)).
var ColumnUpdate = obligation.Kind{
	ID: "column_update", Name: "栏目更新", Clause: "S19.2", Citation: "陕政公开办〔2021〕18号 第十九条（二）",
	Says: "在栏目的更新周期内发布新内容", Remind: []int{4, 1, 0}, Escalate: 3, Gather: true,
}

// columnClock is a column with what its clock needs.
type columnClock struct {
	id    registry.ColumnID
	name  string
	unit  org.UnitID
	cycle int
	last  calendar.Date
}

func (c columnClock) subject() obligation.Subject {
	return obligation.Subject{Kind: "column", ID: string(c.id), Name: c.name}
}

const clockSelect = `
	SELECT c.id, s.name || ' / ' || c.name, c.unit_id, c.cycle_days, c.created_at,
	       (SELECT max(p.shown_at) FROM item_placement p WHERE p.column_id = c.id AND p.state = 'live')
	  FROM site_column c JOIN site s ON s.id = c.site_id
	 WHERE c.closed_at IS NULL AND s.hosted AND s.state IN ('running', 'exiting', 'closing')`

func scanClock(r db.Scanner) (columnClock, error) {
	var c columnClock
	var made, last time.Time
	err := r.Scan(&c.id, &c.name, &c.unit, &c.cycle, &made, &last)
	c.last = calendar.DateOf(made)
	if !last.IsZero() {
		c.last = calendar.DateOf(last)
	}
	return c, err
}

// KeepCycles sees to it that every open column of a running hosted site has its
// clock; a duty of the house, idempotent.
func (s *Service) KeepCycles(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "library.cycles")
	missing, err := db.All(ctx, s.db, scanClock, clockSelect+`
		   AND NOT EXISTS (SELECT 1 FROM obligation o WHERE o.kind = 'column_update' AND o.subject_kind = 'column' AND o.subject_id = c.id AND o.state = 'open')
		 ORDER BY c.id LIMIT 500`)
	if err != nil || len(missing) == 0 {
		return 0, err
	}
	return len(missing), s.db.Update(ctx, func(tx *db.Tx) error {
		for _, c := range missing {
			if err := s.openCycle(ctx, tx, c); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Service) openCycle(ctx context.Context, tx *db.Tx, c columnClock) error {
	return s.obligations.Open(ctx, tx, obligation.Debt{
		Kind: ColumnUpdate.ID, Unit: c.unit, Subject: c.subject(), Link: "/console/items/new?column=" + string(c.id),
		Due: calendar.Due{On: c.last.AddDays(c.cycle)},
	})
}

// renewCycle discharges a column's clock when something newer went live in it
// and starts the next round. When something ended there, the clock goes back to
// what is the newest now.
func (s *Service) renewCycle(ctx context.Context, tx *db.Tx, column registry.ColumnID, ended bool) error {
	c, err := db.One(ctx, tx, scanClock, clockSelect+` AND c.id = $1`, column)
	if db.None(err) {
		return nil // a site that does not run has no clock
	}
	if err != nil {
		return err
	}
	due, err := db.One(ctx, tx, db.Value[calendar.Date], `SELECT due_on FROM obligation WHERE kind = 'column_update' AND subject_kind = 'column' AND subject_id = $1 AND state = 'open'`, column)
	if err != nil && !db.None(err) {
		return err
	}
	if on := c.last.AddDays(c.cycle); err == nil && !due.Before(on) {
		if ended && due.After(on) {
			_, err = s.obligations.Postpone(ctx, tx, ColumnUpdate.ID, c.subject(), calendar.Due{On: on}, fmt.Sprintf("较新的内容已撤下，按 %s 的内容计算", c.last))
		}
		return err
	}
	if err == nil {
		if _, err := s.obligations.Discharge(ctx, tx, ColumnUpdate.ID, c.subject(), fmt.Sprintf("%s 已更新", c.last)); err != nil {
			return err
		}
	}
	return s.openCycle(ctx, tx, c)
}
