package lifecycleweb

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/lifecycle"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

// overrideList is GET /console/overrides: the yearly list of exceptions.
type overrideList struct {
	Heading web.Heading
	Filter  web.Filter
	Table   web.Table
	Pager   web.Pager
}

// Title of the document.
func (overrideList) Title() string { return "例外清单" }

// Crumbs of the page.
func (overrideList) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "例外清单"}}
}

const perPage = 20

func newOverrideList(list []lifecycle.Override, mayGrant bool, today calendar.Date) overrideList {
	v := overrideList{Heading: web.Heading{Title: "例外清单", Lead: "对“原则上”的规定，由省政府办公厅批准的例外，每年列出。"},
		Filter: web.Filter{Action: "/console/overrides", Total: len(list), Fields: []web.Field{
			{Kind: web.Number, Name: "year", Label: "年度", Narrow: true, Mode: "numeric"},
			{Kind: web.Check, Name: "now", Label: "只看今天有效的"}}},
		Table: web.Table{Caption: "例外清单", Quiet: true, RowHead: 1, Columns: []web.Column{{Head: "规定", Wide: true}, {Head: "单位"}, {Head: "理由", Wide: true}, {Head: "有效期"}, {Head: "批准"}, {}},
			Empty: web.Empty{Title: "没有例外", Text: "没有符合条件的例外记录。"}}}
	if mayGrant {
		v.Heading.Acts = []web.Act{{Text: "批准例外", Href: "/console/overrides/new", Primary: true}}
	}
	for _, o := range list {
		state := web.Tag{Kind: web.Good, Text: "有效"}
		switch {
		case !o.Ended.IsZero():
			state = web.Tag{Text: "已终止"}
		case o.Until.Before(today):
			state = web.Tag{Text: "已过期"}
		case o.From.After(today):
			state = web.Tag{Kind: web.Info, Text: "未开始"}
		}
		when := web.Cell{Text: o.From.String() + " 至 " + o.Until.String(), Tags: []web.Tag{state}}
		if !o.Ended.IsZero() {
			when.Note = o.Ended.Chinese() + "由" + o.EndedBy + "终止：" + o.EndReason
		}
		acts := web.Cell{}
		if mayGrant && o.Ended.IsZero() && !o.Until.Before(today) {
			acts = web.Acts(web.Link{Text: "提前终止", Href: "/console/overrides/" + url.PathEscape(o.ID) + "/end", Note: o.UnitName})
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: o.Says, Note: o.Citation}, web.Text(o.UnitName), web.Text(o.Reason), when,
			{Text: o.GrantedBy, Note: o.Grantor + " " + web.Minute(o.GrantedAt)}, acts}})
	}
	return v
}

var overrideListPage = web.Define(views, "views/overrides.html",
	newOverrideList(nil, true, sampleToday),
	newOverrideList([]lifecycle.Override{{Rule: sx2021.CountyDeptNoSite.ID, Says: sx2021.CountyDeptNoSite.Says, Citation: sx2021.CountyDeptNoSite.Citation, UnitName: "雁塔区商务局", Reason: "承担国家级试点",
		From: sampleToday, Until: sampleToday.AddDays(60), GrantedBy: "张某", Grantor: "陕西省人民政府办公厅", GrantedAt: time.Date(2026, 3, 20, 1, 0, 0, 0, time.UTC)}}, false, sampleToday),
	newOverrideList([]lifecycle.Override{{Says: "<script>", UnitName: `"><b>`, Reason: "<i>", Until: sampleToday.AddDays(-1)}}, false, sampleToday),
)

func overrideFilter(q url.Values) lifecycle.OverrideFilter {
	f := lifecycle.OverrideFilter{Now: q.Has("now")}
	if y, err := strconv.Atoi(q.Get("year")); err == nil && y >= 2000 && y <= 2200 {
		f.Year = y
	}
	return f
}

const maxExport = 20_000

// exportOverrides is the yearly list as a file: the rows of the screen.
func (h *Handler) exportOverrides(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	f := overrideFilter(q)
	f.Limit = maxExport
	list, total, err := h.lifecycle.Overrides(r.Context(), authz.ScopeFrom(r.Context()), f)
	if err != nil {
		return err
	}
	if err := web.MostExported(total, maxExport, "条"); err != nil {
		return err
	}
	sheet := official.Sheet{Title: "例外清单", Columns: []official.Column{{Title: "依据", Width: 30}, {Title: "规定", Width: 40}, {Title: "单位", Width: 24}, {Title: "理由", Width: 40},
		{Title: "开始日期", Width: 12}, {Title: "截止日期", Width: 12}, {Title: "终止日期", Width: 12}, {Title: "终止原因", Width: 24}, {Title: "批准单位", Width: 24}, {Title: "批准人", Width: 12}},
		Rows: func(yield func([]any) bool) {
			for _, o := range list {
				if !yield([]any{o.Citation, o.Says, o.UnitName, o.Reason, o.From, o.Until, o.Ended, o.EndReason, o.Grantor, o.GrantedBy}) {
					return
				}
			}
		}}
	return web.SendSheet(w, r, sheet, "例外清单")
}

