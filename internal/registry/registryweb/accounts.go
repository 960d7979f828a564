package registryweb

import (
	"net/http"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

// accountsView is GET /console/accounts.
type accountsView struct {
	Heading web.Heading
	Tabs    web.Tabs
	Filter  web.Filter
	Table   web.Table
	Pager   web.Pager
}

// Title of the document.
func (accountsView) Title() string { return "政务新媒体账号" }

// Crumbs of the page.
func (accountsView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: home}, {Name: "政务新媒体账号"}}
}

func newAccountsView(list []registry.Account, total int, areas []web.Option) accountsView {
	platforms := []web.Option{{Value: "", Label: "全部平台"}}
	for _, p := range registry.AllPlatforms().Platforms {
		platforms = append(platforms, web.Option{Value: p.ID, Label: p.Name})
	}
	v := accountsView{
		Tabs:    tabsOf(accountsPath, false),
		Heading: web.Heading{Title: "政务新媒体账号", Lead: "只列出您管辖范围内的账号；谁开设、谁主办。"},
		Filter: web.Filter{Action: accountsPath, Total: total, Fields: []web.Field{
			{Kind: web.SearchBox, Name: "q", Label: "账号名称或单位"},
			{Kind: web.Select, Name: "platform", Label: "平台", Options: platforms},
			{Kind: web.Select, Name: "area", Label: "区划", Options: areas},
		}},
		Table: web.Table{Caption: "账号", Quiet: true, Columns: []web.Column{{Head: "账号", Wide: true}, {Head: "平台"}, {Head: "主办单位"}, {Head: "状态"}, {Head: "来源"}},
			Empty: web.Empty{Title: "没有符合条件的账号", Text: "请换一个条件；台账为空时，请先导入账号。"}},
	}
	for _, a := range list {
		name := web.Linked(a.Name, a.Link())
		name.Note = a.URL
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{name, web.Text(registry.Platforms[a.Platform]), web.Text(a.UnitName),
			web.Tagged(web.Tag{Kind: web.Good, Text: registry.AccountMachine.Name(a.State)}), web.Text(a.Source)}})
	}
	return v
}

var accountsPage = web.Define(views, "views/accounts.html",
	newAccountsView(nil, 0, nil),
	newAccountsView([]registry.Account{{Name: "雁塔发布", Platform: "weibo", UnitName: "雁塔区人民政府办公室", State: registry.Running, URL: "https://weibo.example/yanta"}}, 1, nil),
	newAccountsView([]registry.Account{{Name: `<script>`, Platform: `"`, UnitName: `<b>`, State: `<i>`, URL: `javascript:alert(1)`, Source: `</td>`}}, 1, []web.Option{{Value: `"`, Label: `<b>`}}),
)

func (h *Handler) accounts(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, q := r.Context(), authz.ScopeFrom(r.Context()), r.URL.Query()
	areas, err := h.areaOptions(ctx, scope, org.AreaID(q.Get("area")))
	if err != nil {
		return err
	}
	f := registry.AccountFilter{Text: strings.TrimSpace(q.Get("q")), Platform: q.Get("platform"), Under: org.AreaID(q.Get("area")), Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage}
	list, total, err := h.registry.Accounts(ctx, scope, f)
	if err != nil {
		return err
	}
	pager := web.PagerOf(r, total, perPage)
	if len(list) == 0 && total > 0 { // a page beyond the end
		f.Offset = pager.Offset()
		if list, _, err = h.registry.Accounts(ctx, scope, f); err != nil {
			return err
		}
	}
	v := newAccountsView(list, total, areas)
	if may(r, authz.RegistryImport) {
		v.Tabs = tabsOf(accountsPath, true)
		v.Heading.Acts = []web.Act{{Text: "导入账号", Href: importPath + "?kind=" + string(registry.AccountFile), Primary: true}}
	}
	if may(r, authz.RegistryBaseline) {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "登记存量账号", Href: accountsPath + "/new"})
	}
	v.Filter.Fill(q)
	v.Pager = pager
	return accountsPage.Render(w, r, v)
}
