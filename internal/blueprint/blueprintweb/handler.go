package blueprintweb

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/blueprint"
	"zhengshu/internal/fault"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

const (
	listPath  = "/console/blueprints"
	buildPath = "/console/blueprints/build"
	maxSites  = 200
	maxText   = 20000
)

// Handler serves the screens.
type Handler struct {
	blueprints *blueprint.Service
	registry   *registry.Service
}

// New makes the handler.
func New(s *blueprint.Service, r *registry.Service) *Handler { return &Handler{s, r} }

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/blueprints", Permit: authz.SiteBuild, Handle: h.list},
		{Pattern: "POST /console/blueprints", Permit: authz.SiteBuild, Handle: h.keep},
		{Pattern: "POST /console/blueprints/{id}/retire", Permit: authz.SiteBuild, Handle: h.retire},
		{Pattern: "GET /console/blueprints/build", Permit: authz.SiteBuild, Handle: h.show},
		{Pattern: "POST /console/blueprints/build", Permit: authz.SiteBuild, Handle: h.build},
	}
}

type (
	recordView struct{ web.RecordView }
	formView   struct{ web.FormView }
)

func newList(list []blueprint.Template, sites []registry.Site, mine func(blueprint.Template) bool) recordView {
	v := recordView{web.RecordView{Heading: web.Heading{Title: "建站模板", Lead: "用模板或复制一个网站来建站：带栏目和外观，不带人员；栏目责任人、A 岗、B 岗按站填写。", Acts: []web.Act{{Text: "建站", Href: buildPath, Primary: true}}}, Trail: []web.Crumb{{Name: "站点台账", Href: "/console/sites"}}}}
	t := web.Table{Caption: "模板", Columns: []web.Column{{Head: "模板", Wide: true}, {Head: "栏目", Number: true}, {Head: "来源"}, {Head: "办理"}}}
	for _, x := range list {
		from := web.Text("系统自带")
		if !x.Shipped {
			from = web.Cell{Text: x.UnitName, Note: x.By + " " + web.Minute(x.At)}
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: x.Name, Note: x.Says}, web.Figure(len(x.Body.Columns)), from, web.Acts(web.Link{Text: "用它建站", Href: buildPath + "?from=" + url.QueryEscape(string(x.ID)), Note: x.Name})}})
		if !x.Shipped && mine(x) && len(v.Forms) < 20 {
			v.Forms = append(v.Forms, web.Form{Action: listPath + "/" + url.PathEscape(string(x.ID)) + "/retire", Sections: []web.Section{{Legend: "停用“" + x.Name + "”"}}, Buttons: []web.Button{{Label: "停用模板", Plain: true}}})
		}
	}
	v.Main = append(v.Main, t)
	options := []web.Option{{Label: "请选择"}}
	for _, s := range sites {
		options = append(options, web.Option{Value: string(s.ID), Label: s.Name})
	}
	if len(sites) > 0 {
		v.Forms = append([]web.Form{{Action: listPath, Key: "blueprint", Sections: []web.Section{{Legend: "把网站存为模板", Fields: []web.Field{{Kind: web.Select, Name: "site", Label: "网站", Required: true, Options: options}, {Name: "name", Label: "模板名称", Required: true, Max: 60}, {Name: "says", Label: "说明", Max: 200}}}}, Buttons: []web.Button{{Label: "存为模板"}}}}, v.Forms...)
	}
	return v
}

