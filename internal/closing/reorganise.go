package closing

import "zhengshu/internal/org"

// Reorganise is the closings' part in a reorganisation: a closing and an
// inquiry under way follow their object; an inquiry is decided by who follows
// the supervisor, who also records the accountability that is still to come. Who
// was held to account stays on record as it was decided.
func Reorganise() org.Module {
	object := org.Key("object_kind", "object_id")
	const open = `state IN ('open', 'answered')`
	const undecided = open + ` OR state = 'unapproved_offline' AND NOT EXISTS (SELECT 1 FROM merit_ground g JOIN merit m ON m.id = g.merit_id WHERE g.kind = 'inquiry' AND g.object_id = inquiry.id AND m.state = 'checked')`
	return org.Carries("closing",
		org.Owned{Table: "closing", Kind: "closing", Noun: "关停迁移", Name: "object_name", Note: "host", Link: "'/console/closings/' || id", Where: `state NOT IN ('closed', 'stopped')`, Object: object},
		org.Owned{Table: "inquiry", Kind: "inquiry", Noun: "待说明的核实单", Name: "object_name", Link: "'/console/inquiries/' || id", Where: open, Object: object},
		org.Owned{Table: "inquiry", Column: "office_id", Kind: "inquiry_office", Noun: "待本单位认定、问责的核实单", Name: "object_name", Link: "'/console/inquiries/' || id", Where: `(` + undecided + `)`})
}
