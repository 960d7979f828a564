package publishingweb_test

import (
	"context"
	"net/url"
	"path/filepath"
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
		s.Post(path+"/releases", url.Values{}).Want(303)
		stranger := webtest.Open(t, webtest.Session(authz.Sponsor, "/elsewhere/"), nil, publishingweb.New(p, reg).Routes()...)
		stranger.Get(path + "/releases").Want(404)
	})
}
