package publishing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/html"

	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/prose"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
	"zhengshu/internal/search"
)

// How many entries stand where.
const (
	perPage   = 20
	homeMain  = 7
	homeMore  = 5
	feedItems = 30
)

const (
	htmlKind = "text/html; charset=utf-8"
	xmlKind  = "application/xml; charset=utf-8"
	rssKind  = "application/rss+xml; charset=utf-8"
	textKind = "text/plain; charset=utf-8"
)

// drawing fills an edit.
type drawing struct {
	p       *Publisher
	q       db.Querier
	e       *edit
	site    theme.Site
	seen    map[library.ItemID]bool
	columns map[registry.ColumnID]bool // whose pages are drawn; true: all of them
	put     []search.Document
	out     []string
}

// Path is where an item's page lies on every site: it depends on nothing that
// ever changes.
func Path(it library.Item) string {
	at := it.FirstPublishedAt
	if at.IsZero() {
		at = it.CreatedAt
	}
	return "/content/" + at.In(calendar.Shanghai).Format("200601") + "/" + strings.ToLower(string(it.ID)) + ".html"
}

// ElderPath is the page's twin in the elder layout.
func ElderPath(it library.Item) string { return "/elder" + Path(it) }

func (d *drawing) draw(path, kind string, body []byte, err error) error {
	if err != nil {
		return err
	}
	return d.e.put(Page{Path: path, Status: 200, Kind: kind}, body)
}

// everything draws the whole site. What used to be at a content address and is
// no more is 410; files of earlier themes stay for pages that are still open
// somewhere.
func (d *drawing) everything(ctx context.Context) error {
	after := library.PlacementID("")
	for {
		list, err := d.p.library.LiveOnSite(ctx, d.q, registry.SiteID(d.site.ID), after, 200)
		if err != nil {
			return err
		}
		for _, entry := range list {
			if err := d.item(ctx, entry.Item.ID); err != nil {
				return err
			}
			after = entry.Placement.ID
		}
		if len(list) == 0 {
			break
		}
	}
	withdrawn, err := d.p.library.Withdrawn(ctx, d.q, registry.SiteID(d.site.ID))
	if err != nil {
		return err
	}
	for _, w := range withdrawn {
		if err := d.item(ctx, w.Item); err != nil {
			return err
		}
	}
	if d.e.before != nil {
		if err := d.e.before.Each(func(p Page) error {
			if d.e.pages[p.Path] != nil {
				return nil
			}
			switch {
			case p.Status == 410 || strings.HasPrefix(p.Path, "/content/") || strings.HasPrefix(p.Path, "/elder/content/"):
				return d.gone(p.Path, p.Item)
			case p.Status == 301 || strings.HasPrefix(p.Path, "/theme/") || p.Item != "":
				if p.Hash != "" {
					d.e.pages[p.Path] = &p
				}
			}
			return nil
		}); err != nil {
			d.p.config.Log.Error("release before is damaged, its old addresses are not taken over", "site", d.site.ID, "error", err)
		}
	}
	for _, c := range d.site.Columns {
		d.columns[registry.ColumnID(c.ID)] = true
	}
	return d.around(ctx, true)
}

// dependents draws what the changes touch.
func (d *drawing) dependents(ctx context.Context, changes []change) error {
	for _, c := range changes {
		if c.column != "" {
			d.columns[c.column] = true
		}
		if err := d.item(ctx, c.item); err != nil {
			return err
		}
		linked, err := d.p.library.Linked(ctx, d.q, c.item)
		if err != nil {
			return err
		}
		for _, l := range linked {
			if err := d.item(ctx, l.ID); err != nil {
				return err
			}
		}
	}
	return d.around(ctx, false)
}

