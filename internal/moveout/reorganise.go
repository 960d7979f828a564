package moveout

import "zhengshu/internal/org"

// Reorganise is moveout's part in a reorganisation: what is under way or can
// still be fetched goes with the site.
func Reorganise() org.Module {
	return org.Carries("moveout", org.Owned{Table: "move_out", Kind: "move_out", Noun: "整站导出", Name: "coalesce((SELECT s.name FROM site s WHERE s.id = move_out.site_id), '')", Link: "'/console/move-outs/' || id", Where: "state IN ('waiting', 'running', 'ready')", Object: "'site:' || site_id"})
}
