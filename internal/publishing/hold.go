package publishing

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/jobs"
	"zhengshu/internal/library"
	"zhengshu/internal/registry"
)

// Hold is a site that shows an earlier release again. What changes meanwhile
// waits until it goes on; only what is withdrawn goes at once.
type Hold struct {
	FromNo  int // what was public before
	ToNo    int // the release whose pages are shown
	No      int // the number they are shown under
	Reason  string
	By      string
	At      time.Time
	Waiting int // changes that wait
}

// Held is the hold of a site in scope; ok is false when there is none.
func (p *Publisher) Held(ctx context.Context, scope authz.Scope, site registry.SiteID) (h Hold, ok bool, err error) {
	if _, err := p.registry.Site(ctx, scope, site); err != nil {
		return Hold{}, false, err
	}
	h, err = db.One(ctx, p.db, func(r db.Scanner) (Hold, error) {
		var h Hold
		return h, r.Scan(&h.FromNo, &h.ToNo, &h.No, &h.Reason, &h.By, &h.At)
	}, `SELECT from_no, to_no, release_no, reason, person_name, at FROM site_hold WHERE site_id = $1`, site)
	if db.None(err) {
		return Hold{}, false, nil
	}
	if err == nil {
		h.Waiting, err = db.One(ctx, p.db, db.Value[int], `SELECT count(*) FROM (SELECT 1 FROM release_change WHERE site_id = $1 LIMIT 1001) w`, site)
	}
	return h, err == nil, err
}

// held reports whether the site was set back and waits to go on.
func (p *Publisher) held(ctx context.Context, site registry.SiteID) (bool, error) {
	n, err := db.One(ctx, p.db, db.Value[int], `SELECT count(*) FROM site_hold WHERE site_id = $1`, site)
	return n > 0, err
}

// whole reports whether everything that a release needs lies in the store; the
// bodies of its pages are not looked at.
func (r *Release) whole() bool {
	for _, h := range r.Shelves {
		if _, err := os.Stat(r.store.objectPath(h)); err != nil {
			return false
		}
	}
	return r.everyList("", func(_, h string) error {
		_, err := os.Stat(r.store.objectPath(h))
		return err
	}) == nil
}

// Setback is what setting a site back to a release would do.
type Setback struct {
	Site    registry.Site
	Release ReleaseRow
	Pages   int // that would be other than now
	Gone    int // items withdrawn since, which stay withdrawn
}

// SetbackOf says what setting back would do, for the confirm step.
func (p *Publisher) SetbackOf(ctx context.Context, scope authz.Scope, site registry.SiteID, no int) (Setback, error) {
	s, err := p.registry.Site(ctx, scope, site)
	if err != nil {
		return Setback{}, err
	}
	out := Setback{Site: s}
	now, then, row, err := p.earlier(ctx, site, no)
	if err != nil {
		return out, err
	}
	out.Release = row
	return out, differing(then, now, func(was, is *Page) error {
		out.Pages++
		if withdrawn(was, is) && !strings.HasPrefix(is.Path, "/elder/") {
			out.Gone++
		}
		return nil
	})
}

// withdrawn: an item was public then and is gone now.
func withdrawn(was, now *Page) bool {
	return was != nil && was.Item != "" && was.Status == 200 && now != nil && now.Status == 410
}

// earlier opens the release that is public and an earlier one.
func (p *Publisher) earlier(ctx context.Context, site registry.SiteID, no int) (now, then *Release, row ReleaseRow, err error) {
	row, err = db.One(ctx, p.db, scanRelease, releaseFields+` WHERE site_id = $1 AND no = $2`, site, no)
	if db.None(err) {
		return nil, nil, row, fault.Missing("版本")
	}
	if err != nil {
		return nil, nil, row, err
	}
	if now, err = p.store.Current(site); err != nil {
		return nil, nil, row, fault.New(fault.Refused, "这个网站现在没有可用的版本，不能恢复到以前的版本；请先重建全部页面。").From(err)
	}
	if now.Hash == row.Hash {
		return nil, nil, row, fault.Newf(fault.Refused, "第 %d 版就是现在公开的版本，不需要恢复。", no)
	}
	then, err = p.store.release(site, row.Hash)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !then.whole() {
		return nil, nil, row, fault.Newf(fault.Refused, "第 %d 版的页面已经清理，不能恢复。可以恢复的是最近 %d 版。", no, keptReleases)
	}
	if err == nil && then.Shape != now.Shape {
		return nil, nil, row, fault.Newf(fault.Refused, "第 %d 版是系统升级以前的格式，不能恢复。", no)
	}
	return now, then, row, err
}

