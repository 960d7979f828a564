package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/jobs"
	"zhengshu/internal/jobs/jobstest"
)

type note struct {
	N int `json:"n"`
}

func (note) Kind() string { return "test.note" }

type tick struct{}

func (tick) Kind() string { return "test.tick" }

var quiet = slog.New(slog.DiscardHandler)

// soon makes retries immediate.
func soon(int) time.Duration { return 0 }

func enqueue(t *testing.T, d *db.DB, args jobs.Args, opts ...jobs.Option) {
	t.Helper()
	ctx := context.Background()
	if err := d.Update(ctx, func(tx *db.Tx) error { return jobs.Enqueue(ctx, tx, args, opts...) }); err != nil {
		t.Fatal(err)
	}
}

func start(t *testing.T, d *db.DB, w *jobs.Workers, c jobs.Config) *jobs.Client {
	t.Helper()
	c.Log = quiet
	k, err := jobs.New(d, w, c)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), jobstest.Patience(t))
		defer cancel()
		if err := k.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return k
}

// never is a poll that does not come: what is worked was woken.
const never = 24 * time.Hour

// drain waits as long as the test may: a slow machine is no lost job.
func drain(t *testing.T, k *jobs.Client) {
	t.Helper()
	if err := k.Drain(context.Background(), jobstest.Patience(t)); err != nil {
		t.Fatal(err)
	}
}

// TestEnqueueCommitsWithTheAct: a job exists exactly when its act does.
func TestEnqueueCommitsWithTheAct(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		undone := errors.New("undone")
		err := d.Update(ctx, func(tx *db.Tx) error {
			if err := jobs.Enqueue(ctx, tx, note{1}); err != nil {
				t.Fatal(err)
			}
			return undone
		})
		if !errors.Is(err, undone) {
			t.Fatal(err)
		}
		enqueue(t, d, note{2})
		if got := jobstest.Waiting[note](t, d); !slices.Equal(got, []note{{2}}) {
			t.Errorf("waiting %v, want only the committed one", got)
		}
		if err := d.View(ctx, func(tx *db.Tx) error { return jobs.Enqueue(ctx, tx, note{3}) }); err == nil {
			t.Error("a read-only transaction took a job")
		}
	})
}

func TestEnqueueRefuses(t *testing.T) {
	d := dbtest.SQLite(t, nil)
	ctx := context.Background()
	for name, c := range map[string]struct {
		args jobs.Args
		opt  jobs.Option
	}{
		"no kind":       {noKind{}, jobs.Unique("")},
		"not JSON":      {notJSON{F: func() {}}, jobs.Unique("")},
		"too large":     {large{S: string(make([]byte, jobs.MaxArgs))}, jobs.Unique("")},
		"no attempts":   {note{}, jobs.MaxAttempts(0)},
		"unnamed queue": {note{}, jobs.Queue("")},
	} {
		err := d.Update(ctx, func(tx *db.Tx) error { return jobs.Enqueue(ctx, tx, c.args, c.opt) })
		if err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

type noKind struct{}

func (noKind) Kind() string { return "" }

type notJSON struct{ F func() }

func (notJSON) Kind() string { return "test.notjson" }

type large struct{ S string }

func (large) Kind() string { return "test.large" }

func TestWorkInOrderAndOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var mu sync.Mutex
		var got []int
		w := jobs.NewWorkers()
		jobs.Handle(w, func(_ context.Context, n note) error {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, n.N)
			return nil
		})
		for i := range 20 {
			enqueue(t, d, note{i})
		}
		enqueue(t, d, note{99}, jobs.At(d.Now().Add(time.Hour)))
		jobstest.Work(t, d, w, jobs.Config{Queues: map[string]int{jobs.DefaultQueue: 1}})
		want := make([]int, 20)
		for i := range want {
			want[i] = i
		}
		if !slices.Equal(got, want) {
			t.Errorf("worked %v", got)
		}
		if left := jobstest.Waiting[note](t, d); !slices.Equal(left, []note{{99}}) {
			t.Errorf("waiting %v, want the one for later", left)
		}
	})
}

