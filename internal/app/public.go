package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/appearance"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/demo"
	"zhengshu/internal/disclosure"
	"zhengshu/internal/fault"
	"zhengshu/internal/intake"
	"zhengshu/internal/jobs"
	"zhengshu/internal/layout"
	"zhengshu/internal/letters"
	"zhengshu/internal/letters/letterspublic"
	"zhengshu/internal/library"
	"zhengshu/internal/media"
	"zhengshu/internal/notice"
	"zhengshu/internal/org"
	"zhengshu/internal/portal"
	"zhengshu/internal/publishing"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
	"zhengshu/internal/registry/registrypublic"
	"zhengshu/internal/rules/sx2021"
)

// The settings that make a house a demo, whoever opens it and with what flags.
const (
	demoSetting = "demo"      // yes
	portSetting = "demo.port" // of the listener, for links between *.localhost
)

// wirePublishing makes the releases, who writes them and who serves them.
func (h *House) wirePublishing(ctx context.Context) error {
	var err error
	if h.Releases, err = publishing.CreateStore(filepath.Join(h.Config.Dir, "releases"), filepath.Join(h.Config.Dir, "keys")); err != nil {
		return err
	}
	port, err := h.demoSettings(ctx)
	if err != nil {
		return err
	}
	h.Publisher = publishing.New(h.DB, h.Registry, h.Library, h.Releases, publishing.Config{
		Demo: h.Demo, Port: port, Obligations: h.Obligations, Log: h.Config.Log, Media: h.Media.Release, Look: h.Media.Look, Left: h.Media.Left, Leads: h.leads,
		Statutory: h.statutory, StatutoryColumns: h.statutoryColumns, Announced: h.announced, Former: h.former, FormerRows: h.formerRows,
		Doors: theme.Doors{Letters: "/letters/", LetterQuery: "/letters/query", ErrorReport: "/letters/new?type=error", Search: "/search", Official: "/official/", Impostors: "/impostors/", Annual: "/annual/", Services: serviceNetwork(h.Demo)},
	})
	h.Appearance = appearance.New(appearance.Parts{DB: h.DB, Org: h.Org, Province: h.Province, Registry: h.Registry, Obligations: h.Obligations, Publisher: h.Publisher, Store: h.Blobs,
		Days: h.Days, Settings: h.Province.Settings, Log: h.Config.Log})
	h.Publisher.Work(h.workers)
	h.Library.OnChange(h.Publisher.Changed)
	h.Disclosure.OnPlaced(h.placed)
	if err := h.wireVisits(ctx); err != nil {
		return err
	}
	h.mountLetters()
	h.mountOfficial()
	return nil
}

// statutory is how the catalogue of statutory disclosure stands at the unit of
// a site.
func (h *House) statutory(ctx context.Context, q db.Querier, site registry.SiteID) ([]disclosure.Place, error) {
	scope := authz.System("publishing.disclosure")
	s, err := h.Registry.SiteTx(ctx, q, scope, site)
	if err != nil {
		return nil, err
	}
	_, places, err := h.Disclosure.PlacesTx(ctx, q, scope, s.Unit)
	return places, err
}

func (h *House) statutoryColumns(ctx context.Context, q db.Querier, site registry.SiteID) (map[registry.ColumnID]bool, error) {
	s, err := h.Registry.SiteTx(ctx, q, authz.System("publishing.disclosure"), site)
	if err != nil {
		return nil, err
	}
	return h.Disclosure.PlacedColumns(ctx, q, s.Unit)
}

// placed has the sites of a unit say where it discloses what.
func (h *House) placed(ctx context.Context, tx *db.Tx, unit org.UnitID) error {
	sites, err := db.All(ctx, tx, db.Value[registry.SiteID], `SELECT id FROM site WHERE unit_id = $1 AND hosted ORDER BY id`, unit)
	if err != nil {
		return err
	}
	for _, id := range sites {
		if err := h.Publisher.Nudge(ctx, tx, id); err != nil {
			return err
		}
	}
	return nil
}

