package orgweb

import (
	"embed"
	"net/http"
	"net/url"

	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/db"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/roster"
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
	roster      *roster.Service
	blobs       blob.Store
}

// New makes the door.
func New(d *db.DB, o *org.Service, r *registry.Service, b *obligation.Service, p *roster.Service, files blob.Store) *Handler {
	return &Handler{db: d, org: o, registry: r, obligations: b, roster: p, blobs: files}
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
		{Pattern: "GET /console/units/{id}/edit", Permit: authz.OrgManage, Handle: h.showAmend},
		{Pattern: "POST /console/units/{id}/edit", Permit: authz.OrgManage, Handle: h.amend},
		{Pattern: "GET /console/units/{id}/named-posts/new", Permit: authz.PostManage, Handle: h.showNamedPost},
		{Pattern: "POST /console/units/{id}/named-posts/new", Permit: authz.PostManage, Handle: h.assignPost},
		{Pattern: "POST /console/units/{id}/named-posts/{named}/end", Permit: authz.PostManage, Handle: h.endPost},
		{Pattern: "GET /console/reorganisations", Permit: authz.OrgRead, Handle: h.acts},
		{Pattern: "GET /console/reorganisations/new", Permit: authz.OrgReorganise, Handle: h.showPlan},
		{Pattern: "POST /console/reorganisations/new", Permit: authz.OrgReorganise, Handle: h.plan, MaxBody: web.UploadBody},
		{Pattern: "GET /console/reorganisations/{id}", Permit: authz.OrgRead, Handle: h.act},
		{Pattern: "GET /console/reorganisations/{id}/files/{file}", Permit: authz.OrgRead, Handle: h.actFile},
		{Pattern: "GET /console/people", Permit: authz.OrgRead, Handle: h.people},
		{Pattern: "GET /console/people/{id}", Permit: authz.OrgRead, Handle: h.person},
		{Pattern: "GET /console/people/{id}/edit", Permit: authz.PostManage, Handle: h.showPersonEdit},
		{Pattern: "POST /console/people/{id}/edit", Permit: authz.PostManage, Handle: h.editPerson},
		{Pattern: "GET /console/people/{id}/leave", Permit: authz.PostManage, Handle: h.showLeave},
		{Pattern: "POST /console/people/{id}/leave", Permit: authz.PostManage, Handle: h.leave},
		{Pattern: "GET /console/people/{id}/handover", Permit: authz.PostManage, Handle: h.showHandOver(false)},
		{Pattern: "POST /console/people/{id}/handover", Permit: authz.PostManage, Handle: h.handOver(false)},
		{Pattern: "GET /console/me/handover", Permit: authz.SignedIn, Handle: h.showHandOver(true)},
		{Pattern: "POST /console/me/handover", Permit: authz.SignedIn, Handle: h.handOver(true)},
		{Pattern: "POST /console/delegations/{id}/end", Permit: authz.SignedIn, Handle: h.endDelegation},
		{Pattern: "POST /console/absences/{id}/end", Permit: authz.SignedIn, Handle: h.endAbsence},
		{Pattern: "GET /console/vacancies", Permit: authz.OrgRead, Handle: h.vacancies},
		{Pattern: "POST /console/vacancies/urge", Permit: authz.OrgManage, Handle: h.urge},
		{Pattern: "GET /console/coverage", Permit: authz.RegistryRead, Handle: h.coverage},
	}
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
