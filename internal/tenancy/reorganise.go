package tenancy

import (
	"context"

	"zhengshu/internal/db"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
)

// Reorganise is the operating rules' part in a reorganisation: rules go to who
// follows the platform's operator or the supervisor; where the operator has
// rules in force already, those that come are replaced by them. A resident's
// receipt stays a receipt; where the successor is a resident already, its own
// is enough.
func Reorganise() org.Module {
	const alive = `state <> 'replaced'`
	own := `EXISTS (SELECT 1 FROM resident o WHERE o.rules_id = resident.rules_id AND o.unit_id = $2)`
	m := org.Carries("tenancy",
		org.Owned{Table: "operating_rules", Kind: "operating_rules", Noun: "运维管理细则", Name: "title", Note: "platform", Link: "'/console/operating-rules/' || id", Where: alive, Ends: true},
		org.Owned{Table: "operating_rules", Column: "issuer_id", Kind: "operating_rules_issuer", Noun: "由本单位印发的细则", Name: "title", Note: "platform", Link: "'/console/operating-rules/' || id", Where: alive, Ends: true},
		org.Owned{Table: "resident", Kind: "resident", Noun: "进驻平台", Name: "coalesce((SELECT r.title FROM operating_rules r WHERE r.id = resident.rules_id), '')", Link: "'/console/operating-rules/' || rules_id", Unless: own,
			Make: []string{`UPDATE obligation SET state = 'void', look_at = NULL, evidence = '机构调整，由承接单位一并办理' WHERE state = 'open' AND subject_kind = 'resident' AND unit_id IN ($1, $2)
			    AND subject_id IN (SELECT resident.id FROM resident WHERE resident.unit_id = $1 AND ` + own + `)`}})
	carry := m.Carry
	m.Carry = func(ctx context.Context, tx *db.Tx, c org.Carrying) error {
		if c.Main != c.From {
			twice, err := db.All(ctx, tx, db.Value[string], `SELECT id FROM operating_rules WHERE unit_id = $1 AND state = 'in_force' AND EXISTS (SELECT 1 FROM operating_rules o WHERE o.unit_id = $2 AND o.state = 'in_force')`, c.From, c.Main)
			if err != nil {
				return err
			}
			for _, id := range twice {
				_, state, err := Machine.Take(ctx, tx, id, "replace", passage.Note{Says: "机构调整：" + c.Document})
				if err != nil {
					return err
				}
				if _, err := tx.Exec(ctx, `UPDATE operating_rules SET state = $2, updated_at = $3 WHERE id = $1`, id, state, tx.Now()); err != nil {
					return err
				}
				if _, err := tx.Exec(ctx, `UPDATE obligation SET state = 'void', look_at = NULL, ended_at = $2, evidence = '细则已由承接单位的细则代替' WHERE state = 'open' AND subject_kind = 'resident'
					AND subject_id IN (SELECT r.id FROM resident r WHERE r.rules_id = $1)`, id, tx.Now()); err != nil {
					return err
				}
			}
		}
		return carry(ctx, tx, c)
	}
	return m
}
