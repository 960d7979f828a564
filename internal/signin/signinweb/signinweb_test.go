package signinweb_test

import (
	"context"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/org"
	"zhengshu/internal/seal"
	"zhengshu/internal/signin"
	"zhengshu/internal/signin/signinweb"
	"zhengshu/internal/web"
	"zhengshu/internal/web/webtest"
)

const password = "Chang-an-2026"

func TestPages(t *testing.T) { webtest.CheckPages(t) }

// house is one office with an editor, a security administrator and a demo
// supervisor, served by as many processes as a test asks for.
type house struct {
	t      *testing.T
	db     *db.DB
	org    *org.Service
	signin *signin.Service
	keys   string
	clock  *calendar.Manual
	office org.Unit
	login  map[string]signin.Login
}

func each(t *testing.T, fn func(t *testing.T, h *house)) {
	t.Helper()
	clock := calendar.NewManual(time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC))
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC))
		fn(t, build(t, d, clock))
	})
}

func build(t *testing.T, d *db.DB, clock *calendar.Manual) *house {
	t.Helper()
	h := &house{t: t, db: d, org: org.New(d), keys: t.TempDir(), clock: clock, login: map[string]signin.Login{}}
	h.signin = signin.New(d, h.org, clock, h.key())
	ctx := audit.System(context.Background(), "test")
	err := d.Update(ctx, func(tx *db.Tx) error {
		if _, err := h.org.AddArea(ctx, tx, org.Area{Level: org.Province, Code: "610000", Name: "陕西省"}); err != nil {
			return err
		}
		var err error
		if h.office, _, err = h.org.AddUnit(ctx, tx, org.Unit{Area: "province-610000000000", Kind: org.Office, Name: "陕西省人民政府办公厅"}); err != nil {
			return err
		}
		for _, p := range []struct {
			name, off string
			role      authz.Role
		}{{"editor", "", authz.Editor}, {"security", "", authz.SecurityAdmin}, {"demo", signin.DemoSecondFactorOff, authz.Supervisor}} {
			who, err := h.org.AddPerson(ctx, tx, authz.System("test"), org.Person{Unit: h.office.ID, Name: "张" + p.name})
			if err != nil {
				return err
			}
			if err := h.org.Appoint(ctx, tx, authz.System("test"), who.ID, h.office.ID, p.role); err != nil {
				return err
			}
			if h.login[p.name], err = h.signin.CreateLogin(ctx, tx, authz.System("test"), who.ID, p.name, password, signin.SecondFactor{Off: p.off}); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `UPDATE login SET change_password = FALSE`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *house) key() *seal.Keyring {
	k, err := seal.Open(h.keys)
	if err != nil {
		h.t.Fatal(err)
	}
	return k
}

// serve starts one process of the house.
func (h *house) serve(c signinweb.Config) *httptest.Server {
	s := signin.New(h.db, h.org, h.clock, h.key())
	door := signinweb.New(s, h.org, h.db, h.key(), c)
	rt := web.NewRouter(web.Config{Gate: door, Receipts: s.Receipts(), Clock: h.clock, Secure: c.Secure, Demo: c.Demo})
	rt.Add(door.Routes()...)
	say := func(w http.ResponseWriter, r *http.Request) error {
		_, err := w.Write([]byte(authz.SessionFrom(r.Context()).Name))
		return err
	}
	rt.Add(web.Route{Pattern: "GET /console", Permit: authz.SignedIn, Handle: say},
		web.Route{Pattern: "GET /console/sites", Permit: authz.SignedIn, Handle: say},
		web.Route{Pattern: "POST /console/sites", Permit: authz.SignedIn, Handle: say},
		web.Route{Pattern: "POST /console/approve", Permit: authz.SignedIn, Handle: func(w http.ResponseWriter, r *http.Request) error {
			if ok, err := web.Prove(w, r); !ok {
				return err
			}
			_, err := w.Write([]byte("批准了：" + strings.Join(r.PostForm["reason"], "+")))
			return err
		}})
	srv := httptest.NewServer(rt)
	h.t.Cleanup(srv.Close)
	return srv
}

// browser keeps cookies and follows redirects.
type browser struct {
	t    *testing.T
	c    *http.Client
	base string
	at   string // path it ended on
	code int
	body string
}

func browse(t *testing.T, srv *httptest.Server) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, c: &http.Client{Jar: jar}, base: srv.URL}
}

func (b *browser) do(req *http.Request) *browser {
	b.t.Helper()
	req.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux loongarch64) Chrome/96.0")
	res, err := b.c.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	var s strings.Builder
	buf := make([]byte, 32<<10)
	for {
		n, err := res.Body.Read(buf)
		s.Write(buf[:n])
		if err != nil {
			break
		}
	}
	b.at, b.code, b.body = res.Request.URL.RequestURI(), res.StatusCode, s.String()
	return b
}

