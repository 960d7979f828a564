package publishing

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhengshu/internal/publishing/theme"
)

// sitemaps draws one map for the fixed pages and those of the content that
// changed: an item touches one of them.
func (d *drawing) sitemaps(ctx context.Context) error {
	names := map[string]bool{}
	for _, prefix := range d.contents() {
		if err := d.contentMaps(prefix, names); err != nil {
			return err
		}
	}
	fixed := []theme.Location{{Path: "/"}, {Path: "/map.html"}, {Path: "/elder/"}}
	if d.site.Matrix {
		fixed = append(fixed, theme.Location{Path: "/matrix/"})
	}
	for _, t := range theme.TextPages(d.site) {
		fixed = append(fixed, theme.Location{Path: t.Path})
	}
	for _, l := range d.site.Sections {
		fixed = append(fixed, theme.Location{Path: l.Href})
	}
	for _, c := range slices.Concat(d.site.Columns, d.site.Foreign) {
		fixed = append(fixed, theme.Location{Path: c.Href()})
	}
	topics, err := d.compose().all(ctx)
	if err != nil {
		return err
	}
	if len(topics) > 0 {
		fixed = append(fixed, theme.Location{Path: theme.TopicsPath})
	}
	for _, t := range topics {
		fixed = append(fixed, theme.Location{Path: t.Path()})
	}
	b, err := theme.Sitemap(d.site, fixed)
	if err := d.draw("/sitemap-pages.xml", xmlKind, b, err); err != nil {
		return err
	}
	files := []theme.Location{{Path: "/sitemap-pages.xml"}}
	for n := range names {
		files = append(files, theme.Location{Path: n, Changed: d.drawnAt(n)})
	}
	slices.SortFunc(files, func(a, b theme.Location) int { return cmp.Compare(a.Path, b.Path) })
	b, err = theme.SitemapIndex(d.site, files)
	return d.draw("/sitemap.xml", xmlKind, b, err)
}

// contents are the folders of articles: the Chinese ones and those of editions.
func (d *drawing) contents() []string {
	out := []string{"/content/"}
	for _, e := range d.site.Editions() {
		out = append(out, theme.EditionPath(e.Lang, "/content/"))
	}
	return out
}

// contentMaps draws the maps of a folder of articles that changed, and puts the
// paths of all that stand into names. One map holds the lists that are parted
// from one: some hundreds to thousands of pages.
func (d *drawing) contentMaps(prefix string, names map[string]bool) error {
	c, err := d.e.content(prefix)
	if err != nil {
		return err
	}
	touched := map[string]bool{}         // maps
	lists := map[string]map[string]any{} // map → its lists: hashes, and pages of those that changed
	put := func(list string, is any) {
		if lists[mapOf(list)] == nil {
			lists[mapOf(list)] = map[string]any{}
		}
		lists[mapOf(list)][list] = is
	}
	if d.e.before != nil && !d.e.fresh {
		if err := d.e.before.everyList(prefix, func(name, hash string) error {
			put(name, hash)
			return nil
		}); err != nil {
			return err
		}
	}
	for _, name := range c.gone {
		touched[mapOf(name)] = true
		delete(lists[mapOf(name)], name)
	}
	for name, pages := range c.lists {
		touched[mapOf(name)] = true
		put(name, pages)
	}
	for of, in := range lists {
		if !touched[of] {
			if _, ok, err := d.e.was(mapPath(of)); err != nil {
				return err
			} else if ok {
				names[mapPath(of)] = true
			}
			continue
		}
		var at []theme.Location
		add := func(p Page) {
			if p.Status != 200 {
				return
			}
			changed := p.Changed
			if changed.IsZero() {
				changed = p.Modified
			}
			at = append(at, theme.Location{Path: p.Path, Changed: changed})
		}
		for _, is := range in {
			switch is := is.(type) {
			case []Page:
				for _, p := range is {
					add(p)
				}
			case string:
				l, err := d.e.store.list(is)
				if err != nil {
					return err
				}
				for _, p := range l {
					add(p)
				}
			}
		}
		if len(at) == 0 {
			_, ok, err := d.e.was(mapPath(of))
			if err != nil {
				return err
			}
			if ok && !d.e.fresh {
				d.e.drop(mapPath(of))
			}
			continue
		}
		slices.SortFunc(at, func(a, b theme.Location) int { return cmp.Compare(a.Path, b.Path) })
		// One that outgrew the protocol's bound goes on in further files.
		for part := 0; part*theme.MaxMap < len(at); part++ {
			file := mapPath(of)
			if part > 0 {
				file = strings.TrimSuffix(file, ".xml") + "-" + strconv.Itoa(part+1) + ".xml"
			}
			names[file] = true
			b, err := theme.Sitemap(d.site, at[part*theme.MaxMap:min(len(at), (part+1)*theme.MaxMap)])
			if err := d.draw(file, xmlKind, b, err); err != nil {
				return err
			}
		}
	}
	return nil
}

// mapOf names what the map of a list is named after: the list that it was
// parted from.
func mapOf(list string) string {
	if strings.HasSuffix(list, "/") {
		return list
	}
	return list[:len(list)-1]
}

// drawnAt is when a page of this release, or of the one before, came to say
// what it says.
func (d *drawing) drawnAt(path string) time.Time {
	if p, _ := d.e.page(path); p != nil {
		return p.Modified
	}
	if p, ok, err := d.e.was(path); err == nil && ok {
		return p.Modified
	}
	return time.Time{}
}

// mapPath is the sitemap of a list or folder: /content/202611/ is
// /sitemap-202611.xml, /en/content/202611/2 is /sitemap-en-202611-2.xml.
func mapPath(list string) string {
	month := strings.Replace(strings.Trim(list, "/"), "content/", "", 1)
	return "/sitemap-" + strings.ReplaceAll(month, "/", "-") + ".xml"
}
