package web

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/jba/templatecheck"
	"github.com/oklog/ulid/v2"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
)

//go:embed layout/*.html pages/*.html partials/*.html
var views embed.FS

// View is what a view file sees as dot.
type View[T any] struct {
	Frame Frame
	Page  T
}

// Frame is everything around the content.
type Frame struct {
	Title     string // of the document
	Person    string // "" when nobody is signed in
	PersonID  string
	Unit      string
	Nav       []NavItem
	Parts     Tabs // of the entry, on its first pages
	Crumbs    []Crumb
	Links     Links
	Counts    Counts
	FormToken string
	Once      string // number of this showing of the page's forms
	Demo      bool
	RequestID string
	Version   string
	Said      string // receipt of the act that led here, see Done
	Today     calendar.Date
	Look      Look
	Display   string // address of 显示设置, "" when its routes are not there
}

// Crumb is one step of the breadcrumb; the last one has no Href.
type Crumb struct{ Name, Href string }

// Titled is implemented by pages whose title depends on their data. Others
// write {{define "title"}} in their view.
type Titled interface{ Title() string }

// Crumbed is implemented by pages with a breadcrumb.
type Crumbed interface{ Crumbs() []Crumb }

// Page is a view file with the type it shows.
type Page[T any] struct {
	name    string
	views   fs.FS
	file    string
	tmpl    *template.Template
	samples []T
}

// Shown is a defined page without its type, for tests and the storybook.
type Shown interface {
	Name() string // file name and type: list.html web.List
	Samples() int
	// Check reports type errors of the view.
	Check() error
	// Sample renders the nth sample as a whole document for session, which
	// may be nil.
	Sample(r *http.Request, n int) ([]byte, error)
}

var (
	pagesMu sync.Mutex
	pages   []Shown
)

// Pages lists every page defined by the packages linked into the program, by
// name.
func Pages() []Shown {
	pagesMu.Lock()
	defer pagesMu.Unlock()
	out := slices.Clone(pages)
	slices.SortFunc(out, func(a, b Shown) int { return strings.Compare(a.Name(), b.Name()) })
	return out
}

// Define parses file of views as the view of T; it must define "content", in
// which dot is View[T]. Files in the same folder whose names begin with "_"
// are parsed along. The samples are rendered by webtest.CheckPages and shown
// in the storybook: give an empty, a typical and a hostile one. Define belongs
// in a package variable and panics on a view that does not parse.
func Define[T any](views fs.FS, file string, samples ...T) *Page[T] {
	var zero T
	p := &Page[T]{name: path.Base(file) + " " + strings.TrimPrefix(fmt.Sprintf("%T", zero), "*"), views: views, file: file, samples: samples}
	t, err := p.parse()
	if err != nil {
		panic("web: view " + file + ": " + err.Error())
	}
	p.tmpl = t
	pagesMu.Lock()
	defer pagesMu.Unlock()
	pages = append(pages, p)
	return p
}

func (p *Page[T]) parse() (*template.Template, error) {
	t, err := template.New("console").Funcs(Funcs()).ParseFS(views, "layout/*.html")
	if err != nil {
		return nil, err
	}
	along, err := fs.Glob(p.views, path.Join(path.Dir(p.file), "_*.html"))
	if err != nil {
		return nil, err
	}
	if t, err = t.ParseFS(p.views, append(along, p.file)...); err != nil {
		return nil, err
	}
	if t.Lookup("content") == nil {
		return nil, errors.New(`lacks {{define "content"}}`)
	}
	return t.Option("missingkey=error"), nil
}

// Name is the file name and the type shown.
func (p *Page[T]) Name() string { return p.name }

// Samples is how many samples there are.
func (p *Page[T]) Samples() int { return len(p.samples) }

