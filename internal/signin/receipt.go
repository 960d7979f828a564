package signin

import (
	"context"
	"log/slog"
	"time"

	"zhengshu/internal/db"
)

// ReceiptsKept is how long a form already taken answers a second click.
const ReceiptsKept = 24 * time.Hour

// Receipts remembers where each form that was taken led to. It fits
// web.Receipts.
type Receipts struct{ s *Service }

// Receipts of the house.
func (s *Service) Receipts() *Receipts { return &Receipts{s} }

// Taken is where the form led the first time.
func (r *Receipts) Taken(ctx context.Context, key string) (string, bool) {
	location, err := db.One(ctx, r.s.db, db.Value[string], `SELECT location FROM form_receipt WHERE key = $1 AND at > $2`, key, r.s.clock.Now().Add(-ReceiptsKept))
	if err != nil {
		if !db.None(err) {
			slog.ErrorContext(ctx, "receipt not read", "error", err)
		}
		return "", false
	}
	return location, true
}

// Keep notes where a form led; the first answer stays.
func (r *Receipts) Keep(ctx context.Context, key, location string) error {
	return r.s.db.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Quiet(ctx, `INSERT INTO form_receipt (key, location, at) VALUES ($1, $2, $3) ON CONFLICT (key) DO NOTHING`, key, location, tx.Now())
		return err
	})
}