// TestAt runs a job when the house clock reaches it.
func TestAt(t *testing.T) {
	var now atomic.Int64
	now.Store(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC).Unix())
	dbtest.EachAt(t, func() time.Time { return time.Unix(now.Load(), 0) }, func(t *testing.T, d *db.DB) {
		var n int
		w := jobs.NewWorkers()
		jobs.Handle(w, func(context.Context, note) error { n++; return nil })
		enqueue(t, d, note{}, jobs.At(d.Now().Add(24*time.Hour)))
		jobstest.Work(t, d, w, jobs.Config{})
		if n != 0 {
			t.Fatal("ran a day early")
		}
		now.Add(24 * 3600)
		jobstest.Work(t, d, w, jobs.Config{})
		if n != 1 {
			t.Fatalf("ran %d times when due", n)
		}
	})
}

// The database went away under a job: the attempt does not count, and the job
// is done when the database is back.
func TestAwayDatabaseCountsNoAttempt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var runs atomic.Int32
		w := jobs.NewWorkers()
		jobs.Handle(w, func(context.Context, note) error {
			if runs.Add(1) < 4 {
				return fmt.Errorf("work: %w", &pgconn.PgError{Code: "57P03", Message: "the database system is starting up"})
			}
			return nil
		})
		enqueue(t, d, note{1}, jobs.MaxAttempts(1))
		jobstest.Work(t, d, w, jobs.Config{Backoff: soon, Log: quiet})
		f, err := jobs.Failures(context.Background(), d, 10)
		if err != nil || len(f) != 0 || runs.Load() != 4 {
			t.Errorf("%d runs, failed %v (%v)", runs.Load(), f, err)
		}
	})
}

func TestRetryBackOffAndFailure(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		var runs atomic.Int32
		fails := atomic.Bool{}
		fails.Store(true)
		w := jobs.NewWorkers()
		jobs.Handle(w, func(_ context.Context, n note) error {
			runs.Add(1)
			switch {
			case !fails.Load():
				return nil
			case n.N == 1:
				return jobs.Cancel(errors.New("hopeless"))
			case n.N == 2:
				panic("boom")
			}
			return errors.New("not yet")
		})
		enqueue(t, d, note{0}, jobs.MaxAttempts(4))
		jobstest.Work(t, d, w, jobs.Config{Backoff: soon, Log: quiet})
		if runs.Swap(0) != 4 {
			t.Error("not tried four times")
		}
		enqueue(t, d, note{1})
		enqueue(t, d, note{2}, jobs.MaxAttempts(1))
		jobstest.Work(t, d, w, jobs.Config{Backoff: soon, Log: quiet})
		if runs.Swap(0) != 2 {
			t.Error("a cancelled job or the last attempt was tried again")
		}
		f, err := jobs.Failures(ctx, d, 10)
		if err != nil || len(f) != 3 {
			t.Fatalf("failures %v, %v", f, err)
		}
		causes := []string{f[0].Cause, f[1].Cause, f[2].Cause}
		slices.Sort(causes)
		if !slices.Equal(causes, []string{"hopeless", "not yet", "panic: boom"}) {
			t.Errorf("causes %q", causes)
		}
		fails.Store(false)
		err = d.Update(ctx, func(tx *db.Tx) error {
			return errors.Join(jobs.Retry(ctx, tx, f[0].ID), jobs.Remove(ctx, tx, f[1].ID))
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Update(ctx, func(tx *db.Tx) error { return jobs.Retry(ctx, tx, f[1].ID) }); !errors.Is(err, jobs.ErrNotFailed) {
			t.Errorf("retry of a removed job: %v", err)
		}
		jobstest.Work(t, d, w, jobs.Config{Log: quiet})
		if runs.Load() != 1 {
			t.Errorf("ran %d times after retry", runs.Load())
		}
		// In back-off a job waits, and Drain does not wait for it.
		fails.Store(true)
		enqueue(t, d, note{0})
		jobstest.Work(t, d, w, jobs.Config{Log: quiet})
		if got := jobstest.Waiting[note](t, d); len(got) != 1 {
			t.Errorf("waiting %v after a failure", got)
		}
	})
}

