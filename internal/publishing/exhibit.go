package publishing

import (
	"cmp"
	"context"
	"errors"
	"path"
	"slices"
	"strings"

	"zhengshu/internal/library"
	"zhengshu/internal/prose"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
)

// exhibit takes what an item shows out of its text: the pictures of a set, the
// film or recording, an interpretation by either. The theme lays it out in a
// view of its own; what is left is the text beside it (the transcript of a
// film). body is the whole text as it was; it stays for every other type and
// for items in other languages.
func (d *drawing) exhibit(ctx context.Context, it library.Item, v library.Version, body string, a *theme.Article) (string, error) {
	how := ""
	switch {
	case foreign(it):
	case v.Type == library.Pictures:
		how = "picture"
	case v.Type == library.Media:
		return body, d.player(ctx, v, localOr(v.Answers["file"]), v.Title, "", v.Answers["medium"] == "音频", a)
	case v.Type == library.Interpretation:
		how = a.Explained()
	}
	if how != "picture" && how != "film" && how != "sound" {
		return body, nil
	}
	doc, err := prose.Parse([]byte(v.Doc))
	if err != nil {
		return "", err
	}
	var wrong error
	var look func(string) (prose.Shown, bool)
	if d.p.config.Look != nil {
		look = func(p string) (prose.Shown, bool) {
			s, ok, err := d.p.config.Look(ctx, d.q, p)
			wrong = errors.Join(wrong, err)
			return s, ok
		}
	}
	var rest prose.Doc
	for _, n := range doc.Content {
		kind, src := n.Word("kind"), localOr(n.Word("src"))
		switch {
		case n.Type != prose.Figure || src == "":
			rest.Content = append(rest.Content, n)
		case how == "picture" && kind == "image":
			a.Plates = append(a.Plates, plate(n, src, len(a.Plates)+1, look))
		case how != "picture" && (kind == "video" || kind == "audio") && a.Player == nil:
			if err := d.player(ctx, v, src, n.Described(), n.Word("caption"), kind == "audio", a); err != nil {
				return "", err
			}
		default:
			rest.Content = append(rest.Content, n)
		}
	}
	if wrong != nil || len(rest.Content) == len(doc.Content) {
		return body, wrong
	}
	return rest.Page(look), wrong
}

// plate is a figure of a text as one picture of a set.
func plate(n prose.Node, src string, no int, look func(string) (prose.Shown, bool)) theme.Plate {
	l := Lead{Src: src, Alt: n.Described()}
	if look != nil {
		if s, ok := look(src); ok {
			l.Width, l.Height = s.Width, s.Height
			for _, w := range s.Widths {
				l.Widths = append(l.Widths, LeadWidth{w.Path, w.Width})
			}
		}
	}
	p := theme.Plate{No: no, Picture: *l.picture(), Caption: cmp.Or(n.Word("caption"), n.Described()), Source: n.Word("source")}
	p.Picture.Sizes, p.Picture.Late = plateSizes, no > 1
	return p
}

const plateSizes = "(max-width: 1008px) 100vw, 960px"

// player is a film or a recording as the page shows it.
func (d *drawing) player(ctx context.Context, v library.Version, src, label, caption string, sound bool, a *theme.Article) error {
	if src == "" {
		return nil
	}
	p := &theme.Player{Sound: sound, Src: src, Kind: mediaKinds[strings.ToLower(path.Ext(src))], Label: label, Caption: caption,
		Poster: localOr(v.Answers["poster"]), Captions: localOr(v.Answers["captions"]), Duration: v.Answers["duration"]}
	if d.p.config.Look != nil {
		s, ok, err := d.p.config.Look(ctx, d.q, src)
		if err != nil {
			return err
		}
		if ok {
			p.Name, p.Size = s.Kind, s.Size
		}
	}
	a.Player = p
	return nil
}

var mediaKinds = map[string]string{".mp4": "video/mp4", ".m4v": "video/mp4", ".webm": "video/webm", ".mp3": "audio/mpeg", ".m4a": "audio/mp4"}

// forms are the interpretations of the same files that stand on this site, in
// the order of the forms that the type names; each leads to the others.
func (d *drawing) forms(ctx context.Context, it library.Item, policies []library.Item, a *theme.Article) error {
	var all []library.Item
	said := map[library.ItemID]string{}
	for _, p := range policies {
		list, err := d.p.library.Linked(ctx, d.q, p.ID)
		if err != nil {
			return err
		}
		forms, err := d.p.library.LinkForms(ctx, d.q, p.ID)
		if err != nil {
			return err
		}
		for _, l := range list {
			if l.Type == library.Interpretation && said[l.ID] == "" {
				said[l.ID] = cmp.Or(forms[l.ID], l.Answers["form"], "解读")
				all = append(all, l)
			}
		}
	}
	order := formOrder()
	slices.SortStableFunc(all, func(x, y library.Item) int {
		return cmp.Or(cmp.Compare(order[said[x.ID]], order[said[y.ID]]), cmp.Compare(x.ID, y.ID))
	})
	for _, l := range all {
		here, err := d.p.library.LivePlacements(ctx, d.q, l.ID)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(here, func(pl library.Placement) bool { return pl.Site == registry.SiteID(d.site.ID) }) {
			continue
		}
		a.Forms = append(a.Forms, theme.FormLink{Form: said[l.ID], Title: strings.TrimPrefix(l.Title, said[l.ID]+"："), Href: Path(l), Elder: ElderPath(l), Current: l.ID == it.ID})
	}
	return nil
}

// formOrder ranks the forms of interpretation as their question lists them;
// others come first.
func formOrder() map[string]int {
	out := map[string]int{}
	for _, q := range library.Interpretation.Sort().Fields {
		if q.Name == "form" {
			for i, o := range q.Options {
				out[o] = i + 1
			}
		}
	}
	return out
}
