package libraryweb

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/web"
)

const sourcesPath = "/console/sources"

func (h *Handler) sourceRoutes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/sources", Permit: authz.ItemRead, Handle: h.sources},
		{Pattern: "GET /console/sources/import", Permit: authz.SettingsManage, Handle: h.showImportSources},
		{Pattern: "POST /console/sources/import", Permit: authz.SettingsManage, Handle: h.importSources, MaxBody: 10 << 20},
		{Pattern: "GET /console/sources/{source}/freeze", Permit: authz.SettingsManage, Handle: h.showFreeze},
		{Pattern: "POST /console/sources/{source}/freeze", Permit: authz.SettingsManage, Handle: h.freeze},
	}
}

// sourcesView is GET /console/sources.
type sourcesView struct{ web.ListView }

func newSources(list []library.Source, total int, editions []library.Edition, manages bool, today calendar.Date) sourcesView {
	v := sourcesView{web.ListView{Heading: web.Heading{Title: "稿源名单", Lead: "只能转载党委、政府网站和名单内稿源单位的信息（第十九条（三））。来源不明的一律不得转载。"}, Trail: checkTrail,
		Filter: web.Filter{Action: sourcesPath, Total: total, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "名称或域名"}}, Reset: sourcesPath},
		Table: web.Table{Caption: "稿源单位", Quiet: true, Columns: []web.Column{{Head: "名称", Wide: true}, {Head: "类别"}, {Head: "版次"}, {Head: "生效"}, {Head: "失效"}, {Head: "状态"}, {Head: ""}},
			Empty: web.Empty{Title: "没有符合条件的稿源单位", Text: "名单由省级导入。"}}}}
	if manages {
		v.Heading.Acts = []web.Act{{Text: "导入新版名单", Href: sourcesPath + "/import", Primary: true}}
	}
	for _, n := range list {
		name := web.Text(n.Name)
		name.Note = n.Domain
		state := n.State(today)
		tag := web.Tag{Kind: map[string]web.Tone{"有效": web.Good, "冻结": web.Danger}[state], Text: state}
		st := web.Tagged(tag)
		st.Note = n.FrozenWhy
		edition := web.Text(n.Edition)
		if n.Edition == "" {
			edition.Text = n.Basis
		}
		until := web.Text("—")
		if !n.ValidTo.IsZero() {
			until = web.Day(n.ValidTo)
		}
		var acts []web.Link
		if manages && (state == "有效" || state == "冻结") {
			acts = []web.Link{{Text: map[bool]string{true: "解冻", false: "冻结"}[state == "冻结"], Href: sourcesPath + "/" + n.ID + "/freeze", Note: n.Name}}
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{name, web.Text(n.Category), edition, web.Day(n.ValidFrom), until, st, {Links: acts}}})
	}
	if len(editions) > 0 {
		t := web.Table{Caption: "名单版次", Compact: true, Columns: []web.Column{{Head: "版次", Wide: true}, {Head: "生效"}, {Head: "单位数", Number: true}, {Head: "导入"}}}
		for _, e := range editions {
			name := web.Text(e.Name)
			name.Note = e.Basis
			by := web.When(e.CreatedAt)
			by.Note = e.PersonName
			t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{name, web.Day(e.Effective), web.Figure(e.Sources), by}})
		}
		v.More = []web.Component{t}
	}
	return v
}

func (h *Handler) sources(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	list, total, err := h.lib.Sources(r.Context(), strings.TrimSpace(q.Get("q")), perPage, (web.PageOf(r)-1)*perPage)
	if err != nil {
		return err
	}
	editions, err := h.lib.Editions(r.Context())
	if err != nil {
		return err
	}
	manages, err := h.lib.MayKeepSources(r.Context(), authz.SessionFrom(r.Context()).ScopeFor(authz.SettingsManage))
	if err != nil {
		return err
	}
	v := newSources(list, total, editions, manages, web.FrameOf(r).Today)
	v.Filter.Fill(q)
	v.Pager = web.PagerOf(r, total, perPage)
	return sourceList.Render(w, r, v)
}

// sourceForm is a form about the list.
type sourceForm struct{ web.FormView }

var sourceTrail = []web.Crumb{{Name: "信息资源库", Href: "/console/items"}, {Name: "稿源名单", Href: sourcesPath}}

func newImport(editions []library.Edition) sourceForm {
	replaces := web.Field{Kind: web.Select, Name: "replaces", Label: "替代的版次", Options: []web.Option{{Label: "不替代"}}, Hint: "被替代版次的稿源在新版生效前一日失效"}
	for _, e := range editions {
		replaces.Options = append(replaces.Options, web.Option{Value: e.Name, Label: e.Name})
	}
	return sourceForm{web.FormView{Heading: web.Heading{Title: "导入新版名单", Lead: "XLSX 或 CSV，表头有“名称”，可以有“域名”“类别”。有一行不能识别就整份不导入。"}, Trail: sourceTrail,
		Form: web.Form{Action: sourcesPath + "/import", Upload: true, Sections: []web.Section{{Fields: []web.Field{
			{Name: "name", Label: "版次", Required: true, Max: 100, Hint: "例：互联网新闻信息稿源单位名单（2025年6月版）"},
			{Name: "basis", Label: "依据", Required: true, Max: 200, Hint: "公布机关和日期、文号"},
			{Kind: web.DateField, Name: "effective", Label: "生效日期", Required: true, Narrow: true}, replaces,
			{Kind: web.File, Name: "file", Label: "名单文件", Required: true, Accept: ".xlsx,.csv"}}}}, Buttons: []web.Button{{Label: "导入名单"}}, Cancel: web.Link{Text: "取消", Href: sourcesPath}}}}
}

