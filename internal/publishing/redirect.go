package publishing

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/intake"
	"zhengshu/internal/library"
	"zhengshu/internal/official"
	"zhengshu/internal/registry"
)

// MaxRedirects is how many addresses of one site may lead elsewhere.
const MaxRedirects = 10_000

// Where a redirect comes from.
const (
	Typed  = "typed" // by a person
	Listed = "list"  // an imported list
)

// Redirect is an old address with where it leads. Host is empty for an address
// of the site itself; else it is a whole old host, and Path is empty.
type Redirect struct {
	ID       string
	Host     string
	Path     string
	To       string
	Origin   string
	At       time.Time
	Finally  string // where a chain ends, when To leads on
	Shadowed bool   // a page stands at the address: it is shown
}

// redirectMark names the change of one redirect among those that wait.
const redirectMark = "~redirect:"

// oldPath brings an old address to the form the portal looks for; says is what
// is wrong with it.
func oldPath(s string) (p, says string) {
	s = strings.TrimSpace(s)
	u, err := url.Parse(s)
	switch {
	case err != nil || !strings.HasPrefix(s, "/") || u.Host != "":
		return "", "旧地址应以 / 开头，只写路径"
	case u.RawQuery != "" || u.Fragment != "":
		return "", "旧地址不能带 ? 或 # 以后的部分"
	case len(u.Path) > 1000 || !utf8.ValidString(u.Path):
		return "", "旧地址过长"
	}
	low := strings.ToLower(u.EscapedPath())
	for _, bad := range []string{"%2f", "%5c", "%00"} {
		if strings.Contains(low, bad) {
			return "", "旧地址含有编码的斜杠"
		}
	}
	for i := range len(u.Path) {
		if u.Path[i] < ' ' || u.Path[i] == 0x7f || u.Path[i] == '\\' {
			return "", "旧地址含有不能使用的字符"
		}
	}
	if clean := path.Clean(u.Path); clean != u.Path && clean+"/" != u.Path {
		return "", "旧地址含有 . 、.. 或多余的 /"
	}
	return u.Path, ""
}

// target brings where a redirect leads to one form.
func target(s string) (to, says string) {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "//") {
		u, err := url.Parse(s)
		if err != nil || len(s) > 1000 || strings.ContainsAny(s, "\r\n\x00\\") {
			return "", "新地址写法有误"
		}
		return u.RequestURI(), ""
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || len(s) > 1000 || strings.ContainsAny(s, "\r\n\x00\\") {
		return "", "新地址应以 / 开头，或是 http://、https:// 开头的完整网址"
	}
	return u.String(), ""
}

// hops is how long a chain may be before it is taken for a loop.
const hops = 20

// follow is where a path leads in the end; loop says that it comes back.
func follow(all map[string]string, from string) (to string, loop bool) {
	to = all[from]
	for range hops {
		next, on := all[to]
		if !on {
			return to, false
		}
		if next == from || to == from {
			return to, true
		}
		to = next
	}
	return to, true
}

// redirects of a site's own addresses.
func redirectsOf(ctx context.Context, q db.Querier, site registry.SiteID) (map[string]string, error) {
	type row struct{ path, to string }
	rows, err := db.All(ctx, q, func(r db.Scanner) (row, error) {
		var x row
		return x, r.Scan(&x.path, &x.to)
	}, `SELECT path, target FROM site_redirect WHERE site_id = $1 AND host = '' LIMIT $2`, site, MaxRedirects+1)
	out := make(map[string]string, len(rows))
	for _, x := range rows {
		out[x.path] = x.to
	}
	return out, err
}

// movedHosts are old hosts that lead to the site as a whole.
func movedHosts(ctx context.Context, q db.Querier, site registry.SiteID) (map[string]string, error) {
	type row struct{ host, to string }
	rows, err := db.All(ctx, q, func(r db.Scanner) (row, error) {
		var x row
		return x, r.Scan(&x.host, &x.to)
	}, `SELECT host, target FROM site_redirect WHERE site_id = $1 AND host <> '' ORDER BY host LIMIT 50`, site)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	out := map[string]string{}
	for _, x := range rows {
		out[x.host] = x.to
	}
	return out, nil
}

