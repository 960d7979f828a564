package repostingweb

import (
	"embed"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/reposting"
	"zhengshu/internal/web"
)

//go:embed views/*.html
var views embed.FS

// Handler serves the screens.
type Handler struct {
	reposting *reposting.Service
	org       *org.Service
	library   *library.Service
	now       func() time.Time
}

// New makes the handler.
func New(s *reposting.Service, o *org.Service, l *library.Service, now func() time.Time) *Handler {
	return &Handler{s, o, l, now}
}

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/reposts", Permit: authz.ObligationRead, Handle: h.list},
		{Pattern: "GET /console/reposts/new", Permit: authz.GuidanceIssue, Handle: h.showNew},
		{Pattern: "POST /console/reposts", Permit: authz.GuidanceIssue, Handle: h.mark},
		{Pattern: "GET /console/reposts/{id}", Permit: authz.ObligationRead, Handle: h.one},
		{Pattern: "GET /console/reposts/{id}/export", Permit: authz.ObligationRead, Handle: h.export},
		{Pattern: "POST /console/reposts/{id}/address", Permit: authz.GuidanceAnswer, Handle: h.address},
		{Pattern: "POST /console/reposts/{id}/confirm", Permit: authz.GuidanceIssue, Handle: h.confirm},
		{Pattern: "POST /console/reposts/{id}/revoke", Permit: authz.GuidanceIssue, Handle: h.revoke},
	}
}

const (
	path    = "/console/reposts"
	perPage = 50
)

func crumbs(last string) []web.Crumb {
	c := []web.Crumb{{Name: "工作台", Href: "/console"}}
	if last == "" {
		return append(c, web.Crumb{Name: "重要转载"})
	}
	return append(c, web.Crumb{Name: "重要转载", Href: path}, web.Crumb{Name: last})
}

// listView is GET /console/reposts.
type listView struct {
	Heading web.Heading
	Table   web.Table
	Pager   web.Pager
}

// Title of the document.
func (listView) Title() string { return "重要转载" }

// Crumbs of the page.
func (listView) Crumbs() []web.Crumb { return crumbs("") }

// clock is how a call stands at the hour.
func clock(c reposting.Call, now time.Time) web.Tag {
	switch {
	case !c.RevokedAt.IsZero():
		return web.Tag{Text: "已撤销"}
	case c.Open == 0:
		return web.Tag{Kind: web.Good, Text: "全部转载"}
	case now.After(c.DueAt):
		return web.Tag{Kind: web.Danger, Text: fmt.Sprintf("超时 %d 家", c.Open)}
	}
	return web.Tag{Kind: web.Warn, Text: "还剩 " + reposting.Hours(c.DueAt.Sub(now))}
}

func newListView(list []reposting.Call, may bool, now time.Time) listView {
	v := listView{Heading: web.Heading{Title: "重要转载", Lead: "省里标明的重要信息，24 小时内转载；采用自动认定，其他网站和账号登记网址后由系统核对。"},
		Table: web.Table{Caption: "重要转载", Quiet: true, Columns: []web.Column{{Head: "信息", Wide: true}, {Head: "标明"}, {Head: "截止"}, {Head: "转载"}, {Head: "状态"}}, Empty: web.Empty{Title: "没有需要转载的信息"}}}
	if may {
		v.Heading.Acts = []web.Act{{Text: "标明重要转载", Href: path + "/new", Primary: true}}
	}
	for _, c := range list {
		title := web.Linked(c.Title, c.Link())
		title.Note = "来源：" + c.Source
		marked := web.When(c.IssuedAt)
		marked.Note = c.UnitName
		done := web.Cell{Parts: []web.Component{web.Progress{Label: "已转载", Value: c.Done, Max: max(1, c.All), Text: fmt.Sprintf("%d/%d", c.Done, c.All)}}}
		if c.DoneLate > 0 {
			done.Tags = []web.Tag{{Kind: web.Warn, Text: fmt.Sprintf("其中迟 %d", c.DoneLate)}}
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{title, marked, web.When(c.DueAt), done, web.Tagged(clock(c, now))}})
	}
	return v
}

