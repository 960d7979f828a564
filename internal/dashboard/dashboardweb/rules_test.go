package dashboardweb

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/dashboard"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/web"
)

// A check is named in words: its id means nothing to a reader.
func TestRulesAreNamedInWords(t *testing.T) {
	v := newRules([]dashboard.Rule{{Check: "link.dead", Raised: 3}}, dashboard.Place{}, web.Filter{}, time.Time{})
	cell := v.Charts[0].Table.Rows[0].Cells[0]
	if said := fmt.Sprint(cell); cell.Text != engine.CheckName("link.dead") || strings.Contains(said, "link.dead") {
		t.Errorf("%+v", cell)
	}
}
