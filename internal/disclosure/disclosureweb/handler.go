package disclosureweb

import (
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/disclosure"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

const (
	home    = "/console/disclosures"
	perPage = 30
)

// Handler serves the screens.
type Handler struct {
	disclosure *disclosure.Service
	library    *library.Service
}

// New makes the handler.
func New(s *disclosure.Service, l *library.Service) *Handler { return &Handler{s, l} }

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/disclosures", Permit: authz.ItemRead, Handle: h.board},
		{Pattern: "GET /console/disclosures/{unit}", Permit: authz.ItemRead, Handle: h.unit},
		{Pattern: "GET /console/disclosures/{unit}/{entry}", Permit: authz.ItemRead, Handle: h.showPlace},
		{Pattern: "POST /console/disclosures/{unit}/{entry}", Permit: authz.ColumnManage, Handle: h.place},
		{Pattern: "POST /console/disclosures/{unit}/pieces", Permit: authz.ItemWrite, Handle: h.register},
		{Pattern: "POST /console/disclosures/{unit}/pieces/{piece}", Permit: authz.ItemWrite, Handle: h.attach},
	}
}

var trail = []web.Crumb{{Name: "信息资源库", Href: "/console/items"}}

func unitOf(r *http.Request) org.UnitID { return org.UnitID(r.PathValue("unit")) }

func linkOf(unit org.UnitID) string { return home + "/" + url.PathEscape(string(unit)) }

// boardView is GET /console/disclosures.
type boardView struct{ web.ListView }

func newBoard(list []disclosure.Standing, total int, source string) boardView {
	v := boardView{web.ListView{Heading: web.Heading{Title: "法定主动公开", Lead: "各单位按条例应当主动公开的信息：在哪个栏目公开、有没有内容、有没有超过 20 个工作日。依据：" + source}, Trail: trail,
		Filter: web.Filter{Action: home, Total: total, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "单位"}}, Reset: home},
		Table: web.Table{Caption: "各单位公开目录覆盖情况", Quiet: true, Columns: []web.Column{{Head: "单位", Wide: true}, {Head: "应公开", Number: true}, {Head: "已公开", Number: true}, {Head: "无此类信息", Number: true}, {Head: "缺项", Number: true}, {Head: "待公开", Number: true}, {Head: "超期", Number: true}, {Head: "覆盖"}},
			Empty: web.Empty{Title: "没有符合条件的单位"}}}}
	for _, s := range list {
		kind := web.Neutral
		if s.Late > 0 {
			kind = web.Danger
		}
		open := func(n int) web.Cell {
			c := web.Figure(n)
			if n > 0 {
				c.Href = linkOf(s.Unit)
			}
			return c
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Kind: kind, Cells: []web.Cell{web.Linked(s.Name, linkOf(s.Unit)), web.Figure(s.Entries), open(s.Disclosed), open(s.None), open(s.Lacks()), open(s.Open), open(s.Late),
			{Parts: []web.Component{web.Progress{Label: "覆盖", Value: min(s.Entries, s.Disclosed+s.None), Max: max(1, s.Entries)}}}}})
	}
	return v
}

func (h *Handler) board(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	limit, offset := perPage, (web.PageOf(r)-1)*perPage
	if q.Get("format") != "" {
		limit, offset = 20_000, 0
	}
	list, total, err := h.disclosure.Board(r.Context(), authz.ScopeFrom(r.Context()), strings.TrimSpace(q.Get("q")), limit, offset)
	if err != nil {
		return err
	}
	if q.Get("format") != "" {
		s := official.Sheet{Title: "法定主动公开", Columns: []official.Column{{Title: "单位", Width: 36}, {Title: "应公开"}, {Title: "已公开"}, {Title: "无此类信息"}, {Title: "缺项"}, {Title: "待公开"}, {Title: "超期"}}}
		var rows [][]any
		for _, x := range list {
			rows = append(rows, []any{x.Name, x.Entries, x.Disclosed, x.None, x.Lacks(), x.Open, x.Late})
		}
		s.Rows = slices.Values(rows)
		return web.SendSheet(w, r, s, "法定主动公开")
	}
	c, err := disclosure.Statutory()
	if err != nil {
		return err
	}
	v := newBoard(list, total, c.Source)
	v.Filter.Fill(q)
	v.Exports = web.ExportActs(home, q)
	v.Pager = web.PagerOf(r, total, perPage)
	return boardPage.Render(w, r, v)
}

