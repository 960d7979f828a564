package publishing

import (
	"bytes"
	"context"

	"zhengshu/assets"
	"zhengshu/internal/fault"
	"zhengshu/internal/layout"
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
	if elder {
		b, err = theme.ElderArticlePage.Draw(frame.Elderly(twin), a)
	} else {
		b, err = theme.ArticlePage.Draw(frame, a)
	}
	if err != nil {
		return nil, err
	}
	return dressed(b, frame), nil
}

// dressed lets a page take the console's own sheets, which stand where it is
// shown.
func dressed(b []byte, f theme.Frame) []byte {
	for name, file := range map[string]string{"portal.css": f.Style(), "elder.css": f.ElderStyle()} {
		b = bytes.ReplaceAll(b, []byte(file), []byte(assets.URL(name)))
	}
	return b
}

// PreviewBoard draws a composition as the site's own page would show it, with
// what is public now. The caller has checked that the board is in scope.
func (p *Publisher) PreviewBoard(ctx context.Context, b layout.Board) ([]byte, error) {
	site, hosted, err := p.info(ctx, p.db, b.Site.ID)
	if err != nil {
		return nil, err
	}
	if !hosted {
		return nil, fault.New(fault.Refused, "这个站点还没有在本平台开通，不能预览。")
	}
	d := p.drawing(p.db, p.store.edit(b.Site.ID, nil, true, p.db.Now()), site, false)
	defer d.pool.end()
	c := d.compose()
	var body []byte
	if b.Kind == layout.HomeBoard {
		h, err := c.home(ctx, b.Blocks)
		if err != nil {
			return nil, err
		}
		f := theme.HomeFrame(site)
		f.NoIndex = true
		f.Class += h.Class()
		if body, err = theme.HomePage.Draw(f, h); err != nil {
			return nil, err
		}
	} else {
		page, err := d.topic(ctx, c, layout.LiveTopic{Topic: b.Topic, Blocks: b.Blocks})
		if err != nil {
			return nil, err
		}
		f := theme.TopicFrame(site, page, b.Topic.Path())
		f.NoIndex = true
		if body, err = theme.TopicPage.Draw(f, page); err != nil {
			return nil, err
		}
	}
	return dressed(body, theme.HomeFrame(site)), nil
}
