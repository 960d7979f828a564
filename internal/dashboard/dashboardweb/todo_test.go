package dashboardweb

import (
	"testing"

	"zhengshu/internal/calendar"
	"zhengshu/internal/web"
	"zhengshu/internal/workbench"
)

// What is late says so to the leader as it does in the inbox.
func TestWhatWaitsSaysHowLateItIs(t *testing.T) {
	today := calendar.Date{Year: 2026, Month: 11, Day: 26}
	for days, want := range map[int]web.Tag{-3: {Kind: web.Danger, Text: "超期 3 天"}, 0: {Kind: web.Warn, Text: "今日到期"}, 4: {Kind: web.Neutral, Text: "还有 4 天"}} {
		cell := toDo([]workbench.Task{{Title: "公布下月值班表", Due: calendar.Due{On: today.AddDays(days)}}}, today).Rows[0].Cells[2]
		if len(cell.Tags) != 1 || cell.Tags[0] != want {
			t.Errorf("%d days: %+v", days, cell)
		}
	}
	if cell := toDo([]workbench.Task{{Title: "没有期限"}}, today).Rows[0].Cells[2]; cell.Text != "—" || len(cell.Tags) > 0 {
		t.Errorf("without a day: %+v", cell)
	}
}
