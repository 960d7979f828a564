package reporting_test

import (
	"testing"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/reporting"
	"zhengshu/internal/visits"
)

// TestArticle19_6_AnnualFormTakesTheFiguresOfVisits: what the form asks for is
// counted, with its source; what nobody counted is missing, not nought.
func TestArticle19_6_AnnualFormTakesTheFiguresOfVisits(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, scope := h.as("city", authz.RegistryRead)
		row := func(key, name string) reporting.YearRow {
			t.Helper()
			y, err := h.svc.YearlyOf(ctx, scope, h.sites[key], 2026)
			if err != nil {
				t.Fatal(err)
			}
			for _, g := range y.Groups {
				for _, r := range g.Rows {
					if r.Name == name {
						return r
					}
				}
			}
			t.Fatalf("no row %s", name)
			return reporting.YearRow{}
		}
		if r := row("city", "网站总访问量"); !r.Missing || r.Value != "" || r.Source != "本年没有访问统计" {
			t.Errorf("without a counted day: %+v", r)
		}
		h.reads = visits.YearFigures{Views: 120000, Visitors: 30500, Days: 320, First: calendar.Date{Year: 2026, Month: 1, Day: 3}, Last: calendar.Date{Year: 2026, Month: 11, Day: 20}, Method: visits.Method}
		if r := row("city", "网站总访问量"); r.Missing || r.Value != "120000" || r.Unit != "次" {
			t.Errorf("views: %+v", r)
		}
		if r := row("city", "独立用户访问总量"); r.Value != "30500" || r.Source != "访问统计，2026-01-03 至 2026-11-20，有统计的 320 天。"+visits.Method {
			t.Errorf("visitors: %+v", r)
		}
		if r := row("swj", "网站总访问量"); !r.Missing || r.Source != "不由本平台承载，请由承载单位提供" {
			t.Errorf("a site that is hosted elsewhere: %+v", r)
		}
		if r := row("city", "信息发布总数"); r.Missing || r.Value != "0" {
			t.Errorf("nothing published is nought: %+v", r)
		}
		if r := row("city", "政府网站标识码"); !r.Missing {
			t.Errorf("a code that is not on record: %+v", r)
		}
		for _, year := range []int{2016, 2999} {
			if _, err := h.svc.YearlyOf(ctx, scope, h.sites["city"], year); !fault.Is(err, fault.Invalid) {
				t.Errorf("year %d: %v", year, err)
			}
		}
		if _, err := h.svc.YearlyOf(ctx, scope, h.sites["tongchuan"], 2026); !fault.Is(err, fault.NotFound) {
			t.Errorf("a neighbour's site: %v", err)
		}
	})
}
