package meritweb

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/merit"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/web"
	"zhengshu/internal/web/picker"
)

const (
	meritsPath = "/console/merits"
	perPage    = 20
	maxExport  = 20000
	smallBody  = 64 << 10
	fileHint   = "PDF、JPG、PNG、DOCX 或 XLSX，最多5个，每个不超过 20 MB"
)

// Handler serves the screens.
type Handler struct {
	merits *merit.Service
	org    *org.Service
}

// New makes the handler.
func New(s *merit.Service, o *org.Service) *Handler { return &Handler{merits: s, org: o} }

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/merits", Permit: authz.AssessmentRead, Handle: h.list},
		{Pattern: "GET /console/merits/export", Permit: authz.AssessmentRead, Handle: h.export},
		{Pattern: "GET /console/merits/new", Permit: authz.MeritRecord, Handle: h.showNew},
		{Pattern: "POST /console/merits/new", Permit: authz.MeritRecord, Handle: h.enter, MaxBody: web.UploadBody},
		{Pattern: "GET /console/merits/{id}", Permit: authz.AssessmentRead, Handle: h.record},
		{Pattern: "GET /console/merits/{id}/files/{file}", Permit: authz.AssessmentRead, Handle: h.file},
		{Pattern: "POST /console/merits/{id}/check", Permit: authz.MeritRecord, Handle: h.check, MaxBody: smallBody},
		{Pattern: "POST /console/merits/{id}/return", Permit: authz.MeritRecord, Handle: h.giveBack, MaxBody: smallBody},
		{Pattern: "POST /console/merits/{id}/drop", Permit: authz.MeritRecord, Handle: h.drop, MaxBody: smallBody},
		{Pattern: "GET /console/merits/{id}/change", Permit: authz.MeritRecord, Handle: h.showChange},
		{Pattern: "POST /console/merits/{id}/change", Permit: authz.MeritRecord, Handle: h.change, MaxBody: web.UploadBody},
	}
}

// page is a list of this door, record a record, formView a form.
type (
	page       struct{ web.ListView }
	recordView struct{ web.RecordView }
	formView   struct{ web.FormView }
)

func stateTag(r merit.Record) web.Tag {
	switch {
	case r.Withdrawn && r.State == merit.Checked:
		return web.Tag{Kind: web.Neutral, Text: "决定已撤销"}
	case r.State == merit.Checked:
		return web.Tag{Kind: web.Good, Text: r.StateName()}
	case r.State == merit.Entered:
		return web.Tag{Kind: web.Warn, Text: r.StateName()}
	case r.State == merit.Returned:
		return web.Tag{Kind: web.Danger, Text: r.StateName()}
	}
	return web.Tag{Kind: web.Neutral, Text: r.StateName()}
}

func sortOptions() []web.Option {
	return []web.Option{{Label: "全部"}, {Value: string(merit.Commend), Label: merit.SortName(merit.Commend)}, {Value: string(merit.Account), Label: merit.SortName(merit.Account)}}
}

// kindOptions are the measures, of one sort or of both.
func kindOptions(all string, sort merit.Sort) []web.Option {
	out := []web.Option{{Label: all}}
	for _, k := range merit.Kinds(sort) {
		label := k.Name
		if sort == "" {
			label = merit.SortName(k.Sort) + "：" + k.Name
		}
		out = append(out, web.Option{Value: k.ID, Label: label})
	}
	return out
}

func stateOptions() []web.Option {
	out := []web.Option{{Label: "有效和在办的"}}
	for _, s := range []string{merit.Checked, merit.Entered, merit.Returned, merit.Corrected, merit.Dropped} {
		out = append(out, web.Option{Value: s, Label: merit.Machine.Name(s)})
	}
	return out
}

// whom is whom a record is about, as far as the reader may know.
func whom(r merit.Record, names bool) string {
	switch {
	case r.Person == "":
		return "单位"
	case names:
		return merit.CapacityName(r.Capacity) + " " + r.Person
	}
	return merit.CapacityName(r.Capacity)
}

