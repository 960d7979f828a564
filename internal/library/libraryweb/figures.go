package libraryweb

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"zhengshu/internal/authz"
	"zhengshu/internal/library"
	"zhengshu/internal/official"
	"zhengshu/internal/percent"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

const figuresPath = "/console/contents"

func (h *Handler) figureRoutes() []web.Route {
	return []web.Route{{Pattern: "GET /console/contents", Permit: authz.ItemRead, Handle: h.figures}}
}

// figuresView are the month's figures, and the rows behind one.
type figuresView struct{ web.ListView }

func newFigures(list []library.SiteMonth, month string) figuresView {
	v := figuresView{web.ListView{Heading: web.Heading{Title: "内容统计", Lead: "每月发布、首发、原创和非文字内容，点开数字看稿件。首发：本站最先公开的原创稿件（第十九条（二）、第十二条（三）（四））。迁入的存量不计。"}, Trail: checkTrail,
		Filter: web.Filter{Action: figuresPath, Total: len(list), Fields: []web.Field{{Name: "month", Label: "月份", Value: month, Narrow: true, Hint: "例：2026-03"}}},
		Table: web.Table{Caption: month + " 各站内容", Quiet: true, Columns: []web.Column{{Head: "站点", Wide: true}, {Head: "发布", Number: true}, {Head: "首发", Number: true}, {Head: "首发比例", Number: true}, {Head: "原创", Number: true}, {Head: "非文字", Number: true}, {Head: "非文字占比", Number: true}},
			Empty: web.Empty{Title: "这个月没有发布内容", Text: "换一个月份再看。"}}}}
	var sum library.SiteMonth
	for _, m := range list {
		figure := func(n int, measure string) web.Cell {
			c := web.Figure(n)
			if n > 0 {
				c.Href = figuresPath + "?" + url.Values{"month": {month}, "site": {string(m.Site)}, "measure": {measure}}.Encode()
			}
			return c
		}
		name := web.Text(m.SiteName)
		name.Note = m.UnitName
		if m.Originals == 0 {
			name.Tags = []web.Tag{{Kind: web.Warn, Text: "本月没有原创"}}
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{name, figure(m.Shown, library.MeasureShown), figure(m.First, library.MeasureFirst), web.Text(percent.Of(m.First, m.Shown).Text(0)), figure(m.Originals, library.MeasureOriginals), figure(m.NonText, library.MeasureNonText), web.Text(percent.Of(m.NonText, m.Shown).Text(0))}})
		sum.Shown, sum.First, sum.Originals, sum.NonText = sum.Shown+m.Shown, sum.First+m.First, sum.Originals+m.Originals, sum.NonText+m.NonText
	}
	v.Stats = web.Stats{Label: "合计", Items: []web.Stat{{Name: "发布", Value: fmt.Sprint(sum.Shown)}, {Name: "首发比例", Value: percent.Of(sum.First, sum.Shown).Text(0), Note: fmt.Sprintf("%d/%d", sum.First, sum.Shown)}, {Name: "原创", Value: fmt.Sprint(sum.Originals)}, {Name: "非文字占比", Value: percent.Of(sum.NonText, sum.Shown).Text(0), Note: fmt.Sprintf("%d/%d", sum.NonText, sum.Shown)}}}
	return v
}

func newMonthRows(list []library.ShownItem, total int, month, measure string) figuresView {
	v := figuresView{web.ListView{Heading: web.Heading{Title: month + " " + library.MeasureNames[measure] + "稿件"}, Trail: append(checkTrail[:1:1], web.Crumb{Name: "内容统计", Href: figuresPath + "?month=" + url.QueryEscape(month)}),
		Filter: web.Filter{Action: figuresPath, Total: total}, Table: web.Table{Caption: "稿件", Quiet: true, Columns: []web.Column{{Head: "标题", Wide: true}, {Head: "提供单位"}, {Head: "来源"}, {Head: "栏目"}, {Head: "上线时间"}}, Empty: web.Empty{Title: "没有稿件"}}}}
	for _, i := range list {
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{web.Linked(i.Title, "/console/items/"+string(i.Item)), web.Text(i.UnitName), web.Text(i.Origin.Name()), web.Text(i.Column), web.When(i.LiveAt)}})
	}
	return v
}

func (h *Handler) figures(w http.ResponseWriter, r *http.Request) error {
	q, ctx, scope := r.URL.Query(), r.Context(), authz.ScopeFrom(r.Context())
	month := q.Get("month")
	if month == "" {
		t := web.FrameOf(r).Today
		month = fmt.Sprintf("%04d-%02d", t.Year, int(t.Month))
	}
	measure := q.Get("measure")
	if measure != "" {
		limit, offset := perPage, (web.PageOf(r)-1)*perPage
		if q.Get("format") != "" {
			limit, offset = 50_000, 0
		}
		list, total, err := h.lib.MonthRows(ctx, scope, registry.SiteID(q.Get("site")), month, measure, limit, offset)
		if err != nil {
			return err
		}
		if q.Get("format") != "" {
			s := official.Sheet{Title: month + library.MeasureNames[measure], Columns: []official.Column{{Title: "标题", Width: 50}, {Title: "提供单位", Width: 30}, {Title: "来源"}, {Title: "栏目"}, {Title: "上线时间"}}}
			var rows [][]any
			for _, i := range list {
				rows = append(rows, []any{i.Title, i.UnitName, i.Origin.Name(), i.Column, web.Minute(i.LiveAt)})
			}
			s.Rows = slices.Values(rows)
			return web.SendSheet(w, r, s, "稿件")
		}
		v := newMonthRows(list, total, month, measure)
		v.Exports = web.ExportActs(figuresPath, q)
		v.Pager = web.PagerOf(r, total, perPage)
		return figureList.Render(w, r, v)
	}
	list, err := h.lib.SiteMonths(ctx, scope, month)
	if err != nil {
		return err
	}
	if q.Get("format") != "" {
		s := official.Sheet{Title: month + " 内容统计", Columns: []official.Column{{Title: "站点", Width: 36}, {Title: "单位", Width: 36}, {Title: "发布"}, {Title: "首发"}, {Title: "首发比例"}, {Title: "原创"}, {Title: "非文字"}, {Title: "非文字占比"}}}
		var rows [][]any
		for _, m := range list {
			rows = append(rows, []any{m.SiteName, m.UnitName, m.Shown, m.First, percent.Of(m.First, m.Shown).Text(0), m.Originals, m.NonText, percent.Of(m.NonText, m.Shown).Text(0)})
		}
		s.Rows = slices.Values(rows)
		return web.SendSheet(w, r, s, "内容统计")
	}
	v := newFigures(list, month)
	v.Exports = web.ExportActs(figuresPath, q)
	return figureList.Render(w, r, v)
}

var figureList = web.Define(web.Plain, "pages/list.html", newFigures(nil, "2026-03"), newFigures([]library.SiteMonth{{Site: "s", SiteName: hostile, UnitName: hostile, Shown: 20, First: 12, Originals: 13, NonText: 5}, {SiteName: "乙"}}, hostile),
	newMonthRows([]library.ShownItem{{Item: "i", Title: hostile, UnitName: hostile, Origin: library.Original, Column: hostile, LiveAt: sampleAt}}, 1, "2026-03", library.MeasureFirst))
