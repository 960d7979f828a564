package publishing

import (
	"context"
	"slices"
	"strings"

	"zhengshu/internal/publishing/theme"
)

// sitemaps draws one map for the fixed pages and one for each list of content
// that changed, so that an item touches one of them.
func (d *drawing) sitemaps(context.Context) error {
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
	for _, c := range slices.Concat(d.site.Columns, d.site.Foreign) {
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

// contents are the folders of articles: the Chinese ones and those of editions.
func (d *drawing) contents() []string {
	out := []string{"/content/"}
	for _, e := range d.site.Editions() {
		out = append(out, theme.EditionPath(e.Lang, "/content/"))
	}
	return out
}

// contentMaps draws a map for each list of articles in a folder that changed,
// and puts the names of all that stand into names.
func (d *drawing) contentMaps(prefix string, names map[string]bool) error {
	c, err := d.e.content(prefix)
	if err != nil {
		return err
	}
	if d.e.before != nil && !d.e.fresh {
		for name := range d.e.before.Lists {
			if !strings.HasPrefix(name, prefix) || slices.Contains(c.gone, name) {
				continue
			}
			if _, ok, err := d.e.was(mapPath(name)); err != nil {
				return err
			} else if ok {
				names[mapPath(name)] = true
			}
		}
	}
	out := func(name string) error {
		delete(names, mapPath(name))
		_, ok, err := d.e.was(mapPath(name))
		if err == nil && ok && !d.e.fresh {
			d.e.drop(mapPath(name))
		}
		return err
	}
	for _, name := range c.gone {
		if err := out(name); err != nil {
			return err
		}
	}
	for name, pages := range c.lists {
		var at []theme.Location
		for _, p := range pages {
			if p.Status == 200 {
				at = append(at, theme.Location{Path: p.Path, Changed: p.Modified})
			}
		}
		if len(at) == 0 {
			if err := out(name); err != nil {
				return err
			}
			continue
		}
		names[mapPath(name)] = true
		b, err := theme.Sitemap(d.site, at)
		if err := d.draw(mapPath(name), xmlKind, b, err); err != nil {
			return err
		}
	}
	return nil
}

// mapPath is the sitemap of a list: /content/202611/2 is /sitemap-202611-2.xml,
// /en/content/202611/2 is /sitemap-en-202611-2.xml.
func mapPath(list string) string {
	month := strings.Replace(strings.Trim(list, "/"), "content/", "", 1)
	return "/sitemap-" + strings.ReplaceAll(month, "/", "-") + ".xml"
}
