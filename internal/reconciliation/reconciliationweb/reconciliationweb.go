// Package reconciliationweb is the screens of reconciliation: the comparisons
// made, the differences of one with what can be done about each, the sampled
// reading before a batch, and the look at one site.
//
// It decides what a person sees of a difference and in which order; what a
// decision does to the ledger is reconciliation's.
package reconciliationweb

import (
	"embed"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"zhengshu/internal/abridge"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/reconciliation"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

//go:embed views/*.html
var views embed.FS

// Path is the list of comparisons.
const Path = "/console/reconciliations"

// Handler answers the routes of this door.
type Handler struct {
	service  *reconciliation.Service
	registry *registry.Service
}

// New makes the door.
func New(s *reconciliation.Service, r *registry.Service) *Handler { return &Handler{s, r} }

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/reconciliations", Permit: authz.RegistryImport, Handle: h.runs},
		{Pattern: "POST /console/reconciliations", Permit: authz.RegistryImport, Handle: h.compare},
		{Pattern: "GET /console/reconciliations/{id}", Permit: authz.RegistryImport, Handle: h.run},
		{Pattern: "POST /console/reconciliations/{id}", Permit: authz.RegistryImport, Handle: h.decide},
		{Pattern: "GET /console/reconciliations/{id}/batch", Permit: authz.RegistryImport, Handle: h.showBatch},
		{Pattern: "POST /console/reconciliations/{id}/batch", Permit: authz.RegistryImport, Handle: h.batch},
		{Pattern: "POST /console/sites/{id}/reality", Permit: authz.InspectionRun, Handle: h.reality},
	}
}

func crumbs(rest ...web.Crumb) []web.Crumb {
	return append([]web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "站点台账", Href: "/console/sites"}}, rest...)
}

// runsView is GET /console/reconciliations.
type runsView struct {
	Heading web.Heading
	Form    web.Form
	Runs    web.Table
}

// Title of the document.
func (runsView) Title() string { return "台账核对" }

// Crumbs of the page.
func (runsView) Crumbs() []web.Crumb { return crumbs(web.Crumb{Name: "台账核对"}) }

func newRunsView(runs []reconciliation.Run, files []registry.File, chosen string) runsView {
	v := runsView{Heading: web.Heading{Title: "台账核对", Lead: "把全国政府网站信息报送系统或协同监管单位的名单与台账逐条核对：只在名单里的、只在台账里的、内容不同的，逐条处理。核对不改动台账。", Acts: []web.Act{{Text: "上传名单", Href: "/console/import", Primary: true}}},
		Runs: web.Table{Caption: "已做的核对", Columns: []web.Column{{Head: "名单", Wide: true}, {Head: "文件"}, {Head: "时间"}, {Head: "一致", Number: true}, {Head: "只在名单", Number: true}, {Head: "只在台账", Number: true}, {Head: "内容不同", Number: true}}, Empty: web.Empty{Title: "还没有做过核对", Text: "先在“导入台账”上传名单并核对列，再回到这里。"}}}
	var options []web.Option
	for _, f := range files {
		if f.Kind != registry.UnitFile && f.Kind != registry.DomainFile && !f.Busy() {
			options = append(options, web.Option{Value: f.ID, Label: f.Name + "（" + f.Kind.Name() + "，" + web.Minute(f.CreatedAt) + "）"})
		}
	}
	if len(options) > 0 {
		v.Form = web.Form{Action: Path, Buttons: []web.Button{{Label: "与台账核对"}}, Sections: []web.Section{{Legend: "核对一份名单", Fields: []web.Field{
			{Kind: web.Select, Name: "file", Label: "已上传的文件", Options: options, Value: chosen, Required: true},
			{Name: "source", Label: "这是谁的名单", Required: true, Max: 60, Hint: "例如：全国政府网站信息报送系统、省网信办"},
			{Kind: web.Check, Name: "whole", Label: "名单包含我管辖范围内的全部对象", Hint: "勾选后，名单里没有的会列为“只在台账”"},
		}}}}
	}
	for _, r := range runs {
		name := web.Linked(r.Source, r.Link())
		name.Note = r.PersonName
		v.Runs.Rows = append(v.Runs.Rows, web.Row{Cells: []web.Cell{name, web.Text(r.FileName), web.When(r.At), web.Figure(r.Same), web.Figure(r.There), web.Figure(r.Here), web.Figure(r.Differing)}})
	}
	return v
}