func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	list, total, err := h.reposting.Calls(r.Context(), authz.ScopeFrom(r.Context()), perPage, (web.PageOf(r)-1)*perPage)
	if err != nil {
		return err
	}
	v := newListView(list, authz.SessionFrom(r.Context()).May(authz.GuidanceIssue), h.now())
	v.Pager = web.PagerOf(r, total, perPage)
	return listPage.Render(w, r, v)
}

// formView is GET /console/reposts/new.
type formView struct {
	Heading web.Heading
	Form    web.Form
}

// Title of the document.
func (formView) Title() string { return "标明重要转载" }

// Crumbs of the page.
func (formView) Crumbs() []web.Crumb { return crumbs("标明") }

func newFormView(it library.Item, areas []web.Option) formView {
	v := formView{Heading: web.Heading{Title: "标明重要转载", Lead: "标明后，所选网站和账号立即收到通知，24 小时内转载；逾期列入清单。"}}
	about := []web.Field{{Name: "title", Label: "标题", Required: true, Max: 200, Hint: "按标题核对网页，请与原文一致"}, {Name: "source", Label: "来源", Required: true, Max: 100, Hint: "例如：中国政府网"}, {Name: "source_url", Label: "原文网址", Max: 2000}}
	if it.ID != "" {
		v.Heading.Above = it.Title
		about = []web.Field{{Kind: web.Hidden, Name: "item", Value: string(it.ID)}, {Name: "source", Label: "来源", Max: 100, Value: it.Source, Hint: "不填为" + it.UnitName}, {Name: "source_url", Label: "原文网址", Max: 2000, Value: it.SourceURL}}
	}
	about = append(about, web.Field{Kind: web.TextArea, Name: "note", Label: "说明", Rows: 3, Max: 500})
	v.Form = web.Form{Action: path, Key: "repost", Sections: []web.Section{{Legend: "转载什么", Fields: about},
		{Legend: "由谁转载", Fields: []web.Field{
			{Kind: web.Checks, Name: "kinds", Label: "网站和账号", Values: []string{reposting.Portals}, Options: []web.Option{{Value: reposting.Portals, Label: "政府门户网站"}, {Value: reposting.Depts, Label: "部门网站"}, {Value: reposting.Accounts, Label: "政务新媒体账号"}}},
			{Kind: web.Checks, Name: "areas", Label: "地区（含下级）", Options: areas, Hint: "不选为管辖范围内全部"}}}},
		Buttons: []web.Button{{Label: "标明并通知"}}, Cancel: web.Link{Text: "取消", Href: path}}
	return v
}

func (h *Handler) form(r *http.Request) (formView, error) {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	var it library.Item
	id := library.ItemID(r.URL.Query().Get("item"))
	if posted := r.PostFormValue("item"); posted != "" {
		id = library.ItemID(posted)
	}
	if id != "" {
		var err error
		if it, err = h.library.Item(ctx, scope, id); err != nil {
			return formView{}, err
		}
	}
	home, err := h.org.Home(ctx, scope)
	if err != nil {
		return formView{}, err
	}
	list, err := h.org.Areas(ctx, scope, home.ID)
	if err != nil {
		return formView{}, err
	}
	var areas []web.Option
	for _, a := range list {
		areas = append(areas, web.Option{Value: string(a.ID), Label: a.Name})
	}
	return newFormView(it, areas), nil
}

func (h *Handler) showNew(w http.ResponseWriter, r *http.Request) error {
	v, err := h.form(r)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, v)
}

