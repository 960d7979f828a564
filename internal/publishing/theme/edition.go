package theme

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"sync"
	"time"

	"zhengshu/internal/calendar"
)

// Words are the texts of the frame in one language: another language is another
// file.
type Words struct {
	Lang        string `json:"lang"`
	Name        string `json:"name"` // of the language in itself
	Dir         string `json:"dir"`  // ltr, rtl
	Day         string `json:"day"`  // layouts of package time
	Minute      string `json:"minute"`
	Zone        string `json:"zone"`
	Skip        string `json:"skip"`
	Home        string `json:"home"`
	Menu        string `json:"menu"`
	Sections    string `json:"sections"`
	Search      string `json:"search"`
	SearchThis  string `json:"search_this"`
	SearchHint  string `json:"search_hint"`
	Chinese     string `json:"chinese"`
	ChineseTwin string `json:"chinese_twin"`
	Here        string `json:"here"`
	Latest      string `json:"latest"`
	More        string `json:"more"`
	MoreOf      string `json:"more_of"`
	Older       string `json:"older"`
	Newer       string `json:"newer"`
	Oldest      string `json:"oldest"`
	Pages       string `json:"pages"`
	Archive     string `json:"archive"`
	BackLatest  string `json:"back_latest"`
	Nothing     string `json:"nothing"`
	Pictures    string `json:"pictures"`
	Published   string `json:"published"`
	Source      string `json:"source"`
	Updated     string `json:"updated"`
	Related     string `json:"related"`
	Address     string `json:"address"`
	Issuer      string `json:"issuer"`
	Number      string `json:"number"`
	Reference   string `json:"reference"`
	Sponsor     string `json:"sponsor"`
	Telephone   string `json:"telephone"`
	Place       string `json:"place"`
	Code        string `json:"code"`
	ICP         string `json:"icp"`
	Police      string `json:"police"`
	Domain      string `json:"domain"`
	SiteMap     string `json:"site_map"`
	Contact     string `json:"contact"`
	Report      string `json:"report"`
	Mark        string `json:"mark"`
	Placeholder string `json:"placeholder"`
	Demo        string `json:"demo"`
	DemoMore    string `json:"demo_more"`
	NotFound    string `json:"not_found"`
	NotFoundSay string `json:"not_found_says"`
	Gone        string `json:"gone"`
	GoneSays    string `json:"gone_says"`
	Trouble     string `json:"trouble"`
	TroubleSays string `json:"trouble_says"`
	Refused     string `json:"refused"`
	RefusedSays string `json:"refused_says"`
	BackHome    string `json:"back_home"`
}

//go:embed words/*.json
var wordFiles embed.FS

// languages are the words by language.
var languages = sync.OnceValue(func() map[string]*Words {
	entries, err := wordFiles.ReadDir("words")
	if err != nil {
		panic("theme: " + err.Error()) // an embedded folder is always readable
	}
	out := map[string]*Words{}
	for _, e := range entries {
		b, err := wordFiles.ReadFile("words/" + e.Name())
		if err != nil {
			panic("theme: " + err.Error())
		}
		w := &Words{}
		d := json.NewDecoder(bytes.NewReader(b))
		d.DisallowUnknownFields()
		if err := d.Decode(w); err != nil || w.Lang+".json" != e.Name() {
			panic(fmt.Sprintf("theme: words/%s: %v", e.Name(), err))
		}
		out[w.Lang] = w
	}
	return out
})

// DayOf is a day in the order of the language.
func (w Words) DayOf(t time.Time) string { return t.In(calendar.Shanghai).Format(w.Day) }

// MinuteOf is an hour in the order of the language.
func (w Words) MinuteOf(t time.Time) string {
	return strings.TrimSpace(t.In(calendar.Shanghai).Format(w.Minute) + " " + w.Zone)
}

// Fill puts a value into one of the words that has a place for it: {}.
func (w Words) Fill(form string, value any) string {
	return strings.Replace(form, "{}", fmt.Sprint(value), 1)
}

// Lang is the language of a column of a foreign-language edition, which its
// short name begins with: en is the edition's root, en-news its column /en/news/.
// The root's name is the site's in that language and its description what the
// site says of itself. "" for a Chinese column.
func (c Column) Lang() string {
	lang, _, _ := strings.Cut(c.Slug, "-")
	if languages()[lang] == nil {
		return ""
	}
	return lang
}

// EditionPath is where an item in another language lies, by its path in
// Chinese; the same path for a language the house has no words for.
func EditionPath(lang, path string) string {
	if languages()[lang] == nil {
		return path
	}
	return "/" + lang + path
}

// Edition is a site in another language.
type Edition struct {
	*Words
	Root    Column
	Columns []Column // below the root, in their order
}

// Href is the edition's home.
func (e Edition) Href() string { return e.Root.Href() }

// Editions are the site's foreign-language editions, in the order of their
// roots.
func (s Site) Editions() []Edition {
	var out []Edition
	for _, c := range s.Foreign {
		if w := languages()[c.Slug]; w != nil && c.Parent == "" {
			e := Edition{Words: w, Root: c}
			for _, b := range s.Foreign {
				if b.Parent == c.ID {
					e.Columns = append(e.Columns, b)
				}
			}
			out = append(out, e)
		}
	}
	return out
}

