// Package dbtest gives a test a fresh migrated database of each kind.
//
// The schema is migrated once for all processes, into a SQLite file in the
// folder for temporary files and into a PostgreSQL template; both are named by
// the texts of the migrations, and each test gets a copy. PostgreSQL is found through
// ZHENGSHU_TEST_POSTGRES (an address whose user may create databases), which
// `make test` sets; without it the PostgreSQL half is left out aloud.
package dbtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"zhengshu/internal/db"
	"zhengshu/migrations"
)

// EnvPostgres names the variable with the address of the test PostgreSQL.
const EnvPostgres = "ZHENGSHU_TEST_POSTGRES"

// Each runs fn on both databases as sub-tests "sqlite" and "postgres".
func Each(t *testing.T, fn func(t *testing.T, d *db.DB)) {
	t.Helper()
	EachAt(t, nil, fn)
}

// EachAt is Each with the database's clock given.
func EachAt(t *testing.T, now func() time.Time, fn func(t *testing.T, d *db.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { fn(t, SQLite(t, now)) })
	t.Run("postgres", func(t *testing.T) { fn(t, Postgres(t, now)) })
}

var lite struct {
	once sync.Once
	file []byte
	err  error
}

// SQLite is a fresh migrated embedded database.
func SQLite(t testing.TB, now func() time.Time) *db.DB {
	t.Helper()
	return open(t, db.Config{Dir: Folder(t), Now: now})
}

