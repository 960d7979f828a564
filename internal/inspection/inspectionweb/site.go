package inspectionweb

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

// bar is one day of availability, drawn.
type bar struct {
	X, Y, Height int
	Fill         string
	Says         string // 2026-03-20：访问288次，失败1次
}

// Measures of the drawing, in its own units.
const (
	barStep, barHeight = 10, 60
	pastDays           = 90
)

// bars draws the days: full height where the site opened, shorter the more it
// failed, a stub where nothing is known. Colour only repeats the height.
func bars(days []inspection.Day) []bar {
	out := make([]bar, 0, len(days))
	for i, d := range days {
		b := bar{X: i * barStep, Height: barHeight, Fill: "#2e7d4f", Says: fmt.Sprintf("%s：访问%d次，失败%d次", d.On, d.Probes, d.Failures)}
		switch {
		case d.Excused:
			b.Height, b.Fill, b.Says = barHeight/2, "#5b7fb8", d.On.String()+"：在"+d.Window+"内，不计"
		case d.Probes == 0:
			b.Height, b.Fill, b.Says = 4, "#9aa4b2", d.On.String()+"：没有数据"
		case d.Failures > 0:
			// The axis is stretched: five per cent already vetoes, so a day at
			// twenty is drawn as lost.
			b.Height = max(8, barHeight-barHeight*d.Failures*5/d.Probes)
			b.Fill = "#b7791f"
			if d.Failures*20 >= d.Probes {
				b.Fill = "#b3261e"
			}
		}
		if d.Left > 0 {
			b.Says += fmt.Sprintf("；%s时段的%d次不计", d.Window, d.Left)
		}
		b.Y = barHeight - b.Height
		out = append(out, b)
	}
	return out
}

// siteView is GET /console/inspection/sites/{id}.
type siteView struct {
	Heading web.Heading
	Refused web.ErrorSummary
	Alert   web.Alert
	Line    web.Alert // of this system's own line; no title: it answers
	Name    string
	Action  string // posts the wish for a run
	MayRun  bool
	Stats   web.Stats
	Who     web.Summary // who answers, and when the next look comes
	Bars    []bar
	BarsSay string
	Days    web.Table
	Runs    web.Table
}

// Title of the document.
func (v siteView) Title() string { return v.Name + "的检查情况" }

// Crumbs of the page.
func (v siteView) Crumbs() []web.Crumb {
	return crumbs(web.Crumb{Name: "网站检查", Href: boardPath}, web.Crumb{Name: v.Name})
}

