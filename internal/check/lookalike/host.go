package lookalike

import (
	"net/netip"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
	"golang.org/x/text/unicode/norm"
)

// maxHost is the longest host in bytes that is looked at; DNS allows 253, and a
// Chinese name written in UTF-8 is shorter than its ASCII form.
const maxHost = 512

// restricted suffixes are given out to public bodies only, on proof (《政府网站发展指引》
// and the registries' rules); whoever stands under one is no impostor by name.
var restricted = []string{"gov.cn", "mil.cn", "edu.cn", "政务", "公益", "政务.cn", "公益.cn", "gov.hk", "gov.mo"}

// name is a host taken apart. labels run from the left and are Unicode; suffix
// is the public suffix in Unicode.
type name struct {
	host   string // lower case, no final dot, Unicode
	sub    []string
	core   string // the label that was registered
	suffix string
	ok     bool
}

// parse takes apart what people paste: a host, perhaps with scheme, port or
// path. ok is false for addresses, single labels, bare suffixes and nonsense.
func parse(raw string) name {
	if len(raw) > maxHost || !utf8.ValidString(raw) {
		return name{}
	}
	s := strings.ToLower(strings.TrimSpace(raw))
	if _, rest, found := strings.Cut(s, "://"); found {
		s = rest
	}
	if i := strings.IndexAny(s, "/?#"); i >= 0 {
		s = s[:i]
	}
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		s = s[i+1:]
	}
	if strings.Count(s, ":") == 1 {
		s, _, _ = strings.Cut(s, ":")
	}
	if _, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return name{}
	}
	s = strings.NewReplacer("。", ".", "．", ".", "｡", ".").Replace(s)
	s = strings.Trim(s, ".")
	if u, err := idna.Punycode.ToUnicode(s); err == nil {
		s = strings.ToLower(u)
	}
	// Full-width and compatibility forms are one and the same name to a resolver.
	s = strings.Trim(norm.NFKC.String(s), ".")
	if s == "" || strings.ContainsAny(s, " \t\r\n") || strings.Contains(s, "..") {
		return name{}
	}
	suffix, _ := publicsuffix.PublicSuffix(s)
	// The list writes Chinese suffixes in ASCII.
	if a, err := idna.Punycode.ToASCII(s); err == nil && a != s {
		if as, _ := publicsuffix.PublicSuffix(a); as != "" {
			n := strings.Count(as, ".") + 1
			parts := strings.Split(s, ".")
			if n <= len(parts) {
				suffix = strings.Join(parts[len(parts)-n:], ".")
			}
		}
	}
	if suffix == s || !strings.HasSuffix(s, "."+suffix) {
		return name{host: s}
	}
	labels := strings.Split(strings.TrimSuffix(s, "."+suffix), ".")
	last := len(labels) - 1
	return name{host: s, sub: labels[:last], core: labels[last], suffix: suffix, ok: true}
}

func (n name) registered() string { return n.core + "." + n.suffix }

// restricted reports whether the name stands under a suffix that only public
// bodies get, ours or another state's (gov.uk is a public suffix of its own).
func (n name) restricted() bool {
	for _, r := range restricted {
		if n.host == r || strings.HasSuffix(n.host, "."+r) {
			return true
		}
	}
	first, _, _ := strings.Cut(n.suffix, ".")
	return strings.Contains(n.suffix, ".") && (first == "gov" || first == "gob" || first == "gouv" || first == "go" || first == "edu" || first == "ac")
}

// commonCN are the suffixes open to anyone that sit closest to gov.cn.
func (n name) commonCN() bool {
	return n.suffix == "cn" || strings.HasSuffix(n.suffix, ".cn") || n.suffix == "中国" || n.suffix == "公司" || n.suffix == "网络"
}

// sold reports whether the suffix is one that impostors of Chinese hosts use:
// Chinese suffixes, generic ones, and the few country codes sold as generic.
func (n name) sold() bool {
	if n.commonCN() {
		return true
	}
	last := n.suffix[strings.LastIndexByte(n.suffix, '.')+1:]
	if len(last) != 2 {
		return true
	}
	switch last {
	case "cc", "tk", "ml", "ga", "cf", "gq", "co", "me", "tv", "ws", "pw", "la", "vc", "in", "io", "su", "ru", "cm", "hk":
		return true
	}
	return false
}
