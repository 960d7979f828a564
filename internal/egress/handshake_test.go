package egress

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"syscall"
	"testing"
)

// What stands behind our own proxy says nothing of its encryption, a closed port
// that nobody listens, a silent one that no answer came.
func TestHandshakesTellSilenceFromRefusal(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	at := netip.MustParseAddrPort(server.Listener.Addr().String())
	p := quick()
	p.Local, p.Own = at, func(host string) bool { return host == "www.here.gov.cn" }
	if _, err := client(t, p).Handshake(t.Context(), "www.here.gov.cn", 443, tls.VersionTLS13); kind(err) != RefusedAddress {
		t.Errorf("a site served here: %v", err)
	}
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	hush := netip.MustParseAddrPort(silent.Addr().String())
	if _, err := client(t, quick(hush)).Handshake(t.Context(), "127.0.0.1", hush.Port(), tls.VersionTLS13); kind(err) != Timeout {
		t.Errorf("a server that says nothing: %v", err)
	}
	if _, err := client(t, quick(at)).Handshake(t.Context(), "127.0.0.1", at.Port(), tls.VersionTLS13); kind(err) != TLS {
		t.Errorf("a server without encryption: %v", err)
	}
	server.Close()
	_, err = client(t, quick(at)).Handshake(t.Context(), "127.0.0.1", at.Port(), tls.VersionTLS13)
	if e, ok := err.(*Error); !ok || !e.NobodyListens() {
		t.Errorf("a closed port: %v", err)
	}
}

// By IPv6 alone means at every hop and over no connection of the fourth version; a
// machine without the sixth is told apart from a site that does not answer.
func TestArticle22_BySixthVersionAlone(t *testing.T) {
	four, six := netip.MustParseAddr("1.2.4.8"), netip.MustParseAddr("2400:3200::1")
	p := calm()
	p.Own, p.Local = func(host string) bool { return host == "here.gov.cn" }, netip.MustParseAddrPort("127.0.0.1:8080")
	p.Resolver = &book{names: map[string][][]netip.Addr{"both.gov.cn": {{four, six}}, "four.gov.cn": {{four}}}}
	c := client(t, p)
	var dialled []netip.AddrPort
	answer := error(syscall.ECONNREFUSED)
	c.dial = func(_ context.Context, ap netip.AddrPort) (net.Conn, error) {
		dialled = append(dialled, ap)
		return nil, &net.OpError{Op: "dial", Err: answer}
	}
	ask := func(url string) *Error {
		t.Helper()
		dialled = nil
		_, err := c.Get(t.Context(), url, Options{Over6: true})
		var e *Error
		if !errors.As(err, &e) {
			t.Fatalf("%s: %v", url, err)
		}
		return e
	}
	for _, at := range []netip.AddrPort{netip.AddrPortFrom(six, 80), netip.AddrPortFrom(six, 443)} {
		scheme := map[uint16]string{80: "http", 443: "https"}[at.Port()]
		if e := ask(scheme + "://both.gov.cn/"); !e.NobodyListens() || e.Unrouted() || len(dialled) != 1 || dialled[0] != at {
			t.Errorf("%s: %v at %v", scheme, e, dialled)
		}
	}
	for _, errno := range []syscall.Errno{syscall.ENETUNREACH, syscall.EADDRNOTAVAIL, syscall.EAFNOSUPPORT} {
		answer = errno
		if e := ask("http://both.gov.cn/"); !e.Unrouted() {
			t.Errorf("%v: %v", errno, e)
		}
	}
	if e := ask("http://four.gov.cn/"); e.Kind != TCP || e.Unrouted() || !strings.Contains(e.Says, "没有 IPv6 地址") || len(dialled) != 0 {
		t.Errorf("no such address: %v at %v", e, dialled)
	}
	if e := ask("http://here.gov.cn/"); e.Blames() || len(dialled) != 0 {
		t.Errorf("a site served here: %v at %v", e, dialled)
	}
	// Of a host with both, what a server said counts and not that we lack the sixth.
	c.dial = func(_ context.Context, ap netip.AddrPort) (net.Conn, error) {
		if ap.Addr().Is6() {
			return nil, syscall.ENETUNREACH
		}
		return nil, syscall.ECONNREFUSED
	}
	_, err := c.Get(t.Context(), "http://both.gov.cn/", Options{})
	if e, ok := err.(*Error); !ok || !e.NobodyListens() {
		t.Errorf("refused at one, no way to the other: %v", err)
	}
}
