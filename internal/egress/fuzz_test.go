package egress

import (
	"bytes"
	"io"
	"net/netip"
	"net/url"
	"testing"
	"testing/iotest"
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

// FuzzAnswer reads any bytes as a server's answer to a knock: no more is read than
// a knock may, no redirect leads off the web, a status is one, and how the network
// cuts the bytes up changes none of it.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", "HTTP/1.0 302 Found\r\nLocation: //x.gov.cn/\r\n\r\n",
		"HTTP/1.1 301 x\r\nlocation: file:///etc/passwd\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n",
		"HTTP/1.1 099 \r\n\r\n", "HTTP/1.1 204 No\r\n\r\n", "SSH-2.0-x\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "\r\n\r\n", "HTTP/1.1 200", "HTTP/1.1 302 x\r\nLocation: http://%zz/\r\n\r\n",
		"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nok\r\n0;c\r\nX: y\r\n\r\n",
	} {
		f.Add([]byte(s))
	}
	u, err := url.Parse("http://www.x.gov.cn/")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, wire []byte) {
		read := func(r io.Reader) (string, int, error) {
			next, status, err := answerTo(u, r, make([]byte, knockRead))
			if next == nil {
				return "", status, err
			}
			if next.Scheme != "http" && next.Scheme != "https" || next.Host == "" {
				t.Fatalf("%q leads to %s", wire, next)
			}
			return next.String(), status, err
		}
		src := &counter{r: bytes.NewReader(wire)}
		next, status, err := read(src)
		if src.n.Load() > knockMax+knockHints+knockRead {
			t.Fatalf("%d bytes read", src.n.Load())
		}
		if err == nil && (status < 100 || status > 999) || status != 0 && (status < 100 || status > 999) {
			t.Fatalf("%q: status %d, %v", wire, status, err)
		}
		if next != "" && (status < 300 || status > 399) {
			t.Fatalf("%q: status %d leads to %s", wire, status, next)
		}
		if next2, status2, err2 := read(iotest.OneByteReader(bytes.NewReader(wire))); next2 != next || status2 != status || (err2 == nil) != (err == nil) {
			t.Fatalf("%q byte by byte: %d %q (%v), else %d %q (%v)", wire, status2, next2, err2, status, next, err)
		}
	})
}
