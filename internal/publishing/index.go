package publishing

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/db"
	"zhengshu/internal/jobs"
	"zhengshu/internal/library"
	"zhengshu/internal/registry"
	"zhengshu/internal/search"
)

// Reindex is the job that brings a site's search index up after a release of
// many pages was switched: the index of the release before answers meanwhile,
// and the release has the last word on what a search shows.
type Reindex struct {
	Site registry.SiteID `json:"site"`
}

// Kind names the job.
func (Reindex) Kind() string { return "publishing.reindex" }

const (
	// mostKept documents that differ are kept in memory with their texts; when
	// there are more, the index is made anew from the library.
	mostKept = 2000
	// atOnce documents go into the index while the site's lock is held.
	atOnce = 100
	// mostIndexed documents of one release are indexed with it; more follow.
	mostIndexed = 200
)

// find puts a document into the index of the release.
func (d *drawing) find(doc search.Document) {
	if d.unindexed {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.out, doc.Path)
	delete(d.put, doc.Path)
	if d.sums == nil || d.sums[doc.Path] != doc.Sum {
		d.put[doc.Path] = doc
	}
}

// lose takes a path out of the index.
func (d *drawing) lose(path string) {
	if d.unindexed {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.put, path)
	d.out[path] = true
}

// documents calls fn with what the index keeps of every item that has a page,
// once each, in batches as they are read.
func (d *drawing) documents(ctx context.Context, fn func(search.Document) error) error {
	after := library.PlacementID("")
	for {
		list, err := d.p.library.LiveIDs(ctx, d.q, d.e.site, after, 100)
		if err != nil || len(list) == 0 {
			return err
		}
		after = list[len(list)-1].Placement
		first := map[library.ItemID]library.PlacementID{}
		var ids []library.ItemID
		for _, p := range list {
			if _, seen := first[p.Item]; !seen {
				first[p.Item] = p.Placement
				ids = append(ids, p.Item)
			}
		}
		live, err := d.p.library.LiveBatch(ctx, d.q, ids)
		if err != nil {
			return err
		}
		for _, id := range ids {
			doc, lowest, ok := d.documentOf(live[id])
			if !ok || lowest < first[id] { // came with its first place
				continue
			}
			if err := fn(doc); err != nil {
				return err
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		d.pause()
	}
}

// documentOf is what the index keeps of an item, and the first of the places
// by which LiveIDs finds it; ok is false for one that has no page here.
func (d *drawing) documentOf(l *library.Live) (doc search.Document, lowest library.PlacementID, ok bool) {
	if l == nil {
		return doc, "", false
	}
	places := d.standsAt(l.Places)
	if len(places) == 0 {
		return doc, "", false
	}
	for _, pl := range l.Places {
		if pl.Site == d.e.site && (lowest == "" || pl.ID < lowest) {
			lowest = pl.ID
		}
	}
	return document(l.Item, l.Version, d.columnOf(places[0]), !places[0].ArchivedAt.IsZero()), lowest, true
}

// pause lets urgent releases go first.
func (d *drawing) pause() {
	for d.p.hurry.Load() > 0 {
		time.Sleep(time.Millisecond)
	}
}

// Reindex makes the search index of the site's release hold what it shows, and
// switches to it. It may be repeated, and broken off at any point.
func (p *Publisher) Reindex(ctx context.Context, site registry.SiteID) error {
	if held, err := p.held(ctx, site); err != nil || held {
		return err // every page is drawn anew when the site goes on
	}
	first, err := p.current(site)
	if err != nil || first == nil {
		return err
	}
	have := map[string]string{}
	if file := first.SearchFile(); file != "" {
		if have, err = search.Sums(ctx, file); err != nil {
			p.config.Log.Error("search index damaged, made anew", "site", site, "error", err)
			have = nil
		}
	}
	var put []search.Document
	var out []string
	var built string
	defer func() {
		if built != "" {
			_ = os.RemoveAll(filepath.Dir(built)) // a folder of this call
		}
	}()
	err = p.db.View(ctx, func(tx *db.Tx) error {
		info, hosted, err := p.info(ctx, tx, site)
		if err != nil || !hosted {
			return err
		}
		d := p.drawing(tx, p.store.edit(site, first, false, p.db.Now()), info, false)
		many := have == nil
		left := maps.Clone(have)
		if !many {
			if err := d.documents(ctx, func(doc search.Document) error {
				sum, ok := have[doc.Path]
				delete(left, doc.Path)
				switch {
				case ok && sum == doc.Sum:
				case len(put) == mostKept:
					return errMany
				default:
					put = append(put, doc)
				}
				return nil
			}); errors.Is(err, errMany) {
				many = true
			} else if err != nil {
				return err
			}
		}
		if !many {
			out = slices.Sorted(maps.Keys(left))
			return nil
		}
		put = nil
		dir, err := p.store.siteDir(site)
		if err != nil {
			return err
		}
		built, err = search.Build(ctx, dir, d.pause, func(put func(search.Document) error) error { return d.documents(ctx, put) })
		return err
	})
	if err != nil {
		return err
	}
	if p.step != nil {
		if err := p.step("indexed beside"); err != nil {
			return err
		}
	}
	if built != "" {
		return p.indexed(ctx, site, first, built, nil, nil)
	}
	for len(put)+len(out) > 0 {
		n, m := min(atOnce, len(put)), 0
		if n == 0 {
			m = min(atOnce, len(out))
		}
		if err := p.indexed(ctx, site, first, "", put[:n], out[:m]); err != nil {
			return err
		}
		put, out = put[n:], out[m:]
	}
	return nil
}

var errMany = errors.New("publishing: too many documents differ")

// indexed puts documents, as they were when first was public, into the index of
// the release that is public now, or a whole index that was built then in its
// place. What releases changed meanwhile is read again.
func (p *Publisher) indexed(ctx context.Context, site registry.SiteID, first *Release, built string, put []search.Document, out []string) error {
	unlock, err := p.store.lock(ctx, site)
	if err != nil {
		return err
	}
	defer func() { unlock() }()
	second, err := p.current(site)
	if err != nil || second == nil {
		return err
	}
	fresh := map[string]bool{} // paths of items that changed since
	var ids []library.ItemID
	if first.Hash != second.Hash {
		if first.Shape != second.Shape {
			return fmt.Errorf("publishing: the release of %s was drawn anew while it was indexed", site)
		}
		if err := differing(first, second, func(was, now *Page) error {
			for _, page := range []*Page{was, now} {
				if page != nil && page.Item != "" && !fresh[page.Path] {
					fresh[page.Path] = true
					ids = append(ids, library.ItemID(page.Item))
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	put = slices.DeleteFunc(slices.Clone(put), func(d search.Document) bool { return fresh[d.Path] })
	out = slices.DeleteFunc(slices.Clone(out), func(path string) bool { return fresh[path] })
	e := p.store.edit(site, second, false, p.db.Now().Truncate(time.Second))
	if p.step != nil {
		e.step = p.step
	}
	if built != "" && len(ids) > 0 {
		slices.Sort(ids)
		ids = slices.Compact(ids)
		if err := p.db.View(ctx, func(tx *db.Tx) error {
			d := p.drawing(tx, e, second.Site, false)
			for some := range slices.Chunk(ids, 100) {
				live, err := p.library.LiveBatch(ctx, tx, some)
				if err != nil {
					return err
				}
				for _, id := range some {
					if doc, _, ok := d.documentOf(live[id]); ok {
						put = append(put, doc)
						delete(fresh, doc.Path)
					}
				}
			}
			return nil
		}); err != nil {
			return err
		}
		out = slices.AppendSeq(out, maps.Keys(fresh))
	}
	if built == "" && len(put)+len(out) == 0 {
		return nil
	}
	dir, err := p.store.siteDir(site)
	if err != nil {
		return err
	}
	m := second.Manifest
	next := otherIndex(m.Search.File)
	m.Search.File, m.Search.Generation = next, ulid.Make().String()
	if built != "" {
		err = search.Take(ctx, built, filepath.Join(dir, next), m.Search.Generation, put, out)
	} else {
		err = search.Sync(ctx, second.SearchFile(), filepath.Join(dir, next), m.Search.Generation, put, out)
	}
	if err != nil {
		return fmt.Errorf("publishing: index: %w", err)
	}
	if err := e.step("indexed"); err != nil {
		return err
	}
	made, err := e.turn(ctx, m)
	if err != nil {
		return err
	}
	if err := p.db.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE site_release SET hash = $1 WHERE site_id = $2 AND no = $3`, made.Hash, site, made.No); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Entry{Act: "publishing.reindex", Target: audit.Target{Kind: "site", ID: string(site), Name: made.Site.Name},
			After: map[string]any{"no": made.No, "hash": made.Hash, "documents": len(put), "out": len(out), "anew": built != ""}}); err != nil {
			return err
		}
		if err := jobs.Enqueue(ctx, tx, Squeeze{site}, jobs.Unique(string(site)), jobs.Queue(BulkQueue)); err != nil {
			return err
		}
		return p.followed(ctx, tx, site)
	}); err != nil || built == "" {
		return err
	}
	// The other file is made the same now: else the next urgent release would
	// copy it.
	unlock()
	unlock = func() {}
	twin, err := search.Copy(filepath.Join(dir, next))
	if err != nil {
		return err
	}
	defer os.Remove(twin) //nolint:errcheck // gone when it was taken
	if unlock, err = p.store.lock(ctx, site); err != nil {
		unlock = func() {}
		return err
	}
	if now, err := p.current(site); err != nil || now == nil || now.Search != m.Search {
		return err
	}
	return search.Place(twin, filepath.Join(dir, otherIndex(next)))
}

// otherIndex is the file that the next index is made in.
func otherIndex(file string) string {
	if file == "search.a.db" {
		return "search.b.db"
	}
	return "search.a.db"
}

// index brings the search index of the release up: the file that is not public
// now is made to hold what it will hold.
func (d *drawing) index(ctx context.Context) (file, generation string, err error) {
	current := ""
	if d.e.before != nil {
		current = d.e.before.SearchFile()
		file, generation = d.e.before.Search.File, d.e.before.Search.Generation
	}
	if d.e.fresh {
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
	if current != "" {
		if same, err := search.Same(ctx, current, put, out, false); err == nil && same {
			return file, generation, nil
		}
	}
	next := otherIndex(file)
	dir, err := d.p.store.siteDir(d.e.site)
	if err != nil {
		return "", "", err
	}
	generation = ulid.Make().String()
	err = search.Sync(ctx, current, filepath.Join(dir, next), generation, put, out)
	if err != nil {
		return "", "", fmt.Errorf("publishing: index: %w", err)
	}
	return next, generation, d.e.step("indexed")
}
