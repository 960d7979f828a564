package signinweb

import (
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"path"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/fault"
	"zhengshu/internal/signin"
	"zhengshu/internal/web"
)

//go:embed views/*.html
var views embed.FS

const (
	home         = "/console"
	loginPath    = "/console/login"
	secondPath   = "/console/second-factor"
	passwordPath = "/console/password"
	sessionsPath = "/console/sessions"
	loginsPath   = "/console/logins"

	// Forms of a few words; a larger body is no login.
	smallBody = 64 << 10
)

// Routes of the door. Login, second factor and password are public because a
// session on its way in is nobody to the router yet; they ask for it
// themselves.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/login", Permit: authz.Public, Handle: h.showLogin},
		{Pattern: "POST /console/login", Permit: authz.Public, Handle: h.login, MaxBody: smallBody},
		{Pattern: "POST /console/logout", Permit: authz.Public, Handle: h.logout, MaxBody: smallBody},
		{Pattern: "GET /console/second-factor", Permit: authz.Public, Handle: h.showSecond},
		{Pattern: "POST /console/second-factor", Permit: authz.Public, Handle: h.second, MaxBody: smallBody},
		{Pattern: "GET /console/password", Permit: authz.Public, Handle: h.showPassword},
		{Pattern: "POST /console/password", Permit: authz.Public, Handle: h.password, MaxBody: smallBody},
		{Pattern: "GET /console/sessions", Permit: authz.SignedIn, Handle: h.showSessions},
		{Pattern: "POST /console/sessions", Permit: authz.SignedIn, Handle: h.endSessions, MaxBody: smallBody},
		{Pattern: "GET /console/logins", Permit: authz.LoginManage, Handle: h.logins},
		{Pattern: "GET /console/logins/new", Permit: authz.LoginManage, Handle: h.showNew},
		{Pattern: "POST /console/logins/new", Permit: authz.LoginManage, Handle: h.create, MaxBody: smallBody},
		{Pattern: "GET /console/logins/{id}", Permit: authz.LoginManage, Handle: h.showOne},
		{Pattern: "POST /console/logins/{id}/{act}", Permit: authz.LoginManage, Handle: h.act, MaxBody: smallBody},
	}
}

// next is where the sign-in leads, safe to redirect to.
func next(r *http.Request) string {
	to := r.PostFormValue("next")
	if to == "" {
		to = r.URL.Query().Get("next")
	}
	to = web.SafeNext(to, home)
	u, err := url.Parse(to)
	if err != nil || path.Clean(u.Path) != strings.TrimSuffix(u.Path, "/") {
		return home // browsers resolve dots only after the check
	}
	if u.Path == loginPath || u.Path == secondPath || u.Path == passwordPath {
		return home // not in a circle
	}
	return to
}

// with carries the destination through the steps.
func with(step, next string) string {
	if next == home {
		return step
	}
	return step + "?" + url.Values{"next": {next}}.Encode()
}

// onward leads to what the stage asks for, or in.
func onward(w http.ResponseWriter, r *http.Request, stage signin.Stage, said string) error {
	to := next(r)
	switch stage {
	case signin.Code, signin.SetUp:
		to, said = with(secondPath, to), ""
	case signin.Password:
		to, said = with(passwordPath, to), ""
	}
	return web.Done(w, r, to, said)
}

// askable reports whether err is for the person at the form to mend or wait
// for; anything else is a fault page.
func askable(err error) bool {
	for _, k := range []fault.Kind{fault.Invalid, fault.Refused, fault.TooMany, fault.Forbidden, fault.Conflict} {
		if fault.Is(err, k) {
			return true
		}
	}
	return false
}

// loginView is GET /console/login.
type loginView struct {
	Name, Password web.Field
	Wrong          web.ErrorSummary
	Secrecy        web.Secrecy
	Next           string
	Idle, Failures string // how long a session may rest; what locks
	Demo           bool
	DemoPassword   string
	DemoLogins     web.Table
}

// Title of the document.
func (loginView) Title() string { return "登录" }

func newLoginView(name, next string) loginView {
	return loginView{
		Name:     web.Field{Name: "name", Label: "账号", Value: name, Required: true, Max: 32, Complete: "username"},
		Password: web.Field{Kind: web.Password, Name: "password", Label: "密码", Required: true, Complete: "current-password"},
		Next:     next,
		Idle:     web.Took(signin.IdleTimeout),
		Failures: fmt.Sprintf("%d 次将暂停登录 %s", signin.MaxFailures, web.Took(signin.LockFor)),
	}
}

var loginPage = web.Define(views, "views/login.html",
	newLoginView("", home),
	loginView{Name: web.Field{Name: "name", Label: "账号"}, Password: web.Field{Kind: web.Password, Name: "password", Label: "密码"}, Demo: true, DemoPassword: "zhengshu-demo", DemoLogins: demoTable([]signin.Login{
		{Name: "sheng", UnitName: "陕西省人民政府办公厅", Roles: []string{"主管人员"}}, {Name: "shi", UnitName: "西安市人民政府办公厅", Roles: []string{"主管人员", "审核人员"}}})},
	func() loginView {
		v := newLoginView(`"><script>alert(1)</script>`, `/console/sites?q="><script>`)
		v.Wrong = web.ErrorSummary{Title: "操作太频繁", Says: "连续输错次数过多，该账号暂停登录至 09:15。"}
		return v
	}(),
)

