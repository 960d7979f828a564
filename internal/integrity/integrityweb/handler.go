package integrityweb

import (
	"cmp"
	"embed"
	"fmt"
	"net/http"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/integrity"
	"zhengshu/internal/publishing"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

//go:embed views/*.html
var views embed.FS

// Handler serves the screens.
type Handler struct {
	integrity *integrity.Service
	registry  *registry.Service
}

// New makes the handler.
func New(s *integrity.Service, r *registry.Service) *Handler { return &Handler{s, r} }

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/integrity", Permit: authz.InspectionRead, Handle: h.list},
		{Pattern: "GET /console/sites/{id}/integrity", Permit: authz.InspectionRead, Handle: h.site},
		{Pattern: "POST /console/sites/{id}/integrity", Permit: authz.InspectionRun, Handle: h.look},
	}
}

// listView is GET /console/integrity.
type listView struct {
	Heading web.Heading
	Alert   web.Alert
	Table   web.Table
	Strays  web.Table
	Pager   web.Pager
}

// Title of the document.
func (listView) Title() string { return "防篡改" }

// Crumbs of the page.
func (listView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "检查", Href: "/console/inspection"}, {Name: "防篡改"}}
}

func sixth(v string) web.Cell {
	switch v {
	case "yes":
		return web.Tagged(web.Tag{Kind: web.Good, Text: "有地址"})
	case "no":
		return web.Tagged(web.Tag{Kind: web.Warn, Text: "没有地址"})
	}
	return web.Text("未测")
}

func newList(list []integrity.State, total, open int, strays ...integrity.Alarm) listView {
	v := listView{Heading: web.Heading{Title: "防篡改", Lead: "平台承载的网站，凡不是发布过的字节都算被改动：显示前逐页核对，定时从磁盘和网上各核对一遍，发现后拒绝显示、告警并恢复。依据：第二十二条、第二十三条。"},
		Table: web.Table{Caption: "平台承载的网站", Columns: []web.Column{{Head: "网站", Wide: true}, {Head: "主办单位"}, {Head: "告警", Number: true}, {Head: "最近核对"}, {Head: "IPv6"}}, Empty: web.Empty{Title: "没有平台承载的网站", Text: "网站由本平台承载并发布后，会自动列入核对。"}}}
	if open > 0 {
		v.Alert = web.Alert{Kind: web.Danger, Title: fmt.Sprintf("有 %d 处告警没有解除", open), Text: "平台不显示被改动的内容；从网上核对时发现的，读者已经得到，见各网站的告警。请打开网站查看是否已恢复，并核查服务器的访问权限。"}
	}
	for _, x := range list {
		row := web.Row{Cells: []web.Cell{{Text: x.Site.Name, Href: integrity.Link(x.Site.ID), Note: x.Site.Host}, web.Text(x.Site.UnitName), web.Figure(x.Open), {Text: cmp.Or(web.Minute(x.Looked), "还没有核对过")}, sixth(x.IPv6)}}
		if x.Open > 0 {
			row.Kind = web.Danger
		}
		v.Table.Rows = append(v.Table.Rows, row)
	}
	v.Strays = web.Table{Caption: "发布目录里不是发布产生的文件", Columns: []web.Column{{Head: "文件", Wide: true}, {Head: "发现"}}}
	for _, a := range strays {
		v.Strays.Rows = append(v.Strays.Rows, web.Row{Kind: web.Warn, Cells: []web.Cell{{Text: a.Place, Note: "不会显示给读者；请查明是谁放的，再移走"}, web.When(a.FirstAt)}})
	}
	return v
}

var at = time.Date(2026, 11, 23, 2, 30, 0, 0, time.UTC)

func sampleSite(name string) registry.Site {
	return registry.Site{ID: "01S", Name: name, Host: "yunhe.example.gov.cn", UnitName: "云河县人民政府办公室", Hosted: true}
}

var listPage = web.Define(views, "views/list.html", newList(nil, 0, 0),
	newList([]integrity.State{{Site: sampleSite("云河县人民政府（演示）"), Open: 1, Looked: at, Wrong: 1, IPv6: "yes"}, {Site: sampleSite("云河县教育局（演示）"), IPv6: "no"}}, 2, 1, integrity.Alarm{Place: "objects/shell.php", FirstAt: at}),
	newList([]integrity.State{{Site: sampleSite(`<script>alert(1)</script>`), IPv6: `"><b>`}}, 1, 0))

const perPage = 50

func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	list, total, open, err := h.integrity.States(r.Context(), authz.ScopeFrom(r.Context()), perPage, (web.PageOf(r)-1)*perPage)
	if err != nil {
		return err
	}
	strays, err := h.integrity.Strays(r.Context(), authz.ScopeFrom(r.Context()))
	if err != nil {
		return err
	}
	v := newList(list, total, open, strays...)
	v.Pager = web.PagerOf(r, total, perPage)
	return listPage.Render(w, r, v)
}

// siteView is GET /console/sites/{id}/integrity.
type siteView struct {
	Heading web.Heading
	Note    web.Alert
	Site    registry.Site
	May     bool
	Form    web.Form
	Looks   web.Table
	Alarms  web.Table
	Pager   web.Pager
}

// Title of the document.
func (siteView) Title() string { return "防篡改" }

// Crumbs of the page.
func (v siteView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "台账", Href: "/console/sites"}, {Name: cmp.Or(v.Site.Name, "站点"), Href: v.Site.Link()}, {Name: "防篡改"}}
}

var byNames = map[string]string{integrity.Serving: "显示时核对", integrity.OnDisk: "磁盘核对", integrity.Served: "网上核对", integrity.Portal: "别处的门户"}

