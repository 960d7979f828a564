package internal_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/app"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/web"
)

// openDoors are the doors of the console that stand open without a session,
// each with its reason. Anything else asks who is there.
var openDoors = map[string]string{
	"GET /console/display":              "font size, contrast and large mode are for everyone, also on the login page",
	"POST /console/display":             "keeps that choice in a cookie; writes nothing",
	"GET /console/login":                "where a session begins",
	"POST /console/login":               "where a session begins",
	"GET /console/feeds/{token}":        "calendar programs have no session: the token in the address is the proof, and shows due dates alone",
	"GET /console/fact-checks/{token}":  "somebody outside has no account: the token in the address is the proof, and shows one version alone",
	"POST /console/fact-checks/{token}": "takes the one answer of that link",
	"POST /console/logout":              "ends a session; harmless without one",
	"GET /console/second-factor":        "second step of signing in: the session is not whole yet; without one it leads to the login page",
	"POST /console/second-factor":       "second step of signing in",
	"GET /console/password":             "a first password is changed before the session is whole; without one it leads to the login page",
	"POST /console/password":            "a first password is changed before the session is whole",
}

// holder is a role whose post permits, other one whose post does not; ok is
// false when there is none.
func holder(p authz.Permission, want bool) (authz.Role, bool) {
	i := slices.IndexFunc(authz.Roles, func(r authz.RoleInfo) bool {
		s := authz.Session{Posts: []authz.Post{{Role: r.Role}}}
		return s.May(p) == want
	})
	if i < 0 {
		return "", false
	}
	return authz.Roles[i].Role, true
}

// insides are words that tell a stranger how the house is built.
var insides = []string{"goroutine ", ".go:", "runtime error", "nil pointer", "SELECT ", "INSERT INTO", "sqlite", "SQLITE", "pgx", "SQLSTATE", "no rows in", "internal/", "html/template"}

// drawn is what is drawn by lot, tokens and identifiers: they may spell any of
// the words above.
var drawn = regexp.MustCompile(`[A-Za-z0-9_-]{26,}`)

// inside is where a text tells of the inside; "" when it does not. Tens of
// thousands of answers are read for it, nearly all without a trace.
func inside(text string) string {
	for _, word := range insides {
		if !strings.Contains(text, word) {
			continue
		}
		said := drawn.ReplaceAllString(text, "…")
		if at := strings.Index(said, word); at >= 0 {
			return said[max(0, at-60):min(len(said), at+60)]
		}
	}
	return ""
}

// speaks reports whether a page says four Chinese characters in a row to its
// reader.
func speaks(page string) bool {
	row, tag := 0, false
	for _, r := range page {
		switch {
		case r == '<':
			tag = true
		case r == '>' && tag:
			tag = false
		case tag:
		case unicode.Is(unicode.Han, r):
			if row++; row == 4 {
				return true
			}
		default:
			row = 0
		}
	}
	return false
}

// sound holds what is true of every answer of every door.
func sound(t *testing.T, what string, got reply) {
	t.Helper()
	if got.status >= 500 {
		t.Errorf("%s: %d %s", what, got.status, heading(got.body))
	}
	kind := got.header.Get("Content-Type")
	policy := got.header.Get("Content-Security-Policy")
	if policy == "" || strings.Contains(policy, "unsafe-") || !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") && !strings.HasSuffix(policy, "; sandbox") && policy != web.ReadersPolicy {
		t.Errorf("%s: policy %q", what, policy)
	}
	frames := "DENY"
	if policy == web.ReadersPolicy { // shown in a frame of the console, without scripts
		frames = "SAMEORIGIN"
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": frames, "Referrer-Policy": "same-origin", "Cache-Control": "no-store", "Cross-Origin-Opener-Policy": "same-origin"} {
		if v := got.header.Get(name); !strings.Contains(v, want) {
			t.Errorf("%s: %s is %q, want %s", what, name, v, want)
		}
	}
	text := strings.HasPrefix(kind, "text/html") || strings.Contains(kind, "json")
	if text {
		if shown := inside(got.body); shown != "" {
			t.Errorf("%s shows the inside: %s", what, shown)
		}
	}
	if got.status < 400 {
		return
	}
	if !strings.HasPrefix(kind, "text/html") && !strings.HasPrefix(kind, "application/problem+json") {
		t.Errorf("%s: a refusal as %q", what, kind)
	}
	if !speaks(got.body) {
		t.Errorf("%s: %d without a Chinese sentence: %.200s", what, got.status, got.body)
	}
}

