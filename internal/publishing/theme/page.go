package theme

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"net/url"
	"strings"
	"time"

	"github.com/jba/templatecheck"

	"zhengshu/assets"
	"zhengshu/internal/calendar"
)

//go:embed views/*.html
var views embed.FS

// Frame is everything around a page's content.
type Frame struct {
	Site      Site
	Title     string // of the document, without the site's name
	Path      string // of this page
	Crumbs    []Link // below 首页; the last has no Href
	Column    string // short name of the column the page belongs to
	Tags      []Tag
	Data      []any  // JSON-LD, see ld.go
	Elder     string // twin in the elder layout
	Plain     string // twin in the plain layout, on elder pages
	Feed      string // RSS of this page
	FeedTitle string
	NoIndex   bool
	Query     string // typed into the search box
	Class     string // of body, beside the theme's
}

// Tag is one official meta element (网页标签规范, 国办发〔2017〕47号).
type Tag struct{ Name, Content string }

// DocumentTitle is the text of the title element.
func (f Frame) DocumentTitle() string {
	if f.Title == "" {
		return f.Site.Name
	}
	return f.Title + "_" + f.Site.Name
}

// Canonical is the address of the page; of the plain page for its twin in the
// elder layout, which is the same content.
func (f Frame) Canonical() string {
	if f.Plain != "" {
		return f.Site.Origin() + f.Plain
	}
	return f.Site.Origin() + f.Path
}

// Body is the class of body.
func (f Frame) Body() string {
	c := "theme-blue"
	if f.Site.Brand == "red" {
		c = "theme-red"
	}
	if f.Site.Demo {
		c += " is-demo"
	}
	if f.Site.Grey {
		c += " is-grey"
	}
	return strings.TrimSpace(c + " " + f.Class)
}

// FeedForm is one form of a page's feed.
type FeedForm struct{ Type, Href, Name string }

// Feeds are the forms in which the page can be followed.
func (f Frame) Feeds() []FeedForm {
	if f.Feed == "" {
		return nil
	}
	of := FeedOf{RSS: f.Feed}
	return []FeedForm{{"application/rss+xml", f.Feed, f.FeedTitle}, {"application/atom+xml", of.Atom(), f.FeedTitle}, {"application/feed+json", of.JSON(), f.FeedTitle}}
}

// Structured is the JSON-LD of the page.
func (f Frame) Structured() []any { return f.Data }

// view is what a view file sees as dot.
type view[T any] struct {
	Frame Frame
	Page  T
}

// Page is a view file with the type it shows.
type Page[T any] struct {
	file   string
	layout string
	t      *template.Template
}

// Checked is a defined page without its type, for the tests.
type Checked interface {
	Name() string
	// Check reports type errors of the view.
	Check() error
}

var defined []Checked

// Pages lists the pages of this theme.
func Pages() []Checked { return defined }

func define[T any](file, layout string) *Page[T] {
	p := &Page[T]{file: file, layout: layout}
	t, err := p.parse()
	if err != nil {
		panic("theme: view " + file + ": " + err.Error())
	}
	p.t = t
	defined = append(defined, p)
	return p
}

func (p *Page[T]) parse() (*template.Template, error) {
	t, err := template.New(p.layout).Funcs(funcs).ParseFS(views, "views/_*.html", "views/"+p.file)
	if err != nil {
		return nil, err
	}
	return t.Option("missingkey=error"), nil
}

// Name is the view's file name.
func (p *Page[T]) Name() string { return p.file }

// Check reports type errors of the view.
func (p *Page[T]) Check() error {
	t, err := p.parse()
	if err != nil {
		return err
	}
	if err := templatecheck.CheckHTMLStrict(t.Lookup(p.layout), view[T]{}); err != nil {
		return fmt.Errorf("%s: %w", p.file, err)
	}
	return nil
}

// Draw renders the page.
func (p *Page[T]) Draw(f Frame, page T) ([]byte, error) {
	var b bytes.Buffer
	f.Tags = append(siteTags(f.Site), f.Tags...)
	if err := p.t.ExecuteTemplate(&b, p.layout, view[T]{f, page}); err != nil {
		return nil, fmt.Errorf("theme: draw %s: %w", p.file, err)
	}
	return b.Bytes(), nil
}

