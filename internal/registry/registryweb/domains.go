package registryweb

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/gbh2018"
	"zhengshu/internal/web"
)

// domainsView is GET /console/domains/watch: the names that were given up.
type domainsView struct {
	Heading web.Heading
	Filter  web.Filter
	Table   web.Table
	Pager   web.Pager
}

// Title of the document.
func (v domainsView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v domainsView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: home}, {Name: "域名台账", Href: domainsPath}, {Name: "注销域名跟踪"}}
}

var domainStates = []string{registry.DomainApplying, registry.DomainActive, registry.DomainSuspended, registry.DomainCancelling, registry.DomainCancelled}

func domainTag(d registry.Domain) web.Tag {
	tone := map[string]web.Tone{registry.DomainActive: web.Good, registry.DomainApplying: web.Info, registry.DomainSuspended: web.Warn, registry.DomainCancelling: web.Warn}[d.State]
	return web.Tag{Kind: tone, Text: d.StateName()}
}

// hostCell shows a domain as people read it with its ASCII form below.
func hostCell(d registry.Domain) web.Cell {
	c := web.Linked(d.Shown, d.Link())
	switch {
	case d.Host == "":
		c.Note = "不是有效的域名，请更正"
	case d.Host != d.Shown:
		c.Note = d.Host
	}
	return c
}

// domainLedger is the list of domains as on a day.
func domainLedger(today calendar.Date) web.List[registry.Domain] {
	until := func(on calendar.Date, d registry.Domain) web.Cell {
		if on.IsZero() {
			return web.Text("未登记")
		}
		if d.State == registry.DomainCancelled {
			return web.Day(on)
		}
		return web.DueCell(on, today)
	}
	text := func(f func(d registry.Domain) string) func(d registry.Domain) web.Cell {
		return func(d registry.Domain) web.Cell { return web.Text(f(d)) }
	}
	return web.List[registry.Domain]{
		Key: "domains", Name: "域名台账", Path: domainsPath, Params: []string{"q", "area", "kind", "state", "expiring", "site"},
		ID:    func(d registry.Domain) string { return string(d.ID) },
		Empty: web.Empty{Title: "没有符合条件的域名", Text: "请换一个条件；网站登记入台账时，它的域名会自动登记。"},
		Columns: []web.ListColumn[registry.Domain]{
			{Key: "name", Head: "域名", Width: 30, Fixed: true, Cell: hostCell, Value: func(d registry.Domain) any { return d.Shown }},
			{Key: "host", Head: "ASCII 形式", Width: 30, Off: true, Cell: func(d registry.Domain) web.Cell { return web.Cell{Text: d.Host, Keep: true} }},
			{Key: "kind", Head: "类别", Width: 12, Cell: func(d registry.Domain) web.Cell {
				kind := web.Text(d.Kind.Name())
				if d.Main {
					kind.Tags = []web.Tag{{Kind: web.Info, Text: "主域名"}}
				}
				if d.Kind == registry.OtherDomain {
					kind.Tags = append(kind.Tags, web.Tag{Kind: web.Warn, Text: "后缀不合规定"})
				}
				return kind
			}, Value: func(d registry.Domain) any { return d.Kind.Name() }},
			{Key: "main", Head: "主域名", Width: 8, Off: true, Cell: text(func(d registry.Domain) string { return yesNo(d.Main) })},
			{Key: "site", Head: "所属网站", Width: 30, Wide: true, Cell: func(d registry.Domain) web.Cell {
				if d.Site != "" {
					return web.Linked(d.SiteName, "/console/sites/"+string(d.Site))
				}
				return web.Text(cmp.Or(d.Purpose, "没有对应网站"))
			}, Value: func(d registry.Domain) any { return d.SiteName }},
			{Key: "unit", Head: "持有单位", Width: 30, Cell: func(d registry.Domain) web.Cell { return unitCell(d.Unit, d.UnitName) }},
			{Key: "area", Head: "区划代码", Width: 16, Off: true, Cell: func(d registry.Domain) web.Cell { return web.Cell{Text: d.AreaCode, Keep: true} }},
			{Key: "registrar", Head: "注册服务机构", Width: 24, Off: true, Cell: text(func(d registry.Domain) string { return d.Registrar })},
			{Key: "registered_on", Head: "注册日期", Width: 12, Off: true, Cell: func(d registry.Domain) web.Cell { return web.Day(d.RegisteredOn) }, Value: func(d registry.Domain) any { return d.RegisteredOn }},
			{Key: "expires_on", Head: "到期日期", Width: 12, Cell: func(d registry.Domain) web.Cell { return until(d.ExpiresOn, d) }, Value: func(d registry.Domain) any { return d.ExpiresOn }},
			{Key: "ns", Head: "域名服务器", Width: 30, Off: true, Cell: text(func(d registry.Domain) string { return strings.Join(d.NS, " ") })},
			{Key: "addresses", Head: "解析地址", Width: 24, Off: true, Cell: text(func(d registry.Domain) string { return strings.Join(d.Addresses, " ") })},
			{Key: "cert_issuer", Head: "证书颁发机构", Width: 20, Off: true, Cell: text(func(d registry.Domain) string { return d.CertIssuer })},
			{Key: "cert_expires_on", Head: "证书到期", Title: "证书到期日期", Width: 14, Cell: func(d registry.Domain) web.Cell { return until(d.CertExpiresOn, d) }, Value: func(d registry.Domain) any { return d.CertExpiresOn }},
			{Key: "icp", Head: "ICP备案编号", Width: 20, Off: true, Cell: text(func(d registry.Domain) string { return d.ICP })},
			{Key: "state", Head: "状态", Width: 10, Cell: func(d registry.Domain) web.Cell { return web.Tagged(domainTag(d)) }, Value: func(d registry.Domain) any { return d.StateName() }},
			{Key: "source", Head: "来源", Width: 20, Off: true, Cell: text(func(d registry.Domain) string { return d.Source })},
		},
	}
}

