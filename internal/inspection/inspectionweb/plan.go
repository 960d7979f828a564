package inspectionweb

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

const planPath = boardPath + "/plans"

func planRoutes(h *Handler) []web.Route {
	return []web.Route{
		{Pattern: "GET /console/inspection/plans", Permit: authz.InspectionRead, Handle: h.plans},
		{Pattern: "GET /console/inspection/plans/new", Permit: authz.InspectionPlan, Handle: h.newPlan},
		{Pattern: "POST /console/inspection/plans", Permit: authz.InspectionPlan, Handle: h.makePlan, MaxBody: 256 << 10},
		{Pattern: "GET /console/inspection/plans/{id}", Permit: authz.InspectionRead, Handle: h.plan},
		{Pattern: "POST /console/inspection/plans/{id}/{act}", Permit: authz.InspectionPlan, Handle: h.movePlan, MaxBody: smallBody},
	}
}

func options(list [][2]string) []web.Option {
	out := make([]web.Option, 0, len(list))
	for _, k := range list {
		out = append(out, web.Option{Value: k[0], Label: k[1]})
	}
	return out
}

var siteKinds = []web.Option{{Value: string(registry.Portal), Label: "政府门户网站"}, {Value: string(registry.DepartmentSite), Label: "部门网站"}}

// planList is GET /console/inspection/plans.
type planList struct {
	Heading web.Heading
	Table   web.Table
	Pager   web.Pager
}

// Title of the document.
func (planList) Title() string { return "巡检计划" }

// Crumbs of the page.
func (planList) Crumbs() []web.Crumb {
	return crumbs(web.Crumb{Name: "网站检查", Href: boardPath}, web.Crumb{Name: "巡检计划"})
}

func planTag(p inspection.Plan) web.Tag {
	tone := web.Neutral
	switch p.State {
	case inspection.PlanActive:
		tone = web.Good
	case inspection.PlanPaused:
		tone = web.Warn
	}
	return web.Tag{Kind: tone, Text: p.StateName()}
}

func shareText(p inspection.Plan) string {
	if p.Share == 100 {
		return "全部检查"
	}
	return fmt.Sprintf("每层抽查 %d%%", p.Share)
}

func newPlans(list []inspection.Plan, mayPlan bool) planList {
	v := planList{
		Heading: web.Heading{Title: "巡检计划", Lead: "按层级、类型和设区市分层抽样，一轮之内不重复，全部抽到后再开始下一轮；抽样种子和每轮样本都保存，可以复核。"},
		Table: web.Table{Caption: "巡检计划", Columns: []web.Column{{Head: "计划", Wide: true}, {Head: "范围"}, {Head: "方式"}, {Head: "状态"}, {Head: "已抽轮次", Number: true}, {Head: "下一轮"}},
			Empty: web.Empty{Title: "还没有巡检计划", Text: "开启监测的站点每天都会自动检查一次；需要分层抽查、只查重点项目或限定时段时，请制定计划。"}},
	}
	if mayPlan {
		v.Heading.Acts = []web.Act{{Text: "制定巡检计划", Href: planPath + "/new", Primary: true}}
		v.Table.Empty.Act = web.Act{Text: "制定巡检计划", Href: planPath + "/new"}
	}
	for _, p := range list {
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{
			{Text: p.Name, Href: p.Link(), Note: p.UnitName}, web.Text(p.AreaName), {Text: shareText(p), Note: p.CadenceName()}, web.Tagged(planTag(p)), web.Figure(p.Round), web.Day(p.NextOn),
		}})
	}
	return v
}

var samplePlan = inspection.Plan{ID: "01JP", Name: "2026年第一季度抽查", UnitName: "西安市人民政府办公室", AreaName: "西安市", Share: 30, Cadence: "quarterly", Seed: 8231, State: inspection.PlanActive, Round: 1, MadeBy: "张三",
	MadeAt: time.Date(2026, 1, 4, 2, 0, 0, 0, time.UTC), NextOn: calendar.Date{Year: 2026, Month: 4, Day: 1},
	Spec: inspection.Spec{Families: []string{"link", "privacy"}, Pages: 500, Hours: inspection.Hours{From: 20 * 60, To: 7 * 60}, Focus: []check.Focus{{Name: "统一标识", Kind: check.FocusElement, Values: []string{"img#mark"}, Missing: true, Severity: check.Error, Fix: "请补上。"}}}}

var hostilePlan = inspection.Plan{ID: "x", Name: `<script>alert(1)</script>`, UnitName: `"><b>`, AreaName: "<i>", Share: 100, Cadence: "once", State: inspection.PlanEnded, MadeBy: "<u>",
	Spec: inspection.Spec{Focus: []check.Focus{{Name: "<x>", Kind: check.FocusWords, Values: []string{"<script>"}}}}}

var plansPage = web.Define(views, "views/plans.html", newPlans(nil, true), newPlans([]inspection.Plan{samplePlan}, false), newPlans([]inspection.Plan{hostilePlan}, true))