func (b *browser) get(path string) *browser {
	b.t.Helper()
	req, err := http.NewRequest(http.MethodGet, b.base+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.do(req)
}

var hidden = regexp.MustCompile(`name="_form" value="([^"]*)"`)

// post sends a form of the page the browser stands on.
func (b *browser) post(path string, pairs ...string) *browser {
	b.t.Helper()
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	if m := hidden.FindStringSubmatch(b.body); m != nil && !v.Has("_form") {
		v.Set("_form", m[1])
	}
	req, err := http.NewRequest(http.MethodPost, b.base+path, strings.NewReader(v.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(req)
}

func (b *browser) login(name string) *browser {
	b.t.Helper()
	return b.get("/console/login").post("/console/login", "name", name, "password", password)
}

func (b *browser) want(code int, at, text string) *browser {
	b.t.Helper()
	if b.code != code || b.at != at || !strings.Contains(b.body, text) {
		b.t.Fatalf("%d at %s, want %d at %s with %q: %s", b.code, b.at, code, at, text, b.body)
	}
	return b
}

func (b *browser) cookie(name string) string {
	u, _ := url.Parse(b.base)
	for _, c := range b.c.Jar.Cookies(u) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

func TestSignInLeadsBackAndOut(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		srv := h.serve(signinweb.Config{})
		b := browse(t, srv)
		b.get("/console/sites?q=1").want(200, "/console/login?next=%2Fconsole%2Fsites%3Fq%3D1", "严禁处理、传输国家秘密")
		if n, err := db.One(t.Context(), h.db, db.Value[int], `SELECT count(*) FROM session`); err != nil || n != 0 {
			t.Errorf("a stranger costs %d rows (%v)", n, err)
		}
		stranger := b.cookie("zsf")
		b.post("/console/login", "name", "editor", "password", "wrong", "next", "/console/sites?q=1").want(422, "/console/login", "账号或密码不正确")
		if !strings.Contains(b.body, `value="editor"`) || strings.Contains(b.body, `value="wrong"`) {
			t.Error("the refused form keeps the name and forgets the password")
		}
		b.post("/console/login", "name", "editor", "password", password, "next", "/console/sites?q=1").want(200, "/console/sites?q=1", "张editor")
		if b.cookie("zsf") != stranger || b.cookie("zs") == "" {
			t.Error("cookies")
		}
		b.get("/console/login").want(200, "/console", "张editor") // already in

		// A second process on the same database knows the session.
		other := browse(t, h.serve(signinweb.Config{}))
		otherURL, _ := url.Parse(other.base)
		other.c.Jar.SetCookies(otherURL, []*http.Cookie{{Name: "zs", Value: b.cookie("zs")}})
		other.get("/console").want(200, "/console", "张editor")

		old := b.cookie("zs")
		b.get("/console/password").post("/console/logout").want(200, "/console/login", "已退出登录")
		other.get("/console").want(200, "/console/login?next=%2Fconsole", "登录政枢")
		if old == b.cookie("zs") {
			t.Error("the cookie stays after signing out")
		}
	})
}

func TestLoginLeadsNowhereElse(t *testing.T) {
	clock := calendar.NewManual(time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC))
	h := build(t, dbtest.SQLite(t, clock.Now), clock)
	srv := h.serve(signinweb.Config{})
	for _, to := range []string{"https://evil.example/", "//evil.example", `/\evil.example`, "/console/../../evil", "javascript:alert(1)", "/console/login", "/console/second-factor?next=/console/login", "/consoleevil"} {
		b := browse(t, srv)
		b.get("/console/login").post("/console/login", "name", "demo", "password", password, "next", to)
		if !strings.HasPrefix(b.at, "/console") || b.at == "/console/login" || strings.HasPrefix(b.at, "/consoleevil") {
			t.Errorf("next=%q led to %s", to, b.at)
		}
	}
}

func TestFormsNeedTheirToken(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		b := browse(t, h.serve(signinweb.Config{}))
		b.get("/console/login")
		page := b.body
		for _, token := range []string{"", "made-up"} {
			b.post("/console/login", "name", "editor", "password", password, "_form", token)
			if b.cookie("zs") != "" {
				t.Fatalf("signed in with form token %q", token)
			}
		}
		strangers := hidden.FindStringSubmatch(page)[1]
		b.body = page
		b.post("/console/login", "name", "editor", "password", password).want(200, "/console", "张editor")
		b.post("/console/sites", "_form", strangers)
		if b.code != 409 {
			t.Errorf("the stranger's token still works after signing in: %d", b.code)
		}
		// A stranger's number that we did not give is replaced.
		forged := browse(t, h.serve(signinweb.Config{}))
		u, _ := url.Parse(forged.base)
		forged.c.Jar.SetCookies(u, []*http.Cookie{{Name: "zsf", Value: "AAAA.BBBB"}})
		forged.get("/console/login")
		if forged.cookie("zsf") == "AAAA.BBBB" {
			t.Error("a forged number is kept")
		}
	})
}

