package lexiconweb

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/lexicon"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/web"
	"zhengshu/internal/web/picker"
)

// mostFile is the largest list that is taken, in bytes.
const mostFile = 8 << 20

func newAddForm(unit web.Field) formView {
	return formView{web.FormView{Heading: web.Heading{Title: "新增词条", Lead: "规范表述、职务姓名、标为严重的词条，以及会盖住严重类词条或敏感词的允许使用，保存后由另一人确认才启用。"}, Trail: trail,
		Form: web.Form{Sections: []web.Section{{Fields: []web.Field{unit, {Kind: web.Select, Name: "kind", Label: "类别", Required: true, Options: kinds()},
			{Name: "words", Label: "词语", Required: true, Max: 40, Hint: "易错写法填错误的写法；职务姓名填职务，如“西安市市长”"},
			{Name: "right", Label: "正确写法或任职人", Max: 200, Hint: "多个用顿号分开；职务姓名只填一人"},
			{Name: "near", Label: "仅当附近有", Max: 200, Hint: "二十字内有其中之一才算错误，可以不填"}, {Name: "unless", Label: "出现在其中不算", Max: 200, Hint: "包含该词语的正确说法，可以不填"},
			{Kind: web.DateField, Name: "from", Label: "开始日期"}, {Kind: web.DateField, Name: "until", Label: "结束日期"},
			{Kind: web.Check, Name: "serious", Label: "严重类（须两人启用）"}, {Kind: web.Check, Name: "wide", Label: "适用于本单位所在地区的全部单位"},
			{Name: "source", Label: "来源或依据", Max: 200, Hint: "严重类必填"}}}},
			Buttons: []web.Button{{Label: "保存词条"}}, Cancel: web.Link{Text: "取消", Href: listPath}}}}
}

func newImportForm(unit web.Field) formView {
	return formView{web.FormView{Heading: web.Heading{Title: "导入词库", Lead: "先预检，看清新增多少条、替换多少条、哪些行不能导入，再决定导入。词库中已有的词条，表格中的空格不改动原有内容。表格的列名：类别、词语、正确写法、仅当附近有、出现在其中不算、严重、全地区适用、开始日期、结束日期、来源。"}, Trail: trail,
		Form: web.Form{Upload: true, Sections: []web.Section{{Fields: []web.Field{unit, {Kind: web.File, Name: "file", Label: "词库文件", Required: true, Accept: ".xlsx,.csv,.json", Hint: "XLSX、CSV，或从本系统导出的 JSON；不超过 8 MB、2 万行"},
			{Name: "source", Label: "来源或依据", Max: 200, Hint: "没有写明来源的行按此填写"}}}}, Buttons: []web.Button{{Label: "预检"}}, Cancel: web.Link{Text: "取消", Href: listPath}}}}
}

func newWithdrawForm(e lexicon.Entry) formView {
	lead := "停用后不再提示，词条和理由留在记录中。"
	if e.Serious {
		lead = "这是严重类词条，提出后由另一人确认才停用。"
	}
	return formView{web.FormView{Heading: web.Heading{Title: "停用词条", Above: e.Words, Lead: lead}, Trail: append(slices.Clone(trail), web.Crumb{Name: e.Words, Href: e.Link()}),
		Form: web.Form{Sections: []web.Section{{Fields: []web.Field{{Name: "note", Label: "停用理由", Required: true, Max: 300}}}}, Buttons: []web.Button{{Label: "停用词条"}}, Cancel: web.Link{Text: "取消", Href: e.Link()}}}}
}

func newConfirmForm(e lexicon.Entry) formView {
	return formView{web.FormView{Heading: web.Heading{Title: "提请确认允许使用", Above: e.Words, Lead: "另一人确认后，其中的严重类词条和敏感词不再提示；确认之前照样提示。"}, Trail: append(slices.Clone(trail), web.Crumb{Name: e.Words, Href: e.Link()}),
		Form: web.Form{Sections: []web.Section{{Fields: []web.Field{{Name: "source", Label: "来源或依据", Required: true, Max: 200, Value: e.Source}}}}, Buttons: []web.Button{{Label: "提请确认"}}, Cancel: web.Link{Text: "取消", Href: e.Link()}}}}
}

