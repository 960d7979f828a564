package obligation

import (
	"context"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/org"
)

// Fallen is an obligation that fell due within a span.
type Fallen struct {
	ID      string
	Kind    string
	Unit    org.UnitID
	Name    string // of the subject
	Link    string
	Due     calendar.Date
	EndedAt time.Time // zero: it still stands
}

// Late reports whether it was missed, as things stood at the end of a day: done
// after its last day, or that day gone by with nothing done.
func (f Fallen) Late(on calendar.Date) bool {
	done := calendar.DateOf(f.EndedAt)
	if f.EndedAt.IsZero() || done.After(on) {
		return f.Due.Before(on)
	}
	return done.After(f.Due)
}

// Fell are the obligations of some kinds, owed by units in scope, that fell due
// between two days. A due that is only provisional judges nobody late, and
// neither does one that stands still; both are left out.
func (s *Service) Fell(ctx context.Context, q db.Querier, scope authz.Scope, kinds []string, from, until calendar.Date) ([]Fallen, error) {
	var w db.Where
	scope.Where(&w, "u")
	cond, args := db.In("o.kind", kinds)
	w.And(cond, args...)
	w.And("o.state <> 'void' AND NOT o.provisional AND o.paused_on IS NULL AND o.due_on >= ? AND o.due_on <= ?", from, until)
	return db.All(ctx, q, func(r db.Scanner) (Fallen, error) {
		var f Fallen
		err := r.Scan(&f.ID, &f.Kind, &f.Unit, &f.Name, &f.Link, &f.Due, &f.EndedAt)
		return f, err
	}, `SELECT o.id, o.kind, o.unit_id, o.subject_name, o.link, o.due_on, o.ended_at FROM obligation o JOIN unit u ON u.id = o.unit_id WHERE `+w.SQL()+` ORDER BY o.unit_id, o.due_on, o.id`, w.Args()...)
}
