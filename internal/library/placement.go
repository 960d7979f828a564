package library

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/db"
	"zhengshu/internal/registry"
)

// PlacementID identifies a placement.
type PlacementID string

// States of a placement.
const (
	Planned   = "planned"   // waits for the final review
	Scheduled = "scheduled" // reviewed, waits for its time
	Shown     = "live"
	Ended     = "withdrawn"
)

// Placement is an item in a column of a site, by reference.
type Placement struct {
	ID        PlacementID
	Item      ItemID
	Site      registry.SiteID
	Column    registry.ColumnID
	Title     string    // instead of the item's own; empty for none
	Top       int       // above 0: pinned, higher first
	PublishAt time.Time // not before; zero for at once
	State     string
	ShownAt   time.Time // displayed time, the order of lists
	LiveAt    time.Time // on this site since
	EndedAt   time.Time
	CreatedAt time.Time
	// ArchivedAt is set for what left the lists and keeps its page.
	ArchivedAt time.Time
	// Joined.
	SiteName, ColumnName, ColumnSlug string
}

// StateName is the state in Chinese.
func (p Placement) StateName() string {
	switch p.State {
	case Planned:
		return "待终审"
	case Scheduled:
		return "定时发布"
	case Shown:
		return "已上线"
	}
	if !p.ArchivedAt.IsZero() {
		return "已归档"
	}
	return "已撤下"
}

// Entry is one line of a public list.
type Entry struct {
	Item      Item // metadata of the live version
	Placement Placement
}

// Title is what the list shows.
func (e Entry) Title() string {
	if e.Placement.Title != "" {
		return e.Placement.Title
	}
	return e.Item.Title
}

// Change tells publishing what has changed for readers.
type Change struct {
	Item ItemID
	// Placements are all that were touched: live ones to render, withdrawn ones
	// to take down.
	Placements []Placement
	Withdrawn  bool // the item is gone from every view
}

const (
	placementFields = `p.id, p.item_id, p.site_id, p.column_id, p.title, p.top, p.publish_at, p.state, p.shown_at, p.live_at, p.ended_at, p.created_at, p.archived_at,
	       ps.name, pc.name, pc.slug`
	placementFrom   = `item_placement p JOIN site ps ON ps.id = p.site_id JOIN site_column pc ON pc.id = p.column_id`
	placementSelect = `SELECT ` + placementFields + ` FROM ` + placementFrom
)

func (p *Placement) fields() []any {
	return []any{&p.ID, &p.Item, &p.Site, &p.Column, &p.Title, &p.Top, &p.PublishAt, &p.State, &p.ShownAt, &p.LiveAt, &p.EndedAt, &p.CreatedAt, &p.ArchivedAt,
		&p.SiteName, &p.ColumnName, &p.ColumnSlug}
}

func scanPlacement(r db.Scanner) (Placement, error) {
	var p Placement
	return p, r.Scan(p.fields()...)
}

const entrySelect = `
	SELECT ` + itemFields + `,
	       p.id, p.item_id, p.site_id, p.column_id, p.title, p.top, p.publish_at, p.state, p.shown_at, p.live_at, p.ended_at, p.created_at, p.archived_at,
	       ps.name, pc.name, pc.slug
	  FROM item_placement p JOIN item_live l ON l.item_id = p.item_id JOIN item i ON i.id = p.item_id
	  JOIN item_version v ON v.item_id = l.item_id AND v.no = l.version_no
	  JOIN unit u ON u.id = i.unit_id JOIN site ps ON ps.id = p.site_id JOIN site_column pc ON pc.id = p.column_id`

func scanEntry(r db.Scanner) (Entry, error) {
	var e Entry
	return e, r.Scan(append(e.Item.fields(), e.Placement.fields()...)...)
}

// LiveItems of a column as readers see them: pinned first, then newest first.
// Public: what is live is public.
func (s *Service) LiveItems(ctx context.Context, q db.Querier, column registry.ColumnID, limit, offset int) ([]Entry, error) {
	return db.All(ctx, q, scanEntry, entrySelect+`
		WHERE p.column_id = $1 AND p.state = 'live' ORDER BY p.top DESC, p.shown_at DESC, p.id DESC LIMIT $2 OFFSET $3`, column, limit, offset)
}

// Ahead is how many of a column's first entries are wanted.
type Ahead struct {
	Column registry.ColumnID
	Limit  int
}

// LiveAhead are the first entries of several columns, each as LiveItems has
// them, read at once: a home page shows a dozen columns, and asking for one
// costs nearly as much as asking for all. Public: what is live is public.
func (s *Service) LiveAhead(ctx context.Context, q db.Querier, want []Ahead) (map[registry.ColumnID][]Entry, error) {
	out := make(map[registry.ColumnID][]Entry, len(want))
	for part := range slices.Chunk(want, 30) {
		var first []string
		var args []any
		for _, a := range part {
			args = append(args, a.Column)
			first = append(first, fmt.Sprintf(`SELECT id FROM (SELECT a.id FROM item_placement a JOIN item_live b ON b.item_id = a.item_id WHERE a.column_id = $%d AND a.state = 'live' ORDER BY a.top DESC, a.shown_at DESC, a.id DESC LIMIT %d) x`, len(args), a.Limit))
		}
		list, err := db.All(ctx, q, scanEntry, entrySelect+` WHERE p.id IN (`+strings.Join(first, ` UNION ALL `)+`) ORDER BY p.top DESC, p.shown_at DESC, p.id DESC`, args...)
		if err != nil {
			return nil, err
		}
		for _, e := range list {
			out[e.Placement.Column] = append(out[e.Placement.Column], e)
		}
	}
	return out, nil
}