func TestTextOfAnExpiredFormIsKept(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		b := browse(t, h.serve(signinweb.Config{}))
		b.login("editor").want(200, "/console", "张editor")
		b.get("/console/password")
		h.clock.Advance(signin.IdleTimeout)
		b.post("/console/sites", "reason", "写了半小时的理由")
		if !strings.Contains(b.body, "写了半小时的理由") || b.code == 200 {
			t.Errorf("%d %s", b.code, b.body)
		}
	})
}

var keyText = regexp.MustCompile(`<strong class="mono">([A-Z2-7 ]+)</strong>`)

func TestSecondFactorBeforeAnythingElse(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		srv := h.serve(signinweb.Config{})
		b := browse(t, srv)
		b.get("/console/login").post("/console/login", "name", "security", "password", password, "next", "/console/logins").want(200, "/console/second-factor?next=%2Fconsole%2Flogins", "data:image/png;base64,")
		page, before := b.body, b.cookie("zs")
		b.get("/console/logins").want(200, "/console/second-factor?next=%2Fconsole%2Flogins", "设置二次验证")
		if got := keyText.FindStringSubmatch(b.body)[1]; got != keyText.FindStringSubmatch(page)[1] {
			t.Error("the page shown again offers another secret")
		}
		b.get("/console/password").want(200, "/console/second-factor", "设置二次验证")
		b.get("/console/sessions").want(200, "/console/second-factor?next=%2Fconsole%2Fsessions", "设置二次验证")
		code := func() string {
			c, err := totp.GenerateCode(strings.ReplaceAll(keyText.FindStringSubmatch(page)[1], " ", ""), h.clock.Now())
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		b.post("/console/second-factor", "code", "12", "next", "/console/logins").want(422, "/console/second-factor", "动态码不正确")
		b.post("/console/second-factor", "code", code(), "next", "/console/logins").want(200, "/console/logins", "已启用二次验证")
		if b.cookie("zs") == before {
			t.Error("the session's token is the one from before the second factor")
		}
		again := browse(t, srv)
		again.login("security").want(200, "/console/second-factor", "输入当前的动态码")
		again.post("/console/second-factor", "code", code()).want(422, "/console/second-factor", "已经用过")
		h.clock.Advance(time.Minute)
		again.post("/console/second-factor", "code", code()).want(200, "/console", "张security")
	})
}

func TestOwnSessionsAndPassword(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		srv := h.serve(signinweb.Config{})
		a, b := browse(t, srv), browse(t, srv)
		a.login("editor").want(200, "/console", "张editor")
		b.login("editor").want(200, "/console", "张editor")
		a.get("/console/sessions").want(200, "/console/sessions", "Linux（龙芯）")
		a.post("/console/sessions").want(200, "/console/sessions", "没有勾选")
		a.post("/console/sessions", "all", "1").want(200, "/console/sessions", "已退出 1 处登录")
		b.get("/console").want(200, "/console/login?next=%2Fconsole", "登录政枢")

		a.get("/console/password").post("/console/password", "old", password, "password", "Qujiang-2026-x", "password_again", "other").want(422, "/console/password", "两次输入的新密码不一致")
		a.post("/console/password", "old", password, "password", "Qujiang-2026-x", "password_again", "Qujiang-2026-x").want(200, "/console", "张editor")
	})
}