func domainFilterView(areas []web.Option) listView {
	states := []web.Option{{Value: "", Label: "未注销的"}, {Value: "all", Label: "全部状态"}}
	for _, s := range domainStates {
		states = append(states, web.Option{Value: s, Label: registry.DomainMachine.Name(s)})
	}
	return listView{
		Heading: web.Heading{Title: "域名台账", Lead: "谁开设、谁申请、谁使用、谁负责；一个网站原则上一个中文域名、一个英文域名（第十条）。", Acts: []web.Act{{Text: "注销域名跟踪", Href: domainsPath + "/watch"}}},
		Filter: web.Filter{Action: domainsPath, Fields: []web.Field{
			{Kind: web.SearchBox, Name: "q", Label: "域名、网站或单位"},
			{Kind: web.Select, Name: "area", Label: "区划", Options: areas},
			{Kind: web.Select, Name: "kind", Label: "类别", Options: []web.Option{{Value: "", Label: "全部类别"}, {Value: "english", Label: "英文域名"}, {Value: "chinese", Label: "中文域名"}, {Value: "other", Label: "其他域名"}}},
			{Kind: web.Select, Name: "state", Label: "状态", Options: states},
		}, More: []web.Field{
			{Kind: web.Select, Name: "expiring", Label: "到期", Options: []web.Option{{Value: "", Label: "不限"}, {Value: "7", Label: "7 天内"}, {Value: "30", Label: "30 天内"}, {Value: "60", Label: "60 天内"}, {Value: "90", Label: "90 天内"}}},
			{Kind: web.Select, Name: "site", Label: "网站", Options: []web.Option{{Value: "", Label: "不限"}, {Value: "none", Label: "没有对应网站"}}},
		}},
	}
}

func newTombstonesView(list []registry.Domain, total int, today calendar.Date) domainsView {
	v := domainsView{Heading: web.Heading{Title: "注销域名跟踪", Lead: "注销后的域名可能被他人抢注，用来假冒。跟踪期内系统每天只查询域名解析，不访问这些网址；又能解析的列为待核实。"},
		Filter: web.Filter{Action: domainsPath + "/watch", Total: total, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "域名、网站或单位"}}},
		Table: web.Table{Caption: "跟踪中的域名", Quiet: true, Columns: []web.Column{{Head: "域名", Wide: true}, {Head: "原持有单位"}, {Head: "注销日期"}, {Head: "跟踪至"}, {Head: "最近查看"}},
			Empty: web.Empty{Title: "没有跟踪中的域名", Text: "域名注销完成后会自动列在这里。"}}}
	for _, d := range list {
		seen := web.Text("还没有查看")
		row := web.Row{}
		if !d.LastSeenAt.IsZero() {
			seen = web.Text(d.LastSeen)
			seen.Note = web.Minute(d.LastSeenAt)
			if d.LastSeenAlarm {
				seen.Tags, row.Kind = []web.Tag{{Kind: web.Danger, Text: "已被他人使用"}}, web.Danger
			}
		}
		row.Cells = []web.Cell{hostCell(d), web.Text(d.UnitName), web.Day(d.ReleasedOn), web.DueCell(d.WatchUntil, today), seen}
		row.Cells[3].Tags = nil
		v.Table.Rows = append(v.Table.Rows, row)
	}
	return v
}

