package assessmentweb

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"zhengshu/internal/assessment"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

// ordersView is GET /console/orders.
type ordersView struct {
	Heading web.Heading
	Tabs    web.Tabs
	Filter  web.Filter
	Exports []web.Act
	Urge    web.Form // no action: not offered
	Table   web.Table
	Pager   web.Pager
}

// Title of the document.
func (ordersView) Title() string { return "整改通知" }

// Crumbs of the page.
func (ordersView) Crumbs() []web.Crumb { return crumbs(web.Crumb{Name: "整改通知"}) }

func stageTag(o assessment.Order) web.Tag {
	tone := web.Info
	switch o.Stage {
	case assessment.StageIssued, assessment.StageRead, assessment.StageConfirming:
		tone = web.Warn
	case assessment.StageReopened, assessment.StageOverdue, assessment.StageSupervised, assessment.StageFailed:
		tone = web.Danger
	case assessment.StageClosed:
		tone = web.Good
	}
	return web.Tag{Kind: tone, Text: o.StageName()}
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
	if o.Waits() {
		c.Tags = []web.Tag{{Kind: web.Neutral, Text: "已交，不计超期"}} // it lies with the office or a machine
	}
	if o.Due.Provisional {
		c.Note = "节假日安排未公布，暂定"
	}
	return c
}

func stageOptions() []web.Option {
	out := []web.Option{{Label: "全部"}}
	for _, x := range assessment.Stages {
		out = append(out, web.Option{Value: string(x), Label: x.Name()})
	}
	return out
}

func causeOptions(list []assessment.Cause, all string) []web.Option {
	var out []web.Option
	if all != "" {
		out = append(out, web.Option{Label: all})
	}
	for _, c := range list {
		out = append(out, web.Option{Value: c.ID, Label: c.Name})
	}
	return out
}

func newOrdersView(list []assessment.Order, total int, q url.Values, mayIssue bool, today calendar.Date) ordersView {
	here := url.Values{}
	for k, v := range q {
		if k != "page" {
			here[k] = v
		}
	}
	tab := func(name, query string) web.Tab {
		href := ordersPath
		if query != "" {
			href += "?" + query
		}
		return web.Tab{Name: name, Href: href, Current: here.Encode() == query}
	}
	v := ordersView{
		Heading: web.Heading{Title: "整改通知", Lead: "发现问题及时通报、督促整改；全部问题经复测改正后自动办结，再次发现自动重新打开。"},
		Tabs:    web.Tabs{Label: "整改通知范围", Items: []web.Tab{tab("未办结", ""), tab("待确认", "stage=confirming"), tab("未通过", "stage=failed"), tab("超期", "overdue=on"), tab("已上报督办", "stage=supervised"), tab("已办结", "state=closed"), tab("全部", "state=all")}},
		Filter: web.Filter{Action: ordersPath, Total: total, Fields: []web.Field{
			{Kind: web.SearchBox, Name: "q", Label: "编号、网站、账号或单位", Max: 60},
			{Kind: web.Select, Name: "severity", Label: "严重程度", Options: severityOptions},
			{Kind: web.Select, Name: "stage", Label: "阶段", Options: stageOptions()},
		}, More: []web.Field{{Kind: web.Select, Name: "cause", Label: "问题类别", Options: causeOptions(assessment.Causes, "全部")},
			{Kind: web.Select, Name: "state", Label: "是否办结", Options: []web.Option{{Label: "未办结"}, {Value: assessment.OrderClosed, Label: "已办结"}, {Value: "all", Label: "全部"}}},
			{Name: "issued", Label: "下发时段", Hint: "例如 2026-Q1 或 2026-03", Max: 10, Narrow: true}, {Kind: web.Check, Name: "overdue", Label: "只看超期未办结的"}}},
		Table: web.Table{Caption: "整改通知", Quiet: true, Columns: []web.Column{{Head: "编号"}, {Head: "对象", Wide: true}, {Head: "问题类别"}, {Head: "严重程度"}, {Head: "未改正 / 全部", Number: true}, {Head: "阶段"}, {Head: "整改期限"}},
			Empty: web.Empty{Title: "没有符合条件的整改通知", Text: "可以调整筛选条件；检查发现的问题由主管单位下发整改通知。"}},
	}
	if q.Get("unit") != "" {
		v.Filter.Hidden = []web.Field{{Kind: web.Hidden, Name: "unit"}}
	}
	if mayIssue {
		v.Heading.Acts = []web.Act{{Text: "下发整改通知", Href: ordersPath + "/new", Primary: true}, {Text: "登记人工发现的问题", Href: ordersPath + "/seen"}}
		if total > 0 && q.Get("state") != assessment.OrderClosed {
			v.Urge = web.Form{Action: ordersPath + "/urge", Sections: []web.Section{{Hint: "向筛选结果中应改未改的单位各发一条催办消息，同一件一天只催一次；正在复测、等待确认的不催。"}}, Buttons: []web.Button{{Label: "催办筛选出的通知", Plain: true}}}
			for k, list := range here {
				for _, x := range list {
					v.Urge.Sections[0].Fields = append(v.Urge.Sections[0].Fields, web.Field{Kind: web.Hidden, Name: k, Value: x})
				}
			}
		}
	}
	if total > 0 {
		for _, x := range []struct{ format, text string }{{"xlsx", "导出 XLSX"}, {"csv", "导出 CSV"}} {
			out := url.Values{"format": {x.format}}
			for k, list := range here {
				out[k] = list
			}
			v.Exports = append(v.Exports, web.Act{Text: x.text, Href: ordersPath + "/export?" + out.Encode()})
		}
	}
	v.Filter.Fill(q)
	for _, o := range list {
		stage := web.Tagged(stageTag(o))
		if o.State != assessment.OrderClosed && o.Overdue(today) && o.Stage != assessment.StageOverdue && !o.Waits() {
			stage.Tags = append(stage.Tags, web.Tag{Kind: web.Danger, Text: "逾期"})
		}
		row := web.Row{Name: o.Number, Cells: []web.Cell{web.Linked(o.Number, o.Link()), {Text: o.SiteName, Note: o.UnitName}, web.Text(assessment.CauseName(o.Cause)), web.Tagged(severityTag(o.Severity)),
			web.Text(fmt.Sprintf("%d / %d", o.Standing, o.Total)), stage, dueCell(o, today)}}
		if o.State != assessment.OrderClosed && o.Due.Missed(today) && !o.Waits() {
			row.Kind = web.Danger
		}
		v.Table.Rows = append(v.Table.Rows, row)
	}
	return v
}

