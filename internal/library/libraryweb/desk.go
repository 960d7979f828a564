package libraryweb

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

// reviewRoutes are the screens of the review. What a person may do there
// follows the item's own route, so the service decides.
func (h *Handler) reviewRoutes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/items/{id}/record", Permit: authz.ItemRead, Handle: h.record},
		{Pattern: "GET /console/items/{id}/record/file", Permit: authz.ItemRead, Handle: h.recordFile},
		{Pattern: "GET /console/items/{id}/review", Permit: authz.ItemRead, Handle: h.showReview},
		{Pattern: "POST /console/items/{id}/review", Permit: authz.ItemRead, Handle: h.review},
		{Pattern: "GET /console/items/{id}/sign", Permit: authz.ItemRead, Handle: h.sign},
		{Pattern: "POST /console/items/{id}/stamps", Permit: authz.ItemRead, Handle: h.stamp},
		{Pattern: "GET /console/items/{id}/comments", Permit: authz.ItemRead, Handle: h.comments},
		{Pattern: "POST /console/items/{id}/comments", Permit: authz.ItemRead, Handle: h.comment},
		{Pattern: "POST /console/items/{id}/comments/drop", Permit: authz.ItemRead, Handle: h.dropComment},
		{Pattern: "POST /console/items/{id}/comments/settle", Permit: authz.ItemWrite, Handle: h.settleComment},
		{Pattern: "GET /console/items/{id}/consult", Permit: authz.ItemRead, Handle: h.showConsult},
		{Pattern: "POST /console/items/{id}/consult", Permit: authz.ItemRead, Handle: h.consult},
		{Pattern: "POST /console/items/{id}/consult/waive", Permit: authz.ItemRead, Handle: h.waiveConsultation},
		{Pattern: "GET /console/items/{id}/fact-checks", Permit: authz.ItemRead, Handle: h.showFactChecks},
		{Pattern: "POST /console/items/{id}/fact-checks", Permit: authz.ItemRead, Handle: h.askFact},
		{Pattern: "POST /console/items/{id}/fact-checks/revoke", Permit: authz.ItemRead, Handle: h.revokeFact},
		{Pattern: "GET /console/items/{id}/after-review", Permit: authz.ItemRead, Handle: h.showAfter},
		{Pattern: "POST /console/items/{id}/after-review", Permit: authz.ItemRead, Handle: h.after},
		{Pattern: "GET /console/emergencies", Permit: authz.ItemRead, Handle: h.emergencies},
		{Pattern: "GET /console/consultations", Permit: authz.CaseAdvise, Handle: h.consultations},
		{Pattern: "GET /console/consultations/{id}", Permit: authz.CaseAdvise, Handle: h.showAnswer},
		{Pattern: "POST /console/consultations/{id}", Permit: authz.CaseAdvise, Handle: h.answer},
		{Pattern: "GET /console/fact-checks/{token}", Permit: authz.Public, Handle: h.factBrief},
		{Pattern: "POST /console/fact-checks/{token}", Permit: authz.Public, Handle: h.answerFact, MaxBody: 64 << 10},
		{Pattern: "GET /console/review-routes", Permit: authz.ItemRead, Handle: h.showRoutes},
		{Pattern: "POST /console/review-routes", Permit: authz.PostManage, Handle: h.setRoute},
		{Pattern: "POST /console/item-batches", Permit: authz.ItemRead, Handle: h.startBatch},
		{Pattern: "GET /console/item-batches/{id}", Permit: authz.ItemRead, Handle: h.batch},
		{Pattern: "GET /console/item-batches/{id}/read", Permit: authz.ItemRead, Handle: h.readInBatch},
		{Pattern: "POST /console/item-batches/{id}/read", Permit: authz.ItemRead, Handle: h.markRead},
		{Pattern: "POST /console/item-batches/{id}/decide", Permit: authz.ItemRead, Handle: h.decideBatch},
		{Pattern: "GET /console/item-packages", Permit: authz.ItemRead, Handle: h.packages},
		{Pattern: "POST /console/item-packages", Permit: authz.ItemWrite, Handle: h.bundle},
		{Pattern: "GET /console/item-packages/{id}", Permit: authz.ItemRead, Handle: h.pack},
		{Pattern: "POST /console/item-packages/{id}/author", Permit: authz.ItemWrite, Handle: h.authorPackage},
		{Pattern: "POST /console/item-packages/{id}/review", Permit: authz.ItemRead, Handle: h.reviewPackage},
	}
}

