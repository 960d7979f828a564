package approvalweb

import (
	"net/http"
	"strconv"
	"strings"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/web"
)

// signView is GET /console/cases/{id}/sign: digest, risk marks and one decision
// on a telephone. The buttons stay in view; each is the decision itself.
type signView struct {
	Heading web.Heading
	Form    web.Form
	More    []web.Link
}

// Title of the document.
func (v signView) Title() string { return "签批：" + v.Heading.Title }

// Crumbs of the page.
func (v signView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "审批事项", Href: casesPath + "?mine=todo"}, {Name: v.Heading.Above}}
}

func newSignView(n whole, who reader) signView {
	c := n.Case
	v := signView{Heading: web.Heading{Title: c.Title, Above: c.Number, Tags: []web.Tag{stateTag(c)}},
		More: []web.Link{{Text: "查看全部内容、材料和办理过程", Href: c.Link()}}}
	st, _ := n.now()
	digest := digestOf(n, who.today)
	section := web.Section{Notes: []web.Component{digest}}
	if t := requestsOf(n.Requests, who.today); len(t.Rows) > 0 {
		section.Notes = append(section.Notes, t)
	}
	var bad []web.Breach
	for _, b := range checksOf(n.Shown).Items {
		if !b.OK || b.Note != "" {
			bad = append(bad, b)
		}
	}
	if len(bad) > 0 {
		section.Notes = append(section.Notes, web.Breaches{Title: "需要注意的规定", Items: bad})
	}
	v.Form = web.Form{Action: c.Link() + "/decide", Sticky: true, Key: "decide-" + string(c.ID), Sections: []web.Section{section,
		{Legend: "办理意见", Fields: []web.Field{phraseField(), {Kind: web.TextArea, Name: "opinion", Label: "意见", Max: 2000, Rows: 2},
			{Kind: web.Hidden, Name: "step", Value: strconv.Itoa(c.StepNo)}, {Kind: web.Hidden, Name: "from", Value: "sign"}}},
		{Legend: "退回或不予批准时填写", Fields: []web.Field{reasonField(), backField(n.Steps, st.No)}}}}
	for i, act := range actOptions(st) {
		b := web.Button{Label: act.Label, Name: "act", Value: act.Value, Plain: i > 0}
		if act.Value == "refuse" {
			b.Plain, b.Kind = false, web.Danger
		}
		v.Form.Buttons = append(v.Form.Buttons, b)
	}
	if st.Kind == approval.External {
		v.More = append([]web.Link{{Text: "登记" + st.Body + "的答复", Href: c.Link()}}, v.More...)
	}
	return v
}

var signPage = web.Define(views, "views/sign.html", newSignView(sampleWhole(approval.InReview), sampleReader(true)), newSignView(sampleAsked(), sampleReader(true)),
	signView{Heading: web.Heading{Title: `<script>alert(1)</script>`, Above: `"><b>`}})

func (h *Handler) sign(w http.ResponseWriter, r *http.Request) error {
	return h.signAs(w, r, http.StatusOK, nil)
}

func (h *Handler) signAs(w http.ResponseWriter, r *http.Request, status int, wrong error) error {
	n, err := h.whole(r, approval.CaseID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if err := h.approvals.MayDecide(r.Context(), authz.SessionFrom(r.Context()), n.Case, n.Steps); err != nil {
		if wrong != nil {
			return wrong
		}
		return err
	}
	v := newSignView(n, h.reader(r, n))
	if wrong != nil {
		v.Form.Fill(r.PostForm)
		v.Form.Wrong(wrong)
	}
	return signPage.RenderStatus(w, r, status, v)
}

// askView is GET /console/cases/{id}/ask.
type askView struct {
	Heading web.Heading
	Find    web.Filter
	Form    web.Form
}

// Title of the document.
func (v askView) Title() string { return "会签或征求意见" }

// Crumbs of the page.
func (v askView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "审批事项", Href: casesPath}, {Name: v.Heading.Above}, {Name: "会签或征求意见"}}
}

