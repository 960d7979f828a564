package registryweb

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

// siteView is GET /console/sites/{id}.
type siteView struct {
	Heading     web.Heading
	Wrong       web.ErrorSummary
	Gap         web.Alert
	Facts       web.Summary
	Identifiers web.Summary
	Functions   web.Summary
	Columns     web.Table
	Domains     web.Table
	Doubles     []web.Alert
	People      web.Summary
	Naming      web.Breaches
	Former      web.Table
	Duties      web.Table
	Cases       []web.Link
	Links       []web.Link
	Beside      []web.Component // what modules above hold of it
	Monitor     monitorView
	Changes     web.Table
	History     web.Timeline
	name        string
}

// monitorView is the switch of monitoring.
type monitorView struct {
	Says    string
	Action  string // "" when the person may not switch it
	On      bool
	Reality string // where the site is held against what is to be seen; "" when it may not be
}

// Title of the document.
func (v siteView) Title() string { return v.name }

// Crumbs of the page.
func (v siteView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: home}, {Name: "站点台账", Href: sitesPath}, {Name: v.name}}
}

// sitePage's acts, by what the person may do with this site.
type siteMay struct {
	identify, columns, monitor, launch, score, findings, releases, unit, reality bool
}

func yesNo(b bool) string {
	if b {
		return "是"
	}
	return "否"
}

// siteFacts are what the page of a site is made of.
type siteFacts struct {
	columns    []registry.Column
	steps      []passage.Step
	trail      []audit.Row // changes from before there was a history of fields
	history    []registry.Change
	domains    []registry.Domain
	former     []registry.FormerName
	naming     registry.Named
	supervisor org.Unit
	line       org.Unit
	related    related
	pages      []web.Link
	beside     []web.Component
	today      calendar.Date
}

