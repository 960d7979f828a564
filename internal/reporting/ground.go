package reporting

import (
	"context"

	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/merit"
)

// Grounds are what commendations and accountability may rest on of this module:
// an issued bulletin or report, by its id or number (merit.GroundsFrom).
func (s *Service) Grounds() []merit.Grounder {
	return []merit.Grounder{{Kind: "bulletin", Name: "通报或报告", Find: func(ctx context.Context, q db.Querier, scope authz.Scope, ref string) (merit.Ground, error) {
		id, err := db.One(ctx, q, db.Value[BulletinID], `SELECT id FROM bulletin WHERE id = $1 OR number <> '' AND number = $1 ORDER BY id LIMIT 1`, ref)
		if err != nil && !db.None(err) {
			return merit.Ground{}, err
		}
		b, err := s.bulletin(ctx, q, scope, id)
		if err != nil {
			return merit.Ground{}, err
		}
		if !b.Out() {
			return merit.Ground{}, fault.Newf(fault.Conflict, "“%s”现在是“%s”，印发以后才能作为依据。", b.Title(), b.StateName()).On("ground", "请在印发以后登记")
		}
		return merit.Ground{Ref: merit.Ref{Kind: "bulletin", ID: string(b.ID)}, Name: b.Title() + " " + b.Number, Link: b.Link()}, nil
	}}}
}