var sampleRun = reconciliation.Run{ID: "01R", Source: "全国政府网站信息报送系统", FileName: "名单.xlsx", Kind: registry.SiteFile, Blob: "sha256:0a1b2c3d", Whole: true, Read: 5, Same: 2, There: 1, Here: 1, Differing: 1, PersonName: "王秀兰"}
var hostileRun = reconciliation.Run{ID: `"><script>`, Source: `<script>`, FileName: `<b>`, Blob: `"`, PersonName: `<i>`}

var runsPage = web.Define(views, "views/runs.html", newRunsView(nil, nil, ""),
	newRunsView([]reconciliation.Run{sampleRun}, []registry.File{{ID: "1", Name: "名单.xlsx", Kind: registry.SiteFile}}, "1"),
	newRunsView([]reconciliation.Run{hostileRun}, []registry.File{{ID: `"><script>`, Name: `<script>`, Kind: registry.SiteFile}}, `"`))

const (
	perPage = 50
	recent  = 20
)

func (h *Handler) runs(w http.ResponseWriter, r *http.Request) error {
	v, err := h.runsForm(r)
	if err != nil {
		return err
	}
	return runsPage.Render(w, r, v)
}

func (h *Handler) runsForm(r *http.Request) (runsView, error) {
	runs, err := h.service.Runs(r.Context(), authz.ScopeFrom(r.Context()), perPage)
	if err != nil {
		return runsView{}, err
	}
	files, err := h.registry.Files(r.Context(), authz.SessionFrom(r.Context()), recent)
	return newRunsView(runs, files, r.URL.Query().Get("file")), err
}

