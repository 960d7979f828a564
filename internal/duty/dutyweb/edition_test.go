package dutyweb

import (
	"fmt"
	"strings"
	"testing"

	"zhengshu/internal/duty"
)

// The roster leads to what was published before, which says what each turn became.
func TestARosterLeadsToItsFormerEditions(t *testing.T) {
	ro := sampleRoster
	was := duty.Edition{No: 1, PublishedBy: "赵六", PublishedAt: sampleNow, ReopenedBy: "钱七", ReopenedAt: sampleNow}
	old := ro.Shifts[0]
	old.LeadName = "从前的人"
	gone := ro.Shifts[1]
	gone.ID, gone.From = "gone", gone.From.AddDate(0, 0, -3)
	was.Shifts = []duty.Shift{old, gone, ro.Shifts[1]}
	said := fmt.Sprint(newRoster(ro, nil, nil, reader{editions: []duty.Edition{was}, changes: []duty.Change{{At: sampleNow, Who: "钱七", Does: "改动班次", Text: "原为 甲，改为 乙"}}}, sampleNow).Side)
	if !strings.Contains(said, ro.EditionLink(1)) || !strings.Contains(said, "钱七") || !strings.Contains(said, "原为 甲，改为 乙") {
		t.Errorf("beside the roster: %s", said)
	}
	v := fmt.Sprint(newEdition(ro, was).Main)
	for _, want := range []string{"从前的人", ro.Shifts[0].Manned(), "没有这个班次", "未变"} {
		if !strings.Contains(v, want) {
			t.Errorf("no %q in %s", want, v)
		}
	}
}
