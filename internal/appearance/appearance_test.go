package appearance_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"image"
	"image/png"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/appearance"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/province"
	"zhengshu/internal/publishing"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// place is a province with a city, each with an office and a hosted site.
type place struct {
	t         *testing.T
	db        *db.DB
	clock     *calendar.Manual
	looks     *appearance.Service
	publisher *publishing.Publisher
	store     *publishing.Store
	site      map[string]registry.Site
	people    map[string]*authz.Session
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var began = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC) // Monday, 09:00 here

func settle(t *testing.T, d *db.DB, clock *calendar.Manual) *place {
	ctx := audit.System(context.Background(), "test")
	must(t, passage.Declare(ctx, d, registry.SiteMachine, library.Machine, appearance.Machine))
	o := org.New(d)
	reg := registry.New(d, o)
	obligations := obligation.New(d, o, append(appearance.Obligations(), library.WaivedInterpretation)...)
	lib := library.New(d, o, reg, obligations, func(string) []check.Span { return nil }, sx2021.Defaults())
	p := &place{t: t, db: d, clock: clock, site: map[string]registry.Site{}, people: map[string]*authz.Session{}}
	must(t, d.Update(ctx, func(tx *db.Tx) error {
		for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610900", Name: "安康市", Parent: "province-610000000000"}} {
			if _, err := o.AddArea(ctx, tx, a); err != nil {
				return err
			}
		}
		for at, name := range map[org.AreaID]string{"province-610000000000": "陕西省人民政府办公厅", "city-610900000000": "安康市人民政府办公室"} {
			u, _, err := o.AddUnit(ctx, tx, org.Unit{Area: at, Kind: org.Office, Name: name})
			if err != nil {
				return err
			}
			key := "province"
			if strings.HasPrefix(string(at), "city") {
				key = "city"
			}
			s, err := reg.EnterSite(ctx, tx, registry.Site{Unit: u.ID, Kind: registry.Portal, Name: name + "网站", Host: key + ".localhost", Slug: key, SiteCode: "6100000001", Hosted: true, Contact: "0999-0000000"})
			if err != nil {
				return err
			}
			p.site[key] = s
			for _, role := range []authz.Role{authz.Supervisor, authz.Sponsor, authz.Editor, authz.FinalReviewer} {
				if u, err = o.UnitTx(ctx, tx, authz.System("test"), u.ID); err != nil {
					return err
				}
				id := key + " " + string(role)
				p.people[id] = &authz.Session{PersonID: id, Name: id, Posts: []authz.Post{{UnitID: string(u.ID), UnitName: u.Name, Role: role, AreaPath: u.AreaPath, Office: true}}}
			}
		}
		return nil
	}))
	days, err := calendar.Published()
	must(t, err)
	live, _ := days.Live()
	prov := province.New(province.Parts{DB: d, Org: o, Obligations: obligations, Shipped: days, Days: live, Set: func(calendar.Workdays) {}, StepDays: 5})
	dir := t.TempDir()
	p.store, err = publishing.CreateStore(filepath.Join(dir, "releases"), filepath.Join(dir, "keys"))
	must(t, err)
	blobs, err := blob.Disk(filepath.Join(dir, "blobs"))
	must(t, err)
	p.publisher = publishing.New(d, reg, lib, p.store, publishing.Config{})
	p.looks = appearance.New(appearance.Parts{DB: d, Org: o, Province: prov, Registry: reg, Obligations: obligations, Publisher: p.publisher, Store: blobs, Days: live, Settings: sx2021.Defaults})
	for _, s := range p.site {
		must(t, p.publisher.Publish(ctx, s.ID))
	}
	return p
}

// as is a person at work and where the permission reaches.
func (p *place) as(who string, permit authz.Permission) (context.Context, authz.Scope) {
	s := p.people[who]
	if s == nil {
		p.t.Fatalf("nobody is %s", who)
	}
	return authz.WithSession(audit.WithActor(context.Background(), audit.Actor{Kind: "person", ID: s.PersonID, Name: s.Name}), s), s.ScopeFor(permit)
}

