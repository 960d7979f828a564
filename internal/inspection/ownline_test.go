package inspection

import (
	"slices"
	"testing"
	"time"

	"zhengshu/internal/egress"
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
