package operatorweb

import (
	"net/http"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/fault"
	"zhengshu/internal/operator"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
	"zhengshu/internal/web/picker"
)

// formView is a page with one form of this door.
type formView struct{ web.FormView }

var formPage = web.Define(web.Plain, "pages/form.html",
	newContractorForm(web.Field{Kind: web.Select, Name: "unit", Label: "主办单位", Required: true, Options: []web.Option{{Label: "请选择单位"}}}, operator.Contractor{}, nil),
	newPaperForm(sampleContractor, operator.AgreementPaper),
	newReviewForm(sampleContractor),
	newAssessForm(sampleDossier()),
	newJoinForm(sampleContractor, []org.Person{{ID: "p", Name: "江一帆"}}),
	newMemberForm(sampleContractor, sampleDossier().Staff[0], true, true),
	newEntrustForm(sampleDossier(), []registry.Object{{Ref: registry.Ref{Kind: sx2021.Site, ID: "s2"}, Name: "西安市商务局"}}),
	newEndForm(hostile),
	newContractorForm(web.Field{Name: "unit", Label: "主办单位", Value: `"><script>`}, hostile, []org.Unit{{ID: `"`, Name: "<script>"}}),
)

const fileHint = "PDF、JPG、PNG、DOCX 或 XLSX，不超过 20 MB"

func newContractorForm(unit web.Field, c operator.Contractor, bodies []org.Unit) formView {
	v := formView{web.FormView{Heading: web.Heading{Title: "登记承办单位", Lead: "先登记承办单位，再登记资质审核和两份协议；齐备后才能开始承办。"}, Trail: []web.Crumb{{Name: "承办单位", Href: listPath}}}}
	kind := web.Field{Kind: web.Radios, Name: "kind", Label: "承办方式", Required: true, Value: string(c.Kind), Options: []web.Option{
		{Value: string(operator.Entrusted), Label: "委托其他专门机构", Hint: "须审核资质，签订承办协议和保密协议"},
		{Value: string(operator.Internal), Label: "指定内设机构", Hint: "须有书面指定，不签协议"}}}
	fields := []web.Field{unit, kind}
	cancel := listPath
	if c.ID != "" {
		v.Heading = web.Heading{Title: "修改承办单位信息", Above: c.Name}
		v.Trail = append(v.Trail, web.Crumb{Name: c.Name, Href: c.Link()})
		fields, cancel = nil, c.Link()
	}
	fields = append(fields, web.Field{Name: "name", Label: "承办单位名称", Required: true, Max: 80, Value: c.Name})
	if len(bodies) > 0 {
		options := []web.Option{{Label: "不在单位台账中"}}
		for _, b := range bodies {
			options = append(options, web.Option{Value: string(b.ID), Label: b.Name})
		}
		fields = append(fields, web.Field{Kind: web.Select, Name: "body", Label: "内设机构", Options: options, Value: string(c.Body), Hint: "指定内设机构且该机构在单位台账中的，请选择"})
	}
	fields = append(fields,
		web.Field{Name: "credit_code", Label: "统一社会信用代码", Max: 30, Value: c.CreditCode, Narrow: true, Hint: "委托机构必填，18 位"},
		web.Field{Name: "contact", Label: "联系人", Required: true, Max: 30, Value: c.Contact, Narrow: true},
		web.Field{Kind: web.Phone, Name: "phone", Label: "联系电话", Required: true, Max: 30, Value: c.Phone, Narrow: true},
		web.Field{Kind: web.TextArea, Name: "duties", Label: "承办内容", Required: true, Max: 1000, Value: c.Duties, Hint: "如 网站日常巡检、信息发布、故障处置"})
	label := "登记承办单位"
	if c.ID != "" {
		label = "保存修改"
	}
	v.Form = web.Form{Key: "operator" + string(c.ID), Sections: []web.Section{{Fields: fields}}, Buttons: []web.Button{{Label: label}}, Cancel: web.Link{Text: "取消", Href: cancel}}
	return v
}

// bodies are the internal bodies of the person's own unit.
func (h *Handler) newForm(r *http.Request, c operator.Contractor) (formView, error) {
	scope := authz.ScopeFrom(r.Context())
	unit, err := picker.Field(r.Context(), h.org, scope, "unit", "主办单位", c.Unit)
	if err != nil {
		return formView{}, err
	}
	bodies, _, err := h.org.Units(r.Context(), scope, org.UnitFilter{Kind: org.Internal, Limit: 100})
	if err != nil {
		return formView{}, err
	}
	return newContractorForm(unit, c, bodies), nil
}