func newList(list []merit.Record, total int, records bool, names func(merit.Record) bool) page {
	v := page{web.ListView{Heading: web.Heading{Title: "表扬和问责", Lead: "对考评优秀的给予表扬和奖励，对造成严重后果的问责；记录写明作出决定的机关，一人登记、另一人复核，只更正、不删除（第三十条）。"},
		Filter: web.Filter{Action: meritsPath, Total: total, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "编号、单位、机关或文号", Max: 60}, {Kind: web.Select, Name: "sort", Label: "类别", Options: sortOptions()}, {Kind: web.Number, Name: "year", Label: "年度", Narrow: true, Mode: "numeric"}},
			More: []web.Field{{Kind: web.Select, Name: "kind", Label: "方式", Options: kindOptions("全部", "")}, {Kind: web.Select, Name: "state", Label: "状态", Options: stateOptions()}}, Hidden: []web.Field{{Kind: web.Hidden, Name: "unit"}}},
		Table: web.Table{Caption: "表扬和问责记录", Quiet: true, RowHead: 1, Columns: []web.Column{{Head: "决定日期"}, {Head: "单位"}, {Head: "对象"}, {Head: "方式"}, {Head: "作出决定的机关", Wide: true}, {Head: "文号"}, {Head: "状态"}},
			Empty: web.Empty{Title: "没有符合条件的记录", Text: "可以调整筛选条件；表扬和问责由主管单位登记。"}}}}
	if records {
		v.Heading.Acts = []web.Act{{Text: "登记表扬或问责", Href: meritsPath + "/new", Primary: true}}
	}
	for _, r := range list {
		name := web.Linked(r.UnitName, r.Link())
		name.Note = r.Number
		v.Table.Rows = append(v.Table.Rows, web.Row{Name: r.Title(), Cells: []web.Cell{web.Day(r.DecidedOn), name, web.Text(whom(r, names(r))), {Text: r.KindName(), Note: merit.SortName(r.Sort)}, web.Text(r.Body), web.Text(r.Document), web.Tagged(stateTag(r))}})
	}
	return v
}

func filterOf(r *http.Request) (merit.Filter, error) {
	q := r.URL.Query()
	f := merit.Filter{Sort: merit.Sort(q.Get("sort")), Kind: q.Get("kind"), State: q.Get("state"), Unit: org.UnitID(q.Get("unit")), Text: strings.TrimSpace(q.Get("q")), Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage}
	if kind, id, ok := strings.Cut(q.Get("ground"), ":"); ok {
		f.Ground = merit.Ref{Kind: kind, ID: id}
	}
	if len([]rune(f.Text)) > 60 {
		return f, fault.New(fault.Invalid, "查找的文字过长，请缩短到 60 字以内。").On("q", "请缩短")
	}
	if s := q.Get("year"); s != "" {
		y, err := strconv.Atoi(s)
		if err != nil || y < 2000 || y > 2200 {
			return f, fault.New(fault.Invalid, "年度应为四位数，如 2026。").On("year", "请填写四位年度")
		}
		f.Year = y
	}
	return f, nil
}

func namesFor(r *http.Request) func(merit.Record) bool {
	s := authz.SessionFrom(r.Context())
	return func(m merit.Record) bool { return m.Names(s) }
}

func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	f, err := filterOf(r)
	if err != nil {
		return err
	}
	s := authz.SessionFrom(r.Context())
	list, total, err := h.merits.Records(r.Context(), authz.ScopeFrom(r.Context()), s, f)
	if err != nil {
		return err
	}
	v := newList(list, total, s.May(authz.MeritRecord), namesFor(r))
	if total > 0 {
		v.Exports = web.ExportActs(meritsPath+"/export", r.URL.Query())
	}
	v.Filter.Fill(r.URL.Query())
	v.Pager = web.PagerOf(r, total, perPage)
	return listPage.Render(w, r, v)
}

func (h *Handler) export(w http.ResponseWriter, r *http.Request) error {
	f, err := filterOf(r)
	if err != nil {
		return err
	}
	f.Limit, f.Offset = maxExport, 0
	list, total, err := h.merits.Records(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), f)
	if err == nil {
		err = web.MostExported(total, maxExport, "条")
	}
	if err != nil {
		return err
	}
	names := namesFor(r)
	rows := make([][]any, len(list))
	for i, m := range list {
		rows[i] = []any{m.Number, merit.SortName(m.Sort), m.UnitName, whom(m, names(m)), m.KindName(), m.Body, m.Document, m.DecidedOn, m.Says, stateTag(m).Text, m.OfficeName}
	}
	var columns []official.Column
	for _, t := range []string{"编号", "类别", "单位", "对象", "方式", "作出决定的机关", "文号", "决定日期", "事由", "状态", "登记单位"} {
		columns = append(columns, official.Column{Title: t, Width: 18})
	}
	return web.SendSheet(w, r, official.Sheet{Title: "表扬和问责", Columns: columns, Rows: slices.Values(rows)}, "表扬和问责")
}

