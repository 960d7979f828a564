package inspectionweb

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/inspection"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

// boardView is GET /console/inspection.
type boardView struct {
	Heading web.Heading
	Alert   web.Alert
	Stats   web.Stats
	Filter  web.Filter
	Table   web.Table
	Pager   web.Pager
}

// Title of the document.
func (boardView) Title() string { return "网站检查" }

// Crumbs of the page.
func (boardView) Crumbs() []web.Crumb { return crumbs(web.Crumb{Name: "网站检查"}) }

// line is one site of the board.
type line struct {
	site  registry.Site
	run   inspection.Run
	ran   bool
	tally inspection.Tally
	week  inspection.Week
	// untold: it was probed last with others of which none answered, and not counted.
	untold bool
}

// down reports a monitored site whose last probe failed.
func (l line) down() bool {
	return l.site.Monitored && !l.week.LastAt.IsZero() && !l.week.LastOK && l.week.Refusal.Since.IsZero()
}

func (l line) share() int {
	if l.week.Probes == 0 {
		return 0
	}
	return l.week.Failures * 10000 / l.week.Probes
}

// available writes how often the site opened: 99.86%.
func available(a inspection.Availability) string {
	k, ok := a.Rate()
	if !ok {
		return "数据不足"
	}
	return k.Text(2)
}

// emptyBoard is said where no site is listed: none was found, or there is none.
func emptyBoard(sites int, sought bool) web.Empty {
	if sites == 0 && !sought {
		return web.Empty{Title: "台账中还没有网站", Text: "先在台账登记网站，再在网站的页面上点“开启监测”，平台才会检查它。", Act: web.Act{Text: "网站台账", Href: "/console/sites"}}
	}
	return web.Empty{Title: "没有符合条件的站点", Text: "请换一个条件。"}
}

// boardLead says who looks at the sites; wayless: this system has no way to the Internet.
func boardLead(wayless bool) string {
	if wayless {
		return "平台不能访问互联网：由本平台提供访问的站点，开启监测的每5分钟访问一次、每天全面检查一次；其他站点由监测点探测能否访问，由外网巡检机检查。"
	}
	return "开启监测的站点每5分钟访问一次、每天全面检查一次；没有开启监测的站点，平台不会访问。"
}

func newBoard(lines []line, total boardTotals, near int) boardView {
	v := boardView{
		Heading: web.Heading{Title: "网站检查", Lead: boardLead(false), Acts: []web.Act{{Text: "全部问题", Href: listPath + "?state=standing"}}},
		Stats: web.Stats{Label: "总体情况", Items: []web.Stat{
			{Name: "开启监测", Value: strconv.Itoa(total.monitored), Unit: "个", Note: fmt.Sprintf("共 %d 个站点", total.sites), Href: boardPath + "?monitored=on"},
			{Name: "当前打不开", Value: strconv.Itoa(total.down), Unit: "个", Note: "最近一次访问失败", Href: boardPath + "?show=down", Kind: toneIf(total.down > 0, web.Danger)},
			{Name: "严重问题", Value: strconv.Itoa(total.serious), Unit: "个", Note: "待整改", Href: listPath + "?state=standing&severity=serious", Kind: toneIf(total.serious > 0, web.Danger)},
			{Name: "一般问题", Value: strconv.Itoa(total.errors), Unit: "个", Note: "待整改", Href: listPath + "?state=standing&severity=error", Kind: toneIf(total.errors > 0, web.Warn)},
		}},
		Filter: web.Filter{Action: boardPath, Fields: []web.Field{
			{Kind: web.SearchBox, Name: "q", Label: "站点、域名或单位"},
			{Kind: web.Select, Name: "kind", Label: "类型", Options: orAll([]web.Option{{Value: "portal", Label: "政府门户网站"}, {Value: "department", Label: "部门网站"}})},
			{Kind: web.Select, Name: "monitored", Label: "监测", Options: orAll([]web.Option{{Value: "on", Label: "已开启"}, {Value: "off", Label: "未开启"}})},
			{Kind: web.Select, Name: "show", Label: "情况", Options: orAll([]web.Option{{Value: "down", Label: "当前打不开"}, {Value: "near", Label: fmt.Sprintf("七日失败达到%d%%（比例未核实）", near)}, {Value: "serious", Label: "有严重问题"}, {Value: "standing", Label: "有待整改问题"}, {Value: "never", Label: "从未检查"}})},
		}},
		Table: web.Table{Caption: "站点检查情况", Quiet: true, Columns: []web.Column{{Head: "站点", Wide: true}, {Head: "主办单位"}, {Head: "监测"}, {Head: "七日可用率", Number: true}, {Head: "严重", Number: true}, {Head: "一般", Number: true}, {Head: "提示", Number: true}, {Head: "最近检查"}},
			Empty: emptyBoard(total.sites, true)},
	}
	for _, l := range lines {
		row := web.Row{Cells: []web.Cell{
			{Text: l.site.Name, Href: start(string(l.site.ID)), Note: l.site.Host}, web.Text(l.site.UnitName), web.Tagged(monitorTag(l)), weekCell(l.week),
			countCell(l, "serious", l.tally.Serious), countCell(l, "error", l.tally.Error), countCell(l, "advice", l.tally.Advice), lastRun(l),
		}}
		switch {
		case l.down() || l.tally.Serious > 0:
			row.Kind = web.Danger
		case l.share() >= near*100:
			row.Kind = web.Warn
		}
		v.Table.Rows = append(v.Table.Rows, row)
	}
	return v
}

