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
	for _, l := range d.site.Sections {
		fixed = append(fixed, theme.Location{Path: l.Href})
	}
	for _, c := range slices.Concat(d.site.Columns, d.site.Foreign) {
		fixed = append(fixed, theme.Location{Path: c.Href()})
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
				changed := p.Changed
				if changed.IsZero() {
					changed = p.Modified
				}
				at = append(at, theme.Location{Path: p.Path, Changed: changed})
			}
		}
		if len(at) == 0 {
			if err := out(name); err != nil {
				return err
			}
			continue
		}
		// A list that outgrew the protocol's bound goes on in further files.
		for part := 0; part*theme.MaxMap < len(at); part++ {
			file := mapPath(name)
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

// mapPath is the sitemap of a list: /content/202611/2 is /sitemap-202611-2.xml,
// /en/content/202611/2 is /sitemap-en-202611-2.xml.
func mapPath(list string) string {
	month := strings.Replace(strings.Trim(list, "/"), "content/", "", 1)
	return "/sitemap-" + strings.ReplaceAll(month, "/", "-") + ".xml"
}
