package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/authz"
	"zhengshu/internal/fault"
	"zhengshu/internal/official"
	"zhengshu/internal/web"
	"zhengshu/internal/web/webtest"
)

func says(text string) web.Handler {
	return func(w http.ResponseWriter, _ *http.Request) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

func routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /", Permit: authz.Public, Handle: says("portal")},
		{Pattern: "GET /console/sites", Permit: authz.RegistryRead, Handle: says("sites")},
		{Pattern: "GET /console/audit", Permit: authz.AuditRead, Handle: says("audit")},
		{Pattern: "POST /console/sites", Permit: authz.RegistryRead, Handle: func(w http.ResponseWriter, r *http.Request) error {
			return web.Done(w, r, "/console/sites?name="+url.QueryEscape(r.PostFormValue("name")), "已登记。")
		}},
		{Pattern: "POST /console/upload", Permit: authz.SignedIn, MaxBody: 2048, Handle: func(w http.ResponseWriter, r *http.Request) error {
			b, err := io.ReadAll(r.Body)
			if err != nil {
				return err
			}
			return says(string(b))(w, r)
		}},
		{Pattern: "POST /api/v1/batch", Permit: authz.Public, NoForm: true, Handle: says("taken")},
		{Pattern: "GET /api/v1/sites", Permit: authz.RegistryRead, Handle: says("[]")},
		{Pattern: "GET /console/panic", Permit: authz.Public, Handle: func(http.ResponseWriter, *http.Request) error { panic("secret of the house") }},
		{Pattern: "GET /console/broken", Permit: authz.Public, Handle: func(http.ResponseWriter, *http.Request) error {
			return errors.New("pq: password authentication failed")
		}},
		{Pattern: "GET /console/refused", Permit: authz.Public, Handle: func(http.ResponseWriter, *http.Request) error {
			return fault.New(fault.Refused, "本年度已临时下线 1 次。").Because(fault.Reason{ID: "S8.1a.once", Citation: "第八条（一）", Says: "每年临时下线不得超过1次"})
		}},
		{Pattern: "GET /console/scope", Permit: authz.RegistryRead, Handle: func(w http.ResponseWriter, r *http.Request) error {
			if authz.ScopeFrom(r.Context()).Covers("/610000/610100/610199/@X/", "") {
				return says("covers")(w, r)
			}
			return says("nothing")(w, r)
		}},
	}
}

func open(t *testing.T, s *authz.Session) *webtest.Site {
	t.Helper()
	return webtest.Open(t, s, nil, routes()...)
}

func TestAdmission(t *testing.T) {
	clerk := webtest.Session(authz.Supervisor, "")
	htmx := http.Header{"Hx-Request": {"true"}}
	for _, tt := range []struct {
		name         string
		session      *authz.Session
		method, path string
		header       http.Header
		status       int
		location     string
		body         string
	}{
		{"public needs nobody", nil, "GET", "/", nil, 200, "", "portal"},
		{"nobody is sent to sign in and back", nil, "GET", "/console/sites?state=open", nil, 303, "/console/login?next=%2Fconsole%2Fsites%3Fstate%3Dopen", ""},
		{"htmx is told", nil, "GET", "/console/sites", htmx, 401, "", "请先登录"},
		{"a program is told in JSON", nil, "GET", "/api/v1/sites", nil, 401, "", `"kind":"sign_in"`},
		{"permission lets in", clerk, "GET", "/console/sites", nil, 200, "", "sites"},
		{"lacking it is said with its name", clerk, "GET", "/console/audit", nil, 403, "", "查询并校验审计"},
		{"no page", clerk, "GET", "/console/nowhere", nil, 200, "", "portal"}, // "GET /" takes every path; see TestUnrouted
		{"a machine endpoint has its own proof", nil, "POST", "/api/v1/batch", nil, 200, "", "taken"},
		{"the scope is the permission's", clerk, "GET", "/console/scope", nil, 200, "", "covers"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(tt.method, tt.path, nil)
			for k, v := range tt.header {
				r.Header[k] = v
			}
			a := open(t, tt.session).Do(r)
			if a.Status != tt.status || a.Location() != tt.location || !strings.Contains(a.Body, tt.body) {
				t.Errorf("got %d %q %.200s", a.Status, a.Location(), a.Body)
			}
		})
	}
}

