package filingweb

import (
	"embed"
	"net/http"
	"net/url"
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/filing"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

//go:embed views/*.html
var views embed.FS

// Handler serves the screens.
type Handler struct {
	db      *db.DB
	filings *filing.Service
}

// New makes the handler.
func New(d *db.DB, f *filing.Service) *Handler { return &Handler{d, f} }

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/filings", Permit: authz.FilingRead, Handle: h.list},
		{Pattern: "GET /console/filings/{id}", Permit: authz.FilingRead, Handle: h.show},
		{Pattern: "POST /console/filings/{id}/record", Permit: authz.FilingRecord, Handle: h.record, MaxBody: web.UploadBody},
		{Pattern: "POST /console/filings/{id}/acknowledge", Permit: authz.FilingConfirm, Handle: h.acknowledge},
		{Pattern: "GET /console/filings/{id}/receipt", Permit: authz.FilingRead, Handle: h.receipt},
	}
}

// listView is GET /console/filings.
type listView struct {
	Heading web.Heading
	Tabs    web.Tabs
	Filter  web.Filter
	Table   web.Table
	Pager   web.Pager
}

// Title of the document.
func (listView) Title() string { return "注册和备案事项" }

// Crumbs of the page.
func (listView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "注册和备案事项"}}
}

const perPage = 20

func path(id filing.ID) string { return "/console/filings/" + url.PathEscape(string(id)) }

func stateTag(i filing.Item) web.Tag {
	kind := web.Info
	switch i.State {
	case filing.Acknowledged:
		kind = web.Good
	case filing.Recorded:
		if kind = web.Good; i.BodyID != "" {
			kind = web.Info
		}
	case filing.Returned:
		kind = web.Danger
	case filing.Open:
		kind = web.Warn
	case filing.Void:
		kind = web.Neutral
	}
	return web.Tag{Kind: kind, Text: i.StateName()}
}

func newListView(list []filing.Item, total int, mine, both bool, today calendar.Date) listView {
	kinds, acts := []web.Option{{Label: "全部"}}, []web.Option{{Label: "全部"}}
	for _, k := range filing.Kinds {
		kinds = append(kinds, web.Option{Value: string(k), Label: k.Name()})
	}
	for _, a := range filing.Acts {
		acts = append(acts, web.Option{Value: string(a), Label: a.Name()})
	}
	open := "待办的"
	if mine {
		open = "待核对的"
	}
	v := listView{Heading: web.Heading{Title: "注册和备案事项", Lead: "网站、账号向编制、通信、公安、域名管理机构和平台办理的注册、变更和注销，逐项有时限、编号和回执。"},
		Filter: web.Filter{Action: "/console/filings", Total: total, Fields: []web.Field{
			{Kind: web.SearchBox, Name: "q", Label: "网站、单位、编号"},
			{Kind: web.Select, Name: "kind", Label: "事项", Options: kinds}, {Kind: web.Select, Name: "act", Label: "办理", Options: acts},
			{Kind: web.Select, Name: "state", Label: "状态", Options: []web.Option{{Label: open}, {Value: filing.Open, Label: "待办理"}, {Value: filing.Submitted, Label: "已报送"}, {Value: filing.Returned, Label: "退回补正"}, {Value: filing.Recorded, Label: "已登记回执"}, {Value: filing.Acknowledged, Label: "已核对"}, {Value: "all", Label: "全部"}}}}},
		Table: web.Table{Caption: "注册和备案事项", Quiet: true, RowHead: 0, Columns: []web.Column{{Head: "事项"}, {Head: "网站、账号", Wide: true}, {Head: "受理单位"}, {Head: "时限"}, {Head: "状态"}, {Head: "编号"}},
			Empty: web.Empty{Title: "没有符合条件的事项", Text: "网站、账号开设、变更、注销时，需要办理的事项会自动列在这里。"}}}
	if both {
		v.Tabs = web.Tabs{Label: "范围", Items: []web.Tab{{Name: "待我核对", Href: "/console/filings?mine=1", Current: mine}, {Name: "辖区内全部", Href: "/console/filings", Current: !mine}}}
	}
	if mine {
		v.Filter.Hidden = []web.Field{{Kind: web.Hidden, Name: "mine", Value: "1"}}
		v.Filter.Reset = "/console/filings?mine=1"
		v.Table.Empty.Text = "主办单位报送或登记回执后，会列在这里由您核对。"
	}
	for _, i := range list {
		r := web.Row{}
		due := web.Day(i.Due.On)
		if !i.Done() && i.State != filing.Void {
			due = web.DueCell(i.Due.On, today)
			if i.Due.Missed(today) {
				r.Kind = web.Danger
			}
		}
		if i.Due.Provisional {
			due.Note = "暂定：节假日安排未公布"
		}
		r.Cells = []web.Cell{{Text: i.Name(), Href: path(i.ID)}, {Text: i.Object.Name, Note: i.UnitName}, web.Text(i.BodyName), due, web.Tagged(stateTag(i)), {Text: i.Number, Keep: true}}
		v.Table.Rows = append(v.Table.Rows, r)
	}
	return v
}