func newAskView(c approval.Case, bodies []approval.CoRegulator, found []web.Option, text string) askView {
	v := askView{Heading: web.Heading{Title: "会签或征求意见", Above: c.Number, Lead: c.Title},
		Find: web.Filter{Action: c.Link() + "/ask", Total: -1, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "查找单位（名称或拼音首字母）", Value: text, Max: 40}}}}
	var options []web.Option
	seen := map[string]bool{}
	for _, b := range bodies {
		o := web.Option{Value: string(b.Unit), Label: b.Name + "：" + b.Body, Hint: "协同监管单位"}
		if b.Unit == "" {
			o = web.Option{Value: "none-" + string(b.Role), Label: b.Name, Hint: "本地区和上级都没有登记这类单位的人员", Disabled: true}
		}
		if !seen[o.Value] {
			options = append(options, o)
		}
		seen[o.Value] = true
	}
	for _, o := range found {
		if !seen[o.Value] {
			options = append(options, o)
		}
		seen[o.Value] = true
	}
	v.Form = web.Form{Action: c.Link() + "/ask", Sections: []web.Section{{Legend: "请哪些单位提出意见", Fields: []web.Field{
		{Kind: web.Checks, Name: "unit", Label: "单位", Options: options},
		{Kind: web.Radios, Name: "kind", Label: "方式", Required: true, Value: approval.Advice, Options: []web.Option{
			{Value: approval.Advice, Label: "征求意见", Hint: "供参考，不影响办理"}, {Value: approval.Countersign, Label: "会签", Hint: "全部答复或写明理由免除后才能继续办理"}}},
		{Kind: web.TextArea, Name: "question", Label: "需要对方答复的问题", Max: 2000},
		{Kind: web.DateField, Name: "due", Label: "答复期限", Narrow: true, Hint: "留空按默认期限"},
		{Kind: web.Hidden, Name: "step", Value: strconv.Itoa(c.StepNo)},
	}}}, Buttons: []web.Button{{Label: "发出"}}, Cancel: web.Link{Text: "返回", Href: c.Link()}}
	return v
}

var sampleBodies = []approval.CoRegulator{{Role: authz.Publicity, Name: "宣传部门", Unit: "U1", Body: "中共西安市委宣传部"}, {Role: authz.Telecom, Name: "通信管理部门"}}

var askPage = web.Define(views, "views/ask.html", newAskView(sampleCase(approval.InReview), nil, nil, ""),
	newAskView(sampleCase(approval.InReview), sampleBodies, []web.Option{{Value: "U2", Label: "西安市司法局"}}, "司法"),
	newAskView(approval.Case{ID: `"><script>`, Title: `<script>`, Number: `"><b>`}, nil, []web.Option{{Value: `"><i>`, Label: `<script>alert(1)</script>`}}, `"><script>`))

func (h *Handler) showAsk(w http.ResponseWriter, r *http.Request) error {
	return h.askAs(w, r, http.StatusOK, nil)
}

func (h *Handler) askAs(w http.ResponseWriter, r *http.Request, status int, wrong error) error {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	id := approval.CaseID(r.PathValue("id"))
	c, steps, _, err := h.approvals.Case(ctx, scope, id)
	if err != nil {
		return err
	}
	if err := h.approvals.MayDecide(ctx, authz.SessionFrom(ctx), c, steps); err != nil {
		return err
	}
	bodies, err := h.approvals.CoRegulators(ctx, scope, id)
	if err != nil {
		return err
	}
	q := strings.TrimSpace(r.URL.Query().Get("q"))
	var found []web.Option
	units, err := h.approvals.Askable(ctx, scope, q, 30)
	if err != nil {
		return err
	}
	for _, u := range units {
		if u.ID != c.Unit && u.ID != c.AtUnit {
			found = append(found, web.Option{Value: string(u.ID), Label: u.Name, Hint: u.AreaName})
		}
	}
	v := newAskView(c, bodies, found, q)
	if wrong != nil {
		v.Form.Fill(r.PostForm)
		v.Form.Wrong(wrong)
	}
	return askPage.RenderStatus(w, r, status, v)
}

