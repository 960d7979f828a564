package securityweb

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/percent"
	"zhengshu/internal/registry"
	"zhengshu/internal/security"
	"zhengshu/internal/web"
)

const (
	plansPath  = "/console/security"
	sheetsPath = "/console/security-sheets"
	holesPath  = "/console/security-holes"
	perPage    = 20
	maxExport  = 20000
	fileHint   = "PDF、JPG、PNG、DOCX 或 XLSX，每个不超过 20 MB"
)

// Handler serves the screens.
type Handler struct {
	security *security.Service
	org      *org.Service
}

// New makes the handler.
func New(s *security.Service, o *org.Service) *Handler { return &Handler{s, o} }

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	const body = 4*approval.MaxUpload + 1<<20
	return []web.Route{
		{Pattern: "GET /console/security", Permit: authz.SecurityRead, Handle: h.plans},
		{Pattern: "GET /console/security/new", Permit: authz.SecurityPlan, Handle: h.showNew},
		{Pattern: "POST /console/security/new", Permit: authz.SecurityPlan, Handle: h.add},
		{Pattern: "GET /console/security/{id}", Permit: authz.SecurityRead, Handle: h.plan},
		{Pattern: "GET /console/security/{id}/export", Permit: authz.SecurityRead, Handle: h.export},
		{Pattern: "GET /console/security/{id}/finish", Permit: authz.SecurityPlan, Handle: h.showFinish},
		{Pattern: "POST /console/security/{id}/finish", Permit: authz.SecurityPlan, Handle: h.finish},
		{Pattern: "GET /console/security-sheets/{id}", Permit: authz.SecurityRead, Handle: h.sheet},
		{Pattern: "GET /console/security-sheets/{id}/letter", Permit: authz.SecurityRead, Handle: h.letter},
		{Pattern: "GET /console/security-sheets/{id}/files/{file}", Permit: authz.SecurityRead, Handle: h.file("security_sheet")},
		{Pattern: "POST /console/security-sheets/{id}/check", Permit: authz.SecurityPlan, Handle: h.actOnSheet("check", "检查单已保存。", h.check), MaxBody: body},
		{Pattern: "POST /console/security-sheets/{id}/holes", Permit: authz.SecurityPlan, Handle: h.actOnSheet("holes", "漏洞已登记，下发后主办单位才能看到。", h.addHole)},
		{Pattern: "POST /console/security-sheets/{id}/order", Permit: authz.SecurityPlan, Handle: h.actOnSheet("order", "整改通知已下发。", h.order)},
		{Pattern: "GET /console/security-holes", Permit: authz.SecurityRead, Handle: h.holes},
		{Pattern: "GET /console/security-holes/export", Permit: authz.SecurityRead, Handle: h.exportHoles},
		{Pattern: "GET /console/security-holes/{id}", Permit: authz.SecurityRead, Handle: h.hole},
		{Pattern: "GET /console/security-holes/{id}/files/{file}", Permit: authz.SecurityRead, Handle: h.file("security_hole")},
		{Pattern: "POST /console/security-holes/{id}/mend", Permit: authz.SecurityMend, Handle: h.mend, MaxBody: body},
		{Pattern: "POST /console/security-holes/{id}/retest", Permit: authz.SecurityPlan, Handle: h.retest},
		{Pattern: "POST /console/security-holes/{id}/dispute", Permit: authz.SecurityMend, Handle: h.dispute},
		{Pattern: "POST /console/security-holes/{id}/settle", Permit: authz.SecurityPlan, Handle: h.settle},
		{Pattern: "POST /console/security-holes/{id}/withdraw", Permit: authz.SecurityPlan, Handle: h.withdraw},
	}
}

// page is a list of this door, record a record, formView a form.
type (
	page     struct{ web.ListView }
	record   struct{ web.RecordView }
	formView struct{ web.FormView }
)

func tabs(current string) web.Tabs {
	return web.Tabs{Label: "年度安全检查", Items: []web.Tab{{Name: "检查计划", Href: plansPath, Current: current == plansPath}, {Name: "漏洞", Href: holesPath, Current: current == holesPath}}}
}

func may(r *http.Request, p authz.Permission) bool { return authz.SessionFrom(r.Context()).May(p) }

func options(all string, list []security.Named) []web.Option {
	out := []web.Option{}
	if all != "" {
		out = append(out, web.Option{Label: all})
	}
	for _, x := range list {
		out = append(out, web.Option{Value: x.Value, Label: x.Name})
	}
	return out
}

func orNone(s string) string {
	if s == "" {
		return "无"
	}
	return s
}

// borne tells where no 网信 body is registered and who bears the check there.
func borne(list []security.Bearing) web.Alert {
	var says []string
	var a web.Alert
	for _, b := range list {
		switch {
		case !b.Absent:
			says = append(says, b.AreaName+"的年度安全检查由"+b.Body.Name+"承担。")
		case b.Body.Name == "":
			says = append(says, b.AreaName+"没有能够承担年度安全检查的网信部门，请在“单位”中登记网信部门及其人员。")
			a.Kind = web.Warn
		default:
			says = append(says, b.AreaName+"没有能够承担年度安全检查的网信部门，登记以前由"+b.Body.Name+"承担，请在“单位”中登记网信部门及其人员。")
			a.Kind = web.Warn
		}
	}
	if len(says) == 0 {
		return web.Alert{}
	}
	if a.Kind == "" {
		a.Kind = web.Info
	}
	a.Title, a.Text = "本地区没有登记网信部门", strings.Join(says, "")
	return a
}

func newPlans(list []security.Plan, total int, plans bool, bearings []security.Bearing, today calendar.Date) page {
	v := page{web.ListView{Heading: web.Heading{Title: "年度网络安全检查", Lead: "网信部门每年对政府网站进行安全管理工作检查，及时处置网络、数据库、防火墙、业务系统、应用服务器中的漏洞（第二十三条（一）），12 月 31 日前完成。"}, Tabs: tabs(plansPath),
		Table: web.Table{Caption: "检查计划", Quiet: true, RowHead: 1, Columns: []web.Column{{Head: "年度"}, {Head: "计划", Wide: true}, {Head: "组织单位"}, {Head: "已检查"}, {Head: "漏洞"}, {Head: "完成期限"}},
			Empty: web.Empty{Title: "还没有检查计划", Text: "本地区和上级网信部门都没有制定计划。计划由网信部门制定，覆盖范围内全部运行的网站，新上线的自动补入。"}}}}
	v.Alert = borne(bearings)
	if plans {
		v.Heading.Acts = []web.Act{{Text: "制定年度计划", Href: plansPath + "/new", Primary: true}}
	}
	for _, p := range list {
		due := web.DueCell(p.DueOn, today)
		if p.State == security.Finished {
			due = web.Tagged(web.Tag{Kind: web.Good, Text: "已完成"})
		}
		name, holes := web.Cell{Text: p.Title, Href: p.Link(), Note: p.AreaName}, web.Cell{Text: fmt.Sprintf("%d 个，已关闭 %d 个", p.Holes, p.Closed), Keep: true}
		sites := web.Cell{Text: fmt.Sprintf("%d / %d 个网站", p.Checked, p.Sites), Note: untested(p), Keep: true}
		if p.Above {
			name.Href, name.Note, name.Tags = "", p.AreaName+"，覆盖本地区", []web.Tag{{Kind: web.Info, Text: "上级计划"}}
			sites.Text += "（本单位范围）"
			holes = web.Cell{Text: "查看漏洞", Href: holesPath}
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{web.Figure(p.Year), name, web.Text(p.UnitName), sites, holes, due}})
	}
	return v
}

