package columnsweb

import (
	"context"
	"embed"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/columns"
	"zhengshu/internal/library"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

//go:embed views/*.html
var views embed.FS

// Handler serves the screens.
type Handler struct {
	columns  *columns.Service
	org      *org.Service
	registry *registry.Service
	days     calendar.Workdays
	reach    Reach
}

// Reach says in a sentence what drawing a site anew reaches; see
// publishing.FanOut.
type Reach func(ctx context.Context, scope authz.Scope, site registry.SiteID) (string, error)

// ReachWith sets who says so; at start.
func (h *Handler) ReachWith(f Reach) *Handler {
	h.reach = f
	return h
}

// New makes the handler.
func New(c *columns.Service, o *org.Service, r *registry.Service, days calendar.Workdays) *Handler {
	return &Handler{columns: c, org: o, registry: r, days: days}
}

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/columns", Permit: authz.ItemRead, Handle: h.list},
		{Pattern: "GET /console/columns/calendar", Permit: authz.ItemRead, Handle: h.calendar},
		{Pattern: "GET /console/columns/{id}", Permit: authz.ItemRead, Handle: h.column},
		{Pattern: "GET /console/columns/{id}/edit", Permit: authz.ItemRead, Handle: h.card},
		{Pattern: "POST /console/columns/{id}/edit", Permit: authz.ItemRead, Handle: h.edit},
		{Pattern: "GET /console/columns/{id}/close", Permit: authz.ColumnManage, Handle: h.showClose},
		{Pattern: "POST /console/columns/{id}/close", Permit: authz.ColumnManage, Handle: h.close},
		{Pattern: "GET /console/sites/{id}/columns", Permit: authz.ItemRead, Handle: h.tree},
		{Pattern: "POST /console/sites/{id}/columns/move", Permit: authz.ColumnManage, Handle: h.move},
		{Pattern: "POST /console/columns/{id}/adopt", Permit: authz.ColumnManage, Handle: h.adopt},
		{Pattern: "POST /console/columns/{id}/decline", Permit: authz.ColumnManage, Handle: h.decline},
		{Pattern: "POST /console/columns/{id}/subscriptions", Permit: authz.ColumnManage, Handle: h.subscribe},
		{Pattern: "POST /console/columns/{id}/unsubscribe", Permit: authz.ColumnManage, Handle: h.unsubscribe},
	}
}

const (
	path    = "/console/columns"
	perPage = 30
	most    = 20 // proposals of a column's page
	few     = 8  // candidates of it
)

func crumbs(last ...web.Crumb) []web.Crumb {
	return append([]web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "信息资源库", Href: "/console/items"}, {Name: "栏目红绿灯", Href: path}}, last...)
}

func levelTag(f columns.Forecast, today calendar.Date) web.Tag {
	if f.Last.IsZero() && f.Level(today) != columns.Late {
		return web.Tag{Kind: web.Warn, Text: "空栏目"}
	}
	kind := map[columns.Level]web.Tone{columns.Late: web.Danger, columns.Soon: web.Warn, columns.Half: web.Info, columns.Fresh: web.Good}[f.Level(today)]
	return web.Tag{Kind: kind, Text: f.Says(today)}
}

func unitsOf(s *authz.Session) []org.UnitID {
	var out []org.UnitID
	for _, p := range s.Posts {
		if u := org.UnitID(p.UnitID); !slices.Contains(out, u) {
			out = append(out, u)
		}
	}
	return out
}

// columnView is GET /console/columns/{id}.
type columnView struct {
	name             string
	Heading          web.Heading
	Summary          web.Summary
	Manages          bool
	AdoptTo          string
	DeclineTo        string
	Unsubscribe      string
	Proposals        web.Table
	Candidates       web.Table
	Plans            web.Table
	Gone             web.Table
	Subscriptions    web.Table
	Subscribe        web.Form
	HasSubscriptions bool
}

// Title of the document.
func (v columnView) Title() string { return v.name }

// Crumbs of the page.
func (v columnView) Crumbs() []web.Crumb { return crumbs(web.Crumb{Name: v.name}) }

