package tenancyweb

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/tenancy"
	"zhengshu/internal/web"
	"zhengshu/internal/web/picker"
)

const (
	listPath = "/console/operating-rules"
	perPage  = 20
)

// Handler serves the screens.
type Handler struct {
	db      *db.DB
	tenancy *tenancy.Service
	org     *org.Service
	tabs    func(r *http.Request, current string) web.Tabs
}

// New makes the handler.
func New(d *db.DB, s *tenancy.Service, o *org.Service, tabs func(r *http.Request, current string) web.Tabs) *Handler {
	return &Handler{db: d, tenancy: s, org: o, tabs: tabs}
}

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/operating-rules", Permit: authz.RecordRead, Handle: h.list},
		{Pattern: "GET /console/operating-rules/new", Permit: authz.RecordManage, Handle: h.showNew},
		{Pattern: "POST /console/operating-rules/new", Permit: authz.RecordManage, Handle: h.draft, MaxBody: web.UploadBody},
		{Pattern: "GET /console/operating-rules/{id}", Permit: authz.RecordRead, Handle: h.show},
		{Pattern: "GET /console/operating-rules/{id}/residents/export", Permit: authz.RecordRead, Handle: h.export},
		{Pattern: "GET /console/operating-rules/{id}/change", Permit: authz.RecordManage, Handle: h.showChange},
		{Pattern: "POST /console/operating-rules/{id}/change", Permit: authz.RecordManage, Handle: h.change, MaxBody: web.UploadBody},
		{Pattern: "GET /console/operating-rules/{id}/residents", Permit: authz.RecordManage, Handle: h.showInclude},
		{Pattern: "POST /console/operating-rules/{id}/residents", Permit: authz.RecordManage, Handle: h.include},
		{Pattern: "POST /console/operating-rules/{id}/consult", Permit: authz.RecordManage, Handle: h.consult},
		{Pattern: "POST /console/operating-rules/{id}/comment", Permit: authz.RecordManage, Handle: h.comment},
		{Pattern: "POST /console/operating-rules/{id}/sign", Permit: authz.RecordManage, Handle: h.sign},
		{Pattern: "GET /console/operating-rules/{id}/residents/{resident}", Permit: authz.RecordManage, Handle: h.showResident},
		{Pattern: "POST /console/operating-rules/{id}/residents/{resident}/settle", Permit: authz.RecordManage, Handle: h.settle},
		{Pattern: "POST /console/operating-rules/{id}/residents/{resident}/enter", Permit: authz.RecordManage, Handle: h.enter, MaxBody: web.UploadBody},
		{Pattern: "POST /console/operating-rules/{id}/urge", Permit: authz.RecordManage, Handle: h.urge},
		{Pattern: "GET /console/operating-rules/{id}/issue", Permit: authz.RulesIssue, Handle: h.showIssue},
		{Pattern: "POST /console/operating-rules/{id}/issue", Permit: authz.RulesIssue, Handle: h.issue, MaxBody: web.UploadBody},
		{Pattern: "POST /console/operating-rules/{id}/repeal", Permit: authz.RulesIssue, Handle: h.repeal},
		{Pattern: "GET /console/operating-rules/{id}/files/{file}", Permit: authz.RecordRead, Handle: h.file},
	}
}

func idOf(r *http.Request) tenancy.ID { return tenancy.ID(r.PathValue("id")) }

func scopeFor(r *http.Request, p authz.Permission) authz.Scope {
	return authz.SessionFrom(r.Context()).ScopeFor(p)
}

var crumbs = []web.Crumb{{Name: "运维管理细则", Href: listPath}}

// rulesList is GET /console/operating-rules.
type rulesList struct{ web.ListView }

func newRulesList(list []tenancy.Rules, total int, manages bool) rulesList {
	states := []web.Option{{Label: "全部"}}
	for _, s := range []string{tenancy.InForceNow, tenancy.Consulting, tenancy.Drafting, tenancy.Replaced} {
		states = append(states, web.Option{Value: s, Label: tenancy.Machine.Name(s)})
	}
	v := rulesList{web.ListView{Heading: web.Heading{Title: "运维管理细则", Lead: "集约化平台由平台运维管理方牵头，会同进驻单位制订细则，以本级主管单位名义印发；有有效细则，网站才能进驻（第二十八条）。"},
		Filter: web.Filter{Action: listPath, Total: total, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "名称、平台、文号或单位"}, {Kind: web.Select, Name: "state", Label: "状态", Options: states}},
			Hidden: []web.Field{{Kind: web.Hidden, Name: "unit"}}},
		Table: web.Table{Caption: "运维管理细则", Quiet: true, Columns: []web.Column{{Head: "细则", Wide: true}, {Head: "平台运维管理方"}, {Head: "印发单位"}, {Head: "状态"}, {Head: "签收"}},
			Empty: web.Empty{Title: "没有符合条件的细则", Text: "平台运维管理方起草细则，征求进驻单位意见后由本级主管单位印发。"}}}}
	if manages {
		v.Heading.Acts = []web.Act{{Text: "起草细则", Href: listPath + "/new", Primary: true}}
	}
	for _, o := range list {
		name := web.Linked(o.Title, o.Link())
		name.Note = o.Platform + " " + o.Number
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{name, web.Text(o.UnitName), web.Text(o.IssuerName), web.Tagged(stateTag(o.State)), receipts(o)}})
	}
	return v
}