// Folder is a fresh folder with a migrated embedded database in it, for whoever
// opens it himself.
func Folder(t testing.TB) string {
	t.Helper()
	lite.once.Do(func() { lite.file, lite.err = migratedFile() })
	if lite.err != nil {
		t.Fatalf("migrate the SQLite template: %v", lite.err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "zhengshu.db"), lite.file, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// schema names what the migrations make of an empty database: whatever differs
// in a text that the database reads gets another name.
func schema(files fs.FS, dialect db.Dialect) (string, error) {
	h := sha256.New()
	texts := db.Reading(files, dialect)
	err := fs.WalkDir(texts, ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := fs.ReadFile(texts, path)
		fmt.Fprintf(h, "%s %d\n%s", path, len(text), text)
		return err
	})
	return hex.EncodeToString(h.Sum(nil))[:16], err
}

// migratedFile is the migrated database that another process has left, or a new
// one that is left to the others.
func migratedFile() ([]byte, error) {
	name, err := schema(migrations.Files, db.SQLite)
	if err != nil {
		return nil, err
	}
	shared := filepath.Join(os.TempDir(), fmt.Sprintf("zhengshu-dbtest-%d-%s.db", os.Getuid(), name))
	file, err := os.ReadFile(shared)
	if !errors.Is(err, fs.ErrNotExist) {
		return file, err
	}
	dir, err := os.MkdirTemp("", "zhengshu-dbtest")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	d, err := db.Open(context.Background(), db.Config{Dir: dir})
	if err != nil {
		return nil, err
	}
	_, err = d.Migrate(context.Background(), migrations.Files)
	// Closing the last connection folds the WAL into the file.
	if err := errors.Join(err, d.Close()); err != nil {
		return nil, err
	}
	made := filepath.Join(dir, "zhengshu.db")
	if file, err = os.ReadFile(made); err != nil {
		return nil, err
	}
	// Of two processes at it at once, either's file will do.
	return file, os.Rename(made, shared)
}

var pg struct {
	once     sync.Once
	template string
	err      error
	n        atomic.Int64
}

// Postgres is a fresh migrated PostgreSQL database, dropped after the test.
func Postgres(t testing.TB, now func() time.Time) *db.DB {
	t.Helper()
	return open(t, db.Config{DSN: Database(t), Now: now})
}

// Database is the address of a fresh migrated PostgreSQL database, dropped after
// the test, for whoever opens it himself.
func Database(t testing.TB) string {
	t.Helper()
	admin := os.Getenv(EnvPostgres)
	if admin == "" {
		t.Skipf("PostgreSQL half left out: %s is not set; `make test` sets it", EnvPostgres)
	}
	ctx := context.Background()
	pg.once.Do(func() { pg.template, pg.err = migratedTemplate(ctx, admin) })
	if pg.err != nil {
		t.Fatalf("migrate the PostgreSQL template: %v", pg.err)
	}
	name := fmt.Sprintf("zs_test_%d_%d", os.Getpid(), pg.n.Add(1))
	// Two thousand small files are copied in half the time that the log of
	// their pages takes.
	if err := sqlOn(ctx, admin, "CREATE DATABASE "+name+" TEMPLATE "+pg.template+" STRATEGY file_copy"); err != nil {
		t.Fatalf("clone the template: %v", err)
	}
	t.Cleanup(func() {
		if err := sqlOn(ctx, admin, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop the test database: %v", err)
		}
	})
	return withDatabase(admin, name)
}

// migratedTemplate names the migrated database of the server, which the first
// process makes while the others wait. Nobody can connect to it, so that
// autovacuum never stands in the way of a copy.
func migratedTemplate(ctx context.Context, admin string) (string, error) {
	made, err := schema(migrations.Files, db.Postgres)
	if err != nil {
		return "", err
	}
	name := "zs_tpl_" + made
	c, err := pgx.Connect(ctx, admin)
	if err != nil {
		return "", err
	}
	defer c.Close(ctx) // which gives the lock back
	if _, err := c.Exec(ctx, `SELECT pg_advisory_lock(hashtext($1))`, name); err != nil {
		return "", err
	}
	var there bool
	if err := c.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)`, name).Scan(&there); err != nil || there {
		return name, err
	}
	// It has its name once it is whole.
	draft := name + "_draft"
	for _, q := range []string{"DROP DATABASE IF EXISTS " + draft + " WITH (FORCE)", "CREATE DATABASE " + draft} {
		if _, err := c.Exec(ctx, q); err != nil {
			return "", err
		}
	}
	d, err := db.Open(ctx, db.Config{DSN: withDatabase(admin, draft)})
	if err != nil {
		return "", err
	}
	_, err = d.Migrate(ctx, migrations.Files)
	if err := errors.Join(err, d.Close()); err != nil {
		return "", err
	}
	for _, q := range []string{"ALTER DATABASE " + draft + " WITH ALLOW_CONNECTIONS false", "ALTER DATABASE " + draft + " RENAME TO " + name} {
		if _, err := c.Exec(ctx, q); err != nil {
			return "", err
		}
	}
	return name, nil
}

// withDatabase puts the database name into a postgres:// address.
func withDatabase(dsn, name string) string {
	base, query, _ := strings.Cut(dsn, "?")
	base = base[:strings.LastIndex(base, "/")+1] + name
	if query != "" {
		return base + "?" + query
	}
	return base
}

func sqlOn(ctx context.Context, dsn, statement string) error {
	c, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	_, err = c.Exec(ctx, statement)
	return err
}

func open(t testing.TB, c db.Config) *db.DB {
	t.Helper()
	d, err := db.Open(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("close the database: %v", err)
		}
	})
	return d
}

// Address names the database to another process of the test, which opens it
// with Reopen.
func Address(t testing.TB, d *db.DB) string {
	t.Helper()
	if d.Path() != "" {
		return filepath.Dir(d.Path())
	}
	name, err := db.One(context.Background(), d, db.Value[string], `SELECT current_database()`)
	if err != nil {
		t.Fatal(err)
	}
	return withDatabase(os.Getenv(EnvPostgres), name)
}

// Reopen opens what Address named, as it was left. The caller closes it.
func Reopen(t testing.TB, address string, now func() time.Time) *db.DB {
	t.Helper()
	c := db.Config{Dir: address, Now: now}
	if strings.Contains(address, "://") {
		c = db.Config{DSN: address, Now: now}
	}
	d, err := db.Open(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Write runs statements beside the house, and returns how many rows the last of them
// changed: what only another process, or an earlier schema, would have written.
func Write(t testing.TB, d *db.DB, statements string) int64 {
	t.Helper()
	ctx := context.Background()
	if p := d.Pool(); p != nil {
		tag, err := p.Exec(ctx, statements)
		if err != nil {
			t.Fatal(err)
		}
		return tag.RowsAffected()
	}
	res, err := d.Writer().ExecContext(ctx, statements)
	if err != nil {
		t.Fatal(err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Up is what a migration does to data that stand when it comes.
func Up(t testing.TB, file string) string {
	t.Helper()
	text, err := migrations.Files.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	up, _, found := strings.Cut(string(text), "-- +goose Down")
	if !found {
		t.Fatalf("%s has no way back", file)
	}
	return up
}