func TestSecurityAdministratorManagesLogins(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := audit.System(context.Background(), "test")
		// The administrator is a demo one here: the second factor has its own test.
		err := h.db.Update(ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec(ctx, `UPDATE login SET totp_off = $1 WHERE name = 'security'`, signin.DemoSecondFactorOff); err != nil {
				return err
			}
			return audit.Record(ctx, tx, audit.Entry{Act: "test"})
		})
		if err != nil {
			t.Fatal(err)
		}
		srv := h.serve(signinweb.Config{})
		b, e := browse(t, srv), browse(t, srv)
		e.login("editor").want(200, "/console", "张editor")
		e.get("/console/logins").want(403, "/console/logins", "没有")
		b.login("security").want(200, "/console", "张security")
		b.get("/console/logins?q=editor").want(200, "/console/logins?q=editor", "采编人员")
		at := "/console/logins/" + string(h.login["editor"].ID)
		b.get(at).want(200, at, "停用账号")
		b.post(at+"/appoint", "unit", "没有的单位", "role", "sponsor").want(422, at+"/appoint", "管辖范围内没有这个单位")
		b.post(at+"/appoint", "unit", h.office.Name, "role", "sponsor").want(200, at, "主办单位经办")
		b.post(at+"/disable").want(200, at, "账号已停用")
		e.get("/console").want(200, "/console/login?next=%2Fconsole", "登录政枢")
		b.post(at+"/enable").want(200, at, "停用账号")
		b.post(at+"/reset-password", "password", "short").want(422, at+"/reset-password", "太短")
		b.post(at+"/reset-password", "password", "given-by-2-admins").want(200, at, "密码已重置")
		e.get("/console/login").post("/console/login", "name", "editor", "password", "given-by-2-admins").want(200, "/console/password", "管理员设置的")
		b.post(at + "/nothing")
		if b.code != 404 {
			t.Errorf("an unknown act: %d", b.code)
		}
		own := "/console/logins/" + string(h.login["security"].ID)
		b.get(own).want(200, own, "不能管理自己的账号")
		b.post(own+"/appoint", "unit", h.office.Name, "role", "supervisor").want(409, own+"/appoint", "不能管理自己的账号")

		b.get("/console/logins/new").post("/console/logins/new", "person", "", "unit", h.office.Name, "role", "editor", "name", "lisi", "password", "Given-by-2-admins").want(422, "/console/logins/new", "姓名")
		b.post("/console/logins/new", "person", "李四", "unit", h.office.Name, "role", "editor", "name", "lisi", "password", "Given-by-2-admins")
		if b.code != 200 || !strings.Contains(b.body, "李四") || !strings.Contains(b.body, "采编人员") {
			t.Errorf("create: %d at %s", b.code, b.at)
		}
		// Somebody of the register gets the login; a namesake is never guessed.
		var listed org.Person
		if err := h.db.Update(ctx, func(tx *db.Tx) error {
			var err error
			if listed, err = h.org.AddPerson(ctx, tx, authz.System("test"), org.Person{Unit: h.office.ID, Name: "王五", Title: "长安公司"}); err != nil {
				return err
			}
			return h.org.Appoint(ctx, tx, authz.System("test"), listed.ID, h.office.ID, authz.Editor)
		}); err != nil {
			t.Fatal(err)
		}
		again := []string{"person", "王五", "unit", h.office.Name, "role", "editor", "name", "wangwu", "password", "Given-by-2-admins"}
		b.get("/console/logins/new").post("/console/logins/new", again...).want(422, "/console/logins/new", "请选明是哪一位")
		if b.post("/console/logins/new", append(again, "existing", string(listed.ID))...); b.code != 200 || !strings.Contains(b.body, "已为王五新建账号 wangwu") {
			t.Errorf("a login for the register's person: %d at %s: %s", b.code, b.at, b.body)
		}
		if l, err := h.signin.Namesakes(ctx, h.db, authz.System("test"), h.office.ID, "王五"); err != nil || len(l) != 0 {
			t.Errorf("the person of the register has no login: %v %v", l, err)
		}
		rows, err := audit.Entries(ctx, h.db, audit.Filter{Act: "signin.login.disable"})
		if err != nil || len(rows) != 1 || rows[0].Actor.Name != "张security" || rows[0].Actor.Kind != "person" || rows[0].RequestID == "" {
			t.Errorf("the trail: %+v %v", rows, err)
		}
	})
}

func TestDemoLoginPageSaysSo(t *testing.T) {
	clock := calendar.NewManual(time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC))
	h := build(t, dbtest.SQLite(t, clock.Now), clock)
	b := browse(t, h.serve(signinweb.Config{Demo: true, DemoPassword: "demo-password"}))
	b.get("/console/login").want(200, "/console/login", "未启用二次验证")
	if !strings.Contains(b.body, "demo-password") || !strings.Contains(b.body, "主管人员") || strings.Contains(b.body, "采编人员") {
		t.Error("the list of demo logins")
	}
	b = browse(t, h.serve(signinweb.Config{}))
	if b.get("/console/login"); strings.Contains(b.body, "demo") {
		t.Error("a real house lists logins")
	}
}

