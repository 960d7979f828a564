package lifecycleweb

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/fault"
	"zhengshu/internal/lifecycle"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

const mattersPath = "/console/matters"

// formPath is where a matter is filled in, about an object or for a unit.
func formPath(m lifecycle.Matter, o registry.Ref) string { return mattersPath + "/new?" + about(m, o) }

func about(m lifecycle.Matter, o registry.Ref) string {
	q := url.Values{"matter": {m.ID}}
	if o.ID != "" {
		q.Set("object", refText(o))
	}
	return q.Encode()
}

// refText is an object in an address: site:01J….
func refText(r registry.Ref) string { return string(r.Kind) + ":" + r.ID }

func refOf(s string) registry.Ref {
	kind, id, _ := strings.Cut(s, ":")
	return registry.Ref{Kind: sx2021.ObjectKind(kind), ID: id}
}

// chooseView is GET /console/matters: what may be asked for, and for which
// object.
type chooseView struct {
	Heading web.Heading
	Open    web.Table
	Objects web.Table
	Others  web.Table
}

// Title of the document.
func (chooseView) Title() string { return "提出申请" }

// Crumbs of the page.
func (chooseView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "审批事项", Href: "/console/cases"}, {Name: "提出申请"}}
}

func newChooseView(matters []lifecycle.Matter, objects []registry.Object) chooseView {
	columns := []web.Column{{Head: "事项"}, {Head: "办理说明", Wide: true}, {Head: "依据"}}
	v := chooseView{Heading: web.Heading{Title: "提出申请", Lead: "新开设的直接填写；已在台账中的网站、账号，先选择对象再选事项。"},
		Open:   web.Table{Caption: "开设", RowHead: 0, Quiet: true, Columns: columns},
		Others: web.Table{Caption: "对已有网站、账号可以办理的事项", RowHead: 0, Quiet: true, Columns: columns},
		Objects: web.Table{Caption: "本单位的网站、账号和应用", RowHead: 0, Columns: []web.Column{{Head: "名称"}, {Head: "类型"}, {Head: "状态"}, {}},
			Empty: web.Empty{Title: "还没有网站或账号", Text: "开设申请获批后在这里办理后续事项。"}}}
	for _, m := range matters {
		row := web.Row{Cells: []web.Cell{web.Text(m.Name), web.Text(m.Says), web.Text(m.Citation)}}
		if m.Opens() {
			row.Cells[0].Href = formPath(m, registry.Ref{})
			v.Open.Rows = append(v.Open.Rows, row)
		} else {
			row.Cells[0].Note = string(m.Group)
			v.Others.Rows = append(v.Others.Rows, row)
		}
	}
	for _, o := range objects {
		v.Objects.Rows = append(v.Objects.Rows, web.Row{Cells: []web.Cell{{Text: o.Name, Note: o.UnitName}, web.Text(o.KindName()), web.Tagged(stateTag(o)),
			web.Acts(web.Link{Text: "选择事项", Href: lifecycle.CourseLink(o.Ref), Note: o.Name})}})
	}
	return v
}

func stateTag(o registry.Object) web.Tag {
	t := web.Tag{Text: o.StateName()}
	switch o.State {
	case registry.Running:
		t.Kind = web.Good
	case registry.Planned:
		t.Kind = web.Info
	case registry.TemporarilyOffline, registry.Exiting, registry.Closing:
		t.Kind = web.Warn
	}
	return t
}

var sampleObject = registry.Object{Ref: registry.Ref{Kind: sx2021.Site, ID: "01JSITE"}, Unit: "u1", UnitName: "西安市商务局", SiteKind: registry.DepartmentSite, Name: "西安市商务局网站", Address: "swj.xa.gov.cn", State: registry.Running}

var choosePage = web.Define(views, "views/choose.html", newChooseView(nil, nil),
	newChooseView([]lifecycle.Matter{{ID: "opening", Name: "开设网站", Act: "plan", Says: "逐级审核，由省政府办公厅批准。", Citation: "第七条（一）"}, sampleMatter()}, []registry.Object{sampleObject}),
	newChooseView([]lifecycle.Matter{{ID: `"><script>`, Name: "<b>", Says: "<script>", Act: "plan"}}, []registry.Object{{Name: "<script>alert(1)</script>", State: "<i>"}}))

