package lettersweb

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/letters"
	"zhengshu/internal/org"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

// statisticsView is GET /console/letters/statistics: every figure leads to the
// rows it counts.
type statisticsView struct {
	Heading web.Heading
	Daily   web.Alert
	Filter  web.Filter
	Stats   web.Stats
	ByUnit  web.Table
	ByType  web.Table
	ByMonth web.Table
}

// Title of the document.
func (statisticsView) Title() string { return "来信办理统计" }

// Crumbs of the page.
func (statisticsView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: home}, {Name: "来信办理", Href: queuePath}, {Name: "办理统计"}}
}

// rows is the list behind one figure.
func rows(m letters.Measure, month string, more ...string) string {
	q := url.Values{"measure": {string(m)}}
	if month != "" {
		q.Set("month", month)
	}
	for i := 0; i+1 < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return queuePath + "?" + q.Encode()
}

func percent(c letters.Counts) string {
	if p := c.OnTimePercent(); p >= 0 {
		return strconv.Itoa(p) + "%"
	}
	return "—"
}

func breakdown(caption, head string, list []letters.Counts, month, by string) web.Table {
	t := web.Table{Caption: caption, Compact: true, Columns: []web.Column{{Head: head, Wide: true}}, Empty: web.Empty{Title: "还没有来信"}}
	for _, m := range letters.Measures {
		t.Columns = append(t.Columns, web.Column{Head: m.Name(), Number: true})
	}
	t.Columns = append(t.Columns, web.Column{Head: "按时率", Number: true})
	for _, c := range list {
		row := web.Row{Cells: []web.Cell{web.Text(c.Name)}}
		for _, m := range letters.Measures {
			cell := web.Figure(c.N[m])
			if c.N[m] > 0 {
				if by == "month" {
					cell = web.Linked(strconv.Itoa(c.N[m]), rows(m, c.Key))
				} else {
					cell = web.Linked(strconv.Itoa(c.N[m]), rows(m, month, by, c.Key))
				}
			}
			row.Cells = append(row.Cells, cell)
		}
		row.Cells = append(row.Cells, web.Text(percent(c)))
		t.Rows = append(t.Rows, row)
	}
	return t
}

func newStatisticsView(f letters.Figures, month string) statisticsView {
	n := f.Total.N
	v := statisticsView{
		Heading: web.Heading{Title: "来信办理统计", Lead: "统计于 " + web.Minute(f.At) + "，由来信逐封计数；点数字可看到对应的来信。",
			Acts: []web.Act{{Text: "来信办理", Href: queuePath}}},
		Filter:  web.Filter{Action: queuePath + "/statistics", Total: -1, Fields: []web.Field{{Name: "month", Label: "收到的月份", Value: month, Hint: "例如 2026-03；不填为全部", Max: 7, Narrow: true}}},
		Stats:   web.Stats{Label: "总数"},
		ByUnit:  breakdown("按收信单位", "收信单位", f.ByUnit, month, "unit"),
		ByType:  breakdown("按类型", "类型", f.ByType, month, "type"),
		ByMonth: breakdown("按收到的月份", "月份", f.ByMonth, month, "month"),
	}
	for _, m := range letters.Measures {
		s := web.Stat{Name: m.Name(), Value: strconv.Itoa(n[m]), Unit: "封", Href: rows(m, month)}
		if m == letters.MeasureLate && n[m] > 0 {
			s.Kind = web.Danger
		}
		v.Stats.Items = append(v.Stats.Items, s)
	}
	v.Stats.Items = append(v.Stats.Items, web.Stat{Name: "按时率", Value: percent(f.Total), Note: "按时答复 ÷（按时答复 + 超期）"})
	return v
}

// dailyDays is how far back the daily duty is shown.
const dailyDays = 30

// daily says how the unit of the person kept 「每日登录」.
func (h *Handler) daily(r *http.Request, today calendar.Date) (web.Alert, error) {
	s := authz.SessionFrom(r.Context())
	unit, _ := s.Unit()
	if !s.May(authz.LetterScreen) || unit == "" {
		return web.Alert{}, nil
	}
	from := today.AddDays(-dailyDays)
	days, err := h.letters.Openings(r.Context(), authz.ScopeFrom(r.Context()), org.UnitID(unit), from, today)
	if err != nil {
		return web.Alert{}, err
	}
	first := today
	for d := range days {
		if d.Before(first) {
			first = d
		}
	}
	if breaches := sx2021.CheckLettersDaily(first, today.AddDays(-1), days); len(breaches) > 0 {
		reason := breaches[0].Reason()
		return web.Alert{Kind: web.Warn, Title: "没有每日登录", Text: reason.Says + "（" + reason.Citation + "）"}, nil
	}
	return web.Alert{Kind: web.Good, Title: "每日登录", Text: fmt.Sprintf("近 %d 天自首次登录以来，本单位每天都打开过来信队列。", dailyDays)}, nil
}

func (h *Handler) statistics(w http.ResponseWriter, r *http.Request) error {
	var f letters.Filter
	var wrong error
	month := r.URL.Query().Get("month")
	if month != "" {
		f, wrong = letters.MonthFilter(month)
	}
	figures, err := h.letters.Figures(r.Context(), authz.ScopeFrom(r.Context()), f)
	if err != nil {
		return err
	}
	if wrong != nil {
		month = ""
	}
	v := newStatisticsView(figures, month)
	if v.Daily, err = h.daily(r, web.FrameOf(r).Today); err != nil {
		return err
	}
	if wrong != nil {
		v.Filter.Fields[0].Value, v.Filter.Fields[0].Error = r.URL.Query().Get("month"), fault.Of(wrong).Fields[0].Says
		return statisticsPage.RenderStatus(w, r, http.StatusUnprocessableEntity, v)
	}
	return statisticsPage.Render(w, r, v)
}
