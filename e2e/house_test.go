package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"zhengshu/internal/app"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/demo"
	"zhengshu/internal/reporting"
)

const demoPassword = demo.Password

// hurry is the pause between two requests to a host: the only hosts that the
// journeys' patrols meet are their own.
const hurry = time.Millisecond

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

// serveAs is serve with more of the configuration said. The house begins with a
// copy of a demo province that was laid once on its plot, at the plot's address:
// its pages name the port.
func serveAs(t testing.TB, c app.Config) house {
	t.Helper()
	p := <-free
	t.Cleanup(func() { free <- p }) // after the house has closed
	p.once.Do(p.lay)
	if p.err != nil {
		t.Fatalf("lay the demo province: %v", p.err)
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := copyTree(c.Dir, p.dir); err != nil {
		t.Fatal(err)
	}
	return serveFrom(t, c, p.addr)
}

// serveFrom serves what lies in the folder, at the address.
func serveFrom(t testing.TB, c app.Config, addr string) house {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	c.Addr, c.Demo = addr, true
	if c.CrawlDelay == 0 {
		c.CrawlDelay = hurry
	}
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
	where := (<-at).String()
	waitHealthy(t, where, 120*time.Second)
	return house{h, where}
}

// plot is where a house stands, and the demo province that it begins with.
type plot struct {
	once sync.Once
	dir  string // removed when the tests end
	addr string
	err  error
}

// plots are for two houses at a time: a journey waits for its browser and the house's
// workers most of the while. A journey has one house.
var (
	plots [2]plot
	free  = func() chan *plot {
		c := make(chan *plot, len(plots))
		for i := range plots {
			c <- &plots[i]
		}
		return c
	}()
)

// lay lays the demo province on a free port, lets the workers do what it
// leaves to them, and closes the house.
func (p *plot) lay() {
	p.err = func() (err error) {
		if p.dir, err = os.MkdirTemp("", "zhengshu-e2e-"); err != nil {
			return err
		}
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		h, err := app.Open(ctx, app.Config{Dir: p.dir, Addr: "127.0.0.1:0", Demo: true, CrawlDelay: hurry, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			return err
		}
		at, done := make(chan net.Addr, 1), make(chan error, 1)
		go func() { done <- h.Serve(ctx, func(a net.Addr) { at <- a }) }()
		p.addr = (<-at).String()
		err = atRest(ctx, h, done)
		cancel()
		if err == nil {
			err = <-done
		}
		return errors.Join(err, h.Close(context.Background()))
	}()
}

// atRest waits until the demo is laid and its workers have nothing to do.
func atRest(ctx context.Context, h *app.House, ended chan error) error {
	for began := time.Now(); time.Since(began) < 12*time.Minute; {
		select {
		case err := <-ended:
			return fmt.Errorf("the house ended: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
		_, n, err := h.Reporting.Bulletins(ctx, authz.System("e2e"), reporting.Filter{Limit: 1})
		if err != nil {
			return err
		}
		if n == 0 {
			continue
		}
		due, err := db.One(ctx, h.DB, db.Value[int], `SELECT count(*) FROM job WHERE state = 'running' OR state = 'waiting' AND run_at <= $1`, h.DB.Now())
		if err != nil || due == 0 {
			return err
		}
	}
	return errors.New("the demo is not at rest after twelve minutes")
}

// copyTree copies a closed house.
func copyTree(to, from string) error {
	return filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		at := filepath.Join(to, rel)
		info, err := e.Info()
		switch {
		case err != nil:
			return err
		case e.IsDir():
			return os.MkdirAll(at, info.Mode().Perm())
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(path)
			if err != nil {
				return err
			}
			return os.Symlink(target, at)
		}
		return copyFile(at, path, info.Mode().Perm())
	})
}

func copyFile(to, from string, mode fs.FileMode) error {
	r, err := os.Open(from)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	return errors.Join(err, w.Close())
}

// TestMain ends what the journeys share.
func TestMain(m *testing.M) {
	code := m.Run()
	if chromium.stop != nil {
		chromium.stop()
	}
	for _, dir := range []string{plots[0].dir, plots[1].dir, chromium.dir} {
		if dir != "" {
			if err := os.RemoveAll(dir); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		}
	}
	os.Exit(code)
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
