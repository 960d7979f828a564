package protectionweb

import (
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/protection"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

const (
	gradesPath  = "/console/protection"
	gapsPath    = "/console/protection/gaps"
	assetsPath  = "/console/assets"
	hostingPath = "/console/hosting"
	perPage     = 20
	maxExport   = 20000
	upload      = approval.MaxUpload + 1<<20
	fileHint    = "PDF、JPG、PNG、DOCX 或 XLSX，不超过 20 MB"
)

// Handler serves the screens.
type Handler struct {
	db         *db.DB
	protection *protection.Service
	org        *org.Service
	registry   *registry.Service
	tabs       func(r *http.Request, current string) web.Tabs
}

// New makes the handler.
func New(d *db.DB, s *protection.Service, o *org.Service, reg *registry.Service, tabs func(r *http.Request, current string) web.Tabs) *Handler {
	return &Handler{db: d, protection: s, org: o, registry: reg, tabs: tabs}
}

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/protection", Permit: authz.RecordRead, Handle: h.grades},
		{Pattern: "GET /console/protection/export", Permit: authz.RecordRead, Handle: h.exportGrades},
		{Pattern: "GET /console/protection/gaps", Permit: authz.RecordRead, Handle: h.gaps},
		{Pattern: "GET /console/protection/gaps/export", Permit: authz.RecordRead, Handle: h.exportGaps},
		{Pattern: "GET /console/protection/new", Permit: authz.RecordManage, Handle: h.showNewGrade},
		{Pattern: "POST /console/protection/new", Permit: authz.RecordManage, Handle: h.addGrade},
		{Pattern: "GET /console/protection/{id}", Permit: authz.RecordRead, Handle: h.grade},
		{Pattern: "GET /console/protection/{id}/change", Permit: authz.RecordManage, Handle: h.showGrade},
		{Pattern: "POST /console/protection/{id}/change", Permit: authz.RecordManage, Handle: h.changeGrade},
		{Pattern: "GET /console/protection/{id}/assessment", Permit: authz.RecordManage, Handle: h.showAssess},
		{Pattern: "POST /console/protection/{id}/assessment", Permit: authz.RecordManage, Handle: h.assess, MaxBody: upload},
		{Pattern: "GET /console/protection/{id}/files/{file}", Permit: authz.RecordRead, Handle: h.fileOf("protection_grade")},
		{Pattern: "GET /console/assets", Permit: authz.RecordRead, Handle: h.assets},
		{Pattern: "GET /console/assets/export", Permit: authz.RecordRead, Handle: h.exportAssets},
		{Pattern: "GET /console/assets/new", Permit: authz.RecordManage, Handle: h.showNewAsset},
		{Pattern: "POST /console/assets/new", Permit: authz.RecordManage, Handle: h.addAsset, MaxBody: upload},
		{Pattern: "GET /console/assets/{id}", Permit: authz.RecordRead, Handle: h.asset},
		{Pattern: "GET /console/assets/{id}/change", Permit: authz.RecordManage, Handle: h.showAsset},
		{Pattern: "POST /console/assets/{id}/change", Permit: authz.RecordManage, Handle: h.changeAsset, MaxBody: upload},
		{Pattern: "POST /console/assets/{id}/retire", Permit: authz.RecordManage, Handle: h.retire},
		{Pattern: "GET /console/assets/{id}/files/{file}", Permit: authz.RecordRead, Handle: h.fileOf("security_asset")},
		{Pattern: "GET /console/hosting", Permit: authz.RecordRead, Handle: h.hostings},
		{Pattern: "GET /console/hosting/export", Permit: authz.RecordRead, Handle: h.exportHostings},
		{Pattern: "GET /console/hosting/new", Permit: authz.RecordManage, Handle: h.showNewHosting},
		{Pattern: "POST /console/hosting/new", Permit: authz.RecordManage, Handle: h.addHosting, MaxBody: upload},
		{Pattern: "GET /console/hosting/{id}", Permit: authz.RecordRead, Handle: h.hosting},
		{Pattern: "GET /console/hosting/{id}/change", Permit: authz.RecordManage, Handle: h.showHosting},
		{Pattern: "POST /console/hosting/{id}/change", Permit: authz.RecordManage, Handle: h.changeHosting, MaxBody: upload},
		{Pattern: "POST /console/hosting/{id}/end", Permit: authz.RecordManage, Handle: h.endHosting},
		{Pattern: "GET /console/hosting/{id}/files/{file}", Permit: authz.RecordRead, Handle: h.fileOf("hosting")},
	}
}