func newSiteView(s registry.Site, f siteFacts, m siteMay) siteView {
	columns, origins := f.columns, registry.Origins(f.history)
	v := siteView{name: s.Name,
		Heading: web.Heading{Above: s.Kind.Name(), Title: s.Name, Lead: s.Host, Tags: []web.Tag{stateTag(s)}},
		Facts: web.Summary{Title: "基本数据", Wide: true, Terms: []web.Term{
			{Name: "主办单位", Text: s.UnitName}, {Name: "区划代码", Text: s.AreaCode}, term("联系方式", s.Contact, "contact", origins), term("办公地址", s.Address, "address", origins),
			{Name: "由本平台承载", Text: yesNo(s.Hosted)}, {Name: "站点简称", Text: s.Slug}, {Name: "上线日期", Text: dayText(s.LaunchedOn)}, {Name: "来源", Text: strings.TrimSpace(s.Source + " " + s.SourceRef)},
			{Name: "核对确认", Text: dayText(s.ConfirmedOn)},
		}},
		Columns: web.Table{Caption: "栏目", Columns: []web.Column{{Head: "栏目", Wide: true}, {Head: "类别"}, {Head: "责任人"}, {Head: "A 岗"}, {Head: "B 岗"}, {Head: "更新周期", Number: true}},
			Empty: web.Empty{Title: "还没有栏目", Text: "每个栏目要有责任人、A 岗、B 岗和更新周期（第十九条）。"}},
	}
	if m.unit {
		v.Facts.Terms[0].Href = "/console/units/" + string(s.Unit)
	}
	if s.CaseID != "" {
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "批准事项", Text: "查看审批", Href: "/console/cases/" + s.CaseID})
	}
	v.People = web.Summary{Title: "监管单位", Terms: []web.Term{supervisorTerm(f.supervisor), lineTerm(f.line)}}
	v.Domains = siteDomains(f.domains, f.today)
	for _, says := range registry.Doubles(f.domains) {
		v.Doubles = append(v.Doubles, web.Alert{Kind: web.Warn, Title: "超过一中一英", Text: says})
	}
	if s.State != registry.Exited && s.State != registry.Closed {
		v.Naming = namingBreaches(f.naming)
	}
	v.Former, v.Duties, v.Cases = formerTable(f.former), f.related.Duties, f.related.Cases
	if missing := s.Gaps(); len(missing) > 0 {
		v.Gap = web.Alert{Kind: web.Warn, Title: "还缺 " + count(len(missing)) + " 项标识", Text: "缺：" + strings.Join(missing, "、") + "。"}
		if m.identify {
			v.Gap.Links = []web.Link{{Text: "补填标识", Href: s.Link() + "/identifiers"}}
		}
	}
	v.Identifiers = web.Summary{Title: "标识和备案", Terms: []web.Term{
		term("政府网站标识码", s.SiteCode, "site_code", nil), term("英文域名", s.Host, "host", origins), term("中文域名", s.ChineseDomain, "chinese_domain", origins), term("ICP备案编号", s.ICP, "icp", origins),
		term("公安备案编号", s.PoliceFiling, "police_filing", origins), term("党政机关网站标识", s.PartyGovMark, "party_gov_mark", origins),
	}}
	if says, wrong := s.CodeMeaning(); says != "" {
		v.Identifiers.Terms[0].Note = says
		if wrong != nil {
			v.Identifiers.Terms[0].Tags = []web.Tag{{Kind: web.Danger, Text: "与第七条（三）不符"}}
			v.Identifiers.Terms[0].Note += fault.Of(wrong).Says
			for _, reason := range fault.Of(wrong).Reasons {
				if !strings.Contains(v.Identifiers.Terms[0].Note, reason.Says) {
					v.Identifiers.Terms[0].Note += reason.Says
				}
			}
		} else {
			v.Identifiers.Terms[0].Tags = []web.Tag{{Kind: web.Good, Text: "与所在区划一致"}}
		}
	}
	sourced(&v.Identifiers.Terms[0], "site_code", origins)
	v.Functions = web.Summary{Title: "五项功能（第三条）"}
	for _, f := range s.Functions(columns) {
		term := web.Term{Name: f.Name, Text: strings.Join(f.By, "、")}
		switch {
		case f.Present():
			term.Tags = []web.Tag{{Kind: web.Good, Text: "已有"}}
		case len(columns) == 0 && !s.Hosted: // what it has was never entered
			term.Text, term.Tags = "没有登记栏目，不能判断", []web.Tag{{Kind: web.Warn, Text: "待登记"}}
		case s.Kind == registry.Portal:
			term.Text, term.Tags = "没有栏目承担", []web.Tag{{Kind: web.Danger, Text: "缺少"}}
		default:
			term.Text = "没有栏目承担"
		}
		v.Functions.Terms = append(v.Functions.Terms, term)
	}
	for _, c := range columns {
		name := web.Text(c.Name)
		name.Note = c.Description
		v.Columns.Rows = append(v.Columns.Rows, web.Row{Cells: []web.Cell{name, web.Text(c.Type), web.Text(c.OwnerName), web.Text(c.AName), web.Text(c.BName), web.Text(strconv.Itoa(c.CycleDays) + " 天")}})
	}
	v.Monitor = monitorView{On: s.Monitored, Says: "未开启：系统不会访问这个站点。"}
	if s.Monitored {
		v.Monitor.Says = "已开启：系统按计划访问 " + s.Host + "，检查可用性、更新和内容。"
	}
	if m.reality && s.Monitored && s.State == registry.Running {
		v.Monitor.Reality = s.Link() + "/reality"
	}
	if m.monitor {
		v.Monitor.Action = s.Link() + "/monitor"
	}
	if m.identify {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "修改标识", Href: s.Link() + "/identifiers", Primary: true})
	}
	if m.columns {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "新增栏目", Href: s.Link() + "/columns/new"})
	}
	for _, l := range []struct {
		may        bool
		text, href string
	}{
		{m.launch, "上线清单", s.Link() + "/launch"}, {m.score, "考核得分", s.Link() + "/score"}, {m.releases, "发布版本", s.Link() + "/releases"}, {m.releases, "网站外观", s.Link() + "/appearance"},
		{m.releases, "访问统计", s.Link() + "/visits"}, {m.releases && m.findings, "防篡改", s.Link() + "/integrity"},
		{m.findings, "检查发现的问题", "/console/findings?" + url.Values{"site": {string(s.ID)}}.Encode()},
	} {
		if l.may {
			v.Links = append(v.Links, web.Link{Text: l.text, Href: l.href})
		}
	}
	v.Links, v.Beside = append(v.Links, f.pages...), f.beside
	v.Changes = changesTable(f.history)
	v.History = historyOf(f.steps, f.trail, f.history)
	return v
}

