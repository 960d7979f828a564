package obligation

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/org"
)

// Cadence is how often something returns.
type Cadence string

// The cadences.
const (
	Monthly   Cadence = "month"
	Quarterly Cadence = "quarter"
	Yearly    Cadence = "year"
)

// Period is one calendar month, quarter or year.
type Period struct {
	Key   string // 2026-03, 2026-Q1, 2026
	Name  string // 2026年3月, 2026年第1季度, 2026年
	First calendar.Date
	Last  calendar.Date
}

// PeriodOf is the period of the cadence that a day lies in.
func PeriodOf(c Cadence, on calendar.Date) Period {
	switch c {
	case Monthly:
		first := calendar.Date{Year: on.Year, Month: on.Month, Day: 1}
		return Period{first.String()[:7], fmt.Sprintf("%d年%d月", on.Year, int(on.Month)), first, first.AddMonths(1).AddDays(-1)}
	case Quarterly:
		q := (int(on.Month) - 1) / 3
		first := calendar.Date{Year: on.Year, Month: calendar.Date{Year: on.Year, Month: 1, Day: 1}.AddMonths(3 * q).Month, Day: 1}
		return Period{fmt.Sprintf("%d-Q%d", on.Year, q+1), fmt.Sprintf("%d年第%d季度", on.Year, q+1), first, first.AddMonths(3).AddDays(-1)}
	default:
		return Period{fmt.Sprint(on.Year), fmt.Sprintf("%d年", on.Year), calendar.Date{Year: on.Year, Month: 1, Day: 1}, calendar.Date{Year: on.Year, Month: 12, Day: 31}}
	}
}

// Debtor is one who owes what returns; the subject is the unit itself when it
// is left empty.
type Debtor struct {
	Unit    org.UnitID
	Name    string // of the unit
	Subject Subject
	Link    string // instead of Recurring.Link
	Person  org.PersonID
	Deputy  org.PersonID
}

// Recurring is what every debtor owes once in every period. The sweep opens it
// on the first day of the period, once for each debtor, and again for those who
// come to owe it later in the period; after an outage also for the periods it
// missed since it last ran.
type Recurring struct {
	Kind  string
	Every Cadence
	// Owes selects the debtors, in full.
	Owes func(ctx context.Context, q db.Querier) ([]Debtor, error)
	// Due is the last day; the last day of the period when nil.
	Due func(p Period) calendar.Due
	// Link is where it is done; {period} becomes the period's key.
	Link string
	// About names what it is about where that is not the period it falls in: a
	// roster is owed in the month before its own. The period's name when nil.
	About func(p Period) string
}

// Recur registers what returns; at start only.
func (s *Service) Recur(list ...Recurring) { s.recurring = append(s.recurring, list...) }

// between is how long the debtors of a period are not looked for again.
const between = time.Hour

// openRecurring opens what has come round. It looks for new debtors each hour.
func (s *Service) openRecurring(ctx context.Context) error {
	now := s.db.Now()
	today := calendar.DateOf(now)
	for _, r := range s.recurring {
		if _, ok := s.KindOf(r.Kind); !ok {
			return fmt.Errorf("obligation: recurring kind %q is not declared", r.Kind)
		}
		last, err := db.One(ctx, s.db, db.Value[time.Time], `SELECT looked_at FROM recurring_period WHERE kind = $1 ORDER BY looked_at DESC LIMIT 1`, r.Kind)
		if err != nil && !db.None(err) {
			return err
		}
		if age := now.Sub(last); age >= 0 && age < between {
			continue
		}
		p := PeriodOf(r.Every, today)
		if !last.IsZero() && last.Before(now) { // else the clock was set back
			p = PeriodOf(r.Every, calendar.DateOf(last))
		}
		for ; !p.First.After(today); p = PeriodOf(r.Every, p.Last.AddDays(1)) {
			if err := s.openPeriod(ctx, r, p); err != nil {
				return fmt.Errorf("obligation: open %s for %s: %w", r.Kind, p.Key, err)
			}
		}
	}
	return nil
}

