package closingweb

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/closing"
	"zhengshu/internal/fault"
	"zhengshu/internal/merit"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

func missingFile() error {
	return fault.New(fault.Invalid, "没有选择文件。").On("file", "请选择 CSV 或 XLSX 文件")
}

func inquiryPath(id closing.InquiryID) string {
	return "/console/inquiries/" + url.PathEscape(string(id))
}

func inquiryTag(i closing.Inquiry) web.Tag {
	kind := map[string]web.Tone{closing.InquiryOpen: web.Warn, closing.InquiryAnswered: web.Info, closing.Explained: web.Good, closing.Unapproved: web.Danger}[i.State]
	return web.Tag{Kind: kind, Text: i.StateName()}
}

// inquiryList is GET /console/inquiries.
type inquiryList struct {
	Heading web.Heading
	Filter  web.Filter
	Table   web.Table
	Pager   web.Pager
}

// Title of the document.
func (inquiryList) Title() string { return "中断核实单" }

// Crumbs of the page.
func (inquiryList) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "中断核实单"}}
}

func newInquiryList(list []closing.Inquiry, total int, today calendar.Date) inquiryList {
	v := inquiryList{Heading: web.Heading{Title: "中断核实单", Lead: "网站、账号连续中断满 24 小时又没有批准的下线时段，系统自动发出核实单；说明不了的，按自行下线处理。"}, Filter: web.Filter{Action: "/console/inquiries", Total: total, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "网站、账号、单位"},
		{Kind: web.Select, Name: "state", Label: "状态", Options: []web.Option{{Label: "办理中"}, {Value: closing.Unapproved, Label: "自行下线"}, {Value: closing.Explained, Label: "已说明"}, {Value: "all", Label: "全部"}}}}},
		Table: web.Table{Caption: "中断核实单", Quiet: true, Columns: []web.Column{{Head: "网站、账号", Wide: true}, {Head: "中断开始"}, {Head: "状态"}, {Head: "答复时限"}, {Head: "问责记录", Number: true}},
			Empty: web.Empty{Title: "没有核实单", Text: "没有未经批准的中断。"}}}
	for _, i := range list {
		due := web.Day(i.Due.On)
		r := web.Row{}
		if i.State == closing.InquiryOpen {
			due = web.DueCell(i.Due.On, today)
			if i.Due.Missed(today) {
				r.Kind = web.Danger
			}
		}
		r.Cells = []web.Cell{{Text: i.ObjectName, Href: inquiryPath(i.ID), Note: i.UnitName}, {Text: web.Minute(i.DownSince), Note: fmt.Sprintf("发单时已 %d 小时", i.Hours), Keep: true}, web.Tagged(inquiryTag(i)), due, web.Figure(i.Accounted)}
		v.Table.Rows = append(v.Table.Rows, r)
	}
	return v
}

func (h *Handler) inquiries(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	list, total, err := h.closings.Inquiries(r.Context(), authz.ScopeFrom(r.Context()), closing.InquiryFilter{Text: q.Get("q"), State: q.Get("state"), Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage})
	if err != nil {
		return err
	}
	v := newInquiryList(list, total, web.FrameOf(r).Today)
	v.Filter.Fill(q)
	v.Pager = web.PagerOf(r, total, perPage)
	return inquiryListPage.Render(w, r, v)
}

// inquiryView is GET /console/inquiries/{id}.
type inquiryView struct {
	Heading    web.Heading
	Alert      web.Alert
	Facts      web.Summary
	Answered   web.Summary
	Decided    web.Summary
	Answer     web.Form
	MayAnswer  bool
	Decide     web.Form
	MayDecide  bool
	Accounts   web.Table
	Unapproved bool
	Account    web.Form
	MayAccount bool
	History    web.Timeline
}

// Title of the document.
func (v inquiryView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v inquiryView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "中断核实单", Href: "/console/inquiries"}, {Name: v.Heading.Title}}
}