// board is what a column's page is made of.
type board struct {
	column     registry.Column
	site       registry.Site
	forecast   columns.Forecast
	runs       bool
	proposals  []columns.Proposal
	candidates []columns.Candidate
	timed      []columns.Plan
	untimed    []columns.Plan
	gone       []columns.Gone
	asks       []columns.Subscription
	areas      []web.Option
}

func itemCell(it library.Item, why string) web.Cell {
	c := web.Linked(it.Title, "/console/items/"+string(it.ID)+"/shown")
	c.Note = it.UnitName + "，" + web.Minute(it.PublishedAt)
	if why != "" {
		c.Note += "，" + why
	}
	return c
}

// offerCell are the ways to take an item: one click, or to ask first; more
// stands beside it, and last the page where one's own title and time are set.
func offerCell(it library.Item, column registry.ColumnID, askFirst bool, more ...web.Component) web.Cell {
	own := web.Link{Text: "定标题和时间", Href: it.Link() + "/adopt?column=" + url.QueryEscape(string(column)), Note: it.Title}
	if askFirst {
		own.Text = "申请采用"
		return web.Cell{Tags: []web.Tag{{Kind: web.Info, Text: "有条件共享"}}, Parts: append(slices.Clone(more), own)}
	}
	parts := append([]web.Component{web.Button{Label: "采用", Name: "item", Value: string(it.ID)}}, more...)
	return web.Cell{Parts: append(parts, own)}
}

