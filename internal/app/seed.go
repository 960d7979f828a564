package app

import (
	"context"

	"zhengshu/internal/demo"
)

// DemoServices are the doors the demo acts through.
func (h *House) DemoServices() demo.Services {
	return demo.Services{DB: h.DB, Org: h.Org, Signin: h.Signin, Registry: h.Registry, Roster: h.Roster, Cutover: h.Cutover, Library: h.Library, Lifecycle: h.Lifecycle, Approvals: h.Approvals,
		Letters: h.Letters, Inspection: h.Inspection, Assessment: h.Assessment, Reporting: h.Reporting, Publisher: h.Publisher,
		Operators: h.Operators, Tenancy: h.Tenancy, Protection: h.Protection, Coordination: h.Coordination, Budgets: h.Budgets,
		Notices: h.Notices, Filings: h.Filings, Closings: h.Closings, Origin: h.origin,
		Guidance: h.Guidance, Training: h.Training, SelfChecks: h.SelfChecks}
}

// seed fills an empty house with the demo province, once, and states what is
// official in it without waiting for the half-hour.
func (h *House) seed(ctx context.Context) error {
	if !h.Config.Demo {
		return nil
	}
	if err := demo.Fill(ctx, h.DemoServices()); err != nil {
		return err
	}
	return h.StateOfficial(ctx)
}