func (h *Handler) mark(w http.ResponseWriter, r *http.Request) error {
	n := reposting.Mark{Item: library.ItemID(r.PostFormValue("item")), Title: r.PostFormValue("title"), Source: r.PostFormValue("source"), SourceURL: r.PostFormValue("source_url"), Note: r.PostFormValue("note"), Kinds: r.PostForm["kinds"]}
	for _, a := range r.PostForm["areas"] {
		n.Areas = append(n.Areas, org.AreaID(a))
	}
	c, err := h.reposting.Mark(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), n)
	if fault.Is(err, fault.Invalid) {
		v, again := h.form(r)
		if again != nil {
			return again
		}
		v.Form.Fill(r.PostForm)
		v.Form.Wrong(err)
		return formPage.RenderStatus(w, r, http.StatusUnprocessableEntity, v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, c.Link(), "已标明并通知各单位。")
}

// oneView is GET /console/reposts/{id}.
type oneView struct {
	name    string
	Heading web.Heading
	Above   []web.Component
	Stats   web.Stats
	Summary web.Summary
	Tabs    web.Tabs
	Table   web.Table
	Pager   web.Pager
	Address web.Form
	Confirm web.Form
	Revoke  web.Form
}

// Title of the document.
func (v oneView) Title() string { return v.name }

// Crumbs of the page.
func (v oneView) Crumbs() []web.Crumb { return crumbs(v.name) }

var states = []struct{ id, name string }{{"", "全部"}, {"owed", "未转载"}, {"late", "迟转载"}, {"done", "按时转载"}}

var kindNames = map[string]string{"site": "网站", "account": "账号"}

func stateTag(c reposting.Call, d reposting.Duty, now time.Time) web.Tag {
	switch {
	case d.State == reposting.Done && d.Late:
		return web.Tag{Kind: web.Warn, Text: "迟 " + reposting.Hours(d.FoundAt.Sub(c.DueAt))}
	case d.State == reposting.Done:
		return web.Tag{Kind: web.Good, Text: "按时转载"}
	case d.State == reposting.Void:
		return web.Tag{Text: "已撤销"}
	case d.Overdue(c.DueAt, now):
		return web.Tag{Kind: web.Danger, Text: "超时 " + reposting.Hours(now.Sub(c.DueAt))}
	case d.State == reposting.Given:
		return web.Tag{Kind: web.Info, Text: "正在核对网址"}
	}
	return web.Tag{Kind: web.Warn, Text: "还剩 " + reposting.Hours(c.DueAt.Sub(now))}
}

func foundBy(d reposting.Duty) string {
	return map[string]string{reposting.ByAdoption: "采用", reposting.ByAddress: "网址核对", reposting.ByPerson: "人工确认"}[d.FoundBy]
}