// standing is what the reader of a record may do, and which of its grounds lie
// out of reach.
type standing struct {
	ours, own, names bool
	closed           map[merit.Ref]bool
}

func newRecordView(m merit.Record, steps []passage.Step, who standing) recordView {
	v := recordView{web.RecordView{Heading: web.Heading{Above: strings.TrimSpace(merit.SortName(m.Sort) + " " + m.Number), Title: m.Title(), Tags: []web.Tag{stateTag(m)}}, Trail: []web.Crumb{{Name: "表扬和问责", Href: meritsPath}}}}
	switch {
	case m.State == merit.Entered:
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: "等待复核", Text: "由登记人以外的一人核对决定文书后登记生效；生效前不通知" + m.UnitName + "，也不计入统计。"})
	case m.State == merit.Returned:
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: "已退回", Text: m.ReturnedWhy})
	case m.State == merit.Corrected:
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: "已更正", Text: "以更正后的记录为准；本条只作留存，不再统计。", Links: []web.Link{{Text: "更正后的记录", Href: merit.Record{ID: m.CorrectedBy}.Link()}}})
	case m.CorrectedBy != "" && who.ours:
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: "有一条更正在办", Text: "更正经复核后代替本条。", Links: []web.Link{{Text: "在办的更正", Href: merit.Record{ID: m.CorrectedBy}.Link()}}})
	}
	terms := []web.Term{{Name: "单位", Text: m.UnitName}, {Name: "对象", Text: whom(m, who.names)}, {Name: "方式", Text: m.KindName()}, {Name: "作出决定的机关", Text: m.Body}, {Name: "文号", Text: m.Document}, {Name: "决定日期", Text: m.DecidedOn.String()}, {Name: "事由", Text: m.Says}}
	if m.Withdrawn {
		terms = append(terms, web.Term{Name: "决定", Text: "作出决定的机关已撤销该决定"})
	}
	if m.Corrects != "" {
		terms = append(terms, web.Term{Name: "更正", Text: m.Why, Parts: []web.Component{web.Link{Text: "原记录", Href: merit.Record{ID: m.Corrects}.Link()}}})
	}
	// A paper the reader may not open is named, without a link that leads nowhere.
	grounds, named := web.Term{Name: "依据"}, []string{}
	for _, g := range m.Grounds {
		if g.Link == "" || who.closed[g.Ref] {
			named = append(named, g.Name)
			continue
		}
		grounds.Parts = append(grounds.Parts, web.Link{Text: g.Name, Href: g.Link})
	}
	grounds.Text = strings.Join(named, "；")
	if len(m.Grounds) > 0 {
		terms = append(terms, grounds)
	}
	if who.names || m.Person == "" {
		files := web.Term{Name: "附件"}
		for _, f := range m.Files {
			files.Parts = append(files.Parts, web.Link{Text: f.Name, Href: m.Link() + "/files/" + url.PathEscape(f.ID)})
		}
		if len(files.Parts) > 0 {
			terms = append(terms, files)
		}
	}
	v.Main = append(v.Main, web.Summary{Terms: terms})
	v.Side = append(v.Side, web.Summary{Title: "登记", Terms: []web.Term{{Name: "登记单位", Text: m.OfficeName}, {Name: "登记人", Text: m.EnteredBy, Note: web.Minute(m.EnteredAt)}, {Name: "复核人", Text: m.CheckedBy, Note: web.Minute(m.CheckedAt)}}})
	if who.ours {
		switch m.State {
		case merit.Entered:
			if who.own {
				v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: "请由本单位另一人复核", Text: "登记人不能复核自己登记的记录。"})
				break
			}
			v.Forms = append(v.Forms, web.Form{Action: m.Link() + "/check", Sections: []web.Section{{Legend: "复核", Hint: "请对照决定文书核对单位、对象、机关、文号和日期；复核后即生效并通知单位。"}}, Buttons: []web.Button{{Label: "复核登记"}}},
				web.Form{Action: m.Link() + "/return", Sections: []web.Section{{Legend: "退回", Fields: []web.Field{{Kind: web.TextArea, Name: "why", Label: "退回原因", Required: true, Rows: 2, Max: 500}}}}, Buttons: []web.Button{{Label: "退回登记人", Plain: true}}})
		case merit.Returned:
			v.Heading.Acts = []web.Act{{Text: "改正后再送复核", Href: m.Link() + "/change", Primary: true}}
			v.Forms = append(v.Forms, web.Form{Action: m.Link() + "/drop", Sections: []web.Section{{Legend: "作废", Hint: "从未生效的登记可以作废，作废后保留备查。", Fields: []web.Field{{Kind: web.TextArea, Name: "why", Label: "作废原因", Required: true, Rows: 2, Max: 500}}}}, Buttons: []web.Button{{Label: "作废登记", Plain: true}}})
		case merit.Checked:
			if m.CorrectedBy == "" {
				v.Heading.Acts = []web.Act{{Text: "更正", Href: m.Link() + "/change"}}
			}
		}
		t := web.Timeline{Title: "办理经过"}
		for _, s := range steps {
			t.Events = append(t.Events, web.Event{At: s.At, Title: merit.Machine.ActName(s.Act), Who: s.ActorName, Text: s.Note})
		}
		v.Side = append(v.Side, t)
	}
	return v
}

