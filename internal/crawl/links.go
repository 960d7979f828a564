package crawl

import (
	"bytes"
	"errors"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/text/encoding/unicode"
)

// MaxLinks is how many links of one page are followed.
const MaxLinks = 5000

// holders are the attributes that lead to a page of its own, by tag, and the other tags that a reading has to know. What
// leads to pictures, styles, scripts and files is for the checks of the page.
var holders = map[string]holder{
	"a": {name: "a", leads: "href"}, "area": {name: "area", leads: "href"},
	"iframe": {name: "iframe", leads: "src"}, "frame": {name: "frame", leads: "src"},
	"base": {name: "base"}, "meta": {name: "meta"}, "script": {name: "script"}, "style": {name: "style"},
}

// holder is a tag and its attribute that leads.
type holder struct{ name, leads string }

// longestHolder is the longest name of them.
const longestHolder = 6

// holding looks a tag up by its source from the name on. Most tags hold nothing, and the tokeniser makes a copy of each
// name it is asked for.
func holding(source []byte) (h holder, ok bool) {
	var name [longestHolder]byte
	for i, c := range source {
		switch {
		case c == '>' || c == '/' || c <= ' ':
			h, ok = holders[string(name[:i])]
			return h, ok
		case i == longestHolder:
			return holder{}, false
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		}
		name[i] = c
	}
	return holder{}, false
}

// Links reads where an HTML page leads: the canonical addresses of other pages in order of appearance. Base is the page's
// own URL; the page's base element is honoured.
func Links(base string, page []byte) []string { return scan(base, page).links }

// scanned is what one pass over a page yields.
type scanned struct {
	links []string
	over  int // links beyond MaxLinks
	long  int // links whose address is longer than MaxURL
	text  fingerprint
}

func scan(base string, page []byte) (s scanned) {
	var from *place
	if p, err := resolve(nil, base); err == nil {
		from = &p
	}
	page = ascii(page)
	s.text, s.links = newPrint(), make([]string, 0, 32)
	var (
		z     = html.NewTokenizer(bytes.NewReader(page))
		based bool
		mute  string // inside script or style
	)
	add := func(raw string) {
		if len(s.links) >= MaxLinks {
			s.over++
			return
		}
		switch p, err := resolve(from, raw); {
		case err == nil:
			s.links = append(s.links, p.String())
		case errors.Is(err, ErrLong):
			s.long++
		}
	}
	for {
		switch z.Next() {
		case html.ErrorToken:
			s.text.end(page)
			return s
		case html.TextToken:
			if mute != "" {
				continue
			}
			text := z.Raw()
			if bytes.IndexByte(text, '&') >= 0 || bytes.IndexByte(text, '\r') >= 0 {
				text = z.Text() // what is written otherwise than it reads
			}
			s.text.write(text)
		case html.EndTagToken:
			if mute == "" {
				continue
			}
			if h, ok := holding(z.Raw()[2:]); ok && h.name == mute {
				mute = ""
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			wanted, ok := holding(z.Raw()[1:])
			if !ok {
				continue
			}
			if wanted.name == "script" || wanted.name == "style" {
				mute = wanted.name
				continue
			}
			_, more := z.TagName()
			var refresh bool
			var content string
			for more {
				var k, v []byte
				k, v, more = z.TagAttr()
				switch {
				case wanted.name == "base":
					if string(k) == "href" && !based {
						based = true
						if p, err := resolve(from, string(v)); err == nil {
							from = &p
						}
					}
				case wanted.name == "meta":
					if string(k) == "http-equiv" {
						refresh = strings.EqualFold(string(bytes.TrimSpace(v)), "refresh")
					} else if string(k) == "content" {
						content = string(v)
					}
				case string(k) == wanted.leads:
					add(string(v))
				}
			}
			if refresh {
				if target := refreshTarget(content); target != "" {
					add(target)
				}
			}
		}
	}
}

// refreshTarget reads "5; url='…'".
func refreshTarget(content string) string {
	i := strings.IndexAny(content, ";,")
	if i < 0 {
		return ""
	}
	rest := strings.TrimSpace(content[i+1:])
	if len(rest) < 3 || !strings.EqualFold(rest[:3], "url") {
		return ""
	}
	rest = strings.TrimSpace(rest[3:])
	if !strings.HasPrefix(rest, "=") {
		return ""
	}
	return strings.Trim(strings.TrimSpace(rest[1:]), `'"`)
}

// ascii turns UTF-16 with a byte order mark into UTF-8; every other encoding met on the web needs no help.
func ascii(page []byte) []byte {
	if len(page) < 2 || !(page[0] == 0xfe && page[1] == 0xff || page[0] == 0xff && page[1] == 0xfe) {
		return page
	}
	out, err := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder().Bytes(page)
	if err != nil {
		return page
	}
	return out
}
