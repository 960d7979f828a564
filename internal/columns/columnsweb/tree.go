package columnsweb

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/columns"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

var lightTones = map[columns.Light]web.Tone{columns.Red: web.Danger, columns.Yellow: web.Warn, columns.Green: web.Good}

// light is the colour of a clock in words, with the days left.
func light(f columns.Forecast, today calendar.Date) web.Tag {
	l := f.Light(today)
	return web.Tag{Kind: lightTones[l], Text: columns.LightNames[l] + "，" + f.Says(today)}
}

// strip draws the last days of a column: a mark for each day, darker for more.
type strip struct {
	Says string
	Days []mark
}

// mark is one day of a strip; Level from 0 (nothing) to 3.
type mark struct {
	X, Level int
}

func newStrip(days [columns.StripDays]int) strip {
	s := strip{}
	n, with := 0, 0
	for i, c := range days {
		if c > 0 {
			n += c
			with++
		}
		level := min(c, 3)
		if c >= 3 && c < 6 {
			level = 2
		}
		s.Days = append(s.Days, mark{i * 4, level})
	}
	s.Says = fmt.Sprintf("最近 %d 天有 %d 天更新，共 %d 条", columns.StripDays, with, n)
	return s
}

// branch is one column in the tree.
type branch struct {
	ID, Name, Slug, Type string
	Link, Edit, Close    string
	Level                int // from 1
	Owner, A, B, Unit    string
	Cycle                string
	Tag                  web.Tag
	First, Last          bool
	Targets              []web.Option // columns to move into
}

// treeView is GET /console/sites/{id}/columns.
type treeView struct {
	name    string
	Heading web.Heading
	Alerts  []web.Alert
	Stats   web.Stats
	Rev     string
	MoveTo  string
	Items   []branch
	Empty   web.Empty
}

func (v treeView) Title() string       { return v.name }
func (v treeView) Crumbs() []web.Crumb { return crumbs(web.Crumb{Name: v.name}) }

func treePath(site registry.SiteID) string {
	return "/console/sites/" + url.PathEscape(string(site)) + "/columns"
}

func newTreeView(site registry.Site, list []columns.Node, rev string, manages bool, today calendar.Date) treeView {
	at := treePath(site.ID)
	v := treeView{name: site.Name + "栏目", Rev: rev, Heading: web.Heading{Title: "栏目", Above: site.Name, Lead: "每个栏目有责任人、AB 岗、更新周期和保障单位（第十九条（一）（二））。次序就是网站导航的次序。"},
		Empty: web.Empty{Title: "还没有栏目", Text: "新增栏目后，稿件才能在网站上显示。"}}
	v.Heading.Acts = []web.Act{{Text: "更新红绿灯", Href: path + "?all=1&site=" + url.QueryEscape(string(site.ID))}}
	if manages {
		v.MoveTo = at + "/move"
		v.Heading.Acts = append([]web.Act{{Text: "新增栏目", Href: at + "/new", Primary: true}}, v.Heading.Acts...)
		v.Empty.Act = v.Heading.Acts[0]
	}
	counts := map[columns.Light]int{}
	idle := 0
	siblings := map[registry.ColumnID][]registry.ColumnID{}
	open := map[registry.ColumnID]bool{}
	for _, n := range list {
		open[n.ID] = true
	}
	parent := func(n columns.Node) registry.ColumnID {
		if !open[n.Parent] {
			return registry.Root
		}
		return n.Parent
	}
	for _, n := range list {
		siblings[parent(n)] = append(siblings[parent(n)], n.ID)
	}
	for i, n := range list {
		b := branch{ID: string(n.ID), Name: n.Name, Slug: n.Slug, Type: n.Type, Level: n.Depth + 1, Owner: n.OwnerName, A: n.AName, B: n.BName, Unit: n.UnitName, Cycle: fmt.Sprintf("每 %d 天", n.CycleDays),
			Link: columns.Link(n.ID), Edit: columns.Link(n.ID) + "/edit"}
		if n.Runs {
			b.Tag = light(n.Forecast, today)
			counts[n.Forecast.Light(today)]++
		} else {
			b.Tag = web.Tag{Text: "不计时"}
			idle++
		}
		around := siblings[parent(n)]
		b.First, b.Last = around[0] == n.ID, around[len(around)-1] == n.ID
		if manages {
			b.Close = columns.Link(n.ID) + "/close"
			// Into whatever is not itself or below itself.
			below := map[int]bool{i: true}
			for j := i + 1; j < len(list) && list[j].Depth > n.Depth; j++ {
				below[j] = true
			}
			if n.Depth > 0 {
				b.Targets = append(b.Targets, web.Option{Value: "", Label: "一级栏目"})
			}
			for j, o := range list {
				if !below[j] && o.Depth < registry.MaxDepth-1 && o.ID != parent(n) && len(list) <= 120 {
					b.Targets = append(b.Targets, web.Option{Value: string(o.ID), Label: strings.Repeat("　", o.Depth) + o.Name + "之下"})
				}
			}
		}
		v.Items = append(v.Items, b)
	}
	v.Stats = web.Stats{Label: "红绿灯"}
	for _, l := range []columns.Light{columns.Red, columns.Yellow, columns.Green} {
		s := web.Stat{Name: columns.LightNames[l], Value: strconv.Itoa(counts[l])}
		if counts[l] > 0 {
			s.Kind = lightTones[l]
		}
		v.Stats.Items = append(v.Stats.Items, s)
	}
	if idle > 0 {
		v.Stats.Items = append(v.Stats.Items, web.Stat{Name: "不计时", Value: strconv.Itoa(idle), Note: "网站没有运行，或不在本平台发布"})
	}
	return v
}

