package registryweb

import (
	"context"
	"embed"
	"net/http"
	"strconv"
	"strings"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/queries"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

//go:embed views/*.html
var views embed.FS

const (
	home         = "/console"
	sitesPath    = "/console/sites"
	accountsPath = "/console/accounts"
	importPath   = "/console/import"
	domainsPath  = "/console/domains"
	appsPath     = "/console/apps"
	lowUsePath   = "/console/apps/low-use"
	namesPath    = "/console/names"
	perPage      = 50
)

// Handler answers the routes of this door.
type Handler struct {
	db       *db.DB
	org      *org.Service
	registry *registry.Service
	blobs    blob.Store
	intake   *registry.Intake

	obligations *obligation.Service // nil: no clocks are shown
	approvals   *approval.Service   // nil: no cases are shown
	queries     *queries.Service    // nil: nobody has saved queries
	pages       []func(r *http.Request, ref registry.Ref) []web.Link
	beside      []Beside
}

// New makes the door. Uploaded files rest in blobs.
func New(d *db.DB, o *org.Service, r *registry.Service, b blob.Store) *Handler {
	return &Handler{db: d, org: o, registry: r, blobs: b, intake: registry.NewIntake(r, b)}
}

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/sites", Permit: authz.RegistryRead, Handle: h.sites},
		{Pattern: "GET /console/sites/export", Permit: authz.RegistryRead, Handle: h.export},
		{Pattern: "GET /console/sites/{id}", Permit: authz.RegistryRead, Handle: h.site},
		{Pattern: "GET /console/sites/{id}/identifiers", Permit: authz.RegistryManage, Handle: h.showIdentifiers},
		{Pattern: "POST /console/sites/{id}/identifiers", Permit: authz.RegistryManage, Handle: h.setIdentifiers},
		{Pattern: "GET /console/sites/{id}/columns/new", Permit: authz.ColumnManage, Handle: h.showNewColumn},
		{Pattern: "POST /console/sites/{id}/columns/new", Permit: authz.ColumnManage, Handle: h.addColumn},
		{Pattern: "POST /console/sites/{id}/monitor", Permit: authz.MonitorSwitch, Handle: h.monitor},
		{Pattern: "GET /console/accounts", Permit: authz.RegistryRead, Handle: h.accounts},
		{Pattern: "GET /console/accounts/export", Permit: authz.RegistryRead, Handle: h.exportAccounts},
		{Pattern: "GET /console/apps", Permit: authz.RegistryRead, Handle: h.apps},
		{Pattern: "GET /console/apps/export", Permit: authz.RegistryRead, Handle: h.exportApps},
		{Pattern: "GET /console/accounts/new", Permit: authz.RegistryBaseline, Handle: h.showNewAccount},
		{Pattern: "POST /console/accounts/new", Permit: authz.RegistryBaseline, Handle: h.newAccount},
		{Pattern: "GET /console/accounts/{id}", Permit: authz.RegistryRead, Handle: h.account},
		{Pattern: "GET /console/accounts/{id}/edit", Permit: authz.RegistryManage, Handle: h.showAccount},
		{Pattern: "POST /console/accounts/{id}/edit", Permit: authz.RegistryManage, Handle: h.setAccount},
		{Pattern: "GET /console/accounts/{id}/use", Permit: authz.RegistryManage, Handle: h.showUse},
		{Pattern: "POST /console/accounts/{id}/use", Permit: authz.RegistryManage, Handle: h.recordUse},
		{Pattern: "GET /console/accounts/{id}/sighting", Permit: authz.RegistryManage, Handle: h.showSighting},
		{Pattern: "POST /console/accounts/{id}/sighting", Permit: authz.RegistryManage, Handle: h.sight},
		{Pattern: "GET /console/accounts/{id}/versions/new", Permit: authz.RegistryManage, Handle: h.showVersion},
		{Pattern: "POST /console/accounts/{id}/versions/new", Permit: authz.RegistryManage, Handle: h.addVersion, MaxBody: web.UploadBody},
		{Pattern: "GET /console/accounts/{id}/versions/{file}", Permit: authz.RegistryRead, Handle: h.versionReport},
		{Pattern: "GET /console/apps/low-use", Permit: authz.RegistryRead, Handle: h.lowUse},
		{Pattern: "GET /console/domains", Permit: authz.RegistryRead, Handle: h.domains},
		{Pattern: "GET /console/domains/export", Permit: authz.RegistryRead, Handle: h.exportDomains},
		{Pattern: "GET /console/domains/watch", Permit: authz.RegistryRead, Handle: h.tombstones},
		{Pattern: "GET /console/domains/new", Permit: authz.RegistryBaseline, Handle: h.showNewDomain},
		{Pattern: "POST /console/domains/new", Permit: authz.RegistryBaseline, Handle: h.newDomain},
		{Pattern: "GET /console/domains/{id}", Permit: authz.RegistryRead, Handle: h.domain},
		{Pattern: "GET /console/domains/{id}/edit", Permit: authz.RegistryManage, Handle: h.showDomain},
		{Pattern: "POST /console/domains/{id}/edit", Permit: authz.RegistryManage, Handle: h.setDomain},
		{Pattern: "GET /console/domains/{id}/acts/{act}", Permit: authz.RegistryBaseline, Handle: h.showDomainAct},
		{Pattern: "POST /console/domains/{id}/acts/{act}", Permit: authz.RegistryBaseline, Handle: h.domainAct},
		{Pattern: "GET /console/names", Permit: authz.RegistryRead, Handle: h.names},
		{Pattern: "GET /console/recertify", Permit: authz.RegistryRead, Handle: h.ownRecertify},
		{Pattern: "GET /console/recertify/{unit}", Permit: authz.RegistryRead, Handle: h.showRecertify},
		{Pattern: "POST /console/recertify/{unit}", Permit: authz.RegistryManage, Handle: h.recertify},
		{Pattern: "GET /console/import", Permit: authz.RegistryImport, Handle: h.showImport},
		{Pattern: "POST /console/import", Permit: authz.RegistryImport, Handle: h.look, MaxBody: registry.MaxFile},
		{Pattern: "GET /console/import/{id}", Permit: authz.RegistryImport, Handle: h.report},
		{Pattern: "POST /console/import/{id}", Permit: authz.RegistryImport, Handle: h.take},
		{Pattern: "GET /console/import/{id}/columns", Permit: authz.RegistryImport, Handle: h.showMatch},
		{Pattern: "POST /console/import/{id}/columns", Permit: authz.RegistryImport, Handle: h.match},
		{Pattern: "GET /console/import/{id}/wrong", Permit: authz.RegistryImport, Handle: h.wrongRows},
		{Pattern: "POST /console/import/{id}/undo", Permit: authz.RegistryImport, Handle: h.undo},
	}
}