func TestSnoozeCountsNoAttempt(t *testing.T) {
	d := dbtest.SQLite(t, nil)
	var n int
	w := jobs.NewWorkers()
	jobs.Handle(w, func(context.Context, note) error {
		if n++; n < 5 {
			return jobs.Snooze(0)
		}
		return nil
	})
	enqueue(t, d, note{}, jobs.MaxAttempts(1))
	jobstest.Work(t, d, w, jobs.Config{})
	if n != 5 {
		t.Errorf("ran %d times", n)
	}
}

// TestUnique: those that wait are one; a wake-up during the run is not lost;
// two of one key never run at once.
func TestUnique(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var runs, now, most atomic.Int32
		began := make(chan struct{}, 8)
		goOn := make(chan struct{}, 8)
		w := jobs.NewWorkers()
		jobs.Handle(w, func(context.Context, note) error {
			most.Store(max(most.Load(), now.Add(1)))
			defer now.Add(-1)
			runs.Add(1)
			began <- struct{}{}
			<-goOn
			return nil
		})
		for range 3 {
			enqueue(t, d, note{7}, jobs.Unique("site-7"))
		}
		if got := jobstest.Waiting[note](t, d); len(got) != 1 {
			t.Errorf("%d wait, want one", len(got))
		}
		k := start(t, d, w, jobs.Config{Poll: never})
		<-began
		for range 3 {
			enqueue(t, d, note{7}, jobs.Unique("site-7"))
		}
		goOn <- struct{}{}
		<-began
		goOn <- struct{}{}
		drain(t, k)
		if runs.Load() != 2 || most.Load() != 1 {
			t.Errorf("ran %d times, %d at once; want 2 and 1", runs.Load(), most.Load())
		}
	})
}

// TestUniqueLater: a sweep that asks again each minute leaves one job.
func TestUniqueLater(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		at := d.Now().Add(48 * time.Hour)
		for range 5 {
			enqueue(t, d, note{}, jobs.Unique("due"), jobs.At(at))
		}
		c, err := jobs.Counts(context.Background(), d)
		if err != nil || len(c) != 1 || c[0].Waiting != 1 || c[0].OldestAge != 0 {
			t.Errorf("counts %+v, %v", c, err)
		}
		enqueue(t, d, note{}, jobs.Unique("due"), jobs.At(at.Add(-24*time.Hour)))
		if c, _ = jobs.Counts(context.Background(), d); c[0].Waiting != 2 {
			t.Errorf("the earlier one was dropped: %+v", c)
		}
	})
}

func TestHandleTxEffectWithCompletion(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		var tries atomic.Int32
		w := jobs.NewWorkers()
		jobs.HandleTx(w, func(ctx context.Context, tx *db.Tx, n note) error {
			if _, err := tx.Quiet(ctx, `INSERT INTO lease (name, holder, until) VALUES ($1, '', $2)`, fmt.Sprint("effect", n.N), tx.Now()); err != nil {
				return err
			}
			if tries.Add(1) == 1 {
				return errors.New("after the effect")
			}
			return jobs.Enqueue(ctx, tx, tick{})
		})
		var ticks atomic.Int32
		jobs.Handle(w, func(context.Context, tick) error { ticks.Add(1); return nil })
		enqueue(t, d, note{1})
		jobstest.Work(t, d, w, jobs.Config{Backoff: soon, Log: quiet})
		n, err := db.One(ctx, d, db.Value[int], `SELECT COUNT(*) FROM lease WHERE name = 'effect1'`)
		if err != nil || n != 1 || tries.Load() != 2 || ticks.Load() != 1 {
			t.Errorf("effects %d, tries %d, follow-ups %d, %v", n, tries.Load(), ticks.Load(), err)
		}
	})
}

