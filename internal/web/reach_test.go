package web_test

import (
	"net/http"
	"testing"

	"zhengshu/internal/authz"
	"zhengshu/internal/web"
	"zhengshu/internal/web/webtest"
)

func TestLinksOnlyForWhoMayFollow(t *testing.T) {
	var got web.Table
	here := func(w http.ResponseWriter, r *http.Request) error {
		got = web.Table{Rows: []web.Row{{Cells: []web.Cell{
			{Text: "来信", Href: "/console/letters/1"}, {Text: "站点", Href: "/console/sites/1?tab=x"}, {Text: "别处", Href: "https://a.gov.cn/"},
			{Links: []web.Link{{Text: "办", Href: "/console/letters/1"}, {Text: "看", Href: "/console/sites/1"}}}}}}}
		got.Bar(r)
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	nothing := func(http.ResponseWriter, *http.Request) error { return nil }
	site := webtest.Open(t, webtest.Session(authz.Inspector, ""), nil,
		web.Route{Pattern: "GET /console", Permit: authz.SignedIn, Handle: here},
		web.Route{Pattern: "GET /console/letters/{id}", Permit: authz.LetterRead, Handle: nothing},
		web.Route{Pattern: "GET /console/sites/{id}", Permit: authz.RegistryRead, Handle: nothing})
	site.Get("/console").Want(http.StatusNoContent)
	c := got.Rows[0].Cells
	if c[0].Href != "" || c[1].Href == "" || c[2].Href == "" {
		t.Errorf("an inspector is shown %q, %q, %q", c[0].Href, c[1].Href, c[2].Href)
	}
	if len(c[3].Links) != 1 || c[3].Links[0].Text != "看" {
		t.Errorf("row links %v", c[3].Links)
	}
}
