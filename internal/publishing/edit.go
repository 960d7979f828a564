package publishing

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"zhengshu/internal/library"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
)

// edit is a release in the making. Bodies go to the disk as they are put, under
// the name of their content, where nothing points to them yet: the release
// itself is kept in memory as paths only. Safe for putting by several.
type edit struct {
	store  *Store
	site   registry.SiteID
	before *Release // nil for the first
	fresh  bool     // nothing of before is kept unless put again
	last   int      // highest number ever given to a release of the site
	now    time.Time
	dry    bool               // nothing is written; the paths are what is asked for
	kept   map[string][]byte  // bodies of a dry edit by hash, for a preview
	of     int                // release whose pages are shown again
	step   func(string) error // crash points of the tests

	old     map[uint64]stood // all of before, when the edit is fresh, by the sum of the path
	damaged error            // why not all of before could be read

	mu      sync.Mutex
	pages   map[string]*Page           // nil: taken out
	staged  map[string]bool            // objects written by this edit, the first of them
	many    bool                       // more were written than staged holds
	shelves map[string][]library.Place // of columns whose archive changed
}

func (s *Store) edit(site registry.SiteID, before *Release, fresh bool, now time.Time) *edit {
	e := &edit{store: s, site: site, before: before, now: now, pages: map[string]*Page{}, staged: map[string]bool{},
		shelves: map[string][]library.Place{}, step: func(string) error { return nil }}
	if fresh {
		e.renew()
	}
	return e
}

// renew makes the edit one that keeps nothing of the release before. Of every
// page of that one it remembers what put asks; a damaged list is done without.
func (e *edit) renew() {
	e.fresh, e.old = true, map[uint64]stood{}
	_ = e.eachOld("", func(p Page) error {
		if sum, err := hex.DecodeString(p.Hash); err == nil && len(sum) == sha256.Size {
			e.old[pathSum(p.Path)] = stood{[sha256.Size]byte(sum), p.Status, p.Modified}
		}
		return nil
	}) // damage is remembered
}

// stood is a page of the release before: its content, and since when.
type stood struct {
	sum      [sha256.Size]byte
	status   int
	modified time.Time
}

func pathSum(path string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(path)) // never fails
	return h.Sum64()
}

// eachOld visits the pages of the release before whose lists' names begin with
// a prefix. A fresh edit does without what is damaged.
func (e *edit) eachOld(prefix string, fn func(Page) error) error {
	if e.before == nil {
		return nil
	}
	var wrong error // of fn
	one := func(_, hash string) error {
		b, err := e.store.Object(hash, maxList) // not kept: it would push out those in use
		if err != nil {
			return err
		}
		l, err := parseList(b)
		for _, p := range l {
			if wrong = fn(p); wrong != nil {
				return wrong
			}
		}
		return err
	}
	if !e.fresh {
		return e.before.everyList(prefix, one)
	}
	some := func(name, hash string) error {
		if err := one(name, hash); wrong != nil {
			return wrong
		} else if err != nil {
			e.hurt(err)
		}
		return nil
	}
	for name, hash := range e.before.Lists {
		if strings.HasPrefix(name, prefix) && some(name, hash) != nil {
			return wrong
		}
	}
	for folder, hash := range e.before.Folders { // one by one: a damaged one hides no other
		if !strings.HasPrefix(folder, prefix) {
			continue
		}
		l, err := e.store.folder(hash)
		if err != nil {
			e.hurt(err)
			continue
		}
		for figures, hash := range l {
			if some(folder+figures, hash) != nil {
				return wrong
			}
		}
	}
	return nil
}

// hurt remembers that not all of the release before could be read.
func (e *edit) hurt(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.damaged == nil {
		e.damaged = err
	}
}

// was is the page of the release before.
func (e *edit) was(path string) (Page, bool, error) {
	if e.before == nil {
		return Page{}, false, nil
	}
	_, hash, err := e.before.listOf(path)
	var l map[string]Page
	if err == nil {
		l, err = e.store.list(hash)
	}
	if err != nil && e.fresh {
		e.hurt(err)
		return Page{}, false, nil
	}
	p, ok := l[path]
	return p, ok, err
}