var (
	sampleDomain = registry.Domain{ID: "01JDD", Host: "www.yanta.gov.cn", Shown: "www.yanta.gov.cn", Kind: registry.EnglishDomain, Main: true, Site: "01JDS", SiteName: "雁塔区人民政府", Unit: "01JDU", UnitName: "雁塔区人民政府办公室",
		State: registry.DomainActive, Registrar: "中央网信办中国互联网络信息中心", RegisteredOn: calendar.Date{Year: 2019, Month: 5, Day: 1}, ExpiresOn: calendar.Date{Year: 2026, Month: 5, Day: 1}, NS: []string{"ns1.example.cn", "ns2.example.cn"}}
	goneDomain = registry.Domain{ID: "01JDE", Host: "old.yanta.gov.cn", Shown: "old.yanta.gov.cn", Kind: registry.EnglishDomain, Unit: "01JDU", UnitName: "雁塔区人民政府办公室", State: registry.DomainCancelled,
		ReleasedOn: calendar.Date{Year: 2025, Month: 5, Day: 1}, WatchUntil: calendar.Date{Year: 2030, Month: 5, Day: 1}, LastSeen: "解析到境外地址，页面为博彩内容", LastSeenAt: time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC), LastSeenAlarm: true}
	hostileDomain = registry.Domain{ID: `"><script>`, Host: `javascript:alert(1)`, Shown: `<script>alert(1)</script>`, Kind: `<b>`, Site: `"`, SiteName: `<script>`, UnitName: `<b>`, State: `<u>`, Purpose: `<i>`, Registrar: `</dd>`,
		LastSeen: `<script>`, LastSeenAt: time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC), NS: []string{`<b>`}, CaseID: `"><script>`}
	sampleToday = calendar.Date{Year: 2026, Month: 3, Day: 9}
)

var domainsPage = web.Define(views, "views/domains.html",
	newTombstonesView(nil, 0, sampleToday), newTombstonesView([]registry.Domain{goneDomain, hostileDomain}, 2, sampleToday),
)

// domainQuery reads the conditions that only domains have.
func domainQuery(q url.Values) registry.DomainFilter {
	f := registry.DomainFilter{Kind: registry.DomainKind(q.Get("kind")), NoSite: q.Get("site") == "none"}
	if n, err := strconv.Atoi(q.Get("expiring")); err == nil && n > 0 && n <= 3660 {
		f.Expiring = n
	}
	return f
}

// domainsOn reads the list as on a day.
func (h *Handler) domainsOn(today calendar.Date) func(ctx context.Context, scope authz.Scope, n registry.ListQuery) (registry.ListPage[registry.Domain], error) {
	return func(ctx context.Context, scope authz.Scope, n registry.ListQuery) (registry.ListPage[registry.Domain], error) {
		n.Domain.Today = today
		return h.registry.DomainList(ctx, scope, n)
	}
}

func (h *Handler) domains(w http.ResponseWriter, r *http.Request) error {
	today := web.FrameOf(r).Today
	areas, err := h.areaOptions(r.Context(), authz.ScopeFrom(r.Context()), org.AreaID(r.URL.Query().Get("area")))
	if err != nil {
		return err
	}
	v, err := listed(h, r, domainLedger(today), domainFilterView(areas), h.domainsOn(today))
	if err != nil {
		return err
	}
	if may(r, authz.RegistryBaseline) {
		v.Heading.Acts = append([]web.Act{{Text: "登记存量域名", Href: domainsPath + "/new", Primary: true}}, v.Heading.Acts...)
	}
	return listPage.Render(w, r, v)
}

