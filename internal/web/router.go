package web

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"github.com/oklog/ulid/v2"

	"zhengshu/assets"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
)

// DefaultMaxBody is the largest request body, in bytes, of a route that does
// not say otherwise.
const DefaultMaxBody = 1 << 20

// formMemory is how much of a multipart form, in bytes, is held in memory;
// the rest waits in temporary files that the router removes.
const formMemory = 8 << 20

// Handler answers one route. The error it returns becomes a page or a problem
// document in WriteFault; after writing the answer it returns nil.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Route is one line of the route table.
type Route struct {
	// Pattern is a net/http pattern with method and whole path, as it stands
	// in the address bar: "GET /console/sites/{id}".
	Pattern string
	// Permit is what the visitor must hold; authz.Public lets anyone in.
	Permit authz.Permission
	Handle Handler
	// MaxBody is in bytes; 0 means DefaultMaxBody. Uploads say so.
	MaxBody int64
	// NoForm drops the form token: machine endpoints with their own proof.
	NoForm bool
}

// Visitor is what sign-in knows of a request.
type Visitor struct {
	Session   *authz.Session // nil when nobody is signed in
	FormToken string         // expected in every unsafe request
	Demo      bool
}

// Gate is implemented by sign-in's screens. Enter reads the cookie and returns
// the context to go on with (session, audit actor) and the visitor. An
// anonymous visitor is no error.
type Gate interface {
	Enter(w http.ResponseWriter, r *http.Request) (context.Context, Visitor, error)
}

// Receipts remembers where a form that was already taken led to, so that a
// second click answers the first result.
type Receipts interface {
	Taken(ctx context.Context, key string) (location string, ok bool)
	Keep(ctx context.Context, key, location string) error
}

// Counts are the numbers of the top bar.
type Counts struct {
	ToDo    int // 待办
	Overdue int // of these 超期
}

// NavItem is one entry of the left menu. It is shown to whoever holds Permit
// ("" is everyone signed in).
type NavItem struct {
	Name    string
	Href    string
	Permit  authz.Permission
	Also    []string // further addresses that belong to the entry
	Parts   []Part   // its first pages, shown as tabs on each of them
	Current bool     // set by the router
}

// Part is one of the first pages of a menu entry. It is shown to whoever may
// open its page.
type Part struct {
	Name string
	Href string
	Also []string // further first pages of the part; all below one that ends in /
	// Group is the part's heading behind 更多. An entry shows its first six
	// parts; those beyond the sixth stand there when there are more than seven.
	Group string
}

// Links are the fixed places of the top bar. Empty ones are not shown.
type Links struct {
	Home, Inbox, Search, Help, Account, Logout string
	Deputy                                     string // AB 岗: whom a person lets act
}

// Config is what the router needs. Only Gate is required.
type Config struct {
	Gate     Gate
	Receipts Receipts // nil: forms are not protected against replay
	Counts   func(ctx context.Context) Counts
	// Taken is told of every list before it leaves as a file; nil: nobody is.
	Taken   func(ctx context.Context, t Taking) error
	Nav     []NavItem
	Links   Links
	Demo    bool
	Version string
	Prefix  string // of the console; default /console
	// Secure is set when people reach the server through https: HSTS, and
	// cookies of web marked Secure.
	Secure bool
	// Preview is the origin that previews of unpublished pages are framed
	// from; empty allows none.
	Preview string
	Clock   calendar.Clock // default calendar.System
	Log     *slog.Logger   // default slog.Default
}

// Router serves a route table.
type Router struct {
	c      Config
	mux    *http.ServeMux
	needs  map[string]authz.Permission // by pattern
	routes []Route
	cross  *http.CrossOriginProtection
	static http.Handler
	turns  *turns

	display bool // the routes of Display are there
}