// still fails when act wrote to the database.
func (n *neighbourhood) still(t *testing.T, what string, act func() reply) reply {
	t.Helper()
	before := n.h.DB.Commits()
	got := act()
	if after := n.h.DB.Commits(); after != before {
		t.Errorf("%s wrote %d times", what, after-before)
	}
	sound(t, what, got)
	return got
}

func method(pattern string) string {
	m, _, _ := strings.Cut(pattern, " ")
	return m
}

// TestEveryDoor knocks at every door of the house in every wrong way: some
// ten thousand knocks on each database, hence its seconds. The two databases
// differ in what text they take.
func TestEveryDoor(t *testing.T) {
	if testing.Short() {
		t.Skip("left out by -short: knocks at every door in every wrong way")
	}
	t.Parallel() // much of it is waiting
	eachDatabase(t, everyDoor)
}

func everyDoor(t *testing.T, c app.Config) {
	n := settle(t, c)
	known := map[string]bool{}
	for _, r := range n.routes {
		known[r.Pattern] = true
		if (r.Permit == authz.Public) != (openDoors[r.Pattern] != "") {
			t.Errorf("%s asks for %s; the list of open doors says otherwise", r.Pattern, r.Permit)
		}
		if r.NoForm {
			t.Errorf("%s takes forms without a token", r.Pattern)
		}
	}
	for pattern := range openDoors {
		if !known[pattern] {
			t.Errorf("%s is listed as open but there is no such door", pattern)
		}
	}
	t.Run("nobody", func(t *testing.T) { n.nobody(t) })
	t.Run("without permission", func(t *testing.T) { n.withoutPermission(t) })
	t.Run("without token", func(t *testing.T) { n.withoutToken(t) })
	t.Run("what never was", func(t *testing.T) { n.whatNeverWas(t) })
	t.Run("regions", func(t *testing.T) { n.regions(t) })
	t.Run("wrong methods", func(t *testing.T) { n.wrongMethods(t) })
	t.Run("lists that leave", func(t *testing.T) { n.listsThatLeave(t) })
	t.Run("a broken handler", func(t *testing.T) { n.brokenHandler(t) })
	t.Run("hostile forms", func(t *testing.T) { n.hostileForms(t) }) // last: some of them are taken
}

// listAsks are the questions of lists that stand for none by themselves.
var listAsks = map[string]string{
	"GET /console/dashboard/rows/export":  "&figure=finding.standing",
	"GET /console/packs/rehearsal/export": "&period=2026-03&try=gwb-2019-19+1",
}

// Whoever takes a list out of the house as a file stands in the trail for it.
func (n *neighbourhood) listsThatLeave(t *testing.T) {
	lists := 0
	for _, r := range n.routes {
		if !strings.HasPrefix(r.Pattern, "GET ") || !strings.HasSuffix(r.Pattern, "/export") || strings.HasPrefix(r.Pattern, "GET /console/items/") { // items leave as an archive, in the trail as movein's own act
			continue
		}
		if r.Pattern == "GET /console/packs/export" {
			continue // a pack as JSON: public rules, no list
		}
		role, _ := holder(r.Permit, true)
		var at string
		var got reply
		for _, at = range n.addresses(r.Pattern, n.a) { // not every word of a key is a table
			if got = n.get(n.a, role, at+"?format=csv"+listAsks[r.Pattern]); got.status == http.StatusOK {
				break
			}
		}
		if got.status != http.StatusOK {
			t.Errorf("%s: %d %s", r.Pattern, got.status, heading(got.body))
			continue
		}
		lists++
		rows, err := audit.Entries(t.Context(), n.h.DB, audit.Filter{Act: "ledger.export", Limit: 1})
		if err != nil || len(rows) != 1 || rows[0].Target.ID != strings.TrimSuffix(at, "/export") {
			t.Errorf("%s left no entry in the trail: %+v (%v)", r.Pattern, rows, err)
		}
	}
	if lists < 15 {
		t.Errorf("only %d lists leave as files", lists)
	}
}

