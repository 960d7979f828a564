package registryweb

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
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
	Links       []web.Link
	Monitor     monitorView
	History     web.Timeline
	name        string
}

// monitorView is the switch of monitoring.
type monitorView struct {
	Says   string
	Action string // "" when the person may not switch it
	On     bool
}

// Title of the document.
func (v siteView) Title() string { return v.name }

// Crumbs of the page.
func (v siteView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: home}, {Name: "站点台账", Href: sitesPath}, {Name: v.name}}
}

// sitePage's acts, by what the person may do with this site.
type siteMay struct {
	identify, columns, monitor, launch, score, findings, releases, unit bool
}

func yesNo(b bool) string {
	if b {
		return "是"
	}
	return "否"
}

func newSiteView(s registry.Site, columns []registry.Column, steps []passage.Step, trail []audit.Row, m siteMay) siteView {
	v := siteView{name: s.Name,
		Heading: web.Heading{Above: s.Kind.Name(), Title: s.Name, Lead: s.Host, Tags: []web.Tag{stateTag(s)}},
		Facts: web.Summary{Title: "基本数据", Wide: true, Terms: []web.Term{
			{Name: "主办单位", Text: s.UnitName}, {Name: "区划代码", Text: s.AreaCode}, {Name: "联系方式", Text: s.Contact}, {Name: "办公地址", Text: s.Address},
			{Name: "由本平台承载", Text: yesNo(s.Hosted)}, {Name: "站点简称", Text: s.Slug}, {Name: "上线日期", Text: s.LaunchedOn.String()}, {Name: "来源", Text: strings.TrimSpace(s.Source + " " + s.SourceRef)},
		}},
		Columns: web.Table{Caption: "栏目", Columns: []web.Column{{Head: "栏目", Wide: true}, {Head: "类别"}, {Head: "责任人"}, {Head: "A 岗"}, {Head: "B 岗"}, {Head: "更新周期", Number: true}},
			Empty: web.Empty{Title: "还没有栏目", Text: "每个栏目要有责任人、A 岗、B 岗和更新周期（第十九条）。"}},
	}
	if m.unit {
		v.Facts.Terms[0].Href = "/console/units/" + string(s.Unit)
	}
	if s.LaunchedOn.IsZero() {
		v.Facts.Terms[6].Text = ""
	}
	if missing := s.Gaps(); len(missing) > 0 {
		v.Gap = web.Alert{Kind: web.Warn, Title: "还缺 " + count(len(missing)) + " 项标识", Text: "缺：" + strings.Join(missing, "、") + "。"}
		if m.identify {
			v.Gap.Links = []web.Link{{Text: "补填标识", Href: s.Link() + "/identifiers"}}
		}
	}
	v.Identifiers = web.Summary{Title: "标识和备案", Terms: []web.Term{
		{Name: "政府网站标识码", Text: s.SiteCode}, {Name: "英文域名", Text: s.Host}, {Name: "中文域名", Text: s.ChineseDomain}, {Name: "ICP备案编号", Text: s.ICP},
		{Name: "公安备案编号", Text: s.PoliceFiling}, {Name: "党政机关网站标识", Text: s.PartyGovMark},
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
	v.Functions = web.Summary{Title: "五项功能（第三条）"}
	for _, f := range s.Functions(columns) {
		term := web.Term{Name: f.Name, Text: strings.Join(f.By, "、")}
		switch {
		case f.Present():
			term.Tags = []web.Tag{{Kind: web.Good, Text: "已有"}}
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
		{m.launch, "上线清单", s.Link() + "/launch"}, {m.score, "考核得分", s.Link() + "/score"}, {m.releases, "发布版本", s.Link() + "/releases"},
		{m.findings, "检查发现的问题", "/console/findings?" + url.Values{"site": {string(s.ID)}}.Encode()},
	} {
		if l.may {
			v.Links = append(v.Links, web.Link{Text: l.text, Href: l.href})
		}
	}
	v.History = historyOf(steps, trail)
	return v
}

// fieldNames are the fields of a site whose changes a person reads.
var fieldNames = map[string]string{
	"Name": "站点名称", "Host": "英文域名", "ChineseDomain": "中文域名", "SiteCode": "政府网站标识码", "ICP": "ICP备案编号", "PoliceFiling": "公安备案编号", "PartyGovMark": "党政机关网站标识",
	"Contact": "联系方式", "Address": "办公地址", "Slug": "站点简称", "Hosted": "由本平台承载", "Monitored": "监测", "": "监测",
}

// historyOf joins the passages of state with the changes of fields, newest
// first.
func historyOf(steps []passage.Step, trail []audit.Row) web.Timeline {
	t := web.Timeline{Title: "变更记录"}
	for _, s := range steps {
		e := web.Event{At: s.At, Title: registry.SiteMachine.ActName(s.Act) + "：" + registry.SiteMachine.Name(s.To), Who: s.ActorName, Text: s.Note, Kind: web.Info}
		if s.CaseID != "" {
			e.Links = []web.Link{{Text: "审批事项", Href: "/console/cases/" + s.CaseID, Note: s.CaseID}}
		}
		t.Events = append(t.Events, e)
	}
	for _, row := range trail {
		if !slices.Contains([]string{"registry.site.change", "registry.site.monitor"}, row.Act) {
			continue // a passage tells it already
		}
		var says []string
		for _, c := range row.Changes() {
			if name := fieldNames[c.Field]; name != "" {
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
	newSiteView(registry.Site{ID: "1", Name: "新站", State: registry.Planned}, nil, nil, nil, siteMay{}),
	newSiteView(sampleSite, []registry.Column{{Name: "通知公告", Type: "通知公告", Description: "发布本区的通知和公告", OwnerName: "周敏", AName: "李强", BName: "王芳", CycleDays: 7}},
		[]passage.Step{{Act: "enter", To: registry.Running, ActorName: "林知远", Note: "存量登记", CaseID: "01JDC"}},
		[]audit.Row{{Act: "registry.site.change", Before: `{"ICP":""}`, After: `{"ICP":"陕ICP备05000001号"}`}},
		siteMay{identify: true, columns: true, monitor: true, launch: true, score: true, findings: true, releases: true, unit: true}),
	func() siteView {
		v := newSiteView(hostileSite, []registry.Column{{Name: `<script>`, Type: `"`}}, []passage.Step{{Act: `<b>`, To: `<i>`, Note: `</p>`, CaseID: `"><script>`}},
			[]audit.Row{{Act: "registry.site.change", Before: `{"Name":"<b>"}`, After: `{"Name":"\"'"}`}}, siteMay{identify: true, monitor: true, findings: true, unit: true})
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
	v := newSiteView(s, columns, steps, trail, siteMay{
		identify: s.In(scopeFor(r, authz.RegistryManage)), columns: s.In(scopeFor(r, authz.ColumnManage)), monitor: s.In(scopeFor(r, authz.MonitorSwitch)),
		launch: s.In(scopeFor(r, authz.LaunchManage)), score: s.In(scopeFor(r, authz.AssessmentRead)),
		findings: s.In(scopeFor(r, authz.InspectionRead)), releases: s.Hosted && s.In(scopeFor(r, authz.ItemRead)), unit: s.In(scopeFor(r, authz.OrgRead)),
	})
	v.History.Bar(r)
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
	if askable(err) {
		return h.renderSite(w, r, scopeFor(r, authz.RegistryRead), fault.Of(err).Kind.Status(), err)
	}
	if err != nil {
		return err
	}
	said := "已关闭对“" + s.Name + "”的监测，系统不再访问这个站点。"
	if on == "yes" {
		said = "已开启对“" + s.Name + "”的监测，系统将按计划访问 " + s.Host + "。"
	}
	return web.Done(w, r, s.Link(), said)
}
