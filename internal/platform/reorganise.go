package platform

import "zhengshu/internal/org"

// Reorganise is the platforms' part in a reorganisation: a platform goes to who
// follows its operator, unless the successor serves one here already; a
// resident's limits go to who follows it, unless it has its own.
func Reorganise() org.Module {
	return org.Carries("platform",
		org.Owned{Table: "platform", Kind: "platform", Noun: "集约化平台", Name: "name", Link: "'/console/platforms/' || id", Where: "retired_on IS NULL",
			Unless: `platform.here AND EXISTS (SELECT 1 FROM platform o WHERE o.unit_id = $2 AND o.here AND o.retired_on IS NULL)`},
		org.Owned{Table: "tenant", Kind: "tenant", Noun: "进驻限额", ID: "platform_id || ':' || unit_id", Name: "coalesce((SELECT p.name FROM platform p WHERE p.id = tenant.platform_id), '')", Link: "'/console/platforms/' || platform_id",
			Unless: `EXISTS (SELECT 1 FROM tenant o WHERE o.platform_id = tenant.platform_id AND o.unit_id = $2)`})
}
