package selfcheckweb

import (
	"embed"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/assessment"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/selfcheck"
	"zhengshu/internal/web"
)

//go:embed views/*.html
var views embed.FS

// Handler serves the screens.
type Handler struct {
	checks *selfcheck.Service
	db     db.Querier
	filing *assessment.Service
}

// Filing lets the office above make findings of problems that were found.
func (h *Handler) Filing(q db.Querier, a *assessment.Service) *Handler {
	h.db, h.filing = q, a
	return h
}

// New makes the handler.
func New(s *selfcheck.Service) *Handler { return &Handler{checks: s} }

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	const one = "/console/selfchecks/{unit}/{period}"
	return []web.Route{
		{Pattern: "GET /console/selfchecks", Permit: authz.ObligationRead, Handle: h.list},
		{Pattern: "GET " + one, Permit: authz.ObligationRead, Handle: h.one},
		{Pattern: "GET " + one + "/files/{file}", Permit: authz.ObligationRead, Handle: h.file},
		{Pattern: "POST " + one, Permit: authz.SelfCheckFill, Handle: h.fill, MaxBody: 60 << 20},
		{Pattern: "POST " + one + "/confirm", Permit: authz.SelfCheckAffirm, Handle: h.confirm},
		{Pattern: "POST " + one + "/return", Permit: authz.SelfCheckAffirm, Handle: h.giveBack},
		{Pattern: "POST " + one + "/problems/{problem}", Permit: authz.SelfCheckFill, Handle: h.mend},
	}
}

// listView is GET /console/selfchecks.
type listView struct {
	Heading web.Heading
	Filter  web.Filter
	Table   web.Table
	Pager   web.Pager
}

// Title of the document.
func (listView) Title() string { return "季度安全自查" }

// Crumbs of the page.
func (listView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "季度安全自查"}}
}

func stateTag(state string) web.Tag {
	switch state {
	case "":
		return web.Tag{Text: "未开始"}
	case selfcheck.Confirmed:
		return web.Tag{Kind: web.Good, Text: selfcheck.Machine.Name(state)}
	}
	return web.Tag{Kind: web.Info, Text: selfcheck.Machine.Name(state)}
}

func newListView(list []selfcheck.Check, total int, now string, today calendar.Date) listView {
	var periods []web.Option
	for i := range 6 {
		p := obligation.PeriodOf(obligation.Quarterly, today.AddMonths(-3*i))
		periods = append(periods, web.Option{Value: p.Key, Label: p.Name})
	}
	v := listView{Heading: web.Heading{Title: "季度安全自查", Lead: "有网站的主办单位每季度至少组织一次安全自查，季度末为期限。"},
		Filter: web.Filter{Action: "/console/selfchecks", Total: total, Fields: []web.Field{{Kind: web.Select, Name: "period", Label: "季度", Options: periods, Value: now}, {Kind: web.Check, Name: "open", Label: "只看未完成的"}}},
		Table:  web.Table{Caption: selfcheck.PeriodName(now) + "安全自查", Columns: []web.Column{{Head: "单位", Wide: true}, {Head: "状态"}, {Head: "期限"}, {Head: "填报"}, {Head: "分管领导确认"}}, Empty: web.Empty{Title: "这个季度没有应自查的单位", Text: "有网站在运行的单位，季度开始时自动列入。"}}}
	for _, c := range list {
		due := web.Day(c.Due.On)
		row := web.Row{}
		if !c.Ended {
			due = web.DueCell(c.Due.On, today)
			if c.Due.Missed(today) {
				row.Kind = web.Danger
			}
		}
		row.Cells = []web.Cell{web.Linked(c.UnitName, selfcheck.Link(c.Unit, c.Period)), web.Tagged(stateTag(c.State)), due, {Text: c.FilledBy, Note: web.Minute(c.SubmittedAt)}, {Text: c.Leader, Note: web.Minute(c.ConfirmedAt)}}
		v.Table.Rows = append(v.Table.Rows, row)
	}
	return v
}

