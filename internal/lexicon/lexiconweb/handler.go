package lexiconweb

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check/proofread"
	"zhengshu/internal/fault"
	"zhengshu/internal/lexicon"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/web"
)

const (
	listPath  = "/console/lexicon"
	packsPath = listPath + "/packs"
	rulesPath = "/console/checks/rules" // of the library: how the rules do at work
	checkPath = listPath + "/import/check"
	perPage   = 20
	maxExport = 50_000
)

// Handler serves the screens.
type Handler struct {
	lexicon *lexicon.Service
	org     *org.Service
	blobs   blob.Store
}

// New makes the handler.
func New(s *lexicon.Service, o *org.Service, blobs blob.Store) *Handler {
	return &Handler{lexicon: s, org: o, blobs: blobs}
}

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/lexicon", Permit: authz.LexiconRead, Handle: h.list},
		{Pattern: "GET /console/lexicon/export", Permit: authz.LexiconRead, Handle: h.export},
		{Pattern: "GET /console/lexicon/new", Permit: authz.LexiconManage, Handle: h.showAdd},
		{Pattern: "POST /console/lexicon/new", Permit: authz.LexiconManage, Handle: h.add},
		{Pattern: "GET /console/lexicon/import", Permit: authz.LexiconManage, Handle: h.showImport},
		{Pattern: "POST /console/lexicon/import", Permit: authz.LexiconManage, Handle: h.upload, MaxBody: web.UploadBody},
		{Pattern: "GET /console/lexicon/import/check", Permit: authz.LexiconManage, Handle: h.rehearse},
		{Pattern: "POST /console/lexicon/import/check", Permit: authz.LexiconManage, Handle: h.take},
		{Pattern: "GET /console/lexicon/packs", Permit: authz.LexiconRead, Handle: h.packs},
		{Pattern: "GET /console/lexicon/packs/{pack}", Permit: authz.LexiconRead, Handle: h.pack},
		{Pattern: "POST /console/lexicon/packs/{pack}/decide", Permit: authz.LexiconManage, Handle: h.decide},
		{Pattern: "GET /console/lexicon/entries/{id}", Permit: authz.LexiconRead, Handle: h.entry},
		{Pattern: "GET /console/lexicon/entries/{id}/confirm", Permit: authz.LexiconManage, Handle: h.showConfirm},
		{Pattern: "POST /console/lexicon/entries/{id}/confirm", Permit: authz.LexiconManage, Handle: h.confirm},
		{Pattern: "GET /console/lexicon/entries/{id}/withdraw", Permit: authz.LexiconManage, Handle: h.showWithdraw},
		{Pattern: "POST /console/lexicon/entries/{id}/withdraw", Permit: authz.LexiconManage, Handle: h.withdraw},
	}
}

type (
	page     struct{ web.ListView }
	record   struct{ web.RecordView }
	formView struct{ web.FormView }
)

var trail = []web.Crumb{{Name: "词库", Href: listPath}}

func kinds(first ...web.Option) []web.Option {
	out := slices.Clone(first)
	for _, k := range lexicon.Kinds() {
		out = append(out, web.Option{Value: string(k), Label: k.Name()})
	}
	return out
}

func stateTag(s string) web.Cell {
	tone := web.Neutral
	switch s {
	case lexicon.Active, lexicon.Confirmed:
		tone = web.Good
	case lexicon.Proposed:
		tone = web.Warn
	}
	return web.Tagged(web.Tag{Kind: tone, Text: lexicon.StateName(s)})
}

func table(caption string, list []lexicon.Entry) web.Table {
	t := web.Table{Caption: caption, Columns: []web.Column{{Head: "词语", Wide: true}, {Head: "类别"}, {Head: "正确写法或任职人"}, {Head: "有效期"}, {Head: "适用"}, {Head: "状态"}},
		Empty: web.Empty{Title: "没有符合条件的词条", Text: "可以新增词条，或从表格、其他单位导出的词库文件导入。"}}
	for _, e := range list {
		word, kind, term := web.Linked(e.Words, e.Link()), web.Cell{Text: e.Kind.Name(), Keep: true}, web.Cell{Text: e.Term(), Keep: true}
		if e.ID == "" {
			word = web.Text(e.Words)
		}
		if e.Serious {
			kind.Note = "严重类"
		}
		state := stateTag(e.State)
		if e.State == lexicon.Active && e.Leaving != "" {
			state = web.Tagged(web.Tag{Kind: web.Warn, Text: "待停用"})
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{word, kind, web.Text(strings.Join(e.Right, "、")), term, reach(e), state}})
	}
	return t
}

