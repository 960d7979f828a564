package errorreportweb

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/errorreport"
	"zhengshu/internal/fault"
	"zhengshu/internal/intake"
	"zhengshu/internal/official"
	"zhengshu/internal/web"
)

const (
	path      = "/console/error-reports"
	perPage   = 20
	maxExport = 20000
	maxRows   = 20000 // of a file: a year of the whole nation is of that order
)

// Handler serves the screens.
type Handler struct{ reports *errorreport.Service }

// New makes the handler.
func New(s *errorreport.Service) *Handler { return &Handler{s} }

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/error-reports", Permit: authz.AssessmentRead, Handle: h.list},
		{Pattern: "GET /console/error-reports/export", Permit: authz.AssessmentRead, Handle: h.export},
		{Pattern: "GET /console/error-reports/import", Permit: authz.AppraisalManage, Handle: h.showImport},
		{Pattern: "POST /console/error-reports/import", Permit: authz.AppraisalManage, Handle: h.take, MaxBody: web.UploadBody},
	}
}

type (
	page     struct{ web.ListView }
	formView struct{ web.FormView }
)

func tag(s errorreport.Standing) web.Tag {
	kind := map[errorreport.Standing]web.Tone{errorreport.Overdue: web.Danger, errorreport.Late: web.Warn, errorreport.Waiting: web.Info, errorreport.InTime: web.Good}[s]
	return web.Tag{Kind: kind, Text: s.Name()}
}

func dueCell(r errorreport.Report) web.Cell {
	if r.DueOn.IsZero() {
		return web.Cell{Text: "没有期限", Note: "满1个月未办结才算超期"}
	}
	return web.Day(r.DueOn)
}

// stat is a figure that opens its rows.
func stat(name string, n int, s errorreport.Standing, year int) web.Stat {
	q := url.Values{"state": {string(s)}}
	if year != 0 {
		q.Set("year", strconv.Itoa(year))
	}
	return web.Stat{Name: cmp.Or(name, s.Name()), Value: strconv.Itoa(n), Unit: "条", Href: path + "?" + q.Encode()}
}

func newList(list []errorreport.Report, total int, year int, t errorreport.Tally, taken []errorreport.Taken, manages bool, today calendar.Date) page {
	states := []web.Option{{Label: "全部"}}
	for _, s := range errorreport.Standings {
		states = append(states, web.Option{Value: string(s.Standing), Label: s.Name})
	}
	v := page{web.ListView{Heading: web.Heading{Title: "网民找错", Lead: "“我为政府网站找错”平台的留言办理情况，由主管单位从全国平台导出名单后导入。留言在全国平台答复，这里只统计，不答复。"},
		Stats:  web.Stats{Label: "办理情况", Items: []web.Stat{stat("有效留言", t.All, "valid", year), stat("", t.InTime, errorreport.InTime, year), stat("", t.Late, errorreport.Late, year), stat("", t.Waiting, errorreport.Waiting, year), stat("", t.Overdue, errorreport.Overdue, year)}},
		Filter: web.Filter{Action: path, Total: total, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "编号、网站、单位或内容", Max: 60}, {Kind: web.Select, Name: "state", Label: "办理情况", Options: states}, {Kind: web.Number, Name: "year", Label: "年度", Narrow: true, Mode: "numeric"}}},
		Table: web.Table{Caption: "网民找错留言", Quiet: true, Columns: []web.Column{{Head: "留言编号"}, {Head: "网站", Wide: true}, {Head: "内容", Wide: true}, {Head: "留言日期"}, {Head: "办理期限"}, {Head: "办结日期"}, {Head: "办理情况"}},
			Empty: web.Empty{Title: "没有符合条件的留言", Text: "没有导入名单的时段不作统计，也不扣分。"}}}}
	if manages {
		v.Heading.Acts = []web.Act{{Text: "导入名单", Href: path + "/import", Primary: true}}
	}
	for _, r := range list {
		v.Table.Rows = append(v.Table.Rows, web.Row{Name: r.Number, Cells: []web.Cell{{Text: r.Number, Note: r.Kind}, {Text: r.SiteName, Href: "/console/sites/" + string(r.Site), Note: r.UnitName}, {Text: r.Says, Note: r.URL},
			web.Day(r.ReceivedOn), dueCell(r), web.Day(r.AnsweredOn), {Tags: []web.Tag{tag(r.On(today))}, Note: r.Result}}})
	}
	if len(taken) > 0 {
		x := taken[0]
		v.Heading.Lead += fmt.Sprintf("最近一次由%s于%s导入，%d条。", x.UnitName, x.On.Chinese(), x.Accepted)
	}
	return v
}

func filterOf(r *http.Request) (errorreport.Filter, error) {
	q := r.URL.Query()
	f := errorreport.Filter{Text: strings.TrimSpace(q.Get("q")), Standing: errorreport.Standing(q.Get("state")), Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage}
	if len([]rune(f.Text)) > 60 {
		return f, fault.New(fault.Invalid, "查找的文字过长，请缩短到 60 字以内。").On("q", "请缩短")
	}
	if f.Standing != "" && f.Standing.Name() == "" {
		return f, fault.New(fault.Invalid, "办理情况无法识别，请从列表中选择。").On("state", "请从列表中选择")
	}
	if s := q.Get("year"); s != "" {
		y, err := strconv.Atoi(s)
		if err != nil || y < 2000 || y > 2200 {
			return f, fault.New(fault.Invalid, "年度应为四位数，如 2026。").On("year", "请填写四位年度")
		}
		f.Year = y
	}
	return f, nil
}

