package publishing

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"zhengshu/internal/layout"
	"zhengshu/internal/library"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
)

// ComposedBy sets who says how home pages and topics are composed; without it
// every home page is as its kind begins and there are no topics.
func (p *Publisher) ComposedBy(l *layout.Service) { p.layouts = l }

// composing fills blocks with what they show. One reads each column once.
type composing struct {
	d        *drawing
	news     map[string][]theme.Entry
	complete map[string]bool // columns that have no more than was read
	columns  []registry.Column
	lead     string // what stands as the headline
}

func (d *drawing) compose() *composing {
	c := &composing{d: d, news: map[string][]theme.Entry{}, complete: map[string]bool{}}
	for _, o := range d.site.Columns {
		c.columns = append(c.columns, registry.Column{ID: registry.ColumnID(o.ID), Parent: registry.ColumnID(o.Parent), Slug: o.Slug, Name: o.Name, Type: o.Type})
	}
	return c
}

// readAhead of a column: enough for most blocks, so that it is read once.
const readAhead = homeMain + 5

// ahead reads what the blocks of a page show of columns, at once.
func (c *composing) ahead(ctx context.Context, blocks []layout.Block) error {
	most := map[registry.ColumnID]int{}
	for _, b := range blocks {
		n := readAhead
		switch b.Kind {
		case layout.Lead, layout.Columns:
		case layout.List, layout.Pictures, layout.Leaders:
			n = max(n, b.Entries()+1)
			if b.Kind == layout.Pictures || b.Pictures {
				n = max(3*b.Entries(), 20)
			}
		default:
			continue
		}
		for _, id := range b.Columns {
			if col, ok := c.column(id); ok && c.news[col.ID] == nil {
				most[id] = max(most[id], n)
			}
		}
	}
	if len(most) < 2 {
		return nil
	}
	var want []library.Ahead
	for _, id := range slices.Sorted(maps.Keys(most)) {
		want = append(want, library.Ahead{Column: id, Limit: most[id]})
	}
	read, err := c.d.p.library.LiveAhead(ctx, c.d.q, want)
	if err != nil {
		return err
	}
	var list []library.Entry
	for _, w := range want {
		list = append(list, read[w.Column]...)
	}
	entries := make([]theme.Entry, len(list))
	for i, e := range list {
		entries[i] = toEntry(e)
	}
	if err := c.d.leads(ctx, list, entries); err != nil {
		return err
	}
	for _, w := range want {
		if n := len(read[w.Column]); n > 0 { // else it may hold columns that show theirs
			c.news[string(w.Column)], entries = entries[:n:n], entries[n:]
			c.complete[string(w.Column)] = n < w.Limit
		}
	}
	return nil
}

// newest entries of a column.
func (c *composing) newest(ctx context.Context, col theme.Column, n int) ([]theme.Entry, error) {
	have, ok := c.news[col.ID]
	if !ok || len(have) < n && n > readAhead && !c.complete[col.ID] {
		var err error
		if have, err = c.d.newest(ctx, col, max(n, readAhead)); err != nil {
			return nil, err
		}
		c.news[col.ID] = have
	}
	return have[:min(n, len(have))], nil
}

func (c *composing) column(id registry.ColumnID) (theme.Column, bool) { return c.d.column(id) }

// bands fills the blocks of one page; those that have nothing to show are left
// out.
func (c *composing) bands(ctx context.Context, blocks []layout.Block) ([]theme.Band, error) {
	if err := c.ahead(ctx, blocks); err != nil {
		return nil, err
	}
	var out []theme.Band
	for i, b := range blocks {
		band, ok, err := c.band(ctx, b, "band-"+strconv.Itoa(i+1))
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, band)
		}
	}
	return out, nil
}

// late tells the browser that pictures below the first screen may wait.
func late(list []theme.Entry) []theme.Entry {
	out := slices.Clone(list)
	for i := range out {
		if out[i].Picture != nil {
			p := *out[i].Picture
			p.Late = true
			out[i].Picture = &p
		}
	}
	return out
}