func reach(e lexicon.Entry) web.Cell {
	if e.Wide {
		return web.Cell{Text: "全地区", Note: e.UnitName}
	}
	return web.Cell{Text: "本单位", Note: e.UnitName}
}

// mostBuiltIn is how many words of the built-in lists are shown for a look-up.
const mostBuiltIn = 50

// builtIn are the words of the program's own lists that answer a look-up.
func builtIn(word string, list []proofread.Listed) []web.Component {
	if word == "" {
		return nil
	}
	t := web.Table{Caption: "内置词表中的“" + word + "”", Columns: []web.Column{{Head: "词语", Wide: true}, {Head: "正确写法"}, {Head: "仅当附近有"}, {Head: "来源"}},
		Empty: web.Empty{Title: "内置词表中没有", Text: "检查还按前后文字推断错别字，并检查标点、数字、日期和发文字号；这些提示不来自词表，问题页写明来源。"}}
	for _, x := range list {
		right := strings.Join(x.Right, "、")
		if x.Sensitive {
			right = "疑似敏感词，须人工核实"
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Text(x.Wrong), web.Text(right), web.Text(strings.Join(x.Near, "、")), web.Text(x.Source)}})
	}
	return []web.Component{t}
}

// mostOvertaken is how many overtaken words are listed at once.
const mostOvertaken = 50

// overtaken lists the allowed words that need a second person by now, with the way to
// ask, and says so at the top.
func (p *page) overtaken(list []lexicon.Entry) {
	if len(list) == 0 {
		return
	}
	t := web.Table{Caption: "需要两人确认的允许使用", Columns: []web.Column{{Head: "词语", Wide: true}, {Head: "维护单位"}, {Head: "来源"}, {Head: "办理"}}}
	for _, e := range list {
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Linked(e.Words, e.Link()), web.Text(e.UnitName), web.Text(e.Source), web.Linked("提请确认", e.Link()+"/confirm")}})
	}
	p.Alert = web.Alert{Kind: web.Warn, Title: "有允许使用的词语需要两人确认", Text: "这些词语原由一人允许使用，其中现在含有严重类词条或敏感词，因此照样提示。它们列在词条之下：确需使用的，提请另一人确认；不再需要的，打开词条停用。"}
	p.More = append([]web.Component{t}, p.More...)
}

func newList(list []lexicon.Entry, total int, manages bool) page {
	all := web.Option{Value: "", Label: "全部"}
	v := page{web.ListView{Heading: web.Heading{Title: "词库", Lead: "采编、巡查和复测使用同一份词库；检查只作提示，从不自动改稿。严重类词条由两人启用和停用。台账中的地名、单位名和站点名自动受保护。列出本单位可管理的和上级在本地区通用的词条；按词语查找时，也查内置词表。"},
		Filter: web.Filter{Action: listPath, Total: total, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "词语"}, {Kind: web.Select, Name: "kind", Label: "类别", Options: kinds(all)},
			{Kind: web.Select, Name: "state", Label: "状态", Options: []web.Option{all, {Value: lexicon.Active, Label: "使用中"}, {Value: lexicon.Proposed, Label: "待确认"}, {Value: lexicon.Withdrawn, Label: "已停用"}, {Value: lexicon.Refused, Label: "未通过"}}},
			{Kind: web.Check, Name: "serious", Label: "只看严重类"}}},
		Table: table("词条", list)}}
	if manages {
		v.Heading.Acts = []web.Act{{Text: "新增词条", Href: listPath + "/new", Primary: true}, {Text: "导入", Href: listPath + "/import"}}
	}
	v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "版本", Href: packsPath}, web.Act{Text: "规则质量", Href: rulesPath})
	return v
}

