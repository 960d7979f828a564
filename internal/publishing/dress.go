package publishing

import (
	"context"
	"errors"
	"slices"

	"zhengshu/internal/db"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
)

// Look is how a site shall look now.
type Look struct {
	Choice    theme.Choice
	Grey      bool             // 哀悼灰度
	Emergency *theme.Emergency // stands on the home page
}

// Dresser says how sites look; package appearance is the house's.
type Dresser interface {
	// Look of a site, in the snapshot of the release.
	Look(ctx context.Context, q db.Querier, site registry.Site) (Look, error)
	// Theme opens the theme of a choice.
	Theme(ctx context.Context, c theme.Choice) (*theme.Theme, error)
	// Files are what a release carries beside the theme's own: the logo, and
	// the bundle, from which a portal draws.
	Files(ctx context.Context, c theme.Choice) ([]theme.File, error)
	// Troubled is told what a bundle could not draw.
	Troubled(ctx context.Context, site registry.SiteID, list []theme.Trouble) error
}

// mostTroubles of a site are kept until they are told.
const mostTroubles = 20

// DressWith registers who says how sites look. Without one every site wears
// the house's first theme.
func (p *Publisher) DressWith(d Dresser) {
	p.dresser = d
	p.OnPages(func(ctx context.Context, _ db.Querier, site theme.Site, t Touched, put func(Leaf) error) error {
		if !t.Whole {
			return nil
		}
		files, err := d.Files(ctx, site.Look)
		if err != nil {
			return err
		}
		for _, f := range files {
			if err := put(Leaf{Path: f.Path, Kind: f.Kind, Body: f.Body}); err != nil {
				return err
			}
		}
		return nil
	})
}

// dress gives the site its look.
func (p *Publisher) dress(ctx context.Context, q db.Querier, s registry.Site, t *theme.Site) error {
	if p.dresser == nil {
		return nil
	}
	l, err := p.dresser.Look(ctx, q, s)
	if err != nil {
		return err
	}
	t.Grey, t.Emergency = l.Grey, l.Emergency
	*t = p.Wearing(ctx, *t, l.Choice)
	return nil
}

// Wearing is the site in another choice: for a preview. A theme that does not
// open is told of, and the house's own stands in.
func (p *Publisher) Wearing(ctx context.Context, t theme.Site, c theme.Choice) theme.Site {
	t.Look = c
	if c.Hash == "" {
		return t.Dressed(nil, nil)
	}
	told := func(x theme.Trouble) { p.troubled(registry.SiteID(t.ID), x) }
	opened, err := p.dresser.Theme(ctx, c)
	if err != nil {
		told(theme.Trouble{Theme: c.ID, Version: c.Version, Says: "主题包打不开", Cause: err})
		return t.Dressed(nil, nil)
	}
	return t.Dressed(opened, told)
}

func (p *Publisher) troubled(site registry.SiteID, x theme.Trouble) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.troubles == nil {
		p.troubles = map[registry.SiteID][]theme.Trouble{}
	}
	if l := p.troubles[site]; len(l) < mostTroubles && !slices.ContainsFunc(l, func(y theme.Trouble) bool { return y.Page == x.Page && y.Says == x.Says }) {
		p.config.Log.Error("a theme did not draw a page", "site", site, "theme", x.Theme, "version", x.Version, "view", x.Page, "path", x.Path, "error", x.Cause)
		p.troubles[site] = append(l, x)
	}
}

// TellTroubles tells what bundles could not draw since the last time.
func (p *Publisher) TellTroubles(ctx context.Context) error {
	p.mu.Lock()
	all := p.troubles
	p.troubles = nil
	p.mu.Unlock()
	var errs []error
	for site, list := range all {
		errs = append(errs, p.dresser.Troubled(ctx, site, list))
	}
	return errors.Join(errs...)
}

// emergency draws the emergency front page, or takes its traces away.
func (d *drawing) emergency(context.Context) error {
	if d.site.Emergency == nil {
		old, ok, err := d.e.was(theme.UsualHome)
		if err != nil || !ok || old.Status == 301 && !d.e.fresh {
			return err
		}
		return d.e.put(Page{Path: theme.UsualHome, Status: 301, Kind: textKind, To: "/"}, nil)
	}
	b, err := theme.EmergencyPage.Draw(theme.EmergencyFrame(d.site), *d.site.Emergency)
	if err != nil {
		return err
	}
	return d.e.put(Page{Path: "/", Status: 200, Kind: htmlKind}, b)
}

// standingAt is where a page lies now: the usual home gives way to an emergency
// front page.
func (d *drawing) standingAt(path string) string {
	if path == "/" && d.site.Emergency != nil {
		return theme.UsualHome
	}
	return path
}
