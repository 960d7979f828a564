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
	c, err := d.e.content("/content/")
	if err != nil {
		return err
	}
	names := map[string]bool{}
	if d.e.before != nil && !d.e.fresh {
		for name := range d.e.before.Lists {
			if !strings.HasPrefix(name, "/content/") || slices.Contains(c.gone, name) {
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
	month := strings.TrimSuffix(strings.TrimPrefix(list, "/content/"), "/")
	return "/sitemap-" + strings.ReplaceAll(month, "/", "-") + ".xml"
}
