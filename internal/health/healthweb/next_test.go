package healthweb

import (
	"testing"

	"zhengshu/internal/health"
	"zhengshu/internal/web"
)

// The number of things to do leads to them.
func TestTheNumberOfWorriesLeadsToThem(t *testing.T) {
	v := newList([]health.Row{sampleRow}, 1, "", sampleToday, sampleNow)
	if cell := v.Table.Rows[0].Cells[1]; cell.Text == "0" || cell.Href != sampleRow.Link() {
		t.Errorf("%+v", cell)
	}
}

// Too little seen is no good news.
func TestAvailabilityIsGoodOnlyWhereItIsRated(t *testing.T) {
	for name, tt := range map[string]struct {
		r    health.Row
		want web.Tone
	}{
		"not watched": {health.Row{}, web.Neutral}, "too little": {health.Row{Probes: 3, Up: 3}, web.Neutral}, "rated": {health.Row{Probes: 900, Up: 900, Rated: true, Rate: 10000}, web.Good},
		"failed once": {health.Row{Probes: 3, Up: 2}, web.Warn}, "refuses": {health.Row{Refuses: true}, web.Warn},
	} {
		if got := upTone(tt.r); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
