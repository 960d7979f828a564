package lettersweb

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/letters"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/rules"
	"zhengshu/internal/web"
)

// letterView is GET /console/letters/{id}.
type letterView struct {
	Heading  web.Heading
	Wrong    web.ErrorSummary
	Alerts   []web.Alert
	Title    string
	Body     []string // lines
	Revealed bool
	Rounds   []roundView
	Facts    web.Summary
	Acts     []actForm
	Timeline web.Timeline

	number string
}

type roundView struct {
	Name   string
	Answer []string
	Public bool
	PTitle string
	PBody  []string
	PReply []string
	Facts  web.Summary
}

// actForm is one thing that can be done, folded unless it is the next step.
type actForm struct {
	Title string
	Open  bool
	Form  web.Form
}

// Crumbs of the page.
func (v letterView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: home}, {Name: "来信办理", Href: queuePath}, {Name: v.number}}
}

// facts of one letter beside the letter itself.
type file struct {
	letter     letters.Letter
	rounds     []letters.AnswerRound
	steps      []passage.Step
	duplicates []letters.Duplicate
	others     int
	revealed   bool
}

func newLetterView(x file, s *authz.Session, today calendar.Date) letterView {
	l := x.letter
	v := letterView{
		number:  l.Number,
		Heading: web.Heading{Title: "来信 " + l.Number, Above: l.Type.Name() + " · " + l.SiteName, Tags: []web.Tag{stateTag(l)}},
		Title:   l.Title, Body: lines(l.Body), Revealed: x.revealed,
	}
	if !l.AnsweredAt.IsZero() {
		v.Heading.Acts = []web.Act{{Text: "答复 DOCX", Href: l.Link() + "/file?as=docx"}, {Text: "答复 PDF", Href: l.Link() + "/file?as=pdf"}}
	}
	if l.Open() {
		v.Heading.Tags = append(v.Heading.Tags, web.DueTag(l.Due.On, today))
	}
	for _, reason := range rules.Reasons(l.Breaches(today)) {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Danger, Title: "超过答复时限", Text: reason.Says + "（" + reason.Citation + "）"})
	}
	if !l.WithdrawnOn.IsZero() {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: "已退出统计", Text: l.WithdrawnOn.Chinese() + "：" + l.WithdrawnWhy, Links: []web.Link{{Text: "查看测试信件", Href: "/console/blind-letters"}}})
	}
	if len(x.duplicates) > 0 && l.Open() {
		a := web.Alert{Kind: web.Warn, Title: "可能是重复来信", Text: "同一来信人 30 天内有内容相近的来信，请核对："}
		for _, d := range x.duplicates {
			a.Links = append(a.Links, web.Link{Text: fmt.Sprintf("%s（%s，相似 %d%%）", d.Number, d.StateName, d.Percent), Href: queuePath + "/" + string(d.ID)})
		}
		v.Alerts = append(v.Alerts, a)
	}
	if x.others > 0 && l.Open() {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: "文字相同的来信", Text: fmt.Sprintf("另有 %d 封不同来信人的来信文字与此相同，可能是集体反映，也可能是集中投送。", x.others)})
	}
	consent := "不同意公开，只答复本人"
	if l.PublicConsent {
		consent = "同意隐去个人信息后公开"
	}
	v.Facts = web.Summary{Title: "基本情况", Terms: []web.Term{
		{Name: "姓名", Text: l.Contact.Name}, {Name: "电话", Text: l.Contact.Phone}, {Name: "邮箱", Text: or(l.Contact.Email, "未填")},
		{Name: "是否公开", Text: consent}, {Name: "收到", Text: web.Minute(l.ReceivedAt)}, {Name: "答复时限", Text: l.Due.On.Chinese() + provisional(l.Due)},
		{Name: "收信单位", Text: l.UnitName}, {Name: "承办", Text: strings.TrimSpace(l.HandlerUnitName + " " + l.HandlerName)},
	}}
	if l.Reason != "" {
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "告知来信人", Text: l.Reason})
	}
	for _, a := range x.rounds {
		v.Rounds = append(v.Rounds, newRoundView(a))
	}
	for _, st := range x.steps {
		v.Timeline.Events = append(v.Timeline.Events, web.Event{At: st.At, Title: letters.Machine.ActName(st.Act), Who: or(st.ActorName, "来信人"), Text: st.Note})
	}
	v.Timeline.Title = "办理经过"
	v.Acts = acts(x, s)
	return v
}

