package obligationweb

import (
	"context"
	"embed"
	"net/http"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/web"
	"zhengshu/internal/workbench"
)

//go:embed views/*.html
var views embed.FS

// Handler serves the screens.
type Handler struct{ obligations *obligation.Service }

// New makes the handler.
func New(o *obligation.Service) *Handler { return &Handler{obligations: o} }

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{{Pattern: "GET /console/obligations", Permit: authz.ObligationRead, Handle: h.list}}
}

// listView is GET /console/obligations.
type listView struct {
	Heading web.Heading
	Filter  web.Filter
	Table   web.Table
	Prev    web.Link
	Next    web.Link
}

// Title of the document.
func (listView) Title() string { return "义务和时限" }

// Crumbs of the page.
func (listView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "义务和时限"}}
}

const perPage = 50

// row is one obligation with its clock's description.
type row struct {
	obligation.Obligation
	Kind obligation.Kind
}

func newListView(kinds []obligation.Kind, rows []row, today calendar.Date) listView {
	options := []web.Option{{Label: "全部"}}
	for _, k := range kinds {
		options = append(options, web.Option{Value: k.ID, Label: k.Name})
	}
	v := listView{Heading: web.Heading{Title: "义务和时限", Lead: "按规定由谁在何时之前完成什么。点事项可以直接办理。"},
		Filter: web.Filter{Action: "/console/obligations", Total: -1, Fields: []web.Field{
			{Kind: web.Select, Name: "kind", Label: "事项", Options: options},
			{Kind: web.Select, Name: "state", Label: "状态", Options: []web.Option{{Label: "未办结"}, {Value: obligation.Discharged, Label: "已办结"}, {Value: obligation.Void, Label: "已作废"}, {Value: "all", Label: "全部"}}},
			{Kind: web.Check, Name: "overdue", Label: "只看超期的"}}},
		Table: web.Table{Caption: "义务和时限", Quiet: true, Columns: []web.Column{{Head: "事项", Wide: true}, {Head: "责任单位"}, {Head: "时限"}, {Head: "状态"}, {Head: "依据", Wide: true}},
			Empty: web.Empty{Title: "没有符合条件的义务", Text: "可以调整筛选条件。"}}}
	for _, o := range rows {
		r := web.Row{}
		due := web.Day(o.Due.On)
		state := web.Tag{Kind: web.Info, Text: "办理中"}
		switch o.State {
		case obligation.Open:
			due = web.DueCell(o.Due.On, today)
			if o.Due.Missed(today) {
				r.Kind = web.Danger
			} else if o.Due.On.Sub(today) <= 1 {
				r.Kind = web.Warn
			}
		case obligation.Discharged:
			state = web.Tag{Kind: web.Good, Text: "已办结"}
		case obligation.Void:
			state = web.Tag{Text: "已作废"}
		}
		if o.Due.Provisional {
			due.Note = "节假日安排未公布，日期可能调整"
		}
		basis := web.Cell{Text: o.Kind.Says, Note: o.Kind.Citation}
		if o.Evidence != "" {
			basis = web.Cell{Text: o.Evidence, Note: o.Kind.Citation}
		}
		r.Cells = []web.Cell{{Text: o.Kind.Name, Href: o.Link, Note: o.Subject.Name}, web.Text(o.UnitName), due, web.Tagged(state), basis}
		v.Table.Rows = append(v.Table.Rows, r)
	}
	return v
}

var (
	sampleDay  = calendar.Date{Year: 2026, Month: 3, Day: 20}
	sampleKind = obligation.Kind{ID: "launch", Name: "正式上线", Citation: "陕政公开办〔2021〕18号 第七条（四）", Says: "最迟1年内上线正式运行"}
)

func sampleRow(state string, days int) row {
	return row{Obligation: obligation.Obligation{Kind: "launch", UnitName: "西安市商务局", Subject: obligation.Subject{Name: "西安市商务局网站"}, Link: "/console/sites/s1/launch",
		State: state, Due: calendar.Due{On: sampleDay.AddDays(days), Provisional: days > 300}}, Kind: sampleKind}
}