// page is what readers get at a path of a site now.
func (p *place) page(site, path string) (publishing.Page, string) {
	p.t.Helper()
	r, err := p.store.Current(p.site[site].ID)
	must(p.t, err)
	at, ok, err := r.Page(path)
	must(p.t, err)
	if !ok {
		return publishing.Page{}, ""
	}
	b, err := p.store.Object(at.Hash, 1<<20)
	must(p.t, err)
	return at, string(b)
}

func (p *place) publish(site string) {
	p.t.Helper()
	must(p.t, p.publisher.Publish(audit.System(context.Background(), "test"), p.site[site].ID))
}

func refused(t *testing.T, err error, kind fault.Kind, says string) {
	t.Helper()
	f := fault.Of(err)
	all := f.Says
	for _, x := range f.Fields {
		all += " " + x.Says
	}
	if err == nil || !fault.Is(err, kind) || !strings.Contains(all, says) {
		t.Errorf("%v, want %s with %q", err, kind, says)
	}
}

func each(t *testing.T, fn func(t *testing.T, p *place)) {
	clock := calendar.NewManual(began)
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(began)
		fn(t, settle(t, d, clock))
	})
}

var key = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{3}, ed25519.SeedSize))

func bundle(t *testing.T, version string, files map[string]string, k ed25519.PrivateKey) []byte {
	t.Helper()
	in := map[string][]byte{}
	for n, s := range files {
		in[n] = []byte(s)
	}
	b, err := theme.PackBundle(theme.BundleManifest{ID: "qinling", Name: "秦岭绿", Version: version, Author: "省信息中心", Licence: "政务内部使用"}, in, k)
	must(t, err)
	return b
}

const mapView = `{{define "content"}}<div class="body qinling-map"><h1 class="page-title">网站地图</h1>{{range .Page.Blocks}}<p>{{.Column.Name}}</p>{{end}}</div>{{end}}`

