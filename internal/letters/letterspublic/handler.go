package letterspublic

import (
	"embed"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"zhengshu/internal/fault"
	"zhengshu/internal/letters"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
	"zhengshu/internal/web/porch"
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
	door  *porch.Door
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
	h := &Handler{door: &porch.Door{Name: "互动交流", Home: guidePath, About: "写信、查询办理进度、查看公开答复和办理统计。", Kind: "互动交流", Render: c.Render, Log: c.Log}, desk: d, c: c, mux: http.NewServeMux(), cross: http.NewCrossOriginProtection()}
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
	if err := problemView.Render(h.door, w, r, f.Kind.Status(), "暂时不能办理", problem{f.Says}); err != nil {
		h.c.Log.ErrorContext(r.Context(), "public letters: fault page", "error", err)
		http.Error(w, f.Says, f.Kind.Status())
	}
}

var (
	guideView      = porch.Define[guide](views, "guide.html")
	formView       = porch.Define[form](views, "form.html")
	receiptView    = porch.Define[receipt](views, "receipt.html")
	queryView      = porch.Define[query](views, "query.html")
	followView     = porch.Define[follow](views, "follow.html")
	repliesView    = porch.Define[replies](views, "replies.html")
	replyView      = porch.Define[reply](views, "reply.html")
	statisticsView = porch.Define[statistics](views, "statistics.html")
	problemView    = porch.Define[problem](views, "problem.html")
)

type problem struct{ Says string }

func (h *Handler) nowhere(http.ResponseWriter, *http.Request, registry.SiteID) error {
	return fault.New(fault.NotFound, "没有这个页面。请检查网址，或从“互动交流”进入。")
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
