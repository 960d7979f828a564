package publishing

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oklog/ulid/v2"
	"golang.org/x/net/idna"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/disclosure"
	"zhengshu/internal/fault"
	"zhengshu/internal/jobs"
	"zhengshu/internal/layout"
	"zhengshu/internal/library"
	"zhengshu/internal/obligation"
	"zhengshu/internal/prose"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
)

// Config is how sites are published.
type Config struct {
	// Demo marks every site as fictional and reaches it as SLUG.localhost on
	// Port, without TLS.
	Demo bool
	Port string
	// Doors are the dynamic places of every site; a site without them has none.
	Doors theme.Doors
	// Media opens a file that an item's text refers to by a local path; nil or
	// fs.ErrNotExist leaves it out.
	Media func(ctx context.Context, path string) (body io.ReadCloser, kind string, err error)
	// Look is what is known of such a file, for its place in the page; nil knows
	// nothing.
	Look func(ctx context.Context, q db.Querier, path string) (prose.Shown, bool, error)
	// Left are the files that an item once showed and nothing live on the site
	// shows any more; nil leaves files where they are.
	Left func(ctx context.Context, q db.Querier, item, site string) ([]string, error)
	// Statutory is how the catalogue of statutory disclosure stands at the unit of
	// a site, and StatutoryColumns which columns it speaks of; nil leaves that part
	// of the section out.
	Statutory        func(ctx context.Context, q db.Querier, site registry.SiteID) ([]disclosure.Place, error)
	StatutoryColumns func(ctx context.Context, q db.Querier, site registry.SiteID) (map[registry.ColumnID]bool, error)
	// Announced are the notices of opening, offline and closing that hang or hung
	// on a site, newest first; nil for none.
	Announced func(ctx context.Context, q db.Querier, site registry.SiteID) ([]theme.Announcement, error)
	// Former are the closed sites whose old addresses a portal keeps, and
	// FormerRows those of one of them; nil for none.
	Former     func(ctx context.Context, q db.Querier, site registry.SiteID) ([]theme.Former, error)
	FormerRows func(ctx context.Context, q db.Querier, site registry.SiteID, host string) ([]FormerRow, error)
	// Leads are the pictures that stand for live items in lists, by item; nil
	// knows none.
	Leads func(ctx context.Context, q db.Querier, items []string) (map[string]Lead, error)
	// Obligations keeps the clock of promises that were not kept; nil keeps none.
	Obligations *obligation.Service
	Log         *slog.Logger // slog.Default when nil
}

// Publisher makes releases. Safe for concurrent use, in several processes.
type Publisher struct {
	db       *db.DB
	registry *registry.Service
	library  *library.Service
	layouts  *layout.Service // nil: every page as its kind begins
	store    *Store
	config   Config
	notices  []func(ctx context.Context, q db.Querier, site registry.SiteID) ([]theme.Link, error)
	released []func(ctx context.Context, tx *db.Tx, site registry.SiteID) error
	pages    []func(ctx context.Context, q db.Querier, site theme.Site, t Touched, put func(Leaf) error) error
	dresser  Dresser
	haste    atomic.Pointer[haste]
	hurry    atomic.Int32 // urgent releases under way: bulk drawing gives way
	matrix   func(ctx context.Context, q db.Querier, site registry.SiteID) ([]theme.Matrix, error)
	step     func(string) error // crash points of the tests
	drawn    func(int)          // asked by the tests
	tallies  sync.Map           // column → tallied

	mu       sync.Mutex
	troubles map[registry.SiteID][]theme.Trouble // of bundles, until they are told
}

// New makes the publisher.
func New(d *db.DB, r *registry.Service, l *library.Service, s *Store, c Config) *Publisher {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Doors.Search == "" {
		c.Doors.Search = "/search"
	}
	return &Publisher{db: d, registry: r, library: l, store: s, config: c}
}

// OnNotices registers who says what hangs pinned on a site's home page
// (公告置顶悬挂).
func (p *Publisher) OnNotices(f func(ctx context.Context, q db.Querier, site registry.SiteID) ([]theme.Link, error)) {
	p.notices = append(p.notices, f)
}

// OnReleased registers what follows a release that was switched, in the
// transaction that writes it down.
func (p *Publisher) OnReleased(f func(ctx context.Context, tx *db.Tx, site registry.SiteID) error) {
	p.released = append(p.released, f)
}

// followed does what follows a release that was switched.
func (p *Publisher) followed(ctx context.Context, tx *db.Tx, site registry.SiteID) error {
	for _, f := range p.released {
		if err := f(ctx, tx, site); err != nil {
			return err
		}
	}
	return nil
}

// Refresh is the job that makes a site's next release from what waits.
type Refresh struct {
	Site registry.SiteID `json:"site"`
}

// Kind names the job.
func (Refresh) Kind() string { return "publishing.refresh" }

// Bulk is the job that draws many pages beside what is public: whole sites,
// imports of thousands. It has a queue of its own, so that what is urgent never
// waits for it.
type Bulk struct {
	Site registry.SiteID `json:"site"`
}

// Kind names the job.
func (Bulk) Kind() string { return "publishing.bulk" }

