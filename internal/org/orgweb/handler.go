package orgweb

import (
	"embed"
	"net/http"
	"net/url"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

//go:embed views/*.html
var views embed.FS

const (
	home      = "/console"
	unitsPath = "/console/units"
	perPage   = 50
)

// Handler answers the routes of this door.
type Handler struct {
	db          *db.DB
	org         *org.Service
	registry    *registry.Service
	obligations *obligation.Service
}

// New makes the door.
func New(d *db.DB, o *org.Service, r *registry.Service, b *obligation.Service) *Handler {
	return &Handler{db: d, org: o, registry: r, obligations: b}
}

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/units", Permit: authz.OrgRead, Handle: h.units},
		{Pattern: "GET /console/units/new", Permit: authz.OrgManage, Handle: h.showNewUnit},
		{Pattern: "POST /console/units/new", Permit: authz.OrgManage, Handle: h.registerUnit},
		{Pattern: "GET /console/units/{id}", Permit: authz.OrgRead, Handle: h.unit},
		{Pattern: "GET /console/units/{id}/people/new", Permit: authz.OrgManage, Handle: h.showNewPerson},
		{Pattern: "POST /console/units/{id}/people/new", Permit: authz.OrgManage, Handle: h.registerPerson},
		{Pattern: "GET /console/units/{id}/posts/new", Permit: authz.OrgManage, Handle: h.showNewPost},
		{Pattern: "POST /console/units/{id}/posts/new", Permit: authz.OrgManage, Handle: h.appoint},
		{Pattern: "POST /console/units/{id}/posts/{post}/end", Permit: authz.OrgManage, Handle: h.dismiss},
	}
}

// askable reports whether the fault is for the person at the form to mend.
func askable(err error) bool {
	return fault.Is(err, fault.Invalid) || fault.Is(err, fault.Refused) || fault.Is(err, fault.Conflict)
}

func may(r *http.Request, p authz.Permission) bool { return authz.SessionFrom(r.Context()).May(p) }

// scopeFor is where the signed-in person may use another permission than the
// route's: a page shows a part or an act only where it may be used.
func scopeFor(r *http.Request, p authz.Permission) authz.Scope {
	return authz.SessionFrom(r.Context()).ScopeFor(p)
}

func areaHref(id org.AreaID) string {
	if id == "" {
		return unitsPath
	}
	return unitsPath + "?" + url.Values{"area": {string(id)}}.Encode()
}

func unitHref(id org.UnitID) string { return unitsPath + "/" + string(id) }

func typed(r *http.Request, name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