func (h *Handler) choose(w http.ResponseWriter, r *http.Request) error {
	session := authz.SessionFrom(r.Context())
	var objects []registry.Object
	seen := map[string]bool{}
	for _, p := range session.Posts {
		if seen[p.UnitID] {
			continue
		}
		seen[p.UnitID] = true
		list, err := h.registry.ObjectsOf(r.Context(), h.db, authz.ScopeFrom(r.Context()), org.UnitID(p.UnitID))
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		objects = append(objects, list...)
	}
	return choosePage.Render(w, r, newChooseView(h.lifecycle.Matters(), objects))
}

// matterView is the guided form of a matter, new or amended.
type matterView struct {
	Heading web.Heading
	Back    web.Crumb
	Alert   web.Alert
	Opinion web.Alert // why it was returned
	Check   checkPart
	About   web.Summary // what the ledger knows: not asked again
	Form    web.Form
}

// Title of the document.
func (v matterView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v matterView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, v.Back, {Name: v.Heading.Title}}
}

// checkPart is what the rules say, also shown alone.
type checkPart struct {
	Checks web.Breaches
	Steps  web.Steps
	Note   web.Alert
}

var fieldKinds = map[lifecycle.FieldKind]web.FieldKind{
	lifecycle.Paragraph: web.TextArea, lifecycle.Choice: web.Select, lifecycle.Radio: web.Radios, lifecycle.Yes: web.Check, lifecycle.DayField: web.DateField,
	lifecycle.AddressField: web.Address, lifecycle.PhoneField: web.Phone,
}

// matterForm is what a form is made of.
type matterForm struct {
	matter  lifecycle.Matter
	kind    sx2021.ObjectKind
	object  registry.Object
	a       lifecycle.Application
	units   []org.Unit
	choices map[string][]lifecycle.Option
	amends  bool
}

func newMatterView(n matterForm) matterView {
	m := n.matter
	v := matterView{Heading: web.Heading{Title: m.Name, Lead: m.Says}, Back: web.Crumb{Name: "审批事项", Href: "/console/cases"}}
	if m.Way != lifecycle.AtOnce {
		v.Heading.Title = "申请" + m.Name
	}
	v.Form = web.Form{Upload: true, Sticky: true, Key: "matter-" + m.ID, Cancel: web.Link{Text: "取消", Href: mattersPath}}
	if n.object.ID != "" {
		v.Heading.Above = n.object.Name
		v.Form.Key += "-" + n.object.ID
		v.Back = web.Crumb{Name: n.object.Name, Href: lifecycle.CourseLink(n.object.Ref)}
		v.Form.Cancel.Href = lifecycle.CourseLink(n.object.Ref)
		v.About = web.Summary{Title: "办理对象", Wide: true, Terms: []web.Term{{Name: "名称", Text: n.object.Name}, {Name: "类型", Text: n.object.KindName()},
			{Name: "主办单位", Text: n.object.UnitName}, {Name: "地址", Text: n.object.Address}, {Name: "当前状态", Tags: []web.Tag{stateTag(n.object)}}}}
	}
	submit := m.Submit
	if n.amends {
		v.Heading.Title, v.Heading.Lead, submit = "补正："+m.Name, "修改后重新送回退回的单位。", "重新提交"
	}
	danger := web.Tone("")
	if m.Warn != "" {
		danger = web.Danger
		v.Alert = web.Alert{Kind: web.Warn, Title: "请核对后再办理", Text: m.Warn}
	}
	v.Form.Buttons = []web.Button{{Label: submit, Kind: danger}, {Label: "先检查", Plain: true, Name: "only", Value: "check", Skip: true}}
	v.Form.Sections = n.sections()
	return v
}

