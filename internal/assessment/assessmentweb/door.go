package assessmentweb

import (
	"context"
	"embed"
	"net/http"
	"slices"

	"zhengshu/internal/assessment"
	"zhengshu/internal/authz"
	"zhengshu/internal/check"
	"zhengshu/internal/coordination"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

//go:embed views/*.html
var views embed.FS

const (
	home       = "/console"
	ordersPath = "/console/orders"
	scoresPath = "/console/scores"
	packsPath  = "/console/packs"
	perPage    = 20
	smallBody  = 64 << 10
	answerBody = web.UploadBody
)

// Handler serves the screens.
type Handler struct {
	db         *db.DB
	assessment *assessment.Service
	inspection *inspection.Service
	registry   *registry.Service
	org        *org.Service

	coordination  *coordination.Service // where orders were handed over; nil: not shown
	wrongAccounts func(ctx context.Context, scope authz.Scope, text string, limit int) ([]WrongAccount, int, error)
}

// New makes the handler.
func New(d *db.DB, a *assessment.Service, i *inspection.Service, r *registry.Service, o *org.Service) *Handler {
	return &Handler{db: d, assessment: a, inspection: i, registry: r, org: o}
}

// Handed shows on an order where it was handed over.
func (h *Handler) Handed(s *coordination.Service) *Handler {
	h.coordination = s
	return h
}

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return slices.Concat(h.orderRoutes(), []web.Route{
		{Pattern: "GET /console/scores", Permit: authz.AssessmentRead, Handle: h.scores},
		{Pattern: "GET /console/sites/{id}/score", Permit: authz.AssessmentRead, Handle: h.score},
		{Pattern: "POST /console/sites/{id}/score/confirm", Permit: authz.OrderIssue, Handle: h.confirm, MaxBody: smallBody},
		{Pattern: "GET /console/packs", Permit: authz.AssessmentRead, Handle: h.packs},
		{Pattern: "GET /console/packs/adopt", Permit: authz.PackAdopt, Handle: h.showAdopt},
		{Pattern: "POST /console/packs/adopt", Permit: authz.PackAdopt, Handle: h.adopt, MaxBody: smallBody},
		{Pattern: "GET /console/accounts/{id}/score", Permit: authz.AssessmentRead, Handle: h.score},
		{Pattern: "GET /console/units/{id}/score", Permit: authz.AssessmentRead, Handle: h.score},
		{Pattern: "POST /console/sites/{id}/exemption", Permit: authz.OrderIssue, Handle: h.exempt, MaxBody: smallBody},
		{Pattern: "POST /console/sites/{id}/exemption/end", Permit: authz.OrderIssue, Handle: h.exempt, MaxBody: smallBody},
	}, h.versionRoutes())
}

// orderRoutes are the screens of rectification.
func (h *Handler) orderRoutes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/orders", Permit: authz.OrderRead, Handle: h.orders},
		{Pattern: "GET /console/orders/export", Permit: authz.OrderRead, Handle: h.exportOrders},
		{Pattern: "POST /console/orders/urge", Permit: authz.OrderIssue, Handle: h.urge, MaxBody: smallBody},
		{Pattern: "GET /console/orders/seen", Permit: authz.InspectionRun, Handle: h.showSeen},
		{Pattern: "POST /console/orders/seen", Permit: authz.InspectionRun, Handle: h.seen, MaxBody: answerBody},
		{Pattern: "POST /console/orders/points", Permit: authz.OrderIssue, Handle: h.take, MaxBody: smallBody},
		{Pattern: "POST /console/orders/preview", Permit: authz.OrderIssue, Handle: h.preview, MaxBody: smallBody},
		{Pattern: "GET /console/orders/new", Permit: authz.OrderIssue, Handle: h.showIssue},
		{Pattern: "POST /console/orders", Permit: authz.OrderIssue, Handle: h.issue, MaxBody: smallBody},
		{Pattern: "GET /console/orders/{id}", Permit: authz.OrderRead, Handle: h.order},
		{Pattern: "GET /console/orders/{id}/files/{file}", Permit: authz.OrderRead, Handle: h.file},
		{Pattern: "POST /console/orders/{id}/answer", Permit: authz.OrderAnswer, Handle: h.answer, MaxBody: answerBody},
		{Pattern: "POST /console/orders/{id}/retest", Permit: authz.OrderAnswer, Handle: h.retest, MaxBody: smallBody},
		{Pattern: "POST /console/orders/{id}/review", Permit: authz.OrderIssue, Handle: h.retest, MaxBody: smallBody},
		{Pattern: "POST /console/orders/{id}/accept", Permit: authz.OrderIssue, Handle: h.accept, MaxBody: smallBody},
		{Pattern: "GET /console/orders/{id}/paper", Permit: authz.OrderRead, Handle: h.paper},
		{Pattern: "GET /console/orders/{id}/supervisions/{letter}", Permit: authz.OrderRead, Handle: h.supervisionPaper},
		{Pattern: "POST /console/orders/{id}/extension", Permit: authz.OrderAnswer, Handle: h.act("延期申请已提出，由下发单位答复；答复前原期限不变。", h.askExtension), MaxBody: smallBody},
		{Pattern: "POST /console/orders/{id}/extension/decide", Permit: authz.OrderIssue, Handle: h.act("延期申请已答复。", h.decideExtension), MaxBody: smallBody},
		{Pattern: "POST /console/orders/{id}/ask-confirm", Permit: authz.OrderAnswer, Handle: h.act("已申请人工确认。", h.askConfirm), MaxBody: smallBody},
		{Pattern: "POST /console/orders/{id}/escalate", Permit: authz.OrderIssue, Handle: h.act("已上报督办。", h.escalate), MaxBody: smallBody},
		{Pattern: "POST /console/orders/{id}/supervise", Permit: authz.OrderIssue, Handle: h.act("督办函已发出，可在办理经过中下载。", h.supervise), MaxBody: smallBody},
	}
}

func may(r *http.Request, p authz.Permission) bool {
	s := authz.SessionFrom(r.Context())
	return s != nil && s.May(p)
}

func status(err error) int {
	if fault.Is(err, fault.Conflict) {
		return http.StatusConflict
	}
	return http.StatusUnprocessableEntity
}

func crumbs(last ...web.Crumb) []web.Crumb {
	return append([]web.Crumb{{Name: "工作台", Href: home}}, last...)
}

func severityTag(s check.Severity) web.Tag {
	switch s {
	case check.Serious:
		return web.Tag{Kind: web.Danger, Text: "严重"}
	case check.Error:
		return web.Tag{Kind: web.Warn, Text: "一般"}
	}
	return web.Tag{Kind: web.Info, Text: "提示"}
}

var severityOptions = []web.Option{{Label: "全部"}, {Value: string(check.Serious), Label: "严重"}, {Value: string(check.Error), Label: "一般"}, {Value: string(check.Advice), Label: "提示"}}
