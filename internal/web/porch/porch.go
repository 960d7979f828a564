package porch

import (
	"bytes"
	"embed"
	"html/template"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"zhengshu/internal/calendar"
	"zhengshu/internal/publishing/theme"
)

//go:embed views/*.html
var own embed.FS

// Door is one public door as its pages name it.
type Door struct {
	Name  string // 年度报表
	Home  string // its first page, which shows no way back
	About string // for those who find a page elsewhere
	Kind  string // ColumnType of its pages
	// Render answers with the page in the site's frame.
	Render func(w http.ResponseWriter, r *http.Request, status int, page theme.Embedded) error
	Log    *slog.Logger
}

// View is one body with the type it shows.
type View[T any] struct{ t *template.Template }

// Define reads views/NAME with the pieces views/_*.html beside it.
func Define[T any](files fs.FS, name string) View[T] {
	t := template.New(name).Option("missingkey=error")
	if pieces, err := fs.Glob(files, "views/_*.html"); err == nil && len(pieces) > 0 {
		t = template.Must(t.ParseFS(files, "views/_*.html"))
	}
	return View[T]{template.Must(t.ParseFS(files, "views/"+name)).Lookup(name)}
}

// Template is what tests check against the type.
func (v View[T]) Template() *template.Template { return v.t }

// Draw is the body alone.
func (v View[T]) Draw(page T) (template.HTML, error) {
	var b bytes.Buffer
	err := v.t.Execute(&b, page)
	return template.HTML(b.String()), err // from an escaped template of the house
}

// Render answers with the body in the site's frame.
func (v View[T]) Render(d *Door, w http.ResponseWriter, r *http.Request, status int, title string, page T) error {
	body, err := v.Draw(page)
	if err != nil {
		return err
	}
	e := theme.Embedded{Title: title, Description: d.About, Body: body, Kind: d.Kind}
	if r.URL.Path != d.Home {
		e.Crumbs = []theme.Link{{Text: d.Name, Href: d.Home}}
	}
	return d.Render(w, r, status, e)
}

type problem struct{ Says, Name, Home string }

var problemView = Define[problem](own, "problem.html")

// Problem says in the site's frame why there is no page.
func (d *Door) Problem(w http.ResponseWriter, r *http.Request, status int, says string) {
	if err := problemView.Render(d, w, r, status, d.Name, problem{says, d.Name, d.Home}); err != nil {
		d.Log.ErrorContext(r.Context(), "public door: problem page", "door", d.Home, "error", err)
		http.Error(w, says, status)
	}
}

// Asker is who a network address counts as. One household has a whole /64 of
// IPv6, so its last half says nothing.
func Asker(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		address = host
	}
	a, err := netip.ParseAddr(strings.TrimSpace(address))
	if err != nil {
		return address
	}
	if a = a.Unmap().WithZone(""); a.Is6() && !a.IsLoopback() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}

// mostAskers bounds what one minute remembers.
const mostAskers = 100_000

// Counter counts what each asker asks in a minute.
type Counter struct {
	Clock     calendar.Clock
	PerMinute int

	mu    sync.Mutex
	asked map[string]int
	since time.Time
}

// May counts a question at its cost and reports whether it may be answered. This
// machine looks at its own sites and is let pass, as the portal's limits do.
func (c *Counter) May(asker string, cost int) bool {
	if a, err := netip.ParseAddr(asker); err == nil && a.IsLoopback() {
		return true
	}
	now := c.Clock.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.asked == nil || now.Sub(c.since) >= time.Minute || now.Before(c.since) || len(c.asked) > mostAskers {
		c.asked, c.since = map[string]int{}, now
	}
	c.asked[asker] += cost
	return c.asked[asker] <= c.PerMinute
}

// Slow answers an asker who may not.
func (d *Door) Slow(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Retry-After", "60")
	d.Problem(w, r, http.StatusTooManyRequests, "您打开得太频繁，请一分钟后再试。")
}
