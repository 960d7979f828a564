package healthweb

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/health"
	"zhengshu/internal/official"
	"zhengshu/internal/percent"
	"zhengshu/internal/platform"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

const (
	listPath     = "/console/health"
	activityPath = "/console/activity"
	perPage      = 20
	maxExport    = 5000
)

// Handler serves the screens.
type Handler struct {
	health *health.Service
	now    func() time.Time
}

// New makes the handler.
func New(s *health.Service, now func() time.Time) *Handler { return &Handler{s, now} }

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/health", Permit: authz.RegistryRead, Handle: h.list},
		{Pattern: "GET /console/sites/{id}/health", Permit: authz.RegistryRead, Handle: h.card},
		{Pattern: "GET /console/activity", Permit: authz.RegistryRead, Handle: h.activity},
		{Pattern: "GET /console/activity/export", Permit: authz.RegistryRead, Handle: h.export},
	}
}

type (
	listView   struct{ web.ListView }
	recordView struct{ web.RecordView }
)

// Pages gives the page of a hosted site its card.
func Pages(r *registry.Service) func(req *http.Request, ref registry.Ref) []web.Link {
	return func(req *http.Request, ref registry.Ref) []web.Link {
		if ref.Kind != sx2021.Site {
			return nil
		}
		s, err := r.Site(req.Context(), authz.SessionFrom(req.Context()).ScopeFor(authz.RegistryRead), registry.SiteID(ref.ID))
		if err != nil || !s.Hosted {
			return nil
		}
		return []web.Link{{Text: "体检卡", Href: ref.Link() + "/health"}}
	}
}

func age(at, now time.Time) string {
	if at.IsZero() {
		return "还没有发布"
	}
	switch d := now.Sub(at); {
	case d < time.Hour:
		return fmt.Sprintf("%d 分钟前", max(int(d.Minutes()), 0))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d 小时前", int(d.Hours()))
	default:
		return fmt.Sprintf("%d 天前", int(d.Hours()/24))
	}
}

func up(r health.Row) string {
	if r.Refuses {
		return "拒绝检测"
	}
	if r.Probes == 0 {
		return "没有监测"
	}
	if !r.Rated {
		return "数据不足"
	}
	return percent.Hundredths(r.Rate).Text(2)
}

// upTone is good only where enough was seen to say so.
func upTone(r health.Row) web.Tone {
	switch {
	case r.Refuses || r.Probes > 0 && r.Up < r.Probes:
		return web.Warn
	case r.Rated:
		return web.Good
	}
	return web.Neutral
}

// upNote says beside the availability on what it rests.
func upNote(r health.Row) string {
	if r.Refuses {
		return "网站拒绝平台的检测访问，请通知主办单位放行，并人工打开查看"
	}
	return fmt.Sprintf("监测 %d 次", r.Probes)
}

// left is how many days are left until a date, with the tone.
func left(d, today calendar.Date) (string, web.Tone) {
	if d.IsZero() {
		return "未登记", web.Neutral
	}
	n := d.Sub(today)
	switch {
	case n < 0:
		return fmt.Sprintf("已过期 %d 天", -n), web.Danger
	case n <= health.DomainDays:
		return fmt.Sprintf("还有 %d 天", n), web.Warn
	}
	return fmt.Sprintf("还有 %d 天", n), web.Good
}