func receipts(o tenancy.Rules) web.Cell {
	if o.State == tenancy.InForceNow {
		return web.Cell{Text: fmt.Sprintf("%d/%d", o.Signed, o.Residents), Keep: true}
	}
	if o.State == tenancy.Consulting {
		return web.Cell{Text: fmt.Sprintf("已反馈 %d/%d", o.Heard, o.Residents), Keep: true}
	}
	return web.Text("无")
}

func stateTag(state string) web.Tag {
	t := web.Tag{Text: tenancy.Machine.Name(state)}
	switch state {
	case tenancy.InForceNow:
		t.Kind = web.Good
	case tenancy.Consulting:
		t.Kind = web.Warn
	case tenancy.Drafting:
		t.Kind = web.Info
	}
	return t
}

var (
	sampleToday = calendar.Date{Year: 2026, Month: 11, Day: 23}
	sampleRules = tenancy.Rules{ID: "01JR", Unit: "u", UnitName: "西安市大数据局", IssuerName: "西安市人民政府办公厅", Platform: "西安市政府网站集约化平台", Title: "西安市政府网站集约化平台运维管理细则",
		OperatorDuties: "保障平台运行", ResidentDuties: "保障本单位内容", State: tenancy.Consulting, ConsultedUntil: sampleToday.AddDays(10), Residents: 2, Heard: 1, DraftID: "d", DraftName: "征求意见稿.docx"}
	hostileRules    = tenancy.Rules{ID: `"><b>`, Unit: `"`, UnitName: "<b>", IssuerName: "<i>", Platform: "<script>", Title: "<script>alert(1)</script>", Number: `"`, OperatorDuties: "</p><script>", State: "<u>", DraftID: `"`, DraftName: "<script>"}
	sampleResidents = []tenancy.Resident{{ID: "r1", UnitName: "西安市商务局", Comment: "请明确应急响应时间", CommentedBy: "周启明"}, {ID: "r2", UnitName: "西安市教育局"}}
)

var rulesListPage = web.Define(web.Plain, "pages/list.html", newRulesList(nil, 0, true), newRulesList([]tenancy.Rules{sampleRules}, 1, true), newRulesList([]tenancy.Rules{hostileRules}, 1, false))

func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	f := tenancy.Filter{Text: strings.TrimSpace(q.Get("q")), State: q.Get("state"), Unit: org.UnitID(q.Get("unit")), Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage}
	if len([]rune(f.Text)) > 100 {
		return fault.New(fault.Invalid, "查找的文字过长，请缩短到 100 字以内。").On("q", "请缩短")
	}
	list, total, err := h.tenancy.Documents(r.Context(), authz.ScopeFrom(r.Context()), f)
	if err != nil {
		return err
	}
	v := newRulesList(list, total, authz.SessionFrom(r.Context()).May(authz.RecordManage))
	v.Tabs = h.tabs(r, listPath)
	v.Filter.Fill(q)
	v.Pager = web.PagerOf(r, total, perPage)
	return rulesListPage.Render(w, r, v)
}

// rulesView is GET /console/operating-rules/{id}.
type rulesView struct{ web.RecordView }

// part is what the reader may do with a document.
type part struct {
	drafts, issues bool
	own            []tenancy.Resident // those the reader answers for
	today          calendar.Date
}

