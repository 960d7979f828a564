package publishing

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/layout"
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
	types   map[library.Type]bool                 // of the items seen
	columns map[registry.ColumnID]bool            // whose pages are drawn; true: all of them
	whole   bool                                  // the whole site is drawn
	parts   map[Part]bool                         // that were asked for
	renewed bool                                  // what the site itself decides is drawn; the items pages follow
	places  map[registry.ColumnID][]library.Place // that items took, or left
	marks   map[string]bool                       // old addresses whose redirect changed
	coming  []registry.ColumnID                   // where one more item is about to be, on trial
	pool    *pool
	timing  *timing
	files   sync.Once // for filed
	filed   bool
	holds   map[string]holding // by the type of the columns
	topics  []layout.LiveTopic // nil until they were asked for

	mu   sync.Mutex                 // of what follows
	put  map[string]search.Document // by path
	out  map[string]bool
	sums map[string]string // of the index that is public, when the drawing is whole

	unindexed bool // the search index follows in a job of its own

	hosts map[string]bool // official ones, as far as they were asked for
}

func (p *Publisher) drawing(q db.Querier, e *edit, site theme.Site, whole bool) *drawing {
	return &drawing{p: p, q: q, e: e, site: site.Keeping(), whole: whole, seen: map[library.ItemID]bool{}, types: map[library.Type]bool{},
		columns: map[registry.ColumnID]bool{}, parts: map[Part]bool{}, places: map[registry.ColumnID][]library.Place{}, pool: newPool(), marks: map[string]bool{},
		put: map[string]search.Document{}, out: map[string]bool{}}
}

// later draws beside: on whichever processor is free. What it puts is there
// after the next wait.
func (d *drawing) later(f func() error) { d.pool.do(f) }

func (d *drawing) draw(path, kind string, body []byte, err error) error {
	if err != nil {
		return err
	}
	return d.e.put(Page{Path: d.standingAt(path), Status: 200, Kind: kind}, body)
}

// everything draws the whole site. What used to be at a content address and is
// no more is 410; files of earlier themes stay for pages that are still open
// somewhere.
func (d *drawing) everything(ctx context.Context) error {
	site := registry.SiteID(d.site.ID)
	if !d.unindexed && d.e.before != nil && d.e.before.SearchFile() != "" {
		sums, err := search.Sums(ctx, d.e.before.SearchFile())
		if err != nil {
			d.p.config.Log.Error("search index damaged, made anew", "site", d.site.ID, "error", err)
		} else {
			d.sums = sums
		}
	}
	after := library.PlacementID("")
	for {
		list, err := d.p.library.LiveIDs(ctx, d.q, site, after, 200)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			break
		}
		ids := make([]library.ItemID, len(list))
		for i, p := range list {
			ids[i] = p.Item
		}
		if err := d.items(ctx, ids); err != nil {
			return err
		}
		after = list[len(list)-1].Placement
	}
	withdrawn, err := d.p.library.Withdrawn(ctx, d.q, site)
	if err != nil {
		return err
	}
	var gone []library.ItemID
	for _, w := range withdrawn {
		gone = append(gone, w.Item)
	}
	if err := d.items(ctx, gone); err != nil {
		return err
	}
	if err := d.pool.wait(); err != nil {
		return err
	}
	if err := d.e.eachOld("", func(p Page) error { return d.leftOver(ctx, p) }); err != nil {
		return err
	}
	if d.e.damaged != nil {
		d.p.config.Log.Error("release before is damaged, some of its old addresses are not taken over", "site", d.site.ID, "error", d.e.damaged)
	}
	for _, c := range slices.Concat(d.site.Columns, d.site.Foreign) {
		d.columns[registry.ColumnID(c.ID)] = true
	}
	return d.around(ctx)
}

