package publishing

import (
	"context"
	"strings"
	"time"

	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
	"zhengshu/internal/search"
)

// How many entries stand where.
const (
	perPage   = 20
	homeMain  = 7
	homeMore  = 5
	feedItems = 30
)

const (
	htmlKind = "text/html; charset=utf-8"
	xmlKind  = "application/xml; charset=utf-8"
	rssKind  = "application/rss+xml; charset=utf-8"
	textKind = "text/plain; charset=utf-8"
)

// drawing fills an edit.
type drawing struct {
	p       *Publisher
	q       db.Querier
	e       *edit
	site    theme.Site
	seen    map[library.ItemID]bool
	columns map[registry.ColumnID]bool // whose pages are drawn; true: all of them
	put     []search.Document
	out     []string
	// rendering is set when an item of the hotline's types was touched.
	rendering bool
	hosts     map[string]bool // official ones, as far as they were asked for
}

func (d *drawing) draw(path, kind string, body []byte, err error) error {
	if err != nil {
		return err
	}
	return d.e.put(Page{Path: path, Status: 200, Kind: kind}, body)
}

// everything draws the whole site. What used to be at a content address and is
// no more is 410; files of earlier themes stay for pages that are still open
// somewhere.
func (d *drawing) everything(ctx context.Context) error {
	after := library.PlacementID("")
	for {
		list, err := d.p.library.LiveOnSite(ctx, d.q, registry.SiteID(d.site.ID), after, 200)
		if err != nil {
			return err
		}
		for _, entry := range list {
			if err := d.item(ctx, entry.Item.ID); err != nil {
				return err
			}
			after = entry.Placement.ID
		}
		if len(list) == 0 {
			break
		}
	}
	withdrawn, err := d.p.library.Withdrawn(ctx, d.q, registry.SiteID(d.site.ID))
	if err != nil {
		return err
	}
	for _, w := range withdrawn {
		if err := d.item(ctx, w.Item); err != nil {
			return err
		}
	}
	if d.e.before != nil {
		if err := d.e.before.Each(func(p Page) error {
			if d.e.pages[p.Path] != nil {
				return nil
			}
			switch {
			case itemPage(p.Path) && p.Item != "":
				it, err := d.p.library.ItemTx(ctx, d.q, duty, library.ItemID(p.Item))
				if fault.Is(err, fault.NotFound) {
					return d.gone(p.Path, p.Item)
				}
				if err != nil {
					return err
				}
				return d.departed(ctx, it)
			case p.Status == 410 || strings.HasPrefix(p.Path, "/content/") || strings.HasPrefix(p.Path, "/elder/content/"):
				return d.gone(p.Path, p.Item)
			case p.Status == 301 || strings.HasPrefix(p.Path, "/theme/") || p.Item != "":
				if p.Hash != "" {
					d.e.pages[p.Path] = &p
				}
			}
			return nil
		}); err != nil {
			d.p.config.Log.Error("release before is damaged, its old addresses are not taken over", "site", d.site.ID, "error", err)
		}
	}
	for _, c := range d.site.Columns {
		d.columns[registry.ColumnID(c.ID)] = true
	}
	return d.around(ctx, true)
}

// dependents draws what the changes touch.
func (d *drawing) dependents(ctx context.Context, changes []change) error {
	for _, c := range changes {
		if c.column != "" {
			d.columns[c.column] = true
		}
		if c.item == "" { // a nudge: what stands around the items
			continue
		}
		if err := d.item(ctx, c.item); err != nil {
			return err
		}
		into, err := d.p.library.EndedInto(ctx, d.q, c.item)
		if err != nil {
			return err
		}
		for _, id := range into { // redirected to it, or replaced by it
			if err := d.item(ctx, id); err != nil {
				return err
			}
		}
		linked, err := d.p.library.Linked(ctx, d.q, c.item)
		if err != nil {
			return err
		}
		for _, l := range linked {
			if err := d.item(ctx, l.ID); err != nil {
				return err
			}
		}
	}
	return d.around(ctx, false)
}

// itemPage reports whether a path is that of an item's page.
func itemPage(path string) bool {
	return strings.HasPrefix(path, "/content/") || strings.HasPrefix(path, "/elder/content/")
}

func (d *drawing) column(id registry.ColumnID) (theme.Column, bool) {
	for _, c := range d.site.Columns {
		if c.ID == string(id) {
			return c, true
		}
	}
	return theme.Column{}, false
}

// around draws columns, home, feeds, maps and the fixed pages.
func (d *drawing) around(ctx context.Context, whole bool) error {
	for id := range d.columns {
		if c, ok := d.column(id); ok && c.Parent != "" {
			if _, drawn := d.columns[registry.ColumnID(c.Parent)]; !drawn {
				d.columns[registry.ColumnID(c.Parent)] = false
			}
		}
	}
	for id, all := range d.columns {
		if c, ok := d.column(id); ok {
			if err := d.columnPages(ctx, c, whole || all); err != nil {
				return err
			}
		}
	}
	if err := d.home(ctx); err != nil {
		return err
	}
	if err := d.gathered(ctx); err != nil {
		return err
	}
	if whole {
		for _, f := range theme.Files() {
			if err := d.draw(f.Path, f.Kind, f.Body, nil); err != nil {
				return err
			}
		}
		b, err := theme.MapPage.Draw(theme.PlainFrame(d.site, "网站地图", "/map.html", "", ""), theme.MapOf(d.site))
		if err := d.draw("/map.html", htmlKind, b, err); err != nil {
			return err
		}
		for _, t := range theme.TextPages(d.site) {
			b, err := theme.TextPage.Draw(theme.PlainFrame(d.site, t.Text.Title, t.Path, "", ""), t.Text)
			if err := d.draw(t.Path, htmlKind, b, err); err != nil {
				return err
			}
		}
		// The end of the month, eleven months on: drawing again within a month
		// gives the same file.
		expires := time.Date(d.e.now.Year(), d.e.now.Month()+12, 1, 0, 0, 0, 0, time.UTC)
		if err := d.draw("/robots.txt", textKind, theme.Robots(d.site), nil); err != nil {
			return err
		}
		if err := d.draw("/.well-known/security.txt", textKind, theme.SecurityText(d.site, expires), nil); err != nil {
			return err
		}
	}
	return d.sitemaps()
}
