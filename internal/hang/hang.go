package hang

import (
	"testing"
	"time"
)

// Long is how long a test is waited for that should be over in seconds: so long that no
// slow machine comes near it. What takes longer has hung.
const Long = 4 * time.Minute

// Guard ends the tests with every stack when this one has not ended in time: it has
// hung. It asserts no speed.
func Guard(t testing.TB) {
	t.Helper()
	name := t.Name()
	timer := time.AfterFunc(Long, func() { panic(name + " has hung: not over after " + Long.String()) })
	t.Cleanup(func() { timer.Stop() })
}

// Until waits for what comes about by itself, and fails when it hangs; what says what is
// waited for.
func Until(t testing.TB, what string, done func() bool) {
	t.Helper()
	until(t, Long, what, done)
}

func until(t testing.TB, most time.Duration, what string, done func() bool) {
	t.Helper()
	end := time.NewTimer(most)
	defer end.Stop()
	for !done() {
		select {
		case <-end.C:
			t.Fatalf("hung: %s", what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}
