package platformweb

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/percent"
	"zhengshu/internal/platform"
	"zhengshu/internal/protection"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules"
	"zhengshu/internal/web"
	"zhengshu/internal/web/picker"
)

const (
	platformsPath  = "/console/platforms"
	migrationsPath = "/console/migrations"
	perPage        = 20
	perTenants     = 50
	maxExport      = 20000
	trendDays      = 90
)

// Handler serves the screens.
type Handler struct {
	platforms  *platform.Service
	protection *protection.Service
	org        *org.Service
}

// New makes the handler.
func New(s *platform.Service, p *protection.Service, o *org.Service) *Handler {
	return &Handler{s, p, o}
}

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/platforms", Permit: authz.RegistryRead, Handle: h.list},
		{Pattern: "GET /console/platforms/new", Permit: authz.PlatformManage, Handle: h.showNew},
		{Pattern: "POST /console/platforms/new", Permit: authz.PlatformManage, Handle: h.add},
		{Pattern: "GET /console/platforms/{id}", Permit: authz.RegistryRead, Handle: h.show},
		{Pattern: "GET /console/platforms/{id}/change", Permit: authz.PlatformManage, Handle: h.showChange},
		{Pattern: "POST /console/platforms/{id}/change", Permit: authz.PlatformManage, Handle: h.change},
		{Pattern: "POST /console/platforms/{id}/retire", Permit: authz.PlatformManage, Handle: h.retire},
		{Pattern: "GET /console/platforms/{id}/tenants/{unit}", Permit: authz.RegistryRead, Handle: h.tenant},
		{Pattern: "POST /console/platforms/{id}/tenants/{unit}/limits", Permit: authz.PlatformManage, Handle: h.limits},
		{Pattern: "POST /console/platforms/{id}/tenants/{unit}/suspend", Permit: authz.PlatformManage, Handle: h.suspend},
		{Pattern: "POST /console/platforms/{id}/tenants/{unit}/resume", Permit: authz.PlatformManage, Handle: h.resume},
		{Pattern: "GET /console/migrations", Permit: authz.RegistryRead, Handle: h.board},
		{Pattern: "GET /console/migrations/export", Permit: authz.RegistryRead, Handle: h.export},
		{Pattern: "GET /console/migrations/{id}", Permit: authz.RegistryRead, Handle: h.migration},
		{Pattern: "POST /console/migrations/{id}/plan", Permit: authz.RecordManage, Handle: h.plan},
		{Pattern: "POST /console/migrations/{id}/look", Permit: authz.RecordManage, Handle: h.look},
		{Pattern: "POST /console/migrations/{id}/stand", Permit: authz.PlatformManage, Handle: h.stand},
	}
}

type (
	listView   struct{ web.ListView }
	recordView struct{ web.RecordView }
	formView   struct{ web.FormView }
)

func scopeFor(r *http.Request, p authz.Permission) authz.Scope {
	return authz.SessionFrom(r.Context()).ScopeFor(p)
}

func tabs(current string) web.Tabs {
	return web.Tabs{Label: "集约化", Items: []web.Tab{{Name: "迁移看板", Href: migrationsPath, Current: current == migrationsPath}, {Name: "平台", Href: platformsPath, Current: current == platformsPath}}}
}

func ipv6Tag(v string) web.Tag {
	t := web.Tag{Text: "IPv6 " + platform.IPv6Name(v)}
	switch v {
	case "yes":
		t.Kind = web.Good
	case "no":
		t.Kind = web.Warn
	}
	return t
}

func newList(list []platform.Platform, may bool, rulesOf func(platform.Platform) bool) listView {
	v := listView{web.ListView{Heading: web.Heading{Title: "集约化平台", Lead: "按省、市两级平台部署，统一标准体系、技术平台、安全防护和运维监管（第二十五条）。"}, Tabs: tabs(platformsPath), Filter: web.Filter{Action: platformsPath, Total: -1},
		Table: web.Table{Caption: "集约化平台", Quiet: true, Columns: []web.Column{{Head: "平台", Wide: true}, {Head: "运维管理方"}, {Head: "运维管理细则"}, {Head: "IPv6"}, {Head: "网站", Number: true}}, Empty: web.Empty{Title: "还没有登记集约化平台", Text: "由省、市的平台运维管理方或政府办公厅（室）登记。"}}}}
	if may {
		v.Heading.Acts = []web.Act{{Text: "登记平台", Href: platformsPath + "/new", Primary: true}}
	}
	for _, p := range list {
		name := web.Linked(p.Name, p.Link())
		name.Note = p.AreaName + " · " + p.Level.Name()
		if p.Here {
			name.Tags = append(name.Tags, web.Tag{Kind: web.Info, Text: "由本系统承载"})
		}
		if !p.Retired.IsZero() {
			name.Tags = append(name.Tags, web.Tag{Text: "已停用"})
		}
		rules := web.Tagged(web.Tag{Kind: web.Warn, Text: "没有有效的细则"})
		if p.RulesID != "" {
			rules = web.Text(p.RulesTitle)
			if rulesOf(p) { // the list is shown beyond whose rules one reads
				rules = web.Linked(p.RulesTitle, "/console/operating-rules/"+url.PathEscape(p.RulesID))
			}
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{name, web.Text(p.UnitName), rules, web.Tagged(ipv6Tag(p.IPv6)), web.Figure(p.Sites)}})
	}
	return v
}

