package publishing

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
)

// edit is a release in the making. The site's lock is held.
type edit struct {
	store  *Store
	site   registry.SiteID
	before *Release // nil for the first
	fresh  bool     // nothing of before is kept unless put again
	last   int      // highest number ever given to a release of the site
	now    time.Time
	pages  map[string]*Page // nil: taken out
	bodies map[string][]byte
	step   func(string) error // crash points of the tests
}

func (s *Store) edit(site registry.SiteID, before *Release, fresh bool, now time.Time) *edit {
	return &edit{store: s, site: site, before: before, fresh: fresh, now: now, pages: map[string]*Page{}, bodies: map[string][]byte{}, step: func(string) error { return nil }}
}

// was is the page of the release before.
func (e *edit) was(path string) (Page, bool, error) {
	if e.before == nil {
		return Page{}, false, nil
	}
	p, ok, err := e.before.Page(path)
	if err != nil && e.fresh {
		return Page{}, false, nil // damaged: a whole drawing does without
	}
	return p, ok, err
}

// put sets a page. An unchanged body keeps its time.
func (e *edit) put(p Page, body []byte) error {
	sum := sha256.Sum256(body)
	p.Hash, p.Size, p.Modified = hex.EncodeToString(sum[:]), int64(len(body)), e.now
	old, ok, err := e.was(p.Path)
	if err != nil {
		return err
	}
	if ok && old.Hash == p.Hash && old.Status == p.Status {
		p.Modified = old.Modified
	}
	if !ok || old.Hash != p.Hash || e.fresh { // a whole drawing also mends what was damaged
		e.bodies[p.Hash] = body
	}
	e.pages[p.Path] = &p
	return nil
}

func (e *edit) drop(path string) { e.pages[path] = nil }

// finish writes lists and manifest and switches. It returns nil when nothing
// differs from the release before, and how many pages do.
func (e *edit) finish(ctx context.Context, site theme.Site, search string, generation string) (*Release, int, error) {
	m := Manifest{No: e.last + 1, Made: e.now, Site: site, Theme: theme.Fingerprint(), Whole: e.fresh, Lists: map[string]string{}}
	m.Search.File, m.Search.Generation = search, generation
	if e.before != nil {
		m.No, m.Before = max(e.before.No, e.last)+1, e.before.Hash
		if !e.fresh {
			for k, v := range e.before.Lists {
				m.Lists[k] = v
			}
		}
	}
	changed := 0
	touched := map[string]map[string]*Page{}
	for path, p := range e.pages {
		l := listOf(path)
		if touched[l] == nil {
			touched[l] = map[string]*Page{}
		}
		touched[l][path] = p
		old, ok, err := e.was(path)
		if err != nil {
			return nil, 0, err
		}
		if (p == nil) != !ok || p != nil && (old.Hash != p.Hash || old.Status != p.Status || old.To != p.To) {
			changed++
		}
	}
	for name, pages := range touched {
		all := map[string]Page{}
		if e.before != nil && !e.fresh {
			old, err := e.store.list(e.before.Lists[name])
			if err != nil {
				return nil, 0, err
			}
			for k, v := range old {
				all[k] = v
			}
		}
		for path, p := range pages {
			if p == nil {
				delete(all, path)
			} else {
				all[path] = *p
			}
		}
		if len(all) == 0 {
			delete(m.Lists, name)
			continue
		}
		sorted := make([]Page, 0, len(all))
		for _, p := range all {
			sorted = append(sorted, p)
		}
		slices.SortFunc(sorted, func(a, b Page) int { return cmp.Compare(a.Path, b.Path) })
		b, err := json.Marshal(sorted)
		if err != nil {
			return nil, 0, err
		}
		m.Lists[name] = e.keep(b)
	}
	if e.before != nil && sameLists(m.Lists, e.before.Lists) && m.Theme == e.before.Theme && sameSite(m.Site, e.before.Site) && m.Search == e.before.Search {
		return nil, 0, nil
	}
	b, err := json.Marshal(m)
	if err != nil {
		return nil, 0, err
	}
	hash := e.keep(b)
	if err := e.write(ctx); err != nil {
		return nil, 0, err
	}
	if err := e.step("written"); err != nil {
		return nil, 0, err
	}
	p := pointer{hash, base64.StdEncoding.EncodeToString(ed25519.Sign(e.store.key, signed(string(e.site), hash)))}
	b, err = json.Marshal(p)
	if err != nil {
		return nil, 0, err
	}
	dir, err := e.store.siteDir(e.site)
	if err != nil {
		return nil, 0, err
	}
	if err := replace(filepath.Join(dir, "current"), b); err != nil {
		return nil, 0, err
	}
	return &Release{m, hash, e.store, e.site}, changed, e.step("switched")
}