func (h *Handler) showNew(w http.ResponseWriter, r *http.Request) error {
	v, err := h.newForm(r, operator.Contractor{Unit: unitOf(r), Kind: operator.Entrusted})
	if err != nil {
		return err
	}
	return formPage.Render(w, r, v)
}

func readContractor(r *http.Request) operator.Contractor {
	return operator.Contractor{Kind: operator.Kind(web.Typed(r, "kind")), Name: web.Typed(r, "name"), Body: org.UnitID(web.Typed(r, "body")), CreditCode: web.Typed(r, "credit_code"),
		Contact: web.Typed(r, "contact"), Phone: web.Typed(r, "phone"), Duties: web.Typed(r, "duties")}
}

func (h *Handler) register(w http.ResponseWriter, r *http.Request) error {
	scope := authz.ScopeFrom(r.Context())
	c := readContractor(r)
	u, err := picker.Unit(r, h.org, scope, "unit")
	if err == nil {
		c.Unit = u.ID
		c, err = h.operators.Register(r.Context(), scope, c)
	}
	if web.Mendable(err) {
		v, formErr := h.newForm(r, operator.Contractor{})
		if formErr != nil {
			return formErr
		}
		v.Again(r, err)
		return formPage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, c.Link(), "已登记“"+c.Name+"”，请继续登记资质审核和协议。")
}

// about is the contractor of a form page; the scope is of the route.
func (h *Handler) about(r *http.Request) (operator.Contractor, error) {
	return h.operators.Contractor(r.Context(), h.db, authz.ScopeFrom(r.Context()), idOf(r))
}

// answer shows the form again when it is to be mended, else goes on to the
// record.
func (h *Handler) answer(w http.ResponseWriter, r *http.Request, c operator.Contractor, v formView, err error, said string) error {
	if web.Mendable(err) {
		v.Again(r, err)
		return formPage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, c.Link(), said)
}

func (h *Handler) showChange(w http.ResponseWriter, r *http.Request) error {
	c, err := h.about(r)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, newContractorForm(web.Field{}, c, nil))
}

func (h *Handler) change(w http.ResponseWriter, r *http.Request) error {
	c, err := h.about(r)
	if err != nil {
		return err
	}
	n := readContractor(r)
	n.ID = c.ID
	_, err = h.operators.Change(r.Context(), authz.ScopeFrom(r.Context()), n)
	return h.answer(w, r, c, newContractorForm(web.Field{}, c, nil), err, "修改已保存。")
}

func trailOf(c operator.Contractor) []web.Crumb {
	return []web.Crumb{{Name: "承办单位", Href: listPath}, {Name: c.Name, Href: c.Link()}}
}

func newReviewForm(c operator.Contractor) formView {
	return formView{web.FormView{Heading: web.Heading{Title: "登记资质审核", Above: c.Name, Lead: "主办单位必须加强资质审核（第六条）。"}, Trail: trailOf(c),
		Form: web.Form{Upload: true, Key: "review" + string(c.ID), Sections: []web.Section{{Fields: []web.Field{
			{Name: "reviewer", Label: "审核人", Required: true, Max: 30, Narrow: true},
			{Kind: web.DateField, Name: "on", Label: "审核日期", Required: true, Narrow: true},
			{Kind: web.Radios, Name: "passed", Label: "审核结果", Required: true, Options: []web.Option{{Value: "yes", Label: "合格"}, {Value: "no", Label: "不合格"}}},
			{Kind: web.TextArea, Name: "says", Label: "审核意见", Required: true, Max: 1000, Hint: "写明核对了哪些资质材料"},
			{Kind: web.File, Name: "file", Label: "资质审核表", Required: true, Accept: approval.Accept, Hint: fileHint},
		}}}, Buttons: []web.Button{{Label: "登记审核结果"}}, Cancel: web.Link{Text: "取消", Href: c.Link()}}}}
}

func (h *Handler) showReview(w http.ResponseWriter, r *http.Request) error {
	c, err := h.about(r)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, newReviewForm(c))
}

