package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Tx is one transaction. It does not embed the driver's transaction, so the
// audit guard cannot be walked around.
type Tx struct {
	db       *DB
	lite     *sql.Tx
	pg       pgx.Tx
	readOnly bool
	now      time.Time
	wrote    bool // an audited table was written
	quiet    bool // only quiet tables were written so far
	audited  bool
	done     bool
	after    []func()
}

// Now is the transaction's one instant: UTC, microseconds, fixed at its start.
func (tx *Tx) Now() time.Time { return tx.now }

// Dialect says which database the transaction runs on.
func (tx *Tx) Dialect() Dialect { return tx.db.dialect }

// Lite is the SQLite transaction (nil on PostgreSQL). Only the job queue uses
// it, to insert a job that commits with the act.
func (tx *Tx) Lite() *sql.Tx { return tx.lite }

// PG is the PostgreSQL transaction (nil on SQLite). Only the job queue uses it.
func (tx *Tx) PG() pgx.Tx { return tx.pg }

// Audited is called by package audit when an entry was written. Nothing else
// calls it.
func (tx *Tx) Audited() { tx.audited = true }

// AfterCommit runs f once the transaction has committed; never on rollback.
func (tx *Tx) AfterCommit(f func()) { tx.after = append(tx.after, f) }

// Exec writes with $n parameters and returns the number of rows changed. The
// transaction then needs an audit entry before it can commit.
func (tx *Tx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	if tx.readOnly {
		return 0, errReadOnly
	}
	n, err := tx.exec(ctx, query, args)
	// A statement that changed no row leaves nothing to account for.
	tx.wrote = tx.wrote || n > 0 || err != nil
	return n, err
}

// QuietTables are the tables whose rows are bookkeeping and carry no audit
// entry: a closed list, held by a test.
var QuietTables = map[string]string{
	"audit_entry":         "the trail itself",
	"audit_link":          "the chain of the trail",
	"crawler_stranger":    "files that a key signed which is not known here; that a person refused it is audited",
	"outside_ask":         "what crawlers are asked to look at besides pages; the plan that asks is audited, and so is what is found",
	"crawler_seen":        "when a crawler beyond the wall was heard of, and its program",
	"lease":               "who runs a periodic duty",
	"session":             "server sessions",
	"search_document":     "the search index follows the library",
	"search_text":         "the search index follows the library",
	"ledger_text":         "the search text of the ledger follows its records",
	"list_columns":        "which columns a person likes to see",
	"reconciliation_gone": "when the DNS was last asked for a given-up name",
	"reconciliation_held": "when a site was last queued to be looked at",
	"intake_match":        "which column is which field, remembered",
	"autosave":            "unsent text of a form",
	"item_tally":          "how many items there are of each sort: follows the items",
	"item_tally_change":   "changes of these sums that the database wrote down itself",
	"autosave_past":       "earlier states of unsent text",
	"edit_hold":           "who has an item's form open",
	"probe":               "availability probes",
	"probe_day":           "probes rolled up by day",
	"probe_refusal":       "sites that refuse our probes",
	"probe_uncounted":     "sites that did not answer and were not counted",
	"rule_move":           "what an act adds to the counts of a check: follows the findings",
	"rule_count":          "how often each check was right: follows the findings",
	"account_post":        "posts of accounts as feeds, files and programs tell them; what a file or a program brings is audited",
	"account_feed_look":   "how the last look at a feed went",
	"app_store_look":      "how the last look at a download address went",
	"account_sheet":       "how the checks of an account stand: follows what was seen",
	"vantage_name":        "where the name of a site leads from a vantage",
	"vantage_seen":        "when a vantage was last heard of",
	"probe_vote":          "what each vantage saw of a site in an interval",
	"host_seen":           "what a crawler saw last of a site's names and machines; what is found by it is audited",
	"host_look":           "the last look at a site's names and machines; what it found is audited",
	"frontier":            "the crawler's frontier",
	"crawl_round":         "the crawler's frontier: sites that wait, and who holds which",
	"crawl_host":          "the crawler's frontier: when a host was last left alone",
	"crawl_page":          "the crawler's frontier: what pages answered",
	"crawl_known":         "the crawler's frontier: what a site is known to have, and whose turn it is",
	"crawl_spent":         "the crawler's frontier: how long a look that was broken off took so far",
	"crawl_link":          "the crawler's frontier: what became of links",
	"dashboard_month":     "sums of the dashboards follow the rows",
	"dashboard_order":     "sums of the dashboards follow the rows",
	"dashboard_verdict":   "what a site would come to: follows the rows",
	"dashboard_rule":      "sums of the dashboards follow the rows",
	"dashboard_burden":    "sums of the dashboards follow the rows",
	"dashboard_look":      "when a person last looked at the morning page",
	"read_mark":           "who has seen what",
	"rate_limit":          "counters of public forms",
	"sign_in_attempt":     "counters that lock a login; the lock itself is audited",
	"message_wait":        "messages the outgoing channels have not taken yet",
	"delivery":            "attempts of the outgoing channels; the message itself is audited",
	"media_rendition":     "what was made of a picture follows its original",
	"tamper_look":         "the last look at a site's served bytes; what it found is audited",
	"visit_batch":         "which counts of portals were taken in",
	"visit_day":           "how often sites were read: counts that portals bring",
	"visit_part":          "the same, by page",
	"impostor_candidate":  "names like a protected one that resolve: what a person does with one is audited",
	"impostor_round":      "when the names made from a host were last asked for",
	"form_receipt":        "answers to forms already taken, so that a replay does nothing",
}