var formPage = web.Define(web.Plain, "pages/form.html", newAddForm(web.Field{Name: "unit", Label: "维护单位", Required: true}), newImportForm(web.Field{Name: "unit", Label: "维护单位", Required: true}), newWithdrawForm(hostileEntry), newConfirmForm(hostileEntry))

// form shows a form that asks for the keeper, again as typed after err.
func (h *Handler) form(w http.ResponseWriter, r *http.Request, make func(web.Field) formView, err error) error {
	id, _ := authz.SessionFrom(r.Context()).Unit()
	if _, err := h.org.Unit(r.Context(), authz.ScopeFrom(r.Context()), org.UnitID(id)); err != nil {
		id = ""
	}
	unit, fieldErr := picker.Field(r.Context(), h.org, authz.ScopeFrom(r.Context()), "unit", "维护单位", org.UnitID(id))
	if fieldErr != nil {
		return fieldErr
	}
	v := make(unit)
	if err == nil {
		return formPage.Render(w, r, v)
	}
	v.Again(r, err)
	return formPage.RenderStatus(w, r, web.StatusOf(err), v)
}

func (h *Handler) showAdd(w http.ResponseWriter, r *http.Request) error {
	return h.form(w, r, newAddForm, nil)
}

func (h *Handler) add(w http.ResponseWriter, r *http.Request) error {
	p, err := h.added(r)
	if web.Mendable(err) {
		return h.form(w, r, newAddForm, err)
	}
	if err != nil {
		return err
	}
	return changed(w, r, p)
}

// awaits says who is to confirm a pack.
func awaits(p lexicon.Pack) string {
	switch {
	case p.Asked == "":
		return "请另一人确认后启用。"
	case p.Nobody():
		return "但本单位和上级单位都没有另一人可以确认；请为另一人设置岗位，由其确认后启用。"
	}
	return "本单位没有另一人可以确认，已请" + p.AskedName + "确认。"
}

func changed(w http.ResponseWriter, r *http.Request, p lexicon.Pack) error {
	said := fmt.Sprintf("已启用，词库更新为第 %d 版。", p.No)
	if p.State == lexicon.Proposed {
		said = "已提出，含严重类词条，" + awaits(p)
	}
	return web.Done(w, r, p.Link(), said)
}

func (h *Handler) added(r *http.Request) (lexicon.Pack, error) {
	u, err := picker.Unit(r, h.org, authz.ScopeFrom(r.Context()), "unit")
	if err != nil {
		return lexicon.Pack{}, err
	}
	e := lexicon.Entry{Kind: lexicon.Kind(web.Typed(r, "kind")), Words: web.Typed(r, "words"), Right: lexicon.Split(web.Typed(r, "right")), Near: lexicon.Split(web.Typed(r, "near")), Unless: lexicon.Split(web.Typed(r, "unless")),
		Serious: web.Typed(r, "serious") != "", Wide: web.Typed(r, "wide") != "", Source: web.Typed(r, "source")}
	for _, x := range []struct {
		name string
		into *calendar.Date
	}{{"from", &e.From}, {"until", &e.Until}} {
		s := web.Typed(r, x.name)
		if s == "" {
			continue
		}
		if *x.into, err = calendar.ParseLoose(s); err != nil {
			return lexicon.Pack{}, fault.New(fault.Invalid, "日期应写作 2026-11-23。").On(x.name, "请填写日期").From(err)
		}
	}
	return h.lexicon.Make(r.Context(), authz.ScopeFrom(r.Context()), u.ID, lexicon.Change{Name: "新增“" + e.Words + "”", Source: e.Source, Add: []lexicon.Entry{e}})
}

func (h *Handler) showImport(w http.ResponseWriter, r *http.Request) error {
	return h.form(w, r, newImportForm, nil)
}

