package publishing

import (
	"context"
	"strconv"
	"strings"

	"zhengshu/internal/library"
	"zhengshu/internal/publishing/theme"
)

// Lead is the picture that stands for an item in lists.
type Lead struct {
	Src, Alt      string
	Width, Height int
	Widths        []LeadWidth // narrowest first
}

// LeadWidth is the same picture in one width.
type LeadWidth struct {
	Path  string
	Width int
}

// How wide a picture stands in a page, for the choice among its widths.
const (
	lineSizes  = "160px"
	firstSizes = "(max-width: 640px) 100vw, 720px"
	shotSizes  = "(max-width: 640px) 50vw, 240px"
)

// shotsAtHome is how many pieces of picture news stand on a home page.
const shotsAtHome = 4

func (l Lead) picture() *theme.Picture {
	p := &theme.Picture{Src: l.Src, Alt: l.Alt, Width: l.Width, Height: l.Height, Sizes: lineSizes, Late: true}
	if len(l.Widths) > 1 {
		var set []string
		for _, w := range l.Widths {
			set = append(set, w.Path+" "+strconv.Itoa(w.Width)+"w")
		}
		p.Srcset = strings.Join(set, ", ")
	}
	return p
}

// leads gives entries of a list the pictures that stand for them.
func (d *drawing) leads(ctx context.Context, list []library.Entry, entries []theme.Entry) error {
	if d.p.config.Leads == nil || len(list) == 0 {
		return nil
	}
	ids := make([]string, len(list))
	for i, e := range list {
		ids[i] = string(e.Item.ID)
	}
	found, err := d.p.config.Leads(ctx, d.q, ids)
	if err != nil {
		return err
	}
	for i, id := range ids {
		if l, ok := found[id]; ok {
			entries[i].Picture = l.picture()
		}
	}
	return nil
}

// shots are the first entries that have a picture, for picture news.
func shots(entries []theme.Entry, n int) []theme.Entry {
	var out []theme.Entry
	for _, e := range entries {
		if e.Picture == nil || len(out) == n {
			continue
		}
		p := *e.Picture
		if p.Sizes = shotSizes; len(out) == 0 {
			p.Sizes, p.Late = firstSizes, false
		}
		e.Picture = &p
		out = append(out, e)
	}
	return out
}
