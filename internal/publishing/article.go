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
	at := it.FirstPublishedAt
	if at.IsZero() {
		at = it.CreatedAt
	}
	return "/content/" + at.In(calendar.Shanghai).Format("200601") + "/" + strings.ToLower(string(it.ID)) + ".html"
}

// ElderPath is the page's twin in the elder layout.
func ElderPath(it library.Item) string { return "/elder" + Path(it) }

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
		return pl.Site != registry.SiteID(d.site.ID) || !ok && pl.ArchivedAt.IsZero()
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
		d.rendering = d.rendering || slices.Contains(read, it.Type)
		d.out = append(d.out, path)
		return errors.Join(d.departed(ctx, it), d.left(ctx, id))
	}
	d.seen[id] = true
	it, v, err := d.p.library.LiveItem(ctx, d.q, id)
	if err != nil {
		return err
	}
	d.rendering = d.rendering || slices.Contains(read, v.Type)
	archived := places[0].ArchivedAt // live places come first
	column, open := d.column(places[0].Column)
	if !open {
		column = theme.Column{Name: places[0].ColumnName, Type: "其他"}
	}
	body, err := d.body(ctx, v)
	if err != nil {
		return err
	}
	files := body + filesOf(v)
	if body, err = d.outward(ctx, body); err != nil {
		return err
	}
	a := article(it, v, column)
	a.Body = theme.Body(body)
	if a.SourceURL != "" {
		if page, err := d.leaves(ctx, a.SourceURL); err != nil {
			return err
		} else if page != "" {
			a.SourceURL = page
		}
	}
	if err := d.standing(ctx, it, &a); err != nil {
		return err
	}
	if err := d.ended(ctx, id, archived, &a); err != nil {
		return err
	}
	if !a.Updated.IsZero() {
		change, err := d.p.library.LiveChange(ctx, d.q, id, v.No)
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
	if a.Dataset, err = d.dataset(ctx, it, v); err != nil {
		return err
	}
	if a.Person != nil {
		said, err := d.p.library.LiveNaming(ctx, d.q, registry.SiteID(d.site.ID), a.Person.Name, speeches)
		if err != nil {
			return err
		}
		for _, e := range said {
			a.Person.Speeches = append(a.Person.Speeches, toEntry(e))
		}
	} else if err := d.named(ctx, v); err != nil {
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
	var forms map[library.ItemID]string
	if v.Type == library.Policy && len(linked) > 0 {
		if forms, err = d.p.library.LinkForms(ctx, d.q, id); err != nil {
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
				link.Text = "【" + f + "】" + link.Text
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
	}
	path, elder := Path(it), ElderPath(it)
	frame := theme.ArticleFrame(d.site, a, path, elder)
	drawn := theme.ArticlePage
	if a.Person != nil {
		drawn = theme.PersonPage
	}
	b, err := drawn.Draw(frame, a)
	if err != nil {
		return err
	}
	changed := it.PublishedAt
	if a.Updated.After(changed) {
		changed = a.Updated
	}
	if err := d.e.put(Page{Path: path, Status: 200, Kind: htmlKind, Item: string(id), Changed: changed.UTC()}, b); err != nil {
		return err
	}
	if b, err = theme.ElderArticlePage.Draw(frame.Elderly(elder), a); err != nil {
		return err
	}
	if err := d.e.put(Page{Path: elder, Status: 200, Kind: htmlKind, Item: string(id)}, b); err != nil {
		return err
	}
	if err := errors.Join(d.media(ctx, files, string(id)), d.left(ctx, id)); err != nil {
		return err
	}
	f := facets(it, v, column, !archived.IsZero())
	d.put = append(d.put, search.Document{
		Path: path, Ref: cmp.Or(it.Ref, string(it.ID)), Title: it.Title, Number: it.DocNo, Kind: column.Name, Published: it.PublishedAt, Text: v.Text, Facets: f,
		Sum: v.SHA256 + " " + column.Name + " " + it.PublishedAt.UTC().Format(time.RFC3339) + sumOfFacets(f),
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

// named draws the pages of people in charge whom an item names, since they list
// it.
func (d *drawing) named(ctx context.Context, v library.Version) error {
	if v.Keywords == "" || d.e.fresh { // drawn whole: each is drawn anyway
		return nil
	}
	words := strings.FieldsFunc(v.Keywords, func(r rune) bool { return r == ';' || r == '；' })
	for _, c := range d.ofType("负责人信息") {
		list, err := d.p.library.LiveItems(ctx, d.q, registry.ColumnID(c.ID), mostPeople, 0)
		if err != nil {
			return err
		}
		for _, e := range list {
			if name := e.Item.Answers["name"]; name != "" && slices.Contains(words, name) {
				if err := d.item(ctx, e.Item.ID); err != nil {
					return err
				}
			}
		}
	}
	return nil
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
