package operator

import "zhengshu/internal/org"

// Reorganise is the operators' part in a reorganisation: an operator with all
// its papers follows the first object it works on; one of the same name that
// the successor has already is kept beside it. Ended ones stay where they
// served.
func Reorganise() org.Module {
	const here = `state <> 'ended'`
	return org.Carries("operator",
		org.Owned{Table: "contractor", Kind: "contractor", Noun: "承办单位", Name: "name", Link: "'/console/operators/' || id", Where: here,
			Object: `(SELECT min(` + org.Key("x.object_kind", "x.object_id") + `) FROM contractor_object x WHERE x.contractor_id = contractor.id AND x.ended_on IS NULL)`,
			Make:   []string{`UPDATE contractor SET name = ` + org.Beside("name") + ` WHERE unit_id = $1 AND ` + here + ` AND EXISTS (SELECT 1 FROM contractor o WHERE o.unit_id = $2 AND o.name = contractor.name AND o.state <> 'ended')`}},
		org.Owned{Table: "contractor", Column: "body_id", Kind: "contractor_body", Noun: "作为内设机构承办的事项", Name: "name", Link: "'/console/operators/' || id", Where: here})
}
