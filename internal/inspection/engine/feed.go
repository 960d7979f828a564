package engine

import (
	"bytes"
	"encoding/xml"
	"path"
	"strings"

	"golang.org/x/net/html/charset"
)

// A feed or a site map says over again, for machines, what the pages say: it is no
// attachment, neither read nor told as unread.

// listing reports whether a file is one: a page's head offers it as a feed, or it
// bears the name that such files bear.
func (n *inspector) listing(target, name string) bool {
	if n.feeds[target] {
		return true
	}
	name = strings.ToLower(name)
	switch path.Ext(name) {
	case ".rss", ".atom":
		return true
	case ".xml":
		return name == "rss.xml" || name == "atom.xml" || name == "feed.xml" || strings.HasPrefix(name, "sitemap")
	}
	return name == "feed.json"
}

// listingBody tells one that came without a name by how it begins.
func listingBody(b []byte) bool {
	b = bytes.TrimSpace(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")))
	if bytes.HasPrefix(b, []byte("{")) {
		return bytes.Contains(b[:min(len(b), 400)], []byte("jsonfeed.org/version"))
	}
	d := xml.NewDecoder(bytes.NewReader(b))
	d.Strict, d.CharsetReader = false, charset.NewReaderLabel
	for {
		t, err := d.Token()
		if err != nil {
			return false
		}
		if e, ok := t.(xml.StartElement); ok {
			switch e.Name.Local {
			case "rss", "feed", "RDF", "urlset", "sitemapindex":
				return true
			}
			return false
		}
	}
}