func (h *Handler) upload(w http.ResponseWriter, r *http.Request) error {
	to, err := h.uploaded(r)
	if web.Mendable(err) {
		return h.form(w, r, newImportForm, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, to, "")
}

// uploaded keeps the file and says where its rehearsal is.
func (h *Handler) uploaded(r *http.Request) (string, error) {
	file, done, err := web.Attachment(r, "file")
	defer done()
	if err != nil {
		return "", err
	}
	u, err := picker.Unit(r, h.org, authz.ScopeFrom(r.Context()), "unit")
	if err != nil {
		return "", err
	}
	if file == nil {
		return "", fault.New(fault.Invalid, "请选择词库文件。").On("file", "请选择文件")
	}
	body, err := bodyOf(file)
	if err != nil {
		return "", err
	}
	if _, err := h.lexicon.Rehearse(r.Context(), authz.ScopeFrom(r.Context()), u.ID, file.Name, body); err != nil {
		return "", err
	}
	ref, err := h.blobs.Put(r.Context(), bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	return checkPath + "?" + url.Values{"file": {string(ref)}, "name": {file.Name}, "unit": {string(u.ID)}, "source": {web.Typed(r, "source")}}.Encode(), nil
}

func bodyOf(file *approval.Upload) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(file.Content, mostFile+1))
	if err != nil {
		return nil, err
	}
	if len(body) > mostFile {
		return nil, fault.New(fault.TooLarge, "文件超过 8 MB，请拆分后分次导入。").On("file", "文件过大")
	}
	return body, nil
}

// rehearsed is the file of the address, its keeper and what it would do.
type rehearsed struct {
	name, source string
	unit         org.UnitID
	body         []byte
	result       lexicon.Rehearsal
}

func (h *Handler) rehearsed(r *http.Request, get func(string) string) (rehearsed, error) {
	x := rehearsed{name: get("name"), source: get("source"), unit: org.UnitID(get("unit"))}
	gone := fault.Missing("预检的文件")
	ref, err := blob.ParseRef(get("file"))
	if err != nil || len([]rune(x.name)) > 200 {
		return x, gone
	}
	if size, err := h.blobs.Stat(r.Context(), ref); err != nil || size > mostFile {
		return x, gone
	}
	in, err := h.blobs.Open(r.Context(), ref)
	if err != nil {
		return x, gone
	}
	defer in.Close()
	if x.body, err = io.ReadAll(in); err != nil {
		return x, err
	}
	x.result, err = h.lexicon.Rehearse(r.Context(), authz.ScopeFrom(r.Context()), x.unit, x.name, x.body)
	return x, err
}

func newCheck(x rehearsed, ref string) record {
	r := x.result
	v := record{web.RecordView{Heading: web.Heading{Title: "预检结果", Above: x.name}, Trail: append(slices.Clone(trail), web.Crumb{Name: "导入词库", Href: listPath + "/import"})}}
	v.Main = append(v.Main, web.Summary{Title: "这个文件", Terms: []web.Term{{Name: "新增", Text: fmt.Sprintf("%d 条", len(r.Entries)-r.Changed)}, {Name: "替换", Text: fmt.Sprintf("%d 条", r.Changed)}, {Name: "其中严重类", Text: graveText(r.Serious)},
		{Name: "已有相同的", Text: fmt.Sprintf("%d 条，跳过", r.Same)}, {Name: "不能导入的", Text: fmt.Sprintf("%d 行", r.Bad)}}})
	if len(r.Wrong) > 0 {
		v.Main = append(v.Main, rowsTable("不能导入的行（最多列出 50 行）", r.Wrong))
	}
	if len(r.Changes) > 0 {
		v.Main = append(v.Main, rowsTable("将替换原有词条的行（最多列出 50 行）", r.Changes))
	}
	if len(r.Notes) > 0 {
		v.Main = append(v.Main, rowsTable("读取时作了整理的行", r.Notes))
	}
	first := slices.Clone(r.Entries[:min(len(r.Entries), 20)])
	for i := range first {
		first[i].State = lexicon.Proposed
	}
	again := []web.Link{{Text: "重新选择文件", Href: listPath + "/import"}}
	switch {
	case len(r.Entries) > 0:
		v.Main = append(v.Main, table(fmt.Sprintf("将新增或替换的词条（前 %d 条）", len(first)), first))
	case r.Bad > 0:
		v.Alerts = []web.Alert{{Kind: web.Warn, Title: "没有可以导入的词条", Text: "请按下面的说明改正文件，再重新选择。", Links: again}}
	case r.Same > 0:
		v.Alerts = []web.Alert{{Kind: web.Good, Title: "没有新的词条", Text: "文件中的词条词库里都有，不必导入。", Links: again}}
	default:
		v.Alerts = []web.Alert{{Kind: web.Warn, Title: "文件中没有词条", Text: "请填好词条，再重新选择文件。", Links: again}}
	}
	if len(r.Entries) > 0 {
		f := web.Form{Action: checkPath, Sections: []web.Section{{Fields: []web.Field{{Kind: web.Hidden, Name: "file", Value: ref}, {Kind: web.Hidden, Name: "name", Value: x.name}, {Kind: web.Hidden, Name: "unit", Value: string(x.unit)},
			{Kind: web.Hidden, Name: "source", Value: x.source}, {Kind: web.Hidden, Name: "digest", Value: r.Digest}}}}, Buttons: []web.Button{{Label: fmt.Sprintf("导入 %d 条", len(r.Entries))}}, Cancel: web.Link{Text: "重新选择文件", Href: listPath + "/import"}}
		if r.Bad > 0 {
			f.Sections[0].Fields = append(f.Sections[0].Fields, web.Field{Kind: web.Check, Name: "partly", Label: "只导入没有问题的行"})
		}
		v.Forms = append(v.Forms, f)
	}
	return v
}

