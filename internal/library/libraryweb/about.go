package libraryweb

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/web"
)

// choosePage asks first what a new item is: the form then asks what belongs to
// that type.
type choosePage struct {
	Heading web.Heading
	Types   web.Table
}

func (choosePage) Title() string       { return "采编稿件：选择信息类型" }
func (choosePage) Crumbs() []web.Crumb { return crumbs(web.Crumb{Name: "采编稿件"}) }

func chooseFrom(q url.Values) choosePage {
	p := choosePage{Heading: web.Heading{Title: "采编什么信息？", Lead: "先选信息类型，表单只问这一类需要的内容；选错了可以在表单里更换。"},
		Types: web.Table{Caption: "信息类型", Quiet: true, Columns: []web.Column{{Head: "类型"}, {Head: "用于", Wide: true}, {Head: "资源类别"}}}}
	for _, t := range library.Declared().Types {
		v := url.Values{"type": {string(t.Type)}}
		if c := q.Get("column"); c != "" {
			v.Set("column", c)
		}
		p.Types.Rows = append(p.Types.Rows, web.Row{Cells: []web.Cell{web.Linked(t.Name, "/console/items/new?"+v.Encode()), web.Text(t.Says), web.Text(library.CategoryName(t.Category))}})
	}
	return p
}

// kindOf is the type the form is drawn for: the one just chosen, else that of
// the version, else news.
func kindOf(r *http.Request, v library.Version) library.Type {
	for _, t := range []library.Type{library.Type(r.FormValue("type")), v.Type} {
		if t.Name() != "" {
			return t
		}
	}
	return library.News
}

