package inspection

import (
	"context"
	"strings"

	"zhengshu/internal/abridge"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/passage"
)

// CloseSeen closes a finding that a person had found and a person has now seen
// mended; says names who, and what was seen. It runs in the transaction of
// whoever decides that this word is enough.
func (s *Service) CloseSeen(ctx context.Context, tx *db.Tx, scope authz.Scope, id FindingID, says string) error {
	f, err := s.Finding(ctx, tx, scope, id)
	if err != nil || f.State == FindingClosed {
		return err
	}
	proof := Proof{Finding: f.ID, Look: "retest", Outcome: engine.Gone, Says: abridge.Cut(strings.TrimSpace(says), 500), Evidence: engine.Evidence{URL: f.URL, At: tx.Now()}}
	if a, ok := audit.ActorFrom(ctx); ok {
		proof.Actor = a.Name
	}
	kept, err := insertProof(ctx, tx, proof)
	if err != nil {
		return err
	}
	_, err = s.move(ctx, tx, f, "close", passage.Note{Says: proof.Says}, kept)
	return err
}

// Untestable says why no retest can tell whether a finding still stands; empty
// where one can. A finding that a look has closed is looked at again like any
// other, and opened again where it stands.
func (f Finding) Untestable() string {
	family, _, _ := strings.Cut(f.Check, ".")
	switch {
	case f.False():
		return "已确认误报，不再复测。"
	case family == "duty":
		return "值班人员看到的问题不能自动复测，由值班人员在以后的巡检中看到改正后办结。"
	case family == "manual":
		return "人工检查登记的问题不能自动复测，由主管单位人员在整改答复后核实。"
	}
	return ""
}
