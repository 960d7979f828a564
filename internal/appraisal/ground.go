package appraisal

import (
	"context"

	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/merit"
)

// Grounds are what commendations and accountability may rest on of this module:
// a published result, by its id (merit.GroundsFrom). Before it is published it
// may still change.
func (s *Service) Grounds() []merit.Grounder {
	return []merit.Grounder{{Kind: "result", Name: "考核结果", Find: func(ctx context.Context, q db.Querier, scope authz.Scope, ref string) (merit.Ground, error) {
		o, err := object(ctx, q, ref)
		if err == nil && !o.In(scope) {
			err = fault.Missing("考核结果")
		}
		if err != nil {
			return merit.Ground{}, err
		}
		r, err := s.round(ctx, q, authz.System("appraisal.ground"), o.Round)
		if err != nil {
			return merit.Ground{}, err
		}
		if r.State != Published {
			return merit.Ground{}, fault.Newf(fault.Conflict, "“%s”现在是“%s”，结果公布以后才能作为依据。", r.Name, r.StateName()).On("ground", "请在结果公布以后登记")
		}
		return merit.Ground{Ref: merit.Ref{Kind: "result", ID: o.ID}, Name: r.Name + " " + o.Name + " 考核结果", Link: o.Link(), Unit: o.Unit}, nil
	}}}
}
