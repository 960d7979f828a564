package dashboard_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/dashboard/dashboardweb"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/web/webtest"
)

// TestScreens: every board opens its rows with the number it shows, an export
// has the same lines, the wall asks again by itself and names nobody, and a
// neighbour's place is not found.
func TestScreens(t *testing.T) {
	clock := calendar.NewManual(morning)
	h := build(t, dbtest.SQLite(t, clock.Now), clock)
	h.live()
	if err := h.svc.Recount(context.Background()); err != nil {
		t.Fatal(err)
	}
	site := webtest.Open(t, h.people["province"], clock, dashboardweb.New(h.db, h.svc, h.org).Routes()...)
	page := site.Get("/console/dashboard").Want(http.StatusOK)
	opened := 0
	for _, href := range strings.Split(strings.Join(page.All(".table td a"), " "), " ") {
		if href != "" {
			opened++
		}
	}
	if opened == 0 {
		t.Error("no number of the comparison opens anything")
	}
	if got := site.Get(page.Attr(".table td a", "href")).Want(http.StatusOK).All(".table tbody tr"); len(got) == 0 {
		t.Error("a number opened no rows")
	}
	for _, path := range []string{"/trends", "/ageing", "/funnel", "/rules", "/burden"} {
		if a := site.Get("/console/dashboard" + path).Want(http.StatusOK); a.Attr("[data-chart]", "data-columns") == "" {
			t.Errorf("%s has no chart beside its table", path)
		}
		if a := site.Get("/console/dashboard" + path + "/export?format=csv").Want(http.StatusOK); !strings.Contains(a.Header.Get("Content-Type"), "csv") {
			t.Errorf("%s is exported as %s", path, a.Header.Get("Content-Type"))
		}
	}
	wall := site.Get("/console/dashboard/wall").Want(http.StatusOK)
	if wall.Header.Get("Refresh") != "120" || strings.Contains(wall.Text(".wall"), "专岗") {
		t.Errorf("the wall: refresh %q", wall.Header.Get("Refresh"))
	}
	if got := site.Get("/console/morning").Want(http.StatusOK).Text(".morning-item"); !strings.Contains(got, "029-1111") {
		t.Errorf("the morning's first item: %s", got)
	}
	site.Get("/console/dashboard/leader").Want(http.StatusOK)
	site.Get("/console/dashboard/rows?figure=nothing").Want(http.StatusNotFound)
	site.Get("/console/dashboard/burden?month=x").Want(http.StatusUnprocessableEntity)
	near := webtest.Open(t, h.people["tongchuan"], clock, dashboardweb.New(h.db, h.svc, h.org).Routes()...)
	near.Get("/console/dashboard?under=city-610100000000").Want(http.StatusNotFound)
	near.Get("/console/dashboard/rows?figure=finding.serious&under=city-610100000000").Want(http.StatusNotFound)
	without := webtest.Open(t, webtest.Session(authz.Editor, ""), clock, dashboardweb.New(h.db, h.svc, h.org).Routes()...)
	without.Get("/console/morning").Want(http.StatusForbidden)
}