func (h *Handler) plans(w http.ResponseWriter, r *http.Request) error {
	list, total, err := h.security.Plans(r.Context(), authz.ScopeFrom(r.Context()), perPage, (web.PageOf(r)-1)*perPage)
	if err != nil {
		return err
	}
	bearings, err := h.security.Bearings(r.Context(), authz.SessionFrom(r.Context()))
	if err != nil {
		return err
	}
	v := newPlans(list, total, may(r, authz.SecurityPlan), bearings, web.FrameOf(r).Today)
	v.Filter.Total = -1
	v.Pager = web.PagerOf(r, total, perPage)
	return listPage.Render(w, r, v)
}

// untested tells of a plan's sites what could not be tested.
func untested(p security.Plan) string {
	var says []string
	if p.Partial > 0 {
		says = append(says, fmt.Sprintf("%d 个有层面未能检查", p.Partial))
	}
	if p.Excused > 0 {
		says = append(says, fmt.Sprintf("%d 个未能检查并说明了原因", p.Excused))
	}
	return strings.Join(says, "，")
}

// outcomeTag is how far a sheet has come; due is the plan's last day.
func outcomeTag(x security.Sheet, due, today calendar.Date) web.Tag {
	o := x.Outcome()
	t := web.Tag{Kind: web.Neutral, Text: security.NameOf(security.Outcomes, o)}
	switch o {
	case security.Whole:
		t.Kind = web.Good
	case security.Partial, security.Untested:
		t.Kind = web.Warn
	}
	if (o == security.ToCheck || o == security.Untested) && !due.IsZero() && today.After(due) {
		t = web.Tag{Kind: web.Danger, Text: "逾期未检查"}
	}
	return t
}

func newPlanForm(units []web.Option, year int, today calendar.Date) formView {
	begins := today
	if year > today.Year {
		begins = calendar.Date{Year: year, Month: time.January, Day: 1}
	}
	v := formView{web.FormView{Heading: web.Heading{Title: "制定年度检查计划", Lead: "计划自动覆盖本单位所在区划及以下全部运行的网站。"}, Trail: []web.Crumb{{Name: "年度网络安全检查", Href: plansPath}}}}
	unit := web.Field{Kind: web.Select, Name: "unit", Label: "组织单位", Required: true, Options: units}
	if len(units) > 0 {
		unit.Value = units[0].Value
	}
	v.Form = web.Form{Key: "security-plan", Sections: []web.Section{{Fields: []web.Field{unit,
		{Kind: web.Number, Name: "year", Label: "年度", Required: true, Narrow: true, Mode: "numeric", Value: strconv.Itoa(year)}, {Name: "title", Label: "计划名称", Max: 100, Hint: "不填按年度生成，例如“" + security.TitleOf(year) + "”"},
		{Kind: web.DateField, Name: "begins_on", Label: "开始日期", Required: true, Narrow: true, Value: begins.String()}, {Kind: web.DateField, Name: "due_on", Label: "完成日期", Narrow: true, Hint: "不填为该年度 12 月 31 日"},
		{Kind: web.TextArea, Name: "note", Label: "检查内容和分工", Max: 4000, Rows: 6}}}}, Buttons: []web.Button{{Label: "制定计划"}}, Cancel: web.Link{Text: "取消", Href: plansPath}}
	return v
}

func (h *Handler) units(r *http.Request) []web.Option {
	var out []web.Option
	s := authz.SessionFrom(r.Context())
	for _, p := range s.Posts {
		if s.MayAt(authz.SecurityPlan, p.UnitID) && !slices.ContainsFunc(out, func(o web.Option) bool { return o.Value == p.UnitID }) {
			out = append(out, web.Option{Value: p.UnitID, Label: p.UnitName})
		}
	}
	return out
}

func (h *Handler) showNew(w http.ResponseWriter, r *http.Request) error {
	v, err := h.planForm(r)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, v)
}

// planForm is the form for the first year that the reader's unit has no plan for.
func (h *Handler) planForm(r *http.Request) (formView, error) {
	units, today := h.units(r), web.FrameOf(r).Today
	year := today.Year
	if len(units) > 0 {
		var err error
		if year, err = h.security.NextYear(r.Context(), authz.ScopeFrom(r.Context()), org.UnitID(units[0].Value)); err != nil {
			return formView{}, err
		}
	}
	return newPlanForm(units, year, today), nil
}

func (h *Handler) add(w http.ResponseWriter, r *http.Request) error {
	n := security.NewPlan{Unit: org.UnitID(web.Typed(r, "unit")), Title: web.Typed(r, "title"), Note: web.Typed(r, "note")}
	year, err := strconv.Atoi(web.Typed(r, "year"))
	if err != nil {
		err = fault.New(fault.Invalid, "年度应为四位数，如 2026。").On("year", "请填写四位年度")
	}
	n.Year = year
	if err == nil {
		n.BeginsOn, err = web.DayOf(r, "begins_on", "开始日期")
	}
	if err == nil {
		n.DueOn, err = web.DayOf(r, "due_on", "完成日期")
	}
	var p security.Plan
	if err == nil {
		p, err = h.security.Plan(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), n)
	}
	if web.Mendable(err) {
		v, ferr := h.planForm(r)
		if ferr != nil {
			return ferr
		}
		v.Again(r, err)
		return formPage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, p.Link(), fmt.Sprintf("计划已制定，覆盖 %d 个网站。", p.Sites))
}

var sheetStates = []security.Named{{Value: "todo", Name: "待检查"}, {Value: "checked", Name: "已检查"}, {Value: security.Partial, Name: "部分层面未能检查"}, {Value: security.Untested, Name: "未能检查"}, {Value: "holes", Name: "有未关闭的漏洞"}}