func newInquiryView(i closing.Inquiry, accounts []merit.Record, steps []passage.Step, answers, decides bool, today calendar.Date) inquiryView {
	base := inquiryPath(i.ID)
	source := "系统监测"
	if i.Source == "person" {
		source = "人工发现"
	}
	v := inquiryView{Heading: web.Heading{Title: i.ObjectName + "中断核实单", Above: i.UnitName, Tags: []web.Tag{inquiryTag(i)}, Acts: []web.Act{{Text: "核实单 DOCX", Href: base + "/document?as=docx"}, {Text: "核实单 PDF", Href: base + "/document?as=pdf"}, {Text: objectRecord, Href: i.Object.Link()}}},
		Facts: web.Summary{Title: "中断情况", Terms: []web.Term{{Name: "中断开始", Text: web.Minute(i.DownSince), Note: fmt.Sprintf("发单时已连续 %d 小时", i.Hours)}, {Name: "发现方式", Text: source},
			{Name: "主办单位", Text: i.UnitName}, {Name: "主管单位", Text: i.OfficeName}, {Name: "依据", Text: sx2021.OfflineUnapproved.Citation}}}}
	due := web.Term{Name: "答复时限", Text: i.Due.On.String()}
	if i.State == closing.InquiryOpen {
		due.Tags = []web.Tag{web.DueTag(i.Due.On, today)}
	}
	if i.Due.Provisional {
		due.Note = "暂定：节假日安排未公布"
	}
	v.Facts.Terms = append(v.Facts.Terms, due)
	if !i.BackAt.IsZero() {
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "恢复", Text: web.Minute(i.BackAt) + " 前已能打开"})
	}
	for _, a := range i.Attachments() {
		name := map[string]string{"inquiry_answer": "答复材料", "written_report": "书面报备", "accountability": "问责文件"}[a.Kind]
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: name, Text: a.Name, Href: base + "/files/" + url.PathEscape(a.ID)})
	}
	if i.Answer != "" {
		v.Answered = web.Summary{Title: "主办单位答复", Terms: []web.Term{{Name: "原因", Text: i.Answer}, {Name: "答复人", Text: i.AnsweredBy, Note: web.Minute(i.AnsweredAt)}}}
	}
	if i.DecidedBy != "" {
		v.Decided = web.Summary{Title: "主管单位认定", Terms: []web.Term{{Name: "结论", Text: i.StateName()}, {Name: "依据", Text: i.Verdict}, {Name: "认定人", Text: i.DecidedBy, Note: web.Minute(i.DecidedAt)}}}
		if i.ReportNo != "" {
			v.Decided.Terms = append(v.Decided.Terms, web.Term{Name: "书面报备", Text: i.ReportNo, Note: i.ReportOn.Chinese()})
		}
	}
	v.History = web.Timeline{Title: "办理过程"}
	for _, st := range steps {
		v.History.Events = append(v.History.Events, web.Event{At: st.At, Title: closing.InquiryMachine.ActName(st.Act), Who: st.ActorName, Text: st.Note})
	}
	if v.Unapproved = i.State == closing.Unapproved; v.Unapproved {
		v.Alert = web.Alert{Kind: web.Danger, Title: "已认定为自行下线", Text: "主管单位要对主办单位负责人严肃问责。处分由任免机关、单位或监察机关作出，主管单位只作登记，不作处分。"}
		v.Accounts = web.Table{Caption: "问责记录", Columns: []web.Column{{Head: "被问责人"}, {Head: "方式"}, {Head: "决定机关"}, {Head: "日期"}, {Head: "文号"}, {Head: "登记"}}, Empty: web.Empty{Title: "还没有登记问责结果"}}
		for _, a := range accounts {
			if !decides && a.State != merit.Checked {
				continue // under way at the office
			}
			tag := web.Tag{Kind: web.Warn, Text: a.StateName()}
			if a.State == merit.Checked {
				tag.Kind = web.Good
			}
			who := web.Cell{Text: a.Person, Note: merit.CapacityName(a.Capacity)}
			if decides {
				who.Href = a.Link()
			}
			v.Accounts.Rows = append(v.Accounts.Rows, web.Row{Cells: []web.Cell{who, web.Text(a.KindName()), web.Text(a.Body), web.Day(a.DecidedOn), web.Text(a.Document), {Text: a.EnteredBy, Note: web.Minute(a.EnteredAt), Tags: []web.Tag{tag}}}})
		}
		if decides {
			v.MayAccount = true
			v.Account = web.Form{Action: base + "/accountability", Upload: true, Sections: []web.Section{{Legend: "登记问责结果", Fields: []web.Field{{Name: "person", Label: "被问责人姓名和职务", Required: true, Max: 50}, {Kind: web.Select, Name: "kind", Label: "问责方式", Required: true, Options: accountKinds(), Hint: "处分由任免机关、单位或监察机关作出"}, {Name: "measure", Label: "决定的具体内容", Max: 200, Hint: "照决定文书填写，如 警告；方式已写明的可不填"},
				{Name: "body", Label: "作出决定的机关", Required: true, Max: 100}, {Name: "document", Label: "文号", Max: 100}, {Kind: web.DateField, Name: "decided_on", Label: "决定日期", Required: true, Narrow: true}, {Kind: web.File, Name: "file", Label: "文件", Accept: approval.Accept}}}}, Buttons: []web.Button{{Label: "登记问责结果"}}}
		}
	}
	if answers && i.State == closing.InquiryOpen {
		v.MayAnswer = true
		v.Answer = web.Form{Action: base + "/answer", Upload: true, Key: "inquiry-" + string(i.ID), Sections: []web.Section{{Legend: "答复", Fields: []web.Field{{Kind: web.TextArea, Name: "answer", Label: "中断原因", Required: true, Max: 1000, Hint: "写明起止时间、原因、是否报备和恢复情况"}, {Kind: web.File, Name: "file", Label: "材料", Accept: approval.Accept}}}}, Buttons: []web.Button{{Label: "送主管单位认定"}}}
	}
	if decides && i.Active() {
		v.MayDecide = true
		v.Decide = web.Form{Action: base + "/decide", Upload: true, Sections: []web.Section{{Legend: "认定", Fields: []web.Field{
			{Kind: web.Radios, Name: "basis", Label: "结论", Required: true, Options: []web.Option{{Value: string(closing.ByReport), Label: "已说明：主管单位已书面报备", Hint: "要有文号、公章、扫描件"}, {Value: string(closing.ByWindow), Label: "已说明：在批准的下线时段内"}, {Value: string(closing.NotDown), Label: "已说明：没有中断，监测不准"}, {Value: "unapproved", Label: "自行下线：既无批准也无报备"}}},
			{Kind: web.TextArea, Name: "says", Label: "认定依据", Required: true, Max: 500, Rows: 3},
		}}, {Legend: "书面报备（选第一项时填写）", Fields: []web.Field{{Name: "report_no", Label: "文号", Max: 100}, {Kind: web.DateField, Name: "report_on", Label: "报备日期", Narrow: true}, {Kind: web.Check, Name: "sealed", Label: "已加盖公章"}, {Kind: web.File, Name: "scan", Label: "盖章扫描件", Accept: approval.Accept}}}}, Buttons: []web.Button{{Label: "作出认定"}}}
	}
	return v
}