func TestCookiesAreKeptClose(t *testing.T) {
	clock := calendar.NewManual(time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC))
	h := build(t, dbtest.SQLite(t, clock.Now), clock)
	for _, secure := range []bool{false, true} {
		s := signin.New(h.db, h.org, h.clock, h.key())
		door := signinweb.New(s, h.org, h.db, h.key(), signinweb.Config{Secure: secure})
		rt := web.NewRouter(web.Config{Gate: door, Clock: h.clock, Secure: secure})
		rt.Add(door.Routes()...)
		first := httptest.NewRecorder()
		rt.ServeHTTP(first, httptest.NewRequest(http.MethodGet, "/console/login", nil))
		form := url.Values{"_form": {hidden.FindStringSubmatch(first.Body.String())[1]}, "name": {"editor"}, "password": {password}}
		req := httptest.NewRequest(http.MethodPost, "/console/login", strings.NewReader(form.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for _, c := range first.Result().Cookies() {
			req.AddCookie(c)
		}
		second := httptest.NewRecorder()
		rt.ServeHTTP(second, req)
		cookies := append(first.Result().Cookies(), second.Result().Cookies()...)
		if len(cookies) != 2 || second.Code != http.StatusSeeOther {
			t.Fatalf("secure %v: %d, cookies %v", secure, second.Code, cookies)
		}
		for _, c := range cookies {
			if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Secure != secure || strings.HasPrefix(c.Name, "__Host-") != secure || c.MaxAge != 0 || !c.Expires.IsZero() {
				t.Errorf("secure %v: %s", secure, c.Raw)
			}
		}
		if got := second.Header().Values("Cache-Control"); len(got) != 1 || got[0] != "no-store" {
			t.Errorf("Cache-Control %q", got)
		}
	}
}

// A grave act asks again who it is when the last proof is old: the form comes
// back with what was typed, a wrong password counts, the session gets a new
// token, and a login with a second factor gives a code.
func TestGraveActsAskForAProofAgain(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		srv := h.serve(signinweb.Config{ProofAge: func() time.Duration { return 10 * time.Minute }})
		b := browse(t, srv)
		b.login("editor").get("/console/password")
		act := func(more ...string) *browser {
			return b.post("/console/approve", append([]string{"reason", "同意", "reason", `按"规定"`}, more...)...)
		}
		act().want(200, "/console/approve", "批准了：同意+按")
		h.clock.Advance(10 * time.Minute)
		b.get("/console/password")
		act().want(401, "/console/approve", "请再次验证身份")
		if !strings.Contains(b.body, `name="reason" value="按&#34;规定&#34;"`) || strings.Contains(b.body, "批准了") {
			t.Errorf("what was typed is not kept: %s", b.body)
		}
		old := b.cookie("zs")
		act("_proof", "wrong").want(422, "/console/approve", "密码不正确，没有办理")
		if strings.Contains(b.body, `value="wrong"`) {
			t.Error("the page shows the password again")
		}
		act("_proof", password).want(200, "/console/approve", "批准了：同意+按")
		if b.cookie("zs") == old {
			t.Error("the session goes on under its old token")
		}
		b.get("/console/password")
		act().want(200, "/console/approve", "批准了")
		if n, err := db.One(t.Context(), h.db, db.Value[int], `SELECT count(*) FROM audit_entry WHERE act = 'signin.prove'`); err != nil || n != 1 {
			t.Errorf("%d proofs in the trail (%v)", n, err)
		}
		h.clock.Advance(10 * time.Minute)
		b.get("/console/password")
		for range signin.MaxFailures {
			act("_proof", "wrong")
		}
		act("_proof", password)
		if b.code != 429 || !strings.Contains(b.body, "暂停登录") {
			t.Errorf("guessing at the proof is not locked: %d %s", b.code, b.body)
		}

		s := browse(t, srv)
		s.login("security")
		key := strings.ReplaceAll(keyText.FindStringSubmatch(s.body)[1], " ", "")
		code := func() string {
			c, err := totp.GenerateCode(key, h.clock.Now())
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		s.post("/console/second-factor", "code", code()).want(200, "/console", "张security")
		h.clock.Advance(10 * time.Minute)
		s.get("/console/password").post("/console/approve", "reason", "x").want(401, "/console/approve", "动态码")
		s.post("/console/approve", "reason", "x", "_proof", password).want(422, "/console/approve", "动态码不正确")
		s.post("/console/approve", "reason", "x", "_proof", code()).want(200, "/console/approve", "批准了")
	})
}