func newPlan(p security.Plan, list []security.Sheet, total int, own bool, today calendar.Date) page {
	v := page{web.ListView{Heading: web.Heading{Above: p.UnitName + " · " + p.AreaName, Title: p.Title, Lead: p.Note, Tags: []web.Tag{{Kind: map[string]web.Tone{security.Open: web.Info, security.Finished: web.Good}[p.State], Text: security.PlanMachine.Name(p.State)}}}, Trail: []web.Crumb{{Name: "年度网络安全检查", Href: plansPath}},
		Stats:  web.Stats{Items: []web.Stat{{Name: "网站", Value: strconv.Itoa(p.Sites), Unit: "个", Note: "范围内全部运行的网站", Href: p.Link()}, {Name: "已检查", Value: strconv.Itoa(p.Checked), Unit: "个", Note: strings.Join(append([]string{share(p.Checked, p.Sites)}, slices.DeleteFunc([]string{untested(p)}, func(s string) bool { return s == "" })...), "，"), Href: p.Link() + "?state=checked"}, {Name: "漏洞", Value: strconv.Itoa(p.Holes), Unit: "个", Note: fmt.Sprintf("已关闭 %d 个", p.Closed)}, {Name: "完成期限", Value: fmt.Sprintf("%d月%d日", p.DueOn.Month, p.DueOn.Day), Note: fmt.Sprintf("%d年", p.DueOn.Year)}}},
		Filter: web.Filter{Action: p.Link(), Total: total, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "网站或单位"}, {Kind: web.Select, Name: "state", Label: "状态", Options: options("全部", sheetStates)}}},
		Table:  web.Table{Caption: "检查单", Quiet: true, Columns: []web.Column{{Head: "网站", Wide: true}, {Head: "主办单位"}, {Head: "状态"}, {Head: "检查日期"}, {Head: "检查人员或机构"}, {Head: "未关闭漏洞", Number: true}}, Empty: web.Empty{Title: "没有符合条件的网站"}}}}
	if own && p.State == security.Open {
		v.Heading.Acts = []web.Act{{Text: "完成年度检查", Href: p.Link() + "/finish"}}
	}
	if p.State == security.Finished {
		v.Alert = web.Alert{Kind: web.Good, Title: "年度检查已完成", Text: p.Result() + "。" + p.Summary}
	}
	for _, x := range list {
		tag := outcomeTag(x, p.DueOn, today)
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: x.SiteName, Href: x.Link(), Note: registry.ShownHost(x.Host)}, web.Text(x.UnitName), web.Tagged(tag), web.Day(x.CheckedOn), web.Text(orNone(x.Checker)), web.Figure(x.Standing)}})
	}
	return v
}

func share(n, of int) string {
	if of == 0 {
		return "没有网站"
	}
	return "覆盖 " + percent.Of(n, of).Text(0)
}

func (h *Handler) sheetFilter(r *http.Request) (security.SheetFilter, error) {
	q := r.URL.Query()
	f := security.SheetFilter{Plan: r.PathValue("id"), State: q.Get("state"), Text: strings.TrimSpace(q.Get("q")), Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage}
	if len([]rune(f.Text)) > 100 {
		return f, fault.New(fault.Invalid, "查找的文字过长，请缩短到 100 字以内。").On("q", "请缩短")
	}
	return f, nil
}

func (h *Handler) planOf(r *http.Request) (security.Plan, error) {
	return h.security.PlanByID(r.Context(), h.security.DB, authz.ScopeFrom(r.Context()), r.PathValue("id"))
}

func (h *Handler) plan(w http.ResponseWriter, r *http.Request) error {
	p, err := h.planOf(r)
	if err != nil {
		return err
	}
	f, err := h.sheetFilter(r)
	if err != nil {
		return err
	}
	list, total, err := h.security.Sheets(r.Context(), authz.ScopeFrom(r.Context()), f)
	if err != nil {
		return err
	}
	v := newPlan(p, list, total, authz.SessionFrom(r.Context()).MayAt(authz.SecurityPlan, string(p.Unit)), web.FrameOf(r).Today)
	v.Exports = web.ExportActs(p.Link()+"/export", r.URL.Query())
	v.Filter.Fill(r.URL.Query())
	v.Pager = web.PagerOf(r, total, perPage)
	return listPage.Render(w, r, v)
}

func (h *Handler) export(w http.ResponseWriter, r *http.Request) error {
	p, err := h.planOf(r)
	if err != nil {
		return err
	}
	f, err := h.sheetFilter(r)
	if err != nil {
		return err
	}
	f.Limit, f.Offset = maxExport, 0
	list, total, err := h.security.Sheets(r.Context(), authz.ScopeFrom(r.Context()), f)
	if err != nil {
		return err
	}
	if err := web.MostExported(total, maxExport, "行"); err != nil {
		return err
	}
	heads, rows := sheetRows(list)
	return sheetOut(w, r, p.Title, heads, rows)
}

// sheetRows are the check sheets of a plan as a table, each layer with what was
// written of it: why it could not be checked belongs to its verdict.
func sheetRows(list []security.Sheet) (heads []official.Column, rows [][]any) {
	heads = []official.Column{{Title: "网站", Width: 26}, {Title: "域名", Width: 24}, {Title: "主办单位", Width: 26}, {Title: "状态", Width: 16}, {Title: "检查日期", Width: 12}, {Title: "检查人员或机构", Width: 22}, {Title: "检查方式", Width: 10}}
	for _, l := range security.Layers {
		heads = append(heads, official.Column{Title: l.Name, Width: 12}, official.Column{Title: l.Name + "的说明", Width: 22})
	}
	heads = append(heads, official.Column{Title: "整站未能检查的原因", Width: 22}, official.Column{Title: "结论", Width: 30}, official.Column{Title: "漏洞数", Width: 8}, official.Column{Title: "未关闭", Width: 8}, official.Column{Title: "整改通知", Width: 14})
	for _, x := range list {
		row := []any{x.SiteName, registry.ShownHost(x.Host), x.UnitName, security.NameOf(security.Outcomes, x.Outcome()), x.CheckedOn, x.Checker, security.NameOf(security.Methods, x.Method)}
		for _, l := range security.Layers {
			row = append(row, security.NameOf(security.Verdicts, x.Layers[l.Value].Verdict), x.Layers[l.Value].Note)
		}
		rows = append(rows, append(row, x.Excuse, x.Summary, x.Holes, x.Standing, x.Number))
	}
	return heads, rows
}

// holeRows are the holes as a table: what was seen, what to do, what was done and
// what the retest saw.
func holeRows(list []security.Hole) (heads []official.Column, rows [][]any) {
	heads = []official.Column{{Title: "网站", Width: 26}, {Title: "主办单位", Width: 26}, {Title: "组织单位", Width: 24}, {Title: "层面", Width: 12}, {Title: "程度", Width: 8}, {Title: "漏洞", Width: 24}, {Title: "漏洞情况", Width: 44}, {Title: "整改建议", Width: 36}, {Title: "状态", Width: 10}, {Title: "整改通知", Width: 14}, {Title: "期限", Width: 12},
		{Title: "报告整改", Width: 18}, {Title: "整改情况", Width: 36}, {Title: "复测", Width: 18}, {Title: "复测情况", Width: 36}, {Title: "关闭", Width: 18}}
	for _, x := range list {
		rows = append(rows, []any{x.SiteName, x.UnitName, x.BodyName, security.NameOf(security.Layers, x.Layer), security.NameOf(security.Severities, x.Severity), x.Title, x.Says, x.Fix, security.HoleMachine.Name(x.State), x.Number, x.DueOn,
			x.MendedAt, x.MendedAs, x.RetestedAt, x.RetestSays, x.ClosedAt})
	}
	return heads, rows
}

func sheetOut(w http.ResponseWriter, r *http.Request, title string, heads []official.Column, rows [][]any) error {
	return web.SendSheet(w, r, official.Sheet{Title: title, Columns: heads, Rows: slices.Values(rows)}, title)
}

