package e2e

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"zhengshu/internal/app"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/demo"
	"zhengshu/internal/reporting"
)

const demoPassword = demo.Password

// house is the product running as a person runs it, in this process.
type house struct {
	*app.House
	addr string
}

// serve starts the demo province on a free port and waits for its first page.
func serve(t testing.TB) house {
	t.Helper()
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := filepath.Rel(wd, t.TempDir()) // as `make run` names its folder
	if err != nil {
		t.Fatal(err)
	}
	return serveAs(t, app.Config{Dir: dir})
}

// serveAs is serve with more of the configuration said.
func serveAs(t testing.TB, c app.Config) house {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	c.Addr, c.Demo = "127.0.0.1:0", true
	h, err := app.Open(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	at := make(chan net.Addr, 1)
	done := make(chan error, 1)
	go func() { done <- h.Serve(ctx, func(a net.Addr) { at <- a }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
		if err := h.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	addr := (<-at).String()
	waitHealthy(t, addr, 120*time.Second)
	return house{h, addr}
}

// settled waits until the demo has done what it leaves to its workers: the
// portals are inspected, and then the city begins the quarter's bulletin.
func (h house) settled(t testing.TB) {
	t.Helper()
	for range 600 {
		_, n, err := h.Reporting.Bulletins(context.Background(), authz.System("e2e"), reporting.Filter{Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
	t.Fatal("the demo began no bulletin within two minutes")
}

// day is a civil day so many days from today, as a date field takes it.
func day(days int) string { return calendar.DateOf(time.Now()).AddDays(days).String() }

// today is the legal day.
func today() string { return day(0) }
