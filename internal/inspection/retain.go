package inspection

import (
	"context"
	"errors"
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

// retention is how long bytes of evidence are kept, who else holds them, and what
// keeps a finding's evidence whatever its age.
type retention struct {
	days  func() int
	holds func(ctx context.Context, ref blob.Ref) (bool, error)
	under string // condition on f, the finding: nothing is under way that needs it
}

// Under is something under way that needs the evidence of a finding: a table with its
// condition on f, the finding.
type Under string

// ownUnder is what this module has under way.
var ownUnder = []Under{
	`finding_dispute d WHERE d.finding_id = f.id AND d.verdict = ''`,
	`finding_errand e WHERE e.finding_id = f.id AND e.state = 'waiting'`,
	`evidence_preserve p WHERE p.finding_id = f.id AND p.ended_at IS NULL`,
}

// KeepEvidence registers for how many days after a finding has closed the bytes of
// its evidence are kept, who is asked whether any record holds content, and what of
// other modules keeps them while it is under way; at start. Without it they are kept
// for good.
func (s *Service) KeepEvidence(days func() int, holds func(ctx context.Context, ref blob.Ref) (bool, error), under ...Under) {
	r := &retention{days: days, holds: holds}
	for _, u := range slices.Concat(ownUnder, under) {
		r.under += ` AND NOT EXISTS (SELECT 1 FROM ` + string(u) + `)`
	}
	s.retention = r
}

// nameBlobs writes down which bytes a look holds.
func nameBlobs(ctx context.Context, tx *db.Tx, look string, refs []blob.Ref) error {
	for _, ref := range refs {
		if _, err := tx.Exec(ctx, `INSERT INTO evidence_blob (evidence_id, blob) VALUES ($1, $2) ON CONFLICT DO NOTHING`, look, string(ref)); err != nil {
			return fmt.Errorf("inspection: name evidence: %w", err)
		}
	}
	return nil
}

// SweepEvidence lets go of the bytes of evidence whose time has passed; a duty of
// the house, idempotent.
func (s *Service) SweepEvidence(ctx context.Context) (int, error) {
	if s.retention == nil {
		return 0, nil
	}
	ctx = audit.System(ctx, "inspection.evidence")
	n, err := s.clearEvidence(ctx)
	m, also := s.dropEvidence(ctx)
	return n + m, errors.Join(err, also)
}

// mostFailed is after how many failures one sweep gives up.
const mostFailed = 100

// portion does the work due until so many of it are done. What fails is named and
// passed over, so that it holds up nothing behind it: the next sweep tries it again.
func portion[T any](ctx context.Context, most int, next func(after *T) ([]T, error), do func(T) error) (int, error) {
	var errs []error
	var last *T
	done := 0
	for done < most && len(errs) < mostFailed {
		list, err := next(last)
		if err != nil {
			return done, errors.Join(append(errs, err)...)
		}
		for _, x := range list {
			if ctx.Err() != nil {
				return done, errors.Join(append(errs, ctx.Err())...)
			}
			if done == most || len(errs) == mostFailed {
				break
			}
			last = &x
			if err := do(x); err != nil {
				errs = append(errs, err)
				continue
			}
			done++
		}
		if len(list) < most {
			break
		}
	}
	return done, errors.Join(errs...)
}

// clearEvidence is the first step: the records let go of the bytes.
func (s *Service) clearEvidence(ctx context.Context) (int, error) {
	before := s.db.Now().AddDate(0, 0, -s.retention.days())
	type due struct {
		id     FindingID
		closed time.Time
	}
	return portion(ctx, clearPortion, func(after *due) ([]due, error) {
		var w db.Where
		w.And("f.evidence_cleared_at IS NULL AND f.closed_at <= ? AND f.state = ?", before, FindingClosed)
		if after != nil {
			w.And("(f.closed_at > ? OR f.closed_at = ? AND f.id > ?)", after.closed, after.closed, after.id)
		}
		return db.All(ctx, s.db, func(r db.Scanner) (due, error) {
			var d due
			return d, r.Scan(&d.id, &d.closed)
		}, `SELECT f.id, f.closed_at FROM finding f WHERE `+w.SQL()+s.retention.under+` ORDER BY f.closed_at, f.id LIMIT `+w.Arg(clearPortion), w.Args()...)
	}, func(d due) error {
		if err := s.db.Update(ctx, func(tx *db.Tx) error { return s.clearFinding(ctx, tx, d.id, before) }); err != nil {
			return fmt.Errorf("inspection: clear evidence of %s: %w", d.id, err)
		}
		return nil
	})
}

func (s *Service) clearFinding(ctx context.Context, tx *db.Tx, id FindingID, before time.Time) error {
	// Reopened or needed since: it keeps what it has.
	n, err := tx.Exec(ctx, `UPDATE finding AS f SET evidence_cleared_at = $2, evidence_ref = '' WHERE f.id = $1 AND f.evidence_cleared_at IS NULL AND f.state = $3 AND f.closed_at <= $4`+s.retention.under, id, tx.Now(), FindingClosed, before)
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
		if _, err := tx.Exec(ctx, `DELETE FROM evidence_blob WHERE evidence_id = $1`, p.ID); err != nil {
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
		ref      blob.Ref
		at, away time.Time
	}
	due := s.db.Now().Add(-rest)
	return portion(ctx, dropPortion, func(after *content) ([]content, error) {
		var w db.Where
		w.And("at <= ? AND (put_away_at IS NULL OR put_away_at <= ?)", due, due)
		if after != nil {
			w.And("(at > ? OR at = ? AND content > ?)", after.at, after.at, string(after.ref))
		}
		return db.All(ctx, s.db, func(r db.Scanner) (content, error) {
			var c content
			return c, r.Scan(&c.ref, &c.at, &c.away)
		}, `SELECT content, at, put_away_at FROM evidence_discard WHERE `+w.SQL()+` ORDER BY at, content LIMIT `+w.Arg(dropPortion), w.Args()...)
	}, func(c content) error {
		if err := s.dropContent(ctx, c.ref, !c.away.IsZero()); err != nil {
			return fmt.Errorf("inspection: drop evidence %s: %w", c.ref, err)
		}
		return nil
	})
}

func (s *Service) dropContent(ctx context.Context, ref blob.Ref, away bool) error {
	held, gone, err := s.stepOut(ctx, ref, away)
	if err != nil {
		return err
	}
	act := awayAct
	switch {
	case held:
		act = holdAct
	case gone:
		act = dropAct
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		next, args := `DELETE FROM evidence_discard WHERE content = $1`, []any{string(ref)}
		if act == awayAct {
			next, args = `UPDATE evidence_discard SET put_away_at = $2 WHERE content = $1`, append(args, tx.Now())
		}
		if _, err := tx.Exec(ctx, next, args...); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: act, Target: audit.Target{Kind: "evidence_bytes", ID: ref.Hash()}, After: map[string]string{"sha256": ref.Hash()}})
	})
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
