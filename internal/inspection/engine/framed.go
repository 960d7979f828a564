package engine

import (
	"context"
	"strings"

	"zhengshu/internal/check"
)

// mostFrames bounds the documents within one page that are read.
const mostFrames = 10

// framed reports whether an address was met only as what stands in a frame of another
// page: it is a part of that page and owes nothing that a whole page owes.
func (n *inspector) framed(u string) bool {
	k := n.links[u]
	_, listed := n.left[u] // in the list of the site's pages
	return k != nil && !k.led && !listed && u != n.home && u != n.start
}

// ofWhole reports whether a sighting speaks of what a whole page owes.
func ofWhole(s Sighting) bool {
	switch family, _, _ := strings.Cut(s.Check, "."); family {
	case "tags", "header", "footer", "function":
		return true
	case "focus":
		return s.Where == check.WholePage
	}
	switch s.Check {
	case "accessible.title", "accessible.lang", "accessible.skip", "accessible.headings", "accessible.zoom":
		return true
	}
	return false
}

// leftOver judges, as whole pages, those that were first met in a frame and that
// visitors are led to as well.
func (n *inspector) leftOver(ctx context.Context) {
	for _, v := range n.order {
		if !v.framed || n.framed(v.url) {
			continue
		}
		v.framed = false
		page := n.read(ctx, v)
		if page == nil {
			n.skip("page", "页面先作为其他页面的一部分读到，没有按独立的网页检查，请人工查看。", v.url, 1)
			continue
		}
		for _, s := range n.pageSightings(n.examine(page, false)) {
			if ofWhole(s) {
				n.add(v, page, s)
			}
		}
	}
}

// within are the documents that stand in the frames of a page, and in theirs.
// unread counts those of the site that were not read.
func (n *inspector) within(v *visit) (in []*visit, unread int) {
	seen := map[*visit]bool{v: true}
	for next := []*visit{v}; len(next) > 0 && len(in) < mostFrames; next = next[1:] {
		for _, u := range next[0].frames {
			w := n.landed(u)
			switch {
			case w == nil, w.err != "", w.refused, w.denied, w.status >= 500:
				if n.own(u) {
					unread++
				}
			case w.framed && !seen[w]:
				seen[w] = true
				in, next = append(in, w), append(next, w)
			}
		}
	}
	return in, unread
}

// readFrames reads the documents in the frames of a page, for a second look.
func (n *inspector) readFrames(ctx context.Context, v *visit) error {
	for i, u := range v.frames {
		if i == mostFrames {
			return nil
		}
		if n.visits[u] != nil || !n.own(u) || !n.framed(u) {
			continue
		}
		w, page, err := n.fetch(ctx, u)
		if err != nil {
			return err
		}
		if n.visits[u] = w; page == nil {
			continue
		}
		w.from, n.order = v.url, append(n.order, w)
		n.gather(w, page, check.Classify(page))
		n.embed(w, page)
	}
	return nil
}

// embed notes a page that stands in a frame: unless it is an article, its rows are
// those of the page around it.
func (n *inspector) embed(v *visit, page *check.Page) {
	if v.framed = n.framed(v.url); v.framed && v.list == nil && !v.content {
		l := n.listingOf(page)
		v.list = &l
	}
}
