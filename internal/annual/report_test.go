package annual_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"zhengshu/internal/annual"
)

// The cells of 我为政府网站找错 come from the list of the national platform as it was
// taken in: of the year, of the place and all below it, without what is void, each
// in one of the three kinds, and every one opens its reports. Without a list there
// is no figure rather than nought; with an old one the cell says how old.
func TestTheListOfErrorReportsFillsItsCells(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.on(2027, 1, 8)
		h.open()
		cells := []string{"errors", "errors_ontime", "errors_late", "errors_open"}
		says := func(office string) (out []string) {
			t.Helper()
			d := h.form(annual.SupervisionForm, string(h.units[office]))
			for _, id := range cells {
				l, ok := d.Line(id)
				if !ok {
					t.Fatalf("no cell %s", id)
				}
				out = append(out, l.Value)
			}
			return out
		}
		fact := func(office string) annual.Fact {
			t.Helper()
			l, _ := h.form(annual.SupervisionForm, string(h.units[office])).Line("errors")
			return l.Fact
		}
		report := func(number, site, received, last, answered string, void bool) string {
			day := "NULL"
			if answered != "" {
				day = "'" + answered + "'"
			}
			return fmt.Sprintf(`INSERT INTO error_report (number, site_id, received_on, due_on, last_on, answered_on, says, void, import_id, first_at) VALUES ('%s', '%s', '%s', '%s', '%s', %s, '错字', %t, 'i', '2027-01-05T02:00:00Z')`, number, h.sites[site], received, last, last, day, void)
		}
		taken := func(id, office, on string) string {
			return fmt.Sprintf(`INSERT INTO error_report_import (id, unit_id, taken_on, file, accepted, refused, taken_by, at) VALUES ('%s', '%s', '%s', '名单.xlsx', 1, 0, '某', '%sT02:00:00Z')`, id, h.units[office], on, on)
		}
		h.exec(
			report("A1", "swj", "2026-01-01", "2026-01-09", "2026-01-09", false), // the last day is in time, the first day of the year counts
			report("A2", "swj", "2026-03-02", "2026-03-10", "2026-03-11", false), // a day late
			report("A3", "county", "2026-05-06", "2026-05-14", "", false),        // never
			report("A4", "county", "2026-12-31", "2027-01-12", "2027-01-06", false),
			report("A5", "city", "2026-12-31", "2027-01-12", "", false), // waits, and is not answered
			report("B1", "swj", "2026-06-01", "2026-06-09", "", true),   // 重复 or 无效
			report("B2", "swj", "2025-12-31", "2026-01-10", "", false),  // another year's
			report("B3", "swj", "2027-01-01", "2027-01-11", "", false))

		// Nobody took a list in for the place: what lies there from elsewhere is no count.
		if v := strings.Join(says("city"), ","); v != ",,," || !strings.Contains(fact("city").Missing, "没有导入本年") {
			t.Errorf("without a list: %q, %+v", v, fact("city"))
		}
		h.exec(taken("i0", "city", "2025-12-30"))
		if v := strings.Join(says("city"), ","); v != ",,," {
			t.Errorf("a list of the year before: %q", v)
		}
		h.exec(taken("i1", "county", "2027-01-05"))
		if v := strings.Join(says("county"), ","); v != "2,1,0,1" {
			t.Errorf("the county: %s", v)
		}
		if v := strings.Join(says("city"), ","); v != ",,," {
			t.Errorf("a list of the county tells of the city: %s", v)
		}
		h.exec(taken("i2", "province", "2026-12-20"))
		if v := strings.Join(says("city"), ","); v != "5,2,1,2" {
			t.Errorf("the city: %s", v)
		}
		if f := fact("city"); !strings.Contains(f.Partial, "2026年12月20日") {
			t.Errorf("what came after the list is not told: %+v", f)
		}
		h.exec(taken("i3", "city", "2027-01-06"))
		if f := fact("city"); f.Partial != "" || f.Rows != 5 {
			t.Errorf("a list of after the year: %+v", f)
		}
		// Each cell opens its own reports, by number.
		for cell, want := range map[string]string{"errors": "A1 A2 A3 A4 A5", "errors_ontime": "A1 A4", "errors_late": "A2", "errors_open": "A3 A5"} {
			rows, total, err := h.svc.Rows(context.Background(), system, h.form(annual.SupervisionForm, string(h.units["city"])).ID, cell, 100, 0)
			var got []string
			for _, r := range rows {
				got = append(got, r.Key)
				if r.Link != "/console/error-reports?q="+r.Key || !strings.Contains(r.Text, r.Key) {
					t.Errorf("%s: %+v", cell, r)
				}
			}
			slices.Sort(got) // they stand by site
			if err != nil || total != len(rows) || strings.Join(got, " ") != want {
				t.Errorf("%s opens %v (%d, %v), want %s", cell, got, total, err, want)
			}
		}
		if l, _ := h.form(annual.SupervisionForm, string(h.units["city"])).Line("errors_share"); l.Value != "40" {
			t.Errorf("the share is %q", l.Value)
		}
	})
}
