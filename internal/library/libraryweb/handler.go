package libraryweb

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhengshu/internal/abridge"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/media"
	"zhengshu/internal/org"
	"zhengshu/internal/prose"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

//go:embed views/*.html
var views embed.FS

// Handler serves the screens of the library.
type Handler struct {
	lib      *library.Service
	media    *media.Service
	preview  Previewer
	stage    Stager
	spread   Spreader
	keep     func(ctx context.Context, data []byte, kind string) (string, error) // of pictures within pasted text
	pictures string                                                              // where the editor sends pictures, "" for nowhere
}

// New makes the handler.
func New(l *library.Service) *Handler { return &Handler{lib: l} }

// PicturesAt names the path that takes a picture of the editor (a multipart
// form: file, alt, item) and answers {"src": …}; at start.
func (h *Handler) PicturesAt(path string) *Handler {
	h.pictures = path
	return h
}

// Routes are the screens. Reviewing is routed by item.read and decided by the
// service, because the permission follows the stage.
func (h *Handler) Routes() []web.Route {
	return slices.Concat(h.reviewRoutes(), h.adoptionRoutes(), h.checkRoutes(), h.interpretationRoutes(), h.sourceRoutes(), h.indexCodeRoutes(), h.figureRoutes(), []web.Route{
		{Pattern: "GET /console/items", Permit: authz.ItemRead, Handle: h.list},
		{Pattern: "GET /console/items/new", Permit: authz.ItemWrite, Handle: h.showNew},
		{Pattern: "POST /console/items/new", Permit: authz.ItemWrite, Handle: h.edit, MaxBody: 8 << 20},
		{Pattern: "POST /console/items/autosave", Permit: authz.ItemWrite, Handle: h.autosave, MaxBody: 8 << 20},
		{Pattern: "POST /console/items/paste", Permit: authz.ItemWrite, Handle: h.paste, MaxBody: pasteBody},
		{Pattern: "GET /console/items/drafts", Permit: authz.ItemWrite, Handle: h.drafts},
		{Pattern: "POST /console/items/drafts", Permit: authz.ItemWrite, Handle: h.discard},
		{Pattern: "GET " + previewPath, Permit: authz.ItemRead, Handle: h.showPreview},
		{Pattern: "GET " + previewPath + "/page", Permit: authz.ItemRead, Handle: h.previewFrame},
		{Pattern: "POST /console/items/{id}/hold", Permit: authz.ItemWrite, Handle: h.hold},
		{Pattern: "POST /console/items/{id}/take-over", Permit: authz.ItemWrite, Handle: h.takeOver},
		{Pattern: "POST /console/items/{id}/restore", Permit: authz.ItemWrite, Handle: h.restore},
		{Pattern: "GET /console/items/{id}", Permit: authz.ItemRead, Handle: h.item},
		{Pattern: "GET /console/items/{id}/edit", Permit: authz.ItemWrite, Handle: h.showEdit},
		{Pattern: "POST /console/items/{id}/edit", Permit: authz.ItemWrite, Handle: h.edit, MaxBody: 8 << 20},
		{Pattern: "POST /console/items/{id}/take-back", Permit: authz.ItemWrite, Handle: h.takeBack},
		{Pattern: "POST /console/items/{id}/links", Permit: authz.ItemWrite, Handle: h.link},
		{Pattern: "POST /console/items/{id}/effects", Permit: authz.ItemFinalReview, Handle: h.addEffect},
		{Pattern: "POST /console/items/{id}/effects/revoke", Permit: authz.ItemFinalReview, Handle: h.revokeEffect},
		{Pattern: "GET /console/items/{id}/compare", Permit: authz.ItemRead, Handle: h.compare},
		{Pattern: "GET /console/items/{id}/withdraw", Permit: authz.ItemWithdraw, Handle: h.showWithdraw},
		{Pattern: "POST /console/items/{id}/withdraw", Permit: authz.ItemWithdraw, Handle: h.withdraw},
		{Pattern: "GET /console/items/{id}/end", Permit: authz.ItemWithdraw, Handle: h.showEnd},
		{Pattern: "POST /console/items/{id}/end", Permit: authz.ItemWithdraw, Handle: h.end},
		{Pattern: "POST /console/items/{id}/end/undo", Permit: authz.ItemWithdraw, Handle: h.undoEnd},
		{Pattern: "GET /console/items/{id}/take-down", Permit: authz.ColumnManage, Handle: h.showTakeDown},
		{Pattern: "POST /console/items/{id}/take-down", Permit: authz.ColumnManage, Handle: h.takeDown},
	})
}

var home = []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "信息资源库", Href: "/console/items"}}

func crumbs(more ...web.Crumb) []web.Crumb { return append(slices.Clone(home), more...) }

func idOf(r *http.Request) library.ItemID { return library.ItemID(r.PathValue("id")) }

func itemCrumbs(it library.Item, here string) []web.Crumb {
	if here == "" {
		return crumbs(web.Crumb{Name: it.Title})
	}
	return crumbs(web.Crumb{Name: it.Title, Href: it.Link()}, web.Crumb{Name: here})
}

func stateTag(it library.Item) web.Tag {
	switch it.State {
	case library.Approved:
		return web.Tag{Kind: web.Good, Text: it.StateName()}
	case library.InReview:
		return web.Tag{Kind: web.Info, Text: it.StateName()}
	case library.Returned:
		return web.Tag{Kind: web.Warn, Text: it.StateName()}
	case library.Withdrawn:
		return web.Tag{Kind: web.Danger, Text: it.StateName()}
	}
	return web.Tag{Text: it.StateName()}
}

// tags are the state and, while another version is public, that too.
func tags(it library.Item) []web.Tag {
	out := []web.Tag{stateTag(it)}
	if it.Live() && it.State != library.Approved {
		out = append(out, web.Tag{Kind: web.Good, Text: fmt.Sprintf("第 %d 版公开中", it.LiveVersion)})
	}
	if it.Important {
		out = append(out, web.Tag{Kind: web.Info, Text: "重要"})
	}
	if t, ok := validityTag(it.Validity); ok {
		out = append(out, t)
	}
	if it.State != library.Approved && (it.Openness == library.OnRequest || it.Openness == library.Withheld) {
		out = append(out, web.Tag{Kind: web.Warn, Text: it.Openness.Name()})
	}
	return out
}

