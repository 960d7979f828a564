package egress

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"zhengshu/internal/hang"
)

// book is a resolver that knows what it is told; a name with several answers gives them one after the other.
type book struct {
	mu    sync.Mutex
	names map[string][][]netip.Addr
	asked map[string]int
}

func (b *book) Resolve(_ context.Context, host string) ([]netip.Addr, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.asked == nil {
		b.asked = map[string]int{}
	}
	answers := b.names[host]
	if len(answers) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	n := min(b.asked[host], len(answers)-1)
	b.asked[host]++
	return answers[n], nil
}

func addrs(list ...string) []netip.Addr {
	var out []netip.Addr
	for _, s := range list {
		out = append(out, netip.MustParseAddr(s))
	}
	return out
}

// calm is the policy for tests in which nothing hangs: its limits are the real ones, which a busy machine does not meet.
func calm(allow ...netip.AddrPort) Policy { return Policy{Allow: allow, Resolver: &book{}} }

// quick is the policy scaled down, so that hanging servers cost the tests little.
func quick(allow ...netip.AddrPort) Policy {
	return Policy{
		Allow: allow, Resolver: &book{},
		Total: time.Second, FirstByte: 300 * time.Millisecond, Connect: 500 * time.Millisecond, ProbeLimit: 400 * time.Millisecond,
		SpeedWindow: 100 * time.Millisecond, MinSpeed: 1000,
	}
}

func client(t *testing.T, p Policy) *Client {
	t.Helper()
	before := runtime.NumGoroutine()
	c := New(p)
	t.Cleanup(func() {
		c.Close()
		for i := 0; runtime.NumGoroutine() > before; i++ {
			if i > 200 {
				buf := make([]byte, 64<<10)
				t.Errorf("%d goroutines before, %d after\n%s", before, runtime.NumGoroutine(), buf[:runtime.Stack(buf, true)])
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	})
	return c
}

// raw serves whatever bytes a test likes, one connection at a time.
func raw(t *testing.T, serve func(net.Conn)) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer conn.Close()
				conn.SetDeadline(time.Now().Add(5 * time.Second))
				serve(conn)
			})
		}
	})
	t.Cleanup(func() { l.Close(); wg.Wait() })
	return netip.MustParseAddrPort(l.Addr().String())
}

// say reads a request and answers with bytes as given.
func say(answer string) func(net.Conn) {
	return func(c net.Conn) {
		c.Read(make([]byte, 4096))
		io.WriteString(c, answer)
	}
}

func site(t *testing.T, h http.HandlerFunc) (netip.AddrPort, string) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return netip.MustParseAddrPort(s.Listener.Addr().String()), s.URL
}

func kind(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return ""
}

// complete fails unless an error carries what a reader needs.
func complete(t *testing.T, err error) {
	t.Helper()
	var e *Error
	if err != nil && (!errors.As(err, &e) || !strings.HasSuffix(e.Says, "。") || strings.Contains(e.Says, "%!")) {
		t.Errorf("error without a whole sentence: %#v", err)
	}
}

