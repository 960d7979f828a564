package reporting

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"zhengshu/internal/assessment"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
)

// clocks registers what the offices owe each month, quarter and year.
func (s *Service) clocks() {
	s.obligations.Recur(
		obligation.Recurring{Kind: MonthlyDue.ID, Every: obligation.Monthly, Owes: s.offices(org.Province, org.City, org.County), Link: "/console/bulletins?kind=monthly", Due: func(p obligation.Period) calendar.Due {
			return calendar.Due{On: p.Last.AddDays(s.settings().MonthlyCheckDays)}
		}},
		obligation.Recurring{Kind: BulletinDue.ID, Every: obligation.Quarterly, Owes: s.offices(org.Province, org.City, org.County), Link: "/console/bulletins?kind=quarterly", Due: func(p obligation.Period) calendar.Due {
			return calendar.Due{On: p.Last.AddDays(s.settings().BulletinDays)}
		}},
		obligation.Recurring{Kind: AssessmentDue.ID, Every: obligation.Yearly, Owes: s.offices(org.Province), Link: "/console/bulletins?kind=annual", Due: func(p obligation.Period) calendar.Due {
			x := s.settings()
			return calendar.Due{On: calendar.Date{Year: p.First.Year + 1, Month: time.Month(x.AssessmentDueMonth), Day: x.AssessmentDueDay}}
		}},
		// The province's own superior is the State Council's office, outside this
		// house; its report is owed all the same.
		obligation.Recurring{Kind: SupervisionDue.ID, Every: obligation.Yearly, Owes: s.offices(org.Province, org.City, org.County), Link: "/console/bulletins?kind=supervision", Due: func(p obligation.Period) calendar.Due {
			return s.supervisionDue(p.First.Year, calendar.Date{})
		}})
}

// supervisionDue is the day of a year's report; not before the given day.
func (s *Service) supervisionDue(year int, least calendar.Date) calendar.Due {
	x := s.settings()
	d := calendar.Date{Year: year + 1, Month: time.Month(x.SupervisionDueMonth), Day: x.SupervisionDueDay}
	if !least.IsZero() && d.Before(least) {
		d = least
	}
	return calendar.Due{On: d}
}

// offices are the supervising offices of the levels.
func (s *Service) offices(levels ...org.Level) func(ctx context.Context, q db.Querier) ([]obligation.Debtor, error) {
	return func(ctx context.Context, q db.Querier) ([]obligation.Debtor, error) {
		var w db.Where
		w.And("a.level IN " + db.Among(&w, levels))
		return db.All(ctx, q, func(r db.Scanner) (obligation.Debtor, error) {
			var d obligation.Debtor
			err := r.Scan(&d.Unit, &d.Name)
			return d, err
		}, `SELECT u.id, u.name FROM unit u JOIN area a ON a.id = u.area_id WHERE u.kind = 'office' AND u.abolished_on IS NULL AND `+w.SQL()+` ORDER BY u.id`, w.Args()...)
	}
}

// kept is the content of a paper of a place for a period when it is fixed.
func (s *Service) kept(ctx context.Context, k Kind, area org.AreaID, p assessment.Period) (c Content, ok bool, err error) {
	text, err := db.One(ctx, s.db, db.Value[string], `SELECT content FROM bulletin WHERE kind = $1 AND area_id = $2 AND period = $3 AND content <> ''`, k, area, p.String())
	if db.None(err) {
		return c, false, nil
	}
	if err != nil {
		return c, false, fmt.Errorf("reporting: read bulletin: %w", err)
	}
	return c, true, json.Unmarshal([]byte(text), &c)
}

// numbered are the figures of a content by their keys, without their rows.
type numbered map[string]int

func (c Content) numbers() numbered {
	out := make(numbered, len(c.Figures))
	for _, f := range c.Figures {
		out[f.Key] = f.N()
	}
	return out
}

// numbersKept is of how many fixed papers the numbers are kept.
const numbersKept = 512

// numbers are the figures of a paper of a place for a period when it is fixed. A
// trend asks for those of several quarters, each with the rows of a province
// behind them: what is fixed is read once.
func (s *Service) numbers(ctx context.Context, k Kind, area org.AreaID, p assessment.Period) (numbered, bool, error) {
	sha, err := db.One(ctx, s.db, db.Value[string], `SELECT sha256 FROM bulletin WHERE kind = $1 AND area_id = $2 AND period = $3 AND content <> '' AND sha256 <> ''`, k, area, p.String())
	if db.None(err) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("reporting: read bulletin: %w", err)
	}
	if n, ok := s.fixed.get(sha); ok {
		return n, true, nil
	}
	c, ok, err := s.kept(ctx, k, area, p)
	if err != nil || !ok {
		return nil, false, err
	}
	n := c.numbers()
	s.fixed.keep(sha, n)
	return n, true, nil
}

// fixed are the numbers of fixed papers by the digest of their content.
type fixed struct {
	mu sync.Mutex
	of map[string]numbered
}

func (f *fixed) get(sha string) (numbered, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, ok := f.of[sha]
	return n, ok
}

func (f *fixed) keep(sha string, n numbered) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.of == nil || len(f.of) >= numbersKept {
		f.of = map[string]numbered{}
	}
	f.of[sha] = n
}

// sent are the papers of a kind of a place within a span, in order.
func (s *Service) sent(ctx context.Context, k Kind, area org.AreaID, first, last assessment.Period) ([]Bulletin, error) {
	return db.All(ctx, s.db, scanBulletin, bulletinSelect+bulletinFrom+` WHERE b.kind = $1 AND b.area_id = $2 AND b.period >= $3 AND b.period <= $4 ORDER BY b.period`, k, area, first.String(), last.String())
}
