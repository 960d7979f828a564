package vigil

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
)

// Line is one unit's report of a day, with the sum of those below it.
type Line struct {
	Unit      org.UnitID
	UnitName  string
	Office    bool // it adds up the reports of its area
	Level     org.Level
	AreaPath  string // of the unit
	LinePath  string
	Above     org.UnitID // the office it reports to; empty at the top
	Reported  bool
	Zero      bool
	Says      string
	Person    string
	At        time.Time
	BelowDue  int // directly and further below
	BelowDone int
	Events    int // below, with something to report
	// Kept is what stood below when an office reported: due, done, events.
	Kept [3]int
}

// ReportLink is where a unit reports for a day.
func ReportLink(period string, unit org.UnitID, on calendar.Date) string {
	return "/console/protected-periods/" + period + "/report?" + url.Values{"unit": {string(unit)}, "on": {on.String()}}.Encode()
}

func zeroSubject(p Period, l Line, on calendar.Date) obligation.Subject {
	return obligation.Subject{Kind: "zero_report", ID: p.ID + ":" + string(l.Unit), Name: l.UnitName + " " + on.Chinese() + "零报告（" + p.Name + "）"}
}

// debtors are who reports in a period: the sponsors of a site or an account
// and the offices, by area path, so that who stands above comes first.
func (s *Service) debtors(ctx context.Context, q db.Querier, p Period) ([]Line, error) {
	var w db.Where
	authz.Area("vigil", p.AreaPath).Where(&w, "u")
	list, err := db.All(ctx, q, func(r db.Scanner) (Line, error) {
		var x Line
		var kind org.Kind
		err := r.Scan(&x.Unit, &x.UnitName, &kind, &x.Level, &x.AreaPath, &x.LinePath)
		x.Office = kind == org.Office
		return x, err
	}, `SELECT u.id, u.name, u.kind, u.level, u.area_path, u.line_path FROM unit u
	     WHERE u.abolished_on IS NULL AND (u.kind = 'office' AND u.level IN ('province', 'city', 'county')
	           OR u.id IN (SELECT unit_id FROM site WHERE state IN ('running', 'temporarily_offline') UNION SELECT unit_id FROM account WHERE state NOT IN ('planned', 'exited', 'closed')))
	       AND `+w.SQL()+` ORDER BY u.area_path, u.id`, w.Args()...)
	if err != nil {
		return nil, err
	}
	// A unit reports to the office of its area, an office to the nearest above.
	offices := map[string]org.UnitID{}
	for _, l := range list {
		if l.Office {
			offices[placeOf(l.AreaPath)] = l.Unit
		}
	}
	for i := range list {
		at := placeOf(list[i].AreaPath)
		if list[i].Office && offices[at] == list[i].Unit {
			at = up(at)
		}
		for ; at != ""; at = up(at) {
			if o := offices[at]; o != "" {
				list[i].Above = o
				break
			}
		}
	}
	return list, nil
}

// placeOf cuts the unit's own segments off its path.
func placeOf(path string) string {
	if i := strings.Index(path, "@"); i >= 0 {
		return path[:i]
	}
	return path
}

// up is the place above: /610000/610100/ to /610000/; "" above the top.
func up(place string) string {
	i := strings.LastIndex(strings.TrimSuffix(place, "/"), "/")
	if i <= 0 {
		return ""
	}
	return place[:i+1]
}

