package impostor

import (
	"context"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/coordination"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
)

// referralKind is what a case is called among what is handed over.
const referralKind = "impostor"

// Referable lets verified cases go to 网信 in a batch with what else belongs
// there: the case is referred by the same act, its letter and clocks are its own,
// and its result is recorded on its page.
func (s *Service) Referable() coordination.ReferralSource {
	candidate := func(c Case) coordination.Candidate {
		name := c.OfName
		if name == "" {
			name = c.Shown
		}
		return coordination.Candidate{Kind: referralKind, ID: c.ID, Matter: "fake", Name: name, Says: KindName(c.Kind) + " " + c.Shown + " 冒用名义，" + c.Number, Place: c.Shown, Link: c.Link(), Unit: c.Unit, UnitName: c.UnitName, At: c.FoundAt}
	}
	return coordination.ReferralSource{Kind: referralKind, Name: "假冒处置", Own: true,
		List: func(ctx context.Context, q db.Querier, scope authz.Scope, limit int) ([]coordination.Candidate, int, error) {
			var w db.Where
			scope.Where(&w, "u")
			w.And("i.state = 'verified'").And(coordination.NotUnderWay(referralKind, "i.id"))
			list, err := db.All(ctx, q, scanCase, caseSelect+` WHERE `+w.SQL()+` ORDER BY i.found_at, i.id LIMIT `+w.Arg(limit+1), w.Args()...)
			out := make([]coordination.Candidate, 0, len(list))
			for _, c := range list[:min(len(list), limit)] {
				out = append(out, candidate(c))
			}
			return out, len(list), err
		},
		One: func(ctx context.Context, q db.Querier, scope authz.Scope, id string) (coordination.Candidate, error) {
			c, err := s.caseTx(ctx, q, scope, id)
			if err != nil {
				return coordination.Candidate{}, err
			}
			if c.State != Verified {
				return coordination.Candidate{}, fault.Newf(fault.Conflict, "假冒 %s 现在的状态是“%s”，只有已核实、还没有商请网信部门的才移送。", c.Shown, Machine.Name(c.State))
			}
			return candidate(c), nil
		},
		Sent: func(ctx context.Context, tx *db.Tx, scope authz.Scope, session *authz.Session, id, number string) error {
			if !session.May(authz.ImpostorVerify) {
				return fault.New(fault.Forbidden, "假冒由主管单位商请网信部门处理，您没有这项权限。")
			}
			return s.refer(ctx, tx, scope, session, id, "本件列入移送事项 "+number)
		}}
}

// OnResult registers what follows, in the same transaction, when 网信 has answered
// on a case.
func (s *Service) OnResult(f func(ctx context.Context, tx *db.Tx, caseID, result string, on calendar.Date, document, by string) error) {
	s.results = append(s.results, f)
}