var (
	sampleToday    = calendar.Date{Year: 2026, Month: 11, Day: 23}
	samplePlatform = platform.Platform{ID: "01JP", Unit: "u", UnitName: "西安市大数据局", AreaName: "西安市", Name: "西安市政府网站集约化平台", Level: org.City, Here: true, Standard: "统一栏目分类", Technology: "政枢", Security: "等保三级", Operation: "7×24 监测", IPv6: "yes", IPv6Note: "双栈", Sites: 12, IPv6Sites: 10, Seen: 12, Limits: platform.Limits{StorageMB: 2048}}
	hostile        = platform.Platform{ID: `"><b>`, Unit: `"`, UnitName: "<b>", AreaName: "<i>", Name: "<script>alert(1)</script>", IPv6: "<u>", Standard: "</p><script>", RulesID: `"`, RulesTitle: "<script>"}
	sampleTenant   = platform.Tenant{Platform: "01JP", PlatformName: "西安市政府网站集约化平台", Unit: "u", UnitName: "西安市商务局", Sites: 1, Uses: []platform.Use{{Limit: platform.LimitKinds[0], Used: 1800, Max: 2048}, {Limit: platform.LimitKinds[1], Used: 320}}}
	hostileTenant  = platform.Tenant{Platform: `"`, PlatformName: "<b>", Unit: `"`, UnitName: "<script>", Suspended: sampleToday.Start(), By: "<i>", Why: "</td>", Uses: []platform.Use{{Limit: platform.LimitKinds[2], Used: 9, Max: 9}}}
	sampleSite     = platform.Migration{Site: "01S", Name: "西安市商务局", Host: "sw.xa.gov.cn", UnitName: "西安市商务局", AreaName: "西安市", To: "01JP", ToName: "西安市政府网站集约化平台", Responsible: "周启明", Begin: sampleToday.AddDays(-60), Due: sampleToday.AddDays(-3), Columns: 7, Items: 300, Redirects: 10, Redirected: 8, Pointing: "no", IPv6: "unknown"}
	hostileSite    = platform.Migration{Site: `"`, Name: "<script>", Host: `"`, UnitName: "<b>", AreaName: "<i>", PlatformName: "<u>", Platform: `"`, Responsible: "<b>", PointSays: "<script>", Basis: "</td>", IPv6: "<"}
)

func every(platform.Platform) bool { return true }

var listPage = web.Define(web.Plain, "pages/list.html", newList(nil, true, every), newList([]platform.Platform{samplePlatform}, true, every), newList([]platform.Platform{hostile}, false, every),
	newBoard(nil, nil, nil, 0, nil, sampleToday), newBoard([]platform.City{{Area: "c", Name: "西安市", Own: []platform.Named{{ID: "01JP", Name: "西安市政府网站集约化平台"}}, Sites: 30, City: 20, Off: 10, Planned: 6, Overdue: 1}}, []platform.Day{{Off: 12}, {Off: 10}}, []platform.Migration{sampleSite}, 1, nil, sampleToday),
	newBoard([]platform.City{{Area: `"`, Name: "<script>", Own: []platform.Named{{ID: `"`, Name: "<script>"}}}}, nil, []platform.Migration{hostileSite}, 1, nil, sampleToday))

func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	list, err := h.platforms.Platforms(r.Context(), authz.ScopeFrom(r.Context()))
	if err != nil {
		return err
	}
	session := authz.SessionFrom(r.Context())
	records := session.ScopeFor(authz.RecordRead)
	return listPage.Render(w, r, newList(list, session.May(authz.PlatformManage), func(p platform.Platform) bool { return p.In(records) }))
}

func limitText(l platform.Limits) string {
	var out []string
	for _, k := range platform.LimitKinds {
		if v := *l.Of(k.Key); v > 0 {
			out = append(out, fmt.Sprintf("%s %d %s", k.Name, v, k.Unit))
		}
	}
	if len(out) == 0 {
		return "不限"
	}
	return strings.Join(out, "，")
}

// record is what protection knows of a platform.
type record struct {
	grade protection.Grade
	found bool
	share protection.Share
	rules bool // the reader reads the platform's operating rules
	today calendar.Date
}

func newPlatform(p platform.Platform, rec record, tenants []platform.Tenant, pager web.Pager, history []audit.Row, may bool) recordView {
	v := recordView{web.RecordView{Heading: web.Heading{Above: p.AreaName + " · " + p.Level.Name() + "平台", Title: p.Name, Tags: []web.Tag{ipv6Tag(p.IPv6)}}, Trail: []web.Crumb{{Name: "集约化平台", Href: platformsPath}}}}
	if p.Here {
		v.Heading.Tags = append(v.Heading.Tags, web.Tag{Kind: web.Info, Text: "由本系统承载"})
	}
	if may && p.Retired.IsZero() {
		v.Heading.Acts = []web.Act{{Text: "修改记录", Href: p.Link() + "/change"}}
		if p.Sites == 0 {
			v.Forms = append(v.Forms, web.Form{Action: p.Link() + "/retire", Sections: []web.Section{{Legend: "停用平台", Hint: "平台上没有网站时可以停用；停用后网站不能再迁入。"}}, Buttons: []web.Button{{Label: "停用平台", Kind: web.Danger}}})
		}
	}
	if p.RulesID == "" && p.Here {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: "没有有效的运维管理细则", Text: "细则印发、主办单位签收以后，网站才能进驻（第二十八条）。", Links: []web.Link{{Text: "运维管理细则", Href: "/console/operating-rules"}}})
	}
	v.Main = append(v.Main, web.Summary{Title: "四个统一（第二十五条）", Terms: []web.Term{{Name: "标准体系", Text: p.Standard}, {Name: "技术平台", Text: p.Technology}, {Name: "安全防护", Text: p.Security}, {Name: "运维监管", Text: p.Operation}}})
	grade := web.Term{Name: "等级保护", Text: "没有登记", Tags: []web.Tag{{Kind: web.Warn, Text: "待登记"}}, Href: "/console/protection?unit=" + url.QueryEscape(string(p.Unit))}
	if rec.found {
		grade.Text, grade.Href, grade.Tags = fmt.Sprintf("第 %d 级 %s", rec.grade.Level, rec.grade.Filing), rec.grade.Link(), nil
		if b := rec.grade.Breaches(rec.today); len(b) > 0 {
			grade.Note, grade.Tags = b[0].Detail, []web.Tag{{Kind: web.Warn, Text: "有缺项"}}
		}
	}
	domestic := web.Term{Name: "国产设备和产品", Text: "没有登记", Href: "/console/assets?unit=" + url.QueryEscape(string(p.Unit))}
	if rec.share.All > 0 {
		domestic.Text = fmt.Sprintf("%d/%d 件（%s）", rec.share.Domestic, rec.share.All, percent.Of(rec.share.Domestic, rec.share.All).Text(0))
	}
	seen := "还没有检测"
	if p.Seen > 0 {
		seen = fmt.Sprintf("%d/%d 个网站的域名有 IPv6 地址", p.IPv6Sites, p.Seen)
	}
	v.Main = append(v.Main, web.Summary{Title: "安全和自主可控（第二十二条）", Terms: []web.Term{grade, {Name: "IPv6 登记", Text: platform.IPv6Name(p.IPv6), Note: p.IPv6Note}, {Name: "IPv6 实测", Text: seen, Href: migrationsPath + "?platform=" + url.QueryEscape(string(p.ID))}, domestic}})
	if p.Here {
		v.Main = append(v.Main, tenantPanel(tenants, pager))
	}
	facts := web.Summary{Title: "基本情况", Terms: []web.Term{{Name: "运维管理方", Text: p.UnitName}, {Name: "网站", Text: fmt.Sprintf("%d 个", p.Sites), Href: migrationsPath + "?platform=" + url.QueryEscape(string(p.ID))}}}
	if p.RulesID != "" {
		rules := web.Term{Name: "运维管理细则", Text: p.RulesTitle}
		if rec.rules {
			rules.Href = "/console/operating-rules/" + url.PathEscape(p.RulesID)
		}
		facts.Terms = append(facts.Terms, rules)
	}
	if p.Here {
		facts.Terms = append(facts.Terms, web.Term{Name: "每个进驻单位的限额", Text: limitText(p.Limits)})
	}
	v.Side = append(v.Side, facts)
	if len(history) > 0 {
		v.Side = append(v.Side, web.History(history))
	}
	return v
}

