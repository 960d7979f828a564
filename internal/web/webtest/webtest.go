package webtest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/web"
)

// Token is the form token of every visitor of Gate.
const Token = "form-token-of-the-test"

// Gate lets everyone in as Session, nobody when it is nil. Context, when set,
// adds what the real gate would, such as the audit actor. Stale asks for the
// Secret before grave acts, as if the last proof were too old.
type Gate struct {
	Session *authz.Session
	Context func(context.Context) context.Context
	Stale   bool
}

// Secret is what a visitor of a stale Gate proves anew who it is with.
const Secret = "secret-of-the-test"

// Proof is web.Prover.
func (g *Gate) Proof(*http.Request) (web.Proof, error) {
	return web.Proof{Fresh: !g.Stale, After: time.Minute}, nil
}

// Prove is web.Prover.
func (g *Gate) Prove(_ http.ResponseWriter, _ *http.Request, secret string) (string, error) {
	if secret != Secret {
		return "", fault.New(fault.Invalid, "密码不正确，请重新填写。")
	}
	g.Stale = false
	return Token, nil
}

// Enter is web.Gate.
func (g *Gate) Enter(_ http.ResponseWriter, r *http.Request) (context.Context, web.Visitor, error) {
	ctx := authz.WithSession(r.Context(), g.Session)
	if g.Context != nil {
		ctx = g.Context(ctx)
	}
	return ctx, web.Visitor{Session: g.Session, FormToken: Token}, nil
}

// Session is a signed-in person with one post at an office of a made-up
// county, or at what path says.
func Session(role authz.Role, areaPath string) *authz.Session {
	if areaPath == "" {
		areaPath = "/610000/610100/610199/@S/"
	}
	return &authz.Session{PersonID: "person", LoginID: "login", Login: "tester", Name: "王秀兰",
		Posts: []authz.Post{{ID: "post", Role: role, UnitID: "S", UnitName: "秦川县人民政府办公室", AreaPath: areaPath, Office: true}}}
}

// Site is a router with routes and whoever walks through it. Change Gate
// between requests to become somebody else.
type Site struct {
	t      testing.TB
	Gate   *Gate
	Router *web.Router
	Taken  []web.Taking // lists that left as files
}

// Open makes a site of the routes, walked by session (nil: nobody signed in).
// clock may be nil.
func Open(t testing.TB, session *authz.Session, clock calendar.Clock, routes ...web.Route) *Site {
	g := &Gate{Session: session}
	s := &Site{t: t, Gate: g}
	s.Router = web.NewRouter(web.Config{Gate: g, Clock: clock, Taken: func(_ context.Context, x web.Taking) error {
		s.Taken = append(s.Taken, x)
		return nil
	}})
	s.Router.Add(routes...)
	return s
}

// Answer is what came back.
type Answer struct {
	t      testing.TB
	Status int
	Header http.Header
	Body   string
	doc    *html.Node
}

// Do sends any request.
func (s *Site) Do(r *http.Request) *Answer {
	s.t.Helper()
	rec := httptest.NewRecorder()
	s.Router.ServeHTTP(rec, r)
	res := rec.Result()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	a := &Answer{t: s.t, Status: res.StatusCode, Header: res.Header, Body: string(body)}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
		if a.doc, err = html.Parse(strings.NewReader(a.Body)); err != nil {
			s.t.Fatal(err)
		}
		if len(body) > 0 && res.StatusCode != http.StatusSeeOther {
			for _, wrong := range Wrongs(body) {
				s.t.Errorf("%s %s: %s", r.Method, r.URL.Path, wrong)
			}
		}
	}
	return a
}

// Get asks for a page; its markup is looked over.
func (s *Site) Get(path string) *Answer {
	s.t.Helper()
	return s.Do(httptest.NewRequest(http.MethodGet, path, nil))
}

// Post sends a form with its token.
func (s *Site) Post(path string, form url.Values) *Answer {
	s.t.Helper()
	v := url.Values{}
	for k, values := range form {
		v[k] = values
	}
	v.Set("_form", Token)
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(v.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return s.Do(r)
}

// Want fails the test unless the status is as given.
func (a *Answer) Want(status int) *Answer {
	a.t.Helper()
	if a.Status != status {
		a.t.Fatalf("status %d, want %d: %s", a.Status, status, strings.Join(a.All("h1, .alert p, .errors p, .errors li, .field-error"), " | "))
	}
	return a
}

// Location is where a 303 leads.
func (a *Answer) Location() string { return a.Header.Get("Location") }

// All is the text of every element the selector finds, spaces folded.
func (a *Answer) All(selector string) []string {
	a.t.Helper()
	if a.doc == nil {
		return nil
	}
	sel, err := cascadia.ParseGroup(selector)
	if err != nil {
		a.t.Fatal(err)
	}
	var out []string
	for _, n := range cascadia.QueryAll(a.doc, sel) {
		out = append(out, strings.Join(strings.Fields(text(n)), " "))
	}
	return out
}

// Text is the text of the first element the selector finds; the test fails
// when there is none.
func (a *Answer) Text(selector string) string {
	a.t.Helper()
	all := a.All(selector)
	if len(all) == 0 {
		a.t.Fatalf("nothing on the page is %q", selector)
	}
	return all[0]
}

// Attr is an attribute of the first element the selector finds.
func (a *Answer) Attr(selector, name string) string {
	a.t.Helper()
	if a.doc == nil {
		return ""
	}
	sel, err := cascadia.ParseGroup(selector)
	if err != nil {
		a.t.Fatal(err)
	}
	n := cascadia.Query(a.doc, sel)
	if n == nil {
		a.t.Fatalf("nothing on the page is %q", selector)
	}
	v, _ := attr(n, name)
	return v
}

// CheckPages reads every page defined in the packages linked into the test
// against its type and looks over every sample, signed in and not.
func CheckPages(t *testing.T) {
	t.Helper()
	for _, p := range web.Pages() {
		t.Run(p.Name(), func(t *testing.T) {
			if err := p.Check(); err != nil {
				t.Error(err)
			}
			if p.Samples() == 0 {
				t.Error("has no samples")
			}
			for n := range p.Samples() {
				for _, session := range []*authz.Session{nil, Session(authz.Supervisor, "")} {
					body, err := sample(p, n, session)
					if err != nil {
						t.Errorf("sample %d: %v", n, err)
						continue
					}
					for _, wrong := range Wrongs(body) {
						t.Errorf("sample %d: %s", n, wrong)
					}
				}
			}
		})
	}
}

// sample renders a sample inside a real router, for its frame.
func sample(p web.Shown, n int, session *authz.Session) ([]byte, error) {
	var body []byte
	var err error
	rt := web.NewRouter(web.Config{Gate: &Gate{Session: session}, Demo: true, Version: "test",
		Nav:    []web.NavItem{{Name: "工作台", Href: "/console"}, {Name: "台账", Href: "/console/sites"}},
		Counts: func(context.Context) web.Counts { return web.Counts{ToDo: 3, Overdue: 1} }})
	rt.Add(web.Route{Pattern: "GET /console/sample", Permit: authz.Public, Handle: func(_ http.ResponseWriter, r *http.Request) error {
		body, err = p.Sample(r, n)
		return nil
	}})
	rec := httptest.NewRecorder()
	rt.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/console/sample", nil))
	if err == nil && body == nil {
		err = fmt.Errorf("not rendered: status %d", rec.Code)
	}
	return body, err
}