// item draws an item's pages on this site, or says that it is gone.
func (d *drawing) item(ctx context.Context, id library.ItemID) error {
	if d.seen[id] {
		return nil
	}
	places, err := d.p.library.LivePlacements(ctx, d.q, id)
	if err != nil {
		return err
	}
	places = slices.DeleteFunc(places, func(pl library.Placement) bool {
		_, ok := d.column(pl.Column)
		return pl.Site != registry.SiteID(d.site.ID) || !ok
	})
	if len(places) == 0 {
		it, err := d.p.library.ItemTx(ctx, d.q, duty, id)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		path := Path(it)
		_, was, err := d.e.was(path)
		if err != nil {
			return err
		}
		if !was && !d.e.fresh {
			return nil // linked item that stands on other sites only
		}
		d.seen[id] = true
		d.out = append(d.out, path)
		return errors.Join(d.gone(path, string(id)), d.gone(ElderPath(it), string(id)), d.left(ctx, id))
	}
	d.seen[id] = true
	it, v, err := d.p.library.LiveItem(ctx, d.q, id)
	if err != nil {
		return err
	}
	column, _ := d.column(places[0].Column)
	body, err := d.body(ctx, v)
	if err != nil {
		return err
	}
	a := article(it, v, column)
	a.Body = theme.Body(body)
	if err := d.standing(ctx, it, &a); err != nil {
		return err
	}
	linked, err := d.p.library.Linked(ctx, d.q, id)
	if err != nil {
		return err
	}
	clauses, err := d.p.library.LinkedClauses(ctx, d.q, id)
	if err != nil {
		return err
	}
	for _, l := range linked {
		here, err := d.p.library.LivePlacements(ctx, d.q, l.ID)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(here, func(pl library.Placement) bool { return pl.Site == registry.SiteID(d.site.ID) }) {
			link := theme.Link{Text: l.Title, Href: Path(l)}
			if c := clauses[l.ID]; c.Anchor != "" {
				link.Text += "（" + c.Label + "）"
				if it.Type == library.Interpretation {
					link.Href += "#" + c.Anchor
				}
			}
			a.Related = append(a.Related, link)
		}
	}
	a.RelatedAs = "相关解读"
	if it.Type == library.Interpretation {
		a.RelatedAs = "解读的文件"
	}
	path, elder := Path(it), ElderPath(it)
	frame := theme.ArticleFrame(d.site, a, path, elder)
	b, err := theme.ArticlePage.Draw(frame, a)
	if err != nil {
		return err
	}
	if err := d.e.put(Page{Path: path, Status: 200, Kind: htmlKind, Item: string(id)}, b); err != nil {
		return err
	}
	if b, err = theme.ElderArticlePage.Draw(frame.Elderly(elder), a); err != nil {
		return err
	}
	if err := d.e.put(Page{Path: elder, Status: 200, Kind: htmlKind, Item: string(id)}, b); err != nil {
		return err
	}
	if err := errors.Join(d.media(ctx, body, string(id)), d.left(ctx, id)); err != nil {
		return err
	}
	d.put = append(d.put, search.Document{
		Path: path, Ref: cmp.Or(it.Ref, string(it.ID)), Title: it.Title, Number: it.DocNo, Kind: column.Name, Published: it.PublishedAt, Text: v.Text,
		Sum: v.SHA256 + " " + column.Name + " " + it.PublishedAt.UTC().Format(time.RFC3339),
	})
	for _, pl := range places {
		if _, ok := d.columns[pl.Column]; !ok {
			d.columns[pl.Column] = false
		}
	}
	return nil
}

// standing labels a document that was amended or repealed, has lapsed or is
// not in force yet (网站发展指引: on the original page), and names both ways.
func (d *drawing) standing(ctx context.Context, it library.Item, a *theme.Article) error {
	on, by, err := d.p.library.LiveEffects(ctx, d.q, it.ID)
	if err != nil {
		return err
	}
	link := func(id library.ItemID, title, number string) (theme.Link, error) {
		if number != "" {
			title = "《" + title + "》（" + number + "）"
		} else {
			title = "《" + title + "》"
		}
		if id == "" {
			return theme.Link{Text: title}, nil
		}
		here, err := d.p.library.LivePlacements(ctx, d.q, id)
		if err != nil || !slices.ContainsFunc(here, func(pl library.Placement) bool { return pl.Site == registry.SiteID(d.site.ID) }) {
			return theme.Link{Text: title}, err
		}
		other, _, err := d.p.library.LiveItem(ctx, d.q, id)
		if fault.Is(err, fault.NotFound) {
			return theme.Link{Text: title}, nil
		}
		return theme.Link{Text: title, Href: Path(other)}, err
	}
	for _, e := range by {
		l, err := link(e.Target, e.TargetTitle, e.TargetNo)
		if err != nil {
			return err
		}
		l.Text = e.Name() + "：" + l.Text
		a.Affects = append(a.Affects, l)
	}
	s := theme.Standing{Ended: !it.Validity.Holds()}
	switch it.Validity {
	case library.Repealed:
		s.Says = "本文件已废止"
	case library.Amended:
		s.Says = "本文件已修改"
	case library.Expired:
		s.Says = "本文件已失效，有效期至" + it.EndsOn.Chinese() + "。"
	case library.Pending:
		s.Says = "本文件尚未生效，自" + it.EffectiveOn.Chinese() + "起施行。"
	default:
		return nil
	}
	if it.Validity == library.Repealed || it.Validity == library.Amended {
		effect := library.Amends
		if it.Validity == library.Repealed {
			effect = library.Repeals
		}
		for _, e := range on {
			if e.Effect != effect {
				continue
			}
			title := e.ByTitle
			if e.By == "" {
				title = e.ByName
			}
			l, err := link(e.By, title, e.ByNo)
			if err != nil {
				return err
			}
			if e.By == "" {
				l.Text = e.ByName
			}
			l.Text += "，自" + e.EffectiveOn.Chinese() + "起"
			s.By = append(s.By, l)
		}
		if len(s.By) > 0 {
			s.Says += "，依据："
		}
	}
	a.Standing = &s
	return nil
}

