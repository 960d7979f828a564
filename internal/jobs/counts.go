package jobs

import (
	"context"
	"fmt"
	"time"

	"zhengshu/internal/db"
)

// Waiting counts one kind, for metrics and the operator's page.
type Waiting struct {
	Kind string
	// Waiting jobs, due or not; Running in some process; Failed for good.
	Waiting, Running, Failed int
	// OldestAge is how long the oldest due job has waited; zero when none is due.
	OldestAge time.Duration
}

// Counts counts the jobs of each kind that has any.
func Counts(ctx context.Context, q db.Querier) ([]Waiting, error) {
	now := time.Now().UTC()
	if c, ok := q.(interface{ Now() time.Time }); ok {
		now = c.Now()
	}
	out, err := db.All(ctx, q, func(s db.Scanner) (Waiting, error) {
		var w Waiting
		var oldest time.Time
		err := s.Scan(&w.Kind, &w.Waiting, &w.Running, &w.Failed, &oldest)
		if !oldest.IsZero() {
			w.OldestAge = max(now.Sub(oldest), 0)
		}
		return w, err
	}, `SELECT kind,
			COUNT(CASE WHEN state = 'waiting' THEN 1 END),
			COUNT(CASE WHEN state = 'running' THEN 1 END),
			COUNT(CASE WHEN state = 'failed' THEN 1 END),
			MIN(CASE WHEN state = 'waiting' AND run_at <= $1 THEN run_at END)
		FROM job GROUP BY kind ORDER BY kind`, now)
	if err != nil {
		return nil, fmt.Errorf("jobs: count: %w", err)
	}
	return out, nil
}

// Failure is a job that spent its attempts or was cancelled.
type Failure struct {
	ID, Kind string
	Args     string // JSON
	Attempts int
	Cause    string // English, of the last attempt
	At       time.Time
}

// Failures lists failed jobs, latest first.
func Failures(ctx context.Context, q db.Querier, limit int) ([]Failure, error) {
	out, err := db.All(ctx, q, func(s db.Scanner) (Failure, error) {
		var f Failure
		err := s.Scan(&f.ID, &f.Kind, &f.Args, &f.Attempts, &f.Cause, &f.At)
		return f, err
	}, `SELECT id, kind, args, attempt, last_error, failed_at FROM job
		WHERE state = 'failed' ORDER BY failed_at DESC, id DESC LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("jobs: list failures: %w", err)
	}
	return out, nil
}

// Retry lets a failed job run again, with all its attempts. The caller audits.
func Retry(ctx context.Context, tx *db.Tx, id string) error {
	c, err := within(ctx, tx)
	if err != nil {
		return fmt.Errorf("jobs: retry: %w", err)
	}
	n, err := c.exec(ctx, `UPDATE job SET state = 'waiting', run_at = $1, attempt = 0, failed_at = NULL
		WHERE id = $2 AND state = 'failed'`, tx.Now(), id)
	if err == nil && n == 0 {
		return ErrNotFailed
	}
	if err != nil {
		return fmt.Errorf("jobs: retry: %w", err)
	}
	tx.AfterCommit(ringAll)
	return nil
}

// Remove drops a failed job for good. The caller audits.
func Remove(ctx context.Context, tx *db.Tx, id string) error {
	c, err := within(ctx, tx)
	if err != nil {
		return fmt.Errorf("jobs: remove: %w", err)
	}
	n, err := c.exec(ctx, `DELETE FROM job WHERE id = $1 AND state = 'failed'`, id)
	if err == nil && n == 0 {
		return ErrNotFailed
	}
	return wrapf(err, "remove")
}
