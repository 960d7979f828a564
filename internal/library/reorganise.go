package library

import (
	"context"

	"zhengshu/internal/db"
	"zhengshu/internal/org"
)

// Reorganise is the library's part in a reorganisation: a unit's items go to
// who follows it, published or not.
func Reorganise() org.Module {
	return org.Module{Name: "library", Tables: []string{"item.unit_id", "allow_word.unit_id"},
		Touched: func(ctx context.Context, q db.Querier, units []org.UnitID) ([]org.Touched, error) {
			t, err := org.Touches(ctx, q, org.Touched{Kind: "item", Name: "信息资源库稿件"}, units, `item i JOIN item_version v ON v.item_id = i.id AND v.no = i.version`,
				`'item:' || i.id, v.title, '', '/console/items/' || i.id, i.unit_id`, "i.unit_id", "")
			return []org.Touched{t}, err
		},
		Carry: func(ctx context.Context, tx *db.Tx, c org.Carrying) error {
			if c.Main == c.From {
				return nil
			}
			// An imported item keeps its name at the origin; where the successor
			// has one of that name, the name says whose it was.
			if _, err := tx.Exec(ctx, `
				UPDATE item SET ref = ref || '@' || $1 WHERE unit_id = $1 AND ref <> ''
				   AND EXISTS (SELECT 1 FROM item o WHERE o.unit_id = $2 AND o.ref = item.ref)`, string(c.From), string(c.Main)); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `UPDATE allow_word SET unit_id = $2 WHERE unit_id = $1`, c.From, c.Main); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `UPDATE item SET unit_id = $2 WHERE unit_id = $1`, c.From, c.Main)
			return err
		}}
}
