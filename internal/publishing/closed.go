package publishing

import (
	"context"
	"strings"

	"zhengshu/internal/registry"
)

// closedFamily answers at the addresses of columns that are no more: with the
// address of the column their content went into, or that there is none (410).
func (d *drawing) closedFamily(ctx context.Context) error {
	list, err := d.p.registry.ClosedColumns(ctx, d.q, registry.SiteID(d.site.ID))
	if err != nil || len(list) == 0 {
		return err
	}
	for _, c := range list {
		from, elder := "/"+c.Slug+"/", "/elder/"+c.Slug+"/"
		paths := map[string]string{from: "", from + "rss.xml": "rss.xml", elder: "elder"}
		// Its earlier pages, as they are in the release before.
		if d.e.fresh {
			if err := d.e.eachOld(from, func(p Page) error {
				if strings.HasSuffix(p.Path, ".html") || strings.HasPrefix(p.Path, from+"page-") {
					paths[p.Path] = ""
				}
				return nil
			}); err != nil {
				return err
			}
		}
		for path, sort := range paths {
			if c.Into == "" {
				if err := d.gone(path, ""); err != nil {
					return err
				}
				continue
			}
			to := "/" + c.Into + "/"
			switch sort {
			case "elder":
				to = "/elder" + to
			case "rss.xml":
				to += sort
			}
			d.e.set(Page{Path: path, Status: 301, To: to, Modified: c.ClosedAt.UTC()})
		}
	}
	return nil
}
