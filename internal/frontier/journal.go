package frontier

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"zhengshu/internal/crawl"
	"zhengshu/internal/db"
	"zhengshu/internal/egress"
)

// Journal keeps what one round over one site was answered. It satisfies
// crawl.Keeper and is safe for concurrent use.
type Journal struct {
	s           *Store
	site, round string

	mu    sync.Mutex
	known map[string]bool // key to whether the answer is of this round
}

// Journal opens the journal of a round: a new one is empty but for what earlier
// rounds over the site were answered.
func (s *Store) Journal(ctx context.Context, site, round string) (*Journal, error) {
	if err := s.pen.flush(ctx); err != nil {
		return nil, err
	}
	type row struct{ key, round string }
	rows, err := db.All(ctx, s.db, func(r db.Scanner) (row, error) {
		var x row
		return x, r.Scan(&x.key, &x.round)
	}, `SELECT key, round FROM crawl_page WHERE site = $1`, site)
	if err != nil {
		return nil, fmt.Errorf("frontier: open journal: %w", err)
	}
	j := &Journal{s: s, site: site, round: round, known: make(map[string]bool, len(rows))}
	for _, r := range rows {
		j.known[r.key] = r.round == round
	}
	return j, nil
}

// Answers counts the answers and notes of this round.
func (j *Journal) Answers() (n int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, ours := range j.known {
		if ours {
			n++
		}
	}
	return n
}

// Spend adds to the time that a round took which is not taken from the queue; see
// Store.Hold for one that is.
func (j *Journal) Spend(ctx context.Context, d time.Duration) error {
	return j.s.db.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Quiet(ctx, `INSERT INTO crawl_spent (round, spent_ms, at) VALUES ($1, $2, $3) ON CONFLICT (round) DO UPDATE SET spent_ms = crawl_spent.spent_ms + excluded.spent_ms, at = excluded.at`, j.round, d.Milliseconds(), tx.Now())
		if err != nil {
			err = fmt.Errorf("frontier: time spent: %w", err)
		}
		return err
	})
}

// Spent is what Spend added up, however often the round was broken off since.
func (j *Journal) Spent(ctx context.Context) (time.Duration, error) {
	ms, err := db.One(ctx, j.s.db, db.Value[int64], `SELECT spent_ms FROM crawl_spent WHERE round = $1`, j.round)
	if err != nil && !db.None(err) {
		return 0, fmt.Errorf("frontier: time spent: %w", err)
	}
	return time.Duration(ms) * time.Millisecond, nil
}

func keyOf(url string) string {
	sum := sha256.Sum256([]byte(url))
	return hex.EncodeToString(sum[:16])
}

// facts is an answer without its body, as it is stored.
type facts struct {
	URL      string          `json:"url"`
	Status   int             `json:"status,omitempty"`
	Header   http.Header     `json:"header,omitempty"`
	Redirect string          `json:"redirect,omitempty"`
	Kind     egress.Kind     `json:"kind,omitempty"`
	Host     string          `json:"host,omitempty"`
	Says     string          `json:"says,omitempty"`
	Cause    string          `json:"cause,omitempty"`
	Cookies  bool            `json:"cookies,omitempty"`
	Remote   netip.AddrPort  `json:"remote"`
	TLS      egress.TLSFacts `json:"tls,omitzero"`
	Started  time.Time       `json:"started"`
	TTFB     time.Duration   `json:"ttfb,omitempty"`
	Took     time.Duration   `json:"took,omitempty"`
	GiveUp   bool            `json:"give_up,omitempty"`
	Skipped  crawl.Why       `json:"skipped,omitempty"`
}

// Kept implements crawl.Keeper.
func (j *Journal) Kept(ctx context.Context, url string) (crawl.Answer, bool, error) {
	return j.find(ctx, url, true)
}

