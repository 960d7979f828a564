package selfcheck

import "zhengshu/internal/org"

// Reorganise is the self-checks' part in a reorganisation: one not yet affirmed
// goes on with who follows the unit, unless the successor fills in its own;
// affirmed ones stay as they were signed. Problems still open follow with their
// clocks.
func Reorganise() org.Module {
	return org.Carries("selfcheck", org.Owned{Table: "selfcheck", Kind: "selfcheck", Noun: "在填的安全自查", Name: "period_key", Link: "'/console/selfchecks/' || unit_id || '/' || period_key",
		Where: `state <> 'confirmed'`, Unless: `EXISTS (SELECT 1 FROM selfcheck o WHERE o.unit_id = $2 AND o.period_key = selfcheck.period_key)`})
}
