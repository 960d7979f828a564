package publishingweb

import (
	"cmp"
	"embed"
	"fmt"
	"net/http"
	"strconv"

	"zhengshu/internal/authz"
	"zhengshu/internal/fault"
	"zhengshu/internal/publishing"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

//go:embed views/*.html
var views embed.FS

// Handler answers the screens of releases.
type Handler struct {
	publisher *publishing.Publisher
	registry  *registry.Service
}

// New makes the handler.
func New(p *publishing.Publisher, r *registry.Service) *Handler { return &Handler{p, r} }

// Routes of the package.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/sites/{id}/releases", Permit: authz.RegistryRead, Handle: h.releases},
		{Pattern: "GET /console/sites/{id}/releases/tree", Permit: authz.ColumnManage, Handle: h.tree},
		{Pattern: "POST /console/sites/{id}/look", Permit: authz.ColumnManage, Handle: h.setLook},
		{Pattern: "POST /console/sites/{id}/releases", Permit: authz.ColumnManage, Handle: h.rebuild},
	}
}

// releasesView is GET /console/sites/{id}/releases.
type releasesView struct {
	Heading web.Heading
	Site    registry.Site
	Form    web.Form
	MayEdit bool
	Table   web.Table
	Note    web.Alert
}

// Title of the document.
func (releasesView) Title() string { return "发布记录" }

// Crumbs of the page.
func (v releasesView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "台账", Href: "/console/sites"}, {Name: cmp.Or(v.Site.Name, "站点"), Href: v.Site.Link()}, {Name: "发布记录"}}
}

var releasesPage = web.Define(views, "views/releases.html", releasesView{Heading: web.Heading{Title: "发布版本"}}, sample(nil), sample([]publishing.ReleaseRow{
	{No: 2, Hash: "0f3a5b7c9d", Pages: 9, Items: 1, TookMS: 107, Current: true}, {No: 1, Hash: "ffee", Whole: true, Pages: 340, Items: 120, TookMS: 2800},
}), hostileSample())

func sample(rows []publishing.ReleaseRow) releasesView {
	return page(registry.Site{ID: "01S", Name: "云河县人民政府（演示）", Hosted: true}, rows, publishing.Look{Brand: "blue"}, true)
}

func hostileSample() releasesView {
	return page(registry.Site{ID: "01S", Name: `<script>alert(1)</script>"'>`, Hosted: true}, []publishing.ReleaseRow{{No: 1, Hash: `<b>`}}, publishing.Look{Brand: "red", Grey: true}, true)
}

func page(s registry.Site, rows []publishing.ReleaseRow, look publishing.Look, may bool) releasesView {
	base := "/console/sites/" + string(s.ID)
	v := releasesView{
		Heading: web.Heading{Title: "发布记录", Above: s.Name, Lead: "每次公开内容有变化，网站整体切换到新的一版；这里是切换的记录，可作为公示、公告时间的依据。"},
		Site:    s, MayEdit: may && s.Hosted,
		Form: web.Form{Action: base + "/look", Buttons: []web.Button{{Label: "保存外观并重新发布"}, {Label: "重建全部页面", Action: base + "/releases", Plain: true, Skip: true}},
			Sections: []web.Section{{Legend: "网站外观", Fields: []web.Field{
				{Kind: web.Select, Name: "brand", Label: "主色", Value: look.Brand, Required: true, Options: []web.Option{{Value: "blue", Label: "蓝色"}, {Value: "red", Label: "红色"}}},
				{Kind: web.Check, Name: "grey", Label: "灰度显示（哀悼日等）", Checked: look.Grey},
			}}}},
		Table: web.Table{Caption: "版本", Columns: []web.Column{{Head: "版本", Number: true}, {Head: "切换时间"}, {Head: "范围"}, {Head: "变化页面", Number: true}, {Head: "涉及稿件", Number: true}, {Head: "用时"}, {Head: "校验值"}},
			Empty: web.Empty{Title: "还没有发布过", Text: "站点上线并有稿件通过终审后，会在这里出现第一个版本。"}},
	}
	if s.Hosted && may && len(rows) > 0 {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "导出静态网站", Href: base + "/releases/tree"})
	}
	if !s.Hosted {
		v.Note = web.Alert{Kind: web.Info, Title: "外部承载", Text: "这个站点不由本平台承载，没有发布记录。"}
	}
	for _, r := range rows {
		scope := "增量"
		if r.Whole {
			scope = "全站"
		}
		first := web.Figure(r.No)
		if r.Current {
			first.Tags = []web.Tag{{Text: "当前", Kind: web.Good}}
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{first, web.When(r.At), web.Text(scope), web.Figure(r.Pages), web.Figure(r.Items), web.Text(took(r.TookMS)), web.Text(r.Hash[:min(12, len(r.Hash))])}})
	}
	return v
}

func took(ms int64) string {
	if ms < 1000 {
		return strconv.FormatInt(ms, 10) + " 毫秒"
	}
	return fmt.Sprintf("%.1f 秒", float64(ms)/1000)
}

func (h *Handler) releases(w http.ResponseWriter, r *http.Request) error {
	return h.show(w, r, http.StatusOK, authz.ScopeFrom(r.Context()), nil)
}

func (h *Handler) show(w http.ResponseWriter, r *http.Request, status int, scope authz.Scope, wrong error) error {
	id := registry.SiteID(r.PathValue("id"))
	s, err := h.registry.Site(r.Context(), scope, id)
	if err != nil {
		return err
	}
	rows, err := h.publisher.Releases(r.Context(), scope, id, 50, 0)
	if err != nil {
		return err
	}
	look, err := h.publisher.Look(r.Context(), scope, id)
	if err != nil {
		return err
	}
	p := authz.SessionFrom(r.Context())
	v := page(s, rows, look, p != nil && p.May(authz.ColumnManage))
	if wrong != nil {
		v.Form.Fill(r.PostForm)
		v.Form.Wrong(wrong)
	}
	return releasesPage.RenderStatus(w, r, status, v)
}

func (h *Handler) setLook(w http.ResponseWriter, r *http.Request) error {
	id := registry.SiteID(r.PathValue("id"))
	err := h.publisher.SetLook(r.Context(), authz.ScopeFrom(r.Context()), id, publishing.Look{Brand: r.PostFormValue("brand"), Grey: r.PostFormValue("grey") != ""})
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.Refused) {
		return h.show(w, r, http.StatusUnprocessableEntity, authz.ScopeFrom(r.Context()), err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, "/console/sites/"+string(id)+"/releases", "外观已保存，全站正在重新发布，一般几秒内完成。")
}

func (h *Handler) rebuild(w http.ResponseWriter, r *http.Request) error {
	id := registry.SiteID(r.PathValue("id"))
	if err := h.publisher.AskRebuild(r.Context(), authz.ScopeFrom(r.Context()), id); err != nil {
		return err
	}
	return web.Done(w, r, "/console/sites/"+string(id)+"/releases", "已安排重建全部页面，一般几秒内完成；完成前网站照常显示当前版本。")
}
