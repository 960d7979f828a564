package theme

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"strings"
	"time"
)

type rss struct {
	XMLName xml.Name `xml:"rss"`
	Version string   `xml:"version,attr"`
	Channel channel  `xml:"channel"`
}

type channel struct {
	Title       string    `xml:"title"`
	Link        string    `xml:"link"`
	Description string    `xml:"description"`
	Language    string    `xml:"language"`
	Built       string    `xml:"lastBuildDate,omitempty"`
	Items       []rssItem `xml:"item"`
}

type rssItem struct {
	Title       string `xml:"title"`
	Link        string `xml:"link"`
	GUID        string `xml:"guid"`
	Published   string `xml:"pubDate"`
	Description string `xml:"description,omitempty"`
}

// Feed draws an RSS 2.0 feed.
func Feed(s Site, title, path, description string, entries []Entry) ([]byte, error) {
	c := channel{Title: clean(title), Link: s.Origin() + path, Description: clean(description), Language: "zh-CN"}
	for _, e := range entries {
		if c.Built == "" {
			c.Built = e.At.UTC().Format(time.RFC1123Z)
		}
		c.Items = append(c.Items, rssItem{clean(e.Title), s.Origin() + e.Href, s.Origin() + e.Href, e.At.UTC().Format(time.RFC1123Z), clean(e.Brief)})
	}
	return document(rss{Version: "2.0", Channel: c})
}

type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Lang    string      `xml:"xml:lang,attr"`
	ID      string      `xml:"id"`
	Title   string      `xml:"title"`
	Sub     string      `xml:"subtitle,omitempty"`
	Updated string      `xml:"updated"`
	Author  atomAuthor  `xml:"author"`
	Links   []atomLink  `xml:"link"`
	Entries []atomEntry `xml:"entry"`
}

type atomAuthor struct {
	Name string `xml:"name"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr,omitempty"`
	Href string `xml:"href,attr"`
}

type atomEntry struct {
	ID        string       `xml:"id"`
	Title     string       `xml:"title"`
	Link      atomLink     `xml:"link"`
	Published string       `xml:"published"`
	Updated   string       `xml:"updated"`
	Summary   string       `xml:"summary,omitempty"`
	Content   *atomContent `xml:"content"`
}

type atomContent struct {
	Type string `xml:"type,attr"`
	Text string `xml:",chardata"`
}

// FeedOf is a column, a topic or the whole site as a feed.
type FeedOf struct {
	Title, Path, Description string
	RSS                      string // address of the RSS form; the others lie beside it
	Entries                  []Entry
	// Texts are the HTML of entries by their address, for the full form.
	Texts map[string]string
}

// beside is the address of another form of the same feed.
func (f FeedOf) beside(name string) string {
	return strings.TrimSuffix(f.RSS, "rss.xml") + name
}

// Atom is where the Atom form lies.
func (f FeedOf) Atom() string { return f.beside("atom.xml") }

// JSON is where the JSON form lies.
func (f FeedOf) JSON() string { return f.beside("feed.json") }

// Full is where the Atom form with whole texts lies.
func (f FeedOf) Full() string { return f.beside("full.xml") }

// AtomFeed draws an Atom 1.0 feed, with whole texts where there are any.
func AtomFeed(s Site, f FeedOf, self string) ([]byte, error) {
	a := atomFeed{Lang: "zh-CN", ID: s.Origin() + f.Path, Title: clean(f.Title), Sub: clean(f.Description), Author: atomAuthor{clean(orElse(s.Sponsor, s.Name))},
		Links: []atomLink{{"alternate", "text/html", s.Origin() + f.Path}, {"self", "application/atom+xml", s.Origin() + self}}}
	var newest time.Time
	for _, e := range f.Entries {
		if e.At.After(newest) {
			newest = e.At
		}
		x := atomEntry{ID: s.Origin() + e.Href, Title: clean(e.Title), Link: atomLink{"alternate", "text/html", s.Origin() + e.Href}, Published: stamp(e.At), Updated: stamp(e.At), Summary: clean(e.Brief)}
		if t := f.Texts[e.Href]; t != "" {
			x.Content = &atomContent{"html", clean(absolute(t, s.Origin()))}
		}
		a.Entries = append(a.Entries, x)
	}
	if a.Updated = stamp(newest); a.Updated == "" {
		a.Updated = "1970-01-01T00:00:00Z" // Atom asks for a time; an empty feed has none
	}
	return document(a)
}

type jsonFeed struct {
	Version     string         `json:"version"`
	Title       string         `json:"title"`
	Home        string         `json:"home_page_url"`
	Feed        string         `json:"feed_url"`
	Description string         `json:"description,omitempty"`
	Language    string         `json:"language"`
	Authors     []jsonAuthor   `json:"authors"`
	Items       []jsonFeedItem `json:"items"`
}

