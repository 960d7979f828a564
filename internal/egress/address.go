package egress

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// special lists what is no public host: the IANA IPv4 and IPv6 special-purpose address registries, multicast, and what
// was public once and must not be reached through an old route. The names are shown to staff.
var special = []struct {
	prefix netip.Prefix
	name   string
}{
	{netip.MustParsePrefix("0.0.0.0/8"), "本网络"},
	{netip.MustParsePrefix("10.0.0.0/8"), "内网"},
	{netip.MustParsePrefix("100.64.0.0/10"), "运营商内部地址"},
	{netip.MustParsePrefix("127.0.0.0/8"), "本机回环"},
	{netip.MustParsePrefix("169.254.0.0/16"), "链路本地（含云平台元数据）"},
	{netip.MustParsePrefix("172.16.0.0/12"), "内网"},
	{netip.MustParsePrefix("192.0.0.0/24"), "协议保留"},
	{netip.MustParsePrefix("192.0.2.0/24"), "文档示例"},
	{netip.MustParsePrefix("192.31.196.0/24"), "协议保留"},
	{netip.MustParsePrefix("192.52.193.0/24"), "协议保留"},
	{netip.MustParsePrefix("192.88.99.0/24"), "6to4 中继"},
	{netip.MustParsePrefix("192.168.0.0/16"), "内网"},
	{netip.MustParsePrefix("192.175.48.0/24"), "协议保留"},
	{netip.MustParsePrefix("198.18.0.0/15"), "性能测试"},
	{netip.MustParsePrefix("198.51.100.0/24"), "文档示例"},
	{netip.MustParsePrefix("203.0.113.0/24"), "文档示例"},
	{netip.MustParsePrefix("224.0.0.0/4"), "组播"},
	{netip.MustParsePrefix("240.0.0.0/4"), "保留"},
	// Public by number, yet the metadata channel of a cloud to every machine in it.
	{netip.MustParsePrefix("168.63.129.16/32"), "云平台元数据"},

	{netip.MustParsePrefix("::/96"), "保留"}, // ::, ::1 and the old IPv4-compatible form
	{netip.MustParsePrefix("::ffff:0:0/96"), "IPv4 映射"},
	{netip.MustParsePrefix("64:ff9b::/96"), "NAT64"},
	{netip.MustParsePrefix("64:ff9b:1::/48"), "NAT64"},
	{netip.MustParsePrefix("100::/64"), "丢弃"},
	{netip.MustParsePrefix("100:0:0:1::/64"), "丢弃"},
	{netip.MustParsePrefix("2001::/23"), "协议保留"},
	{netip.MustParsePrefix("2001:db8::/32"), "文档示例"},
	{netip.MustParsePrefix("2002::/16"), "6to4"},
	{netip.MustParsePrefix("2620:4f:8000::/48"), "协议保留"},
	{netip.MustParsePrefix("3fff::/20"), "文档示例"},
	{netip.MustParsePrefix("5f00::/16"), "段路由"},
	{netip.MustParsePrefix("fc00::/7"), "内网"},
	{netip.MustParsePrefix("fe80::/10"), "链路本地"},
	{netip.MustParsePrefix("fec0::/10"), "站点本地"},
	{netip.MustParsePrefix("ff00::/8"), "组播"},
}

// global is the only IPv6 space handed out to public hosts; whatever IANA reserves next stands outside it.
var global = netip.MustParsePrefix("2000::/3")

// Special returns the Chinese name of the special-purpose range an address belongs to, and false for a public address.
// An IPv4-mapped address is judged as a form of its own and always special.
func Special(a netip.Addr) (string, bool) {
	if !a.IsValid() || a.Zone() != "" {
		return "无效或带区域标识", true
	}
	for _, s := range special {
		if s.prefix.Contains(a) {
			return s.name, true
		}
	}
	if a.Is6() && !global.Contains(a) {
		return "保留", true
	}
	return "", false
}