// list is GET /console/items.
type listPage struct {
	Heading web.Heading
	Tabs    web.Tabs
	Filter  web.Filter
	Table   web.Table
	Picking bool // the person may decide several at once
	Pager   web.Pager
}

func (listPage) Title() string       { return "信息资源库" }
func (listPage) Crumbs() []web.Crumb { return crumbs()[:2:2] }

const perPage = 20

// minuteLayout is how an hour is typed in a form, Shanghai time.
const minuteLayout = "2006-01-02 15:04"

func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	scope := authz.ScopeFrom(r.Context())
	q := r.URL.Query()
	f := library.FilterOf(q)
	if f.Stage != "" {
		q.Set("state", f.State)
	}
	f.Limit, f.Offset = perPage, (web.PageOf(r)-1)*perPage
	found, facets, err := h.lib.Browse(r.Context(), scope, f)
	if err != nil {
		return err
	}
	page := listPage{Heading: web.Heading{Title: "信息资源库", Lead: "先入库、后使用：每条信息经审核后才能公开。"}}
	if authz.SessionFrom(r.Context()).May(authz.ItemWrite) {
		page.Heading.Acts = []web.Act{{Text: "采编稿件", Href: "/console/items/new", Primary: true}, {Text: "导入", Href: "/console/move-ins"}, {Text: "恢复草稿", Href: "/console/items/drafts"}}
	}
	all := 0
	for _, t := range facets.States {
		if t.Value != "live" {
			all += t.N
		}
	}
	page.Tabs = web.Tabs{Label: "稿件状态", Items: []web.Tab{tab("全部", "", all, q)}}
	for _, s := range []string{library.Draft, library.InReview, library.Returned, "live", library.Withdrawn} {
		name := library.Machine.Name(s)
		if s == "live" {
			name = "公开中"
		}
		page.Tabs.Items = append(page.Tabs.Items, tab(name, s, countOf(facets.States, s), q))
	}
	page.Filter = web.Filter{Action: "/console/items", Hidden: []web.Field{{Kind: web.Hidden, Name: "state"}}, Reset: "/console/items"}
	page.Filter.Fields, page.Filter.More = facetFields(q, facets)
	page.Filter.Fill(q)
	total := facets.Total
	over := (f.Text != "" || f.Column != "" || f.Stage != "") && total > library.CountedTo
	if over {
		total = library.CountedTo
	}
	if total > 0 {
		chosen := url.Values{}
		for _, k := range exportKeys {
			if v := q.Get(k); v != "" {
				chosen.Set(k, v)
			}
		}
		for _, f := range []struct{ format, name string }{{"jsonl", "导出清单（JSONL）"}, {"archive", "导出归档"}} {
			chosen.Set("format", f.format)
			page.Heading.Acts = append(page.Heading.Acts, web.Act{Text: f.name, Href: "/console/items/export?" + chosen.Encode()})
		}
	}
	page.Filter.Total, page.Filter.Over = total, over
	page.Pager = web.PagerOf(r, min(total, library.WalkedTo), perPage)
	page.Pager.Over = over || total > library.WalkedTo
	page.Table = web.Table{Caption: "稿件", Quiet: true, Columns: []web.Column{{Head: "标题", Wide: true}, {Head: "类型"}, {Head: "单位"}, {Head: "状态"}, {Head: "最近变动"}},
		Empty: web.Empty{Title: "没有符合条件的稿件", Text: "换个条件再查，或采编一篇新稿件。"}}
	var routes map[library.ItemID][]library.Step
	if f.State == library.InReview {
		if routes, err = h.lib.StepsOf(r.Context(), scope, found); err != nil {
			return err
		}
	}
	for _, it := range found {
		title := web.Linked(it.Title, it.Link())
		title.Note = it.DocNo
		row := web.Row{Cells: []web.Cell{title, web.Text(it.Type.Name()), web.Text(it.UnitName), web.Tagged(tags(it)...), web.When(it.UpdatedAt)}}
		if f.State == library.InReview {
			steps := routes[it.ID]
			if t, ok := stepOf(steps, it.Stage); ok && !t.VacantSince.IsZero() {
				row.Kind, row.Cells[3].Tags = web.Danger, append(row.Cells[3].Tags, web.Tag{Kind: web.Danger, Text: "审核岗位空缺"})
			}
			if h.lib.MayReview(authz.SessionFrom(r.Context()), it, steps) {
				row.Pick, page.Picking, page.Table.PickName = string(it.ID), true, "item"
			}
		}
		page.Table.Rows = append(page.Table.Rows, row)
	}
	return listView.Render(w, r, page)
}

func tab(name, state string, n int, q url.Values) web.Tab {
	v := url.Values{}
	for _, k := range listKeys {
		if q.Get(k) != "" {
			v.Set(k, q.Get(k))
		}
	}
	if state != "" {
		v.Set("state", state)
	}
	href := "/console/items"
	if len(v) > 0 {
		href += "?" + v.Encode()
	}
	return web.Tab{Name: name, Href: href, N: n, Current: q.Get("state") == state}
}

// editPage is the form of an item, new or old.
type editPage struct {
	name    string
	trail   []web.Crumb
	Heading web.Heading
	Secrecy web.Secrecy
	Above   []web.Component
	Form    web.Form
	Outline web.Outline     // of the form
	Side    []web.Component // what the checks saw
	Island  Island
}

func (p editPage) Title() string       { return p.name }
func (p editPage) Crumbs() []web.Crumb { return p.trail }