func newRoundView(a letters.AnswerRound) roundView {
	verdict := "待审核"
	switch a.Verdict {
	case "pass":
		verdict = "审核通过"
	case "return":
		verdict = "退回修改"
	}
	out := roundView{Name: fmt.Sprintf("第 %d 稿", a.Round), Answer: lines(a.Draft.Answer), Public: a.Draft.PublicBody != "",
		PTitle: a.Draft.PublicTitle, PBody: lines(a.Draft.PublicBody), PReply: lines(a.Draft.PublicAnswer),
		Facts: web.Summary{Terms: []web.Term{{Name: "起草", Text: a.Drafter + " " + web.Minute(a.At)}, {Name: "审核", Text: strings.TrimSpace(a.Reviewer + " " + web.Minute(a.ReviewedAt) + " " + verdict)}}}}
	if a.Opinion != "" {
		out.Facts.Terms = append(out.Facts.Terms, web.Term{Name: "审核意见", Text: a.Opinion})
	}
	return out
}

// lines splits typed text, empty lines aside.
func lines(s string) []string {
	var out []string
	for l := range strings.Lines(s) {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return out
}

func or(s, none string) string {
	if s == "" {
		return none
	}
	return s
}

func provisional(d calendar.Due) string {
	if d.Provisional {
		return "（节假日安排未公布，暂定）"
	}
	return ""
}

func area(name, label, hint string) web.Field {
	return web.Field{Kind: web.TextArea, Name: name, Label: label, Hint: hint, Required: true, Rows: 3, Max: 500}
}

// acts are the forms of what this person may do now.
func acts(x file, s *authz.Session) []actForm {
	l := x.letter
	base := l.Link()
	var out []actForm
	add := func(permit authz.Permission, act string, open bool, f actForm) {
		if s.May(permit) && letters.Machine.Can(l.State, act) {
			f.Open = open
			out = append(out, f)
		}
	}
	button := func(path string, b ...web.Button) web.Form { return web.Form{Action: base + path, Buttons: b} }
	one := func(path string, b web.Button, fields ...web.Field) web.Form {
		return web.Form{Action: base + path, Buttons: []web.Button{b}, Sections: []web.Section{{Fields: fields}}}
	}
	add(authz.LetterScreen, "accept", true, actForm{Title: "受理", Form: button("/accept", web.Button{Label: "受理这封来信"})})
	if l.State == letters.Accepted || l.State == letters.Assigned {
		label := "选择承办单位和人员"
		add(authz.LetterScreen, "assign", l.State == letters.Accepted, actForm{Title: or(map[string]string{letters.Assigned: "改派"}[l.State], "分办"),
			Form: web.Form{Action: base + "/assign", Method: "get", Buttons: []web.Button{{Label: label}}}})
	}
	add(authz.LetterAnswer, "draft", true, actForm{Title: "答复", Form: web.Form{Action: base + "/answer", Method: "get", Buttons: []web.Button{{Label: "起草答复"}}}})
	if len(x.rounds) > 0 {
		review := one("/review", web.Button{}, web.Field{Kind: web.Hidden, Name: "sha", Value: x.rounds[0].SHA256},
			web.Field{Kind: web.TextArea, Name: "opinion", Label: "审核意见", Rows: 3, Max: 500, Hint: "退回时必填；超期答复时须说明原因"})
		review.Buttons = []web.Button{{Label: "通过并答复来信人", Name: "verdict", Value: "pass"}, {Label: "退回修改", Name: "verdict", Value: "return", Plain: true}}
		add(authz.LetterReview, "answer", true, actForm{Title: "审核答复", Form: review})
	}
	add(authz.LetterReview, "confirm_invalid", true, actForm{Title: "复核“不予受理”", Form: button("/invalid/decide",
		web.Button{Label: "同意不予受理", Name: "agree", Value: "yes", Kind: web.Danger}, web.Button{Label: "退回重新受理", Name: "agree", Value: "no", Plain: true})})
	if l.PublicConsent {
		add(authz.LetterReview, "publish", true, actForm{Title: "公开", Form: button("/publish", web.Button{Label: "公开来信和答复"})})
	}
	add(authz.LetterReview, "conclude", !l.PublicConsent || l.State == letters.Published, actForm{Title: "办结", Form: button("/conclude", web.Button{Label: "办结"})})
	add(authz.LetterScreen, "redirect", false, actForm{Title: "告知其他渠道", Form: one("/redirect", web.Button{Label: "告知来信人并结束"},
		area("advice", "应走的渠道", "信访、纪检监察、诉讼、仲裁等事项，写明向谁反映、怎样联系；这段话会给来信人看"))})
	add(authz.LetterScreen, "propose_invalid", false, actForm{Title: "不予受理", Form: one("/invalid", web.Button{Label: "提出不予受理", Kind: web.Danger},
		area("invalid_reason", "不予受理的理由", "由另一人复核后生效；这段话会给来信人看"))})
	add(authz.LetterReview, "take_down", false, actForm{Title: "撤下公开", Form: one("/take-down", web.Button{Label: "撤下公开", Kind: web.Danger},
		area("down_reason", "撤下的理由", "留在办理经过中"))})
	if s.May(authz.LetterPersonal) && !x.revealed {
		out = append(out, actForm{Title: "查看来信人联系方式", Form: one("/reveal", web.Button{Label: "查看并留痕", Plain: true},
			area("reveal_reason", "查看理由", fmt.Sprintf("理由、姓名和时间记入审计；每人每天最多查看 %d 封", letters.RevealsPerDay)))})
	}
	return out
}

// load reads everything on the page.
func (h *Handler) load(r *http.Request) (file, error) {
	ctx, scope, id := r.Context(), authz.SessionFrom(r.Context()).ScopeFor(authz.LetterRead), idOf(r)
	var x file
	var err error
	if x.letter, err = h.letters.Letter(ctx, scope, id); err != nil {
		return x, err
	}
	if x.rounds, err = h.letters.Answers(ctx, scope, id); err != nil {
		return x, err
	}
	if x.steps, err = h.letters.History(ctx, scope, id); err != nil {
		return x, err
	}
	x.duplicates, x.others, err = h.letters.Duplicates(ctx, scope, id)
	return x, err
}

func (h *Handler) show(w http.ResponseWriter, r *http.Request) error {
	x, err := h.load(r)
	if err != nil {
		return err
	}
	return letterPage.Render(w, r, newLetterView(x, authz.SessionFrom(r.Context()), web.FrameOf(r).Today))
}

// file is the answer as a document in the official layout.
func (h *Handler) file(w http.ResponseWriter, r *http.Request) error {
	p, err := h.letters.Paper(r.Context(), authz.ScopeFrom(r.Context()), idOf(r))
	if err != nil {
		return err
	}
	return web.SendDocument(w, r, p.Document(), "答复", "答复-"+p.Number)
}

// renamed gives the fields of a fault the names they have on the page.
func renamed(err error, field string) error {
	f := fault.Of(err)
	if f.Kind == fault.Internal {
		return err
	}
	c := *f
	c.Fields = nil
	for _, x := range f.Fields {
		if x.Name == "reason" {
			x.Name = field
		}
		c.Fields = append(c.Fields, x)
	}
	return &c
}

// finish ends an act: on to the letter, or the page again with the refused
// form as it was typed.
func (h *Handler) finish(w http.ResponseWriter, r *http.Request, l letters.Letter, err error, field, saidDone string) error {
	if err == nil {
		return web.Done(w, r, l.Link(), saidDone)
	}
	if !askable(err) {
		return err
	}
	err = renamed(err, field)
	x, readErr := h.load(r)
	if readErr != nil {
		return readErr
	}
	v := newLetterView(x, authz.SessionFrom(r.Context()), web.FrameOf(r).Today)
	shown := false
	for i := range v.Acts {
		f := &v.Acts[i].Form
		if f.Action != r.URL.Path {
			continue
		}
		f.Fill(r.PostForm)
		if sha := f.Field("sha"); sha != nil && len(x.rounds) > 0 {
			sha.Value = x.rounds[0].SHA256 // what the page shows now
		}
		f.Wrong(err)
		v.Acts[i].Open, shown = true, true
	}
	if !shown { // the act is no longer offered: somebody else was first
		var f web.Form
		f.Wrong(err)
		v.Wrong = f.Summary
	}
	return letterPage.RenderStatus(w, r, status(err), v)
}

func (h *Handler) accept(w http.ResponseWriter, r *http.Request) error {
	l, err := h.letters.Accept(r.Context(), authz.ScopeFrom(r.Context()), idOf(r))
	return h.finish(w, r, l, err, "", "已受理，请分办给承办单位。")
}

func (h *Handler) proposeInvalid(w http.ResponseWriter, r *http.Request) error {
	l, err := h.letters.ProposeInvalid(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), r.PostFormValue("invalid_reason"))
	return h.finish(w, r, l, err, "invalid_reason", "已提出不予受理，待另一人复核。")
}