func newColumnView(b board, manages bool, today calendar.Date) columnView {
	c := b.column
	at := columns.Link(c.ID)
	v := columnView{name: c.Name, Manages: manages, AdoptTo: at + "/adopt", DeclineTo: at + "/decline", Unsubscribe: at + "/unsubscribe",
		Heading: web.Heading{Title: c.Name, Above: b.site.Name, Lead: c.Description, Acts: []web.Act{{Text: "采编新稿件", Href: "/console/items/new?column=" + url.QueryEscape(string(c.ID)), Primary: true}, {Text: "排期日历", Href: path + "/calendar?column=" + url.QueryEscape(string(c.ID))}}}}
	v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "栏目卡片", Href: at + "/edit"}, web.Act{Text: "栏目树", Href: treePath(b.site.ID)})
	v.Summary = web.Summary{Title: "更新情况", Wide: true}
	if b.runs {
		v.Heading.Tags = []web.Tag{levelTag(b.forecast, today)}
		last := "还没有内容"
		if !b.forecast.Last.IsZero() {
			last = web.Minute(b.forecast.Last)
		}
		v.Summary.Terms = append(v.Summary.Terms, web.Term{Name: "到期", Text: b.forecast.Due.Chinese(), Note: b.forecast.Says(today)}, web.Term{Name: "最近更新", Text: last})
	} else {
		v.Summary.Terms = append(v.Summary.Terms, web.Term{Name: "到期", Text: "不计时", Note: "网站没有开通，或不在本平台发布"})
	}
	v.Summary.Terms = append(v.Summary.Terms, web.Term{Name: "更新周期", Text: fmt.Sprintf("%d 天", c.CycleDays)}, web.Term{Name: "保障单位", Text: c.UnitName}, web.Term{Name: "责任人", Text: c.OwnerName}, web.Term{Name: "A 岗、B 岗", Text: c.AName + "、" + c.BName})

	v.Proposals = web.Table{Caption: fmt.Sprintf("订阅送来的稿件（%d）", len(b.proposals)), Columns: []web.Column{{Head: "稿件", Wide: true}, {Head: "办理"}}, Empty: web.Empty{Title: "没有待办理的建议", Text: "符合订阅条件的稿件公开后列在这里。"}}
	for _, p := range b.proposals {
		cell := itemCell(p.Item, "订阅："+p.Asked)
		if p.Says != "" {
			cell.Note += "。" + p.Says
		}
		row := []web.Cell{cell}
		if manages {
			row = append(row, offerCell(p.Item, c.ID, p.Item.Share == library.Conditional && p.Item.Unit != b.site.Unit, web.Button{Label: "不采用", Name: "item", Value: string(p.Item.ID), Plain: true, Action: v.DeclineTo}))
		} else {
			row = append(row, web.Text("由栏目管理人员办理"))
		}
		v.Proposals.Rows = append(v.Proposals.Rows, web.Row{Cells: row})
	}
	v.Candidates = web.Table{Caption: "可以采用的稿件", Columns: []web.Column{{Head: "稿件", Wide: true}, {Head: "采用后"}, {Head: "办理"}}, Empty: web.Empty{Title: "没有合适的稿件", Text: "按栏目类别，在本单位、本地区和上级单位近半年公开的稿件中查找。"}}
	for _, o := range b.candidates {
		effect := web.Text("内容增加，到期日不变")
		if o.Helps && b.runs {
			due := calendar.DateOf(o.Item.PublishedAt).AddDays(c.CycleDays)
			effect = web.Text("到期日推到 " + due.String())
			if due.Before(today) {
				effect = web.Text("仍然超期")
			}
		}
		row := []web.Cell{itemCell(o.Item, o.Why), effect, web.Text("由栏目管理人员办理")}
		if manages {
			row[2] = offerCell(o.Item, c.ID, o.AskFirst)
		}
		v.Candidates.Rows = append(v.Candidates.Rows, web.Row{Cells: row})
	}
	v.Plans = planTable("排好的稿件", append(slices.Clone(b.timed), b.untimed...))
	v.Gone = web.Table{Caption: "最近撤下", Compact: true, Columns: []web.Column{{Head: "稿件", Wide: true}, {Head: "撤下时间"}}, Empty: web.Empty{Title: "没有撤下的稿件"}}
	for _, g := range b.gone {
		cell := web.Text(g.Title)
		cell.Note = g.UnitName
		if g.Reason != "" {
			cell.Note += "撤稿：" + g.Reason
		}
		v.Gone.Rows = append(v.Gone.Rows, web.Row{Cells: []web.Cell{cell, web.When(g.At)}})
	}
	v.Subscriptions = web.Table{Caption: "订阅", Compact: true, Columns: []web.Column{{Head: "条件", Wide: true}, {Head: "方式"}, {Head: ""}}, Empty: web.Empty{Title: "没有订阅", Text: "设定条件后，符合的稿件公开时自动送来。"}}
	for _, n := range b.asks {
		cell := web.Text(n.Says())
		cell.Note = n.CreatedName + "，" + web.Minute(n.CreatedAt)
		act := web.Cell{}
		if manages {
			act.Parts = []web.Component{web.Button{Label: "停用", Name: "subscription", Value: n.ID, Plain: true}}
		}
		v.Subscriptions.Rows = append(v.Subscriptions.Rows, web.Row{Cells: []web.Cell{cell, web.Text(n.Mode()), act}})
	}
	v.HasSubscriptions = len(b.asks) > 0
	types, categories := []web.Option{{Label: "不限"}}, []web.Option{{Label: "不限"}}
	for _, t := range library.Types {
		types = append(types, web.Option{Value: string(t), Label: t.Name()})
	}
	for _, n := range library.Declared().Categories {
		categories = append(categories, web.Option{Value: n.Code, Label: n.Code + " " + library.CategoryName(n.Code)})
	}
	v.Subscribe = web.Form{Action: at + "/subscriptions", Sections: []web.Section{{Legend: "新增订阅", Hint: "几个条件同时满足才送来。", Fields: []web.Field{
		{Kind: web.Select, Name: "type", Label: "信息类型", Options: types},
		{Kind: web.Select, Name: "category", Label: "资源类别", Options: categories},
		{Kind: web.Select, Name: "area", Label: "提供单位所在地区", Options: append([]web.Option{{Label: "不限"}}, b.areas...), Hint: "含下级"},
		{Name: "provider", Label: "提供单位", Max: 60, Hint: "单位全称，不限可不填"},
		{Name: "keywords", Label: "关键词", Max: 200, Hint: "标题或关键词含任意一个，用分号隔开"},
		{Kind: web.Radios, Name: "mode", Label: "方式", Value: "propose", Options: []web.Option{{Value: "propose", Label: "列为建议", Hint: "由栏目管理人员决定是否采用"}, {Value: "take", Label: "直接显示", Hint: "公开后立即显示在本栏目；有条件共享的仍列为建议"}}},
		{Kind: web.Number, Name: "top", Label: "置顶", Value: "0", Narrow: true, Hint: "直接显示时用，0 为不置顶"}}}},
		Buttons: []web.Button{{Label: "订阅", Plain: true}}}
	return v
}

