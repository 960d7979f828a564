package portal_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"zhengshu/internal/blob"
	"zhengshu/internal/portal"
	"zhengshu/internal/publishing"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/visits"
)

// certificate writes a pair for the names into dir.
func certificate(t *testing.T, dir, base string, until time.Time, names ...string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: names[0]}, DNSNames: names, NotBefore: time.Now().Add(-time.Hour), NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{base + ".key": {Type: "EC PRIVATE KEY", Bytes: raw}, base + ".crt": {Type: "CERTIFICATE", Bytes: der}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// running is a server of portals on both families, with TLS.
type running struct{ plain, secured string }

func run(t *testing.T, s portal.Server) running {
	t.Helper()
	listen := func(addr string) net.Listener {
		l, err := portal.Listen(addr)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	plain := listen("[::]:0")
	var secured []net.Listener
	out := running{plain: fmt.Sprint(plain.Addr().(*net.TCPAddr).Port)}
	if s.Certs != nil {
		secured = append(secured, listen("127.0.0.1:0"))
		out.secured = fmt.Sprint(secured[0].Addr().(*net.TCPAddr).Port)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, []net.Listener{plain}, secured) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil && err != http.ErrServerClosed && !strings.Contains(err.Error(), "Server closed") {
			t.Error(err)
		}
	})
	return out
}