func useCell(u platform.Use) web.Cell {
	if u.Max == 0 {
		return web.Cell{Text: fmt.Sprintf("%d %s", u.Used, u.Unit), Keep: true}
	}
	c := web.Cell{Text: fmt.Sprintf("%d/%d %s", u.Used, u.Max, u.Unit), Keep: true}
	switch share := u.Share(); {
	case share >= 100:
		c.Tags = []web.Tag{{Kind: web.Danger, Text: "已满"}}
	case share >= platform.WarnShare:
		c.Tags = []web.Tag{{Kind: web.Warn, Text: fmt.Sprintf("%d%%", share)}}
	}
	return c
}

func tenantPanel(list []platform.Tenant, pager web.Pager) web.Panel {
	t := web.Table{Caption: "进驻单位和资源使用", Quiet: true, Compact: true, Columns: []web.Column{{Head: "单位", Wide: true}, {Head: "网站", Number: true}}, Empty: web.Empty{Title: "还没有网站进驻"}}
	for _, k := range platform.LimitKinds {
		t.Columns = append(t.Columns, web.Column{Head: k.Name})
	}
	for _, x := range list {
		name := web.Linked(x.UnitName, x.Link())
		if !x.Suspended.IsZero() {
			name.Tags = []web.Tag{{Kind: web.Danger, Text: "已暂停"}}
		}
		if x.Own {
			name.Note = "单独限额"
		}
		row := web.Row{Cells: []web.Cell{name, web.Figure(x.Sites)}}
		for _, u := range x.Uses {
			row.Cells = append(row.Cells, useCell(u))
		}
		t.Rows = append(t.Rows, row)
	}
	p := web.Panel{Title: fmt.Sprintf("进驻单位（%d）", pager.Total), Parts: []web.Component{t}}
	if pager.Pages > 1 {
		p.Parts = append(p.Parts, pager)
	}
	return p
}

var recordPage = web.Define(web.Plain, "pages/record.html", newPlatform(platform.Platform{ID: "1", Name: "新平台"}, record{today: sampleToday}, nil, web.Pager{}, nil, true), newPlatform(samplePlatform, record{today: sampleToday}, []platform.Tenant{sampleTenant}, web.Pager{Total: 1}, nil, true),
	newPlatform(hostile, record{today: sampleToday, found: true, grade: protection.Grade{ID: `"`, Filing: "<b>"}}, []platform.Tenant{hostileTenant}, web.Pager{Total: 1}, nil, false), newTenant(sampleTenant, true), newTenant(hostileTenant, true),
	newMigration(sampleSite, nil, nil, may{plan: true, stand: true}, sampleToday), newMigration(hostileSite, []rules.Breach{{Detail: "<b>"}}, []platform.Platform{hostile}, may{plan: true}, sampleToday), newMigration(platform.Migration{Site: "1", Name: "新站", Hosted: true, Platform: "p"}, nil, nil, may{}, sampleToday))

