package publishingweb_test

import (
	"context"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/library"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/publishing"
	"zhengshu/internal/publishing/publishingweb"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web/webtest"
)

func TestPages(t *testing.T) { webtest.CheckPages(t) }

func TestReleasesAndRebuild(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := audit.System(context.Background(), "test")
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(passage.Declare(ctx, d, registry.SiteMachine, library.Machine))
		o := org.New(d)
		reg := registry.New(d, o)
		lib := library.New(d, o, reg, obligation.New(d, o, library.WaivedInterpretation), func(string) []check.Span { return nil }, sx2021.Defaults())
		var site registry.Site
		must(d.Update(ctx, func(tx *db.Tx) error {
			for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610900", Name: "安康市", Parent: "province-610000000000"}} {
				if _, err := o.AddArea(ctx, tx, a); err != nil {
					return err
				}
			}
			u, _, err := o.AddUnit(ctx, tx, org.Unit{Area: "city-610900000000", Kind: org.Office, Name: "安康市人民政府办公室"})
			if err != nil {
				return err
			}
			site, err = reg.EnterSite(ctx, tx, registry.Site{Unit: u.ID, Kind: registry.Portal, Name: "安康市人民政府（演示）", Host: "ankang.localhost", Slug: "ankang", SiteCode: "6109000001", Hosted: true})
			return err
		}))
		dir := t.TempDir()
		store, err := publishing.CreateStore(filepath.Join(dir, "releases"), filepath.Join(dir, "keys"))
		must(err)
		p := publishing.New(d, reg, lib, store, publishing.Config{Demo: true})
		must(p.Publish(ctx, site.ID))
		areas, err := o.Area(ctx, d, "city-610900000000")
		must(err)
		path := "/console/sites/" + string(site.ID)
		s := webtest.Open(t, webtest.Session(authz.Sponsor, areas.Path), nil, publishingweb.New(p, reg).Routes()...)
		s.Gate.Context = func(ctx context.Context) context.Context {
			return audit.WithActor(ctx, audit.Actor{Kind: "person", ID: "person", Name: "王秀兰"})
		}
		a := s.Get(path + "/releases").Want(200)
		if rows := a.All("tbody tr"); len(rows) != 1 || !strings.Contains(a.Text("tbody"), "全站") {
			t.Errorf("rows %v", rows)
		}
		if b := s.Get(path + "/releases/rebuild").Want(200); !strings.Contains(b.Text("main"), "个页面") {
			t.Error("a rebuild does not say how many pages it makes")
		}
		s.Post(path+"/releases", url.Values{}).Want(303)
		// Old addresses.
		s.Post(path+"/redirects", url.Values{"from": {"old"}, "to": {"/news/"}}).Want(422)
		s.Post(path+"/redirects", url.Values{"from": {"/old/1.html"}, "to": {"/map.html"}}).Want(303)
		list := s.Get(path + "/redirects").Want(200)
		if !strings.Contains(list.Text("tbody"), "/old/1.html") {
			t.Error("the redirect is not listed")
		}
		rows, _, err := p.Redirects(ctx, authz.System("test"), site.ID, "", 1, 0)
		must(err)
		must(p.Publish(ctx, site.ID))
		// Back to the first release, in two steps with a reason, and on again.
		back := path + "/releases/1/restore"
		if b := s.Get(back).Want(200); !strings.Contains(b.Text("main"), "暂停公开") {
			t.Error("what happens to later changes is not said")
		}
		now, err := store.Current(site.ID)
		must(err)
		s.Post(back, url.Values{"from": {strconv.Itoa(now.No)}}).Want(422)
		s.Post(back, url.Values{"from": {strconv.Itoa(now.No)}, "reason": {"样式错乱，先恢复"}}).Want(303)
		if b := s.Get(path + "/releases").Want(200); !strings.Contains(b.Text("main"), "更新已暂停") || !strings.Contains(b.Text("tbody"), "恢复第 1 版") {
			t.Error("the hold is not shown")
		}
		s.Post(path+"/releases/resume", url.Values{}).Want(303)
		s.Post(path+"/releases/resume", url.Values{}).Want(409)
		s.Get(path + "/redirects/" + rows[0].ID).Want(200)
		s.Post(path+"/redirects/"+rows[0].ID, url.Values{}).Want(303)
		s.Post(path+"/redirects/"+rows[0].ID, url.Values{}).Want(404)
		s.Get("/console/schedule").Want(200)
		stranger := webtest.Open(t, webtest.Session(authz.Sponsor, "/elsewhere/"), nil, publishingweb.New(p, reg).Routes()...)
		stranger.Get(path + "/releases").Want(404)
		stranger.Get(path + "/redirects").Want(404)
		stranger.Get(back).Want(404)
		stranger.Post(back, url.Values{"reason": {"样式错乱，先恢复"}}).Want(404)
	})
}
