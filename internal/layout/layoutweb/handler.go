package layoutweb

import (
	"context"
	"embed"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/fault"
	"zhengshu/internal/layout"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

//go:embed views/*.html
var views embed.FS

// Previewer draws a composition as readers would see it; see
// publishing.PreviewBoard.
type Previewer func(ctx context.Context, b layout.Board, elder bool) ([]byte, error)

// Handler serves the screens.
type Handler struct {
	layouts  *layout.Service
	org      *org.Service
	registry *registry.Service
	preview  Previewer
	reach    Reach
}

// Reach says in a sentence what publishing a composition reaches; see
// publishing.FanOut.
type Reach func(ctx context.Context, scope authz.Scope, b layout.Board) (string, error)

// ReachWith sets who says so; at start.
func (h *Handler) ReachWith(f Reach) *Handler {
	h.reach = f
	return h
}

// reached is the piece that shows it; nothing where nobody says.
func (h *Handler) reached(ctx context.Context, b layout.Board) (web.Summary, error) {
	if h.reach == nil || !b.Site.Hosted {
		return web.Summary{}, nil
	}
	says, err := h.reach(ctx, authz.ScopeFrom(ctx), b)
	return web.Reach(says), err
}

// New makes the handler.
func New(l *layout.Service, o *org.Service, r *registry.Service) *Handler {
	return &Handler{layouts: l, org: o, registry: r}
}

// PreviewWith sets who draws previews; at start.
func (h *Handler) PreviewWith(p Previewer) *Handler {
	h.preview = p
	return h
}

const maxForm = 256 << 10

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/layouts", Permit: authz.SiteCompose, Handle: h.sites},
		{Pattern: "GET /console/layouts/{id}", Permit: authz.SiteCompose, Handle: h.board},
		{Pattern: "POST /console/layouts/{id}/move", Permit: authz.SiteCompose, Handle: h.move},
		{Pattern: "POST /console/layouts/{id}/remove", Permit: authz.SiteCompose, Handle: h.remove},
		{Pattern: "POST /console/layouts/{id}/template", Permit: authz.SiteCompose, Handle: h.template},
		{Pattern: "POST /console/layouts/{id}/discard", Permit: authz.SiteCompose, Handle: h.discard},
		{Pattern: "POST /console/layouts/{id}/publish", Permit: authz.SitePublish, Handle: h.publish},
		{Pattern: "GET /console/layouts/{id}/new", Permit: authz.SiteCompose, Handle: h.newBlock},
		{Pattern: "POST /console/layouts/{id}/new", Permit: authz.SiteCompose, Handle: h.addBlock, MaxBody: maxForm},
		{Pattern: "GET /console/layouts/{id}/blocks/{block}", Permit: authz.SiteCompose, Handle: h.block},
		{Pattern: "POST /console/layouts/{id}/blocks/{block}", Permit: authz.SiteCompose, Handle: h.setBlock, MaxBody: maxForm},
		{Pattern: "GET /console/layouts/{id}/preview", Permit: authz.SiteCompose, Handle: h.showPreview},
		{Pattern: "GET /console/layouts/{id}/preview/page", Permit: authz.SiteCompose, Handle: h.previewFrame},
		{Pattern: "GET /console/layouts/{id}/versions", Permit: authz.SiteCompose, Handle: h.versions},
		{Pattern: "POST /console/layouts/{id}/rollback", Permit: authz.SitePublish, Handle: h.rollback},
		{Pattern: "GET /console/topics", Permit: authz.SiteCompose, Handle: h.topics},
		{Pattern: "GET /console/sites/{id}/topics/new", Permit: authz.SiteCompose, Handle: h.newTopic},
		{Pattern: "POST /console/sites/{id}/topics/new", Permit: authz.SiteCompose, Handle: h.planTopic},
		{Pattern: "GET /console/topics/{id}", Permit: authz.SiteCompose, Handle: h.topic},
		{Pattern: "GET /console/topics/{id}/edit", Permit: authz.SiteCompose, Handle: h.editTopic},
		{Pattern: "POST /console/topics/{id}/edit", Permit: authz.SiteCompose, Handle: h.setTopic},
		{Pattern: "POST /console/topics/{id}/archive", Permit: authz.SitePublish, Handle: h.archiveTopic},
		{Pattern: "POST /console/topics/{id}/drop", Permit: authz.SiteCompose, Handle: h.dropTopic},
		{Pattern: "GET /console/sites/{id}/bar", Permit: authz.SiteCompose, Handle: h.bar},
		{Pattern: "POST /console/sites/{id}/bar", Permit: authz.SitePublish, Handle: h.hang},
		{Pattern: "POST /console/sites/{id}/bar/down", Permit: authz.SitePublish, Handle: h.lawDown},
		{Pattern: "GET /console/bar/{id}", Permit: authz.SitePublish, Handle: h.barNotice},
		{Pattern: "POST /console/bar/{id}", Permit: authz.SitePublish, Handle: h.rehang},
		{Pattern: "POST /console/bar/{id}/move", Permit: authz.SitePublish, Handle: h.moveBar},
		{Pattern: "POST /console/bar/{id}/down", Permit: authz.SitePublish, Handle: h.takeDown},
	}
}