func day(d calendar.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

// documentSection are the fields of documents that the type asks, and those of
// others that hold something already.
func documentSection(sort library.Sort, v library.Version) web.Section {
	fields := []struct {
		asked string
		field web.Field
	}{
		{"doc_no", web.Field{Name: "doc_no", Label: "发文字号", Value: v.DocNo, Hint: "例：陕政发〔2026〕12号；括号和编号写法保存时自动规范", Max: 60}},
		{"issuer", web.Field{Name: "issuer", Label: "发文机关", Value: v.Issuer, Max: 200}},
		{"co_issuers", web.Field{Name: "co_issuers", Label: "联合发文机关", Value: v.CoIssuers, Hint: "用分号隔开", Max: 300}},
		{"written", web.Field{Kind: web.DateField, Name: "written", Label: "成文日期", Value: day(v.Written), Narrow: true}},
		{"effective_on", web.Field{Kind: web.DateField, Name: "effective_on", Label: "生效日期", Value: day(v.EffectiveOn), Hint: "不填为发布即有效；到期自动由“尚未生效”转为“有效”", Narrow: true}},
		{"ends_on", web.Field{Kind: web.DateField, Name: "ends_on", Label: "有效期至", Value: day(v.EndsOn), Hint: "当日仍有效，次日自动标注“失效”", Narrow: true}},
		{"index_no", web.Field{Name: "index_no", Label: "索引号", Value: v.IndexNo, Hint: "留空则首次发布时自动编号", Max: 60}},
		{"topic", web.Field{Name: "topic", Label: "主题分类", Value: v.Topic, Max: 100}},
		{"genre", web.Field{Kind: web.Select, Name: "genre", Label: "体裁", Value: v.Genre, Options: words(append([]string{""}, library.Declared().Genres...)), Narrow: true}},
		{"subject_words", web.Field{Name: "subject_words", Label: "主题词", Value: v.SubjectWords, Hint: "用分号隔开", Max: 200}},
		{"filing_no", web.Field{Name: "filing_no", Label: "规范性文件登记号", Value: v.FilingNo, Max: 60}},
		{"drafter", web.Field{Name: "drafter", Label: "起草单位", Value: v.Drafter, Max: 100}},
	}
	s := web.Section{Legend: "公文信息"}
	for _, f := range fields {
		if sort.AsksFor(f.asked) || f.field.Value != "" {
			s.Fields = append(s.Fields, f.field)
		}
	}
	return s
}

func words(list []string) []web.Option {
	out := make([]web.Option, len(list))
	for i, w := range list {
		out[i] = web.Option{Value: w, Label: w}
		if w == "" {
			out[i].Label = "（不填）"
		}
	}
	return out
}

// typeSection are the questions of the type.
func typeSection(sort library.Sort, v library.Version) web.Section {
	s := web.Section{Legend: sort.Name + "的要素"}
	for _, q := range sort.Fields {
		f := web.Field{Name: library.AnswerField(q.Name), Label: q.Label, Value: v.Answers[q.Name], Hint: q.Hint}
		if q.Required {
			f.Label += "（送审前必填）"
		}
		switch q.Kind {
		case library.AskLines:
			f.Kind, f.Rows, f.Max = web.TextArea, 3, q.Max
		case library.AskLine:
			f.Max = q.Max
		case library.AskDate:
			f.Kind, f.Narrow = web.DateField, true
		case library.AskChoice:
			f.Kind, f.Narrow, f.Options = web.Select, true, words(append([]string{""}, q.Options...))
		case library.AskChoices:
			f.Kind, f.Options, f.Values = web.Checks, words(q.Options), strings.Split(f.Value, "\n")
		case library.AskYear, library.AskPostcode, library.AskNumber:
			f.Narrow, f.Mode = true, "numeric"
		case library.AskDuration, library.AskMapNo:
			f.Narrow = true
		}
		s.Fields = append(s.Fields, f)
	}
	return s
}

// openSection is what may be done with the information.
func openSection(r *http.Request, it library.Item, v library.Version, sort library.Sort) web.Section {
	categories := []web.Option{{Label: "按类型归入：" + library.CategoryName(sort.Category)}}
	if v.Category != "" && library.CategoryOf(v.Category) == "" {
		categories = append(categories, web.Option{Value: v.Category, Label: v.Category + "（迁入时的类别）"})
	}
	for _, c := range library.Declared().Categories {
		categories = append(categories, web.Option{Value: c.Code, Label: c.Code + " " + library.CategoryName(c.Code)})
	}
	category := v.Category
	if code := library.CategoryOf(v.Category); code != "" {
		category = code
	}
	region := v.Region
	if it.ID == "" && region == "" {
		region = regionOf(authz.SessionFrom(r.Context()))
	}
	openness, share := v.Openness, v.Share
	if openness == "" {
		openness = library.Open
	}
	if share == "" {
		share = library.Unconditional
	}
	return web.Section{Legend: "归类、公开和共享", Fields: []web.Field{
		{Kind: web.Select, Name: "category", Label: "资源类别", Value: category, Options: categories},
		{Name: "keywords", Label: "关键词", Value: v.Keywords, Hint: "用分号隔开", Max: 200},
		{Name: "region", Label: "行政区划代码", Value: region, Hint: "6 位数字", Max: 6, Mode: "numeric", Narrow: true},
		{Kind: web.Radios, Name: "openness", Label: "公开属性", Value: string(openness), Options: []web.Option{
			{Value: string(library.Open), Label: library.Open.Name()},
			{Value: string(library.OnRequest), Label: library.OnRequest.Name(), Hint: "只入库，任何网站不能显示"},
			{Value: string(library.Withheld), Label: library.Withheld.Name(), Hint: "只入库，任何网站不能显示"}}},
		{Kind: web.Radios, Name: "share", Label: "共享属性", Value: string(share), Options: []web.Option{
			{Value: string(library.Unconditional), Label: library.Unconditional.Name()}, {Value: string(library.Conditional), Label: library.Conditional.Name()}, {Value: string(library.NoShare), Label: library.NoShare.Name()}}},
		{Name: "share_terms", Label: "共享条件", Value: v.ShareTerms, Hint: "有条件共享时填写，例如“使用前征得本单位同意”", Max: 200},
	}}
}

// regionOf is the division of the person's first post, six figures.
func regionOf(s *authz.Session) string {
	if s == nil || len(s.Posts) == 0 {
		return ""
	}
	place, _, _ := strings.Cut(s.Posts[0].AreaPath, "@")
	parts := strings.Split(strings.Trim(place, "/"), "/")
	code := strings.TrimLeft(parts[len(parts)-1], "abcdefghijklmnopqrstuvwxyz") // p610000, d610113
	if len(code) < 6 {
		return ""
	}
	return code[:6]
}

// changeField asks what a revision of a public item is.
// said is whether the version already is a revision.
func changeField(v library.Version, said bool) web.Field {
	was := ""
	if said {
		was = string(v.Change)
	}
	return web.Field{Kind: web.Radios, Name: "change", Label: "修改性质", Required: true, Value: was, Options: []web.Option{
		{Value: string(library.Form), Label: library.Form.Name(), Hint: "改标点、错字、格式；栏目更新时间和列表顺序不变"},
		{Value: string(library.Substance), Label: library.Substance.Name(), Hint: "内容有实质变化；终审后按更新计入栏目，列表时间改为更新时间"}}}
}

// readAbout takes what is asked beside the text from the form.
func readAbout(r *http.Request, m *library.Meta, wrong *fault.Fields) {
	f := r.PostFormValue
	m.Openness, m.Share, m.ShareTerms, m.Region = library.Openness(f("openness")), library.Share(f("share")), f("share_terms"), f("region")
	m.CoIssuers, m.Genre, m.SubjectWords, m.FilingNo, m.Drafter = f("co_issuers"), f("genre"), f("subject_words"), f("filing_no"), f("drafter")
	for _, d := range []struct {
		name, label string
		to          *calendar.Date
	}{{"written", "成文日期", &m.Written}, {"effective_on", "生效日期", &m.EffectiveOn}, {"ends_on", "有效期至", &m.EndsOn}} {
		if s := strings.TrimSpace(f(d.name)); s != "" {
			v, err := calendar.ParseLoose(s)
			if err != nil {
				wrong.Add(d.name, d.label+"请写成 2026-03-01")
			}
			*d.to = v
		}
	}
	m.Answers = library.Answers{}
	for _, q := range m.Type.Sort().Fields {
		name := library.AnswerField(q.Name)
		if q.Kind == library.AskChoices {
			m.Answers[q.Name] = strings.Join(r.PostForm[name], "\n")
			continue
		}
		m.Answers[q.Name] = f(name)
	}
}

// aboutTerms are what is said of a version beside its text.
func aboutTerms(it library.Item, v library.Version) []web.Term {
	var out []web.Term
	add := func(name, text string) {
		if text != "" {
			out = append(out, web.Term{Name: name, Text: text})
		}
	}
	add("资源类别", library.CategoryName(v.Coded()))
	add("有效性", it.Validity.Name())
	add("发文字号", v.DocNo)
	add("发文机关", v.Issuer)
	add("联合发文机关", v.CoIssuers)
	add("成文日期", v.Written.Chinese())
	add("生效日期", v.EffectiveOn.Chinese())
	add("有效期至", v.EndsOn.Chinese())
	switch {
	case v.IndexNo != "":
		add("索引号", v.IndexNo)
	case it.IndexNo != "":
		add("索引号", it.IndexNo)
	case v.Type.Sort().Indexed:
		add("索引号", "首次发布时自动编号")
	}
	add("主题分类", v.Topic)
	add("体裁", v.Genre)
	add("主题词", v.SubjectWords)
	add("规范性文件登记号", v.FilingNo)
	add("起草单位", v.Drafter)
	for _, q := range v.Type.Sort().Fields {
		add(q.Label, strings.ReplaceAll(v.Answers[q.Name], "\n", "；"))
	}
	add("公开属性", v.Openness.Name())
	share := v.Share.Name()
	if v.ShareTerms != "" {
		share += "：" + v.ShareTerms
	}
	add("共享属性", share)
	add("行政区划", v.Region)
	if it.Language != "" && it.Language != library.Chinese {
		add("语言", library.LanguageName(it.Language))
	}
	return out
}

// validityTag is shown where a document no longer, or not yet, holds.
func validityTag(v library.Validity) (web.Tag, bool) {
	switch v {
	case library.Repealed, library.Expired:
		return web.Tag{Kind: web.Danger, Text: v.Name()}, true
	case library.Amended, library.Pending:
		return web.Tag{Kind: web.Warn, Text: v.Name()}, true
	}
	return web.Tag{}, false
}

// effectTable shows what is done to a document, and what it does to others.
func effectTable(on, by []library.Effect) web.Table {
	t := web.Table{Caption: "修改和废止", Columns: []web.Column{{Head: "文件", Wide: true}, {Head: "关系"}, {Head: "自何日起"}},
		Empty: web.Empty{Title: "没有登记", Text: "这份文件没有被修改或废止，也没有修改或废止别的文件。"}}
	row := func(title, no, link, relation string, e library.Effect) {
		c := web.Text(title)
		if link != "" {
			c = web.Linked(title, link)
		}
		c.Note = no
		if e.Note != "" {
			c.Note = strings.TrimPrefix(no+"，"+e.Note, "，")
		}
		state := web.Text(e.EffectiveOn.Chinese())
		if !e.RevokedAt.IsZero() {
			state.Note = "已取消：" + e.RevokedWhy
		} else if e.By != "" && !e.ByLive {
			state.Note = "该文件尚未公开，公开后生效"
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{c, web.Text(relation), state}})
	}
	for _, e := range on {
		title, link := e.ByTitle, "/console/items/"+string(e.By)
		if e.By == "" {
			title, link = e.ByName, ""
		}
		row(title, e.ByNo, link, "本文件被其"+e.Name(), e)
	}
	for _, e := range by {
		row(e.TargetTitle, e.TargetNo, "/console/items/"+string(e.Target), "本文件"+e.Name()+"该文件", e)
	}
	return t
}