func newOneView(c reposting.Call, list []reposting.Duty, state string, answers, issues bool, now time.Time) oneView {
	v := oneView{name: c.Title, Heading: web.Heading{Title: c.Title, Above: "重要转载", Tags: []web.Tag{clock(c, now)}, Acts: web.ExportActs(c.Link()+"/export", url.Values{"state": {state}})}}
	if c.Item != "" && c.RevokedAt.IsZero() {
		v.Heading.Acts = append([]web.Act{{Text: "采用到栏目", Href: "/console/items/" + url.PathEscape(string(c.Item)) + "/adopt", Primary: true}}, v.Heading.Acts...)
	}
	if !c.RevokedAt.IsZero() {
		v.Above = append(v.Above, web.Alert{Kind: web.Info, Title: "已撤销", Text: c.RevokedWhy})
	}
	v.Stats = web.Stats{Label: "转载情况", Items: []web.Stat{{Name: "应转载", Value: strconv.Itoa(c.All), Href: c.Link()}, {Name: "按时", Value: strconv.Itoa(c.Done - c.DoneLate), Href: c.Link() + "?state=done", Kind: web.Good}, {Name: "迟", Value: strconv.Itoa(c.DoneLate), Href: c.Link() + "?state=late"}, {Name: "未转载", Value: strconv.Itoa(c.Open), Href: c.Link() + "?state=owed"}}}
	if c.DoneLate > 0 {
		v.Stats.Items[2].Kind = web.Warn
	}
	if c.Open > 0 && now.After(c.DueAt) {
		v.Stats.Items[3].Kind = web.Danger
	}
	v.Summary = web.Summary{Title: "要求", Wide: true, Terms: []web.Term{{Name: "来源", Text: c.Source}, {Name: "标明", Text: web.Minute(c.IssuedAt), Note: c.UnitName + "，" + c.IssuedBy}, {Name: "截止", Text: web.Minute(c.DueAt)}, {Name: "范围", Text: c.Audience}}}
	if c.SourceURL != "" {
		v.Summary.Terms = append(v.Summary.Terms, web.Term{Name: "原文", Text: c.SourceURL, Href: c.SourceURL})
	}
	if c.Note != "" {
		v.Summary.Terms = append(v.Summary.Terms, web.Term{Name: "说明", Text: c.Note})
	}
	v.Tabs = web.Tabs{Label: "转载情况"}
	counts := map[string]int{"": c.All, "owed": c.Open, "late": c.DoneLate, "done": c.Done - c.DoneLate}
	for _, s := range states {
		href := c.Link()
		if s.id != "" {
			href += "?state=" + s.id
		}
		v.Tabs.Items = append(v.Tabs.Items, web.Tab{Name: s.name, Href: href, N: counts[s.id], Current: s.id == state})
	}
	v.Table = web.Table{Caption: "网站和账号", Quiet: true, Columns: []web.Column{{Head: "网站或账号", Wide: true}, {Head: "状态"}, {Head: "转载时间"}, {Head: "认定"}}, Empty: web.Empty{Title: "没有这种状态的网站和账号"}}
	var open []web.Option
	for _, d := range list {
		name := web.Text(d.ObjectName)
		name.Note = kindNames[d.ObjectKind] + "，" + d.UnitName
		at := web.Cell{}
		if !d.FoundAt.IsZero() {
			at = web.When(d.FoundAt)
		}
		proof := web.Text(foundBy(d))
		proof.Note = d.Says
		if d.Address != "" {
			proof.Links = []web.Link{{Text: "打开网页", Href: d.Address, Note: d.ObjectName}}
		}
		row := web.Row{Cells: []web.Cell{name, web.Tagged(stateTag(c, d, now)), at, proof}}
		if d.Overdue(c.DueAt, now) {
			row.Kind = web.Danger
		}
		v.Table.Rows = append(v.Table.Rows, row)
		if d.State == reposting.Owed || d.State == reposting.Given {
			open = append(open, web.Option{Value: d.ObjectKind + ":" + d.Object, Label: d.ObjectName + "（" + kindNames[d.ObjectKind] + "）"})
		}
	}
	object := web.Field{Kind: web.Select, Name: "object", Label: "网站或账号", Options: open, Required: true}
	seen := object
	seen.Name = "seen"
	if answers && open != nil {
		v.Address = web.Form{Action: c.Link() + "/address", Sections: []web.Section{{Legend: "登记转载网址", Hint: "本平台网站用“采用”，自动认定；其他网站和账号登记网址，系统打开网页核对标题。", Fields: []web.Field{object, {Name: "address", Label: "网址", Required: true, Max: 2000, Mode: "url"}}}}, Buttons: []web.Button{{Label: "登记并核对"}}}
	}
	if issues && open != nil {
		v.Confirm = web.Form{Action: c.Link() + "/confirm", Sections: []web.Section{{Legend: "人工确认", Hint: "网页读不到的（客户端内、图片、视频）由主管单位核实后确认。", Fields: []web.Field{seen, {Name: "at", Label: "转载时间", Required: true, Narrow: true, Hint: "例如 2026-03-01 09:00"}, {Kind: web.TextArea, Name: "why", Label: "依据", Required: true, Rows: 2, Max: 500}}}}, Buttons: []web.Button{{Label: "确认已转载", Plain: true}}}
	}
	if issues && c.RevokedAt.IsZero() && c.Open > 0 {
		v.Revoke = web.Form{Action: c.Link() + "/revoke", Sections: []web.Section{{Legend: "撤销", Fields: []web.Field{{Kind: web.TextArea, Name: "revoke_why", Label: "撤销理由", Required: true, Rows: 2, Max: 500}}}}, Buttons: []web.Button{{Label: "撤销这项转载", Kind: web.Danger}}}
	}
	return v
}