func (h *Handler) show(w http.ResponseWriter, r *http.Request) error {
	scope := authz.ScopeFrom(r.Context())
	p, err := h.platforms.Platform(r.Context(), scope, platform.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	page := web.PageOf(r)
	tenants, total, err := h.platforms.Tenants(r.Context(), scope, p.ID, perTenants, (page-1)*perTenants)
	if err != nil {
		return err
	}
	rec := record{today: web.FrameOf(r).Today, rules: p.In(scopeFor(r, authz.RecordRead))}
	if records := scopeFor(r, authz.RecordRead); p.In(records) {
		grades, _, err := h.protection.Grades(r.Context(), records, protection.Filter{Unit: p.Unit, Limit: 200})
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(grades, func(g protection.Grade) bool { return g.Of.Kind == protection.Platform && g.Of.Name == p.Name }); i >= 0 {
			rec.grade, rec.found = grades[i], true
		}
		if _, _, rec.share, err = h.protection.Assets(r.Context(), records, protection.Filter{Unit: p.Unit, Limit: 1}); err != nil {
			return err
		}
	}
	may := p.In(scopeFor(r, authz.PlatformManage))
	var history []audit.Row
	if may {
		if history, err = h.platforms.History(r.Context(), scopeFor(r, authz.PlatformManage), p.ID); err != nil {
			return err
		}
	}
	return recordPage.Render(w, r, newPlatform(p, rec, tenants, web.PagerOf(r, total, perTenants), history, may))
}

func newForm(unit web.Field, p platform.Platform) formView {
	v := formView{web.FormView{Heading: web.Heading{Title: "登记集约化平台", Lead: "平台按省、市两级部署；登记运维管理方和四个统一的做法。等级保护、设备和产品在“安全缺口”各页登记。"}, Trail: []web.Crumb{{Name: "集约化平台", Href: platformsPath}}}}
	cancel := platformsPath
	var fields []web.Field
	if p.ID == "" {
		fields = append(fields, unit)
	} else {
		v.Heading, cancel = web.Heading{Title: "修改平台记录", Above: p.Name}, p.Link()
		v.Trail = append(v.Trail, web.Crumb{Name: p.Name, Href: p.Link()})
		fields = append(fields, web.Field{Kind: web.Hidden, Name: "seen", Value: strconv.FormatInt(p.UpdatedAt.UnixMicro(), 10)})
	}
	fields = append(fields, web.Field{Name: "name", Label: "平台名称", Required: true, Max: 60, Value: p.Name}, web.Field{Kind: web.Check, Name: "here", Label: "由本系统承载（网站进驻时核对细则和签收）", Checked: p.Here},
		web.Field{Kind: web.TextArea, Name: "standard", Label: "标准体系", Required: true, Max: 500, Rows: 2, Value: p.Standard}, web.Field{Kind: web.TextArea, Name: "technology", Label: "技术平台", Required: true, Max: 500, Rows: 2, Value: p.Technology},
		web.Field{Kind: web.TextArea, Name: "security", Label: "安全防护", Required: true, Max: 500, Rows: 2, Value: p.Security}, web.Field{Kind: web.TextArea, Name: "operation", Label: "运维监管", Required: true, Max: 500, Rows: 2, Value: p.Operation},
		web.Field{Kind: web.Radios, Name: "ipv6", Label: "是否支持 IPv6（第二十二条）", Value: p.IPv6, Options: []web.Option{{Value: "yes", Label: "支持"}, {Value: "no", Label: "不支持"}, {Value: "unknown", Label: "未测"}}}, web.Field{Name: "ipv6_note", Label: "IPv6 情况说明", Max: 200, Value: p.IPv6Note})
	v.Form = web.Form{Key: "platform" + string(p.ID), Sections: []web.Section{{Fields: fields}, {Legend: "每个进驻单位的限额", Hint: "0 或不填表示不限；可以对单个单位另设。撤稿、更正、审核和答复不受限额影响。", Fields: limitFields(p.Limits)}}, Buttons: []web.Button{{Label: "保存平台"}}, Cancel: web.Link{Text: "取消", Href: cancel}}
	return v
}

func limitFields(l platform.Limits) []web.Field {
	var out []web.Field
	for _, k := range platform.LimitKinds {
		value := ""
		if n := *l.Of(k.Key); n > 0 {
			value = strconv.Itoa(n)
		}
		out = append(out, web.Field{Kind: web.Number, Name: k.Key, Label: k.Name, Value: value, Narrow: true, Unit: k.Unit, Mode: "numeric"})
	}
	return out
}

func readLimits(r *http.Request) (platform.Limits, error) {
	var l platform.Limits
	var f fault.Fields
	for _, k := range platform.LimitKinds {
		s := web.Typed(r, k.Key)
		if s == "" {
			continue
		}
		n, err := strconv.Atoi(s)
		f.Check(err == nil, k.Key, k.Name+"限额要填整数")
		*l.Of(k.Key) = n
	}
	return l, f.Err()
}

var formPage = web.Define(web.Plain, "pages/form.html", newForm(web.Field{Name: "unit", Label: "平台运维管理方", Required: true}, platform.Platform{}), newForm(web.Field{}, samplePlatform), newForm(web.Field{}, hostile))

func read(r *http.Request) (platform.Platform, error) {
	l, err := readLimits(r)
	return platform.Platform{Name: web.Typed(r, "name"), Here: r.PostFormValue("here") != "", Standard: web.Typed(r, "standard"), Technology: web.Typed(r, "technology"), Security: web.Typed(r, "security"), Operation: web.Typed(r, "operation"),
		IPv6: web.Typed(r, "ipv6"), IPv6Note: web.Typed(r, "ipv6_note"), Limits: l}, err
}

func (h *Handler) newForm(r *http.Request, chosen org.UnitID) (formView, error) {
	unit, err := picker.Field(r.Context(), h.org, authz.ScopeFrom(r.Context()), "unit", "平台运维管理方", chosen)
	return newForm(unit, platform.Platform{}), err
}

func (h *Handler) showNew(w http.ResponseWriter, r *http.Request) error {
	id, _ := authz.SessionFrom(r.Context()).Unit()
	v, err := h.newForm(r, org.UnitID(id))
	if err != nil {
		return err
	}
	return formPage.Render(w, r, v)
}

func (h *Handler) add(w http.ResponseWriter, r *http.Request) error {
	scope := authz.ScopeFrom(r.Context())
	p, err := read(r)
	if err == nil {
		var u org.Unit
		if u, err = picker.Unit(r, h.org, scope, "unit"); err == nil {
			p.Unit = u.ID
			p, err = h.platforms.Save(r.Context(), scope, p)
		}
	}
	if web.Mendable(err) {
		v, formErr := h.newForm(r, "")
		if formErr != nil {
			return formErr
		}
		v.Again(r, err)
		return formPage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, p.Link(), "平台已登记。")
}

// own is a platform of the reader's for an act.
func (h *Handler) own(r *http.Request) (platform.Platform, error) {
	scope := authz.ScopeFrom(r.Context())
	p, err := h.platforms.Platform(r.Context(), scope, platform.ID(r.PathValue("id")))
	if err == nil && !p.In(scope) {
		return p, fault.Missing("平台")
	}
	return p, err
}

func (h *Handler) showChange(w http.ResponseWriter, r *http.Request) error {
	p, err := h.own(r)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, newForm(web.Field{}, p))
}