// effectForms record that a document is amended or repealed, and take back
// what was recorded by mistake.
func effectForms(it library.Item, on []library.Effect) []titledForm {
	out := []titledForm{{"登记修改或废止", web.Form{Action: it.Link() + "/effects", Sections: []web.Section{{Fields: []web.Field{
		{Kind: web.Radios, Name: "effect", Label: "这份文件被", Options: []web.Option{{Value: library.Amends, Label: "修改"}, {Value: library.Repeals, Label: "废止"}}, Required: true},
		{Name: "by", Label: "库内文件的发文字号", Hint: "修改或废止它的文件在信息资源库中的，填写其发文字号", Max: 60},
		{Name: "by_name", Label: "库外文件的名称和文号", Hint: "不在信息资源库中的填写这一项", Max: 300},
		{Kind: web.DateField, Name: "effective_on", Label: "自何日起", Required: true, Narrow: true, Hint: "到这一天自动标注在公开页面上"},
		{Name: "note", Label: "说明", Hint: "例如：修改第三条、第五条", Max: 300}}}}, Buttons: []web.Button{{Label: "登记", Plain: true}}}}}
	var standing []web.Option
	for _, e := range on {
		if e.RevokedAt.IsZero() {
			name := e.ByTitle
			if e.By == "" {
				name = e.ByName
			}
			standing = append(standing, web.Option{Value: string(e.ID), Label: e.Name() + "：" + name})
		}
	}
	if len(standing) > 0 {
		out = append(out, titledForm{"取消登记", web.Form{Action: it.Link() + "/effects/revoke", Sections: []web.Section{{Fields: []web.Field{
			{Kind: web.Select, Name: "registered", Label: "取消哪一项", Options: standing}, {Name: "why", Label: "取消的理由", Required: true, Max: 300}}}}, Buttons: []web.Button{{Label: "取消这项登记", Plain: true}}}})
	}
	return out
}