func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	session := authz.SessionFrom(r.Context())
	both := session.May(authz.FilingConfirm)
	mine := both && (q.Has("mine") || !session.May(authz.FilingRecord) && len(q) == 0)
	f := filing.Filter{Text: q.Get("q"), Kind: filing.Kind(q.Get("kind")), Act: filing.Act(q.Get("act")), State: q.Get("state"), Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage}
	if mine {
		f.Mine = session
	}
	if id := q.Get("site"); id != "" {
		f.Object = registry.Ref{Kind: sx2021.Site, ID: id}
	}
	list, total, err := h.filings.Items(r.Context(), authz.ScopeFrom(r.Context()), f)
	if err != nil {
		return err
	}
	v := newListView(list, total, mine, both, web.FrameOf(r).Today)
	v.Filter.Fill(q)
	if mine {
		v.Filter.Hidden[0].Value = "1"
	}
	v.Pager = web.PagerOf(r, total, perPage)
	return listPage.Render(w, r, v)
}

// itemView is GET /console/filings/{id}.
type itemView struct {
	Heading    web.Heading
	Alert      web.Alert
	Facts      web.Summary
	Record     web.Form
	MayRecord  bool
	Confirm    web.Form
	MayConfirm bool
	History    web.Timeline
}

// Title of the document.
func (v itemView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v itemView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "注册和备案事项", Href: "/console/filings"}, {Name: v.Heading.Title}}
}