func newFinish(p security.Plan) formView {
	v := formView{web.FormView{Heading: web.Heading{Title: "完成年度检查", Lead: p.Title}, Trail: []web.Crumb{{Name: "年度网络安全检查", Href: plansPath}, {Name: p.Title, Href: p.Link()}}}}
	if left := p.Left(); left > 0 {
		v.Alert = web.Alert{Kind: web.Warn, Title: fmt.Sprintf("还有 %d 个网站没有检查", left), Text: "全部检查，或写明未能检查的原因后才能完成。"}
	} else if p.Untold > 0 {
		v.Alert = web.Alert{Kind: web.Warn, Title: fmt.Sprintf("还有 %d 个漏洞没有下发", p.Untold), Text: "在检查单中下发整改通知，登记有误的在漏洞页面撤销，然后才能完成。", Links: []web.Link{{Text: "查看待下发的漏洞", Href: holesPath + "?state=" + security.HoleFound}}}
	} else {
		v.Alert = web.Alert{Kind: web.Info, Title: "检查结果", Text: p.Result() + "。"}
	}
	v.Form = web.Form{Key: "finish" + p.ID, Sections: []web.Section{{Fields: []web.Field{{Kind: web.TextArea, Name: "summary", Label: "检查总结", Required: true, Max: 4000, Rows: 8, Hint: "未关闭的漏洞继续按各自期限整改、复测"}}}}, Buttons: []web.Button{{Label: "完成年度检查"}}, Cancel: web.Link{Text: "返回计划", Href: p.Link()}}
	return v
}

func (h *Handler) showFinish(w http.ResponseWriter, r *http.Request) error {
	p, err := h.planOf(r)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, newFinish(p))
}

func (h *Handler) finish(w http.ResponseWriter, r *http.Request) error {
	p, err := h.planOf(r)
	if err != nil {
		return err
	}
	if err := h.security.Finish(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), p.ID, web.Typed(r, "summary")); web.Mendable(err) {
		v := newFinish(p)
		v.Again(r, err)
		return formPage.RenderStatus(w, r, web.StatusOf(err), v)
	} else if err != nil {
		return err
	}
	return web.Done(w, r, p.Link(), "年度检查已完成。")
}

func severityTag(v string) web.Tag {
	kind := web.Neutral
	switch v {
	case "serious":
		kind = web.Danger
	case "error":
		kind = web.Warn
	}
	return web.Tag{Kind: kind, Text: security.NameOf(security.Severities, v)}
}

func holeTag(state string) web.Tag {
	kind := web.Warn
	switch state {
	case security.HoleClosed:
		kind = web.Good
	case security.HoleMended, security.HoleDisputed:
		kind = web.Info
	case security.HoleFound, security.HoleWithdrawn:
		kind = web.Neutral
	}
	return web.Tag{Kind: kind, Text: security.HoleMachine.Name(state)}
}

// holeDue is the last day of a hole; what its sponsor was not told of has none.
func holeDue(h security.Hole, today calendar.Date) web.Cell {
	switch {
	case h.State == security.HoleWithdrawn:
		return web.Text("无")
	case h.DueOn.IsZero():
		return web.Text("下发后起算")
	case h.State == security.HoleOrdered:
		return web.DueCell(h.DueOn, today)
	}
	return web.Day(h.DueOn)
}

func newSheet(d security.Dossier, own bool, today calendar.Date) record {
	v := record{web.RecordView{Heading: web.Heading{Above: "检查单 · " + d.PlanTitle, Title: d.SiteName}, Trail: []web.Crumb{{Name: "年度网络安全检查", Href: plansPath}, {Name: d.PlanTitle, Href: plansPath + "/" + d.Plan}}}}
	v.Heading.Tags = []web.Tag{outcomeTag(d.Sheet, calendar.Date{}, today)}
	if d.Outcome() == security.Untested && own && d.PlanState == security.Open {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: "五个层面都未能检查", Text: "本网站不计入已检查。请重新检查；确实无法检查的，在检查单中写明整站未能检查的原因。"})
	}
	if d.Number != "" {
		v.Heading.Acts = []web.Act{{Text: "整改通知 DOCX", Href: d.Link() + "/letter?as=docx"}, {Text: "整改通知 PDF", Href: d.Link() + "/letter?as=pdf"}}
	}
	layers := web.Table{Caption: "五个层面", Columns: []web.Column{{Head: "层面"}, {Head: "结论"}, {Head: "说明", Wide: true}}}
	for _, l := range security.Layers {
		x := d.Layers[l.Value]
		name, kind := security.NameOf(security.Verdicts, x.Verdict), web.Neutral
		switch x.Verdict {
		case "fine":
			kind = web.Good
		case "holes", "untested":
			kind = web.Warn
		case "":
			name = "待检查"
		}
		verdict := web.Tagged(web.Tag{Kind: kind, Text: name})
		if x.Verdict == "holes" && mended(d, l.Value) {
			verdict.Note = "已全部整改并复测通过"
		}
		layers.Rows = append(layers.Rows, web.Row{Cells: []web.Cell{web.Text(l.Name), verdict, web.Text(x.Note)}})
	}
	v.Main = append(v.Main, layers)
	holes := web.Table{Caption: "漏洞", Columns: []web.Column{{Head: "漏洞", Wide: true}, {Head: "层面"}, {Head: "程度"}, {Head: "状态"}, {Head: "期限"}}, Empty: web.Empty{Title: "没有登记漏洞", Text: "检查中发现漏洞的，用“登记漏洞”逐个登记。"}}
	for _, h := range d.List {
		due := holeDue(h, today)
		holes.Rows = append(holes.Rows, web.Row{Cells: []web.Cell{{Text: h.Title, Href: h.Link(), Note: h.Number}, web.Text(security.NameOf(security.Layers, h.Layer)), web.Tagged(severityTag(h.Severity)), web.Tagged(holeTag(h.State)), due}})
	}
	v.Main = append(v.Main, holes)
	if d.Excuse != "" {
		v.Main = append(v.Main, web.Summary{Title: "整站未能检查", Terms: []web.Term{{Name: "原因", Text: d.Excuse, Note: strings.TrimSpace(d.KeptBy + " " + web.Minute(d.KeptAt))}}})
	}
	if d.Summary != "" {
		v.Main = append(v.Main, web.Summary{Title: "检查结论", Terms: []web.Term{{Name: "结论", Text: d.Summary}, {Name: "检查日期", Text: d.CheckedOn.String()}, {Name: "检查人员或机构", Text: d.Checker}, {Name: "方式", Text: security.NameOf(security.Methods, d.Method)}}})
	}
	if len(d.Files) > 0 {
		files := web.Summary{Title: "附件"}
		for i, f := range d.Files {
			files.Terms = append(files.Terms, web.Term{Name: fmt.Sprintf("第%d件", i+1), Text: f.Name, Href: d.Link() + "/files/" + url.PathEscape(f.ID)})
		}
		v.Main = append(v.Main, files)
	}
	checked := d.State == "checked" || d.Excuse != ""
	if own && d.Untold() {
		// Of a year that was finished too: nobody else can tell the sponsor.
		v.Forms = append(v.Forms, web.Form{Action: d.Link() + "/order", Folded: !checked, Sections: []web.Section{{Legend: "下发整改通知", Hint: "待下发的漏洞一并通知主办单位，按严重程度分别起算期限。登记有误的，打开漏洞页面先撤销。"}}, Buttons: []web.Button{{Label: "下发整改通知"}}})
	}
	if own && d.PlanState == security.Open {
		// The holes come before the sheet, which is concluded from them; a sheet that
		// was kept leaves its notice as the next act.
		hole := web.Form{Action: d.Link() + "/holes", Folded: true, Key: "hole" + d.ID, Sections: []web.Section{{Legend: "登记漏洞", Fields: []web.Field{
			{Kind: web.Select, Name: "layer", Label: "层面", Required: true, Options: options("请选择", security.Layers)}, {Kind: web.Radios, Name: "severity", Label: "严重程度", Required: true, Options: options("", security.Severities)},
			{Name: "title", Label: "漏洞名称", Required: true, Max: 100}, {Kind: web.TextArea, Name: "says", Label: "漏洞情况", Required: true, Max: 4000, Rows: 4}, {Kind: web.TextArea, Name: "fix", Label: "整改建议", Max: 2000, Rows: 3}}}}, Buttons: []web.Button{{Label: "登记漏洞"}}}
		v.Forms = append(v.Forms, hole, checkForm(d, checked, today))
	}
	if orders := d.Orders(); len(orders) > 1 { // the latest stands above
		earlier := web.Summary{Title: "以前的整改通知"}
		for _, n := range orders[:len(orders)-1] {
			earlier.Terms = append(earlier.Terms, web.Term{Name: n, Text: "整改通知 DOCX", Href: d.Link() + "/letter?as=docx&number=" + url.QueryEscape(n)})
		}
		v.Main = append(v.Main, earlier)
	}
	v.Side = append(v.Side, web.Summary{Title: "网站", Terms: []web.Term{{Name: "域名", Text: registry.ShownHost(d.Host), Href: "/console/sites/" + string(d.Site)}, {Name: "主办单位", Text: d.UnitName}, {Name: "组织单位", Text: d.BodyName}, {Name: "最近保存", Text: orNone(strings.TrimSpace(d.KeptBy + " " + web.Minute(d.KeptAt)))}, {Name: "整改通知", Text: orNone(d.Number)}, {Name: "依据", Text: security.YearKind.Citation}}})
	return v
}

