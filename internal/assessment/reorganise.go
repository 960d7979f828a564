package assessment

import (
	"context"

	"zhengshu/internal/db"
	"zhengshu/internal/org"
)

// Reorganise is assessment's part in a reorganisation: who must put something
// right, and who issued it, are followed by their successors.
func Reorganise() org.Module {
	return org.Module{Name: "assessment", Tables: []string{"rectify_order.unit_id", "rectify_order.issuer_unit_id", "scoring_pack.unit_id"},
		Touched: func(ctx context.Context, q db.Querier, units []org.UnitID) ([]org.Touched, error) {
			owed, err := org.Touches(ctx, q, org.Touched{Kind: "order", Name: "整改通知"}, units, `rectify_order o JOIN site s ON s.id = o.site_id`,
				`'order:' || o.id, o.number, s.name, '/console/orders/' || o.id, o.unit_id`, "o.unit_id", "")
			if err != nil {
				return nil, err
			}
			issued, err := org.Touches(ctx, q, org.Touched{Kind: "order_issued", Name: "下发的整改通知"}, units, `rectify_order o JOIN site s ON s.id = o.site_id`,
				`'order:' || o.id, o.number, s.name, '/console/orders/' || o.id, o.issuer_unit_id`, "o.issuer_unit_id", "")
			return []org.Touched{owed, issued}, err
		},
		Carry: func(ctx context.Context, tx *db.Tx, c org.Carrying) error {
			sites, err := db.All(ctx, tx, db.Value[string], `SELECT DISTINCT site_id FROM rectify_order WHERE unit_id = $1 ORDER BY site_id`, c.From)
			if err != nil {
				return err
			}
			for _, site := range sites {
				if _, err := tx.Exec(ctx, `UPDATE rectify_order SET unit_id = $2 WHERE unit_id = $1 AND site_id = $3`, c.From, c.To("site:"+site), site); err != nil {
					return err
				}
			}
			if c.Main == c.From {
				return nil
			}
			if _, err = tx.Exec(ctx, `UPDATE rectify_order SET issuer_unit_id = $2 WHERE issuer_unit_id = $1`, c.From, c.Main); err != nil {
				return err
			}
			_, err = tx.Exec(ctx, `UPDATE scoring_pack SET unit_id = $2 WHERE unit_id = $1`, c.From, c.Main)
			return err
		}}
}
