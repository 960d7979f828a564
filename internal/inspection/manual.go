package inspection

import (
	"context"
	"strings"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
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
	proof := Proof{Finding: f.ID, Look: "retest", Outcome: Gone, Says: clipRunes(strings.TrimSpace(says), 500), Evidence: Evidence{URL: f.URL, At: tx.Now()}}
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