// desk is all that a review page shows of one item beside its text.
type desk struct {
	it       library.Item
	v        library.Version
	sub      library.Submitted // the newest
	steps    []library.Step
	gates    []library.GateStamp
	results  []library.Result
	asked    []library.Asking
	checks   []library.FactCheck
	comments []library.Remark
	pack     library.Package
	packed   bool
	today    calendar.Date
}

func (h *Handler) desk(r *http.Request, it library.Item, v library.Version) (desk, error) {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	d := desk{it: it, v: v, today: web.FrameOf(r).Today}
	var err error
	if d.results, err = h.lib.Results(ctx, scope, v); err != nil {
		return d, err
	}
	record, err := h.lib.Record(ctx, scope, it.ID)
	if err != nil {
		return d, err
	}
	if len(record) > 0 {
		d.sub = record[len(record)-1]
		d.steps = d.sub.Steps
	}
	if d.gates, err = h.lib.Gates(ctx, scope, it.ID); err != nil {
		return d, err
	}
	if d.asked, err = h.lib.Consultations(ctx, scope, it.ID); err != nil {
		return d, err
	}
	if d.checks, err = h.lib.FactChecks(ctx, scope, it.ID); err != nil {
		return d, err
	}
	if d.comments, err = h.lib.Comments(ctx, scope, it.ID); err != nil {
		return d, err
	}
	d.pack, d.packed, err = h.lib.PackageOf(ctx, scope, it.ID)
	return d, err
}

// remarks stand above the text: what must be seen before anything else.
func (d desk) remarks() []web.Component {
	var out []web.Component
	if d.sub.Emergency != "" && d.it.State == library.InReview {
		out = append(out, web.Alert{Kind: web.Danger, Title: "应急通道：一人审核即可发布，事后由他人补审", Text: "理由：" + d.sub.Emergency})
	}
	if t, ok := stepOf(d.steps, d.it.Stage); ok && d.it.State == library.InReview && !t.VacantSince.IsZero() {
		out = append(out, web.Alert{Kind: web.Danger, Title: "审核岗位空缺", Text: "自 " + web.Minute(t.VacantSince) + " 起没有人可以" + library.StageName(t.Stage) + "，已告知上级；请明确人选，办理时限照常计算。"})
	}
	if d.sub.Reason != "" {
		out = append(out, web.Alert{Kind: web.Info, Title: "作者的说明", Text: d.sub.Reason})
	}
	if d.sub.RepostReason != "" {
		out = append(out, web.Alert{Kind: web.Warn, Title: "稿源名单外转载", Text: "来源：" + d.v.Source + "。申请理由：" + d.sub.RepostReason + "。复审人同意须写明理由。"})
	}
	return out
}

func stepOf(list []library.Step, stage string) (library.Step, bool) {
	i := slices.IndexFunc(list, func(t library.Step) bool { return t.Stage == stage })
	if i < 0 {
		return library.Step{}, false
	}
	return list[i], true
}

func (d desk) links() []web.Link {
	open := 0
	for _, c := range d.comments {
		if c.Round == d.sub.Round {
			open++
		}
	}
	return []web.Link{{Text: fmt.Sprintf("在文中批注（%d）", open), Href: d.it.Link() + "/comments"}, {Text: "征询其他单位意见", Href: d.it.Link() + "/consult"},
		{Text: "请外部核查事实", Href: d.it.Link() + "/fact-checks"}, {Text: "手机签批页面", Href: d.it.Link() + "/sign"}, {Text: "三审三校记录", Href: d.it.Link() + "/record"}}
}

// acts lead from the item to its review.
func (d desk) acts(writes bool) []web.Act {
	out := []web.Act{}
	if d.sub.Round > 0 && len(d.comments) > 0 {
		out = append(out, web.Act{Text: fmt.Sprintf("批注（%d）", len(d.comments)), Href: d.it.Link() + "/comments"})
	}
	if writes && (d.it.State == library.Draft || d.it.State == library.Returned || d.it.State == library.InReview) {
		out = append(out, web.Act{Text: "征询意见", Href: d.it.Link() + "/consult"}, web.Act{Text: "请外部核查", Href: d.it.Link() + "/fact-checks"})
	}
	if d.sub.Emergency != "" && d.it.Live() {
		out = append(out, web.Act{Text: "应急补审", Href: d.it.Link() + "/after-review"})
	}
	return append(out, web.Act{Text: "审核记录", Href: d.it.Link() + "/record"})
}

