package layout

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/notice"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules"
)

// BarID identifies an ordinary notice on a bar.
type BarID string

// The states of a notice on the bar. Whether it hangs today follows from its
// days.
const (
	BarHung  = "hung"
	BarDown  = "down"
	BarEnded = "ended"
)

// BarMachine is the states of an ordinary notice on the bar.
var BarMachine = passage.Machine{Kind: "bar_notice", Noun: "公告",
	States: map[string]string{BarHung: "悬挂", BarDown: "已撤下", BarEnded: "已到期"},
	Moves: []passage.Move{
		{To: BarHung, Act: "hang", Says: "悬挂公告", Guard: "写明起止日期", Permit: string(authz.SitePublish)},
		{From: BarHung, Act: "take_down", To: BarDown, Says: "撤下公告", Guard: "不是依法悬挂的公告，或期限已满", Permit: string(authz.SitePublish)},
		{From: BarHung, Act: "end", To: BarEnded, Says: "到期", Permit: "system"},
	}}

// Bar is an ordinary notice on a site's bar.
type Bar struct {
	ID       BarID
	Site     registry.SiteID
	SiteName string // joined
	Title    string
	Href     string
	StartsOn calendar.Date
	EndsOn   calendar.Date // the last day
	Position int
	State    string
	Rev      int
	By       string
	At       time.Time
	DownAt   time.Time
	DownWhy  string
	Shut     bool // its address is an item's page that readers cannot open: it is not linked
	area     string
	line     string
	unit     string
}

// HangsOn reports whether it hangs on a day.
func (b Bar) HangsOn(on calendar.Date) bool {
	return b.State == BarHung && !on.Before(b.StartsOn) && !on.After(b.EndsOn)
}

func (b Bar) target() audit.Target {
	return audit.Target{Kind: "bar_notice", ID: string(b.ID), Name: b.Title, Unit: b.unit}
}

// Law is a notice of Articles 7 and 8 that stands on the bar.
type Law struct {
	notice.Stand
	Text string
	Href string
	Shut bool // readers cannot open its page: it is not linked
}

// MayTakeDown says what speaks against it, in one sentence with the article;
// empty when nothing does.
func (l Law) MayTakeDown() string {
	b := l.Stand.MayTakeDown()
	if len(b) == 0 {
		return ""
	}
	return b[0].Rule.Citation + "：" + b[0].Detail
}

const barSelect = `
	SELECT n.id, n.site_id, s.name, n.title, n.href, n.starts_on, n.ends_on, n.position, n.state, n.rev, n.by_name, n.at, n.down_at, n.down_why, u.area_path, u.line_path, s.unit_id
	  FROM bar_notice n JOIN site s ON s.id = n.site_id JOIN unit u ON u.id = s.unit_id`

func scanBar(r db.Scanner) (Bar, error) {
	var b Bar
	return b, r.Scan(&b.ID, &b.Site, &b.SiteName, &b.Title, &b.Href, &b.StartsOn, &b.EndsOn, &b.Position, &b.State, &b.Rev, &b.By, &b.At, &b.DownAt, &b.DownWhy, &b.area, &b.line, &b.unit)
}

// mostHung bounds the ordinary notices of one bar.
const mostHung = 20

// Law notices of a site that have a page there, those that keep a site's
// readers from it first.
func (s *Service) lawful(ctx context.Context, q db.Querier, site registry.SiteID) ([]Law, error) {
	list, err := s.Notices.OnSite(ctx, q, site)
	if err != nil {
		return nil, err
	}
	var out []Law
	for _, st := range list {
		for _, p := range st.Places {
			if p.Site != site || p.URL == "" {
				continue
			}
			l := Law{Stand: st, Text: st.Title, Href: local(p.URL), Shut: p.Shut}
			if l.Text == "" {
				l.Text = st.Name()
			}
			out = append(out, l)
			break
		}
	}
	return out, nil
}

// local is an address as a link on its own site: without the host when it is a
// page of a site.
func local(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Path == "" {
		return address
	}
	if strings.HasPrefix(u.Path, "/content/") {
		return u.EscapedPath()
	}
	return address
}