// announced are the notices that hang, or hung, on a site.
func (h *House) announced(ctx context.Context, q db.Querier, site registry.SiteID) ([]theme.Announcement, error) {
	if h.Notices == nil { // not wired yet: the demo's first release
		return nil, nil
	}
	list, err := h.Notices.Announced(ctx, q, site)
	if err != nil {
		return nil, err
	}
	var out []theme.Announcement
	for _, n := range list {
		a := theme.Announcement{Kind: notice.KindName(n.Kind), Title: n.Title, Object: n.ObjectName, Href: n.URL, From: n.Since.Chinese(), Until: n.HangUntil.Chinese()}
		if !n.Active() {
			a.Ended = "已结束"
		}
		out = append(out, a)
	}
	return out, nil
}

// wireLayouts makes what composes pages and tells publishing of it. A column
// that closes is followed by whatever refers to it.
func (h *House) wireLayouts() {
	h.Layouts = layout.New(layout.Parts{DB: h.DB, Org: h.Org, Registry: h.Registry, Library: h.Library, Notices: h.Notices, Obligations: h.Obligations,
		Inspect: h.inspectText, Picture: h.banner})
	h.Layouts.OnChange(func(ctx context.Context, tx *db.Tx, site registry.SiteID, parts ...layout.Part) error {
		to := make([]publishing.Part, len(parts))
		for i, p := range parts {
			to[i] = map[layout.Part]publishing.Part{layout.Home: publishing.HomePart, layout.TopicList: publishing.TopicsPart}[p]
		}
		return h.Publisher.Touch(ctx, tx, site, to...)
	})
	h.Library.OnChange(h.Layouts.PageChanged)
	h.Publisher.ComposedBy(h.Layouts)
	h.Publisher.OnNotices(func(ctx context.Context, q db.Querier, site registry.SiteID) ([]theme.Link, error) {
		st, err := h.Registry.SiteTx(ctx, q, authz.System("publishing.notices"), site)
		if err != nil {
			return nil, err
		}
		hung, err := h.Layouts.LiveBar(ctx, q, site, !st.Live(), calendar.DateOf(h.DB.Now()))
		out := make([]theme.Link, len(hung))
		for i, n := range hung {
			out[i] = theme.Link{Text: n.Text, Href: n.Href}
		}
		return out, err
	})
	h.Columns.OnTree(func(ctx context.Context, tx *db.Tx, site registry.SiteID) error {
		return h.Publisher.Touch(ctx, tx, site)
	})
	h.Columns.OnClose(h.Layouts.CountOn, h.Layouts.Follow)
	h.Columns.OnClose(h.Disclosure.CountOn, h.Disclosure.FollowColumn)
}

// banner admits a picture of the media library that the session may use.
func (h *House) banner(ctx context.Context, session *authz.Session, address string) error {
	refused := fault.New(fault.Invalid, "横幅要从媒体库选择图片。").On("banner", "没有找到这张图片；请在媒体库打开图片，复制它的地址，形如 /media/….jpg")
	id, ok := media.Named(address)
	if !ok {
		return refused
	}
	a, err := h.Media.Asset(ctx, session.ScopeFor(authz.ItemRead), id)
	if fault.Is(err, fault.NotFound) || err == nil && a.Kind != media.Picture {
		return refused
	}
	return err
}

// leads are the pictures of items as publishing asks for them.
func (h *House) leads(ctx context.Context, q db.Querier, items []string) (map[string]publishing.Lead, error) {
	found, err := h.Media.Leads(ctx, q, items)
	if err != nil {
		return nil, err
	}
	out := make(map[string]publishing.Lead, len(found))
	for id, l := range found {
		to := publishing.Lead{Src: l.Src, Alt: l.Alt, Width: l.Width, Height: l.Height}
		for _, w := range l.Widths {
			to.Widths = append(to.Widths, publishing.LeadWidth(w))
		}
		out[id] = to
	}
	return out, nil
}