// BulkQueue is the queue of Bulk, Reindex and Squeeze.
const BulkQueue = "publishing.bulk"

// Watch is the periodic duty that finds sites whose pages no longer fit the
// ledger, the columns or the theme.
type Watch struct{}

// Kind names the job.
func (Watch) Kind() string { return "publishing.watch" }

// Tidy is the periodic duty that removes pages of old releases.
type Tidy struct{}

// Kind names the job.
func (Tidy) Kind() string { return "publishing.tidy" }

// keptReleases of each site stay whole on the disk.
const keptReleases = 50

// Work registers the jobs.
func (p *Publisher) Work(w *jobs.Workers) {
	gone := func(err error) error {
		if fault.Is(err, fault.NotFound) {
			return jobs.Cancel(err)
		}
		return err
	}
	jobs.Handle(w, func(ctx context.Context, r Refresh) error {
		next, err := p.urgent(ctx, r.Site)
		for err == nil && next == again {
			next, err = p.urgent(ctx, r.Site)
		}
		if err == nil && next == beside {
			err = p.db.Update(ctx, func(tx *db.Tx) error {
				return jobs.Enqueue(ctx, tx, Bulk(r), jobs.Unique(string(r.Site)), jobs.Queue(BulkQueue))
			})
		}
		return gone(err)
	})
	jobs.Handle(w, func(ctx context.Context, b Bulk) error { return gone(p.bulk(ctx, b.Site, false)) })
	jobs.Handle(w, func(ctx context.Context, r Reindex) error { return gone(p.Reindex(ctx, r.Site)) })
	jobs.Handle(w, func(ctx context.Context, _ Watch) error { return errors.Join(p.watch(ctx), p.TellTroubles(ctx)) })
	jobs.Handle(w, func(ctx context.Context, c Squeeze) error {
		return p.store.squeeze(ctx, c.Site, func() {
			for p.hurry.Load() > 0 {
				time.Sleep(time.Millisecond)
			}
		})
	})
	jobs.Every(w, time.Minute, Watch{})
	jobs.Handle(w, func(ctx context.Context, _ Tidy) error {
		n, err := p.store.Sweep(ctx, keptReleases, 24*time.Hour)
		if n > 0 {
			p.config.Log.Info("old pages removed", "files", n)
		}
		return err
	})
	jobs.Every(w, 24*time.Hour, Tidy{})
	jobs.Handle(w, func(ctx context.Context, _ Promises) error { return p.Promised(ctx) })
	jobs.Every(w, 20*time.Second, Promises{})
}

// Changed is the library's outcome: it runs in the transaction of the act, so
// that a change that committed is always published.
func (p *Publisher) Changed(ctx context.Context, tx *db.Tx, c library.Change) error {
	sites := map[registry.SiteID]bool{}
	for _, pl := range c.Placements {
		if err := wait(ctx, tx, pl.Site, c.Item, pl.Column, ""); err != nil {
			return err
		}
		sites[pl.Site] = true
	}
	for s := range sites {
		if err := jobs.Enqueue(ctx, tx, Refresh{s}, jobs.Unique(string(s))); err != nil {
			return err
		}
	}
	tx.AfterCommit(func() {
		for s := range sites {
			p.hasten(s)
		}
	})
	return nil
}

// Hasten makes this process begin a release as soon as the act that asks for it
// has committed, beside the job, which is what is relied upon and finds it made.
// It ends with the function returned, which waits for releases under way.
func (p *Publisher) Hasten(ctx context.Context) (stop func()) {
	h := &haste{ctx: ctx, waiting: map[registry.SiteID]bool{}}
	p.haste.Store(h)
	return func() {
		p.haste.CompareAndSwap(h, nil)
		h.mu.Lock()
		h.ended = true
		h.mu.Unlock()
		h.under.Wait()
	}
}

// haste are the releases begun ahead of their jobs.
type haste struct {
	ctx     context.Context
	mu      sync.Mutex
	waiting map[registry.SiteID]bool // about to begin
	ended   bool
	under   sync.WaitGroup
}

// mostHasty releases are begun at once ahead of their jobs; the jobs make the
// others.
const mostHasty = 4

func (p *Publisher) hasten(site registry.SiteID) {
	h := p.haste.Load()
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended || h.waiting[site] || len(h.waiting) >= mostHasty {
		return
	}
	h.waiting[site] = true
	h.under.Go(func() {
		unlock, err := p.store.lock(h.ctx, site)
		h.mu.Lock()
		delete(h.waiting, site) // what commits from here on begins another
		h.mu.Unlock()
		if err == nil {
			_, err = p.urgently(h.ctx, site)
			unlock()
		}
		if err != nil && h.ctx.Err() == nil {
			p.config.Log.WarnContext(h.ctx, "a release begun at once was not made, its job follows", "site", site, "cause", err)
		}
	})
}

// Part is a part of a site that can be drawn anew by itself.
type Part string

// The parts.
const (
	// HomePart is the home page, its elder twin and the site's own feed.
	HomePart Part = "home"
	// TopicsPart are the pages of the topics (专题) and their list.
	TopicsPart Part = "topics"
	// MatrixPart are the pages of the two matrices (Article 11).
	MatrixPart Part = "matrix"
	// FormerPart are the old addresses of closed sites.
	FormerPart Part = "former"
)