func newSite(s registry.Site, days []inspection.Day, rate inspection.Availability, tally inspection.Tally, runs []inspection.Run, mayRun bool, near int) siteView {
	path := start(string(s.ID))
	v := siteView{Name: s.Name, Action: path + "/run", MayRun: mayRun,
		Heading: web.Heading{Title: s.Name, Above: s.Host, Lead: s.UnitName, Tags: []web.Tag{monitorTag(line{site: s, week: inspection.Week{LastAt: rate.LastAt, LastOK: rate.LastOK, Refusal: rate.Refusal}})},
			Acts: []web.Act{{Text: "站点台账", Href: s.Link()}, {Text: "待整改问题", Href: listPath + "?state=standing&site=" + string(s.ID)}}},
		Runs: web.Table{Caption: "检查记录", Columns: []web.Column{{Head: "时间"}, {Head: "方式"}, {Head: "状态"}, {Head: "页面", Number: true}, {Head: "问题", Number: true}, {Head: "新发现", Number: true}, {Head: "已消除", Number: true}},
			Empty: web.Empty{Title: "还没有检查过", Text: "开启监测后每天自动检查一次，也可以立即发起。"}},
		Days: web.Table{Caption: "最近7天每天访问情况", Compact: true, Columns: []web.Column{{Head: "日期"}, {Head: "访问", Number: true}, {Head: "失败", Number: true}, {Head: "平均用时", Number: true}}},
	}
	if !s.Hosted { // what is published here is compared with what was published
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "页面基线", Href: baselinesPath(s.ID)})
	}
	if !s.Monitored {
		v.Alert = web.Alert{Kind: web.Warn, Title: "没有开启监测", Text: "平台不会访问这个站点，也不能发起检查。请先在站点台账中开启监测。", Links: []web.Link{{Text: "前往站点台账", Href: s.Link()}}}
	}
	if r := rate.Refusal; s.Monitored && !r.Since.IsZero() {
		v.Alert = web.Alert{Kind: web.Warn, Title: "网站拒绝平台的检测访问", Text: fmt.Sprintf("自%s起，每次访问都返回状态码 %d，能否打开未能检测，不计入可用率。请通知主办单位将平台的检测地址加入网站防护的白名单；放行以前请人工打开查看。", web.Minute(r.Since), r.Status)}
	}
	rateNote := "须连续7天、每天不少于20次"
	if rate.Sufficient {
		rateNote = fmt.Sprintf("失败 %d/%d 次；达到5%%单项否决", rate.Failures, rate.Probes)
	}
	v.Stats = web.Stats{Label: "概况", Items: []web.Stat{
		{Name: "近7个整日可用率", Value: available(rate), Note: rateNote, Kind: rateTone(rate, near)},
		{Name: "严重问题", Value: strconv.Itoa(tally.Serious), Unit: "个", Note: "待整改", Href: listPath + "?state=standing&severity=serious&site=" + string(s.ID), Kind: toneIf(tally.Serious > 0, web.Danger)},
		{Name: "一般问题", Value: strconv.Itoa(tally.Error), Unit: "个", Note: "待整改", Href: listPath + "?state=standing&severity=error&site=" + string(s.ID), Kind: toneIf(tally.Error > 0, web.Warn)},
	}}
	if i := slices.IndexFunc(runs, turned); i >= 0 {
		t := runs[i].Turn
		v.Stats.Items = append(v.Stats.Items, web.Stat{Name: "轮查", Value: strconv.Itoa(t.Read), Unit: "页", Note: turnText(t), Href: runs[i].Link()})
	}
	probes, failures, bad := 0, 0, 0
	for _, d := range days {
		if d.Excused {
			continue
		}
		probes += d.Probes
		failures += d.Failures
		if d.Probes > 0 && d.Failures*20 >= d.Probes {
			bad++
		}
	}
	v.Bars = bars(days)
	v.BarsSay = fmt.Sprintf("近%d天访问%d次，失败%d次，失败达到5%%的有%d天。", len(days), probes, failures, bad)
	for i := len(days) - 1; i >= max(0, len(days)-7); i-- {
		d := days[i]
		row := web.Row{Cells: []web.Cell{web.Day(d.On), web.Figure(d.Probes), web.Figure(d.Failures), web.Text("—")}}
		if d.Took > 0 {
			row.Cells[3] = web.Text(fmt.Sprintf("%d 毫秒", d.Took.Milliseconds()))
		}
		if d.Excused {
			row.Cells[0].Note = "在" + d.Window + "内，不计"
		} else if d.Left > 0 {
			row.Cells[0].Note = fmt.Sprintf("%s时段的%d次不计", d.Window, d.Left)
		}
		v.Days.Rows = append(v.Days.Rows, row)
	}
	for _, r := range runs {
		v.Runs.Rows = append(v.Runs.Rows, web.Row{Cells: []web.Cell{{Text: web.Minute(r.AskedAt), Href: r.Link()}, {Text: r.KindName(), Note: r.AskedBy}, web.Tagged(runTag(r)), web.Figure(r.Pages), web.Figure(r.Found), web.Figure(r.Fresh), web.Figure(r.Closed)}})
	}
	return v
}

// callText is the person to call, with post and telephone.
func callText(a org.Answerer) web.Term {
	t := web.Term{Name: "负责的人", Text: a.Name, Note: a.Reached()}
	if a.Name == "" {
		t.Text, t.Note = "没有登记", "由主办单位在单位页面登记专岗"
	}
	return t
}

