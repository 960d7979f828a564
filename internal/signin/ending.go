package signin

import (
	"context"

	"zhengshu/internal/audit"
	"zhengshu/internal/db"
	"zhengshu/internal/org"
)

// EndFor ends the sessions and tokens of a person's login, in the transaction
// that ended posts of the person; a login of which no post is left is disabled.
// It reports whether it was disabled. Somebody without a login has nothing to
// end.
func (s *Service) EndFor(ctx context.Context, tx *db.Tx, person org.PersonID, why string) (disabled bool, err error) {
	l, err := s.loginBy(ctx, tx, `l.person_id = $1 AND l.disabled_at IS NULL`, person)
	if db.None(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	posts, err := s.org.PostsOf(ctx, tx, person)
	if err != nil {
		return false, err
	}
	if err := endAll(ctx, tx, l.ID); err != nil {
		return false, err
	}
	act := "signin.session.end"
	if disabled = len(posts) == 0; disabled {
		act = "signin.login.disable"
		if _, err := tx.Exec(ctx, `UPDATE login SET disabled_at = $2 WHERE id = $1`, l.ID, tx.Now()); err != nil {
			return false, err
		}
	}
	return disabled, audit.Record(ctx, tx, audit.Entry{Act: act, Target: l.target(), Basis: why, After: map[string]string{"person": l.PersonName, "why": why}})
}