// openable marks the notices whose address leads to an item's page that readers
// cannot open on the site.
func (s *Service) openable(ctx context.Context, q db.Querier, list []Bar) error {
	pages := make([]library.Page, len(list))
	for i, b := range list {
		pages[i] = library.Page{Site: b.Site, Address: b.Href}
	}
	shut, err := s.Library.Shut(ctx, q, pages)
	for i := range list {
		list[i].Shut = shut[pages[i]]
	}
	return err
}

// PageChanged has the home page drawn anew where an ordinary notice leads to an item
// whose page went or came.
func (s *Service) PageChanged(ctx context.Context, tx *db.Tx, c library.Change) error {
	var sites []registry.SiteID
	for _, p := range c.Placements {
		if !slices.Contains(sites, p.Site) {
			sites = append(sites, p.Site)
		}
	}
	var told []registry.SiteID
	for part := range slices.Chunk(sites, 200) {
		var w db.Where
		list, err := db.All(ctx, tx, scanBar, barSelect+` WHERE n.state = 'hung' AND n.site_id IN `+db.Among(&w, part)+` ORDER BY n.id`, w.Args()...)
		if err != nil {
			return err
		}
		for _, b := range list {
			if library.ItemAt(b.Href) != c.Item || slices.Contains(told, b.Site) {
				continue
			}
			told = append(told, b.Site)
			if err := s.changed(ctx, tx, b.Site, Home); err != nil {
				return err
			}
		}
	}
	return nil
}

// BarOf a site in scope: what hangs by law, and the ordinary notices that hang
// or wait, in their order, and those that came down lately.
func (s *Service) BarOf(ctx context.Context, scope authz.Scope, site registry.SiteID) (registry.Site, []Law, []Bar, []Bar, error) {
	st, err := s.hosted(ctx, s.DB, scope, site)
	if err != nil {
		return st, nil, nil, nil, err
	}
	law, err := s.lawful(ctx, s.DB, site)
	if err != nil {
		return st, nil, nil, nil, err
	}
	hung, err := db.All(ctx, s.DB, scanBar, barSelect+` WHERE n.site_id = $1 AND n.state = 'hung' ORDER BY n.position, n.id LIMIT $2`, site, mostHung)
	if err == nil {
		err = s.openable(ctx, s.DB, hung)
	}
	if err != nil {
		return st, nil, nil, nil, err
	}
	past, err := db.All(ctx, s.DB, scanBar, barSelect+` WHERE n.site_id = $1 AND n.state <> 'hung' ORDER BY n.down_at DESC, n.id LIMIT 20`, site)
	return st, law, hung, past, err
}

// BarNotice in scope.
func (s *Service) BarNotice(ctx context.Context, scope authz.Scope, id BarID) (Bar, error) {
	return s.bar(ctx, s.DB, scope, id)
}

func (s *Service) bar(ctx context.Context, q db.Querier, scope authz.Scope, id BarID) (Bar, error) {
	b, err := db.One(ctx, q, scanBar, barSelect+` WHERE n.id = $1`, id)
	if db.None(err) || err == nil && !scope.Covers(b.area, b.line) {
		return Bar{}, fault.Missing("公告")
	}
	return b, err
}

func (b *Bar) check(today calendar.Date, before Bar) error {
	b.Title, b.Href = strings.TrimSpace(b.Title), strings.TrimSpace(b.Href)
	var f fault.Fields
	f.Text("title", "公告标题", b.Title, true, 60)
	f.Check(GoodHref(b.Href), "href", "网址要以 / 或 https:// 开头，例如 /content/202611/….html")
	f.Check(!b.StartsOn.IsZero(), "starts_on", "请填写开始日期")
	f.Check(!b.EndsOn.IsZero(), "ends_on", "请填写结束日期：到期自动撤下")
	if !b.StartsOn.IsZero() && !b.EndsOn.IsZero() {
		f.Check(!b.EndsOn.Before(b.StartsOn), "ends_on", "结束日期不能早于开始日期")
		f.Check(b.EndsOn == before.EndsOn || !b.EndsOn.Before(today), "ends_on", "结束日期不能早于今天")
		f.Check(b.EndsOn.Sub(b.StartsOn) <= 366, "ends_on", "公告最长悬挂一年")
	}
	return f.Err()
}

