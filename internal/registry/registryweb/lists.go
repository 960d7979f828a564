package registryweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/queries"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

// Queries gives the lists the saved queries and kept columns of people;
// without them the lists stand with their usual columns.
func (h *Handler) Queries(q *queries.Service) *Handler { h.queries = q; return h }

// Lists are the lists of the ledger, for saved queries.
func Lists() []web.ListInfo {
	return []web.ListInfo{siteList.Info(), accountList.Info(), appList.Info(), domainLedger(calendar.Date{}).Info()}
}

// listView is a list of the ledger: GET /console/sites and its like.
type listView struct {
	Name    string
	Heading web.Heading
	Filter  web.Filter
	Tools   web.ListTools
	Table   web.Table
	Out     web.ListOut
	Pager   web.Pager
}

// Title of the document.
func (v listView) Title() string { return v.Name }

// Crumbs of the page.
func (v listView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: home}, {Name: v.Name}}
}

// listed shows one page of a list: the filter, the saved queries, the rows in
// the chosen columns, and the way out as a file.
func listed[T any](h *Handler, r *http.Request, l web.List[T], v listView, read func(ctx context.Context, scope authz.Scope, n registry.ListQuery) (registry.ListPage[T], error)) (listView, error) {
	ctx, scope, q := r.Context(), authz.ScopeFrom(r.Context()), r.URL.Query()
	n := listQuery(q)
	n.Limit, n.Offset = perPage, (web.PageOf(r)-1)*perPage
	if n.Offset >= registry.MaxCounted { // pages beyond what is counted are not there
		n.Offset = registry.MaxCounted - perPage
	}
	page, err := read(ctx, scope, n)
	if err != nil {
		return v, err
	}
	pager := web.PagerOf(r, page.Total, perPage)
	pager.Over = page.Over
	if len(page.Rows) == 0 && page.Total > 0 { // a page beyond the end
		n.Offset = pager.Offset()
		if page, err = read(ctx, scope, n); err != nil {
			return v, err
		}
	}
	kept, err := h.keptColumns(ctx, l.Key)
	if err != nil {
		return v, err
	}
	info := l.Info()
	chosen := info.Chosen(q, kept)
	v.Name, v.Pager = l.Name, pager
	v.Table = l.Table(page.Rows, chosen)
	v.Filter.Action, v.Filter.Total, v.Filter.Over = l.Path, page.Total, page.Over
	if q.Get("cols") != "" {
		v.Filter.Hidden = append(v.Filter.Hidden, web.Field{Kind: web.Hidden, Name: "cols"})
	}
	v.Filter.Fill(q)
	v.Out = l.Out(r, chosen, pager, len(page.Rows))
	v.Tools.Chips = v.Filter.Chips(r)
	return v, h.tools(r, info, &v.Tools)
}

func (h *Handler) keptColumns(ctx context.Context, list string) ([]string, error) {
	if h.queries == nil {
		return nil, nil
	}
	return h.queries.Columns(ctx, authz.SessionFrom(ctx), list)
}

// tools fills what stands over a list.
func (h *Handler) tools(r *http.Request, info web.ListInfo, t *web.ListTools) error {
	if h.queries == nil {
		return nil
	}
	q := r.URL.Query()
	now := info.Conditions(q)
	if len(now) > 0 {
		t.Save = "/console/lists/" + info.Key + "/queries/new?" + r.URL.RawQuery
	}
	t.Columns = "/console/lists/" + info.Key + "/columns"
	if r.URL.RawQuery != "" {
		t.Columns += "?" + r.URL.RawQuery
	}
	session := authz.SessionFrom(r.Context())
	saved, err := h.queries.Of(r.Context(), session, info.Key)
	if err != nil {
		return err
	}
	for _, s := range saved {
		conditions, err := url.ParseQuery(s.Query)
		current := err == nil && info.Conditions(conditions).Encode() == now.Encode()
		t.Saved = append(t.Saved, web.SavedQuery{Name: s.Name, Href: info.Path + "?" + s.Query, Shared: s.Person != session.PersonID, Current: current})
		if s.Person == session.PersonID {
			t.Manage = "/console/queries"
		}
	}
	return nil
}

// listQuery reads the conditions of the ledger's lists from the address.
func listQuery(q url.Values) registry.ListQuery {
	return registry.ListQuery{Text: strings.TrimSpace(q.Get("q")), SiteKind: registry.SiteKind(q.Get("kind")), State: q.Get("state"), Under: org.AreaID(q.Get("area")),
		Gap: q.Get("gap"), Monitor: q.Get("monitored"), Platform: q.Get("platform"), Domain: domainQuery(q)}
}