func idOf(r *http.Request) merit.ID { return merit.ID(r.PathValue("id")) }

func (h *Handler) one(r *http.Request) (merit.Record, recordView, error) {
	s := authz.SessionFrom(r.Context())
	m, steps, err := h.merits.Record(r.Context(), s.ScopeFor(authz.AssessmentRead), s, idOf(r))
	if err != nil {
		return m, recordView{}, err
	}
	who := standing{ours: m.Ours(s), own: m.EnteredID == s.PersonID, names: m.Names(s), closed: map[merit.Ref]bool{}}
	for _, g := range m.Grounds {
		need := web.Need(r.Context(), g.Link)
		open := web.MayOpen(r, g.Link)
		if open && need != "" {
			if open, err = h.merits.Open(r.Context(), s.ScopeFor(need), g.Ref); err != nil {
				return m, recordView{}, err
			}
		}
		who.closed[g.Ref] = !open
	}
	return m, newRecordView(m, steps, who), nil
}

func (h *Handler) record(w http.ResponseWriter, r *http.Request) error {
	_, v, err := h.one(r)
	if err != nil {
		return err
	}
	return recordPage.Render(w, r, v)
}

func (h *Handler) file(w http.ResponseWriter, r *http.Request) error {
	a, content, err := h.merits.File(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), idOf(r), r.PathValue("file"))
	return web.SendAttachment(w, a, content, err)
}

// answer ends a small act of the record's page.
func (h *Handler) answer(w http.ResponseWriter, r *http.Request, err error, said string) error {
	if !web.Mendable(err) {
		if err != nil {
			return err
		}
		return web.Done(w, r, meritsPath+"/"+r.PathValue("id"), said)
	}
	_, v, shown := h.one(r)
	if shown != nil {
		return shown
	}
	var f web.Form
	f.Wrong(err)
	v.Wrong = f.Summary
	for i := range v.Forms {
		v.Forms[i].Fill(r.PostForm)
	}
	return recordPage.RenderStatus(w, r, web.StatusOf(err), v)
}

func (h *Handler) check(w http.ResponseWriter, r *http.Request) error {
	if ok, err := web.Prove(w, r); !ok {
		return err
	}
	return h.answer(w, r, h.merits.Check(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), idOf(r)), "已复核，记录生效并已通知单位。")
}

func (h *Handler) giveBack(w http.ResponseWriter, r *http.Request) error {
	return h.answer(w, r, h.merits.Return(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), idOf(r), web.Typed(r, "why")), "已退回登记人。")
}

func (h *Handler) drop(w http.ResponseWriter, r *http.Request) error {
	return h.answer(w, r, h.merits.Drop(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), idOf(r), web.Typed(r, "why")), "登记已作废，保留备查。")
}