func (h *Handler) review(w http.ResponseWriter, r *http.Request) error {
	c, err := h.about(r)
	if err != nil {
		return err
	}
	n := operator.Review{Contractor: c.ID, Reviewer: web.Typed(r, "reviewer"), Passed: web.Typed(r, "passed") == "yes", Says: web.Typed(r, "says")}
	file, done, err := web.Attachment(r, "file")
	defer done()
	if err == nil && web.Typed(r, "passed") == "" {
		err = fault.New(fault.Invalid, "没有选择审核结果。").On("passed", "请选择合格或不合格")
	}
	if err == nil {
		n.On, err = web.DayOf(r, "on", "审核日期")
	}
	if err == nil {
		_, err = h.operators.AddReview(r.Context(), authz.ScopeFrom(r.Context()), n, file)
	}
	return h.answer(w, r, c, newReviewForm(c), err, "资质审核已登记。")
}

func newPaperForm(c operator.Contractor, kind operator.PaperKind) formView {
	v := formView{web.FormView{Heading: web.Heading{Title: "登记" + kind.Name(), Above: c.Name}, Trail: trailOf(c)}}
	fields := []web.Field{{Kind: web.Hidden, Name: "kind", Value: string(kind)},
		{Name: "number", Label: "编号", Max: 60, Narrow: true},
		{Kind: web.DateField, Name: "from", Label: "开始日期", Required: true, Narrow: true, Hint: "如 2026-03-01 或 2026年3月1日"}}
	if kind != operator.Appointment {
		fields = append(fields, web.Field{Kind: web.DateField, Name: "until", Label: "截止日期", Required: true, Narrow: true, Hint: "包含当天；到期后承办人员的登录同时停止"})
		v.Heading.Lead = "同一类协议的日期不能重叠；续签承办协议前须完成上一承办期的考核。"
	}
	if kind == operator.AgreementPaper {
		fields = append(fields, web.Field{Kind: web.Check, Name: "duties_fixed", Label: "协议已明确约定双方权责条款", Hint: "第六条：明确约定权责条款"})
	}
	fields = append(fields, web.Field{Kind: web.TextArea, Name: "says", Label: "说明", Max: 1000, Rows: 2},
		web.Field{Kind: web.File, Name: "file", Label: kind.Name() + "扫描件", Required: true, Accept: approval.Accept, Hint: fileHint})
	v.Form = web.Form{Upload: true, Key: "paper" + string(c.ID) + string(kind), Sections: []web.Section{{Fields: fields}}, Buttons: []web.Button{{Label: "登记" + kind.Name()}}, Cancel: web.Link{Text: "取消", Href: c.Link()}}
	return v
}

func paperKind(c operator.Contractor, s string) operator.PaperKind {
	for _, k := range c.Kind.Papers() {
		if string(k) == s {
			return k
		}
	}
	return c.Kind.Papers()[0]
}

func (h *Handler) showPaper(w http.ResponseWriter, r *http.Request) error {
	c, err := h.about(r)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, newPaperForm(c, paperKind(c, r.URL.Query().Get("kind"))))
}

func (h *Handler) addPaper(w http.ResponseWriter, r *http.Request) error {
	c, err := h.about(r)
	if err != nil {
		return err
	}
	p := operator.Paper{Contractor: c.ID, Kind: paperKind(c, web.Typed(r, "kind")), Number: web.Typed(r, "number"), DutiesFixed: r.PostForm.Has("duties_fixed"), Says: web.Typed(r, "says")}
	file, done, err := web.Attachment(r, "file")
	defer done()
	if err == nil {
		p.From, err = web.DayOf(r, "from", "开始日期")
	}
	if err == nil {
		p.Until, err = web.DayOf(r, "until", "截止日期")
	}
	if err == nil {
		p, err = h.operators.AddPaper(r.Context(), authz.ScopeFrom(r.Context()), p, file)
	}
	said := p.Kind.Name() + "已登记。"
	if !p.Until.IsZero() {
		said = p.Kind.Name() + "已登记，有效期 " + p.From.String() + " 至 " + p.Until.String() + "；到期前 60、30、7 天提醒。"
	}
	return h.answer(w, r, c, newPaperForm(c, p.Kind), err, said)
}