func newRulesView(d tenancy.Dossier, p part) rulesView {
	o := d.Rules
	base := o.Link()
	v := rulesView{web.RecordView{Heading: web.Heading{Above: o.Platform, Title: o.Title, Tags: []web.Tag{stateTag(o.State)}}, Trail: crumbs}}
	open := o.State == tenancy.Drafting || o.State == tenancy.Consulting
	if p.drafts && open {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "修改草案", Href: base + "/change"})
	}
	if p.drafts && o.State != tenancy.Replaced {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "增加进驻单位", Href: base + "/residents"})
	}
	if p.issues && o.State == tenancy.Consulting {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "印发细则", Href: base + "/issue", Primary: true})
	}
	if open {
		check := web.Breaches{Title: "印发条件（第二十八条）"}
		for _, b := range d.Check(p.today) {
			check.Items = append(check.Items, web.Breach{ID: b.Rule.ID, Citation: b.Rule.Citation, Says: b.Rule.Says, Note: b.Detail})
		}
		if len(check.Items) == 0 && (p.drafts || p.issues) {
			v.Alerts = append(v.Alerts, web.Alert{Kind: web.Good, Title: "可以印发", Text: "意见已征集并处理，请由" + o.IssuerName + "印发。"})
		} else if p.drafts || p.issues {
			v.Main = append(v.Main, check)
		}
	}
	for _, r := range p.own {
		switch {
		case o.State == tenancy.Consulting:
			says := r.Comment
			v.Forms = append(v.Forms, web.Form{Action: base + "/comment", Key: "comment" + r.ID, Sections: []web.Section{{Legend: "反馈意见（" + r.UnitName + "）", Hint: "截止 " + o.ConsultedUntil.Chinese() + "；没有意见请写“" + tenancy.NoComment + "”。",
				Fields: []web.Field{{Kind: web.Hidden, Name: "unit", Value: string(r.Unit)}, {Kind: web.TextArea, Name: "says", Label: "意见", Required: true, Max: 5000, Value: says}}}}, Buttons: []web.Button{{Label: "反馈意见"}}})
		case o.State == tenancy.InForceNow && r.ReceiptAt.IsZero():
			v.Forms = append(v.Forms, web.Form{Action: base + "/sign", Sections: []web.Section{{Legend: "签收（" + r.UnitName + "）", Hint: "签收表示已收到并知悉双方权责。", Fields: []web.Field{{Kind: web.Hidden, Name: "unit", Value: string(r.Unit)}}}}, Buttons: []web.Button{{Label: "签收细则"}}})
		}
		if len(v.Forms) > 0 {
			break // fields of one name stand once on a page: the next unit comes after this one
		}
	}
	if p.drafts && open && o.State == tenancy.Drafting {
		v.Forms = append(v.Forms, web.Form{Action: base + "/consult", Sections: []web.Section{{Legend: "征求进驻单位意见", Fields: []web.Field{{Kind: web.DateField, Name: "until", Label: "截止日期", Required: true, Narrow: true}}}}, Buttons: []web.Button{{Label: "征求意见"}}})
	}
	if (p.drafts || p.issues) && (o.State == tenancy.Consulting && o.Heard < o.Residents || o.State == tenancy.InForceNow && o.Signed < o.Residents) {
		label := "催签收"
		if o.State == tenancy.Consulting {
			label = "催反馈"
		}
		v.Forms = append(v.Forms, web.Form{Action: base + "/urge", Buttons: []web.Button{{Label: label, Plain: true}}})
	}
	if p.issues && o.State == tenancy.InForceNow {
		v.Forms = append(v.Forms, web.Form{Action: base + "/repeal", Key: "repeal" + string(o.ID), Sections: []web.Section{{Legend: "废止", Hint: "废止后没有有效细则，网站不能再进驻；有新细则的直接印发新细则即可。", Fields: []web.Field{{Kind: web.TextArea, Name: "why", Label: "废止原因", Required: true, Max: 500, Rows: 2}}}}, Buttons: []web.Button{{Label: "废止细则", Kind: web.Danger}}})
	}
	v.Main = append(v.Main, web.Summary{Title: "双方权责", Terms: []web.Term{{Name: "平台运维方", Text: o.OperatorDuties}, {Name: "进驻单位", Text: o.ResidentDuties}}}, residentsPanel(d, p))
	facts := web.Summary{Title: "基本情况", Terms: []web.Term{{Name: "平台运维管理方", Text: o.UnitName}, {Name: "印发单位", Text: o.IssuerName}, {Name: "文号", Text: o.Number}, {Name: "印发日期", Text: o.IssuedOn.String()}, {Name: "意见截止", Text: o.ConsultedUntil.String()}}}
	for _, f := range []struct{ what, id, name string }{{"印发文件", o.FileID, o.FileName}, {"草案", o.DraftID, o.DraftName}} {
		if f.id != "" {
			facts.Terms = append(facts.Terms, web.Term{Name: f.what, Text: f.name, Href: base + "/files/" + url.PathEscape(f.id)})
		}
	}
	v.Side = append(v.Side, facts)
	if p.drafts || p.issues {
		v.Side = append(v.Side, web.History(d.History))
	}
	return v
}