// trailNames are the fields of a site as the trail names them.
var trailNames = map[string]string{
	"Name": "站点名称", "Host": "英文域名", "ChineseDomain": "中文域名", "SiteCode": "政府网站标识码", "ICP": "ICP备案编号", "PoliceFiling": "公安备案编号", "PartyGovMark": "党政机关网站标识",
	"Contact": "联系方式", "Address": "办公地址", "Slug": "站点简称", "Hosted": "由本平台承载", "Monitored": "监测", "": "监测",
}

// siteDomains lists a site's domains.
func siteDomains(list []registry.Domain, today calendar.Date) web.Table {
	t := web.Table{Caption: "域名", Columns: []web.Column{{Head: "域名", Wide: true}, {Head: "类别"}, {Head: "到期日期"}, {Head: "状态"}},
		Empty: web.Empty{Title: "还没有登记域名", Text: "在“修改标识”中填写英文域名和中文域名。"}}
	for _, d := range list {
		kind := web.Text(d.Kind.Name())
		if d.Main {
			kind.Tags = []web.Tag{{Kind: web.Info, Text: "主域名"}}
		}
		until := web.Text("未登记")
		if !d.ExpiresOn.IsZero() {
			until = web.DueCell(d.ExpiresOn, today)
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{hostCell(d), kind, until, web.Tagged(domainTag(d))}})
	}
	return t
}

// historyOf joins the passages of state with the changes of fields, newest
// first. What was changed before the ledger kept a history of its own is told
// by the trail.
func historyOf(steps []passage.Step, trail []audit.Row, history []registry.Change) web.Timeline {
	t := web.Timeline{Title: "状态记录", Events: stateEvents(registry.SiteMachine, steps)}
	for _, row := range trail {
		if !slices.Contains([]string{"registry.site.change", "registry.site.monitor"}, row.Act) {
			continue // a passage tells it already
		}
		if n := len(history); n > 0 && !row.At.Before(history[n-1].At) {
			continue // the history tells it
		}
		var says []string
		for _, c := range row.Changes() {
			if name := trailNames[c.Field]; name != "" {
				says = append(says, name+"：“"+orNone(c.Before)+"”改为“"+orNone(c.After)+"”")
			}
		}
		t.Events = append(t.Events, web.Event{At: row.At, Title: audit.ActName(row.Act), Who: row.Actor.Name, Text: strings.Join(says, "；")})
	}
	slices.SortStableFunc(t.Events, func(a, b web.Event) int { return cmp.Compare(b.At.UnixMicro(), a.At.UnixMicro()) })
	return t
}

func orNone(s string) string {
	if s == "" {
		return "空"
	}
	return s
}

var sitePage = web.Define(views, "views/site.html",
	newSiteView(registry.Site{ID: "1", Name: "新站", State: registry.Planned}, siteFacts{}, siteMay{}),
	newSiteView(sampleSite, siteFacts{columns: []registry.Column{{Name: "通知公告", Type: "通知公告", Description: "发布本区的通知和公告", OwnerName: "周敏", AName: "李强", BName: "王芳", CycleDays: 7}},
		steps:   []passage.Step{{Act: "enter", To: registry.Running, ActorName: "林知远", Note: "存量登记", CaseID: "01JDC"}},
		trail:   []audit.Row{{Act: "registry.site.change", Before: `{"ICP":""}`, After: `{"ICP":"陕ICP备05000001号"}`}},
		history: []registry.Change{{Act: "1", Field: "icp", Was: "", Now: "陕ICP备05000001号", Why: "补录", Source: registry.ByPerson, Actor: "周敏", At: time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)}},
		domains: []registry.Domain{sampleDomain, goneDomain}, former: []registry.FormerName{{Name: "雁塔政府网", Until: sampleToday}}, supervisor: org.Unit{Name: "西安市人民政府办公厅"}, today: sampleToday,
		pages: []web.Link{{Text: "生命周期", Href: "/console/sites/1/lifecycle"}}},
		siteMay{identify: true, columns: true, monitor: true, launch: true, score: true, findings: true, releases: true, unit: true}),
	func() siteView {
		v := newSiteView(hostileSite, siteFacts{columns: []registry.Column{{Name: `<script>`, Type: `"`}}, steps: []passage.Step{{Act: `<b>`, To: `<i>`, Note: `</p>`, CaseID: `"><script>`}},
			trail: []audit.Row{{Act: "registry.site.change", Before: `{"Name":"<b>"}`, After: `{"Name":"\"'"}`}}, domains: []registry.Domain{hostileDomain}, former: []registry.FormerName{{Name: `<b>`}}, naming: registry.Named{Like: []string{`<b>`}}},
			siteMay{identify: true, monitor: true, findings: true, unit: true})
		v.Wrong = web.ErrorSummary{Title: "有内容需要改正", Says: `<script>`}
		return v
	}(),
)