// put sets a page. An unchanged body keeps its time.
func (e *edit) put(p Page, body []byte) error {
	sum := sha256.Sum256(body)
	p.Hash, p.Size, p.Modified = hex.EncodeToString(sum[:]), int64(len(body)), e.now
	if e.fresh { // a whole drawing also mends what was damaged
		if old, ok := e.old[pathSum(p.Path)]; ok && old.sum == sum && old.status == p.Status {
			p.Modified = old.modified
		}
		if err := e.stage(p.Hash, body); err != nil {
			return err
		}
		e.set(p)
		return nil
	}
	old, ok, err := e.was(p.Path)
	if err != nil {
		return err
	}
	if ok && old.Hash == p.Hash && old.Status == p.Status {
		p.Modified = old.Modified
	}
	if !ok || old.Hash != p.Hash {
		if err := e.stage(p.Hash, body); err != nil {
			return err
		}
	}
	e.set(p)
	return nil
}

// set sets a page whose object is there, or that has none.
func (e *edit) set(p Page) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.pages[p.Path] = &p
}

// page is what the release in the making has at a path so far; drawn is false
// when this edit has not touched it.
func (e *edit) page(path string) (p *Page, drawn bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	p, drawn = e.pages[path]
	return p, drawn
}

func (e *edit) drop(path string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.pages[path] = nil
}

// shelf is how a column's archive pages are filled.
func (e *edit) shelf(column registry.ColumnID) ([]library.Place, error) {
	e.mu.Lock()
	s, ok := e.shelves[string(column)]
	e.mu.Unlock()
	if ok || e.before == nil {
		return s, nil
	}
	s, err := e.before.shelf(column)
	if err != nil && e.fresh {
		return nil, nil // damaged: filled anew
	}
	return s, err
}

func (r *Release) shelf(column registry.ColumnID) ([]library.Place, error) {
	h := r.Shelves[string(column)]
	if h == "" {
		return nil, nil
	}
	if s := r.store.shelves.find(h); s != nil {
		return s, nil
	}
	b, err := r.store.Object(h, maxList)
	if err != nil {
		return nil, err
	}
	var s []library.Place
	if err := json.Unmarshal(b, &s); err != nil {
		return nil, err
	}
	r.store.shelves.keep(h, s)
	return s, nil
}

// shelvedPlaces bounds the places of shelves that a store keeps ready. A column
// of a million items has fifty thousand.
const shelvedPlaces = 200_000

// shelves keeps the shelves read last, by hash. They must not be changed.
type shelves struct {
	mu   sync.Mutex
	by   map[string][]library.Place
	kept []string // oldest first
	held int
}

func (k *shelves) find(hash string) []library.Place {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.by[hash]
}

func (k *shelves) keep(hash string, s []library.Place) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.by == nil {
		k.by = map[string][]library.Place{}
	}
	if k.by[hash] != nil {
		return
	}
	k.by[hash] = s
	k.kept = append(k.kept, hash)
	for k.held += len(s); k.held > shelvedPlaces && len(k.kept) > 1; k.kept = k.kept[1:] {
		k.held -= len(k.by[k.kept[0]])
		delete(k.by, k.kept[0])
	}
}

func (e *edit) setShelf(column registry.ColumnID, s []library.Place) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.shelves[string(column)] = s
}

func (e *edit) keep(b []byte) (string, error) {
	sum := sha256.Sum256(b)
	h := hex.EncodeToString(sum[:])
	return h, e.stage(h, b)
}

var temps atomic.Uint64

// stage writes an object without waiting for the disk: sync does that for all
// of them before anything points to them.
func (e *edit) stage(hash string, body []byte) error {
	e.mu.Lock()
	done := e.staged[hash]
	if n := len(e.staged); n < mostStaged {
		e.staged[hash] = true
	} else if !done {
		e.many = true
	}
	n := len(e.staged)
	if e.kept != nil {
		e.kept[hash] = body
	}
	e.mu.Unlock()
	if done || e.dry {
		return nil
	}
	if n == 2 {
		if err := e.step("half written"); err != nil {
			return err
		}
	}
	name := e.store.objectPath(hash)
	err := create(name, body)
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(filepath.Dir(name), 0o755); err == nil {
			err = create(name, body)
		}
	}
	if errors.Is(err, fs.ErrExist) {
		err = overwrite(name, body)
	}
	if err != nil {
		return fmt.Errorf("publishing: write an object: %w", err)
	}
	return nil
}

