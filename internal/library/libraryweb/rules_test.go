package libraryweb

import (
	"fmt"
	"strings"
	"testing"

	"zhengshu/internal/library"
	"zhengshu/internal/quality"
)

// A rule is named in words: its id means nothing to a reader.
func TestRulesAreNamedInWords(t *testing.T) {
	cell := newRules([]quality.Practice{{Rule: "wording.confusion", Seen: 3}}).Table.Rows[0].Cells[0]
	if said := fmt.Sprint(cell); cell.Text != library.RuleName("wording.confusion") || strings.Contains(said, "wording.") {
		t.Errorf("%+v", cell)
	}
}
