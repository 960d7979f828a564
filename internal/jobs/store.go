package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"zhengshu/internal/db"
)

// channel is the PostgreSQL notification channel.
const channel = "zhengshu_jobs"

// claimLock is the PostgreSQL advisory lock under which processes claim, so
// that two of them never take two jobs of one key.
const claimLock = 0x7a68656e67 // "zheng"

// row is one job as stored.
type row struct {
	ID, Queue, Kind, Args, Key string
	State                      string
	RunAt                      time.Time
	Attempt, MaxAttempts       int
	Holder                     string
}

// conn is the driver's transaction: the queue's tables are bookkeeping, and
// carry no audit entry.
type conn struct {
	lite *sql.Tx
	pg   pgx.Tx
}

// within takes the driver's transaction out of tx. On SQLite a read-only
// transaction would take the row and drop it at its end without a word; a Tx
// does not say which it is, so a statement that touches nothing asks.
func within(ctx context.Context, tx *db.Tx) (conn, error) {
	if tx.Lite() != nil {
		if _, err := tx.Quiet(ctx, `DELETE FROM lease WHERE name = ''`); err != nil {
			return conn{}, err
		}
	}
	return conn{lite: tx.Lite(), pg: tx.PG()}, nil
}

func (c conn) exec(ctx context.Context, query string, args ...any) (int64, error) {
	if c.pg != nil {
		tag, err := c.pg.Exec(ctx, query, args...)
		return tag.RowsAffected(), err
	}
	for i, a := range args {
		if t, ok := a.(time.Time); ok {
			args[i] = text(t)
		}
	}
	res, err := c.lite.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// instantLayout is the text db keeps instants as on SQLite.
const instantLayout = "2006-01-02T15:04:05.000000Z"

func text(t time.Time) string { return t.UTC().Format(instantLayout) }

func (c conn) rows(ctx context.Context, query string, args ...any) ([]row, error) {
	var out []row
	if c.pg != nil {
		rs, err := c.pg.Query(ctx, query, args...)
		if err != nil {
			return nil, err
		}
		defer rs.Close()
		for rs.Next() {
			var r row
			if err := rs.Scan(&r.ID, &r.Queue, &r.Kind, &r.Args, &r.Key, &r.State, &r.Attempt, &r.MaxAttempts, &r.Holder); err != nil {
				return nil, err
			}
			out = append(out, r)
		}
		return out, rs.Err()
	}
	for i, a := range args {
		if t, ok := a.(time.Time); ok {
			args[i] = text(t)
		}
	}
	rs, err := c.lite.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rs.Close()
	for rs.Next() {
		var r row
		if err := rs.Scan(&r.ID, &r.Queue, &r.Kind, &r.Args, &r.Key, &r.State, &r.Attempt, &r.MaxAttempts, &r.Holder); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rs.Err()
}

const columns = `id, queue, kind, args, unique_key, state, attempt, max_attempts, holder`

// write runs fn in a short transaction of the queue's own: one statement each
// sees what is committed (PostgreSQL) or has the writer alone (SQLite).
func write(ctx context.Context, d *db.DB, fn func(c conn) error) error {
	if p := d.Pool(); p != nil {
		tx, err := p.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.ReadCommitted})
		if err != nil {
			return err
		}
		defer tx.Rollback(context.WithoutCancel(ctx))
		if err := fn(conn{pg: tx}); err != nil {
			return err
		}
		return tx.Commit(ctx)
	}
	tx, err := d.Writer().BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := fn(conn{lite: tx}); err != nil {
		return err
	}
	return tx.Commit()
}

func insert(ctx context.Context, c conn, j row, now time.Time) error {
	_, err := c.exec(ctx, `INSERT INTO job
		(id, queue, kind, args, unique_key, state, run_at, created_at, attempt, max_attempts, holder, last_error)
		VALUES ($1, $2, $3, $4, $5, 'waiting', $6, $7, 0, $8, '', '')`,
		j.ID, j.Queue, j.Kind, j.Args, j.Key, j.RunAt, now, j.MaxAttempts)
	return err
}

// params numbers arguments as they are added.
type params struct{ args []any }

func (p *params) add(v any) string {
	p.args = append(p.args, v)
	return "$" + strconv.Itoa(len(p.args))
}

