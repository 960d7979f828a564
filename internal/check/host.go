package check

import (
	"net/url"
	"strings"

	"zhengshu/internal/check/encoded"

	"golang.org/x/net/publicsuffix"
)

// hostOf returns the lower-case host of an address or bare host, or "".
func hostOf(address string) string {
	address = strings.TrimSpace(address)
	if host, rest, ok := cutHost(address); ok && sound(rest) {
		return strings.TrimSuffix(host, ".")
	}
	return parsedHost(address)
}

// sound reports whether what follows the host in an address can be read
// whatever it is: there is no escape that might be broken, no control character
// and nothing beyond ASCII.
func sound(rest string) bool {
	for i := range len(rest) {
		if c := rest[i]; c < ' ' || c >= 0x7F || c == '%' {
			return false
		}
	}
	return true
}

func parsedHost(address string) string {
	if address == "" {
		return ""
	}
	address = hostSpelling.Replace(address)
	if strings.HasPrefix(address, "//") {
		address = "http:" + address
	} else if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	if host, rest, ok := strings.Cut(address[strings.Index(address, "//")+2:], "/"); strings.IndexByte(host, '%') >= 0 {
		address = "http://" + encoded.Percent(host) // as browsers read it
		if ok {
			address += "/" + rest
		}
	}
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
}

// hostSpelling writes the full-width forms that a browser takes for letters and
// dots of a host.
var hostSpelling = func() *strings.Replacer {
	pairs := []string{"。", ".", "．", ".", "｡", "."}
	for r := 'Ａ'; r <= 'Ｚ'; r++ {
		pairs = append(pairs, string(r), string(r-0xFEE0), string(r+32), string(r+32-0xFEE0))
	}
	for r := '０'; r <= '９'; r++ {
		pairs = append(pairs, string(r), string(r-0xFEE0))
	}
	return strings.NewReplacer(pairs...)
}()

// siteOf returns the registrable domain of a host, the host itself when it has
// none (an address, localhost).
func siteOf(host string) string {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if s, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return s
	}
	return host
}

// governmentHost reports whether a host lies under the domains kept for
// government, the army, public institutions and schools. Such a host may be
// broken into as well, but a link to it is no sign of it.
func governmentHost(host string) bool { return onList(host, government) }

var government = []string{"gov.cn", "mil.cn", "edu.cn", "政务.cn", "政务", "公益.cn", "公益", "xn--zfr164b", "xn--55qw42g", "conac.cn"}

// onList reports whether a host is one of a list or lies under one.
func onList(host string, list []string) bool {
	for _, d := range list {
		if strings.HasSuffix(host, d) && (len(host) == len(d) || host[len(host)-len(d)-1] == '.') {
			return true
		}
	}
	return false
}