func (h *Handler) editForm(r *http.Request, it library.Item, v library.Version, placed []library.Placement) (editPage, error) {
	scope, session := authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context())
	units := unitsOf(session)
	unit := it.Unit
	if unit == "" {
		unit = units[0].id
		if posted := org.UnitID(r.PostFormValue("unit")); slices.ContainsFunc(units, func(u unitOption) bool { return u.id == posted }) {
			unit = posted
		}
	}
	outlets, err := h.lib.Outlets(r.Context(), scope, unit)
	if err != nil {
		return editPage{}, err
	}
	var types, columns []web.Option
	for _, t := range library.Types {
		types = append(types, web.Option{Value: string(t), Label: t.Name()})
	}
	var chosen []string
	for _, o := range outlets {
		opt := web.Option{Value: string(o.Column), Label: o.Name, Hint: o.SiteName}
		for _, p := range placed {
			if p.Column == o.Column && p.State != library.Ended {
				chosen = append(chosen, opt.Value)
				if p.State != library.Planned {
					opt.Hint += "，" + p.StateName()
				}
			}
		}
		columns = append(columns, opt)
	}
	p := editPage{name: "采编稿件", trail: crumbs(web.Crumb{Name: "采编稿件"}), Heading: web.Heading{Title: "采编稿件", Lead: "保存后先入库；送审并通过终审，才会公开。"}}
	kind, origin, body, doc := kindOf(r, v), library.Original, "", prose.Doc{}
	if it.ID != "" {
		p.name, p.trail = "修改稿件："+it.Title, itemCrumbs(it, "修改")
		p.Heading = web.Heading{Title: "修改稿件", Above: it.UnitName, Tags: tags(it), Lead: "每次保存成为新版本；已公开的版本不变，直到新版本终审。"}
		d, err := prose.Parse([]byte(v.Doc))
		if err != nil {
			return editPage{}, err
		}
		origin, body, doc = v.Origin, d.Source(), d
	}
	origins := []web.Option{{Value: string(library.Original), Label: "原创"}, {Value: string(library.Repost), Label: "转载", Hint: "只能转载党委和政府网站、稿源名单内单位的信息（第十九条（三））"}}
	if origin == library.MovedIn {
		origins = append(origins, web.Option{Value: string(library.MovedIn), Label: "迁入"})
	}
	about := []web.Field{
		{Name: "title", Label: "标题", Value: v.Title, Required: true, Max: 200},
		{Kind: web.Select, Name: "type", Label: "信息类型", Value: string(kind), Options: types, Narrow: true},
		{Kind: web.TextArea, Name: "text", Label: "正文", Value: body, Rows: 18, Hint: "空一行另起一段；“- ”开头为列表，“# ”开头为小标题；第一条、一、（一）自动识别为条款。【表格…】【图片…】等占位行请原样保留。"},
		{Kind: web.TextArea, Name: "summary", Label: "摘要", Value: v.Summary, Rows: 2, Max: 500},
	}
	if it.ID == "" && len(units) > 1 {
		f := web.Field{Kind: web.Select, Name: "unit", Label: "提供单位", Value: string(unit)}
		for _, u := range units {
			f.Options = append(f.Options, web.Option{Value: string(u.id), Label: u.name})
		}
		about = append([]web.Field{f}, about...)
	}
	publishAt := ""
	for _, q := range placed {
		if q.State == library.Planned && !q.PublishAt.IsZero() {
			publishAt = q.PublishAt.In(calendar.Shanghai).Format(minuteLayout)
		}
	}
	sourceAt := ""
	if !v.SourceAt.IsZero() {
		sourceAt = v.SourceAt.In(calendar.Shanghai).Format(minuteLayout)
	}
	where := web.Section{Legend: "发布位置", Hint: "终审通过后显示在勾选的栏目。已上线的栏目在稿件页面撤下。", Fields: []web.Field{
		{Kind: web.Checks, Name: "column", Label: "栏目", Options: columns, Values: chosen},
		{Name: "publish_at", Label: "定时发布", Value: publishAt, Hint: "不填为终审通过即发布；例如 2026-03-01 09:00", Narrow: true}}}
	if len(columns) == 0 {
		where.Fields = nil
		where.Notes = []web.Component{web.Alert{Kind: web.Warn, Text: "本单位还没有可用的栏目，稿件可以先入库；请联系站点管理人员开设栏目。"}}
	}
	p.Form = web.Form{ID: writingForm, Action: r.URL.Path, Sticky: true, Sections: []web.Section{
		{Legend: "内容", Fields: append(about, web.Field{Kind: web.Hidden, Name: "base", Value: strconv.Itoa(it.Version)})},
		toolSection(),
		{Legend: "来源", Fields: []web.Field{
			{Kind: web.Radios, Name: "origin", Label: "原创或转载", Value: string(origin), Options: origins},
			{Name: "source", Label: "来源", Value: v.Source, Max: 100},
			{Name: "source_url", Label: "原文网址", Value: v.SourceURL, Max: 2000},
			{Name: "source_at", Label: "原文发布时间", Value: sourceAt, Hint: "转载必填，例如 2026-03-01 09:00", Narrow: true},
			{Name: "repost_reason", Label: "稿源名单外转载的理由", Hint: "来源明确但不在名单内时填写，由复审人决定；来源不明的一律不得转载。", Max: 500}}},
		documentSection(kind.Sort(), v), typeSection(kind.Sort(), v), openSection(r, it, v, kind.Sort()),
		{Legend: "审核", Fields: []web.Field{
			{Kind: web.Check, Name: "important", Label: "重要信息（三级审核；重要政策文件须同步解读）", Checked: v.Important},
			{Name: "involves", Label: "涉及其他单位", Value: v.Involves, Hint: "内容涉及其他单位工作的，写明单位，用分号隔开（第十九条（三））", Max: 500},
			{Name: "consulted", Label: "已沟通一致的单位", Value: v.Consulted, Max: 500},
			{Name: "note", Label: "版本说明", Max: 200},
			{Name: "emergency", Label: "走应急通道的理由", Hint: "突发事件等确需立即发布时填写：一人审核即可发布，事后由他人补审并计入通报；平时不填。", Max: 200},
			{Name: "reason", Label: "给审核人的说明", Hint: "检查提示要保留的，送审前在“处理检查提示”页逐条写明理由；严重问题必须改正。", Max: 500}}},
		where,
	}, Buttons: []web.Button{
		{Label: "保存草稿", Name: "act", Value: "save"}, {Label: "检查", Name: "act", Value: "check", Plain: true, Skip: true}, {Label: "预览", Name: "act", Value: "preview", Plain: true, Skip: true}, {Label: "插入图片、附件", Name: "act", Value: "media", Plain: true, Skip: true},
		{Label: "按信息类型更新表单", Name: "act", Value: "type", Plain: true, Skip: true}, {Label: "保存并送审", Name: "act", Value: "submit", Plain: true}, {Label: "执行文字工具", Name: "act", Value: "tool", Plain: true, Skip: true},
	}, Cancel: web.Link{Text: "放弃修改", Href: "/console/items"}}
	if it.ID != "" {
		p.Form.Cancel.Href = it.Link()
	}
	p.Form.Sections = slices.DeleteFunc(p.Form.Sections, func(s web.Section) bool { return len(s.Fields) == 0 && len(s.Notes) == 0 })
	p.Outline = p.Form.Outline()
	if it.Live() {
		p.Form.Field("note").Hint = "改了什么、为什么，审核人会看到"
		for i, s := range p.Form.Sections {
			if s.Legend == "审核" {
				p.Form.Sections[i].Fields = append([]web.Field{changeField(v, it.Version > it.LiveVersion)}, s.Fields...)
			}
		}
	}
	if p.Island, err = h.island(r, it, doc); err != nil {
		return p, err
	}
	if it.ID == "" {
		p.Form.Sections[0].Fields = append(p.Form.Sections[0].Fields, web.Field{Kind: web.Hidden, Name: "draft", Value: p.Island.Draft})
	}
	return p, nil
}