var (
	sampleEntry  = lexicon.Entry{ID: "e", Unit: "u", UnitName: "陕西省人民政府办公厅", Kind: lexicon.Term, Words: "一但", Right: []string{"一旦"}, Serious: true, Wide: true, State: lexicon.Active, Source: "省政府办公厅", From: calendar.Date{Year: 2026, Month: 1, Day: 1}}
	hostileEntry = lexicon.Entry{ID: `"><b>`, UnitName: "<script>", Kind: lexicon.Pair, Words: "<script>alert(1)</script>", Right: []string{"</td><b>"}, Near: []string{"<i>"}, State: "<x>", Source: `"`, Leaving: "<p>"}
	samplePack   = lexicon.Pack{ID: "p", Unit: "u", UnitName: "陕西省人民政府办公厅", No: 3, Name: "导入 2026.xlsx", State: lexicon.Proposed, Serious: 2, Added: 5, ByID: "a", ByName: "周启明", Source: "省政府办公厅", Digest: "ab12"}
	askedPack    = lexicon.Pack{ID: "p", Unit: "u", UnitName: "雁塔区人民政府办公室", No: 3, Name: "导入 2026.xlsx", State: lexicon.Proposed, Serious: 2, Added: 5, ByID: "a", ByName: "周启明", Asked: "o", AskedName: "西安市人民政府办公厅"}
	hostilePack  = lexicon.Pack{ID: `"`, UnitName: "<b>", Name: "<script>", State: "<x>", ByName: "</p>", Note: "<i>", Source: `">`, Asked: "o", AskedName: "<b>"}
)

var listPage = web.Define(web.Plain, "pages/list.html", newList(nil, 0, true), newList([]lexicon.Entry{sampleEntry}, 1, true), newList([]lexicon.Entry{hostileEntry}, 1, false), overtakenList())

func overtakenList() page {
	v := newList([]lexicon.Entry{hostileEntry}, 1, true)
	v.overtaken([]lexicon.Entry{hostileEntry})
	return v
}

func filterOf(r *http.Request) (lexicon.Filter, error) {
	q := r.URL.Query()
	f := lexicon.Filter{Holding: true, Text: strings.TrimSpace(q.Get("q")), State: q.Get("state"), Serious: q.Has("serious"), Unit: org.UnitID(q.Get("unit")), Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage}
	if len([]rune(f.Text)) > 100 {
		return f, fault.New(fault.Invalid, "查找的文字过长，请缩短到 100 字以内。").On("q", "请缩短")
	}
	if k, ok := lexicon.KindOf(q.Get("kind")); ok {
		f.Kind = k
	}
	return f, nil
}

func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	f, err := filterOf(r)
	if err != nil {
		return err
	}
	list, total, err := h.lexicon.Entries(r.Context(), authz.ScopeFrom(r.Context()), f)
	if err != nil {
		return err
	}
	v := newList(list, total, authz.SessionFrom(r.Context()).May(authz.LexiconManage))
	listed, err := proofread.Lookup(f.Text, mostBuiltIn)
	if err != nil {
		return err
	}
	v.More = builtIn(f.Text, listed)
	if session := authz.SessionFrom(r.Context()); session.May(authz.LexiconManage) {
		old, err := h.lexicon.Overtaken(r.Context(), session.ScopeFor(authz.LexiconManage), mostOvertaken)
		if err != nil {
			return err
		}
		v.overtaken(old)
	}
	v.Filter.Fill(r.URL.Query())
	v.Pager = web.PagerOf(r, total, perPage)
	v.Exports = append(web.ExportActs(listPath+"/export", r.URL.Query()), jsonAct(r.URL.Query()))
	return listPage.Render(w, r, v)
}

// jsonAct leads to the list in the form that other houses import.
func jsonAct(q url.Values) web.Act {
	q = url.Values{"q": q["q"], "kind": q["kind"], "state": q["state"], "format": {"json"}}
	return web.Act{Text: "导出 JSON", Href: listPath + "/export?" + q.Encode()}
}