// Touch asks for a new release of a site, in the transaction of the act that
// changed it. Without parts the whole site is drawn: launch, offline, resume,
// columns, identifiers. With parts only those are.
func (p *Publisher) Touch(ctx context.Context, tx *db.Tx, site registry.SiteID, parts ...Part) error {
	if len(parts) == 0 {
		parts = []Part{""}
	}
	for _, part := range parts {
		if err := wait(ctx, tx, site, "", "", part); err != nil {
			return err
		}
	}
	return jobs.Enqueue(ctx, tx, Refresh{site}, jobs.Unique(string(site)))
}

// nudge is no column: where it is named, what stands around the items is drawn
// anew, and no item; nudgeMark is how it waits among the changes.
const (
	nudge     = registry.ColumnID("around")
	nudgeMark = library.ItemID("~around")
)

// Nudge asks for the pages that gather things (disclosure, announcements, home)
// to be drawn anew, in the transaction of the act that changed what they say.
func (p *Publisher) Nudge(ctx context.Context, tx *db.Tx, site registry.SiteID) error {
	if err := wait(ctx, tx, site, nudgeMark, "", ""); err != nil {
		return err
	}
	return jobs.Enqueue(ctx, tx, Refresh{site}, jobs.Unique(string(site)))
}

func wait(ctx context.Context, tx *db.Tx, site registry.SiteID, item library.ItemID, column registry.ColumnID, part Part) error {
	_, err := tx.Exec(ctx, `INSERT INTO release_change (id, site_id, item_id, column_id, part, at) VALUES ($1, $2, $3, $4, $5, $6)`, ulid.Make().String(), site, item, column, part, tx.Now())
	return err
}

type change struct {
	id     string
	item   library.ItemID
	column registry.ColumnID
	part   Part
	at     time.Time
}

// How much is drawn while the site's lock is held: so many changes of items,
// the newest first, and whole sites of at most so many items. More is drawn
// beside.
const (
	mostUrgent = 100
	mostBeside = 5000
)

// inline is the largest site drawn whole while its lock is held.
var inline = 400

const changeFields = `SELECT id, item_id, column_id, part, at FROM release_change WHERE site_id = $1 `

func scanChange(r db.Scanner) (change, error) {
	var c change
	return c, r.Scan(&c.id, &c.item, &c.column, &c.part, &c.at)
}

// newest are the changes of items that wait, the newest first: what was
// approved just now goes before an import of thousands.
func newest(ctx context.Context, q db.Querier, site registry.SiteID) ([]change, error) {
	return db.All(ctx, q, scanChange, changeFields+`AND item_id <> '' ORDER BY id DESC LIMIT $2`, site, mostUrgent+1)
}

// oldest are the changes of items that have waited longest.
func oldest(ctx context.Context, q db.Querier, site registry.SiteID) ([]change, error) {
	return db.All(ctx, q, scanChange, changeFields+`AND item_id <> '' ORDER BY id LIMIT $2`, site, mostBeside)
}

// wholes are the changes of the site itself.
func wholes(ctx context.Context, q db.Querier, site registry.SiteID) ([]change, error) {
	return db.All(ctx, q, scanChange, changeFields+`AND item_id = '' AND part = '' ORDER BY id LIMIT $2`, site, mostBeside)
}

// parts are the changes of parts of the site.
func parts(ctx context.Context, q db.Querier, site registry.SiteID) ([]change, error) {
	return db.All(ctx, q, scanChange, changeFields+`AND item_id = '' AND part <> '' ORDER BY id LIMIT $2`, site, mostBeside)
}

// Public: what a release holds is public; the duty of the house makes it.
var duty = authz.System("publishing")

// next is what is left to do for a site.
type next int

const (
	done   next = iota
	again       // more changes wait
	beside      // more than is drawn while others wait
)

// Publish makes and switches the site's next releases until nothing waits, and
// records them. Repeating it is harmless; two at once follow one another.
func (p *Publisher) Publish(ctx context.Context, site registry.SiteID) error {
	for {
		n, err := p.urgent(ctx, site)
		if err == nil && n == beside {
			err = p.bulk(ctx, site, false)
		}
		if err != nil || n == done {
			return err
		}
	}
}

// Rebuild draws every page of the site anew. The search index of a large one
// follows in its job.
func (p *Publisher) Rebuild(ctx context.Context, site registry.SiteID) error {
	if err := p.bulk(ctx, site, true); err != nil {
		return err
	}
	return p.Publish(ctx, site)
}

// current is the release that is public; nil when there is none, or none that
// can be built upon.
func (p *Publisher) current(site registry.SiteID) (*Release, error) {
	r, err := p.store.Current(site)
	if errors.Is(err, ErrForged) || errors.Is(err, ErrNoRelease) || errors.Is(err, fs.ErrNotExist) {
		if !errors.Is(err, ErrNoRelease) {
			p.config.Log.Error("release damaged, drawing the site anew", "site", site, "error", err)
		}
		return nil, nil
	}
	return r, err
}