// Hang puts an ordinary notice on the bar, after those that hang there.
func (s *Service) Hang(ctx context.Context, scope authz.Scope, b Bar) (Bar, error) {
	site, err := s.hosted(ctx, s.DB, scope, b.Site)
	if err != nil {
		return b, err
	}
	if err := b.check(s.today(), Bar{}); err != nil {
		return b, err
	}
	return b, s.DB.Update(ctx, func(tx *db.Tx) error {
		type state struct{ n, last int }
		now, err := db.One(ctx, tx, func(r db.Scanner) (state, error) {
			var v state
			return v, r.Scan(&v.n, &v.last)
		}, `SELECT count(*), COALESCE(MAX(position), 0) FROM bar_notice WHERE site_id = $1 AND state = 'hung'`, b.Site)
		if err != nil {
			return err
		}
		if now.n >= mostHung {
			return fault.Newf(fault.Refused, "公告栏最多同时悬挂 %d 条，请先撤下不再需要的。", mostHung)
		}
		b.ID, b.SiteName, b.unit, b.Position, b.State, b.Rev, b.By, b.At = BarID(ulid.Make().String()), site.Name, string(site.Unit), now.last+1, BarHung, 1, actor(ctx).Name, tx.Now()
		if _, err := BarMachine.Begin(ctx, tx, []string{string(b.ID)}, "hang", passage.Note{}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO bar_notice (id, site_id, title, href, starts_on, ends_on, position, state, rev, by_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			b.ID, b.Site, b.Title, b.Href, b.StartsOn, b.EndsOn, b.Position, b.State, b.Rev, b.By, b.At); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Entry{Act: "layout.bar.hang", Target: b.target(), After: b}); err != nil {
			return err
		}
		return s.changed(ctx, tx, b.Site, Home)
	})
}

// Rehang changes an ordinary notice.
func (s *Service) Rehang(ctx context.Context, scope authz.Scope, b Bar) (Bar, error) {
	return b, s.DB.Update(ctx, func(tx *db.Tx) error {
		before, err := s.bar(ctx, tx, scope, b.ID)
		if err != nil {
			return err
		}
		if before.State != BarHung {
			return fault.Newf(fault.Refused, "公告“%s”%s，不能再修改，请新发一条。", before.Title, BarMachine.Name(before.State))
		}
		if before.Rev != b.Rev {
			return conflict()
		}
		b.Site, b.SiteName, b.unit, b.Position, b.State, b.By, b.At = before.Site, before.SiteName, before.unit, before.Position, before.State, before.By, before.At
		if err := b.check(s.today(), before); err != nil {
			return err
		}
		// What hangs by law under this address does not leave by a new address
		// or an earlier end.
		if b.Href != before.Href || b.EndsOn.Before(before.EndsOn) || b.StartsOn.After(before.StartsOn) {
			if err := s.mayLeave(ctx, tx, before); err != nil {
				return err
			}
		}
		n, err := tx.Exec(ctx, `UPDATE bar_notice SET title = $3, href = $4, starts_on = $5, ends_on = $6, rev = rev + 1 WHERE id = $1 AND rev = $2`, b.ID, b.Rev, b.Title, b.Href, b.StartsOn, b.EndsOn)
		if err != nil {
			return err
		}
		if n == 0 {
			return conflict()
		}
		b.Rev++
		if err := audit.Record(ctx, tx, audit.Entry{Act: "layout.bar.set", Target: b.target(), Before: before, After: b}); err != nil {
			return err
		}
		return s.changed(ctx, tx, b.Site, Home)
	})
}

// mayLeave refuses with the article and the date what must still hang by law.
func (s *Service) mayLeave(ctx context.Context, q db.Querier, b Bar) error {
	law, err := s.lawful(ctx, q, b.Site)
	if err != nil {
		return err
	}
	for _, l := range law {
		if l.Href == b.Href {
			if err := rules.Refuse(l.Stand.MayTakeDown()); err != nil {
				return err
			}
		}
	}
	return nil
}

