package protection

import "zhengshu/internal/org"

// Reorganise is the security records' part in a reorganisation: grades and
// hosting follow their object, platforms and devices go to who follows the
// unit.
func Reorganise() org.Module {
	object := `CASE WHEN object_id = '' THEN '' ELSE ` + org.Key("object_kind", "object_id") + ` END`
	return org.Carries("protection",
		org.Owned{Table: "protection_grade", Kind: "protection_grade", Noun: "等级保护记录", Name: "object_name", Link: "'/console/protection/' || id", Object: object,
			Make: []string{`UPDATE protection_grade SET object_name = ` + org.Beside("object_name") + ` WHERE unit_id = $1 AND object_id = '' AND EXISTS (SELECT 1 FROM protection_grade o WHERE o.unit_id = $2 AND o.object_id = '' AND o.object_name = protection_grade.object_name)`}},
		org.Owned{Table: "security_asset", Kind: "security_asset", Noun: "在用设备和产品", Name: "name", Note: "model", Where: `retired_on IS NULL`},
		org.Owned{Table: "hosting", Kind: "hosting", Noun: "托管记录", Name: "object_name", Note: "provider", Where: `ended_on IS NULL`, Object: object})
}