// commentLinks lead the author to what was said in the text.
func commentLinks(it library.Item, list []library.Remark) []web.Link {
	if len(list) == 0 {
		return nil
	}
	suggested := 0
	for _, c := range list {
		if c.Suggests {
			suggested++
		}
	}
	return []web.Link{{Text: fmt.Sprintf("逐处处理批注（%d 处，%d 处有建议写法）", len(list), suggested), Href: it.Link() + "/comments"}}
}

// panels are the route, and what others said, where there is something.
func (d desk) panels() []web.Component {
	var out []web.Component
	if s := stepsOf(d); len(s.Items) > 0 {
		out = append(out, s)
	}
	if d.sub.Round > 0 && !(d.it.State == library.InReview) {
		out = append(out, gateList(d.gates))
	}
	if len(d.asked) > 0 {
		out = append(out, askedTable(d.asked, d.today))
	}
	if len(d.checks) > 0 {
		out = append(out, checkTable(d.checks))
	}
	return out
}

// stepsOf draws the route of the newest submission.
func stepsOf(d desk) web.Steps {
	s := web.Steps{Label: "审核流程"}
	past := true
	for _, t := range d.steps {
		var who []string
		for _, o := range d.sub.Opinions {
			if o.Stage == t.Stage && o.Verdict == library.Pass {
				who = append(who, o.Signed())
			}
		}
		w := web.Step{Name: library.StageName(t.Stage), State: web.StepWaiting, Who: library.ReviewerName(t.Permit)}
		if t.Needed > 1 {
			w.Who = fmt.Sprintf("%s %d 人", w.Who, t.Needed)
		}
		if len(who) > 0 {
			w.Who = strings.Join(who, "、")
		}
		switch {
		case d.it.State == library.InReview && t.Stage == d.it.Stage:
			w.State, past = web.StepNow, false
		case d.it.State == library.InReview && past, d.it.State == library.Approved:
			w.State = web.StepDone
		}
		s.Items = append(s.Items, w)
	}
	return s
}

// gateHints say what each gate is about.
var gateHints = map[sx2021.Gate]string{
	sx2021.GatePolitical: "导向、表述、排序准确", sx2021.GateLegal: "符合法律法规", sx2021.GatePolicy: "与现行政策一致",
	sx2021.GateSecrecy: "已经保密审查，不含个人隐私", sx2021.GateWording: "文字、数据、格式无误"}

// gateList shows the five, each with who answers for it.
func gateList(stamps []library.GateStamp) web.Summary {
	t := web.Summary{Title: "五关"}
	for _, g := range sx2021.Gates() {
		term := web.Term{Name: library.GateName(g), Text: gateHints[g], Tags: []web.Tag{{Text: "待把关"}}}
		if i := slices.IndexFunc(stamps, func(s library.GateStamp) bool { return s.Gate == g }); i >= 0 {
			s := stamps[i]
			term.Text, term.Note, term.Tags = s.Signed(), strings.TrimSpace(web.Minute(s.At)+" "+s.Note), []web.Tag{{Kind: web.Good, Text: "通过"}}
			if !s.Passed {
				term.Tags = []web.Tag{{Kind: web.Danger, Text: "不通过"}}
			}
		}
		t.Terms = append(t.Terms, term)
	}
	return t
}