// redirects draws the addresses that lead elsewhere: all of them with the whole
// site, else those that changed and those whose chain they stand in. A page
// that stands at an address goes before a redirect from it.
func (d *drawing) redirects(ctx context.Context) error {
	if !d.whole && len(d.marks) == 0 {
		return nil
	}
	all, err := redirectsOf(ctx, d.q, registry.SiteID(d.site.ID))
	if err != nil {
		return err
	}
	for from := range d.marks {
		if _, ok := all[from]; ok {
			continue
		}
		was, ok, err := d.e.was(from)
		if err != nil {
			return err
		}
		if now, drawn := d.e.page(from); ok && was.Status == 301 && (!drawn || now != nil && now.Status == 301) {
			d.e.drop(from)
		}
	}
	for from := range all {
		touched := d.whole
		for at, n := from, 0; !touched && n <= hops; n++ {
			touched = d.marks[at]
			next, ok := all[at]
			if !ok {
				break
			}
			at = next
		}
		if !touched {
			continue
		}
		to, loop := follow(all, from)
		if loop {
			d.p.config.Log.Warn("redirect in a loop left out", "site", d.site.ID, "path", from)
			continue
		}
		if err := d.redirect(from, to, ""); err != nil {
			return err
		}
	}
	return nil
}

// redirect sets one address unless a page stands there.
func (d *drawing) redirect(from, to, item string) error {
	if now, drawn := d.e.page(from); drawn && now != nil && now.Status == 200 {
		return nil
	}
	was, ok, err := d.e.was(from)
	if err != nil {
		return err
	}
	if ok && was.Status == 200 && !d.e.fresh {
		return nil
	}
	p := Page{Path: from, Status: 301, To: to, Modified: d.e.now, Item: item}
	if ok && was.Status == 301 && was.To == to {
		p.Modified = was.Modified
	}
	d.e.set(p)
	return nil
}

// movedIn is the old path of an item that came with its site: readers and search
// engines know it by that.
func (d *drawing) movedIn(it library.Item) (string, bool) {
	if it.Origin != library.MovedIn || it.SourceURL == "" {
		return "", false
	}
	u, err := url.Parse(it.SourceURL)
	if err != nil || u.RawQuery != "" {
		return "", false
	}
	host := strings.ToLower(u.Hostname())
	here := false
	for _, h := range d.site.Hosts {
		here = here || h == host || "www."+h == host || h == "www."+host
	}
	if !here {
		return "", false
	}
	p, says := oldPath(u.EscapedPath())
	return p, says == "" && p != "/"
}

