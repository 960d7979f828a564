package publishingweb

import (
	"cmp"
	"embed"
	"fmt"
	"net/http"
	"strconv"

	"zhengshu/internal/authz"
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
	return page(registry.Site{ID: "01S", Name: "云河县人民政府（演示）", Hosted: true}, rows, true)
}

func hostileSample() releasesView {
	return page(registry.Site{ID: "01S", Name: `<script>alert(1)</script>"'>`, Hosted: true}, []publishing.ReleaseRow{{No: 1, Hash: `<b>`}}, true)
}

func page(s registry.Site, rows []publishing.ReleaseRow, may bool) releasesView {
	base := "/console/sites/" + string(s.ID)
	v := releasesView{
		Heading: web.Heading{Title: "发布记录", Above: s.Name, Lead: "每次公开内容有变化，网站整体切换到新的一版；这里是切换的记录，可作为公示、公告时间的依据。"},
		Site:    s, MayEdit: may && s.Hosted,
		Form: web.Form{Action: base + "/releases", Buttons: []web.Button{{Label: "重建全部页面", Plain: true}}},
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
	scope := authz.ScopeFrom(r.Context())
	id := registry.SiteID(r.PathValue("id"))
	s, err := h.registry.Site(r.Context(), scope, id)
	if err != nil {
		return err
	}
	rows, err := h.publisher.Releases(r.Context(), scope, id, 50, 0)
	if err != nil {
		return err
	}
	p := authz.SessionFrom(r.Context())
	v := page(s, rows, p != nil && p.May(authz.ColumnManage))
	return releasesPage.Render(w, r, v)
}

func (h *Handler) rebuild(w http.ResponseWriter, r *http.Request) error {
	id := registry.SiteID(r.PathValue("id"))
	if err := h.publisher.AskRebuild(r.Context(), authz.ScopeFrom(r.Context()), id); err != nil {
		return err
	}
	return web.Done(w, r, "/console/sites/"+string(id)+"/releases", "已安排重建全部页面，一般几秒内完成；完成前网站照常显示当前版本。")
}
