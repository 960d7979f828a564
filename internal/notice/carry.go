package notice

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/passage"
	"zhengshu/internal/rules/sx2021"
)

// Carried is one place of a notice as an earlier register had it: address and
// first day as a named person recorded them then.
type Carried struct {
	Place sx2021.Place
	URL   string
	First calendar.Date
	By    string
	At    time.Time
}

// Carry takes over a notice from an earlier register, in the transaction of the
// act that closes it there. The first days recorded then stand: the days before
// the watch began could not be tested and count as hung (readings 3); from now
// on it is watched like any other. done is the evidence with which it had ended
// there, or empty.
func (s *Service) Carry(ctx context.Context, tx *db.Tx, d Debt, places []Carried, done string) error {
	ids, err := s.Owe(ctx, tx, d)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := s.carry(ctx, tx, id, d.By, places, done); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) carry(ctx context.Context, tx *db.Tx, id ID, opened calendar.Date, from []Carried, done string) error {
	n, err := db.One(ctx, tx, scanNotice, noticeSelect+` WHERE n.id = $1`, id)
	if err != nil {
		return err
	}
	list, err := places(ctx, tx, id)
	if err != nil {
		return err
	}
	// It was owed from the act on, not from the day it was taken over.
	if _, err := tx.Exec(ctx, `UPDATE notice SET opened_on = $2 WHERE id = $1`, id, opened); err != nil {
		return err
	}
	var where []string
	for i := range list {
		p := &list[i]
		k := slices.IndexFunc(from, func(c Carried) bool { return c.Place == p.Place })
		if k < 0 {
			continue
		}
		c := from[k]
		p.URL = c.URL
		where = append(where, c.URL)
		if _, err := tx.Exec(ctx, `UPDATE notice_place SET url = $2, claimed_on = $3, first_on = $3, basis = $4, posted_by = $5, posted_at = $6, look_at = $7 WHERE id = $1`,
			p.ID, c.URL, c.First, ByRecord, c.By, c.At, tx.Now()); err != nil {
			return fmt.Errorf("notice: carry: %w", err)
		}
	}
	if err := audit.Record(ctx, tx, audit.Entry{Act: "notice.carry", Target: n.Target(), Basis: clockOf(n.Kind).Citation, After: map[string]any{"opened": opened, "places": from, "done": done}}); err != nil {
		return err
	}
	if len(missing(n, list)) > 0 && done == "" {
		return nil
	}
	if _, n.State, err = Machine.Take(ctx, tx, string(id), "hang", passage.Note{Says: "由原开通公告登记转入", CaseID: n.CaseID}); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE notice SET state = $2 WHERE id = $1`, id, n.State); err != nil {
		return err
	}
	if done != "" {
		return s.finish(ctx, tx, n, "complete", "原登记已办结："+strings.Join(append(where, done), " "))
	}
	return s.settle(ctx, tx, id)
}
