package reposting

import "zhengshu/internal/org"

// Reorganise is the part of reposts in a reorganisation: a call goes to who
// follows the office; what is still owed is owed by who takes the site or
// account. What was done stays as it was done.
func Reorganise() org.Module {
	return org.Carries("reposting",
		org.Owned{Table: "repost_call", Kind: "repost_call", Noun: "标明的重要转载", Name: "title", Link: "'/console/reposts/' || id", Where: `revoked_at IS NULL`},
		org.Owned{Table: "repost_duty", ID: "call_id || ':' || object_kind || ':' || object_id", Kind: "repost_duty", Noun: "待办的重要转载", Name: "object_name", Link: "'/console/reposts/' || call_id",
			Where: `state IN ('owed', 'given')`, Object: org.Key("object_kind", "object_id")})
}