func newAssessForm(d operator.Dossier) formView {
	c := d.Contractor
	var terms, results []web.Option
	for _, p := range d.Papers {
		if p.Kind == operator.AgreementPaper && !d.Assessed(p.ID) {
			terms = append(terms, web.Option{Value: p.ID, Label: p.From.String() + " 至 " + p.Until.String()})
		}
	}
	for _, r := range operator.Results {
		results = append(results, web.Option{Value: r.Value, Label: r.Name})
	}
	first := ""
	if len(terms) > 0 {
		first = terms[0].Value
	}
	return formView{web.FormView{Heading: web.Heading{Title: "登记承办期考核", Above: c.Name, Lead: "强化结果考核（第六条）；考核结果是续签的前提，可参考各月考评。"}, Trail: trailOf(c),
		Form: web.Form{Upload: true, Key: "assess" + string(c.ID), Sections: []web.Section{{Fields: []web.Field{
			{Kind: web.Select, Name: "paper", Label: "承办期", Required: true, Options: terms, Value: first},
			{Kind: web.Radios, Name: "result", Label: "考核结果", Required: true, Options: results},
			{Name: "score", Label: "得分", Required: true, Max: 6, Narrow: true, Unit: "分", Mode: "decimal", Hint: "0 至 100，最多两位小数"},
			{Kind: web.TextArea, Name: "says", Label: "考核意见", Required: true, Max: 2000},
			{Name: "assessor", Label: "考核人", Required: true, Max: 30, Narrow: true},
			{Kind: web.DateField, Name: "on", Label: "考核日期", Required: true, Narrow: true},
			{Kind: web.File, Name: "file", Label: "考核材料", Accept: approval.Accept, Hint: fileHint},
		}}}, Buttons: []web.Button{{Label: "登记考核结果"}}, Cancel: web.Link{Text: "取消", Href: c.Link()}}}}
}

func (h *Handler) showAssess(w http.ResponseWriter, r *http.Request) error {
	d, err := h.operators.Dossier(r.Context(), authz.ScopeFrom(r.Context()), idOf(r))
	if err != nil {
		return err
	}
	return formPage.Render(w, r, newAssessForm(d))
}

func (h *Handler) assess(w http.ResponseWriter, r *http.Request) error {
	d, err := h.operators.Dossier(r.Context(), authz.ScopeFrom(r.Context()), idOf(r))
	if err != nil {
		return err
	}
	a := operator.Assessment{Contractor: d.Contractor.ID, Paper: web.Typed(r, "paper"), Result: web.Typed(r, "result"), Says: web.Typed(r, "says"), Assessor: web.Typed(r, "assessor")}
	file, done, err := web.Attachment(r, "file")
	defer done()
	if err == nil {
		a.Score, err = pointsOf(web.Typed(r, "score"))
	}
	if err == nil {
		a.On, err = web.DayOf(r, "on", "考核日期")
	}
	if err == nil {
		_, err = h.operators.Assess(r.Context(), authz.ScopeFrom(r.Context()), a, file)
	}
	return h.answer(w, r, d.Contractor, newAssessForm(d), err, "承办期考核已登记，可以续签。")
}

func newJoinForm(c operator.Contractor, people []org.Person) formView {
	options := []web.Option{{Label: "新登记一人"}}
	for _, p := range people {
		options = append(options, web.Option{Value: string(p.ID), Label: p.Name + "（" + p.UnitName + "）"})
	}
	return formView{web.FormView{Heading: web.Heading{Title: "登记承办人员", Above: c.Name, Lead: "列入名单不等于可以登录；承办条件齐备后由主管单位任命承办岗位，安全管理员开通登录。"}, Trail: trailOf(c),
		Form: web.Form{Key: "staff" + string(c.ID), Sections: []web.Section{{Fields: []web.Field{
			{Kind: web.Select, Name: "person", Label: "已登记的人员", Options: options},
			{Name: "name", Label: "姓名", Max: 30, Narrow: true, Hint: "新登记时填写"},
			{Name: "work", Label: "承担的工作", Required: true, Max: 60, Hint: "如 日常巡检、信息发布"},
			{Kind: web.Phone, Name: "phone", Label: "联系电话", Max: 30, Narrow: true},
			{Kind: web.DateField, Name: "joined", Label: "到岗日期", Narrow: true, Hint: "不填为今天"},
		}}}, Buttons: []web.Button{{Label: "列入承办人员名单"}}, Cancel: web.Link{Text: "取消", Href: c.Link()}}}}
}

func (h *Handler) joinForm(r *http.Request, c operator.Contractor) (formView, error) {
	people, err := h.org.People(r.Context(), h.db, authz.ScopeFrom(r.Context()), c.Unit)
	if len(people) > 200 {
		people = people[:200]
	}
	return newJoinForm(c, people), err
}