// create writes an object that is not there. Until a release is switched nothing
// points to it, so it is written in its place: what a process that died here
// left half is not the content its name says, and whoever puts it next finds
// that out.
func create(name string, body []byte) error {
	fd, err := unix.Open(name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_CLOEXEC, 0o644)
	for errors.Is(err, unix.EINTR) {
		fd, err = unix.Open(name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_CLOEXEC, 0o644)
	}
	if err != nil {
		return &fs.PathError{Op: "create", Path: name, Err: err}
	}
	for rest := body; len(rest) > 0 && err == nil; {
		var n int
		if n, err = unix.Write(fd, rest); errors.Is(err, unix.EINTR) {
			err = nil
		}
		rest = rest[max(n, 0):]
	}
	if err = errors.Join(err, unix.Close(fd)); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", name, err), os.Remove(name))
	}
	return nil
}

// overwrite puts an object where a file lies already: the same, most often.
func overwrite(name string, body []byte) error {
	if have, err := os.ReadFile(name); err == nil && bytes.Equal(have, body) {
		now := time.Now()
		if os.Chtimes(name, now, now) == nil { // young again: a sweep leaves it alone
			return nil
		}
	}
	tmp := filepath.Join(filepath.Dir(name), ".new-"+strconv.Itoa(os.Getpid())+"-"+strconv.FormatUint(temps.Add(1), 36))
	err := os.WriteFile(tmp, body, 0o644)
	if err == nil {
		err = os.Rename(tmp, name)
	}
	if err != nil {
		if rm := os.Remove(tmp); rm != nil && !errors.Is(rm, fs.ErrNotExist) {
			err = errors.Join(err, rm)
		}
	}
	return err
}

// few objects are synced one by one; more, with the file system they lie on.
// mostStaged are remembered, so as not to be written twice.
const (
	few        = 64
	mostStaged = 4096
)

// sync waits until everything staged is on the disk.
func (e *edit) sync(ctx context.Context) error {
	if len(e.staged) == 0 {
		return nil
	}
	objects := filepath.Join(e.store.dir, "objects")
	if len(e.staged) > few || e.many {
		d, err := os.Open(objects)
		if err != nil {
			return err
		}
		return errors.Join(unix.Syncfs(int(d.Fd())), d.Close())
	}
	// Syncing waits for the disk, which takes many at a time: all that wait
	// together share one commit of its journal.
	together := func(names []string) error {
		errs := make([]error, len(names))
		var wg sync.WaitGroup
		for i, n := range names {
			wg.Go(func() { errs[i] = syncDir(n) })
		}
		wg.Wait()
		return errors.Join(errs...)
	}
	var files []string
	folders := []string{objects}
	for h := range e.staged {
		n := e.store.objectPath(h)
		files = append(files, n)
		if dir := filepath.Dir(n); !slices.Contains(folders, dir) {
			folders = append(folders, dir)
		}
	}
	if err := together(files); err != nil {
		return err
	}
	return errors.Join(together(folders), ctx.Err())
}

// content are the lists of a folder as they will be, of those that this edit
// touches, and how the lists of the release will be named.
type content struct {
	lists map[string][]Page // by name, sorted by path; an empty list is one with no pages
	gone  []string          // names that the release before had and that are no more
}

// content joins what was with what was put, for paths that begin with prefix
// ("" for all), and parts the lists that have become full.
func (e *edit) content(prefix string) (content, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c := content{lists: map[string][]Page{}}
	m := &Release{Manifest: Manifest{Shape: 1}, store: e.store}
	if e.before != nil && !e.fresh {
		m = e.before
	}
	touched, was := map[string]map[string]*Page{}, map[string]string{}
	for path, p := range e.pages {
		if !strings.HasPrefix(path, prefix) {
			continue
		}
		l, hash, err := m.listOf(path)
		if err != nil {
			return c, err
		}
		if touched[l] == nil {
			touched[l], was[l] = map[string]*Page{}, hash
		}
		touched[l][path] = p
	}
	for name, pages := range touched {
		all := make([]Page, 0, len(pages))
		if h := was[name]; h != "" {
			old, err := e.store.list(h)
			if err != nil {
				return c, err
			}
			for path, p := range old {
				if _, now := pages[path]; !now {
					all = append(all, p)
				}
			}
		}
		for _, p := range pages {
			if p != nil {
				all = append(all, *p)
			}
		}
		slices.SortFunc(all, func(a, b Page) int { return strings.Compare(a.Path, b.Path) })
		if len(all) == 0 && strings.HasSuffix(name, "/") {
			if was[name] != "" {
				c.gone = append(c.gone, name)
			}
			continue
		}
		if part(c.lists, name, all) && was[name] != "" {
			c.gone = append(c.gone, name)
		}
	}
	return c, nil
}

