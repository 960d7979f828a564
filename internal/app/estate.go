package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blueprint"
	"zhengshu/internal/blueprint/blueprintweb"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/health"
	"zhengshu/internal/health/healthweb"
	"zhengshu/internal/integrity"
	"zhengshu/internal/jobs"
	"zhengshu/internal/layout"
	"zhengshu/internal/matrix"
	"zhengshu/internal/matrix/matrixweb"
	"zhengshu/internal/moveout"
	"zhengshu/internal/moveout/moveoutweb"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/platform"
	"zhengshu/internal/platform/platformweb"
	"zhengshu/internal/publishing"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

// Estate are the modules over all sites and accounts together: the two
// matrices (Article 11), the platforms and who lives on them (Articles 25, 26,
// 28).
type Estate struct {
	Matrix     *matrix.Service
	Platforms  *platform.Service
	MoveOut    *moveout.Service
	Blueprints *blueprint.Service
	Health     *health.Service
}

// wireEstate makes the services; after publishing.
func (h *House) wireEstate() {
	h.Matrix = matrix.New(matrix.Parts{DB: h.DB, Org: h.Org, Registry: h.Registry, Obligations: h.Obligations, Settings: h.Province.Settings})
	h.Matrix.OnChanged(h.Publisher.MatrixChanged)
	h.Publisher.OnMatrix(h.matrixPages)
	h.Platforms = platform.New(platform.Parts{DB: h.DB, Org: h.Org, Registry: h.Registry, Tenancy: h.Tenancy, Obligations: h.Obligations, Look: h.whereItLeads})
	h.Registry.OnHosting(h.Platforms.Aboard)
	h.Library.OnCreate(h.Platforms.MayCreate)
	h.Media.OnTake(h.Platforms.MayKeep)
	h.Org.OnAppoint(func(ctx context.Context, q db.Querier, person org.PersonID, unit org.Unit, _ authz.Role) error {
		return h.Platforms.MayAppoint(ctx, q, unit.ID, person)
	})
	h.MoveOut = moveout.New(moveout.Parts{DB: h.DB, Org: h.Org, Registry: h.Registry, Library: h.Library, Letters: h.Letters, Shelf: shelf{h}, Shelved: h.MoveIn.Shelved, Blobs: h.Blobs,
		Dir: filepath.Join(h.Config.Dir, "exports"), Tree: h.siteTree, Extras: []moveout.Extra{{Name: "look", Write: h.lookOut, Take: h.lookIn}, {Name: "theme", Write: h.themeOut, Take: h.themeIn}, {Name: "layouts", Write: h.layoutsOut, Take: h.layoutsIn}, {Name: "addresses", Write: h.addressesOut, Take: h.addressesIn}}})
	h.MoveOut.Register(h.workers)
	h.Blueprints = blueprint.New(blueprint.Parts{DB: h.DB, Org: h.Org, Registry: h.Registry, Library: h.Library, Touch: func(ctx context.Context, tx *db.Tx, site registry.SiteID) error {
		return h.Publisher.Touch(ctx, tx, site)
	}, Parts: []blueprint.Part{{Name: "look", Says: "外观", Read: h.lookRead, Write: h.lookWrite}, {Name: "layout", Says: "首页编排", Read: h.layoutRead, Write: h.layoutWrite}}})
	h.Health = health.New(health.Parts{DB: h.DB, Registry: h.Registry, Inspection: h.Inspection, Platforms: h.Platforms, Sources: []health.Source{h.signature, h.tampered, h.readings}})
	jobs.Handle(h.workers, func(ctx context.Context, _ lookRound) error { return h.lookAtSites(ctx) })
	jobs.Every(h.workers, 24*time.Hour, lookRound{})
}

// siteTree gives the pages of a site's release as files, and the addresses that
// lead elsewhere or are gone as a list.
func (h *House) siteTree(ctx context.Context, site registry.SiteID, add func(name string, body io.Reader) error) error {
	release, err := h.Releases.Current(site)
	if errors.Is(err, publishing.ErrNoRelease) {
		return nil
	}
	if err != nil {
		return err
	}
	var moved strings.Builder
	moved.WriteString("path,status,to\r\n")
	if err := release.Each(func(p publishing.Page) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if p.Status != http.StatusOK {
			fmt.Fprintf(&moved, "%s,%d,%s\r\n", p.Path, p.Status, p.To)
			return nil
		}
		name := p.Path
		if strings.HasSuffix(name, "/") {
			name += "index.html"
		}
		body, err := h.Releases.Object(p.Hash, publishing.MaxObject)
		if err != nil {
			return err
		}
		return add(name, bytes.NewReader(body))
	}); err != nil {
		return err
	}
	return add("redirects.csv", strings.NewReader(moved.String()))
}

