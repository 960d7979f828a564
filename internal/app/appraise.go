package app

import (
	"context"
	"slices"

	"zhengshu/internal/appraisal"
	"zhengshu/internal/appraisal/appraisalweb"
	"zhengshu/internal/blindtest"
	"zhengshu/internal/blindtest/blindtestweb"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/web"
)

// Appraise are the rounds of assessment and the blind tests (Articles 29, 30).
type Appraise struct {
	Rounds     *appraisal.Service
	BlindTests *blindtest.Service
}

// wireAppraise makes them; after assessment.
func (h *House) wireAppraise() {
	h.Rounds = appraisal.New(appraisal.Parts{DB: h.DB, Org: h.Org, Registry: h.Registry, Assessment: h.Assessment, Obligations: h.Obligations, Days: h.Days, Store: h.Blobs, Settings: h.Province.Settings})
	h.BlindTests = blindtest.New(blindtest.Parts{DB: h.DB, Org: h.Org, Registry: h.Registry, Letters: h.Letters, Days: h.Days, Keys: h.Keys, Settings: h.Province.Settings})
	h.Assessment.Observe(h.BlindTests.Observe)
}

func appraiseObligations() []obligation.Kind { return appraisal.Obligations() }

func appraiseMachines() []passage.Machine {
	return slices.Concat(appraisal.Machines(), blindtest.Machines())
}

func appraiseCarriers() []org.Module {
	return []org.Module{appraisal.Reorganise(), blindtest.Reorganise()}
}

// appraiseDoors are their screens.
func (h *House) appraiseDoors() []web.Route {
	return slices.Concat(appraisalweb.New(h.Rounds, h.Org, h.Province.Settings).Routes(), blindtestweb.New(h.BlindTests, h.Org, h.Province.Settings).Routes())
}

// appraiseParts are their tabs below 考核与通报.
func appraiseParts() []web.Part {
	return []web.Part{{Name: "考核轮次", Href: "/console/rounds", Also: []string{"/console/rounds/"}}, {Name: "考核结果", Href: "/console/results", Also: []string{"/console/results/"}},
		{Name: "来信盲测", Href: "/console/blind-tests", Also: []string{"/console/blind-tests/"}}, {Name: "盲评答复", Href: "/console/blind-marks", Also: []string{"/console/blind-marks/"}}, {Name: "测试信件", Href: "/console/blind-letters", Also: []string{"/console/blind-letters/"}}}
}

// sweepAppraise sends test letters and reads the answers that came.
func (h *House) sweepAppraise(ctx context.Context) error {
	_, err := h.BlindTests.Sweep(ctx)
	return err
}
