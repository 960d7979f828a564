package approvalweb

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/web"
)

// caseView is GET /console/cases/{id}.
type caseView struct {
	Heading  web.Heading
	Flow     web.Flow
	Steps    web.Steps
	Notice   []web.Alert
	Digest   web.Summary
	Facts    []web.Summary
	Checks   web.Breaches
	Requests web.Table
	Letters  web.Table
	Files    web.Table
	Related  web.Summary
	Due      web.Stat
	Timeline web.Timeline
	Forms    []web.Form // what the reader may do, the first first
}

// Title of the document.
func (v caseView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v caseView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "审批事项", Href: casesPath}, {Name: v.Heading.Above}}
}

// form is the one that posts there; nil when the page has none.
func (v *caseView) form(action string) *web.Form {
	for i := range v.Forms {
		if v.Forms[i].Action == action {
			return &v.Forms[i]
		}
	}
	return nil
}

// whole is a case with everything shown of it.
type whole struct {
	Case     approval.Case
	Steps    []approval.Step
	Opinions []approval.Opinion
	Files    []approval.Attachment
	Requests []approval.Request
	Letters  []approval.Letter
	Shown    approval.Presentation
}

// now is the step the case stands at.
func (n whole) now() (approval.Step, bool) {
	if n.Case.State != approval.InReview || n.Case.StepNo >= len(n.Steps) {
		return approval.Step{}, false
	}
	return n.Steps[n.Case.StepNo], true
}

func (h *Handler) whole(r *http.Request, id approval.CaseID) (whole, error) {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	var out whole
	var err error
	if out.Case, out.Steps, out.Opinions, err = h.approvals.Case(ctx, scope, id); err != nil {
		return out, err
	}
	if out.Shown, err = h.approvals.Present(ctx, scope, id); err != nil {
		return out, err
	}
	if out.Requests, err = h.approvals.Requests(ctx, scope, id); err != nil {
		return out, err
	}
	if out.Letters, err = h.approvals.LettersOf(ctx, scope, id); err != nil {
		return out, err
	}
	out.Files, err = approval.Attachments(ctx, h.db, "case", string(id))
	return out, err
}

// risks are what a leader must know before deciding, the gravest first.
func risks(n whole, today calendar.Date) []web.Tag {
	var danger, warn []web.Tag
	bad, lifted := 0, 0
	for _, v := range n.Shown.Verdicts {
		switch {
		case !v.OK:
			bad++
		case v.Lifted:
			lifted++
		}
	}
	if bad > 0 && n.Case.Open() {
		danger = append(danger, web.Tag{Kind: web.Danger, Text: fmt.Sprintf("%d 条规定不符合", bad)})
	}
	if lifted > 0 {
		warn = append(warn, web.Tag{Kind: web.Warn, Text: fmt.Sprintf("有 %d 项例外", lifted)})
	}
	if st, ok := n.now(); ok {
		if st.Vacant {
			danger = append(danger, web.Tag{Kind: web.Danger, Text: "审核岗位空缺"})
		}
		if due := web.DueTag(st.Due.On, today); due.Kind != web.Neutral {
			if due.Kind == web.Danger {
				danger = append(danger, due)
			} else {
				warn = append(warn, due)
			}
		}
		if st.Due.Provisional {
			warn = append(warn, web.Tag{Kind: web.Warn, Text: "时限暂定（当年放假安排未公布）"})
		}
	}
	if n.Case.Open() && n.Case.ApplicantGone(today) {
		danger = append(danger, web.Tag{Kind: web.Danger, Text: "申请单位已撤销"})
	}
	for _, s := range n.Shown.Short {
		warn = append(warn, web.Tag{Kind: web.Warn, Text: "缺少材料：" + s})
	}
	if len(n.Files) == 0 && len(n.Shown.Short) == 0 {
		warn = append(warn, web.Tag{Kind: web.Warn, Text: "没有附件"})
	}
	open, remarks, returned := 0, 0, 0
	for _, q := range n.Requests {
		switch {
		case q.State == approval.Asked && q.Kind == approval.Countersign:
			open++
		case q.Stance == "remarks":
			remarks++
		}
	}
	for _, o := range n.Opinions {
		if o.Act == "return" || o.Act == "send_back" {
			returned++
		}
	}
	if open > 0 && n.Case.Open() {
		warn = append(warn, web.Tag{Kind: web.Warn, Text: fmt.Sprintf("会签待答复 %d 个单位", open)})
	}
	if remarks > 0 {
		warn = append(warn, web.Tag{Kind: web.Warn, Text: fmt.Sprintf("%d 个单位有意见", remarks)})
	}
	if returned > 0 {
		warn = append(warn, web.Tag{Kind: web.Info, Text: fmt.Sprintf("曾退回 %d 次", returned)})
	}
	return append(danger, warn...)
}