func newForm(title string, sort merit.Sort, unit web.Field, grounds []merit.Ground, kinds []merit.Grounder, n merit.Entry, correct bool) formView {
	v := formView{web.FormView{Heading: web.Heading{Title: title, Lead: "照决定文书登记：谁作出决定、文号、日期、对谁、因为什么。主管单位不作处分，处分由任免机关、单位或监察机关决定。"}, Trail: []web.Crumb{{Name: "表扬和问责", Href: meritsPath}}}}
	capacities := []web.Option{{Label: "单位"}}
	for _, c := range merit.Capacities {
		switch sort {
		case "":
			capacities = append(capacities, web.Option{Value: c.ID, Label: merit.SortName(c.Sort) + "：" + c.Name})
		case c.Sort:
			capacities = append(capacities, web.Option{Value: c.ID, Label: c.Name})
		}
	}
	whomHint := "问责的人员是分管领导、有关责任人或主办单位负责人；不涉及个人的选“单位”"
	if sort == merit.Commend {
		whomHint = "不涉及个人的选“单位”"
	}
	what := web.Section{Legend: "决定", Fields: []web.Field{unit,
		{Kind: web.Select, Name: "kind", Label: "方式", Required: true, Options: kindOptions("请选择", sort), Value: n.Kind},
		{Kind: web.Select, Name: "capacity", Label: "对谁", Options: capacities, Value: n.Capacity, Hint: whomHint},
		{Name: "person", Label: "姓名和职务", Max: 50, Value: n.Person, Hint: "只对单位的不填"},
		{Name: "measure", Label: "决定的具体内容", Max: 200, Value: n.Measure, Hint: "照决定文书填写，方式已写明的可不填"},
		{Name: "body", Label: "作出决定的机关", Required: true, Max: 100, Value: n.Body},
		{Name: "document", Label: "文号", Max: 100, Value: n.Document},
		{Kind: web.DateField, Name: "decided_on", Label: "决定日期", Required: true, Narrow: true, Value: n.DecidedOn.String()},
		{Kind: web.TextArea, Name: "says", Label: "事由", Max: 1000, Rows: 3, Value: n.Says}}}
	why := web.Section{Legend: "依据", Hint: "问责要写明依据的整改通知、问题、核实单或通报；表扬写明事由或依据。"}
	list := []web.Option{{Label: "请选择"}}
	for _, k := range kinds {
		list = append(list, web.Option{Value: k.Kind, Label: k.Name})
	}
	var chosen []web.Option
	var values []string
	for _, g := range grounds {
		chosen = append(chosen, web.Option{Value: g.Kind + ":" + g.ID, Label: g.Name})
		values = append(values, g.Kind+":"+g.ID)
	}
	if len(chosen) > 0 {
		why.Fields = append(why.Fields, web.Field{Kind: web.Checks, Name: "ground_of", Label: "已选依据", Options: chosen, Values: values})
	}
	why.Fields = append(why.Fields, web.Field{Kind: web.Select, Name: "ground_kind", Label: "依据的种类", Options: list}, web.Field{Name: "ground", Label: "依据的编号", Max: 200, Hint: "如 ZG-2026-0001；同一种类的几个编号用顿号隔开"},
		web.Field{Kind: web.File, Name: "file", Label: "决定文书等", Multiple: true, Accept: approval.Accept, Hint: fileHint})
	v.Form = web.Form{Upload: true, Sections: []web.Section{what, why}, Buttons: []web.Button{{Label: "登记并送复核"}}, Cancel: web.Link{Text: "取消", Href: meritsPath}}
	if correct {
		v.Form.Sections = append(v.Form.Sections, web.Section{Legend: "更正", Fields: []web.Field{{Kind: web.TextArea, Name: "why", Label: "更正原因", Required: true, Rows: 2, Max: 500}, {Kind: web.Check, Name: "withdrawn", Label: "作出决定的机关已撤销该决定", Hint: "撤销的不再计入统计"}}})
	}
	return v
}

// typed reads an entry from the form.
func (h *Handler) typed(r *http.Request) (merit.Entry, error) {
	n := merit.Entry{Kind: web.Typed(r, "kind"), Capacity: web.Typed(r, "capacity"), Person: web.Typed(r, "person"), Measure: web.Typed(r, "measure"), Body: web.Typed(r, "body"), Document: web.Typed(r, "document"), Says: web.Typed(r, "says"), Withdrawn: r.PostForm.Has("withdrawn")}
	for _, x := range r.PostForm["ground_of"] {
		kind, id, _ := strings.Cut(x, ":")
		n.Grounds = append(n.Grounds, merit.Ref{Kind: kind, ID: id})
	}
	for _, no := range strings.FieldsFunc(web.Typed(r, "ground"), func(c rune) bool { return strings.ContainsRune("、，,；; \t\n", c) }) {
		n.Grounds = append(n.Grounds, merit.Ref{Kind: web.Typed(r, "ground_kind"), ID: no})
	}
	var err error
	n.DecidedOn, err = web.DayOf(r, "decided_on", "决定日期")
	return n, err
}