func (h *Handler) site(w http.ResponseWriter, r *http.Request) error {
	return h.renderSite(w, r, authz.ScopeFrom(r.Context()), http.StatusOK, nil)
}

// renderSite shows the site's page, with what was wrong with the switch of
// monitoring. scope is of registry.read.
func (h *Handler) renderSite(w http.ResponseWriter, r *http.Request, scope authz.Scope, status int, wrong error) error {
	ctx := r.Context()
	s, err := h.registry.Site(ctx, scope, registry.SiteID(r.PathValue("id")))
	if err != nil {
		return err
	}
	columns, err := h.registry.Columns(ctx, h.db, scope, s.ID)
	if err != nil {
		return err
	}
	steps, err := registry.SiteMachine.History(ctx, h.db, string(s.ID))
	if err != nil {
		return err
	}
	trail, err := audit.Entries(ctx, h.db, audit.Filter{TargetKind: "site", TargetID: string(s.ID), Act: "registry.site.", Limit: 50})
	if err != nil {
		return err
	}
	f := siteFacts{columns: columns, steps: steps, trail: trail, today: web.FrameOf(r).Today}
	ref := registry.Ref{Kind: sx2021.Site, ID: string(s.ID)}
	if f.history, err = h.registry.History(ctx, h.db, scope, ref); err != nil {
		return err
	}
	if f.domains, err = h.registry.DomainsOf(ctx, h.db, scope, s.ID); err != nil {
		return err
	}
	if f.former, err = h.registry.FormerNames(ctx, h.db, scope, ref); err != nil {
		return err
	}
	if f.naming, err = h.registry.NamingOf(ctx, h.db, scope, ref); err != nil {
		return err
	}
	if f.supervisor, f.line, err = h.registry.Supervisors(ctx, h.db, scope, ref); err != nil {
		return err
	}
	if f.related, err = h.related(r, "site", string(s.ID), s.Unit); err != nil {
		return err
	}
	if f.beside, err = h.besides(r, ref); err != nil {
		return err
	}
	f.pages = append(h.pagesOf(r, ref), web.Link{Text: "台账年度核对", Href: registry.RecertifyLink(s.Unit)})
	v := newSiteView(s, f, siteMay{
		identify: s.In(scopeFor(r, authz.RegistryManage)), columns: s.In(scopeFor(r, authz.ColumnManage)), monitor: s.In(scopeFor(r, authz.MonitorSwitch)), reality: s.In(scopeFor(r, authz.InspectionRun)),
		launch: s.In(scopeFor(r, authz.LaunchManage)), score: s.In(scopeFor(r, authz.AssessmentRead)),
		findings: s.In(scopeFor(r, authz.InspectionRead)), releases: s.Hosted && s.In(scopeFor(r, authz.ItemRead)), unit: s.In(scopeFor(r, authz.OrgRead)),
	})
	if wrong != nil {
		var f web.Form
		f.Wrong(wrong)
		v.Wrong = f.Summary
	}
	return sitePage.RenderStatus(w, r, status, v)
}

func (h *Handler) monitor(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	s, err := h.registry.Site(ctx, scope, registry.SiteID(r.PathValue("id")))
	if err != nil {
		return err
	}
	on := r.PostFormValue("on")
	if on != "yes" && on != "no" {
		err = fault.New(fault.Invalid, "没有写明开启还是关闭监测，请用页面上的按钮操作。").On("on", "请选择开启或关闭")
	} else {
		err = h.db.Update(ctx, func(tx *db.Tx) error { return h.registry.SetMonitored(ctx, tx, scope, s.ID, on == "yes") })
	}
	if web.Mendable(err) {
		return h.renderSite(w, r, scopeFor(r, authz.RegistryRead), fault.Of(err).Kind.Status(), err)
	}
	if err != nil {
		return err
	}
	said := "已关闭对“" + s.Name + "”的监测，系统不再访问这个站点。"
	if on == "yes" {
		said = "已开启对“" + s.Name + "”的监测，将按计划检查 " + s.Host + "。"
	}
	return web.Done(w, r, s.Link(), said)
}