func (h *Handler) showJoin(w http.ResponseWriter, r *http.Request) error {
	c, err := h.about(r)
	if err != nil {
		return err
	}
	v, err := h.joinForm(r, c)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, v)
}

func (h *Handler) join(w http.ResponseWriter, r *http.Request) error {
	c, err := h.about(r)
	if err != nil {
		return err
	}
	m := operator.Member{Contractor: c.ID, Person: org.PersonID(web.Typed(r, "person")), Name: web.Typed(r, "name"), Work: web.Typed(r, "work"), Phone: web.Typed(r, "phone")}
	if m.Joined, err = web.DayOf(r, "joined", "到岗日期"); err == nil {
		m, err = h.operators.Join(r.Context(), authz.ScopeFrom(r.Context()), m)
	}
	v, formErr := h.joinForm(r, c)
	if formErr != nil {
		return formErr
	}
	return h.answer(w, r, c, v, err, m.Name+"已列入承办人员名单。")
}

func newMemberForm(c operator.Contractor, m operator.Member, manages, appoints bool) formView {
	base := c.Link() + "/staff/" + m.ID
	v := formView{web.FormView{Heading: web.Heading{Title: m.Name, Above: "承办人员 · " + c.Name}, Trail: trailOf(c),
		Before: []web.Component{web.Summary{Terms: []web.Term{{Name: "承担的工作", Text: m.Work}, {Name: "联系电话", Text: m.Phone}, {Name: "到岗日期", Text: m.Joined.String()}, {Name: "登录账号", Text: m.Login}}}}}}
	var buttons []web.Button
	if appoints && m.Post == "" {
		buttons = append(buttons, web.Button{Label: "任命承办岗位", Action: base + "/appoint"})
	}
	if manages {
		buttons = append(buttons, web.Button{Label: "移出名单并停止登录", Kind: web.Danger, Action: base + "/leave"})
	}
	if len(buttons) == 0 {
		v.Before = append(v.Before, web.Alert{Kind: web.Info, Title: "您的岗位不办理承办人员"})
	}
	v.Form = web.Form{Action: base + "/leave", Buttons: buttons, Cancel: web.Link{Text: "返回", Href: c.Link()}}
	return v
}

func (h *Handler) memberForm(r *http.Request, scope authz.Scope) (operator.Contractor, formView, error) {
	d, err := h.operators.Dossier(r.Context(), scope, idOf(r))
	if err != nil {
		return operator.Contractor{}, formView{}, err
	}
	for _, m := range d.Staff {
		if m.ID == r.PathValue("member") && m.Left.IsZero() {
			return d.Contractor, newMemberForm(d.Contractor, m, d.Contractor.In(scopeFor(r, authz.RecordManage)), d.Contractor.In(scopeFor(r, authz.OrgManage))), nil
		}
	}
	return d.Contractor, formView{}, fault.Missing("承办人员")
}

func (h *Handler) member(w http.ResponseWriter, r *http.Request) error {
	_, v, err := h.memberForm(r, authz.ScopeFrom(r.Context()))
	if err != nil {
		return err
	}
	return formPage.Render(w, r, v)
}

func (h *Handler) appoint(w http.ResponseWriter, r *http.Request) error {
	c, v, err := h.memberForm(r, authz.ScopeFrom(r.Context()))
	if err != nil {
		return err
	}
	m, err := h.operators.Appoint(r.Context(), authz.ScopeFrom(r.Context()), c.ID, r.PathValue("member"))
	return h.answer(w, r, c, v, err, m.Name+"已任命承办岗位，登录账号由安全管理员开通。")
}

func (h *Handler) leave(w http.ResponseWriter, r *http.Request) error {
	c, v, err := h.memberForm(r, authz.ScopeFrom(r.Context()))
	if err != nil {
		return err
	}
	m, err := h.operators.Leave(r.Context(), authz.ScopeFrom(r.Context()), c.ID, r.PathValue("member"))
	return h.answer(w, r, c, v, err, m.Name+"已移出承办人员名单，登录已停止。")
}