// stale says why every page of a site is to be drawn anew: the release was made
// for another state of the site, the theme or the house.
func stale(r *Release, info theme.Site, now time.Time) bool {
	return r == nil || r.Shape != 1 || r.Theme != info.Fingerprint() || !sameFrame(r.Site, info) || now.Sub(r.Made) > 180*24*time.Hour
}

// urgent makes the next release from the newest changes while others wait: a
// few items, or a small site whole.
func (p *Publisher) urgent(ctx context.Context, site registry.SiteID) (next, error) {
	unlock, err := p.store.lock(ctx, site)
	if err != nil {
		return done, err
	}
	defer unlock()
	return p.urgently(ctx, site)
}

// urgently is urgent with the site's lock held.
func (p *Publisher) urgently(ctx context.Context, site registry.SiteID) (next, error) {
	p.hurry.Add(1)
	defer p.hurry.Add(-1)
	began := p.db.Now()
	t := p.timing()
	if held, err := p.held(ctx, site); err != nil {
		return done, err
	} else if held {
		return done, p.withdrawHeld(ctx, site, began)
	}
	before, err := p.current(site)
	if err != nil {
		return done, err
	}
	t.lap("current")
	var changes []change
	var d *drawing
	after := done
	err = p.db.View(ctx, func(tx *db.Tx) error {
		var err error
		if changes, err = newest(ctx, tx, site); err != nil {
			return err
		}
		if len(changes) > mostUrgent {
			changes, after = changes[:mostUrgent], again
			if old, err := oldest(ctx, tx, site); err != nil {
				return err
			} else if len(old) > 5*mostUrgent {
				after = beside
			}
		}
		info, hosted, err := p.info(ctx, tx, site)
		if err != nil {
			return err
		}
		all, err := wholes(ctx, tx, site)
		if err != nil {
			return err
		}
		some, err := parts(ctx, tx, site)
		if err != nil {
			return err
		}
		changes = append(changes, some...)
		if !hosted {
			changes = append(changes, all...)
			return nil
		}
		t.lap("site")
		whole, restyled := len(all) > 0 || stale(before, info, began), false
		if whole {
			n, err := p.library.LiveCount(ctx, tx, site, inline+1)
			if err != nil {
				return err
			}
			switch {
			case n <= inline:
				changes = append(changes, all...)
			case before == nil || before.Shape != 1:
				changes, after = nil, beside
				return nil
			default:
				whole, restyled, after = false, true, beside
			}
		}
		if len(changes) == 0 && !whole && !restyled && sameSite(before.Site, info) {
			return nil // made already
		}
		e, err := p.open(ctx, tx, site, before, whole, began)
		if err != nil {
			return err
		}
		d = p.drawing(tx, e, info, whole)
		d.timing = t
		defer d.pool.end()
		t.lap("open")
		if whole {
			return d.everything(ctx)
		}
		if restyled { // the site itself has changed: what it decides alone goes out at once
			d.renewed = true
			for _, c := range info.Columns {
				d.columns[registry.ColumnID(c.ID)] = false
			}
		}
		return d.dependents(ctx, changes)
	})
	if err != nil {
		return done, err
	}
	var made *Release
	changed := 0
	if d != nil {
		if made, changed, err = p.close(ctx, d); err != nil {
			return done, err
		}
	}
	err = p.record(ctx, site, before, made, changes, changed, began, d)
	t.lap("record")
	t.tell(ctx, site)
	return after, err
}

// open begins an edit. The number in the ledger and on the disk go together; a
// folder that was lost or restored does not reuse numbers.
func (p *Publisher) open(ctx context.Context, q db.Querier, site registry.SiteID, before *Release, whole bool, now time.Time) (*edit, error) {
	e := p.store.edit(site, before, whole, now.Truncate(time.Second))
	var err error
	e.last, err = db.One(ctx, q, db.Value[int], `SELECT COALESCE(MAX(no), 0) FROM site_release WHERE site_id = $1`, site)
	if p.step != nil {
		e.step = p.step
	}
	return e, err
}

// close switches and brings the index up. A release upon another shows its
// pages first and its search index, which waits for the disk, a moment later:
// what a search finds is held against the pages of the release, so nothing that
// went is shown. Both are one release of one number.
func (p *Publisher) close(ctx context.Context, d *drawing) (*Release, int, error) {
	if p.drawn != nil {
		p.drawn(len(d.e.pages))
	}
	look := d.site.Fingerprint()
	if !d.e.fresh && d.e.before != nil {
		look = d.e.before.Theme // until every page has the new one
	}
	if d.unindexed { // it follows the switch in a job of its own
		var was Release
		if d.e.before != nil {
			was = *d.e.before
		}
		return d.e.finish(ctx, d.site, look, was.Search.File, was.Search.Generation)
	}
	var first *Release
	changed := 0
	if b := d.e.before; b != nil && !d.e.fresh && b.SearchFile() != "" {
		var err error
		if first, changed, err = d.e.finish(ctx, d.site, look, b.Search.File, b.Search.Generation); err != nil {
			return nil, 0, err
		}
		d.timing.lap("switch")
	}
	file, generation, err := d.index(ctx)
	if err != nil {
		return nil, 0, err
	}
	d.timing.lap("index")
	if first == nil {
		made, changed, err := d.e.finish(ctx, d.site, look, file, generation)
		d.timing.lap("switch")
		return made, changed, err
	}
	if first.Search.File == file && first.Search.Generation == generation {
		return first, changed, nil
	}
	m := first.Manifest
	m.Search.File, m.Search.Generation = file, generation
	made, err := d.e.turn(ctx, m)
	d.timing.lap("switch again")
	return made, changed, err
}

