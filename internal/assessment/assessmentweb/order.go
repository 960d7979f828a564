package assessmentweb

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"

	"zhengshu/internal/assessment"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

// ordersView is GET /console/orders.
type ordersView struct {
	Heading web.Heading
	Tabs    web.Tabs
	Filter  web.Filter
	Table   web.Table
	Pager   web.Pager
}

// Title of the document.
func (ordersView) Title() string { return "整改通知" }

// Crumbs of the page.
func (ordersView) Crumbs() []web.Crumb { return crumbs(web.Crumb{Name: "整改通知"}) }

func stateTag(o assessment.Order) web.Tag {
	tone := web.Info
	switch o.State {
	case assessment.OrderIssued:
		tone = web.Warn
	case assessment.OrderReopened:
		tone = web.Danger
	case assessment.OrderClosed:
		tone = web.Good
	}
	return web.Tag{Kind: tone, Text: o.StateName()}
}

func dueCell(o assessment.Order, today calendar.Date) web.Cell {
	if o.State == assessment.OrderClosed {
		c := web.Cell{Text: "办结于 " + calendar.DateOf(o.ClosedAt).String()}
		if o.Overdue(today) {
			c.Tags = []web.Tag{{Kind: web.Danger, Text: "超期办结"}}
		}
		return c
	}
	c := web.DueCell(o.Due.On, today)
	if o.Due.Provisional {
		c.Note = "节假日安排未公布，暂定"
	}
	return c
}

func newOrdersView(list []assessment.Order, total int, q url.Values, mayIssue bool, today calendar.Date) ordersView {
	tab := func(name, query string) web.Tab {
		href := ordersPath
		if query != "" {
			href += "?" + query
		}
		return web.Tab{Name: name, Href: href, Current: q.Encode() == query}
	}
	v := ordersView{
		Heading: web.Heading{Title: "整改通知", Lead: "发现问题及时通报、督促整改；全部问题经复测改正后自动办结，再次发现自动重新打开。"},
		Tabs:    web.Tabs{Label: "整改通知范围", Items: []web.Tab{tab("未办结", ""), tab("已答复待复测", "state=answered"), tab("超期", "overdue=on"), tab("已办结", "state=closed"), tab("全部", "state=all")}},
		Filter: web.Filter{Action: ordersPath, Total: total, Fields: []web.Field{
			{Kind: web.SearchBox, Name: "q", Label: "编号、站点或单位", Max: 60},
			{Kind: web.Select, Name: "severity", Label: "严重程度", Options: severityOptions},
			{Kind: web.Select, Name: "state", Label: "状态", Options: []web.Option{{Label: "未办结"}, {Value: assessment.OrderIssued, Label: "待整改"}, {Value: assessment.OrderAnswered, Label: "已答复待复测"}, {Value: assessment.OrderReopened, Label: "重新打开"}, {Value: assessment.OrderClosed, Label: "已办结"}, {Value: "all", Label: "全部"}}},
		}, More: []web.Field{{Name: "issued", Label: "下发时段", Hint: "例如 2026-Q1 或 2026-03", Max: 10, Narrow: true}, {Kind: web.Check, Name: "overdue", Label: "只看超期未办结的"}}},
		Table: web.Table{Caption: "整改通知", Quiet: true, Columns: []web.Column{{Head: "编号"}, {Head: "站点", Wide: true}, {Head: "严重程度"}, {Head: "未改正 / 全部", Number: true}, {Head: "状态"}, {Head: "整改期限"}},
			Empty: web.Empty{Title: "没有符合条件的整改通知", Text: "可以调整筛选条件；检查发现的问题由主管单位下发整改通知。"}},
	}
	if mayIssue {
		v.Heading.Acts = []web.Act{{Text: "下发整改通知", Href: ordersPath + "/new", Primary: true}}
	}
	v.Filter.Fill(q)
	for _, o := range list {
		row := web.Row{Name: o.Number, Cells: []web.Cell{web.Linked(o.Number, o.Link()), {Text: o.SiteName, Note: o.UnitName}, web.Tagged(severityTag(o.Severity)),
			web.Text(fmt.Sprintf("%d / %d", o.Standing, o.Total)), web.Tagged(stateTag(o)), dueCell(o, today)}}
		if o.State != assessment.OrderClosed && o.Due.Missed(today) {
			row.Kind = web.Danger
		}
		v.Table.Rows = append(v.Table.Rows, row)
	}
	return v
}