// endView is GET /console/overrides/{id}/end.
type endView struct {
	Heading web.Heading
	About   web.Summary
	Form    web.Form
}

// Title of the document.
func (endView) Title() string { return "提前终止例外" }

// Crumbs of the page.
func (endView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "例外清单", Href: "/console/overrides"}, {Name: "提前终止例外"}}
}

func newEndView(o lifecycle.Override) endView {
	return endView{Heading: web.Heading{Title: "提前终止例外", Above: o.UnitName, Lead: "今天是例外的最后一天；已按例外批准的网站、账号不受影响。"},
		About: web.Summary{Terms: []web.Term{{Name: "规定", Text: o.Says, Note: o.Citation}, {Name: "理由", Text: o.Reason}, {Name: "有效期", Text: o.From.String() + " 至 " + o.Until.String()}, {Name: "批准", Text: o.Grantor + " " + o.GrantedBy}}},
		Form: web.Form{Key: "override-end-" + o.ID, Sections: []web.Section{{Fields: []web.Field{{Kind: web.TextArea, Name: "reason", Label: "终止原因", Required: true, Max: 500}}}},
			Buttons: []web.Button{{Label: "终止例外", Kind: web.Danger}}, Cancel: web.Link{Text: "取消", Href: "/console/overrides"}}}
}

var endPage = web.Define(views, "views/end.html",
	newEndView(lifecycle.Override{}),
	newEndView(lifecycle.Override{ID: "o1", UnitName: "雁塔区商务局", Says: sx2021.CountyDeptNoSite.Says, Citation: sx2021.CountyDeptNoSite.Citation, Reason: "试点", From: sampleToday, Until: sampleToday.AddDays(60), Grantor: "陕西省人民政府办公厅", GrantedBy: "张某"}),
	newEndView(lifecycle.Override{ID: `"><script>`, UnitName: "<script>", Reason: "</dd><b>"}),
)

// grantor keeps a form to those whose answer would be taken: the province's
// (readings 14).
func (h *Handler) grantor(r *http.Request) error {
	err := h.lifecycle.MayGrant(r.Context(), authz.SessionFrom(r.Context()))
	if fault.Is(err, fault.Refused) {
		return fault.New(fault.Forbidden, fault.Of(err).Says)
	}
	return err
}

func (h *Handler) showEnd(w http.ResponseWriter, r *http.Request) error {
	o, err := h.lifecycle.Override(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := h.grantor(r); err != nil {
		return err
	}
	return endPage.Render(w, r, newEndView(o))
}

func (h *Handler) end(w http.ResponseWriter, r *http.Request) error {
	o, err := h.lifecycle.EndOverride(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id"), r.PostFormValue("reason"))
	if fault.Is(err, fault.Invalid) {
		before, readErr := h.lifecycle.Override(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id"))
		if readErr != nil {
			return readErr
		}
		v := newEndView(before)
		v.Form.Fill(r.PostForm)
		v.Form.Wrong(err)
		return endPage.RenderStatus(w, r, http.StatusUnprocessableEntity, v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, "/console/overrides", "“"+o.UnitName+"”的例外已终止。")
}

func (h *Handler) overrides(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	f := overrideFilter(q)
	f.Limit, f.Offset = perPage, (web.PageOf(r)-1)*perPage
	list, total, err := h.lifecycle.Overrides(r.Context(), authz.ScopeFrom(r.Context()), f)
	if err != nil {
		return err
	}
	mayGrant := h.lifecycle.MayGrant(r.Context(), authz.SessionFrom(r.Context()))
	if mayGrant != nil && !fault.Is(mayGrant, fault.Refused) {
		return mayGrant
	}
	v := newOverrideList(list, mayGrant == nil, web.FrameOf(r).Today)
	v.Filter.Fill(q)
	v.Filter.Total, v.Pager = total, web.PagerOf(r, total, perPage)
	keep := url.Values{}
	for _, name := range []string{"year", "now"} {
		if q.Has(name) && q.Get(name) != "" {
			keep.Set(name, q.Get(name))
		}
	}
	for _, format := range []string{"xlsx", "csv"} {
		keep.Set("format", format)
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "导出 " + strings.ToUpper(format), Href: "/console/overrides/export?" + keep.Encode()})
	}
	return overrideListPage.Render(w, r, v)
}

// grantView is GET /console/overrides/new.
type grantView struct {
	Heading web.Heading
	Find    web.Filter // narrows the units to choose from
	Form    web.Form
}

// Title of the document.
func (grantView) Title() string { return "批准例外" }

// Crumbs of the page.
func (grantView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "例外清单", Href: "/console/overrides"}, {Name: "批准例外"}}
}