// TestBundleIsInstalledWornAndTakenBack walks one bundle from its author to the
// readers and back.
func TestBundleIsInstalledWornAndTakenBack(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		ctx, _ := p.as("province "+string(authz.Supervisor), authz.SettingsManage)
		province := authz.SessionFrom(ctx)
		file := bundle(t, "1.0", map[string]string{"views/map.html": mapView, "theme.css": ".qinling-map { color: #222 }"}, key)
		_, err := p.looks.Install(ctx, province, bytes.NewReader(file))
		refused(t, err, fault.Refused, "不在本省信任之列")
		city, _ := p.as("city "+string(authz.Supervisor), authz.SettingsManage)
		refused(t, p.looks.Trust(city, authz.SessionFrom(city), "省信息中心", "x", "合同"), fault.Forbidden, "省政府办公厅")
		refused(t, p.looks.Trust(ctx, province, "省信息中心", "no key", "合同"), fault.Invalid, "44 个字符")
		pub := base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey))
		must(t, p.looks.Trust(ctx, province, "省信息中心", pub, "合同2026-3号"))
		refused(t, p.looks.Trust(ctx, province, "省信息中心", pub, "合同2026-3号"), fault.Conflict, "已经登记")
		_, err = p.looks.Install(ctx, province, bytes.NewReader(bundle(t, "1.0", map[string]string{"theme.css": "a {}"}, nil)))
		refused(t, err, fault.Invalid, "没有签名")
		_, err = p.looks.Install(ctx, province, bytes.NewReader(bundle(t, "1.0", map[string]string{"views/map.html": `{{define "content"}}<h1 onclick="x">a</h1>{{end}}`}, key)))
		refused(t, err, fault.Refused, "views/map.html 第 1 行")
		// A theme without the marks that every page must carry.
		_, err = p.looks.Install(ctx, province, bytes.NewReader(bundle(t, "1.0", map[string]string{"views/_head.html": `{{define "head"}}<title>x</title>{{end}}`}, key)))
		refused(t, err, fault.Refused, "views/_head.html：画“首页”时没有网页标签 SiteName")
		a, err := p.looks.Install(ctx, province, bytes.NewReader(file))
		must(t, err)
		_, err = p.looks.Install(ctx, province, bytes.NewReader(file))
		refused(t, err, fault.Conflict, "已经安装过")

		sponsor, scope := p.as("city "+string(authz.Sponsor), authz.AppearanceManage)
		site := p.site["city"].ID
		must(t, p.looks.Choose(sponsor, scope, site, appearance.Wish{Theme: a.ID, Tokens: theme.Tokens{Brand: "#0b6b3a"}, Slogan: "秦巴明珠"}))
		refused(t, p.looks.Choose(sponsor, scope, site, appearance.Wish{Theme: a.ID, Tokens: theme.Tokens{Brand: "#0b6b3a"}, Slogan: "秦巴明珠"}), fault.Invalid, "没有变化")
		p.publish("city")
		if _, b := p.page("city", "/map.html"); !strings.Contains(b, "qinling-map") || !strings.Contains(b, "秦巴明珠") || !strings.Contains(b, "theme-qinling") {
			t.Errorf("the map is not in the bundle's view:\n%.600s", b)
		}
		if at, b := p.page("city", theme.BundlePath(a.Hash)); at.Status != 200 || b != string(file) {
			t.Error("the release does not carry the bundle")
		}
		r, err := p.store.Current(site)
		must(t, err)
		if r.Site.Look.Hash != a.Hash || r.Site.Look.Version != "1.0" {
			t.Errorf("the manifest names %+v", r.Site.Look)
		}
		// A portal has the folder and the public key, and no database.
		portal, err := publishing.OpenStore(p.store.Dir())
		must(t, err)
		r, err = portal.Current(site)
		must(t, err)
		if b, err := theme.DrawMessage(r.Site, theme.MessageFor(404, ""), "/x"); err != nil || !strings.Contains(string(b), "theme-qinling") {
			t.Errorf("a portal does not draw with the bundle: %v", err)
		}
		// Another site keeps its own.
		if _, b := p.page("province", "/map.html"); strings.Contains(b, "qinling") {
			t.Error("the neighbour wears it too")
		}
		must(t, p.looks.Revoke(ctx, province, a.KeyID, "私钥遗失"))
		if got, err := p.looks.Offered(ctx); err != nil || len(got) != 2 {
			t.Errorf("offered %d: %v", len(got), err)
		}
		must(t, p.looks.Back(sponsor, scope, site, ""))
		p.publish("city")
		if _, b := p.page("city", "/map.html"); strings.Contains(b, "qinling") || !strings.Contains(b, "theme-blue") {
			t.Error("the choice before is not back")
		}
		if _, b := p.page("city", theme.BundlePath(a.Hash)); b != "" {
			t.Error("the bundle stays in a release that does not need it")
		}
		refused(t, p.looks.Choose(sponsor, scope, site, appearance.Wish{Theme: a.ID}), fault.Invalid, "停止提供")
	})
}

