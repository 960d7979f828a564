package coordinationweb

import (
	"embed"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/coordination"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/web"
	"zhengshu/internal/web/picker"
)

//go:embed views/*.html
var views embed.FS

const (
	logPath      = "/console/coordination"
	contactsPath = "/console/contacts"
	sharesPath   = "/console/shares"
	perPage      = 20
	maxExport    = 20000
	fileHint     = "PDF、JPG、PNG、DOCX 或 XLSX，每个不超过 20 MB"
)

// Handler serves the screens.
type Handler struct {
	db           *db.DB
	coordination *coordination.Service
	org          *org.Service
	tabs         func(r *http.Request, current string) web.Tabs
}

// New makes the handler.
func New(d *db.DB, s *coordination.Service, o *org.Service, tabs func(r *http.Request, current string) web.Tabs) *Handler {
	return &Handler{db: d, coordination: s, org: o, tabs: tabs}
}

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return append(h.referralRoutes(), []web.Route{
		{Pattern: "GET /console/coordination", Permit: authz.RecordRead, Handle: h.log},
		{Pattern: "GET /console/coordination/export", Permit: authz.RecordRead, Handle: h.exportLog},
		{Pattern: "GET /console/coordination/new", Permit: authz.CoordinationManage, Handle: h.showNew},
		{Pattern: "POST /console/coordination/new", Permit: authz.CoordinationManage, Handle: h.add, MaxBody: 4*approval.MaxUpload + 1<<20},
		{Pattern: "GET /console/coordination/{id}", Permit: authz.RecordRead, Handle: h.entry},
		{Pattern: "POST /console/coordination/{id}/follow", Permit: authz.CoordinationManage, Handle: h.follow},
		{Pattern: "GET /console/coordination/{id}/files/{file}", Permit: authz.RecordRead, Handle: h.file},
		{Pattern: "GET /console/contacts", Permit: authz.RecordRead, Handle: h.contacts},
		{Pattern: "GET /console/contacts/export", Permit: authz.RecordRead, Handle: h.exportContacts},
		{Pattern: "GET /console/contacts/new", Permit: authz.CoordinationManage, Handle: h.showNewContact},
		{Pattern: "POST /console/contacts/new", Permit: authz.CoordinationManage, Handle: h.addContact},
		{Pattern: "GET /console/contacts/{id}", Permit: authz.CoordinationManage, Handle: h.contact},
		{Pattern: "POST /console/contacts/{id}/change", Permit: authz.CoordinationManage, Handle: h.changeContact},
		{Pattern: "POST /console/contacts/{id}/end", Permit: authz.CoordinationManage, Handle: h.endContact},
		{Pattern: "GET /console/shares", Permit: authz.ShareRead, Handle: h.shares},
		{Pattern: "GET /console/shares/new", Permit: authz.CoordinationManage, Handle: h.showGive},
		{Pattern: "POST /console/shares/new", Permit: authz.CoordinationManage, Handle: h.give},
		{Pattern: "GET /console/shares/schedules", Permit: authz.CoordinationManage, Handle: h.schedules},
		{Pattern: "POST /console/shares/schedules", Permit: authz.CoordinationManage, Handle: h.promise},
		{Pattern: "POST /console/shares/schedules/end", Permit: authz.CoordinationManage, Handle: h.endSchedule},
		{Pattern: "GET /console/shares/{id}", Permit: authz.ShareRead, Handle: h.share},
		{Pattern: "GET /console/shares/{id}/file", Permit: authz.ShareRead, Handle: h.shareFile},
		{Pattern: "POST /console/shares/{id}/sign", Permit: authz.ShareRead, Handle: h.sign},
	}...)
}

// page is a list of this door, record a record, formView a form.
type (
	page     struct{ web.ListView }
	record   struct{ web.RecordView }
	formView struct{ web.FormView }
)

func options(all string, list []coordination.Partner) []web.Option {
	out := []web.Option{{Label: all}}
	for _, p := range list {
		out = append(out, web.Option{Value: p.Value, Label: p.Name})
	}
	return out
}