// Before implements crawl.Keeper.
func (j *Journal) Before(ctx context.Context, url string) (crawl.Answer, bool, error) {
	return j.find(ctx, url, false)
}

func (j *Journal) find(ctx context.Context, url string, ours bool) (crawl.Answer, bool, error) {
	key := keyOf(url)
	j.mu.Lock()
	mine, ok := j.known[key]
	j.mu.Unlock()
	if !ok || mine != ours {
		return crawl.Answer{}, false, nil
	}
	type row struct{ facts, body []byte }
	got, waiting := j.s.pen.find(j.site, key)
	x := row{got.facts, got.body}
	if !waiting || got.same {
		var err error
		x, err = db.One(ctx, j.s.db, func(r db.Scanner) (row, error) {
			var x row
			return x, r.Scan(&x.facts, &x.body)
		}, `SELECT facts, body FROM crawl_page WHERE site = $1 AND key = $2`, j.site, key)
		if db.None(err) {
			// Handed over for writing between the two looks, or lost with a crash.
			if got, waiting = j.s.pen.find(j.site, key); !waiting {
				return crawl.Answer{}, false, nil
			}
			x = row{got.facts, got.body}
		} else if err != nil {
			return crawl.Answer{}, false, fmt.Errorf("frontier: read answer: %w", err)
		}
		if waiting && got.same {
			x.facts = got.facts
		}
	}
	a, err := unpack(x.facts, x.body)
	return a, err == nil && a.URL == url, err
}

func unpack(b, body []byte) (crawl.Answer, error) {
	var f facts
	if err := json.Unmarshal(b, &f); err != nil {
		return crawl.Answer{}, fmt.Errorf("frontier: read answer: %w", err)
	}
	a := crawl.Answer{URL: f.URL, Status: f.Status, Header: f.Header, RedirectTo: f.Redirect, RemoteAddr: f.Remote, TLS: f.TLS, Started: f.Started, TTFB: f.TTFB, Took: f.Took, GiveUp: f.GiveUp, Skipped: f.Skipped}
	if f.Kind != "" {
		a.Err = &egress.Error{Kind: f.Kind, Host: f.Host, Says: f.Says, Cookies: f.Cookies}
		if f.Cause != "" {
			a.Err.Err = errors.New(f.Cause)
		}
	}
	if len(body) == 0 {
		return a, nil
	}
	r := flate.NewReader(bytes.NewReader(body))
	var err error
	if a.Body, err = io.ReadAll(r); err != nil {
		return a, fmt.Errorf("frontier: read answer: %w", err)
	}
	return a, r.Close()
}

// Body is what a page of this round answered; nil when it was not kept.
func (j *Journal) Body(ctx context.Context, url string) ([]byte, error) {
	a, ok, err := j.find(ctx, url, true)
	if err != nil || !ok {
		return nil, err
	}
	return a.Body, nil
}

var deflaters = sync.Pool{New: func() any {
	w, err := flate.NewWriter(io.Discard, flate.BestSpeed)
	if err != nil {
		panic(err) // the level is a constant
	}
	return w
}}