// titledForm is a small form with its heading.
type titledForm struct {
	Title string
	Form  web.Form
}

// addEffect records what is done to the document; what is refused is shown on
// its page with the words as they were typed.
func (h *Handler) addEffect(w http.ResponseWriter, r *http.Request) error {
	e, err := h.effectTyped(r)
	if err == nil {
		e, err = h.lib.AddEffect(r.Context(), authz.ScopeFrom(r.Context()), e)
	}
	if err != nil {
		return h.itemAgain(w, r, "/effects", err)
	}
	return web.Done(w, r, "/console/items/"+url.PathEscape(string(e.Target)), "已登记，自"+e.EffectiveOn.Chinese()+"起"+e.Name()+"。")
}

func (h *Handler) effectTyped(r *http.Request) (library.Effect, error) {
	ctx, scope, id := r.Context(), authz.ScopeFrom(r.Context()), idOf(r)
	e := library.Effect{Target: id, Effect: r.PostFormValue("effect"), ByName: r.PostFormValue("by_name"), Note: r.PostFormValue("note")}
	if s := strings.TrimSpace(r.PostFormValue("effective_on")); s != "" {
		d, err := calendar.ParseLoose(s)
		if err != nil {
			return e, fault.New(fault.Invalid, "日期无法识别，没有登记。").On("effective_on", "请写成 2026-03-01")
		}
		e.EffectiveOn = d
	}
	if s := strings.TrimSpace(r.PostFormValue("by")); s != "" {
		by, err := h.lib.Numbered(ctx, scope, s)
		if err != nil {
			return e, err
		}
		e.By = by.ID
	}
	return e, nil
}

