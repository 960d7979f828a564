package visitsweb

import (
	"cmp"
	"context"
	"embed"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/percent"
	"zhengshu/internal/registry"
	"zhengshu/internal/visits"
	"zhengshu/internal/web"
)

//go:embed views/*.html
var views embed.FS

// Nearest proposes where an address of a site that is not there should lead.
type Nearest func(ctx context.Context, site registry.SiteID, path string) (string, bool)

// Handler serves the screens.
type Handler struct {
	visits   *visits.Service
	registry *registry.Service
	nearest  Nearest
}

// New makes the handler.
func New(v *visits.Service, r *registry.Service, n Nearest) *Handler { return &Handler{v, r, n} }

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/visits", Permit: authz.RegistryRead, Handle: h.list},
		{Pattern: "GET /console/visits/method", Permit: authz.RegistryRead, Handle: h.method},
		{Pattern: "GET /console/sites/{id}/visits", Permit: authz.RegistryRead, Handle: h.site},
	}
}

// spans are the spans of days that can be chosen.
var spans = []web.Option{{Value: "7", Label: "最近 7 天"}, {Value: "30", Label: "最近 30 天"}, {Value: "90", Label: "最近 90 天"}, {Value: "365", Label: "最近 365 天"}}

func spanOf(q url.Values) int {
	for _, o := range spans {
		if o.Value == q.Get("days") {
			n, err := strconv.Atoi(o.Value)
			if err == nil {
				return n
			}
		}
	}
	return 30
}

func filter(action string, days int) web.Filter {
	return web.Filter{Action: action, Total: -1, Fields: []web.Field{{Kind: web.Select, Name: "days", Label: "时间", Options: spans, Value: strconv.Itoa(days)}}}
}

// listView is GET /console/visits.
type listView struct {
	Heading web.Heading
	Filter  web.Filter
	Table   web.Table
	Pager   web.Pager
}

// Title of the document.
func (listView) Title() string { return "访问统计" }

// Crumbs of the page.
func (listView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "检查", Href: "/console/inspection"}, {Name: "访问统计"}}
}

func link(site registry.SiteID) string { return "/console/sites/" + string(site) + "/visits" }

func newList(list []visits.SiteFigures, days int) listView {
	v := listView{Heading: web.Heading{Title: "访问统计", Lead: "平台承载的网站被读了多少；不用 Cookie，不留读者的地址。", Acts: []web.Act{{Text: "统计口径", Href: "/console/visits/method"}}}, Filter: filter("/console/visits", days),
		Table: web.Table{Caption: fmt.Sprintf("最近 %d 天", days), Columns: []web.Column{{Head: "网站", Wide: true}, {Head: "主办单位"}, {Head: "页面浏览量", Number: true}, {Head: "独立访客", Number: true}, {Head: "比前一段"}, {Head: "打不开的地址", Number: true}, {Head: "自动程序", Number: true}},
			Empty: web.Empty{Title: "没有平台承载的网站", Text: "网站由本平台承载并有人访问后，这里会有数字。"}}}
	for _, x := range list {
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: x.Site.Name, Href: link(x.Site.ID), Note: x.Site.Host}, web.Text(x.Site.UnitName), figure(x.Views), figure(x.Visitors), web.Text(change(x.Views, x.Before)), figure(x.NotFound), figure(x.Machines)}})
	}
	return v
}

func figure(n int64) web.Cell { return web.Cell{Text: grouped(n), Keep: true} }

// grouped writes a number with its thousands set apart.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func change(now, before int64) string {
	if before == 0 {
		return "没有可比的数字"
	}
	d := float64(now-before) / float64(before) * 100
	switch {
	case d >= 0.5:
		return "多 " + percent.Of(now-before, before).Text(0)
	case d <= -0.5:
		return "少 " + percent.Of(before-now, before).Text(0)
	}
	return "持平"
}

func sampleSite(name string) registry.Site {
	return registry.Site{ID: "01S", Name: name, Host: "yunhe.example.gov.cn", UnitName: "云河县人民政府办公室", Hosted: true}
}

var listPage = web.Define(views, "views/list.html", newList(nil, 30),
	newList([]visits.SiteFigures{{Site: sampleSite("云河县人民政府（演示）"), Day: visits.Day{Views: 1234567, Visitors: 45678, Machines: 900, NotFound: 12}, Before: 1000000}, {Site: sampleSite("云河县教育局（演示）")}}, 30),
	newList([]visits.SiteFigures{{Site: sampleSite(`<script>alert(1)</script>`), Day: visits.Day{Views: 1}, Before: 9}}, 7))

const perPage = 50

