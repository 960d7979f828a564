package egress

import (
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func TestHost(t *testing.T) {
	for in, want := range map[string]string{
		"WWW.Gov.CN":                    "www.gov.cn",
		"www.gov.cn.":                   "www.gov.cn",
		"www。gov．cn":                    "www.gov.cn",
		"政务.cn":                         "xn--zfr164b.cn",
		"a_b.gov.cn":                    "a_b.gov.cn",
		"2130706433":                    "127.0.0.1",
		"0x7f000001":                    "127.0.0.1",
		"0X7F.1":                        "127.0.0.1",
		"0177.0.0.01":                   "127.0.0.1",
		"127.1":                         "127.0.0.1",
		"127.0.1":                       "127.0.0.1",
		"１２７.０.０.１":                     "127.0.0.1",
		"127.0.0.1.":                    "127.0.0.1",
		"[::1]":                         "::1",
		"[0:0:0:0:0:0:0:1]":             "::1",
		"[::ffff:127.0.0.1]":            "::ffff:127.0.0.1",
		"[::ffff:7f00:1]":               "::ffff:127.0.0.1",
		"8.8.8.8":                       "8.8.8.8",
		"1x.gov.cn":                     "1x.gov.cn",
		"localhost.":                    "localhost",
		"xn--zfr164b.cn":                "xn--zfr164b.cn",
		"":                              "",
		".":                             "",
		"a..b":                          "",
		"256.1.1.1":                     "",
		"1.2.3.4.5":                     "",
		"08.0.0.1":                      "",
		"0xfffffffffffffffff1":          "",
		"4294967296":                    "",
		"[fe80::1%25eth0]":              "",
		"[fe80::1%eth0]":                "",
		"a b.cn":                        "",
		"a/b.cn":                        "",
		"a@b.cn":                        "",
		"a\x00.cn":                      "",
		"%6c%6f.cn":                     "",
		strings.Repeat("a", 64) + ".cn": "",
	} {
		got, err := Host(in)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("Host(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
}

func TestSpecial(t *testing.T) {
	for _, a := range []string{
		"0.0.0.0", "0.1.2.3", "10.1.2.3", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254", "169.254.169.254",
		"172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255",
		"198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "168.63.129.16",
		"::", "::1", "::7f00:1", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1",
		"2002:7f00:1::", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1", "4000::1", "fe80::1%lo",
	} {
		if _, yes := Special(netip.MustParseAddr(a)); !yes {
			t.Errorf("%s passes as public", a)
		}
	}
	for _, a := range []string{"8.8.8.8", "1.2.4.8", "172.32.0.1", "100.128.0.1", "169.253.1.1", "192.0.1.1", "2400:3200::1", "240e::1", "2001:4860:4860::8888", "2606:4700::1111"} {
		if name, yes := Special(netip.MustParseAddr(a)); yes {
			t.Errorf("%s taken for %s", a, name)
		}
	}
	if _, yes := Special(netip.Addr{}); !yes {
		t.Error("the zero address passes as public")
	}
}

// FuzzHost holds what the rest relies on: one spelling, and no numeric disguise left in a name.
func FuzzHost(f *testing.F) {
	for _, s := range []string{"www.gov.cn", "2130706433", "0x7f.1", "127.0.0.1.", "[::1]", "政务。cn", "xn--a", "0", "0x", "1.0x", "a.0x1", "ß.cn", "İ.cn"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		h, err := Host(s)
		if err != nil {
			return
		}
		again, err := Host(h)
		if err != nil || again != h {
			t.Fatalf("Host(%q) = %q, then %q, %v", s, h, again, err)
		}
		if _, numeric, _ := number(h); numeric {
			if _, err := netip.ParseAddr(h); err != nil {
				t.Fatalf("Host(%q) = %q: a number, not an address", s, h)
			}
		}
	})
}

func TestPublicAddressesOfTheMachine(t *testing.T) {
	var list []net.Addr
	for _, s := range []string{"127.0.0.1/8", "10.1.2.3/24", "123.125.81.12/24", "fe80::1/64", "2408:8000::5/64"} {
		a, n, err := net.ParseCIDR(s)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, &net.IPNet{IP: a, Mask: n.Mask})
	}
	want := []netip.Addr{netip.MustParseAddr("123.125.81.12"), netip.MustParseAddr("2408:8000::5")}
	if got := public(list); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if _, err := Here(); err != nil {
		t.Error(err)
	}
}