func deflate(body []byte) ([]byte, error) {
	if len(body) == 0 {
		return []byte{}, nil
	}
	w := deflaters.Get().(*flate.Writer)
	defer deflaters.Put(w)
	b := bytes.NewBuffer(make([]byte, 0, len(body)/2))
	w.Reset(b)
	if _, err := w.Write(body); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// noteKey is the key of a note on an address. No address that crawl spells has a space.
func noteKey(what, url string) string { return what + " " + url }

// Note remembers what a round came to know of an address beside the answer of its crawl,
// until the next round over the site ends. The note is on the disk when an answer given
// at the same time is.
func (j *Journal) Note(ctx context.Context, what, url string, note []byte) error {
	return j.Keep(ctx, crawl.Answer{URL: noteKey(what, url), Body: note, Started: j.s.db.Now()}, false)
}

// Noted is what Note remembered in this round; false when it did not.
func (j *Journal) Noted(ctx context.Context, what, url string) ([]byte, bool, error) {
	a, ok, err := j.find(ctx, noteKey(what, url), true)
	return a.Body, ok, err
}

// Keep implements crawl.Keeper. The answer is on the disk within a twentieth of a second, if
// the disk keeps up.
func (j *Journal) Keep(ctx context.Context, a crawl.Answer, same bool) error {
	f := facts{URL: a.URL, Status: a.Status, Header: a.Header, Redirect: a.RedirectTo, Remote: a.RemoteAddr, TLS: a.TLS, Started: a.Started, TTFB: a.TTFB, Took: a.Took, GiveUp: a.GiveUp, Skipped: a.Skipped}
	if a.Err != nil {
		f.Kind, f.Host, f.Says, f.Cookies = a.Err.Kind, a.Err.Host, a.Err.Says, a.Err.Cookies
		if a.Err.Err != nil {
			f.Cause = a.Err.Err.Error()
		}
	}
	b, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("frontier: keep answer: %w", err)
	}
	line := page{site: j.site, key: keyOf(a.URL), round: j.round, facts: b, same: same}
	if !same {
		if line.body, err = deflate(a.Body); err != nil {
			return fmt.Errorf("frontier: keep answer: %w", err)
		}
	}
	if err := j.s.pen.page(ctx, line); err != nil {
		return err
	}
	j.mu.Lock()
	j.known[line.key] = true
	j.mu.Unlock()
	return nil
}

// Recall implements crawl.LinkMemory: a verdict young enough to be believed.
func (s *Store) Recall(ctx context.Context, url string) (crawl.LinkResult, bool) {
	key := keyOf(url)
	var b []byte
	if l, ok := s.pen.link(key); ok {
		b = l.facts
	} else {
		var err error
		b, err = db.One(ctx, s.db, db.Value[[]byte], `SELECT facts FROM crawl_link WHERE key = $1`, key)
		if err != nil {
			return crawl.LinkResult{}, false // asked again
		}
	}
	var r crawl.LinkResult
	if json.Unmarshal(b, &r) != nil || r.URL != url {
		return crawl.LinkResult{}, false
	}
	age, most := s.db.Now().Sub(r.At), wrongKept
	if r.Verdict == crawl.Alive {
		most = linksKept
	}
	return r, age >= 0 && age < most
}

// Remember implements crawl.LinkMemory. What we did not ask ourselves, or could
// not, is not remembered.
func (s *Store) Remember(ctx context.Context, r crawl.LinkResult) {
	if r.Verdict == crawl.NotTested {
		return
	}
	if b, err := json.Marshal(r); err == nil {
		s.pen.keepLink(keyOf(r.URL), r.At, b)
	}
}

// RecallHost is what RememberHost kept of a place of a host, while it is young enough to be
// believed.
func (s *Store) RecallHost(ctx context.Context, place string) ([]byte, bool, error) {
	key := keyOf(place)
	if l, ok := s.pen.link(key); ok {
		return l.facts, s.db.Now().Sub(l.at) < linksKept, nil
	}
	type row struct {
		at    time.Time
		facts []byte
	}
	x, err := db.One(ctx, s.db, func(r db.Scanner) (row, error) {
		var x row
		return x, r.Scan(&x.at, &x.facts)
	}, `SELECT at, facts FROM crawl_link WHERE key = $1`, key)
	if db.None(err) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("frontier: recall %s: %w", place, err)
	}
	return x.facts, s.db.Now().Sub(x.at) < linksKept, nil
}

// RememberHost keeps what was learnt of a place of a host, for every crawl and whoever waits
// for a link; place holds a space, as no address does that crawl spells. It stands among the
// verdicts on links.
func (s *Store) RememberHost(_ context.Context, place string, answers []byte) {
	s.pen.keepLink(keyOf(place), s.db.Now(), answers)
}
