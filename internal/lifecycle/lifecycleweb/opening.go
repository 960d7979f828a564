package lifecycleweb

import (
	"net/http"
	"strings"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/fault"
	"zhengshu/internal/lifecycle"
	"zhengshu/internal/org"
	"zhengshu/internal/web"
)

// openingView is the form of an application, new or amended.
type openingView struct {
	Heading web.Heading
	Alert   web.Alert
	Opinion web.Alert // why it was returned
	Check   checkPart
	Form    web.Form
	Amends  bool
}

// checkPart is what the rules say, also shown alone.
type checkPart struct {
	Checks web.Breaches
	Steps  web.Steps
	Note   web.Alert
}

// Title of the document.
func (v openingView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v openingView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "审批事项", Href: "/console/cases"}, {Name: v.Heading.Title}}
}

func newOpeningView(units []org.Unit, o lifecycle.Opening, amends bool) openingView {
	v := openingView{Amends: amends, Heading: web.Heading{Title: "申请开设网站", Lead: "填写后逐级送审，由省政府办公厅批准。先点“先检查”可查看是否符合规定和审批流程。"}}
	consentHint := "签字页须由主要负责同志本人签字，写明姓名和日期；PDF、JPG、PNG、DOCX，不超过 20 MB"
	buttons := []web.Button{{Label: "提交申请"}, {Label: "先检查", Plain: true, Name: "only", Value: "check", Skip: true}}
	if amends {
		v.Heading = web.Heading{Title: "补正开设申请", Lead: "修改后重新送回退回的单位。"}
		consentHint += "；已上传的签字页仍然有效，不更换可不选"
		buttons[0].Label = "重新提交"
	}
	var options []web.Option
	if len(units) != 1 {
		options = append(options, web.Option{Label: "请选择单位"})
	}
	for _, u := range units {
		options = append(options, web.Option{Value: string(u.ID), Label: u.Name})
	}
	by := ""
	if o.ByPrincipal {
		by = "principal"
	}
	hosted := ""
	if o.Hosted {
		hosted = "hosted"
	} else if o.Hosting != "" {
		hosted = "own"
	}
	v.Form = web.Form{Upload: true, Sticky: true, Key: "opening", Buttons: buttons, Cancel: web.Link{Text: "取消", Href: "/console/cases"},
		Sections: []web.Section{
			{Legend: "单位与事由", Fields: []web.Field{
				{Kind: web.Select, Name: "unit", Label: "申请单位", Options: options, Value: string(o.Unit), Required: true, Watch: "/console/openings/check", WatchInto: "check", Hint: "县级政府部门原则上不开设网站；一个单位最多开设一个"},
				{Kind: web.TextArea, Name: "reason", Label: "开设事由", Value: o.Reason, Required: true, Max: 1000, Hint: "写明履职需要、主要栏目和服务内容"},
				{Kind: web.Check, Name: "event", Label: "为重大活动或专项工作开设", Checked: o.Event, Hint: "这类网站原则上不单独开设，请在门户网站开设专题"},
				{Name: "contact", Label: "联系人", Value: o.Contact, Required: true, Max: 30, Narrow: true},
				{Kind: web.Phone, Name: "phone", Label: "联系电话", Value: o.Phone, Required: true, Max: 30, Narrow: true},
			}},
			{Legend: "站点信息", Fields: []web.Field{
				{Name: "name", Label: "网站名称", Value: o.Name, Required: true, Max: 60, Hint: "简洁规范，与单位名称或职责相关联，如 西安市商务局网站"},
				{Name: "host", Label: "英文域名", Value: o.Host, Required: true, Max: 253, Hint: "只填域名，如 swj.xa.gov.cn"},
				{Name: "domain", Label: "中文域名", Value: o.ChineseDomain, Max: 80, Hint: "可以在上线前补填，如 西安市商务局.政务"},
				{Kind: web.Radios, Name: "building", Label: "建设方式", Value: hosted, Required: true, Options: []web.Option{{Value: "hosted", Label: "在集约化平台建设"}, {Value: "own", Label: "自行建设", Hint: "须说明理由和托管单位"}}},
				{Kind: web.TextArea, Name: "hosting", Label: "建设和托管说明", Value: o.Hosting, Rows: 2, Max: 500, Hint: "自行建设的必须填写"},
			}},
			{Legend: "主要负责同志同意", Hint: "须由主要负责同志同意，分管领导签字不能代替（第七条（二））。", Fields: []web.Field{
				{Name: "principal", Label: "主要负责同志姓名", Value: o.Principal, Required: true, Max: 30, Narrow: true},
				{Kind: web.Radios, Name: "by_principal", Label: "签字人", Value: by, Required: true, Options: []web.Option{{Value: "principal", Label: "主要负责同志本人"}, {Value: "deputy", Label: "分管领导或其他人"}}},
				{Kind: web.DateField, Name: "consent_on", Label: "同意日期", Value: o.ConsentOn.String(), Required: true, Narrow: true},
			}},
			{Legend: "附件", Fields: []web.Field{
				{Kind: web.File, Name: "consent", Label: "主要负责同志签字页", Required: !amends, Accept: approval.Accept, Hint: consentHint},
				{Kind: web.File, Name: "other", Label: "其他材料", Multiple: true, Accept: approval.Accept, Hint: "三定规定、建设方案等，每个不超过 20 MB"},
			}},
		}}
	if amends {
		v.Form.Key = "amend"
		unit := v.Form.Field("unit")
		unit.ReadOnly, unit.Required, unit.Watch, unit.WatchInto = true, false, "", ""
		last := &v.Form.Sections[3]
		last.Fields = append(last.Fields, web.Field{Kind: web.TextArea, Name: "why", Label: "补正说明", Rows: 2, Max: 500})
	}
	return v
}

