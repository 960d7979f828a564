package porch

import (
	"html/template"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"zhengshu/internal/calendar"
	"zhengshu/internal/publishing/theme"
)

func TestAsker(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.7:4000": "192.0.2.7", "192.0.2.7": "192.0.2.7", "[2001:db8:1:2:3:4:5:6]:80": "2001:db8:1:2::/64", "2001:db8:1:2::9%eth0": "2001:db8:1:2::/64",
		"::ffff:192.0.2.7": "192.0.2.7", "[::1]:80": "::1", "nobody": "nobody", "": "",
	} {
		if got := Asker(address); got != want {
			t.Errorf("%q counts as %q, want %q", address, got, want)
		}
	}
}

func TestCounter(t *testing.T) {
	clock := calendar.NewManual(time.Date(2026, 3, 9, 2, 0, 0, 0, time.UTC))
	c := Counter{Clock: clock, PerMinute: 20}
	for i, want := range []bool{true, true, false} {
		if got := c.May("192.0.2.7", 10); got != want {
			t.Errorf("question %d: %v", i+1, got)
		}
	}
	if !c.May("192.0.2.8", 10) {
		t.Error("another waits for the first")
	}
	for range 100 {
		if !c.May("127.0.0.1", 10) || !c.May("::1", 10) {
			t.Fatal("this machine is held up")
		}
	}
	clock.Set(clock.Now().Add(time.Minute))
	if !c.May("192.0.2.7", 10) {
		t.Error("the minute does not end")
	}
	clock.Set(clock.Now().Add(-time.Hour)) // a clock set back
	if !c.May("192.0.2.7", 10) {
		t.Error("a clock set back holds up")
	}
}

func TestPages(t *testing.T) {
	var got theme.Embedded
	d := &Door{Name: "名录", Home: "/list/", About: "说明", Kind: "互动交流", Log: slog.New(slog.DiscardHandler), Render: func(w http.ResponseWriter, _ *http.Request, status int, page theme.Embedded) error {
		got = page
		w.WriteHeader(status)
		return nil
	}}
	v := Define[string](fstest.MapFS{"views/page.html": {Data: []byte(`<p>{{template "piece" .}}</p>`)}, "views/_piece.html": {Data: []byte(`{{define "piece"}}{{.}}{{end}}`)}}, "page.html")
	if err := v.Render(d, httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/list/", nil), http.StatusOK, "题", "<script>"); err != nil {
		t.Fatal(err)
	}
	if got.Body != template.HTML("<p>&lt;script&gt;</p>") || len(got.Crumbs) != 0 || got.Title != "题" || got.Description != "说明" {
		t.Errorf("%+v", got)
	}
	rec := httptest.NewRecorder()
	d.Slow(rec, httptest.NewRequest(http.MethodGet, "/list/a", nil))
	if rec.Code != http.StatusTooManyRequests || rec.Header().Get("Retry-After") != "60" || len(got.Crumbs) != 1 || got.Crumbs[0].Href != "/list/" || !strings.Contains(string(got.Body), `<a href="/list/">返回名录</a>`) {
		t.Errorf("%d %+v", rec.Code, got)
	}
}
