package app

import (
	"context"

	"zhengshu/internal/assessment"
	"zhengshu/internal/calendar"
	"zhengshu/internal/coordination"
	"zhengshu/internal/db"
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
	h.Assessment.SourcesFrom(assessment.FromSelfChecks(h.SelfChecks), h.Rounds.Origin(), h.BlindTests.Origin())
	h.Coordination.ReferralsFrom(h.Impostors.Referable())
	h.Coordination.ReferralsFrom(h.Assessment.Referable()...)
	h.Impostors.OnResult(func(ctx context.Context, tx *db.Tx, caseID, result string, on calendar.Date, document, by string) error {
		return h.Coordination.Conclude(ctx, tx, "impostor", caseID, coordination.Result{Outcome: "done", Result: result, On: on, Document: document}, by)
	})
}

// meritPart is its tab below 考核与通报.
var meritPart = web.Part{Name: "表扬和问责", Href: "/console/merits", Also: []string{"/console/merits/"}}
