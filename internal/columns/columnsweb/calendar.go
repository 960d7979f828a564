package columnsweb

import (
	"fmt"
	"net/http"
	"net/url"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/columns"
	"zhengshu/internal/library"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

// calendarView is GET /console/columns/calendar: what is planned, by day, and
// the days on which columns fall due.
type calendarView struct {
	Heading    web.Heading
	Month      string
	Prev, Next web.Link
	Weeks      [][]cell
	Table      web.Table
	Untimed    web.Table
	Due        web.Table
}

// cell is one day of the month.
type cell struct {
	Day                 int
	Note                string // 休, 班
	Outside, Today, Off bool
	Items               []dayItem
	More                int
}

type dayItem struct {
	Text, Href string
	Kind       web.Tone
}

// Title of the document.
func (calendarView) Title() string { return "排期日历" }

// Crumbs of the page.
func (calendarView) Crumbs() []web.Crumb { return crumbs(web.Crumb{Name: "排期日历"}) }

// perDay is how many a day shows before it says how many more; all stand in the
// list below.
const perDay = 3

func newCalendarView(first calendar.Date, timed, untimed []columns.Plan, due []columns.Forecast, column string, days calendar.Workdays, today calendar.Date) calendarView {
	month := fmt.Sprintf("%d年%d月", first.Year, int(first.Month))
	at := func(d calendar.Date) string {
		v := url.Values{"month": {d.String()[:7]}}
		if column != "" {
			v.Set("column", column)
		}
		return path + "/calendar?" + v.Encode()
	}
	v := calendarView{Month: month, Heading: web.Heading{Title: "排期日历", Lead: "定时发布和等待终审的稿件，以及栏目到期的日子。", Acts: []web.Act{{Text: "采编稿件", Href: "/console/items/new", Primary: true}}},
		Prev: web.Link{Text: "上一月", Href: at(first.AddMonths(-1))}, Next: web.Link{Text: "下一月", Href: at(first.AddMonths(1))},
		Table: planTable(month+"排好的稿件", timed), Untimed: planTable("没有定时间的稿件", untimed),
		Due: web.Table{Caption: month + "到期的栏目", Columns: []web.Column{{Head: "日期"}, {Head: "栏目", Wide: true}, {Head: "预测"}}, Empty: web.Empty{Title: "本月没有栏目到期"}}}
	items := map[calendar.Date][]dayItem{}
	for _, f := range due {
		kind := map[columns.Level]web.Tone{columns.Late: web.Danger, columns.Soon: web.Warn}[f.Level(today)]
		items[f.Due] = append(items[f.Due], dayItem{Text: "到期：" + f.Name, Href: columns.Link(f.Column), Kind: kind})
		name := web.Linked(f.Name, columns.Link(f.Column))
		name.Note = f.SiteName
		v.Due.Rows = append(v.Due.Rows, web.Row{Cells: []web.Cell{web.Day(f.Due), name, web.Tagged(levelTag(f, today))}})
	}
	for _, p := range timed {
		on := calendar.DateOf(p.PublishAt)
		it := dayItem{Text: web.Minute(p.PublishAt)[11:] + " " + p.Shown(), Href: "/console/items/" + url.PathEscape(string(p.Item))}
		if p.State == library.Planned { // not reviewed yet
			it.Kind = web.Warn
		}
		items[on] = append(items[on], it)
	}
	start := first.AddDays(-(int(first.Weekday()) + 6) % 7)
	for d := start; d.Before(first.AddMonths(1)); d = d.AddDays(7) {
		var week []cell
		for i := range 7 {
			on := d.AddDays(i)
			c := cell{Day: on.Day, Outside: on.Month != first.Month, Today: on == today}
			working, _ := days.Is(on)
			weekend := i >= 5
			c.Off = !working
			if working && weekend {
				c.Note = "班"
			} else if !working && !weekend {
				c.Note = "休"
			}
			if !c.Outside {
				c.Items = items[on]
			}
			if n := len(c.Items); n > perDay {
				c.Items, c.More = c.Items[:perDay], n-perDay
			}
			week = append(week, c)
		}
		v.Weeks = append(v.Weeks, week)
	}
	return v
}

func (h *Handler) calendar(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, q, today := r.Context(), authz.ScopeFrom(r.Context()), r.URL.Query(), web.FrameOf(r).Today
	first := calendar.Date{Year: today.Year, Month: today.Month, Day: 1}
	if d, err := calendar.ParseDate(q.Get("month") + "-01"); err == nil {
		first = d
	}
	column := registry.ColumnID(q.Get("column"))
	f := columns.ForecastFilter{Units: unitsOf(authz.SessionFrom(ctx)), Until: first.AddMonths(1).AddDays(-1), Limit: 500}
	if column != "" {
		if _, _, err := h.columns.Column(ctx, scope, column); err != nil {
			return err
		}
	}
	timed, untimed, err := h.columns.Plans(ctx, scope, column, first.Start(), first.AddMonths(1).Start())
	if err != nil {
		return err
	}
	list, _, err := h.columns.Forecasts(ctx, scope, f)
	if err != nil {
		return err
	}
	var due []columns.Forecast
	for _, o := range list {
		if !o.Due.Before(first) && (column == "" || o.Column == column) {
			due = append(due, o)
		}
	}
	return calendarPage.Render(w, r, newCalendarView(first, timed, untimed, due, string(column), h.days, today))
}

var calendarPage = web.Define(views, "views/calendar.html",
	newCalendarView(calendar.Date{Year: 2026, Month: 3, Day: 1}, nil, nil, nil, "", calendar.Workdays{}, sampleDay),
	newCalendarView(calendar.Date{Year: 2026, Month: 3, Day: 1}, []columns.Plan{samplePlan("关于防汛的通知", library.Scheduled, sampleAt), samplePlan("关于防汛的通知", library.Planned, sampleAt), samplePlan("三", library.Planned, sampleAt), samplePlan("四", library.Planned, sampleAt)},
		[]columns.Plan{samplePlan("没有时间", library.Planned, sampleAt)}, []columns.Forecast{sampleForecast("通知公告", 5)}, "", calendar.Workdays{}, sampleDay),
	newCalendarView(calendar.Date{Year: 2026, Month: 3, Day: 1}, []columns.Plan{samplePlan(hostile, library.Planned, sampleAt)}, nil, []columns.Forecast{sampleForecast(hostile, 1)}, hostile, calendar.Workdays{}, sampleDay),
)
