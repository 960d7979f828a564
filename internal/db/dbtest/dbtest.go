// Package dbtest gives a test a fresh migrated database of each kind.
//
// The schema is migrated once a process, into a SQLite file that is copied and
// a PostgreSQL template that is cloned. PostgreSQL is found through
// ZHENGSHU_TEST_POSTGRES (an address whose user may create databases), which
// `make test` sets; without it the PostgreSQL half is left out aloud.
package dbtest

import (
	"context"
	"fmt"
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
	lite.once.Do(func() {
		dir, err := os.MkdirTemp("", "zhengshu-dbtest")
		if err != nil {
			lite.err = err
			return
		}
		defer os.RemoveAll(dir)
		lite.file, lite.err = migratedFile(dir)
	})
	if lite.err != nil {
		t.Fatalf("migrate the SQLite template: %v", lite.err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "zhengshu.db"), lite.file, 0o600); err != nil {
		t.Fatal(err)
	}
	return open(t, db.Config{Dir: dir, Now: now})
}

func migratedFile(dir string) ([]byte, error) {
	ctx := context.Background()
	d, err := db.Open(ctx, db.Config{Dir: dir})
	if err != nil {
		return nil, err
	}
	if _, err := d.Migrate(ctx, migrations.Files); err != nil {
		d.Close()
		return nil, err
	}
	// Closing the last connection folds the WAL into the file.
	if err := d.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(dir, "zhengshu.db"))
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
	admin := os.Getenv(EnvPostgres)
	if admin == "" {
		t.Skipf("PostgreSQL half left out: %s is not set; `make test` sets it", EnvPostgres)
	}
	ctx := context.Background()
	pg.once.Do(func() {
		pg.template = fmt.Sprintf("zs_tpl_%d", os.Getpid())
		pg.err = makeTemplate(ctx, admin, pg.template)
	})
	if pg.err != nil {
		t.Fatalf("migrate the PostgreSQL template: %v", pg.err)
	}
	name := fmt.Sprintf("zs_test_%d_%d", os.Getpid(), pg.n.Add(1))
	if err := sqlOn(ctx, admin, "CREATE DATABASE "+name+" TEMPLATE "+pg.template); err != nil {
		t.Fatalf("clone the template: %v", err)
	}
	t.Cleanup(func() {
		if err := sqlOn(ctx, admin, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop the test database: %v", err)
		}
	})
	return open(t, db.Config{DSN: withDatabase(admin, name), Now: now})
}

func makeTemplate(ctx context.Context, admin, name string) error {
	if err := sqlOn(ctx, admin, "CREATE DATABASE "+name); err != nil {
		return err
	}
	d, err := db.Open(ctx, db.Config{DSN: withDatabase(admin, name)})
	if err != nil {
		return err
	}
	defer d.Close()
	_, err = d.Migrate(ctx, migrations.Files)
	return err
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
