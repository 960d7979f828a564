package disclosure

import (
	"context"
	"fmt"

	"zhengshu/internal/db"
	"zhengshu/internal/registry"
)

// CountOn says how many entries of the catalogue a column stands for; see
// columns.OnClose. Public: where what must be public stands is public.
func (s *Service) CountOn(ctx context.Context, q db.Querier, column registry.ColumnID) (string, error) {
	n, err := db.One(ctx, q, db.Value[int], `SELECT count(*) FROM disclosure_place WHERE column_id = $1`, column)
	if err != nil || n == 0 {
		return "", err
	}
	return fmt.Sprintf("法定公开目录有 %d 项对应到本栏目", n), nil
}

// FollowColumn lets the entries of the catalogue that stood in a column stand in
// the one its content went into.
func (s *Service) FollowColumn(ctx context.Context, tx *db.Tx, from, to registry.ColumnID) error {
	if to == "" {
		return nil // shown as without a place
	}
	_, err := tx.Exec(ctx, `UPDATE disclosure_place SET column_id = $2 WHERE column_id = $1`, from, to)
	return err
}