type jsonAuthor struct {
	Name string `json:"name"`
}

type jsonFeedItem struct {
	ID        string `json:"id"`
	URL       string `json:"url"`
	Title     string `json:"title"`
	Published string `json:"date_published"`
	Summary   string `json:"summary,omitempty"`
	Text      string `json:"content_text"`
}

// JSONFeed draws a JSON Feed 1.1.
func JSONFeed(s Site, f FeedOf) ([]byte, error) {
	j := jsonFeed{Version: "https://jsonfeed.org/version/1.1", Title: clean(f.Title), Home: s.Origin() + f.Path, Feed: s.Origin() + f.JSON(), Description: clean(f.Description), Language: "zh-CN",
		Authors: []jsonAuthor{{orElse(s.Sponsor, s.Name)}}, Items: []jsonFeedItem{}}
	for _, e := range f.Entries {
		j.Items = append(j.Items, jsonFeedItem{s.Origin() + e.Href, s.Origin() + e.Href, clean(e.Title), stamp(e.At), clean(e.Brief), clean(orElse(e.Brief, e.Title))})
	}
	return json.Marshal(j)
}

// absolute makes local addresses of a text absolute, for readers outside.
func absolute(text, origin string) string {
	return strings.NewReplacer(` href="/`, ` href="`+origin+`/`, ` src="/`, ` src="`+origin+`/`).Replace(text)
}

// clean drops what XML cannot hold.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\t' && r != '\n' || r == 0xfffe || r == 0xffff {
			return -1
		}
		return r
	}, s)
}

func document(v any) ([]byte, error) {
	b, err := xml.Marshal(v)
	if err != nil {
		return nil, err
	}
	return append([]byte(xml.Header), b...), nil
}

// MaxMap is the most addresses one sitemap file holds, by its protocol.
const MaxMap = 50_000

// Location is one address of the sitemap.
type Location struct {
	Path    string
	Changed time.Time
}

type urlset struct {
	XMLName xml.Name `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
	URLs    []mapURL `xml:"url"`
}

type mapURL struct {
	Loc     string `xml:"loc"`
	LastMod string `xml:"lastmod,omitempty"`
}

type mapIndex struct {
	XMLName xml.Name `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 sitemapindex"`
	Maps    []mapURL `xml:"sitemap"`
}

// Sitemap draws one sitemap file.
func Sitemap(s Site, locations []Location) ([]byte, error) {
	var u urlset
	for _, l := range locations[:min(len(locations), MaxMap)] {
		u.URLs = append(u.URLs, mapURL{s.Origin() + l.Path, stamp(l.Changed)})
	}
	return document(u)
}

// SitemapIndex draws the list of sitemap files.
func SitemapIndex(s Site, files []Location) ([]byte, error) {
	var x mapIndex
	for _, f := range files[:min(len(files), MaxMap)] {
		x.Maps = append(x.Maps, mapURL{s.Origin() + f.Path, stamp(f.Changed)})
	}
	return document(x)
}

// Robots is robots.txt. Forms and answers to one reader are left out; public
// replies and figures are to be found. A demonstration is kept out of search engines by
// noindex, which a robot must be let in to read.
func Robots(s Site) []byte {
	var b bytes.Buffer
	b.WriteString("User-agent: *\nDisallow: /search\nDisallow: /leave\nDisallow: " + KioskPath + "\n")
	for _, c := range s.Columns {
		if _, ok := CatalogueOf(c.Type); ok {
			b.WriteString("Disallow: " + FindPath(c) + "\n")
		}
	}
	if s.Doors.Letters != "" {
		for _, own := range []string{"new", "query", "receipt"} {
			b.WriteString("Disallow: " + strings.TrimSuffix(s.Doors.Letters, "/") + "/" + own + "\n")
		}
	}
	b.WriteString("Allow: /\n\nSitemap: " + s.Origin() + "/sitemap.xml\n")
	return b.Bytes()
}

// SecurityText is /.well-known/security.txt (RFC 9116); it expires within a
// year and is drawn again well before.
func SecurityText(s Site, expires time.Time) []byte {
	contact := s.Origin() + "/contact.html"
	if s.Doors.ErrorReport != "" {
		contact = s.Origin() + s.Doors.ErrorReport
	}
	return []byte("Contact: " + contact + "\nExpires: " + expires.UTC().Format(time.RFC3339) + "\nPreferred-Languages: zh\nCanonical: " + s.Origin() + "/.well-known/security.txt\n")
}