func TestTLSByNameHTTP2RedirectAndReload(t *testing.T) {
	s := serve(t, func(i *theme.Site) { i.Plain = false })
	dir := t.TempDir()
	certificate(t, dir, "a", time.Now().Add(10*24*time.Hour), "yunhe.localhost")
	certificate(t, dir, "b", time.Now().Add(365*24*time.Hour), "*.other.localhost")
	if err := os.WriteFile(filepath.Join(dir, "broken.crt"), []byte("no"), 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	var mu sync.Mutex
	certs, err := portal.OpenCertificates(dir, slog.New(slog.NewTextHandler(lockedWriter{&log, &mu}, nil)))
	if err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	if text := log.String(); !strings.Contains(text, "expires soon") || !strings.Contains(text, "broken.crt") {
		t.Errorf("the log does not warn: %s", text)
	}
	mu.Unlock()
	if ends := certs.Ends(); len(ends) != 2 {
		t.Errorf("ends %v", ends)
	}
	at := run(t, portal.Server{Handler: s.h, Certs: certs, Redirect: true, Serves: s.h.Serves})
	named := func(name string) *x509.Certificate {
		c, err := tls.Dial("tcp", "127.0.0.1:"+at.secured, &tls.Config{ServerName: name, InsecureSkipVerify: true, NextProtos: []string{"h2"}})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if c.ConnectionState().NegotiatedProtocol != "h2" {
			t.Error("no HTTP/2")
		}
		return c.ConnectionState().PeerCertificates[0]
	}
	if got := named("yunhe.localhost").DNSNames[0]; got != "yunhe.localhost" {
		t.Errorf("certificate of %s", got)
	}
	if got := named("www.other.localhost").DNSNames[0]; got != "*.other.localhost" {
		t.Errorf("certificate of %s", got)
	}
	if _, err := tls.Dial("tcp", "127.0.0.1:"+at.secured, &tls.Config{ServerName: "yunhe.localhost", InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11}); err == nil {
		t.Error("TLS 1.1 was accepted")
	}
	dial := func(_ context.Context, network, addr string) (net.Conn, error) {
		_, port, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, err
		}
		return net.Dial(network, "127.0.0.1:"+port)
	}
	client := &http.Client{Transport: &http.Transport{DialContext: dial, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	r, err := client.Get("https://yunhe.localhost:" + at.secured + "/news/")
	if err != nil || r.ProtoMajor != 2 || r.Header.Get("Strict-Transport-Security") == "" {
		t.Fatalf("%v %+v", err, r)
	}
	r.Body.Close()
	r, err = client.Get("http://yunhe.localhost:" + at.plain + "/news/?a=1")
	if err != nil || r.StatusCode != 301 || r.Header.Get("Location") != "https://yunhe.localhost:"+at.secured+"/news/?a=1" {
		t.Errorf("%v %d %q", err, r.StatusCode, r.Header.Get("Location"))
	}
	r.Body.Close()
	// A host that is none of ours is led nowhere.
	req := httptest.NewRequest("GET", "http://127.0.0.1:"+at.plain+"/", nil)
	req.RequestURI, req.Host = "", "evil.example"
	if r, err = client.Do(req); err != nil || r.StatusCode != 421 {
		t.Errorf("%v %d", err, r.StatusCode)
	}
	r.Body.Close()
}

type lockedWriter struct {
	w  io.Writer
	mu *sync.Mutex
}

func (l lockedWriter) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

func TestArticle22_2_ServedOverIPv6AndIPv4(t *testing.T) {
	s := serve(t)
	at := run(t, portal.Server{Handler: s.h})
	for _, host := range []string{"127.0.0.1", "[::1]"} {
		c, err := net.Dial("tcp", host+":"+at.plain)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: yunhe.localhost\r\nConnection: close\r\n\r\n")
		b, err := io.ReadAll(c)
		if err != nil || !strings.HasPrefix(string(b), "HTTP/1.1 200") || !strings.HasSuffix(string(b), "home") {
			t.Errorf("%s: %v %.80s", host, err, b)
		}
		c.Close()
	}
	// What no reader sends: smuggling, two hosts, a header without end.
	for name, raw := range map[string]string{
		"two hosts":     "GET / HTTP/1.1\r\nHost: yunhe.localhost\r\nHost: evil.example\r\n\r\n",
		"both lengths":  "POST / HTTP/1.1\r\nHost: yunhe.localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\nHost: yunhe.localhost\r\n\r\n",
		"large header":  "GET / HTTP/1.1\r\nHost: yunhe.localhost\r\nX: " + strings.Repeat("a", 60<<10) + "\r\n\r\n",
		"absolute form": "GET http://evil.example/ HTTP/1.1\r\nHost: yunhe.localhost\r\nConnection: close\r\n\r\n",
		"no host":       "GET / HTTP/1.1\r\n\r\n",
	} {
		c, err := net.Dial("tcp", "127.0.0.1:"+at.plain)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(c, raw)
		line, _ := bufio.NewReader(c).ReadString('\n')
		if !strings.HasPrefix(line, "HTTP/1.1 4") {
			t.Errorf("%s: %q", name, line)
		}
		c.Close()
	}
}

func TestReaderBehindProxies(t *testing.T) {
	var hit portal.Hit
	s := serve(t)
	read, err := publishing.OpenStore(filepath.Join(s.dir, "releases"))
	if err != nil {
		t.Fatal(err)
	}
	h := portal.New(portal.Config{Store: read, Observe: func(x portal.Hit) { hit = x }})
	chain := portal.Server{Handler: h, Trust: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}}.Chain()
	for _, tt := range []struct{ remote, forwarded, want string }{
		{"203.0.113.9:1", "198.51.100.1", "203.0.113.9"},                     // not a proxy of ours
		{"10.1.1.1:1", "198.51.100.1", "198.51.100.1"},                       // one
		{"10.1.1.1:1", "6.6.6.6, 198.51.100.1, 10.2.2.2", "198.51.100.1"},    // what the reader wrote himself is not believed
		{"10.1.1.1:1", "nonsense", "10.1.1.1"},                               //
		{"[fd00::1]:1", "2001:db8::7", "2001:db8::7"},                        //
		{"10.1.1.1:1", "", "10.1.1.1"},                                       //
		{"10.1.1.1:1", "198.51.100.1, nonsense, 10.2.2.2", "10.2.2.2"},       // stops at what cannot be read
		{"203.0.113.9:1", "127.0.0.1", "203.0.113.9"},                        //
		{"10.1.1.1:1", "[2001:db8::8]", "2001:db8::8"},                       //
		{"10.1.1.1:1", "::ffff:198.51.100.2", "198.51.100.2"},                //
		{"10.1.1.1:1", "10.3.3.3", "10.3.3.3"},                               // all of ours
		{"10.1.1.1:1", strings.Repeat("1.1.1.1,", 3) + "5.5.5.5", "5.5.5.5"}, //
	} {
		r := httptest.NewRequest("GET", "http://yunhe.localhost/", nil)
		r.RemoteAddr = tt.remote
		if tt.forwarded != "" {
			r.Header.Set("X-Forwarded-For", tt.forwarded)
		}
		r.Header.Set("X-Forwarded-Proto", "https")
		w := httptest.NewRecorder()
		chain.ServeHTTP(w, r)
		if w.Code != 200 || hit.Client.String() != tt.want || hit.Status != 200 || hit.Bytes != 4 || hit.Site != "01S" {
			t.Errorf("%s %q: %d, %s %+v", tt.remote, tt.forwarded, w.Code, hit.Client, hit)
		}
	}
}

func TestLimitsOfEachClient(t *testing.T) {
	s := serve(t)
	s.h.Mount("/letters/", func(portal.SiteInfo) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(200) })
	})
	limits := portal.Limits{Pages: portal.Rate{Burst: 20, Every: time.Hour}, Search: portal.Rate{Burst: 3, Every: time.Hour}, Forms: portal.Rate{Burst: 2, Every: time.Hour}, Agents: portal.Rate{Burst: 50, Every: time.Hour}, Known: []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}}
	h := portal.NewLimiter(limits, s.h)
	taken := func(method, path string, client func(int) string) int {
		for i := range 100 {
			r := httptest.NewRequest(method, "http://yunhe.localhost"+path, nil)
			r.RemoteAddr = net.JoinHostPort(client(i), "1")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code == 429 {
				if w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "太频繁") {
					t.Error("429 says nothing")
				}
				return i
			}
		}
		return 100
	}
	same := func(a string) func(int) string { return func(int) string { return a } }
	for _, tt := range []struct {
		name   string
		method string
		path   string
		client func(int) string
		want   int
	}{
		{"pages", "GET", "/", same("203.0.113.1"), 20}, {"search", "GET", "/search", same("203.0.113.1"), 3}, {"forms", "POST", "/letters/new", same("203.0.113.1"), 2},
		{"inspectors", "GET", "/", same("198.51.100.7"), 50}, {"another reader", "GET", "/search", same("203.0.113.2"), 3}, {"this machine", "GET", "/search", same("127.0.0.1"), 100},
		{"one IPv6 network", "GET", "/search", func(i int) string { return fmt.Sprintf("2001:db8:1:2::%x", i+1) }, 3}, {"IPv6 networks", "GET", "/search", func(i int) string { return fmt.Sprintf("2001:db8:2:%x::1", i+1) }, 100},
	} {
		if got := taken(tt.method, tt.path, tt.client); got != tt.want {
			t.Errorf("%s: %d taken, want %d", tt.name, got, tt.want)
		}
	}
}