// Edition is that in a language.
func (s Site) Edition(lang string) (Edition, bool) {
	for _, e := range s.Editions() {
		if e.Lang == lang {
			return e, true
		}
	}
	return Edition{}, false
}

// editionAt is the edition that an address lies in.
func (s Site) editionAt(at string) (Edition, bool) {
	lang, _, _ := strings.Cut(strings.TrimPrefix(at, "/"), "/")
	return s.Edition(lang)
}

// tongues are the editions of the site, for its Chinese pages.
func (s Site) tongues() []Tongue {
	var out []Tongue
	for _, e := range s.Editions() {
		out = append(out, Tongue{Lang: e.Lang, Name: e.Name, Href: e.Href()})
	}
	return out
}

// Tongues are the languages a reader of the page may change to.
func (f Frame) Tongues() []Tongue {
	if f.Languages != nil {
		return f.Languages
	}
	return f.Site.tongues()
}

// WithTwins names the same content in other languages in the frame of a page.
func (f Frame) WithTwins(twins []Tongue) Frame {
	all := f.Site.tongues()
	for _, t := range twins {
		if w := languages()[t.Lang]; w != nil {
			t.Name = w.Name
		}
		t.Twin = true
		found := false
		for i := range all {
			if all[i].Lang == t.Lang {
				all[i], found = t, true
			}
		}
		if !found {
			all = append(all, t)
		}
	}
	f.Languages = all
	return f
}

// EditionHome is the home page of an edition.
type EditionHome struct {
	Lead   Entry
	Shots  []Entry
	Blocks []Block
}

// The pages of editions.
var (
	EditionHomePage    = define[EditionHome]("edition_home.html", "edition")
	EditionColumnPage  = define[ColumnPage]("edition_column.html", "edition")
	EditionArticlePage = define[Article]("edition_article.html", "edition")
	editionMessagePage = define[Message]("edition_message.html", "edition")
)

// in is a frame in an edition: its title and names are that language's.
func (f Frame) in(e Edition, title, at string) Frame {
	f.Edition, f.Title, f.Path, f.Elder = &e, title, at, ""
	f.Class = strings.TrimSpace(f.Class + " edition")
	f.Languages, f.Feed = nil, ""
	return f
}

// EditionHomeFrame is the frame of an edition's home.
func EditionHomeFrame(s Site, e Edition) Frame {
	f := Frame{Site: s, Tags: append(columnTags(e.Root, true), Tag{"Url", s.Origin() + e.Href()}), Class: "page-home"}
	f = f.in(e, "", e.Href())
	f.Languages = []Tongue{{Lang: "zh-CN", Name: e.Chinese, Href: "/", Twin: true}}
	return f
}

// DrawColumn draws one page of a column, in the edition it belongs to.
func DrawColumn(s Site, p ColumnPage) ([]byte, error) {
	f := ColumnFrame(s, p)
	e, ok := s.Edition(p.Column.Lang())
	if !ok {
		return ColumnListPage.Draw(f, p)
	}
	title := p.Column.Name
	if p.Page > 0 {
		title += " (" + e.Fill(e.Archive, p.Page) + ")"
	}
	f.Crumbs = []Link{{Text: p.Column.Name}}
	return EditionColumnPage.Draw(f.in(e, title, f.Path), p)
}

// DrawArticle draws a content page in the language given, "" or zh for
// Chinese; twins are the same content in other languages.
func DrawArticle(s Site, a Article, lang, at, elder string, twins []Tongue) ([]byte, error) {
	e, ok := s.Edition(lang)
	if !ok {
		return drawChinese(s, a, at, elder, twins)
	}
	a.Lang = lang
	f := ArticleFrame(s, a, at, "").in(e, a.Title, at)
	f.Crumbs = []Link{{a.Column.Name, a.Column.Href()}, {Text: a.Title}}
	for _, t := range twins {
		if t.Lang == "zh" {
			t.Lang, t.Name = "zh-CN", e.ChineseTwin
			t.Twin = true
			f.Languages = append(f.Languages, t)
		}
	}
	return EditionArticlePage.Draw(f, a)
}

// contentPage is the page for what the content is: an interpretation, a film or
// a recording, a set of pictures, or a text.
func contentPage(a Article) *Page[Article] {
	switch {
	case a.Interprets:
		return InterpretationPage
	case a.Player != nil:
		return PlayerPage
	case a.Pictured():
		return GalleryPage
	}
	return ArticlePage
}

// drawEditionMessage draws a message in an edition.
func drawEditionMessage(s Site, e Edition, m Message, at string) ([]byte, error) {
	switch m.Status {
	case 404:
		m.Heading, m.Says = e.NotFound, e.NotFoundSay
	case 410:
		m.Heading, m.Says = e.Gone, e.GoneSays
	case 403:
		m.Heading, m.Says = e.Refused, e.RefusedSays
	default:
		m.Heading, m.Says = e.Trouble, e.TroubleSays
	}
	m.Links = nil
	f := MessageFrame(s, m, path.Clean(at))
	return editionMessagePage.Draw(f.in(e, m.Heading, path.Clean(at)), m)
}
