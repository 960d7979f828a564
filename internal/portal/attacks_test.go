package portal_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"zhengshu/internal/blob"
	"zhengshu/internal/blob/blobtest"
	"zhengshu/internal/portal"
	"zhengshu/internal/publishing"
)

// raw sends bytes as they are and reads one answer.
func raw(t *testing.T, addr, request string) (*http.Response, string) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatalf("%q: %v", request, err)
	}
	b, err := io.ReadAll(r.Body)
	if err = errors.Join(err, r.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return r, string(b)
}

// TestHostHeaderAttacks: what a reader says of the host never stands in an
// answer, and nobody is served a site he did not name once and plainly.
func TestHostHeaderAttacks(t *testing.T) {
	s := serve(t)
	at := "127.0.0.1:" + run(t, portal.Server{Handler: s.h, Serves: s.h.Serves, Redirect: false}).plain
	for name, tt := range map[string]struct {
		request string
		want    int
	}{
		"plain":                   {"GET / HTTP/1.1\r\nHost: yunhe.localhost\r\n\r\n", 200},
		"two hosts":               {"GET / HTTP/1.1\r\nHost: yunhe.localhost\r\nHost: evil.example\r\n\r\n", 400},
		"no host":                 {"GET / HTTP/1.1\r\n\r\n", 400},
		"no host, 1.0":            {"GET / HTTP/1.0\r\n\r\n", 421},
		"forwarded host":          {"GET / HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: yunhe.localhost\r\n\r\n", 421},
		"forwarded away":          {"GET / HTTP/1.1\r\nHost: yunhe.localhost\r\nX-Forwarded-Host: evil.example\r\nX-Host: evil.example\r\nForwarded: host=evil.example\r\n\r\n", 200},
		"another's absolute form": {"GET http://evil.example/ HTTP/1.1\r\nHost: yunhe.localhost\r\n\r\n", 421},
		"our absolute form":       {"GET http://yunhe.localhost/ HTTP/1.1\r\nHost: evil.example\r\n\r\n", 200},
		"port as a password":      {"GET / HTTP/1.1\r\nHost: yunhe.localhost:@evil.example\r\n\r\n", 400},
		"line in the host":        {"GET / HTTP/1.1\r\nHost: yunhe.localhost\x0bevil.example\r\n\r\n", 400},
		"space before the colon":  {"GET / HTTP/1.1\r\nHost : yunhe.localhost\r\n\r\n", 400},
		"folded":                  {"GET / HTTP/1.1\r\nHost: yunhe.localhost\r\n evil.example\r\n\r\n", 400},
		"override":                {"GET / HTTP/1.1\r\nHost: evil.example\r\nX-Original-URL: http://yunhe.localhost/\r\nX-Rewrite-URL: /news/\r\n\r\n", 421},
		"our address":             {"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 421},
	} {
		r, body := raw(t, at, tt.request)
		if r.StatusCode != tt.want {
			t.Errorf("%s: %d, want %d", name, r.StatusCode, tt.want)
		}
		for key, values := range r.Header {
			if strings.Contains(strings.Join(values, " "), "evil.example") {
				t.Errorf("%s: header %s: %v", name, key, values)
			}
		}
		if strings.Contains(body, "evil.example") {
			t.Errorf("%s: the body repeats the host", name)
		}
	}
	// Led to https, a reader goes to the host that is ours, or nowhere.
	secure := "127.0.0.1:" + run(t, portal.Server{Handler: s.h, Serves: s.h.Serves, Redirect: true}).plain
	if r, _ := raw(t, secure, "GET /a HTTP/1.1\r\nHost: evil.example\r\n\r\n"); r.Header.Get("Location") != "" {
		t.Errorf("another's host is led to %s", r.Header.Get("Location"))
	}
}

// TestSlowHeadersAreGivenUp: a head that trickles in holds no connection, and
// readers who are not slow are answered meanwhile.
func TestSlowHeadersAreGivenUp(t *testing.T) {
	s := serve(t)
	at := "127.0.0.1:" + run(t, portal.Server{Handler: s.h, Serves: s.h.Serves, HeaderTime: 300 * time.Millisecond}).plain
	var slow []net.Conn
	for range 50 {
		c, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: yunhe.localhost\r\nX-Slow: "); err != nil {
			t.Fatal(err)
		}
		slow = append(slow, c)
	}
	if r, body := raw(t, at, "GET / HTTP/1.1\r\nHost: yunhe.localhost\r\n\r\n"); r.StatusCode != 200 || body != "home" {
		t.Errorf("beside slow readers: %d %q", r.StatusCode, body)
	}
	for _, c := range slow {
		if err := c.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
			t.Fatal(err)
		}
		var timeout net.Error
		if _, err := io.Copy(io.Discard, c); errors.As(err, &timeout) && timeout.Timeout() {
			t.Fatal("a slow head still holds its connection")
		}
	}
}

