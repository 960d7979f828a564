package check

import (
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// Most addresses of a page are plain: a path of letters and figures below the
// page's own site, or a whole address of them. Where those lead can be said
// without taking them apart and putting them together again; everything else
// goes the long way through net/url, and both come to the same.

// roots are what the relative addresses of a page are completed with, without
// the path and with its folder; empty where the page has no address of the web.
type roots struct {
	known     bool
	site, dir string
	kind      string // of a page below them
}

// aim is where an address leads: as a whole address, and as a Kind of Link.
type aim struct{ url, kind string }

// plainTarget is where a plain address of the page leads; false for one that is
// not plain.
func (p *Page) plainTarget(href string) (to aim, ok bool) {
	if host, rest, whole := cutHost(href); whole {
		if !plainPath(rest) {
			return aim{}, false
		}
		if to.kind = fileKind(rest); to.kind == "" {
			to.kind = p.hostKind(host)
		}
		to.url = href
		return to, true
	}
	r := p.rootsOf()
	switch {
	case href == "", r.dir == "", !plainPath(href):
		return aim{}, false
	case href[0] != '/':
		to.url = r.dir + href
	case strings.HasPrefix(href, "//"):
		return aim{}, false
	default:
		to.url = r.site + href
	}
	if to.kind = fileKind(href); to.kind == "" {
		to.kind = r.kind
	}
	return to, true
}

// parsedTarget is where any address leads.
func (p *Page) parsedTarget(href string) (to aim) {
	u, err := url.Parse(asRead(href))
	if err == nil && p.base != nil {
		u = p.base.ResolveReference(u)
	}
	if err == nil {
		u.RawQuery = inCharset(u.RawQuery, p.Charset)
	}
	if err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https" || u.Scheme == "ftp" || u.Scheme == "") {
		to.url = u.String()
	}
	to.kind = linkKind(href, u, p)
	return to
}

// Unfilled reports whether an address holds what a script or a server has yet to
// fill in. Where the page shows it so, its reader never follows it.
func Unfilled(href string) bool {
	return strings.Contains(href, "{{") || strings.Contains(href, "${") || strings.Contains(href, "<%")
}

// asRead is an address as browsers read it where RFC 3986 does not: without the
// tabs and line ends in it, and a back slash of a path is a slash.
func asRead(href string) string {
	if strings.ContainsAny(href, "\t\r\n") {
		href = strings.NewReplacer("\t", "", "\r", "", "\n", "").Replace(href)
	}
	end := strings.IndexAny(href, "?#")
	if end < 0 {
		end = len(href)
	}
	if !strings.Contains(href[:end], `\`) {
		return href
	}
	if scheme, _, ok := strings.Cut(href[:end], ":"); ok && !strings.ContainsAny(scheme, `/\.`) && !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") {
		return href
	}
	return strings.ReplaceAll(href[:end], `\`, "/") + href[end:]
}

// inCharset is a query as browsers send it from a page of a charset: what is not
// ASCII in the bytes of that charset, while paths are always sent in UTF-8.
func inCharset(query, charset string) string {
	if charset != CharsetGB18030 && charset != CharsetBig5 || !strings.ContainsFunc(query, notASCII) {
		return query
	}
	var b strings.Builder
	for _, r := range query {
		if !notASCII(r) {
			b.WriteByte(byte(r))
			continue
		}
		for _, c := range []byte(inBytes(string(r), charset)) {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func notASCII(r rune) bool { return r >= utf8.RuneSelf }

// inBytes is a text in the bytes that browsers send it in from a page of a charset.
func inBytes(text, charset string) string {
	var to *encoding.Encoder
	switch charset {
	case CharsetGB18030:
		to = simplifiedchinese.GBK.NewEncoder()
	case CharsetBig5:
		to = traditionalchinese.Big5.NewEncoder()
	default:
		return text
	}
	var b strings.Builder
	for _, r := range text {
		s, err := to.String(string(r))
		if err != nil {
			s = fmt.Sprintf("&#%d;", r) // what the charset has not
		}
		b.WriteString(s)
	}
	return b.String()
}

func (p *Page) rootsOf() roots {
	if !p.roots.known {
		p.roots.known = true
		if b := p.base; b != nil && (b.Scheme == "http" || b.Scheme == "https") {
			p.roots.site = (&url.URL{Scheme: b.Scheme, User: b.User, Host: b.Host}).String()
			p.roots.dir = strings.TrimSuffix(b.ResolveReference(&url.URL{Path: "x"}).String(), "x")
			p.roots.kind = p.hostKind(strings.ToLower(b.Hostname()))
		}
	}
	return p.roots
}

// plainPath reports whether a path has nothing in it that is ever written
// otherwise, resolved or part of something else: letters, figures and - _ ~ . /
// with no part that begins with a dot.
func plainPath(s string) bool {
	before := byte('/')
	for i := range len(s) {
		c := s[i]
		if !hostByte(c) && c != '/' && c != '_' && c != '~' && (c < 'A' || c > 'Z') || c == '.' && before == '/' {
			return false
		}
		before = c
	}
	return true
}

// cutHost cuts a plain host, as well as the port behind it, off a whole address
// of the web: ok is false when it is none, or the host is not all small letters
// and figures.
func cutHost(address string) (host, rest string, ok bool) {
	rest, ok = strings.CutPrefix(address, "http://")
	if !ok {
		if rest, ok = strings.CutPrefix(address, "https://"); !ok {
			return "", "", false
		}
	}
	n := 0
	for n < len(rest) && hostByte(rest[n]) {
		n++
	}
	host, rest = rest[:n], rest[n:]
	if strings.HasPrefix(rest, ":") {
		n := 1
		for n < len(rest) && rest[n]-'0' <= 9 {
			n++
		}
		rest = rest[n:]
	}
	return host, rest, host != "" && (rest == "" || rest[0] == '/' || rest[0] == '?' || rest[0] == '#')
}

func hostByte(c byte) bool { return c >= 'a' && c <= 'z' || c-'0' <= 9 || c == '.' || c == '-' }