type unitOption struct {
	id   org.UnitID
	name string
}

// unitsOf are the units the person writes for, first post first.
func unitsOf(s *authz.Session) []unitOption {
	var out []unitOption
	for _, p := range s.Posts {
		one := authz.Session{Posts: []authz.Post{p}}
		if one.May(authz.ItemWrite) && !slices.ContainsFunc(out, func(u unitOption) bool { return u.id == org.UnitID(p.UnitID) }) {
			out = append(out, unitOption{org.UnitID(p.UnitID), p.UnitName})
		}
	}
	return out
}

func unitOf(p authz.Post) org.UnitID { return org.UnitID(p.UnitID) }

func (h *Handler) showNew(w http.ResponseWriter, r *http.Request) error {
	if q := r.URL.Query(); library.Type(q.Get("type")).Name() == "" {
		kind, err := h.typeTyped(r, library.FormNew(q.Get("draft")))
		if err != nil {
			return err
		}
		if kind == "" {
			return chooseView.Render(w, r, chooseFrom(q))
		}
		q.Set("type", string(kind))
		http.Redirect(w, r, r.URL.Path+"?"+q.Encode(), http.StatusSeeOther)
		return nil
	}
	p, err := h.editForm(r, library.Item{}, library.Version{}, nil)
	if err != nil {
		return err
	}
	if c := p.Form.Field("column"); c != nil && r.URL.Query().Get("column") != "" {
		c.Values = r.URL.Query()["column"]
	}
	if err := h.recover(r, library.FormNew(p.Island.Draft), &p); err != nil {
		return err
	}
	return editView.Render(w, r, p)
}

func (h *Handler) showEdit(w http.ResponseWriter, r *http.Request) error {
	it, v, placed, err := h.load(r, 0)
	if err != nil {
		return err
	}
	if it.State == library.InReview {
		return fault.New(fault.Conflict, "稿件正在审核，不能修改；请先在稿件页面收回，或等审核人退回。")
	}
	by, err := h.lib.Open(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), it.ID, library.HoldPlain)
	if err != nil {
		return err
	}
	if by != nil {
		return actView.Render(w, r, heldPage(it, *by))
	}
	p, err := h.editForm(r, it, v, placed)
	if err != nil {
		return err
	}
	results, err := h.lib.Results(r.Context(), authz.ScopeFrom(r.Context()), v)
	if err != nil {
		return err
	}
	if p.Side, err = h.besides(r, it, v, results, writingForm); err != nil {
		return err
	}
	if err := h.reachNote(r, it, &p); err != nil {
		return err
	}
	if err := h.recover(r, library.FormOf(it.ID), &p); err != nil {
		return err
	}
	if it.State == library.Returned {
		if rec, err := h.lib.Record(r.Context(), authz.ScopeFrom(r.Context()), it.ID); err == nil && len(rec) > 0 {
			if ops := rec[len(rec)-1].Opinions; len(ops) > 0 {
				o := ops[len(ops)-1]
				p.Above = append(p.Above, web.Alert{Kind: web.Warn, Title: library.StageName(o.Stage) + "退回：" + o.Signed(), Text: o.Opinion, Links: commentLinks(it, rec[len(rec)-1].Comments)})
			}
		}
	}
	return editView.Render(w, r, p)
}

// load reads the item, one of its versions (0: the newest) and its places.
func (h *Handler) load(r *http.Request, no int) (library.Item, library.Version, []library.Placement, error) {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	it, err := h.lib.Item(ctx, scope, idOf(r))
	if err != nil {
		return it, library.Version{}, nil, err
	}
	v, err := h.lib.Version(ctx, scope, it.ID, no)
	if err != nil {
		return it, v, nil, err
	}
	placed, err := h.lib.Placements(ctx, scope, it.ID)
	return it, v, placed, err
}