func planTable(caption string, list []columns.Plan) web.Table {
	t := web.Table{Caption: caption, Columns: []web.Column{{Head: "时间"}, {Head: "稿件", Wide: true}, {Head: "栏目"}, {Head: "状态"}}, Empty: web.Empty{Title: "没有排好的稿件", Text: "送审时勾选栏目、填写定时发布，或采用时定时。"}}
	for _, p := range list {
		when := web.Text("终审通过即发布")
		if !p.PublishAt.IsZero() {
			when = web.When(p.PublishAt)
		}
		title := web.Linked(p.Shown(), "/console/items/"+string(p.Item))
		title.Note = p.UnitName
		place := web.Linked(p.ColumnName, columns.Link(p.Column))
		place.Note = p.SiteName
		state := web.Tagged(web.Tag{Kind: web.Good, Text: "已审定，等待时间"})
		if p.State == library.Planned {
			state = web.Tagged(web.Tag{Kind: web.Warn, Text: p.ItemState})
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{when, title, place, state}})
	}
	return t
}

func (h *Handler) board(r *http.Request) (board, error) {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	id := registry.ColumnID(r.PathValue("id"))
	var b board
	var err error
	if b.column, b.site, err = h.columns.Column(ctx, scope, id); err != nil {
		return b, err
	}
	if b.forecast, b.runs, err = h.columns.Forecast(ctx, scope, id); err != nil {
		return b, err
	}
	if b.proposals, err = h.columns.Proposals(ctx, scope, id, most); err != nil {
		return b, err
	}
	if b.candidates, err = h.columns.Candidates(ctx, scope, id, few); err != nil {
		return b, err
	}
	from := web.FrameOf(r).Today.Start()
	if b.timed, b.untimed, err = h.columns.Plans(ctx, scope, id, from, from.AddDate(1, 0, 0)); err != nil {
		return b, err
	}
	if b.gone, err = h.columns.Gone(ctx, scope, id, 10); err != nil {
		return b, err
	}
	if b.asks, err = h.columns.Subscriptions(ctx, scope, id); err != nil {
		return b, err
	}
	regions, err := h.columns.Regions(ctx, scope, id)
	for _, a := range regions {
		b.areas = append(b.areas, web.Option{Value: string(a.ID), Label: a.Name})
	}
	return b, err
}

func (h *Handler) view(r *http.Request) (columnView, error) {
	b, err := h.board(r)
	if err != nil {
		return columnView{}, err
	}
	return newColumnView(b, authz.SessionFrom(r.Context()).May(authz.ColumnManage), web.FrameOf(r).Today), nil
}

func (h *Handler) column(w http.ResponseWriter, r *http.Request) error {
	v, err := h.view(r)
	if err != nil {
		return err
	}
	return columnPage.Render(w, r, v)
}

func columnOf(r *http.Request) registry.ColumnID { return registry.ColumnID(r.PathValue("id")) }

func back(r *http.Request) string { return path + "/" + url.PathEscape(r.PathValue("id")) }

func (h *Handler) adopt(w http.ResponseWriter, r *http.Request) error {
	if _, err := h.columns.Adopt(r.Context(), authz.ScopeFrom(r.Context()), library.Adoption{Item: library.ItemID(r.PostFormValue("item")), Column: columnOf(r)}); err != nil {
		return err
	}
	return web.Done(w, r, back(r), "已采用，几秒后在网站显示。")
}

func (h *Handler) decline(w http.ResponseWriter, r *http.Request) error {
	if err := h.columns.Decline(r.Context(), authz.ScopeFrom(r.Context()), columnOf(r), library.ItemID(r.PostFormValue("item")), ""); err != nil {
		return err
	}
	return web.Done(w, r, back(r), "已标为不采用，不再建议。")
}

