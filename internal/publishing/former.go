package publishing

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"

	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
)

// FormerRow is an old address of a closed site: its path, with what was asked
// after it, and where it leads; or theme.FormerArchived or theme.FormerGone.
type FormerRow struct{ Old, To string }

// FormerKey brings an old address to the form in which it is looked up, so that
// one address written in two ways has one answer.
func FormerKey(u *url.URL) string {
	p := (&url.URL{Path: u.Path}).EscapedPath()
	if p == "" {
		p = "/"
	}
	if u.RawQuery != "" {
		p += "?" + u.RawQuery
	}
	return p
}

// FormerAnswer looks an address up in a file of answers: with what was asked
// after it, else without.
func FormerAnswer(answers map[string]string, u *url.URL) (string, bool) {
	if to, ok := answers[FormerKey(u)]; ok {
		return to, true
	}
	to, ok := answers[FormerKey(&url.URL{Path: u.Path})]
	return to, ok
}

// formerPages draws the old addresses of closed sites: for readers a page, for
// portals the file from which they answer at the old host.
func (d *drawing) formerPages(ctx context.Context) error {
	same := d.e.before != nil && slices.Equal(d.e.before.Site.Former, d.site.Former)
	if d.p.config.Former == nil || !d.whole && !d.parts[FormerPart] && same {
		return nil
	}
	drawn := map[string]bool{}
	put := func(path, kind string, b []byte, err error) error {
		drawn[path] = true
		return d.draw(path, kind, b, err)
	}
	var list theme.FormerList
	for _, f := range d.site.Former {
		rows, err := d.p.config.FormerRows(ctx, d.q, registry.SiteID(d.site.ID), f.Host)
		if err != nil {
			return err
		}
		answers := make(map[string]string, len(rows))
		shown := make([]theme.FormerRow, 0, len(rows))
		for _, r := range rows {
			u, err := url.Parse(r.Old)
			if err != nil {
				d.p.config.Log.Warn("old address left out", "host", f.Host, "address", r.Old)
				continue
			}
			answers[FormerKey(u)] = r.To
			row := theme.FormerRow{Old: r.Old}
			switch r.To {
			case theme.FormerArchived:
				row.Says = "内容已归档，需要查阅请联系原主办单位"
			case theme.FormerGone:
				row.Says = "已停用"
			default:
				row.To = r.To
			}
			shown = append(shown, row)
		}
		b, err := json.Marshal(answers)
		if err := put(f.AnswersPath(), "application/json", b, err); err != nil {
			return err
		}
		of := max(1, (len(shown)+theme.FormerRows-1)/theme.FormerRows)
		for n := 1; n <= of; n++ {
			m := theme.FormerMap{Name: f.Name, Host: f.Host, Until: f.Until, Total: len(shown), Page: n, Of: of,
				Rows: shown[(n-1)*theme.FormerRows : min(n*theme.FormerRows, len(shown))]}
			if n > 1 {
				m.Prev = f.PagePath(n - 1)
			}
			if n < of {
				m.Next = f.PagePath(n + 1)
			}
			b, err := theme.FormerMapPage.Draw(theme.FormerMapFrame(d.site, m, f.PagePath(n)), m)
			if err := put(f.PagePath(n), htmlKind, b, err); err != nil {
				return err
			}
		}
		list.Sites = append(list.Sites, theme.FormerSite{Name: f.Name, Host: f.Host, Href: f.Path(), Until: f.Until, Rows: len(shown)})
	}
	if len(list.Sites) > 0 {
		b, err := theme.FormerListPage.Draw(theme.FormerListFrame(d.site), list)
		if err := put(theme.FormerPath, htmlKind, b, err); err != nil {
			return err
		}
	}
	if d.e.before == nil || d.e.fresh || len(d.e.before.Site.Former) == 0 {
		return nil
	}
	return d.e.eachOld(theme.FormerPath, func(p Page) error { // a closing that was given up
		if !drawn[p.Path] {
			d.e.drop(p.Path)
		}
		return nil
	})
}
