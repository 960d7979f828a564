package registryweb

import (
	"bytes"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strings"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

// sitesView is GET /console/sites.
type sitesView struct {
	Heading web.Heading
	Tabs    web.Tabs
	Filter  web.Filter
	Table   web.Table
	Pager   web.Pager
}

// Title of the document.
func (sitesView) Title() string { return "站点台账" }

// Crumbs of the page.
func (sitesView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: home}, {Name: "站点台账"}}
}

// stateOrder is the order in which filters offer the states.
var stateOrder = []string{registry.Planned, registry.Running, registry.TemporarilyOffline, registry.Exiting, registry.Exited, registry.Closing, registry.Closed}

func stateTag(s registry.Site) web.Tag {
	tone := map[string]web.Tone{registry.Running: web.Good, registry.Planned: web.Info, registry.TemporarilyOffline: web.Warn}[s.State]
	return web.Tag{Kind: tone, Text: s.StateName()}
}

func newSitesView(sites []registry.Site, total int, areas []web.Option, q url.Values) sitesView {
	states := []web.Option{{Value: "", Label: "全部状态"}}
	for _, s := range stateOrder {
		states = append(states, web.Option{Value: s, Label: registry.SiteMachine.Name(s)})
	}
	gaps := []web.Option{{Value: "", Label: "不限"}, {Value: "any", Label: "缺任意一项"}}
	for _, g := range registry.GapOrder {
		gaps = append(gaps, web.Option{Value: g, Label: "缺" + registry.GapNames[g]})
	}
	v := sitesView{
		Tabs:    tabsOf(sitesPath, false),
		Heading: web.Heading{Title: "站点台账", Lead: "只列出您管辖范围内的政府网站；导出的内容与当前筛选结果一致。"},
		Filter: web.Filter{Action: sitesPath, Total: total,
			Fields: []web.Field{
				{Kind: web.SearchBox, Name: "q", Label: "名称、域名、标识码或单位"},
				{Kind: web.Select, Name: "area", Label: "区划", Options: areas},
				{Kind: web.Select, Name: "kind", Label: "类别", Options: []web.Option{{Value: "", Label: "全部类别"}, {Value: string(registry.Portal), Label: registry.Portal.Name()}, {Value: string(registry.DepartmentSite), Label: registry.DepartmentSite.Name()}}},
				{Kind: web.Select, Name: "state", Label: "状态", Options: states},
			},
			More: []web.Field{
				{Kind: web.Select, Name: "gap", Label: "缺项", Options: gaps},
				{Kind: web.Select, Name: "monitored", Label: "监测", Options: []web.Option{{Value: "", Label: "不限"}, {Value: "yes", Label: "已开启"}, {Value: "no", Label: "未开启"}}},
			}},
		Table: web.Table{Caption: "站点", Quiet: true,
			Columns: []web.Column{{Head: "站点"}, {Head: "主办单位"}, {Head: "类别"}, {Head: "状态"}, {Head: "标识码"}, {Head: "缺项"}, {Head: "监测"}},
			Empty:   web.Empty{Title: "没有符合条件的站点", Text: "请换一个条件；台账为空时，请先导入站点。"}},
	}
	if total > 0 {
		v.Heading.Acts = []web.Act{{Text: "导出 XLSX", Href: exportHref(q, "xlsx")}, {Text: "导出 CSV", Href: exportHref(q, "csv")}}
	}
	for _, s := range sites {
		name := web.Linked(s.Name, s.Link())
		name.Note = s.Host
		monitored := web.Tag{Text: "未开启"}
		if s.Monitored {
			monitored = web.Tag{Kind: web.Good, Text: "已开启"}
		}
		missing := s.Gaps()
		gap := web.Cell{Text: "无"}
		switch {
		case len(missing) == len(registry.GapOrder):
			gap = web.Cell{Tags: []web.Tag{{Kind: web.Warn, Text: "标识都未填"}}}
		case len(missing) > 0:
			gap = web.Cell{Tags: []web.Tag{{Kind: web.Warn, Text: "缺 " + count(len(missing)) + " 项"}}, Note: strings.Join(missing, "、")}
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{name, web.Text(s.UnitName), web.Text(s.Kind.Name()), web.Tagged(stateTag(s)), web.Text(s.SiteCode), gap, web.Tagged(monitored)}})
	}
	return v
}

// exportHref is the export of the list that q filters.
func exportHref(q url.Values, format string) string {
	v := url.Values{"format": {format}}
	for _, name := range []string{"q", "area", "kind", "state", "gap", "monitored"} {
		if q.Get(name) != "" {
			v.Set(name, q.Get(name))
		}
	}
	return sitesPath + "/export?" + v.Encode()
}

var (
	sampleSite = registry.Site{ID: "01JDS", Unit: "01JDU", UnitName: "雁塔区人民政府办公室", AreaCode: "610113000000", Kind: registry.Portal, Name: "雁塔区人民政府",
		Host: "www.yanta.example.gov.cn", State: registry.Running, SiteCode: "6101130001", ICP: "陕ICP备05000001号", Monitored: true, Source: "存量台账", LaunchedOn: calendar.Date{Year: 2019, Month: 5, Day: 1}}
	hostileSite = registry.Site{ID: `"><script>`, Unit: `"`, UnitName: `<script>`, AreaCode: `<b>`, Kind: `<i>`, Name: `<script>alert(1)</script>`, Host: `javascript:alert(1)`, State: `<u>`,
		SiteCode: `<b>12345678`, Contact: `"onmouseover=`, Address: `</dd>`, Source: `<script>`}
)