func residentsPanel(d tenancy.Dossier, p part) web.Component {
	t := web.Table{Caption: "进驻单位", Quiet: true, Compact: true, Columns: []web.Column{{Head: "单位"}, {Head: "意见", Wide: true}, {Head: "签收"}, {Head: "进驻"}},
		Empty: web.Empty{Title: "还没有列出进驻单位"}}
	for _, r := range d.Residents {
		name := web.Text(r.UnitName)
		if p.drafts && d.Rules.State != tenancy.Replaced {
			name = web.Linked(r.UnitName, d.Rules.Link()+"/residents/"+url.PathEscape(r.ID))
		}
		comment := web.Cell{Text: r.Comment, Note: r.CommentedBy}
		switch {
		case r.CommentedAt.IsZero() && r.Comment == "":
			comment.Text = "未反馈"
		case r.Unsettled():
			comment.Tags = []web.Tag{{Kind: web.Warn, Text: "待处理"}}
		case r.Verdict != "":
			comment.Tags = []web.Tag{{Kind: web.Good, Text: tenancy.VerdictName(r.Verdict)}}
		}
		signed := web.Text("未签收")
		if !r.ReceiptAt.IsZero() {
			signed = web.Cell{Text: r.ReceiptBy, Note: web.Minute(r.ReceiptAt)}
		}
		opened := web.Cell{Text: "未进驻"}
		if !r.OpenedOn.IsZero() {
			opened = web.Cell{Text: r.OpenedOn.String(), Keep: true}
		}
		if r.ExtraID != "" {
			opened.Links = []web.Link{{Text: "另行协议", Href: d.Rules.Link() + "/files/" + url.PathEscape(r.ExtraID), Note: r.UnitName}}
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{name, comment, signed, opened}})
	}
	panel := web.Panel{Title: fmt.Sprintf("进驻单位（%d）", len(d.Residents)), Parts: []web.Component{t}}
	if len(d.Residents) > 0 {
		panel.Links = []web.Link{{Text: "导出 XLSX", Href: d.Rules.Link() + "/residents/export?format=xlsx"}}
	}
	return panel
}

var rulesPage = web.Define(web.Plain, "pages/record.html",
	newRulesView(tenancy.Dossier{Rules: tenancy.Rules{ID: "n", Title: "细则", State: tenancy.Drafting}}, part{drafts: true, issues: true, today: sampleToday}),
	newRulesView(tenancy.Dossier{Rules: sampleRules, Residents: sampleResidents}, part{drafts: true, issues: true, own: sampleResidents[:1], today: sampleToday}),
	newRulesView(tenancy.Dossier{Rules: hostileRules, Residents: []tenancy.Resident{{ID: `"`, UnitName: "<script>", Comment: "<script>", ExtraID: `"`}}}, part{drafts: true, today: sampleToday}),
)

func (h *Handler) show(w http.ResponseWriter, r *http.Request) error {
	return h.render(w, r, http.StatusOK, nil)
}

func (h *Handler) render(w http.ResponseWriter, r *http.Request, status int, wrong error) error {
	d, err := h.tenancy.Dossier(r.Context(), scopeFor(r, authz.RecordRead), idOf(r))
	if err != nil {
		return err
	}
	manage := scopeFor(r, authz.RecordManage)
	p := part{drafts: d.Rules.DraftedIn(manage), issues: d.Rules.IssuedIn(scopeFor(r, authz.RulesIssue)), today: web.FrameOf(r).Today}
	for _, res := range d.Residents {
		if authz.SessionFrom(r.Context()).MayAt(authz.RecordManage, string(res.Unit)) {
			p.own = append(p.own, res)
		}
	}
	// What is still to be answered comes first.
	slices.SortStableFunc(p.own, func(a, b tenancy.Resident) int { return a.CommentedAt.Compare(b.CommentedAt) })
	v := newRulesView(d, p)
	if wrong != nil {
		var f web.Form
		f.Wrong(wrong)
		v.Wrong = f.Summary
		for i := range v.Forms {
			v.Forms[i].Fill(r.PostForm)
		}
	}
	return rulesPage.RenderStatus(w, r, status, v)
}