func newList(list []health.Row, total int, sort string, today calendar.Date, now time.Time) listView {
	head := func(text, key string, number bool) web.Column {
		c := web.Column{Head: text, Number: number, Sort: listPath + "?sort=" + key}
		if sort == key || sort == "" && key == "worries" {
			c.Sorted = "descending"
			if key == "name" || key == "released" || key == "domain" {
				c.Sorted = "ascending"
			}
		}
		return c
	}
	v := listView{web.ListView{Heading: web.Heading{Title: "网站体检", Lead: "由本平台承载的网站现在怎么样；数字都能点到对应的明细。", Acts: []web.Act{{Text: "发布、服务、互动情况", Href: activityPath}}},
		Filter: web.Filter{Action: listPath, Total: total, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "名称、域名或单位"}}, Hidden: []web.Field{{Kind: web.Hidden, Name: "sort"}}},
		Table:  web.Table{Caption: "网站体检", Quiet: true, Columns: []web.Column{head("网站", "name", false), head("要处理", "worries", true), head("最近发布", "released", false), head("栏目超期", "columns", true), head("问题", "findings", true), head("域名到期", "domain", false), {Head: "七天可用率", Number: true}}, Empty: web.Empty{Title: "没有由本平台承载的网站"}}}}
	v.Table.Columns[0].Wide = true
	for _, r := range list {
		name := web.Linked(r.Name, r.Link())
		name.Note = r.UnitName
		worries := web.Cell{Text: fmt.Sprint(r.Worries(today, now)), Href: r.Link(), Keep: true}
		row := web.Row{}
		if n := r.Worries(today, now); n > 0 {
			worries.Tags = []web.Tag{{Kind: web.Warn, Text: "要处理"}}
			row.Kind = web.Warn
		} else {
			worries.Tags = []web.Tag{{Kind: web.Good, Text: "正常"}}
		}
		released := web.Cell{Text: age(r.ReleasedAt, now)}
		if r.Waiting > 0 {
			released.Note = fmt.Sprintf("%d 项等待发布", r.Waiting)
		}
		domain, tone := left(r.Domain, today)
		columns := web.Linked(fmt.Sprintf("%d/%d", r.Late, r.Columns), "/console/columns?site="+url.QueryEscape(string(r.Site)))
		findings := web.Linked(fmt.Sprint(r.Findings), "/console/findings?state=standing&site="+url.QueryEscape(string(r.Site)))
		if r.Serious > 0 {
			findings.Tags = []web.Tag{{Kind: web.Danger, Text: fmt.Sprintf("严重 %d", r.Serious)}}
		}
		row.Cells = []web.Cell{name, worries, released, columns, findings, web.Tagged(web.Tag{Kind: tone, Text: domain}), {Text: up(r), Keep: true}}
		v.Table.Rows = append(v.Table.Rows, row)
	}
	return v
}

var (
	sampleToday = calendar.Date{Year: 2026, Month: 11, Day: 23}
	sampleNow   = sampleToday.Start().Add(10 * time.Hour)
	sampleRow   = health.Row{Site: "01S", Name: "西安市人民政府", Host: "www.xa.gov.cn", UnitName: "西安市人民政府办公厅", AreaName: "西安市", Release: 42, ReleasedAt: sampleNow.Add(-20 * time.Minute), Columns: 12, Late: 1, Soon: 2, Findings: 4, Serious: 1, Domain: sampleToday.AddDays(20), Cert: sampleToday.AddDays(90), IPv6: "yes", Platform: "西安市集约化平台", Up: 670, Probes: 672, Rate: 9970, Rated: true}
	hostileRow  = health.Row{Site: `"><b>`, Name: "<script>alert(1)</script>", Host: `"`, UnitName: "<b>", IPv6: "<", Platform: "<i>", Waiting: 3, WaitsSince: sampleNow.Add(-time.Hour)}
)

var listPage = web.Define(web.Plain, "pages/list.html", newList(nil, 0, "", sampleToday, sampleNow), newList([]health.Row{sampleRow}, 1, "released", sampleToday, sampleNow), newList([]health.Row{hostileRow}, 1, "", sampleToday, sampleNow),
	newActivity(nil, 0, sampleToday.AddDays(-29), sampleToday), newActivity([]health.Activity{{Site: "1", Name: "西安市人民政府", UnitName: "西安市人民政府办公厅", Published: 120, Policies: 8, Services: 40, Letters: 12, Answered: 10}}, 1, sampleToday.AddDays(-29), sampleToday), newActivity([]health.Activity{{Site: `"`, Name: "<script>", UnitName: "<b>"}}, 1, sampleToday, sampleToday))