// Redirects of a site in scope whose address or target holds text.
func (p *Publisher) Redirects(ctx context.Context, scope authz.Scope, site registry.SiteID, text string, limit, offset int) ([]Redirect, int, error) {
	if _, err := p.registry.Site(ctx, scope, site); err != nil {
		return nil, 0, err
	}
	var w db.Where
	w.And("site_id = ?", site)
	if text = strings.TrimSpace(text); text != "" {
		like := db.Contains(text)
		w.And(`(path LIKE ? ESCAPE '\' OR target LIKE ? ESCAPE '\' OR host LIKE ? ESCAPE '\')`, like, like, like)
	}
	total, err := db.One(ctx, p.db, db.Value[int], `SELECT count(*) FROM site_redirect WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, p.db, func(r db.Scanner) (Redirect, error) {
		var x Redirect
		return x, r.Scan(&x.ID, &x.Host, &x.Path, &x.To, &x.Origin, &x.At)
	}, `SELECT id, host, path, target, origin, at FROM site_redirect WHERE `+w.SQL()+` ORDER BY host, path LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(offset), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	all, err := redirectsOf(ctx, p.db, site)
	if err != nil {
		return nil, 0, err
	}
	r, err := p.store.Current(site)
	if err != nil && !errors.Is(err, ErrNoRelease) {
		return nil, 0, err
	}
	for i := range list {
		x := &list[i]
		if x.Host != "" {
			continue
		}
		if to, loop := follow(all, x.Path); !loop && to != x.To {
			x.Finally = to
		}
		if r != nil {
			if at, ok, err := r.Page(x.Path); err == nil && ok && at.Status == 200 {
				x.Shadowed = true
			}
		}
	}
	return list, total, nil
}

// Redirect of a site in scope.
func (p *Publisher) Redirect(ctx context.Context, scope authz.Scope, site registry.SiteID, id string) (Redirect, error) {
	if _, err := p.registry.Site(ctx, scope, site); err != nil {
		return Redirect{}, err
	}
	x, err := db.One(ctx, p.db, func(r db.Scanner) (Redirect, error) {
		var x Redirect
		return x, r.Scan(&x.ID, &x.Host, &x.Path, &x.To, &x.Origin, &x.At)
	}, `SELECT id, host, path, target, origin, at FROM site_redirect WHERE site_id = $1 AND id = $2`, site, id)
	if db.None(err) {
		return Redirect{}, fault.Missing("跳转")
	}
	return x, err
}

// wrongRedirect says what speaks against a redirect, beside all others.
func (p *Publisher) wrongRedirect(r *Release, all map[string]string, from, to string) string {
	for _, taken := range []string{"/theme/", p.config.Doors.Letters, p.config.Doors.Official, p.config.Doors.Impostors, p.config.Doors.Annual} {
		if taken != "" && taken != "/" && strings.HasPrefix(from, taken) {
			return "旧地址 " + from + " 是系统使用的地址，不能跳转"
		}
	}
	if from == "/" || from == p.config.Doors.Search {
		return "旧地址 " + from + " 是系统使用的地址，不能跳转"
	}
	if r != nil {
		if at, ok, err := r.Page(from); err == nil && ok && at.Status == 200 {
			return "旧地址 " + from + " 现在有公开的页面，不能跳转；请先撤下该页面"
		}
	}
	if from == to {
		return "跳转形成循环：" + from + " → " + to
	}
	with := all[from]
	all[from] = to
	end, loop := follow(all, from)
	if loop {
		if with == "" {
			delete(all, from)
		} else {
			all[from] = with
		}
		return "跳转形成循环：" + from + " → " + to + " → " + end
	}
	return ""
}

// SetRedirect adds or changes one redirect. host is an old host that leads here
// as a whole; path is then empty.
func (p *Publisher) SetRedirect(ctx context.Context, scope authz.Scope, site registry.SiteID, host, from, to string) error {
	s, err := p.hostedSite(ctx, scope, site)
	if err != nil {
		return err
	}
	to, says := target(to)
	if says != "" {
		return fault.New(fault.Invalid, "跳转没有保存。").On("to", says)
	}
	if host = strings.ToLower(strings.TrimSpace(host)); host != "" {
		return p.moveHost(ctx, s, host, to)
	}
	from, says = oldPath(from)
	if says != "" {
		return fault.New(fault.Invalid, "跳转没有保存。").On("from", says)
	}
	r, err := p.current(site)
	if err != nil {
		return err
	}
	return p.db.Update(ctx, func(tx *db.Tx) error {
		all, err := redirectsOf(ctx, tx, site)
		if err != nil {
			return err
		}
		if _, known := all[from]; !known && len(all) >= MaxRedirects {
			return fault.Newf(fault.Refused, "这个网站已有 %d 条跳转，不能再加；请先清理不再有人访问的旧地址。", len(all))
		}
		if says := p.wrongRedirect(r, all, from, to); says != "" {
			return fault.New(fault.Invalid, "跳转没有保存。").On("from", says)
		}
		if err := p.putRedirect(ctx, tx, site, from, to, Typed); err != nil {
			return err
		}
		if err := enqueueRefresh(ctx, tx, site); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "publishing.redirect.set", Target: s.Target(), After: map[string]any{"from": from, "to": to}})
	})
}