func newBuild(list []blueprint.Template, sites []registry.Site, from string, outcomes []blueprint.Outcome) formView {
	v := formView{web.FormView{Heading: web.Heading{Title: "建站", Lead: "网站要先经审批开设（第七条）或已在台账中；改为由本平台承载时核对运维管理细则和签收（第二十八条）。一次可以建多个，有一行不对就全部不办。"}, Trail: []web.Crumb{{Name: "建站模板", Href: listPath}}}}
	options := []web.Option{{Label: "请选择"}}
	for _, t := range list {
		options = append(options, web.Option{Value: string(t.ID), Label: fmt.Sprintf("模板：%s（%d 个栏目）", t.Name, len(t.Body.Columns))})
	}
	for _, s := range sites {
		options = append(options, web.Option{Value: "site:" + string(s.ID), Label: "复制：" + s.Name})
	}
	v.Form = web.Form{Key: "build", Sections: []web.Section{{Fields: []web.Field{{Kind: web.Select, Name: "from", Label: "模板或样板网站", Required: true, Options: options, Value: from},
		{Kind: web.TextArea, Name: "rows", Label: "要建的网站", Required: true, Rows: 8, Max: maxText, Hint: "每行一个：网站（域名、简称或名称），站点简称，栏目责任人，A 岗，B 岗。例如：sw.xa.gov.cn,xa-sw,周启明,李强,王芳"},
		{Kind: web.Check, Name: "items", Label: "同时引用样板网站的内容", Hint: "只在复制网站时可用；按引用显示，不复制稿件"}}}},
		Buttons: []web.Button{{Label: "预演", Name: "act", Value: "rehearse", Plain: true}, {Label: "建站", Name: "act", Value: "build"}}, Cancel: web.Link{Text: "取消", Href: listPath}}
	if len(outcomes) > 0 {
		t := web.Table{Caption: "预演结果", Columns: []web.Column{{Head: "行", Number: true}, {Head: "网站", Wide: true}, {Head: "新建栏目", Number: true}, {Head: "已有栏目", Number: true}, {Head: "其他"}, {Head: "结果"}}}
		for _, o := range outcomes {
			other := append([]string{}, o.Parts...)
			if o.Hosts {
				other = append(other, "改为由本平台承载")
			}
			row := web.Row{Cells: []web.Cell{web.Figure(o.Row.No), {Text: o.Row.Site, Note: o.Site.Name}, web.Figure(o.Columns), web.Figure(o.Kept), web.Text(strings.Join(other, "、")), web.Tagged(web.Tag{Kind: web.Good, Text: "可以建"})}}
			if o.Wrong != "" {
				row.Kind, row.Cells[5] = web.Danger, web.Cell{Tags: []web.Tag{{Kind: web.Danger, Text: "不能建"}}, Note: o.Wrong}
			}
			t.Rows = append(t.Rows, row)
		}
		v.Before = append(v.Before, t)
	}
	return v
}

var (
	sampleSites    = []registry.Site{{ID: "1", Name: "西安市商务局"}}
	sampleOutcomes = []blueprint.Outcome{{Row: blueprint.Row{No: 1, Site: "sw.xa.gov.cn"}, Site: sampleSites[0], Columns: 8, Parts: []string{"外观"}, Hosts: true}, {Row: blueprint.Row{No: 2, Site: "x"}, Wrong: "第 2 行“x”：台账中没有这个网站。"}}
	hostileList    = []blueprint.Template{{ID: `"><b>`, Name: "<script>alert(1)</script>", UnitName: "<b>", Says: "</td>", By: "<i>"}}
	all            = func(blueprint.Template) bool { return true }
)

var (
	listPage  = web.Define(web.Plain, "pages/record.html", newList(blueprint.Shipped(), nil, all), newList(blueprint.Shipped(), sampleSites, all), newList(hostileList, []registry.Site{{ID: `"`, Name: "<script>"}}, all))
	buildPage = web.Define(web.Plain, "pages/form.html", newBuild(nil, nil, "", nil), newBuild(blueprint.Shipped(), sampleSites, "portal", sampleOutcomes), newBuild(hostileList, nil, `"`, []blueprint.Outcome{{Row: blueprint.Row{Site: "<script>"}, Wrong: "<b>"}}))
)

// sources are the templates and the sites that may be copied.
func (h *Handler) sources(r *http.Request) ([]blueprint.Template, []registry.Site, error) {
	scope := authz.ScopeFrom(r.Context())
	list, err := h.blueprints.Templates(r.Context(), scope)
	if err != nil {
		return nil, nil, err
	}
	sites, _, err := h.registry.Sites(r.Context(), scope, registry.SiteFilter{Hosted: true, Limit: maxSites})
	return list, sites, err
}