func may(r *http.Request, p authz.Permission) bool { return authz.SessionFrom(r.Context()).May(p) }

// scopeFor is where the signed-in person may use another permission than the
// route's: a page shows an act only where it may be used.
func scopeFor(r *http.Request, p authz.Permission) authz.Scope {
	return authz.SessionFrom(r.Context()).ScopeFor(p)
}

func typed(r *http.Request, name string) string { return strings.TrimSpace(r.PostFormValue(name)) }

func count(n int) string { return strconv.Itoa(n) }

// areaOptions offer the areas of the scope: those below its home, and below
// the chosen one those it divides into.
func (h *Handler) areaOptions(ctx context.Context, scope authz.Scope, chosen org.AreaID) ([]web.Option, error) {
	top, err := h.org.Home(ctx, scope)
	if err != nil {
		return nil, err
	}
	all := "全部"
	if top.Name != "" {
		all = top.Name + "（全部）"
	}
	list := []web.Option{{Value: "", Label: all}}
	var path []org.AreaID // from below home down to the chosen one
	if chosen != "" {
		a, above, err := h.org.AreaInScope(ctx, scope, chosen)
		if err != nil {
			return nil, err
		}
		for _, p := range append(above, a) {
			path = append(path, p.ID)
		}
	}
	var add func(parent org.AreaID, indent string) error
	add = func(parent org.AreaID, indent string) error {
		below, err := h.org.Areas(ctx, scope, parent)
		if err != nil {
			return err
		}
		for _, a := range below {
			list = append(list, web.Option{Value: string(a.ID), Label: indent + a.Name})
			for _, p := range path {
				if p == a.ID {
					if err := add(a.ID, indent+"　"); err != nil {
						return err
					}
				}
			}
		}
		return nil
	}
	return list, add(top.ID, "")
}

// formView is a page with one form.
type formView struct {
	Heading web.Heading
	Before  []web.Alert
	Changes web.Table // what would be changed, before it is
	Form    web.Form
	Trail   []web.Crumb
}

// Title of the document.
func (v formView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v formView) Crumbs() []web.Crumb {
	trail := append([]web.Crumb{{Name: "工作台", Href: home}}, v.Trail...)
	return append(trail, web.Crumb{Name: v.Heading.Title})
}

// again shows the form as it was typed with what is wrong with it.
func again(w http.ResponseWriter, r *http.Request, v formView, err error) error {
	v.Form.Fill(r.PostForm)
	v.Form.Wrong(err)
	return formPage.RenderStatus(w, r, fault.Of(err).Kind.Status(), v)
}