// carriedLook is how a site looks, in an archive: its choice and the picture of
// its logo.
type carriedLook struct {
	theme.Choice
	Picture []byte `json:"picture,omitempty"`
}

// lookOut and lookIn carry how a site looks into and out of an archive.
func (h *House) lookOut(ctx context.Context, site registry.SiteID) (any, error) {
	scope := authz.System("moveout.look")
	c, err := h.Appearance.Carried(ctx, h.DB, scope, site)
	if err != nil {
		return nil, err
	}
	logo, err := h.Appearance.LogoOf(ctx, h.DB, scope, site)
	return carriedLook{c, logo}, err
}

func (h *House) lookIn(ctx context.Context, site registry.Site, body json.RawMessage) error {
	var c carriedLook
	if err := json.Unmarshal(body, &c); err != nil {
		return fault.New(fault.Invalid, "导出中的外观设置不能识别。").From(err)
	}
	return h.DB.Update(ctx, func(tx *db.Tx) error {
		return h.Appearance.Adopt(ctx, tx, authz.System("moveout.look"), site.ID, c.Choice, c.Picture, "随导出包迁入")
	})
}

// carriedTheme is a theme's bundle in an archive.
type carriedTheme struct {
	Bundle []byte `json:"bundle"`
}

func (h *House) themeOut(ctx context.Context, site registry.SiteID) (any, error) {
	b, err := h.Appearance.BundleOf(ctx, h.DB, authz.System("moveout.look"), site)
	if err != nil || b == nil {
		return nil, err
	}
	return carriedTheme{b}, nil
}

// themeIn installs the bundle that an archive carries, on the terms of this
// province, and puts the site into it. A bundle whose key is not trusted here
// leaves the site in a theme of the house; whoever trusts it later may choose it.
func (h *House) themeIn(ctx context.Context, site registry.Site, body json.RawMessage) error {
	var c carriedTheme
	if err := json.Unmarshal(body, &c); err != nil || len(c.Bundle) == 0 {
		return fault.New(fault.Invalid, "导出中的主题包不能识别。").From(err)
	}
	if err := h.Appearance.Receive(ctx, c.Bundle); err != nil {
		if fault.Is(err, fault.Refused) || fault.Is(err, fault.Invalid) {
			h.Config.Log.WarnContext(ctx, "the theme of an archive is not taken", "site", site.ID, "error", err)
			return nil
		}
		return err
	}
	b, err := theme.ReadBundle(c.Bundle)
	if err != nil {
		return err
	}
	return h.DB.Update(ctx, func(tx *db.Tx) error {
		was, err := h.Appearance.Carried(ctx, tx, authz.System("moveout.look"), site.ID)
		if err != nil || was.Hash == b.Hash {
			return err
		}
		was.ID, was.Version, was.Hash = b.ID, b.Version, b.Hash
		return h.Appearance.Adopt(ctx, tx, authz.System("moveout.look"), site.ID, was, nil, "主题包随导出包迁入")
	})
}

func (h *House) layoutsOut(ctx context.Context, site registry.SiteID) (any, error) {
	return h.Layouts.Carry(ctx, h.DB, authz.System("moveout.layouts"), site, true)
}

func (h *House) layoutsIn(ctx context.Context, site registry.Site, body json.RawMessage) error {
	var c layout.Carried
	if err := json.Unmarshal(body, &c); err != nil {
		return fault.New(fault.Invalid, "导出中的页面编排不能识别。").From(err)
	}
	scope := authz.System("moveout.layouts")
	return h.DB.Update(ctx, func(tx *db.Tx) error {
		people, err := h.Org.People(ctx, tx, scope, site.Unit)
		if err != nil {
			return err
		}
		var owner org.PersonID
		if len(people) > 0 {
			owner = people[0].ID
		}
		if err := h.Layouts.Adopt(ctx, tx, scope, site.ID, c, owner, "随导出包迁入"); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "layout.bring", Target: site.Target(), After: map[string]any{"blocks": len(c.Home), "topics": len(c.Topics)}})
	})
}

// addressesOut and addressesIn carry the addresses at which no page stands any
// more: where they lead, or why they are gone.
func (h *House) addressesOut(ctx context.Context, site registry.SiteID) (any, error) {
	a, err := h.Publisher.AddressesOf(ctx, authz.System("moveout.addresses"), site)
	if err != nil || len(a.Redirects)+len(a.Ended) == 0 {
		return nil, err
	}
	return a, nil
}

