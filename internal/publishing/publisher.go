package publishing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"
	"golang.org/x/net/idna"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/disclosure"
	"zhengshu/internal/fault"
	"zhengshu/internal/jobs"
	"zhengshu/internal/library"
	"zhengshu/internal/prose"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
	"zhengshu/internal/search"
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
	Log       *slog.Logger // slog.Default when nil
}

// Publisher makes releases. Safe for concurrent use, in several processes.
type Publisher struct {
	db       *db.DB
	registry *registry.Service
	library  *library.Service
	store    *Store
	config   Config
	notices  []func(ctx context.Context, q db.Querier, site registry.SiteID) ([]theme.Link, error)
	step     func(string) error // crash points of the tests
	tallies  sync.Map           // column → tallied
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

// Refresh is the job that makes a site's next release from what waits.
type Refresh struct {
	Site registry.SiteID `json:"site"`
}

// Kind names the job.
func (Refresh) Kind() string { return "publishing.refresh" }

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
	jobs.Handle(w, func(ctx context.Context, r Refresh) error {
		err := p.Publish(ctx, r.Site)
		if fault.Is(err, fault.NotFound) {
			return jobs.Cancel(err)
		}
		return err
	})
	jobs.Handle(w, func(ctx context.Context, _ Watch) error { return p.watch(ctx) })
	jobs.Handle(w, func(ctx context.Context, c Squeeze) error { return c.Run(ctx, p.store) })
	jobs.Every(w, time.Minute, Watch{})
	jobs.Handle(w, func(ctx context.Context, _ Tidy) error {
		n, err := p.store.Sweep(ctx, keptReleases, 24*time.Hour)
		if n > 0 {
			p.config.Log.Info("old pages removed", "files", n)
		}
		return err
	})
	jobs.Every(w, 24*time.Hour, Tidy{})
}

// Changed is the library's outcome: it runs in the transaction of the act, so
// that a change that committed is always published.
func (p *Publisher) Changed(ctx context.Context, tx *db.Tx, c library.Change) error {
	sites := map[registry.SiteID]bool{}
	for _, pl := range c.Placements {
		if err := wait(ctx, tx, pl.Site, c.Item, pl.Column); err != nil {
			return err
		}
		sites[pl.Site] = true
	}
	for s := range sites {
		if err := jobs.Enqueue(ctx, tx, Refresh{s}, jobs.Unique(string(s))); err != nil {
			return err
		}
	}
	return nil
}

// Touch asks for a whole new release of a site, in the transaction of the act
// that changed it: launch, offline, resume, columns, identifiers, notices.
func (p *Publisher) Touch(ctx context.Context, tx *db.Tx, site registry.SiteID) error {
	if err := wait(ctx, tx, site, "", ""); err != nil {
		return err
	}
	return jobs.Enqueue(ctx, tx, Refresh{site}, jobs.Unique(string(site)))
}

// nudge is no column: a change that names it has what stands around the items
// drawn anew, and no item.
const nudge = registry.ColumnID("around")

// Nudge asks for the pages that gather things (disclosure, announcements, home)
// to be drawn anew, in the transaction of the act that changed what they say.
func (p *Publisher) Nudge(ctx context.Context, tx *db.Tx, site registry.SiteID) error {
	if err := wait(ctx, tx, site, "", nudge); err != nil {
		return err
	}
	return jobs.Enqueue(ctx, tx, Refresh{site}, jobs.Unique(string(site)))
}

func wait(ctx context.Context, tx *db.Tx, site registry.SiteID, item library.ItemID, column registry.ColumnID) error {
	_, err := tx.Exec(ctx, `INSERT INTO release_change (id, site_id, item_id, column_id, at) VALUES ($1, $2, $3, $4, $5)`, ulid.Make().String(), site, item, column, tx.Now())
	return err
}

type change struct {
	id     string
	item   library.ItemID
	column registry.ColumnID
	at     time.Time
}

const batch = 5000

