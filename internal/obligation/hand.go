package obligation

import (
	"context"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/org"
)

// Holding is what a person holds by name as A 岗, for a hand-over.
func (s *Service) Holding(ctx context.Context, q db.Querier, person org.PersonID) (org.Holding, error) {
	h := org.Holding{Kind: "obligation", Name: "本人承担的时限"}
	list, err := s.Held(ctx, q, authz.System("obligation.holding"), person)
	for _, o := range list {
		k, _ := s.KindOf(o.Kind)
		h.Rows = append(h.Rows, org.HeldRow{Key: "obligation:" + o.ID, Name: k.Name + "：" + o.Subject.Name, Note: o.Due.On.Chinese() + "前", Link: o.Link})
	}
	return h, err
}

// Pass gives them to another, in the hand-over's transaction.
func (s *Service) Pass(ctx context.Context, tx *db.Tx, from, to org.PersonID, why string) (int, error) {
	name, err := db.One(ctx, tx, db.Value[string], `SELECT name FROM person WHERE id = $1`, to)
	if err != nil {
		return 0, err
	}
	list, err := s.HandOver(ctx, tx, authz.System("obligation.pass"), from, to, name)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	return len(list), audit.Record(ctx, tx, audit.Entry{Act: "obligation.handover", Target: audit.Target{Kind: "person", ID: string(from)}, After: map[string]any{"to": to, "obligations": len(list), "why": why}})
}