func may(r *http.Request, p authz.Permission) bool { return authz.SessionFrom(r.Context()).May(p) }

func filterOf(r *http.Request) (coordination.Filter, error) {
	q := r.URL.Query()
	f := coordination.Filter{Text: strings.TrimSpace(q.Get("q")), Unit: org.UnitID(q.Get("unit")), Partner: q.Get("partner"), Form: q.Get("form"), Major: q.Has("major"), Open: q.Has("open"), Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage}
	if len([]rune(f.Text)) > 100 {
		return f, fault.New(fault.Invalid, "查找的文字过长，请缩短到 100 字以内。").On("q", "请缩短")
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

func newLog(list []coordination.Entry, total int, manages bool, today calendar.Date) page {
	v := page{web.ListView{Heading: web.Heading{Title: "协同工作", Lead: "与宣传、网信、编制、公安、通信部门和新闻机构、融媒体中心的会商、通报和处置（第五条、第二十条）。"},
		Filter: web.Filter{Action: logPath, Total: total, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "事项或单位"}, {Kind: web.Select, Name: "partner", Label: "协同对象", Options: options("全部", coordination.Partners)}, {Kind: web.Number, Name: "year", Label: "年度", Narrow: true, Mode: "numeric"}, {Kind: web.Check, Name: "open", Label: "只看后续未办结的"}},
			More: []web.Field{{Kind: web.Select, Name: "form", Label: "方式", Options: options("全部", coordination.Forms)}, {Kind: web.Check, Name: "major", Label: "只看重大突发回应会商"}}, Hidden: []web.Field{{Kind: web.Hidden, Name: "unit"}}},
		Table: web.Table{Caption: "协同工作", Quiet: true, RowHead: 1, Columns: []web.Column{{Head: "日期"}, {Head: "事项", Wide: true}, {Head: "协同对象"}, {Head: "方式"}, {Head: "登记单位"}, {Head: "后续"}}, Empty: web.Empty{Title: "没有符合条件的协同工作记录"}}}}
	if manages {
		v.Heading.Acts = []web.Act{{Text: "登记协同工作", Href: logPath + "/new", Primary: true}}
	}
	for _, e := range list {
		title := web.Linked(e.Title, e.Link())
		if e.Major {
			title.Tags = []web.Tag{{Kind: web.Warn, Text: "重大突发"}}
		}
		follow := web.Text("无")
		switch {
		case e.Open():
			follow = web.DueCell(e.FollowDue, today)
		case e.FollowUp != "":
			follow = web.Tagged(web.Tag{Kind: web.Good, Text: "已办结"})
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{web.Day(e.On), title, {Text: coordination.Named(coordination.Partners, e.Partner), Note: e.PartnerName}, web.Text(coordination.Named(coordination.Forms, e.Form)), web.Text(e.UnitName), follow}})
	}
	return v
}

var (
	sampleToday = calendar.Date{Year: 2026, Month: 11, Day: 23}
	sampleEntry = coordination.Entry{ID: "e", UnitName: "西安市人民政府办公厅", Partner: "cyberspace", PartnerName: "西安市委网信办", Form: "meeting", Title: "三季度安全协调会", On: sampleToday.AddDays(-20), Participants: "双方各 3 人", Says: "通报漏洞整改情况", Result: "形成纪要", FollowUp: "核对域名台账", FollowDue: sampleToday.AddDays(5)}
	hostile     = coordination.Entry{ID: `"><b>`, UnitName: "<b>", Partner: "x", PartnerName: "<script>", Form: `"`, Title: "<script>alert(1)</script>", Says: "</p>", Major: true, FollowUp: "<i>"}
	sampleShare = coordination.Share{ID: "s", UnitName: "陕西省人民政府办公厅", ToName: "陕西省互联网信息办公室", ListName: "网站台账", Columns: []string{"名称", "域名"}, Purpose: "年度安全检查", Rows: 620, SharedBy: "林知远"}
	hostShare   = coordination.Share{ID: `"><b>`, UnitName: "<b>", ToName: "<i>", ListName: "<script>", Purpose: "</td>", AreaName: `"`, SharedBy: "<u>"}
)

