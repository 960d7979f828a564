package obligation

import (
	"context"

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
	list, err := db.All(ctx, tx, scanObligation, obligationSelect+`
		 WHERE o.kind = $1 AND o.subject_kind = $2 AND o.subject_id = $3 AND o.state = 'open' AND o.due_on <> $4 ORDER BY o.id`, kind, subject.Kind, subject.ID, due.On)
	if err != nil {
		return false, err
	}
	for _, o := range list {
		was := o.Due.On
		if err := s.redue(ctx, tx, &o, due); err != nil {
			return false, err
		}
		if err := s.note(ctx, tx, o, Event{Act: "postpone", From: was, To: due.On, Basis: k.Citation, Says: why}); err != nil {
			return false, err
		}
	}
	return len(list) > 0, nil
}
