package app

import (
	"context"

	"zhengshu/internal/demo"
)

// demoServices are the doors the demo acts through.
func (h *House) demoServices() demo.Services {
	return demo.Services{DB: h.DB, Org: h.Org, Signin: h.Signin, Registry: h.Registry, Library: h.Library, Lifecycle: h.Lifecycle, Approvals: h.Approvals,
		Letters: h.Letters, Inspection: h.Inspection, Assessment: h.Assessment, Reporting: h.Reporting, Publisher: h.Publisher,
		Notices: h.Notices, Filings: h.Filings, Closings: h.Closings, Origin: h.origin}
}

// seed fills an empty house with the demo province, once.
func (h *House) seed(ctx context.Context) error {
	if !h.Config.Demo {
		return nil
	}
	if err := demo.Fill(ctx, h.demoServices()); err != nil {
		return err
	}
	return h.StateOfficial(ctx)
}
