package orgweb

import (
	"net/http"

	"zhengshu/internal/web"
)

// The parts of 单位, in the order of the tabs.
const (
	peoplePath    = "/console/people"
	vacancyPath   = "/console/vacancies"
	coveragePath  = "/console/coverage"
	actsPath      = "/console/reorganisations"
	cutoverPath   = "/console/cutover"
	ownHandOver   = "/console/me/handover"
	delegatePath  = "/console/delegations"
	absencePath   = "/console/absences"
	exportMaximum = 200_000
)

// tabsOf are the parts that the visitor may open.
func tabsOf(r *http.Request, current string) web.Tabs {
	t := web.Tabs{Label: "单位、人员和覆盖"}
	for _, x := range []web.Tab{{Name: "单位", Href: unitsPath}, {Name: "人员", Href: peoplePath}, {Name: "岗位空缺", Href: vacancyPath},
		{Name: "开设覆盖", Href: coveragePath}, {Name: "机构调整", Href: actsPath}, {Name: "存量认定", Href: cutoverPath}} {
		if !web.MayOpen(r, x.Href) {
			continue
		}
		x.Current = x.Href == current
		t.Items = append(t.Items, x)
	}
	return t
}