// digestOf is what is asked, by whom, and what speaks for caution.
func digestOf(n whole, today calendar.Date) web.Summary {
	risk := web.Term{Name: "风险提示", Tags: risks(n, today)}
	if len(risk.Tags) == 0 {
		risk.Tags = []web.Tag{{Kind: web.Good, Text: "没有需要特别注意的情况"}}
	}
	d := web.Summary{Title: "要点", Terms: []web.Term{risk, {Name: "申请单位", Text: n.Case.UnitName}, {Name: "事项", Text: n.Shown.KindName}}}
	for _, f := range n.Shown.Facts {
		if len(d.Terms) >= 6 {
			break
		}
		if f.Text != "" && f.Text != n.Case.UnitName && f.Name != "联系人" && f.Name != "联系电话" {
			d.Terms = append(d.Terms, web.Term{Name: f.Name, Text: f.Text})
		}
	}
	if st, ok := n.now(); ok {
		text := st.Name
		if !st.Due.On.IsZero() {
			text += "，应于 " + st.Due.On.Chinese() + " 前办理"
		}
		d.Terms = append(d.Terms, web.Term{Name: "当前环节", Text: text})
	}
	for i := len(n.Opinions) - 1; i > 0; i-- {
		if o := n.Opinions[i]; o.Text != "" {
			d.Terms = append(d.Terms, web.Term{Name: "最近意见", Text: o.UnitName + " " + o.Signed() + "：" + strings.Join(nonEmpty(o.ActName(), o.Text), "，")})
			break
		}
	}
	return d
}

func flowOf(n whole) []web.Step {
	var out []web.Step
	for _, st := range n.Steps {
		s := web.Step{Name: strings.TrimPrefix(st.Name, st.UnitName), Who: st.UnitName, State: web.StepWaiting}
		if s.Name == "" {
			s.Name = st.Name
		}
		switch st.Kind {
		case approval.Consent:
			s.Name, s.Who = "主要负责同志同意", st.PersonName
		case approval.External:
			s.Name, s.Who = st.Name, st.Body
		}
		switch {
		case st.Decision == "return" || st.Decision == "refuse" || st.Decision == "record_refuse":
			s.State, s.Note = web.StepRefused, approval.Machine.ActName(st.Decision)
		case !st.DecidedAt.IsZero():
			s.State, s.Note = web.StepDone, web.Minute(st.DecidedAt)
		case st.No == n.Case.StepNo && n.Case.State == approval.InReview:
			s.State = web.StepNow
		}
		if !st.Expected.On.IsZero() {
			s.Note = "预计 " + st.Expected.On.String() + " 前办结"
			if st.Expected.Provisional {
				s.Note += "（暂定）"
			}
		}
		if st.Vacant {
			s.Note = strings.Join(nonEmpty("审核岗位空缺", s.Note), "；")
		}
		if st.Moved != "" {
			s.Note = strings.Join(nonEmpty(s.Note, "原由"+st.Moved+"办理"), "；")
		}
		out = append(out, s)
	}
	return out
}

