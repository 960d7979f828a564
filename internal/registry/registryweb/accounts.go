package registryweb

import (
	"context"
	"net/http"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

func accountTag(a registry.Account) web.Tag {
	tone := map[string]web.Tone{registry.Running: web.Good, registry.Planned: web.Info, registry.TemporarilyOffline: web.Warn}[a.State]
	return web.Tag{Kind: tone, Text: a.StateName()}
}

// accountColumns are the columns of accounts and apps; their heads in a file
// are those an import knows.
func accountColumns(app bool) []web.ListColumn[registry.Account] {
	text := func(f func(registry.Account) string) func(registry.Account) web.Cell {
		return func(a registry.Account) web.Cell { return web.Text(f(a)) }
	}
	name, noun := "账号名称", "账号"
	if app {
		name, noun = "应用名称", "应用"
	}
	out := []web.ListColumn[registry.Account]{
		{Key: "name", Head: noun, Title: name, Width: 30, Fixed: true, Wide: true, Cell: func(a registry.Account) web.Cell {
			c := web.Linked(a.Name, a.Link())
			c.Note = a.URL
			if a.Main {
				c.Tags = []web.Tag{{Kind: web.Info, Text: "主账号"}}
			}
			return c
		}, Value: func(a registry.Account) any { return a.Name }},
		{Key: "platform", Head: "平台", Width: 14, Cell: text(func(a registry.Account) string { return registry.Platforms[a.Platform] })},
		{Key: "unit", Head: "主办单位", Width: 30, Cell: func(a registry.Account) web.Cell { return unitCell(a.Unit, a.UnitName) }},
		{Key: "area", Head: "区划代码", Width: 16, Off: true, Cell: func(a registry.Account) web.Cell { return web.Cell{Text: a.AreaCode, Keep: true} }},
		{Key: "state", Head: "状态", Width: 10, Cell: func(a registry.Account) web.Cell { return web.Tagged(accountTag(a)) }},
		{Key: "gaps", Head: "缺项", Width: 30, Cell: accountGaps, Value: func(a registry.Account) any { return strings.Join(a.Gaps(), "、") }},
		{Key: "url", Head: "网址", Width: 40, Off: true, Cell: text(func(a registry.Account) string { return a.URL })},
		{Key: "handle", Head: "账号标识", Width: 20, Off: true, Cell: text(func(a registry.Account) string { return a.Handle })},
		{Key: "platform_id", Head: "平台内部标识", Width: 24, Off: true, Cell: text(func(a registry.Account) string { return a.PlatformID })},
		{Key: "purpose", Head: "用途", Width: 10, Off: true, Cell: text(func(a registry.Account) string { return a.Purpose })},
		{Key: "verified_as", Head: "认证主体", Width: 30, Off: true, Cell: text(func(a registry.Account) string { return a.VerifiedAs })},
		{Key: "verified_type", Head: "认证类型", Width: 14, Off: true, Cell: text(func(a registry.Account) string { return a.VerifiedType })},
		{Key: "a", Head: "A岗", Width: 10, Off: true, Cell: text(func(a registry.Account) string { return a.AName })},
		{Key: "b", Head: "B岗", Width: 10, Off: true, Cell: text(func(a registry.Account) string { return a.BName })},
		{Key: "leader", Head: "分管领导", Width: 10, Off: true, Cell: text(func(a registry.Account) string { return a.LeaderName })},
		{Key: "followers", Head: "关注人数", Width: 12, Number: true, Off: true, Cell: func(a registry.Account) web.Cell {
			if a.FollowersOn.IsZero() {
				return web.Text("没有统计")
			}
			return web.Figure(int(a.Followers))
		}, Value: func(a registry.Account) any {
			if a.FollowersOn.IsZero() {
				return nil
			}
			return a.Followers
		}},
		{Key: "last_post_on", Head: "最近发布日期", Width: 14, Off: true, Cell: func(a registry.Account) web.Cell { return web.Day(a.LastPostOn) }, Value: func(a registry.Account) any { return a.LastPostOn }},
		{Key: "national_id", Head: "全国信息报送系统编号", Width: 20, Off: true, Cell: text(func(a registry.Account) string { return a.NationalID })},
		{Key: "filed_on", Head: "备案日期", Width: 12, Off: true, Cell: func(a registry.Account) web.Cell { return web.Day(a.FiledOn) }, Value: func(a registry.Account) any { return a.FiledOn }},
		{Key: "launched_on", Head: "开设日期", Width: 12, Off: true, Cell: func(a registry.Account) web.Cell { return web.Day(a.LaunchedOn) }, Value: func(a registry.Account) any { return a.LaunchedOn }},
		{Key: "main", Head: "主账号", Width: 8, Off: true, Cell: func(a registry.Account) web.Cell {
			if a.Main {
				return web.Text("是")
			}
			return web.Text("否")
		}},
		{Key: "source", Head: "来源", Width: 20, Cell: text(func(a registry.Account) string { return a.Source })},
	}
	if app {
		out = append(out, web.ListColumn[registry.Account]{Key: "necessity", Head: "开设必要性", Width: 40, Off: true, Cell: text(func(a registry.Account) string { return a.Necessity })},
			web.ListColumn[registry.Account]{Key: "active_users", Head: "月活跃用户", Width: 12, Number: true, Cell: func(a registry.Account) web.Cell {
				if a.ActiveOn.IsZero() {
					return web.Text("没有统计")
				}
				return web.Figure(int(a.ActiveUsers))
			}, Value: func(a registry.Account) any {
				if a.ActiveOn.IsZero() {
					return nil
				}
				return a.ActiveUsers
			}})
	}
	return out
}

func accountGaps(a registry.Account) web.Cell {
	if missing := a.Gaps(); len(missing) > 0 {
		return web.Cell{Tags: []web.Tag{{Kind: web.Warn, Text: "缺 " + count(len(missing)) + " 项"}}, Note: strings.Join(missing, "、")}
	}
	return web.Text("无")
}

var accountList = web.List[registry.Account]{
	Key: "accounts", Name: "政务新媒体账号", Path: accountsPath, Params: []string{"q", "area", "platform", "state"},
	ID:      func(a registry.Account) string { return string(a.ID) },
	Empty:   web.Empty{Title: "没有符合条件的账号", Text: "请换一个条件；台账为空时，请先导入账号。"},
	Columns: accountColumns(false),
}

// appList is the list of self-developed clients and mini-programs.
var appList = web.List[registry.Account]{
	Key: "apps", Name: "移动客户端和小程序", Path: appsPath, Params: []string{"q", "area", "platform", "state"},
	ID:      func(a registry.Account) string { return string(a.ID) },
	Empty:   web.Empty{Title: "没有符合条件的移动客户端、小程序", Text: "请换一个条件；台账为空时，请先导入。"},
	Columns: accountColumns(true),
}

// accountFilterView is the list before its rows: of accounts on platforms, or
// of apps.
func accountFilterView(areas []web.Option, app bool) listView {
	platforms := []web.Option{{Value: "", Label: "全部平台"}}
	for _, p := range registry.AllPlatforms().Platforms {
		if (registry.ObjectKindOf(p.ID) == sx2021.App) == app {
			platforms = append(platforms, web.Option{Value: p.ID, Label: p.Name})
		}
	}
	states := []web.Option{{Value: "", Label: "全部状态"}}
	for _, s := range stateOrder {
		states = append(states, web.Option{Value: s, Label: registry.AccountMachine.Name(s)})
	}
	path, title, lead := accountsPath, accountList.Name, "只列出您管辖范围内的账号，按区划和单位排列；谁开设、谁主办。"
	if app {
		path, title, lead = appsPath, appList.Name, "只列出您管辖范围内的移动客户端和小程序，按区划和单位排列。"
	}
	return listView{
		Heading: web.Heading{Title: title, Lead: lead},
		Filter: web.Filter{Action: path, Fields: []web.Field{
			{Kind: web.SearchBox, Name: "q", Label: "名称、拼音、编号或网址"},
			{Kind: web.Select, Name: "platform", Label: "平台", Options: platforms},
			{Kind: web.Select, Name: "area", Label: "区划", Options: areas},
			{Kind: web.Select, Name: "state", Label: "状态", Options: states},
		}},
	}
}

func (h *Handler) accounts(w http.ResponseWriter, r *http.Request) error {
	return h.accountsOf(w, r, accountList, false)
}

func (h *Handler) apps(w http.ResponseWriter, r *http.Request) error {
	return h.accountsOf(w, r, appList, true)
}

// readAccounts keeps a list to accounts on platforms, or to apps.
func (h *Handler) readAccounts(app bool) func(context.Context, authz.Scope, registry.ListQuery) (registry.ListPage[registry.Account], error) {
	return func(ctx context.Context, scope authz.Scope, n registry.ListQuery) (registry.ListPage[registry.Account], error) {
		n.Kind, n.SiteKind, n.Gap, n.Monitor = string(sx2021.Account), "", "", ""
		if app {
			n.Kind = string(sx2021.App)
		}
		return h.registry.AccountList(ctx, scope, n)
	}
}

func (h *Handler) accountsOf(w http.ResponseWriter, r *http.Request, l web.List[registry.Account], app bool) error {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	areas, err := h.areaOptions(ctx, scope, org.AreaID(r.URL.Query().Get("area")))
	if err != nil {
		return err
	}
	v, err := listed(h, r, l, accountFilterView(areas, app), h.readAccounts(app))
	if err != nil {
		return err
	}
	if may(r, authz.RegistryImport) {
		kind, text := registry.AccountFile, "导入账号"
		if app {
			kind, text = registry.AppFile, "导入应用"
		}
		v.Heading.Acts = []web.Act{{Text: text, Href: importPath + "?kind=" + string(kind), Primary: true}}
	}
	if app {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "低使用量客户端", Href: lowUsePath})
	}
	if may(r, authz.RegistryBaseline) {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "登记存量账号", Href: accountsPath + "/new"})
	}
	return listPage.Render(w, r, v)
}

func (h *Handler) exportAccounts(w http.ResponseWriter, r *http.Request) error {
	return takeOut(h, w, r, accountList, h.readAccounts(false))
}

func (h *Handler) exportApps(w http.ResponseWriter, r *http.Request) error {
	return takeOut(h, w, r, appList, h.readAccounts(true))
}
