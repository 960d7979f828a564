package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Snapshot writes the database as of one moment to file, which must not exist,
// as an embedded database, while others read and write. From PostgreSQL every
// table that the embedded schema has is copied row by row out of one
// repeatable-read transaction; schema is the migrations that made both.
func (d *DB) Snapshot(ctx context.Context, file string, schema fs.FS) (err error) {
	if d.dialect == SQLite {
		// VACUUM INTO takes one consistent moment and leaves writers alone.
		_, err := d.reader.ExecContext(ctx, `VACUUM INTO $1`, file)
		return err
	}
	to, err := Open(ctx, Config{Dir: filepath.Dir(file), File: filepath.Base(file), Readers: 1})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	if _, err := to.Migrate(ctx, schema); err != nil {
		return err
	}
	// Rows come in the order of the tables' names; what they refer to is
	// checked when all are there.
	if _, err := to.writer.ExecContext(ctx, `PRAGMA foreign_keys = OFF`); err != nil {
		return err
	}
	if err := d.View(ctx, func(from *Tx) error { return to.copyAll(ctx, from) }); err != nil {
		return fmt.Errorf("db: copy out of PostgreSQL: %w", err)
	}
	broken, err := All(ctx, to, Value[string], `SELECT "table" FROM pragma_foreign_key_check`)
	if err == nil && len(broken) > 0 {
		err = fmt.Errorf("db: copy out of PostgreSQL: %d rows refer to nothing, the first in %s", len(broken), broken[0])
	}
	if err != nil {
		return err
	}
	// One file: nothing is left beside it.
	_, err = to.writer.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
	return err
}

func (d *DB) copyAll(ctx context.Context, from *Tx) error {
	tables, err := All(ctx, d, Value[string], `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' AND name NOT LIKE 'goose%' ORDER BY name`)
	if err != nil {
		return err
	}
	in, err := d.begin(ctx, false)
	if err != nil {
		return err
	}
	for _, t := range tables {
		if err := copyTable(ctx, from, in, t); err != nil {
			in.rollback(ctx)
			return fmt.Errorf("%s: %w", t, err)
		}
	}
	return in.commit(ctx)
}

// copyTable fills one table of in, which migrations may have begun to fill.
func copyTable(ctx context.Context, from, in *Tx, table string) error {
	type column struct{ name, kind string }
	columns, err := All(ctx, from, func(s Scanner) (column, error) {
		var c column
		err := s.Scan(&c.name, &c.kind)
		return c, err
	}, `SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position`, table)
	if err != nil {
		return err
	}
	if len(columns) == 0 {
		return errors.New("PostgreSQL has no such table; run migrate first")
	}
	var names, reads []string
	for _, c := range columns {
		name := pgx.Identifier{c.name}.Sanitize()
		names = append(names, name)
		if c.kind == "date" {
			name += "::text" // as the embedded database keeps it
		}
		reads = append(reads, name)
	}
	quoted := pgx.Identifier{table}.Sanitize()
	if _, err := in.lite.ExecContext(ctx, `DELETE FROM `+quoted); err != nil {
		return err
	}
	insert, err := in.lite.PrepareContext(ctx, `INSERT INTO `+quoted+` (`+strings.Join(names, ", ")+`) VALUES (`+strings.Join(slices.Repeat([]string{"?"}, len(names)), ", ")+`)`)
	if err != nil {
		return err
	}
	defer insert.Close()
	rows, err := from.pg.Query(ctx, `SELECT `+strings.Join(reads, ", ")+` FROM `+quoted)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		values, err := rows.Values()
		if err != nil {
			return err
		}
		if _, err := insert.ExecContext(ctx, bind(SQLite, values)...); err != nil {
			return err
		}
	}
	return rows.Err()
}