func (h *Handler) plans(w http.ResponseWriter, r *http.Request) error {
	list, total, err := h.inspection.Plans(r.Context(), authz.ScopeFrom(r.Context()), "", perPage, (web.PageOf(r)-1)*perPage)
	if err != nil {
		return err
	}
	v := newPlans(list, may(r, authz.InspectionPlan))
	v.Pager = web.PagerOf(r, total, perPage)
	return plansPage.Render(w, r, v)
}

// planForm is GET /console/inspection/plans/new.
type planForm struct {
	Heading   web.Heading
	Draft     web.Table
	Unwatched web.Alert // sites that are meant and never drawn
	Form      web.Form
}

// Title of the document.
func (planForm) Title() string { return "制定巡检计划" }

// Crumbs of the page.
func (planForm) Crumbs() []web.Crumb {
	return crumbs(web.Crumb{Name: "网站检查", Href: boardPath}, web.Crumb{Name: "巡检计划", Href: planPath}, web.Crumb{Name: "制定巡检计划"})
}

// focusSlots is how many items of one's own a form offers.
const focusSlots = 3

func newPlanForm(areas []inspection.PlanArea, today calendar.Date) planForm {
	var where []web.Option
	for _, a := range areas {
		indent := map[org.Level]string{org.City: "　", org.County: "　　"}[a.Level]
		where = append(where, web.Option{Value: string(a.ID), Label: indent + a.Name})
	}
	first := ""
	if len(areas) > 0 {
		first = string(areas[0].ID)
	}
	v := planForm{Heading: web.Heading{Title: "制定巡检计划", Lead: "写明检查哪些网站、检查什么、什么时候检查、查多少。样本由系统按随机种子抽取，制定人不能指定。"}, Form: web.Form{
		Action: planPath, Key: "patrol-plan",
		Buttons: []web.Button{{Label: "启动计划", Name: "do", Value: "make"}, {Label: "查看会抽到多少", Name: "do", Value: "draft", Plain: true}},
		Cancel:  web.Link{Text: "返回", Href: planPath},
		Sections: []web.Section{
			{Legend: "检查哪些网站", Hint: "只检查台账中正在运行、已开启监测的站点。", Fields: []web.Field{
				{Name: "name", Label: "计划名称", Required: true, Max: 60, Hint: "例如：2026年第四季度抽查"},
				{Kind: web.Select, Name: "area", Label: "范围", Options: where, Value: first, Required: true, Hint: "包括该区划以下的全部站点"},
				{Kind: web.Number, Name: "share", Label: "抽查比例", Value: "30", Unit: "%", Narrow: true, Required: true, Mode: "numeric", Hint: "在每一层（层级、类型、设区市）中抽取，每层至少1个；100为全部检查"},
				{Kind: web.Select, Name: "cadence", Label: "多久一次", Options: options(inspection.Cadences), Value: "quarterly", Required: true, Narrow: true},
				{Kind: web.DateField, Name: "starts", Label: "开始日期", Value: today.String(), Narrow: true},
			}},
			{Legend: "只查一部分网站", Folded: true, Usual: "不限层级和类型，不论在哪里运行", Fields: []web.Field{
				{Kind: web.Checks, Name: "level", Label: "层级", Options: options(inspection.LevelNames), Hint: "都不选为全部层级"},
				{Kind: web.Checks, Name: "kind", Label: "网站类型", Options: siteKinds, Hint: "都不选为全部类型"},
				{Kind: web.Radios, Name: "hosted", Label: "在哪里运行", Options: []web.Option{{Value: "", Label: "不限"}, {Value: "only", Label: "只查本平台发布的网站", Hint: "建议全部检查"}, {Value: "not", Label: "只查其他网站"}}},
			}},
			{Legend: "检查什么", Folded: true, Usual: "全部检查内容", Fields: []web.Field{{Kind: web.Checks, Name: "family", Label: "检查内容", Options: append(families(true), web.Option{Value: inspection.FocusOnly, Label: "只查重点检查项"}), Hint: "都不选为全部内容。重点检查项总要查；其他都不用查的，只选“只查重点检查项”"}}},
			{Legend: "到什么时候为止，每天几点检查", Folded: true, Usual: "不设结束日期，不限时段", Fields: []web.Field{
				{Kind: web.DateField, Name: "ends", Label: "结束日期", Narrow: true, Hint: "可以不填"},
				{Name: "from", Label: "每天从几点", Narrow: true, Hint: "例如 20:00；不填为不限时段。过了时段自动停下，第二天接着做，已经看过的不再访问"},
				{Name: "to", Label: "到几点", Narrow: true, Hint: "例如 07:00"},
			}},
			{Legend: "每个网站最多查多少，由谁查", Folded: true, Usual: limitsText(inspection.Spec{}) + "，由本平台检查", Fields: []web.Field{
				{Kind: web.Number, Name: "pages", Label: "页数", Unit: "页", Narrow: true, Mode: "numeric", Hint: "最多20000页。不填时，本平台发布的网站普查：发布清单上的页面全部检查；其他网站检查200页"},
				{Kind: web.Number, Name: "mb", Label: "流量", Unit: "MB", Narrow: true, Mode: "numeric", Hint: "不填为不限，最多10000MB"},
				{Kind: web.Number, Name: "minutes", Label: "时间", Unit: "分钟", Narrow: true, Mode: "numeric", Hint: "不填为不限，最多1440分钟"},
				{Kind: web.Check, Name: "remote", Label: "交给互联网一侧的巡检程序检查", Hint: "通过签名的文件交换，本平台不直接访问网站"},
			}},
		}}}
	for i := range focusSlots {
		at := "_" + strconv.Itoa(i+1)
		s := web.Section{Legend: fmt.Sprintf("重点检查项 %d（可以不填）", i+1), Folded: true, Fields: []web.Field{
			{Name: "focus_name" + at, Label: "检查什么", Max: 30, Hint: "例如：已更名机构的旧名称"},
			{Kind: web.Select, Name: "focus_kind" + at, Label: "怎么找", Options: options(check.FocusKinds)},
			{Kind: web.TextArea, Name: "focus_values" + at, Label: "找什么", Rows: 3, Hint: "每行一个。字词直接写；页面元素写成 div#float、.ad、a[href*=词]；链接地址写其中一段"},
			{Kind: web.Radios, Name: "focus_missing" + at, Label: "什么情况算问题", Options: []web.Option{{Value: "", Label: "出现了"}, {Value: "on", Label: "没有出现"}}},
			{Kind: web.Radios, Name: "focus_home" + at, Label: "在哪里找", Options: []web.Option{{Value: "", Label: "所有页面"}, {Value: "on", Label: "只在首页"}}},
			{Kind: web.Select, Name: "focus_severity" + at, Label: "程度", Options: []web.Option{{Value: string(check.Error), Label: "一般"}, {Value: string(check.Advice), Label: "提示"}}, Narrow: true},
			{Name: "focus_article" + at, Label: "依据", Max: 60, Hint: "管理细则的条款或文件名和文号；不填为管理细则第十九条（四）"},
			{Name: "focus_fix" + at, Label: "怎样整改", Max: 200},
		}}
		v.Form.Sections = append(v.Form.Sections, s)
	}
	return v
}

