package letters

import (
	"context"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/registry"
)

// Waiting is a letter without an answer.
type Waiting struct {
	ID         LetterID
	Number     string
	ReceivedOn calendar.Date
}

// Unanswered are, for every site hosted here within the scope, the valid
// letters received between two days that stood without an answer at the end of
// a third. Reports (举报) are not among them. A site without any has an empty
// list.
func (s *Service) Unanswered(ctx context.Context, q db.Querier, scope authz.Scope, on, from, until calendar.Date) (map[registry.SiteID][]Waiting, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.And("s.hosted")
	sites, err := db.All(ctx, q, db.Value[registry.SiteID], `SELECT s.id FROM site s JOIN unit u ON u.id = s.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, err
	}
	out := make(map[registry.SiteID][]Waiting, len(sites))
	for _, id := range sites {
		out[id] = []Waiting{}
	}
	type row struct {
		site registry.SiteID
		Waiting
	}
	w.And("l.received_on >= ? AND l.received_on <= ? AND l.type <> ? AND l.state NOT IN (?, ?)", from, until, Report, Invalid, Redirected).
		And(Counted).
		And("(l.answered_at IS NULL OR l.answered_at >= ?) AND (l.ended_at IS NULL OR l.ended_at >= ?)", on.End(), on.End())
	rows, err := db.All(ctx, q, func(r db.Scanner) (row, error) {
		var x row
		err := r.Scan(&x.site, &x.ID, &x.Number, &x.ReceivedOn)
		return x, err
	}, `SELECT l.site_id, l.id, l.number, l.received_on FROM letter l JOIN site s ON s.id = l.site_id JOIN unit u ON u.id = s.unit_id WHERE `+w.SQL()+` ORDER BY l.received_on, l.id`, w.Args()...)
	for _, x := range rows {
		out[x.site] = append(out[x.site], x.Waiting)
	}
	return out, err
}
