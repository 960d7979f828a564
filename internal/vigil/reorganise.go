package vigil

import "zhengshu/internal/org"

// Reorganise is the part of protected periods in a reorganisation: a period
// stays with the office that declared it while its clocks run, unless a
// successor takes over; reports stay with who made them.
func Reorganise() org.Module {
	return org.Carries("vigil", org.Owned{Table: "protected_period", Kind: "protected_period", Noun: "重要保障期", Name: "name", Link: "'/console/protected-periods/' || id", Where: `state <> 'summarised'`})
}