// act answers a small act of the page.
func (h *Handler) act(w http.ResponseWriter, r *http.Request, err error, said string) error {
	if web.Mendable(err) {
		return h.render(w, r, web.StatusOf(err), err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, listPath+"/"+string(idOf(r)), said)
}

func (h *Handler) consult(w http.ResponseWriter, r *http.Request) error {
	until, err := web.DayOf(r, "until", "截止日期")
	if err == nil {
		_, err = h.tenancy.Consult(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), until)
	}
	return h.act(w, r, err, "已向进驻单位征求意见，截止 "+until.Chinese()+"。")
}

// ownUnit is the resident of a form: one's own unit, for nobody comments or
// signs in a resident's place.
func ownUnit(r *http.Request) (org.UnitID, error) {
	unit := web.Typed(r, "unit")
	if !authz.SessionFrom(r.Context()).MayAt(authz.RecordManage, unit) {
		return "", fault.Missing("进驻单位")
	}
	return org.UnitID(unit), nil
}

func (h *Handler) comment(w http.ResponseWriter, r *http.Request) error {
	unit, err := ownUnit(r)
	if err == nil {
		err = h.tenancy.Comment(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), unit, web.Typed(r, "says"))
	}
	return h.act(w, r, err, "意见已反馈，截止前可以修改。")
}

func (h *Handler) sign(w http.ResponseWriter, r *http.Request) error {
	unit, err := ownUnit(r)
	if err == nil {
		err = h.tenancy.Sign(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), unit)
	}
	return h.act(w, r, err, "已签收运维管理细则。")
}

func (h *Handler) urge(w http.ResponseWriter, r *http.Request) error {
	n, err := h.tenancy.Urge(r.Context(), authz.ScopeFrom(r.Context()), idOf(r))
	return h.act(w, r, err, fmt.Sprintf("已催办 %d 个单位。", n))
}

func (h *Handler) repeal(w http.ResponseWriter, r *http.Request) error {
	return h.act(w, r, h.tenancy.Repeal(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), web.Typed(r, "why")), "细则已废止。")
}

func (h *Handler) file(w http.ResponseWriter, r *http.Request) error {
	a, content, err := h.tenancy.File(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), r.PathValue("file"))
	return web.SendAttachment(w, a, content, err)
}

func (h *Handler) export(w http.ResponseWriter, r *http.Request) error {
	d, err := h.tenancy.Dossier(r.Context(), authz.ScopeFrom(r.Context()), idOf(r))
	if err != nil {
		return err
	}
	rows := make([][]any, len(d.Residents))
	for i, x := range d.Residents {
		rows[i] = []any{x.UnitName, x.Comment, x.CommentedBy, tenancy.VerdictName(x.Verdict), x.VerdictSays, x.ReceiptBy, x.ReceiptAt, x.OpenedOn}
	}
	return web.SendSheet(w, r, official.Sheet{Title: "进驻单位", Columns: []official.Column{{Title: "单位", Width: 26}, {Title: "意见", Width: 40}, {Title: "反馈人"}, {Title: "处理"}, {Title: "理由", Width: 30}, {Title: "签收人"}, {Title: "签收时间", Width: 18}, {Title: "进驻日期", Width: 14}}, Rows: slices.Values(rows)}, "进驻单位签收情况")
}

// formView is a page with one form of this door.
type formView struct{ web.FormView }

const fileHint = "PDF、JPG、PNG、DOCX 或 XLSX，不超过 20 MB"

func trailOf(o tenancy.Rules) []web.Crumb {
	return append(slices.Clone(crumbs), web.Crumb{Name: o.Title, Href: o.Link()})
}

func newDraftForm(unit web.Field, o tenancy.Rules) formView {
	v := formView{web.FormView{Heading: web.Heading{Title: "起草运维管理细则", Lead: "细则由平台运维管理方牵头起草，写明双方权责；印发单位是本级政府办公厅（室）。"}, Trail: crumbs}}
	var fields []web.Field
	label, cancel := "保存草案", listPath
	if o.ID == "" {
		fields = append(fields, unit)
	} else {
		v.Heading, v.Trail, cancel = web.Heading{Title: "修改草案", Above: o.Title}, trailOf(o), o.Link()
	}
	fields = append(fields, web.Field{Name: "platform", Label: "平台名称", Required: true, Max: 60, Value: o.Platform},
		web.Field{Name: "title", Label: "细则名称", Required: true, Max: 100, Value: o.Title},
		web.Field{Kind: web.TextArea, Name: "operator_duties", Label: "平台运维方权责", Max: 5000, Rows: 6, Value: o.OperatorDuties, Hint: "印发前必须填写"},
		web.Field{Kind: web.TextArea, Name: "resident_duties", Label: "进驻单位权责", Max: 5000, Rows: 6, Value: o.ResidentDuties, Hint: "印发前必须填写"},
		web.Field{Kind: web.File, Name: "file", Label: "征求意见稿", Accept: approval.Accept, Hint: fileHint})
	v.Form = web.Form{Upload: true, Key: "rules" + string(o.ID), Sections: []web.Section{{Fields: fields}}, Buttons: []web.Button{{Label: label}}, Cancel: web.Link{Text: "取消", Href: cancel}}
	return v
}

