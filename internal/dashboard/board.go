package dashboard

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"zhengshu/internal/assessment"
	"zhengshu/internal/authz"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/org"
	"zhengshu/internal/percent"
)

// unitAt is a unit with its place.
type unitAt struct {
	id   org.UnitID
	name string
	path string
	area org.AreaID
}

// narrowed is the scope within a place, on the unit table u.
func narrowed(scope authz.Scope, p Place) *db.Where {
	var w db.Where
	scope.Where(&w, "u")
	if p.Area.ID != "" {
		authz.Area("dashboard.place", p.Area.Path).Where(&w, "u")
	}
	return w.AndIf(p.Unit.ID != "", "u.id = ?", p.Unit.ID)
}

func (s *Service) unitsIn(ctx context.Context, q db.Querier, scope authz.Scope, p Place) (map[org.UnitID]unitAt, error) {
	w := narrowed(scope, p)
	list, err := db.All(ctx, q, func(r db.Scanner) (unitAt, error) {
		var u unitAt
		err := r.Scan(&u.id, &u.name, &u.path, &u.area)
		return u, err
	}, `SELECT u.id, u.name, u.area_path, u.area_id FROM unit u WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, err
	}
	out := make(map[org.UnitID]unitAt, len(list))
	for _, u := range list {
		out[u.id] = u
	}
	return out, nil
}

// Counts are the numbers of one place in a comparison.
type Counts struct {
	Sites         int // running
	Unqualified   int // if they were drawn today
	Before        int // at the end of the quarter before
	Serious       int // standing
	Overdue       int // orders
	Ended, Timely int // orders closed in the quarter, and of them in time
	Judged        int // letters received in the quarter whose time can be judged
	OnTime        int
}

func (c *Counts) add(o Counts) {
	c.Sites += o.Sites
	c.Unqualified += o.Unqualified
	c.Before += o.Before
	c.Serious += o.Serious
	c.Overdue += o.Overdue
	c.Ended += o.Ended
	c.Timely += o.Timely
	c.Judged += o.Judged
	c.OnTime += o.OnTime
}

// Better is how many sites fewer fail than at the end of the quarter before.
func (c Counts) Better() int { return c.Before - c.Unqualified }

// Line is one place of a comparison: a division below, the division itself
// (本级), or a unit where no division lies below.
type Line struct {
	Name string
	Area org.AreaID // of a division below, or of the place itself when Own
	Own  bool
	Unit org.UnitID
	Deep bool // there is more to open below it
	code string
	Counts
}

// Comparison is how the places below a place stand. Those where most has become
// better come first; no person stands in it, and no readers or likes.
type Comparison struct {
	Place Place
	Lines []Line
	All   Counts
	// Quarter is the running one; Prior the month whose end Before was judged at.
	Quarter assessment.Period
	Prior   string
	Month   string // of Unqualified
	First   string // first month of the quarter
	ByUnit  bool
}

// Compare counts the places below one.
func (s *Service) Compare(ctx context.Context, scope authz.Scope, p Place) (c Comparison, err error) {
	today := s.today()
	c = Comparison{Place: p, Quarter: assessment.QuarterOf(today), Month: monthOf(today)}
	c.First, c.Prior = monthOf(c.Quarter.First()), monthOf(c.Quarter.First().AddDays(-1))
	err = s.db.View(ctx, func(tx *db.Tx) error { // one moment, so that the parts add up
		units, err := s.unitsIn(ctx, tx, scope, p)
		if err != nil {
			return err
		}
		children, err := db.All(ctx, tx, func(r db.Scanner) (org.Area, error) {
			var a org.Area
			err := r.Scan(&a.ID, &a.Name, &a.Code, &a.Path)
			return a, err
		}, `SELECT id, name, code, path FROM area WHERE parent_id = $1 ORDER BY code`, p.Area.ID)
		if err != nil {
			return err
		}
		by := map[string]*Line{}
		for _, a := range children {
			by[a.Path] = &Line{Name: a.Name, Area: a.ID, Deep: true, code: a.Code}
		}
		c.ByUnit = len(children) == 0
		lineOf := func(u unitAt) *Line {
			key := below(u.path, p.Area.Path)
			if key == "" && c.ByUnit {
				key = string(u.id)
			}
			l := by[key]
			switch {
			case l != nil:
			case c.ByUnit:
				l = &Line{Name: u.name, Unit: u.id, code: u.path}
			default:
				l = &Line{Name: p.Area.Name + "本级", Area: p.Area.ID, Own: true}
			}
			by[key] = l
			return l
		}
		for _, x := range []struct {
			n  Query
			at func(*Counts) *int
		}{
			{Query{Figure: "site.running"}, func(c *Counts) *int { return &c.Sites }},
			{Query{Figure: "site.unqualified", From: c.Month, To: c.Month}, func(c *Counts) *int { return &c.Unqualified }},
			{Query{Figure: "site.unqualified", From: c.Prior, To: c.Prior}, func(c *Counts) *int { return &c.Before }},
			{Query{Figure: "finding.serious"}, func(c *Counts) *int { return &c.Serious }},
			{Query{Figure: "order.overdue"}, func(c *Counts) *int { return &c.Overdue }},
			{Query{Figure: "life.ended", From: c.First, To: c.Month}, func(c *Counts) *int { return &c.Ended }},
			{Query{Figure: "life.timely", From: c.First, To: c.Month}, func(c *Counts) *int { return &c.Timely }},
			{Query{Figure: "letter.judged", From: c.First, To: c.Month}, func(c *Counts) *int { return &c.Judged }},
			{Query{Figure: "letter.ontime", From: c.First, To: c.Month}, func(c *Counts) *int { return &c.OnTime }},
		} {
			sums, err := s.tally(ctx, tx, x.n)
			if err != nil {
				return err
			}
			for unit, n := range sums {
				if u, ok := units[unit]; ok {
					*x.at(&lineOf(u).Counts) += n
				}
			}
		}
		for _, l := range by {
			if l.Counts == (Counts{}) {
				continue
			}
			c.Lines = append(c.Lines, *l)
			c.All.add(l.Counts)
		}
		return nil
	})
	slices.SortFunc(c.Lines, func(a, b Line) int {
		return cmp.Or(cmp.Compare(b.Better(), a.Better()), cmp.Compare(a.code, b.code), strings.Compare(a.Name, b.Name))
	})
	return c, err
}

// Month is one month of the trends.
type Month struct {
	Month                  string
	Found, Mended          int // findings
	Issued, Missed         int // orders: sent, and not closed by their day
	Qualified, Unqualified int // sites that were judged
	Untested               int
	Judged                 bool // verdicts were kept for the month
	Provisional            bool // the month still runs
}

// Share of the qualified among the judged.
func (m Month) Share() percent.Share { return percent.Of(m.Qualified, m.Qualified+m.Unqualified) }

// Trends of the last twelve months, oldest first.
func (s *Service) Trends(ctx context.Context, scope authz.Scope, p Place) ([]Month, error) {
	list := months(s.today(), 12)
	out := make([]Month, len(list))
	at := map[string]*Month{}
	for i, m := range list {
		out[i].Month, out[i].Provisional = m.String(), i == len(list)-1
		at[m.String()] = &out[i]
	}
	first := list[0].String()
	err := s.db.View(ctx, func(tx *db.Tx) error {
		w := narrowed(scope, p)
		since := w.Arg(first)
		units := `d.unit_id IN (SELECT u.id FROM unit u WHERE ` + w.SQL() + `)`
		sums, err := db.All(ctx, tx, func(r db.Scanner) (Month, error) {
			var m Month
			err := r.Scan(&m.Month, &m.Found, &m.Mended, &m.Issued, &m.Missed)
			return m, err
		}, `SELECT d.month, sum(d.found), sum(d.mended), sum(d.issued), sum(d.missed) FROM dashboard_month d WHERE d.month >= `+since+` AND `+units+` GROUP BY d.month`, w.Args()...)
		if err != nil {
			return fmt.Errorf("dashboard: trends: %w", err)
		}
		for _, x := range sums {
			if m := at[x.Month]; m != nil {
				m.Found, m.Mended, m.Issued, m.Missed = x.Found, x.Mended, x.Issued, x.Missed
			}
		}
		type cell struct {
			month   string
			verdict assessment.Verdict
			n       int
		}
		cells, err := db.All(ctx, tx, func(r db.Scanner) (cell, error) {
			var x cell
			err := r.Scan(&x.month, &x.verdict, &x.n)
			return x, err
		}, `SELECT d.month, d.verdict, count(*) FROM dashboard_verdict d WHERE d.month >= `+since+` AND d.site_id IN (SELECT s.id FROM site s JOIN unit u ON u.id = s.unit_id WHERE `+w.SQL()+`) GROUP BY d.month, d.verdict`, w.Args()...)
		if err != nil {
			return fmt.Errorf("dashboard: trends: %w", err)
		}
		for _, x := range cells {
			m := at[x.month]
			if m == nil {
				continue
			}
			m.Judged = true
			switch x.verdict {
			case assessment.Qualified:
				m.Qualified += x.n
			case assessment.Unqualified:
				m.Unqualified += x.n
			default:
				m.Untested += x.n
			}
		}
		return nil
	})
	return out, err
}

// Age is how much of a band of age stands open.
type Age struct {
	Band                   int
	Serious, Error, Advice int // findings
	Orders                 int
}

// Findings of the band.
func (a Age) Findings() int { return a.Serious + a.Error + a.Advice }

// Ageing is what stands open by how long, in the order of Bands.
func (s *Service) Ageing(ctx context.Context, scope authz.Scope, p Place) ([]Age, error) {
	out := make([]Age, len(Bands))
	today := s.today()
	err := s.db.View(ctx, func(tx *db.Tx) error {
		units, err := s.unitsIn(ctx, tx, scope, p)
		if err != nil {
			return err
		}
		type cell struct {
			unit     org.UnitID
			severity check.Severity
			n        int
		}
		for i := range Bands {
			n := Query{Band: i}
			out[i].Band = i
			var w db.Where
			figures["finding.age"].cond(&w, n, today)
			cells, err := db.All(ctx, tx, func(r db.Scanner) (cell, error) {
				var x cell
				err := r.Scan(&x.unit, &x.severity, &x.n)
				return x, err
			}, eachOf(w.SQL(), "severity"), w.Args()...)
			if err != nil {
				return err
			}
			for _, x := range cells {
				if _, ok := units[x.unit]; !ok {
					continue
				}
				switch x.severity {
				case check.Serious:
					out[i].Serious += x.n
				case check.Error:
					out[i].Error += x.n
				default:
					out[i].Advice += x.n
				}
			}
			n.Figure = "order.age"
			orders, err := s.tally(ctx, tx, n)
			if err != nil {
				return err
			}
			for unit, n := range orders {
				if _, ok := units[unit]; ok {
					out[i].Orders += n
				}
			}
		}
		return nil
	})
	return out, err
}

// Stage is one stage of the way from a finding to its end.
type Stage struct {
	Name   string
	Figure string // its rows
	N      int
	Unit   string
	// Median is the middle of the working days since the stage before or since the
	// issue of the order; -1 when nothing has come so far.
	Median int
	Since  string // from when the days count
}

// Funnel of the orders issued in the months, both included, and of the findings
// of the same months.
func (s *Service) Funnel(ctx context.Context, scope authz.Scope, p Place, from, to string) ([]Stage, error) {
	n := Query{From: from, To: to}
	if err := n.check(); err != nil {
		return nil, err
	}
	var out []Stage
	err := s.db.View(ctx, func(tx *db.Tx) error {
		w := narrowed(scope, p)
		a, b := w.Arg(from), w.Arg(to)
		found, err := db.One(ctx, tx, db.Value[int], `SELECT COALESCE(sum(d.found), 0) FROM dashboard_month d JOIN unit u ON u.id = d.unit_id WHERE d.month >= `+a+` AND d.month <= `+b+` AND `+w.SQL(), w.Args()...)
		if err != nil {
			return err
		}
		type life struct{ issue, read, answer, retest, close, findings int }
		lives, err := db.All(ctx, tx, func(r db.Scanner) (life, error) {
			var l life
			err := r.Scan(&l.issue, &l.read, &l.answer, &l.retest, &l.close, &l.findings)
			return l, err
		}, `SELECT d.issue_days, COALESCE(d.read_days, -1), COALESCE(d.answer_days, -1), COALESCE(d.retest_days, -1), COALESCE(d.close_days, -1), d.findings
		      FROM dashboard_order d JOIN unit u ON u.id = d.unit_id WHERE d.month >= `+a+` AND d.month <= `+b+` AND `+w.SQL(), w.Args()...)
		if err != nil {
			return err
		}
		days := [5][]int{}
		for _, l := range lives {
			for i, d := range []int{l.issue, l.read, l.answer, l.retest, l.close} {
				if d >= 0 {
					days[i] = append(days[i], d)
				}
			}
		}
		out = []Stage{{Name: "发现问题", Figure: "finding.found", N: found, Unit: "个", Median: -1},
			{Name: "下发整改通知", Figure: "life.issued", N: len(lives), Unit: "份", Median: median(days[0]), Since: "从首次发现起"},
			{Name: "单位已阅", Figure: "life.read", N: len(days[1]), Unit: "份", Median: median(days[1]), Since: "从下发起"},
			{Name: "单位已答复", Figure: "life.answered", N: len(days[2]), Unit: "份", Median: median(days[2]), Since: "从下发起"},
			{Name: "已复测", Figure: "life.retested", N: len(days[3]), Unit: "份", Median: median(days[3]), Since: "从下发起"},
			{Name: "已办结", Figure: "life.closed", N: len(days[4]), Unit: "份", Median: median(days[4]), Since: "从下发起"}}
		return nil
	})
	return out, err
}

// median is the lower middle; -1 of nothing.
func median(days []int) int {
	if len(days) == 0 {
		return -1
	}
	slices.Sort(days)
	return days[(len(days)-1)/2]
}

// Rule is how often one check was right at the sites of a place in a year.
type Rule struct {
	Check                     string
	Raised, Mended            int
	Disputed, Upheld, Waiting int
	Refuted                   int // confirmed false
}

// Share is the part that was not confirmed false; ok is false until a dispute has been answered.
func (r Rule) Share() (share percent.Share, ok bool) {
	return percent.Of(r.Raised-r.Refuted, r.Raised), r.Raised > 0 && r.Upheld+r.Refuted > 0
}

// ranked is the share by which rules are ordered: those nobody has judged stand
// after all others.
func ranked(r Rule) int {
	if share, ok := r.Share(); ok {
		return share.Fine()
	}
	return 10001
}

// Rules that found something in the last twelve months, the least right first.
func (s *Service) Rules(ctx context.Context, scope authz.Scope, p Place) ([]Rule, error) {
	by := map[string]*Rule{}
	var out []Rule
	err := s.db.View(ctx, func(tx *db.Tx) error {
		w := narrowed(scope, p)
		list, err := db.All(ctx, tx, func(r db.Scanner) (Rule, error) {
			var x Rule
			err := r.Scan(&x.Check, &x.Raised, &x.Mended, &x.Refuted)
			return x, err
		}, `SELECT d.check_id, sum(d.raised), sum(d.mended), sum(d.refuted) FROM dashboard_rule d JOIN unit u ON u.id = d.unit_id WHERE `+w.SQL()+` GROUP BY d.check_id ORDER BY d.check_id`, w.Args()...)
		if err != nil {
			return err
		}
		out = list
		for i := range out {
			by[out[i].Check] = &out[i]
		}
		w = narrowed(scope, p)
		type said struct {
			check, verdict string
			n              int
		}
		disputes, err := db.All(ctx, tx, func(r db.Scanner) (said, error) {
			var x said
			err := r.Scan(&x.check, &x.verdict, &x.n)
			return x, err
		}, `SELECT d.check_id, d.verdict, count(*) FROM finding_dispute d JOIN finding f ON f.id = d.finding_id `+findingAbout+`
		     WHERE d.raised_at >= `+w.Arg(ruleSince(s.today()))+` AND `+w.SQL()+` GROUP BY d.check_id, d.verdict`, w.Args()...)
		for _, x := range disputes {
			if by[x.check] == nil {
				continue
			}
			r := by[x.check]
			r.Disputed += x.n
			switch x.verdict {
			case "true":
				r.Upheld += x.n
			case "":
				r.Waiting += x.n
			}
		}
		return err
	})
	slices.SortStableFunc(out, func(a, b Rule) int {
		x, y := ranked(a), ranked(b)
		return cmp.Or(cmp.Compare(x, y), cmp.Compare(b.Disputed, a.Disputed), cmp.Compare(b.Raised, a.Raised), cmp.Compare(a.Check, b.Check))
	})
	return out, err
}

// Asked is what one unit was asked for in a month, or what one body asked.
type Asked struct {
	Unit                               org.UnitID // empty: the law itself
	Name                               string
	Orders, Returns, Notices, Confirms int
	Minutes                            int
	Units                              int // of an asker: how many units it asked
}

// N is everything asked.
func (a Asked) N() int { return a.Orders + a.Returns + a.Notices + a.Confirms }

// MostAsked bounds the units a page lists.
const MostAsked = 50

// Burden is what the units of a place were asked for in a month.
type Burden struct {
	Month  string
	All    Asked
	NUnits int     // with anything asked
	Units  []Asked // most minutes first, at most MostAsked
	Askers []Asked // who asked, most minutes first
	Months []Asked // the sum of each of the last twelve months; Name is the month
}

// Burden of a month (基层负担): what each unit was asked for and who asked.
func (s *Service) Burden(ctx context.Context, scope authz.Scope, p Place, month string) (b Burden, err error) {
	if err := (Query{Figure: "burden.order", From: month, To: month}).check(); err != nil {
		return b, err
	}
	b.Month = month
	const sums = `sum(CASE WHEN d.kind = 'order' THEN d.n ELSE 0 END), sum(CASE WHEN d.kind = 'return' THEN d.n ELSE 0 END), sum(CASE WHEN d.kind = 'notice' THEN d.n ELSE 0 END), sum(CASE WHEN d.kind = 'confirm' THEN d.n ELSE 0 END), sum(d.minutes)`
	scan := func(r db.Scanner) (Asked, error) {
		var a Asked
		err := r.Scan(&a.Unit, &a.Name, &a.Orders, &a.Returns, &a.Notices, &a.Confirms, &a.Minutes, &a.Units)
		return a, err
	}
	err = s.db.View(ctx, func(tx *db.Tx) error {
		w := narrowed(scope, p)
		m := w.Arg(month)
		if b.Units, err = db.All(ctx, tx, scan, `SELECT d.unit_id, u.name, `+sums+`, count(*) OVER () FROM dashboard_burden d JOIN unit u ON u.id = d.unit_id WHERE d.month = `+m+` AND `+w.SQL()+`
			GROUP BY d.unit_id, u.name ORDER BY sum(d.minutes) DESC, u.name, d.unit_id LIMIT `+w.Arg(MostAsked), w.Args()...); err != nil {
			return err
		}
		if len(b.Units) > 0 {
			b.NUnits = b.Units[0].Units
		}
		w = narrowed(scope, p)
		m = w.Arg(month)
		if b.Askers, err = db.All(ctx, tx, scan, `SELECT d.asker_id, COALESCE(k.name, '法定时限'), `+sums+`, count(DISTINCT d.unit_id) FROM dashboard_burden d JOIN unit u ON u.id = d.unit_id LEFT JOIN unit k ON k.id = d.asker_id
			WHERE d.month = `+m+` AND `+w.SQL()+` GROUP BY d.asker_id, k.name ORDER BY sum(d.minutes) DESC, d.asker_id`, w.Args()...); err != nil {
			return err
		}
		for _, a := range b.Askers {
			b.All.Orders += a.Orders
			b.All.Returns += a.Returns
			b.All.Notices += a.Notices
			b.All.Confirms += a.Confirms
			b.All.Minutes += a.Minutes
		}
		w = narrowed(scope, p)
		m = w.Arg(months(s.today(), 12)[0].String())
		type sum struct {
			month, kind string
			n, minutes  int
		}
		list, err := db.All(ctx, tx, func(r db.Scanner) (sum, error) {
			var x sum
			err := r.Scan(&x.month, &x.kind, &x.n, &x.minutes)
			return x, err
		}, `SELECT d.month, d.kind, sum(d.n), sum(d.minutes) FROM dashboard_burden d WHERE d.month >= `+m+` AND d.unit_id IN (SELECT u.id FROM unit u WHERE `+w.SQL()+`) GROUP BY d.month, d.kind ORDER BY d.month, d.kind`, w.Args()...)
		for _, x := range list {
			if n := len(b.Months); n == 0 || b.Months[n-1].Name != x.month {
				b.Months = append(b.Months, Asked{Name: x.month})
			}
			a := &b.Months[len(b.Months)-1]
			a.Minutes += x.minutes
			switch x.kind {
			case "order":
				a.Orders = x.n
			case "return":
				a.Returns = x.n
			case "notice":
				a.Notices = x.n
			default:
				a.Confirms = x.n
			}
		}
		return err
	})
	if len(b.Units) > 0 {
		for i := range b.Units {
			b.Units[i].Units = 0
		}
	}
	return b, err
}

// ThisMonth is the running month as figures name it.
func (s *Service) ThisMonth() string { return monthOf(s.today()) }

// Months are the last twelve as figures name them, oldest first.
func (s *Service) Months() []string {
	var out []string
	for _, p := range months(s.today(), 12) {
		out = append(out, p.String())
	}
	return out
}
