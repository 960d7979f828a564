package publishing

import (
	"context"
	"errors"

	"zhengshu/internal/db"
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
	s, _, a, err := p.stage(ctx, it, v, site, column)
	if err != nil {
		return nil, err
	}
	path, twin := Path(it), ElderPath(it)
	frame := theme.ArticleFrame(s, a, path, twin)
	frame.NoIndex = true
	var b []byte
	if elder {
		b, err = theme.ElderArticlePage.Draw(frame.Elderly(twin), a)
	} else {
		b, err = drawStaged(frame, a)
	}
	if err != nil {
		return nil, err
	}
	return s.InConsole(b, ""), nil
}

// Staged draws what Preview shows as it would go out, for the checks: with the
// files of the public site, and its path. path is empty where the item would stand
// on no site that is hosted here.
func (p *Publisher) Staged(ctx context.Context, it library.Item, v library.Version, site registry.SiteID, column registry.ColumnID) (page []byte, path string, err error) {
	s, hosted, a, err := p.stage(ctx, it, v, site, column)
	if err != nil || !hosted {
		return nil, "", err
	}
	path = Path(it)
	page, err = drawStaged(theme.ArticleFrame(s, a, path, ElderPath(it)), a)
	return page, path, err
}

// stage is the site and the article of a version before it is published.
func (p *Publisher) stage(ctx context.Context, it library.Item, v library.Version, site registry.SiteID, column registry.ColumnID) (s theme.Site, hosted bool, a theme.Article, err error) {
	s = theme.Site{Name: it.UnitName, Sponsor: it.UnitName, Demo: p.config.Demo}
	if site != "" {
		known, ok, err := p.info(ctx, p.db, site)
		if err != nil {
			return s, false, a, err
		}
		if ok {
			s, hosted = known, true
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
	return s, hosted, article(it, v, c), nil
}

func drawStaged(frame theme.Frame, a theme.Article) ([]byte, error) {
	if a.Person != nil {
		return theme.PersonPage.Draw(frame, a)
	}
	return theme.ArticlePage.Draw(frame, a)
}

// ownPages are the samples that a site can show with its own content.
var ownPages = map[string]string{"home": "/", "elder-home": "/elder/"}

// PreviewPage draws one kind of page of a hosted site in another choice: with
// the site's own content where it has any, else a sample in its frame. as is
// how it is looked at; the caller has checked the scope.
func (p *Publisher) PreviewPage(ctx context.Context, site registry.SiteID, c theme.Choice, sample, as string) ([]byte, error) {
	drawn, ok := theme.SampleOf(sample)
	if !ok {
		return nil, fault.Missing("样页")
	}
	info, hosted, err := p.info(ctx, p.db, site)
	if err != nil {
		return nil, err
	}
	if !hosted {
		return nil, fault.New(fault.Refused, "这个站点没有在本平台运行，不能预览。")
	}
	if info.Emergency != nil && sample != "emergency" {
		info.Emergency = nil // the bar and the page have a preview of their own
	}
	info = p.Wearing(ctx, info, c)
	var b []byte
	err = p.db.View(ctx, func(tx *db.Tx) error {
		var err error
		b, err = p.own(ctx, tx, info, sample)
		return err
	})
	if err == nil && b == nil {
		b, err = drawn.Draw(drawn.Site(info))
	}
	if err != nil {
		return nil, err
	}
	return info.InConsole(b, as), nil
}

// own draws a page with the site's own content; nil when there is none.
func (p *Publisher) own(ctx context.Context, tx *db.Tx, info theme.Site, sample string) ([]byte, error) {
	e := p.store.edit(registry.SiteID(info.ID), nil, false, p.db.Now())
	e.dry, e.kept = true, map[string][]byte{}
	d := p.drawing(tx, e, info, false)
	defer d.pool.end()
	if path, ok := ownPages[sample]; ok {
		if err := errors.Join(d.home(ctx), d.pool.wait()); err != nil {
			return nil, err
		}
		if page, ok := e.page(path); ok && page != nil && page.Status == 200 {
			return e.kept[page.Hash], nil
		}
		return nil, nil
	}
	switch sample {
	case "column", "elder-column":
		for _, c := range info.Columns {
			list, err := d.newest(ctx, c, perPage)
			if err != nil {
				return nil, err
			}
			if len(list) == 0 {
				continue
			}
			page := theme.ColumnPage{Column: c, Children: info.Below(c.ID), Siblings: info.Top(), Entries: list}
			frame := theme.ColumnFrame(info, page)
			if sample == "column" {
				return theme.ColumnListPage.Draw(frame, page)
			}
			return theme.ElderColumnPage.Draw(frame.Elderly(c.ElderHref()), page)
		}
	case "article", "elder-article", "policy":
		for _, c := range info.Columns {
			if (sample == "policy") != (c.Type == "政策文件") && sample != "elder-article" {
				continue
			}
			list, err := p.library.LiveItems(ctx, tx, registry.ColumnID(c.ID), 1, 0)
			if err != nil {
				return nil, err
			}
			if len(list) == 0 {
				continue
			}
			it, v, err := p.library.LiveItem(ctx, tx, list[0].Item.ID)
			if fault.Is(err, fault.NotFound) {
				continue
			}
			if err != nil {
				return nil, err
			}
			a := article(it, v, c)
			frame := theme.ArticleFrame(info, a, Path(it), ElderPath(it))
			if sample == "elder-article" {
				return theme.ElderArticlePage.Draw(frame.Elderly(ElderPath(it)), a)
			}
			return theme.ArticlePage.Draw(frame, a)
		}
	}
	return nil, nil
}

// Sample draws a sample page of a choice for a site that need not be: for the
// list of themes.
func (p *Publisher) Sample(ctx context.Context, c theme.Choice, sample, as string) ([]byte, error) {
	drawn, ok := theme.SampleOf(sample)
	if !ok {
		return nil, fault.Missing("样页")
	}
	var trouble *theme.Trouble
	s := theme.Site{Demo: p.config.Demo, Look: c}
	if c.Hash != "" {
		t, err := p.dresser.Theme(ctx, c)
		if err != nil {
			return nil, err
		}
		s = s.Dressed(t, func(x theme.Trouble) { trouble = &x })
	}
	b, err := drawn.Draw(drawn.Site(s))
	if err == nil && trouble != nil {
		err = errors.Join(fault.New(fault.Refused, "这个主题画不出这一页："+trouble.Says), trouble.Cause)
	}
	if err != nil {
		return nil, err
	}
	return s.InConsole(b, as), nil
}

// PreviewEmergency draws an emergency front page as the site would show it. The
// caller has checked the scope.
func (p *Publisher) PreviewEmergency(ctx context.Context, site registry.SiteID, e theme.Emergency) ([]byte, error) {
	info, hosted, err := p.info(ctx, p.db, site)
	if err != nil {
		return nil, err
	}
	if !hosted {
		return nil, fault.Missing("站点")
	}
	info.Emergency = &e
	b, err := theme.EmergencyPage.Draw(theme.EmergencyFrame(info), e)
	if err != nil {
		return nil, err
	}
	return info.InConsole(b, ""), nil
}

// PreviewBoard draws a composition as the site's own page would show it, with
// what is public now; a topic in the elder layout where that is asked for. The
// caller has checked that the board is in scope.
func (p *Publisher) PreviewBoard(ctx context.Context, b layout.Board, elder bool) ([]byte, error) {
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
		if elder {
			body, err = theme.ElderTopicPage.Draw(f.Elderly(f.Elder), page)
		} else {
			body, err = theme.TopicPage.Draw(f, page)
		}
		if err != nil {
			return nil, err
		}
	}
	return site.InConsole(body, ""), nil
}
