package assessment

import (
	"context"
	"fmt"
	"slices"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/rules/packs"
)

// Trial asks how a past period would have come out under another pack.
type Trial struct {
	// Version is the draft or version tried; without it Pack and Number name one
	// at hand.
	Version VersionID
	Pack    string
	Number  int
	// Base is the number of the version beside it; zero is what judged then.
	Base   int
	Period Period
	Under  string // area path
}

// Rehearsal is who would change and by what. Nothing of it is kept.
type Rehearsal struct {
	Period Period
	On     calendar.Date
	Tried  packs.Pack
	Base   packs.Pack
	// Judged says how the base judges: 演示采用, or what its lack means.
	Judged string
	// Subjects is how many were scored twice.
	Subjects int
	Moved    []Moved
	// Blind are indicators whose threshold was lowered below what the checks of
	// the time looked for: they may find more than the kept findings tell.
	Blind []packs.Indicator
}

// Moved is a subject whose verdict or points differ.
type Moved struct {
	Was, Now Score
	Lines    []MovedLine
}

// Flips says that the verdict changes.
func (m Moved) Flips() bool { return m.Was.Verdict != m.Now.Verdict }

// Delta is how many points it gains, in hundredths; zero unless both are scored.
func (m Moved) Delta() packs.Hundredths {
	if !m.Was.Scored || !m.Now.Scored {
		return 0
	}
	return m.Now.Points - m.Was.Points
}

// MovedLine is an indicator that comes out otherwise.
type MovedLine struct {
	ID, Name string
	Was, Now string
}

// Flips counts the subjects whose verdict becomes v.
func (r Rehearsal) Flips(v Verdict) int {
	n := 0
	for _, m := range r.Moved {
		if m.Flips() && m.Now.Verdict == v {
			n++
		}
	}
	return n
}

// Rehearse scores a past period twice by the same facts, under the pack that
// judged and under the one tried, and tells the difference. It keeps nothing.
func (s *Service) Rehearse(ctx context.Context, scope authz.Scope, t Trial) (r Rehearsal, err error) {
	if t.Period.IsZero() || t.Period.First().After(s.today()) {
		return r, fault.New(fault.Invalid, "试算的时段没有填写或还没有开始，请选择已经过去的时段，例如 2026-Q3。").On("period", "请选择已经过去的时段")
	}
	if r.Tried, err = s.tried(ctx, scope, t); err != nil {
		return r, err
	}
	r.Period, r.On = t.Period, s.checkPoint(t.Period)
	f := ScoreFilter{Under: t.Under, Brief: true}
	was, now := f, f
	trial := r.Tried
	now.Trial = &trial
	if t.Base > 0 {
		base, err := s.packOf(ctx, s.db, r.Tried.ID, t.Base)
		if err != nil {
			return r, err
		}
		r.Base, r.Judged = base, fmt.Sprintf("按第%d版", base.Version)
		was.Trial = &base
	}
	kinds := []func(context.Context, db.Querier, authz.Scope, Period, ScoreFilter) ([]Score, error){s.Scores, s.ScoreAccounts}
	if r.Tried.ID == OfficePackID {
		kinds = kinds[:0]
		kinds = append(kinds, s.ScoreOffices)
	}
	for _, score := range kinds {
		before, err := score(ctx, s.db, scope, t.Period, was)
		if err != nil {
			return r, err
		}
		after, err := score(ctx, s.db, scope, t.Period, now)
		if err != nil {
			return r, err
		}
		r.Subjects += len(before)
		at := make(map[string]int, len(after))
		for i, x := range after {
			at[x.ID] = i
		}
		for _, b := range before {
			if r.Base.Version == 0 {
				r.Base, r.Judged = b.Pack, b.Label()
			}
			i, ok := at[b.ID]
			if !ok {
				continue // gone between the two readings
			}
			if m := compare(b, after[i]); len(m.Lines) > 0 || m.Flips() || m.Delta() != 0 || b.Scored != after[i].Scored {
				r.Moved = append(r.Moved, m)
			}
		}
	}
	slices.SortStableFunc(r.Moved, func(a, b Moved) int {
		switch {
		case a.Flips() != b.Flips():
			if a.Flips() {
				return -1
			}
			return 1
		case a.Delta() != b.Delta():
			return int(a.Delta() - b.Delta())
		}
		return 0
	})
	for _, i := range r.Tried.Indicators {
		if o, ok := r.Base.Indicator(i.ID); ok && i.Kind == packs.Veto && i.Measure == "stale_days" && i.ID != silentID && i.Threshold.N < o.Threshold.N {
			r.Blind = append(r.Blind, i)
		}
	}
	return r, nil
}

func (s *Service) tried(ctx context.Context, scope authz.Scope, t Trial) (packs.Pack, error) {
	if t.Version == "" {
		return s.packOf(ctx, s.db, t.Pack, t.Number)
	}
	v, err := s.Version(ctx, s.db, scope, t.Version)
	if err != nil {
		return packs.Pack{}, err
	}
	return v.Pack, v.Pack.Check()
}

// compare tells which lines come out otherwise.
func compare(was, now Score) Moved {
	m := Moved{Was: was, Now: now}
	old := make(map[string]Line, len(was.Lines))
	for _, l := range was.Lines {
		old[l.ID] = l
	}
	for _, l := range now.Lines {
		o, ok := old[l.ID]
		delete(old, l.ID)
		before := "没有这项"
		if ok {
			before = cameTo(o)
		}
		after := cameTo(l)
		if before != after && (cost(o) != cost(l) || vetoed(o) != vetoed(l)) {
			m.Lines = append(m.Lines, MovedLine{l.ID, l.Name, before, after})
		}
	}
	for _, l := range was.Lines {
		if _, gone := old[l.ID]; gone && (cost(l) != 0 || vetoed(l)) {
			m.Lines = append(m.Lines, MovedLine{l.ID, l.Name, cameTo(l), "没有这项"})
		}
	}
	return m
}

func cost(l Line) packs.Hundredths { return l.Deducted }

func vetoed(l Line) bool {
	return l.Kind == packs.Veto && l.Outcome == packs.Violated && !l.NotUsed
}

// cameTo is a line's result in words.
func cameTo(l Line) string {
	switch {
	case l.NotUsed:
		return "未核实，未使用"
	case vetoed(l):
		return "否决"
	case l.Kind == packs.Bonus && l.Deducted > 0:
		return "加 " + l.Deducted.String() + " 分"
	case l.Deducted > 0:
		return "扣 " + l.Deducted.String() + " 分"
	case l.Outcome == packs.Untested:
		return "未检测"
	case l.Outcome == packs.Suspected:
		return "待人工确认"
	}
	return "未发现问题"
}

// Words says a score in a word or two: 92 分, 不合格.
func (s Score) Words() string {
	if s.Scored {
		return s.Points.String() + " 分"
	}
	return s.Verdict.Name()
}

// OfficePackID is the pack by which supervising offices are assessed:
// 监管工作年度考核指标.
const OfficePackID = "gwb-2019-19-office"
