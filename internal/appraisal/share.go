package appraisal

import (
	"context"
	"fmt"
	"strings"

	"zhengshu/internal/assessment"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/rules/packs"
)

// shareID is 合格率 of the offices' pack; stepParam is how many hundredths of a
// share that is unqualified make one hit.
const (
	shareID   = "J-D-9"
	stepParam = "percent_per_hit"
	// mostFailed bounds the results named under one office; all of them count.
	mostFailed = 200
)

// Shares observes offices by the results of the rounds published in the period,
// whoever held them: which part of the sites and accounts of the area was
// unqualified. What was not tested is no part of it.
func (s *Service) Shares() assessment.Observer {
	return func(ctx context.Context, q db.Querier, a assessment.Asked) (map[string][]assessment.Seen, error) {
		i, ok := a.Pack.Indicator(shareID)
		if a.Kind != assessment.OfficeKind || !ok {
			return nil, nil
		}
		step, given := i.Param(stepParam)
		areas, err := assessment.OfficeAreas(ctx, q)
		if err != nil {
			return nil, err
		}
		var w db.Where
		w.And("r.state = ? AND o.removed_at IS NULL AND o.kind <> 'office'", Published).And("r.published_at >= ? AND r.published_at < ? AND r.published_at < ?", a.Within().First().Start(), a.On.End(), a.Known)
		type part struct {
			path, verdict string
			n             int
		}
		const from = ` FROM appraisal_object o JOIN appraisal_round r ON r.id = o.round_id JOIN unit v ON v.id = o.unit_id WHERE `
		parts, err := db.All(ctx, q, func(r db.Scanner) (part, error) {
			var x part
			return x, r.Scan(&x.path, &x.verdict, &x.n)
		}, `SELECT v.area_path, o.verdict, count(*)`+from+w.SQL()+` AND o.verdict IN ('qualified', 'unqualified') GROUP BY v.area_path, o.verdict`, w.Args()...)
		if err != nil {
			return nil, err
		}
		type wrong struct {
			path string
			assessment.Fact
		}
		failed, err := db.All(ctx, q, func(r db.Scanner) (wrong, error) {
			x := wrong{Fact: assessment.Fact{Severity: check.Error, Fix: "请督促主办单位整改，下一轮复查。"}}
			var id, name, round string
			err := r.Scan(&x.path, &id, &name, &round, &x.FirstSeen)
			x.Says, x.Href = name+"在“"+round+"”中不合格", Object{ID: id}.Link()
			return x, err
		}, `SELECT v.area_path, o.id, o.name, r.name, r.published_at`+from+w.SQL()+` AND o.verdict = 'unqualified' ORDER BY r.published_at, r.id, o.area_code, o.id`, w.Args()...)
		if err != nil {
			return nil, err
		}
		out := make(map[string][]assessment.Seen, len(a.IDs))
		for _, id := range a.IDs {
			seen := assessment.Seen{Observation: packs.Observation{Indicator: shareID, Outcome: packs.Untested}, Note: "期内没有公布本地区的考核结果，未检测，不扣分"}
			all, bad := 0, 0
			in := func(path string) bool { return areas[id] != "" && strings.HasPrefix(path, areas[id]) }
			for _, x := range parts {
				if !in(x.path) {
					continue
				}
				all += x.n
				if x.verdict == string(assessment.Unqualified) {
					bad += x.n
				}
			}
			switch {
			case all == 0:
			case !given || step.N <= 0:
				seen.Note = fmt.Sprintf("公布的结果%d个，不合格%d个；指标没有写明按多少比例扣分，不扣分", all, bad)
			default:
				seen.Outcome = packs.Kept
				seen.Note = fmt.Sprintf("公布的结果%d个，不合格%d个，占%s%%；每%s个百分点计一处", all, bad, packs.Hundredths(bad*100_00/all), step.N)
				// Whole steps: bad/all in hundredths over the step, rounded down.
				for n := range bad * 100_00 / all / int(step.N) {
					seen.Outcome = packs.Violated
					seen.Hits = append(seen.Hits, packs.Hit{Key: fmt.Sprint("share ", n+1)})
				}
				for _, x := range failed {
					if in(x.path) && len(seen.Facts) < mostFailed {
						seen.Facts = append(seen.Facts, x.Fact)
					}
				}
			}
			out[id] = append(out[id], seen)
		}
		return out, nil
	}
}
