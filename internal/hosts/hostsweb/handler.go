package hostsweb

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/fault"
	"zhengshu/internal/hosts"
	"zhengshu/internal/inspection"
	"zhengshu/internal/official"
	"zhengshu/internal/percent"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

const (
	hostsPath = "/console/hosts"
	perPage   = 20
	maxExport = 20000
)

// Handler serves the screens.
type Handler struct{ hosts *hosts.Service }

// New makes the handler.
func New(s *hosts.Service) *Handler { return &Handler{s} }

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/hosts", Permit: authz.InspectionRead, Handle: h.list},
		{Pattern: "GET /console/hosts/export", Permit: authz.InspectionRead, Handle: h.export},
		{Pattern: "GET /console/hosts/{id}", Permit: authz.InspectionRead, Handle: h.sheet},
		{Pattern: "POST /console/hosts/{id}/look", Permit: authz.InspectionRun, Handle: h.look},
	}
}

// page is the list, record the sheet of one site.
type (
	page   struct{ web.ListView }
	record struct{ web.RecordView }
)

// outcomeTag is a conclusion in words and colour.
func outcomeTag(o check.Outcome) web.Tag {
	switch o {
	case check.Kept:
		return web.Tag{Kind: web.Good, Text: "符合"}
	case check.Tolerated:
		return web.Tag{Kind: web.Good, Text: "基本符合"}
	case check.Violated:
		return web.Tag{Kind: web.Danger, Text: "不符合"}
	case check.Untested:
		return web.Tag{Kind: web.Neutral, Text: "未能检查"}
	}
	return web.Tag{Kind: web.Neutral, Text: "未检查"}
}

func filterOf(r *http.Request) (hosts.Filter, error) {
	q := r.URL.Query()
	f := hosts.Filter{Text: strings.TrimSpace(q.Get("q")), Column: q.Get("item"), Outcome: q.Get("outcome"), Wrong: q.Has("wrong"), Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage}
	if len([]rune(f.Text)) > 100 {
		return f, fault.New(fault.Invalid, "查找的文字过长，请缩短到 100 字以内。").On("q", "请缩短")
	}
	return f, nil
}

// unusable says that there are address data and why they are not used.
func (v *page) unusable(err error) {
	v.Alert = web.Alert{Kind: web.Warn, Title: "地址库不能使用", Text: fault.Of(err).Says}
	last := len(v.Stats.Items) - 1
	v.Stats.Items[last].Note = "地址库不能使用，服务器位置未能检查"
}

func newList(list []hosts.Look, total int, t hosts.Tally, rows int, made time.Time) page {
	items := []web.Option{{Label: "全部"}}
	for _, c := range hosts.Columns() {
		items = append(items, web.Option{Value: c.Name, Label: c.Label})
	}
	for _, g := range hosts.Groups() {
		items = append(items, web.Option{Value: g.Name, Label: g.Label})
	}
	of := func(item string, o check.Outcome) string {
		return hostsPath + "?" + url.Values{"item": {item}, "outcome": {string(o)}}.Encode()
	}
	data := "没有配置地址库，服务器位置未能检查"
	if rows > 0 {
		data = "地址库 " + strconv.Itoa(rows) + " 段，" + calendar.DateOf(made).String()
	}
	v := page{web.ListView{Heading: web.Heading{Title: "域名和主机", Lead: "IPv6、加密、证书、域名到期、解析是否与台账一致、服务器和服务商是否在境内（第二十二条至第二十四条）。"},
		Stats: web.Stats{Items: []web.Stat{{Name: "运行的网站", Value: strconv.Itoa(t.Sites), Unit: "个", Note: "已检查 " + strconv.Itoa(t.Looked) + " 个", Href: hostsPath}, {Name: "首页支持 IPv6", Value: strconv.Itoa(t.IPv6), Unit: "个", Note: share(t.IPv6, t.Looked), Href: of("ipv6", check.Kept)},
			{Name: "解析与台账不符", Value: strconv.Itoa(t.Drift), Unit: "个", Href: of("dns", check.Violated)}, {Name: "证书或域名需处理", Value: strconv.Itoa(t.Expiring), Unit: "个", Href: of("expiring", check.Violated)}, {Name: "境外服务器或服务商", Value: strconv.Itoa(t.Abroad), Unit: "个", Note: data, Href: of("foreign", check.Violated)}}},
		Filter: web.Filter{Action: hostsPath, Total: total, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "网站、域名或单位"}, {Kind: web.Select, Name: "item", Label: "项目", Options: items},
			{Kind: web.Select, Name: "outcome", Label: "结果", Options: []web.Option{{Label: "全部"}, {Value: "violated", Label: "不符合"}, {Value: "kept", Label: "符合"}, {Value: "untested", Label: "未能检查"}}}, {Kind: web.Check, Name: "wrong", Label: "只看有不符合项的"}}},
		Table: web.Table{Caption: "域名和主机", Quiet: true, Columns: []web.Column{{Head: "网站", Wide: true}}, Empty: web.Empty{Title: "没有符合条件的网站", Text: "只检查已开启监测的网站，每天一次。"}}}}
	for _, c := range hosts.Columns() {
		v.Table.Columns = append(v.Table.Columns, web.Column{Head: c.Label})
	}
	for _, l := range list {
		note := registry.ShownHost(l.Host)
		if !l.At.IsZero() {
			note += " · " + web.Minute(l.At)
		}
		cells := []web.Cell{{Text: l.SiteName, Href: hostsPath + "/" + url.PathEscape(string(l.Site)), Note: note}}
		for _, c := range hosts.Columns() {
			cells = append(cells, web.Tagged(outcomeTag(l.Outcome[c.Name])))
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: cells})
	}
	return v
}