func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	days := spanOf(r.URL.Query())
	today := web.FrameOf(r).Today
	list, total, err := h.visits.Sites(r.Context(), authz.ScopeFrom(r.Context()), today.AddDays(1-days), today, perPage, (web.PageOf(r)-1)*perPage)
	if err != nil {
		return err
	}
	v := newList(list, days)
	v.Pager = web.PagerOf(r, total, perPage)
	return listPage.Render(w, r, v)
}

// siteView is GET /console/sites/{id}/visits.
type siteView struct {
	Heading   web.Heading
	Note      web.Alert
	Site      registry.Site
	Filter    web.Filter
	Stats     web.Stats
	Year      web.Summary
	Days      web.Table
	Pages     web.Table
	Referrers web.Table
	Missing   web.Table
}

// Title of the document.
func (siteView) Title() string { return "访问统计" }

// Crumbs of the page.
func (v siteView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "台账", Href: "/console/sites"}, {Name: cmp.Or(v.Site.Name, "站点"), Href: v.Site.Link()}, {Name: "访问统计"}}
}

var classNames = map[string]string{visits.Direct: "直接打开或书签", visits.Inside: "本站其他页面", visits.Engine: "搜索引擎", visits.Gov: "政府网站", visits.Social: "微信、微博等", visits.Outside: "其他网站"}

// proposal is where a missing address should lead.
type proposal struct {
	visits.Part
	To string
}

func newSite(s registry.Site, f visits.Figures, y visits.YearFigures, year, days int, missing []proposal) siteView {
	v := siteView{Heading: web.Heading{Above: s.Name, Title: "访问统计", Acts: []web.Act{{Text: "统计口径", Href: "/console/visits/method"}}}, Site: s, Filter: filter(link(s.ID), days)}
	if !s.Hosted {
		v.Note = web.Alert{Kind: web.Info, Title: "外部承载", Text: "这个站点不由本平台承载，访问量由承载方提供。"}
	}
	v.Stats = web.Stats{Label: "访问概况", Items: []web.Stat{
		{Name: "页面浏览量", Value: grouped(f.Sum.Views), Unit: "次", Note: fmt.Sprintf("最近 %d 天", days)}, {Name: "独立访客", Value: grouped(f.Sum.Visitors), Unit: "个", Note: "每日去重后相加"},
		{Name: "手机访问", Value: share(f.Sum.Phones, f.Sum.Views), Note: "占浏览量"}, {Name: "站内搜索", Value: grouped(f.Sum.Searches), Unit: "次", Note: "不记搜索词"},
		{Name: "自动程序", Value: grouped(f.Sum.Machines), Unit: "次", Note: "不计入浏览量"}}}
	if f.Sum.Failed > 0 {
		v.Stats.Items = append(v.Stats.Items, web.Stat{Name: "服务器错误", Value: grouped(f.Sum.Failed), Unit: "次", Note: "状态以 5 开头", Kind: web.Warn})
	}
	span := "还没有数字"
	if y.Days > 0 {
		span = fmt.Sprintf("%s 至 %s，共 %d 天有数字", y.First, y.Last, y.Days)
	}
	v.Year = web.Summary{Title: fmt.Sprintf("%d 年政府网站工作年度报表的两项数字", year), Terms: []web.Term{{Name: "独立用户访问总量", Text: grouped(y.Visitors) + " 个"}, {Name: "网站总访问量", Text: grouped(y.Views) + " 次"}, {Name: "统计期间", Text: span}, {Name: "口径", Text: visits.Method}, {Name: "其他各项", Text: "见年度报表数据", Href: s.Link() + "/yearly"}}}
	v.Days = web.Table{Caption: "按日", Columns: []web.Column{{Head: "日期"}, {Head: "页面浏览量", Number: true}, {Head: "独立访客", Number: true}, {Head: "请求", Number: true}, {Head: "打不开", Number: true}, {Head: "自动程序", Number: true}, {Head: "流出"}}, Empty: web.Empty{Title: "这段时间没有访问记录", Text: "门户每分钟交来一次数字。"}}
	for _, d := range f.Days {
		v.Days.Rows = append(v.Days.Rows, web.Row{Cells: []web.Cell{web.Day(d.On), figure(d.Views), figure(d.Visitors), figure(d.Requests), figure(d.NotFound), figure(d.Machines), web.Text(volume(d.Bytes))}})
	}
	v.Pages = web.Table{Caption: "读得最多的页面", Columns: []web.Column{{Head: "地址", Wide: true}, {Head: "浏览量", Number: true}}, Empty: web.Empty{Title: "没有页面被读过"}}
	for _, p := range f.Pages {
		v.Pages.Rows = append(v.Pages.Rows, web.Row{Cells: []web.Cell{web.Text(p.Name), figure(p.Hits)}})
	}
	v.Referrers = web.Table{Caption: "读者从哪里来", Columns: []web.Column{{Head: "来处", Wide: true}, {Head: "浏览量", Number: true}, {Head: "占比", Number: true}}, Empty: web.Empty{Title: "没有来处的记录"}}
	for _, p := range f.Referrers {
		v.Referrers.Rows = append(v.Referrers.Rows, web.Row{Cells: []web.Cell{web.Text(cmp.Or(classNames[p.Name], p.Name)), figure(p.Hits), web.Text(share(p.Hits, f.Sum.Views))}})
	}
	v.Missing = web.Table{Caption: "读者要找而没有的地址", Columns: []web.Column{{Head: "地址", Wide: true}, {Head: "次数", Number: true}, {Head: "最后一次"}, {Head: "建议转到", Wide: true}}, Empty: web.Empty{Title: "没有打不开的地址", Text: "读者打开的都有内容。"}}
	for _, p := range missing {
		at := "/console/sites/" + string(s.ID) + "/redirects?" + url.Values{"from": {p.Name}, "to": {p.To}}.Encode()
		to := web.Cell{Text: cmp.Or(p.To, "没有相近的页面"), Links: []web.Link{{Text: "登记跳转", Href: at, Note: p.Name}}}
		v.Missing.Rows = append(v.Missing.Rows, web.Row{Cells: []web.Cell{web.Text(p.Name), figure(p.Hits), web.Day(p.Last), to}})
	}
	return v
}

