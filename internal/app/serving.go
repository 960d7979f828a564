package app

import (
	"context"
	"path/filepath"
	"time"

	"zhengshu/internal/db"
	"zhengshu/internal/integrity"
	"zhengshu/internal/jobs"
	"zhengshu/internal/portal"
	"zhengshu/internal/publishing"
	"zhengshu/internal/registry"
	"zhengshu/internal/visits"
)

// VisitBatches is where portals' signed counts come in.
func VisitBatches(dir string) string { return filepath.Join(dir, "exchange", "visits") }

const shipEvery = 10 * time.Minute

// shipping is the periodic duty to bring to the copies what they lack.
type shipping struct{}

// Kind names the job.
func (shipping) Kind() string { return "app.shipping" }

// wireVisits makes the portal of this process, who counts its readers, and the
// copies of the releases.
func (h *House) wireVisits(ctx context.Context) error {
	if h.Config.Copies != "" {
		tree, err := openTree(ctx, h.Config.Copies, h.Config.BlobsKey, h.Config.BlobsSecret)
		if err != nil {
			return err
		}
		h.Releases.KeepCopies(tree)
		jobs.Handle(h.workers, func(ctx context.Context, s publishing.Ship) error { return h.Releases.Ship(ctx, s.Site) })
		jobs.Handle(h.workers, func(ctx context.Context, _ shipping) error { return h.ship(ctx) })
		jobs.Every(h.workers, shipEvery, shipping{})
		h.Publisher.OnReleased(func(ctx context.Context, tx *db.Tx, site registry.SiteID) error {
			return jobs.Enqueue(ctx, tx, publishing.Ship{Site: site}, jobs.Unique(string(site)))
		})
	}
	dir := filepath.Join(h.Config.Dir, "visits")
	own, err := ownKey(dir)
	if err != nil {
		return err
	}
	h.Visits = visits.New(h.DB, h.Registry, visits.Exchange{In: VisitBatches(h.Config.Dir), Keys: filepath.Join(h.Config.Dir, "keys", "portals"), Own: own, Log: h.Config.Log})
	h.Visits.Register(h.workers)
	c := portal.Config{Store: h.Releases, Landing: landing(), Log: h.Config.Log, Uploads: h.Config.Reach.Uploads, Canonical: h.Config.Reach.Canonical, Now: h.DB.Now}
	if h.listener != nil { // a process that answers readers
		if h.recorder, err = visits.Record(visits.Config{Dir: dir, Out: VisitBatches(h.Config.Dir), Log: h.Config.Reach.LogDays > 0, Days: h.Config.Reach.LogDays, Errs: h.Config.Log}); err != nil {
			return err
		}
		h.closers = append(h.closers, h.recorder.Close)
		c.Observe = h.recorder.Observe
	}
	h.Portal = portal.New(c)
	return nil
}

// ship brings every site's release and the statements to the copies.
func (h *House) ship(ctx context.Context) error {
	sites, err := h.Releases.Sites()
	if err != nil {
		return err
	}
	for _, site := range sites {
		if err := h.Releases.Ship(ctx, site); err != nil {
			return err
		}
	}
	return h.Releases.ShipStatements(ctx)
}

// wireIntegrity makes who watches that what is served was published.
func (h *House) wireIntegrity() {
	h.Integrity = integrity.New(integrity.Parts{DB: h.DB, Org: h.Org, Registry: h.Registry, Inspection: h.Inspection, Store: h.Releases, Client: h.client, Base: h.origin, Rebuild: h.Publisher.Rebuild, Log: h.Config.Log})
	h.Integrity.Register(h.workers)
	h.Inspection.RetestFrom("tamper", h.Integrity.Retest)
	h.Visits.OnAlarm(func(ctx context.Context, a visits.Alarm) error {
		return h.Integrity.Told(ctx, publishing.Damage{Site: registry.SiteID(a.Site), Path: a.Path, File: a.File, What: a.What, Restored: a.Restored, Detail: a.Detail, At: a.At}, integrity.Portal)
	})
}