func share(n, of int) string {
	if of == 0 {
		return "还没有检查"
	}
	return "占已检查的 " + percent.Of(n, of).Text(0)
}

func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	f, err := filterOf(r)
	if err != nil {
		return err
	}
	scope := authz.ScopeFrom(r.Context())
	list, total, err := h.hosts.Looks(r.Context(), scope, f)
	if err != nil {
		return err
	}
	tally, err := h.hosts.Tally(r.Context(), scope)
	if err != nil {
		return err
	}
	rows, made, err := h.hosts.Data()
	if err != nil && !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.TooLarge) {
		return err
	}
	v := newList(list, total, tally, rows, made)
	if err != nil {
		v.unusable(err)
	}
	v.Exports = web.ExportActs(hostsPath+"/export", r.URL.Query())
	v.Filter.Fill(r.URL.Query())
	v.Pager = web.PagerOf(r, total, perPage)
	return listPage.Render(w, r, v)
}

func (h *Handler) export(w http.ResponseWriter, r *http.Request) error {
	f, err := filterOf(r)
	if err != nil {
		return err
	}
	f.Limit, f.Offset = maxExport, 0
	list, total, err := h.hosts.Looks(r.Context(), authz.ScopeFrom(r.Context()), f)
	if err != nil {
		return err
	}
	if err := web.MostExported(total, maxExport, "行"); err != nil {
		return err
	}
	columns := []official.Column{{Title: "网站", Width: 24}, {Title: "域名", Width: 24}, {Title: "主办单位", Width: 24}}
	for _, c := range hosts.Columns() {
		columns = append(columns, official.Column{Title: c.Label, Width: 12})
	}
	columns = append(columns, official.Column{Title: "检查时间", Width: 18})
	rows := make([][]any, len(list))
	for i, l := range list {
		row := []any{l.SiteName, registry.ShownHost(l.Host), l.UnitName}
		for _, c := range hosts.Columns() {
			row = append(row, outcomeTag(l.Outcome[c.Name]).Text)
		}
		rows[i] = append(row, web.Minute(l.At))
	}
	return web.SendSheet(w, r, official.Sheet{Title: "域名和主机", Columns: columns, Rows: slices.Values(rows)}, "域名和主机")
}