// takeOut answers a list's export: exactly the rows of the list on screen, in
// its order and columns. Who took what out is in the trail.
func takeOut[T any](h *Handler, w http.ResponseWriter, r *http.Request, l web.List[T], read func(ctx context.Context, scope authz.Scope, n registry.ListQuery) (registry.ListPage[T], error)) error {
	ctx, scope, q := r.Context(), authz.ScopeFrom(r.Context()), r.URL.Query()
	n := listQuery(q)
	if n.Under != "" {
		if _, _, err := h.org.AreaInScope(ctx, scope, n.Under); err != nil {
			return err
		}
	}
	n.Limit = registry.MaxExport
	switch q.Get("which") {
	case "page":
		n.Limit, n.Offset = perPage, (web.PageOf(r)-1)*perPage
	case "picked":
		if n.IDs = q["id"]; len(n.IDs) == 0 {
			return fault.New(fault.Invalid, "没有选中任何一行，请先在列表左侧勾选，或改为导出全部结果。").On("id", "请勾选要导出的行")
		}
		if len(n.IDs) > 1000 {
			return fault.New(fault.Invalid, "一次最多导出勾选的 1,000 行，请改为导出全部结果。").On("id", "勾选过多")
		}
	}
	page, err := read(ctx, scope, n)
	if err != nil {
		return err
	}
	if page.Over && len(page.Rows) >= registry.MaxExport {
		return fault.Newf(fault.TooLarge, "筛选结果超过一次导出的上限 %d 条，请加上区划等条件分次导出。", registry.MaxExport)
	}
	kept, err := h.keptColumns(ctx, l.Key)
	if err != nil {
		return err
	}
	chosen := l.Info().Chosen(q, kept)
	sheet := l.Sheet(slices.Values(page.Rows), chosen)
	return web.SendSheet(w, r, sheet, l.Name)
}

// sampleList renders a list from samples.
func sampleList[T any](l web.List[T], v listView, rows []T, tools web.ListTools) listView {
	v.Name, v.Tools = l.Name, tools
	v.Table = l.Table(rows, l.Info().Usual())
	v.Out = web.ListOut{Action: l.Path + "/export", Rows: len(rows), Formats: []web.Option{{Value: "xlsx", Label: "XLSX"}}}
	v.Filter.Total = len(rows)
	return v
}

var sampleTools = web.ListTools{Save: "/console/lists/sites/queries/new", Columns: "/console/lists/sites/columns", Manage: "/console/queries",
	Saved: []web.SavedQuery{{Name: "未开启监测的", Href: "/console/sites?monitored=no", Shared: true, Current: true}}, Chips: web.Chips{Items: []web.Chip{{Name: "监测", Value: "未开启", Href: "/console/sites"}}}}

var hostileTools = web.ListTools{Save: `"><script>`, Columns: `javascript:alert(1)`, Saved: []web.SavedQuery{{Name: `<script>`, Href: `"`}}, Chips: web.Chips{Items: []web.Chip{{Name: `<b>`, Value: `"><script>`, Href: `"`}}}}

var listPage = web.Define(views, "views/list.html",
	sampleList(siteList, siteFilterView(nil), nil, web.ListTools{}),
	sampleList(siteList, siteFilterView([]web.Option{{Value: "", Label: "西安市（全部）"}}), []registry.Site{sampleSite, {ID: "2", Name: "阎良区人民政府", State: registry.Planned}}, sampleTools),
	sampleList(siteList, siteFilterView([]web.Option{{Value: `"><script>`, Label: `<script>`}}), []registry.Site{hostileSite}, hostileTools),
	sampleList(accountList, accountFilterView(nil, false), []registry.Account{sampleAccount, hostileAccount}, sampleTools),
	sampleList(appList, accountFilterView(nil, true), []registry.Account{sampleApp, hostileAccount}, hostileTools),
	sampleList(domainLedger(sampleToday), domainFilterView([]web.Option{{Value: "", Label: "西安市（全部）"}}), []registry.Domain{sampleDomain, goneDomain, {ID: "3", Shown: "雁塔.政务", Host: "xn--1.xn--zfr164b", Kind: registry.ChineseDomain, State: registry.DomainApplying}}, sampleTools),
	sampleList(domainLedger(sampleToday), domainFilterView([]web.Option{{Value: `"><script>`, Label: `<script>`}}), []registry.Domain{hostileDomain}, hostileTools),
)
