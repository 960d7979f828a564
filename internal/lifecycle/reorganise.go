package lifecycle

import (
	"context"

	"zhengshu/internal/db"
	"zhengshu/internal/org"
)

// Reorganise is lifecycle's part in a reorganisation: an exception the province
// granted goes with the unit's duties. Those that have ended stay in the yearly
// list as they were.
func Reorganise() org.Module {
	return org.Module{Name: "lifecycle", Tables: []string{"rule_override.unit_id"},
		Touched: func(ctx context.Context, q db.Querier, units []org.UnitID) ([]org.Touched, error) {
			t, err := org.Touches(ctx, q, org.Touched{Kind: "override", Name: "“原则上”例外"}, units, `rule_override o`,
				`'override:' || o.id, o.reason, o.rule_id, '/console/overrides', o.unit_id`, "o.unit_id", "")
			return []org.Touched{t}, err
		},
		Carry: func(ctx context.Context, tx *db.Tx, c org.Carrying) error {
			if c.Main == c.From {
				return nil
			}
			_, err := tx.Exec(ctx, `UPDATE rule_override SET unit_id = $2 WHERE unit_id = $1 AND until_on >= $3`, c.From, c.Main, c.On)
			return err
		}}
}
