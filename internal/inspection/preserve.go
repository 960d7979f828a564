package inspection

import (
	"context"
	"strings"
	"time"
	"unicode"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
)

// Preservation is the word of a person that the evidence of a finding is kept beyond its
// days: for a case of a court, of discipline or of the police (证据保全). It stands until
// a person ends it.
type Preservation struct {
	ID       string
	Finding  FindingID
	Basis    string // the document that asks for it, with its number; empty of old ones
	Reason   string
	By       string
	At       time.Time
	Ended    time.Time
	EndedBy  string
	EndedWhy string
}

// Stands reports whether it keeps the evidence now.
func (p Preservation) Stands() bool { return p.Ended.IsZero() }

// Preservations of a finding in scope, the latest first.
func (s *Service) Preservations(ctx context.Context, q db.Querier, scope authz.Scope, id FindingID) ([]Preservation, error) {
	if _, err := s.Finding(ctx, q, scope, id); err != nil {
		return nil, err
	}
	return db.All(ctx, q, func(r db.Scanner) (Preservation, error) {
		var p Preservation
		return p, r.Scan(&p.ID, &p.Finding, &p.Basis, &p.Reason, &p.By, &p.At, &p.Ended, &p.EndedBy, &p.EndedWhy)
	}, `SELECT id, finding_id, basis, reason, by_name, at, ended_at, ended_by, ended_why FROM evidence_preserve WHERE finding_id = $1 ORDER BY at DESC, id DESC`, id)
}

// mostBasis is the longest basis, in characters.
const mostBasis = 200

// Preserve keeps the evidence of a finding in scope on a basis, the document that asks
// for it, until somebody ends it; what was let go already cannot be kept.
func (s *Service) Preserve(ctx context.Context, scope authz.Scope, id FindingID, basis, reason string) error {
	basis = strings.Join(strings.Fields(basis), " ")
	var wrong fault.Fields
	wrong.Text("basis", "依据", basis, true, mostBasis)
	wrong.Check(basis == "" || strings.ContainsFunc(basis, unicode.IsDigit), "basis", "依据须写明文号或案号，例如“西安市中级人民法院调取证据通知书（2026）陕01行初1号”")
	wrong.Text("why", "理由", strings.TrimSpace(reason), true, mostReason)
	if err := wrong.Err(); err != nil {
		return err
	}
	return s.preserving(ctx, scope, id, reason, func(tx *db.Tx, f Finding, by audit.Actor, reason string) (audit.Entry, error) {
		cleared, err := db.One(ctx, tx, db.Value[bool], `SELECT evidence_cleared_at IS NOT NULL FROM finding WHERE id = $1`, id)
		if err != nil {
			return audit.Entry{}, err
		}
		if cleared {
			return audit.Entry{}, fault.New(fault.Refused, "证据文件已按保存期限清除，不能再保全；时间、网址、散列等记录照常保留。")
		}
		n, err := tx.Exec(ctx, `INSERT INTO evidence_preserve (id, finding_id, basis, reason, by_id, by_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`, ulid.Make().String(), id, basis, reason, by.ID, by.Name, tx.Now())
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "这个问题的证据已在保全，请刷新后再看。")
		}
		return audit.Entry{Act: "inspection.evidence.preserve", Basis: basis, After: map[string]string{"basis": basis, "reason": reason}}, err
	})
}

// EndPreservation lets the days of a finding's evidence decide again.
func (s *Service) EndPreservation(ctx context.Context, scope authz.Scope, id FindingID, reason string) error {
	return s.preserving(ctx, scope, id, reason, func(tx *db.Tx, f Finding, by audit.Actor, reason string) (audit.Entry, error) {
		list, err := s.Preservations(ctx, tx, scope, id)
		if err != nil {
			return audit.Entry{}, err
		}
		var kept Preservation
		for _, p := range list {
			if p.Stands() {
				kept = p
			}
		}
		n, err := tx.Exec(ctx, `UPDATE evidence_preserve SET ended_at = $2, ended_by = $3, ended_why = $4 WHERE finding_id = $1 AND ended_at IS NULL`, id, tx.Now(), by.Name, reason)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "这个问题的证据没有在保全，请刷新后再看。")
		}
		return audit.Entry{Act: "inspection.evidence.unpreserve", Basis: kept.Basis, Before: map[string]string{"basis": kept.Basis, "reason": kept.Reason, "person": kept.By}, After: map[string]string{"reason": reason}}, err
	})
}

func (s *Service) preserving(ctx context.Context, scope authz.Scope, id FindingID, reason string, do func(tx *db.Tx, f Finding, by audit.Actor, reason string) (audit.Entry, error)) error {
	reason = strings.TrimSpace(reason)
	var wrong fault.Fields
	wrong.Text("why", "理由", reason, true, mostReason)
	if err := wrong.Err(); err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		f, err := s.Finding(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		by, ok := audit.ActorFrom(ctx)
		if !ok {
			return audit.ErrNoActor
		}
		entry, err := do(tx, f, by, reason)
		if err != nil {
			return err
		}
		entry.Target = f.Target()
		return audit.Record(ctx, tx, entry)
	})
}