func TestRefusesInnerAddresses(t *testing.T) {
	b := &book{names: map[string][][]netip.Addr{
		"a127.example.com":   {addrs("127.0.0.1")},
		"www.x.gov.cn":       {addrs("10.1.2.3")},
		"mixed.gov.cn":       {addrs("1.2.4.8", "192.168.0.1")},
		"mapped.gov.cn":      {addrs("::ffff:127.0.0.1")},
		"nat64.gov.cn":       {addrs("64:ff9b::7f00:1")},
		"six.gov.cn":         {addrs("fd00:ec2::254")},
		"cloud.gov.cn":       {addrs("169.254.169.254")},
		"aliyun.gov.cn":      {addrs("100.100.100.200")},
		"ours.gov.cn":        {addrs("1.2.4.8", "123.125.81.12")},
		"public.gov.cn":      {addrs("1.2.4.8")},
		"secret.unit.gov.cn": {addrs("1.2.4.8")},
	}}
	p := calm()
	p.Resolver, p.OwnAddresses, p.RefuseNames = b, addrs("123.125.81.12"), []string{"Unit.gov.cn."}
	c := client(t, p)
	c.dial = func(_ context.Context, ap netip.AddrPort) (net.Conn, error) {
		t.Errorf("dialled %s", ap)
		return nil, errors.New("dialled")
	}
	refused := []string{
		"http://127.0.0.1/", "http://127.0.0.1./", "http://127.1/", "http://127.0.1/", "http://2130706433/", "http://0x7f000001/",
		"http://0x7F.0.0.1/", "http://0177.0.0.1/", "http://0177.1/", "http://00000177.0.0.1/", "http://0/", "http://0.0.0.0/",
		"http://127.255.255.254/", "http://１２７.0.0.1/", "http://127。0。0。1/", "http://[::1]/", "http://[::]/", "http://[0:0:0:0:0:0:0:1]/",
		"http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[::127.0.0.1]/", "http://[64:ff9b::127.0.0.1]/",
		"http://[2002:7f00:1::]/", "http://[fe80::1]/", "http://[fc00::1]/", "http://[fd00:ec2::254]/", "http://[ff02::1]/",
		"http://10.0.0.1/", "http://172.16.0.1/", "http://192.168.1.1/", "http://3232235777/", "http://0xc0.0xa8.1.1/", "http://0300.0250.1.1/",
		"http://169.254.169.254/latest/meta-data/", "http://2852039166/", "http://100.100.100.200/", "http://168.63.129.16/", "http://192.0.0.192/",
		"http://198.18.0.1/", "http://224.0.0.1/", "http://255.255.255.255/",
		"http://localhost/", "http://LOCALHOST./", "http://a.localhost/", "http://a.localhost:8080/", "http://metadata.google.internal/", "http://metadata/",
		"http://metadata.tencentyun.com/", "http://printer.local/", "http://intranet/", "http://db/",
		"http://a127.example.com/", "http://www.x.gov.cn/", "https://www.x.gov.cn/", "http://mixed.gov.cn/", "http://mapped.gov.cn/", "http://nat64.gov.cn/",
		"http://six.gov.cn/", "http://cloud.gov.cn/", "http://aliyun.gov.cn/", "http://ours.gov.cn/", "http://123.125.81.12/", "http://secret.unit.gov.cn/",
		"http://www.gov.cn@127.0.0.1/", "http://www.gov.cn:80@127.0.0.1/", "http://public.gov.cn:22/", "http://public.gov.cn:6379/", "https://1.2.4.8:8443/",
	}
	for _, u := range refused {
		r, err := c.Get(t.Context(), u, Options{})
		if kind(err) != RefusedAddress || r == nil || r.Status != 0 {
			t.Errorf("%s: %v", u, err)
		}
		complete(t, err)
	}
	for _, u := range []string{
		"", "www.gov.cn", "//www.gov.cn/", "file:///etc/passwd", "gopher://127.0.0.1/", "ftp://www.gov.cn/", "javascript:alert(1)", "http:www.gov.cn",
		"http://", "http:///x", "http://[fe80::1%25lo]/", "http://256.1.1.1/", "http://a b/", "http://www.gov.cn:0/", "http://www.gov.cn:99999/",
		"http://www.gov.cn\r\nHost: x/", "http://" + strings.Repeat("a", 9000) + ".cn/",
	} {
		_, err := c.Get(t.Context(), u, Options{})
		if kind(err) != BadScheme {
			t.Errorf("%.60q: %v", u, err)
		}
		complete(t, err)
	}
	if _, err := c.Get(t.Context(), "http://nowhere.gov.cn/", Options{}); kind(err) != DNS {
		t.Errorf("unknown name: %v", err)
	}
}

// elsewhere says that it leads to a public address.
type elsewhere struct{ net.Conn }

func (elsewhere) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(1, 2, 4, 8), Port: 80} }

func TestKnowsWhenThePublicNetworkAnswered(t *testing.T) {
	ap, _ := site(t, func(w http.ResponseWriter, _ *http.Request) { http.NotFound(w, nil) })
	p := calm()
	p.Allow, p.Ports = []netip.AddrPort{ap}, []uint16{80, ap.Port()}
	p.Resolver = &book{names: map[string][][]netip.Addr{"public.gov.cn": {addrs("1.2.4.8")}}}
	c := client(t, p)
	if at := c.Outside(); !at.IsZero() {
		t.Errorf("answered at %s before anything was asked", at)
	}
	if _, err := c.Get(t.Context(), "http://"+ap.String()+"/", Options{}); err != nil {
		t.Fatal(err)
	}
	if at := c.Outside(); !at.IsZero() {
		t.Errorf("an answer of this machine counts as one of the public network (%s)", at)
	}
	c.dial = func(context.Context, netip.AddrPort) (net.Conn, error) {
		return nil, errors.New("no such network in tests")
	}
	if _, err := c.Get(t.Context(), "http://public.gov.cn/", Options{}); kind(err) != TCP {
		t.Fatal(err)
	}
	if at := c.Outside(); !at.IsZero() {
		t.Errorf("a failure counts as an answer (%s)", at)
	}
	c.dial = func(ctx context.Context, _ netip.AddrPort) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", ap.String())
		return elsewhere{conn}, err
	}
	before := time.Now()
	if r, err := c.Get(t.Context(), "http://public.gov.cn/", Options{}); err != nil || r.Status != http.StatusNotFound {
		t.Fatal(r, err)
	}
	if at := c.Outside(); at.Before(before.Add(-time.Second)) {
		t.Errorf("the public network answered at %s, not after %s", at, before)
	}
}