func (h *Handler) treeOf(r *http.Request) (treeView, error) {
	ctx := r.Context()
	session := authz.SessionFrom(ctx)
	site, list, rev, err := h.columns.Tree(ctx, session.ScopeFor(authz.ItemRead), registry.SiteID(r.PathValue("id")))
	if err != nil {
		return treeView{}, err
	}
	return newTreeView(site, list, rev, site.In(session.ScopeFor(authz.ColumnManage)), web.FrameOf(r).Today), nil
}

func (h *Handler) tree(w http.ResponseWriter, r *http.Request) error {
	v, err := h.treeOf(r)
	if err != nil {
		return err
	}
	return treePage.Render(w, r, v)
}

func typed(r *http.Request, name string) string { return strings.TrimSpace(r.PostFormValue(name)) }

func (h *Handler) move(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	scope := authz.ScopeFrom(ctx)
	site, err := h.registry.Site(ctx, scope, registry.SiteID(r.PathValue("id")))
	if err != nil {
		return err
	}
	id := registry.ColumnID(typed(r, "key"))
	c, _, err := h.columns.Column(ctx, scope, id)
	if err == nil && c.Site != site.ID {
		err = fault.Missing("栏目")
	}
	if err == nil {
		err = h.columns.Move(ctx, scope, id, registry.Step(typed(r, "step")), registry.ColumnID(typed(r, "to")), typed(r, "rev"))
	}
	if web.Mendable(err) {
		v, again := h.treeOf(r)
		if again != nil {
			return again
		}
		v.Alerts = []web.Alert{{Kind: web.Danger, Title: "没有移动", Text: fault.Of(err).Says}}
		return treePage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, treePath(c.Site)+"#c-"+url.PathEscape(string(id)), "“"+c.Name+"”已移动，几秒后网站导航随之改变。")
}

// cardView is GET /console/columns/{id}/edit.
type cardView struct {
	name    string
	site    registry.Site
	column  registry.Column
	Heading web.Heading
	Alerts  []web.Alert
	Form    web.Form
	Names   web.Table
	Held    web.Table
}

func (v cardView) Title() string { return v.name }
func (v cardView) Crumbs() []web.Crumb {
	return crumbs(web.Crumb{Name: v.column.Name, Href: columns.Link(v.column.ID)}, web.Crumb{Name: "栏目卡片"})
}

// card is what a column's card is shown from.
type card struct {
	column  registry.Column
	site    registry.Site
	people  []org.Person
	units   []web.Option
	names   []registry.FormerColumn
	held    []registry.Held
	manages bool // all of it
	own     bool // what it says of itself
}