func (h *Handler) export(w http.ResponseWriter, r *http.Request) error {
	f, err := filterOf(r)
	if err != nil {
		return err
	}
	f.Limit, f.Offset = maxExport, 0
	list, total, err := h.lexicon.Entries(r.Context(), authz.ScopeFrom(r.Context()), f)
	if err != nil {
		return err
	}
	if err := web.MostExported(total, maxExport, "条词条"); err != nil {
		return err
	}
	if r.URL.Query().Get("format") == "json" {
		if f.State == "" {
			list = slices.DeleteFunc(list, func(e lexicon.Entry) bool { return e.State != lexicon.Active })
		}
		var b bytes.Buffer
		if err := lexicon.WriteJSON(&b, "词库", web.FrameOf(r).Today, list); err != nil {
			return err
		}
		return web.SendList(w, r, "词库", titles(), len(list), "词库-"+web.FrameOf(r).Today.String()+".json", "application/json; charset=utf-8", b.Bytes())
	}
	var columns []official.Column
	for _, name := range titles() {
		columns = append(columns, official.Column{Title: name, Width: 18})
	}
	columns = append(columns, official.Column{Title: "维护单位", Width: 30}, official.Column{Title: "状态"})
	says := map[bool]string{true: "是", false: "否"}
	rows := make([][]any, len(list))
	for i, e := range list {
		rows[i] = []any{e.Kind.Name(), e.Words, strings.Join(e.Right, "、"), strings.Join(e.Near, "、"), strings.Join(e.Unless, "、"), says[e.Serious], says[e.Wide], day(e.From), day(e.Until), e.Source, e.UnitName, lexicon.StateName(e.State)}
	}
	return web.SendSheet(w, r, official.Sheet{Title: "词库", Columns: columns, Rows: slices.Values(rows)}, "词库")
}

// titles are the heads of a list as a table.
func titles() []string {
	var out []string
	for _, c := range lexicon.Fields {
		out = append(out, c.Name)
	}
	return out
}

func day(d calendar.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

func newEntryView(e lexicon.Entry, own, manages bool) record {
	v := record{web.RecordView{Heading: web.Heading{Above: e.Kind.Name(), Title: e.Words}, Trail: trail}}
	terms := []web.Term{{Name: "状态", Text: lexicon.StateName(e.State)}, {Name: "正确写法或任职人", Text: strings.Join(e.Right, "、")}, {Name: "仅当附近有", Text: strings.Join(e.Near, "、")}, {Name: "出现在其中不算", Text: strings.Join(e.Unless, "、")},
		{Name: "有效期", Text: e.Term()}, {Name: "来源或依据", Text: e.Source}, {Name: "维护单位", Text: e.UnitName}, {Name: "适用", Text: reach(e).Text}}
	if e.Serious {
		terms = append(terms, web.Term{Name: "级别", Text: "严重类，须两人启用和停用"})
	}
	if own {
		terms = append(terms, web.Term{Name: "启用的版本", Text: "查看版本", Href: lexicon.Pack{ID: e.Pack}.Link()})
	}
	if own && e.Leaving != "" {
		terms = append(terms, web.Term{Name: "停用的版本", Text: "查看版本", Href: lexicon.Pack{ID: e.Leaving}.Link()})
	}
	v.Main = append(v.Main, web.Summary{Title: "词条", Terms: said(terms)})
	if manages && e.State == lexicon.Active && e.Leaving == "" {
		v.Heading.Acts = []web.Act{{Text: "停用", Href: e.Link() + "/withdraw"}}
	}
	return v
}

// said are the lines that have something to say.
func said(terms []web.Term) []web.Term {
	return slices.DeleteFunc(terms, func(t web.Term) bool { return strings.TrimSpace(t.Text) == "" })
}

func (h *Handler) entry(w http.ResponseWriter, r *http.Request) error {
	scope := authz.ScopeFrom(r.Context())
	e, err := h.lexicon.Holding(r.Context(), scope, r.PathValue("id"))
	if err != nil {
		return err
	}
	return recordPage.Render(w, r, newEntryView(e, e.In(scope), e.In(authz.SessionFrom(r.Context()).ScopeFor(authz.LexiconManage))))
}