// orderFilter reads the conditions of the list from the address or a form.
func orderFilter(q url.Values) (assessment.OrderFilter, error) {
	f := assessment.OrderFilter{State: q.Get("state"), Stage: assessment.Stage(q.Get("stage")), Cause: q.Get("cause"), Severity: check.Severity(q.Get("severity")), Text: strings.TrimSpace(q.Get("q")), Overdue: q.Has("overdue"),
		Site: registry.SiteID(q.Get("site")), Account: registry.AccountID(q.Get("account")), Unit: org.UnitID(q.Get("unit"))}
	if len([]rune(f.Text)) > 60 {
		return f, fault.New(fault.Invalid, "查找的文字过长，请缩短到 60 字以内。").On("q", "请缩短")
	}
	switch f.State {
	case "":
		f.State = "open"
		if f.Stage == assessment.StageClosed {
			f.State = ""
		}
	case "all":
		f.State = ""
	}
	if p := q.Get("issued"); p != "" {
		var err error
		if f.Issued, err = assessment.ParsePeriod(p); err != nil {
			return f, err
		}
	}
	return f, nil
}

func (h *Handler) orders(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	f, err := orderFilter(q)
	if err != nil {
		return err
	}
	f.Limit, f.Offset = perPage, (web.PageOf(r)-1)*perPage
	list, total, err := h.assessment.Orders(r.Context(), h.db, authz.ScopeFrom(r.Context()), f)
	if err != nil {
		return err
	}
	v := newOrdersView(list, total, q, may(r, authz.OrderIssue), web.FrameOf(r).Today)
	v.Pager = web.PagerOf(r, total, perPage)
	return ordersPage.Render(w, r, v)
}

// maxExport bounds a list as a file.
const maxExport = 20000

func (h *Handler) exportOrders(w http.ResponseWriter, r *http.Request) error {
	f, err := orderFilter(r.URL.Query())
	if err != nil {
		return err
	}
	f.Limit = maxExport
	list, total, err := h.assessment.Orders(r.Context(), h.db, authz.ScopeFrom(r.Context()), f)
	if err != nil {
		return err
	}
	if err := web.MostExported(total, maxExport, "份整改通知"); err != nil {
		return err
	}
	sheet := official.Sheet{Title: "整改通知", Columns: []official.Column{{Title: "编号", Width: 16}, {Title: "单位", Width: 28}, {Title: "对象", Width: 32}, {Title: "问题类别", Width: 16}, {Title: "严重程度", Width: 10}, {Title: "阶段", Width: 12}, {Title: "问题数", Width: 8}, {Title: "未改正", Width: 8}, {Title: "下发时间", Width: 18}, {Title: "整改期限", Width: 12}, {Title: "首次阅知", Width: 18}, {Title: "答复时间", Width: 18}, {Title: "办结时间", Width: 18}, {Title: "重新打开次数", Width: 12}}}
	sheet.Rows = func(yield func([]any) bool) {
		for _, o := range list {
			if !yield([]any{o.Number, o.UnitName, o.SiteName, assessment.CauseName(o.Cause), severityTag(o.Severity).Text, o.StageName(), o.Total, o.Standing, web.Minute(o.IssuedAt), o.Due.On, web.Minute(o.ReadAt), web.Minute(o.AnsweredAt), web.Minute(o.ClosedAt), o.Reopenings}) {
				return
			}
		}
	}
	return web.SendSheet(w, r, sheet, "整改通知")
}