func toneIf(on bool, t web.Tone) web.Tone {
	if on {
		return t
	}
	return web.Good
}

func monitorTag(l line) web.Tag {
	switch {
	case l.site.State == registry.TemporarilyOffline:
		return web.Tag{Kind: web.Info, Text: "临时下线"}
	case !l.site.Monitored:
		return web.Tag{Text: "未开启"}
	case !l.week.Refusal.Since.IsZero():
		return web.Tag{Kind: web.Warn, Text: "拒绝检测"}
	case l.untold:
		return web.Tag{Kind: web.Warn, Text: "连不上，未计入"}
	case l.week.LastAt.IsZero():
		return web.Tag{Kind: web.Info, Text: "等待首次访问"}
	case !l.week.LastOK:
		return web.Tag{Kind: web.Danger, Text: "打不开"}
	}
	return web.Tag{Kind: web.Good, Text: "正常"}
}

func weekCell(w inspection.Week) web.Cell {
	if w.Probes == 0 {
		return web.Text("—")
	}
	return web.Cell{Text: available(w.Whole), Note: fmt.Sprintf("失败 %d/%d 次", w.Failures, w.Probes)}
}

func countCell(l line, severity string, n int) web.Cell {
	if n == 0 && (!l.ran || blank(l.run)) {
		return web.Text("—") // nobody looked
	}
	if n == 0 {
		return web.Text("0")
	}
	return web.Linked(strconv.Itoa(n), listPath+"?state=standing&severity="+severity+"&site="+string(l.site.ID))
}

func lastRun(l line) web.Cell {
	if !l.ran {
		return web.Text("从未检查")
	}
	c := web.Cell{Text: web.Minute(l.run.AskedAt), Href: l.run.Link()}
	if l.run.State != inspection.RunDone || blank(l.run) {
		c.Note = runTag(l.run).Text
	}
	return c
}

type boardTotals struct{ sites, monitored, down, serious, errors int }

var sampleSite = registry.Site{ID: "01JS", Name: "雁塔区人民政府网站", Host: "www.yanta.gov.cn", UnitName: "雁塔区人民政府办公室", Monitored: true, State: registry.Running}