func newEntrustForm(d operator.Dossier, objects []registry.Object) formView {
	c := d.Contractor
	mine := map[registry.Ref]bool{}
	var held []web.Option
	for _, o := range d.Objects {
		if o.Ended.IsZero() {
			mine[o.Ref] = true
			held = append(held, web.Option{Value: refText(o.Ref), Label: o.Name})
		}
	}
	options := []web.Option{{Label: "请选择"}}
	for _, o := range objects {
		if !mine[o.Ref] && !o.Ended() {
			options = append(options, web.Option{Value: refText(o.Ref), Label: o.Name + "（" + o.KindName() + "）"})
		}
	}
	v := formView{web.FormView{Heading: web.Heading{Title: "增减承办对象", Above: c.Name, Lead: "只列出主办单位自己的网站、账号和客户端；一个对象同时只有一家承办单位。"}, Trail: trailOf(c)}}
	v.Form = web.Form{Sections: []web.Section{{Legend: "增加", Fields: []web.Field{{Kind: web.Select, Name: "object", Label: "网站或账号", Options: options}}}},
		Buttons: []web.Button{{Label: "交由承办"}}, Cancel: web.Link{Text: "返回", Href: c.Link()}}
	if len(held) > 0 {
		v.Form.Sections = append(v.Form.Sections, web.Section{Legend: "解除", Fields: []web.Field{{Kind: web.Select, Name: "held", Label: "正在承办的", Options: append([]web.Option{{Label: "请选择"}}, held...)}}})
		v.Form.Buttons = append(v.Form.Buttons, web.Button{Label: "解除承办", Plain: true, Action: c.Link() + "/objects/release"})
	}
	return v
}

func (h *Handler) entrustForm(r *http.Request) (operator.Dossier, formView, error) {
	scope := authz.ScopeFrom(r.Context())
	d, err := h.operators.Dossier(r.Context(), scope, idOf(r))
	if err != nil {
		return d, formView{}, err
	}
	objects, err := h.registry.ObjectsOf(r.Context(), h.db, scope, d.Contractor.Unit)
	return d, newEntrustForm(d, objects), err
}

func (h *Handler) showEntrust(w http.ResponseWriter, r *http.Request) error {
	_, v, err := h.entrustForm(r)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, v)
}

func (h *Handler) entrust(w http.ResponseWriter, r *http.Request) error {
	d, v, err := h.entrustForm(r)
	if err != nil {
		return err
	}
	ref := refOf(web.Typed(r, "object"))
	if ref.ID == "" {
		return h.answer(w, r, d.Contractor, v, fault.New(fault.Invalid, "没有选择网站或账号。").On("object", "请选择网站或账号"), "")
	}
	o, err := h.operators.Entrust(r.Context(), authz.ScopeFrom(r.Context()), d.Contractor.ID, ref)
	return h.answer(w, r, d.Contractor, v, err, o.Name+"已交由“"+d.Contractor.Name+"”承办。")
}

func (h *Handler) release(w http.ResponseWriter, r *http.Request) error {
	d, v, err := h.entrustForm(r)
	if err != nil {
		return err
	}
	ref := refOf(web.Typed(r, "held"))
	if ref.ID == "" {
		return h.answer(w, r, d.Contractor, v, fault.New(fault.Invalid, "没有选择要解除的对象。").On("held", "请选择正在承办的网站或账号"), "")
	}
	err = h.operators.Release(r.Context(), authz.ScopeFrom(r.Context()), d.Contractor.ID, ref)
	return h.answer(w, r, d.Contractor, v, err, "已解除承办。")
}

func newEndForm(c operator.Contractor) formView {
	return formView{web.FormView{Heading: web.Heading{Title: "终止承办", Above: c.Name}, Trail: trailOf(c),
		Alert: web.Alert{Kind: web.Warn, Title: "终止后立即生效", Text: "承办人员的岗位和登录同时停止，承办对象解除，未到期的协议时限撤销。终止不能撤回，重新承办须另行登记。"},
		Form: web.Form{Key: "end" + string(c.ID), Sections: []web.Section{{Fields: []web.Field{{Kind: web.TextArea, Name: "why", Label: "终止原因", Required: true, Max: 500}}}},
			Buttons: []web.Button{{Label: "终止承办", Kind: web.Danger}}, Cancel: web.Link{Text: "取消", Href: c.Link()}}}}
}

func (h *Handler) showEnd(w http.ResponseWriter, r *http.Request) error {
	c, err := h.about(r)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, newEndForm(c))
}

func (h *Handler) end(w http.ResponseWriter, r *http.Request) error {
	c, err := h.about(r)
	if err != nil {
		return err
	}
	_, err = h.operators.End(r.Context(), authz.ScopeFrom(r.Context()), c.ID, web.Typed(r, "why"))
	return h.answer(w, r, c, newEndForm(c), err, "“"+c.Name+"”的承办已终止。")
}
