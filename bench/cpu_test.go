package bench

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"zhengshu/internal/db"
)

// worker measures the processor's time that questions take, which holds on a
// busy machine: of this process, and of the database's where they run here.
type worker struct {
	q    *db.DB
	name string // of the database; empty for the embedded one
}

func workerOf(q *db.DB) worker {
	if q.Pool() == nil {
		return worker{q: q}
	}
	return worker{q, q.Pool().Config().ConnConfig.Database}
}

// spent is the time until now, of everything that works for this house.
func (w worker) spent(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	out := time.Duration(u.Utime.Nano() + u.Stime.Nano())
	if w.name == "" {
		return out
	}
	pids, err := db.All(context.Background(), w.q, db.Value[int], `SELECT pid FROM pg_stat_activity WHERE datname = $1`, w.name)
	if err != nil {
		b.Fatal(err)
	}
	for _, pid := range pids {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/schedstat", pid))
		if err != nil {
			continue // ended meanwhile, or another machine's
		}
		if ns, err := strconv.ParseInt(strings.Fields(string(text))[0], 10, 64); err == nil {
			out += time.Duration(ns)
		}
	}
	return out
}

// asked is one question asked some times in a row.
type asking struct {
	name string
	ask  func() error
}

// asks measures questions and reports of each group the 95th percentile of the
// clock's time of single asks, and the most that any one question takes of the
// processor, both in milliseconds; growth beside the smallest shelf.
func (s *shelf) asks(b *testing.B, group string, times int, questions ...asking) {
	b.Helper()
	w := workerOf(s.h.DB)
	var took []float64
	most, worst := 0.0, ""
	for _, q := range questions {
		if err := q.ask(); err != nil { // not counted
			b.Fatalf("%s: %v", q.name, err)
		}
		before := w.spent(b)
		for range times {
			start := time.Now()
			if err := q.ask(); err != nil {
				b.Fatalf("%s: %v", q.name, err)
			}
			took = append(took, float64(time.Since(start).Microseconds())/1000)
		}
		if ms := float64((w.spent(b) - before).Microseconds()) / 1000 / float64(times); ms > most {
			most, worst = ms, q.name
		}
	}
	slices.Sort(took)
	for name, value := range map[string]float64{"ms_p95_": took[len(took)*95/100], "cpu_ms_most_": most} {
		unit := name + group
		b.ReportMetric(value, unit)
		key := fmt.Sprint(s.on, unit)
		if s.n == shelves[0] {
			shelved[key] = value
		} else if was := shelved[key]; was > 0 {
			b.ReportMetric(value/was, "x_"+unit)
		}
	}
	b.Logf("%s: p95 %.1f ms, least %.1f; most of the processor %.1f ms: %s", group, took[len(took)*95/100], took[0], most, worst)
}