func (h *Handler) change(w http.ResponseWriter, r *http.Request) error {
	old, err := h.own(r)
	if err != nil {
		return err
	}
	p, err := read(r)
	p.ID = old.ID
	if us, numErr := strconv.ParseInt(web.Typed(r, "seen"), 10, 64); numErr == nil && us != old.UpdatedAt.UnixMicro() {
		err = fault.New(fault.Conflict, "您打开表单后，平台记录已被别人修改；您填写的内容还在下面，请核对后再保存。")
	}
	if err == nil {
		_, err = h.platforms.Save(r.Context(), authz.ScopeFrom(r.Context()), p)
	}
	if web.Mendable(err) {
		v := newForm(web.Field{}, old)
		v.Again(r, err)
		if f := v.Form.Field("seen"); f != nil {
			f.Value = strconv.FormatInt(old.UpdatedAt.UnixMicro(), 10)
		}
		return formPage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, old.Link(), "平台记录已保存。")
}

func (h *Handler) retire(w http.ResponseWriter, r *http.Request) error {
	p, err := h.own(r)
	if err != nil {
		return err
	}
	if err := h.platforms.Retire(r.Context(), authz.ScopeFrom(r.Context()), p.ID); err != nil {
		return err
	}
	return web.Done(w, r, p.Link(), "平台已停用。")
}

func newTenant(t platform.Tenant, manages bool) recordView {
	v := recordView{web.RecordView{Heading: web.Heading{Above: t.PlatformName + " · 进驻单位", Title: t.UnitName}, Trail: []web.Crumb{{Name: "集约化平台", Href: platformsPath}, {Name: t.PlatformName, Href: platformsPath + "/" + url.PathEscape(string(t.Platform))}}}}
	if !t.Suspended.IsZero() {
		v.Heading.Tags = []web.Tag{{Kind: web.Danger, Text: "已暂停新增内容"}}
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: "已暂停新增内容", Text: web.Minute(t.Suspended) + " 由" + t.By + "暂停，原因：" + t.Why + "。已公开的内容不受影响，撤稿、更正和答复照常办理。"})
	}
	s := web.Summary{Title: "资源使用"}
	for _, u := range t.Uses {
		term := web.Term{Name: u.Name, Text: fmt.Sprintf("%d %s", u.Used, u.Unit), Note: "不限"}
		if u.Max > 0 {
			term.Text, term.Note, term.Tags = fmt.Sprintf("%d/%d %s", u.Used, u.Max, u.Unit), fmt.Sprintf("已用 %d%%", u.Share()), useCell(u).Tags
		}
		s.Terms = append(s.Terms, term)
	}
	v.Main = append(v.Main, s)
	if manages {
		v.Forms = append(v.Forms, web.Form{Action: t.Link() + "/limits", Key: "limits" + string(t.Unit), Sections: []web.Section{{Legend: "单独限额", Hint: "0 或不填表示不限。", Fields: limitFields(t.Limits)}}, Buttons: []web.Button{{Label: "保存限额"}, {Label: "改用平台统一限额", Name: "general", Value: "1", Plain: true, Skip: true}}})
		if t.Suspended.IsZero() {
			v.Forms = append(v.Forms, web.Form{Action: t.Link() + "/suspend", Key: "suspend" + string(t.Unit), Sections: []web.Section{{Legend: "暂停新增内容", Hint: "暂停后不能新建稿件和上传文件；已公开的内容不受影响，撤稿、更正和答复照常办理。", Fields: []web.Field{{Kind: web.TextArea, Name: "why", Label: "原因和依据的细则条款", Required: true, Max: 300, Rows: 2}}}}, Buttons: []web.Button{{Label: "暂停新增内容", Kind: web.Danger}}})
		} else {
			v.Forms = append(v.Forms, web.Form{Action: t.Link() + "/resume", Sections: []web.Section{{Legend: "恢复"}}, Buttons: []web.Button{{Label: "恢复新增内容"}}})
		}
	}
	v.Side = append(v.Side, web.Summary{Title: "基本情况", Terms: []web.Term{{Name: "网站", Text: fmt.Sprintf("%d 个", t.Sites), Href: "/console/sites?unit=" + url.QueryEscape(string(t.Unit))}, {Name: "限额", Text: map[bool]string{true: "单独限额", false: "平台统一限额"}[t.Own]}}})
	return v
}

func (h *Handler) tenantOf(r *http.Request, scope authz.Scope) (platform.Tenant, error) {
	return h.platforms.Tenant(r.Context(), scope, platform.ID(r.PathValue("id")), org.UnitID(r.PathValue("unit")))
}

func (h *Handler) renderTenant(w http.ResponseWriter, r *http.Request, status int, wrong error) error {
	t, err := h.tenantOf(r, scopeFor(r, authz.RegistryRead))
	if err != nil {
		return err
	}
	v := newTenant(t, t.Managed(scopeFor(r, authz.PlatformManage)))
	if wrong != nil {
		var f web.Form
		f.Wrong(wrong)
		v.Wrong = f.Summary
		for i := range v.Forms {
			v.Forms[i].Fill(r.PostForm)
		}
	}
	return recordPage.RenderStatus(w, r, status, v)
}

func (h *Handler) tenant(w http.ResponseWriter, r *http.Request) error {
	return h.renderTenant(w, r, http.StatusOK, nil)
}