func newItemView(i filing.Item, steps []passage.Step, session *authz.Session, records bool, today calendar.Date) itemView {
	base := path(i.ID)
	v := itemView{Heading: web.Heading{Title: i.Name(), Above: i.Object.Name, Tags: []web.Tag{stateTag(i)}, Acts: []web.Act{{Text: objectWord(i), Href: i.Object.Link()}}},
		Facts: web.Summary{Title: "事项", Terms: []web.Term{{Name: "主办单位", Text: i.UnitName}, {Name: "受理单位", Text: i.BodyName}, {Name: "依据", Text: i.Clock().Citation}}}}
	if i.BodyID == "" {
		v.Facts.Terms[1].Note = "不在本平台上，由主办单位登记其回执"
	}
	due := web.Term{Name: "办理时限", Text: i.Due.On.String()}
	if !i.Done() && i.State != filing.Void {
		due.Tags = []web.Tag{web.DueTag(i.Due.On, today)}
	}
	if i.Due.Provisional {
		due.Note = "暂定：节假日安排未公布"
	}
	v.Facts.Terms = append(v.Facts.Terms, due)
	if i.Was != "" {
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "原" + i.Kind.Ask(), Text: i.Was})
	}
	if i.Number != "" {
		note := ""
		if i.InLedger {
			note = "已写入台账"
		}
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: asks(i), Text: i.Number, Note: note})
	}
	if !i.On.IsZero() {
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "回执日期", Text: i.On.Chinese()})
	}
	if i.Attachment != "" {
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "回执", Text: i.FileName, Href: base + "/receipt"})
	}
	if i.Note != "" {
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "说明", Text: i.Note})
	}
	if i.RecordedBy != "" {
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "登记人", Text: i.RecordedBy, Note: web.Minute(i.RecordedAt)})
	}
	if i.ConfirmedBy != "" {
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "核对人", Text: i.ConfirmedBy, Note: web.Minute(i.ConfirmedAt)})
	}
	if i.Case != "" {
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "审批事项", Text: "查看", Href: "/console/cases/" + url.PathEscape(string(i.Case))})
	}
	switch i.State {
	case filing.Returned:
		v.Alert = web.Alert{Kind: web.Danger, Title: i.BodyName + "退回补正", Text: i.Words}
	case filing.Recorded:
		if i.BodyID != "" {
			v.Alert = web.Alert{Kind: web.Info, Title: "回执已登记，事项已算办结", Text: i.BodyName + "可以核对；核对不是审批，不影响后续办理。"}
		}
	case filing.Void:
		v.Alert = web.Alert{Kind: web.Info, Title: "不再办理", Text: i.Words}
	}
	v.History = web.Timeline{Title: "办理过程"}
	for _, st := range steps {
		v.History.Events = append(v.History.Events, web.Event{At: st.At, Title: filing.Machine.ActName(st.Act), Who: st.ActorName, Text: st.Note})
	}
	if records && (i.State == filing.Open || i.State == filing.Submitted || i.State == filing.Returned) {
		v.MayRecord = true
		number := web.Field{Name: "number", Label: asks(i), Value: i.Number, Max: 120}
		if i.Act == filing.Cancel {
			number.Hint = "没有编号的可不填"
		}
		v.Record = web.Form{Action: base + "/record", Upload: true, Key: "filing-" + string(i.ID), Sections: []web.Section{{Legend: "登记办理结果", Hint: "编号、日期、回执齐全即办结；只是送了材料、还没有结果的，点“已报送，待回执”。", Fields: []web.Field{
			number,
			{Kind: web.DateField, Name: "on", Label: "回执日期", Narrow: true, Value: i.On.String()},
			{Kind: web.File, Name: "file", Label: "回执扫描件", Accept: approval.Accept, Hint: "PDF、JPG、PNG、DOCX、XLSX，不超过 20 MB"},
			{Kind: web.TextArea, Name: "note", Label: "说明", Max: 500, Rows: 2, Value: i.Note},
		}}}, Buttons: []web.Button{{Label: "登记回执"}}}
		if i.State != filing.Submitted {
			v.Record.Buttons = append(v.Record.Buttons, web.Button{Label: "已报送，待回执", Name: "handed", Value: "1", Plain: true, Skip: true})
		}
	}
	if i.Confirms(session) && (i.State == filing.Submitted || i.State == filing.Recorded) {
		v.MayConfirm = true
		fields := []web.Field{}
		if i.State == filing.Submitted && i.Act != filing.Cancel {
			fields = append(fields, web.Field{Name: "number", Label: i.Kind.Ask(), Max: 120, Hint: "由您给出，将写入台账"}, web.Field{Kind: web.DateField, Name: "on", Label: "办结日期", Narrow: true, Value: today.String()})
		}
		fields = append(fields, web.Field{Kind: web.TextArea, Name: "missing", Label: "缺少什么（退回补正时填写）", Max: 500, Rows: 2})
		v.Confirm = web.Form{Action: base + "/acknowledge", Sections: []web.Section{{Legend: "核对", Hint: "核对只确认回执和编号，不作审批。", Fields: fields}},
			Buttons: []web.Button{{Label: "核对无误"}, {Label: "退回补正", Name: "return", Value: "1", Plain: true}}}
	}
	return v
}

// asks is what the number of the item is called: of a cancellation it is the
// receipt's, not that of what was given up.
func asks(i filing.Item) string {
	if i.Act == filing.Cancel {
		return "注销回执编号"
	}
	return i.Kind.Ask()
}

func objectWord(i filing.Item) string {
	if i.Object.Kind == sx2021.Site {
		return "站点资料"
	}
	return "账号资料"
}

var sampleDay = calendar.Date{Year: 2026, Month: 3, Day: 20}

func sampleItem(state string) filing.Item {
	i := filing.Item{ID: "01JF", Kind: filing.ICP, Act: filing.Cancel, UnitName: "西安市商务局", BodyID: "B", BodyName: "陕西省通信管理局", State: state, Was: "陕ICP备05000001号", Due: calendar.Due{On: sampleDay.AddDays(5)}}
	i.Object.Kind, i.Object.ID, i.Object.Name = sx2021.Site, "S1", "西安市商务局网站"
	if state != filing.Open {
		i.RecordedBy, i.RecordedAt = "李建国", time.Date(2026, 3, 18, 2, 0, 0, 0, time.UTC)
	}
	if state == filing.Recorded || state == filing.Acknowledged {
		i.On, i.Attachment, i.FileName = sampleDay.AddDays(-2), "A", "注销回执.pdf"
	}
	if state == filing.Returned {
		i.Words = "缺少加盖公章的申请表"
	}
	return i
}