// inner names never mean a public host; each stands for itself and everything below it.
var inner = []string{
	"localhost", "localdomain", "local", "internal", "intranet", "lan", "corp", "home.arpa",
	// Metadata services of clouds that answer under a public-looking name.
	"metadata", "instance-data", "metadata.goog", "metadata.tencentyun.com", "metadata.oraclecloud.com",
}

func under(host, name string) bool {
	return host == name || strings.HasSuffix(host, "."+name)
}

// names maps full-width forms and the ideographic full stops and turns Chinese labels into Punycode, as browsers do.
// Underscores stay: some units use them in sub-domains.
var names = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false), idna.BidiRule())

var errHost = errors.New("not a host name or address")

// Host gives the one spelling under which a host is compared and dialled: ASCII, lower case, Punycode, no final dot,
// IPv4 in any numeric disguise (decimal, octal, hexadecimal, fewer parts) as four decimals, IPv6 without brackets in
// its short form. It does not decide whether the host may be reached.
func Host(raw string) (string, error) {
	if raw == "" || len(raw) > 1024 {
		return "", errHost
	}
	if strings.HasPrefix(raw, "[") && strings.HasSuffix(raw, "]") {
		raw = raw[1 : len(raw)-1]
	}
	if strings.Contains(raw, ":") {
		a, err := netip.ParseAddr(raw)
		if err != nil || a.Zone() != "" {
			return "", errHost
		}
		return a.String(), nil
	}
	host := raw
	if !plain(host) {
		if !utf8.ValidString(host) {
			return "", errHost
		}
		h, err := names.ToASCII(host)
		if err != nil {
			return "", errHost
		}
		// Some labels map to Punycode that is itself refused; such a name has no spelling to compare by.
		if again, err := names.ToASCII(h); err != nil || again != h {
			return "", errHost
		}
		host = h
	}
	host = strings.TrimSuffix(host, ".")
	if host == "" || len(host) > 253 {
		return "", errHost
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 {
			return "", errHost
		}
		for i := range len(label) {
			if b := label[i]; !(b >= 'a' && b <= 'z' || b >= '0' && b <= '9' || b == '-' || b == '_') {
				return "", errHost
			}
		}
	}
	if a, numeric, ok := number(host); numeric {
		if !ok {
			return "", errHost
		}
		return a.String(), nil
	}
	return host, nil
}

// plain reports whether a host needs no mapping; labels already in Punycode go through the mapping to be checked.
func plain(host string) bool {
	for i := range len(host) {
		if b := host[i]; !(b >= 'a' && b <= 'z' || b >= '0' && b <= '9' || b == '-' || b == '_' || b == '.') {
			return false
		}
	}
	return !strings.Contains(host, "xn--")
}

// number reads the host as browsers and C libraries do: when the last part is a number, the whole is an IPv4 address
// or nothing. Without it, 0x7f.1 would be looked up as a name by us and dialled as loopback by the next program.
func number(host string) (a netip.Addr, numeric, ok bool) {
	parts := strings.Split(host, ".")
	last := parts[len(parts)-1]
	if !digits(last) && !(strings.HasPrefix(last, "0x") && strings.Trim(last[2:], "0123456789abcdef") == "") {
		return a, false, false
	}
	if len(parts) > 4 {
		return a, true, false
	}
	var sum uint64
	for i, p := range parts {
		v, err := part(p)
		if err != nil {
			return a, true, false
		}
		if i == len(parts)-1 {
			rest := 4 - i
			if v >= 1<<(8*rest) {
				return a, true, false
			}
			sum = sum<<(8*rest) | v
		} else {
			if v > 255 {
				return a, true, false
			}
			sum = sum<<8 | v
		}
	}
	return netip.AddrFrom4([4]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)}), true, true
}

func part(s string) (uint64, error) {
	switch {
	case s == "":
		return 0, errHost
	case s == "0x":
		return 0, nil
	case strings.HasPrefix(s, "0x"):
		return strconv.ParseUint(s[2:], 16, 64)
	case len(s) > 1 && s[0] == '0':
		return strconv.ParseUint(s[1:], 8, 64)
	}
	return strconv.ParseUint(s, 10, 64)
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