// comes tells who answers for the site and when it is looked at next; ok is false
// where it is being looked at now or is not looked at at all.
func (v *siteView) comes(who org.Answerer, runs []inspection.Run, monitored bool, next time.Time, ok bool, now time.Time) {
	v.Who = web.Summary{Title: "负责的人和下次检查", Wide: true, Terms: []web.Term{callText(who)}}
	t := web.Term{Name: "下次全面检查", Text: "没有开启监测，不检查"}
	switch {
	case ok && !next.After(now):
		t.Text = "已到时间，15 分钟内开始"
	case ok:
		t.Text = "约 " + web.Minute(next)
	case len(runs) > 0 && runs[0].UnderWay():
		t.Text, t.Href = "正在检查", runs[0].Link()
	case monitored:
		t.Text = "网站不在运行，不检查"
	}
	v.Who.Terms = append(v.Who.Terms, t)
	if i := slices.IndexFunc(runs, func(r inspection.Run) bool { return r.State == inspection.RunDone }); i >= 0 {
		left := web.Term{Name: "没有检测的内容", Text: "没有遗漏", Href: runs[i].Link(), Note: "见" + web.Minute(runs[i].AskedAt) + "的检查记录"}
		if n := len(newRun(runs[i], nil, 0, 0).Untested.Rows); n > 0 {
			left.Text = fmt.Sprintf("%d 项，逐项写明原因", n)
		}
		v.Who.Terms = append(v.Who.Terms, left)
	}
}

func rateTone(a inspection.Availability, near int) web.Tone {
	switch {
	case a.Probes == 0:
		return web.Neutral
	case a.Share() >= 500:
		return web.Danger
	case a.Share() >= near*100:
		return web.Warn
	}
	return web.Good
}

// blank reports a look that got no page: it says nothing of the site.
func blank(r inspection.Run) bool { return r.State == inspection.RunDone && r.Pages == 0 }

func runTag(r inspection.Run) web.Tag {
	if blank(r) {
		return web.Tag{Kind: web.Warn, Text: "没有看到网页"}
	}
	switch r.State {
	case inspection.RunDone:
		return web.Tag{Kind: web.Good, Text: r.StateName()}
	case inspection.RunFailed:
		return web.Tag{Kind: web.Danger, Text: r.StateName()}
	}
	return web.Tag{Kind: web.Info, Text: r.StateName()}
}

func sampleDays() []inspection.Day {
	out := make([]inspection.Day, pastDays)
	d := calendar.Date{Year: 2026, Month: 1, Day: 1}
	for i := range out {
		out[i] = inspection.Day{On: d.AddDays(i), Probes: 288, Took: 320 * time.Millisecond}
	}
	out[3], out[40].Failures, out[70].Failures, out[80].Excused, out[80].Window = inspection.Day{On: d.AddDays(3)}, 3, 60, true, "批准的临时下线（2026-03-01 08:00 至 2026-03-02 08:00）"
	return out
}

var sampleRun = inspection.Run{ID: "01JR", Site: "01JS", SiteName: "雁塔区人民政府网站", Host: "www.yanta.gov.cn", UnitName: "雁塔区人民政府办公室", Kind: inspection.Manual, State: inspection.RunDone, AskedBy: "张三",
	AskedAt: time.Date(2026, 3, 20, 2, 0, 0, 0, time.UTC), Started: time.Date(2026, 3, 20, 2, 0, 1, 0, time.UTC), Finished: time.Date(2026, 3, 20, 2, 3, 0, 0, time.UTC), Pages: 200, Links: 812, Found: 9, Fresh: 2, Closed: 1,
	Untested: []engine.Untested{{Check: "crawl.page_budget", Why: "达到本次巡检的页面数量上限，其余页面未检测。", Where: "http://www.yanta.gov.cn/x/", Count: 311}}}

var refusing = inspection.Availability{Refusal: inspection.Refusal{Since: time.Date(2026, 3, 20, 2, 0, 0, 0, time.UTC), Last: time.Date(2026, 3, 22, 2, 0, 0, 0, time.UTC), Status: 403}}

var siteView1 = newSite(sampleSite, sampleDays(), inspection.Availability{Probes: 2016, Failures: 3, Sufficient: true, LastAt: time.Now(), LastOK: true}, inspection.Tally{Serious: 1, Error: 4}, []inspection.Run{sampleRun, {ID: "t", State: inspection.RunDone, Kind: inspection.Patrol, AskedAt: sampleRun.AskedAt, Pages: 200, Turn: &engine.Turn{Known: 2416, Read: 1980, Days: 30}}}, true, 3)

// sampleComes is a site with somebody to call and a look to come.
func sampleComes(who org.Answerer) siteView {
	v := siteView1
	at := time.Date(2026, 3, 21, 2, 0, 0, 0, time.UTC)
	v.comes(who, []inspection.Run{sampleRun}, true, at, true, at.Add(-time.Hour))
	return v
}