func TestCanonicalHostAndUploadsApart(t *testing.T) {
	s := serve(t)
	read, err := publishing.OpenStore(filepath.Join(s.dir, "releases"))
	if err != nil {
		t.Fatal(err)
	}
	s.h = portal.New(portal.Config{Store: read, Canonical: true, Uploads: "files.localhost"})
	for _, tt := range []struct {
		method, host, target string
		status               int
		location, policy     string
	}{
		{"GET", "xn--fiqs8s.localhost:81", "/news/?q=1", 301, "http://yunhe.localhost:81/news/?q=1", ""}, {"GET", "中国.localhost", "/", 301, "http://yunhe.localhost/", ""},
		{"POST", "xn--fiqs8s.localhost", "/", 308, "http://yunhe.localhost/", ""}, {"GET", "yunhe.localhost", "/news/", 200, "", "frame-ancestors 'none'"},
		{"GET", "yunhe.localhost:81", "/media/p.pdf", 302, "http://files.localhost:81/yunhe.localhost/media/p.pdf", ""}, {"GET", "files.localhost", "/yunhe.localhost/media/p.pdf", 200, "", "sandbox"},
		{"GET", "files.localhost", "/yunhe.localhost/news/", 404, "", ""}, {"GET", "files.localhost", "/yunhe.localhost/media/../news/", 404, "", ""}, {"GET", "files.localhost", "/evil.localhost/media/p.pdf", 404, "", ""},
		{"GET", "files.localhost", "/", 404, "", ""}, {"POST", "files.localhost", "/yunhe.localhost/media/p.pdf", 405, "", ""}, {"GET", "yunhe.localhost", "//evil.example/", 404, "", ""},
	} {
		r := s.do(tt.method, tt.host, tt.target)
		if r.StatusCode != tt.status || r.Header.Get("Location") != tt.location || !strings.Contains(r.Header.Get("Content-Security-Policy"), tt.policy) {
			t.Errorf("%s %s%s: %d %q %q", tt.method, tt.host, tt.target, r.StatusCode, r.Header.Get("Location"), r.Header.Get("Content-Security-Policy"))
		}
	}
}

