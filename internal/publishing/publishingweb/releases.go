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
		{Pattern: "GET /console/sites/{id}/releases/rebuild", Permit: authz.ColumnManage, Handle: h.showRebuild},
		{Pattern: "POST /console/sites/{id}/releases/resume", Permit: authz.ReleaseRestore, Handle: h.goOn},
		{Pattern: "GET /console/sites/{id}/releases/{no}/restore", Permit: authz.ReleaseRestore, Handle: h.showBack},
		{Pattern: "POST /console/sites/{id}/releases/{no}/restore", Permit: authz.ReleaseRestore, Handle: h.back},
		{Pattern: "GET /console/sites/{id}/redirects", Permit: authz.RegistryRead, Handle: h.redirects},
		{Pattern: "POST /console/sites/{id}/redirects", Permit: authz.ColumnManage, Handle: h.setRedirect},
		{Pattern: "POST /console/sites/{id}/redirects/list", Permit: authz.ColumnManage, Handle: h.importRedirects, MaxBody: 9 << 20},
		{Pattern: "GET /console/sites/{id}/redirects/{redirect}", Permit: authz.ColumnManage, Handle: h.showDrop},
		{Pattern: "POST /console/sites/{id}/redirects/{redirect}", Permit: authz.ColumnManage, Handle: h.dropRedirect},
		{Pattern: "GET /console/schedule", Permit: authz.ItemRead, Handle: h.schedule},
	}
}

// releasesView is GET /console/sites/{id}/releases.
type releasesView struct {
	Heading web.Heading
	Site    registry.Site
	Tabs    web.Tabs
	Form    web.Form // goes on, of a site that is held
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
	return page(sampleSite, rows, nil, true, true)
}

func hostileSample() releasesView {
	return page(registry.Site{ID: "01S", Name: `<script>alert(1)</script>"'>`, Hosted: true}, []publishing.ReleaseRow{{No: 1, Hash: `<b>`}, {No: 2, Hash: "x", Of: 1}}, &publishing.Hold{FromNo: 1, ToNo: 1, No: 2, Reason: `<img src=x>`, By: `"><`, Waiting: 1001}, true, true)
}

func page(s registry.Site, rows []publishing.ReleaseRow, hold *publishing.Hold, may, mayBack bool) releasesView {
	v := releasesView{
		Heading: web.Heading{Title: "发布记录", Above: s.Name, Lead: "每次公开内容有变化，网站整体切换到新的一版；这里是切换的记录，可作为公示、公告时间的依据。"},
		Tabs:    tabs(s, "发布记录"),
		Site:    s, MayEdit: mayBack && s.Hosted && hold != nil,
		Table: web.Table{Caption: "版本", Columns: []web.Column{{Head: "版本"}, {Head: "切换时间"}, {Head: "范围"}, {Head: "变化页面", Number: true}, {Head: "涉及稿件", Number: true}, {Head: "用时"}, {Head: "校验值"}, {Head: "操作"}},
			Empty: web.Empty{Title: "还没有发布过", Text: "站点上线并有稿件通过终审后，会在这里出现第一个版本。"}},
	}
	if may && s.Hosted {
		v.Heading.Acts = []web.Act{{Text: "重建全部页面", Href: base(s) + "/releases/rebuild"}}
		if len(rows) > 0 {
			v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "导出静态网站", Href: base(s) + "/releases/tree"})
		}
	}
	if hold != nil {
		waiting := fmt.Sprintf("%d 处更新", hold.Waiting)
		if hold.Waiting > 1000 {
			waiting = "1000 处以上更新"
		}
		v.Note = web.Alert{Kind: web.Warn, Title: fmt.Sprintf("正在显示第 %d 版的内容，更新已暂停", hold.ToNo),
			Text: fmt.Sprintf("%s 于 %s 由第 %d 版恢复，原因：%s。%s在等待；撤稿照常立即生效。", hold.By, web.Minute(hold.At), hold.FromNo, hold.Reason, waiting)}
		v.Form = web.Form{Action: base(s) + "/releases/resume", Buttons: []web.Button{{Label: "继续发布"}}}
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
		if r.Of > 0 {
			scope = fmt.Sprintf("恢复第 %d 版", r.Of)
		}
		act := web.Cell{}
		if mayBack && s.Hosted && !r.Current {
			act.Links = []web.Link{{Text: "恢复到这一版", Href: base(s) + "/releases/" + strconv.Itoa(r.No) + "/restore", Note: fmt.Sprintf("第 %d 版", r.No)}}
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{first, web.When(r.At), web.Text(scope), web.Figure(r.Pages), web.Figure(r.Items), web.Text(took(r.TookMS)), web.Text(r.Hash[:min(12, len(r.Hash))]), act}})
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
	var hold *publishing.Hold
	if held, ok, err := h.publisher.Held(r.Context(), scope, id); err != nil {
		return err
	} else if ok {
		hold = &held
	}
	v := page(s, rows, hold, p != nil && p.May(authz.ColumnManage), p != nil && p.May(authz.ReleaseRestore))
	return releasesPage.Render(w, r, v)
}

func (h *Handler) rebuild(w http.ResponseWriter, r *http.Request) error {
	id := registry.SiteID(r.PathValue("id"))
	if err := h.publisher.AskRebuild(r.Context(), authz.ScopeFrom(r.Context()), id); err != nil {
		return err
	}
	return web.Done(w, r, "/console/sites/"+string(id)+"/releases", "已安排重建全部页面，一般几秒内完成；完成前网站照常显示当前版本。")
}