// part puts pages into lists, in sixteen below the name when they are too many
// for one; it reports whether it did.
func part(into map[string][]Page, name string, pages []Page) bool {
	depth := len(name) - strings.LastIndex(name, "/") - 1
	if len(pages) <= fullList || depth == maxDepth {
		into[name] = pages
		return false
	}
	var below [16][]Page
	for _, p := range pages {
		b := bucketOf(p.Path)[depth]
		i := b - '0'
		if b >= 'a' {
			i = b - 'a' + 10
		}
		below[i] = append(below[i], p)
	}
	for i, pages := range below {
		part(into, name+strconv.FormatInt(int64(i), 16), pages)
	}
	return true
}

// finish writes lists and manifest and switches. It returns nil when nothing
// differs from the release before, and how many pages do.
func (e *edit) finish(ctx context.Context, site theme.Site, look, search, generation string) (*Release, int, error) {
	m := Manifest{No: e.last + 1, Made: e.now, Site: site, Theme: look, Whole: e.fresh, Shape: 1, Shelves: map[string]string{}, Of: e.of}
	m.Search.File, m.Search.Generation = search, generation
	if e.before != nil {
		m.No, m.Before = max(e.before.No, e.last)+1, e.before.Hash
		if !e.fresh {
			m.Pages = e.before.Pages
			for k, v := range e.before.Shelves {
				m.Shelves[k] = v
			}
		}
	}
	changed, err := e.count(&m)
	if err != nil {
		return nil, 0, err
	}
	c, err := e.content("")
	if err != nil {
		return nil, 0, err
	}
	n, err := e.naming()
	if err != nil {
		return nil, 0, err
	}
	for _, name := range c.gone {
		if err := n.drop(name); err != nil {
			return nil, 0, err
		}
	}
	for name, pages := range c.lists {
		b, err := json.Marshal(pages)
		if err != nil {
			return nil, 0, err
		}
		hash, err := e.keep(b)
		if err != nil {
			return nil, 0, err
		}
		if err := n.set(name, hash); err != nil {
			return nil, 0, err
		}
		if !e.fresh { // the next change begins with it
			l := make(map[string]Page, len(pages))
			for _, p := range pages {
				l[p.Path] = p
			}
			e.store.keepList(hash, l)
		}
	}
	if err := n.close(); err != nil {
		return nil, 0, err
	}
	m.Lists, m.Folders = n.lists, n.folders
	for column, shelf := range e.shelves {
		if len(shelf) == 0 {
			delete(m.Shelves, column)
			continue
		}
		b, err := json.Marshal(shelf)
		if err != nil {
			return nil, 0, err
		}
		if m.Shelves[column], err = e.keep(b); err != nil {
			return nil, 0, err
		}
		e.store.shelves.keep(m.Shelves[column], shelf)
	}
	if b := e.before; b != nil && e.of == b.Of && sameNames(&m, &b.Manifest) && m.Theme == b.Theme && sameSite(m.Site, b.Site) && m.Search == b.Search {
		if e.fresh {
			// The same release again: what was changed on the disk was put back.
			return nil, 0, e.sync(ctx)
		}
		return nil, 0, nil
	}
	if b := e.before; b != nil && !e.fresh && b.No > e.last && e.of == b.Of && sameNames(&m, &b.Manifest) && m.Theme == b.Theme && sameSite(m.Site, b.Site) {
		// Whoever switched to it died before its index followed: that is the same
		// release, which the ledger does not know yet.
		m.No, m.Made, m.Before, m.Whole = b.No, b.Made, b.Before, b.Whole
	}
	r, err := e.turn(ctx, m)
	return r, changed, err
}

