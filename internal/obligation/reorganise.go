package obligation

import (
	"context"

	"zhengshu/internal/db"
	"zhengshu/internal/org"
)

// Reorganise is the clocks' part in a reorganisation: what is open about a site
// or account follows it, anything else goes to who follows the unit. What was
// discharged stays with who discharged it. A clock neither stops nor starts
// afresh.
func Reorganise() org.Module {
	return org.Module{Name: "obligation", Tables: []string{"obligation.unit_id"},
		Touched: func(ctx context.Context, q db.Querier, units []org.UnitID) ([]org.Touched, error) {
			t, err := org.Touches(ctx, q, org.Touched{Kind: "obligation", Name: "未办结的时限", Ends: true}, units, `obligation o`,
				`'obligation:' || o.id, o.subject_name, o.kind, o.link, o.unit_id`, "o.unit_id", `o.state = 'open'`)
			return []org.Touched{t}, err
		},
		Carry: func(ctx context.Context, tx *db.Tx, c org.Carrying) error {
			type debt struct{ id, kind, subject string }
			list, err := db.All(ctx, tx, func(r db.Scanner) (debt, error) {
				var x debt
				err := r.Scan(&x.id, &x.kind, &x.subject)
				return x, err
			}, `SELECT id, subject_kind, subject_id FROM obligation WHERE unit_id = $1 AND state = 'open' ORDER BY id`, c.From)
			if err != nil {
				return err
			}
			for _, x := range list {
				// What a unit owes once is not owed twice by who follows it.
				if x.subject == string(c.From) && c.Main != c.From {
					if err := succeed(ctx, tx, x.id, c); err != nil {
						return err
					}
					continue
				}
				kind := x.kind
				if kind == "app" {
					kind = "account"
				}
				to := c.To(kind + ":" + x.subject)
				if to == c.From {
					continue
				}
				if _, err := tx.Exec(ctx, `UPDATE obligation SET unit_id = $2 WHERE id = $1`, x.id, to); err != nil {
					return err
				}
			}
			return nil
		}}
}

// succeed lets the successor owe what the unit itself owed: under its own name,
// unless it owes the same for the same period already.
func succeed(ctx context.Context, tx *db.Tx, id string, c org.Carrying) error {
	n, err := tx.Exec(ctx, `
		UPDATE obligation SET unit_id = $2, subject_id = $2, subject_name = replace(subject_name, (SELECT f.name FROM unit f WHERE f.id = $3), (SELECT u.name FROM unit u WHERE u.id = $2))
		 WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM obligation o WHERE o.kind = obligation.kind AND o.subject_kind = obligation.subject_kind AND o.subject_id = $2
		       AND o.period_key = obligation.period_key AND o.state = 'open')`, id, c.Main, c.From)
	if err != nil || n > 0 {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE obligation SET unit_id = $2, state = 'void', look_at = NULL, ended_at = $3, evidence = '机构调整，由承接单位一并办理' WHERE id = $1`, id, c.Main, tx.Now())
	return err
}
