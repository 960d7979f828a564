// Package jobstest lets tests see and work the jobs an act has left behind.
// It decides nothing about when or how work is done: that is jobs' own affair.
package jobstest

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/jobs"
)

// Waiting lists the waiting jobs of T's kind, oldest first, due or not; jobs
// of one unique key appear once, as they will be worked.
func Waiting[T jobs.Args](t testing.TB, d *db.DB) []T {
	t.Helper()
	var zero T
	type job struct{ key, args string }
	rows, err := db.All(context.Background(), d, func(s db.Scanner) (job, error) {
		var j job
		err := s.Scan(&j.key, &j.args)
		return j, err
	}, `SELECT unique_key, args FROM job WHERE kind = $1 AND state = 'waiting' ORDER BY run_at, id`, zero.Kind())
	if err != nil {
		t.Fatalf("list waiting jobs of %s: %v", zero.Kind(), err)
	}
	var out []T
	seen := map[string]bool{}
	for _, r := range rows {
		if r.key != "" && seen[r.key] {
			continue
		}
		seen[r.key] = true
		var args T
		if err := json.Unmarshal([]byte(r.args), &args); err != nil {
			t.Fatalf("decode a waiting job of %s: %v", zero.Kind(), err)
		}
		out = append(out, args)
	}
	return out
}

// Patience is how long a test may wait: until shortly before its own deadline,
// so that what hangs is named.
func Patience(t testing.TB) time.Duration {
	if d, ok := t.(interface{ Deadline() (time.Time, bool) }); ok {
		if at, ok := d.Deadline(); ok {
			return max(time.Until(at)-5*time.Second, time.Second)
		}
	}
	return time.Hour
}

// Work works every due job with w, without starting a client.
func Work(t testing.TB, d *db.DB, w *jobs.Workers, c jobs.Config) {
	t.Helper()
	k, err := jobs.New(d, w, c)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Drain(context.Background(), Patience(t)); err != nil {
		t.Fatal(err)
	}
	if err := k.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// Silence lets the process that works the waiting jobs of T's kind fall silent, for
// the attempts-th time: they are taken up again, or given up, when jobs are next
// worked.
func Silence[T jobs.Args](t testing.TB, d *db.DB, attempts int) {
	t.Helper()
	var zero T
	if n := dbtest.Write(t, d, fmt.Sprintf(`UPDATE job SET state = 'running', holder = 'gone', attempt = %d, held_until = '2026-01-01T00:00:00.000000Z' WHERE kind = '%s' AND state = 'waiting'`, attempts, zero.Kind())); n == 0 {
		t.Fatalf("no job of %s waits", zero.Kind())
	}
}