func (h *Handler) tenantAct(w http.ResponseWriter, r *http.Request, said string, do func(scope authz.Scope, id platform.ID, unit org.UnitID) error) error {
	err := do(authz.ScopeFrom(r.Context()), platform.ID(r.PathValue("id")), org.UnitID(r.PathValue("unit")))
	if web.Mendable(err) {
		return h.renderTenant(w, r, web.StatusOf(err), err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, platformsPath+"/"+r.PathValue("id")+"/tenants/"+r.PathValue("unit"), said)
}

func (h *Handler) limits(w http.ResponseWriter, r *http.Request) error {
	return h.tenantAct(w, r, "限额已保存。", func(scope authz.Scope, id platform.ID, unit org.UnitID) error {
		if r.PostFormValue("general") != "" {
			return h.platforms.SetLimits(r.Context(), scope, id, unit, nil)
		}
		l, err := readLimits(r)
		if err != nil {
			return err
		}
		return h.platforms.SetLimits(r.Context(), scope, id, unit, &l)
	})
}

func (h *Handler) suspend(w http.ResponseWriter, r *http.Request) error {
	return h.tenantAct(w, r, "已暂停新增内容，并通知进驻单位。", func(scope authz.Scope, id platform.ID, unit org.UnitID) error {
		return h.platforms.Suspend(r.Context(), scope, id, unit, web.Typed(r, "why"))
	})
}

func (h *Handler) resume(w http.ResponseWriter, r *http.Request) error {
	return h.tenantAct(w, r, "已恢复，并通知进驻单位。", func(scope authz.Scope, id platform.ID, unit org.UnitID) error {
		return h.platforms.Resume(r.Context(), scope, id, unit)
	})
}

// ownCell says which platform the place has built itself (Article 26).
func ownCell(own []platform.Named) web.Cell {
	switch len(own) {
	case 0:
		return web.Text("没有登记")
	case 1:
		return web.Linked(own[0].Name, platform.Platform{ID: own[0].ID}.Link())
	}
	return web.Linked(fmt.Sprintf("%d 个", len(own)), platformsPath)
}

func newBoard(board []platform.City, trend []platform.Day, list []platform.Migration, total int, areas []web.Option, today calendar.Date) listView {
	var sum platform.City
	for _, c := range board {
		sum.Sites, sum.Province, sum.City, sum.Off, sum.Planned, sum.Overdue = sum.Sites+c.Sites, sum.Province+c.Province, sum.City+c.City, sum.Off+c.Off, sum.Planned+c.Planned, sum.Overdue+c.Overdue
	}
	off := web.Stat{Name: "未进平台", Value: fmt.Sprint(sum.Off), Unit: "个", Href: migrationsPath + "?state=off", Kind: toneOf(sum.Off)}
	if len(trend) > 1 {
		for _, d := range trend {
			off.Trend = append(off.Trend, float64(d.Off))
		}
		off.Note = fmt.Sprintf("%s 为 %d 个", trend[0].On, trend[0].Off)
	}
	v := listView{web.ListView{Heading: web.Heading{Title: "集约化迁移看板", Lead: "每个运行中的网站都登记所在的省、市集约化平台；还没有进平台的，有计划、有责任人、有期限，直到没有平台以外的网站（第二十五条、第二十六条）。"}, Tabs: tabs(migrationsPath),
		Stats: web.Stats{Label: "迁移", Items: []web.Stat{{Name: "运行中的网站", Value: fmt.Sprint(sum.Sites), Unit: "个", Href: migrationsPath}, {Name: "已进平台", Value: fmt.Sprint(sum.Province + sum.City), Unit: "个", Note: fmt.Sprintf("省级 %d，市级 %d", sum.Province, sum.City), Href: migrationsPath + "?state=aboard"}, off,
			{Name: "没有计划", Value: fmt.Sprint(sum.Off - sum.Planned - sum.Overdue), Unit: "个", Href: migrationsPath + "?state=unplanned", Kind: toneOf(sum.Off - sum.Planned - sum.Overdue)}, {Name: "超期", Value: fmt.Sprint(sum.Overdue), Unit: "个", Href: migrationsPath + "?state=overdue", Kind: toneOf(sum.Overdue)}}},
		Filter: web.Filter{Action: migrationsPath, Total: total, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "名称、域名或单位"}, {Kind: web.Select, Name: "state", Label: "情况", Options: []web.Option{{Label: "全部"}, {Value: "off", Label: "未进平台"}, {Value: "unplanned", Label: "没有计划"}, {Value: "planned", Label: "按计划迁移"}, {Value: "overdue", Label: "超期"}, {Value: "aboard", Label: "已进平台"}}}, {Kind: web.Select, Name: "area", Label: "地区", Options: areas}},
			Hidden: []web.Field{{Kind: web.Hidden, Name: "platform"}}},
		Table: web.Table{Caption: "网站", Columns: []web.Column{{Head: "网站", Wide: true}, {Head: "主办单位"}, {Head: "所在平台"}, {Head: "进度"}, {Head: "期限"}}, Empty: web.Empty{Title: "没有符合条件的网站"}}}}
	for _, m := range list {
		name := web.Linked(m.Name, m.Link())
		name.Note = registry.ShownHost(m.Host)
		where := web.Tagged(web.Tag{Kind: web.Warn, Text: "未进平台"})
		if !m.Off() {
			where = web.Text(m.PlatformName)
		}
		stage, due := web.Text(m.StageName()), web.Text("")
		if m.Off() {
			due = web.Tagged(web.Tag{Kind: web.Warn, Text: "没有计划"})
			if m.Planned() {
				due = web.DueCell(m.Due, today)
			}
		}
		row := web.Row{Cells: []web.Cell{name, {Text: m.UnitName, Note: m.AreaName}, where, stage, due}}
		if m.Overdue(today) {
			row.Kind = web.Danger
		}
		v.Table.Rows = append(v.Table.Rows, row)
	}
	t := web.Table{Caption: "各地进度", Compact: true, Columns: []web.Column{{Head: "地区", Wide: true}, {Head: "本级平台"}, {Head: "网站", Number: true}, {Head: "省级平台", Number: true}, {Head: "市级平台", Number: true}, {Head: "未进平台", Number: true}, {Head: "按计划", Number: true}, {Head: "超期", Number: true}, {Head: "完成率", Number: true}}}
	for _, c := range board {
		q := migrationsPath + "?" + url.Values{"area": {string(c.Area)}}.Encode()
		rate := "无"
		if c.Sites > 0 {
			rate = percent.Of(c.Sites-c.Off, c.Sites).Text(0)
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Linked(c.Name, q), ownCell(c.Own), web.Figure(c.Sites), web.Figure(c.Province), web.Figure(c.City), web.Linked(fmt.Sprint(c.Off), q+"&state=off"), web.Figure(c.Planned), web.Figure(c.Overdue), web.Text(rate)}})
	}
	if len(t.Rows) > 0 {
		v.More = []web.Component{t}
	}
	return v
}

