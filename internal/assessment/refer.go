package assessment

import (
	"context"
	"fmt"
	"strings"

	"zhengshu/internal/abridge"
	"zhengshu/internal/authz"
	"zhengshu/internal/coordination"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
)

// Referable are what this module may hand over to co-regulators: findings that
// stand and orders that are not closed, whose checks fall under a matter of
// another body (Articles 5 and 20(1)).
func (s *Service) Referable() []coordination.ReferralSource {
	return []coordination.ReferralSource{
		{Kind: "finding", Name: "发现的问题", List: s.referableFindings, One: func(ctx context.Context, q db.Querier, scope authz.Scope, id string) (coordination.Candidate, error) {
			f, err := s.inspection.Finding(ctx, q, scope, inspection.FindingID(id))
			if err != nil {
				return coordination.Candidate{}, err
			}
			if f.State != inspection.FindingOpen && f.State != inspection.FindingOrdered {
				return coordination.Candidate{}, fault.Newf(fault.Conflict, "“%s”的问题“%s”现在是“%s”，不能移送，请刷新后重新选择。", f.SiteName, abridge.Text(f.Says, 40), f.StateName())
			}
			m, ok := coordination.MatterOfCheck(f.Check)
			if !ok {
				return coordination.Candidate{}, fault.Newf(fault.Refused, "“%s”不属于移送协同监管单位的事项，请下发整改通知。", abridge.Text(f.Says, 40))
			}
			return coordination.Candidate{Kind: "finding", ID: string(f.ID), Matter: m.ID, Name: f.SiteName, Says: abridge.Text(f.Says, 300), Place: f.URL, Link: f.Link(), Unit: f.Unit, UnitName: f.UnitName, At: f.FirstSeen}, nil
		}},
		{Kind: "order", Name: "整改通知", List: s.referableOrders, One: func(ctx context.Context, q db.Querier, scope authz.Scope, id string) (coordination.Candidate, error) {
			var w db.Where
			w.And("o.id = ?", id)
			list, err := s.ordersToRefer(ctx, q, scope, &w, 1)
			if err != nil {
				return coordination.Candidate{}, err
			}
			if len(list) == 0 {
				return coordination.Candidate{}, fault.New(fault.Conflict, "选择的整改通知已办结、已移送，或其中没有属于协同监管单位的问题，请刷新后重新选择。")
			}
			return list[0], nil
		}},
	}
}

// matters is the condition that a check falls under a matter of another body.
func matters(w *db.Where, column string) {
	var parts []string
	for _, m := range coordination.Matters() {
		for _, c := range m.Checks {
			if strings.HasSuffix(c, ".") {
				parts = append(parts, column+" LIKE "+w.Arg(strings.ReplaceAll(c, "_", `\_`)+"%")+` ESCAPE '\'`)
			} else {
				parts = append(parts, column+" = "+w.Arg(c))
			}
		}
	}
	w.And(strings.Join(parts, " OR "))
}

func (s *Service) referableFindings(ctx context.Context, q db.Querier, scope authz.Scope, limit int) ([]coordination.Candidate, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.And("f.state IN ('open', 'ordered')").And(coordination.NotUnderWay("finding", "f.id"))
	matters(&w, "f.check_id")
	const from = ` FROM finding f JOIN site s ON s.id = f.site_id JOIN unit u ON u.id = s.unit_id WHERE `
	n, err := db.One(ctx, q, db.Value[int], `SELECT count(*)`+from+w.SQL(), w.Args()...)
	if err != nil || n == 0 {
		return nil, n, err
	}
	list, err := db.All(ctx, q, func(r db.Scanner) (coordination.Candidate, error) {
		c := coordination.Candidate{Kind: "finding"}
		var check string
		err := r.Scan(&c.ID, &check, &c.Name, &c.Says, &c.Place, &c.Unit, &c.UnitName, &c.At)
		m, _ := coordination.MatterOfCheck(check)
		c.Matter, c.Link, c.Says = m.ID, "/console/findings/"+c.ID, abridge.Text(c.Says, 300)
		return c, err
	}, `SELECT f.id, f.check_id, s.name, f.says, f.page_url, s.unit_id, u.name, f.first_seen`+from+w.SQL()+` ORDER BY f.first_seen, f.id LIMIT `+w.Arg(limit), w.Args()...)
	return list, n, err
}

func (s *Service) referableOrders(ctx context.Context, q db.Querier, scope authz.Scope, limit int) ([]coordination.Candidate, int, error) {
	var w db.Where
	list, err := s.ordersToRefer(ctx, q, scope, &w, limit+1)
	n := len(list)
	return list[:min(n, limit)], n, err
}

// ordersToRefer are the orders in scope that are not closed and hold standing
// findings of another body's matter; each goes under the matter that most of
// them fall under.
func (s *Service) ordersToRefer(ctx context.Context, q db.Querier, scope authz.Scope, w *db.Where, limit int) ([]coordination.Candidate, error) {
	scope.Where(w, "u")
	w.And("o.state <> 'closed' AND f.state = 'ordered'").And(coordination.NotUnderWay("order", "o.id"))
	matters(w, "f.check_id")
	type row struct {
		coordination.Candidate
		number, check string
		count         int
	}
	rows, err := db.All(ctx, q, func(r db.Scanner) (row, error) {
		x := row{Candidate: coordination.Candidate{Kind: "order"}}
		return x, r.Scan(&x.ID, &x.number, &x.Name, &x.Unit, &x.UnitName, &x.At, &x.check, &x.count)
	}, `SELECT o.id, o.number, `+orderName+`, o.unit_id, u.name, o.issued_at, f.check_id, count(*)`+orderFrom+`
	      JOIN order_finding x ON x.order_id = o.id JOIN finding f ON f.id = x.finding_id WHERE `+w.SQL()+`
	     GROUP BY o.id, o.number, s.name, c.name, o.subject, o.unit_id, u.name, o.issued_at, f.check_id ORDER BY o.issued_at, o.id, count(*) DESC, f.check_id LIMIT `+w.Arg(limit*4), w.Args()...)
	if err != nil {
		return nil, err
	}
	var out []coordination.Candidate
	for _, x := range rows {
		if n := len(out); n > 0 && out[n-1].ID == x.ID {
			continue // the matter of most of it stands
		}
		if len(out) == limit {
			break
		}
		m, ok := coordination.MatterOfCheck(x.check)
		if !ok {
			continue
		}
		x.Matter, x.Link = m.ID, "/console/orders/"+x.ID
		x.Says = fmt.Sprintf("整改通知 %s 中的%s %d处未改正", x.number, m.Name, x.count)
		out = append(out, x.Candidate)
	}
	return out, nil
}