var (
	sampleDay = calendar.Date{Year: 2026, Month: 3, Day: 20}
	sampleAt  = time.Date(2026, 3, 19, 2, 0, 0, 0, time.UTC)
)

func sampleCheck(state string) selfcheck.Check {
	c := selfcheck.Check{ID: "s1", Unit: "u1", UnitName: "西安市商务局", Period: "2026-Q1", State: state, Summary: "总体良好。", FilledBy: "李某", FilledByID: "p1", SubmittedAt: sampleAt, Due: calendar.Due{On: sampleDay.AddDays(11)},
		Answers: map[string]selfcheck.Answer{"backup": {Verdict: selfcheck.Fine}, "virus": {Verdict: selfcheck.Problem, Note: "病毒库未更新", Due: sampleDay}}}
	if state == selfcheck.Confirmed {
		c.Leader, c.LeaderTitle, c.ConfirmedAt, c.ConfirmedBy = "王某", "副局长", sampleAt, "赵某"
		c.Problems = []selfcheck.Trouble{{ID: "t1", Item: "virus", Says: "病毒库未更新", DueOn: sampleDay}, {ID: "t2", Says: "已改", DueOn: sampleDay, DoneAt: sampleAt, DoneBy: "李某", Evidence: "已更新"}}
	}
	return c
}

func hostileCheck() selfcheck.Check {
	return selfcheck.Check{ID: `"><script>`, Unit: `"><script>`, UnitName: "<script>", Period: "<b>", State: selfcheck.Filling, Summary: "</textarea><script>", FilledBy: "<i>", ReturnedWhy: "<script>", Answers: map[string]selfcheck.Answer{"backup": {Verdict: `"><b>`, Note: "</textarea><b>"}},
		Files: []approval.Attachment{{ID: `"`, Name: "<script>.pdf"}}}
}

var listPage = web.Define(views, "views/list.html",
	newListView(nil, 0, "2026-Q1", sampleDay),
	newListView([]selfcheck.Check{sampleCheck(""), sampleCheck(selfcheck.Submitted), sampleCheck(selfcheck.Confirmed)}, 3, "2026-Q1", sampleDay),
	newListView([]selfcheck.Check{hostileCheck()}, 1, `"><script>`, sampleDay),
)

const perPage = 50

func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	q, today := r.URL.Query(), web.FrameOf(r).Today
	now := q.Get("period")
	if now == "" {
		now = obligation.PeriodOf(obligation.Quarterly, today).Key
	}
	list, total, err := h.checks.Checks(r.Context(), authz.ScopeFrom(r.Context()), now, q.Has("open"), perPage, (web.PageOf(r)-1)*perPage)
	if err != nil {
		return err
	}
	v := newListView(list, total, now, today)
	v.Filter.Fill(q)
	v.Filter.Fields[0].Value = now
	v.Pager = web.PagerOf(r, total, perPage)
	return listPage.Render(w, r, v)
}

// oneView is GET /console/selfchecks/{unit}/{period}.
type oneView struct {
	Heading  web.Heading
	Alert    web.Alert
	Form     web.Form
	Summary  web.Summary
	Answers  web.Table
	Problems web.Table
	Mend     []web.Form
	Confirm  web.Form
	Return   web.Form
	Source   string
}

// Title of the document.
func (oneView) Title() string { return "季度安全自查" }

// Crumbs of the page.
func (oneView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "季度安全自查", Href: "/console/selfchecks"}, {Name: "自查表"}}
}

