package reportingweb

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/official"
	"zhengshu/internal/registry"
	"zhengshu/internal/reporting"
	"zhengshu/internal/web"
)

// yearlyView is GET /console/sites/{id}/yearly.
type yearlyView struct {
	site    registry.Site
	Heading web.Heading
	Alerts  []web.Alert
	Years   web.Tabs
	Tables  []web.Table
}

// Title of the document.
func (yearlyView) Title() string { return "年度报表数据" }

// Crumbs of the page.
func (v yearlyView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "台账", Href: "/console/sites"}, {Name: cmp.Or(v.site.Name, "站点"), Href: v.site.Link()}, {Name: "年度报表数据"}}
}

func yearlyPath(s registry.Site) string { return s.Link() + "/yearly" }

// mostYears are offered.
const mostYears = 5

func newYearly(y reporting.Yearly, today calendar.Date) yearlyView {
	at := yearlyPath(y.Site)
	v := yearlyView{site: y.Site, Heading: web.Heading{Title: fmt.Sprintf("%d 年度报表数据", y.Year), Above: y.Site.Name, Lead: "《政府网站工作年度报表》里由本系统统计的各项，每项注明来源；其余各项由主办单位填写。",
		Acts: []web.Act{{Text: "导出 Excel", Href: fmt.Sprintf("%s/export?format=xlsx&year=%d", at, y.Year)}}}}
	if y.Year == today.Year {
		v.Alerts = []web.Alert{{Kind: web.Info, Title: "本年还没有结束", Text: "数字统计到 " + y.Until.String() + "。"}}
	}
	v.Years = web.Tabs{Label: "年度"}
	for year := today.Year; year > today.Year-mostYears; year-- {
		v.Years.Items = append(v.Years.Items, web.Tab{Name: fmt.Sprintf("%d 年", year), Href: fmt.Sprintf("%s?year=%d", at, year), Current: year == y.Year})
	}
	for _, g := range y.Groups {
		t := web.Table{Caption: g.Name, Columns: []web.Column{{Head: "项目"}, {Head: "数据", Number: true}, {Head: "来源", Wide: true}}}
		for _, r := range g.Rows {
			value := web.Text(strings.TrimSpace(r.Value + " " + r.Unit))
			if r.Missing {
				value = web.Tagged(web.Tag{Kind: web.Warn, Text: "没有数据"})
			}
			t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Text(r.Name), value, web.Text(r.Source)}})
		}
		v.Tables = append(v.Tables, t)
	}
	return v
}

var (
	sampleYearly = reporting.Yearly{Site: registry.Site{ID: "01S", Name: "云河县人民政府（演示）", Hosted: true}, Year: 2026, Until: calendar.Date{Year: 2026, Month: 11, Day: 23}, Groups: []reporting.YearGroup{
		{Name: "网站访问", Rows: []reporting.YearRow{{Name: "独立用户访问总量", Value: "12000", Unit: "个", Source: "访问统计"}, {Name: "网站总访问量", Unit: "次", Missing: true, Source: "本年没有访问统计"}}}}}
	hostileYearly = reporting.Yearly{Site: registry.Site{ID: `"><b>`, Name: "<script>"}, Year: 2025, Groups: []reporting.YearGroup{{Name: "<script>", Rows: []reporting.YearRow{{Name: `"><b>`, Value: "<i>", Source: "<b>"}}}}}
	yearlyPage    = web.Define(views, "views/yearly.html", newYearly(reporting.Yearly{Site: registry.Site{ID: "01S"}, Year: 2026}, calendar.Date{Year: 2026, Month: 11, Day: 23}), newYearly(sampleYearly, calendar.Date{Year: 2026, Month: 11, Day: 23}), newYearly(hostileYearly, calendar.Date{Year: 2026, Month: 11, Day: 23}))
)

func (h *Handler) yearlyOf(r *http.Request) (reporting.Yearly, error) {
	year := web.FrameOf(r).Today.Year
	if q := r.URL.Query().Get("year"); q != "" {
		n, err := strconv.Atoi(q)
		if err != nil {
			n = 0 // refused by the service with its sentence
		}
		year = n
	}
	return h.reporting.YearlyOf(r.Context(), authz.ScopeFrom(r.Context()), registry.SiteID(r.PathValue("id")), year)
}

func (h *Handler) yearly(w http.ResponseWriter, r *http.Request) error {
	y, err := h.yearlyOf(r)
	if err != nil {
		return err
	}
	return yearlyPage.Render(w, r, newYearly(y, web.FrameOf(r).Today))
}

func (h *Handler) exportYearly(w http.ResponseWriter, r *http.Request) error {
	y, err := h.yearlyOf(r)
	if err != nil {
		return err
	}
	rows := [][]any{}
	for _, g := range y.Groups {
		for _, row := range g.Rows {
			var value any = row.Value
			if n, err := strconv.Atoi(row.Value); err == nil && row.Unit != "" {
				value = n
			}
			if row.Missing {
				value = "没有数据"
			}
			rows = append(rows, []any{g.Name, row.Name, value, row.Unit, row.Source})
		}
	}
	return web.SendSheet(w, r, official.Sheet{Title: fmt.Sprintf("%s %d 年度报表数据", y.Site.Name, y.Year), Columns: []official.Column{{Title: "部分", Width: 18}, {Title: "项目", Width: 26}, {Title: "数据", Width: 26}, {Title: "单位"}, {Title: "来源", Width: 60}}, Rows: slices.Values(rows)}, "年度报表数据")
}
