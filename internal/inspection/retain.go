package inspection

import (
	"context"
	"fmt"
	"slices"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/db"
)

// The bytes of evidence may show personal data and are kept no longer than the
// province sets after a finding has closed. What was seen, when, from where and
// the hashes stay, in the row and in the trail. The bytes leave as those of the
// media library do: they are put away a day after the record let them go, and
// dropped another day later, unless a record holds the same content by then.

// rest is how long each step waits for the one before: longer than any look
// between the saving of bytes and of the record that names them.
const rest = 24 * time.Hour

// The portions of one sweep.
const (
	clearPortion = 20 // findings
	dropPortion  = 20 // contents
)

const (
	keepAct  = "inspection.evidence.keep"
	clearAct = "inspection.evidence.clear"
	// What a step did with bytes that were let go.
	awayAct = "inspection.evidence.put_away"
	dropAct = "inspection.evidence.drop"
	holdAct = "inspection.evidence.hold"
)

// retention is how long bytes of evidence are kept, and who else holds them.
type retention struct {
	days  func() int
	holds func(ctx context.Context, ref blob.Ref) (bool, error)
}

// KeepEvidence registers for how many days after a finding has closed the bytes of
// its evidence are kept, and who is asked whether any record holds content; at
// start. Without it they are kept for good.
func (s *Service) KeepEvidence(days func() int, holds func(ctx context.Context, ref blob.Ref) (bool, error)) {
	s.retention = &retention{days, holds}
}

// SweepEvidence lets go of the bytes of evidence whose time has passed; a duty of
// the house, idempotent.
func (s *Service) SweepEvidence(ctx context.Context) (int, error) {
	if s.retention == nil {
		return 0, nil
	}
	ctx = audit.System(ctx, "inspection.evidence")
	n, err := s.clearEvidence(ctx)
	if err != nil {
		return n, err
	}
	m, err := s.dropEvidence(ctx)
	return n + m, err
}

// clearEvidence is the first step: the records let go of the bytes.
func (s *Service) clearEvidence(ctx context.Context) (int, error) {
	before := s.db.Now().AddDate(0, 0, -s.retention.days())
	due, err := db.All(ctx, s.db, db.Value[FindingID], `SELECT id FROM finding WHERE evidence_cleared_at IS NULL AND closed_at <= $1 AND state = $2 ORDER BY closed_at, id LIMIT $3`, before, FindingClosed, clearPortion)
	if err != nil {
		return 0, err
	}
	for i, id := range due {
		if err := s.db.Update(ctx, func(tx *db.Tx) error { return s.clearFinding(ctx, tx, id, before) }); err != nil {
			return i, fmt.Errorf("inspection: clear evidence of %s: %w", id, err)
		}
	}
	return len(due), nil
}

func (s *Service) clearFinding(ctx context.Context, tx *db.Tx, id FindingID, before time.Time) error {
	// Reopened at the same moment: it keeps what it has.
	n, err := tx.Exec(ctx, `UPDATE finding SET evidence_cleared_at = $2, evidence_ref = '' WHERE id = $1 AND evidence_cleared_at IS NULL AND state = $3 AND closed_at <= $4`, id, tx.Now(), FindingClosed, before)
	if err != nil || n == 0 {
		return err
	}
	f, err := s.Finding(ctx, tx, authz.System("inspection.evidence"), id)
	if err != nil {
		return err
	}
	proofs, err := db.All(ctx, tx, scanProof, proofSelect+` WHERE finding_id = $1 AND cleared_at IS NULL ORDER BY id`, id)
	if err != nil {
		return err
	}
	files := 0
	for _, p := range proofs {
		refs := p.Refs()
		if len(refs) == 0 {
			continue
		}
		if _, err := tx.Exec(ctx, `UPDATE finding_evidence SET cleared_at = $2 WHERE id = $1`, p.ID, tx.Now()); err != nil {
			return err
		}
		for _, ref := range refs {
			if _, err := tx.Exec(ctx, `INSERT INTO evidence_discard (content, at) VALUES ($1, $2) ON CONFLICT (content) DO UPDATE SET at = excluded.at`, string(ref), tx.Now()); err != nil {
				return err
			}
		}
		files += len(refs)
		if err := audit.Record(ctx, tx, audit.Entry{Act: clearAct, Basis: "第十九条（四）、第二十九条", Target: audit.Target{Kind: evidenceKind, ID: p.ID, Name: string(id), Unit: string(f.Unit)},
			After: map[string]any{"hash": p.Hash, "files": len(refs), "closed": f.ClosedAt, "days": s.retention.days()}}); err != nil {
			return err
		}
	}
	return audit.Record(ctx, tx, audit.Entry{Act: clearAct, Basis: "第十九条（四）、第二十九条", Target: f.Target(), After: map[string]any{"files": files, "days": s.retention.days()}})
}

