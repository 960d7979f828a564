package letterspublic

import (
	"bytes"
	"embed"
	"errors"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"zhengshu/internal/fault"
	"zhengshu/internal/letters"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
)

//go:embed views/*.html
var views embed.FS

const (
	guidePath      = "/letters/"
	newPath        = "/letters/new"
	receiptPath    = "/letters/receipt"
	queryPath      = "/letters/query"
	repliesPath    = "/letters/replies"
	statisticsPath = "/letters/statistics"

	// MaxForm is the most a form may hold once decoded. On the wire a
	// browser's percent signs make three bytes of one, hence maxWire.
	MaxForm = 25 << 10
	maxWire = 96 << 10

	perPage = 20
)

// Config is what the site around the door gives.
type Config struct {
	// SiteOf is the hosted site of a request; ok is false for none.
	SiteOf func(r *http.Request) (site registry.SiteID, ok bool)
	// Render answers with the page in the site's frame.
	Render func(w http.ResponseWriter, r *http.Request, status int, page theme.Embedded) error
	// Address is the sender's network address, for the counters; the
	// connection's when nil. Behind a proxy it must be the proxy's word.
	Address func(r *http.Request) string
	Log     *slog.Logger // slog.Default when nil
}

// Handler serves everything below /letters/.
type Handler struct {
	desk  *letters.Desk
	c     Config
	mux   *http.ServeMux
	cross *http.CrossOriginProtection
}

// New makes the door; SiteOf and Render are required.
func New(d *letters.Desk, c Config) *Handler {
	if c.Address == nil {
		c.Address = func(r *http.Request) string { return r.RemoteAddr }
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	h := &Handler{desk: d, c: c, mux: http.NewServeMux(), cross: http.NewCrossOriginProtection()}
	for pattern, fn := range map[string]handle{
		"GET /letters/{$}": h.guide, "GET /letters/new": h.form, "POST /letters/new": h.send, "GET /letters/receipt": h.receipt,
		"GET /letters/query": h.ask, "POST /letters/query": h.find, "GET /letters/replies": h.replies, "GET /letters/replies/{id}": h.reply,
		"GET /letters/statistics": h.statistics, "/letters/": h.nowhere,
	} {
		h.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { h.serve(w, r, fn) })
	}
	return h
}

// ServeHTTP answers a request below /letters/ of one site.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.mux.ServeHTTP(w, r) }

type handle func(w http.ResponseWriter, r *http.Request, site registry.SiteID) error

func (h *Handler) serve(w http.ResponseWriter, r *http.Request, fn handle) {
	// Personal data and one-time tokens: nothing here is kept by a cache.
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	site, ok := h.c.SiteOf(r)
	err := error(fault.New(fault.Misdirected, "这个网址不属于本平台承载的网站，请检查网址。"))
	if ok {
		err = fn(w, r, site)
	}
	if err == nil {
		return
	}
	f := fault.Of(err)
	if f.Kind.Status() >= http.StatusInternalServerError {
		h.c.Log.ErrorContext(r.Context(), "public letters", "path", r.URL.Path, "kind", string(f.Kind), "error", err)
	}
	if err := h.render(w, r, f.Kind.Status(), problemView, problem{f.Says}, "暂时不能办理"); err != nil {
		h.c.Log.ErrorContext(r.Context(), "public letters: fault page", "error", err)
		http.Error(w, f.Says, f.Kind.Status())
	}
}

// view is one body with the type it shows.
type view[T any] struct{ t *template.Template }

func define[T any](file string) view[T] {
	t := template.Must(template.New("letters").Option("missingkey=error").ParseFS(views, "views/_*.html", "views/"+file))
	return view[T]{t.Lookup(file)}
}

func (v view[T]) draw(page T) (template.HTML, error) {
	var b bytes.Buffer
	if err := v.t.Execute(&b, page); err != nil {
		return "", err
	}
	return template.HTML(b.String()), nil // from our own escaped template
}

var crumb = theme.Link{Text: "互动交流", Href: guidePath}

// render draws a body in the site's frame.
func (h *Handler) render(w http.ResponseWriter, r *http.Request, status int, v drawer, page any, title string) error {
	body, err := v.drawAny(page)
	if err != nil {
		return err
	}
	e := theme.Embedded{Title: title, Description: "写信、查询办理进度、查看公开答复和办理统计。", Body: body, Kind: "互动交流"}
	if r.URL.Path != guidePath {
		e.Crumbs = []theme.Link{crumb}
	}
	return h.c.Render(w, r, status, e)
}

type drawer interface {
	drawAny(page any) (template.HTML, error)
}

func (v view[T]) drawAny(page any) (template.HTML, error) {
	p, ok := page.(T)
	if !ok {
		return "", errors.New("letterspublic: a view was given another's page")
	}
	return v.draw(p)
}

var (
	guideView      = define[guide]("guide.html")
	formView       = define[form]("form.html")
	receiptView    = define[receipt]("receipt.html")
	queryView      = define[query]("query.html")
	followView     = define[follow]("follow.html")
	repliesView    = define[replies]("replies.html")
	replyView      = define[reply]("reply.html")
	statisticsView = define[statistics]("statistics.html")
	problemView    = define[problem]("problem.html")
)

type problem struct{ Says string }

func (h *Handler) nowhere(http.ResponseWriter, *http.Request, registry.SiteID) error {
	return fault.New(fault.NotFound, "没有这个页面。请检查网址，或从“互动交流”进入。")
}

// address is the sender for the counters. One household has a whole /64 of
// IPv6, so its last half says nothing.
func (h *Handler) address(r *http.Request) string {
	s := h.c.Address(r)
	if host, _, err := net.SplitHostPort(s); err == nil {
		s = host
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return s
	}
	a = a.Unmap().WithZone("")
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}

// posted reads a form of at most MaxForm bytes, without files.
func (h *Handler) posted(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	if err := h.cross.Check(r); err != nil {
		return nil, fault.New(fault.Forbidden, "这次提交来自别的网站，已被拒绝。请从本网站的页面重新填写。").From(err)
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxWire)
	tooLarge := fault.New(fault.TooLarge, "提交的内容过多，本次没有收到。来信内容请控制在 3000 字以内，也可以分两封写。")
	var err error
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		err = r.ParseMultipartForm(maxWire)
	} else {
		err = r.ParseForm()
	}
	if err != nil {
		var over *http.MaxBytesError
		if errors.As(err, &over) {
			return nil, tooLarge
		}
		return nil, fault.New(fault.Invalid, "提交的内容不完整，可能是网络中断，请返回后重新提交。").From(err)
	}
	if m := r.MultipartForm; m != nil && len(m.File) > 0 {
		_ = m.RemoveAll()
		return nil, fault.New(fault.Invalid, "来信不能带附件，请把要说的事写在内容里。")
	}
	n := 0
	for k, list := range r.PostForm {
		for _, v := range list {
			n += len(k) + len(v)
		}
	}
	if n > MaxForm {
		return nil, tooLarge
	}
	return r.PostForm, nil
}

func pageOf(r *http.Request) int {
	n, err := strconv.Atoi(r.URL.Query().Get("p"))
	if err != nil || n < 1 || n > 100000 {
		return 1
	}
	return n
}
