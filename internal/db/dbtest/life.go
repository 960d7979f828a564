package dbtest

import (
	"bufio"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Life lets the test binary run the named test alone, in a process of its own
// with env besides, and kills it (as kill -9 does) some time after it has
// answered that many acts. The process answers each act that has committed with
// a line "ack N" on standard output; last is the N it answered last, and acts
// how many it answered. A process that ends by itself fails the test.
func Life(t *testing.T, name string, env []string, enough int, after time.Duration) (last, acts int) {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run=^"+name+"$", "-test.v")
	c.Env = append(os.Environ(), env...)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	first, read := make(chan struct{}), make(chan struct{})
	var said []string
	go func() {
		defer close(read)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			n, ack := strings.CutPrefix(lines.Text(), "ack ")
			v, err := strconv.Atoi(n)
			if !ack || err != nil {
				said = append(said, lines.Text())
				continue
			}
			last = v
			if acts++; acts == enough {
				close(first)
			}
		}
	}()
	select {
	case <-first:
		time.Sleep(after)
	case <-read: // it ended by itself, which is told below
	case <-time.After(30 * time.Second):
	}
	err = c.Process.Kill()
	<-read
	if err != nil || acts == 0 {
		t.Fatalf("the process did not work (%v): %s", err, strings.Join(said, "\n"))
	}
	if err := c.Wait(); err == nil || c.ProcessState.Exited() {
		t.Fatalf("the process ended by itself: %s", strings.Join(said, "\n"))
	}
	return last, acts
}