// checkForm is the sheet to fill in; what the house knows stands in it already.
func checkForm(d security.Dossier, checked bool, today calendar.Date) web.Form {
	var fields []web.Field
	for _, l := range security.Layers {
		x := d.Layers[l.Value]
		if x.Verdict == "" && slices.ContainsFunc(d.List, func(h security.Hole) bool { return h.Layer == l.Value && h.State != security.HoleWithdrawn }) {
			x.Verdict = "holes"
		}
		fields = append(fields, web.Field{Kind: web.Select, Name: "verdict_" + l.Value, Label: l.Name, Required: true, Value: x.Verdict, Options: options("请选择", security.Verdicts)}, web.Field{Name: "note_" + l.Value, Label: l.Name + "的说明", Max: 1000, Value: x.Note, Hint: "未能检查或不涉及的写明原因"})
	}
	fields = append(fields, web.Field{Kind: web.TextArea, Name: "excuse", Label: "整站未能检查的原因", Max: 1000, Rows: 2, Value: d.Excuse, Hint: "仅在五个层面都未能检查时填写；填写后不计入已检查，但不影响完成年度检查"})
	on := today
	if !d.CheckedOn.IsZero() {
		on = d.CheckedOn
	}
	return web.Form{Action: d.Link() + "/check", Upload: true, Key: "sheet" + d.ID, Folded: checked, Buttons: []web.Button{{Label: "保存检查单"}},
		Sections: []web.Section{{Legend: "填写检查单", Hint: "发现漏洞的，先在“登记漏洞”中逐个登记，再填写检查单。", Fields: fields}, {Fields: []web.Field{{Kind: web.DateField, Name: "on", Label: "检查日期", Required: true, Narrow: true, Value: on.String()}, {Name: "checker", Label: "检查人员或机构", Required: true, Max: 200, Value: d.Checker},
			{Kind: web.Select, Name: "method", Label: "检查方式", Required: true, Value: d.Method, Options: options("请选择", security.Methods)}, {Kind: web.TextArea, Name: "summary", Label: "检查结论", Required: true, Max: 4000, Rows: 4, Value: d.Summary}, {Kind: web.File, Name: "files", Label: "检查报告", Multiple: true, Accept: approval.Accept, Hint: fileHint}}}}}
}

// mended reports whether every hole of a layer is closed, as far as the reader may
// know: one of the site that they are not shown may be of the layer.
func mended(d security.Dossier, layer string) bool {
	shown, open, any := 0, 0, false
	for _, x := range d.List {
		if x.State == security.HoleWithdrawn {
			continue
		}
		if x.State != security.HoleClosed {
			shown++
		}
		if x.Layer == layer {
			any = true
			if x.State != security.HoleClosed {
				open++
			}
		}
	}
	return any && open == 0 && shown >= d.Standing
}

func (h *Handler) sheet(w http.ResponseWriter, r *http.Request) error {
	return h.renderSheet(w, r, http.StatusOK, "", nil)
}

func (h *Handler) renderSheet(w http.ResponseWriter, r *http.Request, status int, act string, wrong error) error {
	s := authz.SessionFrom(r.Context())
	d, err := h.security.Sheet(r.Context(), s.ScopeFor(authz.SecurityRead), s, r.PathValue("id"))
	if err != nil {
		return err
	}
	v := newSheet(d, s.MayAt(authz.SecurityPlan, string(d.PlanUnit)), web.FrameOf(r).Today)
	if _, err := h.security.PlanByID(r.Context(), h.security.DB, s.ScopeFor(authz.SecurityRead), d.Plan); fault.Is(err, fault.NotFound) {
		v.Trail[1].Href = "" // the whole plan is for who made it and who supervises
	} else if err != nil {
		return err
	}
	again(&v, r, act, wrong)
	return recordPage.RenderStatus(w, r, status, v)
}

// again shows what is wrong on the form of the act, else above the page.
func again(v *record, r *http.Request, act string, wrong error) {
	if wrong == nil {
		return
	}
	for i := range v.Forms {
		if f := &v.Forms[i]; strings.HasSuffix(f.Action, "/"+act) {
			f.Fill(r.PostForm)
			f.Wrong(wrong)
			return
		}
	}
	var f web.Form
	f.Wrong(wrong)
	v.Wrong = f.Summary
}

func (h *Handler) actOnSheet(act, said string, do func(r *http.Request, scope authz.Scope, s *authz.Session, id string) error) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		err := do(r, authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), r.PathValue("id"))
		if web.Mendable(err) {
			return h.renderSheet(w, r, web.StatusOf(err), act, err)
		}
		if err != nil {
			return err
		}
		return web.Done(w, r, sheetsPath+"/"+url.PathEscape(r.PathValue("id")), said)
	}
}

func (h *Handler) check(r *http.Request, scope authz.Scope, s *authz.Session, id string) error {
	files, done, err := web.Attachments(r, "security_report", "files")
	defer done()
	if err != nil {
		return err
	}
	n := security.Checked{Checker: web.Typed(r, "checker"), Method: web.Typed(r, "method"), Summary: web.Typed(r, "summary"), Excuse: web.Typed(r, "excuse"), Layers: map[string]security.Layer{}, Files: files}
	for _, l := range security.Layers {
		n.Layers[l.Value] = security.Layer{Verdict: web.Typed(r, "verdict_"+l.Value), Note: web.Typed(r, "note_"+l.Value)}
	}
	if n.On, err = web.DayOf(r, "on", "检查日期"); err != nil {
		return err
	}
	return h.security.Check(r.Context(), scope, s, id, n)
}