const (
	path    = "/console/layouts"
	perPage = 30
)

func crumbs(last ...web.Crumb) []web.Crumb {
	return append([]web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "网站编排", Href: path}}, last...)
}

func boardPath(id layout.BoardID) string { return path + "/" + url.PathEscape(string(id)) }

func typed(r *http.Request, name string) string { return strings.TrimSpace(r.PostFormValue(name)) }

func number(s string) int {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil {
		return -1 // refused by whoever asked for a number
	}
	return n
}

// siteList is GET /console/layouts.
type siteList struct {
	Heading web.Heading
	Filter  web.Filter
	Table   web.Table
	Pager   web.Pager
}

func (siteList) Title() string       { return "网站编排" }
func (siteList) Crumbs() []web.Crumb { return crumbs()[:2:2] }

func newSiteList(list []layout.SiteState) siteList {
	v := siteList{Heading: web.Heading{Title: "网站编排", Lead: "首页由版块组成，专题有结束日期，公告栏按日期悬挂。先编草稿，预览后发布。"},
		Filter: web.Filter{Action: path, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "网站或主办单位", Max: 60}}},
		Table: web.Table{Caption: "本平台承载的网站", Quiet: true, Columns: []web.Column{{Head: "网站", Wide: true}, {Head: "首页"}, {Head: "专题", Number: true}, {Head: "公告栏"}, {Head: ""}},
			Empty: web.Empty{Title: "没有可以编排的网站", Text: "在本平台承载的网站，开通后列在这里。"}}}
	for _, s := range list {
		at := boardPath(layout.BoardID(s.ID))
		name := web.Linked(s.Name, at)
		name.Note = s.UnitName
		home := web.Text("默认编排")
		if s.Version > 0 {
			home = web.Cell{Text: fmt.Sprintf("第 %d 版", s.Version), Note: web.Minute(s.At)}
		}
		if s.Draft {
			home.Tags = append(home.Tags, web.Tag{Kind: web.Warn, Text: "有草稿"})
		}
		bar := web.Cell{Text: fmt.Sprintf("%d 条", s.Bar)}
		if s.Law > 0 {
			bar.Tags = []web.Tag{{Kind: web.Info, Text: fmt.Sprintf("依法悬挂 %d 条", s.Law)}}
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{name, home, web.Figure(s.Running), bar,
			web.Acts(web.Link{Text: "编排首页", Href: at, Note: s.Name}, web.Link{Text: "栏目", Href: "/console/sites/" + string(s.ID) + "/columns", Note: s.Name},
				web.Link{Text: "专题", Href: "/console/topics?site=" + url.QueryEscape(string(s.ID)), Note: s.Name}, web.Link{Text: "公告栏", Href: "/console/sites/" + string(s.ID) + "/bar", Note: s.Name})}})
	}
	return v
}

