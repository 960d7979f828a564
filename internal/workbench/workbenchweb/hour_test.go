package workbenchweb

import (
	"testing"
	"time"

	"zhengshu/internal/calendar"
	"zhengshu/internal/web"
	"zhengshu/internal/workbench"
)

// The badge and the figures of 待办 count what is owed by an hour from that hour on.
func TestTheBadgeGoesByTheHour(t *testing.T) {
	at := sampleDay.Start().Add(18 * time.Hour)
	tasks := []workbench.Task{{Key: "a", Title: "补审", Due: calendar.DueAt(at)}, {Key: "b", Title: "按日的", Due: calendar.Due{On: sampleDay}}}
	for now, want := range map[time.Time]int{at.Add(-time.Second): 0, at: 1, sampleDay.AddDays(1).Start(): 2} {
		if got := countsOf(tasks, now); got.Overdue != want || got.ToDo != 2 {
			t.Errorf("at %s: %+v, want %d late", now, got, want)
		}
		v := newHomeView(bench{tab: workbench.ToDo, toDo: tasks, rows: tasks, counts: map[workbench.Tab]int{}}, now)
		if late := v.Stats.Items[0].Value; late != map[int]string{0: "0", 1: "1", 2: "2"}[want] {
			t.Errorf("at %s the figures say %s late", now, late)
		}
		red := 0
		for _, r := range v.Table.Rows {
			if r.Kind == web.Danger {
				red++
			}
		}
		if red != want {
			t.Errorf("at %s %d rows are red", now, red)
		}
	}
}
