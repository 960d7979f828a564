package egress

import (
	"bytes"
	"net/netip"
	"testing"
)

// FuzzBody holds the limits against whatever a server calls compressed.
func FuzzBody(f *testing.F) {
	zeros := make([]byte, 1<<20)
	f.Add("gzip", packed(f, "gzip", zeros))
	f.Add("deflate", []byte{0x78, 0x9c, 0x03, 0x00})
	f.Add("br", []byte{0x0b, 0x02, 0x80, 'x', 0x03})
	f.Add("gzip, br", []byte{0x1f, 0x8b})
	f.Add("identity,,deflate", []byte{})
	f.Fuzz(func(t *testing.T, encoding string, wire []byte) {
		const most = 512 << 10
		src := &counter{r: bytes.NewReader(wire)}
		body, err := limits{host: "www.x.gov.cn", max: most, ratio: 100}.read(src, []string{encoding}, -1)
		if len(body) > most {
			t.Fatalf("%d bytes kept", len(body))
		}
		if err == nil && len(body) > ratioFloor && int64(len(body)) > 100*src.n.Load() {
			t.Fatalf("%d bytes out of %d", len(body), src.n.Load())
		}
	})
}

// FuzzURL holds that no spelling of an address gets past the classifier, and that what gets through is what is dialled.
func FuzzURL(f *testing.F) {
	for _, s := range []string{
		"http://www.gov.cn/", "http://127.1/", "http://[::ffff:127.0.0.1]:80/", "http://a@b:1/", "HTTP://LOCALHOST.:443", "http://0x7f。1/", "http://%31%32%37.1/",
		"http://1.2.4.8:22/", "http://[::1%25lo]/", "https://xn--fiqs8s/", "http://2130706433", "http:\\\\127.0.0.1\\",
	} {
		f.Add(s)
	}
	c := New(Policy{Resolver: &book{}})
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := parse(raw)
		if err != nil {
			if kind(err) != BadScheme {
				t.Fatalf("%q: %v", raw, err)
			}
			return
		}
		again, err := parse(u.String())
		if err != nil || again.String() != u.String() {
			t.Fatalf("%q = %q, then %v, %v", raw, u, again, err)
		}
		if c.admit(u.Hostname(), portOf(u)) != nil {
			return
		}
		if p := portOf(u); p != 80 && p != 443 {
			t.Fatalf("%q: port %d admitted", raw, p)
		}
		if a, err := netip.ParseAddr(u.Hostname()); err == nil {
			if name, yes := Special(a); yes {
				t.Fatalf("%q: %s (%s) admitted", raw, a, name)
			}
		}
	})
}
