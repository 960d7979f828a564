package app

import (
	"context"

	"zhengshu/internal/audit"
	"zhengshu/internal/demo"
	"zhengshu/internal/jobs"
)

// seed fills an empty house with the demo province, once, and works what
// follows from its first inspection.
func (h *House) seed(ctx context.Context) error {
	if !h.Config.Demo {
		return nil
	}
	s := demo.Services{DB: h.DB, Org: h.Org, Signin: h.Signin, Registry: h.Registry, Library: h.Library, Lifecycle: h.Lifecycle, Approvals: h.Approvals,
		Letters: h.Letters, Inspection: h.Inspection, Assessment: h.Assessment, Reporting: h.Reporting, Publisher: h.Publisher}
	// Workers of its own, for the time the house serves: only a demo has them.
	w := jobs.NewWorkers()
	demo.Work(w, s)
	client, err := jobs.New(h.DB, w, jobs.Config{
		Wrap: func(ctx context.Context, kind string) context.Context { return audit.System(ctx, "job."+kind) },
		Log:  h.Config.Log,
	})
	if err != nil {
		return err
	}
	if err := client.Start(ctx); err != nil {
		return err
	}
	return demo.Fill(ctx, s)
}