func (h *Handler) ask(w http.ResponseWriter, r *http.Request) error {
	var f fault.Fields
	n := approval.Question{StepNo: stepOf(r), Kind: r.PostFormValue("kind"), Text: r.PostFormValue("question"), Due: dateOf(r, "due", "答复期限", &f)}
	for _, u := range r.PostForm["unit"] {
		n.Units = append(n.Units, org.UnitID(u))
	}
	err := f.Err()
	var list []approval.Request
	if err == nil {
		list, err = h.approvals.Ask(r.Context(), authz.ScopeFrom(r.Context()), approval.CaseID(r.PathValue("id")), n)
	}
	if typed(err) {
		return h.askAs(w, r, http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, casesPath+"/"+r.PathValue("id"), "已向 "+strconv.Itoa(len(list))+" 个单位发出，应于 "+list[0].Due.Chinese()+" 前答复。")
}

func waiveForm(c approval.Case, open []approval.Request) web.Form {
	f := web.Field{Kind: web.Select, Name: "request", Label: "单位", Required: true}
	for _, q := range open {
		f.Options = append(f.Options, web.Option{Value: q.ID, Label: q.UnitName + "（" + q.KindName() + "）"})
	}
	return web.Form{Action: c.Link() + "/waive", Sections: []web.Section{{Legend: "不再等待答复", Fields: []web.Field{f, {Name: "waive_why", Label: "理由", Required: true, Max: 200}}}},
		Buttons: []web.Button{{Label: "免除这个单位的答复", Plain: true}}}
}

func (h *Handler) waive(w http.ResponseWriter, r *http.Request) error {
	q, err := h.approvals.Waive(r.Context(), authz.ScopeFrom(r.Context()), approval.CaseID(r.PathValue("id")), r.PostFormValue("request"), r.PostFormValue("waive_why"))
	if typed(err) {
		return h.showAs(w, r, http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, casesPath+"/"+r.PathValue("id"), "不再等待"+q.UnitName+"的答复，理由已记入办理过程。")
}

func answerForm(c approval.Case, q approval.Request) web.Form {
	f := web.Field{Kind: web.Radios, Name: "stance", Label: "意见", Required: true}
	for _, s := range approval.Stances {
		f.Options = append(f.Options, web.Option{Value: s.ID, Label: s.Name})
	}
	hint := q.AskerName + "请" + q.UnitName + "于 " + q.Due.Chinese() + " 前答复。"
	if q.Question != "" {
		hint += "问题：" + q.Question
	}
	if q.Kind == approval.Advice {
		hint += "意见供参考，不影响办理权限。"
	}
	return web.Form{Action: c.Link() + "/answer", Sections: []web.Section{{Legend: "答复" + q.KindName(), Hint: hint, Fields: []web.Field{f,
		{Kind: web.TextArea, Name: "answer", Label: "具体意见", Max: 2000, Hint: "有意见时必填"}, {Kind: web.Hidden, Name: "request", Value: q.ID}}}},
		Buttons: []web.Button{{Label: "答复"}}}
}

func (h *Handler) answer(w http.ResponseWriter, r *http.Request) error {
	q, err := h.approvals.Answer(r.Context(), authz.SessionFrom(r.Context()), approval.CaseID(r.PathValue("id")), r.PostFormValue("request"),
		approval.Answer{Stance: r.PostFormValue("stance"), Text: r.PostFormValue("answer")})
	if typed(err) {
		return h.showAs(w, r, http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, casesPath+"/"+string(q.Case), "已答复"+q.AskerName+"："+approval.StanceName(q.Stance)+"。")
}

const advicePath = "/console/advice"

// adviceList is GET /console/advice: what was asked of the person's units.
type adviceList struct {
	Heading web.Heading
	Tabs    web.Tabs
	ToDo    web.Table
	Done    web.Table
}

// Title of the document.
func (adviceList) Title() string { return "会签和征求意见" }

// Crumbs of the page.
func (adviceList) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "审批事项", Href: casesPath}, {Name: "会签和征求意见"}}
}

func newAdviceList(todo, done []approval.Request, who reader) adviceList {
	columns := []web.Column{{Head: "事项", Wide: true}, {Head: "方式"}, {Head: "来自"}, {Head: "答复期限"}}
	v := adviceList{Heading: web.Heading{Title: "会签和征求意见", Lead: "其他单位请本单位提出意见的审批事项。"}, Tabs: caseTabs("advice", true),
		ToDo: web.Table{Caption: "等待答复", Columns: columns, Empty: web.Empty{Title: "没有等待答复的事项", Text: "有单位征求意见时会出现在这里，并收到消息。"}},
		Done: web.Table{Caption: "我答复过的", Columns: []web.Column{{Head: "事项", Wide: true}, {Head: "方式"}, {Head: "来自"}, {Head: "意见"}, {Head: "答复时间"}}, Empty: web.Empty{Title: "还没有答复过"}}}
	for _, q := range todo {
		v.ToDo.Rows = append(v.ToDo.Rows, web.Row{Cells: []web.Cell{{Text: q.CaseTitle, Href: casesPath + "/" + string(q.Case), Note: q.CaseNumber}, web.Text(q.KindName()), web.Text(q.AskerName), web.DueCell(q.Due, who.today)}})
	}
	for _, q := range done {
		v.Done.Rows = append(v.Done.Rows, web.Row{Cells: []web.Cell{{Text: q.CaseTitle, Href: casesPath + "/" + string(q.Case), Note: q.CaseNumber}, web.Text(q.KindName()), web.Text(q.AskerName),
			{Tags: []web.Tag{{Kind: stanceTones[q.Stance], Text: q.StateName()}}, Note: q.Answer}, web.When(q.EndedAt)}})
	}
	return v
}

var advicePage = web.Define(views, "views/advice.html", newAdviceList(nil, nil, sampleReader(false)), newAdviceList(sampleAsked().Requests, sampleAsked().Requests, sampleReader(false)),
	newAdviceList([]approval.Request{{Case: `"><script>`, CaseTitle: `<script>alert(1)</script>`, AskerName: `"><b>`}}, nil, sampleReader(false)))

func (h *Handler) advice(w http.ResponseWriter, r *http.Request) error {
	session := authz.SessionFrom(r.Context())
	todo, err := h.approvals.Inbox(r.Context(), session, 200)
	if err != nil {
		return err
	}
	done, err := h.approvals.AnsweredBy(r.Context(), session, 50)
	if err != nil {
		return err
	}
	return advicePage.Render(w, r, newAdviceList(todo, done, reader{session: session, today: web.FrameOf(r).Today}))
}
