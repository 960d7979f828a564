package assessment

import (
	"context"

	"zhengshu/internal/audit"
	"zhengshu/internal/db"
	"zhengshu/internal/inspection"
)

// ownMoved keeps who found a finding and whether it was mended before anybody
// ordered it.
func (s *Service) ownMoved(ctx context.Context, tx *db.Tx, f inspection.Finding, act string) error {
	switch act {
	case "find":
		// What others had found before is not the unit's own find when it comes back.
		others, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM finding x WHERE x.id <> $1 AND x.fingerprint = $2 AND COALESCE(x.site_id, '') = $3 AND COALESCE(x.account_id, '') = $4
			AND x.state = 'closed' AND x.closed_at >= $5 AND x.closed_by NOT IN ($6, $7) AND (EXISTS (SELECT 1 FROM order_finding o WHERE o.finding_id = x.id) OR NOT EXISTS (SELECT 1 FROM finding_own w WHERE w.finding_id = x.id))`,
			f.ID, f.Fingerprint, f.Site, f.Account, s.inspection.RelapseSince(), inspection.ClosedByDispute, inspection.ClosedByEnd)
		if err != nil || others > 0 {
			return err
		}
		how, by, err := s.finder(ctx, tx, f)
		if err != nil || how == "" {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO finding_own (finding_id, how, found_by, found_at) VALUES ($1, $2, $3, $4) ON CONFLICT (finding_id) DO NOTHING`, f.ID, how, by, tx.Now()); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "assessment.own.found", Target: f.Target(), After: map[string]string{"how": how, "by": by}})
	case "close":
		if f.False() {
			return nil
		}
		n, err := tx.Exec(ctx, `UPDATE finding_own SET mended_at = $2 WHERE finding_id = $1 AND NOT EXISTS (SELECT 1 FROM order_finding x WHERE x.finding_id = $1)`, f.ID, tx.Now())
		if err != nil || n == 0 {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "assessment.own.mended", Target: f.Target()})
	case "reopen":
		_, err := tx.Exec(ctx, `UPDATE finding_own SET mended_at = NULL WHERE finding_id = $1`, f.ID)
		return err
	}
	return nil
}

// finder tells how the unit itself found it; how is empty when somebody else
// did: a patrol, a plan or a person of another unit.
func (s *Service) finder(ctx context.Context, tx *db.Tx, f inspection.Finding) (how, by string, err error) {
	if f.Run != "" {
		type asked struct{ unit, by string }
		a, err := db.One(ctx, tx, func(r db.Scanner) (asked, error) {
			var a asked
			return a, r.Scan(&a.unit, &a.by)
		}, `SELECT asked_unit, asked_by FROM inspection_run WHERE id = $1`, f.Run)
		if db.None(err) || err == nil && a.unit != string(f.Unit) {
			return "", "", nil
		}
		return "run", a.by, err
	}
	a, ok := audit.ActorFrom(ctx)
	if !ok || a.Kind != "person" || a.Unit != string(f.Unit) {
		return "", "", nil
	}
	if CauseOf(f.Check).ID == "duty" && f.Check == "duty.seen" {
		return "duty", a.Name, nil
	}
	return "typed", a.Name, nil
}