func waiting(ctx context.Context, q db.Querier, site registry.SiteID) ([]change, error) {
	return db.All(ctx, q, func(r db.Scanner) (change, error) {
		var c change
		return c, r.Scan(&c.id, &c.item, &c.column, &c.at)
	}, `SELECT id, item_id, column_id, at FROM release_change WHERE site_id = $1 ORDER BY id LIMIT $2`, site, batch)
}

// Public: what a release holds is public; the duty of the house makes it.
var duty = authz.System("publishing")

// Publish makes and switches the site's next release from what waits, and
// records it. Repeating it is harmless; two at once follow one another.
func (p *Publisher) Publish(ctx context.Context, site registry.SiteID) error {
	for {
		more, err := p.publish(ctx, site, false)
		if err != nil || !more {
			return err
		}
	}
}

// Rebuild draws every page of the site anew.
func (p *Publisher) Rebuild(ctx context.Context, site registry.SiteID) error {
	more, err := p.publish(ctx, site, true)
	if err != nil || !more {
		return err
	}
	return p.Publish(ctx, site)
}

func (p *Publisher) publish(ctx context.Context, site registry.SiteID, whole bool) (more bool, err error) {
	began := p.db.Now()
	unlock, err := p.store.lock(ctx, site)
	if err != nil {
		return false, err
	}
	defer unlock()
	before, err := p.store.Current(site)
	if errors.Is(err, ErrForged) || errors.Is(err, ErrNoRelease) || errors.Is(err, fs.ErrNotExist) {
		if !errors.Is(err, ErrNoRelease) {
			p.config.Log.Error("release damaged, drawing the site anew", "site", site, "error", err)
		}
		before, err = nil, nil
	}
	if err != nil {
		return false, err
	}
	var made *Release
	var changes []change
	var d *drawing
	changed := 0
	err = p.db.View(ctx, func(tx *db.Tx) error {
		var err error
		if changes, err = waiting(ctx, tx, site); err != nil {
			return err
		}
		info, hosted, err := p.info(ctx, tx, site)
		if err != nil {
			return err
		}
		if !hosted {
			return nil
		}
		more = len(changes) == batch
		whole = whole || before == nil || before.Theme != theme.Fingerprint() || !sameSite(before.Site, info) || began.Sub(before.Made) > 180*24*time.Hour ||
			slices.ContainsFunc(changes, func(c change) bool { return c.item == "" && c.column != nudge })
		// The number in the ledger and on the disk go together; a folder that
		// was lost or restored does not reuse numbers.
		e := p.store.edit(site, before, whole, began.Truncate(time.Second))
		if e.last, err = db.One(ctx, tx, db.Value[int], `SELECT COALESCE(MAX(no), 0) FROM site_release WHERE site_id = $1`, site); err != nil {
			return err
		}
		if p.step != nil {
			e.step = p.step
		}
		d = &drawing{p: p, q: tx, e: e, site: info, seen: map[library.ItemID]bool{}, columns: map[registry.ColumnID]bool{}}
		if whole {
			err = d.everything(ctx)
		} else {
			err = d.dependents(ctx, changes)
		}
		return err
	})
	if err != nil {
		return false, err
	}
	if d != nil {
		file, generation, err := d.index(ctx)
		if err != nil {
			return false, err
		}
		if made, changed, err = d.e.finish(ctx, d.site, file, generation); err != nil {
			return false, err
		}
	}
	return more, p.record(ctx, site, before, made, changes, changed, began, d)
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
		if rel != nil {
			n, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM site_release WHERE site_id = $1 AND no = $2 AND hash = $3`, site, rel.No, rel.Hash)
			if err != nil {
				return err
			}
			if n == 0 {
				since := began
				if len(changes) > 0 && changes[0].at.Before(since) {
					since = changes[0].at
				}
				items := 0
				if d != nil {
					items = len(d.seen)
				}
				if _, err := tx.Exec(ctx, `INSERT INTO site_release (site_id, no, hash, whole, pages, items, took_ms, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
					ON CONFLICT (site_id, no) DO UPDATE SET hash = excluded.hash, whole = excluded.whole, pages = excluded.pages, items = excluded.items, took_ms = excluded.took_ms, at = excluded.at`,
					site, rel.No, rel.Hash, rel.Whole, changed, items, tx.Now().Sub(since).Milliseconds(), tx.Now()); err != nil {
					return err
				}
				if err := audit.Record(ctx, tx, audit.Entry{Act: "publishing.release", Target: audit.Target{Kind: "site", ID: string(site), Name: rel.Site.Name},
					After: map[string]any{"no": rel.No, "hash": rel.Hash, "whole": rel.Whole, "pages": changed, "items": items}}); err != nil {
					return err
				}
				if err := jobs.Enqueue(ctx, tx, Squeeze{site}, jobs.Unique(string(site))); err != nil {
					return err
				}
			}
		}
		for _, c := range changes {
			if _, err := tx.Exec(ctx, `DELETE FROM release_change WHERE id = $1`, c.id); err != nil {
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
	left, err2 := waiting(ctx, p.db, site)
	if err2 != nil {
		return err2
	}
	if err == nil && r.Theme == theme.Fingerprint() && sameSite(r.Site, info) && len(left) == 0 && p.db.Now().Sub(r.Made) < 180*24*time.Hour {
		return nil
	}
	return p.Publish(ctx, site)
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
		ICP: s.ICP, PoliceFiling: s.PoliceFiling, PartyGovMark: s.PartyGovMark, Contact: s.Contact, Address: s.Address, Demo: p.config.Demo, Doors: p.config.Doors,
	}
	look, err := lookOf(ctx, q, id)
	if err != nil {
		return theme.Site{}, false, err
	}
	t.Brand, t.Grey = look.Brand, look.Grey
	for _, h := range []string{s.Host, chineseHost(s.ChineseDomain)} {
		if h != "" && !slices.Contains(t.Hosts, h) {
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
		t.Columns = append(t.Columns, theme.Column{ID: string(c.ID), Parent: string(c.Parent), Slug: c.Slug, Name: c.Name, Type: c.Type, Description: c.Description, Keywords: c.Keywords})
	}
	switch s.State {
	case registry.TemporarilyOffline:
		t.Offline = "网站经批准临时下线，恢复时间以公告为准。"
	case registry.Exited:
		t.Offline = "本站已退出政府网站监管，不再作为政府网站提供服务。"
	case registry.Closed:
		t.Offline = "本站已关停，信息去向见上级政府门户网站公告。"
	}
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
	return t, true, nil
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

// index brings the search index of the release up.
func (d *drawing) index(ctx context.Context) (file, generation string, err error) {
	current := ""
	if d.e.before != nil {
		current = d.e.before.SearchFile()
		file, generation = d.e.before.Search.File, d.e.before.Search.Generation
		if !d.e.fresh && len(d.put) == 0 && len(d.out) == 0 {
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
	if same, err := search.Same(ctx, current, d.put, d.out, d.e.fresh); err == nil && same {
		return file, generation, nil
	}
	if d.e.fresh {
		current = "" // everything is put
	}
	generation = ulid.Make().String()
	if err := search.Sync(ctx, current, filepath.Join(dir, next), generation, d.put, d.out); err != nil {
		return "", "", fmt.Errorf("publishing: index: %w", err)
	}
	return next, generation, d.e.step("indexed")
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
	Current bool
}

// Releases of a site in scope, newest first.
func (p *Publisher) Releases(ctx context.Context, scope authz.Scope, site registry.SiteID, limit, offset int) ([]ReleaseRow, error) {
	if _, err := p.registry.Site(ctx, scope, site); err != nil {
		return nil, err
	}
	rows, err := db.All(ctx, p.db, func(r db.Scanner) (ReleaseRow, error) {
		var x ReleaseRow
		return x, r.Scan(&x.No, &x.Hash, &x.Whole, &x.Pages, &x.Items, &x.TookMS, &x.At)
	}, `SELECT no, hash, whole, pages, items, took_ms, at FROM site_release WHERE site_id = $1 ORDER BY no DESC LIMIT $2 OFFSET $3`, site, cmp.Or(limit, 20), offset)
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
