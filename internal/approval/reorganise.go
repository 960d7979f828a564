package approval

import (
	"context"
	"fmt"
	"strings"
	"time"

	"zhengshu/internal/db"
	"zhengshu/internal/notify"
	"zhengshu/internal/org"
)

// Reorganise is approval's part in a reorganisation: an application on its way
// belongs from now on to who follows the applicant, and steps not yet decided
// go to who follows the office. What was decided stays as it was signed.
func Reorganise() org.Module {
	return org.Module{Name: "approval", Tables: []string{"approval_case.unit_id", "approval_case.at_unit", "approval_step.unit_id", "approval_request.unit_id", "approval_request.asker_unit", "approval_batch.unit_id"},
		Touched: func(ctx context.Context, q db.Querier, units []org.UnitID) ([]org.Touched, error) {
			cases, err := org.Touches(ctx, q, org.Touched{Kind: "case", Name: "办理中的申请"}, units, `approval_case c`,
				`'case:' || c.id, c.title, c.number, '/console/cases/' || c.id, c.unit_id`, "c.unit_id", `c.ended_at IS NULL`)
			if err != nil {
				return nil, err
			}
			steps, err := org.Touches(ctx, q, org.Touched{Kind: "case_step", Name: "待本单位审核的事项"}, units, `approval_step t JOIN approval_case c ON c.id = t.case_id`,
				`'case_step:' || c.id || ':' || t.no, c.title, t.name, '/console/cases/' || c.id, t.unit_id`, "t.unit_id", `c.ended_at IS NULL AND t.decided_at IS NULL`)
			return []org.Touched{cases, steps}, err
		},
		Carry: func(ctx context.Context, tx *db.Tx, c org.Carrying) error {
			type onWay struct{ id, number, title, subject string }
			scan := func(r db.Scanner) (onWay, error) {
				var x onWay
				err := r.Scan(&x.id, &x.number, &x.title, &x.subject)
				return x, err
			}
			cases, err := db.All(ctx, tx, scan, `SELECT id, number, title, subject_id FROM approval_case WHERE unit_id = $1 AND ended_at IS NULL ORDER BY id`, c.From)
			if err != nil {
				return err
			}
			for _, x := range cases {
				// With its object, where that goes to another than the main successor.
				kind, id, _ := strings.Cut(x.subject, ":")
				if kind == "app" {
					kind = "account" // one ledger of both
				}
				to := c.To(kind + ":" + id)
				if to == c.From {
					continue
				}
				// Found by the former name and by the new one.
				if _, err := tx.Exec(ctx, `UPDATE approval_case SET unit_id = $2, find = find || ' ' || (SELECT lower(u.name || ' ' || u.initials) FROM unit u WHERE u.id = $2) WHERE id = $1`, x.id, to); err != nil {
					return err
				}
			}
			if c.Main == c.From {
				return nil
			}
			waiting, err := db.All(ctx, tx, scan, `SELECT c.id, c.number, c.title, c.subject_id FROM approval_case c JOIN approval_step t ON t.case_id = c.id AND t.no = c.step_no
				WHERE t.unit_id = $1 AND t.decided_at IS NULL AND c.ended_at IS NULL ORDER BY c.id`, c.From)
			if err != nil {
				return err
			}
			for _, statement := range []string{
				`UPDATE approval_step SET moved = (SELECT u.name FROM unit u WHERE u.id = $1), unit_id = $2,
				        name = replace(name, (SELECT u.name FROM unit u WHERE u.id = $1), (SELECT u.name FROM unit u WHERE u.id = $2)) WHERE unit_id = $1 AND no > 0 AND decided_at IS NULL
				    AND EXISTS (SELECT 1 FROM approval_case c WHERE c.id = approval_step.case_id AND c.ended_at IS NULL)`,
				`UPDATE approval_case SET at_unit = $2 WHERE at_unit = $1 AND state = 'in_review'`,
				// Where both were asked, the answer of the one that stays is enough.
				`UPDATE approval_request SET state = 'void', answer = '机构调整，由承接单位一并答复' WHERE unit_id = $1 AND state = 'open'
				    AND EXISTS (SELECT 1 FROM approval_request o WHERE o.case_id = approval_request.case_id AND o.unit_id = $2 AND o.state = 'open')`,
				`UPDATE obligation SET state = 'void', look_at = NULL, evidence = '机构调整，由承接单位一并答复' WHERE kind = '` + CountersignObligation.ID + `' AND state = 'open' AND unit_id IN ($1, $2)
				    AND subject_id IN (SELECT r.id FROM approval_request r WHERE r.state = 'void' AND r.unit_id = $1)`,
				`UPDATE approval_request SET unit_id = $2 WHERE unit_id = $1 AND state = 'open'`,
				`UPDATE approval_request SET asker_unit = $2 WHERE asker_unit = $1 AND state = 'open'`,
				`UPDATE approval_batch SET unit_id = $2 WHERE unit_id = $1 AND ended_at IS NULL`,
			} {
				if _, err := tx.Exec(ctx, statement, c.From, c.Main); err != nil {
					return err
				}
			}
			for _, x := range waiting {
				if _, err := notify.Send(ctx, tx, notify.Message{Key: fmt.Sprintf("case:%s:carried:%s", x.id, tx.Now().Format(time.RFC3339Nano)), Unit: string(c.Main),
					Title: "待办：" + x.title, Body: x.number + " 因机构调整（" + c.Document + "）转由您单位审核，期限不变。", Link: "/console/cases/" + x.id}); err != nil {
					return err
				}
			}
			return nil
		}}
}
