package reconciliation

import (
	"net/netip"
	"testing"

	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
)

// FuzzGoneSight reads what a crawler may say of a given-up name: it is refused with a
// sentence, or is of the name that was asked for, with public addresses alone.
func FuzzGoneSight(f *testing.F) {
	for _, s := range []string{`{"host":"old.gov.cn","addresses":["1.2.3.4"]}`, `{"host":"old.gov.cn","none":true}`, `{"host":"old.gov.cn","addresses":["10.0.0.1"]}`, `{"host":"x"}`, `[]`} {
		f.Add([]byte(s))
	}
	c := egress.New(egress.Policy{})
	f.Cleanup(c.Close)
	f.Fuzz(func(t *testing.T, body []byte) {
		x, err := readGone(body, "old.gov.cn", c)
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Fatal(err)
			}
			return
		}
		for _, a := range x.Addresses {
			if _, special := egress.Special(netip.MustParseAddr(a)); special {
				t.Fatalf("%s was taken", a)
			}
		}
	})
}