func toneOf(n int) web.Tone {
	if n > 0 {
		return web.Warn
	}
	return web.Good
}

func filterOf(r *http.Request) (platform.MigrationFilter, error) {
	q := r.URL.Query()
	f := platform.MigrationFilter{Text: strings.TrimSpace(q.Get("q")), State: q.Get("state"), Platform: platform.ID(q.Get("platform")), Under: org.AreaID(q.Get("area")), Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage}
	if len([]rune(f.Text)) > 100 {
		return f, fault.New(fault.Invalid, "查找的文字过长，请缩短到 100 字以内。").On("q", "请缩短")
	}
	return f, nil
}

func (h *Handler) board(w http.ResponseWriter, r *http.Request) error {
	f, err := filterOf(r)
	if err != nil {
		return err
	}
	scope := authz.ScopeFrom(r.Context())
	list, total, err := h.platforms.Migrations(r.Context(), scope, f)
	if err != nil {
		return err
	}
	board, err := h.platforms.Board(r.Context(), scope)
	if err != nil {
		return err
	}
	trend, err := h.platforms.Trend(r.Context(), scope, trendDays)
	if err != nil {
		return err
	}
	areas := []web.Option{{Label: "全部"}}
	for _, c := range board {
		areas = append(areas, web.Option{Value: string(c.Area), Label: c.Name})
	}
	v := newBoard(board, trend, list, total, areas, web.FrameOf(r).Today)
	v.Filter.Fill(r.URL.Query())
	v.Pager = web.PagerOf(r, total, perPage)
	v.Exports = web.ExportActs(migrationsPath+"/export", r.URL.Query())
	return listPage.Render(w, r, v)
}

func (h *Handler) export(w http.ResponseWriter, r *http.Request) error {
	f, err := filterOf(r)
	if err != nil {
		return err
	}
	f.Limit, f.Offset = maxExport, 0
	list, total, err := h.platforms.Migrations(r.Context(), authz.ScopeFrom(r.Context()), f)
	if err != nil {
		return err
	}
	if err := web.MostExported(total, maxExport, "个网站"); err != nil {
		return err
	}
	rows := make([][]any, len(list))
	for i, m := range list {
		rows[i] = []any{m.Name, registry.ShownHost(m.Host), m.UnitName, m.AreaName, m.PlatformName, m.StageName(), m.ToName, m.Responsible, m.Begin, m.Due, m.Note, platform.IPv6Name(m.IPv6)}
	}
	return web.SendSheet(w, r, official.Sheet{Title: "集约化迁移", Columns: []official.Column{{Title: "网站", Width: 30}, {Title: "域名", Width: 24}, {Title: "主办单位", Width: 28}, {Title: "地区"}, {Title: "所在平台", Width: 28}, {Title: "进度"}, {Title: "迁入平台", Width: 28}, {Title: "责任人"}, {Title: "开始", Width: 14}, {Title: "期限", Width: 14}, {Title: "说明", Width: 30}, {Title: "IPv6"}}, Rows: slices.Values(rows)}, "集约化迁移")
}

// may is what the reader may do with a site's migration.
type may struct{ plan, stand bool }

