package app

import (
	"context"

	"zhengshu/internal/assessment"
	"zhengshu/internal/calendar"
	"zhengshu/internal/coordination"
	"zhengshu/internal/db"
	"zhengshu/internal/errorreport"
	"zhengshu/internal/merit"
	"zhengshu/internal/web"
)

// wireMerits makes the records of commendation and accountability; before the
// closings, whose inquiries they may rest on.
func (h *House) wireMerits() {
	h.Merits = merit.New(merit.Parts{DB: h.DB, Org: h.Org, Store: h.Blobs})
}

// wireFollowUps joins what assessment leads to: what records rest on, what
// becomes a finding, and what goes to co-regulators.
func (h *House) wireFollowUps() {
	h.Merits.GroundsFrom(h.Assessment.Grounds()...)
	h.Merits.GroundsFrom(h.Reporting.Grounds()...)
	h.Merits.GroundsFrom(h.Rounds.Grounds()...)
	h.ErrorReports = errorreport.New(errorreport.Parts{DB: h.DB, Days: h.Days, Obligations: h.Obligations, Within: h.answersWithin})
	h.Assessment.Observe(assessment.ErrorReports(h.ErrorReports), h.Rounds.Shares())
	h.Assessment.SourcesFrom(assessment.FromSelfChecks(h.SelfChecks), h.Rounds.Origin(), h.BlindTests.Origin())
	h.Coordination.ReferralsFrom(h.Impostors.Referable())
	h.Coordination.ReferralsFrom(h.Assessment.Referable()...)
	h.Impostors.OnResult(func(ctx context.Context, tx *db.Tx, caseID, result string, on calendar.Date, document, by string) error {
		return h.Coordination.Conclude(ctx, tx, "impostor", caseID, coordination.Result{Outcome: "done", Result: result, On: on, Document: document}, by)
	})
}

// answersWithin is in how many working days a reader's error report is to be
// answered, by the offices' indicators in force on a day.
func (h *House) answersWithin(on calendar.Date) (int, bool) {
	p, ok := h.Assessment.PackNamed(assessment.OfficePackID, on)
	if !ok {
		return 0, false
	}
	i, _ := p.Indicator(errorreport.Indicator)
	v, ok := i.Param("within_workdays")
	return v.Int(), ok
}

// errorReportPart is the tab of the national list of error reports.
var errorReportPart = web.Part{Name: "网民找错", Href: "/console/error-reports", Also: []string{"/console/error-reports/"}}

// meritPart is its tab below 考核与通报.
var meritPart = web.Part{Name: "表扬和问责", Href: "/console/merits", Also: []string{"/console/merits/"}}
