package queriesweb_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/queries"
	"zhengshu/internal/queries/queriesweb"
	"zhengshu/internal/web"
	"zhengshu/internal/web/webtest"
)

func TestPages(t *testing.T) { webtest.CheckPages(t) }

func TestQueriesAreKeptSharedAndDeleted(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		list := web.ListInfo{Key: "sites", Name: "站点台账", Path: "/console/sites", Params: []string{"q", "state"}, Columns: []web.ListField{{Key: "name", Head: "站点", Fixed: true}, {Key: "state", Head: "状态"}, {Key: "icp", Head: "ICP", Off: true}}}
		s := queries.New(d)
		me := webtest.Session(authz.Supervisor, "/p610000/@U/")
		me.PersonID = "me"
		colleague := webtest.Session(authz.Supervisor, "/p610000/@U/")
		colleague.PersonID = "colleague"
		stranger := webtest.Session(authz.Supervisor, "/p610000/@V/")
		stranger.PersonID, stranger.Posts[0].UnitID = "stranger", "V"
		site := webtest.Open(t, me, nil, queriesweb.New(s, list).Routes()...)
		site.Gate.Context = func(ctx context.Context) context.Context {
			return audit.WithActor(ctx, audit.Actor{Kind: "person", ID: "me", Name: "王秀兰"})
		}
		site.Get("/console/lists/nothing/columns").Want(http.StatusNotFound)
		if got := site.Get("/console/lists/sites/queries/new?q=%E9%9B%81%E5%A1%94&page=7").Want(http.StatusOK).Attr("input[name=query]", "value"); !strings.Contains(got, "q=") {
			t.Errorf("the form carries %q", got)
		}
		save := func(name, query, shared string) *webtest.Answer {
			return site.Post("/console/lists/sites/queries/new", url.Values{"name": {name}, "query": {query}, "shared": {shared}})
		}
		save("", "q=x", "").Want(http.StatusUnprocessableEntity)
		save("没有条件", "page=2&secret=1", "").Want(http.StatusUnprocessableEntity)
		if at := save("雁塔的", "q=雁塔&page=7&secret=1&cols=icp", "on").Want(http.StatusSeeOther).Location(); at != "/console/sites?cols=name%2Cicp&q=%E9%9B%81%E5%A1%94" {
			t.Errorf("saved, then at %s", at)
		}
		save("雁塔的", "q=雁塔&state=running", "on").Want(http.StatusSeeOther)
		save("我的", "state=closed", "").Want(http.StatusSeeOther)
		for _, c := range []struct {
			who  *authz.Session
			want int
		}{{me, 2}, {colleague, 1}, {stranger, 0}} {
			got, err := s.Of(context.Background(), c.who, "sites")
			if err != nil || len(got) != c.want {
				t.Errorf("%s sees %d, %v", c.who.PersonID, len(got), err)
			}
		}
		own, err := s.Own(context.Background(), me)
		if err != nil || len(own) != 2 || own[1].Query != "q=%E9%9B%81%E5%A1%94&state=running" {
			t.Fatalf("%+v %v", own, err)
		}
		site.Get("/console/queries").Want(http.StatusOK).Text("main ul a")
		site.Gate.Session = colleague
		site.Post("/console/queries/"+own[1].ID+"/delete", nil).Want(http.StatusNotFound)
		site.Gate.Session = me
		site.Post("/console/queries/"+own[1].ID+"/delete", nil).Want(http.StatusSeeOther)
		if got, err := s.Of(context.Background(), colleague, "sites"); err != nil || len(got) != 0 {
			t.Errorf("a deleted query is still shared: %v %v", got, err)
		}

		site.Post("/console/lists/sites/columns", url.Values{"col": {"nothing"}, "keep": {"yes"}}).Want(http.StatusUnprocessableEntity)
		site.Post("/console/lists/sites/columns", url.Values{"col": {"icp", "nothing"}, "keep": {"yes"}, "query": {"q=x"}}).Want(http.StatusSeeOther)
		if kept, err := s.Columns(context.Background(), me, "sites"); err != nil || strings.Join(list.Chosen(nil, kept), ",") != "name,icp" {
			t.Errorf("kept %v, %v", kept, err)
		}
		if at := site.Post("/console/lists/sites/columns", url.Values{"col": {"state"}, "keep": {"no"}, "query": {"q=x"}}).Want(http.StatusSeeOther).Location(); at != "/console/sites?cols=name%2Cstate&q=x" {
			t.Errorf("once at %s", at)
		}
		site.Post("/console/lists/sites/columns", url.Values{"keep": {"usual"}}).Want(http.StatusSeeOther)
		if kept, err := s.Columns(context.Background(), me, "sites"); err != nil || kept != nil || strings.Join(list.Chosen(nil, kept), ",") != "name,state" {
			t.Errorf("kept %v, %v", kept, err)
		}
	})
}