func (e *edit) keep(b []byte) string {
	sum := sha256.Sum256(b)
	h := hex.EncodeToString(sum[:])
	e.bodies[h] = b
	return h
}

// write puts the new objects on the disk: whole or not at all, and synced
// before anything points to them.
func (e *edit) write(ctx context.Context) error {
	hashes := make(chan string)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var errs []error
	dirs := map[string]bool{}
	for range 8 { // syncing waits for the disk, which takes several at a time
		wg.Go(func() {
			for h := range hashes {
				name := e.store.objectPath(h)
				if _, err := e.store.Object(h, MaxObject); err == nil {
					now := time.Now()
					if os.Chtimes(name, now, now) == nil { // young again: a sweep leaves it alone
						continue
					}
				}
				dir := filepath.Dir(name)
				err := os.MkdirAll(dir, 0o755)
				if err == nil {
					var tmp string
					if tmp, err = writeTemp(dir, e.bodies[h], 0o644); err == nil {
						err = os.Rename(tmp, name)
					}
				}
				mu.Lock()
				dirs[dir] = true
				if err != nil {
					errs = append(errs, err)
				}
				mu.Unlock()
			}
		})
	}
	n := 0
	for h := range e.bodies {
		if err := ctx.Err(); err != nil {
			errs = append(errs, err)
			break
		}
		if n++; n == 2 {
			if err := e.step("half written"); err != nil {
				errs = append(errs, err)
				break
			}
		}
		hashes <- h
	}
	close(hashes)
	wg.Wait()
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	for d := range dirs {
		if err := syncDir(d); err != nil {
			return err
		}
	}
	if len(dirs) == 0 {
		return nil
	}
	return syncDir(filepath.Join(e.store.dir, "objects"))
}

func sameLists(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return true
}

func sameSite(a, b theme.Site) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

// sameFrame reports whether two states of a site give every page the same
// frame. What hangs on the notice bar stands on home pages only, which every
// release draws.
func sameFrame(a, b theme.Site) bool {
	if a.Offline == b.Offline && a.Offline == "" {
		a.Notices, b.Notices = nil, nil
	}
	return sameSite(a, b)
}

// File is a finished page or file.
type File struct {
	Page
	Body []byte
}

// Make makes and switches a release of finished pages, replacing whatever the
// site had: for archives of closed sites, whose pages are taken over as they
// are. It has no search index.
func (s *Store) Make(ctx context.Context, site theme.Site, files []File, now time.Time) (*Release, error) {
	id := registry.SiteID(site.ID)
	unlock, err := s.lock(ctx, id)
	if err != nil {
		return nil, err
	}
	defer unlock()
	before, err := s.Current(id)
	if errors.Is(err, ErrNoRelease) || errors.Is(err, ErrForged) {
		before, err = nil, nil
	}
	if err != nil {
		return nil, err
	}
	e := s.edit(id, before, true, now.UTC().Truncate(time.Second))
	for _, f := range files {
		if err := e.put(f.Page, f.Body); err != nil {
			return nil, err
		}
	}
	r, _, err := e.finish(ctx, site, "", "")
	if r == nil && err == nil {
		return before, nil
	}
	return r, err
}