func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	f := health.Filter{Text: strings.TrimSpace(q.Get("q")), Sort: q.Get("sort"), Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage}
	if len([]rune(f.Text)) > 100 {
		return fault.New(fault.Invalid, "查找的文字过长，请缩短到 100 字以内。").On("q", "请缩短")
	}
	list, total, err := h.health.Cards(r.Context(), authz.ScopeFrom(r.Context()), f)
	if err != nil {
		return err
	}
	v := newList(list, total, f.Sort, web.FrameOf(r).Today, h.now())
	v.Filter.Fill(q)
	v.Pager = web.PagerOf(r, total, perPage)
	return listPage.Render(w, r, v)
}

func newCard(c health.Card, today calendar.Date, now time.Time) recordView {
	r := c.Row
	base := "/console/sites/" + url.PathEscape(string(r.Site))
	v := recordView{web.RecordView{Heading: web.Heading{Above: "体检卡", Title: r.Name, Lead: registry.ShownHost(r.Host), Acts: []web.Act{{Text: "台账记录", Href: base}}}, Trail: []web.Crumb{{Name: "网站体检", Href: listPath}}}}
	if n := r.Worries(today, now); n > 0 {
		v.Heading.Tags = []web.Tag{{Kind: web.Warn, Text: fmt.Sprintf("%d 项要处理", n)}}
	} else {
		v.Heading.Tags = []web.Tag{{Kind: web.Good, Text: "正常"}}
	}
	tone := func(bad bool) web.Tone {
		if bad {
			return web.Warn
		}
		return web.Good
	}
	stuck := r.Waiting > 0 && now.Sub(r.WaitsSince) > health.WaitMinutes*time.Minute
	release := web.Stat{Name: "最近发布", Value: age(r.ReleasedAt, now), Note: "还没有发布版本", Href: base + "/releases", Kind: tone(r.Release == 0 || stuck)}
	if r.Release > 0 {
		release.Note = fmt.Sprintf("第 %d 版", r.Release)
	}
	if r.Waiting > 0 {
		release.Note += fmt.Sprintf("，%d 项等待发布，最早 %s", r.Waiting, age(r.WaitsSince, now))
	}
	domain, domainTone := left(r.Domain, today)
	cert, certTone := left(r.Cert, today)
	v.Main = append(v.Main, web.Stats{Label: "体检", Items: []web.Stat{
		release,
		{Name: "栏目", Value: fmt.Sprint(r.Late), Unit: "个超期", Note: fmt.Sprintf("共 %d 个，%d 天内到期 %d 个", r.Columns, health.SoonDays, r.Soon), Href: "/console/columns?site=" + url.QueryEscape(string(r.Site)), Kind: tone(r.Late > 0)},
		{Name: "未办结的问题", Value: fmt.Sprint(r.Findings), Unit: "个", Note: fmt.Sprintf("其中严重 %d 个", r.Serious), Href: "/console/findings?state=standing&site=" + url.QueryEscape(string(r.Site)), Kind: tone(r.Serious > 0)},
		{Name: "七天可用率", Value: up(r), Note: upNote(r), Href: "/console/inspection/sites/" + url.PathEscape(string(r.Site)), Kind: upTone(r)},
	}})
	backup := web.Term{Name: "最近备份", Text: "没有记录", Tags: []web.Tag{{Kind: web.Warn, Text: "请安排每日备份"}}}
	if !c.Backup.IsZero() {
		backup.Text, backup.Note, backup.Tags = age(c.Backup, now), web.Minute(c.Backup), []web.Tag{{Kind: web.Good, Text: "24 小时内"}}
		if now.Sub(c.Backup) > health.BackupHours*time.Hour {
			backup.Tags = []web.Tag{{Kind: web.Warn, Text: "超过 24 小时"}}
		}
	}
	s := web.Summary{Title: "运行保障", Terms: []web.Term{{Name: "域名", Text: domain, Tags: tagged(domainTone), Href: base}, {Name: "证书", Text: cert, Tags: tagged(certTone), Href: base}, {Name: "IPv6", Text: platform.IPv6Name(r.IPv6), Href: "/console/migrations/" + url.PathEscape(string(r.Site))}, backup}}
	for _, f := range c.Facts {
		t := web.Term{Name: f.Name, Text: f.Text, Note: f.Note, Href: f.Href}
		switch f.Tone {
		case health.Good:
			t.Tags = []web.Tag{{Kind: web.Good, Text: "正常"}}
		case health.Warn:
			t.Tags = []web.Tag{{Kind: web.Warn, Text: "注意"}}
		case health.Bad:
			t.Tags = []web.Tag{{Kind: web.Danger, Text: "异常"}}
		case health.Plain:
		}
		s.Terms = append(s.Terms, t)
	}
	v.Main = append(v.Main, s)
	where := web.Term{Name: "所在平台", Text: "没有登记", Href: "/console/migrations/" + url.PathEscape(string(r.Site))}
	if r.Platform != "" {
		where.Text = r.Platform
	}
	t := web.Summary{Title: "进驻和限额", Terms: []web.Term{where}}
	if c.Tenancy {
		for _, u := range c.Tenant.Uses {
			term := web.Term{Name: u.Name, Text: fmt.Sprintf("%d %s", u.Used, u.Unit), Note: "不限", Href: c.Tenant.Link()}
			if u.Max > 0 {
				term.Text, term.Note = fmt.Sprintf("%d/%d %s", u.Used, u.Max, u.Unit), ""
				if u.Share() >= platform.WarnShare {
					term.Tags = []web.Tag{{Kind: web.Warn, Text: fmt.Sprintf("%d%%", u.Share())}}
				}
			}
			t.Terms = append(t.Terms, term)
		}
	}
	v.Side = append(v.Side, t, web.Summary{Title: "基本情况", Terms: []web.Term{{Name: "主办单位", Text: r.UnitName}, {Name: "地区", Text: r.AreaName}, {Name: "状态", Text: registry.SiteMachine.Name(r.State)}, {Name: "导出全部数据", Text: "导出中心", Href: "/console/move-outs"}}})
	return v
}