func newIncludeForm(o tenancy.Rules, find web.Filter, units []org.Unit) formView {
	var options []web.Option
	for _, u := range units {
		options = append(options, web.Option{Value: string(u.ID), Label: u.Name})
	}
	v := formView{web.FormView{Heading: web.Heading{Title: "增加进驻单位", Above: o.Title, Lead: "选择进驻平台的网站主办单位；已列出的不会重复。"}, Trail: trailOf(o), Find: find}}
	v.Form = web.Form{Sections: []web.Section{{Fields: []web.Field{{Kind: web.Checks, Name: "units", Label: "进驻单位", Options: options, Hint: "每次最多列出 60 个，可先查找"}}}}, Buttons: []web.Button{{Label: "增加进驻单位"}}, Cancel: web.Link{Text: "返回", Href: o.Link()}}
	if len(options) == 0 {
		v.Form.Sections, v.Form.Buttons = nil, nil
		v.Before = []web.Component{web.Empty{Title: "没有可选的单位", Text: "请换一个名称查找。"}}
	}
	return v
}

func newResidentForm(o tenancy.Rules, x tenancy.Resident) formView {
	base := o.Link() + "/residents/" + url.PathEscape(x.ID)
	v := formView{web.FormView{Heading: web.Heading{Title: x.UnitName, Above: "进驻单位 · " + o.Title}, Trail: trailOf(o)}}
	v.Before = []web.Component{web.Summary{Terms: []web.Term{{Name: "意见", Text: x.Comment, Note: x.CommentedBy}, {Name: "处理", Text: tenancy.VerdictName(x.Verdict), Note: x.VerdictSays}, {Name: "签收", Text: x.ReceiptBy, Note: web.Minute(x.ReceiptAt)}, {Name: "进驻", Text: x.OpenedOn.String()}}}}
	v.Form.Cancel = web.Link{Text: "返回", Href: o.Link()}
	switch {
	case o.State == tenancy.Consulting && !x.CommentedAt.IsZero():
		var options []web.Option
		for _, d := range tenancy.Verdicts {
			options = append(options, web.Option{Value: d.Value, Label: d.Name})
		}
		v.Form = web.Form{Action: base + "/settle", Sections: []web.Section{{Legend: "处理意见", Fields: []web.Field{{Kind: web.Radios, Name: "verdict", Label: "处理结果", Required: true, Options: options, Value: x.Verdict},
			{Kind: web.TextArea, Name: "verdict_says", Label: "理由", Max: 1000, Value: x.VerdictSays, Hint: "不采纳或部分采纳的必须写明"}}}}, Buttons: []web.Button{{Label: "保存处理结果"}}, Cancel: v.Form.Cancel}
	case o.State == tenancy.InForceNow:
		v.Form = web.Form{Action: base + "/enter", Upload: true, Sections: []web.Section{{Legend: "进驻", Hint: "有有效的细则即可进驻；双方另有协议的可以一并上传。", Fields: []web.Field{{Kind: web.File, Name: "file", Label: "另行协议", Accept: approval.Accept, Hint: fileHint}}}}, Buttons: []web.Button{{Label: "登记进驻"}}, Cancel: v.Form.Cancel}
	}
	return v
}

func newIssueForm(d tenancy.Dossier, today calendar.Date) formView {
	o := d.Rules
	v := formView{web.FormView{Heading: web.Heading{Title: "印发运维管理细则", Above: o.Title, Lead: "以" + o.IssuerName + "名义印发；印发后原有细则自动废止，进驻单位限期签收。"}, Trail: trailOf(o)}}
	check := web.Breaches{Title: "还不能印发"}
	for _, b := range d.Check(today) {
		check.Items = append(check.Items, web.Breach{ID: b.Rule.ID, Citation: b.Rule.Citation, Says: b.Rule.Says, Note: b.Detail})
	}
	if len(check.Items) > 0 {
		v.Before = []web.Component{check}
	}
	v.Form = web.Form{Upload: true, Key: "issue" + string(o.ID), Sections: []web.Section{{Fields: []web.Field{{Name: "number", Label: "文号", Required: true, Max: 60, Narrow: true},
		{Kind: web.DateField, Name: "on", Label: "印发日期", Narrow: true, Hint: "不填为今天"}, {Kind: web.File, Name: "file", Label: "印发文件", Required: true, Accept: approval.Accept, Hint: fileHint}}}}, Buttons: []web.Button{{Label: "印发细则"}}, Cancel: web.Link{Text: "取消", Href: o.Link()}}
	return v
}

