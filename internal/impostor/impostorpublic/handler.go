package impostorpublic

import (
	"embed"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"

	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/impostor"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
	"zhengshu/internal/web/porch"
)

//go:embed views/*.html
var views embed.FS

const (
	formPath = "/impostors/"
	// maxForm is the most a form may hold once decoded, maxWire on the wire.
	maxForm = 20 << 10
	maxWire = 80 << 10
)

// Config is what the site around the door gives.
type Config struct {
	// SiteOf is the hosted site of a request; ok is false for none.
	SiteOf func(r *http.Request) (site registry.SiteID, ok bool)
	// Render answers with the page in the site's frame.
	Render func(w http.ResponseWriter, r *http.Request, status int, page theme.Embedded) error
	// Address is the sender's network address, for the counters; the
	// connection's when nil.
	Address func(r *http.Request) string
	Log     *slog.Logger // slog.Default when nil
}

// Handler serves everything below /impostors/.
type Handler struct {
	door  *porch.Door
	desk  *impostor.Desk
	c     Config
	mux   *http.ServeMux
	cross *http.CrossOriginProtection
}

// New makes the door; SiteOf and Render are required.
func New(d *impostor.Desk, c Config) *Handler {
	if c.Address == nil {
		c.Address = func(r *http.Request) string { return r.RemoteAddr }
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	h := &Handler{door: &porch.Door{Name: "举报假冒", Home: formPath, About: "举报假冒的政府网站和政务新媒体账号。", Kind: "互动交流", Render: c.Render, Log: c.Log}, desk: d, c: c, mux: http.NewServeMux(), cross: http.NewCrossOriginProtection()}
	for pattern, fn := range map[string]handle{"GET /impostors/{$}": h.form, "POST /impostors/{$}": h.send, "/impostors/": h.nowhere} {
		h.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { h.serve(w, r, fn) })
	}
	return h
}

// ServeHTTP answers a request below /impostors/ of one site.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.mux.ServeHTTP(w, r) }

type handle func(w http.ResponseWriter, r *http.Request, site registry.SiteID) error

func (h *Handler) serve(w http.ResponseWriter, r *http.Request, fn handle) {
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
		h.c.Log.ErrorContext(r.Context(), "public report of a fake", "path", r.URL.Path, "kind", string(f.Kind), "error", err)
	}
	h.door.Problem(w, r, f.Kind.Status(), f.Says)
}

var (
	formView    = porch.Define[form](views, "form.html")
	receiptView = porch.Define[receipt](views, "receipt.html")
)

func (h *Handler) nowhere(http.ResponseWriter, *http.Request, registry.SiteID) error {
	return fault.New(fault.NotFound, "没有这个页面。请检查网址，或从“举报假冒”进入。")
}

// form is /impostors/.
type form struct {
	Token, Says                                      string
	Wrong                                            []wrong
	Kind, Address, Name, Platform, Of, Seen, Contact field
	Trap                                             string
}

type wrong struct{ Name, Says string }

type field struct{ Value, Error string }

func newForm(token string, v url.Values, err error) form {
	f := form{Token: token, Trap: v.Get("website")}
	at := map[string]*field{"kind": &f.Kind, "address": &f.Address, "name": &f.Name, "platform": &f.Platform, "of_text": &f.Of, "says": &f.Seen, "contact": &f.Contact}
	for name, x := range at {
		x.Value = v.Get(name)
	}
	if f.Kind.Value == "" {
		f.Kind.Value = "site"
	}
	if err == nil {
		return f
	}
	x := fault.Of(err)
	f.Says = x.Says
	for _, w := range x.Fields {
		if to := at[w.Name]; to != nil {
			to.Error = w.Says
			f.Wrong = append(f.Wrong, wrong{w.Name, w.Says})
		}
	}
	return f
}

func (h *Handler) form(w http.ResponseWriter, r *http.Request, site registry.SiteID) error {
	v := url.Values{}
	// The check of an address leads here with the address that was asked.
	if a := r.URL.Query().Get("address"); len(a) <= 500 {
		v.Set("address", a)
	}
	return formView.Render(h.door, w, r, http.StatusOK, "举报假冒", newForm(h.desk.FormToken(site), v, nil))
}

// receipt is the answer to a report.
type receipt struct {
	Number, Due string
	Known       bool
}

func (h *Handler) send(w http.ResponseWriter, r *http.Request, site registry.SiteID) error {
	v, err := h.posted(w, r)
	if err != nil {
		return err
	}
	got, err := h.desk.Receive(r.Context(), site, impostor.Tip{Clue: impostor.Clue{Kind: v.Get("kind"), Address: v.Get("address"), Name: v.Get("name"), Platform: v.Get("platform"), OfText: v.Get("of_text"), Says: v.Get("says"), Contact: v.Get("contact")},
		Trap: v.Get("website"), Token: v.Get("token"), From: porch.Asker(h.c.Address(r))})
	if err == nil {
		page := receipt{Number: got.Number, Known: got.Known}
		if got.Due != (calendar.Date{}) {
			page.Due = got.Due.Chinese()
		}
		return receiptView.Render(h.door, w, r, http.StatusOK, "举报已收到", page)
	}
	f := fault.Of(err)
	switch f.Kind {
	case fault.Invalid, fault.TooMany, fault.Unavailable, fault.Refused:
	default:
		return err
	}
	token := v.Get("token")
	if slices.ContainsFunc(f.Fields, func(x fault.Field) bool { return x.Name == "token" }) {
		token = h.desk.FormToken(site)
	}
	status := http.StatusUnprocessableEntity
	if f.Kind == fault.TooMany || f.Kind == fault.Unavailable {
		status = f.Kind.Status()
	}
	return formView.Render(h.door, w, r, status, "举报假冒", newForm(token, v, err))
}

func (h *Handler) posted(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	if err := h.cross.Check(r); err != nil {
		return nil, fault.New(fault.Forbidden, "这次提交来自别的网站，已被拒绝。请从本网站的页面重新填写。").From(err)
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxWire)
	tooLarge := fault.New(fault.TooLarge, "提交的内容过多，本次没有收到。看到的情况请控制在 2000 字以内。")
	if err := r.ParseForm(); err != nil {
		var over *http.MaxBytesError
		if errors.As(err, &over) {
			return nil, tooLarge
		}
		return nil, fault.New(fault.Invalid, "提交的内容不完整，可能是网络中断，请返回后重新提交。").From(err)
	}
	n := 0
	for k, list := range r.PostForm {
		for _, v := range list {
			n += len(k) + len(v)
		}
	}
	if n > maxForm {
		return nil, tooLarge
	}
	return r.PostForm, nil
}
