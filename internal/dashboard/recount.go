package dashboard

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"zhengshu/internal/assessment"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/org"
)

// kept is how many months the sums reach back: twelve that are over and the
// running one.
const kept = 13

//go:embed burden.json
var burdenData []byte

// Estimates say how long what is asked of a unit usually takes.
type Estimates struct {
	AsOf       string         `json:"as_of"`
	Source     string         `json:"source"`
	Confidence string         `json:"confidence"` // M-: not verified, shown as 未核实
	Minutes    map[string]int `json:"minutes"`
}

// BurdenEstimates are the ones in use.
func BurdenEstimates() (Estimates, error) {
	var e Estimates
	err := json.Unmarshal(burdenData, &e)
	return e, err
}

// Recount counts every sum again from the rows and writes what differs; doing
// it twice changes nothing. One part that fails holds up no other.
func (s *Service) Recount(ctx context.Context) error {
	return errors.Join(s.recountOrders(ctx), s.recountMonths(ctx), s.recountRules(ctx), s.recountBurden(ctx), s.judge(ctx))
}

// CountedAt is when the sums were last counted; zero for never.
func (s *Service) CountedAt(ctx context.Context) (time.Time, error) {
	t, err := db.One(ctx, s.db, func(r db.Scanner) (time.Time, error) {
		var t time.Time
		err := r.Scan(&t)
		return t, err
	}, `SELECT counted_at FROM dashboard_month ORDER BY month DESC, counted_at DESC LIMIT 1`)
	if db.None(err) {
		return time.Time{}, nil
	}
	return t, err
}

type unitMonth struct {
	unit  org.UnitID
	month string
}

func (s *Service) recountMonths(ctx context.Context) error {
	type sums struct{ found, mended, issued, missed int }
	now := map[unitMonth]sums{}
	list := months(s.today(), kept)
	for _, p := range list {
		for _, x := range []struct {
			figure string
			add    func(*sums, int)
		}{{"finding.found", func(c *sums, n int) { c.found = n }}, {"finding.mended", func(c *sums, n int) { c.mended = n }}, {"life.issued", func(c *sums, n int) { c.issued = n }}, {"life.missed", func(c *sums, n int) { c.missed = n }}} {
			counts, err := s.tally(ctx, s.db, Query{Figure: x.figure, From: p.String(), To: p.String()})
			if err != nil {
				return err
			}
			for u, n := range counts {
				k := unitMonth{u, p.String()}
				c := now[k]
				x.add(&c, n)
				now[k] = c
			}
		}
	}
	type had struct {
		unitMonth
		sums
	}
	before, err := db.All(ctx, s.db, func(r db.Scanner) (had, error) {
		var h had
		err := r.Scan(&h.unit, &h.month, &h.found, &h.mended, &h.issued, &h.missed)
		return h, err
	}, `SELECT unit_id, month, found, mended, issued, missed FROM dashboard_month`)
	if err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		fresh := maps.Clone(now)
		for _, h := range before {
			if c, ok := fresh[h.unitMonth]; ok && c == h.sums {
				delete(fresh, h.unitMonth)
			} else if !ok {
				if _, err := tx.Quiet(ctx, `DELETE FROM dashboard_month WHERE unit_id = $1 AND month = $2`, h.unit, h.month); err != nil {
					return err
				}
			}
		}
		for k, c := range fresh {
			if _, err := tx.Quiet(ctx, `INSERT INTO dashboard_month (unit_id, month, found, mended, issued, missed, counted_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
				ON CONFLICT (month, unit_id) DO UPDATE SET found = excluded.found, mended = excluded.mended, issued = excluded.issued, missed = excluded.missed`, k.unit, k.month, c.found, c.mended, c.issued, c.missed, tx.Now()); err != nil {
				return err
			}
		}
		// When it was counted, whether or not anything differed.
		_, err := tx.Quiet(ctx, `UPDATE dashboard_month SET counted_at = $1 WHERE month = $2`, tx.Now(), list[kept-1].String())
		return err
	})
}

// lifeOf is an order's life in days; -1 for what has not happened.
type lifeOf struct {
	unit                                       org.UnitID
	month, due, closed                         string
	findings                                   int
	late                                       bool
	issueIn, readIn, answerIn, retestIn, close int
}