// article is an item's version as a page of the theme shows it.
func article(it library.Item, v library.Version, column theme.Column) theme.Article {
	a := theme.Article{
		Title: v.Title, Column: column, Published: it.PublishedAt, Source: cmp.Or(v.Source, it.UnitName), SourceURL: v.SourceURL,
		Summary: v.Summary, Keywords: v.Keywords, Body: theme.Body(v.HTML), News: v.Type == library.News, // made by prose: safe by construction
	}
	if !it.FirstPublishedAt.IsZero() && v.At.After(it.FirstPublishedAt) && v.No > 1 {
		a.Updated = v.At
	}
	if v.Type == library.Policy || v.DocNo != "" {
		a.Policy = &theme.PolicyHead{IndexNo: v.IndexNo, Topic: v.Topic, Issuer: cmp.Or(v.Issuer, it.UnitName), Title: v.Title, Number: v.DocNo,
			Released: it.PublishedAt.In(calendar.Shanghai).Format(time.DateOnly)}
		a.Policy.Written, a.Policy.From, a.Policy.Until = v.Written.Chinese(), v.EffectiveOn.Chinese(), v.EndsOn.Chinese()
		a.Policy.State, a.Policy.Filing = it.Validity.Name(), v.FilingNo
		if v.CoIssuers != "" {
			a.Policy.Issuer += " " + strings.ReplaceAll(v.CoIssuers, ";", " ")
		}
	}
	for _, q := range v.Type.Sort().Fields {
		if answer := v.Answers[q.Name]; q.Shown && answer != "" {
			a.Facts = append(a.Facts, theme.HeadCell{Name: q.Label, Value: strings.ReplaceAll(answer, "\n", "；")})
		}
	}
	return a
}

func (d *drawing) gone(path, item string) error {
	b, err := theme.DrawMessage(d.site, theme.MessageFor(410, ""), path)
	if err != nil {
		return err
	}
	return d.e.put(Page{Path: path, Status: 410, Kind: htmlKind, Item: item}, b)
}

// body is the text of a version with what is known of its files.
func (d *drawing) body(ctx context.Context, v library.Version) (string, error) {
	policy := v.Type == library.Policy // interpretations lead to its clauses
	looks := d.p.config.Look != nil && strings.Contains(v.HTML, "=\"/")
	if !looks && !policy {
		return v.HTML, nil
	}
	doc, err := prose.Parse([]byte(v.Doc))
	if err != nil {
		return "", err
	}
	var wrong error
	var look func(path string) (prose.Shown, bool)
	if looks {
		look = func(path string) (prose.Shown, bool) {
			s, ok, err := d.p.config.Look(ctx, d.q, path)
			wrong = errors.Join(wrong, err)
			return s, ok
		}
	}
	if policy {
		return doc.Anchored(look), wrong
	}
	return doc.Page(look), wrong
}

// left takes out the files that nothing live on the site shows any more.
func (d *drawing) left(ctx context.Context, id library.ItemID) error {
	if d.p.config.Left == nil {
		return nil
	}
	paths, err := d.p.config.Left(ctx, d.q, string(id), d.site.ID)
	if err != nil {
		return err
	}
	for _, path := range paths {
		if _, was, err := d.e.was(path); err != nil {
			return err
		} else if was {
			if err := d.gone(path, string(id)); err != nil {
				return err
			}
		}
	}
	return nil
}