func tagged(t web.Tone) []web.Tag {
	switch t {
	case web.Danger:
		return []web.Tag{{Kind: t, Text: "已过期"}}
	case web.Warn:
		return []web.Tag{{Kind: t, Text: "将到期"}}
	}
	return nil
}

var cardPage = web.Define(web.Plain, "pages/record.html", newCard(health.Card{Row: health.Row{Site: "1", Name: "新站"}}, sampleToday, sampleNow),
	newCard(health.Card{Row: sampleRow, Tenancy: true, Tenant: platform.Tenant{Uses: []platform.Use{{Limit: platform.LimitKinds[0], Used: 90, Max: 100}}}, Backup: sampleNow.Add(-2 * time.Hour), Facts: []health.Fact{{Name: "发布签名", Text: "有效", Tone: health.Good}}}, sampleToday, sampleNow),
	newCard(health.Card{Row: hostileRow, Facts: []health.Fact{{Name: "<b>", Text: "<script>", Tone: health.Bad}}}, sampleToday, sampleNow))

func (h *Handler) card(w http.ResponseWriter, r *http.Request) error {
	c, err := h.health.Card(r.Context(), authz.ScopeFrom(r.Context()), registry.SiteID(r.PathValue("id")))
	if err != nil {
		return err
	}
	return cardPage.Render(w, r, newCard(c, web.FrameOf(r).Today, h.now()))
}