func TestWrapGivesTheActor(t *testing.T) {
	type key struct{}
	d := dbtest.SQLite(t, nil)
	var got any
	w := jobs.NewWorkers()
	jobs.Handle(w, func(ctx context.Context, _ note) error { got = ctx.Value(key{}); return nil })
	enqueue(t, d, note{})
	jobstest.Work(t, d, w, jobs.Config{Wrap: func(ctx context.Context, kind string) context.Context {
		return context.WithValue(ctx, key{}, "system:"+kind)
	}})
	if got != "system:test.note" {
		t.Errorf("actor %v", got)
	}
}

func TestQueuesShareAndUnknownKindsWait(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var now, most, elsewhere atomic.Int32
		w := jobs.NewWorkers()
		jobs.Handle(w, func(_ context.Context, n note) error {
			if n.N < 0 {
				elsewhere.Add(1)
				return nil
			}
			most.Store(max(most.Load(), now.Add(1)))
			time.Sleep(5 * time.Millisecond)
			now.Add(-1)
			return nil
		})
		for i := range 8 {
			enqueue(t, d, note{i}, jobs.Queue("narrow"))
		}
		enqueue(t, d, note{-1}, jobs.Queue("nobody named this"))
		enqueue(t, d, tick{})
		jobstest.Work(t, d, w, jobs.Config{Queues: map[string]int{"narrow": 2}})
		if most.Load() != 2 || elsewhere.Load() != 1 {
			t.Errorf("%d at once in the narrow queue, %d of the unnamed queue", most.Load(), elsewhere.Load())
		}
		if got := jobstest.Waiting[tick](t, d); len(got) != 1 {
			t.Error("a job of a kind without a handler here did not wait")
		}
	})
}

func TestEvery(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var n, now, most atomic.Int32
		make2 := func() *jobs.Workers {
			w := jobs.NewWorkers()
			jobs.Handle(w, func(context.Context, tick) error {
				most.Store(max(most.Load(), now.Add(1)))
				n.Add(1)
				time.Sleep(2 * time.Millisecond)
				now.Add(-1)
				return nil
			})
			jobs.Every(w, 100*time.Millisecond, tick{})
			return w
		}
		c := jobs.Config{Poll: 10 * time.Millisecond}
		began := time.Now()
		start(t, d, make2(), c)
		start(t, d, make2(), c)
		for n.Load() < 6 && time.Since(began) < 10*time.Second {
			time.Sleep(5 * time.Millisecond)
		}
		// One firing a period, and one more for each start.
		most2 := int32(time.Since(began)/(100*time.Millisecond)) + 3
		if got := n.Load(); got < 6 || got > most2 || most.Load() != 1 {
			t.Errorf("two processes fired %d times in %s, %d at once", got, time.Since(began), most.Load())
		}
	})
}

// TestWokenByCommit: on both databases a job is worked because its act has
// committed, and not because the time to look has come.
func TestWokenByCommit(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		done := make(chan int, 1)
		w := jobs.NewWorkers()
		jobs.Handle(w, func(_ context.Context, n note) error { done <- n.N; return nil })
		start(t, d, w, jobs.Config{Poll: never})
		for i := range 20 {
			enqueue(t, d, note{i})
			if got := <-done; got != i {
				t.Fatalf("worked %d, want %d", got, i)
			}
		}
	})
}

// TestOtherProcess: a job committed by another process (here another handle of
// the same database) is worked too: by NOTIFY, or at the next poll.
func TestOtherProcess(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		c := db.Config{Dir: filepath.Dir(d.Path())}
		if p := d.Pool(); p != nil {
			c = db.Config{DSN: p.Config().ConnString()}
		}
		other, err := db.Open(ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		done := make(chan int, 1)
		w := jobs.NewWorkers()
		jobs.Handle(w, func(_ context.Context, n note) error { done <- n.N; return nil })
		k := start(t, d, w, jobs.Config{})
		enqueue(t, other, note{3})
		if n := <-done; n != 3 {
			t.Errorf("worked %d", n)
		}
		drain(t, k)
	})
}

