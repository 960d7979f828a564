package theme

import (
	"bytes"
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
func SitemapIndex(s Site, paths []string) ([]byte, error) {
	var x mapIndex
	for _, p := range paths {
		x.Maps = append(x.Maps, mapURL{Loc: s.Origin() + p})
	}
	return document(x)
}

// Robots is robots.txt. Forms and answers to one reader are left out; public
// replies and figures are to be found. A demonstration is kept out of search engines by
// noindex, which a robot must be let in to read.
func Robots(s Site) []byte {
	var b bytes.Buffer
	b.WriteString("User-agent: *\nDisallow: /search\n")
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
