package app_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/app"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/publishing"
	"zhengshu/internal/publishing/theme"
)

// TestPortalServesWithTheDatabaseStopped closes the database behind a house that
// serves: readers notice nothing, and the house says what is wrong.
func TestPortalServesWithTheDatabaseStopped(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h, err := app.Open(context.Background(), app.Config{DB: d, Dir: t.TempDir(), Addr: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		page := publishing.File{Page: publishing.Page{Path: "/", Status: 200, Kind: "text/html; charset=utf-8"}, Body: []byte("<title>首页</title>")}
		if _, err := h.Releases.Make(t.Context(), theme.Site{ID: "01S", Name: "演示网站", Host: "a.localhost", Hosts: []string{"a.localhost"}, Plain: true, Doors: theme.Doors{Search: "/search"}}, []publishing.File{page}, time.Now()); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(context.Background())
		at := make(chan net.Addr, 1)
		done := make(chan error, 1)
		go func() { done <- h.Serve(ctx, func(a net.Addr) { at <- a }) }()
		base := "http://" + (<-at).String()
		get := func(host, path string) (int, string) {
			t.Helper()
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Host = host
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			b, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			return resp.StatusCode, string(b)
		}
		// The house is ready when its jobs have begun and the first looks are done:
		// on a loaded machine with a database over the network that takes longer
		// than any fixed number of tries.
		for until := time.Now().Add(90 * time.Second); time.Now().Before(until); time.Sleep(50 * time.Millisecond) {
			if code, _ := get("x", "/readyz"); code == 200 {
				break
			}
		}
		if code, body := get("x", "/readyz"); code != 200 || !strings.Contains(body, `"ready"`) {
			t.Fatalf("%d %s", code, body)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		for path, want := range map[string]int{"/": 200, "/nothing": 404, "/search?q=x": 200, "/.well-known/zhengshu/manifest": 200} {
			if code, body := get("a.localhost", path); code != want {
				t.Errorf("%s: %d %.100s", path, code, body)
			}
		}
		if code, _ := get("x", "/livez"); code != 200 {
			t.Errorf("livez: %d", code)
		}
		if code, body := get("x", "/readyz"); code != 503 || !strings.Contains(body, `"degraded"`) || !strings.Contains(body, `"portals":"ok"`) {
			t.Errorf("readyz: %d %s", code, body)
		}
		if code, body := get("a.localhost", "/letters/new"); strings.Contains(body, "sql") {
			t.Errorf("letters without a database: %d %.200s", code, body)
		}
		stop()
		select {
		case <-done: // the work that was cut off says so; that is not what is tested
		case <-time.After(40 * time.Second):
			t.Error("the house does not stop")
		}
	})
}