func (h *Handler) addHole(r *http.Request, scope authz.Scope, s *authz.Session, id string) error {
	_, err := h.security.AddHole(r.Context(), scope, s, id, security.Hole{Layer: web.Typed(r, "layer"), Severity: web.Typed(r, "severity"), Title: web.Typed(r, "title"), Says: web.Typed(r, "says"), Fix: web.Typed(r, "fix")})
	return err
}

func (h *Handler) order(r *http.Request, scope authz.Scope, s *authz.Session, id string) error {
	_, err := h.security.Order(r.Context(), scope, s, id)
	return err
}

func (h *Handler) file(what string) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		a, content, err := h.security.File(r.Context(), authz.ScopeFrom(r.Context()), what, r.PathValue("id"), r.PathValue("file"))
		return web.SendAttachment(w, a, content, err)
	}
}

func (h *Handler) letter(w http.ResponseWriter, r *http.Request) error {
	d, number, err := h.security.Paper(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), r.PathValue("id"), r.URL.Query().Get("number"))
	if err != nil {
		return err
	}
	return web.SendDocument(w, r, d, "整改通知", "整改通知-"+number)
}

var holeStates = []security.Named{{Value: "standing", Name: "未关闭"}, {Value: security.HoleFound, Name: "待下发"}, {Value: security.HoleOrdered, Name: "整改中"}, {Value: security.HoleMended, Name: "待复测"}, {Value: security.HoleDisputed, Name: "有异议，待核实"}, {Value: security.HoleClosed, Name: "已关闭"}, {Value: security.HoleWithdrawn, Name: "已撤销"}}

func newHoles(list []security.Hole, total int, today calendar.Date) page {
	v := page{web.ListView{Heading: web.Heading{Title: "安全漏洞", Lead: "年度检查发现的漏洞：下发、整改、复测、关闭。"}, Tabs: tabs(holesPath),
		Filter: web.Filter{Action: holesPath, Total: total, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "网站、漏洞或单位"}, {Kind: web.Select, Name: "state", Label: "状态", Options: options("全部", holeStates)}, {Kind: web.Select, Name: "layer", Label: "层面", Options: options("全部", security.Layers)}, {Kind: web.Select, Name: "severity", Label: "程度", Options: options("全部", security.Severities)}}},
		Table:  web.Table{Caption: "漏洞", Quiet: true, Columns: []web.Column{{Head: "漏洞", Wide: true}, {Head: "网站"}, {Head: "层面"}, {Head: "程度"}, {Head: "状态"}, {Head: "期限"}}, Empty: web.Empty{Title: "没有符合条件的漏洞"}}}}
	for _, h := range list {
		due := holeDue(h, today)
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: h.Title, Href: h.Link(), Note: h.Number}, {Text: h.SiteName, Note: h.UnitName}, web.Text(security.NameOf(security.Layers, h.Layer)), web.Tagged(severityTag(h.Severity)), web.Tagged(holeTag(h.State)), due}})
	}
	return v
}

func holeFilter(r *http.Request) (security.HoleFilter, error) {
	q := r.URL.Query()
	f := security.HoleFilter{State: q.Get("state"), Layer: q.Get("layer"), Severity: q.Get("severity"), Text: strings.TrimSpace(q.Get("q")), Told: !may(r, authz.SecurityPlan), Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage}
	if len([]rune(f.Text)) > 100 {
		return f, fault.New(fault.Invalid, "查找的文字过长，请缩短到 100 字以内。").On("q", "请缩短")
	}
	return f, nil
}

func (h *Handler) holes(w http.ResponseWriter, r *http.Request) error {
	f, err := holeFilter(r)
	if err != nil {
		return err
	}
	list, total, err := h.security.Holes(r.Context(), authz.ScopeFrom(r.Context()), f)
	if err != nil {
		return err
	}
	v := newHoles(list, total, web.FrameOf(r).Today)
	v.Exports = web.ExportActs(holesPath+"/export", r.URL.Query())
	v.Filter.Fill(r.URL.Query())
	v.Pager = web.PagerOf(r, total, perPage)
	return listPage.Render(w, r, v)
}

func (h *Handler) exportHoles(w http.ResponseWriter, r *http.Request) error {
	f, err := holeFilter(r)
	if err != nil {
		return err
	}
	f.Limit, f.Offset = maxExport, 0
	list, total, err := h.security.Holes(r.Context(), authz.ScopeFrom(r.Context()), f)
	if err != nil {
		return err
	}
	if err := web.MostExported(total, maxExport, "行"); err != nil {
		return err
	}
	heads, rows := holeRows(list)
	return sheetOut(w, r, "安全漏洞", heads, rows)
}