func demoTable(list []signin.Login) web.Table {
	t := web.Table{Caption: "演示账号", Quiet: true, Compact: true, Columns: []web.Column{{Head: "账号"}, {Head: "单位", Wide: true}, {Head: "岗位"}},
		Empty: web.Empty{Title: "还没有演示账号"}}
	for _, l := range list {
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: l.Name, Keep: true}, web.Text(l.UnitName), {Text: join(l.Roles), Tags: offTags(l)}}})
	}
	return t
}

func offTags(l signin.Login) []web.Tag {
	if l.SecondFactorOff == "" {
		return nil
	}
	return []web.Tag{{Kind: web.Warn, Text: "未启用二次验证"}}
}

func (h *Handler) renderLogin(w http.ResponseWriter, r *http.Request, status int, v loginView) error {
	idle, err := h.signin.IdleTime(r.Context())
	if err != nil {
		return err
	}
	v.Idle = web.Took(idle)
	if v.Demo = h.c.Demo; v.Demo {
		list, err := h.signin.DemoLogins(r.Context())
		if err != nil {
			return err
		}
		v.DemoPassword, v.DemoLogins = h.c.DemoPassword, demoTable(list)
	}
	return loginPage.RenderStatus(w, r, status, v)
}

func (h *Handler) showLogin(w http.ResponseWriter, r *http.Request) error {
	if v := visitOf(r); v != nil {
		return onward(w, r, v.Stage, "")
	}
	return h.renderLogin(w, r, http.StatusOK, newLoginView("", next(r)))
}

func (h *Handler) login(w http.ResponseWriter, r *http.Request) error {
	a, err := h.signin.SignIn(r.Context(), r.PostFormValue("name"), r.PostFormValue("password"), "", h.c.Address(r))
	if askable(err) {
		v := newLoginView(r.PostFormValue("name"), next(r))
		v.Wrong = wrongOf(err)
		return h.renderLogin(w, r, fault.Of(err).Kind.Status(), v)
	}
	if err != nil {
		return err
	}
	if err := h.begin(w, r, a); err != nil {
		return err
	}
	return onward(w, r, a.Stage, "")
}

// wrongOf is the summary of a refused form.
func wrongOf(err error) web.ErrorSummary {
	var f web.Form
	f.Wrong(err)
	return f.Summary
}

func (h *Handler) logout(w http.ResponseWriter, r *http.Request) error {
	if v := visitOf(r); v != nil {
		if err := h.end(w, r, v); err != nil {
			return err
		}
	}
	return web.Done(w, r, loginPath, "已退出登录。")
}

// secondView is GET /console/second-factor: set-up or entry.
type secondView struct {
	SetUp bool
	Name  string // of the login
	QR    template.URL
	Key   string
	Code  web.Field
	Wrong web.ErrorSummary
	Next  string
}

// Title of the document.
func (v secondView) Title() string {
	if v.SetUp {
		return "设置二次验证"
	}
	return "二次验证"
}

func codeField() web.Field {
	return web.Field{Name: "code", Label: "动态码", Hint: "验证器当前显示的 6 位数字", Required: true, Narrow: true, Max: 7, Complete: "one-time-code", Mode: "numeric"}
}

var secondPage = web.Define(views, "views/second.html",
	secondView{Name: "sheng", Code: codeField(), Next: home},
	secondView{SetUp: true, Name: "sheng", Key: "ABCD EFGH IJKL MNOP", Code: codeField(), Next: home,
		QR: "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="},
	secondView{Name: `<b>"x"</b>`, Code: codeField(), Next: `/console?q="<script>`, Wrong: web.ErrorSummary{Title: "有内容需要改正", Says: "动态码不正确。"}},
)

func (h *Handler) showSecond(w http.ResponseWriter, r *http.Request) error {
	return h.renderSecond(w, r, http.StatusOK, nil)
}

func (h *Handler) renderSecond(w http.ResponseWriter, r *http.Request, status int, wrong error) error {
	v := visitOf(r)
	if v == nil {
		return web.Done(w, r, with(loginPath, next(r)), "")
	}
	page := secondView{SetUp: v.Stage == signin.SetUp, Name: v.Login.Name, Code: codeField(), Next: next(r)}
	switch v.Stage {
	case signin.SetUp:
		secret, err := h.signin.NewSecret(v.Login, v.token)
		if err != nil {
			return err
		}
		page.Key = secret.Key
		page.QR = template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(secret.PNG)) // drawn by us
	case signin.Code:
	default:
		return onward(w, r, v.Stage, "")
	}
	if wrong != nil {
		page.Wrong = wrongOf(wrong)
		if fields := fault.Of(wrong).Fields; len(fields) > 0 {
			page.Code.Error = fields[0].Says
		}
	}
	return secondPage.RenderStatus(w, r, status, page)
}

func (h *Handler) second(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	if v == nil {
		return web.Done(w, r, with(loginPath, next(r)), "登录已过期，请重新登录。")
	}
	var a signin.Admission
	var err error
	said := ""
	switch v.Stage {
	case signin.Code:
		a, err = h.signin.SecondFactor(r.Context(), v.Login.ID, r.PostFormValue("code"), h.c.Address(r))
	case signin.SetUp:
		a, err = h.signin.SetUpSecond(r.Context(), v.Login.ID, v.token, r.PostFormValue("code"), h.c.Address(r))
		said = "二次验证已设置，以后登录时需要输入动态码。"
	default:
		return onward(w, r, v.Stage, "")
	}
	if askable(err) {
		return h.renderSecond(w, r, fault.Of(err).Kind.Status(), err)
	}
	if err != nil {
		return err
	}
	if err := h.begin(w, r, a); err != nil {
		return err
	}
	return onward(w, r, a.Stage, said)
}
