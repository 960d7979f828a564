package web

import (
	"net/http/httptest"
	"testing"
	"time"

	"zhengshu/internal/calendar"
)

// BenchmarkList renders a list of fifty rows with frame, filter and pager.
func BenchmarkList(b *testing.B) {
	page := typicalBench()
	today := calendar.Date{Year: 2026, Month: 11, Day: 23}
	page.Table.Rows = nil
	for i := range 50 {
		page.Table.Rows = append(page.Table.Rows, Row{Cells: []Cell{{Text: "答复整改通知：首页 3 处链接打不开", Href: "/console", Note: "秦川县水务局网站"},
			Text("市政府办公室"), When(time.Unix(1795000000, 0)), DueCell(today.AddDays(i-10), today), Acts(Link{"去答复", "/console", "整改通知"})}})
	}
	bench := Define(views, "pages/sample_bench.html", page)
	r := httptest.NewRequest("GET", "/console", nil)
	b.ReportAllocs()
	for b.Loop() {
		if err := bench.Render(httptest.NewRecorder(), r, page); err != nil {
			b.Fatal(err)
		}
	}
}
