package assessmentweb

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"zhengshu/internal/assessment"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

// WrongAccount is an account whose check sheet shows something wrong.
type WrongAccount struct {
	ID             registry.AccountID
	Name, Platform string
	UnitName       string
	Wrong          int
}

// WrongAccounts registers who knows the accounts with something wrong, the worst
// first.
func (h *Handler) WrongAccounts(fn func(ctx context.Context, scope authz.Scope, text string, limit int) ([]WrongAccount, int, error)) *Handler {
	h.wrongAccounts = fn
	return h
}

// issueView is GET /console/orders/new.
type issueView struct {
	Heading web.Heading
	Tabs    web.Tabs
	Wrong   web.ErrorSummary
	Filter  web.Filter
	Table   web.Table
	Says    web.Field
	// All issues to everything the filter leaves, not only to what is ticked.
	All      web.Field
	Together web.Field
	Hidden   []web.Field
	// Take files what the sheets of the chosen accounts show; no rows: no form.
	Take     web.Table
	TakeMore string
}

// Title of the document.
func (issueView) Title() string { return "下发整改通知" }

// Crumbs of the page.
func (issueView) Crumbs() []web.Crumb {
	return crumbs(web.Crumb{Name: "整改通知", Href: ordersPath}, web.Crumb{Name: "下发"})
}

// maxOffered bounds the findings offered at once.
const maxOffered = 100

// maxGrouped bounds what one preview groups: as much as one issue takes.
const maxGrouped = 500

func issueTabs(accounts bool) web.Tabs {
	return web.Tabs{Label: "对象", Items: []web.Tab{{Name: "网站的问题", Href: ordersPath + "/new", Current: !accounts}, {Name: "账号的问题", Href: ordersPath + "/new?kind=account", Current: accounts}}}
}

func newIssueView(list []inspection.Finding, total int, q url.Values) issueView {
	v := issueView{
		Heading: web.Heading{Title: "下发整改通知", Lead: "勾选待整改的问题；同一单位、同一类问题合为一份通知，下一步可先看怎样分份。期限按其中最严重的计算，工作日数由本省设置。",
			Acts: []web.Act{{Text: "登记人工发现的问题", Href: ordersPath + "/seen"}}},
		Tabs: issueTabs(false),
		Filter: web.Filter{Action: ordersPath + "/new", Total: total, Fields: []web.Field{
			{Kind: web.SearchBox, Name: "q", Label: "网站、单位或问题", Max: 60},
			{Kind: web.Select, Name: "severity", Label: "严重程度", Options: severityOptions},
		}},
		Table: web.Table{Caption: "待整改的问题", PickName: "finding", Columns: []web.Column{{Head: "问题", Wide: true}, {Head: "网站"}, {Head: "类别"}, {Head: "严重程度"}, {Head: "发现时间"}},
			Empty: web.Empty{Title: "没有待整改的问题", Text: "已列入整改通知的问题不再出现在这里；可以调整筛选条件或发起检查。", Act: web.Act{Text: "查看检查", Href: "/console/inspection"}}},
		Says:     web.Field{Kind: web.TextArea, Name: "says", Label: "整改要求", Hint: "可不填。写给主办单位看，1000字以内。", Max: 1000},
		Together: web.Field{Kind: web.Check, Name: "together", Label: "同一单位的各类问题合为一份"},
	}
	if total > len(list) {
		v.All = web.Field{Kind: web.Check, Name: "all", Label: fmt.Sprintf("筛选出的全部 %d 个问题（不止本页勾选的；一次最多 %d 个）", total, maxGrouped)}
	}
	for _, k := range []string{"site", "finding"} {
		if q.Get(k) != "" {
			v.Filter.Hidden = append(v.Filter.Hidden, web.Field{Kind: web.Hidden, Name: k, Value: q.Get(k)})
		}
	}
	for _, k := range []string{"q", "severity", "site"} {
		if q.Get(k) != "" {
			v.Hidden = append(v.Hidden, web.Field{Kind: web.Hidden, Name: k, Value: q.Get(k)})
		}
	}
	v.Filter.Fill(q)
	for _, f := range list {
		short, whole := web.Shortened(f.Says)
		v.Table.Rows = append(v.Table.Rows, web.Row{Pick: string(f.ID), Name: f.SiteName + " " + f.Says, Cells: []web.Cell{
			{Text: short, Whole: whole, Href: f.Link(), Note: f.URL}, {Text: f.SiteName, Note: f.UnitName}, web.Text(assessment.CauseOf(f.Check).Name), web.Tagged(severityTag(f.Severity)), web.When(f.FirstSeen)}})
	}
	return v
}