func (h *Handler) sites(w http.ResponseWriter, r *http.Request) error {
	list, total, err := h.layouts.Sites(r.Context(), authz.ScopeFrom(r.Context()), strings.TrimSpace(r.URL.Query().Get("q")), perPage, (web.PageOf(r)-1)*perPage)
	if err != nil {
		return err
	}
	v := newSiteList(list)
	v.Filter.Fill(r.URL.Query())
	v.Filter.Total, v.Pager = total, web.PagerOf(r, total, perPage)
	return sitesPage.Render(w, r, v)
}

// item is one line that can be moved.
type item struct {
	ID      string
	Name    string
	Says    string
	Edit    string // address
	Wrong   string
	N, Last int
	Places  []int // to move to
}

// boardView is GET /console/layouts/{id}.
type boardView struct {
	name     string
	trail    []web.Crumb
	Heading  web.Heading
	Alerts   []web.Alert
	Rev      int
	Items    []item
	MoveTo   string
	RemoveTo string
	Add      web.Form
	Template web.Form
	Publish  web.Form
	Reach    web.Summary
	Discard  web.Form
	Remarks  web.Table
	Preview  string // frame
	Frame    string
}

func (v boardView) Title() string       { return v.name }
func (v boardView) Crumbs() []web.Crumb { return v.trail }

func boardTrail(b layout.Board, last ...web.Crumb) []web.Crumb {
	c := web.Crumb{Name: b.Name()}
	if len(last) > 0 {
		c.Href = boardPath(b.ID)
	}
	if b.Kind == layout.TopicBoard {
		return append(crumbs(web.Crumb{Name: "专题", Href: "/console/topics"}, web.Crumb{Name: b.Topic.Title, Href: b.Topic.Link()}, web.Crumb{Name: "编排", Href: c.Href}), last...)
	}
	return append(crumbs(c), last...)
}

// says is what a block is told, in words.
func says(b layout.Block, columns map[registry.ColumnID]string) string {
	spec, _ := layout.SpecOf(b.Kind)
	var parts []string
	for _, c := range b.Columns {
		name := columns[c]
		if name == "" {
			name = "已关闭的栏目"
		}
		parts = append(parts, "“"+name+"”")
	}
	if len(parts) > 0 {
		parts = []string{strings.Join(parts, "、")}
	}
	if spec.MaxCount > 0 {
		parts = append(parts, fmt.Sprintf("%d 条", b.Entries()))
	}
	if b.Pictures {
		parts = append(parts, "带图片")
	}
	if b.Briefs {
		parts = append(parts, "带摘要")
	}
	if n := len(b.Links); n > 0 {
		parts = append(parts, fmt.Sprintf("%d 个链接", n))
	}
	if n := len(b.Items); n > 0 {
		parts = append(parts, fmt.Sprintf("%d 篇稿件", n))
	}
	if len(parts) == 0 {
		return spec.Says
	}
	return strings.Join(parts, "，")
}

