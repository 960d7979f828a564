package publishing

import (
	"context"
	"fmt"
	"slices"

	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/registry"
)

// Act is something that is about to be done to what is public.
type Act struct {
	// Item is approved, corrected or withdrawn, at all its places. Columns are
	// those it is to be adopted into besides.
	Item    library.ItemID
	Columns []registry.ColumnID
	// Sites are drawn whole: a theme, the columns of a site.
	Sites []registry.SiteID
	// Parts of the Site are drawn: a composition of its home or of a topic.
	Site  registry.SiteID
	Parts []Part
}

// Fan is what an act reaches.
type Fan struct {
	Pages int // that are made anew
	Sites []FanSite
	// Rough says that not every site was looked at one by one: there are too
	// many.
	Rough bool
}

// FanSite is the part of a fan on one site.
type FanSite struct {
	ID    registry.SiteID
	Name  string
	Pages int
	Whole bool
}

// Says is the fan in a sentence.
func (f Fan) Says() string {
	switch {
	case f.Pages == 0:
		return "没有已公开的页面需要更新。"
	case f.Rough:
		return fmt.Sprintf("将更新约 %d 个页面，涉及 %d 个网站。", f.Pages, len(f.Sites))
	case len(f.Sites) == 1:
		return fmt.Sprintf("将更新“%s”的 %d 个页面。", f.Sites[0].Name, f.Pages)
	}
	return fmt.Sprintf("将更新 %d 个网站的 %d 个页面。", len(f.Sites), f.Pages)
}

// mostFanned sites are drawn on trial; what lies on more is reckoned from them.
const mostFanned = 12

// FanOut says what an act would reach, by drawing on trial what the table of
// families draws for it: nothing is written, and for an act on an item the
// number is that of the pages the act makes. An item must be in scope or
// public, a site in scope.
func (p *Publisher) FanOut(ctx context.Context, scope authz.Scope, act Act) (Fan, error) {
	var f Fan
	for _, id := range act.Sites {
		s, err := p.registry.Site(ctx, scope, id)
		if err != nil {
			return f, err
		}
		if !s.Hosted {
			continue
		}
		n := 0
		if r, err := p.current(id); err != nil {
			return f, err
		} else if r != nil {
			n = r.Pages
		}
		f.Sites, f.Pages = append(f.Sites, FanSite{ID: id, Name: s.Name, Pages: n, Whole: true}), f.Pages+n
	}
	if act.Site != "" && len(act.Parts) > 0 {
		s, err := p.registry.Site(ctx, scope, act.Site)
		if err != nil {
			return f, err
		}
		var changes []change
		for _, part := range act.Parts {
			changes = append(changes, change{part: part})
		}
		if err := p.db.View(ctx, func(tx *db.Tx) error { return p.trial(ctx, tx, &f, s.ID, changes, nil) }); err != nil {
			return f, err
		}
	}
	if act.Item == "" {
		return f, nil
	}
	it, err := p.library.Item(ctx, scope, act.Item)
	if fault.Is(err, fault.NotFound) {
		it, _, err = p.library.LiveItem(ctx, p.db, act.Item) // what is live is public
	}
	if err != nil {
		return f, err
	}
	return f, p.db.View(ctx, func(tx *db.Tx) error {
		places, err := p.library.PlacesOf(ctx, tx, it.ID)
		if err != nil {
			return err
		}
		coming := map[registry.SiteID][]registry.ColumnID{}
		var sites []registry.SiteID
		add := func(site registry.SiteID, column registry.ColumnID) {
			if !slices.Contains(sites, site) {
				sites = append(sites, site)
			}
			if column != "" && !slices.Contains(coming[site], column) {
				coming[site] = append(coming[site], column)
			}
		}
		for _, pl := range places {
			switch pl.State {
			case library.Shown:
				add(pl.Site, "")
			case library.Planned, library.Scheduled:
				add(pl.Site, pl.Column)
			}
		}
		for _, id := range act.Columns {
			c, err := p.registry.Column(ctx, tx, duty, id)
			if err != nil {
				return err
			}
			add(c.Site, id)
		}
		for i, site := range sites {
			if i >= mostFanned {
				f.Rough = true
				average := f.Pages / max(len(f.Sites), 1)
				f.Sites, f.Pages = append(f.Sites, FanSite{ID: site, Pages: average}), f.Pages+average
				continue
			}
			place := func(d *drawing) error { return d.await(it, coming[site]) }
			if err := p.trial(ctx, tx, &f, site, []change{{item: it.ID}}, place); err != nil {
				return err
			}
		}
		return nil
	})
}

// trial draws what the changes touch on one site, without writing.
func (p *Publisher) trial(ctx context.Context, tx *db.Tx, f *Fan, site registry.SiteID, changes []change, prepare func(*drawing) error) error {
	info, hosted, err := p.info(ctx, tx, site)
	if err != nil || !hosted {
		return err
	}
	before, err := p.current(site)
	if err != nil {
		return err
	}
	if before == nil || stale(before, info, p.db.Now()) {
		n := 0
		if before != nil {
			n = before.Pages
		}
		f.Sites, f.Pages, f.Rough = append(f.Sites, FanSite{ID: site, Name: info.Name, Pages: n, Whole: true}), f.Pages+n, true
		return nil
	}
	e := p.store.edit(site, before, false, p.db.Now())
	e.dry = true
	d := p.drawing(tx, e, info, false)
	defer d.pool.end()
	if prepare != nil {
		if err := prepare(d); err != nil {
			return err
		}
	}
	if err := d.dependents(ctx, changes); err != nil {
		return err
	}
	f.Sites, f.Pages = append(f.Sites, FanSite{ID: site, Name: info.Name, Pages: len(e.pages)}), f.Pages+len(e.pages)
	return nil
}

// await lets a trial reckon with the pages and columns of an item that is about
// to come.
func (d *drawing) await(it library.Item, coming []registry.ColumnID) error {
	if len(coming) == 0 {
		return nil
	}
	path, elder := Path(it), ElderPath(it)
	d.e.set(Page{Path: path, Status: 200})
	d.e.set(Page{Path: elder, Status: 200})
	d.types[it.Type] = true
	_, was, err := d.e.was(path)
	if err != nil {
		return err
	}
	for _, c := range coming {
		d.columns[c] = false
		d.coming = append(d.coming, c)
	}
	if !was {
		d.seen[it.ID] = true
	}
	return nil
}
