package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"zhengshu/internal/crawl"
	"zhengshu/internal/frontier"
)

// A site has more pages than a run may read, and a crawl that begins each day at the
// home page reads the same ones each day. So a part of the budget is for what such a
// crawl meets first, home page, columns and what is new, and up to a share of it
// (Options.KnownShare) for addresses that are known of earlier runs and that the last did not come to: those that
// findings stand at, then those that have waited longest.

// TurnDays is within how many days a page should have its turn.
const TurnDays = 30

// Turns remembers the addresses of one site: a frontier.Journal.
type Turns interface {
	// Due are at most n of the addresses that the run before did not come to, those
	// among first before all others.
	Due(ctx context.Context, first []string, n int) ([]string, error)
	// Turned remembers what this run came to, and tells how many are known, how many of
	// them were read within a time, and whether there were more than are remembered.
	Turned(ctx context.Context, t frontier.Turned, within time.Duration) (all, read int, more bool, err error)
}

// Turn is how much of what is known of a site was read within Days.
type Turn struct {
	Known int  `json:"known"`
	Read  int  `json:"read"`
	Days  int  `json:"days"`
	More  bool `json:"more,omitempty"` // there are more than are remembered
}

// giveTurns chooses the known addresses that this run reads beside what it meets.
func (n *inspector) giveTurns(ctx context.Context) (err error) {
	if n.o.Turns == nil {
		return nil
	}
	n.beyond = map[string]bool{}
	if n.turns, err = n.o.Turns.Due(ctx, n.target.Stand, n.o.MaxPages*n.o.KnownShare/100); err != nil {
		return fmt.Errorf("engine: whose turn it is: %w", err)
	}
	return nil
}

// pass notes an address that did not come into the budget of the run.
func (n *inspector) pass(url string, why crawl.Why) {
	switch why {
	case crawl.PageBudget, crawl.ByteBudget, crawl.TimeBudget, crawl.DepthBudget, crawl.URLBudget:
		if n.beyond != nil && len(n.beyond) < frontier.MostKnown {
			n.beyond[url] = true
		}
	}
}

// tookTurns remembers what the run came to. Of a site that did not open nothing was
// learnt.
func (n *inspector) tookTurns(ctx context.Context) error {
	if n.o.Turns == nil || !n.report.Reachable {
		return nil
	}
	var t frontier.Turned
	for _, v := range n.order {
		switch {
		case n.framed(v.url):
			t.Parts = append(t.Parts, v.url)
		case gone(v.status), v.soft, v.redirect != "":
			t.None = append(t.None, v.url)
		case n.report.Visited[v.url]:
			t.Read = append(t.Read, v.url)
		default:
			t.Tried = append(t.Tried, v.url)
		}
	}
	for _, u := range n.turns {
		if n.visits[u] == nil && !n.beyond[u] {
			t.Tried = append(t.Tried, u) // robots.txt says no, for one
		}
	}
	for _, u := range slices.Sorted(maps.Keys(n.beyond)) {
		// What nobody is led to comes as a part of another page.
		if k := n.links[u]; n.visits[u] == nil && k != nil && k.led {
			t.Met = append(t.Met, u)
		}
	}
	all, read, more, err := n.o.Turns.Turned(ctx, t, TurnDays*24*time.Hour)
	if err != nil {
		return fmt.Errorf("engine: remember whose turn it was: %w", err)
	}
	n.report.Turn = &Turn{Known: all, Read: read, Days: TurnDays, More: more}
	return nil
}
