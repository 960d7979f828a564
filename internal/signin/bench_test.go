package signin_test

import (
	"testing"
	"time"

	"zhengshu/internal/calendar"
	"zhengshu/internal/db/dbtest"
)

// BenchmarkVisit is what every request of the console pays to know who asks.
func BenchmarkVisit(b *testing.B) {
	clock := calendar.NewManual(time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC))
	h := build(b, dbtest.SQLite(b, clock.Now), clock)
	id := h.login["editor"].ID
	token := open(b, h, id)
	b.ResetTimer()
	for b.Loop() {
		if _, ok, err := h.Store().FindCtx(b.Context(), token); err != nil || !ok {
			b.Fatal(err)
		}
		if _, err := h.Visit(b.Context(), id, false); err != nil {
			b.Fatal(err)
		}
	}
}