func TestRangesAndConditions(t *testing.T) {
	s := serve(t)
	tag := s.get("/news/").Header.Get("ETag")
	for _, tt := range []struct {
		name   string
		method string
		header []string
		status int
		length int // -1: any
	}{
		{"one", "GET", []string{"Range", "bytes=5-9"}, 206, 5}, {"tail", "GET", []string{"Range", "bytes=-7"}, 206, 7}, {"several", "GET", []string{"Range", "bytes=0-1,5-6"}, 206, -1},
		{"overlapping, more than the page", "GET", []string{"Range", "bytes=" + strings.Repeat("0-,", 500) + "0-"}, 200, len(longPage)}, {"past the end", "GET", []string{"Range", "bytes=99999999-"}, 416, -1}, {"nonsense", "GET", []string{"Range", "bytes=9-1"}, 416, -1},
		{"other unit", "GET", []string{"Range", "pages=1-2"}, 416, -1}, {"if-range same", "GET", []string{"Range", "bytes=0-4", "If-Range", tag}, 206, 5}, {"if-range other", "GET", []string{"Range", "bytes=0-4", "If-Range", `"x"`}, 200, len(longPage)},
		{"head range", "HEAD", []string{"Range", "bytes=0-4"}, 206, 0}, {"match other", "GET", []string{"If-Match", `"x"`}, 412, -1}, {"none-match star", "GET", []string{"If-None-Match", "*"}, 304, 0},
		{"unmodified since long ago", "GET", []string{"If-Unmodified-Since", "Mon, 02 Jan 2006 15:04:05 GMT"}, 412, -1}, {"weak", "GET", []string{"If-None-Match", "W/" + tag}, 304, 0},
	} {
		r := s.do(tt.method, "yunhe.localhost", "/news/", tt.header...)
		if body := read(t, r); r.StatusCode != tt.status || tt.length >= 0 && len(body) != tt.length {
			t.Errorf("%s: %d with %d bytes", tt.name, r.StatusCode, len(body))
		}
	}
}

