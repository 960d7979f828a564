package appearanceweb

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"zhengshu/internal/appearance"
	"zhengshu/internal/authz"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/web"
)

const themesPath = "/console/themes"

// themesView is GET /console/themes.
type themesView struct {
	Heading web.Heading
	Tabs    web.Tabs
	Table   web.Table
	Install web.Form
	Keys    web.Table
	Trust   web.Form
	Revoke  []web.Form
	Guide   web.Alert
}

// Title of the document.
func (themesView) Title() string { return "网站主题" }

// Crumbs of the page.
func (themesView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "台账", Href: "/console/sites"}, {Name: "网站主题"}}
}

// lookTabs are the pages about how sites look.
func lookTabs(now string) web.Tabs {
	t := web.Tabs{Label: "网站外观"}
	for _, x := range []view{{themesPath, "网站主题"}, {"/console/mournings", "哀悼灰度"}, {"/console/front-pages", "应急首页"}} {
		t.Items = append(t.Items, web.Tab{Name: x.name, Href: x.key, Current: x.key == now})
	}
	return t
}

func stateOf(a appearance.Available) web.Tag {
	switch {
	case a.House():
		return web.Tag{Kind: web.Good, Text: "系统自带"}
	case a.KeyRevoked:
		return web.Tag{Kind: web.Danger, Text: "签名公钥已吊销"}
	case !a.Offered():
		return web.Tag{Kind: web.Warn, Text: "停止提供"}
	}
	return web.Tag{Kind: web.Good, Text: "可选用"}
}

func newThemes(list []appearance.Available, keys []appearance.Key, may bool, revoking string) themesView {
	v := themesView{
		Heading: web.Heading{Title: "网站主题", Lead: "各站点从这里选用主题。主题包由作者签名，检查通过后才能选用；包里没有脚本，画不出页面时自动换成政务蓝。"},
		Tabs:    lookTabs(themesPath),
		Table: web.Table{Caption: "主题和版本", RowHead: 0, Columns: []web.Column{{Head: "主题", Wide: true}, {Head: "版本"}, {Head: "状态"}, {Head: "作者和签名"}, {Head: "安装"}, {Head: "使用站点", Number: true}},
			Empty: web.Empty{Title: "没有主题"}},
		Keys: web.Table{Caption: "信任的签名公钥", Columns: []web.Column{{Head: "作者单位"}, {Head: "公钥", Wide: true}, {Head: "依据", Wide: true}, {Head: "登记"}, {Head: "状态"}},
			Empty: web.Empty{Title: "还没有信任任何作者", Text: "登记作者的公钥后，才能安装他们的主题包。"}},
	}
	for _, a := range list {
		sign := web.Cell{Text: a.Author}
		by := web.Cell{Text: "—"}
		if !a.House() {
			sign.Note = "签名：" + a.KeyName
			by = web.Cell{Text: a.InstalledBy, Note: web.Minute(a.InstalledAt)}
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: a.Name, Href: a.Link(), Note: a.ThemeID}, web.Text(versionOf(a)), web.Tagged(stateOf(a)), sign, by, web.Figure(a.Sites)}})
	}
	for _, k := range keys {
		state := web.Tagged(web.Tag{Kind: web.Good, Text: "信任"})
		if !k.RevokedAt.IsZero() {
			state = web.Cell{Tags: []web.Tag{{Kind: web.Danger, Text: "已吊销"}}, Note: k.RevokedBy + " " + web.Minute(k.RevokedAt) + "：" + k.RevokedWhy}
		} else if may {
			state.Links = []web.Link{{Text: "吊销", Href: themesPath + "?revoke=" + url.QueryEscape(k.ID) + "#revoke", Note: k.Name}}
		}
		v.Keys.Rows = append(v.Keys.Rows, web.Row{Cells: []web.Cell{web.Text(k.Name), web.Text(k.PublicKey), web.Text(k.Reason), {Text: k.AddedBy, Note: web.Minute(k.AddedAt)}, state}})
		if may && k.ID == revoking && k.RevokedAt.IsZero() {
			v.Revoke = append(v.Revoke, web.Form{Action: "/console/theme-keys/revoke", Cancel: web.Link{Text: "不吊销", Href: themesPath}, Buttons: []web.Button{{Label: "吊销“" + k.Name + "”的公钥", Kind: web.Danger}},
				Sections: []web.Section{{Legend: "吊销签名公钥", Hint: "吊销后，这把公钥签名的主题不再提供；正在使用的站点照常显示，直到换成别的主题。", Fields: []web.Field{{Kind: web.Hidden, Name: "key", Value: k.ID}, {Name: "why", Label: "原因", Required: true, Max: 200}}}}})
		}
	}
	if may {
		v.Install = installForm()
		v.Trust = trustForm()
	} else {
		v.Guide = web.Alert{Kind: web.Info, Title: "安装新主题", Text: "主题由省政府办公厅统一安装。需要新主题的，请把主题包和作者情况报省政府办公厅。"}
	}
	return v
}