func TestDialsTheCheckedAddress(t *testing.T) {
	b := &book{names: map[string][][]netip.Addr{"rebind.gov.cn": {addrs("1.2.4.8"), addrs("127.0.0.1")}}}
	p := calm()
	p.Resolver = b
	c := client(t, p)
	var dialled []netip.AddrPort
	c.dial = func(_ context.Context, ap netip.AddrPort) (net.Conn, error) {
		dialled = append(dialled, ap)
		return nil, errors.New("no such network in tests")
	}
	if _, err := c.Get(t.Context(), "http://rebind.gov.cn/", Options{}); kind(err) != TCP {
		t.Errorf("first: %v", err)
	}
	if b.asked["rebind.gov.cn"] != 1 {
		t.Errorf("resolved %d times for one connection", b.asked["rebind.gov.cn"])
	}
	if _, err := c.Get(t.Context(), "http://rebind.gov.cn/", Options{}); kind(err) != RefusedAddress {
		t.Errorf("second: %v", err)
	}
	if len(dialled) != 1 || dialled[0].String() != "1.2.4.8:80" {
		t.Errorf("dialled %v", dialled)
	}
}

func TestTriesEveryAddress(t *testing.T) {
	ap, _ := site(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "好") })
	dead := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.2"), ap.Port())
	p := calm(ap, dead)
	p.Resolver = &book{names: map[string][][]netip.Addr{"two.gov.cn": {{dead.Addr(), ap.Addr()}}}}
	r, err := client(t, p).Get(t.Context(), "http://two.gov.cn:"+port(ap)+"/", Options{})
	if err != nil || string(r.Body) != "好" || r.RemoteAddr != ap {
		t.Errorf("%v %+v", err, r)
	}
}

// What is told of a host is all its addresses, however many a connection is tried
// at; of those that are tried, one is of the sixth version where there is one.
func TestArticle22_AllAddressesAreToldAndFewTried(t *testing.T) {
	fourth, sixth := addrs("1.2.4.1", "1.2.4.2", "1.2.4.3", "1.2.4.4", "1.2.4.5"), addrs("2400:3200::1", "2400:3200::2")
	b := &book{names: map[string][][]netip.Addr{"portal.gov.cn": {append([]netip.Addr{sixth[0]}, fourth...)}, "six.gov.cn": {slices.Concat(fourth[:3], sixth)}}}
	p := calm()
	p.Resolver = b
	c := client(t, p)
	if got, err := c.Addresses(t.Context(), "portal.gov.cn"); err != nil || !slices.Equal(got, append(slices.Clone(fourth), sixth[0])) {
		t.Errorf("told %v (%v)", got, err)
	}
	var dialled []netip.Addr
	c.dial = func(_ context.Context, ap netip.AddrPort) (net.Conn, error) {
		dialled = append(dialled, ap.Addr())
		return nil, errors.New("no such network in tests")
	}
	for host, want := range map[string][]netip.Addr{"portal.gov.cn": append(slices.Clone(fourth[:3]), sixth[0]), "six.gov.cn": append(slices.Clone(fourth[:3]), sixth[0])} {
		dialled = nil
		if _, err := c.Get(t.Context(), "http://"+host+"/", Options{}); kind(err) != TCP || !slices.Equal(dialled, want) {
			t.Errorf("%s: dialled %v, want %v (%v)", host, dialled, want, err)
		}
		dialled = nil
		if _, err := c.Dial(t.Context(), host, 443, false); kind(err) != TCP || !slices.Equal(dialled, want) {
			t.Errorf("%s: sent to %v, want %v (%v)", host, dialled, want, err)
		}
	}
}

func port(ap netip.AddrPort) string { return strings.TrimPrefix(ap.String(), ap.Addr().String()+":") }

// A site that is served here has the addresses that the world is told, though its
// pages are asked for at our own listener.
func TestArticle22_AddressesOfOurOwnSiteAreThePublicOnes(t *testing.T) {
	p := calm()
	p.Local = netip.MustParseAddrPort("127.0.0.1:8080")
	p.OwnAddresses = addrs("1.2.4.1")
	p.Own = func(host string) bool { return host != "fake.gov.cn" }
	public := addrs("1.2.4.1", "2400:3200::1")
	p.Resolver = &book{names: map[string][][]netip.Addr{"www.county.gov.cn": {public}, "fake.gov.cn": {public}}}
	c := client(t, p)
	if got, err := c.Addresses(t.Context(), "www.county.gov.cn"); err != nil || !slices.Equal(got, public) {
		t.Errorf("told %v (%v)", got, err)
	}
	if got, err := c.Addresses(t.Context(), "unknown.gov.cn"); kind(err) != DNS {
		t.Errorf("of a name that does not resolve: %v (%v)", got, err)
	}
	if got, err := c.Addresses(t.Context(), "1.2.4.9"); err != nil || !slices.Equal(got, addrs("1.2.4.9")) {
		t.Errorf("of an address: %v (%v)", got, err)
	}
	if got, err := c.Addresses(t.Context(), "fake.gov.cn"); kind(err) != RefusedAddress {
		t.Errorf("of somebody else's name that leads here: %v (%v)", got, err)
	}
}

