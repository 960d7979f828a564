package hang

import (
	"runtime"
	"strings"
	"testing"
	"time"
)

// caught keeps what a test under test fails with.
type caught struct {
	testing.TB
	said string
}

func (c *caught) Helper() {}

func (c *caught) Fatalf(format string, args ...any) {
	c.said = strings.ReplaceAll(format, "%s", args[0].(string))
	runtime.Goexit()
}

func TestUntilEndsWhatHangs(t *testing.T) {
	n := 0
	Until(t, "the third time", func() bool { n++; return n == 3 })
	if n != 3 {
		t.Errorf("asked %d times", n)
	}
	c := &caught{TB: t}
	over := make(chan struct{})
	go func() {
		defer close(over)
		until(c, time.Millisecond, "what never comes", func() bool { return false })
	}()
	<-over
	if c.said != "hung: what never comes" {
		t.Errorf("said %q", c.said)
	}
}
