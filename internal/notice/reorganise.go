package notice

import "zhengshu/internal/org"

// Reorganise is the notices' part in a reorganisation: a notice that is owed or
// hangs follows its object, and so does the sponsor's duty to publish it; what
// an office publishes goes to who follows the office. The days already counted
// stay counted.
func Reorganise() org.Module {
	const open = `state IN ('owed', 'hanging')`
	object := org.Key("object_kind", "object_id")
	return org.Carries("notice",
		org.Owned{Table: "notice", Kind: "notice", Noun: "在办公告", Name: "object_name", Note: "title", Link: "'/console/notices/' || id", Where: open, Object: object},
		org.Owned{Table: "notice", Column: "publisher_id", Kind: "notice_publisher", Noun: "应由本单位发布的公告", Name: "object_name", Note: "title", Link: "'/console/notices/' || id", Where: open,
			Object: `CASE WHEN publisher = 'sponsor' THEN ` + object + ` ELSE '' END`})
}