var eventTones = map[string]web.Tone{"approve": web.Good, "record": web.Good, "record_pass": web.Good, "return": web.Warn, "send_back": web.Warn, "refuse": web.Danger, "record_refuse": web.Danger,
	"withdraw": web.Warn, "end": web.Warn, "vacant": web.Danger, "reroute": web.Warn}

func timelineOf(n whole) web.Timeline {
	t := web.Timeline{Title: "办理过程"}
	for i, o := range n.Opinions {
		e := web.Event{At: o.At, Title: o.ActName(), Who: o.Signed(), Unit: o.UnitName, Kind: eventTones[o.Act],
			Text: strings.Join(nonEmpty(strings.Join(approval.ReasonNames(o.Reasons), "、"), o.Text), "：")}
		if o.Batch != "" {
			e.Title += "（批量办理）"
		}
		if i > 0 {
			e.Took = o.At.Sub(n.Opinions[i-1].At)
		}
		t.Events = append(t.Events, e)
	}
	if st, ok := n.now(); ok {
		t.Next = st.Name
		if !st.Expected.On.IsZero() {
			t.Next += "（预计 " + st.Expected.On.String() + " 前）"
		}
	} else if n.Case.State == approval.Returned {
		t.Next = n.Case.UnitName + "补正后重新提交"
	}
	return t
}

func nonEmpty(list ...string) []string {
	return slices.DeleteFunc(list, func(s string) bool { return s == "" })
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

// fileKinds are the papers every case may have.
var fileKinds = map[string]string{"consent": "主要负责同志签字页", "external": "外部批复", "security_report": "安全检测报告"}

// paper is what a kind of paper is called, by the matter first.
func (n whole) paper(kind string) string {
	return cmp.Or(n.Shown.Papers[kind], fileKinds[kind], "其他材料")
}

func filesOf(n whole) web.Table {
	t := web.Table{Caption: "附件", Compact: true, Columns: []web.Column{{Head: "材料"}, {Head: "文件", Wide: true}, {Head: "大小"}, {Head: "上传人"}}, Empty: web.Empty{Title: "没有附件"}}
	for _, f := range n.Files {
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Text(n.paper(f.Kind)), web.Linked(f.Name, n.Case.Link()+"/files/"+url.PathEscape(f.ID)), web.Text(sizeText(f.Size)), web.Text(f.AddedBy)}})
	}
	return t
}

var stanceTones = map[string]web.Tone{"support": web.Good, "remarks": web.Warn, "none": web.Neutral}

func requestsOf(list []approval.Request, today calendar.Date) web.Table {
	t := web.Table{Caption: "会签和征求意见", Compact: true, Columns: []web.Column{{Head: "单位"}, {Head: "方式"}, {Head: "意见", Wide: true}, {Head: "答复人"}}, Empty: web.Empty{Title: "没有会签和征求意见"}}
	for _, q := range list {
		c := web.Cell{Text: q.Answer, Tags: []web.Tag{{Kind: stanceTones[q.Stance], Text: q.StateName()}}}
		if q.State == approval.Asked {
			c = web.Cell{Tags: []web.Tag{{Kind: web.Info, Text: "待答复"}, web.DueTag(q.Due, today)}, Note: q.Question}
		}
		who := web.Text(q.Signed())
		if !q.EndedAt.IsZero() && q.PersonName != "" {
			who.Note = web.Minute(q.EndedAt)
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Text(q.UnitName), web.Text(q.KindName()), c, who}})
	}
	return t
}

func lettersOf(list []approval.Letter) web.Table {
	t := web.Table{Caption: "文书", Compact: true, Columns: []web.Column{{Head: "文书", Wide: true}, {Head: "送达"}, {Head: "时间"}, {}}, Empty: web.Empty{Title: "没有文书"}}
	for _, l := range list {
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: l.Title(), Href: l.Link(), Note: l.Number}, web.Text(l.Addressee), web.When(l.IssuedAt),
			web.Acts(web.Link{Text: "DOCX", Href: l.Link() + "/file?as=docx", Note: l.Number}, web.Link{Text: "PDF", Href: l.Link() + "/file?as=pdf", Note: l.Number})}})
	}
	return t
}

