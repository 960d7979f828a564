package check

import (
	"net/url"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// hostOf returns the lower-case host of an address or bare host, or "".
func hostOf(address string) string {
	address = strings.TrimSpace(address)
	if address == "" {
		return ""
	}
	if strings.HasPrefix(address, "//") {
		address = "http:" + address
	} else if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
}

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
func governmentHost(host string) bool {
	for _, s := range []string{"gov.cn", "mil.cn", "edu.cn", "政务.cn", "政务", "公益.cn", "公益", "xn--zfr164b", "xn--55qw42g", "conac.cn"} {
		if host == s || strings.HasSuffix(host, "."+s) {
			return true
		}
	}
	return false
}
