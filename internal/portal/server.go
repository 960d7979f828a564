package portal

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"
)

// Server is how portals are reached.
type Server struct {
	Handler http.Handler
	// Trust are the proxies in front: only what they say of a reader's address and
	// of https is believed.
	Trust  []netip.Prefix
	Limits *Limits // nil: none
	// Certs speak TLS on the listeners given to ServeTLS.
	Certs *Certificates
	// Redirect leads readers of the plain listeners to https, where a certificate
	// is served.
	Redirect bool
	// Serves reports whether a host is one of ours; readers of others are not led
	// anywhere.
	Serves func(host string) bool
	// MaxBody bounds what a reader may send, in bytes; 64 MiB when zero.
	MaxBody int64
	// HeaderTime is how long a reader may take for the head of a request; ten
	// seconds when zero.
	HeaderTime time.Duration
	Log        *slog.Logger
}

// Bounds of a connection: a header that trickles in is given up.
const (
	headerTime = 10 * time.Second
	bodyTime   = 5 * time.Minute
	writeTime  = 5 * time.Minute
	idleTime   = 90 * time.Second
	maxHeader  = 32 << 10
)

// Chain is the handler behind the server's checks: true address, body cap, rate.
func (s Server) Chain() http.Handler {
	next := s.Handler
	if s.Limits != nil {
		next = newLimiter(*s.Limits, next)
	}
	most := s.MaxBody
	if most == 0 {
		most = 64 << 20
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		behind(r, s.Trust)
		if r.Body != nil && r.Body != http.NoBody {
			r.Body = http.MaxBytesReader(w, r.Body, most)
		}
		next.ServeHTTP(w, r)
	})
}

// behind puts the reader's true address in the place of a trusted proxy's, and
// takes away what anybody else says of himself.
func behind(r *http.Request, trust []netip.Prefix) {
	const forwarded, proto = "X-Forwarded-For", "X-Forwarded-Proto"
	if len(r.Header[forwarded]) == 0 && len(r.Header[proto]) == 0 && len(r.Header["Forwarded"]) == 0 && len(r.Header["X-Real-Ip"]) == 0 {
		return
	}
	trusted := func(a netip.Addr) bool {
		for _, p := range trust {
			if p.Contains(a) {
				return true
			}
		}
		return false
	}
	r.Header.Del("Forwarded")
	r.Header.Del("X-Real-Ip")
	if from := clientOf(r); !trusted(from) {
		r.Header.Del(forwarded)
		if !from.IsLoopback() { // the house asks its own sites as a proxy would
			r.Header.Del(proto)
		}
		return
	}
	// From the right: the first address that is not a trusted proxy is the
	// reader's; what stands before it he may have written himself.
	hops := strings.Split(strings.Join(r.Header[forwarded], ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		a, err := netip.ParseAddr(strings.Trim(strings.TrimSpace(hops[i]), "[]"))
		if err != nil {
			break
		}
		r.RemoteAddr = netip.AddrPortFrom(a.Unmap(), 0).String()
		if !trusted(a.Unmap()) {
			break
		}
	}
	r.Header.Del(forwarded)
	if p := r.Header[proto]; len(p) > 0 {
		last := p[len(p)-1]
		r.Header.Set(proto, strings.ToLower(strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])))
	}
}

func (s Server) server(h http.Handler) *http.Server {
	log := s.Log
	if log == nil {
		log = slog.Default()
	}
	return &http.Server{Handler: h, ReadHeaderTimeout: cmp.Or(s.HeaderTime, headerTime), ReadTimeout: bodyTime, WriteTimeout: writeTime, IdleTimeout: idleTime, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)}
}

// Serve answers on the listeners, plain and with TLS, until ctx ends; requests
// under way may end.
func (s Server) Serve(ctx context.Context, plain, secured []net.Listener) error {
	chain := s.Chain()
	open := chain
	if s.Redirect && len(secured) > 0 {
		open = toTLS(s.Trust, s.Serves, chain, port(secured[0]))
	}
	var servers []*http.Server
	failed := make(chan error, len(plain)+len(secured))
	for _, l := range plain {
		srv := s.server(open)
		servers = append(servers, srv)
		go func() { failed <- srv.Serve(l) }()
	}
	for _, l := range secured {
		srv := s.server(chain)
		srv.TLSConfig = s.Certs.config()
		servers = append(servers, srv)
		go func() { failed <- srv.ServeTLS(l, "", "") }()
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	errs := []error{err}
	for _, srv := range servers {
		errs = append(errs, srv.Shutdown(end))
	}
	return errors.Join(errs...)
}

func port(l net.Listener) string {
	_, p, err := net.SplitHostPort(l.Addr().String())
	if err != nil || p == "443" {
		return ""
	}
	return ":" + p
}

// toTLS leads a reader to https, keeping host and address. Health and what a
// trusted proxy already had by https are answered as they are.
func toTLS(trust []netip.Prefix, serves func(string) bool, next http.Handler, port string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := cleanHost(r.Host)
		switch r.URL.Path {
		case "/livez", "/readyz", "/healthz":
			next.ServeHTTP(w, r)
			return
		}
		if len(r.Header["X-Forwarded-Proto"]) > 0 {
			behind(r, trust)
			if overTLS(r) {
				next.ServeHTTP(w, r)
				return
			}
		}
		if host == "" || serves != nil && !serves(host) {
			next.ServeHTTP(w, r) // no site of ours: whoever is there says so
			return
		}
		status := http.StatusMovedPermanently
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			status = http.StatusPermanentRedirect
		}
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, "https://"+host+port+r.URL.RequestURI(), status)
	})
}

// Listen opens an address; an empty host listens on IPv4 and IPv6 alike.
func Listen(addr string) (net.Listener, error) { return net.Listen("tcp", addr) }

// Frugal keeps the process near twice its page cache and 96 MB, whatever passes
// through it: the collector works harder before the machine has to find more.
func Frugal(cacheBytes int64) {
	if cacheBytes == 0 {
		cacheBytes = 64 << 20
	}
	debug.SetMemoryLimit(2*cacheBytes + 96<<20)
}