func (c *composing) band(ctx context.Context, b layout.Block, id string) (theme.Band, bool, error) {
	site := c.d.site
	band := theme.Band{ID: id, Kind: string(b.Kind), Heading: b.Heading, Briefs: b.Briefs}
	n := b.Entries()
	var cols []theme.Column
	for _, k := range b.Columns {
		if col, ok := c.column(k); ok {
			cols = append(cols, col)
		}
	}
	for _, l := range b.Links {
		band.Links = append(band.Links, theme.Entrance{Text: l.Text, Href: l.Href, Note: l.Note, Icon: l.Icon})
	}
	named := func(usual string) {
		if band.Heading == "" {
			band.Heading = usual
		}
	}
	switch b.Kind {
	case layout.Notices:
		band.Notices = site.Notices
		return band, len(band.Notices) > 0, nil
	case layout.Lead:
		for _, col := range cols {
			list, err := c.newest(ctx, col, 1)
			if err != nil || len(list) == 0 {
				return band, false, err
			}
			band.Lead, c.lead = list[0], list[0].Href
		}
		return band, band.Lead.Title != "", nil
	case layout.List, layout.Pictures, layout.Leaders:
		if len(cols) == 0 {
			return band, false, nil
		}
		named(cols[0].Name)
		band.More = cols[0].Href()
		want := n + 1
		if b.Kind == layout.Pictures || b.Pictures {
			want = max(3*n, 20)
		}
		list, err := c.newest(ctx, cols[0], want)
		if err != nil {
			return band, false, err
		}
		list = c.without(list)
		if b.Kind == layout.Pictures {
			band.Shots = late(shots(list, n))
			return band, len(band.Shots) > 0, nil
		}
		if b.Pictures {
			band.Shots = late(shots(list, 4))
		}
		band.Entries = list[:min(n, len(list))]
		return band, b.Kind == layout.List || len(band.Entries) > 0, nil
	case layout.Columns:
		var all []theme.Entry
		for _, col := range cols {
			list, err := c.newest(ctx, col, n+1)
			if err != nil {
				return band, false, err
			}
			all = append(all, list...)
			list = c.without(list)
			band.Blocks = append(band.Blocks, theme.Block{Column: col, Entries: list[:min(n, len(list))]})
		}
		if b.Pictures && len(band.Blocks) == 2 {
			slices.SortStableFunc(all, func(a, b theme.Entry) int { return b.At.Compare(a.At) })
			band.Shots = shots(all, shotsAtHome)
		}
		return band, len(band.Blocks) > 0, nil
	case layout.Search:
		named("政策文件搜索")
		band.Text, band.More = b.Text, site.Doors.Search
		if band.Text == "" {
			band.Text = "文号、标题或正文里的一句话"
		}
		return band, band.More != "", nil
	case layout.Services:
		named("办事服务")
		var first []theme.Entrance
		if site.Doors.Services != "" {
			first = append(first, theme.Entrance{Text: "政务服务网", Href: site.Doors.Services, Note: "网上办事、查办理进度", Icon: "service", First: true})
		}
		for _, col := range site.Top() {
			if col.Type == "办事服务" && len(first) < 4 {
				first = append(first, theme.Entrance{Text: col.Name, Href: col.Href(), Icon: "doc"})
			}
		}
		band.Links = append(first, band.Links...)
		return band, len(band.Links) > 0, nil
	case layout.Interaction:
		named("互动交流")
		var own []theme.Entrance
		for _, e := range []theme.Entrance{
			{Text: "写信", Href: site.Doors.Letters, Note: "咨询、建议、投诉", Icon: "letter"}, {Text: "查询来信", Href: site.Doors.LetterQuery, Note: "凭编号和查询码", Icon: "query"},
			{Text: "查文件", Href: site.Doors.Search, Note: "按文号、标题、原句", Icon: "find"}, {Text: "网站找错", Href: site.Doors.ErrorReport, Note: "链接、内容有错", Icon: "error"},
			{Text: "联系我们", Href: "/contact.html", Note: "地址、电话", Icon: "place"},
		} {
			if e.Href != "" {
				own = append(own, e)
			}
		}
		band.Links = append(own, band.Links...)
		return band, true, nil
	case layout.Matrix:
		named("政府网站和政务新媒体矩阵")
		if at := c.d.matrixPath(); at != "" {
			band.Links = append([]theme.Entrance{{Text: "查看矩阵", Href: at}}, band.Links...)
		}
		return band, len(band.Links) > 0, nil
	case layout.Topics:
		named("专题")
		band.More = theme.TopicsPath
		topics, err := c.running(ctx)
		if err != nil {
			return band, false, err
		}
		for _, t := range topics[:min(n, len(topics))] {
			card, err := c.d.card(ctx, t)
			if err != nil {
				return band, false, err
			}
			band.Topics = append(band.Topics, card)
		}
		return band, len(band.Topics) > 0, nil
	case layout.Figures:
		named("信息公开统计")
		for _, col := range cols {
			n, err := c.d.p.library.LiveIn(ctx, c.d.q, registry.ColumnID(col.ID))
			if err != nil {
				return band, false, err
			}
			band.Figures = append(band.Figures, theme.Figure{Name: col.Name, Href: col.Href(), N: n})
		}
		return band, len(band.Figures) > 0, nil
	case layout.Picked:
		named("精选")
		list, err := c.d.picked(ctx, b.Items)
		if err != nil {
			return band, false, err
		}
		band.Entries = list
		if b.Pictures {
			band.Shots = late(shots(list, 4))
		}
		return band, len(list) > 0, nil
	case layout.Words:
		band.Text = b.Text
		return band, b.Text != "", nil
	default: // icons, links
		named("相关链接")
		return band, len(band.Links) > 0, nil
	}
}

