package portal

import (
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Rate is how much one client may ask: Burst at once, Every for each further
// request. The zero value sets no limit.
type Rate struct {
	Burst int
	Every time.Duration
}

// Limits are the rates of each class of request, per client: an IPv4 address or
// an IPv6 network of 64 bits.
type Limits struct {
	Pages  Rate // reading
	Search Rate // the site's search
	Forms  Rate // sending something
	Agents Rate // reading by the addresses of Known
	// Known are the addresses of inspectors that read whole sites: the national
	// and provincial monitoring, the house's own.
	Known []netip.Prefix
}

// DefaultLimits leave readers alone, an office behind one address too, and slow
// down what reads a whole site or tries forms out.
func DefaultLimits() Limits {
	return Limits{
		Pages:  Rate{600, 20 * time.Millisecond},
		Search: Rate{30, 500 * time.Millisecond},
		Forms:  Rate{10, 6 * time.Second},
		Agents: Rate{3000, 2 * time.Millisecond},
	}
}

// network is the client that an address counts as.
func network(a netip.Addr) netip.Addr {
	if a = a.Unmap(); a.Is6() {
		if p, err := a.WithZone("").Prefix(64); err == nil {
			return p.Addr()
		}
	}
	return a
}

// buckets hold when each client of a class may ask again. Time stands for
// tokens: a client whose moment lies within Burst×Every from now may go on.
type buckets struct {
	rate   Rate
	shards [16]struct {
		mu sync.Mutex
		at map[netip.Addr]int64
	}
}

const maxClients = 4096 // of one shard; the idle ones go first

func newBuckets(r Rate) *buckets {
	b := &buckets{rate: r}
	for i := range b.shards {
		b.shards[i].at = map[netip.Addr]int64{}
	}
	return b
}

// take reports whether the client may ask now, and else after how long.
func (b *buckets) take(client netip.Addr, now int64) (ok bool, wait time.Duration) {
	if b.rate.Burst <= 0 || b.rate.Every <= 0 || !client.IsValid() {
		return true, 0
	}
	raw := client.As16()
	h := uint32(2166136261)
	for _, c := range raw {
		h = (h ^ uint32(c)) * 16777619
	}
	s := &b.shards[h%16]
	s.mu.Lock()
	defer s.mu.Unlock()
	at := max(s.at[client], now)
	if ahead := at - now; ahead > int64(b.rate.Burst-1)*int64(b.rate.Every) {
		return false, time.Duration(ahead - int64(b.rate.Burst-1)*int64(b.rate.Every))
	}
	if len(s.at) >= maxClients {
		for k, v := range s.at {
			if v <= now {
				delete(s.at, k)
			}
		}
		if len(s.at) >= maxClients { // thousands of addresses at once: those least ahead go
			for k := range s.at {
				delete(s.at, k)
				if len(s.at) < maxClients/2 {
					break
				}
			}
		}
	}
	s.at[client] = at + int64(b.rate.Every)
	return true, 0
}

// limiter refuses what is over a class's rate.
type limiter struct {
	next                         http.Handler
	pages, search, forms, agents *buckets
	known                        []netip.Prefix
}

// NewLimiter holds what clients ask of next within the limits.
func NewLimiter(l Limits, next http.Handler) http.Handler { return newLimiter(l, next) }

func newLimiter(l Limits, next http.Handler) *limiter {
	return &limiter{next: next, pages: newBuckets(l.Pages), search: newBuckets(l.Search), forms: newBuckets(l.Forms), agents: newBuckets(l.Agents), known: l.Known}
}

func (l *limiter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	client := clientOf(r)
	if client.IsLoopback() { // this machine, or a proxy on it that says nothing of its readers
		l.next.ServeHTTP(w, r)
		return
	}
	class := l.pages
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		class = l.forms
	case r.URL.Path == "/search" || strings.HasPrefix(r.URL.Path, "/search/"):
		class = l.search
	default:
		for _, p := range l.known {
			if p.Contains(client) {
				class = l.agents
				break
			}
		}
	}
	if ok, wait := class.take(network(client), time.Now().UnixNano()); !ok {
		h := w.Header()
		h.Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
		h.Set("Content-Type", "text/plain; charset=utf-8")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = w.Write([]byte("访问太频繁，请过几秒再试。\n")) // the reader going away is not our error
		return
	}
	l.next.ServeHTTP(w, r)
}