// media brings the pictures and attachments of a text into the release.
func (d *drawing) media(ctx context.Context, body, item string) error {
	if d.p.config.Media == nil || !strings.Contains(body, "=\"/") {
		return nil
	}
	z := html.NewTokenizer(strings.NewReader(body))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return nil
		case html.StartTagToken, html.SelfClosingTagToken:
		default:
			continue
		}
		t := z.Token()
		file := t.Data == "img" || t.Data == "video" || t.Data == "audio"
		for _, a := range t.Attr {
			file = file || t.Data == "a" && a.Key == "download"
		}
		var paths []string
		for _, a := range t.Attr {
			switch {
			case file && (a.Key == "src" || a.Key == "href"):
				paths = append(paths, a.Val)
			case file && a.Key == "srcset":
				for _, one := range strings.Split(a.Val, ",") {
					path, _, _ := strings.Cut(strings.TrimSpace(one), " ")
					paths = append(paths, path)
				}
			}
		}
		for _, named := range paths {
			path, ok := localFile(named)
			if old := d.e.pages[path]; !ok || old != nil && old.Status == 200 {
				continue
			}
			r, kind, err := d.p.config.Media(ctx, path)
			if errors.Is(err, fs.ErrNotExist) {
				d.p.config.Log.Warn("file of an item is not there", "item", item, "path", path)
				continue
			}
			if err != nil {
				return err
			}
			b, err := io.ReadAll(io.LimitReader(r, MaxObject+1))
			if err := errors.Join(err, r.Close()); err != nil {
				return err
			}
			if len(b) > MaxObject {
				return fmt.Errorf("publishing: %s of item %s is larger than %d bytes", path, item, MaxObject)
			}
			if err := d.e.put(Page{Path: path, Status: 200, Kind: kind, Item: item}, b); err != nil {
				return err
			}
		}
	}
}

func (d *drawing) column(id registry.ColumnID) (theme.Column, bool) {
	for _, c := range d.site.Columns {
		if c.ID == string(id) {
			return c, true
		}
	}
	return theme.Column{}, false
}

// around draws columns, home, feeds, maps and the fixed pages.
func (d *drawing) around(ctx context.Context, whole bool) error {
	for id := range d.columns {
		if c, ok := d.column(id); ok && c.Parent != "" {
			if _, drawn := d.columns[registry.ColumnID(c.Parent)]; !drawn {
				d.columns[registry.ColumnID(c.Parent)] = false
			}
		}
	}
	for id, all := range d.columns {
		if c, ok := d.column(id); ok {
			if err := d.columnPages(ctx, c, whole || all); err != nil {
				return err
			}
		}
	}
	if err := d.home(ctx); err != nil {
		return err
	}
	if whole {
		for _, f := range theme.Files() {
			if err := d.draw(f.Path, f.Kind, f.Body, nil); err != nil {
				return err
			}
		}
		b, err := theme.MapPage.Draw(theme.PlainFrame(d.site, "网站地图", "/map.html", "", ""), theme.MapOf(d.site))
		if err := d.draw("/map.html", htmlKind, b, err); err != nil {
			return err
		}
		for _, t := range theme.TextPages(d.site) {
			b, err := theme.TextPage.Draw(theme.PlainFrame(d.site, t.Text.Title, t.Path, "", ""), t.Text)
			if err := d.draw(t.Path, htmlKind, b, err); err != nil {
				return err
			}
		}
		// The end of the month, eleven months on: drawing again within a month
		// gives the same file.
		expires := time.Date(d.e.now.Year(), d.e.now.Month()+12, 1, 0, 0, 0, 0, time.UTC)
		if err := d.draw("/robots.txt", textKind, theme.Robots(d.site), nil); err != nil {
			return err
		}
		if err := d.draw("/.well-known/security.txt", textKind, theme.SecurityText(d.site, expires), nil); err != nil {
			return err
		}
	}
	return d.sitemaps()
}

func toEntry(e library.Entry) theme.Entry {
	return theme.Entry{Title: e.Title(), Href: Path(e.Item), Elder: ElderPath(e.Item), At: e.Placement.ShownAt, Number: e.Item.DocNo, Source: e.Item.Source, Brief: e.Item.Summary, Pinned: e.Placement.Top > 0}
}

func (d *drawing) entries(ctx context.Context, c theme.Column, limit, offset int) ([]theme.Entry, error) {
	list, err := d.p.library.LiveItems(ctx, d.q, registry.ColumnID(c.ID), limit, offset)
	if err != nil {
		return nil, err
	}
	out := make([]theme.Entry, len(list))
	for i, e := range list {
		out[i] = toEntry(e)
	}
	return out, nil
}