func newActivity(list []health.Activity, total int, from, until calendar.Date) listView {
	v := listView{web.ListView{Heading: web.Heading{Title: "发布、服务、互动情况", Lead: "以内容建设为重点，不断强化信息发布、政务服务、政民互动等功能（第十一条）。数字来自本平台承载网站的实际记录。"}, Trail: []web.Crumb{{Name: "网站体检", Href: listPath}},
		Filter: web.Filter{Action: activityPath, Total: total, Fields: []web.Field{{Kind: web.DateField, Name: "from", Label: "开始日期", Value: from.String()}, {Kind: web.DateField, Name: "until", Label: "截止日期", Value: until.String()}}},
		Table:  web.Table{Caption: "发布、服务、互动情况", Quiet: true, Columns: []web.Column{{Head: "网站", Wide: true}, {Head: "发布信息", Number: true}, {Head: "政策和解读", Number: true}, {Head: "办事内容", Number: true}, {Head: "收到来信", Number: true}, {Head: "已答复", Number: true}}, Empty: web.Empty{Title: "没有由本平台承载的网站"}}}}
	for _, a := range list {
		id := url.QueryEscape(string(a.Site))
		name := web.Linked(a.Name, "/console/sites/"+url.PathEscape(string(a.Site))+"/health")
		name.Note = a.UnitName
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{name, web.Linked(fmt.Sprint(a.Published), "/console/items?site="+id), web.Figure(a.Policies), web.Figure(a.Services), web.Linked(fmt.Sprint(a.Letters), "/console/letters?site="+id), web.Figure(a.Answered)}})
	}
	return v
}

// period is ?from= and ?until=; the last thirty days without them.
func period(r *http.Request) (from, until calendar.Date, err error) {
	today := web.FrameOf(r).Today
	from, until = today.AddDays(-29), today
	for _, x := range []struct {
		name, what string
		into       *calendar.Date
	}{{"from", "开始日期", &from}, {"until", "截止日期", &until}} {
		s := strings.TrimSpace(r.URL.Query().Get(x.name))
		if s == "" {
			continue
		}
		d, err := calendar.ParseLoose(s)
		if err != nil {
			return from, until, fault.New(fault.Invalid, x.what+"不能识别："+err.Error()+"。").On(x.name, err.Error()).From(err)
		}
		*x.into = d
	}
	return from, until, nil
}

func (h *Handler) activity(w http.ResponseWriter, r *http.Request) error {
	from, until, err := period(r)
	if err != nil {
		return err
	}
	list, total, err := h.health.Activities(r.Context(), authz.ScopeFrom(r.Context()), from, until, perPage, (web.PageOf(r)-1)*perPage)
	if err != nil {
		return err
	}
	v := newActivity(list, total, from, until)
	v.Pager = web.PagerOf(r, total, perPage)
	v.Exports = web.ExportActs(activityPath+"/export", r.URL.Query())
	return listPage.Render(w, r, v)
}

func (h *Handler) export(w http.ResponseWriter, r *http.Request) error {
	from, until, err := period(r)
	if err != nil {
		return err
	}
	list, total, err := h.health.Activities(r.Context(), authz.ScopeFrom(r.Context()), from, until, maxExport, 0)
	if err != nil {
		return err
	}
	if err := web.MostExported(total, maxExport, "个网站"); err != nil {
		return err
	}
	rows := make([][]any, len(list))
	for i, a := range list {
		rows[i] = []any{a.Name, a.UnitName, a.AreaName, a.Published, a.Policies, a.Services, a.Letters, a.Answered}
	}
	return web.SendSheet(w, r, official.Sheet{Title: "发布、服务、互动情况", Columns: []official.Column{{Title: "网站", Width: 30}, {Title: "主办单位", Width: 28}, {Title: "地区"}, {Title: "发布信息"}, {Title: "政策和解读"}, {Title: "办事内容"}, {Title: "收到来信"}, {Title: "已答复"}}, Rows: slices.Values(rows)}, "发布服务互动情况")
}