func stateOf(r *http.Request) string {
	for _, s := range states {
		if s.id == r.URL.Query().Get("state") {
			return s.id
		}
	}
	return ""
}

func (h *Handler) view(r *http.Request) (oneView, error) {
	ctx, scope, session := r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context())
	c, err := h.reposting.Call(ctx, scope, r.PathValue("id"))
	if err != nil {
		return oneView{}, err
	}
	state := stateOf(r)
	list, total, err := h.reposting.Duties(ctx, scope, c.ID, reposting.DutyFilter{State: state, Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage})
	if err != nil {
		return oneView{}, err
	}
	v := newOneView(c, list, state, session.May(authz.GuidanceAnswer), session.May(authz.GuidanceIssue), h.now())
	v.Pager = web.PagerOf(r, total, perPage)
	return v, nil
}

func (h *Handler) one(w http.ResponseWriter, r *http.Request) error {
	v, err := h.view(r)
	if err != nil {
		return err
	}
	return onePage.Render(w, r, v)
}

// export is the list of the call as a file.
func (h *Handler) export(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, now := r.Context(), authz.ScopeFrom(r.Context()), h.now()
	c, err := h.reposting.Call(ctx, scope, r.PathValue("id"))
	if err != nil {
		return err
	}
	list, _, err := h.reposting.Duties(ctx, scope, c.ID, reposting.DutyFilter{State: stateOf(r), Limit: c.All + 1})
	if err != nil {
		return err
	}
	s := official.Sheet{Title: "重要转载", Columns: []official.Column{{Title: "信息", Width: 40}, {Title: "截止时间"}, {Title: "网站或账号", Width: 30}, {Title: "种类"}, {Title: "单位", Width: 30}, {Title: "状态"}, {Title: "转载时间"}, {Title: "是否超时"}, {Title: "认定方式"}, {Title: "网址", Width: 40}, {Title: "网页标明时间"}, {Title: "说明", Width: 40}},
		Rows: func(yield func([]any) bool) {
			for _, d := range list {
				late := d.Late || d.Overdue(c.DueAt, now)
				if !yield([]any{c.Title, c.DueAt, d.ObjectName, kindNames[d.ObjectKind], d.UnitName, stateTag(c, d, now).Text, d.FoundAt, late, foundBy(d), d.Address, d.ShownAt, d.Says}) {
					return
				}
			}
		}}
	return web.SendSheet(w, r, s, "重要转载")
}

