package jobs

import (
	"context"
	"errors"
	"sync"

	"zhengshu/internal/db"
)

// endings writes the ends of jobs that come together in one transaction: while
// one commit syncs, the next ends gather. Requests then wait for fewer commits
// on SQLite's one writer.
type endings struct {
	mu      sync.Mutex
	waiting []ending
	busy    bool
}

type ending struct {
	do   func(c conn) error
	done chan error
}

// write runs do in a transaction it may share, and returns once that has
// committed. When the transaction fails, all that shared it get the error.
func (e *endings) write(ctx context.Context, d *db.DB, do func(c conn) error) error {
	done := make(chan error, 1)
	e.mu.Lock()
	e.waiting = append(e.waiting, ending{do, done})
	if !e.busy {
		e.busy = true
		go e.flush(ctx, d)
	}
	e.mu.Unlock()
	return <-done
}

func (e *endings) flush(ctx context.Context, d *db.DB) {
	for {
		e.mu.Lock()
		batch := e.waiting
		e.waiting = nil
		if len(batch) == 0 {
			e.busy = false
			e.mu.Unlock()
			return
		}
		e.mu.Unlock()
		lost := make([]bool, len(batch))
		err := write(ctx, d, func(c conn) error {
			for i, b := range batch {
				switch err := b.do(c); {
				case errors.Is(err, errLost):
					lost[i] = true // changed nothing, and is no matter of the others
				case err != nil:
					return err
				}
			}
			return nil
		})
		for i, b := range batch {
			if err == nil && lost[i] {
				b.done <- errLost
				continue
			}
			b.done <- err
		}
	}
}