func reasonOf(reason string) (string, error) {
	reason = strings.Join(strings.Fields(reason), " ")
	switch n := utf8.RuneCountInString(reason); {
	case n < 4:
		return "", fault.New(fault.Invalid, "没有办理。").On("reason", "请写明原因，至少 4 个字，记入审计记录。")
	case n > 500:
		return "", fault.New(fault.Invalid, "没有办理。").On("reason", "原因不能超过 500 个字。")
	}
	return reason, nil
}

// SetBack makes an earlier release's pages public again, under a new number, and
// holds the site there. Items withdrawn since stay withdrawn, and the lists
// they stood in are drawn as they are now. from is the release that the person
// saw as public: another one meanwhile is a Conflict.
func (p *Publisher) SetBack(ctx context.Context, scope authz.Scope, site registry.SiteID, no, from int, reason string) (*Release, error) {
	s, err := p.registry.Site(ctx, scope, site)
	if err != nil {
		return nil, err
	}
	if !s.Hosted {
		return nil, fault.New(fault.Refused, "这个站点不由本平台承载，没有可以恢复的版本。")
	}
	if reason, err = reasonOf(reason); err != nil {
		return nil, err
	}
	p.hurry.Add(1)
	defer p.hurry.Add(-1)
	began := p.db.Now()
	unlock, err := p.store.lock(ctx, site)
	if err != nil {
		return nil, err
	}
	defer unlock()
	now, then, row, err := p.earlier(ctx, site, no)
	if err != nil {
		return nil, err
	}
	if from != 0 && now.No != from {
		return nil, fault.Newf(fault.Conflict, "您查看以后网站又发布了第 %d 版，没有恢复；请看过新的记录再决定。", now.No)
	}
	person, _ := audit.ActorFrom(ctx)
	// The hold stands before the switch: no other process may publish in
	// between upon what is set back.
	before, err := p.held(ctx, site)
	if err != nil {
		return nil, err
	}
	if err := p.db.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO site_hold (site_id, from_no, from_hash, to_no, release_no, reason, person_id, person_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
			ON CONFLICT (site_id) DO UPDATE SET to_no = excluded.to_no, release_no = excluded.release_no, reason = excluded.reason, person_id = excluded.person_id, person_name = excluded.person_name, at = excluded.at`,
			site, now.No, now.Hash, no, now.No+1, reason, person.ID, person.Name, tx.Now()); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "publishing.setback", Target: s.Target(), Before: map[string]any{"no": now.No, "hash": now.Hash}, After: map[string]any{"to": no, "hash": row.Hash, "reason": reason}})
	}); err != nil {
		return nil, err
	}
	made, changed, d, err := p.setBack(ctx, site, now, then, row.No, began)
	if err != nil {
		if !before {
			err = errors.Join(err, p.db.Update(ctx, func(tx *db.Tx) error {
				if _, err := tx.Exec(ctx, `DELETE FROM site_hold WHERE site_id = $1`, site); err != nil {
					return err
				}
				return audit.Record(ctx, tx, audit.Entry{Act: "publishing.setback.failed", Target: s.Target()})
			}))
		}
		return nil, err
	}
	return made, p.record(ctx, site, now, made, nil, changed, began, d)
}

func (p *Publisher) setBack(ctx context.Context, site registry.SiteID, now, then *Release, no int, began time.Time) (made *Release, changed int, d *drawing, err error) {
	var gone []change
	seen := map[string]bool{}
	if err := differing(then, now, func(was, is *Page) error {
		changed++
		if withdrawn(was, is) && !seen[was.Item] {
			seen[was.Item] = true
			gone = append(gone, change{item: library.ItemID(was.Item)})
		}
		return nil
	}); err != nil {
		return nil, 0, nil, err
	}
	base := *then
	base.No, base.Hash, base.Search = now.No, now.Hash, now.Search
	err = p.db.View(ctx, func(tx *db.Tx) error {
		e, err := p.open(ctx, tx, site, &base, false, began)
		if err != nil {
			return err
		}
		e.of = no
		d = p.drawing(tx, e, now.Site, false)
		defer d.pool.end()
		if len(gone) == 0 {
			return nil
		}
		return d.dependents(ctx, gone)
	})
	if err != nil {
		return nil, 0, nil, err
	}
	// The index stays: the release has the last word on what a search shows.
	made, _, err = d.e.finish(ctx, now.Site, then.Theme, now.Search.File, now.Search.Generation)
	return made, changed, d, err
}

// GoOn lets a site that was set back go on: every page is drawn as things are
// now.
func (p *Publisher) GoOn(ctx context.Context, scope authz.Scope, site registry.SiteID) error {
	s, err := p.registry.Site(ctx, scope, site)
	if err != nil {
		return err
	}
	return p.db.Update(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `DELETE FROM site_hold WHERE site_id = $1`, site)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "网站已经恢复发布，不需要再次办理。")
		}
		if err := p.Touch(ctx, tx, site); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "publishing.goon", Target: s.Target()})
	})
}

// withdrawHeld takes what was withdrawn off a site that is held. The lists it
// stood in follow when the site goes on.
func (p *Publisher) withdrawHeld(ctx context.Context, site registry.SiteID, began time.Time) error {
	before, err := p.current(site)
	if err != nil || before == nil {
		return err
	}
	var d *drawing
	err = p.db.View(ctx, func(tx *db.Tx) error {
		changes, err := oldest(ctx, tx, site)
		if err != nil || len(changes) == 0 {
			return err
		}
		e, err := p.open(ctx, tx, site, before, false, began)
		if err != nil {
			return err
		}
		e.of = before.Of
		d = p.drawing(tx, e, before.Site, false)
		defer d.pool.end()
		for _, c := range changes {
			if c.item == "" || strings.HasPrefix(string(c.item), "~") || d.seen[c.item] {
				continue
			}
			d.seen[c.item] = true
			places, err := p.library.LivePlacements(ctx, tx, c.item)
			if err != nil {
				return err
			}
			here := false
			for _, pl := range places {
				here = here || pl.Site == site
			}
			if here {
				continue
			}
			it, err := p.library.ItemTx(ctx, tx, duty, c.item)
			if fault.Is(err, fault.NotFound) {
				continue
			}
			if err != nil {
				return err
			}
			for _, path := range []string{Path(it), ElderPath(it)} {
				was, ok, err := e.was(path)
				if err != nil {
					return err
				}
				if ok && was.Status == 200 {
					if err := d.gone(path, string(it.ID)); err != nil {
						return err
					}
					d.lose(Path(it))
				}
			}
		}
		return nil
	})
	if err != nil || d == nil || len(d.e.pages) == 0 {
		return err
	}
	file, generation, err := d.index(ctx)
	if err != nil {
		return err
	}
	made, changed, err := d.e.finish(ctx, before.Site, before.Theme, file, generation)
	if err != nil || made == nil {
		return err
	}
	return p.record(ctx, site, before, made, nil, changed, began, d)
}

// enqueueRefresh asks for the next release.
func enqueueRefresh(ctx context.Context, tx *db.Tx, site registry.SiteID) error {
	return jobs.Enqueue(ctx, tx, Refresh{site}, jobs.Unique(string(site)))
}

func zeroNull(n int) any {
	if n == 0 {
		return nil
	}
	return n
}
