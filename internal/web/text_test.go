package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"zhengshu/internal/authz"
	"zhengshu/internal/web"
	"zhengshu/internal/web/webtest"
)

// What is no text does not get past the door: an address with it leads
// nowhere, a query and a form arrive mended.
func TestOnlyText(t *testing.T) {
	var path, query, form string
	site := webtest.Open(t, webtest.Session(authz.Sponsor, ""), nil,
		web.Route{Pattern: "GET /console/things/{id}", Permit: authz.SignedIn, Handle: func(w http.ResponseWriter, r *http.Request) error {
			path, query = r.PathValue("id"), r.FormValue("q")
			return nil
		}},
		web.Route{Pattern: "POST /console/things", Permit: authz.SignedIn, Handle: func(w http.ResponseWriter, r *http.Request) error {
			form = r.PostFormValue("reason") + "|" + r.FormValue("reason") + "|" + r.FormValue("q")
			return nil
		}})
	for _, tt := range []struct {
		at, path, query string
		status          int
	}{
		{"/console/things/%F0%A0%AE%B7?q=%F0%9F%98%80", "𠮷", "😀", http.StatusOK},
		{"/console/things/a?q=x%00y", "a", "xy", http.StatusOK},
		{"/console/things/a?q=%FFy&q%00=1", "a", "\ufffdy", http.StatusOK},
		{"/console/things/a%00", "", "", http.StatusNotFound},
		{"/console/things/%FF", "", "", http.StatusNotFound},
	} {
		path, query = "", ""
		site.Get(tt.at).Want(tt.status)
		if path != tt.path || query != tt.query {
			t.Errorf("%s arrived as %q and %q", tt.at, path, query)
		}
	}
	site.Post("/console/things?q=%00z", url.Values{"reason": {"𠮷\x00祥\xff"}}).Want(http.StatusOK)
	if want := "𠮷祥\ufffd|𠮷祥\ufffd|z"; form != want {
		t.Errorf("the form arrived as %q, want %q", form, want)
	}
	body := "--x\r\nContent-Disposition: form-data; name=\"reason\"\r\n\r\n𠮷\x00\r\n--x\r\nContent-Disposition: form-data; name=\"_form\"\r\n\r\n" + webtest.Token + "\r\n--x--\r\n"
	r := httptest.NewRequest(http.MethodPost, "/console/things", strings.NewReader(body))
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	site.Do(r).Want(http.StatusOK)
	if form != "𠮷|𠮷|" {
		t.Errorf("the multipart form arrived as %q", form)
	}
}
