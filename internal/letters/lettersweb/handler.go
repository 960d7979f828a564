package lettersweb

import (
	"embed"
	"net/http"
	"net/url"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/letters"
	"zhengshu/internal/org"
	"zhengshu/internal/web"
)

//go:embed views/*.html
var views embed.FS

const (
	home      = "/console"
	queuePath = "/console/letters"
	perPage   = 20

	// An answer and its public text, percent-encoded, with room.
	formBody = 256 << 10
)

// Handler is the door.
type Handler struct{ letters *letters.Service }

// New makes the door.
func New(s *letters.Service) *Handler { return &Handler{letters: s} }

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/letters", Permit: authz.LetterRead, Handle: h.queue},
		{Pattern: "GET /console/letters/statistics", Permit: authz.LetterRead, Handle: h.statistics},
		{Pattern: "GET /console/letters/{id}", Permit: authz.LetterRead, Handle: h.show},
		{Pattern: "GET /console/letters/{id}/file", Permit: authz.LetterRead, Handle: h.file},
		{Pattern: "GET /console/letters/{id}/assign", Permit: authz.LetterScreen, Handle: h.showAssign},
		{Pattern: "POST /console/letters/{id}/assign", Permit: authz.LetterScreen, Handle: h.assign, MaxBody: formBody},
		{Pattern: "GET /console/letters/{id}/answer", Permit: authz.LetterAnswer, Handle: h.showAnswer},
		{Pattern: "POST /console/letters/{id}/answer", Permit: authz.LetterAnswer, Handle: h.answer, MaxBody: formBody},
		{Pattern: "POST /console/letters/{id}/accept", Permit: authz.LetterScreen, Handle: h.accept, MaxBody: formBody},
		{Pattern: "POST /console/letters/{id}/invalid", Permit: authz.LetterScreen, Handle: h.proposeInvalid, MaxBody: formBody},
		{Pattern: "POST /console/letters/{id}/redirect", Permit: authz.LetterScreen, Handle: h.redirect, MaxBody: formBody},
		{Pattern: "POST /console/letters/{id}/invalid/decide", Permit: authz.LetterReview, Handle: h.decideInvalid, MaxBody: formBody},
		{Pattern: "POST /console/letters/{id}/review", Permit: authz.LetterReview, Handle: h.review, MaxBody: formBody},
		{Pattern: "POST /console/letters/{id}/publish", Permit: authz.LetterReview, Handle: h.publish, MaxBody: formBody},
		{Pattern: "POST /console/letters/{id}/take-down", Permit: authz.LetterReview, Handle: h.takeDown, MaxBody: formBody},
		{Pattern: "POST /console/letters/{id}/conclude", Permit: authz.LetterReview, Handle: h.conclude, MaxBody: formBody},
		{Pattern: "POST /console/letters/{id}/reveal", Permit: authz.LetterPersonal, Handle: h.reveal, MaxBody: formBody},
	}
}

func idOf(r *http.Request) letters.LetterID { return letters.LetterID(r.PathValue("id")) }

// askable reports whether err is for the person at the form to mend or wait
// for; anything else is a fault page.
func askable(err error) bool {
	for _, k := range []fault.Kind{fault.Invalid, fault.Refused, fault.TooMany, fault.Conflict} {
		if fault.Is(err, k) {
			return true
		}
	}
	return false
}

// status of a form shown again: what its fields caused is 422, the rest speaks
// for itself.
func status(err error) int {
	f := fault.Of(err)
	if f.Kind == fault.Invalid || f.Kind == fault.Refused {
		return http.StatusUnprocessableEntity
	}
	return f.Kind.Status()
}

// queueView is GET /console/letters.
type queueView struct {
	Heading web.Heading
	Tabs    web.Tabs
	Filter  web.Filter
	Table   web.Table
	Pager   web.Pager
}

// Title of the document.
func (queueView) Title() string { return "来信办理" }

// Crumbs of the page.
func (queueView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: home}, {Name: "来信办理"}}
}

func options(first string, list []web.Option) []web.Option {
	return append([]web.Option{{Value: "", Label: first}}, list...)
}

func typeOptions() []web.Option {
	var out []web.Option
	for _, t := range letters.Types {
		out = append(out, web.Option{Value: string(t), Label: t.Name()})
	}
	return out
}

// stateOrder is the way of a letter.
var stateOrder = []string{letters.Submitted, letters.InvalidProposed, letters.Accepted, letters.Assigned, letters.Drafted, letters.Answered, letters.Published,
	letters.Concluded, letters.Invalid, letters.Redirected}

func stateOptions() []web.Option {
	var out []web.Option
	for _, s := range stateOrder {
		out = append(out, web.Option{Value: s, Label: letters.Machine.Name(s)})
	}
	return out
}

func measureOptions() []web.Option {
	var out []web.Option
	for _, m := range letters.Measures {
		out = append(out, web.Option{Value: string(m), Label: m.Name()})
	}
	return out
}