// newest are the newest entries of a column; one that holds only columns shows
// theirs.
func (d *drawing) newest(ctx context.Context, c theme.Column, limit int) ([]theme.Entry, error) {
	out, err := d.entries(ctx, c, limit, 0)
	if err != nil || len(out) > 0 {
		return out, err
	}
	seen := map[string]bool{}
	for _, below := range d.site.Below(c.ID) {
		more, err := d.entries(ctx, below, limit, 0)
		if err != nil {
			return nil, err
		}
		for _, e := range more {
			if !seen[e.Href] {
				seen[e.Href] = true
				e.Pinned = false
				out = append(out, e)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b theme.Entry) int { return b.At.Compare(a.At) })
	return out[:min(len(out), limit)], nil
}

// columnPages draws a column. Archive pages are numbered from the oldest and
// full, so that a new item moves none; the column's own page holds the newest,
// between one and two pages of them. all draws every archive page, else those
// that a new item can touch.
func (d *drawing) columnPages(ctx context.Context, c theme.Column, all bool) error {
	n, err := d.p.library.CountLive(ctx, d.q, registry.ColumnID(c.ID))
	if err != nil {
		return err
	}
	archives := max(0, n/perPage-1)
	first := n - archives*perPage
	p := theme.ColumnPage{Column: c, Children: d.site.Below(c.ID), Siblings: d.site.Top()}
	if c.Parent != "" {
		p.Siblings = d.site.Below(c.Parent)
	}
	if p.Entries, err = d.newest(ctx, c, max(first, perPage)); err != nil {
		return err
	}
	if archives > 0 {
		p.Entries = p.Entries[:min(first, len(p.Entries))]
		p.Older, p.Oldest = theme.ArchivePath(c, archives), theme.ArchivePath(c, 1)
	}
	frame := theme.ColumnFrame(d.site, p)
	b, err := theme.ColumnListPage.Draw(frame, p)
	if err := d.draw(c.Href(), htmlKind, b, err); err != nil {
		return err
	}
	b, err = theme.ElderColumnPage.Draw(frame.Elderly(c.ElderHref()), p)
	if err := d.draw(c.ElderHref(), htmlKind, b, err); err != nil {
		return err
	}
	b, err = theme.Feed(d.site, c.Name+"_"+d.site.Name, c.Href(), c.Description, p.Entries[:min(len(p.Entries), feedItems)])
	if err := d.draw(c.Feed(), rssKind, b, err); err != nil {
		return err
	}
	from := 1
	if !all {
		from = max(1, archives-1)
	}
	for k := from; k <= archives; k++ {
		q := theme.ColumnPage{Column: c, Children: p.Children, Siblings: p.Siblings, Page: k, Newer: c.Href()}
		// Page k holds the k-th twenty from the oldest.
		if q.Entries, err = d.entries(ctx, c, perPage, first+(archives-k)*perPage); err != nil {
			return err
		}
		if k < archives {
			q.Newer = theme.ArchivePath(c, k+1)
		}
		if k > 1 {
			q.Older, q.Oldest = theme.ArchivePath(c, k-1), theme.ArchivePath(c, 1)
		}
		b, err := theme.ColumnListPage.Draw(theme.ColumnFrame(d.site, q), q)
		if err := d.draw(theme.ArchivePath(c, k), htmlKind, b, err); err != nil {
			return err
		}
	}
	// Fewer items, fewer pages.
	for k := archives + 1; ; k++ {
		path := theme.ArchivePath(c, k)
		if _, ok, err := d.e.was(path); err != nil || !ok {
			return err
		}
		if !d.e.fresh {
			d.e.drop(path)
		}
	}
}

func (d *drawing) home(ctx context.Context) error {
	var h theme.Home
	var feed []theme.Entry
	seen := map[string]bool{}
	block := func(c theme.Column, n int) (theme.Block, error) {
		e, err := d.newest(ctx, c, n)
		if err != nil {
			return theme.Block{}, err
		}
		return theme.Block{Column: c, Entries: e}, nil
	}
	main := map[string]int{"政务动态": 0, "通知公告": 0, "政策文件": 0, "政策解读": 0}
	for _, c := range d.site.Top() {
		used, special := main[c.Type]
		n := homeMore
		if special && used == 0 && (c.Type == "政务动态" || c.Type == "通知公告") {
			n = homeMain + 1
		}
		b, err := block(c, n)
		if err != nil {
			return err
		}
		for _, e := range b.Entries {
			if !seen[e.Href] {
				seen[e.Href] = true
				feed = append(feed, e)
			}
		}
		switch {
		case special && used == 0 && n > homeMain:
			h.Main = append(h.Main, b)
		case special && used == 0:
			h.Policy = append(h.Policy, b)
		case len(h.Others) < 6:
			h.Others = append(h.Others, b)
		}
		main[c.Type]++
	}
	for _, b := range h.Main {
		if b.Column.Type == "政务动态" && len(b.Entries) > 0 {
			h.Lead = b.Entries[0]
		}
	}
	for i, b := range h.Main {
		rest := b.Entries
		if h.Lead.Href != "" && len(rest) > 0 && rest[0].Href == h.Lead.Href {
			rest = rest[1:] // it stands above already
		}
		h.Main[i].Entries = rest[:min(len(rest), homeMain)]
	}
	slices.SortStableFunc(feed, func(a, b theme.Entry) int { return b.At.Compare(a.At) })
	if len(feed) > 0 {
		h.Updated = feed[0].At
	}
	b, err := theme.HomePage.Draw(theme.HomeFrame(d.site), h)
	if err := d.draw("/", htmlKind, b, err); err != nil {
		return err
	}
	b, err = theme.ElderHomePage.Draw(theme.ElderHomeFrame(d.site), theme.ElderHomeOf(d.site, feed[:min(len(feed), 6)]))
	if err := d.draw("/elder/", htmlKind, b, err); err != nil {
		return err
	}
	b, err = theme.Feed(d.site, d.site.Name, "/", d.site.Name+"最新信息", feed[:min(len(feed), feedItems)])
	return d.draw("/rss.xml", rssKind, b, err)
}

// sitemaps draws one map for the fixed pages and one for each list of content
// that changed, so that an item touches one of them.
func (d *drawing) sitemaps() error {
	lists := map[string]bool{}
	for path := range d.e.pages {
		if strings.HasPrefix(path, "/content/") {
			lists[listOf(path)] = true
		}
	}
	names := map[string]bool{}
	if d.e.before != nil && !d.e.fresh {
		for name := range d.e.before.Lists {
			if strings.HasPrefix(name, "/content/") {
				names[mapPath(name)] = true
			}
		}
	}
	for name := range lists {
		all := map[string]Page{}
		if d.e.before != nil && !d.e.fresh {
			old, err := d.e.store.list(d.e.before.Lists[name])
			if err != nil {
				return err
			}
			for k, v := range old {
				all[k] = v
			}
		}
		for path, p := range d.e.pages {
			if listOf(path) != name {
				continue
			}
			if p == nil {
				delete(all, path)
			} else {
				all[path] = *p
			}
		}
		var at []theme.Location
		for path, p := range all {
			if p.Status == 200 {
				at = append(at, theme.Location{Path: path, Changed: p.Modified})
			}
		}
		slices.SortFunc(at, func(a, b theme.Location) int { return cmp.Compare(a.Path, b.Path) })
		names[mapPath(name)] = true
		b, err := theme.Sitemap(d.site, at)
		if err := d.draw(mapPath(name), xmlKind, b, err); err != nil {
			return err
		}
	}
	fixed := []theme.Location{{Path: "/"}, {Path: "/map.html"}, {Path: "/elder/"}}
	for _, t := range theme.TextPages(d.site) {
		fixed = append(fixed, theme.Location{Path: t.Path})
	}
	for _, c := range d.site.Columns {
		fixed = append(fixed, theme.Location{Path: c.Href()})
	}
	b, err := theme.Sitemap(d.site, fixed)
	if err := d.draw("/sitemap-pages.xml", xmlKind, b, err); err != nil {
		return err
	}
	paths := []string{"/sitemap-pages.xml"}
	for n := range names {
		paths = append(paths, n)
	}
	slices.Sort(paths)
	b, err = theme.SitemapIndex(d.site, paths)
	return d.draw("/sitemap.xml", xmlKind, b, err)
}

// mapPath is the sitemap of a list: /content/202611/2 is /sitemap-202611-2.xml.
func mapPath(list string) string {
	month := strings.TrimPrefix(list, "/content/")
	return "/sitemap-" + strings.ReplaceAll(month, "/", "-") + ".xml"
}
