package publishing

import (
	"context"
	"slices"

	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
)

// foreign reports whether an item is in another language than Chinese.
func foreign(it library.Item) bool { return it.Language != "" && it.Language != library.Chinese }

// How many entries stand on the home page of a foreign-language edition, in
// each of its columns.
const editionEntries = 6

// editions draws the home pages of the site's foreign-language editions.
func (d *drawing) editions(ctx context.Context) error {
	for _, e := range d.site.Editions() {
		var h theme.EditionHome
		var all []theme.Entry
		for _, c := range e.Columns {
			list, err := d.entries(ctx, c, editionEntries, 0)
			if err != nil {
				return err
			}
			all = append(all, list...)
			if h.Lead.Title == "" && len(list) > 0 {
				h.Lead, list = list[0], list[1:]
			}
			h.Blocks = append(h.Blocks, theme.Block{Column: c, Entries: list})
		}
		h.Shots = shots(all, shotsAtHome-1)
		b, err := theme.EditionHomePage.Draw(theme.EditionHomeFrame(d.site, e), h)
		if err := d.draw(e.Href(), htmlKind, b, err); err != nil {
			return err
		}
	}
	return nil
}

// twins are the same content in other languages on this site. A site without
// foreign-language editions has none, and is not asked.
func (d *drawing) twins(ctx context.Context, it library.Item) ([]theme.Tongue, error) {
	if len(d.site.Foreign) == 0 {
		return nil, nil
	}
	list, err := d.p.library.LiveInLanguages(ctx, d.q, it.Content, registry.SiteID(d.site.ID))
	if err != nil {
		return nil, err
	}
	var out []theme.Tongue
	for _, l := range list {
		if l.ID != it.ID {
			out = append(out, theme.Tongue{Lang: l.Language, Href: Path(l)})
		}
	}
	return out, nil
}

// twinsOf draws the same content in other languages as items that changed: each
// names the others.
func (d *drawing) twinsOf(ctx context.Context, ids []library.ItemID) error {
	if len(d.site.Foreign) == 0 {
		return nil
	}
	var also []library.ItemID
	for _, id := range ids {
		it, err := d.p.library.ItemTx(ctx, d.q, duty, id)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		list, err := d.p.library.LiveInLanguages(ctx, d.q, it.Content, registry.SiteID(d.site.ID))
		if err != nil {
			return err
		}
		for _, l := range list {
			if !slices.Contains(ids, l.ID) {
				also = append(also, l.ID)
			}
		}
	}
	return d.items(ctx, also)
}