// graveText says how many entries wait for a second person.
func graveText(n int) string {
	if n == 0 {
		return "没有"
	}
	return fmt.Sprintf("%d 条，须另一人确认后启用", n)
}

func rowsTable(caption string, rows []lexicon.Row) web.Table {
	t := web.Table{Caption: caption, RowHead: 1, Columns: []web.Column{{Head: "行", Number: true}, {Head: "词语"}, {Head: "说明", Wide: true}}}
	for _, x := range rows {
		n := web.Figure(x.Number)
		if x.Number == 0 {
			n = web.Text("")
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{n, web.Text(x.Words), web.Text(x.Says)}})
	}
	return t
}

func (h *Handler) rehearse(w http.ResponseWriter, r *http.Request) error {
	x, err := h.rehearsed(r, r.URL.Query().Get)
	if err != nil {
		return err
	}
	return recordPage.Render(w, r, newCheck(x, r.URL.Query().Get("file")))
}

// again shows a record with its small form as it was refused.
func again(w http.ResponseWriter, r *http.Request, v record, err error) error {
	if len(v.Forms) == 0 {
		return err
	}
	v.Forms[0].Fill(r.PostForm)
	v.Forms[0].Wrong(err)
	return recordPage.RenderStatus(w, r, web.StatusOf(err), v)
}

func (h *Handler) take(w http.ResponseWriter, r *http.Request) error {
	get := func(name string) string { return web.Typed(r, name) }
	x, err := h.rehearsed(r, get)
	if err != nil {
		return err
	}
	p, _, err := h.lexicon.Import(r.Context(), authz.ScopeFrom(r.Context()), x.unit, x.name, x.body, get("digest"), x.source, get("partly") != "")
	if web.Mendable(err) {
		return again(w, r, newCheck(x, get("file")), err)
	}
	if err != nil {
		return err
	}
	return changed(w, r, p)
}

func newPacks(list []lexicon.Pack, total int) page {
	v := page{web.ListView{Heading: web.Heading{Title: "词库版本", Lead: "每次新增、导入和停用都成为维护单位词库的一个版本，含严重类词条的由另一人确认。"}, Trail: trail,
		Filter: web.Filter{Action: packsPath, Total: total, Fields: []web.Field{{Kind: web.Check, Name: "waiting", Label: "只看待确认的"}}},
		Table: web.Table{Caption: "版本", Columns: []web.Column{{Head: "版本", Wide: true}, {Head: "维护单位"}, {Head: "新增", Number: true}, {Head: "停用", Number: true}, {Head: "严重类", Number: true}, {Head: "提出"}, {Head: "状态"}},
			Empty: web.Empty{Title: "还没有版本", Text: "新增或导入词条后在这里列出。"}}}}
	for _, p := range list {
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{web.Linked(fmt.Sprintf("第 %d 版 %s", p.No, p.Name), p.Link()), web.Text(p.UnitName), web.Figure(p.Added), web.Figure(p.Withdrawn), web.Figure(p.Serious), {Text: p.ByName, Note: web.Minute(p.At)}, stateTag(p.State)}})
	}
	return v
}