// reader is who looks at a case and what they may do with it.
type reader struct {
	session   *authz.Session
	mayDecide bool
	mayEnd    bool
	today     calendar.Date
}

func newCaseView(n whole, who reader) caseView {
	c, today := n.Case, who.today
	v := caseView{
		Heading: web.Heading{Title: c.Title, Above: c.Number, Tags: []web.Tag{stateTag(c)}, Lead: c.UnitName + "，" + web.Minute(c.OpenedAt) + " 提交。",
			Acts: []web.Act{{Text: "打印审批表", Href: c.Link() + "/print"}}},
		Flow: web.Flow{Label: "审批流程图", Items: flowOf(n)}, Steps: web.Steps{Label: "审批流程", Items: flowOf(n)}, Digest: digestOf(n, today),
		Facts: summaries(n.Shown.Facts), Checks: checksOf(n.Shown), Timeline: timelineOf(n), Files: filesOf(n), Requests: requestsOf(n.Requests, today), Letters: lettersOf(n.Letters),
	}
	v.Related = web.Summary{Title: "相关记录"}
	for _, r := range n.Shown.Related {
		v.Related.Terms = append(v.Related.Terms, web.Term{Name: r.Name, Text: r.Text, Href: r.Href, Note: r.State})
	}
	for _, bad := range n.Shown.Verdicts {
		if !bad.OK && c.Open() {
			v.Notice = append(v.Notice, web.Alert{Kind: web.Danger, Title: "有规定不符合，批准时会被拒绝", Text: bad.Note + "依据：" + bad.Citation + "。"})
		}
	}
	if n.Shown.Result != "" {
		says := n.Shown.ResultSays
		if says == "" {
			says = "可以继续办理后续事项。"
		}
		v.Notice = append(v.Notice, web.Alert{Kind: web.Good, Title: "已批准", Text: says, Links: []web.Link{{Text: n.Shown.ResultName, Href: n.Shown.Result}}})
	}
	if c.Open() && c.ApplicantGone(today) {
		v.Notice = append(v.Notice, web.Alert{Kind: web.Warn, Title: "申请单位已撤销", Text: "“" + c.UnitName + "”已于 " + c.Gone.Chinese() + " 撤销。当前办理单位或批准单位可以终止本事项；由承接单位继续的，请承接单位重新申请。"})
	}
	if st, ok := n.now(); ok {
		tag := web.DueTag(st.Due.On, today)
		note := st.Name + "，应于 " + st.Due.On.Chinese() + " 前办理"
		if st.Due.Provisional {
			note += "（暂定）"
		}
		v.Due = web.Stat{Name: "当前步骤", Value: tag.Text, Kind: tag.Kind, Note: note}
		if st.Vacant {
			v.Notice = append(v.Notice, web.Alert{Kind: web.Danger, Title: "审核岗位空缺", Text: "“" + st.UnitName + "”现在没有可以办理本事项的审核人员，已告知上级单位；明确人选后即可办理，时限照常计算。"})
		}
		if who.mayDecide {
			v.Heading.Acts = append([]web.Act{{Text: "签批", Href: c.Link() + "/sign", Primary: true}, {Text: "会签或征求意见", Href: c.Link() + "/ask"}}, v.Heading.Acts...)
			if st.Kind == approval.External {
				v.Forms = append(v.Forms, externalForm(c, st))
			}
			v.Forms = append(v.Forms, decisionForm(c, st, n.Steps))
			if open := openRequests(n); len(open) > 0 {
				v.Forms = append(v.Forms, waiveForm(c, open))
			}
		}
	}
	for _, q := range n.Requests {
		if approval.MayAnswer(who.session, q) {
			v.Forms = append(v.Forms, answerForm(c, q))
			break // one at a time: each has its own form when the page is shown again
		}
	}
	if approval.MayAmend(who.session, c) && c.Open() {
		v.Forms = append(v.Forms, withdrawForm(c))
		if c.State == approval.Returned && n.Shown.Amend != "" {
			v.Heading.Acts = append([]web.Act{{Text: "补正后重新提交", Href: n.Shown.Amend, Primary: true}}, v.Heading.Acts...)
		}
	}
	if who.mayEnd {
		v.Forms = append(v.Forms, web.Form{Action: c.Link() + "/end", Sections: []web.Section{{Legend: "终止办理", Hint: "申请单位已撤销，终止后事项就此结束。", Fields: []web.Field{
			{Name: "end_why", Label: "说明", Max: 200}}}}, Buttons: []web.Button{{Label: "终止办理", Kind: web.Danger}}})
	}
	return v
}