func (h *Handler) fileOf(what string) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		a, content, err := h.protection.File(r.Context(), authz.ScopeFrom(r.Context()), what, r.PathValue("id"), r.PathValue("file"))
		if err != nil {
			return err
		}
		defer content.Close()
		return web.SendFile(w, a.Name, a.MediaType, a.Size, content)
	}
}

// Pages are what this face holds of a site or an app, for the object's own page:
// who hosts it and its grade, or that it is not registered.
func (h *Handler) Pages(r *http.Request, ref registry.Ref) []web.Link {
	ctx := r.Context()
	if ref.Kind == sx2021.Account || !authz.SessionFrom(ctx).May(authz.RecordRead) {
		return nil
	}
	scope, about := scopeFor(r, authz.RecordRead), protection.Filter{Of: ref, Limit: 5}
	hosts, _, err := h.protection.Hostings(ctx, scope, about)
	if err != nil {
		slog.ErrorContext(ctx, "a record shows no hosting", "cause", err)
		return nil
	}
	grades, _, err := h.protection.Grades(ctx, scope, about)
	if err != nil {
		slog.ErrorContext(ctx, "a record shows no grade", "cause", err)
		return nil
	}
	var out []web.Link
	for _, x := range hosts {
		out = append(out, web.Link{Text: "托管：" + x.Provider, Href: x.Link()})
	}
	for _, g := range grades {
		out = append(out, web.Link{Text: "等级保护：" + levelName(g.Level), Href: g.Link()})
	}
	return out
}

func scopeFor(r *http.Request, p authz.Permission) authz.Scope {
	return authz.SessionFrom(r.Context()).ScopeFor(p)
}

func manages(r *http.Request) bool { return authz.SessionFrom(r.Context()).May(authz.RecordManage) }

func uploadOf(r *http.Request) (*approval.Upload, func(), error) {
	list, done, err := web.Uploads(r, "file")
	if err != nil || len(list) == 0 {
		return nil, done, err
	}
	return &approval.Upload{Name: list[0].Name, Content: list[0].Content}, done, nil
}

func filterOf(r *http.Request) (protection.Filter, error) {
	q := r.URL.Query()
	f := protection.Filter{Text: strings.TrimSpace(q.Get("q")), Unit: org.UnitID(q.Get("unit")), Kind: q.Get("kind"), Wrong: q.Has("wrong"), Gone: q.Has("gone")}
	if len([]rune(f.Text)) > 100 {
		return f, fault.New(fault.Invalid, "查找的文字过长，请缩短到 100 字以内。").On("q", "请缩短")
	}
	for _, n := range []struct {
		name string
		into *int
		most int
	}{{"ends", &f.Ends, 365}, {"level", &f.Level, 5}} {
		if s := q.Get(n.name); s != "" {
			v, err := strconv.Atoi(s)
			if err != nil || v < 0 || v > n.most {
				return f, fault.New(fault.Invalid, "筛选条件“"+n.name+"”不是有效的数。").On(n.name, "请从列表中选择")
			}
			*n.into = v
		}
	}
	f.Limit, f.Offset = perPage, (web.PageOf(r)-1)*perPage
	return f, nil
}

func options(all string, list []struct{ Value, Name string }) []web.Option {
	out := []web.Option{{Label: all}}
	for _, x := range list {
		out = append(out, web.Option{Value: x.Value, Label: x.Name})
	}
	return out
}

