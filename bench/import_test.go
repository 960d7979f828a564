package bench

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/intake"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/realdata"
	"zhengshu/internal/registry"
	"zhengshu/migrations"
)

// importer takes one file into a fresh database and returns its report and what
// it took.
type importer func(d *db.DB, name string, body []byte) (intake.Report, time.Duration)

func take(b *testing.B, run func(ctx context.Context, scope authz.Scope, t *official.Table, o org.ImportOptions) (intake.Report, error), name string, body []byte) (intake.Report, time.Duration) {
	start := time.Now()
	t, err := official.ReadTable(bytes.NewReader(body), int64(len(body)), name, official.Limits{})
	if err != nil {
		b.Fatal(err)
	}
	rep, err := run(audit.System(context.Background(), "bench"), authz.System("bench"), t, org.ImportOptions{Source: name})
	if err != nil {
		b.Fatal(err)
	}
	return rep, time.Since(start)
}

// rowsIn counts the rows of all tables: what an import has written.
func rowsIn(b *testing.B, d *db.DB) int {
	ctx := context.Background()
	tables, err := db.All(ctx, d, db.Value[string], `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`)
	if err != nil {
		b.Fatal(err)
	}
	n := 0
	for _, t := range tables {
		k, err := db.One(ctx, d, db.Value[int], `SELECT count(*) FROM "`+t+`"`)
		if err != nil {
			b.Fatal(err)
		}
		n += k
	}
	return n
}

// raceImport sets an import beside bare inserts: of as many rows as the file
// has, and of as many as the import wrote (units, people's governments, audit
// entries and so on), each in one transaction through the same driver, with the
// same durability.
func raceImport(b *testing.B, name string, body []byte, prepare func(d *db.DB), run importer) {
	lines := strings.Split(strings.TrimSpace(string(body)), "\n")[1:]
	ready := prepared(b, prepare)
	once := func() (time.Duration, int) {
		dir := b.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "zhengshu.db"), ready, 0o600); err != nil {
			b.Fatal(err)
		}
		d, err := db.Open(context.Background(), db.Config{Dir: dir})
		if err != nil {
			b.Fatal(err)
		}
		defer d.Close()
		before := rowsIn(b, d)
		rep, took := run(d, name, body)
		if rep.Accepted < len(lines)*9/10 {
			b.Fatalf("%s: %d rows of %d accepted, the first refusal %+v", name, rep.Accepted, len(lines), rep.Refused[:min(1, len(rep.Refused))])
		}
		return took, rowsIn(b, d) - before
	}
	_, written := once()
	race(b, float64(len(lines)), "rows",
		runner{"", func() time.Duration { took, _ := once(); return took }},
		runner{"bare_insert_of_rows_read", func() time.Duration { return bareInsert(b, lines, len(lines)) }},
		runner{"bare_insert_of_rows_written", func() time.Duration { return bareInsert(b, lines, written) }},
	)
	b.ReportMetric(float64(written)/float64(len(lines)), "rows_written/row")
}

// prepared is the file of a migrated database with what the import builds on.
func prepared(b *testing.B, prepare func(d *db.DB)) []byte {
	dir := b.TempDir()
	d, err := db.Open(context.Background(), db.Config{Dir: dir})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := d.Migrate(context.Background(), migrations.Files); err != nil {
		b.Fatal(err)
	}
	if prepare != nil {
		prepare(d)
	}
	d.Close() // folds the write-ahead log into the file
	return readFile(b, filepath.Join(dir, "zhengshu.db"))
}

// bareInsert writes n rows, the file's lines again and again, into one table with
// a text key.
func bareInsert(b *testing.B, lines []string, n int) time.Duration {
	file := filepath.Join(b.TempDir(), "bare.db")
	d, err := sql.Open("sqlite", "file:"+file+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	if _, err := d.Exec(`CREATE TABLE row (id TEXT PRIMARY KEY, line TEXT NOT NULL)`); err != nil {
		b.Fatal(err)
	}
	start := time.Now()
	tx, err := d.Begin()
	if err != nil {
		b.Fatal(err)
	}
	st, err := tx.Prepare(`INSERT INTO row (id, line) VALUES (?, ?)`)
	if err != nil {
		b.Fatal(err)
	}
	for i := range n {
		if _, err := st.Exec(fmt.Sprintf("%08d", i), lines[i%len(lines)]); err != nil {
			b.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
}

// BenchmarkImportUnits takes in the divisions of the province: areas, people's
// governments, offices, each with its entry in the trail.
func BenchmarkImportUnits(b *testing.B) {
	dir := realdata.Path(b, "01_divisions", "divisions imported a second")
	raceImport(b, "shaanxi_all.csv", readFile(b, filepath.Join(dir, "shaanxi_all.csv")), nil,
		func(d *db.DB, name string, body []byte) (intake.Report, time.Duration) {
			return take(b, org.New(d).ImportUnits, name, body)
		})
}

// BenchmarkImportSites takes the portals of the country into the ledger; the
// divisions they belong to are there before.
func BenchmarkImportSites(b *testing.B) {
	divisions := readFile(b, filepath.Join(realdata.Path(b, "01_divisions", "sites imported a second"), "china_3level.csv"))
	portals := readFile(b, filepath.Join(realdata.Path(b, "02_gov_sites", "sites imported a second"), "portals.csv"))
	raceImport(b, "portals.csv", portals,
		func(d *db.DB) {
			if err := passage.Declare(audit.System(context.Background(), "bench"), d, registry.SiteMachine, registry.AccountMachine); err != nil {
				b.Fatal(err)
			}
			take(b, org.New(d).ImportUnits, "china_3level.csv", divisions)
		},
		func(d *db.DB, name string, body []byte) (intake.Report, time.Duration) {
			return take(b, registry.New(d, org.New(d)).ImportSites, name, body)
		})
}