func openRequests(n whole) []approval.Request {
	var out []approval.Request
	for _, q := range n.Requests {
		if q.State == approval.Asked && q.StepNo == n.Case.StepNo {
			out = append(out, q)
		}
	}
	return out
}

func sizeText(n int64) string {
	if n >= 1<<20 {
		return strconv.FormatFloat(float64(n)/(1<<20), 'f', 1, 64) + " MB"
	}
	return strconv.FormatInt((n+1023)/1024, 10) + " KB"
}

// phrases are picked into the opinion.
var phrases = []string{"同意。", "拟同意，请审定。", "材料齐全，符合条件，同意上报。", "经审核，符合规定，同意。", "请补充材料后重新提交。", "情况不清，请核实后再报。"}

func phraseField() web.Field {
	picks := []web.Option{{Label: "不使用常用意见"}}
	for _, s := range phrases {
		picks = append(picks, web.Option{Value: s, Label: s})
	}
	return web.Field{Kind: web.Select, Name: "phrase", Label: "常用意见", Options: picks, Hint: "意见留空时使用所选的常用意见"}
}

func reasonField() web.Field {
	f := web.Field{Kind: web.Checks, Name: "reason", Label: "退回或不予批准的理由（可多选）"}
	for _, r := range approval.Reasons {
		if !r.Hidden {
			f.Options = append(f.Options, web.Option{Value: r.ID, Label: r.Says, Hint: r.Citation[strings.LastIndexByte(r.Citation, ' ')+1:]})
		}
	}
	return f
}

// backField is where a return goes: the applicant, or an earlier office.
func backField(steps []approval.Step, at int) web.Field {
	f := web.Field{Kind: web.Select, Name: "to", Label: "退回到", Value: "0", Options: []web.Option{{Value: "0", Label: "申请单位补正"}}}
	for _, st := range steps {
		if st.No > 0 && st.No < at {
			f.Options = append(f.Options, web.Option{Value: strconv.Itoa(st.No), Label: st.Name + "（重新办理）"})
		}
	}
	return f
}

func actOptions(st approval.Step) []web.Option {
	var acts []web.Option
	switch st.Kind {
	case approval.Review:
		acts = []web.Option{{Value: "pass", Label: "同意上报", Hint: "送下一环节"}}
	case approval.Approve:
		acts = []web.Option{{Value: "approve", Label: "批准", Hint: "批准后立即生效，开始后续时限"}}
	}
	acts = append(acts, web.Option{Value: "return", Label: "退回补正", Hint: "退回申请单位或前面的环节，之后再送回来"})
	if st.Kind != approval.External {
		acts = append(acts, web.Option{Value: "refuse", Label: "不予批准", Hint: "申请就此结束"})
	}
	return acts
}