// TestLease: a job longer than the lease is not taken twice.
func TestLease(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var n atomic.Int32
		w := jobs.NewWorkers()
		jobs.Handle(w, func(context.Context, note) error {
			n.Add(1)
			time.Sleep(900 * time.Millisecond)
			return nil
		})
		c := jobs.Config{Lease: 600 * time.Millisecond, Poll: 10 * time.Millisecond}
		a := start(t, d, w, c)
		start(t, d, w, c)
		enqueue(t, d, note{})
		time.Sleep(20 * time.Millisecond)
		drain(t, a)
		if n.Load() != 1 {
			t.Errorf("long work ran %d times", n.Load())
		}
	})
}

func TestStopGivesWorkBack(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		began := make(chan struct{})
		w := jobs.NewWorkers()
		jobs.Handle(w, func(ctx context.Context, _ note) error {
			close(began)
			<-ctx.Done()
			return ctx.Err()
		})
		k := start(t, d, w, jobs.Config{})
		enqueue(t, d, note{5}, jobs.MaxAttempts(1))
		<-began
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		defer cancel()
		if err := k.Stop(ctx); err != nil {
			t.Fatal(err)
		}
		if got := jobstest.Waiting[note](t, d); !slices.Equal(got, []note{{5}}) {
			t.Errorf("waiting %v after Stop", got)
		}
	})
}

func TestNewReportsWiring(t *testing.T) {
	d := dbtest.SQLite(t, nil)
	h := func(context.Context, note) error { return nil }
	two := jobs.NewWorkers()
	jobs.Handle(two, h)
	jobs.Handle(two, h)
	orphan := jobs.NewWorkers()
	jobs.Every(orphan, time.Minute, tick{})
	still := jobs.NewWorkers()
	jobs.Handle(still, h)
	jobs.Every(still, 0, note{})
	for name, w := range map[string]*jobs.Workers{"two handlers": two, "no handler": orphan, "no period": still} {
		if _, err := jobs.New(d, w, jobs.Config{}); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// TestIdleCommitsNothing: an idle process leaves the file alone.
func TestIdleCommitsNothing(t *testing.T) {
	d := dbtest.SQLite(t, nil)
	w := jobs.NewWorkers()
	jobs.Handle(w, func(context.Context, note) error { return nil })
	k := start(t, d, w, jobs.Config{Poll: 5 * time.Millisecond})
	enqueue(t, d, note{}, jobs.At(d.Now().Add(time.Hour)))
	drain(t, k)
	other, err := db.Open(context.Background(), db.Config{Dir: filepath.Dir(d.Path())})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	version := func() (v int) {
		if err := other.Writer().QueryRow(`PRAGMA data_version`).Scan(&v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	before := version()
	time.Sleep(300 * time.Millisecond)
	if after := version(); after != before {
		t.Errorf("an idle client committed %d times in 60 polls", after-before)
	}
}

// TestSilentProcess: what a dead process held runs again, unless it has taken
// its process down as often as it may.
func TestSilentProcess(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		enqueue(t, d, note{1}, jobs.Unique("a"))
		enqueue(t, d, note{2}, jobs.MaxAttempts(2))
		ddl(t, d, `UPDATE job SET state = 'running', holder = 'gone', attempt = 2, held_until = '2026-01-01T00:00:00.000000Z'`)
		var got []int
		w := jobs.NewWorkers()
		jobs.Handle(w, func(_ context.Context, n note) error { got = append(got, n.N); return nil })
		jobstest.Work(t, d, w, jobs.Config{})
		if !slices.Equal(got, []int{1}) {
			t.Errorf("worked %v, want the one with attempts left", got)
		}
		f, err := jobs.Failures(ctx, d, 10)
		if err != nil || len(f) != 1 || f[0].Attempts != 2 || f[0].Args != `{"n":2}` {
			t.Errorf("failures %+v, %v", f, err)
		}
	})
}

// TestGivenUpIsTold: whoever asked is told in the act that gives a job up, whatever
// the cause; a job whose owner cannot be told does not stand as failed.
func TestGivenUpIsTold(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		ddl(t, d, `CREATE TABLE told (n INTEGER NOT NULL, why TEXT NOT NULL)`)
		var deaf atomic.Int32
		w := jobs.NewWorkers()
		jobs.Handle(w, func(_ context.Context, n note) error {
			switch n.N {
			case 1:
				return errors.New("not yet")
			case 2:
				return jobs.Cancel(errors.New("hopeless"))
			}
			return nil
		})
		jobs.Handle(w, func(context.Context, tick) error { return errors.New("nobody's") })
		jobs.GivenUp(w, func(ctx context.Context, tx *db.Tx, n note, why error) error {
			if err := set(ctx, tx, `INSERT INTO told (n, why) VALUES ($1, $2)`, n.N, why.Error()); err != nil {
				return err
			}
			if n.N == 4 && deaf.Add(1) <= 5 {
				panic("deaf")
			}
			return nil
		})
		told := func() []string {
			t.Helper()
			list, err := db.All(ctx, d, db.Value[string], `SELECT n || ' ' || why FROM told ORDER BY n`)
			if err != nil {
				t.Fatal(err)
			}
			return list
		}
		for n := range 5 {
			enqueue(t, d, note{n}, jobs.MaxAttempts(2))
		}
		enqueue(t, d, tick{}, jobs.MaxAttempts(1))
		silent := func(cond string) {
			ddl(t, d, `UPDATE job SET state = 'running', holder = 'gone', attempt = 2, held_until = '2026-01-01T00:00:00.000000Z' WHERE `+cond)
		}
		silent(`args IN ('{"n":3}', '{"n":4}')`)
		// The lease is short, so that what could not be told is told in this drain.
		jobstest.Work(t, d, w, jobs.Config{Backoff: soon, Log: quiet, Lease: 50 * time.Millisecond})
		want := []string{"1 not yet", "2 hopeless", "3 " + jobs.ErrSilent.Error(), "4 " + jobs.ErrSilent.Error()}
		if got := told(); !slices.Equal(got, want) {
			t.Errorf("told %q", got)
		}
		// It may be told once more in an act that is rolled back since the lease ran
		// out on the way; that it is told once is what stands above.
		if deaf.Load() < 6 {
			t.Errorf("told %d times of the one whose owner could not be told", deaf.Load())
		}
		if f, err := jobs.Failures(ctx, d, 9); err != nil || len(f) != 5 {
			t.Errorf("failures %+v, %v", f, err)
		}
	})
}

