package registryweb

import (
	"net/http"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

// stateOrder is the order in which filters offer the states.
var stateOrder = []string{registry.Planned, registry.Running, registry.TemporarilyOffline, registry.Exiting, registry.Exited, registry.Closing, registry.Closed}

func stateTag(s registry.Site) web.Tag {
	tone := map[string]web.Tone{registry.Running: web.Good, registry.Planned: web.Info, registry.TemporarilyOffline: web.Warn}[s.State]
	return web.Tag{Kind: tone, Text: s.StateName()}
}

// siteList is the list of sites. The heads of its file are those an import
// knows, so that a file can be mended and brought back.
var siteList = web.List[registry.Site]{
	Key: "sites", Name: "站点台账", Path: sitesPath, Params: []string{"q", "area", "kind", "state", "gap", "monitored"},
	ID:    func(s registry.Site) string { return string(s.ID) },
	Empty: web.Empty{Title: "没有符合条件的站点", Text: "请换一个条件；台账为空时，请先导入站点。"},
	Columns: []web.ListColumn[registry.Site]{
		{Key: "name", Head: "站点", Title: "网站名称", Width: 30, Fixed: true, Cell: func(s registry.Site) web.Cell { return web.Linked(s.Name, s.Link()) }},
		{Key: "host", Head: "域名", Width: 30, Cell: func(s registry.Site) web.Cell { return web.Cell{Text: s.Host, Keep: true} }},
		{Key: "unit", Head: "主办单位", Width: 30, Cell: func(s registry.Site) web.Cell { return unitCell(s.Unit, s.UnitName) }},
		{Key: "area", Head: "区划代码", Width: 16, Off: true, Cell: func(s registry.Site) web.Cell { return web.Cell{Text: s.AreaCode, Keep: true} }},
		{Key: "kind", Head: "类别", Title: "网站类别", Width: 14, Cell: func(s registry.Site) web.Cell { return web.Text(s.Kind.Name()) }},
		{Key: "state", Head: "状态", Width: 10, Cell: func(s registry.Site) web.Cell { return web.Tagged(stateTag(s)) }},
		{Key: "site_code", Head: "标识码", Title: "政府网站标识码", Width: 16, Cell: func(s registry.Site) web.Cell { return web.Cell{Text: s.SiteCode, Keep: true} }},
		{Key: "icp", Head: "ICP备案编号", Width: 20, Off: true, Cell: func(s registry.Site) web.Cell { return web.Text(s.ICP) }},
		{Key: "police_filing", Head: "公安备案编号", Width: 22, Off: true, Cell: func(s registry.Site) web.Cell { return web.Text(s.PoliceFiling) }},
		{Key: "chinese_domain", Head: "中文域名", Width: 20, Off: true, Cell: func(s registry.Site) web.Cell { return web.Text(s.ChineseDomain) }},
		{Key: "party_gov_mark", Head: "党政机关网站标识", Width: 20, Off: true, Cell: func(s registry.Site) web.Cell { return web.Text(s.PartyGovMark) }},
		{Key: "gaps", Head: "缺项", Width: 30, Cell: gapCell, Value: func(s registry.Site) any { return strings.Join(s.Gaps(), "、") }},
		{Key: "monitored", Head: "监测", Width: 8, Cell: func(s registry.Site) web.Cell {
			if s.Monitored {
				return web.Tagged(web.Tag{Kind: web.Good, Text: "已开启"})
			}
			return web.Tagged(web.Tag{Text: "未开启"})
		}},
		{Key: "contact", Head: "联系方式", Width: 20, Off: true, Cell: func(s registry.Site) web.Cell { return web.Text(s.Contact) }},
		{Key: "address", Head: "办公地址", Width: 30, Off: true, Cell: func(s registry.Site) web.Cell { return web.Text(s.Address) }},
		{Key: "launched_on", Head: "上线日期", Width: 12, Off: true, Cell: func(s registry.Site) web.Cell { return web.Day(s.LaunchedOn) }, Value: func(s registry.Site) any { return s.LaunchedOn }},
		{Key: "source", Head: "来源", Width: 20, Off: true, Cell: func(s registry.Site) web.Cell { return web.Text(s.Source) }},
	},
}

func unitCell(id org.UnitID, name string) web.Cell {
	if name == "" {
		return web.Text("")
	}
	return web.Linked(name, "/console/units/"+string(id))
}

func gapCell(s registry.Site) web.Cell {
	switch missing := s.Gaps(); {
	case len(missing) == len(registry.GapOrder):
		return web.Cell{Tags: []web.Tag{{Kind: web.Warn, Text: "标识都未填"}}}
	case len(missing) > 0:
		return web.Cell{Tags: []web.Tag{{Kind: web.Warn, Text: "缺 " + count(len(missing)) + " 项"}}, Note: strings.Join(missing, "、")}
	}
	return web.Text("无")
}

func siteFilterView(areas []web.Option) listView {
	states := []web.Option{{Value: "", Label: "全部状态"}}
	for _, s := range stateOrder {
		states = append(states, web.Option{Value: s, Label: registry.SiteMachine.Name(s)})
	}
	gaps := []web.Option{{Value: "", Label: "不限"}, {Value: "any", Label: "缺任意一项"}}
	for _, g := range registry.GapOrder {
		gaps = append(gaps, web.Option{Value: g, Label: "缺" + registry.GapNames[g]})
	}
	return listView{
		Heading: web.Heading{Title: "站点台账", Lead: "只列出您管辖范围内的政府网站，按区划和单位排列。"},
		Filter: web.Filter{Action: sitesPath,
			Fields: []web.Field{
				{Kind: web.SearchBox, Name: "q", Label: "名称、拼音、编号或域名"},
				{Kind: web.Select, Name: "area", Label: "区划", Options: areas},
				{Kind: web.Select, Name: "kind", Label: "类别", Options: []web.Option{{Value: "", Label: "全部类别"}, {Value: string(registry.Portal), Label: registry.Portal.Name()}, {Value: string(registry.DepartmentSite), Label: registry.DepartmentSite.Name()}}},
				{Kind: web.Select, Name: "state", Label: "状态", Options: states},
			},
			More: []web.Field{
				{Kind: web.Select, Name: "gap", Label: "缺项", Options: gaps},
				{Kind: web.Select, Name: "monitored", Label: "监测", Options: []web.Option{{Value: "", Label: "不限"}, {Value: "yes", Label: "已开启"}, {Value: "no", Label: "未开启"}}},
			}},
	}
}

var (
	sampleSite = registry.Site{ID: "01JDS", Unit: "01JDU", UnitName: "雁塔区人民政府办公室", AreaCode: "610113000000", Kind: registry.Portal, Name: "雁塔区人民政府",
		Host: "www.yanta.example.gov.cn", State: registry.Running, SiteCode: "6101130001", ICP: "陕ICP备05000001号", Monitored: true, Source: "存量台账", LaunchedOn: calendar.Date{Year: 2019, Month: 5, Day: 1}}
	hostileSite = registry.Site{ID: `"><script>`, Unit: `"`, UnitName: `<script>`, AreaCode: `<b>`, Kind: `<i>`, Name: `<script>alert(1)</script>`, Host: `javascript:alert(1)`, State: `<u>`,
		SiteCode: `<b>12345678`, Contact: `"onmouseover=`, Address: `</dd>`, Source: `<script>`}
)

func (h *Handler) sites(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	areas, err := h.areaOptions(ctx, scope, org.AreaID(r.URL.Query().Get("area")))
	if err != nil {
		return err
	}
	v, err := listed(h, r, siteList, siteFilterView(areas), h.registry.SiteList)
	if err != nil {
		return err
	}
	if may(r, authz.RegistryImport) {
		v.Heading.Acts = append([]web.Act{{Text: "导入台账", Href: importPath, Primary: true}}, v.Heading.Acts...)
	}
	return listPage.Render(w, r, v)
}

func (h *Handler) export(w http.ResponseWriter, r *http.Request) error {
	return takeOut(h, w, r, siteList, h.registry.SiteList)
}