// groundsOf are what an entry rests on, by their names; what is not found is
// left out: the form says so when it is sent.
func (h *Handler) groundsOf(r *http.Request, refs []string) ([]merit.Ground, error) {
	var out []merit.Ground
	scope := authz.SessionFrom(r.Context()).ScopeFor(authz.MeritRecord)
	for _, x := range refs {
		kind, id, ok := strings.Cut(x, ":")
		if !ok {
			continue
		}
		g, err := h.merits.Ground(r.Context(), h.merits.DB, scope, merit.Ref{Kind: kind, ID: id})
		if web.Mendable(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, g)
	}
	return out, nil
}

func (h *Handler) newForm(r *http.Request) (formView, error) {
	refs := r.URL.Query()["ground"]
	if r.Method == http.MethodPost {
		refs = r.PostForm["ground_of"]
	}
	grounds, err := h.groundsOf(r, refs)
	if err != nil {
		return formView{}, err
	}
	n := merit.Entry{Kind: r.URL.Query().Get("kind")}
	sort, title := merit.Sort(r.URL.Query().Get("sort")), "登记表扬或问责"
	switch sort {
	case merit.Commend:
		title = "登记表扬"
	case merit.Account:
		title = "登记问责"
	default:
		sort = ""
	}
	for _, g := range grounds {
		n.Unit = g.Unit
	}
	if u := r.URL.Query().Get("unit"); u != "" && n.Unit == "" {
		n.Unit = org.UnitID(u)
	}
	unit, err := picker.Field(r.Context(), h.org, authz.ScopeFrom(r.Context()), "unit", "单位", n.Unit)
	if err != nil {
		return formView{}, err
	}
	return newForm(title, sort, unit, grounds, h.merits.GroundKinds(), n, false), nil
}

func (h *Handler) showNew(w http.ResponseWriter, r *http.Request) error {
	v, err := h.newForm(r)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, v)
}

func (h *Handler) enter(w http.ResponseWriter, r *http.Request) error {
	files, done, err := web.Attachments(r, "decision", "file")
	defer done()
	s, scope := authz.SessionFrom(r.Context()), authz.ScopeFrom(r.Context())
	var m merit.Record
	var n merit.Entry
	if err == nil {
		n, err = h.typed(r)
	}
	if err == nil {
		var u org.Unit
		if u, err = picker.Unit(r, h.org, scope, "unit"); err == nil {
			n.Unit = u.ID
			m, err = h.merits.Enter(r.Context(), scope, s, org.UnitID(append(s.UnitsFor(authz.MeritRecord), "")[0]), n, files)
		}
	}
	if web.Mendable(err) {
		v, shown := h.newForm(r)
		if shown != nil {
			return shown
		}
		v.Again(r, err)
		return formPage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, m.Link(), "已登记 "+m.Number+"，由本单位另一人复核后生效。")
}

// changeForm is the form that mends a returned record or corrects one that
// stands.
func (h *Handler) changeForm(r *http.Request) (merit.Record, formView, error) {
	s := authz.SessionFrom(r.Context())
	m, _, err := h.merits.Record(r.Context(), authz.ScopeFrom(r.Context()), s, idOf(r))
	if err != nil {
		return m, formView{}, err
	}
	if m.State != merit.Returned && m.State != merit.Checked || !m.Ours(s) {
		return m, formView{}, fault.Newf(fault.Conflict, "这条记录现在是“%s”，由“%s”在退回后修改、在登记后更正，请回到记录页查看。", m.StateName(), m.OfficeName)
	}
	n := merit.Entry{Kind: m.Kind, Capacity: m.Capacity, Person: m.Person, Measure: m.Measure, Body: m.Body, Document: m.Document, DecidedOn: m.DecidedOn, Says: m.Says}
	title := "改正登记"
	if m.State == merit.Checked {
		title = "更正记录"
	}
	v := newForm(title, "", web.Field{Name: "unit_name", Label: "单位", Value: m.UnitName, ReadOnly: true}, m.Grounds, h.merits.GroundKinds(), n, m.State == merit.Checked)
	v.Trail = append(v.Trail, web.Crumb{Name: m.Title(), Href: m.Link()})
	v.Form.Cancel.Href = m.Link()
	return m, v, nil
}

