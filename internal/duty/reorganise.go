package duty

import "zhengshu/internal/org"

// Reorganise is the duty's part in a reorganisation: turns still to come, what
// stands open and who answers for it go to who follows the unit; what was done
// stays with who did it.
func Reorganise() org.Module {
	return org.Carries("duty",
		org.Owned{Table: "alarm", Kind: "alarm", Noun: "未结告警", Name: "title", Link: "'/console/alarms/' || id", Where: `state <> 'ended'`},
		org.Owned{Table: "incident", Kind: "incident", Noun: "处置中的事件", Name: "title", Link: "'/console/incidents/' || id", Where: `state <> 'closed'`},
		org.Owned{Table: "takedown", Kind: "takedown", Noun: "待办的应急撤下", Name: "title", Link: "'/console/takedowns/' || id", Where: `state IN ('proposed', 'alone')`},
	)
}
