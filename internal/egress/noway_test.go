package egress

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

// mute fails the test when it is asked.
type mute struct{ t *testing.T }

func (m mute) Resolve(_ context.Context, host string) ([]netip.Addr, error) {
	m.t.Errorf("the resolver was asked for %s", host)
	return nil, errors.New("asked")
}

func (m mute) NameServers(_ context.Context, zone string) ([]string, error) {
	m.t.Errorf("the resolver was asked for the name servers of %s", zone)
	return nil, errors.New("asked")
}

// Readings 22: a machine without a way to the Internet opens no connection and asks no
// resolver, whatever it is asked; what is served here it reaches as before, and when the
// way is there again it goes.
func TestWithoutAWayNothingGoesOut(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("ok")) }))
	defer srv.Close()
	local := netip.MustParseAddrPort(srv.Listener.Addr().String())
	shut := true
	c := New(Policy{NoWay: func() bool { return shut }, Resolver: mute{t}, Local: local, Own: func(host string) bool { return host == "www.ours.gov.cn" }})
	defer c.Close()
	c.dial = func(ctx context.Context, ap netip.AddrPort) (net.Conn, error) {
		if ap != local {
			t.Errorf("%s was dialled", ap)
		}
		return dialChecked(ctx, ap)
	}
	ctx := context.Background()
	for name, err := range map[string]error{
		"get":          errOf(c.Get(ctx, "http://www.theirs.gov.cn/", Options{})),
		"get 6":        errOf(c.Get(ctx, "https://www.theirs.gov.cn/", Options{Over6: true, RecordTLSFault: true})),
		"head":         errOf(c.Head(ctx, "https://www.theirs.gov.cn/", Options{})),
		"an address":   errOf(c.Get(ctx, "http://1.1.1.1/", Options{})),
		"addresses":    errOf(c.Addresses(ctx, "www.theirs.gov.cn")),
		"ours, asked":  errOf(c.Addresses(ctx, "www.ours.gov.cn")),
		"name servers": errOf(c.NameServers(ctx, "theirs.gov.cn")),
		"handshake":    errOf(c.Handshake(ctx, "www.theirs.gov.cn", 443, tls.VersionTLS12)),
		"dial":         errOf(c.Dial(ctx, "www.theirs.gov.cn", 80, false)),
	} {
		var e *Error
		if !errors.As(err, &e) || e.Kind != NoWay || e.Blames() {
			t.Errorf("%s: %v", name, err)
		}
	}
	if r := c.Knock(ctx, "http://www.theirs.gov.cn/"); !r.Void || r.Kind != NoWay {
		t.Errorf("knock: %+v", r)
	}
	if r := c.Probe(ctx, "http://www.theirs.gov.cn/"); !r.Void || r.Kind != NoWay {
		t.Errorf("probe: %+v", r)
	}
	if r := c.Knock(ctx, "http://www.ours.gov.cn/"); !r.OK {
		t.Errorf("what is served here: %+v", r)
	}
	if err := c.Admits("http://www.theirs.gov.cn/"); err != nil {
		t.Errorf("an address that may be typed: %v", err)
	}
	shut = false
	c.p.Resolver = answers{netip.MustParseAddr("203.0.113.9")}
	if _, err := c.Addresses(ctx, "www.theirs.gov.cn"); kindOf(err) == NoWay {
		t.Errorf("with a way: %v", err)
	}
}

type answers []netip.Addr

func (a answers) Resolve(context.Context, string) ([]netip.Addr, error) { return a, nil }

func errOf[T any](_ T, err error) error { return err }

func kindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return ""
}