var siteHostile = newSite(registry.Site{ID: "x", Name: "<script>", Host: `"><b>`, UnitName: "<i>"}, nil, inspection.Availability{}, inspection.Tally{}, nil, false, 3)

var sitePage = web.Define(views, "views/site.html", newSite(registry.Site{ID: "x", Name: "新站点", Host: "n.gov.cn"}, nil, inspection.Availability{}, inspection.Tally{}, nil, true, 3), siteView1, newSite(sampleSite, nil, refusing, inspection.Tally{}, nil, true, 3), siteHostile, sampleComes(org.Answerer{Name: "张三", Phone: "029-86000000", Post: org.Liaison}), sampleComes(org.Answerer{Name: "<b>", Phone: `"><script>`}))

func (h *Handler) showSite(w http.ResponseWriter, r *http.Request, refused error) error {
	ctx, scope, id := r.Context(), authz.ScopeFrom(r.Context()), registry.SiteID(r.PathValue("id"))
	site, err := h.registry.Site(ctx, scope, id)
	if err != nil {
		return err
	}
	days, err := h.inspection.Past(ctx, scope, id, pastDays)
	if err != nil {
		return err
	}
	weeks, err := h.inspection.Weeks(ctx, scope)
	if err != nil {
		return err
	}
	rate := weeks[id].Whole
	rate.LastAt, rate.LastOK, rate.Refusal = weeks[id].LastAt, weeks[id].LastOK, weeks[id].Refusal
	tallies, err := h.inspection.Tallies(ctx, h.db, scope)
	if err != nil {
		return err
	}
	runs, err := h.inspection.Runs(ctx, scope, id, 20)
	if err != nil {
		return err
	}
	v := newSite(site, days, rate, tallies[id], runs, may(r, authz.InspectionRun) && site.Monitored, h.inspection.NearVeto())
	if site.Monitored {
		gap, err := h.inspection.Gap(ctx, scope)
		if err != nil {
			return err
		}
		if gap.About(site) {
			v.Line = gapAlert(gap)
		}
		if slices.Contains(gap.Sites, id) {
			v.Heading.Tags = []web.Tag{monitorTag(line{site: site, week: weeks[id], untold: true})}
		}
	}
	next, ok, err := h.inspection.NextPatrol(ctx, scope, id)
	if err != nil {
		return err
	}
	who, err := h.org.Answerers(ctx, h.db, scope, []org.UnitID{site.Unit}, []string{string(id)})
	if err != nil {
		return err
	}
	v.comes(who.For(site.Unit, string(id)), runs, site.Monitored, next, ok, h.db.Now())
	if refused != nil {
		f := fault.Of(refused)
		v.Refused = web.ErrorSummary{Title: "没有发起检查", Says: f.Says, Breaches: web.BreachesOf(f)}
		return sitePage.RenderStatus(w, r, http.StatusUnprocessableEntity, v)
	}
	return sitePage.Render(w, r, v)
}

func (h *Handler) site(w http.ResponseWriter, r *http.Request) error { return h.showSite(w, r, nil) }

func (h *Handler) start(w http.ResponseWriter, r *http.Request) error {
	run, err := h.inspection.Start(r.Context(), authz.ScopeFrom(r.Context()), registry.SiteID(r.PathValue("id")))
	if askable(err) {
		return h.showSite(w, r, err)
	}
	if err != nil {
		return err
	}
	if run.Spec.Remote {
		return web.Done(w, r, run.Link(), inspection.HandedOut+"。")
	}
	return web.Done(w, r, run.Link(), "已发起检查，通常几分钟内完成，本页显示进度。")
}

// runView is GET /console/inspection/runs/{id}.
type runView struct {
	Heading  web.Heading
	Alert    web.Alert
	UnderWay bool
	Progress web.Progress
	Every    string // how long it takes
	Refresh  web.Act
	Facts    web.Summary
	Findings web.Table
	Untested web.Table
}

// Title of the document.
func (v runView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v runView) Crumbs() []web.Crumb {
	return crumbs(web.Crumb{Name: "网站检查", Href: boardPath}, web.Crumb{Name: v.Heading.Title})
}

