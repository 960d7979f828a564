package publishing

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/library"
	"zhengshu/internal/search"
)

// mostKept documents that differ are kept in memory with their texts; a whole
// drawing with more has its index made from the library in a second reading.
const mostKept = 2000

// find puts a document into the index of the release.
func (d *drawing) find(doc search.Document) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.out, doc.Path)
	delete(d.put, doc.Path)
	switch {
	case d.sums != nil && d.sums[doc.Path] == doc.Sum:
	case d.whole && len(d.put) >= mostKept:
		d.over = true
	default:
		d.put[doc.Path] = doc
	}
}

// lose takes a path out of the index.
func (d *drawing) lose(path string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.put, path)
	d.out[path] = true
}

// gather makes the index of a whole drawing beside, when too much of it differs
// from the one that is public.
func (d *drawing) gather(ctx context.Context) error {
	if !d.over {
		return nil
	}
	dir, err := d.p.store.siteDir(d.e.site)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	clear(d.put)
	clear(d.out)
	d.sums = nil
	d.built, err = search.Build(ctx, dir, func(put func(search.Document) error) error {
		after := library.PlacementID("")
		done := map[library.ItemID]bool{}
		for {
			list, err := d.p.library.LiveIDs(ctx, d.q, d.e.site, after, 200)
			if err != nil || len(list) == 0 {
				return err
			}
			var ids []library.ItemID
			for _, p := range list {
				after = p.Placement
				if !done[p.Item] {
					done[p.Item] = true
					ids = append(ids, p.Item)
				}
			}
			live, err := d.p.library.LiveBatch(ctx, d.q, ids)
			if err != nil {
				return err
			}
			for _, id := range ids {
				l := live[id]
				if l == nil {
					continue
				}
				for _, pl := range d.standsAt(l.Places) {
					if err := put(document(l.Item, l.Version, d.columnOf(pl), !pl.ArchivedAt.IsZero())); err != nil {
						return err
					}
					break
				}
			}
		}
	})
	return err
}

// index brings the search index of the release up: the file that is not public
// now is made to hold what it will hold.
func (d *drawing) index(ctx context.Context) (file, generation string, err error) {
	current := ""
	if d.e.before != nil {
		current = d.e.before.SearchFile()
		file, generation = d.e.before.Search.File, d.e.before.Search.Generation
	}
	if d.e.fresh && d.built == "" {
		for path := range d.sums {
			if p, _ := d.e.page(path); p == nil || p.Status != 200 {
				d.out[path] = true
			}
		}
		if d.sums == nil {
			current = "" // everything is put
		}
	}
	put := make([]search.Document, 0, len(d.put))
	for _, doc := range d.put {
		put = append(put, doc)
	}
	out := make([]string, 0, len(d.out))
	for path := range d.out {
		out = append(out, path)
	}
	if d.built == "" && current != "" {
		if same, err := search.Same(ctx, current, put, out, false); err == nil && same {
			return file, generation, nil
		}
	}
	next := "search.a.db"
	if file == next {
		next = "search.b.db"
	}
	dir, err := d.p.store.siteDir(d.e.site)
	if err != nil {
		return "", "", err
	}
	generation = ulid.Make().String()
	if d.built != "" {
		err = search.Take(ctx, d.built, filepath.Join(dir, next), generation, put, out)
		if rm := os.RemoveAll(filepath.Dir(d.built)); rm != nil {
			err = errors.Join(err, rm)
		}
	} else {
		err = search.Sync(ctx, current, filepath.Join(dir, next), generation, put, out)
	}
	if err != nil {
		return "", "", fmt.Errorf("publishing: index: %w", err)
	}
	return next, generation, d.e.step("indexed")
}
