package app

import (
	"context"
	"net/http"
	"time"

	"zhengshu/internal/db"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/inspectionpublic"
	"zhengshu/internal/jobs"
	"zhengshu/internal/portal"
	"zhengshu/internal/reporting"
	"zhengshu/internal/reporting/reportingpublic"
)

// publicPapers is the duty to state anew which bulletins everybody may read.
type publicPapers struct{}

// Kind names the job.
func (publicPapers) Kind() string { return "reporting.public" }

// wirePapers ties reporting to the rounds and to the public pages.
func (h *House) wirePapers() {
	jobs.Handle(h.workers, func(ctx context.Context, _ publicPapers) error { return h.StatePapers(ctx) })
	jobs.Every(h.workers, 30*time.Minute, publicPapers{})
	h.Reporting.OnPublic(func(ctx context.Context, tx *db.Tx) error { return jobs.Enqueue(ctx, tx, publicPapers{}) })
	jobs.Handle(h.workers, func(ctx context.Context, _ publicRules) error { return h.StateRules(ctx) })
	jobs.Every(h.workers, 30*time.Minute, publicRules{})
	h.Portal.Mount("/rules/", rulesDoor(inspectionpublic.Config{Store: h.Releases, Log: h.Config.Log, Render: renderIn}))
	h.Portal.Mount("/bulletins/", papersDoor(reportingpublic.Config{Store: h.Releases, Log: h.Config.Log, Render: renderIn}))
}

// papersDoor is the public's door to bulletins, in the frame of each site.
func papersDoor(c reportingpublic.Config) func(portal.SiteInfo) http.Handler {
	return inSite(reportingpublic.New(c))
}

// publicRules is the duty to state anew by which rules sites are inspected and how
// often each was right.
type publicRules struct{}

// Kind names the job.
func (publicRules) Kind() string { return "inspection.rules" }

// rulesDoor is the public's door to the rules, in the frame of each site.
func rulesDoor(c inspectionpublic.Config) func(portal.SiteInfo) http.Handler {
	return inSite(inspectionpublic.New(c))
}

// StateRules signs the statement that the public page of the rules reads.
func (h *House) StateRules(ctx context.Context) error {
	body, err := h.Inspection.RulesStatement(ctx)
	if err != nil {
		return err
	}
	return h.Releases.PutStatement(inspection.RulesName, body)
}

// StatePapers signs the statement that the public pages read.
func (h *House) StatePapers(ctx context.Context) error {
	body, err := h.Reporting.Statement(ctx)
	if err != nil {
		return err
	}
	return h.Releases.PutStatement(reporting.PublicName, body)
}