func (h *Handler) orders(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	f := assessment.OrderFilter{State: q.Get("state"), Severity: check.Severity(q.Get("severity")), Text: q.Get("q"), Overdue: q.Has("overdue"), Site: registry.SiteID(q.Get("site")), Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage}
	switch f.State {
	case "":
		f.State = "open"
	case "all":
		f.State = ""
	}
	if p := q.Get("issued"); p != "" {
		var err error
		if f.Issued, err = assessment.ParsePeriod(p); err != nil {
			return err
		}
	}
	list, total, err := h.assessment.Orders(r.Context(), h.db, authz.ScopeFrom(r.Context()), f)
	if err != nil {
		return err
	}
	v := newOrdersView(list, total, q, may(r, authz.OrderIssue), web.FrameOf(r).Today)
	v.Pager = web.PagerOf(r, total, perPage)
	return ordersPage.Render(w, r, v)
}

// issueView is GET /console/orders/new.
type issueView struct {
	Heading web.Heading
	Wrong   web.ErrorSummary
	Filter  web.Filter
	Table   web.Table
	Says    web.Field
	Hidden  []string // findings chosen elsewhere, kept
}

// Title of the document.
func (issueView) Title() string { return "下发整改通知" }

// Crumbs of the page.
func (issueView) Crumbs() []web.Crumb {
	return crumbs(web.Crumb{Name: "整改通知", Href: ordersPath}, web.Crumb{Name: "下发"})
}

// maxOffered bounds the findings offered at once.
const maxOffered = 100

func newIssueView(list []inspection.Finding, total int, q url.Values) issueView {
	v := issueView{
		Heading: web.Heading{Title: "下发整改通知", Lead: "勾选待整改的问题；同一站点的问题合为一份通知，期限按其中最严重的计算：严重 1 个、一般 5 个、提示 10 个工作日（本省设置）。"},
		Filter: web.Filter{Action: ordersPath + "/new", Total: total, Fields: []web.Field{
			{Kind: web.SearchBox, Name: "q", Label: "站点、单位或问题", Max: 60},
			{Kind: web.Select, Name: "severity", Label: "严重程度", Options: severityOptions},
		}},
		Table: web.Table{Caption: "待整改的问题", PickName: "finding", Columns: []web.Column{{Head: "问题", Wide: true}, {Head: "站点"}, {Head: "严重程度"}, {Head: "发现时间"}},
			Empty: web.Empty{Title: "没有待整改的问题", Text: "已列入整改通知的问题不再出现在这里；可以调整筛选条件或发起检查。", Act: web.Act{Text: "查看检查", Href: "/console/inspection"}}},
		Says: web.Field{Kind: web.TextArea, Name: "says", Label: "整改要求", Hint: "可不填。写给主办单位看，1000字以内。", Max: 1000},
	}
	for _, k := range []string{"site", "finding"} {
		if q.Get(k) != "" {
			v.Filter.Hidden = append(v.Filter.Hidden, web.Field{Kind: web.Hidden, Name: k, Value: q.Get(k)})
		}
	}
	v.Filter.Fill(q)
	for _, f := range list {
		v.Table.Rows = append(v.Table.Rows, web.Row{Pick: string(f.ID), Name: f.SiteName + " " + f.Says, Cells: []web.Cell{
			{Text: f.Says, Href: f.Link(), Note: f.URL}, {Text: f.SiteName, Note: f.UnitName}, web.Tagged(severityTag(f.Severity)), web.When(f.FirstSeen)}})
	}
	return v
}

func (h *Handler) issueScreen(r *http.Request) (issueView, error) {
	q := r.URL.Query()
	scope := authz.ScopeFrom(r.Context())
	if ids := q["finding"]; len(ids) > 0 {
		var chosen []inspection.Finding
		for _, id := range ids[:min(len(ids), maxOffered)] {
			f, err := h.inspection.Finding(r.Context(), h.db, scope, inspection.FindingID(id))
			if err != nil {
				return issueView{}, err
			}
			chosen = append(chosen, f)
		}
		v := newIssueView(chosen, -1, q)
		v.Filter = web.Filter{} // chosen already: there is nothing to look for
		for i := range v.Table.Rows {
			v.Table.Rows[i].Picked = true
		}
		return v, nil
	}
	list, total, err := h.inspection.Findings(r.Context(), h.db, scope, inspection.FindingFilter{State: inspection.FindingOpen, Severity: check.Severity(q.Get("severity")), Text: q.Get("q"), Site: registry.SiteID(q.Get("site")), Limit: maxOffered})
	if err != nil {
		return issueView{}, err
	}
	return newIssueView(list, total, q), nil
}