var listPage = web.Define(web.Plain, "pages/list.html", newLog(nil, 0, true, sampleToday), newLog([]coordination.Entry{sampleEntry}, 1, true, sampleToday), newLog([]coordination.Entry{hostile}, 1, false, sampleToday),
	newContacts(nil, 0, true), newContacts([]coordination.Contact{{ID: "c", Organ: "某日报", Kind: "news", Person: "甲", Phone: "029-1"}, {ID: `"`, Organ: "<script>", Person: "<b>"}}, 2, true),
	newShares(nil, 0, true), newShares([]coordination.Share{sampleShare, hostShare}, 2, false),
	newReferrals(nil, 0, true, sampleToday), newReferrals([]coordination.Referral{sampleReferral, hostReferral}, 2, false, sampleToday))

func (h *Handler) log(w http.ResponseWriter, r *http.Request) error {
	f, err := filterOf(r)
	if err != nil {
		return err
	}
	list, total, err := h.coordination.Entries(r.Context(), authz.ScopeFrom(r.Context()), f)
	if err != nil {
		return err
	}
	v := newLog(list, total, may(r, authz.CoordinationManage), web.FrameOf(r).Today)
	v.Exports = web.ExportActs(logPath+"/export", r.URL.Query())
	return h.renderList(w, r, v, logPath, total)
}

func (h *Handler) renderList(w http.ResponseWriter, r *http.Request, v page, path string, total int) error {
	v.Tabs = h.tabs(r, path)
	v.Filter.Fill(r.URL.Query())
	v.Pager = web.PagerOf(r, total, perPage)
	return listPage.Render(w, r, v)
}

func (h *Handler) exportLog(w http.ResponseWriter, r *http.Request) error {
	f, err := filterOf(r)
	if err != nil {
		return err
	}
	f.Limit, f.Offset = maxExport, 0
	list, total, err := h.coordination.Entries(r.Context(), authz.ScopeFrom(r.Context()), f)
	if err == nil {
		err = web.MostExported(total, maxExport, "行")
	}
	if err != nil {
		return err
	}
	rows := make([][]any, len(list))
	for i, e := range list {
		rows[i] = []any{e.On, e.Title, coordination.Named(coordination.Partners, e.Partner), e.PartnerName, coordination.Named(coordination.Forms, e.Form), e.UnitName, e.Participants, e.Says, e.Result, e.Major, e.FollowUp, e.FollowDue, e.FollowResult}
	}
	var columns []official.Column
	for _, t := range []string{"日期", "事项", "协同对象", "具体单位", "方式", "登记单位", "参加人员", "主要内容", "结果", "重大突发", "后续事项", "期限", "办理结果"} {
		columns = append(columns, official.Column{Title: t, Width: 18})
	}
	return web.SendSheet(w, r, official.Sheet{Title: "协同工作", Columns: columns, Rows: slices.Values(rows)}, "协同工作")
}