// NewRouter returns a router with no routes but the static files.
func NewRouter(c Config) *Router {
	if c.Prefix == "" {
		c.Prefix = "/console"
	}
	if c.Clock == nil {
		c.Clock = calendar.System()
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Links == (Links{}) {
		c.Links = Links{Home: c.Prefix, Inbox: c.Prefix + "/inbox", Logout: c.Prefix + "/logout"}
	}
	return &Router{c: c, mux: http.NewServeMux(), needs: map[string]authz.Permission{}, cross: http.NewCrossOriginProtection(), static: assets.Handler(), turns: &turns{}}
}

// Add takes routes. A pattern that is malformed, doubled or in conflict is a
// mistake of the program and panics at start, as in net/http; so does a route
// without permission or handler.
func (rt *Router) Add(routes ...Route) {
	for _, route := range routes {
		if route.Permit == "" || route.Handle == nil {
			panic("web: route " + route.Pattern + " lacks its permission or handler")
		}
		if !strings.Contains(route.Pattern, " ") {
			panic("web: route " + route.Pattern + " lacks its method")
		}
		rt.mux.HandleFunc(route.Pattern, func(w http.ResponseWriter, r *http.Request) {
			if err := rt.admit(w, r, route); err != nil {
				WriteFault(w, r, err)
			}
		})
		rt.routes = append(rt.routes, route)
		rt.needs[route.Pattern] = route.Permit
		rt.display = rt.display || route.Pattern == "GET "+displayPath
	}
}

// Routes lists the table in the order it was added.
func (rt *Router) Routes() []Route { return slices.Clone(rt.routes) }

// request is what the router knows of one request.
type request struct {
	rt      *Router
	id      string
	visitor Visitor
	counts  *Counts // once they are read
}

type contextKey int

const requestKey contextKey = iota

func requestFrom(ctx context.Context) *request {
	q, _ := ctx.Value(requestKey).(*request)
	return q
}

// RequestID is the number of the request, which is also on the fault page and
// in the log; "" outside the router.
func RequestID(ctx context.Context) string {
	if q := requestFrom(ctx); q != nil {
		return q.id
	}
	return ""
}

// ServeHTTP numbers the request, sets the headers, catches panics and hands
// over to the route.
func (rt *Router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, assets.Path) {
		rt.static.ServeHTTP(w, r)
		return
	}
	q := &request{rt: rt, id: ulid.Make().String(), visitor: Visitor{Demo: rt.c.Demo}}
	r = r.WithContext(context.WithValue(r.Context(), requestKey, q))
	rt.headers(w.Header(), r)
	w.Header().Set("X-Request-Id", q.id)

	watched := &answer{ResponseWriter: w}
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(v)
		}
		rt.c.Log.ErrorContext(r.Context(), "panic", "request", q.id, "path", r.URL.Path, "value", fmt.Sprint(v), "stack", string(debug.Stack()))
		if watched.status == 0 {
			WriteFault(watched, r, fault.Of(fmt.Errorf("panic: %v", v)))
		}
	}()
	if _, pattern := rt.mux.Handler(r); pattern == "" {
		rt.unrouted(watched, r)
		return
	}
	rt.mux.ServeHTTP(watched, r)
}

// unrouted answers what no pattern takes: the mux knows whether the method or
// the path is the trouble, its plain text is replaced by a page.
func (rt *Router) unrouted(w http.ResponseWriter, r *http.Request) {
	probe := &answer{ResponseWriter: &silent{header: http.Header{}}}
	rt.mux.ServeHTTP(probe, r)
	switch {
	case probe.status == http.StatusMethodNotAllowed:
		w.Header().Set("Allow", probe.Header().Get("Allow"))
		writeFault(w, r, fault.New(fault.NotFound, "这个网址不接受这种操作，请从页面上的链接或按钮进入。"), http.StatusMethodNotAllowed)
	case probe.status >= 300 && probe.status < 400:
		http.Redirect(w, r, probe.Header().Get("Location"), probe.status)
	default:
		WriteFault(w, r, fault.New(fault.NotFound, "没有这个页面。请检查网址，或回到首页从菜单进入。"))
	}
}

// silent swallows an answer but its headers.
type silent struct{ header http.Header }