// Without a session a reader is led to the login page and a program told so;
// what was typed into a form is shown and not kept.
func (n *neighbourhood) nobody(t *testing.T) {
	for _, r := range n.routes {
		if r.Permit == authz.Public {
			continue
		}
		at := n.addresses(r.Pattern, n.a)[0]
		if method(r.Pattern) == http.MethodGet {
			got := n.still(t, r.Pattern, func() reply { return n.get(nil, "", at+"?q=1") })
			if to := got.header.Get("Location"); got.status != http.StatusSeeOther || to != "/console/login?next="+url.QueryEscape(at+"?q=1") {
				t.Errorf("%s without session: %d to %q", r.Pattern, got.status, to)
			}
			for _, h := range [][2]string{{"HX-Request", "true"}, {"Accept", "application/json"}} {
				req := httptest.NewRequest(http.MethodGet, at, nil)
				req.Header.Set(h[0], h[1])
				if got := n.still(t, r.Pattern, func() reply { return n.ask(nil, "", req) }); got.status != http.StatusUnauthorized {
					t.Errorf("%s without session, %s: %d, want 401", r.Pattern, h[0], got.status)
				}
			}
			continue
		}
		got := n.still(t, r.Pattern, func() reply { return n.post(nil, "", at, nil) })
		if to := got.header.Get("Location"); got.status != http.StatusSeeOther || !strings.HasPrefix(to, "/console/login?next=") {
			t.Errorf("%s without session: %d to %q", r.Pattern, got.status, to)
		}
		const typed = "写了很久的一段话𠮷"
		got = n.still(t, r.Pattern, func() reply { return n.post(nil, "", at, url.Values{"reason": {typed}, "password": {"geheim-123"}}) })
		if got.status != http.StatusUnauthorized || !strings.Contains(got.body, typed) || strings.Contains(got.body, "geheim-123") {
			t.Errorf("%s without session: %d; what was typed must be shown, passwords never", r.Pattern, got.status)
		}
	}
	// A cookie that nobody gave, and one that is no cookie of ours.
	for _, cookie := range []string{"x", strings.Repeat("a", 4000), "../../etc/passwd", "test-" + strings.ToLower(ulid.Make().String())} {
		req := httptest.NewRequest(http.MethodGet, "/console/sites", nil)
		req.AddCookie(&http.Cookie{Name: "zs", Value: cookie})
		if got := n.still(t, "a made-up cookie", func() reply { return n.ask(nil, "", req) }); got.status != http.StatusSeeOther {
			t.Errorf("a made-up cookie: %d", got.status)
		}
	}
}

func (n *neighbourhood) withoutPermission(t *testing.T) {
	for _, r := range n.routes {
		role, ok := holder(r.Permit, false)
		if !ok {
			continue // for everyone who is signed in
		}
		at := n.addresses(r.Pattern, n.a)[0]
		got := n.still(t, r.Pattern, func() reply {
			if method(r.Pattern) == http.MethodGet {
				return n.get(n.a, role, at)
			}
			return n.post(n.a, role, at, url.Values{"reason": {"试一试"}})
		})
		if got.status != http.StatusForbidden || !strings.Contains(got.body, authz.Describe[r.Permit]) {
			t.Errorf("%s as %s: %d %s, want 403 naming the permission", r.Pattern, role, got.status, heading(got.body))
		}
	}
}

// A form must come from our own page, opened by the same session.
func (n *neighbourhood) withoutToken(t *testing.T) {
	for _, r := range n.routes {
		if method(r.Pattern) == http.MethodGet {
			continue
		}
		role, _ := holder(r.Permit, true)
		at := n.addresses(r.Pattern, n.a)[0]
		const typed = "写了很久的一段话𠮷"
		for name, token := range map[string]string{"none": "", "of somebody else": n.b.forms[role], "cut": n.a.forms[role][1:]} {
			got := n.still(t, r.Pattern+" with token "+name, func() reply { return n.post(n.a, role, at, url.Values{"_form": {token}, "reason": {typed}}) })
			if got.status != http.StatusConflict || !strings.Contains(got.body, typed) {
				t.Errorf("%s with token %s: %d, want 409 and what was typed", r.Pattern, name, got.status)
			}
		}
		for _, h := range [][2]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}} {
			body := url.Values{"_form": {n.a.forms[role]}, "reason": {typed}}.Encode()
			req := httptest.NewRequest(http.MethodPost, at, strings.NewReader(body))
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			req.Header.Set(h[0], h[1])
			if got := n.still(t, r.Pattern+" from another site", func() reply { return n.ask(n.a, role, req) }); got.status != http.StatusForbidden {
				t.Errorf("%s with %s %s: %d, want 403", r.Pattern, h[0], h[1], got.status)
			}
		}
		// A body that is no form carries no token either.
		for _, kind := range []string{"application/json", "text/plain", "multipart/form-data", "multipart/form-data; boundary=x", ""} {
			req := httptest.NewRequest(http.MethodPost, at, strings.NewReader(`{"_form":"x"}`))
			req.Header.Set("Content-Type", kind)
			if got := n.still(t, r.Pattern+" as "+kind, func() reply { return n.ask(n.a, role, req) }); got.status != http.StatusConflict && got.status != http.StatusUnprocessableEntity {
				t.Errorf("%s as %q: %d, want refused", r.Pattern, kind, got.status)
			}
		}
	}
}

