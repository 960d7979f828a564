package approvalweb

import (
	"net/http"
	"net/url"
	"strings"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/web"
)

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
	Tabs    web.Tabs
	Filter  web.Filter
	Table   web.Table
	Picking bool // several can be ticked and decided in one act
	Pager   web.Pager
}

// Title of the document.
func (caseList) Title() string { return "审批事项" }

// Crumbs of the page.
func (caseList) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "审批事项"}}
}

const perPage = 20

// listing is what a list of cases is shown for.
type listing struct {
	cases    []approval.Case
	total    int
	mayApply bool
	mayBatch bool // a decision may be given on the cases, several at once
	advises  bool
	mine     string
	kinds    []web.Option
	kindName func(string) string
	today    calendar.Date
	query    url.Values
}

var states = []web.Option{{Label: "全部"}, {Value: approval.InReview, Label: "审核中"}, {Value: approval.Returned, Label: "退回补正"}, {Value: approval.Approved, Label: "已批准"},
	{Value: approval.Refused, Label: "不予批准"}, {Value: approval.Withdrawn, Label: "已撤回"}, {Value: approval.Ended, Label: "已终止"}}

func newCaseList(l listing) caseList {
	v := caseList{Heading: web.Heading{Title: "审批事项", Lead: "本单位提出的、经本单位审核的和所辖单位的申请。"}, Tabs: caseTabs(l.mine, l.advises),
		Filter: web.Filter{Action: casesPath, Total: l.total, Reset: casesPath, Fields: []web.Field{
			{Kind: web.Select, Name: "state", Label: "状态", Options: states},
			{Kind: web.Select, Name: "kind", Label: "类别", Options: append([]web.Option{{Label: "全部"}}, l.kinds...)},
			{Kind: web.Select, Name: "due", Label: "办理时限", Options: []web.Option{{Label: "不限"}, {Value: "overdue", Label: "已超期"}, {Value: "today", Label: "今日到期"}, {Value: "week", Label: "7 天内到期"}}},
			{Kind: web.SearchBox, Name: "q", Label: "标题、编号或申请单位", Max: 60}},
			More:   []web.Field{{Kind: web.Check, Name: "vacant", Value: "yes", Label: "只看审核岗位空缺的"}},
			Hidden: []web.Field{{Name: "mine", Value: l.mine}, {Name: "unit", Value: l.query.Get("unit")}}},
		Table: web.Table{Caption: "审批事项", Quiet: true, Columns: []web.Column{{Head: "事项", Wide: true}, {Head: "类别"}, {Head: "申请单位"}, {Head: "提交时间"}, {Head: "当前环节"}, {Head: "状态"}},
			Empty: web.Empty{Title: "没有符合条件的审批事项", Text: "可以调整筛选条件，或从开设申请开始。"}}}
	if l.mayApply {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "提出申请", Href: "/console/matters", Primary: true})
		v.Table.Empty.Act = web.Act{Text: "提出申请", Href: "/console/matters"}
	}
	v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "例外清单", Href: "/console/overrides"})
	if len(l.cases) > 0 {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "导出 Excel", Href: exportHref(l.query, "xlsx")}, web.Act{Text: "导出 CSV", Href: exportHref(l.query, "csv")})
	}
	v.Picking = l.mayBatch && len(l.cases) > 1
	for _, c := range l.cases {
		at := web.Text("")
		if c.State == approval.InReview {
			at = web.Cell{Text: c.AtName(), Note: "应于 " + c.Due.String() + " 前办理", Tags: []web.Tag{web.DueTag(c.Due, l.today)}}
		}
		tags := []web.Tag{stateTag(c)}
		if c.Open() && c.ApplicantGone(l.today) {
			tags = append(tags, web.Tag{Kind: web.Warn, Text: "申请单位已撤销"})
		}
		row := web.Row{Name: c.Number + " " + c.Title, Cells: []web.Cell{
			{Text: c.Title, Href: c.Link(), Note: c.Number}, web.Text(l.kindName(c.Kind)), web.Text(c.UnitName), web.When(c.OpenedAt), at, web.Tagged(tags...)}}
		if v.Picking {
			row.Pick = string(c.ID)
		}
		v.Table.Rows = append(v.Table.Rows, row)
	}
	if v.Picking {
		v.Table.PickName = "case"
	}
	return v
}