func (s *silent) Header() http.Header         { return s.header }
func (s *silent) Write(b []byte) (int, error) { return len(b), nil }
func (s *silent) WriteHeader(int)             {}

// admit lets the request through to its handler, or says why not.
func (rt *Router) admit(w http.ResponseWriter, r *http.Request, route Route) error {
	limit := route.MaxBody
	if limit == 0 {
		limit = DefaultMaxBody
	}
	if r.ContentLength > limit {
		return tooLarge(limit)
	}
	r, err := onlyText(r)
	if err != nil {
		return err
	}
	r.Body = http.MaxBytesReader(w, r.Body, limit)
	defer func() {
		if r.MultipartForm != nil {
			_ = r.MultipartForm.RemoveAll() // leftovers go with the temporary folder
		}
	}()
	unsafe := !slices.Contains([]string{http.MethodGet, http.MethodHead, http.MethodOptions}, r.Method)
	if unsafe && !route.NoForm {
		if err := rt.cross.Check(r); err != nil {
			return fault.New(fault.Forbidden, "这次提交来自别的网站，已被拒绝。请从本系统的页面重新操作。").From(err)
		}
	}
	q := requestFrom(r.Context())
	if rt.c.Gate != nil {
		ctx, visitor, err := rt.c.Gate.Enter(w, r)
		if err != nil {
			return err
		}
		visitor.Demo = visitor.Demo || rt.c.Demo
		q.visitor = visitor
		// The gate may return a context of its own making; the request's
		// number must survive it.
		r = r.WithContext(context.WithValue(ctx, requestKey, q))
	}
	session := q.visitor.Session
	if !session.May(route.Permit) {
		if session == nil {
			return rt.askSignIn(w, r, unsafe, limit)
		}
		return fault.Newf(fault.Forbidden, "您的岗位没有“%s”的权限。如工作需要，请联系本单位管理员调整岗位。", authz.Describe[route.Permit])
	}
	ctx := authz.WithScope(r.Context(), session.ScopeFor(route.Permit))
	// What a deputy does only for another stands under both names.
	if via := session.Via(route.Permit); via != "" {
		if a, ok := audit.ActorFrom(ctx); ok {
			a.Name += "（代" + via + "）"
			ctx = audit.WithActor(ctx, a)
		}
	}
	r = r.WithContext(ctx)
	if !unsafe || route.NoForm {
		return limited(route.Handle(w, r), limit)
	}
	if err := parseForm(r, limit); err != nil {
		return err
	}
	if !tokenMatches(r, q.visitor.FormToken) {
		return showKept(w, r, fault.New(fault.Conflict, "这个页面打开太久或登录状态已变，本次没有提交。您填写的内容列在下面，请复制后回到原页面重新提交。"))
	}
	key := onceKey(r, session)
	if key != "" && rt.c.Receipts != nil {
		leave, err := rt.turns.take(r.Context(), key)
		if err != nil {
			return err
		}
		defer leave()
		if location, ok := rt.c.Receipts.Taken(r.Context(), key); ok {
			http.Redirect(w, r, location, http.StatusSeeOther)
			return nil
		}
	}
	watched := &answer{ResponseWriter: w}
	if err := route.Handle(watched, r); err != nil {
		return limited(err, limit)
	}
	if location := watched.Header().Get("Location"); key != "" && rt.c.Receipts != nil && watched.status == http.StatusSeeOther && location != "" {
		if err := rt.c.Receipts.Keep(r.Context(), key, location); err != nil {
			// The act is done and answered; only a second click would repeat it.
			rt.c.Log.WarnContext(r.Context(), "receipt not kept", "request", q.id, "error", err)
		}
	}
	return nil
}