func (h *Handler) renderList(w http.ResponseWriter, r *http.Request, status int, wrong error) error {
	list, sites, err := h.sources(r)
	if err != nil {
		return err
	}
	scope := authz.ScopeFrom(r.Context())
	v := newList(list, sites, func(t blueprint.Template) bool { return t.In(scope) })
	if wrong != nil && len(v.Forms) > 0 {
		v.Forms[0].Fill(r.PostForm)
		v.Forms[0].Wrong(wrong)
	}
	return listPage.RenderStatus(w, r, status, v)
}

func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	return h.renderList(w, r, http.StatusOK, nil)
}

func (h *Handler) keep(w http.ResponseWriter, r *http.Request) error {
	site := registry.SiteID(web.Typed(r, "site"))
	var err error
	if site == "" {
		err = fault.New(fault.Invalid, "没有选择网站。").On("site", "请选择网站")
	} else {
		_, err = h.blueprints.Keep(r.Context(), authz.ScopeFrom(r.Context()), site, web.Typed(r, "name"), web.Typed(r, "says"))
	}
	if web.Mendable(err) {
		return h.renderList(w, r, web.StatusOf(err), err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, listPath, "已存为模板。")
}

func (h *Handler) retire(w http.ResponseWriter, r *http.Request) error {
	if err := h.blueprints.Retire(r.Context(), authz.ScopeFrom(r.Context()), blueprint.ID(r.PathValue("id"))); err != nil {
		return err
	}
	return web.Done(w, r, listPath, "模板已停用，用它建的网站不受影响。")
}

func (h *Handler) show(w http.ResponseWriter, r *http.Request) error {
	list, sites, err := h.sources(r)
	if err != nil {
		return err
	}
	return buildPage.Render(w, r, newBuild(list, sites, r.URL.Query().Get("from"), nil))
}

func (h *Handler) build(w http.ResponseWriter, r *http.Request) error {
	scope := authz.ScopeFrom(r.Context())
	o := blueprint.Order{From: blueprint.ID(web.Typed(r, "from")), Items: r.PostFormValue("items") != ""}
	var outcomes []blueprint.Outcome
	text := r.PostFormValue("rows")
	err := error(nil)
	if len([]rune(text)) > maxText {
		err = fault.Newf(fault.Invalid, "填写的内容超过 %d 字，请分几次办理。", maxText).On("rows", "请分几次")
	}
	if err == nil {
		o.Rows, err = blueprint.ParseRows(text)
	}
	rehearsal := web.Typed(r, "act") != "build"
	switch {
	case err != nil:
	case rehearsal:
		outcomes, err = h.blueprints.Rehearse(r.Context(), scope, o)
	default:
		outcomes, err = h.blueprints.Build(r.Context(), scope, o)
	}
	if err != nil && !web.Mendable(err) {
		return err
	}
	if err != nil || rehearsal {
		list, sites, formErr := h.sources(r)
		if formErr != nil {
			return formErr
		}
		v := newBuild(list, sites, string(o.From), outcomes)
		status := http.StatusOK
		if err != nil {
			v.Again(r, err)
			status = web.StatusOf(err)
		} else {
			v.Form.Fill(r.PostForm)
			v.Alert = web.Alert{Kind: web.Info, Title: "这是预演", Text: "还没有写入任何内容；核对无误后点“建站”。"}
		}
		return buildPage.RenderStatus(w, r, status, v)
	}
	said := fmt.Sprintf("已建 %d 个网站。", len(outcomes))
	if o.Items {
		n := 0
		for _, x := range outcomes {
			n += x.Adopted
		}
		said += fmt.Sprintf("引用了 %d 条内容。", n)
	}
	to := listPath
	if len(outcomes) == 1 {
		to = outcomes[0].Site.Link()
	}
	return web.Done(w, r, to, said)
}