func newEntryView(d coordination.Dossier, manages bool, today calendar.Date) record {
	e := d.Entry
	v := record{web.RecordView{Heading: web.Heading{Above: coordination.Named(coordination.Forms, e.Form) + " · " + e.On.String(), Title: e.Title}, Trail: []web.Crumb{{Name: "协同工作", Href: logPath}}}}
	if e.Major {
		v.Heading.Tags = []web.Tag{{Kind: web.Warn, Text: "重大突发回应会商"}}
	}
	files := []web.Link{}
	for _, f := range d.Files {
		files = append(files, web.Link{Text: f.Name, Href: e.Link() + "/files/" + url.PathEscape(f.ID)})
	}
	v.Main = append(v.Main, web.Summary{Terms: []web.Term{{Name: "协同对象", Text: e.PartnerName, Note: coordination.Named(coordination.Partners, e.Partner)}, {Name: "参加人员", Text: e.Participants}, {Name: "主要内容", Text: e.Says}, {Name: "结果", Text: e.Result}}})
	if len(files) > 0 {
		v.Main = append(v.Main, web.Panel{Title: "附件", Links: files})
	}
	if e.FollowUp != "" {
		follow := web.Summary{Title: "后续事项", Terms: []web.Term{{Name: "事项", Text: e.FollowUp}, {Name: "期限", Text: e.FollowDue.String()}}}
		if e.Open() {
			follow.Terms[1].Tags = []web.Tag{web.DueTag(e.FollowDue, today)}
		} else {
			follow.Terms = append(follow.Terms, web.Term{Name: "办理结果", Text: e.FollowResult, Note: e.FollowedBy + " " + web.Minute(e.FollowedAt)})
		}
		v.Main = append(v.Main, follow)
		if e.Open() && manages {
			v.Forms = []web.Form{{Action: e.Link() + "/follow", Key: "follow" + e.ID, Sections: []web.Section{{Legend: "登记办理结果", Fields: []web.Field{{Kind: web.TextArea, Name: "result", Label: "办理结果", Required: true, Max: 2000}}}}, Buttons: []web.Button{{Label: "登记结果"}}}}
		}
	}
	v.Side = append(v.Side, web.Summary{Title: "登记", Terms: []web.Term{{Name: "登记单位", Text: e.UnitName}, {Name: "依据", Text: e.Citation()}}}, web.History(d.History))
	return v
}

var recordPage = web.Define(web.Plain, "pages/record.html",
	newEntryView(coordination.Dossier{Entry: sampleEntry, Files: []approval.Attachment{{ID: "f", Name: "纪要.pdf"}}}, true, sampleToday), newEntryView(coordination.Dossier{Entry: hostile, Files: []approval.Attachment{{ID: `"`, Name: "<script>"}}}, true, sampleToday),
	newShareView(sampleShare, nil, true), newShareView(hostShare, []audit.Row{{Act: "coordination.share.read", Actor: audit.Actor{Name: "<b>"}}}, false),
	newReferralView(sampleReferral, sampleRows, nil, side{receives: true}, sampleToday), newReferralView(sampleReferral, sampleRows, nil, side{sent: true}, sampleToday), newReferralView(hostReferral, hostRows, nil, side{sent: true}, sampleToday))

func (h *Handler) entry(w http.ResponseWriter, r *http.Request) error {
	return h.renderEntry(w, r, http.StatusOK, nil)
}

func (h *Handler) renderEntry(w http.ResponseWriter, r *http.Request, status int, wrong error) error {
	s := authz.SessionFrom(r.Context())
	d, err := h.coordination.Entry(r.Context(), s.ScopeFor(authz.RecordRead), r.PathValue("id"))
	if err != nil {
		return err
	}
	v := newEntryView(d, d.Entry.In(s.ScopeFor(authz.CoordinationManage)), web.FrameOf(r).Today)
	if wrong != nil {
		var f web.Form
		f.Wrong(wrong)
		v.Wrong = f.Summary
		for i := range v.Forms {
			v.Forms[i].Fill(r.PostForm)
		}
	}
	return recordPage.RenderStatus(w, r, status, v)
}

