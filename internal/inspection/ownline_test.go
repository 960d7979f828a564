package inspection

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"zhengshu/internal/egress"
	"zhengshu/internal/inspection/engine"
)

// A failure is a site's only where something of the public network answered.
func TestFailuresNeedALineThatAnswers(t *testing.T) {
	since := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	dead, broken, fine := egress.ProbeResult{Kind: egress.DNS}, egress.ProbeResult{Status: 502}, egress.ProbeResult{OK: true, Status: 200}
	type look struct {
		res egress.ProbeResult
		own bool
	}
	for _, tt := range []struct {
		name    string
		round   []look
		outside time.Time
		want    []int
	}{
		{"nobody asked", nil, time.Time{}, nil},
		{"one site, nothing ever answered", []look{{dead, false}}, time.Time{}, []int{0}},
		{"one site, something answered long ago", []look{{dead, false}}, since.Add(-time.Second), []int{0}},
		{"one site, something answered since", []look{{dead, false}}, since, nil},
		{"a neighbour opens", []look{{dead, false}, {fine, false}}, time.Time{}, nil},
		{"a neighbour answers with an error", []look{{dead, false}, {broken, false}}, time.Time{}, nil},
		{"only our own portal opens", []look{{fine, true}, {dead, false}, {dead, false}}, time.Time{}, []int{1, 2}},
		{"our own portal is down", []look{{dead, true}}, time.Time{}, nil},
		{"everything opens", []look{{fine, false}}, time.Time{}, nil},
	} {
		var round []probed
		for _, l := range tt.round {
			round = append(round, probed{res: l.res})
		}
		if got := unproven(round, func(i int) bool { return tt.round[i].own }, tt.outside, since); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// What stands on this machine or in its network proves nothing of the line out,
// whoever asks: a run and the probes tell it alike.
func TestWhatIsInsideNeedsNoLine(t *testing.T) {
	client := egress.New(egress.Policy{Resolver: answers{"www.inner.gov.cn": "10.1.2.3", "www.outer.gov.cn": "1.2.4.8"}})
	defer client.Close()
	for address, want := range map[string]bool{
		"http://localhost:8080/": true, "http://demo.localhost/": true, "http://127.0.0.1/": true, "http://10.0.0.9/": true, "http://www.inner.gov.cn/": true,
		"http://www.outer.gov.cn/": false, "http://www.none.gov.cn/": false, "http://1.2.4.8/": false, "http://%zz/": false,
	} {
		if got := engine.Inside(t.Context(), client, address); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
}

type answers map[string]string

func (n answers) Resolve(_ context.Context, host string) ([]netip.Addr, error) {
	if a := n[host]; a != "" {
		return []netip.Addr{netip.MustParseAddr(a)}, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}