// Sheet is the day of a period: every unit with its report and the sums level
// by level. It is whole, also beyond the reader's scope; Within keeps to it.
func (s *Service) sheet(ctx context.Context, q db.Querier, p Period, on calendar.Date) ([]Line, error) {
	list, err := s.debtors(ctx, q, p)
	if err != nil {
		return nil, err
	}
	at := map[org.UnitID]int{}
	for i, l := range list {
		at[l.Unit] = i
	}
	type row struct {
		unit org.UnitID
		Line
	}
	rows, err := db.All(ctx, q, func(r db.Scanner) (row, error) {
		var x row
		err := r.Scan(&x.unit, &x.Zero, &x.Says, &x.Person, &x.At, &x.Kept[0], &x.Kept[1], &x.Kept[2])
		return x, err
	}, `SELECT unit_id, zero, says, person_name, at, below_due, below_done, below_events FROM zero_report WHERE period_id = $1 AND on_day = $2`, p.ID, on)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		i, ok := at[r.unit]
		if !ok {
			continue // no longer in the period
		}
		l := &list[i]
		l.Reported, l.Zero, l.Says, l.Person, l.At, l.Kept = true, r.Zero, r.Says, r.Person, r.At, r.Kept
	}
	for _, l := range list {
		for o := l.Above; o != ""; o = list[at[o]].Above {
			sum := &list[at[o]]
			sum.BelowDue++
			if l.Reported {
				sum.BelowDone++
				if !l.Zero {
					sum.Events++
				}
			}
		}
	}
	return list, nil
}

// Sheet is the day of a period as far as the reader's scope reaches.
func (s *Service) Sheet(ctx context.Context, scope authz.Scope, id string, on calendar.Date) (Period, []Line, error) {
	p, err := s.PeriodOf(ctx, s.DB, scope, id)
	if err != nil {
		return p, nil, err
	}
	list, err := s.sheet(ctx, s.DB, p, on)
	return p, slices.DeleteFunc(list, func(l Line) bool { return !scope.Covers(l.AreaPath, l.LinePath) }), err
}

// LineOf is one unit's day, with the units that report to it.
func (s *Service) LineOf(ctx context.Context, scope authz.Scope, id string, unit org.UnitID, on calendar.Date) (Period, Line, []Line, error) {
	p, err := s.PeriodOf(ctx, s.DB, scope, id)
	if err != nil {
		return p, Line{}, nil, err
	}
	return s.lineOf(ctx, s.DB, scope, p, unit, on)
}

func (s *Service) lineOf(ctx context.Context, q db.Querier, scope authz.Scope, p Period, unit org.UnitID, on calendar.Date) (Period, Line, []Line, error) {
	list, err := s.sheet(ctx, q, p, on)
	if err != nil {
		return p, Line{}, nil, err
	}
	i := slices.IndexFunc(list, func(l Line) bool { return l.Unit == unit && scope.Covers(l.AreaPath, l.LinePath) })
	if i < 0 {
		return p, Line{}, nil, fault.Missing("须零报告的单位")
	}
	me := list[i]
	return p, me, slices.DeleteFunc(list, func(l Line) bool { return l.Above != unit }), nil
}