// sections are the questions in their groups, then consent and papers.
func (n matterForm) sections() []web.Section {
	m, a := n.matter, n.a
	var out []web.Section
	section := func(legend string) *web.Section {
		for i := range out {
			if out[i].Legend == legend {
				return &out[i]
			}
		}
		out = append(out, web.Section{Legend: legend})
		return &out[len(out)-1]
	}
	watch, with := "", n.watched()
	if with != "" {
		watch = mattersPath + "/check?" + about(m, n.object.Ref)
	}
	if m.Opens() {
		field := web.Field{Kind: web.Select, Name: "unit", Label: "申请单位", Value: string(a.Unit), Required: !n.amends, ReadOnly: n.amends, Watch: watch, WatchInto: "check", WatchWith: with}
		if n.amends {
			field.Watch = ""
		}
		if len(n.units) != 1 {
			field.Options = append(field.Options, web.Option{Label: "请选择单位"})
		}
		for _, u := range n.units {
			field.Options = append(field.Options, web.Option{Value: string(u.ID), Label: u.Name})
		}
		s := section("单位与事由")
		s.Fields = append(s.Fields, field)
	}
	for _, f := range m.FieldsOf(n.kind) {
		field := web.Field{Kind: fieldKinds[f.Kind], Name: f.Name, Label: f.Label, Hint: f.Hint, Value: a.Text(f.Name), Max: f.Max, Narrow: f.Narrow, Required: !f.Optional && f.Kind != lifecycle.Yes}
		if f.Kind == lifecycle.Yes {
			field.Value, field.Checked = "yes", a.Ticked(f.Name)
		}
		if f.Judged && !n.amends {
			field.Watch, field.WatchInto, field.WatchWith = watch, "check", with
		}
		options := f.Options
		if c, ok := n.choices[f.Name]; ok {
			options = c
		}
		if f.Kind == lifecycle.Choice {
			field.Options = append(field.Options, web.Option{Label: "请选择"})
		}
		for _, o := range options {
			field.Options = append(field.Options, web.Option{Value: o.Value, Label: o.Label, Hint: o.Hint})
		}
		s := section(f.Section)
		s.Fields = append(s.Fields, field)
	}
	if m.Way != lifecycle.AtOnce {
		by := ""
		if a.ByPrincipal {
			by = "principal"
		}
		out = append(out, web.Section{Legend: "主要负责同志同意", Hint: "须由主要负责同志同意，分管领导签字不能代替（第七条（二））。", Fields: []web.Field{
			{Name: "principal", Label: "主要负责同志姓名", Value: a.Principal, Required: true, Max: 30, Narrow: true},
			{Kind: web.Radios, Name: "by_principal", Label: "签字人", Value: by, Required: true, Options: []web.Option{{Value: "principal", Label: "主要负责同志本人"}, {Value: "deputy", Label: "分管领导或其他人"}}},
			{Kind: web.DateField, Name: "consent_on", Label: "同意日期", Value: a.ConsentOn.String(), Required: true, Narrow: true},
		}})
	}
	if papers := n.papers(); len(papers) > 0 {
		out = append(out, web.Section{Legend: "附件", Fields: papers})
	}
	if n.amends {
		s := &out[len(out)-1]
		s.Fields = append(s.Fields, web.Field{Kind: web.TextArea, Name: "why", Label: "补正说明", Rows: 2, Max: 500})
	}
	return out
}

func (n matterForm) papers() []web.Field {
	var out []web.Field
	kept := ""
	if n.amends {
		kept = "；已上传的仍然有效，不更换可不选"
	}
	if n.matter.Way != lifecycle.AtOnce {
		out = append(out, web.Field{Kind: web.File, Name: lifecycle.ConsentFile, Label: "主要负责同志签字页", Required: !n.amends, Accept: approval.Accept,
			Hint: "须由主要负责同志本人签字，写明姓名和日期；PDF、JPG、PNG、DOCX，不超过 20 MB" + kept})
	}
	for _, p := range n.matter.FilesOf(n.kind) {
		hint := p.Hint
		if hint == "" {
			hint = "PDF、JPG、PNG、DOCX、XLSX，不超过 20 MB"
		}
		out = append(out, web.Field{Kind: web.File, Name: p.Kind, Label: p.Label, Required: p.Must && !n.amends, Multiple: p.Multiple, Accept: approval.Accept, Hint: hint + kept})
	}
	return out
}

// watched selects the fields the live check depends on.
func (n matterForm) watched() string {
	var out []string
	if n.matter.Opens() {
		out = append(out, "[name=unit]")
	}
	for _, f := range n.matter.FieldsOf(n.kind) {
		if f.Judged {
			out = append(out, "[name="+f.Name+"]")
		}
	}
	return strings.Join(out, ", ")
}

