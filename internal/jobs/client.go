package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/oklog/ulid/v2"

	"zhengshu/internal/db"
)

// Config says how a process works jobs. The zero value works.
type Config struct {
	// Wrap prepares the context of a kind's handler: the named system actor,
	// the trace. The context itself when nil.
	Wrap func(ctx context.Context, kind string) context.Context
	// Queues gives the number of jobs worked at a time in each named queue of
	// this process. The default queue also works every queue not named; it has
	// 8 when not given.
	Queues map[string]int
	// Lease is how long a silent process keeps its jobs; 10 s when zero. A
	// working process renews at a third of it.
	Lease time.Duration
	// Poll is how often an idle process looks for jobs of other processes and
	// for instants that have come; 200 ms when zero.
	Poll time.Duration
	// Backoff is the delay before the attempt after the n-th; doubling from a
	// second to an hour when nil.
	Backoff func(n int) time.Duration
	// Log receives failures; slog.Default when nil.
	Log *slog.Logger
}

// Client works the jobs of one database in this process.
type Client struct {
	d     *db.DB
	w     *Workers
	c     Config
	id    string
	kinds []string
	bell  chan struct{}

	claiming sync.Mutex // one claim of this process at a time

	mu      sync.Mutex
	flights map[string]*flight
	free    map[string]int
	next    []time.Time // of each period

	ends endings

	stop    context.CancelFunc // ends the loops
	abandon context.CancelFunc // cancels the handlers
	work    context.Context
	loops   sync.WaitGroup
	working sync.WaitGroup
}

type flight struct {
	queue string
	since time.Time
}

// New checks the workers and returns a client that has not started.
func New(d *db.DB, w *Workers, c Config) (*Client, error) {
	if err := w.check(); err != nil {
		return nil, err
	}
	if c.Wrap == nil {
		c.Wrap = func(ctx context.Context, _ string) context.Context { return ctx }
	}
	if c.Lease == 0 {
		c.Lease = 10 * time.Second
	}
	if c.Poll == 0 {
		c.Poll = 200 * time.Millisecond
	}
	if c.Backoff == nil {
		c.Backoff = backoff
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	k := &Client{
		d: d, w: w, c: c, id: ulid.Make().String(), bell: make(chan struct{}, 1),
		kinds:   slices.Sorted(maps.Keys(w.handlers)),
		flights: map[string]*flight{}, free: maps.Clone(c.Queues),
		next: make([]time.Time, len(w.periods)),
	}
	if k.free == nil {
		k.free = map[string]int{}
	}
	if k.free[DefaultQueue] == 0 {
		k.free[DefaultQueue] = 8
	}
	k.work, k.abandon = context.WithCancel(context.Background())
	return k, nil
}

// backoff doubles from a second to an hour, spread by a tenth so that jobs
// that failed together do not come back together.
func backoff(n int) time.Duration {
	d := time.Hour
	if n < 13 {
		d = min(d, time.Second<<max(n-1, 0))
	}
	return d - d/20 + rand.N(d/10)
}

// Start works jobs until Stop or until ctx ends. Periodic duties fire at once.
func (k *Client) Start(ctx context.Context) error {
	if k.stop != nil {
		return errors.New("jobs: client started twice")
	}
	ctx, k.stop = context.WithCancel(ctx)
	if err := k.firePeriods(ctx, true); err != nil {
		k.stop()
		k.stop = nil
		return fmt.Errorf("jobs: fire periodic duties: %w", err)
	}
	hang(k.bell)
	k.loops.Go(func() {
		defer unhang(k.bell)
		k.loop(ctx)
	})
	// The lease is renewed until the last handler has ended, also during Stop.
	go k.renew(k.work)
	if k.d.Dialect() == db.Postgres {
		k.loops.Go(func() { k.listen(ctx) })
	}
	return nil
}

// Stop takes no more jobs and waits for those at work; when ctx ends first
// they are cancelled and go back to the waiting without counting an attempt.
func (k *Client) Stop(ctx context.Context) error {
	if k.stop != nil {
		k.stop()
	}
	done := make(chan struct{})
	go func() {
		// The loop may still be starting jobs it has just claimed.
		k.loops.Wait()
		k.working.Wait()
		close(done)
	}()
	select {
	case <-done:
		k.abandon()
		return nil
	case <-ctx.Done():
	}
	k.abandon()
	select {
	case <-done:
		return nil
	case <-time.After(5 * time.Second):
		return errors.New("jobs: handlers did not end when cancelled; their jobs are taken up again after the lease")
	}
}

// Drain works until none of this process's kinds is due or being worked, by
// whichever process, and says what is left when timeout ends first. Jobs due
// later and retries in back-off are not waited for. The client need not have
// been started; then periodic duties do not fire.
func (k *Client) Drain(ctx context.Context, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if k.stop == nil {
		beat, end := context.WithCancel(ctx)
		defer end()
		go k.renew(beat)
	}
	for {
		if k.stop == nil {
			if _, err := k.round(ctx); err != nil {
				return wrapf(err, "drain")
			}
		}
		n, err := k.left(ctx)
		if err == nil && n == 0 {
			// A job put back while the first count was on its way was due a
			// moment after the instant of that count.
			n, err = k.left(ctx)
		}
		if err == nil && n == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("jobs: %d still to be worked: %w", n, ctx.Err())
		case <-time.After(3 * time.Millisecond):
		}
	}
}

