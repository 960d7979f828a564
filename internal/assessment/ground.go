package assessment

import (
	"context"

	"zhengshu/internal/abridge"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/merit"
)

// Grounds are what commendations and accountability may rest on of this module:
// an order by its id or number, a finding by its id (merit.GroundsFrom).
func (s *Service) Grounds() []merit.Grounder {
	return []merit.Grounder{
		{Kind: "order", Name: "整改通知", Find: func(ctx context.Context, q db.Querier, scope authz.Scope, ref string) (merit.Ground, error) {
			id, err := db.One(ctx, q, db.Value[OrderID], `SELECT id FROM rectify_order WHERE id = $1 OR number = $1`, ref)
			if db.None(err) {
				return merit.Ground{}, fault.Missing("整改通知")
			}
			if err != nil {
				return merit.Ground{}, err
			}
			o, err := s.OrderTx(ctx, q, scope, id)
			return merit.Ground{Ref: merit.Ref{Kind: "order", ID: string(o.ID)}, Name: "整改通知 " + o.Number + " " + o.SiteName, Link: o.Link(), Unit: o.Unit}, err
		}},
		{Kind: "finding", Name: "发现的问题", Find: func(ctx context.Context, q db.Querier, scope authz.Scope, ref string) (merit.Ground, error) {
			f, err := s.inspection.Finding(ctx, q, scope, inspection.FindingID(ref))
			return merit.Ground{Ref: merit.Ref{Kind: "finding", ID: string(f.ID)}, Name: f.SiteName + "：" + abridge.Text(f.Says, 40), Link: f.Link(), Unit: f.Unit}, err
		}},
	}
}