// MoveBar moves an ordinary notice up or down among those that hang.
func (s *Service) MoveBar(ctx context.Context, scope authz.Scope, id BarID, step registry.Step) error {
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		b, err := s.bar(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		list, err := db.All(ctx, tx, scanBar, barSelect+` WHERE n.site_id = $1 AND n.state = 'hung' ORDER BY n.position, n.id`, b.Site)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(o Bar) bool { return o.ID == id })
		if i < 0 {
			return fault.Newf(fault.Refused, "公告“%s”%s，不能再移动。", b.Title, BarMachine.Name(b.State))
		}
		at := i - 1
		if step == registry.Down {
			at = i + 1
		}
		if at = min(max(at, 0), len(list)-1); at == i {
			return fault.New(fault.Conflict, "已经到头，不能再移动。")
		}
		list = slices.Insert(slices.Delete(list, i, i+1), at, b)
		for n, o := range list {
			if _, err := tx.Exec(ctx, `UPDATE bar_notice SET position = $2 WHERE id = $1`, o.ID, n+1); err != nil {
				return err
			}
		}
		if err := audit.Record(ctx, tx, audit.Entry{Act: "layout.bar.move", Target: b.target(), Before: i + 1, After: at + 1}); err != nil {
			return err
		}
		return s.changed(ctx, tx, b.Site, Home)
	})
}

// TakeDown takes an ordinary notice off the bar before its last day. One that
// shows what must hang by law stays until that may come down.
func (s *Service) TakeDown(ctx context.Context, scope authz.Scope, id BarID, why string) (Bar, error) {
	var b Bar
	why = strings.TrimSpace(why)
	var f fault.Fields
	f.Text("why", "撤下原因", why, true, 200)
	if err := f.Err(); err != nil {
		return b, err
	}
	return b, s.DB.Update(ctx, func(tx *db.Tx) error {
		var err error
		if b, err = s.bar(ctx, tx, scope, id); err != nil {
			return err
		}
		if err := s.mayLeave(ctx, tx, b); err != nil {
			return err
		}
		return s.leave(ctx, tx, b, "take_down", BarDown, why)
	})
}

// TakeDownLaw answers for a notice that hangs by law: it leaves the bar by
// itself when its time is full, and not before.
func (s *Service) TakeDownLaw(ctx context.Context, scope authz.Scope, site registry.SiteID, id notice.ID) error {
	if _, err := s.hosted(ctx, s.DB, scope, site); err != nil {
		return err
	}
	law, err := s.lawful(ctx, s.DB, site)
	if err != nil {
		return err
	}
	for _, l := range law {
		if l.ID == id {
			if err := rules.Refuse(l.Stand.MayTakeDown()); err != nil {
				return err
			}
			return fault.Newf(fault.Conflict, "“%s”期限已满，登记办结后自动离开公告栏，不用撤下。", l.Text)
		}
	}
	return fault.Missing("公告")
}

func (s *Service) leave(ctx context.Context, tx *db.Tx, b Bar, act, state, why string) error {
	if _, _, err := BarMachine.Take(ctx, tx, string(b.ID), act, passage.Note{Says: why}); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE bar_notice SET state = $2, down_at = $3, down_why = $4, rev = rev + 1 WHERE id = $1`, b.ID, state, tx.Now(), why); err != nil {
		return err
	}
	if err := audit.Record(ctx, tx, audit.Entry{Act: "layout.bar." + act, Target: b.target(), Before: b, After: why}); err != nil {
		return err
	}
	return s.changed(ctx, tx, b.Site, Home)
}

// sweepBar ends the notices whose last day is over.
func (s *Service) sweepBar(ctx context.Context, today calendar.Date) (int, error) {
	over, err := db.All(ctx, s.DB, scanBar, barSelect+` WHERE n.state = 'hung' AND n.ends_on < $1 ORDER BY n.ends_on, n.id LIMIT 200`, today)
	if err != nil {
		return 0, err
	}
	for i, b := range over {
		if err := s.DB.Update(ctx, func(tx *db.Tx) error {
			now, err := s.bar(ctx, tx, authz.System("layout.sweep"), b.ID)
			if err != nil || !(now.State == BarHung && now.EndsOn.Before(today)) {
				return errorsOr(err, errSame)
			}
			return s.leave(ctx, tx, now, "end", BarEnded, fmt.Sprintf("悬挂至 %s", now.EndsOn))
		}); err != nil && err != errSame {
			return i, err
		}
	}
	return len(over), nil
}