func (h *Handler) decideInvalid(w http.ResponseWriter, r *http.Request) error {
	agree := r.PostFormValue("agree") == "yes"
	l, err := h.letters.DecideInvalid(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), agree)
	done := "已退回，请重新受理。"
	if agree {
		done = "已决定不予受理，理由已告知来信人。"
	}
	return h.finish(w, r, l, err, "", done)
}

func (h *Handler) redirect(w http.ResponseWriter, r *http.Request) error {
	l, err := h.letters.Redirect(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), r.PostFormValue("advice"))
	return h.finish(w, r, l, err, "advice", "已告知来信人应走的渠道。")
}

func (h *Handler) review(w http.ResponseWriter, r *http.Request) error {
	v := letters.Verdict{Pass: r.PostFormValue("verdict") == "pass", SHA256: r.PostFormValue("sha"), Opinion: r.PostFormValue("opinion")}
	l, err := h.letters.Review(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), v)
	done := "已退回起草人修改。"
	if v.Pass {
		done = "已答复来信人，答复时限已办结。"
	}
	return h.finish(w, r, l, err, "opinion", done)
}

func (h *Handler) publish(w http.ResponseWriter, r *http.Request) error {
	l, err := h.letters.Publish(r.Context(), authz.ScopeFrom(r.Context()), idOf(r))
	return h.finish(w, r, l, err, "", "已在网站公开，个人信息已隐去。")
}

