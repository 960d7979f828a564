package security

import "zhengshu/internal/org"

// Reorganise is the yearly check's part in a reorganisation: open plans go to
// who follows the 网信 body; sheets and holes follow their site by themselves.
func Reorganise() org.Module {
	return org.Carries("security",
		org.Owned{Table: "security_plan", Kind: "security_plan", Noun: "进行中的年度安全检查", Name: "title", Link: "'/console/security/' || id", Where: `state = 'open'`,
			Unless: `EXISTS (SELECT 1 FROM security_plan o WHERE o.unit_id = $2 AND o.year = security_plan.year)`})
}