func TestOwnListener(t *testing.T) {
	var asked []string
	ap, _ := site(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Host+" "+r.Header.Get("X-Forwarded-Proto"))
	})
	other, _ := site(t, func(http.ResponseWriter, *http.Request) {})
	p := calm()
	p.Local = ap
	p.Own = func(host string) bool { return host == "www.county.gov.cn" }
	p.Resolver = &book{names: map[string][][]netip.Addr{"evil.gov.cn": {addrs("127.0.0.1")}}}
	c := client(t, p)
	for u, want := range map[string]Kind{
		"http://city.localhost:" + port(ap) + "/":        "",
		"http://localhost:" + port(ap) + "/":             "",
		"http://city.localhost:" + port(other) + "/":     RefusedAddress,
		"http://city.localhost/":                         RefusedAddress,
		"http://www.county.gov.cn/":                      "",
		"https://www.county.gov.cn/":                     "",
		"http://www.county.gov.cn:6379/":                 RefusedAddress,
		"http://evil.gov.cn:" + port(ap) + "/":           RefusedAddress,
		"http://127.0.0.1:" + port(ap) + "/":             RefusedAddress,
		"http://[::ffff:127.0.0.1]:" + port(ap) + "/":    RefusedAddress,
		"http://localhost.evil.gov.cn:" + port(ap) + "/": RefusedAddress,
	} {
		r, err := c.Get(t.Context(), u, Options{})
		if kind(err) != want || want == "" && r.Status != 200 {
			t.Errorf("%s: %v", u, err)
		}
	}
	for _, want := range []string{"www.county.gov.cn ", "www.county.gov.cn https", "city.localhost:" + port(ap) + " "} {
		found := false
		for _, a := range asked {
			found = found || a == want
		}
		if !found {
			t.Errorf("the listener was not asked for %q; asked %q", want, asked)
		}
	}
}

func TestAllowIsExact(t *testing.T) {
	ap, u := site(t, func(http.ResponseWriter, *http.Request) {})
	other, _ := site(t, func(http.ResponseWriter, *http.Request) {})
	c := client(t, calm(ap))
	if _, err := c.Get(t.Context(), u, Options{}); err != nil {
		t.Error(err)
	}
	for _, u := range []string{"http://" + other.String() + "/", "http://127.0.0.2:" + port(ap) + "/", "http://[::ffff:127.0.0.1]:" + port(ap) + "/"} {
		if _, err := c.Get(t.Context(), u, Options{}); kind(err) != RefusedAddress {
			t.Errorf("%s: %v", u, err)
		}
	}
}

func TestRedirects(t *testing.T) {
	mux := http.NewServeMux()
	ap, base := site(t, mux.ServeHTTP)
	to := func(from, target string) {
		mux.HandleFunc(from, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", target)
			w.WriteHeader(302)
		})
	}
	mux.HandleFunc("/end", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "到了") })
	to("/1", "/2")
	to("/2", "/3")
	to("/3", "/4")
	to("/4", "/5")
	to("/5", "/end")
	to("/0", "/1")
	to("/self", "/self#again")
	to("/a", "/b")
	to("/b", "/a")
	to("/private", "http://10.0.0.1/")
	to("/meta", "http://0xA9FEA9FE/latest")
	to("/mapped", "http://[::ffff:127.0.0.1]:"+port(ap)+"/end")
	to("/file", "file:///etc/passwd")
	to("/gopher", "gopher://127.0.0.1/")
	to("/bad", "http://%zz/")
	to("/port", "http://127.0.0.1:1/")
	mux.HandleFunc("/never/{n}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "/never/"+r.PathValue("n")+"1")
		w.WriteHeader(301)
	})
	c := client(t, calm(ap))
	for path, want := range map[string]Kind{
		"/1": "", "/0": TooManyRedirects, "/self": RedirectLoop, "/a": RedirectLoop, "/private": RefusedAddress, "/meta": RefusedAddress,
		"/mapped": RefusedAddress, "/file": BadScheme, "/gopher": BadScheme, "/bad": BadResponse, "/port": RefusedAddress, "/never/1": TooManyRedirects,
	} {
		r, err := c.Get(t.Context(), base+path, Options{})
		if kind(err) != want {
			t.Errorf("%s: %v", path, err)
		}
		complete(t, err)
		if path == "/1" && (len(r.Redirects) != 5 || r.Redirects[0] != base+"/1" || r.Final != base+"/end" || string(r.Body) != "到了") {
			t.Errorf("followed %v to %s", r.Redirects, r.Final)
		}
	}
	r, err := c.Get(t.Context(), base+"/1", Options{NoFollow: true})
	if err != nil || r.Status != 302 || r.Location != base+"/2" || len(r.Redirects) != 0 {
		t.Errorf("not to be followed: %v %+v", err, r)
	}
}

