package vantage

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
)

// Whoever runs an agent reads first what is wrong and what to do.
func TestReasonsAreSentences(t *testing.T) {
	closed := netip.MustParseAddrPort("127.0.0.1:1")
	c := egress.New(egress.Policy{Allow: []netip.AddrPort{closed}, Ports: []uint16{1}})
	_, err := c.Get(context.Background(), "http://127.0.0.1:1/", egress.Options{})
	if err == nil {
		t.Fatal("nobody listens there")
	}
	says, cause, ok := strings.Cut(reason(err), "（")
	if !ok || !strings.HasSuffix(says, "。") || strings.Contains(says, "egress") || !strings.Contains(cause, "refused") {
		t.Errorf("%q", reason(err))
	}
	if says := reason(fault.New(fault.Forbidden, "监测点已停用。")); says != "监测点已停用。" {
		t.Errorf("%q", says)
	}
	if says := reason(errors.New("disk full")); says != "disk full" {
		t.Errorf("%q", says)
	}
}