// censusText says how much of the release a run looked at, and why not at the rest.
func censusText(c *engine.Census) string {
	text := fmt.Sprintf("发布清单 %d 页，已查 %d 页", c.Listed, c.Seen)
	if c.Missed() == 0 {
		return text
	}
	var whys []string
	for _, l := range c.Left {
		whys = append(whys, fmt.Sprintf("%s：%d 页", strings.TrimSuffix(l.Why, "。"), l.Count))
	}
	return text + fmt.Sprintf("，未查 %d 页（%s）", c.Missed(), strings.Join(whys, "；"))
}

// turned reports a run that tells how much of what is known of its site was read.
func turned(r inspection.Run) bool {
	return r.State == inspection.RunDone && r.Turn != nil && r.Census == nil
}

// turnText says how much of what is known of a site was read of late.
func turnText(t *engine.Turn) string {
	more := ""
	if t.More {
		more = "以上（网址过多，未全部记录）"
	}
	return fmt.Sprintf("已知 %d 页%s，最近 %d 天内查过 %d 页", t.Known, more, t.Days, t.Read)
}

func newRun(r inspection.Run, found []inspection.Finding, total, maxPages int) runView {
	every := "200 个页面通常需要几分钟"
	if r.Census != nil && r.Census.Whole {
		maxPages = max(r.Census.Listed, 1)
		every = fmt.Sprintf("普查发布清单的 %d 页，页数多的需要一两个小时", r.Census.Listed)
	}
	v := runView{UnderWay: r.UnderWay(), Every: every,
		Heading:  web.Heading{Title: r.SiteName + "检查结果", Above: r.Host, Lead: r.UnitName, Tags: []web.Tag{runTag(r)}, Acts: []web.Act{{Text: "站点检查情况", Href: start(string(r.Site))}}},
		Progress: web.Progress{Label: "已检查页面", Value: min(r.Pages, maxPages), Max: maxPages, Text: fmt.Sprintf("%d 页", r.Pages)},
		Refresh:  web.Act{Text: "刷新进度", Href: r.Link()},
		Facts: web.Summary{Title: "本次检查", Wide: true, Terms: []web.Term{
			{Name: "方式", Text: r.KindName(), Note: r.AskedBy}, {Name: "起始网址", Text: r.URL}, {Name: "发起", Text: web.Minute(r.AskedAt)}, {Name: "完成", Text: dash(web.Minute(r.Finished)), Note: lasted(r)},
			{Name: "检查页面", Text: fmt.Sprintf("%d 个", r.Pages)}, {Name: "检查链接", Text: fmt.Sprintf("%d 个", r.Links)},
			{Name: "问题", Text: fmt.Sprintf("%d 个", r.Found), Note: fmt.Sprintf("新发现 %d 个", r.Fresh)}, {Name: "已消除", Text: fmt.Sprintf("%d 个", r.Closed)},
		}},
		Findings: findingTable("本次看到的问题", found, false),
		Untested: web.Table{Caption: "没有检测的内容", Compact: true, Columns: []web.Column{{Head: "原因", Wide: true}, {Head: "数量", Number: true}, {Head: "例如"}}, Empty: web.Empty{Title: "没有遗漏", Text: "站点的页面和链接都检测到了。"}},
	}
	if rules, lists := r.Editions(); rules != "" {
		t := web.Term{Name: "规则版本", Text: rules}
		if lists != "" {
			t.Note = "词库版本 " + lists
		}
		v.Facts.Terms = append(v.Facts.Terms, t)
	}
	if turned(r) {
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "轮查", Text: turnText(r.Turn), Note: "首页、栏目和新内容每次都查，其余网页按多久没查依次轮到"})
	}
	if r.State == inspection.RunDone && r.Census != nil {
		name := "抽查"
		if r.Census.Whole {
			name = "普查"
		}
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: name, Text: censusText(r.Census)})
		for _, l := range r.Census.Left {
			v.Untested.Rows = append(v.Untested.Rows, web.Row{Cells: []web.Cell{{Text: l.Why, Note: "发布清单中的网页"}, web.Figure(l.Count), web.Text(l.Where)}})
		}
	}
	if total > len(found) {
		v.Findings.Caption = fmt.Sprintf("本次看到的问题（显示前 %d 个，共 %d 个）", len(found), total)
	}
	v.Findings.Empty = web.Empty{Title: "没有看到问题"}
	if blank(r) {
		v.Findings.Empty = web.Empty{Title: "没有看到网页", Text: "不能判断有没有问题，原因见下面“没有检测的内容”。"}
	}
	if r.State != inspection.RunDone { // nothing found yet is not nothing wrong
		v.Findings.Empty = web.Empty{Title: "检查没有完成", Text: "没有检查结果，不表示没有问题。"}
	}
	if v.UnderWay {
		v.Findings.Empty = web.Empty{Title: "正在检查", Text: "检查完成后在这里列出看到的问题。"}
		for i, t := range v.Facts.Terms {
			if t.Name == "检查链接" || t.Name == "问题" || t.Name == "已消除" {
				v.Facts.Terms[i] = web.Term{Name: t.Name, Text: "检查完成后统计"}
			}
		}
	}
	if r.State == inspection.RunFailed {
		v.Alert = web.Alert{Kind: web.Danger, Title: "检查没有完成", Text: r.Failure}
	}
	if r.UnderWay() && r.Spec.Remote {
		v.Alert = web.Alert{Kind: web.Info, Title: inspection.HandedOut, Text: r.Waits(), Links: []web.Link{{Text: "刷新", Href: r.Link()}}}
		v.UnderWay, v.Findings.Empty = false, web.Empty{Title: "结果还没有带回"}
	}
	v.Untested.Rows = append(v.Untested.Rows, untestedRows(r.Untested)...)
	if r.State != inspection.RunDone {
		v.Untested = web.Table{}
	}
	return v
}

