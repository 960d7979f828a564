package publishing

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"unicode/utf8"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
)

// Addresses are those of a site where no page stands any more, as an archive
// of it carries them.
type Addresses struct {
	// Redirects were set by people, and can be changed where they arrive.
	Redirects []FormerAddress `json:"redirects,omitempty"`
	// Ended are those of items and columns that are no more: with where they
	// lead, or what readers are told.
	Ended []FormerAddress `json:"ended,omitempty"`
}

// FormerAddress is one of them.
type FormerAddress struct {
	Path string         `json:"path"`
	To   string         `json:"to,omitempty"` // empty: gone
	Says *FormerMessage `json:"says,omitempty"`
}

// FormerMessage is what readers are told of what is gone.
type FormerMessage struct {
	Heading string       `json:"heading"`
	Says    string       `json:"says"`
	Facts   []theme.Fact `json:"facts,omitempty"`
}

// MostEnded is how many ended addresses one site brings along.
const MostEnded = 200_000

// AddressesOf are the addresses of a site in scope at which no page stands.
func (p *Publisher) AddressesOf(ctx context.Context, scope authz.Scope, site registry.SiteID) (Addresses, error) {
	var out Addresses
	if _, err := p.registry.Site(ctx, scope, site); err != nil {
		return out, err
	}
	r, err := p.current(site)
	if err != nil || r == nil {
		return out, err
	}
	set, err := redirectsOf(ctx, p.db, site)
	if err != nil {
		return out, err
	}
	d := p.drawing(p.db, nil, r.Site, false)
	told := map[string]*FormerMessage{} // by item: its twin says the same
	err = r.Each(func(at Page) error {
		if at.Status != http.StatusMovedPermanently && at.Status != http.StatusGone {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if to := set[at.Path]; to != "" && at.Status == http.StatusMovedPermanently {
			out.Redirects = append(out.Redirects, FormerAddress{Path: at.Path, To: to})
			return nil
		}
		if len(out.Ended) >= MostEnded {
			return fault.Newf(fault.TooLarge, "这个网站停用的网址超过 %d 个，不能一并带走；完整的对照在 static.zip 的 redirects.csv 中。", MostEnded)
		}
		f := FormerAddress{Path: at.Path, To: at.To}
		if at.Status == http.StatusGone {
			says := told[at.Item]
			if says == nil {
				m := theme.MessageFor(http.StatusGone, "")
				if at.Item != "" {
					it, err := p.library.ItemTx(ctx, p.db, duty, library.ItemID(at.Item))
					if err == nil {
						m, _, err = d.farewell(ctx, it)
					}
					if err != nil && !fault.Is(err, fault.NotFound) {
						return err
					}
				}
				says = &FormerMessage{Heading: m.Heading, Says: m.Says, Facts: m.Facts}
				told[at.Item] = says
			}
			f.To, f.Says = "", says
		}
		out.Ended = append(out.Ended, f)
		return nil
	})
	return out, err
}

// TakeAddresses lets the addresses that came with a site in scope answer as
// they did: redirects as redirects of this house, unless there is one already;
// what is no more leads on, or says why it is gone, until a page of this house
// stands there. What no site may bind is left out. Repeating it changes nothing.
func (p *Publisher) TakeAddresses(ctx context.Context, scope authz.Scope, site registry.SiteID, a Addresses) (taken, left int, err error) {
	s, err := p.hostedSite(ctx, scope, site)
	if err != nil {
		return 0, 0, err
	}
	if len(a.Ended) > MostEnded || len(a.Redirects) > MaxRedirects {
		return 0, 0, fault.New(fault.TooLarge, "导出中停用的网址过多，没有导入。")
	}
	err = p.db.Update(ctx, func(tx *db.Tx) error {
		taken, left = 0, 0
		all, err := redirectsOf(ctx, tx, site)
		if err != nil {
			return err
		}
		for _, x := range a.Redirects {
			from, says := oldPath(x.Path)
			to := ""
			if says == "" {
				to, says = target(x.To)
			}
			switch {
			case says == "" && all[from] != "":
				taken++
				continue
			case says == "" && len(all) < MaxRedirects:
				says = p.wrongRedirect(nil, all, from, to)
			case says == "":
				says = "已有的跳转过多"
			}
			if says != "" {
				left++
				continue
			}
			if err := p.putRedirect(ctx, tx, site, from, to, "movein"); err != nil {
				return err
			}
			taken++
		}
		var rows [][]any
		for _, x := range a.Ended {
			row, ok, err := p.formerRow(site, x)
			if err != nil {
				return err
			}
			if !ok {
				left++
				continue
			}
			rows = append(rows, row)
			taken++
		}
		if _, err := tx.InsertNew(ctx, "site_former_address", []string{"site_id", "path", "target", "message"}, rows); err != nil {
			return err
		}
		if err := p.Touch(ctx, tx, site); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "publishing.address.take", Target: s.Target(), After: map[string]int{"taken": taken, "left": left}})
	})
	return taken, left, err
}