// askSignIn sends a reader to the login page. What was typed into a form is
// shown instead of lost.
func (rt *Router) askSignIn(w http.ResponseWriter, r *http.Request, unsafe bool, limit int64) error {
	f := fault.New(fault.SignIn, "请先登录再继续。")
	if r.Header.Get("HX-Request") != "" || wantsProblem(r) {
		return f
	}
	if unsafe {
		if parseForm(r, limit) == nil && len(kept(r)) > 0 {
			f.Says = "登录已过期，本次没有提交。您填写的内容列在下面，请复制后登录，再回到原页面提交。"
			return showKept(w, r, f)
		}
	}
	http.Redirect(w, r, rt.login(r), http.StatusSeeOther)
	return nil
}

// login is the address of the login page that leads back here.
func (rt *Router) login(r *http.Request) string {
	next := r.URL.RequestURI()
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		next = refererPath(r)
	}
	return rt.c.Prefix + "/login?" + url.Values{"next": {SafeNext(next, rt.c.Prefix)}}.Encode()
}

func refererPath(r *http.Request) string {
	u, err := url.Parse(r.Referer())
	if err != nil || u.Host != r.Host {
		return ""
	}
	return u.RequestURI()
}

// SafeNext returns next when it is a path of this server below prefix, else
// prefix itself: a login must not lead to another site.
func SafeNext(next, prefix string) string {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || strings.ContainsAny(next, "\\\r\n\t") ||
		(u.Path != prefix && !strings.HasPrefix(u.Path, prefix+"/")) {
		return prefix
	}
	return u.RequestURI()
}

func tokenMatches(r *http.Request, want string) bool {
	got := r.Header.Get("X-Form-Token")
	if got == "" {
		got = r.PostFormValue("_form")
	}
	return want != "" && subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1
}

// parseForm reads the posted form. A request that proves itself by the header
// keeps its body unread, so that a handler can stream an upload.
func parseForm(r *http.Request, limit int64) error {
	if r.Header.Get("X-Form-Token") != "" {
		return nil
	}
	var err error
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		err = r.ParseMultipartForm(formMemory)
	} else {
		err = r.ParseForm()
	}
	if err == nil {
		mendForm(r)
		return nil
	}
	return formWrong(err, limit)
}

// formWrong words what hindered the reading of a form.
func formWrong(err error, limit int64) error {
	if err := limited(err, limit); fault.Is(err, fault.TooLarge) {
		return err
	}
	if errors.Is(err, multipart.ErrMessageTooLarge) { // the body may be large for its files, the words in it may not
		return fault.Newf(fault.TooLarge, "填写的文字超过 %s 的上限，请分成几次，或作为附件上传。", bytesText(formMemory)).From(err)
	}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) { // a large file is kept in the temporary folder while it comes in
		return fault.New(fault.Unavailable, "服务器存储空间不足，提交的内容没有保存。请告诉系统管理员清理磁盘，稍后再提交。").From(err)
	}
	return fault.New(fault.Invalid, "提交的内容不完整，可能是网络中断；请返回重新提交。").From(err)
}

// limited turns an overrun of the body limit into the fault that names it.
func limited(err error, limit int64) error {
	var over *http.MaxBytesError
	if err != nil && errors.As(err, &over) && !fault.Is(err, fault.TooLarge) {
		return tooLarge(limit).From(err)
	}
	return err
}

func tooLarge(limit int64) *fault.Error {
	return fault.Newf(fault.TooLarge, "提交的内容超过 %s 的上限。请压缩或拆分附件后再提交。", bytesText(limit))
}

// onceKey names one showing of one form to one person; "" when the form has
// no number or htmx keeps the page, whose number would go stale.
func onceKey(r *http.Request, s *authz.Session) string {
	if r.Header.Get("X-Form-Token") != "" || r.Header.Get("HX-Request") != "" {
		return ""
	}
	once := r.PostFormValue("_once")
	if _, err := ulid.ParseStrict(once); err != nil {
		return ""
	}
	who := ""
	if s != nil {
		who = s.PersonID
	}
	return who + " " + r.URL.Path + " " + once
}

// answer notes the status that was sent.
type answer struct {
	http.ResponseWriter
	status int
}

func (a *answer) WriteHeader(status int) {
	if a.status == 0 && status >= 200 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
