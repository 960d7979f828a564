package sx2021

import (
	"slices"

	"zhengshu/internal/rules"
)

// Rules lists every rule of the regulation that can be broken by an act, in
// the order of the articles. A test finds any rule left out.
func Rules() []rules.Rule {
	return slices.Concat(
		article08OfflineRules,
	)
}

var article08OfflineRules = []rules.Rule{
	OfflineOncePerYear, OfflineAtMost30, OfflineCause, EmergencyCause, EmergencyReported,
	OfflineUnapproved, OfflineApproved, OfflineNotices, OfflinePinned,
}