func (h *Handler) tombstones(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, today := r.Context(), authz.ScopeFrom(r.Context()), web.FrameOf(r).Today
	f := registry.DomainFilter{Text: strings.TrimSpace(r.URL.Query().Get("q")), Watched: true, Today: today, Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage}
	list, total, err := h.registry.Domains(ctx, scope, f)
	if err != nil {
		return err
	}
	pager := web.PagerOf(r, total, perPage)
	if len(list) == 0 && total > 0 { // a page beyond the end
		f.Offset = pager.Offset()
		if list, _, err = h.registry.Domains(ctx, scope, f); err != nil {
			return err
		}
	}
	v := newTombstonesView(list, total, today)
	v.Filter.Fill(r.URL.Query())
	v.Pager = pager
	return domainsPage.Render(w, r, v)
}

// exportDomains is the list as it is on screen. Who took what out is in the
// trail.
func (h *Handler) exportDomains(w http.ResponseWriter, r *http.Request) error {
	today := web.FrameOf(r).Today
	return takeOut(h, w, r, domainLedger(today), h.domainsOn(today))
}

// domainView is GET /console/domains/{id}.
type domainView struct {
	Heading web.Heading
	Alerts  []web.Alert
	Facts   web.Summary
	Dates   web.Summary
	Expect  web.Summary
	Form    web.Breaches
	Duties  web.Table
	Acts    []web.Link
	Changes web.Table
	History web.Timeline
	name    string
}

// Title of the document.
func (v domainView) Title() string { return v.name }

// Crumbs of the page.
func (v domainView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: home}, {Name: "域名台账", Href: domainsPath}, {Name: v.name}}
}

// domainActs are the acts of a domain's state with what they need.
var domainActs = []struct {
	act, lead string
	document  bool // the paper is required
}{
	{"activate", "域名已注册完成，开始使用。", false},
	{"suspend", "域名仍然持有，暂时不解析。", false},
	{"restore", "恢复解析。", false},
	{"begin_cancel", "停止使用的域名要申请注销（第十条）。注册、变更、注销由设区市政府办公厅（室）审核；经审批的事项会自动登记，这里只登记本系统启用前已获批的。", true},
	{"cancel", "注销完成后域名转入跟踪名单，网站上的域名同时清空。", true},
	{"keep", "不再注销，恢复为在用。", false},
	{"strike", "登记有误才撤销；真正注销的请用“启动注销”。撤销后不再跟踪。", false},
}

type domainFacts struct {
	domain   registry.Domain
	siblings []registry.Domain
	breaches []rules.Breach
	like     string
	history  []registry.Change
	steps    []passage.Step
	related  related
	manage   bool
	baseline bool
	unit     bool
	today    calendar.Date
}

