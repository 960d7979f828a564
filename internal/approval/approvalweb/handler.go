package approvalweb

import (
	"embed"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/web"
)

//go:embed views/*.html
var views embed.FS

const casesPath = "/console/cases"

// Handler serves the screens.
type Handler struct {
	approvals *approval.Service
	db        *db.DB
	store     blob.Store
}

// New makes the handler.
func New(a *approval.Service, d *db.DB, store blob.Store) *Handler {
	return &Handler{approvals: a, db: d, store: store}
}

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/cases", Permit: authz.CaseRead, Handle: h.cases},
		{Pattern: "GET /console/cases/{id}", Permit: authz.CaseRead, Handle: h.show},
		{Pattern: "GET /console/cases/{id}/print", Permit: authz.CaseRead, Handle: h.print},
		{Pattern: "GET /console/cases/{id}/files/{file}", Permit: authz.CaseRead, Handle: h.file},
		{Pattern: "POST /console/cases/{id}/decide", Permit: authz.CaseDecide, Handle: h.decide},
		{Pattern: "POST /console/cases/{id}/withdraw", Permit: authz.OpeningApply, Handle: h.withdraw},
	}
}

func tone(state string) web.Tone {
	switch state {
	case approval.InReview:
		return web.Info
	case approval.Returned:
		return web.Warn
	case approval.Approved:
		return web.Good
	case approval.Refused:
		return web.Danger
	}
	return web.Neutral
}

func stateTag(c approval.Case) web.Tag { return web.Tag{Kind: tone(c.State), Text: c.StateName()} }

// caseList is GET /console/cases.
type caseList struct {
	Heading web.Heading
	Filter  web.Filter
	Table   web.Table
	Pager   web.Pager
}

// Title of the document.
func (caseList) Title() string { return "审批事项" }

// Crumbs of the page.
func (caseList) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "审批事项"}}
}

const perPage = 20

func newCaseList(cases []approval.Case, mayApply bool) caseList {
	v := caseList{Heading: web.Heading{Title: "审批事项", Lead: "本单位提出的、经本单位审核的和所辖单位的申请。"},
		Filter: web.Filter{Action: casesPath, Total: len(cases), Fields: []web.Field{
			{Kind: web.Select, Name: "state", Label: "状态", Options: []web.Option{{Label: "全部"}, {Value: approval.InReview, Label: "审核中"},
				{Value: approval.Returned, Label: "退回补正"}, {Value: approval.Approved, Label: "已批准"}, {Value: approval.Refused, Label: "不予批准"}, {Value: approval.Withdrawn, Label: "已撤回"}}},
			{Kind: web.SearchBox, Name: "q", Label: "标题或编号"}}},
		Table: web.Table{Caption: "审批事项", Quiet: true, Columns: []web.Column{{Head: "事项", Wide: true}, {Head: "申请单位"}, {Head: "提交时间"}, {Head: "状态"}},
			Empty: web.Empty{Title: "没有符合条件的审批事项", Text: "可以调整筛选条件，或从开设申请开始。"}}}
	if mayApply {
		v.Heading.Acts = []web.Act{{Text: "申请开设网站", Href: "/console/openings/new", Primary: true}}
		v.Table.Empty.Act = web.Act{Text: "申请开设网站", Href: "/console/openings/new"}
	}
	v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "例外清单", Href: "/console/overrides"})
	for _, c := range cases {
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{
			{Text: c.Title, Href: c.Link(), Note: c.Number}, web.Text(c.UnitName), web.When(c.OpenedAt), web.Tagged(stateTag(c))}})
	}
	return v
}

var caseListPage = web.Define(views, "views/cases.html",
	newCaseList(nil, true),
	newCaseList([]approval.Case{sampleCase(approval.InReview), sampleCase(approval.Returned), sampleCase(approval.Approved)}, true),
	newCaseList([]approval.Case{{ID: `"><script>`, Title: `<script>alert(1)</script>`, UnitName: `"onload="x`, State: "odd"}}, false),
)

func (h *Handler) cases(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	f := approval.Filter{State: q.Get("state"), Text: q.Get("q"), Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage}
	list, total, err := h.approvals.Cases(r.Context(), authz.ScopeFrom(r.Context()), f)
	if err != nil {
		return err
	}
	v := newCaseList(list, authz.SessionFrom(r.Context()).May(authz.OpeningApply))
	v.Filter.Fill(q)
	v.Filter.Total, v.Pager = total, web.PagerOf(r, total, perPage)
	return caseListPage.Render(w, r, v)
}

