package assessmentweb

import (
	"embed"
	"net/http"

	"zhengshu/internal/approval"
	"zhengshu/internal/assessment"
	"zhengshu/internal/authz"
	"zhengshu/internal/check"
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
	answerBody = approval.MaxUpload + 1<<20
)

// Handler serves the screens.
type Handler struct {
	db         *db.DB
	assessment *assessment.Service
	inspection *inspection.Service
	registry   *registry.Service
	org        *org.Service
}

// New makes the handler.
func New(d *db.DB, a *assessment.Service, i *inspection.Service, r *registry.Service, o *org.Service) *Handler {
	return &Handler{db: d, assessment: a, inspection: i, registry: r, org: o}
}

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/orders", Permit: authz.OrderRead, Handle: h.orders},
		{Pattern: "GET /console/orders/new", Permit: authz.OrderIssue, Handle: h.showIssue},
		{Pattern: "POST /console/orders", Permit: authz.OrderIssue, Handle: h.issue, MaxBody: smallBody},
		{Pattern: "GET /console/orders/{id}", Permit: authz.OrderRead, Handle: h.order},
		{Pattern: "GET /console/orders/{id}/files/{file}", Permit: authz.OrderRead, Handle: h.file},
		{Pattern: "POST /console/orders/{id}/answer", Permit: authz.OrderAnswer, Handle: h.answer, MaxBody: answerBody},
		{Pattern: "POST /console/orders/{id}/retest", Permit: authz.OrderAnswer, Handle: h.retest, MaxBody: smallBody},
		{Pattern: "POST /console/orders/{id}/review", Permit: authz.OrderIssue, Handle: h.retest, MaxBody: smallBody},
		{Pattern: "POST /console/orders/{id}/accept", Permit: authz.OrderIssue, Handle: h.accept, MaxBody: smallBody},
		{Pattern: "GET /console/scores", Permit: authz.AssessmentRead, Handle: h.scores},
		{Pattern: "GET /console/sites/{id}/score", Permit: authz.AssessmentRead, Handle: h.score},
		{Pattern: "POST /console/sites/{id}/score/confirm", Permit: authz.OrderIssue, Handle: h.confirm, MaxBody: smallBody},
		{Pattern: "GET /console/packs", Permit: authz.AssessmentRead, Handle: h.packs},
		{Pattern: "POST /console/packs/adopt", Permit: authz.PackAdopt, Handle: h.adopt, MaxBody: smallBody},
	}
}

func may(r *http.Request, p authz.Permission) bool {
	s := authz.SessionFrom(r.Context())
	return s != nil && s.May(p)
}

// askable reports whether err is for the person at the form to mend.
func askable(err error) bool {
	return fault.Is(err, fault.Invalid) || fault.Is(err, fault.Refused) || fault.Is(err, fault.Conflict)
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

// uploads are the files of a form; the caller closes them.
func uploads(r *http.Request, field string) (list []approval.Upload, closeAll func(), err error) {
	var open []func() error
	closeAll = func() {
		for _, f := range open {
			_ = f()
		}
	}
	if r.MultipartForm == nil {
		return nil, closeAll, nil
	}
	for _, head := range r.MultipartForm.File[field] {
		if head.Size == 0 && head.Filename == "" {
			continue
		}
		f, err := head.Open()
		if err != nil {
			closeAll()
			return nil, func() {}, fault.New(fault.Invalid, "附件没有传完，可能是网络中断，请重新选择文件。").On(field, "请重新选择文件").From(err)
		}
		open = append(open, f.Close)
		list = append(list, approval.Upload{Kind: "proof", Field: field, Name: head.Filename, Content: f})
	}
	return list, closeAll, nil
}
