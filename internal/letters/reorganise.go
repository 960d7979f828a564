package letters

import (
	"context"

	"zhengshu/internal/audit"
	"zhengshu/internal/db"
	"zhengshu/internal/org"
)

// Reorganise is the letters' part in a reorganisation: a letter follows its
// site, or goes to who follows the unit at work on it.
func Reorganise() org.Module {
	return org.Module{Name: "letters", Tables: []string{"letter.unit_id", "letter.handler_unit_id"},
		Touched: func(ctx context.Context, q db.Querier, units []org.UnitID) ([]org.Touched, error) {
			received, err := org.Touches(ctx, q, org.Touched{Kind: "letter", Name: "收到的来信"}, units, `letter l`,
				`'letter:' || l.id, l.number, '', '/console/letters/' || l.id, l.unit_id`, "l.unit_id", "")
			if err != nil {
				return nil, err
			}
			handled, err := org.Touches(ctx, q, org.Touched{Kind: "letter_handled", Name: "承办的来信"}, units, `letter l`,
				`'letter:' || l.id, l.number, '', '/console/letters/' || l.id, l.handler_unit_id`, "l.handler_unit_id", "")
			return []org.Touched{received, handled}, err
		},
		Carry: func(ctx context.Context, tx *db.Tx, c org.Carrying) error {
			sites, err := db.All(ctx, tx, db.Value[string], `SELECT DISTINCT site_id FROM letter WHERE unit_id = $1 ORDER BY site_id`, c.From)
			if err != nil {
				return err
			}
			for _, site := range sites {
				if _, err := tx.Exec(ctx, `UPDATE letter SET unit_id = $2 WHERE unit_id = $1 AND site_id = $3`, c.From, c.To("site:"+site), site); err != nil {
					return err
				}
				if _, err := tx.Exec(ctx, `UPDATE letter SET handler_unit_id = $2 WHERE handler_unit_id = $1 AND site_id = $3`, c.From, c.To("site:"+site), site); err != nil {
					return err
				}
			}
			if c.Main == c.From {
				return nil
			}
			_, err = tx.Exec(ctx, `UPDATE letter SET handler_unit_id = $2 WHERE handler_unit_id = $1`, c.From, c.Main)
			return err
		}}
}

// Held are the letters a person is at work on.
func Held(ctx context.Context, q db.Querier, person org.PersonID) (org.Holding, error) {
	h := org.Holding{Kind: "letter", Name: "承办中的来信"}
	var err error
	h.Rows, err = db.All(ctx, q, func(r db.Scanner) (org.HeldRow, error) {
		var row org.HeldRow
		err := r.Scan(&row.Key, &row.Name, &row.Note, &row.Link)
		return row, err
	}, `SELECT 'letter:' || l.id, l.number, u.name, '/console/letters/' || l.id FROM letter l JOIN unit u ON u.id = l.handler_unit_id
	     WHERE l.handler_id = $1 AND l.ended_at IS NULL AND l.answered_at IS NULL ORDER BY l.due_on, l.id`, person)
	return h, err
}

// Pass gives the letters a person is at work on to another.
func Pass(ctx context.Context, tx *db.Tx, from, to org.PersonID, why string) (int, error) {
	n, err := tx.Exec(ctx, `UPDATE letter SET handler_id = $2 WHERE handler_id = $1 AND ended_at IS NULL AND answered_at IS NULL`, from, to)
	if err != nil || n == 0 {
		return int(n), err
	}
	return int(n), audit.Record(ctx, tx, audit.Entry{Act: "letters.handover", Target: audit.Target{Kind: "person", ID: string(from)}, After: map[string]any{"to": to, "letters": n, "why": why}})
}