func (p *Publisher) hostedSite(ctx context.Context, scope authz.Scope, site registry.SiteID) (registry.Site, error) {
	s, err := p.registry.Site(ctx, scope, site)
	if err == nil && !s.Hosted {
		err = fault.New(fault.Refused, "这个站点不由本平台承载，跳转请在原网站设置。")
	}
	return s, err
}

func (p *Publisher) putRedirect(ctx context.Context, tx *db.Tx, site registry.SiteID, from, to, origin string) error {
	person, _ := audit.ActorFrom(ctx)
	if _, err := tx.Exec(ctx, `INSERT INTO site_redirect (id, site_id, host, path, target, origin, person_id, at) VALUES ($1, $2, '', $3, $4, $5, $6, $7)
		ON CONFLICT (site_id, host, path) DO UPDATE SET target = excluded.target, origin = excluded.origin, person_id = excluded.person_id, at = excluded.at`,
		ulid.Make().String(), site, from, to, origin, person.ID, tx.Now()); err != nil {
		return err
	}
	return wait(ctx, tx, site, library.ItemID(redirectMark+from), "", "")
}

// moveHost makes an old host lead to the site.
func (p *Publisher) moveHost(ctx context.Context, s registry.Site, host, to string) error {
	if len(host) > 253 || strings.ContainsAny(host, "/:@ ?#") || !strings.Contains(host, ".") {
		return fault.New(fault.Invalid, "跳转没有保存。").On("host", "请填写旧域名，例如 old.example.gov.cn，不带 http:// 和路径")
	}
	if host == strings.ToLower(s.Host) || host == chineseHost(s.ChineseDomain) {
		return fault.New(fault.Invalid, "跳转没有保存。").On("host", "这是网站正在使用的域名，不能作为旧域名")
	}
	if strings.HasPrefix(to, "/") {
		return fault.New(fault.Invalid, "跳转没有保存。").On("to", "旧域名跳转的新地址应是完整网址，例如 https://"+s.Host)
	}
	return p.db.Update(ctx, func(tx *db.Tx) error {
		other, err := db.One(ctx, tx, db.Value[int], `SELECT (SELECT count(*) FROM site WHERE host = $1) + (SELECT count(*) FROM site_redirect WHERE host = $1 AND site_id <> $2)`, host, s.ID)
		if err != nil {
			return err
		}
		if other > 0 {
			return fault.New(fault.Conflict, "跳转没有保存。").On("host", "这个域名在台账里属于另一个网站")
		}
		person, _ := audit.ActorFrom(ctx)
		if _, err := tx.Exec(ctx, `INSERT INTO site_redirect (id, site_id, host, path, target, origin, person_id, at) VALUES ($1, $2, $3, '', $4, $5, $6, $7)
			ON CONFLICT (site_id, host, path) DO UPDATE SET target = excluded.target, person_id = excluded.person_id, at = excluded.at`,
			ulid.Make().String(), s.ID, host, strings.TrimSuffix(to, "/"), Typed, person.ID, tx.Now()); err != nil {
			return err
		}
		if err := p.Touch(ctx, tx, s.ID); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "publishing.redirect.host", Target: s.Target(), After: map[string]any{"host": host, "to": to}})
	})
}

