package libraryweb

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/official"
	"zhengshu/internal/web"
)

// translationRoutes are the foreign-language versions and how far they lag.
func (h *Handler) translationRoutes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/translations", Permit: authz.ItemRead, Handle: h.stands},
		{Pattern: "GET /console/translations/export", Permit: authz.ItemRead, Handle: h.exportStands},
		{Pattern: "GET /console/items/{id}/languages", Permit: authz.ItemRead, Handle: h.languages},
		{Pattern: "POST /console/items/{id}/core", Permit: authz.ItemWrite, Handle: h.setCore},
		{Pattern: "POST /console/items/{id}/translations", Permit: authz.ItemWrite, Handle: h.startTranslation},
		{Pattern: "POST /console/items/{id}/translated", Permit: authz.ItemWrite, Handle: h.recordTranslation},
	}
}

const translationsPath = "/console/translations"

// standsPage is GET /console/translations.
type standsPage struct {
	Heading web.Heading
	Stats   web.Stats
	Filter  web.Filter
	Table   web.Table
	Pager   web.Pager
}

func (standsPage) Title() string       { return "外文版同步" }
func (standsPage) Crumbs() []web.Crumb { return crumbs(web.Crumb{Name: "外文版同步"}) }

func languageOptions(all string) []web.Option {
	var out []web.Option
	if all != "" {
		out = append(out, web.Option{Label: all})
	}
	for _, l := range library.ForeignLanguages {
		out = append(out, web.Option{Value: l, Label: library.LanguageName(l)})
	}
	return out
}

func standTag(n library.Stand, today calendar.Date) web.Tag {
	t := web.Tag{Kind: web.Good, Text: n.StateName()}
	switch n.State {
	case library.Missing, library.Outdated:
		t.Kind = web.Warn
		t.Text += fmt.Sprintf("，落后 %d 天", n.Days(today))
	case library.Orphan:
		t.Kind = web.Danger
	}
	return t
}

func standRow(n library.Stand, today calendar.Date, first web.Cell) web.Row {
	state := web.Tagged(standTag(n, today))
	people := web.Text("—")
	if n.Translator != "" {
		people = web.Text("译者 " + n.Translator)
		people.Note = fmt.Sprintf("译审 %s，对应中文第 %d 版", n.Reviewer, n.SourceVersion)
	}
	if n.ForeignIn != "" && n.State != library.InStep {
		state.Note = "外文稿件：" + n.ForeignIn
	}
	return web.Row{Cells: []web.Cell{first, web.Text(library.LanguageName(n.Language)), state, people}}
}

func newStandsPage(list []library.Stand, language, only string, page, per int, today calendar.Date) (standsPage, []library.Stand) {
	p := standsPage{Heading: web.Heading{Title: "外文版同步", Lead: "核心信息的外文版与中文版是否同步（第十七条）；落后最久的在前。在稿件的“外文版”页面设定核心信息。", Acts: web.ExportActs(translationsPath+"/export", url.Values{"language": {language}, "only": {only}})}}
	behind := 0
	var shown []library.Stand
	for _, n := range list {
		if n.State != library.InStep {
			behind++
		}
		if only != "lag" || n.State != library.InStep {
			shown = append(shown, n)
		}
	}
	p.Stats = web.Stats{Label: "同步情况", Items: []web.Stat{{Name: "核心信息", Value: strconv.Itoa(len(list))}, {Name: "落后", Value: strconv.Itoa(behind)}}}
	if behind > 0 {
		p.Stats.Items[1].Kind = web.Warn
	}
	p.Filter = web.Filter{Action: translationsPath, Total: len(shown), Reset: translationsPath, Fields: []web.Field{{Kind: web.Select, Name: "language", Label: "语言", Options: languageOptions("全部语言")}, {Kind: web.Select, Name: "only", Label: "情况", Options: []web.Option{{Label: "全部"}, {Value: "lag", Label: "只看落后的"}}}}}
	p.Table = web.Table{Caption: "核心信息", Quiet: true, Columns: []web.Column{{Head: "中文稿件", Wide: true}, {Head: "语言"}, {Head: "情况"}, {Head: "译者和译审"}}, Empty: web.Empty{Title: "没有核心信息", Text: "在稿件的“外文版”页面勾选应有的语言。"}}
	for _, n := range shown[min(page*per, len(shown)):min((page+1)*per, len(shown))] {
		c := web.Linked(n.Source.Title, n.Source.Link()+"/languages")
		c.Note = n.Source.UnitName
		p.Table.Rows = append(p.Table.Rows, standRow(n, today, c))
	}
	return p, shown
}

func languageIn(r *http.Request) string {
	if l := r.URL.Query().Get("language"); slices.Contains(library.ForeignLanguages, l) {
		return l
	}
	return ""
}