func newHole(d security.HoleDossier, mends, retests bool, today calendar.Date) record {
	v := record{web.RecordView{Heading: web.Heading{Above: d.SiteName + " · " + security.NameOf(security.Layers, d.Layer), Title: d.Title, Tags: []web.Tag{severityTag(d.Severity), holeTag(d.State)}}, Trail: []web.Crumb{{Name: "年度网络安全检查", Href: plansPath}, {Name: "漏洞", Href: holesPath}}}}
	due := web.Term{Name: "整改期限", Text: "下发后起算"}
	if d.State == security.HoleWithdrawn {
		due.Text = "无"
	}
	if !d.DueOn.IsZero() {
		due.Text = d.DueOn.String()
		if d.State == security.HoleOrdered {
			due.Tags = []web.Tag{web.DueTag(d.DueOn, today)}
		}
	}
	v.Main = append(v.Main, web.Summary{Terms: []web.Term{{Name: "漏洞情况", Text: d.Says}, {Name: "整改建议", Text: orNone(d.Fix)}, orderTerm(d.Hole), due}})
	if d.MendedAs != "" {
		v.Main = append(v.Main, web.Summary{Title: "整改", Terms: []web.Term{{Name: "整改情况", Text: d.MendedAs, Note: d.MendedBy + " " + web.Minute(d.MendedAt)}}})
	}
	if d.RetestSays != "" {
		title, result := "复测", "未通过，退回整改"
		switch d.State {
		case security.HoleClosed:
			result = "通过"
		case security.HoleMended: // reported again: what was retested is the mend before
			title = "上一次复测"
		}
		v.Main = append(v.Main, web.Summary{Title: title, Terms: []web.Term{{Name: "复测结果", Text: result}, {Name: "复测情况", Text: d.RetestSays, Note: d.RetestedBy + " " + web.Minute(d.RetestedAt)}}})
	}
	if len(d.Files) > 0 {
		files := web.Summary{Title: "附件"}
		for i, f := range d.Files {
			files.Terms = append(files.Terms, web.Term{Name: fmt.Sprintf("第%d件", i+1), Text: f.Name, Href: d.Link() + "/files/" + url.PathEscape(f.ID)})
		}
		v.Main = append(v.Main, files)
	}
	if dispute, answer := disputed(d.History); dispute.Act != "" {
		terms := []web.Term{{Name: "异议理由", Text: dispute.Note, Note: dispute.ActorName + " " + web.Minute(dispute.At)}}
		if answer.Act != "" {
			terms = append(terms, web.Term{Name: "核实结果", Text: security.HoleMachine.ActName(answer.Act)}, web.Term{Name: "核实情况", Text: answer.Note, Note: answer.ActorName + " " + web.Minute(answer.At)})
		}
		v.Main = append(v.Main, web.Summary{Title: "异议", Terms: terms})
	}
	if mends && d.State == security.HoleOrdered {
		v.Forms = append(v.Forms, web.Form{Action: d.Link() + "/mend", Upload: true, Key: "mend" + d.ID, Sections: []web.Section{{Legend: "报告已整改", Fields: []web.Field{{Kind: web.TextArea, Name: "as", Label: "整改情况", Required: true, Max: 2000, Rows: 4}, {Kind: web.File, Name: "files", Label: "证明材料", Multiple: true, Accept: approval.Accept, Hint: fileHint}}}}, Buttons: []web.Button{{Label: "报告已整改"}}})
	}
	if mends && d.State == security.HoleOrdered {
		v.Forms = append(v.Forms, web.Form{Action: d.Link() + "/dispute", Key: "dispute" + d.ID, Folded: true, Sections: []web.Section{{Legend: "提出异议", Hint: "认为漏洞不属实的，写明理由，由" + d.BodyName + "核实；属实的，整改期限从答复之日重新起算。", Fields: []web.Field{{Kind: web.TextArea, Name: "why", Label: "异议理由", Required: true, Max: 1000, Rows: 3}}}}, Buttons: []web.Button{{Label: "提出异议", Plain: true}}})
	}
	if retests && d.State == security.HoleDisputed {
		v.Forms = append(v.Forms, web.Form{Action: d.Link() + "/settle", Key: "settle" + d.ID, Sections: []web.Section{{Legend: "核实异议", Hint: "不属实的，漏洞撤销，不再计数，该层面没有其他漏洞的，检查单要重新填写。", Fields: []web.Field{{Kind: web.TextArea, Name: "says", Label: "核实情况", Required: true, Max: 1000, Rows: 3}}}},
			Buttons: []web.Button{{Label: "属实，继续整改", Name: "stands", Value: "yes"}, {Label: "不属实，撤销漏洞", Name: "stands", Value: "no", Plain: true}}})
	}
	if retests && d.State == security.HoleMended {
		v.Forms = append(v.Forms, web.Form{Action: d.Link() + "/retest", Key: "retest" + d.ID, Sections: []web.Section{{Legend: "复测", Fields: []web.Field{{Kind: web.TextArea, Name: "says", Label: "复测情况", Required: true, Max: 2000, Rows: 4}}}},
			Buttons: []web.Button{{Label: "复测通过，关闭漏洞", Name: "gone", Value: "yes"}, {Label: "未通过，退回整改", Name: "gone", Value: "no", Plain: true}}})
	}
	if retests && d.State == security.HoleFound {
		v.Forms = append(v.Forms, web.Form{Action: d.Link() + "/withdraw", Key: "withdraw" + d.ID, Folded: true, Sections: []web.Section{{Legend: "撤销登记", Hint: "登记有误的漏洞，下发以前可以撤销；撤销后不计数，主办单位看不到。该层面没有其他漏洞的，检查单要重新填写。", Fields: []web.Field{{Kind: web.TextArea, Name: "why", Label: "撤销原因", Required: true, Max: 1000, Rows: 2}}}}, Buttons: []web.Button{{Label: "撤销登记", Plain: true}}})
	}
	switch {
	case d.State == security.HoleFound && retests:
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: "待下发", Text: "主办单位还看不到。在检查单中下发整改通知，登记有误的在下面撤销。", Links: []web.Link{{Text: "打开检查单", Href: sheetsPath + "/" + d.Sheet}}})
	case d.State == security.HoleOrdered && !mends:
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: "待主办单位整改", Text: d.UnitName + "改好后报告，再由" + d.BodyName + "复测。"})
	case d.State == security.HoleDisputed && !retests:
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: "待核实异议", Text: "由" + d.BodyName + fmt.Sprintf("在 %d 个工作日内核实。", security.RetestWorkdays)})
	case d.State == security.HoleMended && !retests:
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: "待复测", Text: "由" + d.BodyName + "复测，通过后关闭。"})
	}
	t := web.Timeline{Title: "办理经过"}
	for _, s := range slices.Backward(d.History) {
		t.Events = append(t.Events, event(s))
	}
	v.Side = append(v.Side, web.Summary{Title: "网站", Terms: []web.Term{{Name: "网站", Text: d.SiteName, Href: "/console/sites/" + string(d.Site)}, {Name: "主办单位", Text: d.UnitName}, {Name: "组织单位", Text: d.BodyName}, {Name: "检查单", Text: "查看检查单", Href: sheetsPath + "/" + d.Sheet}}}, t)
	return v
}

// orderTerm leads to the order that a hole was told of by.
func orderTerm(h security.Hole) web.Term {
	t := web.Term{Name: "整改通知", Text: orNone(h.Number)}
	if h.Number != "" {
		t.Href = sheetsPath + "/" + url.PathEscape(h.Sheet) + "/letter?as=pdf&number=" + url.QueryEscape(h.Number)
	}
	return t
}

// disputed is the latest dispute of a hole and what was answered; no act: none.
func disputed(history []passage.Step) (dispute, answer passage.Step) {
	for _, s := range history {
		switch s.Act {
		case "dispute":
			dispute, answer = s, passage.Step{}
		case "uphold", "void":
			answer = s
		}
	}
	return dispute, answer
}

func event(s passage.Step) web.Event {
	return web.Event{At: s.At, Title: security.HoleMachine.ActName(s.Act), Who: s.ActorName, Text: s.Note}
}

func (h *Handler) hole(w http.ResponseWriter, r *http.Request) error {
	return h.renderHole(w, r, http.StatusOK, "", nil)
}

func (h *Handler) renderHole(w http.ResponseWriter, r *http.Request, status int, act string, wrong error) error {
	s := authz.SessionFrom(r.Context())
	d, err := h.security.Hole(r.Context(), s.ScopeFor(authz.SecurityRead), s, r.PathValue("id"))
	if err != nil {
		return err
	}
	v := newHole(d, d.In(s.ScopeFor(authz.SecurityMend)), s.MayAt(authz.SecurityPlan, string(d.Body)), web.FrameOf(r).Today)
	again(&v, r, act, wrong)
	return recordPage.RenderStatus(w, r, status, v)
}

func (h *Handler) mend(w http.ResponseWriter, r *http.Request) error {
	files, done, err := web.Attachments(r, "security_proof", "files")
	defer done()
	if err == nil {
		err = h.security.Mend(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), r.PathValue("id"), web.Typed(r, "as"), files)
	}
	return h.answerHole(w, r, "mend", "已报告整改，等待复测。", err)
}

func (h *Handler) retest(w http.ResponseWriter, r *http.Request) error {
	gone := web.Typed(r, "gone")
	if gone != "yes" && gone != "no" {
		return h.answerHole(w, r, "retest", "", fault.New(fault.Invalid, "没有写明复测是否通过，请用页面上的按钮提交。"))
	}
	err := h.security.Retest(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), r.PathValue("id"), gone == "yes", web.Typed(r, "says"))
	return h.answerHole(w, r, "retest", "复测已登记。", err)
}