// unitView is the catalogue of one unit.
type unitView struct {
	web.RecordView
	Attach []attaching
}

type attaching struct {
	Title string
	Form  web.Form
}

var stateTones = map[string]web.Tone{disclosure.Unplaced: web.Danger, disclosure.Blank: web.Warn, disclosure.Disclosed: web.Good}

func newUnit(u org.Unit, list []disclosure.Place, pieces []disclosure.Piece, writes, manages bool, today calendar.Date) unitView {
	v := unitView{RecordView: web.RecordView{Heading: web.Heading{Title: "法定公开目录", Above: u.Name, Lead: "每一类要指定公开的栏目并有内容；新形成或变更的信息登记后开始计时，20 个工作日内公开（条例第二十六条）。"}, Trail: append(trail[:1:1], web.Crumb{Name: "法定主动公开", Href: home})}}
	t := web.Table{Caption: fmt.Sprintf("应公开 %d 类", len(list)), Columns: []web.Column{{Head: "信息类别", Wide: true}, {Head: "公开栏目"}, {Head: "内容", Number: true}, {Head: "最近更新"}, {Head: "待公开", Number: true}, {Head: "状态"}, {Head: ""}},
		Empty: web.Empty{Title: "条例的目录不直接约束这个单位", Text: "内设机构、事业单位的信息由其所属行政机关公开。"}}
	var entries []web.Option
	for _, p := range list {
		entries = append(entries, web.Option{Value: p.ID, Label: p.Name, Hint: p.Article})
		name := web.Text(p.Name)
		name.Note = p.Article + "：" + p.Text
		where := web.Text("—")
		if p.Column != "" {
			where = web.Linked(p.ColumnName, "/console/items?column="+string(p.Column)+"&state=live")
			where.Note = p.SiteName
		}
		state := web.Tagged(web.Tag{Kind: stateTones[p.State()], Text: disclosure.StateNames[p.State()]})
		state.Note = p.NoneWhy
		newest := web.Text("—")
		if !p.Newest.IsZero() {
			newest = web.When(p.Newest)
		}
		open := web.Figure(p.Open)
		if p.Late > 0 {
			open.Tags = []web.Tag{{Kind: web.Danger, Text: fmt.Sprintf("超期 %d", p.Late)}}
		}
		var acts []web.Link
		if manages {
			acts = []web.Link{{Text: "指定栏目", Href: linkOf(u.ID) + "/" + p.ID, Note: p.Name}}
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{name, where, web.Figure(p.Items), newest, open, state, {Links: acts}}})
	}
	d := web.Table{Caption: "登记的信息", Columns: []web.Column{{Head: "信息", Wide: true}, {Head: "形成或变更"}, {Head: "期限"}, {Head: "公开"}},
		Empty: web.Empty{Title: "还没有登记", Text: "新形成的文件、决定、名单等，登记后系统提醒按期公开。"}}
	for _, p := range pieces {
		title := web.Text(p.Title)
		if i := slices.IndexFunc(list, func(x disclosure.Place) bool { return x.ID == p.Entry }); i >= 0 {
			title.Note = list[i].Name
		}
		due, done := web.DueCell(p.DueOn, today), web.Text("尚未公开")
		if p.Item != "" {
			title.Href = "/console/items/" + string(p.Item)
		}
		if !p.Disclosed.IsZero() {
			due, done = web.Day(p.DueOn), web.Day(p.Disclosed)
			if p.Late(today) {
				done.Tags = []web.Tag{{Kind: web.Warn, Text: "超期公开"}}
			}
		} else if writes {
			v.Attach = append(v.Attach, attaching{p.Title, web.Form{Action: linkOf(u.ID) + "/pieces/" + p.ID, Sections: []web.Section{{Fields: []web.Field{{Name: "item-" + p.ID, Label: "公开它的稿件", Required: true, Hint: "稿件编号或网址；已公开的立即办结，未公开的在终审发布时办结"}}}}, Buttons: []web.Button{{Label: "关联稿件", Plain: true}}}})
		}
		d.Rows = append(d.Rows, web.Row{Cells: []web.Cell{title, web.Day(p.Formed), due, done}})
	}
	v.Main = []web.Component{t, d}
	if writes && len(entries) > 0 {
		v.Forms = []web.Form{{Action: linkOf(u.ID) + "/pieces", Sections: []web.Section{{Legend: "登记新形成或变更的信息", Fields: []web.Field{{Name: "title", Label: "信息名称", Required: true, Max: 200}, {Kind: web.Select, Name: "entry", Label: "类别", Options: entries}, {Kind: web.DateField, Name: "formed", Label: "形成或变更日期", Required: true, Narrow: true}, {Name: "item", Label: "公开它的稿件", Hint: "可以以后再关联；稿件编号或网址"}}}}, Buttons: []web.Button{{Label: "登记并开始计时"}}}}
	}
	return v
}