func TestChoiceOfASite(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		ctx, scope := p.as("city "+string(authz.Sponsor), authz.AppearanceManage)
		site := p.site["city"].ID
		choose := func(w appearance.Wish) error { return p.looks.Choose(ctx, scope, site, w) }
		logo := func(w, h int) *bytes.Buffer {
			var b bytes.Buffer
			must(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))))
			return &b
		}
		refused(t, choose(appearance.Wish{Theme: "nothing"}), fault.Invalid, "从列表中选择")
		refused(t, choose(appearance.Wish{Theme: theme.Red, Tokens: theme.Tokens{Brand: "#ffcc00"}}), fault.Invalid, "对比度")
		refused(t, choose(appearance.Wish{Theme: theme.Red, Slogan: strings.Repeat("长", 25)}), fault.Invalid, "24 个字")
		refused(t, choose(appearance.Wish{Theme: theme.Red, Logo: strings.NewReader("<svg onload=alert(1)>")}), fault.Invalid, "不接受 SVG")
		refused(t, choose(appearance.Wish{Theme: theme.Red, Logo: logo(16, 16)}), fault.Invalid, "16×16")
		refused(t, choose(appearance.Wish{Theme: theme.Red, Logo: bytes.NewReader(make([]byte, 600<<10))}), fault.Invalid, "512 KB")
		other, _ := p.as("province "+string(authz.Sponsor), authz.AppearanceManage)
		refused(t, p.looks.Choose(other, authz.SessionFrom(other).ScopeFor(authz.RegistryRead), "nowhere", appearance.Wish{Theme: theme.Red}), fault.NotFound, "")
		stranger := p.people["city "+string(authz.Sponsor)].ScopeFor(authz.AppearanceManage)
		refused(t, p.looks.Choose(ctx, stranger, p.site["province"].ID, appearance.Wish{Theme: theme.Red}), fault.NotFound, "")
		refused(t, p.looks.Back(ctx, scope, site, ""), fault.Refused, "没有改过")

		must(t, choose(appearance.Wish{Theme: theme.Red, Logo: logo(64, 64)}))
		must(t, choose(appearance.Wish{Theme: theme.Red, Slogan: "务实为民"}))
		p.publish("city")
		_, home := p.page("city", "/")
		s, err := p.looks.Of(ctx, scope, site)
		must(t, err)
		if !strings.Contains(home, "theme-red") || !strings.Contains(home, `src="`+s.Now.Choice.Logo+`"`) || !strings.Contains(home, "务实为民") {
			t.Errorf("home: %.900s", home)
		}
		if at, _ := p.page("city", s.Now.Choice.Logo); at.Kind != "image/png" {
			t.Errorf("logo %+v", at)
		}
		must(t, choose(appearance.Wish{Theme: theme.Blue, NoLogo: true}))
		stands := func(want string) {
			t.Helper()
			s, err := p.looks.Of(ctx, scope, site)
			must(t, err)
			if got := s.Now.Choice.ID + " " + s.Now.Choice.Slogan; got != want {
				t.Errorf("stands %q, want %q", got, want)
			}
		}
		stands("gov-blue ")
		for _, want := range []string{"gov-red 务实为民", "gov-red ", "gov-blue "} { // back, and back again
			must(t, p.looks.Back(ctx, scope, site, ""))
			stands(want)
		}
		refused(t, p.looks.Back(ctx, scope, site, ""), fault.Refused, "最初的外观")

		var consents []string
		p.looks.OnFreeze(func(context.Context, db.Querier, registry.Site) (appearance.Freeze, bool, error) {
			return appearance.Freeze{Name: "省“两会”", Until: calendar.DateOf(began).AddDays(5), Consents: consents}, true, nil
		})
		refused(t, choose(appearance.Wish{Theme: theme.Red, Consent: "陕政办函〔2026〕3号"}), fault.Refused, "重要保障期") // of which nobody knows
		consents = []string{"陕政办函〔2026〕3号"}
		refused(t, choose(appearance.Wish{Theme: theme.Red}), fault.Refused, "重要保障期")
		refused(t, p.looks.Back(ctx, scope, site, ""), fault.Refused, "")
		must(t, choose(appearance.Wish{Theme: theme.Red, Consent: "陕政办函〔2026〕3号"}))
	})
}

