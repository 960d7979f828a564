package crawl

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"zhengshu/internal/egress"
)

// MaxURL is the longest URL kept, in bytes of its canonical form.
const MaxURL = 2048

// Reasons for which a reference has no canonical URL.
var (
	ErrNotWeb = errors.New("not an http(s) reference") // mailto:, javascript:, tel:, data:
	ErrBadURL = errors.New("malformed reference")
	ErrLong   = errors.New("reference too long")
)

// place is a URL taken apart, every part in its one spelling.
type place struct {
	scheme, host, port string // host without brackets; port empty when it is the scheme's
	path, query        string // path begins with "/"
}

func (p place) String() string {
	var b strings.Builder
	b.Grow(len(p.scheme) + len(p.host) + len(p.path) + len(p.query) + 16)
	b.WriteString(p.scheme)
	b.WriteString("://")
	if strings.Contains(p.host, ":") {
		b.WriteByte('[')
		b.WriteString(p.host)
		b.WriteByte(']')
	} else {
		b.WriteString(p.host)
	}
	if p.port != "" {
		b.WriteByte(':')
		b.WriteString(p.port)
	}
	b.WriteString(p.path)
	if p.query != "" {
		b.WriteByte('?')
		b.WriteString(p.query)
	}
	return b.String()
}

// Canonical gives the one spelling of the page that ref, met on the page base, leads to. Base may be empty when ref is
// absolute. Spellings that cannot differ in meaning fall together: fragment, default port, case of scheme and host,
// user name, dot segments, percent-encoding of letters, an empty query; session ids and campaign marks are dropped. The
// order of the query stays, for servers may read it. Bytes beyond ASCII are kept, percent-encoded as they stand.
func Canonical(base, ref string) (string, error) {
	var from *place
	if base != "" {
		p, err := resolve(nil, base)
		if err != nil {
			return "", err
		}
		from = &p
	}
	p, err := resolve(from, ref)
	if err != nil {
		return "", err
	}
	return p.String(), nil
}

