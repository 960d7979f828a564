package hosts

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"zhengshu/internal/blob"
	"zhengshu/internal/check"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/registry"
)

const fuzzHost = "www.example.gov.cn"

// sightly is a service that reads what crawlers say; nothing else of it works.
func sightly(t testing.TB) (*Service, blob.Ref) {
	t.Helper()
	store, err := blob.Disk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	ref, err := store.Put(context.Background(), bytes.NewReader(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("none")})))
	if err != nil {
		t.Fatal(err)
	}
	client := egress.New(egress.Policy{})
	t.Cleanup(client.Close)
	return &Service{Parts: Parts{Client: client, Store: store}}, ref
}

// What no look can have seen is refused with a sentence that says what and why.
func TestReadings22_WhatNoLookCanHaveSeenIsRefused(t *testing.T) {
	s, ref := sightly(t)
	good := func() Sight {
		return Sight{Host: fuzzHost, Addresses: []string{"1.2.3.4"}, TLS: &check.TLS{}, IPv6: &check.IPv6{}}
	}
	for says, spoil := range map[string]func(x *Sight){
		"":                   func(*Sight) {},
		"不是所交办的":             func(x *Sight) { x.Host = "www.other.gov.cn" },
		"缺少":                 func(x *Sight) { x.TLS = nil },
		"1.2.3 不正确":          func(x *Sight) { x.Addresses = []string{"1.2.3"} },
		"10.0.0.1 不是公网地址":    func(x *Sight) { x.Addresses = []string{"10.0.0.1"} },
		"127.0.0.1 不是公网地址":   func(x *Sight) { x.Taken = []Taken{{Host: "cdn.example", Addresses: []string{"127.0.0.1"}}} },
		"169.254.169.254 不是": func(x *Sight) { x.Addresses = []string{"::ffff:169.254.169.254"} },
		"域名服务器":              func(x *Sight) { x.Servers = []string{"ns 1\n"} },
		"数量超出范围":             func(x *Sight) { x.Addresses = make([]string, mostAddresses+1) },
		"链接的数量":              func(x *Sight) { x.IPv6.Second, x.IPv6.SecondOK = 1, 2 },
		"前后不一致":              func(x *Sight) { x.IPv6.Addresses = true },
		"没有附上证书":             func(x *Sight) { x.TLS = &check.TLS{Offered: true, Best: "TLS 1.3", Cert: "00"} },
		"编号不正确":              func(x *Sight) { x.TLS, x.Chain = &check.TLS{Offered: true, Best: "TLS 1.3"}, "../../etc/passwd" },
		"不是同一张":              func(x *Sight) { x.TLS, x.Chain = &check.TLS{Offered: true, Best: "TLS 1.3", Cert: "00"}, ref },
		"不能识别": func(x *Sight) {
			x.TLS, x.Chain = &check.TLS{Offered: true, Best: "TLS 1.3", Cert: "140bedbf9c3f6d56a9846d2ba7088798683f4da0c248231336e6a05679e4fdfe"}, ref
		},
	} {
		x := good()
		spoil(&x)
		err := s.clean(t.Context(), registry.Site{Host: fuzzHost}, &x)
		if (err == nil) != (says == "") || err != nil && (!fault.Is(err, fault.Invalid) || !strings.Contains(fault.Of(err).Says, says)) {
			t.Errorf("%s: %v", says, err)
		}
	}
}

// A home page decides how many parts it has and what they are called: neither makes what a
// crawler saw of the site useless.
func TestStrangePartsOfAPageAreTold(t *testing.T) {
	t.Parallel() // much of it is waiting
	s, _ := sightly(t)
	var names []string
	for i := range 3 * maxHosts {
		names = append(names, fmt.Sprintf("img%d.example.com", i))
	}
	names[0], names[1] = "www..example.com", "*.example.com"
	ask := &asker{client: s.Client, ctx: t.Context(), known: map[string]told{}}
	x := Sight{Host: fuzzHost, Addresses: []string{"1.2.3.4"}, TLS: &check.TLS{}, IPv6: &check.IPv6{}, Home: true, Taken: ask.taken(names)}
	x.Taken[2] = Taken{Host: "many.example.com", Addresses: make([]string, mostAddresses+1)}
	if err := s.clean(t.Context(), registry.Site{Host: fuzzHost}, &x); err != nil {
		t.Fatal(err)
	}
	if n := len(x.Taken); n != maxHosts || x.Taken[n-1].Not != tooMany {
		t.Errorf("%d hosts, the last %+v", n, x.Taken[n-1])
	}
	for _, y := range x.Taken[:3] {
		if y.Not == "" || y.Addresses != nil {
			t.Errorf("%+v", y)
		}
	}
}

// FuzzSight reads what a crawler may say of a site's names and machines: it is refused
// with a sentence, or is of the site that was asked for, with public addresses alone.
func FuzzSight(f *testing.F) {
	for _, s := range []string{`{"host":"www.example.gov.cn","untold":"没有解析"}`, `{"host":"www.example.gov.cn","addresses":["1.2.3.4","2409::1"],"servers":["ns1.example.cn"],"tls":{"Offered":true,"Best":"TLS 1.3","Until":"2027-01-01"},"ipv6":{"Addresses":true,"Second":3,"SecondOK":2},"home":true,"taken":[{"host":"cdn.example","addresses":["1.1.1.1"]}]}`, `{"host":"10.0.0.1"}`, `null`, `{"tls":{"Until":"9999-99-99"}}`} {
		f.Add([]byte(s))
	}
	s, _ := sightly(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		var x Sight
		if json.Unmarshal(body, &x) != nil {
			return
		}
		if err := s.clean(context.Background(), registry.Site{Host: fuzzHost}, &x); err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Fatal(err)
			}
			return
		}
		if x.Host != fuzzHost {
			t.Fatalf("%+v", x)
		}
		for _, a := range x.Addresses {
			if _, special := egress.Special(netip.MustParseAddr(a)); special {
				t.Fatalf("%s was taken", a)
			}
		}
		_ = s.judgeable(x)
	})
}

// judgeable makes of a sight what is judged of it.
func (s *Service) judgeable(x Sight) []check.Finding {
	facts := check.Server{Host: x.Host, IPv6: x.IPv6, TLS: x.TLS, Names: names(registry.Domain{Host: x.Host, NS: []string{"ns.example"}}, sighted{Sight: x})}
	return check.Run(check.Facts{Server: &facts})
}