func (s *Service) recountOrders(ctx context.Context) error {
	today := s.today()
	since := months(today, kept)[0].Start()
	memo := map[[2]calendar.Date]int{}
	between := func(from, to time.Time) int {
		if from.IsZero() || to.IsZero() {
			return -1
		}
		k := [2]calendar.Date{calendar.DateOf(from), calendar.DateOf(to)}
		if k[1].Before(k[0]) {
			return 0
		}
		n, ok := memo[k]
		if !ok {
			n, _ = s.days.Between(k[0], k[1])
			memo[k] = n
		}
		return n
	}
	type seen struct {
		id string
		at time.Time
		n  int
	}
	scanSeen := func(r db.Scanner) (seen, error) {
		var x seen
		err := r.Scan(&x.id, &x.at, &x.n)
		return x, err
	}
	const inScope = `(o.issued_at >= $1 OR o.state <> 'closed' OR o.closed_at >= $1)`
	first, err := db.All(ctx, s.db, scanSeen, `SELECT x.order_id, min(f.first_seen), count(*) FROM rectify_order o JOIN order_finding x ON x.order_id = o.id JOIN finding f ON f.id = x.finding_id WHERE `+inScope+` GROUP BY x.order_id`, since)
	if err != nil {
		return err
	}
	looks, err := db.All(ctx, s.db, scanSeen, `SELECT x.order_id, min(e.at), count(*) FROM rectify_order o JOIN order_finding x ON x.order_id = o.id
		JOIN finding_evidence e ON e.finding_id = x.finding_id AND e.look = 'retest' AND e.at >= o.issued_at WHERE `+inScope+` GROUP BY x.order_id`, since)
	if err != nil {
		return err
	}
	sawFirst, sawAgain := map[string]seen{}, map[string]time.Time{}
	for _, x := range first {
		sawFirst[x.id] = x
	}
	for _, x := range looks {
		sawAgain[x.id] = x.at
	}
	type row struct {
		id                             string
		unit                           org.UnitID
		state                          string
		issued, read, answered, closed time.Time
		due                            calendar.Date
	}
	orders, err := db.All(ctx, s.db, func(r db.Scanner) (row, error) {
		var x row
		err := r.Scan(&x.id, &x.unit, &x.state, &x.issued, &x.read, &x.answered, &x.closed, &x.due)
		return x, err
	}, `SELECT o.id, o.unit_id, o.state, o.issued_at, o.read_at, o.answered_at, o.closed_at, o.due_on FROM rectify_order o WHERE `+inScope, since)
	if err != nil {
		return err
	}
	now := make(map[string]lifeOf, len(orders))
	for _, o := range orders {
		l := lifeOf{unit: o.unit, month: monthOf(calendar.DateOf(o.issued)), due: monthOf(o.due), findings: sawFirst[o.id].n,
			issueIn: max(between(sawFirst[o.id].at, o.issued), 0), readIn: between(o.issued, o.read), answerIn: between(o.issued, o.answered), retestIn: between(o.issued, sawAgain[o.id]), close: -1}
		end := today
		if o.state == assessment.OrderClosed && !o.closed.IsZero() {
			end = calendar.DateOf(o.closed)
			l.closed, l.close = monthOf(end), between(o.issued, o.closed)
		}
		l.late = end.After(o.due)
		now[o.id] = l
	}
	type had struct {
		id string
		lifeOf
	}
	none := func(n int) any {
		if n < 0 {
			return nil
		}
		return n
	}
	before, err := db.All(ctx, s.db, func(r db.Scanner) (had, error) {
		var h had
		err := r.Scan(&h.id, &h.unit, &h.month, &h.due, &h.closed, &h.findings, &h.late, &h.issueIn, &h.readIn, &h.answerIn, &h.retestIn, &h.close)
		return h, err
	}, `SELECT order_id, unit_id, month, due_month, closed_month, findings, late, issue_days, COALESCE(read_days, -1), COALESCE(answer_days, -1), COALESCE(retest_days, -1), COALESCE(close_days, -1) FROM dashboard_order`)
	if err != nil {
		return err
	}
	for _, h := range before {
		if l, ok := now[h.id]; ok && l == h.lifeOf {
			delete(now, h.id)
		}
	}
	if len(now) == 0 {
		return nil
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		for id, l := range now {
			if _, err := tx.Quiet(ctx, `INSERT INTO dashboard_order (order_id, unit_id, month, due_month, closed_month, findings, late, issue_days, read_days, answer_days, retest_days, close_days)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
				ON CONFLICT (order_id) DO UPDATE SET unit_id = excluded.unit_id, month = excluded.month, due_month = excluded.due_month, closed_month = excluded.closed_month, findings = excluded.findings,
					late = excluded.late, issue_days = excluded.issue_days, read_days = excluded.read_days, answer_days = excluded.answer_days, retest_days = excluded.retest_days, close_days = excluded.close_days`,
				id, l.unit, l.month, l.due, l.closed, l.findings, l.late, l.issueIn, none(l.readIn), none(l.answerIn), none(l.retestIn), none(l.close)); err != nil {
				return fmt.Errorf("dashboard: order: %w", err)
			}
		}
		return nil
	})
}