func (h *House) addressesIn(ctx context.Context, site registry.Site, body json.RawMessage) error {
	var a publishing.Addresses
	if err := json.Unmarshal(body, &a); err != nil {
		return fault.New(fault.Invalid, "导出中停用的网址不能识别。").From(err)
	}
	_, left, err := h.Publisher.TakeAddresses(ctx, authz.System("moveout.addresses"), site.ID, a)
	if err == nil && left > 0 {
		h.Config.Log.WarnContext(ctx, "addresses of an archive are left out", "site", site.ID, "left", left)
	}
	return err
}

func (h *House) layoutRead(ctx context.Context, q db.Querier, from registry.SiteID) (json.RawMessage, error) {
	c, err := h.Layouts.Carry(ctx, q, authz.System("blueprint.layout"), from, false)
	if err != nil || c.Home == nil {
		return nil, err
	}
	return json.Marshal(c)
}

func (h *House) layoutWrite(ctx context.Context, tx *db.Tx, to registry.SiteID, body json.RawMessage) error {
	var c layout.Carried
	if err := json.Unmarshal(body, &c); err != nil {
		return fault.New(fault.Invalid, "模板中的页面编排不能识别。").From(err)
	}
	return h.Layouts.Adopt(ctx, tx, authz.System("blueprint.layout"), to, c, "", "随建站模板设定")
}

// signature says whether the release that is public now is the house's own.
func (h *House) signature(_ context.Context, _ authz.Scope, site registry.Site) ([]health.Fact, error) {
	f := health.Fact{Name: "发布签名", Href: site.Link() + "/releases"}
	_, err := h.Releases.Current(site.ID)
	switch {
	case err == nil:
		f.Text, f.Tone = "有效", health.Good
	case errors.Is(err, publishing.ErrNoRelease):
		f.Text = "还没有发布"
	case errors.Is(err, publishing.ErrForged):
		f.Text, f.Tone = "与签名不符，可能被改动", health.Bad
	default:
		return nil, err
	}
	return []health.Fact{f}, nil
}

// tampered says whether what is served is what was published: the open alarms,
// and the last look from outside, or at the disk.
func (h *House) tampered(ctx context.Context, scope authz.Scope, site registry.Site) ([]health.Fact, error) {
	f := health.Fact{Name: "防篡改", Href: site.Link() + "/integrity"}
	alarms, total, err := h.Integrity.Alarms(ctx, scope, site.ID, 20, 0)
	if err != nil {
		return nil, err
	}
	open := 0
	for _, a := range alarms { // those that are open stand first
		if a.SettledAt.IsZero() {
			open++
		}
	}
	seen, err := h.Integrity.Seen(ctx, scope, site.ID)
	if err != nil {
		return nil, err
	}
	var last integrity.Seen
	for _, x := range seen {
		if x.At.After(last.At) {
			last = x
		}
	}
	switch {
	case open > 0:
		f.Text, f.Tone = fmt.Sprintf("%d 项告警没有处理", open), health.Bad
	case last.At.IsZero():
		f.Text = "还没有核验"
	case last.Wrong > 0:
		f.Text, f.Tone = fmt.Sprintf("%d 页不符", last.Wrong), health.Bad
	default:
		f.Text, f.Tone = "一致", health.Good
	}
	if !last.At.IsZero() {
		f.Note = fmt.Sprintf("来源：防篡改核验，%s 核对 %d 页（第 %d 版）；累计告警 %d 项", last.At.In(calendar.Shanghai).Format("2006-01-02 15:04"), last.Checked, last.No, total)
	}
	return []health.Fact{f}, nil
}

// readings says how much a site is read, with the source of the numbers.
func (h *House) readings(ctx context.Context, scope authz.Scope, site registry.Site) ([]health.Fact, error) {
	today := calendar.DateOf(h.DB.Now())
	month, err := h.Visits.Figures(ctx, scope, site.ID, today.AddDays(-29), today)
	if err != nil {
		return nil, err
	}
	f := health.Fact{Name: "近 30 日访问", Href: site.Link() + "/visits", Text: "没有统计", Note: "来源：访问统计，不用 Cookie"}
	if len(month.Days) > 0 {
		f.Text = fmt.Sprintf("%d 次", month.Sum.Views)
		f.Note = fmt.Sprintf("独立访客 %d 人次；来源：访问统计，不用 Cookie，有统计的 %d 天", month.Sum.Visitors, len(month.Days))
	}
	return []health.Fact{f}, nil
}

