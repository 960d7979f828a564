package obligation

import (
	"context"

	"zhengshu/internal/audit"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
)

// Postpone moves the due date of the open obligation of the kind on the subject,
// because the law itself moves it (a day a notice was missing is added), and
// reports whether one moved. What was overdue under the old date is not any
// more.
func (s *Service) Postpone(ctx context.Context, tx *db.Tx, kind string, subject Subject, due calendar.Due, why string) (bool, error) {
	k, ok := s.KindOf(kind)
	if !ok || due.On.IsZero() || why == "" {
		return false, fault.New(fault.Internal, "时限不能调整，请联系系统管理员。")
	}
	look := nextLook(k, due.On, tx.Now().Add(-1))
	n, err := tx.Exec(ctx, `
		UPDATE obligation SET due_on = $1, provisional = $2, look_at = $3, overdue_at = NULL, escalated_at = NULL
		 WHERE kind = $4 AND subject_kind = $5 AND subject_id = $6 AND state = 'open' AND due_on <> $1`,
		due.On, due.Provisional, look, kind, subject.Kind, subject.ID)
	if err != nil || n == 0 {
		return false, err
	}
	return true, audit.Record(ctx, tx, audit.Entry{Act: "obligation.postpone", Basis: k.Citation,
		Target: audit.Target{Kind: subject.Kind, ID: subject.ID, Name: subject.Name},
		After:  map[string]any{"kind": kind, "due": due.On, "why": why}})
}