var packsPage = web.Define(web.Plain, "pages/list.html", newPacks(nil, 0), newPacks([]lexicon.Pack{samplePack}, 1), newPacks([]lexicon.Pack{hostilePack}, 1))

func (h *Handler) packs(w http.ResponseWriter, r *http.Request) error {
	list, total, err := h.lexicon.Packs(r.Context(), authz.ScopeFrom(r.Context()), r.URL.Query().Has("waiting"), perPage, (web.PageOf(r)-1)*perPage)
	if err != nil {
		return err
	}
	v := newPacks(list, total)
	v.Filter.Fill(r.URL.Query())
	v.Pager = web.PagerOf(r, total, perPage)
	return packsPage.Render(w, r, v)
}

func newPackView(p lexicon.Pack, list []lexicon.Entry, total int, steps []passage.Step, decides, own bool) record {
	v := record{web.RecordView{Heading: web.Heading{Above: p.UnitName, Title: fmt.Sprintf("词库第 %d 版 %s", p.No, p.Name)}, Trail: append(slices.Clone(trail), web.Crumb{Name: "词库版本", Href: packsPath})}}
	state := lexicon.StateName(p.State)
	switch {
	case p.State != lexicon.Proposed || p.Asked == "":
	case p.Nobody():
		state += "，没有人可以确认"
	default:
		state += "，由" + p.AskedName + "确认"
	}
	terms := []web.Term{{Name: "状态", Text: state}, {Name: "新增", Text: fmt.Sprintf("%d 条", p.Added)}, {Name: "停用", Text: fmt.Sprintf("%d 条", p.Withdrawn)}, {Name: "严重类", Text: fmt.Sprintf("%d 条", p.Serious)},
		{Name: "来源", Text: p.Source}, {Name: "说明", Text: p.Note}, {Name: "文件摘要", Text: p.Digest}}
	v.Main = append(v.Main, web.Summary{Title: "版本", Terms: said(terms)})
	switch {
	case p.State == lexicon.Proposed && own:
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: "等待另一人确认", Text: "含严重类词条，提出人不能自己确认，" + awaits(p)})
	case p.State == lexicon.Proposed && decides:
		if p.Asked != "" && !p.Nobody() {
			v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: "请" + p.AskedName + "确认", Text: p.UnitName + "除提出人" + p.ByName + "外没有人可以确认。请核对下列词条及其依据，确认启用或不予通过。"})
		}
		v.Forms = append(v.Forms, web.Form{Action: p.Link() + "/decide", Sections: []web.Section{{Legend: "第二人确认", Fields: []web.Field{{Name: "note", Label: "意见", Max: 300, Hint: "不予通过的必填"}}}},
			Buttons: []web.Button{{Label: "确认启用", Name: "decision", Value: "agree"}, {Label: "不予通过", Name: "decision", Value: "refuse", Plain: true}}})
	}
	caption := "词条"
	if total > len(list) {
		caption = fmt.Sprintf("词条（共 %d 条，列出前 %d 条）", total, len(list))
	}
	v.Main = append(v.Main, table(caption, list))
	t := web.Timeline{Title: "经过"}
	for _, s := range steps {
		t.Events = append(t.Events, web.Event{At: s.At, Title: lexicon.PackMachine.ActName(s.Act), Who: s.ActorName, Text: s.Note})
	}
	if len(t.Events) > 0 {
		v.Side = append(v.Side, t)
	}
	return v
}