// Check reports type errors of the view: fields, functions and arguments.
func (p *Page[T]) Check() error {
	t, err := p.parse() // fresh: executing a template rewrites its tree
	if err != nil {
		return err
	}
	for _, root := range []string{"console.html", "fragment.html"} {
		if err := templatecheck.CheckHTMLStrict(t.Lookup(root), View[T]{}); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}

// Sample renders the nth sample.
func (p *Page[T]) Sample(r *http.Request, n int) ([]byte, error) {
	if n < 0 || n >= len(p.samples) {
		return nil, fmt.Errorf("%s has no sample %d", p.name, n)
	}
	return p.document(r, p.samples[n], "", http.StatusOK)
}

// Render answers 200 with the page; HX-Request drops the frame.
func (p *Page[T]) Render(w http.ResponseWriter, r *http.Request, page T) error {
	return p.RenderStatus(w, r, http.StatusOK, page)
}

// RenderStatus is Render with another status: 422 for a form shown again with
// its errors.
func (p *Page[T]) RenderStatus(w http.ResponseWriter, r *http.Request, status int, page T) error {
	var said string
	if !fragment(r) {
		said = takeSaid(w, r)
	}
	b, err := p.document(r, page, said, status)
	if err != nil {
		return fmt.Errorf("render %s: %w", p.name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(b) // the reader going away is not our error
	}
	return nil
}

func (p *Page[T]) document(r *http.Request, page T, said string, status int) ([]byte, error) {
	if q := requestFrom(r.Context()); q != nil && q.visitor.Session != nil {
		page = bar(r, page)
	}
	v := View[T]{Frame: counted(r, frameOf(r)), Page: page}
	v.Frame.Said = said
	if c, ok := any(page).(Crumbed); ok {
		v.Frame.Crumbs = slices.DeleteFunc(c.Crumbs(), func(c Crumb) bool { return c.Href != "" && v.Frame.Person != "" && !MayOpen(r, c.Href) })
	}
	if t, ok := any(page).(Titled); ok {
		v.Frame.Title = t.Title()
	} else if p.tmpl.Lookup("title") != nil {
		var b strings.Builder
		if err := p.tmpl.ExecuteTemplate(&b, "title", v); err != nil {
			return nil, err
		}
		v.Frame.Title = strings.TrimSpace(html.UnescapeString(b.String()))
	}
	if status == http.StatusUnprocessableEntity {
		v.Frame.Title = "错误：" + v.Frame.Title // heard first when the page is read out
	}
	root := "console.html"
	if fragment(r) {
		root = "fragment.html"
	}
	var b bytes.Buffer
	if err := p.tmpl.ExecuteTemplate(&b, root, v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// fragment reports whether htmx asks for the content alone. Going back in
// history needs the whole document even then.
func fragment(r *http.Request) bool {
	return r.Header.Get("HX-Request") != "" && r.Header.Get("HX-History-Restore-Request") == ""
}

// FrameOf is the frame of a request, for code that needs its token or day. The
// numbers of the top bar are read when a page is written.
func FrameOf(r *http.Request) Frame { return frameOf(r) }

func frameOf(r *http.Request) Frame {
	f := Frame{Once: ulid.Make().String(), Today: calendar.Today(calendar.System())}
	q := requestFrom(r.Context())
	if q == nil {
		return f
	}
	c, s := q.rt.c, q.visitor.Session
	f.Links, f.Version, f.RequestID = c.Links, c.Version, q.id
	f.FormToken, f.Demo = q.visitor.FormToken, q.visitor.Demo
	f.Today = calendar.Today(c.Clock)
	f.Look = lookOf(r)
	if q.rt.display {
		f.Display = displayPath
	}
	if s == nil {
		return f
	}
	f.Person, f.PersonID = s.Name, s.PersonID
	_, f.Unit = s.Unit()
	f.Nav = navFor(c.Nav, s, r.URL.Path)
	f.Parts = partsFor(f.Nav, r)
	return f
}

// counted puts the numbers of the top bar into the frame of a page: those its
// handler knows already, else one read for the request.
func counted(r *http.Request, f Frame) Frame {
	q := requestFrom(r.Context())
	if q == nil || q.visitor.Session == nil || q.rt.c.Counts == nil {
		return f
	}
	if q.counts == nil {
		c := q.rt.c.Counts(authz.WithSession(r.Context(), q.visitor.Session))
		q.counts = &c
	}
	f.Counts = *q.counts
	return f
}

// SetCounts gives the top bar the numbers that a handler has read anyway.
func SetCounts(r *http.Request, c Counts) {
	if q := requestFrom(r.Context()); q != nil {
		q.counts = &c
	}
}

// navFor keeps what the person may open and marks the entry whose address is
// the longest beginning of path.
func navFor(all []NavItem, s *authz.Session, at string) []NavItem {
	var out []NavItem
	best, long := -1, 0
	for _, item := range all {
		if item.Permit != "" && !s.May(item.Permit) {
			continue
		}
		item.Current = false
		for _, href := range item.addresses() {
			if len(href) > long && (at == href || strings.HasPrefix(at, strings.TrimSuffix(href, "/")+"/")) {
				best, long = len(out), len(href)
			}
		}
		out = append(out, item)
	}
	if best >= 0 {
		out[best].Current = true
	}
	return out
}

// addresses are all that belong to the entry.
func (n NavItem) addresses() []string {
	out := append([]string{n.Href}, n.Also...)
	for _, p := range n.Parts {
		out = append(append(out, p.Href), p.Also...)
	}
	return out
}

// partsMost tabs stand beside each other; beyond them the last is 更多.
const partsMost = 7

// partsFor are the tabs of the current entry when the page is one of its first
// pages; a single part needs none.
func partsFor(nav []NavItem, r *http.Request) Tabs {
	at := r.URL.Path
	if at != "/" {
		at = strings.TrimSuffix(at, "/")
	}
	for _, n := range nav {
		if !n.Current {
			continue
		}
		t, first := Tabs{Label: n.Name + "的各部分"}, false
		var groups []string
		for _, p := range n.Parts {
			if !MayOpen(r, p.Href) {
				continue
			}
			here := p.Href == at || slices.ContainsFunc(p.Also, func(a string) bool { return a == at || strings.HasSuffix(a, "/") && strings.HasPrefix(at, a) })
			first = first || here
			t.Items = append(t.Items, Tab{Name: p.Name, Href: p.Href, Current: here})
			groups = append(groups, p.Group)
		}
		if first && len(t.Items) > 1 {
			return t.folded(groups)
		}
	}
	return Tabs{}
}

// folded puts the tabs beyond the first six behind 更多, under their groups.
func (t Tabs) folded(groups []string) Tabs {
	if len(t.Items) <= partsMost {
		return t
	}
	beyond := t.Items[partsMost-1:]
	t.Items = t.Items[: partsMost-1 : partsMost-1]
	for i, tab := range beyond {
		name := groups[partsMost-1+i]
		at := slices.IndexFunc(t.More, func(g TabGroup) bool { return g.Name == name })
		if at < 0 {
			at = len(t.More)
			t.More = append(t.More, TabGroup{Name: name})
		}
		t.More[at].Items = append(t.More[at].Items, tab)
	}
	return t
}