// serviceNetwork is where every portal's entrance to 政务服务网 leads (Article
// 13(1)); in a demonstration, to a page that says so.
func serviceNetwork(demo bool) string {
	if demo {
		return "/about.html"
	}
	return sx2021.ServiceNetwork
}

// demoSettings reads, and for a serving process keeps, that this is a demo and
// at which port its portals are. --demo makes a demo of an empty house only.
func (h *House) demoSettings(ctx context.Context) (port string, err error) {
	read := func(name string) (string, error) {
		v, err := db.One(ctx, h.DB, db.Value[string], `SELECT value FROM setting WHERE name = $1`, name)
		if db.None(err) {
			return "", nil
		}
		return v, err
	}
	mark, err := read(demoSetting)
	if err != nil {
		return "", err
	}
	if port, err = read(portSetting); err != nil {
		return "", err
	}
	h.Demo = mark != ""
	if h.Config.Demo && !h.Demo {
		n, err := db.One(ctx, h.DB, db.Value[int], `SELECT count(*) FROM unit`)
		if err != nil {
			return "", err
		}
		if n > 0 {
			return "", fault.New(fault.Refused, "这个数据目录里已有正式数据，不能用 --demo 打开；请换一个空目录。")
		}
		h.Demo = true
	}
	if !h.Demo || h.listener == nil {
		return port, nil
	}
	_, now, err := net.SplitHostPort(h.listener.Addr().String())
	if err != nil {
		return "", err
	}
	if mark != "" && now == port {
		return port, nil
	}
	ctx = audit.System(ctx, "demo")
	return now, h.DB.Update(ctx, func(tx *db.Tx) error {
		for name, value := range map[string]string{demoSetting: "yes", portSetting: now} {
			if _, err := tx.Exec(ctx, `
				INSERT INTO setting (name, value, changed_at) VALUES ($1, $2, $3)
				ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at`, name, value, tx.Now()); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "app.demo", Target: audit.Target{Kind: "setting", ID: demoSetting, Name: "演示省份"}, After: now})
	})
}

// landing is what the demo's other hosts show.
func landing() portal.Landing {
	l := portal.Landing{Console: "/console", Walks: []portal.Walk{
		{Title: "一篇稿件怎样上线", Says: "shibian 写稿送审，shichu 初审，shizhong 过五关、签发，然后到西安市网站首页看。"},
		{Title: "一个网站怎样开设", Says: "bumen 填申请，shi 审核上报，sheng 批准；换 xianbumen 试，会看到第七条为什么不准。"},
		{Title: "一个问题怎样查出、改好", Says: "xundu 检查雁塔区网站，shi 下发整改，chengban 回复，复查通过才销号。"},
	}}
	for _, p := range demo.Logins {
		l.Logins = append(l.Logins, portal.Login{Role: p.Role, Name: p.Person, Unit: string(p.Unit), Login: p.Name, Password: demo.Password, Does: p.Does})
	}
	return l
}

// spread says how many pages an act on an item makes anew.
func (h *House) spread(ctx context.Context, scope authz.Scope, id library.ItemID) (string, error) {
	f, err := h.Publisher.FanOut(ctx, scope, publishing.Act{Item: id})
	if err != nil || len(f.Sites) == 0 {
		return "", err
	}
	return f.Says(), nil
}

// reachOfSite says what drawing a whole site anew reaches.
func (h *House) reachOfSite(ctx context.Context, scope authz.Scope, site registry.SiteID) (string, error) {
	f, err := h.Publisher.FanOut(ctx, scope, publishing.Act{Sites: []registry.SiteID{site}})
	return f.Says(), err
}

// reachOfBoard says what publishing a composition reaches.
func (h *House) reachOfBoard(ctx context.Context, scope authz.Scope, b layout.Board) (string, error) {
	act := publishing.Act{Site: b.Site.ID, Parts: []publishing.Part{publishing.HomePart}}
	if b.Kind == layout.TopicBoard {
		act.Parts = append(act.Parts, publishing.TopicsPart)
	}
	f, err := h.Publisher.FanOut(ctx, scope, act)
	return f.Says(), err
}

