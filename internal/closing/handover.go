package closing

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/abridge"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
)

// Handover is who answers for the old host.
type Handover struct {
	Portal     registry.SiteID // empty while nobody does
	PortalName string
	At         time.Time
	Until      calendar.Date // the domain's cancellation day; zero while not known
	Page       string        // of the old addresses, at the portal
}

// Handed reports whether the portal of the level has taken over.
func (h Handover) Handed() bool { return h.Portal != "" }

// OnHandedOver registers who draws a portal's old addresses anew, in the
// transaction of the act that changed them.
func (s *Service) OnHandedOver(f func(ctx context.Context, tx *db.Tx, portal registry.SiteID) error) {
	s.redraw = f
}

// Handover of a closing in scope.
func (s *Service) Handover(ctx context.Context, q db.Querier, scope authz.Scope, id ID) (Handover, error) {
	c, err := s.Closing(ctx, q, scope, id)
	if err != nil || c.portal == "" {
		return Handover{}, err
	}
	site, err := s.registry.SiteTx(ctx, q, authz.System("closing.handover"), c.portal)
	if err != nil {
		return Handover{}, err
	}
	h := Handover{Portal: c.portal, PortalName: site.Name, At: c.handedAt, Page: s.at(site) + FormerPath(c.Host)}
	h.Until, err = s.until(ctx, q, c)
	return h, err
}

// at is how addresses of a site begin.
func (s *Service) at(site registry.Site) string {
	if s.origin != nil {
		if o := s.origin(site); o != "" {
			return o
		}
	}
	return "https://" + site.Host
}

// FormerPath is where the old addresses of a host lie at a portal; publishing
// draws them there.
func FormerPath(host string) string { return "/former/" + host + "/" }

// until is the last day on which the old host is answered for: what a person
// has registered, else the day its domain was given up.
func (s *Service) until(ctx context.Context, q db.Querier, c Closing) (calendar.Date, error) {
	if !c.RedirectUntil.IsZero() {
		return c.RedirectUntil, nil
	}
	on, err := db.One(ctx, q, db.Value[calendar.Date], `SELECT released_on FROM domain WHERE host = $1 AND state = 'cancelled' AND released_on IS NOT NULL ORDER BY released_on DESC LIMIT 1`, c.Host)
	if db.None(err) {
		return calendar.Date{}, nil
	}
	return on, err
}

// levelPortal is the portal that answers for a site: that of its area, and for
// that one itself the one above.
func (s *Service) levelPortal(ctx context.Context, q db.Querier, c Closing) (registry.Site, error) {
	system := authz.System("closing.portal")
	u, err := s.org.UnitTx(ctx, q, system, c.Unit)
	if err != nil {
		return registry.Site{}, err
	}
	for area := u.Area; area != ""; {
		p, err := s.registry.PortalOf(ctx, q, system, area)
		if err == nil && string(p.ID) != c.Object.ID {
			if !p.Hosted {
				return p, fault.Newf(fault.Refused, "本级政府门户网站“%s”不由本平台承载：请导出旧网址对照页放到该网站，并请其承载方按跳转表应答原域名，办好后在下面登记依据。", p.Name)
			}
			return p, nil
		}
		if err != nil && !fault.Is(err, fault.NotFound) {
			return registry.Site{}, err
		}
		a, err := s.org.Area(ctx, q, area)
		if err != nil {
			return registry.Site{}, err
		}
		area = a.Parent
	}
	return registry.Site{}, fault.New(fault.Refused, "台账里没有本级政府门户网站，不能由门户应答；请先登记门户网站。")
}