func decisionForm(c approval.Case, st approval.Step, steps []approval.Step) web.Form {
	return web.Form{Action: c.Link() + "/decide", Sticky: true, Key: "decide-" + string(c.ID), Sections: []web.Section{{Legend: "办理意见（" + st.Name + "）", Fields: []web.Field{
		{Kind: web.Radios, Name: "act", Label: "办理结果", Required: true, Options: actOptions(st)},
		phraseField(),
		{Kind: web.TextArea, Name: "opinion", Label: "意见", Max: 2000, Hint: "退回时写明要补正什么。"},
		reasonField(), backField(steps, st.No),
		{Kind: web.Hidden, Name: "step", Value: strconv.Itoa(c.StepNo)},
	}}}, Buttons: []web.Button{{Label: "提交办理意见"}}}
}

func externalForm(c approval.Case, st approval.Step) web.Form {
	fields := []web.Field{
		{Kind: web.Radios, Name: "result", Label: st.Body + "的答复", Required: true, Options: []web.Option{{Value: "agreed", Label: "同意"}, {Value: "refused", Label: "不予批准"}}},
		{Name: "document", Label: "文号", Required: true, Max: 100, Hint: "如 国办函〔2026〕3号"},
		{Kind: web.DateField, Name: "on", Label: "文件日期", Required: true, Narrow: true},
	}
	if st.Asks != "" {
		fields = append(fields, web.Field{Name: "value", Label: st.Asks, Max: 100, Hint: "同意时必填"})
	}
	fields = append(fields, web.Field{Kind: web.File, Name: "scan", Label: "文件扫描件", Accept: approval.Accept, Hint: "同意时必须上传；PDF 或图片，不超过 20 MB"},
		web.Field{Kind: web.TextArea, Name: "note", Label: "说明", Max: 2000, Hint: "不予批准时写明理由"},
		web.Field{Kind: web.Hidden, Name: "step", Value: strconv.Itoa(c.StepNo)})
	return web.Form{Action: c.Link() + "/external", Upload: true, Sections: []web.Section{{Legend: "登记外部答复（" + st.Body + "）", Fields: fields}}, Buttons: []web.Button{{Label: "登记答复"}}}
}

func withdrawForm(c approval.Case) web.Form {
	return web.Form{Action: c.Link() + "/withdraw", Sections: []web.Section{{Legend: "撤回申请", Hint: "撤回后申请就此结束，需要时可重新申请。", Fields: []web.Field{
		{Name: "why", Label: "撤回原因", Required: true, Max: 200}}}}, Buttons: []web.Button{{Label: "撤回申请", Kind: web.Danger}}}
}

var caseViewPage = web.Define(views, "views/case.html", sampleView(approval.InReview, true), sampleView(approval.Returned, false), sampleView(approval.Approved, false), sampleExternal(),
	caseView{Heading: web.Heading{Title: `<script>alert(1)</script>`, Above: `"><b>`}, Facts: []web.Summary{{Title: `"><i>`, Terms: []web.Term{{Name: "<b>", Text: "<b>"}}}}})

func (h *Handler) show(w http.ResponseWriter, r *http.Request) error {
	return h.showAs(w, r, http.StatusOK, nil)
}

// mayRead is who reads the case.
func (h *Handler) reader(r *http.Request, n whole) reader {
	session := authz.SessionFrom(r.Context())
	return reader{session: session, today: web.FrameOf(r).Today, mayEnd: h.approvals.MayEnd(session, n.Case, n.Steps),
		mayDecide: session.May(authz.CaseDecide) && h.approvals.MayDecide(r.Context(), session, n.Case, n.Steps) == nil}
}

// showAs shows the case; wrong is what refused the form just posted.
func (h *Handler) showAs(w http.ResponseWriter, r *http.Request, status int, wrong error) error {
	n, err := h.whole(r, approval.CaseID(r.PathValue("id")))
	if err != nil {
		return err
	}
	v := newCaseView(n, h.reader(r, n))
	if wrong != nil {
		form := v.form(r.URL.Path)
		if form == nil {
			return wrong // the form is gone: the fault's own page says why
		}
		form.Fill(r.PostForm)
		form.Wrong(wrong)
	}
	return caseViewPage.RenderStatus(w, r, status, v)
}