func siteTags(s Site) []Tag {
	return []Tag{{"SiteName", s.Name}, {"SiteDomain", s.Host}, {"SiteIDCode", s.SiteCode}}
}

// Minute is the form of PubDate and of every shown time: 2006-01-02 15:04 in
// UTC+8; "" for the zero time.
func Minute(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(calendar.Shanghai).Format("2006-01-02 15:04")
}

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(calendar.Shanghai).Format("2006-01-02")
}

var funcs = template.FuncMap{
	"minute":     Minute,
	"day":        day,
	"stamp":      func(t time.Time) string { return t.In(calendar.Shanghai).Format(time.RFC3339) },
	"style":      func() string { return StylePath() },
	"script":     func() string { return ScriptPath() },
	"elderStyle": func() string { return elderPath },
	"digits": func(s string) string {
		return strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' || r == '+' {
				return r
			}
			return -1
		}, s)
	},
	"json": func(v any) (template.HTML, error) {
		// json.Marshal writes <, > and & as \u003c…: nothing can end the element.
		b, err := json.Marshal(v)
		return template.HTML(`<script type="application/ld+json">` + string(b) + `</script>`), err
	},
	// about adds the page spoken of to the address of a door, which may have a
	// query already.
	"about": func(door, page string) (string, error) {
		u, err := url.Parse(door)
		if err != nil {
			return "", err
		}
		q := u.Query()
		q.Set("page", page)
		u.RawQuery = q.Encode()
		return u.String(), nil
	},
}

// File is one file of the theme, served from every release.
type File struct {
	Path string
	Kind string
	Body []byte
}

var (
	portalStyle = assets.Content("portal.css")
	elderStyle  = assets.Content("elder.css")
	portalCode  = assets.Content("portal.js") // nil where the scripts were not bundled
	portalPath  = "/theme/portal." + short(portalStyle) + ".css"
	elderPath   = "/theme/elder." + short(elderStyle) + ".css"
)

func short(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:6])
}

// StylePath is where the style sheet lies on every site; the name changes with
// the content.
func StylePath() string { return portalPath }

// ElderStylePath is where the elder layout's sheet lies.
func ElderStylePath() string { return elderPath }

// ScriptPath is where the portal's one script lies; "" when it was not bundled:
// every page is whole without it.
func ScriptPath() string {
	if portalCode == nil {
		return ""
	}
	return "/theme/portal." + short(portalCode) + ".js"
}

// Files are the theme's own files.
func Files() []File {
	files := themeFiles()
	if portalCode != nil {
		files = append(files, File{ScriptPath(), "text/javascript; charset=utf-8", portalCode})
	}
	return files
}

func themeFiles() []File {
	return []File{
		{portalPath, "text/css; charset=utf-8", portalStyle},
		{elderPath, "text/css; charset=utf-8", elderStyle},
		{"/favicon.svg", "image/svg+xml", []byte(favicon)},
	}
}

const favicon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="4" fill="#1259AA"/><path d="M6 25h20M8 22h16M10 13v8M16 13v8M22 13v8M7 12 16 6l9 6z" stroke="#fff" stroke-width="2" fill="none" stroke-linejoin="round"/></svg>`

// Fingerprint changes whenever a page of the same content may look different.
func Fingerprint() string { return fingerprint }

var fingerprint = func() string {
	h := sha256.New()
	names, err := fs.Glob(views, "views/*.html")
	if err != nil {
		panic("theme: " + err.Error())
	}
	for _, n := range names {
		b, err := views.ReadFile(n)
		if err != nil {
			panic("theme: " + err.Error())
		}
		fmt.Fprintf(h, "%s %d\n%s", n, len(b), b)
	}
	h.Write(portalStyle)
	h.Write(elderStyle)
	h.Write(portalCode)
	h.Write([]byte(revision))
	return hex.EncodeToString(h.Sum(nil)[:8])
}()

// revision is raised when the Go side draws something else from the same views.
const revision = "4"