var openingPage = web.Define(views, "views/opening.html",
	newOpeningView(nil, lifecycle.Opening{}, false),
	func() openingView {
		v := newOpeningView([]org.Unit{{ID: "u1", Name: "西安市商务局"}}, lifecycle.Opening{Unit: "u1", Name: "西安市商务局网站", Hosted: true, ByPrincipal: true}, false)
		v.Check = newCheckPart(sampleChecked(), nil)
		v.Form.Wrong(fault.New(fault.Invalid, "有内容需要改正，请按提示修改后再提交。").On("host", "域名不符合格式"))
		return v
	}(),
	func() openingView {
		v := newOpeningView([]org.Unit{{ID: "u1", Name: `<b>"x"</b>`}}, lifecycle.Opening{Unit: "u1", Name: `"><script>alert(1)</script>`, Reason: "</textarea><script>"}, true)
		v.Opinion = web.Alert{Kind: web.Warn, Title: "退回原因", Text: "<script>"}
		return v
	}(),
)

// checkView is GET /console/openings/check: the check alone, for the form's
// live part; without script it is a page of its own.
type checkView struct {
	Heading web.Heading
	Check   checkPart
	Back    web.Link
	Bare    bool // put into the form's page, which has its own heading
}

// Title of the document.
func (checkView) Title() string { return "开设条件核对" }

// Crumbs of the page.
func (checkView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "申请开设网站", Href: "/console/openings/new"}, {Name: "开设条件核对"}}
}

var checkPage = web.Define(views, "views/check.html",
	checkView{Heading: web.Heading{Title: "开设条件核对"}, Check: newCheckPart(sampleChecked(), nil), Back: web.Link{Text: "返回填写", Href: "/console/openings/new"}},
	checkView{Heading: web.Heading{Title: "开设条件核对"}, Check: newCheckPart(lifecycle.Checked{}, fault.New(fault.Refused, "<script>")), Back: web.Link{Text: "返回填写", Href: "/console/openings/new"}},
)

func sampleChecked() lifecycle.Checked {
	return lifecycle.Checked{Unit: org.Unit{Name: "西安市商务局"},
		Verdicts: []approval.Verdict{{OK: true, Rule: "S2.1.organ", Citation: "陕政公开办〔2021〕18号 第二条", Says: "政府网站是指各级人民政府及其部门……"},
			{Rule: "S7.1c.one_site", Citation: "陕政公开办〔2021〕18号 第七条（一）", Says: "原则上一个单位最多开设一个网站", Note: "本单位已有1个网站。"}},
		Steps: []approval.Step{{Kind: approval.Review, Name: "西安市人民政府办公厅审核", UnitName: "西安市人民政府办公厅"}, {Kind: approval.Approve, Name: "陕西省人民政府办公厅批准", UnitName: "陕西省人民政府办公厅"}}}
}

