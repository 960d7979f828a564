package crawl

import (
	"context"
	"encoding/binary"
	"hash/maphash"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"zhengshu/internal/egress"
)

// Entry is a URL waiting to be visited.
type Entry struct {
	URL   string   // canonical
	From  string   // page it was found on; empty for a starting point
	Depth int      // links from a starting point
	Chain []string // URLs that redirected here, oldest first
	Seed  bool     // known to be a page before the crawl began
	Turn  bool     // handed out in turn with the others of its host
}

// Frontier keeps what is to be visited and remembers what ever was. One crawl calls it from one goroutine.
type Frontier interface {
	// Add files an entry unless its URL was added before; it reports whether the URL was new.
	Add(ctx context.Context, e Entry) (bool, error)
	// Seen reports whether a URL was ever added.
	Seen(ctx context.Context, url string) (bool, error)
	// Next hands out the next entry, hosts in turn and first come first served within a host, those of Turn apart; false when none waits.
	Next(ctx context.Context) (Entry, bool, error)
	// Done says that an entry handed out has been dealt with. A frontier that survives a restart hands out again what
	// was not done.
	Done(ctx context.Context, e Entry) error
	// Waiting is the number of entries not yet handed out.
	Waiting() int
}

// Answer is what a URL was answered, to be remembered beyond the run: enough to hand the page on again as it came.
type Answer struct {
	URL        string
	Status     int
	Header     http.Header
	Body       []byte
	RedirectTo string
	Err        *egress.Error // its cause is not remembered
	RemoteAddr netip.AddrPort
	TLS        egress.TLSFacts
	Started    time.Time
	TTFB, Took time.Duration
	GiveUp     bool // the host asked for a longer rest than we have
	Skipped    Why  // set when the page was not asked for at all, or not read
}

// Keeper remembers answers, so that a crawl that was broken off goes on where it was without asking twice, and a page
// that has not changed since an earlier crawl is not sent again. A crawl is the same on every run over the same answers
// (see run), so the answers are the whole of its state. It is called from several goroutines.
type Keeper interface {
	// Kept is what this crawl was answered at a URL before it was broken off.
	Kept(ctx context.Context, url string) (Answer, bool, error)
	// Before is what an earlier crawl was answered.
	Before(ctx context.Context, url string) (Answer, bool, error)
	// Keep remembers an answer of this crawl; same says that it is that of Before, confirmed by the server.
	Keep(ctx context.Context, a Answer, same bool) error
}

// Memory is a Frontier for one run.
type Memory struct {
	seen    map[[16]byte]struct{}
	lanes   map[string]*queue
	turn    []*queue // hosts with entries waiting, in order of first appearance
	at      int
	waiting int
}

type queue struct {
	entries []Entry
	head    int
	listed  bool
}

// NewMemory makes an empty frontier.
func NewMemory() *Memory {
	return &Memory{seen: map[[16]byte]struct{}{}, lanes: map[string]*queue{}}
}

// seeds make the keys of this process: what a site cannot know it cannot aim at,
// so that a quick hash of 128 bits does.
var seeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}

func key(s string) (k [16]byte) {
	binary.LittleEndian.PutUint64(k[:8], maphash.String(seeds[0], s))
	binary.LittleEndian.PutUint64(k[8:], maphash.String(seeds[1], s))
	return k
}

// Add implements Frontier; it never fails.
func (m *Memory) Add(_ context.Context, e Entry) (bool, error) {
	k := key(e.URL)
	if _, ok := m.seen[k]; ok {
		return false, nil
	}
	m.seen[k] = struct{}{}
	lane := hostOf(e.URL)
	if e.Turn {
		lane += " turn" // no host has a space
	}
	q := m.lanes[lane]
	if q == nil {
		q = &queue{}
		m.lanes[lane] = q
	}
	q.entries = append(q.entries, e)
	if !q.listed {
		q.listed = true
		m.turn = append(m.turn, q)
	}
	m.waiting++
	return true, nil
}

// Seen implements Frontier; it never fails.
func (m *Memory) Seen(_ context.Context, url string) (bool, error) {
	_, ok := m.seen[key(url)]
	return ok, nil
}

// Next implements Frontier; it never fails.
func (m *Memory) Next(context.Context) (Entry, bool, error) {
	if len(m.turn) == 0 {
		return Entry{}, false, nil
	}
	if m.at >= len(m.turn) {
		m.at = 0
	}
	q := m.turn[m.at]
	e := q.entries[q.head]
	q.entries[q.head] = Entry{}
	q.head++
	m.waiting--
	switch {
	case q.head == len(q.entries):
		q.entries, q.head, q.listed = nil, 0, false
		m.turn = append(m.turn[:m.at], m.turn[m.at+1:]...)
	default:
		if q.head > 1024 && q.head > len(q.entries)/2 {
			q.entries = append([]Entry(nil), q.entries[q.head:]...)
			q.head = 0
		}
		m.at++
	}
	return e, true, nil
}

// Done implements Frontier; there is nothing to remember beyond the run.
func (m *Memory) Done(context.Context, Entry) error { return nil }

// Waiting implements Frontier.
func (m *Memory) Waiting() int { return m.waiting }

// hostOf takes the host and port out of a canonical URL.
func hostOf(canonical string) string {
	_, rest, _ := strings.Cut(canonical, "://")
	for i := range len(rest) {
		if rest[i] == '/' || rest[i] == '?' {
			return rest[:i]
		}
	}
	return rest
}