func sampleMatter() lifecycle.Matter {
	return lifecycle.Matter{ID: "offline", Name: "临时下线", Says: "因整改、系统升级等原因申请临时下线。", Group: lifecycle.PauseGroup, Citation: "陕政公开办〔2021〕18号 第八条（一）",
		Objects: []sx2021.ObjectKind{sx2021.Site}, From: []string{registry.Running}, Way: lifecycle.ToProvince, Submit: "提交申请",
		Fields: []lifecycle.Field{{Section: "下线安排", Name: "from", Label: "计划下线日期", Kind: lifecycle.DayField, Judged: true}, {Section: "下线安排", Name: "cause", Label: "下线原因", Kind: lifecycle.Paragraph},
			{Section: "下线安排", Name: "kind", Label: "类别", Kind: lifecycle.Choice}, {Section: "下线安排", Name: "checked", Label: "已核对", Kind: lifecycle.Yes}},
		Files: []lifecycle.File{{Kind: "other", Label: "其他材料", Multiple: true}}, Warn: "登记后计入次数。"}
}

var matterPage = web.Define(views, "views/matter.html",
	newMatterView(matterForm{matter: lifecycle.Matter{ID: "opening", Name: "开设网站", Act: "plan", Submit: "提交申请"}, kind: sx2021.Site}),
	func() matterView {
		v := newMatterView(matterForm{matter: sampleMatter(), kind: sx2021.Site, object: sampleObject, choices: map[string][]lifecycle.Option{"kind": {{Value: "a", Label: "甲"}}}})
		v.Check = newCheckPart(sampleChecked(), nil)
		v.Form.Wrong(fault.New(fault.Invalid, "有内容需要改正，请按提示修改后再提交。").On("from", "计划下线日期早于今天"))
		return v
	}(),
	func() matterView {
		o := sampleObject
		o.Name, o.UnitName = "<script>alert(1)</script>", `"><b>`
		v := newMatterView(matterForm{matter: sampleMatter(), kind: sx2021.Site, object: o, amends: true, a: lifecycle.Application{Values: map[string]string{"cause": "</textarea><script>"}, Principal: `"><script>`}})
		v.Opinion = web.Alert{Kind: web.Warn, Title: "退回原因", Text: "<script>"}
		return v
	}(),
)

// checkView is GET /console/matters/check: the check alone, for the
// form's live part; without script it is a page of its own.
type checkView struct {
	Heading web.Heading
	Check   checkPart
	Back    web.Link
	Bare    bool // put into the form's page, which has its own heading
}

// Title of the document.
func (checkView) Title() string { return "办理条件核对" }

// Crumbs of the page.
func (checkView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "提出申请", Href: mattersPath}, {Name: "办理条件核对"}}
}

var checkPage = web.Define(views, "views/check.html",
	checkView{Heading: web.Heading{Title: "办理条件核对"}, Check: newCheckPart(sampleChecked(), nil), Back: web.Link{Text: "返回填写", Href: mattersPath}},
	checkView{Heading: web.Heading{Title: "办理条件核对"}, Check: newCheckPart(lifecycle.Checked{}, fault.New(fault.Refused, "<script>")), Back: web.Link{Text: "返回填写", Href: mattersPath}},
)

func sampleChecked() lifecycle.Checked {
	return lifecycle.Checked{Unit: org.Unit{Name: "西安市商务局"},
		Verdicts: []approval.Verdict{{OK: true, Rule: "S2.1.organ", Citation: "陕政公开办〔2021〕18号 第二条", Says: "政府网站是指各级人民政府及其部门……"},
			{Rule: "S7.1c.one_site", Citation: "陕政公开办〔2021〕18号 第七条（一）", Says: "原则上一个单位最多开设一个网站", Note: "本单位已有1个网站。"}},
		Steps: []approval.Step{{Kind: approval.Review, Name: "西安市人民政府办公厅审核", UnitName: "西安市人民政府办公厅"}, {Kind: approval.Approve, Name: "陕西省人民政府办公厅批准", UnitName: "陕西省人民政府办公厅"}}}
}

var barred = web.Alert{Kind: web.Danger, Title: "有规定不符合，不能提交", Text: "请按下列依据改正；条款写明“原则上”的，确有特殊情况可逐级报省政府办公厅批准例外。"}