func newDomainView(f domainFacts) domainView {
	d := f.domain
	origins := registry.Origins(f.history)
	v := domainView{name: d.Shown, Heading: web.Heading{Above: d.Kind.Name(), Title: d.Shown, Tags: []web.Tag{domainTag(d)}}}
	if d.Host != d.Shown {
		v.Heading.Lead = d.Host
	}
	if d.Main {
		v.Heading.Tags = append(v.Heading.Tags, web.Tag{Kind: web.Info, Text: "主域名"})
	}
	if d.Host == "" {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Danger, Title: "不是有效的域名", Text: "“" + d.Shown + "”不能解析，请在网站的“修改标识”中更正。"})
	}
	if d.Tombstone(f.today) {
		a := web.Alert{Kind: web.Info, Title: "已注销，跟踪至 " + d.WatchUntil.String(), Text: cmp.Or(d.LastSeen, "还没有查看。")}
		if d.LastSeenAlarm {
			a.Kind, a.Title = web.Danger, "已注销的域名被他人使用"
		}
		v.Alerts = append(v.Alerts, a)
	}
	if d.State != registry.DomainCancelled {
		for _, s := range registry.Doubles(f.siblings) {
			v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: "超过一中一英", Text: s})
		}
		if f.like != "" {
			v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: "与另一个官方域名近似", Text: "公众可能把 " + d.Shown + " 与 " + f.like + " 混淆，请核对是否登记正确。"})
		}
	}
	holder := web.Term{Name: "持有单位", Text: d.UnitName}
	if f.unit {
		holder.Href = "/console/units/" + string(d.Unit)
	}
	site := web.Term{Name: "所属网站", Text: d.SiteName}
	if d.Site != "" {
		site.Href = "/console/sites/" + string(d.Site)
	} else {
		site = term("用途", d.Purpose, "purpose", origins)
	}
	v.Facts = web.Summary{Title: "域名信息", Wide: true, Terms: []web.Term{holder, site,
		term("注册服务机构", d.Registrar, "registrar", origins), term("ICP备案编号", d.ICP, "icp", origins), {Name: "核对确认", Text: dayText(d.ConfirmedOn)}}}
	if d.CaseID != "" {
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "批准事项", Text: "查看审批", Href: "/console/cases/" + d.CaseID})
	}
	expires, cert := term("到期日期", dayText(d.ExpiresOn), "expires_on", origins), term("证书到期日期", dayText(d.CertExpiresOn), "cert_expires_on", origins)
	if d.State != registry.DomainCancelled {
		if !d.ExpiresOn.IsZero() {
			expires.Tags = []web.Tag{web.DueTag(d.ExpiresOn, f.today)}
		}
		if !d.CertExpiresOn.IsZero() {
			cert.Tags = []web.Tag{web.DueTag(d.CertExpiresOn, f.today)}
		}
	}
	v.Dates = web.Summary{Title: "期限", Terms: []web.Term{term("注册日期", dayText(d.RegisteredOn), "registered_on", origins), expires, term("证书颁发机构", d.CertIssuer, "cert_issuer", origins), cert}}
	if d.State == registry.DomainCancelled {
		v.Dates.Terms = append(v.Dates.Terms, web.Term{Name: "注销日期", Text: dayText(d.ReleasedOn)}, web.Term{Name: "跟踪至", Text: dayText(d.WatchUntil)})
	}
	v.Expect = web.Summary{Title: "应有的解析", Terms: []web.Term{term("域名服务器", strings.Join(d.NS, "、"), "ns", origins), term("解析地址", strings.Join(d.Addresses, "、"), "addresses", origins), term("允许的别名", strings.Join(d.CNAME, "、"), "cname", origins)}}
	if d.State != registry.DomainCancelled {
		v.Form = web.Breaches{Title: "域名形式（" + gbh2018.Instrument + "）"}
		for _, b := range f.breaches {
			reason := b.Reason()
			v.Form.Items = append(v.Form.Items, web.Breach{ID: reason.ID, Citation: reason.Citation, Says: reason.Says})
		}
		if len(f.breaches) == 0 {
			v.Form.Items = []web.Breach{{OK: true, ID: "S10.1", Citation: gbh2018.Instrument, Says: "后缀和结构符合规定。"}}
		}
	}
	if f.manage && d.State != registry.DomainCancelled {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "修改", Href: d.Link() + "/edit", Primary: true})
	}
	if f.baseline {
		for _, a := range domainActs {
			if registry.DomainMachine.Can(d.State, a.act) {
				v.Acts = append(v.Acts, web.Link{Text: registry.DomainMachine.ActName(a.act), Href: d.Link() + "/acts/" + a.act, Note: d.Shown})
			}
		}
		if d.Tombstone(f.today) {
			v.Acts = append(v.Acts, web.Link{Text: "登记查看情况", Href: d.Link() + "/acts/look", Note: d.Shown})
		}
	}
	v.Duties = f.related.Duties
	v.Changes = changesTable(f.history)
	v.History = web.Timeline{Title: "状态记录", Events: stateEvents(registry.DomainMachine, f.steps)}
	return v
}

var domainPage = web.Define(views, "views/domain.html",
	newDomainView(domainFacts{domain: registry.Domain{ID: "1", Shown: "new.gov.cn", Host: "new.gov.cn", Kind: registry.EnglishDomain, State: registry.DomainApplying}, today: sampleToday}),
	newDomainView(domainFacts{domain: sampleDomain, manage: true, baseline: true, unit: true, today: sampleToday, like: "www.yantai.gov.cn", siblings: []registry.Domain{sampleDomain, {Shown: "yt.gov.cn", Kind: registry.EnglishDomain, State: registry.DomainActive}},
		breaches: []rules.Breach{gbh2018.PortalName.Breach("不是规定的结构。")}, history: []registry.Change{{Act: "1", Field: "expires_on", Was: "2025-05-01", Now: "2026-05-01", Why: "续费", Document: "发票 0001", Source: registry.ByPerson}}}),
	newDomainView(domainFacts{domain: goneDomain, baseline: true, today: sampleToday}),
	newDomainView(domainFacts{domain: hostileDomain, manage: true, baseline: true, unit: true, today: sampleToday, like: `<b>`, history: []registry.Change{{Act: `<b>`, Field: `<i>`, Was: `<b>`, Now: `"`, Why: `</p>`, CaseID: `"><script>`}}}),
)