func newBoardView(b layout.Board, remarks []layout.Remark, mayPublish bool) boardView {
	at := boardPath(b.ID)
	names := map[registry.ColumnID]string{}
	for _, c := range b.Columns {
		names[c.ID] = c.Name
	}
	v := boardView{name: "编排" + b.Name(), trail: boardTrail(b), Rev: b.Rev, MoveTo: at + "/move", RemoveTo: at + "/remove", Frame: at + "/preview/page",
		Heading: web.Heading{Title: "编排" + b.Name(), Acts: []web.Act{{Text: "预览", Href: at + "/preview"}, {Text: "版本", Href: at + "/versions"}}}}
	hidden := web.Field{Kind: web.Hidden, Name: "rev", Value: strconv.Itoa(b.Rev)}
	switch {
	case b.Changed:
		v.Heading.Tags = append(v.Heading.Tags, web.Tag{Kind: web.Warn, Text: "草稿，读者还看不到"})
		v.Heading.Lead = fmt.Sprintf("%s 于 %s 修改。", b.By, web.Minute(b.At))
		v.Discard = web.Form{Action: at + "/discard", Sections: []web.Section{{Fields: []web.Field{hidden}}}, Buttons: []web.Button{{Label: "放弃草稿", Plain: true}}}
	case b.LiveNo == 0 && b.Kind == layout.HomeBoard:
		v.Heading.Tags = append(v.Heading.Tags, web.Tag{Text: "默认编排"})
		v.Heading.Lead = "现在使用本类网站的默认编排；改动后先成为草稿，发布前读者看不到。"
	case b.LiveNo == 0:
		v.Heading.Tags = append(v.Heading.Tags, web.Tag{Kind: web.Warn, Text: "还没有发布"})
	default:
		v.Heading.Tags = append(v.Heading.Tags, web.Tag{Kind: web.Good, Text: fmt.Sprintf("第 %d 版正在使用", b.LiveNo)})
	}
	wrong := map[string]string{}
	serious := 0
	v.Remarks = web.Table{Caption: "发布前检查", Columns: []web.Column{{Head: "结果"}, {Head: "说明", Wide: true}}, Empty: web.Empty{Title: "没有发现问题", Text: "必需的版块齐全，栏目都在使用，长度合适。"}}
	for _, m := range remarks {
		tag := web.Tag{Kind: web.Warn, Text: "提示"}
		if m.Serious {
			tag = web.Tag{Kind: web.Danger, Text: "要先改"}
			serious++
			if m.Block != "" {
				wrong[m.Block] = m.Says
			}
		}
		v.Remarks.Rows = append(v.Remarks.Rows, web.Row{Cells: []web.Cell{web.Tagged(tag), web.Text(m.Says)}})
	}
	open := b.Kind == layout.HomeBoard || b.Topic.Open()
	var places []int
	for i := range b.Blocks {
		places = append(places, i+1)
	}
	for i, o := range b.Blocks {
		it := item{ID: o.ID, Name: o.Name(), Says: says(o, names), Wrong: wrong[o.ID], N: i + 1, Last: len(b.Blocks), Places: places}
		if open {
			it.Edit = at + "/blocks/" + url.PathEscape(o.ID)
		}
		v.Items = append(v.Items, it)
	}
	if !open {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: "专题" + layout.TopicMachine.Name(b.Topic.State), Text: "内容不再变动，只能查看。"})
		v.MoveTo, v.RemoveTo = "", ""
		return v
	}
	var kinds, templates []web.Option
	for _, s := range layout.Specs {
		if b.Kind == layout.HomeBoard && !s.Home || b.Kind == layout.TopicBoard && !s.Topic {
			continue
		}
		kinds = append(kinds, web.Option{Value: string(s.Kind), Label: s.Name, Hint: s.Says})
	}
	v.Add = web.Form{Action: at + "/new", Method: "get", Sections: []web.Section{{Fields: []web.Field{{Kind: web.Select, Name: "kind", Label: "版块种类", Options: kinds}}}}, Buttons: []web.Button{{Label: "添加版块", Plain: true}}}
	if b.Kind == layout.HomeBoard {
		for _, t := range layout.Templates {
			templates = append(templates, web.Option{Value: t.Key, Label: t.Name + "：" + t.Says})
		}
		v.Template = web.Form{Action: at + "/template", Sections: []web.Section{{Fields: []web.Field{hidden, {Kind: web.Select, Name: "template", Label: "从模板开始", Options: templates, Hint: "替换草稿里的全部版块；发布前读者看不到"}}}}, Buttons: []web.Button{{Label: "套用模板", Plain: true}}}
	}
	if mayPublish && (b.Changed || b.Kind == layout.TopicBoard && b.LiveNo == 0) {
		v.Publish = web.Form{Action: at + "/publish", Sections: []web.Section{{Fields: []web.Field{hidden, {Name: "note", Label: "这次改了什么", Max: 100, Hint: "记在版本里，可以不填"}}}}, Buttons: []web.Button{{Label: publishLabel(b)}}}
	}
	if !mayPublish && b.Changed {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: "您可以编排，不能发布", Text: "改好后请主办单位经办或终审人员发布。"})
	}
	if serious > 0 {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: fmt.Sprintf("有 %d 处要先改，才能发布", serious), Text: "见“发布前检查”。"})
	}
	return v
}