func endsField(label string) web.Field {
	return web.Field{Kind: web.Select, Name: "ends", Label: label, Options: []web.Option{{Label: "不限"}, {Value: "30", Label: "30 天内"}, {Value: "60", Label: "60 天内"}, {Value: "90", Label: "90 天内"}}}
}

// wrongCell shows what a record lacks.
func wrongCell(list []rules.Breach) web.Cell {
	if len(list) == 0 {
		return web.Tagged(web.Tag{Kind: web.Good, Text: "齐备"})
	}
	return web.Cell{Tags: []web.Tag{{Kind: web.Danger, Text: "有缺项"}}, Note: list[0].Detail}
}

func breachesOf(title string, list []rules.Breach) web.Breaches {
	b := web.Breaches{Title: title}
	for _, x := range list {
		b.Items = append(b.Items, web.Breach{ID: x.Rule.ID, Citation: x.Rule.Citation, Says: x.Rule.Says, Note: x.Detail})
	}
	return b
}

func dueCell(on, today calendar.Date) web.Cell {
	if on.IsZero() {
		return web.Text("无")
	}
	return web.DueCell(on, today)
}

func fileTerm(base, what, id, name string) []web.Term {
	if id == "" {
		return []web.Term{{Name: what, Text: "未上传"}}
	}
	return []web.Term{{Name: what, Text: name, Href: base + "/files/" + url.PathEscape(id)}}
}

// page is a list of this door, record one of its records, formView a form.
type (
	page     struct{ web.ListView }
	record   struct{ web.RecordView }
	formView struct{ web.FormView }
)

// objectField offers the running sites and clients of a unit.
func (h *Handler) objectField(r *http.Request, scope authz.Scope, unit org.UnitID) (web.Field, error) {
	f := web.Field{Kind: web.Select, Name: "object", Label: "网站或客户端", Options: []web.Option{{Label: "平台（在下面填写名称）"}}, Hint: "先选择单位并点“选择单位”，再选择它的网站或客户端"}
	if unit == "" {
		return f, nil
	}
	list, err := h.registry.ObjectsOf(r.Context(), h.db, scope, unit)
	if err != nil {
		return f, err
	}
	f.Hint = "不在列表中的集约化平台，请在下面填写名称"
	for _, o := range list {
		if !o.Ended() && (o.Kind == sx2021.Site || o.Kind == sx2021.App) {
			f.Options = append(f.Options, web.Option{Value: string(o.Kind) + ":" + o.ID, Label: o.Name + "（" + o.KindName() + "）"})
		}
	}
	return f, nil
}

func subjectOf(r *http.Request) protection.Subject {
	kind, id, _ := strings.Cut(web.Typed(r, "object"), ":")
	return protection.Subject{Kind: sx2021.ObjectKind(kind), ID: id, Name: web.Typed(r, "platform")}
}

// answer shows the form again when it is to be mended, else goes on.
func (h *Handler) answer(w http.ResponseWriter, r *http.Request, v formView, err error, to, said string) error {
	if web.Mendable(err) {
		v.Again(r, err)
		return formPage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, to, said)
}

