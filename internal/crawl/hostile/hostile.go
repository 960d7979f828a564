package hostile

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"zhengshu/internal/egress"
)

// Site is one site of the range and what may be said of it.
type Site struct {
	Name string // host is Name.hostile.gov.cn
	// Wrong are the findings of the families link, access and cloaked that are right, as
	// "check place", the place without scheme and host; every other is a wrong
	// verdict.
	Wrong []string
	// Never are paths that must not be asked for; Once those asked for at most
	// once.
	Never, Once []string
	// Asks bounds the requests an inspection may send; 0: 400.
	Asks   int
	Secure bool // behind a bad certificate

	serve func(r *Range, w http.ResponseWriter, q *http.Request)
}

// Host is the site's name.
func (s Site) Host() string { return s.Name + ".hostile.gov.cn" }

// Range is the listener, with the names that lead to it.
type Range struct {
	plain, secure netip.AddrPort
	servers       []*http.Server
	sites         map[string]Site
	wg            sync.WaitGroup
	over          chan struct{}

	mu       sync.Mutex
	asked    map[string]map[string]int // host, path; of who names itself
	others   map[string]int            // host; as somebody else
	paths    map[string]bool           // host and path of these
	resolved map[string]int
}

// Start opens the range on loopback.
func Start() (*Range, error) {
	r := &Range{sites: map[string]Site{}, asked: map[string]map[string]int{}, others: map[string]int{}, paths: map[string]bool{}, resolved: map[string]int{}, over: make(chan struct{})}
	for _, s := range Sites() {
		r.sites[s.Host()] = s
	}
	bomb() // made before anybody waits for it
	certs, err := badCertificates()
	if err != nil {
		return nil, err
	}
	for _, secure := range []bool{false, true} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, errors.Join(err, r.Close())
		}
		at := netip.MustParseAddrPort(l.Addr().String())
		if secure {
			r.secure = at
			l = tls.NewListener(l, &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
				name, _, _ := strings.Cut(hello.ServerName, ".")
				cert, ok := certs[name]
				if !ok {
					cert = certs["tls"]
				}
				c := &tls.Config{Certificates: []tls.Certificate{cert}}
				if name == "oldtls" {
					c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
				}
				return c, nil
			}})
		} else {
			r.plain = at
		}
		// What a hostile site does to its own server is nobody's business.
		s := &http.Server{Handler: http.HandlerFunc(r.handle), ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
		r.servers = append(r.servers, s)
		r.wg.Go(func() { _ = s.Serve(l) }) // ends with ErrServerClosed
	}
	return r, nil
}

// Close ends the range and every connection of it.
func (r *Range) Close() error {
	close(r.over)
	var errs []error
	for _, s := range r.servers {
		errs = append(errs, s.Close())
	}
	r.wg.Wait()
	return errors.Join(errs...)
}

// URL is where an inspection of a site begins.
func (r *Range) URL(s Site) string {
	if s.Secure {
		return fmt.Sprintf("https://%s:%d/", s.Host(), r.secure.Port())
	}
	return fmt.Sprintf("http://%s:%d/", s.Host(), r.plain.Port())
}

// Policy lets a client reach the range and nothing else that the strict policy
// refuses; its patience is that of tests.
func (r *Range) Policy() egress.Policy {
	return egress.Policy{Allow: []netip.AddrPort{r.plain, r.secure}, Ports: []uint16{r.plain.Port(), r.secure.Port()}, Resolver: r,
		Total: 15 * time.Second, FirstByte: 5 * time.Second, SpeedWindow: 2 * time.Second, MinSpeed: 1000}
}

// Resolve implements egress.Resolver.
func (r *Range) Resolve(_ context.Context, host string) ([]netip.Addr, error) {
	r.mu.Lock()
	n := r.resolved[host]
	r.resolved[host]++
	r.mu.Unlock()
	switch {
	case strings.HasPrefix(host, "rebind.") && n > 0:
		return []netip.Addr{netip.MustParseAddr("127.0.0.9")}, nil
	case strings.HasPrefix(host, "inner."):
		return []netip.Addr{netip.MustParseAddr("10.0.0.7")}, nil
	case strings.HasPrefix(host, "metadata."):
		return []netip.Addr{netip.MustParseAddr("169.254.169.254")}, nil
	case strings.HasSuffix(host, ".hostile.gov.cn"):
		return []netip.Addr{r.plain.Addr()}, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

// Asked is how often each path of a site was asked for.
func (r *Range) Asked(s Site) map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[string]int{}
	for k, n := range r.asked[s.Host()] {
		out[k] = n
	}
	return out
}

// AskedAsOthers is how often a site was asked by what does not name itself, and
// whether for a path.
func (r *Range) AskedAsOthers(s Site, path string) (n int, it bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.others[s.Host()], r.paths[s.Host()+path]
}

func (r *Range) handle(w http.ResponseWriter, q *http.Request) {
	host, _, _ := strings.Cut(q.Host, ":")
	r.mu.Lock()
	if r.asked[host] == nil {
		r.asked[host] = map[string]int{}
	}
	switch {
	case q.Method != http.MethodGet:
	case strings.Contains(q.UserAgent(), "zhengshu"):
		r.asked[host][q.URL.RequestURI()]++
	default:
		r.others[host]++
		r.paths[host+q.URL.RequestURI()] = true
	}
	r.mu.Unlock()
	s, ok := r.sites[host]
	if !ok {
		http.NotFound(w, q)
		return
	}
	s.serve(r, w, q)
}

// raw takes the connection over and writes what HTTP would not.
func (r *Range) raw(w http.ResponseWriter, do func(c net.Conn)) {
	h, ok := w.(http.Hijacker)
	if !ok {
		return
	}
	c, _, err := h.Hijack()
	if err != nil {
		return
	}
	defer c.Close()
	do(c)
}

// drip writes text after text until the other side has had enough.
func (r *Range) drip(c net.Conn, first, each string, every time.Duration) {
	if _, err := io.WriteString(c, first); err != nil {
		return
	}
	for {
		if _, err := io.WriteString(c, each); err != nil {
			return
		}
		select {
		case <-r.over:
			return
		case <-time.After(every):
		}
	}
}

// hang says nothing until the other side goes away.
func (r *Range) hang(c net.Conn) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(io.Discard, c)
	}()
	select {
	case <-done:
	case <-r.over:
	}
}

// badCertificates are those of the secure sites by their names: nobody vouches for
// any, and one has run out, and one is another's.
func badCertificates() (map[string]tls.Certificate, error) {
	out := map[string]tls.Certificate{}
	for name, bad := range map[string]struct {
		host  string
		until time.Duration
	}{"tls": {"tls.hostile.gov.cn", time.Hour}, "expired": {"expired.hostile.gov.cn", -time.Hour}, "another": {"www.elsewhere.example", time.Hour}, "oldtls": {"oldtls.hostile.gov.cn", time.Hour}} {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, err
		}
		t := x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: bad.host}, DNSNames: []string{bad.host}, NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(bad.until)}
		der, err := x509.CreateCertificate(rand.Reader, &t, &t, &key.PublicKey, key)
		if err != nil {
			return nil, err
		}
		out[name] = tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	}
	return out, nil
}