func newCheckPart(c lifecycle.Checked, err error) checkPart {
	var p checkPart
	if err != nil {
		p.Note = web.Alert{Kind: web.Warn, Title: "还不能核对", Text: fault.Of(err).Says}
		return p
	}
	if len(c.Verdicts) == 0 && len(c.Steps) == 0 {
		return p
	}
	p.Note = web.Alert{Kind: web.Good, Title: "按已填内容，符合规定", Text: "提交时还会核对全部内容和附件。"}
	bad := 0
	p.Checks.Title = "规则核对（" + c.Unit.Name + "）"
	for _, v := range c.Verdicts {
		if !v.OK {
			bad++
		}
		p.Checks.Items = append(p.Checks.Items, web.Breach{OK: v.OK, ID: v.Rule, Citation: v.Citation, Says: v.Says, Note: v.Note})
	}
	if bad > 0 {
		p.Note = barred
	}
	if len(c.Steps) > 0 {
		p.Steps = web.Steps{Label: "审批流程", Items: []web.Step{{Name: "主要负责同志同意", State: web.StepNow}}}
		for _, st := range c.Steps {
			step := web.Step{Name: "审核", Who: st.UnitName}
			switch st.Kind {
			case approval.Approve:
				step.Name = "批准"
			case approval.External:
				step.Name, step.Who, step.Note = st.Body+"审批", st.Body, "由"+st.UnitName+"登记结果"
			}
			p.Steps.Items = append(p.Steps.Items, step)
		}
	}
	return p
}

// refused marks what the submission was refused for: while a form is being
// filled in, what is missing is no breach yet.
func (p *checkPart) refused(wrong error) {
	for _, r := range fault.Of(wrong).Reasons {
		i := slices.IndexFunc(p.Checks.Items, func(b web.Breach) bool { return b.ID == r.ID })
		if i < 0 || !p.Checks.Items[i].OK {
			continue
		}
		p.Checks.Items[i].OK = false
		p.Note = barred
	}
}

// units are those the person may apply for: the own ones first, which a list
// of a whole city would not reach.
func (h *Handler) units(r *http.Request) ([]org.Unit, error) {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	var own []org.Unit
	has := func(id org.UnitID) bool {
		return slices.ContainsFunc(own, func(u org.Unit) bool { return u.ID == id })
	}
	for _, p := range authz.SessionFrom(ctx).Posts {
		if has(org.UnitID(p.UnitID)) {
			continue
		}
		u, err := h.org.Unit(ctx, scope, org.UnitID(p.UnitID))
		switch {
		case err == nil:
			own = append(own, u)
		case !fault.Is(err, fault.NotFound):
			return nil, err
		}
	}
	list, _, err := h.org.Units(ctx, scope, org.UnitFilter{Limit: 200})
	return append(own, slices.DeleteFunc(list, func(u org.Unit) bool { return has(u.ID) })...), err
}

// formOf reads what the form is about: the matter of the path, unit or object
// of the query.
func (h *Handler) formOf(r *http.Request, unit, object string) (matterForm, error) {
	m, ok := h.lifecycle.Matter(r.URL.Query().Get("matter"))
	if !ok {
		return matterForm{}, fault.Missing("办理事项")
	}
	n := matterForm{matter: m, kind: m.Objects[0], a: lifecycle.Application{Matter: m.ID, Unit: org.UnitID(unit), Object: refOf(object)}}
	if !m.Opens() {
		o, err := h.registry.Object(r.Context(), h.db, authz.ScopeFrom(r.Context()), n.a.Object)
		if err != nil {
			return n, err
		}
		if !m.On(o.Kind) {
			return n, fault.Missing("办理事项")
		}
		n.object, n.kind, n.a.Object = o, o.Kind, o.Ref
		return n, nil
	}
	var err error
	if n.units, err = h.units(r); err != nil {
		return n, err
	}
	if n.a.Unit == "" {
		id, _ := authz.SessionFrom(r.Context()).Unit()
		for _, u := range n.units {
			if string(u.ID) == id || len(n.units) == 1 {
				n.a.Unit = u.ID
			}
		}
	}
	return n, nil
}