func newCardView(b card) cardView {
	c := b.column
	at := columns.Link(c.ID)
	v := cardView{name: "栏目卡片", site: b.site, column: c, Heading: web.Heading{Title: "栏目卡片", Above: b.site.Name + " / " + c.Name}}
	v.Form = web.Form{Action: at + "/edit", Key: "column-card-" + string(c.ID), Cancel: web.Link{Text: "取消", Href: at}}
	hidden := web.Field{Kind: web.Hidden, Name: "rev", Value: strconv.Itoa(c.Rev)}
	says := []web.Field{{Kind: web.TextArea, Name: "description", Label: "栏目说明", Value: c.Description, Required: true, Rows: 2, Max: 200, Hint: "一句话说明登什么内容，写入网页标签，不能与名称相同"},
		{Name: "keywords", Label: "关键词", Value: c.Keywords, Max: 200, Hint: "多个用分号隔开"}}
	slug := web.Field{Name: "slug_shown", Label: "网址简称", Value: c.Slug, ReadOnly: true, Narrow: true, Hint: "发布过的网址不改变"}
	switch {
	case !c.ClosedAt.IsZero():
		v.Alerts = []web.Alert{{Kind: web.Info, Title: "栏目已关闭", Text: "关闭于 " + web.Minute(c.ClosedAt) + "，不能再修改。"}}
	case b.manages:
		v.Heading.Lead = "改名后旧名称保留在下面；更换责任人、AB 岗或保障单位，要写交接说明。"
		v.Heading.Acts = []web.Act{{Text: "关闭或合并", Href: at + "/close"}}
		types := []web.Option{}
		for _, t := range registry.ColumnTypes {
			types = append(types, web.Option{Value: t, Label: t})
		}
		var who []web.Option
		seen := map[org.PersonID]bool{}
		for _, p := range b.people {
			seen[p.ID] = true
			who = append(who, web.Option{Value: string(p.ID), Label: p.Name})
		}
		// Whoever holds a post now and is not on the list stays to choose.
		for _, p := range []struct {
			id   org.PersonID
			name string
		}{{c.Owner, c.OwnerName}, {c.A, c.AName}, {c.B, c.BName}} {
			if p.id != "" && !seen[p.id] {
				seen[p.id] = true
				who = append(who, web.Option{Value: string(p.id), Label: p.name + "（现任）"})
			}
		}
		units := b.units
		if !slices.ContainsFunc(units, func(o web.Option) bool { return o.Value == string(c.Unit) }) {
			units = append([]web.Option{{Value: string(c.Unit), Label: c.UnitName}}, units...)
		}
		v.Form.Sections = []web.Section{{Legend: "栏目", Fields: append([]web.Field{hidden, {Name: "name", Label: "栏目名称", Value: c.Name, Required: true, Max: 40}, slug, {Kind: web.Select, Name: "type", Label: "栏目类别", Value: c.Type, Required: true, Options: types}}, says...)},
			{Legend: "责任（第十九条（一）（二））", Fields: []web.Field{
				{Kind: web.Number, Name: "cycle_days", Label: "更新周期", Value: strconv.Itoa(c.CycleDays), Required: true, Unit: "天", Narrow: true, Mode: "numeric", Hint: "改了以后，按最近一次更新重新计算到期日"},
				{Kind: web.Select, Name: "owner", Label: "栏目责任人", Value: string(c.Owner), Required: true, Options: who}, {Kind: web.Select, Name: "a", Label: "A 岗", Value: string(c.A), Required: true, Options: who}, {Kind: web.Select, Name: "b", Label: "B 岗", Value: string(c.B), Required: true, Options: who, Hint: "与 A 岗不能是同一人"},
				{Kind: web.Select, Name: "unit", Label: "保障单位", Value: string(c.Unit), Required: true, Options: units},
				{Kind: web.TextArea, Name: "why", Label: "交接说明", Rows: 2, Max: 300, Hint: "更换上面的人或单位时必填：已交代哪些事，未办完的有哪些"}}}}
		v.Form.Buttons = []web.Button{{Label: "保存栏目卡片"}}
	case b.own:
		v.Heading.Lead = "您是这个栏目的责任人或 AB 岗，可以修改栏目怎样介绍自己；周期、岗位和次序由管理栏目的人员调整。"
		v.Form.Sections = []web.Section{{Fields: append([]web.Field{hidden, slug}, says...)}}
		v.Form.Buttons = []web.Button{{Label: "保存栏目卡片"}}
	default:
		v.Alerts = []web.Alert{{Kind: web.Info, Title: "只能查看", Text: "栏目卡片由栏目责任人、AB 岗和管理栏目的人员修改。"}}
	}
	v.Names = web.Table{Caption: "曾用名称", Columns: []web.Column{{Head: "名称", Wide: true}, {Head: "用到"}, {Head: "改名人"}}, Empty: web.Empty{Title: "没有改过名称"}}
	for _, n := range b.names {
		v.Names.Rows = append(v.Names.Rows, web.Row{Cells: []web.Cell{web.Text(n.Name), web.When(n.Until), web.Text(n.By)}})
	}
	v.Held = web.Table{Caption: "交接记录", Columns: []web.Column{{Head: "时间"}, {Head: "岗位"}, {Head: "交接"}, {Head: "说明", Wide: true}, {Head: "经办"}}, Empty: web.Empty{Title: "没有交接过"}}
	for _, n := range b.held {
		v.Held.Rows = append(v.Held.Rows, web.Row{Cells: []web.Cell{web.When(n.At), web.Text(n.PostName()), web.Text(n.From + " 交 " + n.To), web.Text(n.Why), web.Text(n.By)}})
	}
	return v
}