func (h *Handler) takeDown(w http.ResponseWriter, r *http.Request) error {
	l, err := h.letters.TakeDown(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), r.PostFormValue("down_reason"))
	return h.finish(w, r, l, err, "down_reason", "已撤下公开。")
}

func (h *Handler) conclude(w http.ResponseWriter, r *http.Request) error {
	l, err := h.letters.Conclude(r.Context(), authz.ScopeFrom(r.Context()), idOf(r))
	return h.finish(w, r, l, err, "", "已办结。")
}

// reveal answers with the page itself: nothing of it may stand in an address
// or be opened again without a new reason.
func (h *Handler) reveal(w http.ResponseWriter, r *http.Request) error {
	open, err := h.letters.Reveal(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), r.PostFormValue("reveal_reason"))
	if err != nil {
		return h.finish(w, r, open, err, "reveal_reason", "")
	}
	x, err := h.load(r)
	if err != nil {
		return err
	}
	x.letter.Title, x.letter.Body, x.letter.Contact, x.revealed = open.Title, open.Body, open.Contact, true
	w.Header().Set("Cache-Control", "no-store")
	return letterPage.Render(w, r, newLetterView(x, authz.SessionFrom(r.Context()), web.FrameOf(r).Today))
}

// assignView is GET /console/letters/{id}/assign.
type assignView struct {
	Heading web.Heading
	Pick    web.Filter
	Form    web.Form
	Chosen  bool

	number, link string
}

// Title of the document.
func (v assignView) Title() string { return "分办 " + v.number }