func newPointsView(list []assessment.Point, total int, wrong []WrongAccount, wrongTotal int, q url.Values) issueView {
	v := issueView{
		Heading: web.Heading{Title: "下发整改通知", Lead: "账号的问题来自账号检查和人工登记；每个账号一份通知。先从账号检查取出问题，再勾选下发。",
			Acts: []web.Act{{Text: "登记人工发现的问题", Href: ordersPath + "/seen"}}},
		Tabs: issueTabs(true),
		Filter: web.Filter{Action: ordersPath + "/new", Total: total, Hidden: []web.Field{{Kind: web.Hidden, Name: "kind", Value: "account"}}, Reset: ordersPath + "/new?kind=account",
			Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "账号、单位或问题", Max: 60}}},
		Table: web.Table{Caption: "待下发的账号问题", PickName: "point", Columns: []web.Column{{Head: "问题", Wide: true}, {Head: "账号"}, {Head: "严重程度"}, {Head: "发现"}},
			Empty: web.Empty{Title: "没有待下发的账号问题", Text: "可以从下面的账号检查中取出，或登记人工发现的问题。"}},
		Says: web.Field{Kind: web.TextArea, Name: "says", Label: "整改要求", Hint: "可不填。写给主办单位看，1000字以内。", Max: 1000},
		Take: web.Table{Caption: "账号检查发现问题的账号", PickName: "account", Columns: []web.Column{{Head: "账号", Wide: true}, {Head: "平台"}, {Head: "问题", Number: true}}},
	}
	v.Filter.Fill(q)
	for _, p := range list {
		v.Table.Rows = append(v.Table.Rows, web.Row{Pick: string(p.ID), Name: p.AccountName + " " + p.Says, Picked: q.Get("point") == string(p.ID), Cells: []web.Cell{
			{Text: p.Says, Note: p.Place}, {Text: p.AccountName, Note: p.UnitName, Href: "/console/accounts/" + string(p.Account)}, web.Tagged(severityTag(p.Severity)), {Text: p.SeenOn.String(), Note: p.SeenBy, Keep: true}}})
	}
	for _, a := range wrong {
		v.Take.Rows = append(v.Take.Rows, web.Row{Pick: string(a.ID), Name: a.Name, Cells: []web.Cell{{Text: a.Name, Note: a.UnitName, Href: "/console/account-sheets/" + string(a.ID)}, web.Text(a.Platform), web.Figure(a.Wrong)}})
	}
	if wrongTotal > len(wrong) {
		v.TakeMore = fmt.Sprintf("共有%d个账号，这里列出问题最多的%d个；可用上面的查找缩小范围。", wrongTotal, len(wrong))
	}
	return v
}

