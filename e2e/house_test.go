package e2e

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"zhengshu/internal/app"
	"zhengshu/internal/demo"
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
	ctx, cancel := context.WithCancel(context.Background())
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := filepath.Rel(wd, t.TempDir()) // as `make run` names its folder
	if err != nil {
		t.Fatal(err)
	}
	h, err := app.Open(ctx, app.Config{Dir: dir, Addr: "127.0.0.1:0", Demo: true})
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