func newCheckPart(c lifecycle.Checked, err error) checkPart {
	var p checkPart
	if err != nil {
		p.Note = web.Alert{Kind: web.Warn, Title: "还不能核对", Text: fault.Of(err).Says}
		return p
	}
	if len(c.Verdicts) == 0 {
		return p
	}
	p.Note = web.Alert{Kind: web.Good, Title: "符合开设条件", Text: "提交时还会核对主要负责同志同意的签字页。"}
	bad := 0
	p.Checks.Title = "规则核对（" + c.Unit.Name + "）"
	for _, v := range c.Verdicts {
		if !v.OK {
			bad++
		}
		p.Checks.Items = append(p.Checks.Items, web.Breach{OK: v.OK, ID: v.Rule, Citation: v.Citation, Says: v.Says, Note: v.Note})
	}
	if bad > 0 {
		p.Note = web.Alert{Kind: web.Danger, Title: "有规定不符合，不能提交", Text: "请按下列依据改正；确有特殊情况的，逐级报省政府办公厅批准例外。"}
	}
	if len(c.Steps) > 0 {
		p.Steps = web.Steps{Label: "审批流程", Items: []web.Step{{Name: "主要负责同志同意", State: web.StepNow}}}
		for _, st := range c.Steps {
			name := "审核"
			if st.Kind == approval.Approve {
				name = "批准"
			}
			p.Steps.Items = append(p.Steps.Items, web.Step{Name: name, Who: st.UnitName})
		}
	}
	return p
}

// units are those the person may apply for.
func (h *Handler) units(r *http.Request) ([]org.Unit, error) {
	list, _, err := h.org.Units(r.Context(), authz.ScopeFrom(r.Context()), org.UnitFilter{Limit: 200})
	return list, err
}

func (h *Handler) showNew(w http.ResponseWriter, r *http.Request) error {
	units, err := h.units(r)
	if err != nil {
		return err
	}
	o := lifecycle.Opening{Hosted: true}
	id, _ := authz.SessionFrom(r.Context()).Unit()
	for _, u := range units {
		if string(u.ID) == id || len(units) == 1 {
			o.Unit = u.ID
		}
	}
	v := newOpeningView(units, o, false)
	v.Check = h.live(r, o)
	return openingPage.Render(w, r, v)
}

// live is the check of what is filled in so far.
func (h *Handler) live(r *http.Request, o lifecycle.Opening) checkPart {
	if o.Unit == "" {
		return checkPart{}
	}
	return newCheckPart(h.lifecycle.CheckOpening(r.Context(), authz.ScopeFrom(r.Context()), o))
}

func (h *Handler) check(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	o := lifecycle.Opening{Unit: org.UnitID(q.Get("unit")), Event: q.Has("event")}
	v := checkView{Heading: web.Heading{Title: "开设条件核对"}, Check: h.live(r, o), Back: web.Link{Text: "返回填写", Href: "/console/openings/new"},
		Bare: r.Header.Get("HX-Request") != ""}
	return checkPage.Render(w, r, v)
}

// read takes the form as posted.
func read(r *http.Request) (lifecycle.Opening, error) {
	o := lifecycle.Opening{
		Unit: org.UnitID(r.PostFormValue("unit")), Name: r.PostFormValue("name"), Host: r.PostFormValue("host"), ChineseDomain: r.PostFormValue("domain"),
		Hosted: r.PostFormValue("building") == "hosted", Hosting: r.PostFormValue("hosting"), Event: r.PostForm.Has("event"), Reason: r.PostFormValue("reason"),
		Contact: r.PostFormValue("contact"), Phone: r.PostFormValue("phone"), Principal: r.PostFormValue("principal"), ByPrincipal: r.PostFormValue("by_principal") == "principal",
	}
	var err error
	o.ConsentOn, err = day(r, "consent_on", "同意日期")
	return o, err
}