func newGrantView(list []rules.Rule, units []org.Unit, total int, o lifecycle.Override) grantView {
	v := grantView{Heading: web.Heading{Title: "批准例外", Lead: "只有条款写明“原则上”的，才能由省政府办公厅批准例外；须写明理由和截止日期。"},
		Find: web.Filter{Action: "/console/overrides/new", Total: total, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "查找单位", Hint: "名称或拼音首字母；下面的单位列表按此筛选"}}}}
	ruleOptions := []web.Option{{Label: "请选择条款"}}
	for _, r := range list {
		ruleOptions = append(ruleOptions, web.Option{Value: r.ID, Label: r.Citation + "：" + r.Says})
	}
	unitOptions := []web.Option{{Label: "请选择单位"}}
	for _, u := range units {
		unitOptions = append(unitOptions, web.Option{Value: string(u.ID), Label: u.Name})
	}
	v.Form = web.Form{Action: "/console/overrides/new", Key: "override", Sections: []web.Section{{Fields: []web.Field{
		{Kind: web.Select, Name: "unit", Label: "单位", Options: unitOptions, Value: string(o.Unit), Required: true},
		{Kind: web.Select, Name: "rule", Label: "条款", Options: ruleOptions, Value: o.Rule, Required: true},
		{Kind: web.TextArea, Name: "reason", Label: "理由", Value: o.Reason, Required: true, Max: 1000},
		{Kind: web.DateField, Name: "from", Label: "开始日期", Value: o.From.String(), Narrow: true, Hint: "不填为今天"},
		{Kind: web.DateField, Name: "until", Label: "截止日期", Value: o.Until.String(), Required: true, Narrow: true},
	}}}, Buttons: []web.Button{{Label: "批准例外"}}, Cancel: web.Link{Text: "取消", Href: "/console/overrides"}}
	return v
}

var grantPage = web.Define(views, "views/grant.html",
	newGrantView([]rules.Rule{sx2021.CountyDeptNoSite, sx2021.OneUnitOneSite}, []org.Unit{{ID: "u1", Name: "雁塔区商务局"}}, 1, lifecycle.Override{}),
	newGrantView(nil, []org.Unit{{ID: `"><script>`, Name: "<script>"}}, 0, lifecycle.Override{Reason: "</textarea><script>"}),
)

func (h *Handler) grantForm(r *http.Request, text string, o lifecycle.Override) (grantView, error) {
	units, total, err := h.org.Units(r.Context(), authz.ScopeFrom(r.Context()), org.UnitFilter{Text: text, Limit: 100})
	if err != nil {
		return grantView{}, err
	}
	if o.Unit != "" {
		// The unit chosen stays in the list whatever the search says.
		if u, err := h.org.Unit(r.Context(), authz.ScopeFrom(r.Context()), o.Unit); err == nil {
			units = append([]org.Unit{u}, units...)
		}
	}
	return newGrantView(h.lifecycle.Exceptions(), units, total, o), nil
}

func (h *Handler) showGrant(w http.ResponseWriter, r *http.Request) error {
	if err := h.grantor(r); err != nil {
		return err
	}
	q := r.URL.Query()
	v, err := h.grantForm(r, q.Get("q"), lifecycle.Override{Unit: org.UnitID(q.Get("unit")), Rule: q.Get("rule")})
	if err != nil {
		return err
	}
	v.Find.Fill(q)
	return grantPage.Render(w, r, v)
}

func (h *Handler) grant(w http.ResponseWriter, r *http.Request) error {
	o := lifecycle.Override{Unit: org.UnitID(r.PostFormValue("unit")), Rule: r.PostFormValue("rule"), Reason: r.PostFormValue("reason")}
	var err error
	if o.From, err = day(r, "from", "开始日期"); err == nil {
		o.Until, err = day(r, "until", "截止日期")
	}
	if err == nil {
		o, err = h.lifecycle.GrantOverride(r.Context(), authz.ScopeFrom(r.Context()), o)
	}
	if mendable(err) {
		v, formErr := h.grantForm(r, "", lifecycle.Override{Unit: org.UnitID(r.PostFormValue("unit"))})
		if formErr != nil {
			return formErr
		}
		v.Form.Fill(r.PostForm)
		v.Form.Wrong(err)
		return grantPage.RenderStatus(w, r, http.StatusUnprocessableEntity, v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, "/console/overrides", "已批准“"+o.UnitName+"”的例外，有效至 "+o.Until.Chinese()+"。")
}