// caseView is GET /console/cases/{id}.
type caseView struct {
	Heading  web.Heading
	Flow     web.Flow
	Steps    web.Steps
	Notice   []web.Alert
	Facts    []web.Summary
	Checks   web.Breaches
	Files    web.Table
	Due      web.Stat
	Timeline web.Timeline
	Form     web.Form
	May      bool // the decision form is shown
	Withdraw web.Form
	Amend    bool // the withdrawal form is shown
}

// Title of the document.
func (v caseView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v caseView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "审批事项", Href: casesPath}, {Name: v.Heading.Above}}
}

// whole is a case with everything shown of it.
type whole struct {
	Case     approval.Case
	Steps    []approval.Step
	Opinions []approval.Opinion
	Files    []approval.Attachment
	Shown    approval.Presentation
}

func (h *Handler) whole(r *http.Request) (whole, error) {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	id := approval.CaseID(r.PathValue("id"))
	var out whole
	var err error
	if out.Case, out.Steps, out.Opinions, err = h.approvals.Case(ctx, scope, id); err != nil {
		return out, err
	}
	if out.Shown, err = h.approvals.Present(ctx, scope, id); err != nil {
		return out, err
	}
	out.Files, err = approval.Attachments(ctx, h.db, "case", string(id))
	return out, err
}

func flowOf(n whole) []web.Step {
	var out []web.Step
	for _, st := range n.Steps {
		s := web.Step{Name: strings.TrimPrefix(st.Name, st.UnitName), Who: st.UnitName, State: web.StepWaiting}
		if st.Kind == approval.Consent {
			s.Name, s.Who = "主要负责同志同意", st.PersonName
		}
		switch {
		case st.Decision == "return" || st.Decision == "refuse":
			s.State, s.Note = web.StepRefused, approval.Machine.ActName(st.Decision)
		case !st.DecidedAt.IsZero():
			s.State, s.Note = web.StepDone, web.Minute(st.DecidedAt)
		case st.No == n.Case.StepNo && n.Case.State == approval.InReview:
			s.State = web.StepNow
		}
		out = append(out, s)
	}
	return out
}

var eventTones = map[string]web.Tone{"approve": web.Good, "return": web.Warn, "refuse": web.Danger, "withdraw": web.Warn}

func timelineOf(n whole) web.Timeline {
	t := web.Timeline{Title: "办理过程"}
	for i, o := range n.Opinions {
		e := web.Event{At: o.At, Title: o.ActName(), Who: o.PersonName, Unit: o.UnitName, Kind: eventTones[o.Act],
			Text: strings.Join(nonEmpty(strings.Join(o.Reasons, "、"), o.Text), "：")}
		if i > 0 {
			e.Took = o.At.Sub(n.Opinions[i-1].At)
		}
		t.Events = append(t.Events, e)
	}
	switch n.Case.State {
	case approval.InReview:
		if n.Case.StepNo < len(n.Steps) {
			t.Next = n.Steps[n.Case.StepNo].Name
		}
	case approval.Returned:
		t.Next = n.Case.UnitName + "补正后重新提交"
	}
	return t
}

