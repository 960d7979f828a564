package dbtest

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"

	"zhengshu/internal/db"
	"zhengshu/migrations"
)

// The first of several processes makes the template; the others take it.
func TestTemplateIsMadeOnce(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var files [2][]byte
	var infos [2]os.FileInfo
	for i := range files {
		var err error
		if files[i], err = migratedFile(); err != nil {
			t.Fatal(err)
		}
		left, err := os.ReadDir(os.TempDir())
		if err != nil || len(left) != 1 {
			t.Fatalf("the folder for temporary files holds %v (%v), want the template alone", left, err)
		}
		if infos[i], err = left[0].Info(); err != nil {
			t.Fatal(err)
		}
	}
	if !os.SameFile(infos[0], infos[1]) || !bytes.Equal(files[0], files[1]) {
		t.Error("the second process made a template of its own")
	}
}

func TestPostgresTemplateIsMadeOnce(t *testing.T) {
	Postgres(t, nil) // or the test is left out aloud
	ctx := context.Background()
	admin := os.Getenv(EnvPostgres)
	c, err := pgx.Connect(ctx, admin)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	before := ""
	for range 2 {
		name, err := migratedTemplate(ctx, admin)
		if err != nil {
			t.Fatal(err)
		}
		var oid string
		var connects bool
		if err := c.QueryRow(ctx, `SELECT oid::text, datallowconn FROM pg_database WHERE datname = $1`, name).Scan(&oid, &connects); err != nil {
			t.Fatal(err)
		}
		if connects {
			t.Error("a session in the template would stand in the way of its copies")
		}
		if before != "" && oid != before {
			t.Error("the second process made a template of its own")
		}
		before = oid
	}
}

// A copy is what the migrations make: there is nothing left to apply.
func TestCopyIsMigrated(t *testing.T) {
	Each(t, func(t *testing.T, d *db.DB) {
		if n, err := d.Migrate(context.Background(), migrations.Files); n != 0 || err != nil {
			t.Errorf("%d migrations were left to apply (%v)", n, err)
		}
	})
}

// A template is named by what its database reads.
func TestAnotherTextIsAnotherTemplate(t *testing.T) {
	const text = "CREATE TABLE a (x TEXT);\n-- only: postgres\nCREATE INDEX i ON a (x);\n-- end only\n"
	name := func(file, text string, dialect db.Dialect) string {
		got, err := schema(fstest.MapFS{file: {Data: []byte(text)}}, dialect)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	lite, server := name("1.sql", text, db.SQLite), name("1.sql", text, db.Postgres)
	if changed := strings.Replace(text, "INDEX i", "INDEX j", 1); name("1.sql", changed, db.Postgres) == server || name("1.sql", changed, db.SQLite) != lite {
		t.Error("what PostgreSQL alone reads must name its template anew, and SQLite's not")
	}
	if changed := strings.Replace(text, "TEXT", "INTEGER", 1); name("1.sql", changed, db.SQLite) == lite {
		t.Error("another text has the same name")
	}
	if name("2.sql", text, db.SQLite) == lite {
		t.Error("another number has the same name")
	}
}
