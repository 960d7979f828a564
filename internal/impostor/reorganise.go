package impostor

import "zhengshu/internal/org"

// Reorganise is the part of the fakes in a reorganisation: a case follows the
// unit whose object is imitated and the office that handles it; what was asked
// of a body goes to who follows it.
func Reorganise() org.Module {
	const standing = `state NOT IN ('closed', 'dismissed')`
	return org.Carries("impostor",
		org.Owned{Table: "impostor", Kind: "impostor", Noun: "假冒线索", Name: "number", Note: "shown", Link: "'/console/impostors/' || id", Where: standing, Object: `CASE WHEN object_id = '' THEN '' ELSE ` + org.Key("object_kind", "object_id") + ` END`},
		org.Owned{Table: "impostor", Column: "office_id", Kind: "impostor_office", Noun: "由本单位核实的假冒线索", Name: "number", Note: "shown", Link: "'/console/impostors/' || id", Where: standing},
		org.Owned{Table: "impostor_step", Kind: "impostor_step", Noun: "待处置的假冒", Name: "unit_name", Link: "'/console/impostors/' || impostor_id", Where: `recorded_at IS NULL`},
		org.Owned{Table: "impostor_candidate", ID: "host", Kind: "impostor_candidate", Noun: "相近域名", Name: "shown", Where: `state = 'new'`})
}
