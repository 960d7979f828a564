package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"modernc.org/sqlite"
	sqlitelib "modernc.org/sqlite/lib"
)

// Dialect names one of the two databases.
type Dialect string

// The two databases.
const (
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

// ErrUnaudited is returned by Update when rows were written and no audit entry
// was recorded; nothing was committed.
var ErrUnaudited = errors.New("db: write transaction without an audit entry")

// errReadOnly is returned when View's transaction is asked to write.
var errReadOnly = errors.New("db: write in a read-only transaction")

// Config says which database to open.
type Config struct {
	// DSN is a postgres:// address, or empty for the embedded database.
	DSN string
	// Dir holds the embedded database file; it must exist.
	Dir string
	// File is the embedded file's name in Dir; "zhengshu.db" when empty.
	File string
	// Now gives the transaction its one instant; time.Now when nil.
	Now func() time.Time
	// Readers bounds the read pool; GOMAXPROCS (at least 2) when zero.
	Readers int
}

// DB is one open database.
type DB struct {
	dialect Dialect
	now     func() time.Time
	reader  *sql.DB // SQLite
	writer  *sql.DB // SQLite, one connection
	pool    *pgxpool.Pool
	path    string
	commits atomic.Int64
}

// Open opens the database and proves that it answers.
func Open(ctx context.Context, c Config) (*DB, error) {
	d := &DB{now: c.Now}
	if d.now == nil {
		d.now = time.Now
	}
	if c.DSN != "" {
		cfg, err := pgxpool.ParseConfig(c.DSN)
		if err != nil {
			return nil, fmt.Errorf("db: read DSN: %w", err)
		}
		cfg.ConnConfig.RuntimeParams["timezone"] = "UTC"
		// Compiling a plan takes longer than any question of the house.
		cfg.ConnConfig.RuntimeParams["jit"] = "off"
		if cfg.MaxConns < 8 {
			cfg.MaxConns = 8
		}
		d.dialect = Postgres
		if d.pool, err = pgxpool.NewWithConfig(ctx, cfg); err != nil {
			return nil, fmt.Errorf("db: open PostgreSQL: %w", err)
		}
		if err := d.pool.Ping(ctx); err != nil {
			d.pool.Close()
			return nil, fmt.Errorf("db: reach PostgreSQL: %w", err)
		}
		return d, nil
	}
	file := c.File
	if file == "" {
		file = "zhengshu.db"
	}
	d.dialect = SQLite
	d.path = filepath.Join(c.Dir, file)
	readers := c.Readers
	if readers == 0 {
		readers = max(2, runtime.GOMAXPROCS(0))
	}
	var err error
	if d.writer, err = openSQLite(d.path, "immediate", 1); err != nil {
		return nil, err
	}
	if d.reader, err = openSQLite(d.path, "deferred", readers); err != nil {
		d.writer.Close()
		return nil, err
	}
	// Opening the writer first creates the file and turns WAL on.
	for _, p := range []*sql.DB{d.writer, d.reader} {
		if err := p.PingContext(ctx); err != nil {
			d.Close()
			return nil, fmt.Errorf("db: open %s: %w", file, err)
		}
	}
	return d, nil
}

func openSQLite(path, lock string, conns int) (*sql.DB, error) {
	q := url.Values{}
	// WAL survives kill -9; FULL also survives a power cut after commit.
	for _, p := range []string{
		"busy_timeout(15000)", "journal_mode(WAL)", "synchronous(FULL)",
		"foreign_keys(ON)", "cache_size(-4000)", "temp_store(MEMORY)",
	} {
		q.Add("_pragma", p)
	}
	q.Set("_txlock", lock)
	c, err := sqlite.NewConnector("file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode())
	if err != nil {
		return nil, fmt.Errorf("db: open SQLite: %w", err)
	}
	p := sql.OpenDB(keeping{c})
	p.SetMaxOpenConns(conns)
	p.SetMaxIdleConns(conns)
	return p, nil
}

// Dialect says which database this is.
func (d *DB) Dialect() Dialect { return d.dialect }

// Path is the embedded database file, empty on PostgreSQL.
func (d *DB) Path() string { return d.path }

// Commits counts the write transactions committed by this process.
func (d *DB) Commits() int64 { return d.commits.Load() }

// Now is the database's clock, UTC to the microsecond.
func (d *DB) Now() time.Time { return d.now().UTC().Truncate(time.Microsecond) }

// Pool is the native PostgreSQL pool (nil on SQLite), for the job driver.
func (d *DB) Pool() *pgxpool.Pool { return d.pool }

// Writer is SQLite's one write connection (nil on PostgreSQL), for the job
// driver and for backup.
func (d *DB) Writer() *sql.DB { return d.writer }

// Close closes every connection.
func (d *DB) Close() error {
	if d.pool != nil {
		d.pool.Close()
		return nil
	}
	var errs []error
	if d.reader != nil {
		errs = append(errs, d.reader.Close())
	}
	if d.writer != nil {
		errs = append(errs, d.writer.Close())
	}
	return errors.Join(errs...)
}

// View runs fn in a read-only transaction: one consistent moment.
func (d *DB) View(ctx context.Context, fn func(tx *Tx) error) error {
	tx, err := d.begin(ctx, true)
	if err != nil {
		return err
	}
	defer tx.rollback(ctx)
	return fn(tx)
}

// Update runs fn in a write transaction. It commits when fn returns nil and an
// audit entry was recorded for what was written; it tries again, from the
// start, when PostgreSQL reports a serialization failure or a deadlock.
func (d *DB) Update(ctx context.Context, fn func(tx *Tx) error) error {
	const tries = 5
	for n := 1; ; n++ {
		err := d.update(ctx, fn)
		if n < tries && d.retryable(err) {
			slog.DebugContext(ctx, "transaction runs again", "attempt", n, "cause", err)
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(time.Duration(n*n) * 5 * time.Millisecond):
				continue
			}
		}
		return err
	}
}

func (d *DB) update(ctx context.Context, fn func(tx *Tx) error) error {
	tx, err := d.begin(ctx, false)
	if err != nil {
		return err
	}
	defer tx.rollback(ctx)
	if err := fn(tx); err != nil {
		return err
	}
	if tx.wrote && !tx.audited {
		return ErrUnaudited
	}
	if err := tx.commit(ctx); err != nil {
		return fmt.Errorf("db: commit: %w", err)
	}
	if tx.wrote || tx.quiet {
		d.commits.Add(1)
	}
	for _, f := range tx.after {
		f()
	}
	return nil
}

func (d *DB) retryable(err error) bool {
	var pe *pgconn.PgError
	return errors.As(err, &pe) && (pe.Code == "40001" || pe.Code == "40P01")
}

func (d *DB) begin(ctx context.Context, readOnly bool) (*Tx, error) {
	tx := &Tx{db: d, readOnly: readOnly, now: d.Now()}
	var err error
	switch {
	case d.dialect == Postgres && readOnly:
		tx.pg, err = d.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	case d.dialect == Postgres:
		// Serializable: a quota checked in the transaction still holds when
		// two people approve at once.
		tx.pg, err = d.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.Serializable})
	case readOnly:
		tx.lite, err = d.reader.BeginTx(ctx, nil)
	default:
		tx.lite, err = d.writer.BeginTx(ctx, nil)
	}
	if err != nil {
		return nil, fmt.Errorf("db: begin: %w", err)
	}
	return tx, nil
}