var listPage = web.Define(views, "views/list.html",
	newListView([]obligation.Kind{sampleKind}, nil, sampleDay),
	newListView([]obligation.Kind{sampleKind}, []row{sampleRow(obligation.Open, -3), sampleRow(obligation.Open, 1), sampleRow(obligation.Open, 350), sampleRow(obligation.Discharged, 5)}, sampleDay),
	newListView(nil, []row{{Obligation: obligation.Obligation{UnitName: `"><script>`, Subject: obligation.Subject{Name: "<script>"}, State: "odd", Evidence: "<b>"}}}, sampleDay),
)

func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	page := web.PageOf(r)
	f := obligation.Filter{Kind: q.Get("kind"), State: q.Get("state"), Overdue: q.Has("overdue"), Unit: org.UnitID(q.Get("unit")), Limit: perPage + 1, Offset: (page - 1) * perPage}
	list, err := h.obligations.Obligations(r.Context(), authz.ScopeFrom(r.Context()), f)
	if err != nil {
		return err
	}
	more := len(list) > perPage
	if more {
		list = list[:perPage]
	}
	var rows []row
	for _, o := range list {
		k, ok := h.obligations.KindOf(o.Kind)
		if !ok {
			k.Name = o.Kind
		}
		rows = append(rows, row{o, k})
	}
	v := newListView(h.obligations.Kinds(), rows, web.FrameOf(r).Today)
	for i, o := range rows {
		// A case waits for those who decide; others of the office have no
		// business with it.
		if strings.HasPrefix(o.Link, "/console/cases/") && o.Kind.ID == "case_step" && !authz.SessionFrom(r.Context()).May(authz.CaseDecide) {
			v.Table.Rows[i].Cells[0].Href = ""
		}
	}
	v.Table.Bar(r)
	v.Filter.Fill(q)
	turn := func(n int, text string) web.Link {
		p := web.PagerOf(r, (page+1)*perPage, perPage)
		return web.Link{Text: text, Href: p.Href(n)}
	}
	if page > 1 {
		v.Prev = turn(page-1, "上一页")
	}
	if more {
		v.Next = turn(page+1, "下一页")
	}
	return listPage.Render(w, r, v)
}

// Inbox is obligation's part of the workbench. It stands here and not in
// obligation because workbench is above obligation on the floors.
type Inbox struct {
	obligations *obligation.Service
	clock       calendar.Clock
	not         map[string]bool
}

// NewInbox makes the source. Kinds whose own module already puts a task into
// the inbox (case_step) are left out.
func NewInbox(o *obligation.Service, clock calendar.Clock, except ...string) Inbox {
	i := Inbox{obligations: o, clock: clock, not: map[string]bool{}}
	for _, k := range except {
		i.not[k] = true
	}
	return i
}

// SoonDays is how far ahead an obligation shows in 待办.
const SoonDays = 7

// Tasks of 待办 are what the units of the person's own posts owe within
// SoonDays or already late; 已办 what they have discharged.
func (i Inbox) Tasks(ctx context.Context, session *authz.Session, tab workbench.Tab, limit int) ([]workbench.Task, error) {
	if session == nil || !session.May(authz.ObligationRead) || tab != workbench.ToDo && tab != workbench.Done {
		return nil, nil
	}
	soon := calendar.Today(i.clock).AddDays(SoonDays)
	state := obligation.Open
	if tab == workbench.Done {
		state = obligation.Discharged
	}
	seen := map[string]bool{}
	var out []workbench.Task
	for _, p := range session.Posts {
		if seen[p.UnitID] {
			continue
		}
		seen[p.UnitID] = true
		list, err := i.obligations.Obligations(ctx, session.ScopeFor(authz.ObligationRead), obligation.Filter{Unit: org.UnitID(p.UnitID), State: state, Limit: limit})
		if err != nil {
			return nil, err
		}
		for _, o := range list {
			if i.not[o.Kind] || tab == workbench.ToDo && o.Due.On.After(soon) {
				continue
			}
			k, _ := i.obligations.KindOf(o.Kind)
			t := workbench.Task{Key: "obligation:" + o.ID, Kind: "时限", Title: k.Name + "：" + o.Subject.Name, From: o.UnitName, At: o.OpenedAt, Due: o.Due, State: "办理中", Link: o.Link, Act: "去办理", Minutes: 10}
			if tab == workbench.Done {
				t.At, t.State, t.Act = o.EndedAt, "已办结", "查看"
			}
			out = append(out, t)
		}
	}
	return out, nil
}