func newQueueView(list []letters.Letter, total int, q url.Values, today calendar.Date) queueView {
	tab := func(name string, query string) web.Tab {
		href := queuePath
		if query != "" {
			href += "?" + query
		}
		return web.Tab{Name: name, Href: href, Current: q.Encode() == query}
	}
	v := queueView{
		Heading: web.Heading{Title: "来信办理", Lead: "收到来信之日的次日起 5 个工作日内答复；先到期的排在前面。", Acts: []web.Act{{Text: "办理统计", Href: queuePath + "/statistics"}}},
		Tabs: web.Tabs{Label: "来信范围", Items: []web.Tab{tab("全部", ""), tab("待答复", "waiting=1"), tab("分给我的", "mine=1&waiting=1"),
			tab("超期", "measure="+string(letters.MeasureLate))}},
		Filter: web.Filter{Action: queuePath, Total: total, Fields: []web.Field{
			{Kind: web.SearchBox, Name: "q", Label: "来信编号", Max: 20},
			{Kind: web.Select, Name: "type", Label: "类型", Options: options("全部类型", typeOptions())},
			{Kind: web.Select, Name: "state", Label: "状态", Options: options("全部状态", stateOptions())},
		}, More: []web.Field{
			{Name: "month", Label: "收到的月份", Hint: "例如 2026-03", Max: 7, Narrow: true},
			{Kind: web.Select, Name: "measure", Label: "统计口径", Options: options("不限", measureOptions())},
		}, Hidden: []web.Field{}},
		Table: web.Table{Caption: "来信", Quiet: true, RowHead: 0,
			Columns: []web.Column{{Head: "编号"}, {Head: "标题", Wide: true}, {Head: "类型"}, {Head: "承办"}, {Head: "状态"}, {Head: "答复时限"}},
			Empty:   web.Empty{Title: "没有符合条件的来信", Text: "有新来信时会出现在这里和工作台的待办中。"}},
	}
	for _, name := range []string{"unit", "mine", "waiting"} {
		if q.Get(name) != "" {
			v.Filter.Hidden = append(v.Filter.Hidden, web.Field{Kind: web.Hidden, Name: name, Value: q.Get(name)})
		}
	}
	v.Filter.Fill(q)
	for _, l := range list {
		row := web.Row{Name: l.Number, Cells: []web.Cell{
			web.Linked(l.Number, l.Link()), {Text: l.Title, Note: "收到 " + web.Minute(l.ReceivedAt)}, web.Text(l.Type.Name()), {Text: l.HandlerUnitName, Note: l.HandlerName},
			web.Tagged(stateTag(l)), dueCell(l, today),
		}}
		if l.Open() && l.Due.Missed(today) {
			row.Kind = web.Danger
		}
		v.Table.Rows = append(v.Table.Rows, row)
	}
	return v
}

func stateTag(l letters.Letter) web.Tag {
	tone := web.Info
	switch l.State {
	case letters.Submitted, letters.InvalidProposed:
		tone = web.Warn
	case letters.Answered, letters.Published, letters.Concluded:
		tone = web.Good
	case letters.Invalid, letters.Redirected:
		tone = web.Neutral
	}
	return web.Tag{Kind: tone, Text: l.StateName()}
}

func dueCell(l letters.Letter, today calendar.Date) web.Cell {
	if l.Open() {
		c := web.DueCell(l.Due.On, today)
		if l.Due.Provisional {
			c.Note = "节假日安排未公布，暂定"
		}
		return c
	}
	if l.AnsweredOn.IsZero() {
		return web.Cell{Text: "不计时限"}
	}
	if len(l.Breaches(today)) > 0 {
		return web.Cell{Text: "答复于 " + l.AnsweredOn.String(), Tags: []web.Tag{{Kind: web.Danger, Text: "超期答复"}}}
	}
	return web.Cell{Text: "答复于 " + l.AnsweredOn.String()}
}

// filterOf reads the conditions of the address.
func filterOf(r *http.Request) (letters.Filter, error) {
	q := r.URL.Query()
	f := letters.Filter{}
	if m := q.Get("month"); m != "" {
		var err error
		if f, err = letters.MonthFilter(m); err != nil {
			return f, err
		}
	}
	f.Number, f.Type, f.State = q.Get("q"), letters.Type(q.Get("type")), q.Get("state")
	f.Measure, f.Unit, f.Waiting = letters.Measure(q.Get("measure")), org.UnitID(q.Get("unit")), q.Get("waiting") != ""
	if s := authz.SessionFrom(r.Context()); q.Get("mine") != "" && s != nil {
		f.Mine = org.PersonID(s.PersonID)
	}
	return f, nil
}

func (h *Handler) queue(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := filterOf(r)
	if err != nil {
		return err
	}
	f.Limit, f.Offset = perPage, (web.PageOf(r)-1)*perPage
	list, total, err := h.letters.Letters(ctx, authz.ScopeFrom(ctx), f)
	if err != nil {
		return err
	}
	if err := h.letters.Opened(ctx, authz.SessionFrom(ctx)); err != nil {
		return err
	}
	v := newQueueView(list, total, r.URL.Query(), web.FrameOf(r).Today)
	v.Pager = web.PagerOf(r, total, perPage)
	return queuePage.Render(w, r, v)
}