var (
	sampleToday  = calendar.Date{Year: 2026, Month: 11, Day: 23}
	sampleGrade  = protection.Grade{ID: "g", Unit: "u", UnitName: "西安市商务局", Of: protection.Subject{Kind: sx2021.Site, ID: "s", Name: "西安市商务局网站"}, Level: 3, Filing: "61010000001-24001", AssessedOn: sampleToday.AddDays(-300), Agency: "陕西某测评中心", Next: sampleToday.AddDays(65)}
	sampleAsset  = protection.Asset{ID: "a", Unit: "u", UnitName: "西安市商务局", Kind: "device", Name: "网站应用防火墙", Maker: "某安全公司", Model: "WAF-2", Pieces: 2, Domestic: true, Proof: "certified", Certificate: "CCRC-2025-001", Expires: sampleToday.AddDays(40)}
	sampleHost   = protection.Hosting{ID: "h", Unit: "u", UnitName: "西安市商务局", Of: sampleGrade.Of, Provider: "西安市政务云", ProviderNation: "CN", Form: "cloud", ServerNation: "CN", Location: "西安市某机房", Contract: "HT-1", From: sampleToday.AddDays(-100), Until: sampleToday.AddDays(265)}
	hostileGrade = protection.Grade{ID: `"><b>`, Unit: `"`, UnitName: "<b>", Of: protection.Subject{Kind: "x", Name: "<script>alert(1)</script>"}, Level: 9, Filing: `"'`, Agency: "</td>"}
	hostileAsset = protection.Asset{ID: `"><b>`, Unit: `"`, UnitName: "<b>", Name: "<script>", Maker: "<i>", Certificate: "</td>", FileID: `"`, FileName: "<script>"}
	hostileHost  = protection.Hosting{ID: `"><b>`, Unit: `"`, UnitName: "<b>", Of: protection.Subject{Name: "<script>"}, Provider: "<script>", ProviderNation: "US", ServerNation: "HK", Location: "</td>", FileID: `"`, FileName: "<b>"}
)

var listPage = web.Define(web.Plain, "pages/list.html",
	newGradeList(nil, 0, true, sampleToday), newGradeList([]protection.Grade{sampleGrade, {ID: "2", UnitName: "x", Of: protection.Subject{Kind: protection.Platform, Name: "平台"}, Level: 2}}, 2, true, sampleToday), newGradeList([]protection.Grade{hostileGrade}, 1, false, sampleToday),
	newAssetList(nil, 0, protection.Share{}, true, sampleToday), newAssetList([]protection.Asset{sampleAsset}, 1, protection.Share{Domestic: 2, All: 3}, true, sampleToday), newAssetList([]protection.Asset{hostileAsset}, 1, protection.Share{All: 1}, false, sampleToday),
	newHostingList(nil, 0, true, sampleToday), newHostingList([]protection.Hosting{sampleHost}, 1, true, sampleToday), newHostingList([]protection.Hosting{hostileHost}, 1, false, sampleToday),
	newGapList(nil, 0), newGapList([]protection.UnitGaps{{Unit: "u", UnitName: "西安市商务局", Ungraded: 1, Unhosted: 2}, {Unit: "v", UnitName: "<script>"}}, 2))

var recordPage = web.Define(web.Plain, "pages/record.html",
	newGradeView(protection.GradeDossier{Grade: sampleGrade, Assessments: []protection.Assessment{{ID: "1", On: sampleGrade.AssessedOn, Agency: "陕西某测评中心", Result: "良", FileID: "f", FileName: "报告.pdf"}}}, true, sampleToday),
	newGradeView(protection.GradeDossier{Grade: hostileGrade, Assessments: []protection.Assessment{{On: sampleToday, Agency: "<b>", Result: "<script>", FileID: `"`, FileName: "<i>"}}}, true, sampleToday),
	newAssetView(sampleAsset, nil, true, sampleToday), newAssetView(hostileAsset, nil, true, sampleToday),
	newHostingView(sampleHost, nil, true, sampleToday), newHostingView(hostileHost, nil, true, sampleToday))

var formPage = web.Define(web.Plain, "pages/form.html",
	newGradeForm(web.Field{Name: "unit", Label: "单位"}, web.Field{Kind: web.Select, Name: "object", Label: "网站或客户端"}, protection.Grade{}), newGradeForm(web.Field{}, web.Field{}, hostileGrade),
	newAssessForm(sampleGrade), newAssetForm(web.Field{Name: "unit", Label: "单位"}, protection.Asset{Pieces: 1}), newAssetForm(web.Field{}, hostileAsset),
	newHostingForm(web.Field{Name: "unit", Label: "单位"}, web.Field{Kind: web.Select, Name: "object", Label: "网站或客户端"}, protection.Hosting{}), newHostingForm(web.Field{}, web.Field{}, hostileHost))