func installForm() web.Form {
	return web.Form{Action: themesPath, Upload: true, Buttons: []web.Button{{Label: "检查并安装"}},
		Sections: []web.Section{{Legend: "安装主题包", Hint: "系统会核对签名，逐个检查模板和样式，并试画全部样页；有一处不合格就不安装，并说明在哪个文件第几行、怎样改。",
			Fields: []web.Field{{Kind: web.File, Name: "file", Label: "主题包（.zip）", Required: true, Accept: ".zip", Hint: fmt.Sprintf("不超过 %d MB，由 zhengshu theme sign 生成", theme.MaxBundle>>20)}}}}}
}

func trustForm() web.Form {
	return web.Form{Action: "/console/theme-keys", Buttons: []web.Button{{Label: "信任这把公钥", Plain: true}},
		Sections: []web.Section{{Legend: "登记作者的签名公钥", Hint: "请用电话或当面核对公钥，再登记。", Fields: []web.Field{
			{Name: "name", Label: "作者单位", Required: true, Max: 60},
			{Name: "key", Label: "公钥", Required: true, Max: 60, Hint: "作者用 zhengshu theme key 显示，44 个字符"},
			{Name: "reason", Label: "依据", Required: true, Max: 200, Hint: "合同、批文或会议纪要的文号"}}}}}
}

func versionOf(a appearance.Available) string {
	if a.House() {
		return "随系统"
	}
	return a.Version
}

var sampleAt = time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC)

func sampleThemes() []appearance.Available {
	return []appearance.Available{{ID: theme.Blue, ThemeID: theme.Blue, Name: "政务蓝", Author: "政枢", Licence: "随系统提供", Sites: 12},
		{ID: "01T", ThemeID: "qinling", Name: "秦岭绿", Version: "1.0.2", Author: "省信息中心", Licence: "政务内部使用", Hash: "ab12", Size: 120000, Files: 9, KeyName: "省信息中心", InstalledBy: "张某", InstalledAt: sampleAt, Sites: 1}}
}

func hostileTheme() appearance.Available {
	return appearance.Available{ID: `"><script>`, ThemeID: "<b>", Name: "<script>alert(1)</script>", Version: "<i>", Author: `"'>`, Hash: "x", KeyName: "<b>", InstalledBy: "<script>", WithheldAt: sampleAt, WithheldBy: "<b>", WithheldWhy: "</p><script>"}
}

var themesPage = web.Define(views, "views/themes.html",
	newThemes(nil, nil, false, ""),
	newThemes(sampleThemes(), []appearance.Key{{ID: "01K", Name: "省信息中心", PublicKey: "MCowBQYDK2VwAyEA", Reason: "合同2026-3号", AddedBy: "张某", AddedAt: sampleAt}}, true, "01K"),
	newThemes([]appearance.Available{hostileTheme()}, []appearance.Key{{ID: `"><b>`, Name: "<script>", PublicKey: "<b>", Reason: "<b>", RevokedAt: sampleAt, RevokedBy: "<b>", RevokedWhy: "<script>"}}, true, ""))