func (h *Handler) showIssue(w http.ResponseWriter, r *http.Request) error {
	v, err := h.issueScreen(r)
	if err != nil {
		return err
	}
	return issuePage.Render(w, r, v)
}

func (h *Handler) issue(w http.ResponseWriter, r *http.Request) error {
	n := assessment.Issue{Says: r.PostFormValue("says")}
	for _, id := range r.PostForm["finding"] {
		n.Findings = append(n.Findings, inspection.FindingID(id))
	}
	list, err := h.assessment.IssueOrders(r.Context(), authz.ScopeFrom(r.Context()), n)
	if web.Mendable(err) {
		v, shown := h.issueScreen(r)
		if shown != nil {
			return shown
		}
		v.Says.Value = n.Says
		v.Wrong = summary(err)
		return issuePage.RenderStatus(w, r, status(err), v)
	}
	if err != nil {
		return err
	}
	if len(list) == 1 {
		return web.Done(w, r, list[0].Link(), fmt.Sprintf("已向%s下发整改通知 %s，限%s前整改到位。", list[0].UnitName, list[0].Number, list[0].Due.On.Chinese()))
	}
	return web.Done(w, r, ordersPath, fmt.Sprintf("已下发%d份整改通知（%s 至 %s）。", len(list), list[0].Number, list[len(list)-1].Number))
}

func summary(err error) web.ErrorSummary {
	f := fault.Of(err)
	s := web.ErrorSummary{Title: "没有办成", Says: f.Says}
	if len(f.Fields) > 0 {
		s.Says = ""
		for _, x := range f.Fields {
			s.Says += x.Says + "。"
		}
	}
	s.Breaches = web.BreachesOf(f)
	return s
}

// orderView is GET /console/orders/{id}.
type orderView struct {
	Heading  web.Heading
	Alerts   []web.Alert
	Facts    web.Summary
	Findings []findingPart
	Answers  []answerPart
	Story    web.Timeline
	Base     string
	// Test is the retest of all of it: the act of the address differs by who
	// asks. Empty: no button.
	Test      string
	MayAnswer bool
	Answer    web.Form
	number    string
}

// Title of the document.
func (v orderView) Title() string { return "整改通知 " + v.number }

// Crumbs of the page.
func (v orderView) Crumbs() []web.Crumb {
	return crumbs(web.Crumb{Name: "整改通知", Href: ordersPath}, web.Crumb{Name: v.number})
}

type findingPart struct {
	ID      string
	Says    string
	Link    string
	Page    string
	Fix     string
	Tags    []web.Tag
	Note    string
	Looks   web.Summary // before and after, once retested
	MayTest bool
	Accept  web.Form // empty action: not offered
}

type answerPart struct {
	Who   string
	Says  string
	Files []web.Link
}