func (h *Handler) showChange(w http.ResponseWriter, r *http.Request) error {
	_, v, err := h.changeForm(r)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, v)
}

func (h *Handler) change(w http.ResponseWriter, r *http.Request) error {
	files, done, err := web.Attachments(r, "decision", "file")
	defer done()
	s, scope := authz.SessionFrom(r.Context()), authz.ScopeFrom(r.Context())
	m, v, shown := h.changeForm(r)
	if shown != nil {
		return shown
	}
	var n merit.Entry
	if err == nil {
		n, err = h.typed(r)
	}
	said := "已改正，由本单位另一人复核。"
	if err == nil {
		n.Unit = m.Unit
		if m.State == merit.Returned {
			err = h.merits.Amend(r.Context(), scope, s, m.ID, n, files)
		} else {
			m, err = h.merits.Correct(r.Context(), scope, s, m.ID, n, web.Typed(r, "why"), files)
			said = "更正已登记 " + m.Number + "，由本单位另一人复核后代替原记录。"
		}
	}
	if web.Mendable(err) {
		v.Again(r, err)
		return formPage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, m.Link(), said)
}

var (
	sampleDay    = calendar.Date{Year: 2026, Month: 11, Day: 23}
	sampleGround = merit.Ground{Ref: merit.Ref{Kind: "order", ID: "o"}, Name: "整改通知 ZG-2026-0007", Link: "/console/orders/o"}
	sampleRecord = merit.Record{ID: "m", Number: "JC-2026-0001", Sort: merit.Account, Kind: "talk", UnitName: "西安市商务局", OfficeName: "西安市人民政府办公厅", Capacity: "leader", Person: "张三 副局长", Body: "西安市人民政府办公厅", Document: "市政办函〔2026〕9号", DecidedOn: sampleDay.AddDays(-3),
		Says: "网站长期不更新，经督办仍未整改", State: merit.Checked, EnteredBy: "王秀兰", CheckedBy: "李建国", Grounds: []merit.Ground{sampleGround}}
	hostileRecord = merit.Record{ID: `"><b>`, Number: "<i>", Sort: merit.Commend, Kind: "<script>", Measure: "</td>", UnitName: "<script>alert(1)</script>", Capacity: `"`, Person: "<b>", Body: "</p>", Document: `"><`, State: merit.Returned, ReturnedWhy: "<u>", Says: "<script>",
		Grounds: []merit.Ground{{Ref: merit.Ref{Kind: `"`, ID: "<"}, Name: "<b>", Link: "/x"}}, Files: []approval.Attachment{{ID: `"`, Name: "<script>"}}}
	everyName = func(merit.Record) bool { return true }
	noName    = func(merit.Record) bool { return false }
)

var (
	listPage   = web.Define(web.Plain, "pages/list.html", newList(nil, 0, true, noName), newList([]merit.Record{sampleRecord}, 1, true, noName), newList([]merit.Record{hostileRecord}, 1, false, everyName))
	recordPage = web.Define(web.Plain, "pages/record.html", newRecordView(sampleRecord, nil, standing{}), newRecordView(sampleRecord, []passage.Step{{Act: "enter", ActorName: "王秀兰"}}, standing{ours: true, names: true, closed: map[merit.Ref]bool{sampleGround.Ref: true}}), newRecordView(hostileRecord, []passage.Step{{Act: "<b>", Note: "<script>"}}, standing{ours: true, own: true, names: true}))
	formPage   = web.Define(web.Plain, "pages/form.html", newForm("登记表扬", merit.Commend, web.Field{Name: "unit", Label: "单位", Required: true}, nil, nil, merit.Entry{}, false), newForm("更正记录", "", web.Field{Name: "unit", Label: "单位"}, []merit.Ground{sampleGround}, []merit.Grounder{{Kind: "order", Name: "整改通知"}}, merit.Entry{Kind: "talk"}, true),
		newForm("<b>", merit.Account, web.Field{Name: "unit", Label: "<i>"}, hostileRecord.Grounds, []merit.Grounder{{Kind: `"`, Name: "<script>"}}, merit.Entry{Person: `"><b>`, Says: "</textarea>"}, true))
)