func publishLabel(b layout.Board) string {
	if b.Kind == layout.TopicBoard {
		return "发布专题"
	}
	return "发布首页"
}

func boardOf(r *http.Request) layout.BoardID { return layout.BoardID(r.PathValue("id")) }

func (h *Handler) view(r *http.Request) (boardView, error) {
	ctx := r.Context()
	b, err := h.layouts.Board(ctx, authz.ScopeFrom(ctx), boardOf(r))
	if err != nil {
		return boardView{}, err
	}
	v := newBoardView(b, h.layouts.Review(b), b.Site.In(authz.SessionFrom(ctx).ScopeFor(authz.SitePublish)))
	if len(v.Publish.Buttons) > 0 {
		v.Reach, err = h.reached(ctx, b)
	}
	return v, err
}

func (h *Handler) board(w http.ResponseWriter, r *http.Request) error {
	v, err := h.view(r)
	if err != nil {
		return err
	}
	return boardPage.Render(w, r, v)
}

// refused shows the board again with why an act was not done.
func (h *Handler) refused(w http.ResponseWriter, r *http.Request, err error) error {
	if !web.Mendable(err) {
		return err
	}
	v, again := h.view(r)
	if again != nil {
		return again
	}
	f := fault.Of(err)
	v.Alerts = append([]web.Alert{{Kind: web.Danger, Title: "没有办成", Text: f.Says}}, v.Alerts...)
	return boardPage.RenderStatus(w, r, web.StatusOf(err), v)
}

func (h *Handler) move(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	step := registry.Step(typed(r, "step"))
	b, err := h.layouts.MoveBlock(ctx, authz.ScopeFrom(ctx), boardOf(r), number(typed(r, "rev")), typed(r, "key"), step, number(typed(r, "to"))-1)
	if err != nil {
		return h.refused(w, r, err)
	}
	said := "已移动。"
	for i, o := range b.Blocks {
		if o.ID == typed(r, "key") {
			said = fmt.Sprintf("%s已移到第 %d 位。", o.Name(), i+1)
		}
	}
	return web.Done(w, r, boardPath(b.ID)+"#b-"+url.PathEscape(typed(r, "key")), said)
}

func (h *Handler) remove(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	b, err := h.layouts.RemoveBlock(ctx, authz.ScopeFrom(ctx), boardOf(r), number(typed(r, "rev")), typed(r, "key"))
	if err != nil {
		return h.refused(w, r, err)
	}
	return web.Done(w, r, boardPath(b.ID), "已从草稿里移除，读者看到的页面没有变；不合适可以放弃草稿。")
}

func (h *Handler) template(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	b, err := h.layouts.UseTemplate(ctx, authz.ScopeFrom(ctx), boardOf(r), number(typed(r, "rev")), typed(r, "template"))
	if err != nil {
		return h.refused(w, r, err)
	}
	return web.Done(w, r, boardPath(b.ID), "已按模板换成新的草稿。")
}

func (h *Handler) discard(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if err := h.layouts.Discard(ctx, authz.ScopeFrom(ctx), boardOf(r), number(typed(r, "rev"))); err != nil {
		return h.refused(w, r, err)
	}
	return web.Done(w, r, boardPath(boardOf(r)), "已放弃草稿，回到正在使用的编排。")
}

