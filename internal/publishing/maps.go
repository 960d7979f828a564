package publishing

import (
	"cmp"
	"slices"
	"strings"

	"zhengshu/internal/publishing/theme"
)

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
	if d.site.Matrix {
		fixed = append(fixed, theme.Location{Path: "/matrix/"})
	}
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