func newOneView(c selfcheck.Check, p selfcheck.Pack, fill, confirm bool, filing map[string]web.Link, today calendar.Date) oneView {
	at := "/console/selfchecks/" + url.PathEscape(string(c.Unit)) + "/" + url.PathEscape(c.Period)
	v := oneView{Heading: web.Heading{Above: selfcheck.PeriodName(c.Period), Title: c.UnitName + "安全自查", Tags: []web.Tag{stateTag(c.State)}},
		Source:  fmt.Sprintf("%s，第 %d 版。%s。", p.Title, p.Version, p.Source),
		Summary: web.Summary{Terms: []web.Term{{Name: "填报人", Text: c.FilledBy, Note: web.Minute(c.SubmittedAt)}, {Name: "分管领导", Text: strings.TrimSpace(c.Leader + " " + c.LeaderTitle), Note: web.Minute(c.ConfirmedAt)}}}}
	if len(c.Files) > 0 {
		t := web.Term{Name: "自查报告"}
		for _, f := range c.Files {
			t.Parts = append(t.Parts, web.Link{Text: f.Name, Href: at + "/files/" + url.PathEscape(f.ID)})
		}
		v.Summary.Terms = append(v.Summary.Terms, t)
	}
	if c.ReturnedWhy != "" && c.State == selfcheck.Filling {
		v.Alert = web.Alert{Kind: web.Warn, Title: "已退回", Text: c.ReturnedWhy}
	}
	if fill && (c.State == "" || c.State == selfcheck.Filling) {
		v.Form = web.Form{Action: at, Upload: true, Key: "selfcheck-" + string(c.Unit) + c.Period, Sticky: true, Buttons: []web.Button{{Label: "提交给分管领导确认", Name: "act", Value: "submit"}, {Label: "先保存", Name: "act", Value: "keep", Plain: true, Skip: true}}}
		for _, i := range p.Items {
			a := c.Answers[i.ID]
			hint := "依据：" + i.Basis
			if i.Unverified() {
				hint += "（未核实）"
			}
			v.Form.Sections = append(v.Form.Sections, web.Section{Legend: i.Group, Hint: hint, Fields: []web.Field{
				{Kind: web.Radios, Name: "verdict_" + i.ID, Label: i.Text, Value: a.Verdict, Options: []web.Option{{Value: selfcheck.Fine, Label: "符合"}, {Value: selfcheck.Problem, Label: "有问题"}, {Value: selfcheck.None, Label: "不涉及"}}},
				{Name: "note_" + i.ID, Label: "说明", Value: a.Note, Max: 500, Hint: "有问题或不涉及时填写"},
				{Kind: web.DateField, Name: "due_" + i.ID, Label: "整改期限", Value: a.Due.String(), Narrow: true, Hint: "有问题时填写"}}})
		}
		v.Form.Sections = append(v.Form.Sections, web.Section{Legend: "小结", Fields: []web.Field{
			{Kind: web.TextArea, Name: "summary", Label: "自查小结", Value: c.Summary, Rows: 5, Max: 4000},
			{Kind: web.File, Name: "files", Label: "自查报告", Multiple: true, Accept: approval.Accept, Hint: "最多 5 个，每个不超过 20 MB；可不传"}}})
	} else {
		v.Answers = web.Table{Caption: "自查结论", Columns: []web.Column{{Head: "项目", Wide: true}, {Head: "结论"}, {Head: "说明", Wide: true}, {Head: "依据"}}, Empty: web.Empty{Title: "还没有填报"}}
		for _, i := range p.Items {
			a, ok := c.Answers[i.ID]
			if !ok {
				continue
			}
			tag := web.Tag{Text: selfcheck.VerdictNames[a.Verdict]}
			switch a.Verdict {
			case selfcheck.Fine:
				tag.Kind = web.Good
			case selfcheck.Problem:
				tag.Kind = web.Danger
			}
			note := web.Cell{Text: a.Note}
			if !a.Due.IsZero() {
				note.Note = "整改期限 " + a.Due.String()
			}
			basis := web.Text(i.Basis)
			if i.Unverified() {
				basis.Tags = []web.Tag{{Kind: web.Warn, Text: "未核实"}}
			}
			v.Answers.Rows = append(v.Answers.Rows, web.Row{Cells: []web.Cell{{Text: i.Group, Note: i.Text}, web.Tagged(tag), note, basis}})
		}
		v.Summary.Terms = append(v.Summary.Terms, web.Term{Name: "小结", Text: c.Summary})
	}
	if len(c.Problems) > 0 {
		v.Problems = web.Table{Caption: "问题整改", Columns: []web.Column{{Head: "问题", Wide: true}, {Head: "期限"}, {Head: "整改", Wide: true}}}
		for n, t := range c.Problems {
			due, done := web.DueCell(t.DueOn, today), web.Cell{Text: "未完成"}
			if !t.DoneAt.IsZero() {
				due, done = web.Day(t.DueOn), web.Cell{Text: t.Evidence, Note: t.DoneBy + " " + web.Minute(t.DoneAt), Tags: []web.Tag{{Kind: web.Good, Text: "已整改"}}}
			} else if fill {
				v.Mend = append(v.Mend, web.Form{Action: at + "/problems/" + url.PathEscape(t.ID), Sections: []web.Section{{Legend: "整改：" + t.Says, Fields: []web.Field{{Kind: web.TextArea, Name: fmt.Sprintf("evidence_%d", n), Label: "怎样整改、依据", Required: true, Rows: 2, Max: 500}, {Kind: web.Hidden, Name: "at", Value: fmt.Sprint(n)}}}}, Buttons: []web.Button{{Label: "整改完成"}}})
			}
			if l := filing[t.ID]; l.Text != "" {
				done.Links = append(done.Links, l)
			}
			v.Problems.Rows = append(v.Problems.Rows, web.Row{Cells: []web.Cell{web.Text(t.Says), due, done}})
		}
	}
	if confirm && c.State == selfcheck.Submitted {
		v.Confirm = web.Form{Action: at + "/confirm", Sections: []web.Section{{Legend: "分管领导确认", Hint: "填报人本人不能确认。", Fields: []web.Field{{Name: "leader", Label: "分管领导姓名", Required: true, Max: 40, Narrow: true}, {Name: "leader_title", Label: "职务", Required: true, Max: 60, Narrow: true}}}}, Buttons: []web.Button{{Label: "确认自查结果"}}}
		v.Return = web.Form{Action: at + "/return", Sections: []web.Section{{Legend: "退回", Fields: []web.Field{{Kind: web.TextArea, Name: "why", Label: "退回原因", Required: true, Rows: 2, Max: 500}}}}, Buttons: []web.Button{{Label: "退回重填", Plain: true}}}
	}
	return v
}