func (k *Client) left(ctx context.Context) (int, error) {
	var p params
	q := `SELECT COUNT(*) FROM job WHERE ((state = 'waiting' AND run_at <= ` + p.add(k.d.Now()) + `) OR state = 'running')
		AND kind IN ` + p.list(k.kinds)
	return db.One(ctx, k.d, db.Value[int], q, p.args...)
}

func (k *Client) loop(ctx context.Context) {
	tick := time.NewTicker(k.c.Poll)
	defer tick.Stop()
	for {
		if err := k.firePeriods(ctx, false); err != nil && ctx.Err() == nil {
			k.c.Log.ErrorContext(ctx, "periodic duties did not fire", "cause", err)
		}
		more, err := k.round(ctx)
		if err != nil && ctx.Err() == nil {
			k.c.Log.ErrorContext(ctx, "jobs could not be claimed", "cause", err)
		}
		if more && err == nil && ctx.Err() == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-k.bell:
		case <-tick.C:
		}
	}
}

func (k *Client) firePeriods(ctx context.Context, atStart bool) error {
	now := k.d.Now()
	for i, p := range k.w.periods {
		if !atStart && now.Before(k.next[i]) {
			continue
		}
		if !atStart {
			// Another process may have fired: look before taking the writer.
			at, err := nextFire(ctx, k.d, p.job.Kind)
			if err != nil {
				return err
			}
			if at.After(now) && !at.After(now.Add(p.every)) {
				k.next[i] = at
				continue
			}
		}
		j := p.job
		j.ID, j.RunAt = ulid.Make().String(), now
		if err := write(ctx, k.d, func(c conn) error { return fire(ctx, c, j, p.every, now, atStart) }); err != nil {
			return err
		}
		k.next[i] = now.Add(p.every)
	}
	return nil
}

// round claims what is due and starts it; more says that another round may
// find more at once.
func (k *Client) round(ctx context.Context) (more bool, err error) {
	k.claiming.Lock()
	defer k.claiming.Unlock()
	now := k.d.Now()
	if len(k.kinds) == 0 {
		return false, nil
	}
	k.mu.Lock()
	var shares []share
	var named []string
	total := 0
	for q, n := range k.free {
		if q != DefaultQueue {
			named = append(named, q)
		}
		shares = append(shares, share{queue: q, free: n})
		total += n
	}
	ours := make(map[string]bool, len(k.flights))
	for id := range k.flights {
		ours[id] = true
	}
	k.mu.Unlock()
	if total == 0 {
		return false, nil
	}
	for i := range shares {
		shares[i].rest = named
	}
	if due, err := runnable(ctx, k.d, k.kinds, now); err != nil || !due {
		return false, err
	}
	var got, spent []row
	err = write(ctx, k.d, func(c conn) error {
		// Read again: whoever waited for the lock sees jobs enqueued meanwhile,
		// and one run is to stand for all of a key.
		now := k.d.Now()
		if spent, err = giveBack(ctx, c, k.id, now, now.Add(k.c.Lease), ours); err != nil {
			return err
		}
		got, err = claim(ctx, c, shares, k.kinds, k.id, now, now.Add(k.c.Lease))
		return err
	})
	if err != nil {
		return false, err
	}
	for _, j := range got {
		j.Holder = k.id
		q := j.Queue
		k.mu.Lock()
		if _, ok := k.free[q]; !ok {
			q = DefaultQueue
		}
		k.free[q]--
		k.flights[j.ID] = &flight{queue: q, since: time.Now()}
		k.mu.Unlock()
		k.working.Go(func() {
			k.run(j)
			k.mu.Lock()
			delete(k.flights, j.ID)
			k.free[q]++
			k.mu.Unlock()
			ring(k.bell)
		})
	}
	for _, j := range spent {
		ctx := k.c.Wrap(context.WithoutCancel(ctx), j.Kind)
		k.end(ctx, j, func() error { return k.giveUp(ctx, j, ErrSilent) })
	}
	return len(got)+len(spent) > 0, nil
}

