package inspectionweb

import (
	"embed"
	"net/http"
	"net/url"

	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

//go:embed views/*.html
var views embed.FS

const (
	home      = "/console"
	boardPath = "/console/inspection"
	sitePath  = boardPath + "/sites/"
	listPath  = "/console/findings"
	perPage   = 20
	smallBody = 64 << 10
)

// Handler serves the screens.
type Handler struct {
	db         *db.DB
	inspection *inspection.Service
	registry   *registry.Service
	org        *org.Service
	blobs      blob.Store
}

// New makes the handler.
func New(d *db.DB, s *inspection.Service, r *registry.Service, o *org.Service, blobs blob.Store) *Handler {
	return &Handler{db: d, inspection: s, registry: r, org: o, blobs: blobs}
}

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return append(planRoutes(h), []web.Route{
		{Pattern: "GET /console/inspection", Permit: authz.InspectionRead, Handle: h.board},
		{Pattern: "GET /console/inspection/sites/{id}", Permit: authz.InspectionRead, Handle: h.site},
		{Pattern: "POST /console/inspection/sites/{id}/run", Permit: authz.InspectionRun, Handle: h.start, MaxBody: smallBody},
		{Pattern: "GET /console/inspection/sites/{id}/baselines", Permit: authz.InspectionRead, Handle: h.baselines},
		{Pattern: "POST /console/inspection/sites/{id}/baselines", Permit: authz.InspectionRun, Handle: h.watchPage, MaxBody: smallBody},
		{Pattern: "GET /console/inspection/sites/{id}/baseline", Permit: authz.InspectionRead, Handle: h.baseline},
		{Pattern: "POST /console/inspection/sites/{id}/baseline", Permit: authz.InspectionRun, Handle: h.advanceBaseline, MaxBody: smallBody},
		{Pattern: "POST /console/inspection/sites/{id}/baseline/end", Permit: authz.InspectionRun, Handle: h.unwatchPage, MaxBody: smallBody},
		{Pattern: "GET /console/inspection/sites/{id}/baseline/bytes", Permit: authz.InspectionRead, Handle: h.baselineBytes},
		{Pattern: "GET /console/findings/{id}/evidence/{proof}/picture", Permit: authz.InspectionRead, Handle: h.picture},
		{Pattern: "GET /console/inspection/runs/{id}", Permit: authz.InspectionRead, Handle: h.run},
		{Pattern: "GET /console/findings", Permit: authz.InspectionRead, Handle: h.findings},
		{Pattern: "GET /console/findings/export", Permit: authz.InspectionRead, Handle: h.exportFindings},
		{Pattern: "GET /console/inspection/causes", Permit: authz.InspectionRead, Handle: h.causes},
		{Pattern: "GET /console/findings/{id}", Permit: authz.InspectionRead, Handle: h.finding},
		{Pattern: "POST /console/findings/{id}/retest", Permit: authz.InspectionRead, Handle: h.retest, MaxBody: smallBody},
		{Pattern: "POST /console/findings/{id}/dispute", Permit: authz.InspectionRead, Handle: h.dispute, MaxBody: smallBody},
		{Pattern: "POST /console/findings/{id}/preserve", Permit: authz.OrderIssue, Handle: h.preserve, MaxBody: smallBody},
		{Pattern: "POST /console/findings/{id}/unpreserve", Permit: authz.OrderIssue, Handle: h.unpreserve, MaxBody: smallBody},
		{Pattern: "POST /console/findings/{id}/uphold", Permit: authz.OrderIssue, Handle: h.uphold, MaxBody: smallBody},
		{Pattern: "POST /console/findings/{id}/take-up", Permit: authz.OrderIssue, Handle: h.takeUp, MaxBody: smallBody},
		{Pattern: "GET /console/disputes", Permit: authz.InspectionRead, Handle: h.disputes},
		{Pattern: "GET /console/inspection/precision", Permit: authz.InspectionRead, Handle: h.precision},
		{Pattern: "GET /console/inspection/precision/export", Permit: authz.InspectionRead, Handle: h.exportPrecision},
		{Pattern: "GET /console/findings/{id}/evidence/{proof}", Permit: authz.InspectionRead, Handle: h.evidence},
	}...)
}

func crumbs(last ...web.Crumb) []web.Crumb {
	return append([]web.Crumb{{Name: "工作台", Href: home}}, last...)
}

var severityNames = map[check.Severity]string{check.Serious: "严重", check.Error: "一般", check.Advice: "提示"}

func severityTag(s check.Severity) web.Tag {
	tone := web.Neutral
	switch s {
	case check.Serious:
		tone = web.Danger
	case check.Error:
		tone = web.Warn
	}
	return web.Tag{Kind: tone, Text: severityNames[s]}
}

func stateTag(f inspection.Finding) web.Tag {
	tone := web.Warn
	switch f.State {
	case inspection.FindingClosed:
		tone = web.Good
	case inspection.FindingOrdered:
		tone = web.Info
	case inspection.FindingDisputed:
		tone = web.Neutral
	}
	return web.Tag{Kind: tone, Text: f.StateName()}
}

// families name the checks by what they look at, in the order of screens; patrol
// leaves those that a plan may choose.
func families(patrol bool) []web.Option {
	var out []web.Option
	for _, f := range engine.Families {
		if patrol && !f.Patrol {
			continue
		}
		out = append(out, web.Option{Value: f.ID, Label: f.Name})
	}
	return out
}

// orAll puts “全部” before the choices of a filter.
func orAll(options []web.Option) []web.Option {
	return append([]web.Option{{Value: "", Label: "全部"}}, options...)
}

func start(path string) string { return sitePath + url.PathEscape(path) }

// may reports whether the visitor holds a permission anywhere.
func may(r *http.Request, p authz.Permission) bool {
	s := authz.SessionFrom(r.Context())
	return s != nil && s.May(p)
}

// mayAct reports whether the visitor may retest and dispute: whoever starts
// inspections, and whoever answers orders.
func mayAct(r *http.Request) bool {
	return may(r, authz.InspectionRun) || may(r, authz.OrderAnswer)
}

var errMayNotAct = fault.New(fault.Forbidden, "您的岗位只能查看检查结果，不能复测或报误报，请联系主办单位经办人员或读网值班员办理。")

// askable reports a fault that is told beside the form instead of on a page of
// its own.
func askable(err error) bool {
	return fault.Is(err, fault.Invalid) || fault.Is(err, fault.Refused) || fault.Is(err, fault.Conflict) || fault.Is(err, fault.Unavailable)
}