func pack() selfcheck.Pack {
	p, err := selfcheck.Form()
	if err != nil {
		panic(err) // a broken embedded file is a broken build
	}
	return p
}

var onePage = web.Define(views, "views/one.html",
	newOneView(sampleCheck(""), pack(), false, false, nil, sampleDay),
	newOneView(sampleCheck(selfcheck.Filling), pack(), true, false, nil, sampleDay),
	newOneView(sampleCheck(selfcheck.Submitted), pack(), true, true, nil, sampleDay),
	newOneView(sampleCheck(selfcheck.Confirmed), pack(), true, true, nil, sampleDay),
	newOneView(hostileCheck(), pack(), true, true, map[string]web.Link{"t1": {Text: "列为问题", Href: "/console/orders/seen"}}, sampleDay),
)

func (h *Handler) view(r *http.Request) (oneView, error) {
	c, err := h.checks.Check(r.Context(), authz.ScopeFrom(r.Context()), org.UnitID(r.PathValue("unit")), r.PathValue("period"))
	if err != nil {
		return oneView{}, err
	}
	fill, confirm := selfcheck.May(authz.SessionFrom(r.Context()), c.Unit)
	if c.FilledByID == authz.SessionFrom(r.Context()).PersonID {
		confirm = false
	}
	filing, err := h.filingOf(r, c)
	return newOneView(c, pack(), fill, confirm, filing, web.FrameOf(r).Today), err
}

// filingOf leads from each problem to the form that makes a finding of it, or to
// the finding it became. The unit itself mends it by the self-check.
func (h *Handler) filingOf(r *http.Request, c selfcheck.Check) (map[string]web.Link, error) {
	if h.filing == nil || len(c.Problems) == 0 {
		return nil, nil
	}
	s := authz.SessionFrom(r.Context())
	var ids []string
	for _, t := range c.Problems {
		ids = append(ids, t.ID)
	}
	filed, err := h.filing.Filed(r.Context(), h.db, s.ScopeFor(authz.InspectionRead), "selfcheck", ids)
	if err != nil {
		return nil, err
	}
	out := map[string]web.Link{}
	for _, t := range c.Problems {
		if f, ok := filed[t.ID]; ok {
			out[t.ID] = web.Link{Text: "已列为问题", Href: f.Link, Note: t.Says}
		} else if s.May(authz.OrderIssue) && t.DoneAt.IsZero() {
			out[t.ID] = web.Link{Text: "列为问题", Href: "/console/orders/seen?from=" + url.QueryEscape("selfcheck:"+t.ID), Note: t.Says}
		}
	}
	return out, nil
}

