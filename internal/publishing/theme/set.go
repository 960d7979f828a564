package theme

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"zhengshu/assets"
)

//go:embed views/*.html
var views embed.FS

// The themes of the house: what each lays over the base views.
//
//go:embed all:themes
var own embed.FS

// Names of the themes of the house.
const (
	Blue = "gov-blue"
	Red  = "gov-red"
)

// Choice is what a site has chosen of how it looks. It is part of the site's
// release, so that a portal without a database draws the same.
type Choice struct {
	ID      string `json:"id,omitempty"`      // gov-blue when empty
	Version string `json:"version,omitempty"` // of a bundle
	Hash    string `json:"hash,omitempty"`    // SHA-256 of a bundle; "" for a theme of the house
	Tokens  Tokens `json:"tokens,omitzero"`
	Logo    string `json:"logo,omitempty"`   // path of a picture in the release
	Slogan  string `json:"slogan,omitempty"` // under the site's name
}

// Theme is a set of views, style sheets and pictures with which the pages of a
// site are drawn. Safe for concurrent use.
type Theme struct {
	ID, Name, Version, Author, Licence string
	// Hash is of the bundle it came in; "" for a theme of the house.
	Hash string

	views   map[string]string // by file name: what it lays over the base
	style   []byte            // whole sheet of the portal layout
	reading []byte            // its part that articles and lists need
	elder   []byte
	files   map[string][]byte // img/…, font/…
	dir     string            // where its files lie on a site
	class   string            // of body
	print   string            // fingerprint
	bounds  Bounds            // zero for a theme of the house
	mu      sync.Mutex
	presses map[string]*press
}

// ours are the themes of the house, in the order they are offered.
var ours = sync.OnceValue(func() []*Theme {
	return []*Theme{houseTheme(Blue, "政务蓝", "blue"), houseTheme(Red, "政务红", "red")}
})

// Ours are the themes that come with the house.
func Ours() []*Theme { return slices.Clone(ours()) }

// House is a theme of the house by its id; gov-blue for any other.
func House(id string) *Theme {
	for _, t := range ours() {
		if t.ID == id {
			return t
		}
	}
	return ours()[0]
}

func houseTheme(id, name, folder string) *Theme {
	t := &Theme{ID: id, Name: name, class: "theme-" + folder}
	read := map[string][]byte{}
	root := "themes/" + folder
	if err := fs.WalkDir(own, root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := own.ReadFile(p)
		read[strings.TrimPrefix(p, root+"/")] = b
		return err
	}); err != nil {
		panic("theme: " + err.Error()) // an embedded folder is always readable
	}
	t.take(read)
	return t
}

// take lays the files of a theme over the base.
func (t *Theme) take(read map[string][]byte) {
	t.views, t.files, t.presses = map[string]string{}, map[string][]byte{}, map[string]*press{}
	for name, b := range read {
		switch {
		case path.Dir(name) == "." && path.Ext(name) == ".html":
			t.views[name] = string(b)
		case strings.HasPrefix(name, "img/") || strings.HasPrefix(name, "font/"):
			t.files[name] = b
		}
	}
	t.style = lasting(compact(slices.Concat(assets.Content("portal.css"), assets.Content("portal-pages.css"), read["theme.css"])))
	t.reading = lasting(compact(slices.Concat(assets.Content("portal.css"), read["theme.css"])))
	t.elder = lasting(compact(slices.Concat(assets.Content("elder.css"), read["elder.css"])))
	h := sha256.New()
	put := func(name string, b []byte) { fmt.Fprintf(h, "%s %d\n%s", name, len(b), b) }
	put("theme.css", t.style)
	put("reading.css", t.reading)
	put("elder.css", t.elder)
	for _, name := range slices.Sorted(maps.Keys(t.files)) {
		put(name, t.files[name])
	}
	t.dir = "/theme/" + t.ID + "-" + hex.EncodeToString(h.Sum(nil)[:6]) + "/"
	for _, name := range baseViews() {
		put(name, []byte(baseView(name)))
	}
	for _, name := range slices.Sorted(maps.Keys(t.views)) {
		put(name, []byte(t.views[name]))
	}
	put("portal.js", portalCode)
	put("revision", []byte(revision))
	t.print = hex.EncodeToString(h.Sum(nil)[:8])
}

// baseViews are the file names of the base views: the closed list of what a
// theme can lay something over.
func baseViews() []string {
	names, err := fs.Glob(views, "views/*.html")
	if err != nil {
		panic("theme: " + err.Error())
	}
	for i, n := range names {
		names[i] = path.Base(n)
	}
	return names
}

func baseView(name string) string {
	b, err := views.ReadFile("views/" + name)
	if err != nil {
		panic("theme: " + err.Error()) // names come from baseViews
	}
	return string(b)
}