func newSite(s registry.Site, seen []integrity.Seen, alarms []integrity.Alarm, may bool) siteView {
	v := siteView{Heading: web.Heading{Above: s.Name, Title: "防篡改", Lead: "发布清单由平台签名，公开在 /.well-known/zhengshu/manifest；任何人都能用 zhengshu verify site " + s.Host + " 核对。"}, Site: s, May: may && s.Hosted,
		Form:   web.Form{Action: integrity.Link(s.ID), Buttons: []web.Button{{Label: "现在核对全站"}}},
		Looks:  web.Table{Caption: "最近一次核对", Columns: []web.Column{{Head: "从哪里"}, {Head: "时间"}, {Head: "版本", Number: true}, {Head: "地址", Number: true}, {Head: "核对", Number: true}, {Head: "不一致", Number: true}, {Head: "IPv6"}, {Head: "说明", Wide: true}}, Empty: web.Empty{Title: "还没有核对过", Text: "发布后两小时内自动核对，也可以现在核对。"}},
		Alarms: web.Table{Caption: "告警", Columns: []web.Column{{Head: "位置", Wide: true}, {Head: "情况"}, {Head: "恢复"}, {Head: "发现"}, {Head: "最后一次"}, {Head: "状态"}}, Empty: web.Empty{Title: "没有告警", Text: "没有发现与发布清单不一致的内容。"}}}
	if !s.Hosted {
		v.Note = web.Alert{Kind: web.Info, Title: "外部承载", Text: "这个站点不由本平台承载，没有发布清单可以比对；内容变化由检查发现。"}
	}
	for _, x := range seen {
		ip := web.Text("")
		if x.Kind == integrity.Served {
			ip = sixth(x.IPv6)
		}
		v.Looks.Rows = append(v.Looks.Rows, web.Row{Cells: []web.Cell{web.Text(byNames[x.Kind]), web.When(x.At), web.Figure(x.No), web.Figure(x.Pages), {Text: fmt.Sprint(x.Checked), Note: skipped(x.Skipped), Keep: true}, web.Figure(x.Wrong), ip, web.Text(x.Says)}})
	}
	for _, a := range alarms {
		state, row := web.Tag{Kind: web.Danger, Text: "未解除"}, web.Row{Kind: web.Danger}
		note := ""
		if !a.SettledAt.IsZero() {
			state, row, note = web.Tag{Kind: web.Good, Text: "已解除"}, web.Row{}, a.SettledAs
		}
		back := web.Tag{Kind: web.Warn, Text: "尚未恢复"}
		if a.Restored {
			back = web.Tag{Kind: web.Good, Text: "已恢复"}
			if a.SettledAt.IsZero() {
				state, row = web.Tag{Kind: web.Warn, Text: "待复查"}, web.Row{Kind: web.Warn}
			}
		}
		row.Cells = []web.Cell{{Text: a.Place, Note: a.Detail}, {Text: integrity.WhatName(a.What), Note: byNames[a.By]}, web.Tagged(back), web.When(a.FirstAt), {Text: web.Minute(a.LastAt), Note: fmt.Sprintf("共 %d 次", a.Times)}, {Tags: []web.Tag{state}, Note: note}}
		v.Alarms.Rows = append(v.Alarms.Rows, row)
	}
	return v
}

func skipped(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("另有 %d 个这次没有抽到", n)
}

var sitePage = web.Define(views, "views/site.html", newSite(sampleSite("云河县人民政府（演示）"), nil, nil, true),
	newSite(sampleSite("云河县人民政府（演示）"), []integrity.Seen{{Kind: integrity.OnDisk, No: 12, Pages: 340, Checked: 352, At: at}, {Kind: integrity.Served, No: 12, Pages: 340, Checked: 60, Skipped: 280, Wrong: 1, IPv6: "no", At: at}},
		[]integrity.Alarm{{ID: "1", Place: "/news/", What: publishing.Changed, By: integrity.Served, Detail: "2 bytes", FirstAt: at, LastAt: at, Times: 2}, {ID: "2", Place: "/", What: publishing.Missing, By: integrity.OnDisk, Restored: true, FirstAt: at, LastAt: at, Times: 1, SettledAt: at, SettledAs: "已恢复，复查未再发现"}}, true),
	newSite(registry.Site{ID: `"><b>`, Name: `<script>`, Host: `"><script>`}, []integrity.Seen{{Says: "<script>", IPv6: "<b>"}}, []integrity.Alarm{{Place: `"><script>`, Detail: "<img src=x>", SettledAs: "<b>", SettledAt: at}}, false))

func (h *Handler) site(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, id := r.Context(), authz.ScopeFrom(r.Context()), registry.SiteID(r.PathValue("id"))
	s, err := h.registry.Site(ctx, scope, id)
	if err != nil {
		return err
	}
	seen, err := h.integrity.Seen(ctx, scope, id)
	if err != nil {
		return err
	}
	alarms, total, err := h.integrity.Alarms(ctx, scope, id, perPage, (web.PageOf(r)-1)*perPage)
	if err != nil {
		return err
	}
	p := authz.SessionFrom(ctx)
	v := newSite(s, seen, alarms, p != nil && p.May(authz.InspectionRun))
	v.Pager = web.PagerOf(r, total, perPage)
	return sitePage.Render(w, r, v)
}

func (h *Handler) look(w http.ResponseWriter, r *http.Request) error {
	id := registry.SiteID(r.PathValue("id"))
	if err := h.integrity.LookNow(r.Context(), authz.ScopeFrom(r.Context()), id); err != nil {
		return err
	}
	return web.Done(w, r, integrity.Link(id), "已开始核对全站，一般一分钟内完成；刷新本页看结果。")
}
