package publishing

import (
	"context"
	"slices"
	"strings"

	"zhengshu/internal/calendar"
	"zhengshu/internal/layout"
	"zhengshu/internal/library"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
)

// running topics of the site, what ends first before.
func (c *composing) running(ctx context.Context) ([]layout.LiveTopic, error) {
	all, err := c.all(ctx)
	if err != nil {
		return nil, err
	}
	var out []layout.LiveTopic
	for _, t := range all {
		if t.State == layout.TopicRunning {
			out = append(out, t)
		}
	}
	return out, nil
}

// all are the topics of the site, running and archived, asked once for a release.
func (c *composing) all(ctx context.Context) ([]layout.LiveTopic, error) {
	if c.d.topics != nil || c.d.p.layouts == nil {
		return c.d.topics, nil
	}
	list, err := c.d.p.layouts.LiveTopics(ctx, c.d.q, registry.SiteID(c.d.site.ID), c.columns)
	if list == nil {
		list = []layout.LiveTopic{}
	}
	c.d.topics = list
	return list, err
}

// mapPage is the site's map for people. Topics stand on it for good: the home
// page names only those that run, and not on every site.
func (d *drawing) mapPage(ctx context.Context) error {
	topics, err := d.compose().all(ctx)
	if err != nil {
		return err
	}
	m := theme.MapOf(d.site)
	m.Topics = len(topics) > 0
	b, err := theme.MapPage.Draw(theme.PlainFrame(d.site, "网站地图", "/map.html", "", ""), m)
	return d.draw("/map.html", htmlKind, b, err)
}

// card leads to a topic.
func (d *drawing) card(ctx context.Context, t layout.LiveTopic) (theme.TopicCard, error) {
	c := theme.TopicCard{Title: t.Title, Href: t.Path(), Intro: firstSentence(t.Intro), Ends: t.EndsOn.String()}
	if !t.ArchivedAt.IsZero() {
		c.Archived, c.Ends = true, calendar.DateOf(t.ArchivedAt).String()
	}
	var err error
	c.Picture, err = d.banner(ctx, t, "(max-width: 640px) 100vw, 380px")
	return c, err
}

func firstSentence(s string) string {
	if i := strings.IndexAny(s, "。！？\n"); i > 0 {
		s = s[:i]
	}
	r := []rune(s)
	if len(r) > 60 {
		return string(r[:59]) + "…"
	}
	return s
}

// banner is a topic's picture, which is brought into the release.
func (d *drawing) banner(ctx context.Context, t layout.LiveTopic, sizes string) (*theme.Picture, error) {
	if t.Banner == "" || d.p.config.Media == nil {
		return nil, nil
	}
	p := &theme.Picture{Src: t.Banner, Alt: t.BannerAlt, Sizes: sizes}
	if d.p.config.Look != nil {
		shown, ok, err := d.p.config.Look(ctx, d.q, t.Banner)
		if err != nil {
			return nil, err
		}
		if ok {
			p.Width, p.Height = shown.Width, shown.Height
		}
	}
	if err := d.media(ctx, `<img src="`+t.Banner+`">`, ""); err != nil {
		return nil, err
	}
	return p, nil
}

// topicFamily draws the topics that the changes touch, and their list.
func (d *drawing) topicFamily(ctx context.Context) error {
	c := d.compose()
	all, err := c.all(ctx)
	if err != nil {
		return err
	}
	list := d.whole || d.parts[TopicsPart]
	for _, t := range all {
		touched := slices.ContainsFunc(t.Blocks, func(b layout.Block) bool {
			return slices.ContainsFunc(b.Columns, func(k registry.ColumnID) bool { _, ok := d.columns[k]; return ok }) ||
				slices.ContainsFunc(b.Items, func(k library.ItemID) bool { return d.seen[k] })
		})
		// What is archived stays as it was, but for what is gone from its lists.
		if !list && !touched {
			continue
		}
		if err := d.topicPage(ctx, t); err != nil {
			return err
		}
	}
	if !list {
		return nil
	}
	if !wholly(d) {
		if err := d.mapPage(ctx); err != nil {
			return err
		}
	}
	if len(all) == 0 {
		if _, was, err := d.e.was(theme.TopicsPath); err != nil || !was {
			return err
		}
	}
	var page theme.Topics
	for _, t := range all {
		card, err := d.card(ctx, t)
		if err != nil {
			return err
		}
		if card.Archived {
			card.Picture = nil
			page.Archived = append(page.Archived, card)
		} else {
			page.Running = append(page.Running, card)
		}
	}
	frame := theme.TopicsFrame(d.site)
	b, err := theme.TopicsPage.Draw(frame, page)
	if err := d.draw(theme.TopicsPath, htmlKind, b, err); err != nil {
		return err
	}
	b, err = theme.ElderTopicsPage.Draw(frame.Elderly(frame.Elder), page)
	return d.draw(frame.Elder, htmlKind, b, err)
}

func (d *drawing) topicPage(ctx context.Context, t layout.LiveTopic) error {
	c := d.compose()
	page, err := d.topic(ctx, c, t)
	if err != nil {
		return err
	}
	frame := theme.TopicFrame(d.site, page, t.Path())
	b, err := theme.TopicPage.Draw(frame, page)
	if err := d.draw(t.Path(), htmlKind, b, err); err != nil {
		return err
	}
	b, err = theme.ElderTopicPage.Draw(frame.Elderly(frame.Elder), page)
	if err := d.draw(frame.Elder, htmlKind, b, err); err != nil {
		return err
	}
	var feed []theme.Entry
	seen := map[string]bool{}
	add := func(list ...theme.Entry) {
		for _, e := range list {
			if e.Href != "" && !seen[e.Href] {
				seen[e.Href] = true
				feed = append(feed, e)
			}
		}
	}
	for _, band := range page.Bands {
		add(band.Entries...)
		add(band.Shots...)
		if band.Lead.Title != "" {
			add(band.Lead)
		}
		for _, o := range band.Blocks {
			add(o.Entries...)
		}
	}
	slices.SortStableFunc(feed, func(a, b theme.Entry) int { return b.At.Compare(a.At) })
	return d.feeds(ctx, theme.FeedOf{Title: t.Title + "_" + d.site.Name, Path: t.Path(), Description: t.Intro, RSS: t.Path() + "rss.xml", Entries: feed[:min(len(feed), feedItems)]}, false)
}

func (d *drawing) topic(ctx context.Context, c *composing, t layout.LiveTopic) (theme.Topic, error) {
	page := theme.Topic{Title: t.Title, Intro: t.Intro, Archived: t.ArchivedAt}
	if t.ArchivedAt.IsZero() {
		page.Ends = t.EndsOn.String()
	}
	var err error
	if page.Banner, err = d.banner(ctx, t, "(max-width: 1200px) 100vw, 1200px"); err != nil {
		return page, err
	}
	page.Bands, err = c.bands(ctx, t.Blocks)
	return page, err
}