func (h *Handler) cardOf(r *http.Request) (card, error) {
	ctx := r.Context()
	session := authz.SessionFrom(ctx)
	scope := session.ScopeFor(authz.ItemRead)
	var b card
	var err error
	if b.column, b.site, err = h.columns.Column(ctx, scope, columnOf(r)); err != nil {
		return b, err
	}
	if b.names, b.held, err = h.registry.ColumnHistory(ctx, scope, b.column.ID); err != nil {
		return b, err
	}
	manage := session.ScopeFor(authz.ColumnManage)
	b.manages, b.own = b.site.In(manage), b.column.MayEditCard(session)
	if !b.manages {
		return b, nil
	}
	if b.people, err = h.columns.People(ctx, manage, b.site); err != nil {
		return b, err
	}
	units, err := h.columns.Units(ctx, manage, b.site)
	for _, u := range units {
		b.units = append(b.units, web.Option{Value: string(u.ID), Label: u.Name})
	}
	return b, err
}

func (h *Handler) card(w http.ResponseWriter, r *http.Request) error {
	b, err := h.cardOf(r)
	if err != nil {
		return err
	}
	return cardPage.Render(w, r, newCardView(b))
}

func (h *Handler) edit(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	session := authz.SessionFrom(ctx)
	days, err := strconv.Atoi(typed(r, "cycle_days"))
	if err != nil {
		days = 0 // which is refused where it is asked for
	}
	rev, err := strconv.Atoi(typed(r, "rev"))
	if err != nil {
		rev = 0 // no state of a column
	}
	c, err := h.columns.Edit(ctx, session.ScopeFor(authz.ItemRead), session.ScopeFor(authz.ColumnManage), session, columnOf(r), registry.ColumnEdit{Rev: rev, Name: typed(r, "name"), Type: typed(r, "type"), Description: typed(r, "description"), Keywords: typed(r, "keywords"),
		CycleDays: days, Unit: org.UnitID(typed(r, "unit")), Owner: org.PersonID(typed(r, "owner")), A: org.PersonID(typed(r, "a")), B: org.PersonID(typed(r, "b")), Why: typed(r, "why")})
	if web.Mendable(err) {
		b, again := h.cardOf(r)
		if again != nil {
			return again
		}
		v := newCardView(b)
		if len(v.Form.Buttons) == 0 {
			return err
		}
		rev := v.Form.Field("rev").Value
		v.Form.Fill(r.PostForm)
		if fault.Is(err, fault.Conflict) {
			v.Form.Field("rev").Value = rev // what is typed was seen beside what stands now
		}
		v.Form.Wrong(err)
		return cardPage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, columns.Link(c.ID)+"/edit", "栏目卡片已保存。")
}

// closeView is GET /console/columns/{id}/close.
type closeView struct {
	column  registry.Column
	Heading web.Heading
	Impact  web.Summary
	Reach   web.Summary
	Pick    web.Form
	Form    web.Form
}

func (closeView) Title() string { return "关闭或合并栏目" }
func (v closeView) Crumbs() []web.Crumb {
	return crumbs(web.Crumb{Name: v.column.Name, Href: columns.Link(v.column.ID)}, web.Crumb{Name: "关闭或合并"})
}