func (h *Handler) showNew(w http.ResponseWriter, r *http.Request) error {
	n, err := h.formOf(r, r.URL.Query().Get("unit"), r.URL.Query().Get("object"))
	if err != nil {
		return err
	}
	var check checkPart
	if n.a.Unit != "" || n.object.ID != "" {
		a, c, err := h.lifecycle.Blank(r.Context(), authz.ScopeFrom(r.Context()), n.a)
		if err != nil && !mendable(err) && !fault.Is(err, fault.Conflict) {
			return err
		}
		if err == nil {
			n.a = a
		}
		check = newCheckPart(c, err)
		if n.choices, err = h.lifecycle.Choices(r.Context(), authz.ScopeFrom(r.Context()), n.a); err != nil {
			return err
		}
	}
	v := newMatterView(n)
	v.Check = check
	return matterPage.Render(w, r, v)
}

// live is the check of what is filled in so far.
func (h *Handler) live(r *http.Request, a lifecycle.Application) checkPart {
	if a.Unit == "" && a.Object.ID == "" {
		return checkPart{}
	}
	return newCheckPart(h.lifecycle.Check(r.Context(), authz.ScopeFrom(r.Context()), a))
}

func (h *Handler) check(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	m, ok := h.lifecycle.Matter(r.URL.Query().Get("matter"))
	if !ok {
		return fault.Missing("办理事项")
	}
	a := lifecycle.Application{Matter: m.ID, Unit: org.UnitID(q.Get("unit")), Object: refOf(q.Get("object")), Values: map[string]string{}}
	for _, f := range m.Fields {
		if q.Has(f.Name) {
			a.Values[f.Name] = valueOf(f, q)
		}
	}
	v := checkView{Heading: web.Heading{Title: "办理条件核对"}, Check: h.live(r, a), Back: web.Link{Text: "返回填写", Href: formPath(m, a.Object)}, Bare: r.Header.Get("HX-Request") != ""}
	return checkPage.Render(w, r, v)
}

func valueOf(f lifecycle.Field, q url.Values) string {
	if f.Kind == lifecycle.Yes && q.Has(f.Name) {
		return "yes"
	}
	return q.Get(f.Name)
}

// read takes the form as posted.
func read(r *http.Request, m lifecycle.Matter, a lifecycle.Application) (lifecycle.Application, error) {
	a.Values = map[string]string{}
	for _, f := range m.Fields {
		a.Values[f.Name] = valueOf(f, r.PostForm)
	}
	a.Principal, a.ByPrincipal = r.PostFormValue("principal"), r.PostFormValue("by_principal") == "principal"
	var err error
	a.ConsentOn, err = day(r, "consent_on", "同意日期")
	return a, err
}

// fileKinds are the file fields of a matter.
func fileKinds(n matterForm) []string {
	out := []string{lifecycle.ConsentFile}
	for _, p := range n.matter.FilesOf(n.kind) {
		out = append(out, p.Kind)
	}
	return out
}