func (h *Handler) apply(w http.ResponseWriter, r *http.Request) error {
	o, err := read(r)
	again := func(status int, wrong error) error {
		units, err := h.units(r)
		if err != nil {
			return err
		}
		v := newOpeningView(units, o, false)
		v.Form.Fill(r.PostForm)
		v.Check = h.live(r, o)
		if wrong != nil {
			v.Form.Wrong(wrong)
			v.Alert = filesAgain(r)
		}
		return openingPage.RenderStatus(w, r, status, v)
	}
	if r.PostFormValue("only") == "check" {
		return again(http.StatusOK, nil)
	}
	if err != nil {
		return again(http.StatusUnprocessableEntity, err)
	}
	if o.Unit == "" {
		return again(http.StatusUnprocessableEntity, fault.New(fault.Invalid, "没有选择申请单位。").On("unit", "请选择申请单位"))
	}
	list, done, err := files(r, "consent", "other")
	defer done()
	if err != nil {
		return again(http.StatusUnprocessableEntity, err)
	}
	c, lifted, err := h.lifecycle.ApplyOpening(r.Context(), authz.ScopeFrom(r.Context()), o, list)
	if mendable(err) {
		return again(http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	said := "申请已提交，编号 " + c.Number + "。退回或办结时会在工作台通知您。"
	if len(lifted) > 0 {
		said = "申请已按省政府办公厅批准的例外提交，编号 " + c.Number + "。"
	}
	return web.Done(w, r, c.Link(), said)
}

// filesAgain warns that a browser forgets chosen files.
func filesAgain(r *http.Request) web.Alert {
	if r.MultipartForm == nil || len(r.MultipartForm.File) == 0 {
		return web.Alert{}
	}
	return web.Alert{Kind: web.Warn, Title: "附件需要重新选择", Text: "文字内容已保留；浏览器不保留已选的文件，改正后请重新选择附件。"}
}

func (h *Handler) amending(r *http.Request) (openingView, lifecycle.Opening, error) {
	id := approval.CaseID(r.PathValue("id"))
	c, o, err := h.lifecycle.Opening(r.Context(), authz.ScopeFrom(r.Context()), id)
	if err != nil {
		return openingView{}, o, err
	}
	if c.State != approval.Returned {
		return openingView{}, o, fault.New(fault.Conflict, "这件申请现在是“"+c.StateName()+"”，不能补正。")
	}
	u, err := h.org.Unit(r.Context(), authz.System("lifecycleweb.amend"), o.Unit)
	if err != nil {
		return openingView{}, o, err
	}
	v := newOpeningView([]org.Unit{u}, o, true)
	v.Heading.Above, v.Form.Cancel.Href = c.Number, c.Link()
	_, _, opinions, err := h.approvals.Case(r.Context(), authz.ScopeFrom(r.Context()), id)
	if err != nil {
		return v, o, err
	}
	for _, said := range opinions {
		if said.Act == "return" {
			v.Opinion = web.Alert{Kind: web.Warn, Title: "退回原因：" + strings.Join(approval.ReasonNames(said.Reasons), "、"), Text: said.Text + "（" + said.UnitName + "）"}
		}
	}
	v.Form.Key += string(id)
	return v, o, nil
}

func (h *Handler) showAmend(w http.ResponseWriter, r *http.Request) error {
	v, o, err := h.amending(r)
	if err != nil {
		return err
	}
	v.Check = h.live(r, o)
	return openingPage.Render(w, r, v)
}

func (h *Handler) amend(w http.ResponseWriter, r *http.Request) error {
	v, before, err := h.amending(r)
	if err != nil {
		return err
	}
	o, err := read(r)
	o.Unit = before.Unit
	again := func(status int, wrong error) error {
		v.Form.Fill(r.PostForm)
		v.Check = h.live(r, o)
		if wrong != nil {
			v.Form.Wrong(wrong)
			v.Alert = filesAgain(r)
		}
		return openingPage.RenderStatus(w, r, status, v)
	}
	if r.PostFormValue("only") == "check" {
		return again(http.StatusOK, nil)
	}
	if err != nil {
		return again(http.StatusUnprocessableEntity, err)
	}
	list, done, err := files(r, "consent", "other")
	defer done()
	if err != nil {
		return again(http.StatusUnprocessableEntity, err)
	}
	c, _, err := h.lifecycle.ResubmitOpening(r.Context(), authz.ScopeFrom(r.Context()), approval.CaseID(r.PathValue("id")), o, list, r.PostFormValue("why"))
	if mendable(err) {
		return again(http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, c.Link(), "申请 "+c.Number+" 已重新提交。")
}