// TestMourningIsTheSupervisors: declared for an area, grey from its first day
// to its last, back by itself, and no site's to undo.
func TestMourningIsTheSupervisors(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		today := calendar.DateOf(began)
		ctx, scope := p.as("city "+string(authz.Supervisor), authz.MourningDeclare)
		want := appearance.Mourning{Area: "city-610900000000", From: today.AddDays(1), Until: today.AddDays(2), Reason: "哀悼", Document: "国务院公告"}
		for says, change := range map[string]func(*appearance.Mourning){
			"管辖的地区":   func(m *appearance.Mourning) { m.Area = "province-610000000000" },
			"不能早于今天":  func(m *appearance.Mourning) { m.From = today.AddDays(-1) },
			"不能早于开始":  func(m *appearance.Mourning) { m.Until = today },
			"最多 15 天": func(m *appearance.Mourning) { m.Until = today.AddDays(40) },
			"文件依据":    func(m *appearance.Mourning) { m.Document = "" },
		} {
			bad := want
			change(&bad)
			_, err := p.looks.Declare(ctx, scope, bad)
			refused(t, err, fault.Invalid, says)
		}
		m, err := p.looks.Declare(ctx, scope, want)
		must(t, err)
		_, err = p.looks.Declare(ctx, scope, want)
		refused(t, err, fault.Conflict, "已有一个哀悼期")
		grey := func(site string) bool {
			t.Helper()
			_, err := p.looks.Sweep(context.Background())
			must(t, err)
			p.publish(site)
			_, b := p.page(site, "/map.html")
			return strings.Contains(b, "is-grey")
		}
		if grey("city") {
			t.Error("grey before its day")
		}
		p.clock.Set(began.AddDate(0, 0, 1))
		if !grey("city") || grey("province") {
			t.Error("on its day the city's site is grey and the province's is not")
		}
		// The site cannot undo it: a new choice stays grey.
		sponsor, own := p.as("city "+string(authz.Sponsor), authz.AppearanceManage)
		must(t, p.looks.Choose(sponsor, own, p.site["city"].ID, appearance.Wish{Theme: theme.Red}))
		refused(t, p.looks.EndMourning(sponsor, authz.SessionFrom(sponsor).ScopeFor(authz.MourningDeclare), m.ID, "不想"), fault.NotFound, "")
		if !grey("city") {
			t.Error("a site has undone it")
		}
		if s, err := p.looks.Of(sponsor, own, p.site["city"].ID); err != nil || s.Mourning == nil || s.Mourning.Reason != "哀悼" {
			t.Errorf("the site's page does not say so: %v", err)
		}
		p.clock.Set(began.AddDate(0, 0, 3))
		if grey("city") {
			t.Error("grey after its last day")
		}
		list, n, err := p.looks.Mournings(ctx, scope, 10, 0)
		if err != nil || n != 1 || list[0].EndedAt.IsZero() || list[0].EndedBy != "" || list[0].Sites != 1 {
			t.Errorf("%d periods, first %+v: %v", n, list[0], err)
		}
		// Ended before its day, by name and reason.
		from := calendar.DateOf(p.clock.Now())
		m, err = p.looks.Declare(ctx, scope, appearance.Mourning{Area: want.Area, From: from, Until: from.AddDays(3), Reason: "哀悼", Document: "通知"})
		must(t, err)
		if !grey("city") {
			t.Error("not grey from today")
		}
		refused(t, p.looks.EndMourning(ctx, scope, m.ID, ""), fault.Invalid, "原因")
		must(t, p.looks.EndMourning(ctx, scope, m.ID, "上级通知结束"))
		refused(t, p.looks.EndMourning(ctx, scope, m.ID, "再结束"), fault.Conflict, "已经结束")
		if grey("city") {
			t.Error("grey after it was ended")
		}
	})
}

