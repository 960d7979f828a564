package library

import (
	"context"

	"zhengshu/internal/db"
	"zhengshu/internal/org"
)

// Reorganise is the library's part in a reorganisation: a unit's items go to
// who follows it, published or not.
func Reorganise() org.Module {
	return org.Module{Name: "library", Tables: []string{"item.unit_id", "item_consultation.unit_id", "item_consultation.asker_unit", "item_package.unit_id", "item_batch.unit_id", "item_offer.unit_id", "allow_word.unit_id"},
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
			for _, statement := range []string{
				`UPDATE item_offer SET unit_id = $2, area_path = (SELECT u.area_path FROM unit u WHERE u.id = $2) WHERE unit_id = $1`,
				`UPDATE item SET unit_id = $2, area_path = (SELECT u.area_path FROM unit u WHERE u.id = $2) WHERE unit_id = $1`,
				// Where both were asked, the answer of the one that stays is enough.
				`UPDATE obligation SET state = 'void', look_at = NULL, evidence = '机构调整，由承接单位一并答复' WHERE kind = '` + ItemConsultation.ID + `' AND state = 'open'
				    AND subject_id IN (SELECT k.id FROM item_consultation k WHERE k.unit_id = $1 AND k.state = 'open'
				        AND (EXISTS (SELECT 1 FROM item_consultation o WHERE o.item_id = k.item_id AND o.unit_id = $2 AND o.state = 'open') OR EXISTS (SELECT 1 FROM item i WHERE i.id = k.item_id AND i.unit_id = $2)))`,
				// Nor does a unit ask itself: what was asked of one that joined the
				// asker is its own matter now.
				`UPDATE item_consultation SET state = 'waived', answer = '机构调整，由承接单位一并答复' WHERE unit_id = $1 AND state = 'open'
				    AND (EXISTS (SELECT 1 FROM item_consultation o WHERE o.item_id = item_consultation.item_id AND o.unit_id = $2 AND o.state = 'open')
				      OR EXISTS (SELECT 1 FROM item i WHERE i.id = item_consultation.item_id AND i.unit_id = $2))`,
				`UPDATE item_consultation SET unit_id = $2 WHERE unit_id = $1 AND state = 'open'`,
				`UPDATE item_consultation SET asker_unit = $2 WHERE asker_unit = $1 AND state = 'open'`,
				`UPDATE allow_word SET unit_id = $2 WHERE unit_id = $1`,
				`UPDATE item_package SET unit_id = $2 WHERE unit_id = $1`,
				`UPDATE item_batch SET unit_id = $2 WHERE unit_id = $1 AND ended_at IS NULL`,
			} {
				if _, err := tx.Exec(ctx, statement, c.From, c.Main); err != nil {
					return err
				}
			}
			return nil
		}}
}