// gateForm stamps one gate a press. Those that are passed have no button; a
// reviewer who has second thoughts takes the pass back below.
func gateForm(action string, round int, stamps []library.GateStamp) web.Form {
	f := web.Form{Action: action}
	sec := web.Section{Legend: "五关逐项把关", Hint: "按哪一关的按钮，就由您对哪一关署名负责（第十九条（三））；每一关单独记录人员和时间。", Notes: []web.Component{gateList(stamps)},
		Fields: []web.Field{{Kind: web.Hidden, Name: "round", Value: strconv.Itoa(round)}}}
	options := []web.Option{{Label: "都没有问题"}}
	for _, g := range sx2021.Gates() {
		i := slices.IndexFunc(stamps, func(s library.GateStamp) bool { return s.Gate == g })
		if i < 0 || !stamps[i].Passed {
			f.Buttons = append(f.Buttons, web.Button{Label: library.GateName(g) + "通过", Name: "pass", Value: string(g), Plain: true, Skip: true})
		}
		options = append(options, web.Option{Value: string(g), Label: library.GateName(g)})
	}
	sec.Fields = append(sec.Fields, web.Field{Kind: web.Select, Name: "gate", Label: "有问题的关口", Options: options, Narrow: true}, web.Field{Name: "note", Label: "问题", Max: 500, Hint: "标为不通过时填写。"})
	f.Sections = []web.Section{sec}
	f.Buttons = append(f.Buttons, web.Button{Label: "标为不通过", Name: "fail", Value: "1", Kind: web.Danger})
	return f
}

// stamping reads one press of the gate form.
func stamping(r *http.Request) (library.Stamping, error) {
	round, err := number(r.PostFormValue("round"))
	if err != nil {
		return library.Stamping{}, fault.New(fault.Invalid, "页面内容不完整，请刷新后重试。")
	}
	n := library.Stamping{Round: round, Gate: sx2021.Gate(r.PostFormValue("pass")), Passed: true, Note: ""}
	if r.PostFormValue("fail") != "" {
		n.Gate, n.Passed, n.Note = sx2021.Gate(r.PostFormValue("gate")), false, r.PostFormValue("note")
	}
	return n, nil
}

func stamped(n library.Stamping) string {
	if n.Passed {
		return library.GateName(n.Gate) + "已由您署名通过。"
	}
	return library.GateName(n.Gate) + "已标为不通过。"
}