// TestEmergencyFrontPageTakesTwo: proposed by one, approved by another, on the
// front at once, a bar everywhere else after it, off at its time.
func TestEmergencyFrontPageTakesTwo(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		site := p.site["city"].ID
		write, wscope := p.as("city "+string(authz.Editor), authz.ItemWrite)
		final, fscope := p.as("city "+string(authz.FinalReviewer), authz.ItemFinalReview)
		want := appearance.Front{Title: "防汛紧急公告", Body: "请立即转移。\n\n不要前往河道。", Hotline: "12345", Reason: "强降雨", Until: began.Add(48 * time.Hour), Links: []theme.Link{{Text: "转移路线", Href: "/contact.html"}}}
		for says, change := range map[string]func(*appearance.Front){
			"标题":      func(f *appearance.Front) { f.Title = "" },
			"晚于现在":    func(f *appearance.Front) { f.Until = began },
			"最长 30 天": func(f *appearance.Front) { f.Until = began.AddDate(0, 2, 0) },
			"只写号码":    func(f *appearance.Front) { f.Hotline = "javascript:x" },
			"开头":      func(f *appearance.Front) { f.Links = []theme.Link{{Text: "a", Href: "javascript:alert(1)"}} },
			"最多 10 段": func(f *appearance.Front) { f.Body = strings.Repeat("段\n", 11) },
		} {
			bad := want
			change(&bad)
			_, err := p.looks.Propose(write, wscope, site, bad)
			refused(t, err, fault.Invalid, says)
		}
		f, err := p.looks.Propose(write, wscope, site, want)
		must(t, err)
		_, err = p.looks.Propose(write, wscope, site, want)
		refused(t, err, fault.Conflict, "等待批准")
		if _, b := p.page("city", "/"); strings.Contains(b, "防汛") {
			t.Error("public before it is approved")
		}
		// Who proposed cannot approve, whatever posts they hold.
		p.people["both"] = &authz.Session{PersonID: "city " + string(authz.Editor), Name: "both", Posts: append(p.people["city "+string(authz.Editor)].Posts, p.people["city "+string(authz.FinalReviewer)].Posts...)}
		both, bscope := p.as("both", authz.ItemFinalReview)
		_, err = p.looks.Approve(both, bscope, f.ID)
		refused(t, err, fault.Refused, "两个人")
		_, err = p.looks.Approve(final, p.people["city "+string(authz.Editor)].ScopeFor(authz.ItemFinalReview), f.ID)
		refused(t, err, fault.NotFound, "")
		if f, err = p.looks.Approve(final, fscope, f.ID); err != nil || f.State != appearance.Live || f.Approver == f.Proposer {
			t.Fatalf("approved: %+v %v", f, err)
		}
		_, err = p.looks.Approve(final, fscope, f.ID)
		refused(t, err, fault.Conflict, "")
		p.publish("city")
		if _, b := p.page("city", "/"); !strings.Contains(b, "防汛紧急公告") || !strings.Contains(b, "不要前往河道。") || strings.Contains(b, `class="menu"`) {
			t.Error("the front page does not stand at once")
		}
		if at, b := p.page("city", theme.UsualHome); at.Status != 200 || !strings.Contains(b, `class="menu"`) {
			t.Error("the usual home is not at its address")
		}
		if _, b := p.page("city", "/map.html"); !strings.Contains(b, "emergency-bar") {
			t.Error("no bar after the whole release")
		}
		if _, b := p.page("city", "/"); !strings.Contains(b, "防汛紧急公告") {
			t.Error("the whole release took the front page away")
		}
		// A new one takes the place of the old one.
		next := want
		next.Title = "防汛紧急公告（第二号）"
		g, err := p.looks.Propose(write, wscope, site, next)
		must(t, err)
		_, err = p.looks.Approve(final, fscope, g.ID)
		must(t, err)
		if f, err = p.looks.FrontOf(final, fscope, f.ID); err != nil || f.State != appearance.Replaced {
			t.Errorf("the old one is %s: %v", f.State, err)
		}
		_, err = p.looks.Lift(final, fscope, g.ID, "")
		refused(t, err, fault.Invalid, "原因")
		g, err = p.looks.Lift(final, fscope, g.ID, "响应终止")
		must(t, err)
		p.publish("city")
		if _, b := p.page("city", "/"); strings.Contains(b, "防汛") || !strings.Contains(b, `class="menu"`) {
			t.Error("the usual home is not back at once")
		}
		if at, _ := p.page("city", theme.UsualHome); at.Status != 301 || at.To != "/" {
			t.Errorf("the address of the usual home: %+v", at)
		}
		if _, b := p.page("city", "/map.html"); strings.Contains(b, "emergency-bar") {
			t.Error("the bar stays")
		}
		_, err = p.looks.ReviewAfter(both, bscope, g.ID, "内容准确")
		refused(t, err, fault.Refused, "提出人不能复核")
		g, err = p.looks.ReviewAfter(final, fscope, g.ID, "内容准确，启用及时")
		if err != nil || g.Reviewer == "" {
			t.Errorf("review: %v", err)
		}
		steps, err := p.looks.History(final, fscope, g.ID)
		if err != nil || len(steps) != 3 {
			t.Errorf("%d steps: %v", len(steps), err)
		}
		// Off by itself at its time.
		f, err = p.looks.Propose(write, wscope, site, want)
		must(t, err)
		_, err = p.looks.Approve(final, fscope, f.ID)
		must(t, err)
		p.clock.Set(want.Until.Add(time.Minute))
		_, err = p.looks.Sweep(context.Background())
		must(t, err)
		p.publish("city")
		if f, err = p.looks.FrontOf(final, fscope, f.ID); err != nil || f.State != appearance.Expired {
			t.Errorf("at its time it is %s: %v", f.State, err)
		}
		if _, b := p.page("city", "/"); strings.Contains(b, "防汛") {
			t.Error("it stands after its time")
		}
		// Taken back, and sent back.
		want.Until = p.clock.Now().Add(time.Hour)
		f, err = p.looks.Propose(write, wscope, site, want)
		must(t, err)
		_, err = p.looks.Withdraw(final, fscope, f.ID)
		refused(t, err, fault.Refused, "只有提出人")
		_, err = p.looks.Withdraw(write, wscope, f.ID)
		must(t, err)
		f, err = p.looks.Propose(write, wscope, site, want)
		must(t, err)
		if f, err = p.looks.Refuse(final, fscope, f.ID, "电话有误"); err != nil || f.State != appearance.Refused {
			t.Errorf("refused: %+v %v", f, err)
		}
	})
}

