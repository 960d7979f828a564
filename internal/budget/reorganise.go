package budget

import "zhengshu/internal/org"

// Reorganise is the budget's part in a reorganisation: lines go to who follows
// the unit. Where the successor has a line of that year and class, both stay as
// they were approved, each under its own document.
func Reorganise() org.Module {
	return org.Carries("budget", org.Owned{Table: "budget_line", Kind: "budget_line", Noun: "经费项目", Name: "CAST(year AS TEXT) || ' 年'", Note: "document", Link: "'/console/budgets/' || unit_id || '/' || CAST(year AS TEXT)",
		Unless: `EXISTS (SELECT 1 FROM budget_line o WHERE o.unit_id = $2 AND o.year = budget_line.year AND o.class = budget_line.class)`})
}