func share(n, of int64) string {
	if of == 0 {
		return "0%"
	}
	return percent.Of(n, of).Text(1)
}

func volume(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%d KB", (n+1023)/1024)
}

var sampleDay = calendar.Date{Year: 2026, Month: 11, Day: 23}

var sitePage = web.Define(views, "views/site.html", newSite(sampleSite("云河县人民政府（演示）"), visits.Figures{}, visits.YearFigures{}, 2026, 30, nil),
	newSite(sampleSite("云河县人民政府（演示）"), visits.Figures{Sum: visits.Day{Views: 1200, Visitors: 300, Phones: 700}, Days: []visits.Day{{On: sampleDay, Views: 700, Visitors: 200, Bytes: 5 << 20}, {On: sampleDay.AddDays(-1), Views: 500, Visitors: 100, Bytes: 900}},
		Pages: []visits.Part{{Name: "/", Hits: 500}}, Referrers: []visits.Part{{Name: visits.Engine, Hits: 300}}}, visits.YearFigures{Views: 1200, Visitors: 300, Days: 2, First: sampleDay.AddDays(-1), Last: sampleDay}, 2026, 30, []proposal{{visits.Part{Name: "/old.htm", Hits: 4, Last: sampleDay}, "/news/"}, {visits.Part{Name: "/x", Hits: 1, Last: sampleDay}, ""}}),
	newSite(registry.Site{ID: `"><b>`, Name: `<script>`}, visits.Figures{Pages: []visits.Part{{Name: `/"><script>alert(1)</script>`, Hits: 1}}, Referrers: []visits.Part{{Name: "<b>", Hits: 1}}}, visits.YearFigures{}, 2026, 7, []proposal{{visits.Part{Name: "/<img src=x>"}, `"><script>`}}))

func (h *Handler) site(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, id := r.Context(), authz.ScopeFrom(r.Context()), registry.SiteID(r.PathValue("id"))
	s, err := h.registry.Site(ctx, scope, id)
	if err != nil {
		return err
	}
	days, today := spanOf(r.URL.Query()), web.FrameOf(r).Today
	f, err := h.visits.Figures(ctx, scope, id, today.AddDays(1-days), today)
	if err != nil {
		return err
	}
	y, err := h.visits.Year(ctx, scope, id, today.Year)
	if err != nil {
		return err
	}
	var missing []proposal
	for _, p := range f.Missing {
		x := proposal{Part: p}
		if h.nearest != nil {
			if to, ok := h.nearest(ctx, id, p.Name); ok {
				x.To = to
			}
		}
		missing = append(missing, x)
	}
	return sitePage.Render(w, r, newSite(s, f, y, today.Year, days, missing))
}

// methodView is GET /console/visits/method.
type methodView struct {
	Heading web.Heading
	Method  string
}

// Title of the document.
func (methodView) Title() string { return "访问统计的口径" }

// Crumbs of the page.
func (methodView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "访问统计", Href: "/console/visits"}, {Name: "统计口径"}}
}

func newMethod() methodView {
	return methodView{Heading: web.Heading{Title: "访问统计的口径", Lead: "年度报表里“独立用户访问总量”“网站总访问量”两项按这里的口径产生。"}, Method: visits.Method}
}

var methodPage = web.Define(views, "views/method.html", newMethod())

func (h *Handler) method(w http.ResponseWriter, r *http.Request) error {
	return methodPage.Render(w, r, newMethod())
}
