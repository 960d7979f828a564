package reconciliation

import "zhengshu/internal/org"

// Reorganise is the reconciliations' part in a reorganisation: comparisons go
// to who follows the office, rows not yet decided follow their object.
func Reorganise() org.Module {
	return org.Carries("reconciliation",
		org.Owned{Table: "reconciliation_run", Kind: "reconciliation", Noun: "台账对账", Name: "source", Note: "file_name", Link: "'/console/reconciliations/' || id"},
		org.Owned{Table: "reconciliation_row", Kind: "reconciliation_row", Noun: "待处理的对账差异", Name: "name", Note: "field", Where: `decision = ''`, Object: org.Key("object", "object_id")})
}
