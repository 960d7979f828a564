package filing

import "zhengshu/internal/org"

// Reorganise is the filings' part in a reorganisation: what is not finished
// follows its object; what waits for a co-regulator goes to who follows it.
func Reorganise() org.Module {
	const open = `state IN ('open', 'submitted', 'returned')`
	const looked = `state IN ('open', 'submitted', 'returned', 'recorded')` // a receipt recorded waits for the body's look
	return org.Carries("filing",
		org.Owned{Table: "filing", Kind: "filing", Noun: "在办备案、注销事项", Name: "object_name", Note: "body_name", Link: "'/console/filings/' || id", Where: open, Object: org.Key("object_kind", "object_id")},
		org.Owned{Table: "filing", Column: "body_id", Kind: "filing_body", Noun: "待本单位办理的备案、注销事项", Name: "object_name", Note: "body_name", Link: "'/console/filings/' || id", Where: looked})
}