// Newest are the entries shown last on a site, newest first, without those of
// the columns left out; an item in several columns comes several times. Public:
// what is live is public.
func (s *Service) Newest(ctx context.Context, q db.Querier, site registry.SiteID, without []registry.ColumnID, limit int) ([]Entry, error) {
	var w db.Where
	w.And("p.site_id = ? AND p.state = 'live'", site)
	for _, c := range without {
		w.And("p.column_id <> ?", c)
	}
	return db.All(ctx, q, scanEntry, entrySelect+` WHERE `+w.SQL()+fmt.Sprintf(` ORDER BY p.shown_at DESC, p.id DESC LIMIT %d`, limit), w.Args()...)
}

// LiveOnSite lists everything that has a page on a site, archived pages too, after the placement given (empty:
// from the start), for sitemaps and whole rebuilds: ask again with the last
// Placement.ID until nothing comes. Public: what is live is public.
func (s *Service) LiveOnSite(ctx context.Context, q db.Querier, site registry.SiteID, after PlacementID, limit int) ([]Entry, error) {
	return db.All(ctx, q, scanEntry, entrySelect+`
		WHERE p.site_id = $1 AND (p.state = 'live' OR p.archived_at IS NOT NULL) AND p.id > $2 ORDER BY p.id LIMIT $3`, site, after, limit)
}

// LivePlacements are the places where an item has a page, live ones before
// archived ones. Public: what is live is public.
func (s *Service) LivePlacements(ctx context.Context, q db.Querier, item ItemID) ([]Placement, error) {
	return db.All(ctx, q, scanPlacement, placementSelect+` JOIN item_live l ON l.item_id = p.item_id WHERE p.item_id = $1 AND (p.state = 'live' OR p.archived_at IS NOT NULL) ORDER BY p.state, p.id`, item)
}

// Page is an address of a site.
type Page struct {
	Site    registry.SiteID
	Address string
}

// Shut are those of the pages that belong to items and that readers cannot open at
// their site: not published there yet, taken down or withdrawn. An address that is no
// item's is not among them. Public: whether a page is public is public.
func (s *Service) Shut(ctx context.Context, q db.Querier, pages []Page) (map[Page]bool, error) {
	of := map[Page]ItemID{}
	for _, p := range pages {
		if id := ItemAt(p.Address); id != "" && p.Site != "" {
			of[p] = id
		}
	}
	type row struct {
		item ItemID
		site registry.SiteID
	}
	known, open := map[ItemID]bool{}, map[row]bool{}
	for part := range slices.Chunk(slices.Collect(maps.Keys(of)), 200) {
		ids, sites := make([]ItemID, len(part)), make([]registry.SiteID, len(part))
		for i, p := range part {
			ids[i], sites[i] = of[p], p.Site
		}
		var w db.Where
		among := db.Among(&w, sites)
		rows, err := db.All(ctx, q, func(r db.Scanner) (row, error) {
			var v row
			return v, r.Scan(&v.item, &v.site)
		}, `SELECT i.id, COALESCE(p.site_id, '') FROM item i
			  LEFT JOIN item_live l ON l.item_id = i.id
			  LEFT JOIN item_placement p ON p.item_id = l.item_id AND (p.state = 'live' OR p.archived_at IS NOT NULL) AND p.site_id IN `+among+`
			 WHERE i.id IN `+db.Among(&w, ids), w.Args()...)
		if err != nil {
			return nil, err
		}
		for _, v := range rows {
			known[v.item], open[v] = true, true
		}
	}
	out := map[Page]bool{}
	for p, id := range of {
		if known[id] && !open[row{id, p.Site}] {
			out[p] = true
		}
	}
	return out, nil
}

// Withdrawn lists the placements of a site that were live and are no more, for
// 410 pages. Public: a page that is gone says so.
func (s *Service) Withdrawn(ctx context.Context, q db.Querier, site registry.SiteID) ([]Placement, error) {
	return db.All(ctx, q, scanPlacement, placementSelect+` WHERE p.site_id = $1 AND p.state = 'withdrawn' AND p.archived_at IS NULL AND p.live_at IS NOT NULL ORDER BY p.id`, site)
}

// LastPublished is the newest displayed time in a column, zero when it is
// empty. Public: the freshness of a public column.
func (s *Service) LastPublished(ctx context.Context, q db.Querier, column registry.ColumnID) (time.Time, error) {
	t, err := db.One(ctx, q, func(r db.Scanner) (time.Time, error) {
		var t time.Time
		return t, r.Scan(&t)
	}, `SELECT p.shown_at FROM item_placement p WHERE p.column_id = $1 AND p.state = 'live' ORDER BY p.shown_at DESC LIMIT 1`, column)
	if db.None(err) {
		return time.Time{}, nil
	}
	return t, err
}