func (h *Handler) follow(w http.ResponseWriter, r *http.Request) error {
	err := h.coordination.Follow(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id"), web.Typed(r, "result"))
	if web.Mendable(err) {
		return h.renderEntry(w, r, web.StatusOf(err), err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, logPath+"/"+r.PathValue("id"), "后续结果已登记。")
}

func (h *Handler) file(w http.ResponseWriter, r *http.Request) error {
	a, content, err := h.coordination.File(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id"), r.PathValue("file"))
	return web.SendAttachment(w, a, content, err)
}

func newEntryForm(unit web.Field) formView {
	v := formView{web.FormView{Heading: web.Heading{Title: "登记协同工作"}, Trail: []web.Crumb{{Name: "协同工作", Href: logPath}}}}
	v.Form = web.Form{Upload: true, Key: "coordination", Sections: []web.Section{{Fields: []web.Field{unit,
		{Kind: web.Select, Name: "partner", Label: "协同对象", Required: true, Options: options("请选择", coordination.Partners)}, {Name: "partner_name", Label: "具体单位", Required: true, Max: 80, Hint: "如 西安市委网信办"},
		{Kind: web.Radios, Name: "form", Label: "方式", Required: true, Options: options("", coordination.Forms)[1:]}, {Name: "title", Label: "事项", Required: true, Max: 100}, {Kind: web.DateField, Name: "on", Label: "日期", Required: true, Narrow: true},
		{Kind: web.TextArea, Name: "participants", Label: "参加人员", Required: true, Max: 500, Rows: 2}, {Kind: web.TextArea, Name: "says", Label: "主要内容", Required: true, Max: 5000, Rows: 6}, {Kind: web.TextArea, Name: "result", Label: "结果", Max: 2000, Rows: 3},
		{Kind: web.Check, Name: "major", Label: "重大突发事件回应的会商", Hint: "与宣传部门会商，第五条"}, {Kind: web.File, Name: "files", Label: "纪要、函件等", Multiple: true, Accept: approval.Accept, Hint: fileHint}}},
		{Legend: "后续事项", Fields: []web.Field{{Kind: web.TextArea, Name: "follow_up", Label: "后续事项", Max: 500, Rows: 2, Hint: "没有可不填；填写后须有期限，到期前提醒"}, {Kind: web.DateField, Name: "follow_due", Label: "办理期限", Narrow: true}}}},
		Buttons: []web.Button{{Label: "登记协同工作"}}, Cancel: web.Link{Text: "取消", Href: logPath}}
	return v
}

var formPage = web.Define(web.Plain, "pages/form.html", newReferPreview([]coordination.Batch{sampleBatch}, []string{"finding:f"}), newReferPreview([]coordination.Batch{hostBatch}, []string{`"><b>`}), newEntryForm(web.Field{Name: "unit", Label: "登记单位", Required: true}), newContactForm(web.Field{Name: "unit", Label: "登记单位"}, coordination.Contact{}),
	newContactForm(web.Field{}, coordination.Contact{ID: `"`, Organ: "<script>", Person: `"><b>`}), newGiveForm(web.Field{Name: "unit", Label: "共享单位"}, nil, []org.Unit{{ID: "t", Name: "陕西省互联网信息办公室"}}, sampleList, nil, coordination.Share{List: "sites"}),
	newScheduleForm(web.Field{Name: "unit", Label: "共享单位"}, []coordination.List{sampleList}, []org.Unit{{ID: `"`, Name: "<script>"}}, []coordination.Schedule{{ID: "1", ToName: "<b>", List: "sites", Every: "month", Next: sampleToday}}))

func (h *Handler) ownUnit(r *http.Request) org.UnitID {
	units := append(authz.SessionFrom(r.Context()).UnitsFor(authz.CoordinationManage), "")
	return org.UnitID(units[0])
}

func (h *Handler) unitField(r *http.Request, label string) (web.Field, error) {
	return picker.Field(r.Context(), h.org, authz.ScopeFrom(r.Context()), "unit", label, h.ownUnit(r))
}

func (h *Handler) showNew(w http.ResponseWriter, r *http.Request) error {
	unit, err := h.unitField(r, "登记单位")
	if err != nil {
		return err
	}
	return formPage.Render(w, r, newEntryForm(unit))
}

func (h *Handler) add(w http.ResponseWriter, r *http.Request) error {
	scope := authz.ScopeFrom(r.Context())
	e := coordination.Entry{Partner: web.Typed(r, "partner"), PartnerName: web.Typed(r, "partner_name"), Form: web.Typed(r, "form"), Title: web.Typed(r, "title"), Participants: web.Typed(r, "participants"), Says: web.Typed(r, "says"), Result: web.Typed(r, "result"),
		Major: r.PostForm.Has("major"), FollowUp: web.Typed(r, "follow_up")}
	files, done, err := web.Attachments(r, "", "files")
	defer done()
	if err == nil {
		e.On, err = web.DayOf(r, "on", "日期")
	}
	if err == nil {
		e.FollowDue, err = web.DayOf(r, "follow_due", "办理期限")
	}
	if err == nil {
		var u org.Unit
		if u, err = picker.Unit(r, h.org, scope, "unit"); err == nil {
			e.Unit = u.ID
			e, err = h.coordination.Log(r.Context(), scope, e, files)
		}
	}
	if web.Mendable(err) {
		unit, formErr := h.unitField(r, "登记单位")
		if formErr != nil {
			return formErr
		}
		v := newEntryForm(unit)
		v.Again(r, err)
		return formPage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, e.Link(), "协同工作已登记。")
}

func newContacts(list []coordination.Contact, total int, manages bool) page {
	v := page{web.ListView{Heading: web.Heading{Title: "媒体联系人", Lead: "新闻机构、重点媒体和融媒体中心的联系人（第二十条（二））。"},
		Filter: web.Filter{Action: contactsPath, Total: total, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "媒体、联系人或电话"}, {Kind: web.Select, Name: "partner", Label: "类别", Options: options("全部", coordination.Media)}}, Hidden: []web.Field{{Kind: web.Hidden, Name: "unit"}}},
		Table:  web.Table{Caption: "媒体联系人", Quiet: true, Columns: []web.Column{{Head: "媒体", Wide: true}, {Head: "类别"}, {Head: "联系人"}, {Head: "电话"}, {Head: "电子邮箱"}, {Head: "登记单位"}, {Head: "办理"}}, Empty: web.Empty{Title: "没有符合条件的联系人"}}}}
	if manages {
		v.Heading.Acts = []web.Act{{Text: "登记联系人", Href: contactsPath + "/new", Primary: true}}
	}
	for _, c := range list {
		acts := web.Text("")
		if manages {
			acts = web.Acts(web.Link{Text: "修改", Href: c.Link(), Note: c.Organ + c.Person})
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: c.Organ, Note: c.Note}, web.Text(coordination.Named(coordination.Media, c.Kind)), {Text: c.Person, Note: c.Post}, {Text: c.Phone, Keep: true}, web.Text(c.Email), web.Text(c.UnitName), acts}})
	}
	return v
}