// TestGivenUpRefuses: one owner of each kind, and a kind that is worked.
func TestGivenUpRefuses(t *testing.T) {
	fn := func(context.Context, *db.Tx, note, error) error { return nil }
	w := jobs.NewWorkers()
	jobs.GivenUp(w, fn)
	if _, err := jobs.New(nil, w, jobs.Config{}); err == nil {
		t.Error("a kind that nobody works has an owner")
	}
	jobs.Handle(w, func(context.Context, note) error { return nil })
	jobs.GivenUp(w, fn)
	if _, err := jobs.New(nil, w, jobs.Config{}); err == nil {
		t.Error("a kind has two owners")
	}
}

func TestCounts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		enqueue(t, d, tick{}, jobs.At(d.Now().Add(time.Hour)))
		enqueue(t, d, note{})
		time.Sleep(20 * time.Millisecond)
		check := func(c []jobs.Waiting, err error) {
			t.Helper()
			if err != nil || len(c) != 2 || c[0].Kind != "test.note" || c[0].Waiting != 1 || c[1].Waiting != 1 {
				t.Fatalf("counts %+v, %v", c, err)
			}
			if c[0].OldestAge < 15*time.Millisecond || c[0].OldestAge > time.Minute || c[1].OldestAge != 0 {
				t.Errorf("ages %s and %s", c[0].OldestAge, c[1].OldestAge)
			}
		}
		check(jobs.Counts(ctx, d))
		if err := d.View(ctx, func(tx *db.Tx) error { check(jobs.Counts(ctx, tx)); return nil }); err != nil {
			t.Fatal(err)
		}
	})
}