func (h *Handler) stamp(w http.ResponseWriter, r *http.Request) error {
	n, err := stamping(r)
	if err != nil {
		return err
	}
	it, err := h.lib.Stamp(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), n)
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.Refused) {
		if r.PostFormValue("from") == "sign" {
			return h.signAs(w, r, http.StatusUnprocessableEntity, err)
		}
		p, _, again := h.reviewOf(r)
		if again != nil {
			return again
		}
		p.Gates.Fill(r.PostForm)
		p.Gates.Wrong(err)
		return reviewView.RenderStatus(w, r, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	to := it.Link() + "/review"
	if r.PostFormValue("from") == "sign" {
		to = it.Link() + "/sign"
	}
	return web.Done(w, r, to, stamped(n))
}

// signPage is GET /console/items/{id}/sign: digest, risk marks, what changed
// and one decision on a telephone. The buttons stay in view.
type signPage struct {
	name    string
	trail   []web.Crumb
	Heading web.Heading
	Above   []web.Component
	Risks   web.Breaches
	Digest  web.Summary
	Changes web.Table
	Stamps  bool
	Gates   web.Form
	Open    bool
	Form    web.Form
	More    []web.Link
}

func (p signPage) Title() string       { return p.name }
func (p signPage) Crumbs() []web.Crumb { return p.trail }

// risks are what a leader must know before deciding.
func (d desk) risks() web.Breaches {
	b := web.Breaches{Title: "风险提示"}
	add := func(ok bool, citation, says, note string) {
		b.Items = append(b.Items, web.Breach{OK: ok, Citation: citation, Says: says, Note: note})
	}
	var lacking, refused []string
	for _, g := range sx2021.Gates() {
		i := slices.IndexFunc(d.gates, func(s library.GateStamp) bool { return s.Gate == g })
		switch {
		case i < 0:
			lacking = append(lacking, library.GateName(g))
		case !d.gates[i].Passed:
			refused = append(refused, library.GateName(g)+"（"+d.gates[i].Signed()+"："+d.gates[i].Note+"）")
		}
	}
	const reviewed = "第十九条（三）"
	switch {
	case len(refused) > 0:
		add(false, reviewed, "有关口不通过："+strings.Join(refused, "、"), "")
	case len(lacking) > 0:
		add(false, reviewed, "五关还差："+strings.Join(lacking, "、"), "")
	default:
		add(true, reviewed, "五关均已由审核人署名通过", "")
	}
	serious, others := library.Count(d.results, check.Serious), library.Count(d.results, check.Error)
	if serious+others > 0 {
		open, note := library.Unsettled(d.results), "都已写明保留的理由"
		if open > 0 {
			note = fmt.Sprintf("其中 %d 处没有处理，不能通过", open)
		}
		add(open == 0, reviewed, fmt.Sprintf("机器检查：严重 %d 处，一般 %d 处", serious, others), note)
	}
	for _, a := range d.asked {
		switch {
		case a.State == library.Asked && a.Required:
			add(false, reviewed, a.UnitName+"还没有答复意见，答复前不能终审", "应于 "+a.Due.Chinese()+" 前答复")
		case a.State == library.Answered:
			note := a.Answer
			if a.AnsweredVersion != d.v.No {
				note = strings.TrimSpace(fmt.Sprintf("意见针对第 %d 版。%s", a.AnsweredVersion, note))
			}
			add(a.Stance == "agree", reviewed, a.UnitName+"："+a.StateName(), note)
		}
	}
	for _, c := range d.checks {
		if c.State == library.Answered {
			add(c.Verdict == "correct", "第十二条（一）", "外部核查："+c.AnswerUnit+" "+c.AnswerName+" "+c.StateName(), c.Answer)
		}
	}
	if d.sub.Emergency != "" {
		add(false, reviewed, "走应急通道，发布后须由他人补审", d.sub.Emergency)
	}
	if d.sub.RepostReason != "" {
		add(false, reviewed, "稿源名单外转载："+d.v.Source, d.sub.RepostReason)
	}
	return b
}

func (h *Handler) sign(w http.ResponseWriter, r *http.Request) error {
	return h.signAs(w, r, http.StatusOK, nil)
}

func (h *Handler) signAs(w http.ResponseWriter, r *http.Request, status int, wrong error) error {
	whole, it, err := h.reviewOf(r)
	if err != nil {
		return err
	}
	v, err := h.lib.Version(r.Context(), authz.ScopeFrom(r.Context()), it.ID, 0)
	if err != nil {
		return err
	}
	d, err := h.desk(r, it, v)
	if err != nil {
		return err
	}
	p := newSign(whole, d)
	if wrong != nil {
		f := &p.Form
		if r.PostFormValue("act") == "" {
			f = &p.Gates
		}
		f.Fill(r.PostForm)
		f.Wrong(wrong)
	}
	return signView.RenderStatus(w, r, status, p)
}

func newSign(whole reviewPage, d desk) signPage {
	it := d.it
	p := signPage{name: "签批：" + it.Title, trail: itemCrumbs(it, "签批"), Heading: web.Heading{Title: it.Title, Above: "签批 · " + it.Type.Name(), Tags: tags(it)}, Above: whole.Above, Risks: d.risks(),
		Stamps: whole.Stamps, Gates: whole.Gates, Open: whole.Open, Form: whole.Form, More: []web.Link{{Text: "查看全部内容和审核页面", Href: it.Link() + "/review"}, {Text: "在文中批注", Href: it.Link() + "/comments"}}}
	if it.State == library.InReview {
		p.Above = append(openRemarks(it, d.results), p.Above...)
	}
	p.Digest = web.Summary{Title: "摘要", Terms: []web.Term{{Name: "单位", Text: it.UnitName}, {Name: "作者", Text: d.v.AuthorName}, {Name: "送审", Text: fmt.Sprintf("第 %d 版，第 %d 次", d.v.No, it.Round)}}}
	if d.v.Summary != "" {
		p.Digest.Terms = append(p.Digest.Terms, web.Term{Name: "内容摘要", Text: d.v.Summary})
	}
	// Only what changed: the rest is one press away.
	p.Changes = whole.Changes
	if it.LiveVersion > 0 {
		p.Changes.Rows = slices.DeleteFunc(slices.Clone(p.Changes.Rows), func(r web.Row) bool { return r.Kind == "" })
	}
	from := web.Field{Kind: web.Hidden, Name: "from", Value: "sign"}
	for _, f := range []*web.Form{&p.Gates, &p.Form} {
		if len(f.Sections) > 0 {
			f.Sections = slices.Clone(f.Sections)
			f.Sections[0].Fields = append(slices.Clone(f.Sections[0].Fields), from)
		}
	}
	return p
}
