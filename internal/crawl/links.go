package crawl

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"zhengshu/internal/dom"
)

// Link is one reference to the web on a page.
type Link struct {
	URL  string // canonical
	Page bool   // leads to a page of its own, as opposed to an image, a style or a form's target
}

// MaxLinks is how many references of one page are kept.
const MaxLinks = 5000

// role is what an attribute is read for.
type role byte

const (
	shows   role = iota + 1 // a part of the page
	leads                   // a page of its own
	several                 // parts of the page, as srcset lists them
	rebases
	equals // http-equiv, which says what a meta element's content is
	states // that content
)

// holder is a tag with its attributes that are read.
type holder struct {
	name  string
	attrs map[string]role
}

var holders = func() map[string]holder {
	out := map[string]holder{}
	for tag, attrs := range map[string]map[string]role{
		"a": {"href": leads}, "area": {"href": leads}, "iframe": {"src": leads}, "frame": {"src": leads},
		"link": {"href": shows}, "img": {"src": shows, "srcset": several}, "script": {"src": shows}, "form": {"action": shows},
		"source": {"src": shows, "srcset": several}, "video": {"src": shows, "poster": shows}, "audio": {"src": shows},
		"track": {"src": shows}, "embed": {"src": shows}, "object": {"data": shows}, "input": {"src": shows},
		"body": {"background": shows}, "td": {"background": shows}, "table": {"background": shows},
		"base": {"href": rebases}, "meta": {"http-equiv": equals, "content": states}, "style": nil,
	} {
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
func Links(base string, page []byte) []Link { return scan(base, page, false).links }

// scanned is what one pass over a page yields.
type scanned struct {
	links []Link
	over  int // references beyond MaxLinks
	long  int // references to pages whose address is longer than MaxURL
	text  fingerprint
}

// scan reads a page from its bytes; the similarity print is taken when it is asked for.
func scan(base string, page []byte, similar bool) scanned {
	r := newReader(base, similar)
	page = ascii(page)
	r.tokens(page)
	r.text.end(page)
	return r.scanned
}

// walk reads a page that was parsed already, which is faster by half. Its bytes are asked for when its text is short.
func walk(base string, root *html.Node, page []byte, similar bool) scanned {
	r := newReader(base, similar)
	for n := dom.Following(root, root); n != nil; n = dom.Following(n, root) {
		switch n.Type {
		case html.TextNode:
			if in := n.Parent.DataAtom; in != atom.Script && in != atom.Style {
				write(&r.text, n.Data)
			}
		case html.ElementNode:
			if len(n.Attr) == 0 {
				continue
			}
			h, ok := holders[n.Data]
			if !ok {
				continue
			}
			for _, a := range n.Attr {
				if as := h.attrs[a.Key]; as != 0 && a.Namespace == "" {
					r.attribute(as, a.Val)
				}
			}
			r.close()
		}
	}
	r.text.end(page)
	return r.scanned
}

// reader takes in the elements and the text of a page in their order.
type reader struct {
	scanned
	from    *place // what addresses are resolved against
	based   bool
	refresh bool   // the element says where the page sends on to
	content string // and that is it
}

func newReader(base string, similar bool) *reader {
	r := &reader{scanned: scanned{text: newPrint(similar), links: make([]Link, 0, 32)}}
	if p, err := resolve(nil, base); err == nil {
		r.from = &p
	}
	return r
}

// attribute takes in one attribute of an element.
func (r *reader) attribute(as role, value string) {
	switch as {
	case shows, leads:
		r.add(value, as == leads)
	case several:
		for part := range strings.SplitSeq(value, ",") {
			if f := strings.Fields(part); len(f) > 0 {
				r.add(f[0], false)
			}
		}
	case rebases:
		if r.based {
			return
		}
		r.based = true
		if p, err := resolve(r.from, value); err == nil {
			r.from = &p
		}
	case equals:
		r.refresh = strings.EqualFold(strings.TrimSpace(value), "refresh")
	case states:
		r.content = value
	}
}

// close ends the attributes of an element.
func (r *reader) close() {
	if r.refresh {
		if target := refreshTarget(r.content); target != "" {
			r.add(target, true)
		}
	}
	r.refresh, r.content = false, ""
}

func (r *reader) add(raw string, leads bool) {
	if strings.Contains(raw, "{{") || strings.Contains(raw, "${") || strings.Contains(raw, "<%") {
		return // a template: its script has yet to say where it leads
	}
	if len(r.links) >= MaxLinks {
		r.over++
		return
	}
	if !utf8.ValidString(raw) {
		raw = asSent(raw)
	}
	switch p, err := resolve(r.from, raw); {
	case err == nil:
		r.links = append(r.links, Link{URL: p.String(), Page: leads})
	case leads && errors.Is(err, ErrLong):
		r.long++
	}
}

// asSent is a reference on a page that is not UTF-8, and so GBK, as browsers send it:
// the path in UTF-8, the query in the bytes of the page.
func asSent(raw string) string {
	end := strings.IndexAny(raw, "?#")
	if end < 0 {
		end = len(raw)
	}
	path, err := simplifiedchinese.GB18030.NewDecoder().String(raw[:end])
	if err != nil || strings.ContainsRune(path, utf8.RuneError) {
		return raw
	}
	return path + raw[end:]
}

// tokens takes in what the source of a page, or of a part of it, holds.
func (r *reader) tokens(source []byte) {
	z := html.NewTokenizer(bytes.NewReader(source))
	mute := "" // inside script or style
	for {
		switch z.Next() {
		case html.ErrorToken:
			return
		case html.TextToken:
			if mute != "" {
				continue
			}
			text := z.Raw()
			if bytes.IndexByte(text, '&') >= 0 || bytes.IndexByte(text, '\r') >= 0 {
				text = z.Text() // what is written otherwise than it reads
			}
			write(&r.text, text)
		case html.EndTagToken:
			if mute == "" {
				continue
			}
			if h, ok := holding(z.Raw()[2:]); ok && h.name == mute {
				mute = ""
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			h, ok := holding(z.Raw()[1:])
			if !ok {
				continue
			}
			if h.name == "script" || h.name == "style" {
				mute = h.name
			}
			_, more := z.TagName()
			for more {
				var k, v []byte
				k, v, more = z.TagAttr()
				if as := h.attrs[string(k)]; as != 0 {
					r.attribute(as, string(v))
				}
			}
			r.close()
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