// UniqueViolation reports whether err is a broken UNIQUE or PRIMARY KEY
// constraint, and names the constraint or its columns as the database does.
func UniqueViolation(err error) (string, bool) {
	var pe *pgconn.PgError
	if errors.As(err, &pe) && pe.Code == "23505" {
		return pe.ConstraintName, true
	}
	var se *sqlite.Error
	if errors.As(err, &se) {
		switch se.Code() {
		case sqlitelib.SQLITE_CONSTRAINT_UNIQUE, sqlitelib.SQLITE_CONSTRAINT_PRIMARYKEY:
			_, cols, _ := strings.Cut(se.Error(), "failed: ")
			return cols, true
		}
	}
	return "", false
}

// ForeignKeyViolation reports whether err is a broken FOREIGN KEY constraint.
func ForeignKeyViolation(err error) bool {
	var pe *pgconn.PgError
	if errors.As(err, &pe) && pe.Code == "23503" {
		return true
	}
	var se *sqlite.Error
	return errors.As(err, &se) && se.Code() == sqlitelib.SQLITE_CONSTRAINT_FOREIGNKEY
}

// Away reports whether err says that the database could not be reached, was
// going down or had no room for another connection: nothing that the caller
// asked for was at fault. An embedded database is never away.
func Away(err error) bool {
	var ce *pgconn.ConnectError
	if errors.As(err, &ce) {
		return true
	}
	var pe *pgconn.PgError
	if !errors.As(err, &pe) {
		return false
	}
	switch pe.Code {
	case "57P01", "57P02", "57P03", "53300": // shutdown, crash, starting up, too many connections
		return true
	}
	return strings.HasPrefix(pe.Code, "08") // connection exception
}

// Ping proves that the database answers.
func (d *DB) Ping(ctx context.Context) error {
	if d.pool != nil {
		return d.pool.Ping(ctx)
	}
	return d.reader.PingContext(ctx)
}