func (h *Handler) compare(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	run, err := h.service.Compare(ctx, authz.ScopeFrom(ctx), authz.SessionFrom(ctx), r.PostFormValue("file"), r.PostFormValue("source"), r.PostFormValue("whole") != "")
	if web.Mendable(err) {
		v, formErr := h.runsForm(r)
		if formErr != nil {
			return formErr
		}
		v.Form.Fill(r.PostForm)
		v.Form.Wrong(err)
		return runsPage.RenderStatus(w, r, fault.Of(err).Kind.Status(), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, run.Link(), "核对完成，台账没有改动。请逐条处理差异。")
}

// runView is GET /console/reconciliations/{id}.
type runView struct {
	Heading web.Heading
	Stats   web.Stats
	Tabs    web.Tabs
	Says    web.Alert
	Batch   []web.Act
	Filter  web.Filter
	Errors  web.ErrorSummary
	Action  string
	Table   web.Table
	Reason  web.Field
	Basis   []web.Field
	Buttons []web.Button
	Pager   web.Pager
}

// Title of the document.
func (v runView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v runView) Crumbs() []web.Crumb {
	return crumbs(web.Crumb{Name: "台账核对", Href: Path}, web.Crumb{Name: v.Heading.Title})
}

var decisions = map[string]string{"": "待处理", reconciliation.Accepted: "已采用名单内容", reconciliation.Kept: "保留台账内容", reconciliation.Asked: "已请主办单位核实", reconciliation.Candidate: "列为待核实线索", reconciliation.Entered: "已登记入台账"}

func newRunView(run reconciliation.Run, verdict, field string, rows []reconciliation.Row, total int, fields []string) runView {
	v := runView{Heading: web.Heading{Above: run.Kind.Name(), Title: run.Source, Lead: "文件 " + run.FileName + "（" + abridge.Text(run.Blob, 23) + "），" + web.Minute(run.At) + "，" + run.PersonName + "。"}, Action: run.Link(),
		Stats: web.Stats{Label: "核对情况", Items: []web.Stat{{Name: "名单", Value: strconv.Itoa(run.Read), Unit: "行"}, {Name: "一致", Value: strconv.Itoa(run.Same), Unit: "行", Kind: web.Good},
			{Name: "以前已定保留", Value: strconv.Itoa(run.KeptBefore), Unit: "处", Note: "不再提示"}, {Name: "有差异", Value: strconv.Itoa(run.There + run.Here + run.Differing), Unit: "处", Kind: web.Warn}}}}
	at := func(verdict string) string { return run.Link() + "?" + url.Values{"verdict": {verdict}}.Encode() }
	v.Tabs = web.Tabs{Label: "差异", Items: []web.Tab{{Name: "内容不同", Href: at(reconciliation.Differs), N: run.Differing, Current: verdict == reconciliation.Differs},
		{Name: "只在名单", Href: at(reconciliation.There), N: run.There, Current: verdict == reconciliation.There}, {Name: "只在台账", Href: at(reconciliation.Here), N: run.Here, Current: verdict == reconciliation.Here}}}
	v.Table = web.Table{Caption: "差异", Quiet: true, PickName: "id", Empty: web.Empty{Title: "没有这类差异"}}
	v.Reason = web.Field{Name: "reason", Label: "理由", Max: 200, Hint: "保留台账内容时必填；以后同样的差异不再提示"}
	v.Table.Columns = []web.Column{{Head: "对象", Wide: true}, {Head: "行号"}}
	accept := web.Button{Label: "采用名单内容", Name: "decision", Value: reconciliation.Accepted}
	keep := web.Button{Label: "保留台账内容", Name: "decision", Value: reconciliation.Kept, Plain: true}
	ask := web.Button{Label: "请主办单位核实", Name: "decision", Value: reconciliation.Asked, Plain: true}
	switch verdict {
	case reconciliation.Differs:
		v.Table.Columns = append(v.Table.Columns, web.Column{Head: "项目"}, web.Column{Head: "台账"}, web.Column{Head: "名单"})
		v.Buttons = []web.Button{accept, keep, ask}
		options := []web.Option{{Value: "", Label: "全部项目"}}
		for _, f := range fields {
			options = append(options, web.Option{Value: f, Label: registry.FieldName(f)})
		}
		v.Filter = web.Filter{Action: run.Link(), Total: total, Fields: []web.Field{{Kind: web.Select, Name: "field", Label: "项目", Options: options, Value: field}}, Hidden: []web.Field{{Kind: web.Hidden, Name: "verdict", Value: verdict}}}
		if field != "" && total > 0 {
			v.Batch = []web.Act{{Text: "抽样核对后整批采用“" + registry.FieldName(field) + "”", Href: run.Link() + "/batch?" + url.Values{"field": {field}}.Encode()}}
		}
	case reconciliation.There:
		v.Table.Columns = append(v.Table.Columns, web.Column{Head: "域名或网址"})
		v.Buttons = []web.Button{{Label: "登记入台账", Name: "decision", Value: reconciliation.Entered}, {Label: "列为待核实线索", Name: "decision", Value: reconciliation.Candidate, Plain: true}}
		bases := make([]web.Option, len(registry.BaselineBases))
		for i, b := range registry.BaselineBases {
			bases[i] = web.Option{Value: b.ID, Label: b.Name}
		}
		v.Basis = []web.Field{{Kind: web.Select, Name: "basis", Label: "存量认定依据", Options: bases, Value: "national", Hint: "登记入台账时按此认定，已用下线次数按 0 记，可在存量认定页更正"},
			{Name: "document", Label: "文号", Max: 100, Hint: "批准或备案文件必填；不填时写名单和文件名"}, {Kind: web.DateField, Name: "document_on", Label: "文件日期", Hint: "批准或备案文件必填"}}
		v.Says = web.Alert{Kind: web.Info, Title: "这些只在名单里", Text: "可能是漏登，也可能不是本地的，或是假冒。核实后勾选登记入台账；新开设的要走审批。", Links: []web.Link{{Text: "打开这份文件的导入页面", Href: "/console/import/" + run.FileID}, {Text: "申请开设", Href: "/console/matters"}}}
	default:
		v.Table.Columns = append(v.Table.Columns, web.Column{Head: "台账"})
		v.Buttons = []web.Button{keep, ask}
		if !run.Whole {
			v.Says = web.Alert{Kind: web.Info, Title: "没有核对这一类", Text: "核对时没有说明名单包含管辖范围内的全部对象，名单里没有的不算差异。"}
		}
	}
	v.Table.Columns = append(v.Table.Columns, web.Column{Head: "处理"})
	for _, r := range rows {
		name := web.Text(r.Name)
		if link := r.ObjectLink(); link != "" {
			name = web.Linked(r.Name, link)
		}
		line := web.Text("")
		if r.FileRow > 0 {
			line = web.Figure(r.FileRow)
		}
		cells := []web.Cell{name, line}
		switch verdict {
		case reconciliation.Differs:
			ours := r.Ours
			if ours == "" {
				ours = "没有填写"
			}
			cells = append(cells, web.Text(registry.FieldName(r.Field)), web.Text(ours), web.Text(r.Theirs))
		case reconciliation.There:
			cells = append(cells, web.Text(r.Theirs))
		default:
			cells = append(cells, web.Text(r.Ours))
		}
		state := web.Cell{Tags: []web.Tag{{Text: decisions[r.Decision]}}, Note: r.Reason}
		if href, text := matterOf(r); href != "" && r.Decision == "" {
			state.Links = []web.Link{{Text: text, Href: href}}
		}
		row := web.Row{Name: r.Name}
		if r.Decision == "" || r.Decision == reconciliation.Asked {
			row.Pick = r.ID
		}
		if r.Decision != "" {
			state.Tags[0].Kind = web.Good
		}
		row.Cells = append(cells, state)
		v.Table.Rows = append(v.Table.Rows, row)
	}
	if len(rows) == 0 {
		v.Buttons, v.Basis = nil, nil
	}
	return v
}

// matterOf is the case that would bring the ledger's object to what their list
// says: a name or domain that was changed, an object that is no more.
func matterOf(r reconciliation.Row) (href, text string) {
	matter := ""
	switch {
	case r.ObjectID == "":
	case r.Verdict == reconciliation.Here:
		matter, text = "exit", "办理退出监管"
	case r.Field == "name":
		matter, text = "rename", "办理变更名称"
	case r.Object == "site" && (r.Field == "host" || r.Field == "chinese_domain"):
		matter, text = "domain_change", "办理变更域名"
	}
	if matter == "" {
		return "", ""
	}
	return "/console/matters/new?" + url.Values{"matter": {matter}, "object": {r.Object + ":" + r.ObjectID}}.Encode(), text
}

var runPage = web.Define(views, "views/run.html",
	newRunView(sampleRun, reconciliation.There, "", nil, 0, nil),
	newRunView(sampleRun, reconciliation.Differs, "icp", []reconciliation.Row{{ID: "1", Name: "雁塔区人民政府", Object: "site", ObjectID: "1", FileRow: 3, Field: "icp", Theirs: "陕ICP备05000002号", Ours: "陕ICP备05000001号"}, {ID: "2", Name: "阎良区人民政府", Field: "icp", Decision: reconciliation.Kept, Reason: "名单是旧的"}}, 2, []string{"icp"}),
	newRunView(sampleRun, reconciliation.Here, "", []reconciliation.Row{{ID: "3", Name: "高陵区人民政府", Object: "site", ObjectID: "3", Ours: "www.gaoling.example.gov.cn"}}, 1, nil),
	newRunView(hostileRun, reconciliation.Differs, `"><script>`, []reconciliation.Row{{ID: `"><script>`, Name: `<script>`, Object: "site", ObjectID: `"`, Field: `<b>`, Theirs: `<i>`, Ours: `"'`, Reason: `</td>`}}, 1, []string{`<b>`}))

func (h *Handler) run(w http.ResponseWriter, r *http.Request) error {
	return h.renderRun(w, r, http.StatusOK, nil)
}

func (h *Handler) renderRun(w http.ResponseWriter, r *http.Request, status int, wrong error) error {
	ctx, scope, q := r.Context(), authz.ScopeFrom(r.Context()), r.URL.Query()
	run, err := h.service.Run(ctx, h.service.DB, scope, r.PathValue("id"))
	if err != nil {
		return err
	}
	verdict := q.Get("verdict")
	if !slices.Contains([]string{reconciliation.There, reconciliation.Here}, verdict) {
		verdict = reconciliation.Differs
	}
	n := reconciliation.RowFilter{Verdict: verdict, Field: q.Get("field"), Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage}
	rows, total, err := h.service.Rows(ctx, h.service.DB, scope, run.ID, n)
	if err != nil {
		return err
	}
	fields, err := h.service.Fields(ctx, scope, run.ID)
	if err != nil {
		return err
	}
	v := newRunView(run, verdict, n.Field, rows, total, fields)
	v.Pager = web.PagerOf(r, total, perPage)
	v.Action = r.URL.RequestURI()
	if wrong != nil {
		var f web.Form
		f.Wrong(wrong)
		v.Errors = f.Summary
		v.Reason.Value = r.PostFormValue("reason")
		for i, f := range v.Basis {
			if r.PostForm.Has(f.Name) {
				v.Basis[i].Value = r.PostFormValue(f.Name)
			}
		}
	}
	return runPage.RenderStatus(w, r, status, v)
}

func (h *Handler) decide(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if err := r.ParseForm(); err != nil {
		return err
	}
	var n int
	var err error
	if r.PostFormValue("decision") == reconciliation.Entered {
		b := reconciliation.Basis{Basis: r.PostFormValue("basis"), Document: r.PostFormValue("document")}
		if v := r.PostFormValue("document_on"); v != "" {
			if b.On, err = calendar.ParseDate(v); err != nil {
				err = fault.New(fault.Invalid, "文件日期不是一个存在的日期，请写成 2026-11-23 这样。").On("document_on", "请核对日期").From(err)
			}
		}
		if err == nil {
			n, err = h.service.Enter(ctx, authz.ScopeFrom(ctx), authz.SessionFrom(ctx), r.PathValue("id"), r.PostForm["id"], b)
		}
	} else {
		n, err = h.service.Decide(ctx, authz.ScopeFrom(ctx), authz.SessionFrom(ctx), r.PathValue("id"), r.PostForm["id"], r.PostFormValue("decision"), r.PostFormValue("reason"))
	}
	if web.Mendable(err) {
		return h.renderRun(w, r, fault.Of(err).Kind.Status(), err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, r.URL.RequestURI(), "已处理 "+strconv.Itoa(n)+" 处差异。")
}

// batchView is GET /console/reconciliations/{id}/batch: the sampled reading.
type batchView struct {
	Heading web.Heading
	Errors  web.ErrorSummary
	Action  string
	Table   web.Table
	Button  web.Button
	Back    web.Link
	Run     reconciliation.Run
}

// Title of the document.
func (v batchView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v batchView) Crumbs() []web.Crumb {
	return crumbs(web.Crumb{Name: "台账核对", Href: Path}, web.Crumb{Name: v.Run.Source, Href: v.Run.Link()}, web.Crumb{Name: v.Heading.Title})
}

func newBatchView(run reconciliation.Run, field string, rows []reconciliation.Row, total int) batchView {
	v := batchView{Run: run, Heading: web.Heading{Title: "抽样核对后整批采用", Lead: "“" + registry.FieldName(field) + "”有 " + strconv.Itoa(total) + " 处待处理，抽取 " + strconv.Itoa(len(rows)) + " 处。每一处看过后勾选，全部勾选才能整批采用；采用的每一处都留有来源，可在对象页面查到。"},
		Action: run.Link() + "/batch?" + url.Values{"field": {field}}.Encode(), Back: web.Link{Text: "不采用，返回", Href: run.Link()}, Button: web.Button{Label: "整批采用 " + strconv.Itoa(total) + " 处"},
		Table: web.Table{Caption: "抽样", PickName: "read", Columns: []web.Column{{Head: "对象", Wide: true}, {Head: "台账"}, {Head: "名单"}}, Empty: web.Empty{Title: "没有待处理的差异"}}}
	for _, r := range rows {
		v.Table.Rows = append(v.Table.Rows, web.Row{Pick: r.ID, Name: r.Name, Cells: []web.Cell{web.Text(r.Name), web.Text(r.Ours), web.Text(r.Theirs)}})
	}
	return v
}

var batchPage = web.Define(views, "views/batch.html", newBatchView(sampleRun, "icp", nil, 0),
	newBatchView(sampleRun, "icp", []reconciliation.Row{{ID: "1", Name: "雁塔区人民政府", Ours: "甲", Theirs: "乙"}}, 40),
	newBatchView(hostileRun, `"><script>`, []reconciliation.Row{{ID: `"><b>`, Name: `<script>`, Ours: `"`, Theirs: `</td>`}}, 1))

func (h *Handler) showBatch(w http.ResponseWriter, r *http.Request) error {
	return h.renderBatch(w, r, http.StatusOK, nil)
}

func (h *Handler) renderBatch(w http.ResponseWriter, r *http.Request, status int, wrong error) error {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	run, err := h.service.Run(ctx, h.service.DB, scope, r.PathValue("id"))
	if err != nil {
		return err
	}
	rows, total, err := h.service.Sample(ctx, scope, run.ID, r.URL.Query().Get("field"))
	if err != nil {
		return err
	}
	v := newBatchView(run, r.URL.Query().Get("field"), rows, total)
	if wrong != nil {
		var f web.Form
		f.Wrong(wrong)
		v.Errors = f.Summary
		for i, row := range v.Table.Rows {
			v.Table.Rows[i].Picked = slices.Contains(r.PostForm["read"], row.Pick)
		}
	}
	return batchPage.RenderStatus(w, r, status, v)
}

func (h *Handler) batch(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if err := r.ParseForm(); err != nil {
		return err
	}
	n, err := h.service.AcceptAll(ctx, authz.ScopeFrom(ctx), authz.SessionFrom(ctx), r.PathValue("id"), r.URL.Query().Get("field"), r.PostForm["read"])
	if web.Mendable(err) {
		return h.renderBatch(w, r, fault.Of(err).Kind.Status(), err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, Path+"/"+r.PathValue("id"), "已整批采用 "+strconv.Itoa(n)+" 处。")
}

// reality holds one site against what is to be seen, now.
func (h *Handler) reality(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	id := registry.SiteID(r.PathValue("id"))
	out, err := h.service.Hold(ctx, authz.ScopeFrom(ctx), id)
	if err != nil {
		return err
	}
	wrong, void := 0, 0
	for _, o := range out {
		if o.Void {
			void++
		} else if o.Wrong {
			wrong++
		}
	}
	says := "已与实际核对：" + strconv.Itoa(len(out)-wrong-void) + " 项一致，" + strconv.Itoa(wrong) + " 项不一致，" + strconv.Itoa(void) + " 项没有可核对的内容。"
	if wrong > 0 {
		says += "不一致的已列为问题。"
	}
	return web.Done(w, r, "/console/findings?family=ledger&q="+url.QueryEscape(hostOf(h, r, id)), says)
}

func hostOf(h *Handler, r *http.Request, id registry.SiteID) string {
	s, err := h.registry.Site(r.Context(), authz.ScopeFrom(r.Context()), id)
	if err != nil {
		return ""
	}
	return s.Host
}