// after ends an act on a call: its receipt, or the page with the form again.
func (h *Handler) after(w http.ResponseWriter, r *http.Request, err error, form func(*oneView) *web.Form, said string) error {
	if fault.Is(err, fault.Invalid) {
		v, again := h.view(r)
		if again != nil {
			return again
		}
		f := form(&v)
		f.Fill(r.PostForm)
		f.Wrong(err)
		return onePage.RenderStatus(w, r, http.StatusUnprocessableEntity, v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, path+"/"+url.PathEscape(r.PathValue("id")), said)
}

func objectOf(r *http.Request, field string) (kind, id string) {
	kind, id, _ = strings.Cut(r.PostFormValue(field), ":")
	return kind, id
}

func (h *Handler) address(w http.ResponseWriter, r *http.Request) error {
	kind, id := objectOf(r, "object")
	err := h.reposting.GiveAddress(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id"), kind, id, r.PostFormValue("address"))
	return h.after(w, r, err, func(v *oneView) *web.Form { return &v.Address }, "已登记，正在核对网页，稍后刷新看结果。")
}

func (h *Handler) confirm(w http.ResponseWriter, r *http.Request) error {
	kind, id := objectOf(r, "seen")
	at, err := time.ParseInLocation("2006-01-02 15:04", web.Typed(r, "at"), calendar.Shanghai)
	if err != nil {
		err = fault.New(fault.Invalid, "转载时间无法识别。").On("at", "请写成 2026-03-01 09:00 的样子").From(err)
	} else {
		err = h.reposting.Confirm(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id"), kind, id, at.UTC(), r.PostFormValue("why"))
	}
	return h.after(w, r, err, func(v *oneView) *web.Form { return &v.Confirm }, "已确认。")
}

func (h *Handler) revoke(w http.ResponseWriter, r *http.Request) error {
	err := h.reposting.Revoke(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id"), r.PostFormValue("revoke_why"))
	return h.after(w, r, err, func(v *oneView) *web.Form { return &v.Revoke }, "已撤销，未转载的单位不再需要转载。")
}

const hostile = `<script>alert("转")</script>'"&{{.}}` + "\u202e长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长"

var sampleNow = time.Date(2026, 3, 3, 3, 30, 0, 0, time.UTC)

func sampleCall(words string) reposting.Call {
	return reposting.Call{ID: "01J", UnitName: words, Title: words, Source: words, SourceURL: "https://www.gov.cn/a.html", Item: "01K", Audience: words, Note: words, IssuedAt: sampleNow.Add(-26 * time.Hour), DueAt: sampleNow.Add(-2 * time.Hour), IssuedBy: words, All: 4, Done: 2, DoneLate: 1, Open: 2}
}

func sampleDuties(words string) []reposting.Duty {
	return []reposting.Duty{
		{ObjectKind: "site", Object: "s1", ObjectName: words, UnitName: words, State: reposting.Owed},
		{ObjectKind: "account", Object: "a1", ObjectName: words, UnitName: words, State: reposting.Given, Address: "https://weixin.example/1", Says: words},
		{ObjectKind: "site", Object: "s2", ObjectName: words, UnitName: words, State: reposting.Done, FoundBy: reposting.ByAddress, FoundAt: sampleNow.Add(-time.Hour), Late: true, Address: "https://x.example/1", Says: words},
		{ObjectKind: "site", Object: "s3", ObjectName: words, UnitName: words, State: reposting.Done, FoundBy: reposting.ByAdoption, FoundAt: sampleNow.Add(-5 * time.Hour), Says: words}}
}

var (
	listPage = web.Define(views, "views/list.html",
		newListView([]reposting.Call{sampleCall("国务院关于某项工作的意见")}, true, sampleNow),
		newListView(nil, false, sampleNow),
		newListView([]reposting.Call{sampleCall(hostile)}, true, sampleNow))
	formPage = web.Define(views, "views/form.html",
		newFormView(library.Item{}, []web.Option{{Value: "c", Label: "西安市"}}),
		newFormView(library.Item{ID: "01K", Meta: library.Meta{Title: "国务院关于某项工作的意见"}, UnitName: "陕西省人民政府办公厅"}, nil),
		newFormView(library.Item{ID: "01K", Meta: library.Meta{Title: hostile}, UnitName: hostile}, []web.Option{{Value: hostile, Label: hostile}}))
	onePage = web.Define(views, "views/one.html",
		newOneView(sampleCall("国务院关于某项工作的意见"), sampleDuties("雁塔区人民政府"), "", true, true, sampleNow),
		newOneView(reposting.Call{ID: "01J", Title: "空", DueAt: sampleNow.Add(time.Hour), RevokedAt: sampleNow, RevokedWhy: "标错"}, nil, "late", false, false, sampleNow),
		newOneView(sampleCall(hostile), sampleDuties(hostile), "", true, true, sampleNow))
)