// strangeIDs lead to nothing.
func strangeIDs() []string {
	return []string{ulid.Make().String(), "x", "%00", "..%2F..%2Fetc%2Fpasswd", "%F0%9F%98%80", "%FF%FE", "'%20OR%201=1--", "%2500", strings.Repeat("a", 4000), "-1", "0", "%25s%25n"}
}

func (n *neighbourhood) whatNeverWas(t *testing.T) {
	for _, r := range n.routes {
		if !strings.Contains(strings.TrimSuffix(r.Pattern, "{$}"), "{") {
			continue
		}
		role, _ := holder(r.Permit, true)
		_, path, _ := strings.Cut(r.Pattern, " ")
		for _, id := range strangeIDs() {
			at := parameter.ReplaceAllLiteralString(path, id)
			if method(r.Pattern) == http.MethodGet {
				got := n.still(t, at, func() reply { return n.get(n.a, role, at+"?a=1&b=1&version=1") })
				if got.status != http.StatusNotFound {
					t.Errorf("GET %.100s as %s: %d %s, want 404", at, role, got.status, heading(got.body))
				}
				continue
			}
			if noMatter[r.Pattern] != "" {
				continue
			}
			got := n.still(t, at, func() reply { return n.post(n.a, role, at, url.Values{"reason": {"试一试"}}) })
			if got.status < 400 {
				t.Errorf("POST %.100s as %s: %d, want refused", at, role, got.status)
			}
		}
		// The first id is right, the second is not.
		if names := parameter.FindAllString(path, -1); len(names) > 1 && method(r.Pattern) == http.MethodGet {
			at := n.addresses(method(r.Pattern)+" "+strings.Replace(path, names[1], "@", 1), n.a)[0]
			for _, id := range append(strangeIDs(), n.b.valuesOf(path, names[1])[0]) {
				if (names[1] == "{year}" || names[1] == "{month}" || names[1] == "{day}") && id == n.b.valuesOf(path, names[1])[0] {
					continue // a day is the same everywhere
				}
				if names[1] == "{key}" || names[1] == "{cell}" || names[1] == "{act}" || (names[1] == "{kind}" || names[1] == "{period}" || names[1] == "{entry}") && len(id) < 26 {
					continue
				}
				got := n.still(t, at, func() reply { return n.get(n.a, role, strings.Replace(at, "@", id, 1)) })
				if names[1] == "{kind}" {
					continue // words of a closed list, the neighbour's are the same
				}
				if got.status != http.StatusNotFound {
					t.Errorf("GET %.100s as %s: %d, want 404", strings.Replace(at, "@", id, 1), role, got.status)
				}
			}
		}
	}
}

// HX-Request takes the frame away and nothing else.
func (n *neighbourhood) regions(t *testing.T) {
	pages := 0
	for _, r := range n.routes {
		if method(r.Pattern) != http.MethodGet {
			continue
		}
		role, _ := holder(r.Permit, true)
		at := n.addresses(r.Pattern, n.a)[0]
		whole := n.get(n.a, role, at)
		sound(t, at, whole)
		if whole.status != http.StatusOK || !strings.HasPrefix(whole.header.Get("Content-Type"), "text/html") || whole.header.Get("Content-Security-Policy") == web.ReadersPolicy {
			continue // a page as readers see it has no region
		}
		pages++
		req := httptest.NewRequest(http.MethodGet, at, nil)
		req.Header.Set("HX-Request", "true")
		part := n.ask(n.a, role, req)
		sound(t, at, part)
		if part.status != http.StatusOK || strings.Contains(part.body, "<html") || strings.Contains(part.body, "<body") || len(part.body) >= len(whole.body) || part.body == "" {
			t.Errorf("%s to htmx: %d, %d of %d bytes, frame %v", at, part.status, len(part.body), len(whole.body), strings.Contains(part.body, "<html"))
		}
		if vary := part.header.Values("Vary"); !strings.Contains(strings.Join(vary, ","), "HX-Request") {
			t.Errorf("%s: Vary %q", at, vary)
		}
	}
	if pages < 30 {
		t.Errorf("only %d pages were read", pages)
	}
}

func (n *neighbourhood) wrongMethods(t *testing.T) {
	takes := map[string][]string{}
	for _, r := range n.routes {
		at := n.addresses(r.Pattern, n.a)[0]
		takes[at] = append(takes[at], method(r.Pattern))
	}
	for at, allowed := range takes {
		for _, m := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodTrace, http.MethodConnect, "BREW", http.MethodPost} {
			if slices.Contains(allowed, m) {
				continue
			}
			got := n.still(t, m+" "+at, func() reply { return n.ask(n.a, authz.Supervisor, httptest.NewRequest(m, at, nil)) })
			if got.status != http.StatusMethodNotAllowed || got.header.Get("Allow") == "" {
				t.Errorf("%s %s: %d, Allow %q", m, at, got.status, got.header.Get("Allow"))
			}
		}
	}
}

