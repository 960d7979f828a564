package assessment

import (
	"context"
	"slices"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/rules/packs"
)

// ScoreOffices assesses the supervising offices in scope by what the house's
// own records tell of their work (监管工作年度考核指标, 100 + 20). What no record
// tells is 未检测 and costs nothing until a person has judged it.
func (s *Service) ScoreOffices(ctx context.Context, q db.Querier, scope authz.Scope, p Period, f ScoreFilter) ([]Score, error) {
	on, known := s.checkPoint(p), f.known(s.db.Now())
	var w db.Where
	scope.Where(&w, "u")
	text := db.Contains(f.Text)
	w.And("u.kind = ?", org.Office).And("u.abolished_on IS NULL OR u.abolished_on > ?", on).
		AndIf(f.Unit != "", "u.id = ?", f.Unit).
		AndIf(f.Text != "", `lower(u.name) LIKE ? ESCAPE '\'`, text)
	if f.Under != "" {
		authz.Area("assessment.scores", f.Under).Where(&w, "u")
	}
	subjects, err := db.All(ctx, q, func(r db.Scanner) (subject, error) {
		x := subject{class: packs.OfficeWork}
		err := r.Scan(&x.id, &x.name, &x.areaPath)
		x.unit, x.unitName = org.UnitID(x.id), x.name
		return x, err
	}, `SELECT u.id, u.name, u.area_path FROM unit u JOIN area a ON a.id = u.area_id WHERE `+w.SQL()+` ORDER BY a.code, u.id`, w.Args()...)
	if err != nil || len(subjects) == 0 {
		return nil, err
	}
	work, err := s.assemble(ctx, q, OfficeKind, OfficePackID, subjects, p, on, known, f.Trial)
	if err != nil {
		return nil, err
	}
	out := make([]Score, len(subjects))
	for i, x := range subjects {
		set := work.sheet[i]
		j := &judge{ruling: set.ruling, class: x.class, on: on, given: work.given[i], brief: f.Brief, sheet: set.sheet}
		out[i] = x.named(OfficeKind, j.score())
	}
	return narrowed(out, f.Verdict), nil
}

// ScoreOffice assesses one supervising office in scope.
func (s *Service) ScoreOffice(ctx context.Context, scope authz.Scope, id org.UnitID, p Period) (Score, error) {
	u, err := s.org.Unit(ctx, scope, id)
	if err != nil {
		return Score{}, err
	}
	all, err := s.ScoreOffices(ctx, s.db, scope, p, ScoreFilter{Unit: id})
	if err != nil {
		return Score{}, err
	}
	if len(all) == 0 {
		return Score{}, notRunning("单位", "不是在用的主管单位："+u.Name)
	}
	return all[0], nil
}

// clockChecks begin the check ids of an office's pack that mean a statutory
// clock: clock.selfcheck.
const clockChecks = "clock."

// overdueOrders is the check id of orders that were not closed in time.
const overdueOrders = "order.overdue"

// OfficeDuties observes offices: the statutory clocks that the pack names, and
// the orders they issued that ran over. An office that owed nothing of a kind in
// the period was not looked at for it.
func OfficeDuties(o *obligation.Service) Observer {
	return func(ctx context.Context, q db.Querier, a Asked) (map[string][]Seen, error) {
		if a.Kind != OfficeKind {
			return nil, nil
		}
		from := a.Within().First()
		var kinds []string
		for _, i := range a.Pack.Indicators {
			for _, c := range i.Checks {
				if kind, ok := strings.CutPrefix(c, clockChecks); ok && !slices.Contains(kinds, kind) {
					kinds = append(kinds, kind)
				}
			}
		}
		out := map[string][]Seen{}
		in := make(map[string]bool, len(a.IDs))
		for _, id := range a.IDs {
			in[id] = true
		}
		fell, err := o.Fell(ctx, q, systemScope(), kinds, from, a.On)
		if err != nil {
			return nil, err
		}
		orders, err := ordersFell(ctx, q, from, a.On)
		if err != nil {
			return nil, err
		}
		type key struct{ unit, indicator string }
		got := map[key]*Seen{}
		var order []key
		note := func(unit string, i packs.Indicator, late bool, f Fact) {
			k := key{unit, i.ID}
			if got[k] == nil {
				got[k] = &Seen{Observation: packs.Observation{Indicator: i.ID, Outcome: packs.Kept}}
				order = append(order, k)
			}
			if !late {
				return
			}
			got[k].Outcome = packs.Violated
			got[k].Hits = append(got[k].Hits, packs.Hit{Key: f.Href + " " + f.FirstSeen.String()})
			got[k].Facts = append(got[k].Facts, f)
		}
		for _, i := range a.Pack.Indicators {
			for _, x := range fell {
				if in[string(x.Unit)] && slices.Contains(i.Checks, clockChecks+x.Kind) {
					says := x.Name
					if k, ok := o.KindOf(x.Kind); ok {
						says = k.Name + "：" + x.Name
					}
					note(string(x.Unit), i, x.Late(a.On), Fact{Severity: check.Error, Says: says + "，应于 " + x.Due.String() + " 前办结", Fix: "请尽快办结并登记办理情况。", Href: x.Link, FirstSeen: x.Due.Start()})
				}
			}
			if slices.Contains(i.Checks, overdueOrders) {
				for _, x := range orders {
					if in[string(x.Unit)] {
						note(string(x.Unit), i, x.Late(a.On), Fact{Severity: check.Error, Says: "整改通知 " + x.Name + " 应于 " + x.Due.String() + " 前办结", Fix: "请督促主办单位整改并复测。", Href: x.Link, FirstSeen: x.Due.Start()})
					}
				}
			}
		}
		for _, k := range order {
			out[k.unit] = append(out[k.unit], *got[k])
		}
		return out, nil
	}
}

// ordersFell are the orders due between two days, by the office that issued
// them.
func ordersFell(ctx context.Context, q db.Querier, from, until calendar.Date) ([]obligation.Fallen, error) {
	return db.All(ctx, q, func(r db.Scanner) (obligation.Fallen, error) {
		var f obligation.Fallen
		err := r.Scan(&f.Unit, &f.Name, &f.Link, &f.Due, &f.EndedAt)
		return f, err
	}, `SELECT o.issuer_unit_id, o.number, '/console/orders/' || o.id, o.due_on, o.closed_at FROM rectify_order o
	     WHERE o.issuer_unit_id IS NOT NULL AND NOT o.provisional AND o.due_on >= $1 AND o.due_on <= $2 ORDER BY o.due_on, o.number`, from, until)
}