func accountKinds() []web.Option {
	out := []web.Option{{Label: "请选择"}}
	for _, k := range merit.Kinds(merit.Account) {
		out = append(out, web.Option{Value: k.ID, Label: k.Name})
	}
	return out
}

func sampleInquiry(state string) closing.Inquiry {
	i := closing.Inquiry{ID: "01JI", ObjectName: "西安市商务局网站", UnitName: "西安市商务局", OfficeName: "西安市人民政府办公厅", DownSince: sampleAt.Add(-26 * time.Hour), Hours: 26, Source: "probe", State: state, OpenedAt: sampleAt, Due: calendar.Due{On: calendar.Date{Year: 2026, Month: 3, Day: 24}}}
	i.Object.Kind, i.Object.ID = sx2021.Site, "S1"
	if state != closing.InquiryOpen {
		i.Answer, i.AnsweredBy, i.AnsweredAt = "机房停电，已恢复。", "李建国", sampleAt
	}
	if state == closing.Unapproved {
		i.Verdict, i.DecidedBy, i.DecidedAt = "未见书面报备", "王秀兰", sampleAt
	}
	return i
}

func hostileInquiry() closing.Inquiry {
	i := sampleInquiry(closing.Unapproved)
	i.ObjectName, i.Answer, i.Verdict, i.OfficeName = "<script>alert(1)</script>", `"><b>`, "<i>", "</td>"
	return i
}

var sampleToday = calendar.Date{Year: 2026, Month: 3, Day: 23}