func newOrderView(d assessment.Dossier, mayAnswer, mayIssue bool, today calendar.Date) orderView {
	base := d.Link()
	v := orderView{Base: base, number: d.Number, Heading: web.Heading{Above: "整改通知 " + d.Number, Title: d.SiteName, Tags: []web.Tag{stateTag(d.Order), severityTag(d.Severity)}}}
	open := d.State != assessment.OrderClosed
	if open && d.Due.Missed(today) {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Danger, Title: "已超期", Text: "整改期限是" + d.Due.On.Chinese() + "，请立即整改并申请复测。"})
	}
	if d.State == assessment.OrderReopened {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: "问题再次发现", Text: fmt.Sprintf("本通知办结后第%d次重新打开，新的期限是%s。", d.Reopenings, d.Due.On.Chinese())})
	}
	read := "尚未打开"
	if !d.ReadAt.IsZero() {
		read = d.ReadBy + " 于 " + web.Minute(d.ReadAt) + " 首次打开"
	}
	from := d.IssuedFrom
	if from == "" {
		from = d.IssuerName
	} else {
		from += "　" + d.IssuerName
	}
	dueOf := dueCell(d.Order, today)
	v.Facts = web.Summary{Terms: []web.Term{
		{Name: "主办单位", Text: d.UnitName}, {Name: "站点", Text: d.SiteName, Href: "/console/sites/" + string(d.Site), Note: d.Host},
		{Name: "下发", Text: from, Note: web.Minute(d.IssuedAt)}, {Name: "整改期限", Text: d.Due.On.String(), Tags: dueOf.Tags, Note: fmt.Sprintf("%d个工作日", d.Days)},
		{Name: "阅知", Text: read}, {Name: "依据", Text: "陕政公开办〔2021〕18号 第三十条", Note: "发现问题及时通报、督促整改"},
	}}
	if d.Says != "" {
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "整改要求", Text: d.Says})
	}
	for _, f := range d.Findings {
		p := findingPart{ID: string(f.ID), Says: f.Says, Link: f.Link(), Page: f.URL, Fix: f.Fix, Tags: []web.Tag{severityTag(f.Severity)}, MayTest: mayAnswer || mayIssue}
		if !f.After.At.IsZero() {
			p.Looks = web.Summary{Terms: []web.Term{{Name: "整改前", Text: f.Before.Says, Note: web.Minute(f.Before.At)}, {Name: "复测", Text: f.After.Says, Note: web.Minute(f.After.At)}}}
		}
		switch {
		case f.State == inspection.FindingClosed:
			p.Tags = append(p.Tags, web.Tag{Kind: web.Good, Text: "复测已改正"})
			p.Note = "办结于 " + web.Minute(f.ClosedAt)
		case !f.ConfirmedAt.IsZero():
			p.Tags = append(p.Tags, web.Tag{Kind: web.Good, Text: "人工确认"})
			p.Note = f.ConfirmedBy + " 于 " + web.Minute(f.ConfirmedAt) + " 确认：" + f.Reason
		default:
			p.Tags = append(p.Tags, web.Tag{Kind: web.Warn, Text: f.StateName()})
			if mayIssue && open {
				p.Accept = web.Form{Action: base + "/accept", Sections: []web.Section{{Hint: "只用于机器无法复测的问题；能复测的请用复测。", Fields: []web.Field{
					{Kind: web.Hidden, Name: "finding", Value: string(f.ID)},
					{Kind: web.TextLine, Name: "reason-" + string(f.ID), Label: "核实情况", Required: true, Max: 500}}}}, Buttons: []web.Button{{Label: "确认已改正"}}}
			}
		}
		v.Findings = append(v.Findings, p)
	}
	for _, a := range d.Answers {
		p := answerPart{Who: a.Unit + "　" + a.Person + "　" + web.Minute(a.At), Says: a.Says}
		for _, f := range a.Files {
			p.Files = append(p.Files, web.Link{Text: f.Name, Href: base + "/files/" + f.ID})
		}
		v.Answers = append(v.Answers, p)
	}
	v.Story = web.Timeline{Title: "办理经过"}
	for _, s := range d.History {
		kind := web.Neutral
		switch s.To {
		case assessment.OrderClosed:
			kind = web.Good
		case assessment.OrderReopened:
			kind = web.Danger
		}
		v.Story.Events = append(v.Story.Events, web.Event{At: s.At, Title: assessment.OrderMachine.ActName(s.Act), Who: s.ActorName, Text: s.Note, Kind: kind})
	}
	if open {
		v.Story.Next = "全部问题改正后自动办结"
	}
	if d.Standing > 0 && open {
		switch {
		case mayAnswer:
			v.Test = base + "/retest"
		case mayIssue:
			v.Test = base + "/review"
		}
	}
	if mayAnswer && open {
		v.MayAnswer = true
		v.Answer = web.Form{Action: base + "/answer", Upload: true, Key: "order-answer-" + string(d.ID), Sections: []web.Section{{Legend: "答复整改情况", Fields: []web.Field{
			{Kind: web.TextArea, Name: "says", Label: "整改情况", Hint: "写明改了什么、何时改好。答复不代替复测。", Required: true, Max: 2000},
			{Kind: web.File, Name: "file", Label: "证明材料", Hint: "可不传。PDF、图片或办公文档，合计不超过20 MB。", Multiple: true, Accept: ".pdf,.png,.jpg,.jpeg,.docx,.xlsx"}}}},
			Buttons: []web.Button{{Label: "提交答复"}}}
	}
	return v
}