// tries bounds how often a drawing begins again because the site itself
// changed while it was drawn.
const tries = 3

// bulk makes a release of many pages. It draws them beside, from one moment of
// the database and without the site's lock, while urgent releases go on; then,
// with the lock, it draws again what those have changed meanwhile, and
// switches. So nothing that was withdrawn comes back.
func (p *Publisher) bulk(ctx context.Context, site registry.SiteID, whole bool) error {
	for n := 1; ; n++ {
		after, err := p.besides(ctx, site, whole, n == tries)
		switch {
		case err != nil || after == done:
			return err
		case after == again: // made, and more waits
			n, whole = 0, false
		}
	}
}

// besides makes one such release; beside says that it is to be tried again.
func (p *Publisher) besides(ctx context.Context, site registry.SiteID, whole, now bool) (after next, err error) {
	began := p.db.Now()
	if held, err := p.held(ctx, site); err != nil || held {
		return done, err
	}
	var unlock func()
	if now { // the site has changed under every try: others wait this time
		if unlock, err = p.store.lock(ctx, site); err != nil {
			return done, err
		}
		defer func() { unlock() }()
	}
	first, err := p.current(site)
	if err != nil {
		return done, err
	}
	var changes []change
	var d *drawing
	err = p.db.View(ctx, func(tx *db.Tx) error {
		var err error
		if changes, err = oldest(ctx, tx, site); err != nil {
			return err
		}
		if len(changes) == mostBeside {
			after = again
		}
		info, hosted, err := p.info(ctx, tx, site)
		if err != nil || !hosted {
			return err
		}
		all, err := wholes(ctx, tx, site)
		if err != nil {
			return err
		}
		whole = whole || len(all) > 0 || stale(first, info, began)
		some, err := parts(ctx, tx, site)
		if err != nil {
			return err
		}
		changes = append(append(changes, all...), some...)
		if len(changes) == 0 && !whole {
			return nil
		}
		e, err := p.open(ctx, tx, site, first, whole, began)
		if err != nil {
			return err
		}
		d = p.drawing(tx, e, info, whole)
		d.unindexed = whole || len(changes) > mostIndexed
		defer d.pool.end()
		if !now {
			d.pool.yield = func() bool { return p.hurry.Load() > 0 }
		}
		if !whole {
			return d.touch(ctx, changes) // what shows them follows with the lock
		}
		return d.everything(ctx)
	})
	if err != nil {
		return done, err
	}
	if d == nil {
		return done, p.record(ctx, site, first, nil, changes, 0, began, nil)
	}
	if err := d.e.step("drawn beside"); err != nil {
		return done, err
	}
	if err := d.e.sync(ctx); err != nil { // most of it, while nobody waits
		return done, err
	}
	if !now {
		if unlock, err = p.store.lock(ctx, site); err != nil {
			return done, err
		}
		defer func() { unlock() }()
	}
	if held, err := p.held(ctx, site); err != nil || held {
		return done, err
	}
	second, err := p.current(site)
	if err != nil {
		return done, err
	}
	same := first == nil && second == nil || first != nil && second != nil && first.Hash == second.Hash
	if !same || !d.whole {
		useless, err := p.rebase(ctx, d, first, second)
		if err != nil || useless {
			return beside, err
		}
	}
	made, changed, err := p.close(ctx, d)
	if err != nil {
		return done, err
	}
	return after, p.record(ctx, site, second, made, changes, changed, began, d)
}