func TestTenThousandRedirects(t *testing.T) {
	s := serve(t)
	list := files()
	for i := range 10000 {
		list = append(list, publishing.File{Page: publishing.Page{Path: fmt.Sprintf("/old/%05d.htm", i), Status: 301, To: "/news/"}})
	}
	if _, err := s.store.Make(t.Context(), site("01S"), list, made.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	for _, i := range []int{0, 1, 4999, 9999} {
		if r := s.get(fmt.Sprintf("/old/%05d.htm", i)); r.StatusCode != 301 || r.Header.Get("Location") != "/news/" {
			t.Errorf("%d: %d", i, r.StatusCode)
		}
	}
	if r := s.get("/old/10000.htm"); r.StatusCode != 404 {
		t.Errorf("one too many: %d", r.StatusCode)
	}
	// One is looked up, not the whole list read for each: that is seen in what a
	// request allocates, whatever else the machine does.
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 200 {
		s.get("/old/07777.htm")
	}
	runtime.ReadMemStats(&after)
	each := (after.TotalAlloc - before.TotalAlloc) / 200
	t.Logf("a redirect allocates %d bytes", each)
	if each > 128<<10 {
		t.Errorf("a redirect allocates %d bytes, as if the list were read for it", each)
	}
}

// objectOf is the file of a page in a releases folder.
func objectOf(t *testing.T, st *publishing.Store, path string) string {
	t.Helper()
	r, err := st.Current("01S")
	if err != nil {
		t.Fatal(err)
	}
	p, ok, err := r.Page(path)
	if err != nil || !ok {
		t.Fatal(path, err)
	}
	return filepath.Join(st.Dir(), "objects", p.Hash[:2], p.Hash)
}

func TestArticle23_1_ChangedByteIsRefusedAndRestoredFromCopies(t *testing.T) {
	s := serve(t)
	var mu sync.Mutex
	var told []publishing.Damage
	fresh := func(copies blob.Tree) {
		st, err := publishing.OpenStore(filepath.Join(s.dir, "releases"))
		if err != nil {
			t.Fatal(err)
		}
		st.KeepCopies(copies)
		st.OnDamage(func(d publishing.Damage) { mu.Lock(); told = append(told, d); mu.Unlock() })
		s.h = portal.New(portal.Config{Store: st})
	}
	tree, err := blob.OpenDiskTree(filepath.Join(s.dir, "copies"))
	if err != nil {
		t.Fatal(err)
	}
	s.store.KeepCopies(tree)
	if err := s.store.Ship(t.Context(), "01S"); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/news/", "/media/big.bin"} { // held in memory; streamed
		file := objectOf(t, s.store, path)
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		changed := bytes.Clone(want)
		changed[0] ^= 1
		if err := os.WriteFile(file, changed, 0o644); err != nil {
			t.Fatal(err)
		}
		fresh(nil)
		if r := s.get(path); r.StatusCode != 500 || strings.Contains(read(t, r), string(want[1:50])) {
			t.Errorf("%s without copies: %d", path, r.StatusCode)
		}
		fresh(tree)
		if r := s.get(path); r.StatusCode != 200 || read(t, r) != string(want) {
			t.Errorf("%s with copies: %d", path, r.StatusCode)
		}
		if now, err := os.ReadFile(file); err != nil || !bytes.Equal(now, want) {
			t.Errorf("%s was not put back on the disk", path)
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		fresh(tree)
		if r := s.get(path); r.StatusCode != 200 {
			t.Errorf("%s gone, with copies: %d", path, r.StatusCode)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	restored := 0
	for _, d := range told {
		if d.Restored {
			restored++
		}
	}
	if len(told) < 5 || restored < 4 {
		t.Errorf("told %+v", told)
	}
}

func TestArticle23_1_SwappedAndReplayedReleasesAreNotShown(t *testing.T) {
	s := serve(t)
	st, err := publishing.OpenStore(filepath.Join(s.dir, "releases"))
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var told []publishing.Damage
	st.OnDamage(func(d publishing.Damage) { mu.Lock(); told = append(told, d); mu.Unlock() })
	s.h = portal.New(portal.Config{Store: st})
	current := filepath.Join(s.dir, "releases", "sites", "01S", "current")
	first, err := os.ReadFile(current)
	if err != nil {
		t.Fatal(err)
	}
	f := files()
	f[0].Body = []byte("second")
	if _, err := s.store.Make(t.Context(), site("01S"), f, made.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	other := site("02S")
	other.Hosts = []string{"second.localhost"}
	f[0].Body = []byte("other")
	if _, err := s.store.Make(t.Context(), other, f, made); err != nil {
		t.Fatal(err)
	}
	if body := read(t, s.get("/")); body != "second" {
		t.Fatal(body)
	}
	theirs, err := os.ReadFile(filepath.Join(s.dir, "releases", "sites", "02S", "current"))
	if err != nil {
		t.Fatal(err)
	}
	for what, put := range map[string][]byte{publishing.Replayed: first, publishing.Changed: theirs} {
		if err := os.WriteFile(current, put, 0o644); err != nil {
			t.Fatal(err)
		}
		time.Sleep(1100 * time.Millisecond) // files changed by hand are looked at once a second
		if body := read(t, s.get("/")); body != "second" {
			t.Errorf("%s: %q is shown", what, body)
		}
		mu.Lock()
		if n := len(told); n == 0 || told[n-1].What != what || told[n-1].Site != "01S" {
			t.Errorf("%s: told %+v", what, told)
		}
		mu.Unlock()
	}
}

// TestPortalsShareReleasesThroughATree runs two portals on machines of their own.
func TestPortalsShareReleasesThroughATree(t *testing.T) {
	s := serve(t)
	tree, err := blob.OpenDiskTree(filepath.Join(s.dir, "remote"))
	if err != nil {
		t.Fatal(err)
	}
	s.store.KeepCopies(tree)
	if err := (publishing.Squeeze{Site: "01S"}).Run(t.Context(), s.store); err != nil {
		t.Fatal(err)
	}
	if err := s.store.PutStatement("directory", []byte(`{}`)); err != nil {
		t.Fatal(err)
	}
	if err := s.store.Ship(t.Context(), "01S"); err != nil {
		t.Fatal(err)
	}
	if err := s.store.ShipStatements(t.Context()); err != nil {
		t.Fatal(err)
	}
	type machine struct {
		*served
		follower *publishing.Follower
	}
	var both []machine
	for i := range 2 {
		dir := filepath.Join(s.dir, fmt.Sprint("machine", i))
		st, f, err := publishing.Follow(t.Context(), tree, dir, 8<<20, nil)
		if err != nil {
			t.Fatal(err)
		}
		both = append(both, machine{&served{store: st, dir: dir, h: portal.New(portal.Config{Store: st})}, f})
	}
	for _, m := range both {
		if body := read(t, m.get("/")); body != "home" {
			t.Fatal(body)
		}
		if r := m.get("/news/", "Accept-Encoding", "br"); r.Header.Get("Content-Encoding") != "br" {
			t.Error("the compressed form was not fetched")
		}
		if _, err := m.store.ReadStatement("directory"); err != nil {
			t.Error(err)
		}
	}
	f := files()
	f[0].Body = []byte("news for all")
	if _, err := s.store.Make(t.Context(), site("01S"), f, made.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if err := s.store.Ship(t.Context(), "01S"); err != nil {
		t.Fatal(err)
	}
	for _, m := range both {
		if err := m.follower.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
		if body := read(t, m.get("/")); body != "news for all" {
			t.Errorf("still %q", body)
		}
	}
	// The place of copies is gone: what is here is served on, and said so.
	if err := os.Rename(filepath.Join(s.dir, "remote"), filepath.Join(s.dir, "away")); err != nil {
		t.Fatal(err)
	}
	if body := read(t, both[0].get("/")); body != "news for all" {
		t.Error(body)
	}
	if err := os.Rename(filepath.Join(s.dir, "away"), filepath.Join(s.dir, "remote")); err != nil {
		t.Fatal(err)
	}
	// Another house's key is refused by who has met the first.
	if err := os.WriteFile(filepath.Join(s.dir, "remote", "release.pub"), []byte("BT8tg29jAiTkB9vuxBCUqYRbSuPSDuAM132+E29vXng=\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := publishing.Follow(t.Context(), tree, both[0].dir, 8<<20, nil); err == nil {
		t.Error("another key was taken")
	}
}

func TestObservedPortalCountsWhatItSends(t *testing.T) {
	s := serve(t)
	dir, out := t.TempDir(), t.TempDir()
	rec, err := visits.Record(visits.Config{Dir: dir, Out: out, Every: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	read1, err := publishing.OpenStore(filepath.Join(s.dir, "releases"))
	if err != nil {
		t.Fatal(err)
	}
	s.h = portal.New(portal.Config{Store: read1, Observe: rec.Observe})
	for _, p := range []string{"/", "/news/", "/nothing", "/old.html", "/media/big.bin"} {
		s.get(p, "User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/120")
	}
	if c := rec.Classes(); c["2xx"] != 3 || c["3xx"] != 1 || c["4xx"] != 1 {
		t.Errorf("classes %v", c)
	}
	if err := rec.Close(); err != nil {
		t.Fatal(err)
	}
	if list, err := filepath.Glob(filepath.Join(out, "visits-*.batch")); err != nil || len(list) != 1 {
		t.Errorf("%v %v", list, err)
	}
}
