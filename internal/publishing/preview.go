package publishing

import (
	"bytes"
	"context"

	"zhengshu/assets"
	"zhengshu/internal/library"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
)

// Preview draws a version of an item, saved or not, as the site's own pages
// would show it; elder in the elder layout. Its files are the console's, so it
// can stand in a frame of it. site "" is a page of no site. The caller has
// checked that the item is in scope; what a hosted site looks like is public.
func (p *Publisher) Preview(ctx context.Context, it library.Item, v library.Version, site registry.SiteID, column registry.ColumnID, elder bool) ([]byte, error) {
	s := theme.Site{Name: it.UnitName, Sponsor: it.UnitName, Demo: p.config.Demo}
	if site != "" {
		known, hosted, err := p.info(ctx, p.db, site)
		if err != nil {
			return nil, err
		}
		if hosted {
			s = known
		}
	}
	var c theme.Column
	for _, o := range s.Columns {
		if o.ID == string(column) {
			c = o
		}
	}
	if it.PublishedAt.IsZero() {
		it.PublishedAt = p.db.Now()
	}
	a := article(it, v, c)
	path, twin := Path(it), ElderPath(it)
	frame := theme.ArticleFrame(s, a, path, twin)
	frame.NoIndex = true
	var b []byte
	var err error
	drawn := theme.ArticlePage
	if a.Person != nil {
		drawn = theme.PersonPage
	}
	if elder {
		b, err = theme.ElderArticlePage.Draw(frame.Elderly(twin), a)
	} else {
		b, err = drawn.Draw(frame, a)
	}
	if err != nil {
		return nil, err
	}
	for name, file := range map[string]string{"portal.css": theme.StylePath(), "elder.css": theme.ElderStylePath()} {
		b = bytes.ReplaceAll(b, []byte(file), []byte(assets.URL(name)))
	}
	if script := theme.ScriptPath(); script != "" {
		b = bytes.ReplaceAll(b, []byte(script), []byte(assets.URL("portal.js")))
	}
	return b, nil
}