func caseTabs(mine string, advises bool) web.Tabs {
	t := web.Tabs{Label: "审批事项的范围"}
	for _, n := range []struct{ id, name string }{{"", "全部"}, {"todo", "待我办理"}, {"started", "我申请的"}, {"done", "我办过的"}} {
		href := casesPath
		if n.id != "" {
			href += "?mine=" + n.id
		}
		t.Items = append(t.Items, web.Tab{Name: n.name, Href: href, Current: mine == n.id})
	}
	if advises {
		t.Items = append(t.Items, web.Tab{Name: "会签和征求意见", Href: advicePath, Current: mine == "advice"})
	}
	return t
}

func exportHref(q url.Values, format string) string {
	out := url.Values{}
	for k, v := range q {
		if k != "page" {
			out[k] = v
		}
	}
	out.Set("format", format)
	return casesPath + "/export?" + out.Encode()
}

func sampleNames(string) string { return "开设网站申请" }

var caseListPage = web.Define(views, "views/cases.html",
	newCaseList(listing{mayApply: true, kindName: sampleNames}),
	newCaseList(listing{cases: []approval.Case{sampleCase(approval.InReview), sampleCase(approval.Returned), sampleCase(approval.Approved)}, total: 3, mayApply: true, mayBatch: true, advises: true,
		mine: "todo", kindName: sampleNames, today: sampleDay, kinds: []web.Option{{Value: "opening", Label: "开设网站申请"}}}),
	newCaseList(listing{cases: []approval.Case{{ID: `"><script>`, Title: `<script>alert(1)</script>`, UnitName: `"onload="x`, State: "odd"}}, total: 1, kindName: sampleNames,
		query: url.Values{"q": {`"><script>`}}}),
)

func filterOf(q url.Values) approval.Filter {
	f := approval.Filter{State: q.Get("state"), Kind: q.Get("kind"), Unit: org.UnitID(q.Get("unit")), Text: strings.TrimSpace(q.Get("q")), Due: q.Get("due"), Vacant: q.Has("vacant"), Mine: q.Get("mine")}
	if r := []rune(f.Text); len(r) > 60 {
		f.Text = string(r[:60])
	}
	return f
}

func (h *Handler) cases(w http.ResponseWriter, r *http.Request) error {
	ctx, q, session := r.Context(), r.URL.Query(), authz.SessionFrom(r.Context())
	f := filterOf(q)
	f.Limit, f.Offset = perPage, (web.PageOf(r)-1)*perPage
	list, total, err := h.approvals.Cases(ctx, authz.ScopeFrom(ctx), f)
	if err != nil {
		return err
	}
	pager := web.PagerOf(r, total, perPage)
	if len(list) == 0 && total > 0 { // a page beyond the end
		f.Offset = pager.Offset()
		if list, _, err = h.approvals.Cases(ctx, authz.ScopeFrom(ctx), f); err != nil {
			return err
		}
	}
	l := listing{cases: list, total: total, mayApply: session.May(authz.OpeningApply), mayBatch: f.Mine == "todo" && session.May(authz.CaseDecide), advises: session.May(authz.CaseAdvise),
		mine: f.Mine, kindName: h.approvals.KindName, today: web.FrameOf(r).Today, query: q}
	for _, k := range h.approvals.Kinds() {
		l.kinds = append(l.kinds, web.Option{Value: k, Label: h.approvals.KindName(k)})
	}
	v := newCaseList(l)
	v.Filter.Fill(q)
	v.Pager = pager
	return caseListPage.Render(w, r, v)
}

// maxExport bounds an export.
const maxExport = 100_000

// export is the whole filtered list. Who took what out is in the trail.
func (h *Handler) export(w http.ResponseWriter, r *http.Request) error {
	ctx, q := r.Context(), r.URL.Query()
	f := filterOf(q)
	f.Limit = maxExport
	list, total, err := h.approvals.Cases(ctx, authz.ScopeFrom(ctx), f)
	if err != nil {
		return err
	}
	if err := web.MostExported(total, maxExport, "件"); err != nil {
		return err
	}
	sheet := official.Sheet{Title: "审批事项",
		Columns: []official.Column{{Title: "编号", Width: 16}, {Title: "事项", Width: 44}, {Title: "类别", Width: 18}, {Title: "申请单位", Width: 30}, {Title: "申请人", Width: 10}, {Title: "提交时间", Width: 20},
			{Title: "状态", Width: 10}, {Title: "当前环节单位", Width: 30}, {Title: "应办日期", Width: 12}, {Title: "办结时间", Width: 20}},
		Rows: func(yield func([]any) bool) {
			for _, c := range list {
				if !yield([]any{c.Number, c.Title, h.approvals.KindName(c.Kind), c.UnitName, c.ApplicantName, c.OpenedAt, c.StateName(), c.AtName(), c.Due, c.EndedAt}) {
					return
				}
			}
		}}
	return web.SendSheet(w, r, sheet, "审批事项")
}