func (h *Handler) domainOf(r *http.Request) (registry.Domain, error) {
	return h.registry.Domain(r.Context(), h.db, authz.ScopeFrom(r.Context()), registry.DomainID(r.PathValue("id")))
}

func (h *Handler) domain(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	d, err := h.domainOf(r)
	if err != nil {
		return err
	}
	f := domainFacts{domain: d, manage: d.In(scopeFor(r, authz.RegistryManage)), baseline: d.In(scopeFor(r, authz.RegistryBaseline)), unit: d.In(scopeFor(r, authz.OrgRead)), today: web.FrameOf(r).Today}
	if d.Site != "" {
		// A site sponsored by a unit beyond the scope shows no siblings.
		if f.siblings, err = h.registry.DomainsOf(ctx, h.db, scope, d.Site); err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	if d.Host != "" && d.State != registry.DomainCancelled {
		if f.breaches, err = h.registry.DomainBreaches(ctx, h.db, scope, d); err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		like, err := h.registry.Lookalikes(ctx, h.db, d.Host)
		if err != nil {
			return err
		}
		if like.Lookalike && like.Listed && like.Imitates != d.Host {
			f.like = registry.ShownHost(like.Imitates)
		}
	}
	if f.history, err = h.registry.DomainHistory(ctx, h.db, scope, d.ID); err != nil {
		return err
	}
	if f.steps, err = registry.DomainMachine.History(ctx, h.db, string(d.ID)); err != nil {
		return err
	}
	if f.related, err = h.related(r, "domain", string(d.ID), d.Unit); err != nil {
		return err
	}
	v := newDomainView(f)
	return domainPage.Render(w, r, v)
}

func domainTrail(d registry.Domain) []web.Crumb {
	return []web.Crumb{{Name: "域名台账", Href: domainsPath}, {Name: d.Shown, Href: d.Link()}}
}

func domainSections(d registry.Domain) []web.Section {
	return []web.Section{
		{Legend: "登记", Fields: []web.Field{
			{Name: "registrar", Label: "注册服务机构", Value: d.Registrar, Max: 100},
			{Kind: web.DateField, Name: "registered_on", Label: "注册日期", Value: dayText(d.RegisteredOn), Narrow: true},
			{Kind: web.DateField, Name: "expires_on", Label: "到期日期", Value: dayText(d.ExpiresOn), Narrow: true, Hint: "到期前 90、60、30、7 天提醒持有单位"},
			{Name: "icp", Label: "ICP备案编号", Value: d.ICP, Max: 60},
			{Name: "purpose", Label: "用途", Value: d.Purpose, Max: 200, Hint: "没有对应网站的域名写明用途，例如 备用、跳转、业务系统"},
		}},
		{Legend: "证书", Fields: []web.Field{
			{Name: "cert_issuer", Label: "证书颁发机构", Value: d.CertIssuer, Max: 100},
			{Kind: web.DateField, Name: "cert_expires_on", Label: "证书到期日期", Value: dayText(d.CertExpiresOn), Narrow: true},
		}},
		{Legend: "应有的解析", Hint: "与实际解析比对用；一行一个或用空格分开。", Fields: []web.Field{
			{Kind: web.TextArea, Name: "ns", Label: "域名服务器", Value: strings.Join(d.NS, "\n"), Rows: 2, Max: 1000},
			{Kind: web.TextArea, Name: "addresses", Label: "解析地址", Value: strings.Join(d.Addresses, "\n"), Rows: 2, Max: 1000, Hint: "IPv4 和 IPv6 地址"},
			{Kind: web.TextArea, Name: "cname", Label: "允许的别名", Value: strings.Join(d.CNAME, "\n"), Rows: 2, Max: 1000, Hint: "例如内容分发服务给出的别名"},
		}},
	}
}

func newDomainForm(d registry.Domain) formView {
	v := formView{Heading: web.Heading{Title: "修改域名记录", Lead: "域名本身写错了在网站的“修改标识”中更正；改用新域名要办理域名变更。"}, Trail: domainTrail(d),
		Form: web.Form{Key: "domain-" + string(d.ID), Sections: append(domainSections(d), whySection()), Buttons: []web.Button{{Label: "核对改动"}}, Cancel: web.Link{Text: "取消", Href: d.Link()}}}
	v.Form.Sections[0].Fields = append(v.Form.Sections[0].Fields, seenAt(d.UpdatedAt))
	return v
}

func domainFieldsOf(r *http.Request, d *dates) registry.DomainFields {
	list := func(name string) []string {
		return strings.Fields(strings.NewReplacer(",", " ", "，", " ", "、", " ", ";", " ", "；", " ").Replace(strings.ToLower(r.PostFormValue(name))))
	}
	return registry.DomainFields{Purpose: typed(r, "purpose"), Registrar: typed(r, "registrar"), ICP: typed(r, "icp"), CertIssuer: typed(r, "cert_issuer"),
		RegisteredOn: d.get("registered_on"), ExpiresOn: d.get("expires_on"), CertExpiresOn: d.get("cert_expires_on"), NS: list("ns"), Addresses: list("addresses"), CNAME: list("cname")}
}

func (h *Handler) showDomain(w http.ResponseWriter, r *http.Request) error {
	d, err := h.domainOf(r)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, newDomainForm(d))
}