func packed(t testing.TB, how string, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	var w io.WriteCloser
	switch how {
	case "gzip":
		w = gzip.NewWriter(&out)
	case "br":
		w = brotli.NewWriterLevel(&out, 5)
	case "zlib":
		w = zlib.NewWriter(&out)
	case "flate":
		w, _ = flate.NewWriter(&out, 6)
	}
	w.Write(b)
	w.Close()
	return out.Bytes()
}

func TestBodies(t *testing.T) {
	text := []byte(strings.Repeat("县人民政府关于印发《政务公开工作要点》的通知 ", 40))
	zeros := make([]byte, 8<<20)
	served := map[string]struct {
		encoding string
		body     []byte
	}{
		"/plain":   {"", text},
		"/gzip":    {"gzip", packed(t, "gzip", text)},
		"/br":      {"br", packed(t, "br", text)},
		"/zlib":    {"deflate", packed(t, "zlib", text)},
		"/flate":   {"deflate", packed(t, "flate", text)},
		"/double":  {"gzip, gzip", packed(t, "gzip", packed(t, "gzip", text))},
		"/empty":   {"gzip", nil},
		"/triple":  {"gzip, gzip, gzip", text},
		"/strange": {"lzma", text},
		"/liar":    {"gzip", text},
		"/cut":     {"gzip", packed(t, "gzip", text)[:60]},
		"/bomb":    {"gzip", packed(t, "gzip", zeros)},
		"/brbomb":  {"br", packed(t, "br", zeros)},
		"/nested":  {"gzip, gzip", packed(t, "gzip", packed(t, "gzip", zeros))},
		"/nul":     {"", []byte("<html>\x00\x00<a href=/x>\x00</a>")},
	}
	ap, base := site(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/huge" || r.URL.Path == "/hugeline" {
			b := bytes.Repeat([]byte("x"), 1<<20)
			if r.URL.Path == "/huge" {
				w.Header().Set("Content-Length", "104857600")
			}
			for range 100 {
				if _, err := w.Write(b); err != nil {
					return
				}
			}
			return
		}
		s := served[r.URL.Path]
		if s.encoding != "" {
			w.Header().Set("Content-Encoding", s.encoding)
		}
		w.Write(s.body)
	})
	c := client(t, calm(ap))
	for path, want := range map[string]Kind{
		"/plain": "", "/gzip": "", "/br": "", "/zlib": "", "/flate": "", "/double": "", "/empty": "", "/nul": "",
		"/triple": BadResponse, "/strange": BadResponse, "/liar": BadResponse, "/cut": BadResponse,
		"/bomb": Bomb, "/brbomb": Bomb, "/nested": Bomb, "/huge": TooLarge, "/hugeline": TooLarge,
	} {
		r, err := c.Get(t.Context(), base+path, Options{})
		if kind(err) != want {
			t.Errorf("%s: got %v, want %q", path, err, want)
			continue
		}
		complete(t, err)
		if int64(len(r.Body)) > 10<<20 {
			t.Errorf("%s: %d bytes kept", path, len(r.Body))
		}
		switch path {
		case "/plain", "/gzip", "/br", "/zlib", "/flate", "/double":
			if !bytes.Equal(r.Body, text) || r.Partial || r.WireBytes == 0 || r.TTFB <= 0 || r.Took < r.TTFB {
				t.Errorf("%s: %d bytes, %+v", path, len(r.Body), r)
			}
		case "/huge":
			if !r.Partial || r.Status != 200 || len(r.Body) != 10<<20 {
				t.Errorf("%s: partial %v, %d bytes", path, r.Partial, len(r.Body))
			}
		case "/bomb":
			if len(r.Body) > ratioFloor {
				t.Errorf("%s: %d bytes kept", path, len(r.Body))
			}
		}
	}
	if r, err := c.Get(t.Context(), base+"/plain", Options{MaxBody: 100}); kind(err) != TooLarge || len(r.Body) != 100 {
		t.Errorf("small limit: %v", err)
	}
	if r, err := c.Get(t.Context(), base+"/huge", Options{WantBody: func(int, http.Header) bool { return false }}); err != nil || len(r.Body) != 0 || !r.Partial {
		t.Errorf("unwanted body: %v", err)
	}
	if r, err := c.Head(t.Context(), base+"/gzip", Options{}); err != nil || r.Status != 200 || len(r.Body) != 0 {
		t.Errorf("head: %v", err)
	}
}

