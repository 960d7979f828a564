package reporting

import (
	"context"

	"zhengshu/internal/db"
	"zhengshu/internal/org"
)

// Reorganise is reporting's part in a reorganisation: bulletins that are not
// issued go to who follows the office; issued ones stay whose they were.
func Reorganise() org.Module {
	return org.Module{Name: "reporting", Tables: []string{"bulletin.unit_id"},
		Touched: func(ctx context.Context, q db.Querier, units []org.UnitID) ([]org.Touched, error) {
			t, err := org.Touches(ctx, q, org.Touched{Kind: "bulletin", Name: "编制中的通报"}, units, `bulletin b JOIN area a ON a.id = b.area_id`,
				`'bulletin:' || b.id, a.name, b.period, '/console/bulletins/' || b.id, b.unit_id`, "b.unit_id", `b.state <> 'issued'`)
			return []org.Touched{t}, err
		},
		Carry: func(ctx context.Context, tx *db.Tx, c org.Carrying) error {
			if c.Main == c.From {
				return nil
			}
			_, err := tx.Exec(ctx, `UPDATE bulletin SET unit_id = $2 WHERE unit_id = $1 AND state <> 'issued'`, c.From, c.Main)
			return err
		}}
}