var (
	inquiryListPage = web.Define(views, "views/inquiries.html", newInquiryList(nil, 0, sampleToday), newInquiryList([]closing.Inquiry{sampleInquiry(closing.InquiryOpen), sampleInquiry(closing.Unapproved)}, 2, sampleToday), newInquiryList([]closing.Inquiry{hostileInquiry()}, 1, sampleToday))
	inquiryPage     = web.Define(views, "views/inquiry.html", newInquiryView(sampleInquiry(closing.InquiryOpen), nil, nil, true, true, sampleToday),
		newInquiryView(sampleInquiry(closing.Unapproved), []merit.Record{{ID: "J", Person: "张三 局长", Kind: "admonish", Body: "中共西安市商务局党组", DecidedOn: sampleToday, EnteredBy: "王秀兰", EnteredAt: sampleAt, State: merit.Checked}}, []passage.Step{{At: sampleAt, Act: "ask", ActorName: "系统"}}, false, true, sampleToday),
		newInquiryView(hostileInquiry(), []merit.Record{{Person: "<b>", Body: "<script>"}}, nil, true, true, sampleToday))
	reportPage = web.Define(views, "views/report.html", newReportView(registry.Object{Name: "西安市商务局微博", UnitName: "西安市商务局"}), newReportView(registry.Object{Name: "<script>", UnitName: `"><`}))
)

func iid(r *http.Request) closing.InquiryID { return closing.InquiryID(r.PathValue("id")) }

func (h *Handler) inquiryOf(r *http.Request) (inquiryView, error) {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	i, err := h.closings.Paper(ctx, scope, iid(r))
	if err != nil {
		return inquiryView{}, err
	}
	accounts, err := h.closings.Accountabilities(ctx, h.db, scope, i.ID)
	if err != nil {
		return inquiryView{}, err
	}
	steps, err := h.closings.InquiryHistory(ctx, h.db, scope, i.ID)
	if err != nil {
		return inquiryView{}, err
	}
	session := authz.SessionFrom(ctx)
	// The supervisor could answer too, but does not: who decides does not answer.
	decides := i.Decides(session)
	v := newInquiryView(i, accounts, steps, !decides && session.May(authz.ClosingManage) && i.In(session.ScopeFor(authz.ClosingManage)), decides, web.FrameOf(r).Today)
	if !i.Records(session.ScopeFor(authz.RegistryRead)) {
		v.Heading.Acts = slices.DeleteFunc(v.Heading.Acts, func(a web.Act) bool { return a.Text == objectRecord })
	}
	return v, nil
}

const objectRecord = "网站（账号）资料"

// inquiryDocument is the inquiry as a letter.
func (h *Handler) inquiryDocument(w http.ResponseWriter, r *http.Request) error {
	i, err := h.closings.Inquiry(r.Context(), h.db, authz.ScopeFrom(r.Context()), iid(r))
	if err != nil {
		return err
	}
	return web.SendDocument(w, r, i.Document(), "核实单", "核实单-"+i.ObjectName)
}

func (h *Handler) showInquiry(w http.ResponseWriter, r *http.Request) error {
	v, err := h.inquiryOf(r)
	if err != nil {
		return err
	}
	return inquiryPage.Render(w, r, v)
}

func (h *Handler) answer(w http.ResponseWriter, r *http.Request) error {
	file, done, err := web.Attachment(r, "file")
	defer done()
	if err == nil {
		_, err = h.closings.Reply(r.Context(), authz.ScopeFrom(r.Context()), iid(r), r.PostFormValue("answer"), file)
	}
	return inquiryPage.Answer(w, r, err, inquiryPath(iid(r)), "已答复，由主管单位认定。", h.inquiryOf, func(v *inquiryView) *web.Form { return &v.Answer })
}

func (h *Handler) conclude(w http.ResponseWriter, r *http.Request) error {
	file, done, err := web.Attachment(r, "scan")
	defer done()
	var i closing.Inquiry
	if err == nil {
		v := closing.Verdict{Basis: closing.Basis(r.PostFormValue("basis")), Says: r.PostFormValue("says"), File: file}
		v.Report.Number, v.Report.Sealed = strings.TrimSpace(r.PostFormValue("report_no")), r.PostForm.Has("sealed")
		switch v.Basis {
		case "unapproved":
			v.Basis = closing.NoneGiven
		case closing.NoneGiven:
			err = fault.New(fault.Invalid, "没有选择结论。").On("basis", "请选择结论")
		}
		if err == nil {
			if v.Report.On, err = web.DayOf(r, "report_on", "报备日期"); err == nil {
				i, err = h.closings.Conclude(r.Context(), authz.SessionFrom(r.Context()), authz.ScopeFrom(r.Context()), iid(r), v)
			}
		}
	}
	return inquiryPage.Answer(w, r, err, inquiryPath(iid(r)), "已认定："+i.StateName()+"。", h.inquiryOf, func(v *inquiryView) *web.Form { return &v.Decide })
}

