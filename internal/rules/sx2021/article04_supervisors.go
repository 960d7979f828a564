package sx2021

import "zhengshu/internal/rules"

// The rules of Article 4: one root, and one supervisor for everybody.
var (
	RootSupervisor = rule("S4.1.root", "第四条", "省政府办公厅是全省政府网站与政务新媒体工作的主管单位")
	OneSupervisor  = rule("S4.2.supervisor", "第四条", "各设区市、县（市、区）人民政府办公厅（室）和省政府各部门办公室分别是本行政区域和本部门、本系统政府网站与政务新媒体工作的主管单位")
)

// CheckRoot holds that the province has exactly one root supervisor; roots is
// how many provincial government offices an act would leave.
func CheckRoot(roots int) []rules.Breach {
	switch {
	case roots == 1:
		return nil
	case roots < 1:
		return []rules.Breach{RootSupervisor.Breach("省政府办公厅是全省的主管单位，不能撤销、合并、分设或改隶。")}
	}
	return []rules.Breach{RootSupervisor.Breachf("省级政府办公厅登记了%d个，全省只能有一个主管单位，请合并重复登记。", roots)}
}

// CheckSupervisor holds that an area has its supervising office: without it the
// sites and accounts there would have no supervisor. offices is how many the
// area would have after an act.
func CheckSupervisor(area string, offices int) []rules.Breach {
	switch {
	case offices == 1:
		return nil
	case offices < 1:
		return []rules.Breach{OneSupervisor.Breachf("%s的政府办公厅（室）是本行政区域的主管单位，撤并后将没有主管单位；请先明确承接的办公厅（室），或走区划调整。", area)}
	}
	return []rules.Breach{OneSupervisor.Breachf("%s登记了%d个政府办公厅（室），本行政区域只能有一个主管单位，请合并重复登记。", area, offices)}
}