func (h *Handler) setDomain(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	d, err := h.domainOf(r)
	if err != nil {
		return err
	}
	seen, err := seenOf(r)
	if err != nil {
		return err
	}
	v := newDomainForm(d)
	on := dates{r: r}
	n := domainFieldsOf(r, &on)
	if err := on.f.Err(); err != nil {
		return again(w, r, v, err)
	}
	changes := d.Diff(n)
	if len(changes) == 0 && d.UpdatedAt.Equal(seen) {
		return web.Done(w, r, d.Link(), "没有改动，记录保持原样。")
	}
	done, err := h.saveAsked(w, r, v, changes, func() time.Time {
		now, err := h.domainOf(r)
		if err != nil {
			return time.Time{}
		}
		return now.UpdatedAt
	}, func(tx *db.Tx) error {
		_, err := h.registry.SetDomain(ctx, tx, scope, d.ID, n, whyOf(r), seen)
		return err
	})
	if err != nil || !done {
		return err
	}
	return web.Done(w, r, d.Link(), "已保存 "+count(len(changes))+" 处改动。")
}

// newDomainEntry is the form by which a domain that existed before the ledger
// is entered.
func newDomainEntry() formView {
	v := formView{Heading: web.Heading{Title: "登记存量域名", Lead: "只登记本系统启用前已经持有的域名；新注册、变更、注销要先经审批（第十条）。"}, Trail: []web.Crumb{{Name: "域名台账", Href: domainsPath}},
		Form: web.Form{Key: "domain-new", Buttons: []web.Button{{Label: "登记入台账"}}, Cancel: web.Link{Text: "取消", Href: domainsPath}}}
	v.Form.Sections = append([]web.Section{{Legend: "域名", Fields: []web.Field{
		{Name: "host", Label: "域名", Required: true, Max: 253, Hint: "例如 www.example.gov.cn 或 某某.政务"},
		{Name: "unit", Label: "持有单位", Required: true, Max: 100, Hint: "单位台账中的全称"},
		{Name: "site_host", Label: "所属网站的域名", Max: 253, Hint: "网站台账中登记的英文域名；备用或其他用途的域名不填"},
		{Kind: web.Check, Name: "main", Label: "是这个网站的主域名"},
	}}}, append(domainSections(registry.Domain{}), web.Section{Legend: "存量依据", Fields: whySection().Fields})...)
	return v
}

func (h *Handler) showNewDomain(w http.ResponseWriter, r *http.Request) error {
	return formPage.Render(w, r, newDomainEntry())
}