var formPage = web.Define(web.Plain, "pages/form.html",
	newDraftForm(web.Field{Name: "unit", Label: "平台运维管理方", Required: true}, tenancy.Rules{}), newDraftForm(web.Field{}, hostileRules),
	newIncludeForm(sampleRules, web.Filter{}, []org.Unit{{ID: "u", Name: "西安市商务局"}}), newIncludeForm(hostileRules, web.Filter{}, nil),
	newResidentForm(sampleRules, sampleResidents[0]), newResidentForm(tenancy.Rules{ID: "x", Title: "细则", State: tenancy.InForceNow}, tenancy.Resident{ID: `"`, UnitName: "<script>"}),
	newIssueForm(tenancy.Dossier{Rules: sampleRules, Residents: sampleResidents}, sampleToday))

func (h *Handler) draftForm(r *http.Request, chosen org.UnitID) (formView, error) {
	unit, err := picker.Field(r.Context(), h.org, authz.ScopeFrom(r.Context()), "unit", "平台运维管理方", chosen)
	return newDraftForm(unit, tenancy.Rules{}), err
}

func (h *Handler) showNew(w http.ResponseWriter, r *http.Request) error {
	id, _ := authz.SessionFrom(r.Context()).Unit()
	v, err := h.draftForm(r, org.UnitID(id))
	if err != nil {
		return err
	}
	return formPage.Render(w, r, v)
}

func read(r *http.Request) tenancy.Rules {
	return tenancy.Rules{Platform: web.Typed(r, "platform"), Title: web.Typed(r, "title"), OperatorDuties: web.Typed(r, "operator_duties"), ResidentDuties: web.Typed(r, "resident_duties")}
}

func (h *Handler) draft(w http.ResponseWriter, r *http.Request) error {
	scope := authz.ScopeFrom(r.Context())
	o := read(r)
	file, done, err := web.Attachment(r, "file")
	defer done()
	if err == nil {
		var u org.Unit
		if u, err = picker.Unit(r, h.org, scope, "unit"); err == nil {
			o.Unit = u.ID
			o, err = h.tenancy.Draft(r.Context(), scope, o, file)
		}
	}
	if web.Mendable(err) {
		v, formErr := h.draftForm(r, "")
		if formErr != nil {
			return formErr
		}
		v.Again(r, err)
		return formPage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, o.Link(), "草案已保存，请增加进驻单位并征求意见。")
}

// about is the dossier of a form page, for its drafting party.
func (h *Handler) about(r *http.Request) (tenancy.Dossier, error) {
	d, err := h.tenancy.Dossier(r.Context(), authz.ScopeFrom(r.Context()), idOf(r))
	if err != nil {
		return d, err
	}
	if scope := authz.ScopeFrom(r.Context()); !d.Rules.DraftedIn(scope) && !d.Rules.IssuedIn(scope) {
		return d, fault.New(fault.Forbidden, "只有平台运维管理方（"+d.Rules.UnitName+"）可以办理。")
	}
	return d, nil
}

func (h *Handler) answer(w http.ResponseWriter, r *http.Request, o tenancy.Rules, v formView, err error, said string) error {
	if web.Mendable(err) {
		v.Again(r, err)
		return formPage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, o.Link(), said)
}

func (h *Handler) showChange(w http.ResponseWriter, r *http.Request) error {
	d, err := h.about(r)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, newDraftForm(web.Field{}, d.Rules))
}

func (h *Handler) change(w http.ResponseWriter, r *http.Request) error {
	d, err := h.about(r)
	if err != nil {
		return err
	}
	n := read(r)
	n.ID = d.Rules.ID
	file, done, err := web.Attachment(r, "file")
	defer done()
	if err == nil {
		_, err = h.tenancy.Change(r.Context(), authz.ScopeFrom(r.Context()), n, file)
	}
	return h.answer(w, r, d.Rules, newDraftForm(web.Field{}, d.Rules), err, "修改已保存。")
}