func TestHostileServers(t *testing.T) {
	drip := func(c net.Conn, first, each string) {
		c.Read(make([]byte, 4096))
		io.WriteString(c, first)
		for {
			if _, err := io.WriteString(c, each); err != nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	for name, x := range map[string]struct {
		serve func(net.Conn)
		want  Kind
	}{
		"silent":           {func(c net.Conn) { io.Copy(io.Discard, c) }, Timeout},
		"header drip":      {func(c net.Conn) { drip(c, "HTTP/1.1 200 OK\r\n", "X-A: b\r\n") }, Timeout},
		"body drip":        {func(c net.Conn) { drip(c, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", "x") }, Timeout},
		"body stall":       {func(c net.Conn) { say("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx")(c); io.Copy(io.Discard, c) }, Timeout},
		"fast but endless": {func(c net.Conn) { drip(c, "HTTP/1.1 200 OK\r\n\r\n", strings.Repeat("x", 2000)) }, Timeout},
		"hang up":          {func(c net.Conn) { c.Read(make([]byte, 4096)) }, BadResponse},
		"reset":            {func(c net.Conn) { c.Read(make([]byte, 10)); c.(*net.TCPConn).SetLinger(0) }, TCP},
		"not http":         {say("SSH-2.0-OpenSSH_9.6\r\n"), BadResponse},
		"http 0.9":         {say("<html>old</html>"), BadResponse},
		"short body":       {say("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort"), BadResponse},
		"bad length":       {say("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nx"), BadResponse},
		"two lengths":      {say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nxxxxxx"), BadResponse},
		"long body":        {say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nlonger"), ""},
		"bad chunk":        {say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nbad\r\n"), BadResponse},
		"cut chunk":        {say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n100\r\nbad"), BadResponse},
		"huge chunk size":  {say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nbad"), BadResponse},
		"header flood":     {say("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("a", 1<<20) + "\r\n\r\n"), TooLarge},
		"many headers":     {say("HTTP/1.1 200 OK\r\n" + strings.Repeat("Set-Cookie: a=b\r\n", 10000) + "\r\n"), TooLarge},
		"early hints":      {say(strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", 10000)), TooLarge},
		"bad header":       {say("HTTP/1.1 200 OK\r\nno colon here\r\n\r\n"), BadResponse},
		"bad status":       {say("HTTP/1.1 2x0 OK\r\n\r\n"), BadResponse},
	} {
		t.Run(name, func(t *testing.T) {
			ap := raw(t, x.serve)
			hang.Guard(t)
			p := calm(ap)
			if x.want == Timeout {
				p = quick(ap)
			}
			_, err := client(t, p).Get(t.Context(), "http://"+ap.String()+"/", Options{})
			if kind(err) != x.want {
				t.Errorf("got %v, want %q", err, x.want)
			}
			complete(t, err)
		})
	}
	t.Run("nobody there", func(t *testing.T) {
		l, _ := net.Listen("tcp", "127.0.0.1:0")
		ap := netip.MustParseAddrPort(l.Addr().String())
		l.Close()
		if _, err := client(t, calm(ap)).Get(t.Context(), "http://"+ap.String()+"/", Options{}); kind(err) != TCP {
			t.Error(err)
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		ap := raw(t, func(c net.Conn) { io.Copy(io.Discard, c) })
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(50*time.Millisecond, cancel)
		_, err := client(t, calm(ap)).Get(ctx, "http://"+ap.String()+"/", Options{})
		if kind(err) != Cancelled || !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		complete(t, err)
	})
}

func TestSendsNothingOfOurs(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	t.Setenv("http_proxy", "http://127.0.0.1:1")
	var last http.Header
	ap, base := site(t, func(w http.ResponseWriter, r *http.Request) {
		last = r.Header.Clone()
		w.Header().Set("Set-Cookie", "a=b")
		if r.Header.Get("If-None-Match") != "" {
			w.WriteHeader(304)
		}
	})
	c := client(t, calm(ap))
	withUser := strings.Replace(base, "http://", "http://user:secret@", 1)
	for range 2 {
		r, err := c.Get(t.Context(), withUser, Options{UserAgent: "巡检/1\r\nX-Injected: 1"})
		if err != nil || r.Header.Get("Set-Cookie") == "" {
			t.Fatal(err)
		}
		for _, h := range []string{"Cookie", "Authorization", "Referer", "X-Injected", "X-Forwarded-Proto"} {
			if last.Get(h) != "" {
				t.Errorf("sent %s: %s", h, last.Get(h))
			}
		}
	}
	if r, err := c.Get(t.Context(), base, Options{IfNoneMatch: `"x"`}); err != nil || r.Status != 304 {
		t.Errorf("conditional: %v %d", err, r.Status)
	}
}

// authority makes certificates for the TLS tests.
type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	pool *x509.CertPool
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{pool: x509.NewCertPool()}
	a.key, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	tpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test root"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-1000 * time.Hour), NotAfter: time.Now().Add(1000 * time.Hour), KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, tpl, tpl, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	a.cert, _ = x509.ParseCertificate(der)
	a.pool.AddCert(a.cert)
	return a
}

func (a *authority) issue(t *testing.T, from, to time.Duration, selfSigned bool, hosts ...string) tls.Certificate {
	t.Helper()
	k, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	tpl := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: hosts[0]}, DNSNames: hosts,
		NotBefore: time.Now().Add(from), NotAfter: time.Now().Add(to)}
	parent, signer := a.cert, a.key
	if selfSigned {
		parent, signer = tpl, k
	}
	der, err := x509.CreateCertificate(rand.Reader, tpl, parent, &k.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: k}
}

func TestTLS(t *testing.T) {
	good, stranger := newAuthority(t), newAuthority(t)
	const host = "www.x.gov.cn"
	for name, x := range map[string]struct {
		cert tls.Certificate
		most uint16
		want Fault
	}{
		"good":     {cert: good.issue(t, -time.Hour, time.Hour, false, host)},
		"expired":  {cert: good.issue(t, -2*time.Hour, -time.Hour, false, host), want: Expired},
		"early":    {cert: good.issue(t, time.Hour, 2*time.Hour, false, host), want: NotYetValid},
		"other":    {cert: good.issue(t, -time.Hour, time.Hour, false, "www.y.gov.cn"), want: WrongHost},
		"self":     {cert: good.issue(t, -time.Hour, time.Hour, true, host), want: SelfSigned},
		"stranger": {cert: stranger.issue(t, -time.Hour, time.Hour, false, host), want: UnknownAuthority},
		"old":      {cert: good.issue(t, -time.Hour, time.Hour, false, host), most: tls.VersionTLS10, want: OutdatedVersion},
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "好") }))
			s.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: x.most}
			s.TLS.Certificates = []tls.Certificate{x.cert}
			s.Config.ErrorLog = quiet
			s.StartTLS()
			t.Cleanup(s.Close)
			ap := netip.MustParseAddrPort(s.Listener.Addr().String())
			p := calm(ap)
			p.Roots = good.pool
			p.Resolver = &book{names: map[string][][]netip.Addr{host: {addrs("127.0.0.1")}}}
			c := client(t, p)
			u := "https://" + host + ":" + port(ap) + "/"

			r, err := c.Get(t.Context(), u, Options{RecordTLSFault: true})
			if err != nil || r.TLS.Fault != x.want || !r.TLS.Used || string(r.Body) != "好" || r.TLS.Version == "" {
				t.Errorf("recording: %v, fault %q, want %q", err, r.TLS.Fault, x.want)
			}
			// After the recording request on purpose: its connection must not serve a strict one.
			_, err = c.Get(t.Context(), u, Options{})
			if want := map[bool]Kind{true: TLS}[x.want != ""]; kind(err) != want {
				t.Errorf("strict: %v, want %q", err, want)
			}
			complete(t, err)
			if pr := c.Probe(t.Context(), u); pr.OK != (x.want == "") {
				t.Errorf("probe: %+v", pr)
			}
		})
	}
	t.Run("no roots", func(t *testing.T) {
		// A machine that knows no authority cannot tell who is none.
		for name, x := range map[string]struct {
			cert     tls.Certificate
			want     Fault
			unrooted bool
		}{
			"good": {good.issue(t, -time.Hour, time.Hour, false, host), "", true}, "expired": {good.issue(t, -2*time.Hour, -time.Hour, false, host), Expired, false}, "self": {good.issue(t, -time.Hour, time.Hour, true, host), SelfSigned, false},
		} {
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "好") }))
			s.TLS = &tls.Config{Certificates: []tls.Certificate{x.cert}}
			s.Config.ErrorLog = quiet
			s.StartTLS()
			t.Cleanup(s.Close)
			ap := netip.MustParseAddrPort(s.Listener.Addr().String())
			p := calm(ap)
			p.Roots = x509.NewCertPool()
			p.Resolver = &book{names: map[string][][]netip.Addr{host: {addrs("127.0.0.1")}}}
			c := client(t, p)
			u := "https://" + host + ":" + port(ap) + "/"
			if r, err := c.Get(t.Context(), u, Options{RecordTLSFault: true}); err != nil || r.TLS.Fault != x.want || r.TLS.Unrooted != x.unrooted {
				t.Errorf("%s: recording: %v, %+v", name, err, r.TLS)
			}
			if _, err := c.Get(t.Context(), u, Options{}); kind(err) != TLS || err.(*Error).Blames() == x.unrooted {
				t.Errorf("%s: strict: %v", name, err)
			}
			for _, r := range []ProbeResult{c.Probe(t.Context(), u), c.Knock(t.Context(), u)} {
				if r.OK || r.Void != x.unrooted {
					t.Errorf("%s: probe: %+v", name, r)
				}
			}
		}
	})
	t.Run("key exchange of old servers", func(t *testing.T) {
		k, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			t.Fatal(err)
		}
		tpl := &x509.Certificate{SerialNumber: big.NewInt(3), DNSNames: []string{host}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
		der, err := x509.CreateCertificate(rand.Reader, tpl, good.cert, &k.PublicKey, good.key)
		if err != nil {
			t.Fatal(err)
		}
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: k}}, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}}
		s.StartTLS()
		t.Cleanup(s.Close)
		ap := netip.MustParseAddrPort(s.Listener.Addr().String())
		p := calm(ap)
		p.Roots, p.Resolver = good.pool, &book{names: map[string][][]netip.Addr{host: {addrs("127.0.0.1")}}}
		r, err := client(t, p).Get(t.Context(), "https://"+host+":"+port(ap)+"/", Options{})
		if err != nil || r.TLS.Cipher != "TLS_RSA_WITH_AES_128_CBC_SHA" || r.TLS.Fault != "" {
			t.Errorf("%v %+v", err, r.TLS)
		}
	})
	t.Run("plain http on the tls port", func(t *testing.T) {
		ap := raw(t, say("HTTP/1.1 400 Bad Request\r\n\r\n"))
		if _, err := client(t, calm(ap)).Get(t.Context(), "https://"+ap.String()+"/", Options{RecordTLSFault: true}); kind(err) != TLS {
			t.Error(err)
		}
	})
	t.Run("silent handshake", func(t *testing.T) {
		ap := raw(t, func(c net.Conn) { io.Copy(io.Discard, c) })
		if _, err := client(t, quick(ap)).Get(t.Context(), "https://"+ap.String()+"/", Options{}); kind(err) != TLS {
			t.Error(err)
		}
	})
	t.Run("downgrade is recorded", func(t *testing.T) {
		plain, base := site(t, func(w http.ResponseWriter, _ *http.Request) {})
		s := httptest.NewUnstartedServer(http.RedirectHandler(base+"/", http.StatusMovedPermanently))
		s.TLS = &tls.Config{Certificates: []tls.Certificate{good.issue(t, -time.Hour, time.Hour, false, host)}}
		s.StartTLS()
		t.Cleanup(s.Close)
		ap := netip.MustParseAddrPort(s.Listener.Addr().String())
		p := calm(ap, plain)
		p.Roots, p.Resolver = good.pool, &book{names: map[string][][]netip.Addr{host: {addrs("127.0.0.1")}}}
		r, err := client(t, p).Get(t.Context(), "https://"+host+":"+port(ap)+"/", Options{})
		if err != nil || !r.Downgraded || r.TLS.Used {
			t.Errorf("%v %+v", err, r)
		}
	})
}

