package letters

import (
	"context"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/percent"
	"zhengshu/internal/rules/sx2021"
)

// Measure is one figure of the statistics; its condition counts and lists.
type Measure string

// The measures of 「留言受理反馈情况统计数据」.
const (
	MeasureReceived   Measure = "received"
	MeasureAccepted   Measure = "accepted"
	MeasureAnswered   Measure = "answered"
	MeasureOnTime     Measure = "on_time"
	MeasureLate       Measure = "late"
	MeasureInvalid    Measure = "invalid"
	MeasureRedirected Measure = "redirected"
	MeasurePublished  Measure = "published"
)

// Measures in screen order.
var Measures = []Measure{MeasureReceived, MeasureAccepted, MeasureAnswered, MeasureOnTime, MeasureLate, MeasureInvalid, MeasureRedirected, MeasurePublished}

var measureNames = map[Measure]string{
	MeasureReceived: "收到", MeasureAccepted: "受理", MeasureAnswered: "答复", MeasureOnTime: "按时答复", MeasureLate: "超期",
	MeasureInvalid: "不予受理", MeasureRedirected: "告知其他渠道", MeasurePublished: "公开答复",
}

// Name is the measure in Chinese.
func (m Measure) Name() string { return measureNames[m] }

// What a letter l counts as, in SQL, for who counts letters beside other things.
const (
	// Counted leaves out what was withdrawn from the statistics: tests of the
	// answering.
	Counted = `l.withdrawn_on IS NULL`
	// StillOpen has no answer yet and wants one.
	StillOpen = `l.state IN ('submitted', 'invalid_proposed', 'accepted', 'assigned', 'drafted')`
	// OnTime and Late judge what can be judged: a provisional day judges nobody
	// late. The ? of Late is the day on which it is judged: today.
	OnTime = `l.answered_on IS NOT NULL AND (l.answered_on <= l.due_on OR l.provisional)`
	Late   = `NOT l.provisional AND l.due_on < ? AND (l.answered_on > l.due_on OR l.answered_on IS NULL AND ` + StillOpen + `)`
)

// measures say in SQL what sx2021.CheckLetterReply says of one letter. ? is today.
var measures = map[Measure]string{
	MeasureReceived:   `TRUE`,
	MeasureAccepted:   `l.accepted_at IS NOT NULL`,
	MeasureAnswered:   `l.answered_on IS NOT NULL`,
	MeasureOnTime:     OnTime,
	MeasureLate:       Late,
	MeasureInvalid:    `l.state = 'invalid'`,
	MeasureRedirected: `l.state = 'redirected'`,
	MeasurePublished:  `EXISTS (SELECT 1 FROM letter_reply y WHERE y.letter_id = l.id AND y.taken_down_at IS NULL)`,
}

// Counts is one line of the statistics.
type Counts struct {
	Key  string // type, month (2006-01) or unit id; "" for the whole
	Name string
	N    map[Measure]int
}

// OnTimePercent is the share of letters answered in time among those answered
// or overdue; -1 when there is none to judge.
func (c Counts) OnTimePercent() int {
	late := c.N[MeasureLate]
	all := c.N[MeasureOnTime] + late
	if all == 0 {
		return -1
	}
	return percent.Of(c.N[MeasureOnTime], all).PerCent()
}

// Figures are the statistics of letters, counted from the rows at At.
type Figures struct {
	At      time.Time
	From    calendar.Date // received from; zero for the beginning
	Until   calendar.Date
	Total   Counts
	ByType  []Counts
	ByMonth []Counts // newest first
	ByUnit  []Counts // for staff
}

// Figures counts the letters in scope that the filter finds; State, Measure
// and paging of it are left aside.
func (s *Service) Figures(ctx context.Context, scope authz.Scope, f Filter) (Figures, error) {
	var w db.Where
	within(&w, scope)
	return s.count(ctx, &w, f, true)
}