func (s *Service) openPeriod(ctx context.Context, r Recurring, p Period) error {
	k, _ := s.KindOf(r.Kind)
	due := calendar.Due{On: p.Last}
	if r.Due != nil {
		due = r.Due(p)
	}
	about := p.Name
	if r.About != nil {
		about = r.About(p)
	}
	debtors, err := r.Owes(ctx, s.db)
	if err != nil {
		return err
	}
	for from := 0; ; from += batch {
		some := debtors[min(from, len(debtors)):min(from+batch, len(debtors))]
		if len(some) == 0 {
			break
		}
		if err := s.db.Update(ctx, func(tx *db.Tx) error {
			var w db.Where
			kind, key := w.Arg(r.Kind), w.Arg(p.Key)
			var ids []string
			for i := range some {
				if some[i].Subject.Kind == "" {
					some[i].Subject = Subject{Kind: "unit", ID: string(some[i].Unit), Name: some[i].Name}
				}
				ids = append(ids, some[i].Subject.ID)
			}
			have, err := db.All(ctx, tx, db.Value[string], `SELECT subject_kind || ':' || subject_id FROM obligation WHERE kind = `+kind+` AND period_key = `+key+` AND subject_id IN `+db.Among(&w, ids), w.Args()...)
			if err != nil {
				return err
			}
			known := map[string]bool{}
			for _, h := range have {
				known[h] = true
			}
			var rows [][]any
			var entries []audit.Entry
			look := firstLook(k, due, tx.Now())
			for _, d := range some {
				id := d.Subject.Kind + ":" + d.Subject.ID
				if known[id] {
					continue
				}
				known[id] = true
				link := d.Link
				if link == "" {
					link = r.Link
				}
				name := d.Subject.Name
				if !strings.Contains(name, about) {
					name += " " + about
				}
				rows = append(rows, []any{ulid.Make().String(), r.Kind, d.Unit, d.Subject.Kind, d.Subject.ID, name, p.Key, strings.ReplaceAll(link, "{period}", p.Key), tx.Now(), due.On, due.Provisional, Open, look, p.First, d.Person, d.Deputy})
				entries = append(entries, audit.Entry{Act: "obligation.open", Basis: k.Citation,
					Target: audit.Target{Kind: d.Subject.Kind, ID: d.Subject.ID, Name: name, Unit: string(d.Unit)}, After: map[string]any{"kind": r.Kind, "period": p.Key, "due": due.On}})
			}
			if _, err := tx.InsertNew(ctx, "obligation", []string{"id", "kind", "unit_id", "subject_kind", "subject_id", "subject_name", "period_key", "link", "opened_at",
				"due_on", "provisional", "state", "look_at", "started_on", "person_id", "deputy_id"}, rows); err != nil {
				return err
			}
			return audit.RecordAll(ctx, tx, entries)
		}); err != nil {
			return err
		}
	}
	if len(debtors) == 0 {
		return nil // a house that is being filled is looked at again at once
	}
	// Last, so that a run cut off begins again.
	return s.db.Update(ctx, func(tx *db.Tx) error {
		// What was looked at by a clock that ran ahead is no guide any more.
		if _, err := tx.Exec(ctx, `UPDATE recurring_period SET looked_at = $2 WHERE kind = $1 AND looked_at > $2`, r.Kind, tx.Now()); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO recurring_period (kind, period_key, looked_at) VALUES ($1, $2, $3)
			ON CONFLICT (kind, period_key) DO UPDATE SET looked_at = excluded.looked_at`, r.Kind, p.Key, tx.Now()); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "obligation.recur", Basis: k.Citation, Target: audit.Target{Kind: "recurring", ID: r.Kind + ":" + p.Key, Name: k.Name + " " + p.Name}, After: map[string]int{"debtors": len(debtors)}})
	})
}
