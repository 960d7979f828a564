package assessment

import (
	"context"
	"fmt"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/workbench"
)

// minutesPerFinding is the house's guess for “约 12 分钟” in the inbox.
const minutesPerFinding = 5

// Tasks is assessment's part of the inbox (workbench.Source): what the person's
// unit must put right, what came back to the supervisor with an answer, and
// what either has done with.
func (s *Service) Tasks(ctx context.Context, session *authz.Session, tab workbench.Tab, limit int) ([]workbench.Task, error) {
	if session == nil {
		return nil, nil
	}
	var out []workbench.Task
	seen := map[OrderID]bool{}
	add := func(act, cond string, args ...any) error {
		list, err := db.All(ctx, s.db, scanOrder, s.orderSelect()+` WHERE `+cond+fmt.Sprintf(` ORDER BY o.due_on, o.number LIMIT $%d`, len(args)+1), append(args, limit)...)
		if err != nil {
			return err
		}
		for _, o := range list {
			if seen[o.ID] {
				continue
			}
			seen[o.ID] = true
			t := workbench.Task{Key: "order:" + string(o.ID), Kind: "整改", Title: o.Number + " " + o.SiteName, From: o.IssuedFrom, At: o.IssuedAt, State: o.StageName(), Link: o.Link(), Act: act}
			if !o.Waits() {
				t.Due = calendar.Due{On: o.Due.On, Provisional: o.Due.Provisional}
				t.Minutes = minutesPerFinding * o.Standing
			}
			out = append(out, t)
		}
		return nil
	}
	switch tab {
	case workbench.ToDo:
		for _, p := range session.Posts {
			one := authz.Session{Posts: []authz.Post{p}}
			if one.May(authz.OrderAnswer) {
				if err := add("去整改", `o.unit_id = $1 AND `+owing, p.UnitID); err != nil {
					return nil, err
				}
			}
			if one.May(authz.OrderIssue) {
				if err := add("去督办", `o.escalated_unit_id = $1 AND o.supervised_at IS NULL AND o.state <> 'closed'`, p.UnitID); err != nil {
					return nil, err
				}
				if err := add("去核实", `o.issuer_unit_id = $1 AND o.state <> 'closed' AND `+confirming, p.UnitID); err != nil {
					return nil, err
				}
				if err := add("答复延期申请", `o.issuer_unit_id = $1 AND o.id IN (SELECT order_id FROM order_extension WHERE verdict = '')`, p.UnitID); err != nil {
					return nil, err
				}
				if err := add("去复查", `o.issuer_unit_id = $1 AND o.state = 'answered' AND NOT (`+confirming+`)`, p.UnitID); err != nil {
					return nil, err
				}
			}
		}
	case workbench.Started:
		if err := add("查看", `o.issuer_id = $1`, session.PersonID); err != nil {
			return nil, err
		}
	case workbench.Done:
		if err := add("查看", `o.id IN (SELECT order_id FROM order_answer WHERE person_id = $1)`, session.PersonID); err != nil {
			return nil, err
		}
	}
	return out, nil
}