// edit takes the form: check, save, or save and submit. Whatever goes wrong,
// what was typed is shown again.
func (h *Handler) edit(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	if err := r.ParseForm(); err != nil {
		return fault.New(fault.Invalid, "表单无法读取，请刷新后重试。").From(err)
	}
	var it library.Item
	var base library.Version
	var placed []library.Placement
	var err error
	if r.PathValue("id") != "" {
		no, convErr := number(r.PostFormValue("base"))
		if convErr != nil || no < 1 {
			return fault.New(fault.Invalid, "页面内容不完整，请刷新后重试。")
		}
		if it, base, placed, err = h.load(r, no); err != nil {
			return err
		}
	}
	again := func(status int, cause error, change func(*editPage)) error {
		p, err := h.editForm(r, it, base, placed)
		if err != nil {
			return err
		}
		p.Form.Fill(r.PostForm)
		p.typed(r.PostForm, base)
		if cause != nil {
			p.Form.Wrong(cause)
		}
		if change != nil {
			change(&p)
		}
		return editView.RenderStatus(w, r, status, p)
	}
	if r.PostFormValue("act") == "type" {
		return again(http.StatusOK, nil, nil)
	}
	if r.PostFormValue("act") == "media" {
		return h.toMedia(w, r, it)
	}
	wr, err := read(r, base, unitsOf(authz.SessionFrom(ctx)))
	if err == nil && h.media != nil {
		wr.Doc, err = h.media.Place(ctx, scope, wr.Doc)
	}
	if err != nil {
		return again(http.StatusUnprocessableEntity, err, nil)
	}
	act := r.PostFormValue("act")
	if strings.HasPrefix(act, mendAct) {
		return h.mend(r, it, wr, again)
	}
	switch act {
	case "check":
		seen, err := h.seen(r, it, wr)
		if err != nil {
			return err
		}
		return again(http.StatusOK, nil, func(p *editPage) {
			p.Side = append([]web.Component{web.Summary{Title: "字数", Terms: []web.Term{{Name: "正文", Text: strconv.Itoa(wr.Doc.Words()) + " 字"}}}}, seen...)
		})
	case "tool":
		return h.tool(r, wr.Doc, again)
	case "preview":
		return h.keepAndPreview(w, r, it)
	}
	var saved library.Item
	if it.ID == "" {
		saved, err = h.lib.Create(ctx, scope, wr)
	} else {
		saved, err = h.lib.Save(ctx, scope, it.ID, base.No, wr)
	}
	var stale *library.Stale
	if errors.As(err, &stale) {
		return again(http.StatusConflict, err, func(p *editPage) {
			p.Form.Field("base").Value = strconv.Itoa(stale.Version.No)
			p.Above = append(p.Above, bothTexts(stale.Version, wr))
		})
	}
	var held *library.Held
	if errors.As(err, &held) {
		u := library.Unsaved{Form: library.FormOf(it.ID), Seq: h.standing(r, library.FormOf(it.ID)), Base: base.No, Title: wr.Title, Data: keptFields(r.PostForm).Encode()}
		if _, keepErr := h.lib.Autosave(ctx, authz.SessionFrom(ctx), u, true); keepErr != nil {
			return errors.Join(err, keepErr)
		}
		return again(http.StatusConflict, err, nil)
	}
	if web.Mendable(err) {
		return again(http.StatusUnprocessableEntity, err, nil)
	}
	if err != nil {
		return err
	}
	if act != "submit" {
		return web.Done(w, r, saved.Link()+"/edit", fmt.Sprintf("已保存为第 %d 版。", saved.Version)+strings.Join(saved.Noted, ""))
	}
	sent, err := h.lib.Submit(ctx, scope, saved.ID, library.Submission{Version: saved.Version, Reason: r.PostFormValue("reason"), RepostReason: r.PostFormValue("repost_reason"), Emergency: r.PostFormValue("emergency")})
	if web.Mendable(err) {
		// The version is saved; the form goes on from it.
		if base, err2 := h.lib.Version(ctx, scope, saved.ID, 0); err2 == nil {
			return h.unsent(w, r, saved, base, err)
		}
	}
	if err != nil {
		return err
	}
	if err := h.lib.Leave(ctx, scope, authz.SessionFrom(ctx), sent.ID); err != nil {
		return err
	}
	return web.Done(w, r, sent.Link(), "已送"+library.StageName(sent.Stage)+"，审核结果会出现在工作台。")
}

// unsent shows the form of a version that was saved and could not be sent.
func (h *Handler) unsent(w http.ResponseWriter, r *http.Request, it library.Item, v library.Version, cause error) error {
	p, err := h.editForm(r, it, v, nil)
	if err != nil {
		return err
	}
	p.Form.Fill(r.PostForm)
	p.typed(r.PostForm, v)
	p.Form.Action = it.Link() + "/edit"
	p.Form.Field("base").Value = strconv.Itoa(it.Version)
	p.Form.Wrong(cause)
	p.Above = append(p.Above, web.Alert{Kind: web.Info, Text: fmt.Sprintf("内容已保存为第 %d 版，还没有送审。", it.Version)})
	results, err := h.lib.Results(r.Context(), authz.ScopeFrom(r.Context()), v)
	if err != nil {
		return err
	}
	if p.Side, err = h.besides(r, it, v, results, writingForm); err != nil {
		return err
	}
	return editView.RenderStatus(w, r, http.StatusUnprocessableEntity, p)
}

// read makes a Writing of the posted form over the version it was typed on.
func read(r *http.Request, base library.Version, units []unitOption) (library.Writing, error) {
	f := r.PostFormValue
	w := library.Writing{Meta: library.Meta{
		Type: library.Type(f("type")), Origin: library.Origin(f("origin")), Title: f("title"), Summary: f("summary"), DocNo: f("doc_no"), IndexNo: f("index_no"),
		Issuer: f("issuer"), Category: f("category"), Topic: f("topic"), Keywords: f("keywords"), Source: f("source"), SourceURL: f("source_url"),
		Important: r.PostForm.Has("important"), Involves: f("involves"), Consulted: f("consulted")}, Note: strings.TrimSpace(f("note")), Change: library.ChangeKind(f("change")), Columns: []registry.ColumnID{}}
	w.Note = abridge.Cut(w.Note, 200)
	if len(units) > 0 {
		w.Unit = units[0].id
	}
	if u := org.UnitID(f("unit")); u != "" {
		w.Unit = u
	}
	for _, c := range r.PostForm["column"] {
		w.Columns = append(w.Columns, registry.ColumnID(c))
	}
	var wrong fault.Fields
	readAbout(r, &w.Meta, &wrong)
	if s := strings.TrimSpace(f("source_at")); s != "" {
		t, err := time.ParseInLocation(minuteLayout, s, calendar.Shanghai)
		if err != nil {
			if d, derr := calendar.ParseLoose(s); derr == nil {
				t, err = d.Start(), nil
			}
		}
		if err != nil {
			wrong.Add("source_at", "原文发布时间请写成 2026-03-01 09:00")
		}
		w.SourceAt = t.UTC()
	}
	if s := strings.TrimSpace(f("publish_at")); s != "" {
		t, err := time.ParseInLocation(minuteLayout, s, calendar.Shanghai)
		if err != nil {
			wrong.Add("publish_at", "定时发布请写成 2026-03-01 09:00")
		}
		w.PublishAt = t.UTC()
	}
	var err error
	w.Form = library.FormNew(f("draft"))
	if w.Doc, err = postedDoc(r.PostForm, base); err != nil {
		wrong.Add("text", strings.TrimSuffix(fault.Of(err).Says, "。"))
	}
	return w, wrong.Err()
}

