package frontier

import (
	"context"
	"fmt"
	"sync"
	"time"

	"zhengshu/internal/db"
)

// page is one answer on its way to the disk.
type page struct {
	site, key, round string
	facts, body      []byte
	same             bool // the body stands there already
}

type link struct {
	at    time.Time
	facts []byte
}

type place struct{ site, key string }

// pen writes answers in batches: one commit serves every worker.
type pen struct {
	db *db.DB

	mu      sync.Mutex
	pages   map[place]page
	links   map[string]link
	writing map[place]page // the batch under way, still to be found
	bytes   int
	err     error // of the last write
	wake    chan struct{}
	room    *sync.Cond
	once    sync.Mutex // one batch at a time
	ended   chan struct{}
}

// Bounds of what waits.
const (
	penPause = 40 * time.Millisecond
	penPages = 256
	penBytes = 8 << 20
)

func newPen(d *db.DB) *pen {
	p := &pen{db: d, pages: map[place]page{}, links: map[string]link{}, wake: make(chan struct{}, 1), ended: make(chan struct{})}
	p.room = sync.NewCond(&p.mu)
	return p
}

func (p *pen) run(ctx context.Context) {
	defer close(p.ended)
	tick := time.NewTicker(penPause)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-p.wake:
		}
		// What goes wrong is told to the next who keeps something.
		_ = p.flush(context.WithoutCancel(ctx))
	}
}

func (p *pen) wait() error {
	<-p.ended
	return p.flush(context.Background())
}

func (p *pen) page(ctx context.Context, x page) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.err == nil && p.bytes > 2*penBytes { // the disk is slower than the network
		p.nudge()
		p.room.Wait()
	}
	if err := p.err; err != nil {
		p.err = nil
		return err
	}
	at := place{x.site, x.key}
	if old, ok := p.pages[at]; ok && x.same && !old.same {
		x.body, x.same = old.body, false
	}
	p.pages[at] = x
	p.bytes += len(x.body) + len(x.facts)
	if len(p.pages) >= penPages || p.bytes > penBytes {
		p.nudge()
	}
	return nil
}

func (p *pen) nudge() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

func (p *pen) keepLink(key string, at time.Time, b []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.links[key] = link{at, b}
}

func (p *pen) link(key string) (link, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l, ok := p.links[key]
	return l, ok
}

func (p *pen) find(site, key string) (page, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := place{site, key}
	x, ok := p.pages[at]
	if !ok {
		x, ok = p.writing[at]
	}
	return x, ok
}

// flush writes what waits.
func (p *pen) flush(ctx context.Context) error {
	p.once.Lock()
	defer p.once.Unlock()
	p.mu.Lock()
	pages, links := p.pages, p.links
	if len(pages) == 0 && len(links) == 0 {
		p.mu.Unlock()
		return nil
	}
	p.writing, p.pages, p.links, p.bytes = pages, map[place]page{}, map[string]link{}, 0
	p.mu.Unlock()
	err := p.db.Update(ctx, func(tx *db.Tx) error {
		now := tx.Now()
		for _, x := range pages {
			if x.same {
				if _, err := tx.Quiet(ctx, `UPDATE crawl_page SET round = $3, at = $4, facts = $5 WHERE site = $1 AND key = $2`, x.site, x.key, x.round, now, x.facts); err != nil {
					return err
				}
				continue
			}
			if _, err := tx.Quiet(ctx, `INSERT INTO crawl_page (site, key, round, at, facts, body) VALUES ($1, $2, $3, $4, $5, $6)
				ON CONFLICT (site, key) DO UPDATE SET round = excluded.round, at = excluded.at, facts = excluded.facts, body = excluded.body`, x.site, x.key, x.round, now, x.facts, x.body); err != nil {
				return err
			}
		}
		for key, l := range links {
			if _, err := tx.Quiet(ctx, `INSERT INTO crawl_link (key, at, facts) VALUES ($1, $2, $3) ON CONFLICT (key) DO UPDATE SET at = excluded.at, facts = excluded.facts`, key, l.at, l.facts); err != nil {
				return err
			}
		}
		return nil
	})
	p.mu.Lock()
	defer p.mu.Unlock()
	p.writing = nil
	if err != nil {
		err = fmt.Errorf("frontier: write answers: %w", err)
		p.err = err
		for at, x := range pages { // tried again with the next
			if _, newer := p.pages[at]; !newer {
				p.pages[at] = x
				p.bytes += len(x.body) + len(x.facts)
			}
		}
	}
	p.room.Broadcast()
	return err
}