func unwatchedAlert(n int) web.Alert {
	if n == 0 {
		return web.Alert{}
	}
	return web.Alert{Kind: web.Warn, Title: fmt.Sprintf("范围内另有 %d 个站点没有开启监测，不会检查", n), Text: "主管单位在站点台账的站点页上点“开启监测”后，这些站点才会被抽到。", Links: []web.Link{{Text: "查看没有开启监测的站点", Href: boardPath + "?monitored=off"}}}
}

// draftTable says what a round would draw; nothing says why it would draw none.
func draftTable(picks []inspection.Pick, sites int, cities map[string]string, nothing string) web.Table {
	type layer struct{ of, n int }
	layers := map[string]layer{}
	var keys []string
	for _, p := range picks {
		l, ok := layers[p.Stratum]
		if !ok {
			keys = append(keys, p.Stratum)
		}
		layers[p.Stratum] = layer{p.Of, l.n + 1}
	}
	t := web.Table{Caption: fmt.Sprintf("范围内有 %d 个开启监测的站点，每轮检查 %d 个", sites, len(picks)), Compact: true, Columns: []web.Column{{Head: "层", Wide: true}, {Head: "站点", Number: true}, {Head: "每轮检查", Number: true}, {Head: "全部查到需要"}},
		Empty: web.Empty{Title: "这个计划抽不到网站", Text: nothing + "。"}}
	if len(picks) == 0 {
		t.Caption = "每轮检查 0 个"
	}
	slices.SortFunc(keys, inspection.Downwards)
	for _, k := range keys {
		l := layers[k]
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Text(stratumName(k, cities)), web.Figure(l.of), web.Figure(l.n), web.Text(fmt.Sprintf("%d 轮", (l.of+l.n-1)/l.n))}})
	}
	return t
}

// cityNames are the cities by the first four digits of their divisions.
func cityNames(areas []inspection.PlanArea) map[string]string {
	out := map[string]string{}
	for _, a := range areas {
		if code, ok := strings.CutPrefix(string(a.ID), "city-"); ok && len(code) >= 4 {
			out[code[:4]] = a.Name
		}
	}
	return out
}

// stratumName writes city/portal/6101 as people read it.
func stratumName(k string, cities map[string]string) string {
	level, rest, _ := strings.Cut(k, "/")
	kind, city, _ := strings.Cut(rest, "/")
	name := level
	for _, l := range inspection.LevelNames {
		if l[0] == level {
			name = l[1]
		}
	}
	for _, o := range siteKinds {
		if o.Value == kind {
			name += "　" + o.Label
		}
	}
	switch {
	case cities[city] != "":
		name += "　" + cities[city]
	case city != "6100" && len(cities) > 0: // where the reader sees one city alone, it need not be named
		name += "　区划 " + city
	}
	return name
}

