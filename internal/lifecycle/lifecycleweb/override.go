package lifecycleweb

import (
	"net/http"
	"strconv"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/lifecycle"
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
		Table: web.Table{Caption: "例外清单", Quiet: true, RowHead: 1, Columns: []web.Column{{Head: "规定", Wide: true}, {Head: "单位"}, {Head: "理由", Wide: true}, {Head: "有效期"}, {Head: "批准"}},
			Empty: web.Empty{Title: "没有例外", Text: "没有符合条件的例外记录。"}}}
	if mayGrant {
		v.Heading.Acts = []web.Act{{Text: "批准例外", Href: "/console/overrides/new", Primary: true}}
	}
	for _, o := range list {
		state := web.Tag{Kind: web.Good, Text: "有效"}
		switch {
		case o.Until.Before(today):
			state = web.Tag{Text: "已过期"}
		case o.From.After(today):
			state = web.Tag{Kind: web.Info, Text: "未开始"}
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: o.Says, Note: o.Citation}, web.Text(o.UnitName), web.Text(o.Reason),
			{Text: o.From.String() + " 至 " + o.Until.String(), Tags: []web.Tag{state}}, {Text: o.GrantedBy, Note: o.Grantor + " " + web.Minute(o.GrantedAt)}}})
	}
	return v
}

var overrideListPage = web.Define(views, "views/overrides.html",
	newOverrideList(nil, true, sampleToday),
	newOverrideList([]lifecycle.Override{{Rule: sx2021.CountyDeptNoSite.ID, Says: sx2021.CountyDeptNoSite.Says, Citation: sx2021.CountyDeptNoSite.Citation, UnitName: "雁塔区商务局", Reason: "承担国家级试点",
		From: sampleToday, Until: sampleToday.AddDays(60), GrantedBy: "张某", Grantor: "陕西省人民政府办公厅", GrantedAt: time.Date(2026, 3, 20, 1, 0, 0, 0, time.UTC)}}, false, sampleToday),
	newOverrideList([]lifecycle.Override{{Says: "<script>", UnitName: `"><b>`, Reason: "<i>", Until: sampleToday.AddDays(-1)}}, false, sampleToday),
)

func (h *Handler) overrides(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	f := lifecycle.OverrideFilter{Now: q.Has("now"), Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage}
	if y, err := strconv.Atoi(q.Get("year")); err == nil && y >= 2000 && y <= 2200 {
		f.Year = y
	}
	list, total, err := h.lifecycle.Overrides(r.Context(), authz.ScopeFrom(r.Context()), f)
	if err != nil {
		return err
	}
	v := newOverrideList(list, authz.SessionFrom(r.Context()).May(authz.OverrideGrant), web.FrameOf(r).Today)
	v.Filter.Fill(q)
	v.Filter.Total, v.Pager = total, web.PagerOf(r, total, perPage)
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
