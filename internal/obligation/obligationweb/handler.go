package obligationweb

import (
	"context"
	"embed"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/obligation"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/web"
	"zhengshu/internal/workbench"
)

//go:embed views/*.html
var views embed.FS

// Handler serves the screens.
type Handler struct {
	obligations *obligation.Service
	org         *org.Service
	days        calendar.Workdays
	base        func() string
}

// New makes the handler; base is the address of the console, for the calendar
// feed.
func New(o *obligation.Service, og *org.Service, days calendar.Workdays, base func() string) *Handler {
	return &Handler{obligations: o, org: og, days: days, base: base}
}

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/obligations", Permit: authz.ObligationRead, Handle: h.list},
		{Pattern: "GET /console/obligations/export", Permit: authz.ObligationRead, Handle: h.export},
		{Pattern: "GET /console/obligations/board", Permit: authz.ObligationRead, Handle: h.board},
		{Pattern: "POST /console/obligations/urge", Permit: authz.OrderIssue, Handle: h.urge},
		{Pattern: "GET /console/obligations/{id}", Permit: authz.ObligationRead, Handle: h.one},
		{Pattern: "POST /console/obligations/{id}/clock", Permit: authz.OrderIssue, Handle: h.clock},
		{Pattern: "GET /console/calendar", Permit: authz.ObligationRead, Handle: h.calendar},
		{Pattern: "POST /console/calendar/feed", Permit: authz.ObligationRead, Handle: h.feed},
		{Pattern: "GET /console/feeds/{token}", Permit: authz.Public, Handle: h.ics},
	}
}