func (p *params) list(vs []string) string {
	if len(vs) == 0 {
		return "('')"
	}
	marks := make([]string, len(vs))
	for i, v := range vs {
		marks[i] = p.add(v)
	}
	return "(" + strings.Join(marks, ", ") + ")"
}

// runnable looks, without the writer, whether anything of these kinds is due,
// or was left by a process that fell silent.
func runnable(ctx context.Context, d *db.DB, kinds []string, now time.Time) (bool, error) {
	var p params
	n, err := db.One(ctx, d, db.Value[int], `SELECT COUNT(*) FROM (
		SELECT 1 FROM job WHERE state = 'waiting' AND run_at <= `+p.add(now)+` AND kind IN `+p.list(kinds)+` LIMIT 1) w`, p.args...)
	if err != nil || n > 0 {
		return n > 0, err
	}
	n, err = db.One(ctx, d, db.Value[int], `SELECT COUNT(*) FROM (
		SELECT 1 FROM job WHERE state = 'running' AND held_until < $1 LIMIT 1) w`, now)
	return n > 0, err
}

// share is one queue and how many more of its jobs may start now.
type share struct {
	queue string
	rest  []string // for the default queue: every queue but these
	free  int
}

// skipLocked leaves out rows that an open transaction holds: a HandleTx at its
// end has not abandoned its job, and needs no longer lease.
func (c conn) skipLocked() string {
	if c.pg != nil {
		return ` FOR UPDATE SKIP LOCKED`
	}
	return ""
}

// claim takes due jobs for holder until the lease ends, oldest first, never
// two of one key; giveBack came before it in the transaction.
func claim(ctx context.Context, c conn, shares []share, kinds []string, holder string, now, until time.Time) ([]row, error) {
	var out []row
	for _, s := range shares {
		if s.free <= 0 {
			continue
		}
		var p params
		q := `SELECT ` + columns + ` FROM job j WHERE state = 'waiting' AND run_at <= ` + p.add(now) +
			` AND kind IN ` + p.list(kinds)
		if s.queue == DefaultQueue {
			q += ` AND queue NOT IN ` + p.list(s.rest)
		} else {
			q += ` AND queue = ` + p.add(s.queue)
		}
		q += ` AND (unique_key = '' OR NOT EXISTS (SELECT 1 FROM job r
			WHERE r.kind = j.kind AND r.unique_key = j.unique_key AND r.unique_key <> '' AND r.state = 'running'))
			ORDER BY run_at, id LIMIT ` + p.add(s.free) + c.skipLocked()
		got, err := c.rows(ctx, q, p.args...)
		if err != nil {
			return nil, err
		}
		for _, j := range got {
			// Earlier in this claim one of the same key may have been taken; it
			// stood for this one, which is gone with it.
			n, err := c.exec(ctx, `UPDATE job SET state = 'running', holder = $1, held_until = $2, attempt = attempt + 1
				WHERE id = $3 AND state = 'waiting'`, holder, until, j.ID)
			if err != nil {
				return nil, err
			}
			if n == 0 {
				continue
			}
			if j.Key != "" {
				// A retry in back-off goes too: this run does its work.
				if _, err := c.exec(ctx, `DELETE FROM job WHERE kind = $1 AND unique_key = $2 AND state = 'waiting'
					AND (run_at <= $3 OR attempt > 0)`, j.Kind, j.Key, now); err != nil {
					return nil, err
				}
			}
			j.Attempt++
			out = append(out, j)
		}
	}
	return out, nil
}

// giveBack returns the jobs of silent processes to the waiting. Those that took
// their process down too often are spent: holder has them until the lease ends,
// to give them up. ours are the ids this process works on: their lease may have
// run out on a stopped machine, but they are not abandoned.
func giveBack(ctx context.Context, c conn, holder string, now, until time.Time, ours map[string]bool) (spent []row, err error) {
	if c.pg != nil {
		if _, err := c.exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(claimLock)); err != nil {
			return nil, err
		}
	}
	left, err := c.rows(ctx, `SELECT `+columns+` FROM job WHERE state = 'running' AND held_until < $1 LIMIT 500`+c.skipLocked(), now)
	if err != nil {
		return nil, err
	}
	for _, j := range left {
		if ours[j.ID] {
			continue
		}
		q, args := `UPDATE job SET state = 'waiting', holder = '', held_until = NULL, last_error = $1 WHERE id = $2`, []any{ErrSilent.Error(), j.ID}
		if j.Attempt >= j.MaxAttempts {
			q, args = `UPDATE job SET holder = $1, held_until = $2 WHERE id = $3`, []any{holder, until, j.ID}
			j.Holder = holder
			spent = append(spent, j)
		}
		if _, err := c.exec(ctx, q, args...); err != nil {
			return nil, err
		}
	}
	return spent, nil
}