// lookRead and lookWrite carry how a site looks into a template and out of it.
// The mourning mode is of a day, not of a template.
func (h *House) lookRead(ctx context.Context, q db.Querier, from registry.SiteID) (json.RawMessage, error) {
	c, err := h.Appearance.Carried(ctx, q, authz.System("blueprint.look"), from)
	if err != nil {
		return nil, err
	}
	return json.Marshal(c)
}

func (h *House) lookWrite(ctx context.Context, tx *db.Tx, to registry.SiteID, body json.RawMessage) error {
	var c theme.Choice
	if err := json.Unmarshal(body, &c); err != nil {
		return fault.New(fault.Invalid, "模板中的外观设置不能识别。").From(err)
	}
	return h.Appearance.Adopt(ctx, tx, authz.System("blueprint.look"), to, c, nil, "随建站模板设定")
}

// BringSite takes an archive of a site into this house and publishes it: the
// sponsor is found by name, and who keeps columns that name nobody here is the
// first person of the sponsor, and the second for B 岗.
func (h *House) BringSite(ctx context.Context, in io.ReaderAt, size int64, sponsor string) (moveout.Brought, error) {
	ctx = audit.System(ctx, "import.site")
	scope := authz.System("import.site")
	var into moveout.Into
	units, _, err := h.Org.Units(ctx, scope, org.UnitFilter{Text: sponsor, Limit: 20})
	if err != nil {
		return moveout.Brought{}, err
	}
	i := slices.IndexFunc(units, func(u org.Unit) bool { return u.Name == sponsor })
	if i < 0 {
		return moveout.Brought{}, fault.Newf(fault.Invalid, "单位台账中没有“%s”，请先导入单位，再写全称。", sponsor)
	}
	into.Unit = units[i].ID
	people, err := h.Org.People(ctx, h.DB, scope, into.Unit)
	if err != nil {
		return moveout.Brought{}, err
	}
	if len(people) < 2 {
		return moveout.Brought{}, fault.Newf(fault.Invalid, "“%s”登记的人员不足两人，栏目的 A 岗和 B 岗要由两个人担任；请先登记人员。", sponsor)
	}
	into.Owner, into.A, into.B = people[0].ID, people[0].ID, people[1].ID
	out, err := h.MoveOut.Bring(ctx, scope, in, size, into)
	if err != nil {
		return out, err
	}
	return out, h.Publisher.Rebuild(ctx, out.Site.ID)
}

// lookRound is the daily duty to see where the names of hosted sites lead.
type lookRound struct{}

// Kind names the job.
func (lookRound) Kind() string { return "app.sites_look" }

