package portal

import (
	"io"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"zhengshu/internal/visits"
)

// Hit is one request that was answered for a site.
type Hit = visits.Hit

// watched counts what goes out.
type watched struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (w *watched) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *watched) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// ReadFrom keeps the way open by which a file goes from disk to wire.
func (w *watched) ReadFrom(r io.Reader) (int64, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := io.Copy(w.ResponseWriter, r)
	w.bytes += n
	return n, err
}

// Unwrap is for http.ResponseController.
func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }

var watchers = sync.Pool{New: func() any { return new(watched) }}

// observed serves and tells what was served.
func (h *Handler) observed(w http.ResponseWriter, r *http.Request, s *open) {
	x := watchers.Get().(*watched)
	*x = watched{ResponseWriter: w}
	began := time.Now()
	h.serve(x, r, s)
	hit := Hit{Site: s.release.Site.ID, Host: cleanHost(r.Host), Method: r.Method, Path: r.URL.Path, Asked: r.URL.RawQuery != "", Status: x.status, Bytes: x.bytes,
		Kind: first(x.Header()["Content-Type"]), Client: clientOf(r), Agent: r.UserAgent(), Referer: r.Referer(), Proto: r.Proto, Own: s.release.Site.Hosts, At: began.UTC(), Took: time.Since(began)}
	x.ResponseWriter = nil
	watchers.Put(x)
	h.observe(hit)
}

func first(v []string) string {
	if len(v) == 0 {
		return ""
	}
	return v[0]
}

// clientOf is the address that asks. Behind a trusted proxy the server has put
// the true one there.
func clientOf(r *http.Request) netip.Addr {
	if p, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		return p.Addr().Unmap()
	}
	a, err := netip.ParseAddr(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap()
}

// overTLS reports whether the reader came by https, here or at a trusted proxy.
func overTLS(r *http.Request) bool {
	return r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}

// Figures are a portal's own measures.
type Figures struct {
	Sites      int
	Answers    int64
	CacheBytes int64
}

// Figures as they are now.
func (h *Handler) Figures() Figures {
	h.fresh()
	h.mu.Lock()
	f := Figures{Sites: len(h.sites), Answers: h.count.Load()}
	h.mu.Unlock()
	h.cache.mu.Lock()
	f.CacheBytes = h.cache.held
	h.cache.mu.Unlock()
	return f
}
