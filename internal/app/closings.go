package app

import (
	"context"
	"errors"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/closing"
	"zhengshu/internal/db"
	"zhengshu/internal/notice"
	"zhengshu/internal/publishing"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/visits"
)

// wireClosings makes who closes without loss, and what proves it: the library,
// the figures of our portals, the notices, the releases.
func (h *House) wireClosings() {
	system := authz.System("closing.facts")
	h.Closings = closing.New(closing.Parts{DB: h.DB, Org: h.Org, Registry: h.Registry, Obligations: h.Obligations, Inspection: h.Inspection,
		Days: h.Days, Store: h.Blobs, Client: h.client, Settings: h.Province.Settings, Origin: h.origin, Manners: h.Inspection.Manners(),
		Library: h.Library, Merits: h.Merits,
		Found: func(ctx context.Context, q db.Querier, host string, limit int) ([]string, error) {
			return h.MoveIn.Articles(ctx, q, system, host, limit)
		},
		Figures: func(ctx context.Context, site registry.SiteID, from, to calendar.Date) (visits.Figures, error) {
			return h.Visits.Figures(ctx, system, site, from, to)
		},
		Notice: func(ctx context.Context, q db.Querier, ref registry.Ref) (notice.Standing, error) {
			return h.Notices.Standing(ctx, q, ref, sx2021.ClosureNotice)
		},
		Shown: h.showsPage,
	})
	h.Closings.OnHandedOver(func(ctx context.Context, tx *db.Tx, portal registry.SiteID) error {
		return h.Publisher.Touch(ctx, tx, portal, publishing.FormerPart)
	})
	h.Publisher.OnReleased(h.Closings.Released)
	h.Closings.Register(h.workers)
}

// showsPage reports whether the release of a site that is public now holds a
// page.
func (h *House) showsPage(site registry.SiteID, path string) (bool, error) {
	r, err := h.Releases.Current(site)
	if errors.Is(err, publishing.ErrNoRelease) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	p, ok, err := r.Page(path)
	return ok && p.Status == 200, err
}

// former are the closed sites whose old addresses a portal keeps.
func (h *House) former(ctx context.Context, q db.Querier, site registry.SiteID) ([]theme.Former, error) {
	if h.Closings == nil { // not wired yet: the demo's first release
		return nil, nil
	}
	kept, err := h.Closings.KeptAt(ctx, q, site)
	var out []theme.Former
	for _, k := range kept {
		f := theme.Former{Host: k.Host, Name: k.Name}
		if !k.Until.IsZero() {
			f.Until = k.Until.String()
		}
		out = append(out, f)
	}
	return out, err
}

// formerRows are the old addresses of one of them.
func (h *House) formerRows(ctx context.Context, q db.Querier, site registry.SiteID, host string) ([]publishing.FormerRow, error) {
	rows, err := h.Closings.KeptMap(ctx, q, site, host)
	out := make([]publishing.FormerRow, 0, len(rows))
	for _, r := range rows {
		to := r.Target
		switch r.Reply {
		case closing.ToArchive:
			to = theme.FormerArchived
		case closing.GoneReply:
			to = theme.FormerGone
		}
		out = append(out, publishing.FormerRow{Old: r.Old, To: to})
	}
	return out, err
}