// Crumbs of the page.
func (v assignView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: home}, {Name: "来信办理", Href: queuePath}, {Name: v.number, Href: v.link}, {Name: "分办"}}
}

func newAssignView(l letters.Letter, units []org.Unit, unit org.UnitID, people []org.Holder) assignView {
	v := assignView{
		number: l.Number, link: l.Link(), Chosen: unit != "",
		Heading: web.Heading{Title: "分办 " + l.Number, Above: l.Type.Name(), Lead: l.Title},
		Pick:    web.Filter{Action: l.Link() + "/assign", Total: -1, Fields: []web.Field{{Kind: web.Select, Name: "unit", Label: "承办单位", Value: string(unit)}}},
		Form:    web.Form{Action: l.Link() + "/assign", Buttons: []web.Button{{Label: "分办"}}, Cancel: web.Link{Text: "返回来信", Href: l.Link()}},
	}
	// The receiving unit answers most of its letters itself: it comes first.
	units = slices.Clone(units)
	slices.SortStableFunc(units, func(a, b org.Unit) int {
		switch {
		case a.ID == l.Unit && b.ID != l.Unit:
			return -1
		case b.ID == l.Unit && a.ID != l.Unit:
			return 1
		}
		return 0
	})
	list := []web.Option{}
	for _, u := range units {
		list = append(list, web.Option{Value: string(u.ID), Label: u.Name})
	}
	v.Pick.Fields[0].Options = options("请选择", list)
	list = nil
	seen := map[org.PersonID]bool{}
	for _, p := range people {
		if !seen[p.Person.ID] {
			seen[p.Person.ID] = true
			list = append(list, web.Option{Value: string(p.Person.ID), Label: p.Person.Name})
		}
	}
	v.Form.Sections = []web.Section{{Fields: []web.Field{
		{Kind: web.Hidden, Name: "handler_unit", Value: string(unit)},
		{Kind: web.Select, Name: "person", Label: "承办人", Options: options("由该单位内部安排", list)},
	}}}
	return v
}

func (h *Handler) assignPage(w http.ResponseWriter, r *http.Request, unit org.UnitID, wrong error) error {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	l, err := h.letters.Letter(ctx, scope, idOf(r))
	if err != nil {
		return err
	}
	units, err := h.letters.HandlerUnits(ctx, scope, l.ID)
	if err != nil {
		return err
	}
	if unit == "" && wrong == nil && slices.ContainsFunc(units, func(u org.Unit) bool { return u.ID == l.Unit }) {
		unit = l.Unit
	}
	var people []org.Holder
	if unit != "" {
		if people, err = h.letters.Handlers(ctx, scope, l.ID, unit); err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	v := newAssignView(l, units, unit, people)
	if wrong == nil {
		return assignPage.Render(w, r, v)
	}
	v.Form.Fill(r.PostForm)
	v.Form.Wrong(wrong)
	return assignPage.RenderStatus(w, r, status(wrong), v)
}

func (h *Handler) showAssign(w http.ResponseWriter, r *http.Request) error {
	return h.assignPage(w, r, org.UnitID(r.URL.Query().Get("unit")), nil)
}

func (h *Handler) assign(w http.ResponseWriter, r *http.Request) error {
	unit := org.UnitID(r.PostFormValue("handler_unit"))
	l, err := h.letters.Assign(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), unit, org.PersonID(r.PostFormValue("person")))
	if err == nil {
		return web.Done(w, r, l.Link(), "已分给"+l.HandlerUnitName+l.HandlerName+"，请于"+l.Due.On.Chinese()+"前答复。")
	}
	if !askable(err) {
		return err
	}
	return h.assignPage(w, r, unit, err)
}

// answerView is GET /console/letters/{id}/answer.
type answerView struct {
	Heading   web.Heading
	Opinion   web.Alert
	Returned  bool
	LetterOf  string
	Body      []string
	Form      web.Form
	number    string
	letterURL string
}

// Title of the document.
func (v answerView) Title() string { return "起草答复 " + v.number }

// Crumbs of the page.
func (v answerView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: home}, {Name: "来信办理", Href: queuePath}, {Name: v.number, Href: v.letterURL}, {Name: "起草答复"}}
}