var boardPage = web.Define(views, "views/board.html",
	newBoard(nil, boardTotals{}, 3),
	newBoard([]line{
		{site: sampleSite, ran: true, run: inspection.Run{ID: "R", AskedAt: time.Date(2026, 3, 20, 2, 0, 0, 0, time.UTC), State: inspection.RunDone}, tally: inspection.Tally{Serious: 1, Error: 12, Advice: 3}, week: inspection.Week{Probes: 2016, Failures: 3, Whole: inspection.Availability{Probes: 2016, Failures: 3, Sufficient: true}, LastAt: time.Date(2026, 3, 20, 2, 0, 0, 0, time.UTC), LastOK: true}},
		{site: sampleSite, week: inspection.Week{Probes: 100, Failures: 4, LastAt: time.Now()}}, {site: registry.Site{ID: "2", Name: "未开启的站点", Host: "x.gov.cn", State: registry.Running}},
	}, boardTotals{3, 2, 1, 1, 12}, 3),
	newBoard([]line{{site: registry.Site{ID: `"><script>`, Name: `<script>alert(1)</script>`, Host: `"x`, UnitName: "<b>"}}}, boardTotals{}, 3),
)

func (h *Handler) board(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, q := r.Context(), authz.ScopeFrom(r.Context()), r.URL.Query()
	sites, _, err := h.registry.Sites(ctx, scope, registry.SiteFilter{Text: q.Get("q"), Kind: registry.SiteKind(q.Get("kind")), Monitored: q.Get("monitored") == "on", Limit: 100_000})
	if err != nil {
		return err
	}
	runs, err := h.inspection.LastRuns(ctx, scope)
	if err != nil {
		return err
	}
	tallies, err := h.inspection.Tallies(ctx, h.db, scope)
	if err != nil {
		return err
	}
	weeks, err := h.inspection.Weeks(ctx, scope)
	if err != nil {
		return err
	}
	gap, err := h.inspection.Gap(ctx, scope)
	if err != nil {
		return err
	}
	near := h.inspection.NearVeto()
	var total boardTotals
	var lines []line
	for _, site := range sites {
		if site.State == registry.Exited || site.State == registry.Closed {
			continue
		}
		l := line{site: site, tally: tallies[site.ID], week: weeks[site.ID], untold: slices.Contains(gap.Sites, site.ID)}
		l.run, l.ran = runs[site.ID]
		total.sites++
		total.serious += l.tally.Serious
		total.errors += l.tally.Error
		if site.Monitored {
			total.monitored++
		}
		if l.down() {
			total.down++
		}
		if shown(l, q.Get("show"), q.Get("monitored"), near) {
			lines = append(lines, l)
		}
	}
	// What needs a person first.
	slices.SortStableFunc(lines, func(a, b line) int {
		return cmp.Or(cmp.Compare(truth(b.down()), truth(a.down())), cmp.Compare(b.tally.Serious, a.tally.Serious), cmp.Compare(b.share()/100, a.share()/100), cmp.Compare(b.tally.Error, a.tally.Error))
	})
	pager := web.PagerOf(r, len(lines), perPage)
	v := newBoard(lines[pager.Offset():min(len(lines), pager.Offset()+perPage)], total, near)
	v.Table.Empty = emptyBoard(total.sites, q.Get("q") != "" || q.Get("kind") != "")
	v.Heading.Lead, v.Alert = boardLead(h.inspection.Wayless()), gapAlert(gap)
	v.Filter.Fill(q)
	v.Filter.Total, v.Pager = len(lines), pager
	return boardPage.Render(w, r, v)
}

// gapAlert says that this system cannot tell which sites open; no title: it can.
func gapAlert(g inspection.Gap) web.Alert {
	if g.Title == "" {
		return web.Alert{}
	}
	return web.Alert{Kind: web.Warn, Title: g.Title, Text: g.Says, Links: []web.Link{{Text: "查看监测点", Href: "/console/vantages"}}}
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

func shown(l line, show, monitored string, near int) bool {
	if monitored == "off" && l.site.Monitored {
		return false
	}
	switch show {
	case "down":
		return l.down()
	case "near":
		return l.share() >= near*100
	case "serious":
		return l.tally.Serious > 0
	case "standing":
		return l.tally.Standing() > 0
	case "never":
		return !l.ran
	}
	return true
}