// finish removes a worked job if this attempt of this process still holds it.
func finish(ctx context.Context, c conn, j row) error {
	n, err := c.exec(ctx, `DELETE FROM job WHERE id = $1 AND holder = $2 AND attempt = $3 AND state = 'running'`, j.ID, j.Holder, j.Attempt)
	if err == nil && n == 0 {
		return errLost
	}
	return err
}

// putBack makes the job wait until at; spent is the attempts it has used.
func putBack(ctx context.Context, c conn, j row, at time.Time, spent int, why string) error {
	_, err := c.exec(ctx, `UPDATE job SET state = 'waiting', holder = '', held_until = NULL, run_at = $1, attempt = $2, last_error = $3
		WHERE id = $4 AND holder = $5 AND attempt = $6 AND state = 'running'`, at, spent, why, j.ID, j.Holder, j.Attempt)
	return err
}

// giveUp lets the job stand as failed if this attempt of this process still holds it.
func giveUp(ctx context.Context, c conn, j row, now time.Time, why string) error {
	n, err := c.exec(ctx, `UPDATE job SET state = 'failed', holder = '', held_until = NULL, failed_at = $1, last_error = $2
		WHERE id = $3 AND holder = $4 AND attempt = $5 AND state = 'running'`, now, why, j.ID, j.Holder, j.Attempt)
	if err == nil && n == 0 {
		return errLost
	}
	return err
}

// extend keeps the jobs of holder for longer.
func extend(ctx context.Context, c conn, holder string, ids []string, until time.Time) error {
	var p params
	_, err := c.exec(ctx, `UPDATE job SET held_until = `+p.add(until)+` WHERE id IN (SELECT id FROM job
		WHERE holder = `+p.add(holder)+` AND state = 'running' AND id IN `+p.list(ids)+c.skipLocked()+`)`, p.args...)
	return err
}

// fire inserts the periodic job of j's kind if its instant has come and no
// other process was first.
func fire(ctx context.Context, c conn, j row, every time.Duration, now time.Time, atStart bool) error {
	next := now.Add(every)
	guard := ` WHERE job_period.next_at <= $3 OR job_period.next_at > $4`
	args := []any{j.Kind, next, now, next}
	if atStart {
		guard, args = "", args[:2]
	}
	// An instant further off than one period was set by an older, longer period.
	n, err := c.exec(ctx, `INSERT INTO job_period (kind, next_at) VALUES ($1, $2)
		ON CONFLICT (kind) DO UPDATE SET next_at = excluded.next_at`+guard, args...)
	if err != nil || n == 0 {
		return err
	}
	// One that waits already does this firing's work; the row of job_period is
	// ours until commit, so nobody else decides the same.
	waits, err := c.rows(ctx, `SELECT `+columns+` FROM job
		WHERE kind = $1 AND unique_key = $2 AND unique_key <> '' AND state = 'waiting' AND run_at <= $3 LIMIT 1`, j.Kind, j.Key, now)
	if err != nil || len(waits) > 0 {
		return err
	}
	return insert(ctx, c, j, now)
}

// nextFire reads when kind fires next; the zero time when it never has.
func nextFire(ctx context.Context, d *db.DB, kind string) (time.Time, error) {
	at, err := db.One(ctx, d, db.Value[time.Time], `SELECT next_at FROM job_period WHERE kind = $1`, kind)
	if db.None(err) {
		return time.Time{}, nil
	}
	return at, err
}

// ErrNotFailed says that there is no failed job of that id.
var ErrNotFailed = errors.New("jobs: no failed job of this id")

// ErrSilent is why a job is given up whose process fell silent at each attempt.
var ErrSilent = errors.New("the process that worked this job fell silent")

var errLost = errors.New("jobs: another process has taken the job over")

func wrapf(err error, what string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("jobs: %s: %w", what, err)
}