func (h *Handler) subscribe(w http.ResponseWriter, r *http.Request) error {
	top, _ := strconv.Atoi(r.PostFormValue("top")) // anything else is not pinned
	_, err := h.columns.Subscribe(r.Context(), authz.ScopeFrom(r.Context()), columns.Subscription{Column: columnOf(r), Type: library.Type(r.PostFormValue("type")), Category: r.PostFormValue("category"),
		Area: org.AreaID(r.PostFormValue("area")), ProviderName: strings.TrimSpace(r.PostFormValue("provider")), Keywords: r.PostFormValue("keywords"), Take: r.PostFormValue("mode") == "take", Top: top})
	if err != nil {
		v, again := h.view(r)
		if again != nil {
			return again
		}
		v.Subscribe.Fill(r.PostForm)
		v.Subscribe.Wrong(err)
		if v.Subscribe.Summary.Empty() {
			return err
		}
		return columnPage.RenderStatus(w, r, http.StatusUnprocessableEntity, v)
	}
	return web.Done(w, r, back(r), "已订阅，符合条件的稿件公开后送来。")
}

func (h *Handler) unsubscribe(w http.ResponseWriter, r *http.Request) error {
	if err := h.columns.Unsubscribe(r.Context(), authz.ScopeFrom(r.Context()), columnOf(r), r.PostFormValue("subscription")); err != nil {
		return err
	}
	return web.Done(w, r, back(r), "已停用这条订阅，已显示的稿件不受影响。")
}

var (
	sampleDay = calendar.Date{Year: 2026, Month: 3, Day: 20}
	sampleAt  = time.Date(2026, 3, 16, 2, 0, 0, 0, time.UTC)
)

const hostile = `<script>alert("栏")</script>'"&{{.}}` + "\u202e长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长"

func sampleForecast(words string, days int) columns.Forecast {
	return columns.Forecast{Column: "c1", Name: words, SiteName: words, UnitName: words, Cycle: 14, Last: sampleAt, Due: sampleDay.AddDays(days)}
}

func sampleBoard(words string) board {
	it := library.Item{Meta: library.Meta{Title: words, Type: library.Notice}, ID: "01J", UnitName: words, PublishedAt: sampleAt}
	ask := it
	ask.Share, ask.Unit = library.Conditional, "u2"
	return board{column: registry.Column{ID: "c1", Name: words, Description: words, UnitName: words, OwnerName: words, AName: words, BName: words, CycleDays: 14}, site: registry.Site{Name: words},
		forecast: sampleForecast(words, 5), runs: true, proposals: []columns.Proposal{{Item: it, Asked: words}, {Item: ask, Asked: words, Says: words}},
		candidates: []columns.Candidate{{Item: it, Why: words, Helps: true}, {Item: ask, Why: words, AskFirst: true}},
		timed:      []columns.Plan{samplePlan(words, library.Scheduled, sampleAt)}, untimed: []columns.Plan{samplePlan(words, library.Planned, time.Time{})},
		gone: []columns.Gone{{Title: words, Reason: words, UnitName: words, At: sampleAt}},
		asks: []columns.Subscription{{ID: "s1", Type: library.Notice, Keywords: "防汛;抗旱", CreatedName: words, CreatedAt: sampleAt, Take: true}, {ID: "s2", Area: "a", AreaName: words}}}
}

func samplePlan(words, state string, at time.Time) columns.Plan {
	return columns.Plan{Placement: library.Placement{State: state, PublishAt: at, ColumnName: words, SiteName: words}, ItemTitle: words, ItemState: "待终审", UnitName: words}
}

var (
	listPage   = web.Define(views, "views/list.html", newListView(sampleLights("通知公告", -2, 5, 7, 12), sampleDay), newListView(lights{}, sampleDay), newListView(sampleLights(hostile, 0), sampleDay))
	columnPage = web.Define(views, "views/column.html",
		newColumnView(sampleBoard("通知公告"), true, sampleDay),
		newColumnView(board{column: registry.Column{ID: "c2", Name: "要闻"}, site: registry.Site{Name: "雁塔区人民政府"}}, false, sampleDay),
		newColumnView(sampleBoard(hostile), true, sampleDay))
)
