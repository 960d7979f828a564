package securityweb

import (
	"strings"
	"testing"

	"zhengshu/internal/calendar"
	"zhengshu/internal/org"
	"zhengshu/internal/security"
	"zhengshu/internal/web"
)

// Where no 网信 body is registered the page says who bears the check.
func TestThePageSaysWhoBearsTheCheck(t *testing.T) {
	today := calendar.Date{Year: 2026, Month: 11, Day: 23}
	for _, tt := range []struct {
		list []security.Bearing
		kind web.Tone
		says string
	}{
		{nil, "", ""},
		{[]security.Bearing{{AreaName: "白水县", Body: org.Unit{Name: "陕西省互联网信息办公室"}}}, web.Info, "白水县的年度安全检查由陕西省互联网信息办公室承担"},
		{[]security.Bearing{{AreaName: "陕西省", Body: org.Unit{Name: "陕西省人民政府办公厅"}, Absent: true}}, web.Warn, "登记以前由陕西省人民政府办公厅承担"},
		{[]security.Bearing{{AreaName: "陕西省", Absent: true}}, web.Warn, "请在“单位”中登记"},
	} {
		a := newPlans(nil, 0, false, tt.list, today).Alert
		if a.Kind != tt.kind || !strings.Contains(a.Text, tt.says) || (a.Title == "") != (tt.list == nil) {
			t.Errorf("%+v: %+v", tt.list, a)
		}
	}
}

// What could not be tested is told on the plan's page and never as checked.
func TestAPlanTellsWhatCouldNotBeTested(t *testing.T) {
	today := calendar.Date{Year: 2026, Month: 11, Day: 23}
	p := samplePlan
	v := newPlan(p, []security.Sheet{sampleUntested.Sheet}, 1, true, today)
	if note := v.Stats.Items[1].Note; !strings.Contains(note, "12 个有层面未能检查，3 个未能检查并说明了原因") {
		t.Errorf("the plan says %q", note)
	}
	if tag := v.Table.Rows[0].Cells[2].Tags[0]; tag.Text != "未能检查，待说明原因" || tag.Kind != web.Warn {
		t.Errorf("the sheet is told as %+v", tag)
	}
	p.State, p.Summary = security.Finished, "总体平稳"
	if a := newPlan(p, nil, 0, true, today).Alert; !strings.Contains(a.Text, "检查 310 个网站（其中 12 个有层面未能检查），3 个网站未能检查并说明了原因") || !strings.Contains(a.Text, "总体平稳") {
		t.Errorf("the result says %q", a.Text)
	}
}

// A superior's plan is named where it holds, and not linked for whom it is shut.
func TestASuperiorsPlanIsNamed(t *testing.T) {
	v := newPlans([]security.Plan{superiorPlan}, 1, false, nil, calendar.Date{Year: 2026, Month: 11, Day: 23})
	name, sites := v.Table.Rows[0].Cells[1], v.Table.Rows[0].Cells[3]
	if name.Text != superiorPlan.Title || name.Href != "" || len(name.Tags) != 1 || name.Tags[0].Text != "上级计划" || !strings.Contains(sites.Text, "2 / 6 个网站（本单位范围）") {
		t.Errorf("%+v, %+v", name, sites)
	}
}