func (h *Handler) decide(w http.ResponseWriter, r *http.Request) error {
	d := approval.Decision{Act: r.PostFormValue("act"), Reasons: known(r.PostForm["reason"]), Opinion: opinionOf(r), StepNo: stepOf(r)}
	if to, err := strconv.Atoi(r.PostFormValue("to")); err == nil {
		d.ReturnTo = to
	}
	if d.Act == "approve" {
		if ok, err := web.Prove(w, r); !ok {
			return err
		}
	}
	c, err := h.approvals.Decide(r.Context(), authz.ScopeFrom(r.Context()), approval.CaseID(r.PathValue("id")), d)
	if typed(err) {
		if r.PostFormValue("from") == "sign" {
			return h.signAs(w, r, http.StatusUnprocessableEntity, err)
		}
		return h.showAs(w, r, http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	said := "已" + approval.Machine.ActName(d.Act) + "：" + c.Number + "。"
	switch {
	case d.Act == "pass" && c.Body != "":
		said = "已同意，" + c.Number + " 须报" + c.Body + "，请报送后登记答复，预计 " + c.Due.Chinese() + " 前。"
	case d.Act == "pass":
		said = "已同意，" + c.Number + " 已送" + c.AtUnitName + "，应于 " + c.Due.Chinese() + " 前办理。"
	case d.Act == "return" && d.ReturnTo > 0:
		said = "已退回前一环节重新办理：" + c.Number + "，通知书已送达。"
	case d.Act == "return":
		said = "已退回申请单位补正：" + c.Number + "，通知书已送达。"
	}
	return web.Done(w, r, c.Link(), said)
}

func opinionOf(r *http.Request) string {
	if o := strings.TrimSpace(r.PostFormValue("opinion")); o != "" {
		return o
	}
	return r.PostFormValue("phrase")
}

// known keeps the reasons that stand in the list, by code or by their words.
func known(posted []string) []string {
	var out []string
	for _, r := range approval.Reasons {
		if !r.Hidden && (slices.Contains(posted, r.ID) || slices.Contains(posted, r.Says)) {
			out = append(out, r.ID)
		}
	}
	return out
}

func (h *Handler) external(w http.ResponseWriter, r *http.Request) error {
	var f fault.Fields
	n := approval.Recorded{StepNo: stepOf(r), Document: r.PostFormValue("document"), Value: r.PostFormValue("value"), Note: r.PostFormValue("note")}
	n.On = dateOf(r, "on", "文件日期", &f)
	switch r.PostFormValue("result") {
	case "agreed":
	case "refused":
		n.Refused = true
	default:
		f.Add("result", "请选择同意或不予批准")
	}
	if err := f.Err(); err != nil {
		return h.showAs(w, r, http.StatusUnprocessableEntity, err)
	}
	if file, head, err := r.FormFile("scan"); err == nil {
		defer file.Close()
		a, err := approval.Take(r.Context(), h.store, approval.Upload{Kind: "external", Field: "scan", Name: head.Filename, Content: file})
		if typed(err) {
			return h.showAs(w, r, http.StatusUnprocessableEntity, err)
		}
		if err != nil {
			return err
		}
		n.File = &a
	}
	c, err := h.approvals.RecordExternal(r.Context(), authz.ScopeFrom(r.Context()), approval.CaseID(r.PathValue("id")), n)
	if typed(err) {
		return h.showAs(w, r, http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, c.Link(), "已登记外部答复："+c.Number+"，现在是“"+c.StateName()+"”。")
}

func (h *Handler) end(w http.ResponseWriter, r *http.Request) error {
	c, err := h.approvals.End(r.Context(), authz.ScopeFrom(r.Context()), approval.CaseID(r.PathValue("id")), r.PostFormValue("end_why"))
	if typed(err) {
		return h.showAs(w, r, http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, c.Link(), c.Number+" 已终止办理，通知书已生成。")
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
	return web.Done(w, r, c.Link(), "申请 "+c.Number+" 已撤回，撤回确认书在“文书”中。")
}