// without is a list without what stands as the headline already.
func (c *composing) without(list []theme.Entry) []theme.Entry {
	if len(list) > 0 && c.lead != "" && list[0].Href == c.lead {
		return list[1:]
	}
	return list
}

// picked are hand-picked items, in their order, that are public on this site.
func (d *drawing) picked(ctx context.Context, items []library.ItemID) ([]theme.Entry, error) {
	list, err := d.p.library.LiveOf(ctx, d.q, registry.SiteID(d.site.ID), items)
	if err != nil {
		return nil, err
	}
	out := make([]theme.Entry, len(list))
	for i, e := range list {
		out[i] = toEntry(e)
	}
	return out, d.leads(ctx, list, out)
}

func (d *drawing) home(ctx context.Context) error {
	c := d.compose()
	site := registry.Site{ID: registry.SiteID(d.site.ID), Kind: registry.SiteKind(d.site.Kind)}
	blocks := layout.Default(site.Kind, c.columns)
	if d.p.layouts != nil {
		var err error
		if blocks, err = d.p.layouts.LiveHome(ctx, d.q, site, c.columns); err != nil {
			return err
		}
	}
	h, err := c.home(ctx, blocks)
	if err != nil {
		return err
	}
	feed, err := d.news(ctx)
	if err != nil {
		return err
	}
	if len(feed) > 0 {
		h.Updated = feed[0].At
	}
	f := theme.HomeFrame(d.site)
	f.Class += h.Class()
	b, err := theme.HomePage.Draw(f, h)
	if err := d.draw("/", htmlKind, b, err); err != nil {
		return err
	}
	elder := theme.ElderHomeOf(d.site, feed[:min(len(feed), 6)])
	topics, err := c.running(ctx)
	if err != nil {
		return err
	}
	for _, t := range topics[:min(len(topics), elderTopics)] {
		elder.Topics = append(elder.Topics, theme.TopicCard{Title: t.Title, Href: t.Path()})
	}
	b, err = theme.ElderHomePage.Draw(theme.ElderHomeFrame(d.site), elder)
	if err := d.draw("/elder/", htmlKind, b, err); err != nil {
		return err
	}
	return d.feeds(ctx, theme.FeedOf{Title: d.site.Name, Path: "/", Description: d.site.Name + "最新信息", RSS: "/rss.xml", Entries: feed[:min(len(feed), feedItems)]}, true)
}

// elderTopics are named on the elder home, those that end first before.
const elderTopics = 4

// news is what is new on the site, whatever its home page shows of it: read at
// once, so that it costs the same with however many columns.
func (d *drawing) news(ctx context.Context) ([]theme.Entry, error) {
	var foreign []registry.ColumnID
	for _, c := range d.site.Foreign {
		foreign = append(foreign, registry.ColumnID(c.ID))
	}
	var list []library.Entry
	for most := 2 * feedItems; ; most *= 4 {
		all, err := d.p.library.Newest(ctx, d.q, registry.SiteID(d.site.ID), foreign, most)
		if err != nil {
			return nil, err
		}
		list = list[:0]
		seen := map[library.ItemID]bool{}
		for _, e := range all {
			if _, open := d.column(e.Placement.Column); open && !seen[e.Item.ID] && len(list) < feedItems {
				seen[e.Item.ID] = true
				list = append(list, e)
			}
		}
		if len(list) == feedItems || len(all) < most { // else many stand in several columns
			break
		}
	}
	out := make([]theme.Entry, len(list))
	for i, e := range list {
		out[i] = toEntry(e)
		out[i].Pinned = false
	}
	return out, d.leads(ctx, list, out)
}

func (c *composing) home(ctx context.Context, blocks []layout.Block) (theme.Home, error) {
	bands, err := c.bands(ctx, blocks)
	return theme.Home{Bands: bands}, err
}

// matrixPath is where the site shows the matrices; "" for nowhere.
func (d *drawing) matrixPath() string {
	if !d.site.Matrix {
		return ""
	}
	return theme.MatrixPath
}
