package library

import (
	"context"
	"time"

	"zhengshu/internal/db"
	"zhengshu/internal/registry"
)

// Live is everything a public page of an item says, read for many at once.
type Live struct {
	Item    Item // metadata of the live version
	Version Version
	Places  []Placement // where it has a page, on every site: live ones before archived ones
	// Tied says that items are linked with it; Effected, that it amends,
	// repeals or was amended or repealed: those few are asked for one by one.
	Tied, Effected bool
	Ended          bool // it was replaced or archived, or had been
}

// LiveBatch reads live items by id; what is not live is absent. Public: what
// is live is public.
func (s *Service) LiveBatch(ctx context.Context, q db.Querier, ids []ItemID) (map[ItemID]*Live, error) {
	out := make(map[ItemID]*Live, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	in := func(column string) (string, []any) {
		var w db.Where
		cond, args := db.In(column, ids)
		w.And(cond, args...)
		return w.SQL(), w.Args()
	}
	cond, args := in("i.id")
	items, err := db.All(ctx, q, func(r db.Scanner) (*Live, error) {
		var l Live
		v := &l.Version
		return &l, r.Scan(append(l.Item.fields(), &v.Item, &v.No, &v.Doc, &v.HTML, &v.Text, &v.SHA256, &v.Change, &v.AuthorID, &v.AuthorName, &v.At)...)
	}, `SELECT `+itemFields+`, v.item_id, v.no, v.doc, v.html, v.text, v.sha256, v.change_kind, v.author_id, v.author_name, v.at
		  FROM item i JOIN item_live l ON l.item_id = i.id JOIN item_version v ON v.item_id = i.id AND v.no = l.version_no JOIN unit u ON u.id = i.unit_id
		 WHERE `+cond, args...)
	if err != nil {
		return nil, err
	}
	for _, l := range items {
		l.Version.Meta = l.Item.Meta
		out[l.Item.ID] = l
	}
	cond, args = in("p.item_id")
	places, err := db.All(ctx, q, scanPlacement, placementSelect+` WHERE (p.state = 'live' OR p.archived_at IS NOT NULL) AND `+cond+` ORDER BY p.state, p.id`, args...)
	if err != nil {
		return nil, err
	}
	for _, p := range places {
		if l := out[p.Item]; l != nil {
			l.Places = append(l.Places, p)
		}
	}
	for _, t := range []struct {
		table  string
		column []string
		mark   func(*Live)
	}{
		{"item_link", []string{"policy_id", "interpretation_id"}, func(l *Live) { l.Tied = true }},
		{"item_end", []string{"item_id"}, func(l *Live) { l.Ended = true }},
		{"item_effect", []string{"target_id", "by_id"}, func(l *Live) { l.Effected = true }},
	} {
		for _, c := range t.column {
			cond, args := in(c)
			have, err := db.All(ctx, q, db.Value[ItemID], `SELECT DISTINCT `+c+` FROM `+t.table+` WHERE `+cond, args...)
			if err != nil {
				return nil, err
			}
			for _, id := range have {
				if l := out[id]; l != nil {
					t.mark(l)
				}
			}
		}
	}
	return out, nil
}

// Placed is an item with its placement, by the placement's id.
type Placed struct {
	Placement PlacementID
	Item      ItemID
}

// LiveIDs lists what has a page on a site, archived pages too, after the placement given (empty: from
// the start), in batches. Public: what is live is public.
func (s *Service) LiveIDs(ctx context.Context, q db.Querier, site registry.SiteID, after PlacementID, limit int) ([]Placed, error) {
	return db.All(ctx, q, func(r db.Scanner) (Placed, error) {
		var p Placed
		return p, r.Scan(&p.Placement, &p.Item)
	}, `SELECT p.id, p.item_id FROM item_placement p JOIN item_live l ON l.item_id = p.item_id
		 WHERE p.site_id = $1 AND (p.state = 'live' OR p.archived_at IS NOT NULL) AND p.id > $2 ORDER BY p.id LIMIT $3`, site, after, limit)
}

// Place is where a placement stands in the order of its column by time.
type Place struct {
	At time.Time   `json:"at"`
	ID PlacementID `json:"id"`
}

// Before reports whether a place comes before another.
func (a Place) Before(b Place) bool {
	if !a.At.Equal(b.At) {
		return a.At.Before(b.At)
	}
	return a.ID < b.ID
}

// LivePlaces are the places of a column's live items after one, oldest first.
// Public: what is live is public.
func (s *Service) LivePlaces(ctx context.Context, q db.Querier, column registry.ColumnID, after Place, limit int) ([]Place, error) {
	return db.All(ctx, q, func(r db.Scanner) (Place, error) {
		var p Place
		return p, r.Scan(&p.At, &p.ID)
	}, `SELECT p.shown_at, p.id FROM item_placement p JOIN item_live l ON l.item_id = p.item_id
		 WHERE p.column_id = $1 AND p.state = 'live' AND (p.shown_at, p.id) > ($2, $3) ORDER BY p.shown_at, p.id LIMIT $4`, column, after.At, after.ID, limit)
}

// LiveBetween are the live items of a column after one place up to and with
// another, oldest first, whether pinned or not. Public: what is live is public.
func (s *Service) LiveBetween(ctx context.Context, q db.Querier, column registry.ColumnID, after, until Place, limit int) ([]Entry, error) {
	return db.All(ctx, q, scanEntry, entrySelect+`
		WHERE p.column_id = $1 AND p.state = 'live' AND (p.shown_at, p.id) > ($2, $3) AND (p.shown_at, p.id) <= ($4, $5)
		ORDER BY p.shown_at, p.id LIMIT $6`, column, after.At, after.ID, until.At, until.ID, limit)
}

// PlacesOn are the places an item has, or had, on a site: live, planned or
// withdrawn. Public: only where something was public is told.
func (s *Service) PlacesOn(ctx context.Context, q db.Querier, item ItemID, site registry.SiteID) ([]Placement, error) {
	return db.All(ctx, q, scanPlacement, placementSelect+` WHERE p.item_id = $1 AND p.site_id = $2 AND p.live_at IS NOT NULL ORDER BY p.id`, item, site)
}

// LiveCount counts what is live on a site, up to a limit. Public: what is live
// is public.
func (s *Service) LiveCount(ctx context.Context, q db.Querier, site registry.SiteID, limit int) (int, error) {
	return db.One(ctx, q, db.Value[int], `SELECT count(*) FROM (SELECT 1 FROM item_placement p WHERE p.site_id = $1 AND p.state = 'live' LIMIT $2) n`, site, limit)
}

// PlacesOf are all places of an item that are live, planned or scheduled.
// Public: only publishing asks, for what it is about to draw.
func (s *Service) PlacesOf(ctx context.Context, q db.Querier, item ItemID) ([]Placement, error) {
	return db.All(ctx, q, scanPlacement, placementSelect+` WHERE p.item_id = $1 AND p.state <> 'withdrawn' ORDER BY p.id`, item)
}