func (h *Handler) contacts(w http.ResponseWriter, r *http.Request) error {
	f, err := filterOf(r)
	if err != nil {
		return err
	}
	list, total, err := h.coordination.Contacts(r.Context(), authz.ScopeFrom(r.Context()), f)
	if err != nil {
		return err
	}
	v := newContacts(list, total, may(r, authz.CoordinationManage))
	v.Exports = web.ExportActs(contactsPath+"/export", r.URL.Query())
	return h.renderList(w, r, v, contactsPath, total)
}

func (h *Handler) exportContacts(w http.ResponseWriter, r *http.Request) error {
	f, err := filterOf(r)
	if err != nil {
		return err
	}
	f.Limit, f.Offset = maxExport, 0
	list, total, err := h.coordination.Contacts(r.Context(), authz.ScopeFrom(r.Context()), f)
	if err == nil {
		err = web.MostExported(total, maxExport, "行")
	}
	if err != nil {
		return err
	}
	rows := make([][]any, len(list))
	for i, c := range list {
		rows[i] = []any{c.Organ, coordination.Named(coordination.Media, c.Kind), c.Person, c.Post, c.Phone, c.Email, c.UnitName, c.Note}
	}
	return web.SendSheet(w, r, official.Sheet{Title: "媒体联系人", Columns: []official.Column{{Title: "媒体", Width: 24}, {Title: "类别", Width: 14}, {Title: "联系人"}, {Title: "职务", Width: 14}, {Title: "电话", Width: 16}, {Title: "电子邮箱", Width: 22}, {Title: "登记单位", Width: 24}, {Title: "备注", Width: 30}}, Rows: slices.Values(rows)}, "媒体联系人")
}

