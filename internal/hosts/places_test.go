package hosts

import (
	"net/netip"
	"strings"
	"testing"

	"zhengshu/internal/fault"
	"zhengshu/internal/hang"
)

func TestArticle24_AddressesAreOfTheCountryTheFileSays(t *testing.T) {
	const file = "first,last,country\n# a remark\n1.0.0.0,1.255.255.255,CN\n1.2.0.0/16,HK\n\"2400:3200::/32\",cn\n2.0.0.0,2.0.0.255,US\n"
	p, err := ReadPlaces(strings.NewReader(file))
	if err != nil || p.Rows != 4 {
		t.Fatalf("%d rows, %v", p.Rows, err)
	}
	for a, want := range map[string]string{"1.0.0.0": "CN", "1.2.3.4": "HK", "1.3.0.0": "CN", "1.255.255.255": "CN", "2.0.0.0": "US", "2.0.1.0": "", "0.255.255.255": "", "2400:3200::1": "CN", "2400:3201::1": "", "::ffff:1.2.3.4": "HK"} {
		if got := p.Country(netip.MustParseAddr(a)); got != want {
			t.Errorf("%s is of %q, want %q", a, got, want)
		}
	}
	for _, bad := range []string{"", "heading,only\n", "1.0.0.0/8,CN\nnonsense,CN\n", "1.0.0.0/8,CN\n1.0.0.9,1.0.0.1,CN\n", "1.0.0.0/8,CN\n1.0.0.0/8,China\n", "1.0.0.0/8,CN\n1.0.0.0,::1,CN\n"} {
		if _, err := ReadPlaces(strings.NewReader(bad)); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	// A heading may stand below a remark; a first row that is wrong is no heading.
	if p, err := ReadPlaces(strings.NewReader("# made by hand\n起始地址,结束地址,国家\n1.0.0.0/8,CN\n")); err != nil || p.Rows != 1 {
		t.Errorf("a heading below a remark: %+v (%v)", p, err)
	}
	if _, err := ReadPlaces(strings.NewReader("1.0.0.0,bad,CN\n2.0.0.0/8,CN\n")); !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Of(err).Says, "第 1 行“1.0.0.0,bad,CN”") {
		t.Errorf("a wrong first row: %v", err)
	}
	// Nothing behind the bound is left out without a word.
	if _, err := readPlaces(strings.NewReader("1.0.0.0/8,CN\n2.0.0.0/8,CN\n"), 20); !fault.Is(err, fault.TooLarge) && !fault.Is(err, fault.Invalid) {
		t.Errorf("a file above the bound: %v", err)
	}
	if _, err := readPlaces(strings.NewReader("1.0.0.0/8,CN\n2.0.0.0/8,CN\n"), 26); err != nil {
		t.Errorf("a file at the bound: %v", err)
	}
	var none *Places
	if none.Country(netip.MustParseAddr("1.2.3.4")) != "" {
		t.Error("no file, and yet an answer")
	}
}

func FuzzPlaces(f *testing.F) {
	f.Add("1.0.0.0/8,CN\n2.0.0.0,3.0.0.0,HK\n", "2.1.1.1")
	f.Add("::/0,CN\n0.0.0.0/0,US", "255.255.255.255")
	f.Fuzz(func(t *testing.T, file, address string) {
		hang.Guard(t)
		p, err := ReadPlaces(strings.NewReader(file))
		if err != nil {
			return
		}
		a, err := netip.ParseAddr(address)
		if err != nil {
			return
		}
		if c := p.Country(a); c != "" && len(c) != 2 {
			t.Fatalf("country %q", c)
		}
	})
}
