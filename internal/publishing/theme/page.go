package theme

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/url"
	"strings"
	"time"

	"github.com/jba/templatecheck"

	"zhengshu/assets"
	"zhengshu/internal/calendar"
)

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
	Languages []Tongue
	Edition   *Edition // of a page in another language

	reading bool // see Style
}

// Tongue is this page, or the site, in another language.
type Tongue struct {
	Lang string // en
	Name string // English: its own name for itself
	Href string
	Twin bool // the same content, not only the same site
}

// Tag is one official meta element (网页标签规范, 国办发〔2017〕47号).
type Tag struct{ Name, Content string }

// DocumentTitle is the text of the title element.
func (f Frame) DocumentTitle() string {
	name := f.Site.Name
	if f.Edition != nil {
		name = f.Edition.Root.Name
	}
	if f.Title == "" {
		return name
	}
	if f.Edition != nil {
		return f.Title + " | " + name
	}
	return f.Title + "_" + name
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
	c := f.Site.Dress().class
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

// ScriptPath is where the portal's one script lies on every site; "" when it was
// not bundled: every page is whole without it.
func ScriptPath() string {
	if portalCode == nil {
		return ""
	}
	return "/theme/portal." + short(portalCode) + ".js"
}

var portalCode = assets.Content("portal.js") // nil where the scripts were not bundled

// Back is the page above this one in the elder layout: the column of an
// article, the elder home of a column.
func (f Frame) Back() string {
	for i := len(f.Crumbs) - 1; i >= 0; i-- {
		if href := f.Crumbs[i].Href; href != "" && href != "/" {
			return "/elder" + href
		}
	}
	return "/elder/"
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
}

// Checked is a defined page without its type, for the tests.
type Checked interface {
	Name() string
	// Check reports type errors of a theme's view.
	Check(*Theme) error
}

// readings are the pages that need no more of the style sheet than its first
// part: articles and the lists of columns.
var readings = map[string]bool{
	"article.html": true, "column.html": true,
	"elder_article.html": true, "elder_column.html": true,
	"edition_article.html": true, "edition_column.html": true,
}

var defined []Checked

// layouts are the layouts of the pages by their view.
var layouts = map[string]string{}

// Pages lists the pages that every theme draws.
func Pages() []Checked { return defined }

func define[T any](file, layout string) *Page[T] {
	p := &Page[T]{file: file, layout: layout}
	layouts[file] = layout
	defined = append(defined, p)
	return p
}

// Name is the view's file name.
func (p *Page[T]) Name() string { return p.file }

// Check reports type errors of a theme's view.
func (p *Page[T]) Check(t *Theme) error {
	set, err := t.checked(p.file, p.layout)
	if err != nil {
		return err
	}
	if err := templatecheck.CheckHTMLStrict(set, view[T]{}); err != nil {
		return fmt.Errorf("%s: %w", p.file, err)
	}
	return nil
}

// Draw renders the page with the theme of its site. A bundle that cannot is
// told of, and a theme of the house stands in: a page is never half.
func (p *Page[T]) Draw(f Frame, page T) ([]byte, error) {
	f.Tags = append(siteTags(f.Site), f.Tags...)
	f.reading = readings[p.file]
	t := f.Site.Dress()
	b, err := t.draw(p.file, p.layout, view[T]{f, page})
	if err == nil || t.Hash == "" {
		return b, err
	}
	if f.Site.trouble != nil {
		f.Site.trouble(Trouble{Theme: t.Name, Version: t.Version, Page: p.file, Path: f.Path, Says: says(err, t.bounds), Cause: err})
	}
	f.Site.theme = House("")
	return House("").draw(p.file, p.layout, view[T]{f, page})
}

// says is why a page could not be drawn, for people.
func says(err error, b Bounds) string {
	switch {
	case errors.Is(err, errSteps):
		return fmt.Sprintf("超过 %d 步还没有画完，可能有死循环", b.Steps)
	case errors.Is(err, errBytes):
		return fmt.Sprintf("输出超过 %d MB", b.Bytes>>20)
	case errors.Is(err, errTime):
		return fmt.Sprintf("超过 %.1f 秒还没有画完", b.Time.Seconds())
	}
	return "出错（" + clip(err.Error()) + "）"
}

// draw renders a page with the views of the theme.
func (t *Theme) draw(file, layout string, dot any) ([]byte, error) {
	press := t.press(file, layout)
	if press.err != nil {
		return nil, fmt.Errorf("theme: %s: view %s: %w", t.ID, file, press.err)
	}
	if t.Hash != "" {
		b, err := press.guarded(t.bounds, layout, dot)
		if err != nil {
			err = fmt.Errorf("theme: %s %s: draw %s: %w", t.ID, t.Version, file, err)
		}
		return b, err
	}
	var b bytes.Buffer
	if err := press.t.ExecuteTemplate(&b, layout, dot); err != nil {
		return nil, fmt.Errorf("theme: %s: draw %s: %w", t.ID, file, err)
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
	"phrased":  phrased,
	"minute":   Minute,
	"day":      day,
	"year":     func(t time.Time) string { return t.In(calendar.Shanghai).Format("2006") },
	"monthDay": func(t time.Time) string { return t.In(calendar.Shanghai).Format("01-02") },
	"stamp":    func(t time.Time) string { return t.In(calendar.Shanghai).Format(time.RFC3339) },
	"digits": func(s string) string {
		return strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' || r == '+' {
				return r
			}
			return -1
		}, s)
	},
	// script brings the portal's one script; a theme has none of its own. It
	// stands before the style sheet and is not put off: the colours a reader
	// chose hold before the page is painted, and the sheet is waited for anyway.
	"script": func() template.HTML {
		if ScriptPath() == "" {
			return ""
		}
		return template.HTML(`<script src="` + ScriptPath() + `"></script>` + "\n")
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

func short(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:6])
}

const favicon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="4" fill="#1259AA"/><path d="M6 25h20M8 22h16M10 13v8M16 13v8M22 13v8M7 12 16 6l9 6z" stroke="#fff" stroke-width="2" fill="none" stroke-linejoin="round"/></svg>`

// revision is raised when the Go side draws something else from the same views.
const revision = "6"