func (s *Service) recountRules(ctx context.Context) error {
	type key struct {
		check string
		unit  org.UnitID
	}
	type sums struct{ raised, mended, refuted int }
	type line struct {
		key
		sums
	}
	scan := func(r db.Scanner) (line, error) {
		var l line
		err := r.Scan(&l.check, &l.unit, &l.raised, &l.mended, &l.refuted)
		return l, err
	}
	of := func(table, id string) string {
		return `SELECT g.check_id, o.unit_id, g.n, g.mended, g.refuted
		          FROM (SELECT f.` + id + `, f.check_id, count(*) AS n, sum(CASE WHEN ` + mended + ` THEN 1 ELSE 0 END) AS mended, sum(CASE WHEN f.state = 'closed' AND f.closed_by = '` + inspection.ClosedByDispute + `' THEN 1 ELSE 0 END) AS refuted
		                  FROM finding f WHERE f.` + id + ` IS NOT NULL AND f.first_seen >= $1 GROUP BY f.` + id + `, f.check_id) g JOIN ` + table + ` o ON o.id = g.` + id
	}
	list, err := db.All(ctx, s.db, scan, `SELECT x.check_id, x.unit_id, sum(x.n), sum(x.mended), sum(x.refuted)
		FROM (`+of("site", "site_id")+` UNION ALL `+of("account", "account_id")+`) x GROUP BY x.check_id, x.unit_id`, ruleSince(s.today()))
	if err != nil {
		return err
	}
	before, err := db.All(ctx, s.db, scan, `SELECT check_id, unit_id, raised, mended, refuted FROM dashboard_rule`)
	if err != nil {
		return err
	}
	now := map[key]sums{}
	for _, l := range list {
		now[l.key] = l.sums
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		for _, l := range before {
			switch c, ok := now[l.key]; {
			case !ok:
				if _, err := tx.Quiet(ctx, `DELETE FROM dashboard_rule WHERE check_id = $1 AND unit_id = $2`, l.check, l.unit); err != nil {
					return err
				}
			case c == l.sums:
				delete(now, l.key)
			}
		}
		for k, c := range now {
			if _, err := tx.Quiet(ctx, `INSERT INTO dashboard_rule (check_id, unit_id, raised, mended, refuted) VALUES ($1, $2, $3, $4, $5)
				ON CONFLICT (check_id, unit_id) DO UPDATE SET raised = excluded.raised, mended = excluded.mended, refuted = excluded.refuted`, k.check, k.unit, c.raised, c.mended, c.refuted); err != nil {
				return err
			}
		}
		return quietly(ctx, tx)
	})
}

// quietly marks a transaction that may have had nothing to write.
func quietly(ctx context.Context, tx *db.Tx) error {
	_, err := tx.Quiet(ctx, `DELETE FROM dashboard_rule WHERE check_id = ''`)
	return err
}

// burdenOf is what one body asked one unit for in a month.
type burdenOf struct {
	month       string
	unit        org.UnitID
	kind, asker string
}

