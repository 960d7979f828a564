package web_test

import (
	"embed"
	"net/http"
	"testing"

	"zhengshu/internal/authz"
	"zhengshu/internal/web"
	"zhengshu/internal/web/webtest"
)

//go:embed testdata/*.html
var reachViews embed.FS

type reachPage struct {
	Table web.Table
	Back  web.Link
	Acts  []web.Act
}

// Title of the document.
func (reachPage) Title() string { return "链接" }

// Crumbs of the page.
func (reachPage) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "来信", Href: "/console/letters/1"}, {Name: "链接"}}
}

var reachShown = web.Define(reachViews, "testdata/reach.html", reachPage{})

func TestLinksOnlyForWhoMayFollow(t *testing.T) {
	shared := []web.Act{{Text: "写信", Href: "/console/letters/2"}, {Text: "站点二", Href: "/console/sites/2"}}
	here := func(w http.ResponseWriter, r *http.Request) error {
		return reachShown.Render(w, r, reachPage{Acts: shared, Back: web.Link{Text: "回到来信", Href: "/console/letters/3"}, Table: web.Table{Caption: "表", Columns: []web.Column{{Head: "一"}, {Head: "二"}, {Head: "三"}, {Head: "四"}, {Head: "五"}}, Rows: []web.Row{{Cells: []web.Cell{
			{Text: "来信一", Href: "/console/letters/1"}, {Text: "站点一", Href: "/console/sites/1?tab=x"}, {Text: "别处", Href: "https://a.gov.cn/"},
			{Links: []web.Link{{Text: "办", Href: "/console/letters/1"}, {Text: "看", Href: "/console/sites/1"}}},
			{Parts: []web.Component{web.Link{Text: "深处的来信", Href: "/console/letters/4"}, web.Link{Text: "深处的站点", Href: "/console/sites/4"}}}}}}}})
	}
	nothing := func(http.ResponseWriter, *http.Request) error { return nil }
	routes := []web.Route{
		{Pattern: "GET /console", Permit: authz.SignedIn, Handle: here},
		{Pattern: "GET /console/letters/{id}", Permit: authz.LetterRead, Handle: nothing},
		{Pattern: "GET /console/sites/{id}", Permit: authz.RegistryRead, Handle: nothing}}
	inspector := webtest.Open(t, webtest.Session(authz.Inspector, ""), nil, routes...).Get("/console").Want(http.StatusOK)
	if n := len(inspector.All(`a[href^="/console/letters"]`)); n != 0 {
		t.Errorf("an inspector, who reads no letters, is shown %d links to them", n)
	}
	if n := len(inspector.All(`a[href^="/console/sites"]`)); n != 4 {
		t.Errorf("an inspector is shown %d links to sites, want 4", n)
	}
	if got := inspector.Text(`.table tbody th`); got != "来信一" {
		t.Errorf("the words without their link are %q", got)
	}
	if n := len(inspector.All(`a[href^="https://"]`)); n != 1 {
		t.Errorf("%d links to elsewhere, want 1", n)
	}
	sponsor := webtest.Open(t, webtest.Session(authz.Sponsor, ""), nil, routes...).Get("/console").Want(http.StatusOK)
	if n := len(sponsor.All(`a[href^="/console/letters"]`)); n != 6 {
		t.Errorf("a sponsor is shown %d links to letters, want 6: the page of another was changed", n)
	}
}
