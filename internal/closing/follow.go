package closing

import (
	"context"

	"zhengshu/internal/db"
	"zhengshu/internal/obligation"
)

// FollowDue keeps the last day of an inquiry the one of its clock, when the days
// are counted again; registered with obligation.OnMoved.
func (s *Service) FollowDue(ctx context.Context, tx *db.Tx, o obligation.Obligation) error {
	if o.Kind != InquiryClock.ID {
		return nil
	}
	_, err := tx.Exec(ctx, `UPDATE inquiry SET due_on = $2, provisional = $3 WHERE id = $1`, o.Subject.ID, o.Due.On, o.Due.Provisional)
	return err
}