type siteKey struct{}

// mountLetters gives every site its counter for letters below /letters/.
func (h *House) mountLetters() {
	desk := letters.NewDesk(h.Letters)
	desk.Register(h.workers)
	counter := letterspublic.New(desk, letterspublic.Config{
		SiteOf: func(r *http.Request) (registry.SiteID, bool) {
			s, ok := r.Context().Value(siteKey{}).(portal.SiteInfo)
			return registry.SiteID(s.ID), ok
		},
		Render: func(w http.ResponseWriter, r *http.Request, status int, page theme.Embedded) error {
			s, _ := r.Context().Value(siteKey{}).(portal.SiteInfo)
			return portal.RenderInStatus(w, r, status, s, page)
		},
		Log: h.Config.Log,
	})
	h.Portal.Mount("/letters/", func(site portal.SiteInfo) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			counter.ServeHTTP(w, r.WithContext(context.WithValue(audit.Citizen(r.Context()), siteKey{}, site)))
		})
	})
}

// directory is the periodic duty to state anew what is official.
type directory struct{}

// Kind names the job.
func (directory) Kind() string { return "app.directory" }

// StateOfficial signs and replaces the list of what is official, from which the
// portals answer without the database.
func (h *House) StateOfficial(ctx context.Context) error {
	d, err := h.Registry.Directory(ctx)
	if err != nil {
		return err
	}
	body, err := json.Marshal(d)
	if err != nil {
		return err
	}
	return h.Releases.PutStatement(registry.DirectoryName, body)
}

// mountOfficial gives every hosted site the list of what is official below
// /official/.
func (h *House) mountOfficial() {
	jobs.Handle(h.workers, func(ctx context.Context, _ directory) error { return h.StateOfficial(ctx) })
	jobs.Every(h.workers, 30*time.Minute, directory{})
	door := registrypublic.New(registrypublic.Config{Store: h.Releases, Clock: h.Config.Clock, Log: h.Config.Log,
		Render: func(w http.ResponseWriter, r *http.Request, status int, page theme.Embedded) error {
			s, _ := r.Context().Value(siteKey{}).(portal.SiteInfo)
			return portal.RenderInStatus(w, r, status, s, page)
		}})
	h.Portal.Mount("/official/", func(site portal.SiteInfo) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			door.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), siteKey{}, site)))
		})
	})
}

// origin is where a demo portal is reached: at its name on our own port.
func (h *House) origin(site registry.Site) string {
	if at, ok := h.Config.Elsewhere[site.Host]; ok {
		return "http://" + at.String()
	}
	if !h.Demo || h.listener == nil || !strings.HasSuffix(site.Host, ".localhost") {
		return ""
	}
	_, port, err := net.SplitHostPort(h.listener.Addr().String())
	if err != nil {
		return ""
	}
	return "http://" + net.JoinHostPort(site.Host, port)
}

// releasedPages tells the inspector which pages the release in force of a site has:
// what a reader opens and reads, none of its files.
func (h *House) releasedPages(_ context.Context, site registry.Site, each func(path string)) error {
	r, err := h.Releases.Current(site.ID)
	if errors.Is(err, publishing.ErrNoRelease) {
		return nil
	}
	if err != nil {
		return err
	}
	return r.EachDocument(func(p publishing.Page) error {
		each(p.Path)
		return nil
	})
}

// staticTypes are the column classes that are right without updates.
var staticTypes = map[string]bool{"概况信息": true, "机构职能": true, "负责人信息": true, "信息公开指南": true, "信息公开年报": true, "互动交流": true, "办事服务": true}

