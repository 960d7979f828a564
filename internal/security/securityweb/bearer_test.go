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