func (h *Handler) showImportSources(w http.ResponseWriter, r *http.Request) error {
	editions, err := h.lib.Editions(r.Context())
	if err != nil {
		return err
	}
	return sourceFormPage.Render(w, r, newImport(editions))
}

func (h *Handler) importSources(w http.ResponseWriter, r *http.Request) error {
	n := library.EditionFile{Name: r.PostFormValue("name"), Basis: r.PostFormValue("basis"), Replaces: r.PostFormValue("replaces")}
	var wrong error
	if s := strings.TrimSpace(r.PostFormValue("effective")); s != "" {
		d, err := calendar.ParseLoose(s)
		if err != nil {
			wrong = fault.New(fault.Invalid, "生效日期无法识别。").On("effective", "请写成 2026-03-01")
		}
		n.Effective = d
	}
	file, head, err := r.FormFile("file")
	if err != nil {
		wrong = fault.New(fault.Invalid, "没有选择名单文件。").On("file", "请选择 XLSX 或 CSV 名单").From(err)
	} else {
		defer file.Close()
		n.File = head.Filename
		if n.Body, err = io.ReadAll(io.LimitReader(file, 9<<20)); err != nil {
			return fault.New(fault.Invalid, "名单文件读不出来，请重新选择。").From(err)
		}
	}
	var e library.Edition
	if wrong == nil {
		e, _, wrong = h.lib.ImportEdition(r.Context(), authz.ScopeFrom(r.Context()), n)
	}
	if web.Mendable(wrong) {
		editions, err := h.lib.Editions(r.Context())
		if err != nil {
			return err
		}
		v := newImport(editions)
		v.Again(r, wrong)
		return sourceFormPage.RenderStatus(w, r, web.StatusOf(wrong), v)
	}
	if wrong != nil {
		return wrong
	}
	return web.Done(w, r, sourcesPath, fmt.Sprintf("已导入“%s”，%d 个稿源单位，%s起生效。", e.Name, e.Sources, e.Effective.Chinese()))
}

func newFreeze(n library.Source) sourceForm {
	id := n.ID
	return sourceForm{web.FormView{Heading: web.Heading{Title: "冻结或解冻稿源", Above: n.Name, Lead: "冻结后，各单位即刻不得转载该稿源；理由留空为解冻。"}, Trail: sourceTrail,
		Form: web.Form{Action: sourcesPath + "/" + id + "/freeze", Sections: []web.Section{{Fields: []web.Field{{Name: "why", Label: "冻结的理由", Max: 200, Hint: "例：网信办通知暂停；留空表示解冻"}}}}, Buttons: []web.Button{{Label: "确定"}}, Cancel: web.Link{Text: "取消", Href: sourcesPath}}}}
}

func (h *Handler) showFreeze(w http.ResponseWriter, r *http.Request) error {
	// The list is the province's; to others there is no such form.
	may, err := h.lib.MayKeepSources(r.Context(), authz.ScopeFrom(r.Context()))
	if err == nil && !may {
		err = fault.Missing("稿源单位")
	}
	if err != nil {
		return err
	}
	n, err := h.lib.Source(r.Context(), r.PathValue("source"))
	if err != nil {
		return err
	}
	return sourceFormPage.Render(w, r, newFreeze(n))
}

func (h *Handler) freeze(w http.ResponseWriter, r *http.Request) error {
	why := r.PostFormValue("why")
	err := h.lib.FreezeSource(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("source"), why)
	if web.Mendable(err) {
		v := newFreeze(library.Source{ID: r.PathValue("source")})
		v.Again(r, err)
		return sourceFormPage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	said := "已冻结，即刻不得转载。"
	if strings.TrimSpace(why) == "" {
		said = "已解冻。"
	}
	return web.Done(w, r, sourcesPath, said)
}

var (
	sourceList = web.Define(web.Plain, "pages/list.html", newSources(nil, 0, nil, false, sampleDay), sampleSources("中国新闻网"), sampleSources(hostile))

	sourceFormPage = web.Define(web.Plain, "pages/form.html", newImport(nil), newImport([]library.Edition{{Name: hostile}}), newFreeze(library.Source{ID: "01J", Name: hostile}))
)

func sampleSources(words string) sourcesView {
	return newSources([]library.Source{{ID: "a", Name: words, Domain: "chinanews.com.cn", Category: words, Edition: words, ValidFrom: sampleDay}, {ID: "b", Name: "乙", Basis: words, ValidFrom: sampleDay.AddDays(-9), FrozenOn: sampleDay, FrozenWhy: words},
		{ID: "c", Name: "丙", ValidFrom: sampleDay.AddDays(-9), ValidTo: sampleDay.AddDays(-1)}}, 3, []library.Edition{{Name: words, Basis: words, Effective: sampleDay, Sources: 1451, PersonName: "周", CreatedAt: sampleAt}}, true, sampleDay)
}
