package library_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/calendar"
	"zhengshu/internal/library"
	"zhengshu/internal/obligation"
)

// A column owes something new within its cycle; what goes live discharges the
// debt and starts the next round.
func TestColumnOwesWithinItsCycle(t *testing.T) {
	each(t, func(h *house) {
		ctx := context.Background()
		for range 2 { // a second look changes nothing
			if _, err := h.lib.KeepCycles(ctx); err != nil {
				h.t.Fatal(err)
			}
		}
		owed := func() []obligation.Obligation {
			list, err := h.ob.Obligations(ctx, system, obligation.Filter{Kind: library.ColumnUpdate.ID})
			if err != nil {
				h.t.Fatal(err)
			}
			return list
		}
		first := calendar.DateOf(h.clock.Now()).AddDays(30)
		if list := owed(); len(list) != 2 || list[0].Due.On != first {
			h.t.Fatalf("two columns with a cycle of 30 days owe %+v", list)
		}
		h.clock.Advance(10 * 24 * time.Hour)
		h.live(h.writing("要闻一则", "正文一段。"))
		for _, o := range owed() {
			want := first
			if strings.HasSuffix(o.Subject.Name, "要闻") {
				want = first.AddDays(10)
			}
			if o.Due.On != want {
				h.t.Errorf("%s is due %s, want %s", o.Subject.Name, o.Due.On, want)
			}
		}
		done, err := h.ob.Obligations(ctx, system, obligation.Filter{Kind: library.ColumnUpdate.ID, State: obligation.Discharged})
		if err != nil || len(done) != 1 || done[0].Evidence == "" {
			h.t.Errorf("discharged %+v (%v)", done, err)
		}
	})
}