func newCloseView(c registry.Column, site registry.Site, others []registry.Column, into registry.ColumnID, m columns.Impact) closeView {
	at := columns.Link(c.ID) + "/close"
	v := closeView{column: c, Heading: web.Heading{Title: "关闭或合并栏目", Above: site.Name + " / " + c.Name, Lead: "先选并入的栏目，看清涉及的内容，再办理。关闭后不能恢复；网址简称不会再给别的栏目。"}}
	options := []web.Option{{Value: "", Label: "不并入（栏目里没有稿件时）"}}
	name := ""
	for _, o := range others {
		if o.ID != c.ID {
			options = append(options, web.Option{Value: string(o.ID), Label: o.Name + "（" + o.Type + "）"})
			if o.ID == into {
				name = o.Name
			}
		}
	}
	v.Pick = web.Form{Action: at, Method: "get", Sections: []web.Section{{Fields: []web.Field{{Kind: web.Select, Name: "into", Label: "并入", Value: string(into), Options: options}}}}, Buttons: []web.Button{{Label: "看看涉及什么", Plain: true}}}
	clock := "没有在走的更新时限"
	if m.Clock {
		clock = "更新时限随栏目结束"
		if name != "" {
			clock += "，“" + name + "”的时限按并入后最新的稿件重新计算"
		}
	}
	terms := []web.Term{{Name: "公开的稿件", Text: fmt.Sprintf("%d 篇", m.Live)}, {Name: "待发布的稿件", Text: fmt.Sprintf("%d 篇", m.Waiting)}}
	if name != "" {
		terms = append(terms, web.Term{Name: "两边都有的稿件", Text: fmt.Sprintf("%d 篇，只保留一处", m.Twice)})
	}
	terms = append(terms, web.Term{Name: "栏目自己的页面", Text: fmt.Sprintf("约 %d 个", m.Pages), Note: pagesNote(name)}, web.Term{Name: "更新时限", Text: clock},
		web.Term{Name: "下级栏目", Text: fmt.Sprintf("%d 个，上移一级", m.Below)}, web.Term{Name: "订阅和采用申请", Text: fmt.Sprintf("订阅 %d 项停用，采用申请 %d 件", m.Subscriptions, m.Requests)})
	for _, s := range m.Others {
		terms = append(terms, web.Term{Name: "其他", Text: s})
	}
	v.Impact = web.Summary{Title: "涉及的内容", Terms: terms, Wide: true}
	label := "关闭栏目"
	if name != "" {
		label = "并入“" + name + "”"
	}
	v.Form = web.Form{Action: at, Sections: []web.Section{{Legend: "办理", Fields: []web.Field{{Kind: web.Hidden, Name: "into", Value: string(into)}, {Name: "why", Label: "原因", Required: true, Max: 300}}}}, Buttons: []web.Button{{Label: label, Kind: web.Danger}}, Cancel: web.Link{Text: "取消", Href: columns.Link(c.ID)}}
	return v
}

func pagesNote(into string) string {
	if into == "" {
		return "网址以后显示“已关闭”（410）"
	}
	return "网址以后转到“" + into + "”（301）；稿件自己的网址不变"
}

func (h *Handler) closing(r *http.Request, into registry.ColumnID) (closeView, error) {
	ctx, scope := r.Context(), authz.SessionFrom(r.Context()).ScopeFor(authz.ColumnManage)
	c, site, err := h.columns.Column(ctx, scope, columnOf(r))
	if err != nil {
		return closeView{}, err
	}
	if !c.ClosedAt.IsZero() {
		return closeView{}, fault.Newf(fault.Refused, "栏目“%s”已经关闭。", c.Name)
	}
	others, err := h.registry.ColumnsOf(ctx, scope, site.ID)
	if err != nil {
		return closeView{}, err
	}
	if !slices.ContainsFunc(others, func(o registry.Column) bool { return o.ID == into && o.ID != c.ID }) {
		into = ""
	}
	m, err := h.columns.Impact(ctx, scope, c.ID, into)
	if err != nil {
		return closeView{}, err
	}
	v := newCloseView(c, site, others, into, m)
	if h.reach != nil && site.Hosted {
		says, err := h.reach(ctx, scope, site.ID)
		if err != nil {
			return closeView{}, err
		}
		v.Reach = web.Reach(says)
	}
	return v, nil
}

