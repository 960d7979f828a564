package calendar

import (
	"sync"
	"time"
)

// Clock tells the time. Packages take one instead of calling time.Now, so that
// every statutory period can be tested on the day it ends.
type Clock interface {
	// Now returns the present instant in UTC.
	Now() time.Time
}

// Today returns the legal day of the clock's present instant.
func Today(c Clock) Date { return DateOf(c.Now()) }

type system struct{}

func (system) Now() time.Time { return time.Now().UTC() }

// System returns the machine's clock.
func System() Clock { return system{} }

type fixed struct{ t time.Time }

func (f fixed) Now() time.Time { return f.t }

// Fixed returns a clock that always says t.
func Fixed(t time.Time) Clock { return fixed{t.UTC()} }

// Manual is a clock a test moves by hand. It is safe for concurrent use; its
// zero value stands at the zero time.
type Manual struct {
	mu sync.Mutex
	t  time.Time
}

// NewManual returns a manual clock standing at t.
func NewManual(t time.Time) *Manual { return &Manual{t: t.UTC()} }

// Now returns the instant the clock was last set to.
func (m *Manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.t
}

// Set moves the clock to t, forwards or back.
func (m *Manual) Set(t time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.t = t.UTC()
}

// Advance moves the clock by d.
func (m *Manual) Advance(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.t = m.t.Add(d)
}
