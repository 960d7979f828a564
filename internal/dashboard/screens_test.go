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
	// What an address asks that there is not is refused with a sentence.
	for _, x := range []struct {
		path   string
		status int
		says   string
	}{
		{"/rows?figure=nothing", http.StatusNotFound, "指标"},
		{"/rows", http.StatusNotFound, "指标"},
		{"/rows?figure=life.issued", http.StatusUnprocessableEntity, "缺少统计月份"},
		{"/rows?figure=finding.found&from=2026-13&to=2026-01", http.StatusUnprocessableEntity, "2026-Q"},
		{"/rows?figure=finding.age&band=nine", http.StatusUnprocessableEntity, "没有这一档时长"},
		{"/rows?figure=finding.age&band=9", http.StatusUnprocessableEntity, "没有这一档时长"},
		{"/rows?figure=finding.fresh&since=yesterday", http.StatusUnprocessableEntity, "起始时间无法识别"},
		{"/rows/export?figure=nothing", http.StatusNotFound, "指标"},
		{"/burden?month=x", http.StatusUnprocessableEntity, ""},
		{"/burden/export?month=x", http.StatusUnprocessableEntity, ""},
		{"/funnel?from=2026-03&to=x", http.StatusUnprocessableEntity, ""},
		{"?under=county-999999000000", http.StatusNotFound, "区划"},
		{"/wall?under=county-999999000000", http.StatusNotFound, "区划"},
		{"/trends/export?under=x", http.StatusNotFound, "区划"},
	} {
		if a := site.Get("/console/dashboard" + x.path).Want(x.status); !strings.Contains(a.Body, x.says) {
			t.Errorf("%s is refused without %q", x.path, x.says)
		}
	}
	near := webtest.Open(t, h.people["tongchuan"], clock, dashboardweb.New(h.db, h.svc, h.org).Routes()...)
	near.Get("/console/dashboard?under=city-610100000000").Want(http.StatusNotFound)
	near.Get("/console/dashboard/rows?figure=finding.serious&under=city-610100000000").Want(http.StatusNotFound)
	near.Get("/console/dashboard/rows?figure=burden.order&from=2026-01&to=2026-01&unit=" + string(h.units["county"].ID)).Want(http.StatusNotFound)
	near.Get("/console/dashboard/wall/export?under=city-610100000000").Want(http.StatusNotFound)
	without := webtest.Open(t, webtest.Session(authz.Editor, ""), clock, dashboardweb.New(h.db, h.svc, h.org).Routes()...)
	for _, path := range []string{"/console/morning", "/console/morning/export", "/console/dashboard", "/console/dashboard/rows?figure=finding.serious", "/console/dashboard/leader", "/console/dashboard/wall"} {
		without.Get(path).Want(http.StatusForbidden)
	}
}