// HandOver has the portal of the level keep the page of old addresses and answer
// for the old host by the map, until the domain is cancelled. The old site makes
// way: not before its notice has hung.
func (s *Service) HandOver(ctx context.Context, scope authz.Scope, id ID) error {
	return s.after(ctx, scope, id, func(tx *db.Tx, c Closing) error {
		switch {
		case c.Object.Kind != sx2021.Site || c.Host == "":
			return fault.New(fault.Refused, "只有登记了域名的网站才有旧网址可以应答。")
		case c.portal != "":
			return fault.New(fault.Conflict, "已经交由门户网站应答，不用再办。")
		case c.Redirects == 0:
			return fault.New(fault.Refused, "跳转表还是空的，请先登记旧网址的去向，再交由门户网站应答。")
		}
		law := sx2021.Closure{Object: c.Object.Kind}
		if c.State == Migrating || c.State == Closed {
			law.ProvinceConsented = calendar.DateOf(c.OpenedAt)
		}
		if s.notice != nil {
			hung, err := s.notice(ctx, tx, c.Object)
			if err != nil {
				return err
			}
			law.NoticeFirst, law.NoticeAbsent = hung.First, hung.Absent
		}
		if err := rules.Refuse(sx2021.CheckOldHost(law, calendar.DateOf(tx.Now()))); err != nil {
			return err
		}
		portal, err := s.levelPortal(ctx, tx, c)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE closing SET portal_id = $2, handed_at = $3 WHERE id = $1`, id, portal.ID, tx.Now()); err != nil {
			return err
		}
		if err := s.redrawn(ctx, tx, portal.ID); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "closing.hand_over", Target: c.Target(), Basis: sx2021.ClosureMigration.Citation, After: map[string]any{"portal": portal.Name, "host": c.Host, "addresses": c.Redirects}})
	})
}

func (s *Service) redrawn(ctx context.Context, tx *db.Tx, portal registry.SiteID) error {
	if portal == "" || s.redraw == nil {
		return nil
	}
	return s.redraw(ctx, tx, portal)
}

// after runs fn over a closing in scope that was not given up: some acts come
// when the site is closed already.
func (s *Service) after(ctx context.Context, scope authz.Scope, id ID, fn func(tx *db.Tx, c Closing) error) error {
	return s.db.Update(ctx, func(tx *db.Tx) error {
		c, err := s.Closing(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if c.State == Stopped {
			return fault.New(fault.Conflict, "关停已终止，不用再办。")
		}
		return fn(tx, c)
	})
}

// Kept is an old host that a portal keeps.
type Kept struct {
	Closing ID
	Host    string
	Name    string
	Until   calendar.Date
}

// KeptAt are the old hosts that a portal keeps, by host. Public: the portal
// publishes them.
func (s *Service) KeptAt(ctx context.Context, q db.Querier, portal registry.SiteID) ([]Kept, error) {
	list, err := db.All(ctx, q, scanClosing, closingSelect+` WHERE c.portal_id = $1 AND c.state IN ('closing', 'closed') ORDER BY c.host, c.opened_at DESC LIMIT 500`, portal)
	if err != nil {
		return nil, err
	}
	var out []Kept
	for _, c := range list {
		if len(out) > 0 && out[len(out)-1].Host == c.Host {
			continue // closed before under the same host
		}
		k := Kept{Closing: c.ID, Host: strings.ToLower(c.Host), Name: c.ObjectName}
		if k.Until, err = s.until(ctx, q, c); err != nil {
			return nil, err
		}
		out = append(out, k)
	}
	return out, nil
}

// KeptMap is the map of a host that a portal keeps. Public: the portal publishes
// it.
func (s *Service) KeptMap(ctx context.Context, q db.Querier, portal registry.SiteID, host string) ([]Redirect, error) {
	kept, err := s.KeptAt(ctx, q, portal)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(kept, func(k Kept) bool { return k.Host == host })
	if i < 0 {
		return nil, nil
	}
	return db.All(ctx, q, scanRedirect, `SELECT old_path, answer, target FROM closing_redirect WHERE closing_id = $1 ORDER BY old_path LIMIT $2`, kept[i].Closing, MaxRedirects)
}

// Released follows a portal's release: the page of old addresses that it holds
// proves that item, for good. Called in the transaction that writes the release
// down.
func (s *Service) Released(ctx context.Context, tx *db.Tx, portal registry.SiteID) error {
	if s.shown == nil {
		return nil
	}
	open, err := db.All(ctx, tx, scanClosing, closingSelect+` JOIN closing_item i ON i.closing_id = c.id AND i.kind = 'static_map' AND i.state = 'open' WHERE c.portal_id = $1 AND c.state IN ('closing', 'closed') LIMIT 100`, portal)
	if err != nil || len(open) == 0 {
		return err
	}
	site, err := s.registry.SiteTx(ctx, tx, authz.System("closing.released"), portal)
	if err != nil {
		return err
	}
	for _, c := range open {
		ok, err := s.shown(portal, FormerPath(c.Host))
		if err != nil {
			return err
		}
		if !ok || c.Redirects == 0 {
			continue
		}
		says := fmt.Sprintf("旧网址对照页已随“%s”发布，共 %d 个旧网址：%s", site.Name, c.Redirects, s.at(site)+FormerPath(c.Host))
		if err := s.settle(ctx, tx, c, StaticMap, says, ""); err != nil {
			return err
		}
	}
	return nil
}

// maxAsked is how many old addresses a look asks for.
const maxAsked = 5

// AskOldHost goes to the old host as any reader would and sees whether it
// answers as the map says; when it does, that item is proved. The name may still
// lead to the old machine: then the look says so. Where this house has no way there,
// a crawler is asked to go.
func (s *Service) AskOldHost(ctx context.Context, scope authz.Scope, id ID) (says string, ok bool, err error) {
	return s.askOldHost(ctx, scope, id, true)
}

func (s *Service) askOldHost(ctx context.Context, scope authz.Scope, id ID, urgent bool) (says string, ok bool, err error) {
	c, a, err := s.oldHost(ctx, scope, id)
	if err != nil {
		return "", false, err
	}
	if s.inspection != nil && s.inspection.AsksOutside() && !demo(c, a) {
		return s.sendToOldHost(ctx, scope, c, urgent)
	}
	seen, err := askOld(ctx, s.manners, a)
	if err != nil {
		return "", false, err
	}
	return s.judgeOldHost(ctx, scope, c, seen, "")
}

// noRows: a map without an address proves nothing.
const noRows = "跳转表里没有旧网址，没有可以核对的；请先登记旧网址。"

// oldHost is a closing in scope with what is asked of its old host; a fault says why it
// is not asked.
func (s *Service) oldHost(ctx context.Context, scope authz.Scope, id ID) (Closing, OldAsk, error) {
	c, err := s.Closing(ctx, s.db, scope, id)
	if err != nil {
		return c, OldAsk{}, err
	}
	if c.portal == "" {
		return c, OldAsk{}, fault.New(fault.Conflict, "还没有交由门户网站应答，请先办理。")
	}
	until, err := s.until(ctx, s.db, c)
	if err != nil {
		return c, OldAsk{}, err
	}
	if today := calendar.DateOf(s.db.Now()); !until.IsZero() && today.After(until) {
		return c, OldAsk{}, fault.Newf(fault.Conflict, "原域名已于%s注销，不再应答。", until.Chinese())
	}
	rows, err := s.oldRows(ctx, id)
	if err != nil {
		return c, OldAsk{}, err
	}
	if len(rows) == 0 {
		return c, OldAsk{}, fault.New(fault.Conflict, noRows)
	}
	var a OldAsk
	for _, r := range rows {
		a.Paths = append(a.Paths, r.Old)
	}
	a.Origin, err = s.oldOrigin(ctx, c)
	return c, a, err
}

// oldRows are the old addresses that a look asks for.
func (s *Service) oldRows(ctx context.Context, id ID) ([]Redirect, error) {
	return db.All(ctx, s.db, scanRedirect, `SELECT old_path, answer, target FROM closing_redirect WHERE closing_id = $1 ORDER BY CASE answer WHEN 'redirect' THEN 0 ELSE 1 END, old_path LIMIT $2`, id, maxAsked)
}

// judgeOldHost holds what the old host answered against the map. Paths that the map
// has now and nobody asked for are left to the next look.
func (s *Service) judgeOldHost(ctx context.Context, scope authz.Scope, c Closing, seen OldSight, from string) (says string, ok bool, err error) {
	rows, err := s.oldRows(ctx, c.ID)
	if err != nil {
		return "", false, err
	}
	right := 0
	if len(rows) == 0 {
		says = noRows
	}
	for _, r := range rows {
		i := slices.IndexFunc(seen.Replies, func(x OldReply) bool { return x.Old == r.Old })
		if i < 0 {
			says = "跳转表在检测后有改动，旧网址 " + r.Old + " 还没有核对。"
			break
		}
		x, wrong := seen.Replies[i], ""
		switch {
		case x.Ours:
			says = strings.TrimSuffix(x.Says, "。") + "，未能核对。"
		case x.Status == 0:
			wrong = cmp.Or(strings.TrimSuffix(x.Says, "。"), "没有应答")
		case r.Reply == ToNew && (x.Status != http.StatusMovedPermanently || !sameAddress(x.Location, r.Target)):
			wrong = fmt.Sprintf("回答 %d，没有跳转到 %s", x.Status, r.Target)
		case r.Reply != ToNew && x.Status != http.StatusGone:
			wrong = fmt.Sprintf("回答 %d，应说明%s", x.Status, r.Reply.Name())
		}
		if wrong != "" {
			says = fmt.Sprintf("旧网址 %s %s；请确认原域名的解析已指向门户网站所在平台。", r.Old, wrong)
		}
		if says != "" {
			break
		}
		right++
	}
	if says == "" {
		says = fmt.Sprintf("访问原域名 %s 的 %d 个旧网址，应答与跳转表一致。", c.Host, right)
		ok = true
	}
	says += from
	err = s.after(ctx, scope, c.ID, func(tx *db.Tx, c Closing) error {
		if ok {
			return s.settle(ctx, tx, c, OldHost, says, "")
		}
		return s.note(ctx, tx, c, OldHost, says)
	})
	return says, ok, err
}

func sameAddress(a, b string) bool {
	x, err := url.Parse(a)
	y, err2 := url.Parse(b)
	return err == nil && err2 == nil && strings.EqualFold(x.Host, y.Host) && x.EscapedPath() == y.EscapedPath() && x.RawQuery == y.RawQuery
}

// oldOrigin is how the old host is reached.
func (s *Service) oldOrigin(ctx context.Context, c Closing) (string, error) {
	site, err := s.registry.Site(ctx, authz.System("closing.ask"), registry.SiteID(c.Object.ID))
	if err != nil {
		return "", err
	}
	return strings.TrimSuffix(s.start(site), "/"), nil
}

// settle proves an item by what the house itself saw; one that a person has
// proved stays as it is.
func (s *Service) settle(ctx context.Context, tx *db.Tx, c Closing, k ItemKind, says, attachment string) error {
	n, err := tx.Exec(ctx, `UPDATE closing_item SET state = 'proved', proof = $3, attachment_id = $4, proved_by = '系统核对', proved_at = $5, seen = $3, seen_at = $5 WHERE closing_id = $1 AND kind = $2 AND state = 'open'`,
		c.ID, k, abridge.Cut(says, 500), db.Null(attachment), tx.Now())
	if err != nil {
		return err
	}
	if n == 0 {
		return s.note(ctx, tx, c, k, says)
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "closing.item.seen", Target: c.Target(), Basis: sx2021.ClosureMigration.Citation, After: map[string]any{"item": k, "proof": says}})
}

// note keeps what the last look at an item came to.
func (s *Service) note(ctx context.Context, tx *db.Tx, c Closing, k ItemKind, says string) error {
	if _, err := tx.Exec(ctx, `UPDATE closing_item SET seen = $3, seen_at = $4 WHERE closing_id = $1 AND kind = $2`, c.ID, k, abridge.Cut(says, 500), tx.Now()); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "closing.item.looked", Target: c.Target(), After: map[string]any{"item": k, "says": says}})
}

// given says that a closing was given up: its portal keeps nothing of it.
func (s *Service) given(ctx context.Context, tx *db.Tx, c Closing) error {
	if c.portal == "" || c.State != Stopped {
		return nil
	}
	return s.redrawn(ctx, tx, c.portal)
}