// formerRow is one ended address as it is kept; false when it may not be bound.
func (p *Publisher) formerRow(site registry.SiteID, x FormerAddress) ([]any, bool, error) {
	from, says := oldPath(x.Path)
	if says != "" {
		return nil, false, nil
	}
	to := ""
	if x.To != "" {
		if to, says = target(x.To); says != "" {
			return nil, false, nil
		}
	}
	if p.wrongRedirect(nil, map[string]string{}, from, to) != "" {
		return nil, false, nil
	}
	if to != "" {
		return []any{site, from, to, ""}, true, nil
	}
	m := x.Says
	if m == nil {
		m = &FormerMessage{}
	}
	long := utf8.RuneCountInString(m.Heading+m.Says) > 500 || len(m.Facts) > 10
	for _, f := range m.Facts {
		long = long || utf8.RuneCountInString(f.Name+f.Value) > 300
	}
	if long {
		return nil, false, nil
	}
	b, err := json.Marshal(m)
	return []any{site, from, "", string(b)}, err == nil, err
}

// formerAtOnce are read at a time.
const formerAtOnce = 2000

// arrivedAddresses draws what stood at a site's addresses before it came here,
// where nothing of this house stands.
func (d *drawing) arrivedAddresses(ctx context.Context) error {
	type row struct{ path, to, message string }
	for after := ""; ; {
		list, err := db.All(ctx, d.q, func(r db.Scanner) (row, error) {
			var x row
			return x, r.Scan(&x.path, &x.to, &x.message)
		}, `SELECT path, target, message FROM site_former_address WHERE site_id = $1 AND path > $2 ORDER BY path LIMIT $3`, d.site.ID, after, formerAtOnce)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, x := range list {
			if err := d.arrivedAddress(x.path, x.to, x.message); err != nil {
				return err
			}
		}
		after = list[len(list)-1].path
	}
}

func (d *drawing) arrivedAddress(path, to, message string) error {
	if now, drawn := d.e.page(path); drawn && now != nil {
		// What is left over of the release before, of no item of this house, says
		// less than what came along.
		if now.Status != http.StatusGone || now.Item != "" {
			return nil
		}
	} else if was, ok, err := d.e.was(path); err != nil {
		return err
	} else if !drawn && ok && was.Status == http.StatusOK && !d.e.fresh {
		return nil
	}
	if to != "" {
		return d.lead(path, to, "")
	}
	m := theme.MessageFor(http.StatusGone, "")
	var f FormerMessage
	if err := json.Unmarshal([]byte(message), &f); err != nil {
		return errors.Join(errors.New("publishing: former address "+path), err)
	}
	if f.Heading != "" && f.Says != "" {
		m.Heading, m.Says = f.Heading, f.Says
	}
	m.Facts = f.Facts
	b, err := theme.DrawMessage(d.site, m, path)
	if err != nil {
		return err
	}
	return d.e.put(Page{Path: path, Status: http.StatusGone, Kind: htmlKind}, b)
}