// writingForm is the form in which an item is written.
const writingForm = "writing"

// mendAct begins the name of the act that puts a proposal in the place of what a result
// names; the key of the result follows, and which of its proposals.
const mendAct = "mend:"

// mostProposals of a result are shown.
const mostProposals = 3

// resultPanel shows what the checks saw: each with its place, rule and cure. form is the
// form whose text it is, in which one press mends; "" where nothing can be mended.
func resultPanel(list []library.Result, form string) web.Component {
	serious, errs := library.Count(list, check.Serious), library.Count(list, check.Error)
	t := web.Table{Caption: fmt.Sprintf("检查结果 %d 条：严重 %d，一般 %d，提示 %d", len(list), serious, errs, len(list)-serious-errs), Compact: true,
		Columns: []web.Column{{Head: "位置和问题", Wide: true}},
		Empty:   web.Empty{Title: "没有发现问题", Text: "已检查错别字、个人信息、附件文字、链接、图片、日期和公文格式。机器检查不能代替审核。"}}
	for i, r := range list {
		if i == 200 {
			break
		}
		tag, kind := severityTag(r.Severity)
		at := web.Cell{Text: fmt.Sprintf("%d/%d %s：%s", i+1, len(list), r.FieldName(), r.Near), Tags: []web.Tag{tag}, Note: cure(r) + kept(r)}
		if form != "" && r.Mends() {
			for n, right := range r.Right[:min(len(r.Right), mostProposals)] {
				at.Parts = append(at.Parts, web.Button{Label: "改为“" + right + "”", Note: r.Near, Name: "act", Value: fmt.Sprintf("%s%s:%d", mendAct, r.Key(), n), Plain: true, Skip: true, Of: form})
			}
		}
		t.Rows = append(t.Rows, web.Row{Kind: kind, Cells: []web.Cell{at}})
	}
	return t
}

// cure is what a result says, what it proposes and what it rests on.
func cure(r library.Result) string {
	says := strings.TrimSuffix(r.Says, "。") + "。"
	if len(r.Right) > 0 {
		says += "建议：" + strings.Join(r.Right[:min(len(r.Right), mostProposals)], "、") + "。"
	}
	return says + "依据：" + r.Citation()
}

// mend puts a proposal in its place in what is not saved yet, and shows the form and what
// the checks see then.
func (h *Handler) mend(r *http.Request, it library.Item, wr library.Writing, again func(int, error, func(*editPage)) error) error {
	key, n, _ := strings.Cut(strings.TrimPrefix(r.PostFormValue("act"), mendAct), ":")
	no, err := strconv.Atoi(n)
	if err != nil || no < 0 {
		return fault.New(fault.Invalid, "页面内容不完整，请刷新后重试。").From(err)
	}
	list, err := h.lib.Check(r.Context(), authz.ScopeFrom(r.Context()), it.ID, wr)
	if err != nil {
		return err
	}
	done := false
	tell := web.Alert{Kind: web.Warn, Title: "没有改正", Text: "这处文字已经变动，或不在正文段落里；请按检查结果手工改正。"}
	if i := slices.IndexFunc(list, func(r library.Result) bool { return r.Key() == key }); i >= 0 && no < len(list[i].Right) {
		right := list[i].Right[no]
		if mended, ok := list[i].Mend(wr, right); ok {
			wr, done = mended, true
			tell = web.Alert{Kind: web.Good, Title: "已改为“" + right + "”", Text: "原文：" + strings.TrimSuffix(list[i].Near, "。") + "。核对后请保存。"}
		}
	}
	seen, err := h.seen(r, it, wr)
	if err != nil {
		return err
	}
	return again(http.StatusOK, nil, func(p *editPage) {
		p.Form.Field("title").Value = wr.Title
		p.show(wr.Doc)
		p.Island.Mended = done
		p.Side = append([]web.Component{tell}, seen...)
	})
}

// severityTag is a severity in words, with the tone of its row.
func severityTag(s check.Severity) (web.Tag, web.Tone) {
	switch s {
	case check.Serious:
		return web.Tag{Kind: web.Danger, Text: "严重"}, web.Danger
	case check.Error:
		return web.Tag{Kind: web.Warn, Text: "一般"}, web.Warn
	}
	return web.Tag{Text: "提示"}, web.Neutral
}

// kept is what was said of a remark that stands.
func kept(r library.Result) string {
	switch {
	case r.Claimed:
		return "。已上报误报，待他人确认"
	case r.Reason != "":
		return "。保留的理由（" + r.ReasonBy + "）：" + r.Reason
	}
	return ""
}

// besides are what the checks saw and what is alike in the library, with the
// way to answer; form as in resultPanel.
func (h *Handler) besides(r *http.Request, it library.Item, v library.Version, results []library.Result, form string) ([]web.Component, error) {
	copies, err := h.lib.Copies(r.Context(), authz.ScopeFrom(r.Context()), it.ID, v.Title, v.Text)
	if err != nil {
		return nil, err
	}
	out := []web.Component{}
	if v.No == it.Version {
		out = append(out, openRemarks(it, results)...)
	}
	return append(out, resultPanel(results, form), copyPanel(copies)), nil
}

// openRemarks say that something is to be mended or answered, and where.
func openRemarks(it library.Item, results []library.Result) []web.Component {
	n := library.Unsettled(results)
	if n == 0 {
		return nil
	}
	return []web.Component{web.Alert{Kind: web.Warn, Text: fmt.Sprintf("有 %d 条检查提示要处理。", n), Links: []web.Link{{Text: "处理检查提示", Href: it.Link() + "/remarks"}}}}
}

// seen is besides for what is not saved yet.
func (h *Handler) seen(r *http.Request, it library.Item, wr library.Writing) ([]web.Component, error) {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	results, err := h.lib.Check(ctx, scope, it.ID, wr)
	if err != nil {
		return nil, err
	}
	copies, err := h.lib.Copies(ctx, scope, it.ID, wr.Title, wr.Doc.Text())
	return []web.Component{resultPanel(results, writingForm), copyPanel(copies)}, err
}

