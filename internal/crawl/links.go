package crawl

import (
	"bytes"
	"errors"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/text/encoding/unicode"
)

// Link is one reference to the web on a page.
type Link struct {
	URL  string // canonical
	Page bool   // leads to a page of its own, as opposed to an image, a style or a form's target
}

// MaxLinks is how many references of one page are kept.
const MaxLinks = 5000

// attributes that hold references, by tag; true marks those that lead to a page.
var attributes = map[string]map[string]bool{
	"a": {"href": true}, "area": {"href": true}, "iframe": {"src": true}, "frame": {"src": true},
	"link": {"href": false}, "img": {"src": false, "srcset": false}, "script": {"src": false}, "form": {"action": false},
	"source": {"src": false, "srcset": false}, "video": {"src": false, "poster": false}, "audio": {"src": false},
	"track": {"src": false}, "embed": {"src": false}, "object": {"data": false}, "input": {"src": false},
	"body": {"background": false}, "td": {"background": false}, "table": {"background": false},
}

// holder is a tag with its attributes that hold references.
type holder struct {
	name  string
	attrs map[string]bool
}

var holders = func() map[string]holder {
	out := map[string]holder{"base": {name: "base"}, "meta": {name: "meta"}, "style": {name: "style"}}
	for tag, attrs := range attributes {
		out[tag] = holder{name: tag, attrs: attrs}
	}
	return out
}()

// longestHolder is the longest name of them.
const longestHolder = 8

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

// Links reads the references of an HTML page in order of appearance. Base is the page's own URL; the page's base element
// is honoured.
func Links(base string, page []byte) []Link { return scan(base, page).links }

// scanned is what one pass over a page yields.
type scanned struct {
	links []Link
	over  int // references beyond MaxLinks
	long  int // references to pages whose address is longer than MaxURL
	text  fingerprint
}

func scan(base string, page []byte) (s scanned) {
	var from *place
	if p, err := resolve(nil, base); err == nil {
		from = &p
	}
	page = ascii(page)
	s.text, s.links = newPrint(), make([]Link, 0, 32)
	var (
		z     = html.NewTokenizer(bytes.NewReader(page))
		based bool
		mute  string // inside script or style
	)
	add := func(raw string, leads bool) {
		if len(s.links) >= MaxLinks {
			s.over++
			return
		}
		switch p, err := resolve(from, raw); {
		case err == nil:
			s.links = append(s.links, Link{URL: p.String(), Page: leads})
		case leads && errors.Is(err, ErrLong):
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
				default:
					leads, holds := wanted.attrs[string(k)]
					switch {
					case !holds:
					case string(k) == "srcset":
						for part := range strings.SplitSeq(string(v), ",") {
							if f := strings.Fields(part); len(f) > 0 {
								add(f[0], false)
							}
						}
					default:
						add(string(v), leads)
					}
				}
			}
			if refresh {
				if target := refreshTarget(content); target != "" {
					add(target, true)
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