// urge reminds the units of what the posted filter leaves.
func (h *Handler) urge(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return fault.New(fault.Invalid, "提交的内容无法读取，请刷新后重试。").From(err)
	}
	q := r.PostForm
	back := url.Values{}
	for _, k := range []string{"q", "severity", "stage", "cause", "state", "issued", "overdue", "unit", "site", "account"} {
		if q.Has(k) {
			back[k] = q[k]
		}
	}
	f, err := orderFilter(back)
	if err != nil {
		return err
	}
	n, err := h.assessment.UrgeOrders(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), f)
	if err != nil {
		return err
	}
	return web.Done(w, r, ordersPath+"?"+back.Encode(), fmt.Sprintf("已催办%d份整改通知。", n))
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

func (h *Handler) order(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if number := r.PathValue("id"); assessment.IsOrderNumber(number) { // as papers and findings name it
		o, err := h.assessment.OrderNumbered(ctx, authz.ScopeFrom(ctx), number)
		if err != nil {
			return err
		}
		http.Redirect(w, r, o.Link(), http.StatusSeeOther)
		return nil
	}
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
	at := slices.IndexFunc(v.Acts, func(a actPart) bool { return a.Form.Action == r.URL.Path })
	switch {
	case at >= 0:
		v.Acts[at].Open = true
		v.Acts[at].Form.Fill(r.PostForm)
		v.Acts[at].Form.Wrong(err)
	case v.MayAnswer && r.URL.Path == v.Answer.Action:
		v.Answer.Fill(r.PostForm)
		v.Answer.Wrong(err)
	default:
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
	return web.Done(w, r, ordersPath+"/"+r.PathValue("id"), "已答复，正在复测；复测未再发现即自动办结，刷新可见结果。")
}

func (h *Handler) retest(w http.ResponseWriter, r *http.Request) error {
	out, err := h.assessment.RetestOrder(r.Context(), authz.ScopeFrom(r.Context()), assessment.OrderID(r.PathValue("id")), inspection.FindingID(r.PostFormValue("finding")))
	if web.Mendable(err) {
		return h.again(w, r, err)
	}
	if err != nil {
		return err
	}
	if out.Looked()+len(out.Out) == 0 && len(out.Failed) > 0 {
		return h.again(w, r, fault.New(fault.Refused, "没有完成复测："+out.Failed[0].Why))
	}
	said := fmt.Sprintf("复测了%d个问题：%d个已改正，%d个没有改正或未能确认。", out.Looked(), out.Gone, out.Looked()-out.Gone)
	if out.Looked() == 0 {
		said = "没有完成复测。"
	}
	if n := len(out.Out); n > 0 {
		handed := fmt.Sprintf("%d个问题%s。", n, inspection.HandedOut)
		if out.Looked() == 0 {
			said = ""
		}
		said += handed
	}
	if len(out.Failed) > 0 {
		said += fmt.Sprintf("另有%d个未能复测：%s", len(out.Failed), out.Failed[0].Why)
	}
	if out.Left > 0 {
		said += fmt.Sprintf("还有%d个没有复测，请再点一次“复测”。", out.Left)
	}
	if out.Order.State == assessment.OrderClosed {
		said += "本通知已办结。"
	}
	return web.Done(w, r, out.Order.Link(), said)
}

func (h *Handler) accept(w http.ResponseWriter, r *http.Request) error {
	finding := r.PostFormValue("finding")
	mended := r.PostFormValue("verdict") != "standing"
	o, err := h.assessment.Attest(r.Context(), authz.ScopeFrom(r.Context()), assessment.OrderID(r.PathValue("id")), finding, mended, r.PostFormValue("reason-"+finding))
	if web.Mendable(err) {
		return h.again(w, r, err)
	}
	if err != nil {
		return err
	}
	said := "核实情况已登记。"
	if !mended {
		said = "已退回整改，单位已收到核实情况。"
	}
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