func (s *Service) count(ctx context.Context, w *db.Where, f Filter, units bool) (Figures, error) {
	f.State, f.Measure, f.Waiting = "", "", false
	now := s.db.Now()
	if err := f.where(w, calendar.DateOf(now)); err != nil {
		return Figures{}, err
	}
	w.And(Counted)
	today := w.Arg(calendar.DateOf(now))
	sums := ""
	for _, m := range Measures {
		cond := measures[m]
		if m == MeasureLate {
			cond = replaceOne(cond, today)
		}
		sums += `, COALESCE(sum(CASE WHEN ` + cond + ` THEN 1 ELSE 0 END), 0)`
	}
	out := Figures{At: now, From: f.From, Until: f.Until}
	err := s.db.View(ctx, func(tx *db.Tx) error { // one moment, so that the parts add up to the whole
		group := func(key, name, by, order string) ([]Counts, error) {
			return db.All(ctx, tx, func(r db.Scanner) (Counts, error) {
				c := Counts{N: map[Measure]int{}}
				n := make([]int, len(Measures))
				dest := []any{&c.Key, &c.Name}
				for i := range n {
					dest = append(dest, &n[i])
				}
				err := r.Scan(dest...)
				for i, m := range Measures {
					c.N[m] = n[i]
				}
				return c, err
			}, `SELECT `+key+`, `+name+sums+letterFrom+` WHERE `+w.SQL()+by+order, w.Args()...)
		}
		all, err := group(`''`, `''`, ``, ``)
		if err != nil {
			return err
		}
		out.Total = all[0]
		if out.ByType, err = group(`l.type`, `l.type`, ` GROUP BY l.type`, ``); err != nil {
			return err
		}
		const month = `substr(CAST(l.received_on AS TEXT), 1, 7)`
		if out.ByMonth, err = group(month, month, ` GROUP BY `+month, ` ORDER BY 1 DESC`); err != nil {
			return err
		}
		if units {
			out.ByUnit, err = group(`l.unit_id`, `u.name`, ` GROUP BY l.unit_id, u.name`, ` ORDER BY u.name`)
		}
		return err
	})
	if err != nil {
		return Figures{}, err
	}
	out.ByType = inOrder(out.ByType)
	return out, nil
}

func inOrder(byType []Counts) []Counts {
	var out []Counts
	for _, t := range Types {
		for _, c := range byType {
			if c.Key == string(t) {
				c.Name = t.Name()
				out = append(out, c)
			}
		}
	}
	return out
}

func replaceOne(cond, arg string) string {
	for i := range cond {
		if cond[i] == '?' {
			return cond[:i] + arg + cond[i+1:]
		}
	}
	return cond
}

// Opened notes that the queue was opened today by somebody who screens letters
// at a unit, the evidence of 「每日登录相关互动交流系统」 (readings 23): once a unit
// and day. It takes the session because it notes who is looking.
func (s *Service) Opened(ctx context.Context, session *authz.Session) error {
	if session == nil {
		return nil
	}
	today := calendar.DateOf(s.db.Now())
	var units []string
	for _, p := range session.Posts {
		at := authz.Session{Posts: []authz.Post{p}}
		if !at.May(authz.LetterScreen) {
			continue
		}
		n, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM letter_opening WHERE unit_id = $1 AND opened_on = $2`, p.UnitID, today)
		if err != nil {
			return err
		}
		if n == 0 {
			units = append(units, p.UnitID)
		}
	}
	if len(units) == 0 {
		return nil
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		for _, unit := range units {
			n, err := tx.Exec(ctx, `INSERT INTO letter_opening (unit_id, opened_on, person_id, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
				unit, today, session.PersonID, tx.Now())
			if err != nil {
				return err
			}
			// Somebody else may have opened it meanwhile; the entry is then a
			// second one of the day and does no harm.
			if err := audit.Record(ctx, tx, audit.Entry{
				Act: "letters.queue.open", Basis: sx2021.LettersDaily.Citation, Target: audit.Target{Kind: "unit", ID: unit, Name: "来信队列", Unit: unit},
				After: map[string]any{"on": today, "first": n > 0},
			}); err != nil {
				return err
			}
		}
		return nil
	})
}

// Openings are the days from first to last on which the unit's queue was
// opened, for sx2021.CheckLettersDaily.
func (s *Service) Openings(ctx context.Context, scope authz.Scope, unit org.UnitID, first, last calendar.Date) (map[calendar.Date]bool, error) {
	if _, err := s.org.UnitTx(ctx, s.db, scope, unit); err != nil {
		return nil, err
	}
	days, err := db.All(ctx, s.db, db.Value[calendar.Date], `SELECT opened_on FROM letter_opening WHERE unit_id = $1 AND opened_on >= $2 AND opened_on <= $3`, string(unit), first, last)
	if err != nil {
		return nil, err
	}
	out := map[calendar.Date]bool{}
	for _, d := range days {
		out[d] = true
	}
	return out, nil
}

// MonthFilter is the filter of one month written 2006-01.
func MonthFilter(month string) (Filter, error) {
	from, err := calendar.ParseDate(month + "-01")
	if err != nil {
		return Filter{}, fault.New(fault.Invalid, "月份写法不对，应像 2026-03。").On("month", "请按 2026-03 的样子填写")
	}
	return Filter{From: from, Until: from.AddMonths(1).AddDays(-1)}, nil
}
