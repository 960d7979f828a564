package db

import "context"

// Column is a column of a table.
type Column struct{ Table, Name string }

// TextColumns are the columns of text in the database, by table.
func (d *DB) TextColumns(ctx context.Context) ([]Column, error) {
	query := `SELECT m.name, p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\_%' ESCAPE '\' AND m.name NOT LIKE 'goose%' AND p.type LIKE 'TEXT%' ORDER BY m.name, p.cid`
	if d.Dialect() == Postgres {
		query = `SELECT table_name, column_name FROM information_schema.columns
			WHERE table_schema = current_schema() AND table_name NOT LIKE 'goose%' AND data_type = 'text' ORDER BY table_name, ordinal_position`
	}
	return All(ctx, d, func(r Scanner) (Column, error) {
		var c Column
		return c, r.Scan(&c.Table, &c.Name)
	}, query)
}