// rebase puts what was drawn from the first release upon the second, and draws
// again what releases between the two have changed. again says that the drawing
// is of no use.
func (p *Publisher) rebase(ctx context.Context, d *drawing, first, second *Release) (again bool, err error) {
	if first == nil || second == nil || first.Shape != second.Shape {
		return true, nil
	}
	e := d.e
	var ids []library.ItemID
	asked := map[library.ItemID]bool{}
	drawn, mine := e.pages, e.shelves
	e.before, e.pages, e.shelves = second, map[string]*Page{}, map[string][]library.Place{}
	for path, page := range drawn {
		if d.whole || page != nil && page.Item != "" {
			e.pages[path] = page
		}
	}
	if d.whole {
		e.renew()
	}
	places := map[registry.ColumnID][]library.Place{}
	if err := differing(first, second, func(was, now *Page) error {
		for _, page := range []*Page{was, now} {
			if page == nil {
				continue
			}
			if id := library.ItemID(page.Item); id != "" && !asked[id] {
				asked[id] = true
				ids = append(ids, id)
			}
			for _, at := range page.Shown {
				places[registry.ColumnID(at.Column)] = append(places[registry.ColumnID(at.Column)], at.Place)
			}
		}
		switch {
		case !d.whole && now != nil:
			delete(e.pages, now.Path) // as the second release has it
		case !d.whole:
			delete(e.pages, was.Path)
		case now != nil:
			e.pages[now.Path] = now // unless it is drawn again
		default:
			delete(e.pages, was.Path)
		}
		return nil
	}); err != nil {
		return false, err
	}
	return again, p.db.View(ctx, func(tx *db.Tx) error {
		info, hosted, err := p.info(ctx, tx, e.site)
		if err != nil {
			return err
		}
		if !hosted || !sameSite(info, d.site) {
			again = true
			return nil
		}
		if e.last, err = db.One(ctx, tx, db.Value[int], `SELECT COALESCE(MAX(no), 0) FROM site_release WHERE site_id = $1`, e.site); err != nil {
			return err
		}
		b := p.drawing(tx, e, info, false)
		defer b.pool.end()
		b.put, b.out, b.unindexed = d.put, d.out, d.unindexed
		for c, at := range places {
			b.columns[c], b.places[c] = false, at
		}
		if d.whole {
			for _, c := range info.Columns {
				if err := b.reshelve(registry.ColumnID(c.ID), mine, first, second); err != nil {
					return err
				}
			}
		} else {
			for c := range d.columns {
				b.columns[c] = b.columns[c] || d.columns[c]
			}
			for c, at := range d.places {
				b.places[c] = append(b.places[c], at...)
			}
			b.types, b.marks = d.types, d.marks
		}
		var changes []change
		for _, id := range ids {
			on, err := p.library.PlacesOn(ctx, tx, id, e.site)
			if err != nil {
				return err
			}
			changes = append(changes, change{item: id})
			for _, pl := range on {
				changes = append(changes, change{column: pl.Column})
			}
		}
		if err := b.dependents(ctx, changes); err != nil {
			return err
		}
		for id := range b.seen {
			d.seen[id] = true
		}
		d.q, d.site, d.put, d.out = nil, info, b.put, b.out
		return nil
	})
}

// reshelve decides between the shelf a whole drawing used and that of the
// release it is put upon, and marks the archive pages that the two do not have
// in common.
func (d *drawing) reshelve(c registry.ColumnID, mine map[string][]library.Place, first, second *Release) error {
	used := mine[string(c)]
	if first.Shelves[string(c)] == second.Shelves[string(c)] {
		if len(used) > 0 {
			d.e.setShelf(c, used)
		}
		return nil
	}
	now, err := second.shelf(c)
	if err != nil {
		return err
	}
	d.e.setShelf(c, now)
	common := 0
	for common < min(len(used), len(now)) && !used[common].Before(now[common]) && !now[common].Before(used[common]) {
		common++
	}
	d.columns[c] = false
	for k := max(common, 1); k <= len(now); k++ {
		d.places[c] = append(d.places[c], now[k-1])
	}
	column, ok := d.column(c)
	for k := len(now) + 1; ok && k <= len(used); k++ {
		delete(d.e.pages, theme.ArchivePath(column, k))
	}
	return nil
}