func (h *Handler) orderScreen(r *http.Request) (orderView, error) {
	ctx, id := r.Context(), assessment.OrderID(r.PathValue("id"))
	d, err := h.assessment.Order(ctx, authz.ScopeFrom(ctx), id)
	if err != nil {
		return orderView{}, err
	}
	s := authz.SessionFrom(ctx)
	covers := func(p authz.Permission) bool {
		if s == nil || !s.May(p) {
			return false
		}
		_, err := h.assessment.OrderTx(ctx, h.db, s.ScopeFor(p), id)
		return err == nil
	}
	return newOrderView(d, covers(authz.OrderAnswer), covers(authz.OrderIssue), web.FrameOf(r).Today), nil
}

func (h *Handler) order(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if err := h.assessment.Read(ctx, authz.ScopeFrom(ctx), authz.SessionFrom(ctx), assessment.OrderID(r.PathValue("id"))); err != nil {
		return err
	}
	v, err := h.orderScreen(r)
	if err != nil {
		return err
	}
	return orderPage.Render(w, r, v)
}

// again shows the order once more with what went wrong.
func (h *Handler) again(w http.ResponseWriter, r *http.Request, err error) error {
	v, shown := h.orderScreen(r)
	if shown != nil {
		return shown
	}
	v.Answer.Fill(r.PostForm)
	if v.MayAnswer && v.Answer.Field("says") != nil && r.PostForm.Has("says") {
		v.Answer.Wrong(err)
	} else {
		v.Alerts = append([]web.Alert{{Kind: web.Danger, Title: "没有办成", Text: fault.Of(err).Says}}, v.Alerts...)
	}
	return orderPage.RenderStatus(w, r, status(err), v)
}

func (h *Handler) answer(w http.ResponseWriter, r *http.Request) error {
	says := r.PostFormValue("says")
	files, closeAll, err := web.Attachments(r, "proof", "file")
	defer closeAll()
	if err == nil {
		_, err = h.assessment.AnswerOrder(r.Context(), authz.ScopeFrom(r.Context()), assessment.OrderID(r.PathValue("id")), says, files)
	}
	if web.Mendable(err) {
		return h.again(w, r, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, ordersPath+"/"+r.PathValue("id"), "已答复。改好后请点“复测”，复测未再发现即自动办结。")
}

func (h *Handler) retest(w http.ResponseWriter, r *http.Request) error {
	out, err := h.assessment.RetestOrder(r.Context(), authz.ScopeFrom(r.Context()), assessment.OrderID(r.PathValue("id")), inspection.FindingID(r.PostFormValue("finding")))
	if web.Mendable(err) {
		return h.again(w, r, err)
	}
	if err != nil {
		return err
	}
	said := fmt.Sprintf("复测了%d个问题：%d个已改正，%d个没有改正或未能确认。", len(out.Looks), out.Gone, len(out.Looks)-out.Gone)
	if len(out.Looks) == 0 {
		said = "没有完成复测。"
	}
	if len(out.Failed) > 0 {
		said += fmt.Sprintf("另有%d个未能复测：%s", len(out.Failed), out.Failed[0].Why)
	}
	if out.Order.State == assessment.OrderClosed {
		said += "本通知已办结。"
	}
	return web.Done(w, r, out.Order.Link(), said)
}

func (h *Handler) accept(w http.ResponseWriter, r *http.Request) error {
	finding := r.PostFormValue("finding")
	o, err := h.assessment.Accept(r.Context(), authz.ScopeFrom(r.Context()), assessment.OrderID(r.PathValue("id")), inspection.FindingID(finding), r.PostFormValue("reason-"+finding))
	if web.Mendable(err) {
		return h.again(w, r, err)
	}
	if err != nil {
		return err
	}
	said := "已确认。"
	if o.State == assessment.OrderClosed {
		said += "全部问题已改正，本通知已办结。"
	}
	return web.Done(w, r, o.Link(), said)
}

// file hands out a proof, as attachment only.
func (h *Handler) file(w http.ResponseWriter, r *http.Request) error {
	a, body, err := h.assessment.File(r.Context(), authz.ScopeFrom(r.Context()), assessment.OrderID(r.PathValue("id")), r.PathValue("file"))
	if err != nil {
		return err
	}
	defer body.Close()
	w.Header().Set("Content-Type", a.MediaType)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": a.Name}))
	_, _ = io.Copy(w, body) // once begun, the answer cannot become a page
	return nil
}