func newAnswerView(l letters.Letter, d letters.Draft, opinion string, today calendar.Date) answerView {
	v := answerView{
		number: l.Number, letterURL: l.Link(), LetterOf: l.Title, Body: lines(l.Body), Returned: opinion != "",
		Heading: web.Heading{Title: "起草答复 " + l.Number, Tags: []web.Tag{web.DueTag(l.Due.On, today)}},
		Opinion: web.Alert{Kind: web.Warn, Title: "上一稿被退回", Text: opinion},
		Form: web.Form{Action: l.Link() + "/answer", Key: "letter-answer-" + string(l.ID), Buttons: []web.Button{{Label: "送审"}},
			Cancel: web.Link{Text: "返回来信", Href: l.Link()}, Sections: []web.Section{{Fields: []web.Field{
				{Kind: web.TextArea, Name: "answer", Label: "答复内容", Required: true, Rows: 10, Max: letters.MaxAnswer, Value: d.Answer,
					Hint: "来信人凭查询码看到的全文。请写明办理结果和依据，不写个人手机号、身份证号。"}}}}},
	}
	if l.PublicConsent {
		v.Form.Sections = append(v.Form.Sections, web.Section{Legend: "公开文本", Hint: "来信人同意公开。姓名和号码已自动隐去；住址、单位等能认出人的内容请一并删改。审核人看到的就是这里的文字。",
			Fields: []web.Field{
				{Name: "public_title", Label: "公开的标题", Value: d.PublicTitle, Max: 2 * letters.MaxTitle},
				{Kind: web.TextArea, Name: "public_body", Label: "公开的来信内容", Rows: 8, Value: d.PublicBody, Max: letters.MaxAnswer},
				{Kind: web.TextArea, Name: "public_answer", Label: "公开的答复内容", Rows: 6, Value: d.PublicAnswer, Max: letters.MaxAnswer, Hint: "留空则采用答复内容，并自动隐去个人信息"},
			}})
	}
	return v
}

func (h *Handler) answerPage(w http.ResponseWriter, r *http.Request, wrong error) error {
	ctx, scope, id := r.Context(), authz.ScopeFrom(r.Context()), idOf(r)
	l, err := h.letters.Letter(ctx, scope, id)
	if err != nil {
		return err
	}
	rounds, err := h.letters.Answers(ctx, scope, id)
	if err != nil {
		return err
	}
	var d letters.Draft
	opinion := ""
	if len(rounds) > 0 {
		d, opinion = rounds[0].Draft, rounds[0].Opinion
	} else if d, err = h.letters.Propose(ctx, scope, id, d); err != nil {
		return err
	}
	v := newAnswerView(l, d, opinion, web.FrameOf(r).Today)
	if wrong == nil {
		if !letters.Machine.Can(l.State, "draft") {
			return fault.Newf(fault.Conflict, "来信现在的状态是“%s”，不能起草答复。请返回来信查看。", l.StateName())
		}
		return answerPage.Render(w, r, v)
	}
	v.Form.Fill(r.PostForm)
	v.Form.Wrong(wrong)
	return answerPage.RenderStatus(w, r, status(wrong), v)
}

func (h *Handler) showAnswer(w http.ResponseWriter, r *http.Request) error {
	return h.answerPage(w, r, nil)
}

func (h *Handler) answer(w http.ResponseWriter, r *http.Request) error {
	d := letters.Draft{Answer: r.PostFormValue("answer"), PublicTitle: r.PostFormValue("public_title"), PublicBody: r.PostFormValue("public_body"), PublicAnswer: r.PostFormValue("public_answer")}
	l, err := h.letters.Write(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), d)
	if err == nil {
		return web.Done(w, r, l.Link(), "答复已送审，须由起草人以外的人审核。")
	}
	if !askable(err) {
		return err
	}
	return h.answerPage(w, r, err)
}

// Folded reports whether some act is not the next step.
func (v letterView) Folded() bool {
	return slices.ContainsFunc(v.Acts, func(a actForm) bool { return !a.Open })
}
