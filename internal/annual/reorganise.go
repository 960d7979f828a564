package annual

import "zhengshu/internal/org"

// Reorganise is the annual forms' part in a reorganisation: one that is not
// public yet goes on with who follows its site or unit, unless the successor has
// its own; published ones stay whose they were. What waits for an office is
// reviewed by who follows it.
func Reorganise() org.Module {
	const open = `state IN ('draft', 'returned', 'submitted', 'approved')`
	return org.Carries("annual",
		org.Owned{Table: "annual_form", Kind: "annual_form", Noun: "未公开的年度报表", Name: "object_name", Note: "CAST(year AS TEXT)", Link: "'/console/annual/' || id", Where: open,
			Object: `CASE WHEN kind = 'site' THEN 'site:' || object_id ELSE '' END`,
			Unless: `kind <> 'site' AND EXISTS (SELECT 1 FROM annual_form o WHERE o.unit_id = $2 AND o.kind = annual_form.kind AND o.year = annual_form.year)`},
		org.Owned{Table: "annual_form", Column: "reviewer_id", Kind: "annual_review", Noun: "待审核的年度报表", Name: "object_name", Note: "CAST(year AS TEXT)", Link: "'/console/annual/' || id", Where: open})
}