func nonEmpty(list ...string) []string {
	var out []string
	for _, s := range list {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

func summaries(facts []approval.Fact) []web.Summary {
	var out []web.Summary
	for _, f := range facts {
		if len(out) == 0 || out[len(out)-1].Title != f.Section {
			out = append(out, web.Summary{Title: f.Section})
		}
		last := &out[len(out)-1]
		last.Terms = append(last.Terms, web.Term{Name: f.Name, Text: f.Text})
	}
	return out
}

func checksOf(p approval.Presentation) web.Breaches {
	b := web.Breaches{Title: "自动核对（" + p.Judged + "）"}
	for _, v := range p.Verdicts {
		b.Items = append(b.Items, web.Breach{OK: v.OK, ID: v.Rule, Citation: v.Citation, Says: v.Says, Note: v.Note})
	}
	return b
}

var fileKinds = map[string]string{"consent": "主要负责同志签字页", "other": "其他材料"}

func newCaseView(n whole, session *authz.Session, mayDecide bool, today calendar.Date) caseView {
	c := n.Case
	v := caseView{
		Heading: web.Heading{Title: c.Title, Above: c.Number, Tags: []web.Tag{stateTag(c)}, Lead: c.UnitName + "，" + web.Minute(c.OpenedAt) + " 提交。",
			Acts: []web.Act{{Text: "打印", Href: c.Link() + "/print"}}},
		Flow: web.Flow{Label: "审批流程图", Items: flowOf(n)}, Steps: web.Steps{Label: "审批流程", Items: flowOf(n)},
		Facts: summaries(n.Shown.Facts), Checks: checksOf(n.Shown), Timeline: timelineOf(n),
		Files: web.Table{Caption: "附件", Compact: true, Columns: []web.Column{{Head: "材料"}, {Head: "文件", Wide: true}, {Head: "大小"}, {Head: "上传人"}},
			Empty: web.Empty{Title: "没有附件"}},
	}
	for _, f := range n.Files {
		kind := fileKinds[f.Kind]
		if kind == "" {
			kind = "其他材料"
		}
		v.Files.Rows = append(v.Files.Rows, web.Row{Cells: []web.Cell{web.Text(kind), web.Linked(f.Name, c.Link()+"/files/"+url.PathEscape(f.ID)), web.Text(sizeText(f.Size)), web.Text(f.AddedBy)}})
	}
	for _, bad := range n.Shown.Verdicts {
		if !bad.OK && (c.State == approval.InReview || c.State == approval.Returned) {
			v.Notice = append(v.Notice, web.Alert{Kind: web.Danger, Title: "有规定不符合，批准时会被拒绝", Text: bad.Note + "依据：" + bad.Citation + "。"})
		}
	}
	if n.Shown.Result != "" {
		v.Notice = append(v.Notice, web.Alert{Kind: web.Good, Title: "已批准", Text: "网站已登记为筹建，请在 1 年内完成上线。", Links: []web.Link{{Text: n.Shown.ResultName, Href: n.Shown.Result}}})
	}
	if c.State == approval.InReview && c.StepNo < len(n.Steps) {
		st := n.Steps[c.StepNo]
		tag := web.DueTag(st.Due.On, today)
		v.Due = web.Stat{Name: "当前步骤", Value: tag.Text, Kind: tag.Kind, Note: st.Name + "，应于 " + st.Due.On.Chinese() + " 前办理"}
		if mayDecide {
			v.May, v.Form = true, decisionForm(c, st)
		}
	}
	if amending := approval.MayAmend(session, c); amending && (c.State == approval.InReview || c.State == approval.Returned) {
		v.Amend, v.Withdraw = true, withdrawForm(c)
		if c.State == approval.Returned && n.Shown.Amend != "" {
			v.Heading.Acts = append([]web.Act{{Text: "补正后重新提交", Href: n.Shown.Amend, Primary: true}}, v.Heading.Acts...)
		}
	}
	return v
}

func sizeText(n int64) string {
	if n >= 1<<20 {
		return strconv.FormatFloat(float64(n)/(1<<20), 'f', 1, 64) + " MB"
	}
	return strconv.FormatInt((n+1023)/1024, 10) + " KB"
}

// phrases are picked into the opinion.
var phrases = []string{"同意。", "材料齐全，符合开设条件，同意上报。", "经审核，符合规定，同意开设。", "请补充材料后重新提交。"}

func decisionForm(c approval.Case, st approval.Step) web.Form {
	acts := []web.Option{{Value: "pass", Label: "同意上报", Hint: "送下一级审核"}}
	if st.Kind == approval.Approve {
		acts = []web.Option{{Value: "approve", Label: "批准", Hint: "批准后网站登记为筹建，开始 1 年上线时限"}}
	}
	acts = append(acts, web.Option{Value: "return", Label: "退回补正", Hint: "申请单位修改后再送回本步骤"}, web.Option{Value: "refuse", Label: "不予批准", Hint: "申请就此结束"})
	var reasons, picks []web.Option
	for _, r := range approval.Reasons {
		if !r.Hidden {
			reasons = append(reasons, web.Option{Value: r.ID, Label: r.Says, Hint: r.Citation})
		}
	}
	picks = append(picks, web.Option{Label: "不使用常用语"})
	for _, s := range phrases {
		picks = append(picks, web.Option{Value: s, Label: s})
	}
	return web.Form{Action: c.Link() + "/decide", Sticky: true, Key: "decide-" + string(c.ID), Sections: []web.Section{{Legend: "办理意见（" + st.Name + "）", Fields: []web.Field{
		{Kind: web.Radios, Name: "act", Label: "办理结果", Required: true, Options: acts},
		{Kind: web.Checks, Name: "reason", Label: "退回或不予批准的理由", Options: reasons},
		{Kind: web.Select, Name: "phrase", Label: "常用语", Options: picks, Hint: "意见留空时使用所选常用语"},
		{Kind: web.TextArea, Name: "opinion", Label: "意见", Max: 2000, Hint: "退回时写明要补正什么。"},
		{Kind: web.Hidden, Name: "step", Value: strconv.Itoa(c.StepNo)},
	}}}, Buttons: []web.Button{{Label: "提交办理意见"}}}
}

func withdrawForm(c approval.Case) web.Form {
	return web.Form{Action: c.Link() + "/withdraw", Sections: []web.Section{{Legend: "撤回申请", Hint: "撤回后申请就此结束，需要时可重新申请。", Fields: []web.Field{
		{Name: "why", Label: "撤回原因", Required: true, Max: 200}}}}, Buttons: []web.Button{{Label: "撤回申请", Kind: web.Danger}}}
}

var caseViewPage = web.Define(views, "views/case.html", sampleView(approval.InReview, true), sampleView(approval.Returned, false), sampleView(approval.Approved, false),
	caseView{Heading: web.Heading{Title: `<script>alert(1)</script>`, Above: `"><b>`}, Facts: []web.Summary{{Title: `"><i>`, Terms: []web.Term{{Name: "<b>", Text: "<b>"}}}}})

func (h *Handler) show(w http.ResponseWriter, r *http.Request) error {
	return h.showAs(w, r, http.StatusOK, nil)
}

// showAs shows the case; wrong is what refused a decision just posted.
func (h *Handler) showAs(w http.ResponseWriter, r *http.Request, status int, wrong error) error {
	n, err := h.whole(r)
	if err != nil {
		return err
	}
	session := authz.SessionFrom(r.Context())
	may := session.May(authz.CaseDecide) && h.approvals.MayDecide(r.Context(), session, n.Case, n.Steps) == nil
	v := newCaseView(n, session, may, web.FrameOf(r).Today)
	if wrong != nil {
		form := &v.Form
		if strings.HasSuffix(r.URL.Path, "/withdraw") {
			form = &v.Withdraw
		} else if !v.May {
			return wrong // the form is gone: the fault's own page says why
		}
		form.Fill(r.PostForm)
		form.Wrong(wrong)
	}
	return caseViewPage.RenderStatus(w, r, status, v)
}

func (h *Handler) decide(w http.ResponseWriter, r *http.Request) error {
	step, err := strconv.Atoi(r.PostFormValue("step"))
	if err != nil {
		step = -1 // no page of ours; Decide answers that the page is stale
	}
	d := approval.Decision{Act: r.PostFormValue("act"), Reasons: known(r.PostForm["reason"]), Opinion: strings.TrimSpace(r.PostFormValue("opinion")), StepNo: step}
	if d.Opinion == "" {
		d.Opinion = r.PostFormValue("phrase")
	}
	c, err := h.approvals.Decide(r.Context(), authz.ScopeFrom(r.Context()), approval.CaseID(r.PathValue("id")), d)
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.Refused) {
		return h.showAs(w, r, http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	said := "已" + approval.Machine.ActName(d.Act) + "：" + c.Number + "。"
	switch d.Act {
	case "pass":
		said = "已同意，" + c.Number + " 已送下一级审核。"
	case "return":
		said = "已退回申请单位补正：" + c.Number + "。"
	}
	return web.Done(w, r, c.Link(), said)
}

// known keeps the reasons that stand in the list.
func known(posted []string) []string {
	var out []string
	for _, r := range approval.Reasons {
		if !r.Hidden && (slices.Contains(posted, r.ID) || slices.Contains(posted, r.Says)) {
			out = append(out, r.ID)
		}
	}
	return out
}

func (h *Handler) withdraw(w http.ResponseWriter, r *http.Request) error {
	why := strings.TrimSpace(r.PostFormValue("why"))
	if why == "" {
		return h.showAs(w, r, http.StatusUnprocessableEntity, fault.New(fault.Invalid, "没有填写撤回原因。").On("why", "请填写撤回原因"))
	}
	c, err := h.approvals.Withdraw(r.Context(), authz.ScopeFrom(r.Context()), approval.CaseID(r.PathValue("id")), why)
	if fault.Is(err, fault.Invalid) {
		return h.showAs(w, r, http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, c.Link(), "申请 "+c.Number+" 已撤回。")
}

// file hands out an attachment. The name is quoted for both old and new
// browsers; the content is never shown inside the console.
func (h *Handler) file(w http.ResponseWriter, r *http.Request) error {
	a, content, err := h.approvals.OpenAttachment(r.Context(), authz.ScopeFrom(r.Context()), h.store, approval.CaseID(r.PathValue("id")), r.PathValue("file"))
	if err != nil {
		return err
	}
	defer content.Close()
	w.Header().Set("Content-Type", a.MediaType)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": a.Name}))
	w.Header().Set("Content-Length", strconv.FormatInt(a.Size, 10))
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
	if _, err := io.Copy(w, content); err != nil {
		return fmt.Errorf("approvalweb: send %s: %w", a.ID, err)
	}
	return nil
}

// printView is GET /console/cases/{id}/print: the application on one A4 sheet.
type printView struct {
	Heading web.Heading
	Number  string
	Unit    string
	State   string
	Rows    [][]printed // one or two to a line
	Signs   []signBlock
	Back    web.Link
	Printed calendar.Date
}

// printed is one cell of the form with its name; a long one has the line to
// itself.
type printed struct {
	Name, Text string
	Long       bool
}

type signBlock struct{ Name, Opinion, Person, Date string }

// Title of the document.
func (v printView) Title() string { return v.Heading.Title + "（打印）" }

func newPrintView(n whole, today calendar.Date) printView {
	v := printView{Heading: web.Heading{Title: n.Shown.KindName + "表"}, Number: n.Case.Number, Unit: n.Case.UnitName, State: n.Case.StateName(),
		Rows: sheet(n), Back: web.Link{Text: "返回", Href: n.Case.Link()}, Printed: today}
	for _, st := range n.Steps {
		b := signBlock{Name: st.Name, Opinion: st.Opinion, Person: st.PersonName}
		if !st.DecidedAt.IsZero() {
			b.Date = calendar.DateOf(st.DecidedAt).Chinese()
			if st.Kind == approval.Consent {
				b.Date = "见签字页" // the day it was signed, not the day it was submitted
			} else {
				b.Opinion = strings.Join(nonEmpty(approval.Machine.ActName(st.Decision), st.Opinion), "：")
			}
		}
		v.Signs = append(v.Signs, b)
	}
	return v
}

// sheet lays the form out for one A4 page.
func sheet(n whole) [][]printed {
	const short = 20 // characters that fit half a line
	var cells []printed
	for _, f := range n.Shown.Facts {
		cells = append(cells, printed{f.Name, f.Text, len([]rune(f.Text)) > short})
	}
	var names, kept, broken []string
	for _, a := range n.Files {
		names = append(names, a.Name)
	}
	for _, v := range n.Shown.Verdicts {
		article := v.Citation[strings.LastIndexByte(v.Citation, ' ')+1:]
		switch {
		case !v.OK:
			broken = append(broken, "✗ "+article+" "+v.Note)
		case v.Lifted:
			broken = append(broken, "✓ "+article+"（例外）"+v.Note)
		case !slices.Contains(kept, "✓ "+article):
			kept = append(kept, "✓ "+article)
		}
	}
	cells = append(cells, printed{"附件", strings.Join(names, "；"), true}, printed{"规则核对", strings.Join(append(kept, broken...), "；"), true})
	var out [][]printed
	for _, c := range cells {
		last := len(out) - 1
		if !c.Long && last >= 0 && len(out[last]) == 1 && !out[last][0].Long {
			out[last] = append(out[last], c)
			continue
		}
		out = append(out, []printed{c})
	}
	for _, row := range out {
		if len(row) == 1 {
			row[0].Long = true // alone, it spans the line
		}
	}
	return out
}

var printPage = web.Define(views, "views/print.html", newPrintView(sampleWhole(approval.InReview), calendar.Date{Year: 2026, Month: 3, Day: 2}), newPrintView(sampleWhole(approval.Approved), calendar.Date{Year: 2026, Month: 3, Day: 2}),
	printView{Heading: web.Heading{Title: "<script>"}, Back: web.Link{Text: "返回", Href: casesPath}, Rows: [][]printed{{{Name: "<b>", Text: `"><script>`}}}})

func (h *Handler) print(w http.ResponseWriter, r *http.Request) error {
	n, err := h.whole(r)
	if err != nil {
		return err
	}
	return printPage.Render(w, r, newPrintView(n, web.FrameOf(r).Today))
}