func newContactForm(unit web.Field, c coordination.Contact) formView {
	v := formView{web.FormView{Heading: web.Heading{Title: "登记媒体联系人"}, Trail: []web.Crumb{{Name: "媒体联系人", Href: contactsPath}}}}
	var fields []web.Field
	buttons := []web.Button{{Label: "保存联系人"}}
	if c.ID == "" {
		fields = append(fields, unit)
	} else {
		v.Heading = web.Heading{Title: "修改媒体联系人", Above: c.Organ}
		buttons = append(buttons, web.Button{Label: "移出名录", Plain: true, Action: c.Link() + "/end", Skip: true})
	}
	fields = append(fields, web.Field{Name: "organ", Label: "媒体名称", Required: true, Max: 80, Value: c.Organ}, web.Field{Kind: web.Select, Name: "kind", Label: "类别", Required: true, Options: options("请选择", coordination.Media), Value: c.Kind},
		web.Field{Name: "person", Label: "联系人", Required: true, Max: 30, Value: c.Person, Narrow: true}, web.Field{Name: "post", Label: "职务", Max: 60, Value: c.Post, Narrow: true}, web.Field{Kind: web.Phone, Name: "phone", Label: "电话", Required: true, Max: 30, Value: c.Phone, Narrow: true},
		web.Field{Kind: web.Email, Name: "email", Label: "电子邮箱", Max: 100, Value: c.Email}, web.Field{Kind: web.TextArea, Name: "note", Label: "备注", Max: 500, Rows: 2, Value: c.Note})
	v.Form = web.Form{Key: "contact" + c.ID, Sections: []web.Section{{Fields: fields}}, Buttons: buttons, Cancel: web.Link{Text: "取消", Href: contactsPath}}
	if c.ID != "" {
		v.Form.Action = c.Link() + "/change"
	}
	return v
}

func (h *Handler) showNewContact(w http.ResponseWriter, r *http.Request) error {
	unit, err := h.unitField(r, "登记单位")
	if err != nil {
		return err
	}
	return formPage.Render(w, r, newContactForm(unit, coordination.Contact{}))
}

func readContact(r *http.Request) coordination.Contact {
	return coordination.Contact{Organ: web.Typed(r, "organ"), Kind: web.Typed(r, "kind"), Person: web.Typed(r, "person"), Post: web.Typed(r, "post"), Phone: web.Typed(r, "phone"), Email: web.Typed(r, "email"), Note: web.Typed(r, "note")}
}

func (h *Handler) addContact(w http.ResponseWriter, r *http.Request) error {
	scope := authz.ScopeFrom(r.Context())
	c := readContact(r)
	u, err := picker.Unit(r, h.org, scope, "unit")
	if err == nil {
		c.Unit = u.ID
		_, err = h.coordination.SaveContact(r.Context(), scope, c)
	}
	if web.Mendable(err) {
		unit, formErr := h.unitField(r, "登记单位")
		if formErr != nil {
			return formErr
		}
		v := newContactForm(unit, coordination.Contact{})
		v.Again(r, err)
		return formPage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, contactsPath, c.Organ+"的联系人已登记。")
}

func (h *Handler) contactForm(r *http.Request) (formView, error) {
	scope := authz.ScopeFrom(r.Context())
	c, err := h.coordination.Contact(r.Context(), h.db, scope, r.PathValue("id"))
	if err != nil {
		return formView{}, err
	}
	history, err := h.coordination.ContactHistory(r.Context(), scope, c.ID)
	v := newContactForm(web.Field{}, c)
	v.Before = []web.Component{web.History(history)}
	return v, err
}

func (h *Handler) contact(w http.ResponseWriter, r *http.Request) error {
	v, err := h.contactForm(r)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, v)
}

func (h *Handler) changeContact(w http.ResponseWriter, r *http.Request) error {
	v, err := h.contactForm(r)
	if err != nil {
		return err
	}
	c := readContact(r)
	c.ID = r.PathValue("id")
	_, err = h.coordination.SaveContact(r.Context(), authz.ScopeFrom(r.Context()), c)
	if web.Mendable(err) {
		v.Again(r, err)
		return formPage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, contactsPath, "联系人已更新。")
}

func (h *Handler) endContact(w http.ResponseWriter, r *http.Request) error {
	if err := h.coordination.EndContact(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id")); err != nil {
		return err
	}
	return web.Done(w, r, contactsPath, "联系人已移出名录。")
}