func newSheet(l hosts.Look, findings []check.Finding, asked inspection.Asked, runs bool) record {
	v := record{web.RecordView{Heading: web.Heading{Above: registry.ShownHost(l.Host), Title: l.SiteName}, Trail: []web.Crumb{{Name: "域名和主机", Href: hostsPath}}}}
	switch {
	case asked.Out():
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: inspection.HandedOut, Text: asked.Waits()})
	case asked.Says != "":
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: "外网巡检机没有检测到", Text: asked.Says})
	}
	if l.At.IsZero() {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: "还没有检查", Text: "开启监测的网站每天检查一次，也可以立即检查。"})
	}
	t := web.Table{Caption: "检查结果", Columns: []web.Column{{Head: "项目"}, {Head: "结果"}, {Head: "情况", Wide: true}, {Head: "依据"}}, Empty: web.Empty{Title: "没有检查结果"}}
	for _, f := range findings {
		name := f.Check
		for _, c := range hosts.Columns() {
			if c.Check == f.Check {
				name = c.Label
			}
		}
		if f.Check == "host.ipv6_deep" {
			name = "二、三级链接 IPv6"
		}
		says := web.Cell{Text: f.Says, Note: f.Fix}
		if f.Outcome == check.Tolerated {
			says.Note = f.Why
		}
		result := web.Tagged(outcomeTag(f.Outcome))
		if f.Outcome == check.Violated && f.Severity == check.Advice {
			result = web.Tagged(web.Tag{Kind: web.Warn, Text: "提示"}) // not yet owed
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Text(name), result, says, web.Text(inspection.BasisName(f.Article))}})
	}
	v.Main = append(v.Main, t)
	facts := web.Summary{Title: "看到的情况"}
	add := func(name, text string) {
		if text != "" {
			facts.Terms = append(facts.Terms, web.Term{Name: name, Text: text})
		}
	}
	if n := l.Facts.Names; n != nil {
		add("解析地址", strings.Join(n.Found, "、"))
		for _, e := range n.Elsewhere {
			there := strings.Join(e.Found, "、")
			if e.Dialled != "" {
				there += "（实际连到 " + e.Dialled + "）"
			}
			add("从“"+e.From+"”解析到", there)
		}
		add("台账登记的地址", strings.Join(n.Expected, "、"))
		add("域名服务器", strings.Join(n.Servers, "、"))
	}
	if s := l.Facts.TLS; s != nil {
		add("加密协议", s.Best)
		if !s.Until.IsZero() {
			add("证书到期", s.Until.String())
		}
	}
	if !l.Facts.DomainUntil.IsZero() {
		add("域名到期", l.Facts.DomainUntil.String())
	}
	if p := l.Facts.Where; p != nil {
		var list []string
		for _, x := range p.At {
			country := x.Country
			if country == "" {
				country = "不明"
			}
			list = append(list, x.Host+" "+x.Address+"（"+country+"）")
		}
		list = append(list, p.Unknown...)
		add("服务器位置", strings.Join(list, "；"))
	}
	if h := l.Facts.Hosting; h != nil && h.Recorded {
		add("托管服务商", h.Provider+"（"+h.ProviderName+"）")
	}
	if len(facts.Terms) > 0 {
		v.Main = append(v.Main, facts)
	}
	if runs {
		v.Forms = append(v.Forms, web.Form{Action: hostsPath + "/" + url.PathEscape(string(l.Site)) + "/look", Sections: []web.Section{{Legend: "立即检查", Hint: "查询域名解析，以各版本协议握手，打开首页和几个下级页面。"}}, Buttons: []web.Button{{Label: "立即检查"}}})
	}
	side := web.Summary{Title: "网站", Terms: []web.Term{{Name: "主办单位", Text: l.UnitName}, {Name: "台账", Text: "查看网站台账", Href: "/console/sites/" + url.PathEscape(string(l.Site))}, {Name: "检查时间", Text: orNone(web.Minute(l.At))}}}
	if l.Vantage != "" {
		side.Terms = append(side.Terms, web.Term{Name: "从哪里看到", Text: "外网巡检机“" + l.Vantage + "”", Note: web.Minute(l.SeenAt)})
	}
	v.Side = append(v.Side, side)
	return v
}

func orNone(s string) string {
	if s == "" {
		return "无"
	}
	return s
}

func (h *Handler) sheet(w http.ResponseWriter, r *http.Request) error {
	return h.render(w, r, http.StatusOK, nil)
}

func (h *Handler) render(w http.ResponseWriter, r *http.Request, status int, wrong error) error {
	s := authz.SessionFrom(r.Context())
	l, findings, err := h.hosts.Sheet(r.Context(), s.ScopeFor(authz.InspectionRead), registry.SiteID(r.PathValue("id")))
	if err != nil {
		return err
	}
	asked, _, err := h.hosts.Asked(r.Context(), s.ScopeFor(authz.InspectionRead), l.Site)
	if err != nil {
		return err
	}
	v := newSheet(l, findings, asked, s.May(authz.InspectionRun))
	if wrong != nil {
		var f web.Form
		f.Wrong(wrong)
		v.Wrong = f.Summary
	}
	return recordPage.RenderStatus(w, r, status, v)
}

