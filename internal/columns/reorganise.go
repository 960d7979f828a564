package columns

import (
	"context"

	"zhengshu/internal/db"
	"zhengshu/internal/org"
)

// Reorganise is the columns' part in a reorganisation: who subscribed to a
// unit goes on with who follows it. Columns themselves are the registry's.
func Reorganise() org.Module {
	return org.Module{Name: "columns", Tables: []string{"column_subscription.provider_id"},
		Carry: func(ctx context.Context, tx *db.Tx, c org.Carrying) error {
			if c.Main == c.From {
				return nil
			}
			_, err := tx.Exec(ctx, `UPDATE column_subscription SET provider_id = $2 WHERE provider_id = $1 AND ended_at IS NULL`, c.From, c.Main)
			return err
		}}
}
