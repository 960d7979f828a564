package web

import (
	"context"
	"sync"
)

// turns lets one request at a time act on one showing of a form: the second
// half of a double click arrives while the first is still being done, and
// waits for its receipt. It holds within a process; two clicks that a balancer
// sends to two processes within the same moment are not kept apart.
type turns struct {
	mu   sync.Mutex
	busy map[string]chan struct{}
}

// take waits until nobody holds the key. The caller calls leave.
func (t *turns) take(ctx context.Context, key string) (leave func(), err error) {
	for {
		t.mu.Lock()
		held, busy := t.busy[key]
		if !busy {
			done := make(chan struct{})
			if t.busy == nil {
				t.busy = map[string]chan struct{}{}
			}
			t.busy[key] = done
			t.mu.Unlock()
			return func() {
				t.mu.Lock()
				delete(t.busy, key)
				t.mu.Unlock()
				close(done)
			}, nil
		}
		t.mu.Unlock()
		select {
		case <-held:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