func (h *Handler) showClose(w http.ResponseWriter, r *http.Request) error {
	v, err := h.closing(r, registry.ColumnID(r.URL.Query().Get("into")))
	if err != nil {
		return err
	}
	return closePage.Render(w, r, v)
}

func (h *Handler) close(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	into := registry.ColumnID(typed(r, "into"))
	c, m, err := h.columns.Close(ctx, authz.ScopeFrom(ctx), columnOf(r), into, typed(r, "why"))
	if web.Mendable(err) {
		v, again := h.closing(r, into)
		if again != nil {
			return again
		}
		v.Form.Fill(r.PostForm)
		v.Form.Wrong(err)
		return closePage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	said := "栏目“" + c.Name + "”已关闭。"
	if into != "" {
		said = fmt.Sprintf("栏目“%s”已并入，%d 篇稿件随之移过去，旧网址转到新栏目。", c.Name, m.Live+m.Waiting)
	}
	return web.Done(w, r, treePath(c.Site), said)
}

func sampleTree(words string) []columns.Node {
	node := func(id, parent string, depth, days int) columns.Node {
		return columns.Node{Column: registry.Column{ID: registry.ColumnID(id), Parent: registry.ColumnID(parent), Name: words, Slug: "news", Type: "政务动态", OwnerName: words, AName: words, BName: words, UnitName: words, CycleDays: 14}, Depth: depth, Runs: days < 99, Forecast: sampleForecast(words, days)}
	}
	return []columns.Node{node("c1", "", 0, -2), node("c2", "c1", 1, 5), node("c3", "", 0, 12), node("c4", "", 0, 99)}
}

func sampleCard(words string) card {
	return card{column: registry.Column{ID: "c1", Name: words, Slug: "news", Type: "政务动态", Description: words, Keywords: words, Unit: "u1", UnitName: words, Owner: "p1", OwnerName: words, A: "p2", AName: words, B: "p3", BName: words, CycleDays: 14, Rev: 2},
		site: registry.Site{ID: "s1", Name: words}, people: []org.Person{{ID: "p1", Name: words}}, units: []web.Option{{Value: "u2", Label: words}}, manages: true,
		names: []registry.FormerColumn{{Name: words, By: words, Until: sampleAt}}, held: []registry.Held{{Post: "a", From: words, To: words, Why: words, By: words, At: sampleAt}}}
}

var (
	treePage = web.Define(views, "views/tree.html", newTreeView(registry.Site{ID: "s1", Name: "雁塔区人民政府"}, sampleTree("要闻"), "r", true, sampleDay),
		newTreeView(registry.Site{ID: "s1", Name: "雁塔区人民政府"}, nil, "", true, sampleDay), newTreeView(registry.Site{ID: "s1", Name: hostile}, sampleTree(hostile), "r", false, sampleDay))
	cardPage = web.Define(views, "views/card.html", newCardView(sampleCard("通知公告")), newCardView(card{column: registry.Column{ID: "c2", Name: "要闻"}, site: registry.Site{Name: "雁塔区"}}),
		newCardView(sampleCard(hostile)), func() cardView {
			b := sampleCard("要闻")
			b.manages, b.own = false, true
			return newCardView(b)
		}(), func() cardView {
			b := sampleCard("要闻")
			b.column.ClosedAt = sampleAt
			return newCardView(b)
		}())
	closePage = web.Define(views, "views/close.html", newCloseView(registry.Column{ID: "c1", Name: "要闻"}, registry.Site{Name: "雁塔区"}, []registry.Column{{ID: "c1"}, {ID: "c2", Name: "工作动态", Type: "政务动态"}}, "c2", columns.Impact{Clock: true, Below: 1, Pages: 4, Others: []string{"首页版块会改为显示并入的栏目"}}),
		newCloseView(registry.Column{ID: "c1", Name: "要闻"}, registry.Site{Name: "雁塔区"}, nil, "", columns.Impact{}),
		newCloseView(registry.Column{ID: "c1", Name: hostile}, registry.Site{Name: hostile}, []registry.Column{{ID: "c2", Name: hostile, Type: hostile}}, "c2", columns.Impact{Others: []string{hostile}}))
)
