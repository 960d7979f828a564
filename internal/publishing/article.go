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
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/prose"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
	"zhengshu/internal/search"
)

// Path is where an item's page lies on every site: it depends on nothing that
// ever changes.
func Path(it library.Item) string {
	if foreign(it) {
		return theme.EditionPath(it.Language, it.Path())
	}
	return it.Path()
}

// ElderPath is the page's twin in the elder layout; "" for an item in another
// language, which has none.
func ElderPath(it library.Item) string {
	if foreign(it) {
		return ""
	}
	return "/elder" + Path(it)
}

// items draws the pages of items on this site, or says that they are gone.
func (d *drawing) items(ctx context.Context, ids []library.ItemID) error {
	for batch := range slices.Chunk(ids, 100) {
		var todo []library.ItemID
		for _, id := range batch {
			if !d.seen[id] {
				todo = append(todo, id)
			}
		}
		live, err := d.p.library.LiveBatch(ctx, d.q, todo)
		if err != nil {
			return err
		}
		for _, id := range todo {
			if d.seen[id] {
				continue
			}
			if err := d.item(ctx, id, live[id]); err != nil {
				return err
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// moved remembers where an item stood and stands in its columns.
func (d *drawing) moved(old Page, now Spots) {
	if d.whole {
		return // every list is drawn
	}
	for _, list := range []Spots{old.Shown, now} {
		for _, at := range list {
			id := registry.ColumnID(at.Column)
			if _, ok := d.columns[id]; !ok {
				d.columns[id] = false
			}
			d.places[id] = append(d.places[id], at.Place)
		}
	}
}

// item draws an item's pages on this site, or says that it is gone; l is nil
// when the item is live nowhere.
func (d *drawing) item(ctx context.Context, id library.ItemID, l *library.Live) error {
	var places []library.Placement
	if l != nil {
		places = d.standsAt(l.Places)
	}
	if len(places) == 0 {
		it, err := d.p.library.ItemTx(ctx, d.q, duty, id)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		path := Path(it)
		was, before, err := d.e.was(path)
		if err != nil {
			return err
		}
		if _, drawn := d.e.page(path); !before && !drawn && !d.e.fresh {
			return nil // linked item that stands on other sites only
		}
		d.seen[id], d.types[it.Type] = true, true
		d.moved(was, nil)
		d.lose(path)
		return errors.Join(d.departed(ctx, it), d.left(ctx, id))
	}
	d.seen[id] = true
	it, v := l.Item, l.Version
	d.types[it.Type] = true
	column, archived := d.columnOf(places[0]), places[0].ArchivedAt
	body, err := d.body(ctx, v)
	if err != nil {
		return err
	}
	files := body + filesOf(v)
	a := article(it, v, column)
	if body, err = d.exhibit(ctx, it, v, body, &a); err != nil {
		return err
	}
	if body, err = d.outward(ctx, body); err != nil {
		return err
	}
	a.Write(body)
	if err := d.beside(ctx, it, v, l.Ended, archived, &a); err != nil {
		return err
	}
	if l.Effected || it.Validity != "" && it.Validity != library.InForce {
		if err := d.standing(ctx, it, &a); err != nil {
			return err
		}
	}
	if l.Tied {
		if err := d.related(ctx, it, &a); err != nil {
			return err
		}
	}
	path, elder := Path(it), ElderPath(it)
	var was Page
	if !d.whole {
		if was, _, err = d.e.was(path); err != nil {
			return err
		}
	}
	shown := make(Spots, 0, len(places))
	for _, pl := range places {
		if !pl.ArchivedAt.IsZero() {
			continue // it is in no list any more
		}
		shown = append(shown, Spot{string(pl.Column), library.Place{At: pl.ShownAt, ID: pl.ID}})
	}
	d.moved(was, shown)
	if err := errors.Join(d.media(ctx, files, string(id)), d.left(ctx, id)); err != nil {
		return err
	}
	if old, ok := d.movedIn(it); ok && old != path {
		if err := d.redirect(old, path, string(id)); err != nil {
			return err
		}
	}
	twins, err := d.twins(ctx, it)
	if err != nil {
		return err
	}
	changed := it.PublishedAt
	if a.Updated.After(changed) {
		changed = a.Updated
	}
	d.later(func() error {
		var b []byte
		var err error
		if a.Person != nil && elder != "" {
			b, err = theme.PersonPage.Draw(theme.ArticleFrame(d.site, a, path, elder), a)
		} else {
			b, err = theme.DrawArticle(d.site, a, it.Language, path, elder, twins)
		}
		if err != nil {
			return err
		}
		if err := d.e.put(Page{Path: path, Status: 200, Kind: htmlKind, Item: string(id), Shown: shown, Changed: changed.UTC()}, b); err != nil {
			return err
		}
		if elder != "" {
			if b, err = theme.DrawElderArticle(d.site, a, path, elder); err != nil {
				return err
			}
			if err := d.e.put(Page{Path: elder, Status: 200, Kind: htmlKind, Item: string(id)}, b); err != nil {
				return err
			}
		}
		d.find(document(it, v, column, !archived.IsZero()))
		return nil
	})
	return nil
}

// related are the items linked with one that stand on this site.
func (d *drawing) related(ctx context.Context, it library.Item, a *theme.Article) error {
	linked, err := d.p.library.Linked(ctx, d.q, it.ID)
	if err != nil {
		return err
	}
	clauses, err := d.p.library.LinkedClauses(ctx, d.q, it.ID)
	if err != nil {
		return err
	}
	var forms map[library.ItemID]string
	if it.Type == library.Policy && len(linked) > 0 {
		if forms, err = d.p.library.LinkForms(ctx, d.q, it.ID); err != nil {
			return err
		}
	}
	for _, l := range linked {
		here, err := d.p.library.LivePlacements(ctx, d.q, l.ID)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(here, func(pl library.Placement) bool { return pl.Site == registry.SiteID(d.site.ID) }) {
			link := theme.Link{Text: l.Title, Href: Path(l)}
			if f := forms[l.ID]; f != "" {
				link.Text = "【" + f + "】" + strings.TrimPrefix(link.Text, f+"：")
			}
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
		return d.forms(ctx, it, linked, a)
	}
	return nil
}

// document is what the search index keeps of an item.
func document(it library.Item, v library.Version, column theme.Column, archived bool) search.Document {
	f := facets(it, v, column, archived)
	return search.Document{
		Path: Path(it), Ref: cmp.Or(it.Ref, string(it.ID)), Title: it.Title, Number: it.DocNo, Kind: column.Name, Published: it.PublishedAt, Text: v.Text, Facets: f,
		Sum: v.SHA256 + " " + column.Name + " " + it.PublishedAt.UTC().Format(time.RFC3339) + sumOfFacets(f),
	}
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
		Summary: v.Summary, Keywords: v.Keywords, News: v.Type == library.News,
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
	a.Write(v.HTML)
	if v.Origin != library.Repost && v.Origin != library.MovedIn && len(v.AuthorID) == 26 { // a person of the house, not a duty of it
		a.Author = v.AuthorName
	}
	answers := v.Answers
	switch v.Type {
	case library.Leader:
		a.Person = &theme.Person{Name: answers["name"], Post: answers["post"], Photo: localOr(answers["photo"]), Duties: linesOf(answers["duties"]), Since: answers["since"], Until: answers["until"]}
		a.Image = a.Person.Photo
	case library.Organisation:
		u := unitCard(v.Title, "", answers)
		a.Unit = &u
	case library.Interpretation:
		a.Interprets = true
		a.Form, a.By = answers["form"], answers["interpreter"]
	case library.QA:
		a.Question, a.Answer = answers["question"], v.Text
	case library.Guide:
		a.Service, a.Phone = true, answers["contact"]
	}
	if a.Image == "" {
		a.Image = leadPicture(v.HTML)
	}
	for _, q := range v.Type.Sort().Fields {
		if answer := answers[q.Name]; q.Shown && answer != "" && a.Person == nil {
			a.Facts = append(a.Facts, theme.HeadCell{Name: q.Label, Value: strings.ReplaceAll(answer, "\n", "；")})
		}
	}
	return a
}

// standsAt are the places of an item that have a page on this site: live ones
// in its columns, then archived ones, whose column may be no more.
func (d *drawing) standsAt(places []library.Placement) []library.Placement {
	return slices.DeleteFunc(slices.Clone(places), func(pl library.Placement) bool {
		_, ok := d.column(pl.Column)
		return pl.Site != registry.SiteID(d.site.ID) || !ok && pl.ArchivedAt.IsZero()
	})
}

// columnOf is the column of a place, by its name alone where it is no more.
func (d *drawing) columnOf(pl library.Placement) theme.Column {
	if c, ok := d.column(pl.Column); ok {
		return c
	}
	return theme.Column{Name: pl.ColumnName, Type: "其他"}
}

// beside says on an item's page what other records know of it: how it ended,
// what its change was, its data, what a person in charge has said.
func (d *drawing) beside(ctx context.Context, it library.Item, v library.Version, ended bool, archived time.Time, a *theme.Article) error {
	if a.SourceURL != "" {
		if page, err := d.leaves(ctx, a.SourceURL); err != nil {
			return err
		} else if page != "" {
			a.SourceURL = page
		}
	}
	if ended {
		if err := d.ended(ctx, it.ID, archived, a); err != nil {
			return err
		}
	}
	if !a.Updated.IsZero() {
		change, err := d.p.library.LiveChange(ctx, d.q, it.ID, v.No)
		if err != nil {
			return err
		}
		switch change {
		case library.Form:
			a.ChangeAs = "更正"
		case library.Substance:
			a.ChangeAs = "内容更新"
		}
	}
	var err error
	if a.Dataset, err = d.dataset(ctx, it, v); err != nil {
		return err
	}
	if a.Person == nil {
		return nil
	}
	said, err := d.p.library.LiveNaming(ctx, d.q, registry.SiteID(d.site.ID), a.Person.Name, speeches)
	for _, e := range said {
		a.Person.Speeches = append(a.Person.Speeches, toEntry(e))
	}
	return err
}

// speeches are how many of what somebody said and did stand on his page.
const speeches = 10

// leadPicture is the first picture of a text.
func leadPicture(body string) string {
	if !strings.Contains(body, "<img") {
		return ""
	}
	z := html.NewTokenizer(strings.NewReader(body))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return ""
		case html.StartTagToken, html.SelfClosingTagToken:
			if t := z.Token(); t.Data == "img" {
				for _, a := range t.Attr {
					if a.Key == "src" {
						return a.Val
					}
				}
			}
		}
	}
}

// filesOf are the files that the answers of a version name, as a text would
// show them: portrait, data file.
func filesOf(v library.Version) string {
	var b strings.Builder
	for _, q := range v.Type.Sort().Fields {
		if path := localOr(v.Answers[q.Name]); q.Kind == library.AskMedia && path != "" {
			b.WriteString(`<img src="` + html.EscapeString(path) + `">`)
		}
	}
	return b.String()
}

// named are the pages of people in charge whom items name, since they list them.
func (d *drawing) named(ctx context.Context, ids []library.ItemID) ([]library.ItemID, error) {
	var out []library.ItemID
	for _, c := range d.ofType("负责人信息") {
		list, err := d.p.library.LiveItems(ctx, d.q, registry.ColumnID(c.ID), mostPeople, 0)
		if err != nil {
			return nil, err
		}
		for _, e := range list {
			name := e.Item.Answers["name"]
			if name == "" {
				continue
			}
			for _, id := range ids {
				it, err := d.p.library.ItemTx(ctx, d.q, duty, id)
				if fault.Is(err, fault.NotFound) {
					continue
				}
				if err != nil {
					return nil, err
				}
				if slices.Contains(strings.FieldsFunc(it.Keywords, func(r rune) bool { return r == ';' || r == '；' }), name) {
					out = append(out, e.Item.ID)
					break
				}
			}
		}
	}
	return out, nil
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

// hadFiles reports whether the release before shows any file of a text.
func (d *drawing) hadFiles() bool {
	if d.e.before == nil {
		return false
	}
	d.files.Do(func() {
		for _, names := range []map[string]string{d.e.before.Lists, d.e.before.Folders} {
			for name := range names {
				d.filed = d.filed || strings.HasPrefix(name, "/media/")
			}
		}
	})
	return d.filed
}

// left takes out the files that nothing live on the site shows any more.
func (d *drawing) left(ctx context.Context, id library.ItemID) error {
	if d.p.config.Left == nil || !d.hadFiles() {
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
	if d.p.config.Media == nil || d.e.dry || !strings.Contains(body, "=\"/") {
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
			if old, _ := d.e.page(path); !ok || old != nil && old.Status == 200 {
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