func diff(label, before, after string) web.Diff {
	d := web.Diff{Label: label}
	for _, p := range prose.DiffText(before, after) {
		d.Parts = append(d.Parts, web.DiffPart{Kind: web.DiffKind(p.Kind), Text: p.Text})
	}
	return d
}

// itemPage is an item with its text, versions, record and places.
type itemPage struct {
	name                 string
	trail                []web.Crumb
	Heading              web.Heading
	Above                []web.Component
	TextHead             string
	HTML                 template.HTML
	Main, Side           []web.Component
	MayTakeBack, MayLink bool
	TakeBack, Link       web.Form
	Forms                []titledForm
	MayRestore           bool // an old version is shown
	Restore              web.Form
}

func (p itemPage) Title() string       { return p.name }
func (p itemPage) Crumbs() []web.Crumb { return p.trail }

// number is the number of a version or a round; the columns that hold them end
// at 32 bits, and beyond the end there is the last.
func number(s string) (int, error) {
	n, err := strconv.ParseInt(s, 10, 32)
	return int(n), err
}

func (h *Handler) item(w http.ResponseWriter, r *http.Request) error {
	p, err := h.itemOf(r)
	if err != nil {
		return err
	}
	return itemView.Render(w, r, p)
}

// itemAgain shows the item's page again with the small form of that act as it
// was typed and what is wrong with it.
func (h *Handler) itemAgain(w http.ResponseWriter, r *http.Request, act string, wrong error) error {
	if !fault.Is(wrong, fault.Invalid) && !fault.Is(wrong, fault.Refused) {
		return wrong
	}
	p, err := h.itemOf(r)
	if err != nil {
		return err
	}
	for i := range p.Forms {
		if f := &p.Forms[i].Form; strings.HasSuffix(f.Action, act) {
			f.Fill(r.PostForm)
			f.Wrong(wrong)
			return itemView.RenderStatus(w, r, http.StatusUnprocessableEntity, p)
		}
	}
	return wrong
}

func (h *Handler) itemOf(r *http.Request) (itemPage, error) {
	ctx, scope, session := r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context())
	no, _ := number(r.URL.Query().Get("version")) // anything else is the newest
	it, v, placed, err := h.load(r, max(no, 0))
	if err != nil {
		return itemPage{}, err
	}
	versions, err := h.lib.Versions(ctx, scope, it.ID)
	if err != nil {
		return itemPage{}, err
	}
	history, err := h.lib.History(ctx, scope, it.ID)
	if err != nil {
		return itemPage{}, err
	}
	results, err := h.lib.Results(ctx, scope, v)
	if err != nil {
		return itemPage{}, err
	}
	p := itemPage{name: it.Title, trail: itemCrumbs(it, ""), Heading: web.Heading{Title: it.Title, Above: it.Type.Name() + " · " + it.Meta.Origin.Name() + " · " + it.UnitName, Tags: tags(it)}}
	writes := session.May(authz.ItemWrite)
	d, err := h.desk(r, it, v)
	if err != nil {
		return itemPage{}, err
	}
	p.Above = append(p.Above, d.remarks()...)
	switch may := h.lib.MayReview(session, it, d.steps); {
	case d.packed:
		p.Heading.Acts = append(p.Heading.Acts, web.Act{Text: "成套报审", Href: d.pack.Link(), Primary: may})
	case may:
		p.Heading.Acts = append(p.Heading.Acts, web.Act{Text: "去" + library.StageName(it.Stage), Href: it.Link() + "/review", Primary: true})
	case h.lib.MayStamp(session, it, d.steps):
		p.Heading.Acts = append(p.Heading.Acts, web.Act{Text: "去把关", Href: it.Link() + "/review", Primary: true})
	}
	if writes && it.State != library.InReview {
		p.Heading.Acts = append(p.Heading.Acts, web.Act{Text: "修改", Href: it.Link() + "/edit", Primary: it.State == library.Draft || it.State == library.Returned})
	}
	p.Heading.Acts = append(p.Heading.Acts, web.Act{Text: "预览", Href: fmt.Sprintf("%s?item=%s&version=%d", previewPath, url.QueryEscape(string(it.ID)), v.No)})
	p.Heading.Acts = append(p.Heading.Acts, d.acts(writes)...)
	p.Heading.Acts = append(p.Heading.Acts, adoptionActs(it)...)
	p.Heading.Acts = append(p.Heading.Acts, web.Act{Text: "导出公文（Word）", Href: it.Link() + "/export"})
	if it.Live() && session.May(authz.ColumnManage) {
		p.Heading.Acts = append(p.Heading.Acts, web.Act{Text: "采用到栏目", Href: it.Link() + "/adopt"})
	}
	if it.Live() && session.May(authz.ColumnManage) {
		p.Heading.Acts = append(p.Heading.Acts, web.Act{Text: "撤下栏目", Href: it.Link() + "/take-down"})
	}
	if it.Live() && session.May(authz.ItemWithdraw) {
		p.Heading.Acts = append(p.Heading.Acts, web.Act{Text: "撤稿", Href: it.Link() + "/withdraw"})
	}
	if !it.FirstPublishedAt.IsZero() && session.May(authz.ItemWithdraw) {
		p.Heading.Acts = append(p.Heading.Acts, web.Act{Text: "归档、替代、并入、停用", Href: it.Link() + "/end"})
	}
	if it.State == library.Withdrawn {
		p.Above = append(p.Above, web.Alert{Kind: web.Danger, Title: "已撤稿", Text: it.WithdrawReason})
	}
	p.TextHead = fmt.Sprintf("第 %d 版：%s", v.No, v.Title)
	p.HTML = template.HTML(v.HTML) // made by prose from the schema alone: safe by construction
	beside, err := h.besides(r, it, v, results, "")
	if err != nil {
		return itemPage{}, err
	}
	p.Main = append([]web.Component{versionTable(it, versions)}, beside...)
	p.Side = append(d.panels(), facts(it, v), placeTable(placed))
	if it.Type == library.Policy || it.Type == library.Interpretation {
		linked, err := h.lib.Interpretations(ctx, scope, it.ID)
		if err != nil {
			return itemPage{}, err
		}
		p.Side = append(p.Side, linkedTable(it, linked))
	}
	p.Side = append(p.Side, timeline(history))
	if writes && it.State == library.InReview && !d.packed {
		p.MayTakeBack = true
		p.TakeBack = web.Form{Action: it.Link() + "/take-back", Buttons: []web.Button{{Label: "收回修改", Plain: true}}}
	}
	if writes && v.No != it.Version && it.State != library.InReview {
		p.MayRestore = true
		p.Restore = web.Form{Action: it.Link() + "/restore", Sections: []web.Section{{Fields: []web.Field{{Kind: web.Hidden, Name: "version", Value: strconv.Itoa(v.No)}, {Kind: web.Hidden, Name: "base", Value: strconv.Itoa(it.Version)}}}},
			Buttons: []web.Button{{Label: fmt.Sprintf("用第 %d 版新建草稿", v.No), Plain: true}}}
	}
	if writes && it.Type == library.Policy {
		if p.Link, p.MayLink, err = h.linkForm(r, it); err != nil {
			return itemPage{}, err
		}
	}
	if it.Type.Sort().Validity {
		on, by, err := h.lib.Effects(ctx, scope, it.ID)
		if err != nil {
			return itemPage{}, err
		}
		p.Main = append(p.Main, effectTable(on, by))
		if session.May(authz.ItemFinalReview) {
			p.Forms = effectForms(it, on)
		}
	}
	return p, nil
}