// leftOver draws, in a whole drawing, what a page of the release before that was
// not drawn again has become.
func (d *drawing) leftOver(ctx context.Context, p Page) error {
	if _, drawn := d.e.page(p.Path); drawn {
		return nil
	}
	switch {
	case itemPage(p.Path) && p.Item != "":
		it, err := d.p.library.ItemTx(ctx, d.q, duty, library.ItemID(p.Item))
		switch {
		case fault.Is(err, fault.NotFound):
			return d.gone(p.Path, p.Item)
		case err != nil:
			return err
		}
		return d.departed(ctx, it)
	case p.Status == 410 || monthPath.MatchString(p.Path):
		return d.gone(p.Path, p.Item)
	case p.Hash != "" && (strings.HasPrefix(p.Path, "/theme/") || p.Item != ""):
		d.e.set(p)
	}
	return nil
}

// dependents draws what the changes touch.
func (d *drawing) dependents(ctx context.Context, changes []change) error {
	if err := d.touch(ctx, changes); err != nil {
		return err
	}
	d.timing.lap("items")
	return d.around(ctx)
}

// touch draws the items that changed and those they are linked with.
func (d *drawing) touch(ctx context.Context, changes []change) error {
	var ids []library.ItemID
	for _, c := range changes {
		if c.column != "" {
			if _, ok := d.columns[c.column]; !ok {
				d.columns[c.column] = false
			}
		}
		if from, ok := strings.CutPrefix(string(c.item), redirectMark); ok {
			d.marks[from] = true
		} else if c.item == nudgeMark {
			d.columns[nudge] = true
		} else if c.item != "" {
			ids = append(ids, c.item)
		}
		if c.part != "" {
			d.parts[c.part] = true
		}
	}
	if err := d.items(ctx, ids); err != nil {
		return err
	}
	var tied []library.ItemID
	asked := map[library.ItemID]bool{}
	for _, id := range ids {
		if asked[id] {
			continue
		}
		asked[id] = true
		linked, err := d.p.library.Linked(ctx, d.q, id)
		if err != nil {
			return err
		}
		for _, l := range linked {
			tied = append(tied, l.ID)
			if l.Type != library.Policy || len(ids) > mostUrgent {
				continue
			}
			// The other interpretations of the file name this one too.
			others, err := d.p.library.Linked(ctx, d.q, l.ID)
			if err != nil {
				return err
			}
			for _, o := range others {
				tied = append(tied, o.ID)
			}
		}
		into, err := d.p.library.EndedInto(ctx, d.q, id)
		if err != nil {
			return err
		}
		tied = append(tied, into...) // redirected to it, or replaced by it
	}
	if len(ids) <= mostUrgent { // an import of thousands names nobody's speeches
		named, err := d.named(ctx, ids)
		if err != nil {
			return err
		}
		tied = append(tied, named...)
	}
	if err := d.items(ctx, tied); err != nil {
		return err
	}
	if err := d.twinsOf(ctx, ids); err != nil {
		return err
	}
	return d.pool.wait()
}

// itemPage reports whether a path is that of an item's page.
func itemPage(path string) bool {
	return strings.HasPrefix(path, "/content/") || strings.HasPrefix(path, "/elder/content/")
}

func (d *drawing) column(id registry.ColumnID) (theme.Column, bool) {
	for _, list := range [][]theme.Column{d.site.Columns, d.site.Foreign} {
		for _, c := range list {
			if c.ID == string(id) {
				return c, true
			}
		}
	}
	return theme.Column{}, false
}

// columnFamily draws the columns that were touched.
func (d *drawing) columnFamily(ctx context.Context) error {
	for id, all := range d.columns {
		if c, ok := d.column(id); ok {
			if err := d.columnPages(ctx, c, d.whole || all); err != nil {
				return err
			}
		}
	}
	return nil
}

// fixed draws the pages and files that only the site itself decides.
func (d *drawing) fixed(ctx context.Context) error {
	for _, f := range d.site.Files() {
		if err := d.draw(f.Path, f.Kind, f.Body, nil); err != nil {
			return err
		}
	}
	if err := d.mapPage(ctx); err != nil {
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
	return d.draw("/.well-known/security.txt", textKind, theme.SecurityText(d.site, expires), nil)
}