func (s *Service) recountBurden(ctx context.Context) error {
	e, err := BurdenEstimates()
	if err != nil {
		return err
	}
	type sums struct{ n, minutes int }
	type line struct {
		burdenOf
		sums
	}
	now := map[burdenOf]sums{}
	held := map[string]bool{}
	scan := func(r db.Scanner) (line, error) {
		var l line
		err := r.Scan(&l.month, &l.unit, &l.kind, &l.asker, &l.n, &l.minutes)
		return l, err
	}
	before, err := db.All(ctx, s.db, scan, `SELECT month, unit_id, kind, asker_id, n, minutes FROM dashboard_burden`)
	if err != nil {
		return err
	}
	for _, l := range before {
		held[l.month] = true
	}
	counted := map[string]bool{}
	list := months(s.today(), kept)
	for i, p := range list {
		// What was asked in a month that is over no longer changes.
		if i < kept-2 && held[p.String()] {
			continue
		}
		counted[p.String()] = true
		n := Query{From: p.String(), To: p.String()}
		for _, part := range []struct{ figure, columns, from, group string }{
			{"burden.order", `o.unit_id, COALESCE(o.issuer_unit_id, ''), count(*), COALESCE(sum((SELECT count(*) FROM order_finding x WHERE x.order_id = o.id)), 0)`, `rectify_order o`, `o.unit_id, o.issuer_unit_id`},
			{"burden.return", `c.unit_id, g.unit_id, count(*), count(*)`, `guidance g JOIN guidance_receipt c ON c.guidance_id = g.id`, `c.unit_id, g.unit_id`},
			{"burden.notice", `c.unit_id, g.unit_id, count(*), count(*)`, `guidance g JOIN guidance_receipt c ON c.guidance_id = g.id`, `c.unit_id, g.unit_id`},
			{"burden.confirm", `o.unit_id, '', count(*), count(*)`, `obligation o`, `o.unit_id`},
		} {
			var w db.Where
			n.Figure = part.figure
			figures[part.figure].cond(&w, n, s.today())
			kind := part.figure[len("burden."):]
			each := e.Minutes[kind]
			if kind == "order" {
				each = e.Minutes["order_finding"]
			}
			rows, err := db.All(ctx, s.db, func(r db.Scanner) (line, error) {
				l := line{burdenOf: burdenOf{month: p.String(), kind: kind}}
				err := r.Scan(&l.unit, &l.asker, &l.n, &l.minutes)
				l.minutes *= each
				return l, err
			}, `SELECT `+part.columns+` FROM `+part.from+` WHERE `+w.SQL()+` GROUP BY `+part.group, w.Args()...)
			if err != nil {
				return fmt.Errorf("dashboard: %s: %w", part.figure, err)
			}
			for _, l := range rows {
				now[l.burdenOf] = l.sums
			}
		}
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		for _, l := range before {
			if !counted[l.month] {
				if l.month < list[0].String() {
					if _, err := tx.Quiet(ctx, `DELETE FROM dashboard_burden WHERE month = $1`, l.month); err != nil {
						return err
					}
				}
				continue
			}
			switch c, ok := now[l.burdenOf]; {
			case !ok:
				if _, err := tx.Quiet(ctx, `DELETE FROM dashboard_burden WHERE month = $1 AND unit_id = $2 AND kind = $3 AND asker_id = $4`, l.month, l.unit, l.kind, l.asker); err != nil {
					return err
				}
			case c == l.sums:
				delete(now, l.burdenOf)
			}
		}
		for k, c := range now {
			if _, err := tx.Quiet(ctx, `INSERT INTO dashboard_burden (month, unit_id, kind, asker_id, n, minutes) VALUES ($1, $2, $3, $4, $5, $6)
				ON CONFLICT (month, unit_id, kind, asker_id) DO UPDATE SET n = excluded.n, minutes = excluded.minutes`, k.month, k.unit, k.kind, k.asker, c.n, c.minutes); err != nil {
				return err
			}
		}
		return quietly(ctx, tx)
	})
}

// judge keeps what each site would come to if it were drawn: today's verdict
// once a day, and at most one month of the past at a time until all are there.
func (s *Service) judge(ctx context.Context) error {
	today := s.today()
	have, err := db.All(ctx, s.db, func(r db.Scanner) (struct {
		month string
		on    calendar.Date
	}, error) {
		var x struct {
			month string
			on    calendar.Date
		}
		err := r.Scan(&x.month, &x.on)
		return x, err
	}, `SELECT month, max(judged_on) FROM dashboard_verdict GROUP BY month`)
	if err != nil {
		return err
	}
	on := map[string]calendar.Date{}
	for _, x := range have {
		on[x.month] = x.on
	}
	list := months(today, kept)
	past := 0
	for i := kept - 1; i >= 0; i-- {
		p := list[i]
		want := p.Last()
		if want.After(today) {
			want = today
		}
		if on[p.String()] == want {
			continue
		}
		if i < kept-1 {
			if past++; past > 1 {
				break
			}
		}
		if err := s.judgeMonth(ctx, p, want); err != nil {
			if fault.Is(err, fault.Invalid) {
				continue // no pack was in force then
			}
			return err
		}
	}
	return nil
}

func (s *Service) judgeMonth(ctx context.Context, p assessment.Period, on calendar.Date) error {
	scores, err := s.assessment.Scores(ctx, s.db, authz.System("dashboard.judge"), p, assessment.ScoreFilter{})
	if err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Quiet(ctx, `DELETE FROM dashboard_verdict WHERE month = $1`, p.String()); err != nil {
			return err
		}
		for _, sc := range scores {
			if _, err := tx.Quiet(ctx, `INSERT INTO dashboard_verdict (site_id, month, verdict, says, judged_on) VALUES ($1, $2, $3, $4, $5)`, sc.ID, p.String(), sc.Verdict, reason(sc), on); err != nil {
				return err
			}
		}
		return nil
	})
}

// reason is why a site does not pass, in a few words.
func reason(sc assessment.Score) string {
	switch {
	case sc.Verdict == assessment.Untested:
		return "未检测"
	case sc.Verdict != assessment.Unqualified:
		return ""
	case len(sc.Vetoes) > 0:
		return "单项否决：" + sc.Vetoes[0].Name
	}
	return fmt.Sprintf("扣分后得%s分", sc.Points)
}