func TestUnrouted(t *testing.T) {
	site := webtest.Open(t, nil, nil, web.Route{Pattern: "GET /console/sites/{id}", Permit: authz.Public, Handle: says("site")})
	a := site.Get("/console/nowhere").Want(http.StatusNotFound)
	if got := a.Text("h1"); got != "没有找到" {
		t.Errorf("h1 %q", got)
	}
	a = site.Do(httptest.NewRequest(http.MethodPut, "/console/sites/1", nil)).Want(http.StatusMethodNotAllowed)
	if got := a.Header.Get("Allow"); got != "GET, HEAD" {
		t.Errorf("Allow %q", got)
	}
	site.Get("/console/sites/1").Want(http.StatusOK)
}

func form(path string, v url.Values) *http.Request {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(v.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func TestFormsProveTheirPage(t *testing.T) {
	clerk := webtest.Session(authz.Supervisor, "")
	typed := url.Values{"name": {"县教育局 <b>网站</b>"}, "password": {"Hush-123"}, "note": {"一段很长的说明"}}
	with := func(token string) url.Values {
		v := url.Values{"_form": {token}}
		for k, x := range typed {
			v[k] = x
		}
		return v
	}
	t.Run("right token", func(t *testing.T) {
		if a := open(t, clerk).Do(form("/console/sites", with(webtest.Token))); a.Status != 303 {
			t.Errorf("status %d: %s", a.Status, a.Body)
		}
	})
	t.Run("token in the header leaves the body to the handler", func(t *testing.T) {
		r := form("/console/upload", url.Values{"a": {"1"}})
		r.Header.Set("X-Form-Token", webtest.Token)
		if a := open(t, clerk).Do(r); a.Status != 200 || a.Body != "a=1" {
			t.Errorf("got %d %q", a.Status, a.Body)
		}
	})
	for _, token := range []string{"", "stale"} {
		t.Run("token "+token+" is refused and nothing typed is lost", func(t *testing.T) {
			a := open(t, clerk).Do(form("/console/sites", with(token))).Want(http.StatusConflict)
			kept := strings.Join(a.All("textarea"), "\n")
			for _, want := range []string{"县教育局 <b>网站</b>", "一段很长的说明"} {
				if !strings.Contains(kept, want) {
					t.Errorf("lost %q: %q", want, kept)
				}
			}
			if strings.Contains(a.Body, "Hush-123") {
				t.Error("shows a password")
			}
			if len(a.All(`main form`)) != 0 {
				t.Error("offers to post unproven fields again")
			}
		})
	}
	t.Run("an expired session loses nothing", func(t *testing.T) {
		a := open(t, nil).Do(form("/console/sites", with("stale"))).Want(http.StatusUnauthorized)
		if !strings.Contains(strings.Join(a.All("textarea"), ""), "一段很长的说明") {
			t.Errorf("lost the text: %s", a.Body)
		}
	})
	t.Run("an expired session with nothing typed signs in", func(t *testing.T) {
		if a := open(t, nil).Do(form("/console/sites", url.Values{"_form": {"x"}})); a.Status != 303 {
			t.Errorf("status %d", a.Status)
		}
	})
	for name, header := range map[string][2]string{"by fetch site": {"Sec-Fetch-Site", "cross-site"}, "by origin": {"Origin", "https://evil.example"}} {
		t.Run("another site is refused "+name, func(t *testing.T) {
			r := form("/console/sites", with(webtest.Token))
			r.Header.Set(header[0], header[1])
			open(t, clerk).Do(r).Want(http.StatusForbidden)
		})
	}
	t.Run("multipart", func(t *testing.T) {
		var b bytes.Buffer
		m := multipart.NewWriter(&b)
		_ = m.WriteField("_form", webtest.Token)
		_ = m.WriteField("name", "x")
		_ = m.Close()
		r := httptest.NewRequest(http.MethodPost, "/console/sites", &b)
		r.Header.Set("Content-Type", m.FormDataContentType())
		if a := open(t, clerk).Do(r); a.Status != 303 || a.Location() != "/console/sites?name=x" {
			t.Errorf("got %d %q", a.Status, a.Location())
		}
	})
	t.Run("an empty expected token admits nothing", func(t *testing.T) {
		rt := web.NewRouter(web.Config{})
		rt.Add(web.Route{Pattern: "POST /x", Permit: authz.Public, Handle: says("in")})
		rec := httptest.NewRecorder()
		rt.ServeHTTP(rec, form("/x", url.Values{"_form": {""}}))
		if rec.Code != http.StatusConflict {
			t.Errorf("status %d", rec.Code)
		}
	})
}

func TestBodyLimit(t *testing.T) {
	clerk := webtest.Session(authz.Supervisor, "")
	big := strings.Repeat("x", 5000)
	declared := form("/console/upload", url.Values{"_form": {webtest.Token}, "a": {big}})
	hidden := form("/console/upload", url.Values{"_form": {webtest.Token}, "a": {big}})
	hidden.ContentLength = -1
	streamed := form("/console/upload", url.Values{"a": {big}})
	streamed.ContentLength = -1
	streamed.Header.Set("X-Form-Token", webtest.Token)
	for name, r := range map[string]*http.Request{"declared": declared, "undeclared": hidden, "read by the handler": streamed} {
		t.Run(name, func(t *testing.T) {
			a := open(t, clerk).Do(r).Want(http.StatusRequestEntityTooLarge)
			if got := a.Text(".alert p"); !strings.Contains(got, "2 KB") {
				t.Errorf("the limit is not named: %q", got)
			}
		})
	}
}

func TestFaultsTellPeopleAndHideTheHouse(t *testing.T) {
	var logged bytes.Buffer
	rt := web.NewRouter(web.Config{Log: slog.New(slog.NewTextHandler(&logged, nil))})
	rt.Add(routes()...)
	for path, secret := range map[string]string{"/console/panic": "secret of the house", "/console/broken": "password authentication"} {
		rec := httptest.NewRecorder()
		rt.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
		id := rec.Header().Get("X-Request-Id")
		body := rec.Body.String()
		if rec.Code != 500 || strings.Contains(body, secret) || strings.Contains(body, "goroutine") {
			t.Errorf("%s: %d %s", path, rec.Code, body)
		}
		if _, err := ulid.ParseStrict(id); err != nil || !strings.Contains(body, id) || !strings.Contains(logged.String(), id) || !strings.Contains(logged.String(), secret) {
			t.Errorf("%s: request %q is not on the page and in the log", path, id)
		}
	}
	a := open(t, nil).Get("/console/refused").Want(http.StatusConflict)
	if got := a.Text(".breaches .cite"); got != "第八条（一）" {
		t.Errorf("article %q", got)
	}
	r := httptest.NewRequest(http.MethodGet, "/console/refused", nil)
	r.Header.Set("Accept", "application/json")
	a = open(t, nil).Do(r)
	var p web.Problem
	if err := json.Unmarshal([]byte(a.Body), &p); err != nil {
		t.Fatal(err)
	}
	if a.Header.Get("Content-Type") != "application/problem+json; charset=utf-8" || p.Status != 409 || p.Kind != fault.Refused || p.Reasons[0].ID != "S8.1a.once" {
		t.Errorf("problem %+v", p)
	}
}

func TestHeaders(t *testing.T) {
	rt := web.NewRouter(web.Config{Secure: true})
	rt.Add(routes()...)
	get := func(path string) http.Header {
		rec := httptest.NewRecorder()
		rt.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
		return rec.Header()
	}
	h := get("/console/refused")
	csp := h.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'", "upgrade-insecure-requests"} {
		if !strings.Contains(csp, want) {
			t.Errorf("policy lacks %q", want)
		}
	}
	if strings.Contains(csp, "unsafe") {
		t.Error("policy is unsafe")
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Vary": "HX-Request", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin"} {
		if got := h.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if !strings.HasPrefix(h.Get("Strict-Transport-Security"), "max-age=63072000") {
		t.Error("no HSTS")
	}
	if got := get("/").Get("Cache-Control"); got != "" {
		t.Errorf("the portal is kept from caches: %q", got)
	}
}

// book is Receipts in memory.
type book map[string]string

func (b book) Taken(_ context.Context, key string) (string, bool) { l, ok := b[key]; return l, ok }
func (b book) Keep(_ context.Context, key, location string) error { b[key] = location; return nil }

func TestASecondClickAnswersTheFirstResult(t *testing.T) {
	acts := 0
	gate := &webtest.Gate{Session: webtest.Session(authz.Supervisor, "")}
	rt := web.NewRouter(web.Config{Gate: gate, Receipts: book{}})
	rt.Add(web.Route{Pattern: "POST /console/cases", Permit: authz.SignedIn, Handle: func(w http.ResponseWriter, r *http.Request) error {
		acts++
		if r.PostFormValue("name") == "" {
			return fault.New(fault.Invalid, "请填写名称。")
		}
		return web.Done(w, r, "/console/cases/"+ulid.Make().String(), "已提交。")
	}})
	post := func(once, name string) (int, string) {
		rec := httptest.NewRecorder()
		rt.ServeHTTP(rec, form("/console/cases", url.Values{"_form": {webtest.Token}, "_once": {once}, "name": {name}}))
		return rec.Code, rec.Header().Get("Location")
	}
	once := ulid.Make().String()
	if status, _ := post(once, ""); status != 422 {
		t.Fatalf("status %d", status)
	}
	_, first := post(once, "x")
	_, second := post(once, "x")
	if acts != 2 || first == "" || first != second {
		t.Errorf("%d acts, %q then %q", acts, first, second)
	}
	_, third := post(ulid.Make().String(), "x")
	if acts != 3 || third == first {
		t.Error("another form was taken for the same")
	}
	gate.Session.PersonID = "another"
	if _, l := post(once, "x"); l == first {
		t.Error("another person got somebody's receipt")
	}
}

func TestReceiptIsShownOnce(t *testing.T) {
	site := webtest.Open(t, webtest.Session(authz.Supervisor, ""), nil,
		web.Route{Pattern: "POST /console/a", Permit: authz.SignedIn, Handle: func(w http.ResponseWriter, r *http.Request) error {
			return web.Done(w, r, "/console/refused", strings.Repeat("已送李某审核；", 200))
		}})
	a := site.Post("/console/a", nil).Want(http.StatusSeeOther)
	site.Router.Add(routes()[len(routes())-2])
	r := httptest.NewRequest(http.MethodGet, "/console/refused", nil)
	r.Header.Set("Cookie", strings.SplitN(a.Header.Get("Set-Cookie"), ";", 2)[0])
	b := site.Do(r)
	if !strings.HasPrefix(b.Text(".receipt"), "已送李某审核；") || !strings.Contains(b.Header.Get("Set-Cookie"), "Max-Age=0") {
		t.Errorf("receipt %q, cookie %q", b.All(".receipt"), b.Header.Get("Set-Cookie"))
	}
	// A screen reader begins with it, with and without script.
	if !strings.Contains(b.Body, `<div class="receipt" role="status" tabindex="-1" autofocus>`) {
		t.Error("the receipt is not where the reader begins")
	}
	r = form("/console/a", url.Values{"_form": {webtest.Token}})
	r.Header.Set("HX-Request", "true")
	if c := site.Do(r); c.Status != 200 || c.Header.Get("HX-Redirect") != "/console/refused" {
		t.Errorf("htmx: %d %q", c.Status, c.Header.Get("HX-Redirect"))
	}
}

func TestSafeNext(t *testing.T) {
	for next, want := range map[string]string{
		"/console/sites?a=1":             "/console/sites?a=1",
		"/console":                       "/console",
		"":                               "/console",
		"https://evil.example/console/x": "/console",
		"//evil.example/console/":        "/console",
		`/\evil.example`:                 "/console",
		"/consoleevil":                   "/console",
		"/other":                         "/console",
		"javascript:alert(1)":            "/console",
		"/console/\r\nSet-Cookie: a":     "/console",
	} {
		if got := web.SafeNext(next, "/console"); got != want {
			t.Errorf("SafeNext(%q) = %q, want %q", next, got, want)
		}
	}
}

func FuzzSafeNext(f *testing.F) {
	for _, s := range []string{"/console/x", "//x", `/\x`, "/console/../x", "/console/%2e%2e//x", "http:/console/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, next string) {
		got := web.SafeNext(next, "/console")
		u, err := url.Parse(got)
		if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(got, "/console") || strings.ContainsAny(got, "\\\r\n") {
			t.Errorf("SafeNext(%q) = %q", next, got)
		}
	})
}

func TestStorybook(t *testing.T) {
	site := webtest.Open(t, nil, nil, web.Storybook()...)
	a := site.Get("/dev/ui").Want(http.StatusOK)
	if n := len(a.All(".story")); n < 20 {
		t.Errorf("%d stories", n)
	}
	site.Get(a.Attr(`a[href^="/dev/ui/pages/"]`, "href")).Want(http.StatusOK)
	site.Get("/dev/ui/pages/999/0").Want(http.StatusNotFound)
}

func TestNavigationShowsWhatOnePermits(t *testing.T) {
	rt := web.NewRouter(web.Config{
		Gate: &webtest.Gate{Session: webtest.Session(authz.Supervisor, "")},
		Nav:  []web.NavItem{{Name: "工作台", Href: "/console"}, {Name: "台账", Href: "/console/sites", Permit: authz.RegistryRead}, {Name: "审计", Href: "/console/audit", Permit: authz.AuditRead}},
	})
	rt.Add(web.Route{Pattern: "GET /console/sites/{id}", Permit: authz.RegistryRead, Handle: func(_ http.ResponseWriter, r *http.Request) error {
		var got []string
		for _, n := range web.FrameOf(r).Nav {
			s := n.Name
			if n.Current {
				s += "*"
			}
			got = append(got, s)
		}
		if s := strings.Join(got, " "); s != "工作台 台账*" {
			t.Errorf("menu %q", s)
		}
		return nil
	}})
	rt.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/console/sites/1", nil))
}

func TestDisplaySettingsStayInTheBrowser(t *testing.T) {
	site := webtest.Open(t, nil, nil, web.Display()...)
	a := site.Get("/console/display").Want(http.StatusOK)
	if got := a.Attr(".foot a", "href"); got != "/console/display" {
		t.Errorf("footer leads to %q", got)
	}
	b := site.Post("/console/display", url.Values{"contrast": {"high"}, "density": {`compact"><script>`}, "back": {"https://evil.example/"}}).Want(http.StatusSeeOther)
	if b.Location() != "/console" {
		t.Errorf("leads to %q", b.Location())
	}
	r := httptest.NewRequest(http.MethodGet, "/console/display", nil)
	for _, c := range b.Header.Values("Set-Cookie") {
		r.Header.Add("Cookie", strings.SplitN(c, ";", 2)[0])
	}
	c := site.Do(r)
	if c.Attr("html", "data-contrast") != "high" || c.Attr("html", "data-density") != "" || c.Text(".receipt") != "显示设置已保存。" {
		t.Errorf("look %q %q", c.Attr("html", "data-contrast"), c.Attr("html", "data-density"))
	}
}

// TestListsThatLeaveAreTold: a list goes out as a file only once the trail
// knows of it.
func TestListsThatLeaveAreTold(t *testing.T) {
	var told []web.Taking
	var refuse error
	rt := web.NewRouter(web.Config{Gate: &webtest.Gate{Session: webtest.Session(authz.Supervisor, "")}, Taken: func(_ context.Context, x web.Taking) error {
		told = append(told, x)
		return refuse
	}})
	rows := [][]any{{"一"}, {"二"}, {"三"}}
	rt.Add(web.Route{Pattern: "GET /console/things/export", Permit: authz.RegistryRead, Handle: func(w http.ResponseWriter, r *http.Request) error {
		return web.SendSheet(w, r, official.Sheet{Title: "东西", Columns: []official.Column{{Title: "名称"}}, Rows: slices.Values(rows)}, "东西")
	}})
	get := func(address string) *httptest.ResponseRecorder {
		rec := httptest.NewRecorder()
		rt.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, address, nil))
		return rec
	}
	for _, format := range []string{"csv", "xlsx"} {
		if rec := get("/console/things/export?q=x&format=" + format); rec.Code != http.StatusOK || !strings.Contains(rec.Header().Get("Content-Disposition"), format) {
			t.Fatalf("%s: %d %v", format, rec.Code, rec.Header())
		}
	}
	if len(told) != 2 || told[0].Path != "/console/things" || told[0].Name != "东西" || told[0].Rows != 3 || told[1].Rows != 3 || told[0].Filter != "q=x&format=csv" || !slices.Equal(told[0].Columns, []string{"名称"}) {
		t.Errorf("told: %+v", told)
	}
	if rec := get("/console/things/export?format=pdf"); rec.Code != http.StatusUnprocessableEntity || len(told) != 2 {
		t.Errorf("another format: %d, told %d times", rec.Code, len(told))
	}
	refuse = fault.New(fault.Unavailable, "暂时不能记入审计。")
	if rec := get("/console/things/export?format=csv"); rec.Code == http.StatusOK || strings.Contains(rec.Body.String(), "三") {
		t.Errorf("sent although the trail refused: %d", rec.Code)
	}
}