// lookAtSites looks at each site published here and at each one under a plan.
// One that cannot be reached holds up no other.
func (h *House) lookAtSites(ctx context.Context) error {
	ctx = audit.System(ctx, "platform")
	system := authz.System("platform.look")
	ids, err := db.All(ctx, h.DB, db.Value[registry.SiteID], `SELECT s.id FROM site s LEFT JOIN migration_plan m ON m.site_id = s.id
		WHERE s.host <> '' AND s.state = 'running' AND (s.hosted OR s.monitored AND m.due_on IS NOT NULL AND m.done_at IS NULL) ORDER BY s.id`)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if _, err := h.Platforms.LookAt(ctx, system, id); err != nil {
			h.Config.Log.Warn("a site could not be looked at", "site", id, "error", err)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// oldAddresses is how many of a site's former addresses one look tries.
const oldAddresses = 5

// whereItLeads asks the site's own name for its home page: what comes is ours
// when it is, byte for byte, the page of the release that is public.
func (h *House) whereItLeads(ctx context.Context, site registry.Site) (platform.Seen, error) {
	seen := platform.Seen{Pointing: "unknown", IPv6: "unknown"}
	base := h.origin(site)
	if base == "" {
		base = "https://" + site.Host
		addresses, err := h.client.Addresses(ctx, site.Host)
		if err == nil {
			seen.IPv6 = "no"
			for _, a := range addresses {
				if a.Is6() && !a.Is4In6() {
					seen.IPv6 = "yes"
				}
			}
		}
	}
	resp, err := h.client.Get(ctx, base+"/", egress.Options{NoFollow: true, RecordTLSFault: true})
	if err != nil {
		seen.Says = "域名" + registry.ShownHost(site.Host) + "没有打开"
		if e := (*egress.Error)(nil); errors.As(err, &e) && e.Kind == egress.NoWay {
			seen.Says = e.Says
		}
		return seen, nil //nolint:nilerr // not reached is what was seen
	}
	release, err := h.Releases.Current(site.ID)
	if errors.Is(err, publishing.ErrNoRelease) {
		seen.Pointing, seen.Says = "no", "本平台还没有发布这个网站"
		return seen, nil
	}
	if err != nil {
		return seen, err
	}
	page, _, err := release.Page("/")
	if err != nil {
		return seen, err
	}
	sum := sha256.Sum256(resp.Body)
	if hex.EncodeToString(sum[:]) != page.Hash {
		seen.Pointing, seen.Says = "no", "域名打开的首页不是本平台发布的"
		return seen, nil
	}
	seen.Pointing, seen.Says = "yes", "域名打开的首页与本平台发布的一致"
	old, err := db.All(ctx, h.DB, db.Value[string], `SELECT v.source_url FROM item_placement p JOIN item i ON i.id = p.item_id JOIN item_version v ON v.item_id = i.id AND v.no = i.version
		WHERE p.site_id = $1 AND p.state = 'live' AND (v.source_url LIKE $2 OR v.source_url LIKE $3) ORDER BY p.id LIMIT $4`, site.ID, "https://"+site.Host+"/%", "http://"+site.Host+"/%", oldAddresses)
	if err != nil {
		return seen, err
	}
	for _, address := range old {
		seen.Redirects++
		u, err := url.Parse(address)
		if err != nil {
			continue
		}
		resp, err := h.client.Get(ctx, base+u.RequestURI(), egress.Options{WantBody: func(int, http.Header) bool { return false }})
		if err == nil && resp.Status == http.StatusOK {
			seen.Redirected++
		}
	}
	return seen, nil
}

func estateObligations() []obligation.Kind {
	return slices.Concat(matrix.Obligations(), platform.Obligations())
}

func (h *House) sweepEstate(ctx context.Context) error {
	_, err := h.Matrix.Sweep(ctx)
	_, err2 := h.Platforms.Sweep(ctx)
	return errors.Join(err, err2)
}

func (h *House) estateDoors() []web.Route {
	return slices.Concat(matrixweb.New(h.DB, h.Matrix, h.Org).Routes(), platformweb.New(h.Platforms, h.Protection, h.Org).Routes(), moveoutweb.New(h.MoveOut, h.Registry).Routes(), blueprintweb.New(h.Blueprints, h.Registry).Routes(), healthweb.New(h.Health, h.DB.Now).Routes())
}

// matrixPages are the public pages of the matrices as the theme draws them. A
// demonstration leads nowhere outside itself.
func (h *House) matrixPages(ctx context.Context, q db.Querier, site registry.SiteID) ([]theme.Matrix, error) {
	pages, err := h.Matrix.Pages(ctx, q, site)
	if err != nil {
		return nil, err
	}
	out := make([]theme.Matrix, len(pages))
	for i, p := range pages {
		m := theme.Matrix{Path: p.Path, Area: p.Area, Updated: p.Updated}
		for _, a := range p.Above {
			m.Above = append(m.Above, theme.Link{Text: a.Name, Href: a.Path})
		}
		for _, s := range p.Sites {
			m.Sites = append(m.Sites, theme.MatrixSite{Name: s.Name, Unit: s.Unit, Host: registry.ShownHost(s.Address), Chinese: s.Chinese, SiteCode: s.SiteCode, Line: s.Line, Marked: s.Mark, Head: s.Head, Href: h.outward("https://" + s.Address + "/")})
		}
		for _, a := range p.Accounts {
			m.Accounts = append(m.Accounts, theme.MatrixAccount{Name: a.Name, Unit: a.Unit, Platform: a.Platform, Handle: a.Handle, VerifiedAs: a.VerifiedAs, Head: a.Head, Href: h.outward(a.Address)})
		}
		for _, b := range p.Below {
			m.Below = append(m.Below, theme.MatrixArea{Name: b.Name, Href: b.Path, Sites: b.Sites, Accounts: b.Accounts})
		}
		out[i] = m
	}
	return out, nil
}

// outward is an address of the web that a page may lead to; empty for any
// other, and in a demonstration for everything that is not one of its portals.
func (h *House) outward(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return ""
	}
	if h.Demo {
		if !strings.HasSuffix(u.Hostname(), ".localhost") {
			return ""
		}
		return h.origin(registry.Site{Host: u.Hostname()}) + u.Path
	}
	return address
}