func (h *Handler) newDomain(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	on := dates{r: r}
	n := domainFieldsOf(r, &on)
	d := registry.Domain{Host: typed(r, "host"), Main: r.PostFormValue("main") != "", Purpose: n.Purpose, Registrar: n.Registrar, ICP: n.ICP, CertIssuer: n.CertIssuer, RegisteredOn: n.RegisteredOn, ExpiresOn: n.ExpiresOn,
		CertExpiresOn: n.CertExpiresOn, NS: n.NS, Addresses: n.Addresses, CNAME: n.CNAME, Source: "存量登记"}
	if !d.CertExpiresOn.IsZero() {
		d.CertSource = registry.ByPerson
	}
	err := on.f.Err()
	if err == nil {
		var u org.Unit
		u, err = h.unitTyped(r)
		d.Unit = u.ID
	}
	if at := typed(r, "site_host"); err == nil && at != "" {
		var host string
		if host, err = registry.NormalizeHost(at); err == nil {
			var s registry.Site
			if s, err = h.registry.SiteByHost(ctx, h.db, scope, host); fault.Is(err, fault.NotFound) {
				err = fault.Newf(fault.Invalid, "管辖范围内没有域名为 %s 的网站。", host)
			}
			d.Site = s.ID
		}
		if err != nil && web.Mendable(err) {
			err = fault.New(fault.Invalid, fault.Of(err).Says).On("site_host", "请填写网站台账中登记的英文域名")
		}
	}
	if err == nil {
		err = h.db.Update(ctx, func(tx *db.Tx) error {
			var err error
			d, err = h.registry.AddDomain(ctx, tx, scope, d, whyOf(r))
			return err
		})
	}
	if web.Mendable(err) {
		return again(w, r, newDomainEntry(), err)
	}
	if err != nil {
		return err
	}
	said := "已登记域名 " + d.Shown + "。"
	if d.Kind == registry.OtherDomain {
		said += "后缀不合规定（" + gbh2018.Instrument + "），请列入整改。"
	}
	return web.Done(w, r, d.Link(), said)
}

func newDomainActForm(d registry.Domain, act string) (formView, bool) {
	if act == "look" {
		return formView{Heading: web.Heading{Title: "登记查看情况", Lead: "写明今天看到的：是否还能解析、解析到哪里、页面是什么。"}, Trail: domainTrail(d),
			Form: web.Form{Buttons: []web.Button{{Label: "登记查看情况"}}, Cancel: web.Link{Text: "取消", Href: d.Link()}, Sections: []web.Section{{Fields: []web.Field{
				{Kind: web.TextArea, Name: "says", Label: "看到的情况", Required: true, Rows: 3, Max: 300},
				{Kind: web.Check, Name: "alarm", Label: "已被他人使用"},
			}}}}}, true
	}
	for _, a := range domainActs {
		if a.act != act {
			continue
		}
		name := registry.DomainMachine.ActName(act)
		why := whySection()
		why.Fields[1].Required = a.document
		if a.act == "cancel" {
			why.Fields[1].Label, why.Fields[1].Hint = "注销证明", "注销回执的文号或名称"
		}
		button := web.Button{Label: name}
		if act == "cancel" || act == "strike" {
			button.Kind = web.Danger
		}
		return formView{Heading: web.Heading{Title: name, Above: d.Shown, Lead: a.lead}, Trail: domainTrail(d),
			Form: web.Form{Buttons: []web.Button{button}, Cancel: web.Link{Text: "取消", Href: d.Link()}, Sections: []web.Section{why}}}, true
	}
	return formView{}, false
}

func (h *Handler) showDomainAct(w http.ResponseWriter, r *http.Request) error {
	d, err := h.domainOf(r)
	if err != nil {
		return err
	}
	v, ok := newDomainActForm(d, r.PathValue("act"))
	if !ok {
		return fault.Missing("办理事项")
	}
	return formPage.Render(w, r, v)
}

func (h *Handler) domainAct(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, act := r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("act")
	d, err := h.domainOf(r)
	if err != nil {
		return err
	}
	v, ok := newDomainActForm(d, act)
	if !ok {
		return fault.Missing("办理事项")
	}
	why := whyOf(r)
	err = h.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		switch act {
		case "look":
			return h.registry.SeeTombstone(ctx, tx, scope, d.ID, typed(r, "says"), r.PostFormValue("alarm") != "")
		case "activate":
			d, err = h.registry.ActivateDomain(ctx, tx, scope, d.ID, why)
		case "suspend":
			d, err = h.registry.SuspendDomain(ctx, tx, scope, d.ID, why)
		case "restore":
			d, err = h.registry.RestoreDomain(ctx, tx, scope, d.ID, why)
		case "begin_cancel":
			if why.Document == "" {
				return fault.New(fault.Invalid, "启动注销要有批准文件。").On("document", "请填写批准文件的文号")
			}
			d, err = h.registry.BeginCancel(ctx, tx, scope, d.ID, why)
		case "cancel":
			d, err = h.registry.CancelDomain(ctx, tx, scope, d.ID, why)
		case "keep":
			d, err = h.registry.KeepDomain(ctx, tx, scope, d.ID, why)
		case "strike":
			d, err = h.registry.StrikeDomain(ctx, tx, scope, d.ID, why)
		}
		return err
	})
	if web.Mendable(err) {
		return again(w, r, v, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, d.Link(), v.Heading.Title+"已登记。")
}