// count says how many paths differ from the release before, and sets how many
// there are.
func (e *edit) count(m *Manifest) (changed int, err error) {
	differs := func(old Page, p *Page) bool {
		return p == nil || old.Hash != p.Hash || old.Status != p.Status || old.To != p.To
	}
	if !e.fresh {
		for path, p := range e.pages {
			old, ok, err := e.was(path)
			switch {
			case err != nil:
				return 0, err
			case ok && differs(old, p), !ok && p != nil:
				changed++
			}
			switch {
			case p == nil && ok:
				m.Pages--
			case p != nil && !ok:
				m.Pages++
			}
		}
		return changed, nil
	}
	for _, p := range e.pages {
		if p != nil {
			m.Pages++
		}
	}
	changed = m.Pages
	return changed, e.eachOld("", func(old Page) error {
		p, drawn := e.pages[old.Path]
		switch {
		case !drawn:
		case p == nil:
			changed++
		case !differs(old, p):
			changed--
		}
		return nil
	})
}

// turn writes the manifest and makes it the one that is public.
func (e *edit) turn(ctx context.Context, m Manifest) (*Release, error) {
	b, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	hash, err := e.keep(b)
	if err != nil {
		return nil, err
	}
	if err := e.sync(ctx); err != nil {
		return nil, err
	}
	clear(e.staged) // on the disk
	e.many = false
	if err := e.step("written"); err != nil {
		return nil, err
	}
	p := pointer{Manifest: hash, SM3: sm3Of(b)}
	p.Signature = base64.StdEncoding.EncodeToString(ed25519.Sign(e.store.key, p.words(string(e.site))))
	if b, err = json.Marshal(p); err != nil {
		return nil, err
	}
	dir, err := e.store.siteDir(e.site)
	if err != nil {
		return nil, err
	}
	if err := replace(filepath.Join(dir, "current"), b); err != nil {
		return nil, err
	}
	e.store.switched()
	return &Release{m, hash, e.store, e.site}, e.step("switched")
}

// sameNames reports whether two releases name the same lists and shelves.
func sameNames(a, b *Manifest) bool {
	return a.Shape == b.Shape && maps.Equal(a.Lists, b.Lists) && maps.Equal(a.Folders, b.Folders) && maps.Equal(a.Shelves, b.Shelves)
}

func sameSite(a, b theme.Site) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

// sameFrame reports whether two states of a site give every page the same
// frame. What hangs on the notice bar stands on home pages only, which every
// release draws; the old addresses of closed sites have pages of their own.
func sameFrame(a, b theme.Site) bool {
	a.Former, b.Former = nil, nil
	if a.Offline == b.Offline && a.Offline == "" {
		a.Notices, b.Notices = nil, nil
	}
	return sameSite(a, b)
}

// differing visits the pages of next that are not, or not the same, in prev,
// and those of prev that are not in next; only lists that differ are read.
func differing(prev, next *Release, fn func(was, now *Page) error) error {
	if prev.Shape != next.Shape {
		return errors.New("publishing: releases name their lists differently")
	}
	seen := map[string]bool{}
	var gone []string // lists of prev, looked at last
	if err := otherLists(prev, next, func(_, was, now string) error {
		if was != "" {
			gone = append(gone, was)
		}
		if now == "" {
			return nil
		}
		l, err := next.store.list(now)
		if err != nil {
			return err
		}
		for path, p := range l {
			old, ok, err := prev.Page(path)
			if err != nil {
				return err
			}
			seen[path] = true
			if ok && old.Hash == p.Hash && old.Status == p.Status && old.To == p.To {
				continue
			}
			was := &old
			if !ok {
				was = nil
			}
			if err := fn(was, &p); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	for _, hash := range gone {
		l, err := prev.store.list(hash)
		if err != nil {
			return err
		}
		for path, p := range l {
			if seen[path] {
				continue
			}
			if _, ok, err := next.Page(path); err != nil {
				return err
			} else if !ok {
				if err := fn(&p, nil); err != nil {
					return err
				}
			}
		}
	}
	return nil
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
		if f.Status == 301 {
			f.Modified = e.now
			e.set(f.Page)
			continue
		}
		if err := e.put(f.Page, f.Body); err != nil {
			return nil, err
		}
	}
	r, _, err := e.finish(ctx, site, site.Fingerprint(), "", "")
	if r == nil && err == nil {
		return before, nil
	}
	return r, err
}
