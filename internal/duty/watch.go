package duty

import (
	"context"
	"slices"
	"time"

	"zhengshu/internal/abridge"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/notify"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/vigil"
)

// A roster is held to the law when it is published; here it is held to it
// afterwards: while it is open for changes, and when a protected period is
// declared over turns that stand already.

const (
	gapDays  = 7                // how far ahead published turns must be whole
	watching = 10 * time.Minute // how often that is looked at
)

// owed is what a unit owes on turns it has published.
type owed struct {
	point
	debts []obligation.Debt
	says  string                     // the first thing wrong
	spans map[string]sx2021.DutySpan // protected periods, by the subject of their debt
}

func gapSubject(p point) obligation.Subject {
	return obligation.Subject{Kind: "duty_gap", ID: string(p.ID), Name: p.Name + "值班表"}
}

func doubleSubject(p point, span sx2021.DutySpan) obligation.Subject {
	return obligation.Subject{Kind: "duty_double", ID: string(p.ID) + ":" + calendar.DateOf(span.From).String(), Name: p.Name + "重要保障期" + abridge.Quoted(span.Name) + "双人值班"}
}

// publishers are the units below a path whose roster of this month or a later
// one was published.
func (s *Service) publishers(ctx context.Context, q db.Querier, under string) ([]point, error) {
	var w db.Where
	authz.Area("duty.watch", under).Where(&w, "u")
	w.And("u.abolished_on IS NULL AND u.id IN (SELECT unit_id FROM duty_roster WHERE published_at IS NOT NULL AND month >= ?)", MonthOf(calendar.DateOf(s.DB.Now())))
	return db.All(ctx, q, scanPoint, `SELECT u.id, u.name, u.area_id, u.area_path, u.kind FROM unit u WHERE `+w.SQL()+` ORDER BY u.area_path, u.id`, w.Args()...)
}

// owing judges the published turns of a unit from now on.
func (s *Service) owing(ctx context.Context, q db.Querier, p point) (owed, error) {
	o := owed{point: p, spans: map[string]sx2021.DutySpan{}}
	now := s.DB.Now()
	today := calendar.DateOf(now)
	months, err := db.All(ctx, q, db.Value[string], `SELECT month FROM duty_roster WHERE unit_id = $1 AND published_at IS NOT NULL AND month >= $2 ORDER BY month`, p.ID, MonthOf(today))
	if err != nil || len(months) == 0 {
		return o, err
	}
	last, _ := monthFirst(months[len(months)-1])
	end := last.AddMonths(1).Start()
	turns, err := s.shifts(ctx, q, p.ID, now, end)
	if err != nil {
		return o, err
	}
	for _, m := range months {
		first, _ := monthFirst(m)
		from, until := first.Start(), first.AddMonths(1).Start()
		if now.After(from) {
			from = now
		}
		if ahead := now.AddDate(0, 0, gapDays); ahead.Before(until) {
			until = ahead
		}
		if !from.Before(until) {
			continue
		}
		if wrong := sx2021.CheckDutyRoster(lawful(turns), from, until, nil); len(wrong) > 0 {
			o.says = wrong[0].Detail
			o.debts = append(o.debts, obligation.Debt{Kind: GapKind.ID, Unit: p.ID, Subject: gapSubject(p), Link: RosterLink(p.ID, m), Due: calendar.Due{On: today}, From: today})
			break
		}
	}
	spans, err := s.Vigil.Spans(ctx, q, p.Path, now, end)
	if err != nil {
		return o, err
	}
	for _, span := range spans {
		subject := doubleSubject(p, span)
		o.spans[subject.ID] = span
		i := slices.IndexFunc(turns, func(x Shift) bool {
			return x.Second == "" && x.From.Before(span.Until) && span.From.Before(x.Until)
		})
		if i < 0 {
			continue
		}
		// The last day on which the first single turn can still be doubled in time.
		due := calendar.DateOf(turns[i].From)
		if due = due.AddDays(-1); due.Before(today) {
			due = today
		}
		o.debts = append(o.debts, obligation.Debt{Kind: DoubleKind.ID, Unit: p.ID, Subject: subject, Link: RosterLink(p.ID, MonthOf(calendar.DateOf(turns[i].From))), Due: calendar.Due{On: due}, From: today})
	}
	return o, nil
}