func (h *Handler) apply(w http.ResponseWriter, r *http.Request) error {
	n, err := h.formOf(r, r.PostFormValue("unit"), r.URL.Query().Get("object"))
	if err != nil {
		return err
	}
	if n.matter.Opens() {
		n.a.Unit = org.UnitID(r.PostFormValue("unit")) // what was posted, not what was offered
	}
	again := func(status int, wrong error) error { return h.again(w, r, n, status, wrong) }
	n.a, err = read(r, n.matter, n.a)
	if r.PostFormValue("only") == "check" {
		return again(http.StatusOK, nil)
	}
	if err != nil {
		return again(http.StatusUnprocessableEntity, err)
	}
	list, done, err := files(r, fileKinds(n)...)
	defer done()
	if err != nil {
		return again(http.StatusUnprocessableEntity, err)
	}
	got, err := h.lifecycle.Apply(r.Context(), authz.ScopeFrom(r.Context()), n.a, list)
	if mendable(err) {
		return again(http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, got.Link, got.Says)
}

// again shows the form as it was typed.
func (h *Handler) again(w http.ResponseWriter, r *http.Request, n matterForm, status int, wrong error) error {
	if n.a.Unit != "" || n.object.ID != "" {
		choices, err := h.lifecycle.Choices(r.Context(), authz.ScopeFrom(r.Context()), n.a)
		if err != nil && !mendable(err) && !fault.Is(err, fault.NotFound) {
			return err
		}
		n.choices = choices
	}
	v := newMatterView(n)
	v.Form.Fill(r.PostForm)
	v.Check = h.live(r, n.a)
	if wrong != nil {
		v.Form.Wrong(wrong)
		v.Check.refused(wrong)
		v.Alert = filesAgain(r)
	}
	return matterPage.RenderStatus(w, r, status, v)
}

// filesAgain warns that a browser forgets chosen files.
func filesAgain(r *http.Request) web.Alert {
	if r.MultipartForm == nil || len(r.MultipartForm.File) == 0 {
		return web.Alert{}
	}
	return web.Alert{Kind: web.Warn, Title: "附件需要重新选择", Text: "文字内容已保留；浏览器不保留已选的文件，改正后请重新选择附件。"}
}

// amending is the form of a returned case, why it was returned, and its check.
func (h *Handler) amending(r *http.Request) (matterForm, web.Alert, error) {
	id := approval.CaseID(r.PathValue("id"))
	scope := authz.ScopeFrom(r.Context())
	c, a, checked, err := h.lifecycle.Application(r.Context(), scope, id)
	if err != nil {
		return matterForm{}, web.Alert{}, err
	}
	if c.State != approval.Returned {
		return matterForm{}, web.Alert{}, fault.New(fault.Conflict, "这件申请现在是“"+c.StateName()+"”，不能补正。")
	}
	m, _ := h.lifecycle.Matter(a.Matter)
	n := matterForm{matter: m, kind: m.Objects[0], object: checked.Object, a: a, units: []org.Unit{checked.Unit}, amends: true}
	if checked.Object.ID != "" {
		n.kind = checked.Object.Kind
	}
	if n.choices, err = h.lifecycle.Choices(r.Context(), authz.System("lifecycleweb.amend"), a); err != nil {
		return n, web.Alert{}, err
	}
	_, _, opinions, err := h.approvals.Case(r.Context(), scope, id)
	if err != nil {
		return n, web.Alert{}, err
	}
	var why web.Alert
	for _, said := range opinions {
		if strings.HasPrefix(said.Act, "return") {
			why = web.Alert{Kind: web.Warn, Title: "退回原因：" + strings.Join(approval.ReasonNames(said.Reasons), "、"), Text: said.Text + "（" + said.UnitName + "）"}
		}
	}
	return n, why, nil
}

func (h *Handler) amendView(r *http.Request, n matterForm, why web.Alert) matterView {
	v := newMatterView(n)
	id := r.PathValue("id")
	v.Opinion, v.Alert = why, web.Alert{}
	v.Back, v.Form.Cancel.Href = web.Crumb{Name: "审批事项", Href: "/console/cases"}, "/console/cases/"+url.PathEscape(id)
	v.Form.Key = "amend-" + id
	v.Check = newCheckPart(h.lifecycle.Check(r.Context(), authz.System("lifecycleweb.amend"), n.a))
	return v
}

func (h *Handler) showAmend(w http.ResponseWriter, r *http.Request) error {
	n, why, err := h.amending(r)
	if err != nil {
		return err
	}
	return matterPage.Render(w, r, h.amendView(r, n, why))
}

func (h *Handler) amend(w http.ResponseWriter, r *http.Request) error {
	n, why, err := h.amending(r)
	if err != nil {
		return err
	}
	n.a, err = read(r, n.matter, n.a)
	again := func(status int, wrong error) error {
		v := h.amendView(r, n, why)
		v.Form.Fill(r.PostForm)
		if wrong != nil {
			v.Form.Wrong(wrong)
			v.Check.refused(wrong)
			v.Alert = filesAgain(r)
		}
		return matterPage.RenderStatus(w, r, status, v)
	}
	if r.PostFormValue("only") == "check" {
		return again(http.StatusOK, nil)
	}
	if err != nil {
		return again(http.StatusUnprocessableEntity, err)
	}
	list, done, err := files(r, fileKinds(n)...)
	defer done()
	if err != nil {
		return again(http.StatusUnprocessableEntity, err)
	}
	got, err := h.lifecycle.Resubmit(r.Context(), authz.ScopeFrom(r.Context()), approval.CaseID(r.PathValue("id")), n.a, list, r.PostFormValue("why"))
	if mendable(err) {
		return again(http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, got.Link, got.Says)
}