func (h *Handler) account(w http.ResponseWriter, r *http.Request) error {
	file, done, err := web.Attachment(r, "file")
	defer done()
	if err == nil {
		a := merit.Entry{Person: r.PostFormValue("person"), Kind: r.PostFormValue("kind"), Measure: r.PostFormValue("measure"), Body: r.PostFormValue("body"), Document: r.PostFormValue("document")}
		if a.DecidedOn, err = web.DayOf(r, "decided_on", "决定日期"); err == nil {
			_, err = h.closings.Account(r.Context(), authz.SessionFrom(r.Context()), authz.ScopeFrom(r.Context()), iid(r), a, file)
		}
	}
	return inquiryPage.Answer(w, r, err, inquiryPath(iid(r)), "问责结果已登记，由本单位另一人复核后生效。", h.inquiryOf, func(v *inquiryView) *web.Form { return &v.Account })
}

func (h *Handler) paper(w http.ResponseWriter, r *http.Request) error {
	a, content, err := h.closings.OpenPaper(r.Context(), authz.ScopeFrom(r.Context()), iid(r), r.PathValue("file"))
	return web.SendAttachment(w, a, content, err)
}

// reportView is GET /console/inquiries/new.
type reportView struct {
	Heading web.Heading
	Form    web.Form
}

// Title of the document.
func (v reportView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v reportView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "中断核实单", Href: "/console/inquiries"}, {Name: "发出核实单"}}
}

func newReportView(o registry.Object) reportView {
	return reportView{Heading: web.Heading{Title: "发出核实单", Above: o.Name, Lead: "账号、客户端没有自动监测，由主管单位发现中断后登记；网站一般由系统自动发出。"},
		Form: web.Form{Action: "/console/inquiries/new", Sections: []web.Section{{Fields: []web.Field{{Kind: web.Hidden, Name: "kind", Value: string(o.Kind)}, {Kind: web.Hidden, Name: "object", Value: o.ID},
			{Kind: web.DateField, Name: "since_on", Label: "中断开始日期", Required: true, Narrow: true}, {Name: "since_at", Label: "中断开始时间", Required: true, Narrow: true, Hint: "如 09:30", Max: 5}}}},
			Buttons: []web.Button{{Label: "发出核实单"}}, Cancel: web.Link{Text: "返回列表", Href: "/console/inquiries"}}}
}

func (h *Handler) object(r *http.Request) (registry.Object, error) {
	return h.registry.Object(r.Context(), h.db, authz.ScopeFrom(r.Context()), registry.Ref{Kind: sx2021.ObjectKind(r.FormValue("kind")), ID: r.FormValue("object")})
}

func (h *Handler) showReport(w http.ResponseWriter, r *http.Request) error {
	o, err := h.object(r)
	if err != nil {
		return err
	}
	return reportPage.Render(w, r, newReportView(o))
}

func (h *Handler) report(w http.ResponseWriter, r *http.Request) error {
	o, err := h.object(r)
	if err != nil {
		return err
	}
	on, err := web.DayOf(r, "since_on", "中断开始日期")
	var inquiry closing.InquiryID
	if err == nil {
		clock, terr := time.Parse("15:04", r.PostFormValue("since_at"))
		if terr != nil || on.IsZero() {
			err = fault.New(fault.Invalid, "中断开始时间不对，应像 09:30。").On("since_at", "请填写时间，如 09:30")
		} else {
			since := on.Start().Add(time.Duration(clock.Hour())*time.Hour + time.Duration(clock.Minute())*time.Minute)
			inquiry, err = h.closings.Report(r.Context(), authz.ScopeFrom(r.Context()), o.Ref, since)
		}
	}
	return reportPage.Answer(w, r, err, inquiryPath(inquiry), "核实单已发出，主办单位已收到提醒。", func(*http.Request) (reportView, error) { return newReportView(o), nil }, func(v *reportView) *web.Form { return &v.Form })
}
