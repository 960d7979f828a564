package movein

import (
	"context"

	"zhengshu/internal/authz"
	"zhengshu/internal/db"
)

// Articles are the addresses of the articles that visits of an old host found,
// of batches in scope: what there was to bring.
func (s *Service) Articles(ctx context.Context, q db.Querier, scope authz.Scope, host string, limit int) ([]string, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.And("b.kind = ?", Site)
	w.And("p.kind = 'article' AND p.result <> 'passed'")
	w.And("b.state <> ?", Undone)
	w.And("(b.address LIKE ? OR b.address LIKE ? OR b.address LIKE ? OR b.address LIKE ?)", "http://"+host+"/%", "https://"+host+"/%", "http://www."+host+"/%", "https://www."+host+"/%")
	return db.All(ctx, q, db.Value[string], `SELECT DISTINCT p.name FROM move_in_batch b JOIN unit u ON u.id = b.unit_id JOIN move_in_piece p ON p.batch_id = b.id WHERE `+w.SQL()+` ORDER BY p.name LIMIT `+w.Arg(limit), w.Args()...)
}