// listView is GET /console/obligations.
type listView struct {
	Heading web.Heading
	Filter  web.Filter
	Urge    web.Form
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

func newListView(kinds []obligation.Kind, rows []row, now time.Time) listView {
	options := []web.Option{{Label: "全部"}}
	for _, k := range kinds {
		options = append(options, web.Option{Value: k.ID, Label: k.Name})
	}
	v := listView{Heading: web.Heading{Title: "义务和时限", Lead: "按规定由谁在何时之前完成什么。点事项可以直接办理，点时限可以看怎样算出。"},
		Filter: web.Filter{Action: "/console/obligations", Total: -1, Hidden: []web.Field{{Kind: web.Hidden, Name: "unit"}, {Kind: web.Hidden, Name: "area"}, {Kind: web.Hidden, Name: "clause"}, {Kind: web.Hidden, Name: "from"}, {Kind: web.Hidden, Name: "until"}}, Fields: []web.Field{
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
			due = web.DueCellAt(o.Due, now)
			if o.Due.Passed(now) {
				r.Kind = web.Danger
			} else if o.Due.On.Sub(calendar.DateOf(now)) <= 1 {
				r.Kind = web.Warn
			}
		case obligation.Discharged:
			state = web.Tag{Kind: web.Good, Text: "已办结"}
		case obligation.Void:
			state = web.Tag{Text: "已作废"}
		}
		if o.Due.Provisional {
			due.Note = "暂定：节假日安排未公布，日期可能调整"
		}
		if !o.PausedOn.IsZero() && o.State == obligation.Open {
			due.Note, state = "自 "+o.PausedOn.String()+" 起暂停计时", web.Tag{Kind: web.Warn, Text: "暂停"}
		}
		if o.ID != "" {
			due.Href = "/console/obligations/" + url.PathEscape(o.ID)
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
	newListView([]obligation.Kind{sampleKind}, nil, sampleDay.Start()),
	newListView([]obligation.Kind{sampleKind}, []row{sampleRow(obligation.Open, -3), sampleRow(obligation.Open, 1), sampleRow(obligation.Open, 350), sampleRow(obligation.Discharged, 5)}, sampleDay.Start()),
	newListView(nil, []row{{Obligation: obligation.Obligation{UnitName: `"><script>`, Subject: obligation.Subject{Name: "<script>"}, State: "odd", Evidence: "<b>"}}}, sampleDay.Start()),
)

func filterOf(r *http.Request) obligation.Filter {
	q := r.URL.Query()
	f := obligation.Filter{Kind: q.Get("kind"), State: q.Get("state"), Overdue: q.Has("overdue"), Unit: org.UnitID(q.Get("unit")), Under: org.AreaID(q.Get("area")), Clause: q.Get("clause")}
	for name, into := range map[string]*calendar.Date{"from": &f.From, "until": &f.Until} {
		if d, err := calendar.ParseDate(q.Get(name)); err == nil {
			*into = d
		}
	}
	return f
}

func (h *Handler) rows(list []obligation.Obligation) []row {
	var rows []row
	for _, o := range list {
		k, ok := h.obligations.KindOf(o.Kind)
		if !ok {
			k.Name = o.Kind
		}
		rows = append(rows, row{o, k})
	}
	return rows
}

// supervisors is the kind that an office owes about another unit's record.
const supervisors = "emergency_report"

// follow takes from the rows the links that the person may not follow for other
// reasons than a missing permission.
func follow(session *authz.Session, rows []row) []row {
	for i := range rows {
		o := &rows[i]
		switch {
		case o.Kind.ID == "case_step" && strings.HasPrefix(o.Link, "/console/cases/"):
			// A case waits for those who decide; others of the office have no
			// business with it.
			if !session.May(authz.CaseDecide) {
				o.Link = ""
			}
		case o.Kind.ID == supervisors:
			if !session.May(authz.CaseDecide) {
				o.Link = ""
			}
		case strings.HasPrefix(o.Link, "/console/findings/"):
			// A disputed finding stands on another unit's site: those see it who
			// look over the area, not everybody of the office that owes the answer.
			if !session.May(authz.OrderIssue) && !session.May(authz.DashboardRead) && !session.May(authz.AuditRead) {
				o.Link = ""
			}
		case strings.HasPrefix(o.Link, "/console/shares/"):
			// A share is read by whom it is addressed to.
			if !session.May(authz.CoordinationManage) && !holdsPost(session, o.Unit) {
				o.Link = ""
			}
		}
	}
	return rows
}

func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	ctx, q, scope := r.Context(), r.URL.Query(), authz.ScopeFrom(r.Context())
	session := authz.SessionFrom(ctx)
	page := web.PageOf(r)
	f := filterOf(r)
	total, err := h.obligations.Count(ctx, scope, f)
	if err != nil {
		return err
	}
	f.Limit, f.Offset = perPage+1, (page-1)*perPage
	list, err := h.obligations.Obligations(ctx, scope, f)
	if err != nil {
		return err
	}
	more := len(list) > perPage
	if more {
		list = list[:perPage]
	}
	rows := follow(session, h.rows(list))
	v := newListView(h.obligations.Kinds(), rows, h.obligations.Now())
	v.Filter.Fill(q)
	v.Filter.Total = total
	if total > obligation.MostCounted {
		v.Filter.Total = -1
		v.Heading.Lead = fmt.Sprintf("符合条件的超过 %d 件，请加上条件缩小范围。", obligation.MostCounted)
	}
	if f.Under != "" {
		if a, _, err := h.org.AreaInScope(ctx, scope, f.Under); err == nil {
			v.Heading.Tags = append(v.Heading.Tags, web.Tag{Kind: web.Info, Text: "区划：" + a.Name})
		}
	}
	if f.Unit != "" {
		if u, err := h.org.Unit(ctx, scope, f.Unit); err == nil {
			v.Heading.Tags = append(v.Heading.Tags, web.Tag{Kind: web.Info, Text: "单位：" + u.Name})
		}
	}
	if total > 0 {
		v.Heading.Acts = []web.Act{{Text: "导出 XLSX", Href: exportHref(q, "xlsx")}, {Text: "导出 CSV", Href: exportHref(q, "csv")}}
	}
	if f.Overdue && total > 0 && session.May(authz.OrderIssue) {
		v.Urge = urgeForm(q, min(total, obligation.MostUrged))
	}
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

func exportHref(q url.Values, format string) string {
	v := url.Values{"format": {format}}
	for _, name := range []string{"kind", "state", "overdue", "unit", "area", "clause", "from", "until"} {
		if q.Has(name) && (q.Get(name) != "" || name == "overdue") {
			v.Set(name, q.Get(name))
		}
	}
	return "/console/obligations/export?" + v.Encode()
}

// maxExport bounds one file.
const maxExport = 20_000

func (h *Handler) export(w http.ResponseWriter, r *http.Request) error {
	f := filterOf(r)
	f.Limit = maxExport + 1
	list, err := h.obligations.Obligations(r.Context(), authz.ScopeFrom(r.Context()), f)
	if err != nil {
		return err
	}
	if len(list) > maxExport {
		return fault.Newf(fault.TooLarge, "筛选结果超过一次导出的上限 %d 件，请加上单位、事项等条件分次导出。", maxExport)
	}
	now := h.obligations.Now()
	states := map[string]string{obligation.Open: "办理中", obligation.Discharged: "已办结", obligation.Void: "已作废"}
	sheet := official.Sheet{Title: "义务和时限", Columns: []official.Column{{Title: "事项"}, {Title: "对象"}, {Title: "责任单位"}, {Title: "时限"}, {Title: "时刻"}, {Title: "暂定"}, {Title: "超期"}, {Title: "超期天数"}, {Title: "状态"}, {Title: "依据"}, {Title: "办结依据"}},
		Rows: func(yield func([]any) bool) {
			for _, o := range h.rows(list) {
				late := 0
				hour, overdue := "", "否"
				if !o.Due.At.IsZero() {
					hour = o.Due.At.In(calendar.Shanghai).Format("15:04")
				}
				if o.State == obligation.Open && o.Due.Passed(now) {
					overdue, late = "是", calendar.DateOf(now).Sub(o.Due.On)
				}
				if !yield([]any{o.Kind.Name, o.Subject.Name, o.UnitName, o.Due.On, hour, o.Due.Provisional, overdue, late, states[o.State], o.Kind.Citation, o.Evidence}) {
					return
				}
			}
		}}
	return web.SendSheet(w, r, sheet, "义务和时限")
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
// SoonDays or already late; 已办 what they have discharged. Who only looks on at a unit
// has there what is held by his name.
func (i Inbox) Tasks(ctx context.Context, session *authz.Session, tab workbench.Tab, limit int) ([]workbench.Task, error) {
	if session == nil || !session.May(authz.ObligationRead) || tab != workbench.ToDo && tab != workbench.Done {
		return nil, nil
	}
	f := obligation.Filter{State: obligation.Open, Until: calendar.Today(i.clock).AddDays(SoonDays), Limit: limit}
	if tab == workbench.Done {
		f = obligation.Filter{State: obligation.Discharged, Newest: true, Limit: limit}
	}
	for k := range i.not {
		f.Not = append(f.Not, k)
	}
	slices.Sort(f.Not)
	scope := session.ScopeFor(authz.ObligationRead)
	seen := map[string]bool{}
	var out []workbench.Task
	for _, p := range session.Posts {
		if seen[p.UnitID] {
			continue
		}
		seen[p.UnitID] = true
		f.Unit, f.Person = org.UnitID(p.UnitID), ""
		if !slices.ContainsFunc(session.Posts, func(x authz.Post) bool { return x.UnitID == p.UnitID && !x.Role.LooksOn() }) {
			f.Person = org.PersonID(session.PersonID)
		}
		list, err := i.obligations.Obligations(ctx, scope, f)
		if err != nil {
			return nil, err
		}
		for _, o := range list {
			// A unit below went offline: its supervisor's report, no clerk's.
			if o.Kind == supervisors && !session.May(authz.CaseDecide) {
				continue
			}
			// What a colleague holds by name is that colleague's.
			if tab == workbench.ToDo && o.Person != "" && string(o.Person) != session.PersonID && string(o.Deputy) != session.PersonID {
				continue
			}
			k, _ := i.obligations.KindOf(o.Kind)
			minutes := k.Minutes
			if minutes == 0 {
				minutes = 10
			}
			t := workbench.Task{Key: "obligation:" + o.ID, Kind: "时限", Title: k.Name + "：" + o.Subject.Name, From: o.UnitName, At: o.OpenedAt, Due: o.Due, State: "办理中", Link: o.Link, Act: "去办理", Minutes: minutes}
			if tab == workbench.Done {
				t.At, t.State, t.Act = o.EndedAt, "已办结", "查看"
			}
			out = append(out, t)
		}
	}
	return out, nil
}