func (h *Handler) themes(w http.ResponseWriter, r *http.Request) error {
	v, err := h.listed(r)
	if err != nil {
		return err
	}
	return themesPage.Render(w, r, v)
}

func (h *Handler) listed(r *http.Request) (themesView, error) {
	list, err := h.looks.Themes(r.Context())
	if err != nil {
		return themesView{}, err
	}
	keys, err := h.looks.Keys(r.Context())
	if err != nil {
		return themesView{}, err
	}
	may, err := h.looks.MayInstall(r.Context(), authz.SessionFrom(r.Context()))
	return newThemes(list, keys, may, r.URL.Query().Get("revoke")), err
}

// again shows the list with one of its forms as it was typed.
func (h *Handler) again(w http.ResponseWriter, r *http.Request, wrong error, form func(*themesView) *web.Form) error {
	v, err := h.listed(r)
	if err != nil {
		return err
	}
	f := form(&v)
	f.Fill(r.PostForm)
	f.Wrong(wrong)
	return themesPage.RenderStatus(w, r, http.StatusUnprocessableEntity, v)
}

func (h *Handler) install(w http.ResponseWriter, r *http.Request) error {
	file, done, err := brought(r, "file")
	defer done()
	if err != nil {
		return err
	}
	form := func(v *themesView) *web.Form { v.Install = installForm(); return &v.Install }
	if file == nil {
		return h.again(w, r, missingFile, form)
	}
	a, err := h.looks.Install(r.Context(), authz.SessionFrom(r.Context()), file)
	if web.Mendable(err) {
		return h.again(w, r, err, form)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, a.Link(), "已安装“"+a.Name+"”"+a.Version+"，各站点可以选用。")
}

func (h *Handler) trust(w http.ResponseWriter, r *http.Request) error {
	err := h.looks.Trust(r.Context(), authz.SessionFrom(r.Context()), r.PostFormValue("name"), r.PostFormValue("key"), r.PostFormValue("reason"))
	if web.Mendable(err) {
		return h.again(w, r, err, func(v *themesView) *web.Form { v.Trust = trustForm(); return &v.Trust })
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, themesPath, "已登记公钥。")
}

func (h *Handler) revoke(w http.ResponseWriter, r *http.Request) error {
	if err := h.looks.Revoke(r.Context(), authz.SessionFrom(r.Context()), r.PostFormValue("key"), r.PostFormValue("why")); err != nil {
		return err
	}
	return web.Done(w, r, themesPath, "已吊销公钥，它签名的主题不再提供。")
}

// themeView is GET /console/themes/{theme}.
type themeView struct {
	Heading  web.Heading
	Summary  web.Summary
	Room     room
	Withhold web.Form
	name     string
}

// Title of the document.
func (v themeView) Title() string { return v.name }

// Crumbs of the page.
func (v themeView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "台账", Href: "/console/sites"}, {Name: "网站主题", Href: themesPath}, {Name: v.name}}
}

// themed is the query of a preview of the theme.
func themed(q url.Values, id string) url.Values {
	out := url.Values{"theme": {id}}
	for _, k := range []string{"as", "page"} {
		if v := q.Get(k); v != "" {
			out.Set(k, v)
		}
	}
	return out
}