// Report is a unit's word for a day: nothing happened, or what did. An office
// reports what stands below it too; who is missing there is named and kept. A
// second report of the day replaces the first and stays in the trail.
func (s *Service) Report(ctx context.Context, session *authz.Session, scope authz.Scope, id string, unit org.UnitID, on calendar.Date, zero bool, says string) (Line, error) {
	says = strings.TrimSpace(says)
	var f fault.Fields
	f.Check(zero || says != "", "says", "有异常的，请写明发生了什么、如何处置")
	f.Check(len([]rune(says)) <= 1000, "says", "情况最多 1000 个字")
	var out Line
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		p, err := s.PeriodOf(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		_, l, below, err := s.lineOf(ctx, tx, scope, p, unit, on)
		if err != nil {
			return err
		}
		if err := f.Err(); err != nil {
			return err
		}
		if !session.MayAt(authz.VigilReport, string(unit)) {
			return fault.New(fault.Refused, "零报告由本单位的值班或经办人员报送，不能代报。")
		}
		today := calendar.DateOf(tx.Now())
		switch {
		case on.Before(p.From) || on.After(p.Until):
			return fault.New(fault.Refused, on.Chinese()+"不在重要保障期内，不用报告。")
		case on.After(today):
			return fault.New(fault.Refused, on.Chinese()+"还没有到，不能提前报告。")
		case on.After(p.Last(today)):
			return fault.New(fault.Refused, "重要保障期已提前结束，"+on.Chinese()+"不用报告。")
		case p.State == Summarised:
			return fault.New(fault.Conflict, "这个重要保障期已经总结，不能再报告。")
		}
		if zero && l.Events > 0 {
			return fault.Newf(fault.Refused, "下级有 %d 个单位报告了异常，不能作零报告；请写明情况后报送。", l.Events).On("says", "请写明下级报告的异常和处置情况")
		}
		var before any
		if l.Reported {
			before = map[string]any{"zero": l.Zero, "says": l.Says}
		}
		if _, err := tx.Exec(ctx, `
			INSERT INTO zero_report (id, period_id, unit_id, on_day, zero, says, below_due, below_done, below_events, person_id, person_name, at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
			ON CONFLICT (period_id, on_day, unit_id) DO UPDATE SET zero = excluded.zero, says = excluded.says, below_due = excluded.below_due, below_done = excluded.below_done,
			       below_events = excluded.below_events, person_id = excluded.person_id, person_name = excluded.person_name, at = excluded.at`,
			ulid.Make().String(), p.ID, unit, on, zero, says, l.BelowDue, l.BelowDone, l.Events, session.PersonID, session.Name, tx.Now()); err != nil {
			return fmt.Errorf("vigil: report: %w", err)
		}
		word := "零报告"
		if !zero {
			word = "报告异常：" + says
		}
		if _, err := s.Obligations.DischargePeriod(ctx, tx, ZeroKind.ID, zeroSubject(p, l, on), on.String(), word+"，"+session.Name); err != nil {
			return err
		}
		var missing []string
		for _, b := range below {
			if !b.Reported {
				missing = append(missing, b.UnitName)
			}
		}
		out = l
		out.Reported, out.Zero, out.Says, out.Person, out.At = true, zero, says, session.Name, tx.Now()
		return audit.Record(ctx, tx, audit.Entry{Act: "vigil.report", Basis: citation, Target: audit.Target{Kind: "zero_report", ID: p.ID + ":" + string(unit) + ":" + on.String(), Name: l.UnitName + " " + on.Chinese() + "零报告", Unit: string(unit)},
			Before: before, After: map[string]any{"zero": zero, "says": says, "due": l.BelowDue, "done": l.BelowDone, "missing": missing}})
	})
	return out, err
}

// OwnUnits are the units of the period for which the person reports, as they
// stand on the day.
func (s *Service) OwnUnits(ctx context.Context, session *authz.Session, scope authz.Scope, id string, on calendar.Date) ([]Line, error) {
	p, err := s.PeriodOf(ctx, s.DB, scope, id)
	if err != nil {
		return nil, err
	}
	list, err := s.sheet(ctx, s.DB, p, on)
	return slices.DeleteFunc(list, func(l Line) bool { return !session.MayAt(authz.VigilReport, string(l.Unit)) }), err
}

// Day is one day of a period in figures.
type Day struct {
	On                calendar.Date
	Due, Done, Events int
}

// Past are the days of a period that have begun, in figures of the scope.
func (s *Service) Past(ctx context.Context, scope authz.Scope, id string) ([]Day, error) {
	p, err := s.PeriodOf(ctx, s.DB, scope, id)
	if err != nil {
		return nil, err
	}
	units, err := s.debtors(ctx, s.DB, p)
	if err != nil {
		return nil, err
	}
	mine := map[org.UnitID]bool{}
	for _, u := range units {
		if scope.Covers(u.AreaPath, u.LinePath) {
			mine[u.Unit] = true
		}
	}
	type row struct {
		on   calendar.Date
		unit org.UnitID
		zero bool
	}
	rows, err := db.All(ctx, s.DB, func(r db.Scanner) (row, error) {
		var x row
		err := r.Scan(&x.on, &x.unit, &x.zero)
		return x, err
	}, `SELECT on_day, unit_id, zero FROM zero_report WHERE period_id = $1`, p.ID)
	if err != nil {
		return nil, err
	}
	last := p.Last(calendar.DateOf(s.DB.Now()))
	var out []Day
	for on := p.From; !on.After(last); on = on.AddDays(1) {
		d := Day{On: on, Due: len(mine)}
		for _, r := range rows {
			if r.on != on || !mine[r.unit] {
				continue
			}
			d.Done++
			if !r.zero {
				d.Events++
			}
		}
		out = append(out, d)
	}
	return out, nil
}