func newMigration(m platform.Migration, bars []rules.Breach, list []platform.Platform, may may, today calendar.Date) recordView {
	v := recordView{web.RecordView{Heading: web.Heading{Above: "集约化迁移", Title: m.Name, Lead: registry.ShownHost(m.Host), Acts: []web.Act{{Text: "台账记录", Href: "/console/sites/" + url.PathEscape(string(m.Site))}}}, Trail: []web.Crumb{{Name: "迁移看板", Href: migrationsPath}}}}
	switch {
	case m.Overdue(today):
		v.Heading.Tags = []web.Tag{{Kind: web.Danger, Text: "超期"}}
	case m.Off():
		v.Heading.Tags = []web.Tag{{Kind: web.Warn, Text: "未进平台"}}
	default:
		v.Heading.Tags = []web.Tag{{Kind: web.Good, Text: "已进平台"}}
	}
	steps := web.Steps{Label: "迁移进度"}
	now := false
	t := web.Table{Caption: "进度（按实际情况核出）", Columns: []web.Column{{Head: "步骤"}, {Head: "情况", Wide: true}, {Head: "状态"}}}
	for _, s := range m.Stages() {
		state, tag := web.StepWaiting, web.Tag{Text: "未完成"}
		switch {
		case s.Done:
			state, tag = web.StepDone, web.Tag{Kind: web.Good, Text: "已完成"}
		case !now:
			state, now = web.StepNow, true
			tag = web.Tag{Kind: web.Info, Text: "进行中"}
		}
		steps.Items = append(steps.Items, web.Step{Name: s.Name, State: state})
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Text(s.Name), web.Text(s.Fact), web.Tagged(tag)}})
	}
	v.Main = append(v.Main, steps, t)
	if len(bars) > 0 && !m.Hosted {
		b := web.Breaches{Title: "改为由本平台承载之前（第二十八条）"}
		for _, x := range bars {
			b.Items = append(b.Items, web.Breach{ID: x.Rule.ID, Citation: x.Rule.Citation, Says: x.Rule.Says, Note: x.Detail})
		}
		v.Main = append(v.Main, b)
	}
	if may.plan && m.Off() {
		var options []web.Option
		for _, p := range list {
			if p.Retired.IsZero() {
				options = append(options, web.Option{Value: string(p.ID), Label: p.Name})
			}
		}
		day := func(d calendar.Date) string {
			if d.IsZero() {
				return ""
			}
			return d.String()
		}
		v.Forms = append(v.Forms, web.Form{Action: m.Link() + "/plan", Key: "plan" + string(m.Site), Sections: []web.Section{{Legend: "迁移计划", Fields: []web.Field{{Kind: web.Select, Name: "platform", Label: "迁入的平台", Required: true, Options: append([]web.Option{{Label: "请选择"}}, options...), Value: string(m.To)}, {Name: "responsible", Label: "责任人", Required: true, Max: 60, Value: m.Responsible},
			{Kind: web.DateField, Name: "begin", Label: "开始日期", Required: true, Narrow: true, Value: day(m.Begin)}, {Kind: web.DateField, Name: "due", Label: "完成期限", Required: true, Narrow: true, Value: day(m.Due)}, {Kind: web.TextArea, Name: "note", Label: "说明", Max: 500, Rows: 2, Value: m.Note}}}}, Buttons: []web.Button{{Label: "保存计划"}}})
	}
	if may.plan {
		v.Forms = append(v.Forms, web.Form{Action: m.Link() + "/look", Sections: []web.Section{{Legend: "核对域名和旧网址", Hint: "访问网站的域名和部分旧网址，看是否已指向本平台、是否有 IPv6 地址。"}}, Buttons: []web.Button{{Label: "现在核对", Plain: true}}})
	}
	if may.stand && !m.Hosted {
		options := []web.Option{{Label: "未进平台"}}
		for _, p := range list {
			if p.Retired.IsZero() && !p.Here {
				options = append(options, web.Option{Value: string(p.ID), Label: p.Name})
			}
		}
		if len(options) > 1 || !m.Off() {
			v.Forms = append(v.Forms, web.Form{Action: m.Link() + "/stand", Key: "stand" + string(m.Site), Sections: []web.Section{{Legend: "登记所在平台", Hint: "网站在不由本系统承载的平台上时登记。", Fields: []web.Field{{Kind: web.Select, Name: "on", Label: "所在平台", Options: options, Value: string(m.Platform)}, {Name: "basis", Label: "依据", Required: true, Max: 200}}}}, Buttons: []web.Button{{Label: "登记所在平台"}}})
		}
	}
	where := "未进平台"
	if !m.Off() {
		where = m.PlatformName
	}
	v.Side = append(v.Side, web.Summary{Title: "基本情况", Terms: []web.Term{{Name: "主办单位", Text: m.UnitName}, {Name: "地区", Text: m.AreaName}, {Name: "所在平台", Text: where, Note: m.Basis}, {Name: "迁入平台", Text: m.ToName}, {Name: "IPv6 地址", Text: platform.IPv6Name(m.IPv6), Note: web.Minute(m.IPv6At)}, {Name: "上次核对", Text: web.Minute(m.LookedAt)}, {Name: "完成", Text: web.Minute(m.DoneAt)}}})
	return v
}

func (h *Handler) renderMigration(w http.ResponseWriter, r *http.Request, status int, wrong error) error {
	scope := scopeFor(r, authz.RegistryRead)
	m, err := h.platforms.Migration(r.Context(), scope, registry.SiteID(r.PathValue("id")))
	if err != nil {
		return err
	}
	bars, err := h.platforms.Bars(r.Context(), scope, m.Site)
	if err != nil {
		return err
	}
	list, err := h.platforms.Platforms(r.Context(), scope)
	if err != nil {
		return err
	}
	v := newMigration(m, bars, list, may{plan: m.In(scopeFor(r, authz.RecordManage)), stand: m.In(scopeFor(r, authz.PlatformManage))}, web.FrameOf(r).Today)
	if wrong != nil {
		var f web.Form
		f.Wrong(wrong)
		v.Wrong = f.Summary
		for i := range v.Forms {
			v.Forms[i].Fill(r.PostForm)
		}
	}
	return recordPage.RenderStatus(w, r, status, v)
}

func (h *Handler) migration(w http.ResponseWriter, r *http.Request) error {
	return h.renderMigration(w, r, http.StatusOK, nil)
}

func (h *Handler) act(w http.ResponseWriter, r *http.Request, err error, said string) error {
	if web.Mendable(err) {
		return h.renderMigration(w, r, web.StatusOf(err), err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, migrationsPath+"/"+r.PathValue("id"), said)
}

func (h *Handler) plan(w http.ResponseWriter, r *http.Request) error {
	begin, err := web.DayOf(r, "begin", "开始日期")
	due, dueErr := web.DayOf(r, "due", "完成期限")
	if err == nil {
		err = dueErr
	}
	if err == nil {
		err = h.platforms.Plan(r.Context(), authz.ScopeFrom(r.Context()), registry.SiteID(r.PathValue("id")), platform.Plan{To: platform.ID(web.Typed(r, "platform")), Responsible: web.Typed(r, "responsible"), Begin: begin, Due: due, Note: web.Typed(r, "note")})
	}
	return h.act(w, r, err, "迁移计划已保存，期限已开始计时。")
}

func (h *Handler) look(w http.ResponseWriter, r *http.Request) error {
	seen, err := h.platforms.LookAt(r.Context(), authz.ScopeFrom(r.Context()), registry.SiteID(r.PathValue("id")))
	return h.act(w, r, err, "核对完毕："+seen.Says+"。")
}

func (h *Handler) stand(w http.ResponseWriter, r *http.Request) error {
	err := h.platforms.Stand(r.Context(), authz.ScopeFrom(r.Context()), registry.SiteID(r.PathValue("id")), platform.ID(web.Typed(r, "on")), web.Typed(r, "basis"))
	return h.act(w, r, err, "所在平台已登记。")
}
