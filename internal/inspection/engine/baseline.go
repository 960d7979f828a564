package engine

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/abridge"
	"zhengshu/internal/blob"
	"zhengshu/internal/check"
)

// A site published here is held against what was published (integrity). Of other
// sites nobody here knows what they ought to show; a named person says so of
// their home page and of pages chosen beside it, and patrols tell what differs
// significantly. A patrol never sets a baseline: it would make the rule of a
// tampering nobody has looked at.

// WatchedMost is how many pages of a site are watched.
const WatchedMost = 20

// Held is a baseline as a run needs it.
type Held struct {
	Address string         `json:"address"`
	Ref     blob.Ref       `json:"ref,omitempty"`
	SHA256  string         `json:"sha256"`
	Size    int64          `json:"size"`
	SeenAt  time.Time      `json:"seen_at"`
	Sketch  check.Baseline `json:"sketch"`
}

func (h Held) beside() Beside {
	return Beside{As: AsBaseline, URL: h.Address, SHA256: h.SHA256, Size: h.Size, At: h.SeenAt, Ref: h.Ref}
}

// Watched is what a run saw of a watched page.
type Watched struct {
	Address     string         `json:"address"`
	Ref         blob.Ref       `json:"ref,omitempty"`
	SHA256      string         `json:"sha256"`
	Size        int64          `json:"size"`
	ContentType string         `json:"content_type"`
	At          time.Time      `json:"at"`
	Title       string         `json:"title"`
	Outcome     check.Outcome  `json:"outcome"`
	Grave       bool           `json:"grave"`
	Says        string         `json:"says"`
	Sketch      check.Baseline `json:"sketch"`
}

// unheld says why a page was not looked at for tampering: nobody has said what it
// ought to show. All pages of a run share the reason, so that it is told once.
const unheld = "没有确认过的基线，没有检查是否被篡改，请由专人核对页面后确认基线"

// compare looks at the watched pages of a site that is not published here.
func (n *inspector) compare(ctx context.Context) error {
	if !n.target.Hosted && len(n.target.Watch) == 0 {
		n.skip("change.baseline", unheld, n.home, 1) // looked at without a ledger
	}
	for _, address := range n.target.Watch {
		v := n.visits[address]
		if address == n.start {
			v = n.visits[n.home]
		}
		for hops := 0; v != nil && v.redirect != "" && hops < 10; hops++ {
			v = n.visits[v.redirect]
		}
		var page *check.Page
		why := "页面没有取得，没有与基线比较。"
		switch {
		case v != nil && n.report.Visited[v.url]:
			var err error
			if page, err = n.pageOf(ctx, v); err != nil {
				return err
			}
		case v == nil:
			// Beyond the pages of this run: asked for by itself.
			var err error
			if v, page, err = n.fetch(ctx, address); err != nil {
				return err
			}
			if page != nil {
				n.report.Visited[v.url] = true
				n.visits[v.url] = v
			}
			if v.denied {
				why = "页面没有与基线比较：" + v.says
			}
		}
		if v != nil && v.tooLong() {
			why = "页面过长，没有与基线比较：" + v.says
		}
		if page == nil {
			n.skip("change.baseline", why, address, 1)
			continue
		}
		if err := n.compared(ctx, address, v, page); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (n *inspector) compared(ctx context.Context, address string, v *visit, page *check.Page) error {
	w := Watched{Address: address, SHA256: v.sum, Size: v.size, ContentType: v.contentType, At: v.at, Title: page.DocumentTitle(), Sketch: check.BaselineOf(page)}
	held, ok := n.target.heldOf(address)
	if !ok {
		n.skip("change.baseline", unheld, address, 1)
	} else {
		f := n.changed(page, held)
		w.Outcome, w.Says, w.Grave = f.Outcome, f.Says, f.Outcome == check.Violated && f.Severity == check.Serious
		if f.Why != "" {
			w.Says = f.Why
		}
		n.report.compared[v.url] = true
		if f.Outcome == check.Violated {
			n.add(v, nil, Sighting{Check: f.Check, Severity: f.Severity, Says: f.Says, Article: f.Article, URL: v.url, Where: f.Where, Fix: f.Fix, OnHome: address == n.start, Evidence: Evidence{Beside: []Beside{held.beside()}}})
		}
	}
	// Bytes are kept of what a person may have to look at.
	if !ok || w.Outcome == check.Violated {
		ref, err := n.keep(ctx, v)
		if err != nil {
			return err
		}
		w.Ref = ref
	}
	n.report.Watched = append(n.report.Watched, w)
	return ctx.Err()
}

func (n *inspector) changed(page *check.Page, held Held) check.Finding {
	found := check.RunFamily(check.Facts{Page: page, Class: n.class(page.URL), Ledger: n.target.Ledger, Lexicon: n.o.Lexicon, Today: n.o.Today, Baseline: &held.Sketch}, "change")
	if len(found) == 0 {
		return check.Finding{Outcome: check.Untested}
	}
	return found[0]
}

func (t Target) heldOf(address string) (Held, bool) {
	i := slices.IndexFunc(t.Baselines, func(h Held) bool { return h.Address == address })
	if i < 0 {
		return Held{}, false
	}
	return t.Baselines[i], true
}

// recheckChange holds a page against its baseline again.
func (n *inspector) recheckChange(ctx context.Context, spot Spot) (Look, error) {
	v, page, err := n.fetch(ctx, n.start)
	if err != nil {
		return Look{}, err
	}
	address := n.start
	if spot.URL != n.home && spot.URL != n.start {
		address = spot.URL
		if v, page, err = n.fetch(ctx, address); err != nil {
			return Look{}, err
		}
	}
	if page == nil {
		outcome, says := v.absent()
		return n.look(ctx, v, outcome, says, Evidence{})
	}
	held, ok := n.target.heldOf(address)
	if !ok {
		return n.look(ctx, v, Unknown, "这个页面没有确认过的基线，未能复测，请先确认基线。", Evidence{})
	}
	e := Evidence{Beside: []Beside{held.beside()}}
	switch f := n.changed(page, held); f.Outcome {
	case check.Violated:
		return n.look(ctx, v, Standing, f.Says, e)
	case check.Kept, check.Tolerated:
		return n.look(ctx, v, Gone, "页面与确认过的基线相比没有异常变化。", e)
	}
	return n.look(ctx, v, Unknown, "未能与基线比较，请稍后再试。", e)
}

// Glance is the text of a page for a person to look at: what a reader sees of it,
// never the page itself.
func Glance(body []byte, contentType, address string) string {
	p, err := check.ParsePage(bytes.TrimSpace(body), contentType, address)
	if err != nil {
		return ""
	}
	return abridge.Cut(check.MaskText(strings.Join(strings.Fields(p.VisibleText), " ")), 1200)
}