func (h *Handler) publish(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	b, err := h.layouts.Publish(ctx, authz.ScopeFrom(ctx), boardOf(r), number(typed(r, "rev")), typed(r, "note"))
	if err != nil {
		return h.refused(w, r, err)
	}
	if b.Kind == layout.TopicBoard {
		return web.Done(w, r, b.Topic.Link(), "专题已发布，几秒后在网站的“专题”和首页看到。")
	}
	return web.Done(w, r, boardPath(b.ID), fmt.Sprintf("第 %d 版已发布，几秒后在网站首页看到；不合适可以在“版本”里恢复。", b.LiveNo))
}

// versionsView is GET /console/layouts/{id}/versions.
type versionsView struct {
	name    string
	trail   []web.Crumb
	Heading web.Heading
	To      string
	Rev     int
	Reach   web.Summary
	Table   web.Table
}

func (v versionsView) Title() string       { return v.name }
func (v versionsView) Crumbs() []web.Crumb { return v.trail }

func newVersionsView(b layout.Board, list []layout.Version, mayPublish bool) versionsView {
	at := boardPath(b.ID)
	v := versionsView{name: b.Name() + "的版本", trail: boardTrail(b, web.Crumb{Name: "版本"}), To: at + "/rollback", Rev: b.Rev,
		Heading: web.Heading{Title: "版本", Above: b.Name(), Lead: "恢复以前的一版，会成为新的一版；草稿随之放弃。", Acts: []web.Act{{Text: "回到编排", Href: at}}},
		Table: web.Table{Caption: "发布过的版本", Quiet: true, RowHead: 0, Columns: []web.Column{{Head: "版本"}, {Head: "发布"}, {Head: "说明", Wide: true}, {Head: "版块", Number: true}, {Head: ""}},
			Empty: web.Empty{Title: "还没有发布过", Text: "现在使用默认编排。"}}}
	row := func(no int, who, when, note string, blocks int, live bool) {
		name := web.Cell{Text: fmt.Sprintf("第 %d 版", no)}
		if no == 0 {
			name.Text = "默认编排"
		}
		acts := web.Cell{}
		switch {
		case live:
			name.Tags = []web.Tag{{Kind: web.Good, Text: "正在使用"}}
		case mayPublish:
			acts.Parts = []web.Component{web.Button{Label: "恢复" + name.Text, Name: "no", Value: strconv.Itoa(no), Plain: true}}
		}
		acts.Links = []web.Link{{Text: "预览", Href: at + "/preview?version=" + strconv.Itoa(no), Note: name.Text}}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{name, {Text: who, Note: when}, web.Text(note), web.Figure(blocks), acts}})
	}
	for _, o := range list {
		row(o.No, o.By, web.Minute(o.At), o.Note, len(o.Blocks), o.Live)
	}
	if b.Kind == layout.HomeBoard {
		d := layout.Default(b.Site.Kind, b.Columns)
		row(0, "系统", "", "本类网站开始时的编排", len(d), b.LiveNo == 0)
	}
	return v
}

func (h *Handler) versions(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	b, list, err := h.layouts.Versions(ctx, authz.ScopeFrom(ctx), boardOf(r))
	if err != nil {
		return err
	}
	v := newVersionsView(b, list, b.Site.In(authz.SessionFrom(ctx).ScopeFor(authz.SitePublish)) && (b.Kind == layout.HomeBoard || b.Topic.Open()))
	if v.Reach, err = h.reached(ctx, b); err != nil {
		return err
	}
	return versionsPage.Render(w, r, v)
}

func (h *Handler) rollback(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	b, err := h.layouts.Rollback(ctx, authz.ScopeFrom(ctx), boardOf(r), number(typed(r, "rev")), number(typed(r, "no")))
	if err != nil {
		return h.refused(w, r, err)
	}
	return web.Done(w, r, boardPath(b.ID)+"/versions", fmt.Sprintf("已恢复，成为第 %d 版，几秒后在网站看到。", b.LiveNo))
}