var sitesPage = web.Define(views, "views/sites.html",
	newSitesView(nil, 0, nil, nil),
	newSitesView([]registry.Site{sampleSite, {ID: "2", Name: "阎良区人民政府", State: registry.Planned}}, 2, []web.Option{{Value: "", Label: "西安市（全部）"}}, url.Values{"q": {"雁塔"}}),
	newSitesView([]registry.Site{hostileSite}, 1, []web.Option{{Value: `"><script>`, Label: `<script>`}}, url.Values{"q": {`"><script>`}}),
)

func siteFilter(q url.Values) registry.SiteFilter {
	return registry.SiteFilter{Text: strings.TrimSpace(q.Get("q")), Kind: registry.SiteKind(q.Get("kind")), State: q.Get("state"), Under: org.AreaID(q.Get("area")),
		Gap: q.Get("gap"), Monitored: q.Get("monitored") == "yes", Unmonitored: q.Get("monitored") == "no"}
}

func (h *Handler) sites(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, q := r.Context(), authz.ScopeFrom(r.Context()), r.URL.Query()
	areas, err := h.areaOptions(ctx, scope, org.AreaID(q.Get("area")))
	if err != nil {
		return err
	}
	f := siteFilter(q)
	f.Limit, f.Offset = perPage, (web.PageOf(r)-1)*perPage
	sites, total, err := h.registry.Sites(ctx, scope, f)
	if err != nil {
		return err
	}
	pager := web.PagerOf(r, total, perPage)
	if len(sites) == 0 && total > 0 { // a page beyond the end
		f.Offset = pager.Offset()
		if sites, _, err = h.registry.Sites(ctx, scope, f); err != nil {
			return err
		}
	}
	v := newSitesView(sites, total, areas, q)
	if may(r, authz.RegistryImport) {
		v.Tabs = tabsOf(sitesPath, true)
		v.Heading.Acts = append([]web.Act{{Text: "导入台账", Href: importPath, Primary: true}}, v.Heading.Acts...)
	}
	v.Filter.Fill(q)
	v.Pager = pager
	return sitesPage.Render(w, r, v)
}

// maxExport bounds an export; it is the bound of a table that comes in.
const maxExport = 200_000

// sheetOf is the ledger as a table going out. Its heads are those an import
// knows, so that a file can be mended and brought back.
func sheetOf(sites []registry.Site) official.Sheet {
	return official.Sheet{Title: "站点台账",
		Columns: []official.Column{{Title: "网站名称", Width: 30}, {Title: "域名", Width: 30}, {Title: "网站类别", Width: 14}, {Title: "状态", Width: 10}, {Title: "主办单位", Width: 30},
			{Title: "区划代码", Width: 16}, {Title: "政府网站标识码", Width: 16}, {Title: "ICP备案编号", Width: 20}, {Title: "公安备案编号", Width: 22}, {Title: "中文域名", Width: 20},
			{Title: "党政机关网站标识", Width: 20}, {Title: "缺项", Width: 30}, {Title: "监测", Width: 8}, {Title: "上线日期", Width: 12}, {Title: "来源", Width: 20}},
		Rows: func(yield func([]any) bool) {
			for _, s := range sites {
				monitored := "未开启"
				if s.Monitored {
					monitored = "已开启"
				}
				if !yield([]any{s.Name, s.Host, s.Kind.Name(), s.StateName(), s.UnitName, s.AreaCode, s.SiteCode, s.ICP, s.PoliceFiling, s.ChineseDomain, s.PartyGovMark,
					strings.Join(s.Gaps(), "、"), monitored, s.LaunchedOn, s.Source}) {
					return
				}
			}
		}}
}

var _ iter.Seq[[]any] = sheetOf(nil).Rows

// export is the whole filtered list. Who took what out is in the trail.
func (h *Handler) export(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, q := r.Context(), authz.ScopeFrom(r.Context()), r.URL.Query()
	f := siteFilter(q)
	if f.Under != "" {
		if _, _, err := h.org.AreaInScope(ctx, scope, f.Under); err != nil {
			return err
		}
	}
	f.Limit = maxExport
	sites, total, err := h.registry.Sites(ctx, scope, f)
	if err != nil {
		return err
	}
	if total > maxExport {
		return fault.Newf(fault.TooLarge, "筛选结果有 %d 个站点，超过一次导出的上限 %d 个，请加上区划等条件分次导出。", total, maxExport)
	}
	var b bytes.Buffer
	var kind string
	switch q.Get("format") {
	case "xlsx":
		kind, err = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", official.WriteXLSX(&b, sheetOf(sites))
	case "csv":
		kind, err = "text/csv; charset=utf-8", official.WriteCSV(&b, sheetOf(sites), official.CSVOptions{BOM: true})
	default:
		return fault.New(fault.Invalid, "导出格式只有 xlsx 和 csv，请从台账页面的按钮导出。").On("format", "请选择 xlsx 或 csv")
	}
	if err != nil {
		return fmt.Errorf("registryweb: write export: %w", err)
	}
	unit, _ := authz.SessionFrom(ctx).Unit()
	if err := h.db.Update(ctx, func(tx *db.Tx) error {
		return audit.Record(ctx, tx, audit.Entry{Act: "registry.site.export", Target: audit.Target{Kind: "ledger", ID: "sites", Name: "站点台账", Unit: unit},
			After: map[string]any{"filter": r.URL.RawQuery, "rows": len(sites)}})
	}); err != nil {
		return err
	}
	name := "站点台账-" + web.FrameOf(r).Today.String() + "." + q.Get("format")
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", "attachment; filename=\"sites."+q.Get("format")+"\"; filename*=UTF-8''"+url.PathEscape(name))
	_, err = w.Write(b.Bytes())
	return err
}
