package assessment

import (
	"context"

	"zhengshu/internal/db"
	"zhengshu/internal/org"
)

// Reorganise is assessment's part in a reorganisation: who must put something
// right, and who issued it, are followed by their successors.
func Reorganise() org.Module {
	return org.Module{Name: "assessment", Tables: []string{"rectify_order.unit_id", "rectify_order.issuer_unit_id", "rectify_order.escalated_unit_id", "scoring_pack.unit_id"},
		Touched: func(ctx context.Context, q db.Querier, units []org.UnitID) ([]org.Touched, error) {
			owed, err := org.Touches(ctx, q, org.Touched{Kind: "order", Name: "整改通知"}, units, `rectify_order o LEFT JOIN site s ON s.id = o.site_id LEFT JOIN account c ON c.id = o.account_id`,
				`'order:' || o.id, o.number, `+orderName+`, '/console/orders/' || o.id, o.unit_id`, "o.unit_id", "")
			if err != nil {
				return nil, err
			}
			issued, err := org.Touches(ctx, q, org.Touched{Kind: "order_issued", Name: "下发的整改通知"}, units, `rectify_order o LEFT JOIN site s ON s.id = o.site_id LEFT JOIN account c ON c.id = o.account_id`,
				`'order:' || o.id, o.number, `+orderName+`, '/console/orders/' || o.id, o.issuer_unit_id`, "o.issuer_unit_id", "")
			if err != nil {
				return nil, err
			}
			raised, err := org.Touches(ctx, q, org.Touched{Kind: "order_escalated", Name: "上报督办的整改通知"}, units, `rectify_order o LEFT JOIN site s ON s.id = o.site_id LEFT JOIN account c ON c.id = o.account_id`,
				`'order:' || o.id, o.number, `+orderName+`, '/console/orders/' || o.id, o.escalated_unit_id`, "o.escalated_unit_id", "")
			return []org.Touched{owed, issued, raised}, err
		},
		Carry: func(ctx context.Context, tx *db.Tx, c org.Carrying) error {
			// An order follows its site or account; one of several sites goes to who
			// takes what nobody named.
			objects, err := db.All(ctx, tx, db.Value[string], `SELECT DISTINCT CASE WHEN site_id IS NOT NULL THEN 'site:' || site_id WHEN account_id IS NOT NULL THEN 'account:' || account_id ELSE '' END FROM rectify_order WHERE unit_id = $1 ORDER BY 1`, c.From)
			if err != nil {
				return err
			}
			for _, key := range objects {
				to := c.Main
				if key != "" {
					to = c.To(key)
				}
				if _, err := tx.Exec(ctx, `UPDATE rectify_order SET unit_id = $2 WHERE unit_id = $1 AND CASE WHEN site_id IS NOT NULL THEN 'site:' || site_id WHEN account_id IS NOT NULL THEN 'account:' || account_id ELSE '' END = $3`, c.From, to, key); err != nil {
					return err
				}
			}
			if c.Main == c.From {
				return nil
			}
			for _, q := range []string{`UPDATE rectify_order SET issuer_unit_id = $2 WHERE issuer_unit_id = $1`, `UPDATE rectify_order SET escalated_unit_id = $2 WHERE escalated_unit_id = $1`,
				`UPDATE scoring_pack SET unit_id = $2 WHERE unit_id = $1`} {
				if _, err := tx.Exec(ctx, q, c.From, c.Main); err != nil {
					return err
				}
			}
			return nil
		}}
}
