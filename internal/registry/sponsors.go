package registry

import (
	"context"

	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/org"
)

// Sponsor is a unit that keeps something in the ledger (Article 6).
type Sponsor struct {
	Unit org.UnitID
	Name string
}

// Sponsors in scope are the units with a site that has not ended and, when
// asked, those with an account or app: who owes what a sponsor owes.
func (s *Service) Sponsors(ctx context.Context, q db.Querier, scope authz.Scope, accounts bool) ([]Sponsor, error) {
	var w db.Where
	scope.Where(&w, "u")
	kept := `SELECT unit_id FROM site WHERE state IN ('running', 'temporarily_offline')`
	if accounts {
		kept += ` UNION SELECT unit_id FROM account WHERE state NOT IN ('planned', 'exited', 'closed')`
	}
	w.And("u.abolished_on IS NULL AND u.id IN (" + kept + ")")
	return db.All(ctx, q, func(r db.Scanner) (Sponsor, error) {
		var x Sponsor
		err := r.Scan(&x.Unit, &x.Name)
		return x, err
	}, `SELECT u.id, u.name FROM unit u WHERE `+w.SQL()+` ORDER BY u.id`, w.Args()...)
}