func (h *Handler) stands(w http.ResponseWriter, r *http.Request) error {
	language := languageIn(r)
	list, err := h.lib.Stands(r.Context(), authz.ScopeFrom(r.Context()), language, "")
	if err != nil {
		return err
	}
	p, shown := newStandsPage(list, language, r.URL.Query().Get("only"), web.PageOf(r)-1, perPage, web.FrameOf(r).Today)
	p.Filter.Fill(r.URL.Query())
	p.Pager = web.PagerOf(r, len(shown), perPage)
	return standsView.Render(w, r, p)
}

func (h *Handler) exportStands(w http.ResponseWriter, r *http.Request) error {
	language, today := languageIn(r), web.FrameOf(r).Today
	list, err := h.lib.Stands(r.Context(), authz.ScopeFrom(r.Context()), language, "")
	if err != nil {
		return err
	}
	_, shown := newStandsPage(list, language, r.URL.Query().Get("only"), 0, perPage, today)
	s := official.Sheet{Title: "外文版同步", Columns: []official.Column{{Title: "中文稿件", Width: 40}, {Title: "提供单位", Width: 30}, {Title: "语言"}, {Title: "情况"}, {Title: "落后天数"}, {Title: "译者"}, {Title: "译审"}, {Title: "对应中文版本"}},
		Rows: func(yield func([]any) bool) {
			for _, n := range shown {
				if !yield([]any{n.Source.Title, n.Source.UnitName, library.LanguageName(n.Language), n.StateName(), n.Days(today), n.Translator, n.Reviewer, n.SourceVersion}) {
					return
				}
			}
		}}
	return web.SendSheet(w, r, s, "外文版同步")
}

// languagesPage is GET /console/items/{id}/languages.
type languagesPage struct {
	name                string
	trail               []web.Crumb
	Heading             web.Heading
	Above               []web.Component
	Table               web.Table
	Core, Start, Record web.Form
}

func (p languagesPage) Title() string       { return p.name }
func (p languagesPage) Crumbs() []web.Crumb { return p.trail }

func newLanguagesPage(it library.Item, stands []library.Stand, versions []library.Item, core []string, t library.Translation, writes bool, today calendar.Date) languagesPage {
	p := languagesPage{name: "外文版：" + it.Title, trail: itemCrumbs(it, "外文版"), Heading: web.Heading{Title: "外文版", Above: it.Title, Tags: tags(it)}}
	people := []web.Field{{Name: "translator", Label: "译者", Required: true, Max: 60, Value: t.Translator}, {Name: "reviewer", Label: "译审", Required: true, Max: 60, Value: t.Reviewer, Hint: "与译者由两个人担任"}}
	p.Table = web.Table{Caption: "各语言版本", Columns: []web.Column{{Head: "稿件", Wide: true}, {Head: "语言"}, {Head: "情况"}, {Head: "译者和译审"}}}
	for _, v := range versions {
		c := web.Linked(v.Title, v.Link()+"/languages")
		row := web.Row{Cells: []web.Cell{c, web.Text(library.LanguageName(v.Language)), web.Tagged(tags(v)...), web.Text("")}}
		for _, n := range stands {
			if n.Foreign == v.ID {
				row = standRow(n, today, c)
			}
		}
		p.Table.Rows = append(p.Table.Rows, row)
	}
	for _, n := range stands {
		if n.Foreign == "" {
			p.Table.Rows = append(p.Table.Rows, standRow(n, today, web.Text("还没有翻译")))
		}
	}
	if !writes {
		return p
	}
	if it.Language != library.Chinese {
		p.Record = web.Form{Action: it.Link() + "/translated", Sections: []web.Section{{Legend: "译者和译审", Hint: "登记后视为与中文当前公开版本一致；中文有内容更新后要再次核对、登记。", Fields: people}}, Buttons: []web.Button{{Label: "登记"}}}
		if t.Translator == "" {
			p.Above = append(p.Above, web.Alert{Kind: web.Warn, Text: "外文稿件要写明译者和译审，才能送审。"})
		}
		return p
	}
	p.Core = web.Form{Action: it.Link() + "/core", Sections: []web.Section{{Legend: "核心信息", Hint: "勾选后列入外文版同步清单。", Fields: []web.Field{{Kind: web.Checks, Name: "language", Label: "应有的外文版", Options: languageOptions(""), Values: core}}}}, Buttons: []web.Button{{Label: "保存", Plain: true}}}
	if it.Live() {
		var free []web.Option
		for _, o := range languageOptions("") {
			if !slices.ContainsFunc(versions, func(v library.Item) bool { return v.Language == o.Value }) {
				free = append(free, o)
			}
		}
		p.Start = web.Form{Action: it.Link() + "/translations", Key: "translate-" + string(it.ID), Sections: []web.Section{{Legend: "新建外文版", Hint: "以中文公开版本为底稿建立外文草稿，译好后照常送审。", Fields: append([]web.Field{{Kind: web.Select, Name: "to", Label: "语言", Options: free, Required: true}, {Name: "title", Label: "外文标题", Required: true, Max: 200}}, people...)}}, Buttons: []web.Button{{Label: "建立草稿"}}}
	}
	return p
}