func TestPreparedPagesCanBeProposed(t *testing.T) {
	list, err := appearance.Templates()
	must(t, err)
	names := ""
	for _, x := range list {
		names += x.Name + " "
	}
	for _, want := range []string{"地震", "洪水", "疫情", "停水停电"} {
		if !strings.Contains(names, want) {
			t.Errorf("no page for %s among %s", want, names)
		}
	}
}

// TestTroubleOfABundleIsTold: a page that a bundle cannot draw is drawn by the
// house, and the sponsor is told.
func TestTroubleOfABundleIsTold(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		ctx, scope := p.as("city "+string(authz.Sponsor), authz.AppearanceManage)
		must(t, p.looks.Troubled(context.Background(), p.site["city"].ID, []theme.Trouble{{Theme: "秦岭绿", Version: "1.0", Page: "column.html", Path: "/news/", Says: "可能有死循环"}}))
		must(t, p.looks.Troubled(context.Background(), p.site["city"].ID, []theme.Trouble{{Theme: "秦岭绿", Version: "1.0", Page: "column.html", Path: "/notices/", Says: "可能有死循环"}}))
		s, err := p.looks.Of(ctx, scope, p.site["city"].ID)
		if err != nil || len(s.Troubles) != 1 || s.Troubles[0].Times != 2 || s.Troubles[0].Path != "/notices/" {
			t.Errorf("troubles %+v: %v", s.Troubles, err)
		}
		n, err := db.One(ctx, p.db, db.Value[int], `SELECT count(*) FROM message WHERE title LIKE '%秦岭绿%'`)
		if err != nil || n != 1 {
			t.Errorf("%d messages: %v", n, err)
		}
	})
}