// DropRedirect takes a redirect away.
func (p *Publisher) DropRedirect(ctx context.Context, scope authz.Scope, site registry.SiteID, id string) error {
	s, err := p.hostedSite(ctx, scope, site)
	if err != nil {
		return err
	}
	return p.db.Update(ctx, func(tx *db.Tx) error {
		x, err := db.One(ctx, tx, func(r db.Scanner) (Redirect, error) {
			var x Redirect
			return x, r.Scan(&x.Host, &x.Path, &x.To)
		}, `SELECT host, path, target FROM site_redirect WHERE site_id = $1 AND id = $2`, site, id)
		if db.None(err) {
			return fault.Missing("跳转")
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM site_redirect WHERE id = $1`, id); err != nil {
			return err
		}
		if x.Host != "" {
			err = p.Touch(ctx, tx, site)
		} else if err = wait(ctx, tx, site, library.ItemID(redirectMark+x.Path), "", ""); err == nil {
			err = enqueueRefresh(ctx, tx, site)
		}
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "publishing.redirect.drop", Target: s.Target(), Before: map[string]any{"host": x.Host, "from": x.Path, "to": x.To}})
	})
}

var redirectHeads = [2][]string{{"from", "旧地址", "旧网址", "old", "old_path"}, {"to", "新地址", "新网址", "new", "target"}}

// ImportRedirects adds the rows of a list, all or nothing: every wrong row is
// named, and then nothing is changed. A dry run changes nothing either way.
func (p *Publisher) ImportRedirects(ctx context.Context, scope authz.Scope, site registry.SiteID, t *official.Table, dry bool) (intake.Report, error) {
	rep := intake.New(dry)
	s, err := p.hostedSite(ctx, scope, site)
	if err != nil {
		return rep, err
	}
	h := intake.ReadHeader(t)
	for _, names := range redirectHeads {
		if !h.Has(names...) {
			return rep, intake.Unknown(t, "跳转表要有 旧地址、新地址 两列。")
		}
	}
	r, err := p.current(site)
	if err != nil {
		return rep, err
	}
	type row struct{ from, to string }
	var rows []row
	return rep, p.db.Update(ctx, func(tx *db.Tx) error {
		all, err := redirectsOf(ctx, tx, site)
		if err != nil {
			return err
		}
		seen := map[string]int{}
		for x, err := range t.Rows() {
			if err != nil {
				return err
			}
			if rep.Read++; rep.Read > MaxRedirects {
				return fault.Newf(fault.Invalid, "跳转表超过 %d 条，没有导入；请只列有访问量的地址。", MaxRedirects)
			}
			from, says := oldPath(h.Get(x, redirectHeads[0]...))
			var to string
			if says == "" {
				to, says = target(h.Get(x, redirectHeads[1]...))
			}
			if n, dup := seen[from]; says == "" && dup {
				says = fmt.Sprintf("旧地址 %s 与第 %d 行重复", from, n)
			}
			if says == "" {
				says = p.wrongRedirect(r, all, from, to)
			}
			if says != "" {
				if err := rep.RefuseFault(x.Number, fault.New(fault.Invalid, says+"，请改正。")); err != nil {
					return err
				}
				continue
			}
			seen[from] = x.Number
			rows = append(rows, row{from, to})
			rep.Accepted++
		}
		switch {
		case rep.Read == 0:
			return fault.New(fault.Invalid, "文件里没有一条地址，没有导入；请核对文件。").On("file", "文件里没有一条地址")
		case len(all) > MaxRedirects:
			return fault.Newf(fault.Refused, "导入后这个网站将有 %d 条跳转，最多 %d 条；没有导入。", len(all), MaxRedirects)
		}
		if dry || rep.Accepted < rep.Read {
			return audit.Record(ctx, tx, audit.Entry{Act: "publishing.redirect.tried", Target: s.Target(), After: map[string]any{"read": rep.Read, "accepted": rep.Accepted}})
		}
		for _, x := range rows {
			if err := p.putRedirect(ctx, tx, site, x.from, x.to, Listed); err != nil {
				return err
			}
		}
		if err := enqueueRefresh(ctx, tx, site); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "publishing.redirect.import", Target: s.Target(), After: map[string]any{"rows": len(rows)}})
	})
}
