package operatorweb

import (
	"net/http"
	"strconv"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/operator"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

const (
	listPath = "/console/operators"
	perPage  = 20
)

// Handler serves the screens.
type Handler struct {
	db        *db.DB
	operators *operator.Service
	org       *org.Service
	registry  *registry.Service
	tabs      func(r *http.Request, current string) web.Tabs
}

// New makes the handler; tabs are the parts of the ledger that stand beside
// this one.
func New(d *db.DB, s *operator.Service, o *org.Service, reg *registry.Service, tabs func(r *http.Request, current string) web.Tabs) *Handler {
	return &Handler{db: d, operators: s, org: o, registry: reg, tabs: tabs}
}

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/operators", Permit: authz.RecordRead, Handle: h.list},
		{Pattern: "GET /console/operators/export", Permit: authz.RecordRead, Handle: h.export},
		{Pattern: "GET /console/operators/new", Permit: authz.RecordManage, Handle: h.showNew},
		{Pattern: "POST /console/operators/new", Permit: authz.RecordManage, Handle: h.register},
		{Pattern: "GET /console/operators/{id}", Permit: authz.RecordRead, Handle: h.show},
		{Pattern: "GET /console/operators/{id}/change", Permit: authz.RecordManage, Handle: h.showChange},
		{Pattern: "POST /console/operators/{id}/change", Permit: authz.RecordManage, Handle: h.change},
		{Pattern: "GET /console/operators/{id}/review", Permit: authz.RecordManage, Handle: h.showReview},
		{Pattern: "POST /console/operators/{id}/review", Permit: authz.RecordManage, Handle: h.review, MaxBody: web.UploadBody},
		{Pattern: "GET /console/operators/{id}/papers/new", Permit: authz.RecordManage, Handle: h.showPaper},
		{Pattern: "POST /console/operators/{id}/papers/new", Permit: authz.RecordManage, Handle: h.addPaper, MaxBody: web.UploadBody},
		{Pattern: "GET /console/operators/{id}/assessment", Permit: authz.RecordManage, Handle: h.showAssess},
		{Pattern: "POST /console/operators/{id}/assessment", Permit: authz.RecordManage, Handle: h.assess, MaxBody: web.UploadBody},
		{Pattern: "GET /console/operators/{id}/staff/new", Permit: authz.RecordManage, Handle: h.showJoin},
		{Pattern: "POST /console/operators/{id}/staff/new", Permit: authz.RecordManage, Handle: h.join},
		{Pattern: "GET /console/operators/{id}/staff/{member}", Permit: authz.RecordRead, Handle: h.member},
		{Pattern: "POST /console/operators/{id}/staff/{member}/appoint", Permit: authz.OrgManage, Handle: h.appoint},
		{Pattern: "POST /console/operators/{id}/staff/{member}/leave", Permit: authz.RecordManage, Handle: h.leave},
		{Pattern: "GET /console/operators/{id}/objects", Permit: authz.RecordManage, Handle: h.showEntrust},
		{Pattern: "POST /console/operators/{id}/objects", Permit: authz.RecordManage, Handle: h.entrust},
		{Pattern: "POST /console/operators/{id}/objects/release", Permit: authz.RecordManage, Handle: h.release},
		{Pattern: "POST /console/operators/{id}/begin", Permit: authz.RecordManage, Handle: h.begin},
		{Pattern: "GET /console/operators/{id}/end", Permit: authz.RecordManage, Handle: h.showEnd},
		{Pattern: "POST /console/operators/{id}/end", Permit: authz.RecordManage, Handle: h.end},
		{Pattern: "GET /console/operators/{id}/scorecard", Permit: authz.RecordRead, Handle: h.scorecard},
		{Pattern: "POST /console/operators/{id}/scorecard", Permit: authz.RecordManage, Handle: h.confirmMonth},
		{Pattern: "GET /console/operators/{id}/files/{file}", Permit: authz.RecordRead, Handle: h.file},
	}
}

func idOf(r *http.Request) operator.ID { return operator.ID(r.PathValue("id")) }

func scopeFor(r *http.Request, p authz.Permission) authz.Scope {
	return authz.SessionFrom(r.Context()).ScopeFor(p)
}

// refOf reads kind:id.
func refOf(s string) registry.Ref {
	kind, id, _ := strings.Cut(s, ":")
	return registry.Ref{Kind: sx2021.ObjectKind(kind), ID: id}
}

func refText(r registry.Ref) string { return string(r.Kind) + ":" + r.ID }

// pointsOf reads a score such as 92.5 into hundredths.
func pointsOf(s string) (int, error) {
	wrong := fault.New(fault.Invalid, "考核得分应为 0 至 100 的数，最多两位小数。").On("score", "请填写如 92.5")
	whole, part, _ := strings.Cut(s, ".")
	if len(whole) == 0 || len(whole) > 3 || len(part) > 2 {
		return 0, wrong
	}
	n, err := strconv.Atoi(whole + (part + "00")[:2])
	if err != nil || n < 0 {
		return 0, wrong.From(err)
	}
	return n, nil
}

func points(n int) string { return strconv.FormatFloat(float64(n)/100, 'f', -1, 64) }