func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	f, err := filterOf(r)
	if err != nil {
		return err
	}
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	list, total, err := h.reports.Reports(ctx, scope, f)
	if err != nil {
		return err
	}
	t, err := h.reports.Tally(ctx, scope, f.Year)
	if err != nil {
		return err
	}
	today := web.FrameOf(r).Today
	taken, err := h.reports.Lists(ctx, h.reports.DB, scope, calendar.Date{Year: 2000, Month: 1, Day: 1}, today, h.reports.DB.Now().Add(time.Second), 1)
	if err != nil {
		return err
	}
	v := newList(list, total, f.Year, t, taken, authz.SessionFrom(ctx).May(authz.AppraisalManage), today)
	if total > 0 {
		v.Exports = web.ExportActs(path+"/export", r.URL.Query())
	}
	v.Filter.Fill(r.URL.Query())
	v.Pager = web.PagerOf(r, total, perPage)
	return listPage.Render(w, r, v)
}

func (h *Handler) export(w http.ResponseWriter, r *http.Request) error {
	f, err := filterOf(r)
	if err != nil {
		return err
	}
	f.Limit, f.Offset = maxExport, 0
	list, total, err := h.reports.Reports(r.Context(), authz.ScopeFrom(r.Context()), f)
	if err == nil {
		err = web.MostExported(total, maxExport, "条")
	}
	if err != nil {
		return err
	}
	today := web.FrameOf(r).Today
	rows := make([][]any, len(list))
	for i, x := range list {
		rows[i] = []any{x.Number, x.SiteName, x.UnitName, x.Kind, x.Says, x.URL, x.ReceivedOn, x.DueOn, x.AnsweredOn, x.On(today).Name(), x.Result}
	}
	var columns []official.Column
	for _, t := range []string{"留言编号", "网站名称", "主办单位", "问题类型", "留言内容", "问题页面", "留言时间", "办理期限", "办结时间", "办理情况", "办理结果"} {
		columns = append(columns, official.Column{Title: t, Width: 18})
	}
	return web.SendSheet(w, r, official.Sheet{Title: "网民找错留言", Columns: columns, Rows: slices.Values(rows)}, "网民找错留言")
}

func newImport(rep *intake.Report) formView {
	v := formView{web.FormView{Heading: web.Heading{Title: "导入网民找错名单", Lead: "从全国“我为政府网站找错”平台导出的名单（CSV、XLSX）。" + errorreport.Columns + "。同一编号再次导入的，按新名单更新办结情况。"}, Trail: []web.Crumb{{Name: "网民找错", Href: path}}}}
	v.Taken(rep)
	v.Form = web.Form{Upload: true, Sections: []web.Section{{Hint: "名单没有“办理期限”的，按考核指标写明的工作日推算；推算不出的，满1个月未办结才算超期。", Fields: []web.Field{{Kind: web.File, Name: "file", Label: "名单", Required: true, Accept: ".csv,.xlsx", Hint: "不超过 20 MB"}}}}, Buttons: []web.Button{{Label: "导入名单"}}, Cancel: web.Link{Text: "返回列表", Href: path}}
	return v
}

func (h *Handler) showImport(w http.ResponseWriter, r *http.Request) error {
	return formPage.Render(w, r, newImport(nil))
}

func (h *Handler) take(w http.ResponseWriter, r *http.Request) error {
	rep, err := web.TakeTable(r, "名单", official.Limits{Rows: maxRows}, func(t *official.Table) (intake.Report, error) {
		return h.reports.Import(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), t)
	})
	if web.Mendable(err) {
		v := newImport(nil)
		v.Form.Wrong(err)
		return formPage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	return formPage.Render(w, r, newImport(&rep))
}

var (
	sampleDay    = calendar.Date{Year: 2026, Month: 11, Day: 23}
	sampleReport = errorreport.Report{Number: "ZC-20261101-001", Site: "s", SiteName: "雁塔区人民政府", UnitName: "雁塔区人民政府办公室", ReceivedOn: sampleDay.AddDays(-20), DueOn: sampleDay.AddDays(-17), LastOn: sampleDay.AddDays(-17), Kind: "错别字", Says: "“登陆”应为“登录”", URL: "https://www.yanta.example.gov.cn/a.html"}
	sampleDone   = errorreport.Report{Number: "ZC-2", SiteName: "莲湖区人民政府", ReceivedOn: sampleDay.AddDays(-9), LastOn: sampleDay.AddDays(20), AnsweredOn: sampleDay.AddDays(-7), Result: "属实已改"}
	hostile      = errorreport.Report{Number: `"><b>`, Site: `"><`, SiteName: "<script>alert(1)</script>", UnitName: "<b>", Kind: "<i>", Says: "</td><script>", URL: "javascript:alert(1)", Result: "<u>", Void: true}
	sampleTaken  = []errorreport.Taken{{On: sampleDay, UnitName: "西安市人民政府办公厅", File: "名单.xlsx", By: "王秀兰", Accepted: 2}}
	hostileTaken = []errorreport.Taken{{UnitName: "<script>", File: "<b>", By: "<i>"}}
)

var (
	listPage = web.Define(web.Plain, "pages/list.html", newList(nil, 0, 0, errorreport.Tally{}, nil, true, sampleDay), newList([]errorreport.Report{sampleReport, sampleDone}, 2, 2026, errorreport.Tally{All: 2, InTime: 1, Overdue: 1}, sampleTaken, true, sampleDay), newList([]errorreport.Report{hostile}, 1, 0, errorreport.Tally{}, hostileTaken, false, sampleDay))
	formPage = web.Define(web.Plain, "pages/form.html", newImport(nil), newImport(&intake.Report{Accepted: 3}), newImport(&intake.Report{Refused: []intake.Refusal{{Row: 2, Field: "<b>", Says: "<script>"}}}))
)