// The widths a composition is looked at in.
var widths = []struct{ as, name, hint string }{{"desktop", "电脑", "宽 1280 像素"}, {"tablet", "平板", "宽 768 像素"}, {"phone", "手机", "宽 390 像素"}, {elder, "长辈版", "大字版式"}}

// elder is the layout of which only topics have one of their own: the elder home
// is not composed.
const elder = "elder"

// previewView is GET /console/layouts/{id}/preview.
type previewView struct {
	name    string
	trail   []web.Crumb
	Heading web.Heading
	Tabs    web.Tabs
	As      string
	Frame   string
	Says    string
}

func (v previewView) Title() string       { return v.name }
func (v previewView) Crumbs() []web.Crumb { return v.trail }

func newPreviewView(b layout.Board, as, version string) previewView {
	at := boardPath(b.ID) + "/preview"
	query := func(as string) string {
		q := url.Values{"as": {as}}
		if version != "" {
			q.Set("version", version)
		}
		return "?" + q.Encode()
	}
	v := previewView{name: "预览" + b.Name(), trail: boardTrail(b, web.Crumb{Name: "预览"}), As: as, Frame: at + "/page" + query(as),
		Heading: web.Heading{Title: "预览", Above: b.Name(), Acts: []web.Act{{Text: "回到编排", Href: boardPath(b.ID), Primary: true}}}, Tabs: web.Tabs{Label: "宽度"}}
	for _, w := range widths {
		if w.as == elder && b.Kind == layout.HomeBoard {
			continue
		}
		v.Tabs.Items = append(v.Tabs.Items, web.Tab{Name: w.name, Href: at + query(w.as), Current: w.as == as})
		if w.as == as {
			v.Says = w.hint + "，内容是现在已经公开的稿件。"
		}
	}
	return v
}

func previewAs(r *http.Request) string {
	as := r.URL.Query().Get("as")
	for _, w := range widths {
		if w.as == as {
			return as
		}
	}
	return widths[0].as
}

var frameSources = regexp.MustCompile(`frame-src [^;]*`)

// ownFrames lets a page of the console hold frames of the console.
func ownFrames(w http.ResponseWriter) {
	w.Header().Set("Content-Security-Policy", frameSources.ReplaceAllString(w.Header().Get("Content-Security-Policy"), "frame-src 'self'"))
}

func (h *Handler) showPreview(w http.ResponseWriter, r *http.Request) error {
	b, err := h.layouts.Board(r.Context(), authz.ScopeFrom(r.Context()), boardOf(r))
	if err != nil {
		return err
	}
	version := r.URL.Query().Get("version")
	if number(version) < 0 {
		version = ""
	}
	ownFrames(w)
	return previewPage.Render(w, r, newPreviewView(b, previewAs(r), version))
}

// previewFrame is the readers' page itself, for the frame alone: no script runs
// in it, and nothing outside can frame it.
func (h *Handler) previewFrame(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if h.preview == nil {
		return fault.Missing("预览")
	}
	b, list, err := h.layouts.Versions(ctx, authz.ScopeFrom(ctx), boardOf(r))
	if err != nil {
		return err
	}
	if no := number(r.URL.Query().Get("version")); no >= 0 {
		b.Blocks = nil
		for _, v := range list {
			if v.No == no {
				b.Blocks = v.Blocks
			}
		}
		if no == 0 && b.Kind == layout.HomeBoard {
			b.Blocks = layout.Default(b.Site.Kind, b.Columns)
		}
		if b.Blocks == nil {
			return fault.Missing("版本")
		}
	}
	body, err := h.preview(ctx, b, r.URL.Query().Get("as") == elder)
	if err != nil {
		return err
	}
	return web.SendFramed(w, body)
}