// A handler that breaks answers with a number to ask for, and not with its
// stack.
func (n *neighbourhood) brokenHandler(t *testing.T) {
	n.router.Add(web.Route{Pattern: "GET /console/broken", Permit: authz.SignedIn, Handle: func(http.ResponseWriter, *http.Request) error { panic("runtime error: SELECT secret") }},
		web.Route{Pattern: "GET /console/failing", Permit: authz.SignedIn, Handle: func(http.ResponseWriter, *http.Request) error {
			return fmt.Errorf("SQLSTATE 42P01: SELECT secret FROM wallet")
		}})
	for _, at := range []string{"/console/broken", "/console/failing"} {
		for _, accept := range []string{"text/html", "application/json"} {
			req := httptest.NewRequest(http.MethodGet, at, nil)
			req.Header.Set("Accept", accept)
			got := n.ask(n.a, authz.Supervisor, req)
			if got.status != http.StatusInternalServerError || inside(got.body) != "" || strings.Contains(got.body, "secret") {
				t.Errorf("%s: %d\n%s", at, got.status, got.body)
			}
			if id := got.header.Get("X-Request-Id"); id == "" || !strings.Contains(got.body, id) {
				t.Errorf("%s does not tell its number", at)
			}
			if accept == "application/json" && !json.Valid([]byte(got.body)) {
				t.Errorf("%s: %s", at, got.body)
			}
		}
	}
}

// Whatever is typed into any form by somebody who may, nothing breaks.
func (n *neighbourhood) hostileForms(t *testing.T) {
	words := []string{"", "\x00", "𠮷😀\u202e", "<script>alert(1)</script>", "' OR 1=1--", "\xff\xfe", strings.Repeat("长", 60_000), "-9223372036854775809", "99999999999999999999", "4294967296", "9999-99-99", "{{.}}", "%s%n%d"}
	fields := []string{"reason", "opinion", "why", "says", "basis", "name", "title", "detail", "value", "answer", "advice", "text", "body", "doc", "act", "step", "verdict", "on", "version", "base", "unit", "person", "role", "finding",
		"column", "columns", "site", "kind", "type", "host", "contact", "phone", "principal", "consent_on", "publish_at", "top", "area", "period", "pack", "label", "number", "indicator", "place", "url", "round", "stage", "handler_unit",
		"invalid_reason", "reveal_reason", "down_reason", "public_title", "public_body", "public_answer", "sha", "password", "slug", "cycle_days", "owner", "a", "b", "look", "theme", "monitored", "expires", "permanent", "rule"}
	for _, r := range n.routes {
		if method(r.Pattern) == http.MethodGet {
			continue
		}
		role, _ := holder(r.Permit, true)
		for _, at := range n.addresses(r.Pattern, n.a) {
			for _, word := range words {
				v := url.Values{}
				for _, f := range fields {
					v.Add(f, word)
				}
				// Long words in few fields, so that the form itself is not refused.
				if len(word) > 1000 {
					v = url.Values{"reason": {word}, "name": {word}, "says": {word}, "answer": {word}}
				}
				got := n.post(n.a, role, at, v)
				sound(t, fmt.Sprintf("POST %s with %.20q", at, word), got)
				if strings.Contains(got.body, "<script>alert(1)") {
					t.Errorf("POST %s shows markup as it was typed", at)
				}
			}
			if r.Permit == authz.Public { // login and logout take the session away
				n.enter(n.a, role, n.a.people[role])
			}
		}
	}
	for _, r := range n.routes {
		if method(r.Pattern) != http.MethodGet {
			continue
		}
		role, _ := holder(r.Permit, true)
		for _, at := range n.addresses(r.Pattern, n.a)[:1] {
			for _, word := range words {
				v := url.Values{}
				for _, f := range []string{"q", "page", "state", "kind", "type", "unit", "site", "area", "under", "month", "period", "version", "a", "b", "item", "base", "format", "tab", "severity", "finding", "column", "next", "from", "to", "act", "id", "measure", "size"} {
					v.Set(f, word)
				}
				if len(word) > 1000 {
					v = url.Values{"q": {word[:3000]}}
				}
				got := n.get(n.a, role, at+"?"+v.Encode())
				sound(t, fmt.Sprintf("GET %s with %.20q", at, word), got)
			}
		}
	}
}
