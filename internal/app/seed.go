package app

import (
	"context"
	"errors"
	"time"

	"zhengshu/internal/demo"
)

// DemoServices are the doors the demo acts through.
func (h *House) DemoServices() demo.Services {
	return demo.Services{DB: h.DB, Org: h.Org, Signin: h.Signin, Registry: h.Registry, Roster: h.Roster, Cutover: h.Cutover, Library: h.Library, Disclosure: h.Disclosure, Columns: h.Columns, Layouts: h.Layouts, Media: h.Media, MoveIn: h.MoveIn, MoveOut: h.MoveOut, Reposting: h.Reposting, Lifecycle: h.Lifecycle, Approvals: h.Approvals,
		Letters: h.Letters, Inspection: h.Inspection, Assessment: h.Assessment, Reporting: h.Reporting, Annual: h.Annual, Publisher: h.Publisher, Appearance: h.Appearance, Visits: h.Visits,
		Operators: h.Operators, Tenancy: h.Tenancy, Protection: h.Protection, Coordination: h.Coordination, Budgets: h.Budgets, Lexicon: h.Lexicon,
		Notices: h.Notices, Filings: h.Filings, Closings: h.Closings, Merits: h.Merits, ErrorReports: h.ErrorReports, Origin: h.origin,
		Guidance: h.Guidance, Training: h.Training, SelfChecks: h.SelfChecks, Matrix: h.Matrix, Platforms: h.Platforms, Blueprints: h.Blueprints,
		Impostors: h.Impostors, Security: h.Security, NewMedia: h.NewMedia, Rounds: h.Rounds, BlindTests: h.BlindTests, Duty: h.Duty, Vigil: h.Vigil, At: h.stand()}
}

// stand is what stands the clock of a demo house in the past; nil for a house
// that runs on another.
func (h *House) stand() func(time.Time) {
	if c, ok := h.Config.Clock.(*demo.Clock); ok {
		return c.Stand
	}
	return nil
}

// seed fills an empty house with the demo province, once, and does at once what
// the minute's sweep and the half-hour's statement of what is official would do
// later: a newcomer finds the quarter's duties and the directory standing.
func (h *House) seed(ctx context.Context) error {
	if !h.Config.Demo {
		return nil
	}
	if err := demo.Fill(ctx, h.DemoServices()); err != nil {
		return err
	}
	return errors.Join(h.Sweep(ctx), h.StateOfficial(ctx))
}