func (h *Handler) revokeEffect(w http.ResponseWriter, r *http.Request) error {
	id := idOf(r)
	if err := h.lib.RevokeEffect(r.Context(), authz.ScopeFrom(r.Context()), id, library.EffectID(r.PostFormValue("registered")), r.PostFormValue("why")); err != nil {
		return h.itemAgain(w, r, "/effects/revoke", err)
	}
	return web.Done(w, r, "/console/items/"+url.PathEscape(string(id)), "已取消这项登记。")
}

// changeAlert tells the reviewer what the author says of the change.
func changeAlert(kind library.ChangeKind) web.Component {
	if kind == library.Form {
		return web.Alert{Kind: web.Info, Title: "作者说明：文字订正（标点、错字）", Text: "发布后栏目更新时间和列表顺序不变。请对照改动，内容有实质变化的请退回改选“内容更新”。"}
	}
	return web.Alert{Kind: web.Info, Title: "作者说明：内容更新", Text: "发布后按更新计入栏目，列表时间改为更新时间。只改标点、错字的请退回改选“文字订正”。"}
}

// facetFields are the conditions of the list with what each would find.
func facetFields(q url.Values, f library.Facets) (first, more []web.Field) {
	options := func(all string, list []library.Tally, name func(string) string, chosen string) []web.Option {
		out := []web.Option{{Label: all}}
		seen := chosen == ""
		for _, t := range list {
			label := t.Name
			if name != nil {
				label = name(t.Value)
			}
			if label == "" {
				label = t.Value
			}
			out = append(out, web.Option{Value: t.Value, Label: fmt.Sprintf("%s（%d）", label, t.N)})
			seen = seen || t.Value == chosen
		}
		if !seen {
			label := chosen
			if name != nil {
				label = name(chosen)
			}
			out = append(out, web.Option{Value: chosen, Label: label + "（0）"})
		}
		return out
	}
	first = []web.Field{
		{Kind: web.SearchBox, Name: "q", Label: "标题、文号、来源"},
		{Kind: web.Select, Name: "type", Label: "类型", Options: options("全部类型", f.Types, func(v string) string { return library.Type(v).Name() }, q.Get("type"))},
		{Kind: web.Select, Name: "category", Label: "资源类别", Options: options("全部类别", f.Categories, library.CategoryName, q.Get("category"))},
	}
	more = []web.Field{
		{Kind: web.Select, Name: "validity", Label: "有效性", Options: options("不限", f.Validities, func(v string) string { return library.Validity(v).Name() }, q.Get("validity"))},
		{Kind: web.Select, Name: "year", Label: "年份", Options: options("全部年份", f.Years, func(v string) string { return v + " 年" }, q.Get("year"))},
	}
	if len(f.Places) > 0 || q.Get("under") != "" {
		places := f.Places
		if under := q.Get("under"); under != "" { // where one is, and what lies below
			places = append([]library.Tally{{Value: under, Name: cmp.Or(f.Under, "所选地区"), N: f.Total}}, places...)
		}
		more = append(more, web.Field{Kind: web.Select, Name: "under", Label: "地区和单位", Options: options("全部", places, nil, q.Get("under"))})
	}
	if q.Get("state") == library.InReview || q.Get("stage") != "" {
		stages := []web.Option{{Label: "全部环节"}}
		for _, s := range reviewStages {
			stages = append(stages, web.Option{Value: s, Label: library.StageName(s)})
		}
		first = append(first, web.Field{Kind: web.Select, Name: "stage", Label: "审核环节", Options: stages})
	}
	return first, more
}

// listKeys are the conditions that stay when a tab is chosen.
var listKeys = []string{"q", "type", "category", "validity", "year", "under", "column"}

// exportKeys are the conditions that an export of the list takes over.
var exportKeys = append(slices.Clone(listKeys), "state", "stage")

// countOf is a value's count, 0 for none.
func countOf(list []library.Tally, value string) int {
	if i := slices.IndexFunc(list, func(t library.Tally) bool { return t.Value == value }); i >= 0 {
		return list[i].N
	}
	return 0
}
