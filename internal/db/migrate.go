package db

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// Migrate brings the schema up to date from the numbered files and returns how
// many were applied. Two processes may call it at once.
//
// The files hold one text for both databases, in PostgreSQL's words. For SQLite
// `COLLATE "C"` is dropped, since SQLite already orders text by bytes. Where the
// texts must differ, lines between `-- only: postgres` or `-- only: sqlite` and
// `-- end only` belong to that database alone.
func (d *DB) Migrate(ctx context.Context, files fs.FS) (int, error) {
	view := Reading(files, d.dialect)
	var conn *sql.DB
	var dialect goose.Dialect
	opts := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	if d.dialect == Postgres {
		conn = stdlib.OpenDBFromPool(d.pool)
		defer conn.Close()
		dialect = goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 120))
		if err != nil {
			return 0, fmt.Errorf("db: migration lock: %w", err)
		}
		opts = append(opts, goose.WithSessionLocker(locker))
	} else {
		conn = d.writer
		dialect = goose.DialectSQLite3
	}
	p, err := goose.NewProvider(dialect, conn, view, opts...)
	if err != nil {
		return 0, fmt.Errorf("db: read migrations: %w", err)
	}
	done, err := p.Up(ctx)
	if err != nil {
		return len(done), fmt.Errorf("db: migrate: %w", err)
	}
	return len(done), nil
}

var (
	onlyBlock = regexp.MustCompile(`(?ms)^-- only: (postgres|sqlite)\n(.*?)^-- end only\n`)
	collateC  = regexp.MustCompile(` COLLATE "C"`)
)

func forDialect(text []byte, dialect Dialect) []byte {
	text = onlyBlock.ReplaceAllFunc(text, func(block []byte) []byte {
		m := onlyBlock.FindSubmatch(block)
		if string(m[1]) == string(dialect) {
			return m[2]
		}
		return nil
	})
	if dialect == SQLite {
		text = collateC.ReplaceAll(text, nil)
	}
	return text
}

// Reading shows the migration files as one dialect reads them.
func Reading(files fs.FS, dialect Dialect) fs.FS { return dialectFS{files, dialect} }

// dialectFS is what Reading shows.
type dialectFS struct {
	fs.FS
	dialect Dialect
}

func (f dialectFS) Open(name string) (fs.File, error) {
	file, err := f.FS.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil || info.IsDir() {
		return file, err
	}
	defer file.Close()
	text, err := io.ReadAll(file)
	if err != nil {
		return nil, err
	}
	text = forDialect(text, f.dialect)
	return &textFile{Reader: bytes.NewReader(text), info: textInfo{info, int64(len(text))}}, nil
}

type textFile struct {
	*bytes.Reader
	info fs.FileInfo
}

func (t *textFile) Stat() (fs.FileInfo, error) { return t.info, nil }
func (t *textFile) Close() error               { return nil }

type textInfo struct {
	fs.FileInfo
	size int64
}

func (t textInfo) Size() int64        { return t.size }
func (t textInfo) ModTime() time.Time { return time.Time{} }