func sampleBody() *authz.Session {
	return &authz.Session{Posts: []authz.Post{{Role: authz.Telecom, UnitID: "B"}}}
}

func hostile() filing.Item {
	i := sampleItem(filing.Returned)
	i.Object.Name, i.Words, i.BodyName, i.Number, i.FileName = "<script>alert(1)</script>", `"><img>`, "<b>", "</td>", "<i>.pdf"
	return i
}

var (
	listPage = web.Define(views, "views/list.html", newListView(nil, 0, false, false, sampleDay),
		newListView([]filing.Item{sampleItem(filing.Open), sampleItem(filing.Returned), sampleItem(filing.Acknowledged)}, 3, true, true, sampleDay), newListView([]filing.Item{hostile()}, 1, false, true, sampleDay))
	itemPage = web.Define(views, "views/item.html", newItemView(sampleItem(filing.Open), nil, nil, true, sampleDay),
		newItemView(sampleItem(filing.Recorded), []passage.Step{{At: time.Date(2026, 3, 18, 2, 0, 0, 0, time.UTC), Act: "record", ActorName: "李建国"}}, sampleBody(), false, sampleDay),
		newItemView(hostile(), nil, sampleBody(), true, sampleDay))
)

func (h *Handler) view(r *http.Request) (itemView, error) {
	ctx, scope, id := r.Context(), authz.ScopeFrom(r.Context()), filing.ID(r.PathValue("id"))
	i, err := h.filings.Item(ctx, h.db, scope, id)
	if err != nil {
		return itemView{}, err
	}
	steps, err := h.filings.History(ctx, h.db, scope, id)
	if err != nil {
		return itemView{}, err
	}
	session := authz.SessionFrom(ctx)
	return newItemView(i, steps, session, i.In(session.ScopeFor(authz.FilingRecord)), web.FrameOf(r).Today), nil
}

func (h *Handler) show(w http.ResponseWriter, r *http.Request) error {
	v, err := h.view(r)
	if err != nil {
		return err
	}
	return itemPage.Render(w, r, v)
}

func (h *Handler) record(w http.ResponseWriter, r *http.Request) error {
	id := filing.ID(r.PathValue("id"))
	on, err := web.DayOf(r, "on", "回执日期")
	var i filing.Item
	if err == nil {
		file, done, ferr := web.Attachment(r, "file")
		defer done()
		if err = ferr; err == nil {
			i, err = h.filings.Record(r.Context(), authz.ScopeFrom(r.Context()), id, filing.Receipt{Number: r.PostFormValue("number"), On: on, Note: r.PostFormValue("note"), Handed: r.PostForm.Has("handed"), File: file})
		}
	}
	says := i.Name() + "的回执已登记。"
	if i.State == filing.Submitted {
		says = "已记为报送，收到回执后请回来登记。"
	} else if i.InLedger {
		says = i.Name() + "的回执已登记，台账已更新。"
	}
	return itemPage.Answer(w, r, err, path(id), says, h.view, func(v *itemView) *web.Form { return &v.Record })
}

func (h *Handler) acknowledge(w http.ResponseWriter, r *http.Request) error {
	id := filing.ID(r.PathValue("id"))
	on, err := web.DayOf(r, "on", "办结日期")
	a := filing.Answer{Number: r.PostFormValue("number"), On: on}
	if err == nil && r.PostForm.Has("return") {
		if a.Missing = r.PostFormValue("missing"); a.Missing == "" {
			err = fault.New(fault.Invalid, "退回补正要写明缺少什么。").On("missing", "请写明缺少什么")
		}
	}
	var i filing.Item
	if err == nil {
		i, err = h.filings.Acknowledge(r.Context(), authz.SessionFrom(r.Context()), id, a)
	}
	says := i.Name() + "已核对。"
	if i.State == filing.Returned {
		says = "已退回" + i.UnitName + "补正。"
	}
	return itemPage.Answer(w, r, err, path(id), says, h.view, func(v *itemView) *web.Form { return &v.Confirm })
}

func (h *Handler) receipt(w http.ResponseWriter, r *http.Request) error {
	a, content, err := h.filings.OpenFile(r.Context(), authz.ScopeFrom(r.Context()), filing.ID(r.PathValue("id")))
	return web.SendAttachment(w, a, content, err)
}
