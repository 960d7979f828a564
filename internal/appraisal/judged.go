package appraisal

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"zhengshu/internal/assessment"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/rules/packs"
)

// Judged observes offices by what persons judged of their work in the round
// published for the same period (监管工作考核), with its corrections: what no record
// of the house tells, such as what a national sample came to. Until there is one
// the line says so and is 未检测.
func (s *Service) Judged() assessment.Observer {
	return func(ctx context.Context, q db.Querier, a assessment.Asked) (map[string][]assessment.Seen, error) {
		if a.Kind != assessment.OfficeKind {
			return nil, nil
		}
		type result struct {
			object, office, round, name, facts string
			at                                 time.Time
		}
		list, err := db.All(ctx, q, func(r db.Scanner) (result, error) {
			var x result
			return x, r.Scan(&x.object, &x.office, &x.round, &x.name, &x.facts, &x.at)
		}, `SELECT o.id, o.object_id, r.id, r.name, x.facts, r.published_at FROM appraisal_object o JOIN appraisal_round r ON r.id = o.round_id JOIN appraisal_result x ON x.object_id = o.id
		     WHERE r.kind = $1 AND r.period = $2 AND r.state = $3 AND r.published_at < $4 AND o.removed_at IS NULL ORDER BY r.published_at, o.id`, Offices, a.Within().String(), Published, a.Known)
		if err != nil {
			return nil, err
		}
		corrections := map[string]map[string][]Correction{} // by round and object
		out := make(map[string][]assessment.Seen, len(a.IDs))
		said := map[string]bool{} // office and line
		for _, x := range list {
			var f Facts
			if err := json.Unmarshal([]byte(x.facts), &f); err != nil {
				return nil, fmt.Errorf("appraisal: facts of %s: %w", x.object, err)
			}
			if _, ok := corrections[x.round]; !ok {
				if corrections[x.round], err = s.standingCorrections(ctx, q, x.round); err != nil {
					return nil, err
				}
			}
			for _, l := range f.Lines {
				i, ok := a.Pack.Indicator(l.Indicator)
				if !ok || !ByHand(i) {
					continue
				}
				o, ok, _ := decided(i, l.Marks)
				note, says := "“"+x.name+"”人工评判", words(l.Marks, o.Outcome)
				for _, c := range corrections[x.round][x.object] {
					if c.Indicator == i.ID {
						o, ok, note, says = c.observation(i), true, "“"+x.name+"”按"+c.KindName()+"更正", c.Reason
					}
				}
				if !ok {
					continue
				}
				seen := assessment.Seen{Observation: o, Note: note}
				if o.Outcome == packs.Violated {
					seen.Facts = []assessment.Fact{{Severity: check.Error, Says: i.Name + "：" + says, Fix: "评判和证据见考核结果。", Href: Object{ID: x.object}.Link(), FirstSeen: x.at}}
				}
				said[x.office+" "+i.ID] = true
				out[x.office] = append(out[x.office], seen)
			}
		}
		for _, id := range a.IDs {
			for _, i := range a.Pack.Indicators {
				if i.Auto == packs.Manual && i.Applies(packs.OfficeWork) && !said[id+" "+i.ID] {
					out[id] = append(out[id], assessment.Seen{Observation: packs.Observation{Indicator: i.ID, Outcome: packs.Untested}, Note: "由上级主管单位在“考核轮次”中组织监管工作考核、人工评判；还没有公布的结果，未检测，不计分"})
				}
			}
		}
		return out, nil
	}
}

// words are what the judges saw of a line that came to the outcome.
func words(marks []Mark, outcome packs.Outcome) string {
	var out []string
	for _, m := range marks {
		if m.Outcome == outcome && m.Says != "" {
			out = append(out, m.Says)
		}
	}
	return strings.Join(out, "；")
}