// at is the address of the one the request names.
func at(r *http.Request) string {
	return selfcheck.Link(org.UnitID(url.PathEscape(r.PathValue("unit"))), url.PathEscape(r.PathValue("period")))
}

func (h *Handler) one(w http.ResponseWriter, r *http.Request) error {
	v, err := h.view(r)
	if err != nil {
		return err
	}
	return onePage.Render(w, r, v)
}

func (h *Handler) fill(w http.ResponseWriter, r *http.Request) error {
	n := selfcheck.Filled{Answers: map[string]selfcheck.Answer{}, Summary: r.PostFormValue("summary"), Submit: r.PostFormValue("act") == "submit"}
	var f fault.Fields
	for _, i := range pack().Items {
		a := selfcheck.Answer{Verdict: r.PostFormValue("verdict_" + i.ID), Note: r.PostFormValue("note_" + i.ID)}
		if text := strings.TrimSpace(r.PostFormValue("due_" + i.ID)); text != "" {
			d, err := calendar.ParseLoose(text)
			if err != nil {
				f.Add("due_"+i.ID, err.Error())
			}
			a.Due = d
		}
		n.Answers[i.ID] = a
	}
	err := f.Err()
	files, done, upErr := web.Attachments(r, "report", "files")
	defer done()
	if n.Files = files; err == nil {
		err = upErr
	}
	if err == nil {
		err = h.checks.Fill(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), org.UnitID(r.PathValue("unit")), r.PathValue("period"), n)
	}
	said := "已保存，尚未提交。"
	if n.Submit {
		said = "已提交，待分管领导确认后完成本季度自查。"
	}
	return onePage.Answer(w, r, err, at(r), said, h.view, func(v *oneView) *web.Form { return &v.Form })
}

func (h *Handler) confirm(w http.ResponseWriter, r *http.Request) error {
	err := h.checks.Confirm(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), org.UnitID(r.PathValue("unit")), r.PathValue("period"), r.PostFormValue("leader"), r.PostFormValue("leader_title"))
	return onePage.Answer(w, r, err, at(r), "已确认，本季度自查完成；问题按期限整改。", h.view, func(v *oneView) *web.Form { return &v.Confirm })
}

func (h *Handler) giveBack(w http.ResponseWriter, r *http.Request) error {
	err := h.checks.Return(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), org.UnitID(r.PathValue("unit")), r.PathValue("period"), r.PostFormValue("why"))
	return onePage.Answer(w, r, err, at(r), "已退回重填。", h.view, func(v *oneView) *web.Form { return &v.Return })
}

func (h *Handler) mend(w http.ResponseWriter, r *http.Request) error {
	evidence := r.PostFormValue("evidence_" + r.PostFormValue("at"))
	err := h.checks.Mend(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), org.UnitID(r.PathValue("unit")), r.PathValue("period"), r.PathValue("problem"), evidence)
	return onePage.Answer(w, r, err, at(r), "问题已整改。", h.view, func(v *oneView) *web.Form {
		for i := range v.Mend {
			if strings.HasSuffix(v.Mend[i].Action, "/"+url.PathEscape(r.PathValue("problem"))) {
				return &v.Mend[i]
			}
		}
		return nil
	})
}

func (h *Handler) file(w http.ResponseWriter, r *http.Request) error {
	a, content, err := h.checks.File(r.Context(), authz.ScopeFrom(r.Context()), org.UnitID(r.PathValue("unit")), r.PathValue("period"), r.PathValue("file"))
	return web.SendAttachment(w, a, content, err)
}
