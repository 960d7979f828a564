package blindtest

import "zhengshu/internal/org"

// Reorganise is the part of the blind tests in a reorganisation: a campaign goes
// with its office, a letter with the site it was sent to.
func Reorganise() org.Module {
	return org.Carries("blindtest",
		org.Owned{Table: "blind_campaign", Kind: "blind_campaign", Noun: "盲测", Name: "number", Note: "name", Link: "'/console/blind-tests/' || id", Where: `state <> 'cancelled'`},
		org.Owned{Table: "blind_letter", Kind: "blind_letter", Noun: "测试信件", Name: "site_name", Link: "'/console/blind-letters/' || id", Object: "'site:' || site_id"})
}