func (k *Client) run(j row) {
	ctx := k.c.Wrap(k.work, j.Kind)
	done := false
	err := guarded(func() (err error) {
		done, err = k.w.handlers[j.Kind](ctx, k.d, j)
		return err
	})
	if done {
		return
	}
	// What follows must be written even when the handler was cancelled.
	bg := context.WithoutCancel(ctx)
	now := k.d.Now()
	var put snoozed
	var stop cancelled
	ends := func(do func(c conn) error) { k.end(bg, j, func() error { return k.ends.write(bg, k.d, do) }) }
	switch {
	case err == nil:
		ends(func(c conn) error { return finish(bg, c, j) })
	case errors.Is(err, errLost):
		k.c.Log.WarnContext(ctx, "job was taken over by another process", "kind", j.Kind, "job", j.ID)
	case errors.As(err, &put):
		ends(func(c conn) error { return putBack(bg, c, j, now.Add(put.d), j.Attempt-1, err.Error()) })
	case k.work.Err() != nil:
		ends(func(c conn) error { return putBack(bg, c, j, now, j.Attempt-1, err.Error()) })
	case k.away(bg, err):
		k.c.Log.WarnContext(ctx, "the database was away; the attempt does not count", "kind", j.Kind, "job", j.ID, "cause", err)
		ends(func(c conn) error { return putBack(bg, c, j, now.Add(k.c.Backoff(1)), j.Attempt-1, err.Error()) })
	case errors.As(err, &stop) || j.Attempt >= j.MaxAttempts:
		k.end(bg, j, func() error { return k.giveUp(bg, j, err) })
	default:
		k.report(ctx, j, err)
		ends(func(c conn) error { return putBack(bg, c, j, now.Add(k.c.Backoff(j.Attempt)), j.Attempt, err.Error()) })
	}
}

// away reports whether an attempt failed because the database could not be
// reached: by what the error says, or because it does not answer now either.
func (k *Client) away(ctx context.Context, err error) bool {
	if db.Away(err) {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, k.c.Lease)
	defer cancel()
	return k.d.Ping(ctx) != nil
}

// end writes the end of an attempt, however often it takes: while the database
// is away, until it is back or the client stops.
func (k *Client) end(ctx context.Context, j row, write func() error) {
	for try := 1; ; try++ {
		err := write()
		if db.Away(err) && k.work.Err() == nil {
			select {
			case <-k.work.Done():
			case <-time.After(k.c.Lease / 10):
			}
			try = 0
			continue
		}
		switch {
		case err == nil:
			return
		case errors.Is(err, errLost):
			k.c.Log.WarnContext(ctx, "job ended after its lease and may run again", "kind", j.Kind, "job", j.ID)
			return
		case try == 5:
			k.c.Log.ErrorContext(ctx, "end of job not written; it is taken up again after the lease", "kind", j.Kind, "job", j.ID, "cause", err)
			return
		}
		time.Sleep(time.Duration(try*try) * 10 * time.Millisecond)
	}
}

// giveUp lets the job stand as failed. Who asked to be told of it is told in the
// same transaction: a job whose owner cannot be told does not stand as failed yet.
func (k *Client) giveUp(ctx context.Context, j row, why error) error {
	tell := k.w.givenUp[j.Kind]
	stand := func(c conn) error { return giveUp(ctx, c, j, k.d.Now(), why.Error()) }
	var err error
	if tell == nil {
		err = k.ends.write(ctx, k.d, stand)
	} else {
		err = k.d.Update(ctx, func(tx *db.Tx) error {
			if err := stand(conn{lite: tx.Lite(), pg: tx.PG()}); err != nil {
				return err
			}
			return guarded(func() error { return tell(ctx, tx, j, why) })
		})
	}
	if err == nil {
		k.c.Log.ErrorContext(ctx, "job failed for good", "kind", j.Kind, "job", j.ID, "attempt", j.Attempt, "cause", why)
	}
	return err
}

func (k *Client) report(ctx context.Context, j row, err error) {
	args := []any{"kind", j.Kind, "job", j.ID, "attempt", j.Attempt, "cause", err}
	var p *Panicked
	if errors.As(err, &p) {
		args = append(args, "stack", string(p.Stack))
	}
	k.c.Log.WarnContext(ctx, "job failed and will be tried again", args...)
}

// renew keeps the lease of jobs at work. Jobs shorter than a third of the
// lease cost no renewal.
func (k *Client) renew(ctx context.Context) {
	tick := time.NewTicker(k.c.Lease / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		k.mu.Lock()
		var ids []string
		for id, f := range k.flights {
			if time.Since(f.since) >= k.c.Lease/4 {
				ids = append(ids, id)
			}
		}
		k.mu.Unlock()
		if len(ids) == 0 {
			continue
		}
		err := write(ctx, k.d, func(c conn) error { return extend(ctx, c, k.id, ids, k.d.Now().Add(k.c.Lease)) })
		if err != nil && ctx.Err() == nil {
			k.c.Log.WarnContext(ctx, "lease of jobs not renewed", "cause", err)
		}
	}
}

// listen wakes the client for jobs of other processes. Polling goes on beside
// it, so a lost connection costs latency only.
func (k *Client) listen(ctx context.Context) {
	for ctx.Err() == nil {
		err := k.listenOnce(ctx)
		if ctx.Err() != nil {
			return
		}
		k.c.Log.WarnContext(ctx, "listening for jobs begins again", "cause", err)
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

func (k *Client) listenOnce(ctx context.Context) error {
	// A connection of its own: the pool is for requests.
	c, err := pgx.ConnectConfig(ctx, k.d.Pool().Config().ConnConfig)
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(ctx))
	if _, err := c.Exec(ctx, "LISTEN "+channel); err != nil {
		return err
	}
	for {
		if _, err := c.WaitForNotification(ctx); err != nil {
			return err
		}
		ring(k.bell)
	}
}
