package egress

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
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