// TestArticle23_1_PortalsOverS3: two portals read releases from S3-compatible
// storage, one in memory and, where the environment names one, a real server. One
// object missing or changed there is not shown; what was read before is, and the
// store being down changes nothing for readers.
func TestArticle23_1_PortalsOverS3(t *testing.T) {
	t.Run("protocol", func(t *testing.T) {
		srv := httptest.NewServer(blobtest.New())
		t.Cleanup(srv.Close)
		portalsOverS3(t, blob.S3Config{Address: srv.URL + "/blobs/portals", Key: "key", Secret: "secret-secret"})
	})
	t.Run("server", func(t *testing.T) {
		at := os.Getenv("ZHENGSHU_TEST_S3")
		if at == "" {
			t.Skip("left out: ZHENGSHU_TEST_S3 names no S3-compatible server")
		}
		portalsOverS3(t, blob.S3Config{Address: fmt.Sprintf("%s/%d", at, time.Now().UnixNano()), Key: os.Getenv("ZHENGSHU_BLOBS_KEY"), Secret: os.Getenv("ZHENGSHU_BLOBS_SECRET")})
	})
}

// portalsOverS3 goes to the storage through a door of its own, which can be shut.
func portalsOverS3(t *testing.T, c blob.S3Config) {
	s := serve(t)
	u, err := url.Parse(c.Address)
	if err != nil {
		t.Fatal(err)
	}
	var down atomic.Bool
	pass := &httputil.ReverseProxy{ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError), Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: u.Scheme, Host: u.Host})
		r.Out.Host = r.In.Host // it is signed
	}}
	door := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if down.Load() {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		pass.ServeHTTP(w, r)
	}))
	defer door.Close()
	name, prefix, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	c.Address = door.URL + u.Path
	tree, err := blob.OpenBucketTree(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	hand, err := minio.New(strings.TrimPrefix(door.URL, "http://"), &minio.Options{Creds: credentials.NewStaticV4(c.Key, c.Secret, ""), Region: "us-east-1", BucketLookup: minio.BucketLookupPath})
	if err != nil {
		t.Fatal(err)
	}
	objects := func() map[string]string {
		t.Helper()
		list, err := tree.List(t.Context(), "objects")
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	body := func(name string) string {
		t.Helper()
		r, err := tree.Read(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	put := func(name, body string) {
		t.Helper()
		if err := tree.Write(t.Context(), name, []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	s.store.KeepCopies(tree)
	ship := func() {
		t.Helper()
		if err := errors.Join(s.store.Ship(t.Context(), "01S"), s.store.ShipStatements(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
	ship()
	follow := func(name string) (*served, *publishing.Follower) {
		t.Helper()
		dir := filepath.Join(s.dir, name)
		st, f, err := publishing.Follow(t.Context(), tree, dir, 8<<20, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		return &served{store: st, dir: dir, h: portal.New(portal.Config{Store: st, Log: slog.New(slog.DiscardHandler)})}, f
	}
	one, first := follow("one")
	two, second := follow("two")
	for _, m := range []*served{one, two} {
		if body := read(t, m.get("/")); body != "home" {
			t.Fatalf("over S3: %q", body)
		}
	}
	// A new release: what it brought is changed in the bucket on its way.
	f := files()
	f[0].Body = []byte("news over s3")
	if _, err := s.store.Make(t.Context(), site("01S"), f, made.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	before := objects()
	ship()
	var page string
	for k := range objects() {
		if before[k] == "" && body(k) == "news over s3" {
			page = k
		}
	}
	if page == "" {
		t.Fatal("the new page did not go to the bucket as an object of its own")
	}
	put(page, "NEWS over s3")
	look := func(f *publishing.Follower) error { return f.Look(t.Context()) }
	err = look(first)
	if body := read(t, one.get("/")); strings.HasPrefix(body, "NEWS") {
		t.Errorf("a changed object was shown (%v)", err)
	}
	// The object is gone.
	if err := hand.RemoveObject(t.Context(), name, path.Join(prefix, page), minio.RemoveObjectOptions{}); err != nil {
		t.Fatal(err)
	}
	err = look(second)
	if r := two.get("/"); r.StatusCode == 200 {
		if body := read(t, r); body != "home" {
			t.Errorf("with the object missing: %q (%v)", body, err)
		}
	}
	// It is back, as it was: both show the new release.
	put(page, "news over s3")
	for name, m := range map[*served]*publishing.Follower{one: first, two: second} {
		if err := look(m); err != nil {
			t.Fatal(err)
		}
		if body := read(t, name.get("/")); body != "news over s3" {
			t.Errorf("with the object whole again: %q", body)
		}
	}
	// The store is down: readers notice nothing.
	down.Store(true)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if err := first.Look(ctx); err == nil {
		t.Error("a store that is down is not told of")
	} else if errors.Is(err, fs.ErrNotExist) {
		t.Errorf("down is taken for missing: %v", err)
	}
	if body := read(t, one.get("/")); body != "news over s3" {
		t.Error(fmt.Sprint("with the store down: ", body))
	}
}
