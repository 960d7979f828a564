package obligationweb

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/web"
)

// calendarView is GET /console/calendar: due dates by day.
type calendarView struct {
	Heading    web.Heading
	Filter     web.Filter
	Month      string
	Prev, Next web.Link
	Weeks      [][]cell
	Table      web.Table
	Feed       string
	FeedForm   web.Form
}

// cell is one day of the month.
type cell struct {
	Day                 int
	Note                string // 休, 班
	Outside, Today, Off bool
	Items               []dayItem
	More                int
	MoreHref            string
}

type dayItem struct {
	Text, Href string
	Kind       web.Tone
}

// Title of the document.
func (calendarView) Title() string { return "到期日历" }

// Crumbs of the page.
func (calendarView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "义务和时限", Href: "/console/obligations"}, {Name: "到期日历"}}
}

// perDay is how many due dates a day shows before it says how many more.
const perDay = 3

func newCalendarView(first calendar.Date, rows []row, units []web.Option, days calendar.Workdays, now time.Time, q url.Values) calendarView {
	today := calendar.DateOf(now)
	month := fmt.Sprintf("%d年%d月", first.Year, int(first.Month))
	at := func(d calendar.Date) string {
		v := url.Values{"month": {d.String()[:7]}}
		for _, n := range []string{"unit", "mine"} {
			if q.Get(n) != "" {
				v.Set(n, q.Get(n))
			}
		}
		return "/console/calendar?" + v.Encode()
	}
	v := calendarView{Month: month, Heading: web.Heading{Title: "到期日历", Lead: "本单位和本人名下的时限，按到期日排列。"},
		Prev: web.Link{Text: "上一月", Href: at(first.AddMonths(-1))}, Next: web.Link{Text: "下一月", Href: at(first.AddMonths(1))},
		Filter: web.Filter{Action: "/console/calendar", Total: len(rows), Hidden: []web.Field{{Kind: web.Hidden, Name: "month"}}, Fields: []web.Field{
			{Kind: web.Select, Name: "unit", Label: "单位", Options: units}, {Kind: web.Check, Name: "mine", Label: "只看本人名下的"}}},
		FeedForm: web.Form{Action: strings.Replace(at(first), "/calendar?", "/calendar/feed?", 1), Buttons: []web.Button{{Label: "生成新的订阅网址", Plain: true}}},
		Table: web.Table{Caption: month + "到期的事项", Columns: []web.Column{{Head: "日期"}, {Head: "事项", Wide: true}, {Head: "责任单位"}, {Head: "状态"}},
			Empty: web.Empty{Title: "本月没有到期的事项"}}}
	by := map[calendar.Date][]row{}
	for _, o := range rows {
		by[o.Due.On] = append(by[o.Due.On], o)
		state := web.DueTagAt(o.Due, now)
		switch o.State {
		case obligation.Discharged:
			state = web.Tag{Kind: web.Good, Text: "已办结"}
		case obligation.Void:
			state = web.Tag{Text: "已作废"}
		}
		day := web.Day(o.Due.On)
		if o.Due.Provisional {
			day.Note = "暂定"
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{day, {Text: o.Kind.Name + "：" + o.Subject.Name, Href: o.Link, Note: o.Kind.Citation}, web.Text(o.UnitName), web.Tagged(state)}})
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
			for n, o := range by[on] {
				if n == perDay {
					c.More = len(by[on]) - perDay
					c.MoreHref = "/console/obligations?" + url.Values{"from": {on.String()}, "until": {on.String()}, "state": {"all"}}.Encode()
					break
				}
				it := dayItem{Text: o.Kind.Name + "：" + o.Subject.Name, Href: o.Link}
				switch {
				case o.State != obligation.Open:
				case o.Due.Passed(now):
					it.Kind = web.Danger
				case o.Due.On.Sub(today) <= 7:
					it.Kind = web.Warn
				}
				if o.ID != "" {
					it.Href = "/console/obligations/" + url.PathEscape(o.ID)
				}
				c.Items = append(c.Items, it)
			}
			week = append(week, c)
		}
		v.Weeks = append(v.Weeks, week)
	}
	v.Filter.Fill(q)
	v.Filter.Hidden[0].Value = first.String()[:7]
	return v
}

var calendarPage = web.Define(views, "views/calendar.html",
	newCalendarView(calendar.Date{Year: 2026, Month: 3, Day: 1}, nil, nil, calendar.Workdays{}, sampleDay.Start(), nil),
	newCalendarView(calendar.Date{Year: 2026, Month: 3, Day: 1}, []row{sampleRow(obligation.Open, -3), sampleRow(obligation.Open, 1), sampleRow(obligation.Open, 1), sampleRow(obligation.Open, 1), sampleRow(obligation.Open, 1)}, []web.Option{{Label: "本单位"}}, calendar.Workdays{}, sampleDay.Start(), url.Values{}),
	newCalendarView(calendar.Date{Year: 2026, Month: 2, Day: 1}, []row{{Obligation: obligation.Obligation{ID: `"><script>`, UnitName: "<script>", Link: "javascript:alert(1)", Subject: obligation.Subject{Name: "<b>"}, Due: calendar.Due{On: calendar.Date{Year: 2026, Month: 2, Day: 3}}}}}, []web.Option{{Value: `"><script>`, Label: "<script>"}}, calendar.Workdays{}, sampleDay.Start(), url.Values{"unit": {`"><script>`}}),
)

