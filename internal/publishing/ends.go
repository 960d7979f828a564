package publishing

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
)

// ended says above a page that stays how it ended: archived, or replaced by
// another.
func (d *drawing) ended(ctx context.Context, id library.ItemID, archived time.Time, a *theme.Article) error {
	ends, err := d.p.library.EndsOf(ctx, d.q, id)
	if err != nil {
		return err
	}
	for _, e := range ends {
		if e.Kind != library.EndReplaced {
			continue
		}
		s := theme.Standing{Ended: true, Says: "本页内容已于" + calendar.DateOf(e.At).Chinese() + "被替代，请看："}
		link := theme.Link{Text: e.TargetTitle}
		if it, here, err := d.here(ctx, e.Target); err != nil {
			return err
		} else if here {
			link = theme.Link{Text: it.Title, Href: Path(it)}
		}
		s.By = append(s.By, link)
		a.Ends = append(a.Ends, s)
	}
	if !archived.IsZero() {
		a.Ends = append(a.Ends, theme.Standing{Ended: true, Says: "已归档，归档时间：" + theme.Minute(archived) + "。本页内容不再更新，仅供查阅。"})
	}
	return nil
}

// here is the live item, and whether it has a page on this site.
func (d *drawing) here(ctx context.Context, id library.ItemID) (library.Item, bool, error) {
	it, _, err := d.p.library.LiveItem(ctx, d.q, id)
	if fault.Is(err, fault.NotFound) {
		return it, false, nil
	}
	if err != nil {
		return it, false, err
	}
	places, err := d.p.library.LivePlacements(ctx, d.q, id)
	return it, slices.ContainsFunc(places, func(pl library.Placement) bool { return pl.Site == registry.SiteID(d.site.ID) }), err
}

// departed puts at the addresses of an item that is no more on this site what
// its end asks for: the way to what holds it now, or 410 with what readers are
// told.
func (d *drawing) departed(ctx context.Context, it library.Item) error {
	m, to, err := d.farewell(ctx, it)
	if err != nil {
		return err
	}
	for _, at := range []string{Path(it), ElderPath(it)} {
		if at == "" {
			continue // an edition in another language has no elder twin
		}
		if to != "" {
			target := to
			if strings.HasPrefix(at, "/elder/") {
				target = "/elder" + to
			}
			if err := d.lead(at, target, string(it.ID)); err != nil {
				return err
			}
			continue
		}
		b, err := theme.DrawMessage(d.site, m, at)
		if err != nil {
			return err
		}
		if err := d.e.put(Page{Path: at, Status: http.StatusGone, Kind: htmlKind, Item: string(it.ID)}, b); err != nil {
			return err
		}
	}
	return nil
}

func (d *drawing) farewell(ctx context.Context, it library.Item) (m theme.Message, to string, err error) {
	m = theme.MessageFor(http.StatusGone, "")
	if it.Live() {
		m.Says = "本站不再刊载这条信息。"
		return m, "", nil
	}
	ends, err := d.p.library.EndsOf(ctx, d.q, it.ID)
	if err != nil {
		return m, "", err
	}
	on := ""
	if !it.WithdrawnAt.IsZero() {
		on = calendar.DateOf(it.WithdrawnAt).Chinese()
	}
	class := ""
	for _, e := range ends {
		switch e.Kind {
		case library.EndGone:
			return theme.Ended("", "", "", true), "", nil
		case library.EndRedirected:
			if target, here, err := d.here(ctx, e.Target); err != nil {
				return m, "", err
			} else if here {
				return m, Path(target), nil
			}
		case library.EndWithdrawn:
			class = e.Class
		}
	}
	return theme.Ended(it.UnitName, on, class, false), "", nil
}

// lead leads an item's address to another for good.
func (d *drawing) lead(from, to, item string) error {
	p := Page{Path: from, Status: http.StatusMovedPermanently, To: to, Item: item, Modified: d.e.now}
	old, ok, err := d.e.was(from)
	if err != nil {
		return err
	}
	if ok && old.Status == p.Status && old.To == p.To {
		p.Modified = old.Modified
	}
	d.e.set(p)
	return nil
}