func (h *Handler) dispute(w http.ResponseWriter, r *http.Request) error {
	err := h.security.Dispute(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), r.PathValue("id"), web.Typed(r, "why"))
	return h.answerHole(w, r, "dispute", "异议已提出，等待核实。", err)
}

func (h *Handler) settle(w http.ResponseWriter, r *http.Request) error {
	stands := web.Typed(r, "stands")
	if stands != "yes" && stands != "no" {
		return h.answerHole(w, r, "settle", "", fault.New(fault.Invalid, "没有写明漏洞是否属实，请用页面上的按钮提交。"))
	}
	err := h.security.Settle(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), r.PathValue("id"), stands == "yes", web.Typed(r, "says"))
	return h.answerHole(w, r, "settle", "异议已答复。", err)
}

func (h *Handler) withdraw(w http.ResponseWriter, r *http.Request) error {
	err := h.security.Withdraw(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), r.PathValue("id"), web.Typed(r, "why"))
	return h.answerHole(w, r, "withdraw", "登记已撤销。", err)
}

func (h *Handler) answerHole(w http.ResponseWriter, r *http.Request, act, said string, err error) error {
	if web.Mendable(err) {
		return h.renderHole(w, r, web.StatusOf(err), act, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, holesPath+"/"+url.PathEscape(r.PathValue("id")), said)
}

var (
	sampleToday    = calendar.Date{Year: 2026, Month: 11, Day: 23}
	sampleAt       = time.Date(2026, 11, 20, 2, 0, 0, 0, time.UTC)
	samplePlan     = security.Plan{ID: "p", UnitName: "陕西省互联网信息办公室", Year: 2026, AreaName: "陕西省", Title: "2026 年政府网站安全管理工作检查", DueOn: sampleToday.AddDays(38), State: security.Open, Sites: 620, Checked: 310, Partial: 12, Excused: 3, Holes: 12, Closed: 5}
	sampleBearings = []security.Bearing{{AreaName: "白水县", Body: org.Unit{Name: "陕西省互联网信息办公室"}}, {AreaName: "<b>", Body: org.Unit{Name: "<script>"}, Absent: true}, {AreaName: "陕西省", Absent: true}}
	hostPlan       = security.Plan{ID: `"><b>`, UnitName: "<b>", Title: "<script>alert(1)</script>", AreaName: "<i>", State: security.Finished}
	superiorPlan   = security.Plan{ID: "p", UnitName: "陕西省互联网信息办公室", Year: 2026, AreaName: "陕西省", Title: "2026 年政府网站安全管理工作检查", DueOn: sampleToday.AddDays(38), State: security.Open, Sites: 6, Checked: 2, Above: true}
	sampleSheet    = security.Dossier{Sheet: security.Sheet{ID: "s", Plan: "p", PlanTitle: samplePlan.Title, PlanState: security.Open, BodyName: "陕西省互联网信息办公室", Site: "x", SiteName: "白水县人民政府", Host: "www.baishui.gov.cn", UnitName: "白水县人民政府办公室", State: "checked", CheckedOn: sampleToday, Checker: "某测评中心", Method: "remote", Summary: "发现 1 个漏洞", Layers: map[string]security.Layer{"network": {Verdict: "fine"}, "server": {Verdict: "holes", Note: "组件过旧"}}, Number: "AQ-2026-0001", Standing: 1},
		List: []security.Hole{sampleHole.Hole, {ID: "2", Title: "弱口令", Layer: "system", Severity: "serious", State: security.HoleFound}}, Files: []approval.Attachment{{ID: "f", Name: "报告.pdf"}}}
	hostSheet      = security.Dossier{Sheet: security.Sheet{ID: `"><b>`, PlanTitle: "<script>", PlanState: security.Open, SiteName: "<script>", Host: `"`, UnitName: "<b>", Checker: "</td>", Summary: "<i>"}, List: []security.Hole{hostHole.Hole}, Files: []approval.Attachment{{ID: `"`, Name: "<script>"}}}
	sampleUntested = security.Dossier{Sheet: security.Sheet{ID: "u", Plan: "p", PlanTitle: samplePlan.Title, Site: "x", SiteName: "白水县人民政府", Host: "www.baishui.gov.cn", PlanState: security.Open, State: "todo", Layers: map[string]security.Layer{"network": {Verdict: "untested", Note: "站点维护"}}}}
	sampleHole     = security.HoleDossier{Hole: security.Hole{ID: "h", Sheet: "s", Site: "x", SiteName: "白水县人民政府", UnitName: "白水县人民政府办公室", BodyName: "陕西省互联网信息办公室", Layer: "server", Severity: "error", Title: "组件版本过旧", Says: "应用服务器组件存在公开漏洞", Fix: "升级", State: security.HoleOrdered, Number: "AQ-2026-0001", DueOn: sampleToday.AddDays(10)}, History: []passage.Step{{At: sampleAt, Act: "find", ActorName: "陆云帆"}}}
	hostHole       = security.HoleDossier{Hole: security.Hole{ID: `"><b>`, SiteName: "<script>", Layer: "x", Severity: "<b>", Title: "<script>", Says: "</p>", Fix: "<i>", State: security.HoleMended, MendedAs: "<b>", MendedBy: "<i>", RetestSays: "<u>"}, History: []passage.Step{{Act: "<b>", ActorName: "<i>", Note: "<script>"}}, Files: []approval.Attachment{{ID: `"`, Name: "<script>"}}}
)

var listPage = web.Define(web.Plain, "pages/list.html", newPlans(nil, 0, true, nil, sampleToday), newPlans([]security.Plan{samplePlan, hostPlan}, 2, false, sampleBearings, sampleToday), newPlans([]security.Plan{superiorPlan}, 1, false, nil, sampleToday),
	newPlan(samplePlan, nil, 0, true, sampleToday), newPlan(samplePlan, []security.Sheet{sampleSheet.Sheet}, 1, true, sampleToday), newPlan(hostPlan, []security.Sheet{hostSheet.Sheet}, 1, false, sampleToday),
	newHoles(nil, 0, sampleToday), newHoles([]security.Hole{sampleHole.Hole, hostHole.Hole}, 2, sampleToday))

var recordPage = web.Define(web.Plain, "pages/record.html", newSheet(sampleSheet, true, sampleToday), newSheet(security.Dossier{Sheet: security.Sheet{ID: "e", Plan: "p", PlanTitle: samplePlan.Title, Site: "x", SiteName: "空", Host: "a.gov.cn", PlanState: security.Open}}, true, sampleToday), newSheet(sampleUntested, true, sampleToday), newSheet(hostSheet, true, sampleToday), newHole(sampleHole, true, true, sampleToday), newHole(hostHole, true, true, sampleToday))

var formPage = web.Define(web.Plain, "pages/form.html", newPlanForm(nil, 2026, sampleToday), newPlanForm([]web.Option{{Value: "u", Label: "陕西省互联网信息办公室"}, {Value: `"`, Label: "<script>"}}, 2027, sampleToday), newFinish(samplePlan), newFinish(hostPlan))