// columnFacts tells the inspector what the house knows of a hosted site's
// columns, so that freshness is judged by the library and not guessed. A column
// with columns below it (频道) holds what they hold.
func (h *House) columnFacts(ctx context.Context, site registry.Site) ([]check.Column, error) {
	columns, err := h.Registry.Columns(ctx, h.DB, authz.System("inspection.columns"), site.ID)
	if err != nil {
		return nil, err
	}
	out := make([]check.Column, 0, len(columns))
	at := map[registry.ColumnID]int{}
	for _, c := range columns {
		n, err := h.Library.LiveIn(ctx, h.DB, c.ID)
		if err != nil {
			return nil, err
		}
		last, err := h.Library.LastPublished(ctx, h.DB, c.ID)
		if err != nil {
			return nil, err
		}
		fact := check.Column{Name: c.Name, URL: "/" + c.Slug + "/", Kind: check.ListingKind(c.Name, c.Type), Items: n, CycleDays: c.CycleDays, Static: staticTypes[c.Type]}
		if !last.IsZero() {
			fact.Latest = calendar.DateOf(last)
		}
		at[c.ID] = len(out)
		out = append(out, fact)
	}
	own := slices.Clone(out)
	for i, c := range columns {
		// The registry refuses a circle; the bound holds if one were there all the same.
		for up, deep := c.Parent, 0; up != "" && deep < len(columns); deep++ {
			j, ok := at[up]
			if !ok {
				break
			}
			out[j].Items += own[i].Items
			if own[i].Latest.After(out[j].Latest) {
				out[j].Latest = own[i].Latest
			}
			up = columns[j].Parent
		}
	}
	return out, nil
}

// itemLink is the console page of the item behind a public address.
func itemLink(address string) string {
	id := library.ItemAt(address)
	if id == "" {
		return ""
	}
	return "/console/items/" + string(id)
}

// rootOffice is the office of the one province a house governs: where drafts
// without a site go.
func (h *House) rootOffice(ctx context.Context) (org.UnitID, error) {
	id, err := db.One(ctx, h.DB, db.Value[org.UnitID], `SELECT id FROM unit WHERE kind = 'office' AND level = 'province' AND abolished_on IS NULL ORDER BY area_path LIMIT 1`)
	if db.None(err) {
		return "", fault.New(fault.Invalid, "还没有登记省级办公厅，请先导入单位，或用 --publish 指明站点和栏目。")
	}
	return id, err
}

// ItemsInto says where imported items go: a site by its short name and a
// column by its own; both empty for drafts.
type ItemsInto struct {
	Site, Column string
	DryRun       bool
}

// ImportItems takes a list of items into the library and, with a target, live
// under the site's approved move-in; pages and search index are there when it
// returns.
func (h *House) ImportItems(ctx context.Context, list io.ReadSeeker, into ItemsInto) (intake.Report, error) {
	ctx = audit.System(ctx, "import.items")
	scope := authz.System("import.items")
	o := library.ImportOptions{DryRun: into.DryRun, Files: h.MoveIn.Shelved(scope)}
	if into.Site == "" {
		office, err := h.rootOffice(ctx)
		if err != nil {
			return intake.New(into.DryRun), err
		}
		o.Unit = office
		return h.Library.ImportItems(ctx, scope, list, o)
	}
	site, err := h.Registry.SiteBySlug(ctx, h.DB, scope, into.Site)
	if err != nil {
		return intake.New(into.DryRun), err
	}
	column, err := h.Registry.ColumnBySlug(ctx, h.DB, scope, site.ID, into.Column)
	if err != nil {
		return intake.New(into.DryRun), err
	}
	o.Publish = &library.Target{Site: site.ID, Column: column.ID}
	rep, err := h.Library.ImportItems(ctx, scope, list, o)
	if err != nil || into.DryRun {
		return rep, err
	}
	if err := h.Publisher.Publish(ctx, site.ID); err != nil {
		return rep, fmt.Errorf("app: publish what was imported: %w", err)
	}
	// A release waits for no more of its index than a few items.
	if err := h.Publisher.Reindex(ctx, site.ID); err != nil {
		return rep, fmt.Errorf("app: index what was imported: %w", err)
	}
	return rep, nil
}