// untestedRows say what could not be tested: one row for the checks that share
// the reason, the number and the place.
func untestedRows(list []engine.Untested) []web.Row {
	type key struct {
		why, where string
		count      int
	}
	var keys []key
	names := map[key][]string{}
	for _, u := range list {
		k := key{u.Why, u.Where, max(u.Count, 1)}
		if names[k] == nil {
			keys = append(keys, k)
		}
		names[k] = append(names[k], engine.CheckName(u.Check))
	}
	var out []web.Row
	for _, k := range keys {
		out = append(out, web.Row{Cells: []web.Cell{{Text: k.why, Note: strings.Join(names[k], "；")}, web.Figure(k.count), web.Text(k.where)}})
	}
	return out
}

func dash(s string) string {
	if s == "" {
		return "—"
	}
	return s
}

func lasted(r inspection.Run) string {
	if r.Finished.IsZero() || r.Started.IsZero() {
		return ""
	}
	return "用时 " + web.Took(r.Finished.Sub(r.Started))
}

var sampleCensus = &engine.Census{Whole: true, Listed: 832, Seen: 830, Left: []engine.Left{{Why: "robots.txt 不允许访问，未检测。", Where: "http://www.yanta.gov.cn/leave/1.html", Count: 2}}}

var runPage = web.Define(views, "views/run.html",
	newRun(inspection.Run{ID: "q", SiteName: "新站点", State: inspection.RunRunning, Pages: 31}, nil, 0, 200),
	newRun(sampleRun, []inspection.Finding{sampleFinding}, 40, 200),
	newRun(inspection.Run{ID: "o", SiteName: "新站点", State: inspection.RunQueued, Kind: inspection.Manual, Spec: inspection.Spec{Remote: true, Urgent: true}, Sent: sampleRun.AskedAt, GivesUp: sampleRun.AskedAt.AddDate(0, 0, 2)}, nil, 0, 200),
	newRun(inspection.Run{ID: "c", SiteName: "雁塔区人民政府网站", Kind: inspection.Patrol, State: inspection.RunDone, Pages: 830, Census: sampleCensus}, nil, 0, 200),
	newRun(inspection.Run{ID: "d", SiteName: "鄠邑区人民政府网站", Kind: inspection.Patrol, State: inspection.RunDone, Pages: 200, Turn: &engine.Turn{Known: 2416, Read: 1980, Days: 30}}, nil, 0, 200),
	newRun(inspection.Run{ID: "x", SiteName: "<script>", State: inspection.RunFailed, Failure: `"><img onerror=x>`}, nil, 0, 200))

func (h *Handler) run(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	run, err := h.inspection.Run(ctx, scope, inspection.RunID(r.PathValue("id")))
	if err != nil {
		return err
	}
	found, total, err := h.inspection.Findings(ctx, h.db, scope, inspection.FindingFilter{Run: run.ID, Limit: 100})
	if err != nil {
		return err
	}
	return runPage.Render(w, r, newRun(run, found, total, 200))
}
