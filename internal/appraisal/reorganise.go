package appraisal

import "zhengshu/internal/org"

// Reorganise is the part of the rounds in a reorganisation: a round goes with
// its office; who answers for an object is who follows its unit, while the
// result keeps the name under which it was frozen.
func Reorganise() org.Module {
	return org.Carries("appraisal",
		org.Owned{Table: "appraisal_round", Kind: "appraisal_round", Noun: "考核轮次", Name: "number", Note: "name", Link: "'/console/rounds/' || id", Where: `state <> 'withdrawn'`},
		org.Owned{Table: "appraisal_object", Kind: "appraisal_object", Noun: "考核结果", Name: "name", Note: "unit_name", Link: "'/console/results/' || id", Object: org.Key("kind", "object_id")},
		org.Owned{Table: "appraisal_appeal", Kind: "appraisal_appeal", Noun: "考核申诉", Name: "indicator", Note: "reason", Link: "'/console/results/' || object_id"})
}