func (h *Handler) view(r *http.Request) (unitView, error) {
	ctx, scope, session := r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context())
	u, list, err := h.disclosure.Places(ctx, scope, unitOf(r))
	if err != nil {
		return unitView{}, err
	}
	pieces, err := h.disclosure.Pieces(ctx, scope, u.ID, 200)
	if err != nil {
		return unitView{}, err
	}
	return newUnit(u, list, pieces, session.ScopeFor(authz.ItemWrite).Covers(u.AreaPath, u.LinePath), session.ScopeFor(authz.ColumnManage).Covers(u.AreaPath, u.LinePath), web.FrameOf(r).Today), nil
}

func (h *Handler) unit(w http.ResponseWriter, r *http.Request) error {
	v, err := h.view(r)
	if err != nil {
		return err
	}
	return unitPage.Render(w, r, v)
}

// itemOf reads an item's id or address as people paste it.
func itemOf(s string) library.ItemID {
	s = strings.TrimSpace(s)
	if u, err := url.Parse(s); err == nil && strings.Contains(u.Path, "/") {
		s = path.Base(u.Path)
	}
	return library.ItemID(strings.ToUpper(strings.TrimSuffix(s, ".html")))
}

func (h *Handler) again(w http.ResponseWriter, r *http.Request, cause error) error {
	if !web.Mendable(cause) {
		return cause
	}
	v, err := h.view(r)
	if err != nil {
		return err
	}
	for i := range v.Forms {
		v.Forms[i].Fill(r.PostForm)
		v.Forms[i].Wrong(cause)
	}
	return unitPage.RenderStatus(w, r, web.StatusOf(cause), v)
}

func (h *Handler) register(w http.ResponseWriter, r *http.Request) error {
	n := disclosure.Form{Entry: r.PostFormValue("entry"), Title: r.PostFormValue("title"), Item: itemOf(r.PostFormValue("item"))}
	if s := strings.TrimSpace(r.PostFormValue("formed")); s != "" {
		d, err := calendar.ParseLoose(s)
		if err != nil {
			return h.again(w, r, fault.New(fault.Invalid, "日期无法识别。").On("formed", "请写成 2026-03-01"))
		}
		n.Formed = d
	}
	p, err := h.disclosure.Register(r.Context(), authz.ScopeFrom(r.Context()), unitOf(r), n)
	if fault.Is(err, fault.NotFound) && n.Item != "" {
		err = fault.New(fault.Invalid, "没有这篇稿件。").On("item", "请填写本单位稿件的编号或网址，或留空").From(err)
	}
	if err != nil {
		return h.again(w, r, err)
	}
	return web.Done(w, r, linkOf(unitOf(r)), "已登记，最迟"+p.DueOn.Chinese()+"公开。")
}

func (h *Handler) attach(w http.ResponseWriter, r *http.Request) error {
	if err := h.disclosure.Attach(r.Context(), authz.ScopeFrom(r.Context()), unitOf(r), r.PathValue("piece"), itemOf(r.PostFormValue("item-"+r.PathValue("piece")))); err != nil {
		return h.again(w, r, err)
	}
	return web.Done(w, r, linkOf(unitOf(r)), "已关联稿件。")
}

// placeView is the form of one entry.
type placeView struct{ web.FormView }