func (h *Handler) look(w http.ResponseWriter, r *http.Request) error {
	id := registry.SiteID(r.PathValue("id"))
	looked, err := h.hosts.LookNow(r.Context(), authz.ScopeFrom(r.Context()), id)
	if web.Mendable(err) {
		return h.render(w, r, web.StatusOf(err), err)
	}
	if err != nil {
		return err
	}
	says := "已检查。"
	if asked, _, err := h.hosts.Asked(r.Context(), authz.ScopeFrom(r.Context()), id); err != nil {
		return err
	} else if looked == nil && asked.Out() {
		says = inspection.HandedOut + "。"
	}
	return web.Done(w, r, hostsPath+"/"+url.PathEscape(r.PathValue("id")), says)
}

var (
	sampleDay   = calendar.Date{Year: 2026, Month: 11, Day: 23}
	sampleAsked = inspection.Asked{State: inspection.ErrandWaiting, AskedAt: time.Date(2026, 11, 20, 2, 0, 0, 0, time.UTC), GivesUp: time.Date(2026, 11, 21, 2, 0, 0, 0, time.UTC)}
	sampleLook  = hosts.Look{Vantage: "电信", SeenAt: time.Date(2026, 11, 20, 1, 50, 0, 0, time.UTC), Site: "s", SiteName: "渭南市人民政府", Host: "www.weinan.gov.cn", UnitName: "渭南市人民政府办公室", At: time.Date(2026, 11, 20, 2, 0, 0, 0, time.UTC), Wrong: 1, Outcome: map[string]check.Outcome{"ipv6": check.Violated, "tls": check.Kept, "dns": check.Untested},
		Facts: check.Server{Host: "www.weinan.gov.cn", IPv6: &check.IPv6{}, TLS: &check.TLS{Offered: true, Best: "TLS 1.3", Until: sampleDay.AddDays(20)}, Names: &check.Names{Found: []string{"1.2.3.4"}, Expected: []string{"1.2.3.4"}, Elsewhere: []check.Elsewhere{{From: "延安监测点", Found: []string{"1.2.3.4"}, Dialled: "1.2.3.4"}}}, Where: &check.Where{At: []check.Place{{Host: "www.weinan.gov.cn", Address: "1.2.3.4", Country: "CN"}}, Source: "地址库"}, Hosting: &check.Hosting{Recorded: true, Provider: "市政务云", ProviderIn: "CN", ServerIn: "CN", ProviderName: "中国内地"}}}
	hostileLook = hosts.Look{Site: `"><b>`, SiteName: "<script>alert(1)</script>", Host: `"`, UnitName: "<b>", Outcome: map[string]check.Outcome{"ipv6": "x"}, Facts: check.Server{Names: &check.Names{Found: []string{"<i>"}, Elsewhere: []check.Elsewhere{{From: "<b>", Found: []string{"</td>"}}}}, Where: &check.Where{At: []check.Place{{Host: "<b>", Address: "</td>"}}}}}
)

var listPage = web.Define(web.Plain, "pages/list.html", newList(nil, 0, hosts.Tally{}, 0, time.Time{}), newList([]hosts.Look{sampleLook}, 1, hosts.Tally{Sites: 3, Looked: 2, IPv6: 1}, 100, sampleLook.At), newList([]hosts.Look{hostileLook}, 1, hosts.Tally{}, 0, time.Time{}))

var recordPage = web.Define(web.Plain, "pages/record.html", newSheet(hosts.Look{Site: "s", SiteName: "新网站", Host: "a.gov.cn", UnitName: "某局"}, nil, sampleAsked, true), newSheet(sampleLook, []check.Finding{{Check: "host.ipv6", Outcome: check.Violated, Says: "首页不支持 IPv6。", Fix: "增加解析", Article: "S22.2"}, {Check: "host.ipv6_deep", Outcome: check.Untested, Says: "未能检查。"}}, inspection.Asked{}, true),
	newSheet(hostileLook, []check.Finding{{Check: "<b>", Outcome: check.Tolerated, Says: "<script>", Why: "</td>", Article: `"`}}, inspection.Asked{State: inspection.ErrandRefused, Says: "<i>"}, false))