func TestArticle30_ProbeSiteUnreachable(t *testing.T) {
	slow := raw(t, func(c net.Conn) {
		say("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx")(c)
		io.Copy(io.Discard, c)
	})
	ap, base := site(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/500":
			w.WriteHeader(500)
		case "/404":
			w.WriteHeader(404)
		case "/wall":
			w.Header().Set("Set-Cookie", "seen=1")
			http.Redirect(w, r, "/wall", http.StatusFound)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/moved":
			http.Redirect(w, r, "/", http.StatusMovedPermanently)
		case "/moved500":
			http.Redirect(w, r, "/500", http.StatusMovedPermanently)
		case "/big":
			w.Write(make([]byte, 11<<20))
		}
	})
	l, _ := net.Listen("tcp", "127.0.0.1:0")
	closed := netip.MustParseAddrPort(l.Addr().String())
	l.Close()
	p := calm(ap, slow, closed)
	p.ProbeLimit, p.MinSpeed = 900*time.Millisecond, -1
	c := client(t, p)
	for u, want := range map[string]ProbeResult{
		base + "/":                        {OK: true, Status: 200},
		base + "/moved":                   {OK: true, Status: 200},
		base + "/big":                     {OK: true, Status: 200},
		base + "/500":                     {Status: 500},
		base + "/404":                     {Status: 404},
		base + "/moved500":                {Status: 500},
		"http://" + slow.String() + "/":   {Kind: Timeout, Status: 200},
		"http://" + closed.String() + "/": {Kind: TCP},
		base + "/loop":                    {Kind: RedirectLoop, Status: 302},
		base + "/wall":                    {Void: true, Kind: RedirectLoop, Status: 302},
		"http://gone.gov.cn/":             {Kind: DNS},
		"http://10.0.0.1/":                {Void: true, Kind: RefusedAddress},
	} {
		hang.Guard(t)
		got := c.Probe(t.Context(), u)
		if got.At.IsZero() || got.OK != (got.Says == "") {
			t.Errorf("%s: %+v", u, got)
		}
		got.At, got.Took, got.Says = time.Time{}, 0, ""
		if got != want {
			t.Errorf("%s: %+v, want %+v", u, got, want)
		}
	}
}

var quiet = log.New(io.Discard, "", 0)