func (h *Handler) includeForm(r *http.Request) (tenancy.Dossier, formView, error) {
	d, err := h.about(r)
	if err != nil {
		return d, formView{}, err
	}
	q := r.URL.Query()
	text := strings.TrimSpace(q.Get("q"))
	if len([]rune(text)) > 100 {
		return d, formView{}, fault.New(fault.Invalid, "查找的文字过长，请缩短到 100 字以内。").On("q", "请缩短")
	}
	units, total, err := h.org.Units(r.Context(), authz.ScopeFrom(r.Context()), org.UnitFilter{Text: text, Limit: 60})
	if err != nil {
		return d, formView{}, err
	}
	find := web.Filter{Action: d.Rules.Link() + "/residents", Total: total, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "查找单位", Hint: "名称或拼音首字母"}}}
	find.Fill(q)
	listed := map[org.UnitID]bool{}
	for _, x := range d.Residents {
		listed[x.Unit] = true
	}
	units = slices.DeleteFunc(units, func(u org.Unit) bool { return listed[u.ID] })
	return d, newIncludeForm(d.Rules, find, units), nil
}

func (h *Handler) showInclude(w http.ResponseWriter, r *http.Request) error {
	_, v, err := h.includeForm(r)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, v)
}

func (h *Handler) include(w http.ResponseWriter, r *http.Request) error {
	d, v, err := h.includeForm(r)
	if err != nil {
		return err
	}
	var units []org.UnitID
	for _, id := range r.PostForm["units"] {
		units = append(units, org.UnitID(id))
	}
	n, err := h.tenancy.Include(r.Context(), authz.ScopeFrom(r.Context()), d.Rules.ID, units)
	return h.answer(w, r, d.Rules, v, err, fmt.Sprintf("已增加 %d 个进驻单位。", n))
}

func (h *Handler) residentForm(r *http.Request) (tenancy.Dossier, formView, error) {
	d, err := h.about(r)
	if err != nil {
		return d, formView{}, err
	}
	i := slices.IndexFunc(d.Residents, func(x tenancy.Resident) bool { return x.ID == r.PathValue("resident") })
	if i < 0 {
		return d, formView{}, fault.Missing("进驻单位")
	}
	return d, newResidentForm(d.Rules, d.Residents[i]), nil
}

func (h *Handler) showResident(w http.ResponseWriter, r *http.Request) error {
	_, v, err := h.residentForm(r)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, v)
}

func (h *Handler) settle(w http.ResponseWriter, r *http.Request) error {
	d, v, err := h.residentForm(r)
	if err != nil {
		return err
	}
	err = h.tenancy.Settle(r.Context(), authz.ScopeFrom(r.Context()), d.Rules.ID, r.PathValue("resident"), web.Typed(r, "verdict"), web.Typed(r, "verdict_says"))
	return h.answer(w, r, d.Rules, v, err, "处理结果已保存。")
}

func (h *Handler) enter(w http.ResponseWriter, r *http.Request) error {
	d, v, err := h.residentForm(r)
	if err != nil {
		return err
	}
	file, done, err := web.Attachment(r, "file")
	defer done()
	if err == nil {
		err = h.tenancy.Enter(r.Context(), authz.ScopeFrom(r.Context()), d.Rules.ID, r.PathValue("resident"), file)
	}
	return h.answer(w, r, d.Rules, v, err, "已登记进驻。")
}

// issuing is the dossier for its issuer.
func (h *Handler) issuing(r *http.Request) (tenancy.Dossier, error) {
	d, err := h.tenancy.Dossier(r.Context(), authz.ScopeFrom(r.Context()), idOf(r))
	if err == nil && !d.Rules.IssuedIn(authz.ScopeFrom(r.Context())) {
		return d, fault.New(fault.Forbidden, "细则由"+d.Rules.IssuerName+"印发，请由该单位的主管人员办理。")
	}
	return d, err
}

func (h *Handler) showIssue(w http.ResponseWriter, r *http.Request) error {
	d, err := h.issuing(r)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, newIssueForm(d, web.FrameOf(r).Today))
}

func (h *Handler) issue(w http.ResponseWriter, r *http.Request) error {
	d, err := h.issuing(r)
	if err != nil {
		return err
	}
	on, err := web.DayOf(r, "on", "印发日期")
	file, done, fileErr := web.Attachment(r, "file")
	defer done()
	if err == nil {
		err = fileErr
	}
	if err == nil {
		_, err = h.tenancy.Issue(r.Context(), authz.ScopeFrom(r.Context()), d.Rules.ID, web.Typed(r, "number"), on, file)
	}
	return h.answer(w, r, d.Rules, newIssueForm(d, web.FrameOf(r).Today), err, "细则已印发，进驻单位限期签收。")
}