func (h *Handler) issueScreen(r *http.Request) (issueView, error) {
	q := r.URL.Query()
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	if q.Get("kind") == "account" || q.Get("point") != "" {
		list, total, err := h.assessment.OpenPoints(ctx, h.db, scope, q.Get("q"), maxOffered)
		if err != nil {
			return issueView{}, err
		}
		var wrong []WrongAccount
		n := 0
		if h.wrongAccounts != nil {
			if wrong, n, err = h.wrongAccounts(ctx, scope, q.Get("q"), 30); err != nil {
				return issueView{}, err
			}
		}
		return newPointsView(list, total, wrong, n, q), nil
	}
	if ids := q["finding"]; len(ids) > 0 {
		var chosen []inspection.Finding
		for _, id := range ids[:min(len(ids), maxOffered)] {
			f, err := h.inspection.Finding(ctx, h.db, scope, inspection.FindingID(id))
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
	list, total, err := h.inspection.Findings(ctx, h.db, scope, openFindings(q, maxOffered))
	if err != nil {
		return issueView{}, err
	}
	return newIssueView(list, total, q), nil
}

func openFindings(q url.Values, limit int) inspection.FindingFilter {
	return inspection.FindingFilter{Of: "site", State: inspection.FindingOpen, Severity: check.Severity(q.Get("severity")), Text: q.Get("q"), Site: registry.SiteID(q.Get("site")), Limit: limit}
}

func (h *Handler) showIssue(w http.ResponseWriter, r *http.Request) error {
	v, err := h.issueScreen(r)
	if err != nil {
		return err
	}
	return issuePage.Render(w, r, v)
}

// groupsView is what an issue would make: POST /console/orders/preview.
type groupsView struct {
	Heading web.Heading
	Table   web.Table
	Says    string
	Hidden  []web.Field
	Button  string
}

// Title of the document.
func (groupsView) Title() string { return "下发前核对" }

// Crumbs of the page.
func (groupsView) Crumbs() []web.Crumb {
	return crumbs(web.Crumb{Name: "整改通知", Href: ordersPath}, web.Crumb{Name: "下发", Href: ordersPath + "/new"}, web.Crumb{Name: "核对"})
}

func newGroupsView(list []assessment.Group, n assessment.Issue, today calendar.Date) groupsView {
	v := groupsView{Heading: web.Heading{Title: "下发前核对", Lead: fmt.Sprintf("将下发%d份整改通知。核对无误后下发；每份有编号，单位即时收到。", len(list))}, Says: n.Says, Button: fmt.Sprintf("下发这%d份整改通知", len(list)),
		Table: web.Table{Caption: "分份情况", Quiet: true, Columns: []web.Column{{Head: "单位"}, {Head: "对象", Wide: true}, {Head: "问题类别"}, {Head: "问题", Number: true}, {Head: "严重程度"}, {Head: "整改期限"}}}}
	hide := func(name, value string) {
		if value != "" {
			v.Hidden = append(v.Hidden, web.Field{Kind: web.Hidden, Name: name, Value: value})
		}
	}
	hide("says", n.Says)
	if n.Together {
		hide("together", "on")
	}
	for _, g := range list {
		what := web.Cell{Text: g.Subject}
		var says []string
		for _, f := range g.Findings {
			says = append(says, f.Says)
			hide("finding", string(f.ID))
		}
		for _, p := range g.Points {
			says = append(says, p.Says)
			hide("point", string(p.ID))
		}
		if len(says) > 3 {
			says = append(says[:3], fmt.Sprintf("……等%d个", len(says)))
		}
		what.Note = strings.Join(says, " ")
		cause := assessment.CauseName(g.Cause)
		if cause == "" {
			cause = "多类"
		}
		due := web.DueCell(g.Due.On, today)
		due.Note = fmt.Sprintf("%d个工作日", g.Days)
		if g.Due.Provisional {
			due.Note += "，节假日安排未公布，暂定"
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{web.Text(g.UnitName), what, web.Text(cause), web.Figure(g.Count()), web.Tagged(severityTag(g.Severity)), due}})
	}
	return v
}

// issueOf reads what was chosen: by boxes, or all that the filter leaves.
func (h *Handler) issueOf(r *http.Request) (assessment.Issue, error) {
	n := assessment.Issue{Says: r.PostFormValue("says"), Together: web.Typed(r, "together") != ""}
	for _, id := range r.PostForm["finding"] {
		n.Findings = append(n.Findings, inspection.FindingID(id))
	}
	for _, id := range r.PostForm["point"] {
		n.Points = append(n.Points, assessment.PointID(id))
	}
	if web.Typed(r, "all") == "" {
		return n, nil
	}
	list, total, err := h.inspection.Findings(r.Context(), h.db, authz.ScopeFrom(r.Context()), openFindings(r.PostForm, maxGrouped))
	if err != nil {
		return n, err
	}
	if total > maxGrouped {
		return n, fault.Newf(fault.TooLarge, "筛选出%d个问题，一次最多下发%d个，请加上条件分批下发。", total, maxGrouped)
	}
	n.Findings = nil
	for _, f := range list {
		n.Findings = append(n.Findings, f.ID)
	}
	return n, nil
}

// issueAgain shows what was chosen from with what is wrong.
func (h *Handler) issueAgain(w http.ResponseWriter, r *http.Request, n assessment.Issue, err error) error {
	v, shown := h.issueScreen(r)
	if shown != nil {
		return shown
	}
	v.Says.Value = n.Says
	v.Wrong = summary(err)
	return issuePage.RenderStatus(w, r, status(err), v)
}

func (h *Handler) preview(w http.ResponseWriter, r *http.Request) error {
	n, err := h.issueOf(r)
	var list []assessment.Group
	if err == nil {
		list, err = h.assessment.Preview(r.Context(), h.db, authz.ScopeFrom(r.Context()), n)
	}
	if web.Mendable(err) {
		return h.issueAgain(w, r, n, err)
	}
	if err != nil {
		return err
	}
	return groupsPage.Render(w, r, newGroupsView(list, n, web.FrameOf(r).Today))
}

func (h *Handler) issue(w http.ResponseWriter, r *http.Request) error {
	n, err := h.issueOf(r)
	var list []assessment.Order
	if err == nil {
		list, err = h.assessment.IssueOrders(r.Context(), authz.ScopeFrom(r.Context()), n)
	}
	if web.Mendable(err) {
		return h.issueAgain(w, r, n, err)
	}
	if err != nil {
		return err
	}
	if len(list) == 1 {
		return web.Done(w, r, list[0].Link(), fmt.Sprintf("已向%s下发整改通知 %s，限%s前整改到位。", list[0].UnitName, list[0].Number, list[0].Due.On.Chinese()))
	}
	return web.Done(w, r, ordersPath, fmt.Sprintf("已下发%d份整改通知（%s 至 %s）。", len(list), list[0].Number, list[len(list)-1].Number))
}

// take files what the check sheets of accounts show.
func (h *Handler) take(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return fault.New(fault.Invalid, "提交的内容无法读取，请刷新后重试。").From(err)
	}
	ids := r.PostForm["account"]
	if len(ids) == 0 || len(ids) > 30 {
		return fault.New(fault.Invalid, "没有选择账号，或一次多于30个，请返回重新勾选。").On("account", "请勾选1至30个账号")
	}
	n, said := 0, ""
	for _, id := range ids {
		list, err := h.assessment.TakeSheet(r.Context(), authz.ScopeFrom(r.Context()), registry.AccountID(id))
		if web.Mendable(err) {
			said += fault.Of(err).Says
			continue
		}
		if err != nil {
			return err
		}
		n += len(list)
	}
	return web.Done(w, r, ordersPath+"/new?kind=account", fmt.Sprintf("已取出%d个问题，请勾选后下发。", n)+said)
}
