package e2e

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// visitor is a browser without script and picture: cookies, pages, forms.
type visitor struct {
	t      testing.TB
	base   string
	client *http.Client
	page   string
	status int
	at     string
	// kind and disposition are the headers of the last answer.
	kind, disposition string
}

func newVisitor(t testing.TB, addr string) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t: t, base: "http://" + addr, client: &http.Client{Jar: jar, Timeout: 30 * time.Second}}
}

func (v *visitor) take(r *http.Response, err error) *visitor {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	v.page, v.status, v.at = string(b), r.StatusCode, r.Request.URL.Path
	v.kind, v.disposition = r.Header.Get("Content-Type"), r.Header.Get("Content-Disposition")
	return v
}

func (v *visitor) get(path string) *visitor {
	v.t.Helper()
	return v.take(v.client.Get(v.base + path))
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)

// post sends the form of the page last read, with its hidden fields.
func (v *visitor) post(path string, fields url.Values) *visitor {
	v.t.Helper()
	for _, m := range hidden.FindAllStringSubmatch(v.page, -1) {
		if !fields.Has(m[1]) {
			fields.Set(m[1], html.UnescapeString(m[2]))
		}
	}
	return v.take(v.client.PostForm(v.base+path, fields))
}

func (v *visitor) signIn(login string) *visitor {
	v.t.Helper()
	v.get("/console/login")
	v.post("/console/login", url.Values{"name": {login}, "password": {demoPassword}})
	if strings.Contains(v.page, `name="password"`) {
		v.t.Fatalf("%s could not sign in: %d\n%.800s", login, v.status, v.page)
	}
	return v
}