// record writes the release down and lets go of the changes it took up.
func (p *Publisher) record(ctx context.Context, site registry.SiteID, before, made *Release, changes []change, changed int, began time.Time, d *drawing) error {
	rel := made
	if rel == nil {
		rel = before // perhaps switched by a process that died before this line
	}
	if rel == nil && len(changes) == 0 {
		return nil
	}
	return p.db.Update(ctx, func(tx *db.Tx) error {
		if d != nil && d.unindexed {
			if err := jobs.Enqueue(ctx, tx, Reindex{site}, jobs.Unique(string(site)), jobs.Queue(BulkQueue)); err != nil {
				return err
			}
		}
		if rel != nil {
			n, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM site_release WHERE site_id = $1 AND no = $2 AND hash = $3`, site, rel.No, rel.Hash)
			if err != nil {
				return err
			}
			if n == 0 {
				since := began
				for _, c := range changes {
					if c.at.Before(since) {
						since = c.at
					}
				}
				items := 0
				if d != nil {
					items = len(d.seen)
				}
				if _, err := tx.Exec(ctx, `INSERT INTO site_release (site_id, no, hash, whole, pages, items, took_ms, at, of_no) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
					ON CONFLICT (site_id, no) DO UPDATE SET hash = excluded.hash, whole = excluded.whole, pages = excluded.pages, items = excluded.items, took_ms = excluded.took_ms, at = excluded.at, of_no = excluded.of_no`,
					site, rel.No, rel.Hash, rel.Whole, changed, items, tx.Now().Sub(since).Milliseconds(), tx.Now(), zeroNull(rel.Of)); err != nil {
					return err
				}
				if err := audit.Record(ctx, tx, audit.Entry{Act: "publishing.release", Target: audit.Target{Kind: "site", ID: string(site), Name: rel.Site.Name},
					After: map[string]any{"no": rel.No, "hash": rel.Hash, "whole": rel.Whole, "pages": changed, "items": items}}); err != nil {
					return err
				}
				if err := jobs.Enqueue(ctx, tx, Squeeze{site}, jobs.Unique(string(site)), jobs.Queue(BulkQueue)); err != nil {
					return err
				}
				if err := p.followed(ctx, tx, site); err != nil {
					return err
				}
			}
		}
		for some := range slices.Chunk(changes, 500) {
			ids := make([]string, len(some))
			for i, c := range some {
				ids[i] = c.id
			}
			var w db.Where
			cond, args := db.In("id", ids)
			w.And(cond, args...)
			if _, err := tx.Exec(ctx, `DELETE FROM release_change WHERE `+w.SQL(), w.Args()...); err != nil {
				return err
			}
		}
		if made == nil && len(changes) > 0 {
			return audit.Record(ctx, tx, audit.Entry{Act: "publishing.unchanged", Target: audit.Target{Kind: "site", ID: string(site)}, After: map[string]any{"changes": len(changes)}})
		}
		return nil
	})
}

// watch enqueues a whole release for each site whose pages no longer fit.
func (p *Publisher) watch(ctx context.Context) error {
	var errs []error
	for offset := 0; ; offset += 100 {
		sites, _, err := p.registry.Sites(ctx, duty, registry.SiteFilter{Hosted: true, Limit: 100, Offset: offset})
		if err != nil {
			return err
		}
		for _, s := range sites {
			errs = append(errs, p.look(ctx, s.ID))
		}
		if len(sites) < 100 {
			return errors.Join(errs...)
		}
	}
}

func (p *Publisher) look(ctx context.Context, site registry.SiteID) error {
	info, hosted, err := p.info(ctx, p.db, site)
	if err != nil || !hosted {
		return err
	}
	r, err := p.store.Current(site)
	if err != nil && !errors.Is(err, ErrNoRelease) && !errors.Is(err, ErrForged) {
		return err
	}
	if err == nil && p.store.sealDue(r) {
		if err := p.db.Update(ctx, func(tx *db.Tx) error {
			return jobs.Enqueue(ctx, tx, Squeeze{site}, jobs.Unique(string(site)), jobs.Queue(BulkQueue))
		}); err != nil {
			return err
		}
	}
	frame := err == nil && !stale(r, info, p.db.Now())
	fits := frame && sameSite(r.Site, info) // else a day began or ended on the notice bar
	n, err := db.One(ctx, p.db, db.Value[int], `SELECT count(*) FROM (SELECT 1 FROM release_change WHERE site_id = $1 LIMIT 1) w`, site)
	if err != nil || fits && n == 0 {
		return err
	}
	if held, err := p.held(ctx, site); err != nil || held {
		return err
	}
	if n > 0 || frame || p.small(ctx, site) {
		next, err := p.urgent(ctx, site)
		if err != nil || next != beside {
			return err
		}
	}
	// Many pages: in the queue for that.
	return p.db.Update(ctx, func(tx *db.Tx) error {
		return jobs.Enqueue(ctx, tx, Bulk{site}, jobs.Unique(string(site)), jobs.Queue(BulkQueue))
	})
}

// small sites are drawn whole at once.
func (p *Publisher) small(ctx context.Context, site registry.SiteID) bool {
	n, err := p.library.LiveCount(ctx, p.db, site, inline+1)
	return err == nil && n <= inline
}

// info is what pages and portals know of the site; hosted is false for one
// that is not published here, or not yet.
func (p *Publisher) info(ctx context.Context, q db.Querier, id registry.SiteID) (theme.Site, bool, error) {
	s, err := p.registry.SiteTx(ctx, q, duty, id)
	if err != nil {
		return theme.Site{}, false, err
	}
	if !s.Hosted || s.State == registry.Planned {
		return theme.Site{}, false, nil
	}
	columns, err := p.registry.Columns(ctx, q, duty, id)
	if err != nil {
		return theme.Site{}, false, err
	}
	t := theme.Site{
		ID: string(s.ID), Slug: s.Slug, Kind: string(s.Kind), Name: s.Name, Sponsor: s.UnitName, Host: s.Host, ChineseDomain: s.ChineseDomain, SiteCode: s.SiteCode,
		ICP: s.ICP, PoliceFiling: s.PoliceFiling, PartyGovMark: check.MarkNumber(s.PartyGovMark), Contact: s.Contact, Address: s.Address, Demo: p.config.Demo, Doors: p.config.Doors,
	}
	for _, h := range []string{s.Host, chineseHost(s.ChineseDomain)} {
		if h != "" && !slices.Contains(t.Hosts, h) {
			t.Hosts = append(t.Hosts, h)
		}
	}
	if t.Moved, err = movedHosts(ctx, q, id); err != nil {
		return theme.Site{}, false, err
	}
	for _, h := range slices.Sorted(maps.Keys(t.Moved)) {
		if !slices.Contains(t.Hosts, h) {
			t.Hosts = append(t.Hosts, h)
		}
	}
	if p.config.Demo {
		local := s.Slug + ".localhost"
		if !strings.HasSuffix(t.Host, ".localhost") {
			t.Host = local
		}
		if !slices.Contains(t.Hosts, local) {
			t.Hosts = append(t.Hosts, local)
		}
		t.Plain, t.Port = true, p.config.Port
	}
	for _, c := range columns {
		one := theme.Column{ID: string(c.ID), Parent: string(c.Parent), Slug: c.Slug, Name: c.Name, Type: c.Type, Description: c.Description, Keywords: c.Keywords}
		if one.Lang() != "" {
			t.Foreign = append(t.Foreign, one)
			continue
		}
		t.Columns = append(t.Columns, one)
	}
	switch s.State {
	case registry.TemporarilyOffline:
		t.Offline = "网站经批准临时下线，恢复时间以公告为准。"
	case registry.Exited:
		t.Offline = "本站已退出政府网站监管，不再作为政府网站提供服务。"
	case registry.Closed:
		t.Offline = "本站已关停，信息去向见上级政府门户网站公告。"
	}
	t.Matrix = p.matrix != nil && s.Kind == registry.Portal
	for _, f := range p.notices {
		n, err := f(ctx, q, id)
		if err != nil {
			return theme.Site{}, false, err
		}
		t.Notices = append(t.Notices, n...)
	}
	if err := p.sections(ctx, q, &t); err != nil {
		return theme.Site{}, false, err
	}
	if t.IPv6, err = p.registry.HasIPv6(ctx, q, id); err != nil {
		return theme.Site{}, false, err
	}
	if t.Offline != "" && len(t.Notices) > 0 {
		t.Offline = t.Notices[0].Text + "。"
	}
	return t, true, p.dress(ctx, q, s, &t)
}

// sections names the sections that have content: a section without is not
// linked anywhere.
func (p *Publisher) sections(ctx context.Context, q db.Querier, t *theme.Site) error {
	live, err := p.library.HasLive(ctx, q, registry.SiteID(t.ID))
	if err != nil {
		return err
	}
	has := func(class ...string) bool {
		return slices.ContainsFunc(t.Columns, func(c theme.Column) bool {
			return slices.Contains(class, c.Type) && live[registry.ColumnID(c.ID)]
		})
	}
	if has(guideClass, systemClass, requestClass) {
		t.Sections = append(t.Sections, theme.Link{Text: "政府信息公开", Href: theme.DisclosurePath})
	}
	if has("数据发布") {
		t.Sections = append(t.Sections, theme.Link{Text: "开放数据", Href: theme.OpenDataPath})
	}
	if p.config.Announced != nil {
		list, err := p.config.Announced(ctx, q, registry.SiteID(t.ID))
		if err != nil {
			return err
		}
		if len(list) > 0 {
			t.Sections = append(t.Sections, theme.Link{Text: "开办公告", Href: theme.AnnouncementsPath})
		}
	}
	if p.config.Former != nil {
		if t.Former, err = p.config.Former(ctx, q, registry.SiteID(t.ID)); err != nil {
			return err
		}
		if len(t.Former) > 0 {
			t.Sections = append(t.Sections, theme.Link{Text: "关停网站旧网址", Href: theme.FormerPath})
		}
	}
	return nil
}

func chineseHost(s string) string {
	if s == "" {
		return ""
	}
	h, err := idna.Lookup.ToASCII(s)
	if err != nil {
		return ""
	}
	return strings.ToLower(h)
}

// ReleaseRow is one release in the ledger of releases.
type ReleaseRow struct {
	No      int
	Hash    string
	Whole   bool
	Pages   int // that differ from the release before
	Items   int
	TookMS  int64 // from the first change to the switch
	At      time.Time
	Of      int // the earlier release whose pages it shows again; 0 for none
	Current bool
}

const releaseFields = `SELECT no, hash, whole, pages, items, took_ms, at, COALESCE(of_no, 0) FROM site_release`

func scanRelease(r db.Scanner) (ReleaseRow, error) {
	var x ReleaseRow
	return x, r.Scan(&x.No, &x.Hash, &x.Whole, &x.Pages, &x.Items, &x.TookMS, &x.At, &x.Of)
}

// Releases of a site in scope, newest first.
func (p *Publisher) Releases(ctx context.Context, scope authz.Scope, site registry.SiteID, limit, offset int) ([]ReleaseRow, error) {
	if _, err := p.registry.Site(ctx, scope, site); err != nil {
		return nil, err
	}
	rows, err := db.All(ctx, p.db, scanRelease, releaseFields+` WHERE site_id = $1 ORDER BY no DESC LIMIT $2 OFFSET $3`, site, cmp.Or(limit, 20), offset)
	if err != nil {
		return nil, err
	}
	current, err := p.store.Current(site)
	for i := range rows {
		rows[i].Current = err == nil && current.Hash == rows[i].Hash
	}
	return rows, nil
}

// AskRebuild asks for a whole new release, for the console.
func (p *Publisher) AskRebuild(ctx context.Context, scope authz.Scope, site registry.SiteID) error {
	s, err := p.registry.Site(ctx, scope, site)
	if err != nil {
		return err
	}
	if !s.Hosted {
		return fault.New(fault.Refused, "这个站点不由本平台承载，没有可以重建的页面。")
	}
	return p.db.Update(ctx, func(tx *db.Tx) error {
		if err := p.Touch(ctx, tx, site); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "publishing.rebuild", Target: s.Target()})
	})
}

// localFile reports whether an address in a text is a file of this site.
func localFile(href string) (string, bool) {
	u, err := url.Parse(href)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, "/") {
		return "", false
	}
	return u.Path, true
}