func newPlace(u org.Unit, p disclosure.Place, outlets []library.Outlet) placeView {
	columns := []web.Option{{Label: "没有指定"}}
	for _, o := range outlets {
		columns = append(columns, web.Option{Value: string(o.Column), Label: o.SiteName + " / " + o.Name})
	}
	return placeView{web.FormView{Heading: web.Heading{Title: p.Name, Above: u.Name, Lead: "条例" + p.Article + "：" + p.Text + "。"}, Trail: append(trail[:1:1], web.Crumb{Name: "法定公开目录", Href: linkOf(u.ID)}),
		Form: web.Form{Action: linkOf(u.ID) + "/" + p.ID, Sections: []web.Section{{Fields: []web.Field{
			{Kind: web.Select, Name: "column", Label: "公开的栏目", Options: columns, Value: string(p.Column)},
			{Name: "none_why", Label: "没有此类信息的理由", Value: p.NoneWhy, Max: 200, Hint: "确实没有的，写明理由，例如“本单位无行政处罚职能”"}}}},
			Buttons: []web.Button{{Label: "保存"}}, Cancel: web.Link{Text: "返回", Href: linkOf(u.ID)}}}}
}

func (h *Handler) placeForm(r *http.Request) (placeView, error) {
	u, list, err := h.disclosure.Places(r.Context(), authz.ScopeFrom(r.Context()), unitOf(r))
	if err != nil {
		return placeView{}, err
	}
	i := slices.IndexFunc(list, func(p disclosure.Place) bool { return p.ID == r.PathValue("entry") })
	if i < 0 {
		return placeView{}, fault.Missing("信息类别")
	}
	outlets, err := h.library.Outlets(r.Context(), authz.ScopeFrom(r.Context()), u.ID)
	return newPlace(u, list[i], outlets), err
}

func (h *Handler) showPlace(w http.ResponseWriter, r *http.Request) error {
	v, err := h.placeForm(r)
	if err != nil {
		return err
	}
	return placePage.Render(w, r, v)
}

func (h *Handler) place(w http.ResponseWriter, r *http.Request) error {
	err := h.disclosure.Place(r.Context(), authz.ScopeFrom(r.Context()), unitOf(r), disclosure.Placed{Entry: r.PathValue("entry"), Column: registry.ColumnID(r.PostFormValue("column")), NoneWhy: r.PostFormValue("none_why")})
	if web.Mendable(err) {
		v, err2 := h.placeForm(r)
		if err2 != nil {
			return err2
		}
		v.Again(r, err)
		return placePage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, linkOf(unitOf(r)), "已保存。")
}

const hostile = `<script>alert(1)</script>'"&{{.}}长长长长长长长长长长长长长长长长长长长长长长长长`

var (
	sampleDay = calendar.Date{Year: 2026, Month: 3, Day: 2}
	sampleAt  = time.Date(2026, 3, 2, 1, 30, 0, 0, time.UTC)

	boardPage = web.Define(web.Plain, "pages/list.html", newBoard(nil, 0, "条例"), newBoard([]disclosure.Standing{{Unit: "u", Name: hostile, Entries: 23, Disclosed: 12, None: 2, Open: 3, Late: 1}, {Unit: "w", Name: "西安市商务局", Entries: 16, Disclosed: 16}}, 2, hostile))
	unitPage  = web.Define(views, "views/unit.html", newUnit(org.Unit{}, nil, nil, false, false, sampleDay), sampleUnit("2026年部门预算"), sampleUnit(hostile))
	placePage = web.Define(web.Plain, "pages/form.html", newPlace(org.Unit{ID: "u", Name: "西安市商务局"}, disclosure.Place{Entry: disclosure.Entry{ID: "20.7", Name: "财政预算、决算", Article: "第二十条（七）", Text: "财政预算、决算信息"}}, []library.Outlet{{Column: "c", Name: hostile, SiteName: hostile}}))
)

func sampleUnit(words string) unitView {
	e := disclosure.Entry{ID: "20.7", Name: words, Article: "第二十条（七）", Text: words}
	return newUnit(org.Unit{ID: "u", Name: words}, []disclosure.Place{{Entry: e, Column: "c", ColumnName: words, SiteName: words, Items: 3, Newest: sampleAt, Open: 2, Late: 1}, {Entry: disclosure.Entry{ID: "20.6", Name: "行政处罚"}, NoneWhy: words}, {Entry: disclosure.Entry{ID: "20.9", Name: "政府集中采购"}}},
		[]disclosure.Piece{{ID: "a", Entry: "20.7", Title: words, Formed: sampleDay.AddDays(-40), DueOn: sampleDay.AddDays(-3)}, {ID: "b", Entry: "20.7", Title: words, Formed: sampleDay.AddDays(-40), DueOn: sampleDay.AddDays(-9), Disclosed: sampleDay, Item: "i"}}, true, true, sampleDay)
}