func newTheme(a appearance.Available, may bool, q url.Values) themeView {
	v := themeView{name: a.Name, Heading: web.Heading{Title: a.Name, Above: "网站主题", Tags: []web.Tag{stateOf(a)}},
		Summary: web.Summary{Wide: true, Terms: []web.Term{{Name: "标识", Text: a.ThemeID}, {Name: "版本", Text: versionOf(a)}, {Name: "作者", Text: a.Author}, {Name: "许可", Text: a.Licence}, {Name: "使用站点", Text: fmt.Sprintf("%d 个", a.Sites)}}},
		Room:    roomOf(themesPath+"/version", themesPath+"/page", themed(q, a.ID), "样页里的内容是虚构的；各站点设定外观时可以看自己的内容。")}
	if a.House() {
		return v
	}
	v.Summary.Terms = append(v.Summary.Terms, web.Term{Name: "签名", Text: a.KeyName}, web.Term{Name: "安装", Text: a.InstalledBy, Note: web.Minute(a.InstalledAt)},
		web.Term{Name: "大小", Text: fmt.Sprintf("%d 个文件，%d KB", a.Files, (a.Size+1023)/1024)}, web.Term{Name: "校验值", Text: a.Hash})
	if !a.WithheldAt.IsZero() {
		v.Summary.Terms = append(v.Summary.Terms, web.Term{Name: "停止提供", Text: a.WithheldWhy, Note: a.WithheldBy + " " + web.Minute(a.WithheldAt)})
	}
	switch {
	case !may:
	case a.WithheldAt.IsZero():
		v.Withhold = web.Form{Action: themesPath + "/withhold", Buttons: []web.Button{{Label: "停止提供这个版本", Kind: web.Danger}}, Sections: []web.Section{{Legend: "停止提供", Hint: "正在使用的站点照常显示，不能再新选用。", Fields: []web.Field{{Kind: web.Hidden, Name: "theme", Value: a.ID}, {Name: "why", Label: "原因", Required: true, Max: 200}}}}}
	default:
		v.Withhold = web.Form{Action: themesPath + "/offer", Buttons: []web.Button{{Label: "重新提供这个版本", Plain: true}}, Sections: []web.Section{{Fields: []web.Field{{Kind: web.Hidden, Name: "theme", Value: a.ID}}}}}
	}
	return v
}

var themePage = web.Define(views, "views/theme.html", newTheme(sampleThemes()[0], false, nil), newTheme(sampleThemes()[1], true, url.Values{"as": {"phone"}}), newTheme(hostileTheme(), true, url.Values{"as": {`"><b>`}, "page": {"<script>"}}))

func (h *Handler) theme(w http.ResponseWriter, r *http.Request) error {
	a, err := h.looks.Installed(r.Context(), r.URL.Query().Get("theme"))
	if err != nil {
		return err
	}
	may, err := h.looks.MayInstall(r.Context(), authz.SessionFrom(r.Context()))
	if err != nil {
		return err
	}
	framing(w)
	return themePage.Render(w, r, newTheme(a, may, r.URL.Query()))
}

func (h *Handler) samplePage(w http.ResponseWriter, r *http.Request) error {
	a, err := h.looks.Installed(r.Context(), r.URL.Query().Get("theme"))
	if err != nil {
		return err
	}
	b, err := h.publisher.Sample(r.Context(), a.Choice(), r.URL.Query().Get("page"), asOf(r.URL.Query()))
	return drawn(w, b, err)
}

func (h *Handler) withhold(w http.ResponseWriter, r *http.Request) error {
	id := r.PostFormValue("theme")
	if err := h.looks.Withhold(r.Context(), authz.SessionFrom(r.Context()), id, r.PostFormValue("why"), false); err != nil {
		return err
	}
	return web.Done(w, r, appearance.ThemeLink(id), "已停止提供，正在使用的站点不受影响。")
}

func (h *Handler) offer(w http.ResponseWriter, r *http.Request) error {
	id := r.PostFormValue("theme")
	if err := h.looks.Withhold(r.Context(), authz.SessionFrom(r.Context()), id, "", true); err != nil {
		return err
	}
	return web.Done(w, r, appearance.ThemeLink(id), "已重新提供。")
}
