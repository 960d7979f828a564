package healthweb

import (
	"testing"

	"zhengshu/internal/health"
)

// The number of things to do leads to them.
func TestTheNumberOfWorriesLeadsToThem(t *testing.T) {
	v := newList([]health.Row{sampleRow}, 1, "", sampleToday, sampleNow)
	if cell := v.Table.Rows[0].Cells[1]; cell.Text == "0" || cell.Href != sampleRow.Link() {
		t.Errorf("%+v", cell)
	}
}
