package columnsweb

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/columns"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

// row is one column with its light.
type row struct {
	Name, Link, Site, Unit string
	Last, Cycle, Due       string
	Strip                  strip
	Left                   int // pixels of 120
	LeftSays               string
	Tag                    web.Tag
	Kind                   web.Tone
	Act                    web.Link
}

// listView is GET /console/columns: the traffic lights of all columns.
type listView struct {
	Heading web.Heading
	Tabs    web.Tabs
	Stats   web.Stats
	Filter  web.Filter
	Rows    []row
	Empty   web.Empty
	Pager   web.Pager
}

// Title of the document.
func (listView) Title() string { return "栏目红绿灯" }

// Crumbs of the page.
func (listView) Crumbs() []web.Crumb { return crumbs()[:3:3] }

// lights is what the list is shown from.
type lights struct {
	list   []columns.Forecast
	strips map[registry.ColumnID][columns.StripDays]int
	counts map[columns.Light]int
	all    bool
	site   registry.SiteID
	writes bool
}

func newListView(l lights, today calendar.Date) listView {
	v := listView{Heading: web.Heading{Title: "栏目红绿灯", Lead: "按更新周期和最近一条内容的日期计算，先到期的在前。改错别字不算更新。", Acts: []web.Act{{Text: "排期日历", Href: path + "/calendar"}}},
		Tabs:  web.Tabs{Label: "范围", Items: []web.Tab{{Name: "本单位的栏目", Href: path, Current: !l.all}, {Name: "管辖范围", Href: path + "?all=1", Current: l.all}}},
		Empty: web.Empty{Title: "没有符合条件的栏目", Text: "已开通并在本平台发布的网站，其栏目列在这里。"},
		Filter: web.Filter{Action: path, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "栏目、网站或保障单位", Max: 60}, {Kind: web.Select, Name: "light", Label: "灯", Options: []web.Option{{Label: "全部"}, {Value: "red", Label: "红灯：已超期"}, {Value: "yellow", Label: "黄灯：将到期"}, {Value: "green", Label: "绿灯"}}}},
			Hidden: []web.Field{{Kind: web.Hidden, Name: "all"}, {Kind: web.Hidden, Name: "site"}}, Reset: path}}
	if l.all {
		v.Filter.Reset += "?all=1"
	}
	if l.site != "" {
		v.Heading.Acts = append([]web.Act{{Text: "栏目树", Href: treePath(l.site)}}, v.Heading.Acts...)
	}
	at := func(l2 columns.Light) string {
		q := url.Values{"light": {string(l2)}}
		if l.all {
			q.Set("all", "1")
		}
		if l.site != "" {
			q.Set("site", string(l.site))
		}
		return path + "?" + q.Encode()
	}
	v.Stats = web.Stats{Label: "红绿灯"}
	for _, c := range []struct {
		light columns.Light
		note  string
	}{{columns.Red, "已超期"}, {columns.Yellow, fmt.Sprintf("%d 天内，或周期只剩五分之一", columns.SoonDays)}, {columns.Green, ""}} {
		s := web.Stat{Name: columns.LightNames[c.light], Value: strconv.Itoa(l.counts[c.light]), Href: at(c.light), Note: c.note}
		if l.counts[c.light] > 0 {
			s.Kind = lightTones[c.light]
		}
		v.Stats.Items = append(v.Stats.Items, s)
	}
	for _, f := range l.list {
		r := row{Name: f.Name, Link: columns.Link(f.Column), Site: f.SiteName, Unit: f.UnitName, Cycle: fmt.Sprintf("周期 %d 天", f.Cycle), Due: f.Due.String(), Last: "还没有内容", Strip: newStrip(l.strips[f.Column]), Tag: light(f, today)}
		if !f.Last.IsZero() {
			r.Last = calendar.DateOf(f.Last).String()
		}
		days := min(max(f.Left(today), 0), f.Cycle)
		r.Left, r.LeftSays = days*120/max(f.Cycle, 1), fmt.Sprintf("%d 天里剩 %d 天", f.Cycle, days)
		switch f.Light(today) {
		case columns.Red:
			r.Kind = web.Danger
		case columns.Yellow:
			r.Kind = web.Warn
		}
		r.Act = web.Link{Text: "看栏目", Href: r.Link, Note: f.Name}
		if l.writes && r.Kind != "" {
			r.Act = web.Link{Text: "选稿发布", Href: r.Link, Note: f.Name}
		}
		v.Rows = append(v.Rows, r)
	}
	return v
}

func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, today, q := r.Context(), authz.ScopeFrom(r.Context()), web.FrameOf(r).Today, r.URL.Query()
	session := authz.SessionFrom(ctx)
	l := lights{all: q.Get("all") == "1", site: registry.SiteID(q.Get("site")), writes: session.May(authz.ItemWrite)}
	f := columns.ForecastFilter{Site: l.site, Text: strings.TrimSpace(q.Get("q")), On: today, Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage}
	if !l.all {
		f.Units = unitsOf(session)
	}
	var err error
	if l.counts, err = h.columns.Lights(ctx, scope, f, today); err != nil {
		return err
	}
	f.Light = columns.Light(q.Get("light"))
	if _, ok := columns.LightNames[f.Light]; !ok {
		f.Light = ""
	}
	list, total, err := h.columns.Forecasts(ctx, scope, f)
	if err != nil {
		return err
	}
	l.list = list
	if l.strips, err = h.columns.Strips(ctx, scope, list, today); err != nil {
		return err
	}
	v := newListView(l, today)
	v.Filter.Fill(q)
	v.Filter.Total, v.Pager = total, web.PagerOf(r, total, perPage)
	return listPage.Render(w, r, v)
}

func sampleLights(words string, days ...int) lights {
	l := lights{strips: map[registry.ColumnID][columns.StripDays]int{}, counts: map[columns.Light]int{columns.Red: 1, columns.Yellow: 2, columns.Green: 3}, all: true, site: "s1", writes: true}
	for i, d := range days {
		f := sampleForecast(words, d)
		f.Column = registry.ColumnID("c" + strconv.Itoa(i))
		l.strips[f.Column] = [columns.StripDays]int{3: 1, 20: 2, 40: 4, 59: 9}
		l.list = append(l.list, f)
	}
	return l
}