var writes = regexp.MustCompile(`(?is)^\s*(?:with\b.*?\)\s*)?(?:insert\s+into|update|delete\s+from)\s+([a-z_]+)`)

// Quiet writes to a table of QuietTables without asking for an audit entry.
func (tx *Tx) Quiet(ctx context.Context, query string, args ...any) (int64, error) {
	if tx.readOnly {
		return 0, errReadOnly
	}
	m := writes.FindStringSubmatch(query)
	if m == nil {
		return 0, fmt.Errorf("db: quiet statement names no table: %.60s", query)
	}
	if _, ok := QuietTables[strings.ToLower(m[1])]; !ok {
		return 0, fmt.Errorf("db: table %s is not quiet", m[1])
	}
	tx.quiet = true
	return tx.exec(ctx, query, args)
}

func (tx *Tx) exec(ctx context.Context, query string, args []any) (int64, error) {
	if tx.pg != nil {
		tag, err := tx.pg.Exec(ctx, query, bind(tx.db.dialect, args)...)
		if err != nil {
			return 0, err
		}
		return tag.RowsAffected(), nil
	}
	res, err := tx.lite.ExecContext(ctx, query, bind(tx.db.dialect, args)...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

var reads = regexp.MustCompile(`(?i)^\s*(?:select|with|values|explain)\b`)

// errNotARead is returned when Query is asked to write: writes go through Exec
// or Quiet, which the audit guard sees.
var errNotARead = errors.New("db: Query is for reading")

// ReadOnly reports whether the transaction cannot write.
func (tx *Tx) ReadOnly() bool { return tx.readOnly }

// Query reads rows; the caller closes them, or uses All and One.
func (tx *Tx) Query(ctx context.Context, query string, args ...any) (*Rows, error) {
	if !reads.MatchString(query) {
		return nil, errNotARead
	}
	if tx.pg != nil {
		rows, err := tx.pg.Query(ctx, query, bind(tx.db.dialect, args)...)
		if err != nil {
			return nil, err
		}
		return &Rows{pg: rows}, nil
	}
	rows, err := tx.lite.QueryContext(ctx, query, bind(tx.db.dialect, args)...)
	if err != nil {
		return nil, err
	}
	return &Rows{lite: rows}, nil
}

// Query reads rows outside a transaction.
func (d *DB) Query(ctx context.Context, query string, args ...any) (*Rows, error) {
	if d.pool != nil {
		rows, err := d.pool.Query(ctx, query, bind(d.dialect, args)...)
		if err != nil {
			return nil, err
		}
		return &Rows{pg: rows}, nil
	}
	rows, err := d.reader.QueryContext(ctx, query, bind(d.dialect, args)...)
	if err != nil {
		return nil, err
	}
	return &Rows{lite: rows}, nil
}

func (tx *Tx) commit(ctx context.Context) error {
	tx.done = true
	if tx.pg != nil {
		return tx.pg.Commit(ctx)
	}
	return tx.lite.Commit()
}

func (tx *Tx) rollback(ctx context.Context) {
	if tx.done {
		return
	}
	tx.done = true
	// A failed rollback leaves nothing behind: the driver drops the connection.
	if tx.pg != nil {
		_ = tx.pg.Rollback(context.WithoutCancel(ctx))
		return
	}
	_ = tx.lite.Rollback()
}

// Querier reads: a DB or a Tx.
type Querier interface {
	Query(ctx context.Context, query string, args ...any) (*Rows, error)
	Dialect() Dialect
}

// Scanner is one row.
type Scanner interface{ Scan(dest ...any) error }

// Rows walks a result.
type Rows struct {
	lite *sql.Rows
	pg   pgx.Rows
}

// Next moves to the next row.
func (r *Rows) Next() bool {
	if r.pg != nil {
		return r.pg.Next()
	}
	return r.lite.Next()
}

// Scan reads the row into dest. *time.Time takes instants of both databases.
func (r *Rows) Scan(dest ...any) error {
	for i, d := range dest {
		if t, ok := d.(*time.Time); ok {
			dest[i] = (*instant)(t)
		}
	}
	if r.pg != nil {
		return r.pg.Scan(dest...)
	}
	return r.lite.Scan(dest...)
}

// Err is the error that ended the walk.
func (r *Rows) Err() error {
	if r.pg != nil {
		return r.pg.Err()
	}
	return r.lite.Err()
}

// Close ends the walk; it may be called twice.
func (r *Rows) Close() error {
	if r.pg != nil {
		r.pg.Close()
		return r.pg.Err()
	}
	return r.lite.Close()
}

// All reads every row through scan.
func All[T any](ctx context.Context, q Querier, scan func(Scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// One reads the first row through scan; none is sql.ErrNoRows.
func One[T any](ctx context.Context, q Querier, scan func(Scanner) (T, error), query string, args ...any) (T, error) {
	var zero T
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return zero, err
	}
	defer rows.Close()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return zero, err
		}
		return zero, sql.ErrNoRows
	}
	v, err := scan(rows)
	if err != nil {
		return zero, err
	}
	return v, rows.Close()
}

// Value scans a row of one column.
func Value[T any](s Scanner) (T, error) {
	var v T
	err := s.Scan(&v)
	return v, err
}

// None reports whether err says that there is no row.
func None(err error) bool { return errors.Is(err, sql.ErrNoRows) }