func (h *Handler) languagesPage(r *http.Request) (languagesPage, error) {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	it, err := h.lib.Item(ctx, scope, idOf(r))
	if err != nil {
		return languagesPage{}, err
	}
	versions, err := h.lib.InLanguages(ctx, scope, it.Content)
	if err != nil {
		return languagesPage{}, err
	}
	source := it.ID
	for _, v := range versions {
		if v.Language == library.Chinese {
			source = v.ID
		}
	}
	stands, err := h.lib.Stands(ctx, scope, "", source)
	if err != nil {
		return languagesPage{}, err
	}
	core, err := h.lib.CoreLanguages(ctx, scope, it.ID)
	if err != nil {
		return languagesPage{}, err
	}
	t, _, err := h.lib.TranslationOf(ctx, scope, it.ID)
	if err != nil {
		return languagesPage{}, err
	}
	return newLanguagesPage(it, stands, versions, core, t, authz.SessionFrom(ctx).May(authz.ItemWrite), web.FrameOf(r).Today), nil
}

func (h *Handler) languages(w http.ResponseWriter, r *http.Request) error {
	p, err := h.languagesPage(r)
	if err != nil {
		return err
	}
	return languagesView.Render(w, r, p)
}

// again ends an act on the page: its receipt, or the form with what is wrong.
func (h *Handler) again(w http.ResponseWriter, r *http.Request, err error, form func(*languagesPage) *web.Form, to, said string) error {
	if fault.Is(err, fault.Invalid) {
		p, load := h.languagesPage(r)
		if load != nil {
			return load
		}
		f := form(&p)
		f.Fill(r.PostForm)
		f.Wrong(err)
		return languagesView.RenderStatus(w, r, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, to, said)
}

func pageOf(r *http.Request) string {
	return "/console/items/" + url.PathEscape(r.PathValue("id")) + "/languages"
}

func (h *Handler) setCore(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return fault.New(fault.Invalid, "表单无法读取，请刷新后重试。").From(err)
	}
	err := h.lib.SetCore(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), r.PostForm["language"])
	return h.again(w, r, err, func(p *languagesPage) *web.Form { return &p.Core }, pageOf(r), "已保存。")
}

func translationIn(r *http.Request) library.Translation {
	return library.Translation{Translator: r.PostFormValue("translator"), Reviewer: r.PostFormValue("reviewer")}
}

func (h *Handler) startTranslation(w http.ResponseWriter, r *http.Request) error {
	it, err := h.lib.StartTranslation(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), r.PostFormValue("to"), r.PostFormValue("title"), translationIn(r))
	return h.again(w, r, err, func(p *languagesPage) *web.Form { return &p.Start }, it.Link()+"/edit", "已建立外文草稿，请把正文译成外文。")
}

func (h *Handler) recordTranslation(w http.ResponseWriter, r *http.Request) error {
	err := h.lib.RecordTranslation(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), translationIn(r))
	return h.again(w, r, err, func(p *languagesPage) *web.Form { return &p.Record }, pageOf(r), "已登记。")
}

func sampleStands(words string) []library.Stand {
	it, _ := sampleOf(words)
	return []library.Stand{{Source: it, Language: "en", State: library.Missing, Since: sampleAt}, {Source: it, Language: "ru", Foreign: "01R", ForeignIn: "草稿", State: library.Outdated, Since: sampleAt, Translation: library.Translation{Translator: words, Reviewer: words, SourceVersion: 1}},
		{Source: it, Language: "ja", Foreign: "01J", State: library.InStep}, {Source: it, Language: "ko", Foreign: "01K", State: library.Orphan, Since: sampleAt}}
}

func sampleStandsPage(words, only string) standsPage {
	p, _ := newStandsPage(sampleStands(words), "", only, 0, perPage, calendar.Date{Year: 2026, Month: 3, Day: 20})
	return p
}

func sampleLanguages(words, language string, writes bool) languagesPage {
	it, _ := sampleOf(words)
	it.Language = language
	other := it
	other.ID, other.Language = "01R", "ru"
	return newLanguagesPage(it, sampleStands(words), []library.Item{it, other}, []string{"en"}, library.Translation{}, writes, calendar.Date{Year: 2026, Month: 3, Day: 20})
}

var (
	standsView = web.Define(views, "views/stands.html", sampleStandsPage("政府工作报告", ""), func() standsPage { p, _ := newStandsPage(nil, "", "", 0, perPage, calendar.Date{}); return p }(), sampleStandsPage(hostile, "lag"))

	languagesView = web.Define(views, "views/languages.html", sampleLanguages("政府工作报告", library.Chinese, true), sampleLanguages("Report on the Work of the Government", "en", true), sampleLanguages(hostile, library.Chinese, false))
)
