package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"zhengshu/internal/db"
	"zhengshu/internal/fault"
)

// Workers say what is done for each kind, and what is done periodically.
// They are filled at start-up, before New.
type Workers struct {
	handlers map[string]handler
	givenUp  map[string]func(ctx context.Context, tx *db.Tx, j row, why error) error
	periods  []period
	err      error
}

// handler works one job. done says that the job was finished in the same
// transaction as its effect.
type handler func(ctx context.Context, d *db.DB, j row) (done bool, err error)

type period struct {
	every time.Duration
	job   row
}

// NewWorkers is an empty set.
func NewWorkers() *Workers {
	return &Workers{handlers: map[string]handler{}, givenUp: map[string]func(context.Context, *db.Tx, row, error) error{}}
}

// Handle works jobs of T's kind with fn, at least once: an error or a panic
// puts the job back with growing delay. A kind has one handler; New reports a
// second one.
func Handle[T Args](w *Workers, fn func(ctx context.Context, args T) error) {
	var zero T
	w.add(zero.Kind(), func(ctx context.Context, _ *db.DB, j row) (bool, error) {
		args, err := decode[T](j)
		if err != nil {
			return false, err
		}
		return false, fn(ctx, args)
	})
}

// HandleTx works jobs of T's kind inside one write transaction that also ends
// the job: what fn writes is committed exactly once. fn holds SQLite's one
// writer, so it does nothing slow; it may run again before it commits.
func HandleTx[T Args](w *Workers, fn func(ctx context.Context, tx *db.Tx, args T) error) {
	var zero T
	w.add(zero.Kind(), func(ctx context.Context, d *db.DB, j row) (bool, error) {
		args, err := decode[T](j)
		if err != nil {
			return false, err
		}
		err = d.Update(ctx, func(tx *db.Tx) error {
			// First, so that the row is locked and nobody takes the job over.
			if err := finish(ctx, conn{lite: tx.Lite(), pg: tx.PG()}, j); err != nil {
				return err
			}
			return fn(ctx, tx, args)
		})
		return err == nil, err
	})
}

// Every works args at start and then each d, in one process at a time. A
// firing while the one before still runs waits for it.
func Every(w *Workers, d time.Duration, args Args) {
	body, err := json.Marshal(args)
	if err == nil && d <= 0 {
		err = fmt.Errorf("period %s is not positive", d)
	}
	if err != nil {
		w.err = errors.Join(w.err, fmt.Errorf("jobs: periodic %s: %w", args.Kind(), err))
		return
	}
	w.periods = append(w.periods, period{d, row{
		// A firing that fails or dies is dropped when the next one is claimed, so
		// failures of a duty do not pile up.
		Queue: DefaultQueue, Kind: args.Kind(), Args: string(body), Key: "every", MaxAttempts: DefaultAttempts,
	}})
}

// GivenUp calls fn in the transaction that gives up a job of T's kind for good:
// its attempts are spent, no retry can cure it, or (ErrSilent) its process died
// each time. What waits for the job ends with it there. When fn fails, the job is
// not given up yet, and fn is called again after the lease. A kind has one fn.
// Arguments that cannot be read belong to nobody, and nobody is told.
func GivenUp[T Args](w *Workers, fn func(ctx context.Context, tx *db.Tx, args T, why error) error) {
	var zero T
	kind := zero.Kind()
	if _, ok := w.givenUp[kind]; ok {
		w.err = errors.Join(w.err, fmt.Errorf("jobs: the giving up of kind %s is told twice", kind))
	}
	w.givenUp[kind] = func(ctx context.Context, tx *db.Tx, j row, why error) error {
		args, err := decode[T](j)
		if err != nil {
			return nil // stands in the job's own cause
		}
		return fn(ctx, tx, args, why)
	}
}

// Told is what a person is told of a job that was given up for this.
func Told(why error) string {
	w := fault.Of(why)
	switch {
	case errors.Is(why, ErrSilent):
		return "承担处理的程序多次中途停止，没有完成。请与平台运维人员核实后再试。"
	case w.Kind == fault.Internal:
		return "系统多次出错，没有完成，原因已记入系统日志。请与平台运维人员核实后再试。"
	}
	return w.Says
}

func (w *Workers) add(kind string, h handler) {
	if _, ok := w.handlers[kind]; ok {
		w.err = errors.Join(w.err, fmt.Errorf("jobs: kind %s has two handlers", kind))
	}
	w.handlers[kind] = h
}

func (w *Workers) check() error {
	err := w.err
	for kind := range w.givenUp {
		if _, ok := w.handlers[kind]; !ok {
			err = errors.Join(err, fmt.Errorf("jobs: kind %s, whose giving up is told, has no handler", kind))
		}
	}
	var seen []string
	for _, p := range w.periods {
		if _, ok := w.handlers[p.job.Kind]; !ok {
			err = errors.Join(err, fmt.Errorf("jobs: periodic kind %s has no handler", p.job.Kind))
		}
		if slices.Contains(seen, p.job.Kind) {
			err = errors.Join(err, fmt.Errorf("jobs: kind %s is periodic twice", p.job.Kind))
		}
		seen = append(seen, p.job.Kind)
	}
	return err
}

func decode[T Args](j row) (T, error) {
	var args T
	if err := json.Unmarshal([]byte(j.Args), &args); err != nil {
		return args, Cancel(fmt.Errorf("decode arguments of %s: %w", j.Kind, err))
	}
	return args, nil
}

type cancelled struct{ error }

func (c cancelled) Unwrap() error { return c.error }

// Cancel marks an error that no retry can cure: the job stands as failed at
// once.
func Cancel(err error) error { return cancelled{err} }

type snoozed struct{ d time.Duration }

func (s snoozed) Error() string { return "jobs: put off for " + s.d.String() }

// Snooze puts the job off for d without counting an attempt.
func Snooze(d time.Duration) error { return snoozed{d} }

// Panicked is the error of a handler that panicked.
type Panicked struct {
	Value any
	Stack []byte
}

func (p *Panicked) Error() string { return fmt.Sprintf("panic: %v", p.Value) }

// guarded turns a panic into an error.
func guarded(fn func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &Panicked{v, debug.Stack()}
		}
	}()
	return fn()
}
