package media

import (
	"context"

	"zhengshu/internal/db"
	"zhengshu/internal/prose"
)

// Lead is the picture that stands for an item in lists.
type Lead struct {
	Src, Alt      string
	Width, Height int
	Widths        []prose.ShownWidth // narrowest first
}

// leadWidth is how many pixels wide a picture must be to stand for an item:
// narrower ones are signs and codes.
const leadWidth = 480

// Leads are the pictures of live items, by item: of those that its text shows,
// the one that came first into the media library. Maps, moving pictures and
// pictures without words for those who cannot see them stand for nothing.
// Public: what live items show is public.
func (s *Service) Leads(ctx context.Context, q db.Querier, items []string) (map[string]Lead, error) {
	if len(items) == 0 {
		return nil, nil
	}
	var w db.Where
	w.And("l.item_id IN " + db.Among(&w, items))
	w.And("a.kind = ?", Picture)
	w.And("a.is_map = ?", false)
	w.And("a.frames <= ?", 1)
	w.And("a.width >= ?", leadWidth)
	w.And("a.alt <> ?", "")
	type pair struct {
		item  string
		asset AssetID
	}
	pairs, err := db.All(ctx, q, func(r db.Scanner) (pair, error) {
		var p pair
		return p, r.Scan(&p.item, &p.asset)
	}, `SELECT l.item_id, MIN(a.id) FROM item_live l JOIN media_use m ON m.item_id = l.item_id AND m.version_no = l.version_no JOIN media_asset a ON a.id = m.asset_id
		WHERE `+w.SQL()+` GROUP BY l.item_id`, w.Args()...)
	if err != nil || len(pairs) == 0 {
		return nil, err
	}
	var of db.Where
	ids := make([]AssetID, len(pairs))
	for i, p := range pairs {
		ids[i] = p.asset
	}
	of.And("a.id IN " + db.Among(&of, ids))
	list, err := db.All(ctx, q, scanAsset, assetSelect+` WHERE `+of.SQL(), of.Args()...)
	if err != nil {
		return nil, err
	}
	by := make(map[AssetID]Lead, len(list))
	for _, a := range list {
		width, height := a.Shown()
		by[a.ID] = Lead{a.Src(), a.Alt, width, height, a.wide()}
	}
	out := make(map[string]Lead, len(pairs))
	for _, p := range pairs {
		if l, ok := by[p.asset]; ok {
			out[p.item] = l
		}
	}
	return out, nil
}
