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
	return org.Module{Name: "obligation",
		Touched: func(ctx context.Context, q db.Querier, units []org.UnitID) ([]org.Touched, error) {
			t, err := org.Touches(ctx, q, org.Touched{Kind: "obligation", Name: "未办结的时限"}, units, `obligation o`,
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
