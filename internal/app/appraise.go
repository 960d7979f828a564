package app

import (
	"slices"

	"zhengshu/internal/appraisal"
	"zhengshu/internal/appraisal/appraisalweb"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/web"
)

// Appraise are the rounds of assessment and the blind tests (Articles 29, 30).
type Appraise struct {
	Rounds *appraisal.Service
}

// wireAppraise makes them; after assessment.
func (h *House) wireAppraise() {
	h.Rounds = appraisal.New(appraisal.Parts{DB: h.DB, Org: h.Org, Registry: h.Registry, Assessment: h.Assessment, Obligations: h.Obligations, Days: h.Days, Store: h.Blobs, Settings: h.Province.Settings})
}

func appraiseObligations() []obligation.Kind { return appraisal.Obligations() }

func appraiseMachines() []passage.Machine { return appraisal.Machines() }

func appraiseCarriers() []org.Module { return []org.Module{appraisal.Reorganise()} }

// appraiseDoors are their screens.
func (h *House) appraiseDoors() []web.Route {
	return slices.Concat(appraisalweb.New(h.Rounds, h.Org, h.Province.Settings).Routes())
}

// appraiseParts are their tabs below 考核与通报.
func appraiseParts() []web.Part {
	return []web.Part{{Name: "考核轮次", Href: "/console/rounds", Also: []string{"/console/rounds/"}}, {Name: "考核结果", Href: "/console/results", Also: []string{"/console/results/"}}}
}
