package publishing

import (
	"context"
	"slices"
	"time"

	"zhengshu/internal/library"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
)

func toEntry(e library.Entry) theme.Entry {
	return theme.Entry{Title: e.Title(), Href: Path(e.Item), Elder: ElderPath(e.Item), At: e.Placement.ShownAt, Number: e.Item.DocNo, Source: e.Item.Source, Brief: e.Item.Summary, Pinned: e.Placement.Top > 0,
		Issuer: e.Item.Issuer, State: stateOf(e.Item), Ended: e.Item.Validity != "" && !e.Item.Validity.Holds(), Form: e.Item.Answers["form"]}
}

// stateOf is the validity as a list says it: only where it is not simply in
// force.
func stateOf(it library.Item) string {
	if it.Validity == library.InForce {
		return ""
	}
	return it.Validity.Name()
}

func (d *drawing) entries(ctx context.Context, c theme.Column, limit, offset int) ([]theme.Entry, error) {
	list, err := d.p.library.LiveItems(ctx, d.q, registry.ColumnID(c.ID), limit, offset)
	if err != nil {
		return nil, err
	}
	out := make([]theme.Entry, len(list))
	for i, e := range list {
		out[i] = toEntry(e)
	}
	return out, d.leads(ctx, list, out)
}

// newest are the newest entries of a column; one that holds only columns shows
// theirs.
func (d *drawing) newest(ctx context.Context, c theme.Column, limit int) ([]theme.Entry, error) {
	out, err := d.entries(ctx, c, limit, 0)
	if err != nil || len(out) > 0 {
		return out, err
	}
	seen := map[string]bool{}
	for _, below := range d.site.Below(c.ID) {
		more, err := d.entries(ctx, below, limit, 0)
		if err != nil {
			return nil, err
		}
		for _, e := range more {
			if !seen[e.Href] {
				seen[e.Href] = true
				e.Pinned = false
				out = append(out, e)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b theme.Entry) int { return b.At.Compare(a.At) })
	return out[:min(len(out), limit)], nil
}

// start comes before every place.
var start = library.Place{At: time.Date(1000, 1, 1, 0, 0, 0, 0, time.UTC)}

// pageOf is the archive page that holds a place, by the shelf of its column;
// beyond the last it stands on the column's own page.
func pageOf(shelf []library.Place, at library.Place) int {
	n, _ := slices.BinarySearchFunc(shelf, at, func(a, b library.Place) int {
		switch {
		case a.Before(b):
			return -1
		case b.Before(a):
			return 1
		}
		return 0
	})
	return n + 1
}

// columnPages draws a column. Archive pages are numbered from the oldest. A
// page's span of time is fixed when it is filled with twenty, so that a new
// item moves none and one that goes leaves its own page alone shorter; the
// column's own page holds the newest, between one and two pages of them. all
// draws every archive page, else those where an item came, changed or went.
func (d *drawing) columnPages(ctx context.Context, c theme.Column, all bool) error {
	id := registry.ColumnID(c.ID)
	shelf, err := d.e.shelf(id)
	if err != nil {
		return err
	}
	shelf = slices.Clone(shelf)
	begun := len(shelf)
	last := start
	if begun > 0 {
		last = shelf[begun-1]
	}
	var own []library.Place // on the column's own page
	for {
		const most = 1000
		more, err := d.p.library.LivePlaces(ctx, d.q, id, last, most)
		if err != nil {
			return err
		}
		own = append(own, more...)
		extra := 0
		if slices.Contains(d.coming, id) && len(more) < most {
			extra = 1
		}
		for len(own)+extra >= 2*perPage && len(own) >= perPage {
			shelf = append(shelf, own[perPage-1])
			own = slices.Clone(own[perPage:])
		}
		if len(more) < most {
			break
		}
		last = more[most-1]
	}
	archives := len(shelf)
	p := theme.ColumnPage{Column: c, Children: d.site.Below(c.ID), Siblings: d.site.Top()}
	if c.Parent != "" {
		p.Siblings = d.site.Below(c.Parent)
	}
	foreign := c.Lang() != ""
	redo := map[int]bool{}
	for k := max(1, begun); k <= archives && archives > begun; k++ {
		redo[k] = true // filled now; the one before them has a newer page now
	}
	for _, at := range d.places[id] {
		if k := pageOf(shelf, at); k <= archives {
			redo[k] = true
		}
	}
	whole, err := d.archive(ctx, c, p, shelf, redo, all)
	if err != nil {
		return err
	}
	if !whole { // a page fell empty or overflows: filled anew
		d.e.setShelf(id, nil)
		return d.columnPages(ctx, c, true)
	}
	if archives > begun || archives > 0 && d.e.fresh {
		d.e.setShelf(id, shelf)
	}
	if archives == 0 {
		if p.Entries, err = d.newest(ctx, c, 2*perPage); err != nil {
			return err
		}
	} else {
		list, err := d.p.library.LiveItems(ctx, d.q, id, len(own)+mostPinned, 0)
		if err != nil {
			return err
		}
		list = slices.DeleteFunc(list, func(e library.Entry) bool {
			return e.Placement.Top == 0 && !shelf[archives-1].Before(library.Place{At: e.Placement.ShownAt, ID: e.Placement.ID})
		})
		for _, e := range list {
			p.Entries = append(p.Entries, toEntry(e))
		}
		if err := d.leads(ctx, list, p.Entries); err != nil {
			return err
		}
		p.Older, p.Oldest = theme.ArchivePath(c, archives), theme.ArchivePath(c, 1)
	}
	if foreign && c.Parent == "" {
		return nil // the edition's home stands there
	}
	if foreign {
		b, err := theme.DrawColumn(d.site, p)
		if err := d.draw(c.Href(), htmlKind, b, err); err != nil {
			return err
		}
	} else {
		page := kinds[c.Type]
		if page == nil {
			page = (*drawing).listed
		}
		if err := page(d, ctx, c, p); err != nil {
			return err
		}
		if err := d.feeds(ctx, theme.FeedOf{Title: c.Name + "_" + d.site.Name, Path: c.Href(), Description: c.Description, RSS: c.Feed(), Entries: p.Entries[:min(len(p.Entries), feedItems)]}, true); err != nil {
			return err
		}
	}
	// Fewer items, fewer pages.
	for k := archives + 1; ; k++ {
		path := theme.ArchivePath(c, k)
		if _, ok, err := d.e.was(path); err != nil || !ok {
			return err
		}
		if !d.e.fresh {
			d.e.drop(path)
		}
	}
}

// mostPinned entries stand above the newest of a column's own page, and most
// entries on one archive page: items that came in with an old date join it.
const (
	mostPinned  = 30
	mostShelved = 3 * perPage
)

// archive draws archive pages; it reports false when one is empty or holds too
// many.
func (d *drawing) archive(ctx context.Context, c theme.Column, like theme.ColumnPage, shelf []library.Place, redo map[int]bool, all bool) (bool, error) {
	id := registry.ColumnID(c.ID)
	one := func(k int, entries []library.Entry) bool {
		if len(entries) == 0 || len(entries) > mostShelved {
			return false
		}
		q := theme.ColumnPage{Column: c, Children: like.Children, Siblings: like.Siblings, Page: k, Newer: c.Href()}
		for _, e := range slices.Backward(entries) {
			q.Entries = append(q.Entries, toEntry(e))
		}
		if k < len(shelf) {
			q.Newer = theme.ArchivePath(c, k+1)
		}
		if k > 1 {
			q.Older, q.Oldest = theme.ArchivePath(c, k-1), theme.ArchivePath(c, 1)
		}
		d.later(func() error {
			b, err := theme.DrawColumn(d.site, q)
			return d.draw(theme.ArchivePath(c, k), htmlKind, b, err)
		})
		return true
	}
	if !all {
		for k := range redo {
			from := start
			if k > 1 {
				from = shelf[k-2]
			}
			entries, err := d.p.library.LiveBetween(ctx, d.q, id, from, shelf[k-1], mostShelved+1)
			if err != nil {
				return false, err
			}
			if !one(k, entries) {
				return false, nil
			}
		}
		return true, nil
	}
	// Read by the thousand: one page at a time would ask once for each.
	k, last := 1, start
	var open []library.Entry
	for len(shelf) > 0 {
		const most = 1000
		list, err := d.p.library.LiveBetween(ctx, d.q, id, last, shelf[len(shelf)-1], most)
		if err != nil {
			return false, err
		}
		for _, e := range list {
			last = library.Place{At: e.Placement.ShownAt, ID: e.Placement.ID}
			for n := pageOf(shelf, last); k < n; k++ {
				if !one(k, open) {
					return false, nil
				}
				open = nil
			}
			open = append(open, e)
		}
		if len(list) < most {
			for ; k <= len(shelf); k++ {
				if !one(k, open) {
					return false, nil
				}
				open = nil
			}
			break
		}
	}
	return true, nil
}
