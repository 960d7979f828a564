package reporting

import (
	"context"

	"zhengshu/internal/db"
	"zhengshu/internal/org"
)

// Reorganise is reporting's part in a reorganisation: papers that are not
// issued go to who follows the office, reports not yet received to who follows
// the superior, good examples to who follows their unit; what was issued stays
// whose it was.
func Reorganise() org.Module {
	return org.Module{Name: "reporting", Tables: []string{"bulletin.unit_id", "bulletin.superior_id", "experience.unit_id"},
		Touched: func(ctx context.Context, q db.Querier, units []org.UnitID) ([]org.Touched, error) {
			t, err := org.Touches(ctx, q, org.Touched{Kind: "bulletin", Name: "编制中的通报"}, units, `bulletin b JOIN area a ON a.id = b.area_id`,
				`'bulletin:' || b.id, a.name, b.period, '/console/bulletins/' || b.id, b.unit_id`, "b.unit_id", `b.state NOT IN ('issued', 'received')`)
			return []org.Touched{t}, err
		},
		Carry: func(ctx context.Context, tx *db.Tx, c org.Carrying) error {
			if c.Main == c.From {
				return nil
			}
			for _, q := range []string{
				`UPDATE bulletin SET unit_id = $2 WHERE unit_id = $1 AND state NOT IN ('issued', 'received')`,
				`UPDATE bulletin SET superior_id = $2 WHERE superior_id = $1 AND state <> 'received'`,
				`UPDATE experience SET unit_id = $2 WHERE unit_id = $1`,
			} {
				if _, err := tx.Exec(ctx, q, c.From, c.Main); err != nil {
					return err
				}
			}
			return nil
		}}
}