// parse reads the views of a page: the base's shared parts, the theme's over
// them, and the page's own.
func (t *Theme) parse(file, layout string) (*template.Template, error) {
	set := template.New(layout).Funcs(funcs).Funcs(template.FuncMap{"tick": idle}).Option("missingkey=error")
	if t.Hash == "" { // a bundle's steps are counted, so each is taken
		set.Funcs(template.FuncMap{"kept": keptOf(set)})
	}
	read := func(name, text string) error {
		if t.Hash == "" {
			text = keptParts.Replace(text)
		}
		_, err := set.New(name).Parse(text)
		return err
	}
	for _, name := range baseViews() {
		if strings.HasPrefix(name, "_") {
			if err := read(name, baseView(name)); err != nil {
				return nil, err
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.views)) {
		if strings.HasPrefix(name, "_") {
			if err := read(name, t.views[name]); err != nil {
				return nil, err
			}
		}
	}
	text, ok := t.views[file]
	if !ok {
		text = baseView(file)
	}
	if err := read(file, text); err != nil {
		return nil, err
	}
	if set.Lookup("content") == nil {
		return nil, fmt.Errorf("%s defines no content", file)
	}
	return set, nil
}

// Fingerprint changes whenever a page of the same content may look different.
func (t *Theme) Fingerprint() string { return t.print }

// StylePath is where the style sheet lies on a site; the name changes with the
// content.
func (t *Theme) StylePath(k Tokens) string { return t.sheetPath("portal", k) }

// ReadingPath is where the smaller sheet lies, that articles and lists link
// instead.
func (t *Theme) ReadingPath(k Tokens) string { return t.sheetPath("reading", k) }

func (t *Theme) sheetPath(name string, k Tokens) string {
	if k.None() {
		return t.dir + name + ".css"
	}
	return t.dir + name + "." + short([]byte(k.css())) + ".css"
}

// ElderStylePath is where the elder layout's sheet lies.
func (t *Theme) ElderStylePath() string { return t.dir + "elder.css" }

// Asset is where a picture or font of the theme lies on a site.
func (t *Theme) Asset(name string) string { return t.dir + name }

// Files are the theme's own files, for a site with the tokens.
func (t *Theme) Files(k Tokens) []File {
	out := []File{
		{t.StylePath(k), "text/css; charset=utf-8", slices.Concat(t.style, []byte(k.css()))},
		{t.ReadingPath(k), "text/css; charset=utf-8", slices.Concat(t.reading, []byte(k.css()))},
		{t.ElderStylePath(), "text/css; charset=utf-8", t.elder},
	}
	for _, name := range slices.Sorted(maps.Keys(t.files)) {
		out = append(out, File{t.Asset(name), fileKinds[path.Ext(name)], t.files[name]})
	}
	if portalCode != nil {
		out = append(out, File{ScriptPath(), "text/javascript; charset=utf-8", portalCode})
	}
	return append(out, File{"/favicon.svg", "image/svg+xml", []byte(favicon)})
}

// fileKinds are the pictures and fonts that a theme may carry.
var fileKinds = map[string]string{".png": "image/png", ".webp": "image/webp", ".jpg": "image/jpeg", ".gif": "image/gif", ".svg": "image/svg+xml", ".woff2": "font/woff2"}

// press is a page's views, parsed once.
type press struct {
	once sync.Once
	t    *template.Template
	err  error
	free chan *guarded // of a bundle: copies that wait
}

func (t *Theme) press(file, layout string) *press {
	t.mu.Lock()
	p := t.presses[file]
	if p == nil {
		p = &press{}
		t.presses[file] = p
	}
	t.mu.Unlock()
	p.once.Do(func() {
		if p.t, p.err = t.parse(file, layout); p.err == nil && t.Hash != "" {
			ticking(p.t)
			p.free = make(chan *guarded, mostIdle())
		}
	})
	return p
}

// Dressed is the site with the theme that draws it. trouble is told when a
// bundle could not draw a page and the house's own theme stood in; nil for
// nobody. A site that is not dressed is drawn with the theme of the house it
// names.
func (s Site) Dressed(t *Theme, trouble func(Trouble)) Site {
	s.theme, s.trouble, s.kept = t, trouble, nil
	return s
}

// Dress is the theme that draws the site.
func (s Site) Dress() *Theme {
	if s.theme != nil {
		return s.theme
	}
	return House(s.Look.ID)
}

// Fingerprint changes whenever a page of the site with the same content may
// look different.
func (s Site) Fingerprint() string { return s.Dress().Fingerprint() }

// Files are the files of the site's theme, served from every release; with a
// bundle also those of the house's theme that stands in for it.
func (s Site) Files() []File {
	t := s.Dress()
	out := t.Files(s.Look.Tokens)
	if t.Hash != "" {
		out = append(out, House("").Files(s.Look.Tokens)...)
	}
	return out
}

// Style is where the page's style sheet lies: the smaller one for an article or
// a list, unless the theme has views of its own, which may use any class.
func (f Frame) Style() string {
	t := f.Site.Dress()
	if f.reading && len(t.views) == 0 {
		return t.ReadingPath(f.Site.Look.Tokens)
	}
	return t.StylePath(f.Site.Look.Tokens)
}

// ElderStyle is where the elder layout's sheet lies.
func (f Frame) ElderStyle() string { return f.Site.Dress().ElderStylePath() }

// Asset is where a picture of the theme lies.
func (f Frame) Asset(name string) string { return f.Site.Dress().Asset(name) }

// Trouble is why a bundle did not draw a page.
type Trouble struct {
	Theme, Version string
	Page           string // view
	Path           string
	Says           string // one sentence for people
	Cause          error
}

// Bounds are what a bundle may use to draw one page.
type Bounds struct {
	Steps int
	Bytes int
	Time  time.Duration
}