func (h *Handler) linkForm(r *http.Request, it library.Item) (web.Form, bool, error) {
	list, _, err := h.lib.Items(r.Context(), authz.ScopeFrom(r.Context()), library.Filter{Type: library.Interpretation, Limit: 50})
	if err != nil || len(list) == 0 {
		return web.Form{}, false, err
	}
	f := web.Field{Kind: web.Select, Name: "interpretation", Label: "解读稿件", Required: true}
	for _, o := range list {
		f.Options = append(f.Options, web.Option{Value: string(o.ID), Label: o.Title + "（" + o.StateName() + "）"})
	}
	form := web.Field{Kind: web.Select, Name: "form", Label: "解读形式", Narrow: true}
	for _, s := range []string{"文字", "图解", "图表", "动漫", "音频", "短视频", "专家解读", "媒体解读", "新闻发布会", "问答", "负责人解读"} {
		form.Options = append(form.Options, web.Option{Value: s, Label: s})
	}
	clauses, err := h.lib.Clauses(r.Context(), authz.ScopeFrom(r.Context()), it.ID)
	if err != nil {
		return web.Form{}, false, err
	}
	return web.Form{Action: it.Link() + "/links", Sections: []web.Section{{Fields: []web.Field{f, form, clauseField(clauses)}}}, Buttons: []web.Button{{Label: "关联", Plain: true}}}, true, nil
}

func facts(it library.Item, v library.Version) web.Summary {
	s := web.Summary{Title: "基本信息"}
	add := func(name, text string) {
		if text != "" {
			s.Terms = append(s.Terms, web.Term{Name: name, Text: text})
		}
	}
	s.Terms = append(s.Terms, aboutTerms(it, v)...)
	add("关键词", v.Keywords)
	add("来源", v.Source)
	add("原文网址", v.SourceURL)
	if !v.SourceAt.IsZero() {
		add("原文发布时间", web.Minute(v.SourceAt))
	}
	add("涉及单位", v.Involves)
	add("已沟通", v.Consulted)
	if !it.FirstPublishedAt.IsZero() {
		add("首发时间", web.Minute(it.FirstPublishedAt))
	}
	add("摘要", v.Summary)
	add("本版作者", v.AuthorName)
	s.Terms = append(s.Terms, web.Term{Name: "内容摘要值", Text: v.SHA256[:min(16, len(v.SHA256))] + "…", Note: "SHA-256，用于防篡改核对"})
	return s
}

func versionTable(it library.Item, list []library.Version) web.Table {
	t := web.Table{Caption: "版本", Columns: []web.Column{{Head: "版本"}, {Head: "标题", Wide: true}, {Head: ""}}}
	for _, v := range list {
		name := web.Linked(fmt.Sprintf("第 %d 版", v.No), fmt.Sprintf("%s?version=%d", it.Link(), v.No))
		if v.No == it.LiveVersion {
			name.Tags = []web.Tag{{Kind: web.Good, Text: "公开"}}
		}
		title := web.Text(v.Title)
		title.Note = v.AuthorName + "，" + web.Minute(v.At)
		if v.Change != "" {
			title.Note += "，" + v.Change.Name()
		}
		if v.Note != "" {
			title.Note += "，" + v.Note
		}
		acts := web.Cell{}
		if v.No > 1 {
			acts = web.Acts(web.Link{Text: "与前一版比较", Href: fmt.Sprintf("%s/compare?a=%d&b=%d", it.Link(), v.No-1, v.No), Note: fmt.Sprintf("第 %d 版", v.No)})
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{name, title, acts}})
	}
	return t
}

func placeTable(list []library.Placement) web.Table {
	t := web.Table{Caption: "发布位置", Compact: true, Columns: []web.Column{{Head: "栏目", Wide: true}, {Head: "状态"}}, Empty: web.Empty{Title: "没有发布位置", Text: "在修改页面勾选栏目。"}}
	for _, p := range list {
		c := web.Text(p.ColumnName)
		c.Note = p.SiteName
		s := web.Text(p.StateName())
		if p.State == library.Scheduled {
			s.Note = web.Minute(p.PublishAt)
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{c, s}})
	}
	return t
}

func (h *Handler) takeBack(w http.ResponseWriter, r *http.Request) error {
	it, err := h.lib.TakeBack(r.Context(), authz.ScopeFrom(r.Context()), idOf(r))
	if err != nil {
		return err
	}
	return web.Done(w, r, it.Link()+"/edit", "已收回，可以继续修改。")
}

func (h *Handler) link(w http.ResponseWriter, r *http.Request) error {
	id := idOf(r)
	if err := h.lib.LinkClause(r.Context(), authz.ScopeFrom(r.Context()), id, library.ItemID(r.PostFormValue("interpretation")), r.PostFormValue("form"), r.PostFormValue("clause")); err != nil {
		return err
	}
	return web.Done(w, r, "/console/items/"+url.PathEscape(string(id)), "政策文件与解读已相互关联。")
}