var recordPage = web.Define(web.Plain, "pages/record.html", newPackView(samplePack, nil, 0, nil, true, false), newPackView(askedPack, nil, 0, nil, true, true), newPackView(askedPack, nil, 0, nil, true, false), newPackView(samplePack, []lexicon.Entry{sampleEntry}, 1, []passage.Step{{Act: "propose", ActorName: "周启明"}}, true, true),
	newPackView(hostilePack, []lexicon.Entry{hostileEntry}, 9, nil, true, false), newEntryView(sampleEntry, true, true), newEntryView(hostileEntry, true, true), newEntryView(sampleEntry, false, false),
	newCheck(rehearsed{name: "<b>", result: lexicon.Rehearsal{Entries: []lexicon.Entry{hostileEntry}, Bad: 1, Wrong: []lexicon.Row{{Number: 2, Words: "<i>", Says: "<script>"}}}}, `"`))

func (h *Handler) pack(w http.ResponseWriter, r *http.Request) error {
	v, err := h.packView(r)
	if err != nil {
		return err
	}
	return recordPage.Render(w, r, v)
}

func (h *Handler) packView(r *http.Request) (record, error) {
	scope := authz.ScopeFrom(r.Context())
	p, err := h.lexicon.Pack(r.Context(), nil, scope, r.PathValue("pack"))
	if err != nil {
		return record{}, err
	}
	list, total, err := h.lexicon.Entries(r.Context(), scope, lexicon.Filter{Pack: p.ID, Limit: 100})
	if err != nil {
		return record{}, err
	}
	steps, err := h.lexicon.History(r.Context(), scope, p.ID)
	if err != nil {
		return record{}, err
	}
	s := authz.SessionFrom(r.Context())
	return newPackView(p, list, total, steps, p.In(s.ScopeFor(authz.LexiconManage)), p.ByID == s.PersonID), nil
}

func (h *Handler) decide(w http.ResponseWriter, r *http.Request) error {
	agree := web.Typed(r, "decision") == "agree"
	if !agree && web.Typed(r, "decision") != "refuse" {
		return fault.New(fault.Invalid, "请选择“确认启用”或“不予通过”。").On("decision", "请选择")
	}
	p, err := h.lexicon.Decide(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("pack"), agree, web.Typed(r, "note"))
	if web.Mendable(err) {
		v, viewErr := h.packView(r)
		if viewErr != nil {
			return viewErr
		}
		return again(w, r, v, err)
	}
	if err != nil {
		return err
	}
	said := "已确认启用。"
	if !agree {
		said = "已退回，词条没有启用。"
	}
	return web.Done(w, r, p.Link(), said)
}

func (h *Handler) showWithdraw(w http.ResponseWriter, r *http.Request) error {
	e, err := h.lexicon.Entry(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	return formPage.Render(w, r, newWithdrawForm(e))
}

func (h *Handler) withdraw(w http.ResponseWriter, r *http.Request) error {
	scope := authz.ScopeFrom(r.Context())
	e, err := h.lexicon.Entry(r.Context(), scope, r.PathValue("id"))
	if err != nil {
		return err
	}
	p, err := h.lexicon.Make(r.Context(), scope, e.Unit, lexicon.Change{Name: "停用“" + e.Words + "”", Withdraw: []string{e.ID}, Note: web.Typed(r, "note")})
	if web.Mendable(err) {
		v := newWithdrawForm(e)
		v.Again(r, err)
		return formPage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	return changed(w, r, p)
}

func (h *Handler) showConfirm(w http.ResponseWriter, r *http.Request) error {
	e, err := h.lexicon.Entry(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	return formPage.Render(w, r, newConfirmForm(e))
}

func (h *Handler) confirm(w http.ResponseWriter, r *http.Request) error {
	scope := authz.ScopeFrom(r.Context())
	e, err := h.lexicon.Entry(r.Context(), scope, r.PathValue("id"))
	if err != nil {
		return err
	}
	p, err := h.lexicon.Confirm(r.Context(), scope, e.ID, web.Typed(r, "source"))
	if web.Mendable(err) {
		v := newConfirmForm(e)
		v.Again(r, err)
		return formPage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	return changed(w, r, p)
}