var planFormPage = web.Define(views, "views/planform.html", newPlanForm(nil, calendar.Date{Year: 2026, Month: 3, Day: 20}), func() planForm {
	v := newPlanForm([]inspection.PlanArea{{ID: "city-610100000000", Level: org.City, Name: "西安市"}, {ID: "county-610113000000", Level: org.County, Name: "雁塔区"}}, calendar.Date{Year: 2026, Month: 3, Day: 20})
	v.Draft = draftTable([]inspection.Pick{{Site: "a", Stratum: "county/portal/6101", Of: 4}}, 4, map[string]string{"6101": "西安市"}, "")
	return v
}(), func() planForm {
	v := newPlanForm([]inspection.PlanArea{{ID: "x", Name: `<script>`}}, calendar.Date{Year: 2026, Month: 3, Day: 20})
	v.Form.Sections[0].Fields[0].Value = `"><script>`
	v.Form.Wrong(fault.New(fault.Invalid, "<b>").On("name", "<i>"))
	return v
}())

// planner is the unit a session plans for.
func planner(r *http.Request) (org.UnitID, error) {
	units := authz.SessionFrom(r.Context()).UnitsFor(authz.InspectionPlan)
	if len(units) == 0 {
		return "", fault.New(fault.Forbidden, "您的岗位不能制定巡检计划，请联系政府网站主管单位办理。")
	}
	return org.UnitID(units[0]), nil
}

func (h *Handler) planFormFor(r *http.Request) (v planForm, cities map[string]string, unit org.UnitID, err error) {
	if unit, err = planner(r); err != nil {
		return v, nil, "", err
	}
	areas, err := h.inspection.PlanAreas(r.Context(), authz.ScopeFrom(r.Context()))
	return newPlanForm(areas, calendar.DateOf(h.db.Now())), cityNames(areas), unit, err
}

func (h *Handler) newPlan(w http.ResponseWriter, r *http.Request) error {
	v, _, _, err := h.planFormFor(r)
	if err != nil {
		return err
	}
	return planFormPage.Render(w, r, v)
}

func number(r *http.Request, name, what string, most int) (int, error) {
	s := web.Typed(r, name)
	if s == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > most {
		return 0, fault.Newf(fault.Invalid, "%s填写有误，请修改。", what).On(name, fmt.Sprintf("%s请填写0到%d的整数", what, most))
	}
	return n, nil
}

// clock reads 20:00; nothing typed is midnight.
func clock(r *http.Request, name string) (int, error) {
	s := strings.ReplaceAll(web.Typed(r, name), "：", ":")
	if s == "" {
		return 0, nil
	}
	t, err := time.Parse("15:04", s)
	if err != nil {
		return 0, fault.New(fault.Invalid, "检查时段填写有误，请按 20:00 这样的形式填写。").On(name, map[string]string{"from": "开始", "to": "结束"}[name]+"时刻请填写 00:00 到 23:59")
	}
	return t.Hour()*60 + t.Minute(), nil
}

// readPlan reads the form; the fault names all that is wrong in it.
func readPlan(r *http.Request, unit org.UnitID, today calendar.Date) (inspection.Plan, error) {
	if err := r.ParseForm(); err != nil {
		return inspection.Plan{}, fault.New(fault.Invalid, "提交的内容不完整，请重新填写。").From(err)
	}
	p := inspection.Plan{Unit: unit, Name: web.Typed(r, "name"), Area: org.AreaID(web.Typed(r, "area")), Levels: r.PostForm["level"], Hosted: web.Typed(r, "hosted"), Cadence: web.Typed(r, "cadence")}
	for _, k := range r.PostForm["kind"] {
		p.Kinds = append(p.Kinds, registry.SiteKind(k))
	}
	p.Spec.Families, p.Spec.Remote = r.PostForm["family"], web.Typed(r, "remote") != ""
	var errs [8]error
	pages, mb, minutes := p.Spec.Most()
	p.Share, errs[0] = number(r, "share", "抽查比例", 100)
	p.Spec.Pages, errs[1] = number(r, "pages", "页数", pages)
	p.Spec.MB, errs[2] = number(r, "mb", "流量", mb)
	p.Spec.Minutes, errs[3] = number(r, "minutes", "时间", minutes)
	p.Spec.Hours.From, errs[4] = clock(r, "from")
	p.Spec.Hours.To, errs[5] = clock(r, "to")
	p.NextOn, errs[6] = web.DayOf(r, "starts", "开始日期")
	p.EndsOn, errs[7] = web.DayOf(r, "ends", "结束日期")
	var wrong fault.Fields
	named := map[string]bool{}
	note := func(err error) {
		if err == nil {
			return
		}
		for _, f := range fault.Of(err).Fields {
			if !named[f.Name] {
				named[f.Name] = true
				wrong.Add(f.Name, f.Says)
			}
		}
	}
	for _, err := range errs {
		note(err)
	}
	if (web.Typed(r, "from") == "") != (web.Typed(r, "to") == "") && !named["from"] && !named["to"] {
		named["to"] = true
		wrong.Add("to", "检查时段请同时填写从几点、到几点")
	}
	for i := range focusSlots {
		at := "_" + strconv.Itoa(i+1)
		f := check.Focus{Name: web.Typed(r, "focus_name"+at), Kind: web.Typed(r, "focus_kind"+at), Missing: web.Typed(r, "focus_missing"+at) != "", HomeOnly: web.Typed(r, "focus_home"+at) != "",
			Severity: check.Severity(web.Typed(r, "focus_severity"+at)), Fix: web.Typed(r, "focus_fix"+at)}
		for line := range strings.Lines(r.PostFormValue("focus_values" + at)) {
			if line = strings.TrimSpace(line); line != "" && !slices.Contains(f.Values, line) {
				f.Values = append(f.Values, line)
			}
		}
		if f.Name == "" && len(f.Values) == 0 {
			continue
		}
		if f.Severity != check.Advice {
			f.Severity = check.Error
		}
		f.Article = cmp.Or(web.Typed(r, "focus_article"+at), "S19.4")
		if n := utf8.RuneCountInString(f.Article); n > 60 {
			wrong.Add("focus_article"+at, fmt.Sprintf("重点检查项 %d：依据不超过60字，现有%d字", i+1, n))
		}
		f.Fix = cmp.Or(f.Fix, "请按本季度重点检查要求改正。")
		if err := f.Check(); err != nil {
			for _, w := range fault.Of(err).Fields {
				wrong.Add(w.Name+at, fmt.Sprintf("重点检查项 %d：%s", i+1, w.Says))
			}
			continue
		}
		p.Spec.Focus = append(p.Spec.Focus, f)
	}
	note(p.Refuse(today))
	return p, wrong.Err()
}