// resolve follows the URL standard of the browsers where it departs from RFC 3986: back slashes, tabs and line ends
// inside a reference, missing slashes.
func resolve(base *place, ref string) (place, error) {
	if len(ref) > 4*MaxURL {
		return place{}, ErrLong
	}
	ref = strings.TrimFunc(ref, func(r rune) bool { return r <= ' ' })
	if strings.ContainsAny(ref, "\t\r\n") {
		ref = strings.NewReplacer("\t", "", "\r", "", "\n", "").Replace(ref)
	}
	ref, _, _ = strings.Cut(ref, "#")

	scheme, rest := cutScheme(ref)
	var p place
	switch {
	case scheme == "http" || scheme == "https":
		if !slashed(rest) && base != nil && base.scheme == scheme {
			return relative(*base, rest)
		}
		p.scheme = scheme
		rest = strings.TrimLeft(rest, `/\`)
	case scheme != "":
		return place{}, ErrNotWeb
	case base == nil:
		return place{}, ErrBadURL
	case len(rest) > 1 && slashed(rest) && slashed(rest[1:]):
		p.scheme = base.scheme
		rest = strings.TrimLeft(rest, `/\`)
	default:
		return relative(*base, rest)
	}

	end := strings.IndexAny(rest, `/\?`)
	if end < 0 {
		end = len(rest)
	}
	authority, rest := rest[:end], rest[end:]
	authority = authority[strings.LastIndexByte(authority, '@')+1:]
	host, port := authority, ""
	if i := strings.LastIndexByte(authority, ':'); i >= 0 && !strings.Contains(authority[i:], "]") {
		host, port = authority[:i], authority[i+1:]
	}
	if strings.Contains(host, "%") {
		plain, err := url.PathUnescape(host)
		if err != nil {
			return place{}, ErrBadURL
		}
		host = plain
	}
	var err error
	if p.host, err = egress.Host(host); err != nil {
		return place{}, ErrBadURL
	}
	if port != "" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return place{}, ErrBadURL
		}
		if !(p.scheme == "http" && n == 80 || p.scheme == "https" && n == 443) {
			p.port = strconv.FormatUint(n, 10)
		}
	}
	path, query, _ := strings.Cut(rest, "?")
	return p.at(path, query)
}

func relative(base place, ref string) (place, error) {
	path, query, asked := strings.Cut(ref, "?")
	switch {
	case path == "" && !asked:
		return base, nil
	case path == "":
		path = base.path
	case !slashed(path):
		path = base.path[:strings.LastIndexByte(base.path, '/')+1] + path
	}
	return base.at(path, query)
}

func (p place) at(path, query string) (place, error) {
	p.path, p.query = tidyPath(path), tidyQuery(query)
	if len(p.path)+len(p.query) > MaxURL-len(p.host)-16 {
		return place{}, ErrLong
	}
	return p, nil
}

func slashed(s string) bool { return s != "" && (s[0] == '/' || s[0] == '\\') }

func cutScheme(s string) (scheme, rest string) {
	for i := range len(s) {
		switch b := s[i]; {
		case b == ':' && i > 0:
			return strings.ToLower(s[:i]), s[i+1:]
		case b|0x20 >= 'a' && b|0x20 <= 'z':
		case i > 0 && (b >= '0' && b <= '9' || b == '+' || b == '-' || b == '.'):
		default:
			return "", s
		}
	}
	return "", s
}

func tidyPath(path string) string {
	if path == "" {
		return "/"
	}
	if plainPath(path) {
		return path // as nearly all are: nothing below applies
	}
	// A back slash is a slash to browsers, except as the second byte of a GBK character.
	if strings.Contains(path, `\`) {
		b := []byte(path)
		for i := range b {
			if b[i] == '\\' && (i == 0 || b[i-1] < 0x80) {
				b[i] = '/'
			}
		}
		path = string(b)
	}
	path = escape(path, pathByte)
	if path[0] == '/' && !strings.Contains(path, "/.") && !strings.ContainsAny(path, ";(") {
		return path // nothing below applies
	}
	in := strings.Split(path[1:], "/")
	out := make([]string, 0, len(in))
	for i, seg := range in {
		seg, session := withoutSession(seg)
		last := i == len(in)-1
		switch {
		case seg == ".":
			if last {
				out = append(out, "")
			}
		case seg == "..":
			if len(out) > 0 {
				out = out[:len(out)-1]
			}
			if last {
				out = append(out, "")
			}
		case session && seg == "" && !last: // a whole segment that was a session id
		default:
			out = append(out, seg)
		}
	}
	return "/" + strings.Join(out, "/")
}

// plainPath reports whether a path is letters, figures and signs that nothing escapes, with no segment that begins with
// a dot.
func plainPath(path string) bool {
	before := byte(0)
	for i := range len(path) {
		c := path[i]
		if !plainBytes[c] || before == '/' && c == '.' {
			return false
		}
		before = c
	}
	return path[0] == '/'
}

var plainBytes = func() (t [256]bool) {
	for b := range t {
		t[b] = unreserved(byte(b)) || b == '/'
	}
	return t
}()

// withoutSession cuts ";jsessionid=…" and the (S(…)) segment of old ASP.NET.
func withoutSession(seg string) (string, bool) {
	if strings.HasPrefix(seg, "(S(") && strings.HasSuffix(seg, "))") {
		return "", true
	}
	if !strings.Contains(seg, ";") {
		return seg, false
	}
	parts := strings.Split(seg, ";")
	all := len(parts)
	kept := slices.DeleteFunc(parts[1:], func(p string) bool {
		k, v, _ := strings.Cut(p, "=")
		return sessionKey(k, v)
	})
	return strings.Join(parts[:1+len(kept)], ";"), 1+len(kept) < all
}

func tidyQuery(query string) string {
	if query == "" {
		return ""
	}
	var kept []string
	for part := range strings.SplitSeq(escape(query, queryByte), "&") {
		k, v, _ := strings.Cut(part, "=")
		if part == "" || sessionKey(k, v) || strings.HasPrefix(strings.ToLower(k), "utm_") {
			continue
		}
		kept = append(kept, part)
	}
	return strings.Join(kept, "&")
}

// sessionKey knows the session parameters of the common servers. Short names that also mean something else ("sid" is a
// section on some sites) count only with a value no editor would choose.
func sessionKey(k, v string) bool {
	switch k = strings.ToLower(k); k {
	case "jsessionid", "phpsessid", "sessionid", "session_id", "sessid", "cfid", "cftoken", "zenid", "oscsid":
		return true
	case "sid", "session", "s", "token":
		return random(v)
	}
	return strings.HasPrefix(k, "aspsessionid")
}

// random tells a generated token: 20 characters and more, letters and digits mixed.
func random(v string) bool {
	var letters, figures int
	for i := range len(v) {
		switch b := v[i]; {
		case b >= '0' && b <= '9':
			figures++
		case b|0x20 >= 'a' && b|0x20 <= 'z' || b == '-' || b == '_':
			letters++
		default:
			return false
		}
	}
	return letters+figures >= 20 && letters >= 3 && figures >= 3
}

func escape(s string, free func(byte) bool) string {
	const hex = "0123456789ABCDEF"
	clean := true
	for i := 0; i < len(s) && clean; i++ {
		clean = s[i] != '%' && free(s[i])
	}
	if clean {
		return s
	}
	b := make([]byte, 0, len(s)+16)
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' {
			if i+2 >= len(s) || unhex(s[i+1]) < 0 || unhex(s[i+2]) < 0 {
				b = append(b, "%25"...)
				continue
			}
			c = byte(unhex(s[i+1])<<4 | unhex(s[i+2]))
			i += 2
			if unreserved(c) {
				b = append(b, c)
			} else {
				b = append(b, '%', hex[c>>4], hex[c&15])
			}
			continue
		}
		if free(c) {
			b = append(b, c)
		} else {
			b = append(b, '%', hex[c>>4], hex[c&15])
		}
	}
	return string(b)
}

func unreserved(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}

func pathByte(c byte) bool {
	return unreserved(c) || c == '/' || strings.IndexByte("!$&'()*+,;=:@", c) >= 0
}

func queryByte(c byte) bool {
	return unreserved(c) || strings.IndexByte("!$&()*+,;=:@/?", c) >= 0
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}