// dropEvidence takes the bytes that were let go a step further.
func (s *Service) dropEvidence(ctx context.Context) (int, error) {
	type content struct {
		ref  blob.Ref
		away time.Time
	}
	due := s.db.Now().Add(-rest)
	list, err := db.All(ctx, s.db, func(r db.Scanner) (content, error) {
		var c content
		return c, r.Scan(&c.ref, &c.away)
	}, `SELECT content, put_away_at FROM evidence_discard WHERE at <= $1 AND (put_away_at IS NULL OR put_away_at <= $1) ORDER BY at, content LIMIT $2`, due, dropPortion)
	if err != nil {
		return 0, err
	}
	for i, c := range list {
		held, gone, err := s.stepOut(ctx, c.ref, !c.away.IsZero())
		act := awayAct
		switch {
		case held:
			act = holdAct
		case gone:
			act = dropAct
		}
		if err == nil {
			err = s.db.Update(ctx, func(tx *db.Tx) error {
				next := `DELETE FROM evidence_discard WHERE content = $1`
				args := []any{string(c.ref)}
				if act == awayAct {
					next, args = `UPDATE evidence_discard SET put_away_at = $2 WHERE content = $1`, append(args, tx.Now())
				}
				if _, err := tx.Exec(ctx, next, args...); err != nil {
					return err
				}
				return audit.Record(ctx, tx, audit.Entry{Act: act, Target: audit.Target{Kind: "evidence_bytes", ID: c.ref.Hash()}, After: map[string]string{"sha256": c.ref.Hash()}})
			})
		}
		if err != nil {
			return i, fmt.Errorf("inspection: drop evidence %s: %w", c.ref, err)
		}
	}
	return len(list), nil
}

// stepOut takes one content a step further: it is held where a record names it still,
// else put away, and gone where it had been put away before.
func (s *Service) stepOut(ctx context.Context, ref blob.Ref, away bool) (held, gone bool, err error) {
	held, err = s.retention.holds(ctx, ref)
	switch {
	case err != nil:
		return false, false, err
	case held && away:
		return true, false, s.blobs.Recall(ctx, ref)
	case held:
		return true, false, nil
	}
	// Bytes that stand at their place again without a record begin anew.
	moved, err := s.blobs.Discard(ctx, ref)
	if err != nil || moved || !away {
		return false, false, err
	}
	return false, true, s.blobs.Drop(ctx, ref)
}

// clearedIn are those of the looks, in order, whose bytes the trail says were let go.
func (s *Service) clearedIn(ctx context.Context, ids []string) ([]string, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var w db.Where
	w.And("target_kind = ?", evidenceKind).And("act = ?", clearAct)
	cond, args := db.In("target_id", ids)
	w.And(cond, args...)
	list, err := db.All(ctx, s.db, db.Value[string], `SELECT DISTINCT target_id FROM audit_entry WHERE `+w.SQL(), w.Args()...)
	slices.Sort(list)
	return list, err
}
