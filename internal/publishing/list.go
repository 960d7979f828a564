package publishing

import (
	"context"
	"slices"

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
	return out, nil
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

// columnPages draws a column. Archive pages are numbered from the oldest and
// full, so that a new item moves none; the column's own page holds the newest,
// between one and two pages of them. all draws every archive page, else those
// that a new item can touch.
func (d *drawing) columnPages(ctx context.Context, c theme.Column, all bool) error {
	n, err := d.p.library.CountLive(ctx, d.q, registry.ColumnID(c.ID))
	if err != nil {
		return err
	}
	archives := max(0, n/perPage-1)
	first := n - archives*perPage
	p := theme.ColumnPage{Column: c, Children: d.site.Below(c.ID), Siblings: d.site.Top()}
	if c.Parent != "" {
		p.Siblings = d.site.Below(c.Parent)
	}
	if p.Entries, err = d.newest(ctx, c, max(first, perPage)); err != nil {
		return err
	}
	if archives > 0 {
		p.Entries = p.Entries[:min(first, len(p.Entries))]
		p.Older, p.Oldest = theme.ArchivePath(c, archives), theme.ArchivePath(c, 1)
	}
	own := kinds[c.Type]
	if own == nil {
		own = (*drawing).listed
	}
	if err := own(d, ctx, c, p); err != nil {
		return err
	}
	if err := d.feeds(ctx, theme.FeedOf{Title: c.Name + "_" + d.site.Name, Path: c.Href(), Description: c.Description, RSS: c.Feed(), Entries: p.Entries[:min(len(p.Entries), feedItems)]}, true); err != nil {
		return err
	}
	from := 1
	if !all {
		from = max(1, archives-1)
	}
	for k := from; k <= archives; k++ {
		q := theme.ColumnPage{Column: c, Children: p.Children, Siblings: p.Siblings, Page: k, Newer: c.Href()}
		// Page k holds the k-th twenty from the oldest.
		if q.Entries, err = d.entries(ctx, c, perPage, first+(archives-k)*perPage); err != nil {
			return err
		}
		if k < archives {
			q.Newer = theme.ArchivePath(c, k+1)
		}
		if k > 1 {
			q.Older, q.Oldest = theme.ArchivePath(c, k-1), theme.ArchivePath(c, 1)
		}
		b, err := theme.ColumnListPage.Draw(theme.ColumnFrame(d.site, q), q)
		if err := d.draw(theme.ArchivePath(c, k), htmlKind, b, err); err != nil {
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