// standingDebts are the subjects of what is owed of this kind now, by unit.
func (s *Service) standingDebts(ctx context.Context, q db.Querier) (map[org.UnitID][]obligation.Debt, error) {
	list, err := db.All(ctx, q, func(r db.Scanner) (obligation.Debt, error) {
		var d obligation.Debt
		err := r.Scan(&d.Kind, &d.Unit, &d.Subject.Kind, &d.Subject.ID, &d.Subject.Name)
		return d, err
	}, `SELECT kind, unit_id, subject_kind, subject_id, subject_name FROM obligation WHERE kind IN ($1, $2) AND state = 'open'`, GapKind.ID, DoubleKind.ID)
	out := map[org.UnitID][]obligation.Debt{}
	for _, d := range list {
		out[d.Unit] = append(out[d.Unit], d)
	}
	return out, err
}

func without(list, known []obligation.Debt) []obligation.Debt {
	return slices.DeleteFunc(slices.Clone(list), func(d obligation.Debt) bool {
		return slices.ContainsFunc(known, func(k obligation.Debt) bool { return k.Kind == d.Kind && k.Subject.ID == d.Subject.ID })
	})
}

// settle opens what a unit owes anew and ends what it owes no more.
func (s *Service) settle(ctx context.Context, tx *db.Tx, o owed, standing []obligation.Debt) error {
	for _, d := range without(o.debts, standing) {
		if err := s.Obligations.Open(ctx, tx, d); err != nil {
			return err
		}
		if d.Kind == GapKind.ID {
			if _, err := notify.Send(ctx, tx, notify.Message{Key: "duty.gap:" + string(o.ID) + ":" + tx.Now().Format(time.RFC3339), Unit: string(o.ID), Title: o.Name + "值班表不完整", Body: o.says, Link: d.Link, Urgent: true}); err != nil {
				return err
			}
		}
	}
	for _, d := range without(standing, o.debts) {
		var err error
		_, runs := o.spans[d.Subject.ID]
		switch {
		case d.Kind == GapKind.ID:
			_, err = s.Obligations.Discharge(ctx, tx, d.Kind, d.Subject, "今后7天的值班表没有空档")
		case runs:
			_, err = s.Obligations.Discharge(ctx, tx, d.Kind, d.Subject, "各班次都已安排双人")
		default:
			_, err = s.Obligations.Annul(ctx, tx, d.Kind, d.Subject, "重要保障期已经结束")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// watch holds one unit's published turns to the law in an act's transaction.
func (s *Service) watch(ctx context.Context, tx *db.Tx, p point) error {
	o, err := s.owing(ctx, tx, p)
	if err != nil {
		return err
	}
	standing, err := s.standingDebts(ctx, tx)
	if err != nil {
		return err
	}
	return s.settle(ctx, tx, o, standing[p.ID])
}

// declared is told of a protected period: turns published before it may be of
// one person.
func (s *Service) declared(ctx context.Context, tx *db.Tx, p vigil.Period) error {
	units, err := s.publishers(ctx, tx, p.AreaPath)
	if err != nil {
		return err
	}
	for _, u := range units {
		if err := s.watch(ctx, tx, u); err != nil {
			return err
		}
	}
	return nil
}

// sweepRosters looks at all published turns of the next days.
func (s *Service) sweepRosters(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "duty.sweep")
	now := s.DB.Now()
	s.mu.Lock()
	due := s.watched.IsZero() || now.Before(s.watched) || now.Sub(s.watched) >= watching
	s.mu.Unlock()
	if !due {
		return 0, nil
	}
	units, err := s.publishers(ctx, s.DB, "/")
	if err != nil {
		return 0, err
	}
	standing, err := s.standingDebts(ctx, s.DB)
	if err != nil {
		return 0, err
	}
	// Who publishes no more owes nothing of the kind.
	for id := range standing {
		if !slices.ContainsFunc(units, func(p point) bool { return p.ID == id }) {
			units = append(units, point{ID: id})
		}
	}
	n := 0
	for _, p := range units {
		o, err := s.owing(ctx, s.DB, p)
		if err != nil {
			return n, err
		}
		if len(without(o.debts, standing[p.ID]))+len(without(standing[p.ID], o.debts)) == 0 {
			continue
		}
		n++
		if err := s.DB.Update(ctx, func(tx *db.Tx) error { return s.settle(ctx, tx, o, standing[p.ID]) }); err != nil {
			return n, err
		}
	}
	s.mu.Lock()
	s.watched = now
	s.mu.Unlock()
	return n, nil
}
