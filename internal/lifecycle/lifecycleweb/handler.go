package lifecycleweb

import (
	"embed"
	"mime/multipart"
	"net/http"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/lifecycle"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

//go:embed views/*.html
var views embed.FS

// Handler serves the screens.
type Handler struct {
	lifecycle *lifecycle.Service
	approvals *approval.Service
	org       *org.Service
	registry  *registry.Service
	db        *db.DB
}

// New makes the handler.
func New(d *db.DB, l *lifecycle.Service, a *approval.Service, o *org.Service, reg *registry.Service) *Handler {
	return &Handler{lifecycle: l, approvals: a, org: o, registry: reg, db: d}
}

// uploads holds four files of the largest size; each is held to its own limit.
const uploads = 4*approval.MaxUpload + 1<<20

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	out := []web.Route{
		{Pattern: "GET /console/matters", Permit: authz.LaunchManage, Handle: h.choose},
		{Pattern: "GET /console/matters/new", Permit: authz.LaunchManage, Handle: h.showNew},
		{Pattern: "GET /console/matters/check", Permit: authz.LaunchManage, Handle: h.check},
		{Pattern: "POST /console/matters/new", Permit: authz.LaunchManage, Handle: h.apply, MaxBody: uploads},
		{Pattern: "GET /console/applications/{id}/amend", Permit: authz.OpeningApply, Handle: h.showAmend},
		{Pattern: "POST /console/applications/{id}/amend", Permit: authz.OpeningApply, Handle: h.amend, MaxBody: uploads},
		{Pattern: "GET /console/overrides", Permit: authz.CaseRead, Handle: h.overrides},
		{Pattern: "GET /console/overrides/export", Permit: authz.CaseRead, Handle: h.exportOverrides},
		{Pattern: "GET /console/overrides/new", Permit: authz.OverrideGrant, Handle: h.showGrant},
		{Pattern: "POST /console/overrides/new", Permit: authz.OverrideGrant, Handle: h.grant},
		{Pattern: "GET /console/overrides/{id}/end", Permit: authz.OverrideGrant, Handle: h.showEnd},
		{Pattern: "POST /console/overrides/{id}/end", Permit: authz.OverrideGrant, Handle: h.end},
	}
	for _, space := range []struct {
		path string
		kind sx2021.ObjectKind
	}{{"/console/sites/{id}", sx2021.Site}, {"/console/accounts/{id}", sx2021.Account}} {
		on := func(f func(http.ResponseWriter, *http.Request, registry.Ref) error) func(http.ResponseWriter, *http.Request) error {
			return func(w http.ResponseWriter, r *http.Request) error {
				return f(w, r, registry.Ref{Kind: space.kind, ID: r.PathValue("id")})
			}
		}
		out = append(out,
			web.Route{Pattern: "GET " + space.path + "/lifecycle", Permit: authz.RegistryRead, Handle: on(h.showCourse)},
			web.Route{Pattern: "GET " + space.path + "/launch", Permit: authz.RegistryRead, Handle: on(h.showLaunch)},
			web.Route{Pattern: "GET " + space.path + "/launch/{kind}", Permit: authz.LaunchManage, Handle: on(h.showItem)},
			web.Route{Pattern: "POST " + space.path + "/launch/{kind}", Permit: authz.LaunchManage, Handle: on(h.fillItem), MaxBody: web.UploadBody},
			web.Route{Pattern: "GET " + space.path + "/launch-files/{file}", Permit: authz.RegistryRead, Handle: on(h.file)},
			web.Route{Pattern: "POST " + space.path + "/launch", Permit: authz.LaunchManage, Handle: on(h.launch)},
		)
	}
	return out
}

// mendable reports whether err is for the person at the form to mend.
func mendable(err error) bool { return fault.Is(err, fault.Invalid) || fault.Is(err, fault.Refused) }

// files are the uploads of a multipart form, of the named fields; close them
// when done.
func files(r *http.Request, fields ...string) (list []approval.Upload, closeAll func(), err error) {
	var open []multipart.File
	closeAll = func() {
		for _, f := range open {
			_ = f.Close() // read-only
		}
	}
	if r.MultipartForm == nil {
		return nil, closeAll, nil
	}
	for _, name := range fields {
		for _, head := range r.MultipartForm.File[name] {
			if head.Size == 0 && head.Filename == "" {
				continue
			}
			f, err := head.Open()
			if err != nil {
				closeAll()
				return nil, func() {}, fault.New(fault.Invalid, "附件没有传完，可能是网络中断，请重新选择文件。").On(name, "请重新选择文件").From(err)
			}
			open = append(open, f)
			list = append(list, approval.Upload{Kind: name, Field: name, Name: head.Filename, Content: f})
		}
	}
	return list, closeAll, nil
}

// day reads a date field; what is written but is no date is said on the field.
func day(r *http.Request, name, what string) (calendar.Date, error) {
	s := r.FormValue(name)
	if s == "" {
		return calendar.Date{}, nil
	}
	d, err := calendar.ParseLoose(s)
	if err != nil {
		return d, fault.New(fault.Invalid, what+"“"+s+"”不是日期，应像 2026-03-01。").On(name, "请填写日期，如 2026-03-01")
	}
	return d, nil
}
