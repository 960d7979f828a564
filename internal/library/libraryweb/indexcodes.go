package libraryweb

import (
	"net/http"
	"net/url"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/library"
	"zhengshu/internal/org"
	"zhengshu/internal/web"
)

const indexCodesPath = "/console/index-codes"

func (h *Handler) indexCodeRoutes() []web.Route {
	return []web.Route{
		{Pattern: "GET " + indexCodesPath, Permit: authz.ItemRead, Handle: h.indexCodes},
		{Pattern: "GET " + indexCodesPath + "/edit", Permit: authz.PostManage, Handle: h.showIndexCode},
		{Pattern: "POST " + indexCodesPath + "/edit", Permit: authz.PostManage, Handle: h.recordIndexCode},
	}
}

// indexCodesView is GET /console/index-codes: what the index numbers of each
// unit begin with.
type indexCodesView struct{ web.ListView }

func newIndexCodes(list []library.IndexAuthority, total int, manages bool) indexCodesView {
	v := indexCodesView{web.ListView{Heading: web.Heading{Title: "索引号代码", Lead: "政策文件等首次发布时自动编索引号：机构代码、年份、序号。没有登记代码的单位先用系统自编代码，登记以后的新号改用登记的代码，已编的号不变。"}, Trail: checkTrail,
		Filter: web.Filter{Action: indexCodesPath, Total: total, Reset: indexCodesPath, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "单位名称"}}},
		Table: web.Table{Caption: "各单位", Quiet: true, Columns: []web.Column{{Head: "单位", Wide: true}, {Head: "机构代码"}, {Head: "已编", Number: true}, {Head: ""}},
			Empty: web.Empty{Title: "没有符合条件的单位"}}}}
	for _, a := range list {
		code := web.Tagged(web.Tag{Text: "尚未编号"})
		switch {
		case a.Recorded:
			code = web.Text(a.Code)
		case a.Code != "":
			code = web.Text(a.Code)
			code.Note = "系统自编，请登记统一社会信用代码"
		}
		row := web.Row{Cells: []web.Cell{web.Text(a.UnitName), code, web.Figure(a.Numbers), {}}}
		if manages {
			row.Cells[3].Links = []web.Link{{Text: "登记代码", Href: indexCodesPath + "/edit?" + url.Values{"unit": {string(a.Unit)}}.Encode(), Note: a.UnitName}}
		}
		v.Table.Rows = append(v.Table.Rows, row)
	}
	return v
}

func (h *Handler) indexCodes(w http.ResponseWriter, r *http.Request) error {
	q := strings.TrimSpace(r.URL.Query().Get("q"))
	list, total, err := h.lib.IndexAuthorities(r.Context(), authz.ScopeFrom(r.Context()), q, perPage, (web.PageOf(r)-1)*perPage)
	if err != nil {
		return err
	}
	v := newIndexCodes(list, total, authz.SessionFrom(r.Context()).May(authz.PostManage))
	v.Filter.Fill(r.URL.Query())
	v.Filter.Total = total
	v.Pager = web.PagerOf(r, total, perPage)
	return indexCodesPage.Render(w, r, v)
}

// indexCodeForm is the form of one unit's code.
type indexCodeForm struct{ web.FormView }

func newIndexCode(a library.IndexAuthority) indexCodeForm {
	f := web.Field{Name: "code", Label: "机构代码", Required: true, Max: 18, Narrow: true, Hint: "18 位统一社会信用代码，或 9 位组织机构代码"}
	if a.Recorded {
		f.Value = a.Code
	}
	return indexCodeForm{web.FormView{Heading: web.Heading{Title: "登记索引号代码", Above: a.UnitName, Lead: "登记以后新编的索引号以这个代码开头；已经编好、公开的索引号不变。"}, Trail: append(checkTrail, web.Crumb{Name: "索引号代码", Href: indexCodesPath}),
		Form: web.Form{Action: indexCodesPath + "/edit", Sections: []web.Section{{Fields: []web.Field{{Kind: web.Hidden, Name: "unit", Value: string(a.Unit)}, f}}},
			Buttons: []web.Button{{Label: "登记代码"}}, Cancel: web.Link{Text: "返回索引号代码", Href: indexCodesPath}}}}
}

func (h *Handler) indexCodeOf(r *http.Request) (library.IndexAuthority, error) {
	return h.lib.IndexAuthority(r.Context(), authz.ScopeFrom(r.Context()), org.UnitID(r.FormValue("unit")))
}

func (h *Handler) showIndexCode(w http.ResponseWriter, r *http.Request) error {
	a, err := h.indexCodeOf(r)
	if err != nil {
		return err
	}
	return indexCodePage.Render(w, r, newIndexCode(a))
}

func (h *Handler) recordIndexCode(w http.ResponseWriter, r *http.Request) error {
	a, err := h.indexCodeOf(r)
	if err != nil {
		return err
	}
	err = h.lib.RecordIndexCode(r.Context(), authz.ScopeFrom(r.Context()), a.Unit, r.PostFormValue("code"))
	if web.Mendable(err) {
		v := newIndexCode(a)
		v.Again(r, err)
		return indexCodePage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, indexCodesPath+"?"+url.Values{"q": {a.UnitName}}.Encode(), "已登记"+a.UnitName+"的索引号代码。")
}

var (
	indexCodesPage = web.Define(web.Plain, "pages/list.html", newIndexCodes(nil, 0, false),
		newIndexCodes([]library.IndexAuthority{{Unit: "u1", UnitName: "西安市人民政府办公厅", Code: "11610100MB29XXXX0A", Recorded: true, Numbers: 12}, {Unit: "u2", UnitName: "西安市商务局", Code: "610100-AB12CD34", Numbers: 1}}, 2, true),
		newIndexCodes([]library.IndexAuthority{{Unit: `u"><b>`, UnitName: `<b>"某局"</b>`, Code: `"><script>`}}, 1, true))
	indexCodePage = web.Define(web.Plain, "pages/form.html", newIndexCode(library.IndexAuthority{}),
		newIndexCode(library.IndexAuthority{Unit: "u1", UnitName: "西安市商务局", Code: "11610100MB29XXXX0A", Recorded: true}),
		newIndexCode(library.IndexAuthority{Unit: `u"><b>`, UnitName: `<b>"某局"</b>`, Code: `"><script>`, Recorded: true}))
)
