package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/db"
)

// Args are the arguments of one kind of work: a JSON-encodable struct of the
// package that does the work. Kind is stored, so it never changes.
type Args interface{ Kind() string }

// MaxArgs bounds the encoded arguments, in bytes: a job names what it works
// on, it does not carry it.
const MaxArgs = 256 << 10

// DefaultQueue is the queue of jobs that name none.
const DefaultQueue = "default"

// DefaultAttempts is how often a job is tried when MaxAttempts is not given:
// with the default back-off, for about half a day.
const DefaultAttempts = 25

// wakeMargin is how far ahead a waiting job must lie before a new one of the
// same key may be left out. Nearer, the waiting one could be taken by a worker
// before this transaction commits, and would not see what it wrote.
const wakeMargin = time.Minute

type options struct {
	at       time.Time
	key      string
	queue    string
	attempts int
}

// Option says how a job is to be worked.
type Option func(*options)

// At runs the job at t, not before.
func At(t time.Time) Option { return func(o *options) { o.at = t } }

// Unique makes jobs of this kind and key that wait at the same time one job.
// They must mean the same work: one of them is worked for all.
func Unique(key string) Option { return func(o *options) { o.key = key } }

// Queue names the queue, whose share of workers is set in Config.Queues.
func Queue(name string) Option { return func(o *options) { o.queue = name } }

// MaxAttempts is how often the job is tried before it stands as failed.
func MaxAttempts(n int) Option { return func(o *options) { o.attempts = n } }

// Enqueue inserts a job that commits with tx, in any process. The workers of
// this process wake when tx has committed.
func Enqueue(ctx context.Context, tx *db.Tx, args Args, opts ...Option) error {
	o := options{queue: DefaultQueue, attempts: DefaultAttempts}
	for _, f := range opts {
		f(&o)
	}
	kind := args.Kind()
	if kind == "" {
		return errors.New("jobs: arguments without a kind")
	}
	body, err := json.Marshal(args)
	if err != nil {
		return fmt.Errorf("jobs: encode %s: %w", kind, err)
	}
	if len(body) > MaxArgs {
		return fmt.Errorf("jobs: arguments of %s take %d bytes, %d at most", kind, len(body), MaxArgs)
	}
	if o.queue == "" || o.attempts < 1 {
		return fmt.Errorf("jobs: enqueue %s: queue and a positive number of attempts needed", kind)
	}
	c, err := within(ctx, tx)
	if err != nil {
		return fmt.Errorf("jobs: enqueue %s: %w", kind, err)
	}
	now := tx.Now()
	j := row{
		ID: ulid.Make().String(), Queue: o.queue, Kind: kind, Args: string(body),
		Key: o.key, RunAt: now, MaxAttempts: o.attempts,
	}
	if o.at.After(now) {
		j.RunAt = o.at.UTC()
	}
	if j.Key != "" && j.RunAt.After(now.Add(wakeMargin)) {
		waits, err := db.One(ctx, tx, db.Value[int], `SELECT COUNT(*) FROM job
			WHERE kind = $1 AND unique_key = $2 AND state = 'waiting' AND run_at > $3 AND run_at <= $4`,
			kind, j.Key, now.Add(wakeMargin), j.RunAt)
		if err != nil {
			return fmt.Errorf("jobs: enqueue %s: %w", kind, err)
		}
		if waits > 0 {
			return nil
		}
	}
	if err := insert(ctx, c, j, now); err != nil {
		return fmt.Errorf("jobs: enqueue %s: %w", kind, err)
	}
	if tx.Dialect() == db.Postgres {
		// Delivered when the transaction commits, once however often it is asked.
		if _, err := c.exec(ctx, `SELECT pg_notify('`+channel+`', '')`); err != nil {
			return fmt.Errorf("jobs: notify: %w", err)
		}
	}
	tx.AfterCommit(ringAll)
	return nil
}

// bells are the clients of this process. A transaction does not say which
// database it belongs to; a client woken for nothing makes one indexed read.
var bells struct {
	sync.Mutex
	m map[chan struct{}]struct{}
}

func ringAll() {
	bells.Lock()
	defer bells.Unlock()
	for b := range bells.m {
		ring(b)
	}
}

func ring(b chan struct{}) {
	select {
	case b <- struct{}{}:
	default:
	}
}

func hang(b chan struct{}) {
	bells.Lock()
	defer bells.Unlock()
	if bells.m == nil {
		bells.m = map[chan struct{}]struct{}{}
	}
	bells.m[b] = struct{}{}
}

func unhang(b chan struct{}) {
	bells.Lock()
	defer bells.Unlock()
	delete(bells.m, b)
}