// shut leaves the items nobody has begun to fill folded: the choices that came
// with them are those the form began with.
func shut(form *web.Form, posted url.Values) {
	for i := range focusSlots {
		at := "_" + strconv.Itoa(i+1)
		if strings.TrimSpace(posted.Get("focus_name"+at)+posted.Get("focus_values"+at)+posted.Get("focus_article"+at)+posted.Get("focus_fix"+at)) != "" {
			continue
		}
		for _, name := range []string{"focus_kind", "focus_missing", "focus_home", "focus_severity"} {
			if f := form.Field(name + at); f != nil {
				f.Value = ""
			}
		}
	}
}

func (h *Handler) makePlan(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	v, cities, unit, err := h.planFormFor(r)
	if err != nil {
		return err
	}
	p, err := readPlan(r, unit, calendar.DateOf(h.db.Now()))
	v.Form.Fill(r.PostForm)
	shut(&v.Form, r.PostForm)
	if err == nil && r.PostFormValue("do") == "draft" {
		picks, sites, derr := h.inspection.Draft(ctx, scope, p)
		if err = derr; err == nil {
			unwatched, err := h.inspection.Unwatched(ctx, scope, p)
			if err != nil {
				return err
			}
			nothing := ""
			if len(picks) == 0 {
				if nothing, err = h.inspection.NothingToDraw(ctx, scope, p); err != nil {
					return err
				}
			} else {
				v.Unwatched = unwatchedAlert(unwatched)
			}
			v.Draft = draftTable(picks, len(sites), cities, nothing)
			return planFormPage.Render(w, r, v)
		}
	} else if err == nil {
		p, err = h.inspection.MakePlan(ctx, scope, p)
	}
	if askable(err) {
		v.Form.Wrong(err)
		return planFormPage.RenderStatus(w, r, http.StatusUnprocessableEntity, v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, p.Link(), "巡检计划已启动。")
}

// planView is GET /console/inspection/plans/{id}.
type planView struct {
	Heading web.Heading
	Facts   web.Summary
	Focus   web.Table
	Rounds  web.Tabs // no items: one round alone
	Layers  web.Table
	Sample  web.Table
	Pager   web.Pager
	Acts    []planAct
	End     web.Form
}

// endForm ends a plan: not at once, and with a reason.
func endForm(p inspection.Plan) web.Form {
	return web.Form{Action: p.Link() + "/end", Folded: true, Buttons: []web.Button{{Label: "确认结束计划", Kind: web.Danger}},
		Sections: []web.Section{{Legend: "结束计划", Hint: "结束后不能恢复；已排队、还没有开始的检查一并取消，已查到的问题保留。", Fields: []web.Field{{Kind: web.TextArea, Name: "why", Label: "结束原因", Required: true, Max: 1000, Rows: 2}}}}}
}

type planAct struct{ Action, Text string }

// Title of the document.
func (v planView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v planView) Crumbs() []web.Crumb {
	return crumbs(web.Crumb{Name: "网站检查", Href: boardPath}, web.Crumb{Name: "巡检计划", Href: planPath}, web.Crumb{Name: v.Heading.Title})
}

func familyNames(list []string) string {
	if len(list) == 0 {
		return "全部检查内容"
	}
	if slices.Contains(list, inspection.FocusOnly) {
		return "只查重点检查项"
	}
	var out []string
	for _, f := range engine.Families {
		if slices.Contains(list, f.ID) {
			out = append(out, f.Name)
		}
	}
	return strings.Join(out, "、")
}

func limitsText(s inspection.Spec) string {
	parts := []string{"200 页（本平台发布的网站普查全部页面）"}
	if s.Pages > 0 {
		parts[0] = fmt.Sprintf("%d 页", s.Pages)
	}
	if s.MB > 0 {
		parts = append(parts, fmt.Sprintf("%d MB", s.MB))
	}
	if s.Minutes > 0 {
		parts = append(parts, fmt.Sprintf("%d 分钟", s.Minutes))
	}
	return strings.Join(parts, "、")
}

// redrawn says what a round drawn again from what was kept of it gives.
func redrawn(x inspection.Redrawn, round int) web.Term {
	t := web.Term{Name: fmt.Sprintf("第 %d 轮名单", round), Text: fmt.Sprintf("从 %d 个网站中抽取", x.Sites), Note: "SHA-256 " + x.SHA256}
	switch {
	case x.SHA256 == "":
		t.Text, t.Note = "没有保存", "这一轮抽取时还不保存名单，不能重抽"
	case x.Same:
		t.Tags = []web.Tag{{Kind: web.Good, Text: "重抽结果一致"}}
	default:
		t.Tags = []web.Tag{{Kind: web.Danger, Text: "重抽结果不一致"}}
		t.Note = "名单、种子或样本在抽取以后被改动，请核对审计记录"
	}
	return t
}

// scopeText says which sites of its area a plan means.
func scopeText(p inspection.Plan) string {
	var parts []string
	var levels, kinds []string
	for _, l := range inspection.LevelNames {
		if slices.Contains(p.Levels, l[0]) {
			levels = append(levels, l[1])
		}
	}
	for _, k := range siteKinds {
		if slices.Contains(p.Kinds, registry.SiteKind(k.Value)) {
			kinds = append(kinds, k.Label)
		}
	}
	for _, list := range [][]string{levels, kinds} {
		if len(list) > 0 {
			parts = append(parts, strings.Join(list, "、"))
		}
	}
	switch p.Hosted {
	case "only":
		parts = append(parts, "只查本平台发布的网站")
	case "not":
		parts = append(parts, "只查不由本平台发布的网站")
	}
	return strings.Join(parts, "；")
}

// mostRounds are led to by a plan's page; whoever needs an older one has its number.
const mostRounds = 12

// roundTabs leads to the rounds of a plan, the latest first.
func roundTabs(p inspection.Plan, shown int) web.Tabs {
	t := web.Tabs{Label: "各轮"}
	for n := p.Round; n > max(0, p.Round-mostRounds) && p.Round > 1; n-- {
		t.Items = append(t.Items, web.Tab{Name: fmt.Sprintf("第 %d 轮", n), Href: p.Link() + "?round=" + strconv.Itoa(n), Current: n == shown})
	}
	return t
}

// focusCount is what came of one focus item of a plan.
type focusCount struct {
	standing, all int    // findings
	right         string // how many of all findings of the item were right
}

func (n focusCount) href(p inspection.Plan, f check.Focus, state string) string {
	q := url.Values{"plan": {string(p.ID)}, "check": {f.ID()}}
	if state != "" {
		q.Set("state", state)
	}
	return listPath + "?" + q.Encode()
}

func (n focusCount) standingCell(p inspection.Plan, f check.Focus) web.Cell {
	return web.Cell{Text: strconv.Itoa(n.standing), Href: n.href(p, f, "standing"), Keep: true}
}

func (n focusCount) allCell(p inspection.Plan, f check.Focus) web.Cell {
	return web.Cell{Text: strconv.Itoa(n.all), Href: n.href(p, f, ""), Keep: true}
}

// focusCounts are what came of the focus items of a plan in scope.
func (h *Handler) focusCounts(ctx context.Context, scope authz.Scope, p inspection.Plan) (map[string]focusCount, error) {
	if len(p.Spec.Focus) == 0 {
		return nil, nil
	}
	rules, err := h.inspection.Precisions(ctx)
	if err != nil {
		return nil, err
	}
	out := map[string]focusCount{}
	for _, f := range p.Spec.Focus {
		n := focusCount{right: "尚未发现问题"}
		for _, r := range rules {
			if r.Check == f.ID() {
				n.right = rightShare(r)
			}
		}
		for state, into := range map[string]*int{"standing": &n.standing, "": &n.all} {
			if _, *into, err = h.inspection.Findings(ctx, h.db, scope, inspection.FindingFilter{Plan: p.ID, Check: f.ID(), State: state, Limit: 1}); err != nil {
				return nil, err
			}
		}
		out[f.ID()] = n
	}
	return out, nil
}

func newPlan(p inspection.Plan, layers []inspection.Layer, focus map[string]focusCount, sample []inspection.Drawn, round int, again inspection.Redrawn, cities map[string]string, mayPlan bool) planView {
	if round <= 0 {
		round = p.Round
	}
	where := "本平台"
	if p.Spec.Remote {
		where = "互联网一侧的巡检程序（签名文件交换）"
	}
	v := planView{
		Heading: web.Heading{Title: p.Name, Lead: p.UnitName, Tags: []web.Tag{planTag(p)}},
		Rounds:  roundTabs(p, round),
		Facts: web.Summary{Title: "计划内容", Wide: true, Terms: []web.Term{
			{Name: "范围", Text: p.AreaName, Note: scopeText(p)}, {Name: "方式", Text: shareText(p), Note: p.CadenceName()}, {Name: "检查内容", Text: familyNames(p.Spec.Families)}, {Name: "检查时段", Text: p.Spec.Hours.String()},
			{Name: "每个网站最多", Text: limitsText(p.Spec)}, {Name: "由谁检查", Text: where}, {Name: "下一轮", Text: dash(p.NextOn.String())}, {Name: "结束日期", Text: dash(p.EndsOn.String())},
			{Name: "抽样种子", Text: strconv.FormatInt(p.Seed, 10), Note: "用种子和每轮保存的网站名单，可以重抽出同样的样本"}, {Name: "制定", Text: p.MadeBy, Note: web.Minute(p.MadeAt)},
		}},
		Layers: web.Table{Caption: fmt.Sprintf("第 %d 轮各层进度", round), Compact: true, Columns: []web.Column{{Head: "层", Wide: true}, {Head: "站点", Number: true}, {Head: "本轮抽到", Number: true}, {Head: "本轮完成", Number: true}, {Head: "本轮问题", Number: true}, {Head: "累计查到站点", Number: true}},
			Empty: web.Empty{Title: "这一轮没有抽到站点", Text: "范围内没有开启监测的站点。"}},
		Sample: web.Table{Caption: fmt.Sprintf("第 %d 轮样本", round), Columns: []web.Column{{Head: "站点", Wide: true}, {Head: "主办单位"}, {Head: "层"}, {Head: "状态"}, {Head: "页面", Number: true}, {Head: "问题", Number: true}, {Head: "新发现", Number: true}},
			Empty: web.Empty{Title: "还没有抽样"}},
	}
	if round == 0 { // one place says that nothing was drawn
		v.Layers = web.Table{}
		v.Sample.Caption = "样本"
		v.Sample.Empty.Text = "到开始日期自动抽取第一轮。"
		if !p.NextOn.IsZero() {
			v.Sample.Empty.Text = p.NextOn.Chinese() + "自动抽取第一轮，抽到的网站和检查结果列在这里。"
		}
	}
	if round > 0 {
		v.Facts.Terms = append(v.Facts.Terms, redrawn(again, round))
		v.Heading.Acts = []web.Act{{Text: "查看发现的问题", Href: listPath + "?plan=" + url.QueryEscape(string(p.ID))}}
	}
	for _, f := range p.Spec.Focus {
		if v.Focus.Caption == "" {
			v.Focus = web.Table{Caption: "重点检查项", Compact: true, Columns: []web.Column{{Head: "检查什么"}, {Head: "找什么", Wide: true}, {Head: "算问题"}, {Head: "依据"}, {Head: "待整改", Number: true}, {Head: "共发现", Number: true}, {Head: "准确率", Number: true}}}
		}
		n, kind := focus[f.ID()], f.Kind
		for _, k := range check.FocusKinds {
			if k[0] == f.Kind {
				kind = k[1]
			}
		}
		wrong := "出现了"
		if f.Missing {
			wrong = "没有出现"
		}
		if f.HomeOnly {
			wrong += "（首页）"
		}
		v.Focus.Rows = append(v.Focus.Rows, web.Row{Cells: []web.Cell{{Text: f.Name, Note: "整改：" + f.Fix}, {Text: strings.Join(f.Values, "、"), Note: kind}, {Text: wrong, Note: severityNames[f.Severity]}, web.Text(dash(basis(f.Article))), n.standingCell(p, f), n.allCell(p, f), web.Text(dash(n.right))}})
	}
	for _, l := range layers {
		done := web.Figure(l.Done)
		if l.Blank > 0 {
			done.Note = fmt.Sprintf("其中 %d 个没有看到网页", l.Blank)
		}
		v.Layers.Rows = append(v.Layers.Rows, web.Row{Cells: []web.Cell{web.Text(stratumName(l.Stratum, cities)), web.Figure(l.Of), web.Figure(l.Drawn), done, web.Figure(l.Found), web.Figure(l.Seen)}})
	}
	for _, d := range sample {
		state := web.Cell{Text: "等待", Note: d.Waits}
		if d.Held != "" {
			state.Href = inspection.Run{ID: d.Held}.Link()
		}
		switch {
		case d.Skipped != "":
			state = web.Cell{Text: "没有检查", Note: d.Skipped}
		case d.Run != "":
			r := inspection.Run{ID: d.Run, State: d.RunState}
			state = web.Cell{Text: r.StateName(), Href: r.Link()}
			if d.RunState == inspection.RunDone && d.Pages == 0 {
				state.Note = "没有看到网页，原因见检查记录"
			}
		}
		v.Sample.Rows = append(v.Sample.Rows, web.Row{Cells: []web.Cell{{Text: d.SiteName, Href: start(string(d.Site)), Note: d.Host}, web.Text(d.UnitName), web.Text(stratumName(d.Stratum, cities)), state, web.Figure(d.Pages), web.Figure(d.Found), web.Figure(d.Fresh)}})
	}
	if mayPlan {
		switch p.State {
		case inspection.PlanActive:
			v.Acts, v.End = []planAct{{p.Link() + "/pause", "暂停计划"}}, endForm(p)
		case inspection.PlanPaused:
			v.Acts, v.End = []planAct{{p.Link() + "/resume", "恢复计划"}}, endForm(p)
		}
	}
	return v
}

var planPage = web.Define(views, "views/plan.html", newPlan(inspection.Plan{ID: "n", Name: "新计划", Share: 100, Cadence: "once", State: inspection.PlanActive}, nil, nil, nil, 0, inspection.Redrawn{}, nil, true),
	newPlan(samplePlan, []inspection.Layer{{Stratum: "county/portal/6101", Of: 11, Drawn: 4, Seen: 4, Done: 2, Blank: 1, Found: 9}}, map[string]focusCount{"focus.统一标识": {2, 9, "98.00%"}},
		[]inspection.Drawn{{Round: 1, Site: "01JS", SiteName: "雁塔区人民政府网站", Host: "www.yanta.gov.cn", UnitName: "雁塔区人民政府办公室", Stratum: "county/portal/6101", Run: "01JR", RunState: inspection.RunDone, Pages: 200, Found: 9},
			{Round: 1, Site: "01JT", SiteName: "碑林区人民政府网站", Host: "www.beilin.gov.cn", UnitName: "碑林区人民政府办公室", Stratum: "county/portal/6101", Held: "01JQ", Waits: "站点正在进行另一次检查（定期巡检），完成后自动开始。"}}, 0, inspection.Redrawn{Sites: 11, SHA256: strings.Repeat("0123456789abcdef", 4), Same: true}, map[string]string{"6101": "西安市"}, true),
	newPlan(hostilePlan, nil, nil, []inspection.Drawn{{SiteName: "<script>", Skipped: `"><img>`, Stratum: "<a>"}}, 7, inspection.Redrawn{SHA256: "<b>"}, map[string]string{"6101": "<b>"}, false))

func (h *Handler) plan(w http.ResponseWriter, r *http.Request) error { return h.showPlan(w, r, nil) }

// showPlan shows a plan, with what was wrong in ending it.
func (h *Handler) showPlan(w http.ResponseWriter, r *http.Request, wrong error) error {
	ctx, scope, id := r.Context(), authz.ScopeFrom(r.Context()), inspection.PlanID(r.PathValue("id"))
	p, err := h.inspection.PlanByID(ctx, h.db, scope, id)
	if err != nil {
		return err
	}
	round, err := strconv.Atoi(cmp.Or(r.URL.Query().Get("round"), "0"))
	if err != nil || round < 0 || round > p.Round {
		round = 0
	}
	layers, err := h.inspection.Layers(ctx, scope, id, round)
	if err != nil {
		return err
	}
	focus, err := h.focusCounts(ctx, scope, p)
	if err != nil {
		return err
	}
	sample, total, err := h.inspection.Sample(ctx, scope, id, round, perPage, (web.PageOf(r)-1)*perPage)
	if err != nil {
		return err
	}
	again, err := h.inspection.Redraw(ctx, scope, id, round)
	if err != nil {
		return err
	}
	areas, err := h.inspection.PlanAreas(ctx, scope)
	if err != nil {
		return err
	}
	v := newPlan(p, layers, focus, sample, round, again, cityNames(areas), may(r, authz.InspectionPlan))
	v.Pager = web.PagerOf(r, total, perPage)
	if wrong != nil {
		v.End.Fill(r.PostForm)
		v.End.Wrong(wrong)
		return planPage.RenderStatus(w, r, http.StatusUnprocessableEntity, v)
	}
	return planPage.Render(w, r, v)
}

func (h *Handler) movePlan(w http.ResponseWriter, r *http.Request) error {
	p, err := h.inspection.MovePlan(r.Context(), authz.ScopeFrom(r.Context()), inspection.PlanID(r.PathValue("id")), r.PathValue("act"), r.PostFormValue("why"))
	if r.PathValue("act") == "end" && fault.Is(err, fault.Invalid) {
		return h.showPlan(w, r, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, p.Link(), p.Name+"："+p.StateName()+"。")
}