// most bounds what a month shows.
const most = 500

func (h *Handler) month(r *http.Request) (calendarView, error) {
	ctx, q, session, scope := r.Context(), r.URL.Query(), authz.SessionFrom(r.Context()), authz.ScopeFrom(r.Context())
	today := calendar.DateOf(h.obligations.Now())
	first := calendar.Date{Year: today.Year, Month: today.Month, Day: 1}
	if d, err := calendar.ParseDate(q.Get("month") + "-01"); err == nil {
		first = d
	}
	f := obligation.Filter{State: "all", From: first, Until: first.AddMonths(1).AddDays(-1), Limit: most, Not: nil}
	var units []org.UnitID
	options := []web.Option{{Label: "本人任职的单位"}}
	seen := map[string]bool{}
	for _, p := range session.Posts {
		if !seen[p.UnitID] {
			seen[p.UnitID] = true
			units = append(units, org.UnitID(p.UnitID))
			options = append(options, web.Option{Value: p.UnitID, Label: p.UnitName})
		}
	}
	if want := org.UnitID(q.Get("unit")); want != "" {
		u, err := h.org.Unit(ctx, scope, want)
		if err != nil {
			return calendarView{}, err
		}
		if !seen[string(u.ID)] {
			options = append(options, web.Option{Value: string(u.ID), Label: u.Name})
		}
		units = []org.UnitID{u.ID}
	}
	if q.Has("mine") {
		f.Person = org.PersonID(session.PersonID)
	}
	var list []obligation.Obligation
	for _, u := range units {
		f.Unit = u
		some, err := h.obligations.Obligations(ctx, scope, f)
		if err != nil {
			return calendarView{}, err
		}
		list = append(list, some...)
	}
	rows := follow(authz.SessionFrom(r.Context()), h.rows(list))
	v := newCalendarView(first, rows, options, h.days, h.obligations.Now(), q)
	return v, nil
}

func (h *Handler) calendar(w http.ResponseWriter, r *http.Request) error {
	v, err := h.month(r)
	if err != nil {
		return err
	}
	return calendarPage.Render(w, r, v)
}

// feed makes a new address for the person's own calendar; it is shown once.
func (h *Handler) feed(w http.ResponseWriter, r *http.Request) error {
	token, err := h.obligations.NewFeed(r.Context(), authz.SessionFrom(r.Context()))
	if err != nil {
		return err
	}
	v, err := h.month(r)
	if err != nil {
		return err
	}
	base := strings.TrimSuffix(h.base(), "/")
	if base == "" {
		scheme := "http"
		if r.TLS != nil {
			scheme = "https"
		}
		base = scheme + "://" + r.Host
	}
	v.Feed = base + "/console/feeds/" + token + ".ics"
	return calendarPage.Render(w, r, v)
}

// ics answers a calendar program that holds the address.
func (h *Handler) ics(w http.ResponseWriter, r *http.Request) error {
	list, err := h.obligations.Feed(r.Context(), strings.TrimSuffix(r.PathValue("token"), ".ics"))
	if err != nil {
		return err
	}
	var b strings.Builder
	line := func(s string) {
		// RFC 5545: lines of at most 75 octets, never cut inside a character.
		for n := 0; len(s) > 0; n++ {
			room := 75
			if n > 0 {
				b.WriteString("\r\n ")
				room = 74
			}
			end := 0
			for i, c := range s {
				if i+len(string(c)) > room {
					break
				}
				end = i + len(string(c))
			}
			b.WriteString(s[:end])
			s = s[end:]
		}
		b.WriteString("\r\n")
	}
	escape := strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r", "", "\n", `\n`).Replace
	line("BEGIN:VCALENDAR")
	line("VERSION:2.0")
	line("PRODID:-//zhengshu//obligations//ZH")
	line("X-WR-CALNAME:政枢到期日历")
	for _, o := range h.rows(list) {
		line("BEGIN:VEVENT")
		line("UID:" + o.ID + "@zhengshu")
		line("DTSTAMP:" + o.OpenedAt.UTC().Format("20060102T150405Z"))
		line("DTSTART;VALUE=DATE:" + strings.ReplaceAll(o.Due.On.String(), "-", ""))
		line("DTEND;VALUE=DATE:" + strings.ReplaceAll(o.Due.On.AddDays(1).String(), "-", ""))
		name := o.Kind.Name + "：" + o.Subject.Name
		if o.Due.Provisional {
			name = "（暂定）" + name
		}
		line("SUMMARY:" + escape(name))
		line("DESCRIPTION:" + escape(o.UnitName+"。依据："+o.Kind.Citation))
		line("END:VEVENT")
	}
	line("END:VCALENDAR")
	w.Header().Set("Content-Type", "text/calendar; charset=utf-8")
	w.Header().Set("Cache-Control", "private, max-age=900")
	_, err = w.Write([]byte(b.String()))
	return err
}
