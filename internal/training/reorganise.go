package training

import "zhengshu/internal/org"

// Reorganise is the training's part in a reorganisation: courses still planned
// are held by who follows; held ones, with their sign-in lists and
// certificates, stay whose they were.
func Reorganise() org.Module {
	return org.Carries("training", org.Owned{Table: "training_course", Kind: "training", Noun: "计划中的培训", Name: "title", Note: "CAST(held_on AS TEXT)", Link: "'/console/training/' || id", Where: `state = 'planned'`})
}
